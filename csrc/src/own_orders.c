#include "velora/own_orders.h"

#include <string.h>

#define POOL_INITIAL 64u

/* Levels of a side from which on their keys are kept in order, and below which they are not any more. */
#define INDEXED_MIN 64u
#define INDEXED_END 16u

void vel_own_orders_init(vel_own_orders_t *own)
{
    memset(own, 0, sizeof *own);
    own->side[0].best = own->side[0].worst = own->side[1].best = own->side[1].worst = VEL_NO_INDEX;
    own->levels_free = VEL_NO_INDEX;
    own->walk.level = own->walk.next = VEL_NO_INDEX;
}

void vel_own_orders_free(vel_own_orders_t *own)
{
    for (int side = 0; side < 2; side++) {
        vel_map_free(&own->side[side].levels);
        vel_sorted_free(&own->side[side].keys);
    }
    free(own->orders);
    free(own->levels);
    memset(own, 0, sizeof *own);
}

int vel_own_orders_reserve(vel_own_orders_t *own, uint32_t count)
{
    if (count <= own->orders_max)
        return VEL_OK;
    uint32_t grown = own->orders_max == 0 ? POOL_INITIAL : own->orders_max * 2;
    if (grown < count)
        grown = count;
    vel_own_order_t *items = realloc(own->orders, grown * sizeof *items);
    if (items == NULL)
        return VEL_ENOMEM;
    own->orders = items;
    own->orders_max = grown;
    return VEL_OK;
}

static int level_take(vel_own_orders_t *own, uint32_t *index)
{
    if (own->levels_free != VEL_NO_INDEX) {
        *index = own->levels_free;
        own->levels_free = own->levels[*index].worse;
        return VEL_OK;
    }
    if (own->levels_count == own->levels_max) {
        uint32_t grown = own->levels_max == 0 ? POOL_INITIAL : own->levels_max * 2;
        vel_own_level_t *items = realloc(own->levels, grown * sizeof *items);
        if (items == NULL)
            return VEL_ENOMEM;
        own->levels = items;
        own->levels_max = grown;
    }
    *index = own->levels_count++;
    return VEL_OK;
}

/* Make room for one more key, and index all levels when they have become many. */
static int index_make(const vel_own_orders_t *own, vel_own_side_t *side)
{
    int status = vel_sorted_reserve(&side->keys, side->is_indexed ? 1 : side->levels.count + 1);
    if (status != VEL_OK || side->is_indexed)
        return status;
    for (uint32_t level = side->best; level != VEL_NO_INDEX; level = own->levels[level].worse)
        vel_sorted_insert(&side->keys, own->levels[level].key);
    side->is_indexed = 1;
    return VEL_OK;
}

/* The level before which one of this key belongs, VEL_NO_INDEX for the end. */
static uint32_t level_behind(const vel_own_orders_t *own, const vel_own_side_t *side, int64_t key)
{
    int64_t next;
    if (VEL_UNLIKELY(side->is_indexed))
        return vel_sorted_after(&side->keys, key, &next) ? (uint32_t)*vel_map_get(&side->levels, next) : VEL_NO_INDEX;
    uint32_t level = side->best;
    while (level != VEL_NO_INDEX && own->levels[level].key < key)
        level = own->levels[level].worse;
    return level;
}

static int level_make(vel_own_orders_t *own, vel_own_side_t *side, int64_t key, uint32_t *level)
{
    const int64_t *found = vel_map_get(&side->levels, key);
    if (found != NULL) {
        *level = (uint32_t)*found;
        return VEL_OK;
    }
    int status = VEL_OK;
    if (VEL_UNLIKELY(side->is_indexed || side->levels.count >= INDEXED_MIN))
        status = index_make(own, side);
    if (status != VEL_OK || (status = level_take(own, level)) != VEL_OK)
        return status;
    if ((status = vel_map_put(&side->levels, key, *level)) != VEL_OK) {
        own->levels[*level].worse = own->levels_free;
        own->levels_free = *level;
        return status;
    }
    uint32_t worse = level_behind(own, side, key);
    uint32_t better = worse == VEL_NO_INDEX ? side->worst : own->levels[worse].better;
    if (VEL_UNLIKELY(side->is_indexed))
        vel_sorted_insert(&side->keys, key);
    own->levels[*level] = (vel_own_level_t){key, -1, VEL_NO_INDEX, VEL_NO_INDEX, better, worse};
    if (better == VEL_NO_INDEX)
        side->best = *level;
    else
        own->levels[better].worse = *level;
    if (worse == VEL_NO_INDEX)
        side->worst = *level;
    else
        own->levels[worse].better = *level;
    return VEL_OK;
}

static void level_drop(vel_own_orders_t *own, vel_own_side_t *side, uint32_t level)
{
    vel_own_level_t *gone = &own->levels[level];
    if (gone->better == VEL_NO_INDEX)
        side->best = gone->worse;
    else
        own->levels[gone->better].worse = gone->worse;
    if (gone->worse == VEL_NO_INDEX)
        side->worst = gone->better;
    else
        own->levels[gone->worse].better = gone->better;
    vel_map_remove(&side->levels, gone->key);
    if (VEL_UNLIKELY(side->is_indexed)) {
        vel_sorted_remove(&side->keys, gone->key);
        if (side->levels.count < INDEXED_END) {
            vel_sorted_clear(&side->keys);
            side->is_indexed = 0;
        }
    }
    if (own->walk.level == level)
        own->walk.level = own->walk.next = VEL_NO_INDEX;
    gone->worse = own->levels_free;
    own->levels_free = level;
}

int vel_own_orders_join(vel_own_orders_t *own, uint32_t index, uint8_t side, int64_t key)
{
    uint32_t level;
    int status = level_make(own, &own->side[side], key, &level);
    if (status != VEL_OK)
        return status;
    vel_own_order_t *order = &own->orders[index];
    order->side = side;
    order->level = level;
    order->next = VEL_NO_INDEX;
    order->prev = own->levels[level].tail;
    if (order->prev == VEL_NO_INDEX)
        own->levels[level].head = index;
    else
        own->orders[order->prev].next = index;
    own->levels[level].tail = index;
    if (own->walk.level == level && own->walk.next == VEL_NO_INDEX)
        own->walk.next = index;
    return VEL_OK;
}

void vel_own_orders_leave(vel_own_orders_t *own, uint32_t index)
{
    const vel_own_order_t *order = &own->orders[index];
    vel_own_level_t *level = &own->levels[order->level];
    if (own->walk.next == index)
        own->walk.next = order->next;
    if (order->prev == VEL_NO_INDEX)
        level->head = order->next;
    else
        own->orders[order->prev].next = order->next;
    if (order->next == VEL_NO_INDEX)
        level->tail = order->prev;
    else
        own->orders[order->next].prev = order->prev;
    if (level->head == VEL_NO_INDEX)
        level_drop(own, &own->side[order->side], order->level);
}
