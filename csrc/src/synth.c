#include "velora/synth.h"

static vel_synth_queue_t *queue_at(const vel_synth_t *synth, uint8_t side, int64_t tick)
{
    return &synth->queues[(size_t)side * VEL_SYNTH_TICKS + ((uint64_t)tick % VEL_SYNTH_TICKS)];
}

/* Tick at distance i = 1, 2, ... from the reference price. */
static int64_t tick_at(const vel_synth_t *synth, uint8_t side, int64_t distance)
{
    return side == VEL_BUY ? synth->reference + 1 - distance : synth->reference + distance;
}

static void emit(vel_synth_t *synth, uint8_t kind, uint8_t side, uint8_t flags, int64_t price, int64_t qty, int64_t id)
{
    VEL_ASSERT(synth->pending_count < VEL_SYNTH_PENDING);
    synth->pending[synth->pending_count++] = (vel_synth_row_t){synth->ts, 0, price, qty, id, kind, side, flags};
}

/* The level's new total; by order, where the rows of its orders say the same, only that something happened. */
static void emit_level(vel_synth_t *synth, uint8_t side, int64_t tick, uint8_t flags)
{
    synth->has_changed = true;
    if (synth->ids == NULL)
        emit(synth, VEL_EV_DELTA, side, flags, tick, queue_at(synth, side, tick)->lots, synth->update_id);
}

/* Ids of the orders of a queue, in the queue's order; only by order. */
static int64_t *ids_of(const vel_synth_t *synth, const vel_synth_queue_t *queue)
{
    return &synth->ids[(size_t)(queue - synth->queues) * VEL_SYNTH_ORDERS_MAX];
}

static void emit_order(vel_synth_t *synth, uint8_t kind, uint8_t side, int64_t tick, int32_t at, int64_t lots)
{
    if (synth->ids != NULL && synth->is_open)
        emit(synth, kind, side, 0, tick, lots, ids_of(synth, queue_at(synth, side, tick))[at]);
}

/* ---------------------------------------------------------------- queues */

static int32_t draw_size(vel_synth_t *synth, double mean)
{
    if (mean <= 1.0)
        return 1;
    double u = vel_rng_uniform(&synth->rng);
    double lots = vel_rng_exponential(&synth->rng) * mean * 0.7;
    if (u < 0.04)
        lots *= 8.0; /* a few are large */
    int32_t size = (int32_t)lots + 1;
    /* Traders prefer round numbers. */
    if (u > 0.55)
        size = size > 100 ? (size + 50) / 100 * 100 : size > 10 ? (size + 5) / 10 * 10 : size;
    return size;
}

static bool queue_push(vel_synth_t *synth, uint8_t side, int64_t tick, int32_t size)
{
    vel_synth_queue_t *queue = queue_at(synth, side, tick);
    if (queue->count == VEL_SYNTH_ORDERS_MAX)
        return false;
    if (synth->ids != NULL)
        ids_of(synth, queue)[queue->count] = ++synth->order_id;
    queue->sizes[queue->count++] = size;
    queue->lots += size;
    emit_order(synth, VEL_EV_ORDER_ADD, side, tick, queue->count - 1, size);
    return true;
}

static void queue_erase(vel_synth_t *synth, vel_synth_queue_t *queue, int32_t at)
{
    queue->lots -= queue->sizes[at];
    queue->count--;
    memmove(&queue->sizes[at], &queue->sizes[at + 1], (size_t)(queue->count - at) * sizeof queue->sizes[0]);
    if (synth->ids != NULL) {
        int64_t *ids = ids_of(synth, queue);
        memmove(&ids[at], &ids[at + 1], (size_t)(queue->count - at) * sizeof ids[0]);
    }
}

static void queue_cancel(vel_synth_t *synth, uint8_t side, int64_t tick, int32_t at)
{
    vel_synth_queue_t *queue = queue_at(synth, side, tick);
    emit_order(synth, VEL_EV_ORDER_CANCEL, side, tick, at, queue->sizes[at]);
    queue_erase(synth, queue, at);
}

static void queue_clear(vel_synth_t *synth, uint8_t side, int64_t tick)
{
    vel_synth_queue_t *queue = queue_at(synth, side, tick);
    for (int32_t at = 0; at < queue->count; at++)
        emit_order(synth, VEL_EV_ORDER_CANCEL, side, tick, at, queue->sizes[at]);
    queue->count = 0;
    queue->lots = 0;
}

/* Execute `lots` from the front; the queue holds at least as many. */
static void queue_take(vel_synth_t *synth, uint8_t side, int64_t tick, int64_t lots)
{
    vel_synth_queue_t *queue = queue_at(synth, side, tick);
    while (lots > 0) {
        int64_t taken = queue->sizes[0] <= lots ? queue->sizes[0] : lots;
        emit_order(synth, VEL_EV_ORDER_EXECUTE, side, tick, 0, taken);
        lots -= taken;
        if (taken == queue->sizes[0]) {
            queue_erase(synth, queue, 0);
        } else {
            queue->sizes[0] -= (int32_t)taken;
            queue->lots -= taken;
        }
    }
}

static double limit_rate(const vel_synth_config_t *config, int32_t level, int32_t n)
{
    double rate = config->limit[level] / (1.0 + config->crowding * (double)n);
    return n == 0 ? rate * config->empty_boost : rate;
}

/* Draw the number of orders of a queue from its stationary law without market orders:
 * pi(n) proportional to the product over k = 1 .. n of limit(k - 1) / cancel(k). */
static int32_t draw_count(vel_synth_t *synth, int32_t level)
{
    const vel_synth_config_t *config = &synth->config;
    double weight = 1.0, total = 1.0;
    for (int32_t n = 1; n <= 40; n++) {
        weight *= limit_rate(config, level, n - 1) / (config->cancel[level] * (double)n);
        total += weight;
    }
    double u = vel_rng_uniform(&synth->rng) * total;
    weight = 1.0;
    for (int32_t n = 0; n < 40; n++) {
        if (u < weight)
            return n;
        u -= weight;
        weight *= limit_rate(config, level, n) / (config->cancel[level] * (double)(n + 1));
    }
    return 40;
}

static void redraw_queue(vel_synth_t *synth, uint8_t side, int32_t level)
{
    int64_t tick = tick_at(synth, side, level + 1);
    int32_t count = draw_count(synth, level);
    queue_clear(synth, side, tick);
    for (int32_t i = 0; i < count; i++)
        (void)queue_push(synth, side, tick, draw_size(synth, synth->config.order_lots));
}

/* ---------------------------------------------------------------- events */

/* First tick of a side with an order, at most REACH away; false when the side is empty. */
static bool best_of(const vel_synth_t *synth, uint8_t side, int64_t *tick)
{
    for (int64_t distance = 1; distance < VEL_SYNTH_REACH; distance++) {
        *tick = tick_at(synth, side, distance);
        if (queue_at(synth, side, *tick)->lots > 0)
            return true;
    }
    return false;
}

static void move_reference(vel_synth_t *synth, uint8_t emptied)
{
    /* The book ends REACH ticks away: levels that leave the window are removed. */
    int64_t leaving;
    uint8_t other = emptied == VEL_SELL ? VEL_BUY : VEL_SELL;
    synth->reference += emptied == VEL_SELL ? 1 : -1;
    leaving = tick_at(synth, other, VEL_SYNTH_REACH);
    if (queue_at(synth, other, leaving)->lots > 0) {
        queue_clear(synth, other, leaving);
        emit_level(synth, other, leaving, 0);
    }
    if (vel_rng_uniform(&synth->rng) < synth->config.theta_reinit) {
        for (uint8_t side = 0; side < 2; side++)
            for (int32_t level = 0; level < synth->config.levels; level++) {
                redraw_queue(synth, side, level);
                emit_level(synth, side, tick_at(synth, side, level + 1), 0);
            }
    }
}

/* Move the price after an event that took from the queue next to the reference price. */
static void maybe_move(vel_synth_t *synth, uint8_t side)
{
    if (queue_at(synth, side, tick_at(synth, side, 1))->lots == 0 && vel_rng_uniform(&synth->rng) < synth->config.theta)
        move_reference(synth, side);
}

/* Each side must have an order: the last one is replaced at once. */
static void keep_sides(vel_synth_t *synth)
{
    int64_t tick;
    for (uint8_t side = 0; side < 2; side++) {
        if (best_of(synth, side, &tick))
            continue;
        tick = tick_at(synth, side, 1);
        (void)queue_push(synth, side, tick, draw_size(synth, synth->config.order_lots));
        emit_level(synth, side, tick, 0);
    }
}

static void market_order(vel_synth_t *synth, uint8_t aggressor)
{
    uint8_t passive = aggressor == VEL_BUY ? VEL_SELL : VEL_BUY;
    int64_t left = draw_size(synth, synth->config.market_lots);
    for (int64_t distance = 1; distance <= synth->config.levels && left > 0; distance++) {
        int64_t tick = tick_at(synth, passive, distance);
        vel_synth_queue_t *queue = queue_at(synth, passive, tick);
        if (queue->lots == 0)
            continue;
        int64_t taken = queue->lots < left ? queue->lots : left;
        left -= taken;
        emit(synth, VEL_EV_TRADE, aggressor, VEL_FLAG_LAST, tick, taken, ++synth->trade_id);
        queue_take(synth, passive, tick, taken);
        emit_level(synth, passive, tick, 0);
    }
    synth->excitation[aggressor] += synth->config.excite;
    synth->excitation[passive] += synth->config.cross_excite;
    maybe_move(synth, passive);
}

static void far_event(vel_synth_t *synth)
{
    uint8_t side = (uint8_t)(vel_rng_next(&synth->rng) >> 63);
    double depth = vel_rng_exponential(&synth->rng) * (double)synth->config.far_levels * 0.35;
    int64_t distance = synth->config.levels + 1 + (int64_t)depth;
    if (distance >= VEL_SYNTH_REACH)
        return;
    int64_t tick = tick_at(synth, side, distance);
    vel_synth_queue_t *queue = queue_at(synth, side, tick);
    bool had = queue->lots > 0;
    if (queue->count > 0 && vel_rng_uniform(&synth->rng) < 0.45)
        queue_cancel(synth, side, tick, (int32_t)vel_rng_below(&synth->rng, (uint64_t)queue->count));
    else
        (void)queue_push(synth, side, tick, draw_size(synth, synth->config.order_lots * 2.0));
    if (had || queue->lots > 0)
        emit_level(synth, side, tick, 0);
}

/* Draw the next event: its time, its kind, and its rows. */
static void step(vel_synth_t *synth)
{
    const vel_synth_config_t *config = &synth->config;
    double rates[2][VEL_SYNTH_LEVELS_MAX][2];
    double market[2], total = config->far_levels > 0 ? config->far_rate : 0.0;
    for (uint8_t side = 0; side < 2; side++) {
        for (int32_t level = 0; level < config->levels; level++) {
            int32_t n = queue_at(synth, side, tick_at(synth, side, level + 1))->count;
            rates[side][level][0] = n < VEL_SYNTH_ORDERS_MAX ? limit_rate(config, level, n) : 0.0;
            rates[side][level][1] = config->cancel[level] * (double)n;
            total += rates[side][level][0] + rates[side][level][1];
        }
        market[side] = config->market * (1.0 + synth->excitation[side]);
        total += market[side];
    }
    /* Thinning is not needed: the excitation decays slowly compared with the time between events, so its value at
     * the start of the interval is used for the whole interval. */
    double wait = vel_rng_exponential(&synth->rng) / total;
    double x = config->decay * wait;
    double kept = 1.0 / (1.0 + x + 0.5 * x * x); /* exp(-x) to second order, without the C library */
    synth->now += wait;
    synth->excitation[VEL_BUY] *= kept;
    synth->excitation[VEL_SELL] *= kept;
    synth->ts = config->start_ts + (int64_t)(synth->now * 1e9);
    synth->update_id++;

    double u = vel_rng_uniform(&synth->rng) * total;
    for (uint8_t side = 0; side < 2; side++) {
        if (u < market[side]) {
            market_order(synth, side);
            return;
        }
        u -= market[side];
        for (int32_t level = 0; level < config->levels; level++) {
            int64_t tick = tick_at(synth, side, level + 1);
            vel_synth_queue_t *queue = queue_at(synth, side, tick);
            if (u < rates[side][level][0]) {
                (void)queue_push(synth, side, tick, draw_size(synth, config->order_lots));
                emit_level(synth, side, tick, 0);
                return;
            }
            u -= rates[side][level][0];
            if (u < rates[side][level][1]) {
                queue_cancel(synth, side, tick, (int32_t)vel_rng_below(&synth->rng, (uint64_t)queue->count));
                emit_level(synth, side, tick, 0);
                if (level == 0)
                    maybe_move(synth, side);
                return;
            }
            u -= rates[side][level][1];
        }
    }
    if (config->far_levels > 0)
        far_event(synth);
}

static void finish_event(vel_synth_t *synth)
{
    int64_t bid = 0, ask = 0;
    if (!synth->has_changed)
        return;
    synth->has_changed = false;
    keep_sides(synth);
    synth->has_changed = false;
    /* The event's rows of levels or orders are one batch: the last of them ends it. */
    for (int32_t at = synth->pending_count - 1; at >= 0; at--)
        if (synth->pending[at].kind != VEL_EV_TRADE) {
            synth->pending[at].flags |= VEL_FLAG_LAST;
            break;
        }
    if (synth->config.quotes && best_of(synth, VEL_BUY, &bid) && best_of(synth, VEL_SELL, &ask)) {
        int64_t quote[4] = {bid, queue_at(synth, VEL_BUY, bid)->lots, ask, queue_at(synth, VEL_SELL, ask)->lots};
        if (memcmp(quote, synth->quote, sizeof quote) != 0) {
            memcpy(synth->quote, quote, sizeof quote);
            emit(synth, VEL_EV_QUOTE, VEL_BUY, 0, quote[0], quote[1], synth->update_id);
            emit(synth, VEL_EV_QUOTE, VEL_SELL, VEL_FLAG_LAST, quote[2], quote[3], synth->update_id);
        }
    }
    int64_t recv = synth->ts + synth->config.latency_floor;
    if (synth->config.latency_tail > 0.0)
        recv += (int64_t)(vel_rng_exponential(&synth->rng) * synth->config.latency_tail);
    if (recv < synth->last_recv)
        recv = synth->last_recv; /* one connection: rows do not overtake each other */
    synth->last_recv = recv;
    for (int32_t at = 0; at < synth->pending_count; at++)
        synth->pending[at].ts_recv = recv;
}

static void first_snapshot(vel_synth_t *synth)
{
    synth->ts = synth->config.start_ts;
    for (uint8_t side = 0; side < 2; side++) {
        for (int32_t level = 0; level < synth->config.levels; level++)
            redraw_queue(synth, side, level);
        for (int32_t i = 0; i < synth->config.far_levels; i++) {
            int64_t tick = tick_at(synth, side, synth->config.levels + 1 + i);
            int32_t count = 1 + (int32_t)vel_rng_below(&synth->rng, 6);
            for (int32_t k = 0; k < count; k++)
                (void)queue_push(synth, side, tick, draw_size(synth, synth->config.order_lots * 2.0));
        }
    }
    keep_sides(synth);
    synth->has_changed = false;
    synth->pending_count = 0;
    synth->is_open = true;
    emit(synth, VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, VEL_FLAG_SNAPSHOT, 0, 0, synth->update_id);
    for (uint8_t side = 0; side < 2; side++)
        for (int64_t distance = 1; distance < VEL_SYNTH_REACH; distance++) {
            int64_t tick = tick_at(synth, side, distance);
            const vel_synth_queue_t *queue = queue_at(synth, side, tick);
            if (synth->ids == NULL && queue->lots > 0)
                emit_level(synth, side, tick, VEL_FLAG_SNAPSHOT);
            for (int32_t at = 0; synth->ids != NULL && at < queue->count; at++)
                emit(synth, VEL_EV_ORDER_ADD, side, VEL_FLAG_SNAPSHOT, tick, queue->sizes[at],
                     ids_of(synth, queue)[at]);
        }
    synth->has_changed = false;
    emit(synth, VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, VEL_FLAG_SNAPSHOT | VEL_FLAG_LAST, 0, 0, synth->update_id);
    synth->last_recv = synth->ts + synth->config.latency_floor;
    for (int32_t at = 0; at < synth->pending_count; at++)
        synth->pending[at].ts_recv = synth->last_recv;
}

/* ---------------------------------------------------------------- public functions */

int vel_synth_init(vel_synth_t *synth, const vel_synth_config_t *config)
{
    memset(synth, 0, sizeof *synth);
    if (config->levels < 1 || config->levels > VEL_SYNTH_LEVELS_MAX || config->far_levels < 0 ||
        config->far_levels > 600 || config->market < 0.0 || config->theta < 0.0 || config->theta > 1.0 ||
        config->theta_reinit < 0.0 || config->theta_reinit > 1.0 || config->crowding < 0.0 ||
        config->latency_floor < 0 || config->latency_floor > VEL_SYNTH_LATENCY_MAX || config->order_lots < 1.0 ||
        config->market_lots < 1.0 || config->order_lots > 1e6 || config->market_lots > 1e6 ||
        config->start_ticks < 4 * VEL_SYNTH_TICKS || config->decay < 0.0 || config->excite < 0.0 ||
        config->cross_excite < 0.0 || config->far_rate < 0.0 || config->empty_boost <= 0.0 ||
        !(config->latency_tail >= 0.0 && config->latency_tail <= (double)VEL_SYNTH_LATENCY_MAX))
        return VEL_EINVAL;
    /* A market order must cause fewer than one more on average, or the excitation grows without bound. */
    if (config->market > 0.0 && config->excite + config->cross_excite > 0.0 &&
        config->market * (config->excite + config->cross_excite) >= config->decay)
        return VEL_EINVAL;
    for (int32_t level = 0; level < config->levels; level++)
        if (!(config->limit[level] > 0.0) || !(config->cancel[level] > 0.0))
            return VEL_EINVAL;
    synth->config = *config;
    synth->reference = config->start_ticks;
    synth->queues = calloc((size_t)2 * VEL_SYNTH_TICKS, sizeof *synth->queues);
    synth->pending = malloc(VEL_SYNTH_PENDING * sizeof *synth->pending);
    if (config->orders)
        synth->ids = malloc((size_t)2 * VEL_SYNTH_TICKS * VEL_SYNTH_ORDERS_MAX * sizeof *synth->ids);
    if (synth->queues == NULL || synth->pending == NULL || (config->orders && synth->ids == NULL))
        return VEL_ENOMEM;
    vel_rng_seed(&synth->rng, config->seed);
    first_snapshot(synth);
    return VEL_OK;
}

void vel_synth_free(vel_synth_t *synth)
{
    free(synth->queues);
    free(synth->ids);
    free(synth->pending);
    memset(synth, 0, sizeof *synth);
}

int64_t vel_synth_next(vel_synth_t *synth, int64_t until, int64_t rows, int64_t *ts_event, int64_t *ts_recv,
                       uint8_t *kind, uint8_t *side, uint8_t *flags, int64_t *price, int64_t *qty, int64_t *order_id)
{
    int64_t written = 0;
    while (written < rows) {
        if (synth->pending_head == synth->pending_count) {
            if (synth->ts > until)
                break;
            synth->pending_head = synth->pending_count = 0;
            step(synth);
            finish_event(synth);
            continue;
        }
        const vel_synth_row_t *row = &synth->pending[synth->pending_head];
        if (row->ts_event > until)
            break;
        synth->pending_head++;
        ts_event[written] = row->ts_event;
        ts_recv[written] = row->ts_recv;
        kind[written] = row->kind;
        side[written] = row->side;
        flags[written] = row->flags;
        price[written] = row->price;
        qty[written] = row->qty;
        order_id[written] = row->order_id;
        written++;
    }
    return written;
}
