/* desk.h: what becomes of orders apart from liquidity.
 *
 * A venue of any kind puts its orders across a desk: the desk keeps who is alive, what waits for a trigger, a parent or
 * its time, and which orders end with which. Its host, a matching engine or a venue over recorded flow, keeps what
 * rests in a book and does the trading.
 *
 *   strategies An account (the owner) may have several strategies. Positions, links and cancel-all are a strategy's
 *              own: orders of two strategies are never of one link, and a reduce-only order looks at the position of
 *              its own strategy.
 *
 *   triggers   STOP fires when the price is at or beyond the trigger against the order (a buy's at or above), TOUCHED
 *              when it is at or beyond it for the order. TRAILING is a STOP whose trigger follows the best price since
 *              it was accepted at a distance in ticks or basis points; with an activation price it begins to follow
 *              when the price has come there (a sell's at or above, a buy's at or below). Fired orders act after the
 *              command or row that fired them, nearest trigger first, then by time; what they trade may fire more. An
 *              order whose trigger is reached already is refused.
 *
 *   prices     A trigger looks at one price: the LAST trade, the MARK price, the best BID or the best ASK. Where the
 *              data has had no trade (`lacks_prints`) LAST looks at the price that the order would trade against, a
 *              buy's at the ask and a sell's at the bid; from the first trade on it looks at trades, and a trailing
 *              order keeps its best price. A mark between two ticks counts as the tick that it has reached: the lower
 *              one on the way up, the upper one on the way down. A trigger by a price that the venue has never had is
 *              refused (NO_PRICE).
 *
 *   self-trade The taker's rule says who goes when it comes to an order of its owner: the taker, the resting order,
 *              both, or the smaller one, taken off the other (DECREMENT). Owner 0 has no such rule. Orders of two
 *              strategies of one owner do not trade with one another either; there the taker goes whatever its rule, so
 *              that no strategy's rule touches an order of another.
 *
 *   reduce     A reduce-only order never fills beyond its strategy's position here; with nothing left to reduce it
 *              ends.
 *
 *   links      Orders with one link end one another (OCO). When one fills in part, those of the others that protect
 *              lose the lots that filled and end when they have none left; the rest of the others end. An order
 *              protects that is a child, that is reduce-only, or that is on the side of the one that filled while its
 *              strategy still has a position for that side to close. VEL_EXEC_LINK_REDUCES makes an order one that
 *              protects, VEL_EXEC_LINK_CANCELS one that does not. An order that fires takes over: the others end, or
 *              lose as many lots as it has left. When one ends by the venue (its time, a self-trade, nothing to take),
 *              those that protect stay; when its strategy cancels it, all others end. A refused one leaves them alone.
 *
 *   children   An order with a parent is held and goes to work in proportion to what has filled of the parent (OTO):
 *              its lots times the filled part of the parent, rounded down to a lot, whole when the parent is whole.
 * What goes to work later goes to the back of the queue. With VEL_EXEC_WHEN_FILLED it waits until the parent has filled
 * whole. When the parent ends with a part filled, the child stands for that part: its quantity goes down to it
 * (AMENDED, reason PARENT) and that goes to work; with nothing filled, or less than a lot for the child, the child ends
 * (PARENT). A child whose parent has filled and ended before it came goes to work at once. For that the desk remembers
 * orders that ended with a fill: of those whose ids are equal modulo VEL_DESK_ENDED_MAX the last one, which with ids
 * given in turn are all of the last 16,384 orders at least. A bracket is a parent with two children of one link.
 *
 *   rules      VEL_DESK_CHILDREN_WHOLE: all children wait until the parent has filled whole, and end with it otherwise
 *              (Binance's OTO). VEL_DESK_LINKS_CANCEL: the others of a link end whatever they protect (Binance's OCO).
 *
 *   expiry     GTD orders end when the clock reaches their time, before the command of that time acts; DAY orders end
 *              at vel_desk_end_of_day.
 *
 * Orders live in a pool and keep their index for life; a host may hold arrays of its own beside it. */
#ifndef VELORA_DESK_H
#define VELORA_DESK_H

#include <assert.h>

#include "velora/book_l3.h"
#include "velora/map.h"
#include "velora/order.h"
#include "velora/vector.h"

VEL_C_BEGIN

#define VEL_DESK_NONE UINT32_MAX
#define VEL_DESK_ENDED_MAX 16384 /* half a megabyte: more of it is felt in the matching */

enum { VEL_DESK_CHILDREN_WHOLE = 1, VEL_DESK_LINKS_CANCEL = 2 };

typedef struct vel_desk_command {
    int64_t ts; /* ns, non-decreasing */
    int64_t order_id;
    int64_t price;   /* ticks; of limit orders */
    int64_t qty;     /* lots; amend: the new total, or what shall be open: vel_amend_rule_t */
    int64_t display; /* lots shown of an iceberg, 0 for all */
    int64_t trigger; /* ticks; of trailing orders the distance, ticks or basis points; amend: the new one, 0 keeps it */
    int64_t expiry;  /* ns, of GTD orders */
    int64_t link;    /* OCO group, 0 for none */
    int64_t parent;  /* order id, 0 for none */
    int64_t activation; /* ticks: where a trailing order begins to follow, 0 for at once */
    int32_t owner;
    uint8_t action;
    uint8_t side;
    uint8_t type;
    uint8_t tif;
    uint8_t trigger_kind;
    uint8_t stp;
    uint8_t flags;
    uint8_t trigger_by; /* VEL_BY_ */
    int32_t strategy;   /* of the owner's: 0, 1 ... */
} vel_desk_command_t;

static_assert(sizeof(vel_desk_command_t) == 96, "commands travel as arrays");

enum { VEL_DESK_RESTING = 0, VEL_DESK_WAITING = 1, VEL_DESK_HELD = 2, VEL_DESK_ACTIVE = 3, VEL_DESK_FREE = 4 };

typedef struct vel_desk_order {
    vel_desk_command_t spec; /* as accepted; price and qty as amended */
    int64_t leaves;          /* lots at work: what may trade */
    int64_t held;            /* lots of a child that wait for the parent */
    int64_t coming;          /* lots of a child that go to work at the next vel_desk_settle */
    int64_t asked;           /* lots of a child for the whole parent */
    int64_t shown;           /* lots in the host's book; of a trailing order that waits, its place in `trailing` */
    int64_t best;            /* of trailing orders: best price since it follows */
    int64_t sequence;
    uint32_t owner;         /* index in `owners` */
    uint32_t next_of_owner; /* neighbours in the owner's list, by acceptance; links the free list too */
    uint32_t prev_of_owner;
    uint32_t next_of_link; /* ring of the link's orders */
    uint32_t prev_of_link;
    uint32_t next_of_parent; /* the parent's children, by acceptance */
    uint32_t prev_of_parent;
    uint32_t first_child;
    uint32_t last_child;
    uint8_t state;
    uint8_t is_child;
    uint8_t watches;   /* VEL_BY_ that it waits by */
    uint8_t has_begun; /* of a trailing order that waits: it has a trigger */
} vel_desk_order_t;

/* A strategy of an account. */
typedef struct vel_desk_owner {
    int64_t position; /* lots bought less lots sold */
    vel_map_t links;  /* link -> one of its orders */
    uint32_t first;
    uint32_t last;
    uint32_t next_of_account; /* from the account's strategy 0 on */
} vel_desk_owner_t;

/* An order that ended with a fill. */
typedef struct vel_desk_ended {
    int64_t order_id;
    int64_t qty;
    int64_t filled;
    int32_t account;
} vel_desk_ended_t;

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
    int64_t lots; /* of `ending`: what it loses, 0 for all that it is */
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
    /* Best price of a side as triggers look at it; false when there is none now. */
    bool (*quote)(void *host, uint8_t side, int64_t *ticks);
    /* Whether a price (VEL_BY_) has ever been there. */
    bool (*has_price)(void *host, uint8_t by);
    /* The first order has begun to wait by a bid or ask, or the last has ceased to. */
    void (*watch)(void *host);
} vel_desk_host_t;

/* What an amend of a resting order asks for. */
typedef enum vel_amend_rule {
    VEL_AMEND_IN_PLACE = 0, /* its quantity is the total, fills included; no more than before at the same price keeps
                               the place in the queue */
    VEL_AMEND_REINSERT = 1  /* its quantity is what shall be open, fills apart; the order leaves the book and comes in
                               again, so that the place is lost in every case */
} vel_amend_rule_t;

typedef struct vel_desk {
    const vel_desk_host_t *host;
    void *self;                          /* the host, handed to its functions */
    vel_book_l3_t *triggers[VEL_PRICES]; /* waiting orders by the price that they look at, NULL before the first: the
                                              SELL side fires when it rises to them, BUY when it falls; owned */
    vel_map_t index;                     /* order id -> pool index */
    vel_map_t owners_index;              /* account and strategy -> index */
    vel_desk_ended_t *ended;             /* [order id modulo VEL_DESK_ENDED_MAX], NULL before the first; owned */
    vel_desk_order_t *orders;
    vel_desk_owner_t *owners;
    vel_desk_timers_t timers; /* heap by (ts, sequence), where those of ended orders are few or at most half */
    vel_desk_refs_t trailing; /* in the order in which they began to wait; VEL_DESK_NONE where one has ceased to */
    int64_t trailing_free;    /* of these, at most half */
    int64_t watched;          /* orders that wait by another price than the last trade; beside `due`, read each row */
    vel_desk_refs_t due;      /* fired and released orders, to act in order */
    vel_desk_refs_t ending;   /* orders that end because another did */
    int64_t now;
    int64_t last;                /* price of the last trade */
    int64_t mark[2];             /* ticks: for those that fire on a fall, on a rise */
    int64_t waiting[VEL_PRICES]; /* orders that wait by each price */
    int64_t sequence;
    int64_t timed; /* live GTD orders, each with its own in `timers` */
    uint32_t orders_used;
    uint32_t orders_max;
    uint32_t orders_free;
    uint32_t owners_used;
    uint32_t owners_max;
    uint8_t has_last;
    uint8_t amend_rule; /* vel_amend_rule_t: IN_PLACE until the host sets another, before the first command */
    uint8_t has_mark;
    uint8_t lacks_prints;  /* set by the host: LAST looks at the other side until vel_desk_on_print */
    uint8_t rules;         /* VEL_DESK_ */
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

/* The same for the other prices: those that fire on a fall look at `fall`, those that fire on a rise at `rise`. */
int vel_desk_on_price(vel_desk_t *desk, uint8_t by, int64_t fall, int64_t rise);

/* The data has trades after all: orders by LAST look at them from now on. */
int vel_desk_on_print(vel_desk_t *desk);

/* For the host: an order is over. `kind` is VEL_REPORT_FILL for one that filled whole, whose report is made already. */
int vel_desk_end(vel_desk_t *desk, uint32_t index, uint8_t kind, uint8_t reason);

/* For the host: an order has filled lots, which have left its `leaves` and moved the position: the others of its link
 * are to lose them or to end, its children to go to work. */
int vel_desk_filled(vel_desk_t *desk, uint32_t index, int64_t lots);

/* For the host: orders that end or lose lots because of another, and those that do because of them. */
int vel_desk_end_pending(vel_desk_t *desk);

/* For the host: who goes when a taker comes to an order of its owner (VEL_STP_). */
static inline uint8_t vel_desk_self_trade_rule(const vel_desk_order_t *taker, const vel_desk_order_t *maker)
{
    return taker->spec.strategy == maker->spec.strategy ? taker->spec.stp : (uint8_t)VEL_STP_TAKER;
}

/* For the host: the taker has come to an order of its owner. VEL_OK, or an error; either may be over afterwards. */
int vel_desk_prevent_self_trade(vel_desk_t *desk, uint32_t taker, uint32_t maker);

/* For the host: out of the book, or of the triggers, alive. */
void vel_desk_withdraw(vel_desk_t *desk, uint32_t index);

/* Lots that an owner has bought less those sold, over its strategies; owner 0 has none. */
int64_t vel_desk_position(const vel_desk_t *desk, int32_t owner);

/* An order's owner and strategy have bought lots, or sold them where less than 0. */
void vel_desk_move_position(vel_desk_t *desk, const vel_desk_command_t *spec, int64_t lots);

/* Lots of its strategy's position that an order may still close. */
int64_t vel_desk_reducible(const vel_desk_t *desk, const vel_desk_order_t *order);

/* When the next GTD order ends, VEL_NEVER when none waits for that; timers of ended orders count. */
static inline int64_t vel_desk_next_expiry(const vel_desk_t *desk)
{
    return desk->timers.count == 0 ? VEL_NEVER : desk->timers.items[0].ts;
}

static inline bool vel_desk_is_same(const vel_desk_t *desk, const vel_desk_ref_t *ref)
{
    return desk->orders[ref->index].sequence == ref->sequence && desk->orders[ref->index].state != VEL_DESK_FREE;
}

/* For the host: whether the order that it lets act is still to: it may be over, or have worked off all that it had. */
static inline bool vel_desk_is_acting(const vel_desk_t *desk, const vel_desk_ref_t *ref)
{
    return vel_desk_is_same(desk, ref) && desk->orders[ref->index].state == VEL_DESK_ACTIVE;
}

/* Lots that an order may still fill, those that wait for its parent too. */
static inline int64_t vel_desk_left(const vel_desk_order_t *order)
{
    return order->leaves + order->held + order->coming;
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

VEL_C_END

#endif
