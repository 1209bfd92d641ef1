/* extremum.h: the largest or smallest of the last n values, and its row.
 *
 * The rows are cut into blocks of n. A window is the end of one block and the beginning of the next, so its extremum is
 * the better of two: the best of the last block from a place on, which is computed once for all places when the block
 * is complete, and the best of the current block so far (M. van Herk, "A fast algorithm for local minimum and maximum
 * filters", Pattern Recognition Letters 13, 1992; J. Gil and M. Werman, 1993). A step so makes two comparisons and,
 * once in n rows, n of them.
 *
 * A run over short windows takes the best of two, of four and so on of its rows instead, in passes without a branch,
 * and leaves the blocks to be made again by the next step. A NaN is the extremum as long as it is in the window. */
#ifndef VELORA_TA_EXTREMUM_H
#define VELORA_TA_EXTREMUM_H

#include "inner.h"

/* Windows up to this many rows run by passes: each chunk copies the window. */
#define VEL_TA_EXTREMUM_PASSES_MAX 128

typedef struct vel_ta_extremum {
    vel_ta_window_t values; /* the last n; the place of a row is its number modulo n */
    int64_t rows;           /* added so far */
    int64_t last_nan;       /* row of the last NaN, -1: none */
    int64_t suffix;         /* bytes from here to the best of the last block from each place on */
    int64_t suffix_places;  /* bytes from here to their places */
    double best;            /* of the current block */
    int64_t best_place;
    int64_t row; /* after a step: of the extremum */
    bool is_max;
    bool keeps_first; /* of equal values the first counts, else the last */
    bool is_stale;    /* a run has passed without the blocks */
    bool is_rowless;  /* a run has passed without the places */
} vel_ta_extremum_t;

static inline void vel_ta_extremum_init(vel_ta_extremum_t *self, int64_t n, bool is_max, vel_ta_space_t *space)
{
    *self = (vel_ta_extremum_t){.is_max = is_max, .last_nan = -1};
    vel_ta_window_init(&self->values, n, space);
    self->suffix = vel_ta_place(space, self, n);
    self->suffix_places = vel_ta_place(space, self, n);
}

/* Whether `a` is better than `b`; false for a NaN. */
static inline bool vel_ta_is_better(bool is_max, double a, double b)
{
    return is_max ? a > b : a < b;
}

static inline double *vel_ta_extremum_suffix(vel_ta_extremum_t *self)
{
    return (double *)(void *)((char *)self + self->suffix);
}

static inline int64_t *vel_ta_extremum_places(vel_ta_extremum_t *self)
{
    return (int64_t *)(void *)((char *)self + self->suffix_places);
}

/* What every number is better than. */
static inline double vel_ta_extremum_worst(bool is_max)
{
    return is_max ? -(double)INFINITY : (double)INFINITY;
}

/* Whether a value takes the place of an equal or worse one that came before it. */
static inline bool vel_ta_extremum_replaces(const vel_ta_extremum_t *self, double later, double earlier)
{
    bool is_better = vel_ta_is_better(self->is_max, later, earlier);
    return self->keeps_first ? is_better : is_better | (later == earlier);
}

/* The best of a complete block from each place on, from place `from`. */
static inline void vel_ta_extremum_close(vel_ta_extremum_t *self, int64_t from)
{
    const double *values = vel_ta_window_values(&self->values);
    double *suffix = vel_ta_extremum_suffix(self), best = vel_ta_extremum_worst(self->is_max);
    int64_t *places = vel_ta_extremum_places(self), place = self->values.n - 1;
    for (int64_t k = self->values.n - 1; k >= from; k--) {
        bool is_new = vel_ta_is_better(self->is_max, values[k], best) | (self->keeps_first & (values[k] == best));
        best = is_new ? values[k] : best;
        place = is_new ? k : place;
        suffix[k] = best;
        places[k] = place;
    }
}

/* Adds the value at a place to the current block. */
static inline void vel_ta_extremum_open(vel_ta_extremum_t *self, int64_t place, double x)
{
    if (place == 0 || vel_ta_extremum_replaces(self, x, self->best)) {
        self->best = x == x ? x : vel_ta_extremum_worst(self->is_max);
        self->best_place = place;
    }
}

static inline void vel_ta_extremum_rebuild(vel_ta_extremum_t *self)
{
    int64_t count = self->values.at;
    const double *values = vel_ta_window_values(&self->values);
    for (int64_t k = 0; k < count; k++)
        vel_ta_extremum_open(self, k, values[k]);
    if (self->rows >= self->values.n)
        vel_ta_extremum_close(self, count);
    self->is_stale = self->is_rowless = false;
}

static inline bool vel_ta_extremum_has_nan(const vel_ta_extremum_t *self)
{
    return self->last_nan >= 0 && self->last_nan > self->rows - 1 - self->values.n;
}

/* The extremum of the last n values; of fewer while there are fewer. */
static inline double vel_ta_extremum_step(vel_ta_extremum_t *self, double x)
{
    if (VEL_UNLIKELY(self->is_stale || self->is_rowless))
        vel_ta_extremum_rebuild(self);
    int64_t n = self->values.n, place = self->values.at, row = self->rows++;
    (void)vel_ta_window_push(&self->values, x);
    if (x != x)
        self->last_nan = row;
    vel_ta_extremum_open(self, place, x);
    double best = self->best;
    self->row = row - place + self->best_place;
    if (row >= n && place + 1 < n) {
        double other = vel_ta_extremum_suffix(self)[place + 1];
        if (!vel_ta_extremum_replaces(self, best, other)) {
            best = other;
            self->row = row - place - n + vel_ta_extremum_places(self)[place + 1];
        }
    }
    if (place + 1 == n)
        vel_ta_extremum_close(self, 0);
    return vel_ta_extremum_has_nan(self) ? (double)NAN : best;
}

/* After a step: the row of the extremum, counted from the first row that counts; of equal ones the last. */
static inline int64_t vel_ta_extremum_row(vel_ta_extremum_t *self)
{
    return vel_ta_extremum_has_nan(self) ? self->last_nan : self->row;
}

static inline double vel_ta_better(bool is_max, double a, double b)
{
    if (is_max)
        return a > b ? a : b;
    return a < b ? a : b;
}

/* Each x[i] becomes the best of itself and the values `shift`, 2 `shift` and 3 `shift` places later. */
static inline void vel_ta_extremum_pass(bool is_max, double *x, int64_t count, int64_t shift)
{
    for (int64_t i = 0; i < count; i++)
        x[i] = vel_ta_better(is_max, vel_ta_better(is_max, x[i], x[i + shift]),
                             vel_ta_better(is_max, x[i + 2 * shift], x[i + 3 * shift]));
}

static inline void vel_ta_extremum_last_pass(bool is_max, const double *x, int64_t count, int64_t shift, double *out)
{
    for (int64_t i = 0; i < count; i++)
        out[i] = vel_ta_better(is_max, x[i], x[i + shift]);
}

/* The best of each n values in x[0 .. count + n - 2], which is overwritten. */
static inline void vel_ta_extremum_passes(bool is_max, int64_t n, double *x, int64_t count, double *out)
{
    int64_t length = 1, total = count + n - 1;
    while (4 * length <= n) {
        vel_ta_extremum_pass(is_max, x, total - 4 * length + 1, length);
        length *= 4;
    }
    while (2 * length <= n) {
        vel_ta_extremum_last_pass(is_max, x, total - 2 * length + 1, length, x);
        length *= 2;
    }
    vel_ta_extremum_last_pass(is_max, x, count, n - length, out);
}

/* The best of `best` and x[0 .. k] for each k; returns the last. Four chains at once, as each comparison waits for the
 * one before. `step` is 1, or -1 to go backwards from the first element of x and out. */
static inline double vel_ta_extremum_scan(bool is_max, double best, const double *x, int64_t count, int64_t step,
                                          double *out)
{
    int64_t quarter = count / 4, one = quarter * step, two = 2 * one, three = 3 * one;
    double a = best, b = vel_ta_extremum_worst(is_max), c = b, d = b;
    for (int64_t k = 0; k < quarter; k++) {
        int64_t at = k * step;
        out[at] = a = vel_ta_better(is_max, x[at], a);
        out[at + one] = b = vel_ta_better(is_max, x[at + one], b);
        out[at + two] = c = vel_ta_better(is_max, x[at + two], c);
        out[at + three] = d = vel_ta_better(is_max, x[at + three], d);
    }
    b = vel_ta_better(is_max, a, b);
    c = vel_ta_better(is_max, b, c);
    double *second = out + (step < 0 ? one - (quarter - 1) : one),
           *third = out + (step < 0 ? two - (quarter - 1) : two),
           *fourth = out + (step < 0 ? three - (quarter - 1) : three);
    for (int64_t k = 0; k < quarter; k++) {
        second[k] = vel_ta_better(is_max, a, second[k]);
        third[k] = vel_ta_better(is_max, b, third[k]);
        fourth[k] = vel_ta_better(is_max, c, fourth[k]);
    }
    best = vel_ta_better(is_max, c, d);
    for (int64_t k = 4 * quarter; k < count; k++)
        out[k * step] = best = vel_ta_better(is_max, x[k * step], best);
    return best;
}

/* Rows once the first window is full, for windows longer than a chunk's passes. */
static inline void vel_ta_extremum_blocks(vel_ta_extremum_t *self, bool is_max, int64_t m, const double *x, double *out)
{
    double *values = vel_ta_window_values(&self->values), *suffix = vel_ta_extremum_suffix(self);
    int64_t n = self->values.n;
    for (int64_t i = 0, count; i < m; i += count) {
        int64_t at = self->values.at;
        double worst = vel_ta_extremum_worst(is_max);
        bool has_last = self->rows >= n;
        count = vel_min(m - i, n - at);
        memcpy(values + at, x + i, (size_t)count * sizeof *x);
        self->best = vel_ta_extremum_scan(is_max, at == 0 ? worst : self->best, values + at, count, 1, out + i);
        bool is_complete = at + count == n;
        if (has_last)
            for (int64_t k = 0; k < count - is_complete; k++)
                out[i + k] = vel_ta_better(is_max, out[i + k], suffix[at + 1 + k]);
        self->rows += count;
        self->values.at = is_complete ? 0 : at + count;
        if (is_complete)
            vel_ta_extremum_scan(is_max, worst, values + n - 1, n, -1, suffix + n - 1);
    }
    self->is_rowless = true;
}

/* `out` may be `x`. */
static inline void vel_ta_extremum_run(vel_ta_extremum_t *self, int64_t m, const double *x, double *out)
{
    int64_t n = self->values.n, i = 0, nans = 0, first = self->rows;
    /* Until the window is full, row by row. */
    while (i < m && self->rows < n - 1) {
        out[i] = vel_ta_extremum_step(self, x[i]);
        i++;
    }
    if (i == m)
        return;
    for (int64_t k = i; k < m; k++)
        nans += x[k] != x[k];
    int64_t last_nan = self->last_nan, count = m - i;
    bool is_nan[VEL_TA_CHUNK];
    if (nans > 0)
        for (int64_t k = i; k < m; k++)
            is_nan[k] = x[k] != x[k];
    if (n <= VEL_TA_EXTREMUM_PASSES_MAX) {
        double work[VEL_TA_EXTREMUM_PASSES_MAX + VEL_TA_CHUNK];
        double *values = vel_ta_window_values(&self->values);
        int64_t old = n - 1, at = self->rows % n, from = self->rows < n ? 0 : at + 1 < n ? at + 1 : 0;
        /* The last n - 1 values, the oldest first, then the new ones. */
        int64_t tail = vel_min(n - from, old);
        memcpy(work, values + from, (size_t)tail * sizeof *work);
        memcpy(work + tail, values, (size_t)(old - tail) * sizeof *work);
        memcpy(work + old, x + i, (size_t)count * sizeof *work);
        self->rows += count;
        /* The last n rows, each at its place. */
        int64_t end = self->rows % n, head = vel_min(end, count);
        memcpy(values + end - head, x + m - head, (size_t)head * sizeof *x);
        int64_t rest = vel_min(n - end, count - head);
        memcpy(values + n - rest, x + m - head - rest, (size_t)rest * sizeof *x);
        self->values.at = end;
        self->is_stale = true;
        if (self->is_max)
            vel_ta_extremum_passes(true, n, work, count, out + i);
        else
            vel_ta_extremum_passes(false, n, work, count, out + i);
    } else {
        if (self->is_stale)
            vel_ta_extremum_rebuild(self);
        if (self->is_max)
            vel_ta_extremum_blocks(self, true, count, x + i, out + i);
        else
            vel_ta_extremum_blocks(self, false, count, x + i, out + i);
    }
    if (nans == 0 && (last_nan < 0 || last_nan <= first + i - n))
        return;
    for (; i < m; i++) {
        if (nans > 0 && is_nan[i])
            last_nan = first + i;
        if (last_nan >= 0 && last_nan > first + i - n)
            out[i] = (double)NAN;
    }
    self->last_nan = last_nan;
}

#endif
