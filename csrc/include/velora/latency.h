/* latency.h: how long messages take between the local side and the venue.
 *
 * Legs: decision (strategy), entry (local to venue), venue (processing before matching), speed bump (extra delay of
 * commands that may take liquidity), response (venue to local).
 * Feed latency is not part of this model: it is in the data, as ts_recv - ts_event of each row. */
#ifndef VELORA_LATENCY_H
#define VELORA_LATENCY_H

#include "velora/base.h"
#include "velora/order.h"
#include "velora/rng.h"

VEL_C_BEGIN

/* A recording of round trips, by time of sending; times ascend strictly. Interpolated linearly between rows, clamped
 * before the first and after the last. Borrowed. */
typedef struct vel_latency_samples {
    const int64_t *ts;       /* ns, local clock */
    const int64_t *entry;    /* ns */
    const int64_t *response; /* ns */
    const uint8_t *refused;  /* not 0: the gateway refused that request; NULL: no request was refused */
    int64_t rows;
} vel_latency_samples_t;

/* One leg: a constant, or a distribution given by its quantiles at 0, 1 / (rows - 1), ... 1. Each message draws a
 * value from the leg's own random stream, interpolated linearly between quantiles. Borrowed. */
typedef struct vel_latency_leg {
    int64_t constant;         /* ns, >= 0 */
    const int64_t *quantiles; /* ns, ascending; NULL: use the constant */
    int64_t rows;             /* >= 2 */
    vel_rng_t rng;
} vel_latency_leg_t;

/* The delay of a busy venue: the mean wait of a queue with one server, W = rho E[S] (1 + cv^2) / (2 (1 - rho)),
 * where rho is the recorded rows of a trailing window times the service time of each. The window moves in
 * VEL_LOAD_STEPS steps, so it covers between (VEL_LOAD_STEPS - 1) / VEL_LOAD_STEPS of its length and all of it. */
#define VEL_LOAD_STEPS 64

typedef struct vel_load {
    int64_t step;   /* ns, window / VEL_LOAD_STEPS; 0: no load model */
    double service; /* ns of server time per recorded row */
    double spread;  /* (1 + cv^2) / 2 */
    int64_t most;   /* ns, the longest wait */
    int64_t counts[VEL_LOAD_STEPS];
    int64_t total;
    int64_t newest; /* number of the newest step counted so far */
} vel_load_t;

/* Faults on the way, each with a probability per action; the four of an action add up to at most 1. */
typedef struct vel_faults {
    double refused[3];    /* VEL_FATE_GATEWAY */
    double overloaded[3]; /* VEL_FATE_OVERLOADED at full load; it rises linearly from overload_from on */
    double lost[3];       /* VEL_FATE_LOST */
    double unanswered[3]; /* VEL_FATE_UNANSWERED */
    double overload_from; /* utilisation, in [0, 1) */
    int64_t timeout;      /* ns after which the local side counts a message as lost */
    vel_rng_t rng;
    uint8_t is_on;
} vel_faults_t;

typedef struct vel_latency {
    vel_latency_leg_t decision;
    vel_latency_leg_t entry[3]; /* by action: VEL_ACTION_NEW, VEL_ACTION_AMEND, VEL_ACTION_CANCEL */
    vel_latency_leg_t venue;
    vel_latency_leg_t speed_bump; /* of orders that are not post-only, and of their amends */
    vel_latency_leg_t response;
    vel_latency_samples_t samples; /* if it has rows, entry and response come from here and not from their legs */
    int64_t hint;                  /* row where the last lookup ended */
    vel_load_t load;
    vel_faults_t faults;
    uint8_t overtakes; /* messages may overtake each other, except reports of the same order */
} vel_latency_t;

/* A draw of a leg that is a distribution. */
int64_t vel_latency_draw_quantile(vel_latency_leg_t *leg);

/* A draw of a leg. */
static inline int64_t vel_latency_draw(vel_latency_leg_t *leg)
{
    return leg->quantiles == NULL ? leg->constant : vel_latency_draw_quantile(leg);
}

/* A leg of the recording, which has rows, at a time. */
int64_t vel_latency_recorded(vel_latency_t *latency, const int64_t *values, int64_t ts);

/* Latency from the local side to the venue for a time of sending, and back for a time of the venue. */
static inline int64_t vel_latency_entry(vel_latency_t *latency, uint8_t action, int64_t ts)
{
    if (latency->samples.rows > 0)
        return vel_latency_recorded(latency, latency->samples.entry, ts);
    return vel_latency_draw(&latency->entry[action]);
}

static inline int64_t vel_latency_response(vel_latency_t *latency, int64_t ts)
{
    if (latency->samples.rows > 0)
        return vel_latency_recorded(latency, latency->samples.response, ts);
    return vel_latency_draw(&latency->response);
}

/* Lower bound of any command's latency to the venue, ns. 0 if it depends on events before sending, or if the local
 * side may receive an answer that did not come from the venue. */
int64_t vel_latency_least(const vel_latency_t *latency);

/* What vel_latency_refuses does where the recording says of each request whether it was refused. */
bool vel_latency_refused(vel_latency_t *latency, int64_t ts, int64_t *round_trip);

/* Lower bound of any message's latency from the venue, ns. 0 where vel_latency_least is 0 for a reason of its own: an
 * answer that did not come from the venue keeps its place among the messages of its instant. */
int64_t vel_latency_least_response(const vel_latency_t *latency);

/* Whether the recording says that a request at this time was refused: one of the rows around it was. *round_trip is
 * then how long the refusal took. */
static inline bool vel_latency_refuses(vel_latency_t *latency, int64_t ts, int64_t *round_trip)
{
    return latency->samples.refused != NULL && vel_latency_refused(latency, ts, round_trip);
}

/* Count a recorded row; rows before the window are ignored. */
void vel_load_count(vel_load_t *load, int64_t ts);

/* Utilization at a time, from the rows counted so far; above 1 if the server cannot keep up. Moves the end of the
 * window to that time. */
double vel_load_utilisation(vel_load_t *load, int64_t ts);

/* Mean wait at a time, ns. */
int64_t vel_load_wait(vel_load_t *load, int64_t ts);

VEL_C_END

#endif
