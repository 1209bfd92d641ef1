/* Latency of each leg, of recordings and of load, against their definitions in latency.h. */
#include "velora/latency.h"
#include "velora/message.h"

#include "check.h"

static void a_constant_leg_draws_its_constant_and_no_random_number(void)
{
    vel_latency_leg_t leg = {.constant = 250};
    vel_rng_seed(&leg.rng, 1);
    vel_rng_t untouched = leg.rng;
    CHECK(vel_latency_draw(&leg) == 250);
    CHECK(vel_rng_next(&leg.rng) == vel_rng_next(&untouched));
}

/* Half of the draws lie between the first two quantiles and half between the others. */
static void a_leg_of_quantiles_draws_each_interval_alike(void)
{
    static const int64_t quantiles[3] = {100, 200, 1000};
    vel_latency_leg_t leg = {.quantiles = quantiles, .rows = 3}, twin;
    vel_rng_seed(&leg.rng, 1);
    twin = leg;
    int64_t low = 0, sum = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t drawn = vel_latency_draw(&leg);
        CHECK(drawn >= 100 && drawn < 1000);
        CHECK(drawn == vel_latency_draw(&twin)); /* the same seed gives the same series */
        low += drawn < 200;
        sum += drawn;
    }
    CHECK(low > 9700 && low < 10300);
    CHECK(sum / 20000 > 365 && sum / 20000 < 385); /* the mean of 150 and 600 */
}

static const int64_t sent[4] = {100, 200, 400, 500};
static const int64_t there[4] = {10, 20, 0, 50};
static const int64_t back[4] = {1, 3, 5, 5};
static const uint8_t refused[4] = {0, 0, 0, 1};

static vel_latency_t recording(void)
{
    return (vel_latency_t){.samples = {sent, there, back, NULL, 4}};
}

static void a_recording_is_interpolated_between_rows_and_clamped_outside(void)
{
    vel_latency_t latency = recording();
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 0) == 10);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 100) == 10);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_CANCEL, 150) == 15);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 450) == 25); /* steps over a row */
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 300) == 10); /* and back: time of answers may go back a little */
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 120) == 12);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 500) == 50);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, INT64_MAX) == 50);
    CHECK(vel_latency_response(&latency, 150) == 2 && vel_latency_response(&latency, 0) == 1);
}

static void a_recording_of_one_row_is_a_constant(void)
{
    vel_latency_t latency = recording();
    latency.samples.rows = 1;
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 99) == 10);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 101) == 10);
}

/* Where the last look-up ended makes no difference. */
static void look_ups_in_any_order_give_the_same(void)
{
    vel_latency_t latency = recording();
    for (uint64_t i = 0, ts = 7; i < 2000; i++, ts = ts * 7919 % 600) {
        vel_latency_t fresh = recording();
        CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, (int64_t)ts) ==
              vel_latency_entry(&fresh, VEL_ACTION_NEW, (int64_t)ts));
    }
}

static void a_request_beside_a_refused_one_was_refused(void)
{
    vel_latency_t latency = recording();
    int64_t round_trip = -1;
    CHECK(!vel_latency_refuses(&latency, 450, &round_trip)); /* the recording says nothing of refusals */
    latency.samples.refused = refused;
    CHECK(!vel_latency_refuses(&latency, 50, &round_trip) && round_trip == 11);
    CHECK(!vel_latency_refuses(&latency, 150, &round_trip) && round_trip == 17);
    CHECK(vel_latency_refuses(&latency, 450, &round_trip) && round_trip == 30);
    CHECK(vel_latency_refuses(&latency, 900, &round_trip) && round_trip == 55);
    static const uint8_t first[4] = {1, 0, 0, 0};
    latency.samples.refused = first;
    CHECK(vel_latency_refuses(&latency, 150, &round_trip) && vel_latency_refuses(&latency, 0, &round_trip));
    CHECK(!vel_latency_refuses(&latency, 300, &round_trip) && !vel_latency_refuses(&latency, 900, &round_trip));
}

static void each_action_has_a_leg_of_its_own(void)
{
    vel_latency_t latency = {.entry = {{.constant = 1}, {.constant = 2}, {.constant = 3}}, .response = {.constant = 4}};
    CHECK(vel_latency_entry(&latency, VEL_ACTION_NEW, 0) == 1);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_AMEND, 0) == 2);
    CHECK(vel_latency_entry(&latency, VEL_ACTION_CANCEL, 0) == 3);
    CHECK(vel_latency_response(&latency, 0) == 4);
}

static void the_least_latency_is_that_of_the_fastest_action(void)
{
    static const int64_t quantiles[2] = {2, 90};
    vel_latency_t latency = {.decision = {.constant = 100},
                             .entry = {{.constant = 7}, {.quantiles = quantiles, .rows = 2}, {.constant = 9}},
                             .venue = {.constant = 1000}};
    CHECK(vel_latency_least(&latency) == 1102);
    latency.entry[2].constant = 1;
    CHECK(vel_latency_least(&latency) == 1101);
    latency.samples = recording().samples; /* whatever the legs of entry say */
    CHECK(vel_latency_least(&latency) == 1100);
}

static void the_least_response_is_of_the_leg_or_of_the_recording(void)
{
    static const int64_t quantiles[2] = {3, 90};
    vel_latency_t latency = {.decision = {.constant = 100}, .response = {.constant = 8}};
    CHECK(vel_latency_least_response(&latency) == 8);
    latency.response.quantiles = quantiles;
    latency.response.rows = 2;
    CHECK(vel_latency_least_response(&latency) == 3);
    latency.samples = recording().samples;
    int64_t least = latency.samples.response[0];
    for (int64_t row = 1; row < latency.samples.rows; row++)
        least = vel_min(least, latency.samples.response[row]);
    CHECK(vel_latency_least_response(&latency) == least);
}

/* Load, faults and refusals depend on what has happened until the command is sent. */
static void nothing_is_certain_of_a_way_that_depends_on_the_past(void)
{
    vel_latency_t latency = {.decision = {.constant = 100}};
    CHECK(vel_latency_least(&latency) == 100);
    vel_latency_t loaded = latency, faulty = latency, refusing = latency;
    loaded.load.step = 1;
    faulty.faults.is_on = 1;
    refusing.samples = recording().samples;
    refusing.samples.refused = refused;
    CHECK(vel_latency_least(&loaded) == 0 && vel_latency_least(&faulty) == 0 && vel_latency_least(&refusing) == 0);
    loaded.response.constant = faulty.response.constant = 5;
    CHECK(vel_latency_least_response(&loaded) == 0 && vel_latency_least_response(&faulty) == 0 &&
          vel_latency_least_response(&refusing) == 0);
}

/* Ten ns of service a row, in a window of 64 steps of 10 ns: 32 rows keep the server busy for half of it. */
static vel_load_t load_of(int64_t rows, int64_t ts)
{
    vel_load_t load = {.step = 10, .service = 10.0, .spread = 1.0, .most = 5000, .newest = INT64_MIN};
    for (int64_t row = 0; row < rows; row++)
        vel_load_count(&load, ts);
    return load;
}

static void the_wait_is_that_of_a_queue_with_one_server(void)
{
    vel_load_t load = load_of(32, 0);
    CHECK(vel_load_utilisation(&load, 0) == 0.5);
    CHECK(vel_load_wait(&load, 0) == 10); /* rho / (1 - rho) * service * spread */
    load = load_of(48, 0);
    CHECK(vel_load_wait(&load, 0) == 30);
    load = load_of(0, 0);
    CHECK(vel_load_utilisation(&load, 0) == 0.0 && vel_load_wait(&load, 0) == 0);
}

static void a_server_that_cannot_keep_up_makes_the_longest_wait(void)
{
    vel_load_t load = load_of(64, 0);
    CHECK(vel_load_utilisation(&load, 0) == 1.0 && vel_load_wait(&load, 0) == 5000);
    load = load_of(63, 0);
    load.most = 50; /* below the mean wait of 630 */
    CHECK(vel_load_wait(&load, 0) == 50);
}

static void rows_leave_the_window_step_by_step(void)
{
    vel_load_t load = load_of(32, -5);                      /* times before 1970 are times too: step -1 */
    vel_load_count(&load, 5);                               /* step 0 */
    CHECK(vel_load_utilisation(&load, 619) == 33.0 / 64.0); /* step 61: both within */
    CHECK(vel_load_utilisation(&load, 630) == 1.0 / 64.0);  /* step 63: the first has gone */
    CHECK(vel_load_utilisation(&load, 640) == 0.0);
}

static void a_row_from_before_the_window_is_not_counted(void)
{
    vel_load_t load = load_of(8, 10000);
    vel_load_count(&load, 10000 - 640);
    CHECK(load.total == 8);
    vel_load_count(&load, 10000 - 630);
    CHECK(load.total == 9);
    CHECK(vel_load_utilisation(&load, 9000) == 9.0 / 64.0); /* a time before the newest moves nothing */
}

static void a_long_silence_empties_the_window(void)
{
    vel_load_t load = load_of(8, 0);
    CHECK(vel_load_utilisation(&load, 1000000) == 0.0);
    vel_load_count(&load, 2000000); /* from an empty window it begins anew */
    CHECK(load.total == 1 && load.newest == 200000);
}

int main(void)
{
    a_constant_leg_draws_its_constant_and_no_random_number();
    a_leg_of_quantiles_draws_each_interval_alike();
    a_recording_is_interpolated_between_rows_and_clamped_outside();
    a_recording_of_one_row_is_a_constant();
    look_ups_in_any_order_give_the_same();
    a_request_beside_a_refused_one_was_refused();
    each_action_has_a_leg_of_its_own();
    the_least_latency_is_that_of_the_fastest_action();
    the_least_response_is_of_the_leg_or_of_the_recording();
    nothing_is_certain_of_a_way_that_depends_on_the_past();
    the_wait_is_that_of_a_queue_with_one_server();
    a_server_that_cannot_keep_up_makes_the_longest_wait();
    rows_leave_the_window_step_by_step();
    a_row_from_before_the_window_is_not_counted();
    a_long_silence_empties_the_window();
    return check_failures != 0;
}
