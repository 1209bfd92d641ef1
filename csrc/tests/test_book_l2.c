#include "velora/book_l2.h"

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
    return check_failures != 0;
}
