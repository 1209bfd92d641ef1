/* extremum.h: the largest or smallest of the last n values, and its row.
 *
 * A step keeps a queue of the values that may still become the extremum, the best first (a monotonic queue: amortised
 * O(1)). A run over a chunk takes maxima of pairs, of pairs of pairs and so on, which needs log2(n) passes without a
 * branch, and leaves the queue to be made again by the next step. A NaN is the extremum as long as it is in the window.
 */
#ifndef VELORA_TA_EXTREMUM_H
#define VELORA_TA_EXTREMUM_H

#include "inner.h"

/* Windows up to this many rows run by passes: each chunk copies the window. */
#define VEL_TA_EXTREMUM_PASSES_MAX 256

typedef struct vel_ta_extremum {
    vel_ta_window_t values; /* the last n */
    int64_t rows;           /* added so far */
    int64_t last_nan;       /* row of the last NaN, -1: none */
    int64_t queue;          /* bytes from here to the queue: a ring of n row numbers */
    int64_t first;          /* place of the best in the ring */
    int64_t count;          /* rows in the queue */
    bool is_max;
    bool is_stale; /* a run has passed without the queue */
} vel_ta_extremum_t;

static inline void vel_ta_extremum_init(vel_ta_extremum_t *self, int64_t n, bool is_max, vel_ta_space_t *space)
{
    *self = (vel_ta_extremum_t){.is_max = is_max, .last_nan = -1};
    vel_ta_window_init(&self->values, n, space);
    self->queue = vel_ta_place(space, self, n);
}

/* Whether `a` stands before `b`: the later of equal ones is kept. */
static inline bool vel_ta_is_better(bool is_max, double a, double b)
{
    return is_max ? a > b : a < b;
}

static inline int64_t *vel_ta_extremum_rows(vel_ta_extremum_t *self)
{
    return (int64_t *)(void *)((char *)self + self->queue);
}

/* The value of a row within the window. */
static inline double vel_ta_extremum_at(vel_ta_extremum_t *self, int64_t row)
{
    return vel_ta_window_ago(&self->values, self->rows - 1 - row);
}

/* Adds a row that is in the window already to the queue. */
static inline void vel_ta_extremum_queue(vel_ta_extremum_t *self, int64_t row, double x)
{
    int64_t *rows = vel_ta_extremum_rows(self), n = self->values.n;
    if (x != x) {
        self->last_nan = row;
        self->count = 0; /* nothing before it can be the extremum while a value is */
        return;
    }
    while (self->count > 0) {
        int64_t last = self->first + self->count - 1;
        last = last < n ? last : last - n;
        if (vel_ta_is_better(self->is_max, vel_ta_extremum_at(self, rows[last]), x))
            break;
        self->count--;
    }
    int64_t place = self->first + self->count++;
    rows[place < n ? place : place - n] = row;
}

static inline void vel_ta_extremum_rebuild(vel_ta_extremum_t *self)
{
    int64_t first = self->rows > self->values.n ? self->rows - self->values.n : 0;
    self->count = self->first = 0;
    self->is_stale = false;
    for (int64_t row = first; row < self->rows; row++)
        vel_ta_extremum_queue(self, row, vel_ta_extremum_at(self, row));
}

/* The extremum of the last n values; of fewer while there are fewer. */
static inline double vel_ta_extremum_step(vel_ta_extremum_t *self, double x)
{
    if (self->is_stale)
        vel_ta_extremum_rebuild(self);
    int64_t row = self->rows++, n = self->values.n, *rows = vel_ta_extremum_rows(self);
    if (self->count > 0 && rows[self->first] <= row - n) {
        self->first = self->first + 1 < n ? self->first + 1 : 0;
        self->count--;
    }
    (void)vel_ta_window_push(&self->values, x);
    vel_ta_extremum_queue(self, row, x);
    return self->last_nan > row - n && self->last_nan >= 0 ? (double)NAN : vel_ta_extremum_at(self, rows[self->first]);
}

/* After a step: the row of the extremum, counted from the first row that counts; the last of equal ones. */
static inline int64_t vel_ta_extremum_row(vel_ta_extremum_t *self)
{
    return self->last_nan > self->rows - 1 - self->values.n && self->last_nan >= 0
               ? self->last_nan
               : vel_ta_extremum_rows(self)[self->first];
}

/* The one of two that stands first; a NaN if one is. */
static inline double vel_ta_better(bool is_max, double a, double b)
{
    bool is_a = (is_max ? a >= b : a <= b) | (a != a);
    return is_a ? a : b;
}

static inline void vel_ta_extremum_pass(bool is_max, double *x, int64_t count, int64_t shift)
{
    if (is_max)
        for (int64_t i = 0; i < count; i++)
            x[i] = vel_ta_better(true, x[i], x[i + shift]);
    else
        for (int64_t i = 0; i < count; i++)
            x[i] = vel_ta_better(false, x[i], x[i + shift]);
}

/* `out` may be `x`. */
static inline void vel_ta_extremum_run(vel_ta_extremum_t *self, int64_t m, const double *x, double *out)
{
    int64_t n = self->values.n, i = 0;
    /* Until the window is full, and for windows that are long, row by row. */
    while (i < m && (n > VEL_TA_EXTREMUM_PASSES_MAX || self->rows < n)) {
        out[i] = vel_ta_extremum_step(self, x[i]);
        i++;
    }
    if (i == m)
        return;
    double work[VEL_TA_EXTREMUM_PASSES_MAX + VEL_TA_CHUNK];
    int64_t count = m - i, old = n - 1;
    const double *values = vel_ta_window_values(&self->values);
    /* The last n - 1 values, the oldest first, then the new ones. */
    int64_t at = self->values.at + 1 < n ? self->values.at + 1 : 0, tail = n - at < old ? n - at : old;
    memcpy(work, values + at, (size_t)tail * sizeof *work);
    memcpy(work + tail, values, (size_t)(old - tail) * sizeof *work);
    memcpy(work + old, x + i, (size_t)count * sizeof *work);
    for (int64_t k = 0; k < count; k++)
        if (work[old + k] != work[old + k])
            self->last_nan = self->rows + k;
    double left[VEL_TA_CHUNK];
    vel_ta_window_run(&self->values, count, work + old, left);
    self->rows += count;
    self->is_stale = true;
    int64_t length = 1, total = old + count;
    while (2 * length <= n) {
        vel_ta_extremum_pass(self->is_max, work, total - 2 * length + 1, length);
        length *= 2;
    }
    if (length < n)
        vel_ta_extremum_pass(self->is_max, work, count, n - length);
    memcpy(out + i, work, (size_t)count * sizeof *work);
}

#endif
