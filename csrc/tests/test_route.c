/* Which events pass the filter of a route, and which routes an event marks. */
#include "velora/route.h"

#include "check.h"

static bool passes(vel_filter_t *filter, int64_t now, int64_t bid, int64_t ask, int64_t lots)
{
    return vel_filter_passes(filter, now, bid, ask, lots);
}

static void each_nth_event_passes(void)
{
    vel_filter_t filter = {.every_n = 3};
    int64_t passed = 0;
    for (int64_t at = 1; at <= 9; at++)
        passed += passes(&filter, at, 100, 101, 0) && at % 3 == 0;
    CHECK(passed == 3);
}

static void volume_adds_up_until_it_is_enough(void)
{
    vel_filter_t filter = {.volume = 10};
    CHECK(!passes(&filter, 1, 100, 100, 4) && !passes(&filter, 2, 100, 100, 5) && passes(&filter, 3, 100, 100, 1));
    CHECK(!passes(&filter, 4, 100, 100, 9)); /* from zero again */
}

static void an_interval_counts_from_the_last_wake_up(void)
{
    vel_filter_t filter = {.interval = 10};
    CHECK(passes(&filter, 5, 100, 101, 0)); /* the first one does */
    CHECK(!passes(&filter, 14, 100, 101, 0) && passes(&filter, 15, 100, 101, 0) && !passes(&filter, 16, 100, 101, 0));
}

static void a_change_of_either_best_price_passes(void)
{
    vel_filter_t filter = {.best_change = 1};
    CHECK(passes(&filter, 1, 100, 101, 0) && !passes(&filter, 2, 100, 101, 0));
    CHECK(passes(&filter, 3, 99, 101, 0) && passes(&filter, 4, 99, 102, 0) && !passes(&filter, 5, 99, 102, 0));
}

/* Twice the mid, so that half a tick is one. */
static void a_move_of_the_mid_counts_either_way(void)
{
    vel_filter_t filter = {.move2 = 3};
    CHECK(passes(&filter, 1, 100, 101, 0) && !passes(&filter, 2, 101, 102, 0) && passes(&filter, 3, 102, 102, 0));
    CHECK(!passes(&filter, 4, 101, 101, 0) && passes(&filter, 5, 100, 101, 0));
}

static void a_callback_with_several_routes_is_called_once(void)
{
    vel_routes_t routes = {0};
    vel_filter_t second = {.every_n = 2}, third = {.every_n = 3};
    CHECK(!vel_routes_mark(&routes, 1, 100, 101, 0)); /* nobody is there */
    vel_route_t list[3] = {{.filter = &second}, {.filter = &third, .first = 0}, {.filter = &third, .first = 2}};
    for (int at = 0; at < 3; at++)
        CHECK(vel_routes_push(&routes, &list[at]) == VEL_OK);
    routes.items[2].filter = &second;                /* another callback, which shares the count */
    CHECK(vel_routes_mark(&routes, 1, 100, 101, 0)); /* of the two looks at one count the second passes */
    CHECK(!routes.items[0].passed && !routes.items[1].passed && routes.items[2].passed);
    third.count = 2;
    second.count = 1;
    CHECK(vel_routes_mark(&routes, 2, 100, 101, 0));
    CHECK(routes.items[0].passed && !routes.items[1].passed); /* the same callback, told already */
    second.count = third.count = 0;
    second.every_n = third.every_n = 9;
    CHECK(!vel_routes_mark(&routes, 3, 100, 101, 0));
    vel_routes_free(&routes);
}

int main(void)
{
    each_nth_event_passes();
    volume_adds_up_until_it_is_enough();
    an_interval_counts_from_the_last_wake_up();
    a_change_of_either_best_price_passes();
    a_move_of_the_mid_counts_either_way();
    a_callback_with_several_routes_is_called_once();
    return check_failures != 0;
}
