#include "velora/spsc.h"

#include <stdatomic.h>
#include <string.h>

#define LINE 64 /* bytes of a cache line */

struct vel_spsc {
    _Alignas(LINE) uint64_t mask; /* capacity - 1; both sides read this line and none writes it */
    size_t record_size;
    unsigned char *records;
    _Alignas(LINE) _Atomic uint64_t tail; /* pushed so far; written by the pushing thread */
    uint64_t head_seen;                   /* the head at the pushing thread's last read */
    _Alignas(LINE) _Atomic uint64_t head; /* popped so far; written by the popping thread */
    uint64_t tail_seen;                   /* the tail at the popping thread's last read */
};

int vel_spsc_new(vel_spsc_t **ring, uint64_t capacity, size_t record_size)
{
    *ring = NULL;
    if (capacity < 1 || capacity > VEL_SPSC_CAPACITY_MAX || record_size < 1 || record_size > VEL_SPSC_RECORD_MAX)
        return VEL_EINVAL;
    uint64_t slots = 1;
    while (slots < capacity)
        slots *= 2;
    vel_spsc_t *made = aligned_alloc(LINE, sizeof *made); /* malloc's alignment is below a cache line's */
    if (made == NULL)
        return VEL_ENOMEM;
    made->records = malloc(slots * record_size);
    if (made->records == NULL) {
        free(made);
        return VEL_ENOMEM;
    }
    made->mask = slots - 1;
    made->record_size = record_size;
    made->head_seen = made->tail_seen = 0;
    atomic_init(&made->head, 0);
    atomic_init(&made->tail, 0);
    *ring = made;
    return VEL_OK;
}

void vel_spsc_free(vel_spsc_t *ring)
{
    if (ring == NULL)
        return;
    free(ring->records);
    free(ring);
}

int vel_spsc_push(vel_spsc_t *ring, const void *record)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (VEL_UNLIKELY(tail - ring->head_seen > ring->mask)) {
        /* Acquire: the popping thread copied the record out of the slot before it counted it. */
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->head_seen > ring->mask)
            return VEL_EFULL;
    }
    memcpy(ring->records + (tail & ring->mask) * ring->record_size, record, ring->record_size);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return VEL_OK;
}

bool vel_spsc_pop(vel_spsc_t *ring, void *record)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (VEL_UNLIKELY(head == ring->tail_seen)) {
        /* Acquire: the record is in its slot before the pushing thread counted it. */
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->tail_seen)
            return false;
    }
    memcpy(record, ring->records + (head & ring->mask) * ring->record_size, ring->record_size);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

uint64_t vel_spsc_count(const vel_spsc_t *ring)
{
    /* Load the head first: it never passes a tail read after it, so the difference is never negative. */
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    return atomic_load_explicit(&ring->tail, memory_order_acquire) - head;
}

uint64_t vel_spsc_capacity(const vel_spsc_t *ring)
{
    return ring->mask + 1;
}
