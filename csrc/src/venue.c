#include "velora/venue.h"

#include <string.h>

#include "velora/venue_hft.h"

/* The one account that trades here, as the desk's owner. */
#define ACCOUNT 1
#define DAY_NS INT64_C(86400000000000)

/* After own orders or what they took have changed: which rows matter now. By order, and under other rules, all do. */
static void touch(vel_venue_instrument_t *inst)
{
    bool all = inst->is_by_order || inst->venue->hft != NULL;
    inst->is_touched = all;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_own_side_t *own = &inst->own.side[side], *other = &inst->own.side[vel_opposite(side)];
        vel_watch_t watch = {INT64_MAX, INT64_MIN, all ? INT64_MAX : INT64_MIN};
        if (inst->taken[side].count != 0) {
            watch.lo = inst->taken_lo[side];
            watch.hi = inst->taken_hi[side];
        }
        if (own->best != VEL_NO_INDEX) {
            int64_t best = inst->own.levels[own->best].key, worst = inst->own.levels[own->worst].key;
            watch.lo = best < watch.lo ? best : watch.lo;
            watch.hi = worst > watch.hi ? worst : watch.hi;
        }
        if (other->best != VEL_NO_INDEX && !all)
            watch.reach = -inst->own.levels[other->best].key; /* the same price as a key of this side */
        inst->watch[side] = watch;
        inst->is_touched |= watch.lo <= watch.hi;
    }
}

/* ---------------------------------------------------------------- places */

static int trace_place(vel_venue_instrument_t *inst, uint32_t index, uint8_t kind, int64_t before, int64_t after,
                       int64_t volume)
{
    vel_venue_t *venue = inst->venue;
    if (VEL_LIKELY(!venue->traces_places))
        return VEL_OK;
    const vel_own_order_t *own = &inst->own.orders[index];
    vel_place_record_t record = {.ts = venue->ts,
                                 .order_id = inst->desk.orders[index].spec.order_id,
                                 .datum_row = inst->rows - 1,
                                 .ahead = own->place.ahead + own->owed,
                                 .before = before,
                                 .after = after,
                                 .volume = volume,
                                 .instrument = inst->number,
                                 .kind = kind};
    return vel_place_records_push(&venue->places, &record);
}

/* A resting order, or an iceberg's next part, joins the back of its price. */
static int join(vel_venue_instrument_t *inst, uint32_t index)
{
    const vel_desk_order_t *order = &inst->desk.orders[index];
    uint8_t side = order->spec.side;
    int64_t key = vel_side_key(side, order->spec.price);
    int status = vel_own_orders_join(&inst->own, index, side, key);
    if (status != VEL_OK)
        return status;
    bool is_known = inst->has_book || inst->is_quote_fed;
    int64_t shown = vel_ladder_qty(&inst->book->side[side], key);
    vel_own_order_t *own = &inst->own.orders[index];
    own->place = (vel_queue_place_t){is_known ? (double)shown : VEL_QUEUE_UNKNOWN, 0.0, 0.0, INT64_MIN};
    own->stamp_ahead = inst->by_order.stamp;
    own->owed = 0.0;
    own->seen = -1;
    touch(inst);
    return trace_place(inst, index, VEL_PLACE_JOINED, is_known ? shown : 0, is_known ? shown : 0, 0);
}

static int rest(vel_venue_instrument_t *inst, uint32_t index)
{
    vel_desk_order_t *order = &inst->desk.orders[index];
    int64_t display = order->spec.display;
    order->state = VEL_DESK_RESTING;
    order->shown = display > 0 && display < order->leaves ? display : order->leaves;
    return join(inst, index);
}

/* ---------------------------------------------------------------- fills */

static int tell_fill(vel_venue_instrument_t *inst, const vel_desk_command_t *spec, int64_t price, int64_t qty,
                     uint8_t cause)
{
    bool maker = cause != VEL_CAUSE_TAKER;
    int64_t value;
    if (vel_value(&inst->money, price, qty, &value) != VEL_OK)
        return VEL_ERANGE;
    int64_t fee = vel_fee(value, maker ? inst->money.maker_rate : inst->money.taker_rate);
    int64_t sign = spec->side == VEL_BUY ? 1 : -1;
    inst->position += sign * qty;
    inst->cash += inst->money.is_inverse ? sign * value : -sign * value;
    inst->fees += fee;
    vel_desk_move_position(&inst->desk, spec->owner, sign * qty);
    if (maker && inst->impact != NULL)
        vel_impact_add(inst->impact, inst->venue->ts, spec->side, inst->impact->passive_share * (double)qty);
    vel_report_t out = {.ts_venue = inst->venue->ts,
                        .order_id = spec->order_id,
                        .price = price,
                        .qty = qty,
                        .fee = fee,
                        .datum_ts = inst->ts,
                        .datum_row = inst->datum_row >= 0 ? inst->datum_row : inst->rows - 1,
                        .mid2 = vel_book_mid2(inst->book),
                        .instrument = inst->number,
                        .kind = VEL_REPORT_FILL,
                        .side = spec->side,
                        .cause = cause,
                        .maker = maker};
    return vel_report_ring_push(&inst->venue->reports, &out);
}

/* Lots of a resting order that may fill now: of `lots`, no more than it shows or has, nor than there is to reduce. An
 * order with nothing to reduce ends: 0. */
static int fillable(vel_venue_instrument_t *inst, uint32_t index, int64_t lots, int64_t *may)
{
    const vel_desk_order_t *order = &inst->desk.orders[index];
    *may = lots;
    if (!(order->spec.flags & VEL_EXEC_REDUCE_ONLY))
        return VEL_OK;
    int64_t most = vel_desk_reducible(&inst->desk, order->spec.owner, order->spec.side);
    *may = lots < most ? lots : most;
    if (*may > 0)
        return VEL_OK;
    int status = vel_desk_end(&inst->desk, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
    return status == VEL_OK ? vel_desk_end_pending(&inst->desk) : status;
}

/* Fill lots of a resting order. Other orders may end with it: lists must be looked at again. */
static int fill_resting(vel_venue_instrument_t *inst, uint32_t index, int64_t qty, uint8_t cause)
{
    vel_desk_order_t *order = &inst->desk.orders[index];
    bool in_queue = cause == VEL_CAUSE_QUEUE;
    int status = tell_fill(inst, &order->spec, order->spec.price, qty, cause);
    if (status != VEL_OK)
        return status;
    order->leaves -= qty;
    order->shown -= qty < order->shown ? qty : order->shown;
    if (!in_queue) {
        if (!inst->is_by_order)
            inst->own.orders[index].place.ahead = 0.0;
        if (order->shown == 0) /* beyond the price there is no queue to go to the back of */
            order->shown = order->spec.display < order->leaves ? order->spec.display : order->leaves;
    }
    if ((status = vel_desk_end_link(&inst->desk, index)) != VEL_OK)
        return status;
    if (order->leaves == 0) {
        status = vel_desk_end(&inst->desk, index, VEL_REPORT_FILL, VEL_REASON_NONE);
    } else if (order->shown == 0) {
        vel_own_orders_leave(&inst->own, index);
        order->shown = order->spec.display < order->leaves ? order->spec.display : order->leaves;
        status = join(inst, index);
    }
    return status == VEL_OK ? vel_desk_end_pending(&inst->desk) : status;
}

/* Fill up to *volume of the first order of a side, no queue before it. */
static int fill_first(vel_venue_instrument_t *inst, uint8_t side, uint8_t cause, int64_t *volume)
{
    uint32_t index = inst->own.levels[inst->own.side[side].best].head;
    int64_t leaves = inst->desk.orders[index].leaves, qty;
    int status = fillable(inst, index, leaves < *volume ? leaves : *volume, &qty);
    if (status != VEL_OK || qty == 0)
        return status;
    *volume -= qty;
    return fill_resting(inst, index, qty, cause);
}

/* ---------------------------------------------------------------- liquidity */

int64_t vel_venue_available(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    const vel_printed_t *printed = &inst->printed[side];
    int64_t lots = vel_ladder_qty(&inst->book->side[side], key);
    const int64_t *taken = vel_map_get(&inst->taken[side], key);
    if (taken != NULL)
        lots -= *taken;
    if (printed->row > inst->depth_row && key <= printed->key)
        lots = key < printed->key ? 0 : lots - printed->lots;
    return lots > 0 ? lots : 0;
}

static int take(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t qty)
{
    int64_t *taken = vel_map_get(&inst->taken[side], key);
    if (taken != NULL) {
        *taken += qty;
        return VEL_OK;
    }
    bool is_first = inst->taken[side].count == 0;
    int status = vel_map_put(&inst->taken[side], key, qty);
    if (status != VEL_OK)
        return status;
    inst->taken_lo[side] = is_first || key < inst->taken_lo[side] ? key : inst->taken_lo[side];
    inst->taken_hi[side] = is_first || key > inst->taken_hi[side] ? key : inst->taken_hi[side];
    touch(inst);
    return VEL_OK;
}

/* The level of `side` changed from `before` to `after` lots: growth is new liquidity, shrinking leaves at most what
 * was available. */
static void refresh_taken(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after)
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
        touch(inst);
    }
}

/* ---------------------------------------------------------------- what own executions moved */

/* Lots out of a recorded print's that reach own orders of `side` one tick less than the others, which reach them *ticks
 * less than recorded. A displacement towards own orders counts for nothing. */
static int64_t print_falls_short(const vel_venue_instrument_t *inst, uint8_t side, int64_t lots, int64_t *ticks)
{
    *ticks = 0;
    if (VEL_LIKELY(inst->impact == NULL))
        return 0;
    double moved = vel_impact_displacement(inst->impact, inst->venue->ts);
    double adverse = side == VEL_BUY ? moved : -moved;
    return adverse > 0.0 ? vel_impact_split(adverse, lots, ticks) : 0;
}

/* Where a recorded level of the other side (a key) stands at least for a taker on `side`. */
static int64_t displaced(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    if (VEL_LIKELY(inst->impact == NULL) || key == VEL_NO_KEY)
        return key;
    return key + vel_impact_shift(inst->impact, inst->venue->ts, side);
}

/* What a level (a key of the side other than `side`) gives a taker that has `done` lots of its order. */
static vel_impact_share_t share_of_level(const vel_venue_instrument_t *inst, uint8_t side, int64_t touch, int64_t key,
                                         int64_t limit, int64_t done, int64_t wanted)
{
    vel_impact_share_t share = {.near = wanted};
    if (VEL_LIKELY(inst->impact == NULL))
        return share;
    int64_t room = (limit < VEL_TICKS_MAX ? limit : VEL_TICKS_MAX) - key;
    /* Nobody pays less than one tick: what a market order would push below that stays unfilled. */
    if (side == VEL_SELL && key < 0 && room > -key - 1)
        room = -key - 1;
    vel_impact_take(inst->impact, inst->venue->ts, side, done, wanted, key - touch, room, &share);
    return share;
}

/* ---------------------------------------------------------------- levels that own orders meet */

/* Own orders opposite to `side` take what the level at `key` shows at or beyond their price. */
static int cross(vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    uint8_t own_side = vel_opposite(side);
    int64_t limit = vel_side_key(own_side, vel_key_ticks(side, key));
    if (vel_own_best_key(&inst->own, own_side) > limit)
        return VEL_OK;
    if (inst->is_by_order && inst->book->side[own_side].best_key <= limit)
        return VEL_OK; /* an aggressor: its executions follow, in the order of their queues */
    int64_t available = vel_venue_available(inst, side, key);
    while (vel_own_best_key(&inst->own, own_side) <= limit && available > 0) {
        int64_t room = limit - vel_own_best_key(&inst->own, own_side);
        vel_impact_share_t share = share_of_level(inst, own_side, key, key, key + room, 0, available);
        int64_t reaches = share.near + share.far, volume = reaches;
        if (reaches == 0) /* own executions have put the level beyond the price */
            break;
        int status = fill_first(inst, own_side, VEL_CAUSE_CROSS, &volume);
        if (status != VEL_OK || (volume < reaches && (status = take(inst, side, key, reaches - volume)) != VEL_OK))
            return status;
        if (volume == 0 && reaches < available)
            break;
        available -= reaches - volume;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- rows by level */

/* A level went from `before` to `after` lots: where own orders stand in it. */
static int update_places(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after)
{
    uint32_t level = vel_own_level_at(&inst->own, side, key);
    if (level == VEL_NO_INDEX)
        return VEL_OK;
    const vel_queue_model_t *model = &inst->venue->queue;
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        vel_queue_place_t *place = &inst->own.orders[index].place;
        double ahead = place->ahead;
        model->on_depth(place, (double)before, (double)after, model->params);
        place->traded = 0.0;
        if (place->cut_ts != inst->ts || ahead >= VEL_QUEUE_UNKNOWN)
            place->cut = 0.0;
        if (ahead < VEL_QUEUE_UNKNOWN && ahead > place->ahead)
            place->cut += ahead - place->ahead;
        place->cut_ts = inst->ts;
        if (place->ahead != ahead) {
            int status = trace_place(inst, index, VEL_PLACE_DEPTH, before, after, 0);
            if (status != VEL_OK)
                return status;
        }
    }
    return VEL_OK;
}

static bool can_cross(const vel_venue_instrument_t *inst)
{
    return !inst->is_halted && !inst->book->is_stale && !inst->book->in_snapshot;
}

static int set_level(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t qty)
{
    if (side > VEL_SELL || qty < 0 || price <= -VEL_TICKS_MAX || price >= VEL_TICKS_MAX)
        return VEL_EINVAL;
    int64_t key = vel_side_key(side, price);
    int64_t before = vel_ladder_qty(&inst->book->side[side], key);
    inst->depth_row = inst->rows;
    inst->depth_ts = inst->ts;
    int status = vel_ladder_set(&inst->book->side[side], key, qty);
    if (status != VEL_OK || !inst->is_touched || inst->book->in_snapshot)
        return status;
    refresh_taken(inst, side, key, before, qty);
    if (vel_own_has(&inst->own, side) && (status = update_places(inst, side, key, before, qty)) != VEL_OK)
        return status;
    if (qty > 0 && vel_own_has(&inst->own, vel_opposite(side)) && can_cross(inst))
        status = cross(inst, side, key);
    return status;
}

/* By order: the oldest orders of a level, as many as stood ahead of us before the snapshot, are those ahead. */
static void bound_by_order(vel_venue_instrument_t *inst, uint8_t side, uint32_t level)
{
    int64_t price = vel_key_ticks(side, inst->own.levels[level].key);
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        vel_own_order_t *own = &inst->own.orders[index];
        double ahead = 0.0;
        const vel_l3_order_t *at = vel_book_l3_first_at(&inst->by_order, side, price);
        own->stamp_ahead = at == NULL ? inst->by_order.stamp : at->stamp;
        while (at != NULL && ahead < own->place.ahead) {
            ahead += (double)at->qty;
            own->stamp_ahead = at->stamp + INT64_C(1);
            at = at->behind == VEL_NO_ORDER ? NULL : &inst->by_order.orders[at->behind];
        }
        own->place.ahead = ahead;
    }
}

/* What the book shows at or beyond own prices fills them, after a time in which nothing crossed. */
static int cross_shown(vel_venue_instrument_t *inst)
{
    if (!inst->is_touched || !can_cross(inst))
        return VEL_OK;
    for (uint8_t side = 0; side < 2; side++) {
        uint8_t own_side = vel_opposite(side);
        const vel_ladder_t *ladder = &inst->book->side[side];
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
            if (vel_own_best_key(&inst->own, own_side) > vel_side_key(own_side, vel_key_ticks(side, key)))
                break;
            int status = cross(inst, side, key);
            if (status != VEL_OK)
                return status;
        }
    }
    return VEL_OK;
}

/* After a snapshot: totals bound the places, what was taken stays taken, and what stands through own prices fills. */
static int end_snapshot(vel_venue_instrument_t *inst)
{
    inst->book->in_snapshot = 0;
    inst->book->is_stale = 0;
    if (!inst->is_touched)
        return VEL_OK;
    for (uint8_t side = 0; side < 2; side++) {
        for (uint32_t level = inst->own.side[side].best; level != VEL_NO_INDEX; level = inst->own.levels[level].worse) {
            int64_t now = vel_ladder_qty(&inst->book->side[side], inst->own.levels[level].key);
            int status = VEL_OK;
            if (inst->is_by_order)
                bound_by_order(inst, side, level);
            else
                status = update_places(inst, side, inst->own.levels[level].key, now, now);
            if (status != VEL_OK)
                return status;
        }
        vel_map_t *taken = &inst->taken[side];
        for (uint64_t at = 0; at < taken->capacity;) {
            vel_map_slot_t *slot = &taken->slots[at];
            bool is_used = slot->value != VEL_MAP_EMPTY;
            int64_t shown = is_used ? vel_ladder_qty(&inst->book->side[side], slot->key) : 0;
            if (is_used && slot->value > shown)
                slot->value = shown;
            if (is_used && slot->value == 0)
                vel_map_remove(taken, slot->key); /* may move another key here: look again */
            else
                at++;
        }
    }
    touch(inst);
    return cross_shown(inst);
}

static int on_status(vel_venue_instrument_t *inst, bool is_trading)
{
    bool resumes = inst->is_halted && is_trading;
    inst->is_halted = !is_trading;
    return resumes ? cross_shown(inst) : VEL_OK;
}

static int on_quote(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t qty)
{
    if (side > VEL_SELL)
        return VEL_EINVAL;
    if (vel_book_has_side(inst->book, side) && vel_book_best(inst->book, side) != price) {
        int status = set_level(inst, side, vel_book_best(inst->book, side), 0);
        if (status != VEL_OK)
            return status;
    }
    return set_level(inst, side, price, qty);
}

/* ---------------------------------------------------------------- trades */

/* A trade at `key` has gone through all own orders at better prices: up to *left lots fill, and nothing stands before
 * the rest any more. */
static int trade_through(vel_venue_instrument_t *inst, uint8_t passive, int64_t key, int64_t qty, int64_t *left)
{
    int status;
    while (vel_own_best_key(&inst->own, passive) < key && *left > 0)
        if ((status = fill_first(inst, passive, VEL_CAUSE_THROUGH, left)) != VEL_OK)
            return status;
    if (inst->is_by_order)
        return VEL_OK;
    for (uint32_t level = inst->own.side[passive].best; level != VEL_NO_INDEX && inst->own.levels[level].key < key;
         level = inst->own.levels[level].worse)
        for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX;
             index = inst->own.orders[index].next) {
            bool is_new = inst->own.orders[index].place.ahead != 0.0;
            inst->own.orders[index].place.ahead = 0.0;
            if (is_new && (status = trace_place(inst, index, VEL_PLACE_THROUGH, 0, 0, qty)) != VEL_OK)
                return status;
        }
    return VEL_OK;
}

/* The order at `index` has met `left` lots that reach it: fill what may, and go on. */
static int fill_in_queue(vel_venue_instrument_t *inst, uint32_t index, int64_t *left)
{
    int64_t shown = inst->desk.orders[index].shown, got;
    int status = fillable(inst, index, shown < *left ? shown : *left, &got);
    if (status != VEL_OK || got == 0)
        return status;
    *left -= got;
    return fill_resting(inst, index, got, VEL_CAUSE_QUEUE);
}

/* First order at a level that has not met this row's trade; orders may end while it goes through them. */
static uint32_t next_unseen(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    uint32_t level = vel_own_level_at(&inst->own, side, key);
    if (level == VEL_NO_INDEX)
        return VEL_NO_INDEX;
    uint32_t index = inst->own.levels[level].head;
    while (index != VEL_NO_INDEX && inst->own.orders[index].seen == inst->rows)
        index = inst->own.orders[index].next;
    return index;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* A trade's volume meets the own orders on its passive side, the feed being by level. Lots beyond what the level showed
 * were hidden and count as nobody's place. */
static int match_trade(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty)
{
    int64_t key = vel_side_key(passive, price);
    int64_t left = qty;
    int status = trade_through(inst, passive, key, qty, &left);
    if (status != VEL_OK)
        return status;
    double passed = 0.0; /* recorded lots that this trade took at this level so far */
    uint32_t index;
    while ((index = next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        vel_queue_place_t *place = &own->place;
        own->seen = inst->rows;
        double cut = place->cut_ts == inst->ts ? place->cut : 0.0;
        double ahead = place->ahead + cut;
        if (ahead > passed && left > 0) {
            double need = ahead - passed;
            double took = least(need, (double)left);
            passed += took;
            /* A model may leave a fraction of a lot ahead: a lot that is not wholly free does not fill. */
            left -= (int64_t)took + (took > (double)(int64_t)took);
        }
        bool is_told = place->cut_ts == inst->ts; /* the level's row of this instant holds this trade already */
        if (!is_told)
            place->traded = least(place->traded + (double)qty, (double)vel_ladder_qty(&inst->book->side[passive], key));
        double remains = ahead > passed ? ahead - passed : 0.0;
        if (place->ahead > remains) {
            place->ahead = remains;
            if ((status = trace_place(inst, index, VEL_PLACE_TRADE, 0, 0, qty)) != VEL_OK)
                return status;
        }
        place->cut = cut > passed ? cut - passed : 0.0;
        if (left == 0 || ahead > passed)
            continue;
        int64_t sequence = inst->desk.orders[index].sequence;
        if ((status = fill_in_queue(inst, index, &left)) != VEL_OK)
            return status;
        /* An iceberg's next part joins behind what the book shows, which may hold what this trade took already. */
        if (inst->desk.orders[index].sequence == sequence && inst->desk.orders[index].state == VEL_DESK_RESTING &&
            inst->own.orders[index].seen != inst->rows && is_told)
            inst->own.orders[index].place.ahead += passed;
    }
    return VEL_OK;
}

/* A trade against hidden volume: displayed orders had priority at its price and beyond, so it fills own orders that
 * nothing displayed stands before. */
static int match_hidden(vel_venue_instrument_t *inst, uint8_t passive, int64_t key, int64_t qty)
{
    int64_t left = qty;
    int status = trade_through(inst, passive, key, qty, &left);
    if (status != VEL_OK)
        return status;
    uint32_t index;
    while (left > 0 && (index = next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        own->seen = inst->rows;
        if (own->place.ahead + own->owed > 0.0)
            return VEL_OK;
        if ((status = fill_in_queue(inst, index, &left)) != VEL_OK)
            return status;
    }
    return VEL_OK;
}

/* An execution behind own orders that were not first in line. */
static void note_missed(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t lots)
{
    vel_missed_t *missed = &inst->missed;
    if (missed->ts != inst->ts || missed->key != key || missed->side != side)
        *missed = (vel_missed_t){.ts = inst->ts, .key = key, .side = side};
    if (lots > 0 && missed->count < VEL_MISSED_MAX) {
        missed->row[missed->count] = inst->rows - 1;
        missed->lots[missed->count++] = lots;
    }
}

/* The last order ahead has gone by an execution: what was executed behind in this instant was the own order's. */
static int fill_missed(vel_venue_instrument_t *inst, uint32_t index, uint8_t side, int64_t key)
{
    vel_missed_t *missed = &inst->missed;
    int64_t sequence = inst->desk.orders[index].sequence;
    int status = VEL_OK;
    if (missed->ts != inst->ts || missed->key != key || missed->side != side)
        return VEL_OK;
    for (int32_t at = 0; at < missed->count && status == VEL_OK; at++) {
        const vel_desk_order_t *order = &inst->desk.orders[index];
        vel_own_order_t *own = &inst->own.orders[index];
        if (order->sequence != sequence || order->state != VEL_DESK_RESTING || own->place.ahead > 0.0)
            break;
        double owed = least(own->owed, (double)missed->lots[at]);
        own->owed -= owed;
        missed->lots[at] -= (int64_t)owed;
        if (missed->lots[at] == 0 || own->owed > 0.0)
            continue;
        inst->datum_row = missed->row[at];
        status = fill_in_queue(inst, index, &missed->lots[at]);
        inst->datum_row = -1;
    }
    return status;
}

/* A recorded order with this stamp trades `qty` lots, the feed being by order. */
static int match_execution(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty, uint32_t stamp)
{
    int64_t key = vel_side_key(passive, price), less;
    int64_t far = print_falls_short(inst, passive, qty, &less), near = qty - far;
    int status = VEL_OK;
    if (far > 0)
        status = trade_through(inst, passive, key - less - 1, far, &far);
    if (status == VEL_OK && near > 0)
        status = trade_through(inst, passive, key - less, near, &near);
    if (status != VEL_OK)
        return status;
    int64_t taken = qty - far - near; /* by own orders: it stays where it would have traded */
    int64_t left = less == 0 ? near : 0;
    bool was_missed = false;
    uint32_t index;
    while ((index = next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        own->seen = inst->rows;
        if (vel_l3_is_older(stamp, (uint32_t)own->stamp_ahead)) {
            own->place.ahead -= (double)qty;
            own->owed += (double)(taken + (less == 0 ? near - left : 0));
            if (own->place.ahead < 0.0)
                own->place.ahead = 0.0;
            if ((status = trace_place(inst, index, VEL_PLACE_TRADE, 0, 0, qty)) != VEL_OK ||
                (own->place.ahead == 0.0 && (status = fill_missed(inst, index, passive, key)) != VEL_OK))
                return status;
            continue;
        }
        if (own->place.ahead > 0.0) { /* not in time priority: it was not our turn, yet */
            was_missed = true;
            continue;
        }
        double took = least(own->owed, (double)left);
        own->owed -= took;
        left -= (int64_t)took;
        if (took > 0.0 && (status = trace_place(inst, index, VEL_PLACE_TRADE, 0, 0, qty)) != VEL_OK)
            return status;
        if (left > 0 && own->owed == 0.0 && (status = fill_in_queue(inst, index, &left)) != VEL_OK)
            return status;
    }
    if (was_missed)
        note_missed(inst, passive, key, left);
    return VEL_OK;
}

/* The last price is this: trailing orders follow, triggers fire, and what fired acts. */
static int note_last(vel_venue_instrument_t *inst, int64_t price)
{
    vel_desk_t *desk = &inst->desk;
    if (VEL_LIKELY(desk->triggers.count == 0 && desk->trailing.count == 0)) {
        desk->last = price;
        desk->has_last = 1;
        return VEL_OK;
    }
    return vel_desk_on_last(desk, price);
}

/* A print by level, as far as it reaches own orders. */
static int match_print(vel_venue_instrument_t *inst, uint8_t passive, int64_t price, int64_t qty)
{
    int64_t less, away = passive == VEL_BUY ? 1 : -1;
    int64_t far = print_falls_short(inst, passive, qty, &less);
    int status = far == 0 ? VEL_OK : match_trade(inst, passive, price + away * (less + 1), far);
    return status != VEL_OK ? status : match_trade(inst, passive, price + away * less, qty - far);
}

static int on_trade(vel_venue_instrument_t *inst, uint8_t aggressor, int64_t price, int64_t qty, bool is_hidden)
{
    if (qty <= 0)
        return VEL_EINVAL;
    if (inst->is_halted)
        return VEL_OK;
    if (aggressor == VEL_NO_SIDE) {
        /* The feed does not say who was aggressive: the side of the book at which it printed does. */
        if (vel_book_has_side(inst->book, VEL_BUY) && price <= vel_book_best(inst->book, VEL_BUY))
            aggressor = VEL_SELL;
        else if (vel_book_has_side(inst->book, VEL_SELL) && price >= vel_book_best(inst->book, VEL_SELL))
            aggressor = VEL_BUY;
    }
    int status = VEL_OK;
    if (aggressor != VEL_NO_SIDE) {
        uint8_t passive = vel_opposite(aggressor);
        int64_t key = vel_side_key(passive, price);
        vel_printed_t *printed = &inst->printed[passive];
        if (vel_own_has(&inst->own, passive)) {
            if (is_hidden)
                status = match_hidden(inst, passive, key, qty);
            else if (!inst->is_by_order)
                status = match_print(inst, passive, price, qty);
        }
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
    }
    return status == VEL_OK ? note_last(inst, price) : status;
}

/* ---------------------------------------------------------------- rows by order */

/* `lots` of a recorded order with this stamp leave a level without a trade. */
static int leave_queue(vel_venue_instrument_t *inst, uint8_t side, int64_t price, int64_t lots, uint32_t stamp)
{
    uint32_t level = vel_own_level_at(&inst->own, side, vel_side_key(side, price));
    if (level == VEL_NO_INDEX || lots <= 0)
        return VEL_OK;
    for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX; index = inst->own.orders[index].next) {
        vel_own_order_t *own = &inst->own.orders[index];
        if (!vel_l3_is_older(stamp, (uint32_t)own->stamp_ahead))
            continue;
        own->place.ahead = own->place.ahead > (double)lots ? own->place.ahead - (double)lots : 0.0;
        int64_t now = vel_book_qty(inst->book, side, price);
        int status = trace_place(inst, index, VEL_PLACE_DEPTH, now + lots, now, 0);
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

static int on_order_row(vel_venue_instrument_t *inst, uint8_t kind, uint8_t side, int64_t price, int64_t qty,
                        int64_t id)
{
    vel_book_l3_t *book = &inst->by_order;
    const vel_l3_order_t *found = vel_book_l3_order(book, id);
    if (found == NULL && kind != VEL_EV_ORDER_ADD) {
        inst->unknown++;
        return VEL_OK;
    }
    vel_l3_order_t old = {.side = side, .price = price};
    if (found != NULL)
        old = *found;
    if (old.side > VEL_SELL)
        return VEL_EINVAL;
    int64_t old_key = vel_side_key(old.side, old.price);
    int64_t before = vel_book_qty(inst->book, old.side, old.price);
    int status = VEL_OK;
    inst->depth_row = inst->rows;
    inst->depth_ts = inst->ts;
    bool trades = kind == VEL_EV_ORDER_EXECUTE && qty > 0 && qty <= old.qty && !inst->is_halted;
    if (trades && vel_own_has(&inst->own, old.side))
        status = match_execution(inst, old.side, old.price, qty, old.stamp);
    if (status == VEL_OK)
        status = vel_book_l3_apply(book, kind, side, price, qty, id);
    if (status != VEL_OK || inst->book->in_snapshot)
        return status;
    found = vel_book_l3_order(book, id);
    bool stays = found != NULL && found->stamp == old.stamp && kind != VEL_EV_ORDER_ADD;
    if (kind != VEL_EV_ORDER_ADD && !trades &&
        (status = leave_queue(inst, old.side, old.price, stays ? old.qty - found->qty : old.qty, old.stamp)) != VEL_OK)
        return status;
    refresh_taken(inst, old.side, old_key, before, vel_book_qty(inst->book, old.side, old.price));
    /* One that stays may be what is left of an aggressor, when the orders that it met are gone. */
    if (found != NULL && vel_own_has(&inst->own, vel_opposite(found->side)) && can_cross(inst))
        status = cross(inst, found->side, vel_side_key(found->side, found->price));
    return status;
}

/* ---------------------------------------------------------------- rows */

/* Position times mark times rate, half to even; longs pay a positive rate. */
static int on_funding(vel_venue_instrument_t *inst, int64_t mark, int64_t rate)
{
    const vel_money_spec_t *money = &inst->money;
    if (inst->position == 0)
        return VEL_OK;
    if (mark <= 0)
        return VEL_EINVAL;
    vel_i128 value;
    if (money->is_inverse)
        value = vel_div_half_even((vel_i128)money->value_mult * inst->position * money->tick_num * VEL_RATE_SCALE,
                                  (vel_i128)mark * money->tick_den);
    else
        value = vel_div_half_even((vel_i128)money->value_mult * inst->position * money->tick_den * mark,
                                  (vel_i128)money->tick_num * VEL_RATE_SCALE);
    vel_i128 paid = vel_div_half_even(value * rate, VEL_RATE_SCALE);
    if (!vel_fits_i64(paid))
        return VEL_ERANGE;
    inst->fees += (int64_t)paid;
    vel_report_t out = {.ts_venue = inst->venue->ts,
                        .qty = inst->position,
                        .fee = (int64_t)paid,
                        .datum_ts = inst->ts,
                        .datum_row = inst->rows - 1,
                        .instrument = inst->number,
                        .kind = VEL_REPORT_FUNDING,
                        .side = VEL_NO_SIDE};
    return vel_report_ring_push(&inst->venue->reports, &out);
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
        return inst->is_by_order ? VEL_EINVAL : set_level(inst, side, price, qty);
    case VEL_EV_TRADE:
        return flags & VEL_FLAG_OFF_BOOK ? VEL_OK : on_trade(inst, side, price, qty, (flags & VEL_FLAG_HIDDEN) != 0);
    case VEL_EV_QUOTE:
        return inst->is_quote_fed ? on_quote(inst, side, price, qty) : VEL_OK;
    case VEL_EV_ORDER_ADD:
    case VEL_EV_ORDER_CHANGE:
    case VEL_EV_ORDER_CANCEL:
    case VEL_EV_ORDER_EXECUTE:
        inst->has_book = 1;
        return inst->is_by_order ? on_order_row(inst, kind, side, price, qty, columns->order_id[row]) : VEL_OK;
    case VEL_EV_SNAPSHOT_BEGIN:
        if (inst->is_by_order)
            vel_book_l3_clear(&inst->by_order);
        else
            vel_book_clear(inst->book);
        inst->book->in_snapshot = 1;
        inst->has_book = 1;
        inst->depth_row = inst->rows;
        return VEL_OK;
    case VEL_EV_SNAPSHOT_END:
        return end_snapshot(inst);
    case VEL_EV_GAP:
        inst->book->is_stale = 1;
        return VEL_OK;
    case VEL_EV_STATUS:
        return on_status(inst, qty != 0);
    case VEL_EV_FUNDING:
        return on_funding(inst, price, qty);
    default:
        return VEL_OK;
    }
}

int vel_venue_on_row_slow(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    int status = on_row(inst, columns, row);
    /* What the row fired or released acts when the row is done. */
    return status == VEL_OK && inst->desk.due.count > 0 ? vel_desk_settle(&inst->desk) : status;
}

/* ---------------------------------------------------------------- taking */

/* Best key of the recorded side that still has something to take, VEL_NO_KEY when none. */
static int64_t best_available(const vel_venue_instrument_t *inst, uint8_t side)
{
    const vel_ladder_t *ladder = &inst->book->side[side];
    int64_t key = ladder->best_key;
    if (inst->taken[side].count != 0 || inst->printed[side].row > inst->depth_row)
        while (key != VEL_NO_KEY && vel_venue_available(inst, side, key) <= 0)
            key = vel_ladder_next(ladder, key);
    return key;
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Lots of a level that a taker comes to before the first own order there. What own takers took stood in front. */
static int64_t reachable(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    int64_t lots = vel_venue_available(inst, side, key);
    uint32_t level = inst->own.side[side].best;
    if (level == VEL_NO_INDEX || inst->own.levels[level].key != key)
        return lots;
    const vel_own_order_t *first = &inst->own.orders[inst->own.levels[level].head];
    const int64_t *taken = vel_map_get(&inst->taken[side], key);
    double ahead = first->place.ahead + first->owed - (taken == NULL ? 0.0 : (double)*taken);
    return ahead > 0.0 ? min64(lots, (int64_t)ahead) : 0;
}

/* Whether all of an order can fill at once, before an own order that would stop it. */
static bool can_fill(const vel_venue_instrument_t *inst, const vel_desk_order_t *order)
{
    uint8_t side = vel_opposite(order->spec.side), rule = order->spec.stp;
    int64_t limit = vel_desk_limit_key(order), need = order->leaves, done = 0, touch = best_available(inst, side);
    int64_t own = rule == VEL_STP_TAKER || rule == VEL_STP_BOTH ? vel_own_best_key(&inst->own, side) : INT64_MAX;
    const vel_ladder_t *ladder = &inst->book->side[side];
    if ((order->spec.flags & VEL_EXEC_REDUCE_ONLY) &&
        vel_desk_reducible(&inst->desk, order->spec.owner, order->spec.side) < need)
        return false;
    for (int64_t key = touch; key <= limit && key != VEL_NO_KEY && need > 0; key = vel_ladder_next(ladder, key)) {
        int64_t stands_at = displaced(inst, order->spec.side, key);
        if (stands_at > own)
            break;
        int64_t lots = vel_venue_available(inst, side, key);
        if (stands_at == own)
            lots = stands_at == key ? reachable(inst, side, key) : 0;
        lots = min64(lots, need);
        if (lots == 0)
            continue;
        vel_impact_share_t share = share_of_level(inst, order->spec.side, touch, key, limit, done, lots);
        done += share.near + share.far;
        need -= share.near + share.far;
        if (share.near + share.far < lots)
            break;
    }
    limit = min64(limit, own - 1);
    if (rule == VEL_STP_DECREMENT)
        for (uint32_t level = inst->own.side[side].best;
             need > 0 && level != VEL_NO_INDEX && inst->own.levels[level].key <= limit;
             level = inst->own.levels[level].worse)
            for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX;
                 index = inst->own.orders[index].next)
                need -= inst->desk.orders[index].leaves;
    return need <= 0;
}

/* One fill of a taker at a recorded level that own executions have put `ticks` farther. The order may be over
 * afterwards. */
static int take_level(vel_venue_instrument_t *inst, uint32_t index, uint8_t side, int64_t key, int64_t ticks,
                      int64_t qty)
{
    vel_desk_order_t *order = &inst->desk.orders[index];
    int64_t price = vel_key_ticks(side, key + ticks);
    int status;
    if (ticks != 0) {
        int64_t recorded, paid;
        if (vel_value(&inst->money, vel_key_ticks(side, key), qty, &recorded) != VEL_OK ||
            vel_value(&inst->money, price, qty, &paid) != VEL_OK)
            return VEL_ERANGE;
        inst->impact->cost += paid > recorded ? paid - recorded : recorded - paid;
    }
    order->leaves -= qty;
    if ((status = take(inst, side, key, qty)) != VEL_OK ||
        (status = tell_fill(inst, &order->spec, price, qty, VEL_CAUSE_TAKER)) != VEL_OK ||
        (status = vel_desk_end_link(&inst->desk, index)) != VEL_OK ||
        (order->leaves == 0 && (status = vel_desk_end(&inst->desk, index, VEL_REPORT_FILL, 0)) != VEL_OK) ||
        (status = vel_desk_end_pending(&inst->desk)) != VEL_OK || (status = note_last(inst, price)) != VEL_OK)
        return status;
    return vel_desk_end_pending(&inst->desk);
}

/* ---------------------------------------------------------------- what the desk asks for */

static int tell(void *host, uint8_t kind, const vel_desk_command_t *spec, int64_t leaves, int64_t price, int64_t qty,
                uint8_t reason)
{
    vel_venue_instrument_t *inst = host;
    (void)leaves;
    if (kind == VEL_REPORT_AMEND_REJECTED || kind == VEL_REPORT_CANCEL_REJECTED) {
        /* A refusal tells how the order stands. */
        const int64_t *found = vel_map_get(&inst->desk.index, spec->order_id);
        price = found == NULL ? 0 : inst->desk.orders[*found].spec.price;
        qty = found == NULL ? 0 : inst->desk.orders[*found].spec.qty;
    }
    vel_report_t out = {.ts_venue = inst->venue->ts,
                        .order_id = spec->order_id,
                        .price = price,
                        .qty = qty,
                        .instrument = inst->number,
                        .kind = kind,
                        .side = spec->side,
                        .reason = reason};
    return vel_report_ring_push(&inst->venue->reports, &out);
}

static void withdraw(void *host, uint32_t index)
{
    vel_venue_instrument_t *inst = host;
    vel_own_orders_leave(&inst->own, index);
    touch(inst);
}

static int take_off(void *host, uint32_t index, int64_t lots)
{
    vel_venue_instrument_t *inst = host;
    vel_desk_order_t *order = &inst->desk.orders[index];
    order->leaves -= lots;
    order->shown -= min64(lots, order->shown);
    if (order->leaves == 0 || order->shown > 0)
        return VEL_OK;
    vel_own_orders_leave(&inst->own, index);
    order->shown = min64(order->spec.display, order->leaves);
    return join(inst, index);
}

static int change(void *host, uint32_t index, int64_t price, int64_t leaves)
{
    vel_venue_instrument_t *inst = host;
    vel_desk_order_t *order = &inst->desk.orders[index];
    if (price == order->spec.price && leaves <= order->leaves) {
        order->shown = min64(order->shown, leaves); /* the hidden part of an iceberg gives way first */
        return VEL_OK;
    }
    vel_own_orders_leave(&inst->own, index);
    touch(inst);
    order->spec.price = price;
    order->leaves = leaves;
    return rest(inst, index);
}

static int64_t best_key(void *host, uint8_t side)
{
    const vel_venue_instrument_t *inst = host;
    return min64(displaced(inst, vel_opposite(side), best_available(inst, side)), vel_own_best_key(&inst->own, side));
}

/* An active order takes what it may, *taken lots, and rests or ends with what is left. */
static int act_on(vel_venue_instrument_t *inst, uint32_t index, int64_t *taken)
{
    vel_desk_t *desk = &inst->desk;
    vel_desk_order_t *order = &desk->orders[index];
    uint8_t other = vel_opposite(order->spec.side);
    bool reduces = (order->spec.flags & VEL_EXEC_REDUCE_ONLY) != 0, has_traded = false;
    vel_desk_ref_t self = {order->sequence, index, 0};
    int status;

    if (reduces && vel_desk_reducible(desk, order->spec.owner, order->spec.side) == 0)
        return vel_desk_end(desk, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
    if (order->spec.tif == VEL_FOK && !can_fill(inst, order))
        return vel_desk_end(desk, index, VEL_REPORT_EXPIRED, VEL_REASON_FOK);
    int64_t limit = vel_desk_limit_key(order);
    if (order->spec.type == VEL_MARKET_TO_LIMIT)
        limit = min64(limit, best_key(inst, other)); /* the best price and no other */
    int64_t touch = best_available(inst, other);
    for (;;) { /* an order that fills whole is over before the loop comes back */
        int64_t best = best_available(inst, other), own = vel_own_best_key(&inst->own, other);
        int64_t stands_at = displaced(inst, order->spec.side, best);
        bool is_behind = own == best && stands_at == best && reachable(inst, other, own) > 0;
        if (own <= limit && own <= stands_at && own != INT64_MAX && !is_behind) {
            uint32_t maker = inst->own.levels[inst->own.side[other].best].head;
            if ((status = vel_desk_prevent_self_trade(desk, index, maker)) != VEL_OK || !vel_desk_is_same(desk, &self))
                return status;
            continue;
        }
        if (best == VEL_NO_KEY || best > limit)
            break;
        int64_t qty = min64(reachable(inst, other, best), order->leaves);
        if (reduces) {
            int64_t most = vel_desk_reducible(desk, order->spec.owner, order->spec.side);
            if (most == 0)
                return vel_desk_end(desk, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
            qty = min64(qty, most);
        }
        vel_impact_share_t share = share_of_level(inst, order->spec.side, touch, best, limit, *taken, qty);
        int64_t parts[2] = {share.near, share.far};
        for (int64_t far = 0; far < 2; far++) {
            if (parts[far] == 0)
                continue;
            if (order->spec.type == VEL_MARKET_TO_LIMIT)
                order->spec.price = vel_key_ticks(other, best);
            has_traded = true;
            *taken += parts[far];
            status = take_level(inst, index, other, best, share.ticks + far, parts[far]);
            if (status != VEL_OK || !vel_desk_is_same(desk, &self))
                return status;
        }
        if (share.near + share.far < qty)
            break; /* the rest would stand beyond the limit */
    }
    if (order->spec.type == VEL_MARKET || (order->spec.type == VEL_MARKET_TO_LIMIT && !has_traded))
        return vel_desk_end(desk, index, VEL_REPORT_EXPIRED, has_traded ? VEL_REASON_IOC : VEL_REASON_NO_LIQUIDITY);
    if (order->spec.tif == VEL_IOC || order->spec.tif == VEL_FOK)
        return vel_desk_end(desk, index, VEL_REPORT_EXPIRED, VEL_REASON_IOC);
    order->spec.type = VEL_LIMIT;
    return rest(inst, index);
}

static int act(void *host, uint32_t index)
{
    vel_venue_instrument_t *inst = host;
    uint8_t side = inst->desk.orders[index].spec.side;
    int64_t taken = 0;
    int status = act_on(inst, index, &taken);
    if (inst->impact != NULL && taken > 0)
        vel_impact_add(inst->impact, inst->venue->ts, side, (double)taken);
    return status;
}

static const vel_desk_host_t HOST = {tell, withdraw, act, change, take_off, best_key};

/* ---------------------------------------------------------------- commands */

/* Whether the venue's filters let a quantity at a price through. */
static int passes(const vel_venue_instrument_t *inst, uint8_t type, int64_t price, int64_t qty, bool *is_let)
{
    int64_t value = 0;
    if (type == VEL_LIMIT && vel_value(&inst->money, price, qty, &value) == VEL_ERANGE)
        return VEL_ERANGE;
    *is_let = qty > 0 && qty >= inst->min_qty && (type != VEL_LIMIT || value >= inst->min_notional);
    return VEL_OK;
}

/* VEL_REASON_NONE, or why a command is refused before the desk sees it. */
static int screen(const vel_venue_instrument_t *inst, const vel_command_t *command, uint8_t *reason)
{
    uint8_t type = command->type;
    *reason = VEL_REASON_NONE;
    if (command->action == VEL_ACTION_AMEND) {
        const int64_t *found = vel_map_get(&inst->desk.index, command->order_id);
        if (found == NULL)
            return VEL_OK; /* the desk says so */
        const vel_desk_order_t *order = &inst->desk.orders[*found];
        if (!inst->is_halted && command->qty <= order->spec.qty - order->leaves)
            return VEL_OK; /* it ends the order */
        type = order->spec.type;
    } else if (command->action != VEL_ACTION_NEW) {
        return VEL_OK;
    }
    if (inst->is_halted) {
        *reason = VEL_REASON_HALTED;
        return VEL_OK;
    }
    bool is_let;
    int status = passes(inst, type, command->price, command->qty, &is_let);
    if (status == VEL_OK && !is_let)
        *reason = VEL_REASON_FILTER;
    return status;
}

static void note_expiries(vel_venue_t *venue)
{
    venue->next_expiry = VEL_NEVER;
    for (int32_t i = 0; i < venue->instruments_count; i++)
        venue->next_expiry = min64(venue->next_expiry, vel_desk_next_expiry(&venue->instruments[i].desk));
}

int vel_venue_on_command(vel_venue_t *venue, const vel_command_t *command)
{
    VEL_ASSERT(command->instrument >= 0 && command->instrument < venue->instruments_count);
    if (VEL_UNLIKELY(venue->hft != NULL))
        return vel_venue_hft_on_command(venue, command);
    vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    vel_desk_command_t wanted = {.ts = venue->ts,
                                 .order_id = command->order_id,
                                 .price = command->price,
                                 .qty = command->qty,
                                 .display = command->display,
                                 .trigger = command->trigger,
                                 .expiry = command->expiry,
                                 .link = command->link,
                                 .parent = command->parent,
                                 .owner = ACCOUNT,
                                 .action = command->action,
                                 .side = command->side,
                                 .type = command->type,
                                 .tif = command->tif,
                                 .trigger_kind = command->trigger_kind,
                                 .stp = command->stp,
                                 .flags = command->flags};
    uint8_t reason;
    int status = screen(inst, command, &reason);
    if (status != VEL_OK)
        return status;
    if (reason != VEL_REASON_NONE) {
        uint8_t kind = command->action == VEL_ACTION_NEW ? VEL_REPORT_REJECTED : VEL_REPORT_AMEND_REJECTED;
        return tell(inst, kind, &wanted, 0, command->price, command->qty, reason);
    }
    if (command->action == VEL_ACTION_NEW) {
        if (wanted.stp == VEL_STP_NONE)
            wanted.stp = VEL_STP_TAKER; /* an account's orders never trade with one another here */
        if (wanted.tif == VEL_DAY) {
            wanted.tif = VEL_GTD;
            wanted.expiry = (venue->ts / DAY_NS + 1) * DAY_NS;
        }
        if ((status = vel_own_orders_reserve(&inst->own, inst->desk.orders_used + 1)) != VEL_OK)
            return status;
    }
    status = vel_desk_on_command(&inst->desk, &wanted);
    if (inst->desk.timers.count > 0 || venue->next_expiry != VEL_NEVER)
        note_expiries(venue);
    return status;
}

int vel_venue_expire(vel_venue_t *venue)
{
    int status = VEL_OK;
    for (int32_t i = 0; i < venue->instruments_count && status == VEL_OK; i++)
        if (vel_desk_next_expiry(&venue->instruments[i].desk) <= venue->ts)
            status = vel_desk_advance(&venue->instruments[i].desk, venue->ts);
    note_expiries(venue);
    return status;
}

/* ---------------------------------------------------------------- for other rules */

int vel_venue_report(vel_venue_t *venue, uint8_t kind, int32_t instrument, int64_t order_id, uint8_t side,
                     int64_t price, int64_t qty, uint8_t reason)
{
    vel_report_t out = {.ts_venue = venue->ts,
                        .order_id = order_id,
                        .price = price,
                        .qty = qty,
                        .instrument = instrument,
                        .kind = kind,
                        .side = side,
                        .reason = reason};
    return vel_report_ring_push(&venue->reports, &out);
}

int vel_venue_fill(vel_venue_t *venue, int32_t instrument, int64_t order_id, uint8_t side, int64_t price, int64_t qty,
                   uint8_t cause)
{
    vel_desk_command_t spec = {.order_id = order_id, .side = side}; /* of nobody at the desk */
    return tell_fill(&venue->instruments[instrument], &spec, price, qty, cause);
}

/* ---------------------------------------------------------------- life */

int vel_venue_init(vel_venue_t *venue, int32_t instruments, vel_queue_model_t queue)
{
    memset(venue, 0, sizeof *venue);
    venue->queue = queue;
    venue->next_expiry = VEL_NEVER;
    if (instruments < 1)
        return VEL_EINVAL;
    venue->instruments = calloc((size_t)instruments, sizeof *venue->instruments);
    if (venue->instruments == NULL)
        return VEL_ENOMEM;
    venue->instruments_count = instruments;
    int status = VEL_OK;
    for (int32_t i = 0; i < instruments; i++) {
        vel_venue_instrument_t *inst = &venue->instruments[i];
        inst->venue = venue;
        inst->number = i;
        inst->book = &inst->levels;
        vel_own_orders_init(&inst->own);
        inst->depth_ts = inst->missed.ts = INT64_MIN;
        inst->datum_row = -1;
        if (vel_book_init(&inst->levels) != VEL_OK || vel_desk_init(&inst->desk, &HOST, inst) != VEL_OK)
            status = VEL_ENOMEM;
    }
    return status;
}

int vel_venue_set_impact(vel_venue_t *venue, int32_t instrument, const vel_impact_t *model)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    int status = inst->venue->hft != NULL ? VEL_EINVAL : vel_impact_check(model);
    if (status != VEL_OK)
        return status;
    vel_impact_t *impact = inst->impact != NULL ? inst->impact : malloc(sizeof *impact);
    if (impact == NULL)
        return VEL_ENOMEM;
    *impact = *model;
    impact->ts = impact->cost = 0;
    impact->volume = impact->traded[VEL_BUY] = impact->traded[VEL_SELL] = 0.0;
    memset(impact->term, 0, sizeof impact->term);
    inst->impact = impact;
    return VEL_OK;
}

int vel_venue_by_order(vel_venue_t *venue, int32_t instrument)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (venue->hft != NULL)
        return VEL_EINVAL;
    int status = vel_book_l3_init(&inst->by_order, VEL_PRIORITY_LOST_BY_MORE);
    inst->book = &inst->by_order.levels;
    inst->is_by_order = 1;
    touch(inst);
    return status;
}

void vel_venue_free(vel_venue_t *venue)
{
    vel_venue_hft_free(venue);
    for (int32_t i = 0; i < venue->instruments_count; i++) {
        vel_venue_instrument_t *inst = &venue->instruments[i];
        free(inst->impact);
        vel_book_free(&inst->levels);
        vel_book_l3_free(&inst->by_order);
        vel_desk_free(&inst->desk);
        vel_own_orders_free(&inst->own);
        for (int side = 0; side < 2; side++)
            vel_map_free(&inst->taken[side]);
    }
    free(venue->instruments);
    vel_report_ring_free(&venue->reports);
    vel_place_records_free(&venue->places);
    memset(venue, 0, sizeof *venue);
}
