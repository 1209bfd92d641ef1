/* One instrument as the local side sees it, row by row: what a row wakes, what it makes of the book, the quotes and the
 * marks, and what it says of the queue positions of own orders. */
#include "velora/local.h"

#include "check.h"

static vel_local_t local;
static vel_market_t *market;
static int64_t now;

static void begin(void)
{
    vel_local_free(&local);
    CHECK(vel_local_init(&local, 1, 1) == VEL_OK);
    market = &local.instruments[0];
    market->money = (vel_money_spec_t){.value_mult = 10, .tick_num = 1, .tick_den = 1};
    for (int kind = 0; kind < VEL_ROUTES; kind++)
        CHECK(vel_local_route_add(&local, 0, kind, 0, 0, NULL) == VEL_OK);
    now = 0;
}

/* A row of an instant of its own, received one nanosecond later; `id` is its update id. */
static int numbered(uint8_t kind, uint8_t side, int64_t price, int64_t qty, uint8_t flags, int64_t id)
{
    int64_t ts = ++now, received = ts + 1;
    vel_columns_t columns = {&ts, &received, &price, &qty, &id, &kind, &side, &flags, 1};
    local.now = received;
    return vel_local_on_row(&local, 0, &columns, 0);
}

static int row(uint8_t kind, uint8_t side, int64_t price, int64_t qty, uint8_t flags)
{
    return numbered(kind, side, price, qty, flags, now + 1);
}

static int level(uint8_t side, int64_t price, int64_t qty)
{
    return row(VEL_EV_DELTA, side, price, qty, VEL_FLAG_LAST);
}

static int trade(uint8_t side, int64_t price, int64_t qty, uint8_t flags)
{
    return row(VEL_EV_TRADE, side, price, qty, flags | VEL_FLAG_LAST);
}

static void quote(int64_t bid, int64_t bid_qty, int64_t ask, int64_t ask_qty, int wanted)
{
    CHECK(row(VEL_EV_QUOTE, VEL_BUY, bid, bid_qty, 0) == 0);
    CHECK(row(VEL_EV_QUOTE, VEL_SELL, ask, ask_qty, VEL_FLAG_LAST) == wanted);
}

static void snapshot(int64_t bid, int64_t bid_qty, int64_t ask, int64_t ask_qty)
{
    CHECK(row(VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0, VEL_FLAG_SNAPSHOT) == VEL_OK);
    CHECK(row(VEL_EV_DELTA, VEL_BUY, bid, bid_qty, VEL_FLAG_SNAPSHOT) == 0);
    CHECK(row(VEL_EV_DELTA, VEL_SELL, ask, ask_qty, VEL_FLAG_SNAPSHOT) == 0);
    CHECK(row(VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, 0, 0, VEL_FLAG_SNAPSHOT | VEL_FLAG_LAST) >= 0);
}

/* ---------------------------------------------------------------- wakes */

static void the_end_of_a_batch_is_a_book_and_a_changed_top_a_quote(void)
{
    begin();
    CHECK(row(VEL_EV_DELTA, VEL_BUY, 100, 5, 0) == 0); /* the batch goes on */
    CHECK(level(VEL_BUY, 99, 5) == VEL_WAKE_BOOK);     /* one side is no quote */
    CHECK(level(VEL_SELL, 102, 5) == (VEL_WAKE_BOOK | VEL_WAKE_QUOTE));
    CHECK(level(VEL_SELL, 103, 5) == VEL_WAKE_BOOK); /* behind the top */
    CHECK(level(VEL_SELL, 102, 6) == (VEL_WAKE_BOOK | VEL_WAKE_QUOTE));
    CHECK(market->quote_price[VEL_SELL] == 102 && market->quote_qty[VEL_SELL] == 6 && market->rows == 5);
    quote(100, 5, 102, 6, VEL_WAKE_QUOTE);
    CHECK(level(VEL_SELL, 102, 7) == VEL_WAKE_BOOK); /* quotes have a stream of their own */
    CHECK(market->quote_qty[VEL_SELL] == 6);
}

static void each_kind_of_row_wakes_its_route(void)
{
    begin();
    CHECK(trade(VEL_BUY, 100, 1, 0) == VEL_WAKE_TRADE);
    CHECK(row(VEL_EV_FUNDING, VEL_NO_SIDE, 0, 7, VEL_FLAG_LAST) == VEL_WAKE_FUNDING);
    CHECK(row(VEL_EV_GAP, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) == VEL_WAKE_GAP && market->book.is_stale);
    CHECK(row(VEL_EV_MARK_PRICE, VEL_NO_SIDE, 100, 0, VEL_FLAG_LAST) == 0);
    CHECK(row(VEL_EV_STATUS, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) == 0 && market->is_halted);
    CHECK(row(VEL_EV_STATUS, VEL_NO_SIDE, 0, 1, VEL_FLAG_LAST) == 0 && !market->is_halted);
    snapshot(100, 5, 102, 5);
    CHECK(!market->book.is_stale && market->quote_price[VEL_BUY] == 100);
    vel_local_routes_clear(&local, 0);
    CHECK(level(VEL_BUY, 100, 6) == 0 && trade(VEL_BUY, 100, 1, 0) == 0);
    CHECK(row(VEL_EV_GAP, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) == 0);
}

static void a_row_out_of_range_is_refused(void)
{
    begin();
    CHECK(level(2, 100, 5) == VEL_EINVAL && level(VEL_BUY, VEL_TICKS_MAX, 5) == VEL_EINVAL);
    CHECK(trade(3, 100, 1, 0) == VEL_EINVAL && trade(VEL_BUY, 100, -1, 0) == VEL_EINVAL);
    CHECK(trade(VEL_BUY, VEL_TICKS_MAX, 1, 0) == VEL_EINVAL);
    CHECK(row(VEL_EV_QUOTE, 2, 100, 1, 0) == VEL_EINVAL && row(VEL_EV_QUOTE, VEL_BUY, 100, -1, 0) == VEL_EINVAL);
    CHECK(row(VEL_EV_QUOTE, VEL_BUY, VEL_TICKS_MAX, 1, 0) == VEL_EINVAL);
    CHECK(row(VEL_EV_QUOTE, VEL_BUY, VEL_TICKS_MAX, 0, 0) == 0); /* an empty side has no price */
    CHECK(row(99, VEL_BUY, 100, 1, 0) == VEL_EINVAL && row(0, VEL_BUY, 100, 1, 0) == VEL_EINVAL);
}

static void a_filter_takes_off_the_kinds_that_pass_no_route(void)
{
    begin();
    vel_local_routes_clear(&local, 0);
    vel_filter_t best[3] = {{.best_change = 1}, {.best_change = 1}, {.volume = 10}};
    CHECK(vel_local_route_add(&local, 0, VEL_ROUTE_BOOK, 0, 0, &best[0]) == VEL_OK);
    CHECK(vel_local_route_add(&local, 0, VEL_ROUTE_QUOTE, 0, 0, &best[1]) == VEL_OK);
    CHECK(vel_local_route_add(&local, 0, VEL_ROUTE_TRADE, 0, 0, &best[2]) == VEL_OK);
    CHECK(level(VEL_BUY, 100, 5) == VEL_WAKE_BOOK);
    CHECK(level(VEL_SELL, 102, 5) == (VEL_WAKE_BOOK | VEL_WAKE_QUOTE));
    CHECK(level(VEL_SELL, 102, 6) == 0); /* the same prices */
    CHECK(level(VEL_SELL, 101, 6) == (VEL_WAKE_BOOK | VEL_WAKE_QUOTE));
    CHECK(level(VEL_BUY, 100, 0) == VEL_WAKE_BOOK && level(VEL_SELL, 101, 0) == VEL_WAKE_BOOK);
    CHECK(level(VEL_SELL, 102, 0) == VEL_WAKE_BOOK); /* an empty side is a change of its price */
    CHECK(trade(VEL_BUY, 100, 4, 0) == 0 && trade(VEL_BUY, 100, 6, 0) == VEL_WAKE_TRADE);
    quote(100, 5, 0, 0, VEL_WAKE_QUOTE);
    quote(0, 0, 101, 5, VEL_WAKE_QUOTE);
    quote(0, 0, 101, 7, 0);
    CHECK(level(VEL_BUY, 90, 5) == VEL_WAKE_BOOK && level(VEL_BUY, 90, 6) == 0);
}

static void trades_of_the_book_make_candles_and_the_last_price(void)
{
    begin();
    vel_candle_t candle = {.ts_next = 1000};
    vel_candle_ref_t one = &candle;
    CHECK(vel_candles_push(&market->candles, &one) == VEL_OK);
    CHECK(trade(VEL_BUY, 100, 3, 0) == VEL_WAKE_TRADE && trade(VEL_NO_SIDE, 101, 2, 0) == VEL_WAKE_TRADE);
    CHECK(trade(VEL_SELL, 50, 9, VEL_FLAG_OFF_BOOK) == VEL_WAKE_TRADE); /* it did not happen in the book */
    CHECK(trade(VEL_SELL, 99, 1, VEL_FLAG_HIDDEN | VEL_FLAG_CLOCK_ESTIMATED) == VEL_WAKE_TRADE);
    CHECK(candle.now.volume == 6 && candle.now.close == 99 && candle.now.low == 99);
    CHECK(market->known.trade_price == 99 && market->tracker.is_estimated);
}

/* ---------------------------------------------------------------- marks */

static void the_newest_known_price_marks_a_position(void)
{
    begin();
    CHECK(vel_market_mark(market, 1, now).source == VEL_MARK_UNKNOWN);
    CHECK(row(VEL_EV_MARK_PRICE, VEL_NO_SIDE, 5, 0, VEL_FLAG_LAST) == 0);
    CHECK(row(VEL_EV_FUNDING, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) >= 0); /* without a price: the one before stays */
    CHECK(vel_market_mark(market, 1, now).source == VEL_MARK_MARK_PRICE && market->known.mark_price == 5);
    CHECK(trade(VEL_BUY, 101, 1, 0) >= 0 && vel_market_mark(market, 1, now).source == VEL_MARK_TRADE);
    quote(0, 0, 102, 1, VEL_WAKE_QUOTE);
    CHECK(vel_market_mark(market, 1, now).source == VEL_MARK_TRADE); /* half a quote has no mid */
    quote(100, 1, 0, 0, VEL_WAKE_QUOTE);
    CHECK(vel_market_mark(market, 1, now).source == VEL_MARK_TRADE);
    quote(100, 1, 102, 1, VEL_WAKE_QUOTE);
    vel_mark_t mark = vel_market_mark(market, 1, now);
    CHECK(mark.source == VEL_MARK_LAST_MID && mark.price == 202);
    CHECK(level(VEL_BUY, 103, 1) >= 0 && level(VEL_SELL, 105, 1) >= 0);
    CHECK(vel_market_mark(market, 1, now).source == VEL_MARK_MID);
    CHECK(level(VEL_SELL, 105, 0) >= 0 && level(VEL_BUY, 103, 0) >= 0);
    CHECK(vel_market_mark(market, 1, now).source == VEL_MARK_QUOTE || vel_market_mark(market, 1, now).price == 208);
}

/* ---------------------------------------------------------------- quotes as a book, and over a book */

static void quotes_alone_make_a_book_of_one_level_a_side(void)
{
    const int both = VEL_WAKE_QUOTE | VEL_WAKE_BOOK;
    begin();
    vel_market_quote_fed(market);
    quote(100, 5, 102, 6, both);
    CHECK(vel_book_best(&market->book, VEL_BUY) == 100 && vel_book_best_qty(&market->book, VEL_SELL) == 6);
    quote(101, 7, 102, 6, both);
    CHECK(vel_book_best(&market->book, VEL_BUY) == 101 && vel_book_qty(&market->book, VEL_BUY, 100) == 0);
    quote(101, 7, 0, 0, both);
    CHECK(!vel_book_has_side(&market->book, VEL_SELL));
    CHECK(vel_market_others_at(market, VEL_SELL, 102) == 0); /* a side that is told empty is known to be */
    quote(0, 0, 0, 0, both);
    CHECK(vel_market_mark(market, 1, now).source == VEL_MARK_LAST_MID);
    CHECK(row(VEL_EV_GAP, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) == VEL_WAKE_GAP && market->book.is_stale);
    quote(99, 1, 103, 1, both);
    CHECK(!market->book.is_stale); /* what was missed is of no matter */
}

static void newer_quotes_move_the_top_of_a_fused_book(void)
{
    begin();
    market->is_fused = 1;
    CHECK(numbered(VEL_EV_DELTA, VEL_BUY, 100, 5, 0, 10) >= 0);
    CHECK(numbered(VEL_EV_DELTA, VEL_SELL, 102, 5, VEL_FLAG_LAST, 10) >= 0);
    CHECK(numbered(VEL_EV_QUOTE, VEL_BUY, 101, 2, 0, 12) == 0);
    CHECK(numbered(VEL_EV_QUOTE, VEL_SELL, 102, 5, VEL_FLAG_LAST, 12) == (VEL_WAKE_QUOTE | VEL_WAKE_BOOK));
    CHECK(vel_book_best(&market->book, VEL_BUY) == 101 && vel_market_others_at(market, VEL_BUY, 101) == 0);
    CHECK(numbered(VEL_EV_QUOTE, VEL_BUY, 99, 2, 0, 9) == 0); /* older than the book */
    CHECK(numbered(VEL_EV_QUOTE, VEL_SELL, 102, 5, VEL_FLAG_LAST, 9) == VEL_WAKE_QUOTE);
    CHECK(vel_book_best(&market->book, VEL_BUY) == 101);
    CHECK(numbered(VEL_EV_DELTA, VEL_BUY, 100, 6, VEL_FLAG_LAST, 13) >= 0);
    CHECK(vel_book_best(&market->book, VEL_BUY) == 100); /* the level feed has caught up */
    CHECK(numbered(VEL_EV_QUOTE, VEL_BUY, 101, 2, 0, 14) == 0);
    CHECK(numbered(VEL_EV_QUOTE, VEL_SELL, 102, 5, VEL_FLAG_LAST, 14) >= 0);
    CHECK(row(VEL_EV_GAP, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) >= 0);
    CHECK(vel_book_best(&market->book, VEL_BUY) == 100); /* what a gap leaves is the level feed's */
    snapshot(100, 5, 102, 5);
    CHECK(numbered(VEL_EV_QUOTE, VEL_BUY, 101, 2, 0, 1000) == 0);
    CHECK(numbered(VEL_EV_QUOTE, VEL_SELL, 102, 5, VEL_FLAG_LAST, 1000) >= 0);
    CHECK(vel_book_best(&market->book, VEL_BUY) == 101);
    CHECK(row(VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0, VEL_FLAG_SNAPSHOT) == VEL_OK && !market->fusion.is_active);
}

/* A side that the overlay alone shows is lost when the level feed passes it. */
static void a_side_that_was_the_overlays_alone_is_lost_with_it(void)
{
    begin();
    market->is_fused = 1;
    CHECK(numbered(VEL_EV_DELTA, VEL_BUY, 100, 5, 0, 10) >= 0);
    CHECK(numbered(VEL_EV_DELTA, VEL_SELL, 102, 5, VEL_FLAG_LAST, 10) >= 0);
    CHECK(numbered(VEL_EV_QUOTE, VEL_BUY, 99, 2, 0, 12) == 0);
    CHECK(numbered(VEL_EV_QUOTE, VEL_SELL, 101, 5, VEL_FLAG_LAST, 12) >= 0);
    CHECK(numbered(VEL_EV_DELTA, VEL_BUY, 100, 0, VEL_FLAG_LAST, 11) >= 0);
    CHECK(vel_book_best(&market->book, VEL_BUY) == 99);
    CHECK(numbered(VEL_EV_DELTA, VEL_SELL, 102, 6, VEL_FLAG_LAST, 13) >= 0);
    CHECK(!vel_book_has_side(&market->book, VEL_BUY) && market->known.mid_ts != VEL_MARK_NEVER);
}

/* ---------------------------------------------------------------- queue positions */

static vel_tracked_position_t position;

/* An own buy of three lots at 100 has joined behind ten of others, and the feed has passed that time. */
static int64_t join(void)
{
    int64_t id = 0;
    const vel_order_terms_t terms = {.price = 100, .qty = 3};
    begin();
    market->tracks_queue = 1;
    snapshot(100, 10, 102, 5);
    CHECK(vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
    CHECK(!vel_market_queue_position(market, id, &position)); /* it has joined no queue yet */
    vel_report_t ack = {.order_id = id, .kind = VEL_REPORT_ACK, .price = 100, .ts_venue = ++now};
    CHECK(vel_local_on_report(&local, &ack) >= 0);
    CHECK(level(VEL_BUY, 99, 5) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 10 && position.high == 10);
    return id;
}

static void trades_and_cancels_move_the_queue(void)
{
    int64_t id = join();
    CHECK(trade(VEL_SELL, 100, 4, 0) >= 0 && level(VEL_BUY, 100, 6) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 6 && position.high == 6);
    CHECK(trade(VEL_BUY, 102, 4, 0) >= 0 && level(VEL_SELL, 102, 1) >= 0); /* the other side */
    CHECK(vel_market_queue_position(market, id, &position) && position.high == 6);
    CHECK(level(VEL_BUY, 100, 9) >= 0); /* three more, behind */
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 6 && position.high == 6);
    CHECK(level(VEL_BUY, 100, 5) >= 0); /* four cancels, of which three may have stood behind */
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 2 && position.high == 5);
    CHECK(position.likely > position.low && position.likely < position.high);
    CHECK(level(VEL_BUY, 100, 0) >= 0); /* nothing of others is left */
    CHECK(vel_market_queue_position(market, id, &position) && position.high == 0);
}

static void a_trade_of_unknown_side_hidden_volume_or_a_halt_is_told_from_one_that_counts(void)
{
    int64_t id = join();
    CHECK(trade(VEL_SELL, 100, 4, VEL_FLAG_HIDDEN) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.high == 10); /* it stood in no queue */
    CHECK(trade(VEL_NO_SIDE, 100, 2, 0) >= 0);                                      /* at the bid: sold, by the book */
    CHECK(vel_market_queue_position(market, id, &position) && position.low <= 8);
    CHECK(trade(VEL_NO_SIDE, 102, 2, 0) >= 0 && trade(VEL_NO_SIDE, 101, 2, 0) >= 0);
    CHECK(row(VEL_EV_STATUS, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) == 0);
    vel_tracked_position_t before = position;
    CHECK(trade(VEL_SELL, 100, 4, 0) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.low == before.low);
}

static void a_snapshot_bounds_the_queue_and_a_gap_makes_it_uncertain(void)
{
    int64_t id = join();
    snapshot(100, 7, 102, 5); /* three have gone */
    CHECK(vel_market_queue_position(market, id, &position) && position.high == 7);
    CHECK(row(VEL_EV_GAP, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 0);
    snapshot(100, 4, 102, 5);
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 0 && position.high == 4);
    snapshot(101, 4, 102, 5); /* its level is out of sight */
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 0);
}

/* A level that leaves the view says nothing about the queue there, nor does its coming back. */
static void a_level_that_is_restated_is_no_news(void)
{
    int64_t id = 0;
    const vel_order_terms_t terms = {.price = 98, .qty = 3};
    begin();
    market->tracks_queue = 1;
    snapshot(100, 10, 102, 5);
    CHECK(level(VEL_BUY, 98, 7) >= 0 && vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
    vel_report_t ack = {.order_id = id, .kind = VEL_REPORT_ACK, .price = 98, .ts_venue = ++now};
    CHECK(vel_local_on_report(&local, &ack) >= 0 && level(VEL_BUY, 100, 11) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 7 && position.high == 7);
    CHECK(row(VEL_EV_DELTA, VEL_BUY, 98, 0, VEL_FLAG_SNAPSHOT | VEL_FLAG_LAST) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.high == 7);
    CHECK(row(VEL_EV_DELTA, VEL_BUY, 98, 6, VEL_FLAG_SNAPSHOT | VEL_FLAG_LAST) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.high <= 7);
    CHECK(row(VEL_EV_DELTA, VEL_BUY, 98, 0, VEL_FLAG_LAST) >= 0); /* the last of the levels below the best one */
    CHECK(vel_market_queue_position(market, id, &position));
}

/* Orders at a price that the book does not know, seen when the level comes into view; of each side its own. */
static void an_order_out_of_view_is_placed_when_its_level_shows(void)
{
    int64_t id = 0;
    const vel_order_terms_t terms = {.price = 50, .qty = 3};
    begin();
    market->tracks_queue = 1;
    market->ours.is_shown = 1;
    snapshot(100, 10, 102, 5);
    CHECK(vel_market_others_at(market, VEL_BUY, 50) == -1);
    CHECK(vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
    CHECK(level(VEL_SELL, 103, 2) >= 0); /* says nothing of the bids */
    vel_report_t ack = {.order_id = id, .kind = VEL_REPORT_ACK, .price = 50, .ts_venue = now + 2};
    CHECK(vel_local_on_report(&local, &ack) >= 0);
    CHECK(level(VEL_BUY, 50, 9) >= 0); /* three of these are ours */
    CHECK(vel_market_others_at(market, VEL_BUY, 50) == 6);
    CHECK(level(VEL_BUY, 100, 11) >= 0 && level(VEL_BUY, 100, 12) >= 0 && level(VEL_BUY, 50, 2) >= 0);
    CHECK(vel_market_queue_position(market, id, &position) && position.low == 0);
    CHECK(vel_market_others_at(market, VEL_BUY, 50) == 0); /* fewer than we believe to have there */
}

/* A quote whose price turns worse leaves the orders at better prices first in their queues. */
static void orders_before_a_worse_quote_are_first(void)
{
    int64_t id = 0;
    const vel_order_terms_t terms = {.price = 100, .qty = 3};
    begin();
    vel_market_quote_fed(market);
    market->tracks_queue = 1;
    quote(100, 10, 102, 5, VEL_WAKE_QUOTE | VEL_WAKE_BOOK);
    CHECK(vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
    vel_report_t ack = {.order_id = id, .kind = VEL_REPORT_ACK, .price = 100, .ts_venue = ++now};
    CHECK(vel_local_on_report(&local, &ack) >= 0);
    quote(100, 9, 102, 5, VEL_WAKE_QUOTE | VEL_WAKE_BOOK);
    CHECK(vel_market_queue_position(market, id, &position) && position.high >= 9);
    quote(99, 5, 102, 5, VEL_WAKE_QUOTE | VEL_WAKE_BOOK);
    CHECK(vel_market_queue_position(market, id, &position) && position.high == 0);
    quote(0, 0, 102, 5, VEL_WAKE_QUOTE | VEL_WAKE_BOOK);
    CHECK(vel_market_queue_position(market, id, &position) && position.high == 0);
}

int main(void)
{
    the_end_of_a_batch_is_a_book_and_a_changed_top_a_quote();
    each_kind_of_row_wakes_its_route();
    a_row_out_of_range_is_refused();
    a_filter_takes_off_the_kinds_that_pass_no_route();
    trades_of_the_book_make_candles_and_the_last_price();
    the_newest_known_price_marks_a_position();
    quotes_alone_make_a_book_of_one_level_a_side();
    newer_quotes_move_the_top_of_a_fused_book();
    a_side_that_was_the_overlays_alone_is_lost_with_it();
    trades_and_cancels_move_the_queue();
    a_trade_of_unknown_side_hidden_volume_or_a_halt_is_told_from_one_that_counts();
    a_snapshot_bounds_the_queue_and_a_gap_makes_it_uncertain();
    a_level_that_is_restated_is_no_news();
    an_order_out_of_view_is_placed_when_its_level_shows();
    orders_before_a_worse_quote_are_first();
    vel_local_free(&local);
    return check_failures != 0;
}
