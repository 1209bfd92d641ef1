/* trend.c: direction and strength of a trend. */
#include "extremum.h"
#include "true_range.h"

#define WILDER "J. W. Wilder, New Concepts in Technical Trading Systems (1978)"

/* ---- movements: how far a row reaches beyond the row before, on the side where it reaches further */

typedef struct movements {
    vel_ta_previous_t high;
    vel_ta_previous_t low;
} movements_t;

static inline double movement(double ahead, double behind)
{
    return ((ahead > 0.0) & (ahead > behind)) ? ahead : 0.0;
}

/* +DM and -DM; a NaN is no movement. */
static inline void movements_run(movements_t *self, int64_t m, const double *high, const double *low, double *plus,
                                 double *minus)
{
    double high_before[VEL_TA_CHUNK], low_before[VEL_TA_CHUNK];
    vel_ta_previous_run(&self->high, m, high, high_before);
    vel_ta_previous_run(&self->low, m, low, low_before);
    for (int64_t i = 0; i < m; i++) {
        double up = high[i] - high_before[i], down = low_before[i] - low[i];
        plus[i] = movement(up, down);
        minus[i] = movement(down, up);
    }
}

/* ---- Wilder's sum: y = y - y / n + x, from the plain sum of the first n values on. With keep = 1 - 1 / n, and within
 * a block of eight, Y being the value before it,
 *
 *   y_j = c_j + keep^(j+1) Y,   c_0 = x_0,   c_j = keep c_(j-1) + x_j
 *
 * so that only one row in eight waits for the one before. */
#define BLOCK 8

typedef struct decayed {
    double keep;
    double y;
    double c;
    double before; /* Y */
    double power[BLOCK];
    int64_t j;
    int64_t n;
    int64_t rows; /* up to n */
} decayed_t;

static void decayed_init(decayed_t *self, int64_t n)
{
    *self = (decayed_t){.keep = 1.0 - 1.0 / (double)n, .n = n};
    double power = 1.0;
    for (int j = 0; j < BLOCK; j++)
        self->power[j] = power = power * self->keep;
}

static inline double decayed_step(decayed_t *self, double x)
{
    if (VEL_UNLIKELY(self->rows < self->n)) {
        self->rows++;
        return self->y += x;
    }
    int64_t j = self->j;
    if (j == 0) {
        self->before = self->y;
        self->c = x;
    } else {
        self->c = self->keep * self->c + x;
    }
    self->y = self->c + self->power[j] * self->before;
    self->j = j + 1 < BLOCK ? j + 1 : 0;
    return self->y;
}

/* `y` may be `x`. */
static inline void decayed_run(decayed_t *self, int64_t m, const double *x, double *y)
{
    int64_t i = 0;
    while (i < m && (self->rows < self->n || self->j != 0)) {
        y[i] = decayed_step(self, x[i]);
        i++;
    }
    double last = self->y, keep = self->keep;
    double p0 = self->power[0], p1 = self->power[1], p2 = self->power[2], p3 = self->power[3], p4 = self->power[4],
           p5 = self->power[5], p6 = self->power[6], p7 = self->power[7];
    for (; i + BLOCK <= m; i += BLOCK) {
        double c0 = x[i], c1 = keep * c0 + x[i + 1], c2 = keep * c1 + x[i + 2], c3 = keep * c2 + x[i + 3],
               c4 = keep * c3 + x[i + 4], c5 = keep * c4 + x[i + 5], c6 = keep * c5 + x[i + 6],
               c7 = keep * c6 + x[i + 7];
        y[i] = c0 + p0 * last;
        y[i + 1] = c1 + p1 * last;
        y[i + 2] = c2 + p2 * last;
        y[i + 3] = c3 + p3 * last;
        y[i + 4] = c4 + p4 * last;
        y[i + 5] = c5 + p5 * last;
        y[i + 6] = c6 + p6 * last;
        y[i + 7] = last = c7 + p7 * last;
    }
    self->y = last;
    for (; i < m; i++)
        y[i] = decayed_step(self, x[i]);
}

/* Rows until such a sum of the period n has forgotten its start. */
static int64_t decayed_settles(double n)
{
    return (int64_t)n + vel_ta_settling(1.0 - 1.0 / n);
}

static int64_t settles_after_a_decay(const double *params)
{
    return 2 * decayed_settles(params[0]);
}

/* ---- plus_dm, minus_dm */

typedef struct dm {
    movements_t movements;
    decayed_t sum;
    bool is_minus;
} dm_t;

static void dm_init(dm_t *self, double period)
{
    decayed_init(&self->sum, (int64_t)period);
}

static void plus_dm_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    dm_init(state, params[0]);
}

static void minus_dm_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    dm_init(state, params[0]);
    ((dm_t *)state)->is_minus = true;
}

static int64_t dm_lookback(const double *params)
{
    return params[0] > 1.0 ? (int64_t)params[0] - 1 : 1;
}

static void dm_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    dm_t *self = state;
    double other[VEL_TA_CHUNK];
    movements_run(&self->movements, n, in[0], in[1], self->is_minus ? other : out[0], self->is_minus ? out[0] : other);
    decayed_run(&self->sum, n, out[0], out[0]);
}

static void dm_step(void *state, const double *in, double *out)
{
    dm_t *self = state;
    double up = vel_ta_change_step(&self->movements.high, in[0]);
    double down = -vel_ta_change_step(&self->movements.low, in[1]);
    out[0] = decayed_step(&self->sum, self->is_minus ? movement(down, up) : movement(up, down));
}

#define DM_FORMULA(SIDE, MOVE, OTHER)                                                                                  \
    "up = high_t - high_(t-1), down = low_(t-1) - low_t; " SIDE "DM1_t = " MOVE " if " MOVE " > 0 and " MOVE           \
    " > " OTHER ", else 0; " SIDE "DM_t = " SIDE "DM_(t-1) - " SIDE "DM_(t-1) / n + " SIDE                             \
    "DM1_t, n = period; the first is the sum of n - 1 movements"
#define DM_NOTES                                                                                                       \
    "A row next to a NaN counts as no movement, as in TA-Lib. A period of 1 gives the movement of the row itself."

static const vel_indicator_kind_t plus_dm = {
    .name = "plus_dm",
    .class_name = "PLUS_DM",
    .title = "Plus directional movement",
    .group = "trend",
    .formula = DM_FORMULA("+", "up", "down"),
    .source = WILDER,
    .notes = DM_NOTES,
    .talib = "PLUS_DM",
    .inputs = {"high", "low"},
    .outputs = {{"plus_dm", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of Wilder's sum")},
    .state_size = sizeof(dm_t),
    .init = plus_dm_init,
    .lookback = dm_lookback,
    .settles = settles_after_a_decay,
    .step = dm_step,
    .run = dm_run,
};

static const vel_indicator_kind_t minus_dm = {
    .name = "minus_dm",
    .class_name = "MINUS_DM",
    .title = "Minus directional movement",
    .group = "trend",
    .formula = DM_FORMULA("-", "down", "up"),
    .source = WILDER,
    .notes = DM_NOTES,
    .talib = "MINUS_DM",
    .inputs = {"high", "low"},
    .outputs = {{"minus_dm", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of Wilder's sum")},
    .state_size = sizeof(dm_t),
    .init = minus_dm_init,
    .lookback = dm_lookback,
    .settles = settles_after_a_decay,
    .step = dm_step,
    .run = dm_run,
};

/* ---- plus_di, minus_di */

typedef struct di {
    dm_t dm;
    vel_ta_previous_t close;
    decayed_t range;
    bool is_raw; /* a period of 1: no sums */
} di_t;

static void di_init(di_t *self, double period)
{
    dm_init(&self->dm, period);
    self->is_raw = period == 1.0;
    decayed_init(&self->range, (int64_t)period);
}

static void plus_di_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    di_init(state, params[0]);
}

static void minus_di_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    di_init(state, params[0]);
    ((di_t *)state)->dm.is_minus = true;
}

static void di_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    di_t *self = state;
    double plus[VEL_TA_CHUNK], minus[VEL_TA_CHUNK], range[VEL_TA_CHUNK], *y = out[0];
    double *movement = self->dm.is_minus ? minus : plus;
    movements_run(&self->dm.movements, n, in[0], in[1], plus, minus);
    bool is_started = self->close.has_value;
    vel_ta_true_range_run(&self->close, n, in[0], in[1], in[2], range);
    if (!is_started)
        range[0] = 0.0; /* the first row has no row before it */
    if (self->is_raw) {
        for (int64_t i = 0; i < n; i++)
            y[i] = vel_ta_ratio(movement[i], movement[i] > 0.0 ? range[i] : 0.0, 0.0);
        return;
    }
    decayed_run(&self->dm.sum, n, movement, movement);
    decayed_run(&self->range, n, range, range);
    for (int64_t i = 0; i < n; i++)
        y[i] = 100.0 * vel_ta_ratio(movement[i], range[i], 0.0);
}

static void di_step(void *state, const double *in, double *out)
{
    const double *const columns[] = {&in[0], &in[1], &in[2]};
    di_run(state, 1, columns, &out);
}

#define DI_FORMULA(SIDE)                                                                                               \
    SIDE "DI_t = 100 " SIDE "DM_t / TR_t, where " SIDE                                                                 \
         "DM is Wilder's sum of the directional movement and TR that of "                                              \
         "the true range, both over n = period rows"
#define DI_NOTES                                                                                                       \
    "0 where the true range is 0. A NaN high or low makes all later values NaN (TA-Lib gives 0). A period of 1 gives " \
    "the movement of the row divided by its true range, without the factor 100, as in TA-Lib."

static const vel_indicator_kind_t plus_di = {
    .name = "plus_di",
    .class_name = "PLUS_DI",
    .title = "Plus directional indicator",
    .group = "trend",
    .formula = DI_FORMULA("+"),
    .source = WILDER,
    .notes = DI_NOTES,
    .talib = "PLUS_DI",
    .inputs = {"high", "low", "close"},
    .outputs = {{"plus_di", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of Wilder's sums")},
    .state_size = sizeof(di_t),
    .init = plus_di_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = settles_after_a_decay,
    .step = di_step,
    .run = di_run,
};

static const vel_indicator_kind_t minus_di = {
    .name = "minus_di",
    .class_name = "MINUS_DI",
    .title = "Minus directional indicator",
    .group = "trend",
    .formula = DI_FORMULA("-"),
    .source = WILDER,
    .notes = DI_NOTES,
    .talib = "MINUS_DI",
    .inputs = {"high", "low", "close"},
    .outputs = {{"minus_di", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of Wilder's sums")},
    .state_size = sizeof(di_t),
    .init = minus_di_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = settles_after_a_decay,
    .step = di_step,
    .run = di_run,
};

/* ---- dx, adx, adxr: the true range divides both indicators, so it cancels in their ratio and is not needed */

typedef struct adx {
    movements_t movements;
    decayed_t plus;
    decayed_t minus;
    double dx;
    int64_t wait; /* of dx: rows until the sums are those of n rows */
    vel_ta_stage_t mean;
    vel_ta_window_t means; /* of adxr: the last n - 1 */
} adx_t;

static void dx_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)space;
    adx_t *self = state;
    int64_t n = (int64_t)params[0];
    self->wait = n;
    decayed_init(&self->plus, n);
    decayed_init(&self->minus, n);
    vel_ta_stage_init(&self->mean, n, n, 1.0 / params[0]);
}

static void adxr_init(void *state, const double *params, vel_ta_space_t *space)
{
    dx_init(state, params, space);
    vel_ta_window_init(&((adx_t *)state)->means, (int64_t)params[0] - 1, space);
}

/* A NaN where both are 0: such a row has no index of its own. */
static inline double dx_of(double plus, double minus)
{
    return 100.0 * (fabs(plus - minus) / (plus + minus));
}

/* The sums of both movements and their index, NaN where both are 0. Returns whether an index is NaN. */
static inline bool dx_passes(adx_t *self, int64_t m, const double *const *in, double *plus, double *minus, double *dx)
{
    const double *high = in[0], *low = in[1];
    movements_run(&self->movements, m, high, low, plus, minus);
    /* The true range, which is left out, would carry a NaN high or low to all later rows. */
    for (int64_t i = 0; i < m; i++)
        plus[i] += 0.0 * (high[i] - low[i]);
    decayed_run(&self->plus, m, plus, plus);
    decayed_run(&self->minus, m, minus, minus);
    int64_t nans = 0;
    for (int64_t i = 0; i < m; i++) {
        dx[i] = dx_of(plus[i], minus[i]);
        nans += dx[i] != dx[i];
    }
    return nans > 0;
}

static void dx_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    adx_t *self = state;
    double plus[VEL_TA_CHUNK], minus[VEL_TA_CHUNK], *dx = out[0];
    bool has_nan = dx_passes(self, n, in, plus, minus, dx);
    int64_t first = vel_min(self->wait, n);
    self->wait -= first;
    if (first == n)
        return;
    /* Where both movements are 0 the index stays as it was. */
    for (int64_t i = first; has_nan && i < n; i++)
        self->dx = dx[i] = plus[i] + minus[i] == 0.0 ? self->dx : dx[i];
    self->dx = dx[n - 1];
}

static void dx_step(void *state, const double *in, double *out)
{
    const double *const columns[] = {&in[0], &in[1]};
    dx_run(state, 1, columns, &out);
}

static void adx_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    adx_t *self = state;
    double plus[VEL_TA_CHUNK], minus[VEL_TA_CHUNK], *y = out[0];
    bool has_nan = dx_passes(self, n, in, plus, minus, y);
    if (!has_nan) {
        vel_ta_stage_run(&self->mean, n, y, y);
        return;
    }
    /* Where both movements are 0, the first mean counts an index of 0, and later means stay as they were. */
    for (int64_t i = 0; i < n; i++) {
        bool is_still = plus[i] + minus[i] == 0.0;
        if (is_still && self->mean.ema.rows == self->mean.ema.n)
            y[i] = self->mean.ema.y;
        else
            y[i] = vel_ta_stage_step(&self->mean, is_still ? 0.0 : y[i]);
    }
}

static void adx_step(void *state, const double *in, double *out)
{
    const double *const columns[] = {&in[0], &in[1]};
    adx_run(state, 1, columns, &out);
}

static void adxr_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    adx_t *self = state;
    double before[VEL_TA_CHUNK], *y = out[0];
    adx_run(state, n, in, out);
    vel_ta_window_run(&self->means, n, y, before);
    for (int64_t i = 0; i < n; i++)
        y[i] = (y[i] + before[i]) / 2.0;
}

static void adxr_step(void *state, const double *in, double *out)
{
    adx_t *self = state;
    adx_step(state, in, out);
    double before = vel_ta_window_push(&self->means, out[0]);
    out[0] = (out[0] + before) / 2.0;
}

static int64_t adx_lookback(const double *params)
{
    return 2 * (int64_t)params[0] - 1;
}

static int64_t adxr_lookback(const double *params)
{
    return 3 * (int64_t)params[0] - 2;
}

static int64_t adx_settles(const double *params)
{
    return 3 * decayed_settles(params[0]);
}

static int64_t adxr_settles(const double *params)
{
    return adx_settles(params) + (int64_t)params[0];
}

#define DX_NAN                                                                                                         \
    "A NaN high or low makes all later values NaN (TA-Lib repeats the last value). The close is part of the true "     \
    "range, which cancels; it is an input because TA-Lib has it. Two candles that break low <= close <= high can "     \
    "give "                                                                                                            \
    "a value where TA-Lib, dividing by a true range of 0, repeats the last one."

static const vel_indicator_kind_t dx = {
    .name = "dx",
    .class_name = "DX",
    .title = "Directional movement index",
    .group = "trend",
    .formula = "DX_t = 100 |+DI_t - -DI_t| / (+DI_t + -DI_t), see plus_di and minus_di",
    .source = WILDER,
    .notes = "Where both directional movements are 0 the index stays as it was, 0 at first. " DX_NAN,
    .talib = "DX",
    .inputs = {"high", "low", "close"},
    .outputs = {{"dx", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of Wilder's sums")},
    .state_size = sizeof(adx_t),
    .init = dx_init,
    .lookback = vel_ta_lookback_of_changes,
    .settles = settles_after_a_decay,
    .step = dx_step,
    .run = dx_run,
};

static const vel_indicator_kind_t adx = {
    .name = "adx",
    .class_name = "ADX",
    .title = "Average directional movement index",
    .group = "trend",
    .formula = "ADX_t = ((n - 1) ADX_(t-1) + DX_t) / n, n = period; the first is the mean of n values of dx",
    .source = WILDER,
    .notes =
        "Where both directional movements are 0 the index stays as it was; within the first mean such a row counts "
        "as 0. " DX_NAN,
    .talib = "ADX",
    .inputs = {"high", "low", "close"},
    .outputs = {{"adx", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of Wilder's sums and of the mean")},
    .state_size = sizeof(adx_t),
    .init = dx_init,
    .lookback = adx_lookback,
    .settles = adx_settles,
    .step = adx_step,
    .run = adx_run,
};

static const vel_indicator_kind_t adxr = {
    .name = "adxr",
    .class_name = "ADXR",
    .title = "Average directional movement index rating",
    .group = "trend",
    .formula = "ADXR_t = (ADX_t + ADX_(t-n+1)) / 2, n = period",
    .source = WILDER,
    .notes = "See adx. " DX_NAN,
    .talib = "ADXR",
    .inputs = {"high", "low", "close"},
    .outputs = {{"adxr", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows of Wilder's sums, of the mean and between the two values")},
    .state_size = sizeof(adx_t),
    .init = adxr_init,
    .lookback = adxr_lookback,
    .settles = adxr_settles,
    .step = adxr_step,
    .run = adxr_run,
};

/* ---- aroon, aroonosc: how long ago the extrema were */

/* The rows since the extremum of the last n rows, of equal ones the latest; NaN while a NaN is among them. */
static inline double age_step(vel_ta_extremum_t *self, double x)
{
    double best = vel_ta_extremum_step(self, x);
    return best == best ? (double)(self->rows - 1 - vel_ta_extremum_row(self)) : (double)NAN;
}

/* One pass of age_run: of two windows next to each other, the extremum and its place in `work`; the later of equal
 * ones. */
static inline void age_pass(bool is_max, double *work, double *place, int64_t count, int64_t shift)
{
    if (is_max)
        for (int64_t i = 0; i < count; i++) {
            bool is_later = work[i + shift] >= work[i];
            work[i] = is_later ? work[i + shift] : work[i];
            place[i] = is_later ? place[i + shift] : place[i];
        }
    else
        for (int64_t i = 0; i < count; i++) {
            bool is_later = work[i + shift] <= work[i];
            work[i] = is_later ? work[i + shift] : work[i];
            place[i] = is_later ? place[i + shift] : place[i];
        }
}

/* As vel_ta_extremum_run, with the place carried along. */
static void age_run(vel_ta_extremum_t *self, int64_t m, const double *x, double *out)
{
    int64_t n = self->values.n, i = 0;
    int64_t nans = 0;
    for (int64_t k = 0; k < m; k++)
        nans += x[k] != x[k];
    bool is_by_rows =
        n > VEL_TA_EXTREMUM_PASSES_MAX || nans > 0 || (self->last_nan >= 0 && self->last_nan > self->rows - n);
    while (i < m && (is_by_rows || self->rows < n)) {
        out[i] = age_step(self, x[i]);
        i++;
    }
    if (i == m)
        return;
    double work[VEL_TA_EXTREMUM_PASSES_MAX + VEL_TA_CHUNK], place[VEL_TA_EXTREMUM_PASSES_MAX + VEL_TA_CHUNK];
    int64_t count = m - i, old = n - 1;
    const double *values = vel_ta_window_values(&self->values);
    int64_t at = self->values.at + 1 < n ? self->values.at + 1 : 0, tail = n - at < old ? n - at : old;
    memcpy(work, values + at, (size_t)tail * sizeof *work);
    memcpy(work + tail, values, (size_t)(old - tail) * sizeof *work);
    memcpy(work + old, x + i, (size_t)count * sizeof *work);
    for (int64_t k = 0; k < old + count; k++)
        place[k] = (double)k;
    double left[VEL_TA_CHUNK];
    vel_ta_window_run(&self->values, count, work + old, left);
    self->rows += count;
    self->is_stale = true;
    int64_t length = 1, total = old + count;
    while (2 * length <= n) {
        age_pass(self->is_max, work, place, total - 2 * length + 1, length);
        length *= 2;
    }
    if (length < n)
        age_pass(self->is_max, work, place, count, n - length);
    for (int64_t k = 0; k < count; k++)
        out[i + k] = (double)(old + k) - place[k];
}

typedef struct aroon {
    double n;
    double factor;
    vel_ta_extremum_t low;
    vel_ta_extremum_t high;
} aroon_t;

static void aroon_init(void *state, const double *params, vel_ta_space_t *space)
{
    aroon_t *self = state;
    self->n = params[0];
    self->factor = 100.0 / params[0];
    vel_ta_extremum_init(&self->low, (int64_t)params[0] + 1, false, space);
    vel_ta_extremum_init(&self->high, (int64_t)params[0] + 1, true, space);
}

static void aroon_step(void *state, const double *in, double *out)
{
    aroon_t *self = state;
    double high = in[0], low = in[1];
    out[0] = self->factor * (self->n - age_step(&self->low, low));
    out[1] = self->factor * (self->n - age_step(&self->high, high));
}

static void aroon_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    aroon_t *self = state;
    double *down = out[0], *up = out[1];
    age_run(&self->low, n, in[1], down);
    age_run(&self->high, n, in[0], up);
    for (int64_t i = 0; i < n; i++) {
        down[i] = self->factor * (self->n - down[i]);
        up[i] = self->factor * (self->n - up[i]);
    }
}

static void aroonosc_step(void *state, const double *in, double *out)
{
    aroon_t *self = state;
    double high = in[0], low = in[1], down = age_step(&self->low, low);
    out[0] = self->factor * (down - age_step(&self->high, high));
}

static void aroonosc_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    aroon_t *self = state;
    double down[VEL_TA_CHUNK], *y = out[0];
    age_run(&self->low, n, in[1], down);
    age_run(&self->high, n, in[0], y);
    for (int64_t i = 0; i < n; i++)
        y[i] = self->factor * (down[i] - y[i]);
}

#define AROON_SOURCE "T. Chande, A Time Price Oscillator, Technical Analysis of Stocks and Commodities 13:9 (1995)"
#define AROON_NOTES                                                                                                    \
    "Of equal extrema the latest counts. NaN while one of the rows is NaN (TA-Lib passes over some of them)."

static const vel_indicator_kind_t aroon = {
    .name = "aroon",
    .class_name = "AROON",
    .title = "Aroon",
    .group = "trend",
    .formula =
        "down_t = 100 (n - rows since the lowest low of the last n + 1 rows) / n, n = period; up_t likewise with "
        "the highest high",
    .source = AROON_SOURCE,
    .notes = AROON_NOTES,
    .talib = "AROON",
    .inputs = {"high", "low"},
    .outputs = {{"down", VEL_TA_PANEL}, {"up", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows before the current one")},
    .state_size = sizeof(aroon_t),
    .init = aroon_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = aroon_step,
    .run = aroon_run,
};

static const vel_indicator_kind_t aroonosc = {
    .name = "aroonosc",
    .class_name = "AROONOSC",
    .title = "Aroon oscillator",
    .group = "trend",
    .formula = "aroonosc_t = up_t - down_t, see aroon",
    .source = AROON_SOURCE,
    .notes = AROON_NOTES,
    .talib = "AROONOSC",
    .inputs = {"high", "low"},
    .outputs = {{"aroonosc", VEL_TA_HISTOGRAM}},
    .params = {VEL_TA_PERIOD("period", 14, 2, "rows before the current one")},
    .state_size = sizeof(aroon_t),
    .init = aroon_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = aroonosc_step,
    .run = aroonosc_run,
};

/* ---- vortex */

typedef struct vortex {
    movements_t before;
    vel_ta_previous_t close;
    vel_ta_sum_t range;
    vel_ta_sum_t plus;
    vel_ta_sum_t minus;
} vortex_t;

static void vortex_init(void *state, const double *params, vel_ta_space_t *space)
{
    vortex_t *self = state;
    int64_t n = (int64_t)params[0];
    vel_ta_sum_init(&self->range, n, space);
    vel_ta_sum_init(&self->plus, n, space);
    vel_ta_sum_init(&self->minus, n, space);
}

static void vortex_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vortex_t *self = state;
    double range[VEL_TA_CHUNK], sum[VEL_TA_CHUNK], high[VEL_TA_CHUNK], low[VEL_TA_CHUNK], *plus = out[0],
                                                                                          *minus = out[1];
    bool is_started = self->close.has_value;
    vel_ta_true_range_run(&self->close, n, in[0], in[1], in[2], range);
    vel_ta_previous_run(&self->before.high, n, in[0], high);
    vel_ta_previous_run(&self->before.low, n, in[1], low);
    for (int64_t i = 0; i < n; i++) {
        double up = fabs(in[0][i] - low[i]), down = fabs(in[1][i] - high[i]);
        plus[i] = up;
        minus[i] = down;
    }
    if (!is_started)
        range[0] = plus[0] = minus[0] = 0.0; /* the first row has no row before it */
    vel_ta_sum_run(&self->range, n, range, sum);
    vel_ta_sum_run(&self->plus, n, plus, plus);
    vel_ta_sum_run(&self->minus, n, minus, minus);
    for (int64_t i = 0; i < n; i++) {
        plus[i] = vel_ta_ratio(plus[i], sum[i], 0.0);
        minus[i] = vel_ta_ratio(minus[i], sum[i], 0.0);
    }
}

static void vortex_step(void *state, const double *in, double *out)
{
    const double *const columns[] = {&in[0], &in[1], &in[2]};
    double *const outputs[] = {&out[0], &out[1]};
    vortex_run(state, 1, columns, outputs);
}

static const vel_indicator_kind_t vortex = {
    .name = "vortex",
    .class_name = "VORTEX",
    .title = "Vortex indicator",
    .group = "trend",
    .formula = "plus_t = sum |high - low of the row before| / sum of the true range, minus_t = sum |low - high of the "
               "row before| / the same, sums over n = period rows",
    .source = "E. Botes and D. Siepman, The Vortex Indicator, Technical Analysis of Stocks and Commodities 28:1 (2010)",
    .notes = "0 where the sum of the true range is 0. A NaN makes all later values NaN (TA-Lib gives 0).",
    .talib = "VORTEX",
    .inputs = {"high", "low", "close"},
    .outputs = {{"plus", VEL_TA_PANEL}, {"minus", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 14, 1, "rows of the sums")},
    .state_size = sizeof(vortex_t),
    .init = vortex_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = vortex_step,
    .run = vortex_run,
};

/* ---- vhf */

typedef struct vhf {
    vel_ta_previous_t before;
    vel_ta_extremum_t high;
    vel_ta_extremum_t low;
    vel_ta_sum_t changes;
} vhf_t;

static void vhf_init(void *state, const double *params, vel_ta_space_t *space)
{
    vhf_t *self = state;
    int64_t n = (int64_t)params[0];
    vel_ta_extremum_init(&self->high, n, true, space);
    vel_ta_extremum_init(&self->low, n, false, space);
    vel_ta_sum_init(&self->changes, n, space);
}

static void vhf_step(void *state, const double *in, double *out)
{
    vhf_t *self = state;
    double change = fabs(vel_ta_change_step(&self->before, in[0]));
    double high = vel_ta_extremum_step(&self->high, in[0]), low = vel_ta_extremum_step(&self->low, in[0]);
    double sum = vel_ta_sum_step(&self->changes, change);
    out[0] = vel_ta_ratio(high - low, sum, 0.0);
}

static void vhf_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vhf_t *self = state;
    const double *x = in[0];
    double change[VEL_TA_CHUNK], sum[VEL_TA_CHUNK], low[VEL_TA_CHUNK], *y = out[0];
    vel_ta_change_run(&self->before, n, x, change);
    for (int64_t i = 0; i < n; i++)
        change[i] = fabs(change[i]);
    vel_ta_sum_run(&self->changes, n, change, sum);
    vel_ta_extremum_run(&self->low, n, x, low);
    vel_ta_extremum_run(&self->high, n, x, y);
    for (int64_t i = 0; i < n; i++)
        y[i] = vel_ta_ratio(y[i] - low[i], sum[i], 0.0);
}

static const vel_indicator_kind_t vhf = {
    .name = "vhf",
    .class_name = "VHF",
    .title = "Vertical horizontal filter",
    .group = "trend",
    .formula =
        "vhf_t = (highest close - lowest close of n rows) / (sum of |close_i - close_(i-1)| over the same n rows), "
        "n = period",
    .source = "A. White, The Vertical Horizontal Filter, Futures (August 1991)",
    .notes =
        "0 where the close has not changed. A NaN makes all later values NaN (TA-Lib gives 0 until it has left the "
        "window).",
    .talib = "VHF",
    .inputs = {"close"},
    .outputs = {{"vhf", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 28, 2, "rows of the window")},
    .state_size = sizeof(vhf_t),
    .init = vhf_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = vhf_step,
    .run = vhf_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(trend)[] = {
    &plus_dm, &minus_dm, &plus_di, &minus_di, &dx, &adx, &adxr, &aroon, &aroonosc, &vortex, &vhf, NULL,
};
