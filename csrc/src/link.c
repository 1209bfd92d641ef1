#include "velora/link.h"

#include <string.h>

void vel_link_init(vel_link_t *link, const vel_latency_t *latency)
{
    memset(link, 0, sizeof *link);
    link->latency = *latency;
    link->last_act = link->last_held = link->last_report = link->answer_ts = INT64_MIN;
    link->latency.load.newest = INT64_MIN;
}

void vel_link_free(vel_link_t *link)
{
    vel_times_free(&link->muted_until);
}

/* ---------------------------------------------------------------- there */

/* A cancel of all and a query go the way of a cancel. */
static uint8_t way_of(const vel_command_t *command)
{
    return command->action > VEL_ACTION_CANCEL ? VEL_ACTION_CANCEL : command->action;
}

static uint8_t draw_fate(vel_latency_t *latency, const vel_command_t *command)
{
    vel_faults_t *faults = &latency->faults;
    uint8_t action = way_of(command);
    double overloaded = 0.0;
    if (latency->load.step > 0 && faults->overloaded[action] > 0.0) {
        double rho = vel_load_utilisation(&latency->load, command->ts_sent);
        double over = (rho - faults->overload_from) / (1.0 - faults->overload_from);
        overloaded = faults->overloaded[action] * (over < 0.0 ? 0.0 : over > 1.0 ? 1.0 : over);
    }
    /* One number a command, whatever comes of it: a change of one probability leaves the other commands' draws. */
    double place = vel_rng_uniform(&faults->rng);
    if ((place -= faults->refused[action]) < 0.0)
        return VEL_FATE_GATEWAY;
    if ((place -= overloaded) < 0.0)
        return VEL_FATE_OVERLOADED;
    if ((place -= faults->lost[action]) < 0.0)
        return VEL_FATE_LOST;
    return place < faults->unanswered[action] ? VEL_FATE_UNANSWERED : VEL_FATE_NONE;
}

static vel_message_t report_of(const vel_command_t *command, uint8_t kind, uint8_t reason, int64_t ts)
{
    return (vel_message_t){.report = {.ts_venue = ts,
                                      .instrument = command->instrument,
                                      .account = command->account,
                                      .kind = kind,
                                      .side = command->terms.side,
                                      .reason = reason,
                                      .order_id = command->order_id,
                                      .price = command->terms.price,
                                      .qty = command->terms.qty}};
}

static vel_message_t no_to(const vel_command_t *command, uint8_t reason, int64_t ts)
{
    static const uint8_t kinds[3] = {VEL_REPORT_REJECTED, VEL_REPORT_AMEND_REJECTED, VEL_REPORT_CANCEL_REJECTED};
    return report_of(command, kinds[way_of(command)], reason, ts);
}

/* No answer came in time. */
static vel_message_t time_out(const vel_command_t *command, int64_t ts)
{
    vel_message_t message = report_of(command, VEL_REPORT_UNKNOWN, VEL_REASON_TIMEOUT, ts);
    message.report.price = command->action;
    return message;
}

static bool may_take(const vel_command_t *command)
{
    return way_of(command) != VEL_ACTION_CANCEL && !(command->terms.flags & VEL_EXEC_POST_ONLY);
}

/* The speed bump is drawn once a message, for its first command that may take. */
static inline void draw_bump(vel_link_t *link, const vel_command_t *command, vel_departure_t *message)
{
    if (message->has_held || !may_take(command))
        return;
    message->has_held = 1;
    message->held = vel_latency_draw(&link->latency.speed_bump);
}

/* Draw the message's way, with the first command that it carries. */
static inline void draw_message(vel_link_t *link, const vel_command_t *command, vel_departure_t *message)
{
    vel_latency_t *latency = &link->latency;
    int64_t leaves = vel_add(command->ts_sent, vel_latency_draw(&latency->decision));
    int64_t arrives = vel_add(leaves, vel_latency_entry(latency, way_of(command), leaves));
    int64_t processing = vel_latency_draw(&latency->venue);
    message->number = command->batch;
    message->fate = VEL_FATE_NONE;
    message->is_refused = message->has_held = 0;
    message->ts_sent = command->ts_sent;
    message->heard_at = message->answer = message->arrives = message->held = 0;
    draw_bump(link, command, message);
    /* A query resolves what a fault has done, and a client repeats it until it is answered: no fault befalls it. */
    bool is_query = command->action == VEL_ACTION_QUERY;
    int64_t round_trip;
    if (latency->load.step > 0)
        arrives = vel_add(arrives, vel_load_wait(&latency->load, command->ts_sent));
    if (latency->faults.is_on && !is_query) {
        message->fate = draw_fate(latency, command);
        message->heard_at = message->answer = vel_add(leaves, latency->faults.timeout);
        if (message->fate == VEL_FATE_LOST)
            return;
    }
    if (!is_query && vel_latency_refuses(latency, leaves, &round_trip)) {
        /* The recording knows when the refusal was heard of and nothing about its way: it delays no other message. */
        message->heard_at = vel_add(leaves, round_trip);
        message->fate = VEL_FATE_LOST;
        message->is_refused = 1;
        return;
    }
    if (message->fate == VEL_FATE_NONE || message->fate == VEL_FATE_UNANSWERED)
        arrives = vel_add(arrives, processing);
    if (!latency->overtakes || is_query)
        arrives = vel_max(link->last_act, arrives);
    link->last_act = vel_max(link->last_act, arrives);
    message->arrives = arrives;
}

/* A command goes the way that its message has drawn; as vel_link_send. */
static inline bool depart(vel_link_t *link, const vel_departure_t *message, vel_transit_t *transit,
                          vel_delivery_t *direct)
{
    const vel_command_t *command = &transit->command;
    transit->fate = message->fate;
    transit->ts_arrival = message->arrives;
    if (VEL_UNLIKELY(message->fate == VEL_FATE_LOST)) {
        direct->message = message->is_refused ? no_to(command, VEL_REASON_GATEWAY, message->heard_at)
                                              : time_out(command, message->heard_at);
        direct->ts_arrival = message->heard_at;
        return true;
    }
    if (VEL_UNLIKELY(message->held > 0) && message->fate != VEL_FATE_GATEWAY && message->fate != VEL_FATE_OVERLOADED &&
        may_take(command)) {
        transit->ts_arrival = vel_add(transit->ts_arrival, message->held);
        if (!link->latency.overtakes)
            transit->ts_arrival = vel_max(link->last_held, transit->ts_arrival);
        link->last_held = vel_max(link->last_held, transit->ts_arrival);
    }
    if (VEL_UNLIKELY(command->action == VEL_ACTION_QUERY)) /* the order that it asks about may be held */
        transit->ts_arrival = vel_max(link->last_held, transit->ts_arrival);
    if (VEL_LIKELY(message->fate != VEL_FATE_UNANSWERED))
        return false;
    transit->ts_answer = message->answer;
    direct->message = time_out(command, message->answer);
    direct->ts_arrival = message->answer;
    return true;
}

bool vel_link_send(vel_link_t *link, vel_transit_t *transit, vel_delivery_t *direct)
{
    const vel_command_t *command = &transit->command;
    if (VEL_LIKELY(command->batch == 0)) {
        vel_departure_t alone;
        draw_message(link, command, &alone);
        return depart(link, &alone, transit, direct);
    }
    if (command->batch != link->batch.number || command->ts_sent != link->batch.ts_sent)
        draw_message(link, command, &link->batch);
    else
        draw_bump(link, command, &link->batch);
    return depart(link, &link->batch, transit, direct);
}

vel_message_t vel_link_refusal(const vel_transit_t *transit, int64_t ts)
{
    uint8_t reason = transit->fate == VEL_FATE_OVERLOADED ? VEL_REASON_OVERLOADED : VEL_REASON_GATEWAY;
    return no_to(&transit->command, reason, ts);
}

/* ---------------------------------------------------------------- back */

int vel_link_silence(vel_link_t *link, int64_t order_id, int64_t until)
{
    static const int64_t never = INT64_MIN;
    while (link->muted_until.count <= order_id) {
        int status = vel_times_push(&link->muted_until, &never);
        if (status != VEL_OK)
            return status;
    }
    link->muted_until.items[order_id] = vel_max(link->muted_until.items[order_id], until);
    return VEL_OK;
}

int vel_link_answer(vel_link_t *link, vel_delivery_t *delivery)
{
    vel_latency_t *latency = &link->latency;
    int64_t ts_venue = delivery->message.head.ts_venue;
    if (ts_venue != link->answer_ts) {
        int64_t arrives = vel_add(ts_venue, vel_latency_response(latency, ts_venue));
        if (latency->load.step > 0)
            arrives = vel_add(arrives, vel_load_wait(&latency->load, ts_venue));
        if (!latency->overtakes)
            arrives = link->last_report = vel_max(link->last_report, arrives);
        link->answer_ts = ts_venue;
        link->answer_at = arrives;
    }
    int64_t order_id = vel_message_is_report(&delivery->message) ? delivery->message.report.order_id : 0;
    delivery->ts_arrival = link->answer_at;
    if (order_id < link->muted_until.count)
        delivery->ts_arrival = vel_max(link->answer_at, link->muted_until.items[order_id]);
    return latency->overtakes ? vel_link_silence(link, order_id, delivery->ts_arrival) : VEL_OK;
}
