#include "velora/local.h"

#include <string.h>

#include "local_inner.h"

/* ---------------------------------------------------------------- life */

int vel_local_init(vel_local_t *local, int32_t instruments, int32_t strategies)
{
    memset(local, 0, sizeof *local);
    local->hash = VEL_HASH_SEED;
    local->sample_next = VEL_NEVER;
    local->samples_most = INT64_MAX;
    local->denials_ts = INT64_MIN;
    if (instruments < 1 || strategies < 1)
        return VEL_EINVAL;
    local->instruments = calloc((size_t)instruments, sizeof *local->instruments);
    if (local->instruments == NULL)
        return VEL_ENOMEM;
    local->instruments_count = instruments;
    local->strategies = calloc((size_t)strategies, sizeof *local->strategies);
    int status = vel_holdings_init(&local->holdings, instruments, strategies);
    if (status == VEL_OK)
        status = vel_gate_init(&local->gate, instruments);
    if (status != VEL_OK || local->strategies == NULL)
        return VEL_ENOMEM;
    local->strategies_count = strategies;
    local->trade_ids.instruments_count = instruments;
    vel_timers_init(&local->timers, strategies);
    for (int32_t i = 0; i < strategies; i++)
        local->strategies[i].hash = VEL_HASH_SEED;
    for (int32_t i = 0; i < instruments; i++)
        if (vel_market_init(&local->instruments[i]) != VEL_OK)
            status = VEL_ENOMEM;
    return status;
}

void vel_local_free(vel_local_t *local)
{
    for (int32_t i = 0; i < local->instruments_count; i++)
        vel_market_free(&local->instruments[i]);
    free(local->instruments);
    free(local->strategies);
    vel_holdings_free(&local->holdings);
    vel_orders_free(&local->orders);
    vel_gate_free(&local->gate);
    vel_trade_ids_free(&local->trade_ids);
    vel_timers_free(&local->timers);
    vel_fills_free(&local->fills);
    vel_samples_free(&local->samples);
    vel_instants_free(&local->instants);
    vel_account_events_free(&local->account_events);
    memset(local, 0, sizeof *local);
}

int vel_local_route_add(vel_local_t *local, int32_t instrument, int32_t kind, int32_t strategy, int32_t target,
                        vel_filter_t *filter)
{
    vel_market_t *market = &local->instruments[instrument];
    bool is_first = market->routes[kind].count == 0;
    int status = vel_market_route_add(market, kind, strategy, target, filter);
    if (status != VEL_OK)
        return status;
    local->routed[kind] += is_first;
    local->wake_mask |= 1u << kind;
    return VEL_OK;
}

void vel_local_routes_clear(vel_local_t *local, int32_t instrument)
{
    vel_market_t *market = &local->instruments[instrument];
    for (int kind = 0; kind < VEL_ROUTES; kind++)
        if (market->routes[kind].count > 0 && --local->routed[kind] == 0)
            local->wake_mask &= ~(1u << kind);
    vel_market_routes_clear(market);
}

/* ---------------------------------------------------------------- hashes */

/* A command into the account's hash, which is first, and its strategy's. The numbers of the order and of its parent are
 * the account's for the one, the strategy's own for the other. */
static vel_hash_pair_t hash_command(vel_hash_pair_t state, const vel_command_t *command, int64_t sequence,
                                    int64_t parent_sequence)
{
    const vel_order_terms_t *terms = &command->terms;
    state = vel_hash_both(state, command->ts_sent);
    state = vel_hash_two(state, command->order_id, sequence);
    state = vel_hash_both(state, (int64_t)command->instrument << 8 | command->action);
    if (command->action > VEL_ACTION_AMEND)
        return state;
    int64_t kinds; /* to the end of the terms */
    memcpy(&kinds, &terms->side, sizeof kinds);
    state = vel_hash_both(state, terms->price);
    state = vel_hash_both(state, terms->qty);
    state = vel_hash_both(state, kinds);
    if (VEL_LIKELY((terms->display | terms->trigger | terms->expiry | terms->oco_group | terms->parent |
                    terms->activation) == 0))
        return state;
    state = vel_hash_both(state, terms->display);
    state = vel_hash_both(state, terms->trigger);
    state = vel_hash_both(state, terms->expiry);
    state = vel_hash_both(state, terms->oco_group);
    state = vel_hash_two(state, terms->parent, parent_sequence);
    return vel_hash_both(state, terms->activation);
}

static_assert(sizeof(vel_order_terms_t) - offsetof(vel_order_terms_t, side) == 8, "hash_command takes these");

/* ---------------------------------------------------------------- sending */

/* Pass a command through the gate, which was made where the gate said; the time, the account and the batch are set
 * here. VEL_GATE_SENT, VEL_GATE_DENIED or VEL_ENOMEM; `order` is NULL of a cancel of all. */
static int send(vel_local_t *local, const vel_order_t *order, vel_command_t *command)
{
    vel_local_strategy_t *strategy = &local->strategies[command->strategy];
    command->ts_sent = local->now;
    command->account = strategy->account;
    command->batch = command->action == VEL_ACTION_QUERY ? 0 : strategy->batch;
    int status = vel_gate_send(&local->gate, command);
    if (VEL_UNLIKELY(status < 0))
        return status;
    int64_t parent = 0;
    if (VEL_UNLIKELY(command->terms.parent != 0)) {
        const vel_order_t *found = vel_orders_get(&local->orders, command->terms.parent);
        parent = found != NULL && found->strategy == command->strategy ? found->sequence : -1;
    }
    vel_hash_pair_t state = {local->hash, strategy->hash};
    state = hash_command(state, command, order == NULL ? 0 : order->sequence, parent);
    if (VEL_UNLIKELY(status == VEL_GATE_DENIED))
        state = vel_hash_both(state, VEL_GATE_DENIED);
    local->hash = state.first;
    strategy->hash = state.second;
    if (VEL_UNLIKELY(status == VEL_GATE_DENIED))
        return status;
    local->commands_sent++;
    strategy->commands_sent++;
    return VEL_GATE_SENT;
}

/* Make a command at its place in the outbox, but for what `send` sets. */
static inline void make_command(vel_command_t *command, int64_t order_id, const vel_order_terms_t *terms,
                                int32_t instrument, int32_t strategy, uint8_t action)
{
    command->order_id = order_id;
    command->terms = *terms;
    command->instrument = instrument;
    command->strategy = strategy;
    command->action = action;
    memset(command->zero, 0, sizeof command->zero);
}

/* A request about an order. VEL_GATE_SENT, VEL_GATE_DENIED or VEL_ENOMEM. */
static int request(vel_local_t *local, const vel_order_t *order, uint8_t action, int64_t price, int64_t qty,
                   int64_t trigger)
{
    vel_command_t *command = vel_gate_next(&local->gate);
    if (VEL_UNLIKELY(command == NULL))
        return VEL_ENOMEM;
    make_command(command, order->id, &order->terms, order->instrument, order->strategy, action);
    command->terms.price = price;
    command->terms.qty = qty;
    command->terms.trigger = trigger;
    return send(local, order, command);
}

static bool has_fields(const vel_order_terms_t *terms)
{
    return terms->side <= VEL_SELL && terms->type <= VEL_MARKET_TO_LIMIT && terms->tif <= VEL_DAY &&
           terms->trigger_kind <= VEL_TRIGGER_TRAIL_BPS && terms->stp <= VEL_STP_DECREMENT &&
           terms->flags <= VEL_EXEC_ALL && terms->trigger_by < VEL_PRICES && terms->reserved == 0 &&
           vel_is_price(terms->activation) && vel_is_size(terms->qty) && vel_is_price(terms->price) &&
           vel_is_price(terms->trigger);
}

int vel_local_submit(vel_local_t *local, int32_t strategy, int32_t instrument, const vel_order_terms_t *terms,
                     int64_t *id)
{
    if (!vel_local_has(local, strategy, instrument) || !has_fields(terms))
        return VEL_EINVAL;
    vel_local_strategy_t *owner = &local->strategies[strategy];
    vel_market_t *market = &local->instruments[instrument];
    /* All that can fail comes first, so that no order is left behind that was not sent. */
    int status = vel_orders_reserve(&local->orders);
    if (status != VEL_OK || (status = vel_gate_reserve(&local->gate)) != VEL_OK)
        return status;
    bool tracks = market->tracks_queue && terms->type == VEL_LIMIT && terms->tif != VEL_IOC && terms->tif != VEL_FOK;
    if (tracks && (status = vel_queue_tracker_sent(&market->tracker, local->orders.count + 1, terms->side, terms->price,
                                                   terms->qty, terms->display > 0,
                                                   vel_market_others_at(market, terms->side, terms->price))) != VEL_OK)
        return status;
    vel_order_t *order = vel_orders_add(&local->orders, &owner->open);
    *id = order->id;
    order->instrument = instrument;
    order->strategy = strategy;
    order->account = owner->account;
    order->terms = *terms;
    if (terms->type != VEL_LIMIT)
        order->terms.price = 0;
    order->trigger_sent = terms->trigger_kind;
    order->is_contingent = terms->trigger_kind != VEL_TRIGGER_NONE || terms->parent != 0;
    order->sequence = ++owner->orders_count;
    order->held = terms->parent != 0 ? terms->qty : 0;
    order->ts_sent = local->now;
    vel_command_t *command = vel_gate_next(&local->gate); /* there is room */
    make_command(command, order->id, terms, instrument, strategy, VEL_ACTION_NEW);
    command->terms.price = order->terms.price;
    status = send(local, order, command);
    if (VEL_UNLIKELY(status == VEL_GATE_DENIED)) {
        const vel_denial_ring_t *denied = &local->gate.denied;
        uint8_t reason = denied->items[(denied->tail - 1) & (denied->capacity - 1)].reason;
        vel_local_set_state(local, order, VEL_ORDER_DENIED, reason);
        if (tracks)
            vel_queue_tracker_ended(&market->tracker, order->id);
        return VEL_OK;
    }
    return status;
}

void vel_local_batch_begin(vel_local_t *local, int32_t strategy)
{
    if (++local->batches == 0) /* 0 is for none */
        local->batches = 1;
    local->strategies[strategy].batch = local->batches;
}

void vel_local_batch_end(vel_local_t *local, int32_t strategy)
{
    local->strategies[strategy].batch = 0;
}

int vel_local_cancel(vel_local_t *local, int64_t id)
{
    vel_order_t *order = vel_orders_get(&local->orders, id);
    if (order == NULL)
        return VEL_ENOENT;
    if (vel_order_is_final(order->state))
        return VEL_EINVAL;
    if (order->pending_cancels > 0)
        return VEL_OK; /* a second cancel would change nothing */
    int status = request(local, order, VEL_ACTION_CANCEL, order->terms.price, order->terms.qty, 0);
    if (status != VEL_GATE_SENT)
        return status;
    order->pending_cancels++;
    return VEL_OK;
}

int vel_local_cancel_all(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    if (!vel_local_has(local, strategy, instrument))
        return VEL_EINVAL;
    if (local->strategies_count == 1) {
        static const vel_order_terms_t none = {.side = VEL_NO_SIDE, .stp = VEL_STP_TAKER};
        vel_command_t *all = vel_gate_next(&local->gate);
        if (all == NULL)
            return VEL_ENOMEM;
        make_command(all, 0, &none, instrument, strategy, VEL_ACTION_CANCEL_ALL);
        return send(local, NULL, all);
    }
    for (int64_t id = local->strategies[strategy].open.first; id != 0;) {
        const vel_order_t *order = vel_orders_get(&local->orders, id);
        int status = order->instrument == instrument ? vel_local_cancel(local, id) : VEL_OK;
        if (status != VEL_OK)
            return status;
        id = order->open_next;
    }
    return VEL_OK;
}

int vel_local_query(vel_local_t *local, int64_t id)
{
    vel_order_t *order = vel_orders_get(&local->orders, id);
    if (order == NULL)
        return VEL_ENOENT;
    if (vel_order_is_final(order->state))
        return VEL_EINVAL;
    if (order->is_queried)
        return VEL_OK;
    int status = request(local, order, VEL_ACTION_QUERY, order->terms.price, order->terms.qty, 0);
    if (status == VEL_GATE_SENT)
        order->is_queried = 1;
    return status;
}

int vel_local_amend(vel_local_t *local, int64_t id, int64_t price_ticks, int64_t qty_lots)
{
    vel_order_t *order = vel_orders_get(&local->orders, id);
    if (order == NULL)
        return VEL_ENOENT;
    if (vel_order_is_final(order->state) || order->terms.type == VEL_MARKET || !vel_is_size(qty_lots) ||
        !vel_is_price(price_ticks) || order->pending_amends == UINT8_MAX)
        return VEL_EINVAL;
    const vel_order_terms_t *terms = &order->terms;
    vel_market_t *market = &local->instruments[order->instrument];
    int status = VEL_OK;
    bool moves = price_ticks != terms->price || qty_lots > terms->qty;
    bool tracks = market->tracks_queue && moves && !order->is_contingent;
    if (tracks)
        status = vel_queue_tracker_sent(&market->tracker, id, terms->side, price_ticks, qty_lots - order->cum_qty,
                                        terms->display > 0, vel_market_others_at(market, terms->side, price_ticks));
    if (status != VEL_OK)
        return status;
    status = request(local, order, VEL_ACTION_AMEND, price_ticks, qty_lots, 0);
    if (status == VEL_GATE_SENT) {
        order->pending_amends++;
        return VEL_OK;
    }
    if (tracks)
        vel_queue_tracker_stays(&market->tracker, id);
    return status == VEL_GATE_DENIED ? VEL_OK : status;
}

int vel_local_amend_trigger(vel_local_t *local, int64_t id, int64_t trigger_ticks)
{
    vel_order_t *order = vel_orders_get(&local->orders, id);
    if (order == NULL)
        return VEL_ENOENT;
    uint8_t kind = order->terms.trigger_kind;
    bool is_fixed = kind == VEL_TRIGGER_STOP || kind == VEL_TRIGGER_TOUCHED;
    if (vel_order_is_final(order->state) || !is_fixed || trigger_ticks == 0 || !vel_is_price(trigger_ticks) ||
        order->pending_amends == UINT8_MAX)
        return VEL_EINVAL;
    int status = request(local, order, VEL_ACTION_AMEND, order->terms.price, order->terms.qty, trigger_ticks);
    if (status == VEL_GATE_SENT) {
        order->pending_amends++;
        order->trigger_asked = trigger_ticks;
    }
    return status == VEL_GATE_DENIED ? VEL_OK : status;
}

int vel_local_stop(vel_local_t *local, int32_t strategy)
{
    if (strategy < 0 || strategy >= local->strategies_count)
        return VEL_EINVAL;
    for (int64_t number = 0; number < local->holdings.count; number++) {
        vel_holding_t *holding = vel_holdings_row(&local->holdings, number);
        if (holding->strategy == strategy)
            holding->quotes[VEL_BUY] = holding->quotes[VEL_SELL] = (vel_quote_slot_t){0};
    }
    for (int64_t id = local->strategies[strategy].open.first; id != 0;
         id = vel_orders_get(&local->orders, id)->open_next) {
        int status = vel_local_cancel(local, id);
        if (status != VEL_OK)
            return status;
    }
    vel_timers_drop(&local->timers, strategy);
    return VEL_OK;
}

/* ---------------------------------------------------------------- denials */

int vel_local_take_denial(vel_local_t *local, vel_report_t *report)
{
    const vel_denial_t *denial = vel_denial_ring_front(&local->gate.denied);
    VEL_ASSERT(denial != NULL);
    local->denials_count = local->denials_ts == local->now ? local->denials_count + 1 : 1;
    local->denials_ts = local->now;
    *report = vel_gate_report(denial);
    vel_order_t *order = vel_orders_get(&local->orders, report->order_id);
    uint32_t wants = local->strategies[denial->command.strategy].wake_mask;
    vel_denial_ring_pop(&local->gate.denied);
    if (order == NULL)
        return 0;
    if (report->kind == VEL_REPORT_AMEND_REJECTED)
        order->refusal = report->reason;
    return (int)(wants & VEL_WAKE_ORDER);
}
