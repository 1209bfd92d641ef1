/* changes.h: what a row adds to the row before it: changes, gains and losses, and how long nothing has changed. */
#ifndef VELORA_TA_CHANGES_H
#define VELORA_TA_CHANGES_H

#include "stage.h"

/* a / b, or `otherwise` where b is 0. Written so that a loop over it needs no branch. */
static inline double vel_ta_ratio(double a, double b, double otherwise)
{
    double quotient = a / (b != 0.0 ? b : 1.0);
    return b != 0.0 ? quotient : otherwise;
}

/* ---- the value of the row before; of the first row the row itself, so that its change is 0 */
typedef struct vel_ta_previous {
    double x;
    bool has_value;
} vel_ta_previous_t;

static inline double vel_ta_previous_step(vel_ta_previous_t *self, double x)
{
    double before = self->has_value ? self->x : x;
    self->x = x;
    self->has_value = true;
    return before;
}

static inline void vel_ta_previous_run(vel_ta_previous_t *self, int64_t m, const double *x, double *before)
{
    if (m == 0)
        return;
    before[0] = self->has_value ? self->x : x[0];
    memcpy(before + 1, x, (size_t)(m - 1) * sizeof *x);
    self->x = x[m - 1];
    self->has_value = true;
}

static inline double vel_ta_change_step(vel_ta_previous_t *self, double x)
{
    return x - vel_ta_previous_step(self, x);
}

static inline void vel_ta_change_run(vel_ta_previous_t *self, int64_t m, const double *x, double *change)
{
    vel_ta_previous_run(self, m, x, change);
    for (int64_t i = 0; i < m; i++)
        change[i] = x[i] - change[i];
}

/* The two sides of a change; a NaN goes up, and so to every sum of both. */
static inline double vel_ta_gain(double change)
{
    return change < 0.0 ? 0.0 : change;
}

static inline double vel_ta_loss(double change)
{
    return change < 0.0 ? -change : 0.0;
}

/* ---- how many rows in a row, up to now, are 0
 *
 * A running sum of sizes that are all 0 again may keep a last rounding error, which a ratio of two such sums would show
 * as any number. This count finds those windows exactly. */
typedef struct vel_ta_quiet {
    int64_t rows;
} vel_ta_quiet_t;

static inline int64_t vel_ta_quiet_step(vel_ta_quiet_t *self, double x)
{
    return self->rows = x == 0.0 ? self->rows + 1 : 0;
}

/* Puts `value` where the last n rows of x are 0. */
static inline void vel_ta_quiet_run(vel_ta_quiet_t *self, int64_t n, int64_t m, const double *x, double value,
                                    double *out)
{
    int64_t zeros = 0, rows = self->rows;
    for (int64_t i = 0; i < m; i++)
        zeros += x[i] == 0.0;
    if (rows + zeros < n) {
        /* No window of this chunk is empty. */
        int64_t i = m;
        while (i > 0 && x[i - 1] == 0.0)
            i--;
        self->rows = i > 0 ? m - i : rows + m;
        return;
    }
    for (int64_t i = 0; i < m; i++) {
        rows = x[i] == 0.0 ? rows + 1 : 0;
        if (rows >= n)
            out[i] = value;
    }
    self->rows = rows;
}

/* ---- whether a NaN is among the last n rows, for sums that leave it out */
typedef struct vel_ta_gap {
    int64_t left; /* rows until the last NaN has left */
} vel_ta_gap_t;

static inline bool vel_ta_gap_step(vel_ta_gap_t *self, int64_t n, double x)
{
    self->left = x != x ? n : self->left > 0 ? self->left - 1 : 0;
    return self->left > 0;
}

/* Puts NaN where a NaN is among the last n rows of x. */
static inline void vel_ta_gap_run(vel_ta_gap_t *self, int64_t n, int64_t m, const double *x, double *out)
{
    int64_t nans = 0;
    for (int64_t i = 0; i < m; i++)
        nans += x[i] != x[i];
    if (nans == 0 && self->left == 0)
        return;
    for (int64_t i = 0; i < m; i++)
        if (vel_ta_gap_step(self, n, x[i]))
            out[i] = (double)NAN;
}

/* ---- Wilder's means of gains and losses */
typedef struct vel_ta_gains {
    vel_ta_previous_t previous;
    vel_ta_stage_t up;
    vel_ta_stage_t down;
} vel_ta_gains_t;

static inline void vel_ta_gains_init(vel_ta_gains_t *self, int64_t n)
{
    vel_ta_stage_init(&self->up, 1, n, 1.0 / (double)n);
    vel_ta_stage_init(&self->down, 1, n, 1.0 / (double)n);
}

/* The means are meaningful from row n + 1 on. */
static inline void vel_ta_gains_step(vel_ta_gains_t *self, double x, double *up, double *down)
{
    double change = vel_ta_change_step(&self->previous, x);
    *up = vel_ta_stage_step(&self->up, vel_ta_gain(change));
    *down = vel_ta_stage_step(&self->down, vel_ta_loss(change));
}

static inline void vel_ta_gains_run(vel_ta_gains_t *self, int64_t m, const double *x, double *up, double *down)
{
    if (m <= 0)
        return;
    vel_ta_change_run(&self->previous, m, x, up);
    for (int64_t i = 0; i < m; i++) {
        double change = up[i];
        up[i] = vel_ta_gain(change);
        down[i] = vel_ta_loss(change);
    }
    vel_ta_stage_run(&self->up, m, up, up);
    vel_ta_stage_run(&self->down, m, down, down);
}

/* The relative strength index of the two means. */
static inline double vel_ta_strength(double up, double down)
{
    return 100.0 * vel_ta_ratio(up, up + down, 0.0);
}

/* Rows until both no longer depend on the start. */
static inline int64_t vel_ta_gains_settles(int64_t n)
{
    return 1 + n + vel_ta_settling(1.0 - 1.0 / (double)n);
}

#endif
