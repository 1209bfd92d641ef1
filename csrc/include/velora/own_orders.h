/* own_orders.h: own resting orders of one instrument by price, in time priority: a list of levels a side, best first,
 * and a list of orders a level. Orders are named by an index that somebody else gives and that stays theirs for life.
 * A side with many levels keeps their keys in order beside the list, so that the place of a new one is found in
 * logarithmic time; where they are few, the list is searched. */
#ifndef VELORA_OWN_ORDERS_H
#define VELORA_OWN_ORDERS_H

#include "velora/map.h"
#include "velora/queue_model.h"
#include "velora/sorted.h"

VEL_C_BEGIN

#define VEL_NO_INDEX UINT32_MAX

typedef struct vel_own_order {
    vel_queue_position_t queue;
    int64_t stamp_ahead; /* by order: recorded orders of an older stamp stand ahead */
    double owed;         /* by order: lots that traded ahead in the recording while own orders took their part */
    double kept;         /* by order: lots ahead when the level left the view; -1 while it is in view */
    double restated;     /* of these, lots that the feed has listed again */
    int64_t seen;        /* the trade that this order has met last */
    uint32_t next;       /* behind it at its level */
    uint32_t prev;
    uint32_t level;
    uint8_t side;
    uint8_t doubts; /* VEL_DOUBT_QUEUE, or 0 */
} vel_own_order_t;

typedef struct vel_own_level {
    int64_t key;
    int64_t before; /* lots that the book showed here when its snapshot began, -1 when that was not known */
    uint32_t head;  /* orders in time priority */
    uint32_t tail;
    uint32_t better; /* neighbouring own levels of the side */
    uint32_t worse;  /* links the free list too */
} vel_own_level_t;

typedef struct vel_own_side {
    uint32_t best; /* level, VEL_NO_INDEX when the side has no own order */
    uint32_t worst;
    uint32_t is_indexed; /* `keys` holds those of all levels */
    vel_map_t levels;    /* key -> level */
    vel_sorted_t keys;
} vel_own_side_t;

/* A walk over the orders of one level, each once, while they fill, leave and join: an order that joins the level joins
 * the walk, too. */
typedef struct vel_own_walk {
    int64_t row;    /* what it is for: the caller's number */
    uint32_t level; /* VEL_NO_INDEX: none is under way */
    uint32_t next;  /* order, VEL_NO_INDEX at the end */
} vel_own_walk_t;

typedef struct vel_own_orders {
    vel_own_side_t side[2];
    vel_own_order_t *orders; /* by index, owned */
    vel_own_level_t *levels; /* pool, owned */
    uint32_t orders_max;
    uint32_t levels_count;
    uint32_t levels_max;
    uint32_t levels_free;
    vel_own_walk_t walk;
} vel_own_orders_t;

void vel_own_orders_init(vel_own_orders_t *own);
void vel_own_orders_free(vel_own_orders_t *own); /* accepts a zeroed struct */

/* Make room for indices below `count`. VEL_OK or VEL_ENOMEM. */
int vel_own_orders_reserve(vel_own_orders_t *own, uint32_t count);

/* Put an order at the back of the own orders at a key of a side; its place is the caller's to set. VEL_OK, VEL_ENOMEM.
 */
int vel_own_orders_join(vel_own_orders_t *own, uint32_t index, uint8_t side, int64_t key);

/* Take an order out. */
void vel_own_orders_leave(vel_own_orders_t *own, uint32_t index);

/* Begin a walk over a level, in place of the one before. */
static inline void vel_own_walk(vel_own_orders_t *own, uint32_t level, int64_t row)
{
    own->walk.row = row;
    own->walk.level = level;
    own->walk.next = own->levels[level].head;
}

/* The next order of the walk, VEL_NO_INDEX at its end. */
static inline uint32_t vel_own_walk_next(vel_own_orders_t *own)
{
    uint32_t index = own->walk.next;
    if (index != VEL_NO_INDEX)
        own->walk.next = own->orders[index].next;
    return index;
}

/* Level at a key, VEL_NO_INDEX when there is none. */
static inline uint32_t vel_own_level_at(const vel_own_orders_t *own, uint8_t side, int64_t key)
{
    const int64_t *found = vel_map_get(&own->side[side].levels, key);
    return found == NULL ? VEL_NO_INDEX : (uint32_t)*found;
}

static inline bool vel_own_has(const vel_own_orders_t *own, uint8_t side)
{
    return own->side[side].best != VEL_NO_INDEX;
}

/* Best key of a side, INT64_MAX when there is no own order. */
static inline int64_t vel_own_best_key(const vel_own_orders_t *own, uint8_t side)
{
    return own->side[side].best == VEL_NO_INDEX ? INT64_MAX : own->levels[own->side[side].best].key;
}

VEL_C_END

#endif
