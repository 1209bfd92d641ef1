/* latency.h: how long messages take between the local side and the venue.
 *
 * Legs: decision (strategy), entry (local to venue), venue (processing before matching), response (venue to local).
 * Feed latency is not here: it is in the data, ts_recv - ts_event of each row. */
#ifndef VELORA_LATENCY_H
#define VELORA_LATENCY_H

#include "velora/base.h"
#include "velora/order.h"
#include "velora/rng.h"

/* A recording of round trips, by time of sending; times ascend strictly. Interpolated linearly between rows, clamped
 * before the first and after the last. Borrowed. */
typedef struct vel_latency_samples {
    const int64_t *ts;       /* ns, local clock */
    const int64_t *entry;    /* ns */
    const int64_t *response; /* ns */
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

typedef struct vel_latency {
    vel_latency_leg_t decision;
    vel_latency_leg_t entry[3]; /* by action: VEL_ACTION_NEW, VEL_ACTION_AMEND, VEL_ACTION_CANCEL */
    vel_latency_leg_t venue;
    vel_latency_leg_t response;
    vel_latency_samples_t samples; /* rows > 0: entry and response come from here, whatever their legs say */
    int64_t hint;                  /* row where the last lookup ended */
} vel_latency_t;

/* A draw of a leg. */
int64_t vel_latency_draw(vel_latency_leg_t *leg);

/* From the local side to the venue at a time of sending, and back at a time of the venue. */
int64_t vel_latency_entry(vel_latency_t *latency, uint8_t action, int64_t ts);
int64_t vel_latency_response(vel_latency_t *latency, int64_t ts);

#endif
