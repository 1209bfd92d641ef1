/* Quotes over a level book, rule by rule; test_fusion_random has any sequence of them. */
#include "velora/fusion.h"

#include "check.h"

static vel_book_t book;
static vel_fusion_t fusion;

/* Bids 100 to 98, asks 102 to 104, ten lots each, as of update 5. */
static void begin(void)
{
    vel_fusion_free(&fusion);
    vel_book_free(&book);
    CHECK(vel_book_init(&book) == VEL_OK);
    for (int64_t away = 0; away < 3; away++) {
        CHECK(vel_book_set(&book, VEL_BUY, 100 - away, 10) == VEL_OK);
        CHECK(vel_book_set(&book, VEL_SELL, 102 + away, 10) == VEL_OK);
    }
    book.update_id = 5;
}

static int quote(int64_t id, int64_t bid, int64_t bid_lots, int64_t ask, int64_t ask_lots)
{
    const int64_t prices[2] = {bid, ask}, lots[2] = {bid_lots, ask_lots};
    return vel_fusion_quote(&fusion, &book, id, prices, lots);
}

static bool shows(int64_t bid, int64_t bid_lots, int64_t ask, int64_t ask_lots)
{
    return vel_book_best(&book, VEL_BUY) == bid && vel_book_best_qty(&book, VEL_BUY) == bid_lots &&
           vel_book_best(&book, VEL_SELL) == ask && vel_book_best_qty(&book, VEL_SELL) == ask_lots;
}

static void a_newer_quote_is_the_top_until_the_feed_reaches_it(void)
{
    begin();
    CHECK(quote(8, 99, 3, 103, 4) == VEL_OK && fusion.is_active && shows(99, 3, 103, 4));
    CHECK(vel_fusion_base(&fusion, &book, VEL_BUY, vel_side_key(VEL_BUY, 100)) == 10);
    CHECK(vel_fusion_base(&fusion, &book, VEL_BUY, vel_side_key(VEL_BUY, 98)) == 10);
    CHECK(vel_fusion_delta(&fusion, &book, 6, VEL_BUY, 100, 7) == VEL_OK);  /* changes what lies below the overlay */
    CHECK(vel_fusion_delta(&fusion, &book, 6, VEL_SELL, 104, 1) == VEL_OK); /* or what it does not reach */
    CHECK(shows(99, 3, 103, 4) && vel_book_qty(&book, VEL_SELL, 104) == 1);
    CHECK(vel_fusion_delta(&fusion, &book, 8, VEL_SELL, 103, 6) == VEL_OK && !fusion.is_active);
    CHECK(shows(100, 7, 102, 10) && vel_book_qty(&book, VEL_SELL, 103) == 6 && vel_book_qty(&book, VEL_BUY, 99) == 10);
}

static void a_price_that_only_the_quote_showed_goes_with_it(void)
{
    begin();
    CHECK(quote(8, 101, 1, 102, 9) == VEL_OK && shows(101, 1, 102, 9));
    CHECK(quote(9, 100, 2, 102, 8) == VEL_OK && shows(100, 2, 102, 8));
    CHECK(vel_book_qty(&book, VEL_BUY, 101) == 0);
    CHECK(vel_fusion_lift(&fusion, &book) == VEL_OK && shows(100, 10, 102, 10));
}

static void a_level_better_than_the_quote_stays_hidden_until_the_feed_is_there(void)
{
    begin();
    CHECK(quote(9, 99, 3, 102, 4) == VEL_OK);
    CHECK(vel_fusion_delta(&fusion, &book, 6, VEL_BUY, 101, 2) == VEL_OK && shows(99, 3, 102, 4));
    CHECK(vel_fusion_delta(&fusion, &book, 9, VEL_SELL, 104, 10) == VEL_OK && shows(101, 2, 102, 10));
}

static void a_side_without_lots_is_left_alone(void)
{
    begin();
    CHECK(quote(8, 0, 0, 103, 4) == VEL_OK && shows(100, 10, 103, 4));
    CHECK(vel_fusion_delta(&fusion, &book, 6, VEL_BUY, 101, 2) == VEL_OK && shows(101, 2, 103, 4));
}

static void a_quote_that_is_not_news_changes_nothing(void)
{
    begin();
    CHECK(quote(5, 99, 3, 103, 4) == VEL_OK && !fusion.is_active); /* not newer than the book */
    CHECK(quote(8, 99, 3, 103, 4) == VEL_OK);
    CHECK(quote(8, 98, 1, 104, 1) == VEL_OK && shows(99, 3, 103, 4)); /* nor than the overlay */
    begin();
    book.is_stale = 1;
    CHECK(quote(8, 99, 3, 103, 4) == VEL_OK && !fusion.is_active);
    begin();
    book.in_snapshot = 1;
    CHECK(quote(8, 99, 3, 103, 4) == VEL_OK && !fusion.is_active);
    for (uint8_t side = 0; side < 2; side++) {
        begin();
        vel_ladder_clear(&book.side[side]);
        CHECK(quote(8, 99, 3, 103, 4) == VEL_OK && !fusion.is_active);
    }
}

static void a_quote_out_of_range_is_refused_and_the_overlay_stays(void)
{
    begin();
    CHECK(quote(8, 99, 3, 103, 4) == VEL_OK);
    CHECK(quote(9, VEL_TICKS_MAX, 3, 103, 4) == VEL_EINVAL && quote(9, 99, 3, -VEL_TICKS_MAX, 4) == VEL_EINVAL);
    CHECK(quote(9, 99, -1, 103, 4) == VEL_EINVAL && quote(9, 99, 3, 103, VEL_LOTS_MAX + 1) == VEL_EINVAL);
    CHECK(fusion.update_id == 8 && shows(99, 3, 103, 4));
}

static void a_row_out_of_range_is_refused(void)
{
    begin();
    CHECK(quote(8, 99, 3, 103, 4) == VEL_OK);
    CHECK(vel_fusion_delta(&fusion, &book, 6, 2, 100, 1) == VEL_EINVAL);
    CHECK(vel_fusion_delta(&fusion, &book, 6, VEL_BUY, 97, -1) == VEL_EINVAL);
    CHECK(vel_fusion_lift(&fusion, &book) == VEL_OK);
    CHECK(vel_fusion_delta(&fusion, &book, 6, VEL_BUY, VEL_TICKS_MAX, 1) == VEL_EINVAL);
    CHECK(shows(100, 10, 102, 10));
}

int main(void)
{
    a_newer_quote_is_the_top_until_the_feed_reaches_it();
    a_price_that_only_the_quote_showed_goes_with_it();
    a_level_better_than_the_quote_stays_hidden_until_the_feed_is_there();
    a_side_without_lots_is_left_alone();
    a_quote_that_is_not_news_changes_nothing();
    a_quote_out_of_range_is_refused_and_the_overlay_stays();
    a_row_out_of_range_is_refused();
    vel_fusion_free(&fusion);
    vel_book_free(&book);
    return check_failures != 0;
}
