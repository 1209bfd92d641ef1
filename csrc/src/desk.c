#include "velora/desk.h"

#include <string.h>

#define NONE VEL_DESK_NONE
#define POOL_INITIAL 64u
#define TIMERS_ENDED_MIN 64 /* so few timers of ended orders may stay in any case */

/* ---------------------------------------------------------------- life */

int vel_desk_init(vel_desk_t *desk, const vel_desk_host_t *host, void *self)
{
    memset(desk, 0, sizeof *desk);
    desk->host = host;
    desk->self = self;
    desk->orders_free = NONE;
    desk->now = INT64_MIN;
    return VEL_OK;
}

void vel_desk_free(vel_desk_t *desk)
{
    for (int by = 0; by < VEL_PRICES; by++)
        if (desk->triggers[by] != NULL) {
            vel_book_l3_free(desk->triggers[by]);
            free(desk->triggers[by]);
        }
    vel_map_free(&desk->index);
    vel_map_free(&desk->owners_index);
    free(desk->ended);
    for (uint32_t owner = 0; owner < desk->owners_used; owner++)
        vel_map_free(&desk->owners[owner].links);
    free(desk->orders);
    free(desk->owners);
    vel_desk_timers_free(&desk->timers);
    vel_desk_refs_free(&desk->trailing);
    vel_desk_refs_free(&desk->due);
    vel_desk_refs_free(&desk->ending);
    memset(desk, 0, sizeof *desk);
}

/* ---------------------------------------------------------------- reports */

static int report(vel_desk_t *desk, uint8_t kind, const vel_desk_order_t *order, int64_t price, int64_t qty,
                  uint8_t reason)
{
    return desk->host->report(desk->self, kind, &order->spec, vel_desk_left(order), price, qty, reason);
}

static int refuse(vel_desk_t *desk, uint8_t kind, const vel_desk_command_t *command, uint8_t reason)
{
    return desk->host->report(desk->self, kind, command, 0, command->price, command->qty, reason);
}

/* ---------------------------------------------------------------- owners */

static int64_t owner_key(int32_t owner, int32_t strategy)
{
    return (int64_t)((uint64_t)(uint32_t)owner << 32 | (uint32_t)strategy);
}

static int owner_make(vel_desk_t *desk, int32_t owner, int32_t strategy, uint32_t *index)
{
    int64_t *found = vel_map_get(&desk->owners_index, owner_key(owner, strategy));
    if (VEL_LIKELY(found != NULL)) {
        *index = (uint32_t)*found;
        return VEL_OK;
    }
    uint32_t first = NONE;
    int status = strategy == 0 ? VEL_OK : owner_make(desk, owner, 0, &first);
    if (status != VEL_OK)
        return status;
    if (desk->owners_used == desk->owners_max) {
        uint32_t grown = desk->owners_max == 0 ? 64 : desk->owners_max * 2;
        vel_desk_owner_t *owners = realloc(desk->owners, grown * sizeof *owners);
        if (owners == NULL)
            return VEL_ENOMEM;
        desk->owners = owners;
        desk->owners_max = grown;
    }
    *index = desk->owners_used;
    if ((status = vel_map_put(&desk->owners_index, owner_key(owner, strategy), *index)) != VEL_OK)
        return status;
    desk->owners[*index] = (vel_desk_owner_t){.first = NONE, .last = NONE, .next_of_account = NONE};
    desk->owners_used++;
    if (first != NONE) {
        desk->owners[*index].next_of_account = desk->owners[first].next_of_account;
        desk->owners[first].next_of_account = *index;
    }
    return VEL_OK;
}

static vel_desk_owner_t *owner_of(const vel_desk_t *desk, int32_t owner, int32_t strategy)
{
    int64_t *found = vel_map_get(&desk->owners_index, owner_key(owner, strategy));
    return found == NULL ? NULL : &desk->owners[*found];
}

static int64_t reducible_of(const vel_desk_owner_t *owner, const vel_desk_command_t *spec)
{
    if (spec->owner == 0 || owner == NULL)
        return 0;
    int64_t lots = spec->side == VEL_SELL ? owner->position : -owner->position;
    return lots > 0 ? lots : 0;
}

int64_t vel_desk_reducible(const vel_desk_t *desk, const vel_desk_order_t *order)
{
    return reducible_of(&desk->owners[order->owner], &order->spec);
}

/* ---------------------------------------------------------------- timers: a heap by (ts, sequence)
 *
 * An order that ends before its time leaves its timer behind, as orders do not know where theirs are: that would have
 * to be kept up at every step of a sift. When those left behind are more than half of the heap, they are taken out
 * together, which costs each a constant. The keys are unique, so the others come in the same order whatever the shape
 * of the heap. */

static bool due_before(const vel_desk_timer_t *a, const vel_desk_timer_t *b)
{
    return a->ts != b->ts ? a->ts < b->ts : a->sequence < b->sequence;
}

/* Put a timer at a free place, or below it. */
static void timer_sink(vel_desk_timer_t *heap, int64_t count, int64_t at, vel_desk_timer_t timer)
{
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && due_before(&heap[child + 1], &heap[child]))
            child++;
        if (!due_before(&heap[child], &timer))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = timer;
}

static int timer_add(vel_desk_t *desk, int64_t ts, uint32_t index)
{
    vel_desk_timer_t timer = {ts, desk->orders[index].sequence, index};
    int status = vel_desk_timers_push(&desk->timers, &timer);
    if (status != VEL_OK)
        return status;
    vel_desk_timer_t *heap = desk->timers.items;
    int64_t at = desk->timers.count - 1;
    while (at > 0 && due_before(&timer, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = timer;
    desk->timed++;
    return VEL_OK;
}

static vel_desk_timer_t timer_pop(vel_desk_t *desk)
{
    vel_desk_timer_t *heap = desk->timers.items;
    vel_desk_timer_t top = heap[0], last = heap[--desk->timers.count];
    if (desk->timers.count > 0)
        timer_sink(heap, desk->timers.count, 0, last);
    return top;
}

static bool is_timed(const vel_desk_t *desk, const vel_desk_timer_t *timer)
{
    vel_desk_ref_t ref = {timer->sequence, timer->index, 0};
    return vel_desk_is_same(desk, &ref);
}

/* An order with a time has ended. */
static void timer_leave(vel_desk_t *desk)
{
    vel_desk_timer_t *heap = desk->timers.items;
    desk->timed--;
    int64_t ended = desk->timers.count - desk->timed, kept = 0;
    if (ended <= TIMERS_ENDED_MIN || ended <= desk->timed)
        return;
    for (int64_t at = 0; at < desk->timers.count; at++)
        if (is_timed(desk, &heap[at]))
            heap[kept++] = heap[at];
    VEL_DEBUG_ASSERT(kept == desk->timed);
    desk->timers.count = kept;
    for (int64_t at = kept / 2; at-- > 0;)
        timer_sink(heap, kept, at, heap[at]);
}

/* ---------------------------------------------------------------- pool and lists */

static int slot_take(vel_desk_t *desk, uint32_t *index)
{
    if (desk->orders_free != NONE) {
        *index = desk->orders_free;
        desk->orders_free = desk->orders[*index].next_of_owner;
        return VEL_OK;
    }
    if (desk->orders_used == desk->orders_max) {
        uint32_t grown = desk->orders_max == 0 ? POOL_INITIAL : desk->orders_max * 2;
        vel_desk_order_t *orders = realloc(desk->orders, grown * sizeof *orders);
        if (orders == NULL)
            return VEL_ENOMEM;
        desk->orders = orders;
        desk->orders_max = grown;
    }
    *index = desk->orders_used++;
    return VEL_OK;
}

/* A fresh order in all lists that it belongs to. */
static int attach(vel_desk_t *desk, const vel_desk_command_t *command, uint32_t *made)
{
    uint32_t index, owner;
    int status;
    if ((status = owner_make(desk, command->owner, command->strategy, &owner)) != VEL_OK ||
        (status = slot_take(desk, &index)) != VEL_OK)
        return status;
    vel_desk_order_t *order = &desk->orders[index];
    /* Field by field: a compound literal is zeroed as a whole first. */
    order->spec = *command;
    order->leaves = command->qty;
    order->held = 0;
    order->coming = 0;
    order->asked = 0;
    order->shown = 0;
    order->best = 0;
    order->sequence = ++desk->sequence;
    order->owner = owner;
    order->next_of_owner = NONE;
    order->prev_of_owner = desk->owners[owner].last;
    order->next_of_link = index;
    order->prev_of_link = index;
    order->next_of_parent = NONE;
    order->prev_of_parent = NONE;
    order->first_child = NONE;
    order->last_child = NONE;
    order->state = VEL_DESK_ACTIVE;
    order->is_child = 0;
    order->watches = 0;
    order->has_begun = 0;
    if ((status = vel_map_put(&desk->index, command->order_id, index)) != VEL_OK ||
        (command->tif == VEL_GTD && (status = timer_add(desk, command->expiry, index)) != VEL_OK))
        return status;
    if (desk->owners[owner].last == NONE)
        desk->owners[owner].first = index;
    else
        desk->orders[desk->owners[owner].last].next_of_owner = index;
    desk->owners[owner].last = index;
    if (command->link != 0) {
        vel_map_t *links = &desk->owners[owner].links;
        int64_t *mate = vel_map_get(links, command->link);
        if (mate == NULL) {
            if ((status = vel_map_put(links, command->link, index)) != VEL_OK)
                return status;
        } else {
            /* Before the first: at the end of the ring. */
            uint32_t first = (uint32_t)*mate, last = desk->orders[first].prev_of_link;
            order->next_of_link = first;
            order->prev_of_link = last;
            desk->orders[last].next_of_link = index;
            desk->orders[first].prev_of_link = index;
        }
    }
    if (command->parent != 0) {
        vel_desk_order_t *parent = &desk->orders[*vel_map_get(&desk->index, command->parent)];
        order->prev_of_parent = parent->last_child;
        if (parent->last_child == NONE)
            parent->first_child = index;
        else
            desk->orders[parent->last_child].next_of_parent = index;
        parent->last_child = index;
    }
    *made = index;
    return VEL_OK;
}

static void unlink_from_link(vel_desk_t *desk, uint32_t index)
{
    vel_desk_order_t *order = &desk->orders[index];
    if (order->spec.link == 0)
        return;
    vel_map_t *links = &desk->owners[order->owner].links;
    if (order->next_of_link == index) {
        vel_map_remove(links, order->spec.link);
    } else {
        desk->orders[order->prev_of_link].next_of_link = order->next_of_link;
        desk->orders[order->next_of_link].prev_of_link = order->prev_of_link;
        int64_t *first = vel_map_get(links, order->spec.link);
        if (*first == index)
            *first = order->next_of_link;
    }
    order->next_of_link = order->prev_of_link = index;
    order->spec.link = 0;
}

static void unlink_from_parent(vel_desk_t *desk, uint32_t index)
{
    vel_desk_order_t *order = &desk->orders[index];
    if (order->spec.parent == 0)
        return;
    vel_desk_order_t *parent = &desk->orders[*vel_map_get(&desk->index, order->spec.parent)];
    if (order->prev_of_parent == NONE)
        parent->first_child = order->next_of_parent;
    else
        desk->orders[order->prev_of_parent].next_of_parent = order->next_of_parent;
    if (order->next_of_parent == NONE)
        parent->last_child = order->prev_of_parent;
    else
        desk->orders[order->next_of_parent].prev_of_parent = order->prev_of_parent;
    order->next_of_parent = order->prev_of_parent = NONE;
    order->spec.parent = 0;
}

static int mark(vel_desk_refs_t *list, const vel_desk_t *desk, uint32_t index, uint8_t reason, int64_t lots)
{
    vel_desk_ref_t ref = {desk->orders[index].sequence, index, reason, lots};
    return vel_desk_refs_push(list, &ref);
}

/* ---------------------------------------------------------------- links */

/* Whether an order of a link outlives what happens to another. */
static bool protects(const vel_desk_t *desk, const vel_desk_order_t *order, const vel_desk_order_t *other)
{
    uint8_t flags = order->spec.flags;
    if ((desk->rules & VEL_DESK_LINKS_CANCEL) || (flags & VEL_EXEC_LINK_CANCELS))
        return false;
    if ((flags & (VEL_EXEC_LINK_REDUCES | VEL_EXEC_REDUCE_ONLY)) || order->is_child)
        return true;
    return order->spec.side == other->spec.side && vel_desk_reducible(desk, order) > 0;
}

/* The others of an order's link are to end, but those that protect, unless `all` do; these are to lose lots. */
static int end_link(vel_desk_t *desk, uint32_t index, bool all, int64_t lots)
{
    if (desk->orders[index].spec.link == 0)
        return VEL_OK;
    uint32_t mate = desk->orders[index].next_of_link;
    while (mate != index) {
        uint32_t next = desk->orders[mate].next_of_link;
        bool stays = !all && protects(desk, &desk->orders[mate], &desk->orders[index]);
        int status = VEL_OK;
        if (!stays || lots > 0)
            status = mark(&desk->ending, desk, mate, VEL_REASON_LINKED, stays ? lots : 0);
        if (status != VEL_OK)
            return status;
        if (!stays)
            unlink_from_link(desk, mate);
        mate = next;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- children */

/* Lots of a child for the filled part of its parent. */
static int64_t share_of(int64_t asked, int64_t filled, int64_t qty)
{
    return filled == qty ? asked : (int64_t)((vel_i128)asked * filled / qty);
}

/* Whether a child waits for the whole of its parent. */
static bool waits_for_whole(const vel_desk_t *desk, const vel_desk_command_t *child)
{
    return (desk->rules & VEL_DESK_CHILDREN_WHOLE) || (child->flags & VEL_EXEC_WHEN_FILLED);
}

static void set_qty(vel_desk_order_t *order, int64_t qty)
{
    order->spec.qty = qty;
    if (order->spec.display > qty)
        order->spec.display = qty;
}

/* So much of the parent has filled, and when it has ended no more will: the child's part is to go to work. */
static int release(vel_desk_t *desk, uint32_t index, int64_t filled, int64_t qty, bool has_ended)
{
    vel_desk_order_t *child = &desk->orders[index];
    bool is_whole = filled == qty;
    if (!is_whole && has_ended && (filled == 0 || (desk->rules & VEL_DESK_CHILDREN_WHOLE)))
        return mark(&desk->ending, desk, index, VEL_REASON_PARENT, 0);
    if (!is_whole && !has_ended && waits_for_whole(desk, &child->spec))
        return VEL_OK;
    int64_t more = share_of(child->asked, filled, qty) - (child->asked - child->held);
    more = more < 0 ? 0 : more < child->held ? more : child->held;
    int64_t lost = has_ended ? child->held - more : 0;
    if (lost > 0 && child->leaves + child->coming + more == 0)
        return mark(&desk->ending, desk, index, VEL_REASON_PARENT, 0); /* it has nothing left to stand for */
    child->held -= more + lost;
    child->coming += more;
    int status = VEL_OK;
    if (lost > 0) {
        set_qty(child, child->spec.qty - lost);
        status = report(desk, VEL_REPORT_AMENDED, child, child->spec.price, child->spec.qty, VEL_REASON_PARENT);
    }
    return status == VEL_OK && more > 0 ? mark(&desk->due, desk, index, 0, 0) : status;
}

/* Where an order that ended with a fill is remembered. */
static vel_desk_ended_t *ended_at(const vel_desk_t *desk, int64_t order_id)
{
    return &desk->ended[(uint64_t)order_id % VEL_DESK_ENDED_MAX];
}

static int remember(vel_desk_t *desk, const vel_desk_order_t *order, int64_t filled)
{
    if (VEL_UNLIKELY(desk->ended == NULL)) {
        /* Zeroed by the system where it is used: what is not costs no memory. */
        desk->ended = calloc(VEL_DESK_ENDED_MAX, sizeof *desk->ended);
        if (desk->ended == NULL)
            return VEL_ENOMEM;
    }
    *ended_at(desk, order->spec.order_id) =
        (vel_desk_ended_t){order->spec.order_id, order->spec.qty, filled, order->spec.owner};
    return VEL_OK;
}

/* The parent of a child that came after it had ended with a fill; NULL when there was none, or its part is too small.
 */
static const vel_desk_ended_t *ended_parent(const vel_desk_t *desk, const vel_desk_command_t *child)
{
    const vel_desk_ended_t *parent = desk->ended == NULL ? NULL : ended_at(desk, child->parent);
    if (parent == NULL || parent->order_id != child->parent || parent->account != child->owner ||
        (parent->filled < parent->qty && (desk->rules & VEL_DESK_CHILDREN_WHOLE)) ||
        share_of(child->qty, parent->filled, parent->qty) == 0)
        return NULL;
    return parent;
}

int vel_desk_filled(vel_desk_t *desk, uint32_t index, int64_t lots)
{
    vel_desk_order_t *order = &desk->orders[index];
    int status = VEL_OK;
    if (order->spec.link != 0) {
        if ((status = end_link(desk, index, false, lots)) != VEL_OK)
            return status;
        if (order->next_of_link == index)
            unlink_from_link(desk, index);
    }
    if (order->first_child == NONE || vel_desk_left(order) == 0)
        return VEL_OK; /* when it is whole its end releases them */
    int64_t filled = order->spec.qty - vel_desk_left(order);
    for (uint32_t child = order->first_child; status == VEL_OK && child != NONE;
         child = desk->orders[child].next_of_parent)
        status = release(desk, child, filled, order->spec.qty, false);
    return status;
}

static bool is_trailing(const vel_desk_order_t *order)
{
    return order->spec.trigger_kind >= VEL_TRIGGER_TRAIL_TICKS;
}

/* An order's place in `trailing` becomes free; when most are, the others move up. */
static void forget_trailing(vel_desk_t *desk, uint32_t index)
{
    vel_desk_refs_t *list = &desk->trailing;
    list->items[desk->orders[index].shown].index = NONE;
    if (++desk->trailing_free <= list->count / 2)
        return;
    int64_t kept = 0;
    for (int64_t at = 0; at < list->count; at++)
        if (list->items[at].index != NONE) {
            desk->orders[list->items[at].index].shown = kept;
            list->items[kept++] = list->items[at];
        }
    list->count = kept;
    desk->trailing_free = 0;
}

/* An order waits no more by the price that it has watched. */
static void stop_waiting(vel_desk_t *desk, const vel_desk_order_t *order)
{
    desk->watched -= order->watches != VEL_BY_LAST;
    if (--desk->waiting[order->watches] == 0 && order->watches >= VEL_BY_BID)
        desk->host->watch(desk->self);
}

void vel_desk_withdraw(vel_desk_t *desk, uint32_t index)
{
    vel_desk_order_t *order = &desk->orders[index];
    if (order->state == VEL_DESK_RESTING)
        desk->host->withdraw(desk->self, index);
    if (order->state == VEL_DESK_WAITING) {
        (void)vel_book_l3_cancel(desk->triggers[order->watches], index, 0); /* one that trails may have none yet */
        if (is_trailing(order))
            forget_trailing(desk, index);
        stop_waiting(desk, order);
    }
    order->shown = 0;
    order->state = VEL_DESK_ACTIVE;
}

int vel_desk_end(vel_desk_t *desk, uint32_t index, uint8_t kind, uint8_t reason)
{
    vel_desk_order_t *order = &desk->orders[index];
    int status;
    vel_desk_withdraw(desk, index);
    if (kind == VEL_REPORT_FILL && vel_desk_left(order) > 0) {
        order->state = VEL_DESK_HELD; /* a child that has filled all that its parent had given it */
        return VEL_OK;
    }
    int64_t left = vel_desk_left(order), filled = kind == VEL_REPORT_FILL ? order->spec.qty : order->spec.qty - left;
    if (kind != VEL_REPORT_FILL && (status = report(desk, kind, order, order->spec.price, left, reason)) != VEL_OK)
        return status;
    if (kind != VEL_REPORT_FILL && reason != VEL_REASON_LINKED) {
        bool by_strategy = kind != VEL_REPORT_EXPIRED && reason != VEL_REASON_PARENT;
        if ((status = end_link(desk, index, by_strategy, 0)) != VEL_OK)
            return status;
    }
    unlink_from_link(desk, index);
    while (order->first_child != NONE) {
        uint32_t child = order->first_child;
        if ((status = release(desk, child, filled, order->spec.qty, true)) != VEL_OK)
            return status;
        unlink_from_parent(desk, child);
    }
    unlink_from_parent(desk, index);
    vel_desk_owner_t *owner = &desk->owners[order->owner];
    if (order->prev_of_owner == NONE)
        owner->first = order->next_of_owner;
    else
        desk->orders[order->prev_of_owner].next_of_owner = order->next_of_owner;
    if (order->next_of_owner == NONE)
        owner->last = order->prev_of_owner;
    else
        desk->orders[order->next_of_owner].prev_of_owner = order->prev_of_owner;
    vel_map_remove(&desk->index, order->spec.order_id);
    if (filled > 0 && (status = remember(desk, order, filled)) != VEL_OK)
        return status;
    order->state = VEL_DESK_FREE;
    order->next_of_owner = desk->orders_free;
    desk->orders_free = index;
    if (order->spec.tif == VEL_GTD)
        timer_leave(desk);
    return VEL_OK;
}

/* An order loses lots to another of its link: those at work first. */
static int reduce(vel_desk_t *desk, uint32_t index, int64_t lots)
{
    vel_desk_order_t *order = &desk->orders[index];
    if (lots >= vel_desk_left(order))
        return vel_desk_end(desk, index, VEL_REPORT_CANCELED, VEL_REASON_LINKED);
    int64_t worked = lots < order->leaves ? lots : order->leaves, rest = lots - worked;
    int64_t came = rest < order->coming ? rest : order->coming;
    int status = VEL_OK;
    order->coming -= came;
    order->held -= rest - came;
    if (worked > 0 && worked == order->leaves) {
        vel_desk_withdraw(desk, index);
        order->leaves = 0;
        order->state = VEL_DESK_HELD;
    } else if (worked > 0 && order->state == VEL_DESK_RESTING) {
        status = desk->host->take_off(desk->self, index, worked);
    } else {
        order->leaves -= worked;
    }
    if (status != VEL_OK)
        return status;
    order = &desk->orders[index];
    set_qty(order, order->spec.qty - lots);
    return report(desk, VEL_REPORT_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_LINKED);
}

int vel_desk_end_pending(vel_desk_t *desk)
{
    for (int64_t at = 0; at < desk->ending.count; at++) {
        vel_desk_ref_t ref = desk->ending.items[at];
        if (!vel_desk_is_same(desk, &ref))
            continue;
        int status = ref.lots > 0 ? reduce(desk, ref.index, ref.lots)
                                  : vel_desk_end(desk, ref.index, VEL_REPORT_CANCELED, ref.reason);
        if (status != VEL_OK)
            return status;
    }
    desk->ending.count = 0;
    return VEL_OK;
}

/* ---------------------------------------------------------------- triggers */

/* Whether the trigger stands above the last price: SELL side of `triggers`, fired by a rise. */
static uint8_t trigger_side(const vel_desk_order_t *order)
{
    bool is_touched = order->spec.trigger_kind == VEL_TRIGGER_TOUCHED;
    return (order->spec.side == VEL_BUY) != is_touched ? VEL_SELL : VEL_BUY;
}

static bool is_reached(uint8_t side, int64_t trigger, int64_t last)
{
    return side == VEL_SELL ? last >= trigger : last <= trigger;
}

/* Trigger of a trailing order, from its best price. Basis points are rounded away from the price. */
static int64_t trail(const vel_desk_order_t *order)
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

/* The price that an order of this spec waits by. */
static uint8_t watched_by(const vel_desk_t *desk, const vel_desk_command_t *spec)
{
    if (spec->trigger_by != VEL_BY_LAST || !desk->lacks_prints)
        return spec->trigger_by;
    return spec->side == VEL_BUY ? VEL_BY_ASK : VEL_BY_BID;
}

/* A price as it stands for orders that fire on a rise (the SELL side of `triggers`) or on a fall. */
static bool price_now(const vel_desk_t *desk, uint8_t by, uint8_t side, int64_t *price)
{
    switch (by) {
    case VEL_BY_LAST:
        *price = desk->last;
        return desk->has_last;
    case VEL_BY_MARK:
        *price = desk->mark[side == VEL_SELL];
        return desk->has_mark;
    default:
        return desk->host->quote(desk->self, by == VEL_BY_BID ? VEL_BUY : VEL_SELL, price);
    }
}

/* Whether the price has reached the trigger of an order that does not trail. */
static bool is_reached_now(const vel_desk_t *desk, const vel_desk_order_t *order, uint8_t by, int64_t trigger)
{
    int64_t price;
    uint8_t side = trigger_side(order);
    return price_now(desk, by, side, &price) && is_reached(side, trigger, price);
}

/* A trailing order sees a price: it begins to follow, or follows a better one. */
static int follow(vel_desk_t *desk, uint32_t index, int64_t price)
{
    vel_desk_order_t *order = &desk->orders[index];
    vel_book_l3_t *triggers = desk->triggers[order->watches];
    bool is_buy = order->spec.side == VEL_BUY;
    int64_t activation = order->spec.activation;
    int status;
    if (!order->has_begun) {
        if (activation != 0 && (is_buy ? price > activation : price < activation))
            return VEL_OK;
        order->has_begun = 1;
    } else {
        if (is_buy ? price >= order->best : price <= order->best)
            return VEL_OK;
        if ((status = vel_book_l3_cancel(triggers, index, 0)) != VEL_OK)
            return status;
    }
    order->best = price;
    return vel_book_l3_add(triggers, index, trigger_side(order), trail(order), 1);
}

/* The orders that wait by a price, made when the first does. */
static int triggers_make(vel_desk_t *desk, uint8_t by)
{
    if (desk->triggers[by] != NULL)
        return VEL_OK;
    vel_book_l3_t *made = malloc(sizeof *made);
    if (made == NULL)
        return VEL_ENOMEM;
    desk->triggers[by] = made;
    return vel_book_l3_init_dense(made, VEL_PRIORITY_LOST_BY_MORE);
}

static int wait_for_trigger(vel_desk_t *desk, uint32_t index)
{
    vel_desk_order_t *order = &desk->orders[index];
    int64_t price;
    uint8_t by = watched_by(desk, &order->spec);
    int status = triggers_make(desk, by);
    if (status != VEL_OK)
        return status;
    order->state = VEL_DESK_WAITING;
    order->watches = by;
    order->has_begun = 0;
    desk->watched += by != VEL_BY_LAST;
    if (desk->waiting[by]++ == 0 && by >= VEL_BY_BID)
        desk->host->watch(desk->self);
    if (!is_trailing(order))
        return vel_book_l3_add(desk->triggers[order->watches], index, trigger_side(order), order->spec.trigger, 1);
    order->shown = desk->trailing.count;
    status = mark(&desk->trailing, desk, index, 0, 0);
    /* Without a price it begins to trail with the first. */
    if (status == VEL_OK && price_now(desk, order->watches, trigger_side(order), &price))
        status = follow(desk, index, price);
    return status;
}

static int fire(vel_desk_t *desk, uint32_t index, int64_t trigger)
{
    vel_desk_order_t *order = &desk->orders[index];
    vel_desk_withdraw(desk, index);
    order->spec.trigger_kind = VEL_TRIGGER_NONE;
    int status = report(desk, VEL_REPORT_FIRED, order, trigger, order->leaves, VEL_REASON_NONE);
    if (status != VEL_OK || (status = mark(&desk->due, desk, index, 0, 0)) != VEL_OK ||
        (status = end_link(desk, index, false, vel_desk_left(order))) != VEL_OK)
        return status;
    unlink_from_link(desk, index);
    return VEL_OK;
}

int vel_desk_on_price(vel_desk_t *desk, uint8_t by, int64_t fall, int64_t rise)
{
    int status;
    if (desk->waiting[by] == 0)
        return VEL_OK;
    for (int64_t at = 0; at < desk->trailing.count; at++) {
        uint32_t index = desk->trailing.items[at].index;
        const vel_desk_order_t *order = index == NONE ? NULL : &desk->orders[index];
        if (order != NULL && order->watches == by &&
            (status = follow(desk, index, trigger_side(order) == VEL_SELL ? rise : fall)) != VEL_OK)
            return status;
    }
    for (uint8_t side = 0; side < 2; side++) {
        const vel_l3_order_t *next;
        int64_t price = side == VEL_SELL ? rise : fall;
        while ((next = vel_book_l3_first(desk->triggers[by], side)) != NULL && is_reached(side, next->price, price))
            if ((status = fire(desk, (uint32_t)next->id, next->price)) != VEL_OK)
                return status;
    }
    return VEL_OK;
}

int vel_desk_on_last(vel_desk_t *desk, int64_t price)
{
    desk->last = price;
    desk->has_last = 1;
    return vel_desk_on_price(desk, VEL_BY_LAST, price, price);
}

static int by_sequence(const void *a, const void *b)
{
    int64_t left = ((const vel_desk_ref_t *)a)->sequence, right = ((const vel_desk_ref_t *)b)->sequence;
    return (left > right) - (left < right);
}

int vel_desk_on_print(vel_desk_t *desk)
{
    vel_desk_refs_t list = {0};
    int status = triggers_make(desk, VEL_BY_LAST);
    desk->lacks_prints = 0;
    for (uint32_t index = 0; status == VEL_OK && index < desk->orders_used; index++) {
        const vel_desk_order_t *order = &desk->orders[index];
        if (order->state == VEL_DESK_WAITING && order->spec.trigger_by == VEL_BY_LAST && order->watches != VEL_BY_LAST)
            status = mark(&list, desk, index, 0, 0);
    }
    if (list.count > 1)
        qsort(list.items, (size_t)list.count, sizeof *list.items, by_sequence);
    for (int64_t at = 0; status == VEL_OK && at < list.count; at++) {
        uint32_t index = list.items[at].index;
        vel_desk_order_t *order = &desk->orders[index];
        const vel_l3_order_t *found = vel_book_l3_order(desk->triggers[order->watches], index);
        int64_t trigger = found == NULL ? 0 : found->price;
        bool stands = found != NULL;
        (void)vel_book_l3_cancel(desk->triggers[order->watches], index, 0);
        stop_waiting(desk, order);
        order->watches = VEL_BY_LAST;
        desk->waiting[VEL_BY_LAST]++;
        if (stands)
            status = vel_book_l3_add(desk->triggers[VEL_BY_LAST], index, trigger_side(order), trigger, 1);
    }
    vel_desk_refs_free(&list);
    return status;
}

static bool would_take(const vel_desk_t *desk, const vel_desk_order_t *order)
{
    int64_t best = desk->host->best_key(desk->self, vel_opposite(order->spec.side));
    return best != VEL_NO_KEY && best <= vel_desk_limit_key(order);
}

/* A fired, released or new order goes to the book, or waits for its trigger. */
static int begin(vel_desk_t *desk, uint32_t index, bool is_new)
{
    vel_desk_order_t *order = &desk->orders[index];
    if (order->spec.trigger_kind != VEL_TRIGGER_NONE) {
        if (!is_trailing(order) && is_reached_now(desk, order, watched_by(desk, &order->spec), order->spec.trigger))
            return fire(desk, index, order->spec.trigger); /* a released child; new ones are refused */
        return wait_for_trigger(desk, index);
    }
    if ((order->spec.flags & VEL_EXEC_POST_ONLY) && would_take(desk, order)) {
        if (!(order->spec.flags & VEL_EXEC_SLIDE)) {
            if (is_new)
                unlink_from_link(desk, index); /* a refused order was never one of its link */
            return vel_desk_end(desk, index, is_new ? VEL_REPORT_REJECTED : VEL_REPORT_EXPIRED, VEL_REASON_POST_ONLY);
        }
        uint8_t side = vel_opposite(order->spec.side);
        int64_t best = vel_key_ticks(side, desk->host->best_key(desk->self, side));
        order->spec.price = order->spec.side == VEL_BUY ? best - 1 : best + 1;
    }
    int status = VEL_OK;
    if (is_new)
        status = report(desk, VEL_REPORT_ACK, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
    return status == VEL_OK ? desk->host->act(desk->self, index) : status;
}

/* What has come to a child goes to work. One that rests goes to the back with all that it has. */
static int set_to_work(vel_desk_t *desk, uint32_t index)
{
    vel_desk_order_t *order = &desk->orders[index];
    if (order->state == VEL_DESK_RESTING)
        vel_desk_withdraw(desk, index);
    order->leaves += order->coming;
    order->coming = 0;
    if (order->state == VEL_DESK_HELD)
        order->state = VEL_DESK_ACTIVE;
    return report(desk, VEL_REPORT_RELEASED, order, order->spec.price, order->leaves, VEL_REASON_NONE);
}

int vel_desk_settle(vel_desk_t *desk)
{
    int status = vel_desk_end_pending(desk);
    for (int64_t at = 0; status == VEL_OK && at < desk->due.count; at++) {
        vel_desk_ref_t ref = desk->due.items[at];
        if (!vel_desk_is_same(desk, &ref))
            continue;
        if (desk->orders[ref.index].coming > 0)
            status = set_to_work(desk, ref.index);
        if (status == VEL_OK && desk->orders[ref.index].state == VEL_DESK_ACTIVE)
            status = begin(desk, ref.index, false);
        if (status == VEL_OK)
            status = vel_desk_end_pending(desk);
    }
    desk->due.count = 0;
    return status;
}

/* ---------------------------------------------------------------- self-trade prevention */

static int decrement(vel_desk_t *desk, uint32_t taker_index, uint32_t maker_index)
{
    vel_desk_order_t *taker = &desk->orders[taker_index], *maker = &desk->orders[maker_index];
    int64_t lots = taker->leaves < maker->leaves ? taker->leaves : maker->leaves;
    bool ends_maker = lots == maker->leaves, ends_taker = lots == taker->leaves;
    int status = VEL_OK;
    if (!ends_maker) {
        maker->spec.qty -= lots;
        if ((status = desk->host->take_off(desk->self, maker_index, lots)) == VEL_OK)
            status = report(desk, VEL_REPORT_AMENDED, maker, maker->spec.price, maker->spec.qty, VEL_REASON_SELF_TRADE);
    }
    if (status == VEL_OK && !ends_taker) {
        taker->leaves -= lots;
        taker->spec.qty -= lots;
        status = report(desk, VEL_REPORT_AMENDED, taker, taker->spec.price, taker->spec.qty, VEL_REASON_SELF_TRADE);
    }
    if (status == VEL_OK && ends_maker)
        status = vel_desk_end(desk, maker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    if (status == VEL_OK && ends_taker)
        status = vel_desk_end(desk, taker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    return status;
}

int vel_desk_prevent_self_trade(vel_desk_t *desk, uint32_t taker_index, uint32_t maker_index)
{
    uint8_t rule = vel_desk_self_trade_rule(&desk->orders[taker_index], &desk->orders[maker_index]);
    int status = VEL_OK;
    if (rule == VEL_STP_DECREMENT)
        status = decrement(desk, taker_index, maker_index);
    if (rule == VEL_STP_MAKER || rule == VEL_STP_BOTH)
        status = vel_desk_end(desk, maker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    if (status == VEL_OK && (rule == VEL_STP_TAKER || rule == VEL_STP_BOTH))
        status = vel_desk_end(desk, taker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    return status == VEL_OK ? vel_desk_end_pending(desk) : status;
}

/* ---------------------------------------------------------------- commands */

static bool trails(const vel_desk_command_t *spec)
{
    return spec->trigger_kind == VEL_TRIGGER_TRAIL_TICKS || spec->trigger_kind == VEL_TRIGGER_TRAIL_BPS;
}

static uint8_t check_new(const vel_desk_t *desk, const vel_desk_command_t *new)
{
    bool is_limit = new->type == VEL_LIMIT;
    bool may_rest = new->tif == VEL_GTC || new->tif == VEL_GTD || new->tif == VEL_DAY;
    if (new->side > VEL_SELL || new->type > VEL_MARKET_TO_LIMIT || new->tif > VEL_DAY ||
        new->trigger_kind > VEL_TRIGGER_TRAIL_BPS || new->stp > VEL_STP_DECREMENT || new->flags > VEL_EXEC_ALL ||
        new->trigger_by >= VEL_PRICES || !vel_is_size(new->qty) || new->order_id == 0 ||
        (is_limit && !vel_is_price(new->price)) || new->display < 0 || new->display > new->qty ||
        (new->display > 0 && !(is_limit && may_rest)) ||
        ((new->flags & VEL_EXEC_POST_ONLY) && !(is_limit && may_rest)) ||
        ((new->flags & VEL_EXEC_SLIDE) && !(new->flags & VEL_EXEC_POST_ONLY)) ||
        ((new->flags & VEL_EXEC_LINK_CANCELS) && (new->flags & VEL_EXEC_LINK_REDUCES)) ||
        (new->type == VEL_MARKET_TO_LIMIT && !may_rest) || new->parent == new->order_id)
        return VEL_REASON_INVALID;
    if (new->activation != 0 && !(trails(new) && vel_is_price(new->activation)))
        return VEL_REASON_INVALID;
    if (trails(new)) {
        int64_t most = new->trigger_kind == VEL_TRIGGER_TRAIL_BPS ? 9999 : VEL_TICKS_MAX / 4;
        if (new->trigger < 1 || new->trigger > most)
            return VEL_REASON_INVALID;
    } else if (new->trigger_kind != VEL_TRIGGER_NONE && !vel_is_price(new->trigger)) {
        return VEL_REASON_INVALID;
    }
    if (vel_map_get(&desk->index, new->order_id) != NULL)
        return VEL_REASON_DUPLICATE;
    if (new->tif == VEL_GTD && new->expiry <= desk->now)
        return VEL_REASON_EXPIRED;
    if (new->trigger_kind != VEL_TRIGGER_NONE && new->trigger_by != VEL_BY_LAST &&
        !desk->host->has_price(desk->self, new->trigger_by))
        return VEL_REASON_NO_PRICE;
    if (new->parent != 0) {
        int64_t *parent = vel_map_get(&desk->index, new->parent);
        bool is_there =
            parent == NULL ? ended_parent(desk, new) != NULL : desk->orders[*parent].spec.owner == new->owner;
        return is_there ? VEL_REASON_NONE : VEL_REASON_PARENT; /* the rest is seen when it is released */
    }
    if (new->trigger_kind == VEL_TRIGGER_STOP || new->trigger_kind == VEL_TRIGGER_TOUCHED) {
        vel_desk_order_t order = {.spec = *new};
        if (is_reached_now(desk, &order, watched_by(desk, new), new->trigger))
            return VEL_REASON_TRIGGERED;
    } else if ((new->flags & VEL_EXEC_REDUCE_ONLY) && new->trigger_kind == VEL_TRIGGER_NONE &&
               reducible_of(owner_of(desk, new->owner, new->strategy), new) == 0) {
        return VEL_REASON_REDUCE_ONLY;
    }
    return VEL_REASON_NONE;
}

/* A child is taken: what has filled of its parent, alive or not, lets its part go to work. */
static int on_child(vel_desk_t *desk, const vel_desk_command_t *command)
{
    const int64_t *found = vel_map_get(&desk->index, command->parent);
    vel_desk_ended_t ended = {0};
    vel_desk_command_t spec = *command;
    uint32_t index;
    if (found == NULL) {
        ended = *ended_parent(desk, command);
        spec.parent = 0;
    }
    int status = attach(desk, &spec, &index);
    if (status != VEL_OK)
        return status;
    vel_desk_order_t *order = &desk->orders[index];
    order->is_child = 1;
    order->state = VEL_DESK_HELD;
    order->held = order->asked = order->leaves;
    order->leaves = 0;
    status = report(desk, VEL_REPORT_ACK, order, command->price, command->qty, VEL_REASON_NONE);
    if (status != VEL_OK || spec.parent == 0)
        return status != VEL_OK ? status : release(desk, index, ended.filled, ended.qty, true);
    const vel_desk_order_t *parent = &desk->orders[*vel_map_get(&desk->index, command->parent)];
    int64_t filled = parent->spec.qty - vel_desk_left(parent);
    return filled == 0 ? VEL_OK : release(desk, index, filled, parent->spec.qty, false);
}

static int on_new(vel_desk_t *desk, const vel_desk_command_t *command)
{
    uint8_t reason = check_new(desk, command);
    uint32_t index;
    if (reason != VEL_REASON_NONE)
        return refuse(desk, VEL_REPORT_REJECTED, command, reason);
    if (command->parent != 0)
        return on_child(desk, command);
    int status = attach(desk, command, &index);
    if (status != VEL_OK)
        return status;
    if (command->trigger_kind != VEL_TRIGGER_NONE)
        status = report(desk, VEL_REPORT_ACK, &desk->orders[index], command->price, command->qty, VEL_REASON_NONE);
    return status == VEL_OK ? begin(desk, index, true) : status;
}

/* Another trigger for a stop or touched order that has not fired; 0 leaves it. Returns why not, or VEL_REASON_NONE. */
static uint8_t move_trigger(vel_desk_t *desk, uint32_t index, int64_t trigger, int *status)
{
    vel_desk_order_t *order = &desk->orders[index];
    *status = VEL_OK;
    if (trigger == 0 || order->spec.trigger_kind == VEL_TRIGGER_NONE || trigger == order->spec.trigger)
        return VEL_REASON_NONE;
    if (is_trailing(order) || !vel_is_price(trigger))
        return VEL_REASON_INVALID;
    if (order->state == VEL_DESK_WAITING) {
        if (is_reached_now(desk, order, order->watches, trigger))
            return VEL_REASON_TRIGGERED;
        (void)vel_book_l3_cancel(desk->triggers[order->watches], index, 0);
        *status = vel_book_l3_add(desk->triggers[order->watches], index, trigger_side(order), trigger, 1);
    }
    order->spec.trigger = trigger;
    return VEL_REASON_NONE;
}

/* Another price, quantity or trigger of a child of which some waits for the parent. It goes to the back. */
static int amend_child(vel_desk_t *desk, uint32_t index, const vel_desk_command_t *command)
{
    vel_desk_order_t *order = &desk->orders[index];
    bool is_limit = order->spec.type == VEL_LIMIT;
    int64_t filled = order->spec.qty - vel_desk_left(order);
    int status = VEL_OK;
    if (!vel_is_size(command->qty) || (is_limit && !vel_is_price(command->price)))
        return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_INVALID);
    if (command->qty <= filled)
        return vel_desk_end(desk, index, VEL_REPORT_CANCELED, VEL_REASON_AMEND);
    if (order->state == VEL_DESK_RESTING) {
        vel_desk_order_t moved = {.spec = order->spec};
        moved.spec.price = command->price;
        if ((order->spec.flags & VEL_EXEC_POST_ONLY) && would_take(desk, &moved))
            return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_POST_ONLY);
    } else {
        uint8_t reason = move_trigger(desk, index, command->trigger, &status);
        if (status != VEL_OK)
            return status;
        if (reason != VEL_REASON_NONE)
            return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, reason);
    }
    const vel_desk_order_t *parent = &desk->orders[*vel_map_get(&desk->index, order->spec.parent)];
    int64_t of_parent = parent->spec.qty - vel_desk_left(parent);
    int64_t share = waits_for_whole(desk, &order->spec) ? 0 : share_of(command->qty, of_parent, parent->spec.qty);
    share = share > filled ? share : filled;
    if (is_limit)
        order->spec.price = command->price;
    set_qty(order, command->qty);
    order->asked = command->qty;
    order->held = command->qty - share;
    order->coming = share - filled;
    order->leaves = 0;
    if (order->state == VEL_DESK_RESTING || order->coming == 0) {
        /* The host's book holds what it had. */
        vel_desk_withdraw(desk, index);
        order->state = VEL_DESK_HELD;
    }
    status = report(desk, VEL_REPORT_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
    return status == VEL_OK && order->coming > 0 ? mark(&desk->due, desk, index, 0, 0) : status;
}

static int on_amend(vel_desk_t *desk, const vel_desk_command_t *command)
{
    int64_t *found = vel_map_get(&desk->index, command->order_id);
    vel_desk_order_t *order = found == NULL ? NULL : &desk->orders[*found];
    if (order == NULL || order->spec.owner != command->owner)
        return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_UNKNOWN_ORDER);
    uint32_t index = (uint32_t)*found;
    if (order->held > 0)
        return amend_child(desk, index, command);
    bool is_limit = order->spec.type == VEL_LIMIT;
    if (!vel_is_size(command->qty) || (is_limit && !vel_is_price(command->price)))
        return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_INVALID);
    bool reinserts = desk->amend_rule == VEL_AMEND_REINSERT;
    int64_t filled = order->spec.qty - order->leaves, total = reinserts ? filled + command->qty : command->qty;
    if (total > VEL_LOTS_MAX)
        return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_INVALID);
    if (total <= filled)
        return vel_desk_end(desk, index, VEL_REPORT_CANCELED, VEL_REASON_AMEND);
    int status;
    if (order->state != VEL_DESK_RESTING) {
        uint8_t moved = move_trigger(desk, index, command->trigger, &status);
        if (status != VEL_OK)
            return status;
        if (moved != VEL_REASON_NONE)
            return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, moved);
        if (is_limit)
            order->spec.price = command->price;
        order->spec.qty = total;
        order->leaves = total - filled;
        if (order->spec.display > order->spec.qty)
            order->spec.display = order->spec.qty;
        return report(desk, VEL_REPORT_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
    }
    int64_t leaves = total - filled;
    bool has_same_price = command->price == order->spec.price;
    bool keeps_place = !reinserts && has_same_price && total <= order->spec.qty;
    if (!keeps_place) {
        vel_desk_order_t moved = {.spec = order->spec};
        moved.spec.price = command->price;
        bool takes = would_take(desk, &moved);
        if ((order->spec.flags & VEL_EXEC_POST_ONLY) && takes)
            return refuse(desk, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_POST_ONLY);
        if (takes || desk->acts_on_amend || (reinserts && has_same_price) || order->spec.display > 0 ||
            (order->spec.flags & VEL_EXEC_REDUCE_ONLY)) {
            vel_desk_withdraw(desk, index);
            order->spec.price = command->price;
            order->spec.qty = total;
            order->leaves = leaves;
            status = report(desk, VEL_REPORT_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
            return status == VEL_OK ? desk->host->act(desk->self, index) : status;
        }
    }
    /* The common case: the order never leaves the book, as nothing can be taken at its new price. */
    if ((status = desk->host->change(desk->self, index, command->price, leaves)) != VEL_OK)
        return status;
    order = &desk->orders[index];
    order->spec.price = command->price;
    order->spec.qty = total;
    order->leaves = leaves;
    return report(desk, VEL_REPORT_AMENDED, order, order->spec.price, order->spec.qty, VEL_REASON_NONE);
}

static int on_cancel(vel_desk_t *desk, const vel_desk_command_t *command)
{
    int64_t *found = vel_map_get(&desk->index, command->order_id);
    if (found == NULL || desk->orders[*found].spec.owner != command->owner)
        return refuse(desk, VEL_REPORT_CANCEL_REJECTED, command, VEL_REASON_UNKNOWN_ORDER);
    return vel_desk_end(desk, (uint32_t)*found, VEL_REPORT_CANCELED, VEL_REASON_NONE);
}

static int on_cancel_all(vel_desk_t *desk, const vel_desk_command_t *command)
{
    vel_desk_owner_t *owner;
    while ((owner = owner_of(desk, command->owner, command->strategy)) != NULL && owner->first != NONE) {
        int status = vel_desk_end(desk, owner->first, VEL_REPORT_CANCELED, VEL_REASON_ALL);
        if (status != VEL_OK || (status = vel_desk_end_pending(desk)) != VEL_OK)
            return status;
    }
    return VEL_OK;
}

int vel_desk_advance(vel_desk_t *desk, int64_t ts)
{
    if (ts < desk->now)
        return VEL_EINVAL;
    while (desk->timers.count > 0 && desk->timers.items[0].ts <= ts) {
        vel_desk_timer_t timer = timer_pop(desk);
        if (!is_timed(desk, &timer))
            continue;
        desk->now = timer.ts > desk->now ? timer.ts : desk->now;
        int status = vel_desk_end(desk, timer.index, VEL_REPORT_EXPIRED, VEL_REASON_EXPIRED);
        if (status != VEL_OK || (status = vel_desk_settle(desk)) != VEL_OK)
            return status;
    }
    desk->now = ts;
    return VEL_OK;
}

int vel_desk_on_command(vel_desk_t *desk, const vel_desk_command_t *command)
{
    int status = vel_desk_advance(desk, command->ts);
    if (status != VEL_OK)
        return status;
    switch (command->action) {
    case VEL_ACTION_NEW:
        status = on_new(desk, command);
        break;
    case VEL_ACTION_AMEND:
        status = on_amend(desk, command);
        break;
    case VEL_ACTION_CANCEL:
        status = on_cancel(desk, command);
        break;
    case VEL_ACTION_CANCEL_ALL:
        status = on_cancel_all(desk, command);
        break;
    default:
        return VEL_EINVAL;
    }
    return status == VEL_OK ? vel_desk_settle(desk) : status;
}

int vel_desk_end_of_day(vel_desk_t *desk)
{
    vel_desk_refs_t list = {0};
    int status = VEL_OK;
    for (uint32_t index = 0; status == VEL_OK && index < desk->orders_used; index++)
        if (desk->orders[index].state != VEL_DESK_FREE && desk->orders[index].spec.tif == VEL_DAY)
            status = mark(&list, desk, index, 0, 0);
    if (list.count > 1)
        qsort(list.items, (size_t)list.count, sizeof *list.items, by_sequence);
    for (int64_t at = 0; status == VEL_OK && at < list.count; at++)
        if (vel_desk_is_same(desk, &list.items[at]) &&
            (status = vel_desk_end(desk, list.items[at].index, VEL_REPORT_EXPIRED, VEL_REASON_EXPIRED)) == VEL_OK)
            status = vel_desk_settle(desk);
    vel_desk_refs_free(&list);
    return status;
}

/* ---------------------------------------------------------------- positions */

int64_t vel_desk_position(const vel_desk_t *desk, int32_t owner)
{
    const int64_t *first = vel_map_get(&desk->owners_index, owner_key(owner, 0));
    int64_t lots = 0;
    for (uint32_t at = first == NULL ? NONE : (uint32_t)*first; at != NONE; at = desk->owners[at].next_of_account)
        lots += desk->owners[at].position;
    return lots;
}

void vel_desk_move_position(vel_desk_t *desk, const vel_desk_command_t *spec, int64_t lots)
{
    if (spec->owner != 0)
        owner_of(desk, spec->owner, spec->strategy)->position += lots;
}
