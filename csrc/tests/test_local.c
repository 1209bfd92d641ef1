/* The local side from C alone: the life of its orders by the venue's reports, declared quotes, positions, samples,
 * timers and candles. Runs against a venue are those of test_replay_random. */
#include "velora/local.h"

#include "check.h"

static vel_local_t local;

static void begin(int32_t instruments, int32_t strategies)
{
    vel_local_free(&local);
    CHECK(vel_local_init(&local, instruments, strategies) == VEL_OK);
    for (int32_t at = 0; at < instruments; at++)
        local.instruments[at].money = (vel_money_spec_t){.value_mult = 10, .tick_num = 1, .tick_den = 1};
}

static int64_t submit(int32_t strategy, uint8_t side, int64_t price, int64_t qty)
{
    int64_t id = 0;
    CHECK(vel_local_submit(&local, strategy, 0, side, VEL_LIMIT, VEL_GTC, false, price, qty, &id) == VEL_OK);
    return id;
}

/* The next command of the outbox, which it leaves. */
static vel_command_t sent(void)
{
    const vel_command_t *front = vel_command_ring_front(&local.outbox);
    CHECK(front != NULL);
    if (front == NULL)
        return (vel_command_t){0};
    vel_command_t command = *front;
    vel_command_ring_pop(&local.outbox);
    return command;
}

static bool nothing_was_sent(void)
{
    return vel_command_ring_front(&local.outbox) == NULL;
}

static vel_report_t about(int64_t id, uint8_t kind)
{
    const vel_order_t *order = vel_local_order(&local, id);
    return (vel_report_t){.order_id = id, .kind = kind, .price = order->price, .qty = order->qty, .side = order->side};
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
    return vel_local_order(&local, id)->state == state;
}

/* ---------------------------------------------------------------- orders */

static void arguments_out_of_range_are_refused_and_nothing_is_sent(void)
{
    vel_local_t none;
    CHECK(vel_local_init(&none, 0, 1) == VEL_EINVAL && vel_local_init(&none, 1, 0) == VEL_EINVAL);
    begin(1, 1);
    vel_order_spec_t plain = {.price = 100, .qty = 5}, bad[13];
    int64_t id = 77;
    for (int at = 0; at < 13; at++)
        bad[at] = plain;
    bad[0].instrument = -1;
    bad[1].instrument = 1;
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
    bad[12].trigger = VEL_TICKS_MAX;
    for (int at = 0; at < 13; at++)
        CHECK(vel_local_submit_spec(&local, 0, &bad[at], &id) == VEL_EINVAL);
    CHECK(vel_local_submit_spec(&local, -1, &plain, &id) == VEL_EINVAL);
    CHECK(vel_local_submit_spec(&local, 1, &plain, &id) == VEL_EINVAL);
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
    CHECK(vel_local_amend_trigger(&local, 1, 100) == VEL_ENOENT);
    CHECK(id == 77 && local.orders_count == 0 && nothing_was_sent());
}

static void an_order_goes_from_sent_to_filled_by_reports_alone(void)
{
    begin(1, 1);
    local.now = 50;
    int64_t id = submit(0, VEL_BUY, 100, 5);
    vel_command_t command = sent();
    CHECK(command.action == VEL_ACTION_NEW && command.order_id == id && command.price == 100 && command.qty == 5);
    CHECK(command.ts_sent == 50 && is_in_state(id, VEL_ORDER_PENDING) && local.open_orders == 1);
    local.now = 60;
    answer(id, VEL_REPORT_ACK);
    CHECK(is_in_state(id, VEL_ORDER_OPEN) && vel_local_order(&local, id)->ts_ack == 60);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 5);
    fill(id, 100, 2);
    CHECK(is_in_state(id, VEL_ORDER_OPEN) && vel_local_order(&local, id)->cum_qty == 2);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 3);
    fill(id, 100, 3);
    CHECK(is_in_state(id, VEL_ORDER_FILLED) && local.open_orders == 0 && local.fills.count == 2);
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
        CHECK(is_in_state(id, ends[at].state) && vel_local_order(&local, id)->reason == VEL_REASON_HALTED);
    }
    CHECK(local.open_orders == 0 && local.strategies[0].open_first == 0 && local.strategies[0].open_last == 0);
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
    CHECK(first->open_first == 2 && vel_local_order(&local, 2)->open_next == 5 && first->open_last == 5);
    CHECK(second->open_first == 4 && second->open_last == 4 && second->open_orders == 1);
    answer(5, VEL_REPORT_CANCELED);
    CHECK(first->open_first == 2 && first->open_last == 2 && local.open_orders == 2);
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
    CHECK(vel_local_order(&local, id)->refusal == VEL_REASON_OVERLOADED);
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
    CHECK(command.action == VEL_ACTION_AMEND && command.price == 101 && command.qty == 7);
    CHECK(vel_local_order(&local, id)->price == 100 && vel_local_order(&local, id)->pending_amends == 1);
    answer(id, VEL_REPORT_AMEND_REJECTED);
    CHECK(vel_local_order(&local, id)->price == 100 && vel_local_order(&local, id)->pending_amends == 0);
    answer(id, VEL_REPORT_AMEND_REJECTED);
    vel_report_t taken = about(id, VEL_REPORT_AMENDED);
    taken.price = 102;
    taken.qty = 9;
    CHECK(vel_local_on_report(&local, &taken) >= 0);
    CHECK(vel_local_order(&local, id)->price == 102 && vel_local_order(&local, id)->qty == 9);
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
    vel_order_spec_t spec = {.price = 100, .qty = 5, .trigger_kind = VEL_TRIGGER_STOP, .trigger = 105};
    int64_t plain = submit(0, VEL_BUY, 100, 5), stop = 0, market = 0;
    CHECK(vel_local_submit_spec(&local, 0, &spec, &stop) == VEL_OK);
    CHECK(vel_local_submit(&local, 0, 0, VEL_BUY, VEL_MARKET, VEL_IOC, false, 0, 5, &market) == VEL_OK);
    CHECK(vel_local_amend_trigger(&local, plain, 106) == VEL_EINVAL);
    CHECK(vel_local_amend_trigger(&local, stop, 0) == VEL_EINVAL);
    CHECK(vel_local_amend_trigger(&local, stop, VEL_TICKS_MAX) == VEL_EINVAL);
    CHECK(vel_local_amend(&local, market, 100, 5) == VEL_EINVAL);
    CHECK(vel_local_amend_trigger(&local, stop, 106) == VEL_OK && vel_local_order(&local, stop)->trigger == 105);
    answer(stop, VEL_REPORT_ACK);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 0); /* it waits, so it does not rest */
    answer(stop, VEL_REPORT_AMENDED);
    CHECK(vel_local_order(&local, stop)->trigger == 106);
    answer(stop, VEL_REPORT_FIRED);
    CHECK(vel_local_amend_trigger(&local, stop, 107) == VEL_EINVAL);
    CHECK(vel_ours_lots(&local.instruments[0].ours, VEL_BUY, 100) == 5);
}

/* An OCO fill takes what works first, another reason what waits. */
static void a_child_that_loses_lots_keeps_count_of_what_waits(void)
{
    begin(1, 1);
    vel_order_spec_t spec = {.price = 100, .qty = 10, .parent = 1};
    int64_t child = 0;
    (void)submit(0, VEL_BUY, 100, 10);
    CHECK(vel_local_submit_spec(&local, 0, &spec, &child) == VEL_OK);
    const vel_order_t *order = vel_local_order(&local, child);
    CHECK(order->held == 10 && order->is_idle);
    vel_report_t released = about(child, VEL_REPORT_RELEASED);
    released.qty = 4;
    CHECK(vel_local_on_report(&local, &released) >= 0 && order->held == 6 && !order->is_idle);
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
    CHECK(vel_local_order(&local, others)->pending_cancels == 0);
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
    CHECK(command.action == VEL_ACTION_NEW && (command.flags & VEL_EXEC_POST_ONLY));
    declare(true, 100, 5);
    declare(true, 101, 5); /* the answer is not here: it waits, the last one counting */
    declare(true, 102, 5);
    CHECK(nothing_was_sent());
    answer(1, VEL_REPORT_ACK);
    command = sent();
    CHECK(command.action == VEL_ACTION_AMEND && command.price == 102 && nothing_was_sent());
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

static void a_strategy_that_stops_cancels_its_orders_and_drops_its_timers(void)
{
    begin(1, 2);
    declare(true, 100, 5);
    int64_t others = submit(1, VEL_SELL, 101, 5);
    CHECK(vel_local_timer_add(&local, 0, 5, 0, 1) == VEL_OK && vel_local_timer_add(&local, 1, 6, 0, 1) == VEL_OK);
    (void)sent(), (void)sent();
    CHECK(vel_local_stop(&local, 0) == VEL_OK && sent().action == VEL_ACTION_CANCEL && nothing_was_sent());
    CHECK(vel_local_next_timer(&local) == 6 && vel_local_order(&local, others)->pending_cancels == 0);
    answer(1, VEL_REPORT_CANCELED);
    CHECK(nothing_was_sent());
}

/* ---------------------------------------------------------------- positions */

static void a_position_is_the_sum_of_its_fills(void)
{
    begin(1, 1);
    const vel_position_t *position = &vel_local_holding(&local, 0, 0)->position;
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
    CHECK(position->cash == position->realized && local.open.count == 0);
}

static void an_inverse_position_gains_when_its_value_in_coins_falls(void)
{
    begin(1, 1);
    local.instruments[0].money =
        (vel_money_spec_t){.value_mult = 1000000, .tick_num = 1, .tick_den = 1, .is_inverse = 1};
    const vel_position_t *position = &vel_local_holding(&local, 0, 0)->position;
    int64_t bought = submit(0, VEL_BUY, 200, 6);
    fill(bought, 100, 3);
    fill(bought, 200, 3);
    CHECK(position->cost == 45000 && position->cash == 45000);
    CHECK(position->avg_ticks > 133.3 && position->avg_ticks < 133.4); /* the harmonic mean */
    CHECK(vel_local_order(&local, bought)->avg_ticks == position->avg_ticks);
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
    vel_position_t *position = &vel_local_holding(&local, 0, 0)->position;
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
    vel_report_t funding = {.kind = VEL_REPORT_FUNDING, .fee = 5, .qty = 1};
    CHECK(vel_local_on_report(&local, &funding) == VEL_OK && position->fees == 5 && position->funding == 5);
    position->fees = INT64_MAX;
    CHECK(vel_local_on_report(&local, &funding) == VEL_ERANGE);
    position->fees = 0;
    position->funding = INT64_MAX;
    CHECK(vel_local_on_report(&local, &funding) == VEL_ERANGE);
    funding.strategy = 1;
    CHECK(vel_local_on_report(&local, &funding) == VEL_EINVAL);
    funding.strategy = -1;
    CHECK(vel_local_on_report(&local, &funding) == VEL_EINVAL);
}

static void a_refused_order_that_would_have_closed_a_position_is_counted(void)
{
    begin(1, 1);
    vel_order_spec_t spec = {.price = 100, .qty = 1, .side = VEL_SELL, .flags = VEL_EXEC_REDUCE_ONLY};
    int64_t id = 0;
    CHECK(vel_local_submit_spec(&local, 0, &spec, &id) == VEL_OK);
    answer(id, VEL_REPORT_REJECTED);
    CHECK(local.strategies[0].unprotected == 0);
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    CHECK(vel_local_submit_spec(&local, 0, &spec, &id) == VEL_OK);
    answer(id, VEL_REPORT_REJECTED);
    CHECK(local.strategies[0].unprotected == 1);
}

/* ---------------------------------------------------------------- samples, timers, candles */

static void a_fill_samples_every_open_position(void)
{
    begin(1, 3);
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 1);
    fill(submit(2, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 3 && local.samples.items[2].strategy == 0);
    CHECK(vel_local_sample_all(&local) == VEL_OK && local.samples.count == 6);
    CHECK(local.instruments[0].marks[VEL_MARK_UNKNOWN] == 5); /* nothing says what they are worth */
    local.samples_most = 6;
    CHECK(vel_local_sample_all(&local) == VEL_EFULL);
    vel_local_drop_samples(&local, 4);
    vel_local_drop_fills(&local, 1);
    CHECK(local.samples.count == 2 && local.fills.count == 1 && local.fills.items[0].strategy == 2);
}

static void an_unrealized_result_that_does_not_fit_is_refused(void)
{
    begin(1, 1);
    vel_local_instrument_t *inst = &local.instruments[0];
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

static void timers_come_by_their_time_and_cancelled_ones_never(void)
{
    begin(1, 1);
    for (int64_t id = 1; id <= 400; id++)
        CHECK(vel_local_timer_add(&local, 0, id * 7919 % 401, 0, id) == VEL_OK);
    CHECK(vel_local_timer_add(&local, 0, 3, 0, 5) == VEL_EEXIST && local.timers.count == 400);
    for (int64_t id = 1; id <= 400; id++)
        if (id % 4 != 0)
            CHECK(vel_local_timer_remove(&local, 0, id));
    CHECK(!vel_local_timer_remove(&local, 0, 1));
    CHECK(local.timers.count <= 300); /* cancelled ones are taken out together */
    int64_t last = -1, count = 0;
    while (local.timers.count > 0) {
        vel_timer_t timer;
        CHECK(vel_local_timer_pop(&local, &timer) == VEL_OK);
        CHECK(timer.ts >= last && timer.id % 4 == 0);
        last = timer.ts;
        count++;
    }
    CHECK(count == 100 && vel_local_next_timer(&local) == VEL_NEVER);
    CHECK(vel_local_timer_add(&local, 0, 10, 5, 1) == VEL_OK);
    vel_timer_t timer;
    CHECK(vel_local_timer_pop(&local, &timer) == VEL_OK && vel_local_next_timer(&local) == 15);
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
    reports_that_fit_no_order_change_nothing();
    a_cancel_of_all_is_one_message_where_the_account_is_not_shared();
    commands_of_a_batch_carry_its_number();
    a_quote_sends_only_the_difference_to_what_stands();
    a_quote_that_filled_or_ended_stays_away_until_the_next_declaration();
    a_strategy_that_stops_cancels_its_orders_and_drops_its_timers();
    a_position_is_the_sum_of_its_fills();
    an_inverse_position_gains_when_its_value_in_coins_falls();
    sums_that_do_not_fit_are_refused_and_the_position_stays();
    a_refused_order_that_would_have_closed_a_position_is_counted();
    a_fill_samples_every_open_position();
    an_unrealized_result_that_does_not_fit_is_refused();
    timers_come_by_their_time_and_cancelled_ones_never();
    a_candle_closes_with_the_trades_of_its_interval();
    routes_that_are_cleared_wake_nobody();
    vel_local_free(&local);
    return check_failures != 0;
}
