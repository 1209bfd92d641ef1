/* statistics.c: statistics of a window. */
#include "variance.h"

static int64_t lookback_of_period(const double *params)
{
    return (int64_t)params[0] - 1;
}

#define WHILE_BAD "NaN while a NaN or an infinity is in the window."

/* ---- var, stddev */

typedef struct spread {
    vel_ta_variance_t variance;
    double factor;
} spread_t;

static void spread_init(void *state, const double *params, vel_ta_space_t *space)
{
    spread_t *self = state;
    vel_ta_variance_init(&self->variance, (int64_t)params[0], space);
    self->factor = params[1];
}

static void var_step(void *state, const double *in, double *out)
{
    spread_t *self = state;
    out[0] = vel_ta_variance_step(&self->variance, in[0]);
}

static void var_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    spread_t *self = state;
    vel_ta_variance_run(&self->variance, n, in[0], NULL, out[0]);
}

static const vel_indicator_kind_t var = {
    .name = "var",
    .class_name = "VAR",
    .title = "Variance",
    .group = "statistics",
    .formula = "var_t = ((x_t - m)^2 + ... + (x_(t-n+1) - m)^2) / n, m the mean of the window, n = period",
    .source = "Definition of the population variance. Sums around an anchor: T. F. Chan, G. H. Golub, R. J. LeVeque, "
              "Algorithms for computing the sample variance, The American Statistician 37 (1983)",
    .notes = WHILE_BAD " Equal values give exactly 0. The factor changes nothing, as in TA-Lib.",
    .talib = "VAR",
    .inputs = {"close"},
    .outputs = {{"var", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 5, 1, "rows of the window"),
               VEL_TA_FACTOR("factor", 1.0, -1e30, 1e30, "unused; TA-Lib's signature has it")},
    .state_size = sizeof(spread_t),
    .init = spread_init,
    .lookback = lookback_of_period,
    .step = var_step,
    .run = var_run,
};

static void stddev_step(void *state, const double *in, double *out)
{
    spread_t *self = state;
    out[0] = sqrt(vel_ta_variance_step(&self->variance, in[0])) * self->factor;
}

static void stddev_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    spread_t *self = state;
    double *y = out[0], factor = self->factor;
    vel_ta_variance_run(&self->variance, n, in[0], NULL, y);
    for (int64_t i = 0; i < n; i++)
        y[i] = sqrt(y[i]) * factor;
}

static const vel_indicator_kind_t stddev = {
    .name = "stddev",
    .class_name = "STDDEV",
    .title = "Standard deviation",
    .group = "statistics",
    .formula = "stddev_t = factor sqrt(var_t), var_t the variance of the last n rows, divided by n; n = period",
    .source = "Definition of the population standard deviation",
    .notes = WHILE_BAD " Equal values give exactly 0.",
    .talib = "STDDEV",
    .inputs = {"close"},
    .outputs = {{"stddev", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 5, 2, "rows of the window"),
               VEL_TA_FACTOR("factor", 1.0, -1e30, 1e30, "standard deviations")},
    .state_size = sizeof(spread_t),
    .init = spread_init,
    .lookback = lookback_of_period,
    .step = stddev_step,
    .run = stddev_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(statistics)[] = {
    &var,
    &stddev,
    NULL,
};
