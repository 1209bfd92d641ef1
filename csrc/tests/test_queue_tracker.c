/* The bounds of one's own queue positions, from a feed by level and the venue's answers: each rule of queue_tracker.h
 * by itself. */
#include "velora/book_l2.h"
#include "velora/queue_tracker.h"

#include "check.h"

#define PRICE 100
#define SECOND INT64_C(1000000000)

static vel_queue_tracker_t tracker;

static void begin(void)
{
    vel_queue_tracker_free(&tracker);
    vel_queue_tracker_init(&tracker);
}

static void send(int64_t order_id, int64_t price, int64_t shown)
{
    CHECK(vel_queue_tracker_sent(&tracker, order_id, VEL_BUY, price, 5, false, shown) == VEL_OK);
}

static void join(int64_t order_id, int64_t price, int64_t ts)
{
    CHECK(vel_queue_tracker_joined(&tracker, order_id, price, ts) == VEL_OK);
}

/* One order that joined at 10 behind so many lots. */
static void stand_behind(int64_t shown)
{
    begin();
    send(1, PRICE, shown);
    join(1, PRICE, 10);
}

static vel_track_change_t level_change(int64_t ts, int64_t before, int64_t after)
{
    return (vel_track_change_t){
        .ts_event = ts, .before = before, .after = after, .kind = VEL_TRACK_LEVEL, .was_known = 1, .is_known = 1};
}

static void level(int64_t ts, int64_t before, int64_t after)
{
    vel_track_change_t change = level_change(ts, before, after);
    vel_queue_tracker_on_level(&tracker, VEL_BUY, PRICE, &change);
}

static void note(int64_t ts, uint8_t kind, int64_t shown)
{
    vel_track_change_t change = {
        .ts_event = ts, .before = shown, .after = shown, .kind = kind, .was_known = shown >= 0, .is_known = shown >= 0};
    vel_queue_tracker_on_level(&tracker, VEL_BUY, PRICE, &change);
}

static void trade(int64_t ts, int64_t price, int64_t traded, int64_t shown, uint8_t kind)
{
    vel_track_change_t change = {
        .ts_event = ts, .before = shown, .after = shown, .traded = traded, .kind = kind, .is_known = shown >= 0};
    vel_queue_tracker_on_trade(&tracker, VEL_BUY, price, &change);
}

static vel_tracked_position_t position(int64_t order_id, int64_t shown)
{
    const vel_tracked_t *order = vel_queue_tracker_find(&tracker, order_id);
    CHECK(order != NULL);
    return order == NULL ? (vel_tracked_position_t){0} : vel_tracked_position(order, shown);
}

static bool stands(int64_t order_id, double low, double likely, double high)
{
    vel_tracked_position_t found = position(order_id, -1);
    return found.low == low && found.likely == likely && found.high == high;
}

/* ---------------------------------------------------------------- joining */

static void an_order_has_no_position_before_it_joins(void)
{
    begin();
    send(1, PRICE, 30);
    CHECK(vel_queue_tracker_find(&tracker, 1) == NULL && vel_queue_tracker_find(&tracker, 2) == NULL);
    CHECK(vel_queue_tracker_is_at(&tracker, VEL_BUY, PRICE));
    CHECK(!vel_queue_tracker_is_at(&tracker, VEL_SELL, PRICE) && !vel_queue_tracker_is_at(&tracker, VEL_BUY, 99));
    join(1, PRICE, 10);
    CHECK(stands(1, 30, 30, 30) && position(1, -1).confidence == 1.0);
    CHECK(vel_queue_tracker_is_at(&tracker, VEL_BUY, PRICE));
}

/* The answer says which of the changes since the order was sent came before it. */
static void changes_up_to_the_time_of_joining_move_the_back_of_the_queue(void)
{
    begin();
    send(1, PRICE, 30);
    level(5, 30, 50);
    level(10, 50, 40);
    level(11, 40, 36); /* later: a cancel, ahead or behind */
    join(1, PRICE, 10);
    CHECK(stands(1, 36, 36, 36));
    level(12, 36, 20);
    CHECK(stands(1, 20, 20, 20)); /* nobody joined behind, so all of it was ahead */
}

static void an_answer_that_comes_first_counts_what_the_feed_says_later(void)
{
    begin();
    send(1, PRICE, 30);
    join(1, PRICE, 10);
    level(9, 30, 44); /* the feed comes after, with an earlier time */
    CHECK(stands(1, 44, 44, 44));
    note(10, VEL_TRACK_SEEN, 41);
    CHECK(stands(1, 41, 41, 41));
    note(9, VEL_TRACK_LOST, -1);
    CHECK(stands(1, 0, VEL_QUEUE_UNKNOWN, VEL_QUEUE_UNKNOWN));
    trade(8, PRICE, 4, 44, VEL_TRACK_TRADE); /* a trade before it says nothing of its place */
    CHECK(stands(1, 0, VEL_QUEUE_UNKNOWN, VEL_QUEUE_UNKNOWN));
}

/* More changes than are remembered: the oldest of those that are says what stood there. */
static void a_late_answer_begins_at_the_oldest_change_that_is_remembered(void)
{
    for (int is_known = 0; is_known < 2; is_known++) {
        begin();
        send(1, PRICE, 30);
        for (int64_t at = 0; at < VEL_TRACK_CHANGES_MAX + 10; at++) {
            vel_track_change_t change = level_change(100 + at, 200 - at, 199 - at);
            change.was_known = is_known;
            vel_queue_tracker_on_level(&tracker, VEL_BUY, PRICE, &change);
        }
        join(1, PRICE, 10);
        if (is_known)
            CHECK(stands(1, 158, 158, 158)); /* behind 190, of which 32 went one by one */
        else
            CHECK(position(1, -1).high == 158 && position(1, -1).low == 0);
    }
}

/* ---------------------------------------------------------------- the level */

static void a_cancel_widens_the_bounds_by_what_stands_behind(void)
{
    stand_behind(30);
    level(11, 30, 60); /* 30 more behind */
    CHECK(stands(1, 30, 30, 30));
    level(12, 60, 50);
    vel_tracked_position_t found = position(1, -1);
    CHECK(found.low == 20 && found.high == 30 && found.likely == 25);
    CHECK(found.confidence == 1.0 - 10.0 / 30.0);
    level(13, 50, 10);
    CHECK(position(1, -1).low == 0 && position(1, -1).high == 10);
    level(14, 10, 0);
    CHECK(stands(1, 0, 0, 0) && position(1, -1).confidence == 1.0);
}

static void at_an_unknown_price_nothing_or_anything_stands_ahead(void)
{
    stand_behind(-1);
    vel_tracked_position_t found = position(1, -1);
    CHECK(found.low == 0 && vel_queue_is_unknown(found.high) && found.confidence == 0.0);
    trade(11, PRICE, 7, -1, VEL_TRACK_TRADE);
    CHECK(vel_queue_is_unknown(position(1, -1).high));
    level(12, 0, 20); /* from known to be empty: all of it is behind */
    CHECK(stands(1, 0, 0, 0));
    stand_behind(-1);
    vel_track_change_t shows = level_change(12, 0, 20);
    shows.was_known = 0;
    vel_queue_tracker_on_level(&tracker, VEL_BUY, PRICE, &shows);
    CHECK(position(1, -1).low == 0 && position(1, -1).high == 20); /* from out of view: anything up to all of it */
}

static void a_level_that_leaves_the_view_keeps_the_upper_bound(void)
{
    stand_behind(30);
    note(11, VEL_TRACK_LOST, -1);
    CHECK(position(1, -1).low == 0 && position(1, -1).high == 30);
    note(12, VEL_TRACK_LOOK, 12); /* it is back */
    CHECK(position(1, -1).high == 12 && position(1, -1).low == 0);
    note(13, VEL_TRACK_LOOK, 40);
    CHECK(position(1, -1).high == 12);
    note(14, VEL_TRACK_LOOK, 0);
    CHECK(stands(1, 0, 0, 0));
    note(15, VEL_TRACK_LOOK, 9); /* certain again: a look moves nothing */
    CHECK(stands(1, 0, 0, 0));
}

static void what_a_row_does_not_tell_waits_for_the_next_row(void)
{
    stand_behind(30);
    note(11, VEL_TRACK_SEEN, 5);
    CHECK(stands(1, 30, 30, 30));
    note(12, VEL_TRACK_LOOK, -1);
    CHECK(stands(1, 30, 30, 30));
}

/* While a position is unsure and the feed has passed its joining, the level that shows now bounds it. */
static void an_unsure_position_is_bounded_by_the_level_that_shows(void)
{
    stand_behind(-1);
    CHECK(vel_queue_is_unknown(position(1, 20).high)); /* the feed is not there yet */
    vel_queue_tracker_settle(&tracker, vel_queue_tracker_at(&tracker, tracker.first));
    vel_tracked_position_t found = position(1, 20);
    CHECK(found.low == 0 && found.likely == 20 && found.high == 20 && found.confidence == 0.0);
    CHECK(vel_queue_is_unknown(position(1, -1).high));
    stand_behind(30);
    note(11, VEL_TRACK_LOST, -1);
    vel_queue_tracker_settle(&tracker, vel_queue_tracker_at(&tracker, tracker.first));
    CHECK(position(1, 12).high == 12 && position(1, 12).confidence == 1.0 - 12.0 / 30.0);
    CHECK(position(1, 90).high == 30);
}

/* ---------------------------------------------------------------- trades */

static void a_trade_takes_from_the_front(void)
{
    stand_behind(30);
    trade(11, PRICE, 10, 30, VEL_TRACK_TRADE);
    CHECK(stands(1, 20, 20, 20));
    trade(12, PRICE, 90, 20, VEL_TRACK_TRADE);
    CHECK(stands(1, 0, 0, 0));
}

static void own_orders_that_are_met_before_may_have_got_a_part_of_the_trade(void)
{
    stand_behind(30);
    send(2, PRICE, 30);
    join(2, PRICE, 20);
    trade(30, PRICE, 12, 30, VEL_TRACK_TRADE);
    CHECK(stands(1, 18, 18, 18));
    CHECK(stands(2, 18, 23, 23)); /* 5 of the 12 lots may have filled order 1 */
    trade(31, PRICE, 3, 18, VEL_TRACK_TRADE);
    CHECK(stands(2, 15, 23, 23));
}

static void a_trade_and_a_depth_row_of_one_instant_count_once(void)
{
    stand_behind(30);
    trade(11, PRICE, 10, 30, VEL_TRACK_TRADE);
    level(11, 30, 20);
    CHECK(stands(1, 20, 20, 20));
    level(12, 20, 15);
    trade(12, PRICE, 5, 15, VEL_TRACK_TRADE);
    CHECK(stands(1, 15, 15, 15));
    trade(13, PRICE, 5, 15, VEL_TRACK_TRADE);
    CHECK(stands(1, 10, 10, 10)); /* of another instant: another one */
}

static void on_an_estimated_clock_one_instant_is_a_second_long(void)
{
    for (uint8_t is_estimated = 0; is_estimated < 2; is_estimated++) {
        stand_behind(30);
        tracker.is_estimated = is_estimated;
        level(SECOND, 30, 20);
        trade(SECOND + SECOND / 2, PRICE, 10, 20, VEL_TRACK_TRADE);
        CHECK(position(1, -1).high == (is_estimated ? 20 : 10));
        CHECK(position(1, -1).low == 10); /* they may be two all the same */
        level(2 * SECOND, 20, 40);
        CHECK(position(1, -1).low == 10);
    }
    stand_behind(30);
    tracker.is_estimated = 1;
    level(SECOND, 30, 60);
    level(SECOND + 1, 60, 20);
    CHECK(position(1, -1).low == 0 && position(1, -1).high == 20);
}

static void a_trade_without_a_side_moves_the_lower_bound_alone(void)
{
    stand_behind(30);
    trade(11, PRICE, 10, 30, VEL_TRACK_MAYBE);
    CHECK(stands(1, 20, 30, 30));
    trade(12, PRICE - 1, 1, 30, VEL_TRACK_MAYBE); /* beyond the price, if it was a sell */
    CHECK(stands(1, 0, 30, 30));
}

static void a_trade_beyond_the_price_makes_the_order_first(void)
{
    stand_behind(30);
    send(2, PRICE, 30); /* has not joined: the trade may have come before it */
    trade(11, PRICE - 1, 1, 50, VEL_TRACK_TRADE);
    CHECK(stands(1, 0, 0, 0));
    join(2, PRICE, 12);
    CHECK(stands(2, 30, 30, 30));
    trade(13, PRICE + 1, 5, 50, VEL_TRACK_TRADE); /* a better price than theirs does not concern them */
    CHECK(stands(2, 30, 30, 30));
}

static void hidden_volume_moves_no_queue(void)
{
    stand_behind(30);
    trade(11, PRICE, 10, 30, VEL_TRACK_LOOK);
    CHECK(stands(1, 30, 30, 30));
}

static void a_best_price_that_became_worse_leaves_nothing_ahead(void)
{
    stand_behind(30);
    send(2, PRICE - 5, 8);
    join(2, PRICE - 5, 10);
    vel_queue_tracker_on_worse(&tracker, VEL_BUY, vel_side_key(VEL_BUY, PRICE - 3), 11);
    CHECK(stands(1, 0, 0, 0) && stands(2, 8, 8, 8));
}

/* ---------------------------------------------------------------- fills */

static void an_order_that_was_filled_in_part_is_first_for_good(void)
{
    stand_behind(30);
    send(1, PRICE + 1, 4); /* on its way to another price: that one is not concerned */
    vel_queue_tracker_filled(&tracker, 1, 20);
    CHECK(stands(1, 0, 0, 0));
    level(21, 0, 40);
    note(22, VEL_TRACK_LOST, -1);
    CHECK(stands(1, 0, 0, 0) && position(1, 60).high == 0);
}

static void an_iceberg_may_have_gone_to_the_back_with_its_fill(void)
{
    begin();
    CHECK(vel_queue_tracker_sent(&tracker, 1, VEL_BUY, PRICE, 50, true, 30) == VEL_OK);
    join(1, PRICE, 10);
    send(2, PRICE, 30);
    join(2, PRICE, 11);
    vel_queue_tracker_settle(&tracker, vel_queue_tracker_at(&tracker, tracker.first));
    level(15, 30, 44);
    vel_queue_tracker_filled(&tracker, 1, 20);
    vel_tracked_position_t found = position(1, -1);
    CHECK(found.low == 0 && found.high == 44);
    vel_queue_tracker_filled(&tracker, 1, 21); /* the last at its price already */
    CHECK(position(1, -1).high == 44);
    trade(30, PRICE, 6, 44, VEL_TRACK_TRADE); /* order 2 is met before it now */
    CHECK(position(2, -1).high == 24 && position(1, -1).high == 43);
}

static void what_is_left_counts_for_the_orders_behind(void)
{
    stand_behind(30);
    send(2, PRICE, 30);
    join(2, PRICE, 20);
    vel_queue_tracker_left(&tracker, 1, 2);
    trade(30, PRICE, 12, 30, VEL_TRACK_TRADE);
    CHECK(stands(2, 18, 20, 20));
}

/* ---------------------------------------------------------------- moves */

static void an_order_that_moves_stands_at_its_old_price_until_the_venue_answers(void)
{
    stand_behind(30);
    send(1, PRICE + 1, 8);
    send(1, PRICE + 2, 9); /* and on, before the answer */
    CHECK(stands(1, 30, 30, 30) && tracker.count == 3);
    join(1, PRICE + 1, 20); /* the other prices are forgotten, even the one still on its way */
    CHECK(stands(1, 8, 8, 8) && tracker.count == 1);
    CHECK(!vel_queue_tracker_is_at(&tracker, VEL_BUY, PRICE) && !vel_queue_tracker_is_at(&tracker, VEL_BUY, PRICE + 2));
}

static void a_refused_move_leaves_the_order_where_it_stands(void)
{
    stand_behind(30);
    send(1, PRICE + 1, 8);
    send(1, PRICE + 2, 8);
    vel_queue_tracker_stays(&tracker, 1);
    CHECK(stands(1, 30, 30, 30) && tracker.count == 1);
    CHECK(!vel_queue_tracker_is_at(&tracker, VEL_BUY, PRICE + 1));
    vel_queue_tracker_stays(&tracker, 99);
}

/* A change of quantity that keeps the place. */
static void an_answer_for_the_same_price_without_a_new_entry_keeps_the_position(void)
{
    stand_behind(30);
    level(12, 30, 25);
    join(1, PRICE, 20);
    CHECK(stands(1, 25, 25, 25));
    join(99, PRICE, 20); /* an order that is not tracked */
    CHECK(tracker.count == 1);
}

/* ---------------------------------------------------------------- the lists */

/* Entries end anywhere in the lists of all and of the unsettled; what they leave is used again. */
static void ended_orders_leave_every_list(void)
{
    static const int64_t orders[3][6] = {{1, 2, 3, 4, 5, 6}, {6, 5, 4, 3, 2, 1}, {3, 5, 1, 6, 2, 4}};
    begin();
    for (int turn = 0; turn < 3; turn++) {
        for (int64_t id = 1; id <= 6; id++) {
            send(id, PRICE + id % 2, 10);
            send(id, PRICE + 3, 10);
        }
        join(2, PRICE, 5);
        join(4, PRICE, 5);
        CHECK(tracker.count == 10 && tracker.entries.count <= 12);
        for (int at = 0; at < 6; at++) {
            vel_queue_tracker_ended(&tracker, orders[turn][at]);
            int64_t all = 0, fresh = 0;
            for (uint32_t one = tracker.first; one != VEL_NO_INDEX; one = vel_queue_tracker_at(&tracker, one)->next)
                all++;
            for (uint32_t one = tracker.fresh; one != VEL_NO_INDEX;
                 one = vel_queue_tracker_at(&tracker, one)->fresh_prev)
                fresh++;
            CHECK(all == tracker.count && fresh == tracker.count);
            CHECK(vel_queue_tracker_find(&tracker, orders[turn][at]) == NULL);
        }
        CHECK(tracker.count == 0 && tracker.first == VEL_NO_INDEX && tracker.last == VEL_NO_INDEX);
    }
    vel_queue_tracker_ended(&tracker, 1);
    CHECK(tracker.fresh == VEL_NO_INDEX);
}

static void settled_entries_leave_the_list_of_fresh_ones(void)
{
    begin();
    for (int64_t id = 1; id <= 3; id++)
        send(id, PRICE, 10);
    vel_queue_tracker_settle(&tracker, vel_queue_tracker_at(&tracker, 1)); /* the middle, an end, the last */
    vel_queue_tracker_settle(&tracker, vel_queue_tracker_at(&tracker, 0));
    CHECK(tracker.fresh == 2 && vel_queue_tracker_at(&tracker, 2)->fresh_prev == VEL_NO_INDEX);
    join(1, PRICE, 10); /* it joined after what the feed has shown: fresh again */
    CHECK(tracker.fresh == 0 && vel_queue_tracker_at(&tracker, 0)->fresh_prev == 2);
    vel_queue_tracker_ended(&tracker, 2); /* settled: in no list of fresh ones */
    CHECK(tracker.fresh == 0 && tracker.count == 2);
}

int main(void)
{
    an_order_has_no_position_before_it_joins();
    changes_up_to_the_time_of_joining_move_the_back_of_the_queue();
    an_answer_that_comes_first_counts_what_the_feed_says_later();
    a_late_answer_begins_at_the_oldest_change_that_is_remembered();
    a_cancel_widens_the_bounds_by_what_stands_behind();
    at_an_unknown_price_nothing_or_anything_stands_ahead();
    a_level_that_leaves_the_view_keeps_the_upper_bound();
    what_a_row_does_not_tell_waits_for_the_next_row();
    an_unsure_position_is_bounded_by_the_level_that_shows();
    a_trade_takes_from_the_front();
    own_orders_that_are_met_before_may_have_got_a_part_of_the_trade();
    a_trade_and_a_depth_row_of_one_instant_count_once();
    on_an_estimated_clock_one_instant_is_a_second_long();
    a_trade_without_a_side_moves_the_lower_bound_alone();
    a_trade_beyond_the_price_makes_the_order_first();
    hidden_volume_moves_no_queue();
    a_best_price_that_became_worse_leaves_nothing_ahead();
    an_order_that_was_filled_in_part_is_first_for_good();
    an_iceberg_may_have_gone_to_the_back_with_its_fill();
    what_is_left_counts_for_the_orders_behind();
    an_order_that_moves_stands_at_its_old_price_until_the_venue_answers();
    a_refused_move_leaves_the_order_where_it_stands();
    an_answer_for_the_same_price_without_a_new_entry_keeps_the_position();
    ended_orders_leave_every_list();
    settled_entries_leave_the_list_of_fresh_ones();
    vel_queue_tracker_free(&tracker);
    return check_failures != 0;
}
