/* route.h: the callbacks that an event of an instrument calls, and the filters that decide whether it does.
 *
 * An instrument has one list of routes per kind of event, in the order of delivery. A route may have a filter. The
 * routes that an event passes are marked; the deliverer then walks the marks. */
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

/* All conditions that are set must hold. Each counts from the last wake-up; for the first event the conditions on
 * moves and time count as met. */
typedef struct vel_filter {
    int64_t every_n;     /* wake at each n-th event; 0 or 1 for each */
    int64_t volume;      /* lots traded since the last wake-up, 0 for any */
    int64_t interval;    /* ns of local time since the last wake-up, 0 for any */
    int64_t move2;       /* half ticks that the price (of a trade, or the mid) moved, 0 for any */
    uint8_t best_change; /* best bid or ask price differs */
    uint8_t has_woken;
    int64_t count; /* since the last wake-up, like the fields below */
    int64_t lots;
    int64_t ts;       /* ns, local clock, of the last wake-up */
    int64_t price[2]; /* ticks: best bid and ask at the last wake-up, or twice the trade's price */
} vel_filter_t;

typedef struct vel_route {
    int32_t strategy;
    int32_t target;       /* index among the strategy's callbacks; -1 for its own method */
    uint8_t passed;       /* whether the current event passed; always 1 without a filter */
    vel_filter_t *filter; /* borrowed, NULL for none */
    int64_t first;        /* of the list: index of the first route of the same callback */
    int64_t marked;       /* of a first route: the last event for which its callback was marked */
    int64_t events;       /* of the list's first route: events so far */
} vel_route_t;

VEL_VECTOR(vel_routes, vel_route_t)

/* Whether an event wakes the callback: at local time `now`, with bid and ask (or the trade's price twice) in ticks
 * and the traded lots. Counts the event in either case. */
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

/* Mark the routes that an event passes; a callback with several routes is called once. Returns whether any is
 * marked. */
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
