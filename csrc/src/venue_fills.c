#include <string.h>

#include "venue_inner.h"

void vel_venue_touch(vel_venue_instrument_t *inst)
{
    bool all = inst->is_by_order || inst->venue->hft != NULL || inst->is_blocked ||
               (inst->venue->queue.is_optimistic && (inst->has_no_prints || inst->is_gapped || inst->is_estimated));
    inst->is_touched = all;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_own_side_t *own = &inst->own.side[side], *other = &inst->own.side[vel_opposite(side)];
        vel_watch_t watch = {INT64_MAX, INT64_MIN, all ? INT64_MAX : INT64_MIN};
        if (inst->taken[side].count != 0) {
            watch.lo = inst->taken_lo[side];
            watch.hi = inst->taken_hi[side];
        }
        if (own->best != VEL_NO_INDEX) {
            int64_t best = inst->own.levels[own->best].key, worst = inst->own.levels[own->worst].key;
            watch.lo = best < watch.lo ? best : watch.lo;
            watch.hi = worst > watch.hi ? worst : watch.hi;
        }
        if (other->best != VEL_NO_INDEX && !all)
            watch.reach = -inst->own.levels[other->best].key; /* the same price as a key of this side */
        if (inst->contingency.waiting[VEL_BY_BID + side] > 0) {
            /* Orders wait by the best price of this side, which only rows at it or before it move. */
            int64_t best = inst->book->side[side].best_key;
            watch.reach = best > watch.reach ? best : watch.reach;
            inst->is_touched = 1;
        }
        inst->watch[side] = watch;
        inst->is_touched |= watch.lo <= watch.hi;
    }
}

/* ---------------------------------------------------------------- places */

int vel_venue_record_queue(vel_venue_instrument_t *inst, uint32_t index, uint8_t kind, int64_t before, int64_t after,
                           int64_t volume)
{
    vel_venue_t *venue = inst->venue;
    const vel_own_order_t *own = &inst->own.orders[index];
    vel_queue_record_t record = {.ts = venue->ts,
                                 .order_id = inst->contingency.orders[index].spec.order_id,
                                 .datum_row = inst->rows - 1,
                                 .ahead = own->queue.ahead + own->owed,
                                 .before = before,
                                 .after = after,
                                 .volume = volume,
                                 .instrument = inst->number,
                                 .kind = kind};
    return vel_queue_records_push(&venue->queue_positions, &record);
}

int vel_venue_join(vel_venue_instrument_t *inst, uint32_t index)
{
    const vel_contingency_order_t *order = &inst->contingency.orders[index];
    uint8_t side = order->spec.terms.side;
    int64_t key = vel_side_key(side, order->spec.terms.price);
    int status = vel_own_orders_join(&inst->own, index, side, key);
    if (status != VEL_OK)
        return status;
    bool is_known = vel_book_level_state(inst->book, side, key) != VEL_LEVEL_UNKNOWN;
    int64_t shown = is_known ? vel_ladder_qty(&inst->book->side[side], key) : 0;
    double ahead = is_known || inst->venue->queue.is_optimistic ? (double)shown : VEL_QUEUE_UNKNOWN;
    vel_own_order_t *own = &inst->own.orders[index];
    own->queue = (vel_queue_position_t){ahead, 0.0, 0.0, INT64_MIN};
    own->stamp_ahead = inst->by_order.stamp;
    own->owed = 0.0;
    own->kept = -1.0;
    own->restated = 0.0;
    own->seen = -1;
    own->doubts = is_known ? 0 : VEL_DOUBT_QUEUE;
    inst->joins++;
    inst->joins_unknown += !is_known;
    if (!is_known && inst->is_by_order)
        vel_venue_lose_sight(inst, index);
    vel_venue_touch(inst);
    return vel_venue_trace_queue(inst, index, VEL_QUEUE_JOINED, shown, shown, 0);
}

void vel_venue_lose_sight(vel_venue_instrument_t *inst, uint32_t index)
{
    vel_own_order_t *own = &inst->own.orders[index];
    own->doubts |= VEL_DOUBT_QUEUE;
    if (inst->venue->queue.is_optimistic)
        own->queue.ahead = 0.0;
    if (!inst->is_by_order)
        return;
    if (own->kept < 0.0 || own->restated > 0.0) {
        vel_venue_settle_restated(own);
        own->kept = own->queue.ahead;
    }
    if (inst->venue->queue.is_optimistic) { /* who is still listed stands behind */
        int64_t price = vel_key_ticks(own->side, inst->own.levels[own->level].key);
        const vel_l3_order_t *first = vel_book_l3_first_at(&inst->by_order, own->side, price);
        own->stamp_ahead = first == NULL ? inst->by_order.stamp : first->stamp;
    }
}

void vel_venue_look(vel_venue_instrument_t *inst, uint8_t side, uint32_t level)
{
    int64_t key = inst->own.levels[level].key, shown = 0;
    bool is_asked = false;
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        vel_own_order_t *own = &inst->own.orders[index];
        if (VEL_LIKELY(own->doubts == 0))
            continue;
        if (!is_asked) {
            int state = vel_book_level_state(inst->book, side, key);
            if (state == VEL_LEVEL_UNKNOWN || (state == VEL_LEVEL_SHOWN && inst->is_by_order))
                return;
            shown = vel_ladder_qty(&inst->book->side[side], key);
        }
        is_asked = true;
        if (shown > 0) {
            own->queue.ahead = vel_venue_least(own->queue.ahead, (double)shown);
            continue;
        }
        own->queue.ahead = own->restated = 0.0;
        own->kept = -1.0;
        own->doubts = 0;
    }
}

void vel_venue_settle_restated(vel_own_order_t *own)
{
    if (own->restated > 0.0) {
        own->queue.ahead = own->restated;
        own->restated = 0.0;
        own->kept = -1.0;
    }
}

/* ---------------------------------------------------------------- fills */

/* A strategy has bought lots, or sold them where less than 0. VEL_OK, VEL_ENOMEM, or VEL_ERANGE with nothing moved. */
static int move_share(vel_venue_instrument_t *inst, int32_t strategy, int64_t lots)
{
    if (VEL_UNLIKELY(strategy >= inst->shares_count)) {
        int64_t *shares = realloc(inst->shares, ((size_t)strategy + 1) * sizeof *shares);
        if (shares == NULL)
            return VEL_ENOMEM;
        memset(shares + inst->shares_count, 0, (size_t)(strategy + 1 - inst->shares_count) * sizeof *shares);
        inst->shares = shares;
        inst->shares_count = strategy + 1;
    }
    int64_t *share = &inst->shares[strategy];
    if (VEL_UNLIKELY(!vel_fits_i64((vel_i128)*share + lots) || !vel_fits_i64((vel_i128)inst->position + lots)))
        return VEL_ERANGE;
    inst->holders -= *share != 0;
    *share += lots;
    inst->holders += *share != 0;
    inst->position += lots;
    return VEL_OK;
}

int vel_venue_tell_fill(vel_venue_instrument_t *inst, const vel_contingency_command_t *spec, int64_t price, int64_t qty,
                        uint8_t cause, uint8_t doubts)
{
    bool maker = cause != VEL_CAUSE_TAKER;
    int64_t value;
    if (vel_value(&inst->money, price, qty, &value) != VEL_OK)
        return VEL_ERANGE;
    int64_t fee = vel_fee(value, maker ? inst->money.maker_rate : inst->money.taker_rate);
    int64_t sign = spec->terms.side == VEL_BUY ? 1 : -1;
    vel_i128 cash = (vel_i128)inst->cash + (inst->money.is_inverse ? sign : -sign) * value;
    vel_i128 fees = (vel_i128)inst->fees + fee;
    if (VEL_UNLIKELY(!vel_fits_i64(cash) || !vel_fits_i64(fees)))
        return VEL_ERANGE;
    int status = move_share(inst, spec->strategy, sign * qty);
    if (status != VEL_OK)
        return status;
    inst->cash = (int64_t)cash;
    inst->fees = (int64_t)fees;
    vel_contingency_move_position(&inst->contingency, spec, sign * qty);
    if (maker && inst->impact != NULL)
        vel_impact_add(inst->impact, inst->venue->ts, spec->terms.side, inst->impact->passive_share * (double)qty);
    vel_venue_t *venue = inst->venue;
    vel_evidence_t evidence = {.trade_id = venue->trades + 1,
                               .datum_ts = inst->ts,
                               .datum_row = inst->datum_row >= 0 ? inst->datum_row : inst->rows - 1,
                               .mid_x2 = vel_book_mid_x2(inst->book),
                               .instrument = inst->number,
                               .cause = cause,
                               .doubts = doubts};
    if ((status = vel_evidences_push(&venue->evidence, &evidence)) != VEL_OK)
        return status;
    vel_message_t out = {.report = {.ts_venue = venue->ts,
                                    .instrument = inst->number,
                                    .kind = VEL_REPORT_FILL,
                                    .side = spec->terms.side,
                                    .maker = maker,
                                    .fee_currency = inst->money.currency,
                                    .order_id = spec->order_id,
                                    .trade_id = ++venue->trades,
                                    .price = price,
                                    .qty = qty,
                                    .fee = fee}};
    return vel_message_ring_push(&venue->messages, &out);
}

/* Lots of a resting order that may fill now: of `lots`, no more than it shows or has, nor than there is to reduce. An
 * order with nothing to reduce ends: 0. */
static int fillable(vel_venue_instrument_t *inst, uint32_t index, int64_t lots, int64_t *may)
{
    const vel_contingency_order_t *order = &inst->contingency.orders[index];
    *may = lots;
    if (!(order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY))
        return VEL_OK;
    int64_t most = vel_contingency_reducible(&inst->contingency, order);
    *may = lots < most ? lots : most;
    if (*may > 0)
        return VEL_OK;
    int status = vel_contingency_end(&inst->contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
    return status == VEL_OK ? vel_contingency_end_pending(&inst->contingency) : status;
}

/* Fill lots of a resting order. Other orders may end with it: lists must be looked at again. */
static int fill_resting(vel_venue_instrument_t *inst, uint32_t index, int64_t qty, uint8_t cause)
{
    vel_contingency_order_t *order = &inst->contingency.orders[index];
    bool in_queue = cause == VEL_CAUSE_QUEUE;
    uint8_t doubts = inst->doubts | (in_queue ? inst->own.orders[index].doubts : 0);
    int status = vel_venue_tell_fill(inst, &order->spec, order->spec.terms.price, qty, cause, doubts);
    if (status != VEL_OK)
        return status;
    order->leaves -= qty;
    order->shown -= qty < order->shown ? qty : order->shown;
    if (!in_queue) {
        if (!inst->is_by_order) {
            inst->own.orders[index].queue.ahead = 0.0;
            inst->own.orders[index].doubts = 0;
        }
        if (order->shown == 0) /* beyond the price there is no queue to go to the back of */
            order->shown = order->spec.terms.display < order->leaves ? order->spec.terms.display : order->leaves;
    }
    if ((status = vel_contingency_filled(&inst->contingency, index, qty)) != VEL_OK)
        return status;
    if (order->leaves == 0) {
        status = vel_contingency_end(&inst->contingency, index, VEL_REPORT_FILL, VEL_REASON_NONE);
    } else if (order->shown == 0) {
        vel_own_orders_leave(&inst->own, index);
        order->shown = order->spec.terms.display < order->leaves ? order->spec.terms.display : order->leaves;
        status = vel_venue_join(inst, index);
    }
    return status == VEL_OK ? vel_contingency_end_pending(&inst->contingency) : status;
}

int vel_venue_fill_first(vel_venue_instrument_t *inst, uint8_t side, uint8_t cause, int64_t *volume)
{
    uint32_t index = inst->own.levels[inst->own.side[side].best].head;
    int64_t leaves = inst->contingency.orders[index].leaves, qty;
    int status = fillable(inst, index, leaves < *volume ? leaves : *volume, &qty);
    if (status != VEL_OK || qty == 0)
        return status;
    *volume -= qty;
    return fill_resting(inst, index, qty, cause);
}

int vel_venue_fill_in_queue(vel_venue_instrument_t *inst, uint32_t index, int64_t *left)
{
    int64_t shown = inst->contingency.orders[index].shown, got;
    int status = fillable(inst, index, shown < *left ? shown : *left, &got);
    if (status != VEL_OK || got == 0)
        return status;
    *left -= got;
    return fill_resting(inst, index, got, VEL_CAUSE_QUEUE);
}

/* ---------------------------------------------------------------- liquidity */

int64_t vel_venue_available(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    const vel_printed_t *printed = &inst->printed[side];
    int64_t lots = vel_ladder_qty(&inst->book->side[side], key);
    const int64_t *taken = vel_map_get(&inst->taken[side], key);
    bool is_stale = inst->book->is_stale && !inst->venue->takes_unknown && inst->venue->hft == NULL;
    bool is_empty = lots == 0, is_quoted = false;
    if (taken != NULL)
        lots -= *taken;
    if (vel_venue_quote_binds(inst, side)) {
        const vel_venue_quote_t *quote = &inst->quote[side];
        if (key < quote->key)
            return 0;
        is_quoted = key == quote->key;
        int64_t quoted = quote->qty - quote->taken;
        if (is_quoted && (is_stale || (is_empty && quote->ts >= inst->depth_ts) || lots > quoted))
            lots = quoted; /* newer than the book, or all that is still there */
    }
    if (is_stale && !is_quoted)
        return 0;
    bool is_told = is_quoted && inst->quote[side].row > printed->row; /* the quote holds what printed */
    if (printed->row > inst->depth_row && key <= printed->key && !is_told)
        lots = key < printed->key ? 0 : lots - printed->lots;
    return lots > 0 ? lots : 0;
}

int vel_venue_take(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t qty)
{
    int64_t *taken = vel_map_get(&inst->taken[side], key);
    if (inst->quote[side].ts != INT64_MIN && inst->quote[side].key == key)
        inst->quote[side].taken += qty;
    if (taken != NULL) {
        *taken += qty;
        return VEL_OK;
    }
    bool is_first = inst->taken[side].count == 0;
    int status = vel_map_put(&inst->taken[side], key, qty);
    if (status != VEL_OK)
        return status;
    if (is_first)
        inst->spent[side] = (vel_spent_t){INT64_MAX, INT64_MIN};
    inst->taken_lo[side] = is_first || key < inst->taken_lo[side] ? key : inst->taken_lo[side];
    inst->taken_hi[side] = is_first || key > inst->taken_hi[side] ? key : inst->taken_hi[side];
    vel_venue_touch(inst);
    return VEL_OK;
}

/* ---------------------------------------------------------------- for other rules */

int vel_venue_report(vel_venue_t *venue, uint8_t kind, int32_t instrument, int64_t order_id, uint8_t side,
                     int64_t price, int64_t qty, uint8_t reason)
{
    vel_message_t *out = vel_message_ring_next(&venue->messages);
    if (VEL_UNLIKELY(out == NULL))
        return VEL_ENOMEM;
    vel_report_t *report = &out->report;
    report->ts_venue = venue->ts;
    report->instrument = instrument;
    report->account = 0;
    report->kind = kind;
    report->side = side;
    report->maker = 0;
    report->reason = reason;
    report->fee_currency = 0;
    report->order_id = order_id;
    report->trade_id = 0;
    report->price = price;
    report->qty = qty;
    report->fee = 0;
    vel_message_ring_add(&venue->messages);
    return VEL_OK;
}

int vel_venue_fill(vel_venue_t *venue, int32_t instrument, int32_t strategy, int64_t order_id, uint8_t side,
                   int64_t price, int64_t qty, uint8_t cause)
{
    vel_contingency_command_t spec = {.order_id = order_id,
                                      .terms.side = side,
                                      .strategy = strategy}; /* hftbacktest orders have no owner in contingency.h */
    return vel_venue_tell_fill(&venue->instruments[instrument], &spec, price, qty, cause, 0);
}

void vel_venue_drop_evidence(vel_venue_t *venue, int64_t trade_id)
{
    vel_evidences_t *kept = &venue->evidence; /* trade ids ascend by one */
    int64_t count = kept->count == 0 ? 0 : trade_id - kept->items[0].trade_id;
    if (count <= 0)
        return;
    count = count > kept->count ? kept->count : count;
    kept->count -= count;
    memmove(kept->items, kept->items + count, (size_t)kept->count * sizeof *kept->items);
}
