/* Velora's side of `oracle`: the matching engine from C, over an order stream. Each message is one call, with the
 * fields that it has; with READY in the environment the messages are commands before the clock starts, STREAM_BATCH a
 * call, which is what a call from Python hands over. */
#define _POSIX_C_SOURCE 200809L

#include "order_stream.h"
#include "velora/match.h"

static inline int send(vel_match_t *engine, const stream_message_t *message)
{
    int64_t ts = (int64_t)message->sequence, order_id = (int64_t)message->order_id;
    switch (message->type) {
    case STREAM_NEW:
        return vel_match_limit(engine, ts, order_id, 0, message->side, message->price, message->qty,
                               message->ioc ? VEL_IOC : VEL_GTC);
    case STREAM_CANCEL:
        return vel_match_cancel(engine, ts, order_id, 0);
    default:
        return vel_match_amend(engine, ts, order_id, 0, message->price, message->qty);
    }
}

/* Fill in what the messages of a stream differ by: all else of the command is 0. */
static void decode(const stream_message_t *message, vel_contingency_command_t *command)
{
    static const uint8_t ACTIONS[] = {VEL_ACTION_NEW, VEL_ACTION_CANCEL, VEL_ACTION_AMEND};
    command->ts = (int64_t)message->sequence;
    command->order_id = (int64_t)message->order_id;
    command->terms.price = message->price;
    command->terms.qty = message->qty;
    command->action = ACTIONS[message->type];
    command->terms.side = message->side;
    command->terms.tif = message->ioc ? VEL_IOC : VEL_GTC;
}

static stream_line_t line_of(const vel_match_report_t *one)
{
    static const uint8_t CODES[] = {
        [VEL_REPORT_ACK] = LINE_ACK,
        [VEL_REPORT_FILL] = LINE_TRADE,
        [VEL_REPORT_CANCELED] = LINE_CANCELED,
        [VEL_REPORT_EXPIRED] = LINE_CANCELED,
        [VEL_REPORT_AMENDED] = LINE_MODIFIED,
        [VEL_REPORT_CANCEL_REJECTED] = LINE_CANCEL_REJECTED,
        [VEL_REPORT_AMEND_REJECTED] = LINE_MODIFY_REJECTED,
    };
    if (one->kind == VEL_REPORT_REJECTED || one->kind > VEL_REPORT_AMEND_REJECTED)
        abort(); /* no stream leads to it */
    stream_line_t line = {.code = CODES[one->kind],
                          .side = one->side,
                          .qty = (uint32_t)(one->kind == VEL_REPORT_AMENDED ? one->leaves : one->qty),
                          .sequence = (uint64_t)one->ts,
                          .order_id = (uint64_t)one->order_id,
                          .price = one->price};
    if (one->kind == VEL_REPORT_FILL) {
        line.order_id = (uint64_t)one->other_id;
        line.other_id = (uint64_t)one->order_id;
    }
    return line;
}

/* The reports so far are read and dropped. */
static void take_reports(vel_match_t *engine, FILE *text)
{
    for (int64_t at = 0; text != NULL && at < engine->reports.count; at++) {
        stream_line_t line = line_of(&engine->reports.items[at]);
        if (!engine->reports.items[at].maker) /* a trade has two reports */
            text_add(text, &line);
    }
    engine->reports.count = 0;
}

static double run_pass(const stream_message_t *messages, uint32_t count, uint64_t id_max, FILE *text)
{
    static vel_contingency_command_t *ready = NULL;
    vel_match_t *engine = malloc(sizeof *engine);
    int64_t failed;
    /* Of sixteen orders of a stream fewer than one are alive at a time; the peer has room for each id. */
    if (engine == NULL || vel_match_init(engine, VEL_AMEND_REINSERT) != VEL_OK ||
        vel_match_reserve(engine, (int64_t)id_max / 16, 2 * STREAM_BATCH) != VEL_OK)
        abort();
    if (getenv("READY") != NULL && ready == NULL) {
        ready = calloc(count, sizeof *ready);
        for (uint32_t at = 0; ready != NULL && at < count; at++)
            decode(&messages[at], &ready[at]);
    }
    double began = seconds_now();
    for (uint32_t from = 0; from < count; from += STREAM_BATCH) {
        uint32_t to = count - from < STREAM_BATCH ? count : from + STREAM_BATCH;
        if (ready != NULL) {
            if (vel_match_apply(engine, &ready[from], to - from, &failed) != VEL_OK)
                abort();
        } else {
            for (uint32_t at = from; at < to; at++)
                if (send(engine, &messages[at]) != VEL_OK)
                    abort();
        }
        take_reports(engine, text);
    }
    double seconds = seconds_now() - began;
    vel_match_free(engine);
    free(engine);
    return seconds;
}
