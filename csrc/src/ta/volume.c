/* volume.c: price with volume; vwap.c has the averages of prices weighted by volume. */
#include "changes.h"

static int64_t lookback_of_window(const double *params)
{
    return (int64_t)params[0] - 1;
}

/* The state of these is zeroed memory. */
static void no_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)state;
    (void)params;
    (void)space;
}

/* *total and each of the values added to it, in place. */
static inline void accumulate(double *total, int64_t m, double *x)
{
    double sum = *total;
    for (int64_t i = 0; i < m; i++)
        x[i] = sum = sum + x[i];
    *total = sum;
}

/* ---- ad: Chaikin's money flow of a row, accumulated */

/* The volume times where the close lies within the range: 1 at the high, -1 at the low; 0 without a range. */
static inline double flow_of(double high, double low, double close, double volume)
{
    double range = high - low;
    return vel_ta_ratio((close - low) - (high - close), range > 0.0 ? range : 0.0, 0.0) * volume;
}

/* A NaN volume counts only where there is a range, as in TA-Lib. */
static inline double flow(double high, double low, double close, double volume)
{
    return high - low > 0.0 ? flow_of(high, low, close, volume) : 0.0;
}

static inline void flow_run(int64_t m, const double *const *in, double *out)
{
    const double *high = in[0], *low = in[1], *close = in[2], *volume = in[3];
    for (int64_t i = 0; i < m; i++)
        out[i] = flow(high[i], low[i], close[i], volume[i]);
}

static void ad_step(void *state, const double *in, double *out)
{
    double *total = state;
    out[0] = *total = *total + flow(in[0], in[1], in[2], in[3]);
}

static void ad_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    flow_run(n, in, out[0]);
    accumulate(state, n, out[0]);
}

#define FLOW "f = volume ((close - low) - (high - close)) / (high - low)"
#define FLOW_NOTES "A row without a range, or with a NaN high or low, adds nothing, as in TA-Lib."

static const vel_indicator_kind_t ad = {
    .name = "ad",
    .class_name = "AD",
    .title = "Chaikin accumulation/distribution line",
    .group = "volume",
    .formula = "ad_t = ad_(t-1) + f_t, " FLOW,
    .source = "M. Chaikin; S. B. Achelis, Technical Analysis from A to Z, 2nd edition (2000)",
    .notes = FLOW_NOTES,
    .talib = "AD",
    .inputs = {"high", "low", "close", "volume"},
    .outputs = {{"ad", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(double),
    .init = no_init,
    .lookback = vel_ta_no_lookback,
    .step = ad_step,
    .run = ad_run,
};

/* ---- adosc */

typedef struct adosc {
    double total;
    vel_ta_ema_t fast;
    vel_ta_ema_t slow;
} adosc_t;

static void adosc_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    adosc_t *self = state;
    vel_ta_ema_init(&self->fast, 1, vel_ta_ema_factor(params[0]));
    vel_ta_ema_init(&self->slow, 1, vel_ta_ema_factor(params[1]));
}

static int64_t adosc_lookback(const double *params)
{
    return (int64_t)fmax(params[0], params[1]) - 1;
}

static int64_t adosc_settles(const double *params)
{
    double slower = fmax(params[0], params[1]);
    return 2 * (int64_t)slower + vel_ta_settling(1.0 - vel_ta_ema_factor(slower));
}

static void adosc_step(void *state, const double *in, double *out)
{
    adosc_t *self = state;
    double line;
    ad_step(&self->total, in, &line);
    double fast = vel_ta_ema_step(&self->fast, line);
    out[0] = fast - vel_ta_ema_step(&self->slow, line);
}

static void adosc_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    adosc_t *self = state;
    double slow[VEL_TA_CHUNK], *y = out[0];
    ad_run(&self->total, n, in, out);
    vel_ta_ema_run(&self->slow, n, y, slow);
    vel_ta_ema_run(&self->fast, n, y, y);
    for (int64_t i = 0; i < n; i++)
        y[i] -= slow[i];
}

static const vel_indicator_kind_t adosc = {
    .name = "adosc",
    .class_name = "ADOSC",
    .title = "Chaikin oscillator",
    .group = "volume",
    .formula = "adosc_t = ema(ad, fast) - ema(ad, slow); both EMAs start with the first value of ad",
    .source = "M. Chaikin; S. B. Achelis, Technical Analysis from A to Z, 2nd edition (2000)",
    .notes = "See ad: the level of the line cancels. fast may be slower than slow, which turns the sign, as in TA-Lib.",
    .talib = "ADOSC",
    .inputs = {"high", "low", "close", "volume"},
    .outputs = {{"adosc", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("fast", 3, 2, "rows of the fast EMA"),
               VEL_TA_PERIOD("slow", 10, 2, "rows of the slow EMA")},
    .state_size = sizeof(adosc_t),
    .init = adosc_init,
    .lookback = adosc_lookback,
    .settles = adosc_settles,
    .step = adosc_step,
    .run = adosc_run,
};

/* ---- cmf */

typedef struct cmf {
    vel_ta_sum_t flow;
    vel_ta_sum_t volume;
} cmf_t;

static void cmf_init(void *state, const double *params, vel_ta_space_t *space)
{
    cmf_t *self = state;
    vel_ta_sum_init(&self->flow, (int64_t)params[0], space);
    vel_ta_sum_init(&self->volume, (int64_t)params[0], space);
}

static void cmf_step(void *state, const double *in, double *out)
{
    cmf_t *self = state;
    double sum = vel_ta_sum_step(&self->flow, flow(in[0], in[1], in[2], in[3]));
    out[0] = vel_ta_ratio(sum, vel_ta_sum_step(&self->volume, in[3]), 0.0);
}

static void cmf_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    cmf_t *self = state;
    double volume[VEL_TA_CHUNK], *y = out[0];
    flow_run(n, in, y);
    vel_ta_sum_run(&self->flow, n, y, y);
    vel_ta_sum_run(&self->volume, n, in[3], volume);
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_ratio(y[i], volume[i], 0.0);
}

static const vel_indicator_kind_t cmf = {
    .name = "cmf",
    .class_name = "CMF",
    .title = "Chaikin money flow",
    .group = "volume",
    .formula = "cmf_t = sum of f / sum of volume over n = period rows, " FLOW,
    .source = "M. Chaikin; S. B. Achelis, Technical Analysis from A to Z, 2nd edition (2000)",
    .notes = "0 where nothing was traded. " FLOW_NOTES " A NaN volume makes all later values NaN (TA-Lib gives 0).",
    .talib = "CMF",
    .inputs = {"high", "low", "close", "volume"},
    .outputs = {{"cmf", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 20, 2, "rows of the sums")},
    .state_size = sizeof(cmf_t),
    .init = cmf_init,
    .lookback = lookback_of_window,
    .step = cmf_step,
    .run = cmf_run,
};

/* ---- efi */

typedef struct efi {
    vel_ta_previous_t close;
    bool is_raw; /* a period of 1: no EMA */
    vel_ta_stage_t mean;
} efi_t;

static void efi_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    efi_t *self = state;
    self->is_raw = params[0] == 1.0;
    vel_ta_stage_init(&self->mean, 1, (int64_t)params[0], vel_ta_ema_factor(params[0]));
}

static int64_t efi_settles(const double *params)
{
    return 2 * (int64_t)params[0] + 1 + vel_ta_settling(1.0 - vel_ta_ema_factor(params[0]));
}

static void efi_step(void *state, const double *in, double *out)
{
    efi_t *self = state;
    double force = vel_ta_change_step(&self->close, in[0]) * in[1];
    out[0] = self->is_raw ? force : vel_ta_stage_step(&self->mean, force);
}

static void efi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    efi_t *self = state;
    const double *volume = in[1];
    double *y = out[0];
    vel_ta_change_run(&self->close, n, in[0], y);
    for (int64_t i = 0; i < n; i++)
        y[i] *= volume[i];
    if (!self->is_raw)
        vel_ta_stage_run(&self->mean, n, y, y);
}

static const vel_indicator_kind_t efi = {
    .name = "efi",
    .class_name = "EFI",
    .title = "Elder's force index",
    .group = "volume",
    .formula = "efi_t = ema of (close_t - close_(t-1)) volume_t over n = period rows",
    .source = "A. Elder, Trading for a Living (1993)",
    .notes = "A period of 1 gives the force of the row itself.",
    .talib = "EFI",
    .inputs = {"close", "volume"},
    .outputs = {{"efi", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 13, 1, "rows of the EMA")},
    .state_size = sizeof(efi_t),
    .init = efi_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = efi_settles,
    .step = efi_step,
    .run = efi_run,
};

/* ---- marketfi */

static void marketfi_step(void *state, const double *in, double *out)
{
    (void)state;
    out[0] = vel_ta_ratio(in[0] - in[1], in[2], 0.0);
}

static void marketfi_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    (void)state;
    const double *high = in[0], *low = in[1], *volume = in[2];
    double *y = out[0];
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_ratio(high[i] - low[i], volume[i], 0.0);
}

static const vel_indicator_kind_t marketfi = {
    .name = "marketfi",
    .class_name = "MARKETFI",
    .title = "Market facilitation index",
    .group = "volume",
    .formula = "marketfi_t = (high_t - low_t) / volume_t",
    .source = "B. Williams, Trading Chaos (1995)",
    .notes = "0 where nothing was traded.",
    .talib = "MARKETFI",
    .inputs = {"high", "low", "volume"},
    .outputs = {{"marketfi", VEL_TA_PANEL}},
    .init = no_init,
    .lookback = vel_ta_no_lookback,
    .step = marketfi_step,
    .run = marketfi_run,
};

/* ---- nvi, pvi: the return of the close, compounded over the rows whose volume has fallen, or risen */

#define INDEX_START 1000.0

typedef struct volume_index {
    vel_ta_previous_t close;
    vel_ta_previous_t volume;
    double index;
    bool is_rising;
} volume_index_t;

static void nvi_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)params;
    (void)space;
    ((volume_index_t *)state)->index = INDEX_START;
}

static void pvi_init(void *state, const double *params, vel_ta_space_t *space)
{
    nvi_init(state, params, space);
    ((volume_index_t *)state)->is_rising = true;
}

/* The factor of a row; 1 where it does not count, or has no finite return. */
static inline double growth(bool counts, double close, double before)
{
    double ratio = close / before;
    return (counts & (ratio - ratio == 0.0)) ? ratio : 1.0;
}

static void index_step(void *state, const double *in, double *out)
{
    volume_index_t *self = state;
    double before = vel_ta_previous_step(&self->close, in[0]), volume = vel_ta_previous_step(&self->volume, in[1]);
    bool counts = self->is_rising ? in[1] > volume : in[1] < volume;
    out[0] = self->index *= growth(counts, in[0], before);
}

static void index_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    volume_index_t *self = state;
    const double *close = in[0], *volume = in[1];
    double close_before[VEL_TA_CHUNK], volume_before[VEL_TA_CHUNK], *y = out[0];
    vel_ta_previous_run(&self->close, n, close, close_before);
    vel_ta_previous_run(&self->volume, n, volume, volume_before);
    if (self->is_rising)
        for (int64_t i = 0; i < n; i++)
            y[i] = growth(volume[i] > volume_before[i], close[i], close_before[i]);
    else
        for (int64_t i = 0; i < n; i++)
            y[i] = growth(volume[i] < volume_before[i], close[i], close_before[i]);
    double index = self->index;
    for (int64_t i = 0; i < n; i++)
        y[i] = index = index * y[i];
    self->index = index;
}

#define INDEX_NOTES "It starts at 1000. A row whose return is not a finite number (a close of 0 or NaN) does not count."

static const vel_indicator_kind_t nvi = {
    .name = "nvi",
    .class_name = "NVI",
    .title = "Negative volume index",
    .group = "volume",
    .formula = "nvi_t = nvi_(t-1) close_t / close_(t-1) if volume_t < volume_(t-1), else nvi_(t-1)",
    .source = "P. Dysart (1936); N. Fosback, Stock Market Logic (1976)",
    .notes = INDEX_NOTES,
    .talib = "NVI",
    .inputs = {"close", "volume"},
    .outputs = {{"nvi", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(volume_index_t),
    .init = nvi_init,
    .lookback = vel_ta_no_lookback,
    .step = index_step,
    .run = index_run,
};

static const vel_indicator_kind_t pvi = {
    .name = "pvi",
    .class_name = "PVI",
    .title = "Positive volume index",
    .group = "volume",
    .formula = "pvi_t = pvi_(t-1) close_t / close_(t-1) if volume_t > volume_(t-1), else pvi_(t-1)",
    .source = "P. Dysart (1936); N. Fosback, Stock Market Logic (1976)",
    .notes = INDEX_NOTES,
    .talib = "PVI",
    .inputs = {"close", "volume"},
    .outputs = {{"pvi", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(volume_index_t),
    .init = pvi_init,
    .lookback = vel_ta_no_lookback,
    .step = index_step,
    .run = index_run,
};

/* ---- obv, pvt, wad: a term of each row and the row before, accumulated */

typedef struct line {
    vel_ta_previous_t close;
    double total;
} line_t;

static inline double signed_volume(double close, double before, double volume)
{
    double signed_up = close > before ? volume : 0.0;
    return close < before ? -volume : signed_up;
}

static void obv_step(void *state, const double *in, double *out)
{
    line_t *self = state;
    if (VEL_UNLIKELY(!self->close.has_value))
        self->total = in[1];
    double before = vel_ta_previous_step(&self->close, in[0]);
    out[0] = self->total += signed_volume(in[0], before, in[1]);
}

static void obv_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    line_t *self = state;
    const double *close = in[0], *volume = in[1];
    double before[VEL_TA_CHUNK], *y = out[0];
    if (VEL_UNLIKELY(!self->close.has_value))
        self->total = volume[0];
    vel_ta_previous_run(&self->close, n, close, before);
    for (int64_t i = 0; i < n; i++)
        y[i] = signed_volume(close[i], before[i], volume[i]);
    accumulate(&self->total, n, y);
}

static const vel_indicator_kind_t obv = {
    .name = "obv",
    .class_name = "OBV",
    .title = "On-balance volume",
    .group = "volume",
    .formula =
        "obv_t = obv_(t-1) + volume_t where the close has risen, - volume_t where it has fallen; the first is the "
        "volume of the first row",
    .source = "J. E. Granville, Granville's New Key to Stock Market Profits (1963)",
    .notes = "A row next to a NaN close adds nothing, as in TA-Lib.",
    .talib = "OBV",
    .inputs = {"close", "volume"},
    .outputs = {{"obv", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(line_t),
    .init = no_init,
    .lookback = vel_ta_no_lookback,
    .step = obv_step,
    .run = obv_run,
};

static void pvt_step(void *state, const double *in, double *out)
{
    line_t *self = state;
    double before = vel_ta_previous_step(&self->close, in[0]);
    out[0] = self->total += vel_ta_ratio(in[0] - before, before, 0.0) * in[1];
}

static void pvt_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    line_t *self = state;
    const double *close = in[0], *volume = in[1];
    double before[VEL_TA_CHUNK], *y = out[0];
    vel_ta_previous_run(&self->close, n, close, before);
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_ratio(close[i] - before[i], before[i], 0.0) * volume[i];
    accumulate(&self->total, n, y);
}

static const vel_indicator_kind_t pvt = {
    .name = "pvt",
    .class_name = "PVT",
    .title = "Price volume trend",
    .group = "volume",
    .formula = "pvt_t = pvt_(t-1) + volume_t (close_t - close_(t-1)) / close_(t-1); the first is 0",
    .source = "S. B. Achelis, Technical Analysis from A to Z, 2nd edition (2000)",
    .notes = "A row after a close of 0 adds nothing.",
    .talib = "PVT",
    .inputs = {"close", "volume"},
    .outputs = {{"pvt", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(line_t),
    .init = no_init,
    .lookback = vel_ta_no_lookback,
    .step = pvt_step,
    .run = pvt_run,
};

/* The close less the low of the true range where the close has risen, less its high where it has fallen. */
static inline double wad_of(double high, double low, double close, double before)
{
    double bottom = before < low ? before : low, top = before > high ? before : high;
    double risen = close > before ? close - bottom : 0.0;
    return close < before ? close - top : risen;
}

static void wad_step(void *state, const double *in, double *out)
{
    line_t *self = state;
    double before = vel_ta_previous_step(&self->close, in[2]);
    out[0] = self->total += wad_of(in[0], in[1], in[2], before);
}

static void wad_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    line_t *self = state;
    const double *high = in[0], *low = in[1], *close = in[2];
    double before[VEL_TA_CHUNK], *y = out[0];
    vel_ta_previous_run(&self->close, n, close, before);
    for (int64_t i = 0; i < n; i++)
        y[i] = wad_of(high[i], low[i], close[i], before[i]);
    accumulate(&self->total, n, y);
}

static const vel_indicator_kind_t wad = {
    .name = "wad",
    .class_name = "WAD",
    .title = "Williams' accumulation/distribution",
    .group = "volume",
    .formula = "wad_t = wad_(t-1) + close_t - min(low_t, close_(t-1)) where the close has risen, + close_t - "
               "max(high_t, close_(t-1)) where it has fallen; the first is 0",
    .source = "L. Williams; in the form without volume of S. B. Achelis, Technical Analysis from A to Z, 2nd edition "
              "(2000)",
    .notes = "A row next to a NaN close adds nothing, as in TA-Lib.",
    .talib = "WAD",
    .inputs = {"high", "low", "close"},
    .outputs = {{"wad", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(line_t),
    .init = no_init,
    .lookback = vel_ta_no_lookback,
    .step = wad_step,
    .run = wad_run,
};

/* ---- volume_sma, rvol */

typedef struct mean_volume {
    double n;
    double total; /* of rvol: the sum up to the row before */
    vel_ta_sum_t sum;
} mean_volume_t;

static void mean_volume_init(void *state, const double *params, vel_ta_space_t *space)
{
    mean_volume_t *self = state;
    self->n = params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
}

static void volume_sma_step(void *state, const double *in, double *out)
{
    mean_volume_t *self = state;
    out[0] = vel_ta_sum_step(&self->sum, in[0]) / self->n;
}

static void volume_sma_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    mean_volume_t *self = state;
    double *y = out[0], divisor = self->n;
    vel_ta_sum_run(&self->sum, n, in[0], y);
    for (int64_t i = 0; i < n; i++)
        y[i] /= divisor;
}

static const vel_indicator_kind_t volume_sma = {
    .name = "volume_sma",
    .class_name = "VolumeSMA",
    .title = "Simple moving average of the volume",
    .group = "volume",
    .formula = "volume_sma_t = (volume_t + ... + volume_(t-n+1)) / n, n = period",
    .source = "The arithmetic mean of a window, as sma",
    .notes = "Exactly 0 where nothing was traded.",
    .inputs = {"volume"},
    .outputs = {{"volume_sma", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 20, 1, "rows of the window")},
    .state_size = sizeof(mean_volume_t),
    .init = mean_volume_init,
    .lookback = lookback_of_window,
    .step = volume_sma_step,
    .run = volume_sma_run,
};

static void rvol_step(void *state, const double *in, double *out)
{
    mean_volume_t *self = state;
    double before = self->total;
    self->total = vel_ta_sum_step(&self->sum, in[0]);
    out[0] = in[0] / (before / self->n);
}

static void rvol_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    mean_volume_t *self = state;
    const double *volume = in[0];
    double sums[VEL_TA_CHUNK + 1], *y = out[0], divisor = self->n;
    sums[0] = self->total;
    vel_ta_sum_run(&self->sum, n, volume, sums + 1);
    self->total = sums[n];
    for (int64_t i = 0; i < n; i++)
        y[i] = volume[i] / (sums[i] / divisor);
}

static const vel_indicator_kind_t rvol = {
    .name = "rvol",
    .class_name = "RVOL",
    .title = "Relative volume",
    .group = "volume",
    .formula = "rvol_t = volume_t / mean of the volumes of the n = period rows before it",
    .source = "The volume of a row as a multiple of the usual one; the row itself is not part of the mean",
    .notes = "After n rows without volume it is infinite, or NaN if the row has none either, as in TA-Lib.",
    .talib = "RVOL",
    .inputs = {"volume"},
    .outputs = {{"rvol", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 20, 1, "rows of the mean")},
    .state_size = sizeof(mean_volume_t),
    .init = mean_volume_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = rvol_step,
    .run = rvol_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(volume)[] = {
    &ad, &adosc, &cmf, &efi, &marketfi, &nvi, &pvi, &obv, &pvt, &wad, &volume_sma, &rvol, NULL,
};
