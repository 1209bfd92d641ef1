/* oscillators.c: indicators that swing between two bounds or around 0, other than stochastics. */
#include "changes.h"
#include "history.h"
#include "inner.h"

static int64_t lookback_of_window(const double *params)
{
    return (int64_t)params[0] - 1;
}

/* ---- rsi */

static void rsi_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_gains_init(state, (int64_t)params[0]);
}

static int64_t rsi_settles(const double *params)
{
    return vel_ta_gains_settles((int64_t)params[0]);
}

static void rsi_step(void *state, const double *in, double *out)
{
    double up, down;
    vel_ta_gains_step(state, in[0], &up, &down);
    out[0] = vel_ta_strength(up, down);
}

static void rsi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    double means[2 * VEL_TA_CHUNK], *y = out[0];
    vel_ta_gains_run(state, n, in[0], y, means);
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_strength(means[2 * i], means[2 * i + 1]);
}

static const vel_indicator_kind_t rsi = {
    .name = "rsi",
    .class_name = "RSI",
    .title = "Relative strength index",
    .group = "oscillators",
    .formula = "rsi_t = 100 u_t / (u_t + d_t), u and d Wilder's means of gains and losses over period rows: "
               "u_t = u_(t-1) + (gain_t - u_(t-1)) / n; the first are the means of n changes",
    .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978)",
    .notes = "0 while no price has changed. A NaN stays for ever; TA-Lib gives 0 after it.",
    .talib = "RSI",
    .inputs = {"close"},
    .outputs = {{"rsi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the means")},
    .state_size = sizeof(vel_ta_gains_t),
    .init = rsi_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = rsi_settles,
    .step = rsi_step,
    .run = rsi_run,
};

/* ---- cci */

static void cci_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_history_init(state, (int64_t)params[0], space);
}

/* Three times the typical price, without a division: the indices that use it do not change with its unit. */
static inline double sum_of_prices(double high, double low, double close)
{
    return high + low + close;
}

/* The index of rows whose windows start at x, at x + 1 and so on. Values are added in groups of four, so that the
 * chain of additions of a sum has a quarter of the length. The mean is taken relative to the oldest value, so that
 * equal values have exactly their value as mean, and a deviation of 0. */
static inline void cci_of(const double *x, int64_t n, int64_t rows, double *out)
{
    double mean[VEL_TA_CHUNK], size[VEL_TA_CHUNK];
    int64_t k = 0;
    for (int64_t i = 0; i < rows; i++)
        mean[i] = size[i] = 0.0;
    for (; k + 4 <= n; k += 4)
        for (int64_t i = 0; i < rows; i++) {
            const double *v = x + k + i;
            double first = x[i];
            mean[i] += ((v[0] - first) + (v[1] - first)) + ((v[2] - first) + (v[3] - first));
        }
    for (; k < n; k++)
        for (int64_t i = 0; i < rows; i++)
            mean[i] += x[k + i] - x[i];
    for (int64_t i = 0; i < rows; i++)
        mean[i] = x[i] + mean[i] / (double)n;
    for (k = 0; k + 4 <= n; k += 4)
        for (int64_t i = 0; i < rows; i++) {
            const double *v = x + k + i;
            double middle = mean[i];
            size[i] += (fabs(v[0] - middle) + fabs(v[1] - middle)) + (fabs(v[2] - middle) + fabs(v[3] - middle));
        }
    for (; k < n; k++)
        for (int64_t i = 0; i < rows; i++)
            size[i] += fabs(x[k + i] - mean[i]);
    for (int64_t i = 0; i < rows; i++)
        out[i] = vel_ta_ratio(x[i + n - 1] - mean[i], 0.015 * (size[i] / (double)n), 0.0);
}

static void cci_step(void *state, const double *in, double *out)
{
    vel_ta_history_t *self = state;
    double x = sum_of_prices(in[0], in[1], in[2]);
    cci_of(vel_ta_history_add(self, 1, &x), self->n, 1, out);
}

static void cci_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_history_t *self = state;
    double *prices = out[0];
    for (int64_t i = 0; i < n; i++)
        prices[i] = sum_of_prices(in[0][i], in[1][i], in[2][i]);
    cci_of(vel_ta_history_add(self, n, prices), self->n, n, out[0]);
}

static const vel_indicator_kind_t cci = {
    .name = "cci",
    .class_name = "CCI",
    .title = "Commodity channel index",
    .group = "oscillators",
    .formula = "cci_t = (p_t - m_t) / (0.015 v_t), p = (high + low + close) / 3, m_t the mean of p over period rows, "
               "v_t the mean of |p - m_t| over the same rows",
    .source = "D. R. Lambert, Commodity Channel Index, Commodities (October 1980)",
    .notes =
        "0 where all prices of the window are equal. NaN while a NaN is in the window. The mean deviation is taken "
        "anew for each row, which takes a time that grows with the period.",
    .talib = "CCI",
    .inputs = {"high", "low", "close"},
    .outputs = {{"cci", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_history_t),
    .init = cci_init,
    .lookback = lookback_of_window,
    .step = cci_step,
    .run = cci_run,
};

/* ---- mfi */

typedef struct mfi {
    vel_ta_previous_t previous;
    vel_ta_sum_t up;
    vel_ta_sum_t down;
} mfi_t;

static void mfi_init(void *state, const double *params, vel_ta_space_t *space)
{
    mfi_t *self = state;
    vel_ta_sum_init(&self->up, (int64_t)params[0], space);
    vel_ta_sum_init(&self->down, (int64_t)params[0], space);
}

/* Typical prices that differ by rounding alone are equal: the sum of three prices may round either way. */
static inline double money_flow(double price, double before, double volume)
{
    return fabs(price - before) <= 1e-14 * (fabs(price) + fabs(before)) ? 0.0 : price * volume;
}

static inline double mfi_of(double up, double down)
{
    return 100.0 * vel_ta_ratio(up < 0.0 ? 0.0 : up, up + down, 0.0);
}

static void mfi_step(void *state, const double *in, double *out)
{
    mfi_t *self = state;
    double price = sum_of_prices(in[0], in[1], in[2]), before = vel_ta_previous_step(&self->previous, price);
    double flow = money_flow(price, before, in[3]);
    double up = vel_ta_sum_step(&self->up, price < before ? 0.0 : flow);
    double down = vel_ta_sum_step(&self->down, price < before ? flow : 0.0);
    out[0] = mfi_of(up, down);
}

static void mfi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    mfi_t *self = state;
    double price[VEL_TA_CHUNK], before[VEL_TA_CHUNK], flow[VEL_TA_CHUNK], *up = out[0], *down = before;
    for (int64_t i = 0; i < n; i++)
        price[i] = sum_of_prices(in[0][i], in[1][i], in[2][i]);
    vel_ta_previous_run(&self->previous, n, price, before);
    for (int64_t i = 0; i < n; i++) {
        bool is_down = price[i] < before[i];
        flow[i] = money_flow(price[i], before[i], in[3][i]);
        up[i] = is_down ? 0.0 : flow[i];
        down[i] = is_down ? flow[i] : 0.0;
    }
    vel_ta_sum_run(&self->up, n, up, up);
    vel_ta_sum_run(&self->down, n, down, down);
    for (int64_t i = 0; i < n; i++)
        up[i] = mfi_of(up[i], down[i]);
}

static const vel_indicator_kind_t mfi = {
    .name = "mfi",
    .class_name = "MFI",
    .title = "Money flow index",
    .group = "oscillators",
    .formula = "mfi_t = 100 u_t / (u_t + d_t), p = (high + low + close) / 3, u and d the sums over period rows of "
               "p volume where p has risen and where it has fallen",
    .source =
        "G. Quong and A. Soudack, Volume-Weighted RSI: Money Flow, Technical Analysis of Stocks & Commodities 7:3 "
        "(1989)",
    .notes =
        "0 where no money has flowed in the window. A change of p within 1e-14 of twice the price counts as none. A "
        "NaN stays for ever.",
    .talib = "MFI",
    .inputs = {"high", "low", "close", "volume"},
    .outputs = {{"mfi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(mfi_t),
    .init = mfi_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = mfi_step,
    .run = mfi_run,
};

/* ---- ultosc */

enum { ULTOSC_WINDOWS = 3 };

typedef struct ultosc {
    vel_ta_previous_t previous;
    vel_ta_sum_t pressure[ULTOSC_WINDOWS]; /* the shortest window first */
    vel_ta_sum_t range[ULTOSC_WINDOWS];
} ultosc_t;

static const double ultosc_weights[ULTOSC_WINDOWS] = {4.0, 2.0, 1.0};

static void ultosc_init(void *state, const double *params, vel_ta_space_t *space)
{
    ultosc_t *self = state;
    double shortest = fmin(fmin(params[0], params[1]), params[2]);
    double longest = fmax(fmax(params[0], params[1]), params[2]);
    double periods[ULTOSC_WINDOWS] = {shortest, params[0] + params[1] + params[2] - shortest - longest, longest};
    for (int k = 0; k < ULTOSC_WINDOWS; k++) {
        vel_ta_sum_init(&self->pressure[k], (int64_t)periods[k], space);
        vel_ta_sum_init(&self->range[k], (int64_t)periods[k], space);
    }
}

static int64_t ultosc_lookback(const double *params)
{
    return (int64_t)fmax(fmax(params[0], params[1]), params[2]);
}

static inline double buying_pressure(double low, double close, double before)
{
    return close - (low < before ? low : before);
}

static inline double true_range(double high, double low, double before)
{
    double range = high - low, up = fabs(before - high), down = fabs(before - low);
    range = up > range ? up : range;
    return down > range ? down : range;
}

static void ultosc_step(void *state, const double *in, double *out)
{
    ultosc_t *self = state;
    double before = vel_ta_previous_step(&self->previous, in[2]);
    double pressure = buying_pressure(in[1], in[2], before), range = true_range(in[0], in[1], before), total = 0.0;
    for (int k = 0; k < ULTOSC_WINDOWS; k++) {
        double part =
            vel_ta_ratio(vel_ta_sum_step(&self->pressure[k], pressure), vel_ta_sum_step(&self->range[k], range), 0.0);
        total += ultosc_weights[k] * part;
    }
    out[0] = 100.0 * (total / 7.0);
}

static void ultosc_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    ultosc_t *self = state;
    double pressure[VEL_TA_CHUNK], range[VEL_TA_CHUNK], part[VEL_TA_CHUNK], ranges[VEL_TA_CHUNK], *total = out[0];
    const double *high = in[0], *low = in[1], *close = in[2];
    vel_ta_previous_run(&self->previous, n, close, part);
    for (int64_t i = 0; i < n; i++) {
        pressure[i] = buying_pressure(low[i], close[i], part[i]);
        range[i] = true_range(high[i], low[i], part[i]);
        total[i] = 0.0;
    }
    for (int k = 0; k < ULTOSC_WINDOWS; k++) {
        double weight = ultosc_weights[k];
        vel_ta_sum_run(&self->pressure[k], n, pressure, part);
        vel_ta_sum_run(&self->range[k], n, range, ranges);
        for (int64_t i = 0; i < n; i++)
            part[i] = vel_ta_ratio(part[i], ranges[i], 0.0);
        for (int64_t i = 0; i < n; i++)
            total[i] += weight * part[i];
    }
    for (int64_t i = 0; i < n; i++)
        total[i] = 100.0 * (total[i] / 7.0);
}

static const vel_indicator_kind_t ultosc = {
    .name = "ultosc",
    .class_name = "ULTOSC",
    .title = "Ultimate oscillator",
    .group = "oscillators",
    .formula =
        "ultosc_t = 100 (4 a_t + 2 b_t + c_t) / 7; a, b and c: the sum of close_t - min(low_t, close_(t-1)) over "
        "the sum of the true range, in the shortest, the middle and the longest window",
    .source = "L. Williams, The Ultimate Oscillator, Technical Analysis of Stocks & Commodities 3:4 (1985)",
    .notes = "The order of the periods does not matter. A part is 0 where all true ranges of its window are 0. A NaN "
             "stays for ever; TA-Lib gives 0 after it.",
    .talib = "ULTOSC",
    .inputs = {"high", "low", "close"},
    .outputs = {{"ultosc", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("first", 7, 1, "rows of a window"), VEL_TA_PERIOD("second", 14, 1, "rows of a window"),
               VEL_TA_PERIOD("third", 28, 1, "rows of a window")},
    .state_size = sizeof(ultosc_t),
    .init = ultosc_init,
    .lookback = ultosc_lookback,
    .step = ultosc_step,
    .run = ultosc_run,
};

/* ---- imi */

typedef struct imi {
    vel_ta_sum_t up;
    vel_ta_sum_t down;
    vel_ta_gap_t gap;
} imi_t;

static void imi_init(void *state, const double *params, vel_ta_space_t *space)
{
    imi_t *self = state;
    vel_ta_sum_init(&self->up, (int64_t)params[0], space);
    vel_ta_sum_init(&self->down, (int64_t)params[0], space);
}

static inline double imi_of(double up, double down)
{
    return 100.0 * vel_ta_ratio(up < 0.0 ? 0.0 : up, up + down, 0.5);
}

static void imi_step(void *state, const double *in, double *out)
{
    imi_t *self = state;
    double change = in[1] - in[0], known = change == change ? change : 0.0;
    double up = vel_ta_sum_step(&self->up, vel_ta_gain(known));
    double down = vel_ta_sum_step(&self->down, vel_ta_loss(known));
    out[0] = imi_of(up, down);
    if (vel_ta_gap_step(&self->gap, self->up.n, change))
        out[0] = (double)NAN;
}

static void imi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    imi_t *self = state;
    double change[VEL_TA_CHUNK], known[VEL_TA_CHUNK], down[VEL_TA_CHUNK], *up = out[0];
    for (int64_t i = 0; i < n; i++) {
        change[i] = in[1][i] - in[0][i];
        known[i] = change[i] == change[i] ? change[i] : 0.0;
        up[i] = vel_ta_gain(known[i]);
        down[i] = vel_ta_loss(known[i]);
    }
    vel_ta_sum_run(&self->up, n, up, up);
    vel_ta_sum_run(&self->down, n, down, down);
    for (int64_t i = 0; i < n; i++)
        up[i] = imi_of(up[i], down[i]);
    vel_ta_gap_run(&self->gap, self->up.n, n, change, up);
}

static const vel_indicator_kind_t imi = {
    .name = "imi",
    .class_name = "IMI",
    .title = "Intraday momentum index",
    .group = "oscillators",
    .formula =
        "imi_t = 100 u_t / (u_t + d_t), u and d the sums over period rows of close - open where it is above 0 and "
        "of open - close where it is below",
    .source = "T. S. Chande and S. Kroll, The New Technical Trader (1994)",
    .notes = "50 where no row of the window has moved. NaN while a NaN is in the window.",
    .talib = "IMI",
    .inputs = {"open", "close"},
    .outputs = {{"imi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(imi_t),
    .init = imi_init,
    .lookback = lookback_of_window,
    .step = imi_step,
    .run = imi_run,
};

/* ---- er */

typedef struct er {
    vel_ta_previous_t previous;
    vel_ta_window_t early;
    vel_ta_sum_t path;
} er_t;

static void er_init(void *state, const double *params, vel_ta_space_t *space)
{
    er_t *self = state;
    vel_ta_window_init(&self->early, (int64_t)params[0], space);
    vel_ta_sum_init(&self->path, (int64_t)params[0], space);
}

/* Rounding makes a straight path shorter than its ends are apart. */
static inline double er_of(double distance, double path)
{
    double ratio = vel_ta_ratio(distance, path, 1.0);
    return ratio > 1.0 ? 1.0 : ratio;
}

static void er_step(void *state, const double *in, double *out)
{
    er_t *self = state;
    double size = fabs(vel_ta_change_step(&self->previous, in[0]));
    double distance = fabs(in[0] - vel_ta_window_push(&self->early, in[0]));
    out[0] = er_of(distance, vel_ta_sum_step(&self->path, size));
}

static void er_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    er_t *self = state;
    double size[VEL_TA_CHUNK], early[VEL_TA_CHUNK], *y = out[0];
    const double *x = in[0];
    vel_ta_change_run(&self->previous, n, x, size);
    for (int64_t i = 0; i < n; i++)
        size[i] = fabs(size[i]);
    vel_ta_sum_run(&self->path, n, size, y);
    vel_ta_window_t *window = &self->early;
    int64_t first = vel_ta_lag_run(window, n, x, early);
    for (int64_t i = 0; i < first; i++)
        y[i] = er_of(fabs(x[i] - early[i]), y[i]);
    for (int64_t i = first; i < n; i++)
        y[i] = er_of(fabs(x[i] - x[i - window->n]), y[i]);
}

static const vel_indicator_kind_t er = {
    .name = "er",
    .class_name = "ER",
    .title = "Efficiency ratio",
    .group = "oscillators",
    .formula = "er_t = |x_t - x_(t-n)| / (|x_t - x_(t-1)| + ... + |x_(t-n+1) - x_(t-n)|), n = period",
    .source = "P. J. Kaufman, Smarter Trading (1995)",
    .notes = "1 where no price of the window has changed, as in TA-Lib. A NaN stays for ever.",
    .talib = "ER",
    .inputs = {"close"},
    .outputs = {{"er", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 10, 2, "changes in the window")},
    .state_size = sizeof(er_t),
    .init = er_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = er_step,
    .run = er_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(oscillators)[] = {
    &rsi, &cci, &mfi, &ultosc, &imi, &er, NULL,
};
