/* order.c: statistics of the order of values in a window, and of their distances from the mean. */
#include "inner.h"

/* TA-Lib's longest window of percentile and percentrank. */
#define PERIOD_MAX 10000

/* ---- runs over tiles of rows: for each age of the window, all rows of a tile at once, in vector registers */

#define TILE 32
/* Windows up to this many rows run by tiles: each chunk copies the window. */
#define TILES_MAX 1024

typedef struct stretch {
    double values[TILES_MAX + VEL_TA_CHUNK + TILE];
} stretch_t;

/* The last `keep` values of a window, the oldest first, then m new ones, then zeros to the end of a tile. */
static inline void stretch_make(stretch_t *self, vel_ta_window_t *window, int64_t keep, int64_t m, const double *x)
{
    const double *values = vel_ta_window_values(window);
    int64_t n = window->n, from = (window->at + n - keep) % n, tail = vel_min(n - from, keep);
    memcpy(self->values, values + from, (size_t)tail * sizeof *x);
    memcpy(self->values + tail, values, (size_t)(keep - tail) * sizeof *x);
    memcpy(self->values + keep, x, (size_t)m * sizeof *x);
    memset(self->values + keep + m, 0, TILE * sizeof *x);
}

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
    .lookback = vel_ta_lookback_of_window,
    .step = percentile_step,
    .run = percentile_run,
};

/* ---- percentrank: counting in vector registers is faster than any order of the window up to thousands of rows */

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

static void percentrank_tile(const double *x, int64_t n, double *out)
{
    double below[TILE] = {0.0};
    for (int64_t k = 0; k < n; k++)
        for (int j = 0; j < TILE; j++)
            below[j] += x[k + j] < x[n + j] ? 1.0 : 0.0;
    for (int j = 0; j < TILE; j++)
        out[j] = below[j] / (double)n * 100.0;
}

static void percentrank_run(void *state, int64_t m, const double *const *in, double *const *out)
{
    vel_ta_window_t *self = state;
    int64_t n = self->n;
    if (n > TILES_MAX) {
        for (int64_t i = 0; i < m; i++)
            percentrank_step(state, in[0] + i, out[0] + i);
        return;
    }
    stretch_t stretch;
    double tile[TILE], left[VEL_TA_CHUNK];
    stretch_make(&stretch, self, n, m, in[0]);
    vel_ta_window_run(self, m, in[0], left);
    for (int64_t i = 0; i < m; i += TILE) {
        percentrank_tile(stretch.values + i, n, tile);
        memcpy(out[0] + i, tile, (size_t)vel_min(m - i, TILE) * sizeof *tile);
    }
}

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
 * The mean moves with each row, so each row takes n distances. Four sums, by age modulo 4, are added at the end in both
 * faces. */
#define LANES 4

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
    if (self->n > TILES_MAX) {
        double mean = avgdev_long(self, NULL);
        out[0] = avgdev_long(self, &mean);
        return;
    }
    double work[TILES_MAX];
    const double *values = vel_ta_window_values(self);
    memcpy(work, values + self->at, (size_t)(self->n - self->at) * sizeof *work);
    memcpy(work + (self->n - self->at), values, (size_t)self->at * sizeof *work);
    double mean = avgdev_mean(work, self->n, NULL);
    out[0] = avgdev_mean(work, self->n, &mean);
}

/* The means of the windows x[j ... j + n - 1] of a tile. The four sums have names of their own: the compiler keeps them
 * in registers, as it does not keep an array of arrays. */
static void avgdev_means(const double *x, int64_t n, double *out)
{
    double a[TILE] = {0.0}, b[TILE] = {0.0}, c[TILE] = {0.0}, d[TILE] = {0.0};
    double *const lanes[LANES] = {a, b, c, d};
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int j = 0; j < TILE; j++) {
            a[j] += x[k + j];
            b[j] += x[k + 1 + j];
            c[j] += x[k + 2 + j];
            d[j] += x[k + 3 + j];
        }
    for (int lane = 0; k < n; k++, lane++)
        for (int j = 0; j < TILE; j++)
            lanes[lane][j] += x[k + j];
    for (int j = 0; j < TILE; j++)
        out[j] = ((a[j] + b[j]) + (c[j] + d[j])) / (double)n;
}

/* The same of the distances from center[j]. */
static void avgdev_distances(const double *x, int64_t n, const double *center, double *out)
{
    double a[TILE] = {0.0}, b[TILE] = {0.0}, c[TILE] = {0.0}, d[TILE] = {0.0};
    double *const lanes[LANES] = {a, b, c, d};
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int j = 0; j < TILE; j++) {
            double mean = center[j];
            a[j] += fabs(x[k + j] - mean);
            b[j] += fabs(x[k + 1 + j] - mean);
            c[j] += fabs(x[k + 2 + j] - mean);
            d[j] += fabs(x[k + 3 + j] - mean);
        }
    for (int lane = 0; k < n; k++, lane++)
        for (int j = 0; j < TILE; j++)
            lanes[lane][j] += fabs(x[k + j] - center[j]);
    for (int j = 0; j < TILE; j++)
        out[j] = ((a[j] + b[j]) + (c[j] + d[j])) / (double)n;
}

static void avgdev_run(void *state, int64_t m, const double *const *in, double *const *out)
{
    vel_ta_window_t *self = state;
    int64_t n = self->n;
    if (n > TILES_MAX) {
        for (int64_t i = 0; i < m; i++)
            avgdev_step(state, in[0] + i, out[0] + i);
        return;
    }
    stretch_t stretch;
    double mean[TILE], tile[TILE], left[VEL_TA_CHUNK];
    stretch_make(&stretch, self, n - 1, m, in[0]);
    vel_ta_window_run(self, m, in[0], left);
    for (int64_t i = 0; i < m; i += TILE) {
        avgdev_means(stretch.values + i, n, mean);
        avgdev_distances(stretch.values + i, n, mean, tile);
        memcpy(out[0] + i, tile, (size_t)vel_min(m - i, TILE) * sizeof *tile);
    }
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
    .lookback = vel_ta_lookback_of_window,
    .step = avgdev_step,
    .run = avgdev_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(order)[] = {
    &percentile,
    &percentrank,
    &avgdev,
    NULL,
};
