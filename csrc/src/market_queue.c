/* Queue positions of own orders, estimated from the rows of the feed. */
#include "market_inner.h"

int64_t vel_market_shown_at(const vel_market_t *market, uint8_t side, int64_t price)
{
    int64_t lots = VEL_UNLIKELY(market->fusion.is_active)
                       ? vel_fusion_base(&market->fusion, &market->book, side, vel_side_key(side, price))
                       : vel_book_qty(&market->book, side, price);
    if (market->ours.is_shown)
        lots -= vel_ours_lots(&market->ours, side, price);
    return lots > 0 ? lots : 0;
}

bool vel_market_is_known(const vel_market_t *market, uint8_t side, int64_t price)
{
    return vel_book_level_state(&market->book, side, vel_side_key(side, price)) != VEL_LEVEL_UNKNOWN;
}

int64_t vel_market_others_at(const vel_market_t *market, uint8_t side, int64_t price)
{
    return vel_market_is_known(market, side, price) ? vel_market_shown_at(market, side, price) : -1;
}

bool vel_market_queue_position(const vel_market_t *market, int64_t id, vel_tracked_position_t *position)
{
    const vel_tracked_t *order = vel_queue_tracker_find(&market->tracker, id);
    if (order == NULL)
        return false;
    *position = vel_tracked_position(order, vel_market_others_at(market, order->side, order->price));
    return true;
}

void vel_market_track_view(vel_market_t *market, uint8_t side, int64_t ts_event)
{
    for (uint32_t at = market->tracker.fresh; at != VEL_NO_INDEX;) {
        vel_tracked_t *order = vel_queue_tracker_at(&market->tracker, at);
        at = order->fresh_prev;
        if (side != VEL_NO_SIDE && order->side != side)
            continue;
        if (order->is_joined && ts_event > order->ts_joined) {
            vel_queue_tracker_settle(&market->tracker, order);
            continue;
        }
        int64_t now = vel_market_others_at(market, order->side, order->price);
        vel_track_change_t change = {.ts_event = ts_event,
                                     .before = order->seen < 0 ? 0 : order->seen,
                                     .after = now < 0 ? 0 : now,
                                     .kind = VEL_TRACK_SEEN,
                                     .was_known = order->seen >= 0,
                                     .is_known = now >= 0};
        if (now != order->seen)
            vel_queue_tracker_note(&market->tracker, order, &change);
        order->seen = now;
    }
}

void vel_market_track_level(vel_market_t *market, uint8_t side, int64_t price, int64_t before, bool was_known,
                            bool is_gone, bool is_restated, int64_t ts_event)
{
    int64_t key = vel_side_key(side, price);
    /* A side of which nothing is left may be one whose only level moves: the new one comes in the same batch. */
    bool leaves =
        is_restated ||
        (is_gone && (!vel_book_has_side(&market->book, side) || !vel_book_is_in_view(&market->book, side, key)));
    vel_track_change_t change = {.ts_event = ts_event,
                                 .before = before,
                                 .after = vel_market_shown_at(market, side, price),
                                 .kind = leaves ? VEL_TRACK_LOST : VEL_TRACK_LEVEL,
                                 .was_known = was_known,
                                 .is_known = vel_market_is_known(market, side, price)};
    vel_queue_tracker_on_level(&market->tracker, side, price, &change);
}

void vel_market_track_looks(vel_market_t *market, int64_t ts_event)
{
    for (uint32_t at = market->tracker.first; at != VEL_NO_INDEX;
         at = vel_queue_tracker_at(&market->tracker, at)->next) {
        vel_tracked_t *order = vel_queue_tracker_at(&market->tracker, at);
        int64_t lots = vel_market_shown_at(market, order->side, order->price);
        bool known = vel_market_is_known(market, order->side, order->price);
        bool is_compared = vel_book_is_in_view(&market->book, order->side, vel_side_key(order->side, order->price));
        vel_track_change_t change = {.ts_event = ts_event,
                                     .before = lots,
                                     .after = lots,
                                     .kind = VEL_TRACK_LOOK,
                                     .was_known = known,
                                     .is_known = known};
        vel_queue_tracker_note(&market->tracker, order, &change);
        order->before = is_compared && !market->book.is_stale ? lots : -1;
    }
}

void vel_market_track_snapshot(vel_market_t *market, int64_t ts_event)
{
    for (uint32_t at = market->tracker.first; at != VEL_NO_INDEX;
         at = vel_queue_tracker_at(&market->tracker, at)->next) {
        vel_tracked_t *order = vel_queue_tracker_at(&market->tracker, at);
        int64_t now = vel_market_shown_at(market, order->side, order->price);
        bool in_view = vel_book_is_in_view(&market->book, order->side, vel_side_key(order->side, order->price));
        vel_track_change_t change = {.ts_event = ts_event,
                                     .before = order->before >= 0 ? order->before : now,
                                     .after = now,
                                     .kind = in_view ? VEL_TRACK_LEVEL : VEL_TRACK_LOST,
                                     .is_known = in_view};
        vel_queue_tracker_note(&market->tracker, order, &change);
        order->before = -1;
    }
    vel_market_track_view(market, VEL_NO_SIDE, ts_event);
}

void vel_market_track_gap(vel_market_t *market, int64_t ts_event)
{
    vel_track_change_t change = {.ts_event = ts_event, .kind = VEL_TRACK_LOST};
    for (uint32_t at = market->tracker.first; at != VEL_NO_INDEX; at = vel_queue_tracker_at(&market->tracker, at)->next)
        vel_queue_tracker_note(&market->tracker, vel_queue_tracker_at(&market->tracker, at), &change);
    vel_market_track_view(market, VEL_NO_SIDE, ts_event);
}

/* Who was aggressive, where the feed does not say: the side of the book at which it printed tells. */
static uint8_t aggressor_by_book(const vel_book_t *book, int64_t price)
{
    if (vel_book_has_side(book, VEL_BUY) && price <= vel_book_best(book, VEL_BUY))
        return VEL_SELL;
    if (vel_book_has_side(book, VEL_SELL) && price >= vel_book_best(book, VEL_SELL))
        return VEL_BUY;
    return VEL_NO_SIDE;
}

void vel_market_track_trade(vel_market_t *market, const vel_columns_t *columns, int64_t row)
{
    bool is_told = columns->side[row] <= VEL_SELL, is_hidden = (columns->flags[row] & VEL_FLAG_HIDDEN) != 0;
    int64_t price = columns->price[row];
    if (market->is_halted || !vel_is_price(price))
        return;
    uint8_t aggressor = is_told ? columns->side[row] : aggressor_by_book(&market->book, price);
    for (uint8_t side = 0; side < 2; side++) {
        bool is_sure = aggressor != VEL_NO_SIDE && side != aggressor;
        if (is_told && !is_sure)
            continue;
        int64_t shown = vel_market_shown_at(market, side, price);
        vel_track_change_t change = {.ts_event = columns->ts_event[row],
                                     .before = shown,
                                     .after = shown,
                                     .traded = columns->qty[row],
                                     .kind = is_hidden ? VEL_TRACK_LOOK
                                             : is_sure ? VEL_TRACK_TRADE
                                                       : VEL_TRACK_MAYBE,
                                     .is_known = vel_market_is_known(market, side, price)};
        change.was_known = change.is_known;
        vel_queue_tracker_on_trade(&market->tracker, side, price, &change);
    }
}
