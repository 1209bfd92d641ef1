/* The local side under reports that are lost, late, repeated and out of order, at every point of an order's life.
 *
 * Requests and reports are random: any report that passes vel_local_check_message may come at any time, as after a
 * broken connection or from a venue with a fault. A second, slow model of the orders says what each report does. It has
 * no lists, no table of transitions and no set of trade ids: it looks through everything, every time. Checked:
 *
 *   - states move as the model says, and by no step that the table of order.h does not have
 *   - a fill counts once, however often it is reported; the fills of an order are its cum_qty
 *   - the position of each strategy is the sum of its fills and liquidations
 *   - the open orders are those that are not in a final state, oldest first; a denied one never is among them
 *   - own lots at a price are the sum over the orders that rest there
 *   - an UNKNOWN order is queried, and neither quote() nor a report sends anything else about it
 *   - of each declared quote at most one order may be alive */
#include "velora/local.h"
#include "velora/rng.h"

#include <string.h>

#include "check.h"

enum { INSTRUMENTS = 2, STRATEGIES = 2, ORDERS = 40000, FILLS = 200000, KEPT = 64, PRICES = 12, QTY_LIMIT = 8 };

typedef struct model_order {
    int64_t qty, cum;
    int32_t strategy, instrument;
    uint8_t state, side;
    bool was_shown; /* the venue has shown that it had it */
    bool is_quote;
} model_order_t;

typedef struct model_fill {
    int64_t trade_id;
    int32_t instrument;
} model_fill_t;

static vel_local_t local;
static vel_rng_t rng;
static model_order_t orders[ORDERS + 1];
static model_fill_t fills[FILLS];
static int64_t orders_count, fills_count, next_trade_id, reports_given, states_seen[VEL_ORDER_STATES];
static int64_t positions[STRATEGIES][INSTRUMENTS];
static vel_message_t kept[KEPT]; /* the last messages, to be repeated */
static int64_t kept_count;

static int64_t any(int64_t n)
{
    return (int64_t)vel_rng_below(&rng, (uint64_t)n);
}

static bool is_final(uint8_t state)
{
    return state != VEL_ORDER_PENDING && state != VEL_ORDER_OPEN && state != VEL_ORDER_UNKNOWN;
}

/* ---------------------------------------------------------------- the model */

static bool was_applied(int32_t instrument, int64_t trade_id)
{
    for (int64_t at = fills_count - 1; at >= 0 && trade_id != 0; at--)
        if (fills[at].trade_id == trade_id && fills[at].instrument == instrument)
            return true;
    return false;
}

static void apply_fill(int32_t strategy, int32_t instrument, int64_t trade_id, int64_t lots)
{
    fills[fills_count++] = (model_fill_t){trade_id, instrument};
    positions[strategy][instrument] += lots;
}

static void show(model_order_t *order)
{
    order->was_shown = true;
    if (!is_final(order->state))
        order->state = VEL_ORDER_OPEN;
}

static void model_report(const vel_report_t *report)
{
    model_order_t *order = &orders[report->order_id];
    bool was_unknown = order->state == VEL_ORDER_UNKNOWN, was_open = order->state == VEL_ORDER_OPEN;
    bool was_alive = !is_final(order->state);
    switch (report->kind) {
    case VEL_REPORT_ACK:
    case VEL_REPORT_FIRED:
    case VEL_REPORT_RELEASED:
        show(order);
        break;
    case VEL_REPORT_AMENDED:
        show(order);
        order->qty = report->qty;
        break;
    case VEL_REPORT_FILL:
        if (was_applied(report->instrument, report->trade_id))
            break;
        apply_fill(order->strategy, order->instrument, report->trade_id,
                   order->side == VEL_BUY ? report->qty : -report->qty);
        order->cum += report->qty;
        if (was_alive && order->cum >= order->qty)
            order->state = VEL_ORDER_FILLED;
        else if (was_unknown)
            show(order);
        break;
    case VEL_REPORT_CANCELED:
        if (was_alive)
            order->state = VEL_ORDER_CANCELED;
        break;
    case VEL_REPORT_EXPIRED:
        if (was_alive)
            order->state = VEL_ORDER_EXPIRED;
        break;
    case VEL_REPORT_REJECTED:
        if (was_alive && !was_open)
            order->state = VEL_ORDER_REJECTED;
        break;
    case VEL_REPORT_UNKNOWN:
        if (was_alive)
            order->state = VEL_ORDER_UNKNOWN;
        break;
    case VEL_REPORT_STATUS:
        if (was_unknown && report->reason == VEL_REASON_UNKNOWN_ORDER) {
            order->state = order->was_shown || order->cum > 0 ? VEL_ORDER_CANCELED : VEL_ORDER_REJECTED;
        } else if (was_unknown) {
            show(order);
            order->qty = report->qty;
        }
        break;
    default:
        break;
    }
}

/* Orders that the local side has made since: by a request, or a quote that a report set off. */
static void model_new_orders(bool by_quote)
{
    while (orders_count < local.orders.count) {
        const vel_order_t *made = vel_orders_get(&local.orders, ++orders_count);
        bool is_denied = made->terms.qty > QTY_LIMIT;
        orders[orders_count] = (model_order_t){.qty = made->terms.qty,
                                               .strategy = made->strategy,
                                               .instrument = made->instrument,
                                               .side = made->terms.side,
                                               .state = is_denied ? VEL_ORDER_DENIED : VEL_ORDER_PENDING,
                                               .is_quote = by_quote};
        CHECK(made->state == orders[orders_count].state);
    }
}

/* ---------------------------------------------------------------- comparisons */

static int64_t resting(const vel_order_t *order)
{
    const vel_order_terms_t *terms = &order->terms;
    int64_t works = terms->qty - order->cum_qty - order->held;
    bool is_there = order->state == VEL_ORDER_OPEN || (order->state == VEL_ORDER_UNKNOWN && order->ts_ack != 0);
    if (!is_there || order->is_contingent || terms->type != VEL_LIMIT || terms->tif != VEL_GTC || works < 0)
        return 0;
    return terms->display > 0 && terms->display < works ? terms->display : works;
}

static void compare_order(int64_t id)
{
    const vel_order_t *order = vel_orders_get(&local.orders, id);
    const model_order_t *model = &orders[id];
    if (order == NULL) {
        CHECK(is_final(model->state));
        return;
    }
    CHECK(order->state == model->state && order->cum_qty == model->cum && order->terms.qty == model->qty);
    CHECK(order->held >= 0);
    CHECK(order->state != VEL_ORDER_UNKNOWN || order->is_queried);
    states_seen[order->state]++;
}

static void compare_all(void)
{
    static int64_t lots[INSTRUMENTS][2][64];
    int64_t next[STRATEGIES], last[STRATEGIES] = {0}, count[STRATEGIES] = {0}, alive[STRATEGIES][INSTRUMENTS][2];
    memset(lots, 0, sizeof lots);
    memset(alive, 0, sizeof alive);
    for (int32_t strategy = 0; strategy < STRATEGIES; strategy++)
        next[strategy] = local.strategies[strategy].open.first;
    for (int64_t id = local.orders.blocks_dropped * VEL_ORDERS_PER_BLOCK + 1; id <= orders_count; id++) {
        const vel_order_t *order = vel_orders_get(&local.orders, id);
        const model_order_t *model = &orders[id];
        if (order == NULL || is_final(model->state))
            continue;
        CHECK(next[model->strategy] == id && order->open_previous == last[model->strategy]);
        next[model->strategy] = order->open_next;
        last[model->strategy] = id;
        count[model->strategy]++;
        if (order->terms.price >= 0 && order->terms.price < 64)
            lots[model->instrument][model->side][order->terms.price] += resting(order);
        alive[model->strategy][model->instrument][model->side] += model->is_quote;
    }
    for (int32_t strategy = 0; strategy < STRATEGIES; strategy++) {
        const vel_open_orders_t *open = &local.strategies[strategy].open;
        CHECK(next[strategy] == 0 && open->last == last[strategy] && open->count == count[strategy]);
        for (int32_t instrument = 0; instrument < INSTRUMENTS; instrument++) {
            CHECK(vel_holdings_position(&local.holdings, strategy, instrument)->lots ==
                  positions[strategy][instrument]);
            CHECK(alive[strategy][instrument][0] <= 1 && alive[strategy][instrument][1] <= 1);
        }
    }
    for (int32_t instrument = 0; instrument < INSTRUMENTS; instrument++)
        for (uint8_t side = 0; side < 2; side++)
            for (int64_t price = 0; price < 64; price++)
                CHECK(vel_ours_lots(&local.instruments[instrument].ours, side, price) == lots[instrument][side][price]);
}

/* Take what was sent. Where a quote or a report set it off, nothing but queries is about an UNKNOWN order. */
static void take_commands(bool by_request)
{
    const vel_command_t *command;
    while ((command = vel_command_ring_front(&local.gate.outbox)) != NULL) {
        CHECK(command->action > VEL_ACTION_AMEND || command->terms.qty <= QTY_LIMIT);
        if (!by_request && command->action != VEL_ACTION_QUERY && command->action != VEL_ACTION_NEW)
            CHECK(orders[command->order_id].state == VEL_ORDER_OPEN && orders[command->order_id].is_quote);
        if (command->action == VEL_ACTION_QUERY)
            CHECK(!is_final(orders[command->order_id].state));
        vel_command_ring_pop(&local.gate.outbox);
    }
    vel_report_t report;
    while (vel_local_next_denial(&local) != NULL) {
        (void)vel_local_take_denial(&local, &report);
        CHECK(report.reason == VEL_REASON_ORDER_QTY && report.price > QTY_LIMIT && report.qty == QTY_LIMIT);
        CHECK(report.kind != VEL_REPORT_DENIED || orders[report.order_id].state == VEL_ORDER_DENIED);
    }
}

/* ---------------------------------------------------------------- requests and reports */

static vel_order_terms_t random_terms(void)
{
    vel_order_terms_t terms = {.price = 20 + any(PRICES), .qty = 1 + any(QTY_LIMIT + 1), .side = (uint8_t)any(2)};
    if (any(6) == 0)
        terms.tif = VEL_IOC;
    if (any(10) == 0)
        terms.type = VEL_MARKET;
    if (any(6) == 0)
        terms.display = 1 + any(3);
    if (any(8) == 0) {
        terms.trigger_kind = VEL_TRIGGER_STOP;
        terms.trigger = 25;
    }
    if (any(8) == 0 && orders_count > 0)
        terms.parent = 1 + any(orders_count);
    return terms;
}

/* An order of late: mostly one that is alive. */
static int64_t some_order(void)
{
    int64_t id = orders_count == 0 ? 1 : orders_count - any(orders_count < 30 ? orders_count : 30);
    if (any(4) != 0 && local.strategies[id % STRATEGIES].open.first != 0)
        id = local.strategies[id % STRATEGIES].open.first;
    return any(200) == 0 ? 1 + any(orders_count + 1) : id;
}

static void request(void)
{
    int32_t strategy = (int32_t)any(STRATEGIES), instrument = (int32_t)any(INSTRUMENTS);
    int64_t id = some_order(), made;
    bool by_quote = false;
    vel_order_terms_t terms = random_terms();
    int status = VEL_OK;
    switch (any(8)) {
    case 0:
    case 1:
        status = vel_local_submit(&local, strategy, instrument, &terms, &made);
        break;
    case 2:
        status = vel_local_cancel(&local, id);
        break;
    case 3:
        status = vel_local_amend(&local, id, 20 + any(PRICES), 1 + any(QTY_LIMIT + 1));
        break;
    case 4:
        status = any(4) != 0 ? vel_local_query(&local, id) : vel_local_amend_trigger(&local, id, 20 + any(9));
        break;
    default:
        by_quote = true;
        status = vel_local_quote(&local, strategy, instrument, (uint8_t)any(2), any(5) != 0, 20 + any(PRICES),
                                 1 + any(QTY_LIMIT + 1), any(2) != 0);
        break;
    }
    CHECK(status == VEL_OK || status == VEL_ENOENT || status == VEL_EINVAL);
    model_new_orders(by_quote);
    take_commands(!by_quote);
}

static vel_report_t random_report(void)
{
    static const uint8_t often[] = {VEL_REPORT_ACK, VEL_REPORT_FILL, VEL_REPORT_FILL, VEL_REPORT_CANCELED,
                                    VEL_REPORT_UNKNOWN};
    int64_t id = some_order();
    const vel_order_t *order = vel_orders_get(&local.orders, id);
    vel_report_t report = {.order_id = id, .ts_venue = local.now, .price = 20 + any(PRICES), .qty = 1 + any(6)};
    report.kind = any(2) != 0 ? often[any(sizeof often)] : (uint8_t)any(VEL_REPORT_KINDS);
    if (order != NULL) {
        report.instrument = order->instrument;
        report.side = order->terms.side;
        report.price = any(3) == 0 ? report.price : order->terms.price;
        if (report.kind == VEL_REPORT_AMENDED || report.kind == VEL_REPORT_STATUS)
            report.qty += order->cum_qty;
        if (report.kind == VEL_REPORT_FILL && any(4) != 0 && order->terms.qty > order->cum_qty)
            report.qty = 1 + any(order->terms.qty - order->cum_qty);
    }
    if (report.kind == VEL_REPORT_FILL)
        report.trade_id = any(10) == 0 ? 0 : ++next_trade_id;
    if (report.kind == VEL_REPORT_STATUS && any(2) == 0)
        report.reason = VEL_REASON_UNKNOWN_ORDER;
    if (report.kind == VEL_REPORT_UNKNOWN)
        report.price = any(VEL_ACTION_QUERY + 1);
    return report;
}

static vel_message_t random_message(void)
{
    if (kept_count > 0 && any(4) == 0) /* repeated, or late */
        return kept[any(kept_count < KEPT ? kept_count : KEPT)];
    if (any(40) != 0)
        return (vel_message_t){.report = random_report()};
    return (vel_message_t){.event = {.kind = any(2) == 0 ? VEL_ACCOUNT_FUNDING : VEL_ACCOUNT_LIQUIDATION,
                                     .ts_venue = local.now,
                                     .instrument = (int32_t)any(INSTRUMENTS),
                                     .strategy = (int32_t)any(STRATEGIES),
                                     .event_id = ++next_trade_id,
                                     .qty = any(2) == 0 ? 1 + any(3) : -1 - any(3),
                                     .price = 25,
                                     .amount = any(9) - 4}};
}

/* Everything about an instrument goes UNKNOWN when a cancel of all was not answered. */
static void cancel_of_all_timed_out(void)
{
    vel_report_t report = {
        .kind = VEL_REPORT_UNKNOWN, .instrument = (int32_t)any(INSTRUMENTS), .price = VEL_ACTION_CANCEL_ALL};
    for (int64_t id = local.orders.blocks_dropped * VEL_ORDERS_PER_BLOCK + 1; id <= orders_count; id++)
        if (orders[id].instrument == report.instrument && !is_final(orders[id].state))
            orders[id].state = VEL_ORDER_UNKNOWN;
    CHECK(vel_local_on_report(&local, &report) >= 0);
    take_commands(false);
    for (int64_t id = local.orders.blocks_dropped * VEL_ORDERS_PER_BLOCK + 1; id <= orders_count; id++)
        compare_order(id);
}

static void message(void)
{
    vel_message_t one = random_message();
    uint8_t before = VEL_ORDER_STATES;
    if (vel_local_check_message(&local, &one) != VEL_OK)
        return;
    kept[kept_count++ % KEPT] = one;
    reports_given++;
    if (!vel_message_is_report(&one)) {
        const vel_account_event_t *event = &one.event;
        if (event->kind == VEL_ACCOUNT_LIQUIDATION && !was_applied(event->instrument, event->event_id))
            apply_fill(event->strategy, event->instrument, event->event_id, event->qty);
        CHECK(vel_local_on_message(&local, &one) >= 0);
        return;
    }
    const vel_report_t *report = &one.report;
    if (report->order_id == 0)
        return;
    const vel_order_t *order = vel_orders_get(&local.orders, report->order_id);
    if (order != NULL) {
        before = order->state;
        model_report(report);
    }
    CHECK(vel_local_on_message(&local, &one) >= 0);
    model_new_orders(true); /* a quote that waited for this report */
    take_commands(false);
    compare_order(report->order_id);
    CHECK(order == NULL || order->state == before || vel_order_may(before, order->state));
}

/* ---------------------------------------------------------------- runs */

static void begin(uint64_t seed)
{
    vel_local_free(&local);
    CHECK(vel_local_init(&local, INSTRUMENTS, STRATEGIES) == VEL_OK);
    for (int32_t at = 0; at < INSTRUMENTS; at++) {
        local.instruments[at].money = (vel_money_spec_t){.value_mult = 1, .tick_num = 1, .tick_den = 1};
        CHECK(vel_gate_limit_order_qty(&local.gate, at, QTY_LIMIT) == VEL_OK);
    }
    vel_rng_seed(&rng, seed);
    memset(positions, 0, sizeof positions);
    orders_count = fills_count = next_trade_id = kept_count = 0;
}

static void reports_in_any_order_leave_the_orders_as_a_slow_model_says(void)
{
    for (uint64_t seed = 1; seed <= 40 && check_failures == 0; seed++) {
        begin(seed);
        int64_t last = reports_given + 3000;
        for (int64_t step = 0; reports_given < last && check_failures == 0 && orders_count < ORDERS; step++) {
            local.now = 1 + step;
            if (any(3) == 0 && local.orders.open_count < 40)
                request();
            else
                message();
            if (any(400) == 0)
                cancel_of_all_timed_out();
            if (step % 16 == 0)
                compare_all();
            const vel_order_t *first = any(50) == 0 ? vel_orders_droppable(&local.orders, 64) : NULL;
            if (first != NULL)
                vel_orders_drop(&local.orders, first);
            if (check_failures != 0)
                printf("seed %llu, step %lld\n", (unsigned long long)seed, (long long)step);
        }
        compare_all();
        CHECK(local.repeated_fills > 100);
    }
    printf("%lld reports\n", (long long)reports_given);
    for (int state = 0; state < VEL_ORDER_STATES; state++)
        CHECK(check_failures != 0 || states_seen[state] > 100);
}

int main(void)
{
    reports_in_any_order_leave_the_orders_as_a_slow_model_says();
    vel_local_free(&local);
    return check_failures != 0;
}
