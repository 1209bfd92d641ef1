/* journal.h: records of what a local side was given and what it decided, each with checksums.
 *
 * A journal is a header and records, nothing else; integers are little-endian, and in the layout of the structs below.
 *
 *   file header, 16 bytes    "VELORAJ\n", u32 version = 2, u32 0x01020304 (which a reader of another byte order sees)
 *   record, 32 + n bytes     vel_record_t, then its payload of n = `length` bytes
 *
 * Records are numbered 0, 1, 2 ... and their local times never go back. A record is valid when its header's checksum,
 * its number, its payload's checksum and its zero bytes are right. The header has a checksum of its own, so that the
 * length is known to be right before it is believed.
 *
 * A writer only ever appends, so a crash leaves a record that is not whole at the end of the file, or zeros where the
 * file had grown before its bytes were there. A reader takes fewer bytes than a record has, or nothing but zeros, for
 * such a torn tail and leaves it out. Everything else that is not valid is corruption, never left out in silence.
 *
 * Payloads by type:
 *
 *   BEGIN    JSON: what the kernel is made of; the first record
 *   START    i64 interval of samples, ns: the strategies start
 *   ROWS     i32 instrument, i32 count, then count vel_journal_row_t: one message of a feed, received at `ts`
 *   MESSAGE  vel_message_t of a venue or a link, received at `ts`
 *   TIMER    vel_journal_timer_t: the earliest timer fires
 *   SAMPLE   nothing: equity and positions are sampled
 *   PARAMETERS  i32 strategy, i32 0, JSON: values by name, given from outside to a running strategy
 *   STOP     nothing: the strategies stop
 *   COMMAND  vel_command_t: sent upon the input before it
 *   DENIED   vel_denial_t: a command that the gate denied upon the input before it
 *   END      u64 hash of the local side, i64 inputs given; the last record of a run that ended in order */
#ifndef VELORA_JOURNAL_H
#define VELORA_JOURNAL_H

#include <assert.h>

#include "velora/crc32c.h"
#include "velora/event.h"
#include "velora/gate.h"
#include "velora/message.h"

VEL_C_BEGIN

#define VEL_JOURNAL_VERSION 2
#define VEL_JOURNAL_HEADER_BYTES 16
#define VEL_JOURNAL_PAYLOAD_MAX (1 << 24) /* bytes */

enum {
    VEL_RECORD_BEGIN = 1,
    VEL_RECORD_START = 2,
    VEL_RECORD_ROWS = 3,
    VEL_RECORD_MESSAGE = 4,
    VEL_RECORD_TIMER = 5,
    VEL_RECORD_SAMPLE = 6,
    VEL_RECORD_STOP = 7,
    VEL_RECORD_COMMAND = 8,
    VEL_RECORD_END = 9,
    VEL_RECORD_PARAMETERS = 10,
    VEL_RECORD_DENIED = 11
};

typedef struct vel_record {
    uint32_t length;      /* bytes of the payload */
    uint32_t number;      /* 0, 1, 2 ..., modulo 2^32 */
    int64_t ts;           /* ns, local clock, at which the input was given */
    uint32_t type;        /* VEL_RECORD_ */
    uint32_t payload_crc; /* CRC32C */
    uint32_t zero;
    uint32_t header_crc; /* CRC32C of the 28 bytes before it */
} vel_record_t;

typedef struct vel_journal_row {
    int64_t ts_event, price, qty, order_id;
    uint8_t kind, side, flags, zero[5];
} vel_journal_row_t;

typedef struct vel_journal_timer { /* of vel_timer_t */
    int64_t ts, id;
    int32_t strategy;
    uint8_t zero[4];
} vel_journal_timer_t;

static_assert(sizeof(vel_record_t) == 32, "the format has no padding");
static_assert(sizeof(vel_journal_row_t) == 40, "the format has no padding");
static_assert(sizeof(vel_journal_timer_t) == 24, "the format has no padding");

/* Records made and not yet written. Whoever owns it writes `data` to the file and sets `used` to 0. */
typedef struct vel_journal {
    uint8_t *data; /* owned */
    size_t used;
    size_t capacity;
    uint32_t number; /* of the next record */
    vel_crc32c_t crc;
} vel_journal_t;

/* With the file header as its first bytes. VEL_OK or VEL_ENOMEM. */
int vel_journal_init(vel_journal_t *journal);
void vel_journal_free(vel_journal_t *journal);

/* Append a record whose payload is `first`, then `second`. VEL_OK, VEL_ENOMEM, or VEL_EFULL beyond the largest
 * payload; the journal is then unchanged. */
int vel_journal_append(vel_journal_t *journal, uint32_t type, int64_t ts, const void *first, size_t first_bytes,
                       const void *second, size_t second_bytes);

int vel_journal_append_rows(vel_journal_t *journal, int64_t ts, int32_t instrument, const vel_columns_t *columns,
                            int64_t row, int64_t count);

/* What vel_journal_read found wrong, besides VEL_OK. */
enum {
    VEL_JOURNAL_END = 1,  /* no more bytes */
    VEL_JOURNAL_TORN = 2, /* a tail that a crash leaves */
    VEL_JOURNAL_BAD_HEADER = -101,
    VEL_JOURNAL_BAD_NUMBER = -102, /* a record is missing, or there twice */
    VEL_JOURNAL_BAD_PAYLOAD = -103
};

/* The record at byte `at` of a file of `size` bytes, the one of that number. Its payload lies behind its header. */
int vel_journal_read(const vel_crc32c_t *crc, const uint8_t *data, size_t size, size_t at, uint32_t number,
                     vel_record_t *record);

VEL_C_END

#endif
