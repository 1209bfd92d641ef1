/* mark.h: what a position is worth: one rule for strategies, portfolios, samples and results.
 *
 * While the book is whole and shows both sides the mark is its mid. Without that it is what was last known:
 *
 *   - The last mid, quote side, trade and mark price each have the local time at which they were known; the newest of
 *     them counts. At equal times the order is that of this sentence.
 *   - One side shown, the one that the position would be closed against: the last mid while that side stands where it
 *     stood beside that mid, else the side itself. A later trade or mark price counts if it is worse for the position,
 *     but the mark is never worse than what the side would pay.
 *   - One side shown, the other one: the newest of the last mid, trade and mark price, and never better for the
 * position than the side says. A long position is not worth more than what is offered.
 *   - No side shown, or within a snapshot: the newest, a side counting as of when it went.
 *   - A stale book: the newest of what was known before the gap and has been said since. As long as nothing newer than
 *     the gap speaks, the mid that the stale book shows counts where it is worse for the position.
 *
 * Our own fills are no mark. Where nothing is known the mark is unknown, which is not zero. */
#ifndef VELORA_MARK_H
#define VELORA_MARK_H

#include "velora/book_l2.h"
#include "velora/money.h"

VEL_C_BEGIN

typedef enum vel_mark_source {
    VEL_MARK_UNKNOWN = 0,
    VEL_MARK_MID = 1,       /* of the book, now */
    VEL_MARK_LAST_MID = 2,  /* of the book or of a quote, when both sides were last known */
    VEL_MARK_STALE_MID = 3, /* of a book that a gap has made stale */
    VEL_MARK_QUOTE = 4,     /* one side of the book */
    VEL_MARK_TRADE = 5,
    VEL_MARK_MARK_PRICE = 6 /* the venue's mark price */
} vel_mark_source_t;

#define VEL_MARK_SOURCES 7

typedef struct vel_mark {
    int64_t price; /* half ticks; of VEL_MARK_MARK_PRICE 1e-8 quote currency */
    int64_t ts;    /* ns, local clock: when it was last known */
    uint8_t source;
} vel_mark_t;

/* What is remembered for the time when the book says less. Times are ns of the local clock, 0 prices mean nothing while
 * the time is VEL_MARK_NEVER. */
#define VEL_MARK_NEVER INT64_MIN

typedef struct vel_known {
    int64_t top[2]; /* ticks, beside the last mid */
    int64_t mid_ts; /* when the book ceased to show both sides, or became stale */
    int64_t side_price;
    int64_t side_ts; /* when the last side of the book went */
    int64_t trade_price;
    int64_t trade_ts;
    int64_t mark_price; /* 1e-8 quote currency */
    int64_t mark_ts;
    uint32_t emptied[2]; /* of the book's ladders, as far as it is known here */
    uint8_t side;        /* of side_price */
} vel_known_t;

void vel_known_init(vel_known_t *known);

/* A side of the book has lost its last level, which was at a price. */
void vel_known_lost(vel_known_t *known, const vel_book_t *book, uint8_t side, int64_t price_ticks, int64_t now);

/* A level was deleted, at a price, or was not there, and the side has none: the same if it was the last one. */
void vel_known_deleted(vel_known_t *known, const vel_book_t *book, uint8_t side, int64_t price_ticks, int64_t now);

/* The book is about to be rebuilt, or to become stale: remember what it shows. */
void vel_known_keep(vel_known_t *known, const vel_book_t *book, int64_t now);

/* A quote from a stream beside the book. */
typedef struct vel_mark_quote {
    int64_t top[2]; /* ticks */
    int64_t ts;     /* ns, local clock */
} vel_mark_quote_t;

/* Mark of a position of `lots`. The sign says which side of the book it would be closed against; 0 is no position. The
 * quote comes from a stream beside the book, NULL where there is none. */
vel_mark_t vel_mark_of(const vel_known_t *known, const vel_book_t *book, const vel_mark_quote_t *quote,
                       const vel_money_spec_t *money, int64_t lots, int64_t now);

/* Value of lots (any sign) at a mark that is known, money units: VEL_OK or VEL_ERANGE. */
int vel_mark_value(const vel_mark_t *mark, const vel_money_spec_t *money, int64_t lots, int64_t *value);

VEL_C_END

#endif
