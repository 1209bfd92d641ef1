/* link.h: the way between the local side and one venue: what becomes of each message on it, and when.
 *
 * Commands do not overtake each other on their way there, nor reports on their way back; messages on different links
 * know nothing of each other. Where the latency says `overtakes` only this is left: reports about one order arrive in
 * the order in which the venue made them, so an acknowledgement is never behind its own fill. A cancel may then be at
 * the venue before its order, which refuses it as a venue would.
 *
 * Commands that a speed bump holds are overtaken by those that it does not hold, and keep their order among themselves.
 *
 * A query overtakes no command, not even where messages overtake and not those that a speed bump holds: at the venue
 * before the order that it asks about, it would be answered as if that order were gone.
 *
 * Commands of one batch are one message: one draw of each leg, on the way of its first command, and one fate. They are
 * at the venue at one instant and act there in their order; a speed bump holds those of them that may take, all for
 * one while.
 *
 * Reports that the venue makes at one instant are one message too: one draw of the response leg, whatever they are
 * about. They arrive together, in the order in which the venue made them.
 *
 * A refused command turns round at the gateway. A lost one never arrives; at the time-out the link reports its order as
 * UNKNOWN. The order of one whose answer is lost is reported as UNKNOWN at the time-out too; the command acts at the
 * venue, and the reports about its order arrive after that time-out. */
#ifndef VELORA_LINK_H
#define VELORA_LINK_H

#include "velora/latency.h"
#include "velora/message.h"
#include "velora/ring.h"
#include "velora/vector.h"

VEL_C_BEGIN

VEL_VECTOR(vel_times, int64_t)

/* What a link does to a command on its way. */
enum {
    VEL_FATE_NONE = 0,       /* it acts at the venue */
    VEL_FATE_GATEWAY = 1,    /* refused before the matching: VEL_REASON_GATEWAY */
    VEL_FATE_OVERLOADED = 2, /* likewise: VEL_REASON_OVERLOADED */
    VEL_FATE_UNANSWERED = 3, /* it acts, but no report about its order arrives before ts_answer */
    VEL_FATE_LOST = 4        /* it never arrives, or a recording says that it was refused */
};

/* A command on its way: what only the link knows of it. */
typedef struct vel_transit {
    vel_command_t command;
    int64_t ts_arrival; /* ns, when it acts at the venue */
    int64_t ts_answer;  /* ns, local clock: the time-out of VEL_FATE_UNANSWERED */
    uint8_t fate;       /* VEL_FATE_ */
} vel_transit_t;

VEL_RING(vel_transit_ring, vel_transit_t)
VEL_ARRIVALS(vel_transits, vel_transit_ring, vel_transit_t, ts_arrival)

/* A message on its way back. */
typedef struct vel_delivery {
    vel_message_t message;
    int64_t ts_arrival; /* ns, local clock */
} vel_delivery_t;

VEL_RING(vel_delivery_ring, vel_delivery_t)
VEL_ARRIVALS(vel_deliveries, vel_delivery_ring, vel_delivery_t, ts_arrival)

/* What becomes of the commands that travel as one, on their way there. */
typedef struct vel_departure {
    uint32_t number; /* of the batch */
    uint8_t fate;
    uint8_t is_refused; /* by a recording: `heard_at` is when the refusal arrived */
    uint8_t has_held;   /* the speed bump was drawn */
    int64_t ts_sent;
    int64_t heard_at; /* ns, local clock: of a time-out or of such a refusal */
    int64_t answer;   /* ns, end of the silence of VEL_FATE_UNANSWERED */
    int64_t arrives;  /* ns, at the venue, before any speed bump */
    int64_t held;     /* ns, the speed bump's */
} vel_departure_t;

typedef struct vel_link {
    vel_latency_t latency;
    vel_departure_t batch; /* the last one: commands of one batch come without those of another between them */
    vel_times_t
        muted_until;   /* by order id: no report about it arrives before; kept where faults or overtaking ask for it */
    int64_t last_act;  /* ns, when the last command acts: none overtakes, a query never */
    int64_t last_held; /* ns, likewise of those that a speed bump holds */
    int64_t last_report; /* ns, when the last report arrives */
    int64_t answer_ts;   /* ns, venue clock: the instant of the last report, which draws for all of that instant */
    int64_t answer_at;   /* ns, when that message arrives */
} vel_link_t;

void vel_link_init(vel_link_t *link, const vel_latency_t *latency);
void vel_link_free(vel_link_t *link);

/* A command leaves the local side: gives it its fate and its instant at the venue. Returns whether the link itself has
 * something to report, in *direct: a time-out (of VEL_FATE_LOST and VEL_FATE_UNANSWERED), or a refusal that a recording
 * holds. A command of VEL_FATE_LOST goes no further. */
bool vel_link_send(vel_link_t *link, vel_transit_t *transit, vel_delivery_t *direct);

/* The gateway's refusal of a command whose fate that is, at a venue time. */
vel_message_t vel_link_refusal(const vel_transit_t *transit, int64_t ts);

/* No report about an order arrives before a local time. VEL_OK or VEL_ENOMEM. */
int vel_link_silence(vel_link_t *link, int64_t order_id, int64_t until);

/* A message leaves the venue: gives it its arrival. VEL_OK or VEL_ENOMEM. */
int vel_link_answer(vel_link_t *link, vel_delivery_t *delivery);

VEL_C_END

#endif
