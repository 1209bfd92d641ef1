#include <string.h>

#include "book_l3_inner.h"
#include "velora/hash.h"

#define ORDERS_INITIAL 1024u
#define DENSE_MAX (INT64_C(1) << 31)
#define CELL_MAX 0x7fffffff

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
    book->is_dense = 1;
    return status;
}

void vel_book_l3_free(vel_book_l3_t *book)
{
    vel_book_free(&book->levels);
    vel_map_free(&book->index);
    free(book->orders);
    free(book->queues[0]);
    free(book->queues[1]);
    book->orders = NULL;
    book->orders_max = book->orders_used = 0;
    book->queues[0] = book->queues[1] = NULL;
}

void vel_book_l3_clear(vel_book_l3_t *book)
{
    vel_book_clear(&book->levels);
    vel_map_clear(&book->index);
    for (uint32_t id = 0; book->is_dense && id < book->orders_used; id++)
        book->orders[id].qty = 0;
    book->orders_used = 0;
    book->free_head = VEL_NO_ORDER;
    book->count = 0;
}

/* ---------------------------------------------------------------- pool
 *
 * Ids of any kind: places are taken from a free list, and a map finds them. Dense ids are the places; a place without
 * an order has the quantity 0. */

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
    for (uint64_t id = book->orders_max; book->is_dense && id < grown; id++)
        orders[id].qty = 0;
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
    int status = book->is_dense ? VEL_OK : vel_map_reserve(&book->index, (uint64_t)orders);
    if (status != VEL_OK || (uint64_t)orders <= book->orders_max)
        return status;
    return pool_grow(book, (uint64_t)orders);
}

/* A place for a new id. VEL_OK, VEL_EEXIST, VEL_EINVAL or VEL_ENOMEM. */
static int place_take(vel_book_l3_t *book, int64_t id, uint32_t *index)
{
    int status;
    if (book->is_dense) {
        if (VEL_UNLIKELY((uint64_t)id >= book->orders_max)) {
            status = id < 0 || id >= DENSE_MAX ? VEL_EINVAL : pool_grow(book, (uint64_t)id + 1);
            if (status != VEL_OK)
                return status;
        }
        *index = (uint32_t)id;
        if (book->orders[*index].qty > 0)
            return VEL_EEXIST;
        if (*index >= book->orders_used)
            book->orders_used = *index + 1;
        return VEL_OK;
    }
    bool has_free = book->free_head != VEL_NO_ORDER;
    if (!has_free && book->orders_used == book->orders_max &&
        (status = pool_grow(book, (uint64_t)book->orders_max + 1)) != VEL_OK)
        return status;
    *index = has_free ? book->free_head : book->orders_used;
    if ((status = vel_map_add(&book->index, id, *index)) != VEL_OK)
        return status;
    if (has_free)
        book->free_head = book->orders[*index].behind;
    else
        book->orders_used++;
    return VEL_OK;
}

static void place_give(vel_book_l3_t *book, uint32_t index)
{
    vel_l3_order_t *order = &book->orders[index];
    order->qty = 0;
    if (book->is_dense)
        return;
    vel_map_remove(&book->index, order->id);
    order->behind = book->free_head;
    book->free_head = index;
}

/* ---------------------------------------------------------------- queues */

/* Make as many pages of queues as the ladder has, or will have once it takes one more. */
static int queues_follow(vel_book_l3_t *book, uint8_t side)
{
    const vel_ladder_t *ladder = &book->levels.side[side];
    bool grows = ladder->free_head == VEL_NO_PAGE && ladder->pages_count == ladder->pages_max;
    uint32_t wanted = grows ? ladder->pages_max * 2 : ladder->pages_max;
    if (book->queue_pages[side] >= wanted)
        return VEL_OK;
    vel_l3_queue_t *queues = realloc(book->queues[side], (size_t)wanted * VEL_PAGE_TICKS * sizeof *queues);
    if (queues == NULL)
        return VEL_ENOMEM;
    book->queues[side] = queues;
    book->queue_pages[side] = wanted;
    return VEL_OK;
}

/* Make a level of one order, which is not linked to it yet. */
static int level_make(vel_book_l3_t *book, uint8_t side, int64_t key, uint32_t index, int64_t qty_lots, uint32_t *made)
{
    vel_ladder_t *ladder = &book->levels.side[side];
    int status = queues_follow(book, side);
    if (status != VEL_OK || (status = vel_ladder_set(ladder, key, qty_lots)) != VEL_OK)
        return status;
    uint32_t cell = vel_l3_cell(ladder, vel_ladder_page(ladder, vel_page_number(key)), key);
    book->queues[side][cell] = (vel_l3_queue_t){index, index, 1};
    *made = cell;
    return VEL_OK;
}

int vel_l3_join_slow(vel_book_l3_t *book, uint32_t index, unsigned of_side)
{
    vel_l3_order_t *order = &book->orders[index];
    uint8_t side = (uint8_t)of_side;
    vel_ladder_t *ladder = &book->levels.side[side];
    int64_t key = vel_side_key(side, order->price), total;
    vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    unsigned at = (unsigned)((uint64_t)key % VEL_PAGE_TICKS);
    uint32_t cell;
    order->side = of_side & 1u;
    order->ahead = order->behind = VEL_NO_ORDER;
    if (page == NULL || !(page->used >> at & 1)) {
        int status = level_make(book, side, key, index, order->qty, &cell);
        if (status == VEL_OK)
            order->cell = cell & CELL_MAX;
        return status;
    }
    if (__builtin_add_overflow(page->qty[at], order->qty, &total))
        return VEL_ERANGE;
    page->qty[at] = total;
    cell = vel_l3_cell(ladder, page, key);
    order->cell = cell & CELL_MAX;
    vel_l3_queue_t *queue = &book->queues[side][cell];
    order->ahead = queue->last;
    book->orders[queue->last].behind = index;
    queue->last = index;
    queue->orders++;
    return VEL_OK;
}

static void order_remove(vel_book_l3_t *book, uint32_t index)
{
    vel_l3_leave(book, index);
    place_give(book, index);
    book->count--;
}

/* ---------------------------------------------------------------- changes */

int vel_book_l3_add(vel_book_l3_t *book, int64_t id, uint8_t side, int64_t price_ticks, int64_t qty_lots)
{
    if (VEL_UNLIKELY(side > VEL_SELL || !vel_is_size(qty_lots) || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    uint32_t index;
    int status = place_take(book, id, &index);
    if (VEL_UNLIKELY(status != VEL_OK))
        return status;
    book->orders[index].id = id;
    if (VEL_UNLIKELY((status = vel_l3_join(book, index, side, price_ticks, qty_lots)) != VEL_OK)) {
        place_give(book, index);
        return status;
    }
    book->count++;
    return VEL_OK;
}

/* Move a live order to the end of the queue at a price, with a quantity; undone when that fails. */
static int order_move(vel_book_l3_t *book, uint32_t index, int64_t price_ticks, int64_t qty_lots)
{
    vel_l3_order_t *order = &book->orders[index];
    uint8_t side = (uint8_t)order->side;
    int64_t old = order->qty;
    int64_t others = vel_book_qty(&book->levels, side, price_ticks);
    if (order->price == price_ticks)
        others -= old;
    if (others > INT64_MAX - qty_lots)
        return VEL_ERANGE;
    if (order->price != price_ticks && others == 0) {
        /* Make the new level first: it may need memory, and afterwards nothing can fail. */
        uint32_t cell;
        int status = level_make(book, side, vel_side_key(side, price_ticks), index, qty_lots, &cell);
        if (status != VEL_OK)
            return status;
        vel_l3_leave(book, index);
        order->cell = cell & CELL_MAX;
        order->price = price_ticks;
        order->qty = qty_lots;
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
    vel_l3_leave(book, index);
    return vel_l3_join(book, index, side, price_ticks, qty_lots); /* joins a level that exists: nothing to allocate */
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
    vel_l3_reduce(book, index, qty_lots);
    return VEL_OK;
}

int vel_book_l3_execute(vel_book_l3_t *book, int64_t id, int64_t qty_lots)
{
    if (VEL_UNLIKELY(qty_lots <= 0))
        return VEL_EINVAL;
    return vel_book_l3_cancel(book, id, qty_lots);
}

/* An order moves to another place of the pool, with its links. */
static void order_relocate(vel_book_l3_t *book, uint32_t from, uint32_t to)
{
    vel_l3_order_t *order = &book->orders[to];
    *order = book->orders[from];
    book->orders[from].qty = 0;
    vel_l3_queue_t *queue = &book->queues[order->side][order->cell];
    *(order->ahead == VEL_NO_ORDER ? &queue->first : &book->orders[order->ahead].behind) = to;
    *(order->behind == VEL_NO_ORDER ? &queue->last : &book->orders[order->behind].ahead) = to;
}

/* The new id of an order that has moved. */
static void rename_order(vel_book_l3_t *book, uint32_t index, int64_t new_id)
{
    if (book->is_dense) {
        order_relocate(book, index, (uint32_t)new_id);
        index = (uint32_t)new_id;
    } else {
        vel_map_remove(&book->index, book->orders[index].id);
    }
    book->orders[index].id = new_id;
}

int vel_book_l3_replace(vel_book_l3_t *book, int64_t id, int64_t new_id, int64_t price_ticks, int64_t qty_lots)
{
    uint32_t index = vel_book_l3_find(book, id), other;
    if (VEL_UNLIKELY(index == VEL_NO_ORDER))
        return VEL_ENOENT;
    if (VEL_UNLIKELY(qty_lots <= 0 || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    int status = VEL_OK;
    if (new_id != id)
        status = book->is_dense ? place_take(book, new_id, &other) : vel_map_add(&book->index, new_id, index);
    if (status != VEL_OK)
        return status;
    if ((status = order_move(book, index, price_ticks, qty_lots)) != VEL_OK) {
        if (new_id != id && !book->is_dense)
            vel_map_remove(&book->index, new_id);
        return status;
    }
    if (new_id != id)
        rename_order(book, index, new_id);
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
    const vel_l3_queue_t *queue = &book->queues[order->side][order->cell];
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
        *lots = vel_book_qty(&book->levels, (uint8_t)order->side, order->price) - order->qty - lots_behind;
        *orders = (int64_t)queue->orders - 1 - count;
    }
    return VEL_OK;
}

/* The queue of a level, NULL when there is none. */
static const vel_l3_queue_t *queue_at(const vel_book_l3_t *book, uint8_t side, int64_t key)
{
    const vel_ladder_t *ladder = &book->levels.side[side];
    const vel_page_t *page = vel_ladder_page(ladder, vel_page_number(key));
    if (page == NULL || !(page->used >> ((uint64_t)key % VEL_PAGE_TICKS) & 1))
        return NULL;
    return &book->queues[side][vel_l3_cell(ladder, page, key)];
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
    int64_t key = book->levels.side[side].best_key;
    return key == VEL_NO_KEY ? NULL : &book->orders[queue_at(book, side, key)->first];
}

const vel_l3_order_t *vel_book_l3_first_at(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks)
{
    const vel_l3_queue_t *queue = queue_at(book, side, vel_side_key(side, price_ticks));
    return queue == NULL ? NULL : &book->orders[queue->first];
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
    for (uint32_t id = 0; book->is_dense && id < book->orders_used; id++)
        count += book->orders[id].qty > 0;
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
