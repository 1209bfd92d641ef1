/* venue.h: the simulated venue over recorded flow.
 *
 * It keeps the recorded book of each instrument at venue time and, apart from it, the own orders. Recorded rows never
 * change because of own orders; what own orders change is kept beside them:
 *
 *   queue    An own order joins behind the level's displayed quantity and behind own orders before it. A trade at its
 *            price takes from the front: recorded lots ahead, then own orders and recorded lots between them, in order.
 *            Its volume is spent once.
 *   through  A trade beyond an own price fills own orders from the best price on, for at most its volume; what is left
 *            goes to the queue at the print's own price.
 *   cross    When the other side shows quantity at or beyond an own price, own orders take it, for at most what is
 *            shown.
 *   taken    What own orders took from a level (as takers or by a cross) is gone until the feed shows more: a level
 *            that grows offers only its growth, one that shrinks offers no more than before.
 *   netting  A depth row and a trade of one instant that tell the same reduction are counted once, whichever comes
 *            first in the feed.
 *   snapshot Own orders keep their places through a snapshot; the new totals only bound them.
 *
 * Fills, acknowledgements and refusals leave as reports in the order in which they happened. */
#ifndef VELORA_VENUE_H
#define VELORA_VENUE_H

#include "velora/book_l2.h"
#include "velora/map.h"
#include "velora/money.h"
#include "velora/order.h"
#include "velora/queue_model.h"
#include "velora/ring.h"
#include "velora/vector.h"

VEL_RING(vel_report_ring, vel_report_t)

/* What moved an own order's place in its queue. */
enum { VEL_PLACE_JOINED = 0, VEL_PLACE_DEPTH = 1, VEL_PLACE_TRADE = 2, VEL_PLACE_THROUGH = 3 };

typedef struct vel_place_record {
    int64_t ts; /* ns, venue clock */
    int64_t order_id;
    int64_t datum_row; /* number of the feed row in venue order; -1 before any */
    double ahead;      /* lots ahead after it, VEL_QUEUE_UNKNOWN when nobody knows */
    int64_t before;    /* lots of the level before and after a depth row; both what it showed when joined */
    int64_t after;
    int64_t volume; /* lots of a trade */
    int32_t instrument;
    uint8_t kind;
} vel_place_record_t;

VEL_VECTOR(vel_place_records, vel_place_record_t)

#define VEL_NO_INDEX UINT32_MAX

typedef struct vel_resting {
    int64_t id;
    int64_t price;  /* ticks */
    int64_t qty;    /* lots, total */
    int64_t leaves; /* lots */
    vel_queue_place_t place;
    uint32_t next; /* behind it at its level; free list */
    uint32_t prev;
    uint32_t level;
    int32_t instrument;
    uint8_t side;
    uint8_t post_only;
} vel_resting_t;

typedef struct vel_own_level {
    int64_t key;
    uint32_t head; /* orders in time priority */
    uint32_t tail;
    uint32_t better; /* neighbouring own levels of the side */
    uint32_t worse;
} vel_own_level_t;

typedef struct vel_own_side {
    uint32_t best; /* level, VEL_NO_INDEX when the side has no own order */
    uint32_t worst;
    vel_map_t levels; /* key -> level */
    vel_map_t taken;  /* key -> lots taken from the recorded level of this side */
} vel_own_side_t;

typedef struct vel_venue_instrument {
    vel_book_t book;
    vel_own_side_t own[2];
    vel_money_spec_t money;
    int64_t min_qty;      /* lots */
    int64_t min_notional; /* money units */
    int64_t position;     /* lots, of the one account */
    int64_t cash;         /* money units, what the account received less what it paid, fees apart */
    int64_t fees;         /* money units paid */
    int64_t rows;         /* recorded rows seen */
    int64_t ts;           /* ns, ts_event of the last row */
    uint8_t is_halted;
    uint8_t has_book;     /* a depth row or snapshot was seen */
    uint8_t is_quote_fed; /* no depth in the data: QUOTE rows make a one-level book */
    uint8_t is_touched;   /* own orders rest or `taken` is not empty: rows need the long way */
} vel_venue_instrument_t;

typedef struct vel_venue {
    vel_venue_instrument_t *instruments; /* owned */
    int32_t instruments_count;
    vel_queue_model_t queue;
    vel_report_ring_t reports; /* ts_arrival not yet set */
    vel_map_t orders;          /* order id -> index into resting */
    vel_resting_t *resting;    /* pool, owned */
    uint32_t resting_count;
    uint32_t resting_max;
    uint32_t resting_free;
    vel_own_level_t *levels; /* pool, owned */
    uint32_t levels_count;
    uint32_t levels_max;
    uint32_t levels_free;
    vel_place_records_t places;
    int64_t ts;            /* ns, of the event being processed */
    uint8_t traces_places; /* whether `places` is kept */

    struct vel_venue_hft *hft; /* owned; when set, the rules of venue_hft.h hold and every instrument is touched */
} vel_venue_t;

/* VEL_OK, VEL_EINVAL (count < 1) or VEL_ENOMEM. The caller fills money, filters and is_quote_fed afterwards. */
int vel_venue_init(vel_venue_t *venue, int32_t instruments, vel_queue_model_t queue);
void vel_venue_free(vel_venue_t *venue);

/* A recorded row that needs more than a book update, or whose instrument is touched. VEL_OK, VEL_EINVAL, VEL_ENOMEM,
 * VEL_ERANGE. */
int vel_venue_on_row_slow(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row);

/* An order, amend or cancel arrives; venue->ts must be its instant. VEL_OK, VEL_ENOMEM or VEL_ERANGE. */
int vel_venue_on_command(vel_venue_t *venue, const vel_command_t *command);

/* Lots of a level that a taker may still get. */
int64_t vel_venue_available(const vel_venue_instrument_t *inst, uint8_t side, int64_t key);

/* For the rules of venue_hft.h: a report, and a fill with its account and report. VEL_OK, VEL_ENOMEM or VEL_ERANGE. */
int vel_venue_report(vel_venue_t *venue, uint8_t kind, int32_t instrument, int64_t order_id, uint8_t side,
                     int64_t price, int64_t qty, uint8_t reason);
int vel_venue_fill(vel_venue_t *venue, int32_t instrument, int64_t order_id, uint8_t side, int64_t price, int64_t qty,
                   uint8_t cause);

/* One recorded row, at venue time columns->ts_event[row]. */
static inline int vel_venue_on_row(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (VEL_LIKELY(columns->kind[row] == VEL_EV_DELTA && !inst->is_touched)) {
        inst->rows++;
        inst->ts = columns->ts_event[row];
        inst->has_book = 1;
        return vel_book_set(&inst->book, columns->side[row], columns->price[row], columns->qty[row]);
    }
    return vel_venue_on_row_slow(venue, instrument, columns, row);
}

#endif
