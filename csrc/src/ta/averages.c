/* averages.c: moving averages. */
#include "inner.h"

static int64_t lookback_of_period(const double *params)
{
    return (int64_t)params[0] - 1;
}

/* ---- sma */

typedef struct sma {
    double n;
    vel_ta_sum_t sum;
} sma_t;

static void sma_init(void *state, const double *params, vel_ta_space_t *space)
{
    sma_t *self = state;
    self->n = params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
}

static void sma_step(void *state, const double *in, double *out)
{
    sma_t *self = state;
    out[0] = vel_ta_sum_step(&self->sum, in[0]) / self->n;
}

static void sma_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    sma_t *self = state;
    double *y = out[0], divisor = self->n;
    vel_ta_sum_run(&self->sum, n, in[0], y);
    for (int64_t i = 0; i < n; i++)
        y[i] /= divisor;
}

static const vel_indicator_kind_t sma = {
    .name = "sma",
    .class_name = "SMA",
    .title = "Simple moving average",
    .group = "averages",
    .formula = "sma_t = (x_t + ... + x_(t-n+1)) / n, n = period",
    .source = "The arithmetic mean of a window",
    .talib = "SMA",
    .inputs = {"close"},
    .outputs = {{"sma", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the window")},
    .state_size = sizeof(sma_t),
    .init = sma_init,
    .lookback = lookback_of_period,
    .step = sma_step,
    .run = sma_run,
};

/* ---- ema */

static void ema_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_ema_init(state, (int64_t)params[0], vel_ta_ema_factor(params[0]));
}

static void ema_step(void *state, const double *in, double *out)
{
    out[0] = vel_ta_ema_step(state, in[0]);
}

static void ema_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_ema_run(state, n, in[0], out[0]);
}

static int64_t ema_settles(const double *params)
{
    return (int64_t)params[0] + vel_ta_settling(1.0 - vel_ta_ema_factor(params[0]));
}

static const vel_indicator_kind_t ema = {
    .name = "ema",
    .class_name = "EMA",
    .title = "Exponential moving average",
    .group = "averages",
    .formula = "ema_t = ema_(t-1) + k (x_t - ema_(t-1)), k = 2 / (n + 1), n = period; the first is the mean of n rows",
    .source = "J. S. Hunter, The exponentially weighted moving average, Journal of Quality Technology 18 (1986)",
    .talib = "EMA",
    .inputs = {"close"},
    .outputs = {{"ema", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows; k = 2 / (period + 1)")},
    .state_size = sizeof(vel_ta_ema_t),
    .init = ema_init,
    .lookback = lookback_of_period,
    .settles = ema_settles,
    .step = ema_step,
    .run = ema_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(averages)[] = {
    &sma,
    &ema,
    NULL,
};
