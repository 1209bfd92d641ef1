/* Declared quotes: the difference to the order that stands goes out as new, amend or cancel. */
#include "local_inner.h"

int vel_local_reconcile_quote(vel_local_t *local, vel_holding_t *holding, uint8_t side)
{
    vel_quote_slot_t *slot = &holding->quotes[side];
    const vel_order_t *order = vel_orders_get(&local->orders, slot->order_id);
    if (order != NULL && vel_order_is_final(order->state)) {
        slot->order_id = 0;
        order = NULL;
    }
    slot->is_deferred = 0;
    if (order == NULL) {
        if (!slot->is_wanted)
            return VEL_OK;
        vel_order_terms_t terms = {.price = slot->price,
                                   .qty = slot->qty,
                                   .side = side,
                                   .type = VEL_LIMIT,
                                   .tif = VEL_GTC,
                                   .stp = VEL_STP_TAKER,
                                   .flags = slot->post_only ? VEL_EXEC_POST_ONLY : 0};
        return vel_local_submit(local, holding->strategy, holding->instrument, &terms, &slot->order_id);
    }
    if (vel_order_is_busy(order)) {
        slot->is_deferred = 1;
        return VEL_OK;
    }
    if (!slot->is_wanted)
        return vel_local_cancel(local, order->id);
    return vel_local_amend(local, order->id, slot->price, order->cum_qty + slot->qty);
}

int vel_local_quote(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side, bool is_wanted,
                    int64_t price_ticks, int64_t qty_lots, bool post_only)
{
    if (!vel_local_has(local, strategy, instrument) || side > VEL_SELL)
        return VEL_EINVAL;
    if (is_wanted && (!vel_is_size(qty_lots) || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    vel_holding_t *holding = vel_holdings_find(&local->holdings, strategy, instrument);
    if (holding == NULL) {
        if (!is_wanted)
            return VEL_OK;
        if ((holding = vel_holdings_make(&local->holdings, strategy, instrument)) == NULL)
            return VEL_ENOMEM;
    }
    vel_quote_slot_t *slot = &holding->quotes[side];
    const vel_order_t *order = vel_orders_get(&local->orders, slot->order_id);
    bool stands = order != NULL && !vel_order_is_final(order->state);
    if (slot->is_wanted == is_wanted && stands == is_wanted &&
        (!is_wanted || (slot->price == price_ticks && slot->qty == qty_lots))) {
        /* As declared before. After a refused amend the order may stand elsewhere than declared: ask again. */
        if (!stands || slot->is_deferred || order->terms.price == price_ticks || vel_order_is_busy(order))
            return VEL_OK;
    }
    slot->is_wanted = is_wanted;
    slot->price = price_ticks;
    slot->qty = qty_lots;
    slot->post_only = post_only;
    return vel_local_reconcile_quote(local, holding, side);
}

int vel_local_quote_reported(vel_local_t *local, const vel_order_t *order, bool by_fill)
{
    vel_holding_t *holding = vel_holdings_find(&local->holdings, order->strategy, order->instrument);
    if (holding == NULL || holding->quotes[order->terms.side].order_id != order->id)
        return VEL_OK;
    vel_quote_slot_t *slot = &holding->quotes[order->terms.side];
    bool is_final = vel_order_is_final(order->state);
    if (by_fill) {
        slot->order_id = 0;
        slot->is_wanted = 0;
        slot->is_deferred = 0;
        return VEL_OK;
    }
    if (!slot->is_deferred && !is_final)
        return VEL_OK;
    if (is_final)
        slot->order_id = 0;
    if (slot->is_deferred)
        return vel_local_reconcile_quote(local, holding, order->terms.side);
    slot->is_wanted = 0; /* without a newer declaration an order that ended stays ended until the next one */
    return VEL_OK;
}
