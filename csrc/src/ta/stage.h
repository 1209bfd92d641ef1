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

/* A mean with the usual smoothing factor of its period. */
static inline void vel_ta_stage_of_period(vel_ta_stage_t *self, int64_t wait, double period)
{
    vel_ta_stage_init(self, wait, (int64_t)period, vel_ta_ema_factor(period));
}

/* Rows behind its first value until the mean of a period no longer depends on the start. */
static inline int64_t vel_ta_period_settling(double period)
{
    return vel_ta_settling(1.0 - vel_ta_ema_factor(period));
}

/* ---- two exponential means of the same length, of two series that start together
 *
 * Each mean has the bits of a stage of its own. A run takes the values in pairs and computes both means in one loop, so
 * that one instruction can serve the two. */
typedef struct vel_ta_twin {
    vel_ta_stage_t one;
    vel_ta_stage_t other;
} vel_ta_twin_t;

static inline void vel_ta_twin_init(vel_ta_twin_t *self, int64_t wait, int64_t n, double k)
{
    vel_ta_stage_init(&self->one, wait, n, k);
    vel_ta_stage_init(&self->other, wait, n, k);
}

/* Replaces the two values by their means. */
static inline void vel_ta_twin_step(vel_ta_twin_t *self, double *one, double *other)
{
    *one = vel_ta_stage_step(&self->one, *one);
    *other = vel_ta_stage_step(&self->other, *other);
}

/* A row of a block, with the operations of vel_ta_ema_run. */
#define VEL_TA_TWIN_ROW(J, C0, C1)                                                                                     \
    z[2 * (J)] = r0 + ((C0) + power[J] * d0);                                                                          \
    z[2 * (J) + 1] = r1 + ((C1) + power[J] * d1)

/* Replaces m pairs of values by their means. */
static inline void vel_ta_twin_run(vel_ta_twin_t *self, int64_t m, double *z)
{
    vel_ta_ema_t *one = &self->one.ema, *other = &self->other.ema;
    int64_t i = 0;
    while (i < m && (self->one.wait > 0 || one->rows < one->n || one->j != 0)) {
        vel_ta_twin_step(self, &z[2 * i], &z[2 * i + 1]);
        i++;
    }
    double y0 = one->y, y1 = other->y, k = one->k, keep = one->keep, power[VEL_TA_EMA_BLOCK];
    memcpy(power, one->power, sizeof power);
    z += 2 * i;
    for (; i + VEL_TA_EMA_BLOCK <= m; i += VEL_TA_EMA_BLOCK) {
        double r0 = z[0], r1 = z[1], d0 = y0 - r0, d1 = y1 - r1;
        double a1 = keep * 0.0 + k * (z[2] - r0), b1 = keep * 0.0 + k * (z[3] - r1);
        double a2 = keep * a1 + k * (z[4] - r0), b2 = keep * b1 + k * (z[5] - r1);
        double a3 = keep * a2 + k * (z[6] - r0), b3 = keep * b2 + k * (z[7] - r1);
        double a4 = keep * a3 + k * (z[8] - r0), b4 = keep * b3 + k * (z[9] - r1);
        double a5 = keep * a4 + k * (z[10] - r0), b5 = keep * b4 + k * (z[11] - r1);
        double a6 = keep * a5 + k * (z[12] - r0), b6 = keep * b5 + k * (z[13] - r1);
        double a7 = keep * a6 + k * (z[14] - r0), b7 = keep * b6 + k * (z[15] - r1);
        VEL_TA_TWIN_ROW(0, 0.0, 0.0);
        VEL_TA_TWIN_ROW(1, a1, b1);
        VEL_TA_TWIN_ROW(2, a2, b2);
        VEL_TA_TWIN_ROW(3, a3, b3);
        VEL_TA_TWIN_ROW(4, a4, b4);
        VEL_TA_TWIN_ROW(5, a5, b5);
        VEL_TA_TWIN_ROW(6, a6, b6);
        VEL_TA_TWIN_ROW(7, a7, b7);
        y0 = z[14];
        y1 = z[15];
        z += 2 * VEL_TA_EMA_BLOCK;
    }
    one->y = y0;
    other->y = y1;
    for (; i < m; i++, z += 2)
        vel_ta_twin_step(self, &z[0], &z[1]);
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
