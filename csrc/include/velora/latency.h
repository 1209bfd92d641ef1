/* latency.h: how long messages take between the local side and the venue.
 *
 * Legs: decision (strategy), entry (local to venue), venue (processing before matching), response (venue to local).
 * Feed latency is not here: it is in the data, ts_recv - ts_event of each row. */
#ifndef VELORA_LATENCY_H
#define VELORA_LATENCY_H

#include "velora/base.h"

/* A recording of round trips, by time of sending; times ascend strictly. Interpolated linearly between rows, clamped
 * before the first and after the last. Borrowed. */
typedef struct vel_latency_samples {
    const int64_t *ts;       /* ns, local clock */
    const int64_t *entry;    /* ns */
    const int64_t *response; /* ns */
    int64_t rows;
} vel_latency_samples_t;

typedef struct vel_latency {
    int64_t decision; /* ns, >= 0; likewise the others */
    int64_t entry;
    int64_t venue;
    int64_t response;
    vel_latency_samples_t samples; /* rows == 0: the constants hold; else entry and response come from here */
    int64_t hint;                  /* row where the last lookup ended */
} vel_latency_t;

int64_t vel_latency_entry(vel_latency_t *latency, int64_t ts);
int64_t vel_latency_response(vel_latency_t *latency, int64_t ts);

#endif
