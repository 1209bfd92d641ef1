/* book_l3.h: the order book by order (L3).
 *
 * Each price has a queue of orders in time priority. Orders live in a pool and are linked through it; an index finds
 * them by id. The totals of the levels are a book by level (`levels`), so everything that reads a vel_book_t reads an
 * L3 book too. The queues stand in arrays parallel to the pages of its ladders: no second search finds them.
 *
 * An order's place is what this book is for. What keeps it: a smaller quantity at the same price, and fills. What
 * loses it: another price, a new id (replace), and more quantity, unless the venue's rule says otherwise.
 *
 * After the first growth no call allocates. */
#ifndef VELORA_BOOK_L3_H
#define VELORA_BOOK_L3_H

#include "velora/book_l2.h"
#include "velora/map.h"

VEL_C_BEGIN

#define VEL_NO_ORDER UINT32_MAX

/* When a change of quantity at the same price loses the place in the queue. */
typedef enum vel_priority_rule {
    VEL_PRIORITY_LOST_BY_MORE = 0, /* by an increase: the rule of nearly every venue */
    VEL_PRIORITY_LOST_BY_ANY = 1,
    VEL_PRIORITY_KEPT = 2
} vel_priority_rule_t;

typedef struct vel_l3_order {
    int64_t id;
    int64_t price;  /* ticks */
    int64_t qty;    /* lots left, > 0; of dense ids 0 where none lives */
    uint32_t ahead; /* neighbours in the queue, VEL_NO_ORDER at its ends; `behind` links the free list too */
    uint32_t behind;
    uint32_t stamp; /* of joining its queue: older ones of a queue stand ahead; it wraps, see vel_l3_is_older */
    uint32_t side : 1;
    uint32_t cell : 31; /* where its level is: place of the page in the ladder's pool * VEL_PAGE_TICKS + tick in it */
} vel_l3_order_t;

typedef struct vel_l3_queue {
    uint32_t first; /* meaningful while the level exists */
    uint32_t last;
    uint32_t orders;
} vel_l3_queue_t;

typedef struct vel_book_l3 {
    vel_book_t levels;         /* totals by price; read it freely, change it only through the calls below */
    vel_map_t index;           /* id -> pool index; empty where ids are dense */
    vel_l3_order_t *orders;    /* pool, owned; dense ids are places in it */
    vel_l3_queue_t *queues[2]; /* by cell, VEL_PAGE_TICKS for each page of the side's ladder, owned */
    uint32_t queue_pages[2];
    uint32_t orders_used; /* pool entries ever used */
    uint32_t orders_max;
    uint32_t free_head;
    int64_t count;  /* live orders */
    uint32_t stamp; /* of the next order to join a queue */
    uint8_t rule;   /* vel_priority_rule_t */
    uint8_t is_dense;
} vel_book_l3_t;

/* Whether stamp `a` was given before stamp `b`; fewer than 2^31 may lie between them. */
static inline bool vel_l3_is_older(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* Prepare a fresh struct. VEL_OK or VEL_ENOMEM (then vel_book_l3_free is still allowed). */
int vel_book_l3_init(vel_book_l3_t *book, vel_priority_rule_t rule);

/* The same for ids that are places in a pool of the caller's: small and used again, 0 to 2^31 - 1. They are places
 * in this pool too, which is as long as the largest of them, so that no search finds the orders; a new order of another
 * id is VEL_EINVAL. */
int vel_book_l3_init_dense(vel_book_l3_t *book, vel_priority_rule_t rule);

/* Free what the book owns; accepts a zeroed struct. */
void vel_book_l3_free(vel_book_l3_t *book);

/* Remove every order; keeps the memory. */
void vel_book_l3_clear(vel_book_l3_t *book);

/* Orders to make room for at once: about 1.2 GB. A book grows beyond it when so many orders come. */
#define VEL_L3_RESERVE_MAX (1 << 24)

/* Make room for this many live orders (by dense ids: with ids below this), so that none of the calls below grows the
 * pool or the index before. VEL_EFULL above VEL_L3_RESERVE_MAX. */
int vel_book_l3_reserve(vel_book_l3_t *book, int64_t orders);

/* New order, last in its queue. VEL_OK; VEL_EINVAL (side, price, qty_lots <= 0), VEL_EEXIST, VEL_ERANGE (the level's
 * total does not fit), VEL_ENOMEM: then the book is unchanged. */
int vel_book_l3_add(vel_book_l3_t *book, int64_t id, uint8_t side, int64_t price_ticks, int64_t qty_lots);

/* New price or quantity of a live order; quantity 0 removes it. VEL_OK, VEL_ENOENT, VEL_EINVAL, VEL_ERANGE, VEL_ENOMEM.
 */
int vel_book_l3_change(vel_book_l3_t *book, int64_t id, int64_t price_ticks, int64_t qty_lots);

/* Take qty_lots off a live order, which keeps its place; 0 takes all. VEL_OK, VEL_ENOENT, or VEL_ECORRUPT when it has
 * less than that (unchanged). */
int vel_book_l3_cancel(vel_book_l3_t *book, int64_t id, int64_t qty_lots);

/* A fill of qty_lots > 0 of a live order. As a cancel, but 0 is VEL_EINVAL. */
int vel_book_l3_execute(vel_book_l3_t *book, int64_t id, int64_t qty_lots);

/* A new id at a new place instead of a live order, on its side; a queue's end even at the same price. VEL_OK,
 * VEL_ENOENT, VEL_EEXIST (new_id lives), VEL_EINVAL, VEL_ERANGE, VEL_ENOMEM. */
int vel_book_l3_replace(vel_book_l3_t *book, int64_t id, int64_t new_id, int64_t price_ticks, int64_t qty_lots);

/* Apply one row of an event table: ORDER_ (a CANCEL's and an EXECUTE's quantity is what goes, 0 of a cancel all; a
 * CHANGE's the new total), SNAPSHOT_BEGIN, SNAPSHOT_END or GAP; other kinds are ignored. */
int vel_book_l3_apply(vel_book_l3_t *book, uint8_t kind, uint8_t side, int64_t price_ticks, int64_t qty_lots,
                      int64_t id);

/* Apply rows [from, to). With skip_unknown, rows about unknown ids (VEL_ENOENT) are left out and counted in *skipped;
 * any other error stops at row *failed with the rows before it applied. */
int vel_book_l3_apply_columns(vel_book_l3_t *book, const vel_columns_t *columns, int64_t from, int64_t to,
                              bool skip_unknown, int64_t *skipped, int64_t *failed);

/* Lots and orders that stand before an order in its queue. VEL_OK or VEL_ENOENT. Walks from the nearer end of the
 * queue as far as the order. */
int vel_book_l3_ahead(const vel_book_l3_t *book, int64_t id, int64_t *lots, int64_t *orders);

/* Ids and quantities of the first n orders at a price, in priority. Returns how many were written. */
int64_t vel_book_l3_queue(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks, int64_t n, int64_t *ids,
                          int64_t *qty_lots);

/* First order of the best level, NULL when the side is empty; valid until the next change of the book. */
const vel_l3_order_t *vel_book_l3_first(const vel_book_l3_t *book, uint8_t side);

/* First order at a price, NULL when there is no level. */
const vel_l3_order_t *vel_book_l3_first_at(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks);

/* Number of orders at a price. */
int64_t vel_book_l3_orders_at(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks);

/* Hash of all queues, orders in their places; independent of the path that led there. */
uint64_t vel_book_l3_state_hash(const vel_book_l3_t *book);

/* Check every link and every sum; aborts on the first that is wrong. For tests: the cost is the whole book. */
void vel_book_l3_check(const vel_book_l3_t *book);

/* Place of a live order in the pool, VEL_NO_ORDER when there is none. */
static inline uint32_t vel_book_l3_find(const vel_book_l3_t *book, int64_t id)
{
    if (book->is_dense)
        return (uint64_t)id < book->orders_used && book->orders[id].qty > 0 ? (uint32_t)id : VEL_NO_ORDER;
    const int64_t *found = vel_map_get(&book->index, id);
    return found == NULL ? VEL_NO_ORDER : (uint32_t)*found;
}

/* A live order, or NULL; valid until the next change of the book. */
static inline const vel_l3_order_t *vel_book_l3_order(const vel_book_l3_t *book, int64_t id)
{
    uint32_t found = vel_book_l3_find(book, id);
    return found == VEL_NO_ORDER ? NULL : &book->orders[found];
}

VEL_C_END

#endif
