#include "velora/match.h"

#include <string.h>

#include "velora/hash.h"

#define NONE UINT32_MAX
#define POOL_INITIAL 1024u
#define QTY_MAX (INT64_C(1) << 60)

/* ---------------------------------------------------------------- life */

int vel_match_init(vel_match_t *engine)
{
    memset(engine, 0, sizeof *engine);
    engine->orders_free = NONE;
    engine->now = INT64_MIN;
    int status = vel_book_l3_init(&engine->book, VEL_PRIORITY_LOST_BY_MORE);
    int other = vel_book_l3_init(&engine->triggers, VEL_PRIORITY_LOST_BY_MORE);
    return status != VEL_OK ? status : other;
}

void vel_match_free(vel_match_t *engine)
{
    vel_book_l3_free(&engine->book);
    vel_book_l3_free(&engine->triggers);
    vel_map_free(&engine->index);
    vel_map_free(&engine->owners_index);
    vel_map_free(&engine->links);
    free(engine->orders);
    free(engine->owners);
    vel_match_reports_free(&engine->reports);
    vel_match_timers_free(&engine->timers);
    vel_match_indices_free(&engine->trailing);
    vel_match_indices_free(&engine->due);
    vel_match_indices_free(&engine->ending);
    memset(engine, 0, sizeof *engine);
}

/* ---------------------------------------------------------------- reports */

static int report(vel_match_t *engine, uint8_t kind, const vel_match_order_t *order, int64_t price, int64_t qty,
                  uint8_t reason)
{
    vel_match_report_t out = {.ts = engine->now,
                              .order_id = order->spec.order_id,
                              .price = price,
                              .qty = qty,
                              .leaves = order->leaves,
                              .owner = order->spec.owner,
                              .kind = kind,
                              .side = order->spec.side,
                              .reason = reason};
    return vel_match_reports_push(&engine->reports, &out);
}

static int refuse(vel_match_t *engine, uint8_t kind, const vel_match_command_t *command, uint8_t reason)
{
    vel_match_report_t out = {.ts = engine->now,
                              .order_id = command->order_id,
                              .price = command->price,
                              .qty = command->qty,
                              .owner = command->owner,
                              .kind = kind,
                              .side = command->side,
                              .reason = reason};
    return vel_match_reports_push(&engine->reports, &out);
}

/* ---------------------------------------------------------------- owners */

static int owner_make(vel_match_t *engine, int32_t owner, uint32_t *index)
{
    int64_t *found = vel_map_get(&engine->owners_index, owner);
    if (VEL_LIKELY(found != NULL)) {
        *index = (uint32_t)*found;
        return VEL_OK;
    }
    if (engine->owners_used == engine->owners_max) {
        uint32_t grown = engine->owners_max == 0 ? 64 : engine->owners_max * 2;
        vel_match_owner_t *owners = realloc(engine->owners, grown * sizeof *owners);
        if (owners == NULL)
            return VEL_ENOMEM;
        engine->owners = owners;
        engine->owners_max = grown;
    }
    *index = engine->owners_used;
    engine->owners[*index] = (vel_match_owner_t){0, NONE, NONE};
    int status = vel_map_put(&engine->owners_index, owner, *index);
    if (status == VEL_OK)
        engine->owners_used++;
    return status;
}

static vel_match_owner_t *owner_of(const vel_match_t *engine, int32_t owner)
{
    int64_t *found = vel_map_get(&engine->owners_index, owner);
    return found == NULL ? NULL : &engine->owners[*found];
}

/* Lots that a reduce-only order of this side may still fill. */
static int64_t reducible(const vel_match_t *engine, int32_t owner, uint8_t side)
{
    const vel_match_owner_t *found = owner == 0 ? NULL : owner_of(engine, owner);
    if (found == NULL)
        return 0;
    int64_t lots = side == VEL_SELL ? found->position : -found->position;
    return lots > 0 ? lots : 0;
}

/* ---------------------------------------------------------------- timers: a heap by (ts, sequence) */

static bool due_before(const vel_match_timer_t *a, const vel_match_timer_t *b)
{
    return a->ts != b->ts ? a->ts < b->ts : a->sequence < b->sequence;
}

static int timer_add(vel_match_t *engine, int64_t ts, uint32_t index)
{
    vel_match_timer_t timer = {ts, engine->orders[index].sequence, index};
    int status = vel_match_timers_push(&engine->timers, &timer);
    if (status != VEL_OK)
        return status;
    vel_match_timer_t *heap = engine->timers.items;
    int64_t at = engine->timers.count - 1;
    while (at > 0 && due_before(&timer, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = timer;
    return VEL_OK;
}

static vel_match_timer_t timer_pop(vel_match_t *engine)
{
    vel_match_timer_t *heap = engine->timers.items;
    vel_match_timer_t top = heap[0], last = heap[--engine->timers.count];
    int64_t count = engine->timers.count, at = 0;
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && due_before(&heap[child + 1], &heap[child]))
            child++;
        if (!due_before(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    if (count > 0)
        heap[at] = last;
    return top;
}

/* ---------------------------------------------------------------- pool and lists */

static int slot_take(vel_match_t *engine, uint32_t *index)
{
    if (engine->orders_free != NONE) {
        *index = engine->orders_free;
        engine->orders_free = engine->orders[*index].next_of_owner;
        return VEL_OK;
    }
    if (engine->orders_used == engine->orders_max) {
        uint32_t grown = engine->orders_max == 0 ? POOL_INITIAL : engine->orders_max * 2;
        vel_match_order_t *orders = realloc(engine->orders, grown * sizeof *orders);
        if (orders == NULL)
            return VEL_ENOMEM;
        engine->orders = orders;
        engine->orders_max = grown;
    }
    *index = engine->orders_used++;
    return VEL_OK;
}

/* A fresh order in all lists that it belongs to. */
static int attach(vel_match_t *engine, const vel_match_command_t *command, uint32_t *made)
{
    uint32_t index, owner;
    int status;
    if ((status = owner_make(engine, command->owner, &owner)) != VEL_OK ||
        (status = slot_take(engine, &index)) != VEL_OK)
        return status;
    vel_match_order_t *order = &engine->orders[index];
    *order = (vel_match_order_t){
        .spec = *command,
        .leaves = command->qty,
        .sequence = ++engine->sequence,
        .next_of_owner = NONE,
        .prev_of_owner = engine->owners[owner].last,
        .next_of_link = index,
        .prev_of_link = index,
        .next_of_parent = NONE,
        .prev_of_parent = NONE,
        .first_child = NONE,
        .last_child = NONE,
        .state = VEL_MATCH_ACTIVE,
    };
    if ((status = vel_map_put(&engine->index, command->order_id, index)) != VEL_OK ||
        (command->tif == VEL_MATCH_GTD && (status = timer_add(engine, command->expiry, index)) != VEL_OK))
        return status;
    if (engine->owners[owner].last == NONE)
        engine->owners[owner].first = index;
    else
        engine->orders[engine->owners[owner].last].next_of_owner = index;
    engine->owners[owner].last = index;
    if (command->link != 0) {
        int64_t *mate = vel_map_get(&engine->links, command->link);
        if (mate == NULL) {
            if ((status = vel_map_put(&engine->links, command->link, index)) != VEL_OK)
                return status;
        } else {
            /* Before the first: at the end of the ring. */
            uint32_t first = (uint32_t)*mate, last = engine->orders[first].prev_of_link;
            order->next_of_link = first;
            order->prev_of_link = last;
            engine->orders[last].next_of_link = index;
            engine->orders[first].prev_of_link = index;
        }
    }
    if (command->parent != 0) {
        vel_match_order_t *parent = &engine->orders[*vel_map_get(&engine->index, command->parent)];
        order->prev_of_parent = parent->last_child;
        if (parent->last_child == NONE)
            parent->first_child = index;
        else
            engine->orders[parent->last_child].next_of_parent = index;
        parent->last_child = index;
    }
    *made = index;
    return VEL_OK;
}

static void unlink_from_link(vel_match_t *engine, uint32_t index)
{
    vel_match_order_t *order = &engine->orders[index];
    if (order->spec.link == 0)
        return;
    if (order->next_of_link == index) {
        vel_map_remove(&engine->links, order->spec.link);
    } else {
        engine->orders[order->prev_of_link].next_of_link = order->next_of_link;
        engine->orders[order->next_of_link].prev_of_link = order->prev_of_link;
        int64_t *first = vel_map_get(&engine->links, order->spec.link);
        if (*first == index)
            *first = order->next_of_link;
    }
    order->next_of_link = order->prev_of_link = index;
    order->spec.link = 0;
}

static void unlink_from_parent(vel_match_t *engine, uint32_t index)
{
    vel_match_order_t *order = &engine->orders[index];
    if (order->spec.parent == 0)
        return;
    vel_match_order_t *parent = &engine->orders[*vel_map_get(&engine->index, order->spec.parent)];
    if (order->prev_of_parent == NONE)
        parent->first_child = order->next_of_parent;
    else
        engine->orders[order->prev_of_parent].next_of_parent = order->next_of_parent;
    if (order->next_of_parent == NONE)
        parent->last_child = order->prev_of_parent;
    else
        engine->orders[order->next_of_parent].prev_of_parent = order->prev_of_parent;
    order->next_of_parent = order->prev_of_parent = NONE;
    order->spec.parent = 0;
}

static int mark(vel_match_indices_t *list, const vel_match_t *engine, uint32_t index, uint8_t reason)
{
    vel_match_ref_t ref = {engine->orders[index].sequence, index, reason};
    return vel_match_indices_push(list, &ref);
}

static bool is_same(const vel_match_t *engine, const vel_match_ref_t *ref)
{
    return engine->orders[ref->index].sequence == ref->sequence && engine->orders[ref->index].state != VEL_MATCH_FREE;
}

/* The other orders of its link are to end. */
static int end_link(vel_match_t *engine, uint32_t index)
{
    if (engine->orders[index].spec.link == 0)
        return VEL_OK;
    for (uint32_t mate = engine->orders[index].next_of_link; mate != index; mate = engine->orders[mate].next_of_link) {
        int status = mark(&engine->ending, engine, mate, VEL_MATCH_REASON_LINKED);
        if (status != VEL_OK)
            return status;
    }
    while (engine->orders[index].next_of_link != index)
        unlink_from_link(engine, engine->orders[index].next_of_link);
    unlink_from_link(engine, index);
    return VEL_OK;
}

static bool is_trailing(const vel_match_order_t *order)
{
    return order->spec.trigger_kind >= VEL_TRIGGER_TRAIL_TICKS;
}

static void forget_trailing(vel_match_t *engine, uint32_t index)
{
    vel_match_indices_t *list = &engine->trailing;
    for (int64_t at = 0; at < list->count; at++)
        if (list->items[at].index == index) {
            memmove(&list->items[at], &list->items[at + 1], (size_t)(list->count - at - 1) * sizeof *list->items);
            list->count--;
            return;
        }
}

/* Out of the books. */
static void withdraw(vel_match_t *engine, uint32_t index)
{
    vel_match_order_t *order = &engine->orders[index];
    if (order->state == VEL_MATCH_RESTING)
        (void)vel_book_l3_cancel(&engine->book, index, 0);
    if (order->state == VEL_MATCH_WAITING) {
        (void)vel_book_l3_cancel(&engine->triggers, index, 0); /* one that trails has no trigger before a trade */
        if (is_trailing(order))
            forget_trailing(engine, index);
    }
    order->shown = 0;
    order->state = VEL_MATCH_ACTIVE;
}

/* The order is over. `kind` is VEL_MATCH_FILL for one that filled whole, whose report is made already. */
static int end_order(vel_match_t *engine, uint32_t index, uint8_t kind, uint8_t reason)
{
    vel_match_order_t *order = &engine->orders[index];
    int status;
    withdraw(engine, index);
    if (kind != VEL_MATCH_FILL &&
        (status = report(engine, kind, order, order->spec.price, order->leaves, reason)) != VEL_OK)
        return status;
    if ((status = end_link(engine, index)) != VEL_OK)
        return status;
    while (order->first_child != NONE) {
        uint32_t child = order->first_child;
        status = kind == VEL_MATCH_FILL ? mark(&engine->due, engine, child, 0)
                                        : mark(&engine->ending, engine, child, VEL_MATCH_REASON_PARENT);
        if (status != VEL_OK)
            return status;
        unlink_from_parent(engine, child);
    }
    unlink_from_parent(engine, index);
    vel_match_owner_t *owner = owner_of(engine, order->spec.owner);
    if (order->prev_of_owner == NONE)
        owner->first = order->next_of_owner;
    else
        engine->orders[order->prev_of_owner].next_of_owner = order->next_of_owner;
    if (order->next_of_owner == NONE)
        owner->last = order->prev_of_owner;
    else
        engine->orders[order->next_of_owner].prev_of_owner = order->prev_of_owner;
    vel_map_remove(&engine->index, order->spec.order_id);
    order->state = VEL_MATCH_FREE;
    order->next_of_owner = engine->orders_free;
    engine->orders_free = index;
    return VEL_OK;
}

/* Orders that end because another did, and those that end because of them. */
static int end_pending(vel_match_t *engine)
{
    for (int64_t at = 0; at < engine->ending.count; at++) {
        vel_match_ref_t ref = engine->ending.items[at];
        int status;
        if (is_same(engine, &ref) && (status = end_order(engine, ref.index, VEL_MATCH_CANCELED, ref.reason)) != VEL_OK)
            return status;
    }
    engine->ending.count = 0;
    return VEL_OK;
}

/* ---------------------------------------------------------------- triggers */

/* Whether the trigger stands above the last price: SELL side of `triggers`, fired by a rise. */
static uint8_t trigger_side(const vel_match_order_t *order)
{
    bool is_touched = order->spec.trigger_kind == VEL_TRIGGER_TOUCHED;
    return (order->spec.side == VEL_BUY) != is_touched ? VEL_SELL : VEL_BUY;
}

static bool is_reached(uint8_t side, int64_t trigger, int64_t last)
{
    return side == VEL_SELL ? last >= trigger : last <= trigger;
}

/* Trigger of a trailing order, from its best price. Basis points are rounded away from the price. */
static int64_t trail(const vel_match_order_t *order)
{
    int64_t distance = order->spec.trigger;
    if (order->spec.trigger_kind == VEL_TRIGGER_TRAIL_BPS) {
        vel_i128 scaled = (vel_i128)(order->best < 0 ? -order->best : order->best) * distance;
        distance = (int64_t)((scaled + 9999) / 10000);
        distance = distance < 1 ? 1 : distance;
    }
    int64_t trigger = order->spec.side == VEL_BUY ? order->best + distance : order->best - distance;
    if (trigger >= VEL_TICKS_MAX)
        return VEL_TICKS_MAX - 1;
    return trigger <= -VEL_TICKS_MAX ? 1 - VEL_TICKS_MAX : trigger;
}

static int wait_for_trigger(vel_match_t *engine, uint32_t index)
{
    vel_match_order_t *order = &engine->orders[index];
    int64_t trigger = order->spec.trigger;
    order->state = VEL_MATCH_WAITING;
    if (is_trailing(order)) {
        int status = mark(&engine->trailing, engine, index, 0);
        if (status != VEL_OK || !engine->has_last)
            return status; /* it begins to trail with the first trade */
        order->best = engine->last;
        trigger = trail(order);
    }
    return vel_book_l3_add(&engine->triggers, index, trigger_side(order), trigger, 1);
}

static int fire(vel_match_t *engine, uint32_t index, int64_t trigger)
{
    vel_match_order_t *order = &engine->orders[index];
    withdraw(engine, index);
    order->spec.trigger_kind = VEL_TRIGGER_NONE;
    int status = report(engine, VEL_MATCH_FIRED, order, trigger, order->leaves, VEL_REASON_NONE);
    if (status != VEL_OK || (status = mark(&engine->due, engine, index, 0)) != VEL_OK)
        return status;
    return end_link(engine, index);
}

/* A trade at a price: trailing orders follow, and what is reached fires. */
static int on_last(vel_match_t *engine, int64_t price)
{
    int status;
    bool is_first = !engine->has_last;
    engine->last = price;
    engine->has_last = 1;
    for (int64_t at = 0; at < engine->trailing.count; at++) {
        uint32_t index = engine->trailing.items[at].index;
        vel_match_order_t *order = &engine->orders[index];
        bool is_better = order->spec.side == VEL_BUY ? price < order->best : price > order->best;
        if (!is_first && !is_better)
            continue;
        order->best = price;
        if (!is_first && (status = vel_book_l3_cancel(&engine->triggers, index, 0)) != VEL_OK)
            return status;
        if ((status = vel_book_l3_add(&engine->triggers, index, trigger_side(order), trail(order), 1)) != VEL_OK)
            return status;
    }
    for (uint8_t side = 0; side < 2; side++) {
        const vel_l3_order_t *next;
        while ((next = vel_book_l3_first(&engine->triggers, side)) != NULL && is_reached(side, next->price, price))
            if ((status = fire(engine, (uint32_t)next->id, next->price)) != VEL_OK)
                return status;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- matching */

static uint8_t opposite(uint8_t side)
{
    return side == VEL_BUY ? VEL_SELL : VEL_BUY;
}

/* The farthest price at which an order may trade, as a key of the other side. */
static int64_t limit_key(const vel_match_order_t *order)
{
    return order->spec.type == VEL_MATCH_LIMIT ? vel_side_key(opposite(order->spec.side), order->spec.price)
                                               : VEL_NO_KEY - 1;
}

static bool would_take(const vel_match_t *engine, const vel_match_order_t *order)
{
    int64_t best = engine->book.levels.side[opposite(order->spec.side)].best_key;
    return best != VEL_NO_KEY && best <= limit_key(order);
}

static bool is_self(const vel_match_order_t *taker, const vel_match_order_t *maker)
{
    return taker->spec.owner != 0 && taker->spec.owner == maker->spec.owner && taker->spec.stp != VEL_STP_NONE;
}

/* Whether all of an order can fill at once. At a level with an order that would stop it, hidden lots do not count: they
 * come back behind it. */
static bool can_fill(const vel_match_t *engine, const vel_match_order_t *order)
{
    uint8_t side = opposite(order->spec.side);
    int64_t limit = limit_key(order), need = order->leaves;
    const vel_book_l3_t *book = &engine->book;
    if ((order->spec.flags & VEL_MATCH_REDUCE_ONLY) && reducible(engine, order->spec.owner, order->spec.side) < need)
        return false;
    const vel_ladder_t *ladder = &book->levels.side[side];
    for (int64_t key = ladder->best_key; key != VEL_NO_KEY && key <= limit && need > 0;
         key = vel_ladder_next(ladder, key)) {
        int64_t shown = 0, all = 0;
        bool is_stopped = false;
        for (const vel_l3_order_t *at = vel_book_l3_first_at(book, side, vel_key_ticks(side, key)); at != NULL;
             at = at->behind == VEL_NO_ORDER ? NULL : &book->orders[at->behind]) {
            const vel_match_order_t *maker = &engine->orders[at->id];
            int64_t lots = maker->leaves;
            if (is_self(order, maker)) {
                if (order->spec.stp == VEL_STP_TAKER || order->spec.stp == VEL_STP_BOTH) {
                    is_stopped = true;
                    break;
                }
                if (order->spec.stp == VEL_STP_MAKER)
                    continue;
            } else if (maker->spec.flags & VEL_MATCH_REDUCE_ONLY) {
                int64_t most = reducible(engine, maker->spec.owner, side);
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

static void move_position(vel_match_t *engine, int32_t owner, int64_t lots)
{
    if (owner != 0)
        owner_of(engine, owner)->position += lots;
}

/* Take lots off a resting order without a trade or with one; its place stays, an iceberg's next part goes to the back.
 */
static int take_off(vel_match_t *engine, uint32_t index, int64_t lots)
{
    vel_match_order_t *order = &engine->orders[index];
    int64_t from_book = lots < order->shown ? lots : order->shown;
    order->leaves -= lots;
    order->shown -= from_book;
    int status = vel_book_l3_cancel(&engine->book, index, from_book);
    if (status != VEL_OK || order->leaves == 0 || order->shown > 0)
        return status;
    order->shown = order->spec.display < order->leaves ? order->spec.display : order->leaves;
    return vel_book_l3_add(&engine->book, index, order->spec.side, order->spec.price, order->shown);
}

static int trade(vel_match_t *engine, uint32_t taker_index, uint32_t maker_index, int64_t qty)
{
    vel_match_order_t *taker = &engine->orders[taker_index], *maker = &engine->orders[maker_index];
    int64_t price = maker->spec.price;
    int status;
    engine->trades++;
    taker->leaves -= qty;
    if ((status = take_off(engine, maker_index, qty)) != VEL_OK)
        return status;
    if (maker->leaves == 0)
        maker->state = VEL_MATCH_ACTIVE; /* it has left the book */
    move_position(engine, taker->spec.owner, taker->spec.side == VEL_BUY ? qty : -qty);
    move_position(engine, maker->spec.owner, maker->spec.side == VEL_BUY ? qty : -qty);
    for (int i = 0; i < 2; i++) {
        const vel_match_order_t *order = i == 0 ? taker : maker, *other = i == 0 ? maker : taker;
        vel_match_report_t out = {.ts = engine->now,
                                  .order_id = order->spec.order_id,
                                  .other_id = other->spec.order_id,
                                  .trade = engine->trades,
                                  .price = price,
                                  .qty = qty,
                                  .leaves = order->leaves,
                                  .owner = order->spec.owner,
                                  .kind = VEL_MATCH_FILL,
                                  .side = order->spec.side,
                                  .maker = i == 1};
        if ((status = vel_match_reports_push(&engine->reports, &out)) != VEL_OK)
            return status;
    }
    if ((status = end_link(engine, maker_index)) != VEL_OK || (status = end_link(engine, taker_index)) != VEL_OK)
        return status;
    if (maker->leaves == 0 && (status = end_order(engine, maker_index, VEL_MATCH_FILL, 0)) != VEL_OK)
        return status;
    if (taker->leaves == 0 && (status = end_order(engine, taker_index, VEL_MATCH_FILL, 0)) != VEL_OK)
        return status;
    if ((status = end_pending(engine)) != VEL_OK || (status = on_last(engine, price)) != VEL_OK)
        return status;
    return end_pending(engine);
}

/* The taker has come to an order of its owner. VEL_OK, or an error; the taker may be over afterwards. */
static int prevent_self_trade(vel_match_t *engine, uint32_t taker_index, uint32_t maker_index)
{
    vel_match_order_t *taker = &engine->orders[taker_index], *maker = &engine->orders[maker_index];
    uint8_t rule = taker->spec.stp;
    int status = VEL_OK;
    if (rule == VEL_STP_DECREMENT) {
        int64_t lots = taker->leaves < maker->leaves ? taker->leaves : maker->leaves;
        bool ends_maker = lots == maker->leaves, ends_taker = lots == taker->leaves;
        if (!ends_maker) {
            maker->spec.qty -= lots;
            if ((status = take_off(engine, maker_index, lots)) == VEL_OK)
                status =
                    report(engine, VEL_MATCH_AMENDED, maker, maker->spec.price, maker->spec.qty, VEL_REASON_SELF_TRADE);
        }
        if (status == VEL_OK && !ends_taker) {
            taker->leaves -= lots;
            taker->spec.qty -= lots;
            status =
                report(engine, VEL_MATCH_AMENDED, taker, taker->spec.price, taker->spec.qty, VEL_REASON_SELF_TRADE);
        }
        if (status == VEL_OK && ends_maker)
            status = end_order(engine, maker_index, VEL_MATCH_EXPIRED, VEL_REASON_SELF_TRADE);
        if (status == VEL_OK && ends_taker)
            status = end_order(engine, taker_index, VEL_MATCH_EXPIRED, VEL_REASON_SELF_TRADE);
        return status == VEL_OK ? end_pending(engine) : status;
    }
    if (rule == VEL_STP_MAKER || rule == VEL_STP_BOTH)
        status = end_order(engine, maker_index, VEL_MATCH_EXPIRED, VEL_REASON_SELF_TRADE);
    if (status == VEL_OK && (rule == VEL_STP_TAKER || rule == VEL_STP_BOTH))
        status = end_order(engine, taker_index, VEL_MATCH_EXPIRED, VEL_REASON_SELF_TRADE);
    return status == VEL_OK ? end_pending(engine) : status;
}

/* Into the book with what is left. */
static int rest(vel_match_t *engine, uint32_t index)
{
    vel_match_order_t *order = &engine->orders[index];
    int64_t display = order->spec.display;
    order->state = VEL_MATCH_RESTING;
    order->shown = display > 0 && display < order->leaves ? display : order->leaves;
    return vel_book_l3_add(&engine->book, index, order->spec.side, order->spec.price, order->shown);
}

/* An active order meets the book, and rests or ends with what is left. */
static int act(vel_match_t *engine, uint32_t index)
{
    vel_match_order_t *order = &engine->orders[index];
    uint8_t side = opposite(order->spec.side);
    int64_t limit = limit_key(order);
    bool has_traded = false;
    vel_match_ref_t self = {order->sequence, index, 0};
    int status;

    if ((order->spec.flags & VEL_MATCH_REDUCE_ONLY) && reducible(engine, order->spec.owner, order->spec.side) == 0)
        return end_order(engine, index, VEL_MATCH_EXPIRED, VEL_MATCH_REASON_REDUCE_ONLY);
    if (order->spec.tif == VEL_MATCH_FOK && !can_fill(engine, order))
        return end_order(engine, index, VEL_MATCH_EXPIRED, VEL_REASON_FOK);
    if (order->spec.type == VEL_MATCH_MARKET_TO_LIMIT)
        limit = engine->book.levels.side[side].best_key; /* the best price and no other */
    for (;;) { /* an order that fills whole is over before the loop comes back */
        const vel_l3_order_t *first = vel_book_l3_first(&engine->book, side);
        if (first == NULL || vel_side_key(side, first->price) > limit)
            break;
        uint32_t maker_index = (uint32_t)first->id;
        int64_t qty = first->qty;
        const vel_match_order_t *maker = &engine->orders[maker_index];
        if (is_self(order, maker)) {
            if ((status = prevent_self_trade(engine, index, maker_index)) != VEL_OK || !is_same(engine, &self))
                return status;
            continue;
        }
        if (maker->spec.flags & VEL_MATCH_REDUCE_ONLY) {
            int64_t most = reducible(engine, maker->spec.owner, maker->spec.side);
            if (most == 0) {
                if ((status = end_order(engine, maker_index, VEL_MATCH_EXPIRED, VEL_MATCH_REASON_REDUCE_ONLY)) !=
                        VEL_OK ||
                    (status = end_pending(engine)) != VEL_OK || !is_same(engine, &self))
                    return status;
                continue;
            }
            qty = qty < most ? qty : most;
        }
        if (order->spec.flags & VEL_MATCH_REDUCE_ONLY) {
            int64_t most = reducible(engine, order->spec.owner, order->spec.side);
            if (most == 0)
                return end_order(engine, index, VEL_MATCH_EXPIRED, VEL_MATCH_REASON_REDUCE_ONLY);
            qty = qty < most ? qty : most;
        }
        qty = qty < order->leaves ? qty : order->leaves;
        if (order->spec.type == VEL_MATCH_MARKET_TO_LIMIT)
            order->spec.price = first->price;
        has_traded = true;
        if ((status = trade(engine, index, maker_index, qty)) != VEL_OK || !is_same(engine, &self))
            return status;
    }
    if (order->spec.type == VEL_MATCH_MARKET || (order->spec.type == VEL_MATCH_MARKET_TO_LIMIT && !has_traded))
        return end_order(engine, index, VEL_MATCH_EXPIRED, has_traded ? VEL_REASON_IOC : VEL_REASON_NO_LIQUIDITY);
    if (order->spec.tif == VEL_MATCH_IOC || order->spec.tif == VEL_MATCH_FOK)
        return end_order(engine, index, VEL_MATCH_EXPIRED, VEL_REASON_IOC);
    order->spec.type = VEL_MATCH_LIMIT;
    return rest(engine, index);
}

/* A fired or released order goes to the book, or waits for its trigger. */
static int begin(vel_match_t *engine, uint32_t index, bool is_new)
{
    vel_match_order_t *order = &engine->orders[index];
    if (order->spec.trigger_kind != VEL_TRIGGER_NONE) {
        uint8_t side = trigger_side(order);
        if (!is_trailing(order) && engine->has_last && is_reached(side, order->spec.trigger, engine->last))
            return fire(engine, index, order->spec.trigger); /* a released child; new ones are refused */
        return wait_for_trigger(engine, index);
    }
    if ((order->spec.flags & VEL_MATCH_POST_ONLY) && would_take(engine, order)) {
        if (!(order->spec.flags & VEL_MATCH_SLIDE))
            return end_order(engine, index, is_new ? VEL_MATCH_REJECTED : VEL_MATCH_EXPIRED, VEL_REASON_POST_ONLY);
        uint8_t side = opposite(order->spec.side);
        int64_t best = vel_key_ticks(side, engine->book.levels.side[side].best_key);
        order->spec.price = order->spec.side == VEL_BUY ? best - 1 : best + 1;
    }
    int status = VEL_OK;
    if (is_new)
        status = report(engine, VEL_MATCH_ACK, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
    return status == VEL_OK ? act(engine, index) : status;
}

/* Everything that the command set off. */
static int settle(vel_match_t *engine)
{
    int status = end_pending(engine);
    for (int64_t at = 0; status == VEL_OK && at < engine->due.count; at++) {
        vel_match_ref_t ref = engine->due.items[at];
        if (!is_same(engine, &ref))
            continue;
        vel_match_order_t *order = &engine->orders[ref.index];
        if (order->state == VEL_MATCH_HELD) {
            order->state = VEL_MATCH_ACTIVE;
            status = report(engine, VEL_MATCH_RELEASED, order, order->spec.price, order->leaves, VEL_REASON_NONE);
        }
        if (status == VEL_OK)
            status = begin(engine, ref.index, false);
        if (status == VEL_OK)
            status = end_pending(engine);
    }
    engine->due.count = 0;
    return status;
}

/* ---------------------------------------------------------------- commands */

static bool is_price(int64_t ticks)
{
    return ticks > -VEL_TICKS_MAX && ticks < VEL_TICKS_MAX;
}

static uint8_t check_new(const vel_match_t *engine, const vel_match_command_t *new)
{
    bool is_limit = new->type == VEL_MATCH_LIMIT;
    bool may_rest = new->tif == VEL_MATCH_GTC || new->tif == VEL_MATCH_GTD || new->tif == VEL_MATCH_DAY;
    if (new->side > VEL_SELL || new->type > VEL_MATCH_MARKET_TO_LIMIT || new->tif > VEL_MATCH_DAY ||
        new->trigger_kind > VEL_TRIGGER_TRAIL_BPS || new->stp > VEL_STP_DECREMENT || new->flags > 7 || new->qty <= 0 ||
        new->qty > QTY_MAX || new->order_id == 0 || (is_limit && !is_price(new->price)) || new->display < 0 ||
        new->display > new->qty || (new->display > 0 && !(is_limit && may_rest)) ||
        ((new->flags & VEL_MATCH_POST_ONLY) && !(is_limit && may_rest)) ||
        ((new->flags & VEL_MATCH_SLIDE) && !(new->flags & VEL_MATCH_POST_ONLY)) ||
        (new->type == VEL_MATCH_MARKET_TO_LIMIT && !may_rest) || new->parent == new->order_id)
        return VEL_MATCH_REASON_INVALID;
    if (new->trigger_kind == VEL_TRIGGER_TRAIL_TICKS || new->trigger_kind == VEL_TRIGGER_TRAIL_BPS) {
        int64_t most = new->trigger_kind == VEL_TRIGGER_TRAIL_BPS ? 9999 : VEL_TICKS_MAX / 4;
        if (new->trigger < 1 || new->trigger > most)
            return VEL_MATCH_REASON_INVALID;
    } else if (new->trigger_kind != VEL_TRIGGER_NONE && !is_price(new->trigger)) {
        return VEL_MATCH_REASON_INVALID;
    }
    if (vel_map_get(&engine->index, new->order_id) != NULL)
        return VEL_MATCH_REASON_DUPLICATE;
    if (new->tif == VEL_MATCH_GTD && new->expiry <= engine->now)
        return VEL_MATCH_REASON_EXPIRED;
    if (new->link != 0) {
        int64_t *mate = vel_map_get(&engine->links, new->link);
        if (mate != NULL && engine->orders[*mate].spec.owner != new->owner)
            return VEL_MATCH_REASON_INVALID;
    }
    if (new->parent != 0) {
        int64_t *parent = vel_map_get(&engine->index, new->parent);
        if (parent == NULL || engine->orders[*parent].spec.owner != new->owner)
            return VEL_MATCH_REASON_PARENT;
        return VEL_REASON_NONE; /* the rest is seen when it is released */
    }
    if (new->trigger_kind == VEL_TRIGGER_STOP || new->trigger_kind == VEL_TRIGGER_TOUCHED) {
        vel_match_order_t order = {.spec = *new};
        if (engine->has_last && is_reached(trigger_side(&order), new->trigger, engine->last))
            return VEL_MATCH_REASON_TRIGGERED;
    } else if ((new->flags & VEL_MATCH_REDUCE_ONLY) && new->trigger_kind == VEL_TRIGGER_NONE &&
               reducible(engine, new->owner, new->side) == 0) {
        return VEL_MATCH_REASON_REDUCE_ONLY;
    }
    return VEL_REASON_NONE;
}

static int on_new(vel_match_t *engine, const vel_match_command_t *command)
{
    uint8_t reason = check_new(engine, command);
    uint32_t index;
    if (reason != VEL_REASON_NONE)
        return refuse(engine, VEL_MATCH_REJECTED, command, reason);
    int status = attach(engine, command, &index);
    if (status != VEL_OK)
        return status;
    vel_match_order_t *order = &engine->orders[index];
    if (command->parent != 0 || command->trigger_kind != VEL_TRIGGER_NONE) {
        status = report(engine, VEL_MATCH_ACK, order, command->price, command->qty, VEL_REASON_NONE);
        if (command->parent != 0) {
            order->state = VEL_MATCH_HELD;
            return status;
        }
    }
    return status == VEL_OK ? begin(engine, index, true) : status;
}

static int on_amend(vel_match_t *engine, const vel_match_command_t *command)
{
    int64_t *found = vel_map_get(&engine->index, command->order_id);
    vel_match_order_t *order = found == NULL ? NULL : &engine->orders[*found];
    if (order == NULL || order->spec.owner != command->owner)
        return refuse(engine, VEL_MATCH_AMEND_REJECTED, command, VEL_REASON_UNKNOWN_ORDER);
    uint32_t index = (uint32_t)*found;
    bool is_limit = order->spec.type == VEL_MATCH_LIMIT;
    if (command->qty <= 0 || command->qty > QTY_MAX || (is_limit && !is_price(command->price)))
        return refuse(engine, VEL_MATCH_AMEND_REJECTED, command, VEL_MATCH_REASON_INVALID);
    int64_t filled = order->spec.qty - order->leaves;
    if (command->qty <= filled)
        return end_order(engine, index, VEL_MATCH_CANCELED, VEL_REASON_AMEND);
    int status;
    if (order->state != VEL_MATCH_RESTING) {
        if (is_limit)
            order->spec.price = command->price;
        order->spec.qty = command->qty;
        order->leaves = command->qty - filled;
        if (order->spec.display > order->spec.qty)
            order->spec.display = order->spec.qty;
        return report(engine, VEL_MATCH_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
    }
    if (command->price == order->spec.price && command->qty <= order->spec.qty) {
        int64_t leaves = command->qty - filled;
        if (order->shown > leaves) {
            if ((status = vel_book_l3_cancel(&engine->book, index, order->shown - leaves)) != VEL_OK)
                return status;
            order->shown = leaves;
        }
        order->leaves = leaves;
        order->spec.qty = command->qty;
        return report(engine, VEL_MATCH_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
    }
    if (order->spec.flags & VEL_MATCH_POST_ONLY) {
        vel_match_order_t moved = *order;
        moved.spec.price = command->price;
        if (would_take(engine, &moved))
            return refuse(engine, VEL_MATCH_AMEND_REJECTED, command, VEL_REASON_POST_ONLY);
    }
    if (VEL_LIKELY(order->spec.display == 0 && !(order->spec.flags & VEL_MATCH_REDUCE_ONLY))) {
        /* The common case, without leaving the book: nothing to take at the new price. */
        vel_match_order_t moved = {.spec = order->spec};
        moved.spec.price = command->price;
        if (!would_take(engine, &moved)) {
            int64_t leaves = command->qty - filled;
            if ((status = vel_book_l3_change(&engine->book, index, command->price, leaves)) != VEL_OK)
                return status;
            order->spec.price = command->price;
            order->spec.qty = command->qty;
            order->leaves = order->shown = leaves;
            return report(engine, VEL_MATCH_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
        }
    }
    withdraw(engine, index);
    order->spec.price = command->price;
    order->spec.qty = command->qty;
    order->leaves = command->qty - filled;
    status = report(engine, VEL_MATCH_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
    return status == VEL_OK ? act(engine, index) : status;
}

static int on_cancel(vel_match_t *engine, const vel_match_command_t *command)
{
    int64_t *found = vel_map_get(&engine->index, command->order_id);
    if (found == NULL || engine->orders[*found].spec.owner != command->owner)
        return refuse(engine, VEL_MATCH_CANCEL_REJECTED, command, VEL_REASON_UNKNOWN_ORDER);
    return end_order(engine, (uint32_t)*found, VEL_MATCH_CANCELED, VEL_REASON_NONE);
}

static int on_cancel_all(vel_match_t *engine, const vel_match_command_t *command)
{
    vel_match_owner_t *owner;
    while ((owner = owner_of(engine, command->owner)) != NULL && owner->first != NONE) {
        int status = end_order(engine, owner->first, VEL_MATCH_CANCELED, VEL_MATCH_REASON_ALL);
        if (status != VEL_OK || (status = end_pending(engine)) != VEL_OK)
            return status;
    }
    return VEL_OK;
}

int vel_match_advance(vel_match_t *engine, int64_t ts)
{
    if (ts < engine->now)
        return VEL_EINVAL;
    while (engine->timers.count > 0 && engine->timers.items[0].ts <= ts) {
        vel_match_timer_t timer = timer_pop(engine);
        vel_match_ref_t ref = {timer.sequence, timer.index, 0};
        if (!is_same(engine, &ref))
            continue;
        engine->now = timer.ts > engine->now ? timer.ts : engine->now;
        int status = end_order(engine, ref.index, VEL_MATCH_EXPIRED, VEL_MATCH_REASON_EXPIRED);
        if (status != VEL_OK || (status = settle(engine)) != VEL_OK)
            return status;
    }
    engine->now = ts;
    return VEL_OK;
}

int vel_match_on_command(vel_match_t *engine, const vel_match_command_t *command)
{
    int status = vel_match_advance(engine, command->ts);
    if (status != VEL_OK)
        return status;
    switch (command->action) {
    case VEL_MATCH_NEW:
        status = on_new(engine, command);
        break;
    case VEL_MATCH_AMEND:
        status = on_amend(engine, command);
        break;
    case VEL_MATCH_CANCEL:
        status = on_cancel(engine, command);
        break;
    case VEL_MATCH_CANCEL_ALL:
        status = on_cancel_all(engine, command);
        break;
    default:
        return VEL_EINVAL;
    }
    return status == VEL_OK ? settle(engine) : status;
}

int vel_match_apply(vel_match_t *engine, const vel_match_command_t *commands, int64_t count, int64_t *failed)
{
    for (int64_t at = 0; at < count; at++) {
        int status = vel_match_on_command(engine, &commands[at]);
        if (VEL_UNLIKELY(status != VEL_OK)) {
            *failed = at;
            return status;
        }
    }
    return VEL_OK;
}

static int by_sequence(const void *a, const void *b)
{
    int64_t left = ((const vel_match_ref_t *)a)->sequence, right = ((const vel_match_ref_t *)b)->sequence;
    return (left > right) - (left < right);
}

int vel_match_end_of_day(vel_match_t *engine)
{
    vel_match_indices_t list = {0};
    int status = VEL_OK;
    for (uint32_t index = 0; status == VEL_OK && index < engine->orders_used; index++)
        if (engine->orders[index].state != VEL_MATCH_FREE && engine->orders[index].spec.tif == VEL_MATCH_DAY)
            status = mark(&list, engine, index, 0);
    if (list.count > 1)
        qsort(list.items, (size_t)list.count, sizeof *list.items, by_sequence);
    for (int64_t at = 0; status == VEL_OK && at < list.count; at++)
        if (is_same(engine, &list.items[at]) &&
            (status = end_order(engine, list.items[at].index, VEL_MATCH_EXPIRED, VEL_MATCH_REASON_EXPIRED)) == VEL_OK)
            status = settle(engine);
    vel_match_indices_free(&list);
    return status;
}

/* ---------------------------------------------------------------- reading */

const vel_match_order_t *vel_match_order(const vel_match_t *engine, int64_t order_id)
{
    const int64_t *found = vel_map_get(&engine->index, order_id);
    return found == NULL ? NULL : &engine->orders[*found];
}

int64_t vel_match_position(const vel_match_t *engine, int32_t owner)
{
    const vel_match_owner_t *found = owner_of(engine, owner);
    return found == NULL ? 0 : found->position;
}

int64_t vel_match_count(const vel_match_t *engine)
{
    return (int64_t)engine->index.count;
}

uint64_t vel_match_state_hash(const vel_match_t *engine)
{
    uint64_t hash = VEL_HASH_SEED;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_ladder_t *ladder = &engine->book.levels.side[side];
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key))
            for (const vel_l3_order_t *at = vel_book_l3_first_at(&engine->book, side, vel_key_ticks(side, key));
                 at != NULL; at = at->behind == VEL_NO_ORDER ? NULL : &engine->book.orders[at->behind]) {
                const vel_match_order_t *order = &engine->orders[at->id];
                hash = vel_hash_i64(hash, order->spec.order_id);
                hash = vel_hash_i64(hash, order->spec.price);
                hash = vel_hash_i64(hash, order->shown);
                hash = vel_hash_i64(hash, order->leaves);
            }
    }
    hash = vel_hash_i64(hash, engine->trades);
    hash = vel_hash_i64(hash, (int64_t)engine->index.count);
    return vel_hash_i64(hash, engine->has_last ? engine->last : 0);
}
