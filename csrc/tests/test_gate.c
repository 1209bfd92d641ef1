/* The gate alone: what it sends, what it denies and why. The orders of denied commands are those of test_local_unknown.
 */
#include "velora/gate.h"

#include "check.h"

static vel_gate_t gate;

static void begin(void)
{
    vel_gate_free(&gate);
    CHECK(vel_gate_init(&gate, 2) == VEL_OK);
}

static vel_command_t command(uint8_t action, int32_t instrument, int64_t qty)
{
    return (vel_command_t){.ts_sent = 5,
                           .order_id = 3,
                           .terms = {.price = 100, .qty = qty, .side = VEL_SELL},
                           .instrument = instrument,
                           .account = 9,
                           .strategy = 1,
                           .action = action};
}

static int send(uint8_t action, int32_t instrument, int64_t qty)
{
    vel_command_t one = command(action, instrument, qty);
    return vel_gate_send(&gate, &one);
}

/* The oldest denial, which leaves the ring. */
static vel_denial_t denial(void)
{
    const vel_denial_t *front = vel_denial_ring_front(&gate.denied);
    vel_denial_t taken = {0};
    CHECK(front != NULL);
    if (front != NULL) {
        taken = *front;
        vel_denial_ring_pop(&gate.denied);
    }
    return taken;
}

static void a_gate_without_limits_sends_everything(void)
{
    begin();
    for (uint8_t action = VEL_ACTION_NEW; action <= VEL_ACTION_QUERY; action++)
        CHECK(send(action, 1, VEL_LOTS_MAX - 1) == VEL_GATE_SENT);
    for (uint8_t action = VEL_ACTION_NEW; action <= VEL_ACTION_QUERY; action++) {
        CHECK(vel_command_ring_front(&gate.outbox)->action == action); /* in the order of sending */
        vel_command_ring_pop(&gate.outbox);
    }
    CHECK(gate.sent_count == 5 && gate.denied_count == 0 && vel_denial_ring_front(&gate.denied) == NULL);
}

static void a_quantity_at_the_limit_passes_and_one_lot_more_does_not(void)
{
    begin();
    CHECK(vel_gate_limit_order_qty(&gate, 0, 10) == VEL_OK);
    for (uint8_t action = VEL_ACTION_NEW; action <= VEL_ACTION_AMEND; action++) {
        CHECK(send(action, 0, 10) == VEL_GATE_SENT && send(action, 0, 11) == VEL_GATE_DENIED);
        CHECK(send(action, 1, 11) == VEL_GATE_SENT); /* the other instrument has no limit */
        vel_denial_t denied = denial();
        CHECK(denied.reason == VEL_REASON_ORDER_QTY && denied.value == 11 && denied.bound == 10);
        CHECK(denied.command.action == action && denied.command.order_id == 3 && denied.command.strategy == 1);
    }
    for (uint8_t action = VEL_ACTION_CANCEL; action <= VEL_ACTION_QUERY; action++)
        CHECK(send(action, 0, 11) == VEL_GATE_SENT); /* they take on no risk */
    CHECK(gate.sent_count == 7 && gate.denied_count == 2);
}

static void a_closed_gate_lets_only_the_less_risky_pass(void)
{
    begin();
    CHECK(vel_gate_limit_order_qty(&gate, 0, 10) == VEL_OK);
    vel_gate_kill(&gate);
    vel_gate_kill(&gate); /* once more changes nothing */
    for (uint8_t action = VEL_ACTION_NEW; action <= VEL_ACTION_AMEND; action++) {
        CHECK(send(action, 0, 11) == VEL_GATE_DENIED);
        vel_denial_t denied = denial();
        CHECK(denied.reason == VEL_REASON_KILLED && denied.value == 11 && denied.bound == 0); /* the first check */
    }
    for (uint8_t action = VEL_ACTION_CANCEL; action <= VEL_ACTION_QUERY; action++)
        CHECK(send(action, 0, 11) == VEL_GATE_SENT);
    CHECK(gate.sent_count == 3 && gate.denied_count == 2);
}

static void limits_out_of_range_are_refused(void)
{
    begin();
    CHECK(vel_gate_limit_order_qty(&gate, -1, 10) == VEL_EINVAL &&
          vel_gate_limit_order_qty(&gate, 2, 10) == VEL_EINVAL);
    CHECK(vel_gate_limit_order_qty(&gate, 0, 0) == VEL_EINVAL && vel_gate_limit_order_qty(&gate, 0, -1) == VEL_EINVAL);
    CHECK(vel_gate_limit_order_qty(&gate, 0, VEL_LOTS_MAX + 1) == VEL_EINVAL);
    CHECK(gate.order_qty_max[0] == VEL_LOTS_MAX && gate.order_qty_max[1] == VEL_LOTS_MAX);
}

/* A denied new order is DENIED; a denied amend leaves its order as it was. */
static void a_denial_is_a_report_about_its_order(void)
{
    for (uint8_t action = VEL_ACTION_NEW; action <= VEL_ACTION_AMEND; action++) {
        vel_denial_t denied = {
            .command = command(action, 1, 11), .value = 11, .bound = 10, .reason = VEL_REASON_ORDER_QTY};
        vel_report_t report = vel_gate_report(&denied);
        CHECK(report.kind == (action == VEL_ACTION_NEW ? VEL_REPORT_DENIED : VEL_REPORT_AMEND_REJECTED));
        CHECK(report.order_id == 3 && report.instrument == 1 && report.account == 9 && report.side == VEL_SELL);
        CHECK(report.ts_venue == 5 && report.reason == VEL_REASON_ORDER_QTY);
        CHECK(report.price == 11 && report.qty == 10); /* the value, and the limit that it is beyond */
    }
}

/* Room for one of either, so that what was reserved cannot fail. */
static void a_reserved_command_needs_no_more_memory(void)
{
    begin();
    for (int at = 0; at < 200; at++) {
        CHECK(vel_gate_reserve(&gate) == VEL_OK);
        uint64_t commands = gate.outbox.capacity, denials = gate.denied.capacity;
        CHECK(gate.outbox.tail - gate.outbox.head < commands && gate.denied.tail - gate.denied.head < denials);
        if (at == 100)
            vel_gate_kill(&gate);
        CHECK(send(VEL_ACTION_NEW, 0, 1) == (at < 100 ? VEL_GATE_SENT : VEL_GATE_DENIED));
        CHECK(gate.outbox.capacity == commands && gate.denied.capacity == denials);
    }
}

/* A command may be made where it will be; a denied one leaves the outbox as it is. */
static void a_command_made_in_the_outbox_is_sent_from_there(void)
{
    begin();
    for (int at = 0; at < 100; at++) {
        vel_command_t *next = vel_gate_next(&gate);
        *next = command(VEL_ACTION_NEW, 0, 1 + at % 3);
        next->order_id = at;
        CHECK(vel_gate_limit_order_qty(&gate, 0, 2) == VEL_OK);
        CHECK(vel_gate_send(&gate, next) == (at % 3 < 2 ? VEL_GATE_SENT : VEL_GATE_DENIED));
    }
    CHECK(gate.sent_count == 67 && gate.denied_count == 33);
    for (int at = 0; at < 100; at++) {
        if (at % 3 == 2)
            continue;
        CHECK(vel_command_ring_front(&gate.outbox)->order_id == at);
        vel_command_ring_pop(&gate.outbox);
    }
    CHECK(vel_command_ring_front(&gate.outbox) == NULL);
}

int main(void)
{
    a_command_made_in_the_outbox_is_sent_from_there();
    a_gate_without_limits_sends_everything();
    a_quantity_at_the_limit_passes_and_one_lot_more_does_not();
    a_closed_gate_lets_only_the_less_risky_pass();
    limits_out_of_range_are_refused();
    a_denial_is_a_report_about_its_order();
    a_reserved_command_needs_no_more_memory();
    vel_gate_free(&gate);
    vel_gate_free(&gate);
    return check_failures != 0;
}
