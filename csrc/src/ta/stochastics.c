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

/* ---- smi */

typedef struct smi {
    vel_ta_extremum_t highest;
    vel_ta_extremum_t lowest;
    vel_ta_stage_t offset[2]; /* of the distances from the middle of the range: slow, then fast */
    vel_ta_stage_t range[2];
    vel_ta_stage_t signal;
} smi_t;

static void smi_stage(vel_ta_stage_t *stage, int64_t wait, double period)
{
    vel_ta_stage_init(stage, wait, (int64_t)period, vel_ta_ema_factor(period));
}

static void smi_init(void *state, const double *params, vel_ta_space_t *space)
{
    smi_t *self = state;
    double fast = params[1], slow = params[2];
    int64_t wait = (int64_t)params[0] - 1;
    vel_ta_extremum_init(&self->highest, (int64_t)params[0], true, space);
    vel_ta_extremum_init(&self->lowest, (int64_t)params[0], false, space);
    smi_stage(&self->offset[0], wait, slow);
    smi_stage(&self->range[0], wait, slow);
    wait += (int64_t)slow - 1;
    smi_stage(&self->offset[1], wait, fast);
    smi_stage(&self->range[1], wait, fast);
    wait += (int64_t)fast - 1;
    smi_stage(&self->signal, wait, params[3]);
}

static int64_t smi_lookback(const double *params)
{
    return (int64_t)(params[0] + params[1] + params[2] + params[3]) - 4;
}

static int64_t smi_settles(const double *params)
{
    int64_t rows = smi_lookback(params);
    for (int k = 1; k < 4; k++)
        rows += vel_ta_settling(1.0 - vel_ta_ema_factor(params[k]));
    return rows;
}

static void smi_step(void *state, const double *in, double *out)
{
    smi_t *self = state;
    double highest = vel_ta_extremum_step(&self->highest, in[0]), lowest = vel_ta_extremum_step(&self->lowest, in[1]);
    double offset = in[2] - (highest + lowest) * 0.5, range = highest - lowest;
    for (int k = 0; k < 2; k++) {
        offset = vel_ta_stage_step(&self->offset[k], offset);
        range = vel_ta_stage_step(&self->range[k], range);
    }
    out[0] = vel_ta_ratio(100.0 * offset, 0.5 * range, 0.0);
    out[1] = vel_ta_stage_step(&self->signal, out[0]);
}

static void smi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    smi_t *self = state;
    double highest[VEL_TA_CHUNK], lowest[VEL_TA_CHUNK], *offset = out[0], *range = out[1];
    vel_ta_extremum_run(&self->highest, n, in[0], highest);
    vel_ta_extremum_run(&self->lowest, n, in[1], lowest);
    for (int64_t i = 0; i < n; i++) {
        offset[i] = in[2][i] - (highest[i] + lowest[i]) * 0.5;
        range[i] = highest[i] - lowest[i];
    }
    for (int k = 0; k < 2; k++) {
        vel_ta_stage_run(&self->offset[k], n, offset, offset);
        vel_ta_stage_run(&self->range[k], n, range, range);
    }
    for (int64_t i = 0; i < n; i++)
        offset[i] = vel_ta_ratio(100.0 * offset[i], 0.5 * range[i], 0.0);
    vel_ta_stage_run(&self->signal, n, offset, range);
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
    &willr,
    &smi,
    NULL,
};
