/* latency.h: how long messages take between the local side and the venue.
 *
 * Legs: decision (strategy), entry (local to venue), venue (processing before matching), speed bump (more of it, for
 * commands that may take liquidity), response (venue to local).
 * Feed latency is not here: it is in the data, ts_recv - ts_event of each row. */
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
    const uint8_t *refused;  /* not 0: the gateway refused that request; NULL: none was */
    int64_t rows;
} vel_latency_samples_t;

/* One leg: a constant, or a distribution given by its quantiles at 0, 1 / (rows - 1), ... 1. Each message draws one,
 * linearly between neighbours, from the leg's own stream of random numbers. Borrowed. */
typedef struct vel_latency_leg {
    int64_t constant;         /* ns, >= 0 */
    const int64_t *quantiles; /* ns, ascending; NULL: the constant holds */
    int64_t rows;             /* >= 2 */
    vel_rng_t rng;
} vel_latency_leg_t;

/* What a busy venue adds: the mean wait of a queue with one server, W = rho E[S] (1 + cv^2) / (2 (1 - rho)), rho being
 * the recorded rows of a trailing window times the service time of each. The window moves in VEL_LOAD_STEPS steps, so
 * it covers its last (VEL_LOAD_STEPS - 1) / VEL_LOAD_STEPS to all of itself. */
#define VEL_LOAD_STEPS 64

typedef struct vel_load {
    int64_t step;   /* ns, window / VEL_LOAD_STEPS; 0: no load model */
    double service; /* ns of the server's time that one recorded row stands for */
    double spread;  /* (1 + cv^2) / 2 */
    int64_t most;   /* ns, the longest wait */
    int64_t counts[VEL_LOAD_STEPS];
    int64_t total;
    int64_t newest; /* number of the step that counting has reached */
} vel_load_t;

/* What may go wrong on the way, each with its probability by action; the four of an action add up to at most 1. */
typedef struct vel_faults {
    double refused[3];    /* VEL_FATE_GATEWAY */
    double overloaded[3]; /* VEL_FATE_OVERLOADED at full load; it rises linearly from overload_from on */
    double lost[3];       /* VEL_FATE_LOST */
    double unanswered[3]; /* VEL_FATE_UNANSWERED */
    double overload_from; /* utilisation, in [0, 1) */
    int64_t timeout;      /* ns, after which the local side knows of a loss */
    vel_rng_t rng;
    uint8_t is_on;
} vel_faults_t;

typedef struct vel_latency {
    vel_latency_leg_t decision;
    vel_latency_leg_t entry[3]; /* by action: VEL_ACTION_NEW, VEL_ACTION_AMEND, VEL_ACTION_CANCEL */
    vel_latency_leg_t venue;
    vel_latency_leg_t speed_bump; /* of orders that are not post-only, and of their amends */
    vel_latency_leg_t response;
    vel_latency_samples_t samples; /* rows > 0: entry and response come from here, whatever their legs say */
    int64_t hint;                  /* row where the last lookup ended */
    vel_load_t load;
    vel_faults_t faults;
    uint8_t overtakes; /* messages may overtake each other, those about one order on their way back may not */
} vel_latency_t;

/* A draw of a leg. */
int64_t vel_latency_draw(vel_latency_leg_t *leg);

/* From the local side to the venue at a time of sending, and back at a time of the venue. */
int64_t vel_latency_entry(vel_latency_t *latency, uint8_t action, int64_t ts);
int64_t vel_latency_response(vel_latency_t *latency, int64_t ts);

/* What every command takes at least to the venue, ns. 0 where its way depends on what has happened until it is sent, or
 * where the local side may be told of it without the venue. */
int64_t vel_latency_least(const vel_latency_t *latency);

/* Whether the recording says that a request of this time was refused: one of the rows around it was. *round_trip is
 * then how long that took. */
bool vel_latency_refuses(vel_latency_t *latency, int64_t ts, int64_t *round_trip);

/* Count a recorded row, if it is not before the window. */
void vel_load_count(vel_load_t *load, int64_t ts);

/* Utilisation at a time, which the rows counted so far decide; above 1 where they are more than the server can do. The
 * window ends there from then on. */
double vel_load_utilisation(vel_load_t *load, int64_t ts);

/* Mean wait at a time, ns. */
int64_t vel_load_wait(vel_load_t *load, int64_t ts);

VEL_C_END

#endif
