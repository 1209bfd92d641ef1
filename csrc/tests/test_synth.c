/* The synthetic market: its rows make a sound book, its numbers repeat, and what its config may not be is refused. */
#include "velora/synth.h"

#include "velora/book_l2.h"

#include "check.h"

#define ROWS 4000

typedef struct rows {
    int64_t ts_event[ROWS], ts_recv[ROWS], price[ROWS], qty[ROWS], order_id[ROWS];
    uint8_t kind[ROWS], side[ROWS], flags[ROWS];
    int64_t count;
} rows_t;

static rows_t made, twin;

static vel_synth_config_t plain_config(void)
{
    vel_synth_config_t config = {.seed = 7,
                                 .start_ts = 1000,
                                 .start_ticks = 10000,
                                 .levels = 3,
                                 .far_levels = 4,
                                 .limit = {4.0, 3.0, 2.0},
                                 .cancel = {0.5, 0.5, 0.5},
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
                                 .market_lots = 40.0,
                                 .latency_floor = 500,
                                 .latency_tail = 200.0,
                                 .quotes = 1};
    return config;
}

/* Rows in parts of at most `part`, none later than `until`. */
static void take(vel_synth_t *synth, rows_t *rows, int64_t wanted, int64_t part, int64_t until)
{
    rows->count = 0;
    while (rows->count < wanted) {
        int64_t at = rows->count, most = wanted - at < part ? wanted - at : part;
        int64_t got =
            vel_synth_next(synth, until, most, rows->ts_event + at, rows->ts_recv + at, rows->kind + at,
                           rows->side + at, rows->flags + at, rows->price + at, rows->qty + at, rows->order_id + at);
        rows->count += got;
        if (got == 0)
            return;
    }
}

static void make(const vel_synth_config_t *config, rows_t *rows, int64_t part)
{
    vel_synth_t synth;
    CHECK(vel_synth_init(&synth, config) == VEL_OK);
    take(&synth, rows, ROWS, part, INT64_MAX);
    vel_synth_free(&synth);
}

/* Every row applies; both sides stand and do not cross after each batch, and the quotes are the top. */
static void check_rows(const rows_t *rows)
{
    vel_book_t book;
    int64_t trades = 0, quotes = 0;
    CHECK(vel_book_init(&book) == VEL_OK);
    CHECK(rows->kind[0] == VEL_EV_SNAPSHOT_BEGIN);
    for (int64_t row = 0; row < rows->count; row++) {
        uint8_t kind = rows->kind[row], side = rows->side[row];
        CHECK(rows->ts_recv[row] >= rows->ts_event[row] + 500);
        if (row > 0)
            CHECK(rows->ts_event[row] >= rows->ts_event[row - 1] && rows->ts_recv[row] >= rows->ts_recv[row - 1]);
        CHECK(vel_book_apply(&book, kind, side, rows->price[row], rows->qty[row]) == VEL_OK);
        if (kind == VEL_EV_TRADE) {
            trades++;
            CHECK(rows->qty[row] > 0 &&
                  vel_book_qty(&book, side == VEL_BUY ? VEL_SELL : VEL_BUY, rows->price[row]) > 0);
        } else if (kind == VEL_EV_QUOTE) {
            quotes++;
            CHECK(vel_book_best(&book, side) == rows->price[row] && vel_book_best_qty(&book, side) == rows->qty[row]);
        } else if (rows->flags[row] & VEL_FLAG_LAST) {
            CHECK(vel_book_has_side(&book, VEL_BUY) && vel_book_has_side(&book, VEL_SELL));
            CHECK(!vel_book_is_crossed(&book));
        }
    }
    CHECK(trades > 100 && quotes > 0);
    vel_book_free(&book);
}

static void its_rows_make_a_sound_book(void)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        vel_synth_config_t config = plain_config();
        config.seed = seed;
        config.latency_tail = seed % 2 == 0 ? 0.0 : 5e7; /* wide, so that the feed would overtake itself */
        config.market = seed % 3 == 0 ? 12.0 : 3.0;
        config.decay = 12.0;
        make(&config, &made, ROWS);
        check_rows(&made);
    }
}

/* Rare orders and many takers: queues run empty and the price goes far. */
static void a_market_that_runs_empty_keeps_both_sides(void)
{
    vel_synth_config_t config = plain_config();
    config.levels = 1;
    config.far_levels = 0;
    config.limit[0] = 0.3;
    config.cancel[0] = 3.0;
    config.theta = 1.0;
    config.theta_reinit = 0.5;
    config.market_lots = 1000.0;
    config.order_lots = 1.0;
    config.quotes = 1;
    make(&config, &made, ROWS);
    check_rows(&made);
}

static void full_queues_take_no_more_orders(void)
{
    vel_synth_config_t config = plain_config();
    config.limit[0] = config.limit[1] = config.limit[2] = 1000.0;
    config.cancel[0] = config.cancel[1] = config.cancel[2] = 0.001;
    config.crowding = 0.0;
    config.far_rate = 500.0;
    config.far_levels = 600;
    vel_synth_t synth;
    CHECK(vel_synth_init(&synth, &config) == VEL_OK);
    take(&synth, &made, ROWS, ROWS, INT64_MAX);
    for (size_t at = 0; at < (size_t)2 * VEL_SYNTH_TICKS; at++)
        CHECK(synth.queues[at].count <= VEL_SYNTH_ORDERS_MAX);
    vel_synth_free(&synth);
}

static bool same_rows(void)
{
    size_t size = (size_t)made.count;
    return made.count == twin.count && memcmp(made.ts_event, twin.ts_event, size * sizeof *made.ts_event) == 0 &&
           memcmp(made.ts_recv, twin.ts_recv, size * sizeof *made.ts_recv) == 0 &&
           memcmp(made.price, twin.price, size * sizeof *made.price) == 0 &&
           memcmp(made.qty, twin.qty, size * sizeof *made.qty) == 0 && memcmp(made.kind, twin.kind, size) == 0 &&
           memcmp(made.side, twin.side, size) == 0 && memcmp(made.flags, twin.flags, size) == 0 &&
           memcmp(made.order_id, twin.order_id, size * sizeof *made.order_id) == 0;
}

static void a_seed_repeats_its_rows_whatever_the_parts(void)
{
    vel_synth_config_t config = plain_config();
    make(&config, &made, ROWS);
    make(&config, &twin, 7);
    CHECK(same_rows());
    config.seed++;
    make(&config, &twin, ROWS);
    CHECK(!same_rows());
}

static void no_row_is_later_than_the_time_asked_for(void)
{
    vel_synth_config_t config = plain_config();
    vel_synth_t synth;
    CHECK(vel_synth_init(&synth, &config) == VEL_OK);
    take(&synth, &made, ROWS, ROWS, 999);
    CHECK(made.count == 0);
    int64_t until = 1000 + INT64_C(5000000000);
    take(&synth, &made, ROWS, 50, until);
    CHECK(made.count > 0 && made.count < ROWS && made.ts_event[made.count - 1] <= until);
    take(&synth, &twin, ROWS, 50, until);
    CHECK(twin.count == 0);
    take(&synth, &twin, 10, 50, INT64_MAX); /* it goes on from there */
    CHECK(twin.count == 10 && twin.ts_event[0] > until);
    vel_synth_free(&synth);
    vel_synth_free(&synth);
}

static void quotes_are_made_only_where_they_are_wanted(void)
{
    vel_synth_config_t config = plain_config();
    config.quotes = 0;
    make(&config, &made, ROWS);
    for (int64_t row = 0; row < made.count; row++)
        CHECK(made.kind[row] != VEL_EV_QUOTE);
}

#define REFUSES(change)                                                                                                \
    do {                                                                                                               \
        vel_synth_config_t config = plain_config();                                                                    \
        vel_synth_t synth;                                                                                             \
        change;                                                                                                        \
        CHECK(vel_synth_init(&synth, &config) == VEL_EINVAL);                                                          \
        vel_synth_free(&synth);                                                                                        \
    } while (0)

static void numbers_out_of_range_are_refused(void)
{
    REFUSES(config.levels = 0);
    REFUSES(config.levels = VEL_SYNTH_LEVELS_MAX + 1);
    REFUSES(config.far_levels = -1);
    REFUSES(config.far_levels = 601);
    REFUSES(config.market = -1.0);
    REFUSES(config.theta = -0.1);
    REFUSES(config.theta = 1.1);
    REFUSES(config.theta_reinit = -0.1);
    REFUSES(config.theta_reinit = 1.1);
    REFUSES(config.crowding = -1.0);
    REFUSES(config.latency_floor = -1);
    REFUSES(config.order_lots = 0.5);
    REFUSES(config.market_lots = 0.5);
    REFUSES(config.order_lots = 1e7);
    REFUSES(config.market_lots = 1e7);
    REFUSES(config.start_ticks = 4 * VEL_SYNTH_TICKS - 1);
    REFUSES(config.decay = -1.0);
    REFUSES(config.excite = -1.0);
    REFUSES(config.cross_excite = -1.0);
    REFUSES(config.far_rate = -1.0);
    REFUSES(config.empty_boost = 0.0);
    REFUSES(config.latency_tail = -1.0);
    REFUSES(config.limit[1] = 0.0);
    REFUSES(config.cancel[2] = -1.0);
    REFUSES(config.decay = 1.5); /* a market order would bring on one more */
}

int main(void)
{
    its_rows_make_a_sound_book();
    a_market_that_runs_empty_keeps_both_sides();
    full_queues_take_no_more_orders();
    a_seed_repeats_its_rows_whatever_the_parts();
    no_row_is_later_than_the_time_asked_for();
    quotes_are_made_only_where_they_are_wanted();
    numbers_out_of_range_are_refused();
    return check_failures != 0;
}
