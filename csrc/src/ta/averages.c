/* averages.c: moving averages. */
#include "moving.h"

/* ---- those of one period: parts of moving.h */

static void ma_step(void *state, const double *in, double *out)
{
    out[0] = vel_ta_ma_step(state, in[0]);
}

static void ma_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_ma_run(state, n, in[0], out[0]);
}

#define MOVING(NAME, TYPE)                                                                                             \
    static void NAME##_init(void *state, const double *params, vel_ta_space_t *space)                                  \
    {                                                                                                                  \
        vel_ta_ma_init(state, TYPE, (int64_t)params[0], space);                                                        \
    }                                                                                                                  \
    static int64_t NAME##_lookback(const double *params)                                                               \
    {                                                                                                                  \
        return vel_ta_ma_lookback(TYPE, (int64_t)params[0]);                                                           \
    }                                                                                                                  \
    static int64_t NAME##_settles(const double *params)                                                                \
    {                                                                                                                  \
        return vel_ta_ma_settles(TYPE, (int64_t)params[0]);                                                            \
    }

#define MOVING_FUNCTIONS(NAME)                                                                                         \
    .state_size = sizeof(vel_ta_ma_t), .init = NAME##_init, .lookback = NAME##_lookback, .settles = NAME##_settles,    \
    .step = ma_step, .run = ma_run

MOVING(sma, VEL_TA_MA_SMA)

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
    MOVING_FUNCTIONS(sma),
};

MOVING(ema, VEL_TA_MA_EMA)

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
    MOVING_FUNCTIONS(ema),
};

MOVING(wma, VEL_TA_MA_WMA)

static const vel_indicator_kind_t wma = {
    .name = "wma",
    .class_name = "WMA",
    .title = "Weighted moving average",
    .group = "averages",
    .formula = "wma_t = (n x_t + (n - 1) x_(t-1) + ... + 1 x_(t-n+1)) / (n (n + 1) / 2), n = period",
    .source = "P. J. Kaufman, Trading Systems and Methods, chapter 7: the linearly weighted moving average",
    .notes = "The running sums are renewed every n rows, so that rounding errors do not add up.",
    .talib = "WMA",
    .inputs = {"close"},
    .outputs = {{"wma", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the window")},
    MOVING_FUNCTIONS(wma),
};

MOVING(dema, VEL_TA_MA_DEMA)

static const vel_indicator_kind_t dema = {
    .name = "dema",
    .class_name = "DEMA",
    .title = "Double exponential moving average",
    .group = "averages",
    .formula = "dema = 2 e1 - e2, e1 = ema(x, n), e2 = ema(e1, n), n = period",
    .source =
        "P. G. Mulloy, Smoothing data with faster moving averages, Technical Analysis of Stocks & Commodities 12:1 "
        "(January 1994)",
    .notes = "The second mean starts with the first value of the first one.",
    .talib = "DEMA",
    .inputs = {"close"},
    .outputs = {{"dema", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of each exponential mean")},
    MOVING_FUNCTIONS(dema),
};

MOVING(tema, VEL_TA_MA_TEMA)

static const vel_indicator_kind_t tema = {
    .name = "tema",
    .class_name = "TEMA",
    .title = "Triple exponential moving average",
    .group = "averages",
    .formula = "tema = 3 e1 - 3 e2 + e3, e1 = ema(x, n), e2 = ema(e1, n), e3 = ema(e2, n), n = period",
    .source = "P. G. Mulloy, Smoothing data with less lag, Technical Analysis of Stocks & Commodities 12:2 (February "
              "1994)",
    .notes = "Each mean starts with the first value of the one before it.",
    .talib = "TEMA",
    .inputs = {"close"},
    .outputs = {{"tema", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of each exponential mean")},
    MOVING_FUNCTIONS(tema),
};

MOVING(trima, VEL_TA_MA_TRIMA)

static const vel_indicator_kind_t trima = {
    .name = "trima",
    .class_name = "TRIMA",
    .title = "Triangular moving average",
    .group = "averages",
    .formula = "trima = sma(sma(x, a), n + 1 - a), a = (n + 1) / 2 rounded down, n = period: weights 1, 2, ..., 2, 1",
    .source = "P. J. Kaufman, Trading Systems and Methods, chapter 7: triangular weighting",
    .talib = "TRIMA",
    .inputs = {"close"},
    .outputs = {{"trima", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the window")},
    MOVING_FUNCTIONS(trima),
};

MOVING(kama, VEL_TA_MA_KAMA)

static const vel_indicator_kind_t kama = {
    .name = "kama",
    .class_name = "KAMA",
    .title = "Kaufman's adaptive moving average",
    .group = "averages",
    .formula = "kama_t = kama_(t-1) + k^2 (x_t - kama_(t-1)), k = e (2/3 - 2/31) + 2/31, e = |x_t - x_(t-n)| / sum of "
               "the last n |x_i - x_(i-1)|, n = period; it starts from the n-th input",
    .source = "P. J. Kaufman, Smarter Trading (1995)",
    .notes = "The efficiency ratio e is 1 where the price has not moved for n rows, as in TA-Lib.",
    .talib = "KAMA",
    .inputs = {"close"},
    .outputs = {{"kama", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the efficiency ratio")},
    MOVING_FUNCTIONS(kama),
};

MOVING(hma, VEL_TA_MA_HMA)

static const vel_indicator_kind_t hma = {
    .name = "hma",
    .class_name = "HMA",
    .title = "Hull moving average",
    .group = "averages",
    .formula = "hma = wma(2 wma(x, n / 2) - wma(x, n), sqrt(n)), both rounded down, n = period",
    .source = "A. Hull, How to reduce lag in a moving average (2005), alanhull.com",
    .talib = "HMA",
    .inputs = {"close"},
    .outputs = {{"hma", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 20, 1, "rows of the longest of its windows")},
    MOVING_FUNCTIONS(hma),
};

MOVING(zlema, VEL_TA_MA_ZLEMA)

static const vel_indicator_kind_t zlema = {
    .name = "zlema",
    .class_name = "ZLEMA",
    .title = "Zero-lag exponential moving average",
    .group = "averages",
    .formula = "zlema = ema(2 x_t - x_(t-lag), n), lag = (n - 1) / 2 rounded down, n = period",
    .source = "J. F. Ehlers and R. Way, Zero lag (well, almost), Technical Analysis of Stocks & Commodities 28:12 "
              "(November 2010); the lag is that of the exponential mean",
    .talib = "ZLEMA",
    .inputs = {"close"},
    .outputs = {{"zlema", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the exponential mean")},
    MOVING_FUNCTIONS(zlema),
};

MOVING(rma, VEL_TA_MA_RMA)

static const vel_indicator_kind_t rma = {
    .name = "rma",
    .class_name = "RMA",
    .title = "Wilder's smoothed moving average (RMA, SMMA)",
    .group = "averages",
    .formula = "rma_t = ((n - 1) rma_(t-1) + x_t) / n, n = period; the first is the mean of n rows",
    .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978)",
    .notes = "The same as an exponential mean with k = 1 / n; also named SMMA, smoothed moving average.",
    .talib = "RMA",
    .inputs = {"close"},
    .outputs = {{"rma", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows; k = 1 / period")},
    MOVING_FUNCTIONS(rma),
};

/* ---- t3 */

static void t3_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_ma_init_t3(state, (int64_t)params[0], params[1]);
}

static int64_t t3_lookback(const double *params)
{
    return vel_ta_ma_lookback(VEL_TA_MA_T3, (int64_t)params[0]);
}

static int64_t t3_settles(const double *params)
{
    return vel_ta_ma_settles(VEL_TA_MA_T3, (int64_t)params[0]);
}

static const vel_indicator_kind_t t3 = {
    .name = "t3",
    .class_name = "T3",
    .title = "Tillson's T3 moving average",
    .group = "averages",
    .formula = "t3 = gd(gd(gd(x))), gd(x) = (1 + v) ema(x, n) - v ema(ema(x, n), n), v = factor, n = period",
    .source = "T. Tillson, Smoothing techniques for more accurate signals, Technical Analysis of Stocks & Commodities "
              "16:1 (January 1998)",
    .notes = "Computed as the weighted sum of the third to sixth of six exponential means behind each other.",
    .talib = "T3",
    .inputs = {"close"},
    .outputs = {{"t3", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 5, 1, "rows of each exponential mean"),
               VEL_TA_FACTOR("factor", 0.7, 0.0, 1.0,
                             "volume factor v: 0 gives three exponential means, 1 three DEMA")},
    MOVING_FUNCTIONS(t3),
};

/* ---- ma: one of them by its name */

static void any_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_ma_init(state, vel_ta_ma_type(params[1], VEL_TA_MA_SMA), (int64_t)params[0], space);
}

static int64_t any_lookback(const double *params)
{
    return vel_ta_ma_lookback(vel_ta_ma_type(params[1], VEL_TA_MA_SMA), (int64_t)params[0]);
}

static int64_t any_settles(const double *params)
{
    return vel_ta_ma_settles(vel_ta_ma_type(params[1], VEL_TA_MA_SMA), (int64_t)params[0]);
}

static const vel_indicator_kind_t ma = {
    .name = "ma",
    .class_name = "MA",
    .title = "Moving average of a given type",
    .group = "averages",
    .formula = "The moving average that ma_type names, with its other parameters at their defaults",
    .source = "The page of that moving average",
    .notes = "mama has no period and ignores it; none is the input itself, default is sma.",
    .talib = "MA",
    .inputs = {"close"},
    .outputs = {{"ma", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the moving average"),
               VEL_TA_MA_PARAM("ma_type", VEL_TA_MA_SMA, "which moving average")},
    MOVING_FUNCTIONS(any),
};

/* ---- mama */

static void mama_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_mesa_init(state, params[0], params[1]);
}

static void mama_step(void *state, const double *in, double *out)
{
    vel_ta_mesa_t *self = state;
    out[0] = vel_ta_mesa_step(self, in[0]);
    out[1] = self->fama;
}

VEL_TA_RUN(mama, 1, 2)

static int64_t mama_lookback(const double *params)
{
    (void)params;
    return vel_ta_ma_lookback(VEL_TA_MA_MAMA, 2);
}

static int64_t mama_settles(const double *params)
{
    return mama_lookback(params) + 2 * vel_ta_settling(1.0 - params[1] / 2.0);
}

static const vel_indicator_kind_t mama = {
    .name = "mama",
    .class_name = "MAMA",
    .title = "MESA adaptive moving average",
    .group = "averages",
    .formula =
        "mama_t = k x_t + (1 - k) mama_(t-1), fama_t = k/2 mama_t + (1 - k/2) fama_(t-1); k = fast / (fall of the "
        "phase since the row before, in degrees, at least 1), not below slow; the phase is atan(Q / I) of the "
        "Hilbert transform",
    .source = "J. F. Ehlers, MESA and Trading Market Cycles; MAMA, the mother of adaptive moving averages, Technical "
              "Analysis of Stocks & Commodities 19:10 (September 2001)",
    .notes =
        "Both start from 0 at the twelfth row, as in TA-Lib. The phase depends on all rows before, in a way that is "
        "not linear: the number of rows after which it is settled is an estimate, not a bound.",
    .talib = "MAMA",
    .inputs = {"close"},
    .outputs = {{"mama", VEL_TA_OVERLAY}, {"fama", VEL_TA_OVERLAY}},
    .params = {VEL_TA_FACTOR("fast_limit", 0.5, 0.01, 0.99, "largest smoothing factor"),
               VEL_TA_FACTOR("slow_limit", 0.05, 0.01, 0.99, "smallest smoothing factor")},
    .is_anchored = true,
    .state_size = sizeof(vel_ta_mesa_t),
    .init = mama_init,
    .lookback = mama_lookback,
    .settles = mama_settles,
    .step = mama_step,
    .run = mama_run,
};

/* ---- vwma */

typedef struct vwma {
    vel_ta_sum_t weighted;
    vel_ta_sum_t volume;
} vwma_t;

static void vwma_init(void *state, const double *params, vel_ta_space_t *space)
{
    vwma_t *self = state;
    vel_ta_sum_init(&self->weighted, (int64_t)params[0], space);
    vel_ta_sum_init(&self->volume, (int64_t)params[0], space);
}

static void vwma_step(void *state, const double *in, double *out)
{
    vwma_t *self = state;
    double weighted = vel_ta_sum_step(&self->weighted, in[0] * in[1]), volume = vel_ta_sum_step(&self->volume, in[1]);
    out[0] = volume != 0.0 ? weighted / volume : (double)NAN;
}

static void vwma_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vwma_t *self = state;
    double *y = out[0], volume[VEL_TA_CHUNK];
    for (int64_t i = 0; i < n; i++)
        y[i] = in[0][i] * in[1][i];
    vel_ta_sum_run(&self->weighted, n, y, y);
    vel_ta_sum_run(&self->volume, n, in[1], volume);
    for (int64_t i = 0; i < n; i++)
        y[i] = volume[i] != 0.0 ? y[i] / volume[i] : (double)NAN;
}

static int64_t vwma_lookback(const double *params)
{
    return (int64_t)params[0] - 1;
}

static const vel_indicator_kind_t vwma = {
    .name = "vwma",
    .class_name = "VWMA",
    .title = "Volume-weighted moving average",
    .group = "averages",
    .formula = "vwma_t = (x_t v_t + ... + x_(t-n+1) v_(t-n+1)) / (v_t + ... + v_(t-n+1)), v = volume, n = period",
    .source = "P. J. Kaufman, Trading Systems and Methods, chapter 7: volume-weighted moving average",
    .notes = "NaN where the volume of the window is 0.",
    .talib = "VWMA",
    .inputs = {"close", "volume"},
    .outputs = {{"vwma", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 1, "rows of the window")},
    .state_size = sizeof(vwma_t),
    .init = vwma_init,
    .lookback = vwma_lookback,
    .step = vwma_step,
    .run = vwma_run,
};

/* ---- ewma */

static void ewma_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    vel_ta_ema_init(state, 1, params[0]);
}

static void ewma_step(void *state, const double *in, double *out)
{
    out[0] = vel_ta_ema_step(state, in[0]);
}

static void ewma_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_ema_run(state, n, in[0], out[0]);
}

static int64_t ewma_lookback(const double *params)
{
    (void)params;
    return 0;
}

static int64_t ewma_settles(const double *params)
{
    return 1 + vel_ta_settling(1.0 - params[0]);
}

static const vel_indicator_kind_t ewma = {
    .name = "ewma",
    .class_name = "EWMA",
    .title = "Exponentially weighted mean with a given factor",
    .group = "averages",
    .formula = "ewma_t = ewma_(t-1) + alpha (x_t - ewma_(t-1)); it starts with the first input",
    .source = "S. W. Roberts, Control chart tests based on geometric moving averages, Technometrics 1 (1959); pandas: "
              "ewm(alpha, adjust=False).mean()",
    .notes = "A NaN in the input stays for ever; pandas passes over it.",
    .inputs = {"close"},
    .outputs = {{"ewma", VEL_TA_OVERLAY}},
    .params = {VEL_TA_FACTOR("alpha", 0.1, 1e-6, 1.0, "smoothing factor: the weight of the newest row")},
    .state_size = sizeof(vel_ta_ema_t),
    .init = ewma_init,
    .lookback = ewma_lookback,
    .settles = ewma_settles,
    .step = ewma_step,
    .run = ewma_run,
};

/* ---- mavp: a moving average whose period is an input
 *
 * A mean over any number of rows is the difference of two cumulative sums, which are kept for the longest period. The
 * other types keep one moving average of each period. */

/* Longest period of the types that keep one moving average of each: their windows take up its square. */
#define MAVP_BANK_PERIOD_MAX 1000

typedef struct mavp_slot {
    int64_t wait; /* so that all periods have their first value at the same row, as in TA-Lib */
    vel_ta_ma_t ma;
} mavp_slot_t;

typedef struct mavp {
    int64_t least;
    int64_t most;
    bool is_mean;
    double sum;            /* of all rows */
    double lost;           /* its rounding errors (see vel_ta_sum_t) */
    vel_ta_window_t sums;  /* the last most + 1 */
    vel_ta_window_t losts; /* as many */
    int64_t slots;         /* bytes from here to a slot for each period */
} mavp_t;

static mavp_slot_t *mavp_slots(mavp_t *self)
{
    return (mavp_slot_t *)(void *)((char *)self + self->slots);
}

static void mavp_init(void *state, const double *params, vel_ta_space_t *space)
{
    mavp_t *self = state;
    int type = vel_ta_ma_type(params[2], VEL_TA_MA_SMA);
    self->least = (int64_t)params[0];
    self->most = (int64_t)params[1];
    self->is_mean = type == VEL_TA_MA_SMA;
    if (self->is_mean) {
        vel_ta_window_init(&self->sums, self->most + 1, space);
        vel_ta_window_init(&self->losts, self->most + 1, space);
        return;
    }
    int64_t count = self->most - self->least + 1, lookback = vel_ta_ma_lookback(type, self->most);
    self->slots = vel_ta_place(space, self, count * (int64_t)(sizeof(mavp_slot_t) / sizeof(double)));
    for (int64_t i = 0; i < count; i++) {
        mavp_slot_t measured = {.wait = 0}, *slot = space->base == NULL ? &measured : &mavp_slots(self)[i];
        slot->wait = lookback - vel_ta_ma_lookback(type, self->least + i);
        vel_ta_ma_init(&slot->ma, type, self->least + i, space);
    }
}

/* The period of a row, within the bounds; NaN gives the least. */
static int64_t mavp_period(const mavp_t *self, double period)
{
    return period >= (double)self->most ? self->most : period >= (double)self->least ? (int64_t)period : self->least;
}

static double mavp_mean(mavp_t *self, double x, int64_t period)
{
    double before = self->sum;
    self->sum = before + x;
    self->lost += vel_ta_error(before, x, self->sum);
    (void)vel_ta_window_push(&self->sums, self->sum);
    (void)vel_ta_window_push(&self->losts, self->lost);
    double sum = self->sum - vel_ta_window_ago(&self->sums, period);
    return (sum + (self->lost - vel_ta_window_ago(&self->losts, period))) / (double)period;
}

static void mavp_step(void *state, const double *in, double *out)
{
    mavp_t *self = state;
    int64_t period = mavp_period(self, in[1]);
    if (self->is_mean) {
        out[0] = mavp_mean(self, in[0], period);
        return;
    }
    mavp_slot_t *slots = mavp_slots(self);
    out[0] = (double)NAN;
    for (int64_t i = 0; i <= self->most - self->least; i++)
        if (vel_ta_wait(&slots[i].wait, 1) == 0) {
            double value = vel_ta_ma_step(&slots[i].ma, in[0]);
            if (self->least + i == period)
                out[0] = value;
        }
}

static void mavp_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    mavp_t *self = state;
    if (self->is_mean) {
        for (int64_t i = 0; i < n; i++)
            out[0][i] = mavp_mean(self, in[0][i], mavp_period(self, in[1][i]));
        return;
    }
    double value[VEL_TA_CHUNK];
    int64_t period[VEL_TA_CHUNK];
    mavp_slot_t *slots = mavp_slots(self);
    for (int64_t i = 0; i < n; i++) {
        period[i] = mavp_period(self, in[1][i]) - self->least;
        out[0][i] = (double)NAN;
    }
    for (int64_t k = 0; k <= self->most - self->least; k++) {
        int64_t skip = vel_ta_wait(&slots[k].wait, n);
        vel_ta_ma_run(&slots[k].ma, n - skip, in[0] + skip, value + skip);
        for (int64_t i = skip; i < n; i++)
            out[0][i] = period[i] == k ? value[i] : out[0][i];
    }
}

static int64_t mavp_lookback(const double *params)
{
    return vel_ta_ma_lookback(vel_ta_ma_type(params[2], VEL_TA_MA_SMA), (int64_t)params[1]);
}

static int64_t mavp_settles(const double *params)
{
    return vel_ta_ma_settles(vel_ta_ma_type(params[2], VEL_TA_MA_SMA), (int64_t)params[1]);
}

static int mavp_check(const double *params, int *bad)
{
    *bad = 1;
    if (params[0] > params[1])
        return VEL_EINVAL;
    bool is_mean = vel_ta_ma_type(params[2], VEL_TA_MA_SMA) == VEL_TA_MA_SMA;
    return is_mean || params[1] <= MAVP_BANK_PERIOD_MAX ? VEL_OK : VEL_EINVAL;
}

static const vel_indicator_kind_t mavp = {
    .name = "mavp",
    .class_name = "MAVP",
    .title = "Moving average with a variable period",
    .group = "averages",
    .formula = "mavp_t = ma(x, p) at row t, p = periods_t rounded down and brought within min_period and max_period",
    .source = "TA-Lib; the moving averages on their own pages",
    .notes =
        "Types other than sma keep a moving average of each period from min_period to max_period, so that a row costs "
        "as many steps, and max_period is at most 1000. A NaN among the periods counts as min_period.",
    .talib = "MAVP",
    .inputs = {"close", "periods"},
    .outputs = {{"mavp", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("min_period", 2, 2, "smallest period that is used"),
               VEL_TA_PERIOD("max_period", 30, 2, "largest period that is used"),
               VEL_TA_MA_PARAM("ma_type", VEL_TA_MA_SMA, "which moving average")},
    .state_size = sizeof(mavp_t),
    .init = mavp_init,
    .lookback = mavp_lookback,
    .settles = mavp_settles,
    .check = mavp_check,
    .step = mavp_step,
    .run = mavp_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(averages)[] = {
    &sma, &ema, &wma, &dema, &tema, &trima, &kama, &mama, &t3, &hma, &rma, &vwma, &zlema, &ma, &mavp, &ewma, NULL,
};
