/* variance.h: sum and variance of the last n values, and the parts they are made from.
 *
 * The sums of d and d*d, d = x - anchor, are updated by what enters and what leaves the window. The anchor lies in the
 * middle of recent values, so that the differences are small and little is lost when the two sums are subtracted. The
 * sums are taken anew from the window, with its mean as the anchor, in three cases:
 *
 *   - every 4 n rows (at least 256), so that rounding errors do not add up: a quarter of an addition a row;
 *   - when the variance is less than a ten-thousandth of the mean square of d (the values have moved far away from the
 *     anchor), or a value leaves whose square was more than ten thousand times all that stay (a
 *     wrong tick): its rounding errors would stay behind;
 *   - when the last NaN or infinity has left the window.
 *
 * So a value that has left keeps no influence. The variance of equal values is 0 exactly: their rows are counted.
 *
 * A running sum makes each row wait for the one before. Here only one row in eight does: the changes of a block of
 * eight rows are summed by themselves and added to the sum before the block. */
#ifndef VELORA_TA_VARIANCE_H
#define VELORA_TA_VARIANCE_H

#include <float.h>

#include "inner.h"

/* Rows that a run computes at once before it looks whether the sums must be renewed at one of them; at first, and after
 * they had to be. */
#define VEL_TA_VARIANCE_PIECE 128
#define VEL_TA_VARIANCE_PIECE_MIN 16
/* Least ratio of variance and mean square; its inverse for the squares that leave. */
#define VEL_TA_VARIANCE_RATIO 1e-4

/* A running sum in blocks. The block it is in is counted by its owner, who may have several. */
#define VEL_TA_TOTAL_BLOCK 8

typedef struct vel_ta_total {
    double sum;
    double before; /* the sum before the block */
    double part;   /* of the block */
} vel_ta_total_t;

/* Sets the sum; the next change is the first of a block. */
static inline void vel_ta_total_set(vel_ta_total_t *self, double sum)
{
    self->sum = self->before = sum;
    self->part = 0.0;
}

/* Adds a change, which `rows` changes have come before since the sum was set. */
static inline void vel_ta_total_add(vel_ta_total_t *self, int64_t rows, double change)
{
    int64_t place = rows % VEL_TA_TOTAL_BLOCK;
    self->part = place == 0 ? change : self->part + change;
    self->sum = self->before + self->part;
    if (place == VEL_TA_TOTAL_BLOCK - 1)
        self->before = self->sum;
}

/* out[k] becomes the sum after changes[0 ... k]; the sum itself stays. */
static inline void vel_ta_total_peek(const vel_ta_total_t *self, int64_t rows, int64_t m, const double *changes,
                                     double *out)
{
    vel_ta_total_t total = *self;
    int64_t i = 0;
    for (; i < m && (rows + i) % VEL_TA_TOTAL_BLOCK != 0; i++) {
        vel_ta_total_add(&total, rows + i, changes[i]);
        out[i] = total.sum;
    }
    double before = total.before;
    for (; i + VEL_TA_TOTAL_BLOCK <= m; i += VEL_TA_TOTAL_BLOCK) {
        double part = changes[i], last = before;
        out[i] = last + part;
        for (int k = 1; k < VEL_TA_TOTAL_BLOCK; k++) {
            part += changes[i + k];
            out[i + k] = before = last + part;
        }
    }
    total.before = before;
    for (; i < m; i++) {
        vel_ta_total_add(&total, rows + i, changes[i]);
        out[i] = total.sum;
    }
}

/* Makes the first `count` of the changes of vel_ta_total_peek, whose sums are `sums`; count is at least 1. */
static inline void vel_ta_total_take(vel_ta_total_t *self, int64_t rows, int64_t count, const double *changes,
                                     const double *sums)
{
    int64_t place = (rows + count) % VEL_TA_TOTAL_BLOCK, first = count - place;
    self->sum = sums[count - 1];
    if (first > 0)
        self->before = sums[first - 1];
    if (first >= 0)
        self->part = 0.0;
    for (int64_t k = first > 0 ? first : 0; k < count; k++)
        self->part = k == first ? changes[k] : self->part + changes[k];
}

typedef struct vel_ta_variance {
    vel_ta_window_t values;
    double n;
    double inverse; /* 1 / n */
    double ratio;   /* least ratio of variance and mean square */
    double anchor;
    vel_ta_total_t s1; /* sum of d */
    vel_ta_total_t s2; /* sum of d*d */
    int64_t rows;      /* added so far */
    int64_t fresh;     /* rows since the sums were renewed */
    int64_t last_bad;  /* row of the last NaN or infinity */
    int64_t changed;   /* the last row whose value is not that of the row before */
    int64_t piece;     /* rows that the next run computes at once */
    double squares;    /* after a row: sum of squared deviations from the mean */
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

/* `m` pushes. */
static inline void vel_ta_window_append(vel_ta_window_t *window, int64_t m, const double *x)
{
    double *values = vel_ta_window_values(window);
    int64_t n = window->n;
    if (m >= n) {
        memcpy(values, x + m - n, (size_t)n * sizeof *x);
        window->at = 0;
        return;
    }
    int64_t at = window->at, first = n - at < m ? n - at : m;
    memcpy(values + at, x, (size_t)first * sizeof *x);
    memcpy(values, x + first, (size_t)(m - first) * sizeof *x);
    window->at = at + m < n ? at + m : at + m - n;
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
    *self = (vel_ta_variance_t){.n = (double)n,
                                .inverse = 1.0 / (double)n,
                                .ratio = VEL_TA_VARIANCE_RATIO,
                                .last_bad = vel_ta_never(n),
                                .piece = VEL_TA_VARIANCE_PIECE_MIN};
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
    vel_ta_total_set(&self->s1, s1);
    vel_ta_total_set(&self->s2, s2);
    self->fresh = 0;
}

/* The sum of squared deviations from the mean; may be below 0 by rounding. */
static inline double vel_ta_variance_squares(double s1, double s2, double inverse)
{
    return s2 - s1 * s1 * inverse;
}

/* Whether sums are exact enough after a row at which e = left - anchor has left. False for NaN. */
static inline bool vel_ta_variance_holds(bool is_equal, double squares, double s2, double e, double ratio)
{
    return (is_equal | (squares >= ratio * s2)) & (ratio * (e * e) <= s2);
}

static inline double vel_ta_variance_bounded(bool is_equal, double squares)
{
    return (is_equal | (squares < 0.0)) ? 0.0 : squares;
}

/* Adds a row; false while there are fewer than n, or one in the window is NaN or infinite. */
static inline bool vel_ta_variance_add(vel_ta_variance_t *self, double x)
{
    double last = vel_ta_window_ago(&self->values, 0), left = vel_ta_window_push(&self->values, x);
    int64_t row = self->rows++, n = self->values.n;
    if (!vel_ta_is_finite(x))
        self->last_bad = row;
    if (x != last)
        self->changed = row;
    if (row + 1 < n || row - self->last_bad < n)
        return false;
    bool is_equal = row - self->changed >= n - 1;
    if (row + 1 == n || row - self->last_bad == n || self->fresh + 1 >= vel_ta_renewal(n)) {
        vel_ta_variance_renew(self);
    } else {
        double change = x - left, d = x - self->anchor, e = left - self->anchor;
        vel_ta_total_add(&self->s1, self->fresh, change);
        vel_ta_total_add(&self->s2, self->fresh, change * (d + e));
        self->fresh++;
        double squares = vel_ta_variance_squares(self->s1.sum, self->s2.sum, self->inverse);
        if (!vel_ta_variance_holds(is_equal, squares, self->s2.sum, e, self->ratio))
            vel_ta_variance_renew(self);
    }
    double squares = vel_ta_variance_squares(self->s1.sum, self->s2.sum, self->inverse);
    self->squares = vel_ta_variance_bounded(is_equal, squares);
    return true;
}

/* After a row: the mean of the window. */
static inline double vel_ta_variance_mean(const vel_ta_variance_t *self)
{
    return self->anchor + self->s1.sum * self->inverse;
}

/* The population variance of the last n values (their squared deviations / n); NaN while one is NaN or infinite. */
static inline double vel_ta_variance_step(vel_ta_variance_t *self, double x)
{
    if (!vel_ta_variance_add(self, x))
        return (double)NAN;
    return self->squares * self->inverse;
}

/* What vel_ta_variance_peek has computed of some rows: what leaves, less the anchor; the changes of the two sums, and
 * the sums after each row, those before the first being s1[0] and s2[0]; the sums of squared deviations from the mean.
 */
typedef struct vel_ta_variance_rows {
    double e[VEL_TA_VARIANCE_PIECE];
    double change1[VEL_TA_VARIANCE_PIECE], change2[VEL_TA_VARIANCE_PIECE];
    double s1[VEL_TA_VARIANCE_PIECE + 1], s2[VEL_TA_VARIANCE_PIECE + 1];
    double squares[VEL_TA_VARIANCE_PIECE];
    int64_t is_equal[VEL_TA_VARIANCE_PIECE]; /* all values of the window; not set when no two neighbours are equal */
    int64_t holds[VEL_TA_VARIANCE_PIECE];
} vel_ta_variance_rows_t;

/* Computes the rows of a run that can be added at once, at most VEL_TA_VARIANCE_PIECE of the m, without adding them; 0
 * when the next one needs a step of its own. */
static inline int64_t vel_ta_variance_peek(vel_ta_variance_t *self, int64_t m, const double *x,
                                           vel_ta_variance_rows_t *rows)
{
    int64_t n = self->values.n, count = vel_min(vel_min(m, self->piece), vel_ta_renewal(n) - 1 - self->fresh);
    if (self->rows < n || self->rows - self->last_bad <= n || count <= 0)
        return 0;
    double anchor = self->anchor, inverse = self->inverse, ratio = self->ratio;
    vel_ta_window_leaving(&self->values, count, x, rows->e);
    for (int64_t k = 0; k < count; k++) {
        double change = x[k] - rows->e[k], d = x[k] - anchor, e = rows->e[k] - anchor;
        rows->e[k] = e;
        rows->change1[k] = change;
        rows->change2[k] = change * (d + e);
    }
    rows->s1[0] = self->s1.sum;
    rows->s2[0] = self->s2.sum;
    vel_ta_total_peek(&self->s1, self->fresh, count, rows->change1, rows->s1 + 1);
    vel_ta_total_peek(&self->s2, self->fresh, count, rows->change2, rows->s2 + 1);
    /* Equal neighbours, without n - 1 of which in a row no window has equal values. */
    double last = vel_ta_window_ago(&self->values, 0);
    int64_t first = self->rows, held = 0, neighbours = first - 1 - self->changed + (x[0] == last);
    for (int64_t k = 1; k < count; k++)
        neighbours += x[k] == x[k - 1];
    if (neighbours < n - 1) {
        for (int64_t k = 0; k < count; k++) {
            double squares = vel_ta_variance_squares(rows->s1[k + 1], rows->s2[k + 1], inverse);
            rows->squares[k] = vel_ta_variance_bounded(false, squares);
            rows->holds[k] = vel_ta_variance_holds(false, squares, rows->s2[k + 1], rows->e[k], ratio);
            held += rows->holds[k];
        }
    } else {
        /* The last change at or before each row. */
        int64_t *changed = rows->is_equal, latest = self->changed;
        changed[0] = x[0] != last ? first : latest;
        for (int64_t k = 1; k < count; k++)
            changed[k] = x[k] != x[k - 1] ? first + k : latest;
        for (int64_t k = 0; k < count; k++)
            changed[k] = latest = changed[k] > latest ? changed[k] : latest;
        for (int64_t k = 0; k < count; k++)
            rows->is_equal[k] = first + k - changed[k] >= n - 1;
        for (int64_t k = 0; k < count; k++) {
            double squares = vel_ta_variance_squares(rows->s1[k + 1], rows->s2[k + 1], inverse);
            rows->squares[k] = vel_ta_variance_bounded(rows->is_equal[k] != 0, squares);
            rows->holds[k] = vel_ta_variance_holds(rows->is_equal[k] != 0, squares, rows->s2[k + 1], rows->e[k], ratio);
            held += rows->holds[k];
        }
    }
    self->piece = held < count ? VEL_TA_VARIANCE_PIECE_MIN : vel_min(2 * self->piece, VEL_TA_VARIANCE_PIECE);
    if (held < count)
        for (count = 0; rows->holds[count];)
            count++;
    return count;
}

/* Adds the first `count` rows that vel_ta_variance_peek has computed, at least 1. */
static inline void vel_ta_variance_take(vel_ta_variance_t *self, int64_t count, const double *x,
                                        const vel_ta_variance_rows_t *rows)
{
    double last = vel_ta_window_ago(&self->values, 0);
    for (int64_t k = count - 1; k >= 0; k--)
        if (x[k] != (k > 0 ? x[k - 1] : last)) {
            self->changed = self->rows + k;
            break;
        }
    vel_ta_window_append(&self->values, count, x);
    vel_ta_total_take(&self->s1, self->fresh, count, rows->change1, rows->s1 + 1);
    vel_ta_total_take(&self->s2, self->fresh, count, rows->change2, rows->s2 + 1);
    self->rows += count;
    self->fresh += count;
}

/* `mean` (NULL: not wanted) and `out` may be `x`, not each other. */
static inline void vel_ta_variance_run(vel_ta_variance_t *self, int64_t m, const double *x, double *mean, double *out)
{
    vel_ta_variance_rows_t rows;
    for (int64_t i = 0, count; i < m; i += count) {
        double anchor = self->anchor, inverse = self->inverse;
        count = vel_ta_variance_peek(self, m - i, x + i, &rows);
        if (count == 0) {
            out[i] = vel_ta_variance_step(self, x[i]);
            if (mean != NULL)
                mean[i] = out[i] == out[i] ? vel_ta_variance_mean(self) : (double)NAN;
            count = 1;
            continue;
        }
        vel_ta_variance_take(self, count, x + i, &rows);
        if (mean != NULL)
            for (int64_t k = 0; k < count; k++)
                mean[i + k] = anchor + rows.s1[k + 1] * inverse;
        for (int64_t k = 0; k < count; k++)
            out[i + k] = rows.squares[k] * inverse;
    }
}

#endif
