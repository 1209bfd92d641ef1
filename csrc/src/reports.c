/* Reports and account events: what they do to orders, positions and quotes. */
#include "local_inner.h"

/* ---------------------------------------------------------------- hashes */

/* A report into the account's hash, which is first, and its strategy's, which has its own number of the order. */
static vel_hash_pair_t hash_report(vel_hash_pair_t state, const vel_report_t *report, int64_t now, int64_t sequence)
{
    state = vel_hash_both(state, now);
    state = vel_hash_both(state, report->ts_venue);
    state = vel_hash_two(state, report->order_id, sequence);
    state = vel_hash_both(state, (int64_t)report->instrument << 32 | report->reason << 16 | report->kind << 8 |
                                     report->maker << 4 | report->side);
    state = vel_hash_both(state, report->price);
    state = vel_hash_both(state, report->qty);
    return vel_hash_both(state, report->fee);
}

static uint64_t hash_event(uint64_t hash, const vel_account_event_t *event, int64_t now)
{
    hash = vel_hash_i64(hash, now);
    hash = vel_hash_i64(hash, event->ts_venue);
    hash = vel_hash_i64(hash, (int64_t)((uint64_t)event->instrument << 32 | event->kind)); /* -1 is for none */
    hash = vel_hash_i64(hash, event->amount);
    hash = vel_hash_i64(hash, event->qty);
    return vel_hash_i64(hash, event->price);
}

/* ---------------------------------------------------------------- fills */

/* The venue has shown that it has the order, by its acknowledgement or by a report that came before that. */
static void note_open(vel_local_t *local, vel_order_t *order)
{
    if (order->ts_ack == 0)
        order->ts_ack = local->now;
    if (order->state == VEL_ORDER_PENDING || order->state == VEL_ORDER_UNKNOWN)
        vel_local_set_state(local, order, VEL_ORDER_OPEN, VEL_REASON_NONE);
}

static int record_fill(vel_local_t *local, const vel_fill_record_t *record)
{
    int status = vel_fills_push(&local->fills, record);
    if (status != VEL_OK)
        return status;
    local->fills_count++;
    local->strategies[record->strategy].fills_count++;
    return vel_local_sample(local, record->strategy, record->instrument);
}

static int on_fill(vel_local_t *local, vel_order_t *order, const vel_report_t *report)
{
    vel_market_t *market = &local->instruments[report->instrument];
    vel_holding_t *holding = vel_holdings_make(&local->holdings, order->strategy, report->instrument);
    int64_t realized;
    int status =
        holding == NULL ? VEL_ENOMEM : vel_trade_ids_add(&local->trade_ids, report->instrument, report->trade_id);
    if (status != VEL_OK || (status = vel_holdings_fill(&local->holdings, holding, &market->money, report->side,
                                                        report->price, report->qty, report->fee, &realized)) != VEL_OK)
        return status;
    if (market->money.is_inverse)
        order->avg_ticks = vel_average_of_inverse(order->avg_ticks, order->cum_qty, report->price, report->qty);
    order->cum_qty += report->qty;
    order->cum_ticks += (vel_i128)report->price * report->qty;
    if (order->terms.type == VEL_MARKET_TO_LIMIT)
        order->terms.price = report->price; /* the rest rests there */
    if (!vel_order_is_final(order->state)) {
        if (order->cum_qty >= order->terms.qty)
            vel_local_set_state(local, order, VEL_ORDER_FILLED, VEL_REASON_NONE);
        else if (order->state == VEL_ORDER_UNKNOWN)
            note_open(local, order);
    }
    vel_fill_record_t record = {.ts_venue = report->ts_venue,
                                .ts_local = local->now,
                                .order_id = report->order_id,
                                .trade_id = report->trade_id,
                                .instrument = report->instrument,
                                .strategy = order->strategy,
                                .price = report->price,
                                .qty = report->qty,
                                .fee = report->fee,
                                .position = holding->position.lots,
                                .realized = realized,
                                .fee_currency = report->fee_currency,
                                .account = report->account,
                                .side = report->side,
                                .maker = report->maker};
    return record_fill(local, &record);
}

/* ---------------------------------------------------------------- orders */

/* Lots of a child that still wait for its parent, after its quantity has become another. */
static int64_t held_after(const vel_order_t *order, const vel_report_t *report)
{
    int64_t left = order->terms.qty - order->cum_qty, less = order->terms.qty - report->qty, works = left - order->held;
    if (report->reason == VEL_REASON_NONE)
        return left - less;               /* all of it, until the venue reports how much works */
    if (report->reason == VEL_REASON_OCO) /* lots at work are lost first */
        less = less > works ? less - works : 0;
    return order->held > less ? order->held - less : 0;
}

/* Lots that an order has resting in the venue's book, as far as reports have said. */
static int64_t resting_lots(const vel_order_t *order)
{
    const vel_order_terms_t *terms = &order->terms;
    bool is_there = order->state == VEL_ORDER_OPEN || (order->state == VEL_ORDER_UNKNOWN && order->ts_ack != 0);
    bool rests = is_there && !order->is_contingent && terms->type != VEL_MARKET && terms->tif != VEL_IOC &&
                 terms->tif != VEL_FOK;
    int64_t leaves = terms->qty - order->cum_qty - order->held;
    if (!rests || leaves < 0) /* a fill of lots whose release is not reported yet */
        return 0;
    return terms->display > 0 && terms->display < leaves ? terms->display : leaves;
}

/* A report about an order whose queue position may be tracked; the order is up to date. */
static int track_report(vel_market_t *market, const vel_order_t *order, const vel_report_t *report)
{
    vel_queue_tracker_t *tracker = &market->tracker;
    if (vel_order_is_final(order->state)) {
        vel_queue_tracker_ended(tracker, order->id);
        return VEL_OK;
    }
    vel_queue_tracker_left(tracker, order->id, order->terms.qty - order->cum_qty);
    if (report->kind == VEL_REPORT_FILL && report->maker)
        vel_queue_tracker_filled(tracker, order->id, report->ts_venue);
    else if (report->kind == VEL_REPORT_AMENDED ||
             ((report->kind == VEL_REPORT_ACK || report->kind == VEL_REPORT_FIRED ||
               report->kind == VEL_REPORT_RELEASED) &&
              !order->is_contingent))
        return vel_queue_tracker_joined(tracker, order->id, order->terms.price, report->ts_venue);
    else if (report->kind == VEL_REPORT_AMEND_REJECTED)
        vel_queue_tracker_stays(tracker, order->id);
    return VEL_OK;
}

static void end_order(vel_local_t *local, vel_order_t *order, uint8_t state, uint8_t reason)
{
    if (vel_order_may(order->state, state)) /* late and repeated reports of the end change nothing */
        vel_local_set_state(local, order, state, reason);
}

/* One amend was answered, or timed out. */
static void amend_answered(vel_order_t *order)
{
    order->trigger_asked = 0;
    if (order->pending_amends > 0)
        order->pending_amends--;
}

static void cancel_answered(vel_order_t *order)
{
    if (order->pending_cancels > 0)
        order->pending_cancels--;
}

/* No answer came in time to a command: the order is UNKNOWN, and the venue is asked where it stands. */
static int on_time_out(vel_local_t *local, vel_order_t *order, const vel_report_t *report)
{
    switch (report->price) { /* the action of the command */
    case VEL_ACTION_AMEND:
        order->refusal = VEL_REASON_TIMEOUT;
        amend_answered(order);
        break;
    case VEL_ACTION_CANCEL:
        order->refusal = VEL_REASON_TIMEOUT;
        cancel_answered(order);
        break;
    case VEL_ACTION_QUERY:
        order->is_queried = 0;
        break;
    default:
        break;
    }
    if (vel_order_is_final(order->state))
        return VEL_OK;
    if (order->state != VEL_ORDER_UNKNOWN)
        vel_local_set_state(local, order, VEL_ORDER_UNKNOWN, VEL_REASON_NONE);
    return vel_local_query(local, order->id);
}

/* The same for a cancel of all of an instrument: each open order there may be gone. */
static int on_time_out_of_all(vel_local_t *local, const vel_report_t *report)
{
    for (int32_t strategy = 0; strategy < local->strategies_count; strategy++)
        for (int64_t id = local->strategies[strategy].open.first; id != 0;) {
            vel_order_t *order = vel_orders_get(&local->orders, id);
            int status = order->instrument == report->instrument ? on_time_out(local, order, report) : VEL_OK;
            if (status < 0)
                return status;
            id = order->open_next;
        }
    return VEL_OK;
}

/* The venue's answer to a query. */
static void on_status(vel_local_t *local, vel_order_t *order, const vel_report_t *report)
{
    order->is_queried = 0;
    if (order->state != VEL_ORDER_UNKNOWN)
        return;
    if (report->reason == VEL_REASON_UNKNOWN_ORDER) {
        bool was_there = order->ts_ack != 0 || order->cum_qty > 0;
        vel_local_set_state(local, order, was_there ? VEL_ORDER_CANCELED : VEL_ORDER_REJECTED, VEL_REASON_TIMEOUT);
        return;
    }
    note_open(local, order);
    order->terms.price = report->price; /* as the venue has it, whichever amend was lost */
    order->terms.qty = report->qty;
}

static int on_order_report(vel_local_t *local, vel_order_t *order, const vel_report_t *report)
{
    vel_local_strategy_t *owner = &local->strategies[order->strategy];
    vel_order_terms_t *terms = &order->terms;
    switch (report->kind) {
    case VEL_REPORT_ACK:
        if (terms->type == VEL_LIMIT && !vel_order_is_final(order->state) && order->amends == 0)
            terms->price = report->price; /* one that slid */
        note_open(local, order);
        return VEL_OK;
    case VEL_REPORT_FIRED:
        note_open(local, order);
        terms->trigger_kind = VEL_TRIGGER_NONE;
        order->is_contingent = 0;
        return VEL_OK;
    case VEL_REPORT_RELEASED:
        note_open(local, order);
        order->is_contingent = terms->trigger_kind != VEL_TRIGGER_NONE;
        order->held = vel_max(terms->qty - order->cum_qty - report->qty, 0); /* below 0: late, and more has filled */
        return VEL_OK;
    case VEL_REPORT_FILL:
        return on_fill(local, order, report);
    case VEL_REPORT_CANCELED:
        order->pending_cancels = 0;
        end_order(local, order, VEL_ORDER_CANCELED, report->reason);
        return VEL_OK;
    case VEL_REPORT_REJECTED:
        if (((terms->flags & VEL_EXEC_REDUCE_ONLY) || terms->parent != 0) &&
            vel_holdings_position(&local->holdings, order->strategy, order->instrument)->lots != 0)
            owner->unprotected++;
        end_order(local, order, VEL_ORDER_REJECTED, report->reason);
        return VEL_OK;
    case VEL_REPORT_EXPIRED:
        end_order(local, order, VEL_ORDER_EXPIRED, report->reason);
        return VEL_OK;
    case VEL_REPORT_AMENDED:
        note_open(local, order);
        if (order->held > 0)
            order->held = held_after(order, report);
        terms->price = report->price;
        terms->qty = report->qty;
        if (report->reason != VEL_REASON_NONE) {
            order->reason = report->reason; /* the venue's doing, no answer to an amend */
            return VEL_OK;
        }
        order->amends++;
        if (order->trigger_asked != 0)
            terms->trigger = order->trigger_asked;
        amend_answered(order);
        return VEL_OK;
    case VEL_REPORT_AMEND_REJECTED:
        order->refusal = report->reason;
        amend_answered(order);
        return VEL_OK;
    case VEL_REPORT_CANCEL_REJECTED:
        order->refusal = report->reason;
        cancel_answered(order);
        return VEL_OK;
    case VEL_REPORT_UNKNOWN:
        return on_time_out(local, order, report);
    case VEL_REPORT_STATUS:
        on_status(local, order, report);
        return VEL_OK;
    default:
        return VEL_EINVAL;
    }
}

int vel_local_on_report(vel_local_t *local, const vel_report_t *report)
{
    local->failed_instrument = report->instrument; /* until something else fails */
    if (report->kind == VEL_REPORT_FILL && vel_trade_ids_has(&local->trade_ids, report->instrument, report->trade_id)) {
        local->repeated_fills++;
        return 0;
    }
    vel_order_t *order = vel_orders_get(&local->orders, report->order_id);
    vel_hash_pair_t state = {local->hash, 0};
    if (VEL_UNLIKELY(order == NULL)) {
        local->hash = hash_report(state, report, local->now, 0).first;
        if (report->order_id == 0) /* of a cancel of all: refused on its way, the orders stand as they stood */
            return report->kind == VEL_REPORT_UNKNOWN ? on_time_out_of_all(local, report) : 0;
        /* A late report on an order that ended and was dropped changes nothing. */
        return report->order_id >= 1 && report->order_id <= local->orders.count ? 0 : VEL_ENOENT;
    }
    vel_local_strategy_t *owner = &local->strategies[order->strategy];
    state.second = owner->hash;
    state = hash_report(state, report, local->now, order->sequence);
    local->hash = state.first;
    owner->hash = state.second;
    int64_t rested = resting_lots(order), rested_at = order->terms.price;
    bool was_final = vel_order_is_final(order->state);
    int status = on_order_report(local, order, report);
    if (status < 0)
        return status;
    vel_market_t *market = &local->instruments[order->instrument];
    if (VEL_UNLIKELY(market->tracker.count > 0) && (status = track_report(market, order, report)) != VEL_OK)
        return status;
    int64_t rests = resting_lots(order);
    if (rests != rested || order->terms.price != rested_at) {
        vel_ours_t *ours = &market->ours;
        uint8_t side = order->terms.side;
        if ((status = vel_ours_add(ours, side, rested_at, -rested)) != VEL_OK ||
            (status = vel_ours_add(ours, side, order->terms.price, rests)) != VEL_OK)
            return status;
    }
    bool by_fill = report->kind == VEL_REPORT_FILL && !was_final && order->state == VEL_ORDER_FILLED;
    if ((status = vel_local_quote_reported(local, order, by_fill)) < 0)
        return status;
    uint32_t wakes = VEL_WAKE_ORDER | (report->kind == VEL_REPORT_FILL ? VEL_WAKE_FILL : 0u);
    return (int)(wakes & owner->wake_mask);
}

/* ---------------------------------------------------------------- account events */

/* The venue closed lots of a holding. */
static int on_liquidation(vel_local_t *local, vel_holding_t *holding, const vel_account_event_t *event)
{
    const vel_market_t *market = &local->instruments[event->instrument];
    uint8_t side = event->qty > 0 ? VEL_BUY : VEL_SELL;
    int64_t lots = event->qty > 0 ? event->qty : -event->qty, realized;
    int status = vel_trade_ids_add(&local->trade_ids, event->instrument, event->event_id);
    if (status != VEL_OK || (status = vel_holdings_fill(&local->holdings, holding, &market->money, side, event->price,
                                                        lots, -event->amount, &realized)) != VEL_OK)
        return status;
    vel_fill_record_t record = {.ts_venue = event->ts_venue,
                                .ts_local = local->now,
                                .trade_id = event->event_id,
                                .instrument = event->instrument,
                                .strategy = event->strategy,
                                .price = event->price,
                                .qty = lots,
                                .fee = -event->amount,
                                .position = holding->position.lots,
                                .realized = realized,
                                .fee_currency = event->currency,
                                .account = event->account,
                                .side = side};
    return record_fill(local, &record);
}

int vel_local_on_account_event(vel_local_t *local, const vel_account_event_t *event)
{
    local->failed_instrument = event->instrument < 0 ? 0 : event->instrument;
    if (event->kind == VEL_ACCOUNT_LIQUIDATION &&
        vel_trade_ids_has(&local->trade_ids, event->instrument, event->event_id)) {
        local->repeated_fills++;
        return 0;
    }
    local->hash = hash_event(local->hash, event, local->now);
    if (event->strategy >= 0) {
        vel_local_strategy_t *owner = &local->strategies[event->strategy];
        owner->hash = hash_event(owner->hash, event, local->now);
    }
    if (event->kind != VEL_ACCOUNT_FUNDING) {
        int status = vel_account_events_push(&local->account_events, event);
        if (status != VEL_OK || event->kind != VEL_ACCOUNT_LIQUIDATION)
            return status;
    }
    vel_holding_t *holding = vel_holdings_make(&local->holdings, event->strategy, event->instrument);
    if (holding == NULL)
        return VEL_ENOMEM;
    return event->kind == VEL_ACCOUNT_FUNDING ? vel_holdings_charge(&local->holdings, holding, -event->amount, true)
                                              : on_liquidation(local, holding, event);
}

/* ---------------------------------------------------------------- messages from outside */

static bool is_reason(uint8_t reason)
{
    return reason <= VEL_REASON_UNKNOWN_BOOK || (reason >= VEL_REASON_INVALID && reason <= VEL_REASON_ALL) ||
           reason == VEL_REASON_NO_PRICE;
}

static int check_event(const vel_local_t *local, const vel_account_event_t *event)
{
    bool is_of_holding = event->kind == VEL_ACCOUNT_FUNDING || event->kind == VEL_ACCOUNT_LIQUIDATION;
    if (event->kind < VEL_ACCOUNT_FUNDING || event->kind > VEL_ACCOUNT_LAST || !vel_is_time(event->ts_venue) ||
        event->instrument < -1 || event->instrument >= local->instruments_count || event->strategy < -1 ||
        event->strategy >= local->strategies_count || !vel_is_price(event->price) || event->qty == INT64_MIN ||
        !vel_is_qty(event->qty < 0 ? -event->qty : event->qty) || event->amount == INT64_MIN)
        return VEL_EINVAL;
    if (is_of_holding && (event->instrument < 0 || event->strategy < 0))
        return VEL_EINVAL;
    return event->kind == VEL_ACCOUNT_LIQUIDATION && event->qty == 0 ? VEL_EINVAL : VEL_OK;
}

static int check_report(const vel_local_t *local, const vel_report_t *report)
{
    if (report->instrument < 0 || report->instrument >= local->instruments_count || report->side > VEL_NO_SIDE ||
        !is_reason(report->reason) || report->maker > 1 || !vel_is_time(report->ts_venue) ||
        report->kind == VEL_REPORT_DENIED) /* the gate's own */
        return VEL_EINVAL;
    if (report->order_id == 0) /* of a cancel of all */
        return report->kind == VEL_REPORT_CANCEL_REJECTED || report->kind == VEL_REPORT_UNKNOWN ? VEL_OK : VEL_EINVAL;
    if (report->order_id < 0 || report->order_id > local->orders.count)
        return VEL_ENOENT;
    const vel_order_t *order = vel_orders_get(&local->orders, report->order_id);
    if (order == NULL) /* it ended long ago, and was dropped */
        return VEL_OK;
    if (report->instrument != order->instrument || report->account != order->account ||
        order->state == VEL_ORDER_DENIED)
        return VEL_EINVAL;
    bool has_qty = vel_is_price(report->price) && vel_is_size(report->qty);
    switch (report->kind) {
    case VEL_REPORT_FILL:
        return report->side == order->terms.side && has_qty && vel_is_qty(order->cum_qty + report->qty) &&
                       report->fee_currency == local->instruments[report->instrument].money.currency
                   ? VEL_OK
                   : VEL_EINVAL;
    case VEL_REPORT_ACK:
        return vel_is_price(report->price) ? VEL_OK : VEL_EINVAL;
    case VEL_REPORT_AMENDED:
        return has_qty && report->qty >= order->cum_qty ? VEL_OK : VEL_EINVAL;
    case VEL_REPORT_STATUS:
        return report->reason == VEL_REASON_UNKNOWN_ORDER || (has_qty && report->qty >= order->cum_qty) ? VEL_OK
                                                                                                        : VEL_EINVAL;
    case VEL_REPORT_RELEASED:
        return vel_is_qty(report->qty) && report->qty <= order->terms.qty ? VEL_OK : VEL_EINVAL;
    case VEL_REPORT_UNKNOWN:
        return report->price >= 0 && report->price <= VEL_ACTION_QUERY ? VEL_OK : VEL_EINVAL;
    default:
        return VEL_OK;
    }
}

int vel_local_check_message(const vel_local_t *local, const vel_message_t *message)
{
    return vel_message_is_report(message) ? check_report(local, &message->report) : check_event(local, &message->event);
}
