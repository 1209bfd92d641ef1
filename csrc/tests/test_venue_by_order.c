/* Own orders among recorded ones on a feed by order: exact positions, executions out of turn within one instant, and
 * orders that leave the view and are listed again. */
#include "velora/venue.h"

#include "check.h"

static vel_venue_t venue;
static int64_t row_ts;

static int row(uint8_t kind, int64_t id, int64_t price, int64_t qty, uint8_t flags)
{
    const uint8_t side = price > 102 ? VEL_SELL : VEL_BUY;
    vel_columns_t columns = {&row_ts, &row_ts, &price, &qty, &id, &kind, &side, &flags, 1};
    venue.ts = row_ts;
    return vel_venue_on_row(&venue, 0, &columns, 0);
}

static void add(int64_t id, int64_t price, int64_t qty)
{
    CHECK(row(VEL_EV_ORDER_ADD, id, price, qty, VEL_FLAG_LAST) == VEL_OK);
}

static void execute(int64_t id, int64_t qty)
{
    CHECK(row(VEL_EV_ORDER_EXECUTE, id, 100, qty, VEL_FLAG_LAST) == VEL_OK);
}

static void cancel(int64_t id, int64_t qty)
{
    CHECK(row(VEL_EV_ORDER_CANCEL, id, 100, qty, VEL_FLAG_LAST) == VEL_OK);
}

static void own(int64_t id, uint8_t side, int64_t price, int64_t qty)
{
    vel_command_t command = {.order_id = id, .terms = {.price = price, .qty = qty, .side = side, .stp = VEL_STP_TAKER}};
    CHECK(vel_venue_on_command(&venue, &command) == VEL_OK);
}

/* Recorded bids 1 and 2 of five lots at 100, then own order 1 of three, then recorded bid 4; an ask at 105. */
static void begin(void)
{
    vel_venue_free(&venue);
    CHECK(vel_venue_init(&venue, 1, (vel_queue_model_t){vel_queue_risk_averse, NULL, 0}) == VEL_OK);
    CHECK(vel_venue_by_order(&venue, 0) == VEL_OK);
    venue.instruments[0].money = (vel_money_spec_t){.value_mult = 1, .tick_num = 1, .tick_den = 1};
    row_ts = 10;
    CHECK(row(VEL_EV_SNAPSHOT_BEGIN, 0, 0, 0, VEL_FLAG_SNAPSHOT) == VEL_OK);
    CHECK(row(VEL_EV_ORDER_ADD, 1, 100, 5, VEL_FLAG_SNAPSHOT) == VEL_OK);
    CHECK(row(VEL_EV_ORDER_ADD, 2, 100, 5, VEL_FLAG_SNAPSHOT) == VEL_OK);
    CHECK(row(VEL_EV_ORDER_ADD, 3, 105, 5, VEL_FLAG_SNAPSHOT) == VEL_OK);
    CHECK(row(VEL_EV_SNAPSHOT_END, 0, 0, 0, VEL_FLAG_SNAPSHOT | VEL_FLAG_LAST) == VEL_OK);
    own(1, VEL_BUY, 100, 3);
    row_ts = 11;
    add(4, 100, 9);
    row_ts = 20;
}

static double ahead(int64_t order_id)
{
    uint32_t index = vel_venue_resting(&venue.instruments[0], order_id);
    CHECK(index != VEL_NO_INDEX);
    return index == VEL_NO_INDEX ? -1.0 : venue.instruments[0].own.orders[index].queue.ahead;
}

/* Lots that have filled, of all messages, which are taken; *datum is the row that caused the last of them. */
static int64_t filled(int64_t *datum)
{
    int64_t lots = 0;
    for (vel_message_t *message; (message = vel_message_ring_front(&venue.messages)) != NULL;
         vel_message_ring_pop(&venue.messages))
        if (message->head.kind == VEL_REPORT_FILL) {
            const vel_evidence_t *evidence = &venue.evidence.items[venue.evidence.count - 1];
            lots += message->report.qty;
            if (message->report.trade_id == evidence->trade_id)
                *datum = evidence->datum_row;
        }
    return lots;
}

static void the_lots_of_older_orders_stand_ahead_and_no_others(void)
{
    int64_t datum = -1;
    begin();
    CHECK(ahead(1) == 10);
    cancel(1, 2);
    CHECK(ahead(1) == 8);
    cancel(4, 2); /* behind */
    CHECK(ahead(1) == 8);
    execute(1, 3);
    CHECK(ahead(1) == 5 && filled(&datum) == 0);
    cancel(2, 0);
    CHECK(ahead(1) == 0);
    row_ts = 21;
    execute(4, 2); /* first in line now: what traded behind is ours */
    CHECK(filled(&datum) == 2 && datum == venue.instruments[0].rows - 1);
    execute(4, 2);
    CHECK(filled(&datum) == 1 && vel_venue_resting(&venue.instruments[0], 1) == VEL_NO_INDEX);
}

/* Venues list the fills of one aggressor in any order. */
static void an_execution_out_of_turn_counts_when_the_turn_comes_in_its_instant(void)
{
    for (int cancels = 0; cancels < 2; cancels++) {
        int64_t datum = -1;
        begin();
        execute(4, 2);
        int64_t row_of_it = venue.instruments[0].rows - 1;
        CHECK(filled(&datum) == 0);
        if (cancels) {
            cancel(1, 0);
            cancel(2, 0);
        } else {
            execute(1, 5);
            execute(2, 5);
        }
        CHECK(filled(&datum) == 2 && datum == row_of_it && ahead(1) == 0);
    }
}

static void in_a_later_instant_it_does_not(void)
{
    for (int cancels = 0; cancels < 2; cancels++) {
        int64_t datum = -1;
        begin();
        execute(4, 2);
        row_ts++;
        if (cancels) {
            cancel(1, 0);
            cancel(2, 0);
        } else {
            execute(1, 5);
            execute(2, 5);
        }
        CHECK(filled(&datum) == 0 && ahead(1) == 0);
    }
}

static void of_many_executions_out_of_turn_a_bounded_number_counts(void)
{
    int64_t datum = -1;
    begin();
    own(2, VEL_BUY, 100, 40);
    for (int64_t id = 10; id < 10 + VEL_MISSED_MAX + 5; id++)
        add(id, 100, 1);
    for (int64_t id = 10; id < 10 + VEL_MISSED_MAX + 5; id++)
        execute(id, 1);
    CHECK(venue.instruments[0].missed.count == VEL_MISSED_MAX);
    execute(1, 5);
    execute(2, 5);
    CHECK(filled(&datum) == 3); /* the first own order; recorded bid 4 stands before the second */
    execute(4, 9);
    CHECK(filled(&datum) == VEL_MISSED_MAX - 3);
}

/* A level of another price or side in the same instant has its own turn. */
static void executions_of_another_level_are_not_mixed_in(void)
{
    int64_t datum = -1;
    begin();
    row_ts = 15;
    add(5, 99, 5);
    own(2, VEL_BUY, 99, 3);
    add(6, 99, 5);
    row_ts = 20;
    execute(4, 2);
    CHECK(row(VEL_EV_ORDER_EXECUTE, 6, 99, 2, VEL_FLAG_LAST) == VEL_OK);
    (void)filled(&datum);
    execute(1, 5);
    execute(2, 5);
    CHECK(ahead(1) == 0 && venue.instruments[0].missed.key == vel_side_key(VEL_BUY, 99));
}

/* The level leaves the view, order by order, and comes back. */
static void hide_the_level(void)
{
    static const int64_t ids[3] = {1, 2, 4};
    begin();
    for (int at = 0; at < 3; at++)
        CHECK(row(VEL_EV_ORDER_CANCEL, ids[at], 100, 0, VEL_FLAG_SNAPSHOT | VEL_FLAG_LAST) == VEL_OK);
    row_ts = 21;
}

static void list_again(int64_t id, int64_t qty)
{
    CHECK(row(VEL_EV_ORDER_ADD, id, 100, qty, VEL_FLAG_SNAPSHOT | VEL_FLAG_LAST) == VEL_OK);
}

static void orders_that_are_listed_again_stand_ahead_as_far_as_before(void)
{
    int64_t datum = -1;
    hide_the_level();
    CHECK(ahead(1) == 10); /* out of view nothing is known to have gone */
    list_again(1, 5);
    list_again(2, 5);
    list_again(4, 9); /* no more than stood there before: it is behind */
    execute(1, 5);
    CHECK(ahead(1) == 5);
    cancel(2, 5);
    CHECK(ahead(1) == 0);
    execute(4, 1);
    CHECK(filled(&datum) == 1);
    hide_the_level();
    list_again(1, 2); /* of those that stood ahead fewer came back */
    list_again(4, 1);
    execute(1, 1);
    CHECK(ahead(1) == 2);
}

static void rows_about_unknown_orders_are_counted_and_left_out(void)
{
    begin();
    CHECK(row(VEL_EV_ORDER_CANCEL, 99, 100, 1, VEL_FLAG_LAST) == VEL_OK);
    CHECK(row(VEL_EV_ORDER_EXECUTE, 98, 100, 1, VEL_FLAG_LAST) == VEL_OK);
    CHECK(venue.instruments[0].unknown == 2 && ahead(1) == 10);
    CHECK(row(VEL_EV_DELTA, 0, 100, 5, VEL_FLAG_LAST) == VEL_EINVAL); /* a row by level */
    CHECK(row(VEL_EV_ORDER_EXECUTE, 1, 100, 0, VEL_FLAG_LAST) == VEL_EINVAL);
    CHECK(row(VEL_EV_ORDER_ADD, 7, 100, -5, VEL_FLAG_LAST) == VEL_EINVAL);
    CHECK(row(VEL_EV_ORDER_CANCEL, 1, 100, 50, VEL_FLAG_LAST) == VEL_ECORRUPT);
}

int main(void)
{
    the_lots_of_older_orders_stand_ahead_and_no_others();
    an_execution_out_of_turn_counts_when_the_turn_comes_in_its_instant();
    in_a_later_instant_it_does_not();
    of_many_executions_out_of_turn_a_bounded_number_counts();
    executions_of_another_level_are_not_mixed_in();
    orders_that_are_listed_again_stand_ahead_as_far_as_before();
    rows_about_unknown_orders_are_counted_and_left_out();
    vel_venue_free(&venue);
    return check_failures != 0;
}
