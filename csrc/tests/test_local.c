/* The local side from C alone: the life of its orders by the venue's reports, declared quotes, positions, samples,
 * timers and candles. Runs against a venue are those of test_replay_random. */
#include "velora/local.h"

#include "velora/hash.h"

#include "check.h"

static vel_local_t local;

static void begin(int32_t instruments, int32_t strategies)
{
    vel_local_free(&local);
    CHECK(vel_local_init(&local, instruments, strategies) == VEL_OK);
    local.now = 1;
    for (int32_t at = 0; at < instruments; at++)
        local.instruments[at].money = (vel_money_spec_t){.value_mult = 10, .tick_num = 1, .tick_den = 1};
}

static int64_t submit_terms(const vel_order_terms_t *terms)
{
    int64_t id = 0;
    CHECK(vel_local_submit(&local, 0, 0, terms, &id) == VEL_OK);
    return id;
}

static int64_t submit(int32_t strategy, uint8_t side, int64_t price, int64_t qty)
{
    const vel_order_terms_t terms = {.price = price, .qty = qty, .side = side, .stp = VEL_STP_TAKER};
    int64_t id = 0;
    CHECK(vel_local_submit(&local, strategy, 0, &terms, &id) == VEL_OK);
    return id;
}

static vel_order_t *order_of(int64_t id)
{
    return vel_orders_get(&local.orders, id);
}

/* The next command of the outbox, which it leaves. */
static vel_command_t sent(void)
{
    const vel_command_t *front = vel_command_ring_front(&local.gate.outbox);
    CHECK(front != NULL);
    if (front == NULL)
        return (vel_command_t){0};
    vel_command_t command = *front;
    vel_command_ring_pop(&local.gate.outbox);
    return command;
}

static bool nothing_was_sent(void)
{
    return vel_command_ring_front(&local.gate.outbox) == NULL;
}

static vel_report_t about(int64_t id, uint8_t kind)
{
    const vel_order_terms_t *terms = &order_of(id)->terms;
    return (vel_report_t){.order_id = id, .kind = kind, .price = terms->price, .qty = terms->qty, .side = terms->side};
}

static void answer(int64_t id, uint8_t kind)
{
    vel_report_t report = about(id, kind);
    CHECK(vel_local_on_report(&local, &report) >= 0);
}

static int try_fill(int64_t id, int64_t price, int64_t qty, int64_t fee)
{
    vel_report_t report = about(id, VEL_REPORT_FILL);
    report.price = price;
    report.qty = qty;
    report.fee = fee;
    return vel_local_on_report(&local, &report);
}

static void fill(int64_t id, int64_t price, int64_t qty)
{
    CHECK(try_fill(id, price, qty, 0) >= 0);
}

static bool is_in_state(int64_t id, vel_order_state_t state)
{
    return order_of(id)->state == state;
}

/* ---------------------------------------------------------------- orders */

static void arguments_out_of_range_are_refused_and_nothing_is_sent(void)
{
    vel_local_t none;
    CHECK(vel_local_init(&none, 0, 1) == VEL_EINVAL && vel_local_init(&none, 1, 0) == VEL_EINVAL);
    begin(1, 1);
    vel_order_terms_t plain = {.price = 100, .qty = 5}, bad[12];
    int64_t id = 77;
    for (int at = 0; at < 12; at++)
        bad[at] = plain;
    bad[0].reserved = 1;
    bad[1].activation = -VEL_TICKS_MAX;
    bad[2].side = 2;
    bad[3].type = VEL_MARKET_TO_LIMIT + 1;
    bad[4].tif = VEL_DAY + 1;
    bad[5].trigger_kind = VEL_TRIGGER_TRAIL_BPS + 1;
    bad[6].stp = VEL_STP_DECREMENT + 1;
    bad[7].flags = VEL_EXEC_ALL + 1;
    bad[8].trigger_by = VEL_PRICES;
    bad[9].activation = VEL_TICKS_MAX;
    bad[10].qty = 0;
    bad[11].price = VEL_TICKS_MAX;
    for (int at = 0; at < 12; at++)
        CHECK(vel_local_submit(&local, 0, 0, &bad[at], &id) == VEL_EINVAL);
    plain.trigger = VEL_TICKS_MAX;
    CHECK(vel_local_submit(&local, 0, 0, &plain, &id) == VEL_EINVAL);
    plain.trigger = 0;
    CHECK(vel_local_submit(&local, -1, 0, &plain, &id) == VEL_EINVAL);
    CHECK(vel_local_submit(&local, 1, 0, &plain, &id) == VEL_EINVAL);
    CHECK(vel_local_submit(&local, 0, -1, &plain, &id) == VEL_EINVAL);
    CHECK(vel_local_submit(&local, 0, 1, &plain, &id) == VEL_EINVAL);
    CHECK(vel_local_cancel_all(&local, -1, 0) == VEL_EINVAL && vel_local_cancel_all(&local, 1, 0) == VEL_EINVAL);
    CHECK(vel_local_cancel_all(&local, 0, -1) == VEL_EINVAL && vel_local_cancel_all(&local, 0, 1) == VEL_EINVAL);
    CHECK(vel_local_stop(&local, -1) == VEL_EINVAL && vel_local_stop(&local, 1) == VEL_EINVAL);
    CHECK(vel_local_quote(&local, -1, 0, VEL_BUY, true, 100, 5, false) == VEL_EINVAL);
    CHECK(vel_local_quote(&local, 1, 0, VEL_BUY, true, 100, 5, false) == VEL_EINVAL);
    CHECK(vel_local_quote(&local, 0, -1, VEL_BUY, true, 100, 5, false) == VEL_EINVAL);
    CHECK(vel_local_quote(&local, 0, 1, VEL_BUY, true, 100, 5, false) == VEL_EINVAL);
    CHECK(vel_local_quote(&local, 0, 0, 2, true, 100, 5, false) == VEL_EINVAL);
    CHECK(vel_local_quote(&local, 0, 0, VEL_BUY, true, 100, 0, false) == VEL_EINVAL);
    CHECK(vel_local_quote(&local, 0, 0, VEL_BUY, true, VEL_TICKS_MAX, 5, false) == VEL_EINVAL);
    CHECK(vel_local_cancel(&local, 1) == VEL_ENOENT && vel_local_amend(&local, 1, 100, 5) == VEL_ENOENT);
    CHECK(vel_local_amend_trigger(&local, 1, 100) == VEL_ENOENT && vel_local_query(&local, 1) == VEL_ENOENT);
    CHECK(id == 77 && local.orders.count == 0 && nothing_was_sent());
}

static void an_order_goes_from_sent_to_filled_by_reports_alone(void)
{
    begin(1, 1);
    local.now = 50;
    int64_t id = submit(0, VEL_BUY, 100, 5);
    vel_command_t command = sent();
    CHECK(command.action == VEL_ACTION_NEW && command.order_id == id && command.terms.price == 100 &&
          command.terms.qty == 5);
    CHECK(command.ts_sent == 50 && is_in_state(id, VEL_ORDER_PENDING) && local.orders.open_count == 1);
    local.now = 60;
    answer(id, VEL_REPORT_ACK);
    CHECK(is_in_state(id, VEL_ORDER_OPEN) && order_of(id)->ts_ack == 60);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 5);
    fill(id, 100, 2);
    CHECK(is_in_state(id, VEL_ORDER_OPEN) && order_of(id)->cum_qty == 2);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 3);
    fill(id, 100, 3);
    CHECK(is_in_state(id, VEL_ORDER_FILLED) && local.orders.open_count == 0 && local.fills.count == 2);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 0);
    CHECK(vel_local_cancel(&local, id) == VEL_EINVAL && vel_local_amend(&local, id, 101, 5) == VEL_EINVAL);
    answer(id, VEL_REPORT_ACK); /* late: the order has ended */
    answer(id, VEL_REPORT_CANCELED);
    CHECK(is_in_state(id, VEL_ORDER_FILLED));
}

static void each_way_to_end_has_its_state_and_its_reason(void)
{
    static const struct {
        uint8_t kind;
        vel_order_state_t state;
    } ends[3] = {{VEL_REPORT_CANCELED, VEL_ORDER_CANCELED},
                 {VEL_REPORT_REJECTED, VEL_ORDER_REJECTED},
                 {VEL_REPORT_EXPIRED, VEL_ORDER_EXPIRED}};
    begin(1, 1);
    for (int at = 0; at < 3; at++) {
        int64_t id = submit(0, VEL_BUY, 100, 5);
        vel_report_t report = about(id, ends[at].kind);
        report.reason = VEL_REASON_HALTED;
        CHECK(vel_local_on_report(&local, &report) >= 0);
        CHECK(is_in_state(id, ends[at].state) && order_of(id)->reason == VEL_REASON_HALTED);
    }
    CHECK(local.orders.open_count == 0 && local.strategies[0].open.first == 0 && local.strategies[0].open.last == 0);
}

/* The list of open orders loses its first, its last and one between. */
static void open_orders_are_listed_in_the_order_of_sending(void)
{
    begin(1, 2);
    for (int at = 0; at < 5; at++)
        (void)submit(at == 3, VEL_BUY, 100, 5);
    answer(1, VEL_REPORT_CANCELED);
    answer(3, VEL_REPORT_CANCELED);
    const vel_local_strategy_t *first = &local.strategies[0], *second = &local.strategies[1];
    CHECK(first->open.first == 2 && order_of(2)->open_next == 5 && first->open.last == 5);
    CHECK(second->open.first == 4 && second->open.last == 4 && second->open.count == 1);
    answer(5, VEL_REPORT_CANCELED);
    CHECK(first->open.first == 2 && first->open.last == 2 && local.orders.open_count == 2);
}

static void one_cancel_is_under_way_at_a_time(void)
{
    begin(1, 1);
    int64_t id = submit(0, VEL_BUY, 100, 5);
    (void)sent();
    CHECK(vel_local_cancel(&local, id) == VEL_OK && sent().action == VEL_ACTION_CANCEL);
    CHECK(vel_local_cancel(&local, id) == VEL_OK && nothing_was_sent());
    vel_report_t refused = about(id, VEL_REPORT_CANCEL_REJECTED);
    refused.reason = VEL_REASON_OVERLOADED;
    CHECK(vel_local_on_report(&local, &refused) >= 0);
    CHECK(order_of(id)->refusal == VEL_REASON_OVERLOADED);
    CHECK(vel_local_on_report(&local, &refused) >= 0); /* once more: it counts nothing below zero */
    CHECK(vel_local_cancel(&local, id) == VEL_OK && sent().action == VEL_ACTION_CANCEL);
}

static void an_amend_counts_when_the_venue_has_taken_it(void)
{
    begin(1, 1);
    int64_t id = submit(0, VEL_BUY, 100, 5);
    (void)sent();
    answer(id, VEL_REPORT_ACK);
    CHECK(vel_local_amend(&local, id, 101, 0) == VEL_EINVAL);
    CHECK(vel_local_amend(&local, id, VEL_TICKS_MAX, 5) == VEL_EINVAL);
    CHECK(vel_local_amend(&local, id, 101, 7) == VEL_OK);
    vel_command_t command = sent();
    CHECK(command.action == VEL_ACTION_AMEND && command.terms.price == 101 && command.terms.qty == 7);
    CHECK(order_of(id)->terms.price == 100 && order_of(id)->pending_amends == 1);
    answer(id, VEL_REPORT_AMEND_REJECTED);
    CHECK(order_of(id)->terms.price == 100 && order_of(id)->pending_amends == 0);
    answer(id, VEL_REPORT_AMEND_REJECTED);
    vel_report_t taken = about(id, VEL_REPORT_AMENDED);
    taken.price = 102;
    taken.qty = 9;
    CHECK(vel_local_on_report(&local, &taken) >= 0);
    CHECK(order_of(id)->terms.price == 102 && order_of(id)->terms.qty == 9);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 102) == 9);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 0);
    int64_t asked = 0;
    while (vel_local_amend(&local, id, 103, 9) == VEL_OK)
        asked++;
    CHECK(asked == UINT8_MAX); /* a bound on what is under way */
}

static void only_a_stop_that_waits_has_a_trigger_to_amend(void)
{
    begin(1, 1);
    const vel_order_terms_t waits = {.price = 100, .qty = 5, .trigger_kind = VEL_TRIGGER_STOP, .trigger = 105};
    const vel_order_terms_t takes = {.price = 7, .qty = 5, .type = VEL_MARKET, .tif = VEL_IOC};
    int64_t plain = submit(0, VEL_BUY, 100, 5), stop = submit_terms(&waits), market = submit_terms(&takes);
    CHECK(order_of(market)->terms.price == 0); /* a market order has none */
    CHECK(vel_local_amend_trigger(&local, plain, 106) == VEL_EINVAL);
    CHECK(vel_local_amend_trigger(&local, stop, 0) == VEL_EINVAL);
    CHECK(vel_local_amend_trigger(&local, stop, VEL_TICKS_MAX) == VEL_EINVAL);
    CHECK(vel_local_amend(&local, market, 100, 5) == VEL_EINVAL);
    CHECK(vel_local_amend_trigger(&local, stop, 106) == VEL_OK && order_of(stop)->terms.trigger == 105);
    answer(stop, VEL_REPORT_ACK);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 0); /* it waits, so it does not rest */
    answer(stop, VEL_REPORT_AMENDED);
    CHECK(order_of(stop)->terms.trigger == 106);
    answer(stop, VEL_REPORT_FIRED);
    CHECK(vel_local_amend_trigger(&local, stop, 107) == VEL_EINVAL);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 5);
}

/* An OCO fill takes what works first, another reason what waits. */
static void a_child_that_loses_lots_keeps_count_of_what_waits(void)
{
    begin(1, 1);
    const vel_order_terms_t terms = {.price = 100, .qty = 10, .parent = 1};
    (void)submit(0, VEL_BUY, 100, 10);
    int64_t child = submit_terms(&terms);
    const vel_order_t *order = order_of(child);
    CHECK(order->held == 10 && order->is_contingent);
    vel_report_t released = about(child, VEL_REPORT_RELEASED);
    released.qty = 4;
    CHECK(vel_local_on_report(&local, &released) >= 0 && order->held == 6 && !order->is_contingent);
    vel_report_t reduced = about(child, VEL_REPORT_AMENDED);
    reduced.reason = VEL_REASON_OCO;
    reduced.qty = 7; /* three of the four that work */
    CHECK(vel_local_on_report(&local, &reduced) >= 0 && order->held == 6 && order->amends == 0);
    reduced.qty = 5; /* the last that works, and one that waits */
    CHECK(vel_local_on_report(&local, &reduced) >= 0 && order->held == 5);
    reduced.reason = VEL_REASON_PARENT;
    reduced.qty = 3;
    CHECK(vel_local_on_report(&local, &reduced) >= 0 && order->held == 3);
    reduced.qty = 1;
    CHECK(vel_local_on_report(&local, &reduced) >= 0 && order->held == 1);
}

/* Fills that arrive before the report of the release that they belong to, and a release that arrives after more. */
static void a_release_that_comes_late_counts_no_lots_twice(void)
{
    begin(1, 1);
    const vel_order_terms_t terms = {.price = 100, .qty = 10, .parent = 1};
    (void)submit(0, VEL_SELL, 105, 10);
    int64_t child = submit_terms(&terms);
    const vel_ours_t *ours = &local.instruments[0].ours;
    vel_report_t released = about(child, VEL_REPORT_RELEASED);
    released.qty = 4;
    CHECK(vel_local_on_report(&local, &released) >= 0 && vel_ours_lots(ours, VEL_BUY, 100) == 4);
    fill(child, 100, 7);
    CHECK(vel_ours_lots(ours, VEL_BUY, 100) == 0);
    released.qty = 3;
    CHECK(vel_local_on_report(&local, &released) >= 0 && order_of(child)->held == 0);
    CHECK(vel_ours_lots(ours, VEL_BUY, 100) == 3);
    fill(child, 100, 1);
    released.qty = 9;
    CHECK(vel_local_on_report(&local, &released) >= 0 && order_of(child)->held == 0);
    CHECK(vel_ours_lots(ours, VEL_BUY, 100) == 2);
    fill(child, 100, 2);
    CHECK(vel_ours_lots(ours, VEL_BUY, 100) == 0);
}

static void reports_that_fit_no_order_change_nothing(void)
{
    begin(1, 1);
    vel_report_t report = {.order_id = 5, .kind = VEL_REPORT_ACK};
    CHECK(vel_local_on_report(&local, &report) == VEL_ENOENT);
    report.order_id = 0; /* a cancel of all that was refused on its way */
    report.kind = VEL_REPORT_CANCEL_REJECTED;
    CHECK(vel_local_on_report(&local, &report) == 0);
    report.order_id = submit(0, VEL_BUY, 100, 5);
    report.kind = 99;
    CHECK(vel_local_on_report(&local, &report) == VEL_EINVAL);
}

static void a_cancel_of_all_is_one_message_where_the_account_is_not_shared(void)
{
    begin(2, 1);
    (void)submit(0, VEL_BUY, 100, 5);
    (void)sent();
    CHECK(vel_local_cancel_all(&local, 0, 0) == VEL_OK && sent().action == VEL_ACTION_CANCEL_ALL && nothing_was_sent());
    begin(2, 2);
    int64_t own = submit(0, VEL_BUY, 100, 5), others = submit(1, VEL_BUY, 100, 5);
    (void)sent(), (void)sent();
    CHECK(vel_local_cancel_all(&local, 0, 1) == VEL_OK && nothing_was_sent());
    CHECK(vel_local_cancel_all(&local, 0, 0) == VEL_OK);
    vel_command_t command = sent();
    CHECK(command.action == VEL_ACTION_CANCEL && command.order_id == own && nothing_was_sent());
    CHECK(order_of(others)->pending_cancels == 0);
}

static void commands_of_a_batch_carry_its_number(void)
{
    begin(1, 1);
    local.batches = UINT32_MAX; /* the next number would be 0, which is none */
    vel_local_batch_begin(&local, 0);
    (void)submit(0, VEL_BUY, 100, 5);
    (void)submit(0, VEL_BUY, 99, 5);
    vel_local_batch_end(&local, 0);
    (void)submit(0, VEL_BUY, 98, 5);
    CHECK(sent().batch == 1 && sent().batch == 1 && sent().batch == 0);
}

/* ---------------------------------------------------------------- time-outs */

/* No answer came in time to an action: the link's report, after which the venue must have been asked. */
static void time_out(int64_t id, uint8_t action)
{
    vel_report_t report = about(id, VEL_REPORT_UNKNOWN);
    report.price = action;
    report.reason = VEL_REASON_TIMEOUT;
    CHECK(vel_local_on_report(&local, &report) >= 0);
}

static bool a_query_was_sent(int64_t id)
{
    vel_command_t command = sent();
    return command.action == VEL_ACTION_QUERY && command.order_id == id && command.batch == 0 && nothing_was_sent();
}

static void the_order_of_an_unanswered_command_is_unknown_and_queried(void)
{
    for (uint8_t action = VEL_ACTION_NEW; action <= VEL_ACTION_CANCEL; action++) {
        begin(1, 1);
        int64_t id = submit(0, VEL_BUY, 100, 5);
        (void)sent();
        if (action != VEL_ACTION_NEW)
            answer(id, VEL_REPORT_ACK);
        if (action == VEL_ACTION_AMEND)
            CHECK(vel_local_amend(&local, id, 101, 5) == VEL_OK && sent().action == VEL_ACTION_AMEND);
        if (action == VEL_ACTION_CANCEL)
            CHECK(vel_local_cancel(&local, id) == VEL_OK && sent().action == VEL_ACTION_CANCEL);
        time_out(id, action);
        const vel_order_t *order = order_of(id);
        CHECK(is_in_state(id, VEL_ORDER_UNKNOWN) && a_query_was_sent(id) && local.orders.open_count == 1);
        CHECK(order->pending_amends == 0 && order->pending_cancels == 0); /* asked, and not answered */
        CHECK(order->refusal == (action == VEL_ACTION_NEW ? VEL_REASON_NONE : VEL_REASON_TIMEOUT));
        CHECK(order->reason == VEL_REASON_NONE && order->ts_done == 0);
        /* What rested goes on resting, as far as anyone knows. */
        CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == (action == VEL_ACTION_NEW ? 0 : 5));
        CHECK(vel_local_query(&local, id) == VEL_OK && nothing_was_sent()); /* a query is under way */
        time_out(id, VEL_ACTION_QUERY);
        CHECK(is_in_state(id, VEL_ORDER_UNKNOWN) && a_query_was_sent(id)); /* asked again */
    }
}

/* Each report of the venue that says where an order stands takes it out of UNKNOWN, and no other does. */
static void only_evidence_ends_the_uncertainty(void)
{
    static const struct {
        uint8_t kind;
        vel_order_state_t state;
    } after[] = {{VEL_REPORT_ACK, VEL_ORDER_OPEN},
                 {VEL_REPORT_AMENDED, VEL_ORDER_OPEN},
                 {VEL_REPORT_FIRED, VEL_ORDER_OPEN},
                 {VEL_REPORT_RELEASED, VEL_ORDER_OPEN},
                 {VEL_REPORT_STATUS, VEL_ORDER_OPEN},
                 {VEL_REPORT_FILL, VEL_ORDER_FILLED},
                 {VEL_REPORT_CANCELED, VEL_ORDER_CANCELED},
                 {VEL_REPORT_REJECTED, VEL_ORDER_REJECTED},
                 {VEL_REPORT_EXPIRED, VEL_ORDER_EXPIRED},
                 {VEL_REPORT_AMEND_REJECTED, VEL_ORDER_UNKNOWN},
                 {VEL_REPORT_CANCEL_REJECTED, VEL_ORDER_UNKNOWN},
                 {VEL_REPORT_UNKNOWN, VEL_ORDER_UNKNOWN}};
    for (size_t at = 0; at < sizeof after / sizeof *after; at++) {
        begin(1, 1);
        int64_t id = submit(0, VEL_BUY, 100, 5);
        time_out(id, VEL_ACTION_NEW);
        vel_report_t report = about(id, after[at].kind);
        report.price = after[at].kind == VEL_REPORT_UNKNOWN ? VEL_ACTION_NEW : report.price;
        CHECK(vel_local_on_report(&local, &report) >= 0);
        CHECK(is_in_state(id, after[at].state));
        CHECK(local.orders.open_count == !vel_order_is_final((uint8_t)after[at].state));
    }
}

static void a_part_fill_shows_that_an_order_is_there(void)
{
    begin(1, 1);
    int64_t id = submit(0, VEL_BUY, 100, 5);
    time_out(id, VEL_ACTION_NEW);
    fill(id, 100, 2);
    CHECK(is_in_state(id, VEL_ORDER_OPEN) && order_of(id)->cum_qty == 2);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 3);
}

/* The venue has the order: with what price and quantity, whichever amend was lost. */
static void a_status_says_where_an_order_stands(void)
{
    begin(1, 1);
    int64_t id = submit(0, VEL_BUY, 100, 5);
    time_out(id, VEL_ACTION_NEW);
    local.now = 9;
    vel_report_t status = about(id, VEL_REPORT_STATUS);
    status.price = 102;
    status.qty = 7;
    CHECK(vel_local_on_report(&local, &status) >= 0);
    CHECK(order_of(id)->terms.price == 102 && order_of(id)->terms.qty == 7 && order_of(id)->ts_ack == 9);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 102) == 7);
    status.price = 103; /* late: a report has said more since */
    CHECK(vel_local_on_report(&local, &status) >= 0 && order_of(id)->terms.price == 102);
    CHECK(order_of(id)->is_queried == 0);
}

/* The venue does not have the order. One that was acknowledged or filled was there and is gone; any other never was. */
static void a_status_without_the_order_ends_it(void)
{
    for (int was = 0; was < 3; was++) {
        begin(1, 1);
        int64_t id = submit(0, VEL_BUY, 100, 5);
        if (was == 1)
            answer(id, VEL_REPORT_ACK);
        if (was == 2)
            fill(id, 100, 1);
        time_out(id, was == 0 ? VEL_ACTION_NEW : VEL_ACTION_CANCEL);
        vel_report_t status = about(id, VEL_REPORT_STATUS);
        status.reason = VEL_REASON_UNKNOWN_ORDER;
        CHECK(vel_local_on_report(&local, &status) >= 0);
        CHECK(is_in_state(id, was == 0 ? VEL_ORDER_REJECTED : VEL_ORDER_CANCELED));
        CHECK(order_of(id)->reason == VEL_REASON_TIMEOUT && local.orders.open_count == 0);
        CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 0);
        fill(id, 100, 1); /* a lost fill that comes after all counts in the position */
        CHECK(vel_holdings_position(&local.holdings, 0, 0)->lots == (was == 2 ? 2 : 1));
    }
}

static void a_query_is_only_about_an_order_that_may_be_alive(void)
{
    begin(1, 1);
    int64_t id = submit(0, VEL_BUY, 100, 5);
    (void)sent();
    answer(id, VEL_REPORT_ACK);
    CHECK(vel_local_query(&local, id) == VEL_OK && a_query_was_sent(id)); /* asked for by hand */
    answer(id, VEL_REPORT_STATUS);
    CHECK(is_in_state(id, VEL_ORDER_OPEN) && order_of(id)->is_queried == 0);
    answer(id, VEL_REPORT_CANCELED);
    CHECK(vel_local_query(&local, id) == VEL_EINVAL);
    time_out(id, VEL_ACTION_CANCEL); /* of a cancel whose order had ended */
    CHECK(is_in_state(id, VEL_ORDER_CANCELED) && nothing_was_sent());
}

static void an_unanswered_cancel_of_all_makes_each_open_order_unknown(void)
{
    begin(2, 2);
    const vel_order_terms_t elsewhere = {.price = 100, .qty = 5};
    int64_t first = submit(0, VEL_BUY, 100, 5), ended = submit(0, VEL_BUY, 99, 5), other = submit(1, VEL_SELL, 101, 5);
    int64_t stays = 0;
    CHECK(vel_local_submit(&local, 0, 1, &elsewhere, &stays) == VEL_OK);
    answer(first, VEL_REPORT_ACK);
    answer(ended, VEL_REPORT_CANCELED);
    for (int at = 0; at < 4; at++)
        (void)sent();
    vel_report_t report = {.kind = VEL_REPORT_UNKNOWN, .reason = VEL_REASON_TIMEOUT, .price = VEL_ACTION_CANCEL_ALL};
    CHECK(vel_local_on_report(&local, &report) >= 0);
    CHECK(is_in_state(first, VEL_ORDER_UNKNOWN) && is_in_state(other, VEL_ORDER_UNKNOWN));
    CHECK(is_in_state(ended, VEL_ORDER_CANCELED) && is_in_state(stays, VEL_ORDER_PENDING));
    CHECK(sent().order_id == first && sent().order_id == other && nothing_was_sent());
}

/* However an order came to be open, a cancel of all that is lost leaves its lots counted once. */
static void lots_of_an_order_opened_by_any_report_are_counted_once(void)
{
    static const uint8_t opens[4] = {VEL_REPORT_ACK, VEL_REPORT_AMENDED, VEL_REPORT_FIRED, VEL_REPORT_RELEASED};
    for (int at = 0; at < 4; at++) {
        begin(1, 1);
        int64_t id = submit(0, VEL_BUY, 100, 5);
        answer(id, opens[at]);
        CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 5);
        vel_report_t report = {.kind = VEL_REPORT_UNKNOWN, .price = VEL_ACTION_CANCEL_ALL};
        CHECK(vel_local_on_report(&local, &report) >= 0 && is_in_state(id, VEL_ORDER_UNKNOWN));
        CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 5);
        answer(id, VEL_REPORT_ACK);
        CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 5);
        answer(id, VEL_REPORT_CANCELED);
        CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 0);
    }
}

/* A fill that the venue reports twice, after a reconnection or by mistake, counts once. */
static void a_repeated_trade_id_is_applied_once(void)
{
    begin(2, 1);
    int64_t id = submit(0, VEL_BUY, 100, 5), elsewhere = 0;
    const vel_order_terms_t terms = {.price = 100, .qty = 5};
    vel_report_t report = about(id, VEL_REPORT_FILL);
    report.qty = 2;
    report.trade_id = 42;
    for (int at = 0; at < 3; at++)
        CHECK(vel_local_on_report(&local, &report) >= 0);
    CHECK(order_of(id)->cum_qty == 2 && local.fills.count == 1 && local.repeated_fills == 2);
    CHECK(local.fills.items[0].trade_id == 42 && vel_holdings_position(&local.holdings, 0, 0)->lots == 2);
    CHECK(vel_local_submit(&local, 0, 1, &terms, &elsewhere) == VEL_OK);
    report.order_id = elsewhere;
    report.instrument = 1; /* ids are unique for an instrument */
    CHECK(vel_local_on_report(&local, &report) >= 0 && order_of(elsewhere)->cum_qty == 2);
    report.trade_id = 0; /* and 0 is none */
    CHECK(vel_local_on_report(&local, &report) >= 0 && vel_local_on_report(&local, &report) >= 0);
    CHECK(order_of(elsewhere)->cum_qty == 6 && is_in_state(elsewhere, VEL_ORDER_FILLED));
}

/* ---------------------------------------------------------------- the gate */

/* The next denial, taken as a report; the bits that its strategy wants. */
static int take_denial(vel_report_t *report)
{
    CHECK(vel_local_next_denial(&local) != NULL);
    return vel_local_next_denial(&local) == NULL ? -1 : vel_local_take_denial(&local, report);
}

static void a_denied_order_exists_and_was_never_sent(void)
{
    begin(1, 2);
    local.instruments[0].tracks_queue = 1;
    local.strategies[1].wake_mask = VEL_WAKE_ORDER | VEL_WAKE_FILL;
    local.strategies[1].account = 3;
    local.now = 8;
    CHECK(vel_gate_limit_order_qty(&local.gate, 0, 5) == VEL_OK);
    int64_t passes = submit(1, VEL_BUY, 100, 5), denied = submit(1, VEL_SELL, 101, 6);
    CHECK(sent().order_id == passes && nothing_was_sent() && local.commands_sent == 1);
    CHECK(is_in_state(passes, VEL_ORDER_PENDING) && is_in_state(denied, VEL_ORDER_DENIED));
    const vel_order_t *order = order_of(denied);
    CHECK(order->reason == VEL_REASON_ORDER_QTY && order->ts_sent == 8 && order->ts_done == 8 && order->sequence == 2);
    CHECK(order->terms.qty == 6 && local.strategies[1].orders_count == 2);
    CHECK(local.orders.open_count == 1 && local.strategies[1].open.last == passes);
    vel_tracked_position_t position;
    CHECK(local.instruments[0].tracker.count == 1);
    CHECK(!vel_market_queue_position(&local.instruments[0], denied, &position));
    vel_report_t report;
    CHECK(take_denial(&report) == VEL_WAKE_ORDER && vel_local_next_denial(&local) == NULL);
    CHECK(report.kind == VEL_REPORT_DENIED && report.order_id == denied && report.reason == VEL_REASON_ORDER_QTY);
    CHECK(report.price == 6 && report.qty == 5 && report.side == VEL_SELL && report.account == 3);
    CHECK(vel_local_cancel(&local, denied) == VEL_EINVAL && vel_local_amend(&local, denied, 100, 1) == VEL_EINVAL);
    vel_report_t late = about(denied, VEL_REPORT_ACK); /* no report moves it */
    CHECK(vel_local_on_report(&local, &late) >= 0 && is_in_state(denied, VEL_ORDER_DENIED));
}

static void a_denied_amend_leaves_its_order_as_it_was(void)
{
    begin(1, 1);
    local.instruments[0].tracks_queue = 1;
    CHECK(vel_gate_limit_order_qty(&local.gate, 0, 5) == VEL_OK);
    int64_t id = submit(0, VEL_BUY, 100, 5);
    (void)sent();
    answer(id, VEL_REPORT_ACK);
    CHECK(vel_local_amend(&local, id, 101, 5) == VEL_OK && sent().terms.qty == 5);
    answer(id, VEL_REPORT_AMEND_REJECTED);
    CHECK(vel_local_amend(&local, id, 101, 6) == VEL_OK && nothing_was_sent());
    CHECK(order_of(id)->pending_amends == 0 && order_of(id)->terms.price == 100 && is_in_state(id, VEL_ORDER_OPEN));
    vel_report_t report;
    order_of(id)->refusal = VEL_REASON_NONE;
    CHECK(take_denial(&report) == 0 && report.kind == VEL_REPORT_AMEND_REJECTED && report.order_id == id);
    CHECK(order_of(id)->refusal == VEL_REASON_ORDER_QTY);
    const vel_order_terms_t waits = {.price = 100, .qty = 5, .trigger_kind = VEL_TRIGGER_STOP, .trigger = 105};
    int64_t stop = submit_terms(&waits);
    vel_gate_kill(&local.gate);
    CHECK(vel_local_amend_trigger(&local, stop, 106) == VEL_OK && order_of(stop)->pending_amends == 0);
    CHECK(take_denial(&report) == 0 && report.reason == VEL_REASON_KILLED && order_of(stop)->trigger_asked == 0);
}

static void a_closed_gate_still_lets_orders_be_ended_and_asked_about(void)
{
    begin(1, 1);
    int64_t id = submit(0, VEL_BUY, 100, 5);
    (void)sent();
    vel_gate_kill(&local.gate);
    CHECK(is_in_state(submit(0, VEL_BUY, 100, 5), VEL_ORDER_DENIED) && nothing_was_sent());
    CHECK(order_of(2)->reason == VEL_REASON_KILLED);
    CHECK(vel_local_cancel_all(&local, 0, 0) == VEL_OK && sent().action == VEL_ACTION_CANCEL_ALL);
    CHECK(vel_local_query(&local, id) == VEL_OK && sent().action == VEL_ACTION_QUERY);
    CHECK(vel_local_stop(&local, 0) == VEL_OK && sent().action == VEL_ACTION_CANCEL && nothing_was_sent());
}

/* A strategy that answers each denial with the same order does not stop the clock. */
static void denials_of_one_instant_are_bounded(void)
{
    begin(1, 1);
    vel_gate_kill(&local.gate);
    vel_report_t report;
    int64_t given = 0;
    local.now = 10;
    (void)submit(0, VEL_BUY, 100, 5);
    while (vel_local_next_denial(&local) != NULL) {
        (void)vel_local_take_denial(&local, &report);
        CHECK(report.order_id == ++given);
        (void)submit(0, VEL_BUY, 100, 5);
    }
    CHECK(given == VEL_DENIALS_AT_ONCE);
    local.now = 11;
    CHECK(take_denial(&report) >= 0 && report.order_id == given + 1 && vel_local_next_denial(&local) == NULL);
    for (int at = 0; at < 3 * VEL_DENIALS_AT_ONCE; at++)
        (void)submit(0, VEL_BUY, 100, 5);
    for (given = 1; vel_local_next_denial(&local) != NULL; given++)
        (void)vel_local_take_denial(&local, &report);
    CHECK(given == VEL_DENIALS_AT_ONCE);
    CHECK(local.orders.open_count == 0 && local.gate.denied_count == local.orders.count);
}

/* The hashes of a run tell a denied command from one that was sent. */
static void a_denial_is_part_of_the_hashes(void)
{
    uint64_t hashes[2][2];
    for (int killed = 0; killed < 2; killed++) {
        begin(1, 1);
        if (killed)
            vel_gate_kill(&local.gate);
        (void)submit(0, VEL_BUY, 100, 5);
        hashes[killed][0] = local.hash;
        hashes[killed][1] = local.strategies[0].hash;
    }
    CHECK(hashes[0][0] != hashes[1][0] && hashes[0][1] != hashes[1][1]);
}

/* A denial whose order was dropped meanwhile wakes no strategy. */
static void a_denial_of_a_dropped_order_is_taken(void)
{
    begin(1, 1);
    local.strategies[0].wake_mask = VEL_WAKE_ORDER;
    vel_gate_kill(&local.gate);
    for (int at = 0; at < VEL_ORDERS_PER_BLOCK; at++)
        (void)submit(0, VEL_BUY, 100, 5);
    vel_orders_drop(&local.orders, vel_orders_droppable(&local.orders, 0));
    vel_report_t report;
    CHECK(take_denial(&report) == 0 && report.order_id == 1);
}

/* ---------------------------------------------------------------- account events */

static void a_liquidation_is_a_fill_of_no_order(void)
{
    begin(1, 2);
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    vel_account_event_t event = {.kind = VEL_ACCOUNT_LIQUIDATION,
                                 .strategy = 1,
                                 .account = 6,
                                 .currency = 2,
                                 .event_id = 9,
                                 .qty = -3,
                                 .price = 90,
                                 .amount = -12};
    CHECK(vel_local_on_account_event(&local, &event) >= 0);
    const vel_position_t *position = vel_holdings_position(&local.holdings, 1, 0);
    CHECK(position->lots == 1 && position->sold == 3 && position->fees == 12 && position->realized == -300);
    const vel_fill_record_t *record = &local.fills.items[1];
    CHECK(record->order_id == 0 && record->trade_id == 9 && record->side == VEL_SELL && record->qty == 3);
    CHECK(record->fee == 12 && record->account == 6 && record->fee_currency == 2 && record->position == 1);
    CHECK(local.account_events.count == 1 && local.fills_count == 2 && local.strategies[1].fills_count == 2);
    CHECK(vel_local_on_account_event(&local, &event) == 0); /* once more */
    CHECK(position->lots == 1 && local.repeated_fills == 1 && local.account_events.count == 1);
    event.event_id = 10;
    event.qty = 2; /* a short is bought back */
    CHECK(vel_local_on_account_event(&local, &event) >= 0 && position->lots == 3 && position->bought == 6);
}

static void an_event_of_the_account_is_kept_and_moves_no_position(void)
{
    begin(1, 1);
    static const uint8_t kinds[3] = {VEL_ACCOUNT_BALANCE, VEL_ACCOUNT_POSITION, VEL_ACCOUNT_TRANSFER};
    for (int at = 0; at < 3; at++) {
        vel_message_t message = {
            .event = {.kind = kinds[at], .instrument = -1, .strategy = -1, .amount = 100 + at, .event_id = 5}};
        uint64_t before = local.hash;
        CHECK(vel_local_on_message(&local, &message) == VEL_OK && local.account_events.count == at + 1);
        CHECK(local.account_events.items[at].amount == 100 + at && local.hash != before);
    }
    CHECK(local.holdings.count == 0 && local.strategies[0].hash == VEL_HASH_SEED);
}

/* ---------------------------------------------------------------- quotes */

static void declare(bool is_wanted, int64_t price, int64_t qty)
{
    CHECK(vel_local_quote(&local, 0, 0, VEL_BUY, is_wanted, price, qty, true) == VEL_OK);
}

static void a_quote_sends_only_the_difference_to_what_stands(void)
{
    begin(1, 1);
    declare(false, 0, 0);
    CHECK(nothing_was_sent());
    declare(true, 100, 5);
    vel_command_t command = sent();
    CHECK(command.action == VEL_ACTION_NEW && (command.terms.flags & VEL_EXEC_POST_ONLY));
    declare(true, 100, 5);
    declare(true, 101, 5); /* the answer is not here: it waits, the last one counting */
    declare(true, 102, 5);
    CHECK(nothing_was_sent());
    answer(1, VEL_REPORT_ACK);
    command = sent();
    CHECK(command.action == VEL_ACTION_AMEND && command.terms.price == 102 && nothing_was_sent());
    vel_report_t taken = about(1, VEL_REPORT_AMENDED);
    taken.price = 102;
    CHECK(vel_local_on_report(&local, &taken) >= 0 && nothing_was_sent());
    declare(false, 0, 0);
    CHECK(sent().action == VEL_ACTION_CANCEL);
    declare(true, 103, 5);
    answer(1, VEL_REPORT_CANCELED);
    CHECK(sent().action == VEL_ACTION_NEW && nothing_was_sent());
}

static void a_quote_that_filled_or_ended_stays_away_until_the_next_declaration(void)
{
    begin(1, 1);
    declare(true, 100, 5);
    (void)sent();
    answer(1, VEL_REPORT_ACK);
    fill(1, 100, 5);
    CHECK(nothing_was_sent());
    declare(true, 100, 5);
    CHECK(sent().action == VEL_ACTION_NEW);
    answer(2, VEL_REPORT_ACK);
    answer(2, VEL_REPORT_EXPIRED);
    CHECK(nothing_was_sent());
    declare(true, 100, 5);
    CHECK(sent().action == VEL_ACTION_NEW);
    answer(3, VEL_REPORT_ACK);
    declare(true, 101, 5);
    (void)sent();
    answer(3, VEL_REPORT_AMEND_REJECTED); /* it stands elsewhere than declared: the same declaration asks again */
    declare(true, 101, 5);
    CHECK(sent().action == VEL_ACTION_AMEND);
}

/* While nobody knows where its order stands a quote waits, for as long as it takes. */
static void a_quote_sends_nothing_while_its_order_is_unknown(void)
{
    begin(1, 1);
    declare(true, 100, 5);
    (void)sent();
    time_out(1, VEL_ACTION_NEW);
    CHECK(a_query_was_sent(1));
    declare(true, 101, 5);
    declare(false, 0, 0);
    declare(true, 102, 6);
    CHECK(nothing_was_sent());
    time_out(1, VEL_ACTION_QUERY);
    CHECK(a_query_was_sent(1));
    answer(1, VEL_REPORT_STATUS); /* it is there, as it was sent */
    vel_command_t command = sent();
    CHECK(command.action == VEL_ACTION_AMEND && command.terms.price == 102 && command.terms.qty == 6);
    CHECK(nothing_was_sent());
    time_out(1, VEL_ACTION_AMEND);
    CHECK(a_query_was_sent(1));
    declare(true, 103, 6);
    vel_report_t status = about(1, VEL_REPORT_STATUS);
    status.reason = VEL_REASON_UNKNOWN_ORDER; /* it is gone: the declaration is a new order */
    CHECK(vel_local_on_report(&local, &status) >= 0);
    command = sent();
    CHECK(command.action == VEL_ACTION_NEW && command.order_id == 2 && command.terms.price == 103);
}

/* What a report sets off passes the gate like anything else. */
static void a_deferred_quote_may_be_denied(void)
{
    begin(1, 1);
    CHECK(vel_gate_limit_order_qty(&local.gate, 0, 5) == VEL_OK);
    declare(true, 100, 5);
    (void)sent();
    declare(true, 100, 6);
    answer(1, VEL_REPORT_ACK);
    vel_report_t report;
    CHECK(nothing_was_sent() && take_denial(&report) == 0 && report.kind == VEL_REPORT_AMEND_REJECTED);
    CHECK(report.order_id == 1 && order_of(1)->pending_amends == 0);
    declare(false, 0, 0);
    CHECK(sent().action == VEL_ACTION_CANCEL);
    declare(true, 101, 5);
    vel_gate_kill(&local.gate);
    answer(1, VEL_REPORT_CANCELED);
    CHECK(nothing_was_sent() && take_denial(&report) == 0 && report.kind == VEL_REPORT_DENIED);
    CHECK(report.order_id == 2 && report.reason == VEL_REASON_KILLED && is_in_state(2, VEL_ORDER_DENIED));
    CHECK(vel_local_next_denial(&local) == NULL && local.orders.open_count == 0);
}

static void a_strategy_that_stops_cancels_its_orders_and_drops_its_timers(void)
{
    begin(1, 2);
    declare(true, 100, 5);
    int64_t others = submit(1, VEL_SELL, 101, 5);
    CHECK(vel_timers_add(&local.timers, 0, 5, 0, 1) == VEL_OK && vel_timers_add(&local.timers, 1, 6, 0, 1) == VEL_OK);
    (void)sent(), (void)sent();
    CHECK(vel_local_stop(&local, 0) == VEL_OK && sent().action == VEL_ACTION_CANCEL && nothing_was_sent());
    CHECK(vel_timers_next(&local.timers) == 6 && order_of(others)->pending_cancels == 0);
    answer(1, VEL_REPORT_CANCELED);
    CHECK(nothing_was_sent());
}

/* ---------------------------------------------------------------- positions */

static vel_position_t *position_of_0(void)
{
    return &vel_holdings_make(&local.holdings, 0, 0)->position;
}

static void a_position_is_the_sum_of_its_fills(void)
{
    begin(1, 1);
    const vel_position_t *position = position_of_0();
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    fill(submit(0, VEL_BUY, 110, 4), 110, 4);
    CHECK(position->lots == 8 && position->cost == 8400 && position->cash == -8400 && position->realized == 0);
    fill(submit(0, VEL_SELL, 120, 2), 120, 2);
    CHECK(position->lots == 6 && position->cost == 6300 && position->realized == 2400 - 2100);
    fill(submit(0, VEL_SELL, 100, 9), 100, 9); /* through zero */
    CHECK(position->lots == -3 && position->cost == -3000 && position->realized == 300 - 300);
    CHECK(position->bought == 8 && position->sold == 11);
    fill(submit(0, VEL_BUY, 90, 3), 90, 3);
    CHECK(position->lots == 0 && position->cost == 0 && position->realized == 300);
    CHECK(position->cash == position->realized && local.holdings.open.count == 0);
}

static void an_inverse_position_gains_when_its_value_in_coins_falls(void)
{
    begin(1, 1);
    local.instruments[0].money =
        (vel_money_spec_t){.value_mult = 1000000, .tick_num = 1, .tick_den = 1, .is_inverse = 1};
    const vel_position_t *position = position_of_0();
    int64_t bought = submit(0, VEL_BUY, 200, 6);
    fill(bought, 100, 3);
    fill(bought, 200, 3);
    CHECK(position->cost == 45000 && position->cash == 45000);
    CHECK(position->avg_ticks > 133.3 && position->avg_ticks < 133.4); /* the harmonic mean */
    CHECK(order_of(bought)->avg_ticks == position->avg_ticks);
    fill(submit(0, VEL_SELL, 200, 6), 200, 6);
    CHECK(position->lots == 0 && position->realized == 15000 && position->cash == 15000);
    fill(submit(0, VEL_SELL, 100, 1), 100, 1);
    fill(submit(0, VEL_BUY, 50, 2), 50, 2); /* through zero: the rest opens at its own price */
    CHECK(position->lots == 1 && position->avg_ticks == 50.0);
    CHECK(try_fill(submit(0, VEL_BUY, 1, 2), 0, 2, 0) == VEL_EINVAL); /* no inverse price */
}

static void sums_that_do_not_fit_are_refused_and_the_position_stays(void)
{
    begin(1, 1);
    vel_position_t *position = position_of_0();
    int64_t id = submit(0, VEL_BUY, 100, 50);
    int64_t *const sums[5] = {&position->cash, &position->cost, &position->fees, &position->bought, &position->lots};
    for (int at = 0; at < 5; at++) {
        *position = (vel_position_t){.lots = 1};
        *sums[at] = at == 0 ? -INT64_MAX : INT64_MAX;
        vel_position_t before = *position;
        CHECK(try_fill(id, 100, 1, 1) == VEL_ERANGE);
        CHECK(position->lots == before.lots && position->cash == before.cash && position->fees == before.fees);
    }
    *position = (vel_position_t){0};
    vel_account_event_t funding = {.kind = VEL_ACCOUNT_FUNDING, .amount = -5, .qty = 1};
    CHECK(vel_local_on_account_event(&local, &funding) == VEL_OK && position->fees == 5 && position->funding == 5);
    CHECK(local.account_events.count == 0); /* it is in the position, so it is kept nowhere else */
    position->fees = INT64_MAX;
    CHECK(vel_local_on_account_event(&local, &funding) == VEL_ERANGE);
    position->fees = 0;
    position->funding = INT64_MAX;
    CHECK(vel_local_on_account_event(&local, &funding) == VEL_ERANGE);
}

static void a_refused_order_that_would_have_closed_a_position_is_counted(void)
{
    begin(1, 1);
    const vel_order_terms_t terms = {.price = 100, .qty = 1, .side = VEL_SELL, .flags = VEL_EXEC_REDUCE_ONLY};
    answer(submit_terms(&terms), VEL_REPORT_REJECTED);
    CHECK(local.strategies[0].unprotected == 0);
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    answer(submit_terms(&terms), VEL_REPORT_REJECTED);
    CHECK(local.strategies[0].unprotected == 1);
}

/* ---------------------------------------------------------------- samples, candles, routes */

static void a_fill_samples_every_open_position(void)
{
    begin(1, 3);
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 1);
    local.now = 2;
    fill(submit(2, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 3 && local.samples.items[2].strategy == 0);
    CHECK(vel_local_sample_all(&local) == VEL_OK && local.samples.count == 5); /* strategy 1 has never traded */
    CHECK(local.instruments[0].marks[VEL_MARK_UNKNOWN] == 5);                  /* nothing says what they are worth */
    local.samples_most = 5;
    CHECK(vel_local_sample_all(&local) == VEL_EFULL);
    local.samples_most = 1;
    CHECK(local.instants.count == 2 && vel_local_sample_all(&local) == VEL_EFULL && local.instants.count == 2);
    vel_local_drop_instants(&local, 1);
    vel_local_drop_samples(&local, 3);
    vel_local_drop_fills(&local, 1);
    CHECK(local.samples.count == 2 && local.fills.count == 1 && local.fills.items[0].strategy == 2);
}

/* Another fill of the instant samples only its own holding, unless a row came: no other mark can have changed. */
static void the_open_positions_are_sampled_once_an_instant(void)
{
    begin(2, 2);
    local.now = 5;
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    local.now = 6;
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 3);
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 4 && local.samples.items[3].strategy == 1 && local.samples.items[3].position == 8);
    local.instruments[0].rows++;
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 6 && local.samples.items[5].strategy == 0);
}

static void an_unrealized_result_that_does_not_fit_is_refused(void)
{
    begin(1, 1);
    vel_market_t *inst = &local.instruments[0];
    vel_position_t position = {.lots = 1 << 20};
    vel_mark_t mark;
    int64_t unrealized = -1;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_OK && unrealized == 0);
    CHECK(vel_book_set(&inst->book, VEL_BUY, 100, 1) == VEL_OK &&
          vel_book_set(&inst->book, VEL_SELL, 102, 1) == VEL_OK);
    position.cost = 7;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_OK);
    CHECK(mark.source == VEL_MARK_MID && unrealized == (INT64_C(1010) << 20) - 7);
    position.cost = -INT64_MAX;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_ERANGE);
    position.lots = INT64_C(1) << 59;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_ERANGE);
}

static void a_candle_closes_with_the_trades_of_its_interval(void)
{
    vel_candle_t candle = {.ts_next = 100};
    vel_candle_add(&candle, 10, 50, 2, VEL_BUY);
    vel_candle_add(&candle, 20, 55, 1, VEL_SELL);
    vel_candle_add(&candle, 99, 45, 1, VEL_BUY);
    vel_candle_add(&candle, 100, 60, 7, VEL_BUY); /* before the timer, and of the next interval */
    CHECK(candle.now.open == 50 && candle.now.high == 55 && candle.now.low == 45 && candle.now.close == 45);
    CHECK(candle.now.volume == 4 && candle.now.buy_volume == 3 && candle.now.trades == 3);
    vel_candle_close(&candle, 200);
    CHECK(candle.now.open == 60 && candle.now.volume == 7 && candle.next.trades == 0);
    vel_candle_close(&candle, 300);
    CHECK(candle.now.trades == 0 && candle.now.has_close &&
          candle.now.close == 60); /* without trades: the last close */
}

static void routes_that_are_cleared_wake_nobody(void)
{
    begin(2, 2);
    for (int32_t target = 0; target < 2; target++)
        CHECK(vel_local_route_add(&local, 1, VEL_ROUTE_BOOK, 1, target, NULL) == VEL_OK);
    CHECK(vel_local_route_add(&local, 1, VEL_ROUTE_BOOK, 1, 0, NULL) == VEL_OK);
    const vel_routes_t *routes = &local.instruments[1].routes[VEL_ROUTE_BOOK];
    CHECK(routes->count == 3 && routes->items[1].first == 1 && routes->items[2].first == 0);
    CHECK(local.wake_mask != 0 && local.instruments[1].wake_mask != 0 && local.instruments[0].wake_mask == 0);
    vel_local_routes_clear(&local);
    CHECK(routes->count == 0 && local.wake_mask == 0 && local.instruments[1].wake_mask == 0);
}

int main(void)
{
    arguments_out_of_range_are_refused_and_nothing_is_sent();
    an_order_goes_from_sent_to_filled_by_reports_alone();
    each_way_to_end_has_its_state_and_its_reason();
    open_orders_are_listed_in_the_order_of_sending();
    one_cancel_is_under_way_at_a_time();
    an_amend_counts_when_the_venue_has_taken_it();
    only_a_stop_that_waits_has_a_trigger_to_amend();
    a_child_that_loses_lots_keeps_count_of_what_waits();
    a_release_that_comes_late_counts_no_lots_twice();
    reports_that_fit_no_order_change_nothing();
    a_cancel_of_all_is_one_message_where_the_account_is_not_shared();
    commands_of_a_batch_carry_its_number();
    the_order_of_an_unanswered_command_is_unknown_and_queried();
    only_evidence_ends_the_uncertainty();
    a_part_fill_shows_that_an_order_is_there();
    a_status_says_where_an_order_stands();
    a_status_without_the_order_ends_it();
    a_query_is_only_about_an_order_that_may_be_alive();
    an_unanswered_cancel_of_all_makes_each_open_order_unknown();
    lots_of_an_order_opened_by_any_report_are_counted_once();
    a_repeated_trade_id_is_applied_once();
    a_denied_order_exists_and_was_never_sent();
    a_denied_amend_leaves_its_order_as_it_was();
    a_closed_gate_still_lets_orders_be_ended_and_asked_about();
    denials_of_one_instant_are_bounded();
    a_denial_is_part_of_the_hashes();
    a_denial_of_a_dropped_order_is_taken();
    a_liquidation_is_a_fill_of_no_order();
    an_event_of_the_account_is_kept_and_moves_no_position();
    a_quote_sends_only_the_difference_to_what_stands();
    a_quote_that_filled_or_ended_stays_away_until_the_next_declaration();
    a_quote_sends_nothing_while_its_order_is_unknown();
    a_deferred_quote_may_be_denied();
    a_strategy_that_stops_cancels_its_orders_and_drops_its_timers();
    a_position_is_the_sum_of_its_fills();
    an_inverse_position_gains_when_its_value_in_coins_falls();
    sums_that_do_not_fit_are_refused_and_the_position_stays();
    a_refused_order_that_would_have_closed_a_position_is_counted();
    a_fill_samples_every_open_position();
    the_open_positions_are_sampled_once_an_instant();
    an_unrealized_result_that_does_not_fit_is_refused();
    a_candle_closes_with_the_trades_of_its_interval();
    routes_that_are_cleared_wake_nobody();
    vel_local_free(&local);
    return check_failures != 0;
}
