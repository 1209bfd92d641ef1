/* stage.h: exponential smoothing that starts late: over the values of a series that has none during its first rows. */
#ifndef VELORA_TA_STAGE_H
#define VELORA_TA_STAGE_H

#include "inner.h"

typedef struct vel_ta_stage {
    int64_t wait; /* rows that are still left out */
    vel_ta_ema_t ema;
} vel_ta_stage_t;

/* Leaves out `wait` rows; then n rows make the first mean, after which `k` is the smoothing factor. */
static inline void vel_ta_stage_init(vel_ta_stage_t *self, int64_t wait, int64_t n, double k)
{
    self->wait = wait;
    vel_ta_ema_init(&self->ema, n, k);
}

/* The value is meaningful from row wait + n on. */
static inline double vel_ta_stage_step(vel_ta_stage_t *self, double x)
{
    if (VEL_UNLIKELY(self->wait > 0)) {
        self->wait--;
        return 0.0;
    }
    return vel_ta_ema_step(&self->ema, x);
}

/* `y` may be `x`. */
static inline void vel_ta_stage_run(vel_ta_stage_t *self, int64_t m, const double *x, double *y)
{
    int64_t first = vel_min(self->wait, m);
    self->wait -= first;
    memset(y, 0, (size_t)first * sizeof *y);
    vel_ta_ema_run(&self->ema, m - first, x + first, y + first);
}

#endif
