/* spsc.h: a bounded queue between two threads, one that pushes and one that pops, without a lock.
 *
 * Records are plain bytes of one size, copied in and out: a struct, or pointers whose ownership moves with them. The
 * ring never grows and never waits: a push into a full ring returns VEL_EFULL, and the caller keeps the record.
 *
 * Head and tail count records since the beginning and never wrap (2^64 of them do not happen); a slot is the count
 * modulo the capacity. Each side writes its own count only, releases it after the record has been copied, and acquires
 * the other's. Each side also caches the other's count and reads it again only when the cached value means full or
 * empty: with the two counts on separate cache lines, most pushes and pops touch no line of the other side.
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

typedef struct vel_spsc vel_spsc_t; /* opaque: its counts are atomics, which Cython and C++ cannot declare */

/* A ring of at least `capacity` records (rounded up to a power of two), each of `record_size` bytes.
 * 1 <= capacity <= VEL_SPSC_CAPACITY_MAX, 1 <= record_size <= VEL_SPSC_RECORD_MAX.
 * Returns VEL_OK, VEL_EINVAL or VEL_ENOMEM; *ring is NULL unless VEL_OK. Freed by vel_spsc_free. */
int vel_spsc_new(vel_spsc_t **ring, uint64_t capacity, size_t record_size);

/* Frees the ring and its records; memory that records point to belongs to the caller. Accepts NULL. No other thread
 * may use the ring any more. */
void vel_spsc_free(vel_spsc_t *ring);

/* Copies one record in. Only the pushing thread may call it. VEL_OK, or VEL_EFULL with the ring unchanged. */
int vel_spsc_push(vel_spsc_t *ring, const void *record);

/* Copies the oldest record out. Only the popping thread may call it. Returns false and leaves *record unchanged when
 * the ring is empty. */
bool vel_spsc_pop(vel_spsc_t *ring, void *record);

/* Number of records in the ring. Exact for either thread while the other one is idle; otherwise the pushing thread
 * reads at least the true number, the popping thread at most. */
uint64_t vel_spsc_count(const vel_spsc_t *ring);

uint64_t vel_spsc_capacity(const vel_spsc_t *ring);

VEL_C_END

#endif
