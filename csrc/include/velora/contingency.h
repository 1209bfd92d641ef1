/* contingency.h: contingent orders at a venue: triggers, OCO groups, children (OTO), reduce-only, self-trades, expiry.
 *
 * Every venue, the matching engine and the venue over recorded rows, passes its orders through one vel_contingency_t.
 * It keeps which orders are alive, which wait for a trigger, a parent or a time, and which end together. Its host keeps
 * the book, matches, and reports.
 *
 *   strategies An account (the owner) may have several strategies. Positions, OCO groups and cancel-all belong to one
 *              strategy: no group holds orders of two strategies, and a reduce-only order looks at the position of its
 *              own strategy.
 *
 *   triggers   STOP fires when the price is at or beyond the trigger against the order (a buy's at or above), TOUCHED
 *              when it is at or beyond it for the order. TRAILING is a STOP whose trigger follows the best price since
 *              it was accepted, at a distance in ticks or basis points; with an activation price it begins to follow
 *              when that price is reached (a sell's at or above, a buy's at or below). Fired orders act after the
 *              command or row that fired them, nearest trigger first, then by time; their trades may fire more. An
 *              order whose trigger is already reached is refused.
 *
 *   prices     A trigger watches one price: the LAST trade, the MARK price, the best BID or the best ASK. Until the
 * data has a trade (`lacks_prints`) LAST watches the price that the order would trade against: the ask for a buy, the
 * bid for a sell. From the first trade on it watches trades, and a trailing order keeps its best price. A mark between
 * two ticks is rounded down on the way up and up on the way down. A trigger by a price that the venue has never had is
 * refused (NO_PRICE).
 *
 *   self-trade When a taker meets an order of its owner, the taker's rule decides which is cancelled: the taker, the
 *              resting order, both, or DECREMENT, which takes the smaller quantity off both. Owner 0 has no rule.
 * Orders of two strategies of one owner do not trade with each other; the taker is always the one cancelled, so that
 * the rule of one strategy never touches an order of another.
 *
 *   reduce     A reduce-only order never fills beyond its strategy's position at the venue. With no position left to
 *              reduce it ends.
 *
 *   OCO        Orders of one group end one another. On a partial fill the others that protect a position lose the
 * filled lots, and end when none are left; the rest of the group ends. An order protects if it is a child, if it is
 * reduce-only, or if it is on the side of the filled order while its strategy still has a position for that side to
 * close. VEL_EXEC_OCO_REDUCES makes an order protect, VEL_EXEC_OCO_CANCELS makes it end. An order that fires takes
 * over: the others end, or lose as many lots as it has left. When the venue ends an order (its time, a self-trade, no
 * liquidity), those that protect stay; when its strategy cancels it, all others end. A refused order leaves the group
 * alone.
 *
 *   children   An order with a parent is held, and released in proportion to the parent's fills (OTO): its lots times
 *              the filled part of the parent, rounded down to a lot; all of it when the parent has filled. Released
 * lots go to the back of the queue. With VEL_EXEC_WHEN_FILLED it waits until the parent has filled completely. When the
 * parent ends partly filled, the child's quantity is reduced to that part (AMENDED, reason PARENT), which is released;
 * with nothing filled, or less than one lot for the child, the child ends (PARENT). A child whose parent filled and
 * ended before it arrived is released at once. For that, orders that ended with a fill are remembered: of ids that are
 * equal modulo VEL_CONTINGENCY_ENDED_MAX the last one, so with ids given in turn at least the last 16,384. A bracket is
 * a parent with two children of one OCO group.
 *
 *   rules      VEL_CONTINGENCY_CHILDREN_WHOLE: children wait until the parent has filled completely, and end with it
 *              otherwise (Binance's OTO). VEL_CONTINGENCY_OCO_CANCEL: the others of a group always end (Binance's OCO).
 *
 *   expiry     GTD orders end when the clock reaches their time, before a command of that time acts; DAY orders end at
 *              vel_contingency_end_of_day.
 *
 * Orders live in a pool and keep their index for life; a host may keep arrays of its own beside it. */
#ifndef VELORA_CONTINGENCY_H
#define VELORA_CONTINGENCY_H

#include <assert.h>

#include "velora/book_l3.h"
#include "velora/map.h"
#include "velora/message.h"
#include "velora/vector.h"

VEL_C_BEGIN

#define VEL_CONTINGENCY_NONE UINT32_MAX
#define VEL_CONTINGENCY_ENDED_MAX 16384 /* half a megabyte: more of it is felt in the matching */

enum { VEL_CONTINGENCY_CHILDREN_WHOLE = 1, VEL_CONTINGENCY_OCO_CANCEL = 2 };

typedef struct vel_contingency_command {
    int64_t ts; /* ns, non-decreasing */
    int64_t order_id;
    vel_order_terms_t terms; /* amend: the price, the quantity (vel_amend_rule_t) and the trigger, 0 keeps it */
    int32_t owner;
    int32_t strategy; /* of the owner's: 0, 1 ... */
    uint8_t action;
    uint8_t reserved[7]; /* 0 */
} vel_contingency_command_t;

static_assert(sizeof(vel_contingency_command_t) == 104, "commands travel as arrays");

enum {
    VEL_CONTINGENCY_RESTING = 0,
    VEL_CONTINGENCY_WAITING = 1,
    VEL_CONTINGENCY_HELD = 2,
    VEL_CONTINGENCY_ACTIVE = 3,
    VEL_CONTINGENCY_FREE = 4
};

/* Why an order is not plain. The end of a plain order, its fills and its place concern itself alone. */
enum {
    VEL_TIE_OTHERS = 1, /* it has, or has had, a group, a parent, a child or a time: without it the fields of those mean
                           nothing, but for first_child and is_child */
    VEL_TIE_DISPLAY = 2,
    VEL_TIE_REDUCES = 4,
    VEL_TIE_TERMS = 8 /* it has or had terms that a plain order has not, such as a trigger, and its place in the pool
                         is not blank when it ends; none of the other three, it is plain once it rests */
};

/* All that is written of a plain order comes first, and next to its terms. */
typedef struct vel_contingency_order {
    vel_contingency_command_t spec; /* as accepted; price and qty as amended */
    int64_t leaves;                 /* lots at work: what may trade */
    uint8_t state;
    uint8_t ties; /* VEL_TIE_ */
    uint8_t is_child;
    uint8_t watches;   /* VEL_BY_ that it waits by */
    uint8_t has_begun; /* of a trailing order that waits: it has a trigger */
    uint32_t owner;    /* index in `owners` */
    uint32_t
        next_of_owner; /* neighbours in the owner's list, by acceptance, of owners but 0; links the free list too */
    uint32_t prev_of_owner;
    int64_t shown; /* lots in the host's book; of a trailing order that waits, its place in `trailing` */
    int64_t sequence;
    int64_t held;           /* lots of a child that wait for the parent */
    int64_t coming;         /* lots of a child that go to work at the next vel_contingency_settle */
    int64_t asked;          /* lots of a child for the whole parent */
    int64_t best;           /* of trailing orders: best price since it follows */
    uint32_t next_of_group; /* ring of the OCO group */
    uint32_t previous_of_group;
    uint32_t next_of_parent; /* the parent's children, by acceptance */
    uint32_t prev_of_parent;
    uint32_t first_child;
    uint32_t last_child;
} vel_contingency_order_t;

/* A strategy of an account. */
typedef struct vel_contingency_owner {
    int64_t position; /* lots bought less lots sold */
    vel_map_t groups; /* OCO group -> one of its orders */
    uint32_t first;
    uint32_t last;
    uint32_t next_of_account; /* from the account's strategy 0 on */
} vel_contingency_owner_t;

/* An order that ended with a fill. */
typedef struct vel_contingency_ended {
    int64_t order_id;
    int64_t qty;
    int64_t filled;
    int32_t account;
} vel_contingency_ended_t;

/* Six places of the index of ids. All six are looked at together, by a byte each: a search that ends in its first
 * bucket, as nearly all do, takes no branch that depends on how the ids lie. */
#define VEL_BUCKET_PLACES 6
#define VEL_BUCKET_PASSED 48 /* bits of `tags` before the count */
#define VEL_BUCKET_ONES UINT64_C(0x010101010101)
#define VEL_BUCKET_TOPS UINT64_C(0x808080808080)

typedef struct vel_contingency_bucket {
    uint64_t tags; /* a byte for each place, the first in the lowest: vel_contingency_tag of its id, 0 where free; above
                      them the number of live orders that found this bucket full and went on to the next ones. Once at
                      its largest value it is no longer lowered: searches then read more buckets, and find the same */
    uint32_t index[VEL_BUCKET_PLACES]; /* in the pool */
} vel_contingency_bucket_t;

static_assert(sizeof(vel_contingency_bucket_t) == 32, "no bucket lies in two cache lines");

/* Where an id stands in the index, or would; until the index grows. */
typedef struct vel_contingency_slot {
    vel_contingency_bucket_t *home;
    vel_contingency_bucket_t *bucket; /* where it stands */
    uint64_t tag;
    unsigned bit; /* of `tags`, where its tag begins */
} vel_contingency_slot_t;

typedef struct vel_contingency_timer {
    int64_t ts;
    int64_t sequence;
    uint32_t index;
} vel_contingency_timer_t;

VEL_VECTOR(vel_contingency_timers, vel_contingency_timer_t)

/* An order by its place in the pool; the sequence tells whether it is still the same one. */
typedef struct vel_contingency_ref {
    int64_t sequence;
    uint32_t index;
    uint8_t reason;
    int64_t lots; /* of `ending`: what it loses, 0 for all that it is */
} vel_contingency_ref_t;

VEL_VECTOR(vel_contingency_refs, vel_contingency_ref_t)

/* What a contingency asks of the venue that it belongs to. Each returns a status where it returns int. */
typedef struct vel_contingency_host {
    /* Tell the owner something about an order. A refused one has leaves 0. */
    int (*report)(void *host, uint8_t kind, const vel_contingency_command_t *spec, int64_t leaves, int64_t price,
                  int64_t qty, uint8_t reason);
    /* Take a resting order out of the book; its `shown` is still what was there. */
    void (*withdraw)(void *host, uint32_t index);
    /* An active order meets the book, and rests or ends with what is left. */
    int (*act)(void *host, uint32_t index);
    /* A resting order gets another price, or other lots left. It keeps its place if the price stays and the lots are no
     * more than before, else it goes to the back; nothing can be taken at the new price. Its spec still says the old.
     */
    int (*change)(void *host, uint32_t index, int64_t price, int64_t leaves);
    /* A resting order loses lots, without a trade of this contingency's making: `leaves` and `shown` go down with the
     * book. */
    int (*take_off)(void *host, uint32_t index, int64_t lots);
    /* Best price of a side that an order could meet, as a key; VEL_NO_KEY when there is none. */
    int64_t (*best_key)(void *host, uint8_t side);
    /* Best price of a side as triggers look at it; false when there is none now. */
    bool (*quote)(void *host, uint8_t side, int64_t *ticks);
    /* Whether a price (VEL_BY_) has ever been there. */
    bool (*has_price)(void *host, uint8_t by);
    /* The first order has begun to wait by a bid or ask, or the last has ceased to. */
    void (*watch)(void *host);
} vel_contingency_host_t;

/* What an amend of a resting order asks for. */
typedef enum vel_amend_rule {
    VEL_AMEND_IN_PLACE = 0, /* its quantity is the total, fills included; no more than before at the same price keeps
                               the place in the queue */
    VEL_AMEND_REINSERT = 1  /* its quantity is what shall be open, fills apart; the order leaves the book and comes in
                               again, so that the place is lost in every case */
} vel_amend_rule_t;

typedef struct vel_contingency {
    const vel_contingency_host_t *host;
    void *self;                          /* the host, handed to its functions */
    vel_book_l3_t *triggers[VEL_PRICES]; /* waiting orders by the price that they look at, NULL before the first: the
                                              SELL side fires when it rises to them, BUY when it falls; owned */
    vel_contingency_bucket_t *index;     /* pool indices by order id, owned */
    vel_map_t owners_index;              /* account and strategy -> index */
    vel_contingency_ended_t *ended;      /* [order id modulo VEL_CONTINGENCY_ENDED_MAX], NULL before the first; owned */
    vel_contingency_order_t *orders;     /* pool, owned */
    vel_contingency_owner_t *owners;
    vel_contingency_timers_t timers; /* heap by (ts, sequence), where those of ended orders are few or at most half */
    vel_contingency_refs_t
        trailing;          /* in the order in which they began to wait; VEL_CONTINGENCY_NONE where one has ceased to */
    int64_t trailing_free; /* of these, at most half */
    int64_t watched;       /* orders that wait by another price than the last trade; beside `due`, read each row */
    vel_contingency_refs_t due;    /* fired and released orders, to act in order */
    vel_contingency_refs_t ending; /* orders that end because another did */
    int64_t now;
    int64_t last;                /* price of the last trade */
    int64_t mark[2];             /* ticks: for those that fire on a fall, on a rise */
    int64_t waiting[VEL_PRICES]; /* orders that wait by each price */
    int64_t sequence;
    int64_t latest_owner_key; /* account and strategy of latest_owner */
    int64_t latest_id;        /* of the order that came in last */
    vel_contingency_slot_t latest_slot;
    uint32_t latest;        /* its place in the pool; VEL_CONTINGENCY_NONE once an order has ended since */
    int64_t timed;          /* live GTD orders, each with its own in `timers` */
    uint32_t live;          /* orders that have not ended */
    uint32_t index_buckets; /* a power of two; at most twice as many orders live */
    uint32_t index_shift;   /* 64 less the bits of a bucket's number */
    uint32_t orders_used;
    uint32_t orders_max;
    uint32_t orders_free;
    uint32_t latest_owner; /* the one looked up last, in `owners` */
    uint32_t owners_used;
    uint32_t owners_max;
    uint8_t has_last;
    uint8_t amend_rule; /* vel_amend_rule_t: IN_PLACE until the host sets another, before the first command */
    uint8_t has_mark;
    uint8_t lacks_prints;  /* set by the host: LAST looks at the other side until vel_contingency_on_print */
    uint8_t rules;         /* VEL_CONTINGENCY_ */
    uint8_t acts_on_amend; /* an amend acts as an arrival does, whatever best_key says */
} vel_contingency_t;

static inline uint64_t vel_contingency_hash(int64_t order_id)
{
    return (uint64_t)order_id * UINT64_C(0x9e3779b97f4a7c15);
}

/* The byte by which a bucket marks a place with an id of this hash: never 0, which marks a free place. */
static inline uint64_t vel_contingency_tag(uint64_t hash)
{
    return 0x80 | (hash >> 24 & 0x7f);
}

/* Search the index for another order than the latest: *slot is what it found. Returns the order's place in the pool,
 * VEL_CONTINGENCY_NONE when there is none. */
static inline uint32_t vel_contingency_search(const vel_contingency_t *contingency, int64_t order_id,
                                              vel_contingency_slot_t *slot)
{
    uint64_t hash = vel_contingency_hash(order_id), tag = vel_contingency_tag(hash), wanted = tag * VEL_BUCKET_ONES;
    uint64_t at = hash >> contingency->index_shift;
    slot->home = &contingency->index[at];
    slot->tag = tag;
    for (;; at = (at + 1) & (contingency->index_buckets - 1)) {
        vel_contingency_bucket_t *bucket = &contingency->index[at];
        uint64_t differs = bucket->tags ^ wanted, same = (differs - VEL_BUCKET_ONES) & ~differs & VEL_BUCKET_TOPS;
        for (; same != 0; same &= same - 1) {
            unsigned bit = (unsigned)vel_lowest_bit(same);
            uint32_t index = bucket->index[bit / 8];
            if (VEL_LIKELY(contingency->orders[index].spec.order_id == order_id)) {
                slot->bucket = bucket;
                slot->bit = bit - 7;
                return index;
            }
        }
        if (VEL_LIKELY(bucket->tags >> VEL_BUCKET_PASSED == 0)) {
            slot->bucket = bucket;
            slot->bit = 0;
            return VEL_CONTINGENCY_NONE;
        }
    }
}

/* The same for any order. The latest needs no search: the addresses of its records do not wait for the index. */
static inline uint32_t vel_contingency_locate(const vel_contingency_t *contingency, int64_t order_id,
                                              vel_contingency_slot_t *slot)
{
    if (order_id == contingency->latest_id && contingency->latest != VEL_CONTINGENCY_NONE) {
        *slot = contingency->latest_slot;
        return contingency->latest;
    }
    return vel_contingency_search(contingency, order_id, slot);
}

/* Place of a live order in the pool, VEL_CONTINGENCY_NONE when there is none. */
static inline uint32_t vel_contingency_find(const vel_contingency_t *contingency, int64_t order_id)
{
    vel_contingency_slot_t slot;
    return vel_contingency_locate(contingency, order_id, &slot);
}

/* Prepare a fresh struct. VEL_OK or VEL_ENOMEM (then vel_contingency_free is still allowed). */
int vel_contingency_init(vel_contingency_t *contingency, const vel_contingency_host_t *host, void *self);
void vel_contingency_free(vel_contingency_t *contingency);

/* Make room for this many live orders, VEL_L3_RESERVE_MAX at most. VEL_OK or VEL_ENOMEM. */
int vel_contingency_reserve(vel_contingency_t *contingency, uint32_t orders);

/* One command, with all that it sets off. Refusals are reports; VEL_EINVAL when ts goes back or the action is unknown,
 * VEL_ENOMEM, or what the host returned. */
int vel_contingency_on_command(vel_contingency_t *contingency, const vel_contingency_command_t *command);

/* The clock goes on to ts: GTD orders that are due end. VEL_OK, VEL_EINVAL (back in time), or what the host returned.
 */
int vel_contingency_advance(vel_contingency_t *contingency, int64_t ts);

/* DAY orders end. */
int vel_contingency_end_of_day(vel_contingency_t *contingency);

/* A trade at a price, wherever it came from: trailing orders follow, and what is reached fires. The fired orders are
 * due and act at vel_contingency_settle, which a command calls by itself. */
int vel_contingency_on_last(vel_contingency_t *contingency, int64_t price_ticks);
int vel_contingency_settle(vel_contingency_t *contingency);

/* The same for the other prices: those that fire on a fall look at `fall`, those that fire on a rise at `rise`. */
int vel_contingency_on_price(vel_contingency_t *contingency, uint8_t by, int64_t fall, int64_t rise);

/* The data has trades after all: orders by LAST look at them from now on. */
int vel_contingency_on_print(vel_contingency_t *contingency);

/* For the host: an order is over. `kind` is VEL_REPORT_FILL for one that filled whole, whose report is made already. */
int vel_contingency_end(vel_contingency_t *contingency, uint32_t index, uint8_t kind, uint8_t reason);

/* For the host: an order has filled lots, which have left its `leaves` and moved the position: the others of its group
 * are to lose them or to end, its children to go to work. */
int vel_contingency_filled(vel_contingency_t *contingency, uint32_t index, int64_t lots);

/* For the host: orders that end or lose lots because of another, and those that do because of them. */
int vel_contingency_end_pending(vel_contingency_t *contingency);

/* For the host: who goes when a taker comes to an order of its owner (VEL_STP_). */
static inline uint8_t vel_contingency_self_trade_rule(const vel_contingency_order_t *taker,
                                                      const vel_contingency_order_t *maker)
{
    return taker->spec.strategy == maker->spec.strategy ? taker->spec.terms.stp : (uint8_t)VEL_STP_TAKER;
}

/* For the host: the taker has come to an order of its owner. VEL_OK, or an error; either may be over afterwards. */
int vel_contingency_prevent_self_trade(vel_contingency_t *contingency, uint32_t taker, uint32_t maker);

/* For the host: out of the book, or of the triggers, alive. */
void vel_contingency_withdraw(vel_contingency_t *contingency, uint32_t index);

/* Lots that an owner has bought less those sold, over its strategies; owner 0 has none. */
int64_t vel_contingency_position(const vel_contingency_t *contingency, int32_t owner);

/* An order's owner and strategy have bought lots, or sold them where less than 0. */
void vel_contingency_move_position(vel_contingency_t *contingency, const vel_contingency_command_t *spec, int64_t lots);

/* Lots of its strategy's position that an order may still close. */
int64_t vel_contingency_reducible(const vel_contingency_t *contingency, const vel_contingency_order_t *order);

/* When the next GTD order ends, VEL_NEVER when none waits for that; timers of ended orders count. */
static inline int64_t vel_contingency_next_expiry(const vel_contingency_t *contingency)
{
    return contingency->timers.count == 0 ? VEL_NEVER : contingency->timers.items[0].ts;
}

static inline bool vel_contingency_is_same(const vel_contingency_t *contingency, const vel_contingency_ref_t *ref)
{
    return contingency->orders[ref->index].sequence == ref->sequence &&
           contingency->orders[ref->index].state != VEL_CONTINGENCY_FREE;
}

/* For the host: whether the order that it lets act is still to: it may be over, or have worked off all that it had. */
static inline bool vel_contingency_is_acting(const vel_contingency_t *contingency, const vel_contingency_ref_t *ref)
{
    return vel_contingency_is_same(contingency, ref) && contingency->orders[ref->index].state == VEL_CONTINGENCY_ACTIVE;
}

/* Lots that an order may still fill, those that wait for its parent too. */
static inline int64_t vel_contingency_left(const vel_contingency_order_t *order)
{
    return order->leaves + order->held + order->coming;
}

static inline uint8_t vel_opposite(uint8_t side)
{
    return side == VEL_BUY ? VEL_SELL : VEL_BUY;
}

/* The farthest price at which an order may trade, as a key of the other side. */
static inline int64_t vel_contingency_limit_key(const vel_contingency_order_t *order)
{
    return order->spec.terms.type == VEL_LIMIT
               ? vel_side_key(vel_opposite(order->spec.terms.side), order->spec.terms.price)
               : VEL_NO_KEY - 1;
}

static inline bool vel_contingency_is_self(const vel_contingency_order_t *taker, const vel_contingency_order_t *maker)
{
    return taker->spec.owner != 0 && taker->spec.owner == maker->spec.owner && taker->spec.terms.stp != VEL_STP_NONE;
}

VEL_C_END

#endif
