/* mark.h: the mark price of a position: one rule for strategies, portfolios, samples and results.
 *
 * While the book is not stale and shows both sides, the mark is its mid. Otherwise it is the last known price:
 *
 *   - The last mid, quote side, trade and mark price each keep the local time at which they were last known; the newest
 *     one counts. At equal times they count in the order named.
 *   - One side shown, the one that the position would be closed against: the last mid while that side still has the
 *     price it had beside that mid, else the side itself. A later trade or mark price counts if it is worse for the
 *     position, but the mark is never worse than the price of the side.
 *   - One side shown, the opposite one: the newest of the last mid, trade and mark price, and never better for the
 *     position than the side. A long position is not worth more than the best offer.
 *   - No side shown, or during a snapshot: the newest price; a side counts as of the time when it was emptied.
 *   - A stale book: the newest of the prices known before the gap and received since. Until a newer one arrives, the
 *     mid that the stale book shows counts if it is worse for the position.
 *
 * Own fills do not set the mark. If no price is known, the mark is unknown, which is not the same as zero. */
#ifndef VELORA_MARK_H
#define VELORA_MARK_H

#include "velora/book_l2.h"
#include "velora/money.h"

VEL_C_BEGIN

typedef enum vel_mark_source {
    VEL_MARK_UNKNOWN = 0,
    VEL_MARK_MID = 1,       /* of the book, now */
    VEL_MARK_LAST_MID = 2,  /* of the book or of a quote, when both sides were last known */
    VEL_MARK_STALE_MID = 3, /* of a book that became stale at a gap */
    VEL_MARK_QUOTE = 4,     /* one side of the book */
    VEL_MARK_TRADE = 5,
    VEL_MARK_MARK_PRICE = 6 /* the venue's mark price */
} vel_mark_source_t;

#define VEL_MARK_SOURCES 7

typedef struct vel_mark {
    int64_t price; /* half ticks; of VEL_MARK_MARK_PRICE 1e-8 quote currency */
    int64_t ts;    /* ns, local clock: time at which it was last known */
    uint8_t source;
} vel_mark_t;

/* Prices kept for the time when the book shows less. Times are ns of the local clock; a price is meaningless while
 * its time is VEL_MARK_NEVER. */
#define VEL_MARK_NEVER INT64_MIN

typedef struct vel_known {
    int64_t top[2]; /* ticks, beside the last mid */
    int64_t mid_ts; /* when the book stopped showing both sides, or became stale */
    int64_t side_price;
    int64_t side_ts; /* when the last side of the book was emptied */
    int64_t trade_price;
    int64_t trade_ts;
    int64_t mark_price; /* 1e-8 quote currency */
    int64_t mark_ts;
    uint32_t emptied[2]; /* of the book's ladders, last value read here */
    uint8_t side;        /* of side_price */
} vel_known_t;

void vel_known_init(vel_known_t *known);

/* Note that a side of the book has lost its last level, which was at `price`. */
void vel_known_lost(vel_known_t *known, const vel_book_t *book, uint8_t side, int64_t price_ticks, int64_t now);

/* Note that a level at a price was deleted or did not exist; if the side is now empty, it was the last one. */
void vel_known_deleted(vel_known_t *known, const vel_book_t *book, uint8_t side, int64_t price_ticks, int64_t now);

/* The book is about to be rebuilt, or to become stale: keep the prices that it shows. */
void vel_known_keep(vel_known_t *known, const vel_book_t *book, int64_t now);

/* A quote from a stream beside the book. */
typedef struct vel_mark_quote {
    int64_t top[2]; /* ticks */
    int64_t ts;     /* ns, local clock */
} vel_mark_quote_t;

/* Mark of a position of `lots`. The sign selects the side of the book that it would be closed against; 0 means no
 * position. The quote comes from a stream beside the book, NULL if there is none. */
vel_mark_t vel_mark_of(const vel_known_t *known, const vel_book_t *book, const vel_mark_quote_t *quote,
                       const vel_money_spec_t *money, int64_t lots, int64_t now);

/* Value of lots (any sign) at a known mark, money units: VEL_OK or VEL_ERANGE. */
int vel_mark_value(const vel_mark_t *mark, const vel_money_spec_t *money, int64_t lots, int64_t *value);

VEL_C_END

#endif
