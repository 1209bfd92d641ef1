/* venue_inner.h: what the files of the simulated venue share. Nobody else includes it: to others the venue is venue.h.
 *
 *   venue.c           life, commands, and what the contingency asks for: arrivals that take, rest, change or end
 *   venue_fills.c     own orders' places in their queues, their fills and reports, what they took
 *   venue_rows.c      recorded rows: levels, quotes, trades, status, funding
 *   venue_by_order.c  recorded rows of a feed by order
 *
 * Each recorded row near own orders goes through venue_rows.c: what it does there is kept in that one file, so that the
 * compiler has it all before it. Functions that return int return VEL_OK, VEL_EINVAL, VEL_ENOMEM or VEL_ERANGE. */
#ifndef VELORA_VENUE_INNER_H
#define VELORA_VENUE_INNER_H

#include "velora/venue.h"

/* ---------------------------------------------------------------- own orders: venue_fills.c */

/* After own orders or what they took have changed: which rows matter now. By order, and under other rules, all do. */
void vel_venue_touch(vel_venue_instrument_t *inst);

/* A resting order, or an iceberg's next part, joins the back of its price. */
int vel_venue_join(vel_venue_instrument_t *inst, uint32_t index);

/* A record of where an own order stands, after `kind` has moved it; see vel_queue_record_t. */
int vel_venue_record_queue(vel_venue_instrument_t *inst, uint32_t index, uint8_t kind, int64_t before, int64_t after,
                           int64_t volume);

/* The same when anybody wants to know. */
static inline int vel_venue_trace_queue(vel_venue_instrument_t *inst, uint32_t index, uint8_t kind, int64_t before,
                                        int64_t after, int64_t volume)
{
    if (VEL_LIKELY(!inst->venue->traces_queue))
        return VEL_OK;
    return vel_venue_record_queue(inst, index, kind, before, after, volume);
}

/* A fill's account and report; of the order only owner, side and order_id are read. */
int vel_venue_tell_fill(vel_venue_instrument_t *inst, const vel_contingency_command_t *spec, int64_t price, int64_t qty,
                        uint8_t cause, uint8_t doubts);

/* The level of an own order has left the view, or a gap has come: what stands ahead is no longer told. */
void vel_venue_lose_sight(vel_venue_instrument_t *inst, uint32_t index);

/* By order: the feed has listed again what it lists of those that stood ahead. */
void vel_venue_settle_restated(vel_own_order_t *own);

/* Own orders at a level whose queue is in doubt: no more stands ahead of them than the book shows. */
void vel_venue_look(vel_venue_instrument_t *inst, uint8_t side, uint32_t level);

/* Fill up to *volume of the first order of a side, no queue before it. Other orders may end with it: lists must be
 * looked at again. */
int vel_venue_fill_first(vel_venue_instrument_t *inst, uint8_t side, uint8_t cause, int64_t *volume);

/* The order at `index` has met `left` lots that reach it: fill what may, and go on. Other orders may end with it. */
int vel_venue_fill_in_queue(vel_venue_instrument_t *inst, uint32_t index, int64_t *left);

/* Own orders took lots of the recorded level: gone until the feed shows more. */
int vel_venue_take(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t qty);

/* Whether the newest quote of a side, beside a feed by level, says what is there at the top. */
static inline bool vel_venue_quote_binds(const vel_venue_instrument_t *inst, uint8_t side)
{
    const vel_venue_quote_t *quote = &inst->quote[side];
    if (VEL_LIKELY(quote->ts == INT64_MIN))
        return false;
    bool is_behind = inst->depth_ts > quote->ts && inst->depth_ts - quote->ts > VEL_QUOTE_TRUST_NS;
    return !is_behind || inst->book->side[side].best_key >= quote->key;
}

/* Smallest key above `key` that the book or the newest quote of a side shows, VEL_NO_KEY when there is none. */
static inline int64_t vel_venue_next_shown(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    const vel_ladder_t *ladder = &inst->book->side[side];
    int64_t next = key == INT64_MIN ? ladder->best_key : vel_ladder_next(ladder, key);
    if (VEL_UNLIKELY(vel_venue_quote_binds(inst, side))) {
        int64_t quoted = inst->quote[side].key;
        next = quoted > key && quoted < next ? quoted : next;
    }
    return next;
}

/* A level has more lots than before, or is new: it is not among those of which nothing is left. */
static inline void vel_venue_note_growth(vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    vel_spent_t *spent = &inst->spent[side];
    if (VEL_LIKELY(key < spent->lo || key > spent->hi))
        return;
    if (key - spent->lo > spent->hi - key)
        spent->hi = key - 1;
    else
        spent->lo = key + 1;
}

/* ---------------------------------------------------------------- recorded rows: venue_rows.c */

/* The level of `side` changed from `before` to `after` lots: growth is new liquidity, shrinking leaves at most what
 * was available. */
void vel_venue_refresh_taken(vel_venue_instrument_t *inst, uint8_t side, int64_t key, int64_t before, int64_t after);

/* Whether what the book shows is there to be traded with. */
static inline bool vel_venue_can_cross(const vel_venue_instrument_t *inst)
{
    return !inst->is_halted && !inst->book->is_stale && !inst->book->in_snapshot;
}

/* Own orders opposite to `side` take what the level at `key` shows at or beyond their price. While the recorded book is
 * crossed they wait. */
int vel_venue_cross(vel_venue_instrument_t *inst, uint8_t side, int64_t key);

/* A trade at `key` has gone through all own orders at better prices: up to *left lots fill, and nothing stands before
 * the rest any more. */
int vel_venue_trade_through(vel_venue_instrument_t *inst, uint8_t passive, int64_t key, int64_t qty, int64_t *left);

/* First order at a level that has not met this row's trade, VEL_NO_INDEX when all have; orders may end while it goes
 * through them. */
uint32_t vel_venue_next_unseen(vel_venue_instrument_t *inst, uint8_t side, int64_t key);

/* The mark, bid or ask may be another: trailing orders follow and triggers fire. After each row while orders wait by
 * them. */
int vel_venue_follow_prices(vel_venue_instrument_t *inst);

/* The last price is this: trailing orders follow, triggers fire, and what fired acts. */
static inline int vel_venue_note_last(vel_venue_instrument_t *inst, int64_t price)
{
    vel_contingency_t *contingency = &inst->contingency;
    if (VEL_LIKELY(contingency->waiting[VEL_BY_LAST] == 0)) {
        contingency->last = price;
        contingency->has_last = 1;
        return VEL_OK;
    }
    return vel_contingency_on_last(contingency, price);
}

/* The smaller of two; lots ahead are doubles, as models may leave a fraction of one. */
static inline double vel_venue_least(double a, double b)
{
    return a < b ? a : b;
}

/* ---------------------------------------------------------------- rows by order: venue_by_order.c */

/* One row about a recorded order; rows about orders that the recording never added are counted and left out. */
int vel_venue_on_order_row(vel_venue_instrument_t *inst, uint8_t kind, uint8_t side, int64_t price, int64_t qty,
                           int64_t id, bool is_restated);

/* After a snapshot: the oldest orders of a level, as many as stood ahead of us before it, are those ahead. */
void vel_venue_bound_by_order(vel_venue_instrument_t *inst, uint8_t side, uint32_t level);

/* ---------------------------------------------------------------- what own executions moved */

/* Lots out of a recorded print's that reach own orders of `side` one tick less than the others, which reach them *ticks
 * less than recorded. A displacement towards own orders counts for nothing. */
static inline int64_t vel_venue_print_falls_short(const vel_venue_instrument_t *inst, uint8_t side, int64_t lots,
                                                  int64_t *ticks)
{
    *ticks = 0;
    if (VEL_LIKELY(inst->impact == NULL))
        return 0;
    double moved = vel_impact_displacement(inst->impact, inst->venue->ts);
    double adverse = side == VEL_BUY ? moved : -moved;
    return adverse > 0.0 ? vel_impact_split(adverse, lots, ticks) : 0;
}

/* Where a recorded level of the other side (a key) stands at least for a taker on `side`. */
static inline int64_t vel_venue_displaced(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    if (VEL_LIKELY(inst->impact == NULL) || key == VEL_NO_KEY)
        return key;
    return key + vel_impact_shift(inst->impact, inst->venue->ts, side);
}

/* What a level (a key of the side other than `side`) gives a taker that has `done` lots of its order. */
static inline vel_impact_share_t vel_venue_share_of_level(const vel_venue_instrument_t *inst, uint8_t side,
                                                          int64_t touch, int64_t key, int64_t limit, int64_t done,
                                                          int64_t wanted)
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

#endif
