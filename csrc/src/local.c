#include "velora/local.h"

#include <string.h>

#include "velora/hash.h"

/* So few cancelled timers may stay in the heap in any case. */
#define TIMERS_CANCELLED_MIN 64

/* ---------------------------------------------------------------- life */

int vel_local_init(vel_local_t *local, int32_t instruments, int32_t strategies)
{
    memset(local, 0, sizeof *local);
    local->hash = VEL_HASH_SEED;
    local->sample_next = VEL_NEVER;
    local->samples_most = INT64_MAX;
    if (instruments < 1 || strategies < 1)
        return VEL_EINVAL;
    local->instruments = calloc((size_t)instruments, sizeof *local->instruments);
    if (local->instruments == NULL)
        return VEL_ENOMEM;
    local->instruments_count = instruments;
    local->strategies = calloc((size_t)strategies, sizeof *local->strategies);
    local->holdings = calloc((size_t)strategies * (size_t)instruments, sizeof *local->holdings);
    if (local->strategies == NULL || local->holdings == NULL)
        return VEL_ENOMEM;
    local->strategies_count = strategies;
    for (int32_t i = 0; i < strategies; i++)
        local->strategies[i].hash = VEL_HASH_SEED;
    int status = VEL_OK;
    for (int32_t i = 0; i < instruments; i++) {
        vel_known_init(&local->instruments[i].known);
        vel_queue_tracker_init(&local->instruments[i].tracker);
        if (vel_book_init(&local->instruments[i].book) != VEL_OK)
            status = VEL_ENOMEM;
    }
    return status;
}

void vel_local_free(vel_local_t *local)
{
    for (int32_t i = 0; i < local->instruments_count; i++) {
        vel_book_free(&local->instruments[i].book);
        vel_fusion_free(&local->instruments[i].fusion);
        vel_ours_free(&local->instruments[i].ours);
        vel_queue_tracker_free(&local->instruments[i].tracker);
        vel_candles_free(&local->instruments[i].candles);
        for (int kind = 0; kind < VEL_ROUTES; kind++)
            vel_routes_free(&local->instruments[i].routes[kind]);
    }
    free(local->instruments);
    free(local->strategies);
    free(local->holdings);
    for (int64_t block = 0; block * VEL_ORDERS_PER_BLOCK < local->orders_count; block++)
        free(local->order_blocks[block]);
    free(local->order_blocks);
    vel_command_ring_free(&local->outbox);
    vel_timers_free(&local->timers);
    vel_sorted_free(&local->open);
    vel_sorted_free(&local->held);
    vel_map_free(&local->timer_numbers);
    vel_fills_free(&local->fills);
    vel_samples_free(&local->samples);
    vel_instants_free(&local->instants);
    memset(local, 0, sizeof *local);
}

void vel_local_quote_fed(vel_local_t *local, int32_t instrument)
{
    local->instruments[instrument].is_quote_fed = 1;
    local->instruments[instrument].book.is_quotes = 1;
}

/* ---------------------------------------------------------------- orders */

vel_order_t *vel_local_order(const vel_local_t *local, int64_t id)
{
    if (id < 1 || id > local->orders_count)
        return NULL;
    vel_order_t *block = local->order_blocks[(id - 1) / VEL_ORDERS_PER_BLOCK];
    return block == NULL ? NULL : &block[(id - 1) % VEL_ORDERS_PER_BLOCK];
}

static int order_make(vel_local_t *local, vel_order_t **order)
{
    int64_t block = local->orders_count / VEL_ORDERS_PER_BLOCK;
    if (local->orders_count % VEL_ORDERS_PER_BLOCK == 0) {
        if (block == local->blocks_max) {
            int64_t grown = local->blocks_max == 0 ? 16 : local->blocks_max * 2;
            vel_order_t **blocks = realloc(local->order_blocks, (size_t)grown * sizeof *blocks);
            if (blocks == NULL)
                return VEL_ENOMEM;
            local->order_blocks = blocks;
            local->blocks_max = grown;
        }
        local->order_blocks[block] = malloc(VEL_ORDERS_PER_BLOCK * sizeof **local->order_blocks);
        if (local->order_blocks[block] == NULL)
            return VEL_ENOMEM;
    }
    *order = &local->order_blocks[block][local->orders_count % VEL_ORDERS_PER_BLOCK];
    local->orders_count++;
    return VEL_OK;
}

static bool is_done(const vel_order_t *order)
{
    return order->state >= VEL_ORDER_FILLED;
}

/* What makes an order more than a plain one; the hash of plain ones does not hold it. */
static uint64_t hash_extras(uint64_t hash, const vel_order_t *order)
{
    hash = vel_hash_i64(hash, order->type | order->tif << 8 | order->trigger_kind << 16 | order->stp << 20 |
                                  order->flags << 24);
    hash = vel_hash_i64(hash, order->display);
    hash = vel_hash_i64(hash, order->trigger);
    hash = vel_hash_i64(hash, order->expiry);
    hash = vel_hash_i64(hash, order->oco_group);
    hash = vel_hash_i64(hash, order->parent);
    if (order->trigger_by == VEL_BY_LAST && order->activation == 0)
        return hash;
    return vel_hash_i64(vel_hash_i64(hash, order->trigger_by), order->activation);
}

static bool is_plain(const vel_order_t *order)
{
    return order->type <= VEL_MARKET && order->tif <= VEL_FOK && order->flags <= VEL_EXEC_POST_ONLY &&
           order->trigger_kind == VEL_TRIGGER_NONE && order->stp == VEL_STP_TAKER && order->display == 0 &&
           order->oco_group == 0 && order->parent == 0;
}

static uint64_t hash_command(uint64_t hash, const vel_command_t *command, const vel_order_t *order, int64_t number)
{
    hash = vel_hash_i64(hash, command->ts_sent);
    hash = vel_hash_i64(hash, number);
    hash = vel_hash_i64(hash, (int64_t)command->instrument << 8 | command->action << 6 | command->side << 4 |
                                  (command->type & 1) << 3 | (command->tif & 3) << 1 | (command->flags & 1));
    hash = vel_hash_i64(hash, command->price);
    hash = vel_hash_i64(hash, command->qty);
    if (command->action == VEL_ACTION_NEW && !is_plain(order))
        return hash_extras(hash, order);
    return command->action == VEL_ACTION_AMEND && command->trigger != 0 ? vel_hash_i64(hash, command->trigger) : hash;
}

static int send(vel_local_t *local, const vel_order_t *order, uint8_t action, int64_t price, int64_t qty,
                int64_t trigger)
{
    vel_command_t command = {.ts_arrival = 0,
                             .ts_sent = local->now,
                             .order_id = order->id,
                             .price = price,
                             .qty = qty,
                             .display = order->display,
                             .trigger = trigger,
                             .expiry = order->expiry,
                             .oco_group = order->oco_group,
                             .parent = order->parent,
                             .activation = order->activation,
                             .instrument = order->instrument,
                             .action = action,
                             .side = order->side,
                             .type = order->type,
                             .tif = order->tif,
                             .trigger_kind = order->trigger_kind,
                             .stp = order->stp,
                             .flags = order->flags,
                             .batch = local->strategies[order->strategy].batch,
                             .strategy = order->strategy,
                             .trigger_by = order->trigger_by};
    int status = vel_command_ring_push(&local->outbox, &command);
    if (status != VEL_OK)
        return status;
    vel_local_strategy_t *strategy = &local->strategies[order->strategy];
    local->commands_sent++;
    strategy->commands_sent++;
    local->hash = hash_command(local->hash, &command, order, order->id);
    strategy->hash = hash_command(strategy->hash, &command, order, order->sequence);
    return VEL_OK;
}

void vel_local_batch_begin(vel_local_t *local, int32_t strategy)
{
    if (++local->batches == 0) /* 0 is for none */
        local->batches = 1;
    local->strategies[strategy].batch = local->batches;
}

void vel_local_batch_end(vel_local_t *local, int32_t strategy)
{
    local->strategies[strategy].batch = 0;
}

/* Lots of others at a price by the level feed, as far as it shows any. */
static int64_t others_at(const vel_local_instrument_t *inst, uint8_t side, int64_t price)
{
    int64_t lots = VEL_UNLIKELY(inst->fusion.is_active)
                       ? vel_fusion_base(&inst->fusion, &inst->book, side, vel_side_key(side, price))
                       : vel_book_qty(&inst->book, side, price);
    if (inst->ours.is_shown)
        lots -= vel_ours_lots(&inst->ours, side, price);
    return lots > 0 ? lots : 0;
}

static bool is_known(const vel_local_instrument_t *inst, uint8_t side, int64_t price)
{
    return vel_book_level_state(&inst->book, side, vel_side_key(side, price)) != VEL_LEVEL_UNKNOWN;
}

/* Lots of others at a price, -1 when the book does not know it. */
static int64_t known_at(const vel_local_instrument_t *inst, uint8_t side, int64_t price)
{
    return is_known(inst, side, price) ? others_at(inst, side, price) : -1;
}

bool vel_local_queue_position(const vel_local_instrument_t *inst, int64_t id, vel_tracked_position_t *position)
{
    const vel_tracked_t *order = vel_queue_tracker_find(&inst->tracker, id);
    if (order == NULL)
        return false;
    *position = vel_tracked_position(order, known_at(inst, order->side, order->price));
    return true;
}

int vel_local_submit_spec(vel_local_t *local, int32_t strategy, const vel_order_spec_t *spec, int64_t *id)
{
    vel_order_t *order;
    if (strategy < 0 || strategy >= local->strategies_count || spec->instrument < 0 ||
        spec->instrument >= local->instruments_count || spec->side > VEL_SELL || spec->type > VEL_MARKET_TO_LIMIT ||
        spec->tif > VEL_DAY || spec->trigger_kind > VEL_TRIGGER_TRAIL_BPS || spec->stp > VEL_STP_DECREMENT ||
        spec->flags > VEL_EXEC_ALL || spec->trigger_by >= VEL_PRICES || !vel_is_price(spec->activation) ||
        !vel_is_size(spec->qty) || !vel_is_price(spec->price) || !vel_is_price(spec->trigger))
        return VEL_EINVAL;
    vel_local_strategy_t *owner = &local->strategies[strategy];
    int status = order_make(local, &order);
    if (status != VEL_OK)
        return status;
    *order = (vel_order_t){.id = local->orders_count,
                           .instrument = spec->instrument,
                           .side = spec->side,
                           .type = spec->type,
                           .tif = spec->tif,
                           .flags = spec->flags,
                           .state = VEL_ORDER_PENDING,
                           .trigger_kind = spec->trigger_kind,
                           .trigger_sent = spec->trigger_kind,
                           .stp = spec->stp,
                           .is_idle = spec->trigger_kind != VEL_TRIGGER_NONE || spec->parent != 0,
                           .strategy = strategy,
                           .sequence = ++owner->orders_count,
                           .price = spec->type == VEL_LIMIT ? spec->price : 0,
                           .qty = spec->qty,
                           .display = spec->display,
                           .trigger = spec->trigger,
                           .expiry = spec->expiry,
                           .oco_group = spec->oco_group,
                           .parent = spec->parent,
                           .activation = spec->activation,
                           .trigger_by = spec->trigger_by,
                           .held = spec->parent != 0 ? spec->qty : 0,
                           .ts_sent = local->now};
    *id = order->id;
    order->open_previous = owner->open_last;
    if (owner->open_last == 0)
        owner->open_first = order->id;
    else
        vel_local_order(local, owner->open_last)->open_next = order->id;
    owner->open_last = order->id;
    owner->open_orders++;
    local->open_orders++;
    vel_local_instrument_t *inst = &local->instruments[spec->instrument];
    if (inst->tracks_queue && spec->type == VEL_LIMIT && spec->tif != VEL_IOC && spec->tif != VEL_FOK) {
        status = vel_queue_tracker_sent(&inst->tracker, order->id, spec->side, spec->price, spec->qty,
                                        spec->display > 0, known_at(inst, spec->side, spec->price));
        if (status != VEL_OK)
            return status;
    }
    return send(local, order, VEL_ACTION_NEW, order->price, spec->qty, spec->trigger);
}

int vel_local_submit(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side, uint8_t type, uint8_t tif,
                     bool post_only, int64_t price_ticks, int64_t qty_lots, int64_t *id)
{
    vel_order_spec_t spec = {.price = price_ticks,
                             .qty = qty_lots,
                             .instrument = instrument,
                             .side = side,
                             .type = type,
                             .tif = tif,
                             .stp = VEL_STP_TAKER,
                             .flags = post_only ? VEL_EXEC_POST_ONLY : 0};
    return vel_local_submit_spec(local, strategy, &spec, id);
}

int vel_local_cancel(vel_local_t *local, int64_t id)
{
    vel_order_t *order = vel_local_order(local, id);
    if (order == NULL)
        return VEL_ENOENT;
    if (is_done(order))
        return VEL_EINVAL;
    if (order->pending_cancels > 0)
        return VEL_OK; /* one cancel is under way; a second says nothing new */
    int status = send(local, order, VEL_ACTION_CANCEL, order->price, order->qty, 0);
    if (status == VEL_OK)
        order->pending_cancels++;
    return status;
}

int vel_local_cancel_all(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    if (strategy < 0 || strategy >= local->strategies_count || instrument < 0 || instrument >= local->instruments_count)
        return VEL_EINVAL;
    if (local->strategies_count == 1) {
        vel_order_t all = {.instrument = instrument, .side = VEL_NO_SIDE, .stp = VEL_STP_TAKER, .strategy = strategy};
        return send(local, &all, VEL_ACTION_CANCEL_ALL, 0, 0, 0);
    }
    for (int64_t id = local->strategies[strategy].open_first; id != 0; id = vel_local_order(local, id)->open_next) {
        int status = vel_local_order(local, id)->instrument == instrument ? vel_local_cancel(local, id) : VEL_OK;
        if (status != VEL_OK)
            return status;
    }
    return VEL_OK;
}

int vel_local_amend(vel_local_t *local, int64_t id, int64_t price_ticks, int64_t qty_lots)
{
    vel_order_t *order = vel_local_order(local, id);
    if (order == NULL)
        return VEL_ENOENT;
    if (is_done(order) || order->type == VEL_MARKET || !vel_is_size(qty_lots) || !vel_is_price(price_ticks) ||
        order->pending_amends == UINT8_MAX)
        return VEL_EINVAL;
    vel_local_instrument_t *inst = &local->instruments[order->instrument];
    int status = VEL_OK;
    bool moves = price_ticks != order->price || qty_lots > order->qty;
    if (inst->tracks_queue && moves && !order->is_idle)
        status = vel_queue_tracker_sent(&inst->tracker, id, order->side, price_ticks, qty_lots - order->cum_qty,
                                        order->display > 0, known_at(inst, order->side, price_ticks));
    if (status == VEL_OK)
        status = send(local, order, VEL_ACTION_AMEND, price_ticks, qty_lots, 0);
    if (status == VEL_OK)
        order->pending_amends++;
    return status;
}

int vel_local_amend_trigger(vel_local_t *local, int64_t id, int64_t trigger_ticks)
{
    vel_order_t *order = vel_local_order(local, id);
    if (order == NULL)
        return VEL_ENOENT;
    bool is_fixed = order->trigger_kind == VEL_TRIGGER_STOP || order->trigger_kind == VEL_TRIGGER_TOUCHED;
    if (is_done(order) || !is_fixed || trigger_ticks == 0 || !vel_is_price(trigger_ticks) ||
        order->pending_amends == UINT8_MAX)
        return VEL_EINVAL;
    int status = send(local, order, VEL_ACTION_AMEND, order->price, order->qty, trigger_ticks);
    if (status == VEL_OK) {
        order->pending_amends++;
        order->trigger_asked = trigger_ticks;
    }
    return status;
}

/* ---------------------------------------------------------------- quotes */

static int reconcile_quote(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side)
{
    vel_quote_slot_t *slot = &vel_local_holding(local, strategy, instrument)->quotes[side];
    vel_order_t *order = vel_local_order(local, slot->order_id);
    if (order != NULL && is_done(order)) {
        slot->order_id = 0;
        order = NULL;
    }
    slot->is_deferred = 0;
    if (order == NULL)
        return slot->is_wanted ? vel_local_submit(local, strategy, instrument, side, VEL_LIMIT, VEL_GTC,
                                                  slot->post_only, slot->price, slot->qty, &slot->order_id)
                               : VEL_OK;
    if (order->state == VEL_ORDER_PENDING || order->pending_amends > 0 || order->pending_cancels > 0) {
        slot->is_deferred = 1;
        return VEL_OK;
    }
    if (!slot->is_wanted)
        return vel_local_cancel(local, order->id);
    return vel_local_amend(local, order->id, slot->price, order->cum_qty + slot->qty);
}

int vel_local_quote(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side, bool is_wanted,
                    int64_t price_ticks, int64_t qty_lots, bool post_only)
{
    if (strategy < 0 || strategy >= local->strategies_count || instrument < 0 ||
        instrument >= local->instruments_count || side > VEL_SELL)
        return VEL_EINVAL;
    if (is_wanted && (!vel_is_size(qty_lots) || !vel_is_price(price_ticks)))
        return VEL_EINVAL;
    vel_quote_slot_t *slot = &vel_local_holding(local, strategy, instrument)->quotes[side];
    vel_order_t *order = vel_local_order(local, slot->order_id);
    bool stands = order != NULL && !is_done(order);
    if (slot->is_wanted == is_wanted && stands == is_wanted &&
        (!is_wanted || (slot->price == price_ticks && slot->qty == qty_lots))) {
        /* As declared before. After a refused amend the order may stand elsewhere than declared: ask again. */
        if (!stands || slot->is_deferred || order->price == price_ticks || order->state == VEL_ORDER_PENDING ||
            order->pending_amends > 0)
            return VEL_OK;
    }
    slot->is_wanted = is_wanted;
    slot->price = price_ticks;
    slot->qty = qty_lots;
    slot->post_only = post_only;
    return reconcile_quote(local, strategy, instrument, side);
}

/* ---------------------------------------------------------------- the end of a strategy */

static void drop_timers(vel_local_t *local, int32_t strategy);

int vel_local_stop(vel_local_t *local, int32_t strategy)
{
    if (strategy < 0 || strategy >= local->strategies_count)
        return VEL_EINVAL;
    for (int32_t instrument = 0; instrument < local->instruments_count; instrument++)
        for (int side = 0; side < 2; side++) {
            vel_quote_slot_t *slot = &vel_local_holding(local, strategy, instrument)->quotes[side];
            *slot = (vel_quote_slot_t){0};
        }
    for (int64_t id = local->strategies[strategy].open_first; id != 0; id = vel_local_order(local, id)->open_next) {
        int status = vel_local_cancel(local, id);
        if (status != VEL_OK)
            return status;
    }
    drop_timers(local, strategy);
    return VEL_OK;
}

/* ---------------------------------------------------------------- positions */

/* Average price when `more` lots at a price join `lots` at an average. Equal contracts of an inverse instrument are
 * worth value / price each, so theirs is the harmonic mean. */
static double average_of_inverse(double average, int64_t lots, int64_t price, int64_t more)
{
    if (lots == 0 || average == (double)price)
        return (double)price;
    return (double)(lots + more) / ((double)lots / average + (double)more / (double)price);
}

static int position_fill(const vel_local_instrument_t *inst, vel_position_t *position, uint8_t side, int64_t price,
                         int64_t qty, int64_t fee, int64_t *realized)
{
    int64_t value;
    int status = vel_value(&inst->money, price, qty, &value);
    if (status != VEL_OK)
        return status;
    vel_i128 direction = inst->money.is_inverse ? -1 : 1; /* an inverse long gains when its coin value falls */
    vel_i128 sign = side == VEL_BUY ? 1 : -1;
    int64_t held = position->lots < 0 ? -position->lots : position->lots;
    vel_i128 gained = 0, cost = position->cost;

    if (position->lots == 0 || (position->lots > 0) == (side == VEL_BUY)) {
        cost += sign * value;
    } else {
        int64_t closed = qty < held ? qty : held;
        vel_i128 closed_value = closed == qty ? value : vel_div_half_even((vel_i128)value * closed, qty);
        vel_i128 closed_cost = closed == held ? cost : vel_div_half_even(cost * closed, held);
        gained = direction * (-sign * closed_value - closed_cost);
        cost -= closed_cost;
        cost += sign * (value - closed_value); /* the rest of the fill opens the other way */
    }
    vel_i128 cash = (vel_i128)position->cash - direction * sign * value;
    vel_i128 traded = side == VEL_BUY ? position->bought : position->sold;
    if (!vel_fits_i64(cost) || !vel_fits_i64(cash) || !vel_fits_i64(position->realized + gained) ||
        !vel_fits_i64((vel_i128)position->fees + fee) || !vel_fits_i64(traded + qty) ||
        !vel_fits_i64(position->lots + sign * qty))
        return VEL_ERANGE;
    if (inst->money.is_inverse) {
        bool opens = position->lots == 0 || (position->lots > 0) == (side == VEL_BUY);
        if (opens || qty > held) /* more of it, or the rest of the fill opens the other way */
            position->avg_ticks = average_of_inverse(position->avg_ticks, opens ? held : 0, price, qty);
    }
    position->cost = (int64_t)cost;
    position->cash = (int64_t)cash;
    position->realized += (int64_t)gained;
    position->fees += fee;
    position->lots += side == VEL_BUY ? qty : -qty;
    if (side == VEL_BUY)
        position->bought += qty;
    else
        position->sold += qty;
    *realized = (int64_t)gained;
    return VEL_OK;
}

vel_mark_t vel_local_mark(const vel_local_instrument_t *inst, int64_t lots, int64_t now)
{
    vel_mark_quote_t quote = {.top = {inst->quote_price[VEL_BUY], inst->quote_price[VEL_SELL]},
                              .ts = inst->quote_ts_recv};
    bool is_quoted = inst->has_quotes && inst->quote_qty[VEL_BUY] > 0 && inst->quote_qty[VEL_SELL] > 0;
    return vel_mark_of(&inst->known, &inst->book, is_quoted ? &quote : NULL, &inst->money, lots, now);
}

int vel_local_unrealized(const vel_local_instrument_t *inst, const vel_position_t *position, int64_t now,
                         vel_mark_t *mark, int64_t *unrealized)
{
    *mark = vel_local_mark(inst, position->lots, now);
    *unrealized = 0;
    if (position->lots == 0 || mark->source == VEL_MARK_UNKNOWN)
        return VEL_OK;
    int64_t value;
    int status = vel_mark_value(mark, &inst->money, position->lots, &value);
    if (status != VEL_OK)
        return status;
    vel_i128 result = (vel_i128)value - position->cost;
    if (inst->money.is_inverse)
        result = -result;
    if (!vel_fits_i64(result))
        return VEL_ERANGE;
    *unrealized = (int64_t)result;
    return VEL_OK;
}

/* ---------------------------------------------------------------- reports */

static void order_done(vel_local_t *local, vel_order_t *order, uint8_t state, uint8_t reason)
{
    if (is_done(order))
        return;
    order->state = state;
    order->reason = reason;
    order->ts_done = local->now;
    vel_local_strategy_t *owner = &local->strategies[order->strategy];
    local->open_orders--;
    owner->open_orders--;
    if (order->open_previous == 0)
        owner->open_first = order->open_next;
    else
        vel_local_order(local, order->open_previous)->open_next = order->open_next;
    if (order->open_next == 0)
        owner->open_last = order->open_previous;
    else
        vel_local_order(local, order->open_next)->open_previous = order->open_previous;
}

/* Lots of a child that still wait for its parent, after its quantity has become another. */
static int64_t held_after(const vel_order_t *order, const vel_report_t *report)
{
    int64_t left = order->qty - order->cum_qty, less = order->qty - report->qty, works = left - order->held;
    if (report->reason == VEL_REASON_NONE)
        return left - less;               /* all of it, until the venue tells how much works */
    if (report->reason == VEL_REASON_OCO) /* what works is lost first */
        less = less > works ? less - works : 0;
    return order->held > less ? order->held - less : 0;
}

/* Lots that an order has resting in the venue's book, as far as reports have told. */
static int64_t resting_lots(const vel_order_t *order)
{
    bool rests = order->state == VEL_ORDER_OPEN && !order->is_idle && order->type != VEL_MARKET &&
                 order->tif != VEL_IOC && order->tif != VEL_FOK;
    int64_t leaves = order->qty - order->cum_qty - order->held;
    if (!rests)
        return 0;
    return order->display > 0 && order->display < leaves ? order->display : leaves;
}

static int on_fill(vel_local_t *local, vel_order_t *order, const vel_report_t *report)
{
    vel_local_instrument_t *inst = &local->instruments[report->instrument];
    vel_position_t *position = &vel_local_holding(local, order->strategy, report->instrument)->position;
    int64_t realized;
    bool was_open = position->lots != 0;
    int status = vel_sorted_reserve(&local->open, 1);
    if (status != VEL_OK || (status = position_fill(inst, position, report->side, report->price, report->qty,
                                                    report->fee, &realized)) != VEL_OK)
        return status;
    int64_t holding = (int64_t)order->strategy * local->instruments_count + report->instrument;
    if (was_open && position->lots == 0)
        vel_sorted_remove(&local->open, holding);
    else if (!was_open && position->lots != 0)
        vel_sorted_insert(&local->open, holding);
    if (inst->money.is_inverse)
        order->avg_ticks = average_of_inverse(order->avg_ticks, order->cum_qty, report->price, report->qty);
    order->cum_qty += report->qty;
    if (order->type == VEL_MARKET_TO_LIMIT)
        order->price = report->price; /* what is left rests there */
    order->cum_ticks += (vel_i128)report->price * report->qty;
    if (order->cum_qty >= order->qty)
        order_done(local, order, VEL_ORDER_FILLED, VEL_REASON_NONE);
    vel_fill_record_t record = {.ts_venue = report->ts_venue,
                                .ts_local = local->now,
                                .order_id = report->order_id,
                                .instrument = report->instrument,
                                .side = report->side,
                                .cause = report->cause,
                                .maker = report->maker,
                                .doubts = report->doubts,
                                .price = report->price,
                                .qty = report->qty,
                                .fee = report->fee,
                                .datum_ts = report->datum_ts,
                                .datum_row = report->datum_row,
                                .position = position->lots,
                                .realized = realized,
                                .mid_x2 = report->mid_x2,
                                .strategy = order->strategy};
    if ((status = vel_fills_push(&local->fills, &record)) != VEL_OK)
        return status;
    local->fills_count++;
    local->strategies[order->strategy].fills_count++;
    return vel_local_sample(local, order->strategy, report->instrument);
}

/* A report about an order whose place may be tracked; the order is up to date. */
static int track_report(vel_local_instrument_t *inst, const vel_order_t *order, const vel_report_t *report)
{
    vel_queue_tracker_t *tracker = &inst->tracker;
    if (is_done(order)) {
        vel_queue_tracker_ended(tracker, order->id);
        return VEL_OK;
    }
    vel_queue_tracker_left(tracker, order->id, order->qty - order->cum_qty);
    if (report->kind == VEL_REPORT_FILL && report->maker)
        vel_queue_tracker_filled(tracker, order->id, report->ts_venue);
    else if (report->kind == VEL_REPORT_AMENDED ||
             ((report->kind == VEL_REPORT_ACK || report->kind == VEL_REPORT_FIRED ||
               report->kind == VEL_REPORT_RELEASED) &&
              !order->is_idle))
        return vel_queue_tracker_joined(tracker, order->id, order->price, report->ts_venue);
    else if (report->kind == VEL_REPORT_AMEND_REJECTED)
        vel_queue_tracker_stays(tracker, order->id);
    return VEL_OK;
}

static uint64_t hash_report(uint64_t hash, const vel_report_t *report, int64_t now, int64_t number, int64_t fee)
{
    hash = vel_hash_i64(hash, now);
    hash = vel_hash_i64(hash, report->ts_venue);
    hash = vel_hash_i64(hash, number);
    hash = vel_hash_i64(hash, (int64_t)report->instrument << 16 | report->kind << 12 | report->cause << 8 |
                                  report->maker << 7 | report->side << 4 | (report->reason & 15));
    hash = vel_hash_i64(hash, report->price);
    hash = vel_hash_i64(hash, report->qty);
    hash = vel_hash_i64(hash, fee);
    return report->reason > 15 ? vel_hash_i64(hash, report->reason) : hash;
}

/* A strategy pays or receives funding for what it held at the venue. */
static int on_funding(vel_local_t *local, const vel_report_t *report)
{
    if (report->strategy < 0 || report->strategy >= local->strategies_count)
        return VEL_EINVAL;
    vel_local_strategy_t *owner = &local->strategies[report->strategy];
    vel_position_t *position = &vel_local_holding(local, report->strategy, report->instrument)->position;
    if (!vel_fits_i64((vel_i128)position->fees + report->fee) ||
        !vel_fits_i64((vel_i128)position->funding + report->fee))
        return VEL_ERANGE;
    int status = vel_local_sample_from_now(local, report->strategy, report->instrument); /* its fills may come later */
    if (status != VEL_OK)
        return status;
    position->fees += report->fee;
    position->funding += report->fee;
    owner->hash = hash_report(owner->hash, report, local->now, report->order_id, report->fee);
    return VEL_OK;
}

int vel_local_on_report(vel_local_t *local, const vel_report_t *report)
{
    local->failed_instrument = report->instrument; /* until something else fails */
    local->hash = hash_report(local->hash, report, local->now, report->order_id, report->fee);
    if (report->kind == VEL_REPORT_FUNDING)
        return on_funding(local, report);
    if (report->order_id == 0)
        return 0; /* a cancel of all that was refused on its way: the orders stand as they stood */
    vel_order_t *order = vel_local_order(local, report->order_id);
    if (order == NULL) /* a late word on an order that ended and was dropped changes nothing */
        return report->order_id >= 1 && report->order_id <= local->orders_count ? 0 : VEL_ENOENT;
    vel_local_strategy_t *owner = &local->strategies[order->strategy];
    owner->hash = hash_report(owner->hash, report, local->now, order->sequence, report->fee);
    int wake = VEL_WAKE_ORDER;
    int status;
    bool by_fill = false;
    int64_t rested = resting_lots(order), rested_at = order->price;
    switch (report->kind) {
    case VEL_REPORT_ACK:
        order->ts_ack = local->now;
        order->price = order->type == VEL_LIMIT ? report->price : order->price; /* one that slid */
        if (order->state == VEL_ORDER_PENDING)
            order->state = VEL_ORDER_OPEN;
        break;
    case VEL_REPORT_FIRED:
        order->trigger_kind = VEL_TRIGGER_NONE;
        order->is_idle = 0;
        break;
    case VEL_REPORT_RELEASED:
        order->is_idle = order->trigger_kind != VEL_TRIGGER_NONE;
        order->held = order->qty - order->cum_qty - report->qty;
        break;
    case VEL_REPORT_FILL:
        if ((status = on_fill(local, order, report)) != VEL_OK)
            return status;
        wake |= VEL_WAKE_FILL;
        by_fill = is_done(order);
        break;
    case VEL_REPORT_CANCELED:
        order->pending_cancels = 0;
        order_done(local, order, VEL_ORDER_CANCELED, report->reason);
        break;
    case VEL_REPORT_REJECTED:
        if (((order->flags & VEL_EXEC_REDUCE_ONLY) || order->parent != 0) &&
            vel_local_holding(local, order->strategy, order->instrument)->position.lots != 0)
            owner->unprotected++;
        order_done(local, order, VEL_ORDER_REJECTED, report->reason);
        break;
    case VEL_REPORT_EXPIRED:
        order_done(local, order, VEL_ORDER_EXPIRED, report->reason);
        break;
    case VEL_REPORT_AMENDED:
        if (order->held > 0)
            order->held = held_after(order, report);
        order->price = report->price;
        order->qty = report->qty;
        if (report->reason != VEL_REASON_NONE) {
            order->reason = report->reason; /* the venue's doing, no answer to an amend */
            break;
        }
        order->amends++;
        if (order->trigger_asked != 0)
            order->trigger = order->trigger_asked;
        order->trigger_asked = 0;
        if (order->pending_amends > 0)
            order->pending_amends--;
        break;
    case VEL_REPORT_AMEND_REJECTED:
        order->trigger_asked = 0;
        order->refusal = report->reason;
        if (order->pending_amends > 0)
            order->pending_amends--;
        break;
    case VEL_REPORT_CANCEL_REJECTED:
        order->refusal = report->reason;
        if (order->pending_cancels > 0)
            order->pending_cancels--;
        break;
    default:
        return VEL_EINVAL;
    }
    vel_local_instrument_t *inst = &local->instruments[order->instrument];
    if (VEL_UNLIKELY(inst->tracker.count > 0) && (status = track_report(inst, order, report)) != VEL_OK)
        return status;
    int64_t rests = resting_lots(order);
    if (rests != rested || order->price != rested_at) {
        vel_ours_t *ours = &inst->ours;
        if ((status = vel_ours_add(ours, order->side, rested_at, -rested)) != VEL_OK ||
            (status = vel_ours_add(ours, order->side, order->price, rests)) != VEL_OK)
            return status;
    }
    vel_quote_slot_t *slot = &vel_local_holding(local, order->strategy, order->instrument)->quotes[order->side];
    if (slot->order_id == order->id) {
        if (by_fill) {
            slot->order_id = 0;
            slot->is_wanted = 0;
            slot->is_deferred = 0;
        } else if (slot->is_deferred || is_done(order)) {
            /* Without a newer declaration an order that ended stays ended until the next one. */
            bool newer = slot->is_deferred;
            if (is_done(order))
                slot->order_id = 0;
            if (newer) {
                if ((status = reconcile_quote(local, order->strategy, order->instrument, order->side)) != VEL_OK)
                    return status;
            } else {
                slot->is_wanted = 0;
            }
        }
    }
    return (int)((uint32_t)wake & owner->wake_mask);
}

/* ---------------------------------------------------------------- routes */

int vel_local_route_add(vel_local_t *local, int32_t instrument, int32_t kind, int32_t strategy, int32_t target,
                        vel_filter_t *filter)
{
    vel_local_instrument_t *inst = &local->instruments[instrument];
    vel_routes_t *routes = &inst->routes[kind];
    vel_route_t route = {
        .strategy = strategy, .target = target, .passed = filter == NULL, .filter = filter, .first = routes->count};
    for (int64_t at = routes->count; at-- > 0 && routes->items[at].strategy == strategy;)
        if (routes->items[at].target == target) {
            route.first = routes->items[at].first;
            break;
        }
    int status = vel_routes_push(routes, &route);
    if (status != VEL_OK)
        return status;
    inst->wake_mask |= 1u << kind;
    local->wake_mask |= 1u << kind;
    if (filter != NULL)
        inst->filter_mask |= 1u << kind;
    return VEL_OK;
}

void vel_local_routes_clear(vel_local_t *local)
{
    for (int32_t i = 0; i < local->instruments_count; i++) {
        vel_local_instrument_t *inst = &local->instruments[i];
        for (int kind = 0; kind < VEL_ROUTES; kind++)
            inst->routes[kind].count = 0;
        inst->wake_mask = inst->filter_mask = 0;
    }
    local->wake_mask = 0;
}

int vel_local_filter(vel_local_t *local, int32_t instrument, uint32_t wakes, const vel_columns_t *columns, int64_t row)
{
    vel_local_instrument_t *inst = &local->instruments[instrument];
    uint32_t asked = wakes & inst->filter_mask;
    if (asked & VEL_WAKE_TRADE && !vel_routes_mark(&inst->routes[VEL_ROUTE_TRADE], local->now, columns->price[row],
                                                   columns->price[row], columns->qty[row]))
        wakes &= ~(uint32_t)VEL_WAKE_TRADE;
    /* An empty side counts as price 0, so that its going and coming is a change. */
    if (asked & VEL_WAKE_QUOTE) {
        int64_t bid = inst->quote_qty[VEL_BUY] > 0 ? inst->quote_price[VEL_BUY] : 0;
        int64_t ask = inst->quote_qty[VEL_SELL] > 0 ? inst->quote_price[VEL_SELL] : 0;
        if (!vel_routes_mark(&inst->routes[VEL_ROUTE_QUOTE], local->now, bid, ask, 0))
            wakes &= ~(uint32_t)VEL_WAKE_QUOTE;
    }
    if (asked & VEL_WAKE_BOOK) {
        const vel_book_t *book = &inst->book;
        int64_t bid = vel_book_has_side(book, VEL_BUY) ? vel_book_best(book, VEL_BUY) : 0;
        int64_t ask = vel_book_has_side(book, VEL_SELL) ? vel_book_best(book, VEL_SELL) : 0;
        if (!vel_routes_mark(&inst->routes[VEL_ROUTE_BOOK], local->now, bid, ask, 0))
            wakes &= ~(uint32_t)VEL_WAKE_BOOK;
    }
    return (int)wakes;
}

/* ---------------------------------------------------------------- feed */

void vel_candle_add(vel_candle_t *candle, int64_t ts, int64_t price, int64_t qty, uint8_t side)
{
    vel_candle_part_t *part = ts < candle->ts_next ? &candle->now : &candle->next;
    if (part->trades == 0)
        part->open = part->high = part->low = price;
    if (price > part->high)
        part->high = price;
    if (price < part->low)
        part->low = price;
    part->close = price;
    part->has_close = 1;
    part->volume += qty;
    if (side == VEL_BUY)
        part->buy_volume += qty;
    part->trades++;
}

void vel_candle_close(vel_candle_t *candle, int64_t ts_next)
{
    vel_candle_part_t last = candle->now;
    candle->now = candle->next;
    if (!candle->now.has_close) { /* an interval without trades carries the last close */
        candle->now.close = last.close;
        candle->now.has_close = last.has_close;
    }
    memset(&candle->next, 0, sizeof(candle->next));
    candle->ts_next = ts_next;
}

/* Take the book's top as a quote; true when it differs from the last one. */
static bool quote_from_book(vel_local_instrument_t *inst, const vel_columns_t *columns, int64_t row)
{
    bool changed = false;
    if (!vel_book_has_side(&inst->book, VEL_BUY) || !vel_book_has_side(&inst->book, VEL_SELL))
        return false;
    for (uint8_t side = 0; side < 2; side++) {
        int64_t price = vel_book_best(&inst->book, side), qty = vel_book_best_qty(&inst->book, side);
        changed |= inst->quote_price[side] != price || inst->quote_qty[side] != qty;
        inst->quote_price[side] = price;
        inst->quote_qty[side] = qty;
    }
    inst->quote_ts_event = columns->ts_event[row];
    inst->quote_ts_recv = columns->ts_recv[row];
    return changed;
}

/* ---------------------------------------------------------------- places in queues */

/* What the book knows of the prices of orders of a side that the feed has not caught up with, after a row of ts_event;
 * VEL_NO_SIDE for both. */
static void track_view(vel_local_instrument_t *inst, uint8_t side, int64_t ts_event)
{
    for (uint32_t at = inst->tracker.fresh; at != VEL_NO_INDEX;) {
        vel_tracked_t *order = vel_queue_tracker_at(&inst->tracker, at);
        at = order->fresh_prev;
        if (side != VEL_NO_SIDE && order->side != side)
            continue;
        if (order->is_joined && ts_event > order->ts_joined) {
            vel_queue_tracker_settle(&inst->tracker, order);
            continue;
        }
        int64_t now = known_at(inst, order->side, order->price);
        vel_track_change_t change = {.ts_event = ts_event,
                                     .before = order->seen < 0 ? 0 : order->seen,
                                     .after = now < 0 ? 0 : now,
                                     .kind = VEL_TRACK_SEEN,
                                     .was_known = order->seen >= 0,
                                     .is_known = now >= 0};
        if (now != order->seen)
            vel_queue_tracker_note(&inst->tracker, order, &change);
        order->seen = now;
    }
}

/* A level went from so many lots of others to what the book shows now. A row that restates, outside of a snapshot, is
 * no news: the level leaves the view or comes back. */
static void track_level(vel_local_instrument_t *inst, uint8_t side, int64_t price, int64_t before, bool was_known,
                        bool is_gone, bool is_restated, int64_t ts_event)
{
    int64_t key = vel_side_key(side, price);
    /* A side of which nothing is left may be one whose only level moves: the new one comes in the same batch. */
    bool leaves = is_restated ||
                  (is_gone && (!vel_book_has_side(&inst->book, side) || !vel_book_is_in_view(&inst->book, side, key)));
    vel_track_change_t change = {.ts_event = ts_event,
                                 .before = before,
                                 .after = others_at(inst, side, price),
                                 .kind = leaves ? VEL_TRACK_LOST : VEL_TRACK_LEVEL,
                                 .was_known = was_known,
                                 .is_known = is_known(inst, side, price)};
    vel_queue_tracker_on_level(&inst->tracker, side, price, &change);
}

/* What is there at the prices of orders, as it stands: all of them look at it. */
static void track_looks(vel_local_instrument_t *inst, int64_t ts_event)
{
    for (uint32_t at = inst->tracker.first; at != VEL_NO_INDEX; at = vel_queue_tracker_at(&inst->tracker, at)->next) {
        vel_tracked_t *order = vel_queue_tracker_at(&inst->tracker, at);
        int64_t lots = others_at(inst, order->side, order->price);
        bool known = is_known(inst, order->side, order->price);
        bool is_compared = vel_book_is_in_view(&inst->book, order->side, vel_side_key(order->side, order->price));
        vel_track_change_t change = {.ts_event = ts_event,
                                     .before = lots,
                                     .after = lots,
                                     .kind = VEL_TRACK_LOOK,
                                     .was_known = known,
                                     .is_known = known};
        vel_queue_tracker_note(&inst->tracker, order, &change);
        order->before = is_compared && !inst->book.is_stale ? lots : -1;
    }
}

/* After a snapshot the totals bound the places, and what left a level is a cancel. */
static void track_snapshot(vel_local_instrument_t *inst, int64_t ts_event)
{
    for (uint32_t at = inst->tracker.first; at != VEL_NO_INDEX; at = vel_queue_tracker_at(&inst->tracker, at)->next) {
        vel_tracked_t *order = vel_queue_tracker_at(&inst->tracker, at);
        int64_t now = others_at(inst, order->side, order->price);
        bool in_view = vel_book_is_in_view(&inst->book, order->side, vel_side_key(order->side, order->price));
        vel_track_change_t change = {.ts_event = ts_event,
                                     .before = order->before >= 0 ? order->before : now,
                                     .after = now,
                                     .kind = in_view ? VEL_TRACK_LEVEL : VEL_TRACK_LOST,
                                     .is_known = in_view};
        vel_queue_tracker_note(&inst->tracker, order, &change);
        order->before = -1;
    }
    track_view(inst, VEL_NO_SIDE, ts_event);
}

/* Rows are missing: no place is told any more. */
static void track_gap(vel_local_instrument_t *inst, int64_t ts_event)
{
    vel_track_change_t change = {.ts_event = ts_event, .kind = VEL_TRACK_LOST};
    for (uint32_t at = inst->tracker.first; at != VEL_NO_INDEX; at = vel_queue_tracker_at(&inst->tracker, at)->next)
        vel_queue_tracker_note(&inst->tracker, vel_queue_tracker_at(&inst->tracker, at), &change);
    track_view(inst, VEL_NO_SIDE, ts_event);
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

static void track_trade(vel_local_instrument_t *inst, const vel_columns_t *columns, int64_t row)
{
    bool is_told = columns->side[row] <= VEL_SELL, is_hidden = (columns->flags[row] & VEL_FLAG_HIDDEN) != 0;
    int64_t price = columns->price[row];
    if (inst->is_halted || !vel_is_price(price))
        return;
    uint8_t aggressor = is_told ? columns->side[row] : aggressor_by_book(&inst->book, price);
    for (uint8_t side = 0; side < 2; side++) {
        bool is_sure = aggressor != VEL_NO_SIDE && side != aggressor;
        if (is_told && !is_sure)
            continue;
        int64_t shown = others_at(inst, side, price);
        vel_track_change_t change = {.ts_event = columns->ts_event[row],
                                     .before = shown,
                                     .after = shown,
                                     .traded = columns->qty[row],
                                     .kind = is_hidden ? VEL_TRACK_LOOK
                                             : is_sure ? VEL_TRACK_TRADE
                                                       : VEL_TRACK_MAYBE,
                                     .is_known = is_known(inst, side, price)};
        change.was_known = change.is_known;
        vel_queue_tracker_on_trade(&inst->tracker, side, price, &change);
    }
}

/* Set a level, which orders may stand at. */
static int set_level(vel_local_instrument_t *inst, const vel_columns_t *columns, int64_t row, int64_t price,
                     int64_t qty, int64_t now)
{
    uint8_t side = columns->side[row];
    bool tracks = inst->tracker.count > 0 && side <= VEL_SELL && !inst->book.in_snapshot && vel_is_price(price);
    bool is_at = tracks && vel_queue_tracker_is_at(&inst->tracker, side, price);
    int64_t before = is_at ? others_at(inst, side, price) : 0;
    bool was_known = is_at && is_known(inst, side, price);
    bool is_gone = is_at && qty == 0 && vel_book_qty(&inst->book, side, price) > 0;
    uint8_t other = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    bool had = inst->is_fused && vel_book_has_side(&inst->book, other);
    int64_t best = had ? vel_book_best(&inst->book, other) : 0;
    int status = inst->is_fused ? vel_fusion_delta(&inst->fusion, &inst->book, columns->order_id[row], side, price, qty)
                                : vel_book_set(&inst->book, side, price, qty);
    if (VEL_UNLIKELY(had && !vel_book_has_side(&inst->book, other))) /* it was the overlay's alone */
        vel_known_lost(&inst->known, &inst->book, other, best, now);
    if (status != VEL_OK || !tracks)
        return status;
    if (is_at)
        track_level(inst, side, price, before, was_known, is_gone, (columns->flags[row] & VEL_FLAG_SNAPSHOT) != 0,
                    columns->ts_event[row]);
    track_view(inst, side, columns->ts_event[row]);
    return VEL_OK;
}

int vel_local_set_level(vel_local_instrument_t *inst, const vel_columns_t *columns, int64_t row, int64_t now)
{
    return set_level(inst, columns, row, columns->price[row], columns->qty[row], now);
}

/* ---------------------------------------------------------------- rows */

/* A quote is all that is known of a side: the level of the one before goes, and what was missed is of no matter. */
static int set_quote(vel_local_instrument_t *inst, const vel_columns_t *columns, int64_t row, int64_t now)
{
    uint8_t side = columns->side[row];
    int64_t price = columns->price[row], qty = columns->qty[row], old = inst->book.side[side].best_key;
    int status = VEL_OK;
    inst->book.is_stale = 0;
    inst->book.told_key[side] = VEL_NO_KEY; /* an empty side is known to be empty from here on */
    if (qty > 0)
        status = set_level(inst, columns, row, price, qty, now);
    if (status == VEL_OK && old != VEL_NO_KEY && (qty == 0 || old != vel_side_key(side, price)))
        status = set_level(inst, columns, row, vel_key_ticks(side, old), 0, now);
    if (status == VEL_OK && old != VEL_NO_KEY && !vel_book_has_side(&inst->book, side))
        vel_known_lost(&inst->known, &inst->book, side, vel_key_ticks(side, old), now);
    if (VEL_UNLIKELY(inst->tracker.count > 0) && old != VEL_NO_KEY && inst->book.side[side].best_key > old &&
        vel_book_has_side(&inst->book, side))
        vel_queue_tracker_on_worse(&inst->tracker, side, inst->book.side[side].best_key, columns->ts_event[row]);
    return status;
}

static int on_quote_row(vel_local_instrument_t *inst, const vel_columns_t *columns, int64_t row, int64_t now)
{
    uint8_t side = columns->side[row];
    if (side > VEL_SELL || !vel_is_qty(columns->qty[row]) ||
        (columns->qty[row] > 0 && !vel_is_price(columns->price[row]))) /* an empty side has no price */
        return VEL_EINVAL;
    inst->has_quotes = 1;
    inst->quote_price[side] = columns->price[row];
    inst->quote_qty[side] = columns->qty[row];
    inst->quote_ts_event = columns->ts_event[row];
    inst->quote_ts_recv = columns->ts_recv[row];
    if (inst->is_quote_fed) {
        int status = set_quote(inst, columns, row, now);
        if (status != VEL_OK)
            return status;
        inst->book.ts_event = columns->ts_event[row];
    }
    if (!(columns->flags[row] & VEL_FLAG_LAST))
        return 0;
    uint32_t wakes = inst->wake_mask & VEL_WAKE_QUOTE;
    if (inst->is_fused && !inst->is_quote_fed) {
        int status =
            vel_fusion_quote(&inst->fusion, &inst->book, columns->order_id[row], inst->quote_price, inst->quote_qty);
        if (status != VEL_OK)
            return status;
        if (inst->fusion.is_active && inst->fusion.update_id == columns->order_id[row])
            wakes |= inst->wake_mask & VEL_WAKE_BOOK;
    }
    if (inst->is_quote_fed)
        wakes |= inst->wake_mask & VEL_WAKE_BOOK;
    return (int)wakes;
}

/* 0 is a row without one. */
static void keep_mark_price(vel_local_instrument_t *inst, int64_t price, int64_t now)
{
    if (price == 0)
        return;
    inst->known.mark_price = price;
    inst->known.mark_ts = now;
}

int vel_local_on_row_slow(vel_local_t *local, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_local_instrument_t *inst = &local->instruments[instrument];
    switch (columns->kind[row]) {
    case VEL_EV_DELTA: /* the level is set and the row counted already; it ends a batch */
        return (int)((inst->wake_mask & VEL_WAKE_BOOK) |
                     (quote_from_book(inst, columns, row) ? inst->wake_mask & VEL_WAKE_QUOTE : 0));
    case VEL_EV_TRADE:
        if (columns->side[row] > VEL_NO_SIDE || !vel_is_qty(columns->qty[row]) || !vel_is_price(columns->price[row]))
            return VEL_EINVAL;
        inst->rows++;
        inst->tracker.is_estimated |= (columns->flags[row] & VEL_FLAG_CLOCK_ESTIMATED) != 0;
        if (!(columns->flags[row] & VEL_FLAG_OFF_BOOK)) {
            inst->known.trade_price = columns->price[row];
            inst->known.trade_ts = local->now;
            if (columns->side[row] <= VEL_SELL && !(columns->flags[row] & VEL_FLAG_HIDDEN))
                vel_book_tell_front(&inst->book, columns->side[row] == VEL_BUY ? VEL_SELL : VEL_BUY,
                                    columns->price[row]);
            if (VEL_UNLIKELY(inst->tracker.count > 0))
                track_trade(inst, columns, row);
            for (int64_t i = 0; i < inst->candles.count; i++)
                vel_candle_add(inst->candles.items[i], columns->ts_recv[row], columns->price[row], columns->qty[row],
                               columns->side[row]);
        }
        return (int)(inst->wake_mask & VEL_WAKE_TRADE);
    case VEL_EV_QUOTE:
        inst->rows++;
        return on_quote_row(inst, columns, row, local->now);
    case VEL_EV_SNAPSHOT_END:
        inst->rows++;
        inst->book.ts_event = columns->ts_event[row];
        inst->book.update_id = columns->order_id[row];
        vel_book_end_snapshot(&inst->book);
        if (VEL_UNLIKELY(inst->tracker.count > 0))
            track_snapshot(inst, columns->ts_event[row]);
        return (int)((inst->wake_mask & VEL_WAKE_BOOK) |
                     (!inst->has_quotes && quote_from_book(inst, columns, row) ? inst->wake_mask & VEL_WAKE_QUOTE : 0));
    case VEL_EV_GAP:
        inst->rows++;
        vel_known_keep(&inst->known, &inst->book, local->now);
        if (inst->is_fused && vel_fusion_lift(&inst->fusion, &inst->book) != VEL_OK)
            return VEL_ENOMEM;
        inst->book.is_stale = 1;
        track_gap(inst, columns->ts_event[row]);
        return (int)(inst->wake_mask & VEL_WAKE_GAP);
    case VEL_EV_MARK_PRICE:
        inst->rows++;
        keep_mark_price(inst, columns->price[row], local->now);
        return 0;
    case VEL_EV_FUNDING:
        inst->rows++;
        keep_mark_price(inst, columns->price[row], local->now);
        return (int)(inst->wake_mask & VEL_WAKE_FUNDING);
    case VEL_EV_STATUS:
        inst->rows++;
        inst->is_halted = columns->qty[row] == 0;
        return 0;
    case VEL_EV_SNAPSHOT_BEGIN:
        inst->rows++;
        vel_known_keep(&inst->known, &inst->book, local->now);
        if (inst->is_fused && vel_fusion_lift(&inst->fusion, &inst->book) != VEL_OK)
            return VEL_ENOMEM;
        if (!inst->book.in_snapshot)
            track_looks(inst, columns->ts_event[row]);
        (void)vel_book_apply(&inst->book, VEL_EV_SNAPSHOT_BEGIN, 0, 0, 0);
        track_view(inst, VEL_NO_SIDE, columns->ts_event[row]);
        return VEL_OK;
    default:
        if (!vel_is_event(columns->kind[row]))
            return VEL_EINVAL;
        inst->rows++;
        return vel_book_apply(&inst->book, columns->kind[row], columns->side[row], columns->price[row],
                              columns->qty[row]);
    }
}

/* ---------------------------------------------------------------- timers */

static bool earlier(const vel_timer_t *a, const vel_timer_t *b)
{
    return a->ts != b->ts ? a->ts < b->ts : a->sequence < b->sequence;
}

static void sift_up(vel_timer_t *heap, int64_t at)
{
    while (at > 0 && earlier(&heap[at], &heap[(at - 1) / 2])) {
        vel_timer_t moved = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = moved;
        at = (at - 1) / 2;
    }
}

static void sift_down(vel_timer_t *heap, int64_t count, int64_t at)
{
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && earlier(&heap[child + 1], &heap[child]))
            child++;
        if (!earlier(&heap[child], &heap[at]))
            break;
        vel_timer_t moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

/* Of the timers in the heap those are live whose number is the one of their id. A timer that is cancelled stays until
 * it comes to the top, or until such timers are more than half of the heap: then they are taken out together, which
 * costs each a constant. The top is always live. */
static int64_t timer_key(const vel_local_t *local, int32_t strategy, int64_t id)
{
    /* The kernel's own timers have strategy -1. */
    return (int64_t)((uint64_t)id * ((uint64_t)local->strategies_count + 1) + (uint64_t)(strategy + 1));
}

static bool is_set(const vel_local_t *local, const vel_timer_t *timer)
{
    const int64_t *number = vel_map_get(&local->timer_numbers, timer_key(local, timer->strategy, timer->id));
    return number != NULL && *number == timer->sequence;
}

static void take_top(vel_timers_t *timers)
{
    timers->items[0] = timers->items[--timers->count];
    sift_down(timers->items, timers->count, 0);
}

/* After timers have been cancelled: the top is live, and of the rest at least half. */
static void clear_timers(vel_local_t *local)
{
    vel_timers_t *timers = &local->timers;
    int64_t live = (int64_t)local->timer_numbers.count, kept = 0;
    if (timers->count - live > TIMERS_CANCELLED_MIN && timers->count - live > live) {
        for (int64_t at = 0; at < timers->count; at++)
            if (is_set(local, &timers->items[at]))
                timers->items[kept++] = timers->items[at];
        timers->count = kept;
        for (int64_t at = kept / 2; at-- > 0;)
            sift_down(timers->items, kept, at);
        return;
    }
    while (timers->count > live && !is_set(local, &timers->items[0]))
        take_top(timers);
}

int vel_local_timer_add(vel_local_t *local, int32_t strategy, int64_t ts, int64_t interval, int64_t id)
{
    vel_timer_t timer = {ts, local->timer_sequence, id, interval, strategy};
    int status = vel_timers_push(&local->timers, &timer);
    if (status != VEL_OK)
        return status;
    status = vel_map_add(&local->timer_numbers, timer_key(local, strategy, id), timer.sequence);
    if (status != VEL_OK) {
        local->timers.count--;
        return status;
    }
    local->timer_sequence++;
    sift_up(local->timers.items, local->timers.count - 1);
    return VEL_OK;
}

int vel_local_timer_pop(vel_local_t *local, vel_timer_t *timer)
{
    VEL_ASSERT(local->timers.count > 0);
    *timer = local->timers.items[0];
    int64_t key = timer_key(local, timer->strategy, timer->id);
    if (timer->interval > 0) { /* in its place: the heap keeps its size */
        local->timers.items[0].ts = vel_add(timer->ts, timer->interval);
        local->timers.items[0].sequence = local->timer_sequence++;
        *vel_map_get(&local->timer_numbers, key) = local->timers.items[0].sequence;
        sift_down(local->timers.items, local->timers.count, 0);
    } else {
        vel_map_remove(&local->timer_numbers, key);
        take_top(&local->timers);
    }
    clear_timers(local);
    return VEL_OK;
}

bool vel_local_timer_remove(vel_local_t *local, int32_t strategy, int64_t id)
{
    int64_t key = timer_key(local, strategy, id);
    if (vel_map_get(&local->timer_numbers, key) == NULL)
        return false;
    vel_map_remove(&local->timer_numbers, key);
    clear_timers(local);
    return true;
}

static void drop_timers(vel_local_t *local, int32_t strategy)
{
    for (int64_t at = 0; at < local->timers.count; at++)
        if (local->timers.items[at].strategy == strategy)
            vel_map_remove(&local->timer_numbers, timer_key(local, strategy, local->timers.items[at].id));
    clear_timers(local);
}

/* ---------------------------------------------------------------- samples */

static int sample(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    if (local->samples.count >= local->samples_most)
        return VEL_EFULL;
    vel_local_instrument_t *inst = &local->instruments[instrument];
    vel_holding_t *holding = vel_local_holding(local, strategy, instrument);
    const vel_position_t *position = &holding->position;
    vel_sample_record_t record = {.ts = local->now,
                                  .instrument = instrument,
                                  .strategy = strategy,
                                  .position = position->lots,
                                  .mid_x2 = vel_book_mid_x2(&inst->book),
                                  .cash = position->cash,
                                  .fee = position->fees,
                                  .realized = position->realized};
    vel_mark_t mark;
    int status = vel_local_unrealized(inst, position, local->now, &mark, &record.unrealized);
    if (status != VEL_OK) {
        local->failed_instrument = instrument;
        return status;
    }
    record.mark = mark.price;
    record.mark_source = mark.source;
    holding->sampled_ts = local->now;
    holding->sampled_rows = inst->rows;
    if (position->lots != 0) {
        inst->marks[mark.source]++;
        if (mark.source != VEL_MARK_UNKNOWN && local->now - mark.ts > inst->mark_age_max)
            inst->mark_age_max = local->now - mark.ts;
    }
    return vel_samples_push(&local->samples, &record);
}

static int sample_at(vel_local_t *local, int64_t holding)
{
    return sample(local, (int32_t)(holding / local->instruments_count), (int32_t)(holding % local->instruments_count));
}

/* Sample every open holding that has no sample of this instant, or one from before a row of its instrument. */
static int sample_open(vel_local_t *local)
{
    int64_t at = -1;
    int status = VEL_OK;
    while (status == VEL_OK && vel_sorted_after(&local->open, at, &at)) {
        const vel_holding_t *holding = &local->holdings[at];
        if (holding->sampled_ts != local->now ||
            holding->sampled_rows != local->instruments[at % local->instruments_count].rows)
            status = sample_at(local, at);
    }
    return status;
}

int vel_local_sample_from_now(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    int64_t own = (int64_t)strategy * local->instruments_count + instrument, found;
    int status = vel_sorted_reserve(&local->held, 1);
    if (status == VEL_OK && (!vel_sorted_after(&local->held, own - 1, &found) || found != own))
        vel_sorted_insert(&local->held, own);
    local->holdings[own].sampled_rows = -1; /* it changes now: a sample of this instant is old */
    return status;
}

int vel_local_sample(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    int status = vel_local_sample_from_now(local, strategy, instrument);
    if (status != VEL_OK || (status = sample(local, strategy, instrument)) != VEL_OK)
        return status;
    return sample_open(local);
}

int vel_local_sample_all(vel_local_t *local)
{
    int64_t at = -1;
    if (local->instants.count >= local->samples_most)
        return VEL_EFULL;
    int status = vel_instants_push(&local->instants, &local->now);
    while (status == VEL_OK && vel_sorted_after(&local->held, at, &at))
        status = sample_at(local, at);
    return status;
}

int vel_local_sample_next(vel_local_t *local)
{
    local->sample_next = vel_add(local->sample_next, local->sample_interval);
    return vel_local_sample_all(local);
}

/* ---------------------------------------------------------------- retention */

const vel_order_t *vel_local_droppable(const vel_local_t *local, int64_t keep)
{
    int64_t blocks = (local->orders_count - keep) / VEL_ORDERS_PER_BLOCK;
    for (int64_t block = local->blocks_dropped; block < blocks; block++) {
        const vel_order_t *orders = local->order_blocks[block];
        int at = 0;
        if (orders == NULL)
            continue;
        while (at < VEL_ORDERS_PER_BLOCK && is_done(&orders[at]) && orders[at].pending_cancels == 0 &&
               orders[at].pending_amends == 0)
            at++;
        if (at == VEL_ORDERS_PER_BLOCK)
            return orders;
    }
    return NULL;
}

void vel_local_drop_block(vel_local_t *local, const vel_order_t *first)
{
    int64_t block = (first->id - 1) / VEL_ORDERS_PER_BLOCK;
    free(local->order_blocks[block]);
    local->order_blocks[block] = NULL;
    while (local->blocks_dropped * VEL_ORDERS_PER_BLOCK < local->orders_count &&
           local->order_blocks[local->blocks_dropped] == NULL)
        local->blocks_dropped++;
}

void vel_local_drop_fills(vel_local_t *local, int64_t count)
{
    local->fills.count -= count;
    memmove(local->fills.items, local->fills.items + count, (size_t)local->fills.count * sizeof *local->fills.items);
}

void vel_local_drop_samples(vel_local_t *local, int64_t count)
{
    local->samples.count -= count;
    memmove(local->samples.items, local->samples.items + count,
            (size_t)local->samples.count * sizeof *local->samples.items);
}

void vel_local_drop_instants(vel_local_t *local, int64_t count)
{
    local->instants.count -= count;
    memmove(local->instants.items, local->instants.items + count,
            (size_t)local->instants.count * sizeof *local->instants.items);
}
