#include "velora/queue_tracker.h"

#include <string.h>

#include "velora/event.h"

void vel_queue_tracker_free(vel_queue_tracker_t *tracker)
{
    vel_tracked_list_free(&tracker->orders);
}

static void drop(vel_queue_tracker_t *tracker, int64_t at)
{
    vel_tracked_list_t *list = &tracker->orders;
    memmove(&list->items[at], &list->items[at + 1], (size_t)(list->count - at - 1) * sizeof *list->items);
    list->count--;
}

int vel_queue_tracker_sent(vel_queue_tracker_t *tracker, int64_t order_id, uint8_t side, int64_t price, int64_t lots,
                           int64_t shown)
{
    vel_tracked_t order = {
        .order_id = order_id, .price = price, .lots = lots, .sent = shown, .seen = shown, .before = -1, .side = side};
    return vel_tracked_list_push(&tracker->orders, &order);
}

/* ---------------------------------------------------------------- places */

/* At the back of so many lots, -1 for unknown. */
static void stand_behind(vel_tracked_t *order, int64_t lots)
{
    vel_queue_place_t place = {lots < 0 ? VEL_QUEUE_UNKNOWN : (double)lots, 0.0, 0.0, INT64_MIN};
    order->shown = lots;
    order->low = order->likely = order->high = place;
    order->is_unsure = lots < 0;
    if (lots < 0)
        order->low.ahead = 0.0;
}

static void set_ahead(vel_tracked_t *order, double ahead)
{
    order->low.ahead = order->likely.ahead = order->high.ahead = ahead;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* Whether what happened at an earlier time may be what happens now. */
static bool is_one_instant(const vel_queue_tracker_t *tracker, int64_t ts, int64_t now)
{
    return ts == now || (tracker->is_estimated && ts >= now - VEL_TRACK_ESTIMATED_NS);
}

/* As far as a place was unknown, a level that is known now bounds it. */
static void look(vel_tracked_t *order, int64_t shown)
{
    if (!order->is_unsure)
        return;
    if (vel_queue_is_unknown(order->high.ahead))
        order->shown = shown;
    order->low.ahead = least(order->low.ahead, (double)shown);
    order->likely.ahead = least(order->likely.ahead, (double)shown);
    order->high.ahead = least(order->high.ahead, (double)shown);
    if (shown == 0)
        order->is_unsure = 0;
}

static void depth(const vel_queue_tracker_t *tracker, vel_queue_place_t *place, vel_queue_depth_fn model,
                  const vel_track_change_t *change)
{
    double ahead = place->ahead;
    model(place, (double)change->before, (double)change->after, NULL);
    place->traded = 0.0;
    if (!is_one_instant(tracker, place->cut_ts, change->ts_event) || vel_queue_is_unknown(ahead))
        place->cut = 0.0;
    if (ahead > place->ahead && !vel_queue_is_unknown(ahead))
        place->cut += ahead - place->ahead;
    place->cut_ts = change->ts_event;
}

/* A depth row of the same instant that came first may have told this trade already. */
static void trade(const vel_queue_tracker_t *tracker, vel_queue_place_t *place, const vel_track_change_t *change,
                  int64_t lots)
{
    double left = (double)lots;
    if (is_one_instant(tracker, place->cut_ts, change->ts_event)) {
        double told = least(place->cut, left);
        place->cut -= told;
        left -= told;
    } else {
        place->traded = least(place->traded + (double)change->traded, (double)change->after);
    }
    if (!vel_queue_is_unknown(place->ahead))
        place->ahead = place->ahead > left ? place->ahead - left : 0.0;
}

/* Something that came after the order had joined. */
static void meet(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change)
{
    switch (change->kind) {
    case VEL_TRACK_LEVEL:
        if (change->was_known && change->before == 0 && change->after > 0)
            look(order, 0);
        if (vel_queue_is_unknown(order->high.ahead))
            order->shown = change->after;
        if (tracker->is_estimated && change->after < change->before) { /* it and a trade near it may be two */
            order->low.ahead -= (double)(change->before - change->after);
            order->low.ahead = order->low.ahead > 0.0 ? least(order->low.ahead, (double)change->after) : 0.0;
        } else {
            depth(tracker, &order->low, vel_queue_optimistic, change);
        }
        depth(tracker, &order->likely, vel_queue_proportional, change);
        depth(tracker, &order->high, vel_queue_risk_averse, change);
        if (change->after == 0)
            order->is_unsure = 0;
        return;
    case VEL_TRACK_LOST:
        order->is_unsure = 1;
        order->low.ahead = 0.0;
        return;
    case VEL_TRACK_LOOK:
    case VEL_TRACK_TRADE:
        if (change->is_known)
            look(order, change->after);
        if (change->kind == VEL_TRACK_LOOK)
            return;
        trade(tracker, &order->low, change, change->traded);
        int64_t others = change->traded > change->ours ? change->traded - change->ours : 0;
        trade(tracker, &order->likely, change, others);
        trade(tracker, &order->high, change, others);
        return;
    case VEL_TRACK_MAYBE:
        trade(tracker, &order->low, change, change->traded);
        return;
    case VEL_TRACK_THROUGH:
        set_ahead(order, 0.0);
        order->is_unsure = 0;
        return;
    default: /* the next row of the level, or the next look, will tell */
        return;
    }
}

/* What came before the order had joined: it stands behind what the feed says was there. */
static void precede(vel_tracked_t *order, const vel_track_change_t *change)
{
    if (change->kind <= VEL_TRACK_SEEN)
        stand_behind(order, change->is_known ? change->after : -1);
}

static void apply(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change)
{
    if (order->is_first)
        return;
    if (change->ts_event <= order->ts_joined)
        precede(order, change);
    else
        meet(tracker, order, change);
}

void vel_queue_tracker_note(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change)
{
    if (order->is_joined)
        apply(tracker, order, change);
    order->changes[order->changes_count++ % VEL_TRACK_CHANGES_MAX] = *change;
}

static void join(const vel_queue_tracker_t *tracker, vel_tracked_t *order, int64_t ts_venue)
{
    int64_t kept = order->changes_count < VEL_TRACK_CHANGES_MAX ? order->changes_count : VEL_TRACK_CHANGES_MAX;
    order->is_joined = 1;
    order->is_settled = 0;
    order->ts_joined = ts_venue;
    stand_behind(order, order->sent);
    if (order->changes_count > kept) { /* what it showed before the oldest change that is still known */
        const vel_track_change_t *oldest = &order->changes[order->changes_count % VEL_TRACK_CHANGES_MAX];
        stand_behind(order, oldest->was_known ? oldest->before : -1);
    }
    for (int64_t at = order->changes_count - kept; at < order->changes_count; at++)
        apply(tracker, order, &order->changes[at % VEL_TRACK_CHANGES_MAX]);
}

/* ---------------------------------------------------------------- the life of an order */

void vel_queue_tracker_joined(vel_queue_tracker_t *tracker, int64_t order_id, int64_t price, int64_t ts_venue)
{
    bool is_new = false;
    for (int64_t at = 0; at < tracker->orders.count; at++) {
        const vel_tracked_t *order = &tracker->orders.items[at];
        is_new |= order->order_id == order_id && order->price == price && !order->is_joined;
    }
    for (int64_t at = tracker->orders.count - 1; at >= 0; at--) {
        vel_tracked_t *order = &tracker->orders.items[at];
        if (order->order_id != order_id)
            continue;
        if (order->price != price || order->is_joined == is_new)
            drop(tracker, at);
        else if (is_new)
            join(tracker, order, ts_venue);
    }
}

void vel_queue_tracker_stays(vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (int64_t at = tracker->orders.count - 1; at >= 0; at--)
        if (tracker->orders.items[at].order_id == order_id && !tracker->orders.items[at].is_joined)
            drop(tracker, at);
}

void vel_queue_tracker_left(vel_queue_tracker_t *tracker, int64_t order_id, int64_t lots)
{
    for (int64_t at = 0; at < tracker->orders.count; at++)
        if (tracker->orders.items[at].order_id == order_id)
            tracker->orders.items[at].lots = lots;
}

void vel_queue_tracker_filled(vel_queue_tracker_t *tracker, int64_t order_id, bool is_iceberg, int64_t ts_venue)
{
    for (int64_t at = 0; at < tracker->orders.count; at++) {
        vel_tracked_t *order = &tracker->orders.items[at];
        if (order->order_id != order_id || !order->is_joined)
            continue;
        if (!is_iceberg) {
            set_ahead(order, 0.0);
            order->is_first = 1;
            order->is_unsure = 0;
            continue;
        }
        /* Whether this part is done or a little of it is left is not told. */
        join(tracker, order, ts_venue);
        order->low.ahead = 0.0;
    }
}

void vel_queue_tracker_ended(vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (int64_t at = tracker->orders.count - 1; at >= 0; at--)
        if (tracker->orders.items[at].order_id == order_id)
            drop(tracker, at);
}

/* ---------------------------------------------------------------- the feed */

bool vel_queue_tracker_is_at(const vel_queue_tracker_t *tracker, uint8_t side, int64_t price)
{
    for (int64_t at = 0; at < tracker->orders.count; at++)
        if (tracker->orders.items[at].price == price && tracker->orders.items[at].side == side)
            return true;
    return false;
}

void vel_queue_tracker_on_level(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change)
{
    for (int64_t at = 0; at < tracker->orders.count; at++) {
        vel_tracked_t *order = &tracker->orders.items[at];
        if (order->price == price && order->side == side)
            vel_queue_tracker_note(tracker, order, change);
    }
}

static bool is_better(uint8_t side, int64_t price, int64_t than)
{
    return side == VEL_BUY ? price > than : price < than;
}

/* Lots of own orders that a trade at a price meets before this order. */
static int64_t ours_before(const vel_queue_tracker_t *tracker, int64_t number, uint8_t side, int64_t price)
{
    const vel_tracked_t *order = &tracker->orders.items[number];
    int64_t lots = 0;
    for (int64_t at = 0; at < tracker->orders.count; at++) {
        const vel_tracked_t *other = &tracker->orders.items[at];
        if (at == number || other->side != side || !other->is_joined)
            continue;
        bool is_earlier = !order->is_joined || other->ts_joined < order->ts_joined ||
                          (other->ts_joined == order->ts_joined && at < number);
        if (is_better(side, other->price, price) || (other->price == price && is_earlier))
            lots += other->lots;
    }
    return lots;
}

void vel_queue_tracker_on_trade(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change)
{
    for (int64_t at = 0; at < tracker->orders.count; at++) {
        vel_tracked_t *order = &tracker->orders.items[at];
        vel_track_change_t own = *change;
        if (order->side != side || is_better(side, price, order->price))
            continue;
        if (order->price == price)
            own.ours = ours_before(tracker, at, side, price);
        else if (change->kind == VEL_TRACK_MAYBE)
            own = (vel_track_change_t){.ts_event = change->ts_event, .traded = INT64_MAX, .kind = VEL_TRACK_MAYBE};
        else /* it went through our price */
            own = (vel_track_change_t){.ts_event = change->ts_event, .kind = VEL_TRACK_THROUGH};
        vel_queue_tracker_note(tracker, order, &own);
    }
}

const vel_tracked_t *vel_queue_tracker_find(const vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (int64_t at = 0; at < tracker->orders.count; at++)
        if (tracker->orders.items[at].order_id == order_id && tracker->orders.items[at].is_joined)
            return &tracker->orders.items[at];
    return NULL;
}

vel_tracked_place_t vel_tracked_place(const vel_tracked_t *order, int64_t shown)
{
    vel_tracked_place_t place = {order->low.ahead, order->likely.ahead, order->high.ahead, 1.0};
    double most = (double)order->shown;
    if (order->is_unsure && order->is_settled && shown >= 0) {
        if (vel_queue_is_unknown(place.high))
            most = (double)shown;
        place.low = least(place.low, (double)shown);
        place.likely = least(place.likely, (double)shown);
        place.high = least(place.high, (double)shown);
    }
    if (vel_queue_is_unknown(place.high))
        place.confidence = 0.0;
    else if (place.high > place.low)
        place.confidence = most > place.high - place.low ? 1.0 - (place.high - place.low) / most : 0.0;
    return place;
}
