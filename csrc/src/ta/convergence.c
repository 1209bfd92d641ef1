/* convergence.c: how far averages are from each other, and a price from its average. */
#include "changes.h"
#include "inner.h"

static int64_t lookback_of_window(const double *params)
{
    return (int64_t)params[0] - 1;
}

/* Rows that an exponential mean of a period needs behind its first value. */
static int64_t settling_of(double period)
{
    return vel_ta_settling(1.0 - vel_ta_ema_factor(period));
}

static void stage_init(vel_ta_stage_t *stage, int64_t wait, double period)
{
    vel_ta_stage_init(stage, wait, (int64_t)period, vel_ta_ema_factor(period));
}

/* ---- macd, macdfix */

typedef struct macd {
    vel_ta_stage_t fast;
    vel_ta_stage_t slow;
    vel_ta_stage_t signal;
} macd_t;

/* The fast mean starts so late that its first value is in the row of the slow one's, as in TA-Lib. */
static void macd_start(macd_t *self, double fast, double k_fast, double slow, double k_slow, double signal)
{
    vel_ta_stage_init(&self->fast, (int64_t)(slow - fast), (int64_t)fast, k_fast);
    vel_ta_stage_init(&self->slow, 0, (int64_t)slow, k_slow);
    stage_init(&self->signal, (int64_t)slow - 1, signal);
}

static void macd_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    double fast = fmin(params[0], params[1]), slow = fmax(params[0], params[1]);
    macd_start(state, fast, vel_ta_ema_factor(fast), slow, vel_ta_ema_factor(slow), params[2]);
}

static void macdfix_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    macd_start(state, 12.0, 0.15, 26.0, 0.075, params[0]);
}

static int64_t macd_lookback(const double *params)
{
    return (int64_t)(fmax(params[0], params[1]) + params[2]) - 2;
}

static int64_t macdfix_lookback(const double *params)
{
    return (int64_t)(26.0 + params[0]) - 2;
}

static int64_t macd_settles(const double *params)
{
    return macd_lookback(params) + settling_of(fmax(params[0], params[1])) + settling_of(params[2]);
}

static int64_t macdfix_settles(const double *params)
{
    return macdfix_lookback(params) + vel_ta_settling(1.0 - 0.075) + settling_of(params[0]);
}

static void macd_step(void *state, const double *in, double *out)
{
    macd_t *self = state;
    double fast = vel_ta_stage_step(&self->fast, in[0]), slow = vel_ta_stage_step(&self->slow, in[0]);
    out[0] = fast - slow;
    out[1] = vel_ta_stage_step(&self->signal, out[0]);
    out[2] = out[0] - out[1];
}

static void macd_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    macd_t *self = state;
    double slow[VEL_TA_CHUNK], *macd = out[0], *signal = out[1], *histogram = out[2];
    vel_ta_stage_run(&self->fast, n, in[0], macd);
    vel_ta_stage_run(&self->slow, n, in[0], slow);
    for (int64_t i = 0; i < n; i++)
        macd[i] -= slow[i];
    vel_ta_stage_run(&self->signal, n, macd, signal);
    for (int64_t i = 0; i < n; i++)
        histogram[i] = macd[i] - signal[i];
}

#define MACD_OUTPUTS                                                                                                   \
    {                                                                                                                  \
        {"macd", VEL_TA_PANEL}, {"signal", VEL_TA_PANEL},                                                              \
        {                                                                                                              \
            "histogram", VEL_TA_HISTOGRAM                                                                              \
        }                                                                                                              \
    }

static const vel_indicator_kind_t macd = {
    .name = "macd",
    .class_name = "MACD",
    .title = "Moving average convergence/divergence",
    .group = "momentum",
    .formula = "macd_t = ema(x, fast)_t - ema(x, slow)_t; signal_t = ema(macd, signal)_t; "
               "histogram_t = macd_t - signal_t",
    .source = "G. Appel, The Moving Average Convergence-Divergence Trading Method (1985)",
    .notes =
        "The first value of the fast mean is in the row of the first value of the slow one: the mean of the rows up "
        "to it. The larger of fast and slow is the slow period. A NaN stays for ever.",
    .talib = "MACD",
    .inputs = {"close"},
    .outputs = MACD_OUTPUTS,
    .params = {VEL_TA_PERIOD("fast", 12, 2, "rows of the fast mean"),
               VEL_TA_PERIOD("slow", 26, 2, "rows of the slow mean"),
               VEL_TA_PERIOD("signal", 9, 1, "rows of the mean of the difference")},
    .state_size = sizeof(macd_t),
    .init = macd_init,
    .lookback = macd_lookback,
    .settles = macd_settles,
    .step = macd_step,
    .run = macd_run,
};

static const vel_indicator_kind_t macdfix = {
    .name = "macdfix",
    .class_name = "MACDFIX",
    .title = "Moving average convergence/divergence, 12 and 26 rows",
    .group = "momentum",
    .formula = "As macd with fast = 12 and slow = 26, whose smoothing factors are 0.15 and 0.075",
    .source = "G. Appel, The Moving Average Convergence-Divergence Trading Method (1985): the factors are his, rounded",
    .notes = "The factors of macd(12, 26) are 2/13 and 2/27. A NaN stays for ever.",
    .talib = "MACDFIX",
    .inputs = {"close"},
    .outputs = MACD_OUTPUTS,
    .params = {VEL_TA_PERIOD("signal", 9, 1, "rows of the mean of the difference")},
    .state_size = sizeof(macd_t),
    .init = macdfix_init,
    .lookback = macdfix_lookback,
    .settles = macdfix_settles,
    .step = macd_step,
    .run = macd_run,
};

/* ---- dpo */

typedef struct dpo {
    double n;
    vel_ta_sum_t sum;
    vel_ta_window_t early; /* prices of period / 2 + 1 rows */
    vel_ta_previous_t previous;
    vel_ta_quiet_t quiet;
} dpo_t;

static int64_t dpo_lag(const double *params)
{
    return (int64_t)params[0] / 2 + 1;
}

static void dpo_init(void *state, const double *params, vel_ta_space_t *space)
{
    dpo_t *self = state;
    self->n = params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
    vel_ta_window_init(&self->early, dpo_lag(params), space);
}

static int64_t dpo_lookback(const double *params)
{
    return vel_max((int64_t)params[0] - 1, dpo_lag(params));
}

/* Equal changes of 0 after which all prices in use are equal. */
static int64_t dpo_flat(const dpo_t *self)
{
    return vel_max((int64_t)self->n - 1, self->early.n);
}

static void dpo_step(void *state, const double *in, double *out)
{
    dpo_t *self = state;
    double early = vel_ta_window_push(&self->early, in[0]);
    out[0] = early - vel_ta_sum_step(&self->sum, in[0]) / self->n;
    if (vel_ta_quiet_step(&self->quiet, vel_ta_change_step(&self->previous, in[0])) >= dpo_flat(self))
        out[0] = 0.0;
}

static void dpo_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    dpo_t *self = state;
    double early[VEL_TA_CHUNK], change[VEL_TA_CHUNK], *y = out[0], divisor = self->n;
    vel_ta_window_run(&self->early, n, in[0], early);
    vel_ta_sum_run(&self->sum, n, in[0], y);
    for (int64_t i = 0; i < n; i++)
        y[i] = early[i] - y[i] / divisor;
    vel_ta_change_run(&self->previous, n, in[0], change);
    vel_ta_quiet_run(&self->quiet, dpo_flat(self), n, change, 0.0, y);
}

static const vel_indicator_kind_t dpo = {
    .name = "dpo",
    .class_name = "DPO",
    .title = "Detrended price oscillator",
    .group = "momentum",
    .formula = "dpo_t = x_(t-m) - sma(x, n)_t, n = period, m = n / 2 rounded down + 1",
    .source =
        "W. Blau, Momentum, Direction and Divergence (1995), chapter 9; see S. B. Achelis, Technical Analysis from "
        "A to Z (2000)",
    .notes =
        "No row looks ahead: charts that centre the mean shift the result by m rows. Exactly 0 where all prices in "
        "use are equal. A NaN stays for ever.",
    .talib = "DPO",
    .inputs = {"close"},
    .outputs = {{"dpo", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 20, 2, "rows of the mean")},
    .state_size = sizeof(dpo_t),
    .init = dpo_init,
    .lookback = dpo_lookback,
    .step = dpo_step,
    .run = dpo_run,
};

/* ---- eri */

static void eri_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_ema_init(state, (int64_t)params[0], vel_ta_ema_factor(params[0]));
}

static int64_t eri_settles(const double *params)
{
    return (int64_t)params[0] + settling_of(params[0]);
}

static void eri_step(void *state, const double *in, double *out)
{
    double mean = vel_ta_ema_step(state, in[2]);
    out[0] = in[0] - mean;
    out[1] = in[1] - mean;
}

static void eri_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    double mean[VEL_TA_CHUNK];
    vel_ta_ema_run(state, n, in[2], mean);
    for (int64_t i = 0; i < n; i++)
        out[0][i] = in[0][i] - mean[i];
    for (int64_t i = 0; i < n; i++)
        out[1][i] = in[1][i] - mean[i];
}

static const vel_indicator_kind_t eri = {
    .name = "eri",
    .class_name = "ERI",
    .title = "Elder ray index",
    .group = "momentum",
    .formula = "bull_t = high_t - ema(close, n)_t; bear_t = low_t - ema(close, n)_t, n = period",
    .source = "A. Elder, Trading for a Living (1993)",
    .notes = "A NaN of the close stays for ever.",
    .talib = "ERI",
    .inputs = {"high", "low", "close"},
    .outputs = {{"bull", VEL_TA_HISTOGRAM}, {"bear", VEL_TA_HISTOGRAM}},
    .params = {VEL_TA_PERIOD("period", 13, 1, "rows of the mean")},
    .state_size = sizeof(vel_ta_ema_t),
    .init = eri_init,
    .lookback = lookback_of_window,
    .settles = eri_settles,
    .step = eri_step,
    .run = eri_run,
};

/* ---- ao, ac */

typedef struct ao {
    double fast;
    double slow;
    double signal; /* 0: none */
    vel_ta_sum_t fast_sum;
    vel_ta_sum_t slow_sum;
    vel_ta_sum_t signal_sum;
    vel_ta_previous_t previous;
    vel_ta_quiet_t quiet;
} ao_t;

static void ao_init(void *state, const double *params, vel_ta_space_t *space)
{
    ao_t *self = state;
    self->fast = params[0];
    self->slow = params[1];
    vel_ta_sum_init(&self->fast_sum, (int64_t)params[0], space);
    vel_ta_sum_init(&self->slow_sum, (int64_t)params[1], space);
}

static void ac_init(void *state, const double *params, vel_ta_space_t *space)
{
    ao_t *self = state;
    ao_init(state, params, space);
    self->signal = params[2];
    vel_ta_sum_init(&self->signal_sum, (int64_t)params[2], space);
}

static int64_t ao_lookback(const double *params)
{
    return (int64_t)fmax(params[0], params[1]) - 1;
}

static int64_t ac_lookback(const double *params)
{
    return ao_lookback(params) + (int64_t)params[2] - 1;
}

static int64_t ao_flat(const ao_t *self)
{
    return (int64_t)fmax(self->fast, self->slow) - 1;
}

static void ao_step(void *state, const double *in, double *out)
{
    ao_t *self = state;
    double middle = (in[0] + in[1]) / 2.0;
    double fast = vel_ta_sum_step(&self->fast_sum, middle) / self->fast;
    double slow = vel_ta_sum_step(&self->slow_sum, middle) / self->slow;
    out[0] = fast - slow;
    if (vel_ta_quiet_step(&self->quiet, vel_ta_change_step(&self->previous, middle)) >= ao_flat(self))
        out[0] = 0.0;
}

static void ac_step(void *state, const double *in, double *out)
{
    ao_t *self = state;
    ao_step(state, in, out);
    out[0] -= vel_ta_sum_step(&self->signal_sum, out[0]) / self->signal;
}

static void ao_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    ao_t *self = state;
    double middle[VEL_TA_CHUNK], slow[VEL_TA_CHUNK], *y = out[0], fast_n = self->fast, slow_n = self->slow;
    for (int64_t i = 0; i < n; i++)
        middle[i] = (in[0][i] + in[1][i]) / 2.0;
    vel_ta_sum_run(&self->fast_sum, n, middle, y);
    vel_ta_sum_run(&self->slow_sum, n, middle, slow);
    for (int64_t i = 0; i < n; i++)
        y[i] = y[i] / fast_n - slow[i] / slow_n;
    vel_ta_change_run(&self->previous, n, middle, slow);
    vel_ta_quiet_run(&self->quiet, ao_flat(self), n, slow, 0.0, y);
}

static void ac_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    ao_t *self = state;
    double mean[VEL_TA_CHUNK], *y = out[0], divisor = self->signal;
    ao_run(state, n, in, out);
    vel_ta_sum_run(&self->signal_sum, n, y, mean);
    for (int64_t i = 0; i < n; i++)
        y[i] -= mean[i] / divisor;
}

static const vel_indicator_kind_t ao = {
    .name = "ao",
    .class_name = "AO",
    .title = "Awesome oscillator",
    .group = "momentum",
    .formula = "ao_t = sma(m, fast)_t - sma(m, slow)_t, m_t = (high_t + low_t) / 2",
    .source = "B. Williams, New Trading Dimensions (1998)",
    .notes = "Exactly 0 where all m in use are equal. A NaN stays for ever.",
    .talib = "AO",
    .inputs = {"high", "low"},
    .outputs = {{"ao", VEL_TA_HISTOGRAM}},
    .params = {VEL_TA_PERIOD("fast", 5, 2, "rows of the first mean"),
               VEL_TA_PERIOD("slow", 34, 2, "rows of the second mean")},
    .state_size = sizeof(ao_t),
    .init = ao_init,
    .lookback = ao_lookback,
    .step = ao_step,
    .run = ao_run,
};

static const vel_indicator_kind_t ac = {
    .name = "ac",
    .class_name = "AC",
    .title = "Accelerator oscillator",
    .group = "momentum",
    .formula = "ac_t = a_t - sma(a, signal)_t, a = ao(high, low, fast, slow)",
    .source = "B. Williams, New Trading Dimensions (1998)",
    .notes = "A NaN stays for ever.",
    .talib = "AC",
    .inputs = {"high", "low"},
    .outputs = {{"ac", VEL_TA_HISTOGRAM}},
    .params = {VEL_TA_PERIOD("fast", 5, 2, "rows of the first mean"),
               VEL_TA_PERIOD("slow", 34, 2, "rows of the second mean"),
               VEL_TA_PERIOD("signal", 5, 2, "rows of the mean of their difference")},
    .state_size = sizeof(ao_t),
    .init = ac_init,
    .lookback = ac_lookback,
    .step = ac_step,
    .run = ac_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(convergence)[] = {
    &macd, &macdfix, &dpo, &eri, &ao, &ac, NULL,
};
