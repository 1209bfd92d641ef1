/* spsc.h: a bounded queue between two threads, one that pushes and one that pops, without a lock.
 *
 * Records are plain bytes of one size, copied in and out: a struct, or pointers whose ownership goes with them. The
 * ring never grows and never waits: a push into a full ring says VEL_EFULL and the record stays the caller's.
 *
 * Head and tail count records since the beginning and never wrap (2^64 of them do not happen); a slot is the count
 * modulo the capacity. Each side writes its own count only, releases it after the record has been copied, and acquires
 * the other's. Each also remembers the last value that it saw of the other's count, and looks again only when that one
 * says full or empty: with both counts on cache lines of their own, a push or a pop touches no line of the other side
 * most of the time.
 *
 *   slot:   0   1   2   3   4   5   6   7        capacity 8, head 2, tail 6: four records to be popped
 *                   a   b   c   d
 *                   ^head           ^tail */
#ifndef VELORA_SPSC_H
#define VELORA_SPSC_H

#include "velora/base.h"

VEL_C_BEGIN

#define VEL_SPSC_CAPACITY_MAX ((uint64_t)1 << 30) /* records */
#define VEL_SPSC_RECORD_MAX ((size_t)4096)        /* bytes of one record */

typedef struct vel_spsc vel_spsc_t; /* opaque: its counts are atomics, which Cython and C++ do not know */

/* A ring of at least `capacity` records (rounded up to a power of two), each of `record_size` bytes.
 * 1 <= capacity <= VEL_SPSC_CAPACITY_MAX, 1 <= record_size <= VEL_SPSC_RECORD_MAX.
 * Returns VEL_OK, VEL_EINVAL or VEL_ENOMEM; *ring is NULL unless VEL_OK. Freed by vel_spsc_free. */
int vel_spsc_new(vel_spsc_t **ring, uint64_t capacity, size_t record_size);

/* Frees the ring and the bytes in it; what its records point to is the caller's. Accepts NULL. No other thread may use
 * the ring any more. */
void vel_spsc_free(vel_spsc_t *ring);

/* Copies one record in. Only the pushing thread may call it. VEL_OK, or VEL_EFULL with the ring unchanged. */
int vel_spsc_push(vel_spsc_t *ring, const void *record);

/* Copies the oldest record out. Only the popping thread may call it. False when there was none; *record is then
 * untouched. */
bool vel_spsc_pop(vel_spsc_t *ring, void *record);

/* Records in the ring. Exact for the two threads while the other stands still; otherwise the pushing thread sees no
 * fewer than there are, the popping thread no more. */
uint64_t vel_spsc_count(const vel_spsc_t *ring);

uint64_t vel_spsc_capacity(const vel_spsc_t *ring);

VEL_C_END

#endif
