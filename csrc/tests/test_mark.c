/* What a position is worth: each sentence of the rule in mark.h, and the values that follow from a mark. */
#include "velora/mark.h"

#include "velora/event.h"

#include "check.h"

#define NOW 1000
#define LONG 5
#define SHORT (-5)
/* A mark price of so many ticks: a tick is a tenth of the quote currency. */
#define MARK_OF(ticks) ((ticks) * VEL_RATE_SCALE / 10)

static const vel_money_spec_t linear = {.value_mult = 1000, .tick_num = 1, .tick_den = 10};
static const vel_money_spec_t inverse = {.value_mult = 1000, .tick_num = 1, .tick_den = 10, .is_inverse = 1};

static vel_book_t book;
static vel_known_t known;

/* A whole book with these best prices, 0 for a side without levels. */
static void begin(int64_t bid, int64_t ask)
{
    vel_book_free(&book);
    CHECK(vel_book_init(&book) == VEL_OK);
    if (bid != 0)
        CHECK(vel_book_set(&book, VEL_BUY, bid, 7) == VEL_OK);
    if (ask != 0)
        CHECK(vel_book_set(&book, VEL_SELL, ask, 7) == VEL_OK);
    vel_known_init(&known);
}

static void know_mid(int64_t bid, int64_t ask, int64_t ts)
{
    known.top[VEL_BUY] = bid;
    known.top[VEL_SELL] = ask;
    known.mid_ts = ts;
}

static void know_trade(int64_t price, int64_t ts)
{
    known.trade_price = price;
    known.trade_ts = ts;
}

static void know_mark(int64_t ticks, int64_t ts)
{
    known.mark_price = MARK_OF(ticks);
    known.mark_ts = ts;
}

static bool marks(int64_t lots, vel_mark_source_t source, int64_t price)
{
    vel_mark_t mark = vel_mark_of(&known, &book, NULL, &linear, lots, NOW);
    return mark.source == source && mark.price == price;
}

/* ---------------------------------------------------------------- the rule */

static void a_whole_book_with_both_sides_marks_at_its_mid(void)
{
    begin(100, 103);
    know_trade(90, NOW);
    CHECK(marks(LONG, VEL_MARK_MID, 203) && marks(SHORT, VEL_MARK_MID, 203) && marks(0, VEL_MARK_MID, 203));
    CHECK(vel_mark_of(&known, &book, NULL, &linear, LONG, NOW).ts == NOW);
}

static void where_nothing_is_known_the_mark_is_unknown(void)
{
    begin(0, 0);
    CHECK(marks(LONG, VEL_MARK_UNKNOWN, 0) && marks(0, VEL_MARK_UNKNOWN, 0));
}

static void without_a_side_the_newest_counts(void)
{
    begin(0, 0);
    know_mid(100, 103, 10);
    know_trade(90, 11);
    CHECK(marks(LONG, VEL_MARK_TRADE, 180));
    know_mark(80, 12);
    CHECK(marks(LONG, VEL_MARK_MARK_PRICE, MARK_OF(80)));
    know_mid(100, 103, 13);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 203));
}

static void at_equal_times_the_mid_goes_before_the_trade_and_the_trade_before_the_mark_price(void)
{
    begin(0, 0);
    know_trade(90, 10);
    know_mark(80, 10);
    CHECK(marks(LONG, VEL_MARK_TRADE, 180));
    know_mid(100, 103, 10);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 203));
}

static void the_side_that_closes_keeps_the_last_mid_while_it_stands(void)
{
    begin(100, 0);
    know_mid(100, 104, 10);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 204));
    begin(0, 104);
    know_mid(100, 104, 10);
    CHECK(marks(SHORT, VEL_MARK_LAST_MID, 204));
    begin(99, 0); /* it has moved: what it pays */
    know_mid(100, 104, 10);
    CHECK(marks(LONG, VEL_MARK_QUOTE, 198));
    begin(99, 0);
    CHECK(marks(LONG, VEL_MARK_QUOTE, 198)); /* likewise without a mid */
}

static void a_later_price_counts_if_it_is_worse_but_never_worse_than_the_side_pays(void)
{
    begin(100, 0);
    know_mid(100, 104, 10);
    know_trade(101, 9);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 204)); /* not later */
    know_trade(103, 11);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 204)); /* not worse */
    know_trade(101, 11);
    CHECK(marks(LONG, VEL_MARK_TRADE, 202));
    know_trade(90, 11);
    CHECK(marks(LONG, VEL_MARK_QUOTE, 200));
    begin(0, 104);
    know_mid(100, 104, 10);
    know_mark(103, 11);
    CHECK(marks(SHORT, VEL_MARK_MARK_PRICE, MARK_OF(103)));
    know_mark(101, 11);
    CHECK(marks(SHORT, VEL_MARK_LAST_MID, 204));
    know_mark(120, 11);
    CHECK(marks(SHORT, VEL_MARK_QUOTE, 208));
}

static void the_other_side_bounds_the_newest(void)
{
    begin(0, 104);
    CHECK(marks(LONG, VEL_MARK_QUOTE, 208)); /* all that is known */
    know_mid(100, 104, 10);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 204));
    know_trade(110, 11);
    CHECK(marks(LONG, VEL_MARK_QUOTE, 208)); /* a long position is not worth more than what is offered */
    CHECK(marks(0, VEL_MARK_TRADE, 220));    /* no position, no bound */
    begin(100, 0);
    know_trade(90, 11);
    CHECK(marks(SHORT, VEL_MARK_QUOTE, 200) && marks(0, VEL_MARK_TRADE, 180));
    know_trade(103, 11);
    CHECK(marks(SHORT, VEL_MARK_TRADE, 206));
}

/* A side that went counts as of when it went. */
static void the_last_side_of_an_empty_book_is_remembered(void)
{
    begin(0, 0);
    know_mid(100, 104, 10);
    known.side = VEL_BUY;
    known.side_price = 98;
    known.side_ts = 20;
    CHECK(marks(LONG, VEL_MARK_QUOTE, 196));
    CHECK(marks(SHORT, VEL_MARK_LAST_MID, 204)); /* the side that went does not close it */
    know_trade(97, 21);
    CHECK(marks(LONG, VEL_MARK_TRADE, 194));
    know_mid(100, 104, 30);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 204));
}

static void a_stale_mid_counts_where_it_is_worse(void)
{
    begin(100, 104);
    vel_known_keep(&known, &book, 10);
    book.is_stale = 1;
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 204)); /* alike: the first */
    CHECK(vel_book_set(&book, VEL_BUY, 100, 0) == VEL_OK && vel_book_set(&book, VEL_BUY, 90, 1) == VEL_OK);
    CHECK(marks(LONG, VEL_MARK_STALE_MID, 194) && marks(SHORT, VEL_MARK_LAST_MID, 204));
    CHECK(marks(0, VEL_MARK_LAST_MID, 204));
    know_trade(103, 11); /* since the gap something newer speaks */
    CHECK(marks(LONG, VEL_MARK_TRADE, 206));
    know_trade(103, 9);
    CHECK(vel_book_set(&book, VEL_BUY, 105, 1) == VEL_OK); /* a crossed book has no mid */
    CHECK(marks(SHORT, VEL_MARK_LAST_MID, 204));
    begin(0, 104);
    vel_known_keep(&known, &book, 10);
    book.is_stale = 1;
    CHECK(marks(LONG, VEL_MARK_QUOTE, 208) && marks(SHORT, VEL_MARK_QUOTE, 208));
    CHECK(vel_book_set(&book, VEL_BUY, 102, 1) == VEL_OK);
    CHECK(marks(LONG, VEL_MARK_STALE_MID, 206) && marks(SHORT, VEL_MARK_QUOTE, 208));
}

static void within_a_snapshot_the_book_shows_nothing(void)
{
    begin(100, 104);
    vel_known_keep(&known, &book, 10);
    book.in_snapshot = 1;
    CHECK(vel_book_set(&book, VEL_BUY, 100, 0) == VEL_OK && vel_book_set(&book, VEL_BUY, 90, 1) == VEL_OK);
    CHECK(marks(LONG, VEL_MARK_LAST_MID, 204));
}

static void a_quote_beside_the_book_is_a_mid_while_it_is_newer(void)
{
    begin(0, 104);
    vel_mark_quote_t quote = {.top = {101, 104}, .ts = 20};
    know_mid(100, 104, 10);
    vel_mark_t mark = vel_mark_of(&known, &book, &quote, &linear, LONG, NOW);
    CHECK(mark.source == VEL_MARK_LAST_MID && mark.price == 205 && mark.ts == 20);
    know_trade(90, 21);
    CHECK(vel_mark_of(&known, &book, &quote, &linear, LONG, NOW).source == VEL_MARK_TRADE);
    know_trade(90, 5);
    know_mid(100, 104, 20);
    CHECK(vel_mark_of(&known, &book, &quote, &linear, LONG, NOW).price == 204); /* the book's own goes before */
    know_mid(100, 104, 10);
    known.side_ts = 21;
    known.side = VEL_BUY;
    known.side_price = 98;
    CHECK(vel_mark_of(&known, &book, &quote, &linear, LONG, NOW).source == VEL_MARK_QUOTE);
}

/* ---------------------------------------------------------------- what is remembered */

static void a_side_that_empties_leaves_the_mid_of_before(void)
{
    begin(100, 104);
    CHECK(vel_book_set(&book, VEL_BUY, 100, 0) == VEL_OK);
    vel_known_deleted(&known, &book, VEL_BUY, 100, 10);
    CHECK(known.mid_ts == 10 && known.top[VEL_BUY] == 100 && known.top[VEL_SELL] == 104);
    CHECK(vel_book_set(&book, VEL_SELL, 104, 0) == VEL_OK);
    vel_known_deleted(&known, &book, VEL_SELL, 104, 11);
    CHECK(known.mid_ts == 10 && known.side_ts == 11 && known.side == VEL_SELL && known.side_price == 104);
    vel_known_deleted(&known, &book, VEL_SELL, 104, 12); /* deleted again: it was not there */
    CHECK(known.side_ts == 11);
    begin(100, 104);
    CHECK(vel_book_set(&book, VEL_SELL, 104, 0) == VEL_OK);
    vel_known_deleted(&known, &book, VEL_SELL, 104, 10);
    CHECK(known.mid_ts == 10 && known.top[VEL_BUY] == 100 && known.top[VEL_SELL] == 104);
}

static void a_book_that_is_not_whole_leaves_nothing(void)
{
    begin(100, 104);
    book.is_stale = 1;
    CHECK(vel_book_set(&book, VEL_BUY, 100, 0) == VEL_OK);
    vel_known_deleted(&known, &book, VEL_BUY, 100, 10);
    vel_known_keep(&known, &book, 11);
    CHECK(known.mid_ts == VEL_MARK_NEVER && known.side_ts == VEL_MARK_NEVER);
    CHECK(known.emptied[VEL_BUY] == book.side[VEL_BUY].emptied);
}

static void what_a_book_shows_is_kept_before_it_goes(void)
{
    begin(100, 104);
    vel_known_keep(&known, &book, 10);
    CHECK(known.mid_ts == 10 && known.side_ts == VEL_MARK_NEVER);
    begin(100, 0);
    vel_known_keep(&known, &book, 10);
    CHECK(known.mid_ts == VEL_MARK_NEVER && known.side_ts == 10 && known.side == VEL_BUY && known.side_price == 100);
    begin(0, 104);
    vel_known_keep(&known, &book, 10);
    CHECK(known.side == VEL_SELL && known.side_price == 104);
    begin(0, 0);
    vel_known_keep(&known, &book, 10);
    CHECK(known.mid_ts == VEL_MARK_NEVER && known.side_ts == VEL_MARK_NEVER);
}

/* ---------------------------------------------------------------- values */

static void a_mark_price_and_a_mid_at_the_same_price_are_worth_the_same(void)
{
    vel_mark_t mid = {.price = 2 * 16, .source = VEL_MARK_MID};
    vel_mark_t price = {.price = MARK_OF(16), .source = VEL_MARK_MARK_PRICE};
    int64_t by_mid = 0, by_price = 0;
    for (int64_t lots = -3; lots <= 3; lots++) {
        CHECK(vel_mark_value(&mid, &linear, lots, &by_mid) == VEL_OK);
        CHECK(vel_mark_value(&price, &linear, lots, &by_price) == VEL_OK);
        CHECK(by_mid == 16000 * lots && by_price == by_mid);
        CHECK(vel_mark_value(&mid, &inverse, lots, &by_mid) == VEL_OK);
        CHECK(vel_mark_value(&price, &inverse, lots, &by_price) == VEL_OK);
        CHECK(by_price == by_mid);
    }
    CHECK(by_mid == 188); /* 187.5, to the even neighbour */
}

static void a_value_that_does_not_fit_is_refused(void)
{
    int64_t value = 17;
    vel_mark_t mark = {.price = MARK_OF(1), .source = VEL_MARK_MARK_PRICE};
    CHECK(vel_mark_value(&mark, &linear, VEL_LOTS_MAX, &value) == VEL_ERANGE); /* beyond 64 bits */
    mark.price = INT64_MAX;
    CHECK(vel_mark_value(&mark, &linear, VEL_LOTS_MAX, &value) == VEL_ERANGE); /* beyond 128 on the way */
    CHECK(vel_mark_value(&mark, &linear, -VEL_LOTS_MAX, &value) == VEL_ERANGE);
    mark.price = -INT64_MAX;
    CHECK(vel_mark_value(&mark, &linear, VEL_LOTS_MAX, &value) == VEL_ERANGE);
    mark.price = 0;
    CHECK(vel_mark_value(&mark, &inverse, 1, &value) == VEL_ERANGE); /* no inverse price */
    vel_mark_t mid = {.price = VEL_TICKS_MAX, .source = VEL_MARK_MID};
    CHECK(vel_mark_value(&mid, &linear, 1 << 20, &value) == VEL_ERANGE);
    CHECK(value == 17);
    CHECK(vel_mark_value(&mark, &linear, 1, &value) == VEL_OK && value == 0);
}

int main(void)
{
    a_whole_book_with_both_sides_marks_at_its_mid();
    where_nothing_is_known_the_mark_is_unknown();
    without_a_side_the_newest_counts();
    at_equal_times_the_mid_goes_before_the_trade_and_the_trade_before_the_mark_price();
    the_side_that_closes_keeps_the_last_mid_while_it_stands();
    a_later_price_counts_if_it_is_worse_but_never_worse_than_the_side_pays();
    the_other_side_bounds_the_newest();
    the_last_side_of_an_empty_book_is_remembered();
    a_stale_mid_counts_where_it_is_worse();
    within_a_snapshot_the_book_shows_nothing();
    a_quote_beside_the_book_is_a_mid_while_it_is_newer();
    a_side_that_empties_leaves_the_mid_of_before();
    a_book_that_is_not_whole_leaves_nothing();
    what_a_book_shows_is_kept_before_it_goes();
    a_mark_price_and_a_mid_at_the_same_price_are_worth_the_same();
    a_value_that_does_not_fit_is_refused();
    vel_book_free(&book);
    return check_failures != 0;
}
