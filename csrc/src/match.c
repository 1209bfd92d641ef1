#include "velora/match.h"

#include <string.h>

#include "book_l3_inner.h"
#include "contingency_inner.h"
#include "velora/hash.h"

/* Prices of the commands of many participants lie far apart: half a megabyte a side, and as much for the queues. */
#define PAGES_KEPT_MAX 1024

/* ---------------------------------------------------------------- reports */

/* Field by field into its slot: a report made beside it and copied costs a tenth of the engine's time, as the copy
 * reads in wide pieces what was just written in narrow ones. */
static inline int report(vel_match_t *engine, uint8_t kind, int64_t order_id, int32_t owner, uint8_t side,
                         int64_t leaves, int64_t price, int64_t qty, uint8_t reason)
{
    if (VEL_UNLIKELY(vel_match_reports_room(&engine->reports) != VEL_OK))
        return VEL_ENOMEM;
    vel_match_report_t *out = &engine->reports.items[engine->reports.count++];
    out->ts = engine->contingency.now;
    out->order_id = order_id;
    out->other_id = 0;
    out->trade = 0;
    out->price = price;
    out->qty = qty;
    out->leaves = leaves;
    out->owner = owner;
    out->kind = kind;
    out->side = side;
    out->maker = 0;
    out->reason = reason;
    return VEL_OK;
}

/* A side of the trade that engine->trades counts. */
static inline int report_fill(vel_match_t *engine, int64_t order_id, int32_t owner, uint8_t side, int64_t other_id,
                              int64_t leaves, int64_t price, int64_t qty, bool is_maker)
{
    if (VEL_UNLIKELY(vel_match_reports_room(&engine->reports) != VEL_OK))
        return VEL_ENOMEM;
    vel_match_report_t *out = &engine->reports.items[engine->reports.count++];
    out->ts = engine->contingency.now;
    out->order_id = order_id;
    out->other_id = other_id;
    out->trade = engine->trades;
    out->price = price;
    out->qty = qty;
    out->leaves = leaves;
    out->owner = owner;
    out->kind = VEL_REPORT_FILL;
    out->side = side;
    out->maker = is_maker;
    out->reason = VEL_REASON_NONE;
    return VEL_OK;
}

static int tell(void *host, uint8_t kind, const vel_contingency_command_t *spec, int64_t leaves, int64_t price,
                int64_t qty, uint8_t reason)
{
    return report(host, kind, spec->order_id, spec->owner, spec->terms.side, leaves, price, qty, reason);
}

/* ---------------------------------------------------------------- matching */

static bool can_fill(const vel_match_t *engine, const vel_contingency_order_t *order)
{
    uint8_t side = vel_opposite(order->spec.terms.side);
    int64_t limit = vel_contingency_limit_key(order), need = order->leaves;
    const vel_book_l3_t *book = &engine->book;
    if ((order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY) &&
        vel_contingency_reducible(&engine->contingency, order) < need)
        return false;
    const vel_ladder_t *ladder = &book->levels.side[side];
    for (int64_t key = ladder->best_key; key != VEL_NO_KEY && key <= limit && need > 0;
         key = vel_ladder_next(ladder, key)) {
        int64_t shown = 0, all = 0;
        bool is_stopped = false;
        for (const vel_l3_order_t *at = vel_book_l3_first_at(book, side, vel_key_ticks(side, key)); at != NULL;
             at = at->behind == VEL_NO_ORDER ? NULL : &book->orders[at->behind]) {
            const vel_contingency_order_t *maker = &engine->contingency.orders[at->id];
            int64_t lots = maker->leaves;
            if (vel_contingency_is_self(order, maker)) {
                uint8_t rule = vel_contingency_self_trade_rule(order, maker);
                if (rule == VEL_STP_TAKER || rule == VEL_STP_BOTH) {
                    is_stopped = true;
                    break;
                }
                if (rule == VEL_STP_MAKER)
                    continue;
            } else if (maker->spec.terms.flags & VEL_EXEC_REDUCE_ONLY) {
                int64_t most = vel_contingency_reducible(&engine->contingency, maker);
                lots = lots < most ? lots : most;
            }
            shown += lots < at->qty ? lots : at->qty;
            all += lots;
        }
        need -= is_stopped ? shown : all;
        if (is_stopped)
            break;
    }
    return need <= 0;
}

/* Take lots off a resting order without a trade or with one; its place stays, an iceberg's next part goes to the back.
 */
static int take_off(void *host, uint32_t index, int64_t lots)
{
    vel_match_t *engine = host;
    vel_contingency_order_t *order = &engine->contingency.orders[index];
    int64_t from_book = lots < order->shown ? lots : order->shown;
    order->leaves -= lots;
    order->shown -= from_book;
    int status = vel_book_l3_cancel(&engine->book, index, from_book);
    if (status != VEL_OK || order->leaves == 0 || order->shown > 0)
        return status;
    order->shown = order->spec.terms.display < order->leaves ? order->spec.terms.display : order->leaves;
    return vel_book_l3_add(&engine->book, index, order->spec.terms.side, order->spec.terms.price, order->shown);
}

static int trade(vel_match_t *engine, uint32_t taker_index, uint32_t maker_index, int64_t qty)
{
    vel_contingency_order_t *taker = &engine->contingency.orders[taker_index],
                            *maker = &engine->contingency.orders[maker_index];
    int64_t price = maker->spec.terms.price;
    int status;
    engine->trades++;
    taker->leaves -= qty;
    if ((status = take_off(engine, maker_index, qty)) != VEL_OK)
        return status;
    if (maker->leaves == 0)
        maker->state = VEL_CONTINGENCY_ACTIVE; /* it has left the book */
    vel_contingency_move_position(&engine->contingency, &taker->spec, taker->spec.terms.side == VEL_BUY ? qty : -qty);
    vel_contingency_move_position(&engine->contingency, &maker->spec, maker->spec.terms.side == VEL_BUY ? qty : -qty);
    if ((status = report_fill(engine, taker->spec.order_id, taker->spec.owner, taker->spec.terms.side,
                              maker->spec.order_id, vel_contingency_left(taker), price, qty, false)) != VEL_OK ||
        (status = report_fill(engine, maker->spec.order_id, maker->spec.owner, maker->spec.terms.side,
                              taker->spec.order_id, vel_contingency_left(maker), price, qty, true)) != VEL_OK)
        return status;
    if ((status = vel_contingency_filled(&engine->contingency, maker_index, qty)) != VEL_OK ||
        (status = vel_contingency_filled(&engine->contingency, taker_index, qty)) != VEL_OK)
        return status;
    if (maker->leaves == 0 &&
        (status = vel_contingency_end(&engine->contingency, maker_index, VEL_REPORT_FILL, 0)) != VEL_OK)
        return status;
    if (taker->leaves == 0 &&
        (status = vel_contingency_end(&engine->contingency, taker_index, VEL_REPORT_FILL, 0)) != VEL_OK)
        return status;
    if ((status = vel_contingency_end_pending(&engine->contingency)) != VEL_OK ||
        (status = vel_contingency_on_last(&engine->contingency, price)) != VEL_OK)
        return status;
    return vel_contingency_end_pending(&engine->contingency);
}

/* ---------------------------------------------------------------- plain orders
 *
 * Nearly all orders of nearly all flows are limits without a trigger, a group, a parent, hidden lots, a time or an
 * instruction, and nothing that happens to them concerns another order. They go past the contingency: what it would ask
 * is known, and its calls back are inlined. What they do to books, lists and reports is the same, in the same order. */

/* Put an order of the contingency into the book. */
static inline int book_add(vel_match_t *engine, uint32_t index, uint8_t side, int64_t price, int64_t lots)
{
    vel_book_l3_t *book = &engine->book;
    if (VEL_UNLIKELY(index >= book->orders_used))
        return vel_book_l3_add(book, index, side, price, lots);
    book->orders[index].id = index;
    int status = vel_l3_join(book, index, side, price, lots);
    if (VEL_UNLIKELY(status != VEL_OK)) {
        book->orders[index].qty = 0;
        return status;
    }
    book->count++;
    return VEL_OK;
}

/* Take an order out of the book. */
static inline void book_remove(vel_match_t *engine, uint32_t index)
{
    vel_l3_leave(&engine->book, index);
    engine->book.count--;
}

/* Into the book with what is left. */
static int rest(vel_match_t *engine, uint32_t index)
{
    vel_contingency_order_t *order = &engine->contingency.orders[index];
    int64_t display = order->spec.terms.display;
    order->state = VEL_CONTINGENCY_RESTING;
    order->shown = display > 0 && display < order->leaves ? display : order->leaves;
    return book_add(engine, index, order->spec.terms.side, order->spec.terms.price, order->shown);
}

/* An active order meets the book, and rests or ends with what is left. */
static int act(void *host, uint32_t index)
{
    vel_match_t *engine = host;
    vel_contingency_order_t *order = &engine->contingency.orders[index];
    uint8_t side = vel_opposite(order->spec.terms.side);
    int64_t limit = vel_contingency_limit_key(order);
    bool has_traded = false;
    vel_contingency_ref_t self = {.sequence = order->sequence, .index = index};
    int status;

    if ((order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY) && vel_contingency_reducible(&engine->contingency, order) == 0)
        return vel_contingency_end(&engine->contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
    if (order->spec.terms.tif == VEL_FOK && !can_fill(engine, order))
        return vel_contingency_end(&engine->contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_FOK);
    if (order->spec.terms.type == VEL_MARKET_TO_LIMIT)
        limit = engine->book.levels.side[side].best_key; /* the best price and no other */
    for (;;) { /* an order that fills whole is over before the loop comes back */
        const vel_l3_order_t *first = vel_book_l3_first(&engine->book, side);
        if (first == NULL || vel_side_key(side, first->price) > limit)
            break;
        uint32_t maker_index = (uint32_t)first->id;
        int64_t qty = first->qty;
        const vel_contingency_order_t *maker = &engine->contingency.orders[maker_index];
        if (vel_contingency_is_self(order, maker)) {
            if ((status = vel_contingency_prevent_self_trade(&engine->contingency, index, maker_index)) != VEL_OK ||
                !vel_contingency_is_acting(&engine->contingency, &self))
                return status;
            continue;
        }
        if (maker->spec.terms.flags & VEL_EXEC_REDUCE_ONLY) {
            int64_t most = vel_contingency_reducible(&engine->contingency, maker);
            if (most == 0) {
                if ((status = vel_contingency_end(&engine->contingency, maker_index, VEL_REPORT_EXPIRED,
                                                  VEL_REASON_REDUCE_ONLY)) != VEL_OK ||
                    (status = vel_contingency_end_pending(&engine->contingency)) != VEL_OK ||
                    !vel_contingency_is_acting(&engine->contingency, &self))
                    return status;
                continue;
            }
            qty = qty < most ? qty : most;
        }
        if (order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY) {
            int64_t most = vel_contingency_reducible(&engine->contingency, order);
            if (most == 0)
                return vel_contingency_end(&engine->contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_REDUCE_ONLY);
            qty = qty < most ? qty : most;
        }
        qty = qty < order->leaves ? qty : order->leaves;
        if (order->spec.terms.type == VEL_MARKET_TO_LIMIT)
            order->spec.terms.price = first->price;
        has_traded = true;
        if ((status = trade(engine, index, maker_index, qty)) != VEL_OK ||
            !vel_contingency_is_acting(&engine->contingency, &self))
            return status;
    }
    if (order->spec.terms.type == VEL_MARKET || (order->spec.terms.type == VEL_MARKET_TO_LIMIT && !has_traded))
        return vel_contingency_end(&engine->contingency, index, VEL_REPORT_EXPIRED,
                                   has_traded ? VEL_REASON_IOC : VEL_REASON_NO_LIQUIDITY);
    if (order->spec.terms.tif == VEL_IOC || order->spec.terms.tif == VEL_FOK)
        return vel_contingency_end(&engine->contingency, index, VEL_REPORT_EXPIRED, VEL_REASON_IOC);
    order->spec.terms.type = VEL_LIMIT;
    return rest(engine, index);
}

/* ---------------------------------------------------------------- what the contingency asks for */

static void withdraw(void *host, uint32_t index)
{
    vel_match_t *engine = host;
    (void)vel_book_l3_cancel(&engine->book, index, 0);
}

static int change(void *host, uint32_t index, int64_t price, int64_t leaves)
{
    vel_match_t *engine = host;
    vel_contingency_order_t *order = &engine->contingency.orders[index];
    if (price == order->spec.terms.price && leaves <= order->leaves) {
        /* The hidden part of an iceberg gives way first. */
        if (order->shown <= leaves)
            return VEL_OK;
        int64_t gone = order->shown - leaves;
        order->shown = leaves;
        return vel_book_l3_cancel(&engine->book, index, gone);
    }
    order->shown = leaves;
    return vel_book_l3_change(&engine->book, index, price, leaves);
}

static int64_t best_key(void *host, uint8_t side)
{
    const vel_match_t *engine = host;
    return engine->book.levels.side[side].best_key;
}

static bool quote(void *host, uint8_t side, int64_t *ticks)
{
    const vel_match_t *engine = host;
    if (!vel_book_has_side(&engine->book.levels, side))
        return false;
    *ticks = vel_book_best(&engine->book.levels, side);
    return true;
}

static bool has_price(void *host, uint8_t by)
{
    (void)host;
    return by != VEL_BY_MARK; /* an exchange by itself has no index to mark by */
}

static void watch(void *host)
{
    (void)host; /* the best prices are looked at after each command */
}

static const vel_contingency_host_t HOST = {tell, withdraw, act, change, take_off, best_key, quote, has_price, watch};

/* The best prices after what has happened: orders that wait by them follow or fire, and what fired acts. */
static int follow_quotes(vel_match_t *engine)
{
    vel_contingency_t *contingency = &engine->contingency;
    int status = VEL_OK;
    do {
        for (uint8_t by = VEL_BY_BID; status == VEL_OK && by <= VEL_BY_ASK; by++) {
            int64_t ticks;
            if (contingency->waiting[by] > 0 && quote(engine, by == VEL_BY_BID ? VEL_BUY : VEL_SELL, &ticks))
                status = vel_contingency_on_price(contingency, by, ticks, ticks);
        }
        if (status != VEL_OK || (contingency->due.count == 0 && contingency->ending.count == 0))
            return status;
    } while ((status = vel_contingency_settle(contingency)) == VEL_OK);
    return status;
}

static inline int finish(vel_match_t *engine, int status)
{
    if (VEL_LIKELY(status != VEL_OK || engine->contingency.watched == 0))
        return status;
    return follow_quotes(engine);
}

/* ---------------------------------------------------------------- life */

int vel_match_init(vel_match_t *engine, vel_amend_rule_t amend)
{
    memset(engine, 0, sizeof *engine);
    int status = vel_contingency_init(&engine->contingency, &HOST, engine);
    engine->contingency.amend_rule = (uint8_t)amend;
    int other = vel_book_l3_init_dense(&engine->book, VEL_PRIORITY_LOST_BY_MORE);
    for (int side = 0; side < 2; side++)
        engine->book.levels.side[side].kept_max = PAGES_KEPT_MAX;
    return status != VEL_OK ? status : other;
}

int vel_match_reserve(vel_match_t *engine, int64_t orders, int64_t reports)
{
    int status = reports < 0 ? VEL_EINVAL : vel_book_l3_reserve(&engine->book, orders);
    if (status != VEL_OK || (status = vel_contingency_reserve(&engine->contingency, (uint32_t)orders)) != VEL_OK)
        return status;
    return vel_match_reports_reserve(&engine->reports, reports);
}

void vel_match_free(vel_match_t *engine)
{
    vel_contingency_free(&engine->contingency);
    vel_book_l3_free(&engine->book);
    vel_match_reports_free(&engine->reports);
    memset(engine, 0, sizeof *engine);
}

/* ---------------------------------------------------------------- commands */

/* A new order without a trigger, a group, a parent, hidden lots, a time or an instruction: a limit, GTC or IOC. The
 * bytes are looked at together; of the rules against self-trades DECREMENT goes the long way. */
static inline bool is_plain_new(const vel_contingency_command_t *command)
{
    static const vel_order_terms_t MASK = {.side = 0xff ^ VEL_SELL,
                                           .type = 0xff,
                                           .tif = 0xff ^ VEL_IOC,
                                           .trigger_kind = 0xff,
                                           .trigger_by = 0xff,
                                           .stp = 0xff ^ 3,
                                           .flags = 0xff};
    const vel_order_terms_t *terms = &command->terms;
    uint64_t bytes, mask;
    memcpy(&bytes, &terms->side, sizeof bytes);
    memcpy(&mask, &MASK.side, sizeof mask);
    return (bytes & mask) == 0 && (terms->display | terms->trigger | terms->expiry | terms->oco_group | terms->parent |
                                   terms->activation) == 0;
}

static_assert(sizeof(vel_order_terms_t) - offsetof(vel_order_terms_t, side) == 8 && VEL_LIMIT == 0 &&
                  VEL_TRIGGER_NONE == 0 && VEL_BY_LAST == 0 && VEL_IOC == 1 && VEL_SELL == 1,
              "is_plain_new looks at them");

/* What makes a plain order. */
typedef struct plain {
    int64_t order_id;
    int64_t price;
    int64_t qty;
    int32_t owner;
    int32_t strategy;
    uint8_t side;
    uint8_t tif;
    uint8_t stp;
} plain_t;

static vel_contingency_command_t command_of(int64_t ts, plain_t plain)
{
    return (vel_contingency_command_t){
        .ts = ts,
        .order_id = plain.order_id,
        .terms = {.price = plain.price, .qty = plain.qty, .side = plain.side, .tif = plain.tif, .stp = plain.stp},
        .owner = plain.owner,
        .strategy = plain.strategy,
        .action = VEL_ACTION_NEW};
}

/* Make a plain order. Its place in the pool is blank but for what a plain order has. */
static VEL_INLINE int make_plain(vel_match_t *engine, plain_t plain, vel_contingency_slot_t *slot, int64_t leaves,
                                 uint8_t state, uint32_t *index)
{
    vel_contingency_t *contingency = &engine->contingency;
    int status = vel_contingency_admit(contingency, plain.order_id, plain.owner, plain.strategy, slot, index);
    if (VEL_UNLIKELY(status != VEL_OK))
        return status;
    vel_contingency_order_t *order = &contingency->orders[*index];
    if (VEL_UNLIKELY(order->ties != 0))
        vel_contingency_blank(order);
    order->spec.ts = contingency->now;
    order->spec.order_id = plain.order_id;
    order->spec.terms.price = plain.price;
    order->spec.terms.qty = plain.qty;
    order->spec.terms.side = plain.side;
    order->spec.terms.type = VEL_LIMIT;
    order->spec.terms.tif = plain.tif;
    order->spec.terms.trigger_kind = VEL_TRIGGER_NONE;
    order->spec.terms.trigger_by = VEL_BY_LAST;
    order->spec.terms.stp = plain.stp;
    order->spec.terms.flags = 0;
    order->spec.terms.reserved = 0;
    order->spec.owner = plain.owner;
    order->spec.strategy = plain.strategy;
    order->leaves = order->shown = leaves;
    order->state = state;
    return VEL_OK;
}

/* A plain order goes on among all others: it is made, with the lots that it has left, and acts. */
static VEL_NOINLINE int act_among_others(vel_match_t *engine, plain_t plain, int64_t leaves)
{
    vel_contingency_t *contingency = &engine->contingency;
    vel_contingency_slot_t slot;
    uint32_t index;
    (void)vel_contingency_locate(contingency, plain.order_id, &slot);
    int status = make_plain(engine, plain, &slot, leaves, VEL_CONTINGENCY_ACTIVE, &index);
    if (status != VEL_OK)
        return status;
    if ((status = act(engine, index)) != VEL_OK)
        return status;
    bool has_more = contingency->due.count > 0 || contingency->ending.count > 0;
    return has_more ? vel_contingency_settle(contingency) : VEL_OK;
}

/* Rest a plain order that comes in. */
static VEL_INLINE int rest_plain(vel_match_t *engine, plain_t plain, vel_contingency_slot_t *slot, int64_t leaves)
{
    uint32_t index;
    int status = make_plain(engine, plain, slot, leaves, VEL_CONTINGENCY_RESTING, &index);
    return VEL_LIKELY(status == VEL_OK) ? book_add(engine, index, plain.side, plain.price, leaves) : status;
}

static inline bool is_plain(const vel_contingency_order_t *order)
{
    return (order->ties & ~VEL_TIE_TERMS) == 0 && order->state == VEL_CONTINGENCY_RESTING;
}

/* A plain order takes what its limit reaches, for as long as it meets plain orders, and then rests or ends. It is made
 * only when it rests: nothing asks for it before. */
static VEL_NOINLINE int take_plain(vel_match_t *engine, plain_t plain)
{
    vel_contingency_t *contingency = &engine->contingency;
    uint8_t side = vel_opposite(plain.side);
    const vel_ladder_t *ladder = &engine->book.levels.side[side];
    int64_t limit = vel_side_key(side, plain.price), leaves = plain.qty;
    vel_contingency_slot_t slot;
    uint32_t owner;
    int status = vel_contingency_owner_index(contingency, plain.owner, plain.strategy, &owner);
    if (VEL_UNLIKELY(status != VEL_OK))
        return status;
    if (contingency->waiting[VEL_BY_LAST] > 0)
        return act_among_others(engine, plain, leaves);
    while (ladder->best_key <= limit) {
        const vel_page_t *page = vel_ladder_page(ladder, vel_page_number(ladder->best_key));
        uint32_t index = engine->book.queues[side][vel_l3_cell(ladder, page, ladder->best_key)].first;
        vel_contingency_order_t *maker = &contingency->orders[index];
        int64_t maker_id = maker->spec.order_id, price = maker->spec.terms.price;
        if (VEL_UNLIKELY(!is_plain(maker) ||
                         (plain.owner != 0 && maker->spec.owner == plain.owner && plain.stp != VEL_STP_NONE)))
            return act_among_others(engine, plain, leaves);
        int64_t qty = maker->leaves < leaves ? maker->leaves : leaves, left = maker->leaves - qty;
        engine->trades++;
        leaves -= qty;
        maker->leaves = maker->shown = left;
        if (left == 0)
            book_remove(engine, index);
        else
            vel_l3_reduce(&engine->book, index, qty);
        if (plain.owner != 0)
            contingency->owners[owner].position += side == VEL_SELL ? qty : -qty;
        if (maker->spec.owner != 0)
            contingency->owners[maker->owner].position += side == VEL_SELL ? -qty : qty;
        contingency->last = price;
        contingency->has_last = 1;
        if ((status = report_fill(engine, plain.order_id, plain.owner, plain.side, maker_id, leaves, price, qty,
                                  false)) != VEL_OK ||
            (status = report_fill(engine, maker_id, maker->spec.owner, side, plain.order_id, left, price, qty, true)) !=
                VEL_OK)
            return status;
        if (left == 0) {
            (void)vel_contingency_locate(contingency, maker_id, &slot);
            if ((status = vel_contingency_dismiss(contingency, index, &slot, maker->spec.terms.qty)) != VEL_OK)
                return status;
        }
        if (leaves == 0)
            return vel_contingency_remember(contingency, plain.order_id, plain.owner, plain.qty, plain.qty);
    }
    if (plain.tif == VEL_GTC) {
        (void)vel_contingency_locate(contingency, plain.order_id, &slot);
        return rest_plain(engine, plain, &slot, leaves);
    }
    status = report(engine, VEL_REPORT_EXPIRED, plain.order_id, plain.owner, plain.side, leaves, plain.price, leaves,
                    VEL_REASON_IOC);
    if (status != VEL_OK || leaves == plain.qty)
        return status;
    return vel_contingency_remember(contingency, plain.order_id, plain.owner, plain.qty, plain.qty - leaves);
}

/* A plain order comes in. */
static VEL_INLINE int on_new(vel_match_t *engine, plain_t plain)
{
    vel_contingency_t *contingency = &engine->contingency;
    vel_contingency_slot_t slot;
    int status = vel_contingency_make_room(contingency);
    if (VEL_UNLIKELY(status != VEL_OK))
        return status;
    if (VEL_UNLIKELY(!vel_is_size(plain.qty) || !vel_is_price(plain.price) || plain.order_id == 0))
        return report(engine, VEL_REPORT_REJECTED, plain.order_id, plain.owner, plain.side, 0, plain.price, plain.qty,
                      VEL_REASON_INVALID);
    if (VEL_UNLIKELY(vel_contingency_search(contingency, plain.order_id, &slot) != VEL_CONTINGENCY_NONE))
        return report(engine, VEL_REPORT_REJECTED, plain.order_id, plain.owner, plain.side, 0, plain.price, plain.qty,
                      VEL_REASON_DUPLICATE);
    status = report(engine, VEL_REPORT_ACK, plain.order_id, plain.owner, plain.side, plain.qty, plain.price, plain.qty,
                    VEL_REASON_NONE);
    if (VEL_UNLIKELY(status != VEL_OK))
        return status;
    uint8_t other = vel_opposite(plain.side);
    if (engine->book.levels.side[other].best_key <= vel_side_key(other, plain.price))
        return take_plain(engine, plain);
    if (plain.tif == VEL_GTC)
        return rest_plain(engine, plain, &slot, plain.qty);
    return report(engine, VEL_REPORT_EXPIRED, plain.order_id, plain.owner, plain.side, plain.qty, plain.price,
                  plain.qty, VEL_REASON_IOC);
}

/* Whether the amend of a plain order leaves it resting: all else is the contingency's. */
static inline bool rests_on(const vel_match_t *engine, const vel_contingency_order_t *order, int64_t price, int64_t qty)
{
    int64_t filled = order->spec.terms.qty - order->leaves;
    bool reinserts = engine->contingency.amend_rule == VEL_AMEND_REINSERT;
    uint8_t other = vel_opposite(order->spec.terms.side);
    return vel_is_size(qty) && vel_is_price(price) && order->spec.terms.flags == 0 &&
           (reinserts ? qty <= VEL_LOTS_MAX - filled : qty > filled) &&
           engine->book.levels.side[other].best_key > vel_side_key(other, price);
}

/* A plain order that rests gets another price or quantity, and takes nothing. */
static VEL_INLINE int amend_plain(vel_match_t *engine, uint32_t index, int64_t price, int64_t qty)
{
    vel_contingency_order_t *order = &engine->contingency.orders[index];
    bool reinserts = engine->contingency.amend_rule == VEL_AMEND_REINSERT;
    int64_t filled = order->spec.terms.qty - order->leaves, total = reinserts ? filled + qty : qty;
    int64_t leaves = total - filled;
    uint8_t side = order->spec.terms.side;
    if (!reinserts && price == order->spec.terms.price && leaves <= order->leaves) {
        if (leaves < order->leaves)
            vel_l3_reduce(&engine->book, index, order->leaves - leaves);
    } else {
        vel_l3_leave(&engine->book, index);
        order->spec.terms.price = price;
        int status = vel_l3_join(&engine->book, index, side, price, leaves);
        if (VEL_UNLIKELY(status != VEL_OK)) {
            engine->book.orders[index].qty = 0;
            engine->book.count--;
            return status;
        }
    }
    order->spec.terms.qty = total;
    order->leaves = order->shown = leaves;
    return report(engine, VEL_REPORT_AMENDED, order->spec.order_id, order->spec.owner, side, leaves, price, total,
                  VEL_REASON_NONE);
}

/* The order of an amend or a cancel does not exist, or belongs to another owner. */
static inline int report_unknown(vel_match_t *engine, uint8_t kind, int64_t order_id, int32_t owner, uint8_t side,
                                 int64_t price, int64_t qty)
{
    return report(engine, kind, order_id, owner, side, 0, price, qty, VEL_REASON_UNKNOWN_ORDER);
}

/* An order is amended; false if it is not plain or does not stay at rest, and nothing is done. `side` is of a refusal.
 */
static VEL_INLINE bool on_amend(vel_match_t *engine, int64_t order_id, int32_t owner, uint8_t side, int64_t price,
                                int64_t qty, int *status)
{
    vel_contingency_slot_t slot;
    uint32_t index = vel_contingency_locate(&engine->contingency, order_id, &slot);
    const vel_contingency_order_t *order = index == VEL_CONTINGENCY_NONE ? NULL : &engine->contingency.orders[index];
    if (order == NULL || order->spec.owner != owner) {
        *status = report_unknown(engine, VEL_REPORT_AMEND_REJECTED, order_id, owner, side, price, qty);
        return true;
    }
    if (VEL_UNLIKELY(!is_plain(order) || !rests_on(engine, order, price, qty)))
        return false;
    *status = amend_plain(engine, index, price, qty);
    return true;
}

/* An order is cancelled; false if it is not plain, and nothing is done. The last three are of a refusal. */
static VEL_INLINE bool on_cancel(vel_match_t *engine, int64_t order_id, int32_t owner, int *status, uint8_t side,
                                 int64_t price, int64_t qty)
{
    vel_contingency_t *contingency = &engine->contingency;
    vel_contingency_slot_t slot;
    uint32_t index = vel_contingency_locate(contingency, order_id, &slot);
    vel_contingency_order_t *order = index == VEL_CONTINGENCY_NONE ? NULL : &contingency->orders[index];
    if (order == NULL || order->spec.owner != owner) {
        *status = report_unknown(engine, VEL_REPORT_CANCEL_REJECTED, order_id, owner, side, price, qty);
        return true;
    }
    if (VEL_UNLIKELY(!is_plain(order)))
        return false;
    int64_t leaves = order->leaves;
    book_remove(engine, index);
    *status = report(engine, VEL_REPORT_CANCELED, order_id, owner, order->spec.terms.side, leaves,
                     order->spec.terms.price, leaves, VEL_REASON_NONE);
    if (VEL_LIKELY(*status == VEL_OK))
        *status = vel_contingency_dismiss(contingency, index, &slot, order->spec.terms.qty - leaves);
    return true;
}

/* Whether a command of this time comes in order and no time of an order comes before it. */
static inline bool is_next(const vel_match_t *engine, int64_t ts)
{
    return ts >= engine->contingency.now && vel_contingency_next_expiry(&engine->contingency) > ts;
}

static inline int on_command(vel_match_t *engine, const vel_contingency_command_t *command)
{
    const vel_order_terms_t *terms = &command->terms;
    int status;
    if (VEL_LIKELY(is_next(engine, command->ts))) {
        engine->contingency.now = command->ts;
        if (command->action == VEL_ACTION_NEW && is_plain_new(command)) {
            plain_t plain = {command->order_id, terms->price, terms->qty, command->owner,
                             command->strategy, terms->side,  terms->tif, terms->stp};
            return on_new(engine, plain);
        }
        if (command->action == VEL_ACTION_CANCEL &&
            on_cancel(engine, command->order_id, command->owner, &status, terms->side, terms->price, terms->qty))
            return status;
        if (command->action == VEL_ACTION_AMEND &&
            on_amend(engine, command->order_id, command->owner, terms->side, terms->price, terms->qty, &status))
            return status;
    }
    return vel_contingency_on_command(&engine->contingency, command);
}

int vel_match_limit(vel_match_t *engine, int64_t ts, int64_t order_id, int32_t owner, uint8_t side, int64_t price,
                    int64_t qty, uint8_t tif)
{
    plain_t plain = {order_id, price, qty, owner, 0, side, tif, VEL_STP_NONE};
    if (VEL_LIKELY(is_next(engine, ts) && side <= VEL_SELL && tif <= VEL_IOC)) {
        engine->contingency.now = ts;
        return finish(engine, on_new(engine, plain));
    }
    vel_contingency_command_t command = command_of(ts, plain);
    return vel_match_on_command(engine, &command);
}

int vel_match_cancel(vel_match_t *engine, int64_t ts, int64_t order_id, int32_t owner)
{
    int status;
    if (VEL_LIKELY(is_next(engine, ts))) {
        engine->contingency.now = ts;
        if (VEL_LIKELY(on_cancel(engine, order_id, owner, &status, VEL_BUY, 0, 0)))
            return finish(engine, status);
    }
    vel_contingency_command_t command = {.ts = ts, .order_id = order_id, .owner = owner, .action = VEL_ACTION_CANCEL};
    return finish(engine, vel_contingency_on_command(&engine->contingency, &command));
}

int vel_match_amend(vel_match_t *engine, int64_t ts, int64_t order_id, int32_t owner, int64_t price, int64_t qty)
{
    int status;
    if (VEL_LIKELY(is_next(engine, ts))) {
        engine->contingency.now = ts;
        if (VEL_LIKELY(on_amend(engine, order_id, owner, VEL_BUY, price, qty, &status)))
            return finish(engine, status);
    }
    vel_contingency_command_t command = {.ts = ts,
                                         .order_id = order_id,
                                         .terms = {.price = price, .qty = qty},
                                         .owner = owner,
                                         .action = VEL_ACTION_AMEND};
    return finish(engine, vel_contingency_on_command(&engine->contingency, &command));
}

int vel_match_on_command(vel_match_t *engine, const vel_contingency_command_t *command)
{
    return finish(engine, on_command(engine, command));
}

int vel_match_apply(vel_match_t *engine, const vel_contingency_command_t *commands, int64_t count, int64_t *failed)
{
    for (int64_t at = 0; at < count; at++) {
        int status = finish(engine, on_command(engine, &commands[at]));
        if (VEL_UNLIKELY(status != VEL_OK)) {
            *failed = at;
            return status;
        }
    }
    return VEL_OK;
}

int vel_match_advance(vel_match_t *engine, int64_t ts)
{
    return finish(engine, vel_contingency_advance(&engine->contingency, ts));
}

int vel_match_end_of_day(vel_match_t *engine)
{
    return finish(engine, vel_contingency_end_of_day(&engine->contingency));
}

/* ---------------------------------------------------------------- reading */

const vel_contingency_order_t *vel_match_order(const vel_match_t *engine, int64_t order_id)
{
    uint32_t found = vel_contingency_find(&engine->contingency, order_id);
    return found == VEL_CONTINGENCY_NONE ? NULL : &engine->contingency.orders[found];
}

int64_t vel_match_position(const vel_match_t *engine, int32_t owner)
{
    return vel_contingency_position(&engine->contingency, owner);
}

int64_t vel_match_queue(const vel_match_t *engine, uint8_t side, int64_t price_ticks, int64_t n, int64_t *ids,
                        int64_t *leaves)
{
    int64_t count = 0;
    for (const vel_l3_order_t *at = vel_book_l3_first_at(&engine->book, side, price_ticks); at != NULL && count < n;
         at = at->behind == VEL_NO_ORDER ? NULL : &engine->book.orders[at->behind]) {
        const vel_contingency_order_t *order = &engine->contingency.orders[at->id];
        ids[count] = order->spec.order_id;
        leaves[count++] = order->leaves;
    }
    return count;
}

int64_t vel_match_count(const vel_match_t *engine)
{
    return (int64_t)engine->contingency.live;
}

uint64_t vel_match_state_hash(const vel_match_t *engine)
{
    uint64_t hash = VEL_HASH_SEED;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_ladder_t *ladder = &engine->book.levels.side[side];
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key))
            for (const vel_l3_order_t *at = vel_book_l3_first_at(&engine->book, side, vel_key_ticks(side, key));
                 at != NULL; at = at->behind == VEL_NO_ORDER ? NULL : &engine->book.orders[at->behind]) {
                const vel_contingency_order_t *order = &engine->contingency.orders[at->id];
                hash = vel_hash_i64(hash, order->spec.order_id);
                hash = vel_hash_i64(hash, order->spec.terms.price);
                hash = vel_hash_i64(hash, order->shown);
                hash = vel_hash_i64(hash, order->leaves);
            }
    }
    hash = vel_hash_i64(hash, engine->trades);
    hash = vel_hash_i64(hash, (int64_t)engine->contingency.live);
    return vel_hash_i64(hash, engine->contingency.has_last ? engine->contingency.last : 0);
}
