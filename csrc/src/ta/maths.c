/* maths.c: arithmetic, transforms, sums and extrema of columns. */
#include "extremum.h"
#include "inner.h"

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
    .source = "Definition. Blocks: M. van Herk, Pattern Recognition Letters 13 (1992)",
    .talib = "MAX",
    .inputs = {"x"},
    .outputs = {{"max", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_extremum_t),
    .init = max_init,
    .lookback = vel_ta_lookback_of_window,
    .step = extremum_step,
    .run = extremum_run,
};

static const vel_indicator_kind_t min = {
    .name = "min",
    .class_name = "MIN",
    .title = "Lowest value of a window",
    .group = "maths",
    .formula = "min_t = min(x_t, ..., x_(t-n+1)), n = period; NaN while a NaN is in the window",
    .source = "Definition. Blocks: M. van Herk, Pattern Recognition Letters 13 (1992)",
    .talib = "MIN",
    .inputs = {"x"},
    .outputs = {{"min", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_extremum_t),
    .init = min_init,
    .lookback = vel_ta_lookback_of_window,
    .step = extremum_step,
    .run = extremum_run,
};

/* ---- minmax */

typedef struct minmax {
    vel_ta_extremum_t min, max;
} minmax_t;

static void minmax_init(void *state, const double *params, vel_ta_space_t *space)
{
    minmax_t *self = state;
    vel_ta_extremum_init(&self->min, (int64_t)params[0], false, space);
    vel_ta_extremum_init(&self->max, (int64_t)params[0], true, space);
}

static void minmax_step(void *state, const double *in, double *out)
{
    minmax_t *self = state;
    out[0] = vel_ta_extremum_step(&self->min, in[0]);
    out[1] = vel_ta_extremum_step(&self->max, in[0]);
}

static void minmax_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    minmax_t *self = state;
    vel_ta_extremum_run(&self->min, n, in[0], out[0]);
    vel_ta_extremum_run(&self->max, n, in[0], out[1]);
}

static const vel_indicator_kind_t minmax = {
    .name = "minmax",
    .class_name = "MINMAX",
    .title = "Lowest and highest value of a window",
    .group = "maths",
    .formula = "min_t = min(x_t, ..., x_(t-n+1)), max_t = max(x_t, ..., x_(t-n+1)), n = period; NaN while a NaN is in "
               "the window",
    .source = "Definition. Blocks: M. van Herk, Pattern Recognition Letters 13 (1992)",
    .talib = "MINMAX",
    .inputs = {"x"},
    .outputs = {{"min", VEL_TA_OVERLAY}, {"max", VEL_TA_OVERLAY}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .state_size = sizeof(minmax_t),
    .init = minmax_init,
    .lookback = vel_ta_lookback_of_window,
    .step = minmax_step,
    .run = minmax_run,
};

/* ---- maxindex, minindex, minmaxindex
 *
 * Which of equal values counts is TA-Lib's rule: a new value takes the place of an equal one, but when the extremum
 * leaves the window its successor is the first of equal ones. */
typedef struct index_of {
    vel_ta_extremum_t extremum;
    double best;
    int64_t row; /* of the best, counted from the first row of the columns; before any: too old */
    int64_t rows;
    int64_t skipped;
} index_of_t;

static void index_start(index_of_t *self, int64_t n, bool is_max, vel_ta_space_t *space)
{
    vel_ta_extremum_init(&self->extremum, n, is_max, space);
    self->extremum.keeps_first = true;
    self->row = -1;
}

/* Windows up to this many rows are searched when their extremum leaves: cheaper than the blocks that bound the cost for
 * longer ones. */
#define INDEX_SEARCH_MAX 64
#define INDEX_LANES 4

/* The first of the best numbers of a full window without a NaN. */
static inline void index_search(index_of_t *self, bool is_max)
{
    vel_ta_window_t *window = &self->extremum.values;
    const double *values = vel_ta_window_values(window);
    int64_t n = window->n, k = 0;
    double best[INDEX_LANES];
    for (int lane = 0; lane < INDEX_LANES; lane++)
        best[lane] = vel_ta_extremum_worst(is_max);
    for (; k + INDEX_LANES <= n; k += INDEX_LANES)
        for (int lane = 0; lane < INDEX_LANES; lane++)
            best[lane] = vel_ta_better(is_max, values[k + lane], best[lane]);
    for (int lane = 0; k < n; k++, lane++)
        best[lane] = vel_ta_better(is_max, values[k], best[lane]);
    self->best =
        vel_ta_better(is_max, vel_ta_better(is_max, best[0], best[1]), vel_ta_better(is_max, best[2], best[3]));
    int64_t place = window->at;
    while (place < n && values[place] != self->best)
        place++;
    if (place == n)
        for (place = 0; values[place] != self->best;)
            place++;
    self->row = self->rows - n + (place < window->at ? place + n - window->at : place - window->at);
}

/* The row of the best of a full window: that of the last NaN while there is one. */
static inline void index_find(index_of_t *self, bool is_max)
{
    vel_ta_extremum_t *extremum = &self->extremum;
    if (vel_ta_extremum_has_nan(extremum)) {
        self->best = (double)NAN;
        self->row = extremum->last_nan;
    } else {
        index_search(self, is_max);
    }
}

static inline double index_add(index_of_t *self, double x, bool is_max)
{
    vel_ta_extremum_t *extremum = &self->extremum;
    int64_t row = self->rows++, n = extremum->values.n;
    double best = x;
    if (n > INDEX_SEARCH_MAX) {
        best = vel_ta_extremum_step(extremum, x);
    } else {
        (void)vel_ta_window_push(&extremum->values, x);
        extremum->rows = row + 1;
        extremum->last_nan = x == x ? extremum->last_nan : row;
    }
    /* Before the window is full TA-Lib has not started. */
    if (row + 1 < n)
        return 0.0;
    if (self->row <= row - n || self->best != self->best || best != best) {
        if (n > INDEX_SEARCH_MAX) {
            self->best = best;
            self->row = vel_ta_extremum_row(extremum);
        } else {
            index_find(self, is_max);
        }
    } else if (!vel_ta_is_better(is_max, self->best, x)) {
        self->best = x;
        self->row = row;
    }
    return (double)(self->row + self->skipped);
}

static void maxindex_init(void *state, const double *params, vel_ta_space_t *space)
{
    index_start(state, (int64_t)params[0], true, space);
}

static void minindex_init(void *state, const double *params, vel_ta_space_t *space)
{
    index_start(state, (int64_t)params[0], false, space);
}

static void index_begin(void *state, int64_t skipped)
{
    index_of_t *self = state;
    self->skipped = skipped;
}

static void maxindex_step(void *state, const double *in, double *out)
{
    out[0] = index_add(state, in[0], true);
}
VEL_TA_RUN_INTEGER(maxindex, 1, 1)

static void minindex_step(void *state, const double *in, double *out)
{
    out[0] = index_add(state, in[0], false);
}
VEL_TA_RUN_INTEGER(minindex, 1, 1)

#define INDEX_NOTES                                                                                                    \
    "Rows count from 0, skipped ones included. A new value takes the place of an equal one; when the extremum leaves " \
    "the window, the first of equal ones follows it, as in TA-Lib. While a NaN is in the window, the row of the last " \
    "NaN."

static const vel_indicator_kind_t maxindex = {
    .name = "maxindex",
    .class_name = "MAXINDEX",
    .title = "Row of the highest value of a window",
    .group = "maths",
    .formula = "maxindex_t = row of max(x_t, ..., x_(t-n+1)), n = period",
    .source = "Definition",
    .notes = INDEX_NOTES,
    .talib = "MAXINDEX",
    .inputs = {"x"},
    .outputs = {{"index", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .is_integer = true,
    .is_anchored = true,
    .state_size = sizeof(index_of_t),
    .init = maxindex_init,
    .lookback = vel_ta_lookback_of_window,
    .step = maxindex_step,
    .run_integer = maxindex_run,
    .begin = index_begin,
};

static const vel_indicator_kind_t minindex = {
    .name = "minindex",
    .class_name = "MININDEX",
    .title = "Row of the lowest value of a window",
    .group = "maths",
    .formula = "minindex_t = row of min(x_t, ..., x_(t-n+1)), n = period",
    .source = "Definition",
    .notes = INDEX_NOTES,
    .talib = "MININDEX",
    .inputs = {"x"},
    .outputs = {{"index", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .is_integer = true,
    .is_anchored = true,
    .state_size = sizeof(index_of_t),
    .init = minindex_init,
    .lookback = vel_ta_lookback_of_window,
    .step = minindex_step,
    .run_integer = minindex_run,
    .begin = index_begin,
};

typedef struct minmaxindex {
    index_of_t min, max;
} minmaxindex_t;

static void minmaxindex_init(void *state, const double *params, vel_ta_space_t *space)
{
    minmaxindex_t *self = state;
    index_start(&self->min, (int64_t)params[0], false, space);
    index_start(&self->max, (int64_t)params[0], true, space);
}

static void minmaxindex_begin(void *state, int64_t skipped)
{
    minmaxindex_t *self = state;
    self->min.skipped = self->max.skipped = skipped;
}

static void minmaxindex_step(void *state, const double *in, double *out)
{
    minmaxindex_t *self = state;
    out[0] = index_add(&self->min, in[0], false);
    out[1] = index_add(&self->max, in[0], true);
}
VEL_TA_RUN_INTEGER(minmaxindex, 1, 2)

static const vel_indicator_kind_t minmaxindex = {
    .name = "minmaxindex",
    .class_name = "MINMAXINDEX",
    .title = "Rows of the lowest and highest value of a window",
    .group = "maths",
    .formula =
        "min_index_t = row of min(x_t, ..., x_(t-n+1)), max_index_t = row of max(x_t, ..., x_(t-n+1)), n = period",
    .source = "Definition",
    .notes = INDEX_NOTES,
    .talib = "MINMAXINDEX",
    .inputs = {"x"},
    .outputs = {{"min_index", VEL_TA_PANEL}, {"max_index", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .is_integer = true,
    .is_anchored = true,
    .state_size = sizeof(minmaxindex_t),
    .init = minmaxindex_init,
    .lookback = vel_ta_lookback_of_window,
    .step = minmaxindex_step,
    .run_integer = minmaxindex_run,
    .begin = minmaxindex_begin,
};

/* ---- sum, cumsum */

static void sum_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_sum_init(state, (int64_t)params[0], space);
}

static void sum_step(void *state, const double *in, double *out)
{
    out[0] = vel_ta_sum_step(state, in[0]);
}

static void sum_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    vel_ta_sum_run(state, n, in[0], out[0]);
}

static const vel_indicator_kind_t sum = {
    .name = "sum",
    .class_name = "SUM",
    .title = "Sum of a window",
    .group = "maths",
    .formula = "sum_t = x_t + ... + x_(t-n+1), n = period",
    .source = "Definition. The sum is compensated: D. E. Knuth, The Art of Computer Programming 2, 4.2.2",
    .notes = "NaN from the first NaN on, as in TA-Lib",
    .talib = "SUM",
    .inputs = {"x"},
    .outputs = {{"sum", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 30, 2, "rows of the window")},
    .state_size = sizeof(vel_ta_sum_t),
    .init = sum_init,
    .lookback = vel_ta_lookback_of_window,
    .step = sum_step,
    .run = sum_run,
};

/* Only one row in eight waits for the one before: the rows of a block of eight are summed by themselves. */
#define CUMSUM_BLOCK 8

typedef struct cumsum {
    double before; /* sum before the block */
    double part;   /* sum of the block */
    int64_t rows;  /* in the block */
} cumsum_t;

static void nothing_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)state;
    (void)params;
    (void)space;
}

static void cumsum_step(void *state, const double *in, double *out)
{
    cumsum_t *self = state;
    self->part = self->rows == 0 ? in[0] : self->part + in[0];
    out[0] = self->before + self->part;
    if (++self->rows == CUMSUM_BLOCK) {
        self->before = out[0];
        self->rows = 0;
    }
}

static void cumsum_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    cumsum_t *self = state;
    const double *x = in[0];
    double *y = out[0];
    int64_t i = 0;
    for (; i < n && self->rows != 0; i++)
        cumsum_step(self, x + i, y + i);
    double before = self->before;
    for (; i + CUMSUM_BLOCK <= n; i += CUMSUM_BLOCK) {
        double part = x[i], last = before;
        y[i] = last + part;
        for (int k = 1; k < CUMSUM_BLOCK; k++) {
            part += x[i + k];
            y[i + k] = before = last + part;
        }
    }
    self->before = before;
    for (; i < n; i++)
        cumsum_step(self, x + i, y + i);
}

static const vel_indicator_kind_t cumsum = {
    .name = "cumsum",
    .class_name = "CUMSUM",
    .title = "Cumulative sum",
    .group = "maths",
    .formula = "cumsum_t = x_0 + ... + x_t",
    .source = "Definition",
    .notes = "Its level depends on its first row for ever",
    .talib = "CUMSUM",
    .inputs = {"x"},
    .outputs = {{"cumsum", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(cumsum_t),
    .init = nothing_init,
    .lookback = vel_ta_no_lookback,
    .step = cumsum_step,
    .run = cumsum_run,
};

/* ---- arithmetic of two columns, transforms of one: a loop that the compiler vectorises, without a state */

#define ARITHMETIC(NAME, OPERATOR, CLASS, TITLE, NOTES)                                                                \
    static void NAME##_step(void *state, const double *in, double *out)                                                \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        out[0] = in[0] OPERATOR in[1];                                                                                 \
    }                                                                                                                  \
    static void NAME##_run(void *state, int64_t n, const double *const *in, double *const *out)                        \
    {                                                                                                                  \
        const double *x = in[0], *y = in[1];                                                                           \
        double *z = out[0];                                                                                            \
        (void)state;                                                                                                   \
        for (int64_t i = 0; i < n; i++)                                                                                \
            z[i] = x[i] OPERATOR y[i];                                                                                 \
    }                                                                                                                  \
    static const vel_indicator_kind_t NAME##_kind = {                                                                  \
        .name = #NAME,                                                                                                 \
        .class_name = CLASS,                                                                                           \
        .title = TITLE,                                                                                                \
        .group = "maths",                                                                                              \
        .formula = #NAME "_t = x_t " #OPERATOR " y_t",                                                                 \
        .source = "Definition",                                                                                        \
        .notes = NOTES,                                                                                                \
        .talib = CLASS,                                                                                                \
        .inputs = {"x", "y"},                                                                                          \
        .outputs = {{#NAME, VEL_TA_PANEL}},                                                                            \
        .state_size = sizeof(double),                                                                                  \
        .init = nothing_init,                                                                                          \
        .lookback = vel_ta_no_lookback,                                                                                \
        .step = NAME##_step,                                                                                           \
        .run = NAME##_run,                                                                                             \
    };

ARITHMETIC(add, +, "ADD", "Sum of two columns", NULL)
ARITHMETIC(sub, -, "SUB", "Difference of two columns", NULL)
ARITHMETIC(mult, *, "MULT", "Product of two columns", NULL)
ARITHMETIC(div, /, "DIV", "Quotient of two columns", "A division by 0 gives an infinity, 0 / 0 NaN, as in IEEE 754")

#define TRANSFORM(NAME, CLASS, FUNCTION, TITLE, FORMULA, NOTES)                                                        \
    static void NAME##_step(void *state, const double *in, double *out)                                                \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        out[0] = FUNCTION(in[0]);                                                                                      \
    }                                                                                                                  \
    static void NAME##_run(void *state, int64_t n, const double *const *in, double *const *out)                        \
    {                                                                                                                  \
        const double *x = in[0];                                                                                       \
        double *y = out[0];                                                                                            \
        (void)state;                                                                                                   \
        for (int64_t i = 0; i < n; i++)                                                                                \
            y[i] = FUNCTION(x[i]);                                                                                     \
    }                                                                                                                  \
    static const vel_indicator_kind_t NAME##_kind = {                                                                  \
        .name = #NAME,                                                                                                 \
        .class_name = CLASS,                                                                                           \
        .title = TITLE,                                                                                                \
        .group = "maths",                                                                                              \
        .formula = FORMULA,                                                                                            \
        .source = "Definition; the C library's " #FUNCTION "()",                                                       \
        .notes = NOTES,                                                                                                \
        .talib = CLASS,                                                                                                \
        .inputs = {"x"},                                                                                               \
        .outputs = {{#NAME, VEL_TA_PANEL}},                                                                            \
        .state_size = sizeof(double),                                                                                  \
        .init = nothing_init,                                                                                          \
        .lookback = vel_ta_no_lookback,                                                                                \
        .step = NAME##_step,                                                                                           \
        .run = NAME##_run,                                                                                             \
    };

TRANSFORM(acos, "ACOS", acos, "Arc cosine", "acos_t = arc cosine of x_t, in radians", "NaN outside -1 ... 1")
TRANSFORM(asin, "ASIN", asin, "Arc sine", "asin_t = arc sine of x_t, in radians", "NaN outside -1 ... 1")
TRANSFORM(atan, "ATAN", atan, "Arc tangent", "atan_t = arc tangent of x_t, in radians", NULL)
TRANSFORM(ceil, "CEIL", ceil, "Smallest integer not below", "ceil_t = smallest integer >= x_t", NULL)
TRANSFORM(cos, "COS", cos, "Cosine", "cos_t = cosine of x_t radians", NULL)
TRANSFORM(cosh, "COSH", cosh, "Hyperbolic cosine", "cosh_t = (e^x_t + e^-x_t) / 2", "Infinity where it overflows")
TRANSFORM(exp, "EXP", exp, "Exponential", "exp_t = e^x_t", "Infinity where it overflows")
TRANSFORM(floor, "FLOOR", floor, "Largest integer not above", "floor_t = largest integer <= x_t", NULL)
TRANSFORM(ln, "LN", log, "Natural logarithm", "ln_t = natural logarithm of x_t", "NaN below 0, minus infinity at 0")
TRANSFORM(log10, "LOG10", log10, "Decimal logarithm", "log10_t = decimal logarithm of x_t",
          "NaN below 0, minus infinity at 0")
TRANSFORM(sin, "SIN", sin, "Sine", "sin_t = sine of x_t radians", NULL)
TRANSFORM(sinh, "SINH", sinh, "Hyperbolic sine", "sinh_t = (e^x_t - e^-x_t) / 2", "Infinity where it overflows")
TRANSFORM(sqrt, "SQRT", sqrt, "Square root", "sqrt_t = square root of x_t", "NaN below 0")
TRANSFORM(tan, "TAN", tan, "Tangent", "tan_t = tangent of x_t radians", NULL)
TRANSFORM(tanh, "TANH", tanh, "Hyperbolic tangent", "tanh_t = (e^x_t - e^-x_t) / (e^x_t + e^-x_t)", NULL)

const vel_indicator_kind_t *const VEL_TA_LIST(maths)[] = {
    &max,        &min,       &minmax,    &maxindex,  &minindex, &minmaxindex, &sum,
    &cumsum,     &add_kind,  &sub_kind,  &mult_kind, &div_kind, &acos_kind,   &asin_kind,
    &atan_kind,  &ceil_kind, &cos_kind,  &cosh_kind, &exp_kind, &floor_kind,  &ln_kind,
    &log10_kind, &sin_kind,  &sinh_kind, &sqrt_kind, &tan_kind, &tanh_kind,   NULL,
};
