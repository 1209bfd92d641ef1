/* Messages that come from outside: each field that would lead out of an array, or to another order, is refused. */
#include "velora/local.h"

#include "check.h"

static vel_local_t local;
static const vel_order_terms_t two_lots = {.price = 100, .qty = 2};

/* Order 1 of two lots of instrument 1, a buy, of which one has filled; two instruments, two strategies. */
static void begin(void)
{
    int64_t id = 0;
    CHECK(vel_local_init(&local, 2, 2) == VEL_OK);
    local.strategies[0].account = 3;
    local.instruments[1].money.currency = 7;
    CHECK(vel_local_submit(&local, 0, 1, &two_lots, &id) == VEL_OK && id == 1);
    vel_orders_get(&local.orders, 1)->cum_qty = 1;
}

static vel_report_t plain(uint8_t kind)
{
    return (vel_report_t){.order_id = 1,
                          .price = kind == VEL_REPORT_UNKNOWN ? VEL_ACTION_CANCEL : 100,
                          .qty = 1,
                          .instrument = 1,
                          .account = 3,
                          .kind = kind,
                          .side = VEL_BUY,
                          .fee_currency = 7};
}

#define GIVES(status, wanted_kind, change)                                                                             \
    do {                                                                                                               \
        vel_report_t report = plain(wanted_kind);                                                                      \
        change;                                                                                                        \
        CHECK(vel_local_check_message(&local, &(vel_message_t){.report = report}) == (status));                        \
    } while (0)

static void reports_that_fit_are_taken(void)
{
    for (uint8_t kind = VEL_REPORT_ACK; kind < VEL_REPORT_DENIED; kind++)
        GIVES(VEL_OK, kind, (void)0);
    GIVES(VEL_OK, VEL_REPORT_CANCEL_REJECTED, report.order_id = 0); /* a cancel of all that was refused */
    GIVES(VEL_OK, VEL_REPORT_UNKNOWN, report.order_id = 0);         /* or that was not answered */
    GIVES(VEL_OK, VEL_REPORT_STATUS, (report.reason = VEL_REASON_UNKNOWN_ORDER, report.price = report.qty = 0));
    GIVES(VEL_OK, VEL_REPORT_REJECTED, report.reason = VEL_REASON_UNKNOWN_BOOK);
    GIVES(VEL_OK, VEL_REPORT_REJECTED, report.reason = VEL_REASON_ALL);
    GIVES(VEL_OK, VEL_REPORT_REJECTED, report.reason = VEL_REASON_NO_PRICE);
}

static void fields_out_of_range_are_refused(void)
{
    GIVES(VEL_EINVAL, VEL_REPORT_KINDS, (void)0);  /* between reports and account events */
    GIVES(VEL_EINVAL, VEL_REPORT_DENIED, (void)0); /* our own gate makes it, nobody outside */
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.instrument = -1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.instrument = 2);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.side = VEL_NO_SIDE + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.reason = VEL_REASON_UNKNOWN_BOOK + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.reason = VEL_REASON_ALL + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.reason = VEL_REASON_NO_PRICE + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.maker = 2);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.ts_venue = VEL_TIME_MAX + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.ts_venue = -VEL_TIME_MAX - 1);
    GIVES(VEL_EINVAL, VEL_REPORT_UNKNOWN, report.price = -1); /* no action */
    GIVES(VEL_EINVAL, VEL_REPORT_UNKNOWN, report.price = VEL_ACTION_QUERY + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.order_id = 0);
}

static void an_order_that_was_not_sent_is_unknown(void)
{
    GIVES(VEL_ENOENT, VEL_REPORT_ACK, report.order_id = 2);
    GIVES(VEL_ENOENT, VEL_REPORT_ACK, report.order_id = -1);
}

static void fields_of_another_order_are_refused(void)
{
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.instrument = 0);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.account = 4);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.side = VEL_SELL);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.fee_currency = 8);
    GIVES(VEL_EINVAL, VEL_REPORT_STATUS, report.price = VEL_TICKS_MAX);
    GIVES(VEL_EINVAL, VEL_REPORT_STATUS, report.qty = 0);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.qty = 0);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.qty = VEL_LOTS_MAX); /* with what has filled it does not fit */
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.price = VEL_TICKS_MAX);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.price = -VEL_TICKS_MAX);
    GIVES(VEL_EINVAL, VEL_REPORT_AMENDED, report.price = VEL_TICKS_MAX);
    GIVES(VEL_EINVAL, VEL_REPORT_AMENDED, report.qty = 0);
    GIVES(VEL_EINVAL, VEL_REPORT_AMENDED, vel_orders_get(&local.orders, 1)->cum_qty = 2); /* less than has filled */
    GIVES(VEL_EINVAL, VEL_REPORT_STATUS, (void)0);
    vel_orders_get(&local.orders, 1)->cum_qty = 1;
    GIVES(VEL_EINVAL, VEL_REPORT_RELEASED, report.qty = -1);
    GIVES(VEL_EINVAL, VEL_REPORT_RELEASED, report.qty = 3); /* more than it has */
}

/* No venue can say anything of an order that the gate has denied: it was never sent. */
static void a_report_of_a_denied_order_is_refused(void)
{
    int64_t id = 0;
    CHECK(vel_gate_limit_order_qty(&local.gate, 0, 1) == VEL_OK);
    CHECK(vel_local_submit(&local, 0, 0, &two_lots, &id) == VEL_OK && id == 2);
    CHECK(vel_gate_limit_order_qty(&local.gate, 0, VEL_LOTS_MAX) == VEL_OK);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, (report.order_id = 2, report.instrument = 0));
}

static vel_account_event_t event_of(uint8_t kind)
{
    return (vel_account_event_t){.kind = kind, .instrument = 1, .strategy = 1, .price = 100, .qty = -2, .amount = 5};
}

#define EVENT_GIVES(status, wanted_kind, change)                                                                       \
    do {                                                                                                               \
        vel_account_event_t event = event_of(wanted_kind);                                                             \
        change;                                                                                                        \
        CHECK(vel_local_check_message(&local, &(vel_message_t){.event = event}) == (status));                          \
    } while (0)

static void account_events_that_fit_are_taken(void)
{
    for (uint8_t kind = VEL_ACCOUNT_FUNDING; kind <= VEL_ACCOUNT_LAST; kind++)
        EVENT_GIVES(VEL_OK, kind, (void)0);
    EVENT_GIVES(VEL_OK, VEL_ACCOUNT_BALANCE, (event.instrument = -1, event.strategy = -1)); /* of the whole account */
    EVENT_GIVES(VEL_OK, VEL_ACCOUNT_FUNDING, event.qty = 0);
}

static void account_events_out_of_range_are_refused(void)
{
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_FUNDING - 1, (void)0);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_LAST + 1, (void)0);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_BALANCE, event.ts_venue = VEL_TIME_MAX + 1);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_BALANCE, event.instrument = -2);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_BALANCE, event.instrument = 2);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_BALANCE, event.strategy = -2);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_BALANCE, event.strategy = 2);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_POSITION, event.price = VEL_TICKS_MAX);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_POSITION, event.qty = INT64_MIN);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_POSITION, event.qty = -INT64_MAX);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_TRANSFER, event.amount = INT64_MIN);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_FUNDING, event.instrument = -1); /* it is of a holding */
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_FUNDING, event.strategy = -1);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_LIQUIDATION, event.instrument = -1);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_LIQUIDATION, event.strategy = -1);
    EVENT_GIVES(VEL_EINVAL, VEL_ACCOUNT_LIQUIDATION, event.qty = 0);
}

/* Of an order that ended long ago nothing is left to compare. */
static void a_report_of_a_dropped_order_is_taken(void)
{
    int64_t id = 0;
    for (int64_t at = local.orders.count; at < VEL_ORDERS_PER_BLOCK + 1; at++)
        CHECK(vel_local_submit(&local, 0, 0, &two_lots, &id) == VEL_OK);
    for (id = 1; id <= VEL_ORDERS_PER_BLOCK; id++) {
        vel_report_t report = plain(VEL_REPORT_REJECTED);
        report.order_id = id;
        report.instrument = vel_orders_get(&local.orders, id)->instrument;
        CHECK(vel_local_on_report(&local, &report) >= 0);
    }
    const vel_order_t *first = vel_orders_droppable(&local.orders, 0);
    CHECK(first != NULL && vel_orders_droppable(&local.orders, VEL_ORDERS_PER_BLOCK) == NULL);
    if (first != NULL)
        vel_orders_drop(&local.orders, first);
    CHECK(vel_orders_get(&local.orders, 1) == NULL);
    GIVES(VEL_OK, VEL_REPORT_FILL, report.side = VEL_SELL);
}

int main(void)
{
    begin();
    reports_that_fit_are_taken();
    fields_out_of_range_are_refused();
    an_order_that_was_not_sent_is_unknown();
    fields_of_another_order_are_refused();
    a_report_of_a_denied_order_is_refused();
    account_events_that_fit_are_taken();
    account_events_out_of_range_are_refused();
    a_report_of_a_dropped_order_is_taken();
    vel_local_free(&local);
    return check_failures != 0;
}
