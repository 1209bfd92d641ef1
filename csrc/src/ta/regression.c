/* regression.c: straight lines through a window. */
#include "regression.h"

#define LEAST_SQUARES                                                                                                  \
    "Least squares: A.-M. Legendre, 1805, and C. F. Gauss, Theoria motus corporum coelestium, 1809; updated "          \
    "row by row"
#define WHILE_BAD "NaN while a NaN or an infinity is in the window."

static void line_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_regression_init(state, (int64_t)params[0], space);
}

/* A kind with one output, a function of the line: VALUE may use mean, slope, middle ((n - 1) / 2) and n. */
#define LINE(NAME, VALUE)                                                                                              \
    static inline double NAME##_of(double mean, double slope, double middle)                                           \
    {                                                                                                                  \
        return VALUE;                                                                                                  \
    }                                                                                                                  \
    static void NAME##_step(void *state, const double *in, double *out)                                                \
    {                                                                                                                  \
        vel_ta_regression_t *self = state;                                                                             \
        bool is_line = vel_ta_regression_add(self, in[0]);                                                             \
        vel_ta_line_t line = vel_ta_regression_line(self);                                                             \
        out[0] = is_line ? NAME##_of(line.mean, line.slope, self->middle) : (double)NAN;                               \
    }                                                                                                                  \
    static void NAME##_run(void *state, int64_t n, const double *const *in, double *const *out)                        \
    {                                                                                                                  \
        vel_ta_regression_t *self = state;                                                                             \
        double mean[VEL_TA_CHUNK], slope[VEL_TA_CHUNK], middle = self->middle, *y = out[0];                            \
        vel_ta_regression_run(self, n, in[0], mean, slope, NULL);                                                      \
        for (int64_t i = 0; i < n; i++)                                                                                \
            y[i] = NAME##_of(mean[i], slope[i], middle);                                                               \
    }

LINE(linearreg, mean + slope * middle)
LINE(linearreg_intercept, mean - slope * middle)
LINE(linearreg_slope, ((void)mean, (void)middle, slope))
LINE(linearreg_angle, ((void)mean, (void)middle, atan(slope) * (180.0 / 3.14159265358979323846)))
LINE(tsf, mean + slope * (middle + 1.0))

static const vel_indicator_kind_t linearreg = {
    .name = "linearreg",
    .class_name = "LINEARREG",
    .title = "Linear regression",
    .group = "statistics",
    .formula =
        "a + b (n - 1), with a + b k the line of least squares through (k, x_(t-n+1+k)), k = 0 ... n-1, n = period",
    .source = LEAST_SQUARES,
    .notes = WHILE_BAD,
    .talib = "LINEARREG",
    .inputs = {"close"},
    .outputs = {{"linearreg", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_regression_t),
    .init = line_init,
    .lookback = vel_ta_lookback_of_window,
    .step = linearreg_step,
    .run = linearreg_run,
};

static const vel_indicator_kind_t linearreg_intercept = {
    .name = "linearreg_intercept",
    .class_name = "LINEARREG_INTERCEPT",
    .title = "Linear regression: intercept",
    .group = "statistics",
    .formula = "a, with a + b k the line of least squares through (k, x_(t-n+1+k)), k = 0 ... n-1, n = period",
    .source = LEAST_SQUARES,
    .notes = WHILE_BAD " It is the height of the line at the oldest row of the window.",
    .talib = "LINEARREG_INTERCEPT",
    .inputs = {"close"},
    .outputs = {{"intercept", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_regression_t),
    .init = line_init,
    .lookback = vel_ta_lookback_of_window,
    .step = linearreg_intercept_step,
    .run = linearreg_intercept_run,
};

static const vel_indicator_kind_t linearreg_slope = {
    .name = "linearreg_slope",
    .class_name = "LINEARREG_SLOPE",
    .title = "Linear regression: slope",
    .group = "statistics",
    .formula = "b, with a + b k the line of least squares through (k, x_(t-n+1+k)), k = 0 ... n-1, n = period",
    .source = LEAST_SQUARES,
    .notes = WHILE_BAD " Equal values give exactly 0.",
    .talib = "LINEARREG_SLOPE",
    .inputs = {"close"},
    .outputs = {{"slope", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_regression_t),
    .init = line_init,
    .lookback = vel_ta_lookback_of_window,
    .step = linearreg_slope_step,
    .run = linearreg_slope_run,
};

static const vel_indicator_kind_t linearreg_angle = {
    .name = "linearreg_angle",
    .class_name = "LINEARREG_ANGLE",
    .title = "Linear regression: angle",
    .group = "statistics",
    .formula = "atan(b) in degrees, b the slope of linearreg_slope",
    .source = LEAST_SQUARES,
    .notes = WHILE_BAD " The angle of a price per row depends on the unit of the price.",
    .talib = "LINEARREG_ANGLE",
    .inputs = {"close"},
    .outputs = {{"angle", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_regression_t),
    .init = line_init,
    .lookback = vel_ta_lookback_of_window,
    .step = linearreg_angle_step,
    .run = linearreg_angle_run,
};

static const vel_indicator_kind_t tsf = {
    .name = "tsf",
    .class_name = "TSF",
    .title = "Time series forecast",
    .group = "statistics",
    .formula = "a + b n, with a + b k the line of least squares through (k, x_(t-n+1+k)), k = 0 ... n-1, n = period",
    .source = LEAST_SQUARES,
    .notes = WHILE_BAD " It is the line of linearreg at the next row.",
    .talib = "TSF",
    .inputs = {"close"},
    .outputs = {{"tsf", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_regression_t),
    .init = line_init,
    .lookback = vel_ta_lookback_of_window,
    .step = tsf_step,
    .run = tsf_run,
};

/* ---- linear_regression_channel */

enum { WIDTH_ERROR = 0, WIDTH_DEVIATION = 1 };

typedef struct channel {
    vel_ta_regression_t line;
    double factor;
    int64_t width; /* WIDTH_ERROR, WIDTH_DEVIATION */
} channel_t;

static void channel_init(void *state, const double *params, vel_ta_space_t *space)
{
    channel_t *self = state;
    vel_ta_regression_init(&self->line, (int64_t)params[0], space);
    self->factor = params[1];
    self->width = (int64_t)params[2];
}

/* Half the width of the channel. */
static inline double channel_half(double squares, double slope, double spread, double n, double factor, bool is_error)
{
    double total = is_error ? vel_ta_regression_residual(squares, slope, spread) : squares;
    return sqrt(total / (is_error ? n - 2.0 : n)) * factor;
}

static void channel_step(void *state, const double *in, double *out)
{
    channel_t *self = state;
    const vel_ta_variance_t *sums = &self->line.values;
    bool is_line = vel_ta_regression_add(&self->line, in[0]);
    vel_ta_line_t line = vel_ta_regression_line(&self->line);
    double squares = sums->squares;
    double half =
        channel_half(squares, line.slope, self->line.spread, sums->n, self->factor, self->width == WIDTH_ERROR);
    double middle = is_line ? line.mean + line.slope * self->line.middle : (double)NAN;
    out[0] = middle + half;
    out[1] = middle;
    out[2] = middle - half;
}

static void channel_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    channel_t *self = state;
    double mean[VEL_TA_CHUNK], slope[VEL_TA_CHUNK], squares[VEL_TA_CHUNK];
    double rows = self->line.values.n, spread = self->line.spread, middle = self->line.middle, factor = self->factor;
    bool is_error = self->width == WIDTH_ERROR;
    vel_ta_regression_run(&self->line, n, in[0], mean, slope, squares);
    for (int64_t i = 0; i < n; i++) {
        double half = channel_half(squares[i], slope[i], spread, rows, factor, is_error);
        mean[i] = mean[i] + slope[i] * middle;
        squares[i] = half;
    }
    for (int64_t i = 0; i < n; i++) {
        out[0][i] = mean[i] + squares[i];
        out[1][i] = mean[i];
        out[2][i] = mean[i] - squares[i];
    }
}

static const vel_indicator_kind_t linear_regression_channel = {
    .name = "linear_regression_channel",
    .class_name = "LinearRegressionChannel",
    .title = "Linear regression channel",
    .group = "statistics",
    .formula =
        "middle_t = linearreg_t; upper, lower = middle +- factor w. width error: w = sqrt(sum of squared deviations "
        "from the line / (n - 2)); deviation: w = the standard deviation of the window, divided by n; n = period",
    .source = "G. Raff, Trading the regression channel, Technical Analysis of Stocks & Commodities 9 (1991); bands of "
              "standard errors: J. Andersen, Standard error bands, the same, 14 (1996)",
    .notes = WHILE_BAD " Values on a line have the standard error 0; of equal values all three outputs are equal.",
    .inputs = {"close"},
    .outputs = {{"upper", VEL_TA_OVERLAY}, {"middle", VEL_TA_OVERLAY}, {"lower", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 100, 3, "rows of the window"),
               VEL_TA_FACTOR("factor", 2.0, 0.0, 1e9, "half the width, in standard errors or deviations"),
               {.name = "width",
                .initial = WIDTH_ERROR,
                .low = WIDTH_ERROR,
                .high = WIDTH_DEVIATION,
                .kind = VEL_TA_CHOICE,
                .text = "error: of the values around the line; deviation: of the values around their mean",
                .choices = "error|deviation"}},
    .state_size = sizeof(channel_t),
    .init = channel_init,
    .lookback = vel_ta_lookback_of_window,
    .step = channel_step,
    .run = channel_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(regression)[] = {
    &linearreg, &linearreg_slope, &linearreg_intercept, &linearreg_angle, &tsf, &linear_regression_channel, NULL,
};
