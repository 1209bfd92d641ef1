#include "velora/book_l3.h"

#include <string.h>

#include "velora/hash.h"

#define ORDERS_INITIAL 1024u
#define DENSE_MAX (INT64_C(1) << 31)

/* ---------------------------------------------------------------- index */

static int dense_grow(vel_book_l3_t *book, uint64_t wanted)
{
    uint64_t grown = book->dense_max == 0 ? ORDERS_INITIAL : book->dense_max;
    while (grown < wanted)
        grown *= 2;
    uint32_t *dense = grown > DENSE_MAX ? NULL : realloc(book->dense, grown * sizeof *dense);
    if (dense == NULL)
        return VEL_ENOMEM;
    for (uint64_t id = book->dense_max; id < grown; id++)
        dense[id] = VEL_NO_ORDER;
    book->dense = dense;
    book->dense_max = (uint32_t)grown;
    return VEL_OK;
}

static int index_add(vel_book_l3_t *book, int64_t id, uint32_t index)
{
    if (VEL_LIKELY(book->dense == NULL))
        return vel_map_add(&book->index, id, index);
    if (VEL_UNLIKELY((uint64_t)id >= book->dense_max)) {
        int status = id < 0 || id >= DENSE_MAX ? VEL_EINVAL : dense_grow(book, (uint64_t)id + 1);
        if (status != VEL_OK)
            return status;
    }
    if (book->dense[id] != VEL_NO_ORDER)
        return VEL_EEXIST;
    book->dense[id] = index;
    return VEL_OK;
}

static void index_remove(vel_book_l3_t *book, int64_t id)
{
    if (VEL_LIKELY(book->dense == NULL))
        vel_map_remove(&book->index, id);
    else
        book->dense[id] = VEL_NO_ORDER;
}

/* ---------------------------------------------------------------- life */

int vel_book_l3_init(vel_book_l3_t *book, vel_priority_rule_t rule)
{
    memset(book, 0, sizeof *book);
    book->rule = (uint8_t)rule;
    book->free_head = VEL_NO_ORDER;
    return vel_book_init(&book->levels);
}

int vel_book_l3_init_dense(vel_book_l3_t *book, vel_priority_rule_t rule)
{
    int status = vel_book_l3_init(book, rule);
    return status == VEL_OK ? dense_grow(book, ORDERS_INITIAL) : status;
}

void vel_book_l3_free(vel_book_l3_t *book)
{
    vel_book_free(&book->levels);
    vel_map_free(&book->index);
    free(book->dense);
    free(book->orders);
    free(book->queues[0]);
    free(book->queues[1]);
    book->dense = NULL;
    book->dense_max = 0;
    book->orders = NULL;
    book->queues[0] = book->queues[1] = NULL;
}

void vel_book_l3_clear(vel_book_l3_t *book)
{
    vel_book_clear(&book->levels);
    vel_map_clear(&book->index);
    for (uint32_t id = 0; id < book->dense_max; id++)
        book->dense[id] = VEL_NO_ORDER;
    book->orders_used = 0;
    book->free_head = VEL_NO_ORDER;
    book->count = 0;
}

/* ---------------------------------------------------------------- pool */

static int pool_grow(vel_book_l3_t *book, uint64_t wanted)
{
    uint64_t grown = book->orders_max == 0 ? ORDERS_INITIAL : book->orders_max;
    while (grown < wanted)
        grown *= 2;
    if (grown >= VEL_NO_ORDER)
        return VEL_ENOMEM;
    vel_l3_order_t *orders = realloc(book->orders, grown * sizeof *orders);
    if (orders == NULL)
        return VEL_ENOMEM;
    book->orders = orders;
    book->orders_max = (uint32_t)grown;
    return VEL_OK;
}

int vel_book_l3_reserve(vel_book_l3_t *book, int64_t orders)
{
    if (orders < 0)
        return VEL_EINVAL;
    if (orders > VEL_L3_RESERVE_MAX)
        return VEL_EFULL;
    int status = VEL_OK;
    if (book->dense == NULL)
        status = vel_map_reserve(&book->index, (uint64_t)orders);
    else if ((uint64_t)orders > book->dense_max)
        status = dense_grow(book, (uint64_t)orders);
    if (status != VEL_OK || (uint64_t)orders <= book->orders_max)
        return status;
    return pool_grow(book, (uint64_t)orders);
}

/* The pool must have room: see make_room. */
static uint32_t pool_take(vel_book_l3_t *book)
{
    uint32_t index = book->free_head;
    if (index == VEL_NO_ORDER)
        return book->orders_used++;
    book->free_head = book->orders[index].behind;
    return index;
}

static void pool_give(vel_book_l3_t *book, uint32_t index)
{
    book->orders[index].behind = book->free_head;
    book->free_head = index;
}

static int make_room(vel_book_l3_t *book)
{
    if (book->free_head != VEL_NO_ORDER || book->orders_used < book->orders_max)
        return VEL_OK;
    return pool_grow(book, (uint64_t)book->orders_max + 1);
}

/* ---------------------------------------------------------------- queues */

static vel_l3_queue_t *queue_of(const vel_book_l3_t *book, uint8_t side, const vel_page_t *page, int64_t key)
{
    const vel_ladder_t *ladder = &book->levels.side[side];
    return &book->queues[side][page - ladder->pages].queue[(uint64_t)key % VEL_PAGE_TICKS];
}

/* Grow the queue pages to as many as the ladder has. */
static int queues_follow(vel_book_l3_t *book, uint8_t side)
{
    uint32_t wanted = book->levels.side[side].pages_max;
    if (book->queue_pages[side] >= wanted)
        return VEL_OK;
    vel_l3_queue_page_t *pages = realloc(book->queues[side], wanted * sizeof *pages);
    if (pages == NULL)
        return VEL_ENOMEM;
    book->queues[side] = pages;
    book->queue_pages[side] = wanted;
    return VEL_OK;
}

/* Put a pooled order last in the queue of its price. The order's fields but the links are set. */
static int queue_push(vel_book_l3_t *book, uint32_t index)
{
    vel_l3_order_t *order = &book->orders[index];
    order->stamp = book->stamp++;
    vel_ladder_t *ladder = &book->levels.side[order->side];
    int64_t key = vel_side_key(order->side, order->price);
    vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    unsigned at = (unsigned)((uint64_t)key % VEL_PAGE_TICKS);
    if (VEL_LIKELY(page != NULL && (page->used >> at & 1))) {
        int64_t total;
        if (__builtin_add_overflow(page->qty[at], order->qty, &total))
            return VEL_ERANGE;
        page->qty[at] = total;
        vel_l3_queue_t *queue = queue_of(book, order->side, page, key);
        order->ahead = queue->last;
        order->behind = VEL_NO_ORDER;
        book->orders[queue->last].behind = index;
        queue->last = index;
        queue->orders++;
        return VEL_OK;
    }
    int status = vel_ladder_set(ladder, key, order->qty);
    if (status != VEL_OK)
        return status;
    if ((status = queues_follow(book, order->side)) != VEL_OK) {
        (void)vel_ladder_set(ladder, key, 0); /* taking away needs no memory */
        return status;
    }
    page = vel_ladder_page(ladder, vel_page_number(key));
    *queue_of(book, order->side, page, key) = (vel_l3_queue_t){index, index, 1};
    order->ahead = order->behind = VEL_NO_ORDER;
    return VEL_OK;
}

/* Take `lots` off an order's level, and the order out of its queue when it has no more. */
static void queue_take(vel_book_l3_t *book, uint32_t index, int64_t lots)
{
    vel_l3_order_t *order = &book->orders[index];
    vel_ladder_t *ladder = &book->levels.side[order->side];
    int64_t key = vel_side_key(order->side, order->price);
    vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    order->qty -= lots;
    int64_t *total = &page->qty[(uint64_t)key % VEL_PAGE_TICKS];
    *total -= lots;
    if (order->qty > 0)
        return;
    vel_l3_queue_t *queue = queue_of(book, order->side, page, key);
    if (order->ahead == VEL_NO_ORDER)
        queue->first = order->behind;
    else
        book->orders[order->ahead].behind = order->behind;
    if (order->behind == VEL_NO_ORDER)
        queue->last = order->ahead;
    else
        book->orders[order->behind].ahead = order->ahead;
    if (--queue->orders == 0)
        (void)vel_ladder_set(ladder, key, 0); /* taking away needs no memory */
}

static void order_remove(vel_book_l3_t *book, uint32_t index)
{
    queue_take(book, index, book->orders[index].qty);
    index_remove(book, book->orders[index].id);
    pool_give(book, index);
    book->count--;
}

/* ---------------------------------------------------------------- changes */

int vel_book_l3_add(vel_book_l3_t *book, int64_t id, uint8_t side, int64_t price_ticks, int64_t qty_lots)
{
    if (VEL_UNLIKELY(side > VEL_SELL || !vel_is_size(qty_lots) || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    int status = make_room(book);
    if (VEL_UNLIKELY(status != VEL_OK))
        return status;
    uint32_t index = book->free_head != VEL_NO_ORDER ? book->free_head : book->orders_used;
    if ((status = index_add(book, id, index)) != VEL_OK)
        return status;
    (void)pool_take(book);
    vel_l3_order_t *order = &book->orders[index];
    order->id = id;
    order->price = price_ticks;
    order->qty = qty_lots;
    order->side = side;
    if (VEL_UNLIKELY((status = queue_push(book, index)) != VEL_OK)) {
        index_remove(book, id);
        pool_give(book, index);
        return status;
    }
    book->count++;
    return VEL_OK;
}

/* Move a live order to the end of the queue at a price, with a quantity; undone when that fails. */
static int order_move(vel_book_l3_t *book, uint32_t index, int64_t price_ticks, int64_t qty_lots)
{
    vel_l3_order_t *order = &book->orders[index];
    int64_t old = order->qty;
    int64_t others = vel_book_qty(&book->levels, order->side, price_ticks);
    if (order->price == price_ticks)
        others -= old;
    if (others > INT64_MAX - qty_lots)
        return VEL_ERANGE;
    if (order->price != price_ticks && others == 0) {
        /* Make the new level first: it may need memory, and afterwards nothing can fail. */
        vel_ladder_t *ladder = &book->levels.side[order->side];
        int64_t key = vel_side_key(order->side, price_ticks);
        int status = vel_ladder_set(ladder, key, qty_lots);
        if (status == VEL_OK && (status = queues_follow(book, order->side)) != VEL_OK)
            (void)vel_ladder_set(ladder, key, 0);
        if (status != VEL_OK)
            return status;
        queue_take(book, index, old);
        order->price = price_ticks;
        order->qty = qty_lots;
        const vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
        *queue_of(book, order->side, page, key) = (vel_l3_queue_t){index, index, 1};
        order->ahead = order->behind = VEL_NO_ORDER;
        order->stamp = book->stamp++;
        return VEL_OK;
    }
    if (order->price == price_ticks && others == 0) {
        /* Alone at its price: the queue stays as it is, but who joined it meanwhile elsewhere (a venue's own orders) is
         * now ahead. */
        order->stamp = book->stamp++;
        order->qty = qty_lots;
        return vel_ladder_set(&book->levels.side[order->side], vel_side_key(order->side, price_ticks), qty_lots);
    }
    queue_take(book, index, old);
    order->price = price_ticks;
    order->qty = qty_lots;
    return queue_push(book, index); /* joins a level that exists: nothing to allocate */
}

int vel_book_l3_change(vel_book_l3_t *book, int64_t id, int64_t price_ticks, int64_t qty_lots)
{
    uint32_t index = vel_book_l3_find(book, id);
    if (VEL_UNLIKELY(index == VEL_NO_ORDER))
        return VEL_ENOENT;
    if (VEL_UNLIKELY(!vel_is_qty(qty_lots) || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    vel_l3_order_t *order = &book->orders[index];
    if (qty_lots == 0) {
        order_remove(book, index);
        return VEL_OK;
    }
    if (order->price != price_ticks)
        return order_move(book, index, price_ticks, qty_lots);
    if (order->qty == qty_lots)
        return VEL_OK;
    bool is_less = qty_lots < order->qty;
    if (book->rule == VEL_PRIORITY_LOST_BY_ANY || (book->rule == VEL_PRIORITY_LOST_BY_MORE && !is_less))
        return order_move(book, index, price_ticks, qty_lots);
    int64_t key = vel_side_key(order->side, price_ticks);
    int64_t others = vel_ladder_qty(&book->levels.side[order->side], key) - order->qty;
    if (others > INT64_MAX - qty_lots)
        return VEL_ERANGE;
    order->qty = qty_lots;
    return vel_ladder_set(&book->levels.side[order->side], key, others + qty_lots);
}

int vel_book_l3_cancel(vel_book_l3_t *book, int64_t id, int64_t qty_lots)
{
    uint32_t index = vel_book_l3_find(book, id);
    if (VEL_UNLIKELY(index == VEL_NO_ORDER))
        return VEL_ENOENT;
    vel_l3_order_t *order = &book->orders[index];
    if (qty_lots == 0 || qty_lots == order->qty) {
        order_remove(book, index);
        return VEL_OK;
    }
    if (VEL_UNLIKELY(qty_lots < 0 || qty_lots > order->qty))
        return VEL_ECORRUPT;
    queue_take(book, index, qty_lots);
    return VEL_OK;
}

int vel_book_l3_execute(vel_book_l3_t *book, int64_t id, int64_t qty_lots)
{
    if (VEL_UNLIKELY(qty_lots <= 0))
        return VEL_EINVAL;
    return vel_book_l3_cancel(book, id, qty_lots);
}

int vel_book_l3_replace(vel_book_l3_t *book, int64_t id, int64_t new_id, int64_t price_ticks, int64_t qty_lots)
{
    uint32_t index = vel_book_l3_find(book, id);
    if (VEL_UNLIKELY(index == VEL_NO_ORDER))
        return VEL_ENOENT;
    if (VEL_UNLIKELY(qty_lots <= 0 || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    int status;
    if (new_id != id && (status = index_add(book, new_id, index)) != VEL_OK)
        return status;
    if ((status = order_move(book, index, price_ticks, qty_lots)) != VEL_OK) {
        if (new_id != id)
            index_remove(book, new_id);
        return status;
    }
    if (new_id != id) {
        index_remove(book, id);
        book->orders[index].id = new_id;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- rows */

int vel_book_l3_apply(vel_book_l3_t *book, uint8_t kind, uint8_t side, int64_t price_ticks, int64_t qty_lots,
                      int64_t id)
{
    int status;
    switch (kind) {
    case VEL_EV_ORDER_ADD:
        status = vel_book_l3_add(book, id, side, price_ticks, qty_lots);
        break;
    case VEL_EV_ORDER_CHANGE:
        status = vel_book_l3_change(book, id, price_ticks, qty_lots);
        break;
    case VEL_EV_ORDER_CANCEL:
        status = vel_book_l3_cancel(book, id, qty_lots);
        break;
    case VEL_EV_ORDER_EXECUTE:
        status = vel_book_l3_execute(book, id, qty_lots);
        break;
    case VEL_EV_SNAPSHOT_BEGIN:
        vel_book_l3_clear(book);
        book->levels.in_snapshot = 1;
        return VEL_OK;
    case VEL_EV_SNAPSHOT_END:
        vel_book_end_snapshot(&book->levels);
        return VEL_OK;
    case VEL_EV_GAP:
        book->levels.is_stale = 1;
        return VEL_OK;
    default:
        return VEL_OK;
    }
    book->levels.updates += status == VEL_OK;
    return status;
}

int vel_book_l3_apply_columns(vel_book_l3_t *book, const vel_columns_t *columns, int64_t from, int64_t to,
                              bool skip_unknown, int64_t *skipped, int64_t *failed)
{
    for (int64_t row = from; row < to; row++) {
        int status = vel_book_l3_apply(book, columns->kind[row], columns->side[row], columns->price[row],
                                       columns->qty[row], columns->order_id[row]);
        if (VEL_UNLIKELY(status != VEL_OK)) {
            if (status == VEL_ENOENT && skip_unknown) {
                ++*skipped;
                continue;
            }
            *failed = row;
            return status;
        }
    }
    if (to > from)
        book->levels.ts_event = columns->ts_event[to - 1];
    return VEL_OK;
}

/* ---------------------------------------------------------------- reading */

int vel_book_l3_ahead(const vel_book_l3_t *book, int64_t id, int64_t *lots, int64_t *orders)
{
    uint32_t index = vel_book_l3_find(book, id);
    if (index == VEL_NO_ORDER)
        return VEL_ENOENT;
    const vel_l3_order_t *order = &book->orders[index];
    const vel_ladder_t *ladder = &book->levels.side[order->side];
    int64_t key = vel_side_key(order->side, order->price);
    const vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    const vel_l3_queue_t *queue = queue_of(book, order->side, page, key);
    uint32_t ahead = order->ahead, behind = order->behind;
    int64_t lots_ahead = 0, lots_behind = 0, count = 0;
    while (ahead != VEL_NO_ORDER && behind != VEL_NO_ORDER) {
        lots_ahead += book->orders[ahead].qty;
        lots_behind += book->orders[behind].qty;
        count++;
        ahead = book->orders[ahead].ahead;
        behind = book->orders[behind].behind;
    }
    if (ahead == VEL_NO_ORDER) {
        *lots = lots_ahead;
        *orders = count;
    } else {
        *lots = page->qty[(uint64_t)key % VEL_PAGE_TICKS] - order->qty - lots_behind;
        *orders = (int64_t)queue->orders - 1 - count;
    }
    return VEL_OK;
}

static const vel_l3_queue_t *queue_at(const vel_book_l3_t *book, uint8_t side, int64_t key)
{
    if (vel_ladder_qty(&book->levels.side[side], key) == 0)
        return NULL;
    return queue_of(book, side, vel_ladder_page(&book->levels.side[side], vel_page_number(key)), key);
}

int64_t vel_book_l3_queue(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks, int64_t n, int64_t *ids,
                          int64_t *qty_lots)
{
    const vel_l3_queue_t *queue = queue_at(book, side, vel_side_key(side, price_ticks));
    int64_t count = 0;
    if (queue == NULL)
        return 0;
    for (uint32_t at = queue->first; at != VEL_NO_ORDER && count < n; at = book->orders[at].behind) {
        ids[count] = book->orders[at].id;
        qty_lots[count] = book->orders[at].qty;
        count++;
    }
    return count;
}

const vel_l3_order_t *vel_book_l3_first(const vel_book_l3_t *book, uint8_t side)
{
    const vel_ladder_t *ladder = &book->levels.side[side];
    int64_t key = ladder->best_key;
    if (key == VEL_NO_KEY)
        return NULL;
    const vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    return &book->orders[queue_of(book, side, page, key)->first];
}

const vel_l3_order_t *vel_book_l3_first_at(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks)
{
    const vel_ladder_t *ladder = &book->levels.side[side];
    int64_t key = vel_side_key(side, price_ticks);
    const vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    if (page == NULL || !(page->used >> ((uint64_t)key % VEL_PAGE_TICKS) & 1))
        return NULL;
    return &book->orders[queue_of(book, side, page, key)->first];
}

int64_t vel_book_l3_orders_at(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks)
{
    const vel_l3_queue_t *queue = queue_at(book, side, vel_side_key(side, price_ticks));
    return queue == NULL ? 0 : (int64_t)queue->orders;
}

uint64_t vel_book_l3_state_hash(const vel_book_l3_t *book)
{
    uint64_t hash = VEL_HASH_SEED;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_ladder_t *ladder = &book->levels.side[side];
        hash = vel_hash_i64(hash, ladder->levels);
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
            const vel_l3_queue_t *queue = queue_at(book, side, key);
            hash = vel_hash_i64(hash, vel_key_ticks(side, key));
            hash = vel_hash_i64(hash, (int64_t)queue->orders);
            for (uint32_t at = queue->first; at != VEL_NO_ORDER; at = book->orders[at].behind) {
                hash = vel_hash_i64(hash, book->orders[at].id);
                hash = vel_hash_i64(hash, book->orders[at].qty);
            }
        }
    }
    return hash;
}

/* Ids in the index. */
static uint64_t indexed(const vel_book_l3_t *book)
{
    uint64_t count = book->index.count;
    for (uint32_t id = 0; id < book->dense_max; id++)
        count += book->dense[id] != VEL_NO_ORDER;
    return count;
}

void vel_book_l3_check(const vel_book_l3_t *book)
{
    int64_t live = 0;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_ladder_t *ladder = &book->levels.side[side];
        int64_t levels = 0, previous = INT64_MIN;
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
            VEL_ASSERT(key > previous);
            previous = key;
            levels++;
            const vel_l3_queue_t *queue = queue_at(book, side, key);
            VEL_ASSERT(queue != NULL && queue->first != VEL_NO_ORDER);
            int64_t total = 0, orders = 0;
            uint32_t before = VEL_NO_ORDER;
            for (uint32_t at = queue->first; at != VEL_NO_ORDER; at = book->orders[at].behind) {
                const vel_l3_order_t *order = &book->orders[at];
                VEL_ASSERT(order->ahead == before && order->side == side && order->qty > 0);
                VEL_ASSERT(vel_side_key(side, order->price) == key);
                VEL_ASSERT(vel_book_l3_order(book, order->id) == order);
                total += order->qty;
                orders++;
                before = at;
            }
            VEL_ASSERT(queue->last == before);
            VEL_ASSERT(total == vel_ladder_qty(ladder, key) && orders == (int64_t)queue->orders);
            live += orders;
        }
        VEL_ASSERT(levels == ladder->levels);
    }
    VEL_ASSERT(live == book->count && (uint64_t)live == indexed(book));
}
