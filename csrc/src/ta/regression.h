/* regression.h: the straight line through the last n values (least squares).
 *
 * Beside the sums of variance.h, one more: that of k d, k = 0 ... n-1 from the oldest on. When a row comes, each other
 * one becomes a row older, which takes their sum of d off. */
#ifndef VELORA_TA_REGRESSION_H
#define VELORA_TA_REGRESSION_H

#include "variance.h"

typedef struct vel_ta_regression {
    vel_ta_variance_t values;
    vel_ta_total_t weighted; /* sum of k d */
    double middle;           /* (n - 1) / 2, the mean of k */
    double spread;           /* sum of (k - middle)^2 */
} vel_ta_regression_t;

/* A line: its height at the mean of the rows, and its slope. */
typedef struct vel_ta_line {
    double mean;
    double slope;
} vel_ta_line_t;

/* n is at least 2. */
static inline void vel_ta_regression_init(vel_ta_regression_t *self, int64_t n, vel_ta_space_t *space)
{
    double rows = (double)n;
    *self = (vel_ta_regression_t){.middle = (rows - 1.0) / 2.0, .spread = rows * (rows * rows - 1.0) / 12.0};
    vel_ta_variance_init(&self->values, n, space);
}

static inline void vel_ta_regression_renew(vel_ta_regression_t *self)
{
    vel_ta_window_t *window = &self->values.values;
    const double *values = vel_ta_window_values(window);
    double anchor = self->values.anchor, weighted = 0.0, k = 0.0;
    for (int64_t at = window->at; at < window->n; at++, k += 1.0)
        weighted += k * (values[at] - anchor);
    for (int64_t at = 0; at < window->at; at++, k += 1.0)
        weighted += k * (values[at] - anchor);
    vel_ta_total_set(&self->weighted, weighted);
}

static inline double vel_ta_regression_slope(double weighted, double s1, double middle, double spread)
{
    return (weighted - middle * s1) * (1.0 / spread);
}

/* Adds a row; false while there are fewer than n, or one in the window is NaN or infinite. */
static inline bool vel_ta_regression_add(vel_ta_regression_t *self, double x)
{
    vel_ta_variance_t *sums = &self->values;
    double anchor = sums->anchor, s1 = sums->s1.sum, e = vel_ta_window_values(&sums->values)[sums->values.at] - anchor;
    if (!vel_ta_variance_add(sums, x))
        return false;
    if (sums->fresh == 0)
        vel_ta_regression_renew(self);
    else
        vel_ta_total_add(&self->weighted, sums->fresh - 1, (sums->n - 1.0) * (x - anchor) - (s1 - e));
    return true;
}

/* After a row that was added. */
static inline vel_ta_line_t vel_ta_regression_line(const vel_ta_regression_t *self)
{
    const vel_ta_variance_t *sums = &self->values;
    return (vel_ta_line_t){vel_ta_variance_mean(sums),
                           vel_ta_regression_slope(self->weighted.sum, sums->s1.sum, self->middle, self->spread)};
}

/* The sum of squared deviations from the line; 0 where it is not more than the rounding errors of its terms. */
static inline double vel_ta_regression_residual(double squares, double slope, double spread)
{
    double residual = squares - slope * slope * spread;
    return residual > 1e-12 * squares ? residual : 0.0;
}

/* Line by line; NaN where there is none. `squares` (NULL: not wanted) gets the sums of squared deviations from the
 * mean. No two of the arrays overlap. */
static inline void vel_ta_regression_run(vel_ta_regression_t *self, int64_t m, const double *x, double *mean,
                                         double *slope, double *squares)
{
    vel_ta_variance_rows_t rows;
    double change[VEL_TA_VARIANCE_PIECE], weighted[VEL_TA_VARIANCE_PIECE];
    vel_ta_variance_t *sums = &self->values;
    for (int64_t i = 0, count; i < m; i += count) {
        double anchor = sums->anchor, n = sums->n, inverse = sums->inverse, middle = self->middle,
               spread = self->spread;
        count = vel_ta_variance_peek(sums, m - i, x + i, &rows);
        if (count == 0) {
            bool is_line = vel_ta_regression_add(self, x[i]);
            vel_ta_line_t line = vel_ta_regression_line(self);
            mean[i] = is_line ? line.mean : (double)NAN;
            slope[i] = is_line ? line.slope : (double)NAN;
            if (squares != NULL)
                squares[i] = vel_ta_variance_squares(sums->s1.sum, sums->s2.sum, inverse);
            count = 1;
            continue;
        }
        for (int64_t k = 0; k < count; k++)
            change[k] = (n - 1.0) * (x[i + k] - anchor) - (rows.s1[k] - rows.e[k]);
        vel_ta_total_peek(&self->weighted, sums->fresh, count, change, weighted);
        vel_ta_total_take(&self->weighted, sums->fresh, count, change, weighted);
        vel_ta_variance_take(sums, count, x + i, &rows);
        for (int64_t k = 0; k < count; k++) {
            mean[i + k] = anchor + rows.s1[k + 1] * inverse;
            slope[i + k] = vel_ta_regression_slope(weighted[k], rows.s1[k + 1], middle, spread);
        }
        if (squares != NULL)
            memcpy(squares + i, rows.squares, (size_t)count * sizeof *squares);
    }
}

#endif
