/* Contingent orders, rule by rule. One file of more than 900 lines: a fill may fire a trigger, release a child and end
 * an OCO group in one call, and the functions of these rules call one another. */
#include <string.h>

#include "contingency_inner.h"
#include "velora/heap.h"

#define NONE VEL_CONTINGENCY_NONE
#define POOL_INITIAL 64u
#define BUCKETS_INITIAL 16u
#define BUCKETS_MAX (1u << 30)
#define PASSED_MAX 0xffffu
#define OWNERS_INITIAL 4u
#define TIMERS_ENDED_MIN 64 /* so few timers of ended orders may stay in any case */

/* ---------------------------------------------------------------- life */

int vel_contingency_init(vel_contingency_t *contingency, const vel_contingency_host_t *host, void *self)
{
    memset(contingency, 0, sizeof *contingency);
    contingency->host = host;
    contingency->self = self;
    contingency->orders_free = NONE;
    contingency->latest = NONE;
    contingency->now = INT64_MIN;
    uint32_t unowned; /* owner 0 exists from the start, so that there is always a latest owner */
    int status = vel_contingency_index_grow(contingency);
    return status == VEL_OK ? vel_contingency_owner_make(contingency, 0, 0, &unowned) : status;
}

void vel_contingency_free(vel_contingency_t *contingency)
{
    for (int by = 0; by < VEL_PRICES; by++)
        if (contingency->triggers[by] != NULL) {
            vel_book_l3_free(contingency->triggers[by]);
            free(contingency->triggers[by]);
        }
    free(contingency->index);
    vel_map_free(&contingency->owners_index);
    free(contingency->ended);
    for (uint32_t owner = 0; owner < contingency->owners_used; owner++)
        vel_map_free(&contingency->owners[owner].groups);
    free(contingency->orders);
    free(contingency->owners);
    vel_contingency_timers_free(&contingency->timers);
    vel_contingency_refs_free(&contingency->trailing);
    vel_contingency_refs_free(&contingency->due);
    vel_contingency_refs_free(&contingency->ending);
    memset(contingency, 0, sizeof *contingency);
}

/* ---------------------------------------------------------------- reports */

static int report(vel_contingency_t *contingency, uint8_t kind, const vel_contingency_order_t *order, int64_t price,
                  int64_t qty, uint8_t reason)
{
    return contingency->host->report(contingency->self, kind, &order->spec, vel_contingency_left(order), price, qty,
                                     reason);
}

static int refuse(vel_contingency_t *contingency, uint8_t kind, const vel_contingency_command_t *command,
                  uint8_t reason)
{
    return contingency->host->report(contingency->self, kind, command, 0, command->terms.price, command->terms.qty,
                                     reason);
}

/* ---------------------------------------------------------------- owners */

int vel_contingency_owner_make(vel_contingency_t *contingency, int32_t owner, int32_t strategy, uint32_t *index)
{
    int64_t key = vel_contingency_owner_key(owner, strategy);
    int64_t *found = vel_map_get(&contingency->owners_index, key);
    if (VEL_LIKELY(found != NULL)) {
        *index = contingency->latest_owner = (uint32_t)*found;
        contingency->latest_owner_key = key;
        return VEL_OK;
    }
    uint32_t first = NONE;
    int status = strategy == 0 ? VEL_OK : vel_contingency_owner_make(contingency, owner, 0, &first);
    if (status != VEL_OK)
        return status;
    if (contingency->owners_used == contingency->owners_max) {
        uint32_t grown = contingency->owners_max == 0 ? OWNERS_INITIAL : contingency->owners_max * 2;
        vel_contingency_owner_t *owners = realloc(contingency->owners, grown * sizeof *owners);
        if (owners == NULL)
            return VEL_ENOMEM;
        contingency->owners = owners;
        contingency->owners_max = grown;
    }
    *index = contingency->owners_used;
    if ((status = vel_map_put(&contingency->owners_index, key, *index)) != VEL_OK)
        return status;
    contingency->owners[*index] = (vel_contingency_owner_t){.first = NONE, .last = NONE, .next_of_account = NONE};
    contingency->owners_used++;
    if (first != NONE) {
        contingency->owners[*index].next_of_account = contingency->owners[first].next_of_account;
        contingency->owners[first].next_of_account = *index;
    }
    contingency->latest_owner = *index;
    contingency->latest_owner_key = key;
    return VEL_OK;
}

static vel_contingency_owner_t *owner_of(const vel_contingency_t *contingency, int32_t owner, int32_t strategy)
{
    int64_t *found = vel_map_get(&contingency->owners_index, vel_contingency_owner_key(owner, strategy));
    return found == NULL ? NULL : &contingency->owners[*found];
}

static int64_t reducible_of(const vel_contingency_owner_t *owner, const vel_contingency_command_t *spec)
{
    if (spec->owner == 0 || owner == NULL)
        return 0;
    int64_t lots = spec->terms.side == VEL_SELL ? owner->position : -owner->position;
    return lots > 0 ? lots : 0;
}

int64_t vel_contingency_reducible(const vel_contingency_t *contingency, const vel_contingency_order_t *order)
{
    return reducible_of(&contingency->owners[order->owner], &order->spec);
}

/* ---------------------------------------------------------------- timers: a heap by (ts, sequence)
 *
 * An order that ends before its time leaves its timer behind, as orders do not know where theirs are: that would have
 * to be kept up at every step of a sift. When those left behind are more than half of the heap, they are taken out
 * together, which costs each a constant. The keys are unique, so the others come in the same order whatever the shape
 * of the heap. */

static inline bool due_before(const vel_contingency_timer_t *a, const vel_contingency_timer_t *b)
{
    return a->ts != b->ts ? a->ts < b->ts : a->sequence < b->sequence;
}

VEL_HEAP(timer_heap, vel_contingency_timer_t, due_before)

static int timer_add(vel_contingency_t *contingency, int64_t ts, uint32_t index)
{
    vel_contingency_timer_t timer = {ts, contingency->orders[index].sequence, index};
    int status = vel_contingency_timers_push(&contingency->timers, &timer);
    if (status != VEL_OK)
        return status;
    timer_heap_up(contingency->timers.items, contingency->timers.count - 1);
    contingency->timed++;
    return VEL_OK;
}

static vel_contingency_timer_t timer_pop(vel_contingency_t *contingency)
{
    vel_contingency_timer_t *heap = contingency->timers.items, top = heap[0];
    heap[0] = heap[--contingency->timers.count];
    timer_heap_down(heap, contingency->timers.count, 0);
    return top;
}

static bool is_timed(const vel_contingency_t *contingency, const vel_contingency_timer_t *timer)
{
    vel_contingency_ref_t ref = {timer->sequence, timer->index, 0, 0};
    return vel_contingency_is_same(contingency, &ref);
}

/* An order with a time has ended. */
static void timer_leave(vel_contingency_t *contingency)
{
    vel_contingency_timer_t *heap = contingency->timers.items;
    contingency->timed--;
    int64_t ended = contingency->timers.count - contingency->timed, kept = 0;
    if (ended <= TIMERS_ENDED_MIN || ended <= contingency->timed)
        return;
    for (int64_t at = 0; at < contingency->timers.count; at++)
        if (is_timed(contingency, &heap[at]))
            heap[kept++] = heap[at];
    VEL_DEBUG_ASSERT(kept == contingency->timed);
    contingency->timers.count = kept;
    timer_heap_build(heap, kept);
}

/* ---------------------------------------------------------------- pool and lists */

int vel_contingency_index_grow(vel_contingency_t *contingency)
{
    uint32_t old_buckets = contingency->index_buckets, buckets = old_buckets == 0 ? BUCKETS_INITIAL : old_buckets * 2;
    vel_contingency_bucket_t *old = contingency->index;
    if (buckets > BUCKETS_MAX)
        return VEL_ENOMEM;
    vel_contingency_bucket_t *index = aligned_alloc(sizeof *index, buckets * sizeof *index);
    if (index == NULL)
        return VEL_ENOMEM;
    memset(index, 0, buckets * sizeof *index);
    contingency->latest = NONE;
    contingency->index = index;
    contingency->index_buckets = buckets;
    contingency->index_shift = 64 - (uint32_t)vel_highest_bit(buckets);
    for (uint32_t at = 0; at < old_buckets; at++)
        for (uint64_t used = old[at].tags & VEL_BUCKET_TOPS; used != 0; used &= used - 1) {
            uint32_t order = old[at].index[vel_lowest_bit(used) / 8];
            vel_contingency_slot_t slot;
            (void)vel_contingency_locate(contingency, contingency->orders[order].spec.order_id, &slot);
            vel_contingency_index_add(contingency, &slot, order);
        }
    free(old);
    return VEL_OK;
}

static vel_contingency_bucket_t *bucket_after(const vel_contingency_t *contingency,
                                              const vel_contingency_bucket_t *bucket)
{
    return &contingency->index[(size_t)(bucket - contingency->index + 1) & (contingency->index_buckets - 1)];
}

vel_contingency_bucket_t *vel_contingency_index_pass(vel_contingency_t *contingency, vel_contingency_bucket_t *full)
{
    if (full->tags >> VEL_BUCKET_PASSED < PASSED_MAX)
        full->tags += UINT64_C(1) << VEL_BUCKET_PASSED;
    return bucket_after(contingency, full);
}

void vel_contingency_index_unpass(vel_contingency_t *contingency, vel_contingency_bucket_t *home,
                                  const vel_contingency_bucket_t *bucket)
{
    for (; home != bucket; home = bucket_after(contingency, home))
        if (home->tags >> VEL_BUCKET_PASSED < PASSED_MAX)
            home->tags -= UINT64_C(1) << VEL_BUCKET_PASSED;
}

void vel_contingency_blank(vel_contingency_order_t *order)
{
    vel_contingency_command_t *spec = &order->spec;
    spec->terms.display = spec->terms.trigger = spec->terms.expiry = 0;
    spec->terms.oco_group = spec->terms.parent = spec->terms.activation = 0;
    spec->action = VEL_ACTION_NEW;
    memset(spec->reserved, 0, sizeof spec->reserved);
    order->held = order->coming = 0;
    order->first_child = NONE;
    order->ties = order->is_child = order->watches = order->has_begun = 0;
}

static int pool_resize(vel_contingency_t *contingency, uint32_t places)
{
    vel_contingency_order_t *orders = realloc(contingency->orders, (size_t)places * sizeof *orders);
    if (orders == NULL)
        return VEL_ENOMEM;
    contingency->orders = orders;
    contingency->orders_max = places;
    return VEL_OK;
}

int vel_contingency_pool_grow(vel_contingency_t *contingency)
{
    return pool_resize(contingency, contingency->orders_max == 0 ? POOL_INITIAL : contingency->orders_max * 2);
}

int vel_contingency_reserve(vel_contingency_t *contingency, uint32_t orders)
{
    int status = orders > contingency->orders_max ? pool_resize(contingency, orders) : VEL_OK;
    while (status == VEL_OK && contingency->index_buckets * 2 < orders)
        status = vel_contingency_index_grow(contingency);
    return status;
}

/* The live order of an id. */
static vel_contingency_order_t *order_of(const vel_contingency_t *contingency, int64_t order_id)
{
    return &contingency->orders[vel_contingency_find(contingency, order_id)];
}

/* A fresh order in all lists that it belongs to. */
static int attach(vel_contingency_t *contingency, const vel_contingency_command_t *command, uint32_t *made)
{
    const vel_order_terms_t *terms = &command->terms;
    vel_contingency_slot_t slot;
    uint32_t index;
    int status = vel_contingency_make_room(contingency);
    if (status != VEL_OK)
        return status;
    (void)vel_contingency_locate(contingency, command->order_id, &slot);
    if ((status = vel_contingency_admit(contingency, command->order_id, command->owner, command->strategy, &slot,
                                        &index)) != VEL_OK)
        return status;
    vel_contingency_order_t *order = &contingency->orders[index];
    *made = index;
    order->spec = *command;
    order->leaves = command->terms.qty;
    order->held = 0;
    order->coming = 0;
    order->first_child = NONE;
    order->state = VEL_CONTINGENCY_ACTIVE;
    order->is_child = 0;
    order->watches = 0;
    order->has_begun = 0;
    order->ties = 0;
    if ((terms->display | terms->trigger | terms->expiry | terms->oco_group | terms->parent | terms->activation) != 0 ||
        terms->trigger_kind != VEL_TRIGGER_NONE)
        order->ties |= VEL_TIE_TERMS;
    if (command->terms.display != 0)
        order->ties |= VEL_TIE_DISPLAY;
    if (command->terms.flags & VEL_EXEC_REDUCE_ONLY)
        order->ties |= VEL_TIE_REDUCES;
    if (command->terms.oco_group == 0 && command->terms.parent == 0 && command->terms.tif != VEL_GTD)
        return VEL_OK;
    order->ties |= VEL_TIE_OTHERS;
    order->next_of_group = order->previous_of_group = index;
    order->next_of_parent = order->prev_of_parent = NONE;
    if (command->terms.tif == VEL_GTD && (status = timer_add(contingency, command->terms.expiry, index)) != VEL_OK)
        return status;
    if (command->terms.oco_group != 0) {
        vel_map_t *groups = &contingency->owners[order->owner].groups;
        int64_t *mate = vel_map_get(groups, command->terms.oco_group);
        if (mate == NULL) {
            if ((status = vel_map_put(groups, command->terms.oco_group, index)) != VEL_OK)
                return status;
        } else {
            /* Before the first: at the end of the ring. */
            uint32_t first = (uint32_t)*mate, last = contingency->orders[first].previous_of_group;
            order->next_of_group = first;
            order->previous_of_group = last;
            contingency->orders[last].next_of_group = index;
            contingency->orders[first].previous_of_group = index;
        }
    }
    if (command->terms.parent != 0) {
        vel_contingency_order_t *parent = order_of(contingency, command->terms.parent);
        if (parent->first_child == NONE) {
            parent->first_child = index;
        } else {
            order->prev_of_parent = parent->last_child;
            contingency->orders[parent->last_child].next_of_parent = index;
        }
        parent->last_child = index;
        parent->ties |= VEL_TIE_OTHERS;
    }
    return VEL_OK;
}

static void leave_group(vel_contingency_t *contingency, uint32_t index)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    if (order->spec.terms.oco_group == 0)
        return;
    vel_map_t *groups = &contingency->owners[order->owner].groups;
    if (order->next_of_group == index) {
        vel_map_remove(groups, order->spec.terms.oco_group);
    } else {
        contingency->orders[order->previous_of_group].next_of_group = order->next_of_group;
        contingency->orders[order->next_of_group].previous_of_group = order->previous_of_group;
        int64_t *first = vel_map_get(groups, order->spec.terms.oco_group);
        if (*first == index)
            *first = order->next_of_group;
    }
    order->next_of_group = order->previous_of_group = index;
    order->spec.terms.oco_group = 0;
}

static void unlink_from_parent(vel_contingency_t *contingency, uint32_t index)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    if (order->spec.terms.parent == 0)
        return;
    vel_contingency_order_t *parent = order_of(contingency, order->spec.terms.parent);
    if (order->prev_of_parent == NONE)
        parent->first_child = order->next_of_parent;
    else
        contingency->orders[order->prev_of_parent].next_of_parent = order->next_of_parent;
    if (order->next_of_parent == NONE)
        parent->last_child = order->prev_of_parent;
    else
        contingency->orders[order->next_of_parent].prev_of_parent = order->prev_of_parent;
    order->next_of_parent = order->prev_of_parent = NONE;
    order->spec.terms.parent = 0;
}

static int mark(vel_contingency_refs_t *list, const vel_contingency_t *contingency, uint32_t index, uint8_t reason,
                int64_t lots)
{
    vel_contingency_ref_t ref = {contingency->orders[index].sequence, index, reason, lots};
    return vel_contingency_refs_push(list, &ref);
}

/* ---------------------------------------------------------------- OCO groups */

/* Whether an order of an OCO group outlives what happens to another. */
static bool protects(const vel_contingency_t *contingency, const vel_contingency_order_t *order,
                     const vel_contingency_order_t *other)
{
    uint8_t flags = order->spec.terms.flags;
    if ((contingency->rules & VEL_CONTINGENCY_OCO_CANCEL) || (flags & VEL_EXEC_OCO_CANCELS))
        return false;
    if ((flags & (VEL_EXEC_OCO_REDUCES | VEL_EXEC_REDUCE_ONLY)) || order->is_child)
        return true;
    return order->spec.terms.side == other->spec.terms.side && vel_contingency_reducible(contingency, order) > 0;
}

/* The others of an order's OCO group are to end, but those that protect, unless `all` do; these are to lose lots. */
static int end_group(vel_contingency_t *contingency, uint32_t index, bool all, int64_t lots)
{
    if (contingency->orders[index].spec.terms.oco_group == 0)
        return VEL_OK;
    uint32_t mate = contingency->orders[index].next_of_group;
    while (mate != index) {
        uint32_t next = contingency->orders[mate].next_of_group;
        bool stays = !all && protects(contingency, &contingency->orders[mate], &contingency->orders[index]);
        int status = VEL_OK;
        if (!stays || lots > 0)
            status = mark(&contingency->ending, contingency, mate, VEL_REASON_OCO, stays ? lots : 0);
        if (status != VEL_OK)
            return status;
        if (!stays)
            leave_group(contingency, mate);
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
static bool waits_for_whole(const vel_contingency_t *contingency, const vel_contingency_command_t *child)
{
    return (contingency->rules & VEL_CONTINGENCY_CHILDREN_WHOLE) || (child->terms.flags & VEL_EXEC_WHEN_FILLED);
}

static void set_qty(vel_contingency_order_t *order, int64_t qty)
{
    order->spec.terms.qty = qty;
    if (order->spec.terms.display > qty)
        order->spec.terms.display = qty;
}

/* So much of the parent has filled, and when it has ended no more will: the child's part is to go to work. */
static int release(vel_contingency_t *contingency, uint32_t index, int64_t filled, int64_t qty, bool has_ended)
{
    vel_contingency_order_t *child = &contingency->orders[index];
    bool is_whole = filled == qty;
    if (!is_whole && has_ended && (filled == 0 || (contingency->rules & VEL_CONTINGENCY_CHILDREN_WHOLE)))
        return mark(&contingency->ending, contingency, index, VEL_REASON_PARENT, 0);
    if (!is_whole && !has_ended && waits_for_whole(contingency, &child->spec))
        return VEL_OK;
    int64_t more = share_of(child->asked, filled, qty) - (child->asked - child->held);
    more = more < 0 ? 0 : more < child->held ? more : child->held;
    int64_t lost = has_ended ? child->held - more : 0;
    if (lost > 0 && child->leaves + child->coming + more == 0)
        return mark(&contingency->ending, contingency, index, VEL_REASON_PARENT,
                    0); /* it has nothing left to stand for */
    child->held -= more + lost;
    child->coming += more;
    int status = VEL_OK;
    if (lost > 0) {
        set_qty(child, child->spec.terms.qty - lost);
        status = report(contingency, VEL_REPORT_AMENDED, child, child->spec.terms.price, child->spec.terms.qty,
                        VEL_REASON_PARENT);
    }
    return status == VEL_OK && more > 0 ? mark(&contingency->due, contingency, index, 0, 0) : status;
}

/* Where an order that ended with a fill is remembered. */
static vel_contingency_ended_t *ended_at(const vel_contingency_t *contingency, int64_t order_id)
{
    return &contingency->ended[(uint64_t)order_id % VEL_CONTINGENCY_ENDED_MAX];
}

int vel_contingency_remember(vel_contingency_t *contingency, int64_t order_id, int32_t account, int64_t qty,
                             int64_t filled)
{
    if (VEL_UNLIKELY(contingency->ended == NULL)) {
        /* Zeroed by the system where it is used: what is not costs no memory. */
        contingency->ended = calloc(VEL_CONTINGENCY_ENDED_MAX, sizeof *contingency->ended);
        if (contingency->ended == NULL)
            return VEL_ENOMEM;
    }
    *ended_at(contingency, order_id) = (vel_contingency_ended_t){order_id, qty, filled, account};
    return VEL_OK;
}

/* The parent of a child that came after it had ended with a fill; NULL when there was none, or its part is too small.
 */
static const vel_contingency_ended_t *ended_parent(const vel_contingency_t *contingency,
                                                   const vel_contingency_command_t *child)
{
    const vel_contingency_ended_t *parent =
        contingency->ended == NULL ? NULL : ended_at(contingency, child->terms.parent);
    if (parent == NULL || parent->order_id != child->terms.parent || parent->account != child->owner ||
        (parent->filled < parent->qty && (contingency->rules & VEL_CONTINGENCY_CHILDREN_WHOLE)) ||
        share_of(child->terms.qty, parent->filled, parent->qty) == 0)
        return NULL;
    return parent;
}

int vel_contingency_filled(vel_contingency_t *contingency, uint32_t index, int64_t lots)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    int status = VEL_OK;
    if (order->spec.terms.oco_group != 0) {
        if ((status = end_group(contingency, index, false, lots)) != VEL_OK)
            return status;
        if (order->next_of_group == index)
            leave_group(contingency, index);
    }
    if (order->first_child == NONE || vel_contingency_left(order) == 0)
        return VEL_OK; /* when it is whole its end releases them */
    int64_t filled = order->spec.terms.qty - vel_contingency_left(order);
    for (uint32_t child = order->first_child; status == VEL_OK && child != NONE;
         child = contingency->orders[child].next_of_parent)
        status = release(contingency, child, filled, order->spec.terms.qty, false);
    return status;
}

static bool is_trailing(const vel_contingency_order_t *order)
{
    return order->spec.terms.trigger_kind >= VEL_TRIGGER_TRAIL_TICKS;
}

/* An order's place in `trailing` becomes free; when most are, the others move up. */
static void forget_trailing(vel_contingency_t *contingency, uint32_t index)
{
    vel_contingency_refs_t *list = &contingency->trailing;
    list->items[contingency->orders[index].shown].index = NONE;
    if (++contingency->trailing_free <= list->count / 2)
        return;
    int64_t kept = 0;
    for (int64_t at = 0; at < list->count; at++)
        if (list->items[at].index != NONE) {
            contingency->orders[list->items[at].index].shown = kept;
            list->items[kept++] = list->items[at];
        }
    list->count = kept;
    contingency->trailing_free = 0;
}

/* An order waits no more by the price that it has watched. */
static void stop_waiting(vel_contingency_t *contingency, const vel_contingency_order_t *order)
{
    contingency->watched -= order->watches != VEL_BY_LAST;
    if (--contingency->waiting[order->watches] == 0 && order->watches >= VEL_BY_BID)
        contingency->host->watch(contingency->self);
}

void vel_contingency_withdraw(vel_contingency_t *contingency, uint32_t index)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    if (order->state == VEL_CONTINGENCY_RESTING)
        contingency->host->withdraw(contingency->self, index);
    if (order->state == VEL_CONTINGENCY_WAITING) {
        (void)vel_book_l3_cancel(contingency->triggers[order->watches], index,
                                 0); /* one that trails may have none yet */
        if (is_trailing(order))
            forget_trailing(contingency, index);
        stop_waiting(contingency, order);
    }
    order->shown = 0;
    order->state = VEL_CONTINGENCY_ACTIVE;
}

/* What the end of an order is for its group, its children, its parent and its timer. */
static int untie(vel_contingency_t *contingency, uint32_t index, uint8_t kind, uint8_t reason, int64_t filled)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    int status;
    if (kind != VEL_REPORT_FILL && reason != VEL_REASON_OCO) {
        bool by_strategy = kind != VEL_REPORT_EXPIRED && reason != VEL_REASON_PARENT;
        if ((status = end_group(contingency, index, by_strategy, 0)) != VEL_OK)
            return status;
    }
    leave_group(contingency, index);
    while (order->first_child != NONE) {
        uint32_t child = order->first_child;
        if ((status = release(contingency, child, filled, order->spec.terms.qty, true)) != VEL_OK)
            return status;
        unlink_from_parent(contingency, child);
    }
    unlink_from_parent(contingency, index);
    return VEL_OK;
}

int vel_contingency_end(vel_contingency_t *contingency, uint32_t index, uint8_t kind, uint8_t reason)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    int status;
    vel_contingency_withdraw(contingency, index);
    if (kind == VEL_REPORT_FILL && vel_contingency_left(order) > 0) {
        order->state = VEL_CONTINGENCY_HELD; /* a child that has filled all that its parent had given it */
        return VEL_OK;
    }
    int64_t left = vel_contingency_left(order),
            filled = kind == VEL_REPORT_FILL ? order->spec.terms.qty : order->spec.terms.qty - left;
    if (kind != VEL_REPORT_FILL &&
        (status = report(contingency, kind, order, order->spec.terms.price, left, reason)) != VEL_OK)
        return status;
    if ((order->ties & VEL_TIE_OTHERS) && (status = untie(contingency, index, kind, reason, filled)) != VEL_OK)
        return status;
    bool is_timed_order = order->spec.terms.tif == VEL_GTD;
    vel_contingency_slot_t slot;
    (void)vel_contingency_locate(contingency, order->spec.order_id, &slot);
    status = vel_contingency_dismiss(contingency, index, &slot, filled);
    if (is_timed_order)
        timer_leave(contingency);
    return status;
}

/* An order loses lots to another of its group: those at work first. */
static int reduce(vel_contingency_t *contingency, uint32_t index, int64_t lots)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    if (lots >= vel_contingency_left(order))
        return vel_contingency_end(contingency, index, VEL_REPORT_CANCELED, VEL_REASON_OCO);
    int64_t worked = lots < order->leaves ? lots : order->leaves, rest = lots - worked;
    int64_t came = rest < order->coming ? rest : order->coming;
    int status = VEL_OK;
    order->coming -= came;
    order->held -= rest - came;
    if (worked > 0 && worked == order->leaves) {
        vel_contingency_withdraw(contingency, index);
        order->leaves = 0;
        order->state = VEL_CONTINGENCY_HELD;
    } else if (worked > 0 && order->state == VEL_CONTINGENCY_RESTING) {
        status = contingency->host->take_off(contingency->self, index, worked);
    } else {
        order->leaves -= worked;
    }
    if (status != VEL_OK)
        return status;
    order = &contingency->orders[index];
    set_qty(order, order->spec.terms.qty - lots);
    return report(contingency, VEL_REPORT_AMENDED, order, order->spec.terms.price, order->spec.terms.qty,
                  VEL_REASON_OCO);
}

int vel_contingency_end_pending(vel_contingency_t *contingency)
{
    for (int64_t at = 0; at < contingency->ending.count; at++) {
        vel_contingency_ref_t ref = contingency->ending.items[at];
        if (!vel_contingency_is_same(contingency, &ref))
            continue;
        int status = ref.lots > 0 ? reduce(contingency, ref.index, ref.lots)
                                  : vel_contingency_end(contingency, ref.index, VEL_REPORT_CANCELED, ref.reason);
        if (status != VEL_OK)
            return status;
    }
    contingency->ending.count = 0;
    return VEL_OK;
}

/* ---------------------------------------------------------------- triggers */

/* Whether the trigger stands above the last price: SELL side of `triggers`, fired by a rise. */
static uint8_t trigger_side(const vel_contingency_order_t *order)
{
    bool is_touched = order->spec.terms.trigger_kind == VEL_TRIGGER_TOUCHED;
    return (order->spec.terms.side == VEL_BUY) != is_touched ? VEL_SELL : VEL_BUY;
}

static bool is_reached(uint8_t side, int64_t trigger, int64_t last)
{
    return side == VEL_SELL ? last >= trigger : last <= trigger;
}

/* Trigger of a trailing order, from its best price. Basis points are rounded away from the price. */
static int64_t trail(const vel_contingency_order_t *order)
{
    int64_t distance = order->spec.terms.trigger;
    if (order->spec.terms.trigger_kind == VEL_TRIGGER_TRAIL_BPS) {
        vel_i128 scaled = (vel_i128)(order->best < 0 ? -order->best : order->best) * distance;
        distance = (int64_t)((scaled + 9999) / 10000);
        distance = distance < 1 ? 1 : distance;
    }
    int64_t trigger = order->spec.terms.side == VEL_BUY ? order->best + distance : order->best - distance;
    if (trigger >= VEL_TICKS_MAX)
        return VEL_TICKS_MAX - 1;
    return trigger <= -VEL_TICKS_MAX ? 1 - VEL_TICKS_MAX : trigger;
}

/* The price that an order of this spec waits by. */
static uint8_t watched_by(const vel_contingency_t *contingency, const vel_contingency_command_t *spec)
{
    if (spec->terms.trigger_by != VEL_BY_LAST || !contingency->lacks_prints)
        return spec->terms.trigger_by;
    return spec->terms.side == VEL_BUY ? VEL_BY_ASK : VEL_BY_BID;
}

/* A price as it stands for orders that fire on a rise (the SELL side of `triggers`) or on a fall. */
static bool price_now(const vel_contingency_t *contingency, uint8_t by, uint8_t side, int64_t *price)
{
    switch (by) {
    case VEL_BY_LAST:
        *price = contingency->last;
        return contingency->has_last;
    case VEL_BY_MARK:
        *price = contingency->mark[side == VEL_SELL];
        return contingency->has_mark;
    default:
        return contingency->host->quote(contingency->self, by == VEL_BY_BID ? VEL_BUY : VEL_SELL, price);
    }
}

/* Whether the price has reached the trigger of an order that does not trail. */
static bool is_reached_now(const vel_contingency_t *contingency, const vel_contingency_order_t *order, uint8_t by,
                           int64_t trigger)
{
    int64_t price;
    uint8_t side = trigger_side(order);
    return price_now(contingency, by, side, &price) && is_reached(side, trigger, price);
}

/* A trailing order sees a price: it begins to follow, or follows a better one. */
static int follow(vel_contingency_t *contingency, uint32_t index, int64_t price)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    vel_book_l3_t *triggers = contingency->triggers[order->watches];
    bool is_buy = order->spec.terms.side == VEL_BUY;
    int64_t activation = order->spec.terms.activation;
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
static int triggers_make(vel_contingency_t *contingency, uint8_t by)
{
    if (contingency->triggers[by] != NULL)
        return VEL_OK;
    vel_book_l3_t *made = malloc(sizeof *made);
    if (made == NULL)
        return VEL_ENOMEM;
    contingency->triggers[by] = made;
    return vel_book_l3_init_dense(made, VEL_PRIORITY_LOST_BY_MORE);
}

static int wait_for_trigger(vel_contingency_t *contingency, uint32_t index)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    int64_t price;
    uint8_t by = watched_by(contingency, &order->spec);
    int status = triggers_make(contingency, by);
    if (status != VEL_OK)
        return status;
    order->state = VEL_CONTINGENCY_WAITING;
    order->watches = by;
    order->has_begun = 0;
    contingency->watched += by != VEL_BY_LAST;
    if (contingency->waiting[by]++ == 0 && by >= VEL_BY_BID)
        contingency->host->watch(contingency->self);
    if (!is_trailing(order))
        return vel_book_l3_add(contingency->triggers[order->watches], index, trigger_side(order),
                               order->spec.terms.trigger, 1);
    order->shown = contingency->trailing.count;
    status = mark(&contingency->trailing, contingency, index, 0, 0);
    /* Without a price it begins to trail with the first. */
    if (status == VEL_OK && price_now(contingency, order->watches, trigger_side(order), &price))
        status = follow(contingency, index, price);
    return status;
}

static int fire(vel_contingency_t *contingency, uint32_t index, int64_t trigger)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    vel_contingency_withdraw(contingency, index);
    order->spec.terms.trigger_kind = VEL_TRIGGER_NONE;
    int status = report(contingency, VEL_REPORT_FIRED, order, trigger, order->leaves, VEL_REASON_NONE);
    if (status != VEL_OK || (status = mark(&contingency->due, contingency, index, 0, 0)) != VEL_OK ||
        (status = end_group(contingency, index, false, vel_contingency_left(order))) != VEL_OK)
        return status;
    leave_group(contingency, index);
    return VEL_OK;
}

int vel_contingency_on_price(vel_contingency_t *contingency, uint8_t by, int64_t fall, int64_t rise)
{
    int status;
    if (contingency->waiting[by] == 0)
        return VEL_OK;
    for (int64_t at = 0; at < contingency->trailing.count; at++) {
        uint32_t index = contingency->trailing.items[at].index;
        const vel_contingency_order_t *order = index == NONE ? NULL : &contingency->orders[index];
        if (order != NULL && order->watches == by &&
            (status = follow(contingency, index, trigger_side(order) == VEL_SELL ? rise : fall)) != VEL_OK)
            return status;
    }
    for (uint8_t side = 0; side < 2; side++) {
        const vel_l3_order_t *next;
        int64_t price = side == VEL_SELL ? rise : fall;
        while ((next = vel_book_l3_first(contingency->triggers[by], side)) != NULL &&
               is_reached(side, next->price, price))
            if ((status = fire(contingency, (uint32_t)next->id, next->price)) != VEL_OK)
                return status;
    }
    return VEL_OK;
}

int vel_contingency_on_last(vel_contingency_t *contingency, int64_t price)
{
    contingency->last = price;
    contingency->has_last = 1;
    return vel_contingency_on_price(contingency, VEL_BY_LAST, price, price);
}

static int by_sequence(const void *a, const void *b)
{
    int64_t left = ((const vel_contingency_ref_t *)a)->sequence, right = ((const vel_contingency_ref_t *)b)->sequence;
    return (left > right) - (left < right);
}

int vel_contingency_on_print(vel_contingency_t *contingency)
{
    vel_contingency_refs_t list = {0};
    int status = triggers_make(contingency, VEL_BY_LAST);
    contingency->lacks_prints = 0;
    for (uint32_t index = 0; status == VEL_OK && index < contingency->orders_used; index++) {
        const vel_contingency_order_t *order = &contingency->orders[index];
        if (order->state == VEL_CONTINGENCY_WAITING && order->spec.terms.trigger_by == VEL_BY_LAST &&
            order->watches != VEL_BY_LAST)
            status = mark(&list, contingency, index, 0, 0);
    }
    if (list.count > 1)
        qsort(list.items, (size_t)list.count, sizeof *list.items, by_sequence);
    for (int64_t at = 0; status == VEL_OK && at < list.count; at++) {
        uint32_t index = list.items[at].index;
        vel_contingency_order_t *order = &contingency->orders[index];
        const vel_l3_order_t *found = vel_book_l3_order(contingency->triggers[order->watches], index);
        int64_t trigger = found == NULL ? 0 : found->price;
        bool stands = found != NULL;
        (void)vel_book_l3_cancel(contingency->triggers[order->watches], index, 0);
        stop_waiting(contingency, order);
        order->watches = VEL_BY_LAST;
        contingency->waiting[VEL_BY_LAST]++;
        if (stands)
            status = vel_book_l3_add(contingency->triggers[VEL_BY_LAST], index, trigger_side(order), trigger, 1);
    }
    vel_contingency_refs_free(&list);
    return status;
}

static bool would_take(const vel_contingency_t *contingency, const vel_contingency_order_t *order)
{
    int64_t best = contingency->host->best_key(contingency->self, vel_opposite(order->spec.terms.side));
    return best != VEL_NO_KEY && best <= vel_contingency_limit_key(order);
}

/* A fired, released or new order goes to the book, or waits for its trigger. */
static int begin(vel_contingency_t *contingency, uint32_t index, bool is_new)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    if (order->spec.terms.trigger_kind != VEL_TRIGGER_NONE) {
        if (!is_trailing(order) &&
            is_reached_now(contingency, order, watched_by(contingency, &order->spec), order->spec.terms.trigger))
            return fire(contingency, index, order->spec.terms.trigger); /* a released child; new ones are refused */
        return wait_for_trigger(contingency, index);
    }
    if ((order->spec.terms.flags & VEL_EXEC_POST_ONLY) && would_take(contingency, order)) {
        if (!(order->spec.terms.flags & VEL_EXEC_SLIDE)) {
            if (is_new)
                leave_group(contingency, index); /* a refused order was never one of its group */
            return vel_contingency_end(contingency, index, is_new ? VEL_REPORT_REJECTED : VEL_REPORT_EXPIRED,
                                       VEL_REASON_POST_ONLY);
        }
        uint8_t side = vel_opposite(order->spec.terms.side);
        int64_t best = vel_key_ticks(side, contingency->host->best_key(contingency->self, side));
        order->spec.terms.price = order->spec.terms.side == VEL_BUY ? best - 1 : best + 1;
    }
    int status = VEL_OK;
    if (is_new)
        status =
            report(contingency, VEL_REPORT_ACK, order, order->spec.terms.price, order->spec.terms.qty, VEL_REASON_NONE);
    return status == VEL_OK ? contingency->host->act(contingency->self, index) : status;
}

/* What has come to a child goes to work. One that rests goes to the back with all that it has. */
static int set_to_work(vel_contingency_t *contingency, uint32_t index)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    if (order->state == VEL_CONTINGENCY_RESTING)
        vel_contingency_withdraw(contingency, index);
    order->leaves += order->coming;
    order->coming = 0;
    if (order->state == VEL_CONTINGENCY_HELD)
        order->state = VEL_CONTINGENCY_ACTIVE;
    return report(contingency, VEL_REPORT_RELEASED, order, order->spec.terms.price, order->leaves, VEL_REASON_NONE);
}

int vel_contingency_settle(vel_contingency_t *contingency)
{
    int status = vel_contingency_end_pending(contingency);
    for (int64_t at = 0; status == VEL_OK && at < contingency->due.count; at++) {
        vel_contingency_ref_t ref = contingency->due.items[at];
        if (!vel_contingency_is_same(contingency, &ref))
            continue;
        if (contingency->orders[ref.index].coming > 0)
            status = set_to_work(contingency, ref.index);
        if (status == VEL_OK && contingency->orders[ref.index].state == VEL_CONTINGENCY_ACTIVE)
            status = begin(contingency, ref.index, false);
        if (status == VEL_OK)
            status = vel_contingency_end_pending(contingency);
    }
    contingency->due.count = 0;
    return status;
}

/* ---------------------------------------------------------------- self-trade prevention */

static int decrement(vel_contingency_t *contingency, uint32_t taker_index, uint32_t maker_index)
{
    vel_contingency_order_t *taker = &contingency->orders[taker_index], *maker = &contingency->orders[maker_index];
    int64_t lots = taker->leaves < maker->leaves ? taker->leaves : maker->leaves;
    bool ends_maker = lots == maker->leaves, ends_taker = lots == taker->leaves;
    int status = VEL_OK;
    if (!ends_maker) {
        maker->spec.terms.qty -= lots;
        if ((status = contingency->host->take_off(contingency->self, maker_index, lots)) == VEL_OK)
            status = report(contingency, VEL_REPORT_AMENDED, maker, maker->spec.terms.price, maker->spec.terms.qty,
                            VEL_REASON_SELF_TRADE);
    }
    if (status == VEL_OK && !ends_taker) {
        taker->leaves -= lots;
        taker->spec.terms.qty -= lots;
        status = report(contingency, VEL_REPORT_AMENDED, taker, taker->spec.terms.price, taker->spec.terms.qty,
                        VEL_REASON_SELF_TRADE);
    }
    if (status == VEL_OK && ends_maker)
        status = vel_contingency_end(contingency, maker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    if (status == VEL_OK && ends_taker)
        status = vel_contingency_end(contingency, taker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    return status;
}

int vel_contingency_prevent_self_trade(vel_contingency_t *contingency, uint32_t taker_index, uint32_t maker_index)
{
    uint8_t rule =
        vel_contingency_self_trade_rule(&contingency->orders[taker_index], &contingency->orders[maker_index]);
    int status = VEL_OK;
    if (rule == VEL_STP_DECREMENT)
        status = decrement(contingency, taker_index, maker_index);
    if (rule == VEL_STP_MAKER || rule == VEL_STP_BOTH)
        status = vel_contingency_end(contingency, maker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    if (status == VEL_OK && (rule == VEL_STP_TAKER || rule == VEL_STP_BOTH))
        status = vel_contingency_end(contingency, taker_index, VEL_REPORT_EXPIRED, VEL_REASON_SELF_TRADE);
    return status == VEL_OK ? vel_contingency_end_pending(contingency) : status;
}

/* ---------------------------------------------------------------- commands */

static bool trails(const vel_contingency_command_t *spec)
{
    return spec->terms.trigger_kind == VEL_TRIGGER_TRAIL_TICKS || spec->terms.trigger_kind == VEL_TRIGGER_TRAIL_BPS;
}

static uint8_t check_new(const vel_contingency_t *contingency, const vel_contingency_command_t *new)
{
    bool is_limit = new->terms.type == VEL_LIMIT;
    bool may_rest = new->terms.tif == VEL_GTC || new->terms.tif == VEL_GTD || new->terms.tif == VEL_DAY;
    if (new->terms.side > VEL_SELL || new->terms.type > VEL_MARKET_TO_LIMIT || new->terms.tif > VEL_DAY ||
        new->terms.trigger_kind > VEL_TRIGGER_TRAIL_BPS || new->terms.stp > VEL_STP_DECREMENT ||
        new->terms.flags > VEL_EXEC_ALL || new->terms.trigger_by >= VEL_PRICES || !vel_is_size(new->terms.qty) ||
        new->order_id == 0 || (is_limit && !vel_is_price(new->terms.price)) || new->terms.display < 0 ||
        new->terms.display > new->terms.qty || (new->terms.display > 0 && !(is_limit && may_rest)) ||
        ((new->terms.flags & VEL_EXEC_POST_ONLY) && !(is_limit && may_rest)) ||
        ((new->terms.flags & VEL_EXEC_SLIDE) && !(new->terms.flags & VEL_EXEC_POST_ONLY)) ||
        ((new->terms.flags & VEL_EXEC_OCO_CANCELS) && (new->terms.flags & VEL_EXEC_OCO_REDUCES)) ||
        (new->terms.type == VEL_MARKET_TO_LIMIT && !may_rest) || new->terms.parent == new->order_id)
        return VEL_REASON_INVALID;
    if (new->terms.activation != 0 && !(trails(new) && vel_is_price(new->terms.activation)))
        return VEL_REASON_INVALID;
    if (trails(new)) {
        int64_t most = new->terms.trigger_kind == VEL_TRIGGER_TRAIL_BPS ? 9999 : VEL_TICKS_MAX / 4;
        if (new->terms.trigger < 1 || new->terms.trigger > most)
            return VEL_REASON_INVALID;
    } else if (new->terms.trigger_kind != VEL_TRIGGER_NONE && !vel_is_price(new->terms.trigger)) {
        return VEL_REASON_INVALID;
    }
    if (vel_contingency_find(contingency, new->order_id) != NONE)
        return VEL_REASON_DUPLICATE;
    if (new->terms.tif == VEL_GTD && new->terms.expiry <= contingency->now)
        return VEL_REASON_EXPIRED;
    if (new->terms.trigger_kind != VEL_TRIGGER_NONE && new->terms.trigger_by != VEL_BY_LAST &&
        !contingency->host->has_price(contingency->self, new->terms.trigger_by))
        return VEL_REASON_NO_PRICE;
    if (new->terms.parent != 0) {
        uint32_t parent = vel_contingency_find(contingency, new->terms.parent);
        bool is_there = parent == NONE ? ended_parent(contingency, new) != NULL
                                       : contingency->orders[parent].spec.owner == new->owner;
        return is_there ? VEL_REASON_NONE : VEL_REASON_PARENT; /* the rest is seen when it is released */
    }
    if (new->terms.trigger_kind == VEL_TRIGGER_STOP || new->terms.trigger_kind == VEL_TRIGGER_TOUCHED) {
        vel_contingency_order_t order = {.spec = *new};
        if (is_reached_now(contingency, &order, watched_by(contingency, new), new->terms.trigger))
            return VEL_REASON_TRIGGERED;
    } else if ((new->terms.flags & VEL_EXEC_REDUCE_ONLY) && new->terms.trigger_kind == VEL_TRIGGER_NONE &&
               reducible_of(owner_of(contingency, new->owner, new->strategy), new) == 0) {
        return VEL_REASON_REDUCE_ONLY;
    }
    return VEL_REASON_NONE;
}

/* A child is taken: what has filled of its parent, alive or not, lets its part go to work. */
static int on_child(vel_contingency_t *contingency, const vel_contingency_command_t *command)
{
    vel_contingency_ended_t ended = {0};
    vel_contingency_command_t spec = *command;
    uint32_t index;
    if (vel_contingency_find(contingency, command->terms.parent) == NONE) {
        ended = *ended_parent(contingency, command);
        spec.terms.parent = 0;
    }
    int status = attach(contingency, &spec, &index);
    if (status != VEL_OK)
        return status;
    vel_contingency_order_t *order = &contingency->orders[index];
    order->is_child = 1;
    order->ties |= VEL_TIE_OTHERS;
    order->state = VEL_CONTINGENCY_HELD;
    order->held = order->asked = order->leaves;
    order->leaves = 0;
    status = report(contingency, VEL_REPORT_ACK, order, command->terms.price, command->terms.qty, VEL_REASON_NONE);
    if (status != VEL_OK || spec.terms.parent == 0)
        return status != VEL_OK ? status : release(contingency, index, ended.filled, ended.qty, true);
    const vel_contingency_order_t *parent = order_of(contingency, command->terms.parent);
    int64_t filled = parent->spec.terms.qty - vel_contingency_left(parent);
    return filled == 0 ? VEL_OK : release(contingency, index, filled, parent->spec.terms.qty, false);
}

static int on_new(vel_contingency_t *contingency, const vel_contingency_command_t *command)
{
    uint8_t reason = check_new(contingency, command);
    uint32_t index;
    if (reason != VEL_REASON_NONE)
        return refuse(contingency, VEL_REPORT_REJECTED, command, reason);
    if (command->terms.parent != 0)
        return on_child(contingency, command);
    int status = attach(contingency, command, &index);
    if (status != VEL_OK)
        return status;
    if (command->terms.trigger_kind != VEL_TRIGGER_NONE)
        status = report(contingency, VEL_REPORT_ACK, &contingency->orders[index], command->terms.price,
                        command->terms.qty, VEL_REASON_NONE);
    return status == VEL_OK ? begin(contingency, index, true) : status;
}

/* Another trigger for a stop or touched order that has not fired; 0 leaves it. Returns why not, or VEL_REASON_NONE. */
static uint8_t move_trigger(vel_contingency_t *contingency, uint32_t index, int64_t trigger, int *status)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    *status = VEL_OK;
    if (trigger == 0 || order->spec.terms.trigger_kind == VEL_TRIGGER_NONE || trigger == order->spec.terms.trigger)
        return VEL_REASON_NONE;
    if (is_trailing(order) || !vel_is_price(trigger))
        return VEL_REASON_INVALID;
    if (order->state == VEL_CONTINGENCY_WAITING) {
        if (is_reached_now(contingency, order, order->watches, trigger))
            return VEL_REASON_TRIGGERED;
        (void)vel_book_l3_cancel(contingency->triggers[order->watches], index, 0);
        *status = vel_book_l3_add(contingency->triggers[order->watches], index, trigger_side(order), trigger, 1);
    }
    order->spec.terms.trigger = trigger;
    return VEL_REASON_NONE;
}

/* The whole quantity of an order with `filled` lots after an amend to `qty`: by VEL_AMEND_REINSERT qty is what shall be
 * open, fills apart. Both are at most VEL_LOTS_MAX. */
static int64_t total_of_amend(const vel_contingency_t *contingency, int64_t filled, int64_t qty)
{
    return contingency->amend_rule == VEL_AMEND_REINSERT ? filled + qty : qty;
}

/* Another price, quantity or trigger of a child of which some waits for the parent. It goes to the back. */
static int amend_child(vel_contingency_t *contingency, uint32_t index, const vel_contingency_command_t *command)
{
    vel_contingency_order_t *order = &contingency->orders[index];
    bool is_limit = order->spec.terms.type == VEL_LIMIT;
    int64_t filled = order->spec.terms.qty - vel_contingency_left(order), total;
    int status = VEL_OK;
    if (!vel_is_size(command->terms.qty) || (is_limit && !vel_is_price(command->terms.price)))
        return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_INVALID);
    total = total_of_amend(contingency, filled, command->terms.qty);
    if (total > VEL_LOTS_MAX)
        return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_INVALID);
    if (total <= filled)
        return vel_contingency_end(contingency, index, VEL_REPORT_CANCELED, VEL_REASON_AMEND);
    if (order->state == VEL_CONTINGENCY_RESTING) {
        vel_contingency_order_t moved = {.spec = order->spec};
        moved.spec.terms.price = command->terms.price;
        if ((order->spec.terms.flags & VEL_EXEC_POST_ONLY) && would_take(contingency, &moved))
            return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_POST_ONLY);
    } else {
        uint8_t reason = move_trigger(contingency, index, command->terms.trigger, &status);
        if (status != VEL_OK)
            return status;
        if (reason != VEL_REASON_NONE)
            return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, reason);
    }
    const vel_contingency_order_t *parent = order_of(contingency, order->spec.terms.parent);
    int64_t of_parent = parent->spec.terms.qty - vel_contingency_left(parent);
    int64_t share = waits_for_whole(contingency, &order->spec) ? 0 : share_of(total, of_parent, parent->spec.terms.qty);
    share = share > filled ? share : filled;
    if (is_limit)
        order->spec.terms.price = command->terms.price;
    set_qty(order, total);
    order->asked = total;
    order->held = total - share;
    order->coming = share - filled;
    order->leaves = 0;
    if (order->state == VEL_CONTINGENCY_RESTING || order->coming == 0) {
        /* The host's book holds what it had. */
        vel_contingency_withdraw(contingency, index);
        order->state = VEL_CONTINGENCY_HELD;
    }
    status =
        report(contingency, VEL_REPORT_AMENDED, order, order->spec.terms.price, order->spec.terms.qty, VEL_REASON_NONE);
    return status == VEL_OK && order->coming > 0 ? mark(&contingency->due, contingency, index, 0, 0) : status;
}

static int on_amend(vel_contingency_t *contingency, const vel_contingency_command_t *command)
{
    uint32_t index = vel_contingency_find(contingency, command->order_id);
    vel_contingency_order_t *order = index == NONE ? NULL : &contingency->orders[index];
    if (order == NULL || order->spec.owner != command->owner)
        return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_UNKNOWN_ORDER);
    if (order->held > 0)
        return amend_child(contingency, index, command);
    bool is_limit = order->spec.terms.type == VEL_LIMIT;
    if (!vel_is_size(command->terms.qty) || (is_limit && !vel_is_price(command->terms.price)))
        return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_INVALID);
    bool reinserts = contingency->amend_rule == VEL_AMEND_REINSERT;
    int64_t filled = order->spec.terms.qty - order->leaves,
            total = total_of_amend(contingency, filled, command->terms.qty);
    if (total > VEL_LOTS_MAX)
        return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_INVALID);
    if (total <= filled)
        return vel_contingency_end(contingency, index, VEL_REPORT_CANCELED, VEL_REASON_AMEND);
    int status;
    if (order->state != VEL_CONTINGENCY_RESTING) {
        uint8_t moved = move_trigger(contingency, index, command->terms.trigger, &status);
        if (status != VEL_OK)
            return status;
        if (moved != VEL_REASON_NONE)
            return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, moved);
        if (is_limit)
            order->spec.terms.price = command->terms.price;
        order->spec.terms.qty = total;
        order->leaves = total - filled;
        if (order->spec.terms.display > order->spec.terms.qty)
            order->spec.terms.display = order->spec.terms.qty;
        return report(contingency, VEL_REPORT_AMENDED, order, order->spec.terms.price, order->spec.terms.qty,
                      VEL_REASON_NONE);
    }
    int64_t leaves = total - filled;
    bool has_same_price = command->terms.price == order->spec.terms.price;
    bool keeps_place = !reinserts && has_same_price && total <= order->spec.terms.qty;
    if (!keeps_place) {
        vel_contingency_order_t moved = {.spec = order->spec};
        moved.spec.terms.price = command->terms.price;
        bool takes = would_take(contingency, &moved);
        if ((order->spec.terms.flags & VEL_EXEC_POST_ONLY) && takes)
            return refuse(contingency, VEL_REPORT_AMEND_REJECTED, command, VEL_REASON_POST_ONLY);
        if (takes || contingency->acts_on_amend || (reinserts && has_same_price) || order->spec.terms.display > 0 ||
            (order->spec.terms.flags & VEL_EXEC_REDUCE_ONLY)) {
            vel_contingency_withdraw(contingency, index);
            order->spec.terms.price = command->terms.price;
            order->spec.terms.qty = total;
            order->leaves = leaves;
            status = report(contingency, VEL_REPORT_AMENDED, order, order->spec.terms.price, order->spec.terms.qty,
                            VEL_REASON_NONE);
            return status == VEL_OK ? contingency->host->act(contingency->self, index) : status;
        }
    }
    /* The common case: the order never leaves the book, as nothing can be taken at its new price. */
    if ((status = contingency->host->change(contingency->self, index, command->terms.price, leaves)) != VEL_OK)
        return status;
    order = &contingency->orders[index];
    order->spec.terms.price = command->terms.price;
    order->spec.terms.qty = total;
    order->leaves = leaves;
    return report(contingency, VEL_REPORT_AMENDED, order, order->spec.terms.price, order->spec.terms.qty,
                  VEL_REASON_NONE);
}

static int on_cancel(vel_contingency_t *contingency, const vel_contingency_command_t *command)
{
    uint32_t index = vel_contingency_find(contingency, command->order_id);
    if (index == NONE || contingency->orders[index].spec.owner != command->owner)
        return refuse(contingency, VEL_REPORT_CANCEL_REJECTED, command, VEL_REASON_UNKNOWN_ORDER);
    return vel_contingency_end(contingency, index, VEL_REPORT_CANCELED, VEL_REASON_NONE);
}

/* Live orders by acceptance: those of owner 0 and a strategy, or, with `tif`, all of this time in force. */
static int collect(vel_contingency_t *contingency, int32_t strategy, const uint8_t *tif, vel_contingency_refs_t *list)
{
    int status = VEL_OK;
    for (uint32_t index = 0; status == VEL_OK && index < contingency->orders_used; index++) {
        const vel_contingency_order_t *order = &contingency->orders[index];
        bool is_wanted =
            tif != NULL ? order->spec.terms.tif == *tif : order->spec.owner == 0 && order->spec.strategy == strategy;
        if (is_wanted && order->state != VEL_CONTINGENCY_FREE)
            status = mark(list, contingency, index, 0, 0);
    }
    if (list->count > 1)
        qsort(list->items, (size_t)list->count, sizeof *list->items, by_sequence);
    return status;
}

/* The orders of owner 0 are in no list, as cancelling all of them is rare: this looks at every order. */
static int cancel_all_unowned(vel_contingency_t *contingency, int32_t strategy)
{
    vel_contingency_refs_t list = {0};
    int status = collect(contingency, strategy, NULL, &list);
    for (int64_t at = 0; status == VEL_OK && at < list.count; at++)
        if (vel_contingency_is_same(contingency, &list.items[at]) &&
            (status = vel_contingency_end(contingency, list.items[at].index, VEL_REPORT_CANCELED, VEL_REASON_ALL)) ==
                VEL_OK)
            status = vel_contingency_end_pending(contingency);
    vel_contingency_refs_free(&list);
    return status;
}

static int on_cancel_all(vel_contingency_t *contingency, const vel_contingency_command_t *command)
{
    vel_contingency_owner_t *owner;
    if (command->owner == 0)
        return cancel_all_unowned(contingency, command->strategy);
    while ((owner = owner_of(contingency, command->owner, command->strategy)) != NULL && owner->first != NONE) {
        int status = vel_contingency_end(contingency, owner->first, VEL_REPORT_CANCELED, VEL_REASON_ALL);
        if (status != VEL_OK || (status = vel_contingency_end_pending(contingency)) != VEL_OK)
            return status;
    }
    return VEL_OK;
}

int vel_contingency_advance(vel_contingency_t *contingency, int64_t ts)
{
    if (ts < contingency->now)
        return VEL_EINVAL;
    while (contingency->timers.count > 0 && contingency->timers.items[0].ts <= ts) {
        vel_contingency_timer_t timer = timer_pop(contingency);
        if (!is_timed(contingency, &timer))
            continue;
        contingency->now = timer.ts > contingency->now ? timer.ts : contingency->now;
        int status = vel_contingency_end(contingency, timer.index, VEL_REPORT_EXPIRED, VEL_REASON_EXPIRED);
        if (status != VEL_OK || (status = vel_contingency_settle(contingency)) != VEL_OK)
            return status;
    }
    contingency->now = ts;
    return VEL_OK;
}

int vel_contingency_on_command(vel_contingency_t *contingency, const vel_contingency_command_t *command)
{
    int status = vel_contingency_advance(contingency, command->ts);
    if (status != VEL_OK)
        return status;
    switch (command->action) {
    case VEL_ACTION_NEW:
        status = on_new(contingency, command);
        break;
    case VEL_ACTION_AMEND:
        status = on_amend(contingency, command);
        break;
    case VEL_ACTION_CANCEL:
        status = on_cancel(contingency, command);
        break;
    case VEL_ACTION_CANCEL_ALL:
        status = on_cancel_all(contingency, command);
        break;
    default:
        return VEL_EINVAL;
    }
    return status == VEL_OK ? vel_contingency_settle(contingency) : status;
}

int vel_contingency_end_of_day(vel_contingency_t *contingency)
{
    static const uint8_t DAY = VEL_DAY;
    vel_contingency_refs_t list = {0};
    int status = collect(contingency, 0, &DAY, &list);
    for (int64_t at = 0; status == VEL_OK && at < list.count; at++)
        if (vel_contingency_is_same(contingency, &list.items[at]) &&
            (status = vel_contingency_end(contingency, list.items[at].index, VEL_REPORT_EXPIRED, VEL_REASON_EXPIRED)) ==
                VEL_OK)
            status = vel_contingency_settle(contingency);
    vel_contingency_refs_free(&list);
    return status;
}

/* ---------------------------------------------------------------- positions */

int64_t vel_contingency_position(const vel_contingency_t *contingency, int32_t owner)
{
    const int64_t *first = vel_map_get(&contingency->owners_index, vel_contingency_owner_key(owner, 0));
    int64_t lots = 0;
    for (uint32_t at = first == NULL ? NONE : (uint32_t)*first; at != NONE;
         at = contingency->owners[at].next_of_account)
        lots += contingency->owners[at].position;
    return lots;
}

void vel_contingency_move_position(vel_contingency_t *contingency, const vel_contingency_command_t *spec, int64_t lots)
{
    if (spec->owner != 0)
        owner_of(contingency, spec->owner, spec->strategy)->position += lots;
}
