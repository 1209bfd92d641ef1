/* The order store: each transition between states, the lists of open orders, and the blocks that orders lie in. */
#include "velora/order_store.h"

#include <string.h>

#include "check.h"

static vel_orders_t orders;
static vel_open_orders_t open[2]; /* of two strategies */

static void begin(void)
{
    vel_orders_free(&orders);
    open[0] = open[1] = (vel_open_orders_t){0};
}

static vel_order_t *add(int strategy)
{
    CHECK(vel_orders_reserve(&orders) == VEL_OK);
    vel_order_t *order = vel_orders_add(&orders, &open[strategy]);
    order->strategy = strategy;
    return order;
}

static void end(vel_order_t *order, uint8_t state)
{
    vel_orders_set_state(&orders, &open[order->strategy], order, state, VEL_REASON_HALTED, 77);
}

/* ---------------------------------------------------------------- states */

/* Written out a second time: row from, column to. */
static const char *const allowed[VEL_ORDER_STATES] = {
    /*            P  O  U  F  C  R  E  D */
    /* PENDING  */ "01111111",
    /* OPEN     */ "00111010",
    /* UNKNOWN  */ "01011110",
    /* FILLED   */ "00000000",
    /* CANCELED */ "00000000",
    /* REJECTED */ "00000000",
    /* EXPIRED  */ "00000000",
    /* DENIED   */ "00000000",
};

static void the_table_allows_what_the_drawing_shows(void)
{
    for (uint8_t from = 0; from < VEL_ORDER_STATES; from++)
        for (uint8_t to = 0; to < VEL_ORDER_STATES; to++)
            CHECK(vel_order_may(from, to) == (allowed[from][to] == '1'));
    for (uint8_t state = 0; state < VEL_ORDER_STATES; state++) {
        CHECK(!vel_order_may(state, VEL_ORDER_STATES) && !vel_order_may(VEL_ORDER_STATES, state));
        CHECK(vel_order_is_final(state) == (strchr(allowed[state], '1') == NULL));
    }
}

/* Each allowed step, made by the setter: a final state takes the order off the list, with its reason and its time. */
static void each_allowed_step_can_be_made(void)
{
    for (uint8_t from = 0; from < VEL_ORDER_FILLED; from++)
        for (uint8_t to = 0; to < VEL_ORDER_STATES; to++) {
            if (allowed[from][to] != '1')
                continue;
            begin();
            vel_order_t *order = add(0);
            CHECK(order->state == VEL_ORDER_PENDING && order->reason == VEL_REASON_NONE && order->ts_done == 0);
            if (from != VEL_ORDER_PENDING)
                end(order, from);
            CHECK(order->state == from && orders.open_count == 1 && order->ts_done == 0);
            end(order, to);
            bool is_final = vel_order_is_final(to);
            CHECK(order->state == to && orders.open_count == !is_final && open[0].count == !is_final);
            CHECK(order->ts_done == (is_final ? 77 : 0));
            CHECK(order->reason == (is_final ? VEL_REASON_HALTED : VEL_REASON_NONE));
        }
}

/* ---------------------------------------------------------------- lists */

/* The list, from both ends, holds the orders of a strategy that are not final, oldest first. */
static bool is_listed(int strategy)
{
    int64_t next = open[strategy].first, previous = 0, count = 0;
    for (int64_t id = 1; id <= orders.count; id++) {
        const vel_order_t *order = vel_orders_get(&orders, id);
        if (order == NULL || order->strategy != strategy || vel_order_is_final(order->state))
            continue;
        if (next != id || order->open_previous != previous)
            return false;
        previous = id;
        next = order->open_next;
        count++;
    }
    return next == 0 && open[strategy].last == previous && open[strategy].count == count;
}

static void each_strategy_has_a_list_of_its_open_orders_oldest_first(void)
{
    begin();
    for (int at = 0; at < 60; at++)
        (void)add(at % 3 == 0);
    CHECK(is_listed(0) && is_listed(1) && open[0].count == 40 && open[1].count == 20);
    for (int64_t at = 0; at < 60; at++) { /* in an order that meets the first, the last and those between */
        int64_t id = 1 + at * 37 % 60;
        end(vel_orders_get(&orders, id), VEL_ORDER_CANCELED);
        CHECK(is_listed(0) && is_listed(1) && orders.open_count == 59 - at);
    }
    CHECK(open[0].first == 0 && open[0].last == 0 && open[1].first == 0 && open[1].last == 0);
}

/* ---------------------------------------------------------------- blocks */

static void orders_are_numbered_from_1_and_stay_where_they_are(void)
{
    begin();
    CHECK(vel_orders_get(&orders, 0) == NULL && vel_orders_get(&orders, 1) == NULL);
    const vel_order_t *first = add(0);
    for (int64_t id = 2; id <= 20 * VEL_ORDERS_PER_BLOCK; id++)
        CHECK(add(0)->id == id);
    CHECK(vel_orders_get(&orders, 1) == first && vel_orders_get(&orders, orders.count)->id == orders.count);
    CHECK(vel_orders_get(&orders, -1) == NULL && vel_orders_get(&orders, orders.count + 1) == NULL);
    CHECK(is_listed(0));
}

static void fill_blocks(int64_t blocks)
{
    begin();
    for (int64_t at = 0; at < blocks * VEL_ORDERS_PER_BLOCK; at++)
        end(add(0), VEL_ORDER_FILLED);
}

static void a_block_goes_when_its_orders_have_ended_and_enough_younger_ones_exist(void)
{
    fill_blocks(2);
    CHECK(vel_orders_droppable(&orders, 2 * VEL_ORDERS_PER_BLOCK) == NULL);
    CHECK(vel_orders_droppable(&orders, VEL_ORDERS_PER_BLOCK + 1) == NULL);
    const vel_order_t *first = vel_orders_droppable(&orders, VEL_ORDERS_PER_BLOCK);
    CHECK(first != NULL && first->id == 1);
    vel_orders_drop(&orders, first);
    CHECK(orders.blocks_dropped == 1 && vel_orders_get(&orders, VEL_ORDERS_PER_BLOCK) == NULL);
    CHECK(vel_orders_get(&orders, VEL_ORDERS_PER_BLOCK + 1) != NULL);
    CHECK(vel_orders_droppable(&orders, VEL_ORDERS_PER_BLOCK) == NULL);
    vel_orders_drop(&orders, vel_orders_droppable(&orders, 0));
    CHECK(orders.blocks_dropped == 2 && vel_orders_droppable(&orders, 0) == NULL);
    CHECK(add(0)->id == 2 * VEL_ORDERS_PER_BLOCK + 1 && is_listed(0)); /* the numbers go on */
}

/* A block with an order that works, or whose request has no answer, stays; younger ones may go before it. */
static void a_block_with_an_order_under_way_stays(void)
{
    for (int what = 0; what < 3; what++) {
        fill_blocks(1);
        for (int at = 0; at < VEL_ORDERS_PER_BLOCK; at++) {
            vel_order_t *order = add(1);
            if (what != 0 || at != 5)
                end(order, VEL_ORDER_CANCELED);
            order->pending_cancels = what == 1 && at == VEL_ORDERS_PER_BLOCK - 1;
            order->pending_amends = what == 2 && at == 0;
        }
        for (int at = 0; at < VEL_ORDERS_PER_BLOCK; at++)
            end(add(0), VEL_ORDER_EXPIRED);
        vel_orders_drop(&orders, vel_orders_droppable(&orders, 0));
        const vel_order_t *third = vel_orders_droppable(&orders, 0);
        CHECK(third != NULL && third->id == 2 * VEL_ORDERS_PER_BLOCK + 1 && orders.blocks_dropped == 1);
        vel_orders_drop(&orders, third);
        CHECK(orders.blocks_dropped == 1 && vel_orders_droppable(&orders, 0) == NULL && is_listed(1));
        vel_order_t *last = vel_orders_get(&orders, VEL_ORDERS_PER_BLOCK + 6);
        if (what == 0)
            end(last, VEL_ORDER_FILLED);
        vel_orders_get(&orders, 2 * VEL_ORDERS_PER_BLOCK)->pending_cancels = 0;
        vel_orders_get(&orders, VEL_ORDERS_PER_BLOCK + 1)->pending_amends = 0;
        vel_orders_drop(&orders, vel_orders_droppable(&orders, 0));
        CHECK(orders.blocks_dropped == 3 && orders.open_count == 0);
    }
}

int main(void)
{
    the_table_allows_what_the_drawing_shows();
    each_allowed_step_can_be_made();
    each_strategy_has_a_list_of_its_open_orders_oldest_first();
    orders_are_numbered_from_1_and_stay_where_they_are();
    a_block_goes_when_its_orders_have_ended_and_enough_younger_ones_exist();
    a_block_with_an_order_under_way_stays();
    vel_orders_free(&orders);
    return check_failures != 0;
}
