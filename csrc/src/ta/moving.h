/* moving.h: moving averages as parts: each by itself, and vel_ta_ma_t for one by the number of its type.
 *
 * Numbers of types are TA-Lib's. A period of 1 smooths nothing, whatever the type. A part behind another one starts
 * with the first value of the part before it: `wait` counts the rows until then. */
#ifndef VELORA_TA_MOVING_H
#define VELORA_TA_MOVING_H

#include "hilbert.h"
#include "inner.h"

enum {
    VEL_TA_MA_SMA = 0,
    VEL_TA_MA_EMA = 1,
    VEL_TA_MA_WMA = 2,
    VEL_TA_MA_DEMA = 3,
    VEL_TA_MA_TEMA = 4,
    VEL_TA_MA_TRIMA = 5,
    VEL_TA_MA_KAMA = 6,
    VEL_TA_MA_MAMA = 7, /* with the limits 0.5 and 0.05, whatever the period */
    VEL_TA_MA_T3 = 8,   /* with the volume factor 0.7 */
    VEL_TA_MA_HMA = 9,
    VEL_TA_MA_NONE = 10,    /* the input itself */
    VEL_TA_MA_DEFAULT = 11, /* that of the indicator */
    VEL_TA_MA_ZLEMA = 12,
    VEL_TA_MA_RMA = 13
};

/* A parameter with one of the types. */
#define VEL_TA_MA_PARAM(NAME, INITIAL, TEXT)                                                                           \
    {.name = NAME,                                                                                                     \
     .initial = INITIAL,                                                                                               \
     .low = VEL_TA_MA_SMA,                                                                                             \
     .high = VEL_TA_MA_RMA,                                                                                            \
     .kind = VEL_TA_CHOICE,                                                                                            \
     .text = TEXT,                                                                                                     \
     .choices = "sma|ema|wma|dema|tema|trima|kama|mama|t3|hma|none|default|zlema|rma"}

/* The type of a parameter, `initial` where it is "default". */
static inline int vel_ta_ma_type(double type, int initial)
{
    return type == VEL_TA_MA_DEFAULT ? initial : (int)type;
}

/* Rows of a chunk of m that a part still waits for. */
static inline int64_t vel_ta_wait(int64_t *wait, int64_t m)
{
    int64_t rows = *wait < m ? *wait : m;
    *wait -= rows;
    return rows;
}

/* ---- the mean of the last n values */
typedef struct vel_ta_mean {
    double share; /* 1 / n: a product costs a fraction of a division */
    vel_ta_sum_t sum;
} vel_ta_mean_t;

static inline void vel_ta_mean_init(vel_ta_mean_t *self, int64_t n, vel_ta_space_t *space)
{
    self->share = 1.0 / (double)n;
    vel_ta_sum_init(&self->sum, n, space);
}

static inline double vel_ta_mean_step(vel_ta_mean_t *self, double x)
{
    return vel_ta_sum_step(&self->sum, x) * self->share;
}

/* `y` may be `x`. */
static inline void vel_ta_mean_run(vel_ta_mean_t *self, int64_t m, const double *x, double *y)
{
    double share = self->share;
    vel_ta_sum_run(&self->sum, m, x, y);
    for (int64_t i = 0; i < m; i++)
        y[i] *= share;
}

/* ---- the weighted mean of the last n values, the newest with weight n, the oldest with weight 1
 *
 * Running sums of differences from a reference value r: plain and weighted. During the last n rows of an era sums are
 * made anew from exactly these rows, the first of them being the reference, and replace the running ones at its end: no
 * rounding error lives longer than two eras, and a constant input gives exactly the constant. A NaN stays for ever. */
#define VEL_TA_WEIGHTED_ERA 64 /* rows of an era at least: the least multiple of n that is not below */

typedef struct vel_ta_weighted {
    /* Sums that are updated together do not lie side by side: gcc would put them into one vector register, and each row
     * would wait for its shuffles (6.5 instead of 1.6 ns). */
    double weighted;
    double n;
    double plain;
    double share;         /* of a weight of 1: 2 / (n (n + 1)) */
    double next_weighted; /* of the sums that are made anew */
    double r;
    double next_plain;
    double next_r;
    int64_t era;
    int64_t rows; /* of the era so far */
    vel_ta_window_t window;
} vel_ta_weighted_t;

static inline void vel_ta_weighted_init(vel_ta_weighted_t *self, int64_t n, vel_ta_space_t *space)
{
    int64_t era = (VEL_TA_WEIGHTED_ERA + n - 1) / n * n;
    /* The first era has n rows, so that the first value comes from sums made anew. */
    *self = (vel_ta_weighted_t){.n = (double)n, .era = era, .rows = era - n};
    self->share = 2.0 / (self->n * (self->n + 1.0));
    vel_ta_window_init(&self->window, n, space);
}

/* At the end of an era: takes the sums made anew, unless those that run are NaN. */
static inline void vel_ta_weighted_renew(vel_ta_weighted_t *self)
{
    if (self->weighted == self->weighted) {
        self->r = self->next_r;
        self->plain = self->next_plain;
        self->weighted = self->next_weighted;
    }
    self->rows = 0;
}

static inline double vel_ta_weighted_step(vel_ta_weighted_t *self, double x)
{
    double left = vel_ta_window_push(&self->window, x);
    int64_t weight = self->rows - (self->era - self->window.n);
    if (weight >= 0) {
        if (weight == 0) {
            self->next_r = x;
            self->next_plain = self->next_weighted = 0.0;
        }
        double next = x - self->next_r;
        self->next_plain += next;
        self->next_weighted += (double)(weight + 1) * next;
    }
    self->weighted += self->n * (x - self->r) - self->plain;
    self->plain += x - left;
    if (++self->rows == self->era)
        vel_ta_weighted_renew(self);
    return self->r + self->weighted * self->share;
}

/* `y` may be `x`. */
static inline void vel_ta_weighted_run(vel_ta_weighted_t *self, int64_t m, const double *x, double *y)
{
    double change[VEL_TA_CHUNK], gain[VEL_TA_CHUNK], n = self->n, share = self->share;
    int64_t quiet = self->era - self->window.n;
    vel_ta_window_run(&self->window, m, x, change);
    for (int64_t i = 0; i < m; i++)
        change[i] = x[i] - change[i];
    for (int64_t at = 0, count, end; at < m; at = end) {
        int64_t weight = self->rows - quiet;
        count = vel_min(m - at, weight < 0 ? -weight : self->era - self->rows);
        end = at + count;
        double r = self->r, plain = self->plain, weighted = self->weighted;
        for (int64_t i = at; i < end; i++)
            gain[i] = n * (x[i] - r);
        if (weight >= 0) {
            if (weight == 0) {
                self->next_r = x[at];
                self->next_plain = self->next_weighted = 0.0;
            }
            double next_r = self->next_r, next_plain = self->next_plain, next_weighted = self->next_weighted;
            for (int64_t i = at; i < end; i++) {
                double next = x[i] - next_r;
                next_plain += next;
                next_weighted += (double)(++weight) * next;
                weighted += gain[i] - plain;
                plain += change[i];
                gain[i] = weighted;
            }
            self->next_plain = next_plain;
            self->next_weighted = next_weighted;
        } else {
            for (int64_t i = at; i < end; i++) {
                weighted += gain[i] - plain;
                plain += change[i];
                gain[i] = weighted;
            }
        }
        for (int64_t i = at; i < end; i++)
            y[i] = r + gain[i] * share;
        self->plain = plain;
        self->weighted = weighted;
        if ((self->rows += count) == self->era) {
            vel_ta_weighted_renew(self);
            y[end - 1] = self->r + self->weighted * share;
        }
    }
}

/* ---- exponential means behind each other, each over the one before: DEMA, TEMA and T3 are sums of them
 *
 * All stages of a row go one after the other, so that the stages of different rows overlap: six cost little more than
 * one. */
#define VEL_TA_CASCADE_MAX 6

/* The value lies beside the factor, not beside that of the next stage, as in vel_ta_weighted_t. */
typedef struct vel_ta_cascade_stage {
    double y;
    double factor; /* of the sum */
} vel_ta_cascade_stage_t;

typedef struct vel_ta_cascade {
    int64_t stages;
    int64_t n;
    double k;
    double keep;
    double r;        /* the first input of the stage whose first mean is being made */
    int64_t started; /* stages that have their first mean */
    int64_t rows;    /* in that of the next one */
    vel_ta_cascade_stage_t stage[VEL_TA_CASCADE_MAX];
} vel_ta_cascade_t;

static inline void vel_ta_cascade_init(vel_ta_cascade_t *self, int64_t n, int64_t stages, const double *factor)
{
    *self = (vel_ta_cascade_t){.stages = stages, .n = n, .k = vel_ta_ema_factor((double)n)};
    self->keep = 1.0 - self->k;
    for (int64_t j = 0; j < stages; j++)
        self->stage[j].factor = factor[j];
}

/* One row of stages that have all started. */
static inline double vel_ta_cascade_row(vel_ta_cascade_stage_t *stage, int64_t stages, double k, double keep, double x)
{
    double sum = 0.0;
    for (int64_t j = 0; j < stages; j++) {
        stage[j].y = x = keep * stage[j].y + k * x;
        sum += stage[j].factor * x;
    }
    return sum;
}

/* A row before all stages have started: 0, or the first value once they have. */
static inline double vel_ta_cascade_start(vel_ta_cascade_t *self, double x)
{
    vel_ta_cascade_stage_t *stage = self->stage;
    for (int64_t j = 0; j < self->started; j++)
        stage[j].y = x = self->keep * stage[j].y + self->k * x;
    do {
        /* Relative to the first row, so that equal rows have exactly their value as mean. */
        double *mean = &stage[self->started].y;
        if (self->rows == 0)
            self->r = x;
        *mean += x - self->r;
        if (++self->rows < self->n)
            return 0.0;
        *mean = x = self->r + *mean / (double)self->n;
        self->rows = 0;
    } while (++self->started < self->stages);
    double sum = 0.0;
    for (int64_t j = 0; j < self->stages; j++)
        sum += stage[j].factor * stage[j].y;
    return sum;
}

static inline double vel_ta_cascade_step(vel_ta_cascade_t *self, double x)
{
    if (VEL_UNLIKELY(self->started < self->stages))
        return vel_ta_cascade_start(self, x);
    return vel_ta_cascade_row(self->stage, self->stages, self->k, self->keep, x);
}

/* `stages` is a constant, so that the loops over stages are unrolled. */
static inline void vel_ta_cascade_rows(vel_ta_cascade_t *self, int64_t stages, int64_t m, const double *x, double *y)
{
    vel_ta_cascade_stage_t stage[VEL_TA_CASCADE_MAX];
    double k = self->k, keep = self->keep;
    memcpy(stage, self->stage, sizeof stage);
    for (int64_t i = 0; i < m; i++)
        y[i] = vel_ta_cascade_row(stage, stages, k, keep, x[i]);
    memcpy(self->stage, stage, sizeof stage);
}

/* `y` may be `x`. */
static inline void vel_ta_cascade_run(vel_ta_cascade_t *self, int64_t m, const double *x, double *y)
{
    int64_t i = 0;
    while (i < m && self->started < self->stages) {
        y[i] = vel_ta_cascade_step(self, x[i]);
        i++;
    }
    if (self->stages == 2)
        vel_ta_cascade_rows(self, 2, m - i, x + i, y + i);
    else if (self->stages == 3)
        vel_ta_cascade_rows(self, 3, m - i, x + i, y + i);
    else
        vel_ta_cascade_rows(self, VEL_TA_CASCADE_MAX, m - i, x + i, y + i);
}

/* ---- the triangular mean: the mean of a mean */
typedef struct vel_ta_triangle {
    int64_t wait;
    vel_ta_mean_t first;
    vel_ta_mean_t second;
} vel_ta_triangle_t;

static inline void vel_ta_triangle_init(vel_ta_triangle_t *self, int64_t n, vel_ta_space_t *space)
{
    int64_t half = (n + 1) / 2;
    self->wait = half - 1;
    vel_ta_mean_init(&self->first, half, space);
    vel_ta_mean_init(&self->second, n + 1 - half, space);
}

static inline double vel_ta_triangle_step(vel_ta_triangle_t *self, double x)
{
    double mean = vel_ta_mean_step(&self->first, x);
    return vel_ta_wait(&self->wait, 1) > 0 ? 0.0 : vel_ta_mean_step(&self->second, mean);
}

static inline void vel_ta_triangle_run(vel_ta_triangle_t *self, int64_t m, const double *x, double *y)
{
    vel_ta_mean_run(&self->first, m, x, y);
    int64_t skip = vel_ta_wait(&self->wait, m);
    vel_ta_mean_run(&self->second, m - skip, y + skip, y + skip);
}

/* ---- Kaufman's adaptive mean */
typedef struct vel_ta_kaufman {
    int64_t n;
    int64_t rows; /* up to n + 1 */
    double last;
    double y;
    double r; /* see vel_ta_kaufman_next */
    double d;
    double sum;
    double keep;
    int64_t j;              /* rows of the group so far */
    vel_ta_window_t window; /* the last n */
    vel_ta_sum_t path;      /* of the sizes of the last n changes */
} vel_ta_kaufman_t;

static inline void vel_ta_kaufman_init(vel_ta_kaufman_t *self, int64_t n, vel_ta_space_t *space)
{
    *self = (vel_ta_kaufman_t){.n = n};
    vel_ta_window_init(&self->window, n, space);
    vel_ta_sum_init(&self->path, n, space);
}

/* The smoothing factor of a change over n rows whose path is the sum of the changes: between 2/31 (no direction) and
 * 2/3 (straight), squared. */
static inline double vel_ta_kaufman_factor(double change, double path)
{
    double ratio = change >= path ? 1.0 : change / path;
    double k = ratio * (2.0 / 3.0 - 2.0 / 31.0) + 2.0 / 31.0;
    return k * k;
}

/* A row with the smoothing factor k. Rows go in groups of eight, as in vel_ta_ema_t: with r the first input of the
 * group and Y the value before it, y_j = r + (sum_j + keep_j (Y - r)), where sum and keep do not wait for Y. */
static inline double vel_ta_kaufman_next(vel_ta_kaufman_t *self, double x, double k)
{
    double keep = 1.0 - k;
    if (self->j == 0) {
        self->r = x;
        self->d = self->y - x;
        self->sum = 0.0;
        self->keep = keep;
    } else {
        self->sum = keep * self->sum + k * (x - self->r);
        self->keep = keep * self->keep;
    }
    self->y = self->r + (self->sum + self->keep * self->d);
    self->j = self->j + 1 < VEL_TA_EMA_BLOCK ? self->j + 1 : 0;
    return self->y;
}

static inline double vel_ta_kaufman_step(vel_ta_kaufman_t *self, double x)
{
    double old = vel_ta_window_push(&self->window, x), last = self->last;
    self->last = x;
    if (VEL_UNLIKELY(self->rows == 0)) {
        self->rows = 1;
        return self->y = x;
    }
    double path = vel_ta_sum_step(&self->path, fabs(x - last));
    if (VEL_UNLIKELY(self->rows < self->n)) {
        self->rows++;
        return self->y = x;
    }
    return vel_ta_kaufman_next(self, x, vel_ta_kaufman_factor(fabs(x - old), path));
}

/* `y` may be `x`. */
static inline void vel_ta_kaufman_run(vel_ta_kaufman_t *self, int64_t m, const double *x, double *y)
{
    int64_t first = 0;
    while (first < m && self->rows < self->n) {
        y[first] = vel_ta_kaufman_step(self, x[first]);
        first++;
    }
    double old[VEL_TA_CHUNK], size[VEL_TA_CHUNK], k[VEL_TA_CHUNK];
    int64_t count = m - first, i = 0;
    if (count == 0)
        return;
    x += first;
    y += first;
    vel_ta_window_run(&self->window, count, x, old);
    size[0] = fabs(x[0] - self->last);
    for (i = 1; i < count; i++)
        size[i] = fabs(x[i] - x[i - 1]);
    self->last = x[count - 1];
    vel_ta_sum_run(&self->path, count, size, size);
    for (i = 0; i < count; i++)
        k[i] = vel_ta_kaufman_factor(fabs(x[i] - old[i]), size[i]);
    for (i = 0; i < count && self->j != 0; i++)
        y[i] = vel_ta_kaufman_next(self, x[i], k[i]);
    double last = self->y;
    for (; i + VEL_TA_EMA_BLOCK <= count; i += VEL_TA_EMA_BLOCK) {
        double r = x[i], d = last - r, sum = 0.0, keep = 1.0 - k[i];
        y[i] = r + (sum + keep * d);
        for (int j = 1; j < VEL_TA_EMA_BLOCK; j++) {
            double own = 1.0 - k[i + j];
            sum = own * sum + k[i + j] * (x[i + j] - r);
            keep = own * keep;
            y[i + j] = last = r + (sum + keep * d);
        }
    }
    self->y = last;
    for (; i < count; i++)
        y[i] = vel_ta_kaufman_next(self, x[i], k[i]);
}

/* ---- Ehlers' MESA adaptive mean (MAMA), and the one that follows it (FAMA) */
typedef struct vel_ta_mesa {
    double fast;
    double slow;
    double phase;
    double mama;
    double fama;
    vel_ta_hilbert_t hilbert;
} vel_ta_mesa_t;

static inline void vel_ta_mesa_init(vel_ta_mesa_t *self, double fast, double slow)
{
    *self = (vel_ta_mesa_t){.fast = fast, .slow = slow};
    vel_ta_hilbert_init(&self->hilbert, VEL_TA_HILBERT_SHORT);
}

static inline double vel_ta_mesa_step(vel_ta_mesa_t *self, double x)
{
    if (!vel_ta_hilbert_step(&self->hilbert, x))
        return 0.0;
    double phase = vel_ta_hilbert_phase(&self->hilbert), change = self->phase - phase;
    self->phase = phase;
    double k = change > 1.0 ? self->fast / change : self->fast;
    if (change > 1.0 && k < self->slow)
        k = self->slow;
    self->mama = k * x + (1.0 - k) * self->mama;
    k *= 0.5;
    self->fama = k * self->mama + (1.0 - k) * self->fama;
    return self->mama;
}

/* ---- Hull's mean: of twice the mean of half the rows less the mean of all, all three weighted */
typedef struct vel_ta_hull {
    int64_t wait;
    vel_ta_weighted_t half, whole, last;
} vel_ta_hull_t;

/* The root of a period, rounded down. */
static inline int64_t vel_ta_hull_root(int64_t n)
{
    return (int64_t)sqrt((double)n);
}

static inline void vel_ta_hull_init(vel_ta_hull_t *self, int64_t n, vel_ta_space_t *space)
{
    self->wait = n - 1;
    vel_ta_weighted_init(&self->half, n / 2, space);
    vel_ta_weighted_init(&self->whole, n, space);
    vel_ta_weighted_init(&self->last, vel_ta_hull_root(n), space);
}

static inline double vel_ta_hull_step(vel_ta_hull_t *self, double x)
{
    double half = vel_ta_weighted_step(&self->half, x), whole = vel_ta_weighted_step(&self->whole, x);
    return vel_ta_wait(&self->wait, 1) > 0 ? 0.0 : vel_ta_weighted_step(&self->last, 2.0 * half - whole);
}

/* `y` may be `x`. */
static inline void vel_ta_hull_run(vel_ta_hull_t *self, int64_t m, const double *x, double *y)
{
    double half[VEL_TA_CHUNK];
    vel_ta_weighted_run(&self->half, m, x, half);
    vel_ta_weighted_run(&self->whole, m, x, y);
    for (int64_t i = 0; i < m; i++)
        y[i] = 2.0 * half[i] - y[i];
    int64_t skip = vel_ta_wait(&self->wait, m);
    vel_ta_weighted_run(&self->last, m - skip, y + skip, y + skip);
}

/* ---- the exponential mean of the input plus its change over half the period */
typedef struct vel_ta_ahead {
    int64_t wait;
    vel_ta_ema_t ema;
    vel_ta_window_t window; /* n of it 0: no change is added */
} vel_ta_ahead_t;

static inline void vel_ta_ahead_init(vel_ta_ahead_t *self, int64_t n, vel_ta_space_t *space)
{
    self->wait = (n - 1) / 2;
    vel_ta_ema_init(&self->ema, n, vel_ta_ema_factor((double)n));
    vel_ta_window_init(&self->window, (n - 1) / 2, space);
}

static inline double vel_ta_ahead_step(vel_ta_ahead_t *self, double x)
{
    double old = self->window.n > 0 ? vel_ta_window_push(&self->window, x) : x;
    return vel_ta_wait(&self->wait, 1) > 0 ? 0.0 : vel_ta_ema_step(&self->ema, 2.0 * x - old);
}

/* `y` may be `x`. */
static inline void vel_ta_ahead_run(vel_ta_ahead_t *self, int64_t m, const double *x, double *y)
{
    double old[VEL_TA_CHUNK];
    if (self->window.n > 0)
        vel_ta_window_run(&self->window, m, x, old);
    else
        memcpy(old, x, (size_t)m * sizeof *x);
    for (int64_t i = 0; i < m; i++)
        y[i] = 2.0 * x[i] - old[i];
    int64_t skip = vel_ta_wait(&self->wait, m);
    vel_ta_ema_run(&self->ema, m - skip, y + skip, y + skip);
}

/* ---- one of them by its type */
typedef struct vel_ta_ma {
    int64_t type; /* VEL_TA_MA_SMA ..., not VEL_TA_MA_DEFAULT */
    union {
        vel_ta_mean_t mean;
        vel_ta_ema_t ema; /* EMA and RMA */
        vel_ta_weighted_t weighted;
        vel_ta_cascade_t cascade; /* DEMA, TEMA, T3 */
        vel_ta_triangle_t triangle;
        vel_ta_kaufman_t kaufman;
        vel_ta_mesa_t mesa;
        vel_ta_hull_t hull;
        vel_ta_ahead_t ahead;
    };
} vel_ta_ma_t;

/* Defined in moving.c, once for each level of vector instructions. */
#define vel_ta_ma_init VEL_TA_JOIN(vel_ta_ma_init, VEL_TA_LEVEL)
#define vel_ta_ma_init_t3 VEL_TA_JOIN(vel_ta_ma_init_t3, VEL_TA_LEVEL)
#define vel_ta_ma_step VEL_TA_JOIN(vel_ta_ma_step, VEL_TA_LEVEL)
#define vel_ta_ma_run VEL_TA_JOIN(vel_ta_ma_run, VEL_TA_LEVEL)
#define vel_ta_ma_lookback VEL_TA_JOIN(vel_ta_ma_lookback, VEL_TA_LEVEL)
#define vel_ta_ma_settles VEL_TA_JOIN(vel_ta_ma_settles, VEL_TA_LEVEL)

/* `self` is zeroed, `period` at least 1. */
void vel_ta_ma_init(vel_ta_ma_t *self, int type, int64_t period, vel_ta_space_t *space);
/* T3 with a volume factor. */
void vel_ta_ma_init_t3(vel_ta_ma_t *self, int64_t period, double factor);
/* The value is meaningful after vel_ta_ma_lookback rows. */
double vel_ta_ma_step(vel_ta_ma_t *self, double x);
/* `y` may be `x`. */
void vel_ta_ma_run(vel_ta_ma_t *self, int64_t m, const double *x, double *y);
/* Rows before the first value. */
int64_t vel_ta_ma_lookback(int type, int64_t period);
/* Rows after which the value is that of an infinite history to 1e-9; of a MAMA an estimate. */
int64_t vel_ta_ma_settles(int type, int64_t period);

#endif
