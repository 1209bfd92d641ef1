/* order.h: what an order is: its terms, its states, and why it was refused or ended. The messages about orders are in
 * message.h. */
#ifndef VELORA_ORDER_H
#define VELORA_ORDER_H

#include <assert.h>

#include "velora/base.h"

VEL_C_BEGIN

enum { VEL_LIMIT = 0, VEL_MARKET = 1, VEL_MARKET_TO_LIMIT = 2 };
enum { VEL_GTC = 0, VEL_IOC = 1, VEL_FOK = 2, VEL_GTD = 3, VEL_DAY = 4 };

/* What an order waits for before it acts. */
enum {
    VEL_TRIGGER_NONE = 0,
    VEL_TRIGGER_STOP = 1,
    VEL_TRIGGER_TOUCHED = 2,
    VEL_TRIGGER_TRAIL_TICKS = 3,
    VEL_TRIGGER_TRAIL_BPS = 4
};

/* Which of the venue's prices a trigger looks at. Where the data has no trade, LAST looks at the price that the order
 * would trade against: a buy's at the ask, a sell's at the bid (contingency.h). */
enum { VEL_BY_LAST = 0, VEL_BY_MARK = 1, VEL_BY_BID = 2, VEL_BY_ASK = 3 };
#define VEL_PRICES 4 /* as many */

/* Who goes when a taker meets an order of its owner. */
enum { VEL_STP_NONE = 0, VEL_STP_TAKER = 1, VEL_STP_MAKER = 2, VEL_STP_BOTH = 3, VEL_STP_DECREMENT = 4 };

/* Flags of an order. */
enum {
    VEL_EXEC_POST_ONLY = 1,    /* refused rather than taking */
    VEL_EXEC_SLIDE = 2,        /* with POST_ONLY: moved one tick before the other side rather than refused */
    VEL_EXEC_REDUCE_ONLY = 4,  /* never fills beyond the strategy's position */
    VEL_EXEC_WHEN_FILLED = 8,  /* of a child: held until its parent has filled whole, or ends with a part filled */
    VEL_EXEC_OCO_CANCELS = 16, /* ends when another order of its OCO group fills in part */
    VEL_EXEC_OCO_REDUCES = 32, /* loses what another order of its OCO group fills; neither: see contingency.h */
    VEL_EXEC_ALL = 63
};

/* States of an order, as the local side knows them.
 *
 *              sent               acknowledged
 *   (made) --> PENDING --------------> OPEN ------------> FILLED, CANCELED, EXPIRED
 *     |           |  \                  |  ^
 *     |           |   `--> REJECTED     |  | evidence
 *     |           | time-out            v  |
 *     |           `-----------------> UNKNOWN ----------> FILLED, CANCELED, EXPIRED, REJECTED
 *     `--> DENIED
 *
 * DENIED is the gate's doing: the command was never sent. REJECTED is the venue's. An order is UNKNOWN from the
 * time-out of a command about it (new, amend or cancel) until a report of the venue says where it stands: only evidence
 * takes it out of that state. While it is UNKNOWN it may be working, filled or gone, so an algorithm waits, and
 * exposure counts it at its worst both ways. The last five states are final. */
typedef enum vel_order_state {
    VEL_ORDER_PENDING = 0,
    VEL_ORDER_OPEN = 1,
    VEL_ORDER_UNKNOWN = 2,
    VEL_ORDER_FILLED = 3,
    VEL_ORDER_CANCELED = 4,
    VEL_ORDER_REJECTED = 5, /* by the venue */
    VEL_ORDER_EXPIRED = 6,  /* ended by the venue: IOC remainder, FOK, self-trade prevention, no liquidity, its time */
    VEL_ORDER_DENIED = 7    /* by the gate: it was never sent */
} vel_order_state_t;

#define VEL_ORDER_STATES 8

static inline bool vel_order_is_final(uint8_t state)
{
    return state >= VEL_ORDER_FILLED;
}

/* The table of transitions: whether an order may go from one state to another. */
static inline bool vel_order_may(uint8_t from, uint8_t to)
{
    const unsigned ends = 1u << VEL_ORDER_FILLED | 1u << VEL_ORDER_CANCELED | 1u << VEL_ORDER_EXPIRED;
    const unsigned rejected = 1u << VEL_ORDER_REJECTED, denied = 1u << VEL_ORDER_DENIED;
    const unsigned next[VEL_ORDER_STATES] = {
        ends | rejected | denied | 1u << VEL_ORDER_OPEN | 1u << VEL_ORDER_UNKNOWN, /* PENDING */
        ends | 1u << VEL_ORDER_UNKNOWN,                                            /* OPEN */
        ends | rejected | 1u << VEL_ORDER_OPEN,                                    /* UNKNOWN */
        0,
        0,
        0,
        0,
        0, /* the final ones */
    };
    return from < VEL_ORDER_STATES && to < VEL_ORDER_STATES && (next[from] >> to & 1u) != 0;
}

/* Why a request was refused or an order ended. */
enum {
    VEL_REASON_NONE = 0,
    VEL_REASON_POST_ONLY = 1,     /* would have taken liquidity */
    VEL_REASON_FOK = 2,           /* could not be filled whole */
    VEL_REASON_IOC = 3,           /* remainder of an immediate order */
    VEL_REASON_NO_LIQUIDITY = 4,  /* a market order found nothing to trade with */
    VEL_REASON_SELF_TRADE = 5,    /* would have met an own order */
    VEL_REASON_HALTED = 6,        /* the instrument is not trading */
    VEL_REASON_FILTER = 7,        /* below the venue's smallest quantity or notional */
    VEL_REASON_UNKNOWN_ORDER = 8, /* no such live order: it filled or ended before the request arrived */
    VEL_REASON_AMEND = 9,         /* the new quantity is not above what is already filled: order ended */
    VEL_REASON_GATEWAY = 10,      /* the venue's gateway refused it: it never reached the matching */
    VEL_REASON_OVERLOADED = 11,   /* likewise, for too much load */
    VEL_REASON_TIMEOUT = 12,      /* no answer came in time, and the venue does not have the order */
    VEL_REASON_UNKNOWN_BOOK = 13, /* nothing was taken: the data does not say what there was to take */
    VEL_REASON_INVALID = 32,      /* a field is out of range, or fields do not go together */
    VEL_REASON_DUPLICATE = 33,    /* an order of this id is live */
    VEL_REASON_TRIGGERED = 34,    /* the trigger is reached already */
    VEL_REASON_REDUCE_ONLY = 35,  /* there is no position to reduce */
    VEL_REASON_OCO = 36,          /* another order of the OCO group filled, fired or ended */
    VEL_REASON_PARENT = 37,       /* the parent ended: a child has lost what did not fill of it, or there was none */
    VEL_REASON_EXPIRED = 38,      /* its time has come */
    VEL_REASON_ALL = 39,          /* cancel-all */
    VEL_REASON_NO_PRICE = 44,     /* the venue has never had the price that the trigger is to look at */
    VEL_REASON_KILLED = 48,       /* denied by the gate: it is closed */
    VEL_REASON_ORDER_QTY = 49     /* denied by the gate: the quantity is above the limit of one order */
};

/* The terms of an order: all that its owner decides, whichever struct carries them. */
typedef struct vel_order_terms {
    int64_t price;      /* ticks; of limit orders */
    int64_t qty;        /* lots, in total */
    int64_t display;    /* lots shown of an iceberg, 0 for all */
    int64_t trigger;    /* ticks; of trailing orders the distance, ticks or basis points */
    int64_t expiry;     /* ns, of GTD orders */
    int64_t oco_group;  /* 0 for none */
    int64_t parent;     /* order id, 0 for none */
    int64_t activation; /* ticks: where a trailing order begins to follow, 0 for at once */
    uint8_t side;
    uint8_t type;
    uint8_t tif;
    uint8_t trigger_kind;
    uint8_t trigger_by; /* VEL_BY_ */
    uint8_t stp;
    uint8_t flags;    /* VEL_EXEC_ */
    uint8_t reserved; /* 0 */
} vel_order_terms_t;

static_assert(sizeof(vel_order_terms_t) == 72, "the terms have no padding: they are hashed and stored as they are");

VEL_C_END

#endif
