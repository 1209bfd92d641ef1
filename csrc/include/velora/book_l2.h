/* book_l2.h: the order book by price level (L2).
 *
 * A side is a ladder of levels. Levels are stored in pages of 64 neighboring ticks; a page holds the quantities and a
 * bitmap of the used ones. A ring directory of 4,096 pages (262,144 ticks) covers the prices around the best one, with
 * a two-level bitmap of its occupied pages. So an update and the search for the next best level take constant time at
 * any depth. Pages outside the directory's window are kept in a hash table, with a sorted list of their numbers beside
 * it: no level is ever dropped, and memory follows the number of occupied pages. An empty page of the window stays in
 * the directory, as sparse levels come and go; when more than kept_max pages are empty, and more than half of all, they
 * are given back. When the best price leaves the middle of the window, the window moves. A move is rare and costs as
 * many steps as there are pages entering or leaving the window.
 *
 * Inside a ladder prices are keys: the tick for asks, minus the tick for bids. The best level is the smallest key on
 * both sides, which leaves one search direction.
 *
 * A book holds the levels that the feed sends, a crossed book included; the reader decides whether best bid >= best ask
 * is acceptable (vel_book_is_crossed). After the first growth no call allocates.
 *
 * A price without a level is either known to be empty or unknown (vel_book_level_state). A feed may show the best N
 * levels only, a snapshot has an end, a quote shows one price, and after a gap no level is certain. A price is known
 *   - if the book shows a level there;
 *   - before the best level, if a snapshot or a quote has stated the best level. Otherwise only before the worst
 *     price at which a trade has executed on the side: an order at a better price would have executed first;
 *   - between shown levels, as far as the last snapshot reached: a feed of changes reports each of them from there on;
 *   - between all shown levels while the side holds exactly as many as the snapshot did: the feed moves a window.
 * Beyond the worst shown level no price is known: the feed deletes a level that leaves its window just like a
 * canceled one. A side that its changes have emptied is unknown too, because the window may be about to show its
 * next level. A side that a snapshot or a quote states as empty is known to be empty. */
#ifndef VELORA_BOOK_L2_H
#define VELORA_BOOK_L2_H

#include "velora/base.h"
#include "velora/event.h"
#include "velora/sorted.h"

VEL_C_BEGIN

#define VEL_PAGE_BITS 6
#define VEL_PAGE_TICKS 64
#define VEL_DIRECTORY_PAGES 4096
#define VEL_NO_PAGE UINT32_MAX
#define VEL_PAGES_KEPT_MAX 64 /* 34 KB a side */
/* "No level": compares worse than every key. */
#define VEL_NO_KEY INT64_MAX
/* Whether the quantity at a price is known. */
enum { VEL_LEVEL_UNKNOWN = 0, VEL_LEVEL_EMPTY = 1, VEL_LEVEL_SHOWN = 2 };

typedef struct vel_page {
    uint64_t used;               /* bit i: level of key number * 64 + i exists */
    int64_t number;              /* key >> 6 */
    int64_t qty[VEL_PAGE_TICKS]; /* lots; meaningful where used */
} vel_page_t;

typedef struct vel_ladder {
    int64_t best_key;  /* smallest key in use, VEL_NO_KEY when empty */
    int64_t window_lo; /* page number where the directory's window begins */
    vel_page_t *pages; /* pool, owned */
    uint64_t summary;  /* bit w: occupied[w] != 0 */
    uint64_t occupied[VEL_DIRECTORY_PAGES / 64];
    uint32_t directory[VEL_DIRECTORY_PAGES]; /* slot = number mod 4096 -> pool index or VEL_NO_PAGE */
    uint32_t *far_table;                     /* open addressing: pool index or VEL_NO_PAGE; power of two slots, owned */
    vel_sorted_t far;                        /* numbers of the pages in it */
    uint32_t far_slots;
    uint32_t pages_count; /* pool entries ever used */
    uint32_t pages_max;
    uint32_t free_head; /* list of free pool entries through .number, VEL_NO_PAGE ends it */
    uint32_t emptied;   /* number of times the last level of the ladder was deleted, modulo 2^32 */
    uint32_t kept;      /* empty pages in the directory; their bits in `occupied` are 0 */
    uint32_t kept_max;  /* VEL_PAGES_KEPT_MAX until the owner sets another */
    int64_t levels;
} vel_ladder_t;

typedef struct vel_book {
    vel_ladder_t side[2]; /* VEL_BUY: bids, VEL_SELL: asks */
    int64_t ts_event;     /* ns, of the last applied row */
    int64_t update_id;    /* order_id of the last applied row */
    int64_t updates;      /* rows applied */
    int64_t told_key[2];  /* worst key of the last snapshot; VEL_NO_KEY: without levels; INT64_MIN: no snapshot */
    int64_t front_key[2]; /* without a snapshot: worst key at which a trade has executed; prices before it are known */
    int64_t told_levels[2]; /* levels of a side in that snapshot */
    uint8_t is_stale;       /* a gap was received and no snapshot since */
    uint8_t in_snapshot;
    uint8_t is_quotes; /* built from quotes: only the best price is known */
} vel_book_t;

/* Prepare a zeroed or fresh struct. Returns VEL_OK or VEL_ENOMEM (then vel_book_free is still allowed). */
int vel_book_init(vel_book_t *book);

/* Free what the book owns; accepts a zeroed struct. */
void vel_book_free(vel_book_t *book);

/* Remove every level; keeps the memory. */
void vel_book_clear(vel_book_t *book);
void vel_ladder_clear(vel_ladder_t *ladder);

/* Set a level in the general case: the page is new, or lies outside the window. */
int vel_ladder_set_slow(vel_ladder_t *ladder, int64_t key, int64_t qty_lots);

/* Recompute best_key after the level at the old best was deleted. */
void vel_ladder_find_best(vel_ladder_t *ladder);

/* Smallest used key greater than `key`, or VEL_NO_KEY. */
int64_t vel_ladder_next(const vel_ladder_t *ladder, int64_t key);

/* Largest used key, VEL_NO_KEY when the ladder is empty. */
int64_t vel_ladder_last(const vel_ladder_t *ladder);

/* Pool page of a page number, or NULL. */
const vel_page_t *vel_ladder_far_page(const vel_ladder_t *ladder, int64_t number);

/* A snapshot is complete: the book is no longer stale, and its sides are known as far as they reach. */
void vel_book_end_snapshot(vel_book_t *book);

/* Whether the feed would report a level at a price (a key), the book not being stale. */
bool vel_book_is_in_view(const vel_book_t *book, uint8_t side, int64_t key);

/* The VEL_LEVEL_ state of a price, given as a key. */
int vel_book_level_state(const vel_book_t *book, uint8_t side, int64_t key);

/* Worst key up to which every price of a side is known, starting at the best one; VEL_NO_KEY when none is. */
int64_t vel_book_known_key(const vel_book_t *book, uint8_t side);

/* Whether each price of a side from the best one up to `key` is known. */
bool vel_book_is_known_to(const vel_book_t *book, uint8_t side, int64_t key);

/* Whether the best n levels of a side are known; a side with fewer levels is, if the rest is known to be empty. */
bool vel_book_is_known_for(const vel_book_t *book, uint8_t side, int64_t n);

/* Apply one feed row of kind DELTA, SNAPSHOT_BEGIN, SNAPSHOT_END or GAP; other kinds are ignored.
 * VEL_OK, VEL_EINVAL (side, price or quantity out of range; book unchanged) or VEL_ENOMEM. */
int vel_book_apply(vel_book_t *book, uint8_t kind, uint8_t side, int64_t price_ticks, int64_t qty_lots);

/* Apply rows given as columns. If `touch` (2 * rows) is not NULL, the best bid and ask in ticks after each row are
 * written to it, minus and plus VEL_NO_KEY for an empty side. On an error *failed is the row, and the rows before it
 * are applied. */
int vel_book_apply_rows(vel_book_t *book, const uint8_t *kind, const uint8_t *side, const int64_t *price,
                        const int64_t *qty, int64_t rows, int64_t *touch, int64_t *failed);

/* Apply rows [from, to) of a table. On an error *failed is the row, and the rows before it are applied. */
int vel_book_apply_columns(vel_book_t *book, const vel_columns_t *columns, int64_t from, int64_t to, int64_t *failed);

/* Best n levels of a side, best first. Returns how many were written. */
int64_t vel_book_depth(const vel_book_t *book, uint8_t side, int64_t n, int64_t *price_ticks, int64_t *qty_lots);

/* Sweep the book for a taker order of qty_lots that may trade down to limit_ticks: *filled is the lots that it gets,
 * and *value the sum of ticks * lots over them. */
void vel_book_sweep(const vel_book_t *book, uint8_t side, int64_t qty_lots, int64_t limit_ticks, int64_t *filled,
                    vel_i128 *value);

/* Key, on the other side, of the worst price that the taker order of vel_book_sweep reaches; the key of its limit
 * when the levels up to there do not fill it. */
int64_t vel_book_sweep_key(const vel_book_t *book, uint8_t side, int64_t qty_lots, int64_t limit_ticks);

/* Hash of all levels, independent of the path that led to them. */
uint64_t vel_book_state_hash(const vel_book_t *book);

/* The key of a price within +-VEL_TICKS_MAX. */
static inline int64_t vel_side_key(uint8_t side, int64_t price_ticks)
{
    /* Compilers make no branch of this; one would be mispredicted half the time, as sides alternate at random. */
    return side == VEL_SELL ? price_ticks : -price_ticks;
}

/* The mapping is its own inverse. */
static inline int64_t vel_key_ticks(uint8_t side, int64_t key)
{
    return vel_side_key(side, key);
}

/* key / 64 rounded down; spelled without shifting a negative number. */
static inline int64_t vel_page_number(int64_t key)
{
    return (int64_t)(((uint64_t)key + (UINT64_C(1) << 63)) >> VEL_PAGE_BITS) - (INT64_C(1) << (63 - VEL_PAGE_BITS));
}

static inline vel_page_t *vel_ladder_page(const vel_ladder_t *ladder, int64_t number)
{
    uint64_t distance = (uint64_t)(number - ladder->window_lo);
    if (VEL_LIKELY(distance < VEL_DIRECTORY_PAGES)) {
        uint32_t index = ladder->directory[(uint64_t)number % VEL_DIRECTORY_PAGES];
        return index == VEL_NO_PAGE ? NULL : &ladder->pages[index];
    }
    return ladder->far.count == 0 ? NULL : (vel_page_t *)(uintptr_t)vel_ladder_far_page(ladder, number);
}

/* Quantity at a key, 0 when there is no level. */
static inline int64_t vel_ladder_qty(const vel_ladder_t *ladder, int64_t key)
{
    const vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    unsigned at = (unsigned)((uint64_t)key % VEL_PAGE_TICKS);
    return page != NULL && (page->used >> at & 1) ? page->qty[at] : 0;
}

/* Set the quantity of one level; 0 deletes it. VEL_OK or VEL_ENOMEM. */
static inline int vel_ladder_set(vel_ladder_t *ladder, int64_t key, int64_t qty_lots)
{
    uint64_t distance = (uint64_t)(vel_page_number(key) - ladder->window_lo);
    if (VEL_LIKELY(distance < VEL_DIRECTORY_PAGES)) {
        uint32_t index = ladder->directory[(uint64_t)vel_page_number(key) % VEL_DIRECTORY_PAGES];
        if (VEL_LIKELY(index != VEL_NO_PAGE)) {
            vel_page_t *page = &ladder->pages[index];
            unsigned at = (unsigned)((uint64_t)key % VEL_PAGE_TICKS);
            uint64_t bit = UINT64_C(1) << at;
            if (VEL_LIKELY(qty_lots > 0)) {
                if (!(page->used & bit)) {
                    if (VEL_UNLIKELY(page->used == 0))
                        return vel_ladder_set_slow(ladder, key, qty_lots);
                    page->used |= bit;
                    ladder->levels++;
                }
                page->qty[at] = qty_lots;
                if (VEL_LIKELY(key >= ladder->best_key))
                    return VEL_OK;
                if (VEL_LIKELY(vel_page_number(ladder->best_key) == page->number)) {
                    ladder->best_key = key;
                    return VEL_OK;
                }
            } else {
                if (!(page->used & bit))
                    return VEL_OK;
                if (VEL_LIKELY(page->used != bit)) {
                    page->used &= ~bit;
                    ladder->levels--;
                    /* The best is the smallest key, so only bits above `at` can be set in its page. */
                    if (key == ladder->best_key)
                        ladder->best_key += vel_lowest_bit(page->used >> at);
                    return VEL_OK;
                }
            }
        }
    }
    return vel_ladder_set_slow(ladder, key, qty_lots);
}

/* Set one level. price_ticks within +-VEL_TICKS_MAX, qty_lots >= 0 (0 deletes). VEL_OK, VEL_EINVAL or VEL_ENOMEM. */
static inline int vel_book_set(vel_book_t *book, uint8_t side, int64_t price_ticks, int64_t qty_lots)
{
    if (VEL_UNLIKELY(side > VEL_SELL || !vel_is_qty(qty_lots) || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    return vel_ladder_set(&book->side[side], vel_side_key(side, price_ticks), qty_lots);
}

/* A displayed trade has executed against the orders of a side at a price. */
static inline void vel_book_tell_front(vel_book_t *book, uint8_t side, int64_t price_ticks)
{
    int64_t key = vel_side_key(side, price_ticks);
    if (VEL_UNLIKELY(book->told_key[side] == INT64_MIN) && key > book->front_key[side])
        book->front_key[side] = key;
}

static inline bool vel_book_has_side(const vel_book_t *book, uint8_t side)
{
    return book->side[side].best_key != VEL_NO_KEY;
}

/* Best price of a side in ticks; meaningful only while the side has a level. */
static inline int64_t vel_book_best(const vel_book_t *book, uint8_t side)
{
    return vel_key_ticks(side, book->side[side].best_key);
}

static inline int64_t vel_book_best_qty(const vel_book_t *book, uint8_t side)
{
    return vel_book_has_side(book, side) ? vel_ladder_qty(&book->side[side], book->side[side].best_key) : 0;
}

static inline int64_t vel_book_qty(const vel_book_t *book, uint8_t side, int64_t price_ticks)
{
    return vel_ladder_qty(&book->side[side], vel_side_key(side, price_ticks));
}

/* Best bid + best ask in ticks (twice the mid), 0 when a side is empty. */
static inline int64_t vel_book_mid_x2(const vel_book_t *book)
{
    return vel_book_has_side(book, VEL_BUY) && vel_book_has_side(book, VEL_SELL)
               ? vel_book_best(book, VEL_BUY) + vel_book_best(book, VEL_SELL)
               : 0;
}

static inline bool vel_book_is_crossed(const vel_book_t *book)
{
    return vel_book_has_side(book, VEL_BUY) && vel_book_has_side(book, VEL_SELL) &&
           vel_book_best(book, VEL_BUY) >= vel_book_best(book, VEL_SELL);
}

VEL_C_END

#endif
