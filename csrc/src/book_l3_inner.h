/* book_l3_inner.h: the two moves of an order of a book by order, into the queue of its price and out of it, for the
 * book itself (book_l3.c) and the matching engine, which makes one of them for nearly every message (match.c): inlined,
 * they take a third of the instructions of the public calls.
 *
 * A page of the ladder and its page of queues have one number, so that one look at the directory finds both. */
#ifndef VELORA_BOOK_L3_INNER_H
#define VELORA_BOOK_L3_INNER_H

#include "velora/book_l3.h"

/* As vel_l3_join, where the price has no page in the directory, or the window has to move. */
int vel_l3_join_slow(vel_book_l3_t *book, uint32_t index, unsigned side);

/* A level of the window has gone, the last one of its page. */
void vel_ladder_on_empty_page(vel_ladder_t *ladder, vel_page_t *page, int64_t key);

/* Cell of a key that has a page. */
static inline uint32_t vel_l3_cell(const vel_ladder_t *ladder, const vel_page_t *page, int64_t key)
{
    return (uint32_t)(page - ladder->pages) * VEL_PAGE_TICKS + (uint32_t)((uint64_t)key % VEL_PAGE_TICKS);
}

/* Put an order last in the queue of its price. Its id is set. VEL_OK, VEL_ERANGE or VEL_ENOMEM: then the levels are
 * unchanged. */
static inline int vel_l3_join(vel_book_l3_t *book, uint32_t index, unsigned side, int64_t price_ticks, int64_t qty_lots)
{
    vel_l3_order_t *order = &book->orders[index];
    vel_ladder_t *ladder = &book->levels.side[side];
    int64_t key = vel_side_key((uint8_t)side, price_ticks);
    /* In ticks, not in pages: no page number is needed. */
    uint64_t distance = (uint64_t)key - (uint64_t)ladder->window_lo * VEL_PAGE_TICKS;
    uint32_t slot = (uint32_t)((uint64_t)key / VEL_PAGE_TICKS % VEL_DIRECTORY_PAGES), number = ladder->directory[slot];
    order->price = price_ticks;
    order->qty = qty_lots;
    order->stamp = book->stamp++;
    if (VEL_UNLIKELY(distance >= VEL_DIRECTORY_PAGES * VEL_PAGE_TICKS || number == VEL_NO_PAGE))
        return vel_l3_join_slow(book, index, side);
    vel_page_t *page = &ladder->pages[number];
    unsigned at = (unsigned)((uint64_t)key % VEL_PAGE_TICKS);
    uint64_t bit = UINT64_C(1) << at;
    uint32_t cell = number * VEL_PAGE_TICKS + at;
    vel_l3_queue_t *queue = &book->queues[side][cell];
    order->behind = VEL_NO_ORDER;
    order->side = side & 1u;
    order->cell = cell & 0x7fffffff;
    if (page->used & bit) {
        int64_t total;
        if (VEL_UNLIKELY(__builtin_add_overflow(page->qty[at], qty_lots, &total)))
            return VEL_ERANGE;
        page->qty[at] = total;
        order->ahead = queue->last;
        book->orders[queue->last].behind = index;
        queue->last = index;
        queue->orders++;
        return VEL_OK;
    }
    if (key < ladder->best_key) {
        if (VEL_UNLIKELY(distance >= VEL_DIRECTORY_PAGES / 2 * VEL_PAGE_TICKS))
            return vel_l3_join_slow(book, index, side);
        ladder->best_key = key;
    }
    if (page->used == 0) {
        ladder->occupied[slot / 64] |= UINT64_C(1) << (slot % 64);
        ladder->summary |= UINT64_C(1) << (slot / 64);
        ladder->kept--;
    }
    page->used |= bit;
    page->qty[at] = qty_lots;
    ladder->levels++;
    order->ahead = VEL_NO_ORDER;
    queue->first = queue->last = index;
    queue->orders = 1;
    return VEL_OK;
}

/* Take some of its lots off an order and its level: it keeps its place. */
static inline void vel_l3_reduce(vel_book_l3_t *book, uint32_t index, int64_t lots)
{
    vel_l3_order_t *order = &book->orders[index];
    order->qty -= lots;
    book->levels.side[order->side].pages[order->cell / VEL_PAGE_TICKS].qty[order->cell % VEL_PAGE_TICKS] -= lots;
}

/* Take an order out of its queue, with all its lots. */
static inline void vel_l3_leave(vel_book_l3_t *book, uint32_t index)
{
    vel_l3_order_t *order = &book->orders[index];
    unsigned side = order->side, cell = order->cell, at = cell % VEL_PAGE_TICKS;
    vel_ladder_t *ladder = &book->levels.side[side];
    vel_page_t *page = &ladder->pages[cell / VEL_PAGE_TICKS];
    vel_l3_queue_t *queue = &book->queues[side][cell];
    uint32_t ahead = order->ahead, behind = order->behind;
    page->qty[at] -= order->qty;
    order->qty = 0;
    if (--queue->orders > 0) {
        *(ahead == VEL_NO_ORDER ? &queue->first : &book->orders[ahead].behind) = behind;
        *(behind == VEL_NO_ORDER ? &queue->last : &book->orders[behind].ahead) = ahead;
        return;
    }
    int64_t key = vel_side_key((uint8_t)side, order->price);
    uint64_t distance = (uint64_t)key - (uint64_t)ladder->window_lo * VEL_PAGE_TICKS, bit = UINT64_C(1) << at;
    if (VEL_UNLIKELY(distance >= VEL_DIRECTORY_PAGES * VEL_PAGE_TICKS)) {
        (void)vel_ladder_set(ladder, key, 0); /* taking away needs no memory */
        return;
    }
    page->used &= ~bit;
    ladder->levels--;
    if (page->used != 0) {
        if (key == ladder->best_key) /* the best is the first: only bits above `at` are left */
            ladder->best_key += vel_lowest_bit(page->used >> at);
        return;
    }
    vel_ladder_on_empty_page(ladder, page, key);
}

#endif
