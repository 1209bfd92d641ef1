/* bands.c: bands and channels around a price. */
#include "extremum.h"
#include "moving.h"
#include "true_range.h"
#include "variance.h"

/* The later of two rows. */
static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- bbands */

typedef struct bbands {
    double up;
    double down;
    bool is_mean; /* the middle is the mean of the same rows */
    vel_ta_variance_t spread;
    vel_ta_ma_t middle;
} bbands_t;

static void bbands_init(void *state, const double *params, vel_ta_space_t *space)
{
    bbands_t *self = state;
    int type = vel_ta_ma_type(params[3], VEL_TA_MA_SMA);
    self->up = params[1];
    self->down = params[2];
    self->is_mean = type == VEL_TA_MA_SMA;
    vel_ta_variance_init(&self->spread, (int64_t)params[0], space);
    if (!self->is_mean)
        vel_ta_ma_init(&self->middle, type, (int64_t)params[0], space);
}

static void bbands_step(void *state, const double *in, double *out)
{
    bbands_t *self = state;
    double deviation = sqrt(vel_ta_variance_step(&self->spread, in[0]));
    double middle = deviation;
    if (!self->is_mean)
        middle = vel_ta_ma_step(&self->middle, in[0]);
    else if (deviation == deviation)
        middle = vel_ta_variance_mean(&self->spread);
    out[0] = middle + deviation * self->up;
    out[1] = middle;
    out[2] = middle - deviation * self->down;
}

static void bbands_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    bbands_t *self = state;
    double deviation[VEL_TA_CHUNK], up = self->up, down = self->down;
    double *restrict upper = out[0], *restrict middle = out[1], *restrict lower = out[2];
    vel_ta_variance_run(&self->spread, n, in[0], self->is_mean ? middle : NULL, deviation);
    if (!self->is_mean)
        vel_ta_ma_run(&self->middle, n, in[0], middle);
    for (int64_t i = 0; i < n; i++) {
        double spread = sqrt(deviation[i]);
        upper[i] = middle[i] + spread * up;
        lower[i] = middle[i] - spread * down;
    }
}

static int64_t bbands_lookback(const double *params)
{
    return later(vel_ta_lookback_of_window(params),
                 vel_ta_ma_lookback(vel_ta_ma_type(params[3], VEL_TA_MA_SMA), (int64_t)params[0]));
}

static int64_t bbands_settles(const double *params)
{
    return vel_ta_ma_settles(vel_ta_ma_type(params[3], VEL_TA_MA_SMA), (int64_t)params[0]);
}

static const vel_indicator_kind_t bbands = {
    .name = "bbands",
    .class_name = "BBANDS",
    .title = "Bollinger Bands",
    .group = "bands",
    .formula =
        "middle = ma(x, n), upper = middle + up s, lower = middle - down s, s = standard deviation of the last n "
        "rows (of the population), n = period",
    .source = "J. Bollinger, Bollinger on Bollinger Bands (2001)",
    .notes =
        "The deviation is that from the mean of the rows, whatever the moving average in the middle. It is exactly "
        "0 where n rows are equal.",
    .talib = "BBANDS",
    .inputs = {"close"},
    .outputs = {{"upper", VEL_TA_OVERLAY}, {"middle", VEL_TA_OVERLAY}, {"lower", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 20, 2, "rows of the deviation and of the moving average"),
               VEL_TA_FACTOR("up", 2.0, -1e6, 1e6, "deviations from the middle to the upper band"),
               VEL_TA_FACTOR("down", 2.0, -1e6, 1e6, "deviations from the middle to the lower band"),
               VEL_TA_MA_PARAM("ma_type", VEL_TA_MA_SMA, "moving average in the middle")},
    .state_size = sizeof(bbands_t),
    .init = bbands_init,
    .lookback = bbands_lookback,
    .settles = bbands_settles,
    .step = bbands_step,
    .run = bbands_run,
};

/* ---- accbands */

typedef struct accbands {
    vel_ta_mean_t upper;
    vel_ta_mean_t middle;
    vel_ta_mean_t lower;
} accbands_t;

static void accbands_init(void *state, const double *params, vel_ta_space_t *space)
{
    accbands_t *self = state;
    vel_ta_mean_init(&self->upper, (int64_t)params[0], space);
    vel_ta_mean_init(&self->middle, (int64_t)params[0], space);
    vel_ta_mean_init(&self->lower, (int64_t)params[0], space);
}

/* Four times the range relative to the sum of high and low; 0 where that sum is 0. */
static inline double accbands_width(double high, double low)
{
    double sum = high + low;
    return sum != 0.0 ? 4.0 * (high - low) / sum : 0.0;
}

static void accbands_step(void *state, const double *in, double *out)
{
    accbands_t *self = state;
    double width = accbands_width(in[0], in[1]);
    out[0] = vel_ta_mean_step(&self->upper, in[0] * (1.0 + width));
    out[1] = vel_ta_mean_step(&self->middle, in[2]);
    out[2] = vel_ta_mean_step(&self->lower, in[1] * (1.0 - width));
}

static void accbands_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    accbands_t *self = state;
    double upper[VEL_TA_CHUNK], lower[VEL_TA_CHUNK];
    const double *high = in[0], *low = in[1];
    for (int64_t i = 0; i < n; i++) {
        double width = accbands_width(high[i], low[i]);
        upper[i] = high[i] * (1.0 + width);
        lower[i] = low[i] * (1.0 - width);
    }
    vel_ta_mean_run(&self->upper, n, upper, out[0]);
    vel_ta_mean_run(&self->middle, n, in[2], out[1]);
    vel_ta_mean_run(&self->lower, n, lower, out[2]);
}

static const vel_indicator_kind_t accbands = {
    .name = "accbands",
    .class_name = "ACCBANDS",
    .title = "Acceleration bands",
    .group = "bands",
    .formula =
        "upper = sma(high (1 + w), n), middle = sma(close, n), lower = sma(low (1 - w), n), w = 4 (high - low) / "
        "(high + low), n = period",
    .source = "P. Headley, Big Trends in Trading (2002)",
    .notes = "w is 0 where high + low is 0.",
    .talib = "ACCBANDS",
    .inputs = {"high", "low", "close"},
    .outputs = {{"upper", VEL_TA_OVERLAY}, {"middle", VEL_TA_OVERLAY}, {"lower", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 20, 2, "rows of the means")},
    .state_size = sizeof(accbands_t),
    .init = accbands_init,
    .lookback = vel_ta_lookback_of_window,
    .step = accbands_step,
    .run = accbands_run,
};

/* ---- the highest high and the lowest low of the last n rows: donchian, midprice, midpoint */

typedef struct channel {
    vel_ta_extremum_t high;
    vel_ta_extremum_t low;
} channel_t;

static void channel_place(channel_t *self, int64_t n, vel_ta_space_t *space)
{
    vel_ta_extremum_init(&self->high, n, true, space);
    vel_ta_extremum_init(&self->low, n, false, space);
}

static double channel_middle(channel_t *self, double high, double low)
{
    double highest = vel_ta_extremum_step(&self->high, high), lowest = vel_ta_extremum_step(&self->low, low);
    return (highest + lowest) / 2.0;
}

static void channel_run_middle(channel_t *self, int64_t n, const double *high, const double *low, double *middle)
{
    double highest[VEL_TA_CHUNK], lowest[VEL_TA_CHUNK];
    vel_ta_extremum_run(&self->high, n, high, highest);
    vel_ta_extremum_run(&self->low, n, low, lowest);
    for (int64_t i = 0; i < n; i++)
        middle[i] = (highest[i] + lowest[i]) / 2.0;
}

static void channel_init(void *state, const double *params, vel_ta_space_t *space)
{
    channel_place(state, (int64_t)params[0], space);
}

static void donchian_step(void *state, const double *in, double *out)
{
    channel_t *self = state;
    out[0] = vel_ta_extremum_step(&self->high, in[0]);
    out[2] = vel_ta_extremum_step(&self->low, in[1]);
    out[1] = (out[0] + out[2]) / 2.0;
}

static void donchian_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    channel_t *self = state;
    double *restrict upper = out[0], *restrict middle = out[1], *restrict lower = out[2];
    vel_ta_extremum_run(&self->high, n, in[0], upper);
    vel_ta_extremum_run(&self->low, n, in[1], lower);
    for (int64_t i = 0; i < n; i++)
        middle[i] = (upper[i] + lower[i]) / 2.0;
}

static const vel_indicator_kind_t donchian = {
    .name = "donchian",
    .class_name = "DONCHIAN",
    .title = "Donchian channel",
    .group = "bands",
    .formula = "upper = highest high of the last n rows, lower = lowest low of them, middle = (upper + lower) / 2, "
               "n = period",
    .source = "R. D. Donchian, High finance in copper, Financial Analysts Journal 16:6 (1960): the four-week rule",
    .notes =
        "The current row is part of the window: compare a close with the channel of the row before to see it break "
        "out. NaN while a NaN is in the window.",
    .talib = "DONCHIAN",
    .inputs = {"high", "low"},
    .outputs = {{"upper", VEL_TA_OVERLAY}, {"middle", VEL_TA_OVERLAY}, {"lower", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 20, 2, "rows of the window")},
    .state_size = sizeof(channel_t),
    .init = channel_init,
    .lookback = vel_ta_lookback_of_window,
    .step = donchian_step,
    .run = donchian_run,
};

static void midpoint_step(void *state, const double *in, double *out)
{
    out[0] = channel_middle(state, in[0], in[0]);
}

static void midpoint_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    channel_run_middle(state, n, in[0], in[0], out[0]);
}

static const vel_indicator_kind_t midpoint = {
    .name = "midpoint",
    .class_name = "MIDPOINT",
    .title = "Middle of the range of a window",
    .group = "bands",
    .formula = "midpoint_t = (highest + lowest of the last n values) / 2, n = period",
    .source = "TA-Lib",
    .notes = "NaN while a NaN is in the window.",
    .talib = "MIDPOINT",
    .inputs = {"close"},
    .outputs = {{"midpoint", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(channel_t),
    .init = channel_init,
    .lookback = vel_ta_lookback_of_window,
    .step = midpoint_step,
    .run = midpoint_run,
};

static void midprice_step(void *state, const double *in, double *out)
{
    out[0] = channel_middle(state, in[0], in[1]);
}

static void midprice_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    channel_run_middle(state, n, in[0], in[1], out[0]);
}

static const vel_indicator_kind_t midprice = {
    .name = "midprice",
    .class_name = "MIDPRICE",
    .title = "Middle of highest high and lowest low",
    .group = "bands",
    .formula = "midprice_t = (highest high + lowest low of the last n rows) / 2, n = period",
    .source = "TA-Lib",
    .notes = "NaN while a NaN is in the window.",
    .talib = "MIDPRICE",
    .inputs = {"high", "low"},
    .outputs = {{"midprice", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of the window")},
    .state_size = sizeof(channel_t),
    .init = channel_init,
    .lookback = vel_ta_lookback_of_window,
    .step = midprice_step,
    .run = midprice_run,
};

/* ---- ichimoku */

typedef struct ichimoku {
    channel_t conversion;
    channel_t base;
    channel_t span;
    int64_t displacement;
    vel_ta_window_t a; /* the last `displacement` values of the leading spans */
    vel_ta_window_t b;
} ichimoku_t;

static void ichimoku_init(void *state, const double *params, vel_ta_space_t *space)
{
    ichimoku_t *self = state;
    channel_place(&self->conversion, (int64_t)params[0], space);
    channel_place(&self->base, (int64_t)params[1], space);
    channel_place(&self->span, (int64_t)params[2], space);
    self->displacement = (int64_t)params[3];
    vel_ta_window_init(&self->a, self->displacement, space);
    vel_ta_window_init(&self->b, self->displacement, space);
}

static void ichimoku_step(void *state, const double *in, double *out)
{
    ichimoku_t *self = state;
    out[0] = channel_middle(&self->conversion, in[0], in[1]);
    out[1] = channel_middle(&self->base, in[0], in[1]);
    double a = (out[0] + out[1]) / 2.0, b = channel_middle(&self->span, in[0], in[1]);
    out[2] = self->displacement > 0 ? vel_ta_window_push(&self->a, a) : a;
    out[3] = self->displacement > 0 ? vel_ta_window_push(&self->b, b) : b;
    out[4] = in[2];
}

static void ichimoku_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    ichimoku_t *self = state;
    double a[VEL_TA_CHUNK], b[VEL_TA_CHUNK];
    channel_run_middle(&self->conversion, n, in[0], in[1], out[0]);
    channel_run_middle(&self->base, n, in[0], in[1], out[1]);
    channel_run_middle(&self->span, n, in[0], in[1], b);
    for (int64_t i = 0; i < n; i++)
        a[i] = (out[0][i] + out[1][i]) / 2.0;
    if (self->displacement > 0) {
        vel_ta_window_run(&self->a, n, a, out[2]);
        vel_ta_window_run(&self->b, n, b, out[3]);
    } else {
        memcpy(out[2], a, (size_t)n * sizeof *a);
        memcpy(out[3], b, (size_t)n * sizeof *b);
    }
    memcpy(out[4], in[2], (size_t)n * sizeof *a);
}

static int64_t ichimoku_lookback(const double *params)
{
    return later(later((int64_t)params[0], (int64_t)params[1]), (int64_t)params[2]) - 1 + (int64_t)params[3];
}

static const vel_indicator_kind_t ichimoku = {
    .name = "ichimoku",
    .class_name = "Ichimoku",
    .title = "Ichimoku Kinko Hyo",
    .group = "bands",
    .formula =
        "m(n) = (highest high + lowest low of the last n rows) / 2; conversion_t = m(conversion_period), base_t = "
        "m(base_period), span_a_t = (conversion + base) / 2 and span_b_t = m(span_period), both of row t - "
        "displacement, lagging_t = close_t",
    .source = "G. Hosoda (Ichimoku Sanjin), Ichimoku Kinko Hyo (1969); N. Elliott, Ichimoku Charts (2007)",
    .notes =
        "No value depends on a later row. The spans at row t are the cloud that a chart shows there: computed "
        "`displacement` rows before; with 0 they are those computed at row t, which a chart shows ahead of it. "
        "The lagging span is the close, which a chart shows `displacement` rows back: compare it with the prices of "
        "that row. The first value comes when all five have one.",
    .inputs = {"high", "low", "close"},
    .outputs = {{"conversion", VEL_TA_OVERLAY},
                {"base", VEL_TA_OVERLAY},
                {"span_a", VEL_TA_OVERLAY},
                {"span_b", VEL_TA_OVERLAY},
                {"lagging", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("conversion_period", 9, 1, "rows of the conversion line"),
               VEL_TA_PERIOD("base_period", 26, 1, "rows of the base line"),
               VEL_TA_PERIOD("span_period", 52, 1, "rows of the leading span B"),
               VEL_TA_PERIOD("displacement", 26, 0, "rows by which the leading spans are delayed")},
    .state_size = sizeof(ichimoku_t),
    .init = ichimoku_init,
    .lookback = ichimoku_lookback,
    .step = ichimoku_step,
    .run = ichimoku_run,
};

/* ---- kc */

typedef struct kc {
    double factor;
    int64_t range_wait; /* so that both have their first value at the same row, as in TA-Lib */
    int64_t middle_wait;
    vel_ta_ema_t middle;
    vel_ta_atr_t range;
} kc_t;

static void kc_init(void *state, const double *params, vel_ta_space_t *space)
{
    kc_t *self = state;
    (void)space;
    int64_t period = (int64_t)params[0], atr_period = (int64_t)params[1];
    self->factor = params[2];
    self->range_wait = later(period - 1 - atr_period, 0);
    self->middle_wait = later(atr_period - (period - 1), 0);
    vel_ta_ema_init(&self->middle, period, vel_ta_ema_factor(params[0]));
    vel_ta_atr_init(&self->range, atr_period);
}

static void kc_step(void *state, const double *in, double *out)
{
    kc_t *self = state;
    double width = 0.0, middle = (in[0] + in[1] + in[2]) / 3.0;
    if (vel_ta_wait(&self->range_wait, 1) == 0)
        width = vel_ta_atr_step(&self->range, in[0], in[1], in[2]) * self->factor;
    if (vel_ta_wait(&self->middle_wait, 1) == 0)
        middle = vel_ta_ema_step(&self->middle, middle);
    out[0] = middle + width;
    out[1] = middle;
    out[2] = middle - width;
}

static void kc_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    kc_t *self = state;
    double width[VEL_TA_CHUNK], factor = self->factor;
    double *restrict upper = out[0], *restrict middle = out[1], *restrict lower = out[2];
    int64_t skip = vel_ta_wait(&self->range_wait, n);
    for (int64_t i = 0; i < skip; i++)
        width[i] = 0.0;
    vel_ta_atr_run(&self->range, n - skip, in[0] + skip, in[1] + skip, in[2] + skip, width + skip);
    for (int64_t i = 0; i < n; i++)
        middle[i] = (in[0][i] + in[1][i] + in[2][i]) / 3.0;
    skip = vel_ta_wait(&self->middle_wait, n);
    vel_ta_ema_run(&self->middle, n - skip, middle + skip, middle + skip);
    for (int64_t i = 0; i < n; i++) {
        upper[i] = middle[i] + width[i] * factor;
        lower[i] = middle[i] - width[i] * factor;
    }
}

static int64_t kc_lookback(const double *params)
{
    return later((int64_t)params[0] - 1, (int64_t)params[1]);
}

static int64_t kc_settles(const double *params)
{
    return 1 + kc_lookback(params) +
           later(vel_ta_settling(1.0 - vel_ta_ema_factor(params[0])), vel_ta_settling(1.0 - 1.0 / params[1]));
}

static const vel_indicator_kind_t kc = {
    .name = "kc",
    .class_name = "KC",
    .title = "Keltner channel",
    .group = "bands",
    .formula = "middle = ema((high + low + close) / 3, n), upper = middle + m atr(a), lower = middle - m atr(a), n = "
               "period, a = atr_period, m = multiplier",
    .source = "C. W. Keltner, How To Make Money in Commodities (1960); with the average true range: L. B. Raschke",
    .notes =
        "Whichever of the two averages needs fewer rows starts later, so that both have their first value at the same "
        "row, as in TA-Lib.",
    .talib = "KC",
    .inputs = {"high", "low", "close"},
    .outputs = {{"upper", VEL_TA_OVERLAY}, {"middle", VEL_TA_OVERLAY}, {"lower", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 20, 2, "rows of the exponential mean"),
               VEL_TA_PERIOD("atr_period", 10, 1, "rows of the average true range"),
               VEL_TA_FACTOR("multiplier", 2.0, -1e6, 1e6, "average true ranges from the middle to a band")},
    .state_size = sizeof(kc_t),
    .init = kc_init,
    .lookback = kc_lookback,
    .settles = kc_settles,
    .step = kc_step,
    .run = kc_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(bands)[] = {
    &bbands, &accbands, &donchian, &kc, &midpoint, &midprice, &ichimoku, NULL,
};
