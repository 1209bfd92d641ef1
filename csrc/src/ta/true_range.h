/* true_range.h: the true range and Wilder's average of it.
 *
 * The first row has no true range, because it has no close before it: the average of n rows has its first value at row
 * n, counted from 0. Source: J. W. Wilder, "New Concepts in Technical Trading Systems" (1978). */
#ifndef VELORA_TA_TRUE_RANGE_H
#define VELORA_TA_TRUE_RANGE_H

#include "changes.h"

typedef struct vel_ta_atr {
    bool is_first; /* no row yet */
    double close;  /* of the row before */
    vel_ta_ema_t average;
} vel_ta_atr_t;

static inline void vel_ta_atr_init(vel_ta_atr_t *self, int64_t n)
{
    self->is_first = true;
    vel_ta_ema_init(&self->average, n, 1.0 / (double)n);
}

/* A NaN close before counts as no gap; a NaN high or low gives NaN. */
static inline double vel_ta_true_range(double high, double low, double close_before)
{
    double range = high - low, up = fabs(close_before - high), down = fabs(close_before - low);
    range = up > range ? up : range;
    return down > range ? down : range;
}

/* `close` holds the close of the row before. The range of the very first row is of no use. */
static inline void vel_ta_true_range_run(vel_ta_previous_t *before, int64_t m, const double *high, const double *low,
                                         const double *close, double *out)
{
    double close_before[VEL_TA_CHUNK];
    vel_ta_previous_run(before, m, close, close_before);
    for (int64_t i = 0; i < m; i++)
        out[i] = vel_ta_true_range(high[i], low[i], close_before[i]);
}

static inline double vel_ta_atr_step(vel_ta_atr_t *self, double high, double low, double close)
{
    double before = self->close;
    self->close = close;
    if (VEL_UNLIKELY(self->is_first)) {
        self->is_first = false;
        return 0.0;
    }
    return vel_ta_ema_step(&self->average, vel_ta_true_range(high, low, before));
}

static inline void vel_ta_atr_run(vel_ta_atr_t *self, int64_t m, const double *high, const double *low,
                                  const double *close, double *out)
{
    if (m == 0)
        return;
    out[0] = vel_ta_atr_step(self, high[0], low[0], close[0]);
    for (int64_t i = 1; i < m; i++)
        out[i] = vel_ta_true_range(high[i], low[i], close[i - 1]);
    self->close = close[m - 1];
    vel_ta_ema_run(&self->average, m - 1, out + 1, out + 1);
}

static inline int64_t vel_ta_atr_settles(int64_t n)
{
    return n + vel_ta_settling(1.0 - 1.0 / (double)n);
}

#endif
