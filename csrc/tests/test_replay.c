/* The replay in pieces: rows from before the run, a far side that goes on by itself, and rows or links that do not
 * fit. Whole runs are those of test_replay_random. */
#include "velora/replay.h"
#include "velora/replay_hft.h"

#include "check.h"

static vel_local_t local;
static vel_venue_t venue;
static vel_replay_t replay;

static vel_latency_t slow(void)
{
    return (vel_latency_t){.entry = {{.constant = 5}, {.constant = 5}, {.constant = 5}}, .response = {.constant = 7}};
}

static void begin(int32_t instruments, const vel_latency_t *latency)
{
    CHECK(vel_local_init(&local, instruments, 1) == VEL_OK);
    CHECK(vel_venue_init(&venue, instruments, (vel_queue_model_t){vel_queue_risk_averse, NULL, 0}) == VEL_OK);
    for (int32_t at = 0; at < instruments; at++)
        local.instruments[at].money = venue.instruments[at].money =
            (vel_money_spec_t){.value_mult = 1, .tick_num = 1, .tick_den = 1};
    CHECK(vel_replay_init(&replay, &local, &venue, latency) == VEL_OK);
}

static void end(void)
{
    vel_replay_free(&replay);
    vel_venue_free(&venue);
    vel_local_free(&local);
}

#define ROWS 5
static const int64_t times[ROWS] = {10, 20, 30, 40, 50};
static const int64_t received[ROWS] = {13, 23, 33, 43, 53};
static const int64_t prices[ROWS] = {100, 102, 100, 102, 100};
static const int64_t lots[ROWS] = {5, 5, 6, 6, 2};
static const int64_t numbers[ROWS] = {1, 2, 3, 4, 5};
static const uint8_t kinds[ROWS] = {VEL_EV_DELTA, VEL_EV_DELTA, VEL_EV_DELTA, VEL_EV_DELTA, VEL_EV_TRADE};
static const uint8_t sides[ROWS] = {VEL_BUY, VEL_SELL, VEL_BUY, VEL_SELL, VEL_SELL};
static const uint8_t flags[ROWS] = {VEL_FLAG_LAST, VEL_FLAG_LAST, VEL_FLAG_LAST, VEL_FLAG_LAST, VEL_FLAG_LAST};

static vel_columns_t rows(int64_t from, int64_t to)
{
    return (vel_columns_t){times + from, received + from, prices + from, lots + from, numbers + from,
                           kinds + from, sides + from,    flags + from,  to - from};
}

static int feed(int32_t instrument, bool is_venue, int64_t from, int64_t to)
{
    vel_columns_t columns = rows(from, to);
    return vel_replay_feed(&replay, instrument, is_venue, &columns);
}

/* Feeds what is asked for, all rows or the end, until a code that asks for none. */
static int run(bool *fed, int64_t until)
{
    int code;
    while ((code = vel_replay_run(&replay, until, INT64_MAX)) == VEL_RUN_NEED_VENUE || code == VEL_RUN_NEED_LOCAL) {
        bool is_venue = code == VEL_RUN_NEED_VENUE;
        CHECK(feed(replay.need, is_venue, 0, fed[is_venue] ? 0 : ROWS) == VEL_OK);
        fed[is_venue] = true;
    }
    return code;
}

static void links_that_do_not_fit_are_refused(void)
{
    vel_latency_t latency = slow();
    static const int32_t below[2] = {0, -1}, above[2] = {0, 1};
    CHECK(vel_local_init(&local, 2, 1) == VEL_OK);
    CHECK(vel_venue_init(&venue, 2, (vel_queue_model_t){vel_queue_risk_averse, NULL, 0}) == VEL_OK);
    CHECK(vel_replay_init_links(&replay, &local, &venue, &latency, 0, NULL) == VEL_EINVAL);
    vel_replay_free(&replay);
    CHECK(vel_replay_init_links(&replay, &local, &venue, &latency, 1, below) == VEL_EINVAL);
    vel_replay_free(&replay);
    CHECK(vel_replay_init_links(&replay, &local, &venue, &latency, 1, above) == VEL_EINVAL);
    vel_replay_free(&replay);
    vel_local_free(&local);
    CHECK(vel_local_init(&local, 3, 1) == VEL_OK);
    CHECK(vel_replay_init(&replay, &local, &venue, &latency) == VEL_EINVAL); /* two sides of different size */
    end();
}

static void times_that_go_back_or_out_of_range_are_refused(void)
{
    static const struct {
        int64_t ts[ROWS];
        int status;
        int64_t failed_row;
    } bad[3] = {{{10, 20, 19, 40, 50}, VEL_ECORRUPT, 2},
                {{10, 20, 30, 40, VEL_TIME_MAX + 1}, VEL_ERANGE, ROWS - 1},
                {{-VEL_TIME_MAX - 1, 20, 30, 40, 50}, VEL_ERANGE, 0}};
    vel_latency_t latency = slow();
    for (int at = 0; at < 3; at++) {
        begin(1, &latency);
        vel_columns_t columns = rows(0, ROWS);
        columns.ts_event = columns.ts_recv = bad[at].ts;
        CHECK(vel_replay_feed(&replay, 0, at % 2 == 0, &columns) == bad[at].status);
        CHECK(replay.failed_row == bad[at].failed_row);
        end();
    }
    begin(1, &latency);
    CHECK(feed(0, true, 2, 4) == VEL_OK && feed(0, false, 2, 4) == VEL_OK);
    CHECK(vel_replay_run(&replay, 100, INT64_MAX) == VEL_RUN_NEED_VENUE);
    CHECK(feed(0, true, 0, 1) == VEL_ECORRUPT && replay.failed_row == 2); /* nor across chunks */
    end();
}

static void a_row_that_fails_says_where(void)
{
    vel_latency_t latency = slow();
    uint8_t wrong[ROWS] = {VEL_BUY, VEL_SELL, 9, VEL_SELL, VEL_SELL};
    for (int of_venue = 0; of_venue < 2; of_venue++) {
        begin(1, &latency);
        vel_columns_t bad = rows(0, ROWS), good = rows(0, ROWS);
        bad.side = wrong;
        CHECK(vel_replay_feed(&replay, 0, true, of_venue ? &bad : &good) == VEL_OK);
        CHECK(vel_replay_feed(&replay, 0, false, of_venue ? &good : &bad) == VEL_OK);
        bool fed[2] = {true, true};
        CHECK(run(fed, 1000) == VEL_EINVAL);
        CHECK(replay.failed_row == 2 && replay.failed_instrument == 0);
        end();
    }
}

/* What the rows of before come to is there at the first instant, and has woken nobody. */
static void rows_from_before_the_run_are_its_first_state(void)
{
    vel_latency_t latency = slow();
    bool fed[2] = {false, false};
    latency.load = (vel_load_t){.step = 10, .service = 1.0, .spread = 1.0, .most = 100};
    begin(1, &latency);
    for (int kind = 0; kind < VEL_ROUTES; kind++)
        CHECK(vel_local_route_add(&local, 0, kind, 0, 0, NULL) == VEL_OK);
    vel_columns_t before = rows(0, 2);
    CHECK(vel_replay_open(&replay, 0, true, true, &before) == VEL_OK && replay.links[0].latency.load.total == 0);
    CHECK(vel_replay_open(&replay, 0, false, true, &before) == VEL_OK);
    before = rows(2, 4);
    CHECK(vel_replay_open(&replay, 0, true, false, &before) == VEL_OK && replay.links[0].latency.load.total == 2);
    CHECK(vel_replay_open(&replay, 0, false, false, &before) == VEL_OK);
    vel_replay_opened(&replay);
    CHECK(vel_book_best_qty(&local.instruments[0].book, VEL_BUY) == 6);
    CHECK(vel_book_best_qty(venue.instruments[0].book, VEL_SELL) == 6);
    CHECK(feed(0, true, 4, 5) == VEL_OK && feed(0, false, 4, 5) == VEL_OK);
    fed[0] = fed[1] = true;
    CHECK(run(fed, 1000) == VEL_RUN_WAKE && (replay.wake.bits & VEL_WAKE_TRADE) != 0);
    CHECK(run(fed, 1000) == VEL_RUN_END && replay.local_rows == 1);
    end();
}

static void rows_of_before_that_do_not_fit_say_where(void)
{
    vel_latency_t latency = slow();
    int64_t far[ROWS] = {10, VEL_TIME_MAX + 1, 30, 40, 50};
    uint8_t wrong[ROWS] = {VEL_BUY, VEL_SELL, 9, VEL_SELL, VEL_SELL};
    for (int of_venue = 0; of_venue < 2; of_venue++) {
        begin(1, &latency);
        vel_columns_t columns = rows(0, ROWS);
        columns.ts_event = columns.ts_recv = far;
        CHECK(vel_replay_open(&replay, 0, of_venue, false, &columns) == VEL_EINVAL && replay.failed_row == 1);
        columns = rows(2, ROWS);
        columns.side = wrong + 2;
        CHECK(vel_replay_open(&replay, 0, of_venue, false, &columns) == VEL_EINVAL && replay.failed_instrument == 0);
        end();
    }
}

/* The far side of a paced run: commands are sent when they are sent, and the venue goes on by its own time. */
static void the_venue_goes_on_by_itself(void)
{
    vel_latency_t latency = slow();
    int64_t id = 0;
    begin(1, &latency);
    CHECK(vel_replay_run_venue(&replay, 1000) == VEL_RUN_NEED_VENUE);
    CHECK(feed(0, true, 0, ROWS) == VEL_OK && feed(0, false, 0, ROWS) == VEL_OK);
    CHECK(vel_replay_next_venue_row(&replay) == 10 && vel_replay_next_venue(&replay) == 10);
    CHECK(vel_replay_run_venue(&replay, 20) == VEL_RUN_REACHED && replay.venue_rows == 2);
    CHECK(vel_replay_next_local(&replay) == 0 && replay.local_cursors[0].next_ts == 13);
    vel_replay_step_local(&replay, 0);
    CHECK(replay.local_cursors[0].next_ts == 23);
    local.now = 23;
    const vel_order_terms_t taker = {.price = 102, .qty = 3, .stp = VEL_STP_TAKER};
    const vel_order_terms_t timed = {.price = 99, .qty = 1, .tif = VEL_GTD, .expiry = 35, .stp = VEL_STP_TAKER};
    CHECK(vel_local_submit(&local, 0, 0, &taker, &id) == VEL_OK &&
          vel_local_submit(&local, 0, 0, &timed, &id) == VEL_OK);
    CHECK(vel_replay_send(&replay, 24) == VEL_OK && vel_replay_commands_cut(&replay) == 2);
    CHECK(vel_replay_next_venue(&replay) == 29); /* the orders come before the next row */
    CHECK(vel_replay_run_venue(&replay, 29) == VEL_RUN_REACHED);
    CHECK(vel_replay_commands_cut(&replay) == 0 && venue.instruments[0].position == 3);
    CHECK(vel_replay_reports_cut(&replay) > 0);
    CHECK(vel_replay_next_venue(&replay) == 30);
    CHECK(vel_replay_run_venue(&replay, 39) == VEL_RUN_REACHED && venue.next_expiry == VEL_NEVER);
    CHECK(!vel_replay_is_over(&replay, VEL_NEVER));
    CHECK(vel_replay_run_venue(&replay, 1000) == VEL_RUN_NEED_VENUE);
    CHECK(feed(0, true, 0, 0) == VEL_OK && vel_replay_run_venue(&replay, 1000) == VEL_RUN_REACHED);
    CHECK(vel_replay_next_venue_row(&replay) == VEL_NEVER);
    for (int row = 0; row < 4; row++)
        vel_replay_step_local(&replay, vel_replay_next_local(&replay));
    CHECK(feed(0, false, 0, 0) == VEL_OK);
    CHECK(!vel_replay_is_over(&replay, 50) && vel_replay_is_over(&replay, 2000));
    CHECK(vel_local_cancel(&local, id) == VEL_OK && vel_replay_send(&replay, 60) == VEL_OK);
    CHECK(vel_replay_commands_cut(&replay) == 1); /* sent after the end: it never acts */
    end();
}

/* Instruments keep their order of time in a heap, and end one by one. */
static void many_instruments_go_in_the_order_of_time(void)
{
    static int64_t at[9][ROWS];
    vel_latency_t latency = slow();
    begin(9, &latency);
    CHECK(vel_local_route_add(&local, 4, 0, 0, 0, NULL) == VEL_OK);
    for (int32_t instrument = 0; instrument < 9; instrument++)
        for (int row = 0; row < ROWS; row++)
            at[instrument][row] = (instrument * 7) % 9 + 10 * row;
    bool fed[9][2] = {{false}};
    int64_t last = INT64_MIN, wakes = 0;
    int code;
    while ((code = vel_replay_run(&replay, 1000, 3)) != VEL_RUN_END) {
        CHECK(code > 0);
        if (code < 0)
            break;
        if (code == VEL_RUN_WAKE) {
            CHECK(local.now >= last && replay.wake.instrument == 4);
            last = local.now;
            wakes++;
        } else if (code == VEL_RUN_NEED_VENUE || code == VEL_RUN_NEED_LOCAL) {
            bool *is_fed = &fed[replay.need][code == VEL_RUN_NEED_VENUE];
            vel_columns_t columns = rows(0, *is_fed ? 0 : ROWS);
            columns.ts_event = columns.ts_recv = at[replay.need];
            *is_fed = true;
            CHECK(vel_replay_feed(&replay, replay.need, code == VEL_RUN_NEED_VENUE, &columns) == VEL_OK);
        }
    }
    CHECK(replay.venue_rows == 9 * ROWS && replay.local_rows == 9 * ROWS && wakes > 0);
    end();
}

/* In hftbacktest's order of work a recorded latency is looked up by the time of sending, its answer by the time of
 * arrival, and the run ends with its last row. */
static void a_recording_is_looked_up_as_hftbacktest_does(void)
{
    static const int64_t ts[3] = {20, 30, 50}, entry[3] = {4, 14, 14}, response[3] = {2, 2, 6};
    vel_latency_t latency = {.samples = {ts, entry, response, NULL, 3}};
    bool fed[2] = {false, false};
    int64_t id = 0;
    begin(1, &latency);
    CHECK(vel_replay_hft_init(&replay) == VEL_OK);
    local.strategies[0].wake_mask = VEL_WAKE_ORDER;
    CHECK(vel_timers_add(&local.timers, 0, 15, 0, 1) == VEL_OK && vel_timers_add(&local.timers, 0, 25, 0, 2) == VEL_OK);
    CHECK(vel_timers_add(&local.timers, 0, 52, 0, 3) == VEL_OK);
    const vel_order_terms_t terms = {.price = 90, .qty = 1, .stp = VEL_STP_TAKER};
    static const int64_t arrivals[3] = {19, 34, 66}; /* before the first row; between two; after the last */
    for (int at = 0; at < 3; at++) {
        int code = run(fed, 1000);
        while (code == VEL_RUN_WAKE && (replay.wake.bits & VEL_WAKE_TIMER) == 0)
            code = run(fed, 1000); /* an answer to the one before */
        CHECK(code == VEL_RUN_WAKE);
        CHECK(vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
        CHECK(vel_replay_run(&replay, local.now, INT64_MAX) == VEL_RUN_REACHED);
        CHECK(vel_replay_commands_cut(&replay) == 1 && vel_replay_reports_cut(&replay) == 0);
        const vel_hft_sent_t *sent = vel_hft_sent_ring_front(&replay.hft->links[0].commands);
        CHECK(sent != NULL && sent->transit.ts_arrival == arrivals[at]);
    }
    CHECK(vel_orders_get(&local.orders, 1)->ts_ack == 21); /* arrived at 19, before the recording's first arrival */
    CHECK(vel_orders_get(&local.orders, 2)->ts_ack == 36);
    int code = run(fed, 1000);
    CHECK(code == VEL_RUN_END && vel_replay_commands_cut(&replay) == 1);
    end();
}

static void a_query_goes_the_way_of_a_cancel_in_hftbacktests_order_too(void)
{
    vel_latency_t latency = slow();
    const vel_order_terms_t terms = {.price = 90, .qty = 1, .stp = VEL_STP_TAKER};
    bool fed[2] = {false, false};
    int64_t id = 0;
    latency.entry[VEL_ACTION_CANCEL].constant = 9;
    begin(1, &latency);
    CHECK(vel_replay_hft_init(&replay) == VEL_OK);
    CHECK(vel_timers_add(&local.timers, 0, 15, 0, 1) == VEL_OK);
    CHECK(run(fed, 1000) == VEL_RUN_WAKE && vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
    CHECK(vel_local_query(&local, id) == VEL_OK && run(fed, 15) == VEL_RUN_REACHED);
    vel_hft_link_t *link = &replay.hft->links[0];
    CHECK(vel_hft_sent_ring_front(&link->commands)->transit.ts_arrival == 20 && link->last_act == 24);
    CHECK(run(fed, 1000) == VEL_RUN_END && vel_orders_get(&local.orders, id)->state == VEL_ORDER_OPEN);
    CHECK(vel_orders_get(&local.orders, id)->is_queried == 0); /* answered */
    end();
}

/* What the gate denies reaches its strategy at once, before time moves; one that does not want to be woken is passed
 * over. */
static void a_denial_is_given_before_time_moves(void)
{
    for (int as_hft = 0; as_hft < 2; as_hft++) {
        vel_latency_t latency = slow();
        bool fed[2] = {false, false};
        const vel_order_terms_t terms = {.price = 90, .qty = 1, .stp = VEL_STP_TAKER};
        int64_t id = 0;
        begin(1, &latency);
        if (as_hft)
            CHECK(vel_replay_hft_init(&replay) == VEL_OK);
        vel_gate_kill(&local.gate);
        CHECK(vel_timers_add(&local.timers, 0, 15, 0, 1) == VEL_OK);
        CHECK(vel_timers_add(&local.timers, 0, 25, 0, 2) == VEL_OK);
        for (int wants = 1; wants >= 0; wants--) {
            local.strategies[0].wake_mask = wants ? VEL_WAKE_ORDER : 0;
            CHECK(run(fed, 1000) == VEL_RUN_WAKE && replay.wake.bits == VEL_WAKE_TIMER);
            int64_t at = local.now;
            CHECK(vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
            if (!wants)
                break;
            CHECK(run(fed, 1000) == VEL_RUN_WAKE && replay.wake.bits == VEL_WAKE_ORDER && local.now == at);
            CHECK(replay.wake.report.kind == VEL_REPORT_DENIED && replay.wake.report.order_id == id);
        }
        CHECK(run(fed, 1000) == VEL_RUN_END && vel_local_next_denial(&local) == NULL);
        CHECK(vel_replay_commands_cut(&replay) == 0 && local.gate.sent_count == 0);
        end();
    }
}

/* More denials than one instant takes: the rest is given at the next local instant, though its row wakes nobody and
 * many rows could have been done in one go. */
static void denials_beyond_the_bound_come_when_local_time_moves(void)
{
    vel_latency_t latency = slow();
    bool fed[2] = {false, false};
    const vel_order_terms_t terms = {.price = 90, .qty = 1, .stp = VEL_STP_TAKER};
    int64_t id = 0;
    begin(1, &latency);
    vel_gate_kill(&local.gate);
    local.strategies[0].wake_mask = VEL_WAKE_ORDER;
    CHECK(vel_timers_add(&local.timers, 0, 15, 0, 1) == VEL_OK);
    CHECK(run(fed, 1000) == VEL_RUN_WAKE && replay.wake.bits == VEL_WAKE_TIMER);
    for (int at = 0; at < 2 * VEL_DENIALS_AT_ONCE + 1; at++)
        CHECK(vel_local_submit(&local, 0, 0, &terms, &id) == VEL_OK);
    for (int at = 0; at < 2 * VEL_DENIALS_AT_ONCE + 1; at++) {
        CHECK(run(fed, 1000) == VEL_RUN_WAKE && replay.wake.report.order_id == at + 1);
        CHECK(local.now == (at < VEL_DENIALS_AT_ONCE ? 15 : at < 2 * VEL_DENIALS_AT_ONCE ? 23 : 33));
    }
    CHECK(run(fed, 1000) == VEL_RUN_END);
    end();
}

int main(void)
{
    links_that_do_not_fit_are_refused();
    times_that_go_back_or_out_of_range_are_refused();
    a_row_that_fails_says_where();
    rows_from_before_the_run_are_its_first_state();
    rows_of_before_that_do_not_fit_say_where();
    the_venue_goes_on_by_itself();
    many_instruments_go_in_the_order_of_time();
    a_recording_is_looked_up_as_hftbacktest_does();
    a_query_goes_the_way_of_a_cancel_in_hftbacktests_order_too();
    a_denial_is_given_before_time_moves();
    denials_beyond_the_bound_come_when_local_time_moves();
    return check_failures != 0;
}
