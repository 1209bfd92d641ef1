/* order_store.h: the orders of a local side: where they are kept, which are open, and the one place that sets a state.
 *
 * Orders are numbered 1, 2, 3 ... and lie in blocks that never move, so a pointer to one is good until its block is
 * dropped. The open orders of each strategy stand in a list, oldest first: all that are not in a final state. */
#ifndef VELORA_ORDER_STORE_H
#define VELORA_ORDER_STORE_H

#include "velora/order.h"

VEL_C_BEGIN

#define VEL_ORDERS_PER_BLOCK 1024

typedef struct vel_order {
    int64_t id; /* 1, 2, 3 ... in the order of submission */
    int32_t instrument;
    int32_t strategy;
    vel_order_terms_t terms; /* as sent, then as the venue amended them; trigger_kind is NONE after it fired */
    uint8_t state;           /* vel_order_state_t */
    uint8_t reason;
    uint8_t pending_cancels; /* requests sent and not yet answered */
    uint8_t pending_amends;
    uint8_t is_contingent; /* waits at the venue for its trigger or its parent */
    uint8_t refusal;       /* VEL_REASON_ of the last refused amend or cancel */
    uint8_t trigger_sent;  /* trigger_kind as it was sent */
    uint8_t is_queried;    /* a query is under way */
    int32_t amends;        /* accepted */
    int32_t account;
    int64_t sequence;      /* 1, 2, 3 ... among the orders of its strategy */
    int64_t held;          /* lots of a child that wait for its parent, as far as reports have said */
    int64_t trigger_asked; /* by an amend under way, 0 for none */
    int64_t cum_qty;
    int64_t ts_sent; /* ns, local clock; likewise the next two, 0 for never */
    int64_t ts_ack;
    int64_t ts_done;
    int64_t open_previous; /* ids of the strategy's neighbouring open orders, 0 for none */
    int64_t open_next;
    void *view;         /* the object that shows the order, NULL for none; its owner is called before the block goes */
    double avg_ticks;   /* average price of its fills, inverse contracts alone */
    vel_i128 cum_ticks; /* sum of fill ticks * lots, for the average price of the others */
} vel_order_t;

typedef struct vel_orders {
    vel_order_t **blocks; /* owned; those before blocks_dropped are NULL */
    int64_t count;        /* made so far */
    int64_t blocks_max;
    int64_t blocks_dropped;
    int64_t open_count;
} vel_orders_t;

/* The open orders of one strategy. */
typedef struct vel_open_orders {
    int64_t first; /* oldest, 0 when none */
    int64_t last;
    int64_t count;
} vel_open_orders_t;

void vel_orders_free(vel_orders_t *orders); /* accepts a zeroed store */

/* Order by id, NULL when there is none or it was dropped. */
static inline vel_order_t *vel_orders_get(const vel_orders_t *orders, int64_t id)
{
    if (VEL_UNLIKELY(id < 1 || id > orders->count))
        return NULL;
    vel_order_t *block = orders->blocks[(uint64_t)(id - 1) / VEL_ORDERS_PER_BLOCK];
    return block == NULL ? NULL : &block[(uint64_t)(id - 1) % VEL_ORDERS_PER_BLOCK];
}

/* Make room for the next order; then vel_orders_add cannot fail. VEL_OK or VEL_ENOMEM. */
int vel_orders_reserve(vel_orders_t *orders);

/* The next order, PENDING and last of its strategy's open orders: its id and its place in the list are set, and all
 * else is zero. Room must have been made. */
vel_order_t *vel_orders_add(vel_orders_t *orders, vel_open_orders_t *open);

/* The only place that sets the state of an order. It aborts on a transition that order.h does not allow. In a final
 * state the order leaves the list of open ones. */
void vel_orders_set_state(vel_orders_t *orders, vel_open_orders_t *open, vel_order_t *order, uint8_t state,
                          uint8_t reason, int64_t now);

/* The first order of the oldest block that may be dropped, NULL when none may: all of its orders have ended with no
 * request under way, and at least `keep` younger orders exist. Drop it with vel_orders_drop. */
const vel_order_t *vel_orders_droppable(const vel_orders_t *orders, int64_t keep);
void vel_orders_drop(vel_orders_t *orders, const vel_order_t *first);

VEL_C_END

#endif
