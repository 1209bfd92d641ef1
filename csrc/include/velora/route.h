/* route.h: who is woken by an event of an instrument, and the wake-up filters that decide whether it is worth it.
 *
 * An instrument has one list of routes a kind of event, in the order of delivery. A route may have a filter; the routes
 * that an event passes are marked, and whoever delivers goes through the marks. */
#ifndef VELORA_ROUTE_H
#define VELORA_ROUTE_H

#include "velora/base.h"
#include "velora/vector.h"

VEL_C_BEGIN

/* Kinds of a route; bit 1 << kind is the VEL_WAKE_ bit of local.h. */
enum {
    VEL_ROUTE_TRADE = 0,
    VEL_ROUTE_QUOTE = 1,
    VEL_ROUTE_BOOK = 2,
    VEL_ROUTE_GAP = 3,
    VEL_ROUTE_FUNDING = 4,
    VEL_ROUTES = 5
};

/* All conditions that are set must hold; each counts from the last wake-up, and the first event has moved and waited
 * enough. */
typedef struct vel_filter {
    int64_t every_n;     /* wake at each n-th event; 0 or 1 for each */
    int64_t volume;      /* lots traded since the last wake-up, 0 for any */
    int64_t interval;    /* ns of local time since the last wake-up, 0 for any */
    int64_t move2;       /* half ticks that the price (of a trade, or the mid) moved, 0 for any */
    uint8_t best_change; /* best bid or ask price differs */
    uint8_t has_woken;
    int64_t count; /* since the last wake-up; likewise the rest */
    int64_t lots;
    int64_t ts;       /* ns, local clock, of the last wake-up */
    int64_t price[2]; /* ticks: best bid and ask then, or twice the trade's price */
} vel_filter_t;

typedef struct vel_route {
    int32_t strategy;
    int32_t target;       /* which of its callbacks; -1 for its own method */
    uint8_t passed;       /* by the event at hand; always 1 without a filter */
    vel_filter_t *filter; /* borrowed, NULL for none */
    int64_t first;        /* of the list: the first route of the same callback */
    int64_t marked;       /* of a first route: the last event that its callback was told of */
    int64_t events;       /* of the list's first one: events so far */
} vel_route_t;

VEL_VECTOR(vel_routes, vel_route_t)

/* Whether an event wakes: at local time `now`, with bid and ask (or the trade's price twice) in ticks and the traded
 * lots. Counts the event either way. */
static inline bool vel_filter_passes(vel_filter_t *filter, int64_t now, int64_t bid, int64_t ask, int64_t lots)
{
    filter->count++;
    filter->lots += lots;
    if (filter->count < filter->every_n || filter->lots < filter->volume)
        return false;
    if (filter->has_woken) {
        if (filter->interval > 0 && now - filter->ts < filter->interval)
            return false;
        if (filter->best_change && bid == filter->price[0] && ask == filter->price[1])
            return false;
        int64_t moved = bid + ask - filter->price[0] - filter->price[1];
        if (moved < filter->move2 && -moved < filter->move2)
            return false;
    }
    filter->has_woken = 1;
    filter->count = filter->lots = 0;
    filter->ts = now;
    filter->price[0] = bid;
    filter->price[1] = ask;
    return true;
}

/* Mark the routes that an event passes; a callback with several is told once. Returns whether any is marked. */
static inline bool vel_routes_mark(vel_routes_t *routes, int64_t now, int64_t bid, int64_t ask, int64_t lots)
{
    bool any = false;
    int64_t event = routes->count == 0 ? 0 : ++routes->items[0].events;
    for (int64_t i = 0; i < routes->count; i++) {
        vel_route_t *route = &routes->items[i], *first = &routes->items[route->first];
        route->passed =
            (route->filter == NULL || vel_filter_passes(route->filter, now, bid, ask, lots)) && first->marked != event;
        if (route->passed)
            first->marked = event;
        any |= route->passed;
    }
    return any;
}

VEL_C_END

#endif
