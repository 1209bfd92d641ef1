/* The matching engine's queues, hash and refusals, and reduce-only orders that have nothing left to reduce;
 * test_match_random has any sequence of commands. */
#include "velora/match.h"

#include <string.h>

#include "check.h"

static vel_match_t engine;

static void begin(void)
{
    vel_match_free(&engine);
    CHECK(vel_match_init(&engine, VEL_AMEND_IN_PLACE) == VEL_OK);
}

static vel_contingency_command_t limit(int64_t id, int32_t owner, uint8_t side, int64_t price, int64_t qty)
{
    return (vel_contingency_command_t){.order_id = id,
                                       .owner = owner,
                                       .terms.side = side,
                                       .terms.price = price,
                                       .terms.qty = qty,
                                       .terms.stp = VEL_STP_TAKER};
}

static void send(vel_contingency_command_t command)
{
    CHECK(vel_match_on_command(&engine, &command) == VEL_OK);
}

static const vel_match_report_t *last_report(void)
{
    return &engine.reports.items[engine.reports.count - 1];
}

static void commands_that_fit_no_engine_are_refused(void)
{
    begin();
    vel_contingency_command_t wrong = limit(1, 1, VEL_BUY, 100, 5), late = wrong;
    int64_t failed = -1;
    CHECK(vel_match_advance(&engine, 10) == VEL_OK && vel_match_advance(&engine, 9) == VEL_EINVAL);
    late.ts = 9;
    CHECK(vel_match_on_command(&engine, &late) == VEL_EINVAL); /* back in time */
    wrong.ts = 10;
    wrong.action = 200;
    CHECK(vel_match_on_command(&engine, &wrong) == VEL_EINVAL);
    vel_contingency_command_t commands[3] = {limit(1, 1, VEL_BUY, 100, 5), limit(2, 2, VEL_SELL, 101, 5), wrong};
    commands[0].ts = commands[1].ts = 10;
    CHECK(vel_match_apply(&engine, commands, 3, &failed) == VEL_EINVAL && failed == 2 && vel_match_count(&engine) == 2);
    CHECK(vel_match_apply(&engine, commands, 0, &failed) == VEL_OK);
}

static void fields_out_of_range_are_refused_in_a_report(void)
{
    begin();
    vel_contingency_command_t plain = limit(1, 1, VEL_BUY, 100, 5), bad[12];
    for (int at = 0; at < 12; at++)
        bad[at] = plain;
    bad[0].terms.side = 2;
    bad[1].terms.type = VEL_MARKET_TO_LIMIT + 1;
    bad[2].terms.tif = VEL_DAY + 1;
    bad[3].terms.trigger_kind = VEL_TRIGGER_TRAIL_BPS + 1;
    bad[4].terms.stp = VEL_STP_DECREMENT + 1;
    bad[5].terms.flags = VEL_EXEC_ALL + 1;
    bad[6].terms.trigger_by = VEL_PRICES;
    bad[7].terms.qty = 0;
    bad[8].terms.price = VEL_TICKS_MAX;
    bad[9].terms.display = -1;
    bad[10].terms.activation = 5; /* of an order that does not trail */
    bad[11].terms.trigger_kind = VEL_TRIGGER_STOP;
    bad[11].terms.trigger = VEL_TICKS_MAX;
    for (int at = 0; at < 12; at++) {
        send(bad[at]);
        CHECK(last_report()->kind == VEL_REPORT_REJECTED && last_report()->reason == VEL_REASON_INVALID);
    }
    CHECK(vel_match_count(&engine) == 0);
    send(plain);
    vel_contingency_command_t amend = plain;
    amend.action = VEL_ACTION_AMEND;
    amend.terms.price = VEL_TICKS_MAX;
    send(amend);
    CHECK(last_report()->kind == VEL_REPORT_AMEND_REJECTED && last_report()->reason == VEL_REASON_INVALID);
    amend.terms.price = 100;
    amend.terms.qty = 0;
    send(amend);
    CHECK(last_report()->kind == VEL_REPORT_AMEND_REJECTED);
    CHECK(vel_match_order(&engine, 1)->leaves == 5 && vel_match_order(&engine, 2) == NULL);
}

static void a_queue_lists_the_hidden_lots_of_icebergs(void)
{
    begin();
    vel_contingency_command_t iceberg = limit(1, 1, VEL_BUY, 100, 9);
    iceberg.terms.display = 2;
    send(iceberg);
    send(limit(2, 2, VEL_BUY, 100, 4));
    send(limit(3, 3, VEL_BUY, 100, 4));
    int64_t ids[3], leaves[3];
    CHECK(vel_match_queue(&engine, VEL_BUY, 100, 3, ids, leaves) == 3 && ids[0] == 1 && leaves[0] == 9);
    CHECK(vel_match_queue(&engine, VEL_BUY, 100, 2, ids, leaves) == 2);
    CHECK(vel_match_queue(&engine, VEL_BUY, 99, 3, ids, leaves) == 0);
    /* An amend to fewer lots than it shows keeps the place and shows less. */
    iceberg.action = VEL_ACTION_AMEND;
    iceberg.terms.qty = 1;
    send(iceberg);
    CHECK(vel_match_queue(&engine, VEL_BUY, 100, 3, ids, leaves) == 3 && ids[0] == 1 && leaves[0] == 1);
    CHECK(vel_book_qty(&engine.book.levels, VEL_BUY, 100) == 9);
}

static void the_hash_is_that_of_what_stands(void)
{
    begin();
    send(limit(1, 1, VEL_BUY, 100, 5));
    send(limit(2, 2, VEL_SELL, 102, 5));
    uint64_t hash = vel_match_state_hash(&engine);
    send(limit(3, 1, VEL_BUY, 99, 5));
    CHECK(vel_match_state_hash(&engine) != hash);
    begin();
    send(limit(2, 2, VEL_SELL, 102, 5));
    send(limit(1, 1, VEL_BUY, 100, 5));
    CHECK(vel_match_state_hash(&engine) == hash); /* whatever the way that led there */
    send(limit(4, 3, VEL_SELL, 100, 1));
    CHECK(vel_match_state_hash(&engine) != hash);
}

/* A resting order that may only reduce, and whose position is gone, ends when a taker meets it. */
static void a_reduce_only_order_without_a_position_ends_when_it_is_met(void)
{
    begin();
    send(limit(1, 1, VEL_BUY, 100, 5));
    send(limit(2, 2, VEL_SELL, 100, 5)); /* owner 1 is long by five */
    vel_contingency_command_t reduces = limit(3, 1, VEL_SELL, 110, 5);
    reduces.terms.flags = VEL_EXEC_REDUCE_ONLY;
    send(reduces);
    send(limit(4, 2, VEL_BUY, 105, 3));
    send(limit(5, 1, VEL_SELL, 105, 3)); /* two are left to reduce */
    send(limit(6, 2, VEL_BUY, 110, 4));
    CHECK(vel_match_position(&engine, 1) == 0 && vel_match_order(&engine, 6) != NULL);
    CHECK(vel_match_order(&engine, 6)->leaves == 2 && vel_match_order(&engine, 3) == NULL);
    /* As a taker, too: what is left when there is nothing more to reduce is not traded. */
    vel_contingency_command_t taker = limit(7, 1, VEL_SELL, 110, 5);
    taker.terms.flags = VEL_EXEC_REDUCE_ONLY;
    send(taker);
    CHECK(last_report()->order_id == 7 && last_report()->reason == VEL_REASON_REDUCE_ONLY);
}

/* A fill-or-kill order counts what it could fill: no more of a reduce-only maker than that may reduce, and nothing of
 * an own order that self-trade prevention takes away. */
static void a_fill_or_kill_order_counts_only_what_it_may_get(void)
{
    begin();
    send(limit(1, 1, VEL_BUY, 100, 2));
    send(limit(2, 2, VEL_SELL, 100, 2));
    vel_contingency_command_t reduces = limit(3, 1, VEL_SELL, 110, 5), whole = limit(4, 2, VEL_BUY, 110, 3);
    reduces.terms.flags = VEL_EXEC_REDUCE_ONLY;
    send(reduces);
    whole.terms.tif = VEL_FOK;
    send(whole);
    CHECK(last_report()->kind == VEL_REPORT_EXPIRED && last_report()->reason == VEL_REASON_FOK);
    send(limit(5, 3, VEL_SELL, 110, 1));
    whole.order_id = 6;
    send(whole);
    CHECK(vel_match_position(&engine, 2) == 1); /* two of the reduce-only order and one behind it */
    static const uint8_t rules[4] = {VEL_STP_TAKER, VEL_STP_MAKER, VEL_STP_BOTH, VEL_STP_DECREMENT};
    static const int64_t filled[4] = {0, 3, 0, 1}; /* lots that DECREMENT takes off both sides count as done */
    for (int at = 0; at < 4; at++) {
        begin();
        send(limit(1, 1, VEL_SELL, 110, 2));
        send(limit(2, 2, VEL_SELL, 110, 3));
        vel_contingency_command_t own = limit(3, 1, VEL_BUY, 110, 3);
        own.terms.tif = VEL_FOK;
        own.terms.stp = rules[at];
        send(own);
        CHECK(vel_match_position(&engine, 1) == filled[at]);
    }
}

/* All ids have one home in the index as it is before it grows, so that most stand in buckets behind it. */
static void ids_of_one_bucket_are_found_in_any_order_of_ends(void)
{
    enum { IDS = 30 };
    begin();
    int64_t ids[2 * IDS], count = 0;
    for (int64_t id = 1; count < 2 * IDS; id++)
        if (vel_contingency_hash(id) >> engine.contingency.index_shift == engine.contingency.index_buckets - 2)
            ids[count++] = id; /* the last but one: those that pass it come around */
    uint32_t buckets = engine.contingency.index_buckets;
    for (int round = 0; round < 3; round++) {
        for (int at = 0; at < IDS; at++)
            CHECK(vel_match_limit(&engine, round, ids[at], at % 3, VEL_BUY, 100 - at % 4, 5, VEL_GTC) == VEL_OK);
        CHECK(engine.contingency.index_buckets == buckets && vel_match_count(&engine) == IDS);
        for (int gone = 0; gone < IDS; gone++) {
            for (int at = 0; at < 2 * IDS; at++) {
                bool is_live = at < IDS && (at * 7 + round) % IDS >= gone;
                CHECK((vel_match_order(&engine, ids[at]) != NULL) == is_live);
            }
            for (int at = 0; at < IDS; at++)
                if ((at * 7 + round) % IDS == gone)
                    CHECK(vel_match_cancel(&engine, round, ids[at], at % 3) == VEL_OK);
            CHECK(last_report()->kind == VEL_REPORT_CANCELED);
        }
        for (uint32_t at = 0; at < buckets; at++)
            CHECK(engine.contingency.index[at].tags == 0);
    }
    for (int at = 0; at < 2 * IDS; at++)
        CHECK(vel_match_limit(&engine, 3, ids[at], 0, VEL_BUY, 100, 5, VEL_GTC) == VEL_OK);
    CHECK(engine.contingency.index_buckets > buckets && vel_match_count(&engine) == 2 * IDS);
    for (int at = 0; at < 2 * IDS; at++)
        CHECK(vel_match_order(&engine, ids[at])->spec.order_id == ids[at]);
}

static void calls_without_a_command_do_as_with_one(void)
{
    begin();
    CHECK(vel_match_limit(&engine, 5, 1, 2, VEL_SELL, 100, 7, VEL_GTC) == VEL_OK);
    CHECK(last_report()->kind == VEL_REPORT_ACK && last_report()->owner == 2 && last_report()->leaves == 7);
    CHECK(vel_match_limit(&engine, 4, 2, 2, VEL_SELL, 100, 7, VEL_GTC) == VEL_EINVAL); /* back in time */
    CHECK(vel_match_limit(&engine, 5, 2, 2, VEL_NO_SIDE, 100, 7, VEL_GTC) == VEL_OK);
    CHECK(last_report()->kind == VEL_REPORT_REJECTED && last_report()->reason == VEL_REASON_INVALID);
    CHECK(vel_match_limit(&engine, 5, 2, 2, VEL_BUY, 100, 0, VEL_GTC) == VEL_OK);
    CHECK(last_report()->kind == VEL_REPORT_REJECTED && last_report()->reason == VEL_REASON_INVALID);
    CHECK(vel_match_limit(&engine, 5, 1, 2, VEL_BUY, 90, 1, VEL_GTC) == VEL_OK);
    CHECK(last_report()->kind == VEL_REPORT_REJECTED && last_report()->reason == VEL_REASON_DUPLICATE);
    CHECK(vel_match_limit(&engine, 5, 3, 0, VEL_BUY, 100, 2, VEL_FOK) == VEL_OK); /* not plain, and filled */
    CHECK(last_report()->kind == VEL_REPORT_FILL && last_report()->leaves == 5);
    CHECK(vel_match_amend(&engine, 6, 1, 3, 101, 7) == VEL_OK); /* another's */
    CHECK(last_report()->kind == VEL_REPORT_AMEND_REJECTED && last_report()->reason == VEL_REASON_UNKNOWN_ORDER);
    CHECK(vel_match_amend(&engine, 6, 1, 2, 101, 7) == VEL_OK);
    CHECK(last_report()->kind == VEL_REPORT_AMENDED && last_report()->leaves == 5 && last_report()->price == 101);
    CHECK(vel_match_amend(&engine, 6, 1, 2, 101, 0) == VEL_OK);
    CHECK(last_report()->kind == VEL_REPORT_AMEND_REJECTED && last_report()->reason == VEL_REASON_INVALID);
    CHECK(vel_match_amend(&engine, 5, 1, 2, 101, 7) == VEL_EINVAL && vel_match_cancel(&engine, 5, 1, 2) == VEL_EINVAL);
    CHECK(vel_match_cancel(&engine, 6, 0, 2) == VEL_OK); /* an id that no order has */
    CHECK(last_report()->kind == VEL_REPORT_CANCEL_REJECTED);
    CHECK(vel_match_cancel(&engine, 6, 1, 2) == VEL_OK && vel_match_count(&engine) == 0);
    CHECK(last_report()->kind == VEL_REPORT_CANCELED && last_report()->qty == 5);
    CHECK(vel_match_cancel(&engine, 6, 0, 2) == VEL_OK && last_report()->kind == VEL_REPORT_CANCEL_REJECTED);
    vel_contingency_command_t timed = limit(4, 2, VEL_SELL, 100, 3);
    timed.ts = 7;
    timed.terms.tif = VEL_GTD;
    timed.terms.expiry = 9;
    send(timed);
    CHECK(vel_match_cancel(&engine, 9, 4, 2) == VEL_OK); /* its time comes first */
    CHECK(last_report()->kind == VEL_REPORT_CANCEL_REJECTED && last_report()[-1].kind == VEL_REPORT_EXPIRED);
}

/* A place in the pool that has held an order with other terms holds a plain one next. */
static void a_plain_order_has_nothing_of_the_order_before_it(void)
{
    begin();
    send(limit(9, 2, VEL_SELL, 100, 1));
    send(limit(8, 3, VEL_BUY, 100, 1)); /* the last price */
    vel_contingency_command_t other = limit(1, 1, VEL_BUY, 120, 4);
    other.terms.trigger_kind = VEL_TRIGGER_STOP;
    other.terms.trigger = 110;
    other.terms.oco_group = 3;
    send(other);
    vel_contingency_command_t child = limit(2, 1, VEL_SELL, 130, 4);
    child.terms.parent = 1;
    send(child);
    for (int64_t id = 1; id <= 2; id++)
        CHECK(vel_match_cancel(&engine, 0, id, 1) == VEL_OK);
    CHECK(vel_match_count(&engine) == 0);
    for (int64_t id = 3; id <= 5; id++) {
        CHECK(vel_match_limit(&engine, 0, id, 1, VEL_SELL, 130, 4, VEL_GTC) == VEL_OK);
        const vel_contingency_order_t *order = vel_match_order(&engine, id);
        vel_contingency_command_t plain = limit(id, 1, VEL_SELL, 130, 4);
        plain.terms.stp = VEL_STP_NONE;
        CHECK(memcmp(&order->spec, &plain, sizeof plain) == 0 && order->first_child == VEL_CONTINGENCY_NONE);
        CHECK(vel_contingency_left(order) == 4 && !order->is_child && !order->watches && order->ties == 0);
    }
}

static void room_is_made_at_once(void)
{
    begin();
    CHECK(vel_match_reserve(&engine, -1, 0) == VEL_EINVAL && vel_match_reserve(&engine, 0, -1) == VEL_EINVAL);
    CHECK(vel_match_reserve(&engine, VEL_L3_RESERVE_MAX + 1, 0) == VEL_EFULL);
    CHECK(vel_match_reserve(&engine, 1000, 1000) == VEL_OK && vel_match_reserve(&engine, 10, 10) == VEL_OK);
    const void *orders = engine.contingency.orders, *index = engine.contingency.index, *book = engine.book.orders;
    const void *reports = engine.reports.items;
    for (int64_t id = 1; id <= 1000; id++)
        CHECK(vel_match_limit(&engine, 0, id, 0, VEL_BUY, 100, 1, VEL_GTC) == VEL_OK);
    CHECK(orders == engine.contingency.orders && index == engine.contingency.index && book == engine.book.orders);
    CHECK(reports == engine.reports.items && vel_match_count(&engine) == 1000);
}

int main(void)
{
    ids_of_one_bucket_are_found_in_any_order_of_ends();
    calls_without_a_command_do_as_with_one();
    a_plain_order_has_nothing_of_the_order_before_it();
    room_is_made_at_once();
    commands_that_fit_no_engine_are_refused();
    fields_out_of_range_are_refused_in_a_report();
    a_queue_lists_the_hidden_lots_of_icebergs();
    the_hash_is_that_of_what_stands();
    a_reduce_only_order_without_a_position_ends_when_it_is_met();
    a_fill_or_kill_order_counts_only_what_it_may_get();
    vel_match_free(&engine);
    return check_failures != 0;
}
