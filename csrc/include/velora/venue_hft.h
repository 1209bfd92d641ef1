/* venue_hft.h: the simulated venue over recorded flow under the rules of hftbacktest 2.4.4, for moving over from it.
 *
 * Its rules where they differ from venue.h:
 *
 *   queue     An order's place is the quantity ahead of it, a float that may fall below zero. Own orders ahead do not
 *             count. Each trade at the price takes its whole size from what is ahead of each own order there; half a
 *             lot below zero rounds to a lot that fills.
 *   through   A trade beyond an own price fills the order, whatever the trade's size.
 *   cross     The best price of the other side reaching an own price fills the order, whatever it shows.
 *   takers    No-partial exchange: all of it at the best price. Partial exchange: it walks what is displayed, a GTC
 *             order's remainder then fills at its limit. Nothing that is taken is missing afterwards.
 *   book      A side that is updated through the other moves the other's best price only; the crossed levels stay
 *             behind and may come back. A snapshot's rows are level updates like others, after a clear.
 *
 *   amend     The quantity is what shall be left. A higher quantity or another price is a new order, with what the
 * order had left, whatever was asked for.
 *
 *   defect    An order that the partial exchange fills to exactly its size stays in its lists; touching it again ends
 *             the run (VEL_ESTATE).
 *
 * Each correction puts one of Velora's rules in place of one of these; with all of them the venue's fills are those of
 * venue.h (tests hold the two against each other). Own orders of one event fill in the order of price, then arrival; in
 * hftbacktest that order follows hash seeds and says nothing.
 *
 * Own orders are kept here, not at the contingency: rows by order, impact, triggers, links, icebergs, reduce-only,
 * expiry and self-trade rules other than the taker's are refused. */
#ifndef VELORA_VENUE_HFT_H
#define VELORA_VENUE_HFT_H

#include "velora/venue.h"

VEL_C_BEGIN

enum {
    VEL_HFT_SHARED_VOLUME = 1 << 0,  /* a trade's volume at its price is spent once over all own orders */
    VEL_HFT_OWN_QUEUE = 1 << 1,      /* own orders ahead count; implies the one above */
    VEL_HFT_THROUGH_VOLUME = 1 << 2, /* a print through a price fills at most its volume */
    VEL_HFT_CROSS_VOLUME = 1 << 3,   /* orders crossed by the book get at most what it shows, once */
    VEL_HFT_TAKER_DEPTH = 1 << 4,    /* takers get at most what is displayed and has not printed, and it is gone */
    VEL_HFT_NETTING = 1 << 5,        /* a depth row and a trade of one instant count once, whichever comes first */
    VEL_HFT_WHOLE_LOTS = 1 << 6,     /* places in lots, from zero to what shows; a lot not wholly free does not fill */
    VEL_HFT_EXACT_FILLS = 1 << 7,    /* an order filled to exactly its size is done */
    VEL_HFT_AMENDS = 1 << 8,         /* amends set price and total, and a smaller total keeps the place */
    VEL_HFT_FEED_BOOK = 1 << 9,      /* the book is what the feed says; a snapshot is one update */
    VEL_HFT_VENUE_CHECKS = 1 << 10,  /* filters, halts, stale books, own orders do not meet, odd trades */
    VEL_HFT_ALL = (1 << 11) - 1
};

enum { VEL_HFT_RISK_AVERSE = 0, VEL_HFT_RATIO = 1, VEL_HFT_OF_SUM = 2, VEL_HFT_OF_FRONT = 3 };

typedef struct vel_hft_order {
    int64_t id;
    int64_t key;                /* of its price */
    int64_t qty;                /* lots, total */
    int64_t leaves;             /* lots */
    double leaves_qty;          /* the same in base units, with hftbacktest's rounding */
    vel_queue_position_t queue; /* in base units; in lots with WHOLE_LOTS */
    int64_t sequence;           /* by acceptance */
    int32_t strategy;           /* whose it is */
    uint8_t side;
    uint8_t post_only;
} vel_hft_order_t;

typedef struct vel_hft_side {
    vel_hft_order_t *orders; /* own orders by price, then arrival; owned */
    int64_t count;
    int64_t capacity;
    int64_t best_key; /* of the recorded side as hftbacktest keeps it; VEL_NO_KEY when it has none */
    int64_t far_key;  /* the worst key a level was ever set at since the side was empty; INT64_MIN then */
} vel_hft_side_t;

typedef struct vel_hft_instrument {
    vel_hft_side_t side[2];
    int64_t lot_num; /* lot size = lot_num / lot_den base units */
    int64_t lot_den;
} vel_hft_instrument_t;

typedef struct vel_venue_hft {
    vel_hft_instrument_t *instruments; /* owned */
    int32_t instruments_count;
    vel_map_t orders; /* order id -> key of its price */
    int64_t sequence; /* orders accepted */
    uint32_t corrections;
    uint8_t is_partial;   /* its PartialFillExchange, else its NoPartialFillExchange */
    uint8_t model;        /* VEL_HFT_RISK_AVERSE ...; with WHOLE_LOTS the venue's queue model holds instead */
    double exponent;      /* n of f(x) = x^n; 0 means f(x) = ln(1 + x) */
    int64_t known_leaves; /* lots that the sender of the command at hand knew its order had left; -1: those it has */
} vel_venue_hft_t;

/* Put a venue under these rules, before its first row. The caller fills lot_num and lot_den afterwards. VEL_OK,
 * VEL_EINVAL (also where an instrument's rows are by order, or own executions move its price) or VEL_ENOMEM. */
int vel_venue_hft_init(vel_venue_t *venue, bool is_partial, uint32_t corrections, uint8_t model, double exponent);
void vel_venue_hft_free(vel_venue_t *venue); /* called by vel_venue_free */

/* What the venue does with TRADE, QUOTE, DELTA, SNAPSHOT and STATUS rows and with commands: limit and market orders,
 * GTC, IOC, FOK or post-only; others are refused. VEL_ESTATE where hftbacktest would end the run. */
int vel_venue_hft_on_row(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row);
int vel_venue_hft_on_command(vel_venue_t *venue, const vel_command_t *command);

VEL_C_END

#endif
