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
    if (inst->is_by_order && inst->book->side[own_side].best_key <= limit)
        return VEL_OK; /* an aggressor: its executions follow, in the order of their queues */
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
            int status = vel_venue_trace_place(inst, index, VEL_PLACE_DEPTH, before, after, 0);
            if (status != VEL_OK)
                return status;
        }
    }
    return VEL_OK;
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
    vel_venue_refresh_taken(inst, side, key, before, qty);
    if (vel_own_has(&inst->own, side) && (status = update_places(inst, side, key, before, qty)) != VEL_OK)
        return status;
    if (qty > 0 && vel_own_has(&inst->own, vel_opposite(side)) && vel_venue_can_cross(inst))
        status = vel_venue_cross(inst, side, key);
    return status;
}

/* What the book shows at or beyond own prices fills them, after a time in which nothing crossed. */
static int cross_shown(vel_venue_instrument_t *inst)
{
    if (!inst->is_touched || !vel_venue_can_cross(inst))
        return VEL_OK;
    for (uint8_t side = 0; side < 2; side++) {
        uint8_t own_side = vel_opposite(side);
        const vel_ladder_t *ladder = &inst->book->side[side];
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
            if (vel_own_best_key(&inst->own, own_side) > vel_side_key(own_side, vel_key_ticks(side, key)))
                break;
            int status = vel_venue_cross(inst, side, key);
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
                vel_venue_bound_by_order(inst, side, level);
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
    vel_venue_touch(inst);
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
            bool is_new = inst->own.orders[index].place.ahead != 0.0;
            inst->own.orders[index].place.ahead = 0.0;
            if (is_new && (status = vel_venue_trace_place(inst, index, VEL_PLACE_THROUGH, 0, 0, qty)) != VEL_OK)
                return status;
        }
    return VEL_OK;
}

uint32_t vel_venue_next_unseen(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    uint32_t level = vel_own_level_at(&inst->own, side, key);
    if (level == VEL_NO_INDEX)
        return VEL_NO_INDEX;
    uint32_t index = inst->own.levels[level].head;
    while (index != VEL_NO_INDEX && inst->own.orders[index].seen == inst->rows)
        index = inst->own.orders[index].next;
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
    uint32_t index;
    while ((index = vel_venue_next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        vel_queue_place_t *place = &own->place;
        own->seen = inst->rows;
        double cut = place->cut_ts == inst->ts ? place->cut : 0.0;
        double ahead = place->ahead + cut;
        if (ahead > passed && left > 0) {
            double need = ahead - passed;
            double took = vel_venue_least(need, (double)left);
            passed += took;
            /* A model may leave a fraction of a lot ahead: a lot that is not wholly free does not fill. */
            left -= (int64_t)took + (took > (double)(int64_t)took);
        }
        bool is_told = place->cut_ts == inst->ts; /* the level's row of this instant holds this trade already */
        if (!is_told)
            place->traded =
                vel_venue_least(place->traded + (double)qty, (double)vel_ladder_qty(&inst->book->side[passive], key));
        double remains = ahead > passed ? ahead - passed : 0.0;
        if (place->ahead > remains) {
            place->ahead = remains;
            if ((status = vel_venue_trace_place(inst, index, VEL_PLACE_TRADE, 0, 0, qty)) != VEL_OK)
                return status;
        }
        place->cut = cut > passed ? cut - passed : 0.0;
        if (left == 0 || ahead > passed)
            continue;
        int64_t sequence = inst->desk.orders[index].sequence;
        if ((status = vel_venue_fill_in_queue(inst, index, &left)) != VEL_OK)
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
    int status = vel_venue_trade_through(inst, passive, key, qty, &left);
    if (status != VEL_OK)
        return status;
    uint32_t index;
    while (left > 0 && (index = vel_venue_next_unseen(inst, passive, key)) != VEL_NO_INDEX) {
        vel_own_order_t *own = &inst->own.orders[index];
        own->seen = inst->rows;
        if (own->place.ahead + own->owed > 0.0)
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
    if (VEL_UNLIKELY(inst->desk.lacks_prints) && status == VEL_OK)
        status = vel_desk_on_print(&inst->desk);
    return status == VEL_OK ? vel_venue_note_last(inst, price) : status;
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

/* A mark in ticks: the last whole one that it has reached on its way down, and on its way up. */
static int note_mark(vel_venue_instrument_t *inst, int64_t mark)
{
    if (mark <= 0)
        return VEL_OK;
    vel_i128 scaled = (vel_i128)mark * inst->money.tick_den, tick = (vel_i128)inst->money.tick_num * VEL_RATE_SCALE;
    vel_i128 rise = scaled / tick, fall = rise + (scaled % tick != 0);
    if (fall >= VEL_TICKS_MAX)
        return VEL_ERANGE;
    inst->desk.mark[0] = (int64_t)fall;
    inst->desk.mark[1] = (int64_t)rise;
    inst->desk.has_mark = 1;
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
        return inst->is_by_order ? vel_venue_on_order_row(inst, kind, side, price, qty, columns->order_id[row])
                                 : VEL_OK;
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
    case VEL_EV_MARK_PRICE:
        return note_mark(inst, price);
    case VEL_EV_FUNDING:
        (void)note_mark(inst, price);
        return on_funding(inst, price, qty);
    default:
        return VEL_OK;
    }
}

int vel_venue_on_row_slow(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    int status = on_row(inst, columns, row);
    if (VEL_UNLIKELY(inst->desk.watched > 0) && status == VEL_OK)
        status = vel_venue_follow_prices(inst);
    /* What the row fired or released acts when the row is done. */
    return status == VEL_OK && inst->desk.due.count > 0 ? vel_desk_settle(&inst->desk) : status;
}
