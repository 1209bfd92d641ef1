#include "velora/replay.h"

#include <string.h>

#include "velora/replay_hft.h"

static int64_t just_after(int64_t ts)
{
    return ts < VEL_NEVER ? ts + 1 : ts;
}

int vel_replay_init(vel_replay_t *replay, vel_local_t *local, vel_venue_t *venue, const vel_latency_t *latency)
{
    return vel_replay_init_links(replay, local, venue, latency, 1, NULL);
}

int vel_replay_init_links(vel_replay_t *replay, vel_local_t *local, vel_venue_t *venue, const vel_latency_t *latencies,
                          int32_t links, const int32_t *link_of)
{
    memset(replay, 0, sizeof *replay);
    if (local->instruments_count != venue->instruments_count || links < 1)
        return VEL_EINVAL;
    replay->local = local;
    replay->venue = venue;
    replay->instruments_count = local->instruments_count;
    replay->end_ts = INT64_MIN;
    replay->lead = replay->answer = INT64_C(3600000000000);
    replay->due_until = INT64_MIN;
    size_t count = (size_t)local->instruments_count;
    replay->venue_cursors = calloc(count, sizeof *replay->venue_cursors);
    replay->local_cursors = calloc(count, sizeof *replay->local_cursors);
    replay->link_of = calloc(count, sizeof *replay->link_of);
    replay->links = calloc((size_t)links, sizeof *replay->links);
    replay->venue_order = calloc(count, sizeof *replay->venue_order);
    replay->local_order = calloc(count, sizeof *replay->local_order);
    if (replay->venue_cursors == NULL || replay->local_cursors == NULL || replay->link_of == NULL ||
        replay->links == NULL || replay->venue_order == NULL || replay->local_order == NULL)
        return VEL_ENOMEM;
    replay->links_count = links;
    for (int32_t i = 0; i < links; i++) {
        vel_link_init(&replay->links[i], &latencies[i]);
        replay->counts_load |= latencies[i].load.step > 0;
        replay->lead = vel_min(replay->lead, vel_latency_least(&latencies[i]));
        replay->answer = vel_min(replay->answer, vel_latency_least_response(&latencies[i]));
    }
    for (size_t i = 0; link_of != NULL && i < count; i++) {
        if (link_of[i] < 0 || link_of[i] >= links)
            return VEL_EINVAL;
        replay->link_of[i] = link_of[i];
    }
    for (size_t i = 0; i < count; i++) {
        replay->venue_order[i] = replay->local_order[i] = (int32_t)i;
        replay->venue_cursors[i].is_empty = replay->local_cursors[i].is_empty = 1;
        replay->venue_cursors[i].next_ts = replay->local_cursors[i].next_ts = INT64_MIN;
    }
    return VEL_OK;
}

void vel_replay_free(vel_replay_t *replay)
{
    vel_replay_hft_free(replay);
    vel_transits_free(&replay->commands);
    vel_deliveries_free(&replay->deliveries);
    free(replay->venue_cursors);
    free(replay->local_cursors);
    for (int32_t i = 0; i < replay->links_count; i++)
        vel_link_free(&replay->links[i]);
    free(replay->links);
    free(replay->link_of);
    free(replay->venue_order);
    free(replay->local_order);
    memset(replay, 0, sizeof *replay);
}

static bool is_before(const vel_cursor_t *cursors, int32_t a, int32_t b)
{
    return cursors[a].next_ts != cursors[b].next_ts ? cursors[a].next_ts < cursors[b].next_ts : a < b;
}

static void sift_down(const vel_cursor_t *cursors, int32_t *heap, int32_t count, int32_t at)
{
    for (;;) {
        int32_t child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count && is_before(cursors, heap[child + 1], heap[child]))
            child++;
        if (!is_before(cursors, heap[child], heap[at]))
            return;
        int32_t moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

static void order_cursors(const vel_cursor_t *cursors, int32_t *heap, int32_t count)
{
    for (int32_t at = count / 2; at-- > 0;)
        sift_down(cursors, heap, count, at);
}

static int take_rows(vel_replay_t *replay, int32_t instrument, bool is_venue, const vel_columns_t *columns)
{
    vel_cursor_t *cursors = is_venue ? replay->venue_cursors : replay->local_cursors;
    vel_cursor_t *cursor = &cursors[instrument];
    int64_t last = cursor->next_ts; /* of the row before, once the cursor is empty */
    cursor->base += cursor->columns.rows;
    cursor->columns = *columns;
    cursor->ts = is_venue ? columns->ts_event : columns->ts_recv;
    cursor->row = 0;
    if (columns->rows == 0) {
        cursor->has_ended = 1;
        cursor->is_empty = 0;
        cursor->next_ts = VEL_NEVER;
        return VEL_OK;
    }
    for (int64_t row = 0; row < columns->rows; row++) {
        if (cursor->ts[row] < last) {
            replay->failed_row = cursor->base + row;
            replay->failed_instrument = instrument;
            return VEL_ECORRUPT;
        }
        last = cursor->ts[row];
    }
    if (!vel_is_time(cursor->ts[0]) || !vel_is_time(last)) { /* they ascend */
        replay->failed_row = cursor->base + (vel_is_time(cursor->ts[0]) ? columns->rows - 1 : 0);
        replay->failed_instrument = instrument;
        return VEL_ERANGE;
    }
    cursor->is_empty = 0;
    cursor->next_ts = cursor->ts[0];
    return VEL_OK;
}

int vel_replay_feed(vel_replay_t *replay, int32_t instrument, bool is_venue, const vel_columns_t *columns)
{
    int status = take_rows(replay, instrument, is_venue, columns);
    const vel_cursor_t *cursors = is_venue ? replay->venue_cursors : replay->local_cursors;
    int32_t *heap = is_venue ? replay->venue_order : replay->local_order;
    if (heap[0] != instrument) /* the first rows: later ones are asked for when theirs is the earliest */
        order_cursors(cursors, heap, replay->instruments_count);
    return status;
}

int vel_replay_open(vel_replay_t *replay, int32_t instrument, bool is_venue, bool is_state,
                    const vel_columns_t *columns)
{
    const int64_t *ts = is_venue ? columns->ts_event : columns->ts_recv;
    vel_load_t *load = &replay->links[replay->link_of[instrument]].latency.load;
    bool counts = is_venue && !is_state && load->step > 0;
    /* The last quote follows the book where quotes are asked for: they may be from the start on. */
    uint32_t *wakes = &replay->local->instruments[instrument].wake_mask, asked = *wakes;
    *wakes |= is_venue ? 0 : VEL_WAKE_QUOTE;
    for (int64_t row = 0; row < columns->rows; row++) {
        int status;
        if (!vel_is_time(ts[row])) {
            status = VEL_EINVAL;
        } else if (is_venue) {
            replay->venue->ts = ts[row];
            status = vel_venue_on_row(replay->venue, instrument, columns, row);
        } else {
            replay->local->now = ts[row];
            status = vel_local_on_row(replay->local, instrument, columns, row);
        }
        if (VEL_UNLIKELY(status < 0)) {
            replay->failed_instrument = instrument;
            replay->failed_row = row;
            *wakes = asked;
            return status;
        }
        if (VEL_UNLIKELY(counts))
            vel_load_count(load, ts[row]);
    }
    *wakes = asked;
    return VEL_OK;
}

void vel_replay_opened(vel_replay_t *replay)
{
    for (int32_t at = 0; at < replay->instruments_count; at++) {
        vel_venue_instrument_t *inst = &replay->venue->instruments[at];
        for (int side = 0; side < 2; side++) { /* rows from before the start have numbers up to 0 */
            inst->printed[side].row -= inst->rows;
            inst->quote[side].row -= inst->rows;
        }
        inst->depth_row -= inst->rows;
        inst->rows = inst->unknown = 0;
        replay->local->instruments[at].rows = 0;
    }
}

/* Earliest cursor of a group; the others' earliest time goes to *rest. Since the last look only the cursor that was the
 * earliest has moved, and only forward. */
static int32_t earliest(const vel_cursor_t *cursors, int32_t *heap, int32_t count, int64_t *rest)
{
    *rest = VEL_NEVER;
    if (count > 1) {
        sift_down(cursors, heap, count, 0);
        *rest = cursors[heap[1]].next_ts;
        if (count > 2 && cursors[heap[2]].next_ts < *rest)
            *rest = cursors[heap[2]].next_ts;
    }
    return heap[0];
}

/* Commands leave the local side: give each its instant at the venue. */
static int link_commands(vel_replay_t *replay)
{
    vel_command_ring_t *outbox = &replay->local->gate.outbox;
    const vel_command_t *front;
    while ((front = vel_command_ring_front(outbox)) != NULL) {
        if (VEL_UNLIKELY(replay->is_over)) {
            replay->cut_commands++;
            vel_command_ring_pop(outbox);
            continue;
        }
        vel_transit_t *transit = vel_transits_next(&replay->commands);
        if (VEL_UNLIKELY(transit == NULL))
            return VEL_ENOMEM;
        transit->command = *front;
        vel_delivery_t direct;
        int status = VEL_OK;
        if (VEL_UNLIKELY(vel_link_send(&replay->links[replay->link_of[front->instrument]], transit, &direct)))
            status = vel_deliveries_insert(&replay->deliveries, &direct);
        if (status == VEL_OK && VEL_LIKELY(transit->fate != VEL_FATE_LOST))
            status = vel_transits_add(&replay->commands);
        if (VEL_UNLIKELY(status != VEL_OK))
            return status;
        vel_command_ring_pop(outbox);
    }
    return VEL_OK;
}

/* Messages leave the venue. */
static int link_messages(vel_replay_t *replay)
{
    vel_message_ring_t *messages = &replay->venue->messages;
    const vel_message_t *front;
    while ((front = vel_message_ring_front(messages)) != NULL) {
        vel_delivery_t *delivery = vel_deliveries_next(&replay->deliveries);
        if (VEL_UNLIKELY(delivery == NULL))
            return VEL_ENOMEM;
        delivery->message = *front;
        int status = vel_link_answer(&replay->links[replay->link_of[front->head.instrument]], delivery);
        if (VEL_UNLIKELY(status != VEL_OK) || (status = vel_deliveries_add(&replay->deliveries)) != VEL_OK)
            return status;
        vel_message_ring_pop(messages);
    }
    return VEL_OK;
}

/* A command is at the venue, or at the gateway that refuses it. */
static int deliver(vel_replay_t *replay, const vel_transit_t *transit)
{
    const vel_command_t *command = &transit->command;
    if (VEL_UNLIKELY(transit->fate == VEL_FATE_GATEWAY || transit->fate == VEL_FATE_OVERLOADED)) {
        vel_message_t refusal = vel_link_refusal(transit, replay->venue->ts);
        return vel_message_ring_push(&replay->venue->messages, &refusal);
    }
    if (VEL_UNLIKELY(transit->fate == VEL_FATE_UNANSWERED)) {
        vel_link_t *link = &replay->links[replay->link_of[command->instrument]];
        int status = vel_link_silence(link, command->order_id, transit->ts_answer);
        if (status != VEL_OK)
            return status;
    }
    return vel_venue_on_command(replay->venue, command);
}

/* The venue has done a row: its load counts it. */
static void count_load(vel_replay_t *replay, int32_t instrument, const vel_cursor_t *cursor, int64_t row)
{
    vel_load_t *load = &replay->links[replay->link_of[instrument]].latency.load;
    if (load->step > 0)
        vel_load_count(load, cursor->ts[row]);
}

static void cursor_move(vel_replay_t *replay, vel_cursor_t *cursor, int64_t row)
{
    cursor->row = row;
    if (VEL_LIKELY(cursor->row < cursor->columns.rows)) {
        cursor->next_ts = cursor->ts[cursor->row];
    } else {
        /* At its last row: until its rows are here, a cursor that may go on must not be overtaken. */
        cursor->next_ts = cursor->ts[cursor->columns.rows - 1];
        cursor->is_empty = 1;
        replay->end_ts = vel_max(replay->end_ts, cursor->next_ts);
    }
}

static void cursor_step(vel_replay_t *replay, vel_cursor_t *cursor)
{
    cursor_move(replay, cursor, cursor->row + 1);
}

static int row_failed(vel_replay_t *replay, int32_t instrument, const vel_cursor_t *cursor, int status)
{
    replay->failed_instrument = instrument;
    replay->failed_row = cursor->base + cursor->row;
    return status;
}

/* Rows that one side goes ahead of the other at most: what the other is about to read stays in the cache, and a long
 * history is not held in memory between the two. */
#define BURST 512

/* Instruments at most where all are looked at: with more of them that costs more than it saves. */
#define BURST_INSTRUMENTS_MAX 32

/* Beside VEL_OK (go on), VEL_RUN_WAKE and the negative statuses: something has changed that may be due earlier. */
#define RECHECK 64

/* The row at hand of a venue cursor, and those after it before `bound`. */
static int run_venue_rows(vel_replay_t *replay, int32_t at, int64_t bound)
{
    vel_venue_t *venue = replay->venue;
    vel_cursor_t *cursor = &replay->venue_cursors[at];
    int64_t first = cursor->row, row = first;
    int64_t stop = vel_min(cursor->columns.rows, first + BURST);
    do {
        venue->ts = cursor->ts[row];
        int status = vel_venue_on_row(venue, at, &cursor->columns, row);
        if (VEL_UNLIKELY(status != VEL_OK)) {
            cursor->row = row;
            return row_failed(replay, at, cursor, status);
        }
        if (VEL_UNLIKELY(replay->counts_load))
            count_load(replay, at, cursor, row);
        row++;
    } while (row < stop && cursor->ts[row] < bound && VEL_LIKELY(vel_message_ring_front(&venue->messages) == NULL));
    replay->venue_rows += row - first;
    cursor_move(replay, cursor, row);
    if (VEL_LIKELY(vel_message_ring_front(&venue->messages) == NULL))
        return cursor->is_empty ? RECHECK : VEL_OK;
    int status = link_messages(replay);
    return status == VEL_OK ? RECHECK : status;
}

/* The same for a local cursor; a row that wakes is the last. */
static int run_local_rows(vel_replay_t *replay, int32_t at, int64_t bound)
{
    vel_local_t *local = replay->local;
    vel_cursor_t *cursor = &replay->local_cursors[at];
    int64_t first = cursor->row, row = first, stop = cursor->columns.rows;
    int wakes;
    do {
        local->now = cursor->ts[row];
        wakes = vel_local_on_row(local, at, &cursor->columns, row);
        if (VEL_UNLIKELY(wakes < 0)) {
            cursor->row = row;
            return row_failed(replay, at, cursor, wakes);
        }
        row++;
    } while (wakes == 0 && row < stop && cursor->ts[row] < bound);
    replay->local_rows += row - first;
    cursor_move(replay, cursor, row);
    if (wakes == 0)
        return cursor->is_empty ? RECHECK : VEL_OK;
    replay->wake.bits = (uint32_t)wakes;
    replay->wake.instrument = at;
    replay->wake.columns = &cursor->columns;
    replay->wake.row = row - 1;
    return VEL_RUN_WAKE;
}

/* Whether no row of an instrument can lead to a report: nothing of ours rests or waits there, and no strategy owes
 * funding. */
static bool is_quiet(const vel_venue_instrument_t *inst)
{
    return inst->contingency.live == 0 && inst->holders == 0;
}

/* Whether the venue has nothing to tell, and will not have before a command arrives, which is due then. */
static bool is_idle(const vel_replay_t *replay)
{
    if (replay->instruments_count > BURST_INSTRUMENTS_MAX || replay->counts_load)
        return false;
    for (int32_t at = 0; at < replay->instruments_count; at++)
        if (!is_quiet(&replay->venue->instruments[at]))
            return false;
    return true;
}

/* The venue's rows before `bound` of each quiet instrument by itself: rows of two of them know nothing of each other.
 */
static int run_venue_apart(vel_replay_t *replay, int64_t bound)
{
    vel_venue_t *venue = replay->venue;
    int64_t latest = venue->ts;
    for (int32_t at = 0; at < replay->instruments_count; at++) {
        const vel_cursor_t *cursor = &replay->venue_cursors[at];
        if (cursor->is_empty || cursor->next_ts >= bound || !is_quiet(&venue->instruments[at]))
            continue;
        int status = run_venue_rows(replay, at, bound);
        if (status < 0)
            return status;
        latest = vel_max(latest, venue->ts);
    }
    venue->ts = latest;
    order_cursors(replay->venue_cursors, replay->venue_order, replay->instruments_count);
    return VEL_OK;
}

/* The same for local rows, which wake no strategy. */
static int run_local_apart(vel_replay_t *replay, int64_t bound)
{
    int64_t latest = replay->local->now;
    for (int32_t at = 0; at < replay->instruments_count; at++) {
        const vel_cursor_t *cursor = &replay->local_cursors[at];
        if (cursor->is_empty || cursor->next_ts >= bound)
            continue;
        int status = run_local_rows(replay, at, bound);
        if (status < 0)
            return status;
        latest = vel_max(latest, replay->local->now);
    }
    replay->local->now = latest;
    order_cursors(replay->local_cursors, replay->local_order, replay->instruments_count);
    return VEL_OK;
}

/* Where a burst of a cursor ends. */
static int64_t burst_end(const vel_cursor_t *cursor)
{
    int64_t end = vel_min(cursor->row + BURST, cursor->columns.rows);
    return end > cursor->row ? cursor->ts[end - 1] : cursor->next_ts;
}

/* Rows of both sides up to `until`, as far as what is due besides allows.
 *
 * A row of the venue acts on the local side through a message only, which takes a while, and the local side on the
 * venue through a command only. So neither has to wait for the other's clock. The local side may go on until a message
 * can arrive that is still to be made, by the venue's next row or at the next arrival there; where the venue is idle it
 * does not wait for rows. The venue may go on until a command can arrive that is still to be sent: at the next instant
 * at which the local side does anything, or at its next row where a row can wake a strategy. Many rows of one side
 * after another cost much less than the same rows in turn, and no observable result changes. */
static int run_rows(vel_replay_t *replay, const vel_due_t *due, int64_t until)
{
    const int32_t count = replay->instruments_count;
    const int64_t lead = replay->lead, answer = replay->answer;
    const bool wakes_on_rows = replay->local->wake_mask != 0;
    const bool goes_apart = count > 1 && count <= BURST_INSTRUMENTS_MAX && !wakes_on_rows && !replay->counts_load;
    const bool may_lag = wakes_on_rows && is_idle(replay);
    const int64_t venue_most = vel_min(just_after(until), vel_min(due->venue, just_after(vel_add(due->local, lead))));
    const int64_t local_most = vel_min(just_after(until), vel_min(due->local, vel_add(due->venue, answer)));
    for (;;) {
        int64_t venue_rest, local_rest;
        int32_t venue_at = earliest(replay->venue_cursors, replay->venue_order, count, &venue_rest);
        int32_t local_at = earliest(replay->local_cursors, replay->local_order, count, &local_rest);
        const vel_cursor_t *venue_cursor = &replay->venue_cursors[venue_at];
        const vel_cursor_t *local_cursor = &replay->local_cursors[local_at];
        if (VEL_UNLIKELY(venue_cursor->is_empty | local_cursor->is_empty))
            return RECHECK;
        int64_t local_limit = may_lag ? burst_end(venue_cursor) : vel_add(venue_cursor->next_ts, answer);
        int64_t venue_limit = wakes_on_rows ? just_after(vel_add(local_cursor->next_ts, lead)) : VEL_NEVER;
        local_limit = vel_min(local_most, local_limit);
        venue_limit = vel_min(venue_most, venue_limit);
        int status = VEL_OK;
        /* The one behind goes first; the local one also where it wakes strategies: it has the venue do many rows at
         * once rather than as many as a wake allows. */
        bool is_local =
            local_cursor->next_ts < local_limit &&
            (wakes_on_rows || local_cursor->next_ts < venue_cursor->next_ts || venue_cursor->next_ts >= venue_limit);
        if (is_local)
            status = goes_apart ? run_local_apart(replay, local_limit)
                                : run_local_rows(replay, local_at, vel_min(local_limit, local_rest));
        else if (venue_cursor->next_ts >= venue_limit)
            return RECHECK;
        else if (goes_apart && is_quiet(&replay->venue->instruments[venue_at]))
            status = run_venue_apart(replay, just_after(vel_min(venue_limit - 1, burst_end(venue_cursor))));
        else
            status = run_venue_rows(replay, venue_at, vel_min(venue_limit, venue_rest));
        if (status != VEL_OK)
            return status;
    }
}

/* Rows, remembering what is due after them: a wake that sends nothing changes nothing of it but by a timer. */
static int enter_rows(vel_replay_t *replay, const vel_due_t *due, int64_t until)
{
    int status = run_rows(replay, due, until);
    replay->due = *due;
    replay->due_until = status == VEL_RUN_WAKE ? until : INT64_MIN;
    return status;
}

/* What is due at the venue at an instant, its rows apart: orders end by their time, or commands arrive. */
static int run_arrivals(vel_replay_t *replay, int64_t now)
{
    vel_venue_t *venue = replay->venue;
    venue->ts = now;
    if (VEL_UNLIKELY(venue->next_expiry == now)) {
        int status = vel_venue_expire(venue);
        return status == VEL_OK ? link_messages(replay) : status;
    }
    const vel_transit_t *command = vel_transits_front(&replay->commands);
    int status;
    do {
        status = deliver(replay, command); /* which sends nothing: the command stays where it is */
        if (VEL_UNLIKELY(status < 0))
            status = vel_replay_failed(replay, true, command->command.instrument, status);
        vel_transits_pop(&replay->commands);
        if (status == VEL_OK)
            status = link_messages(replay);
        command = vel_transits_front(&replay->commands);
    } while (status == VEL_OK && command != NULL && command->ts_arrival == now && venue->next_expiry != now);
    return status;
}

/* The messages of an instant reach the local side, up to one that wakes a strategy or has a command sent. */
static int give_messages(vel_replay_t *replay, int64_t now)
{
    vel_local_t *local = replay->local;
    local->now = now;
    for (;;) {
        const vel_message_t *message = &vel_deliveries_front(&replay->deliveries)->message;
        int wakes = vel_local_on_message(local, message);
        if (wakes > 0) {
            replay->wake.report = message->report;
            replay->wake.instrument = message->head.instrument;
            replay->wake.bits = (uint32_t)wakes;
        }
        vel_deliveries_pop(&replay->deliveries); /* only link_commands adds another */
        if (VEL_UNLIKELY(wakes < 0))
            return vel_replay_failed(replay, false, local->failed_instrument, wakes);
        /* A deferred quote or a query may have gone out, or may have been denied. */
        bool has_sent = vel_command_ring_front(&local->gate.outbox) != NULL;
        if (VEL_UNLIKELY(has_sent)) {
            int status = link_commands(replay);
            if (status != VEL_OK)
                return status;
        }
        if (wakes > 0)
            return VEL_RUN_WAKE;
        const vel_delivery_t *next = vel_deliveries_front(&replay->deliveries);
        if (has_sent || next == NULL || next->ts_arrival != now || vel_denial_ring_front(&local->gate.denied) != NULL)
            return VEL_OK;
    }
}

int vel_replay_run(vel_replay_t *replay, int64_t until, int64_t budget)
{
    if (replay->hft != NULL)
        return vel_replay_hft_run(replay, until, budget);
    vel_local_t *local = replay->local;
    vel_venue_t *venue = replay->venue;
    int32_t count = replay->instruments_count;
    int status;
    bool knows_due = replay->due_until == until && vel_command_ring_front(&local->gate.outbox) == NULL &&
                     vel_denial_ring_front(&local->gate.denied) == NULL;
    replay->due_until = INT64_MIN;
    if (knows_due) {
        vel_due_t due = {replay->due.venue, vel_min(replay->due.local, vel_timers_next(&local->timers))};
        status = enter_rows(replay, &due, until);
    } else {
        status = link_commands(replay);
    }
    if (status != VEL_OK && status != RECHECK)
        return status;

    int64_t venue_rest = VEL_NEVER, local_rest = VEL_NEVER;
    int32_t venue_at = 0, local_at = 0;
    const vel_cursor_t *venue_cursor = NULL, *local_cursor = NULL;
    bool has_moved = true; /* a cursor, since the last look at them */
    for (;;) {
        if (VEL_UNLIKELY(vel_local_next_denial(local) != NULL) &&
            vel_replay_give_denials(replay)) /* before time moves */
            return VEL_RUN_WAKE;
        if (has_moved) {
            venue_at = earliest(replay->venue_cursors, replay->venue_order, count, &venue_rest);
            local_at = earliest(replay->local_cursors, replay->local_order, count, &local_rest);
            venue_cursor = &replay->venue_cursors[venue_at];
            local_cursor = &replay->local_cursors[local_at];
            /* An empty cursor stands at the time of its last row: its next one may come at that very time. */
            if (venue_cursor->is_empty) {
                replay->need = venue_at;
                return VEL_RUN_NEED_VENUE;
            }
            if (local_cursor->is_empty) {
                replay->need = local_at;
                return VEL_RUN_NEED_LOCAL;
            }
            has_moved = false;
        }
        const vel_transit_t *command = vel_transits_front(&replay->commands);
        const vel_delivery_t *report = vel_deliveries_front(&replay->deliveries);
        int64_t command_ts = vel_min(command == NULL ? VEL_NEVER : command->ts_arrival, venue->next_expiry);
        int64_t report_ts = report == NULL ? VEL_NEVER : report->ts_arrival;
        int64_t timer_ts = vel_timers_next(&local->timers);
        int64_t late = vel_min(vel_min(report_ts, timer_ts), local->sample_next);
        int64_t next = vel_min(vel_min(venue_cursor->next_ts, command_ts), vel_min(local_cursor->next_ts, late));

        if (venue_cursor->next_ts == VEL_NEVER && local_cursor->next_ts == VEL_NEVER &&
            (replay->is_over || next > replay->end_ts)) {
            replay->is_over = 1;
            next = report_ts;
            if (next == VEL_NEVER)
                return VEL_RUN_END;
        }
        if (next > until)
            return VEL_RUN_REACHED;
        if (budget <= 0)
            return VEL_RUN_YIELD;

        vel_due_t due = {command_ts, late};
        if (VEL_UNLIKELY(vel_denial_ring_front(&local->gate.denied) !=
                         NULL))                               /* more than one instant takes: given as */
            due.local = vel_min(late, local_cursor->next_ts); /* soon as time moves */
        int64_t before = replay->local_rows;
        if (VEL_UNLIKELY(replay->is_over)) {
            status = give_messages(replay, next);
        } else if (next < vel_min(due.venue, due.local)) { /* it is not after `until` */
            status = enter_rows(replay, &due, until);
            has_moved = true;
        } else if (venue_cursor->next_ts == next) {
            /* Tied with something: at equal times the venue feed goes first, by instrument. */
            has_moved = true;
            status = run_venue_rows(replay, venue_at, vel_min(next + 1, venue_rest));
        } else if (command_ts == next) {
            status = run_arrivals(replay, next);
        } else if (local_cursor->next_ts == next) {
            has_moved = true;
            status = run_local_rows(replay, local_at, vel_min(next + 1, local_rest));
        } else if (report_ts == next) {
            status = give_messages(replay, next);
        } else if (timer_ts == next) {
            local->now = next;
            replay->wake.bits = VEL_WAKE_TIMER;
            vel_timers_pop(&local->timers, &replay->wake.timer);
            return VEL_RUN_WAKE;
        } else {
            /* Rows may be far apart in time: samples between them count, so that the caller is asked in between. */
            local->now = next;
            status = vel_local_sample_next(local);
            if (VEL_UNLIKELY(status < 0))
                status = vel_replay_failed(replay, false, local->failed_instrument, status);
            budget -= 1 + (int64_t)local->holdings.traded.count;
        }
        budget -= replay->local_rows - before;
        if (status != VEL_OK && status != RECHECK)
            return status;
    }
}

/* ---------------------------------------------------------------- the far side alone */

int vel_replay_send(vel_replay_t *replay, int64_t now)
{
    vel_command_ring_t *outbox = &replay->local->gate.outbox;
    for (uint64_t at = outbox->head; at != outbox->tail; at++) {
        vel_command_t *command = &outbox->items[at & (outbox->capacity - 1)];
        command->ts_sent = vel_max(command->ts_sent, now);
    }
    return link_commands(replay);
}

static int64_t next_command(const vel_replay_t *replay)
{
    const vel_transit_t *command = vel_transits_front(&replay->commands);
    return vel_min(command == NULL ? VEL_NEVER : command->ts_arrival, replay->venue->next_expiry);
}

static bool has_ended(vel_replay_t *replay)
{
    return vel_replay_next_venue_row(replay) == VEL_NEVER &&
           replay->local_cursors[vel_replay_next_local(replay)].next_ts == VEL_NEVER;
}

bool vel_replay_is_over(vel_replay_t *replay, int64_t due)
{
    replay->is_over |= has_ended(replay) && vel_min(due, next_command(replay)) > replay->end_ts;
    return replay->is_over;
}

int64_t vel_replay_commands_cut(const vel_replay_t *replay)
{
    int64_t waiting = (int64_t)(replay->local->gate.outbox.tail - replay->local->gate.outbox.head);
    if (replay->hft != NULL)
        return vel_replay_hft_commands(replay) + waiting;
    return (int64_t)vel_transits_count(&replay->commands) + replay->cut_commands + waiting;
}

int64_t vel_replay_reports_cut(const vel_replay_t *replay)
{
    return replay->hft != NULL ? vel_replay_hft_reports(replay) : (int64_t)vel_deliveries_count(&replay->deliveries);
}

int vel_replay_run_venue(vel_replay_t *replay, int64_t until)
{
    vel_venue_t *venue = replay->venue;
    for (;;) {
        int64_t rest;
        int32_t at = earliest(replay->venue_cursors, replay->venue_order, replay->instruments_count, &rest);
        vel_cursor_t *cursor = &replay->venue_cursors[at];
        if (cursor->is_empty) {
            replay->need = at;
            return VEL_RUN_NEED_VENUE;
        }
        int64_t command_ts = next_command(replay);
        int64_t next = vel_min(cursor->next_ts, command_ts);
        int status;
        if (next == VEL_NEVER || next > until || (next > replay->end_ts && has_ended(replay)))
            return VEL_RUN_REACHED;
        venue->ts = next;
        if (cursor->next_ts == next) {
            status = vel_venue_on_row(venue, at, &cursor->columns, cursor->row);
            if (status != VEL_OK)
                return row_failed(replay, at, cursor, status);
            replay->venue_rows++;
            if (replay->counts_load)
                count_load(replay, at, cursor, cursor->row);
            cursor_step(replay, cursor);
        } else if (venue->next_expiry == next) {
            if ((status = vel_venue_expire(venue)) != VEL_OK)
                return status;
        } else {
            status = deliver(replay, vel_transits_front(&replay->commands));
            vel_transits_pop(&replay->commands);
            if (status != VEL_OK)
                return status;
        }
        if ((status = link_messages(replay)) != VEL_OK)
            return status;
    }
}

int64_t vel_replay_next_venue_row(vel_replay_t *replay)
{
    int64_t rest;
    int32_t at = earliest(replay->venue_cursors, replay->venue_order, replay->instruments_count, &rest);
    return replay->venue_cursors[at].next_ts;
}

int64_t vel_replay_next_venue(vel_replay_t *replay)
{
    return vel_min(vel_replay_next_venue_row(replay), next_command(replay));
}

int32_t vel_replay_next_local(vel_replay_t *replay)
{
    int64_t rest;
    return earliest(replay->local_cursors, replay->local_order, replay->instruments_count, &rest);
}

void vel_replay_step_local(vel_replay_t *replay, int32_t instrument)
{
    cursor_step(replay, &replay->local_cursors[instrument]);
    replay->local_rows++;
}
