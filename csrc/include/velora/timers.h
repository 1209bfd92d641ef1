/* timers.h: timers of a local side, by time and then by the order in which they were set.
 *
 * A timer is known by its strategy and an id among those of that strategy. A cancelled timer stays in the heap until it
 * comes to the top, or until cancelled ones are more than half of the heap: then they are taken out together, which
 * costs each a constant. The top is always live. */
#ifndef VELORA_TIMERS_H
#define VELORA_TIMERS_H

#include "velora/map.h"
#include "velora/vector.h"

VEL_C_BEGIN

#define VEL_TIMER_KERNEL (-1) /* strategy of the kernel's own timers */

typedef struct vel_timer {
    int64_t ts; /* ns, local clock */
    int64_t sequence;
    int64_t id;       /* among those of its strategy */
    int64_t interval; /* ns, 0 for once */
    int32_t strategy;
} vel_timer_t;

VEL_VECTOR(vel_timer_items, vel_timer_t)

typedef struct vel_timers {
    vel_timer_items_t heap; /* by (ts, sequence), cancelled ones included */
    vel_map_t sequences;    /* strategy and id of a live timer -> its sequence */
    int64_t sequence;       /* of the next one */
    int32_t strategies_count;
} vel_timers_t;

void vel_timers_init(vel_timers_t *timers, int32_t strategies_count);
void vel_timers_free(vel_timers_t *timers);

/* Add a timer; its strategy has no other of this id. VEL_OK, VEL_EEXIST or VEL_ENOMEM. */
int vel_timers_add(vel_timers_t *timers, int32_t strategy, int64_t ts, int64_t interval, int64_t id);

/* Cancel a timer of a strategy; whether there was one. Constant time, amortised. */
bool vel_timers_remove(vel_timers_t *timers, int32_t strategy, int64_t id);

/* Cancel all timers of a strategy. */
void vel_timers_drop(vel_timers_t *timers, int32_t strategy);

/* Take the earliest timer, and set a periodic one again; there must be one. */
void vel_timers_pop(vel_timers_t *timers, vel_timer_t *timer);

/* The earliest timer; NULL when there is none. */
static inline const vel_timer_t *vel_timers_front(const vel_timers_t *timers)
{
    return timers->heap.count == 0 ? NULL : &timers->heap.items[0];
}

static inline int64_t vel_timers_next(const vel_timers_t *timers)
{
    return timers->heap.count == 0 ? VEL_NEVER : timers->heap.items[0].ts;
}

VEL_C_END

#endif
