/* The simulated venue when memory runs out, and when money does not fit: random rows and commands, each of whose
 * failures must come back as a status, with everything freed. By level, by order and under hftbacktest's rules. */
#define LLVMFuzzerTestOneInput replay_input
#include "../fuzz/fuzz_replay.c"
#undef LLVMFuzzerTestOneInput

#include "velora/rng.h"
#include "velora/venue_hft.h"

#include "failing_memory.h"

enum { BY_LEVEL, BY_ORDER, BY_QUOTES, AS_HFT, WAYS };

static uint64_t seed;
static int way;
static int64_t full_from; /* row from which on the account is full, -1 for never */

static vel_command_t random_command(vel_rng_t *rng, int64_t next_id)
{
    uint64_t act = vel_rng_below(rng, 10);
    vel_command_t command = {.order_id = act < 7 ? next_id : 1 + (int64_t)vel_rng_below(rng, (uint64_t)next_id),
                             .terms.price = 18 + (int64_t)vel_rng_below(rng, 20),
                             .terms.qty = 1 + (int64_t)vel_rng_below(rng, 9),
                             .action = act < 7    ? VEL_ACTION_NEW
                                       : act == 7 ? VEL_ACTION_AMEND
                                       : act == 8 ? VEL_ACTION_CANCEL
                                                  : VEL_ACTION_CANCEL_ALL,
                             .terms.side = (uint8_t)vel_rng_below(rng, 2),
                             .terms.stp = (uint8_t)vel_rng_below(rng, 5),
                             .strategy = (int32_t)vel_rng_below(rng, 2)};
    vel_order_terms_t *terms = &command.terms;
    if (command.action == VEL_ACTION_CANCEL_ALL)
        terms->side = (uint8_t)vel_rng_below(rng, 3);
    if (vel_rng_below(rng, 4) == 0)
        terms->type = (uint8_t)(1 + vel_rng_below(rng, 2));
    if (vel_rng_below(rng, 4) == 0)
        terms->tif = (uint8_t)vel_rng_below(rng, 5);
    if (terms->tif == VEL_GTD)
        terms->expiry = 20 + (int64_t)vel_rng_below(rng, 200);
    if (vel_rng_below(rng, 8) == 0)
        terms->flags = VEL_EXEC_POST_ONLY;
    if (way == AS_HFT)
        return command;
    if (vel_rng_below(rng, 5) == 0) {
        terms->trigger_kind = (uint8_t)(1 + vel_rng_below(rng, 4));
        terms->trigger_by = (uint8_t)vel_rng_below(rng, VEL_PRICES);
        terms->trigger = terms->trigger_kind < VEL_TRIGGER_TRAIL_TICKS ? 18 + (int64_t)vel_rng_below(rng, 20) : 2;
    }
    if (vel_rng_below(rng, 6) == 0)
        terms->display = 1 + (int64_t)vel_rng_below(rng, 3);
    if (vel_rng_below(rng, 6) == 0)
        terms->flags |= (uint8_t)(1 << vel_rng_below(rng, 6));
    if (vel_rng_below(rng, 6) == 0)
        terms->oco_group = 1 + (int64_t)vel_rng_below(rng, 3);
    if (vel_rng_below(rng, 6) == 0)
        terms->parent = 1 + (int64_t)vel_rng_below(rng, (uint64_t)next_id);
    return command;
}

/* Without spare room each step allocates for itself. */
static void tighten(vel_venue_t *venue, bool keeps_messages)
{
    while (!keeps_messages && vel_message_ring_front(&venue->messages) != NULL)
        vel_message_ring_pop(&venue->messages);
    TIGHTEN_RING(&venue->messages);
    TIGHTEN_VECTOR(&venue->evidence);
    TIGHTEN_VECTOR(&venue->queue_positions);
    for (int32_t i = 0; i < venue->instruments_count; i++) {
        TIGHTEN_VECTOR(&venue->instruments[i].contingency.timers);
        TIGHTEN_VECTOR(&venue->instruments[i].contingency.trailing);
        TIGHTEN_VECTOR(&venue->instruments[i].contingency.due);
        TIGHTEN_VECTOR(&venue->instruments[i].contingency.ending);
    }
}

static int prepare(vel_venue_t *venue, vel_rng_t *rng)
{
    static const vel_queue_depth_fn models[4] = {vel_queue_risk_averse, vel_queue_optimistic, vel_queue_proportional,
                                                 vel_queue_rigtorp};
    static const vel_queue_params_t params = {0.0};
    uint64_t model = vel_rng_below(rng, 4);
    int status = vel_venue_init(venue, 1, (vel_queue_model_t){models[model], &params, model == 1});
    if (status != VEL_OK)
        return status;
    venue->traces_queue = 1;
    venue->takes_unknown = (uint8_t)vel_rng_below(rng, 2);
    venue->instruments[0].money =
        (vel_money_spec_t){.value_mult = 100, .tick_num = 1, .tick_den = 10, .maker_rate = 2000, .taker_rate = 5000};
    venue->instruments[0].has_no_prints = vel_rng_below(rng, 4) == 0;
    venue->instruments[0].is_estimated = vel_rng_below(rng, 4) == 0;
    if (way == AS_HFT)
        return vel_venue_hft_init(venue, vel_rng_below(rng, 2) != 0, VEL_HFT_ALL, VEL_HFT_RATIO, 0.0);
    vel_venue_set_order_rules(venue, 0, (uint8_t)vel_rng_below(rng, 4), vel_rng_below(rng, 2) != 0);
    if (way == BY_QUOTES)
        vel_venue_quote_fed(venue, 0);
    if (way == BY_ORDER && (status = vel_venue_by_order(venue, 0)) != VEL_OK)
        return status;
    vel_impact_t impact = {.kind = VEL_IMPACT_INTERVAL, .exponent = 1.0, .permanent = 0.125, .interval = 8};
    return vel_rng_below(rng, 2) == 0 ? VEL_OK : vel_venue_set_impact(venue, 0, &impact);
}

/* Rows that the bytes of the seed say, those of a quote feed without depth. */
static void make_session(vel_rng_t *rng, rows_t *rows)
{
    uint8_t bytes[2048];
    for (size_t at = 0; at < sizeof bytes; at++)
        bytes[at] = (uint8_t)vel_rng_next(rng);
    input_t in = {bytes, sizeof bytes, 0};
    if (way == BY_ORDER)
        make_rows_by_order(&in, rows);
    else
        make_rows(&in, rows);
    if (rows->count > 120)
        rows->count = 120;
    /* Orders that leave the view and are listed again, and many rows in one instant. */
    for (int64_t row = 0; row < rows->count && way == BY_ORDER; row++) {
        bool is_restated = (rows->kind[row] == VEL_EV_ORDER_CANCEL && vel_rng_below(rng, 2) == 0) ||
                           (rows->kind[row] == VEL_EV_ORDER_ADD && vel_rng_below(rng, 3) == 0);
        rows->flags[row] |= is_restated ? VEL_FLAG_SNAPSHOT : 0;
        if (seed % 2 == 0)
            rows->ts_event[row] = rows->ts_recv[row] = rows->ts_event[row] / 8;
    }
    for (int64_t row = 0; row < rows->count && way == BY_QUOTES; row++)
        if (rows->kind[row] == VEL_EV_DELTA) {
            rows->kind[row] = VEL_EV_QUOTE;
            rows->price[row] = (rows->price[row] & 7) + (rows->side[row] == VEL_BUY ? 20 : 28);
        }
}

static int run_rows(vel_venue_t *venue, vel_rng_t *rng, const rows_t *rows)
{
    vel_columns_t columns = {rows->ts_event, rows->ts_recv, rows->price, rows->qty,  rows->order_id,
                             rows->kind,     rows->side,    rows->flags, rows->count};
    int64_t next_id = 1;
    int status = VEL_OK;
    for (int64_t row = 0; row < rows->count && status == VEL_OK; row++) {
        bool keeps_messages = vel_rng_below(rng, 3) == 0;
        if (row == full_from)
            venue->instruments[0].cash = venue->instruments[0].fees = INT64_MAX;
        while (status == VEL_OK && venue->next_expiry <= rows->ts_event[row]) {
            venue->ts = venue->next_expiry;
            status = vel_venue_expire(venue);
        }
        venue->ts = rows->ts_event[row];
        if (status == VEL_OK)
            status = vel_venue_on_row(venue, 0, &columns, row);
        tighten(venue, keeps_messages);
        for (uint64_t commands = vel_rng_below(rng, 3); commands > 0 && status == VEL_OK; commands--) {
            vel_command_t command = random_command(rng, next_id);
            next_id += command.action == VEL_ACTION_NEW;
            status = vel_venue_on_command(venue, &command);
            tighten(venue, keeps_messages);
        }
    }
    return status;
}

static int session(void)
{
    static rows_t rows;
    vel_rng_t rng;
    vel_venue_t venue;
    vel_rng_seed(&rng, seed);
    make_session(&rng, &rows);
    int status = prepare(&venue, &rng);
    if (status == VEL_OK)
        status = run_rows(&venue, &rng, &rows);
    vel_venue_free(&venue);
    vel_venue_free(&venue);
    return status == VEL_ESTATE ? VEL_OK : status; /* hftbacktest would end its run here */
}

static void every_allocation_of_a_venue_may_fail(void)
{
    static const char *const names[WAYS] = {"by level", "by order", "by quotes", "as hftbacktest"};
    full_from = -1;
    for (way = 0; way < WAYS; way++)
        for (seed = 1; seed <= 25; seed++)
            check_each_failure(names[way], session);
}

/* An account that cannot take one more unit refuses the fill or the funding, wherever it comes from. */
static void an_account_that_is_full_ends_with_a_status(void)
{
    int64_t refused = 0;
    for (way = 0; way < WAYS; way++)
        for (seed = 1; seed <= 25; seed++)
            for (full_from = 0; full_from < 120; full_from += 5) {
                int status = session();
                CHECK(status == VEL_OK || status == VEL_ERANGE);
                refused += status == VEL_ERANGE;
            }
    CHECK(refused > 1000);
    printf("%lld sessions met a full account\n", (long long)refused);
}

static void arguments_out_of_range_are_refused(void)
{
    vel_venue_t venue;
    vel_queue_model_t model = {vel_queue_risk_averse, NULL, 0};
    vel_impact_t wrong = {.kind = 0}, right = {.kind = VEL_IMPACT_INTERVAL, .exponent = 1.0, .interval = 8};
    CHECK(vel_venue_init(&venue, 0, model) == VEL_EINVAL);
    CHECK(vel_venue_init(&venue, 1, model) == VEL_OK);
    CHECK(vel_venue_set_impact(&venue, 0, &wrong) == VEL_EINVAL && venue.instruments[0].impact == NULL);
    CHECK(vel_venue_set_impact(&venue, 0, &right) == VEL_OK && vel_venue_set_impact(&venue, 0, &right) == VEL_OK);
    CHECK(vel_venue_hft_init(&venue, false, VEL_HFT_ALL, VEL_HFT_RATIO, 0.0) == VEL_EINVAL); /* with an impact */
    vel_venue_free(&venue);
    CHECK(vel_venue_init(&venue, 1, model) == VEL_OK);
    CHECK(vel_venue_hft_init(&venue, false, ~0u, VEL_HFT_RATIO, 0.0) == VEL_EINVAL);
    CHECK(vel_venue_hft_init(&venue, false, 0, VEL_HFT_OF_FRONT + 1, 0.0) == VEL_EINVAL);
    CHECK(vel_venue_hft_init(&venue, false, 0, VEL_HFT_RATIO, 0.0) == VEL_OK);
    CHECK(vel_venue_hft_init(&venue, false, 0, VEL_HFT_RATIO, 0.0) == VEL_EINVAL); /* twice */
    CHECK(vel_venue_by_order(&venue, 0) == VEL_EINVAL && vel_venue_set_impact(&venue, 0, &right) == VEL_EINVAL);
    vel_venue_free(&venue);
    CHECK(vel_venue_init(&venue, 1, model) == VEL_OK && vel_venue_by_order(&venue, 0) == VEL_OK);
    CHECK(vel_venue_hft_init(&venue, false, 0, VEL_HFT_RATIO, 0.0) == VEL_EINVAL); /* by order */
    vel_venue_free(&venue);
}

/* Rows out of range are refused, whatever the feed. */
static void rows_out_of_range_are_refused(void)
{
    static const struct {
        uint8_t kind, side;
        int64_t price, qty;
    } bad[] = {{VEL_EV_DELTA, 2, 100, 1},
               {VEL_EV_DELTA, VEL_BUY, VEL_TICKS_MAX, 1},
               {VEL_EV_DELTA, VEL_BUY, 100, -1},
               {VEL_EV_TRADE, 3, 100, 1},
               {VEL_EV_TRADE, VEL_BUY, 100, 0},
               {VEL_EV_TRADE, VEL_BUY, VEL_TICKS_MAX, 1},
               {VEL_EV_QUOTE, 2, 100, 1},
               {VEL_EV_QUOTE, VEL_BUY, VEL_TICKS_MAX, 1},
               {VEL_EV_QUOTE, VEL_BUY, 100, -1},
               {0, VEL_BUY, 100, 1},
               {99, VEL_BUY, 100, 1}};
    for (way = BY_LEVEL; way < WAYS; way++)
        for (size_t at = 0; at < sizeof bad / sizeof *bad; at++) {
            vel_venue_t venue;
            CHECK(vel_venue_init(&venue, 1, (vel_queue_model_t){vel_queue_risk_averse, NULL, 0}) == VEL_OK);
            if (way == BY_QUOTES)
                vel_venue_quote_fed(&venue, 0);
            if (way == BY_ORDER)
                CHECK(vel_venue_by_order(&venue, 0) == VEL_OK);
            if (way == AS_HFT)
                CHECK(vel_venue_hft_init(&venue, false, 0, VEL_HFT_RATIO, 0.0) == VEL_OK);
            const int64_t ts = 1, id = 1;
            const uint8_t flags = VEL_FLAG_LAST;
            vel_columns_t columns = {&ts,    &ts, &bad[at].price, &bad[at].qty, &id, &bad[at].kind, &bad[at].side,
                                     &flags, 1};
            bool is_ignored = bad[at].kind == VEL_EV_QUOTE && (way == BY_ORDER || way == AS_HFT);
            CHECK(vel_venue_on_row_slow(&venue, 0, &columns, 0) == (is_ignored ? VEL_OK : VEL_EINVAL));
            vel_venue_free(&venue);
        }
}

int main(void)
{
    arguments_out_of_range_are_refused();
    rows_out_of_range_are_refused();
    an_account_that_is_full_ends_with_a_status();
    every_allocation_of_a_venue_may_fail();
    printf("%lld allocations failed, one a session\n", (long long)memory_failures);
    return check_failures != 0;
}
