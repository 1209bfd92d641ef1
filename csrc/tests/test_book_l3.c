/* The book by order: what it refuses, and what rows of a feed do to it; test_book_l3_random has any sequence of calls.
 */
#include "velora/book_l3.h"

#include "velora/event.h"

#include "check.h"

static vel_book_l3_t book;

/* Orders 1 to 3 of five lots at 100, in that order, and order 4 at 99; bids. */
static void begin(vel_priority_rule_t rule)
{
    vel_book_l3_free(&book);
    CHECK(vel_book_l3_init(&book, rule) == VEL_OK);
    for (int64_t id = 1; id <= 4; id++)
        CHECK(vel_book_l3_add(&book, id, VEL_BUY, id == 4 ? 99 : 100, 5) == VEL_OK);
}

static bool queue_is(int64_t price, int64_t first, int64_t second, int64_t third)
{
    const int64_t wanted[3] = {first, second, third};
    int64_t ids[4], lots[4], count = vel_book_l3_queue(&book, VEL_BUY, price, 4, ids, lots);
    for (int64_t at = 0; at < 3; at++)
        if (wanted[at] != (at < count ? ids[at] : 0))
            return false;
    return true;
}

static void arguments_out_of_range_are_refused_and_change_nothing(void)
{
    begin(VEL_PRIORITY_LOST_BY_MORE);
    uint64_t hash = vel_book_l3_state_hash(&book);
    CHECK(vel_book_l3_add(&book, 9, 2, 100, 5) == VEL_EINVAL);
    CHECK(vel_book_l3_add(&book, 9, VEL_BUY, VEL_TICKS_MAX, 5) == VEL_EINVAL);
    CHECK(vel_book_l3_add(&book, 9, VEL_BUY, -VEL_TICKS_MAX, 5) == VEL_EINVAL);
    CHECK(vel_book_l3_add(&book, 9, VEL_BUY, 100, 0) == VEL_EINVAL);
    CHECK(vel_book_l3_add(&book, 9, VEL_BUY, 100, VEL_LOTS_MAX + 1) == VEL_EINVAL);
    CHECK(vel_book_l3_add(&book, 1, VEL_BUY, 100, 5) == VEL_EEXIST);
    CHECK(vel_book_l3_change(&book, 9, 100, 5) == VEL_ENOENT);
    CHECK(vel_book_l3_change(&book, 1, 100, -1) == VEL_EINVAL);
    CHECK(vel_book_l3_change(&book, 1, VEL_TICKS_MAX, 5) == VEL_EINVAL);
    CHECK(vel_book_l3_cancel(&book, 9, 1) == VEL_ENOENT);
    CHECK(vel_book_l3_cancel(&book, 1, -1) == VEL_ECORRUPT);
    CHECK(vel_book_l3_cancel(&book, 1, 6) == VEL_ECORRUPT);
    CHECK(vel_book_l3_execute(&book, 1, 0) == VEL_EINVAL);
    CHECK(vel_book_l3_replace(&book, 9, 10, 100, 5) == VEL_ENOENT);
    CHECK(vel_book_l3_replace(&book, 1, 2, 100, 5) == VEL_EEXIST);
    CHECK(vel_book_l3_replace(&book, 1, 10, 100, 0) == VEL_EINVAL);
    CHECK(vel_book_l3_replace(&book, 1, 10, VEL_TICKS_MAX, 5) == VEL_EINVAL);
    CHECK(vel_book_l3_reserve(&book, -1) == VEL_EINVAL);
    CHECK(vel_book_l3_reserve(&book, VEL_L3_RESERVE_MAX + 1) == VEL_EFULL);
    int64_t lots = 0, orders = 0;
    CHECK(vel_book_l3_ahead(&book, 9, &lots, &orders) == VEL_ENOENT);
    CHECK(vel_book_l3_first_at(&book, VEL_SELL, 100) == NULL && vel_book_l3_orders_at(&book, VEL_SELL, 100) == 0);
    CHECK(vel_book_l3_first(&book, VEL_SELL) == NULL);
    CHECK(vel_book_l3_state_hash(&book) == hash);
    vel_book_l3_check(&book);
}

/* The total of a level is 64 bits. */
static void a_level_that_does_not_fit_is_refused_and_nothing_changes(void)
{
    begin(VEL_PRIORITY_KEPT);
    for (int64_t id = 10; id < 17; id++)
        CHECK(vel_book_l3_add(&book, id, VEL_SELL, 200, VEL_LOTS_MAX) == VEL_OK);
    CHECK(vel_book_l3_add(&book, 17, VEL_SELL, 201, VEL_LOTS_MAX) == VEL_OK);
    CHECK(vel_book_l3_add(&book, 18, VEL_SELL, 200, VEL_LOTS_MAX - 7) == VEL_OK);
    CHECK(vel_book_l3_add(&book, 20, VEL_SELL, 200, 14) == VEL_OK); /* the largest 64-bit number of lots */
    uint64_t hash = vel_book_l3_state_hash(&book);
    CHECK(vel_book_l3_add(&book, 19, VEL_SELL, 200, VEL_LOTS_MAX) == VEL_ERANGE);
    CHECK(vel_book_l3_change(&book, 17, 200, VEL_LOTS_MAX) == VEL_ERANGE); /* a move there */
    CHECK(vel_book_l3_change(&book, 20, 200, VEL_LOTS_MAX) == VEL_ERANGE); /* more in its place */
    CHECK(vel_book_l3_replace(&book, 17, 30, 200, VEL_LOTS_MAX) == VEL_ERANGE);
    CHECK(vel_book_l3_replace(&book, 17, 17, 200, VEL_LOTS_MAX) == VEL_ERANGE);
    CHECK(vel_book_l3_state_hash(&book) == hash && vel_book_l3_order(&book, 30) == NULL);
    vel_book_l3_check(&book);
}

static void the_rule_says_which_change_costs_the_place(void)
{
    begin(VEL_PRIORITY_LOST_BY_MORE);
    CHECK(vel_book_l3_change(&book, 1, 100, 4) == VEL_OK && queue_is(100, 1, 2, 3));
    CHECK(vel_book_l3_change(&book, 1, 100, 4) == VEL_OK && queue_is(100, 1, 2, 3));
    CHECK(vel_book_l3_change(&book, 1, 100, 6) == VEL_OK && queue_is(100, 2, 3, 1));
    begin(VEL_PRIORITY_LOST_BY_ANY);
    CHECK(vel_book_l3_change(&book, 1, 100, 4) == VEL_OK && queue_is(100, 2, 3, 1));
    begin(VEL_PRIORITY_KEPT);
    CHECK(vel_book_l3_change(&book, 1, 100, 6) == VEL_OK && queue_is(100, 1, 2, 3));
    CHECK(vel_book_l3_change(&book, 1, 99, 6) == VEL_OK && queue_is(99, 4, 1, 0)); /* another price always does */
    CHECK(vel_book_l3_change(&book, 2, 100, 0) == VEL_OK && queue_is(100, 3, 0, 0));
}

static void what_stands_ahead_is_counted_from_either_end(void)
{
    begin(VEL_PRIORITY_KEPT);
    int64_t lots = -1, orders = -1;
    for (int64_t id = 1; id <= 3; id++)
        CHECK(vel_book_l3_ahead(&book, id, &lots, &orders) == VEL_OK && lots == 5 * (id - 1) && orders == id - 1);
    int64_t ids[2], sizes[2];
    CHECK(vel_book_l3_queue(&book, VEL_BUY, 100, 2, ids, sizes) == 2 && ids[1] == 2 && sizes[1] == 5);
    CHECK(vel_book_l3_queue(&book, VEL_BUY, 42, 2, ids, sizes) == 0);
}

static const uint8_t kinds[7] = {VEL_EV_ORDER_ADD, VEL_EV_TRADE,        VEL_EV_ORDER_EXECUTE, VEL_EV_ORDER_CHANGE,
                                 VEL_EV_GAP,       VEL_EV_ORDER_CANCEL, VEL_EV_ORDER_CANCEL};
static const int64_t prices[7] = {101, 101, 101, 98, 0, 0, 0}, sizes[7] = {5, 2, 2, 3, 0, 0, 0};
static const int64_t ids[7] = {7, 0, 7, 4, 0, 99, 1};
static const uint8_t sides[7] = {0}, flags[7] = {0};

static void rows_about_unknown_orders_stop_or_are_skipped(void)
{
    vel_columns_t columns = {ids, ids, prices, sizes, ids, kinds, sides, flags, 7};
    int64_t skipped = 0, failed = -1;
    begin(VEL_PRIORITY_KEPT);
    CHECK(vel_book_l3_apply_columns(&book, &columns, 0, 7, false, &skipped, &failed) == VEL_ENOENT && failed == 5);
    CHECK(book.levels.is_stale && vel_book_l3_order(&book, 7)->qty == 3 && vel_book_l3_order(&book, 4)->price == 98);
    CHECK(vel_book_l3_order(&book, 1) != NULL);
    begin(VEL_PRIORITY_KEPT);
    CHECK(vel_book_l3_apply_columns(&book, &columns, 0, 7, true, &skipped, &failed) == VEL_OK && skipped == 1);
    CHECK(vel_book_l3_order(&book, 1) == NULL);
    CHECK(vel_book_l3_apply_columns(&book, &columns, 3, 3, true, &skipped, &failed) == VEL_OK);
    CHECK(vel_book_l3_apply_columns(&book, &columns, 0, 1, true, &skipped, &failed) == VEL_EEXIST && failed == 0);
}

static void dense_ids_are_places_in_an_array(void)
{
    vel_book_l3_free(&book);
    CHECK(vel_book_l3_init_dense(&book, VEL_PRIORITY_KEPT) == VEL_OK);
    CHECK(vel_book_l3_add(&book, -1, VEL_BUY, 100, 5) == VEL_EINVAL);
    CHECK(vel_book_l3_add(&book, INT64_C(1) << 31, VEL_BUY, 100, 5) == VEL_EINVAL);
    CHECK(vel_book_l3_add(&book, 5000, VEL_BUY, 100, 5) == VEL_OK && vel_book_l3_order(&book, 5000)->qty == 5);
    CHECK(vel_book_l3_reserve(&book, 10000) == VEL_OK && vel_book_l3_reserve(&book, 10) == VEL_OK);
    CHECK(vel_book_l3_order(&book, 9999) == NULL && vel_book_l3_order(&book, INT64_MAX) == NULL);
    CHECK(vel_book_l3_cancel(&book, 5000, 0) == VEL_OK && vel_book_l3_order(&book, 5000) == NULL);
}

int main(void)
{
    arguments_out_of_range_are_refused_and_change_nothing();
    a_level_that_does_not_fit_is_refused_and_nothing_changes();
    the_rule_says_which_change_costs_the_place();
    what_stands_ahead_is_counted_from_either_end();
    rows_about_unknown_orders_stop_or_are_skipped();
    dense_ids_are_places_in_an_array();
    vel_book_l3_free(&book);
    return check_failures != 0;
}
