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
 * Running sums of differences from a reference value r: plain and weighted. Each n rows they are replaced by sums which
 * were made anew from exactly these n rows, with the first of them as the reference, so that no rounding error lives
 * longer than 2 n rows and a constant input gives exactly the constant. A NaN stays for ever, as in TA-Lib. */
typedef struct vel_ta_weighted {
    double n;
    double divisor; /* n (n + 1) / 2 */
    double r;
    double plain;
    double weighted;
    double next_r; /* of the sums that are being made */
    double next_plain;
    double next_weighted;
    int64_t rows; /* in them */
    bool is_full;
    vel_ta_window_t window;
} vel_ta_weighted_t;

static inline void vel_ta_weighted_init(vel_ta_weighted_t *self, int64_t n, vel_ta_space_t *space)
{
    *self = (vel_ta_weighted_t){.n = (double)n, .divisor = (double)n * ((double)n + 1.0) / 2.0};
    vel_ta_window_init(&self->window, n, space);
}

/* After n rows: takes the sums made anew. */
static inline void vel_ta_weighted_renew(vel_ta_weighted_t *self)
{
    if (!self->is_full || self->weighted == self->weighted) {
        self->r = self->next_r;
        self->plain = self->next_plain;
        self->weighted = self->next_weighted;
    }
    self->is_full = true;
    self->rows = 0;
}

static inline double vel_ta_weighted_step(vel_ta_weighted_t *self, double x)
{
    double left = vel_ta_window_push(&self->window, x);
    if (self->rows == 0) {
        self->next_r = x;
        self->next_plain = self->next_weighted = 0.0;
    }
    double next = x - self->next_r;
    self->next_plain += next;
    self->next_weighted += (double)(self->rows + 1) * next;
    self->weighted += self->n * (x - self->r) - self->plain;
    self->plain += x - left;
    if (++self->rows == self->window.n)
        vel_ta_weighted_renew(self);
    return self->r + self->weighted / self->divisor;
}

/* `y` may be `x`. */
static inline void vel_ta_weighted_run(vel_ta_weighted_t *self, int64_t m, const double *x, double *y)
{
    double left[VEL_TA_CHUNK], n = self->n, divisor = self->divisor;
    vel_ta_window_run(&self->window, m, x, left);
    for (int64_t at = 0, count; at < m; at += count) {
        if (self->rows == 0) {
            self->next_r = x[at];
            self->next_plain = self->next_weighted = 0.0;
        }
        count = vel_min(m - at, self->window.n - self->rows);
        double r = self->r, plain = self->plain, weighted = self->weighted;
        double next_r = self->next_r, next_plain = self->next_plain, next_weighted = self->next_weighted;
        double weight = (double)self->rows;
        for (int64_t i = at; i < at + count; i++) {
            double value = x[i], next = value - next_r;
            weight += 1.0;
            next_plain += next;
            next_weighted += weight * next;
            weighted += n * (value - r) - plain;
            plain += value - left[i];
            y[i] = weighted;
        }
        for (int64_t i = at; i < at + count; i++)
            y[i] = r + y[i] / divisor;
        self->plain = plain;
        self->weighted = weighted;
        self->next_plain = next_plain;
        self->next_weighted = next_weighted;
        if ((self->rows += count) == self->window.n) {
            vel_ta_weighted_renew(self);
            y[at + count - 1] = self->r + self->weighted / divisor;
        }
    }
}

/* ---- exponential means behind each other, each over the one before: DEMA, TEMA and T3 are sums of them */
#define VEL_TA_CASCADE_MAX 6

typedef struct vel_ta_cascade {
    int64_t stages;
    int64_t wait[VEL_TA_CASCADE_MAX];  /* for the first value of the stage before */
    double factor[VEL_TA_CASCADE_MAX]; /* of the sum */
    vel_ta_ema_t ema[VEL_TA_CASCADE_MAX];
} vel_ta_cascade_t;

static inline void vel_ta_cascade_init(vel_ta_cascade_t *self, int64_t n, int64_t stages, const double *factor)
{
    self->stages = stages;
    for (int64_t k = 0; k < stages; k++) {
        self->wait[k] = k == 0 ? 0 : n - 1;
        self->factor[k] = factor[k];
        vel_ta_ema_init(&self->ema[k], n, vel_ta_ema_factor((double)n));
    }
}

static inline double vel_ta_cascade_step(vel_ta_cascade_t *self, double x)
{
    double y = 0.0;
    for (int64_t k = 0; k < self->stages; k++) {
        if (vel_ta_wait(&self->wait[k], 1) > 0)
            break;
        x = vel_ta_ema_step(&self->ema[k], x);
        y += self->factor[k] * x;
    }
    return y;
}

/* `y` may be `x`. */
static inline void vel_ta_cascade_run(vel_ta_cascade_t *self, int64_t m, const double *x, double *y)
{
    double a[VEL_TA_CHUNK];
    memcpy(a, x, (size_t)m * sizeof *a);
    for (int64_t i = 0; i < m; i++)
        y[i] = 0.0;
    int64_t skip = 0;
    for (int64_t k = 0; k < self->stages; k++) {
        skip += vel_ta_wait(&self->wait[k], m - skip);
        double factor = self->factor[k];
        vel_ta_ema_run(&self->ema[k], m - skip, a + skip, a + skip);
        for (int64_t i = skip; i < m; i++)
            y[i] += factor * a[i];
    }
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
    return self->y += (x - self->y) * vel_ta_kaufman_factor(fabs(x - old), path);
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
    int64_t count = m - first;
    if (count == 0)
        return;
    x += first;
    y += first;
    vel_ta_window_run(&self->window, count, x, old);
    size[0] = fabs(x[0] - self->last);
    for (int64_t i = 1; i < count; i++)
        size[i] = fabs(x[i] - x[i - 1]);
    self->last = x[count - 1];
    vel_ta_sum_run(&self->path, count, size, size);
    for (int64_t i = 0; i < count; i++)
        k[i] = vel_ta_kaufman_factor(fabs(x[i] - old[i]), size[i]);
    double last = self->y;
    for (int64_t i = 0; i < count; i++)
        y[i] = last += (x[i] - last) * k[i];
    self->y = last;
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
