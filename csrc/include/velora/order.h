/* order.h: orders and the messages about them: commands (local side to venue) and reports (venue to local side).
 * The same structs travel in every mode; only what carries them differs. */
#ifndef VELORA_ORDER_H
#define VELORA_ORDER_H

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

typedef enum vel_order_state {
    VEL_ORDER_PENDING = 0, /* sent, not yet acknowledged */
    VEL_ORDER_OPEN = 1,
    VEL_ORDER_FILLED = 2,
    VEL_ORDER_CANCELED = 3,
    VEL_ORDER_REJECTED = 4,
    VEL_ORDER_EXPIRED = 5 /* the venue ended it: IOC remainder, FOK, self-trade prevention, no liquidity, its time */
} vel_order_state_t;

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
    VEL_REASON_TIMEOUT = 12,      /* the request was lost on its way */
    VEL_REASON_UNKNOWN_BOOK = 13, /* nothing was taken: the data does not say what there was to take */
    VEL_REASON_INVALID = 32,      /* a field is out of range, or fields do not go together */
    VEL_REASON_DUPLICATE = 33,    /* an order of this id is live */
    VEL_REASON_TRIGGERED = 34,    /* the trigger is reached already */
    VEL_REASON_REDUCE_ONLY = 35,  /* there is no position to reduce */
    VEL_REASON_OCO = 36,          /* another order of the OCO group filled, fired or ended */
    VEL_REASON_PARENT = 37,       /* the parent ended: a child has lost what did not fill of it, or there was none */
    VEL_REASON_EXPIRED = 38,      /* its time has come */
    VEL_REASON_ALL = 39,          /* cancel-all */
    VEL_REASON_NO_PRICE = 44      /* the venue has never had the price that the trigger is to look at */
};

/* What made a fill happen. */
enum {
    VEL_CAUSE_QUEUE = 0,   /* a trade at our price reached our place in the queue */
    VEL_CAUSE_THROUGH = 1, /* a trade printed beyond our price */
    VEL_CAUSE_CROSS = 2,   /* the other side of the book came to our price */
    VEL_CAUSE_TAKER = 3,   /* we took displayed liquidity */
    VEL_CAUSE_CANDLE = 4
};

/* What the data does not say and a fill rests on all the same; bits. */
enum {
    VEL_DOUBT_QUEUE = 1, /* what stood ahead: the level was out of view when the order joined it, or later */
    VEL_DOUBT_BOOK = 2,  /* what there was to take: the book was stale, or there was none */
    VEL_DOUBT_SIDE = 4,  /* who was aggressive in the trade */
    VEL_DOUBT_PRINT = 8  /* that there was a trade: it is inferred from a change of the book */
};

enum { VEL_ACTION_NEW = 0, VEL_ACTION_AMEND = 1, VEL_ACTION_CANCEL = 2, VEL_ACTION_CANCEL_ALL = 3 };

/* What a new order is, apart from whose and when. */
typedef struct vel_order_spec {
    int64_t price;      /* ticks; of limit orders */
    int64_t qty;        /* lots */
    int64_t display;    /* lots shown of an iceberg, 0 for all */
    int64_t trigger;    /* ticks; of trailing orders the distance, ticks or basis points */
    int64_t expiry;     /* ns, of GTD orders */
    int64_t oco_group;  /* OCO group, 0 for none */
    int64_t parent;     /* order id, 0 for none */
    int64_t activation; /* ticks: where a trailing order begins to follow, 0 for at once */
    int32_t instrument;
    uint8_t side;
    uint8_t type;
    uint8_t tif;
    uint8_t trigger_kind;
    uint8_t stp;
    uint8_t flags;      /* VEL_EXEC_ */
    uint8_t trigger_by; /* VEL_BY_ */
} vel_order_spec_t;

/* What a link does to a command on its way. */
enum {
    VEL_FATE_NONE = 0,       /* it acts at the venue */
    VEL_FATE_GATEWAY = 1,    /* refused before the matching: VEL_REASON_GATEWAY */
    VEL_FATE_OVERLOADED = 2, /* likewise: VEL_REASON_OVERLOADED */
    VEL_FATE_UNANSWERED = 3, /* it acts, but nothing is heard of its order before ts_answer */
    VEL_FATE_LOST = 4        /* it never arrives, or a recording says that it was refused */
};

typedef struct vel_command {
    int64_t ts_arrival; /* ns, when it acts at the venue; set by the link */
    int64_t ts_sent;    /* ns, local clock */
    int64_t ts_answer;  /* ns, local clock: end of the silence of VEL_FATE_UNANSWERED */
    int64_t order_id;
    int64_t price;   /* ticks; ignored for market orders and cancels */
    int64_t qty;     /* lots, total; amend: the new total */
    int64_t display; /* this and the next five as in the order's spec */
    int64_t trigger;
    int64_t expiry;
    int64_t oco_group;
    int64_t parent;
    int64_t activation;
    int32_t instrument;
    uint8_t action;
    uint8_t side;
    uint8_t type;
    uint8_t tif;
    uint8_t trigger_kind;
    uint8_t stp;
    uint8_t flags;
    uint8_t fate;     /* VEL_FATE_; set by the link */
    uint32_t batch;   /* commands of one number travel as one message; 0: on its own */
    int32_t strategy; /* whose order it is, of those that share the account: 0, 1 ... */
    uint8_t trigger_by;
} vel_command_t;

enum {
    VEL_REPORT_ACK = 0,
    VEL_REPORT_FILL = 1,
    VEL_REPORT_CANCELED = 2,
    VEL_REPORT_REJECTED = 3,
    VEL_REPORT_EXPIRED = 4,
    VEL_REPORT_AMENDED = 5,
    VEL_REPORT_CANCEL_REJECTED = 6,
    VEL_REPORT_AMEND_REJECTED = 7,
    VEL_REPORT_FIRED = 8,    /* a trigger was reached; price: the trigger */
    VEL_REPORT_RELEASED = 9, /* an order held for its parent goes to work, or more of it: qty is what works now */
    VEL_REPORT_FUNDING = 10  /* fee: what a strategy pays for its position, negative when it is paid; qty: lots */
};

typedef struct vel_report {
    int64_t ts_arrival; /* ns, local clock; set by the link */
    int64_t ts_venue;   /* ns, venue clock */
    int64_t order_id;
    int64_t price;     /* ticks: of the fill, or the order's after an amend */
    int64_t qty;       /* lots: of the fill, or the order's total after an amend */
    int64_t fee;       /* money units, positive is paid */
    int64_t datum_ts;  /* ns, ts_event of the feed row that caused a fill */
    int64_t datum_row; /* its number in venue order; -1 for a taker fill before any row */
    int64_t mid_x2;    /* best bid + best ask in ticks at the venue, 0 when a side is empty */
    int32_t instrument;
    uint8_t kind;
    uint8_t side;
    uint8_t cause;
    uint8_t maker;
    uint8_t reason;
    uint8_t doubts;   /* of a fill: VEL_DOUBT_ */
    int32_t strategy; /* of FUNDING: whose share of the account it is; else 0 */
} vel_report_t;

VEL_C_END

#endif
