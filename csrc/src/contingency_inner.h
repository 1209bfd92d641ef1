/* contingency_inner.h: how an order that waits for nothing comes into a contingency and leaves it, for the contingency
 * itself (contingency.c) and for the matching engine, which does both for most messages (match.c): inlined. Only what
 * concerns every order stands here; groups, children, triggers and times are contingency.c's. */
#ifndef VELORA_CONTINGENCY_INNER_H
#define VELORA_CONTINGENCY_INNER_H

#include "velora/contingency.h"

/* Double the index. VEL_OK or VEL_ENOMEM. */
int vel_contingency_index_grow(vel_contingency_t *contingency);

/* The bucket after a full one, for an order whose home it is or that has passed others already. */
vel_contingency_bucket_t *vel_contingency_index_pass(vel_contingency_t *contingency, vel_contingency_bucket_t *full);

/* An order that passed the buckets from `home` on and stood in `bucket` has gone. */
void vel_contingency_index_unpass(vel_contingency_t *contingency, vel_contingency_bucket_t *home,
                                  const vel_contingency_bucket_t *bucket);

/* Make a place of the pool blank for a plain order, after an order that was none or before the first: a plain order
 * writes only what it has. */
void vel_contingency_blank(vel_contingency_order_t *order);

/* Make room for more orders. VEL_OK or VEL_ENOMEM. */
int vel_contingency_pool_grow(vel_contingency_t *contingency);

/* Index of a strategy, made when there is none. VEL_OK or VEL_ENOMEM. */
int vel_contingency_owner_make(vel_contingency_t *contingency, int32_t owner, int32_t strategy, uint32_t *index);

/* Remember an order that ended with a fill. VEL_OK or VEL_ENOMEM. */
int vel_contingency_remember(vel_contingency_t *contingency, int64_t order_id, int32_t account, int64_t qty,
                             int64_t filled);

static inline int64_t vel_contingency_owner_key(int32_t owner, int32_t strategy)
{
    return (int64_t)((uint64_t)(uint32_t)owner << 32 | (uint32_t)strategy);
}

/* Make room for one order more: the slots of the index change. VEL_OK or VEL_ENOMEM. */
static inline int vel_contingency_make_room(vel_contingency_t *contingency)
{
    if (VEL_LIKELY(contingency->live < contingency->index_buckets * 2))
        return VEL_OK;
    return vel_contingency_index_grow(contingency);
}

/* Put an id into the index, which has room; `slot` is of a search that did not find it, and becomes its own. */
static inline void vel_contingency_index_add(vel_contingency_t *contingency, vel_contingency_slot_t *slot,
                                             uint32_t index)
{
    vel_contingency_bucket_t *bucket = slot->home;
    uint64_t free_places;
    while (VEL_UNLIKELY((free_places = ~bucket->tags & VEL_BUCKET_TOPS) == 0))
        bucket = vel_contingency_index_pass(contingency, bucket);
    unsigned bit = (unsigned)vel_lowest_bit(free_places) - 7;
    bucket->tags |= slot->tag << bit;
    bucket->index[bit / 8] = index;
    slot->bucket = bucket;
    slot->bit = bit;
}

/* Take an id out of the index. */
static inline void vel_contingency_index_remove(vel_contingency_t *contingency, const vel_contingency_slot_t *slot)
{
    slot->bucket->tags &= ~(UINT64_C(0xff) << slot->bit);
    if (VEL_UNLIKELY(slot->home != slot->bucket))
        vel_contingency_index_unpass(contingency, slot->home, slot->bucket);
}

/* Index of an owner's strategy. VEL_OK or VEL_ENOMEM. */
static inline int vel_contingency_owner_index(vel_contingency_t *contingency, int32_t owner, int32_t strategy,
                                              uint32_t *index)
{
    *index = contingency->latest_owner;
    if (VEL_LIKELY(contingency->latest_owner_key == vel_contingency_owner_key(owner, strategy)))
        return VEL_OK;
    return vel_contingency_owner_make(contingency, owner, strategy, index);
}

/* Take an order in: a place of the pool, the index, the list of its owner, but for owner 0, who is many and has none.
 * All else of the order is the caller's. No order of its id is alive, and there is room; `slot` is of the search for
 * its id. VEL_OK or VEL_ENOMEM. */
static inline int vel_contingency_admit(vel_contingency_t *contingency, int64_t order_id, int32_t account,
                                        int32_t strategy, vel_contingency_slot_t *slot, uint32_t *made)
{
    uint32_t index = contingency->orders_free, owner;
    int status = vel_contingency_owner_index(contingency, account, strategy, &owner);
    if (VEL_UNLIKELY(status != VEL_OK))
        return status;
    if (VEL_LIKELY(index != VEL_CONTINGENCY_NONE)) {
        contingency->orders_free = contingency->orders[index].next_of_owner;
    } else {
        if (VEL_UNLIKELY(contingency->orders_used == contingency->orders_max) &&
            (status = vel_contingency_pool_grow(contingency)) != VEL_OK)
            return status;
        index = contingency->orders_used++;
        vel_contingency_blank(&contingency->orders[index]);
    }
    vel_contingency_index_add(contingency, slot, index);
    contingency->live++;
    contingency->latest_id = order_id;
    contingency->latest = index;
    contingency->latest_slot = *slot;
    vel_contingency_order_t *order = &contingency->orders[index];
    order->sequence = ++contingency->sequence;
    order->owner = owner;
    if (account != 0) {
        vel_contingency_owner_t *list = &contingency->owners[owner];
        order->next_of_owner = VEL_CONTINGENCY_NONE;
        order->prev_of_owner = list->last;
        *(list->last == VEL_CONTINGENCY_NONE ? &list->first : &contingency->orders[list->last].next_of_owner) = index;
        list->last = index;
    }
    *made = index;
    return VEL_OK;
}

/* Let an order go, whose id is in `slot`: it stands in no book, group or family any more. filled: of its lots. VEL_OK
 * or VEL_ENOMEM. */
static inline int vel_contingency_dismiss(vel_contingency_t *contingency, uint32_t index,
                                          const vel_contingency_slot_t *slot, int64_t filled)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    if (order->spec.owner != 0) {
        vel_contingency_owner_t *list = &contingency->owners[order->owner];
        uint32_t next = order->next_of_owner, previous = order->prev_of_owner;
        *(previous == VEL_CONTINGENCY_NONE ? &list->first : &contingency->orders[previous].next_of_owner) = next;
        *(next == VEL_CONTINGENCY_NONE ? &list->last : &contingency->orders[next].prev_of_owner) = previous;
    }
    vel_contingency_index_remove(contingency, slot);
    contingency->live--;
    contingency->latest = VEL_CONTINGENCY_NONE;
    order->state = VEL_CONTINGENCY_FREE;
    order->next_of_owner = contingency->orders_free;
    contingency->orders_free = index;
    if (filled == 0)
        return VEL_OK;
    return vel_contingency_remember(contingency, order->spec.order_id, order->spec.owner, order->spec.terms.qty,
                                    filled);
}

#endif
