/* quote_book.h: the book by best quote (L1): one price and quantity a side. */
#ifndef VELORA_QUOTE_BOOK_H
#define VELORA_QUOTE_BOOK_H

#include "velora/book_l2.h"

VEL_C_BEGIN

typedef struct vel_quote_book {
    int64_t price[2]; /* ticks; meaningful where qty > 0 */
    int64_t qty[2];   /* lots, 0 for an empty side */
    int64_t ts_event; /* ns, of the last applied row */
    int64_t update_id;
    int64_t updates; /* quotes applied */
    uint8_t is_stale;
    uint8_t is_told[2]; /* a quote has set the side, possibly to empty */
} vel_quote_book_t;

/* Set one side; qty_lots 0 empties it. VEL_OK or VEL_EINVAL (unchanged). */
static inline int vel_quote_book_set(vel_quote_book_t *book, uint8_t side, int64_t price_ticks, int64_t qty_lots)
{
    if (VEL_UNLIKELY(side > VEL_SELL || !vel_is_qty(qty_lots) || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    book->price[side] = price_ticks;
    book->qty[side] = qty_lots;
    book->is_told[side] = 1;
    return VEL_OK;
}

/* Empty both sides: nothing is known about them. */
static inline void vel_quote_book_clear(vel_quote_book_t *book)
{
    book->qty[VEL_BUY] = book->qty[VEL_SELL] = 0;
    book->is_told[VEL_BUY] = book->is_told[VEL_SELL] = 0;
}

/* The VEL_LEVEL_ state of a price, given as a key: behind the best price it is unknown. */
static inline int vel_quote_book_level_state(const vel_quote_book_t *book, uint8_t side, int64_t key)
{
    if (book->is_stale || !book->is_told[side])
        return VEL_LEVEL_UNKNOWN;
    int64_t best = vel_side_key(side, book->price[side]);
    if (book->qty[side] == 0 || key < best)
        return VEL_LEVEL_EMPTY;
    return key == best ? VEL_LEVEL_SHOWN : VEL_LEVEL_UNKNOWN;
}

/* Apply one row of an event table: QUOTE sets a side and ends a gap; SNAPSHOT_BEGIN empties the book; GAP makes it
 * stale; other kinds are ignored. */
static inline int vel_quote_book_apply(vel_quote_book_t *book, uint8_t kind, uint8_t side, int64_t price_ticks,
                                       int64_t qty_lots)
{
    switch (kind) {
    case VEL_EV_QUOTE: {
        int status = vel_quote_book_set(book, side, price_ticks, qty_lots);
        book->updates += status == VEL_OK && side == VEL_SELL;
        book->is_stale &= (uint8_t)(status != VEL_OK);
        return status;
    }
    case VEL_EV_SNAPSHOT_BEGIN:
        vel_quote_book_clear(book);
        return VEL_OK;
    case VEL_EV_GAP:
        book->is_stale = 1;
        return VEL_OK;
    default:
        return VEL_OK;
    }
}

VEL_C_END

#endif
