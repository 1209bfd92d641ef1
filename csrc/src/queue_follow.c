#include "velora/queue_follow.h"

#include <string.h>

int vel_follow_init(vel_follow_t *follow)
{
    return vel_book_l3_init(&follow->book, VEL_PRIORITY_LOST_BY_MORE);
}

void vel_follow_free(vel_follow_t *follow)
{
    vel_book_l3_free(&follow->book);
    vel_map_free(&follow->sequences);
    vel_map_free(&follow->level_of);
    for (int64_t at = 0; at < follow->levels.count; at++)
        vel_indices_free(&follow->levels.items[at].members);
    vel_follow_levels_free(&follow->levels);
    vel_followed_list_free(&follow->orders);
    vel_estimates_free(&follow->estimates);
    vel_indices_free(&follow->live[0]);
    vel_indices_free(&follow->live[1]);
    vel_indices_free(&follow->touched);
    vel_prints_free(&follow->prints);
    vel_executions_free(&follow->executions);
    vel_mids_free(&follow->mids);
}

/* ---------------------------------------------------------------- levels and members */

static vel_follow_level_t *level_find(vel_follow_t *follow, uint8_t side, int64_t price)
{
    int64_t *at = vel_map_get(&follow->level_of, price * 2 + side);
    return at == NULL ? NULL : &follow->levels.items[*at];
}

static int level_make(vel_follow_t *follow, uint8_t side, int64_t price, vel_follow_level_t **out)
{
    if ((*out = level_find(follow, side, price)) != NULL)
        return VEL_OK;
    vel_follow_level_t fresh = {.price = price, .side = side};
    int status = vel_follow_levels_push(&follow->levels, &fresh);
    if (status == VEL_OK)
        status = vel_map_put(&follow->level_of, price * 2 + side, follow->levels.count - 1);
    if (status == VEL_OK)
        *out = &follow->levels.items[follow->levels.count - 1];
    return status;
}

/* Mark the level as changed by this event. Levels without followed orders need no mark. */
static int touch(vel_follow_t *follow, uint8_t side, int64_t price)
{
    vel_follow_level_t *level = level_find(follow, side, price);
    if (level == NULL || level->is_touched)
        return VEL_OK;
    level->is_touched = 1;
    int64_t at = level - follow->levels.items;
    return vel_indices_push(&follow->touched, &at);
}

static int join(vel_follow_t *follow, vel_followed_t *fresh)
{
    vel_follow_level_t *level;
    int status = level_make(follow, fresh->side, fresh->price, &level);
    if (status != VEL_OK)
        return status;
    int64_t index = follow->orders.count;
    fresh->ts_end = fresh->ts_fill = -1;
    fresh->ahead = fresh->ahead_start;
    fresh->before = fresh->ahead_start;
    fresh->prints_from = follow->prints.count;
    fresh->level = level - follow->levels.items;
    fresh->at = level->members.count;
    fresh->is_fresh = fresh->is_real;
    vel_estimate_t estimate = {.ahead = (double)fresh->ahead_start, .ts_fill = -1};
    for (int64_t model = 0; model < follow->models_count; model++)
        if ((status = vel_estimates_push(&follow->estimates, &estimate)) != VEL_OK)
            return status;
    if ((status = vel_followed_list_push(&follow->orders, fresh)) != VEL_OK ||
        (status = vel_indices_push(&level->members, &index)) != VEL_OK)
        return status;
    return vel_indices_push(&follow->live[fresh->is_real], &index);
}

/* The order's entry in `live` is removed at the next pass over that list. */
static void end(vel_follow_t *follow, int64_t index, uint8_t how, int64_t ts)
{
    vel_followed_t *order = &follow->orders.items[index];
    vel_indices_t *members = &follow->levels.items[order->level].members;
    int64_t last = members->items[--members->count];
    members->items[order->at] = last;
    follow->orders.items[last].at = order->at;
    order->end = how;
    order->ts_end = ts;
    order->at = -1;
}

static void lose_level(vel_follow_t *follow, uint8_t side, int64_t price, int64_t ts)
{
    vel_follow_level_t *level = level_find(follow, side, price);
    while (level != NULL && level->members.count > 0)
        end(follow, level->members.items[level->members.count - 1], VEL_FOLLOW_LOST, ts);
}

static void lose_all(vel_follow_t *follow, int64_t ts)
{
    for (int kind = 0; kind < 2; kind++) {
        for (int64_t at = 0; at < follow->live[kind].count; at++) {
            int64_t index = follow->live[kind].items[at];
            if (follow->orders.items[index].at >= 0)
                end(follow, index, VEL_FOLLOW_LOST, ts);
        }
        follow->live[kind].count = 0;
    }
}

/* ---------------------------------------------------------------- truth and models of an order */

static void fill(vel_followed_t *order, uint8_t cause, int64_t ts)
{
    if (order->ts_fill >= 0)
        return;
    order->ts_fill = ts;
    order->cause = cause;
}

/* Update the models with the event so far: its prints, and the current level. */
static void update(vel_follow_t *follow, int64_t index, bool is_touched, bool is_crossed, int64_t ts)
{
    vel_followed_t *order = &follow->orders.items[index];
    int64_t key = vel_side_key(order->side, order->price), traded = 0;
    bool is_through = is_crossed;
    for (int64_t at = order->prints_from; at < follow->prints.count; at++) {
        const vel_print_t *print = &follow->prints.items[at];
        if (print->aggressor == order->side)
            continue;
        if (print->price == order->price)
            traded += print->qty;
        else if (vel_side_key(order->side, print->price) > key)
            is_through = true;
    }
    if (!is_touched && traded == 0 && !is_through)
        return;
    int64_t after = vel_book_qty(&follow->book.levels, order->side, order->price);
    if (order->is_real) {
        const vel_l3_order_t *own = vel_book_l3_order(&follow->book, order->id);
        if (own != NULL && own->side == order->side && own->price == order->price)
            after -= own->qty;
    }
    bool is_compared = is_touched && !order->is_fresh && order->ts_fill < 0;
    order->places += is_compared;
    order->is_fresh = 0;
    for (int64_t model = 0; model < follow->models_count; model++) {
        vel_estimate_t *estimate = &follow->estimates.items[index * follow->models_count + model];
        const vel_queue_model_t *own = &follow->models[model];
        double ahead = estimate->ahead, volume = (double)traded;
        if (estimate->ts_fill < 0 && (is_through || volume - ahead >= 1.0))
            estimate->ts_fill = ts;
        vel_queue_position_t place = {
            .ahead = ahead > volume ? ahead - volume : 0.0, .traded = volume, .cut_ts = INT64_MIN};
        own->on_depth(&place, (double)order->before, (double)after, own->params);
        estimate->ahead = place.ahead;
        if (is_compared) {
            double error = place.ahead - (double)order->ahead, absolute = error < 0.0 ? -error : error;
            estimate->error += error;
            estimate->absolute += absolute;
            estimate->share += absolute / (after > 0 ? (double)after : 1.0);
        }
    }
    order->before = after;
}

static bool is_filled_by_all(const vel_follow_t *follow, int64_t index)
{
    if (follow->orders.items[index].ts_fill < 0)
        return false;
    for (int64_t model = 0; model < follow->models_count; model++)
        if (follow->estimates.items[index * follow->models_count + model].ts_fill < 0)
            return false;
    return true;
}

/* ---------------------------------------------------------------- rows */

/* A new order, last at its price. Without is_news the recording only shows a level again that had left its view: its
 * total is known, but not how it changed relative to the followed orders there. */
static int add(vel_follow_t *follow, int64_t id, uint8_t side, int64_t price, int64_t qty, bool is_news, int64_t ts)
{
    if (side > VEL_SELL)
        return VEL_EINVAL;
    int64_t ahead = vel_book_qty(&follow->book.levels, side, price);
    int status = vel_book_l3_add(&follow->book, id, side, price, qty);
    if (status != VEL_OK || (status = vel_map_put(&follow->sequences, id, ++follow->sequence)) != VEL_OK)
        return status;
    if (!is_news && !follow->book.levels.in_snapshot)
        lose_level(follow, side, price, ts);
    if (is_news && follow->every != 0 && follow->sequence % follow->every == 0) {
        vel_followed_t fresh = {.id = id,
                                .price = price,
                                .ts_start = ts,
                                .ahead_start = ahead,
                                .sequence = follow->sequence,
                                .side = side,
                                .is_real = 1};
        status = join(follow, &fresh);
    }
    return status == VEL_OK ? touch(follow, side, price) : status;
}

/* Mark virtual orders that an execution beyond their price fills. */
static void fill_through(vel_follow_t *follow, uint8_t side, int64_t price, int64_t ts)
{
    int64_t key = vel_side_key(side, price);
    for (int64_t at = 0; at < follow->live[0].count; at++) {
        vel_followed_t *order = &follow->orders.items[follow->live[0].items[at]];
        if (order->at >= 0 && order->side == side && vel_side_key(side, order->price) < key)
            fill(order, VEL_FOLLOW_THROUGH, ts);
    }
}

/* Lots leave an order that is still in the book. Without is_known the order is unchanged: only its level has left
 * the recording's view. */
static void leave(vel_follow_t *follow, int64_t id, int64_t lots, bool is_execution, bool is_known, int64_t ts)
{
    const vel_l3_order_t *mover = vel_book_l3_order(&follow->book, id);
    vel_follow_level_t *level = level_find(follow, mover->side, mover->price);
    int64_t sequence = *vel_map_get(&follow->sequences, id);
    if (level == NULL)
        return;
    if (!is_known)
        lose_level(follow, mover->side, mover->price, ts);
    for (int64_t at = 0; at < level->members.count; at++) {
        vel_followed_t *order = &follow->orders.items[level->members.items[at]];
        if (order->is_real && order->id == id)
            continue;
        else if (sequence < order->sequence)
            order->ahead -= lots;
        else if (is_execution && !order->is_real)
            fill(order, VEL_FOLLOW_QUEUE, ts);
    }
}

/* A followed real order was executed or canceled; the book already includes the change. */
static void close_real(vel_follow_t *follow, uint8_t side, int64_t price, int64_t id, bool is_execution, bool has_left,
                       int64_t ts)
{
    vel_follow_level_t *level = level_find(follow, side, price);
    if (level == NULL || follow->every == 0)
        return;
    for (int64_t at = 0; at < level->members.count; at++) {
        int64_t index = level->members.items[at];
        vel_followed_t *order = &follow->orders.items[index];
        if (!order->is_real || order->id != id)
            continue;
        if (is_execution)
            fill(order, VEL_FOLLOW_QUEUE, ts);
        if (is_execution || has_left) {
            update(follow, index, true, false, ts);
            end(follow, index, is_execution ? VEL_FOLLOW_FILLED : VEL_FOLLOW_CANCELED, ts);
        }
        return;
    }
}

static int take(vel_follow_t *follow, int64_t id, int64_t qty, bool is_execution, bool is_known, int64_t ts)
{
    const vel_l3_order_t *found = vel_book_l3_order(&follow->book, id);
    if (found == NULL) {
        follow->unknown++;
        return VEL_OK;
    }
    vel_l3_order_t order = *found;
    int64_t lots = qty == 0 || qty > order.qty ? order.qty : qty;
    int64_t sequence = *vel_map_get(&follow->sequences, id);
    int status = touch(follow, order.side, order.price);
    if (status != VEL_OK)
        return status;
    for (int64_t at = 0; !is_execution && at < follow->executions.count; at++) {
        vel_execution_t *one = &follow->executions.items[at];
        one->is_late |= one->side == order.side && one->price == order.price && one->sequence > sequence;
    }
    leave(follow, id, lots, is_execution, is_known, ts);
    if (is_execution) {
        vel_execution_t execution = {order.price, sequence, order.side, 0};
        fill_through(follow, order.side, order.price, ts);
        if ((status = vel_executions_push(&follow->executions, &execution)) != VEL_OK)
            return status;
        if (!follow->has_trades) {
            vel_print_t print = {order.price, lots, order.side == VEL_BUY ? VEL_SELL : VEL_BUY};
            if ((status = vel_prints_push(&follow->prints, &print)) != VEL_OK)
                return status;
        }
    }
    if ((status = vel_book_l3_cancel(&follow->book, id, lots)) != VEL_OK)
        return status;
    bool has_left = lots == order.qty;
    if (has_left)
        vel_map_remove(&follow->sequences, id);
    close_real(follow, order.side, order.price, id, is_execution, has_left, ts);
    return VEL_OK;
}

static int change(vel_follow_t *follow, int64_t id, int64_t price, int64_t qty, int64_t ts)
{
    const vel_l3_order_t *found = vel_book_l3_order(&follow->book, id);
    if (found == NULL) {
        follow->unknown++;
        return VEL_OK;
    }
    vel_l3_order_t order = *found;
    if (price == order.price && qty <= order.qty)
        return qty == order.qty ? VEL_OK : take(follow, id, order.qty - qty, false, true, ts);
    int status = take(follow, id, 0, false, true, ts);
    return status != VEL_OK || qty == 0 ? status : add(follow, id, order.side, price, qty, true, ts);
}

static int trade(vel_follow_t *follow, uint8_t aggressor, uint8_t flags, int64_t price, int64_t qty)
{
    if (!follow->has_trades || (flags & VEL_FLAG_OFF_BOOK) || aggressor > VEL_SELL)
        return VEL_OK;
    vel_print_t print = {price, qty, aggressor};
    return vel_prints_push(&follow->prints, &print);
}

/* ---------------------------------------------------------------- the end of an event */

static void count_executions(vel_follow_t *follow)
{
    for (int64_t at = 0; at < follow->executions.count; at++) {
        const vel_execution_t *one = &follow->executions.items[at];
        const vel_l3_order_t *first = vel_book_l3_first_at(&follow->book, one->side, one->price);
        follow->executed++;
        follow->executed_first +=
            !one->is_late && (first == NULL || *vel_map_get(&follow->sequences, first->id) >= one->sequence);
    }
    follow->executions.count = 0;
}

static int note_mid(vel_follow_t *follow, int64_t ts)
{
    const vel_book_t *book = &follow->book.levels;
    if (!vel_book_has_side(book, VEL_BUY) || !vel_book_has_side(book, VEL_SELL) || vel_book_is_crossed(book))
        return VEL_OK;
    vel_mid_t mid = {ts, vel_book_best(book, VEL_BUY) + vel_book_best(book, VEL_SELL)};
    vel_mids_t *mids = &follow->mids;
    if (mids->count > 0 && mids->items[mids->count - 1].mid_x2 == mid.mid_x2)
        return VEL_OK;
    if (mids->count > 0 && mids->items[mids->count - 1].ts == ts) {
        mids->items[mids->count - 1].mid_x2 = mid.mid_x2;
        return VEL_OK;
    }
    return vel_mids_push(mids, &mid);
}

/* Whether the other side is at or beyond an order's price, in a book at the end of an event. */
static bool is_met(const vel_follow_t *follow, const vel_followed_t *order, bool is_sound)
{
    const vel_book_t *book = &follow->book.levels;
    uint8_t other = order->side == VEL_BUY ? VEL_SELL : VEL_BUY;
    if (!follow->crosses || !is_sound || order->is_real || !vel_book_has_side(book, other))
        return false;
    return vel_side_key(order->side, vel_book_best(book, other)) >= vel_side_key(order->side, order->price);
}

static int place(vel_follow_t *follow, int64_t ts)
{
    const vel_book_t *book = &follow->book.levels;
    for (; follow->next_placement < follow->placements_count; follow->next_placement++) {
        const vel_placement_t *one = &follow->placements[follow->next_placement];
        uint8_t side = (uint8_t)one->side;
        if (one->ts > ts)
            break;
        if (book->in_snapshot || book->is_stale || !vel_book_has_side(book, side) ||
            (follow->crosses && vel_book_is_crossed(book)))
            continue;
        int64_t key = book->side[side].best_key + one->away;
        if (vel_ladder_next(&book->side[side], key - 1) == VEL_NO_KEY)
            continue; /* beyond the last level: a recording of limited depth has no data there */
        int64_t price = vel_key_ticks(side, key);
        vel_followed_t fresh = {.id = follow->next_placement,
                                .price = price,
                                .ts_start = ts,
                                .ahead_start = vel_book_qty(book, side, price),
                                .sequence = follow->sequence + 1, /* shared with the next order, which is behind it */
                                .side = side};
        int status = join(follow, &fresh);
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

static int end_event(vel_follow_t *follow, int64_t ts)
{
    const vel_book_t *book = &follow->book.levels;
    int status = note_mid(follow, ts);
    bool is_sound = !book->in_snapshot && !book->is_stale && !vel_book_is_crossed(book);
    count_executions(follow);
    for (int kind = 0; kind < 2; kind++) {
        vel_indices_t *live = &follow->live[kind];
        if (kind == 1 && follow->prints.count == 0) {
            /* There are many real orders: without prints only those of touched levels can have moved. */
            for (int64_t at = 0; at < follow->touched.count; at++) {
                const vel_indices_t *members = &follow->levels.items[follow->touched.items[at]].members;
                for (int64_t member = 0; member < members->count; member++)
                    if (follow->orders.items[members->items[member]].is_real)
                        update(follow, members->items[member], true, false, ts);
            }
            continue;
        }
        int64_t kept = 0;
        for (int64_t at = 0; at < live->count; at++) {
            int64_t index = live->items[at];
            vel_followed_t *order = &follow->orders.items[index];
            if (order->at < 0)
                continue;
            live->items[kept++] = index;
            bool is_touched = follow->levels.items[order->level].is_touched != 0;
            bool is_crossed = is_met(follow, order, is_sound);
            if (is_crossed)
                fill(order, VEL_FOLLOW_CROSS, ts);
            update(follow, index, is_touched, is_crossed, ts);
            order->prints_from = 0;
            if (order->is_real)
                continue;
            if (order->ts_fill == ts && order->cause == VEL_FOLLOW_QUEUE && order->ahead > 0)
                order->is_anomaly = 1;
            if (is_filled_by_all(follow, index)) {
                end(follow, index, VEL_FOLLOW_FILLED, ts);
                kept--;
            } else if (ts >= order->ts_start + follow->horizon_ns) {
                end(follow, index, VEL_FOLLOW_HORIZON, ts);
                kept--;
            }
        }
        live->count = kept;
    }
    for (int64_t at = 0; at < follow->touched.count; at++)
        follow->levels.items[follow->touched.items[at]].is_touched = 0;
    follow->touched.count = 0;
    follow->prints.count = 0;
    return status == VEL_OK ? place(follow, ts) : status;
}

int vel_follow_rows(vel_follow_t *follow, const vel_columns_t *columns, int64_t from, int64_t to, int64_t *failed)
{
    for (int64_t row = from; row < to; row++) {
        uint8_t kind = columns->kind[row], side = columns->side[row], flags = columns->flags[row];
        int64_t price = columns->price[row], qty = columns->qty[row], id = columns->order_id[row];
        int64_t ts = columns->ts_event[row];
        bool is_news = !(flags & VEL_FLAG_SNAPSHOT);
        int status = VEL_OK;
        if (kind == VEL_EV_ORDER_ADD) {
            status = add(follow, id, side, price, qty, is_news, ts);
        } else if (kind == VEL_EV_ORDER_CANCEL) {
            status = take(follow, id, qty, false, is_news, ts);
        } else if (kind == VEL_EV_ORDER_EXECUTE) {
            status = take(follow, id, qty, true, true, ts);
        } else if (kind == VEL_EV_ORDER_CHANGE) {
            status = change(follow, id, price, qty, ts);
        } else if (kind == VEL_EV_TRADE) {
            status = trade(follow, side, flags, price, qty);
        } else if (kind == VEL_EV_SNAPSHOT_BEGIN || kind == VEL_EV_GAP) {
            lose_all(follow, ts);
            status = vel_book_l3_apply(&follow->book, kind, side, price, qty, id);
            if (kind == VEL_EV_SNAPSHOT_BEGIN)
                vel_map_clear(&follow->sequences);
        } else if (kind == VEL_EV_SNAPSHOT_END) {
            status = vel_book_l3_apply(&follow->book, kind, side, price, qty, id);
        }
        bool is_end = (flags & VEL_FLAG_LAST) && kind != VEL_EV_TRADE;
        if (status == VEL_OK && (is_end || row + 1 == columns->rows || columns->ts_event[row + 1] != ts))
            status = end_event(follow, ts);
        if (status != VEL_OK) {
            *failed = row;
            return status;
        }
    }
    return VEL_OK;
}
