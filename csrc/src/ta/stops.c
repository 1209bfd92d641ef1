/* stops.c: stops that follow a trend. */
#include "extremum.h"
#include "moving.h"
#include "true_range.h"

/* ---- chandelier */

typedef struct chandelier {
    double factor;
    vel_ta_extremum_t high;
    vel_ta_extremum_t low;
    vel_ta_atr_t range;
} chandelier_t;

static void chandelier_init(void *state, const double *params, vel_ta_space_t *space)
{
    chandelier_t *self = state;
    self->factor = params[1];
    vel_ta_extremum_init(&self->high, (int64_t)params[0], true, space);
    vel_ta_extremum_init(&self->low, (int64_t)params[0], false, space);
    vel_ta_atr_init(&self->range, (int64_t)params[0]);
}

static void chandelier_step(void *state, const double *in, double *out)
{
    chandelier_t *self = state;
    double width = vel_ta_atr_step(&self->range, in[0], in[1], in[2]) * self->factor;
    out[0] = vel_ta_extremum_step(&self->high, in[0]) - width;
    out[1] = vel_ta_extremum_step(&self->low, in[1]) + width;
}

static void chandelier_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    chandelier_t *self = state;
    double width[VEL_TA_CHUNK], factor = self->factor;
    double *restrict below = out[0], *restrict above = out[1];
    vel_ta_atr_run(&self->range, n, in[0], in[1], in[2], width);
    vel_ta_extremum_run(&self->high, n, in[0], below);
    vel_ta_extremum_run(&self->low, n, in[1], above);
    for (int64_t i = 0; i < n; i++) {
        below[i] = below[i] - width[i] * factor;
        above[i] = above[i] + width[i] * factor;
    }
}

static int64_t chandelier_lookback(const double *params)
{
    return (int64_t)params[0];
}

static int64_t chandelier_settles(const double *params)
{
    return vel_ta_atr_settles((int64_t)params[0]);
}

static const vel_indicator_kind_t chandelier = {
    .name = "chandelier",
    .class_name = "Chandelier",
    .title = "Chandelier exit",
    .group = "stops",
    .formula = "long_exit = highest high of the last n rows - m atr(n), short_exit = lowest low of them + m atr(n), "
               "n = period, m = multiplier",
    .source = "C. LeBeau; A. Elder, Come Into My Trading Room (2002)",
    .notes = "A long position is closed when the price falls below long_exit, a short one when it rises above "
             "short_exit. The lines are not held: they move with the window in both directions.",
    .inputs = {"high", "low", "close"},
    .outputs = {{"long_exit", VEL_TA_OVERLAY}, {"short_exit", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 22, 1, "rows of the window and of the average true range"),
               VEL_TA_FACTOR("multiplier", 3.0, 0.0, 1e6, "average true ranges from the extremum to the exit")},
    .state_size = sizeof(chandelier_t),
    .init = chandelier_init,
    .lookback = chandelier_lookback,
    .settles = chandelier_settles,
    .step = chandelier_step,
    .run = chandelier_run,
};

/* ---- supertrend */

typedef struct supertrend {
    double factor;
    int64_t wait; /* rows before the first average true range */
    bool has_band;
    bool is_up;
    double upper;
    double lower;
    double close; /* of the row before */
    vel_ta_atr_t range;
} supertrend_t;

static void supertrend_init(void *state, const double *params, vel_ta_space_t *space)
{
    supertrend_t *self = state;
    (void)space;
    self->factor = params[1];
    self->wait = (int64_t)params[0];
    vel_ta_atr_init(&self->range, (int64_t)params[0]);
}

static inline void supertrend_follow(supertrend_t *self, double high, double low, double close, double average,
                                     double *line, double *trend)
{
    double middle = (high + low) / 2.0, width = self->factor * average;
    double upper = middle + width, lower = middle - width;
    if (VEL_UNLIKELY(!self->has_band)) {
        self->has_band = self->is_up = true;
        self->upper = upper;
        self->lower = lower;
    } else {
        self->upper = upper < self->upper || self->close > self->upper ? upper : self->upper;
        self->lower = lower > self->lower || self->close < self->lower ? lower : self->lower;
        self->is_up = self->is_up ? !(close < self->lower) : close > self->upper;
    }
    self->close = close;
    *line = self->is_up ? self->lower : self->upper;
    *trend = self->is_up ? 1.0 : -1.0;
}

static void supertrend_step(void *state, const double *in, double *out)
{
    supertrend_t *self = state;
    double average = vel_ta_atr_step(&self->range, in[0], in[1], in[2]);
    if (vel_ta_wait(&self->wait, 1) > 0)
        out[0] = out[1] = (double)NAN;
    else
        supertrend_follow(self, in[0], in[1], in[2], average, &out[0], &out[1]);
}

static void supertrend_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    supertrend_t *self = state, local;
    double average[VEL_TA_CHUNK];
    vel_ta_atr_run(&self->range, n, in[0], in[1], in[2], average);
    int64_t skip = vel_ta_wait(&self->wait, n);
    local = *self;
    for (int64_t i = skip; i < n; i++)
        supertrend_follow(&local, in[0][i], in[1][i], in[2][i], average[i], &out[0][i], &out[1][i]);
    *self = local;
}

static int64_t supertrend_lookback(const double *params)
{
    return (int64_t)params[0];
}

static int64_t supertrend_settles(const double *params)
{
    return vel_ta_atr_settles((int64_t)params[0]);
}

static const vel_indicator_kind_t supertrend = {
    .name = "supertrend",
    .class_name = "SUPERTREND",
    .title = "Supertrend",
    .group = "stops",
    .formula =
        "upper = (high + low) / 2 + m atr(n), lower = (high + low) / 2 - m atr(n); upper rises and lower falls only "
        "after a close beyond it; trend turns to -1 at a close below lower and to 1 at one above upper; "
        "supertrend = lower in a trend of 1, else upper; n = period, m = multiplier",
    .source = "O. Seban, Tout le monde merite d'etre riche (2008)",
    .notes =
        "The first trend is 1. The level depends on where the series starts until both of two series have turned at "
        "the same row: there is no bound on that number of rows.",
    .talib = "SUPERTREND",
    .inputs = {"high", "low", "close"},
    .outputs = {{"supertrend", VEL_TA_OVERLAY}, {"trend", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 10, 2, "rows of the average true range"),
               VEL_TA_FACTOR("multiplier", 3.0, 0.0, 1e6, "average true ranges from the middle to a band")},
    .is_anchored = true,
    .state_size = sizeof(supertrend_t),
    .init = supertrend_init,
    .lookback = supertrend_lookback,
    .settles = supertrend_settles,
    .step = supertrend_step,
    .run = supertrend_run,
};

/* ---- sar, sarext: a stop that follows the trend and turns with it */

/* How one side accelerates. */
typedef struct pace {
    double initial;
    double change;
    double most;
} pace_t;

typedef struct sar {
    pace_t up;
    pace_t down;
    double start;   /* 0: the first two rows give the direction; above 0 a long start at it, below 0 a short one */
    double offset;  /* share of the stop by which it moves away when it turns */
    bool is_signed; /* a stop above the prices is negative */
    bool is_long;
    int64_t rows; /* up to 2 */
    double high;  /* of the row before */
    double low;
    double stop;
    double extreme; /* of the trend */
    double pace;
} sar_t;

static pace_t pace_of(double initial, double change, double most)
{
    return (pace_t){initial > most ? most : initial, change > most ? most : change, most};
}

static void sar_init(void *state, const double *params, vel_ta_space_t *space)
{
    sar_t *self = state;
    (void)space;
    self->up = self->down = pace_of(params[0], params[0], params[1]);
}

static void sarext_init(void *state, const double *params, vel_ta_space_t *space)
{
    sar_t *self = state;
    (void)space;
    self->start = params[0];
    self->offset = params[1];
    self->up = pace_of(params[2], params[3], params[4]);
    self->down = pace_of(params[5], params[6], params[7]);
    self->is_signed = true;
}

static inline double at_least(double x, double a, double b)
{
    x = x < a ? a : x;
    return x < b ? b : x;
}

static inline double at_most(double x, double a, double b)
{
    x = x > a ? a : x;
    return x > b ? b : x;
}

/* The second row sets the direction and the first stop. */
static void sar_start(sar_t *self, double high, double low)
{
    double rise = high - self->high, fall = self->low - low;
    self->is_long = self->start == 0.0 ? !(fall > 0.0 && rise < fall) : self->start > 0.0;
    self->extreme = self->is_long ? high : low;
    self->stop = self->start != 0.0 ? fabs(self->start) : self->is_long ? self->low : self->high;
    self->pace = self->is_long ? self->up.initial : self->down.initial;
    self->high = high;
    self->low = low;
    self->rows = 2;
}

static inline double sar_next(sar_t *self, double high, double low)
{
    if (VEL_UNLIKELY(self->rows < 2)) {
        if (self->rows == 0) {
            self->high = high;
            self->low = low;
            self->rows = 1;
            return (double)NAN;
        }
        sar_start(self, high, low);
    }
    double last_high = self->high, last_low = self->low, stop = self->stop, value;
    self->high = high;
    self->low = low;
    if (self->is_long) {
        if (low <= stop) {
            stop = at_least(self->extreme, last_high, high);
            stop += stop * self->offset;
            value = self->is_signed ? -stop : stop;
            self->is_long = false;
            self->pace = self->down.initial;
            self->extreme = low;
            self->stop = at_least(stop + self->pace * (low - stop), last_high, high);
            return value;
        }
        if (high > self->extreme) {
            self->extreme = high;
            self->pace += self->up.change;
            self->pace = self->pace > self->up.most ? self->up.most : self->pace;
        }
        self->stop = at_most(stop + self->pace * (self->extreme - stop), last_low, low);
        return stop;
    }
    if (high >= stop) {
        stop = at_most(self->extreme, last_low, low);
        stop -= stop * self->offset;
        self->is_long = true;
        self->pace = self->up.initial;
        self->extreme = high;
        self->stop = at_most(stop + self->pace * (high - stop), last_low, low);
        return stop;
    }
    if (low < self->extreme) {
        self->extreme = low;
        self->pace += self->down.change;
        self->pace = self->pace > self->down.most ? self->down.most : self->pace;
    }
    self->stop = at_least(stop + self->pace * (self->extreme - stop), last_high, high);
    return self->is_signed ? -stop : stop;
}

static void sar_step(void *state, const double *in, double *out)
{
    out[0] = sar_next(state, in[0], in[1]);
}

static void sar_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    sar_t *self = state, local = *self;
    for (int64_t i = 0; i < n; i++)
        out[0][i] = sar_next(&local, in[0][i], in[1][i]);
    *self = local;
}

static int64_t sar_lookback(const double *params)
{
    (void)params;
    return 1;
}

#define PACE(NAME, INITIAL, TEXT) VEL_TA_FACTOR(NAME, INITIAL, 0.0, 1e6, TEXT)

static const vel_indicator_kind_t sar = {
    .name = "sar",
    .class_name = "SAR",
    .title = "Parabolic stop and reverse",
    .group = "stops",
    .formula =
        "sar_(t+1) = sar_t + a (extreme - sar_t), not beyond the lows (in a fall the highs) of rows t and t - 1; a "
        "grows by `acceleration` with each new extreme up to `maximum`; when the price touches the stop the trend "
        "turns and the stop starts at the extreme",
    .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978)",
    .notes =
        "The first trend is down if the low of the second row fell by more than its high rose, else up, as in TA-Lib. "
        "Series that start at different rows agree once they have turned at the same row; there is no bound on that "
        "number of rows.",
    .talib = "SAR",
    .inputs = {"high", "low"},
    .outputs = {{"sar", VEL_TA_POINTS}},
    .params = {PACE("acceleration", 0.02, "acceleration at the start of a trend and its growth at each new extreme"),
               PACE("maximum", 0.2, "largest acceleration")},
    .is_anchored = true,
    .state_size = sizeof(sar_t),
    .init = sar_init,
    .lookback = sar_lookback,
    .step = sar_step,
    .run = sar_run,
};

static const vel_indicator_kind_t sarext = {
    .name = "sarext",
    .class_name = "SAREXT",
    .title = "Parabolic stop and reverse, extended",
    .group = "stops",
    .formula =
        "As sar, with accelerations of its own for each direction; negative in a fall; when it turns, the stop moves "
        "away from the price by the share `offset` of itself",
    .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978); extended by TA-Lib",
    .notes =
        "start above 0 begins with a rise and the stop there, below 0 with a fall and the stop at -start, 0 as sar. "
        "Series that start at different rows agree once they have turned at the same row; there is no bound on that "
        "number of rows.",
    .talib = "SAREXT",
    .inputs = {"high", "low"},
    .outputs = {{"sarext", VEL_TA_POINTS}},
    .params = {VEL_TA_FACTOR("start", 0.0, -1e15, 1e15, "first stop and direction, 0: from the first rows"),
               PACE("offset", 0.0, "share of the stop by which it moves away when it turns"),
               PACE("initial_long", 0.02, "acceleration at the start of a rise"),
               PACE("acceleration_long", 0.02, "its growth at each new high"),
               PACE("maximum_long", 0.2, "largest acceleration in a rise"),
               PACE("initial_short", 0.02, "acceleration at the start of a fall"),
               PACE("acceleration_short", 0.02, "its growth at each new low"),
               PACE("maximum_short", 0.2, "largest acceleration in a fall")},
    .is_anchored = true,
    .state_size = sizeof(sar_t),
    .init = sarext_init,
    .lookback = sar_lookback,
    .step = sar_step,
    .run = sar_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(stops)[] = {
    &sar, &sarext, &supertrend, &chandelier, NULL,
};
