#include "velora/venue_hft.h"
#include "venue_inner.h"

/* ---------------------------------------------------------------- levels that own orders meet */

void vel_venue_refresh_taken(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after)
{
    int64_t *taken = vel_map_get(&inst->taken[side], key);
    if (taken == NULL || after >= before)
        return;
    int64_t available = before - *taken;
    if (available > after)
        available = after;
    *taken = after - available;
    if (*taken == 0) {
        vel_map_remove(&inst->taken[side], key);
        vel_venue_touch(inst);
    }
}

int vel_venue_cross(vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    uint8_t own_side = vel_opposite(side);
    int64_t limit = vel_side_key(own_side, vel_key_ticks(side, key));
    if (vel_own_best_key(&inst->own, own_side) > limit)
        return VEL_OK;
    const vel_venue_quote_t *quote = &inst->quote[own_side];
    bool is_quoted = vel_venue_quote_binds(inst, own_side) && quote->ts >= inst->depth_ts;
    if ((is_quoted ? quote->key : inst->book->side[own_side].best_key) <= limit) {
        /* An aggressor: its executions follow, in the order of the queues. What is left of it when the book is whole
         * again and no longer crossed meets us. */
        if (!(inst->is_blocked >> own_side & 1)) {
            inst->is_blocked |= (uint8_t)(1 << own_side);
            vel_venue_touch(inst);
        }
        return VEL_OK;
    }
    int64_t available = vel_venue_available(inst, side, key);
    while (vel_own_best_key(&inst->own, own_side) <= limit && available > 0) {
        int64_t room = limit - vel_own_best_key(&inst->own, own_side);
        vel_impact_share_t share = vel_venue_share_of_level(inst, own_side, key, key, key + room, 0, available);
        int64_t reaches = share.near + share.far, volume = reaches;
        if (reaches == 0) /* own executions have put the level beyond the price */
            break;
        int status = vel_venue_fill_first(inst, own_side, VEL_CAUSE_CROSS, &volume);
        if (status != VEL_OK ||
            (volume < reaches && (status = vel_venue_take(inst, side, key, reaches - volume)) != VEL_OK))
            return status;
        if (volume == 0 && reaches < available)
            break;
        available -= reaches - volume;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- rows by level */

/* What the book shows across own prices of a side fills them. */
static int cross_side(vel_venue_instrument_t *inst, uint8_t own_side)
{
    uint8_t side = vel_opposite(own_side);
    const vel_ladder_t *ladder = &inst->book->side[side];
    for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
        if (vel_own_best_key(&inst->own, own_side) > vel_side_key(own_side, vel_key_ticks(side, key)))
            break;
        int status = vel_venue_cross(inst, side, key);
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

/* The same for both, after a time in which nothing crossed. */
static int cross_shown(vel_venue_instrument_t *inst)
{
    if (!inst->is_touched || !vel_venue_can_cross(inst))
        return VEL_OK;
    int status = cross_side(inst, VEL_SELL);
    return status == VEL_OK ? cross_side(inst, VEL_BUY) : status;
}

/* A batch is whole: own orders that waited for the book to uncross may have their turn. */
static int unblock(vel_venue_instrument_t *inst)
{
    uint8_t blocked = inst->is_blocked;
    if (vel_book_is_crossed(inst->book) || !vel_venue_can_cross(inst))
        return VEL_OK;
    inst->is_blocked = 0;
    vel_venue_touch(inst);
    int status = blocked & (1 << VEL_SELL) ? cross_side(inst, VEL_SELL) : VEL_OK;
    return status == VEL_OK && blocked & (1 << VEL_BUY) ? cross_side(inst, VEL_BUY) : status;
}

/* Whether what happened at an earlier time may be what happens now. */
static bool is_one_instant(const vel_venue_instrument_t *inst, int64_t ts)
{
    return ts == inst->ts || (VEL_UNLIKELY(inst->is_estimated) && ts >= inst->ts - VEL_ESTIMATED_NS);
}

/* The level of an own order went from `before` to `after` lots. */
static int update_place(vel_venue_instrument_t *inst, uint32_t index, int64_t before, int64_t after)
{
    vel_own_order_t *own = &inst->own.orders[index];
    const vel_queue_model_t *model = &inst->venue->queue;
    vel_queue_position_t *position = &own->queue;
    double ahead = position->ahead;
    model->on_depth(position, (double)before, (double)after, model->params);
    position->traded = 0.0;
    if (!is_one_instant(inst, position->cut_ts) || vel_queue_is_unknown(ahead))
        position->cut = 0.0;
    if (!vel_queue_is_unknown(ahead) && ahead > position->ahead)
        position->cut += ahead - position->ahead;
    position->cut_ts = inst->ts;
    if (after == 0)
        own->doubts = 0;
    return position->ahead == ahead ? VEL_OK : vel_venue_trace_queue(inst, index, VEL_QUEUE_DEPTH, before, after, 0);
}

/* Own orders at a level that went from `before` to `after` lots, or out of view; the book is told of it already. */
static int update_places(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after,
                         bool leaves)
{
    uint32_t level = vel_own_level_at(&inst->own, side, key);
    if (level == VEL_NO_INDEX)
        return VEL_OK;
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        int status = VEL_OK;
        if (leaves)
            vel_venue_lose_sight(inst, index);
        else
            status = update_place(inst, index, before, after);
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- trades that the data does not tell */

/* Whether what leaves a level may have traded, for all that the data says, and the optimistic bound is wanted. */
static bool guesses_prints(const vel_venue_instrument_t *inst)
{
    return inst->venue->queue.is_optimistic && (inst->has_no_prints || inst->is_gapped || inst->is_estimated) &&
           !inst->is_halted && !inst->is_by_order;
}

static int match_print(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty);

/* `lots` left a level: they may have traded. */
static int guess_print(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t lots)
{
    inst->doubts = VEL_DOUBT_PRINT;
    int status = match_print(inst, side, vel_key_ticks(side, key), lots);
    inst->doubts = 0;
    return status;
}

/* Whether a price of a side, a key, is at or beyond the best one of the other. */
static bool is_across(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    int64_t other = inst->book->side[vel_opposite(side)].best_key;
    return other != VEL_NO_KEY && key <= -other;
}

/* The best price of a side got worse: an aggressor may have gone through the prices between, and into the new one as
 * far as nobody saw what stood there. */
static int guess_sweep(vel_venue_instrument_t *inst, uint8_t side, int64_t from, int64_t to)
{
    int status = VEL_OK;
    if (is_across(inst, side, from))
        return VEL_OK; /* what has gone was an aggressor itself */
    inst->doubts = VEL_DOUBT_PRINT;
    while (status == VEL_OK && vel_own_best_key(&inst->own, side) < to) {
        if (vel_own_best_key(&inst->own, side) < from)
            break; /* it stood before the market */
        int64_t volume = INT64_MAX;
        status = vel_venue_fill_first(inst, side, VEL_CAUSE_THROUGH, &volume);
    }
    uint32_t level = status == VEL_OK ? vel_own_level_at(&inst->own, side, to) : VEL_NO_INDEX;
    while (status == VEL_OK && level != VEL_NO_INDEX) {
        uint32_t index = inst->own.levels[level].head;
        if (inst->own.orders[index].doubts == 0)
            break;
        int64_t lots = INT64_MAX;
        status = vel_venue_fill_in_queue(inst, index, &lots);
        level = vel_own_level_at(&inst->own, side, to);
    }
    inst->doubts = 0;
    return status;
}

/* ---------------------------------------------------------------- one level */

/* A level of which own orders or what they took may know, from `before` to `after` lots; `best` was the side's best. A
 * row that restates tells nothing that happened: the level leaves the view or comes back. */
static int meet_level(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after,
                      int64_t best, bool is_restated)
{
    int64_t now = inst->book->side[side].best_key;
    /* A side of which nothing is left may be one whose only level moves: the new one comes in the same batch. */
    bool leaves =
        is_restated || (after == 0 && before > 0 && (now == VEL_NO_KEY || !vel_book_is_in_view(inst->book, side, key)));
    int status = VEL_OK;
    if (!leaves) /* what was taken from a level out of view is still taken when it comes back */
        vel_venue_refresh_taken(inst, side, key, before, after);
    if (vel_own_has(&inst->own, side)) {
        /* Without a snapshot the best level's end is out of view as well: nobody knows what is before the next one. A
         * trade takes from the best level, or from beyond a price that crosses the other side. */
        if (VEL_UNLIKELY(after < before && guesses_prints(inst)) &&
            (!leaves || (!is_restated && now != VEL_NO_KEY && inst->book->told_key[side] == INT64_MIN)) &&
            (key <= best || is_across(inst, side, best))) {
            bool sweeps = now > best && (inst->has_no_prints || inst->is_gapped); /* else its trades are on their way */
            if ((status = guess_print(inst, side, key, before - after)) != VEL_OK ||
                (sweeps && (status = guess_sweep(inst, side, best, now)) != VEL_OK))
                return status;
            before = after; /* all of it is told */
        }
        status = update_places(inst, side, key, before, after, leaves);
    }
    return status;
}

static int set_level(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t qty, bool is_restated)
{
    if (side > VEL_SELL || !vel_is_qty(qty) || !vel_is_price(price))
        return VEL_EINVAL;
    int64_t key = vel_side_key(side, price);
    vel_ladder_t *ladder = &inst->book->side[side];
    int64_t before = vel_ladder_qty(ladder, key), best = ladder->best_key;
    bool is_near = inst->is_touched && !inst->book->in_snapshot;
    inst->depth_row = inst->rows;
    inst->depth_ts = inst->ts;
    if (is_near && before == 0 && qty > 0 && vel_own_has(&inst->own, side)) {
        uint32_t level = vel_own_level_at(&inst->own, side, key);
        if (level != VEL_NO_INDEX)
            vel_venue_look(inst, side, level);
    }
    if (qty > before)
        vel_venue_note_growth(inst, side, key);
    int status = vel_ladder_set(ladder, key, qty);
    if (status != VEL_OK || !is_near ||
        (status = meet_level(inst, side, key, before, qty, best, is_restated)) != VEL_OK)
        return status;
    uint8_t other = vel_opposite(side);
    if (qty > 0 && vel_own_best_key(&inst->own, other) <= vel_side_key(other, price) && vel_venue_can_cross(inst))
        status = vel_venue_cross(inst, side, key);
    return status;
}

/* ---------------------------------------------------------------- snapshots, halts, gaps */

static int begin_snapshot(vel_venue_instrument_t *inst)
{
    for (uint8_t side = 0; side < 2 && !inst->book->in_snapshot; side++) {
        inst->best_before[side] = inst->book->side[side].best_key;
        inst->best_lots_before[side] = vel_book_best_qty(inst->book, side);
        for (uint32_t level = inst->own.side[side].best; level != VEL_NO_INDEX; level = inst->own.levels[level].worse) {
            vel_own_level_t *own = &inst->own.levels[level];
            bool is_known = inst->has_book && vel_book_is_in_view(inst->book, side, own->key);
            own->before = is_known ? vel_ladder_qty(&inst->book->side[side], own->key) : -1;
            vel_venue_look(inst, side, level);
        }
    }
    inst->spent[VEL_BUY] = inst->spent[VEL_SELL] = (vel_spent_t){INT64_MAX, INT64_MIN};
    if (inst->is_by_order)
        vel_book_l3_clear(&inst->by_order);
    else
        vel_book_clear(inst->book);
    inst->book->in_snapshot = 1;
    inst->has_book = 1;
    inst->depth_row = inst->rows;
    return VEL_OK;
}

/* Own orders at a level after a snapshot, the feed being by level: what left without a trade is a cancel, as far as the
 * level was known before. */
static int meet_snapshot(vel_venue_instrument_t *inst, uint8_t side, uint32_t level)
{
    int64_t key = inst->own.levels[level].key, before = inst->own.levels[level].before;
    int64_t now = vel_ladder_qty(&inst->book->side[side], key);
    bool leaves = !vel_book_is_in_view(inst->book, side, key);
    bool is_compared = before >= 0 && !inst->is_gapped;
    inst->own.levels[level].before = -1;
    return update_places(inst, side, key, is_compared ? before : now, now, leaves);
}

/* What left own levels in a snapshot may have traded. */
static int guess_in_snapshot(vel_venue_instrument_t *inst, uint8_t side)
{
    int64_t best = inst->book->side[side].best_key, from = inst->best_before[side], done = INT64_MIN;
    if (from != VEL_NO_KEY && vel_own_level_at(&inst->own, side, from) == VEL_NO_INDEX &&
        vel_book_is_in_view(inst->book, side, from)) {
        int64_t lots = inst->best_lots_before[side] - vel_ladder_qty(&inst->book->side[side], from);
        int status = lots > 0 ? guess_print(inst, side, from, lots) : VEL_OK;
        if (status != VEL_OK)
            return status;
    }
    for (;;) { /* orders and their levels end as this goes on */
        uint32_t level = inst->own.side[side].best;
        while (level != VEL_NO_INDEX && inst->own.levels[level].key <= done)
            level = inst->own.levels[level].worse;
        if (level == VEL_NO_INDEX)
            break;
        vel_own_level_t *own = &inst->own.levels[level];
        done = own->key;
        int64_t now = vel_ladder_qty(&inst->book->side[side], own->key);
        if (own->before <= now || !vel_book_is_in_view(inst->book, side, own->key))
            continue;
        int64_t lots = own->before - now;
        own->before = now;
        int status = guess_print(inst, side, own->key, lots);
        if (status != VEL_OK)
            return status;
    }
    return from != VEL_NO_KEY && best > from ? guess_sweep(inst, side, from, best) : VEL_OK;
}

/* After a snapshot: totals bound the places, what was taken stays taken, and what stands through own prices fills. */
static int end_snapshot(vel_venue_instrument_t *inst)
{
    vel_book_end_snapshot(inst->book);
    inst->spent[VEL_BUY] = inst->spent[VEL_SELL] = (vel_spent_t){INT64_MAX, INT64_MIN};
    if (!inst->is_touched) {
        inst->is_gapped = inst->is_blocked = 0;
        return VEL_OK;
    }
    for (uint8_t side = 0; side < 2; side++) {
        int status = guesses_prints(inst) && vel_own_has(&inst->own, side) ? guess_in_snapshot(inst, side) : VEL_OK;
        for (uint32_t level = inst->own.side[side].best; status == VEL_OK && level != VEL_NO_INDEX;
             level = inst->own.levels[level].worse) {
            if (inst->is_by_order)
                vel_venue_bound_by_order(inst, side, level);
            else
                status = meet_snapshot(inst, side, level);
        }
        if (status != VEL_OK)
            return status;
        vel_map_t *taken = &inst->taken[side];
        for (uint64_t at = 0; at < taken->capacity;) {
            vel_map_slot_t *slot = &taken->slots[at];
            bool is_used = slot->value != VEL_MAP_EMPTY;
            bool is_in_view = is_used && vel_book_is_in_view(inst->book, side, slot->key);
            int64_t shown = is_in_view ? vel_ladder_qty(&inst->book->side[side], slot->key) : INT64_MAX;
            if (is_used && slot->value > shown)
                slot->value = shown;
            if (is_used && slot->value == 0)
                vel_map_remove(taken, slot->key); /* may move another key here: look again */
            else
                at++;
        }
    }
    inst->is_gapped = inst->is_blocked = 0;
    vel_venue_touch(inst);
    return cross_shown(inst);
}

static int on_status(vel_venue_instrument_t *inst, bool is_trading)
{
    bool resumes = inst->is_halted && is_trading;
    inst->is_halted = !is_trading;
    return resumes ? cross_shown(inst) : VEL_OK;
}

/* Rows are missing: no place is known any more. */
static int on_gap(vel_venue_instrument_t *inst)
{
    inst->book->is_stale = 1;
    inst->is_gapped = 1;
    for (uint8_t side = 0; side < 2; side++)
        for (uint32_t level = inst->own.side[side].best; level != VEL_NO_INDEX; level = inst->own.levels[level].worse)
            for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX;
                 index = inst->own.orders[index].next)
                vel_venue_lose_sight(inst, index);
    vel_venue_touch(inst);
    return VEL_OK;
}

/* ---------------------------------------------------------------- quotes */

/* What was taken at prices before the best: nobody stands there, so it is forgotten. */
static void forget_taken(vel_venue_instrument_t *inst, uint8_t side, int64_t best)
{
    vel_map_t *taken = &inst->taken[side];
    if (VEL_LIKELY(taken->count == 0) || inst->taken_lo[side] >= best)
        return;
    if ((uint64_t)best - (uint64_t)inst->taken_lo[side] < taken->capacity) {
        for (int64_t key = inst->taken_lo[side]; key < best; key++)
            vel_map_remove(taken, key);
    } else {
        for (uint64_t at = 0; at < taken->capacity;) {
            const vel_map_slot_t *slot = &taken->slots[at];
            if (slot->value != VEL_MAP_EMPTY && slot->key < best)
                vel_map_remove(taken, slot->key); /* may move another key here: look again */
            else
                at++;
        }
    }
    inst->taken_lo[side] = best;
    inst->spent[side] = (vel_spent_t){INT64_MAX, INT64_MIN};
    vel_venue_touch(inst);
}

/* The best price of a side got worse: nobody stands at the prices before it. */
static int clear_before_best(vel_venue_instrument_t *inst, uint8_t side)
{
    int64_t best = inst->book->side[side].best_key;
    for (uint32_t level = inst->own.side[side].best; level != VEL_NO_INDEX && inst->own.levels[level].key < best;
         level = inst->own.levels[level].worse)
        for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX;
             index = inst->own.orders[index].next) {
            vel_own_order_t *own = &inst->own.orders[index];
            bool moves = own->queue.ahead != 0.0;
            own->queue.ahead = 0.0;
            own->doubts = 0;
            int status = moves ? vel_venue_trace_queue(inst, index, VEL_QUEUE_DEPTH, 0, 0, 0) : VEL_OK;
            if (status != VEL_OK)
                return status;
        }
    return VEL_OK;
}

/* A quote is all that is known of its side. The new price comes before the old one goes: a better one takes the old out
 * of view, a worse one says that nobody stands there any more. */
static int on_quote(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t qty)
{
    if (side > VEL_SELL || !vel_is_qty(qty) || (qty > 0 && !vel_is_price(price))) /* an empty side has no price */
        return VEL_EINVAL;
    vel_ladder_t *ladder = &inst->book->side[side];
    int64_t old = ladder->best_key, key = vel_side_key(side, price);
    int status = VEL_OK;
    inst->has_book = 1;
    inst->book->is_stale = 0;
    inst->book->told_key[side] = VEL_NO_KEY; /* an empty side is known to be empty from here on */
    if (qty > 0)
        status = set_level(inst, side, price, qty, false);
    if (status == VEL_OK && old != VEL_NO_KEY && (qty == 0 || old != key))
        status = set_level(inst, side, vel_key_ticks(side, old), 0, false);
    forget_taken(inst, side, ladder->best_key);
    if (status == VEL_OK && ladder->best_key > old)
        status = clear_before_best(inst, side);
    if (status == VEL_OK && inst->is_gapped && side == VEL_SELL) { /* quotes come in pairs, the ask last */
        inst->is_gapped = 0;
        vel_venue_touch(inst);
        status = cross_shown(inst);
    }
    return status;
}

/* A quote beside a feed by level says what is there at the top. */
static int note_quote(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t qty)
{
    if (side > VEL_SELL || !vel_is_qty(qty) || !vel_is_price(price))
        return VEL_EINVAL;
    vel_venue_quote_t *quote = &inst->quote[side];
    int64_t old = quote->ts == INT64_MIN ? VEL_NO_KEY : quote->key,
            key = qty > 0 ? vel_side_key(side, price) : VEL_NO_KEY;
    int64_t left = quote->qty - quote->taken, gone = 0;
    if (key == old && key != VEL_NO_KEY && VEL_UNLIKELY(quote->taken > 0)) /* as of a level: its growth is new */
        gone = qty >= quote->qty ? quote->taken : qty - (left < qty ? left : qty);
    *quote = (vel_venue_quote_t){key, qty, gone, inst->ts, inst->rows};
    if (VEL_LIKELY(!inst->is_touched))
        return VEL_OK;
    const int64_t *taken = key != old && key != VEL_NO_KEY ? vel_map_get(&inst->taken[side], key) : NULL;
    if (taken != NULL)
        quote->taken = *taken < qty ? *taken : qty;
    /* What was taken where only the quote showed something goes with it. */
    if (old != VEL_NO_KEY && old != key && inst->taken[side].count > 0 &&
        vel_ladder_qty(&inst->book->side[side], old) == 0 && vel_map_get(&inst->taken[side], old) != NULL) {
        vel_map_remove(&inst->taken[side], old);
        vel_venue_touch(inst);
    }
    if (key == VEL_NO_KEY || inst->is_halted || inst->book->in_snapshot || !vel_own_has(&inst->own, vel_opposite(side)))
        return VEL_OK;
    return vel_venue_cross(inst, side, key);
}

/* ---------------------------------------------------------------- trades */

int vel_venue_trade_through(vel_venue_instrument_t *inst, uint8_t passive, int64_t key, int64_t qty, int64_t *left)
{
    int status;
    while (vel_own_best_key(&inst->own, passive) < key && *left > 0)
        if ((status = vel_venue_fill_first(inst, passive, VEL_CAUSE_THROUGH, left)) != VEL_OK)
            return status;
    if (inst->is_by_order)
        return VEL_OK;
    for (uint32_t level = inst->own.side[passive].best; level != VEL_NO_INDEX && inst->own.levels[level].key < key;
         level = inst->own.levels[level].worse)
        for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX;
             index = inst->own.orders[index].next) {
            bool is_new = inst->own.orders[index].queue.ahead != 0.0;
            inst->own.orders[index].queue.ahead = 0.0;
            inst->own.orders[index].doubts = 0;
            if (is_new && (status = vel_venue_trace_queue(inst, index, VEL_QUEUE_THROUGH, 0, 0, qty)) != VEL_OK)
                return status;
        }
    return VEL_OK;
}

uint32_t vel_venue_next_unseen(vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    vel_own_orders_t *own = &inst->own;
    uint32_t level = vel_own_level_at(own, side, key), index;
    if (level == VEL_NO_INDEX)
        return VEL_NO_INDEX;
    if (own->walk.level != level || own->walk.row != inst->rows)
        vel_own_walk(own, level, inst->rows);
    while ((index = vel_own_walk_next(own)) != VEL_NO_INDEX && own->orders[index].seen == inst->rows)
        ;
    return index;
}

/* A trade's volume meets the own orders on its passive side, the feed being by level. Lots beyond what the level showed
 * were hidden and count as nobody's place. */
static int match_trade(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty)
{
    int64_t key = vel_side_key(passive, price);
    int64_t left = qty;
    int status = vel_venue_trade_through(inst, passive, key, qty, &left);
    if (status != VEL_OK)
        return status;
    double passed = 0.0; /* recorded lots that this trade took at this level so far */
    uint32_t level = vel_own_level_at(&inst->own, passive, key), index;
    if (level != VEL_NO_INDEX)
        vel_venue_look(inst, passive, level);
    while ((index = vel_venue_next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        vel_queue_position_t *position = &own->queue;
        own->seen = inst->rows;
        double cut = is_one_instant(inst, position->cut_ts) ? position->cut : 0.0;
        double ahead = position->ahead + cut;
        if (ahead > passed && left > 0) {
            double need = ahead - passed;
            double took = vel_venue_least(need, (double)left);
            passed += took;
            /* A model may leave a fraction of a lot ahead: a lot that is not wholly free does not fill. */
            left -= (int64_t)took + (took > (double)(int64_t)took);
        }
        bool is_told =
            is_one_instant(inst, position->cut_ts); /* the level's row of this instant holds this trade already */
        if (!is_told)
            position->traded = vel_venue_least(position->traded + (double)qty,
                                               (double)vel_ladder_qty(&inst->book->side[passive], key));
        double remains = ahead > passed ? ahead - passed : 0.0;
        if (position->ahead > remains) {
            position->ahead = remains;
            if ((status = vel_venue_trace_queue(inst, index, VEL_QUEUE_TRADE, 0, 0, qty)) != VEL_OK)
                return status;
        }
        position->cut = cut > passed ? cut - passed : 0.0;
        if (left == 0 || ahead > passed)
            continue;
        int64_t sequence = inst->contingency.orders[index].sequence;
        if ((status = vel_venue_fill_in_queue(inst, index, &left)) != VEL_OK)
            return status;
        /* An iceberg's next part joins behind what the book shows, which may hold what this trade took already. */
        if (inst->contingency.orders[index].sequence == sequence &&
            inst->contingency.orders[index].state == VEL_CONTINGENCY_RESTING &&
            inst->own.orders[index].seen != inst->rows && is_told)
            inst->own.orders[index].queue.ahead += passed;
    }
    return VEL_OK;
}

/* A trade against hidden volume: displayed orders had priority at its price and beyond, so it fills own orders that
 * nothing displayed stands before. */
static int match_hidden(vel_venue_instrument_t *inst, uint8_t passive, int64_t key, int64_t qty)
{
    int64_t left = qty;
    int status = vel_venue_trade_through(inst, passive, key, qty, &left);
    if (status != VEL_OK)
        return status;
    uint32_t level = vel_own_level_at(&inst->own, passive, key), index;
    if (level != VEL_NO_INDEX)
        vel_venue_look(inst, passive, level);
    while (left > 0 && (index = vel_venue_next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        own->seen = inst->rows;
        if (own->queue.ahead + own->owed > 0.0)
            return VEL_OK;
        if ((status = vel_venue_fill_in_queue(inst, index, &left)) != VEL_OK)
            return status;
    }
    return VEL_OK;
}

/* A print by level, as far as it reaches own orders. */
static int match_print(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty)
{
    int64_t less, away = passive == VEL_BUY ? 1 : -1;
    int64_t far = vel_venue_print_falls_short(inst, passive, qty, &less);
    int status = far == 0 ? VEL_OK : match_trade(inst, passive, price + away * (less + 1), far);
    return status != VEL_OK ? status : match_trade(inst, passive, price + away * less, qty - far);
}

/* A trade meets own orders of its passive side. */
static int meet_trade(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty, bool is_hidden)
{
    if (!vel_own_has(&inst->own, passive))
        return VEL_OK;
    if (is_hidden)
        return match_hidden(inst, passive, vel_side_key(passive, price), qty);
    return inst->is_by_order ? VEL_OK : match_print(inst, passive, price, qty);
}

/* A trade of which nobody says, or without a book nobody knows, whose orders it met: under the optimistic bound those
 * of either side at its price; without a book those that it went through, wherever it came from. */
static int meet_either(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty, bool is_hidden)
{
    if (inst->is_by_order || !vel_own_has(&inst->own, passive))
        return VEL_OK;
    if (inst->venue->queue.is_optimistic)
        return meet_trade(inst, passive, price, qty, is_hidden);
    int64_t left = qty;
    if (inst->has_book || is_hidden)
        return VEL_OK;
    return vel_venue_trade_through(inst, passive, vel_side_key(passive, price), qty, &left);
}

/* Who was aggressive, where the feed does not say: the side of the book at which it printed tells. */
static uint8_t aggressor_by_book(const vel_book_t *book, int64_t price)
{
    if (vel_book_has_side(book, VEL_BUY) && price <= vel_book_best(book, VEL_BUY))
        return VEL_SELL;
    if (vel_book_has_side(book, VEL_SELL) && price >= vel_book_best(book, VEL_SELL))
        return VEL_BUY;
    return VEL_NO_SIDE;
}

static int on_trade(vel_venue_instrument_t *inst, uint8_t aggressor, int64_t price, int64_t qty, bool is_hidden)
{
    if (!vel_is_size(qty) || !vel_is_price(price) || aggressor > VEL_NO_SIDE)
        return VEL_EINVAL;
    if (inst->is_halted)
        return VEL_OK;
    int status = VEL_OK;
    bool is_told = aggressor != VEL_NO_SIDE;
    if (!is_told) {
        aggressor = aggressor_by_book(inst->book, price);
        inst->doubts = VEL_DOUBT_SIDE;
    }
    if (aggressor != VEL_NO_SIDE) {
        uint8_t passive = vel_opposite(aggressor);
        int64_t key = vel_side_key(passive, price);
        vel_printed_t *printed = &inst->printed[passive];
        status = meet_trade(inst, passive, price, qty, is_hidden);
        if (!is_hidden && inst->depth_ts != inst->ts) {
            bool goes_on = printed->row > inst->depth_row;
            if (!goes_on || key > printed->key) {
                printed->key = key;
                printed->lots = qty;
            } else if (key == printed->key) {
                printed->lots += qty;
            }
            printed->row = inst->rows;
        }
        if (is_told && !is_hidden)
            vel_book_tell_front(inst->book, passive, price);
        inst->print_price[aggressor] = price;
        inst->has_print[aggressor] = 1;
        if (VEL_UNLIKELY(!is_told || !inst->has_book) && status == VEL_OK)
            status = meet_either(inst, aggressor, price, qty, is_hidden);
    } else {
        status = meet_either(inst, VEL_BUY, price, qty, is_hidden);
        if (status == VEL_OK)
            status = meet_either(inst, VEL_SELL, price, qty, is_hidden);
    }
    inst->doubts = 0;
    if (VEL_UNLIKELY(!inst->has_book))
        inst->recent[inst->recent_count++ % VEL_PRINTS_RECENT] = price;
    if (VEL_UNLIKELY(inst->contingency.lacks_prints) && status == VEL_OK)
        status = vel_contingency_on_print(&inst->contingency);
    return status == VEL_OK ? vel_venue_note_last(inst, price) : status;
}

/* ---------------------------------------------------------------- rows */

/* Lots times mark times rate, half to even; longs pay a positive rate. */
static vel_i128 funding_of(const vel_money_spec_t *money, vel_i128 lots, int64_t mark, int64_t rate)
{
    vel_i128 value;
    if (money->is_inverse)
        value = vel_div_half_even((vel_i128)money->value_mult * lots * money->tick_num * VEL_RATE_SCALE,
                                  (vel_i128)mark * money->tick_den);
    else
        value = vel_div_half_even((vel_i128)money->value_mult * lots * money->tick_den * mark,
                                  (vel_i128)money->tick_num * VEL_RATE_SCALE);
    return vel_div_half_even(value * rate, VEL_RATE_SCALE);
}

/* Each strategy pays or receives for what it holds at the venue at this instant, whatever the others hold; the
 * account's funding is their sum. */
static int on_funding(vel_venue_instrument_t *inst, int64_t mark, int64_t rate)
{
    if (inst->holders == 0)
        return VEL_OK;
    if (mark <= 0)
        return VEL_EINVAL;
    for (int32_t strategy = 0; strategy < inst->shares_count; strategy++) {
        int64_t lots = inst->shares[strategy];
        if (lots == 0)
            continue;
        vel_i128 paid = funding_of(&inst->money, lots, mark, rate);
        if (!vel_fits_i64(paid) || !vel_fits_i64(inst->fees + paid))
            return VEL_ERANGE;
        inst->fees += (int64_t)paid;
        vel_message_t out = {.event = {.ts_venue = inst->venue->ts,
                                       .instrument = inst->number,
                                       .kind = VEL_ACCOUNT_FUNDING,
                                       .currency = inst->money.currency,
                                       .strategy = strategy,
                                       .amount = -(int64_t)paid,
                                       .qty = lots}};
        int status = vel_message_ring_push(&inst->venue->messages, &out);
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

/* A mark in ticks: the last whole one that it has reached on its way down, and on its way up. */
static int note_mark(vel_venue_instrument_t *inst, int64_t mark)
{
    if (mark <= 0)
        return VEL_OK;
    vel_i128 scaled = (vel_i128)mark * inst->money.tick_den, tick = (vel_i128)inst->money.tick_num * VEL_RATE_SCALE;
    vel_i128 rise = scaled / tick, fall = rise + (scaled % tick != 0);
    if (fall >= VEL_TICKS_MAX)
        return VEL_ERANGE;
    inst->contingency.mark[0] = (int64_t)fall;
    inst->contingency.mark[1] = (int64_t)rise;
    inst->contingency.has_mark = 1;
    return VEL_OK;
}

static int on_row(vel_venue_instrument_t *inst, const vel_columns_t *columns, int64_t row)
{
    uint8_t kind = columns->kind[row], side = columns->side[row], flags = columns->flags[row];
    int64_t price = columns->price[row], qty = columns->qty[row];
    inst->ts = columns->ts_event[row];
    inst->rows++;
    if (VEL_UNLIKELY(inst->venue->hft != NULL) && (kind <= VEL_EV_SNAPSHOT_END || kind == VEL_EV_STATUS))
        return vel_venue_hft_on_row(inst->venue, inst->number, columns, row);
    switch (kind) {
    case VEL_EV_DELTA:
        inst->has_book = 1;
        return inst->is_by_order ? VEL_EINVAL : set_level(inst, side, price, qty, (flags & VEL_FLAG_SNAPSHOT) != 0);
    case VEL_EV_TRADE:
        if (VEL_UNLIKELY(flags & VEL_FLAG_CLOCK_ESTIMATED) && !inst->is_estimated) {
            inst->is_estimated = 1;
            vel_venue_touch(inst);
        }
        return flags & VEL_FLAG_OFF_BOOK ? VEL_OK : on_trade(inst, side, price, qty, (flags & VEL_FLAG_HIDDEN) != 0);
    case VEL_EV_QUOTE:
        return inst->is_quote_fed   ? on_quote(inst, side, price, qty)
               : !inst->is_by_order ? note_quote(inst, side, price, qty)
                                    : VEL_OK;
    case VEL_EV_ORDER_ADD:
    case VEL_EV_ORDER_CHANGE:
    case VEL_EV_ORDER_CANCEL:
    case VEL_EV_ORDER_EXECUTE:
        inst->has_book = 1;
        return inst->is_by_order ? vel_venue_on_order_row(inst, kind, side, price, qty, columns->order_id[row],
                                                          (flags & VEL_FLAG_SNAPSHOT) != 0)
                                 : VEL_OK;
    case VEL_EV_SNAPSHOT_BEGIN:
        return begin_snapshot(inst);
    case VEL_EV_SNAPSHOT_END:
        return end_snapshot(inst);
    case VEL_EV_GAP:
        return on_gap(inst);
    case VEL_EV_STATUS:
        return on_status(inst, qty != 0);
    case VEL_EV_MARK_PRICE:
        return note_mark(inst, price);
    case VEL_EV_FUNDING:
        (void)note_mark(inst, price);
        return on_funding(inst, price, qty);
    default:
        return VEL_EINVAL;
    }
}

int vel_venue_on_row_slow(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    int status = on_row(inst, columns, row);
    /* Within a batch an aggressor may stand in the book beside what it has traded with. */
    if (VEL_UNLIKELY(inst->is_blocked) && status == VEL_OK && columns->flags[row] & VEL_FLAG_LAST)
        status = unblock(inst);
    if (VEL_UNLIKELY(inst->contingency.watched > 0) && status == VEL_OK)
        status = vel_venue_follow_prices(inst);
    /* What the row fired or released acts when the row is done. */
    return status == VEL_OK && inst->contingency.due.count > 0 ? vel_contingency_settle(&inst->contingency) : status;
}
