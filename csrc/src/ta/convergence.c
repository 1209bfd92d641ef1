/* convergence.c: how far averages are from each other, and a price from its average. */
#include "changes.h"
#include "inner.h"

static int64_t lookback_of_window(const double *params)
{
    return (int64_t)params[0] - 1;
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
    vel_ta_stage_of_period(&self->signal, (int64_t)slow - 1, signal);
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
    return macd_lookback(params) + vel_ta_period_settling(fmax(params[0], params[1])) +
           vel_ta_period_settling(params[2]);
}

static int64_t macdfix_settles(const double *params)
{
    return macdfix_lookback(params) + vel_ta_settling(1.0 - 0.075) + vel_ta_period_settling(params[0]);
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
    double slow[VEL_TA_CHUNK], *difference = out[0], *signal = out[1], *histogram = out[2];
    vel_ta_stage_run(&self->fast, n, in[0], difference);
    vel_ta_stage_run(&self->slow, n, in[0], slow);
    for (int64_t i = 0; i < n; i++)
        difference[i] -= slow[i];
    vel_ta_stage_run(&self->signal, n, difference, signal);
    for (int64_t i = 0; i < n; i++)
        histogram[i] = difference[i] - signal[i];
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
    .source = "G. Appel, The Moving Average Convergence-Divergence Trading Method (1985): the factors are his",
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

/* ---- macdext, apo, ppo: of two averages by type */

/* A moving average that parameters name. */
typedef struct choice {
    int type;
    int64_t n;
} choice_t;

static choice_t choice_of(double period, double type, int initial)
{
    return (choice_t){.type = vel_ta_ma_type(type, initial), .n = (int64_t)period};
}

static int64_t choice_lookback(choice_t choice)
{
    return vel_ta_ma_lookback(choice.type, choice.n);
}

static int64_t choice_settles(choice_t choice)
{
    return vel_ta_ma_settles(choice.type, choice.n);
}

typedef struct macdext {
    vel_ta_ma_stage_t fast;
    vel_ta_ma_stage_t slow;
    vel_ta_ma_stage_t signal;
} macdext_t;

/* The faster average, the slower one, that of the signal. */
static void macdext_choices(const double *params, choice_t *choices)
{
    int fast = params[2] < params[0];
    choices[fast] = choice_of(params[0], params[1], VEL_TA_MA_SMA);
    choices[!fast] = choice_of(params[2], params[3], VEL_TA_MA_SMA);
    choices[2] = choice_of(params[4], params[5], VEL_TA_MA_SMA);
}

static void macdext_init(void *state, const double *params, vel_ta_space_t *space)
{
    macdext_t *self = state;
    choice_t choices[3];
    macdext_choices(params, choices);
    int64_t fast = choice_lookback(choices[0]), slow = choice_lookback(choices[1]), first = vel_max(fast, slow);
    vel_ta_ma_stage_init(&self->fast, first - fast, choices[0].type, choices[0].n, space);
    vel_ta_ma_stage_init(&self->slow, first - slow, choices[1].type, choices[1].n, space);
    vel_ta_ma_stage_init(&self->signal, first, choices[2].type, choices[2].n, space);
}

static int64_t macdext_lookback(const double *params)
{
    choice_t choices[3];
    macdext_choices(params, choices);
    return vel_max(choice_lookback(choices[0]), choice_lookback(choices[1])) + choice_lookback(choices[2]);
}

static int64_t macdext_settles(const double *params)
{
    choice_t choices[3];
    macdext_choices(params, choices);
    return macdext_lookback(params) + vel_max(choice_settles(choices[0]), choice_settles(choices[1])) +
           choice_settles(choices[2]);
}

static void macdext_step(void *state, const double *in, double *out)
{
    macdext_t *self = state;
    double fast = vel_ta_ma_stage_step(&self->fast, in[0]), slow = vel_ta_ma_stage_step(&self->slow, in[0]);
    out[0] = fast - slow;
    out[1] = vel_ta_ma_stage_step(&self->signal, out[0]);
    out[2] = out[0] - out[1];
}

static void macdext_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    macdext_t *self = state;
    double slow[VEL_TA_CHUNK], *difference = out[0], *signal = out[1], *histogram = out[2];
    vel_ta_ma_stage_run(&self->fast, n, in[0], difference);
    vel_ta_ma_stage_run(&self->slow, n, in[0], slow);
    for (int64_t i = 0; i < n; i++)
        difference[i] -= slow[i];
    vel_ta_ma_stage_run(&self->signal, n, difference, signal);
    for (int64_t i = 0; i < n; i++)
        histogram[i] = difference[i] - signal[i];
}

static const vel_indicator_kind_t macdext = {
    .name = "macdext",
    .class_name = "MACDEXT",
    .title = "Moving average convergence/divergence of averages by type",
    .group = "momentum",
    .formula = "macd_t = ma(x, fast, fast_ma)_t - ma(x, slow, slow_ma)_t; signal_t = ma(macd, signal, signal_ma)_t; "
               "histogram_t = macd_t - signal_t",
    .source =
        "G. Appel, The Moving Average Convergence-Divergence Trading Method (1985), with other averages, as TA-Lib",
    .notes =
        "Both averages have their first value in the same row: the one of fewer rows starts later. The larger of "
        "fast and slow is the slow period, and keeps its type. default is sma. A NaN is treated as the averages do.",
    .talib = "MACDEXT",
    .inputs = {"close"},
    .outputs = MACD_OUTPUTS,
    .params = {VEL_TA_PERIOD("fast", 12, 2, "rows of the fast average"),
               VEL_TA_MA_PARAM("fast_ma", VEL_TA_MA_SMA, "type of the fast average"),
               VEL_TA_PERIOD("slow", 26, 2, "rows of the slow average"),
               VEL_TA_MA_PARAM("slow_ma", VEL_TA_MA_SMA, "type of the slow average"),
               VEL_TA_PERIOD("signal", 9, 1, "rows of the average of the difference"),
               VEL_TA_MA_PARAM("signal_ma", VEL_TA_MA_SMA, "type of the average of the difference")},
    .state_size = sizeof(macdext_t),
    .init = macdext_init,
    .lookback = macdext_lookback,
    .settles = macdext_settles,
    .step = macdext_step,
    .run = macdext_run,
};

typedef struct apo {
    vel_ta_ma_t fast;
    vel_ta_ma_t slow;
} apo_t;

static choice_t apo_choice(const double *params, bool is_slow)
{
    double period = is_slow ? fmax(params[0], params[1]) : fmin(params[0], params[1]);
    return choice_of(period, params[2], VEL_TA_MA_EMA);
}

static void apo_init(void *state, const double *params, vel_ta_space_t *space)
{
    apo_t *self = state;
    choice_t fast = apo_choice(params, false), slow = apo_choice(params, true);
    vel_ta_ma_init(&self->fast, fast.type, fast.n, space);
    vel_ta_ma_init(&self->slow, slow.type, slow.n, space);
}

static int64_t apo_lookback(const double *params)
{
    return vel_max(choice_lookback(apo_choice(params, false)), choice_lookback(apo_choice(params, true)));
}

static int64_t apo_settles(const double *params)
{
    return vel_max(choice_settles(apo_choice(params, false)), choice_settles(apo_choice(params, true)));
}

static void apo_step(void *state, const double *in, double *out)
{
    apo_t *self = state;
    double fast = vel_ta_ma_step(&self->fast, in[0]);
    out[0] = fast - vel_ta_ma_step(&self->slow, in[0]);
}

static void apo_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    apo_t *self = state;
    double slow[VEL_TA_CHUNK], *y = out[0];
    vel_ta_ma_run(&self->fast, n, in[0], y);
    vel_ta_ma_run(&self->slow, n, in[0], slow);
    for (int64_t i = 0; i < n; i++)
        y[i] -= slow[i];
}

static inline double ppo_of(double fast, double slow)
{
    return vel_ta_ratio(fast - slow, slow, 0.0) * 100.0;
}

static void ppo_step(void *state, const double *in, double *out)
{
    apo_t *self = state;
    double fast = vel_ta_ma_step(&self->fast, in[0]);
    out[0] = ppo_of(fast, vel_ta_ma_step(&self->slow, in[0]));
}

static void ppo_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    apo_t *self = state;
    double slow[VEL_TA_CHUNK], *y = out[0];
    vel_ta_ma_run(&self->fast, n, in[0], y);
    vel_ta_ma_run(&self->slow, n, in[0], slow);
    for (int64_t i = 0; i < n; i++)
        y[i] = ppo_of(y[i], slow[i]);
}

#define APO_PARAMS                                                                                                     \
    {VEL_TA_PERIOD("fast", 12, 2, "rows of the fast average"),                                                         \
     VEL_TA_PERIOD("slow", 26, 2, "rows of the slow average"),                                                         \
     VEL_TA_MA_PARAM("ma_type", VEL_TA_MA_EMA, "type of both averages")}

static const vel_indicator_kind_t apo = {
    .name = "apo",
    .class_name = "APO",
    .title = "Absolute price oscillator",
    .group = "momentum",
    .formula = "apo_t = ma(x, fast, ma_type)_t - ma(x, slow, ma_type)_t",
    .source = "Definition; G. Appel, The Moving Average Convergence-Divergence Trading Method (1985), for exponential "
              "means",
    .notes =
        "Each average starts with the first row: with ema, the first rows differ from macd. The larger of fast and "
        "slow is the slow period. default is ema. A NaN is treated as the averages do.",
    .talib = "APO",
    .inputs = {"close"},
    .outputs = {{"apo", VEL_TA_PANEL}},
    .params = APO_PARAMS,
    .state_size = sizeof(apo_t),
    .init = apo_init,
    .lookback = apo_lookback,
    .settles = apo_settles,
    .step = apo_step,
    .run = apo_run,
};

static const vel_indicator_kind_t ppo = {
    .name = "ppo",
    .class_name = "PPO",
    .title = "Percentage price oscillator",
    .group = "momentum",
    .formula = "ppo_t = 100 (ma(x, fast, ma_type)_t - s_t) / s_t, s_t = ma(x, slow, ma_type)_t",
    .source = "Definition: the difference of G. Appel's MACD, in percent of the slow average",
    .notes =
        "0 where s_t is 0. The larger of fast and slow is the slow period. default is ema. A NaN is treated as the "
        "averages do.",
    .talib = "PPO",
    .inputs = {"close"},
    .outputs = {{"ppo", VEL_TA_PANEL}},
    .params = APO_PARAMS,
    .state_size = sizeof(apo_t),
    .init = apo_init,
    .lookback = apo_lookback,
    .settles = apo_settles,
    .step = ppo_step,
    .run = ppo_run,
};

static const vel_indicator_kind_t pvo = {
    .name = "pvo",
    .class_name = "PVO",
    .title = "Percentage volume oscillator",
    .group = "volume",
    .formula = "pvo_t = 100 (ma(volume, fast, ma_type)_t - s_t) / s_t, s_t = ma(volume, slow, ma_type)_t",
    .source = "The percentage price oscillator, of the volume; G. Appel, Technical Analysis: Power Tools for Active "
              "Investors (2005)",
    .notes =
        "0 where s_t is 0. The larger of fast and slow is the slow period. default is ema. A NaN is treated as the "
        "averages do.",
    .talib = "PVO",
    .inputs = {"volume"},
    .outputs = {{"pvo", VEL_TA_PANEL}},
    .params = APO_PARAMS,
    .state_size = sizeof(apo_t),
    .init = apo_init,
    .lookback = apo_lookback,
    .settles = apo_settles,
    .step = ppo_step,
    .run = ppo_run,
};

/* ---- dpo */

typedef struct dpo {
    double share; /* 1 / period */
    int64_t flat; /* changes of 0 in a row after which all prices in use are equal */
    vel_ta_sum_t sum;
    vel_ta_window_t early; /* prices of period / 2 + 1 rows */
    vel_ta_previous_t previous;
    vel_ta_quiet_t quiet;
} dpo_t;

static int64_t dpo_lag(const double *params)
{
    return (int64_t)params[0] / 2 + 1;
}

static int64_t dpo_lookback(const double *params)
{
    return vel_max((int64_t)params[0] - 1, dpo_lag(params));
}

static void dpo_init(void *state, const double *params, vel_ta_space_t *space)
{
    dpo_t *self = state;
    self->share = 1.0 / params[0];
    self->flat = dpo_lookback(params);
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
    vel_ta_window_init(&self->early, dpo_lag(params), space);
}

static void dpo_step(void *state, const double *in, double *out)
{
    dpo_t *self = state;
    double early = vel_ta_window_push(&self->early, in[0]);
    out[0] = early - vel_ta_sum_step(&self->sum, in[0]) * self->share;
    if (vel_ta_quiet_step(&self->quiet, vel_ta_change_step(&self->previous, in[0])) >= self->flat)
        out[0] = 0.0;
}

static void dpo_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    dpo_t *self = state;
    double early[VEL_TA_CHUNK], *y = out[0], share = self->share;
    const double *x = in[0];
    vel_ta_window_t *window = &self->early;
    int64_t first = vel_ta_lag_run(window, n, x, early);
    vel_ta_sum_run(&self->sum, n, x, y);
    for (int64_t i = 0; i < first; i++)
        y[i] = early[i] - y[i] * share;
    for (int64_t i = first; i < n; i++)
        y[i] = x[i - window->n] - y[i] * share;
    vel_ta_change_run(&self->previous, n, x, early);
    vel_ta_quiet_run(&self->quiet, self->flat, n, early, 0.0, y);
}

static const vel_indicator_kind_t dpo = {
    .name = "dpo",
    .class_name = "DPO",
    .title = "Detrended price oscillator",
    .group = "momentum",
    .formula = "dpo_t = x_(t-m) - sma(x, n)_t, n = period, m = n / 2 rounded down + 1",
    .source = "See S. B. Achelis, Technical Analysis from A to Z (2000)",
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
    return (int64_t)params[0] + vel_ta_period_settling(params[0]);
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
    double fast; /* 1 / rows of the fast mean */
    double slow;
    double signal; /* 0: none */
    int64_t flat;  /* changes of 0 in a row after which all prices in use are equal */
    vel_ta_sum_t fast_sum;
    vel_ta_sum_t slow_sum;
    vel_ta_sum_t signal_sum;
    vel_ta_previous_t previous;
    vel_ta_quiet_t quiet;
} ao_t;

static int64_t ao_lookback(const double *params)
{
    return (int64_t)fmax(params[0], params[1]) - 1;
}

static void ao_init(void *state, const double *params, vel_ta_space_t *space)
{
    ao_t *self = state;
    self->fast = 1.0 / params[0];
    self->slow = 1.0 / params[1];
    self->flat = ao_lookback(params);
    vel_ta_sum_init(&self->fast_sum, (int64_t)params[0], space);
    vel_ta_sum_init(&self->slow_sum, (int64_t)params[1], space);
}

static void ac_init(void *state, const double *params, vel_ta_space_t *space)
{
    ao_t *self = state;
    ao_init(state, params, space);
    self->signal = 1.0 / params[2];
    vel_ta_sum_init(&self->signal_sum, (int64_t)params[2], space);
}

static int64_t ac_lookback(const double *params)
{
    return ao_lookback(params) + (int64_t)params[2] - 1;
}

static void ao_step(void *state, const double *in, double *out)
{
    ao_t *self = state;
    double middle = (in[0] + in[1]) * 0.5;
    double fast = vel_ta_sum_step(&self->fast_sum, middle) * self->fast;
    double slow = vel_ta_sum_step(&self->slow_sum, middle) * self->slow;
    out[0] = fast - slow;
    if (vel_ta_quiet_step(&self->quiet, vel_ta_change_step(&self->previous, middle)) >= self->flat)
        out[0] = 0.0;
}

static void ac_step(void *state, const double *in, double *out)
{
    ao_t *self = state;
    ao_step(state, in, out);
    out[0] -= vel_ta_sum_step(&self->signal_sum, out[0]) * self->signal;
}

static void ao_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    ao_t *self = state;
    double change[VEL_TA_CHUNK], slow[VEL_TA_CHUNK], *y = out[0], fast_share = self->fast, slow_share = self->slow;
    for (int64_t i = 0; i < n; i++)
        y[i] = (in[0][i] + in[1][i]) * 0.5;
    vel_ta_change_run(&self->previous, n, y, change);
    vel_ta_sum_run(&self->slow_sum, n, y, slow);
    vel_ta_sum_run(&self->fast_sum, n, y, y);
    for (int64_t i = 0; i < n; i++)
        y[i] = y[i] * fast_share - slow[i] * slow_share;
    vel_ta_quiet_run(&self->quiet, self->flat, n, change, 0.0, y);
}

static void ac_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    ao_t *self = state;
    double mean[VEL_TA_CHUNK], *y = out[0], share = self->signal;
    ao_run(state, n, in, out);
    vel_ta_sum_run(&self->signal_sum, n, y, mean);
    for (int64_t i = 0; i < n; i++)
        y[i] -= mean[i] * share;
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
    &macd, &macdfix, &macdext, &apo, &ppo, &pvo, &dpo, &eri, &ao, &ac, NULL,
};
