/* momentum.c: changes of prices, as they are and smoothed. */
#include "changes.h"
#include "inner.h"

static int64_t lookback_of_window(const double *params)
{
    return (int64_t)params[0] - 1;
}

/* ---- mom, roc, rocp, rocr, rocr100: a price and the price of `period` rows ago */

static void lag_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_window_init(state, (int64_t)params[0], space);
}

static inline double mom_of(double x, double before)
{
    return x - before;
}

static inline double roc_of(double x, double before)
{
    return before != 0.0 ? (vel_ta_ratio(x, before, 1.0) - 1.0) * 100.0 : 0.0;
}

static inline double rocp_of(double x, double before)
{
    return vel_ta_ratio(x - before, before, 0.0);
}

static inline double rocr_of(double x, double before)
{
    return vel_ta_ratio(x, before, 0.0);
}

static inline double rocr100_of(double x, double before)
{
    return vel_ta_ratio(x, before, 0.0) * 100.0;
}

/* Step and run of a function of the two prices. */
#define LAG(NAME)                                                                                                      \
    static void NAME##_step(void *state, const double *in, double *out)                                                \
    {                                                                                                                  \
        out[0] = NAME##_of(in[0], vel_ta_window_push(state, in[0]));                                                   \
    }                                                                                                                  \
    static void NAME##_run(void *state, int64_t n, const double *const *in, double *const *out)                        \
    {                                                                                                                  \
        const double *x = in[0];                                                                                       \
        double *y = out[0], early[VEL_TA_CHUNK];                                                                       \
        vel_ta_window_t *window = state;                                                                               \
        int64_t first = vel_ta_lag_run(window, n, x, early);                                                           \
        for (int64_t i = 0; i < first; i++)                                                                            \
            y[i] = NAME##_of(x[i], early[i]);                                                                          \
        for (int64_t i = first; i < n; i++)                                                                            \
            y[i] = NAME##_of(x[i], x[i - window->n]);                                                                  \
    }

LAG(mom)
LAG(roc)
LAG(rocp)
LAG(rocr)
LAG(rocr100)

#define LAG_PARAMS {VEL_TA_PERIOD("period", 10, 1, "rows between the two prices")}
#define LAG_NOTES "0 where the earlier price is 0. A NaN is in the two rows that use it."

static const vel_indicator_kind_t mom = {
    .name = "mom",
    .class_name = "MOM",
    .title = "Momentum",
    .group = "momentum",
    .formula = "mom_t = x_t - x_(t-n), n = period",
    .source = "Definition; see J. J. Murphy, Technical Analysis of the Financial Markets (1999), chapter 10",
    .notes = "A NaN is in the two rows that use it.",
    .talib = "MOM",
    .inputs = {"close"},
    .outputs = {{"mom", VEL_TA_PANEL}},
    .params = LAG_PARAMS,
    .state_size = sizeof(vel_ta_window_t),
    .init = lag_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = mom_step,
    .run = mom_run,
};

static const vel_indicator_kind_t roc = {
    .name = "roc",
    .class_name = "ROC",
    .title = "Rate of change in percent",
    .group = "momentum",
    .formula = "roc_t = 100 (x_t / x_(t-n) - 1), n = period",
    .source = "Definition; see J. J. Murphy, Technical Analysis of the Financial Markets (1999), chapter 10",
    .notes = LAG_NOTES,
    .talib = "ROC",
    .inputs = {"close"},
    .outputs = {{"roc", VEL_TA_PANEL}},
    .params = LAG_PARAMS,
    .state_size = sizeof(vel_ta_window_t),
    .init = lag_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = roc_step,
    .run = roc_run,
};

static const vel_indicator_kind_t rocp = {
    .name = "rocp",
    .class_name = "ROCP",
    .title = "Rate of change as a fraction",
    .group = "momentum",
    .formula = "rocp_t = (x_t - x_(t-n)) / x_(t-n), n = period",
    .source = "Definition; see J. J. Murphy, Technical Analysis of the Financial Markets (1999), chapter 10",
    .notes = LAG_NOTES,
    .talib = "ROCP",
    .inputs = {"close"},
    .outputs = {{"rocp", VEL_TA_PANEL}},
    .params = LAG_PARAMS,
    .state_size = sizeof(vel_ta_window_t),
    .init = lag_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = rocp_step,
    .run = rocp_run,
};

static const vel_indicator_kind_t rocr = {
    .name = "rocr",
    .class_name = "ROCR",
    .title = "Ratio to an earlier price",
    .group = "momentum",
    .formula = "rocr_t = x_t / x_(t-n), n = period",
    .source = "Definition; see J. J. Murphy, Technical Analysis of the Financial Markets (1999), chapter 10",
    .notes = LAG_NOTES,
    .talib = "ROCR",
    .inputs = {"close"},
    .outputs = {{"rocr", VEL_TA_PANEL}},
    .params = LAG_PARAMS,
    .state_size = sizeof(vel_ta_window_t),
    .init = lag_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = rocr_step,
    .run = rocr_run,
};

static const vel_indicator_kind_t rocr100 = {
    .name = "rocr100",
    .class_name = "ROCR100",
    .title = "Ratio to an earlier price, times 100",
    .group = "momentum",
    .formula = "rocr100_t = 100 x_t / x_(t-n), n = period",
    .source = "Definition; see J. J. Murphy, Technical Analysis of the Financial Markets (1999), chapter 10",
    .notes = LAG_NOTES,
    .talib = "ROCR100",
    .inputs = {"close"},
    .outputs = {{"rocr100", VEL_TA_PANEL}},
    .params = LAG_PARAMS,
    .state_size = sizeof(vel_ta_window_t),
    .init = lag_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = rocr100_step,
    .run = rocr100_run,
};

/* ---- trix */

typedef struct trix {
    vel_ta_stage_t stages[3];
    vel_ta_previous_t previous;
} trix_t;

static void trix_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    trix_t *self = state;
    for (int k = 0; k < 3; k++)
        vel_ta_stage_of_period(&self->stages[k], k * ((int64_t)params[0] - 1), params[0]);
}

static int64_t trix_lookback(const double *params)
{
    return 3 * ((int64_t)params[0] - 1) + 1;
}

static int64_t trix_settles(const double *params)
{
    return trix_lookback(params) + 3 * vel_ta_period_settling(params[0]);
}

static void trix_step(void *state, const double *in, double *out)
{
    trix_t *self = state;
    double x = in[0];
    for (int k = 0; k < 3; k++)
        x = vel_ta_stage_step(&self->stages[k], x);
    out[0] = roc_of(x, vel_ta_previous_step(&self->previous, x));
}

static void trix_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    trix_t *self = state;
    double x[VEL_TA_CHUNK], *y = out[0];
    vel_ta_stage_run(&self->stages[0], n, in[0], x);
    vel_ta_stage_run(&self->stages[1], n, x, x);
    vel_ta_stage_run(&self->stages[2], n, x, x);
    vel_ta_previous_run(&self->previous, n, x, y);
    for (int64_t i = 0; i < n; i++)
        y[i] = roc_of(x[i], y[i]);
}

static const vel_indicator_kind_t trix = {
    .name = "trix",
    .class_name = "TRIX",
    .title = "Rate of change of a triple exponential mean",
    .group = "momentum",
    .formula = "trix_t = 100 (e_t / e_(t-1) - 1), e = ema(ema(ema(x, n), n), n), n = period",
    .source = "J. K. Hutson, Good TRIX, Technical Analysis of Stocks & Commodities 1:5 (1983)",
    .notes = "0 where e_(t-1) is 0. A NaN stays for ever.",
    .talib = "TRIX",
    .inputs = {"close"},
    .outputs = {{"trix", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of each of the three means")},
    .state_size = sizeof(trix_t),
    .init = trix_init,
    .lookback = trix_lookback,
    .settles = trix_settles,
    .step = trix_step,
    .run = trix_run,
};

/* ---- tsi */

typedef struct tsi {
    vel_ta_previous_t previous;
    vel_ta_twin_t means[2]; /* of the changes and of their sizes */
} tsi_t;

static void tsi_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    tsi_t *self = state;
    int64_t wait = 1;
    for (int k = 0; k < 2; k++) {
        vel_ta_twin_init(&self->means[k], wait, (int64_t)params[k], vel_ta_ema_factor(params[k]));
        wait += (int64_t)params[k] - 1;
    }
}

static int64_t tsi_lookback(const double *params)
{
    return (int64_t)(params[0] + params[1]) - 1;
}

static int64_t tsi_settles(const double *params)
{
    return tsi_lookback(params) + vel_ta_period_settling(params[0]) + vel_ta_period_settling(params[1]);
}

static void tsi_step(void *state, const double *in, double *out)
{
    tsi_t *self = state;
    double change = vel_ta_change_step(&self->previous, in[0]), size = fabs(change);
    for (int k = 0; k < 2; k++)
        vel_ta_twin_step(&self->means[k], &change, &size);
    out[0] = vel_ta_ratio(100.0 * change, size, 0.0);
}

static void tsi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    tsi_t *self = state;
    double means[2 * VEL_TA_CHUNK], *y = out[0];
    vel_ta_change_run(&self->previous, n, in[0], y);
    for (int64_t i = 0; i < n; i++) {
        means[2 * i] = y[i];
        means[2 * i + 1] = fabs(y[i]);
    }
    for (int k = 0; k < 2; k++)
        vel_ta_twin_run(&self->means[k], n, means);
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_ratio(100.0 * means[2 * i], means[2 * i + 1], 0.0);
}

static const vel_indicator_kind_t tsi = {
    .name = "tsi",
    .class_name = "TSI",
    .title = "True strength index",
    .group = "momentum",
    .formula = "tsi_t = 100 ema(ema(d, first), second)_t / ema(ema(|d|, first), second)_t, d_t = x_t - x_(t-1)",
    .source = "W. Blau, Momentum, Direction and Divergence (1995)",
    .notes = "0 while no price has changed. A NaN stays for ever; TA-Lib gives 0 after it.",
    .talib = "TSI",
    .inputs = {"close"},
    .outputs = {{"tsi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("first", 25, 2, "rows of the first mean"),
               VEL_TA_PERIOD("second", 13, 2, "rows of the mean of the first")},
    .state_size = sizeof(tsi_t),
    .init = tsi_init,
    .lookback = tsi_lookback,
    .settles = tsi_settles,
    .step = tsi_step,
    .run = tsi_run,
};

/* ---- qstick */

typedef struct qstick {
    double share; /* 1 / n */
    vel_ta_sum_t sum;
} qstick_t;

static void qstick_init(void *state, const double *params, vel_ta_space_t *space)
{
    qstick_t *self = state;
    self->share = 1.0 / params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
}

static void qstick_step(void *state, const double *in, double *out)
{
    qstick_t *self = state;
    out[0] = vel_ta_sum_step(&self->sum, in[1] - in[0]) * self->share;
}

static void qstick_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    qstick_t *self = state;
    double *y = out[0], share = self->share;
    for (int64_t i = 0; i < n; i++)
        y[i] = in[1][i] - in[0][i];
    vel_ta_sum_run(&self->sum, n, y, y);
    for (int64_t i = 0; i < n; i++)
        y[i] *= share;
}

static const vel_indicator_kind_t qstick = {
    .name = "qstick",
    .class_name = "QSTICK",
    .title = "Qstick",
    .group = "momentum",
    .formula = "qstick_t = sma(close - open, n)_t, n = period",
    .source = "T. S. Chande and S. Kroll, The New Technical Trader (1994)",
    .notes = "A NaN stays for ever.",
    .talib = "QSTICK",
    .inputs = {"open", "close"},
    .outputs = {{"qstick", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 10, 1, "rows of the mean")},
    .state_size = sizeof(qstick_t),
    .init = qstick_init,
    .lookback = lookback_of_window,
    .step = qstick_step,
    .run = qstick_run,
};

/* ---- bop */

typedef struct bop {
    char none;
} bop_t;

static void bop_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)state, (void)params, (void)space;
}

static int64_t bop_lookback(const double *params)
{
    (void)params;
    return 0;
}

static inline double bop_of(double open, double high, double low, double close)
{
    double range = high - low;
    return vel_ta_ratio(close - open, range <= 0.0 ? 0.0 : range, 0.0);
}

static void bop_step(void *state, const double *in, double *out)
{
    (void)state;
    out[0] = bop_of(in[0], in[1], in[2], in[3]);
}

static void bop_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    (void)state;
    for (int64_t i = 0; i < n; i++)
        out[0][i] = bop_of(in[0][i], in[1][i], in[2][i], in[3][i]);
}

static const vel_indicator_kind_t bop = {
    .name = "bop",
    .class_name = "BOP",
    .title = "Balance of power",
    .group = "momentum",
    .formula = "bop_t = (close_t - open_t) / (high_t - low_t)",
    .source = "I. Livshin, Balance of Market Power, Technical Analysis of Stocks & Commodities 19:8 (2001)",
    .notes = "0 where the high is not above the low. A NaN is in its row alone.",
    .talib = "BOP",
    .inputs = {"open", "high", "low", "close"},
    .outputs = {{"bop", VEL_TA_PANEL}},
    .state_size = sizeof(bop_t),
    .init = bop_init,
    .lookback = bop_lookback,
    .step = bop_step,
    .run = bop_run,
};

/* ---- cmo */

static void cmo_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_gains_init(state, (int64_t)params[0]);
}

static int64_t cmo_settles(const double *params)
{
    return vel_ta_gains_settles((int64_t)params[0]);
}

static inline double cmo_of(double up, double down)
{
    return 100.0 * vel_ta_ratio(up - down, up + down, 0.0);
}

static void cmo_step(void *state, const double *in, double *out)
{
    double up, down;
    vel_ta_gains_step(state, in[0], &up, &down);
    out[0] = cmo_of(up, down);
}

static void cmo_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    double means[2 * VEL_TA_CHUNK], *y = out[0];
    vel_ta_gains_run(state, n, in[0], y, means);
    for (int64_t i = 0; i < n; i++)
        y[i] = cmo_of(means[2 * i], means[2 * i + 1]);
}

static const vel_indicator_kind_t cmo = {
    .name = "cmo",
    .class_name = "CMO",
    .title = "Chande momentum oscillator with Wilder's means",
    .group = "momentum",
    .formula = "cmo_t = 100 (u_t - d_t) / (u_t + d_t), u and d Wilder's means of gains and losses over period rows: "
               "u_t = u_(t-1) + (gain_t - u_(t-1)) / n",
    .source =
        "T. S. Chande and S. Kroll, The New Technical Trader (1994), smoothed as in J. W. Wilder, New Concepts in "
        "Technical Trading Systems (1978)",
    .notes =
        "0 while no price has changed. Chande's own oscillator, of plain sums, is cmou. A NaN stays for ever; TA-Lib "
        "gives 0 after it.",
    .talib = "CMO",
    .inputs = {"close"},
    .outputs = {{"cmo", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the means")},
    .state_size = sizeof(vel_ta_gains_t),
    .init = cmo_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = cmo_settles,
    .step = cmo_step,
    .run = cmo_run,
};

/* ---- cmou */

typedef struct cmou {
    vel_ta_previous_t previous;
    vel_ta_sum_t up;
    vel_ta_sum_t down;
} cmou_t;

static void cmou_init(void *state, const double *params, vel_ta_space_t *space)
{
    cmou_t *self = state;
    vel_ta_sum_init(&self->up, (int64_t)params[0], space);
    vel_ta_sum_init(&self->down, (int64_t)params[0], space);
}

static inline double cmou_of(double up, double down)
{
    return vel_ta_ratio(100.0 * (up - down), up + down, 0.0);
}

static void cmou_step(void *state, const double *in, double *out)
{
    cmou_t *self = state;
    double change = vel_ta_change_step(&self->previous, in[0]);
    double up = vel_ta_sum_step(&self->up, vel_ta_gain(change));
    double down = vel_ta_sum_step(&self->down, vel_ta_loss(change));
    out[0] = cmou_of(up, down);
}

static void cmou_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    cmou_t *self = state;
    double change[VEL_TA_CHUNK], down[VEL_TA_CHUNK], *up = out[0];
    vel_ta_change_run(&self->previous, n, in[0], change);
    for (int64_t i = 0; i < n; i++) {
        up[i] = vel_ta_gain(change[i]);
        down[i] = vel_ta_loss(change[i]);
    }
    vel_ta_sum_run(&self->up, n, up, up);
    vel_ta_sum_run(&self->down, n, down, down);
    for (int64_t i = 0; i < n; i++)
        up[i] = cmou_of(up[i], down[i]);
}

static const vel_indicator_kind_t cmou = {
    .name = "cmou",
    .class_name = "CMOU",
    .title = "Chande momentum oscillator",
    .group = "momentum",
    .formula = "cmou_t = 100 (u_t - d_t) / (u_t + d_t), u and d the sums of gains and losses of period changes",
    .source = "T. S. Chande and S. Kroll, The New Technical Trader (1994)",
    .notes = "0 where no price of the window has changed. A NaN stays for ever; TA-Lib leaves its changes out.",
    .talib = "CMOU",
    .inputs = {"close"},
    .outputs = {{"cmou", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "changes in the window")},
    .state_size = sizeof(cmou_t),
    .init = cmou_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = cmou_step,
    .run = cmou_run,
};

/* ---- coppock */

typedef struct coppock {
    vel_ta_window_t early[2];
    int64_t wait;
    vel_ta_weighted_t mean;
} coppock_t;

static void coppock_init(void *state, const double *params, vel_ta_space_t *space)
{
    coppock_t *self = state;
    vel_ta_window_init(&self->early[0], (int64_t)params[1], space);
    vel_ta_window_init(&self->early[1], (int64_t)params[2], space);
    self->wait = (int64_t)fmax(params[1], params[2]);
    vel_ta_weighted_init(&self->mean, (int64_t)params[0], space);
}

static int64_t coppock_lookback(const double *params)
{
    return (int64_t)(fmax(params[1], params[2]) + params[0]) - 1;
}

static void coppock_step(void *state, const double *in, double *out)
{
    coppock_t *self = state;
    double rate = roc_of(in[0], vel_ta_window_push(&self->early[0], in[0]));
    rate += roc_of(in[0], vel_ta_window_push(&self->early[1], in[0]));
    out[0] = vel_ta_wait(&self->wait, 1) > 0 ? 0.0 : vel_ta_weighted_step(&self->mean, rate);
}

static void coppock_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    coppock_t *self = state;
    double other[VEL_TA_CHUNK], *y = out[0];
    const double *x = in[0];
    vel_ta_window_run(&self->early[0], n, x, y);
    vel_ta_window_run(&self->early[1], n, x, other);
    for (int64_t i = 0; i < n; i++)
        y[i] = roc_of(x[i], y[i]) + roc_of(x[i], other[i]);
    int64_t first = vel_ta_wait(&self->wait, n);
    vel_ta_weighted_run(&self->mean, n - first, y + first, y + first);
}

static const vel_indicator_kind_t coppock = {
    .name = "coppock",
    .class_name = "COPPOCK",
    .title = "Coppock curve",
    .group = "momentum",
    .formula = "coppock_t = wma(roc(x, first) + roc(x, second), period)_t",
    .source = "E. S. C. Coppock, in Barron's of 15 October 1962",
    .notes =
        "Made for months, of which the defaults are numbers. A rate is 0 where its earlier price is 0. A NaN stays "
        "for ever; TA-Lib forgets it.",
    .talib = "COPPOCK",
    .inputs = {"close"},
    .outputs = {{"coppock", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 10, 1, "rows of the weighted mean"),
               VEL_TA_PERIOD("first", 11, 1, "rows of a rate of change"),
               VEL_TA_PERIOD("second", 14, 1, "rows of the other rate of change")},
    .state_size = sizeof(coppock_t),
    .init = coppock_init,
    .lookback = coppock_lookback,
    .step = coppock_step,
    .run = coppock_run,
};

/* ---- fosc */

typedef struct fosc {
    double slope; /* 3 (n + 1) / (n - 1) */
    double forecast;
    vel_ta_weighted_t mean;
} fosc_t;

static void fosc_init(void *state, const double *params, vel_ta_space_t *space)
{
    fosc_t *self = state;
    self->slope = 3.0 * (params[0] + 1.0) / (params[0] - 1.0);
    vel_ta_weighted_init(&self->mean, (int64_t)params[0], space);
}

/* The line of least squares through n rows has the slope 6 (weighted mean - mean) / (n - 1) and passes through the mean
 * in the middle of them, (n + 1) / 2 rows before the row that it forecasts. */
static void fosc_step(void *state, const double *in, double *out)
{
    fosc_t *self = state;
    out[0] = vel_ta_ratio(100.0 * (in[0] - self->forecast), in[0], 0.0);
    double weighted = vel_ta_weighted_step(&self->mean, in[0]), mean = self->mean.r + self->mean.plain / self->mean.n;
    self->forecast = mean + self->slope * (weighted - mean);
}

VEL_TA_RUN(fosc, 1, 1)

static const vel_indicator_kind_t fosc = {
    .name = "fosc",
    .class_name = "FOSC",
    .title = "Forecast oscillator",
    .group = "momentum",
    .formula = "fosc_t = 100 (x_t - f_t) / x_t, f_t the value in row t of the line of least squares through the n rows "
               "before it, n = period",
    .source = "T. S. Chande; see S. B. Achelis, Technical Analysis from A to Z (2000)",
    .notes = "0 where the price is 0. A NaN stays for ever.",
    .talib = "FOSC",
    .inputs = {"close"},
    .outputs = {{"fosc", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 5, 2, "rows of the line")},
    .state_size = sizeof(fosc_t),
    .init = fosc_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = fosc_step,
    .run = fosc_run,
};

/* ---- kst */

enum { KST_RATES = 4 };

typedef struct kst {
    vel_ta_window_t early[KST_RATES];
    vel_ta_sum_t sums[KST_RATES];
    double weights[KST_RATES]; /* of the sums: 1 to 4 over their rows */
    double signal_weight;
    vel_ta_sum_t signal;
} kst_t;

static void kst_init(void *state, const double *params, vel_ta_space_t *space)
{
    kst_t *self = state;
    for (int k = 0; k < KST_RATES; k++) {
        self->weights[k] = (double)(k + 1) / params[KST_RATES + k];
        vel_ta_window_init(&self->early[k], (int64_t)params[k], space);
        vel_ta_sum_init(&self->sums[k], (int64_t)params[KST_RATES + k], space);
    }
    self->signal_weight = 1.0 / params[2 * KST_RATES];
    vel_ta_sum_init(&self->signal, (int64_t)params[2 * KST_RATES], space);
}

static int64_t kst_lookback(const double *params)
{
    double rows = 0.0;
    for (int k = 0; k < KST_RATES; k++)
        rows = fmax(rows, params[k] + params[KST_RATES + k] - 1.0);
    return (int64_t)(rows + params[2 * KST_RATES]) - 1;
}

static void kst_step(void *state, const double *in, double *out)
{
    kst_t *self = state;
    out[0] = 0.0;
    for (int k = 0; k < KST_RATES; k++) {
        double rate = roc_of(in[0], vel_ta_window_push(&self->early[k], in[0]));
        out[0] += vel_ta_sum_step(&self->sums[k], rate) * self->weights[k];
    }
    out[1] = vel_ta_sum_step(&self->signal, out[0]) * self->signal_weight;
}

static void kst_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    kst_t *self = state;
    double rate[VEL_TA_CHUNK], *y = out[0], *signal = out[1];
    const double *x = in[0];
    for (int64_t i = 0; i < n; i++)
        y[i] = 0.0;
    for (int k = 0; k < KST_RATES; k++) {
        double weight = self->weights[k];
        vel_ta_window_run(&self->early[k], n, x, rate);
        for (int64_t i = 0; i < n; i++)
            rate[i] = roc_of(x[i], rate[i]);
        vel_ta_sum_run(&self->sums[k], n, rate, rate);
        for (int64_t i = 0; i < n; i++)
            y[i] += rate[i] * weight;
    }
    double weight = self->signal_weight;
    vel_ta_sum_run(&self->signal, n, y, signal);
    for (int64_t i = 0; i < n; i++)
        signal[i] *= weight;
}

static const vel_indicator_kind_t kst = {
    .name = "kst",
    .class_name = "KST",
    .title = "Know sure thing",
    .group = "momentum",
    .formula = "kst_t = a_t + 2 b_t + 3 c_t + 4 d_t, each letter the simple mean of a rate of change: "
               "a = sma(roc(x, roc1), sma1) to d = sma(roc(x, roc4), sma4); signal_t = sma(kst, signal)_t",
    .source = "M. J. Pring, Summed Rate of Change (KST), Technical Analysis of Stocks & Commodities 10:9 (1992)",
    .notes = "The defaults are his daily ones. A rate is 0 where its earlier price is 0. A NaN stays for ever.",
    .inputs = {"close"},
    .outputs = {{"kst", VEL_TA_PANEL}, {"signal", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("roc1", 10, 1, "rows of the first rate of change"),
               VEL_TA_PERIOD("roc2", 15, 1, "rows of the second rate of change"),
               VEL_TA_PERIOD("roc3", 20, 1, "rows of the third rate of change"),
               VEL_TA_PERIOD("roc4", 30, 1, "rows of the fourth rate of change"),
               VEL_TA_PERIOD("sma1", 10, 1, "rows of the mean of the first rate"),
               VEL_TA_PERIOD("sma2", 10, 1, "rows of the mean of the second rate"),
               VEL_TA_PERIOD("sma3", 10, 1, "rows of the mean of the third rate"),
               VEL_TA_PERIOD("sma4", 15, 1, "rows of the mean of the fourth rate"),
               VEL_TA_PERIOD("signal", 9, 1, "rows of the mean of the whole")},
    .state_size = sizeof(kst_t),
    .init = kst_init,
    .lookback = kst_lookback,
    .step = kst_step,
    .run = kst_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(momentum)[] = {
    &mom, &roc, &rocp, &rocr, &rocr100, &trix, &tsi, &qstick, &bop, &cmo, &cmou, &coppock, &fosc, &kst, NULL,
};
