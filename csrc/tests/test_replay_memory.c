/* Whole runs, local side and venue, when memory runs out: random rows and requests, each of whose failures must come
 * back as a status, with everything freed. */
#define LLVMFuzzerTestOneInput replay_input
#include "../fuzz/fuzz_replay.c"
#undef LLVMFuzzerTestOneInput

#include "velora/replay_hft.h"
#include "velora/rng.h"
#include "velora/venue_hft.h"

#include "failing_memory.h"

static uint64_t seed;

typedef struct run {
    vel_local_t local;
    vel_venue_t venue;
    vel_replay_t replay;
    vel_rng_t rng;
    vel_filter_t filter;
    rows_t rows[2];
    bool fed[2][2];
    bool is_by_order, is_hft;
} run_t;

/* Without spare room each step allocates for itself. */
static void tighten(run_t *run)
{
    vel_local_t *local = &run->local;
    TIGHTEN_RING(&local->gate.outbox);
    TIGHTEN_RING(&local->gate.denied);
    TIGHTEN_RING(&local->trade_ids.order);
    TIGHTEN_VECTOR(&local->timers.heap);
    TIGHTEN_VECTOR(&local->account_events);
    TIGHTEN_VECTOR(&local->fills);
    TIGHTEN_VECTOR(&local->samples);
    TIGHTEN_RING(&run->venue.messages);
    TIGHTEN_VECTOR(&run->venue.evidence);
    TIGHTEN_VECTOR(&run->venue.queue_positions);
    TIGHTEN_RING(&run->replay.deliveries.in_order);
    TIGHTEN_RING(&run->replay.commands.in_order);
    for (int32_t link = 0; link < run->replay.links_count; link++)
        TIGHTEN_VECTOR(&run->replay.links[link].muted_until);
    for (int32_t i = 0; i < local->instruments_count; i++)
        TIGHTEN_VECTOR(&local->instruments[i].tracker.entries);
}

static vel_latency_t random_latency(vel_rng_t *rng)
{
    static const int64_t quantiles[3] = {0, 4, 40};
    vel_latency_t latency = {.response = {.constant = (int64_t)vel_rng_below(rng, 16)},
                             .speed_bump = {.constant = (int64_t)vel_rng_below(rng, 8)},
                             .overtakes = (uint8_t)vel_rng_below(rng, 2)};
    for (int action = 0; action < 3; action++)
        latency.entry[action].constant = (int64_t)vel_rng_below(rng, 16);
    if (vel_rng_below(rng, 2) != 0) {
        latency.entry[0].quantiles = latency.response.quantiles = quantiles;
        latency.entry[0].rows = latency.response.rows = 3;
        vel_rng_seed(&latency.entry[0].rng, 1);
        vel_rng_seed(&latency.response.rng, 2);
    }
    if (vel_rng_below(rng, 2) != 0)
        latency.load = (vel_load_t){.step = 2, .service = 1.0, .spread = 1.0, .most = 20};
    if (vel_rng_below(rng, 2) == 0)
        return latency;
    latency.faults = (vel_faults_t){.timeout = 25, .is_on = 1, .overload_from = 0.25};
    vel_rng_seed(&latency.faults.rng, 3);
    for (int action = 0; action < 3; action++) {
        latency.faults.refused[action] = latency.faults.overloaded[action] = 0.1;
        latency.faults.lost[action] = latency.faults.unanswered[action] = 0.1;
    }
    return latency;
}

static int prepare_local(run_t *run)
{
    vel_local_t *local = &run->local;
    int status = VEL_OK;
    for (int32_t i = 0; i < local->instruments_count; i++) {
        local->instruments[i].tracks_queue = !run->is_by_order && vel_rng_below(&run->rng, 2) != 0;
        local->instruments[i].is_fused = !run->is_by_order && vel_rng_below(&run->rng, 2) != 0;
        for (int kind = 0; kind < VEL_ROUTES; kind++)
            for (int32_t strategy = 0; strategy < 2 && status == VEL_OK; strategy++)
                status =
                    vel_local_route_add(local, i, kind, strategy, 0, strategy == 1 && kind < 3 ? &run->filter : NULL);
    }
    local->strategies[0].wake_mask = local->strategies[1].wake_mask = VEL_WAKE_ORDER | VEL_WAKE_FILL;
    local->sample_interval = 16;
    local->sample_next = 16;
    for (int64_t id = 1; id <= 3 && status == VEL_OK; id++)
        status = vel_timers_add(&local->timers, (int32_t)(id & 1), 3 * id, id == 3 ? 0 : 7, id);
    return status;
}

static int prepare(run_t *run)
{
    static const vel_money_spec_t money = {10000, 1, 10, 200000, 500000, 0};
    int32_t instruments = run->is_hft ? 1 : 1 + (int32_t)vel_rng_below(&run->rng, 2);
    int status = vel_local_init(&run->local, instruments, 2);
    if (status == VEL_OK)
        status = vel_venue_init(&run->venue, instruments, (vel_queue_model_t){vel_queue_proportional, NULL, 0});
    for (int32_t i = 0; i < instruments && status == VEL_OK; i++) {
        run->local.instruments[i].money = run->venue.instruments[i].money = money;
        if (run->is_by_order)
            status = vel_venue_by_order(&run->venue, i);
    }
    if (status == VEL_OK && run->is_hft)
        status = vel_venue_hft_init(&run->venue, false, VEL_HFT_ALL, VEL_HFT_RATIO, 0.0);
    vel_latency_t latencies[2] = {random_latency(&run->rng), random_latency(&run->rng)};
    static const int32_t link_of[2] = {1, 0};
    if (status == VEL_OK && instruments == 2)
        status = vel_replay_init_links(&run->replay, &run->local, &run->venue, latencies, 2, link_of);
    else if (status == VEL_OK)
        status = vel_replay_init(&run->replay, &run->local, &run->venue, latencies);
    if (status == VEL_OK && run->is_hft && vel_rng_below(&run->rng, 2) != 0)
        status = vel_replay_hft_init(&run->replay);
    run->venue.traces_queue = 1;
    return status == VEL_OK ? prepare_local(run) : status;
}

/* One request; those that are refused for what they ask are fine. */
static int request(run_t *run)
{
    vel_local_t *local = &run->local;
    int32_t strategy = (int32_t)vel_rng_below(&run->rng, 2);
    int64_t id = 1 + (int64_t)vel_rng_below(&run->rng, (uint64_t)local->orders.count + 1);
    uint8_t bytes[24];
    for (size_t at = 0; at < sizeof bytes; at++)
        bytes[at] = (uint8_t)vel_rng_next(&run->rng);
    input_t in = {bytes, sizeof bytes, 0};
    int status = VEL_OK;
    switch (vel_rng_below(&run->rng, 12)) {
    case 0:
        status = vel_local_cancel_all(local, strategy, 0);
        break;
    case 1:
        status = vel_local_amend_trigger(local, id, 20 + (int64_t)vel_rng_below(&run->rng, 16));
        break;
    case 2:
        vel_local_batch_begin(local, strategy);
        status = act(local, &in);
        vel_local_batch_end(local, strategy);
        break;
    case 3:
        status = vel_local_sample_all(local);
        break;
    case 4:
        status = vel_timers_add(&local->timers, strategy, local->now + 5, 0, 10 + (int64_t)vel_rng_below(&run->rng, 8));
        break;
    case 5:
        (void)vel_timers_remove(&local->timers, strategy, 10 + (int64_t)vel_rng_below(&run->rng, 8));
        break;
    default:
        status = act(local, &in);
        break;
    }
    return status == VEL_ENOMEM ? status : VEL_OK;
}

static int feed(run_t *run, bool is_venue)
{
    rows_t *rows = &run->rows[run->replay.need];
    vel_columns_t columns = {rows->ts_event, rows->ts_recv, rows->price, rows->qty, rows->order_id,
                             rows->kind,     rows->side,    rows->flags, 0};
    bool *fed = &run->fed[run->replay.need][is_venue];
    columns.rows = *fed ? 0 : rows->count;
    *fed = true;
    return vel_replay_feed(&run->replay, run->replay.need, is_venue, &columns);
}

static int run_to_the_end(run_t *run)
{
    for (;;) {
        int code = vel_replay_run(&run->replay, VEL_NEVER - 1, 1 + (int64_t)vel_rng_below(&run->rng, 9)), status;
        if (code < 0 || code == VEL_RUN_END)
            return code < 0 ? code : VEL_OK;
        tighten(run);
        if (code == VEL_RUN_WAKE)
            status = request(run);
        else if (code == VEL_RUN_NEED_VENUE || code == VEL_RUN_NEED_LOCAL)
            status = feed(run, code == VEL_RUN_NEED_VENUE);
        else
            continue;
        if (status != VEL_OK)
            return status;
        if (vel_rng_below(&run->rng, 4) == 0)
            tighten(run);
    }
}

static int session(void)
{
    static run_t run;
    uint8_t bytes[1024];
    memset(&run, 0, sizeof run);
    vel_rng_seed(&run.rng, seed);
    run.is_by_order = seed % 3 == 1;
    run.is_hft = seed % 3 == 2;
    run.filter.every_n = 2;
    for (int i = 0; i < 2; i++) {
        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = (uint8_t)vel_rng_next(&run.rng);
        input_t in = {bytes, sizeof bytes, 0};
        if (run.is_by_order)
            make_rows_by_order(&in, &run.rows[i]);
        else
            make_rows(&in, &run.rows[i]);
        if (run.rows[i].count > 60)
            run.rows[i].count = 60;
    }
    int status = prepare(&run);
    if (status == VEL_OK)
        status = run_to_the_end(&run);
    if (status == VEL_OK)
        for (int32_t strategy = 0; strategy < 2 && status == VEL_OK; strategy++)
            status = vel_local_stop(&run.local, strategy);
    vel_replay_free(&run.replay);
    vel_venue_free(&run.venue);
    vel_local_free(&run.local);
    return status == VEL_ESTATE ? VEL_OK : status;
}

static void every_allocation_of_a_run_may_fail(void)
{
    for (seed = 1; seed <= 90; seed++) {
        char name[32];
        (void)snprintf(name, sizeof name, "run %llu", (unsigned long long)seed);
        check_each_failure(name, session);
    }
}

int main(void)
{
    every_allocation_of_a_run_may_fail();
    printf("%lld allocations failed, one a session\n", (long long)memory_failures);
    return check_failures != 0;
}
