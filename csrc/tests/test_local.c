/* The local side from C alone: the life of its orders by the venue's reports, and declared quotes. Runs against a venue
 * are those of test_replay_random. */
#include "drive_local.h"

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

/* ---------------------------------------------------------------- quotes */

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

/* A quote waits as long as its order is UNKNOWN. */
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
    a_quote_sends_only_the_difference_to_what_stands();
    a_quote_that_filled_or_ended_stays_away_until_the_next_declaration();
    a_quote_sends_nothing_while_its_order_is_unknown();
    a_deferred_quote_may_be_denied();
    a_strategy_that_stops_cancels_its_orders_and_drops_its_timers();
    vel_local_free(&local);
    return check_failures != 0;
}
