#include "velora/mark.h"

#include <string.h>

#include "velora/event.h"

void vel_known_init(vel_known_t *known)
{
    memset(known, 0, sizeof *known);
    known->mid_ts = known->side_ts = known->trade_ts = known->mark_ts = VEL_MARK_NEVER;
}

static bool is_whole(const vel_book_t *book)
{
    return !(book->is_stale | book->in_snapshot);
}

static void keep_mid(vel_known_t *known, int64_t bid, int64_t ask, int64_t now)
{
    known->top[VEL_BUY] = bid;
    known->top[VEL_SELL] = ask;
    known->mid_ts = now;
}

static void keep_side(vel_known_t *known, uint8_t side, int64_t price, int64_t now)
{
    known->side = side;
    known->side_price = price;
    known->side_ts = now;
}

void vel_known_lost(vel_known_t *known, const vel_book_t *book, uint8_t side, int64_t price, int64_t now)
{
    uint8_t other = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    known->emptied[side] = book->side[side].emptied;
    if (!is_whole(book))
        return;
    if (!vel_book_has_side(book, other)) {
        keep_side(known, side, price, now);
        return;
    }
    int64_t best = vel_book_best(book, other);
    keep_mid(known, side == VEL_BUY ? price : best, side == VEL_BUY ? best : price, now);
}

void vel_known_deleted(vel_known_t *known, const vel_book_t *book, uint8_t side, int64_t price, int64_t now)
{
    if (known->emptied[side] == book->side[side].emptied)
        return;
    vel_known_lost(known, book, side, price, now);
}

void vel_known_keep(vel_known_t *known, const vel_book_t *book, int64_t now)
{
    bool bid = vel_book_has_side(book, VEL_BUY), ask = vel_book_has_side(book, VEL_SELL);
    if (!is_whole(book))
        return;
    if (bid && ask)
        keep_mid(known, vel_book_best(book, VEL_BUY), vel_book_best(book, VEL_SELL), now);
    else if (bid || ask)
        keep_side(known, bid ? VEL_BUY : VEL_SELL, vel_book_best(book, bid ? VEL_BUY : VEL_SELL), now);
}

/* ---------------------------------------------------------------- comparing */

/* A price in a common unit, so that prices of any source compare. */
static vel_i128 weight(const vel_mark_t *mark, const vel_money_spec_t *money)
{
    return mark->source == VEL_MARK_MARK_PRICE ? (vel_i128)mark->price * 2 * money->tick_den
                                               : (vel_i128)mark->price * money->tick_num * VEL_RATE_SCALE;
}

/* The mark that is worse for a position, the first if they are equal. */
static vel_mark_t worse(vel_mark_t a, vel_mark_t b, const vel_money_spec_t *money, int64_t lots)
{
    vel_i128 one = weight(&a, money), other = weight(&b, money);
    return lots > 0 ? (other < one ? b : a) : (other > one ? b : a);
}

static vel_mark_t better(vel_mark_t a, vel_mark_t b, const vel_money_spec_t *money, int64_t lots)
{
    return worse(a, b, money, -lots);
}

/* The second mark if it is newer, else the first. */
static vel_mark_t newest(vel_mark_t a, vel_mark_t b)
{
    return b.source != VEL_MARK_UNKNOWN && (a.source == VEL_MARK_UNKNOWN || b.ts > a.ts) ? b : a;
}

/* ---------------------------------------------------------------- known prices */

static vel_mark_t at_ticks(int64_t ticks, int64_t ts, uint8_t source)
{
    return (vel_mark_t){.price = 2 * ticks, .ts = ts, .source = source};
}

static vel_mark_t last_mid(const vel_known_t *known)
{
    if (known->mid_ts == VEL_MARK_NEVER)
        return (vel_mark_t){0};
    return (vel_mark_t){
        .price = known->top[VEL_BUY] + known->top[VEL_SELL], .ts = known->mid_ts, .source = VEL_MARK_LAST_MID};
}

/* The newest of the last trade and the last mark price. */
static vel_mark_t last_event(const vel_known_t *known)
{
    vel_mark_t trade = {0}, price = {0};
    if (known->trade_ts != VEL_MARK_NEVER)
        trade = at_ticks(known->trade_price, known->trade_ts, VEL_MARK_TRADE);
    if (known->mark_ts != VEL_MARK_NEVER)
        price = (vel_mark_t){.price = known->mark_price, .ts = known->mark_ts, .source = VEL_MARK_MARK_PRICE};
    return newest(trade, price);
}

/* Mark by a single side, which shows a price; `earlier` is the previous mark. */
static vel_mark_t by_side(const vel_known_t *known, const vel_money_spec_t *money, int64_t lots, uint8_t side,
                          vel_mark_t shown, vel_mark_t earlier, vel_mark_t event)
{
    vel_mark_t mid = last_mid(known);
    bool closes = lots != 0 && (lots > 0) == (side == VEL_BUY);
    if (!closes) {
        vel_mark_t found = newest(earlier, event);
        if (found.source == VEL_MARK_UNKNOWN)
            return shown;
        return lots == 0 ? found : worse(found, shown, money, lots);
    }
    if (mid.source == VEL_MARK_UNKNOWN || shown.price != 2 * known->top[side])
        return shown;
    if (event.source != VEL_MARK_UNKNOWN && event.ts > mid.ts)
        mid = worse(mid, event, money, lots);
    return better(shown, mid, money, lots); /* if both are equal, take the side: it is current */
}

/* The mark as of the time when the book was last not stale, even if it showed only one side. */
static vel_mark_t before(const vel_known_t *known, const vel_money_spec_t *money, int64_t lots)
{
    if (known->side_ts == VEL_MARK_NEVER || known->side_ts < known->mid_ts)
        return last_mid(known);
    vel_mark_t shown = at_ticks(known->side_price, known->side_ts, VEL_MARK_QUOTE);
    return by_side(known, money, lots, known->side, shown, last_mid(known), (vel_mark_t){0});
}

vel_mark_t vel_mark_of(const vel_known_t *known, const vel_book_t *book, const vel_mark_quote_t *quote,
                       const vel_money_spec_t *money, int64_t lots, int64_t now)
{
    bool bid = vel_book_has_side(book, VEL_BUY), ask = vel_book_has_side(book, VEL_SELL), whole = is_whole(book);
    vel_mark_t mid = {.price = vel_book_mid_x2(book), .ts = now, .source = VEL_MARK_MID};
    if (VEL_LIKELY(bid && ask && whole))
        return mid;
    vel_mark_t event = last_event(known);
    if (quote != NULL && quote->ts > known->mid_ts && quote->ts >= known->side_ts) {
        vel_mark_t quoted = {
            .price = quote->top[VEL_BUY] + quote->top[VEL_SELL], .ts = quote->ts, .source = VEL_MARK_LAST_MID};
        return newest(quoted, event);
    }
    if (whole && (bid || ask)) {
        uint8_t side = bid ? VEL_BUY : VEL_SELL;
        vel_mark_t shown = at_ticks(vel_book_best(book, side), now, VEL_MARK_QUOTE);
        return by_side(known, money, lots, side, shown, before(known, money, lots), event);
    }
    vel_mark_t found = newest(before(known, money, lots), event);
    bool is_old = found.source == VEL_MARK_LAST_MID || found.source == VEL_MARK_QUOTE;
    if (is_old && lots != 0 && bid && ask && !book->in_snapshot && !vel_book_is_crossed(book)) {
        mid.source = VEL_MARK_STALE_MID;
        return worse(found, mid, money, lots);
    }
    return found;
}

int vel_mark_value(const vel_mark_t *mark, const vel_money_spec_t *money, int64_t lots, int64_t *value)
{
    vel_i128 result;
    if (mark->source == VEL_MARK_MARK_PRICE) {
        vel_i128 size = (vel_i128)money->value_mult * lots;
        vel_i128 up =
            money->is_inverse ? (vel_i128)money->tick_num * VEL_RATE_SCALE : (vel_i128)money->tick_den * mark->price;
        vel_i128 down =
            money->is_inverse ? (vel_i128)mark->price * money->tick_den : (vel_i128)money->tick_num * VEL_RATE_SCALE;
        const vel_i128 most = (((vel_i128)1 << 126) - 1) * 2 + 1;
        vel_i128 magnitude = size < 0 ? -size : size, factor = up < 0 ? -up : up;
        if (down <= 0 || (factor != 0 && magnitude > most / factor))
            return VEL_ERANGE;
        result = vel_div_half_even(size * up, down);
    } else {
        result = vel_value_at_mid(money, mark->price, lots);
    }
    if (!vel_fits_i64(result))
        return VEL_ERANGE;
    *value = (int64_t)result;
    return VEL_OK;
}
