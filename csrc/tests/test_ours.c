/* Own resting lots by price, and what the book shows without them. */
#include "velora/ours.h"

#include "check.h"

static vel_book_t book;
static vel_ours_t ours;

static void begin(void)
{
    vel_ours_free(&ours);
    vel_book_free(&book);
    ours = (vel_ours_t){.is_shown = 1};
    CHECK(vel_book_init(&book) == VEL_OK);
    for (int64_t away = 0; away < 3; away++)
        CHECK(vel_book_set(&book, VEL_BUY, 100 - away, 5) == VEL_OK);
}

static void lots_add_up_by_price_and_side(void)
{
    begin();
    CHECK(vel_ours_lots(&ours, VEL_BUY, 100) == 0);
    CHECK(vel_ours_add(&ours, VEL_BUY, 100, 3) == VEL_OK && vel_ours_add(&ours, VEL_BUY, 100, 2) == VEL_OK);
    CHECK(vel_ours_lots(&ours, VEL_BUY, 100) == 5 && vel_ours_lots(&ours, VEL_SELL, 100) == 0);
    CHECK(vel_ours_add(&ours, VEL_BUY, 100, -4) == VEL_OK && vel_ours_lots(&ours, VEL_BUY, 100) == 1);
    CHECK(vel_ours_add(&ours, VEL_BUY, 100, -4) == VEL_OK && vel_ours_lots(&ours, VEL_BUY, 100) == 0);
    CHECK(vel_ours_add(&ours, VEL_BUY, 99, -1) == VEL_OK && vel_ours_lots(&ours, VEL_BUY, 99) == 0);
}

static void a_level_that_is_all_ours_is_no_level_of_others(void)
{
    begin();
    int64_t lots = 0, prices[3], sizes[3];
    CHECK(vel_ours_add(&ours, VEL_BUY, 100, 5) == VEL_OK && vel_ours_add(&ours, VEL_BUY, 99, 2) == VEL_OK);
    CHECK(vel_key_ticks(VEL_BUY, vel_ours_others_best(&ours, &book, VEL_BUY, &lots)) == 99 && lots == 3);
    CHECK(vel_ours_others_depth(&ours, &book, VEL_BUY, 3, prices, sizes) == 2);
    CHECK(prices[0] == 99 && sizes[0] == 3 && prices[1] == 98 && sizes[1] == 5);
    CHECK(vel_ours_others_depth(&ours, &book, VEL_BUY, 1, prices, sizes) == 1);
}

/* The feed does not show own orders: nothing is to be taken off. */
static void orders_that_the_feed_does_not_show_are_not_taken_off(void)
{
    begin();
    int64_t lots = 0;
    CHECK(vel_ours_add(&ours, VEL_BUY, 100, 5) == VEL_OK);
    ours.is_shown = 0;
    CHECK(vel_key_ticks(VEL_BUY, vel_ours_others_best(&ours, &book, VEL_BUY, &lots)) == 100 && lots == 5);
    CHECK(vel_key_ticks(VEL_BUY, vel_ours_others_best(NULL, &book, VEL_BUY, &lots)) == 100 && lots == 5);
}

static void a_side_of_own_orders_alone_is_empty(void)
{
    begin();
    int64_t lots = 9;
    CHECK(vel_ours_others_best(&ours, &book, VEL_SELL, &lots) == VEL_NO_KEY && lots == 0);
    for (int64_t away = 0; away < 3; away++)
        CHECK(vel_ours_add(&ours, VEL_BUY, 100 - away, 5) == VEL_OK);
    CHECK(vel_ours_others_best(&ours, &book, VEL_BUY, &lots) == VEL_NO_KEY && lots == 0);
}

int main(void)
{
    lots_add_up_by_price_and_side();
    a_level_that_is_all_ours_is_no_level_of_others();
    orders_that_the_feed_does_not_show_are_not_taken_off();
    a_side_of_own_orders_alone_is_empty();
    vel_ours_free(&ours);
    vel_book_free(&book);
    return check_failures != 0;
}
