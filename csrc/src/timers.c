#include "velora/timers.h"

#include <string.h>

#include "velora/heap.h"

/* Up to this number cancelled timers may stay in the heap in any case. */
#define CANCELLED_MIN 64

static inline bool is_before(const vel_timer_t *a, const vel_timer_t *b)
{
    return a->ts != b->ts ? a->ts < b->ts : a->sequence < b->sequence;
}

VEL_HEAP(heap, vel_timer_t, is_before)

void vel_timers_init(vel_timers_t *timers, int32_t strategies_count)
{
    memset(timers, 0, sizeof *timers);
    timers->strategies_count = strategies_count;
}

void vel_timers_free(vel_timers_t *timers)
{
    vel_timer_items_free(&timers->heap);
    vel_map_free(&timers->sequences);
}

static int64_t key_of(const vel_timers_t *timers, int32_t strategy, int64_t id)
{
    return (int64_t)((uint64_t)id * ((uint64_t)timers->strategies_count + 1) + (uint64_t)(strategy + 1));
}

static bool is_set(const vel_timers_t *timers, const vel_timer_t *timer)
{
    const int64_t *sequence = vel_map_get(&timers->sequences, key_of(timers, timer->strategy, timer->id));
    return sequence != NULL && *sequence == timer->sequence;
}

static void take_top(vel_timers_t *timers)
{
    timers->heap.items[0] = timers->heap.items[--timers->heap.count];
    heap_down(timers->heap.items, timers->heap.count, 0);
}

/* After timers were cancelled: makes the top live again, and at least half of the rest. */
static void settle(vel_timers_t *timers)
{
    vel_timer_items_t *heap = &timers->heap;
    int64_t live = (int64_t)timers->sequences.count, kept = 0;
    if (heap->count - live > CANCELLED_MIN && heap->count - live > live) {
        for (int64_t at = 0; at < heap->count; at++)
            if (is_set(timers, &heap->items[at]))
                heap->items[kept++] = heap->items[at];
        heap->count = kept;
        heap_build(heap->items, kept);
        return;
    }
    while (heap->count > live && !is_set(timers, &heap->items[0]))
        take_top(timers);
}

int vel_timers_add(vel_timers_t *timers, int32_t strategy, int64_t ts, int64_t interval, int64_t id)
{
    vel_timer_t timer = {ts, timers->sequence, id, interval, strategy};
    int status = vel_timer_items_push(&timers->heap, &timer);
    if (status != VEL_OK)
        return status;
    status = vel_map_add(&timers->sequences, key_of(timers, strategy, id), timer.sequence);
    if (status != VEL_OK) {
        timers->heap.count--;
        return status;
    }
    timers->sequence++;
    heap_up(timers->heap.items, timers->heap.count - 1);
    return VEL_OK;
}

void vel_timers_pop(vel_timers_t *timers, vel_timer_t *timer)
{
    vel_timer_items_t *heap = &timers->heap;
    VEL_ASSERT(heap->count > 0);
    *timer = heap->items[0];
    int64_t key = key_of(timers, timer->strategy, timer->id);
    if (timer->interval > 0) { /* in its place: the heap keeps its size */
        heap->items[0].ts = vel_add(timer->ts, timer->interval);
        heap->items[0].sequence = timers->sequence++;
        *vel_map_get(&timers->sequences, key) = heap->items[0].sequence;
        heap_down(heap->items, heap->count, 0);
    } else {
        vel_map_remove(&timers->sequences, key);
        take_top(timers);
    }
    settle(timers);
}

bool vel_timers_remove(vel_timers_t *timers, int32_t strategy, int64_t id)
{
    int64_t key = key_of(timers, strategy, id);
    if (vel_map_get(&timers->sequences, key) == NULL)
        return false;
    vel_map_remove(&timers->sequences, key);
    settle(timers);
    return true;
}

void vel_timers_drop(vel_timers_t *timers, int32_t strategy)
{
    for (int64_t at = 0; at < timers->heap.count; at++) {
        const vel_timer_t *timer = &timers->heap.items[at];
        if (timer->strategy == strategy && is_set(timers, timer))
            vel_map_remove(&timers->sequences, key_of(timers, strategy, timer->id));
    }
    settle(timers);
}
