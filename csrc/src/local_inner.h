/* local_inner.h: between the files of the local side alone: local.c, quoter.c, reports.c. */
#ifndef VELORA_LOCAL_INNER_H
#define VELORA_LOCAL_INNER_H

#include "velora/hash.h"
#include "velora/local.h"

/* Whether a strategy and an instrument are there. */
static inline bool vel_local_has(const vel_local_t *local, int32_t strategy, int32_t instrument)
{
    return strategy >= 0 && strategy < local->strategies_count && instrument >= 0 &&
           instrument < local->instruments_count;
}

/* Set the state of an order. */
static inline void vel_local_set_state(vel_local_t *local, vel_order_t *order, uint8_t state, uint8_t reason)
{
    vel_orders_set_state(&local->orders, &local->strategies[order->strategy].open, order, state, reason, local->now);
}

/* Whether a declaration must wait for the next report about the order that stands for it. */
static inline bool vel_order_is_busy(const vel_order_t *order)
{
    return order->state == VEL_ORDER_PENDING || order->state == VEL_ORDER_UNKNOWN || order->pending_amends > 0 ||
           order->pending_cancels > 0;
}

/* Send what a declared quote needs now. */
int vel_local_reconcile_quote(vel_local_t *local, vel_holding_t *holding, uint8_t side);

/* A report about the order that stands for a quote: `by_fill` when it filled whole. */
int vel_local_quote_reported(vel_local_t *local, const vel_order_t *order, bool by_fill);

#endif
