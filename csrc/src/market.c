#include "velora/market.h"

#include "market_inner.h"

/* ---------------------------------------------------------------- life */

int vel_market_init(vel_market_t *market)
{
    vel_known_init(&market->known);
    vel_queue_tracker_init(&market->tracker);
    return vel_book_init(&market->book);
}

void vel_market_free(vel_market_t *market)
{
    vel_book_free(&market->book);
    vel_fusion_free(&market->fusion);
    vel_ours_free(&market->ours);
    vel_queue_tracker_free(&market->tracker);
    vel_candles_free(&market->candles);
    for (int kind = 0; kind < VEL_ROUTES; kind++)
        vel_routes_free(&market->routes[kind]);
}

void vel_market_quote_fed(vel_market_t *market)
{
    market->is_quote_fed = 1;
    market->book.is_quotes = 1;
}

vel_mark_t vel_market_mark(const vel_market_t *market, int64_t lots, int64_t now)
{
    vel_mark_quote_t quote = {.top = {market->quote_price[VEL_BUY], market->quote_price[VEL_SELL]},
                              .ts = market->quote_ts_recv};
    bool is_quoted = market->has_quotes && market->quote_qty[VEL_BUY] > 0 && market->quote_qty[VEL_SELL] > 0;
    return vel_mark_of(&market->known, &market->book, is_quoted ? &quote : NULL, &market->money, lots, now);
}

/* ---------------------------------------------------------------- routes */

int vel_market_route_add(vel_market_t *market, int32_t kind, int32_t strategy, int32_t target, vel_filter_t *filter)
{
    vel_routes_t *routes = &market->routes[kind];
    vel_route_t route = {
        .strategy = strategy, .target = target, .passed = filter == NULL, .filter = filter, .first = routes->count};
    for (int64_t at = routes->count; at-- > 0 && routes->items[at].strategy == strategy;)
        if (routes->items[at].target == target) {
            route.first = routes->items[at].first;
            break;
        }
    int status = vel_routes_push(routes, &route);
    if (status != VEL_OK)
        return status;
    market->wake_mask |= 1u << kind;
    if (filter != NULL)
        market->filter_mask |= 1u << kind;
    return VEL_OK;
}

void vel_market_routes_clear(vel_market_t *market)
{
    for (int kind = 0; kind < VEL_ROUTES; kind++)
        market->routes[kind].count = 0;
    market->wake_mask = market->filter_mask = 0;
}

int vel_market_filter(vel_market_t *market, uint32_t wakes, const vel_columns_t *columns, int64_t row, int64_t now)
{
    uint32_t asked = wakes & market->filter_mask;
    if (asked & VEL_WAKE_TRADE && !vel_routes_mark(&market->routes[VEL_ROUTE_TRADE], now, columns->price[row],
                                                   columns->price[row], columns->qty[row]))
        wakes &= ~(uint32_t)VEL_WAKE_TRADE;
    /* An empty side counts as price 0, so that its going and coming is a change. */
    if (asked & VEL_WAKE_QUOTE) {
        int64_t bid = market->quote_qty[VEL_BUY] > 0 ? market->quote_price[VEL_BUY] : 0;
        int64_t ask = market->quote_qty[VEL_SELL] > 0 ? market->quote_price[VEL_SELL] : 0;
        if (!vel_routes_mark(&market->routes[VEL_ROUTE_QUOTE], now, bid, ask, 0))
            wakes &= ~(uint32_t)VEL_WAKE_QUOTE;
    }
    if (asked & VEL_WAKE_BOOK) {
        const vel_book_t *book = &market->book;
        int64_t bid = vel_book_has_side(book, VEL_BUY) ? vel_book_best(book, VEL_BUY) : 0;
        int64_t ask = vel_book_has_side(book, VEL_SELL) ? vel_book_best(book, VEL_SELL) : 0;
        if (!vel_routes_mark(&market->routes[VEL_ROUTE_BOOK], now, bid, ask, 0))
            wakes &= ~(uint32_t)VEL_WAKE_BOOK;
    }
    return (int)wakes;
}

/* ---------------------------------------------------------------- rows */

/* Take the book's top as a quote; true when it differs from the last one. */
static bool quote_from_book(vel_market_t *market, const vel_columns_t *columns, int64_t row)
{
    bool changed = false;
    if (!vel_book_has_side(&market->book, VEL_BUY) || !vel_book_has_side(&market->book, VEL_SELL))
        return false;
    for (uint8_t side = 0; side < 2; side++) {
        int64_t price = vel_book_best(&market->book, side), qty = vel_book_best_qty(&market->book, side);
        changed |= market->quote_price[side] != price || market->quote_qty[side] != qty;
        market->quote_price[side] = price;
        market->quote_qty[side] = qty;
    }
    market->quote_ts_event = columns->ts_event[row];
    market->quote_ts_recv = columns->ts_recv[row];
    return changed;
}

/* Set a level, which orders may stand at. */
static int set_level(vel_market_t *market, const vel_columns_t *columns, int64_t row, int64_t price, int64_t qty,
                     int64_t now)
{
    uint8_t side = columns->side[row];
    bool tracks = market->tracker.count > 0 && side <= VEL_SELL && !market->book.in_snapshot && vel_is_price(price);
    bool is_at = tracks && vel_queue_tracker_is_at(&market->tracker, side, price);
    int64_t before = is_at ? vel_market_shown_at(market, side, price) : 0;
    bool was_known = is_at && vel_market_is_known(market, side, price);
    bool is_gone = is_at && qty == 0 && vel_book_qty(&market->book, side, price) > 0;
    uint8_t other = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    bool had = market->is_fused && vel_book_has_side(&market->book, other);
    int64_t best = had ? vel_book_best(&market->book, other) : 0;
    int status = market->is_fused
                     ? vel_fusion_delta(&market->fusion, &market->book, columns->order_id[row], side, price, qty)
                     : vel_book_set(&market->book, side, price, qty);
    if (VEL_UNLIKELY(had && !vel_book_has_side(&market->book, other))) /* it was the overlay's alone */
        vel_known_lost(&market->known, &market->book, other, best, now);
    if (status != VEL_OK || !tracks)
        return status;
    if (is_at)
        vel_market_track_level(market, side, price, before, was_known, is_gone,
                               (columns->flags[row] & VEL_FLAG_SNAPSHOT) != 0, columns->ts_event[row]);
    vel_market_track_view(market, side, columns->ts_event[row]);
    return VEL_OK;
}

int vel_market_set_level(vel_market_t *market, const vel_columns_t *columns, int64_t row, int64_t now)
{
    return set_level(market, columns, row, columns->price[row], columns->qty[row], now);
}

/* A quote is all that is known of a side: the level of the one before goes, and what was missed is of no matter. */
static int set_quote(vel_market_t *market, const vel_columns_t *columns, int64_t row, int64_t now)
{
    uint8_t side = columns->side[row];
    int64_t price = columns->price[row], qty = columns->qty[row], old = market->book.side[side].best_key;
    int status = VEL_OK;
    market->book.is_stale = 0;
    market->book.told_key[side] = VEL_NO_KEY; /* an empty side is known to be empty from here on */
    if (qty > 0)
        status = set_level(market, columns, row, price, qty, now);
    if (status == VEL_OK && old != VEL_NO_KEY && (qty == 0 || old != vel_side_key(side, price)))
        status = set_level(market, columns, row, vel_key_ticks(side, old), 0, now);
    if (status == VEL_OK && old != VEL_NO_KEY && !vel_book_has_side(&market->book, side))
        vel_known_lost(&market->known, &market->book, side, vel_key_ticks(side, old), now);
    if (VEL_UNLIKELY(market->tracker.count > 0) && old != VEL_NO_KEY && market->book.side[side].best_key > old &&
        vel_book_has_side(&market->book, side))
        vel_queue_tracker_on_worse(&market->tracker, side, market->book.side[side].best_key, columns->ts_event[row]);
    return status;
}

static int on_quote_row(vel_market_t *market, const vel_columns_t *columns, int64_t row, int64_t now)
{
    uint8_t side = columns->side[row];
    if (side > VEL_SELL || !vel_is_qty(columns->qty[row]) ||
        (columns->qty[row] > 0 && !vel_is_price(columns->price[row]))) /* an empty side has no price */
        return VEL_EINVAL;
    market->has_quotes = 1;
    market->quote_price[side] = columns->price[row];
    market->quote_qty[side] = columns->qty[row];
    market->quote_ts_event = columns->ts_event[row];
    market->quote_ts_recv = columns->ts_recv[row];
    if (market->is_quote_fed) {
        int status = set_quote(market, columns, row, now);
        if (status != VEL_OK)
            return status;
        market->book.ts_event = columns->ts_event[row];
    }
    if (!(columns->flags[row] & VEL_FLAG_LAST))
        return 0;
    uint32_t wakes = market->wake_mask & VEL_WAKE_QUOTE;
    if (market->is_fused && !market->is_quote_fed) {
        int status = vel_fusion_quote(&market->fusion, &market->book, columns->order_id[row], market->quote_price,
                                      market->quote_qty);
        if (status != VEL_OK)
            return status;
        if (market->fusion.is_active && market->fusion.update_id == columns->order_id[row])
            wakes |= market->wake_mask & VEL_WAKE_BOOK;
    }
    if (market->is_quote_fed)
        wakes |= market->wake_mask & VEL_WAKE_BOOK;
    return (int)wakes;
}

/* 0 is a row without one. */
static void keep_mark_price(vel_market_t *market, int64_t price, int64_t now)
{
    if (price == 0)
        return;
    market->known.mark_price = price;
    market->known.mark_ts = now;
}

int vel_market_on_row_slow(vel_market_t *market, const vel_columns_t *columns, int64_t row, int64_t now)
{
    switch (columns->kind[row]) {
    case VEL_EV_DELTA: /* the level is set and the row counted already; it ends a batch */
        return (int)((market->wake_mask & VEL_WAKE_BOOK) |
                     (quote_from_book(market, columns, row) ? market->wake_mask & VEL_WAKE_QUOTE : 0));
    case VEL_EV_TRADE:
        if (columns->side[row] > VEL_NO_SIDE || !vel_is_qty(columns->qty[row]) || !vel_is_price(columns->price[row]))
            return VEL_EINVAL;
        market->rows++;
        market->tracker.is_estimated |= (columns->flags[row] & VEL_FLAG_CLOCK_ESTIMATED) != 0;
        if (!(columns->flags[row] & VEL_FLAG_OFF_BOOK)) {
            market->known.trade_price = columns->price[row];
            market->known.trade_ts = now;
            if (columns->side[row] <= VEL_SELL && !(columns->flags[row] & VEL_FLAG_HIDDEN))
                vel_book_tell_front(&market->book, columns->side[row] == VEL_BUY ? VEL_SELL : VEL_BUY,
                                    columns->price[row]);
            if (VEL_UNLIKELY(market->tracker.count > 0))
                vel_market_track_trade(market, columns, row);
            for (int64_t i = 0; i < market->candles.count; i++)
                vel_candle_add(market->candles.items[i], columns->ts_recv[row], columns->price[row], columns->qty[row],
                               columns->side[row]);
        }
        return (int)(market->wake_mask & VEL_WAKE_TRADE);
    case VEL_EV_QUOTE:
        market->rows++;
        return on_quote_row(market, columns, row, now);
    case VEL_EV_SNAPSHOT_END:
        market->rows++;
        market->book.ts_event = columns->ts_event[row];
        market->book.update_id = columns->order_id[row];
        vel_book_end_snapshot(&market->book);
        if (VEL_UNLIKELY(market->tracker.count > 0))
            vel_market_track_snapshot(market, columns->ts_event[row]);
        return (int)((market->wake_mask & VEL_WAKE_BOOK) |
                     (!market->has_quotes && quote_from_book(market, columns, row) ? market->wake_mask & VEL_WAKE_QUOTE
                                                                                   : 0));
    case VEL_EV_GAP:
        market->rows++;
        vel_known_keep(&market->known, &market->book, now);
        if (market->is_fused && vel_fusion_lift(&market->fusion, &market->book) != VEL_OK)
            return VEL_ENOMEM;
        market->book.is_stale = 1;
        vel_market_track_gap(market, columns->ts_event[row]);
        return (int)(market->wake_mask & VEL_WAKE_GAP);
    case VEL_EV_MARK_PRICE:
        market->rows++;
        keep_mark_price(market, columns->price[row], now);
        return 0;
    case VEL_EV_FUNDING:
        market->rows++;
        keep_mark_price(market, columns->price[row], now);
        return (int)(market->wake_mask & VEL_WAKE_FUNDING);
    case VEL_EV_STATUS:
        market->rows++;
        market->is_halted = columns->qty[row] == 0;
        return 0;
    case VEL_EV_SNAPSHOT_BEGIN:
        market->rows++;
        vel_known_keep(&market->known, &market->book, now);
        if (market->is_fused && vel_fusion_lift(&market->fusion, &market->book) != VEL_OK)
            return VEL_ENOMEM;
        if (!market->book.in_snapshot)
            vel_market_track_looks(market, columns->ts_event[row]);
        (void)vel_book_apply(&market->book, VEL_EV_SNAPSHOT_BEGIN, 0, 0, 0);
        vel_market_track_view(market, VEL_NO_SIDE, columns->ts_event[row]);
        return VEL_OK;
    default:
        if (!vel_is_event(columns->kind[row]))
            return VEL_EINVAL;
        market->rows++;
        return vel_book_apply(&market->book, columns->kind[row], columns->side[row], columns->price[row],
                              columns->qty[row]);
    }
}
