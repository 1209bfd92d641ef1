/* realised.c: estimators of the variance of returns from prices.
 *
 * All of them work on logarithms of prices, which must be positive: the logarithm of another price is NaN or infinite,
 * and a sum that has met one is NaN for ever. */
#include "changes.h"
#include "variance.h"

#define PERIOD_PARAM(INITIAL) VEL_TA_PERIOD("period", INITIAL, 2, "rows of the window")
#define PER_YEAR_PARAM                                                                                                 \
    VEL_TA_FACTOR(                                                                                                     \
        "per_year", 1.0, 1.0, 1e12,                                                                                    \
        "rows in a year, which annualise the value (252 for days of shares, 365 for days of crypto); 1: none")
#define POSITIVE "Prices must be positive; another price makes all later values NaN."

static int64_t lookback_of_window(const double *params)
{
    return (int64_t)params[0] - 1;
}

/* ---- realised_volatility */

typedef struct close_to_close {
    double scale; /* annualisation, and n - 1 instead of n as the divisor */
    vel_ta_previous_t close;
    int64_t wait;
    vel_ta_variance_t variance;
} close_to_close_t;

static void close_to_close_init(void *state, const double *params, vel_ta_space_t *space)
{
    close_to_close_t *self = state;
    self->scale = params[1] * params[0] / (params[0] - 1.0);
    self->wait = 1;
    vel_ta_variance_init(&self->variance, (int64_t)params[0], space);
}

static inline double log_return(double x, double before)
{
    return log(x / before);
}

static void close_to_close_step(void *state, const double *in, double *out)
{
    close_to_close_t *self = state;
    double before = vel_ta_previous_step(&self->close, in[0]);
    if (VEL_UNLIKELY(self->wait > 0)) {
        self->wait = 0;
        return;
    }
    out[0] = sqrt(self->scale * vel_ta_variance_step(&self->variance, log_return(in[0], before)));
}

static void close_to_close_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    close_to_close_t *self = state;
    const double *x = in[0];
    double *y = out[0];
    int64_t first = self->wait;
    self->wait = 0;
    vel_ta_previous_run(&self->close, n, x, y);
    for (int64_t i = 0; i < n; i++)
        y[i] = log_return(x[i], y[i]);
    vel_ta_variance_run(&self->variance, n - first, y + first, NULL, y + first);
    for (int64_t i = 0; i < n; i++)
        y[i] = sqrt(self->scale * y[i]);
}

static const vel_indicator_kind_t realised_volatility = {
    .name = "realised_volatility",
    .class_name = "RealisedVolatility",
    .title = "Realised volatility, close to close",
    .group = "volatility",
    .formula =
        "sqrt(per_year sum (r_i - mean r)^2 / (n - 1)), r_i = ln(close_i / close_(i-1)), over n = period returns",
    .source =
        "The sample standard deviation of logarithmic returns; R. Merton, On Estimating the Expected Return on the "
        "Market, Journal of Financial Economics 8 (1980)",
    .notes = "Prices must be positive. NaN while a return in the window is not a finite number.",
    .inputs = {"close"},
    .outputs = {{"realised_volatility", VEL_TA_PANEL}},
    .params = {PERIOD_PARAM(20), PER_YEAR_PARAM},
    .state_size = sizeof(close_to_close_t),
    .init = close_to_close_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = close_to_close_step,
    .run = close_to_close_run,
};

/* ---- estimators that are the root of a mean of a term of each row */

typedef struct ranged {
    double scale;
    vel_ta_sum_t sum;
} ranged_t;

static void ranged_init(ranged_t *self, const double *params, double factor, vel_ta_space_t *space)
{
    self->scale = params[1] * factor / params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
}

/* A sum of terms that candles which contradict themselves can make negative. A NaN stays one. */
static inline double not_below_zero(double x)
{
    return x < 0.0 ? 0.0 : x;
}

static inline double ranged_step(ranged_t *self, double term)
{
    return sqrt(not_below_zero(self->scale * vel_ta_sum_step(&self->sum, term)));
}

static inline void ranged_run(ranged_t *self, int64_t m, const double *terms, double *out)
{
    vel_ta_sum_run(&self->sum, m, terms, out);
    for (int64_t i = 0; i < m; i++)
        out[i] = sqrt(not_below_zero(self->scale * out[i]));
}

static void mean_init(void *state, const double *params, vel_ta_space_t *space)
{
    ranged_init(state, params, 1.0, space);
}

/* ---- parkinson_volatility */

static void parkinson_init(void *state, const double *params, vel_ta_space_t *space)
{
    ranged_init(state, params, 1.0 / (4.0 * log(2.0)), space);
}

static inline double parkinson_term(double high, double low)
{
    double range = log(high / low);
    return range * range;
}

static void parkinson_step(void *state, const double *in, double *out)
{
    out[0] = ranged_step(state, parkinson_term(in[0], in[1]));
}

static void parkinson_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    double term[VEL_TA_CHUNK];
    for (int64_t i = 0; i < n; i++)
        term[i] = parkinson_term(in[0][i], in[1][i]);
    ranged_run(state, n, term, out[0]);
}

static const vel_indicator_kind_t parkinson_volatility = {
    .name = "parkinson_volatility",
    .class_name = "ParkinsonVolatility",
    .title = "Parkinson volatility",
    .group = "volatility",
    .formula = "sqrt(per_year mean(ln(high / low)^2) / (4 ln 2)) over n = period rows",
    .source = "M. Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return, Journal of "
              "Business 53 (1980)",
    .notes = "For prices without drift and without gaps between rows. " POSITIVE,
    .inputs = {"high", "low"},
    .outputs = {{"parkinson_volatility", VEL_TA_PANEL}},
    .params = {PERIOD_PARAM(20), PER_YEAR_PARAM},
    .state_size = sizeof(ranged_t),
    .init = parkinson_init,
    .lookback = lookback_of_window,
    .step = parkinson_step,
    .run = parkinson_run,
};

/* ---- garman_klass_volatility */

/* 2 ln 2 - 1 */
#define GARMAN_KLASS 0.38629436111989061883

static inline double garman_klass_term(double open, double high, double low, double close)
{
    double range = log(high / low), change = log(close / open);
    return 0.5 * (range * range) - GARMAN_KLASS * (change * change);
}

static void garman_klass_step(void *state, const double *in, double *out)
{
    out[0] = ranged_step(state, garman_klass_term(in[0], in[1], in[2], in[3]));
}

static void garman_klass_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    double term[VEL_TA_CHUNK];
    for (int64_t i = 0; i < n; i++)
        term[i] = garman_klass_term(in[0][i], in[1][i], in[2][i], in[3][i]);
    ranged_run(state, n, term, out[0]);
}

static const vel_indicator_kind_t garman_klass_volatility = {
    .name = "garman_klass_volatility",
    .class_name = "GarmanKlassVolatility",
    .title = "Garman-Klass volatility",
    .group = "volatility",
    .formula = "sqrt(per_year mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)) over n = period rows",
    .source =
        "M. Garman and M. Klass, On the Estimation of Security Price Volatilities from Historical Data, Journal of "
        "Business 53 (1980)",
    .notes = "For prices without drift and without gaps between rows. 0 where rows with low > open or close, or high < "
             "them, make the mean negative. " POSITIVE,
    .inputs = {"open", "high", "low", "close"},
    .outputs = {{"garman_klass_volatility", VEL_TA_PANEL}},
    .params = {PERIOD_PARAM(20), PER_YEAR_PARAM},
    .state_size = sizeof(ranged_t),
    .init = mean_init,
    .lookback = lookback_of_window,
    .step = garman_klass_step,
    .run = garman_klass_run,
};

/* ---- rogers_satchell_volatility */

static inline double rogers_satchell_term(double up, double down, double change)
{
    return up * (up - change) + down * (down - change);
}

static void rogers_satchell_step(void *state, const double *in, double *out)
{
    double open = in[0];
    out[0] = ranged_step(state, rogers_satchell_term(log(in[1] / open), log(in[2] / open), log(in[3] / open)));
}

static void rogers_satchell_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    double term[VEL_TA_CHUNK];
    for (int64_t i = 0; i < n; i++) {
        double open = in[0][i];
        term[i] = rogers_satchell_term(log(in[1][i] / open), log(in[2][i] / open), log(in[3][i] / open));
    }
    ranged_run(state, n, term, out[0]);
}

static const vel_indicator_kind_t rogers_satchell_volatility = {
    .name = "rogers_satchell_volatility",
    .class_name = "RogersSatchellVolatility",
    .title = "Rogers-Satchell volatility",
    .group = "volatility",
    .formula =
        "sqrt(per_year mean(u (u - c) + d (d - c))), u = ln(high / open), d = ln(low / open), c = ln(close / open), "
        "over n = period rows",
    .source = "L. Rogers and S. Satchell, Estimating Variance from High, Low and Closing Prices, Annals of Applied "
              "Probability 1 (1991)",
    .notes =
        "Independent of the drift; for prices without gaps between rows. 0 where rows with low > open or close, or "
        "high < them, make the mean negative. " POSITIVE,
    .inputs = {"open", "high", "low", "close"},
    .outputs = {{"rogers_satchell_volatility", VEL_TA_PANEL}},
    .params = {PERIOD_PARAM(20), PER_YEAR_PARAM},
    .state_size = sizeof(ranged_t),
    .init = mean_init,
    .lookback = lookback_of_window,
    .step = rogers_satchell_step,
    .run = rogers_satchell_run,
};

/* ---- yang_zhang_volatility */

typedef struct yang_zhang {
    int64_t wait;
    double per_year;
    double gaps; /* weights of the three variances */
    double changes;
    double ranges;
    vel_ta_previous_t close;
    vel_ta_variance_t gap;
    vel_ta_variance_t change;
    ranged_t range;
} yang_zhang_t;

static void yang_zhang_init(void *state, const double *params, vel_ta_space_t *space)
{
    yang_zhang_t *self = state;
    double n = params[0], sample = n / (n - 1.0), k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
    self->wait = 1;
    self->per_year = params[1];
    self->gaps = sample;
    self->changes = k * sample;
    self->ranges = (1.0 - k) / n;
    vel_ta_variance_init(&self->gap, (int64_t)n, space);
    vel_ta_variance_init(&self->change, (int64_t)n, space);
    ranged_init(&self->range, params, 1.0, space);
}

static inline double yang_zhang_of(const yang_zhang_t *self, double gap, double change, double range)
{
    double variance = self->gaps * gap + self->changes * change + self->ranges * range;
    return sqrt(self->per_year * not_below_zero(variance));
}

static void yang_zhang_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    yang_zhang_t *self = state;
    double gap[VEL_TA_CHUNK], change[VEL_TA_CHUNK], term[VEL_TA_CHUNK], *y = out[0];
    int64_t first = self->wait, count = n - first;
    self->wait = 0;
    vel_ta_previous_run(&self->close, n, in[3], gap);
    for (int64_t i = 0; i < n; i++) {
        double open = in[0][i];
        gap[i] = log(open / gap[i]);
        change[i] = log(in[3][i] / open);
        term[i] = rogers_satchell_term(log(in[1][i] / open), log(in[2][i] / open), change[i]);
    }
    vel_ta_variance_run(&self->gap, count, gap + first, NULL, gap + first);
    vel_ta_variance_run(&self->change, count, change + first, NULL, change + first);
    vel_ta_sum_run(&self->range.sum, count, term + first, y + first);
    for (int64_t i = first; i < n; i++)
        y[i] = yang_zhang_of(self, gap[i], change[i], y[i]);
}

static void yang_zhang_step(void *state, const double *in, double *out)
{
    yang_zhang_t *self = state;
    double open = in[0], before = vel_ta_previous_step(&self->close, in[3]);
    if (VEL_UNLIKELY(self->wait > 0)) {
        self->wait = 0;
        return;
    }
    double change = log(in[3] / open), term = rogers_satchell_term(log(in[1] / open), log(in[2] / open), change);
    double range = vel_ta_sum_step(&self->range.sum, term);
    double gap = vel_ta_variance_step(&self->gap, log(open / before));
    out[0] = yang_zhang_of(self, gap, vel_ta_variance_step(&self->change, change), range);
}

static const vel_indicator_kind_t yang_zhang_volatility = {
    .name = "yang_zhang_volatility",
    .class_name = "YangZhangVolatility",
    .title = "Yang-Zhang volatility",
    .group = "volatility",
    .formula =
        "sqrt(per_year (var(ln(open_i / close_(i-1))) + k var(ln(close_i / open_i)) + (1 - k) rs)), variances with "
        "the divisor n - 1, rs the mean of rogers_satchell_volatility, k = 0.34 / (1.34 + (n + 1) / (n - 1)), over "
        "n = period rows",
    .source =
        "D. Yang and Q. Zhang, Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices, "
        "Journal of Business 73 (2000)",
    .notes = "Independent of the drift and of gaps between rows. " POSITIVE,
    .inputs = {"open", "high", "low", "close"},
    .outputs = {{"yang_zhang_volatility", VEL_TA_PANEL}},
    .params = {PERIOD_PARAM(20), PER_YEAR_PARAM},
    .state_size = sizeof(yang_zhang_t),
    .init = yang_zhang_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = yang_zhang_step,
    .run = yang_zhang_run,
};

/* ---- bipower_variation */

#define HALF_PI 1.57079632679489661923

typedef struct bipower {
    int64_t wait;
    double of_squares; /* factors of the sums */
    double of_products;
    vel_ta_previous_t close;
    vel_ta_previous_t size;
    vel_ta_sum_t squares;
    vel_ta_sum_t products; /* n - 1 of them */
} bipower_t;

static void bipower_init(void *state, const double *params, vel_ta_space_t *space)
{
    bipower_t *self = state;
    self->wait = 1;
    int64_t n = (int64_t)params[0];
    self->of_squares = params[1] / params[0];
    self->of_products = params[1] * HALF_PI / (params[0] - 1.0);
    vel_ta_sum_init(&self->squares, n, space);
    vel_ta_sum_init(&self->products, n - 1, space);
}

static void bipower_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    bipower_t *self = state;
    const double *close = in[0];
    double size[VEL_TA_CHUNK], term[VEL_TA_CHUNK], before[VEL_TA_CHUNK], *bipower = out[0], *variance = out[1],
                                                                         *jump = out[2];
    int64_t first = self->wait, count = n - first;
    self->wait = 0;
    vel_ta_previous_run(&self->close, n, close, before);
    for (int64_t i = 0; i < n; i++)
        size[i] = fabs(log_return(close[i], before[i]));
    vel_ta_previous_run(&self->size, count, size + first, before + first);
    for (int64_t i = first; i < n; i++) {
        term[i] = size[i] * size[i];
        before[i] *= size[i];
    }
    vel_ta_sum_run(&self->squares, count, term + first, variance + first);
    vel_ta_sum_run(&self->products, count, before + first, bipower + first);
    for (int64_t i = first; i < n; i++) {
        double whole = self->of_squares * variance[i], smooth = self->of_products * bipower[i];
        variance[i] = whole;
        bipower[i] = smooth;
        jump[i] = not_below_zero(whole - smooth);
    }
}

static void bipower_step(void *state, const double *in, double *out)
{
    const double *const columns[] = {&in[0]};
    double *const outputs[] = {&out[0], &out[1], &out[2]};
    bipower_run(state, 1, columns, outputs);
}

static const vel_indicator_kind_t bipower_variation = {
    .name = "bipower_variation",
    .class_name = "BipowerVariation",
    .title = "Bipower variation and the jump part of the variance",
    .group = "volatility",
    .formula = "variance = per_year sum r_i^2 / n; bipower = per_year (pi / 2) sum |r_i| |r_(i-1)| / (n - 1) over the "
               "n - 1 pairs "
               "of n = period returns; jump = max(variance - bipower, 0); r_i = ln(close_i / close_(i-1))",
    .source = "O. Barndorff-Nielsen and N. Shephard, Power and Bipower Variation with Stochastic Volatility and Jumps, "
              "Journal of Financial Econometrics 2 (2004); the jump cut off at 0: T. Andersen, T. Bollerslev and F. "
              "Diebold, Roughing It Up, Review of Economics and Statistics 89 (2007)",
    .notes = "Variances of a row, or of a year with per_year; times the period they are those of the window. " POSITIVE,
    .inputs = {"close"},
    .outputs = {{"bipower", VEL_TA_PANEL}, {"variance", VEL_TA_PANEL}, {"jump", VEL_TA_HISTOGRAM}},
    .params = {PERIOD_PARAM(20), PER_YEAR_PARAM},
    .state_size = sizeof(bipower_t),
    .init = bipower_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = bipower_step,
    .run = bipower_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(realised)[] = {
    &realised_volatility,
    &parkinson_volatility,
    &garman_klass_volatility,
    &rogers_satchell_volatility,
    &yang_zhang_volatility,
    &bipower_variation,
    NULL,
};
