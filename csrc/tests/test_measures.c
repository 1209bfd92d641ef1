/* Measures of a book against the figures that their definitions in measures.h give by hand. */
#include "velora/measures.h"

#include <math.h>

#include "check.h"

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1.0 + fabs(b));
}

static vel_book_t make_book(void)
{
    vel_book_t book;
    CHECK(vel_book_init(&book) == VEL_OK);
    return book;
}

static void set(vel_book_t *book, uint8_t side, int64_t price, int64_t qty)
{
    CHECK(vel_book_set(book, side, price, qty) == VEL_OK);
}

static vel_book_t two_levels_a_side(void)
{
    vel_book_t book = make_book();
    set(&book, VEL_BUY, 100, 4);
    set(&book, VEL_BUY, 99, 6);
    set(&book, VEL_SELL, 102, 2);
    set(&book, VEL_SELL, 104, 8);
    return book;
}

static void measures_are_those_of_their_definitions(void)
{
    vel_book_t book = two_levels_a_side();
    vel_measures_t found;
    CHECK(vel_measures(&book, 2, log(2.0), &found) == VEL_OK);
    CHECK(found.mid == 101.0 && found.spread == 2.0);
    CHECK(is_near(found.microprice, (100.0 * 2.0 + 102.0 * 4.0) / 6.0));
    CHECK(is_near(found.imbalance, 2.0 / 6.0));
    CHECK(is_near(found.depth_imbalance, (7.0 - 6.0) / 13.0));
    double bid = 4.0 + 6.0 / 2.0, ask = 2.0 + 8.0 / 3.0;
    CHECK(is_near(found.pressure, (bid - ask) / (bid + ask)));
    CHECK(is_near(found.slope_bid, (1.0 * 4.0 + 2.0 * 10.0) / 5.0));
    CHECK(is_near(found.slope_ask, (1.0 * 2.0 + 3.0 * 10.0) / 10.0));
    CHECK(found.depth_bid == 10.0 && found.depth_ask == 10.0);
    vel_book_free(&book);
}

static void only_the_best_n_levels_count(void)
{
    vel_book_t book = two_levels_a_side();
    vel_measures_t found;
    CHECK(vel_measures(&book, 1, 0.0, &found) == VEL_OK);
    CHECK(found.depth_bid == 4.0 && found.depth_ask == 2.0 && is_near(found.depth_imbalance, found.imbalance));
    CHECK(vel_measures(&book, 9, 0.0, &found) == VEL_OK); /* a side may have fewer */
    CHECK(found.depth_bid == 10.0 && found.depth_ask == 10.0);
    CHECK(vel_measures(&book, 0, 0.0, &found) == VEL_OK);
    CHECK(found.depth_bid == 0.0 && found.depth_imbalance == 0.0 && found.pressure == 0.0 && found.slope_bid == 0.0);
    vel_book_free(&book);
}

static void a_level_at_the_mid_counts_as_half_a_tick_away(void)
{
    vel_book_t book = make_book();
    vel_measures_t found;
    set(&book, VEL_BUY, 100, 4);
    set(&book, VEL_SELL, 100, 2);
    CHECK(vel_measures(&book, 1, 0.0, &found) == VEL_OK);
    CHECK(found.spread == 0.0 && is_near(found.pressure, 2.0 / 6.0) && is_near(found.slope_bid, 8.0));
    vel_book_free(&book);
}

static void an_empty_side_has_no_measures(void)
{
    for (uint8_t side = 0; side < 2; side++) {
        vel_book_t book = make_book();
        vel_measures_t found = {.mid = 17.0};
        set(&book, side, 100, 4);
        CHECK(vel_measures(&book, 2, 0.0, &found) == VEL_ENOENT && found.mid == 17.0);
        vel_book_free(&book);
    }
}

static void measures_are_known_as_far_as_a_snapshot_reaches(void)
{
    vel_book_t book = make_book();
    CHECK(vel_book_apply(&book, VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0) == VEL_OK);
    set(&book, VEL_BUY, 100, 4);
    set(&book, VEL_BUY, 99, 4);
    set(&book, VEL_SELL, 102, 4);
    set(&book, VEL_SELL, 103, 4);
    CHECK(!vel_measures_are_known(&book, 1)); /* not yet whole */
    CHECK(vel_book_apply(&book, VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, 0, 0) == VEL_OK);
    CHECK(vel_measures_are_known(&book, 1) && vel_measures_are_known(&book, 2) && !vel_measures_are_known(&book, 3));
    set(&book, VEL_SELL, 110, 4); /* beyond the snapshot: between it and the last level there may be others */
    set(&book, VEL_SELL, 102, 0);
    set(&book, VEL_SELL, 102, 1);
    CHECK(vel_measures_are_known(&book, 2) && !vel_measures_are_known(&book, 3));
    CHECK(vel_book_apply(&book, VEL_EV_GAP, VEL_NO_SIDE, 0, 0) == VEL_OK);
    CHECK(!vel_measures_are_known(&book, 1));
    vel_book_free(&book);
}

static void the_flow_is_the_change_of_the_top(void)
{
    vel_book_t book = make_book();
    vel_flow_t flow = {0};
    set(&book, VEL_BUY, 100, 4);
    CHECK(vel_flow_update(&flow, &book) == 0.0 && !flow.has_top);
    set(&book, VEL_SELL, 102, 2);
    CHECK(vel_flow_update(&flow, &book) == 0.0 && flow.has_top); /* the first top */
    set(&book, VEL_BUY, 100, 7);
    CHECK(vel_flow_update(&flow, &book) == 3.0);
    set(&book, VEL_SELL, 102, 5);
    CHECK(vel_flow_update(&flow, &book) == -3.0);
    set(&book, VEL_BUY, 101, 6); /* a better bid: all of it is new */
    CHECK(vel_flow_update(&flow, &book) == 6.0);
    set(&book, VEL_BUY, 101, 0); /* and gone */
    CHECK(vel_flow_update(&flow, &book) == -6.0);
    set(&book, VEL_SELL, 101, 3);
    CHECK(vel_flow_update(&flow, &book) == -3.0);
    set(&book, VEL_SELL, 101, 0);
    CHECK(vel_flow_update(&flow, &book) == 3.0);
    set(&book, VEL_SELL, 102, 0);
    CHECK(vel_flow_update(&flow, &book) == 0.0); /* an empty side: what comes after is a first top again */
    set(&book, VEL_SELL, 103, 9);
    CHECK(vel_flow_update(&flow, &book) == 0.0);
    vel_book_free(&book);
}

static const uint8_t kinds[6] = {VEL_EV_DELTA, VEL_EV_DELTA,        VEL_EV_TRADE,
                                 VEL_EV_DELTA, VEL_EV_SNAPSHOT_END, VEL_EV_DELTA};
static const uint8_t sides[6] = {VEL_BUY, VEL_SELL, VEL_BUY, VEL_BUY, VEL_NO_SIDE, 9};
static const uint8_t flags[6] = {VEL_FLAG_LAST, VEL_FLAG_LAST, VEL_FLAG_LAST, 0, VEL_FLAG_LAST, VEL_FLAG_LAST};
static const int64_t prices[6] = {100, 102, 102, 101, 0, 1};
static const int64_t lots[6] = {4, 2, 2, 3, 0, 1};

/* A line for each batch after which both sides are there; a bad row stops with its status. */
static void columns_write_a_line_a_batch_until_they_are_full_or_a_row_is_bad(void)
{
    vel_columns_t columns = {.price = prices, .qty = lots, .kind = kinds, .side = sides, .flags = flags, .rows = 6};
    for (int wants_known = 0; wants_known < 2; wants_known++)
        for (int64_t room = 1; room <= 4; room++) {
            vel_book_t book = make_book();
            vel_flow_t flow = {0};
            double out[4 * VEL_MEASURE_COLUMNS];
            int64_t row = 0, rows_out[4], written = -1, lines = 0;
            uint8_t known[4] = {9, 9, 9, 9};
            int status;
            do {
                status =
                    vel_measures_columns(&book, &flow, &columns, &row, 1, 0.0, room, out + lines * VEL_MEASURE_COLUMNS,
                                         rows_out + lines, wants_known ? known + lines : NULL, &written);
                lines += written;
            } while (status == VEL_OK && row < columns.rows);
            CHECK(status == VEL_EINVAL && row == 5 && lines == 2);
            CHECK(rows_out[0] == 1 && rows_out[1] == 4);
            CHECK(out[0] == 101.0 && out[VEL_MEASURES] == 0.0);
            CHECK(out[VEL_MEASURE_COLUMNS] == 101.5 && out[VEL_MEASURE_COLUMNS + VEL_MEASURES] == 3.0);
            CHECK(wants_known ? known[0] == 1 && known[1] == 1 : known[0] == 9);
            vel_book_free(&book);
        }
}

int main(void)
{
    measures_are_those_of_their_definitions();
    only_the_best_n_levels_count();
    a_level_at_the_mid_counts_as_half_a_tick_away();
    an_empty_side_has_no_measures();
    measures_are_known_as_far_as_a_snapshot_reaches();
    the_flow_is_the_change_of_the_top();
    columns_write_a_line_a_batch_until_they_are_full_or_a_row_is_bad();
    return check_failures != 0;
}
