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
    vel_times_free(&link->quiet);
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---------------------------------------------------------------- there */

/* A cancel of all goes the way of a cancel. */
static uint8_t way_of(const vel_command_t *command)
{
    return command->action == VEL_ACTION_CANCEL_ALL ? VEL_ACTION_CANCEL : command->action;
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

static vel_report_t no_to(const vel_command_t *command, uint8_t reason, int64_t ts)
{
    static const uint8_t kinds[3] = {VEL_REPORT_REJECTED, VEL_REPORT_AMEND_REJECTED, VEL_REPORT_CANCEL_REJECTED};
    return (vel_report_t){.ts_venue = ts,
                          .order_id = command->order_id,
                          .price = command->price,
                          .qty = command->qty,
                          .instrument = command->instrument,
                          .kind = kinds[way_of(command)],
                          .side = command->side,
                          .reason = reason};
}

static bool may_take(const vel_command_t *command)
{
    return way_of(command) != VEL_ACTION_CANCEL && !(command->flags & VEL_EXEC_POST_ONLY);
}

/* The speed bump is drawn once a message, for its first command that may take. */
static void draw_bump(vel_link_t *link, const vel_command_t *command, vel_message_t *message)
{
    if (message->has_held || !may_take(command))
        return;
    message->has_held = 1;
    message->held = vel_latency_draw(&link->latency.speed_bump);
}

/* Draw the message's way, with the first command that it carries. */
static void draw_message(vel_link_t *link, const vel_command_t *command, vel_message_t *message)
{
    vel_latency_t *latency = &link->latency;
    int64_t leaves = vel_add(command->ts_sent, vel_latency_draw(&latency->decision));
    int64_t arrives = vel_add(leaves, vel_latency_entry(latency, way_of(command), leaves));
    int64_t processing = vel_latency_draw(&latency->venue);
    *message = (vel_message_t){.number = command->batch, .ts_sent = command->ts_sent};
    draw_bump(link, command, message);
    int64_t round_trip;
    if (latency->load.step > 0)
        arrives = vel_add(arrives, vel_load_wait(&latency->load, command->ts_sent));
    if (latency->faults.is_on) {
        message->fate = draw_fate(latency, command);
        message->told = message->answer = vel_add(leaves, latency->faults.timeout);
        if (message->fate == VEL_FATE_LOST)
            return;
    }
    if (vel_latency_refuses(latency, leaves, &round_trip)) {
        /* The recording knows when the refusal was heard of and nothing about its way: it delays no other message. */
        message->told = vel_add(leaves, round_trip);
        message->fate = VEL_FATE_LOST;
        message->is_refused = 1;
        return;
    }
    if (message->fate == VEL_FATE_NONE || message->fate == VEL_FATE_UNANSWERED)
        arrives = vel_add(arrives, processing);
    if (!latency->overtakes)
        arrives = link->last_act = max64(link->last_act, arrives);
    message->arrives = arrives;
}

void vel_link_send(vel_link_t *link, vel_command_t *command, vel_report_t *direct)
{
    vel_message_t alone;
    vel_message_t *message = command->batch == 0 ? &alone : &link->batch;
    if (command->batch == 0 || command->batch != message->number || command->ts_sent != message->ts_sent)
        draw_message(link, command, message);
    else
        draw_bump(link, command, message);
    command->fate = message->fate;
    if (message->fate == VEL_FATE_LOST) {
        *direct = no_to(command, message->is_refused ? VEL_REASON_GATEWAY : VEL_REASON_TIMEOUT, message->told);
        direct->ts_arrival = direct->ts_venue;
        return;
    }
    if (message->fate == VEL_FATE_UNANSWERED)
        command->ts_answer = message->answer;
    command->ts_arrival = message->arrives;
    if (message->fate != VEL_FATE_GATEWAY && message->fate != VEL_FATE_OVERLOADED && may_take(command) &&
        message->held > 0) {
        command->ts_arrival = vel_add(command->ts_arrival, message->held);
        if (!link->latency.overtakes)
            command->ts_arrival = link->last_held = max64(link->last_held, command->ts_arrival);
    }
}
vel_report_t vel_link_refusal(const vel_command_t *command, int64_t ts)
{
    return no_to(command, command->fate == VEL_FATE_OVERLOADED ? VEL_REASON_OVERLOADED : VEL_REASON_GATEWAY, ts);
}

/* ---------------------------------------------------------------- back */

int vel_link_silence(vel_link_t *link, int64_t order_id, int64_t until)
{
    static const int64_t never = INT64_MIN;
    while (link->quiet.count <= order_id) {
        int status = vel_times_push(&link->quiet, &never);
        if (status != VEL_OK)
            return status;
    }
    link->quiet.items[order_id] = max64(link->quiet.items[order_id], until);
    return VEL_OK;
}

int vel_link_answer(vel_link_t *link, vel_report_t *report)
{
    vel_latency_t *latency = &link->latency;
    if (report->ts_venue != link->answer_ts) {
        int64_t arrives = vel_add(report->ts_venue, vel_latency_response(latency, report->ts_venue));
        if (latency->load.step > 0)
            arrives = vel_add(arrives, vel_load_wait(&latency->load, report->ts_venue));
        if (!latency->overtakes)
            arrives = link->last_report = max64(link->last_report, arrives);
        link->answer_ts = report->ts_venue;
        link->answer_at = arrives;
    }
    int64_t arrives = link->answer_at;
    if (report->order_id < link->quiet.count)
        arrives = max64(arrives, link->quiet.items[report->order_id]);
    report->ts_arrival = arrives;
    return latency->overtakes ? vel_link_silence(link, report->order_id, arrives) : VEL_OK;
}
