/* Random rows and random orders through a whole run: venue, local side and the loop that joins them.
 *
 * The bytes choose rows (deltas, trades, snapshots, quotes, gaps, halts, funding), whether own executions move the
 * price and how, which commands and answers are lost, what the gate denies, and what the local side does at each wake,
 * with feeds by level and by order and orders of every kind. Checked: no order fills beyond its quantity or its limit,
 * the venue's account is the sum of its fills, one trade or one shown level fills at most its quantity, the local
 * position equals the venue's once every report has arrived, places in the queue stay within bounds, exact ones
 * exactly, and the venue going ahead of the local side changes nothing: rows in turn give the same run. */
#include <string.h>

#include "velora/replay.h"

#define ROWS_MAX 512
#define ORDERS_MAX 128

typedef struct input {
    const uint8_t *bytes;
    size_t size;
    size_t at;
} input_t;

static uint8_t next_byte(input_t *in)
{
    return in->at < in->size ? in->bytes[in->at++] : 0;
}

typedef struct rows {
    int64_t ts_event[ROWS_MAX], ts_recv[ROWS_MAX], price[ROWS_MAX], qty[ROWS_MAX], order_id[ROWS_MAX];
    uint8_t kind[ROWS_MAX], side[ROWS_MAX], flags[ROWS_MAX];
    int64_t count;
} rows_t;

static void add_row(rows_t *rows, int64_t ts, uint8_t kind, uint8_t side, int64_t price, int64_t qty, uint8_t flags)
{
    int64_t at = rows->count;
    if (at == ROWS_MAX)
        return;
    rows->ts_event[at] = ts;
    rows->ts_recv[at] = ts + 5;
    rows->kind[at] = kind;
    rows->side[at] = side;
    rows->price[at] = price;
    rows->qty[at] = qty;
    rows->flags[at] = flags;
    rows->order_id[at] = at;
    rows->count++;
}

/* Rows by order: orders 0 to 31 come, change, trade and go; trades also against hidden volume. */
static void make_rows_by_order(input_t *in, rows_t *rows)
{
    int64_t ts = 1, left[32] = {0}, at_price[32] = {0};
    uint8_t at_side[32] = {0};
    int64_t wanted = 8 + 2 * next_byte(in);
    rows->count = 0;
    while (rows->count < wanted && rows->count < ROWS_MAX - 80) {
        uint8_t what = next_byte(in), side = next_byte(in) & 1, id = next_byte(in) % 32;
        int64_t price = 20 + next_byte(in) % 16, qty = 1 + next_byte(in) % 8;
        ts += what >> 6;
        if (what % 16 == 0) { /* the same book again, as a snapshot */
            add_row(rows, ts, VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0, 0);
            for (int one = 0; one < 32; one++)
                if (left[one] > 0) {
                    add_row(rows, ts, VEL_EV_ORDER_ADD, at_side[one], at_price[one], left[one], VEL_FLAG_SNAPSHOT);
                    rows->order_id[rows->count - 1] = one;
                }
            add_row(rows, ts, VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST);
        } else if (what % 16 == 1) {
            add_row(rows, ts, VEL_EV_TRADE, side, price, qty, VEL_FLAG_LAST | VEL_FLAG_HIDDEN);
        } else if (what % 16 == 2) {
            add_row(rows, ts, VEL_EV_STATUS, VEL_NO_SIDE, 0, qty > 2, VEL_FLAG_LAST);
        } else if (left[id] == 0) {
            add_row(rows, ts, VEL_EV_ORDER_ADD, side, price, qty, VEL_FLAG_LAST);
            at_side[id] = side;
            at_price[id] = price;
            left[id] = qty;
        } else if (what % 16 < 8) {
            qty = qty < left[id] ? qty : left[id];
            add_row(rows, ts, VEL_EV_TRADE, 1 - at_side[id], at_price[id], qty, 0);
            add_row(rows, ts, VEL_EV_ORDER_EXECUTE, at_side[id], at_price[id], qty, VEL_FLAG_LAST);
            left[id] -= qty;
        } else if (what % 16 < 12) {
            qty = what & 32 ? 0 : qty < left[id] ? qty : left[id];
            add_row(rows, ts, VEL_EV_ORDER_CANCEL, at_side[id], at_price[id], qty, VEL_FLAG_LAST);
            left[id] -= qty == 0 ? left[id] : qty;
        } else {
            price = what & 32 ? price : at_price[id];
            add_row(rows, ts, VEL_EV_ORDER_CHANGE, at_side[id], price, qty, VEL_FLAG_LAST);
            at_price[id] = price;
            left[id] = qty;
        }
        if (rows->kind[rows->count - 1] >= VEL_EV_ORDER_ADD && rows->kind[rows->count - 1] <= VEL_EV_ORDER_EXECUTE)
            rows->order_id[rows->count - 1] = id;
    }
}

static void make_rows(input_t *in, rows_t *rows)
{
    int64_t ts = 1;
    int64_t wanted = 8 + next_byte(in);
    rows->count = 0;
    while (rows->count < wanted && rows->count < ROWS_MAX - 16) {
        uint8_t what = next_byte(in), side = next_byte(in) & 1;
        int64_t price = 20 + next_byte(in) % 16, qty = next_byte(in) % 8;
        ts += what >> 6;
        switch (what % 16) {
        case 0:
            add_row(rows, ts, VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0, 0);
            for (int64_t i = 0; i < 4; i++) {
                add_row(rows, ts, VEL_EV_DELTA, VEL_BUY, price - i, 1 + qty, VEL_FLAG_SNAPSHOT);
                add_row(rows, ts, VEL_EV_DELTA, VEL_SELL, price + 1 + i, 1 + qty, VEL_FLAG_SNAPSHOT);
            }
            add_row(rows, ts, VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST);
            break;
        case 1:
        case 2:
        case 3:
        case 4:
            add_row(rows, ts, VEL_EV_TRADE, side, price, qty + 1, VEL_FLAG_LAST);
            break;
        case 5:
            add_row(rows, ts, VEL_EV_GAP, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST);
            break;
        case 6:
            add_row(rows, ts, VEL_EV_STATUS, VEL_NO_SIDE, 0, qty > 1, VEL_FLAG_LAST);
            break;
        case 7:
            add_row(rows, ts, VEL_EV_FUNDING, VEL_NO_SIDE, 25 * VEL_RATE_SCALE, 1000, VEL_FLAG_LAST);
            break;
        case 8:
            add_row(rows, ts, VEL_EV_QUOTE, VEL_BUY, price, qty + 1, 0);
            add_row(rows, ts, VEL_EV_QUOTE, VEL_SELL, price + 1, qty + 1, VEL_FLAG_LAST);
            break;
        default:
            add_row(rows, ts, VEL_EV_DELTA, side, price, qty, what & 32 ? VEL_FLAG_LAST : 0);
            break;
        }
    }
}

/* What a strategy does at a wake-up, by the next bytes. Returns the status of its one request. */
static int act(vel_local_t *local, input_t *in)
{
    int32_t instrument = local->instruments_count == 1 ? 0 : next_byte(in) & 1;
    uint8_t what = next_byte(in), side = next_byte(in) & 1;
    int64_t price = 20 + next_byte(in) % 16, qty = 1 + next_byte(in) % 6;
    int64_t id = local->orders.count == 0 ? 0 : 1 + next_byte(in) % local->orders.count;
    int64_t made;
    if (local->orders.count >= ORDERS_MAX)
        return VEL_OK;
    vel_order_terms_t terms = {.price = price, .qty = qty, .side = side, .type = VEL_LIMIT, .stp = VEL_STP_TAKER};
    switch (what % 8) {
    case 0:
        /* Any fields: those that do not go together are the venue's to refuse. */
        terms.type = what >> 3 & 3;
        terms.tif = next_byte(in) % 5;
        terms.trigger_kind = next_byte(in) % 5;
        terms.trigger = terms.trigger_kind >= VEL_TRIGGER_TRAIL_TICKS ? 1 + next_byte(in) % 4 : 20 + next_byte(in) % 16;
        terms.stp = next_byte(in) % 5;
        terms.flags = next_byte(in) % 64;
        terms.trigger_by = next_byte(in) % VEL_PRICES;
        terms.activation = terms.trigger_kind >= VEL_TRIGGER_TRAIL_TICKS && (what & 128) ? price : 0;
        terms.display = next_byte(in) % 4;
        terms.expiry = local->now + next_byte(in);
        terms.oco_group = next_byte(in) % 4;
        terms.parent = next_byte(in) & 3 ? 0 : id;
        return vel_local_submit(local, (what >> 6 & 1) & (terms.oco_group & 1), instrument, &terms, &made);
    case 1:
        terms.flags = what & 16 ? VEL_EXEC_POST_ONLY : 0;
        return vel_local_submit(local, what >> 7, instrument, &terms, &made);
    case 2:
        terms.tif = what & 16 ? VEL_IOC : VEL_FOK;
        return vel_local_submit(local, what >> 7, instrument, &terms, &made);
    case 3:
        terms.type = VEL_MARKET;
        return vel_local_submit(local, what >> 7, instrument, &terms, &made);
    case 4:
        return vel_local_cancel(local, id);
    case 5:
        return vel_local_amend(local, id, price, qty);
    case 6:
        return vel_local_quote(local, what >> 7, instrument, side, what & 16, price, qty, what & 32);
    default:
        if (what >> 3 == 31)
            vel_gate_kill(&local->gate);
        return what & 8 ? vel_local_query(local, id) : VEL_OK;
    }
}

static void check_instrument(const vel_venue_instrument_t *inst)
{
    int64_t resting = 0, at_desk = 0;
    VEL_ASSERT(inst->contingency.due.count == 0 && inst->contingency.ending.count == 0);
    for (uint32_t index = 0; index < inst->contingency.orders_used; index++) {
        const vel_contingency_order_t *order = &inst->contingency.orders[index];
        if (order->state == VEL_CONTINGENCY_FREE)
            continue;
        VEL_ASSERT(order->state != VEL_CONTINGENCY_ACTIVE && order->coming == 0);
        VEL_ASSERT(order->state == VEL_CONTINGENCY_HELD ? order->held > 0 && order->leaves == 0 : order->leaves > 0);
        VEL_ASSERT(vel_contingency_left(order) <= order->spec.terms.qty);
        at_desk += order->state == VEL_CONTINGENCY_RESTING;
    }
    for (uint8_t side = 0; side < 2; side++) {
        int64_t last_key = INT64_MIN;
        for (uint32_t level = inst->own.side[side].best; level != VEL_NO_INDEX; level = inst->own.levels[level].worse) {
            const vel_own_level_t *own = &inst->own.levels[level];
            double ahead = 0.0;
            VEL_ASSERT(own->key > last_key);
            last_key = own->key;
            VEL_ASSERT(own->head != VEL_NO_INDEX);
            for (uint32_t at = own->head; at != VEL_NO_INDEX; at = inst->own.orders[at].next) {
                const vel_queue_position_t *place = &inst->own.orders[at].queue;
                const vel_contingency_order_t *order = &inst->contingency.orders[at];
                VEL_ASSERT(order->state == VEL_CONTINGENCY_RESTING && order->shown > 0 &&
                           order->shown <= order->leaves);
                VEL_ASSERT(vel_side_key(side, order->spec.terms.price) == own->key && order->spec.terms.side == side);
                VEL_ASSERT(place->ahead >= 0.0 && inst->own.orders[at].owed >= 0.0);
                VEL_ASSERT(inst->is_by_order || place->ahead >= ahead || place->ahead < VEL_QUEUE_UNKNOWN);
                if (inst->is_by_order && !inst->book->in_snapshot && place->ahead < VEL_QUEUE_UNKNOWN) {
                    /* The exact place is the lots of the older orders of the queue. */
                    int64_t older = 0;
                    for (const vel_l3_order_t *one =
                             vel_book_l3_first_at(&inst->by_order, side, order->spec.terms.price);
                         one != NULL; one = one->behind == VEL_NO_ORDER ? NULL : &inst->by_order.orders[one->behind])
                        if (vel_l3_is_older(one->stamp, (uint32_t)inst->own.orders[at].stamp_ahead))
                            older += one->qty;
                    VEL_ASSERT((double)older == place->ahead);
                }
                ahead = place->ahead;
                resting++;
            }
        }
        const vel_venue_quote_t *quote = &inst->quote[side];
        VEL_ASSERT(quote->ts == INT64_MIN || (quote->taken >= 0 && quote->taken <= quote->qty));
        for (uint64_t at = 0; at < inst->taken[side].capacity; at++) {
            const vel_map_slot_t *slot = &inst->taken[side].slots[at];
            /* No bound by what is shown: a level that left the view, or that a quote showed, keeps what was taken. */
            if (slot->value != VEL_MAP_EMPTY && !inst->book->in_snapshot)
                VEL_ASSERT(slot->value > 0);
        }
    }
    VEL_ASSERT(resting == at_desk);
}

static void check_venue(const vel_venue_t *venue)
{
    for (int32_t i = 0; i < venue->instruments_count; i++)
        check_instrument(&venue->instruments[i]);
}

/* One run; returns the hash of its commands and reports. In turn: each row of a side when its time has come, as if
 * every row might wake a strategy whose commands take no time, each of them mattered to the latency of those, and every
 * wake changed what is due. */
static uint64_t run_once(const uint8_t *bytes, size_t size, bool in_turn)
{
    static const vel_money_spec_t money = {10000, 1, 10, 200000, 500000, 0};
    input_t in = {bytes, size, 0};
    rows_t tables[2];
    vel_local_t local;
    vel_venue_t venue;
    vel_replay_t replay;
    vel_latency_t latency = {0};
    vel_queue_model_t queue = {vel_queue_risk_averse, NULL};

    bool by_order = next_byte(&in) & 1;
    int32_t instruments = 1 + (next_byte(&in) & 1);
    for (int32_t i = 0; i < instruments; i++)
        if (by_order)
            make_rows_by_order(&in, &tables[i]);
        else
            make_rows(&in, &tables[i]);
    static const int64_t quantiles[3] = {0, 4, 40};
    for (int action = 0; action < 3; action++)
        latency.entry[action].constant = next_byte(&in) % 16;
    latency.response.constant = next_byte(&in) % 16;
    uint8_t how = next_byte(&in);
    int64_t interval = INT64_C(3) << next_byte(&in) % 5;
    bool hears_rows = next_byte(&in) & 3; /* else only timers and reports wake */
    if (how & 1) {
        latency.entry[0].quantiles = quantiles;
        latency.entry[0].rows = 3;
        vel_rng_seed(&latency.entry[0].rng, 1);
    }
    uint8_t faults = next_byte(&in);
    latency.overtakes = faults >> 1 & 1;
    if (faults & 1) {
        latency.faults = (vel_faults_t){.timeout = 1 + (faults >> 2 & 31), .is_on = 1};
        vel_rng_seed(&latency.faults.rng, faults);
        for (int action = 0; action < 3; action++)
            latency.faults.refused[action] = latency.faults.lost[action] = latency.faults.unanswered[action] = 0.15;
        latency.speed_bump.constant = faults & 128 ? 20 : 0;
    }
    VEL_ASSERT(vel_local_init(&local, instruments, 2) == VEL_OK);
    if (faults & 64)
        VEL_ASSERT(vel_gate_limit_order_qty(&local.gate, 0, 4) == VEL_OK);
    VEL_ASSERT(vel_venue_init(&venue, instruments, queue) == VEL_OK);
    for (int32_t i = 0; by_order && i < instruments; i++)
        VEL_ASSERT(vel_venue_by_order(&venue, i) == VEL_OK);
    VEL_ASSERT(vel_replay_init(&replay, &local, &venue, &latency) == VEL_OK);
    for (int32_t i = 0; i < instruments; i++)
        vel_venue_set_order_rules(&venue, i, how >> 5 & 3, (how & 16) != 0);
    if (how & 2) { /* own executions move the price, by each law in turn */
        vel_impact_t impact = {.kind = 1 + (how >> 2) % 3,
                               .terms = (how >> 2) % 3 == 2 ? 0 : 1,
                               .scale = 1.0,
                               .exponent = how & 64 ? 0.5 : 1.0,
                               .permanent = 0.125,
                               .temporary = 0.25,
                               .half_spread = how & 128 ? 0.75 : 0.0,
                               .passive_share = how & 32 ? 1.0 : 0.5,
                               .interval = 8,
                               .rate = {0.05},
                               .weight = {0.5}};
        VEL_ASSERT(vel_venue_set_impact(&venue, 0, &impact) == VEL_OK);
    }
    vel_filter_t filters[2] = {{.every_n = 2}, {.every_n = 2}};
    for (int32_t i = 0; i < instruments; i++) {
        local.instruments[i].money = venue.instruments[i].money = money;
        for (int kind = 0; hears_rows && kind < VEL_ROUTES; kind++)
            for (int32_t strategy = 0; strategy < 2; strategy++)
                VEL_ASSERT(vel_local_route_add(&local, i, kind, strategy, 0,
                                               strategy == 1 && kind < 3 ? &filters[i] : NULL) == VEL_OK);
    }
    local.strategies[0].wake_mask = local.strategies[1].wake_mask = VEL_WAKE_ORDER | VEL_WAKE_FILL;
    VEL_ASSERT(vel_timers_add(&local.timers, 0, 3, interval, 1) == VEL_OK);

    if (in_turn) {
        replay.lead = replay.answer = 0;
        replay.counts_load = 1;
        local.wake_mask = UINT32_MAX;
    }
    bool fed[2][2] = {{false, false}, {false, false}};
    int code;
    int64_t now = INT64_MIN;
    while ((code = vel_replay_run(&replay, VEL_NEVER - 1, INT64_MAX)) != VEL_RUN_END) {
        rows_t *rows = &tables[replay.need];
        bool is_venue = code == VEL_RUN_NEED_VENUE;
        vel_columns_t columns = {rows->ts_event, rows->ts_recv, rows->price, rows->qty, rows->order_id,
                                 rows->kind,     rows->side,    rows->flags, 0};
        switch (code) {
        case VEL_RUN_NEED_VENUE:
        case VEL_RUN_NEED_LOCAL:
            columns.rows = fed[replay.need][is_venue] ? 0 : rows->count;
            fed[replay.need][is_venue] = true;
            VEL_ASSERT(vel_replay_feed(&replay, replay.need, is_venue, &columns) == VEL_OK);
            break;
        case VEL_RUN_WAKE:
            VEL_ASSERT(local.now >= now);
            now = local.now;
            check_venue(&venue);
            (void)act(&local, &in); /* what does not fit is refused */
            if (in_turn)
                replay.due_until = INT64_MIN;
            break;
        default:
            VEL_ASSERT(false);
        }
    }
    check_venue(&venue);

    /* What was filled, by the venue's account and by our records; some reports may still be on their way. */
    int64_t position[2] = {0, 0};
    for (int64_t i = 0; i < local.fills.count; i++) {
        const vel_fill_record_t *fill = &local.fills.items[i];
        const rows_t *rows = &tables[fill->instrument];
        VEL_ASSERT(fill->qty > 0);
        position[fill->instrument] += fill->side == VEL_BUY ? fill->qty : -fill->qty;
        const vel_order_t *order = vel_orders_get(&local.orders, fill->order_id);
        if (order->terms.type == VEL_LIMIT && order->amends == 0)
            VEL_ASSERT(fill->side == VEL_BUY ? fill->price <= order->terms.price : fill->price >= order->terms.price);
        const vel_evidence_t *why = &venue.evidence.items[fill->trade_id - 1];
        VEL_ASSERT(why->trade_id == fill->trade_id && why->instrument == fill->instrument);
        if (why->cause == VEL_CAUSE_QUEUE || why->cause == VEL_CAUSE_THROUGH) {
            int64_t spent = 0;
            for (int64_t j = 0; j < local.fills.count; j++) {
                const vel_evidence_t *other = &venue.evidence.items[local.fills.items[j].trade_id - 1];
                if (other->datum_row == why->datum_row && other->instrument == why->instrument &&
                    other->cause <= VEL_CAUSE_THROUGH)
                    spent += local.fills.items[j].qty;
            }
            uint8_t kind = rows->kind[why->datum_row];
            VEL_ASSERT(kind == VEL_EV_TRADE || (by_order && kind == VEL_EV_ORDER_EXECUTE));
            VEL_ASSERT(spent <= rows->qty[why->datum_row]);
        }
    }
    for (int32_t i = 0; i < instruments; i++)
        VEL_ASSERT(position[i] == vel_holdings_position(&local.holdings, 0, i)->lots +
                                      vel_holdings_position(&local.holdings, 1, i)->lots);
    VEL_ASSERT(local.fills_count == local.strategies[0].fills_count + local.strategies[1].fills_count);
    VEL_ASSERT(local.orders.open_count == local.strategies[0].open.count + local.strategies[1].open.count);
    for (const vel_delivery_t *coming; (coming = vel_deliveries_front(&replay.deliveries)) != NULL;
         vel_deliveries_pop(&replay.deliveries)) {
        const vel_report_t *report = &coming->message.report;
        if (report->kind == VEL_REPORT_FILL)
            position[report->instrument] += report->side == VEL_BUY ? report->qty : -report->qty;
    }
    for (int32_t i = 0; i < instruments; i++)
        VEL_ASSERT(position[i] == venue.instruments[i].position);
    for (int64_t id = 1; id <= local.orders.count; id++) {
        const vel_order_t *order = vel_orders_get(&local.orders, id);
        VEL_ASSERT(order->cum_qty <= order->terms.qty);
        VEL_ASSERT(order->state != VEL_ORDER_UNKNOWN || order->is_queried);
        VEL_ASSERT(order->state != VEL_ORDER_DENIED || (order->cum_qty == 0 && order->ts_ack == 0));
    }

    uint64_t hash = local.hash;
    vel_replay_free(&replay);
    vel_venue_free(&venue);
    vel_local_free(&local);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    VEL_ASSERT(run_once(bytes, size, false) == run_once(bytes, size, true));
    return 0;
}
