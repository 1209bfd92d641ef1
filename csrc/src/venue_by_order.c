#include "venue_inner.h"

/* ---------------------------------------------------------------- executions */

/* An execution behind own orders that were not first in line. */
static void note_missed(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t lots)
{
    vel_missed_t *missed = &inst->missed;
    if (missed->ts != inst->ts || missed->key != key || missed->side != side)
        *missed = (vel_missed_t){.ts = inst->ts, .key = key, .side = side};
    if (lots > 0 && missed->count < VEL_MISSED_MAX) {
        missed->row[missed->count] = inst->rows - 1;
        missed->lots[missed->count++] = lots;
    }
}

/* The last order ahead has gone by an execution: what was executed behind in this instant was the own order's. */
static int fill_missed(vel_venue_instrument_t *inst, uint32_t index, uint8_t side, int64_t key)
{
    vel_missed_t *missed = &inst->missed;
    int64_t sequence = inst->contingency.orders[index].sequence;
    int status = VEL_OK;
    if (missed->ts != inst->ts || missed->key != key || missed->side != side)
        return VEL_OK;
    for (int32_t at = 0; at < missed->count && status == VEL_OK; at++) {
        const vel_contingency_order_t *order = &inst->contingency.orders[index];
        vel_own_order_t *own = &inst->own.orders[index];
        if (order->sequence != sequence || order->state != VEL_CONTINGENCY_RESTING || own->queue.ahead > 0.0)
            break;
        double owed = vel_venue_least(own->owed, (double)missed->lots[at]);
        own->owed -= owed;
        missed->lots[at] -= (int64_t)owed;
        if (missed->lots[at] == 0 || own->owed > 0.0)
            continue;
        inst->datum_row = missed->row[at];
        status = vel_venue_fill_in_queue(inst, index, &missed->lots[at]);
        inst->datum_row = -1;
    }
    return status;
}

/* A recorded order with this stamp trades `qty` lots, the feed being by order. */
static int match_execution(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty, uint32_t stamp)
{
    int64_t key = vel_side_key(passive, price), less;
    int64_t far = vel_venue_print_falls_short(inst, passive, qty, &less), near = qty - far;
    int status = VEL_OK;
    if (far > 0)
        status = vel_venue_trade_through(inst, passive, key - less - 1, far, &far);
    if (status == VEL_OK && near > 0)
        status = vel_venue_trade_through(inst, passive, key - less, near, &near);
    if (status != VEL_OK)
        return status;
    int64_t taken = qty - far - near; /* by own orders: it stays where it would have traded */
    int64_t left = less == 0 ? near : 0;
    bool was_missed = false;
    uint32_t index;
    while ((index = vel_venue_next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        own->seen = inst->rows;
        vel_venue_settle_restated(own);
        if (vel_l3_is_older(stamp, (uint32_t)own->stamp_ahead)) {
            if (vel_queue_is_unknown(own->queue.ahead))
                continue;
            own->queue.ahead -= (double)qty;
            own->owed += (double)(taken + (less == 0 ? near - left : 0));
            if (own->queue.ahead <= 0.0) {
                own->queue.ahead = 0.0;
                own->stamp_ahead = stamp; /* of one that was restated whole, a part stood ahead */
            }
            if ((status = vel_venue_trace_queue(inst, index, VEL_QUEUE_TRADE, 0, 0, qty)) != VEL_OK ||
                (own->queue.ahead == 0.0 && (status = fill_missed(inst, index, passive, key)) != VEL_OK))
                return status;
            continue;
        }
        if (own->queue.ahead > 0.0) { /* not in time priority: it was not our turn, yet */
            was_missed = true;
            continue;
        }
        double took = vel_venue_least(own->owed, (double)left);
        own->owed -= took;
        left -= (int64_t)took;
        if (took > 0.0 && (status = vel_venue_trace_queue(inst, index, VEL_QUEUE_TRADE, 0, 0, qty)) != VEL_OK)
            return status;
        if (left > 0 && own->owed == 0.0 && (status = vel_venue_fill_in_queue(inst, index, &left)) != VEL_OK)
            return status;
    }
    if (was_missed)
        note_missed(inst, passive, key, left);
    return VEL_OK;
}

/* ---------------------------------------------------------------- rows */

/* `lots` of a recorded order with this stamp leave a level without a trade. */
static int leave_queue(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t lots, uint32_t stamp)
{
    uint32_t level = vel_own_level_at(&inst->own, side, vel_side_key(side, price));
    if (level == VEL_NO_INDEX || lots <= 0)
        return VEL_OK;
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        vel_own_order_t *own = &inst->own.orders[index];
        vel_venue_settle_restated(own);
        if (!vel_l3_is_older(stamp, (uint32_t)own->stamp_ahead) || vel_queue_is_unknown(own->queue.ahead))
            continue;
        own->queue.ahead = own->queue.ahead > (double)lots ? own->queue.ahead - (double)lots : 0.0;
        int64_t now = vel_book_qty(inst->book, side, price);
        int status = vel_venue_trace_queue(inst, index, VEL_QUEUE_DEPTH, now + lots, now, 0);
        if (status != VEL_OK)
            return status;
        if (own->queue.ahead == 0.0)
            own->seen = inst->rows; /* its turn has come */
    }
    /* Venues cancel and execute in one instant, in any order: what was executed behind us in it was ours. */
    if (inst->missed.ts != inst->ts)
        return VEL_OK;
    int64_t key = vel_side_key(side, price);
    uint32_t index;
    vel_own_walk(&inst->own, level, inst->rows);
    while ((index = vel_own_walk_next(&inst->own)) != VEL_NO_INDEX) {
        if (inst->own.orders[index].seen != inst->rows)
            continue;
        inst->own.orders[index].seen = -1;
        int status = fill_missed(inst, index, side, key);
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

/* Recorded orders of a level are listed again, as many lots: the level came back into view, or the feed knows it
 * better. As many as stood ahead of us when it was out of view are ahead of us. */
static void meet_restated(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t lots, uint32_t stamp)
{
    uint32_t level = vel_own_level_at(&inst->own, side, vel_side_key(side, price));
    if (level == VEL_NO_INDEX)
        return;
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        vel_own_order_t *own = &inst->own.orders[index];
        double part = own->kept < 0.0 ? 0.0 : vel_venue_least(own->kept - own->restated, (double)lots);
        if (part > 0.0) {
            own->restated += part;
            own->stamp_ahead = stamp + INT64_C(1);
        }
    }
}

/* A level leaves the view, or what it lists is to be restated: `lots` of it go without a word of what became of them.
 */
static void hide_orders(vel_venue_instrument_t *inst, uint8_t side, int64_t price)
{
    uint32_t level = vel_own_level_at(&inst->own, side, vel_side_key(side, price));
    if (level == VEL_NO_INDEX)
        return;
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next)
        vel_venue_lose_sight(inst, index);
}

/* Nobody stands at the prices before the best one. */
static void look_before_best(vel_venue_instrument_t *inst, uint8_t side)
{
    int64_t best = inst->book->side[side].best_key;
    if (best == VEL_NO_KEY || vel_own_best_key(&inst->own, side) >= best)
        return;
    for (uint32_t level = inst->own.side[side].best; level != VEL_NO_INDEX && inst->own.levels[level].key < best;
         level = inst->own.levels[level].worse)
        vel_venue_look(inst, side, level);
}

int vel_venue_on_order_row(vel_venue_instrument_t *inst, uint8_t kind, uint8_t side, int64_t price, int64_t qty,
                           int64_t id, bool is_restated)
{
    vel_book_l3_t *book = &inst->by_order;
    const vel_l3_order_t *found = vel_book_l3_order(book, id);
    if (found == NULL && kind != VEL_EV_ORDER_ADD) {
        inst->unknown++;
        return VEL_OK;
    }
    if (found == NULL && side > VEL_SELL)
        return VEL_EINVAL;
    vel_l3_order_t old = {.side = side & 1u, .price = price};
    if (found != NULL)
        old = *found;
    int64_t old_key = vel_side_key(old.side, old.price);
    int64_t before = vel_book_qty(inst->book, old.side, old.price);
    int status = VEL_OK;
    inst->depth_row = inst->rows;
    inst->depth_ts = inst->ts;
    bool trades = kind == VEL_EV_ORDER_EXECUTE && qty > 0 && qty <= old.qty && !inst->is_halted;
    bool hides = is_restated && kind == VEL_EV_ORDER_CANCEL && !inst->book->in_snapshot;
    if (kind == VEL_EV_ORDER_ADD && !is_restated && side <= VEL_SELL && vel_own_has(&inst->own, side)) {
        uint32_t level = vel_own_level_at(&inst->own, side, vel_side_key(side, price));
        if (level != VEL_NO_INDEX)
            vel_venue_look(inst, side, level);
    }
    if (hides)
        hide_orders(inst, old.side, old.price);
    if (trades && vel_own_has(&inst->own, old.side))
        status = match_execution(inst, old.side, old.price, qty, old.stamp);
    if (status == VEL_OK)
        status = vel_book_l3_apply(book, kind, side, price, qty, id);
    if (status == VEL_OK && (kind == VEL_EV_ORDER_ADD || kind == VEL_EV_ORDER_CHANGE))
        vel_venue_note_growth(inst, old.side, vel_side_key(old.side, price));
    if (status != VEL_OK || inst->book->in_snapshot)
        return status;
    look_before_best(inst, kind == VEL_EV_ORDER_ADD ? side : old.side);
    found = vel_book_l3_order(book, id);
    bool stays = found != NULL && found->stamp == old.stamp && kind != VEL_EV_ORDER_ADD;
    if (is_restated && kind == VEL_EV_ORDER_ADD)
        meet_restated(inst, side, price, qty, found->stamp);
    if (hides) /* what was taken there is still taken when it comes back */
        return VEL_OK;
    if (kind != VEL_EV_ORDER_ADD && !trades &&
        (status = leave_queue(inst, old.side, old.price, stays ? old.qty - found->qty : old.qty, old.stamp)) != VEL_OK)
        return status;
    vel_venue_refresh_taken(inst, old.side, old_key, before, vel_book_qty(inst->book, old.side, old.price));
    /* One that stays may be what is left of an aggressor, when the orders that it met are gone. */
    if (found != NULL && vel_own_has(&inst->own, vel_opposite(found->side)) && vel_venue_can_cross(inst))
        status = vel_venue_cross(inst, found->side, vel_side_key(found->side, found->price));
    return status;
}

void vel_venue_bound_by_order(vel_venue_instrument_t *inst, uint8_t side, uint32_t level)
{
    int64_t price = vel_key_ticks(side, inst->own.levels[level].key);
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        vel_own_order_t *own = &inst->own.orders[index];
        double ahead = 0.0;
        const vel_l3_order_t *at = vel_book_l3_first_at(&inst->by_order, side, price);
        own->stamp_ahead = at == NULL ? inst->by_order.stamp : at->stamp;
        while (at != NULL && ahead < own->queue.ahead) {
            ahead += (double)at->qty;
            own->stamp_ahead = at->stamp + INT64_C(1);
            at = at->behind == VEL_NO_ORDER ? NULL : &inst->by_order.orders[at->behind];
        }
        own->queue.ahead = ahead;
        own->kept = -1.0;
        own->restated = 0.0;
    }
}
