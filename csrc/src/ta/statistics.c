/* statistics.c: statistics of a window. */
#include "variance.h"

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
    .lookback = vel_ta_lookback_of_window,
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
    .lookback = vel_ta_lookback_of_window,
    .step = stddev_step,
    .run = stddev_run,
};

/* ---- zscore */

static void zscore_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_variance_init(state, (int64_t)params[0], space);
}

static inline double score_of(double x, double mean, double variance)
{
    double score = (x - mean) / sqrt(variance);
    return variance == 0.0 ? 0.0 : score;
}

static void zscore_step(void *state, const double *in, double *out)
{
    double variance = vel_ta_variance_step(state, in[0]);
    out[0] = score_of(in[0], vel_ta_variance_mean(state), variance);
}

static void zscore_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    const double *x = in[0];
    double mean[VEL_TA_CHUNK], *y = out[0];
    vel_ta_variance_run(state, n, x, mean, y);
    for (int64_t i = 0; i < n; i++)
        y[i] = score_of(x[i], mean[i], y[i]);
}

static const vel_indicator_kind_t zscore = {
    .name = "zscore",
    .class_name = "ZScore",
    .title = "Z-score",
    .group = "statistics",
    .formula =
        "zscore_t = (x_t - m) / s, m the mean and s the standard deviation (divided by n) of the last n rows, the "
        "current one included, n = period",
    .source = "Definition of the standard score",
    .notes = WHILE_BAD " 0 when the values are equal.",
    .inputs = {"close"},
    .outputs = {{"zscore", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 20, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_variance_t),
    .init = zscore_init,
    .lookback = vel_ta_lookback_of_window,
    .step = zscore_step,
    .run = zscore_run,
};

/* ---- skew, kurtosis: sums of third and fourth powers beside those of variance.h
 *
 * Powers lose more than squares where the mean is far from the anchor, so the anchor follows the mean closely. */
#define MOMENTS_RATIO 0.01

typedef struct moments {
    vel_ta_variance_t variance;
    vel_ta_total_t s3, s4; /* sums of d^3 and d^4 */
} moments_t;

static void moments_init(void *state, const double *params, vel_ta_space_t *space)
{
    moments_t *self = state;
    vel_ta_variance_init(&self->variance, (int64_t)params[0], space);
    self->variance.ratio = MOMENTS_RATIO;
}

static void moments_renew(moments_t *self)
{
    vel_ta_window_t *window = &self->variance.values;
    const double *values = vel_ta_window_values(window);
    double anchor = self->variance.anchor, s3 = 0.0, s4 = 0.0;
    for (int64_t k = window->at; k < window->n; k++) {
        double d = values[k] - anchor, square = d * d;
        s3 += square * d;
        s4 += square * square;
    }
    for (int64_t k = 0; k < window->at; k++) {
        double d = values[k] - anchor, square = d * d;
        s3 += square * d;
        s4 += square * square;
    }
    vel_ta_total_set(&self->s3, s3);
    vel_ta_total_set(&self->s4, s4);
}

static bool moments_add(moments_t *self, double x)
{
    vel_ta_variance_t *sums = &self->variance;
    double anchor = sums->anchor, d = x - anchor, e = vel_ta_window_values(&sums->values)[sums->values.at] - anchor;
    double dd = d * d, ee = e * e;
    if (!vel_ta_variance_add(sums, x))
        return false;
    if (sums->fresh == 0) {
        moments_renew(self);
    } else {
        vel_ta_total_add(&self->s3, sums->fresh - 1, dd * d - ee * e);
        vel_ta_total_add(&self->s4, sums->fresh - 1, dd * dd - ee * ee);
    }
    return true;
}

/* The third central moment over the 1.5th power of the variance, and the fourth over its square, less 3; 0 when the
 * values are equal. */
static inline double skew_of(double s1, double s2, double s3, double s4, double squares, double inverse)
{
    double mean = s1 * inverse, square = s2 * inverse, variance = squares * inverse;
    (void)s4;
    double third = s3 * inverse - mean * (3.0 * square - 2.0 * (mean * mean));
    double skew = third / (variance * sqrt(variance));
    return squares == 0.0 ? 0.0 : skew;
}

static inline double kurtosis_of(double s1, double s2, double s3, double s4, double squares, double inverse)
{
    double mean = s1 * inverse, square = s2 * inverse, variance = squares * inverse;
    double fourth = s4 * inverse - mean * (4.0 * (s3 * inverse) - mean * (6.0 * square - 3.0 * (mean * mean)));
    double kurtosis = fourth / (variance * variance) - 3.0;
    return squares == 0.0 ? 0.0 : kurtosis;
}

#define MOMENT(NAME)                                                                                                   \
    static void NAME##_step(void *state, const double *in, double *out)                                                \
    {                                                                                                                  \
        moments_t *self = state;                                                                                       \
        const vel_ta_variance_t *sums = &self->variance;                                                               \
        bool has_value = moments_add(self, in[0]);                                                                     \
        out[0] = has_value                                                                                             \
                     ? NAME##_of(sums->s1.sum, sums->s2.sum, self->s3.sum, self->s4.sum, sums->squares, sums->inverse) \
                     : (double)NAN;                                                                                    \
    }                                                                                                                  \
    static void NAME##_run(void *state, int64_t m, const double *const *in, double *const *out)                        \
    {                                                                                                                  \
        moments_t *self = state;                                                                                       \
        vel_ta_variance_t *sums = &self->variance;                                                                     \
        vel_ta_variance_rows_t rows;                                                                                   \
        double change3[VEL_TA_VARIANCE_PIECE], change4[VEL_TA_VARIANCE_PIECE], s3[VEL_TA_VARIANCE_PIECE],              \
            s4[VEL_TA_VARIANCE_PIECE];                                                                                 \
        const double *x = in[0];                                                                                       \
        double *y = out[0], inverse = sums->inverse;                                                                   \
        for (int64_t i = 0, count; i < m; i += count) {                                                                \
            double anchor = sums->anchor;                                                                              \
            count = vel_ta_variance_peek(sums, m - i, x + i, &rows);                                                   \
            if (count == 0) {                                                                                          \
                NAME##_step(self, x + i, y + i);                                                                       \
                count = 1;                                                                                             \
                continue;                                                                                              \
            }                                                                                                          \
            for (int64_t k = 0; k < count; k++) {                                                                      \
                double d = x[i + k] - anchor, e = rows.e[k], dd = d * d, ee = e * e;                                   \
                change3[k] = dd * d - ee * e;                                                                          \
                change4[k] = dd * dd - ee * ee;                                                                        \
            }                                                                                                          \
            vel_ta_total_peek(&self->s3, sums->fresh, count, change3, s3);                                             \
            vel_ta_total_peek(&self->s4, sums->fresh, count, change4, s4);                                             \
            vel_ta_total_take(&self->s3, sums->fresh, count, change3, s3);                                             \
            vel_ta_total_take(&self->s4, sums->fresh, count, change4, s4);                                             \
            vel_ta_variance_take(sums, count, x + i, &rows);                                                           \
            for (int64_t k = 0; k < count; k++)                                                                        \
                y[i + k] = NAME##_of(rows.s1[k + 1], rows.s2[k + 1], s3[k], s4[k], rows.squares[k], inverse);          \
        }                                                                                                              \
    }

MOMENT(skew)
MOMENT(kurtosis)

static const vel_indicator_kind_t skew = {
    .name = "skew",
    .class_name = "Skew",
    .title = "Skewness",
    .group = "statistics",
    .formula =
        "skew_t = m3 / m2^1.5, m2 and m3 the second and third central moments of the last n rows, divided by n; n = "
        "period",
    .source = "R. A. Fisher, Statistical Methods for Research Workers, 1925 (g1)",
    .notes = WHILE_BAD " Without the correction for small samples. 0 when the values are equal.",
    .inputs = {"x"},
    .outputs = {{"skew", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 50, 3, "rows of the window")},
    .state_size = sizeof(moments_t),
    .init = moments_init,
    .lookback = vel_ta_lookback_of_window,
    .step = skew_step,
    .run = skew_run,
};

static const vel_indicator_kind_t kurtosis = {
    .name = "kurtosis",
    .class_name = "Kurtosis",
    .title = "Excess kurtosis",
    .group = "statistics",
    .formula =
        "kurtosis_t = m4 / m2^2 - 3, m2 and m4 the second and fourth central moments of the last n rows, divided by "
        "n; n = period",
    .source = "R. A. Fisher, Statistical Methods for Research Workers, 1925 (g2)",
    .notes = WHILE_BAD " Without the correction for small samples; a normal distribution has 0. 0 when the values are "
                       "equal.",
    .inputs = {"x"},
    .outputs = {{"kurtosis", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 50, 4, "rows of the window")},
    .state_size = sizeof(moments_t),
    .init = moments_init,
    .lookback = vel_ta_lookback_of_window,
    .step = kurtosis_step,
    .run = kurtosis_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(statistics)[] = {
    &var, &stddev, &zscore, &skew, &kurtosis, NULL,
};
