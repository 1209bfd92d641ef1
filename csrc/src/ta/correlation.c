/* correlation.c: two columns, or one and its own past, against each other in a window. */
#include "variance.h"

#define WHILE_BAD "NaN while a NaN or an infinity is in the window."

/* ---- sums of two columns, as variance.h keeps those of one: x and y have one variance each, and share the sum of
 * products of their differences from the two anchors. All are renewed together. */

typedef struct pair {
    vel_ta_variance_t x, y;
    vel_ta_total_t products;
} pair_t;

/* Centred sums: of squares of x and of y, and of products. */
typedef struct moments {
    double xx, yy, xy;
} moments_t;

static void pair_init(pair_t *self, int64_t n, vel_ta_space_t *space)
{
    *self = (pair_t){0};
    vel_ta_variance_init(&self->x, n, space);
    vel_ta_variance_init(&self->y, n, space);
}

static void pair_renew(pair_t *self)
{
    vel_ta_variance_renew(&self->x);
    vel_ta_variance_renew(&self->y);
    const double *x = vel_ta_window_values(&self->x.values), *y = vel_ta_window_values(&self->y.values);
    int64_t n = self->x.values.n, at = self->x.values.at;
    double products = 0.0, anchor = self->x.anchor, other = self->y.anchor;
    for (int64_t k = at; k < n; k++)
        products += (x[k] - anchor) * (y[k] - other);
    for (int64_t k = 0; k < at; k++)
        products += (x[k] - anchor) * (y[k] - other);
    vel_ta_total_set(&self->products, products);
}

/* Adds a row; false while there are fewer than n, or one in the window is NaN or infinite. */
static bool pair_add(pair_t *self, double x, double y)
{
    double anchor = self->x.anchor, other = self->y.anchor;
    double ex = vel_ta_window_values(&self->x.values)[self->x.values.at] - anchor;
    double ey = vel_ta_window_values(&self->y.values)[self->y.values.at] - other;
    bool is_x = vel_ta_variance_add(&self->x, x), is_y = vel_ta_variance_add(&self->y, y);
    if (!is_x || !is_y)
        return false;
    if (self->x.fresh == 0 || self->y.fresh == 0)
        pair_renew(self);
    else
        vel_ta_total_add(&self->products, self->x.fresh - 1, (x - anchor) * (y - other) - ex * ey);
    return true;
}

static inline moments_t pair_moments(const pair_t *self)
{
    double inverse = self->x.inverse;
    return (moments_t){self->x.squares, self->y.squares,
                       self->products.sum - self->x.s1.sum * self->y.s1.sum * inverse};
}

/* Centred sums row by row, NaN where there are none. */
static void pair_run(pair_t *self, int64_t m, const double *x, const double *y, double *xx, double *yy, double *xy)
{
    vel_ta_variance_rows_t left, right;
    double change[VEL_TA_VARIANCE_PIECE], products[VEL_TA_VARIANCE_PIECE];
    for (int64_t i = 0, count; i < m; i += count) {
        double anchor = self->x.anchor, other = self->y.anchor, inverse = self->x.inverse;
        count = vel_ta_variance_peek(&self->x, m - i, x + i, &left);
        count = count == 0 ? 0 : vel_ta_variance_peek(&self->y, count, y + i, &right);
        if (count == 0) {
            bool has_value = pair_add(self, x[i], y[i]);
            moments_t moments = pair_moments(self);
            xx[i] = has_value ? moments.xx : (double)NAN;
            yy[i] = has_value ? moments.yy : (double)NAN;
            xy[i] = has_value ? moments.xy : (double)NAN;
            count = 1;
            continue;
        }
        for (int64_t k = 0; k < count; k++)
            change[k] = (x[i + k] - anchor) * (y[i + k] - other) - left.e[k] * right.e[k];
        vel_ta_total_peek(&self->products, self->x.fresh, count, change, products);
        vel_ta_total_take(&self->products, self->x.fresh, count, change, products);
        vel_ta_variance_take(&self->x, count, x + i, &left);
        vel_ta_variance_take(&self->y, count, y + i, &right);
        for (int64_t k = 0; k < count; k++)
            xy[i + k] = products[k] - left.s1[k + 1] * right.s1[k + 1] * inverse;
        memcpy(xx + i, left.squares, (size_t)count * sizeof *xx);
        memcpy(yy + i, right.squares, (size_t)count * sizeof *yy);
    }
}

/* ---- correl */

typedef struct correl {
    pair_t pair;
} correl_t;

/* Pearson's coefficient; 0 when one of the two does not change. */
static inline double coefficient(double xx, double yy, double xy)
{
    double product = xx * yy, r = xy / sqrt(product);
    r = r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
    return product > 0.0 ? r : product == product ? 0.0 : product;
}

static void coefficient_run(pair_t *pair, int64_t n, const double *x, const double *y, double *out)
{
    double xx[VEL_TA_CHUNK], yy[VEL_TA_CHUNK], xy[VEL_TA_CHUNK];
    pair_run(pair, n, x, y, xx, yy, xy);
    for (int64_t i = 0; i < n; i++)
        out[i] = coefficient(xx[i], yy[i], xy[i]);
}

static inline double coefficient_step(pair_t *pair, double x, double y)
{
    bool has_value = pair_add(pair, x, y);
    moments_t moments = pair_moments(pair);
    return has_value ? coefficient(moments.xx, moments.yy, moments.xy) : (double)NAN;
}

static void correl_init(void *state, const double *params, vel_ta_space_t *space)
{
    correl_t *self = state;
    pair_init(&self->pair, (int64_t)params[0], space);
}

static void correl_step(void *state, const double *in, double *out)
{
    correl_t *self = state;
    out[0] = coefficient_step(&self->pair, in[0], in[1]);
}

static void correl_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    correl_t *self = state;
    coefficient_run(&self->pair, n, in[0], in[1], out[0]);
}

static const vel_indicator_kind_t correl = {
    .name = "correl",
    .class_name = "CORREL",
    .title = "Correlation coefficient",
    .group = "statistics",
    .formula = "correl_t = sum (x - mean x) (y - mean y) / sqrt(sum (x - mean x)^2 sum (y - mean y)^2) over the last n "
               "rows, n = period",
    .source = "K. Pearson, Notes on regression and inheritance in the case of two parents, Proceedings of the Royal "
              "Society of London 58 (1895)",
    .notes = WHILE_BAD " 0 when x or y does not change, as in TA-Lib.",
    .talib = "CORREL",
    .inputs = {"x", "y"},
    .outputs = {{"correl", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the window")},
    .state_size = sizeof(correl_t),
    .init = correl_init,
    .lookback = vel_ta_lookback_of_window,
    .step = correl_step,
    .run = correl_run,
};

/* ---- beta */

typedef struct beta {
    pair_t pair;
    double x, y; /* of the row before */
    bool is_started;
} beta_t;

/* The slope of the line of y over x; 0 when x does not change. */
static inline double slope_of(double xx, double xy)
{
    return xx > 0.0 ? xy / xx : xx == xx ? 0.0 : xx;
}

static inline double return_of(double before, double now)
{
    return before != 0.0 ? (now - before) / before : 0.0;
}

static void beta_init(void *state, const double *params, vel_ta_space_t *space)
{
    beta_t *self = state;
    pair_init(&self->pair, (int64_t)params[0], space);
}

static void beta_step(void *state, const double *in, double *out)
{
    beta_t *self = state;
    out[0] = (double)NAN;
    if (self->is_started) {
        bool has_value = pair_add(&self->pair, return_of(self->x, in[0]), return_of(self->y, in[1]));
        moments_t moments = pair_moments(&self->pair);
        if (has_value)
            out[0] = slope_of(moments.xx, moments.xy);
    }
    self->x = in[0];
    self->y = in[1];
    self->is_started = true;
}

static void beta_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    beta_t *self = state;
    const double *x = in[0], *y = in[1];
    double p[VEL_TA_CHUNK], q[VEL_TA_CHUNK], xx[VEL_TA_CHUNK], yy[VEL_TA_CHUNK], xy[VEL_TA_CHUNK];
    if (n > 0 && !self->is_started) {
        double row[2] = {x[0], y[0]};
        beta_step(self, row, out[0]);
        double *rest[1] = {out[0] + 1};
        const double *columns[2] = {x + 1, y + 1};
        beta_run(self, n - 1, columns, rest);
        return;
    }
    if (n == 0)
        return;
    p[0] = return_of(self->x, x[0]);
    q[0] = return_of(self->y, y[0]);
    for (int64_t i = 1; i < n; i++) {
        p[i] = return_of(x[i - 1], x[i]);
        q[i] = return_of(y[i - 1], y[i]);
    }
    self->x = x[n - 1];
    self->y = y[n - 1];
    pair_run(&self->pair, n, p, q, xx, yy, xy);
    for (int64_t i = 0; i < n; i++)
        out[0][i] = yy[i] == yy[i] ? slope_of(xx[i], xy[i]) : yy[i];
}

static const vel_indicator_kind_t beta = {
    .name = "beta",
    .class_name = "BETA",
    .title = "Beta",
    .group = "statistics",
    .formula =
        "beta_t = sum (p - mean p) (q - mean q) / sum (p - mean p)^2 over the last n rows, p = x_t / x_(t-1) - 1, "
        "q = y_t / y_(t-1) - 1, n = period: the slope of the returns of y over those of x",
    .source = "W. F. Sharpe, A simplified model for portfolio analysis, Management Science 9 (1963)",
    .notes =
        WHILE_BAD " The market is x and the asset y, as in TA-Lib. 0 when x does not change; a return from 0 is 0.",
    .talib = "BETA",
    .inputs = {"x", "y"},
    .outputs = {{"beta", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 5, 1, "returns in the window")},
    .state_size = sizeof(beta_t),
    .init = beta_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = beta_step,
    .run = beta_run,
};

/* ---- autocorrelation */

typedef struct autocorrelation {
    pair_t pair;
    vel_ta_window_t past;
    int64_t rows; /* up to the lag */
} autocorrelation_t;

static void autocorrelation_init(void *state, const double *params, vel_ta_space_t *space)
{
    autocorrelation_t *self = state;
    pair_init(&self->pair, (int64_t)params[0], space);
    vel_ta_window_init(&self->past, (int64_t)params[1], space);
}

static int64_t autocorrelation_lookback(const double *params)
{
    return (int64_t)params[0] + (int64_t)params[1] - 1;
}

static void autocorrelation_step(void *state, const double *in, double *out)
{
    autocorrelation_t *self = state;
    double past = vel_ta_window_push(&self->past, in[0]);
    out[0] = (double)NAN;
    if (self->rows < self->past.n)
        self->rows++;
    else
        out[0] = coefficient_step(&self->pair, in[0], past);
}

static void autocorrelation_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    autocorrelation_t *self = state;
    double past[VEL_TA_CHUNK];
    int64_t i = 0;
    for (; i < n && self->rows < self->past.n; i++)
        autocorrelation_step(self, in[0] + i, out[0] + i);
    vel_ta_window_run(&self->past, n - i, in[0] + i, past);
    coefficient_run(&self->pair, n - i, in[0] + i, past, out[0] + i);
}

static const vel_indicator_kind_t autocorrelation = {
    .name = "autocorrelation",
    .class_name = "Autocorrelation",
    .title = "Autocorrelation",
    .group = "statistics",
    .formula = "autocorrelation_t = correl of (x_t, x_(t-lag)) over the last n rows, each side with its own mean, n = "
               "period",
    .source = "G. E. P. Box, G. M. Jenkins, Time Series Analysis: Forecasting and Control, Holden-Day 1970, chapter 2; "
              "with Pearson's coefficient of the two windows",
    .notes = WHILE_BAD " 0 when a window does not change. Of prices it is near 1; returns are the usual input.",
    .inputs = {"x"},
    .outputs = {{"autocorrelation", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 50, 2, "pairs in the window"),
               VEL_TA_PERIOD("lag", 1, 1, "rows between the two of a pair")},
    .state_size = sizeof(autocorrelation_t),
    .init = autocorrelation_init,
    .lookback = autocorrelation_lookback,
    .step = autocorrelation_step,
    .run = autocorrelation_run,
};

/* ---- half_life */

typedef struct half_life {
    pair_t pair;
    double before;
    bool is_started;
} half_life_t;

static void half_life_init(void *state, const double *params, vel_ta_space_t *space)
{
    half_life_t *self = state;
    pair_init(&self->pair, (int64_t)params[0], space);
}

static inline double half_life_of(double xx, double xy)
{
    double keep = 1.0 + xy / xx;
    return keep > 0.0 && keep < 1.0 ? -0.69314718055994530942 / log(keep) : keep <= 0.0 ? 0.0 : (double)NAN;
}

static void half_life_step(void *state, const double *in, double *out)
{
    half_life_t *self = state;
    out[0] = (double)NAN;
    if (self->is_started && pair_add(&self->pair, self->before, in[0] - self->before)) {
        moments_t moments = pair_moments(&self->pair);
        out[0] = half_life_of(moments.xx, moments.xy);
    }
    self->before = in[0];
    self->is_started = true;
}

static void half_life_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    half_life_t *self = state;
    const double *x = in[0];
    double past[VEL_TA_CHUNK], change[VEL_TA_CHUNK], xx[VEL_TA_CHUNK], yy[VEL_TA_CHUNK], xy[VEL_TA_CHUNK];
    int64_t first = 0;
    if (n > 0 && !self->is_started) {
        half_life_step(self, x, out[0]);
        first = 1;
    }
    if (n <= first)
        return;
    for (int64_t i = first; i < n; i++) {
        past[i] = i == first ? self->before : x[i - 1];
        change[i] = x[i] - past[i];
    }
    self->before = x[n - 1];
    pair_run(&self->pair, n - first, past + first, change + first, xx + first, yy + first, xy + first);
    for (int64_t i = first; i < n; i++)
        out[0][i] = yy[i] == yy[i] ? half_life_of(xx[i], xy[i]) : (double)NAN;
}

static const vel_indicator_kind_t half_life = {
    .name = "half_life",
    .class_name = "HalfLife",
    .title = "Half-life of mean reversion",
    .group = "statistics",
    .formula =
        "half_life_t = ln(1/2) / ln(1 + b), b the slope of least squares of x_s - x_(s-1) over x_(s-1) for the last "
        "n rows s, n = period",
    .source = "The AR(1) form of an Ornstein-Uhlenbeck process: E. P. Chan, Algorithmic Trading, Wiley 2013, chapter 2",
    .notes = WHILE_BAD " In rows. NaN when the series does not revert (b >= 0), 0 when it overshoots its mean at each "
                       "row (b <= -1).",
    .inputs = {"x"},
    .outputs = {{"half_life", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 100, 3, "changes in the window")},
    .state_size = sizeof(half_life_t),
    .init = half_life_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = half_life_step,
    .run = half_life_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(correlation)[] = {
    &correl, &beta, &autocorrelation, &half_life, NULL,
};
