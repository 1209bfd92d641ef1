#include "velora/queue_tracker.h"

#include <string.h>

#include "velora/book_l2.h"

void vel_queue_tracker_init(vel_queue_tracker_t *tracker)
{
    memset(tracker, 0, sizeof *tracker);
    vel_own_orders_init(&tracker->coming);
    vel_own_orders_init(&tracker->standing);
    tracker->first = tracker->last = tracker->fresh = tracker->free = VEL_NO_INDEX;
}

void vel_queue_tracker_free(vel_queue_tracker_t *tracker)
{
    for (int64_t at = 0; at < tracker->entries.count; at++)
        free(tracker->entries.items[at].changes);
    vel_tracked_list_free(&tracker->entries);
    vel_map_free(&tracker->first_of);
    vel_own_orders_free(&tracker->coming);
    vel_own_orders_free(&tracker->standing);
}

/* ---------------------------------------------------------------- entries */

static uint32_t first_of(const vel_queue_tracker_t *tracker, int64_t order_id)
{
    const int64_t *found = vel_map_get(&tracker->first_of, order_id);
    return found == NULL ? VEL_NO_INDEX : (uint32_t)*found;
}

static vel_tracked_t *entry_at(const vel_queue_tracker_t *tracker, uint32_t entry)
{
    return &tracker->entries.items[entry];
}

static uint32_t entry_of(const vel_queue_tracker_t *tracker, const vel_tracked_t *order)
{
    return (uint32_t)(order - tracker->entries.items);
}

static void become_fresh(vel_queue_tracker_t *tracker, vel_tracked_t *order)
{
    uint32_t entry = entry_of(tracker, order);
    order->is_settled = 0;
    order->fresh_next = VEL_NO_INDEX;
    order->fresh_prev = tracker->fresh;
    if (tracker->fresh != VEL_NO_INDEX)
        entry_at(tracker, tracker->fresh)->fresh_next = entry;
    tracker->fresh = entry;
}

void vel_queue_tracker_settle(vel_queue_tracker_t *tracker, vel_tracked_t *order)
{
    order->is_settled = 1;
    if (order->fresh_next == VEL_NO_INDEX)
        tracker->fresh = order->fresh_prev;
    else
        entry_at(tracker, order->fresh_next)->fresh_prev = order->fresh_prev;
    if (order->fresh_prev != VEL_NO_INDEX)
        entry_at(tracker, order->fresh_prev)->fresh_next = order->fresh_next;
}

static void give_entry(vel_queue_tracker_t *tracker, vel_tracked_t *order)
{
    free(order->changes);
    order->changes = NULL;
    order->same = tracker->free;
    tracker->free = entry_of(tracker, order);
}

/* A new entry that is in no list; NULL when out of memory. */
static vel_tracked_t *take_entry(vel_queue_tracker_t *tracker)
{
    vel_tracked_t *order;
    if (tracker->free != VEL_NO_INDEX) {
        order = entry_at(tracker, tracker->free);
        tracker->free = order->same;
    } else {
        uint32_t count = (uint32_t)tracker->entries.count + 1;
        if (vel_own_orders_reserve(&tracker->coming, count) != VEL_OK ||
            vel_own_orders_reserve(&tracker->standing, count) != VEL_OK ||
            vel_tracked_list_room(&tracker->entries) != VEL_OK)
            return NULL;
        order = &tracker->entries.items[tracker->entries.count++];
    }
    *order = (vel_tracked_t){.changes = malloc(VEL_TRACK_CHANGES_MAX * sizeof *order->changes)};
    if (order->changes != NULL)
        return order;
    give_entry(tracker, order);
    return NULL;
}

static void drop(vel_queue_tracker_t *tracker, uint32_t entry)
{
    vel_tracked_t *order = entry_at(tracker, entry);
    vel_own_orders_leave(order->is_joined ? &tracker->standing : &tracker->coming, entry);
    if (!order->is_settled)
        vel_queue_tracker_settle(tracker, order);
    if (order->prev == VEL_NO_INDEX)
        tracker->first = order->next;
    else
        entry_at(tracker, order->prev)->next = order->next;
    if (order->next == VEL_NO_INDEX)
        tracker->last = order->prev;
    else
        entry_at(tracker, order->next)->prev = order->prev;
    uint32_t one = first_of(tracker, order->order_id);
    if (one == entry && order->same == VEL_NO_INDEX) {
        vel_map_remove(&tracker->first_of, order->order_id);
    } else if (one == entry) {
        *vel_map_get(&tracker->first_of, order->order_id) = order->same;
    } else {
        while (entry_at(tracker, one)->same != entry)
            one = entry_at(tracker, one)->same;
        entry_at(tracker, one)->same = order->same;
    }
    tracker->count--;
    give_entry(tracker, order);
}

/* The last entry of an order that has several. */
static int link_same(vel_queue_tracker_t *tracker, int64_t order_id, uint32_t entry)
{
    uint32_t one = first_of(tracker, order_id);
    if (one == VEL_NO_INDEX)
        return vel_map_add(&tracker->first_of, order_id, entry);
    while (entry_at(tracker, one)->same != VEL_NO_INDEX)
        one = entry_at(tracker, one)->same;
    entry_at(tracker, one)->same = entry;
    return VEL_OK;
}

int vel_queue_tracker_sent(vel_queue_tracker_t *tracker, int64_t order_id, uint8_t side, int64_t price, int64_t lots,
                           bool is_iceberg, int64_t shown)
{
    vel_tracked_t *order = take_entry(tracker);
    if (order == NULL)
        return VEL_ENOMEM;
    uint32_t entry = entry_of(tracker, order);
    int status = vel_own_orders_join(&tracker->coming, entry, side, vel_side_key(side, price));
    order->same = VEL_NO_INDEX;
    if (status == VEL_OK && (status = link_same(tracker, order_id, entry)) != VEL_OK)
        vel_own_orders_leave(&tracker->coming, entry);
    if (status != VEL_OK) {
        give_entry(tracker, order);
        return status;
    }
    order->order_id = order_id;
    order->price = price;
    order->lots = lots;
    order->sent = order->seen = shown;
    order->before = -1;
    order->side = side;
    order->is_iceberg = is_iceberg;
    order->number = ++tracker->numbers;
    order->next = VEL_NO_INDEX;
    order->prev = tracker->last;
    if (tracker->last == VEL_NO_INDEX)
        tracker->first = entry;
    else
        entry_at(tracker, tracker->last)->next = entry;
    tracker->last = entry;
    tracker->count++;
    become_fresh(tracker, order);
    return VEL_OK;
}

/* ---------------------------------------------------------------- queue positions */

/* Put the order behind `lots`; -1 for unknown. */
static void stand_behind(vel_tracked_t *order, int64_t lots)
{
    vel_queue_position_t queue = {lots < 0 ? VEL_QUEUE_UNKNOWN : (double)lots, 0.0, 0.0, INT64_MIN};
    order->shown = lots;
    order->low = order->likely = order->high = queue;
    order->is_unsure = lots < 0;
    if (lots < 0)
        order->low.ahead = 0.0;
}

static void set_ahead(vel_tracked_t *order, double ahead)
{
    order->low.ahead = order->likely.ahead = order->high.ahead = ahead;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* Whether a change at an earlier time may report the same event as one now. */
static bool is_one_instant(const vel_queue_tracker_t *tracker, int64_t ts, int64_t now)
{
    return ts == now || (tracker->is_estimated && ts >= now - VEL_TRACK_ESTIMATED_NS);
}

/* If the position was unknown, a level that is known now bounds it. */
static void bound_by_level(vel_tracked_t *order, int64_t shown)
{
    if (!order->is_unsure)
        return;
    if (vel_queue_is_unknown(order->high.ahead))
        order->shown = shown;
    order->low.ahead = least(order->low.ahead, (double)shown);
    order->likely.ahead = least(order->likely.ahead, (double)shown);
    order->high.ahead = least(order->high.ahead, (double)shown);
    if (shown == 0)
        order->is_unsure = 0;
}

static void depth(const vel_queue_tracker_t *tracker, vel_queue_position_t *position, vel_queue_depth_fn model,
                  const vel_track_change_t *change)
{
    double ahead = position->ahead;
    model(position, (double)change->before, (double)change->after, NULL);
    position->traded = 0.0;
    if (!is_one_instant(tracker, position->cut_ts, change->ts_event) || vel_queue_is_unknown(ahead))
        position->cut = 0.0;
    if (ahead > position->ahead && !vel_queue_is_unknown(ahead))
        position->cut += ahead - position->ahead;
    position->cut_ts = change->ts_event;
}

/* An earlier depth row of the same instant may already include this trade. */
static void trade(const vel_queue_tracker_t *tracker, vel_queue_position_t *position, const vel_track_change_t *change,
                  int64_t lots)
{
    double left = (double)lots;
    if (is_one_instant(tracker, position->cut_ts, change->ts_event)) {
        double counted = least(position->cut, left);
        position->cut -= counted;
        left -= counted;
    } else {
        position->traded = least(position->traded + (double)change->traded, (double)change->after);
    }
    if (!vel_queue_is_unknown(position->ahead))
        position->ahead = position->ahead > left ? position->ahead - left : 0.0;
}

/* Apply a change that came after the order had joined. */
static void apply_after_join(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change)
{
    switch (change->kind) {
    case VEL_TRACK_LEVEL:
        if (change->was_known && change->before == 0 && change->after > 0)
            bound_by_level(order, 0);
        if (vel_queue_is_unknown(order->high.ahead))
            order->shown = change->after;
        if (tracker->is_estimated &&
            change->after < change->before) { /* the row and a trade near it may be two events */
            order->low.ahead -= (double)(change->before - change->after);
            order->low.ahead = order->low.ahead > 0.0 ? least(order->low.ahead, (double)change->after) : 0.0;
        } else {
            depth(tracker, &order->low, vel_queue_optimistic, change);
        }
        depth(tracker, &order->likely, vel_queue_proportional, change);
        depth(tracker, &order->high, vel_queue_risk_averse, change);
        if (change->after == 0)
            order->is_unsure = 0;
        return;
    case VEL_TRACK_LOST:
        order->is_unsure = 1;
        order->low.ahead = 0.0;
        return;
    case VEL_TRACK_LOOK:
    case VEL_TRACK_TRADE:
        if (change->is_known)
            bound_by_level(order, change->after);
        if (change->kind == VEL_TRACK_LOOK)
            return;
        trade(tracker, &order->low, change, change->traded);
        int64_t others = change->traded > change->ours ? change->traded - change->ours : 0;
        trade(tracker, &order->likely, change, others);
        trade(tracker, &order->high, change, others);
        return;
    case VEL_TRACK_MAYBE:
        trade(tracker, &order->low, change, change->traded);
        return;
    case VEL_TRACK_THROUGH:
        set_ahead(order, 0.0);
        order->is_unsure = 0;
        return;
    default: /* the next row of the level, or the next LOOK, resolves it */
        return;
    }
}

/* Apply a change from before the order joined: the order joins behind the lots that the feed reported. */
static void apply_before_join(vel_tracked_t *order, const vel_track_change_t *change)
{
    if (change->kind <= VEL_TRACK_SEEN)
        stand_behind(order, change->is_known ? change->after : -1);
}

static void apply(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change)
{
    if (order->is_first)
        return;
    if (change->ts_event <= order->ts_joined)
        apply_before_join(order, change);
    else
        apply_after_join(tracker, order, change);
}

void vel_queue_tracker_note(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change)
{
    if (order->is_joined)
        apply(tracker, order, change);
    if (order->changes != NULL)
        order->changes[order->changes_count++ % VEL_TRACK_CHANGES_MAX] = *change;
}

/* Move an entry to the back of the entries that rest at its price. */
static int stand(vel_queue_tracker_t *tracker, vel_tracked_t *order)
{
    uint32_t entry = entry_of(tracker, order);
    int64_t key = vel_side_key(order->side, order->price);
    if (!order->is_joined) {
        int status = vel_own_orders_join(&tracker->standing, entry, order->side, key);
        if (status == VEL_OK)
            vel_own_orders_leave(&tracker->coming, entry);
        return status;
    }
    if (tracker->standing.orders[entry].next == VEL_NO_INDEX)
        return VEL_OK;
    vel_own_orders_leave(&tracker->standing, entry); /* its level stays, so that it can be put back */
    return vel_own_orders_join(&tracker->standing, entry, order->side, key);
}

static int join(vel_queue_tracker_t *tracker, vel_tracked_t *order, int64_t ts_venue)
{
    int status = stand(tracker, order);
    if (status != VEL_OK)
        return status;
    if (order->is_settled)
        become_fresh(tracker, order);
    int64_t kept = order->changes_count < VEL_TRACK_CHANGES_MAX ? order->changes_count : VEL_TRACK_CHANGES_MAX;
    order->is_joined = 1;
    order->ts_joined = ts_venue;
    stand_behind(order, order->sent);
    if (order->changes_count > kept) { /* the level before the oldest change still kept */
        const vel_track_change_t *oldest = &order->changes[order->changes_count % VEL_TRACK_CHANGES_MAX];
        stand_behind(order, oldest->was_known ? oldest->before : -1);
    }
    for (int64_t at = order->changes_count - kept; at < order->changes_count; at++)
        apply(tracker, order, &order->changes[at % VEL_TRACK_CHANGES_MAX]);
    if (!order->is_iceberg) {
        free(order->changes);
        order->changes = NULL;
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- the life of an order */

int vel_queue_tracker_joined(vel_queue_tracker_t *tracker, int64_t order_id, int64_t price, int64_t ts_venue)
{
    bool is_new = false;
    int status = VEL_OK;
    for (uint32_t at = first_of(tracker, order_id); at != VEL_NO_INDEX; at = entry_at(tracker, at)->same) {
        const vel_tracked_t *order = entry_at(tracker, at);
        is_new |= order->price == price && !order->is_joined;
    }
    for (uint32_t at = first_of(tracker, order_id), next; at != VEL_NO_INDEX && status == VEL_OK; at = next) {
        vel_tracked_t *order = entry_at(tracker, at);
        next = order->same;
        if (order->price != price || order->is_joined == is_new)
            drop(tracker, at);
        else if (is_new)
            status = join(tracker, order, ts_venue);
    }
    return status;
}

void vel_queue_tracker_stays(vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (uint32_t at = first_of(tracker, order_id), next; at != VEL_NO_INDEX; at = next) {
        next = entry_at(tracker, at)->same;
        if (!entry_at(tracker, at)->is_joined)
            drop(tracker, at);
    }
}

void vel_queue_tracker_left(vel_queue_tracker_t *tracker, int64_t order_id, int64_t lots)
{
    for (uint32_t at = first_of(tracker, order_id); at != VEL_NO_INDEX; at = entry_at(tracker, at)->same)
        entry_at(tracker, at)->lots = lots;
}

void vel_queue_tracker_filled(vel_queue_tracker_t *tracker, int64_t order_id, int64_t ts_venue)
{
    for (uint32_t at = first_of(tracker, order_id); at != VEL_NO_INDEX; at = entry_at(tracker, at)->same) {
        vel_tracked_t *order = entry_at(tracker, at);
        if (!order->is_joined)
            continue;
        if (!order->is_iceberg) {
            set_ahead(order, 0.0);
            order->is_first = 1;
            order->is_unsure = 0;
            continue;
        }
        /* The report does not say whether this slice is filled or partly filled. */
        (void)join(tracker, order, ts_venue); /* at its current price this needs no memory */
        order->low.ahead = 0.0;
    }
}

void vel_queue_tracker_ended(vel_queue_tracker_t *tracker, int64_t order_id)
{
    uint32_t at;
    while ((at = first_of(tracker, order_id)) != VEL_NO_INDEX)
        drop(tracker, at);
}

/* ---------------------------------------------------------------- the feed */

bool vel_queue_tracker_is_at(const vel_queue_tracker_t *tracker, uint8_t side, int64_t price)
{
    int64_t key = vel_side_key(side, price);
    return vel_own_level_at(&tracker->standing, side, key) != VEL_NO_INDEX ||
           vel_own_level_at(&tracker->coming, side, key) != VEL_NO_INDEX;
}

/* Apply a change to all entries of a level of `coming` or `standing`. */
static void note_level(const vel_queue_tracker_t *tracker, const vel_own_orders_t *own, uint32_t level,
                       const vel_track_change_t *change)
{
    for (uint32_t at = own->levels[level].head; at != VEL_NO_INDEX; at = own->orders[at].next)
        vel_queue_tracker_note(tracker, entry_at(tracker, at), change);
}

void vel_queue_tracker_on_level(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change)
{
    const vel_own_orders_t *lists[2] = {&tracker->coming, &tracker->standing};
    for (int i = 0; i < 2; i++) {
        uint32_t level = vel_own_level_at(lists[i], side, vel_side_key(side, price));
        if (level != VEL_NO_INDEX)
            note_level(tracker, lists[i], level, change);
    }
}

void vel_queue_tracker_on_worse(vel_queue_tracker_t *tracker, uint8_t side, int64_t best_key, int64_t ts_event)
{
    const vel_own_orders_t *lists[2] = {&tracker->coming, &tracker->standing};
    vel_track_change_t change = {.ts_event = ts_event, .kind = VEL_TRACK_LEVEL, .was_known = 1, .is_known = 1};
    for (int i = 0; i < 2; i++)
        for (uint32_t level = lists[i]->side[side].best;
             level != VEL_NO_INDEX && lists[i]->levels[level].key < best_key; level = lists[i]->levels[level].worse)
            note_level(tracker, lists[i], level, &change);
}

/* Whether one entry at a price is ahead of another in the queue. */
static bool is_earlier(const vel_queue_tracker_t *tracker, uint32_t a, uint32_t b)
{
    const vel_tracked_t *one = entry_at(tracker, a), *other = entry_at(tracker, b);
    return one->ts_joined != other->ts_joined ? one->ts_joined < other->ts_joined : one->number < other->number;
}

/* Merge two runs of entries, linked by `next`. */
static uint32_t merge(const vel_queue_tracker_t *tracker, uint32_t a, uint32_t b)
{
    vel_own_order_t *orders = tracker->standing.orders;
    uint32_t head = VEL_NO_INDEX, *end = &head;
    while (a != VEL_NO_INDEX && b != VEL_NO_INDEX) {
        uint32_t *from = is_earlier(tracker, b, a) ? &b : &a;
        *end = *from;
        end = &orders[*from].next;
        *from = *end;
    }
    *end = a != VEL_NO_INDEX ? a : b;
    return head;
}

/* Sort the entries at a level by queue position. Reports come in that order except when some overtake others, so
 * this is usually only a check. */
static void sort_level(vel_queue_tracker_t *tracker, uint32_t level)
{
    vel_own_order_t *orders = tracker->standing.orders;
    vel_own_level_t *own = &tracker->standing.levels[level];
    uint32_t runs[32], count = 0, at = own->head, prev = VEL_NO_INDEX;
    while (orders[at].next != VEL_NO_INDEX && is_earlier(tracker, at, orders[at].next))
        at = orders[at].next;
    if (orders[at].next == VEL_NO_INDEX)
        return;
    /* runs[i] holds 2^i entries or is empty, like the digits of a binary counter. */
    for (at = own->head; at != VEL_NO_INDEX;) {
        uint32_t run = at, digit = 0;
        at = orders[at].next;
        orders[run].next = VEL_NO_INDEX;
        for (; digit < count && runs[digit] != VEL_NO_INDEX; digit++) {
            run = merge(tracker, runs[digit], run);
            runs[digit] = VEL_NO_INDEX;
        }
        count += digit == count;
        runs[digit] = run;
    }
    uint32_t sorted = VEL_NO_INDEX;
    for (uint32_t digit = 0; digit < count; digit++)
        sorted = merge(tracker, runs[digit], sorted);
    own->head = sorted;
    for (at = sorted; at != VEL_NO_INDEX; at = orders[at].next) {
        orders[at].prev = prev;
        prev = at;
    }
    own->tail = prev;
}

void vel_queue_tracker_on_trade(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change)
{
    const vel_own_orders_t *lists[2] = {&tracker->coming, &tracker->standing};
    int64_t key = vel_side_key(side, price), ours = 0; /* lots of own orders ahead of the current one */
    vel_track_change_t own = {.ts_event = change->ts_event, .kind = VEL_TRACK_THROUGH}; /* beyond their price */
    if (change->kind == VEL_TRACK_MAYBE)
        own = (vel_track_change_t){.ts_event = change->ts_event, .traded = INT64_MAX, .kind = VEL_TRACK_MAYBE};
    for (int i = 0; i < 2; i++)
        for (uint32_t level = lists[i]->side[side].best; level != VEL_NO_INDEX && lists[i]->levels[level].key < key;
             level = lists[i]->levels[level].worse) {
            note_level(tracker, lists[i], level, &own);
            for (uint32_t at = lists[i]->levels[level].head; i == 1 && at != VEL_NO_INDEX;
                 at = lists[i]->orders[at].next)
                ours += entry_at(tracker, at)->lots;
        }
    own = *change;
    uint32_t level = vel_own_level_at(&tracker->standing, side, key);
    if (level != VEL_NO_INDEX) {
        sort_level(tracker, level);
        for (uint32_t at = tracker->standing.levels[level].head; at != VEL_NO_INDEX;
             at = tracker->standing.orders[at].next) {
            own.ours = ours;
            vel_queue_tracker_note(tracker, entry_at(tracker, at), &own);
            ours += entry_at(tracker, at)->lots;
        }
    }
    own.ours = ours;
    level = vel_own_level_at(&tracker->coming, side, key);
    if (level != VEL_NO_INDEX)
        note_level(tracker, &tracker->coming, level, &own);
}

const vel_tracked_t *vel_queue_tracker_find(const vel_queue_tracker_t *tracker, int64_t order_id)
{
    for (uint32_t at = first_of(tracker, order_id); at != VEL_NO_INDEX; at = entry_at(tracker, at)->same)
        if (entry_at(tracker, at)->is_joined)
            return entry_at(tracker, at);
    return NULL;
}

vel_tracked_position_t vel_tracked_position(const vel_tracked_t *order, int64_t shown)
{
    vel_tracked_position_t position = {order->low.ahead, order->likely.ahead, order->high.ahead, 1.0};
    double most = (double)order->shown;
    if (order->is_unsure && order->is_settled && shown >= 0) {
        if (vel_queue_is_unknown(position.high))
            most = (double)shown;
        position.low = least(position.low, (double)shown);
        position.likely = least(position.likely, (double)shown);
        position.high = least(position.high, (double)shown);
    }
    if (vel_queue_is_unknown(position.high))
        position.confidence = 0.0;
    else if (position.high > position.low)
        position.confidence = most > position.high - position.low ? 1.0 - (position.high - position.low) / most : 0.0;
    return position;
}
