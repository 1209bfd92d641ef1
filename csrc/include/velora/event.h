/* event.h: the kinds and flags of market events, and the columns they travel in.
 *
 * An event table is a set of columns of equal length, one table per instrument, rows in the order of receipt. Prices
 * are ticks and quantities are lots of the instrument, except where the kind says otherwise. velora/core/events.py
 * holds the same numbers; a test compares the two. */
#ifndef VELORA_EVENT_H
#define VELORA_EVENT_H

#include "velora/base.h"

VEL_C_BEGIN

enum {
    VEL_EV_TRADE = 1,          /* side: aggressor; order_id: trade id */
    VEL_EV_QUOTE = 2,          /* two rows, bid then ask; order_id: update id */
    VEL_EV_DELTA = 3,          /* qty: the level's new total, 0 deletes; order_id: update id */
    VEL_EV_SNAPSHOT_BEGIN = 4, /* empties the book; DELTA rows flagged SNAPSHOT follow */
    VEL_EV_SNAPSHOT_END = 5,
    VEL_EV_ORDER_ADD = 6,
    VEL_EV_ORDER_CHANGE = 7,
    VEL_EV_ORDER_CANCEL = 8,
    VEL_EV_ORDER_EXECUTE = 9,
    VEL_EV_MARK_PRICE = 10, /* price: mark * 1e8; qty: announced funding rate * 1e8; order_id: next funding time, ns */
    VEL_EV_FUNDING = 11,    /* price: mark * 1e8; qty: rate * 1e8; paid at this instant */
    VEL_EV_STATUS = 12,     /* qty: 1 trading, 0 halted */
    VEL_EV_GAP = 13         /* rows are missing here; order_id: first missing id, 0 if unknown */
};

enum {
    VEL_FLAG_LAST = 1,            /* ends its batch: one diff, one quote pair, one snapshot, one trade */
    VEL_FLAG_SNAPSHOT = 2,        /* row of a snapshot */
    VEL_FLAG_OFF_BOOK = 4,        /* a trade that did not happen in the book; never matched */
    VEL_FLAG_CLOCK_ESTIMATED = 8, /* ts_event was estimated by the importer */
    VEL_FLAG_HIDDEN = 16          /* a trade against volume that the book never showed */
};

/* Scale of mark prices and funding rates in MARK_PRICE and FUNDING rows. */
#define VEL_RATE_SCALE INT64_C(100000000)

/* Borrowed columns; the owner keeps them alive and unchanged while they are read. */
typedef struct vel_columns {
    const int64_t *ts_event; /* ns, venue clock */
    const int64_t *ts_recv;  /* ns, our clock at receipt; non-decreasing */
    const int64_t *price;    /* ticks */
    const int64_t *qty;      /* lots */
    const int64_t *order_id;
    const uint8_t *kind;
    const uint8_t *side;
    const uint8_t *flags;
    int64_t rows;
} vel_columns_t;

static inline bool vel_is_event(uint8_t kind)
{
    return kind >= VEL_EV_TRADE && kind <= VEL_EV_GAP;
}

VEL_C_END

#endif
