#include "velora/venue.h"

#include <string.h>

#include "velora/venue_hft.h"
#include "venue_inner.h"

/* The one account that trades here, as the contingency's owner. */
#define ACCOUNT 1
#define DAY_NS INT64_C(86400000000000)

/* Levels that own orders took from, from which on those with nothing left are passed over together. */
#define SPENT_MIN 16u

/* ---------------------------------------------------------------- taking */

/* Whether nothing is taken from the book as it is. */
static bool is_dark(const vel_venue_instrument_t *inst)
{
    return inst->book->is_stale && !inst->venue->takes_unknown;
}

/* The first key from one on that is shown with something to take, VEL_NO_KEY when none. */
static int64_t available_from(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
{
    while (key != VEL_NO_KEY && vel_venue_available(inst, side, key) <= 0)
        key = vel_venue_next_shown(inst, side, key);
    return key;
}

/* The same, where own orders took from many levels and neither quotes nor prints say more of them. */
static int64_t best_beyond_spent(vel_venue_instrument_t *inst, uint8_t side, int64_t first)
{
    const vel_ladder_t *ladder = &inst->book->side[side];
    vel_spent_t *spent = &inst->spent[side];
    int64_t key = first, last = INT64_MIN;
    while (key != VEL_NO_KEY && vel_venue_available(inst, side, key) <= 0) {
        last = key;
        if (key >= spent->lo && key <= spent->hi)
            last = spent->hi;
        key = vel_ladder_next(ladder, last);
    }
    if (last != INT64_MIN)
        *spent = (vel_spent_t){first, last};
    return key;
}

/* Best key of the recorded side that still has something to take, VEL_NO_KEY when none. */
static int64_t best_available(vel_venue_instrument_t *inst, uint8_t side)
{
    bool is_quoted = vel_venue_quote_binds(inst, side);
    if (VEL_UNLIKELY(is_dark(inst))) /* at most the quote's price is known */
        return is_quoted && vel_venue_available(inst, side, inst->quote[side].key) > 0 ? inst->quote[side].key
                                                                                       : VEL_NO_KEY;
    int64_t key = vel_venue_next_shown(inst, side, INT64_MIN);
    bool is_printed = inst->printed[side].row > inst->depth_row;
    if (VEL_UNLIKELY(inst->taken[side].count >= SPENT_MIN) && !is_quoted && !is_printed)
        return best_beyond_spent(inst, side, key);
    if (is_quoted || inst->taken[side].count != 0 || is_printed)
        key = available_from(inst, side, key);
    return key;
}

/* Whether the data tells nothing of what a taker could meet. */
static bool is_blind(const vel_venue_instrument_t *inst)
{
    return inst->book->is_stale || !(inst->has_book || inst->quote[0].ts != INT64_MIN);
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
    double ahead = first->queue.ahead + first->owed - (taken == NULL ? 0.0 : (double)*taken);
    return ahead > 0.0 ? vel_min(lots, (int64_t)ahead) : 0;
}

/* Best key at which an own order would stop this one, INT64_MAX when none within its limit would. */
static int64_t stops_at(const vel_venue_instrument_t *inst, const vel_contingency_order_t *order)
{
    uint8_t side = vel_opposite(order->spec.terms.side);
    int64_t limit = vel_contingency_limit_key(order);
    for (uint32_t level = inst->own.side[side].best; level != VEL_NO_INDEX && inst->own.levels[level].key <= limit;
         level = inst->own.levels[level].worse)
        for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX;
             index = inst->own.orders[index].next) {
            uint8_t rule = vel_contingency_self_trade_rule(order, &inst->contingency.orders[index]);
            if (rule == VEL_STP_TAKER || rule == VEL_STP_BOTH)
                return inst->own.levels[level].key;
        }
    return INT64_MAX;
}

/* Whether all of an order can fill at once, before an own order that would stop it. */
static bool can_fill(vel_venue_instrument_t *inst, const vel_contingency_order_t *order)
{
    uint8_t side = vel_opposite(order->spec.terms.side), rule = order->spec.terms.stp;
    int64_t limit = vel_contingency_limit_key(order), need = order->leaves, done = 0,
            touch = best_available(inst, side);
    int64_t own = stops_at(inst, order);
    if ((order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY) && vel_contingency_reducible(&inst->contingency, order) < need)
        return false;
    for (int64_t key = touch; key <= limit && key != VEL_NO_KEY && need > 0;
         key = vel_venue_next_shown(inst, side, key)) {
        int64_t stands_at = vel_venue_displaced(inst, order->spec.terms.side, key);
        if (stands_at > own)
            break;
        int64_t lots = vel_venue_available(inst, side, key);
        if (stands_at == own)
            lots = stands_at == key ? reachable(inst, side, key) : 0;
        lots = vel_min(lots, need);
        if (lots == 0)
            continue;
        vel_impact_share_t share =
            vel_venue_share_of_level(inst, order->spec.terms.side, touch, key, limit, done, lots);
        done += share.near + share.far;
        need -= share.near + share.far;
        if (share.near + share.far < lots)
            break;
    }
    limit = vel_min(limit, own - 1);
    if (rule == VEL_STP_DECREMENT)
        for (uint32_t level = inst->own.side[side].best;
             need > 0 && level != VEL_NO_INDEX && inst->own.levels[level].key <= limit;
             level = inst->own.levels[level].worse)
            for (uint32_t index = inst->own.levels[level].head; index != VEL_NO_INDEX;
                 index = inst->own.orders[index].next)
                need -= inst->contingency.orders[index].leaves;
    return need <= 0;
}

/* One fill of a taker, with all that it sets off. The order may be over afterwards. */
static int tell_take(vel_venue_instrument_t *inst, uint32_t index, int64_t price, int64_t qty, uint8_t doubts)
{
    vel_contingency_order_t *order = &inst->contingency.orders[index];
    int status;
    order->leaves -= qty;
    if ((status = vel_venue_tell_fill(inst, &order->spec, price, qty, VEL_CAUSE_TAKER, doubts)) != VEL_OK ||
        (status = vel_contingency_filled(&inst->contingency, index, qty)) != VEL_OK ||
        (order->leaves == 0 &&
         (status = vel_contingency_end(&inst->contingency, index, VEL_REPORT_FILL, 0)) != VEL_OK) ||
        (status = vel_contingency_end_pending(&inst->contingency)) != VEL_OK ||
        (status = vel_venue_note_last(inst, price)) != VEL_OK)
        return status;
    return vel_contingency_end_pending(&inst->contingency);
}

/* One fill of a taker at a recorded level that own executions have put `ticks` farther. */
static int take_level(vel_venue_instrument_t *inst, uint32_t index, uint8_t side, int64_t key, int64_t ticks,
                      int64_t qty)
{
    int64_t price = vel_key_ticks(side, key + ticks);
    bool is_doubtful = inst->book->is_stale && !(vel_venue_quote_binds(inst, side) && inst->quote[side].key == key);
    if (ticks != 0) {
        int64_t recorded, paid;
        if (vel_value(&inst->money, vel_key_ticks(side, key), qty, &recorded) != VEL_OK ||
            vel_value(&inst->money, price, qty, &paid) != VEL_OK)
            return VEL_ERANGE;
        inst->impact->cost += paid > recorded ? paid - recorded : recorded - paid;
    }
    int status = vel_venue_take(inst, side, key, qty);
    return status == VEL_OK ? tell_take(inst, index, price, qty, is_doubtful ? VEL_DOUBT_BOOK : 0) : status;
}

/* Where the data has trades and nothing else, a taker of `side` that may take from the unknown pays the worse of the
 * last price and the last one paid from its side: a key of the other side, VEL_NO_KEY when there is none. */
static int64_t print_key(const vel_venue_instrument_t *inst, uint8_t side)
{
    uint8_t other = vel_opposite(side);
    if (!inst->venue->takes_unknown || !is_blind(inst) || !inst->contingency.has_last || inst->book->is_stale)
        return VEL_NO_KEY;
    int64_t key = vel_side_key(other, inst->contingency.last);
    if (inst->has_print[side] && vel_side_key(other, inst->print_price[side]) > key)
        key = vel_side_key(other, inst->print_price[side]);
    return key;
}

/* It gets all of its lots there, as the data does not say how many were offered. */
static int take_at_print(vel_venue_instrument_t *inst, uint32_t index)
{
    const vel_contingency_order_t *order = &inst->contingency.orders[index];
    uint8_t side = order->spec.terms.side, other = vel_opposite(side);
    int64_t qty = order->leaves, key = print_key(inst, side);
    if (order->spec.terms.type == VEL_MARKET_TO_LIMIT || key == VEL_NO_KEY || key > vel_contingency_limit_key(order))
        return VEL_OK;
    if (order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY)
        qty = vel_min(qty, vel_contingency_reducible(&inst->contingency, order));
    return tell_take(inst, index, vel_key_ticks(other, key), qty, VEL_DOUBT_BOOK);
}

/* ---------------------------------------------------------------- what the contingency asks for */

static int tell(void *host, uint8_t kind, const vel_contingency_command_t *spec, int64_t leaves, int64_t price,
                int64_t qty, uint8_t reason)
{
    vel_venue_instrument_t *inst = host;
    (void)leaves;
    if (kind == VEL_REPORT_AMEND_REJECTED || kind == VEL_REPORT_CANCEL_REJECTED) {
        /* A refusal tells how the order stands. */
        uint32_t found = vel_contingency_find(&inst->contingency, spec->order_id);
        price = found == VEL_CONTINGENCY_NONE ? 0 : inst->contingency.orders[found].spec.terms.price;
        qty = found == VEL_CONTINGENCY_NONE ? 0 : inst->contingency.orders[found].spec.terms.qty;
    }
    return vel_venue_report(inst->venue, kind, inst->number, spec->order_id, spec->terms.side, price, qty, reason);
}

static void withdraw(void *host, uint32_t index)
{
    vel_venue_instrument_t *inst = host;
    vel_own_orders_leave(&inst->own, index);
    vel_venue_touch(inst);
}

static int take_off(void *host, uint32_t index, int64_t lots)
{
    vel_venue_instrument_t *inst = host;
    vel_contingency_order_t *order = &inst->contingency.orders[index];
    order->leaves -= lots;
    order->shown -= vel_min(lots, order->shown);
    if (order->leaves == 0 || order->shown > 0)
        return VEL_OK;
    vel_own_orders_leave(&inst->own, index);
    order->shown = vel_min(order->spec.terms.display, order->leaves);
    return vel_venue_join(inst, index);
}

static int rest(vel_venue_instrument_t *inst, uint32_t index)
{
    vel_contingency_order_t *order = &inst->contingency.orders[index];
    int64_t display = order->spec.terms.display;
    order->state = VEL_CONTINGENCY_RESTING;
    order->shown = display > 0 && display < order->leaves ? display : order->leaves;
    return vel_venue_join(inst, index);
}

static int change(void *host, uint32_t index, int64_t price, int64_t leaves)
{
    vel_venue_instrument_t *inst = host;
    vel_contingency_order_t *order = &inst->contingency.orders[index];
    if (price == order->spec.terms.price && leaves <= order->leaves) {
        order->shown = vel_min(order->shown, leaves); /* the hidden part of an iceberg gives way first */
        return VEL_OK;
    }
    vel_own_orders_leave(&inst->own, index);
    vel_venue_touch(inst);
    order->spec.terms.price = price;
    order->leaves = leaves;
    return rest(inst, index);
}

static int64_t best_key(void *host, uint8_t side)
{
    vel_venue_instrument_t *inst = host;
    int64_t best = vel_venue_displaced(inst, vel_opposite(side), best_available(inst, side));
    if (VEL_UNLIKELY(inst->venue->takes_unknown))
        best = vel_min(best, print_key(inst, vel_opposite(side)));
    return vel_min(best, vel_own_best_key(&inst->own, side));
}

/* Where trades are all that is known, the other side may stand wherever the market was lately: for the best, it does.
 */
static int meet_recent(vel_venue_instrument_t *inst, uint32_t index)
{
    uint8_t side = inst->contingency.orders[index].spec.terms.side;
    int64_t key = vel_side_key(side, inst->contingency.orders[index].spec.terms.price),
            lots = inst->contingency.orders[index].leaves;
    int64_t kept = vel_min(inst->recent_count, VEL_PRINTS_RECENT), lo = INT64_MAX, hi = INT64_MIN;
    for (int64_t at = 0; at < kept; at++) {
        int64_t price = vel_side_key(side, inst->recent[at]);
        lo = price < lo ? price : lo;
        hi = price > hi ? price : hi;
    }
    if (kept == 0 || key > hi + (hi - lo) || inst->own.levels[inst->own.side[side].best].head != index)
        return VEL_OK;
    inst->doubts = VEL_DOUBT_BOOK;
    int status = vel_venue_fill_first(inst, side, VEL_CAUSE_CROSS, &lots);
    inst->doubts = 0;
    return status;
}

/* An active order takes what it may, *taken lots, and rests or ends with what is left. */
static int act_on(vel_venue_instrument_t *inst, uint32_t index, int64_t *taken)
{
    vel_contingency_t *contingency = &inst->contingency;
    vel_contingency_order_t *order = &contingency->orders[index];
    uint8_t other = vel_opposite(order->spec.terms.side);
    bool reduces = (order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY) != 0, has_traded = false;
    vel_contingency_ref_t self = {.sequence = order->sequence, .index = index};
    int status;

    if (reduces && vel_contingency_reducible(contingency, order) == 0)
        return vel_contingency_end(contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
    bool is_unknown = is_blind(inst);
    if (VEL_UNLIKELY(inst->venue->takes_unknown)) {
        status = take_at_print(inst, index);
        if (status != VEL_OK || !vel_contingency_is_acting(contingency, &self))
            return status;
    }
    if (order->spec.terms.tif == VEL_FOK && !can_fill(inst, order))
        return vel_contingency_end(contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_FOK);
    int64_t limit = vel_contingency_limit_key(order);
    if (order->spec.terms.type == VEL_MARKET_TO_LIMIT)
        limit = vel_min(limit, best_key(inst, other)); /* the best price and no other */
    int64_t touch = best_available(inst, other), best = touch;
    for (;;) { /* an order that fills whole is over before the loop comes back */
        int64_t own = vel_own_best_key(&inst->own, other);
        int64_t stands_at = vel_venue_displaced(inst, order->spec.terms.side, best);
        bool is_behind = own == best && stands_at == best && reachable(inst, other, own) > 0;
        if (own <= limit && own <= stands_at && own != INT64_MAX && !is_behind) {
            uint32_t maker = inst->own.levels[inst->own.side[other].best].head;
            if ((status = vel_contingency_prevent_self_trade(contingency, index, maker)) != VEL_OK ||
                !vel_contingency_is_acting(contingency, &self))
                return status;
            continue;
        }
        if (best == VEL_NO_KEY || best > limit)
            break;
        int64_t qty = vel_min(reachable(inst, other, best), order->leaves);
        if (reduces) {
            int64_t most = vel_contingency_reducible(contingency, order);
            if (most == 0)
                return vel_contingency_end(contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
            qty = vel_min(qty, most);
        }
        vel_impact_share_t share =
            vel_venue_share_of_level(inst, order->spec.terms.side, touch, best, limit, *taken, qty);
        int64_t parts[2] = {share.near, share.far};
        for (int64_t far = 0; far < 2; far++) {
            if (parts[far] == 0)
                continue;
            if (order->spec.terms.type == VEL_MARKET_TO_LIMIT)
                order->spec.terms.price = vel_key_ticks(other, best);
            has_traded = true;
            *taken += parts[far];
            status = take_level(inst, index, other, best, share.ticks + far, parts[far]);
            if (status != VEL_OK || !vel_contingency_is_acting(contingency, &self))
                return status;
        }
        if (share.near + share.far < qty)
            break; /* the rest would stand beyond the limit */
        /* What is behind has not become more. */
        best = VEL_LIKELY(!is_dark(inst)) ? available_from(inst, other, best) : best_available(inst, other);
    }
    uint8_t nothing = is_unknown ? VEL_REASON_UNKNOWN_BOOK : VEL_REASON_NO_LIQUIDITY;
    if (order->spec.terms.type == VEL_MARKET || (order->spec.terms.type == VEL_MARKET_TO_LIMIT && !has_traded))
        return vel_contingency_end(contingency, index, VEL_REPORT_EXPIRED, has_traded ? VEL_REASON_IOC : nothing);
    if (order->spec.terms.tif == VEL_IOC || order->spec.terms.tif == VEL_FOK)
        return vel_contingency_end(contingency, index, VEL_REPORT_EXPIRED,
                                   is_unknown && !has_traded ? VEL_REASON_UNKNOWN_BOOK : VEL_REASON_IOC);
    order->spec.terms.type = VEL_LIMIT;
    if ((status = rest(inst, index)) != VEL_OK || inst->has_book || !inst->venue->queue.is_optimistic ||
        inst->is_halted)
        return status;
    return meet_recent(inst, index);
}

static int act(void *host, uint32_t index)
{
    vel_venue_instrument_t *inst = host;
    uint8_t side = inst->contingency.orders[index].spec.terms.side;
    int64_t taken = 0;
    int status = act_on(inst, index, &taken);
    if (inst->impact != NULL && taken > 0)
        vel_impact_add(inst->impact, inst->venue->ts, side, (double)taken);
    return status;
}

static bool quote(void *host, uint8_t side, int64_t *ticks)
{
    const vel_venue_instrument_t *inst = host;
    if (!vel_venue_can_cross(inst) || !vel_book_has_side(inst->book, side))
        return false;
    *ticks = vel_book_best(inst->book, side);
    return true;
}

static bool has_price(void *host, uint8_t by)
{
    const vel_venue_instrument_t *inst = host;
    return by == VEL_BY_MARK ? inst->contingency.has_mark : inst->has_book || inst->depth_row > 0;
}

static void watch(void *host)
{
    vel_venue_touch(host);
}

static const vel_contingency_host_t HOST = {tell, withdraw, act, change, take_off, best_key, quote, has_price, watch};

int vel_venue_follow_prices(vel_venue_instrument_t *inst)
{
    vel_contingency_t *contingency = &inst->contingency;
    int status = VEL_OK;
    if (vel_venue_can_cross(inst) && contingency->waiting[VEL_BY_MARK] > 0 && contingency->has_mark)
        status = vel_contingency_on_price(contingency, VEL_BY_MARK, contingency->mark[0], contingency->mark[1]);
    for (uint8_t side = 0; status == VEL_OK && side < 2; side++) {
        int64_t ticks;
        if (contingency->waiting[VEL_BY_BID + side] > 0 && quote(inst, side, &ticks))
            status = vel_contingency_on_price(contingency, VEL_BY_BID + side, ticks, ticks);
    }
    vel_venue_touch(inst); /* the best prices have moved, and with them which rows matter */
    return status;
}

/* ---------------------------------------------------------------- commands */

/* The price that tells what a quantity is worth: a limit order's own, a stop's trigger, else the best that it would
 * meet. False when there is none. */
static bool worth_at(vel_venue_instrument_t *inst, const vel_contingency_command_t *spec, int64_t *price)
{
    *price = spec->terms.price;
    if (spec->terms.type == VEL_LIMIT)
        return true;
    *price = spec->terms.trigger;
    if (spec->terms.trigger_kind == VEL_TRIGGER_STOP || spec->terms.trigger_kind == VEL_TRIGGER_TOUCHED)
        return true;
    uint8_t side = vel_opposite(spec->terms.side);
    int64_t key = best_available(inst, side);
    *price = key == VEL_NO_KEY ? 0 : vel_key_ticks(side, key);
    return key != VEL_NO_KEY;
}

/* Whether the venue's filters let an order through. */
static int passes(vel_venue_instrument_t *inst, const vel_contingency_command_t *spec, bool *is_let)
{
    int64_t value = 0, price;
    bool is_known = worth_at(inst, spec, &price);
    if (is_known && vel_value(&inst->money, price, spec->terms.qty, &value) == VEL_ERANGE)
        return VEL_ERANGE;
    *is_let = spec->terms.qty > 0 && spec->terms.qty >= inst->min_qty && (!is_known || value >= inst->min_notional);
    return VEL_OK;
}

/* VEL_REASON_NONE, or why a command is refused before the contingency sees it. */
static int screen(vel_venue_instrument_t *inst, const vel_contingency_command_t *command, uint8_t *reason)
{
    const vel_contingency_command_t *wanted = command;
    vel_contingency_command_t amended;
    *reason = VEL_REASON_NONE;
    if (command->action == VEL_ACTION_AMEND) {
        uint32_t found = vel_contingency_find(&inst->contingency, command->order_id);
        if (found == VEL_CONTINGENCY_NONE)
            return VEL_OK; /* the contingency says so */
        const vel_contingency_order_t *order = &inst->contingency.orders[found];
        if (!inst->is_halted && command->terms.qty <= order->spec.terms.qty - vel_contingency_left(order))
            return VEL_OK; /* it ends the order */
        amended = order->spec;
        amended.terms.price = command->terms.price;
        amended.terms.qty = command->terms.qty;
        if (command->terms.trigger != 0)
            amended.terms.trigger = command->terms.trigger;
        wanted = &amended;
    } else if (command->action != VEL_ACTION_NEW) {
        return VEL_OK;
    }
    if (inst->is_halted) {
        *reason = VEL_REASON_HALTED;
        return VEL_OK;
    }
    bool is_let;
    int status = passes(inst, wanted, &is_let);
    if (status == VEL_OK && !is_let)
        *reason = VEL_REASON_FILTER;
    return status;
}

static void note_expiries(vel_venue_t *venue)
{
    venue->next_expiry = VEL_NEVER;
    for (int32_t i = 0; i < venue->instruments_count; i++) {
        int64_t next = vel_contingency_next_expiry(&venue->instruments[i].contingency);
        if (next < venue->next_expiry) {
            venue->next_expiry = next;
            venue->expires_next = i;
        }
    }
}

/* The same after a change of one instrument: the others are looked at only where its expiry was the next. */
static void note_expiry(vel_venue_t *venue, const vel_venue_instrument_t *inst)
{
    int64_t next = vel_contingency_next_expiry(&inst->contingency);
    if (next <= venue->next_expiry) {
        venue->next_expiry = next;
        venue->expires_next = inst->number;
    } else if (venue->expires_next == inst->number) {
        note_expiries(venue);
    }
}

/* Where an order stands: its price and quantity in total, or that there is none. */
static int answer_query(vel_venue_instrument_t *inst, const vel_command_t *command)
{
    uint32_t index = vel_contingency_find(&inst->contingency, command->order_id);
    if (index == VEL_CONTINGENCY_NONE)
        return vel_venue_report(inst->venue, VEL_REPORT_STATUS, inst->number, command->order_id, command->terms.side, 0,
                                0, VEL_REASON_UNKNOWN_ORDER);
    const vel_contingency_command_t *spec = &inst->contingency.orders[index].spec;
    return vel_venue_report(inst->venue, VEL_REPORT_STATUS, inst->number, spec->order_id, spec->terms.side,
                            spec->terms.price, spec->terms.qty, VEL_REASON_NONE);
}

int vel_venue_on_command(vel_venue_t *venue, const vel_command_t *command)
{
    VEL_ASSERT(command->instrument >= 0 && command->instrument < venue->instruments_count);
    if (VEL_UNLIKELY(venue->hft != NULL))
        return vel_venue_hft_on_command(venue, command);
    vel_venue_instrument_t *inst = &venue->instruments[command->instrument];
    const vel_order_terms_t *terms = &command->terms;
    if (VEL_UNLIKELY(command->action == VEL_ACTION_QUERY))
        return answer_query(inst, command);
    vel_contingency_command_t wanted;
    wanted.ts = venue->ts;
    wanted.order_id = command->order_id;
    wanted.terms = command->terms;
    wanted.owner = ACCOUNT;
    wanted.strategy = command->strategy;
    wanted.action = command->action;
    memset(wanted.reserved, 0, sizeof wanted.reserved);
    uint8_t reason;
    int status = screen(inst, &wanted, &reason);
    if (status != VEL_OK)
        return status;
    if (reason != VEL_REASON_NONE) {
        uint8_t kind = command->action == VEL_ACTION_NEW ? VEL_REPORT_REJECTED : VEL_REPORT_AMEND_REJECTED;
        return tell(inst, kind, &wanted, 0, terms->price, terms->qty, reason);
    }
    if (command->action == VEL_ACTION_NEW) {
        if (wanted.terms.stp == VEL_STP_NONE)
            wanted.terms.stp = VEL_STP_TAKER; /* an account's orders never trade with one another here */
        if (wanted.terms.tif == VEL_DAY) {
            wanted.terms.tif = VEL_GTD;
            wanted.terms.expiry = (venue->ts / DAY_NS + 1) * DAY_NS;
        }
        if ((status = vel_own_orders_reserve(&inst->own, inst->contingency.orders_used + 1)) != VEL_OK)
            return status;
    }
    status = vel_contingency_on_command(&inst->contingency, &wanted);
    if (inst->contingency.timers.count > 0 || venue->next_expiry != VEL_NEVER)
        note_expiry(venue, inst);
    return status;
}

int vel_venue_expire(vel_venue_t *venue)
{
    int status = VEL_OK;
    for (int32_t i = 0; i < venue->instruments_count && status == VEL_OK; i++)
        if (vel_contingency_next_expiry(&venue->instruments[i].contingency) <= venue->ts)
            status = vel_contingency_advance(&venue->instruments[i].contingency, venue->ts);
    note_expiries(venue);
    return status;
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
        inst->depth_ts = inst->missed.ts = inst->quote[0].ts = inst->quote[1].ts = INT64_MIN;
        inst->datum_row = -1;
        if (vel_book_init(&inst->levels) != VEL_OK || vel_contingency_init(&inst->contingency, &HOST, inst) != VEL_OK)
            status = VEL_ENOMEM;
        inst->contingency.acts_on_amend = queue.is_optimistic; /* where trades are all that is known it may fill */
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

void vel_venue_quote_fed(vel_venue_t *venue, int32_t instrument)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    inst->is_quote_fed = 1;
    inst->book->is_quotes = venue->hft == NULL;
}

void vel_venue_set_order_rules(vel_venue_t *venue, int32_t instrument, uint8_t rules, bool lacks_prints)
{
    vel_contingency_t *contingency = &venue->instruments[instrument].contingency;
    contingency->rules = rules;
    contingency->lacks_prints = lacks_prints;
}

int vel_venue_by_order(vel_venue_t *venue, int32_t instrument)
{
    vel_venue_instrument_t *inst = &venue->instruments[instrument];
    if (venue->hft != NULL)
        return VEL_EINVAL;
    int status = vel_book_l3_init(&inst->by_order, VEL_PRIORITY_LOST_BY_MORE);
    inst->book = &inst->by_order.levels;
    inst->is_by_order = 1;
    vel_venue_touch(inst);
    return status;
}

void vel_venue_free(vel_venue_t *venue)
{
    vel_venue_hft_free(venue);
    for (int32_t i = 0; i < venue->instruments_count; i++) {
        vel_venue_instrument_t *inst = &venue->instruments[i];
        free(inst->impact);
        free(inst->shares);
        vel_book_free(&inst->levels);
        vel_book_l3_free(&inst->by_order);
        vel_contingency_free(&inst->contingency);
        vel_own_orders_free(&inst->own);
        for (int side = 0; side < 2; side++)
            vel_map_free(&inst->taken[side]);
    }
    free(venue->instruments);
    vel_message_ring_free(&venue->messages);
    vel_evidences_free(&venue->evidence);
    vel_queue_records_free(&venue->queue_positions);
    memset(venue, 0, sizeof *venue);
}
