/* venue.h: the simulated venue over recorded flow.
 *
 * It keeps the recorded book of each instrument at venue time and, apart from it, the own orders. Recorded rows never
 * change because of own orders; what own orders change is kept beside them:
 *
 *   queue    An own order joins behind the level's displayed quantity and behind own orders before it. A trade at its
 *            price takes from the front: recorded lots ahead, then own orders and recorded lots between them, in order.
 *            Its volume is spent once.
 *
 *   by order Where the feed is by order, the place is exact: the recorded orders that stood there when we joined, as
 *            they leave one by one. Executions of recorded orders are the trades; what own orders took of one stays
 *            ahead of those behind. An execution behind us while recorded orders ahead of us stand is not in time
 *            priority and fills nothing, unless those are executed in the same instant.
 *
 *   through  A trade beyond an own price fills own orders from the best price on, for at most its volume; what is left
 *            goes to the queue at the print's own price.
 *
 *   cross    When the other side shows quantity at or beyond an own price, own orders take it, for at most what is
 *            shown. By order, an arriving order that also crosses recorded ones is an aggressor: its executions follow,
 *            and what is left of it crosses when those are gone.
 *
 *   taken    What own orders took from a level (as takers or by a cross) is gone until the feed shows more: a level
 *            that grows offers only its growth, one that shrinks offers no more than before.
 *
 *   printed  Until the next depth row, takers find no liquidity at levels better than the last print, and at the
 *            print's level only the lots that it did not trade.
 *
 *   netting  A depth row and a trade of one instant that tell the same reduction are counted once, whichever comes
 *            first in the feed. Where the times of the trades are estimates, rows within a second of one another count
 *            as of one instant, and the optimistic bound does not wait for the trade that a change of the book may be.
 *
 *   hidden   A trade against hidden volume moves no queue. Displayed orders come first, so it fills own orders at
 * better prices than its own, and at its price those with no displayed lots ahead.
 *
 *   snapshot Own orders keep their places through a snapshot; its totals bound them, and what left a level is a cancel.
 *
 *   unknown  A price whose level is unknown (book_l2.h) has an unknown queue. An order that joins it is behind all lots
 *            that the level shows later; under the optimistic bound it is in front. A queue position is kept while its
 *            level is out of view. A gap makes every queue position unknown in the same way.
 *
 *   crossed  While the recorded book is crossed, what it shows across an own price has recorded orders to meet first:
 *            own orders wait for what is left.
 *
 *   quotes   Beside a feed by level, the venue's own quotes say what is there at the top: levels better than the newest
 *            quote hold nothing, its own price at most what it says less what own orders took of it. A quote more than
 *            a second older than a book with better prices is ignored.
 *
 *   stale    Nothing is taken from a book that is stale or was never seen, except what a newer quote vouches for, or
 *            where `takes_unknown` says so.
 *
 *   silent   Where the data has no trades at all, or after a gap, the optimistic bound takes what leaves a level for a
 *            trade. If the feed does not give the side of a trade, the book does; within the spread it is unknown. Then
 *            it fills no order, and under the optimistic bound orders of either side. Where trades are all that is
 * known, a trade goes through own orders of both sides, and the optimistic bound takes the other side to stand anywhere
 * near the last trades (VEL_PRINTS_RECENT).
 *
 *   funding  Each strategy of the account pays or receives for what it holds at the instant of the row.
 *
 *   impact   With a model of it (impact.h) what own executions have moved acts against us: takers pay it beyond the
 *            recorded price, within their limit, and prints and levels reach resting orders that much less.
 *
 * Triggers, links, parents, reduce-only and expiry are the contingency's (contingency.h); trades of the recording and
 * our own takers' are its last trades. Its bid and ask are the recorded book's best prices, whatever own orders rest or
 * took; while the instrument is halted, the book stale or a snapshot under way, orders that wait by a bid, an ask or a
 * mark see nothing. The smallest notional holds for every order: a market order is worth what it would pay at the best
 * price that is left, a stop what it would pay at its trigger; with nothing to meet it passes. A taker comes to the
 * recorded lots before an own order first, then to that order. An iceberg's next part goes to the back. DAY orders end
 * at midnight UTC of the venue's clock. Fills, acknowledgements and refusals leave as reports in the order in which
 * they happened. */
#ifndef VELORA_VENUE_H
#define VELORA_VENUE_H

#include "velora/book_l3.h"
#include "velora/contingency.h"
#include "velora/evidence.h"
#include "velora/impact.h"
#include "velora/message.h"
#include "velora/money.h"
#include "velora/own_orders.h"
#include "velora/ring.h"

VEL_C_BEGIN

VEL_RING(vel_message_ring, vel_message_t)

/* What moved an own order's place in its queue. */
enum { VEL_QUEUE_JOINED = 0, VEL_QUEUE_DEPTH = 1, VEL_QUEUE_TRADE = 2, VEL_QUEUE_THROUGH = 3 };

typedef struct vel_queue_record {
    int64_t ts; /* ns, venue clock */
    int64_t order_id;
    int64_t datum_row; /* number of the feed row in venue order; -1 before any */
    double ahead;      /* lots ahead after it, VEL_QUEUE_UNKNOWN when it is unknown */
    int64_t before;    /* lots of the level before and after a depth row; both what it showed when joined */
    int64_t after;
    int64_t volume; /* lots of a trade */
    int32_t instrument;
    uint8_t kind;
} vel_queue_record_t;

VEL_VECTOR(vel_queue_records, vel_queue_record_t)

/* What traded on one side of the recorded book since the instrument's last depth row. */
typedef struct vel_printed {
    int64_t row;  /* number of the last trade that took from this side */
    int64_t key;  /* worst price that traded since the last depth row */
    int64_t lots; /* traded there since */
} vel_printed_t;

/* Which levels of a recorded side matter to own orders: those at their keys or taken from, lo <= key <= hi, and those
 * at which own orders of the other side would trade, key <= reach. */
typedef struct vel_watch {
    int64_t lo; /* lo > hi: none */
    int64_t hi;
    int64_t reach; /* INT64_MIN: none */
} vel_watch_t;

/* Keys of a recorded side between which own orders took all that the book shows, both included: takers need not look at
 * each of its levels again. */
typedef struct vel_spent {
    int64_t lo; /* lo > hi: none; meaningful while `taken` is not empty */
    int64_t hi;
} vel_spent_t;

/* Executions of one instant behind own orders, while recorded ones stood ahead of those: venues do not tell the fills
 * of one aggressor in priority, so that the turn may still come within the instant. */
#define VEL_MISSED_MAX 16

typedef struct vel_missed {
    int64_t ts; /* ns, of all that is here; key and side of the level */
    int64_t key;
    int64_t lots[VEL_MISSED_MAX]; /* not yet given to an own order */
    int64_t row[VEL_MISSED_MAX];
    int32_t count;
    uint8_t side;
} vel_missed_t;

/* The newest quote beside a feed by level. */
typedef struct vel_venue_quote {
    int64_t key; /* VEL_NO_KEY: the side is empty */
    int64_t qty;
    int64_t taken; /* of these, by own orders */
    int64_t ts;    /* ns, ts_event; INT64_MIN before any */
    int64_t row;   /* number of its row */
} vel_venue_quote_t;

/* A quote that is older than the last depth row by more counts for nothing where the book shows better. */
#define VEL_QUOTE_TRUST_NS INT64_C(1000000000)

/* Where the venue's clock was estimated, a depth row and a trade so far apart may tell the same reduction. */
#define VEL_ESTIMATED_NS INT64_C(1000000000)

/* Where trades are all that is known, the market may stand within the range of so many last ones, or as far again on
 * either side. With fewer, or with the range alone, the optimistic bound filled more than 1 of 100 orders too late on
 * sessions by order that were thinned to their trades (velora check bounds). */
#define VEL_PRINTS_RECENT 16

typedef struct vel_venue vel_venue_t;

typedef struct vel_venue_instrument {
    vel_book_t *book; /* the recorded book by level: `levels`, or the totals of `by_order` */
    vel_book_t levels;
    vel_book_l3_t by_order;        /* in use when is_by_order */
    vel_contingency_t contingency; /* own orders, alive; its indices name them in `own` */
    vel_own_orders_t own;          /* those that rest */
    vel_map_t taken[2];            /* key -> lots taken from the recorded level of a side */
    int64_t taken_lo[2];           /* bounds of its keys, of those that have gone too until the last has */
    int64_t taken_hi[2];
    vel_printed_t printed[2];
    int64_t depth_row; /* number of the last depth row, 0 before any */
    int64_t depth_ts;  /* ns, of that row */
    vel_missed_t missed;
    vel_venue_quote_t quote[2];
    int64_t best_before[2]; /* keys, when the snapshot at hand began, and the lots there */
    int64_t best_lots_before[2];
    int64_t recent[VEL_PRINTS_RECENT]; /* ticks, ring of the last trades while there is no book */
    int64_t recent_count;              /* ever */
    int64_t print_price[2];            /* ticks, of the last trade by aggressor; meaningful where has_print */
    vel_venue_t *venue;                /* the one it belongs to */
    vel_money_spec_t money;
    int64_t min_qty;      /* lots */
    int64_t min_notional; /* money units */
    int64_t position;     /* lots, of the one account */
    int64_t *shares;      /* owned: of these the lots of each strategy, which pays and receives funding for them */
    int32_t shares_count;
    int32_t holders; /* strategies that hold anything */
    int64_t cash;    /* money units, what the account received less what it paid, fees apart */
    int64_t fees;    /* money units paid */
    int64_t rows;    /* recorded rows seen */
    int64_t joins;   /* orders that joined a queue, and those of them that joined an unknown one */
    int64_t joins_unknown;
    int64_t unknown;      /* rows left out: about orders that the recording never added */
    int64_t ts;           /* ns, ts_event of the last row */
    int64_t datum_row;    /* what causes the fill at hand, where it is not the last row; else -1 */
    vel_impact_t *impact; /* owned; NULL: own executions move nothing */
    int32_t number;       /* index of this instrument */
    uint8_t is_halted;
    uint8_t has_book;      /* a depth row or snapshot was seen */
    uint8_t is_quote_fed;  /* no depth in the data: QUOTE rows make a one-level book */
    uint8_t is_by_order;   /* the feed is by order; set by vel_venue_by_order */
    uint8_t has_no_prints; /* the data has no TRADE rows at all */
    uint8_t is_estimated;  /* the times of its trades are estimates */
    uint8_t is_gapped;     /* rows were missing, and no snapshot has ended since */
    uint8_t is_blocked;    /* bit of an own side: what crosses it waits for the recorded book to uncross */
    uint8_t has_print[2];
    uint8_t doubts;       /* VEL_DOUBT_ of what the row at hand does */
    uint8_t is_touched;   /* own orders rest or `taken` is not empty: rows that `watch` finds need the long way */
    vel_watch_t watch[2]; /* of the recorded sides, while is_touched */
    vel_spent_t spent[2];
} vel_venue_instrument_t;

/* Instruments point back at their venue: a struct in use does not move. */
struct vel_venue {
    vel_venue_instrument_t *instruments; /* owned */
    int32_t instruments_count;
    vel_queue_model_t queue;
    vel_message_ring_t messages; /* made and not yet taken by a link */
    vel_evidences_t evidence;    /* of the fills, by trade id: see vel_venue_drop_evidence */
    int64_t trades;              /* fills so far: the last trade id */
    vel_queue_records_t queue_positions;
    int64_t ts;            /* ns, of the event being processed */
    int64_t next_expiry;   /* ns, when vel_venue_expire is due, VEL_NEVER when not */
    int32_t expires_next;  /* instrument that next_expiry is of; meaningful while there is one */
    uint8_t traces_queue;  /* whether `queue_positions` is kept */
    uint8_t takes_unknown; /* takers may take from stale books, and at the last print where there is none */
    /* Owned; when set, the rules of venue_hft.h hold and every row takes the long way. */
    struct vel_venue_hft *hft;
};

/* VEL_OK, VEL_EINVAL (count < 1) or VEL_ENOMEM. The caller fills money, filters, is_quote_fed (by
 * vel_venue_quote_fed), has_no_prints and takes_unknown afterwards. */
int vel_venue_init(vel_venue_t *venue, int32_t instruments, vel_queue_model_t queue);
void vel_venue_free(vel_venue_t *venue);

/* An instrument's rows are by order: places are exact. Before its first row. VEL_OK, VEL_EINVAL (under other rules) or
 * VEL_ENOMEM. */
int vel_venue_by_order(vel_venue_t *venue, int32_t instrument);

/* An instrument's data has quotes and no depth. Before its first row. */
void vel_venue_quote_fed(vel_venue_t *venue, int32_t instrument);
/* The venue's rules for children and links (VEL_CONTINGENCY_), and whether triggers by the last trade look at the book
 * as long as the recording has had no trade. Before the first row. */
void vel_venue_set_order_rules(vel_venue_t *venue, int32_t instrument, uint8_t rules, bool lacks_prints);

/* Let own executions in an instrument move its price; the model is copied, with its state zero. VEL_OK, VEL_EINVAL or
 * VEL_ENOMEM. */
int vel_venue_set_impact(vel_venue_t *venue, int32_t instrument, const vel_impact_t *model);

/* A recorded row that needs more than a book update. VEL_OK, VEL_EINVAL, VEL_ENOMEM,
 * VEL_ERANGE, VEL_ECORRUPT. */
int vel_venue_on_row_slow(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row);

/* An order, amend or cancel arrives; venue->ts must be its instant. VEL_OK, VEL_ENOMEM or VEL_ERANGE. */
int vel_venue_on_command(vel_venue_t *venue, const vel_command_t *command);

/* Forget the evidence of trade ids before this one. */
void vel_venue_drop_evidence(vel_venue_t *venue, int64_t trade_id);

/* Orders whose time is venue->ts end. */
int vel_venue_expire(vel_venue_t *venue);

/* Lots of a level that a taker may still get. */
int64_t vel_venue_available(const vel_venue_instrument_t *inst, uint8_t side, int64_t key);

/* Index of a resting own order in `own`, VEL_NO_INDEX when there is none of this id. */
static inline uint32_t vel_venue_resting(const vel_venue_instrument_t *inst, int64_t order_id)
{
    uint32_t found = vel_contingency_find(&inst->contingency, order_id);
    bool rests = found != VEL_CONTINGENCY_NONE && inst->contingency.orders[found].state == VEL_CONTINGENCY_RESTING;
    return rests ? found : VEL_NO_INDEX;
}

/* Whether a row about this level needs the long way, the instrument being touched. */
static inline bool vel_venue_is_watched(const vel_venue_instrument_t *inst, uint8_t side, int64_t price_ticks)
{
    if (VEL_UNLIKELY(side > VEL_SELL || !vel_is_price(price_ticks)))
        return true; /* to be refused */
    const vel_watch_t *watch = &inst->watch[side];
    int64_t key = vel_side_key(side, price_ticks);
    return key <= watch->reach || (key >= watch->lo && key <= watch->hi);
}

/* For the rules of venue_hft.h: a report, and a fill with its account and report. VEL_OK, VEL_ENOMEM or VEL_ERANGE. */
int vel_venue_report(vel_venue_t *venue, uint8_t kind, int32_t instrument, int64_t order_id, uint8_t side,
                     int64_t price, int64_t qty, uint8_t reason);
int vel_venue_fill(vel_venue_t *venue, int32_t instrument, int32_t strategy, int64_t order_id, uint8_t side,
                   int64_t price, int64_t qty, uint8_t cause);

/* One recorded row, at venue time columns->ts_event[row]. */
static inline int vel_venue_on_row(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (VEL_LIKELY(columns->kind[row] == VEL_EV_DELTA) &&
        (!inst->is_touched || !vel_venue_is_watched(inst, columns->side[row], columns->price[row]))) {
        uint8_t side = columns->side[row];
        inst->rows++;
        inst->ts = columns->ts_event[row];
        inst->has_book = 1;
        inst->depth_row = inst->rows;
        inst->depth_ts = inst->ts;
        return vel_book_set(inst->book, side, columns->price[row], columns->qty[row]);
    }
    return vel_venue_on_row_slow(venue, instrument, columns, row);
}

VEL_C_END

#endif
