/* levels.c: prices at which a market may turn: swings, pivot points, retracements. */
#include "extremum.h"
#include "inner.h"

/* ---- fractal: swing highs and lows */

/* One side: the candidate is the value of `right` rows ago; the extremum of the rows after it, and that of the `left`
 * rows before it, which is made from the values of right + 1 rows ago. */
typedef struct side {
    bool is_max;
    vel_ta_window_t values; /* the last right + 1, the candidate being the oldest */
    vel_ta_extremum_t after;
    vel_ta_extremum_t before;
} side_t;

typedef struct fractal {
    int64_t right;
    side_t high;
    side_t low;
} fractal_t;

static void side_init(side_t *self, int64_t left, int64_t right, bool is_max, vel_ta_space_t *space)
{
    self->is_max = is_max;
    vel_ta_window_init(&self->values, right + 1, space);
    vel_ta_extremum_init(&self->after, right, is_max, space);
    vel_ta_extremum_init(&self->before, left, is_max, space);
}

static inline bool is_swing(bool is_max, double x, double before, double after)
{
    return is_max ? (x > before) & (x > after) : (x < before) & (x < after);
}

static double side_step(side_t *self, int64_t right, double x)
{
    double after = vel_ta_extremum_step(&self->after, x);
    double before = vel_ta_extremum_step(&self->before, vel_ta_window_push(&self->values, x));
    double candidate = vel_ta_window_ago(&self->values, right);
    return is_swing(self->is_max, candidate, before, after) ? 100.0 : 0.0;
}

static void side_run(side_t *self, int64_t right, int64_t m, const double *x, int32_t *out)
{
    double candidate[VEL_TA_CHUNK], before[VEL_TA_CHUNK], after[VEL_TA_CHUNK];
    bool is_max = self->is_max;
    /* The candidates are the values of `right` rows ago: of this chunk, as far as it reaches, else of the window. */
    for (int64_t i = 0; i < m && i < right; i++)
        candidate[i] = vel_ta_window_ago(&self->values, right - 1 - i);
    for (int64_t i = right; i < m; i++)
        candidate[i] = x[i - right];
    vel_ta_extremum_run(&self->after, m, x, after);
    vel_ta_window_run(&self->values, m, x, before);
    vel_ta_extremum_run(&self->before, m, before, before);
    for (int64_t i = 0; i < m; i++)
        out[i] = is_swing(is_max, candidate[i], before[i], after[i]) ? 100 : 0;
}

static void fractal_init(void *state, const double *params, vel_ta_space_t *space)
{
    fractal_t *self = state;
    int64_t left = (int64_t)params[0], right = (int64_t)params[1];
    self->right = right;
    side_init(&self->high, left, right, true, space);
    side_init(&self->low, left, right, false, space);
}

static void fractal_step(void *state, const double *in, double *out)
{
    fractal_t *self = state;
    out[0] = side_step(&self->high, self->right, in[0]);
    out[1] = side_step(&self->low, self->right, in[1]);
}

static void fractal_run(void *state, int64_t n, const double *const *in, int32_t *const *out)
{
    fractal_t *self = state;
    side_run(&self->high, self->right, n, in[0], out[0]);
    side_run(&self->low, self->right, n, in[1], out[1]);
}

static int64_t fractal_lookback(const double *params)
{
    return (int64_t)params[0] + (int64_t)params[1];
}

static const vel_indicator_kind_t fractal = {
    .name = "fractal",
    .class_name = "FRACTAL",
    .title = "Fractals: swing highs and swing lows",
    .group = "levels",
    .formula =
        "swing_high_t = 100 if high_(t-right) is above the highs of the `left` rows before it and of the `right` rows "
        "after it, else 0; swing_low likewise below the lows",
    .source = "B. Williams, Trading Chaos (1995)",
    .notes =
        "A swing is reported when it is complete, `right` rows after it. Equal highs are no swing. While a NaN is in "
        "the window there is none.",
    .talib = "FRACTAL",
    .inputs = {"high", "low"},
    .outputs = {{"swing_high", VEL_TA_MARK}, {"swing_low", VEL_TA_MARK}},
    .params = {VEL_TA_PERIOD("left", 2, 1, "rows before the swing"),
               VEL_TA_PERIOD("right", 2, 1, "rows after the swing")},
    .is_integer = true,
    .state_size = sizeof(fractal_t),
    .init = fractal_init,
    .lookback = fractal_lookback,
    .step = fractal_step,
    .run_integer = fractal_run,
};

/* ---- pivot points */

enum { CLASSIC, FIBONACCI, CAMARILLA, WOODIE, DEMARK };

/* Levels of a period: the pivot, four resistances, four supports. */
enum { LEVELS = 9 };

/* Those that a method does not have are NaN. */
static void pivot_levels(int method, double open, double high, double low, double close, double *out)
{
    double range = high - low, pivot = (high + low + close) / 3.0;
    double up[4] = {NAN, NAN, NAN, NAN}, down[4] = {NAN, NAN, NAN, NAN};
    switch (method) {
    case FIBONACCI:
        for (int i = 0; i < 3; i++) {
            double width = (const double[]){0.382, 0.618, 1.0}[i] * range;
            up[i] = pivot + width;
            down[i] = pivot - width;
        }
        break;
    case CAMARILLA:
        for (int i = 0; i < 4; i++) {
            double width = range * 1.1 / (const double[]){12.0, 6.0, 4.0, 2.0}[i];
            up[i] = close + width;
            down[i] = close - width;
        }
        break;
    case DEMARK: {
        double sum = high + low + close + (close < open ? low : close > open ? high : close);
        pivot = sum / 4.0;
        up[0] = sum / 2.0 - low;
        down[0] = sum / 2.0 - high;
        break;
    }
    default:
        if (method == WOODIE)
            pivot = (high + low + 2.0 * close) / 4.0;
        up[0] = 2.0 * pivot - low;
        down[0] = 2.0 * pivot - high;
        up[1] = pivot + range;
        down[1] = pivot - range;
        up[2] = high + 2.0 * (pivot - low);
        down[2] = low - 2.0 * (high - pivot);
        up[3] = up[2] + range;
        down[3] = down[2] - range;
        break;
    }
    out[0] = pivot;
    for (int i = 0; i < 4; i++) {
        out[1 + i] = up[i];
        out[5 + i] = down[i];
    }
}

typedef struct pivots {
    int method;
} pivots_t;

static void pivots_init(void *state, const double *params, vel_ta_space_t *space)
{
    pivots_t *self = state;
    (void)space;
    self->method = (int)params[0];
}

static void pivots_step(void *state, const double *in, double *out)
{
    const pivots_t *self = state;
    pivot_levels(self->method, in[0], in[1], in[2], in[3], out);
}

VEL_TA_RUN(pivots, 4, LEVELS)

#define PIVOT_FORMULA                                                                                                  \
    "P = pivot, H L C O = high low close open of the period. classic: P = (H + L + C) / 3, r1 = 2 P - L, r2 = P + (H " \
    "- "                                                                                                               \
    "L), r3 = H + 2 (P - L), r4 = r3 + (H - L), s1 = 2 P - H, s2 = P - (H - L), s3 = L - 2 (H - P), s4 = s3 - (H - "   \
    "L); "                                                                                                             \
    "woodie: the same with P = (H + L + 2 C) / 4; fibonacci: P +- 0.382, 0.618, 1 (H - L); camarilla: C +- 1.1 (H - "  \
    "L) "                                                                                                              \
    "/ 12, 6, 4, 2; demark: P = X / 4, r1 = X / 2 - L, s1 = X / 2 - H, X = H + L + C + (L if C < O, H if C > O, else " \
    "C)"
#define PIVOT_SOURCE                                                                                                   \
    "Floor traders' pivots: J. L. Person, A Complete Guide to Technical Trading Tactics (2004); Camarilla: N. Scott "  \
    "(1989); K. Wood; T. R. DeMark, The New Science of Technical Analysis (1994)"
#define PIVOT_OUTPUTS                                                                                                  \
    {"pivot", VEL_TA_OVERLAY}, {"r1", VEL_TA_OVERLAY}, {"r2", VEL_TA_OVERLAY}, {"r3", VEL_TA_OVERLAY},                 \
        {"r4", VEL_TA_OVERLAY}, {"s1", VEL_TA_OVERLAY}, {"s2", VEL_TA_OVERLAY}, {"s3", VEL_TA_OVERLAY},                \
    {                                                                                                                  \
        "s4", VEL_TA_OVERLAY                                                                                           \
    }
#define PIVOT_METHOD                                                                                                   \
    {.name = "method",                                                                                                 \
     .initial = CLASSIC,                                                                                               \
     .low = CLASSIC,                                                                                                   \
     .high = DEMARK,                                                                                                   \
     .kind = VEL_TA_CHOICE,                                                                                            \
     .text = "how the levels are computed",                                                                            \
     .choices = "classic|fibonacci|camarilla|woodie|demark"}

static const vel_indicator_kind_t pivots = {
    .name = "pivots",
    .class_name = "Pivots",
    .title = "Pivot points of each row",
    .group = "levels",
    .formula = PIVOT_FORMULA,
    .source = PIVOT_SOURCE,
    .notes =
        "Each row is a finished period, such as a day: its levels are for the next one. Levels that a method does not "
        "have are NaN: r4 and s4 of fibonacci, all but r1 and s1 of demark. session_pivots makes the periods from "
        "shorter rows.",
    .inputs = {"open", "high", "low", "close"},
    .outputs = {PIVOT_OUTPUTS},
    .params = {PIVOT_METHOD},
    .state_size = sizeof(pivots_t),
    .init = pivots_init,
    .lookback = vel_ta_no_lookback,
    .step = pivots_step,
    .run = pivots_run,
};

/* ---- session_pivots: from the session before, made of shorter rows */

typedef struct session_pivots {
    int method;
    bool is_open; /* the current session has a row */
    double open;
    double high;
    double low;
    double close;
    double levels[LEVELS]; /* of the session before */
} session_pivots_t;

static void session_pivots_init(void *state, const double *params, vel_ta_space_t *space)
{
    session_pivots_t *self = state;
    (void)space;
    self->method = (int)params[0];
    for (int i = 0; i < LEVELS; i++)
        self->levels[i] = (double)NAN;
}

static void session_pivots_step(void *state, const double *in, double *out)
{
    session_pivots_t *self = state;
    bool is_first = !self->is_open || in[4] != 0.0;
    if (is_first) {
        if (self->is_open)
            pivot_levels(self->method, self->open, self->high, self->low, self->close, self->levels);
        self->is_open = true;
        self->open = in[0];
        self->high = in[1];
        self->low = in[2];
    }
    self->high = in[1] > self->high ? in[1] : self->high;
    self->low = in[2] < self->low ? in[2] : self->low;
    self->close = in[3];
    memcpy(out, self->levels, sizeof self->levels);
}

VEL_TA_RUN(session_pivots, 5, LEVELS)

static const vel_indicator_kind_t session_pivots = {
    .name = "session_pivots",
    .class_name = "SessionPivots",
    .title = "Pivot points of the session before",
    .group = "levels",
    .formula = PIVOT_FORMULA,
    .source = PIVOT_SOURCE,
    .notes = "A row with `reset` other than 0 is the first of a session. The levels of a session are those of the one "
             "before it, NaN in the first; it had the open of its first row, the close of its last, and their highest "
             "high and lowest low. The first session begins where the rows do and may be cut short.",
    .inputs = {"open", "high", "low", "close", "reset"},
    .outputs = {PIVOT_OUTPUTS},
    .params = {PIVOT_METHOD},
    .is_anchored = true,
    .state_size = sizeof(session_pivots_t),
    .init = session_pivots_init,
    .lookback = vel_ta_no_lookback,
    .step = session_pivots_step,
    .run = session_pivots_run,
};

/* ---- retracements of the range of a window */

enum { AUTO, UP, DOWN };
enum { RETRACEMENTS = 7 };

typedef struct retracements {
    int direction;
    vel_ta_extremum_t high;
    vel_ta_extremum_t low;
} retracements_t;

static void retracements_init(void *state, const double *params, vel_ta_space_t *space)
{
    retracements_t *self = state;
    self->direction = (int)params[1];
    vel_ta_extremum_init(&self->high, (int64_t)params[0], true, space);
    vel_ta_extremum_init(&self->low, (int64_t)params[0], false, space);
}

static inline double retracement(int i, bool is_up, double high, double low)
{
    static const double share[RETRACEMENTS] = {0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0};
    double depth = share[i] * (high - low);
    return is_up ? high - depth : low + depth;
}

static void retracements_step(void *state, const double *in, double *out)
{
    retracements_t *self = state;
    double high = vel_ta_extremum_step(&self->high, in[0]), low = vel_ta_extremum_step(&self->low, in[1]);
    bool is_up = self->direction == UP;
    if (self->direction == AUTO)
        is_up = vel_ta_extremum_row(&self->high) >= vel_ta_extremum_row(&self->low);
    for (int i = 0; i < RETRACEMENTS; i++)
        out[i] = retracement(i, is_up, high, low);
}

/* The order of the extrema needs their rows, which only steps give. */
static void retracements_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    retracements_t *self = state;
    double high[VEL_TA_CHUNK], low[VEL_TA_CHUNK];
    bool is_up[VEL_TA_CHUNK];
    if (self->direction == AUTO) {
        for (int64_t i = 0; i < n; i++) {
            high[i] = vel_ta_extremum_step(&self->high, in[0][i]);
            low[i] = vel_ta_extremum_step(&self->low, in[1][i]);
            is_up[i] = vel_ta_extremum_row(&self->high) >= vel_ta_extremum_row(&self->low);
        }
    } else {
        vel_ta_extremum_run(&self->high, n, in[0], high);
        vel_ta_extremum_run(&self->low, n, in[1], low);
        for (int64_t i = 0; i < n; i++)
            is_up[i] = self->direction == UP;
    }
    for (int k = 0; k < RETRACEMENTS; k++)
        for (int64_t i = 0; i < n; i++)
            out[k][i] = retracement(k, is_up[i], high[i], low[i]);
}

static int64_t retracements_lookback(const double *params)
{
    return (int64_t)params[0] - 1;
}

static const vel_indicator_kind_t retracements = {
    .name = "retracements",
    .class_name = "Retracements",
    .title = "Fibonacci retracements",
    .group = "levels",
    .formula =
        "H, L = highest high and lowest low of the last n rows, n = period; after a rise level_q = H - q/1000 (H - "
        "L), after a fall level_q = L + q/1000 (H - L), q = 0, 236, 382, 500, 618, 786, 1000",
    .source = "C. Fischer, Fibonacci Applications and Strategies for Traders (1993)",
    .notes =
        "With direction auto the move is a rise where the highest high is not older than the lowest low, the latest "
        "of equal ones counting. level_0 is the end of the move, level_1000 its start.",
    .inputs = {"high", "low"},
    .outputs = {{"level_0", VEL_TA_OVERLAY},
                {"level_236", VEL_TA_OVERLAY},
                {"level_382", VEL_TA_OVERLAY},
                {"level_500", VEL_TA_OVERLAY},
                {"level_618", VEL_TA_OVERLAY},
                {"level_786", VEL_TA_OVERLAY},
                {"level_1000", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 100, 1, "rows of the window"),
               {.name = "direction",
                .initial = AUTO,
                .low = AUTO,
                .high = DOWN,
                .kind = VEL_TA_CHOICE,
                .text = "the move that is retraced: found from the rows, or always a rise, or always a fall",
                .choices = "auto|up|down"}},
    .state_size = sizeof(retracements_t),
    .init = retracements_init,
    .lookback = retracements_lookback,
    .step = retracements_step,
    .run = retracements_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(levels)[] = {
    &fractal, &pivots, &session_pivots, &retracements, NULL,
};
