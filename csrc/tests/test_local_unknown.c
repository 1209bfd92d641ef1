/* Orders of the local side that nobody knows the state of: time-outs, queries and their answers, repeated fills; and
 * orders that the gate denies. */
#include "drive_local.h"

/* ---------------------------------------------------------------- time-outs */

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

int main(void)
{
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
    vel_local_free(&local);
    return check_failures != 0;
}
