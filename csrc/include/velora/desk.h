/* desk.h: what becomes of orders apart from liquidity.
 *
 * A venue of any kind puts its orders across a desk: the desk keeps who is alive, what waits for a trigger, a parent or
 * its time, and which orders end with which. Its host, a matching engine or a venue over recorded flow, keeps what
 * rests in a book and does the trading.
 *
 *   triggers   STOP fires when the last trade is at or beyond the trigger against the order (a buy's at or above),
 *              TOUCHED when it is at or beyond it for the order. TRAILING is a STOP whose trigger follows the best
 *              price since it was accepted at a distance in ticks or basis points. Fired orders act after the command
 *              or trade that fired them, nearest trigger first, then by time; what they trade may fire more. An order
 *              whose trigger is reached already is refused.
 *
 *   self-trade The taker's rule says who goes when it comes to an order of its owner: the taker, the resting order,
 *              both, or the smaller one, taken off the other (DECREMENT). Owner 0 has no such rule.
 *
 *   reduce     A reduce-only order never fills beyond the owner's position here; with nothing left to reduce it ends.
 *
 *   links      Orders with one link cancel one another: when one fills, in part or whole, is fired or ends, the others
 *              end (OCO); a refused one leaves them alone. An order with a parent is held until the parent has filled
 *              whole, and ends with it otherwise (OTO); a bracket is a parent with two children of one link.
 *
 *   expiry     GTD orders end when the clock reaches their time, before the command of that time acts; DAY orders end
 *              at vel_desk_end_of_day.
 *
 * Orders live in a pool and keep their index for life; a host may hold arrays of its own beside it. */
#ifndef VELORA_DESK_H
#define VELORA_DESK_H

#include "velora/book_l3.h"
#include "velora/map.h"
#include "velora/order.h"
#include "velora/vector.h"

#define VEL_DESK_NONE UINT32_MAX

typedef struct vel_desk_command {
    int64_t ts; /* ns, non-decreasing */
    int64_t order_id;
    int64_t price;   /* ticks; of limit orders */
    int64_t qty;     /* lots; amend: the new total */
    int64_t display; /* lots shown of an iceberg, 0 for all */
    int64_t trigger; /* ticks; of trailing orders the distance, ticks or basis points; amend: the new one, 0 keeps it */
    int64_t expiry;  /* ns, of GTD orders */
    int64_t link;    /* OCO group, 0 for none */
    int64_t parent;  /* order id, 0 for none */
    int32_t owner;
    uint8_t action;
    uint8_t side;
    uint8_t type;
    uint8_t tif;
    uint8_t trigger_kind;
    uint8_t stp;
    uint8_t flags;
    uint8_t unused;
} vel_desk_command_t;

enum { VEL_DESK_RESTING = 0, VEL_DESK_WAITING = 1, VEL_DESK_HELD = 2, VEL_DESK_ACTIVE = 3, VEL_DESK_FREE = 4 };

typedef struct vel_desk_order {
    vel_desk_command_t spec; /* as accepted; price and qty as amended */
    int64_t leaves;
    int64_t shown; /* lots in the host's book */
    int64_t best;  /* of trailing orders: best last price since accepted */
    int64_t sequence;
    uint32_t next_of_owner; /* neighbours in the owner's list, by acceptance; links the free list too */
    uint32_t prev_of_owner;
    uint32_t next_of_link; /* ring of the link's orders */
    uint32_t prev_of_link;
    uint32_t next_of_parent; /* the parent's children, by acceptance */
    uint32_t prev_of_parent;
    uint32_t first_child;
    uint32_t last_child;
    uint8_t state;
} vel_desk_order_t;

typedef struct vel_desk_owner {
    int64_t position; /* lots bought less lots sold */
    uint32_t first;
    uint32_t last;
} vel_desk_owner_t;

typedef struct vel_desk_timer {
    int64_t ts;
    int64_t sequence;
    uint32_t index;
} vel_desk_timer_t;

VEL_VECTOR(vel_desk_timers, vel_desk_timer_t)

/* An order by its place in the pool; the sequence tells whether it is still the same one. */
typedef struct vel_desk_ref {
    int64_t sequence;
    uint32_t index;
    uint8_t reason;
} vel_desk_ref_t;

VEL_VECTOR(vel_desk_refs, vel_desk_ref_t)

/* What a desk asks of the venue that it belongs to. Each returns a status where it returns int. */
typedef struct vel_desk_host {
    /* Tell the owner something about an order. A refused one has leaves 0. */
    int (*report)(void *host, uint8_t kind, const vel_desk_command_t *spec, int64_t leaves, int64_t price, int64_t qty,
                  uint8_t reason);
    /* Take a resting order out of the book; its `shown` is still what was there. */
    void (*withdraw)(void *host, uint32_t index);
    /* An active order meets the book, and rests or ends with what is left. */
    int (*act)(void *host, uint32_t index);
    /* A resting order gets another price, or other lots left. It keeps its place if the price stays and the lots are no
     * more than before, else it goes to the back; nothing can be taken at the new price. Its spec still says the old.
     */
    int (*change)(void *host, uint32_t index, int64_t price, int64_t leaves);
    /* A resting order loses lots, without a trade of this desk's making: `leaves` and `shown` go down with the book. */
    int (*take_off)(void *host, uint32_t index, int64_t lots);
    /* Best price of a side that an order could meet, as a key; VEL_NO_KEY when there is none. */
    int64_t (*best_key)(void *host, uint8_t side);
} vel_desk_host_t;

typedef struct vel_desk {
    const vel_desk_host_t *host;
    void *self;             /* the host, handed to its functions */
    vel_book_l3_t triggers; /* waiting orders: SELL side fires when the last price rises to it, BUY when it falls */
    vel_map_t index;        /* order id -> pool index */
    vel_map_t owners_index; /* owner -> index */
    vel_map_t links;        /* link -> one of its orders */
    vel_desk_order_t *orders;
    vel_desk_owner_t *owners;
    vel_desk_timers_t timers; /* heap by (ts, sequence), where those of ended orders are few or at most half */
    vel_desk_refs_t trailing;
    vel_desk_refs_t due;    /* fired and released orders, to act in order */
    vel_desk_refs_t ending; /* orders that end because another did */
    int64_t now;
    int64_t last; /* price of the last trade */
    int64_t sequence;
    int64_t timed; /* live GTD orders, each with its own in `timers` */
    uint32_t orders_used;
    uint32_t orders_max;
    uint32_t orders_free;
    uint32_t owners_used;
    uint32_t owners_max;
    uint8_t has_last;
    uint8_t acts_on_amend; /* an amend acts as an arrival does, whatever best_key says */
} vel_desk_t;

/* Prepare a fresh struct. VEL_OK or VEL_ENOMEM (then vel_desk_free is still allowed). */
int vel_desk_init(vel_desk_t *desk, const vel_desk_host_t *host, void *self);
void vel_desk_free(vel_desk_t *desk);

/* One command, with all that it sets off. Refusals are reports; VEL_EINVAL when ts goes back or the action is unknown,
 * VEL_ENOMEM, or what the host returned. */
int vel_desk_on_command(vel_desk_t *desk, const vel_desk_command_t *command);

/* The clock goes on to ts: GTD orders that are due end. VEL_OK, VEL_EINVAL (back in time), or what the host returned.
 */
int vel_desk_advance(vel_desk_t *desk, int64_t ts);

/* DAY orders end. */
int vel_desk_end_of_day(vel_desk_t *desk);

/* A trade at a price, wherever it came from: trailing orders follow, and what is reached fires. The fired orders are
 * due and act at vel_desk_settle, which a command calls by itself. */
int vel_desk_on_last(vel_desk_t *desk, int64_t price_ticks);
int vel_desk_settle(vel_desk_t *desk);

/* For the host: an order is over. `kind` is VEL_REPORT_FILL for one that filled whole, whose report is made already. */
int vel_desk_end(vel_desk_t *desk, uint32_t index, uint8_t kind, uint8_t reason);

/* For the host: an order has filled in part: the others of its link are to end. */
int vel_desk_end_link(vel_desk_t *desk, uint32_t index);

/* For the host: orders that end because another did, and those that end because of them. */
int vel_desk_end_pending(vel_desk_t *desk);

/* For the host: the taker has come to an order of its owner. VEL_OK, or an error; either may be over afterwards. */
int vel_desk_prevent_self_trade(vel_desk_t *desk, uint32_t taker, uint32_t maker);

/* For the host: out of the book, or of the triggers, alive. */
void vel_desk_withdraw(vel_desk_t *desk, uint32_t index);

/* Lots that an owner has bought less those sold; owner 0 has none. */
int64_t vel_desk_position(const vel_desk_t *desk, int32_t owner);
void vel_desk_move_position(vel_desk_t *desk, int32_t owner, int64_t lots);

/* Lots that a reduce-only order of this side may still fill. */
int64_t vel_desk_reducible(const vel_desk_t *desk, int32_t owner, uint8_t side);

/* When the next GTD order ends, VEL_NEVER when none waits for that; timers of ended orders count. */
static inline int64_t vel_desk_next_expiry(const vel_desk_t *desk)
{
    return desk->timers.count == 0 ? VEL_NEVER : desk->timers.items[0].ts;
}

static inline bool vel_desk_is_same(const vel_desk_t *desk, const vel_desk_ref_t *ref)
{
    return desk->orders[ref->index].sequence == ref->sequence && desk->orders[ref->index].state != VEL_DESK_FREE;
}

static inline uint8_t vel_opposite(uint8_t side)
{
    return side == VEL_BUY ? VEL_SELL : VEL_BUY;
}

/* The farthest price at which an order may trade, as a key of the other side. */
static inline int64_t vel_desk_limit_key(const vel_desk_order_t *order)
{
    return order->spec.type == VEL_LIMIT ? vel_side_key(vel_opposite(order->spec.side), order->spec.price)
                                         : VEL_NO_KEY - 1;
}

static inline bool vel_desk_is_self(const vel_desk_order_t *taker, const vel_desk_order_t *maker)
{
    return taker->spec.owner != 0 && taker->spec.owner == maker->spec.owner && taker->spec.stp != VEL_STP_NONE;
}

#endif
