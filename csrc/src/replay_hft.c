#include "velora/replay_hft.h"

#include <string.h>

#include "velora/venue_hft.h"

/* What is due of one instrument, in the order of work. */
enum { LOCAL_ROW = 0, LOCAL_REPORT = 1, VENUE_ROW = 2, VENUE_COMMAND = 3, KINDS = 4 };

/* ---------------------------------------------------------------- latency */

/* Time axis of a row of the recording: sending, or arrival at the venue. */
static int64_t sample_ts(const vel_latency_samples_t *samples, bool is_response, int64_t row)
{
    return vel_add(samples->ts[row], is_response ? samples->entry[row] : 0);
}

static int64_t interpolate(const vel_latency_samples_t *samples, bool is_response, int64_t *row, int64_t ts)
{
    const int64_t *values = is_response ? samples->response : samples->entry;
    if (ts < sample_ts(samples, is_response, 0))
        return values[0];
    for (; *row + 1 < samples->rows; ++*row) {
        int64_t before = sample_ts(samples, is_response, *row), after = sample_ts(samples, is_response, *row + 1);
        if (before <= ts && ts < after) {
            double slope = (double)(values[*row + 1] - values[*row]) / (double)(after - before);
            return (int64_t)(slope * (double)(ts - before)) + values[*row];
        }
    }
    return values[samples->rows - 1];
}

static vel_latency_t *latency_of(vel_replay_t *replay, int32_t instrument)
{
    return &replay->links[replay->link_of[instrument]].latency;
}

static int64_t entry_latency(vel_latency_t *latency, vel_hft_link_t *link, uint8_t action, int64_t ts)
{
    /* A cancel of all and a query go the way of a cancel. */
    uint8_t way = action > VEL_ACTION_CANCEL ? VEL_ACTION_CANCEL : action;
    return latency->samples.rows > 0 ? interpolate(&latency->samples, false, &link->entry_row, ts)
                                     : vel_latency_entry(latency, way, ts);
}

static int64_t response_latency(vel_latency_t *latency, vel_hft_link_t *link, int64_t ts)
{
    return latency->samples.rows > 0 ? interpolate(&latency->samples, true, &link->response_row, ts)
                                     : vel_latency_response(latency, ts);
}

/* ---------------------------------------------------------------- links */

static int link_commands(vel_replay_t *replay)
{
    vel_command_ring_t *outbox = &replay->local->gate.outbox;
    const vel_command_t *front;
    while ((front = vel_command_ring_front(outbox)) != NULL) {
        vel_hft_link_t *link = &replay->hft->links[front->instrument];
        vel_latency_t *latency = latency_of(replay, front->instrument);
        const vel_order_t *order = vel_orders_get(&replay->local->orders, front->order_id);
        vel_hft_sent_t sent = {.transit = {.command = *front},
                               .known_leaves = order == NULL ? -1 : order->terms.qty - order->cum_qty};
        int64_t leaves = vel_add(front->ts_sent, vel_latency_draw(&latency->decision));
        int64_t arrives = vel_add(leaves, entry_latency(latency, link, front->action, leaves));
        sent.transit.ts_arrival = vel_max(link->last_act, arrives + vel_latency_draw(&latency->venue));
        link->last_act = sent.transit.ts_arrival;
        int status = vel_hft_sent_ring_push(&link->commands, &sent);
        if (status != VEL_OK)
            return status;
        vel_command_ring_pop(outbox);
    }
    return VEL_OK;
}

static int link_messages(vel_replay_t *replay)
{
    vel_message_ring_t *messages = &replay->venue->messages;
    const vel_message_t *front;
    while ((front = vel_message_ring_front(messages)) != NULL) {
        vel_hft_link_t *link = &replay->hft->links[front->head.instrument];
        vel_delivery_t delivery = {.message = *front};
        vel_latency_t *latency = latency_of(replay, front->head.instrument);
        int64_t arrives = vel_add(front->head.ts_venue, response_latency(latency, link, front->head.ts_venue));
        delivery.ts_arrival = vel_max(link->last_report, arrives);
        link->last_report = delivery.ts_arrival;
        int status = vel_delivery_ring_push(&link->deliveries, &delivery);
        if (status != VEL_OK)
            return status;
        vel_message_ring_pop(messages);
    }
    return VEL_OK;
}

/* ---------------------------------------------------------------- the loop */

static int64_t due(const vel_replay_t *replay, int32_t instrument, int kind)
{
    const vel_hft_link_t *link = &replay->hft->links[instrument];
    const vel_hft_sent_t *sent;
    const vel_delivery_t *report;
    switch (kind) {
    case LOCAL_ROW:
        return replay->local_cursors[instrument].next_ts;
    case LOCAL_REPORT:
        report = vel_delivery_ring_front(&link->deliveries);
        return report == NULL ? VEL_NEVER : report->ts_arrival;
    case VENUE_ROW:
        return replay->venue_cursors[instrument].next_ts;
    default:
        sent = vel_hft_sent_ring_front(&link->commands);
        return sent == NULL ? VEL_NEVER : sent->transit.ts_arrival;
    }
}

/* The row of a cursor has been done. As in replay.c, an empty cursor stays at the time of its last row. */
static void step(vel_replay_t *replay, vel_cursor_t *cursor)
{
    cursor->row++;
    if (VEL_LIKELY(cursor->row < cursor->columns.rows)) {
        cursor->next_ts = cursor->ts[cursor->row];
    } else {
        cursor->is_empty = 1;
        replay->end_ts = vel_max(replay->end_ts, cursor->next_ts);
    }
}

static int row_failed(vel_replay_t *replay, int32_t instrument, const vel_cursor_t *cursor, int status)
{
    replay->failed_instrument = instrument;
    replay->failed_row = cursor->base + cursor->row;
    return status;
}

static int run_venue_row(vel_replay_t *replay, int32_t at)
{
    vel_cursor_t *cursor = &replay->venue_cursors[at];
    replay->venue->ts = cursor->next_ts;
    int status = vel_venue_on_row(replay->venue, at, &cursor->columns, cursor->row);
    if (VEL_UNLIKELY(status != VEL_OK))
        return row_failed(replay, at, cursor, status);
    step(replay, cursor);
    replay->venue_rows++;
    return vel_message_ring_front(&replay->venue->messages) == NULL ? VEL_OK : link_messages(replay);
}

static int run_command(vel_replay_t *replay, int32_t at)
{
    vel_hft_link_t *link = &replay->hft->links[at];
    vel_hft_sent_t sent = *vel_hft_sent_ring_front(&link->commands);
    vel_hft_sent_ring_pop(&link->commands);
    replay->venue->ts = sent.transit.ts_arrival;
    if (replay->venue->hft != NULL)
        replay->venue->hft->known_leaves = sent.known_leaves;
    int status = vel_venue_on_command(replay->venue, &sent.transit.command);
    if (VEL_UNLIKELY(status < 0))
        return vel_replay_failed(replay, true, sent.transit.command.instrument, status);
    return status == VEL_OK ? link_messages(replay) : status;
}

/* Wakes of one row, or a status. */
static int run_local_row(vel_replay_t *replay, int32_t at)
{
    vel_cursor_t *cursor = &replay->local_cursors[at];
    replay->local->now = cursor->next_ts;
    int wakes = vel_local_on_row(replay->local, at, &cursor->columns, cursor->row);
    if (VEL_UNLIKELY(wakes < 0))
        return row_failed(replay, at, cursor, wakes);
    replay->wake.columns = &cursor->columns;
    replay->wake.row = cursor->row;
    step(replay, cursor);
    replay->local_rows++;
    return wakes;
}

static int run_message(vel_replay_t *replay, int32_t at)
{
    vel_hft_link_t *link = &replay->hft->links[at];
    vel_delivery_t delivery = *vel_delivery_ring_front(&link->deliveries);
    vel_delivery_ring_pop(&link->deliveries);
    replay->local->now = delivery.ts_arrival;
    int wakes = vel_local_on_message(replay->local, &delivery.message);
    if (wakes < 0)
        return vel_replay_failed(replay, false, replay->local->failed_instrument, wakes);
    replay->wake.report = delivery.message.report;
    int status = link_commands(replay); /* a deferred quote may have gone out */
    return status == VEL_OK ? wakes : status;
}

int vel_replay_hft_run(vel_replay_t *replay, int64_t until, int64_t budget)
{
    vel_local_t *local = replay->local;
    int status = link_commands(replay);
    if (status != VEL_OK)
        return status;

    for (;;) {
        if (VEL_UNLIKELY(vel_local_next_denial(local) != NULL) &&
            vel_replay_give_denials(replay)) /* before time moves */
            return VEL_RUN_WAKE;
        int64_t next = VEL_NEVER;
        int32_t at = 0;
        int kind = LOCAL_ROW;
        bool has_rows = false;
        for (int32_t i = 0; i < replay->instruments_count; i++) {
            if (replay->venue_cursors[i].is_empty || replay->local_cursors[i].is_empty) {
                replay->need = i;
                return replay->venue_cursors[i].is_empty ? VEL_RUN_NEED_VENUE : VEL_RUN_NEED_LOCAL;
            }
            for (int one = 0; one < KINDS; one++) {
                int64_t ts = due(replay, i, one);
                has_rows |= (one == LOCAL_ROW || one == VENUE_ROW) && ts != VEL_NEVER;
                if (ts < next) {
                    next = ts;
                    at = i;
                    kind = one;
                }
            }
        }
        int64_t late = vel_min(vel_timers_next(&local->timers), local->sample_next);
        if (!has_rows && vel_min(next, late) > replay->end_ts)
            return VEL_RUN_END;
        if (vel_min(next, late) > until)
            return VEL_RUN_REACHED;
        if (budget <= 0)
            return VEL_RUN_YIELD;

        if (late < next) {
            local->now = late;
            if (vel_timers_next(&local->timers) == late) {
                vel_timers_pop(&local->timers, &replay->wake.timer);
                replay->wake.bits = VEL_WAKE_TIMER;
                return VEL_RUN_WAKE;
            }
            if ((status = vel_local_sample_next(local)) != VEL_OK)
                return status;
            budget -= 1 + (int64_t)local->holdings.traded.count;
            continue;
        }
        int wakes = 0;
        switch (kind) {
        case LOCAL_ROW:
            budget--;
            wakes = run_local_row(replay, at);
            break;
        case LOCAL_REPORT:
            wakes = run_message(replay, at);
            break;
        case VENUE_ROW:
            wakes = run_venue_row(replay, at);
            break;
        default:
            wakes = run_command(replay, at);
        }
        if (wakes < 0)
            return wakes;
        if (wakes > 0) {
            replay->wake.bits = (uint32_t)wakes;
            replay->wake.instrument = at;
            return VEL_RUN_WAKE;
        }
    }
}

int64_t vel_replay_hft_commands(const vel_replay_t *replay)
{
    int64_t count = 0;
    for (int32_t i = 0; i < replay->instruments_count; i++)
        count += (int64_t)(replay->hft->links[i].commands.tail - replay->hft->links[i].commands.head);
    return count;
}

int64_t vel_replay_hft_reports(const vel_replay_t *replay)
{
    int64_t count = 0;
    for (int32_t i = 0; i < replay->instruments_count; i++)
        count += (int64_t)(replay->hft->links[i].deliveries.tail - replay->hft->links[i].deliveries.head);
    return count;
}

/* ---------------------------------------------------------------- life */

int vel_replay_hft_init(vel_replay_t *replay)
{
    replay->hft = calloc(1, sizeof *replay->hft);
    if (replay->hft == NULL)
        return VEL_ENOMEM;
    replay->hft->links = calloc((size_t)replay->instruments_count, sizeof *replay->hft->links);
    if (replay->hft->links == NULL)
        return VEL_ENOMEM;
    for (int32_t i = 0; i < replay->instruments_count; i++)
        replay->hft->links[i].last_act = replay->hft->links[i].last_report = INT64_MIN;
    return VEL_OK;
}

void vel_replay_hft_free(vel_replay_t *replay)
{
    if (replay->hft == NULL)
        return;
    for (int32_t i = 0; i < replay->instruments_count && replay->hft->links != NULL; i++) {
        vel_hft_sent_ring_free(&replay->hft->links[i].commands);
        vel_delivery_ring_free(&replay->hft->links[i].deliveries);
    }
    free(replay->hft->links);
    free(replay->hft);
    replay->hft = NULL;
}
