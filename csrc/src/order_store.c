#include "velora/order_store.h"

#include <string.h>

void vel_orders_free(vel_orders_t *orders)
{
    for (int64_t block = 0; block < orders->blocks_max; block++)
        free(orders->blocks[block]);
    free(orders->blocks);
    memset(orders, 0, sizeof *orders);
}

int vel_orders_reserve(vel_orders_t *orders)
{
    int64_t block = orders->count / VEL_ORDERS_PER_BLOCK;
    if (VEL_LIKELY(block < orders->blocks_max && orders->blocks[block] != NULL))
        return VEL_OK;
    if (block == orders->blocks_max) {
        int64_t grown = orders->blocks_max == 0 ? 16 : orders->blocks_max * 2;
        vel_order_t **blocks = realloc(orders->blocks, (size_t)grown * sizeof *blocks);
        if (blocks == NULL)
            return VEL_ENOMEM;
        memset(blocks + orders->blocks_max, 0, (size_t)(grown - orders->blocks_max) * sizeof *blocks);
        orders->blocks = blocks;
        orders->blocks_max = grown;
    }
    orders->blocks[block] = malloc(VEL_ORDERS_PER_BLOCK * sizeof **orders->blocks);
    return orders->blocks[block] == NULL ? VEL_ENOMEM : VEL_OK;
}

vel_order_t *vel_orders_add(vel_orders_t *orders, vel_open_orders_t *open)
{
    vel_order_t *order = &orders->blocks[orders->count / VEL_ORDERS_PER_BLOCK][orders->count % VEL_ORDERS_PER_BLOCK];
    /* Field by field: the compiler zeroes a struct of this size with a string instruction, which takes longer than all
     * the rest of this function. */
    order->id = ++orders->count;
    order->instrument = order->strategy = 0;
    order->terms = (vel_order_terms_t){0};
    order->state = VEL_ORDER_PENDING;
    order->reason = VEL_REASON_NONE;
    order->pending_cancels = order->pending_amends = 0;
    order->is_contingent = order->refusal = order->trigger_sent = order->is_queried = 0;
    order->amends = order->account = 0;
    order->sequence = order->held = order->trigger_asked = order->cum_qty = 0;
    order->ts_sent = order->ts_ack = order->ts_done = 0;
    order->open_previous = open->last;
    order->open_next = 0;
    order->view = NULL;
    order->avg_ticks = 0.0;
    order->cum_ticks = 0;
    if (open->last == 0)
        open->first = order->id;
    else
        vel_orders_get(orders, open->last)->open_next = order->id;
    open->last = order->id;
    open->count++;
    orders->open_count++;
    return order;
}

static void leave_open(vel_orders_t *orders, vel_open_orders_t *open, const vel_order_t *order)
{
    if (order->open_previous == 0)
        open->first = order->open_next;
    else
        vel_orders_get(orders, order->open_previous)->open_next = order->open_next;
    if (order->open_next == 0)
        open->last = order->open_previous;
    else
        vel_orders_get(orders, order->open_next)->open_previous = order->open_previous;
    open->count--;
    orders->open_count--;
}

void vel_orders_set_state(vel_orders_t *orders, vel_open_orders_t *open, vel_order_t *order, uint8_t state,
                          uint8_t reason, int64_t now)
{
    VEL_ASSERT(vel_order_may(order->state, state));
    order->state = state;
    if (!vel_order_is_final(state))
        return;
    order->reason = reason;
    order->ts_done = now;
    leave_open(orders, open, order);
}

const vel_order_t *vel_orders_droppable(const vel_orders_t *orders, int64_t keep)
{
    int64_t blocks = (orders->count - keep) / VEL_ORDERS_PER_BLOCK;
    for (int64_t block = orders->blocks_dropped; block < blocks; block++) {
        const vel_order_t *first = orders->blocks[block];
        int at = 0;
        if (first == NULL)
            continue;
        while (at < VEL_ORDERS_PER_BLOCK && vel_order_is_final(first[at].state) && first[at].pending_cancels == 0 &&
               first[at].pending_amends == 0)
            at++;
        if (at == VEL_ORDERS_PER_BLOCK)
            return first;
    }
    return NULL;
}

void vel_orders_drop(vel_orders_t *orders, const vel_order_t *first)
{
    int64_t block = (first->id - 1) / VEL_ORDERS_PER_BLOCK;
    free(orders->blocks[block]);
    orders->blocks[block] = NULL;
    while (orders->blocks_dropped * VEL_ORDERS_PER_BLOCK < orders->count &&
           orders->blocks[orders->blocks_dropped] == NULL)
        orders->blocks_dropped++;
}
