/* stage.h: smoothing that starts late: over the values of a series that has none during its first rows. */
#ifndef VELORA_TA_STAGE_H
#define VELORA_TA_STAGE_H

#include "moving.h"

/* ---- an exponential mean */
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
    int64_t first = vel_ta_wait(&self->wait, m);
    memset(y, 0, (size_t)first * sizeof *y);
    vel_ta_ema_run(&self->ema, m - first, x + first, y + first);
}

/* ---- a moving average by its type */
typedef struct vel_ta_ma_stage {
    int64_t wait;
    vel_ta_ma_t ma;
} vel_ta_ma_stage_t;

static inline void vel_ta_ma_stage_init(vel_ta_ma_stage_t *self, int64_t wait, int type, int64_t n,
                                        vel_ta_space_t *space)
{
    self->wait = wait;
    vel_ta_ma_init(&self->ma, type, n, space);
}

/* The value is meaningful after wait + vel_ta_ma_lookback rows. */
static inline double vel_ta_ma_stage_step(vel_ta_ma_stage_t *self, double x)
{
    return vel_ta_wait(&self->wait, 1) > 0 ? 0.0 : vel_ta_ma_step(&self->ma, x);
}

/* `y` may be `x`. */
static inline void vel_ta_ma_stage_run(vel_ta_ma_stage_t *self, int64_t m, const double *x, double *y)
{
    int64_t first = vel_ta_wait(&self->wait, m);
    memset(y, 0, (size_t)first * sizeof *y);
    vel_ta_ma_run(&self->ma, m - first, x + first, y + first);
}

#endif
