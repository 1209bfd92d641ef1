#include "velora/book_l2.h"
#include "velora/event.h"

#include "check.h"

#define WINDOW ((int64_t)VEL_DIRECTORY_PAGES * VEL_PAGE_TICKS)

static void best_follows_sets_and_deletes(void)
{
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(!vel_book_has_side(&book, VEL_BUY));
    CHECK(vel_book_set(&book, VEL_BUY, 100, 5) == VEL_OK);
    CHECK(vel_book_set(&book, VEL_BUY, 101, 6) == VEL_OK);
    CHECK(vel_book_best(&book, VEL_BUY) == 101 && vel_book_best_qty(&book, VEL_BUY) == 6);
    CHECK(vel_book_set(&book, VEL_BUY, 101, 0) == VEL_OK);
    CHECK(vel_book_best(&book, VEL_BUY) == 100);
    CHECK(vel_book_set(&book, VEL_BUY, 100, 0) == VEL_OK);
    CHECK(!vel_book_has_side(&book, VEL_BUY) && book.side[VEL_BUY].levels == 0);
    vel_book_free(&book);
}

static void bad_arguments_leave_the_book_unchanged(void)
{
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(vel_book_set(&book, 2, 100, 5) == VEL_EINVAL);
    CHECK(vel_book_set(&book, VEL_BUY, 100, -1) == VEL_EINVAL);
    CHECK(vel_book_set(&book, VEL_BUY, VEL_TICKS_MAX, 1) == VEL_EINVAL);
    CHECK(vel_book_set(&book, VEL_BUY, -VEL_TICKS_MAX, 1) == VEL_EINVAL);
    CHECK(!vel_book_has_side(&book, VEL_BUY));
    vel_book_free(&book);
}

static void levels_beyond_the_window_are_kept_and_found(void)
{
    vel_book_t book;
    int64_t ticks[8], lots[8];
    CHECK(vel_book_init(&book) == VEL_OK);
    for (int64_t i = 0; i < 8; i++)
        CHECK(vel_book_set(&book, VEL_SELL, 1000 + i * WINDOW, 1 + i) == VEL_OK);
    CHECK(vel_book_depth(&book, VEL_SELL, 8, ticks, lots) == 8);
    for (int64_t i = 0; i < 8; i++)
        CHECK(ticks[i] == 1000 + i * WINDOW && lots[i] == 1 + i);
    /* Taking the best away moves the window from one to the next. */
    for (int64_t i = 0; i < 7; i++) {
        CHECK(vel_book_best(&book, VEL_SELL) == 1000 + i * WINDOW);
        CHECK(vel_book_set(&book, VEL_SELL, 1000 + i * WINDOW, 0) == VEL_OK);
    }
    CHECK(vel_book_best(&book, VEL_SELL) == 1000 + 7 * WINDOW);
    /* And back: a better level far below. */
    CHECK(vel_book_set(&book, VEL_SELL, -5 * WINDOW, 9) == VEL_OK);
    CHECK(vel_book_best(&book, VEL_SELL) == -5 * WINDOW);
    CHECK(vel_book_depth(&book, VEL_SELL, 8, ticks, lots) == 2);
    vel_book_free(&book);
}

static void negative_prices_and_page_edges_are_ordinary(void)
{
    vel_book_t book;
    int64_t ticks[6], lots[6];
    static const int64_t prices[] = {-65, -64, -1, 0, 63, 64};
    CHECK(vel_book_init(&book) == VEL_OK);
    for (int i = 0; i < 6; i++)
        CHECK(vel_book_set(&book, VEL_BUY, prices[i], 10 + i) == VEL_OK);
    CHECK(vel_book_depth(&book, VEL_BUY, 6, ticks, lots) == 6);
    for (int i = 0; i < 6; i++)
        CHECK(ticks[i] == prices[5 - i] && lots[i] == 15 - i);
    vel_book_free(&book);
}

static void deleting_far_pages_keeps_the_others_reachable(void)
{
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(vel_book_set(&book, VEL_SELL, 0, 1) == VEL_OK);
    for (int64_t i = 1; i <= 500; i++)
        CHECK(vel_book_set(&book, VEL_SELL, WINDOW + i * 64 * 7, i) == VEL_OK);
    for (int64_t i = 1; i <= 500; i += 3)
        CHECK(vel_book_set(&book, VEL_SELL, WINDOW + i * 64 * 7, 0) == VEL_OK);
    for (int64_t i = 1; i <= 500; i++)
        CHECK(vel_book_qty(&book, VEL_SELL, WINDOW + i * 64 * 7) == (i % 3 == 1 ? 0 : i));
    vel_book_free(&book);
}

static void clearing_keeps_the_memory(void)
{
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    for (int round = 0; round < 3; round++) {
        for (int64_t i = 0; i < 1000; i++)
            CHECK(vel_book_set(&book, VEL_BUY, i * 100, 1) == VEL_OK);
        uint32_t pages = book.side[VEL_BUY].pages_max;
        vel_book_clear(&book);
        CHECK(!vel_book_has_side(&book, VEL_BUY) && book.side[VEL_BUY].levels == 0);
        CHECK(book.side[VEL_BUY].pages_max == pages);
        CHECK(vel_book_qty(&book, VEL_BUY, 500) == 0);
    }
    vel_book_free(&book);
}

static void sweep_adds_up_what_a_taker_meets(void)
{
    vel_book_t book;
    int64_t filled;
    vel_i128 value;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(vel_book_set(&book, VEL_SELL, 101, 5) == VEL_OK);
    CHECK(vel_book_set(&book, VEL_SELL, 103, 5) == VEL_OK);
    vel_book_sweep(&book, VEL_BUY, 7, 200, &filled, &value);
    CHECK(filled == 7 && value == 5 * 101 + 2 * 103);
    vel_book_sweep(&book, VEL_BUY, 7, 102, &filled, &value);
    CHECK(filled == 5 && value == 5 * 101);
    vel_book_free(&book);
}

static void rows_that_are_not_depth_change_nothing(void)
{
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(vel_book_apply(&book, VEL_EV_TRADE, VEL_BUY, 100, 5) == VEL_OK);
    CHECK(!vel_book_has_side(&book, VEL_BUY));
    CHECK(vel_book_apply(&book, VEL_EV_GAP, VEL_NO_SIDE, 0, 0) == VEL_OK && book.is_stale);
    CHECK(vel_book_apply(&book, VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0) == VEL_OK);
    CHECK(vel_book_apply(&book, VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, 0, 0) == VEL_OK && !book.is_stale);
    vel_book_free(&book);
}

static void rows_that_do_not_fit_stop_with_the_rows_before_them_applied(void)
{
    static const uint8_t kinds[4] = {VEL_EV_DELTA, VEL_EV_GAP, VEL_EV_DELTA, VEL_EV_DELTA};
    static const uint8_t sides[4] = {VEL_BUY, VEL_NO_SIDE, VEL_SELL, 9};
    static const int64_t prices[4] = {100, 0, 102, 1}, lots[4] = {5, 0, 6, 1}, numbers[4] = {11, 12, 13, 14};
    int64_t touch[8] = {0}, failed = -1;
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(vel_book_apply_rows(&book, kinds, sides, prices, lots, 4, touch, &failed) == VEL_EINVAL && failed == 3);
    CHECK(touch[0] == 100 && touch[1] == VEL_NO_KEY && touch[4] == 100 && touch[5] == 102 && book.is_stale);
    vel_columns_t columns = {.ts_event = numbers,
                             .order_id = numbers,
                             .kind = kinds,
                             .side = sides,
                             .price = prices,
                             .qty = lots,
                             .rows = 4};
    CHECK(vel_book_apply_columns(&book, &columns, 1, 4, &failed) == VEL_EINVAL && failed == 3);
    CHECK(vel_book_apply_columns(&book, &columns, 0, 3, &failed) == VEL_OK && book.update_id == 13);
    CHECK(vel_book_apply_columns(&book, &columns, 2, 2, &failed) == VEL_OK && book.update_id == 13);
    vel_book_free(&book);
}

/* Also of levels beyond the window. */
static void a_sweep_ends_at_its_limit_or_where_it_is_filled(void)
{
    vel_book_t book;
    int64_t filled = 0, prices[3], lots[3];
    vel_i128 value = 0;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(vel_book_set(&book, VEL_SELL, 100, 2) == VEL_OK && vel_book_set(&book, VEL_SELL, 102, 3) == VEL_OK);
    CHECK(vel_book_set(&book, VEL_SELL, 100 + 3 * WINDOW, 4) == VEL_OK);
    vel_book_sweep(&book, VEL_BUY, 4, 1000, &filled, &value);
    CHECK(filled == 4 && value == 2 * 100 + 2 * 102);
    vel_book_sweep(&book, VEL_BUY, 4, 101, &filled, &value);
    CHECK(filled == 2 && value == 200);
    vel_book_sweep(&book, VEL_BUY, 40, VEL_TICKS_MAX, &filled, &value);
    CHECK(filled == 9);
    CHECK(vel_book_sweep_key(&book, VEL_BUY, 2, 1000) == 100 && vel_book_sweep_key(&book, VEL_BUY, 3, 1000) == 102);
    CHECK(vel_book_sweep_key(&book, VEL_BUY, 6, 1000) == 1000); /* not filled before its limit */
    CHECK(vel_ladder_last(&book.side[VEL_SELL]) == 100 + 3 * WINDOW);
    CHECK(vel_book_depth(&book, VEL_SELL, 2, prices, lots) == 2 &&
          vel_book_depth(&book, VEL_SELL, 9, prices, lots) == 3);
    CHECK(vel_ladder_last(&book.side[VEL_BUY]) == VEL_NO_KEY);
    vel_book_free(&book);
}

static void a_book_of_quotes_is_known_at_its_best_prices_alone(void)
{
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    book.is_quotes = 1;
    CHECK(!vel_book_is_known_for(&book, VEL_BUY, 1)); /* no level is shown, and no snapshot was received */
    CHECK(vel_book_known_key(&book, VEL_BUY) == VEL_NO_KEY);
    CHECK(vel_book_set(&book, VEL_BUY, 100, 2) == VEL_OK);
    vel_book_end_snapshot(&book);
    CHECK(vel_book_is_known_for(&book, VEL_BUY, 1) && !vel_book_is_known_to(&book, VEL_BUY, -99));
    CHECK(vel_book_is_known_for(&book, VEL_SELL, 1)); /* told to be empty */
    CHECK(vel_book_level_state(&book, VEL_BUY, -99) == VEL_LEVEL_UNKNOWN);
    book.is_stale = 1;
    CHECK(vel_book_known_key(&book, VEL_BUY) == VEL_NO_KEY && !vel_book_is_known_to(&book, VEL_BUY, -100));
    vel_book_free(&book);
}

static void sums_of_times_stop_at_the_ends_of_their_range(void)
{
    CHECK(vel_add(VEL_NEVER, 1) == VEL_NEVER && vel_add(INT64_MIN, -1) == INT64_MIN && vel_add(-2, 5) == 3);
}

int main(void)
{
    best_follows_sets_and_deletes();
    bad_arguments_leave_the_book_unchanged();
    levels_beyond_the_window_are_kept_and_found();
    negative_prices_and_page_edges_are_ordinary();
    deleting_far_pages_keeps_the_others_reachable();
    clearing_keeps_the_memory();
    sweep_adds_up_what_a_taker_meets();
    rows_that_are_not_depth_change_nothing();
    rows_that_do_not_fit_stop_with_the_rows_before_them_applied();
    a_sweep_ends_at_its_limit_or_where_it_is_filled();
    a_book_of_quotes_is_known_at_its_best_prices_alone();
    sums_of_times_stop_at_the_ends_of_their_range();
    return check_failures != 0;
}
