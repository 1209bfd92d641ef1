/* hftbacktest's venue, rule by rule. One file of more than 900 lines: the rules call one another, and no other file
 * needs any of their helpers. */
#include "velora/venue_hft.h"

#include <math.h>
#include <string.h>

/* What hftbacktest's partial exchange walks for a market order. */
#define MARKET_TICKS 100

static bool corrects(const vel_venue_t *venue, uint32_t correction)
{
    return (venue->hft->corrections & correction) != 0;
}

/* ---------------------------------------------------------------- quantities */

/* Lots as the float of base units that data files hold: the nearest one to the decimal. */
static double base_units(const vel_hft_instrument_t *own, int64_t lots)
{
    return (double)(lots * own->lot_num) / (double)own->lot_den;
}

static double lot_size(const vel_hft_instrument_t *own)
{
    return (double)own->lot_num / (double)own->lot_den;
}

/* Lots in the unit of places. */
static double in_place(const vel_venue_t *venue, const vel_hft_instrument_t *own, int64_t lots)
{
    return corrects(venue, VEL_HFT_WHOLE_LOTS) ? (double)lots : base_units(own, lots);
}

/* A place in lots. */
static double place_lots(const vel_venue_t *venue, const vel_hft_instrument_t *own, double place)
{
    return corrects(venue, VEL_HFT_WHOLE_LOTS) || place >= VEL_QUEUE_UNKNOWN ? place : place / lot_size(own);
}

/* Lots that are free once a trade has reached `front`. */
static int64_t free_lots(const vel_venue_t *venue, const vel_hft_instrument_t *own, double front)
{
    if (!(front < 0.0))
        return 0;
    return corrects(venue, VEL_HFT_WHOLE_LOTS) ? (int64_t)floor(-front) : (int64_t)round(-front / lot_size(own));
}

/* ---------------------------------------------------------------- own orders */

/* First own order that is not better than `key`. */
static int64_t lower_bound(const vel_hft_side_t *own, int64_t key)
{
    int64_t low = 0, high = own->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (own->orders[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int order_insert(vel_venue_t *venue, vel_hft_side_t *own, const vel_hft_order_t *order)
{
    if (own->count == own->capacity) {
        int64_t capacity = own->capacity == 0 ? 16 : own->capacity * 2;
        vel_hft_order_t *orders = realloc(own->orders, (size_t)capacity * sizeof *orders);
        if (orders == NULL)
            return VEL_ENOMEM;
        own->orders = orders;
        own->capacity = capacity;
    }
    int status = vel_map_put(&venue->hft->orders, order->id, order->key);
    if (status != VEL_OK)
        return status;
    int64_t at = lower_bound(own, order->key + 1);
    memmove(&own->orders[at + 1], &own->orders[at], (size_t)(own->count - at) * sizeof *own->orders);
    own->orders[at] = *order;
    own->count++;
    return VEL_OK;
}

static void order_remove(vel_venue_t *venue, vel_hft_side_t *own, int64_t at)
{
    vel_map_remove(&venue->hft->orders, own->orders[at].id);
    own->count--;
    memmove(&own->orders[at], &own->orders[at + 1], (size_t)(own->count - at) * sizeof *own->orders);
}

/* Index of an own order, -1 when it is not there. */
static int64_t order_find(const vel_venue_t *venue, const vel_hft_side_t *own, int64_t id)
{
    int64_t *key = vel_map_get(&venue->hft->orders, id);
    if (key == NULL)
        return -1;
    for (int64_t at = lower_bound(own, *key); at < own->count && own->orders[at].key == *key; at++)
        if (own->orders[at].id == id)
            return at;
    return -1;
}

static int trace_queue(vel_venue_t *venue, int32_t instrument, const vel_hft_order_t *order, uint8_t kind,
                       int64_t before, int64_t after, int64_t volume)
{
    if (VEL_LIKELY(!venue->traces_queue))
        return VEL_OK;
    vel_queue_record_t record = {
        .ts = venue->ts,
        .order_id = order->id,
        .datum_row = venue->instruments[instrument].rows - 1,
        .ahead = place_lots(venue, &venue->hft->instruments[instrument], order->queue.ahead),
        .before = before,
        .after = after,
        .volume = volume,
        .instrument = instrument,
        .kind = kind,
    };
    return vel_queue_records_push(&venue->queue_positions, &record);
}

/* Fill an own order at its price; `qty` is `lots` with hftbacktest's rounding. */
static int fill_maker(vel_venue_t *venue, int32_t instrument, vel_hft_order_t *order, int64_t lots, double qty,
                      uint8_t cause)
{
    if (order->leaves <= 0)
        return VEL_ESTATE;
    order->leaves -= lots;
    order->leaves_qty -= qty;
    return vel_venue_fill(venue, instrument, order->strategy, order->id, order->side,
                          vel_key_ticks(order->side, order->key), lots, cause);
}

static int rest(vel_venue_t *venue, const vel_command_t *command, int64_t qty, int64_t leaves, double leaves_qty,
                int64_t sequence)
{
    vel_hft_instrument_t *own = &venue->hft->instruments[command->instrument];
    vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    uint8_t side = command->terms.side;
    int64_t key = vel_side_key(side, command->terms.price);
    int64_t shown = vel_ladder_qty(&inst->book->side[side], key);
    bool is_known = inst->has_book || inst->is_quote_fed || !corrects(venue, VEL_HFT_FEED_BOOK);
    vel_hft_order_t order = {
        .id = command->order_id,
        .key = key,
        .qty = qty,
        .leaves = leaves,
        .leaves_qty = leaves_qty,
        .sequence = sequence,
        .strategy = command->strategy,
        .queue = {.ahead = is_known ? in_place(venue, own, shown) : VEL_QUEUE_UNKNOWN, .cut_ts = INT64_MIN},
        .side = side,
        .post_only = (command->terms.flags & VEL_EXEC_POST_ONLY) != 0,
    };
    int status = order_insert(venue, &own->side[side], &order);
    return status == VEL_OK ? trace_queue(venue, command->instrument, &order, VEL_QUEUE_JOINED, shown, shown, 0)
                            : status;
}

/* ---------------------------------------------------------------- the recorded book */

static int64_t best_key(const vel_venue_t *venue, int32_t instrument, uint8_t side)
{
    return corrects(venue, VEL_HFT_FEED_BOOK) ? venue->instruments[instrument].book->side[side].best_key
                                              : venue->hft->instruments[instrument].side[side].best_key;
}

static int64_t next_level(const vel_hft_side_t *side, const vel_ladder_t *ladder, int64_t key)
{
    int64_t next = vel_ladder_next(ladder, key);
    return next <= side->far_key ? next : VEL_NO_KEY;
}

/* Move the best prices as hftbacktest does: a level set through the other side's best moves that best behind it. */
static void move_best(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t key, int64_t qty)
{
    vel_book_t *book = venue->instruments[instrument].book;
    vel_hft_side_t *own = &venue->hft->instruments[instrument].side[side];
    vel_hft_side_t *other = &venue->hft->instruments[instrument].side[vel_opposite(side)];
    if (qty == 0) {
        if (key == own->best_key) {
            own->best_key = next_level(own, &book->side[side], key);
            if (own->best_key == VEL_NO_KEY)
                own->far_key = INT64_MIN;
        }
        return;
    }
    if (key < own->best_key) {
        int64_t met = vel_side_key(vel_opposite(side), vel_key_ticks(side, key));
        own->best_key = key;
        if (other->best_key <= met)
            other->best_key = next_level(other, &book->side[vel_opposite(side)], met);
    }
    if (key > own->far_key)
        own->far_key = key;
}

/* ---------------------------------------------------------------- liquidity taken by own orders */

static bool counts_taken(const vel_venue_t *venue)
{
    return corrects(venue, VEL_HFT_TAKER_DEPTH) || corrects(venue, VEL_HFT_CROSS_VOLUME);
}

static int take(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t qty)
{
    int64_t *taken = vel_map_get(&inst->taken[side], key);
    if (taken == NULL)
        return vel_map_put(&inst->taken[side], key, qty);
    *taken += qty;
    return VEL_OK;
}

/* Growth of a level is new liquidity; shrinking leaves at most what was available. */
static void refresh_taken(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after)
{
    int64_t *taken = vel_map_get(&inst->taken[side], key);
    if (taken == NULL || after >= before)
        return;
    *taken = after - vel_min(before - *taken, after);
    if (*taken == 0)
        vel_map_remove(&inst->taken[side], key);
}

/* ---------------------------------------------------------------- places */

static double weight(double exponent, double qty)
{
    return exponent == 0.0 ? log(1.0 + qty) : pow(qty, exponent);
}

/* hftbacktest's probability that a cancel was behind. */
static double behind_probability(const vel_venue_hft_t *hft, double front, double back)
{
    double n = hft->exponent;
    switch (hft->model) {
    case VEL_HFT_RATIO:
        return weight(n, back) / (weight(n, back) + weight(n, front));
    case VEL_HFT_OF_SUM:
        return weight(n, back) / weight(n, back + front);
    default:
        return 1.0 - weight(n, front / (front + back));
    }
}

/* The smaller one; a NaN counts as missing. */
static double lesser(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

static void depth_place(const vel_venue_hft_t *hft, vel_queue_position_t *position, double before, double after)
{
    if (hft->model == VEL_HFT_RISK_AVERSE) {
        position->ahead = lesser(position->ahead, after);
        return;
    }
    double gone = before - after - position->traded;
    double front = position->ahead;
    if (gone < 0.0) {
        position->ahead = lesser(front, after);
        return;
    }
    double back = before - front;
    double p = behind_probability(hft, front, back);
    if (isinf(p))
        p = 1.0;
    position->ahead = lesser(front - (1.0 - p) * gone + lesser(back - p * gone, 0.0), after);
}

static int update_places(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t key, int64_t before,
                         int64_t after)
{
    vel_hft_instrument_t *own = &venue->hft->instruments[instrument];
    vel_hft_side_t *orders = &own->side[side];
    int64_t ts = venue->instruments[instrument].ts;
    for (int64_t at = lower_bound(orders, key); at < orders->count && orders->orders[at].key == key; at++) {
        vel_queue_position_t *position = &orders->orders[at].queue;
        double ahead = position->ahead;
        if (corrects(venue, VEL_HFT_WHOLE_LOTS))
            venue->queue.on_depth(position, (double)before, (double)after, venue->queue.params);
        else
            depth_place(venue->hft, position, base_units(own, before), base_units(own, after));
        position->traded = 0.0;
        if (position->cut_ts != ts || ahead >= VEL_QUEUE_UNKNOWN)
            position->cut = 0.0;
        if (ahead < VEL_QUEUE_UNKNOWN && ahead > position->ahead)
            position->cut += ahead - position->ahead;
        position->cut_ts = ts;
        if (position->ahead != ahead) {
            int status = trace_queue(venue, instrument, &orders->orders[at], VEL_QUEUE_DEPTH, before, after, 0);
            if (status != VEL_OK)
                return status;
        }
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- depth rows */

/* Fill own orders in their order down to a key: each whole, or with `volume` at most that together. */
static int sweep(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t last_key, uint8_t cause, int64_t *volume)
{
    vel_hft_side_t *own = &venue->hft->instruments[instrument].side[side];
    double lot = lot_size(&venue->hft->instruments[instrument]);
    while (own->count > 0 && own->orders[0].key <= last_key && (volume == NULL || *volume > 0)) {
        vel_hft_order_t *order = &own->orders[0];
        bool is_whole = volume == NULL || *volume >= order->leaves;
        int64_t lots = is_whole ? order->leaves : *volume;
        int status =
            fill_maker(venue, instrument, order, lots, is_whole ? order->leaves_qty : (double)lots * lot, cause);
        if (status != VEL_OK)
            return status;
        if (volume != NULL)
            *volume -= lots;
        if (is_whole)
            order_remove(venue, own, 0);
        else
            order->queue.ahead = 0.0;
    }
    return VEL_OK;
}

static bool can_cross(const vel_venue_t *venue, const vel_venue_instrument_t *inst)
{
    return !inst->book->in_snapshot &&
           !(corrects(venue, VEL_HFT_VENUE_CHECKS) && (inst->is_halted || inst->book->is_stale));
}

/* The level at `key` of `side` fills own orders of the other side at or beyond its price. */
static int cross(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t key)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    int64_t met = vel_side_key(vel_opposite(side), vel_key_ticks(side, key));
    if (!corrects(venue, VEL_HFT_CROSS_VOLUME))
        return sweep(venue, instrument, vel_opposite(side), met, VEL_CAUSE_CROSS, NULL);
    vel_hft_side_t *own = &venue->hft->instruments[instrument].side[vel_opposite(side)];
    if (own->count == 0 || own->orders[0].key > met)
        return VEL_OK;
    int64_t shown = vel_venue_available(inst, side, key), left = shown;
    if (shown <= 0)
        return VEL_OK;
    int status = sweep(venue, instrument, vel_opposite(side), met, VEL_CAUSE_CROSS, &left);
    return status == VEL_OK ? take(inst, side, key, shown - left) : status;
}

static int set_level(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t price, int64_t qty)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (side > VEL_SELL || !vel_is_qty(qty) || !vel_is_price(price))
        return VEL_EINVAL;
    int64_t key = vel_side_key(side, price);
    int64_t before = vel_ladder_qty(&inst->book->side[side], key);
    int64_t best_before = best_key(venue, instrument, side);
    inst->depth_row = inst->rows;
    inst->depth_ts = inst->ts;
    int status = vel_ladder_set(&inst->book->side[side], key, qty);
    if (status != VEL_OK)
        return status;
    move_best(venue, instrument, side, key, qty);
    if (inst->book->in_snapshot)
        return VEL_OK;
    if (counts_taken(venue))
        refresh_taken(inst, side, key, before, qty);
    if ((status = update_places(venue, instrument, side, key, before, qty)) != VEL_OK)
        return status;
    if (!can_cross(venue, inst))
        return VEL_OK;
    bool crosses = corrects(venue, VEL_HFT_CROSS_VOLUME) ? qty > 0 : best_key(venue, instrument, side) < best_before;
    return crosses ? cross(venue, instrument, side, key) : VEL_OK;
}

static void begin_snapshot(vel_venue_t *venue, int32_t instrument)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    vel_book_clear(inst->book);
    inst->depth_row = inst->rows;
    inst->book->in_snapshot = corrects(venue, VEL_HFT_FEED_BOOK);
    for (int side = 0; side < 2; side++) {
        venue->hft->instruments[instrument].side[side].best_key = VEL_NO_KEY;
        venue->hft->instruments[instrument].side[side].far_key = INT64_MIN;
    }
}

/* What the book shows at or beyond own prices fills them, after a time in which nothing crossed. */
static int cross_shown(vel_venue_t *venue, int32_t instrument)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (!can_cross(venue, inst))
        return VEL_OK;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_hft_side_t *own = &venue->hft->instruments[instrument].side[vel_opposite(side)];
        const vel_ladder_t *ladder = &inst->book->side[side];
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY && own->count > 0; key = vel_ladder_next(ladder, key)) {
            if (own->orders[0].key > vel_side_key(vel_opposite(side), vel_key_ticks(side, key)))
                break;
            int status = cross(venue, instrument, side, key);
            if (status != VEL_OK)
                return status;
        }
    }
    return VEL_OK;
}

/* As in venue_rows.c: totals bound the places, what was taken stays taken, and what stands through own prices fills. */
static int end_snapshot(vel_venue_t *venue, int32_t instrument)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    bool was_one_update = inst->book->in_snapshot;
    int status;
    inst->book->in_snapshot = 0;
    inst->book->is_stale = 0;
    if (!was_one_update)
        return VEL_OK;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_hft_side_t *own = &venue->hft->instruments[instrument].side[side];
        for (int64_t at = 0; at < own->count; at = lower_bound(own, own->orders[at].key + 1)) {
            int64_t now = vel_ladder_qty(&inst->book->side[side], own->orders[at].key);
            if ((status = update_places(venue, instrument, side, own->orders[at].key, now, now)) != VEL_OK)
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
    return cross_shown(venue, instrument);
}

static int on_status(vel_venue_t *venue, int32_t instrument, bool is_trading)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    bool resumes = inst->is_halted && is_trading;
    inst->is_halted = !is_trading;
    return resumes && corrects(venue, VEL_HFT_VENUE_CHECKS) ? cross_shown(venue, instrument) : VEL_OK;
}

static int on_quote(vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t price, int64_t qty)
{
    const vel_book_t *book = venue->instruments[instrument].book;
    if (side > VEL_SELL)
        return VEL_EINVAL;
    if (vel_book_has_side(book, side) && vel_book_best(book, side) != price) {
        int status = set_level(venue, instrument, side, vel_book_best(book, side), 0);
        if (status != VEL_OK)
            return status;
    }
    return set_level(venue, instrument, side, price, qty);
}

/* ---------------------------------------------------------------- trades */

/* A trade at an own order's price counts in its place, unless a depth row of its instant has told it already; what was
 * beyond the level's total was hidden and is nobody's place. */
static void count_traded(const vel_venue_t *venue, int32_t instrument, vel_hft_order_t *order, double lots)
{
    const vel_venue_instrument_t *inst = &venue->instruments[instrument];
    vel_queue_position_t *position = &order->queue;
    if (corrects(venue, VEL_HFT_NETTING) && position->cut_ts == inst->ts)
        return;
    position->traded += lots;
    if (!corrects(venue, VEL_HFT_WHOLE_LOTS))
        return;
    double shown = (double)vel_ladder_qty(&inst->book->side[order->side], order->key);
    position->traded = position->traded < shown ? position->traded : shown;
}

/* At-price fills as hftbacktest counts them: each own order meets the trade as if alone. */
static int trade_alone(vel_venue_t *venue, int32_t instrument, vel_hft_side_t *orders, int64_t key, int64_t volume)
{
    vel_hft_instrument_t *own = &venue->hft->instruments[instrument];
    bool is_shared = corrects(venue, VEL_HFT_SHARED_VOLUME);
    double traded = in_place(venue, own, volume), lot = lot_size(own);
    int64_t pool = volume;
    int status;
    for (int64_t at = lower_bound(orders, key); at < orders->count && orders->orders[at].key == key;) {
        vel_hft_order_t *order = &orders->orders[at];
        vel_queue_position_t *position = &order->queue;
        bool is_netted = corrects(venue, VEL_HFT_NETTING) && position->cut_ts == venue->instruments[instrument].ts;
        double cut = is_netted ? position->cut : 0.0;
        double front = position->ahead + cut - traded;
        int64_t free = free_lots(venue, own, front);
        if (cut > 0.0)
            position->cut = cut > traded ? cut - traded : 0.0;
        if (cut == 0.0 || front < position->ahead)
            position->ahead = front;
        if (free > 0 || (corrects(venue, VEL_HFT_WHOLE_LOTS) && position->ahead < 0.0))
            position->ahead = 0.0;
        count_traded(venue, instrument, order, traded);
        if ((status = trace_queue(venue, instrument, order, VEL_QUEUE_TRADE, 0, 0, volume)) != VEL_OK)
            return status;
        if (is_shared)
            free = vel_min(free, pool);
        if (free == 0) {
            at++;
            continue;
        }
        bool is_whole = true; /* and gone from the lists */
        if (venue->hft->is_partial || is_shared)
            is_whole = corrects(venue, VEL_HFT_EXACT_FILLS) || !venue->hft->is_partial
                           ? free >= order->leaves
                           : (double)free * lot > order->leaves_qty;
        int64_t lots = is_whole ? order->leaves : vel_min(free, order->leaves);
        status = fill_maker(venue, instrument, order, lots, is_whole ? order->leaves_qty : (double)free * lot,
                            VEL_CAUSE_QUEUE);
        if (status != VEL_OK)
            return status;
        pool -= lots;
        if (is_whole)
            order_remove(venue, orders, at);
        else
            at++;
    }
    return VEL_OK;
}

/* At-price fills with own orders in one queue: recorded lots ahead, then own orders and recorded lots between them. */
static int trade_in_queue(vel_venue_t *venue, int32_t instrument, vel_hft_side_t *orders, int64_t key, int64_t volume,
                          int64_t left)
{
    vel_hft_instrument_t *own = &venue->hft->instruments[instrument];
    double unit = in_place(venue, own, 1), lot = lot_size(own);
    double passed = 0.0; /* recorded lots that this trade took so far */
    int status;
    for (int64_t at = lower_bound(orders, key); at < orders->count && orders->orders[at].key == key;) {
        vel_hft_order_t *order = &orders->orders[at];
        vel_queue_position_t *position = &order->queue;
        bool is_netted = corrects(venue, VEL_HFT_NETTING) && position->cut_ts == venue->instruments[instrument].ts;
        double cut = is_netted ? position->cut / unit : 0.0;
        double ahead = place_lots(venue, own, position->ahead) + cut;
        if (ahead > passed && left > 0) {
            double need = ahead - passed;
            double took = need < (double)left ? need : (double)left;
            passed += took;
            left -= (int64_t)(corrects(venue, VEL_HFT_WHOLE_LOTS) ? ceil(took) : round(took));
        }
        count_traded(venue, instrument, order, in_place(venue, own, volume));
        double remains = ahead > passed ? (ahead - passed) * unit : 0.0;
        if (position->ahead > remains) {
            position->ahead = remains;
            if ((status = trace_queue(venue, instrument, order, VEL_QUEUE_TRADE, 0, 0, volume)) != VEL_OK)
                return status;
        }
        position->cut = cut > passed ? (cut - passed) * unit : 0.0;
        bool is_whole = false;
        if (left > 0 && ahead <= passed) {
            int64_t got = vel_min(order->leaves, left);
            bool keeps_exact = venue->hft->is_partial && !corrects(venue, VEL_HFT_EXACT_FILLS);
            is_whole = keeps_exact ? left > order->leaves : left >= order->leaves;
            status = fill_maker(venue, instrument, order, got, is_whole ? order->leaves_qty : (double)got * lot,
                                VEL_CAUSE_QUEUE);
            if (status != VEL_OK)
                return status;
            left -= got;
        }
        if (is_whole)
            order_remove(venue, orders, at);
        else
            at++;
    }
    return VEL_OK;
}

/* A trade against hidden volume at an own price: displayed orders come first, so it fills what nothing displayed stands
 * before. */
static int trade_hidden(vel_venue_t *venue, int32_t instrument, vel_hft_side_t *orders, int64_t key, int64_t left)
{
    double lot = lot_size(&venue->hft->instruments[instrument]);
    int64_t at = lower_bound(orders, key);
    while (left > 0 && at < orders->count && orders->orders[at].key == key && !(orders->orders[at].queue.ahead > 0.0)) {
        vel_hft_order_t *order = &orders->orders[at];
        bool is_whole = left >= order->leaves;
        int64_t lots = is_whole ? order->leaves : left;
        int status = fill_maker(venue, instrument, order, lots, is_whole ? order->leaves_qty : (double)lots * lot,
                                VEL_CAUSE_QUEUE);
        if (status != VEL_OK)
            return status;
        left -= lots;
        if (is_whole)
            order_remove(venue, orders, at);
        else
            at++;
    }
    return VEL_OK;
}

static int match_trade(vel_venue_t *venue, int32_t instrument, uint8_t passive, int64_t key, int64_t qty,
                       bool is_hidden)
{
    vel_hft_side_t *own = &venue->hft->instruments[instrument].side[passive];
    int64_t left = qty;
    bool is_bounded = corrects(venue, VEL_HFT_THROUGH_VOLUME);
    int status = sweep(venue, instrument, passive, key - 1, VEL_CAUSE_THROUGH, is_bounded ? &left : NULL);
    if (status != VEL_OK)
        return status;
    /* A print beyond a price that did not fill all of it has still emptied the queue before it. */
    for (int64_t at = 0; at < own->count && own->orders[at].key < key; at++) {
        bool is_new = own->orders[at].queue.ahead != 0.0;
        own->orders[at].queue.ahead = 0.0;
        if (is_new &&
            (status = trace_queue(venue, instrument, &own->orders[at], VEL_QUEUE_THROUGH, 0, 0, qty)) != VEL_OK)
            return status;
    }
    if (is_hidden)
        return trade_hidden(venue, instrument, own, key, left);
    return corrects(venue, VEL_HFT_OWN_QUEUE) ? trade_in_queue(venue, instrument, own, key, qty, left)
                                              : trade_alone(venue, instrument, own, key, left);
}

/* As in venue_rows.c: what traded is gone for takers until the next depth row. */
static void note_printed(vel_venue_instrument_t *inst, uint8_t passive, int64_t key, int64_t qty)
{
    vel_printed_t *printed = &inst->printed[passive];
    if (inst->depth_ts == inst->ts)
        return; /* the row has told it */
    if (printed->row <= inst->depth_row || key > printed->key) {
        printed->key = key;
        printed->lots = qty;
    } else if (key == printed->key) {
        printed->lots += qty;
    }
    printed->row = inst->rows;
}

static int on_trade(vel_venue_t *venue, int32_t instrument, uint8_t aggressor, int64_t price, int64_t qty,
                    bool is_hidden)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    bool is_checked = corrects(venue, VEL_HFT_VENUE_CHECKS);
    if (!vel_is_size(qty) || !vel_is_price(price) || aggressor > VEL_NO_SIDE)
        return VEL_EINVAL;
    if (is_checked) {
        if (inst->is_halted)
            return VEL_OK;
        if (aggressor == VEL_NO_SIDE) {
            if (vel_book_has_side(inst->book, VEL_BUY) && price <= vel_book_best(inst->book, VEL_BUY))
                aggressor = VEL_SELL;
            else if (vel_book_has_side(inst->book, VEL_SELL) && price >= vel_book_best(inst->book, VEL_SELL))
                aggressor = VEL_BUY;
        }
    }
    if (aggressor > VEL_SELL)
        return VEL_OK;
    uint8_t passive = vel_opposite(aggressor);
    int64_t key = vel_side_key(passive, price);
    bool counts_hidden = is_hidden && is_checked;
    int status = VEL_OK;
    if (venue->hft->instruments[instrument].side[passive].count > 0)
        status = match_trade(venue, instrument, passive, key, qty, counts_hidden);
    if (!counts_hidden && corrects(venue, VEL_HFT_TAKER_DEPTH))
        note_printed(inst, passive, key, qty);
    return status;
}

int vel_venue_hft_on_row(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    uint8_t side = columns->side[row];
    int64_t price = columns->price[row], qty = columns->qty[row];
    switch (columns->kind[row]) {
    case VEL_EV_DELTA:
        inst->has_book = 1;
        return set_level(venue, instrument, side, price, qty);
    case VEL_EV_TRADE:
        return columns->flags[row] & VEL_FLAG_OFF_BOOK
                   ? VEL_OK
                   : on_trade(venue, instrument, side, price, qty, (columns->flags[row] & VEL_FLAG_HIDDEN) != 0);
    case VEL_EV_QUOTE:
        return inst->is_quote_fed ? on_quote(venue, instrument, side, price, qty) : VEL_OK;
    case VEL_EV_SNAPSHOT_BEGIN:
        inst->has_book = 1;
        begin_snapshot(venue, instrument);
        return VEL_OK;
    case VEL_EV_SNAPSHOT_END:
        return end_snapshot(venue, instrument);
    case VEL_EV_STATUS:
        return on_status(venue, instrument, qty != 0);
    default:
        return vel_is_event(columns->kind[row]) ? VEL_OK : VEL_EINVAL;
    }
}

/* ---------------------------------------------------------------- takers */

/* An order, or what is left of one, that has arrived. */
typedef struct arrival {
    const vel_command_t *command;
    int64_t qty; /* lots, total */
    int64_t left;
    double left_qty;
    int64_t sequence;
} arrival_t;

static int expire(vel_venue_t *venue, const arrival_t *arrival, uint8_t reason)
{
    const vel_command_t *command = arrival->command;
    return vel_venue_report(venue, VEL_REPORT_EXPIRED, command->instrument, command->order_id, command->terms.side,
                            command->terms.price, arrival->left, reason);
}

static int fill_taker(vel_venue_t *venue, arrival_t *arrival, int64_t price, int64_t lots, double qty)
{
    arrival->left -= lots;
    arrival->left_qty -= qty;
    const vel_command_t *command = arrival->command;
    return vel_venue_fill(venue, command->instrument, command->strategy, command->order_id, command->terms.side, price,
                          lots, VEL_CAUSE_TAKER);
}

static int64_t first_own(const vel_venue_t *venue, int32_t instrument, uint8_t side)
{
    const vel_hft_side_t *own = &venue->hft->instruments[instrument].side[side];
    return corrects(venue, VEL_HFT_VENUE_CHECKS) && own->count > 0 ? own->orders[0].key : VEL_NO_KEY;
}

/* Whether nobody may take, as the book is stale. */
static bool is_withheld(const vel_venue_t *venue, int32_t instrument)
{
    return corrects(venue, VEL_HFT_VENUE_CHECKS) && venue->instruments[instrument].book->is_stale &&
           !venue->takes_unknown;
}

/* Best key that still has something to take, VEL_NO_KEY when none. */
static int64_t best_takeable(const vel_venue_t *venue, int32_t instrument, uint8_t side)
{
    const vel_venue_instrument_t *inst = &venue->instruments[instrument];
    int64_t key = is_withheld(venue, instrument) ? VEL_NO_KEY : best_key(venue, instrument, side);
    if (corrects(venue, VEL_HFT_TAKER_DEPTH))
        while (key != VEL_NO_KEY && vel_venue_available(inst, side, key) <= 0)
            key = vel_ladder_next(&inst->book->side[side], key);
    return key;
}

/* Lots of a level that a taker comes to before the first own order there, whose key is `own`. What own takers took
 * stood in front. */
static int64_t reachable(const vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t key, int64_t own)
{
    const vel_venue_instrument_t *inst = &venue->instruments[instrument];
    const vel_hft_instrument_t *units = &venue->hft->instruments[instrument];
    int64_t lots = vel_venue_available(inst, side, key);
    if (own != key)
        return own < key ? 0 : lots;
    const int64_t *taken = vel_map_get(&inst->taken[side], key);
    double ahead =
        place_lots(venue, units, units->side[side].orders[0].queue.ahead) - (taken == NULL ? 0.0 : (double)*taken);
    return ahead > 0.0 ? vel_min(lots, (int64_t)ahead) : 0;
}

/* Lots down to `limit` (a key of `side`) before an own order at `own`, at most `wanted`. */
static int64_t takeable(const vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t limit, int64_t own,
                        int64_t wanted)
{
    const vel_venue_instrument_t *inst = &venue->instruments[instrument];
    bool counts_depth = corrects(venue, VEL_HFT_TAKER_DEPTH);
    int64_t sum = 0;
    for (int64_t key = is_withheld(venue, instrument) ? VEL_NO_KEY : best_key(venue, instrument, side);
         key <= limit && key <= own && key != VEL_NO_KEY && sum < wanted;
         key = vel_ladder_next(&inst->book->side[side], key))
        if (counts_depth)
            sum += reachable(venue, instrument, side, key, own);
        else if (key < own)
            sum += vel_ladder_qty(&inst->book->side[side], key);
    return vel_min(sum, wanted);
}

/* Whether an own order stands before anything that an arriving order could take within its limit. */
static bool meets_own(const vel_venue_t *venue, int32_t instrument, uint8_t side, int64_t limit, int64_t own,
                      int64_t best)
{
    return own != VEL_NO_KEY && own <= limit && own <= best &&
           (own < best || reachable(venue, instrument, side, own, own) == 0);
}

/* Velora's taker: what is displayed, once. */
static int take_displayed(vel_venue_t *venue, arrival_t *arrival, uint8_t other, int64_t limit, int64_t own)
{
    int32_t instrument = arrival->command->instrument;
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    while (arrival->left > 0) {
        int64_t best = best_takeable(venue, instrument, other);
        if (meets_own(venue, instrument, other, limit, own, best) || best > limit || best == VEL_NO_KEY)
            return VEL_OK;
        int64_t lots = vel_min(reachable(venue, instrument, other, best, own), arrival->left);
        int status = take(inst, other, best, lots);
        if (status == VEL_OK)
            status = fill_taker(venue, arrival, vel_key_ticks(other, best), lots, 0.0);
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

/* hftbacktest's taker. Its partial exchange walks to just before a buy's limit and to a sell's limit itself; what is
 * left of a GTC order it fills at the limit either way. */
static int take_whole(vel_venue_t *venue, arrival_t *arrival, uint8_t other, int64_t limit, int64_t own)
{
    const vel_command_t *command = arrival->command;
    int32_t instrument = command->instrument;
    const vel_hft_instrument_t *units = &venue->hft->instruments[instrument];
    const vel_ladder_t *ladder = &venue->instruments[instrument].book->side[other];
    int64_t best = best_key(venue, instrument, other);
    bool is_buy = command->terms.side == VEL_BUY, is_market = command->terms.type == VEL_MARKET;
    bool keeps = !is_market && command->terms.tif == VEL_GTC;
    if (best == VEL_NO_KEY || own <= best || is_withheld(venue, instrument))
        return VEL_OK;
    if (!venue->hft->is_partial)
        return fill_taker(venue, arrival, vel_key_ticks(other, best), arrival->left, arrival->left_qty);
    int64_t last = is_market ? best + (is_buy ? MARKET_TICKS - 1 : MARKET_TICKS) : keeps && is_buy ? limit - 1 : limit;
    int status;
    for (int64_t key = best; key <= last && key < own && key != VEL_NO_KEY && arrival->left > 0;
         key = vel_ladder_next(ladder, key)) {
        int64_t shown = vel_ladder_qty(ladder, key);
        double shown_qty = base_units(units, shown);
        status = fill_taker(venue, arrival, vel_key_ticks(other, key), vel_min(shown, arrival->left),
                            shown_qty < arrival->left_qty ? shown_qty : arrival->left_qty);
        if (status != VEL_OK)
            return status;
    }
    if (!keeps || arrival->left == 0 || own <= limit)
        return VEL_OK;
    return fill_taker(venue, arrival, command->terms.price, arrival->left, arrival->left_qty);
}

/* An order acts: takes, then rests or ends. Its acknowledgement has been made. */
static int act(vel_venue_t *venue, arrival_t *arrival)
{
    const vel_command_t *command = arrival->command;
    int32_t instrument = command->instrument;
    uint8_t other = vel_opposite(command->terms.side);
    bool is_market = command->terms.type == VEL_MARKET;
    int64_t limit = is_market ? VEL_NO_KEY - 1 : vel_side_key(other, command->terms.price);
    int64_t own = first_own(venue, instrument, other), best = best_takeable(venue, instrument, other);
    bool counts_depth = corrects(venue, VEL_HFT_TAKER_DEPTH);
    int64_t wanted = arrival->left;
    int status = VEL_OK;

    if (command->terms.tif == VEL_FOK && (counts_depth || venue->hft->is_partial) &&
        takeable(venue, instrument, other, limit, own, wanted) < wanted)
        return expire(venue, arrival, VEL_REASON_FOK);
    if ((best != VEL_NO_KEY && best <= limit) || own <= limit)
        status = counts_depth ? take_displayed(venue, arrival, other, limit, own)
                              : take_whole(venue, arrival, other, limit, own);
    if (status != VEL_OK || arrival->left == 0)
        return status;
    best = best_takeable(venue, instrument, other);
    if (counts_depth ? meets_own(venue, instrument, other, limit, own, best) : own <= limit)
        return expire(venue, arrival, VEL_REASON_SELF_TRADE);
    bool is_unknown = arrival->left == wanted && command->terms.tif != VEL_FOK && is_withheld(venue, instrument);
    if (is_market || command->terms.tif != VEL_GTC)
        return expire(venue, arrival,
                      is_unknown                             ? VEL_REASON_UNKNOWN_BOOK
                      : is_market && arrival->left == wanted ? VEL_REASON_NO_LIQUIDITY
                      : command->terms.tif == VEL_FOK        ? VEL_REASON_FOK
                                                             : VEL_REASON_IOC);
    return rest(venue, command, arrival->qty, arrival->left, arrival->left_qty, arrival->sequence);
}

static bool would_take(const vel_venue_t *venue, const vel_command_t *command)
{
    uint8_t other = vel_opposite(command->terms.side);
    int64_t limit = command->terms.type == VEL_MARKET ? VEL_NO_KEY - 1 : vel_side_key(other, command->terms.price);
    return best_takeable(venue, command->instrument, other) <= limit ||
           first_own(venue, command->instrument, other) <= limit;
}

/* ---------------------------------------------------------------- commands */

static int answer(vel_venue_t *venue, const vel_command_t *command, uint8_t kind, int64_t price, int64_t qty,
                  uint8_t reason)
{
    return vel_venue_report(venue, kind, command->instrument, command->order_id, command->terms.side, price, qty,
                            reason);
}

/* Whether an order is of a kind that hftbacktest knows. */
static bool is_known(const vel_command_t *command)
{
    bool post_only = (command->terms.flags & VEL_EXEC_POST_ONLY) != 0;
    return command->terms.side <= VEL_SELL && command->terms.type <= VEL_MARKET && command->terms.tif <= VEL_FOK &&
           command->terms.trigger_kind == VEL_TRIGGER_NONE && command->terms.stp <= VEL_STP_TAKER &&
           command->terms.display == 0 && (command->terms.flags & ~VEL_EXEC_POST_ONLY) == 0 &&
           command->terms.oco_group == 0 && command->terms.parent == 0 &&
           !(post_only && (command->terms.type != VEL_LIMIT || command->terms.tif != VEL_GTC));
}

static int on_new(vel_venue_t *venue, const vel_command_t *command)
{
    const vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    bool is_market = command->terms.type == VEL_MARKET;
    bool is_checked = corrects(venue, VEL_HFT_VENUE_CHECKS);
    int64_t value = 0;
    uint8_t refusal = VEL_REASON_NONE;
    int status;

    if (is_checked && inst->is_halted)
        refusal = VEL_REASON_HALTED;
    else if (!is_market &&
             (status = vel_value(&inst->money, command->terms.price, command->terms.qty, &value)) == VEL_ERANGE)
        return status;
    else if (command->terms.qty <= 0 ||
             (is_checked && (command->terms.qty < inst->min_qty || (!is_market && value < inst->min_notional))))
        refusal = VEL_REASON_FILTER;
    else if (!is_known(command))
        refusal = VEL_REASON_INVALID;
    else if ((command->terms.flags & VEL_EXEC_POST_ONLY) && would_take(venue, command))
        refusal = VEL_REASON_POST_ONLY;
    if (refusal != VEL_REASON_NONE)
        return answer(venue, command, VEL_REPORT_REJECTED, command->terms.price, command->terms.qty, refusal);
    status = answer(venue, command, VEL_REPORT_ACK, command->terms.price, command->terms.qty, VEL_REASON_NONE);
    if (status != VEL_OK)
        return status;
    arrival_t arrival = {command, command->terms.qty, command->terms.qty,
                         base_units(&venue->hft->instruments[command->instrument], command->terms.qty),
                         ++venue->hft->sequence};
    return act(venue, &arrival);
}

static int on_cancel(vel_venue_t *venue, const vel_command_t *command)
{
    vel_hft_side_t *own = &venue->hft->instruments[command->instrument].side[command->terms.side];
    int64_t at = order_find(venue, own, command->order_id);
    if (at < 0)
        return answer(venue, command, VEL_REPORT_CANCEL_REJECTED, 0, 0, VEL_REASON_UNKNOWN_ORDER);
    vel_hft_order_t order = own->orders[at];
    order_remove(venue, own, at);
    return answer(venue, command, VEL_REPORT_CANCELED, vel_key_ticks(order.side, order.key), order.leaves,
                  VEL_REASON_NONE);
}

/* hftbacktest has no such request either: it loses no command. */
static int on_query(vel_venue_t *venue, const vel_command_t *command)
{
    vel_hft_side_t *own = &venue->hft->instruments[command->instrument].side[command->terms.side];
    int64_t at = order_find(venue, own, command->order_id);
    if (at < 0)
        return answer(venue, command, VEL_REPORT_STATUS, 0, 0, VEL_REASON_UNKNOWN_ORDER);
    const vel_hft_order_t *order = &own->orders[at];
    return answer(venue, command, VEL_REPORT_STATUS, vel_key_ticks(order->side, order->key), order->qty,
                  VEL_REASON_NONE);
}

/* hftbacktest has no such request: the orders of an instrument end in the order in which they were accepted. */
static int on_cancel_all(vel_venue_t *venue, const vel_command_t *command)
{
    vel_hft_instrument_t *own = &venue->hft->instruments[command->instrument];
    for (;;) { /* those of the strategy that asks, by acceptance */
        uint8_t side = VEL_BUY;
        int64_t first = -1, earliest = INT64_MAX;
        for (uint8_t one = 0; one < 2; one++)
            for (int64_t at = 0; at < own->side[one].count; at++)
                if (own->side[one].orders[at].strategy == command->strategy &&
                    own->side[one].orders[at].sequence < earliest) {
                    earliest = own->side[one].orders[at].sequence;
                    first = at;
                    side = one;
                }
        if (first < 0)
            return VEL_OK;
        vel_hft_order_t order = own->side[side].orders[first];
        order_remove(venue, &own->side[side], first);
        int status = vel_venue_report(venue, VEL_REPORT_CANCELED, command->instrument, order.id, side,
                                      vel_key_ticks(side, order.key), order.leaves, VEL_REASON_ALL);
        if (status != VEL_OK)
            return status;
    }
}

/* hftbacktest's modify. What an order that joins a queue anew has left is what its sender knew it had. */
static int amend_left(vel_venue_t *venue, const vel_command_t *command, int64_t at)
{
    vel_hft_instrument_t *units = &venue->hft->instruments[command->instrument];
    vel_hft_side_t *own = &units->side[command->terms.side];
    vel_hft_order_t *order = &own->orders[at];
    int64_t filled = order->qty - order->leaves;
    if (order->leaves <= 0)
        return VEL_ESTATE;
    bool is_more = base_units(units, command->terms.qty) > order->leaves_qty; /* to the last bit of a float, as there */
    if (vel_side_key(order->side, command->terms.price) == order->key && !is_more) {
        order->leaves = command->terms.qty;
        order->leaves_qty = base_units(units, command->terms.qty);
        order->qty = filled + order->leaves;
        return answer(venue, command, VEL_REPORT_AMENDED, command->terms.price, order->qty, VEL_REASON_NONE);
    }
    int64_t left = venue->hft->known_leaves > 0 ? venue->hft->known_leaves : order->leaves;
    vel_command_t again = *command;
    again.terms.type = VEL_LIMIT;
    again.terms.tif = VEL_GTC;
    again.terms.flags = order->post_only ? VEL_EXEC_POST_ONLY : 0;
    arrival_t arrival = {&again, filled + left, left,
                         left == order->leaves ? order->leaves_qty : base_units(units, left), order->sequence};
    order_remove(venue, own, at);
    if (again.terms.flags != 0 && would_take(venue, &again))
        return expire(venue, &arrival, VEL_REASON_POST_ONLY);
    int status = answer(venue, command, VEL_REPORT_AMENDED, command->terms.price, arrival.qty, VEL_REASON_NONE);
    return status == VEL_OK ? act(venue, &arrival) : status;
}

/* Velora's: see on_amend in contingency.c. */
static int amend_total(vel_venue_t *venue, const vel_command_t *command, int64_t at)
{
    const vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    vel_hft_instrument_t *units = &venue->hft->instruments[command->instrument];
    vel_hft_side_t *own = &units->side[command->terms.side];
    vel_hft_order_t *order = &own->orders[at];
    bool is_checked = corrects(venue, VEL_HFT_VENUE_CHECKS);
    int64_t price = vel_key_ticks(order->side, order->key), filled = order->qty - order->leaves;
    int64_t value = 0;
    int status;

    if (is_checked && inst->is_halted)
        return answer(venue, command, VEL_REPORT_AMEND_REJECTED, price, order->qty, VEL_REASON_HALTED);
    if (command->terms.qty <= filled) {
        int64_t left = order->leaves;
        order_remove(venue, own, at);
        return answer(venue, command, VEL_REPORT_CANCELED, price, left, VEL_REASON_AMEND);
    }
    if ((status = vel_value(&inst->money, command->terms.price, command->terms.qty, &value)) == VEL_ERANGE)
        return status;
    if (is_checked && (command->terms.qty < inst->min_qty || value < inst->min_notional))
        return answer(venue, command, VEL_REPORT_AMEND_REJECTED, price, order->qty, VEL_REASON_FILTER);
    if (command->terms.price == price && command->terms.qty <= order->qty) {
        order->leaves = command->terms.qty - filled;
        order->leaves_qty = base_units(units, order->leaves);
        order->qty = command->terms.qty;
        return answer(venue, command, VEL_REPORT_AMENDED, price, order->qty, VEL_REASON_NONE);
    }
    vel_command_t again = *command;
    again.terms.type = VEL_LIMIT;
    again.terms.tif = VEL_GTC;
    again.terms.flags = order->post_only ? VEL_EXEC_POST_ONLY : 0;
    if (again.terms.flags != 0 && would_take(venue, &again))
        return answer(venue, command, VEL_REPORT_AMEND_REJECTED, price, order->qty, VEL_REASON_POST_ONLY);
    int64_t left = command->terms.qty - filled;
    arrival_t arrival = {&again, command->terms.qty, left, base_units(units, left), order->sequence};
    order_remove(venue, own, at);
    status = answer(venue, command, VEL_REPORT_AMENDED, command->terms.price, command->terms.qty, VEL_REASON_NONE);
    return status == VEL_OK ? act(venue, &arrival) : status;
}

static int on_amend(vel_venue_t *venue, const vel_command_t *command)
{
    int64_t at =
        order_find(venue, &venue->hft->instruments[command->instrument].side[command->terms.side], command->order_id);
    if (at < 0)
        return answer(venue, command, VEL_REPORT_AMEND_REJECTED, 0, 0, VEL_REASON_UNKNOWN_ORDER);
    return corrects(venue, VEL_HFT_AMENDS) ? amend_total(venue, command, at) : amend_left(venue, command, at);
}

int vel_venue_hft_on_command(vel_venue_t *venue, const vel_command_t *command)
{
    switch (command->action) {
    case VEL_ACTION_NEW:
        return on_new(venue, command);
    case VEL_ACTION_AMEND:
        return on_amend(venue, command);
    case VEL_ACTION_CANCEL:
        return on_cancel(venue, command);
    case VEL_ACTION_CANCEL_ALL:
        return on_cancel_all(venue, command);
    case VEL_ACTION_QUERY:
        return on_query(venue, command);
    default:
        return VEL_EINVAL;
    }
}

/* ---------------------------------------------------------------- life */

int vel_venue_hft_init(vel_venue_t *venue, bool is_partial, uint32_t corrections, uint8_t model, double exponent)
{
    if ((corrections & ~(uint32_t)VEL_HFT_ALL) != 0 || model > VEL_HFT_OF_FRONT || venue->hft != NULL)
        return VEL_EINVAL;
    venue->hft = calloc(1, sizeof *venue->hft);
    if (venue->hft == NULL)
        return VEL_ENOMEM;
    venue->hft->instruments = calloc((size_t)venue->instruments_count, sizeof *venue->hft->instruments);
    if (venue->hft->instruments == NULL)
        return VEL_ENOMEM;
    venue->hft->instruments_count = venue->instruments_count;
    venue->hft->corrections = corrections & VEL_HFT_OWN_QUEUE ? corrections | VEL_HFT_SHARED_VOLUME : corrections;
    venue->hft->is_partial = is_partial;
    venue->hft->model = model;
    venue->hft->exponent = exponent;
    venue->hft->known_leaves = -1;
    for (int32_t i = 0; i < venue->instruments_count; i++) {
        vel_hft_instrument_t *own = &venue->hft->instruments[i];
        vel_venue_instrument_t *inst = &venue->instruments[i];
        if (inst->is_by_order || inst->impact != NULL)
            return VEL_EINVAL;
        inst->is_touched = 1;
        inst->watch[VEL_BUY] = inst->watch[VEL_SELL] = (vel_watch_t){INT64_MAX, INT64_MIN, INT64_MAX};
        own->lot_num = own->lot_den = 1;
        for (int side = 0; side < 2; side++) {
            own->side[side].best_key = VEL_NO_KEY;
            own->side[side].far_key = INT64_MIN;
        }
    }
    return VEL_OK;
}

void vel_venue_hft_free(vel_venue_t *venue)
{
    if (venue->hft == NULL)
        return;
    for (int32_t i = 0; i < venue->hft->instruments_count && venue->hft->instruments != NULL; i++)
        for (int side = 0; side < 2; side++)
            free(venue->hft->instruments[i].side[side].orders);
    free(venue->hft->instruments);
    vel_map_free(&venue->hft->orders);
    free(venue->hft);
    venue->hft = NULL;
}
