#include "velora/trade_ids.h"

void vel_trade_ids_free(vel_trade_ids_t *ids)
{
    vel_map_free(&ids->keys);
    vel_trade_key_ring_free(&ids->order);
}

static int64_t key_of(const vel_trade_ids_t *ids, int32_t instrument, int64_t trade_id)
{
    return (int64_t)((uint64_t)trade_id * (uint64_t)ids->instruments_count + (uint64_t)instrument);
}

bool vel_trade_ids_has(const vel_trade_ids_t *ids, int32_t instrument, int64_t trade_id)
{
    return trade_id != 0 && ids->keys.count > 0 && vel_map_get(&ids->keys, key_of(ids, instrument, trade_id)) != NULL;
}

int vel_trade_ids_add(vel_trade_ids_t *ids, int32_t instrument, int64_t trade_id)
{
    if (trade_id == 0)
        return VEL_OK;
    int64_t key = key_of(ids, instrument, trade_id);
    int status = vel_trade_key_ring_reserve(&ids->order);
    if (status != VEL_OK || (status = vel_map_put(&ids->keys, key, 1)) != VEL_OK)
        return status;
    status = vel_trade_key_ring_push(&ids->order, &key);
    if (ids->order.tail - ids->order.head > VEL_TRADE_IDS_MAX) {
        vel_map_remove(&ids->keys, *vel_trade_key_ring_front(&ids->order));
        vel_trade_key_ring_pop(&ids->order);
    }
    return status;
}
