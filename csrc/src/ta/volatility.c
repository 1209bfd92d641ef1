/* volatility.c: how far prices range, from candles; realised.c has the estimators of the variance of returns. */
#include "true_range.h"
#include "variance.h"

#define WILDER "J. W. Wilder, New Concepts in Technical Trading Systems (1978)"

/* ---- trange */

static void trange_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)state;
    (void)params;
    (void)space;
}

static int64_t trange_lookback(const double *params)
{
    (void)params;
    return 1;
}

static void trange_step(void *state, const double *in, double *out)
{
    out[0] = vel_ta_true_range(in[0], in[1], vel_ta_previous_step(state, in[2]));
}

static void trange_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_true_range_run(state, n, in[0], in[1], in[2], out[0]);
}

static const vel_indicator_kind_t trange = {
    .name = "trange",
    .class_name = "TRANGE",
    .title = "True range",
    .group = "volatility",
    .formula = "trange_t = max(high_t - low_t, |high_t - close_(t-1)|, |low_t - close_(t-1)|)",
    .source = WILDER,
    .notes = "A NaN close before the row counts as no gap, as in TA-Lib.",
    .talib = "TRANGE",
    .inputs = {"high", "low", "close"},
    .outputs = {{"trange", VEL_TA_PANEL}},
    .state_size = sizeof(vel_ta_previous_t),
    .init = trange_init,
    .lookback = trange_lookback,
    .step = trange_step,
    .run = trange_run,
};

/* ---- atr, natr */

static void atr_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_atr_init(state, (int64_t)params[0]);
}

static int64_t atr_settles(const double *params)
{
    return 1 + vel_ta_atr_settles((int64_t)params[0]);
}

static void atr_step(void *state, const double *in, double *out)
{
    out[0] = vel_ta_atr_step(state, in[0], in[1], in[2]);
}

static void atr_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_atr_run(state, n, in[0], in[1], in[2], out[0]);
}

typedef struct natr {
    vel_ta_atr_t atr;
    bool is_raw; /* a period of 1: not divided by the close */
} natr_t;

static void natr_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    natr_t *self = state;
    self->is_raw = params[0] == 1.0;
    vel_ta_atr_init(&self->atr, (int64_t)params[0]);
}

static void natr_step(void *state, const double *in, double *out)
{
    natr_t *self = state;
    atr_step(&self->atr, in, out);
    if (!self->is_raw)
        out[0] = 100.0 * vel_ta_ratio(out[0], in[2], 0.0);
}

static void natr_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    natr_t *self = state;
    const double *close = in[2];
    double *y = out[0];
    atr_run(&self->atr, n, in, out);
    if (!self->is_raw)
        for (int64_t i = 0; i < n; i++)
            y[i] = 100.0 * vel_ta_ratio(y[i], close[i], 0.0);
}

static const vel_indicator_kind_t atr = {
    .name = "atr",
    .class_name = "ATR",
    .title = "Average true range",
    .group = "volatility",
    .formula = "atr_t = ((n - 1) atr_(t-1) + trange_t) / n, n = period; the first is the mean of n true ranges",
    .source = WILDER,
    .talib = "ATR",
    .inputs = {"high", "low", "close"},
    .outputs = {{"atr", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of Wilder's mean")},
    .state_size = sizeof(vel_ta_atr_t),
    .init = atr_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = atr_settles,
    .step = atr_step,
    .run = atr_run,
};

static const vel_indicator_kind_t natr = {
    .name = "natr",
    .class_name = "NATR",
    .title = "Normalised average true range",
    .group = "volatility",
    .formula = "natr_t = 100 atr_t / close_t",
    .source =
        "J. Forman, Cross-Market Evaluations with Normalized Average True Range, Technical Analysis of Stocks and "
        "Commodities 24:5 (2006)",
    .notes =
        "0 where the close is 0. A period of 1 gives the true range itself, not divided by the close, as in TA-Lib.",
    .talib = "NATR",
    .inputs = {"high", "low", "close"},
    .outputs = {{"natr", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of Wilder's mean")},
    .state_size = sizeof(natr_t),
    .init = natr_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = atr_settles,
    .step = natr_step,
    .run = natr_run,
};

/* ---- adr */

typedef struct adr {
    double n;
    vel_ta_sum_t sum;
} adr_t;

static void adr_init(void *state, const double *params, vel_ta_space_t *space)
{
    adr_t *self = state;
    self->n = params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
}

static int64_t adr_lookback(const double *params)
{
    return (int64_t)params[0] - 1;
}

static void adr_step(void *state, const double *in, double *out)
{
    adr_t *self = state;
    out[0] = vel_ta_sum_step(&self->sum, in[0] - in[1]) / self->n;
}

static void adr_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    adr_t *self = state;
    const double *high = in[0], *low = in[1];
    double *y = out[0];
    for (int64_t i = 0; i < n; i++)
        y[i] = high[i] - low[i];
    vel_ta_sum_run(&self->sum, n, y, y);
    for (int64_t i = 0; i < n; i++)
        y[i] /= self->n;
}

static const vel_indicator_kind_t adr = {
    .name = "adr",
    .class_name = "ADR",
    .title = "Average day range",
    .group = "volatility",
    .formula = "adr_t = mean of high - low over n = period rows",
    .source = "The arithmetic mean of a window; without the gaps that the average true range counts",
    .talib = "ADR",
    .inputs = {"high", "low"},
    .outputs = {{"adr", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of the window")},
    .state_size = sizeof(adr_t),
    .init = adr_init,
    .lookback = adr_lookback,
    .step = adr_step,
    .run = adr_run,
};

/* ---- cvi */

typedef struct cvi {
    vel_ta_ema_t mean;
    vel_ta_window_t means;
} cvi_t;

static void cvi_init(void *state, const double *params, vel_ta_space_t *space)
{
    cvi_t *self = state;
    vel_ta_ema_init(&self->mean, (int64_t)params[0], vel_ta_ema_factor(params[0]));
    vel_ta_window_init(&self->means, (int64_t)params[1], space);
}

static int64_t cvi_lookback(const double *params)
{
    return (int64_t)params[0] - 1 + (int64_t)params[1];
}

/* Rows until an EMA of a range has forgotten its start, and a ratio of two of them too. */
static int64_t ranges_settle(double period)
{
    return 2 * (int64_t)period + vel_ta_settling(1.0 - vel_ta_ema_factor(period));
}

static int64_t cvi_settles(const double *params)
{
    return ranges_settle(params[0]) + (int64_t)params[1];
}

static void cvi_step(void *state, const double *in, double *out)
{
    cvi_t *self = state;
    double mean = vel_ta_ema_step(&self->mean, in[0] - in[1]);
    double before = vel_ta_window_push(&self->means, mean);
    out[0] = 100.0 * vel_ta_ratio(mean - before, before, 0.0);
}

static void cvi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    cvi_t *self = state;
    const double *high = in[0], *low = in[1];
    double mean[VEL_TA_CHUNK], before[VEL_TA_CHUNK], *y = out[0];
    for (int64_t i = 0; i < n; i++)
        mean[i] = high[i] - low[i];
    vel_ta_ema_run(&self->mean, n, mean, mean);
    vel_ta_window_run(&self->means, n, mean, before);
    for (int64_t i = 0; i < n; i++)
        y[i] = 100.0 * vel_ta_ratio(mean[i] - before[i], before[i], 0.0);
}

static const vel_indicator_kind_t cvi = {
    .name = "cvi",
    .class_name = "CVI",
    .title = "Chaikin's volatility",
    .group = "volatility",
    .formula = "cvi_t = 100 (e_t - e_(t-roc)) / e_(t-roc), e = ema of high - low over n = period rows",
    .source = "M. Chaikin; S. B. Achelis, Technical Analysis from A to Z, 2nd edition (2000)",
    .notes = "0 where the mean range of roc rows ago is 0.",
    .talib = "CVI",
    .inputs = {"high", "low"},
    .outputs = {{"cvi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 10, 2, "rows of the EMA"),
               VEL_TA_PERIOD("roc", 10, 1, "rows between the two means")},
    .state_size = sizeof(cvi_t),
    .init = cvi_init,
    .lookback = cvi_lookback,
    .settles = cvi_settles,
    .step = cvi_step,
    .run = cvi_run,
};

/* ---- massi */

typedef struct massi {
    vel_ta_ema_t once;
    vel_ta_stage_t twice;
    int64_t wait; /* rows that the sum leaves out */
    vel_ta_sum_t sum;
} massi_t;

static void massi_init(void *state, const double *params, vel_ta_space_t *space)
{
    massi_t *self = state;
    int64_t n = (int64_t)params[0];
    double k = vel_ta_ema_factor(params[0]);
    vel_ta_ema_init(&self->once, n, k);
    vel_ta_stage_init(&self->twice, n - 1, n, k);
    self->wait = 2 * (n - 1);
    vel_ta_sum_init(&self->sum, (int64_t)params[1], space);
}

static int64_t massi_lookback(const double *params)
{
    return 2 * ((int64_t)params[0] - 1) + (int64_t)params[1] - 1;
}

static int64_t massi_settles(const double *params)
{
    return 2 * ranges_settle(params[0]) + (int64_t)params[1];
}

static void massi_step(void *state, const double *in, double *out)
{
    massi_t *self = state;
    double once = vel_ta_ema_step(&self->once, in[0] - in[1]), twice = vel_ta_stage_step(&self->twice, once);
    if (self->wait > 0)
        self->wait--;
    else
        out[0] = vel_ta_sum_step(&self->sum, vel_ta_ratio(once, twice, 1.0));
}

static void massi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    massi_t *self = state;
    const double *high = in[0], *low = in[1];
    double once[VEL_TA_CHUNK], twice[VEL_TA_CHUNK], *y = out[0];
    for (int64_t i = 0; i < n; i++)
        y[i] = high[i] - low[i];
    vel_ta_ema_run(&self->once, n, y, once);
    vel_ta_stage_run(&self->twice, n, once, twice);
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_ratio(once[i], twice[i], 1.0);
    int64_t first = vel_min(self->wait, n);
    self->wait -= first;
    vel_ta_sum_run(&self->sum, n - first, y + first, y + first);
}

static const vel_indicator_kind_t massi = {
    .name = "massi",
    .class_name = "MASSI",
    .title = "Mass index",
    .group = "volatility",
    .formula = "massi_t = sum over slow rows of e / (ema of e), e = ema of high - low, both over fast rows",
    .source = "D. Dorsey, The Mass Index, Technical Analysis of Stocks and Commodities 10:6 (1992)",
    .notes = "The ratio of a market without any range is 1.",
    .talib = "MASSI",
    .inputs = {"high", "low"},
    .outputs = {{"massi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("fast", 9, 2, "rows of the EMAs"), VEL_TA_PERIOD("slow", 25, 2, "rows of the sum")},
    .state_size = sizeof(massi_t),
    .init = massi_init,
    .lookback = massi_lookback,
    .settles = massi_settles,
    .step = massi_step,
    .run = massi_run,
};

/* ---- rvi */

typedef struct rvi {
    vel_ta_previous_t before;
    vel_ta_variance_t variance;
    vel_ta_stage_t up;
    vel_ta_stage_t down;
} rvi_t;

static void rvi_init(void *state, const double *params, vel_ta_space_t *space)
{
    rvi_t *self = state;
    int64_t n = (int64_t)params[0], deviation = (int64_t)params[1];
    vel_ta_variance_init(&self->variance, deviation, space);
    vel_ta_stage_init(&self->up, deviation - 1, n, 1.0 / params[0]);
    vel_ta_stage_init(&self->down, deviation - 1, n, 1.0 / params[0]);
}

static int64_t rvi_lookback(const double *params)
{
    return (int64_t)params[0] - 1 + (int64_t)params[1] - 1;
}

static int64_t rvi_settles(const double *params)
{
    return 2 * ((int64_t)params[0] + vel_ta_settling(1.0 - 1.0 / params[0])) + (int64_t)params[1];
}

/* The deviation where the change goes up (down: a negative one), 0 elsewhere; a NaN change is one in both. */
static inline double rvi_side(double change, double deviation)
{
    return change > 0.0 ? deviation : change - change;
}

static inline double rvi_of(double up, double down)
{
    return up + down != 0.0 ? 100.0 * vel_ta_ratio(up, up + down, 0.0) : 50.0;
}

static void rvi_step(void *state, const double *in, double *out)
{
    rvi_t *self = state;
    double deviation = sqrt(vel_ta_variance_step(&self->variance, in[0]));
    double change = vel_ta_change_step(&self->before, in[0]);
    double up = vel_ta_stage_step(&self->up, rvi_side(change, deviation));
    out[0] = rvi_of(up, vel_ta_stage_step(&self->down, rvi_side(-change, deviation)));
}

static void rvi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    rvi_t *self = state;
    double change[VEL_TA_CHUNK], up[VEL_TA_CHUNK], down[VEL_TA_CHUNK], *y = out[0];
    vel_ta_variance_run(&self->variance, n, in[0], NULL, y);
    vel_ta_change_run(&self->before, n, in[0], change);
    for (int64_t i = 0; i < n; i++) {
        double deviation = sqrt(y[i]);
        up[i] = rvi_side(change[i], deviation);
        down[i] = rvi_side(-change[i], deviation);
    }
    vel_ta_stage_run(&self->up, n, up, up);
    vel_ta_stage_run(&self->down, n, down, down);
    for (int64_t i = 0; i < n; i++)
        y[i] = rvi_of(up[i], down[i]);
}

static const vel_indicator_kind_t rvi = {
    .name = "rvi",
    .class_name = "RVI",
    .title = "Relative volatility index",
    .group = "volatility",
    .formula = "rvi_t = 100 u / (u + d); u is Wilder's mean over n = period rows of the standard deviation of the last "
               "`deviation` closes where the close has risen (0 elsewhere), d where it has fallen",
    .source = "D. Dorsey, The Relative Volatility Index, Technical Analysis of Stocks and Commodities 11:6 (1993)",
    .notes = "50 where both means are 0. A NaN makes all later values NaN.",
    .talib = "RVI",
    .inputs = {"close"},
    .outputs = {{"rvi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of Wilder's means"),
               VEL_TA_PERIOD("deviation", 10, 2, "rows of the standard deviation (population)")},
    .state_size = sizeof(rvi_t),
    .init = rvi_init,
    .lookback = rvi_lookback,
    .settles = rvi_settles,
    .step = rvi_step,
    .run = rvi_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(volatility)[] = {
    &trange, &atr, &natr, &adr, &cvi, &massi, &rvi, NULL,
};
