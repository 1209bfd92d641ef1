/* order.c: statistics of the order of values in a window, and of their distances from the mean. */
#include "inner.h"

/* TA-Lib's longest window of percentile and percentrank. */
#define PERIOD_MAX 10000

/* ---- percentile: the window twice, by age and sorted
 *
 * A row finds the place of the value that leaves and of the one that comes, and moves what lies between them by one:
 * a binary search and one memmove, at most n values of 8 bytes. NaNs are not among the sorted ones. */
typedef struct percentile {
    vel_ta_window_t values;
    int64_t far;    /* bytes from here to the sorted numbers */
    int64_t count;  /* numbers in the window */
    int64_t place;  /* of the percentile among n sorted ones */
    int64_t filled; /* rows, up to n */
} percentile_t;

static void percentile_init(void *state, const double *params, vel_ta_space_t *space)
{
    percentile_t *self = state;
    int64_t n = (int64_t)params[0];
    vel_ta_window_init(&self->values, n, space);
    self->far = vel_ta_place(space, self, n);
    /* The product first, as in TA-Lib: p / 100 is not exact and lands above an integer. */
    double rank = ceil(params[1] * (double)n / 100.0);
    self->place = (int64_t)vel_min(vel_max((int64_t)rank, 1), n) - 1;
}

/* Numbers before which `x` would be inserted first (of equal ones) in an ascending array. */
static inline int64_t place_of(const double *sorted, int64_t count, double x)
{
    const double *base = sorted;
    while (count > 16) {
        int64_t half = count / 2;
        base += base[half - 1] < x ? half : 0;
        count -= half;
    }
    int64_t place = 0;
    for (int64_t k = 0; k < count; k++)
        place += base[k] < x;
    return base - sorted + place;
}

static void percentile_step(void *state, const double *in, double *out)
{
    percentile_t *self = state;
    double *sorted = (double *)(void *)((char *)self + self->far);
    double x = in[0], old = vel_ta_window_push(&self->values, x);
    bool is_full = self->filled == self->values.n, has_old = is_full & (old == old), has_new = x == x;
    self->filled += !is_full;
    if (has_old && has_new) {
        int64_t from = place_of(sorted, self->count, old), to = place_of(sorted, self->count, x);
        if (to > from) {
            to--;
            memmove(sorted + from, sorted + from + 1, (size_t)(to - from) * sizeof *sorted);
        } else {
            memmove(sorted + to + 1, sorted + to, (size_t)(from - to) * sizeof *sorted);
        }
        sorted[to] = x;
    } else if (has_old) {
        int64_t from = place_of(sorted, self->count, old);
        self->count--;
        memmove(sorted + from, sorted + from + 1, (size_t)(self->count - from) * sizeof *sorted);
    } else if (has_new) {
        int64_t to = place_of(sorted, self->count, x);
        memmove(sorted + to + 1, sorted + to, (size_t)(self->count - to) * sizeof *sorted);
        sorted[to] = x;
        self->count++;
    }
    out[0] = self->count == self->values.n ? sorted[self->place] : (double)NAN;
}
VEL_TA_RUN(percentile, 1, 1)

static int64_t lookback_of_period(const double *params)
{
    return (int64_t)params[0] - 1;
}

static const vel_indicator_kind_t percentile = {
    .name = "percentile",
    .class_name = "PERCENTILE",
    .title = "Percentile of a window",
    .group = "statistics",
    .formula = "percentile_t = the k-th smallest of x_t, ..., x_(t-n+1), k = ceil(percentile n / 100), at least 1; n = "
               "period",
    .source = "The nearest-rank definition of a percentile",
    .notes = "50 gives the median of an odd number of rows, and the lower of the two middle values of an even one. NaN "
             "while a NaN is in the window. A row costs a binary search and moves up to n sorted values.",
    .talib = "PERCENTILE",
    .inputs = {"close"},
    .outputs = {{"percentile", VEL_TA_OVERLAY}},
    .params = {{.name = "period",
                .initial = 30,
                .low = 2,
                .high = PERIOD_MAX,
                .kind = VEL_TA_INTEGER,
                .text = "rows of the window"},
               VEL_TA_FACTOR("percentile", 50.0, 0.0, 100.0, "share of the values that are not above it, in percent")},
    .state_size = sizeof(percentile_t),
    .init = percentile_init,
    .lookback = lookback_of_period,
    .step = percentile_step,
    .run = percentile_run,
};

/* ---- percentrank: counting in vector registers is faster than any order of the window until thousands of rows */

static void percentrank_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_window_init(state, (int64_t)params[0], space);
}

static void percentrank_step(void *state, const double *in, double *out)
{
    vel_ta_window_t *self = state;
    const double *values = vel_ta_window_values(self);
    double x = in[0];
    int64_t n = self->n, below = 0;
    for (int64_t k = 0; k < n; k++)
        below += values[k] < x;
    vel_ta_window_push(self, x);
    out[0] = (double)below / (double)n * 100.0;
}
VEL_TA_RUN(percentrank, 1, 1)

static int64_t percentrank_lookback(const double *params)
{
    return (int64_t)params[0];
}

static const vel_indicator_kind_t percentrank = {
    .name = "percentrank",
    .class_name = "PERCENTRANK",
    .title = "Percent rank",
    .group = "statistics",
    .formula = "percentrank_t = 100 (number of x_(t-1), ..., x_(t-n) below x_t) / n, n = period",
    .source = "L. A. Connors, C. Alvarez, An Introduction to ConnorsRSI, Connors Research 2012",
    .notes = "A NaN is below nothing and nothing is below it. A row compares n values in vector registers.",
    .talib = "PERCENTRANK",
    .inputs = {"close"},
    .outputs = {{"percentrank", VEL_TA_PANEL}},
    .params = {{.name = "period",
                .initial = 100,
                .low = 2,
                .high = PERIOD_MAX,
                .kind = VEL_TA_INTEGER,
                .text = "rows before the current one"}},
    .state_size = sizeof(vel_ta_window_t),
    .init = percentrank_init,
    .lookback = percentrank_lookback,
    .step = percentrank_step,
    .run = percentrank_run,
};

/* ---- avgdev
 *
 * The mean moves with each row, so each row takes n distances. A run takes the distances of all its rows to the values
 * of one age at a time, in vector registers; four sums, by age modulo 4, are added at the end in both faces. */
#define LANES 4
/* Windows up to this many rows run by passes: each chunk copies the window. */
#define PASSES_MAX 1024

static void avgdev_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_window_init(state, (int64_t)params[0], space);
}

/* The mean of x[0 ... n-1], or of their distances from *center. */
static inline double avgdev_mean(const double *x, int64_t n, const double *center)
{
    double sums[LANES] = {0.0};
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += center == NULL ? x[k + lane] : fabs(x[k + lane] - *center);
    for (int lane = 0; k < n; k++, lane++)
        sums[lane] += center == NULL ? x[k] : fabs(x[k] - *center);
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / (double)n;
}

/* A long window, whose values are taken one by one. */
static double avgdev_long(vel_ta_window_t *self, const double *center)
{
    double sums[LANES] = {0.0};
    for (int64_t k = 0, n = self->n; k < n; k++) {
        double x = vel_ta_window_ago(self, n - 1 - k);
        sums[k % LANES] += center == NULL ? x : fabs(x - *center);
    }
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / (double)self->n;
}

static void avgdev_step(void *state, const double *in, double *out)
{
    vel_ta_window_t *self = state;
    vel_ta_window_push(self, in[0]);
    if (self->n > PASSES_MAX) {
        double mean = avgdev_long(self, NULL);
        out[0] = avgdev_long(self, &mean);
        return;
    }
    double work[PASSES_MAX];
    const double *values = vel_ta_window_values(self);
    memcpy(work, values + self->at, (size_t)(self->n - self->at) * sizeof *work);
    memcpy(work + (self->n - self->at), values, (size_t)self->at * sizeof *work);
    double mean = avgdev_mean(work, self->n, NULL);
    out[0] = avgdev_mean(work, self->n, &mean);
}

/* The sums over windows of n of x[i ... i + n - 1] for each i, by age; of their distances from mean[i] if it is not
 * NULL. */
static void avgdev_pass(const double *x, int64_t n, int64_t m, const double *mean, double *out)
{
    double sums[LANES][VEL_TA_CHUNK];
    memset(sums, 0, sizeof sums);
    for (int64_t k = 0; k < n; k++) {
        double *sum = sums[k % LANES];
        const double *value = x + k;
        if (mean == NULL)
            for (int64_t i = 0; i < m; i++)
                sum[i] += value[i];
        else
            for (int64_t i = 0; i < m; i++)
                sum[i] += fabs(value[i] - mean[i]);
    }
    for (int64_t i = 0; i < m; i++)
        out[i] = ((sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i])) / (double)n;
}

static void avgdev_run(void *state, int64_t m, const double *const *in, double *const *out)
{
    vel_ta_window_t *self = state;
    int64_t n = self->n;
    if (n > PASSES_MAX) {
        for (int64_t i = 0; i < m; i++)
            avgdev_step(state, in[0] + i, out[0] + i);
        return;
    }
    double work[PASSES_MAX + VEL_TA_CHUNK], mean[VEL_TA_CHUNK];
    const double *values = vel_ta_window_values(self);
    /* The last n - 1 values, the oldest first, then the new ones. */
    int64_t from = self->at + 1 < n ? self->at + 1 : 0, tail = vel_min(n - from, n - 1);
    memcpy(work, values + from, (size_t)tail * sizeof *work);
    memcpy(work + tail, values, (size_t)(n - 1 - tail) * sizeof *work);
    memcpy(work + n - 1, in[0], (size_t)m * sizeof *work);
    vel_ta_window_run(self, m, in[0], mean);
    avgdev_pass(work, n, m, NULL, mean);
    avgdev_pass(work, n, m, mean, out[0]);
}

static const vel_indicator_kind_t avgdev = {
    .name = "avgdev",
    .class_name = "AVGDEV",
    .title = "Average deviation",
    .group = "statistics",
    .formula = "avgdev_t = (|x_t - m| + ... + |x_(t-n+1) - m|) / n, m the mean of the window, n = period",
    .source = "Definition of the mean absolute deviation",
    .notes = "NaN while a NaN is in the window. A row takes n distances; over columns in vector registers.",
    .talib = "AVGDEV",
    .inputs = {"close"},
    .outputs = {{"avgdev", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_window_t),
    .init = avgdev_init,
    .lookback = lookback_of_period,
    .step = avgdev_step,
    .run = avgdev_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(order)[] = {
    &percentile,
    &percentrank,
    &avgdev,
    NULL,
};
