/* variance.h: sum and variance of the last n values, and the parts they are made from.
 *
 * The sums of d and d*d, d = x - anchor, are updated by what enters and what leaves the window. The anchor lies in the
 * middle of recent values, so that the differences are small and little is lost when the two sums are subtracted. The
 * sums are taken anew from the window, with its mean as the anchor, in three cases:
 *
 *   - every 4 n rows (at least 256), so that rounding errors do not add up: a quarter of an addition a row;
 *   - when the variance is less than a ten-thousandth of the mean square of d (the values have moved far away from the
 *     anchor, or have become equal), or a value leaves whose square was more than ten thousand times all that stay (a
 *     wrong tick): its rounding errors would stay behind;
 *   - when the last NaN or infinity has left the window.
 *
 * So equal values have the variance 0 exactly, and a value that has left keeps no influence. */
#ifndef VELORA_TA_VARIANCE_H
#define VELORA_TA_VARIANCE_H

#include <float.h>

#include "inner.h"

/* Rows that a run tries at once before it looks whether sums must be renewed. */
#define VEL_TA_VARIANCE_PIECE 64
/* Least ratio of variance and mean square, and its inverse for the squares that leave. */
#define VEL_TA_VARIANCE_RATIO 1e-4

typedef struct vel_ta_variance {
    vel_ta_window_t values;
    double n;
    double anchor;
    double s1;        /* sum of d */
    double s2;        /* sum of d*d */
    int64_t rows;     /* added so far */
    int64_t fresh;    /* rows since the sums were renewed */
    int64_t last_bad; /* row of the last NaN or infinity */
} vel_ta_variance_t;

/* The values that leave at each of the next m rows, which are not pushed yet. */
static inline void vel_ta_window_leaving(vel_ta_window_t *window, int64_t m, const double *x, double *left)
{
    const double *values = vel_ta_window_values(window);
    int64_t old = m < window->n ? m : window->n, tail = window->n - window->at < old ? window->n - window->at : old;
    memcpy(left, values + window->at, (size_t)tail * sizeof *x);
    memcpy(left + tail, values, (size_t)(old - tail) * sizeof *x);
    if (m > old)
        memcpy(left + old, x, (size_t)(m - old) * sizeof *x);
}

static inline bool vel_ta_is_finite(double x)
{
    return fabs(x) <= DBL_MAX;
}

/* The last row that cannot be in a window yet. */
static inline int64_t vel_ta_never(int64_t n)
{
    return -n - 1;
}

/* Rows after which sums of a window of n are renewed at the latest. */
static inline int64_t vel_ta_renewal(int64_t n)
{
    return 4 * n > 256 ? 4 * n : 256;
}

static inline void vel_ta_variance_init(vel_ta_variance_t *self, int64_t n, vel_ta_space_t *space)
{
    *self = (vel_ta_variance_t){.n = (double)n, .last_bad = vel_ta_never(n)};
    vel_ta_window_init(&self->values, n, space);
}

/* Mean of a full window of finite values, exact when all are equal. */
static inline double vel_ta_window_mean(vel_ta_window_t *window)
{
    double last = vel_ta_window_ago(window, 0), sum = 0.0;
    const double *values = vel_ta_window_values(window);
    for (int64_t k = window->at; k < window->n; k++)
        sum += values[k] - last;
    for (int64_t k = 0; k < window->at; k++)
        sum += values[k] - last;
    return last + sum / (double)window->n;
}

static inline void vel_ta_variance_renew(vel_ta_variance_t *self)
{
    const double *values = vel_ta_window_values(&self->values);
    int64_t n = self->values.n, at = self->values.at;
    double anchor = vel_ta_window_mean(&self->values), s1 = 0.0, s2 = 0.0;
    /* By age, as the place of a value in the ring depends on how rows were added. */
    for (int64_t k = at; k < n; k++) {
        double d = values[k] - anchor;
        s1 += d;
        s2 += d * d;
    }
    for (int64_t k = 0; k < at; k++) {
        double d = values[k] - anchor;
        s1 += d;
        s2 += d * d;
    }
    self->anchor = anchor;
    self->s1 = s1;
    self->s2 = s2;
    self->fresh = 0;
}

/* The sum of squared deviations from the mean. */
static inline double vel_ta_variance_squares(double s1, double s2, double n)
{
    return s2 - s1 * s1 / n;
}

/* Whether sums are exact enough after a row at which e = left - anchor has left. False for NaN. */
static inline bool vel_ta_variance_holds(double squares, double s2, double e)
{
    return (squares >= VEL_TA_VARIANCE_RATIO * s2) & (VEL_TA_VARIANCE_RATIO * (e * e) <= s2);
}

/* Adds a row; false while there are fewer than n, or one in the window is NaN or infinite. */
static inline bool vel_ta_variance_add(vel_ta_variance_t *self, double x)
{
    double left = vel_ta_window_push(&self->values, x);
    int64_t row = self->rows++, n = self->values.n;
    if (!vel_ta_is_finite(x))
        self->last_bad = row;
    if (row + 1 < n || row - self->last_bad < n)
        return false;
    if (row + 1 == n || row - self->last_bad == n || self->fresh + 1 >= vel_ta_renewal(n)) {
        vel_ta_variance_renew(self);
        return true;
    }
    double change = x - left, d = x - self->anchor, e = left - self->anchor;
    self->s1 += change;
    self->s2 += change * (d + e);
    self->fresh++;
    if (!vel_ta_variance_holds(vel_ta_variance_squares(self->s1, self->s2, self->n), self->s2, e))
        vel_ta_variance_renew(self);
    return true;
}

/* After a row: the mean of the window. */
static inline double vel_ta_variance_mean(const vel_ta_variance_t *self)
{
    return self->anchor + self->s1 / self->n;
}

/* The population variance of the last n values (their squared deviations / n); NaN while one is NaN or infinite. */
static inline double vel_ta_variance_step(vel_ta_variance_t *self, double x)
{
    if (!vel_ta_variance_add(self, x))
        return (double)NAN;
    double squares = vel_ta_variance_squares(self->s1, self->s2, self->n);
    return (squares > 0.0 ? squares : 0.0) / self->n;
}

/* `mean` (NULL: not wanted) and `out` may be `x`, not each other. */
static inline void vel_ta_variance_run(vel_ta_variance_t *self, int64_t m, const double *x, double *mean, double *out)
{
    int64_t n = self->values.n, i = 0;
    while (i < m) {
        double left[VEL_TA_VARIANCE_PIECE], s1[VEL_TA_VARIANCE_PIECE + 1], s2[VEL_TA_VARIANCE_PIECE + 1],
            squares[VEL_TA_VARIANCE_PIECE];
        int64_t count = vel_min(vel_min(m - i, VEL_TA_VARIANCE_PIECE), vel_ta_renewal(n) - 1 - self->fresh), good = 0;
        if (self->rows >= n && self->rows - self->last_bad > n && count > 0) {
            double anchor = self->anchor, width = self->n;
            vel_ta_window_leaving(&self->values, count, x + i, left);
            for (int64_t k = 0; k < count; k++) {
                double change = x[i + k] - left[k], d = x[i + k] - anchor, e = left[k] - anchor;
                left[k] = e;
                s1[k + 1] = change;
                s2[k + 1] = change * (d + e);
            }
            s1[0] = self->s1;
            s2[0] = self->s2;
            for (int64_t k = 0; k < count; k++) {
                s1[k + 1] += s1[k];
                s2[k + 1] += s2[k];
            }
            int64_t held = 0;
            for (int64_t k = 0; k < count; k++) {
                squares[k] = vel_ta_variance_squares(s1[k + 1], s2[k + 1], width);
                held += vel_ta_variance_holds(squares[k], s2[k + 1], left[k]);
            }
            if (held == count)
                good = count;
            else
                while (vel_ta_variance_holds(squares[good], s2[good + 1], left[good]))
                    good++;
            vel_ta_window_run(&self->values, good, x + i, left);
            self->s1 = s1[good];
            self->s2 = s2[good];
            self->rows += good;
            self->fresh += good;
            if (mean != NULL)
                for (int64_t k = 0; k < good; k++)
                    mean[i + k] = anchor + s1[k + 1] / width;
            for (int64_t k = 0; k < good; k++)
                out[i + k] = (squares[k] > 0.0 ? squares[k] : 0.0) / width;
            i += good;
        }
        if (good < count || count == 0 || self->rows < n || self->rows - self->last_bad <= n) {
            /* One row that renews, or for which there is no value. */
            if (i < m) {
                out[i] = vel_ta_variance_step(self, x[i]);
                if (mean != NULL)
                    mean[i] = self->rows >= n && self->rows - 1 - self->last_bad >= n ? vel_ta_variance_mean(self)
                                                                                      : (double)NAN;
                i++;
            }
        }
    }
}

#endif
