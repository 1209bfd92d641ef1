/* complexity.c: how rough, how ordered and how persistent a series is in a window. */
#include "extremum.h"
#include "variance.h"

/* ---- fractal_dimension: Katz */

typedef struct fractal {
    vel_ta_extremum_t max, min; /* of the n + 1 values of n steps */
    vel_ta_window_t past;
    vel_ta_sum_t path;
    double before;
    double steps;
    int64_t rows;
} fractal_t;

static void fractal_init(void *state, const double *params, vel_ta_space_t *space)
{
    fractal_t *self = state;
    int64_t n = (int64_t)params[0];
    vel_ta_extremum_init(&self->max, n, true, space);
    vel_ta_extremum_init(&self->min, n, false, space);
    vel_ta_window_init(&self->past, n - 1, space);
    vel_ta_sum_init(&self->path, n - 1, space);
    self->steps = (double)(n - 1);
}

static inline double fractal_of(double path, double high, double low, double first, double steps)
{
    double reach = high - first > first - low ? high - first : first - low, length = log(steps);
    double dimension = length / (length + log(reach / path));
    /* Neither a straight line nor a point is rough; and rounding must not make one less than a line. */
    return ((reach > 0.0) & (reach < path)) ? dimension : reach == reach && path == path ? 1.0 : (double)NAN;
}

static void fractal_step(void *state, const double *in, double *out)
{
    fractal_t *self = state;
    double x = in[0], high = vel_ta_extremum_step(&self->max, x), low = vel_ta_extremum_step(&self->min, x);
    double first = vel_ta_window_push(&self->past, x);
    double path = self->rows > 0 ? vel_ta_sum_step(&self->path, fabs(x - self->before)) : 0.0;
    self->before = x;
    self->rows = 1;
    out[0] = fractal_of(path, high, low, first, self->steps);
}

static void fractal_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    fractal_t *self = state;
    const double *x = in[0];
    double high[VEL_TA_CHUNK], low[VEL_TA_CHUNK], first[VEL_TA_CHUNK], path[VEL_TA_CHUNK];
    int64_t from = 0;
    if (n > 0 && self->rows == 0) {
        fractal_step(self, x, out[0]);
        from = 1;
    }
    if (from == n)
        return;
    vel_ta_extremum_run(&self->max, n - from, x + from, high);
    vel_ta_extremum_run(&self->min, n - from, x + from, low);
    vel_ta_window_run(&self->past, n - from, x + from, first);
    path[0] = fabs(x[from] - self->before);
    for (int64_t i = from + 1; i < n; i++)
        path[i - from] = fabs(x[i] - x[i - 1]);
    self->before = x[n - 1];
    vel_ta_sum_run(&self->path, n - from, path, path);
    for (int64_t i = from; i < n; i++)
        out[0][i] = fractal_of(path[i - from], high[i - from], low[i - from], first[i - from], self->steps);
}

static const vel_indicator_kind_t fractal_dimension = {
    .name = "fractal_dimension",
    .class_name = "FractalDimension",
    .title = "Fractal dimension (Katz)",
    .group = "statistics",
    .formula = "ln(k) / (ln(k) + ln(d / L)), k = n - 1 steps between the n = period rows of the window, L the sum of "
               "|x_s - x_(s-1)|, d the largest distance of a value from the first of the window",
    .source =
        "M. J. Katz, Fractals and the analysis of waveforms, Computers in Biology and Medicine 18 (1988); distances "
        "of values alone: R. Esteller et al., IEEE Transactions on Circuits and Systems I 48 (2001)",
    .notes = "1 for a line and for equal values. NaN from the first NaN or infinity on.",
    .inputs = {"close"},
    .outputs = {{"fractal_dimension", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 30, 3, "rows of the window")},
    .state_size = sizeof(fractal_t),
    .init = fractal_init,
    .lookback = vel_ta_lookback_of_window,
    .step = fractal_step,
    .run = fractal_run,
};

/* ---- entropies: of counts c of n in all, H = log2(n) - (sum of c log2(c)) / n bits
 *
 * The sum is kept in whole multiples of 2^-40, so that what a value adds it takes away again exactly; n is at most
 * 100000, so that the sum stays below 2^61. */
#define ENTROPY_UNIT 0x1p40

/* c log2(c) of c = 0 ... n, as whole numbers. */
static void entropy_table(int64_t *table, int64_t n)
{
    for (int64_t c = 0; c <= n; c++)
        table[c] = c < 2 ? 0 : (int64_t)((double)c * log2((double)c) * ENTROPY_UNIT);
}

typedef struct counts {
    int64_t n;
    int64_t sum; /* of table[counts] */
    int64_t far; /* bytes from here to the table, and the counts after it */
} counts_t;

static void counts_init(counts_t *self, int64_t n, int64_t classes, vel_ta_space_t *space)
{
    self->n = n;
    self->sum = 0;
    self->far = vel_ta_place(space, self, n + 1 + classes);
    if (space->base != NULL)
        entropy_table((int64_t *)(void *)((char *)self + self->far), n);
}

static inline int64_t *counts_table(counts_t *self)
{
    return (int64_t *)(void *)((char *)self + self->far);
}

static inline int64_t *counts_values(counts_t *self)
{
    return counts_table(self) + self->n + 1;
}

static inline void counts_change(counts_t *self, int64_t class, int64_t change)
{
    const int64_t *table = counts_table(self);
    int64_t *count = counts_values(self) + class, former = *count;
    *count = former + change;
    self->sum += table[former + change] - table[former];
}

static inline double counts_bits(const counts_t *self)
{
    double n = (double)self->n, bits = log2(n) - (double)self->sum / ENTROPY_UNIT / n;
    return bits > 1e-12 ? bits : 0.0;
}

/* ---- entropy: of binned returns */

typedef struct entropy {
    counts_t counts;
    vel_ta_window_t returns;
    vel_ta_extremum_t max, min;
    int64_t bins;
    double high, low; /* of the bins that are counted */
    double before;
    int64_t rows;     /* with a return */
    int64_t last_bad; /* the last return that is NaN or infinite */
    bool is_started;
    bool is_counted;
} entropy_t;

static void entropy_init(void *state, const double *params, vel_ta_space_t *space)
{
    entropy_t *self = state;
    int64_t n = (int64_t)params[0];
    self->bins = (int64_t)params[1];
    self->last_bad = vel_ta_never(n);
    counts_init(&self->counts, n, self->bins, space);
    vel_ta_window_init(&self->returns, n, space);
    vel_ta_extremum_init(&self->max, n, true, space);
    vel_ta_extremum_init(&self->min, n, false, space);
}

static inline int64_t entropy_bin(const entropy_t *self, double x)
{
    int64_t bin = (int64_t)((x - self->low) / (self->high - self->low) * (double)self->bins);
    return bin < self->bins ? bin : self->bins - 1;
}

static void entropy_count(entropy_t *self)
{
    const double *returns = vel_ta_window_values(&self->returns);
    memset(counts_values(&self->counts), 0, (size_t)self->bins * sizeof(int64_t));
    self->counts.sum = 0;
    for (int64_t k = 0; k < self->returns.n; k++)
        counts_change(&self->counts, entropy_bin(self, returns[k]), 1);
}

static void entropy_step(void *state, const double *in, double *out)
{
    entropy_t *self = state;
    double x = in[0], change = log(x / self->before);
    self->before = x;
    out[0] = (double)NAN;
    if (!self->is_started) {
        self->is_started = true;
        return;
    }
    int64_t row = self->rows++, n = self->returns.n;
    double left = vel_ta_window_push(&self->returns, change);
    double high = vel_ta_extremum_step(&self->max, change), low = vel_ta_extremum_step(&self->min, change);
    if (!vel_ta_is_finite(change))
        self->last_bad = row;
    if (row + 1 < n || row - self->last_bad < n) {
        self->is_counted = false;
        return;
    }
    if (!(low < high)) {
        self->is_counted = false;
        out[0] = 0.0;
        return;
    }
    /* The bins stay while the range does; else all are counted anew. */
    if (self->is_counted && high == self->high && low == self->low) {
        counts_change(&self->counts, entropy_bin(self, left), -1);
        counts_change(&self->counts, entropy_bin(self, change), 1);
    } else {
        self->high = high;
        self->low = low;
        self->is_counted = true;
        entropy_count(self);
    }
    out[0] = counts_bits(&self->counts);
}
VEL_TA_RUN(entropy, 1, 1)

static const vel_indicator_kind_t entropy = {
    .name = "entropy",
    .class_name = "Entropy",
    .title = "Shannon entropy of returns",
    .group = "statistics",
    .formula =
        "-(sum of p log2 p) over `bins` bins of equal width from the least to the greatest of the last n log "
        "returns ln(x_s / x_(s-1)), p the share of the returns in a bin, n = period; in bits, at most log2(bins)",
    .source = "C. E. Shannon, A mathematical theory of communication, Bell System Technical Journal 27 (1948)",
    .notes =
        "0 when the returns are equal. NaN while a return in the window is NaN or infinite (a price of 0 or less). A "
        "row is O(1) while the range of the returns stays, else O(period).",
    .inputs = {"close"},
    .outputs = {{"entropy", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 100, 2, "returns in the window"),
               {.name = "bins",
                .initial = 10,
                .low = 2,
                .high = 1000,
                .kind = VEL_TA_INTEGER,
                .text = "bins of equal width"}},
    .state_size = sizeof(entropy_t),
    .init = entropy_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = entropy_step,
    .run = entropy_run,
};

/* ---- permutation_entropy */

#define ORDER_MAX 7

typedef struct permutation {
    counts_t counts;
    vel_ta_window_t patterns; /* numbers of the last n patterns */
    vel_ta_window_t recent;   /* the last `order` values */
    int64_t order;
    double bits_max; /* log2(order!) */
    int64_t rows;
    int64_t last_bad; /* row of the last NaN */
} permutation_t;

static int64_t factorial(int64_t n)
{
    int64_t product = 1;
    for (int64_t k = 2; k <= n; k++)
        product *= k;
    return product;
}

static void permutation_init(void *state, const double *params, vel_ta_space_t *space)
{
    permutation_t *self = state;
    int64_t n = (int64_t)params[0];
    self->order = (int64_t)params[1];
    self->last_bad = vel_ta_never(n + self->order);
    self->bits_max = log2((double)factorial(self->order));
    counts_init(&self->counts, n - self->order + 1, factorial(self->order), space);
    vel_ta_window_init(&self->patterns, n - self->order + 1, space);
    vel_ta_window_init(&self->recent, self->order, space);
}

/* The number of the order of the last values: for each, how many later ones are smaller, in mixed radix. Of equal ones
 * the earlier counts as the smaller. */
static int64_t permutation_pattern(permutation_t *self)
{
    double x[ORDER_MAX];
    int64_t m = self->order, number = 0;
    for (int64_t k = 0; k < m; k++)
        x[k] = vel_ta_window_ago(&self->recent, m - 1 - k);
    for (int64_t i = 0; i < m; i++) {
        int64_t smaller = 0;
        for (int64_t k = i + 1; k < m; k++)
            smaller += x[k] < x[i];
        number = number * (m - i) + smaller;
    }
    return number;
}

static void permutation_step(void *state, const double *in, double *out)
{
    permutation_t *self = state;
    double x = in[0];
    int64_t row = self->rows++, m = self->order, n = self->patterns.n;
    vel_ta_window_push(&self->recent, x);
    if (x != x)
        self->last_bad = row;
    out[0] = (double)NAN;
    if (row + 1 < m)
        return;
    double pattern = (double)permutation_pattern(self), left = vel_ta_window_push(&self->patterns, pattern);
    /* A pattern with a NaN is counted as any other; there is no value while one is in the window. */
    if (row + 1 - m >= n)
        counts_change(&self->counts, (int64_t)left, -1);
    counts_change(&self->counts, (int64_t)pattern, 1);
    if (row + 1 - m + 1 >= n && row - self->last_bad >= n + m - 1)
        out[0] = counts_bits(&self->counts) / self->bits_max;
}
VEL_TA_RUN(permutation, 1, 1)

static int permutation_check(const double *params, int *bad)
{
    *bad = 1;
    return params[1] < params[0] ? VEL_OK : VEL_EINVAL;
}

static const vel_indicator_kind_t permutation_entropy = {
    .name = "permutation_entropy",
    .class_name = "PermutationEntropy",
    .title = "Permutation entropy",
    .group = "statistics",
    .formula =
        "-(sum of p log2 p) / log2(m!), p the share of each of the m! orders among those of m = order consecutive "
        "rows in the last n = period rows; between 0 and 1",
    .source = "C. Bandt, B. Pompe, Permutation entropy: a natural complexity measure for time series, Physical Review "
              "Letters 88 (2002) 174102",
    .notes = "Of equal values the earlier counts as the smaller. NaN while a NaN is in the window.",
    .inputs = {"close"},
    .outputs = {{"permutation_entropy", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 100, 3, "rows of the window"),
               {.name = "order",
                .initial = 3,
                .low = 2,
                .high = ORDER_MAX,
                .kind = VEL_TA_INTEGER,
                .text = "rows whose order is one pattern; less than the period"}},
    .state_size = sizeof(permutation_t),
    .init = permutation_init,
    .lookback = vel_ta_lookback_of_window,
    .check = permutation_check,
    .step = permutation_step,
    .run = permutation_run,
};

/* ---- hurst: rescaled range
 *
 * For each size s = n, n/2, n/4 ... of at least 8 returns, the rescaled range of the s returns that end at a row is
 * computed once and kept, as later windows need it again. */
#define HURST_SIZE_MIN 8
#define HURST_SIZES 14

typedef struct hurst_size {
    int64_t size;
    int64_t blocks; /* of this size in the window */
    double x;       /* ln(size) less its mean over the sizes, over the sum of their squares */
    vel_ta_variance_t returns;
    vel_ta_window_t ranges; /* rescaled ranges of the rows of the window */
} hurst_size_t;

typedef struct hurst {
    int64_t n;
    int64_t far; /* bytes from here to the logarithms of the last n + 1 prices, each twice, n + 1 places apart, so that
                  * any number of the last ones lie next to each other */
    int64_t at;  /* place of the oldest */
    int64_t rows;
    int64_t count; /* of sizes */
    hurst_size_t sizes[HURST_SIZES];
} hurst_t;

static void hurst_init(void *state, const double *params, vel_ta_space_t *space)
{
    hurst_t *self = state;
    int64_t n = (int64_t)params[0];
    self->n = n;
    self->far = vel_ta_place(space, self, 2 * (n + 1));
    self->count = 0;
    double mean = 0.0, squares = 0.0;
    for (int64_t size = n; size >= HURST_SIZE_MIN; size /= 2) {
        hurst_size_t *one = &self->sizes[self->count++];
        one->size = size;
        one->blocks = n / size;
        one->x = log((double)size);
        mean += one->x;
        vel_ta_variance_init(&one->returns, size, space);
        vel_ta_window_init(&one->ranges, n - size + 1, space);
    }
    mean /= (double)self->count;
    for (int64_t k = 0; k < self->count; k++) {
        self->sizes[k].x -= mean;
        squares += self->sizes[k].x * self->sizes[k].x;
    }
    for (int64_t k = 0; k < self->count; k++)
        self->sizes[k].x /= squares;
}

/* Eight ranges at once, as each comparison waits for the one before. */
#define HURST_LANES 8

/* The range of the deviations of `size` returns from their mean, summed from the first on; logs[0] is the price before
 * the first return. */
static double hurst_range(const double *logs, int64_t size)
{
    double first = logs[0], slope = (logs[size] - first) / (double)size;
    double low[HURST_LANES] = {0.0}, high[HURST_LANES] = {0.0}, place[HURST_LANES];
    int64_t k = 0;
    for (int lane = 0; lane < HURST_LANES; lane++)
        place[lane] = (double)lane;
    for (; k + HURST_LANES <= size; k += HURST_LANES)
        for (int lane = 0; lane < HURST_LANES; lane++) {
            double deviation = logs[k + lane] - first - place[lane] * slope;
            high[lane] = deviation > high[lane] ? deviation : high[lane];
            low[lane] = deviation < low[lane] ? deviation : low[lane];
            place[lane] += (double)HURST_LANES;
        }
    for (int lane = 0; k < size; k++, lane++) {
        double deviation = logs[k] - first - place[lane] * slope;
        high[lane] = deviation > high[lane] ? deviation : high[lane];
        low[lane] = deviation < low[lane] ? deviation : low[lane];
    }
    for (int width = HURST_LANES / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; lane++) {
            high[lane] = high[lane + width] > high[lane] ? high[lane + width] : high[lane];
            low[lane] = low[lane + width] < low[lane] ? low[lane + width] : low[lane];
        }
    return high[0] - low[0];
}

/* The mean rescaled range of the blocks of a size, the newest of which ends at the current row; those of equal returns
 * are left out. */
static double hurst_mean(hurst_size_t *self)
{
    const double *ranges = vel_ta_window_values(&self->ranges);
    int64_t n = self->ranges.n, at = self->ranges.at == 0 ? n - 1 : self->ranges.at - 1, used = 0;
    double sum = 0.0;
    for (int64_t k = 0; k < self->blocks; k++) {
        bool is_used = ranges[at] == ranges[at];
        used += is_used;
        sum += is_used ? ranges[at] : 0.0;
        at = at < self->size ? at - self->size + n : at - self->size;
    }
    return sum / (double)used;
}

static void hurst_step(void *state, const double *in, double *out)
{
    hurst_t *self = state;
    int64_t width = self->n + 1, former = self->at == 0 ? width - 1 : self->at - 1;
    double *logs = (double *)(void *)((char *)self + self->far);
    double now = log(in[0]), change = now - logs[former], exponent = 0.0;
    logs[self->at] = logs[self->at + width] = now;
    self->at = self->at + 1 < width ? self->at + 1 : 0;
    out[0] = (double)NAN;
    if (self->rows++ == 0)
        return;
    const double *last = logs + self->at + self->n;
    for (int64_t i = 0; i < self->count; i++) {
        hurst_size_t *one = &self->sizes[i];
        double variance = vel_ta_variance_step(&one->returns, change);
        vel_ta_window_push(&one->ranges,
                           variance > 0.0 ? hurst_range(last - one->size, one->size) / sqrt(variance) : (double)NAN);
        exponent += log(hurst_mean(one)) * one->x;
    }
    /* A NaN in the window makes the longest range a NaN. */
    out[0] = exponent;
}
VEL_TA_RUN(hurst, 1, 1)

static const vel_indicator_kind_t hurst = {
    .name = "hurst",
    .class_name = "Hurst",
    .title = "Hurst exponent (rescaled range)",
    .group = "statistics",
    .formula =
        "The slope of least squares of ln(mean R/S) over ln(s) for s = n, n/2, n/4 ... (rounded down, at least 8), n "
        "= period. The last n log returns are cut into blocks of s from the newest on; R is the range of the summed "
        "deviations of a block from its mean, 0 included, S its standard deviation (divided by s)",
    .source = "H. E. Hurst, Long-term storage capacity of reservoirs, Transactions of the American Society of Civil "
              "Engineers 116 (1951); B. B. Mandelbrot, J. R. Wallis, Water Resources Research 5 (1969)",
    .notes =
        "Not corrected for small samples: independent returns give about 0.6 at the default period (A. A. Anis, E. H. "
        "Lloyd, Biometrika 63, 1976). Blocks of equal returns are left out; NaN when all are, and while a NaN, an "
        "infinity or a price of 0 or less is in the window. A row takes up to 2 period steps.",
    .inputs = {"close"},
    .outputs = {{"hurst", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 128, 16, "returns in the window")},
    .state_size = sizeof(hurst_t),
    .init = hurst_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = hurst_step,
    .run = hurst_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(complexity)[] = {
    &hurst, &fractal_dimension, &entropy, &permutation_entropy, NULL,
};
