/* The same bits on every machine: seeded runs of the synthetic market, the books, the matching engine, a whole replay
 * and the indicators, each hashed and compared with a constant. The constants hold for every processor, compiler and
 * level of optimisation. `test_golden --print` prints the hashes of this build; a change that is meant to change a
 * result replaces its constant. */
#include <string.h>

#include "velora/hash.h"
#include "velora/indicator.h"
#include "velora/match.h"
#include "velora/replay.h"
#include "velora/rng.h"
#include "velora/synth.h"

#include "check.h"

#define ROWS 60000

static struct {
    int64_t ts_event[ROWS], ts_recv[ROWS], price[ROWS], qty[ROWS], order_id[ROWS];
    uint8_t kind[ROWS], side[ROWS], flags[ROWS];
} rows;

static const vel_synth_config_t market = {.seed = 20,
                                          .start_ts = 1000,
                                          .start_ticks = 30000,
                                          .levels = 5,
                                          .far_levels = 20,
                                          .limit = {4.0, 3.0, 2.0, 1.5, 1.0},
                                          .cancel = {0.5, 0.4, 0.3, 0.3, 0.2},
                                          .crowding = 0.01,
                                          .empty_boost = 2.0,
                                          .market = 3.0,
                                          .excite = 0.4,
                                          .decay = 3.0,
                                          .cross_excite = 0.1,
                                          .far_rate = 2.0,
                                          .theta = 0.7,
                                          .theta_reinit = 0.2,
                                          .order_lots = 6.0,
                                          .market_lots = 10.0,
                                          .latency_floor = 500000,
                                          .latency_tail = 200000.0,
                                          .quotes = 1};

/* ---------------------------------------------------------------- market and books */

static uint64_t synthetic_rows(void)
{
    vel_synth_t synth;
    CHECK(vel_synth_init(&synth, &market) == VEL_OK);
    int64_t count = vel_synth_next(&synth, INT64_MAX, ROWS, rows.ts_event, rows.ts_recv, rows.kind, rows.side,
                                   rows.flags, rows.price, rows.qty, rows.order_id);
    CHECK(count == ROWS);
    vel_synth_free(&synth);
    uint64_t hash = VEL_HASH_SEED;
    for (int64_t row = 0; row < ROWS; row++) {
        hash = vel_hash_i64(hash, rows.ts_event[row]);
        hash = vel_hash_i64(hash, rows.ts_recv[row]);
        hash = vel_hash_i64(hash, rows.price[row]);
        hash = vel_hash_i64(hash, rows.qty[row]);
        hash = vel_hash_i64(hash, rows.order_id[row]);
        hash = vel_hash_i64(hash, rows.kind[row] | rows.side[row] << 8 | rows.flags[row] << 16);
    }
    return hash;
}

static uint64_t book_states(void)
{
    vel_book_t book;
    uint64_t hash = VEL_HASH_SEED;
    CHECK(vel_book_init(&book) == VEL_OK);
    for (int64_t row = 0; row < ROWS; row++) {
        CHECK(vel_book_apply(&book, rows.kind[row], rows.side[row], rows.price[row], rows.qty[row]) == VEL_OK);
        if (row % 1000 == 999)
            hash = vel_hash_word(hash, vel_book_state_hash(&book));
    }
    vel_book_free(&book);
    return hash;
}

/* ---------------------------------------------------------------- matching engine */

static uint64_t matching(void)
{
    vel_match_t engine;
    vel_rng_t rng;
    uint64_t hash = VEL_HASH_SEED;
    int64_t ts = 0, fills = 0;
    vel_rng_seed(&rng, 20);
    CHECK(vel_match_init(&engine, VEL_AMEND_REINSERT) == VEL_OK);
    for (int64_t id = 1; id <= 20000; id++) {
        uint64_t draw = vel_rng_next(&rng);
        vel_contingency_command_t command = {
            .ts = ts += (int64_t)(draw & 1023),
            .order_id = id,
            .owner = (int32_t)(draw >> 10 & 3),
            .action = VEL_ACTION_NEW,
            .terms = {.side = draw >> 12 & 1,
                      .price = 1000 + (draw >> 12 & 1 ? 8 : -8) + (int64_t)vel_rng_below(&rng, 33) - 16,
                      .qty = 1 + (int64_t)vel_rng_below(&rng, 50),
                      .stp = draw >> 13 & 1}};
        uint64_t kind = draw >> 20 & 31;
        if (kind < 6)
            command.terms.tif = VEL_IOC;
        else if (kind < 8)
            command.terms.tif = VEL_FOK;
        else if (kind < 10)
            command.terms.display = 1 + (command.terms.qty - 1) / 4;
        else if (kind < 12)
            command.terms.tif = VEL_GTD, command.terms.expiry = ts + 100000;
        else if (kind < 18 && id > 40) {
            command.action = VEL_ACTION_CANCEL;
            command.order_id = id - 1 - (int64_t)vel_rng_below(&rng, 40);
        } else if (kind < 22 && id > 40) {
            command.action = VEL_ACTION_AMEND;
            command.order_id = id - 1 - (int64_t)vel_rng_below(&rng, 40);
        }
        CHECK(vel_match_on_command(&engine, &command) == VEL_OK);
        for (int64_t at = 0; at < engine.reports.count; at++) {
            const vel_match_report_t *report = &engine.reports.items[at];
            fills += report->kind == VEL_REPORT_FILL;
            hash = vel_hash_i64(hash, report->order_id);
            hash = vel_hash_i64(hash, report->price);
            hash = vel_hash_i64(hash, report->qty);
            hash = vel_hash_i64(hash, report->leaves);
            hash = vel_hash_i64(hash, report->kind | report->reason << 8);
        }
        engine.reports.count = 0;
        if (id % 100 == 0)
            hash = vel_hash_word(hash, vel_match_state_hash(&engine));
    }
    CHECK(fills > 1000);
    vel_match_free(&engine);
    return hash;
}

/* ---------------------------------------------------------------- a whole replay */

static uint64_t replay(void)
{
    static const vel_money_spec_t money = {10000, 1, 10, 200000, 500000, 0};
    vel_latency_t latency = {.response = {.constant = 7000000}};
    for (int action = 0; action < 3; action++)
        latency.entry[action].constant = 5000000;
    latency.faults = (vel_faults_t){.timeout = 50000000, .lost = {0.01, 0.01, 0.01}, .is_on = 1};
    vel_rng_seed(&latency.faults.rng, 4);
    vel_local_t local;
    vel_venue_t venue;
    vel_replay_t run;
    CHECK(vel_local_init(&local, 1, 1) == VEL_OK);
    CHECK(vel_venue_init(&venue, 1, (vel_queue_model_t){vel_queue_risk_averse, NULL, 0}) == VEL_OK);
    CHECK(vel_replay_init(&run, &local, &venue, &latency) == VEL_OK);
    local.instruments[0].money = venue.instruments[0].money = money;
    local.strategies[0].wake_mask = VEL_WAKE_FILL;
    CHECK(vel_timers_add(&local.timers, 0, 1, 100000000, 1) == VEL_OK);
    vel_columns_t columns = {rows.ts_event, rows.ts_recv, rows.price, rows.qty, rows.order_id,
                             rows.kind,     rows.side,    rows.flags, ROWS};
    const vel_book_t *book = &local.instruments[0].book;
    int64_t wakes = 0;
    int code;
    bool fed[2] = {false, false};
    while ((code = vel_replay_run(&run, VEL_NEVER - 1, INT64_MAX)) != VEL_RUN_END) {
        bool is_venue = code == VEL_RUN_NEED_VENUE;
        if (is_venue || code == VEL_RUN_NEED_LOCAL) {
            columns.rows = fed[is_venue] ? 0 : ROWS;
            fed[is_venue] = true;
            CHECK(vel_replay_feed(&run, 0, is_venue, &columns) == VEL_OK);
            continue;
        }
        CHECK(code == VEL_RUN_WAKE);
        if (code != VEL_RUN_WAKE)
            break;
        wakes++;
        if (!vel_book_has_side(book, VEL_BUY) || !vel_book_has_side(book, VEL_SELL))
            continue;
        int64_t bid = vel_book_best(book, VEL_BUY), ask = vel_book_best(book, VEL_SELL);
        int64_t position = vel_holdings_position(&local.holdings, 0, 0)->lots;
        CHECK(vel_local_quote(&local, 0, 0, VEL_BUY, position < 30, bid - wakes % 2, 3, true) == VEL_OK);
        CHECK(vel_local_quote(&local, 0, 0, VEL_SELL, position > -30, ask + wakes % 2, 3, true) == VEL_OK);
        if (wakes % 40 == 0) {
            int64_t id;
            vel_order_terms_t terms = {
                .side = position > 0 ? VEL_SELL : VEL_BUY, .type = VEL_MARKET, .tif = VEL_IOC, .qty = 2};
            CHECK(vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
        }
    }
    CHECK(local.fills.count > 100);
    uint64_t hash = local.hash;
    for (int64_t at = 0; at < local.fills.count; at++) {
        const vel_fill_record_t *fill = &local.fills.items[at];
        hash = vel_hash_i64(hash, fill->ts_local);
        hash = vel_hash_i64(hash, fill->price);
        hash = vel_hash_i64(hash, fill->qty);
        hash = vel_hash_i64(hash, fill->fee);
        hash = vel_hash_i64(hash, fill->realized);
        hash = vel_hash_i64(hash, venue.evidence.items[fill->trade_id - 1].cause);
    }
    vel_replay_free(&run);
    vel_venue_free(&venue);
    vel_local_free(&local);
    return hash;
}

/* ---------------------------------------------------------------- indicators */

#define CANDLES 3000

/* Kinds that call log, exp, sin and their like: the last bit of those is the C library's own. */
static const char *const of_the_c_library[] = {"acos",
                                               "asin",
                                               "atan",
                                               "bipower_variation",
                                               "cos",
                                               "cosh",
                                               "entropy",
                                               "exp",
                                               "fractal_dimension",
                                               "garman_klass_volatility",
                                               "half_life",
                                               "ht_dcperiod",
                                               "ht_dcphase",
                                               "ht_phasor",
                                               "ht_sine",
                                               "ht_trendline",
                                               "ht_trendmode",
                                               "hurst",
                                               "linearreg_angle",
                                               "ln",
                                               "log10",
                                               "mama",
                                               "parkinson_volatility",
                                               "permutation_entropy",
                                               "realised_volatility",
                                               "rogers_satchell_volatility",
                                               "sin",
                                               "sinh",
                                               "tan",
                                               "tanh",
                                               "yang_zhang_volatility"};

static bool calls_the_c_library(const char *name)
{
    for (size_t at = 0; at < sizeof of_the_c_library / sizeof *of_the_c_library; at++)
        if (strcmp(of_the_c_library[at], name) == 0)
            return true;
    return false;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return value != value ? 1 : bits; /* the bits of a NaN differ between processors */
}

static uint64_t stream(const vel_indicator_kind_t *kind)
{
    vel_indicator_t self;
    vel_rng_t rng;
    double params[VEL_TA_VALUES_MAX], close = 100.0;
    uint64_t hash = VEL_HASH_SEED;
    int bad;
    vel_rng_seed(&rng, 3);
    vel_indicator_defaults(kind, params);
    CHECK(vel_indicator_init(&self, kind, params, &bad) == VEL_OK);
    for (int at = 0; at < CANDLES; at++) {
        double open = close;
        close += vel_rng_uniform(&rng) - 0.5;
        double high = (open > close ? open : close) + 0.3 * vel_rng_uniform(&rng),
               low = (open < close ? open : close) - 0.3 * vel_rng_uniform(&rng);
        const double row[VEL_TA_INPUTS_MAX] = {open, high, low, close, 1.0 + floor(1000.0 * vel_rng_uniform(&rng)),
                                               5.0};
        (void)vel_indicator_update(&self, row);
        for (int k = 0; k < self.outputs; k++)
            hash = vel_hash_word(hash, bits_of(self.out[k]));
    }
    vel_indicator_free(&self);
    return hash;
}

static uint64_t indicators(bool prints)
{
    uint64_t hash = VEL_HASH_SEED;
    for (int64_t family = 0; family < vel_indicator_families(); family++)
        for (const vel_indicator_kind_t *const *kind = vel_indicator_family(family, 0); *kind != NULL; kind++) {
            uint64_t one = stream(*kind);
            bool is_exact = !calls_the_c_library((*kind)->name);
            if (prints)
                printf("  %s 0x%016llx%s\n", (*kind)->name, (unsigned long long)one,
                       is_exact ? "" : " (C library, not counted)");
            if (is_exact)
                hash = vel_hash_word(hash, one);
        }
    return hash;
}

static void expect(const char *name, bool prints, uint64_t found, uint64_t wanted)
{
    if (prints || found != wanted)
        printf("%s 0x%016llx\n", name, (unsigned long long)found);
    CHECK(prints || found == wanted);
}

int main(int count, char **arguments)
{
    bool prints = count > 1 && strcmp(arguments[1], "--print") == 0;
    expect("synthetic_rows", prints, synthetic_rows(), UINT64_C(0x1bf68f74b3184dff));
    expect("book_states", prints, book_states(), UINT64_C(0x8ccfadb6f05f1b02));
    expect("matching", prints, matching(), UINT64_C(0x9a38a5cdc8366fc7));
    expect("replay", prints, replay(), UINT64_C(0xab76970de521e5ec));
    expect("indicators", prints, indicators(prints), UINT64_C(0x65e4729aed12fa86));
    return check_failures != 0;
}
