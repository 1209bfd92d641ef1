/* inner.h: the parts that indicators are built from, and the macros of their descriptors.
 *
 * Each part is a struct within the state of an indicator, an init that places its window, a step for one value, and a
 * run for up to VEL_TA_CHUNK values. The run makes the operations of the steps in the same order for each value, so
 * that both give the same bits; it is faster because it works in passes over short arrays. A window lies behind the
 * struct of the state and is found by its distance from the part itself, so that a copy of the block is a copy of the
 * state.
 *
 * The `run` of a kind gets at most VEL_TA_CHUNK rows at a time: an indicator made of parts runs them one after the
 * other over arrays on the stack. */
#ifndef VELORA_TA_INNER_H
#define VELORA_TA_INNER_H

#include <math.h>
#include <string.h>

#include "velora/indicator.h"

/* Rows that a kind's run gets at most: a few arrays of as many doubles lie in the first cache. */
#define VEL_TA_CHUNK 256

/* The families are compiled once for each level of the processor's vector instructions (csrc/CMakeLists.txt): the same
 * source, so the same operations in the same order and the same bits, in wider registers. VEL_TA_LEVEL is the suffix of
 * a level. */
#ifndef VEL_TA_LEVEL
#define VEL_TA_LEVEL
#endif
#define VEL_TA_JOIN_(a, b) a##b
#define VEL_TA_JOIN(a, b) VEL_TA_JOIN_(a, b)
/* The list of a family at this level, which its file ends with; ended by NULL. */
#define VEL_TA_LIST(family) VEL_TA_JOIN(vel_ta_##family, VEL_TA_LEVEL)

/* The families: one file of this folder and one line here each. */
#define VEL_TA_FAMILIES(X)                                                                                             \
    X(averages)                                                                                                        \
    X(bands)                                                                                                           \
    X(stops)                                                                                                           \
    X(momentum)                                                                                                        \
    X(convergence)                                                                                                     \
    X(oscillators)                                                                                                     \
    X(stochastics)                                                                                                     \
    X(trend)                                                                                                           \
    X(volatility)                                                                                                      \
    X(realised)                                                                                                        \
    X(volume)                                                                                                          \
    X(vwap)                                                                                                            \
    X(statistics)                                                                                                      \
    X(regression)                                                                                                      \
    X(correlation)                                                                                                     \
    X(order)                                                                                                           \
    X(complexity)                                                                                                      \
    X(maths)                                                                                                           \
    X(cycles)                                                                                                          \
    X(prices)                                                                                                          \
    X(levels)                                                                                                          \
    X(patterns_one)                                                                                                    \
    X(patterns_two)                                                                                                    \
    X(patterns_three)                                                                                                  \
    X(patterns_many)                                                                                                   \
    X(microstructure)

#define VEL_TA_DECLARE(family) extern const vel_indicator_kind_t *const VEL_TA_LIST(family)[];
VEL_TA_FAMILIES(VEL_TA_DECLARE)

/* Range type, period and factor of each candle setting, as TA-Lib sets them. */
extern const double vel_ta_candle_defaults[3 * VEL_TA_CANDLE_SETTINGS];

/* The loop over columns of a step: NAME_step(struct NAME *, const double *in, double *out). */
#define VEL_TA_RUN(NAME, INPUTS, OUTPUTS)                                                                              \
    static void NAME##_run(void *state, int64_t n, const double *const *in, double *const *out)                        \
    {                                                                                                                  \
        double x[INPUTS], y[OUTPUTS];                                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            for (int k = 0; k < (INPUTS); k++)                                                                         \
                x[k] = in[k][i];                                                                                       \
            NAME##_step(state, x, y);                                                                                  \
            for (int k = 0; k < (OUTPUTS); k++)                                                                        \
                out[k][i] = y[k];                                                                                      \
        }                                                                                                              \
    }

#define VEL_TA_RUN_INTEGER(NAME, INPUTS, OUTPUTS)                                                                      \
    static void NAME##_run(void *state, int64_t n, const double *const *in, int32_t *const *out)                       \
    {                                                                                                                  \
        double x[INPUTS], y[OUTPUTS];                                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            for (int k = 0; k < (INPUTS); k++)                                                                         \
                x[k] = in[k][i];                                                                                       \
            NAME##_step(state, x, y);                                                                                  \
            for (int k = 0; k < (OUTPUTS); k++)                                                                        \
                out[k][i] = (int32_t)y[k];                                                                             \
        }                                                                                                              \
    }

/* Parameters that many kinds share. */
#define VEL_TA_PERIOD(NAME, INITIAL, LOW, TEXT)                                                                        \
    {.name = NAME, .initial = INITIAL, .low = LOW, .high = VEL_TA_PERIOD_MAX, .kind = VEL_TA_INTEGER, .text = TEXT}
#define VEL_TA_FACTOR(NAME, INITIAL, LOW, HIGH, TEXT)                                                                  \
    {.name = NAME, .initial = INITIAL, .low = LOW, .high = HIGH, .kind = VEL_TA_REAL, .text = TEXT}

/* Warm-ups that many kinds share: a window of params[0] rows, params[0] changes from row to row, none. */
static inline int64_t vel_ta_lookback_of_window(const double *params)
{
    return (int64_t)params[0] - 1;
}

static inline int64_t vel_ta_lookback_of_changes(const double *params)
{
    return (int64_t)params[0];
}

static inline int64_t vel_ta_no_lookback(const double *params)
{
    (void)params;
    return 0;
}

/* `count` doubles in `space`, zero; returns their distance in bytes from `part`. */
static inline int64_t vel_ta_place(vel_ta_space_t *space, const void *part, int64_t count)
{
    int64_t at = space->base == NULL ? 0 : (int64_t)(space->base + space->used - (const char *)part);
    space->used += (size_t)count * sizeof(double);
    return at;
}

/* Updates until a factor of `keep` a row (0 <= keep < 1) has brought an error of the whole range below 1e-9 of it, with
 * a margin of ten. */
static inline int64_t vel_ta_settling(double keep)
{
    return keep <= 0.0 ? 1 : (int64_t)ceil(log(1e-10) / log(keep));
}

/* ---- a window: the last n values, 0 where there is none yet */
typedef struct vel_ta_window {
    int64_t n;
    int64_t at;  /* index of the oldest, which the next one replaces */
    int64_t far; /* bytes from here to the values */
} vel_ta_window_t;

static inline void vel_ta_window_init(vel_ta_window_t *window, int64_t n, vel_ta_space_t *space)
{
    window->n = n;
    window->at = 0;
    window->far = vel_ta_place(space, window, n);
}

static inline double *vel_ta_window_values(vel_ta_window_t *window)
{
    return (double *)(void *)((char *)window + window->far);
}

/* Adds a value; returns the one that leaves: the value of n rows ago, 0 before there is one. */
static inline double vel_ta_window_push(vel_ta_window_t *window, double x)
{
    double *place = &vel_ta_window_values(window)[window->at], oldest = *place;
    *place = x;
    window->at = window->at + 1 < window->n ? window->at + 1 : 0;
    return oldest;
}

/* The value of `age` rows ago, 0 being the last added; age < n. */
static inline double vel_ta_window_ago(vel_ta_window_t *window, int64_t age)
{
    int64_t at = window->at - 1 - age;
    return vel_ta_window_values(window)[at < 0 ? at + window->n : at];
}

/* `m` pushes; left[i] gets the value that leaves at row i. m is at most VEL_TA_CHUNK; `x` and `left` do not overlap. */
static inline void vel_ta_window_run(vel_ta_window_t *window, int64_t m, const double *x, double *left)
{
    double *values = vel_ta_window_values(window);
    int64_t n = window->n, at = window->at;
    if (m < n) {
        int64_t first = n - at < m ? n - at : m;
        memcpy(left, values + at, (size_t)first * sizeof *x);
        memcpy(values + at, x, (size_t)first * sizeof *x);
        memcpy(left + first, values, (size_t)(m - first) * sizeof *x);
        memcpy(values, x + first, (size_t)(m - first) * sizeof *x);
        window->at = at + m < n ? at + m : at + m - n;
        return;
    }
    memcpy(left, values + at, (size_t)(n - at) * sizeof *x);
    memcpy(left + n - at, values, (size_t)at * sizeof *x);
    memcpy(left + n, x, (size_t)(m - n) * sizeof *x);
    memcpy(values, x + m - n, (size_t)n * sizeof *x);
    window->at = 0;
}

/* Four doubles that the compiler keeps in vector registers, and those of two such at four places of the eight. */
typedef double vel_ta_four_t __attribute__((vector_size(32)));
#if defined(__clang__) || __GNUC__ >= 12
#define VEL_TA_SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int64_t vel_ta_places_t __attribute__((vector_size(32)));
#define VEL_TA_SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (vel_ta_places_t){i, j, k, l})
#endif

/* The rounding error of total = a + b: TwoSum, D. E. Knuth, "The Art of Computer Programming" volume 2, 4.2.2. */
static inline double vel_ta_error(double a, double b, double total)
{
    double part = total - a;
    return (a - (total - part)) + (b - part);
}

/* ---- the sum of the last n values
 *
 * Rows are taken in blocks of n. A window is the end of one block and the beginning of the next one: its sum is a
 * suffix sum of the former, made when that block was full, plus a prefix sum of the latter. So the sum depends on the
 * values in the window alone: it neither drifts nor keeps a trace of large values that have left, and zeros sum to 0.
 * Suffix sums cost one addition a row (amortised: those of a block are made at its end). Prefix sums go in groups of
 * four rows: within a group in two vector additions, of the row before and of two rows before, and only the sum of the
 * groups before is waited for. After a NaN or an infinity the sum is NaN for ever, as in TA-Lib. */
#define VEL_TA_SUM_GROUP 4
/* Windows up to this many rows are added up anew for each row, from the newest value to the oldest. */
#define VEL_TA_SUM_SHORT 8

typedef struct vel_ta_sum {
    int64_t n;
    int64_t at;     /* rows of the block so far */
    double prefix;  /* of the whole groups of the block */
    double x;       /* the last value of the group under way */
    double pair;    /* its sum with the one before */
    double earlier; /* the pair of the row before */
    double poison;  /* 0, or NaN once a block was not finite */
    int64_t
        far; /* bytes from here to n + 1 values: those of the block so far, then the suffix sums of the one before */
} vel_ta_sum_t;

static inline void vel_ta_sum_init(vel_ta_sum_t *sum, int64_t n, vel_ta_space_t *space)
{
    *sum = (vel_ta_sum_t){.n = n};
    sum->far = vel_ta_place(space, sum, n + 1);
}

static inline double *vel_ta_sum_values(vel_ta_sum_t *sum)
{
    return (double *)(void *)((char *)sum + sum->far);
}

/* Makes the suffix sums of a full block. */
static inline void vel_ta_sum_turn(vel_ta_sum_t *sum, double *values)
{
    double total = 0.0;
    int64_t i = sum->n;
    while (i % VEL_TA_SUM_GROUP != 0) {
        i--;
        values[i] = total = total + values[i];
    }
    for (; i > 0; i -= VEL_TA_SUM_GROUP) {
        vel_ta_four_t v, zero = {0.0, 0.0, 0.0, 0.0};
        memcpy(&v, values + i - VEL_TA_SUM_GROUP, sizeof v);
        v += VEL_TA_SHUFFLE(v, zero, 1, 2, 3, 4);
        v += VEL_TA_SHUFFLE(v, zero, 2, 3, 4, 4);
        double whole = v[0];
        v += total;
        memcpy(values + i - VEL_TA_SUM_GROUP, &v, sizeof v);
        total += whole;
    }
    sum->poison += total - total;
    sum->prefix = sum->poison;
    sum->at = 0;
}

static inline double vel_ta_sum_short_step(vel_ta_sum_t *sum, double x)
{
    double *values = vel_ta_sum_values(sum), total = x;
    for (int64_t k = sum->n - 2; k >= 0; k--)
        total += values[k];
    for (int64_t k = 0; k < sum->n - 2; k++)
        values[k] = values[k + 1];
    values[sum->n > 1 ? sum->n - 2 : 0] = x;
    total += sum->poison;
    sum->poison += x - x;
    return total;
}

static inline void vel_ta_sum_short_run(vel_ta_sum_t *sum, int64_t m, const double *x, double *out)
{
    double work[VEL_TA_SUM_SHORT + VEL_TA_CHUNK], *values = vel_ta_sum_values(sum);
    int64_t old = sum->n - 1, bad = sum->poison != 0.0;
    for (int64_t i = 0; i < m; i++)
        bad += x[i] - x[i] != 0.0;
    if (bad > 0) {
        for (int64_t i = 0; i < m; i++)
            out[i] = vel_ta_sum_short_step(sum, x[i]);
        return;
    }
    memcpy(work, values, (size_t)old * sizeof *work);
    memcpy(work + old, x, (size_t)m * sizeof *work);
    memcpy(values, work + m, (size_t)old * sizeof *work);
    memcpy(out, work + old, (size_t)m * sizeof *work);
    for (int64_t k = old - 1; k >= 0; k--)
        for (int64_t i = 0; i < m; i++)
            out[i] += work[k + i];
}

static inline double vel_ta_sum_step(vel_ta_sum_t *sum, double x)
{
    if (sum->n <= VEL_TA_SUM_SHORT)
        return vel_ta_sum_short_step(sum, x);
    double *values = vel_ta_sum_values(sum);
    int64_t at = sum->at;
    if (at % VEL_TA_SUM_GROUP == 0)
        sum->x = sum->pair = sum->earlier = 0.0;
    double pair = x + sum->x, prefix = sum->prefix + (pair + sum->earlier), total = values[at + 1] + prefix;
    values[at] = x;
    sum->x = x;
    sum->earlier = sum->pair;
    sum->pair = pair;
    if (at % VEL_TA_SUM_GROUP == VEL_TA_SUM_GROUP - 1)
        sum->prefix = prefix;
    if (VEL_UNLIKELY((sum->at = at + 1) == sum->n))
        vel_ta_sum_turn(sum, values);
    return total;
}

/* `out` may be `x`. */
static inline void vel_ta_sum_run(vel_ta_sum_t *sum, int64_t m, const double *x, double *out)
{
    if (sum->n <= VEL_TA_SUM_SHORT) {
        vel_ta_sum_short_run(sum, m, x, out);
        return;
    }
    double *values = vel_ta_sum_values(sum);
    int64_t i = 0;
    while (i < m) {
        int64_t at = sum->at, whole = (sum->n - at < m - i ? sum->n - at : m - i) / VEL_TA_SUM_GROUP;
        if (at % VEL_TA_SUM_GROUP != 0 || whole == 0) {
            out[i] = vel_ta_sum_step(sum, x[i]);
            i++;
            continue;
        }
        double prefix = sum->prefix;
        for (; whole > 0; whole--, at += VEL_TA_SUM_GROUP, i += VEL_TA_SUM_GROUP) {
            vel_ta_four_t v, left, zero = {0.0, 0.0, 0.0, 0.0};
            memcpy(&v, x + i, sizeof v);
            memcpy(&left, values + at + 1, sizeof left);
            memcpy(values + at, &v, sizeof v);
            v += VEL_TA_SHUFFLE(zero, v, 3, 4, 5, 6);
            v += VEL_TA_SHUFFLE(zero, v, 2, 3, 4, 5);
            left += v + prefix;
            memcpy(out + i, &left, sizeof left);
            prefix += v[3];
        }
        sum->prefix = prefix;
        if ((sum->at = at) == sum->n)
            vel_ta_sum_turn(sum, values);
    }
}

/* ---- exponential smoothing: y += k (x - y), the mean of the first n values being its first value, as in TA-Lib
 *
 * Plain, each row waits for the one before: a subtraction, a product and a sum. Here only one row in eight does. Within
 * a block of eight, with r the first value of the block and Y the value before it,
 *
 *   y_j = r + (c_j + keep^(j+1) (Y - r)),   c_0 = 0,   c_j = keep c_(j-1) + k (x_j - r),   keep = 1 - k
 *
 * so the c do not wait for Y. Taken relative to r, a constant input gives exactly the constant. */
#define VEL_TA_EMA_BLOCK 8

typedef struct vel_ta_ema {
    double k;
    double keep;
    double y;                       /* the last value */
    double r;                       /* the first input of the block; of all, until there are n */
    double c;                       /* what the block has added so far, relative to r */
    double d;                       /* value before the block - r */
    double power[VEL_TA_EMA_BLOCK]; /* keep^(j+1) */
    int64_t j;                      /* rows of the block so far */
    int64_t n;                      /* rows in the first mean */
    int64_t rows;                   /* up to n */
} vel_ta_ema_t;

static inline void vel_ta_ema_init(vel_ta_ema_t *ema, int64_t n, double k)
{
    *ema = (vel_ta_ema_t){.k = k, .keep = 1.0 - k, .n = n};
    double power = 1.0;
    for (int j = 0; j < VEL_TA_EMA_BLOCK; j++)
        ema->power[j] = power = power * ema->keep;
}

/* The usual smoothing factor of a period. */
static inline double vel_ta_ema_factor(double period)
{
    return 2.0 / (period + 1.0);
}

/* The value is meaningful from the n-th row on. */
static inline double vel_ta_ema_step(vel_ta_ema_t *ema, double x)
{
    if (VEL_UNLIKELY(ema->rows < ema->n)) {
        /* Relative to the first row, so that equal rows have exactly their value as mean. */
        if (ema->rows == 0)
            ema->r = x;
        ema->y += x - ema->r;
        if (++ema->rows == ema->n)
            ema->y = ema->r + ema->y / (double)ema->n;
        return ema->y;
    }
    int64_t j = ema->j;
    if (j == 0) {
        ema->r = x;
        ema->d = ema->y - x;
        ema->c = 0.0;
    } else {
        ema->c = ema->keep * ema->c + ema->k * (x - ema->r);
    }
    ema->y = ema->r + (ema->c + ema->power[j] * ema->d);
    ema->j = j + 1 < VEL_TA_EMA_BLOCK ? j + 1 : 0;
    return ema->y;
}

/* `y` may be `x`. */
static inline void vel_ta_ema_run(vel_ta_ema_t *ema, int64_t m, const double *x, double *y)
{
    int64_t i = 0;
    while (i < m && (ema->rows < ema->n || ema->j != 0)) {
        y[i] = vel_ta_ema_step(ema, x[i]);
        i++;
    }
    double last = ema->y, k = ema->k, keep = ema->keep;
    double p0 = ema->power[0], p1 = ema->power[1], p2 = ema->power[2], p3 = ema->power[3], p4 = ema->power[4],
           p5 = ema->power[5], p6 = ema->power[6], p7 = ema->power[7];
    for (; i + VEL_TA_EMA_BLOCK <= m; i += VEL_TA_EMA_BLOCK) {
        double r = x[i], d = last - r;
        double c1 = keep * 0.0 + k * (x[i + 1] - r), c2 = keep * c1 + k * (x[i + 2] - r),
               c3 = keep * c2 + k * (x[i + 3] - r), c4 = keep * c3 + k * (x[i + 4] - r),
               c5 = keep * c4 + k * (x[i + 5] - r), c6 = keep * c5 + k * (x[i + 6] - r),
               c7 = keep * c6 + k * (x[i + 7] - r);
        y[i] = r + (0.0 + p0 * d);
        y[i + 1] = r + (c1 + p1 * d);
        y[i + 2] = r + (c2 + p2 * d);
        y[i + 3] = r + (c3 + p3 * d);
        y[i + 4] = r + (c4 + p4 * d);
        y[i + 5] = r + (c5 + p5 * d);
        y[i + 6] = r + (c6 + p6 * d);
        y[i + 7] = last = r + (c7 + p7 * d);
    }
    ema->y = last;
    for (; i < m; i++)
        y[i] = vel_ta_ema_step(ema, x[i]);
}

#endif
