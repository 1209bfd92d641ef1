/* maths.c: arithmetic and transforms of columns. */
#include "extremum.h"
#include "inner.h"

static int64_t lookback_of_period(const double *params)
{
    return (int64_t)params[0] - 1;
}

/* ---- max, min */

static void max_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_extremum_init(state, (int64_t)params[0], true, space);
}

static void min_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_extremum_init(state, (int64_t)params[0], false, space);
}

static void extremum_step(void *state, const double *in, double *out)
{
    out[0] = vel_ta_extremum_step(state, in[0]);
}

static void extremum_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_extremum_run(state, n, in[0], out[0]);
}

static const vel_indicator_kind_t max = {
    .name = "max",
    .class_name = "MAX",
    .title = "Highest value of a window",
    .group = "maths",
    .formula = "max_t = max(x_t, ..., x_(t-n+1)), n = period; NaN while a NaN is in the window",
    .source = "Definition",
    .talib = "MAX",
    .inputs = {"x"},
    .outputs = {{"max", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_extremum_t),
    .init = max_init,
    .lookback = lookback_of_period,
    .step = extremum_step,
    .run = extremum_run,
};

static const vel_indicator_kind_t min = {
    .name = "min",
    .class_name = "MIN",
    .title = "Lowest value of a window",
    .group = "maths",
    .formula = "min_t = min(x_t, ..., x_(t-n+1)), n = period; NaN while a NaN is in the window",
    .source = "Definition",
    .talib = "MIN",
    .inputs = {"x"},
    .outputs = {{"min", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_extremum_t),
    .init = min_init,
    .lookback = lookback_of_period,
    .step = extremum_step,
    .run = extremum_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(maths)[] = {
    &max,
    &min,
    NULL,
};
