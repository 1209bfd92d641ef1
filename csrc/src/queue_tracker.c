#include "velora/queue_tracker.h"

#include <string.h>

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

int vel_queue_tracker_sent(vel_queue_tracker_t *tracker, int64_t order_id, uint8_t side, int64_t price, int64_t shown)
{
    vel_tracked_t order = {.order_id = order_id, .price = price, .shown = shown, .side = side};
    return vel_tracked_list_push(&tracker->orders, &order);
}

/* ---------------------------------------------------------------- places */

static void stand_behind(vel_tracked_t *order, int64_t lots)
{
    vel_queue_place_t place = {(double)lots, 0.0, 0.0, INT64_MIN};
    order->shown = lots;
    order->low = order->likely = order->high = place;
}

static void depth(vel_queue_place_t *place, vel_queue_depth_fn model, const vel_track_change_t *change)
{
    double ahead = place->ahead;
    model(place, (double)change->before, (double)change->after, NULL);
    place->traded = 0.0;
    if (place->cut_ts != change->ts_event)
        place->cut = 0.0;
    if (ahead > place->ahead)
        place->cut += ahead - place->ahead;
    place->cut_ts = change->ts_event;
}

/* A depth row of the same instant that came first may have told this trade already. */
static void trade(vel_queue_place_t *place, const vel_track_change_t *change)
{
    double left = (double)change->traded;
    if (place->cut_ts == change->ts_event) {
        double told = place->cut < left ? place->cut : left;
        place->cut -= told;
        left -= told;
    } else {
        double traded = place->traded + left;
        place->traded = traded < (double)change->after ? traded : (double)change->after;
    }
    place->ahead = place->ahead > left ? place->ahead - left : 0.0;
}

static void meet(vel_tracked_t *order, const vel_track_change_t *change)
{
    if (change->traded > 0) {
        trade(&order->low, change);
        trade(&order->likely, change);
        trade(&order->high, change);
    } else if (change->ts_event <= order->ts_joined) {
        stand_behind(order, change->after); /* the feed has only now come to what it showed when we joined */
    } else {
        depth(&order->low, vel_queue_optimistic, change);
        depth(&order->likely, vel_queue_proportional, change);
        depth(&order->high, vel_queue_risk_averse, change);
    }
}

static void note(vel_tracked_t *order, const vel_track_change_t *change)
{
    if (order->is_joined) {
        if (change->traded == 0 || change->ts_event > order->ts_joined)
            meet(order, change);
        return;
    }
    order->changes[order->changes_count++ % VEL_TRACK_CHANGES_MAX] = *change;
}

static void join(vel_tracked_t *order, int64_t ts_venue)
{
    int64_t kept = order->changes_count < VEL_TRACK_CHANGES_MAX ? order->changes_count : VEL_TRACK_CHANGES_MAX;
    order->is_joined = 1;
    order->ts_joined = ts_venue;
    stand_behind(order, order->shown);
    if (order->changes_count > kept) /* what it showed before the oldest change that is still known */
        stand_behind(order, order->changes[order->changes_count % VEL_TRACK_CHANGES_MAX].before);
    for (int64_t at = order->changes_count - kept; at < order->changes_count; at++)
        note(order, &order->changes[at % VEL_TRACK_CHANGES_MAX]);
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
            join(order, ts_venue);
    }
}

void vel_queue_tracker_stays(vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (int64_t at = tracker->orders.count - 1; at >= 0; at--)
        if (tracker->orders.items[at].order_id == order_id && !tracker->orders.items[at].is_joined)
            drop(tracker, at);
}

void vel_queue_tracker_ended(vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (int64_t at = tracker->orders.count - 1; at >= 0; at--)
        if (tracker->orders.items[at].order_id == order_id)
            drop(tracker, at);
}

/* ---------------------------------------------------------------- the feed */

void vel_queue_tracker_on_level(vel_queue_tracker_t *tracker, uint8_t side, int64_t price, int64_t before,
                                int64_t after, int64_t ts_event)
{
    vel_track_change_t change = {ts_event, before, after, 0};
    for (int64_t at = 0; at < tracker->orders.count; at++) {
        vel_tracked_t *order = &tracker->orders.items[at];
        if (order->price == price && order->side == side)
            note(order, &change);
    }
}

void vel_queue_tracker_on_trade(vel_queue_tracker_t *tracker, uint8_t side, int64_t price, int64_t qty, int64_t shown,
                                int64_t ts_event)
{
    vel_track_change_t change = {ts_event, shown, shown, qty};
    for (int64_t at = 0; at < tracker->orders.count; at++) {
        vel_tracked_t *order = &tracker->orders.items[at];
        if (order->side != side)
            continue;
        if (order->price == price)
            note(order, &change);
        else if (order->is_joined && ts_event > order->ts_joined &&
                 (side == VEL_BUY ? price < order->price : price > order->price))
            order->low.ahead = order->likely.ahead = order->high.ahead = 0.0; /* it went through our price */
    }
}

const vel_tracked_t *vel_queue_tracker_find(const vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (int64_t at = 0; at < tracker->orders.count; at++)
        if (tracker->orders.items[at].order_id == order_id && tracker->orders.items[at].is_joined)
            return &tracker->orders.items[at];
    return NULL;
}

double vel_tracked_confidence(const vel_tracked_t *order)
{
    if (order->shown <= 0)
        return 1.0;
    double known = 1.0 - (order->high.ahead - order->low.ahead) / (double)order->shown;
    return known < 0.0 ? 0.0 : known;
}
