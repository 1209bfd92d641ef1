/* The laws of impact.h against sums written out, and what a level gives a taker against its own definition. */
#include <math.h>

#include "check.h"
#include "velora/impact.h"

#define SECOND INT64_C(1000000000)

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1.0 + fabs(b));
}

static const int64_t times[5] = {1 * SECOND, 2 * SECOND, 2 * SECOND, 5 * SECOND, 9 * SECOND};
static const uint8_t sides[5] = {VEL_BUY, VEL_BUY, VEL_SELL, VEL_BUY, VEL_SELL};
static const double lots[5] = {10.0, 4.0, 1.0, 7.0, 2.0};

static double signed_lots(int i)
{
    return sides[i] == VEL_BUY ? lots[i] : -lots[i];
}

static void transient_displacement_is_the_sum_over_executions(void)
{
    vel_impact_t impact = {.kind = VEL_IMPACT_TRANSIENT,
                           .terms = 2,
                           .exponent = 0.5,
                           .permanent = 0.25,
                           .passive_share = 1.0,
                           .rate = {0.5e-9, 0.1e-9},
                           .weight = {2.0, -0.5}};
    CHECK(vel_impact_check(&impact) == VEL_OK);
    int64_t at = 12 * SECOND;
    double wanted = 0.0;
    for (int i = 0; i < 5; i++) {
        vel_impact_add(&impact, times[i], sides[i], lots[i]);
        double age = (double)(at - times[i]), root = copysign(sqrt(lots[i]), signed_lots(i));
        wanted += 0.25 * signed_lots(i) + root * (2.0 * exp(-0.5e-9 * age) - 0.5 * exp(-0.1e-9 * age));
    }
    CHECK(is_near(vel_impact_displacement(&impact, at), wanted));
    CHECK(is_near(vel_impact_edge(&impact, at, VEL_SELL, 0.0), -wanted));
    CHECK(is_near(vel_impact_edge(&impact, at, VEL_BUY, 9.0), wanted + 0.25 * 9.0 + 1.5 * 3.0));
}

static void square_root_displacement_follows_the_decayed_volume(void)
{
    vel_impact_t impact = {
        .kind = VEL_IMPACT_SQUARE_ROOT, .terms = 1, .scale = 3.0, .exponent = 0.5, .rate = {0.25e-9}};
    CHECK(vel_impact_check(&impact) == VEL_OK);
    int64_t at = 9 * SECOND;
    double volume = 0.0;
    for (int i = 0; i < 5; i++) {
        vel_impact_add(&impact, times[i], sides[i], lots[i]);
        volume += signed_lots(i) * exp(-0.25e-9 * (double)(at - times[i]));
    }
    CHECK(is_near(vel_impact_displacement(&impact, at), 3.0 * copysign(sqrt(fabs(volume)), volume)));
    CHECK(is_near(vel_impact_edge(&impact, at, VEL_SELL, 5.0), 3.0 * copysign(sqrt(fabs(5.0 - volume)), 5.0 - volume)));
}

static void interval_moves_the_price_when_it_ends(void)
{
    vel_impact_t impact = {
        .kind = VEL_IMPACT_INTERVAL, .permanent = 0.5, .temporary = 0.125, .interval = 10 * SECOND, .exponent = 1.0};
    CHECK(vel_impact_check(&impact) == VEL_OK);
    vel_impact_add(&impact, SECOND, VEL_BUY, 8.0);
    CHECK(vel_impact_displacement(&impact, 9 * SECOND) == 0.0);
    CHECK(vel_impact_displacement(&impact, 10 * SECOND) == 4.0);
    CHECK(is_near(vel_impact_mean(&impact, 2 * SECOND, VEL_BUY, 0.0, 4.0), 0.125 * (16.0 + 4.0)));
    CHECK(is_near(vel_impact_mean(&impact, 2 * SECOND, VEL_SELL, 0.0, 4.0), 0.125 * 4.0));
    CHECK(is_near(vel_impact_mean(&impact, 11 * SECOND, VEL_BUY, 0.0, 4.0), 4.0 + 0.125 * 4.0));
    vel_impact_add(&impact, 25 * SECOND, VEL_SELL, 2.0);
    CHECK(vel_impact_displacement(&impact, 25 * SECOND) == 4.0);
    CHECK(vel_impact_displacement(&impact, 30 * SECOND) == 3.0);
}

/* The mean over an order is the mean of the edge over its lots, and a cut of it changes nothing. */
static void mean_is_the_integral_of_the_edge(void)
{
    vel_impact_t laws[3] = {
        {.kind = VEL_IMPACT_SQUARE_ROOT, .terms = 1, .scale = 3.0, .exponent = 0.5, .rate = {0.25e-9}},
        {.kind = VEL_IMPACT_TRANSIENT, .terms = 1, .exponent = 0.7, .permanent = 0.1, .weight = {0.5}, .rate = {1e-9}},
        {.kind = VEL_IMPACT_INTERVAL, .permanent = 0.5, .temporary = 0.125, .interval = 10 * SECOND, .exponent = 1.0}};
    for (int law = 0; law < 3; law++) {
        vel_impact_t *impact = &laws[law];
        vel_impact_add(impact, SECOND, VEL_SELL, 30.0); /* the law of the sum passes through its kink */
        for (uint8_t side = 0; side < 2; side++) {
            double sum = 0.0;
            const int steps = 200000;
            for (int i = 0; i < steps; i++)
                sum += vel_impact_edge(impact, 2 * SECOND, side, 2.0 + 58.0 * (i + 0.5) / steps);
            double mean = vel_impact_mean(impact, 2 * SECOND, side, 2.0, 60.0);
            CHECK(fabs(mean - sum / steps) < 1e-4);
            double parts = vel_impact_mean(impact, 2 * SECOND, side, 2.0, 20.0) * 18.0 +
                           vel_impact_mean(impact, 2 * SECOND, side, 20.0, 60.0) * 40.0;
            CHECK(is_near(parts, mean * 58.0));
        }
    }
}

static void split_costs_at_least_the_mean_and_less_than_a_tick_of_a_lot_more(void)
{
    for (int64_t qty = 1; qty < 40; qty++)
        for (int step = 0; step < 100; step++) {
            double adverse = 0.0371 * step;
            int64_t ticks, far = vel_impact_split(adverse, qty, &ticks);
            double paid = (double)(ticks * qty + far);
            CHECK(far >= 0 && far < qty && ticks >= 0);
            CHECK(paid >= adverse * (double)qty - 1e-6 && paid < adverse * (double)qty + 1.0);
        }
    int64_t ticks;
    CHECK(vel_impact_split(0.0, 5, &ticks) == 0 && ticks == 0);
    CHECK(vel_impact_split(3.0 - 1e-12, 5, &ticks) == 0 && ticks == 3);
    CHECK(vel_impact_split(3.0 + 1e-12, 5, &ticks) == 0 && ticks == 3);
    CHECK(vel_impact_split(INFINITY, 5, &ticks) == 0 && ticks == INT64_C(1000000000000000));
    CHECK(vel_impact_split(NAN, 5, &ticks) == 0 && ticks == INT64_C(1000000000000000));
}

static void taker_gets_no_lot_beyond_its_limit_and_none_less_than_it_may(void)
{
    vel_impact_t impact = {.kind = VEL_IMPACT_TRANSIENT, .terms = 1, .exponent = 1.0, .weight = {0.01}, .rate = {1e-9}};
    for (int64_t room = 0; room < 6; room++) {
        int64_t last = 0;
        for (int64_t wanted = 1; wanted < 900; wanted += 7) {
            vel_impact_share_t share;
            vel_impact_take(&impact, SECOND, VEL_BUY, 0, wanted, 0, room, &share);
            int64_t got = share.near + share.far;
            CHECK(share.near >= 0 && share.far >= 0 && got <= wanted);
            CHECK(share.near == 0 || share.ticks <= room);
            CHECK(share.far == 0 || share.ticks + 1 <= room);
            if (0.01 * (double)wanted <= (double)room)
                CHECK(got == wanted); /* not even the last lot stands beyond the limit */
            CHECK(got >= last - 1);
            last = got;
        }
    }
    /* A level beyond the touch is displaced by what is left or by what the order makes of it, not by both. */
    vel_impact_share_t share;
    vel_impact_take(&impact, SECOND, VEL_BUY, 0, 400, 0, 1000, &share);
    CHECK(share.ticks == 2 && share.near == 400);
    vel_impact_take(&impact, SECOND, VEL_BUY, 0, 400, 2, 1000, &share);
    CHECK(share.ticks == 0 && share.near == 400);
    vel_impact_add(&impact, SECOND, VEL_BUY, 300.0);
    vel_impact_take(&impact, SECOND, VEL_BUY, 0, 400, 50, 1000, &share);
    CHECK(share.ticks == 3 && share.near == 400);
    vel_impact_take(&impact, SECOND, VEL_BUY, 0, 400, 0, 2, &share);
    CHECK(share.near + share.far == 0);
    /* What own buying moved is not given back to a seller. */
    vel_impact_take(&impact, SECOND, VEL_SELL, 0, 100, 0, 1000, &share);
    CHECK(share.ticks == 0 && share.near == 100);
}

static void parameters_out_of_range_are_refused(void)
{
    vel_impact_t good = {.kind = VEL_IMPACT_TRANSIENT, .terms = 1, .exponent = 1.0, .weight = {1.0}, .rate = {1.0}};
    CHECK(vel_impact_check(&good) == VEL_OK);
    vel_impact_t bad[6] = {good, good, good, good, good, good};
    bad[0].kind = 0;
    bad[1].terms = VEL_IMPACT_TERMS_MAX + 1;
    bad[2].exponent = 1.5;
    bad[3].passive_share = 2.0;
    bad[4].rate[0] = -1.0;
    bad[5].weight[0] = NAN;
    for (int i = 0; i < 6; i++)
        CHECK(vel_impact_check(&bad[i]) == VEL_EINVAL);
    vel_impact_t no_interval = {.kind = VEL_IMPACT_INTERVAL};
    CHECK(vel_impact_check(&no_interval) == VEL_EINVAL);
}

int main(void)
{
    transient_displacement_is_the_sum_over_executions();
    square_root_displacement_follows_the_decayed_volume();
    interval_moves_the_price_when_it_ends();
    mean_is_the_integral_of_the_edge();
    split_costs_at_least_the_mean_and_less_than_a_tick_of_a_lot_more();
    taker_gets_no_lot_beyond_its_limit_and_none_less_than_it_may();
    parameters_out_of_range_are_refused();
    return check_failures != 0;
}
