/* patterns.c: the means of ranges behind candlestick patterns, row by row and over columns. */
#include "patterns.h"

#ifndef VEL_TA_WIDE
/* Each: range type (0 body, 1 high to low, 2 shadows), period, factor; the order is that of the settings' names in
 * Python. */
const double vel_ta_candle_defaults[3 * VEL_TA_CANDLE_SETTINGS] = {
    0, 10, 1.0,  /* body_long */
    0, 10, 3.0,  /* body_very_long */
    0, 10, 1.0,  /* body_short */
    1, 10, 0.1,  /* body_doji */
    0, 0,  1.0,  /* shadow_long */
    0, 0,  2.0,  /* shadow_very_long */
    2, 10, 1.0,  /* shadow_short */
    1, 10, 0.1,  /* shadow_very_short */
    1, 5,  0.2,  /* near */
    1, 5,  0.6,  /* far */
    1, 5,  0.05, /* equal */
};
#endif

enum { RANGE_BODY = 0, RANGE_HIGH_LOW = 1, RANGE_SHADOWS = 2 };

/* Rows of totals between two passes of divisions. Totals wait for the sum of the row before; the processor does the
 * divisions of one block during the sums of the next. */
#define BLOCK 32

static const double *setting_of(const vel_ta_pattern_t *pattern, const double *params, int64_t setting)
{
    return params + (pattern->has_penetration ? 1 : 0) + 3 * (setting - 1);
}

int64_t vel_ta_candles_lookback(const vel_ta_pattern_t *pattern, const double *params)
{
    double longest = pattern->shortest;
    for (const vel_ta_average_t *average = pattern->averages; average->setting != 0; average++) {
        double period = setting_of(pattern, params, average->setting)[1];
        longest = period > longest ? period : longest;
    }
    return (int64_t)longest + pattern->candles;
}

static int64_t range_index(vel_ta_candles_t *self, int64_t kind, int64_t period, vel_ta_space_t *space)
{
    int64_t at = 0;
    while (at < self->ranges && (self->range[at].kind != kind || self->range[at].period != period))
        at++;
    if (at == self->ranges) {
        vel_ta_range_t *range = &self->range[self->ranges++];
        range->kind = kind;
        range->period = period;
        if (period > 0)
            vel_ta_window_init(&range->window, period, space);
    }
    return at;
}

static int64_t mean_index(vel_ta_candles_t *self, int64_t range, int64_t ago)
{
    int64_t at = 0;
    while (at < self->means && (self->mean[at].range != range || self->mean[at].ago != ago))
        at++;
    if (at == self->means)
        self->mean[self->means++] = (vel_ta_mean_t){.range = range, .ago = ago};
    return at;
}

void vel_ta_candles_init(vel_ta_candles_t *self, const vel_ta_pattern_t *pattern, const double *params,
                         vel_ta_space_t *space)
{
    self->first = vel_ta_candles_lookback(pattern, params) - pattern->early;
    self->penetration = pattern->has_penetration ? params[0] : 0.0;
    for (const vel_ta_average_t *average = pattern->averages; average->setting != 0; average++) {
        const double *setting = setting_of(pattern, params, average->setting);
        int64_t kind = (int64_t)setting[0], range = range_index(self, kind, (int64_t)setting[1], space), at;
        at = self->averages++;
        self->average[at].setting = average->setting;
        self->average[at].ago = average->ago;
        self->average[at].mean = mean_index(self, range, average->ago);
        self->factor[average->setting] = setting[2];
        self->share[average->setting] = kind == RANGE_SHADOWS ? 0.5 : 1.0;
    }
}

/* ---- one row */

static void push(double *values, double x)
{
    for (int k = 0; k < VEL_TA_PAST; k++)
        values[k] = values[k + 1];
    values[VEL_TA_PAST] = x;
}

static double range_of(int64_t kind, double open, double high, double low, double close)
{
    bool is_white = close >= open;
    if (kind == RANGE_BODY)
        return fabs(close - open);
    if (kind == RANGE_HIGH_LOW)
        return high - low;
    return (high - (is_white ? close : open)) + ((is_white ? open : close) - low);
}

/* Columns and means as a rule sees them. */
static void rows_init(vel_ta_rows_t *rows, const vel_ta_candles_t *self, const double *const *columns,
                      const double *const *means)
{
    rows->open = columns[0];
    rows->high = columns[1];
    rows->low = columns[2];
    rows->close = columns[3];
    rows->factor = self->factor;
    rows->share = self->share;
    rows->penetration = self->penetration;
    for (int64_t k = 0; k < self->averages; k++)
        rows->mean[self->average[k].setting][self->average[k].ago] = means[self->average[k].mean];
}

static int32_t apply(const vel_ta_candles_t *self, vel_ta_rule_t *rule)
{
    const double *const columns[4] = {self->open + VEL_TA_PAST, self->high + VEL_TA_PAST, self->low + VEL_TA_PAST,
                                      self->close + VEL_TA_PAST};
    double means[VEL_TA_AVERAGES_MAX];
    const double *mean_at[VEL_TA_AVERAGES_MAX];
    int32_t signal;
    vel_ta_rows_t rows;
    for (int64_t k = 0; k < self->means; k++) {
        const vel_ta_mean_t *mean = &self->mean[k];
        const vel_ta_range_t *range = &self->range[mean->range];
        means[k] = range->period > 0 ? mean->total / (double)range->period : range->past[VEL_TA_PAST - mean->ago];
        mean_at[k] = &means[k];
    }
    rows_init(&rows, self, columns, mean_at);
    rule(&rows, 0, 1, &signal);
    return signal;
}

int32_t vel_ta_candles_step(vel_ta_candles_t *self, vel_ta_rule_t *rule, const double *in)
{
    push(self->open, in[0]);
    push(self->high, in[1]);
    push(self->low, in[2]);
    push(self->close, in[3]);
    for (int64_t k = 0; k < self->ranges; k++) {
        vel_ta_range_t *range = &self->range[k];
        double x = range_of(range->kind, in[0], in[1], in[2], in[3]);
        push(range->past, x);
        if (range->period > 0)
            push(range->change, x - vel_ta_window_push(&range->window, x));
    }
    int32_t signal = self->rows >= self->first ? apply(self, rule) : 0;
    for (int64_t k = 0; k < self->means; k++) {
        vel_ta_mean_t *mean = &self->mean[k];
        const vel_ta_range_t *range = &self->range[mean->range];
        if (range->period > 0 && self->rows >= self->first - range->period)
            mean->total += (self->rows >= self->first ? range->change : range->past)[VEL_TA_PAST - mean->ago];
    }
    self->rows++;
    return signal;
}

/* ---- columns */

static void ranges_run(int64_t kind, int64_t n, const double *const *in, double *out)
{
    const double *open = in[0], *high = in[1], *low = in[2], *close = in[3];
    if (kind == RANGE_BODY)
        for (int64_t i = 0; i < n; i++)
            out[i] = range_of(RANGE_BODY, open[i], high[i], low[i], close[i]);
    else if (kind == RANGE_HIGH_LOW)
        for (int64_t i = 0; i < n; i++)
            out[i] = range_of(RANGE_HIGH_LOW, open[i], high[i], low[i], close[i]);
    else
        for (int64_t i = 0; i < n; i++)
            out[i] = range_of(RANGE_SHADOWS, open[i], high[i], low[i], close[i]);
}

/* A total of each row and the changes that follow it. */
typedef struct vel_ta_totals {
    const double *change;
    double *out;
    double *total;
} vel_ta_totals_t;

/* Side by side, because each total waits for its last sum. `count` is a constant where this is inlined. */
static inline void totals_run(const vel_ta_totals_t *totals, int count, int64_t first, int64_t last)
{
    double total[VEL_TA_AVERAGES_MAX];
    const double *change[VEL_TA_AVERAGES_MAX];
    double *out[VEL_TA_AVERAGES_MAX];
    for (int k = 0; k < count; k++) {
        total[k] = *totals[k].total;
        change[k] = totals[k].change;
        out[k] = totals[k].out;
    }
    for (int64_t i = first; i < last; i++)
        for (int k = 0; k < count; k++) {
            out[k][i] = total[k];
            total[k] += change[k][i];
        }
    for (int k = 0; k < count; k++)
        *totals[k].total = total[k];
}

static void all_totals_run(const vel_ta_totals_t *totals, int64_t count, int64_t first, int64_t last)
{
    for (; count >= 4; count -= 4, totals += 4)
        totals_run(totals, 4, first, last);
    if (count == 1)
        totals_run(totals, 1, first, last);
    else if (count == 2)
        totals_run(totals, 2, first, last);
    else if (count == 3)
        totals_run(totals, 3, first, last);
}

/* Keeps the last candles of a column. */
static void keep(double *past, int64_t n, const double *column)
{
    int64_t stays = n < VEL_TA_PAST + 1 ? VEL_TA_PAST + 1 - n : 0, comes = VEL_TA_PAST + 1 - stays;
    memmove(past, past + comes, (size_t)stays * sizeof *past);
    memcpy(past + stays, column + n - comes, (size_t)comes * sizeof *past);
}

/* Rows after the first one of the rule. */
static void steady_run(vel_ta_candles_t *self, vel_ta_rule_t *rule, int64_t n, const double *const *in,
                       int32_t *signals)
{
    double ranges[VEL_TA_RANGES_MAX][VEL_TA_PAST + VEL_TA_CHUNK],
        changes[VEL_TA_RANGES_MAX][VEL_TA_PAST + VEL_TA_CHUNK];
    double means[VEL_TA_AVERAGES_MAX][VEL_TA_CHUNK];
    for (int64_t k = 0; k < self->ranges; k++) {
        vel_ta_range_t *range = &self->range[k];
        memcpy(ranges[k], range->past + 1, VEL_TA_PAST * sizeof(double));
        ranges_run(range->kind, n, in, ranges[k] + VEL_TA_PAST);
        memcpy(range->past, ranges[k] + n - 1, sizeof range->past);
        if (range->period == 0)
            continue;
        double *change = changes[k] + VEL_TA_PAST;
        memcpy(changes[k], range->change + 1, VEL_TA_PAST * sizeof(double));
        vel_ta_window_run(&range->window, n, ranges[k] + VEL_TA_PAST, change);
        for (int64_t i = 0; i < n; i++)
            change[i] = ranges[k][VEL_TA_PAST + i] - change[i];
        memcpy(range->change, changes[k] + n - 1, sizeof range->change);
    }

    vel_ta_totals_t totals[VEL_TA_AVERAGES_MAX];
    double divisor[VEL_TA_AVERAGES_MAX];
    const double *mean_at[VEL_TA_AVERAGES_MAX];
    int64_t count = 0;
    for (int64_t k = 0; k < self->means; k++) {
        vel_ta_mean_t *mean = &self->mean[k];
        const vel_ta_range_t *range = &self->range[mean->range];
        if (range->period == 0) {
            mean_at[k] = ranges[mean->range] + VEL_TA_PAST - mean->ago;
            continue;
        }
        mean_at[k] = means[k];
        divisor[count] = (double)range->period;
        totals[count++] = (vel_ta_totals_t){changes[mean->range] + VEL_TA_PAST - mean->ago, means[k], &mean->total};
    }
    /* The first rows look at candles before the columns. */
    int64_t head = vel_min(n, VEL_TA_PAST);
    double past[4][2 * VEL_TA_PAST], *const kept[4] = {self->open, self->high, self->low, self->close};
    const double *columns[4];
    for (int k = 0; k < 4; k++) {
        memcpy(past[k], kept[k] + 1, VEL_TA_PAST * sizeof(double));
        memcpy(past[k] + VEL_TA_PAST, in[k], (size_t)head * sizeof(double));
        keep(kept[k], n, in[k]);
        columns[k] = past[k] + VEL_TA_PAST;
    }
    vel_ta_rows_t first_rows, rows;
    rows_init(&first_rows, self, columns, mean_at);
    rows_init(&rows, self, in, mean_at);
    int64_t block = count == 0 ? n : BLOCK;
    for (int64_t first = 0, last; first < n; first = last) {
        last = vel_min(first + block, n);
        all_totals_run(totals, count, first, last);
        for (int64_t k = 0; k < count; k++)
            for (int64_t i = first; i < last; i++)
                totals[k].out[i] /= divisor[k];
        if (first == 0)
            rule(&first_rows, 0, head, signals);
        rule(&rows, vel_max(first, head), last, signals);
    }
    self->rows += n;
}

void vel_ta_candles_run(vel_ta_candles_t *self, vel_ta_rule_t *rule, int64_t n, const double *const *in,
                        int32_t *signals)
{
    int64_t row = 0;
    for (; row < n && self->rows < self->first; row++) {
        const double x[4] = {in[0][row], in[1][row], in[2][row], in[3][row]};
        signals[row] = vel_ta_candles_step(self, rule, x);
    }
    if (row < n)
        steady_run(self, rule, n - row, (const double *const[]){in[0] + row, in[1] + row, in[2] + row, in[3] + row},
                   signals + row);
}
