/* trade_ids.h: the trade ids of recent fills, so that a report that a venue repeats, after a reconnection or by
 * mistake, is applied once. The last VEL_TRADE_IDS_MAX are kept. */
#ifndef VELORA_TRADE_IDS_H
#define VELORA_TRADE_IDS_H

#include "velora/map.h"
#include "velora/ring.h"

VEL_C_BEGIN

#define VEL_TRADE_IDS_MAX 65536u

VEL_RING(vel_trade_key_ring, int64_t)

typedef struct vel_trade_ids {
    vel_map_t keys;
    vel_trade_key_ring_t order; /* of the keys, oldest first */
    int32_t instruments_count;
} vel_trade_ids_t;

void vel_trade_ids_free(vel_trade_ids_t *ids); /* accepts a zeroed struct */

/* Whether this fill was applied already; trade id 0 never was. */
bool vel_trade_ids_has(const vel_trade_ids_t *ids, int32_t instrument, int64_t trade_id);

/* Keep an id that is not there. VEL_OK or VEL_ENOMEM. */
int vel_trade_ids_add(vel_trade_ids_t *ids, int32_t instrument, int64_t trade_id);

VEL_C_END

#endif
