/* GTD orders that end before their time: their timers do not pile up, and those that live end at their instants, in the
 * order of their times and then of their acceptance. */
#include <stdlib.h>

#include "check.h"
#include "velora/match.h"
#include "velora/rng.h"

#define ORDERS 100000
#define FEW 64 /* timers of ended orders that may always stay */
#define DAY INT64_C(86400000000000)

static int command(vel_match_t *engine, uint8_t action, int64_t ts, int64_t order_id, int64_t expiry)
{
    vel_contingency_command_t wanted = {.ts = ts,
                                        .order_id = order_id,
                                        .terms.price = 100,
                                        .terms.qty = 1,
                                        .terms.expiry = expiry,
                                        .owner = 1,
                                        .action = action,
                                        .terms.side = VEL_BUY,
                                        .terms.tif = VEL_GTD};
    return vel_match_on_command(engine, &wanted);
}

static int64_t ended_timers(const vel_match_t *engine)
{
    CHECK(engine->contingency.timed == vel_match_count(engine));
    return engine->contingency.timers.count - engine->contingency.timed;
}

/* Each order is cancelled at once, as a maker does that gives every order an end for the case that it loses touch. */
static void timers_of_cancelled_orders_do_not_pile_up(void)
{
    vel_match_t engine;
    int64_t most = 0;
    CHECK(vel_match_init(&engine, VEL_AMEND_IN_PLACE) == VEL_OK);
    for (int64_t id = 1; id <= ORDERS; id++) {
        CHECK(command(&engine, VEL_ACTION_NEW, id, id, id + DAY) == VEL_OK);
        CHECK(command(&engine, VEL_ACTION_CANCEL, id, id, 0) == VEL_OK);
        engine.reports.count = 0;
        most = most > engine.contingency.timers.count ? most : engine.contingency.timers.count;
    }
    CHECK(most > 1 && most <= FEW + 1);
    CHECK(vel_match_advance(&engine, 3 * DAY) == VEL_OK);
    CHECK(engine.contingency.timers.count == 0 && engine.reports.count == 0);
    vel_match_free(&engine);
}

static int by_time(const void *a, const void *b)
{
    const vel_contingency_timer_t *left = a, *right = b;
    if (left->ts != right->ts)
        return left->ts < right->ts ? -1 : 1;
    return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

/* Orders live and end early at random, many share an instant, and pool places are used again. */
static void orders_that_live_end_at_their_times_in_order(void)
{
    vel_match_t engine;
    vel_rng_t rng;
    int64_t alive = 0, kept = 0, most = 0;
    int64_t *ids = malloc(ORDERS * sizeof *ids);
    vel_contingency_timer_t *expected = malloc(ORDERS * sizeof *expected);
    CHECK(ids != NULL && expected != NULL && vel_match_init(&engine, VEL_AMEND_IN_PLACE) == VEL_OK);
    vel_rng_seed(&rng, 5);
    for (int64_t id = 1; id <= ORDERS; id++) {
        int64_t expiry = DAY + (int64_t)vel_rng_below(&rng, ORDERS / 50);
        CHECK(command(&engine, VEL_ACTION_NEW, 1, id, expiry) == VEL_OK);
        expected[id - 1] = (vel_contingency_timer_t){.ts = expiry, .sequence = id};
        ids[alive++] = id;
        while (alive > 0 && vel_rng_below(&rng, 41) < 20) {
            int64_t which = (int64_t)vel_rng_below(&rng, (uint64_t)alive), gone = ids[which];
            CHECK(command(&engine, VEL_ACTION_CANCEL, 1, gone, 0) == VEL_OK);
            expected[gone - 1].ts = 0;
            ids[which] = ids[--alive];
        }
        engine.reports.count = 0;
        most = most > ended_timers(&engine) ? most : ended_timers(&engine);
        CHECK(ended_timers(&engine) <= FEW || ended_timers(&engine) <= alive);
    }
    CHECK(most > FEW);
    for (int64_t at = 0; at < ORDERS; at++)
        if (expected[at].ts != 0)
            expected[kept++] = expected[at];
    CHECK(kept == alive && kept > 1000);
    qsort(expected, (size_t)kept, sizeof *expected, by_time);
    CHECK(vel_match_advance(&engine, DAY - 1) == VEL_OK && engine.reports.count == 0);
    CHECK(vel_match_advance(&engine, 2 * DAY) == VEL_OK);
    CHECK(engine.reports.count == kept && engine.contingency.timers.count == 0 && vel_match_count(&engine) == 0);
    for (int64_t at = 0; at < kept && at < engine.reports.count; at++) {
        const vel_match_report_t *report = &engine.reports.items[at];
        CHECK(report->kind == VEL_REPORT_EXPIRED);
        CHECK(report->ts == expected[at].ts && report->order_id == expected[at].sequence);
    }
    vel_match_free(&engine);
    free(expected);
    free(ids);
}

int main(void)
{
    timers_of_cancelled_orders_do_not_pile_up();
    orders_that_live_end_at_their_times_in_order();
    printf("timers of %d orders: %d failures\n", ORDERS, check_failures);
    return check_failures != 0;
}
