/* Timers of a local side: their order, those that are cancelled, and the memory that these keep. */
#include "velora/timers.h"

#include "velora/rng.h"

#include "check.h"

static vel_timers_t timers;

static void begin(int32_t strategies)
{
    vel_timers_free(&timers);
    vel_timers_init(&timers, strategies);
}

static void add(int32_t strategy, int64_t ts, int64_t interval, int64_t id)
{
    CHECK(vel_timers_add(&timers, strategy, ts, interval, id) == VEL_OK);
}

static vel_timer_t pop(void)
{
    vel_timer_t timer;
    vel_timers_pop(&timers, &timer);
    return timer;
}

static void timers_come_by_their_time_and_cancelled_ones_never(void)
{
    begin(1);
    CHECK(vel_timers_front(&timers) == NULL && vel_timers_next(&timers) == VEL_NEVER);
    for (int64_t id = 1; id <= 400; id++)
        add(0, id * 7919 % 401, 0, id);
    CHECK(vel_timers_add(&timers, 0, 3, 0, 5) == VEL_EEXIST && timers.heap.count == 400);
    for (int64_t id = 1; id <= 400; id++)
        if (id % 4 != 0)
            CHECK(vel_timers_remove(&timers, 0, id));
    CHECK(!vel_timers_remove(&timers, 0, 1));
    CHECK(timers.heap.count <= 300); /* cancelled ones are taken out together */
    int64_t last = -1, count = 0;
    while (timers.heap.count > 0) {
        CHECK(vel_timers_front(&timers)->ts == vel_timers_next(&timers));
        vel_timer_t timer = pop();
        CHECK(timer.ts >= last && timer.id % 4 == 0);
        last = timer.ts;
        count++;
    }
    CHECK(count == 100 && vel_timers_next(&timers) == VEL_NEVER);
}

static void of_equal_times_the_one_set_first_comes_first(void)
{
    begin(2);
    for (int64_t id = 1; id <= 50; id++)
        add((int32_t)(id % 2), 10, 0, id);
    for (int64_t id = 1; id <= 50; id++)
        CHECK(pop().id == id);
}

/* A periodic timer that fires is set anew: at the same instant it comes after those that waited. */
static void a_periodic_timer_is_set_again_when_it_fires(void)
{
    begin(1);
    add(0, 10, 5, 1);
    add(0, 15, 0, 2);
    CHECK(pop().id == 1 && vel_timers_next(&timers) == 15);
    CHECK(pop().id == 2 && pop().id == 1 && vel_timers_next(&timers) == 20);
    CHECK(vel_timers_add(&timers, 0, 1, 0, 1) == VEL_EEXIST);
    CHECK(vel_timers_remove(&timers, 0, 1) && vel_timers_next(&timers) == VEL_NEVER);
    add(0, 30, 0, 1); /* the id is free again */
    CHECK(pop().ts == 30);
    add(0, VEL_NEVER - 1, 100, 3); /* a next time that no number holds is never */
    CHECK(pop().ts == VEL_NEVER - 1 && vel_timers_next(&timers) == VEL_NEVER);
}

static void strategies_and_the_kernel_have_ids_of_their_own(void)
{
    begin(2);
    add(VEL_TIMER_KERNEL, 1, 0, 7);
    add(0, 2, 0, 7);
    add(1, 3, 0, 7);
    add(1, 4, 0, -7);
    CHECK(vel_timers_remove(&timers, 0, 7) && !vel_timers_remove(&timers, 0, 7));
    CHECK(pop().strategy == VEL_TIMER_KERNEL);
    vel_timers_drop(&timers, 0); /* it has none */
    CHECK(vel_timers_next(&timers) == 3);
    vel_timers_drop(&timers, 1);
    CHECK(vel_timers_next(&timers) == VEL_NEVER && timers.heap.count == 0);
}

/* A cancelled timer that is set again lies in the heap twice; only the newer one comes. */
static void a_timer_that_was_cancelled_and_set_again_comes_once(void)
{
    begin(1);
    add(0, 1, 0, 1);
    add(0, 50, 0, 2);
    CHECK(vel_timers_remove(&timers, 0, 2));
    add(0, 40, 0, 2);
    add(0, 60, 0, 3);
    CHECK(timers.heap.count == 4);
    vel_timers_drop(&timers, 0); /* of the two entries of timer 2 one is dead already */
    CHECK(vel_timers_next(&timers) == VEL_NEVER);
    add(0, 9, 0, 2);
    CHECK(pop().ts == 9 && timers.heap.count == 0);
}

/* Whatever is set and cancelled, the earliest live timer is next and the heap is bounded by the live ones. */
static void random_timers_come_as_a_search_says(void)
{
    enum { IDS = 300 };
    static int64_t due[IDS], sequence_of[IDS];
    int64_t live = 0, sequence = 0;
    vel_rng_t rng;
    vel_rng_seed(&rng, 11);
    begin(1);
    for (int id = 0; id < IDS; id++)
        due[id] = VEL_NEVER;
    for (int step = 0; step < 60000; step++) {
        int id = (int)vel_rng_below(&rng, IDS);
        uint64_t what = vel_rng_below(&rng, 8);
        if (what < 4) {
            int64_t ts = step + (int64_t)vel_rng_below(&rng, 500);
            int status = vel_timers_add(&timers, 0, ts, 0, id);
            CHECK(status == (due[id] == VEL_NEVER ? VEL_OK : VEL_EEXIST));
            if (status != VEL_OK)
                continue;
            due[id] = ts;
            sequence_of[id] = sequence++;
            live++;
        } else if (what < 7) {
            CHECK(vel_timers_remove(&timers, 0, id) == (due[id] != VEL_NEVER));
            live -= due[id] != VEL_NEVER;
            due[id] = VEL_NEVER;
        } else if (live > 0) {
            int first = 0;
            for (int at = 1; at < IDS; at++)
                if (due[at] < due[first] || (due[at] == due[first] && sequence_of[at] < sequence_of[first]))
                    first = at;
            CHECK(vel_timers_next(&timers) == due[first] && pop().id == first);
            live--;
            due[first] = VEL_NEVER;
        }
        CHECK((timers.heap.count == 0) == (live == 0) && timers.heap.count <= 2 * live + 64);
    }
}

int main(void)
{
    timers_come_by_their_time_and_cancelled_ones_never();
    of_equal_times_the_one_set_first_comes_first();
    a_periodic_timer_is_set_again_when_it_fires();
    strategies_and_the_kernel_have_ids_of_their_own();
    a_timer_that_was_cancelled_and_set_again_comes_once();
    random_timers_come_as_a_search_says();
    vel_timers_free(&timers);
    vel_timers_free(&timers);
    return check_failures != 0;
}
