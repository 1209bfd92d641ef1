/* Books, queues and containers when memory runs out: scripted and random sessions of each, whose every allocation fails
 * once. Where a header promises that a failed call changes nothing, that is checked too. */
#include <string.h>

#include "velora/candle.h"
#include "velora/fusion.h"
#include "velora/gate.h"
#include "velora/holdings.h"
#include "velora/journal.h"
#include "velora/link.h"
#include "velora/match.h"
#include "velora/order_store.h"
#include "velora/queue_follow.h"
#include "velora/queue_tracker.h"
#include "velora/rng.h"
#include "velora/spsc.h"
#include "velora/synth.h"
#include "velora/timers.h"
#include "velora/trade_ids.h"

#include "failing_memory.h"

static uint64_t seed;

/* ---------------------------------------------------------------- containers */

static int map_session(void)
{
    vel_map_t map = {0};
    int status = VEL_OK;
    for (int64_t key = 0; key < 200 && status == VEL_OK; key++) {
        uint64_t count = map.count;
        status = key % 2 == 0 ? vel_map_put(&map, key, -key) : vel_map_add(&map, key, -key);
        if (status != VEL_OK)
            CHECK(map.count == count && vel_map_get(&map, key) == NULL); /* unchanged */
    }
    for (int64_t key = 0; key < (int64_t)map.count; key++)
        CHECK(*vel_map_get(&map, key) == -key);
    vel_map_free(&map);
    return status;
}

static int sorted_session(void)
{
    vel_sorted_t set = {0};
    int status = VEL_OK;
    for (int64_t number = 0; number < 2000 && status == VEL_OK; number++)
        if ((status = vel_sorted_reserve(&set, 1)) == VEL_OK)
            vel_sorted_insert(&set, number * 7919 % 2003);
    vel_sorted_free(&set);
    return status;
}

static int own_orders_session(void)
{
    vel_own_orders_t own;
    vel_own_orders_init(&own);
    int status = VEL_OK;
    for (uint32_t index = 0; index < 300 && status == VEL_OK; index++) {
        status = vel_own_orders_reserve(&own, index + 1);
        if (status == VEL_OK)
            status = vel_own_orders_join(&own, index, index & 1, index * 7919 % 211);
    }
    vel_own_orders_free(&own);
    return status;
}

static int ring_session(void)
{
    vel_spsc_t *ring = NULL;
    int status = vel_spsc_new(&ring, 64, 8);
    vel_spsc_free(ring);
    return status;
}

static int journal_session(void)
{
    static const int64_t numbers[64] = {0};
    static const uint8_t bytes[64] = {0};
    const vel_columns_t columns = {numbers, numbers, numbers, numbers, numbers, bytes, bytes, bytes, 64};
    vel_journal_t journal;
    int status = vel_journal_init(&journal);
    for (int record = 0; record < 400 && status == VEL_OK; record++) {
        size_t used = journal.used;
        uint32_t number = journal.number;
        status = record % 2 == 0 ? vel_journal_append(&journal, 1, 0, bytes, sizeof bytes, numbers, sizeof numbers)
                                 : vel_journal_append_rows(&journal, 0, 1, &columns, 0, 64);
        if (status != VEL_OK)
            CHECK(journal.used == used && journal.number == number);
    }
    vel_journal_free(&journal);
    return status;
}

static int link_session(void)
{
    vel_latency_t latency = {.overtakes = 1};
    vel_link_t link;
    vel_link_init(&link, &latency);
    int status = vel_link_silence(&link, 70, 5);
    for (int64_t id = 1; id < 300 && status == VEL_OK; id++) {
        vel_delivery_t delivery = {.message.report = {.order_id = id, .ts_venue = id}};
        status = vel_link_answer(&link, &delivery);
    }
    vel_link_free(&link);
    return status;
}

/* A gate that was not asked to make room first: the command that found none is not sent, nor is it denied. */
static int gate_session(void)
{
    vel_gate_t gate;
    vel_command_t command = {.terms = {.qty = 1}};
    int status = vel_gate_init(&gate, 3);
    for (int at = 0; at < 400 && status >= 0; at++) {
        int64_t sent = gate.sent_count, denied = gate.denied_count;
        if (at == 200)
            vel_gate_kill(&gate);
        status = vel_gate_send(&gate, &command);
        if (status < 0)
            CHECK(gate.sent_count == sent && gate.denied_count == denied);
    }
    vel_gate_free(&gate);
    return status < 0 ? status : VEL_OK;
}

static int order_store_session(void)
{
    vel_orders_t orders = {0};
    vel_open_orders_t open = {0};
    int status = VEL_OK;
    for (int64_t at = 0; at < 20 * VEL_ORDERS_PER_BLOCK && status == VEL_OK; at++) {
        status = vel_orders_reserve(&orders);
        if (status == VEL_OK)
            (void)vel_orders_add(&orders, &open);
        CHECK(orders.count == open.count && orders.open_count == open.count);
    }
    vel_orders_free(&orders);
    return status;
}

static int holdings_session(void)
{
    const vel_money_spec_t money = {.value_mult = 1, .tick_num = 1, .tick_den = 1};
    vel_holdings_t holdings;
    int64_t realized;
    int status = vel_holdings_init(&holdings, 50, 50);
    for (int32_t at = 0; at < 1500 && status == VEL_OK; at++) {
        vel_holding_t *row = vel_holdings_make(&holdings, at / 50, at % 50);
        if (row == NULL)
            status = VEL_ENOMEM;
        else
            status = at % 2 == 0 ? vel_holdings_fill(&holdings, row, &money, VEL_BUY, 100, 1, 0, &realized)
                                 : vel_holdings_charge(&holdings, row, 1, true);
        if (row != NULL && status != VEL_OK)
            CHECK(row->position.lots == 0 && row->position.fees == 0 && !row->has_traded);
    }
    vel_holdings_free(&holdings);
    return status;
}

static int timers_session(void)
{
    vel_timers_t timers;
    vel_timers_init(&timers, 2);
    int status = VEL_OK;
    for (int64_t id = 0; id < 300 && status == VEL_OK; id++) {
        int64_t count = timers.heap.count;
        status = vel_timers_add(&timers, 1, 1000 - id, 0, id);
        CHECK(timers.heap.count == count + (status == VEL_OK) && (int64_t)timers.sequences.count == timers.heap.count);
    }
    vel_timers_free(&timers);
    return status;
}

static int trade_ids_session(void)
{
    vel_trade_ids_t ids = {.instruments_count = 2};
    int status = VEL_OK;
    for (int64_t id = 1; id < 300 && status == VEL_OK; id++) {
        status = vel_trade_ids_add(&ids, 1, id);
        CHECK(vel_trade_ids_has(&ids, 1, id) == (status == VEL_OK));
        CHECK(ids.order.tail - ids.order.head == ids.keys.count);
    }
    vel_trade_ids_free(&ids);
    return status;
}

/* A ring whose room was not made before keeps its items when it cannot grow. */
static int growing_ring_session(void)
{
    vel_trade_key_ring_t ring = {0};
    int status = VEL_OK;
    CHECK(vel_trade_key_ring_front(&ring) == NULL);
    for (int64_t key = 0; key < 300 && status == VEL_OK; key++)
        status = vel_trade_key_ring_push(&ring, &key);
    for (int64_t key = 0; vel_trade_key_ring_front(&ring) != NULL; key++) {
        CHECK(*vel_trade_key_ring_front(&ring) == key);
        vel_trade_key_ring_pop(&ring);
    }
    vel_trade_key_ring_free(&ring);
    return status;
}

static int candles_session(void)
{
    vel_candles_t candles = {0};
    vel_candle_t candle = {0};
    vel_candle_ref_t one = &candle;
    int status = VEL_OK;
    for (int at = 0; at < 200 && status == VEL_OK; at++) {
        status = vel_candles_push(&candles, &one);
        CHECK(candles.count == at + (status == VEL_OK));
    }
    vel_candles_free(&candles);
    return status;
}

static int synth_session(void)
{
    vel_synth_config_t config = {.start_ticks = 10000,
                                 .levels = 1,
                                 .limit = {1.0},
                                 .cancel = {1.0},
                                 .empty_boost = 1.0,
                                 .order_lots = 1.0,
                                 .market_lots = 1.0};
    vel_synth_t synth;
    int status = vel_synth_init(&synth, &config);
    vel_synth_free(&synth);
    return status;
}

/* ---------------------------------------------------------------- books */

/* The levels of a side as a plain array. */
typedef struct plain {
    int64_t price[700], qty[700];
    int64_t count;
} plain_t;

static void plain_set(plain_t *plain, int64_t price, int64_t qty)
{
    int64_t at = 0;
    while (at < plain->count && plain->price[at] != price)
        at++;
    plain->price[at] = price;
    plain->qty[at] = qty;
    plain->count += at == plain->count;
}

static bool is_same_side(const vel_book_t *book, uint8_t side, const plain_t *plain)
{
    int64_t levels = 0, prices[700], lots[700], shown = vel_book_depth(book, side, 700, prices, lots);
    for (int64_t at = 0; at < plain->count; at++) {
        levels += plain->qty[at] > 0;
        if (vel_book_qty(book, side, plain->price[at]) != plain->qty[at])
            return false;
    }
    for (int64_t at = 1; at < shown; at++)
        if (side == VEL_BUY ? prices[at] >= prices[at - 1] : prices[at] <= prices[at - 1])
            return false;
    return shown == levels && book->side[side].levels == levels;
}

/* Levels near and far: pages come and go, and the window moves, or stays where it is for want of memory. Whether a call
 * fails or not, the book is what the calls that succeeded make of a plain array. */
static int book_session(void)
{
    static const int64_t steps[6] = {1, 64, 65, 64 * 63, 64 * 4096, INT64_C(1) << 40};
    static plain_t plain[2];
    vel_book_t book;
    vel_rng_t rng;
    vel_rng_seed(&rng, seed);
    plain[0].count = plain[1].count = 0;
    int status = vel_book_init(&book);
    for (int at = 0; at < 600 && status == VEL_OK; at++) {
        uint8_t side = (uint8_t)vel_rng_below(&rng, 2);
        int64_t price = ((int64_t)vel_rng_below(&rng, 64) - 32) * steps[vel_rng_below(&rng, 6)];
        if (vel_rng_below(&rng, 3) == 0 && vel_book_has_side(&book, side))
            price = vel_book_best(&book, side);
        int64_t qty = (int64_t)vel_rng_below(&rng, 3);
        status = vel_book_set(&book, side, price, qty);
        if (status == VEL_OK)
            plain_set(&plain[side], price, qty);
        if (at % 50 == 49 || status != VEL_OK)
            CHECK(is_same_side(&book, VEL_BUY, &plain[VEL_BUY]) && is_same_side(&book, VEL_SELL, &plain[VEL_SELL]));
    }
    vel_book_free(&book);
    return status;
}

static bool is_dense;

/* Orders come, move and go; a failed call leaves the book as it was, which its check and its hash say. */
static int orders_session(void)
{
    static const int64_t steps[4] = {1, 64, 64 * 63, INT64_C(1) << 30};
    vel_book_l3_t book;
    vel_rng_t rng;
    vel_rng_seed(&rng, seed);
    int status = is_dense ? vel_book_l3_init_dense(&book, VEL_PRIORITY_LOST_BY_MORE)
                          : vel_book_l3_init(&book, VEL_PRIORITY_LOST_BY_MORE);
    for (int at = 0; at < 500 && status == VEL_OK; at++) {
        int64_t id = (int64_t)vel_rng_below(&rng, 300), other = (int64_t)vel_rng_below(&rng, 300);
        int64_t price = ((int64_t)vel_rng_below(&rng, 64) - 32) * steps[vel_rng_below(&rng, 4)];
        int64_t qty = 1 + (int64_t)vel_rng_below(&rng, 5);
        uint64_t what = vel_rng_below(&rng, 8), hash = vel_book_l3_state_hash(&book);
        int64_t count = book.count;
        if (what < 5)
            status = vel_book_l3_add(&book, id, (uint8_t)(what & 1), price, qty);
        else if (what == 5)
            status = vel_book_l3_change(&book, id, price, qty);
        else if (what == 6)
            status = vel_book_l3_replace(&book, id, other, price, qty);
        else
            status = vel_book_l3_cancel(&book, id, 0);
        if (status == VEL_ENOMEM)
            CHECK(book.count == count && vel_book_l3_state_hash(&book) == hash);
        if (status == VEL_EEXIST || status == VEL_ENOENT)
            status = VEL_OK;
    }
    if (status == VEL_OK)
        status = vel_book_l3_reserve(&book, 3000);
    vel_book_l3_free(&book);
    return status;
}

static int fusion_session(void)
{
    vel_book_t book;
    vel_fusion_t fusion = {0};
    vel_rng_t rng;
    vel_rng_seed(&rng, seed);
    int status = vel_book_init(&book);
    for (int64_t away = 0; away < 200 && status == VEL_OK; away++)
        if ((status = vel_book_set(&book, VEL_BUY, -away * 64, 1)) == VEL_OK)
            status = vel_book_set(&book, VEL_SELL, 64 + away * 64, 1);
    for (int64_t id = 1; id < 200 && status == VEL_OK; id++) {
        if (vel_rng_below(&rng, 2) == 0) {
            int64_t bid = -(int64_t)vel_rng_below(&rng, 9000);
            const int64_t prices[2] = {bid, 1 + (int64_t)vel_rng_below(&rng, 9000)}, lots[2] = {1, 1};
            status = vel_fusion_quote(&fusion, &book, id + 3, prices, lots);
        } else {
            status = vel_fusion_delta(&fusion, &book, id, (uint8_t)vel_rng_below(&rng, 2),
                                      (int64_t)vel_rng_below(&rng, 18000) - 9000, (int64_t)vel_rng_below(&rng, 2));
        }
        TIGHTEN_VECTOR(&fusion.side[0]);
        TIGHTEN_VECTOR(&fusion.side[1]);
    }
    if (status == VEL_OK)
        status = vel_fusion_lift(&fusion, &book);
    vel_fusion_free(&fusion);
    vel_book_free(&book);
    return status;
}

/* ---------------------------------------------------------------- queues */

static int tracker_session(void)
{
    vel_queue_tracker_t tracker;
    vel_rng_t rng;
    vel_rng_seed(&rng, seed);
    vel_queue_tracker_init(&tracker);
    int status = VEL_OK;
    for (int64_t id = 1; id < 120 && status == VEL_OK; id++) {
        int64_t price = (int64_t)vel_rng_below(&rng, 40), count = tracker.count;
        status = vel_queue_tracker_sent(&tracker, 1 + id % 90, VEL_BUY, price, 5, id % 3 == 0, 10);
        if (status != VEL_OK) {
            CHECK(tracker.count == count);
            break;
        }
        if (vel_rng_below(&rng, 2) == 0)
            status = vel_queue_tracker_joined(&tracker, 1 + id % 90, price, id);
        if (status == VEL_OK)
            vel_queue_tracker_filled(&tracker, 1 + id % 90, id);
        TIGHTEN_VECTOR(&tracker.entries);
    }
    vel_queue_tracker_free(&tracker);
    return status;
}

#define ROWS 300

static int follow_session(void)
{
    static const vel_queue_model_t models[2] = {{vel_queue_risk_averse, NULL, 0}, {vel_queue_proportional, NULL, 0}};
    static const uint8_t kinds_of[8] = {VEL_EV_ORDER_ADD,     VEL_EV_ORDER_ADD,    VEL_EV_ORDER_ADD,
                                        VEL_EV_ORDER_EXECUTE, VEL_EV_ORDER_CHANGE, VEL_EV_ORDER_CANCEL,
                                        VEL_EV_TRADE,         VEL_EV_ORDER_EXECUTE};
    int64_t ts[ROWS], price[ROWS], qty[ROWS], id[ROWS], failed = 0;
    uint8_t kind[ROWS], side[ROWS], flags[ROWS];
    vel_placement_t placements[20];
    vel_rng_t rng;
    vel_rng_seed(&rng, seed);
    for (int64_t row = 0; row < ROWS; row++) {
        ts[row] = row / 2;
        kind[row] = kinds_of[vel_rng_below(&rng, 8)];
        side[row] = (uint8_t)vel_rng_below(&rng, 2);
        price[row] = 100 + (int64_t)vel_rng_below(&rng, 8);
        qty[row] = 1 + (int64_t)vel_rng_below(&rng, 4);
        id[row] = (int64_t)vel_rng_below(&rng, 40);
        flags[row] = row % 2 == 1 ? VEL_FLAG_LAST : 0;
    }
    for (int64_t at = 0; at < 20; at++)
        placements[at] = (vel_placement_t){at * 7, at % 3, at & 1};
    const vel_columns_t columns = {ts, ts, price, qty, id, kind, side, flags, ROWS};
    vel_follow_t follow = {.models = models,
                           .placements = placements,
                           .models_count = 2,
                           .placements_count = 20,
                           .every = 2,
                           .horizon_ns = 50,
                           .has_trades = seed & 1,
                           .crosses = seed >> 1 & 1};
    int status = vel_follow_init(&follow);
    for (int64_t row = 0; row < ROWS && status == VEL_OK; row++) {
        status = vel_follow_rows(&follow, &columns, row, row + 1, &failed);
        if (status != VEL_ENOMEM)
            status = VEL_OK; /* a row that the book refuses */
        TIGHTEN_VECTOR(&follow.levels);
        TIGHTEN_VECTOR(&follow.orders);
        TIGHTEN_VECTOR(&follow.estimates);
        TIGHTEN_VECTOR(&follow.live[0]);
        TIGHTEN_VECTOR(&follow.live[1]);
        TIGHTEN_VECTOR(&follow.touched);
        TIGHTEN_VECTOR(&follow.prints);
        TIGHTEN_VECTOR(&follow.executions);
        TIGHTEN_VECTOR(&follow.mids);
    }
    vel_follow_free(&follow);
    return status;
}

/* ---------------------------------------------------------------- matching */

static vel_contingency_command_t random_command(vel_rng_t *rng, int64_t ts)
{
    uint64_t act = vel_rng_below(rng, 12);
    vel_contingency_command_t command = {.ts = ts,
                                         .order_id = 1 + (int64_t)vel_rng_below(rng, 60),
                                         .terms.price = 100 + (int64_t)vel_rng_below(rng, 12),
                                         .terms.qty = 1 + (int64_t)vel_rng_below(rng, 9),
                                         .owner = (int32_t)vel_rng_below(rng, 4),
                                         .action = act < 8    ? VEL_ACTION_NEW
                                                   : act < 10 ? VEL_ACTION_AMEND
                                                   : act < 11 ? VEL_ACTION_CANCEL
                                                              : VEL_ACTION_CANCEL_ALL,
                                         .terms.side = (uint8_t)vel_rng_below(rng, 2),
                                         .terms.stp = (uint8_t)vel_rng_below(rng, 5),
                                         .strategy = (int32_t)vel_rng_below(rng, 3)};
    if (vel_rng_below(rng, 3) == 0)
        command.terms.type = (uint8_t)vel_rng_below(rng, 3);
    if (vel_rng_below(rng, 3) == 0)
        command.terms.tif = (uint8_t)vel_rng_below(rng, 5);
    command.terms.expiry = command.terms.tif == VEL_GTD ? ts + (int64_t)vel_rng_below(rng, 20) : 0;
    if (vel_rng_below(rng, 3) == 0) {
        command.terms.trigger_kind = (uint8_t)(1 + vel_rng_below(rng, 4));
        command.terms.trigger =
            command.terms.trigger_kind < VEL_TRIGGER_TRAIL_TICKS ? 100 + (int64_t)vel_rng_below(rng, 12) : 2;
        command.terms.trigger_by = (uint8_t)vel_rng_below(rng, VEL_PRICES);
    }
    if (vel_rng_below(rng, 4) == 0)
        command.terms.display = 1;
    if (vel_rng_below(rng, 4) == 0)
        command.terms.flags = (uint8_t)(1 << vel_rng_below(rng, 6));
    if (vel_rng_below(rng, 4) == 0)
        command.terms.oco_group = 1 + (int64_t)vel_rng_below(rng, 3);
    if (vel_rng_below(rng, 4) == 0)
        command.terms.parent = 1 + (int64_t)vel_rng_below(rng, 60);
    return command;
}

static int match_session(void)
{
    vel_match_t engine;
    vel_rng_t rng;
    vel_rng_seed(&rng, seed);
    int status = vel_match_init(&engine, seed % 2 == 0 ? VEL_AMEND_IN_PLACE : VEL_AMEND_REINSERT);
    engine.contingency.rules = seed & 3;
    int64_t failed = -1;
    for (int64_t ts = 1; ts < 160 && status == VEL_OK; ts++) {
        vel_contingency_command_t command = random_command(&rng, ts);
        status = ts % 4 == 0 ? vel_match_apply(&engine, &command, 1, &failed) : vel_match_on_command(&engine, &command);
        if (vel_rng_below(&rng, 3) == 0)
            engine.reports.count = 0;
        TIGHTEN_VECTOR(&engine.reports);
        TIGHTEN_VECTOR(&engine.contingency.timers);
        TIGHTEN_VECTOR(&engine.contingency.trailing);
        TIGHTEN_VECTOR(&engine.contingency.due);
        TIGHTEN_VECTOR(&engine.contingency.ending);
    }
    if (status == VEL_OK)
        status = vel_match_advance(&engine, 200);
    if (status == VEL_OK)
        status = vel_match_end_of_day(&engine);
    vel_match_free(&engine);
    return status;
}

int main(void)
{
    check_each_failure("map", map_session);
    check_each_failure("sorted", sorted_session);
    check_each_failure("own orders", own_orders_session);
    check_each_failure("ring between threads", ring_session);
    check_each_failure("journal", journal_session);
    check_each_failure("link", link_session);
    check_each_failure("synthetic market", synth_session);
    check_each_failure("gate", gate_session);
    check_each_failure("order store", order_store_session);
    check_each_failure("holdings", holdings_session);
    check_each_failure("timers", timers_session);
    check_each_failure("trade ids", trade_ids_session);
    check_each_failure("ring that grows", growing_ring_session);
    check_each_failure("candles", candles_session);
    for (seed = 1; seed <= 10; seed++) {
        is_dense = seed % 2 == 0;
        memory_is_optional = true; /* a book finds its levels where its window could not follow, too */
        check_each_failure("book by level", book_session);
        check_each_failure("book by order", orders_session);
        check_each_failure("fusion", fusion_session);
        memory_is_optional = false;
        check_each_failure("queue tracker", tracker_session);
        check_each_failure("followed orders", follow_session);
        check_each_failure("matching", match_session);
    }
    printf("%lld allocations failed, one a session\n", (long long)memory_failures);
    return check_failures != 0;
}
