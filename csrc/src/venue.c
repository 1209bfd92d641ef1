#include "velora/venue.h"

#include <string.h>

#include "velora/venue_hft.h"

#define POOL_INITIAL 64u

/* ---------------------------------------------------------------- pools */

static int resting_take(vel_venue_t *venue, uint32_t *index)
{
    if (venue->resting_free != VEL_NO_INDEX) {
        *index = venue->resting_free;
        venue->resting_free = venue->resting[*index].next;
        return VEL_OK;
    }
    if (venue->resting_count == venue->resting_max) {
        uint32_t grown = venue->resting_max == 0 ? POOL_INITIAL : venue->resting_max * 2;
        vel_resting_t *items = realloc(venue->resting, grown * sizeof *items);
        if (items == NULL)
            return VEL_ENOMEM;
        venue->resting = items;
        venue->resting_max = grown;
    }
    *index = venue->resting_count++;
    return VEL_OK;
}

static int level_take(vel_venue_t *venue, uint32_t *index)
{
    if (venue->levels_free != VEL_NO_INDEX) {
        *index = venue->levels_free;
        venue->levels_free = venue->levels[*index].worse;
        return VEL_OK;
    }
    if (venue->levels_count == venue->levels_max) {
        uint32_t grown = venue->levels_max == 0 ? POOL_INITIAL : venue->levels_max * 2;
        vel_own_level_t *items = realloc(venue->levels, grown * sizeof *items);
        if (items == NULL)
            return VEL_ENOMEM;
        venue->levels = items;
        venue->levels_max = grown;
    }
    *index = venue->levels_count++;
    return VEL_OK;
}

/* ---------------------------------------------------------------- own levels */

static void touch(vel_venue_instrument_t *inst)
{
    inst->is_touched = inst->own[VEL_BUY].best != VEL_NO_INDEX || inst->own[VEL_SELL].best != VEL_NO_INDEX ||
                       inst->own[VEL_BUY].taken.count != 0 || inst->own[VEL_SELL].taken.count != 0;
}

static uint32_t own_level_find(const vel_own_side_t *own, int64_t key)
{
    int64_t *found = vel_map_get(&own->levels, key);
    return found == NULL ? VEL_NO_INDEX : (uint32_t)*found;
}

static int own_level_make(vel_venue_t *venue, vel_own_side_t *own, int64_t key, uint32_t *level)
{
    *level = own_level_find(own, key);
    if (*level != VEL_NO_INDEX)
        return VEL_OK;
    int status = level_take(venue, level);
    if (status != VEL_OK)
        return status;
    if ((status = vel_map_put(&own->levels, key, *level)) != VEL_OK) {
        venue->levels[*level].worse = venue->levels_free;
        venue->levels_free = *level;
        return status;
    }
    uint32_t better = VEL_NO_INDEX, worse = own->best;
    while (worse != VEL_NO_INDEX && venue->levels[worse].key < key) {
        better = worse;
        worse = venue->levels[worse].worse;
    }
    venue->levels[*level] = (vel_own_level_t){key, VEL_NO_INDEX, VEL_NO_INDEX, better, worse};
    if (better == VEL_NO_INDEX)
        own->best = *level;
    else
        venue->levels[better].worse = *level;
    if (worse == VEL_NO_INDEX)
        own->worst = *level;
    else
        venue->levels[worse].better = *level;
    return VEL_OK;
}

static void own_level_drop(vel_venue_t *venue, vel_own_side_t *own, uint32_t level)
{
    vel_own_level_t *gone = &venue->levels[level];
    if (gone->better == VEL_NO_INDEX)
        own->best = gone->worse;
    else
        venue->levels[gone->better].worse = gone->worse;
    if (gone->worse == VEL_NO_INDEX)
        own->worst = gone->better;
    else
        venue->levels[gone->worse].better = gone->better;
    vel_map_remove(&own->levels, gone->key);
    gone->worse = venue->levels_free;
    venue->levels_free = level;
}

/* ---------------------------------------------------------------- places */

static int trace_place(vel_venue_t *venue, const vel_resting_t *order, uint8_t kind, int64_t before, int64_t after,
                       int64_t volume)
{
    if (VEL_LIKELY(!venue->traces_places))
        return VEL_OK;
    vel_place_record_t record = {.ts = venue->ts,
                                 .order_id = order->id,
                                 .datum_row = venue->instruments[order->instrument].rows - 1,
                                 .ahead = order->place.ahead,
                                 .before = before,
                                 .after = after,
                                 .volume = volume,
                                 .instrument = order->instrument,
                                 .kind = kind};
    return vel_place_records_push(&venue->places, &record);
}

/* ---------------------------------------------------------------- resting orders */

static int rest(vel_venue_t *venue, const vel_command_t *command, int64_t leaves)
{
    vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    vel_own_side_t *own = &inst->own[command->side];
    int64_t key = vel_side_key(command->side, command->price);
    uint32_t index, level;
    int status = resting_take(venue, &index);
    if (status != VEL_OK)
        return status;
    if ((status = vel_map_put(&venue->orders, command->order_id, index)) != VEL_OK ||
        (status = own_level_make(venue, own, key, &level)) != VEL_OK) {
        vel_map_remove(&venue->orders, command->order_id);
        venue->resting[index].next = venue->resting_free;
        venue->resting_free = index;
        return status;
    }
    double ahead = inst->has_book || inst->is_quote_fed ? (double)vel_ladder_qty(&inst->book.side[command->side], key)
                                                        : VEL_QUEUE_UNKNOWN;
    venue->resting[index] = (vel_resting_t){
        .id = command->order_id,
        .price = command->price,
        .qty = command->qty,
        .leaves = leaves,
        .place = {.ahead = ahead, .traded = 0.0, .cut = 0.0, .cut_ts = INT64_MIN},
        .next = VEL_NO_INDEX,
        .prev = venue->levels[level].tail,
        .level = level,
        .instrument = command->instrument,
        .side = command->side,
        .post_only = command->post_only,
    };
    if (venue->levels[level].tail == VEL_NO_INDEX)
        venue->levels[level].head = index;
    else
        venue->resting[venue->levels[level].tail].next = index;
    venue->levels[level].tail = index;
    inst->is_touched = 1;
    int64_t shown = ahead < VEL_QUEUE_UNKNOWN ? (int64_t)ahead : 0;
    return trace_place(venue, &venue->resting[index], VEL_PLACE_JOINED, shown, shown, 0);
}

static void remove_resting(vel_venue_t *venue, uint32_t index)
{
    vel_resting_t *order = &venue->resting[index];
    vel_venue_instrument_t *inst = &venue->instruments[order->instrument];
    vel_own_level_t *level = &venue->levels[order->level];
    if (order->prev == VEL_NO_INDEX)
        level->head = order->next;
    else
        venue->resting[order->prev].next = order->next;
    if (order->next == VEL_NO_INDEX)
        level->tail = order->prev;
    else
        venue->resting[order->next].prev = order->prev;
    if (level->head == VEL_NO_INDEX)
        own_level_drop(venue, &inst->own[order->side], order->level);
    vel_map_remove(&venue->orders, order->id);
    order->next = venue->resting_free;
    venue->resting_free = index;
    touch(inst);
}

/* ---------------------------------------------------------------- reports */

static int report(vel_venue_t *venue, uint8_t kind, int32_t instrument, int64_t order_id, uint8_t side, int64_t price,
                  int64_t qty, uint8_t reason)
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

static int fill(vel_venue_t *venue, int32_t instrument, int64_t order_id, uint8_t side, int64_t price, int64_t qty,
                uint8_t cause)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    bool maker = cause != VEL_CAUSE_TAKER;
    int64_t value, fee;
    int status = vel_value(&inst->money, price, qty, &value);
    if (status != VEL_OK)
        return VEL_ERANGE;
    fee = vel_fee(value, maker ? inst->money.maker_rate : inst->money.taker_rate);
    int64_t sign = side == VEL_BUY ? 1 : -1;
    inst->position += sign * qty;
    inst->cash += inst->money.is_inverse ? sign * value : -sign * value;
    inst->fees += fee;
    vel_report_t out = {.ts_venue = venue->ts,
                        .order_id = order_id,
                        .price = price,
                        .qty = qty,
                        .fee = fee,
                        .datum_ts = inst->ts,
                        .datum_row = inst->rows - 1,
                        .mid2 = vel_book_mid2(&inst->book),
                        .instrument = instrument,
                        .kind = VEL_REPORT_FILL,
                        .side = side,
                        .cause = cause,
                        .maker = maker};
    return vel_report_ring_push(&venue->reports, &out);
}

/* Fill up to *volume of one level's orders in time priority, no queue before them. */
static int fill_level(vel_venue_t *venue, int32_t instrument, uint32_t level, uint8_t cause, int64_t *volume)
{
    for (uint32_t index = venue->levels[level].head; index != VEL_NO_INDEX && *volume > 0;) {
        vel_resting_t *order = &venue->resting[index];
        uint32_t next = order->next;
        int64_t qty = order->leaves < *volume ? order->leaves : *volume;
        *volume -= qty;
        order->leaves -= qty;
        order->place.ahead = 0.0;
        int status = fill(venue, instrument, order->id, order->side, order->price, qty, cause);
        if (status != VEL_OK)
            return status;
        if (order->leaves == 0)
            remove_resting(venue, index);
        index = next;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- liquidity taken by own orders */

int64_t vel_venue_available(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    int64_t shown = vel_ladder_qty(&inst->book.side[side], key);
    int64_t *taken = vel_map_get(&inst->own[side].taken, key);
    return taken == NULL ? shown : shown - *taken;
}

static int take(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t qty)
{
    int64_t *taken = vel_map_get(&inst->own[side].taken, key);
    inst->is_touched = 1;
    if (taken != NULL) {
        *taken += qty;
        return VEL_OK;
    }
    return vel_map_put(&inst->own[side].taken, key, qty);
}

/* The level of `side` changed from `before` to `after` lots: growth is new liquidity, shrinking leaves at most what
 * was available. */
static void refresh_taken(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after)
{
    int64_t *taken = vel_map_get(&inst->own[side].taken, key);
    if (taken == NULL || after >= before)
        return;
    int64_t available = before - *taken;
    if (available > after)
        available = after;
    *taken = after - available;
    if (*taken == 0) {
        vel_map_remove(&inst->own[side].taken, key);
        touch(inst);
    }
}

/* ---------------------------------------------------------------- recorded rows */

/* Recorded orders of a level that own orders stand behind. */
static int update_places(vel_venue_t *venue, vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before,
                         int64_t after)
{
    uint32_t level = own_level_find(&inst->own[side], key);
    if (level == VEL_NO_INDEX)
        return VEL_OK;
    for (uint32_t index = venue->levels[level].head; index != VEL_NO_INDEX; index = venue->resting[index].next) {
        vel_queue_place_t *place = &venue->resting[index].place;
        double ahead = place->ahead;
        venue->queue.on_depth(place, (double)before, (double)after, venue->queue.params);
        place->traded = 0.0;
        if (place->cut_ts != inst->ts || ahead >= VEL_QUEUE_UNKNOWN)
            place->cut = 0.0;
        if (ahead < VEL_QUEUE_UNKNOWN && ahead > place->ahead)
            place->cut += ahead - place->ahead;
        place->cut_ts = inst->ts;
        if (place->ahead != ahead) {
            int status = trace_place(venue, &venue->resting[index], VEL_PLACE_DEPTH, before, after, 0);
            if (status != VEL_OK)
                return status;
        }
    }
    return VEL_OK;
}

/* Own orders opposite to `side` take what the level at `key` shows at or beyond their price. */
static int cross(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t key)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    uint8_t own_side = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    vel_own_side_t *own = &inst->own[own_side];
    int64_t limit = vel_side_key(own_side, vel_key_ticks(side, key));
    int64_t available = vel_venue_available(inst, side, key);
    while (own->best != VEL_NO_INDEX && venue->levels[own->best].key <= limit && available > 0) {
        int64_t volume = available;
        int status = fill_level(venue, instrument, own->best, VEL_CAUSE_CROSS, &volume);
        if (status != VEL_OK || (status = take(inst, side, key, available - volume)) != VEL_OK)
            return status;
        available = volume;
    }
    return VEL_OK;
}

static int set_level(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t price, int64_t qty)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (side > VEL_SELL || qty < 0 || price <= -VEL_TICKS_MAX || price >= VEL_TICKS_MAX)
        return VEL_EINVAL;
    int64_t key = vel_side_key(side, price);
    int64_t before = vel_ladder_qty(&inst->book.side[side], key);
    int status = vel_ladder_set(&inst->book.side[side], key, qty);
    if (status != VEL_OK || !inst->is_touched || inst->book.in_snapshot)
        return status;
    refresh_taken(inst, side, key, before, qty);
    if (inst->own[side].best != VEL_NO_INDEX && (status = update_places(venue, inst, side, key, before, qty)) != VEL_OK)
        return status;
    uint32_t opposite = inst->own[side == VEL_BUY ? VEL_SELL : VEL_BUY].best;
    if (qty > 0 && opposite != VEL_NO_INDEX && !inst->is_halted && !inst->book.is_stale)
        status = cross(venue, instrument, side, key);
    return status;
}

/* After a snapshot: totals bound the places, what was taken stays taken, and what stands through own prices fills. */
static int end_snapshot(vel_venue_t *venue, int32_t instrument)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    inst->book.in_snapshot = 0;
    inst->book.is_stale = 0;
    if (!inst->is_touched)
        return VEL_OK;
    for (uint8_t side = 0; side < 2; side++) {
        vel_own_side_t *own = &inst->own[side];
        for (uint32_t level = own->best; level != VEL_NO_INDEX; level = venue->levels[level].worse) {
            int64_t now = vel_ladder_qty(&inst->book.side[side], venue->levels[level].key);
            int status = update_places(venue, inst, side, venue->levels[level].key, now, now);
            if (status != VEL_OK)
                return status;
        }
        for (uint64_t at = 0; at < own->taken.capacity;) {
            vel_map_slot_t *slot = &own->taken.slots[at];
            bool is_used = slot->value != VEL_MAP_EMPTY;
            int64_t shown = is_used ? vel_ladder_qty(&inst->book.side[side], slot->key) : 0;
            if (is_used && slot->value > shown)
                slot->value = shown;
            if (is_used && slot->value == 0)
                vel_map_remove(&own->taken, slot->key); /* may move another key here: look again */
            else
                at++;
        }
    }
    touch(inst);
    for (uint8_t side = 0; side < 2 && !inst->is_halted; side++) {
        uint8_t own_side = side == VEL_BUY ? VEL_SELL : VEL_BUY;
        const vel_ladder_t *ladder = &inst->book.side[side];
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
            uint32_t best = inst->own[own_side].best;
            if (best == VEL_NO_INDEX || venue->levels[best].key > vel_side_key(own_side, vel_key_ticks(side, key)))
                break;
            int status = cross(venue, instrument, side, key);
            if (status != VEL_OK)
                return status;
        }
    }
    return VEL_OK;
}

/* A trade's volume meets the own orders on its passive side. */
static int match_trade(vel_venue_t *venue, int32_t instrument, uint8_t passive, int64_t price, int64_t qty)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    vel_own_side_t *own = &inst->own[passive];
    int64_t key = vel_side_key(passive, price);
    int64_t left = qty;
    int status;

    while (own->best != VEL_NO_INDEX && venue->levels[own->best].key < key && left > 0)
        if ((status = fill_level(venue, instrument, own->best, VEL_CAUSE_THROUGH, &left)) != VEL_OK)
            return status;
    /* A print beyond a price that did not fill all of it has still emptied the queue before it. */
    for (uint32_t level = own->best; level != VEL_NO_INDEX && venue->levels[level].key < key;
         level = venue->levels[level].worse)
        for (uint32_t index = venue->levels[level].head; index != VEL_NO_INDEX; index = venue->resting[index].next) {
            bool is_new = venue->resting[index].place.ahead != 0.0;
            venue->resting[index].place.ahead = 0.0;
            if (is_new && (status = trace_place(venue, &venue->resting[index], VEL_PLACE_THROUGH, 0, 0, qty)) != VEL_OK)
                return status;
        }

    uint32_t level = own_level_find(own, key);
    if (level == VEL_NO_INDEX)
        return VEL_OK;
    double passed = 0.0; /* recorded lots that this trade took at this level so far */
    for (uint32_t index = venue->levels[level].head; index != VEL_NO_INDEX;) {
        vel_resting_t *order = &venue->resting[index];
        vel_queue_place_t *place = &order->place;
        uint32_t next = order->next;
        double cut = place->cut_ts == inst->ts ? place->cut : 0.0;
        double ahead = place->ahead + cut;
        if (ahead > passed && left > 0) {
            double need = ahead - passed;
            double took = need < (double)left ? need : (double)left;
            passed += took;
            /* A model may leave a fraction of a lot ahead: a lot that is not wholly free does not fill. */
            left -= (int64_t)took + (took > (double)(int64_t)took);
        }
        place->traded += (double)qty;
        double remains = ahead > passed ? ahead - passed : 0.0;
        if (place->ahead > remains) {
            place->ahead = remains;
            if ((status = trace_place(venue, order, VEL_PLACE_TRADE, 0, 0, qty)) != VEL_OK)
                return status;
        }
        place->cut = cut > passed ? cut - passed : 0.0;
        if (left > 0 && ahead <= passed) {
            int64_t got = order->leaves < left ? order->leaves : left;
            left -= got;
            order->leaves -= got;
            status = fill(venue, instrument, order->id, order->side, order->price, got, VEL_CAUSE_QUEUE);
            if (status != VEL_OK)
                return status;
            if (order->leaves == 0)
                remove_resting(venue, index);
        }
        index = next;
    }
    return VEL_OK;
}

static int on_trade(vel_venue_t *venue, int32_t instrument, uint8_t aggressor, int64_t price, int64_t qty)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (qty <= 0)
        return VEL_EINVAL;
    if (inst->is_halted)
        return VEL_OK;
    if (aggressor == VEL_NO_SIDE) {
        /* The feed does not say who was aggressive: the side of the book at which it printed does. */
        if (vel_book_has_side(&inst->book, VEL_BUY) && price <= vel_book_best(&inst->book, VEL_BUY))
            aggressor = VEL_SELL;
        else if (vel_book_has_side(&inst->book, VEL_SELL) && price >= vel_book_best(&inst->book, VEL_SELL))
            aggressor = VEL_BUY;
        else
            return VEL_OK;
    }
    uint8_t passive = aggressor == VEL_BUY ? VEL_SELL : VEL_BUY;
    return inst->own[passive].best == VEL_NO_INDEX ? VEL_OK : match_trade(venue, instrument, passive, price, qty);
}

static int on_quote(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t price, int64_t qty)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (side > VEL_SELL)
        return VEL_EINVAL;
    if (vel_book_has_side(&inst->book, side) && vel_book_best(&inst->book, side) != price) {
        int status = set_level(venue, instrument, side, vel_book_best(&inst->book, side), 0);
        if (status != VEL_OK)
            return status;
    }
    return set_level(venue, instrument, side, price, qty);
}

/* Position times mark times rate, half to even; longs pay a positive rate. */
static int on_funding(vel_venue_t *venue, int32_t instrument, int64_t mark, int64_t rate)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
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
    vel_report_t out = {.ts_venue = venue->ts,
                        .qty = inst->position,
                        .fee = (int64_t)paid,
                        .datum_ts = inst->ts,
                        .datum_row = inst->rows - 1,
                        .instrument = instrument,
                        .kind = VEL_REPORT_FUNDING,
                        .side = VEL_NO_SIDE};
    return vel_report_ring_push(&venue->reports, &out);
}

int vel_venue_on_row_slow(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    uint8_t side = columns->side[row];
    int64_t price = columns->price[row], qty = columns->qty[row];
    inst->ts = columns->ts_event[row];
    inst->rows++;
    if (VEL_UNLIKELY(venue->hft != NULL) && columns->kind[row] <= VEL_EV_SNAPSHOT_END)
        return vel_venue_hft_on_row(venue, instrument, columns, row);
    switch (columns->kind[row]) {
    case VEL_EV_DELTA:
        inst->has_book = 1;
        return set_level(venue, instrument, side, price, qty);
    case VEL_EV_TRADE:
        return columns->flags[row] & VEL_FLAG_OFF_BOOK ? VEL_OK : on_trade(venue, instrument, side, price, qty);
    case VEL_EV_QUOTE:
        return inst->is_quote_fed ? on_quote(venue, instrument, side, price, qty) : VEL_OK;
    case VEL_EV_SNAPSHOT_BEGIN:
        vel_book_clear(&inst->book);
        inst->book.in_snapshot = 1;
        inst->has_book = 1;
        return VEL_OK;
    case VEL_EV_SNAPSHOT_END:
        return end_snapshot(venue, instrument);
    case VEL_EV_GAP:
        inst->book.is_stale = 1;
        return VEL_OK;
    case VEL_EV_STATUS:
        inst->is_halted = qty == 0;
        return VEL_OK;
    case VEL_EV_FUNDING:
        return on_funding(venue, instrument, price, qty);
    default:
        return VEL_OK;
    }
}

/* ---------------------------------------------------------------- commands */

/* Best key of the recorded side that still has something to take, VEL_NO_KEY when none. */
static int64_t best_available(const vel_venue_instrument_t *inst, uint8_t side)
{
    const vel_ladder_t *ladder = &inst->book.side[side];
    int64_t key = ladder->best_key;
    if (inst->own[side].taken.count != 0)
        while (key != VEL_NO_KEY && vel_venue_available(inst, side, key) <= 0)
            key = vel_ladder_next(ladder, key);
    return key;
}

/* Best own order of `side`, as a key; VEL_NO_KEY when none. */
static int64_t best_own(const vel_venue_t *venue, const vel_venue_instrument_t *inst, uint8_t side)
{
    return inst->own[side].best == VEL_NO_INDEX ? VEL_NO_KEY : venue->levels[inst->own[side].best].key;
}

/* Lots that a taker could get down to `limit` (a key of `side`), at most `wanted`, without meeting an own order. */
static int64_t takeable(const vel_venue_t *venue, const vel_venue_instrument_t *inst, uint8_t side, int64_t limit,
                        int64_t wanted)
{
    const vel_ladder_t *ladder = &inst->book.side[side];
    int64_t own = best_own(venue, inst, side);
    int64_t sum = 0;
    for (int64_t key = ladder->best_key; key <= limit && key < own && key != VEL_NO_KEY && sum < wanted;
         key = vel_ladder_next(ladder, key))
        sum += vel_venue_available(inst, side, key);
    return sum < wanted ? sum : wanted;
}

/* Take recorded liquidity down to `limit` (a key of the other side); *left lots stay. Reaching an own order ends the
 * order: *ended is set and the report made. */
static int take_liquidity(vel_venue_t *venue, const vel_command_t *command, int64_t limit, int64_t *left, bool *ended)
{
    vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    uint8_t other = command->side == VEL_BUY ? VEL_SELL : VEL_BUY;
    int64_t own = best_own(venue, inst, other);
    int status;
    *ended = false;
    while (*left > 0) {
        int64_t best = best_available(inst, other);
        if (own != VEL_NO_KEY && own <= limit && (best == VEL_NO_KEY || own <= best)) {
            *ended = true;
            return report(venue, VEL_REPORT_EXPIRED, command->instrument, command->order_id, command->side,
                          command->price, *left, VEL_REASON_SELF_TRADE);
        }
        if (best == VEL_NO_KEY || best > limit)
            return VEL_OK;
        int64_t qty = vel_venue_available(inst, other, best);
        qty = qty < *left ? qty : *left;
        *left -= qty;
        if ((status = take(inst, other, best, qty)) != VEL_OK ||
            (status = fill(venue, command->instrument, command->order_id, command->side, vel_key_ticks(other, best),
                           qty, VEL_CAUSE_TAKER)) != VEL_OK)
            return status;
    }
    return VEL_OK;
}

static int on_new(vel_venue_t *venue, const vel_command_t *command)
{
    vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    int32_t instrument = command->instrument;
    int64_t id = command->order_id;
    uint8_t side = command->side, other = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    bool market = command->type == VEL_MARKET;
    /* The farthest price it may trade at, as a key of the other side. */
    int64_t limit = market ? VEL_NO_KEY - 1 : vel_side_key(other, command->price);
    int64_t value = 0;
    int status;

    if (inst->is_halted)
        return report(venue, VEL_REPORT_REJECTED, instrument, id, side, command->price, command->qty,
                      VEL_REASON_HALTED);
    if (!market && (status = vel_value(&inst->money, command->price, command->qty, &value)) == VEL_ERANGE)
        return status;
    if (command->qty < inst->min_qty || command->qty <= 0 || (!market && value < inst->min_notional))
        return report(venue, VEL_REPORT_REJECTED, instrument, id, side, command->price, command->qty,
                      VEL_REASON_FILTER);
    int64_t best = best_available(inst, other), own = best_own(venue, inst, other);
    bool would_take = (best != VEL_NO_KEY && best <= limit) || (own != VEL_NO_KEY && own <= limit);
    if (command->post_only && would_take)
        return report(venue, VEL_REPORT_REJECTED, instrument, id, side, command->price, command->qty,
                      VEL_REASON_POST_ONLY);
    if ((status = report(venue, VEL_REPORT_ACK, instrument, id, side, command->price, command->qty, VEL_REASON_NONE)) !=
        VEL_OK)
        return status;
    if (command->tif == VEL_FOK && takeable(venue, inst, other, limit, command->qty) < command->qty)
        return report(venue, VEL_REPORT_EXPIRED, instrument, id, side, command->price, command->qty, VEL_REASON_FOK);

    int64_t left = command->qty;
    bool ended = false;
    if (would_take && ((status = take_liquidity(venue, command, limit, &left, &ended)) != VEL_OK || ended))
        return status;
    if (left == 0)
        return VEL_OK;
    if (market || command->tif != VEL_GTC)
        return report(venue, VEL_REPORT_EXPIRED, instrument, id, side, command->price, left,
                      left == command->qty && market ? VEL_REASON_NO_LIQUIDITY : VEL_REASON_IOC);
    return rest(venue, command, left);
}

static int on_cancel(vel_venue_t *venue, const vel_command_t *command)
{
    int64_t *found = vel_map_get(&venue->orders, command->order_id);
    if (found == NULL)
        return report(venue, VEL_REPORT_CANCEL_REJECTED, command->instrument, command->order_id, command->side, 0, 0,
                      VEL_REASON_UNKNOWN_ORDER);
    vel_resting_t order = venue->resting[*found];
    remove_resting(venue, (uint32_t)*found);
    return report(venue, VEL_REPORT_CANCELED, order.instrument, order.id, order.side, order.price, order.leaves,
                  VEL_REASON_NONE);
}

/* Same price and a smaller quantity keep the place; anything else joins the back of its (new) level. A new quantity
 * that is already filled ends the order. A post-only order whose new price would take is left as it was. */
static int on_amend(vel_venue_t *venue, const vel_command_t *command)
{
    int64_t *found = vel_map_get(&venue->orders, command->order_id);
    if (found == NULL)
        return report(venue, VEL_REPORT_AMEND_REJECTED, command->instrument, command->order_id, command->side, 0, 0,
                      VEL_REASON_UNKNOWN_ORDER);
    vel_resting_t *order = &venue->resting[*found];
    vel_venue_instrument_t *inst = &venue->instruments[order->instrument];
    uint8_t side = order->side, other = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    int64_t filled = order->qty - order->leaves;
    int64_t value = 0;
    int status;

    if (inst->is_halted)
        return report(venue, VEL_REPORT_AMEND_REJECTED, order->instrument, order->id, side, order->price, order->qty,
                      VEL_REASON_HALTED);
    if (command->qty <= filled) {
        vel_resting_t ended = *order;
        remove_resting(venue, (uint32_t)*found);
        return report(venue, VEL_REPORT_CANCELED, ended.instrument, ended.id, side, ended.price, ended.leaves,
                      VEL_REASON_AMEND);
    }
    if ((status = vel_value(&inst->money, command->price, command->qty, &value)) == VEL_ERANGE)
        return status;
    if (command->qty < inst->min_qty || value < inst->min_notional)
        return report(venue, VEL_REPORT_AMEND_REJECTED, order->instrument, order->id, side, order->price, order->qty,
                      VEL_REASON_FILTER);
    if (command->price == order->price && command->qty <= order->qty) {
        order->leaves = command->qty - filled;
        order->qty = command->qty;
        return report(venue, VEL_REPORT_AMENDED, order->instrument, order->id, side, order->price, order->qty,
                      VEL_REASON_NONE);
    }
    int64_t limit = vel_side_key(other, command->price);
    int64_t best = best_available(inst, other), own = best_own(venue, inst, other);
    bool would_take = (best != VEL_NO_KEY && best <= limit) || (own != VEL_NO_KEY && own <= limit);
    if (order->post_only && would_take)
        return report(venue, VEL_REPORT_AMEND_REJECTED, order->instrument, order->id, side, order->price, order->qty,
                      VEL_REASON_POST_ONLY);

    vel_command_t again = *command;
    again.side = side;
    again.post_only = order->post_only;
    again.instrument = order->instrument;
    remove_resting(venue, (uint32_t)*found);
    if ((status = report(venue, VEL_REPORT_AMENDED, again.instrument, again.order_id, side, again.price, again.qty,
                         VEL_REASON_NONE)) != VEL_OK)
        return status;
    int64_t left = again.qty - filled;
    bool ended = false;
    if (would_take && ((status = take_liquidity(venue, &again, limit, &left, &ended)) != VEL_OK || ended))
        return status;
    return left == 0 ? VEL_OK : rest(venue, &again, left);
}

int vel_venue_on_command(vel_venue_t *venue, const vel_command_t *command)
{
    VEL_ASSERT(command->instrument >= 0 && command->instrument < venue->instruments_count);
    if (VEL_UNLIKELY(venue->hft != NULL))
        return vel_venue_hft_on_command(venue, command);
    switch (command->action) {
    case VEL_ACTION_NEW:
        return on_new(venue, command);
    case VEL_ACTION_AMEND:
        return on_amend(venue, command);
    case VEL_ACTION_CANCEL:
        return on_cancel(venue, command);
    default:
        return VEL_EINVAL;
    }
}

/* ---------------------------------------------------------------- for other rules */

int vel_venue_report(vel_venue_t *venue, uint8_t kind, int32_t instrument, int64_t order_id, uint8_t side,
                     int64_t price, int64_t qty, uint8_t reason)
{
    return report(venue, kind, instrument, order_id, side, price, qty, reason);
}

int vel_venue_fill(vel_venue_t *venue, int32_t instrument, int64_t order_id, uint8_t side, int64_t price, int64_t qty,
                   uint8_t cause)
{
    return fill(venue, instrument, order_id, side, price, qty, cause);
}

/* ---------------------------------------------------------------- life */

int vel_venue_init(vel_venue_t *venue, int32_t instruments, vel_queue_model_t queue)
{
    memset(venue, 0, sizeof *venue);
    venue->queue = queue;
    venue->resting_free = venue->levels_free = VEL_NO_INDEX;
    if (instruments < 1)
        return VEL_EINVAL;
    venue->instruments = calloc((size_t)instruments, sizeof *venue->instruments);
    if (venue->instruments == NULL)
        return VEL_ENOMEM;
    venue->instruments_count = instruments;
    int status = VEL_OK;
    for (int32_t i = 0; i < instruments; i++) {
        vel_venue_instrument_t *inst = &venue->instruments[i];
        if (vel_book_init(&inst->book) != VEL_OK)
            status = VEL_ENOMEM;
        for (int side = 0; side < 2; side++)
            inst->own[side].best = inst->own[side].worst = VEL_NO_INDEX;
    }
    return status;
}

void vel_venue_free(vel_venue_t *venue)
{
    vel_venue_hft_free(venue);
    for (int32_t i = 0; i < venue->instruments_count; i++) {
        vel_book_free(&venue->instruments[i].book);
        for (int side = 0; side < 2; side++) {
            vel_map_free(&venue->instruments[i].own[side].levels);
            vel_map_free(&venue->instruments[i].own[side].taken);
        }
    }
    free(venue->instruments);
    free(venue->resting);
    free(venue->levels);
    vel_map_free(&venue->orders);
    vel_report_ring_free(&venue->reports);
    vel_place_records_free(&venue->places);
    memset(venue, 0, sizeof *venue);
}
