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

/* `m` pushes to a window, as vel_ta_window_run, with fewer copies: the first rows, whose number is returned, get the
 * value of n rows ago in `early`; for the others it is x[i - n]. */
static inline int64_t vel_ta_lag_run(vel_ta_window_t *window, int64_t m, const double *x, double *early)
{
    int64_t n = window->n;
    if (m <= n) {
        vel_ta_window_run(window, m, x, early);
        return m;
    }
    vel_ta_window_run(window, n, x + m - n, early);
    return n;
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

/* ---- the number of rows since the last value that is not 0
 *
 * The mean of n equal values may differ from them by a rounding error, and so may two means of different lengths. This
 * count, taken of the changes of a series, finds the windows of equal values. */
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
        /* No window of this chunk has zeros alone. */
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
    vel_ta_twin_t means;
} vel_ta_gains_t;

static inline void vel_ta_gains_init(vel_ta_gains_t *self, int64_t n)
{
    vel_ta_twin_init(&self->means, 1, n, 1.0 / (double)n);
}

/* Returns the change. The means are meaningful from row n + 1 on. */
static inline double vel_ta_gains_step(vel_ta_gains_t *self, double x, double *up, double *down)
{
    double change = vel_ta_change_step(&self->previous, x);
    *up = vel_ta_gain(change);
    *down = vel_ta_loss(change);
    vel_ta_twin_step(&self->means, up, down);
    return change;
}

/* `means` gets m pairs of both means. */
static inline void vel_ta_gains_run(vel_ta_gains_t *self, int64_t m, const double *x, double *change, double *means)
{
    vel_ta_change_run(&self->previous, m, x, change);
    for (int64_t i = 0; i < m; i++) {
        means[2 * i] = vel_ta_gain(change[i]);
        means[2 * i + 1] = vel_ta_loss(change[i]);
    }
    vel_ta_twin_run(&self->means, m, means);
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
