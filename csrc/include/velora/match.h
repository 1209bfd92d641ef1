/* match.h: a matching engine with price-time priority: one instrument of an exchange with many participants.
 *
 * Commands go in, reports come out, in the order in which things happen. Rules:
 *
 *   priority   Best price first, then time. A smaller quantity at the same price keeps the place; another price or more
 *              quantity goes to the back. An iceberg's next part goes to the back.
 *   triggers   STOP fires when the last trade is at or beyond the trigger against the order (a buy's at or above),
 *              TOUCHED when it is at or beyond it for the order. TRAILING is a STOP whose trigger follows the best
 *              price since it was accepted at a distance in ticks or basis points. Fired orders act after the command
 *              that fired them, nearest trigger first, then by time; what they trade may fire more. An order whose
 *              trigger is reached already is refused.
 *   self-trade Orders of one owner never trade. The taker's rule says who goes: the taker, the resting order, both, or
 *              the smaller one, taken off the other (DECREMENT). Owner 0 has no such rule.
 *   reduce     A reduce-only order never fills beyond the owner's position in this engine; with nothing left to reduce
 *              it ends.
 *   links      Orders with one link cancel one another: when one fills, in part or whole, is fired or ends, the others
 *              end (OCO). An order with a parent is held until the parent has filled whole, and ends with it otherwise
 *              (OTO); a bracket is a parent with two children of one link.
 *   expiry     GTD orders end when the clock reaches their time, before the command of that time acts; DAY orders end
 *              at vel_match_end_of_day. */
#ifndef VELORA_MATCH_H
#define VELORA_MATCH_H

#include "velora/book_l3.h"
#include "velora/map.h"
#include "velora/order.h"
#include "velora/vector.h"

enum { VEL_MATCH_LIMIT = 0, VEL_MATCH_MARKET = 1, VEL_MATCH_MARKET_TO_LIMIT = 2 };
enum { VEL_MATCH_GTC = 0, VEL_MATCH_IOC = 1, VEL_MATCH_FOK = 2, VEL_MATCH_GTD = 3, VEL_MATCH_DAY = 4 };
enum {
    VEL_TRIGGER_NONE = 0,
    VEL_TRIGGER_STOP = 1,
    VEL_TRIGGER_TOUCHED = 2,
    VEL_TRIGGER_TRAIL_TICKS = 3,
    VEL_TRIGGER_TRAIL_BPS = 4
};
enum { VEL_STP_NONE = 0, VEL_STP_TAKER = 1, VEL_STP_MAKER = 2, VEL_STP_BOTH = 3, VEL_STP_DECREMENT = 4 };
enum { VEL_MATCH_POST_ONLY = 1, VEL_MATCH_SLIDE = 2, VEL_MATCH_REDUCE_ONLY = 4 };
enum { VEL_MATCH_NEW = 0, VEL_MATCH_AMEND = 1, VEL_MATCH_CANCEL = 2, VEL_MATCH_CANCEL_ALL = 3 };

/* Reasons beyond those of order.h. */
enum {
    VEL_MATCH_REASON_INVALID = 32,     /* a field is out of range, or fields do not go together */
    VEL_MATCH_REASON_DUPLICATE = 33,   /* an order of this id is live */
    VEL_MATCH_REASON_TRIGGERED = 34,   /* the trigger is reached already */
    VEL_MATCH_REASON_REDUCE_ONLY = 35, /* there is no position to reduce */
    VEL_MATCH_REASON_LINKED = 36,      /* another order of the link filled, fired or ended */
    VEL_MATCH_REASON_PARENT = 37,      /* the parent ended, or is not live */
    VEL_MATCH_REASON_EXPIRED = 38,     /* its time has come */
    VEL_MATCH_REASON_ALL = 39          /* cancel-all */
};

enum {
    VEL_MATCH_ACK = 0,
    VEL_MATCH_FILL = 1, /* one a side: the taker's, then the maker's */
    VEL_MATCH_CANCELED = 2,
    VEL_MATCH_REJECTED = 3,
    VEL_MATCH_EXPIRED = 4,
    VEL_MATCH_AMENDED = 5,
    VEL_MATCH_CANCEL_REJECTED = 6,
    VEL_MATCH_AMEND_REJECTED = 7,
    VEL_MATCH_FIRED = 8,   /* a trigger; price: the trigger */
    VEL_MATCH_RELEASED = 9 /* a held child goes to the book */
};

typedef struct vel_match_command {
    int64_t ts; /* ns, non-decreasing */
    int64_t order_id;
    int64_t price;   /* ticks; of limit orders */
    int64_t qty;     /* lots; amend: the new total */
    int64_t display; /* lots shown of an iceberg, 0 for all */
    int64_t trigger; /* ticks; of trailing orders the distance, ticks or basis points */
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
} vel_match_command_t;

typedef struct vel_match_report {
    int64_t ts;
    int64_t order_id;
    int64_t other_id; /* of the other side of a fill */
    int64_t trade;    /* number of the trade, from 1 */
    int64_t price;
    int64_t qty;    /* lots: filled, or the order's total */
    int64_t leaves; /* lots left after this */
    int32_t owner;
    uint8_t kind;
    uint8_t side;
    uint8_t maker;
    uint8_t reason;
} vel_match_report_t;

VEL_VECTOR(vel_match_reports, vel_match_report_t)

enum { VEL_MATCH_RESTING = 0, VEL_MATCH_WAITING = 1, VEL_MATCH_HELD = 2, VEL_MATCH_ACTIVE = 3, VEL_MATCH_FREE = 4 };

typedef struct vel_match_order {
    vel_match_command_t spec; /* as accepted; price and qty as amended */
    int64_t leaves;
    int64_t shown; /* lots in the book */
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
} vel_match_order_t;

typedef struct vel_match_owner {
    int64_t position; /* lots bought less lots sold */
    uint32_t first;
    uint32_t last;
} vel_match_owner_t;

typedef struct vel_match_timer {
    int64_t ts;
    int64_t sequence;
    uint32_t index;
} vel_match_timer_t;

VEL_VECTOR(vel_match_timers, vel_match_timer_t)

/* An order by its place in the pool; the sequence tells whether it is still the same one. */
typedef struct vel_match_ref {
    int64_t sequence;
    uint32_t index;
    uint8_t reason;
} vel_match_ref_t;

VEL_VECTOR(vel_match_indices, vel_match_ref_t)

typedef struct vel_match {
    vel_book_l3_t book;
    vel_book_l3_t triggers; /* waiting orders: SELL side fires when the last price rises to it, BUY when it falls */
    vel_map_t index;        /* order id -> pool index */
    vel_map_t owners_index; /* owner -> index */
    vel_map_t links;        /* link -> one of its orders */
    vel_match_order_t *orders;
    vel_match_owner_t *owners;
    vel_match_reports_t reports; /* the caller takes them and sets count to 0 */
    vel_match_timers_t timers;   /* heap by (ts, sequence) */
    vel_match_indices_t trailing;
    vel_match_indices_t due;    /* fired and released orders, to act in order */
    vel_match_indices_t ending; /* orders that end because another did */
    int64_t now;
    int64_t last; /* price of the last trade */
    int64_t trades;
    int64_t sequence;
    uint32_t orders_used;
    uint32_t orders_max;
    uint32_t orders_free;
    uint32_t owners_used;
    uint32_t owners_max;
    uint8_t has_last;
} vel_match_t;

/* Prepare a fresh struct. VEL_OK or VEL_ENOMEM (then vel_match_free is still allowed). */
int vel_match_init(vel_match_t *engine);
void vel_match_free(vel_match_t *engine);

/* One command. Refusals are reports; VEL_EINVAL when ts goes back or the action is unknown, VEL_ENOMEM. */
int vel_match_on_command(vel_match_t *engine, const vel_match_command_t *command);

/* Commands one after the other. On an error *failed is the number of the command. */
int vel_match_apply(vel_match_t *engine, const vel_match_command_t *commands, int64_t count, int64_t *failed);

/* The clock goes on to ts: GTD orders that are due end. VEL_OK, VEL_EINVAL (back in time) or VEL_ENOMEM. */
int vel_match_advance(vel_match_t *engine, int64_t ts);

/* DAY orders end. */
int vel_match_end_of_day(vel_match_t *engine);

/* Lots that an owner has bought less those sold. */
int64_t vel_match_position(const vel_match_t *engine, int32_t owner);

/* Live orders: resting, waiting and held. */
int64_t vel_match_count(const vel_match_t *engine);

/* Live order of an id, or NULL. */
const vel_match_order_t *vel_match_order(const vel_match_t *engine, int64_t order_id);

/* Hash of the book, waiting and held orders, positions and counters. */
uint64_t vel_match_state_hash(const vel_match_t *engine);

#endif
