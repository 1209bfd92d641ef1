/* Reports that come from outside: each field that would lead out of an array, or to another order, is refused. */
#include "velora/local.h"

#include "check.h"

static vel_local_t local;

/* Order 1 of two lots of instrument 1, a buy, of which one has filled; two instruments, two strategies. */
static void begin(void)
{
    int64_t id = 0;
    CHECK(vel_local_init(&local, 2, 2) == VEL_OK);
    CHECK(vel_local_submit(&local, 0, 1, VEL_BUY, VEL_LIMIT, VEL_GTC, false, 100, 2, &id) == VEL_OK && id == 1);
    vel_local_order(&local, 1)->cum_qty = 1;
}

static vel_report_t plain(uint8_t kind)
{
    return (vel_report_t){.order_id = 1, .price = 100, .qty = 1, .instrument = 1, .kind = kind, .side = VEL_BUY};
}

#define GIVES(status, wanted_kind, change)                                                                             \
    do {                                                                                                               \
        vel_report_t report = plain(wanted_kind);                                                                      \
        change;                                                                                                        \
        CHECK(vel_local_check_report(&local, &report) == (status));                                                    \
    } while (0)

static void reports_that_fit_are_taken(void)
{
    for (uint8_t kind = VEL_REPORT_ACK; kind <= VEL_REPORT_RELEASED; kind++)
        GIVES(VEL_OK, kind, (void)0);
    GIVES(VEL_OK, VEL_REPORT_FUNDING, report.strategy = 1);
    GIVES(VEL_OK, VEL_REPORT_CANCEL_REJECTED, report.order_id = 0); /* a cancel of all that was refused */
    GIVES(VEL_OK, VEL_REPORT_REJECTED, report.reason = VEL_REASON_UNKNOWN_BOOK);
    GIVES(VEL_OK, VEL_REPORT_REJECTED, report.reason = VEL_REASON_ALL);
    GIVES(VEL_OK, VEL_REPORT_REJECTED, report.reason = VEL_REASON_NO_PRICE);
}

static void fields_out_of_range_are_refused(void)
{
    GIVES(VEL_EINVAL, VEL_REPORT_FUNDING + 1, (void)0);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.instrument = -1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.instrument = 2);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.side = VEL_NO_SIDE + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.reason = VEL_REASON_UNKNOWN_BOOK + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.reason = VEL_REASON_ALL + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.reason = VEL_REASON_NO_PRICE + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.cause = VEL_CAUSE_CANDLE + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.maker = 2);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.ts_venue = VEL_TIME_MAX + 1);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.ts_venue = -VEL_TIME_MAX - 1);
    GIVES(VEL_EINVAL, VEL_REPORT_FUNDING, report.strategy = -1);
    GIVES(VEL_EINVAL, VEL_REPORT_FUNDING, report.strategy = 2);
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
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.side = VEL_SELL);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.qty = 0);
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.qty = VEL_LOTS_MAX); /* with what has filled it does not fit */
    GIVES(VEL_EINVAL, VEL_REPORT_FILL, report.price = VEL_TICKS_MAX);
    GIVES(VEL_EINVAL, VEL_REPORT_ACK, report.price = -VEL_TICKS_MAX);
    GIVES(VEL_EINVAL, VEL_REPORT_AMENDED, report.price = VEL_TICKS_MAX);
    GIVES(VEL_EINVAL, VEL_REPORT_AMENDED, report.qty = 0);
    GIVES(VEL_EINVAL, VEL_REPORT_AMENDED, vel_local_order(&local, 1)->cum_qty = 2); /* less than has filled */
    vel_local_order(&local, 1)->cum_qty = 1;
    GIVES(VEL_EINVAL, VEL_REPORT_RELEASED, report.qty = -1);
    GIVES(VEL_EINVAL, VEL_REPORT_RELEASED, report.qty = 3); /* more than it has */
}

/* Of an order that ended long ago nothing is left to compare. */
static void a_report_of_a_dropped_order_is_taken(void)
{
    int64_t id = 0;
    for (int64_t at = 1; at < VEL_ORDERS_PER_BLOCK + 1; at++)
        CHECK(vel_local_submit(&local, 0, 0, VEL_BUY, VEL_LIMIT, VEL_GTC, false, 100, 2, &id) == VEL_OK);
    for (id = 1; id <= VEL_ORDERS_PER_BLOCK; id++) {
        vel_report_t report = plain(VEL_REPORT_REJECTED);
        report.order_id = id;
        report.instrument = vel_local_order(&local, id)->instrument;
        CHECK(vel_local_on_report(&local, &report) >= 0);
    }
    const vel_order_t *first = vel_local_droppable(&local, 0);
    CHECK(first != NULL && vel_local_droppable(&local, VEL_ORDERS_PER_BLOCK) == NULL);
    if (first != NULL)
        vel_local_drop_block(&local, first);
    CHECK(vel_local_order(&local, 1) == NULL);
    GIVES(VEL_OK, VEL_REPORT_FILL, report.side = VEL_SELL);
}

int main(void)
{
    begin();
    reports_that_fit_are_taken();
    fields_out_of_range_are_refused();
    an_order_that_was_not_sent_is_unknown();
    fields_of_another_order_are_refused();
    a_report_of_a_dropped_order_is_taken();
    vel_local_free(&local);
    return check_failures != 0;
}
