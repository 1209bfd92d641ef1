/* stochastics.c: where a price lies between the highest and the lowest of a window. */
#include "changes.h"
#include "extremum.h"
#include "inner.h"

/* ---- willr */

typedef struct willr {
    vel_ta_extremum_t highest;
    vel_ta_extremum_t lowest;
} willr_t;

static void willr_init(void *state, const double *params, vel_ta_space_t *space)
{
    willr_t *self = state;
    vel_ta_extremum_init(&self->highest, (int64_t)params[0], true, space);
    vel_ta_extremum_init(&self->lowest, (int64_t)params[0], false, space);
}

static int64_t willr_lookback(const double *params)
{
    return (int64_t)params[0] - 1;
}

static inline double willr_of(double highest, double lowest, double close)
{
    return -100.0 * vel_ta_ratio(highest - close, highest - lowest, 0.0) + 0.0;
}

static void willr_step(void *state, const double *in, double *out)
{
    willr_t *self = state;
    double highest = vel_ta_extremum_step(&self->highest, in[0]), lowest = vel_ta_extremum_step(&self->lowest, in[1]);
    out[0] = willr_of(highest, lowest, in[2]);
}

static void willr_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    willr_t *self = state;
    double highest[VEL_TA_CHUNK], lowest[VEL_TA_CHUNK], *y = out[0];
    vel_ta_extremum_run(&self->highest, n, in[0], highest);
    vel_ta_extremum_run(&self->lowest, n, in[1], lowest);
    for (int64_t i = 0; i < n; i++)
        y[i] = willr_of(highest[i], lowest[i], in[2][i]);
}

static const vel_indicator_kind_t willr = {
    .name = "willr",
    .class_name = "WILLR",
    .title = "Williams %R",
    .group = "oscillators",
    .formula =
        "willr_t = -100 (h_t - close_t) / (h_t - l_t), h and l the highest high and the lowest low of period rows",
    .source = "L. Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)",
    .notes = "0 where h and l are equal. NaN while a NaN is in the window, which TA-Lib leaves out.",
    .talib = "WILLR",
    .inputs = {"high", "low", "close"},
    .outputs = {{"willr", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(willr_t),
    .init = willr_init,
    .lookback = willr_lookback,
    .step = willr_step,
    .run = willr_run,
};

/* ---- stochf, stoch, kdj, stochrsi */

/* 100 times the place of the close in the range of the window. */
typedef struct place {
    vel_ta_extremum_t highest;
    vel_ta_extremum_t lowest;
} place_t;

static void place_init(place_t *self, double period, vel_ta_space_t *space)
{
    vel_ta_extremum_init(&self->highest, (int64_t)period, true, space);
    vel_ta_extremum_init(&self->lowest, (int64_t)period, false, space);
}

static inline double place_of(double highest, double lowest, double close)
{
    return 100.0 * vel_ta_ratio(close - lowest, highest - lowest, 0.0);
}

static inline double place_step(place_t *self, double high, double low, double close)
{
    double highest = vel_ta_extremum_step(&self->highest, high);
    return place_of(highest, vel_ta_extremum_step(&self->lowest, low), close);
}

static inline void place_run(place_t *self, int64_t n, const double *high, const double *low, const double *close,
                             double *y)
{
    double highest[VEL_TA_CHUNK], lowest[VEL_TA_CHUNK];
    vel_ta_extremum_run(&self->highest, n, high, highest);
    vel_ta_extremum_run(&self->lowest, n, low, lowest);
    for (int64_t i = 0; i < n; i++)
        y[i] = place_of(highest[i], lowest[i], close[i]);
}

typedef struct stoch {
    place_t place;
    vel_ta_ma_stage_t k; /* not in use by stochf and stochrsi */
    vel_ta_ma_stage_t d;
    vel_ta_gains_t gains; /* of stochrsi */
    int64_t wait;         /* rows of stochrsi until the index has a value */
    double rsi;           /* its last value, NaN before */
} stoch_t;

static int64_t ma_lookback(double period, double type, int initial)
{
    return vel_ta_ma_lookback(vel_ta_ma_type(type, initial), (int64_t)period);
}

static int64_t ma_settles(double period, double type, int initial)
{
    return vel_ta_ma_settles(vel_ta_ma_type(type, initial), (int64_t)period);
}

static void ma_init(vel_ta_ma_stage_t *stage, int64_t wait, double period, double type, int initial,
                    vel_ta_space_t *space)
{
    vel_ta_ma_stage_init(stage, wait, vel_ta_ma_type(type, initial), (int64_t)period, space);
}

/* params: period and type of the average d; `first` rows have no place. */
static void stochf_start(stoch_t *self, int64_t first, double fast_k, const double *params, vel_ta_space_t *space)
{
    place_init(&self->place, fast_k, space);
    ma_init(&self->d, first, params[0], params[1], VEL_TA_MA_SMA, space);
}

static void stochf_init(void *state, const double *params, vel_ta_space_t *space)
{
    stochf_start(state, (int64_t)params[0] - 1, params[0], params + 1, space);
}

static int64_t stochf_lookback(const double *params)
{
    return (int64_t)params[0] - 1 + ma_lookback(params[1], params[2], VEL_TA_MA_SMA);
}

static int64_t stochf_settles(const double *params)
{
    return (int64_t)params[0] + ma_settles(params[1], params[2], VEL_TA_MA_SMA);
}

static void stochf_step(void *state, const double *in, double *out)
{
    stoch_t *self = state;
    out[0] = place_step(&self->place, in[0], in[1], in[2]);
    out[1] = vel_ta_ma_stage_step(&self->d, out[0]);
}

static void stochf_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    stoch_t *self = state;
    place_run(&self->place, n, in[0], in[1], in[2], out[0]);
    vel_ta_ma_stage_run(&self->d, n, out[0], out[1]);
}

static const vel_indicator_kind_t stochf = {
    .name = "stochf",
    .class_name = "STOCHF",
    .title = "Fast stochastic",
    .group = "oscillators",
    .formula = "k_t = 100 (close_t - l_t) / (h_t - l_t), h and l the highest high and the lowest low of fast_k rows; "
               "d_t = ma(k, fast_d, fast_d_ma)_t",
    .source = "G. C. Lane, Lane's Stochastics, Technical Analysis of Stocks & Commodities 2:3 (1984)",
    .notes = "k is 0 where h and l are equal, and NaN while a NaN is in the window. default is sma.",
    .talib = "STOCHF",
    .inputs = {"high", "low", "close"},
    .outputs = {{"k", VEL_TA_PANEL}, {"d", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("fast_k", 5, 1, "rows of the window"),
               VEL_TA_PERIOD("fast_d", 3, 1, "rows of the average"),
               VEL_TA_MA_PARAM("fast_d_ma", VEL_TA_MA_SMA, "type of the average")},
    .state_size = sizeof(stoch_t),
    .init = stochf_init,
    .lookback = stochf_lookback,
    .settles = stochf_settles,
    .step = stochf_step,
    .run = stochf_run,
};

/* `initial` is the type of the averages that default stands for. */
static void stoch_start(stoch_t *self, const double *params, int initial, vel_ta_space_t *space)
{
    int64_t first = (int64_t)params[0] - 1;
    place_init(&self->place, params[0], space);
    ma_init(&self->k, first, params[1], params[2], initial, space);
    ma_init(&self->d, first + ma_lookback(params[1], params[2], initial), params[3], params[4], initial, space);
}

static int64_t slow_lookback(const double *params, int initial)
{
    return (int64_t)params[0] - 1 + ma_lookback(params[1], params[2], initial) +
           ma_lookback(params[3], params[4], initial);
}

static int64_t slow_settles(const double *params, int initial)
{
    return (int64_t)params[0] + ma_settles(params[1], params[2], initial) + ma_settles(params[3], params[4], initial);
}

static void stoch_init(void *state, const double *params, vel_ta_space_t *space)
{
    stoch_start(state, params, VEL_TA_MA_SMA, space);
}

static void kdj_init(void *state, const double *params, vel_ta_space_t *space)
{
    stoch_start(state, params, VEL_TA_MA_RMA, space);
}

static int64_t stoch_lookback(const double *params)
{
    return slow_lookback(params, VEL_TA_MA_SMA);
}

static int64_t kdj_lookback(const double *params)
{
    return slow_lookback(params, VEL_TA_MA_RMA);
}

static int64_t stoch_settles(const double *params)
{
    return slow_settles(params, VEL_TA_MA_SMA);
}

static int64_t kdj_settles(const double *params)
{
    return slow_settles(params, VEL_TA_MA_RMA);
}

static void stoch_step(void *state, const double *in, double *out)
{
    stoch_t *self = state;
    out[0] = vel_ta_ma_stage_step(&self->k, place_step(&self->place, in[0], in[1], in[2]));
    out[1] = vel_ta_ma_stage_step(&self->d, out[0]);
}

static void stoch_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    stoch_t *self = state;
    place_run(&self->place, n, in[0], in[1], in[2], out[0]);
    vel_ta_ma_stage_run(&self->k, n, out[0], out[0]);
    vel_ta_ma_stage_run(&self->d, n, out[0], out[1]);
}

static void kdj_step(void *state, const double *in, double *out)
{
    stoch_step(state, in, out);
    out[2] = 3.0 * out[0] - 2.0 * out[1];
}

static void kdj_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    stoch_run(state, n, in, out);
    for (int64_t i = 0; i < n; i++)
        out[2][i] = 3.0 * out[0][i] - 2.0 * out[1][i];
}

#define STOCH_PARAMS(FAST_K, TYPE)                                                                                     \
    {VEL_TA_PERIOD("fast_k", FAST_K, 1, "rows of the window"), VEL_TA_PERIOD("slow_k", 3, 1, "rows of the average k"), \
     VEL_TA_MA_PARAM("slow_k_ma", TYPE, "type of the average k"),                                                      \
     VEL_TA_PERIOD("slow_d", 3, 1, "rows of the average d"),                                                           \
     VEL_TA_MA_PARAM("slow_d_ma", TYPE, "type of the average d")}

static const vel_indicator_kind_t stoch = {
    .name = "stoch",
    .class_name = "STOCH",
    .title = "Slow stochastic",
    .group = "oscillators",
    .formula = "k_t = ma(f, slow_k, slow_k_ma)_t; d_t = ma(k, slow_d, slow_d_ma)_t; f_t = 100 (close_t - l_t) / "
               "(h_t - l_t), h and l the highest high and the lowest low of fast_k rows",
    .source = "G. C. Lane, Lane's Stochastics, Technical Analysis of Stocks & Commodities 2:3 (1984)",
    .notes = "f is 0 where h and l are equal. default is sma. A NaN is treated as the averages do.",
    .talib = "STOCH",
    .inputs = {"high", "low", "close"},
    .outputs = {{"k", VEL_TA_PANEL}, {"d", VEL_TA_PANEL}},
    .params = STOCH_PARAMS(5, VEL_TA_MA_SMA),
    .state_size = sizeof(stoch_t),
    .init = stoch_init,
    .lookback = stoch_lookback,
    .settles = stoch_settles,
    .step = stoch_step,
    .run = stoch_run,
};

static const vel_indicator_kind_t kdj = {
    .name = "kdj",
    .class_name = "KDJ",
    .title = "KDJ stochastic",
    .group = "oscillators",
    .formula = "k and d as those of stoch, with Wilder's means; j_t = 3 k_t - 2 d_t",
    .source = "G. C. Lane's stochastics with Wilder's means and a third line, as used on Chinese markets; no first "
              "publication is known",
    .notes =
        "The first k and d are the means of their first rows, not 50 as on some platforms. default is rma. A NaN is "
        "treated as the averages do.",
    .talib = "KDJ",
    .inputs = {"high", "low", "close"},
    .outputs = {{"k", VEL_TA_PANEL}, {"d", VEL_TA_PANEL}, {"j", VEL_TA_PANEL}},
    .params = STOCH_PARAMS(9, VEL_TA_MA_RMA),
    .state_size = sizeof(stoch_t),
    .init = kdj_init,
    .lookback = kdj_lookback,
    .settles = kdj_settles,
    .step = kdj_step,
    .run = kdj_run,
};

static void stochrsi_init(void *state, const double *params, vel_ta_space_t *space)
{
    stoch_t *self = state;
    vel_ta_gains_init(&self->gains, (int64_t)params[0]);
    self->wait = (int64_t)params[0];
    self->rsi = (double)NAN;
    stochf_start(self, (int64_t)(params[0] + params[1]) - 1, params[1], params + 2, space);
}

static int64_t stochrsi_lookback(const double *params)
{
    return (int64_t)params[0] + stochf_lookback(params + 1);
}

static int64_t stochrsi_settles(const double *params)
{
    return vel_ta_gains_settles((int64_t)params[0]) + stochf_settles(params + 1);
}

/* Without a change of the price both means of the index shrink by the same factor, so it stays; rounding would make it
 * move, and the stochastic of a small move is as large as that of any other. */
static inline double held_strength(stoch_t *self, double change, double strength)
{
    if (vel_ta_wait(&self->wait, 1) > 0)
        return 0.0;
    bool is_held = change == 0.0 && self->rsi == self->rsi;
    return self->rsi = is_held ? self->rsi : strength;
}

static void stochrsi_step(void *state, const double *in, double *out)
{
    stoch_t *self = state;
    double up, down, change = vel_ta_gains_step(&self->gains, in[0], &up, &down);
    double rsi = held_strength(self, change, vel_ta_strength(up, down));
    out[0] = place_step(&self->place, rsi, rsi, rsi);
    out[1] = vel_ta_ma_stage_step(&self->d, out[0]);
}

static void stochrsi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    stoch_t *self = state;
    double means[2 * VEL_TA_CHUNK], *change = out[0], *rsi = out[1];
    vel_ta_gains_run(&self->gains, n, in[0], change, means);
    for (int64_t i = 0; i < n; i++)
        rsi[i] = vel_ta_strength(means[2 * i], means[2 * i + 1]);
    for (int64_t i = 0; i < n; i++)
        rsi[i] = held_strength(self, change[i], rsi[i]);
    place_run(&self->place, n, rsi, rsi, rsi, out[0]);
    vel_ta_ma_stage_run(&self->d, n, out[0], out[1]);
}

static const vel_indicator_kind_t stochrsi = {
    .name = "stochrsi",
    .class_name = "STOCHRSI",
    .title = "Stochastic of the relative strength index",
    .group = "oscillators",
    .formula = "k_t = 100 (r_t - l_t) / (h_t - l_t), r = rsi(close, period), h and l the highest and the lowest r of "
               "fast_k rows; d_t = ma(k, fast_d, fast_d_ma)_t",
    .source = "T. S. Chande and S. Kroll, The New Technical Trader (1994)",
    .notes = "k is 0 where h and l are equal. r stays exactly where a price has not changed, where TA-Lib shows its "
             "rounding errors. default is sma. A NaN stays for ever; TA-Lib takes the r after it as 0.",
    .talib = "STOCHRSI",
    .inputs = {"close"},
    .outputs = {{"k", VEL_TA_PANEL}, {"d", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the relative strength index"),
               VEL_TA_PERIOD("fast_k", 5, 1, "rows of the window"),
               VEL_TA_PERIOD("fast_d", 3, 1, "rows of the average"),
               VEL_TA_MA_PARAM("fast_d_ma", VEL_TA_MA_SMA, "type of the average")},
    .state_size = sizeof(stoch_t),
    .init = stochrsi_init,
    .lookback = stochrsi_lookback,
    .settles = stochrsi_settles,
    .step = stochrsi_step,
    .run = stochrsi_run,
};

/* ---- smi */

typedef struct smi {
    vel_ta_extremum_t highest;
    vel_ta_extremum_t lowest;
    vel_ta_twin_t means[2]; /* of the distances from the middle of the range and of the ranges: slow, then fast */
    vel_ta_stage_t signal;
} smi_t;

static void smi_init(void *state, const double *params, vel_ta_space_t *space)
{
    smi_t *self = state;
    double fast = params[1], slow = params[2];
    int64_t wait = (int64_t)params[0] - 1;
    vel_ta_extremum_init(&self->highest, (int64_t)params[0], true, space);
    vel_ta_extremum_init(&self->lowest, (int64_t)params[0], false, space);
    vel_ta_twin_init(&self->means[0], wait, (int64_t)slow, vel_ta_ema_factor(slow));
    wait += (int64_t)slow - 1;
    vel_ta_twin_init(&self->means[1], wait, (int64_t)fast, vel_ta_ema_factor(fast));
    wait += (int64_t)fast - 1;
    vel_ta_stage_of_period(&self->signal, wait, params[3]);
}

static int64_t smi_lookback(const double *params)
{
    return (int64_t)(params[0] + params[1] + params[2] + params[3]) - 4;
}

static int64_t smi_settles(const double *params)
{
    int64_t rows = smi_lookback(params);
    for (int k = 1; k < 4; k++)
        rows += vel_ta_period_settling(params[k]);
    return rows;
}

static void smi_step(void *state, const double *in, double *out)
{
    smi_t *self = state;
    double highest = vel_ta_extremum_step(&self->highest, in[0]), lowest = vel_ta_extremum_step(&self->lowest, in[1]);
    double offset = in[2] - (highest + lowest) * 0.5, range = highest - lowest;
    for (int k = 0; k < 2; k++)
        vel_ta_twin_step(&self->means[k], &offset, &range);
    out[0] = vel_ta_ratio(100.0 * offset, 0.5 * range, 0.0);
    out[1] = vel_ta_stage_step(&self->signal, out[0]);
}

static void smi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    smi_t *self = state;
    double means[2 * VEL_TA_CHUNK], *highest = out[0], *lowest = out[1], *y = out[0];
    vel_ta_extremum_run(&self->highest, n, in[0], highest);
    vel_ta_extremum_run(&self->lowest, n, in[1], lowest);
    for (int64_t i = 0; i < n; i++) {
        means[2 * i] = in[2][i] - (highest[i] + lowest[i]) * 0.5;
        means[2 * i + 1] = highest[i] - lowest[i];
    }
    for (int k = 0; k < 2; k++)
        vel_ta_twin_run(&self->means[k], n, means);
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_ratio(100.0 * means[2 * i], 0.5 * means[2 * i + 1], 0.0);
    vel_ta_stage_run(&self->signal, n, y, out[1]);
}

static const vel_indicator_kind_t smi = {
    .name = "smi",
    .class_name = "SMI",
    .title = "Stochastic momentum index",
    .group = "oscillators",
    .formula = "smi_t = 100 ema(ema(close - (h + l) / 2, slow), fast)_t / (ema(ema(h - l, slow), fast)_t / 2), h and l "
               "the highest high and the lowest low of period rows; signal_t = ema(smi, signal)_t",
    .source = "W. Blau, Stochastic Momentum, Technical Analysis of Stocks & Commodities 11:1 (1993)",
    .notes = "0 while h and l are equal. A NaN stays for ever; TA-Lib gives 0 after it.",
    .talib = "SMI",
    .inputs = {"high", "low", "close"},
    .outputs = {{"smi", VEL_TA_PANEL}, {"signal", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 13, 2, "rows of the window"),
               VEL_TA_PERIOD("fast", 2, 2, "rows of the second mean"),
               VEL_TA_PERIOD("slow", 25, 2, "rows of the first mean"),
               VEL_TA_PERIOD("signal", 9, 2, "rows of the mean of the index")},
    .state_size = sizeof(smi_t),
    .init = smi_init,
    .lookback = smi_lookback,
    .settles = smi_settles,
    .step = smi_step,
    .run = smi_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(stochastics)[] = {
    &willr, &stochf, &stoch, &kdj, &stochrsi, &smi, NULL,
};
