/* link.h: the way between the local side and one venue: what becomes of each message on it, and when.
 *
 * Commands do not overtake each other on their way there, nor reports on their way back; messages on different links
 * know nothing of each other. Where the latency says `overtakes` only this is left: reports about one order arrive in
 * the order in which the venue made them, so an acknowledgement is never behind its own fill. A cancel may then be at
 * the venue before its order, which refuses it as a venue would.
 *
 * Commands that a speed bump holds are overtaken by those that it does not hold, and keep their order among themselves.
 *
 * Commands of one batch are one message: one draw of each leg, on the way of its first command, and one fate. They are
 * at the venue at one instant and act there in their order; a speed bump holds those of them that may take, all for
 * one while.
 *
 * Reports that the venue makes at one instant are one message too: one draw of the response leg, whatever they are
 * about. They arrive together, in the order in which the venue made them.
 *
 * A refused command turns round at the gateway. A lost one never arrives, and the local side is told at the time-out.
 * One whose answer is lost acts at the venue, and whatever is said about its order afterwards is heard at the time-out.
 */
#ifndef VELORA_LINK_H
#define VELORA_LINK_H

#include "velora/latency.h"
#include "velora/vector.h"

VEL_C_BEGIN

VEL_VECTOR(vel_times, int64_t)

/* What becomes of a message on its way there. */
typedef struct vel_message {
    uint32_t number; /* of the batch */
    uint8_t fate;
    uint8_t is_refused; /* a recording says so: `told` is when that was heard */
    uint8_t has_held;   /* the speed bump was drawn */
    int64_t ts_sent;
    int64_t told;    /* ns, local clock: when the local side hears of a loss or of such a refusal */
    int64_t answer;  /* ns, end of the silence of VEL_FATE_UNANSWERED */
    int64_t arrives; /* ns, at the venue, before any speed bump */
    int64_t held;    /* ns, the speed bump's */
} vel_message_t;

typedef struct vel_link {
    vel_latency_t latency;
    vel_message_t batch; /* the last one: commands of one batch come without those of another between them */
    vel_times_t quiet; /* by order id: no report about it arrives before; kept where faults or overtaking ask for it */
    int64_t last_act;  /* ns, when the last command acts: none overtakes */
    int64_t last_held; /* ns, likewise of those that a speed bump holds */
    int64_t last_report; /* ns, when the last report arrives */
    int64_t answer_ts;   /* ns, venue clock: the instant of the last report, which draws for all of that instant */
    int64_t answer_at;   /* ns, when that message arrives */
} vel_link_t;

void vel_link_init(vel_link_t *link, const vel_latency_t *latency);
void vel_link_free(vel_link_t *link);

/* A command leaves the local side: gives it its fate and its instant at the venue. Where that is VEL_FATE_LOST, *direct
 * is what the local side is told instead, with its ts_arrival; so is a refusal that a recording holds. */
void vel_link_send(vel_link_t *link, vel_command_t *command, vel_report_t *direct);

/* The gateway's refusal of a command whose fate that is, at a venue time. */
vel_report_t vel_link_refusal(const vel_command_t *command, int64_t ts);

/* Nothing is heard of an order before a local time. VEL_OK or VEL_ENOMEM. */
int vel_link_silence(vel_link_t *link, int64_t order_id, int64_t until);

/* A report leaves the venue: gives it its arrival. VEL_OK or VEL_ENOMEM. */
int vel_link_answer(vel_link_t *link, vel_report_t *report);

VEL_C_END

#endif
