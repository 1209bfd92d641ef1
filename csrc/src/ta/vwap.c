/* vwap.c: averages of the typical price weighted by volume, over all rows, a session, since an event, or a window. */
#include "changes.h"

#define TYPICAL "p = (high + low + close) / 3"
#define SKIPPED "A row whose price or volume is not a finite number has no weight."

typedef struct weights {
    double value; /* the sum of price times volume */
    double volume;
} weights_t;

/* The price times the volume, and the volume, of rows; 0 where one is not finite. */
static inline weights_t weigh(double high, double low, double close, double volume)
{
    double price = (high + low + close) / 3.0;
    bool counts = (price - price == 0.0) & (volume - volume == 0.0);
    return (weights_t){counts ? price * volume : 0.0, counts ? volume : 0.0};
}

static inline void weigh_run(int64_t m, const double *const *in, double *value, double *volume)
{
    const double *high = in[0], *low = in[1], *close = in[2], *traded = in[3];
    for (int64_t i = 0; i < m; i++) {
        weights_t weights = weigh(high[i], low[i], close[i], traded[i]);
        value[i] = weights.value;
        volume[i] = weights.volume;
    }
}

static inline void add(weights_t *self, const double *in)
{
    weights_t weights = weigh(in[0], in[1], in[2], in[3]);
    self->value += weights.value;
    self->volume += weights.volume;
}

static inline double mean_of(double value, double volume, double otherwise)
{
    return vel_ta_ratio(value, volume > 0.0 ? volume : 0.0, otherwise);
}

static void no_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)state;
    (void)params;
    (void)space;
}

/* ---- vwap */

static void vwap_step(void *state, const double *in, double *out)
{
    weights_t *self = state;
    add(self, in);
    out[0] = mean_of(self->value, self->volume, 0.0);
}

static void vwap_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    weights_t *self = state;
    double volume[VEL_TA_CHUNK], *y = out[0];
    weigh_run(n, in, y, volume);
    double value = self->value, traded = self->volume;
    for (int64_t i = 0; i < n; i++) {
        y[i] = value = value + y[i];
        volume[i] = traded = traded + volume[i];
    }
    self->value = value;
    self->volume = traded;
    for (int64_t i = 0; i < n; i++)
        y[i] = mean_of(y[i], volume[i], 0.0);
}

static const vel_indicator_kind_t vwap = {
    .name = "vwap",
    .class_name = "VWAP",
    .title = "Volume-weighted average price",
    .group = "volume",
    .formula = "vwap_t = sum of p volume / sum of volume over all rows so far, " TYPICAL,
    .source = "S. Berkowitz, D. Logue and E. Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 "
              "(1988)",
    .notes = "0 until something was traded, as in TA-Lib. " SKIPPED,
    .talib = "VWAP",
    .inputs = {"high", "low", "close", "volume"},
    .outputs = {{"vwap", VEL_TA_OVERLAY}},
    .is_anchored = true,
    .state_size = sizeof(weights_t),
    .init = no_init,
    .lookback = vel_ta_no_lookback,
    .step = vwap_step,
    .run = vwap_run,
};

/* ---- session_vwap */

typedef struct session_vwap {
    weights_t weights;
    int64_t length; /* ns */
    int64_t offset;
    double first; /* timestamps of the session: first <= ts < last */
    double last;
} session_vwap_t;

#define NS 1000000000

static void session_vwap_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    session_vwap_t *self = state;
    self->length = (int64_t)params[0] * NS;
    self->offset = (int64_t)params[1] * NS;
}

/* Moves to the session of a timestamp. Whole seconds in nanoseconds are exact as doubles until the year 2262. */
static void begin_session(session_vwap_t *self, double ts)
{
    int64_t since = (int64_t)ts - self->offset, into = since % self->length;
    int64_t first = since - (into < 0 ? into + self->length : into) + self->offset;
    self->first = (double)first;
    self->last = (double)(first + self->length);
    self->weights = (weights_t){0.0, 0.0};
}

static void session_vwap_step(void *state, const double *in, double *out)
{
    session_vwap_t *self = state;
    double ts = in[4];
    if (VEL_UNLIKELY(!(ts >= self->first && ts < self->last)) && fabs(ts) < 9e18)
        begin_session(self, ts);
    add(&self->weights, in);
    out[0] = mean_of(self->weights.value, self->weights.volume, (double)NAN);
}

VEL_TA_RUN(session_vwap, 5, 1)

static const vel_indicator_kind_t session_vwap = {
    .name = "session_vwap",
    .class_name = "SessionVWAP",
    .title = "Volume-weighted average price of the session",
    .group = "volume",
    .formula = "session_vwap_t = sum of p volume / sum of volume over the rows of the current session, " TYPICAL
               "; sessions begin at offset + k session seconds since 1970-01-01 UTC",
    .source = "S. Berkowitz, D. Logue and E. Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 "
              "(1988)",
    .notes =
        "ts is in nanoseconds since 1970 UTC; a ts that is NaN belongs to the current session. NaN until something "
        "was traded in the session. " SKIPPED,
    .inputs = {"high", "low", "close", "volume", "ts"},
    .outputs = {{"session_vwap", VEL_TA_OVERLAY}},
    .params = {{.name = "session",
                .initial = 86400,
                .low = 1,
                .high = 31622400,
                .kind = VEL_TA_INTEGER,
                .text = "length of a session, seconds; 86400 is the UTC day"},
               {.name = "offset",
                .initial = 0,
                .low = 0,
                .high = 31622400,
                .kind = VEL_TA_INTEGER,
                .text = "seconds from midnight UTC (for weeks: from Thursday) to the start of a session"}},
    .is_anchored = true,
    .state_size = sizeof(session_vwap_t),
    .init = session_vwap_init,
    .lookback = vel_ta_no_lookback,
    .step = session_vwap_step,
    .run = session_vwap_run,
};

/* ---- anchored_vwap */

static void anchored_vwap_step(void *state, const double *in, double *out)
{
    weights_t *self = state;
    if (in[4] != 0.0 && in[4] == in[4])
        *self = (weights_t){0.0, 0.0};
    add(self, in);
    out[0] = mean_of(self->value, self->volume, (double)NAN);
}

VEL_TA_RUN(anchored_vwap, 5, 1)

static const vel_indicator_kind_t anchored_vwap = {
    .name = "anchored_vwap",
    .class_name = "AnchoredVWAP",
    .title = "Anchored volume-weighted average price",
    .group = "volume",
    .formula =
        "anchored_vwap_t = sum of p volume / sum of volume over the rows from the last one with reset != 0 on, that "
        "row included, " TYPICAL,
    .source = "P. Levine, The Midas Method of Technical Analysis (1995)",
    .notes =
        "Anchored at its first row until a reset comes; a reset of NaN is none. NaN until something was traded since "
        "the anchor. " SKIPPED,
    .inputs = {"high", "low", "close", "volume", "reset"},
    .outputs = {{"anchored_vwap", VEL_TA_OVERLAY}},
    .is_anchored = true,
    .state_size = sizeof(weights_t),
    .init = no_init,
    .lookback = vel_ta_no_lookback,
    .step = anchored_vwap_step,
    .run = anchored_vwap_run,
};

/* ---- rolling_vwap */

typedef struct rolling_vwap {
    vel_ta_sum_t value;
    vel_ta_sum_t volume;
} rolling_vwap_t;

static void rolling_vwap_init(void *state, const double *params, vel_ta_space_t *space)
{
    rolling_vwap_t *self = state;
    vel_ta_sum_init(&self->value, (int64_t)params[0], space);
    vel_ta_sum_init(&self->volume, (int64_t)params[0], space);
}

static int64_t rolling_vwap_lookback(const double *params)
{
    return (int64_t)params[0] - 1;
}

static void rolling_vwap_step(void *state, const double *in, double *out)
{
    rolling_vwap_t *self = state;
    weights_t weights = weigh(in[0], in[1], in[2], in[3]);
    double value = vel_ta_sum_step(&self->value, weights.value);
    out[0] = mean_of(value, vel_ta_sum_step(&self->volume, weights.volume), (double)NAN);
}

static void rolling_vwap_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    rolling_vwap_t *self = state;
    double volume[VEL_TA_CHUNK], *y = out[0];
    weigh_run(n, in, y, volume);
    vel_ta_sum_run(&self->value, n, y, y);
    vel_ta_sum_run(&self->volume, n, volume, volume);
    for (int64_t i = 0; i < n; i++)
        y[i] = mean_of(y[i], volume[i], (double)NAN);
}

static const vel_indicator_kind_t rolling_vwap = {
    .name = "rolling_vwap",
    .class_name = "RollingVWAP",
    .title = "Rolling volume-weighted average price",
    .group = "volume",
    .formula = "rolling_vwap_t = sum of p volume / sum of volume over n = period rows, " TYPICAL,
    .source = "S. Berkowitz, D. Logue and E. Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 "
              "(1988); over a moving window",
    .notes = "NaN where nothing was traded in the window. " SKIPPED,
    .inputs = {"high", "low", "close", "volume"},
    .outputs = {{"rolling_vwap", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 20, 1, "rows of the window")},
    .state_size = sizeof(rolling_vwap_t),
    .init = rolling_vwap_init,
    .lookback = rolling_vwap_lookback,
    .step = rolling_vwap_step,
    .run = rolling_vwap_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(vwap)[] = {
    &vwap, &session_vwap, &anchored_vwap, &rolling_vwap, NULL,
};
