/* patterns.h: the parts of candlestick patterns: words for candles, means of their ranges, and one rule for both faces.
 *
 * A pattern is a rule over the last candles and over means of earlier ranges. The rule of a row is an inline function;
 * VEL_TA_PATTERN makes a loop of it, without branches, that the compiler vectorises. A run calls the loop with columns,
 * a step with one row.
 *
 *   white     close >= open; other candles are black
 *   body      |close - open|
 *   shadows   the range above the body and the one below it
 *   settings  for words such as "long" or "near": a range (0 body, 1 high to low, 2 shadows), a period and a factor
 *   average   factor x mean of that range over `period` candles before the candle it is asked for, the candle itself
 *             left out; with period 0 factor x the range of the candle; half of it where the range is the shadows
 *
 * Prices lie on a grid, so conditions often hold with equality, and the last bit of a mean decides. The totals behind
 * the means are therefore TA-Lib's own: each starts `period` candles before the first row with a value and changes by
 * (entering - leaving) from then on, without a correction of its rounding error, one total for each age of a candle. */
#ifndef VELORA_TA_PATTERNS_H
#define VELORA_TA_PATTERNS_H

#include "inner.h"

/* Candle settings in the order of their parameters. */
enum {
    BODY_LONG = 1, /* 0 ends a list */
    BODY_VERY_LONG,
    BODY_SHORT,
    BODY_DOJI,
    SHADOW_LONG,
    SHADOW_VERY_LONG,
    SHADOW_SHORT,
    SHADOW_VERY_SHORT,
    NEAR,
    FAR,
    EQUAL,
    SETTINGS_END
};

/* Candles before the last one that a rule may look at. */
#define VEL_TA_PAST 4
#define VEL_TA_AVERAGES_MAX 9
/* Settings that one pattern uses. */
#define VEL_TA_RANGES_MAX 5

/* The average of a setting for the candle of `ago` rows before. */
typedef struct vel_ta_average {
    uint8_t setting;
    uint8_t ago;
} vel_ta_average_t;

/* What the state of a pattern is made from. */
typedef struct vel_ta_pattern {
    int candles;  /* rows of the lookback beside the longest period */
    int shortest; /* the lookback has at least this for the longest period */
    int early;    /* rows before the end of the lookback from which on the rule is applied */
    bool has_penetration;
    vel_ta_average_t averages[VEL_TA_AVERAGES_MAX + 1]; /* that the rule uses; a setting of 0 ends the list */
} vel_ta_pattern_t;

/* Rows as a rule sees them. */
typedef struct vel_ta_rows {
    const double *open; /* of row 0; those of earlier rows lie before it */
    const double *high;
    const double *low;
    const double *close;
    const double *mean[SETTINGS_END][VEL_TA_PAST + 1]; /* by setting and age; only those of the pattern are set */
    const double *factor;                              /* by setting */
    const double *share;                               /* by setting: 0.5 of the shadows, 1 of other ranges */
    double penetration;
} vel_ta_rows_t;

/* The signals of the rows [first, last). */
typedef void vel_ta_rule_t(const vel_ta_rows_t *rows, int64_t first, int64_t last, int32_t *signals);

/* The ranges of one kind and period. */
typedef struct vel_ta_range {
    int64_t kind;
    int64_t period;
    double past[VEL_TA_PAST + 1];   /* of the last rows, in their order */
    double change[VEL_TA_PAST + 1]; /* each less the range of `period` rows before it */
    vel_ta_window_t window;         /* without one if the period is 0 */
} vel_ta_range_t;

typedef struct vel_ta_mean {
    int64_t range; /* index of it */
    int64_t ago;
    double total; /* over the candles before the one of `ago` rows before the next row */
} vel_ta_mean_t;

/* The state of a pattern. */
typedef struct vel_ta_candles {
    double open[VEL_TA_PAST + 1]; /* of the last rows, in their order */
    double high[VEL_TA_PAST + 1];
    double low[VEL_TA_PAST + 1];
    double close[VEL_TA_PAST + 1];
    int64_t rows;  /* so far */
    int64_t first; /* the row from which on the rule is applied */
    int64_t ranges;
    int64_t means;
    int64_t averages;
    vel_ta_range_t range[VEL_TA_RANGES_MAX];
    vel_ta_mean_t mean[VEL_TA_AVERAGES_MAX];
    struct {
        int64_t setting;
        int64_t ago;
        int64_t mean; /* index of its mean: settings of the same range and period share one */
    } average[VEL_TA_AVERAGES_MAX];
    double factor[SETTINGS_END];
    double share[SETTINGS_END];
    double penetration;
} vel_ta_candles_t;

/* One copy of these for each level of vector instructions; in patterns.c. */
#define vel_ta_candles_init VEL_TA_JOIN(vel_ta_candles_init, VEL_TA_LEVEL)
#define vel_ta_candles_lookback VEL_TA_JOIN(vel_ta_candles_lookback, VEL_TA_LEVEL)
#define vel_ta_candles_step VEL_TA_JOIN(vel_ta_candles_step, VEL_TA_LEVEL)
#define vel_ta_candles_run VEL_TA_JOIN(vel_ta_candles_run, VEL_TA_LEVEL)

void vel_ta_candles_init(vel_ta_candles_t *self, const vel_ta_pattern_t *pattern, const double *params,
                         vel_ta_space_t *space);
int64_t vel_ta_candles_lookback(const vel_ta_pattern_t *pattern, const double *params);
/* The signal of a row; 0 before the first row of the rule. */
int32_t vel_ta_candles_step(vel_ta_candles_t *self, vel_ta_rule_t *rule, const double *in);
void vel_ta_candles_run(vel_ta_candles_t *self, vel_ta_rule_t *rule, int64_t n, const double *const *in,
                        int32_t *signals);

/* ---- the words of rules: candle k is the one of k rows before the current row, 0 the current one */

/* The parameters of NAME_at, which gives the signal of row i. */
#define VEL_TA_ROW const vel_ta_rows_t *rows, int64_t i

#define OPEN(k) rows->open[i - (k)]
#define HIGH(k) rows->high[i - (k)]
#define LOW(k) rows->low[i - (k)]
#define CLOSE(k) rows->close[i - (k)]
#define WHITE(k) (CLOSE(k) >= OPEN(k))
#define BLACK(k) (!WHITE(k))
#define OPPOSITE(a, b) (WHITE(a) ^ WHITE(b))
#define ALIKE(a, b) (!OPPOSITE(a, b))
#define BODY(k) fabs(CLOSE(k) - OPEN(k))
/* As TA-Lib compares: the second one if there is a NaN. */
#define SMALLER(a, b) ((a) < (b) ? (a) : (b))
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define UPPER_SHADOW(k) (HIGH(k) - LARGER(CLOSE(k), OPEN(k)))
#define LOWER_SHADOW(k) (SMALLER(OPEN(k), CLOSE(k)) - LOW(k))
/* Gaps between the bodies, or the whole ranges, of candle a and the earlier candle b. */
#define BODY_GAPS_UP(a, b) (SMALLER(OPEN(a), CLOSE(a)) > LARGER(OPEN(b), CLOSE(b)))
#define BODY_GAPS_DOWN(a, b) (LARGER(OPEN(a), CLOSE(a)) < SMALLER(OPEN(b), CLOSE(b)))
#define GAPS_UP(a, b) (LOW(a) > HIGH(b))
#define GAPS_DOWN(a, b) (HIGH(a) < LOW(b))
#define AVERAGE(setting, k) (rows->factor[setting] * rows->mean[setting][k][i] * rows->share[setting])
/* |x - y| <= AVERAGE(setting, k), with TA-Lib's rounding. */
#define WITHIN(x, y, setting, k) (((x) <= (y) + AVERAGE(setting, k)) & ((x) >= (y) - AVERAGE(setting, k)))

#define LONG(k) (BODY(k) > AVERAGE(BODY_LONG, k))
#define SHORT(k) (BODY(k) < AVERAGE(BODY_SHORT, k))
#define SHORT_OR_EQUAL(k) (BODY(k) <= AVERAGE(BODY_SHORT, k))
#define NOT_SHORT(k) (BODY(k) > AVERAGE(BODY_SHORT, k))
#define DOJI(k) (BODY(k) <= AVERAGE(BODY_DOJI, k))
#define NO_UPPER_SHADOW(k) (UPPER_SHADOW(k) < AVERAGE(SHADOW_VERY_SHORT, k))
#define NO_LOWER_SHADOW(k) (LOWER_SHADOW(k) < AVERAGE(SHADOW_VERY_SHORT, k))

/* Without ?:, of which the compiler makes branches that keep it from vectorising the loop. */
#define SIGNAL(is_found, value) ((value) & -(is_found))
/* 100 with the sign of a condition. */
#define SIGNED(is_positive) (200 * (is_positive) - 100)

/* The rule over columns of a pattern from NAME_at, and its init and lookback; the other arguments are the members of
 * its vel_ta_pattern_t. */
#define VEL_TA_PATTERN_RULE(NAME, ...)                                                                                 \
    static const vel_ta_pattern_t NAME##_pattern = {__VA_ARGS__};                                                      \
    static void NAME##_rule(const vel_ta_rows_t *rows, int64_t first, int64_t last, int32_t *signals)                  \
    {                                                                                                                  \
        for (int64_t i = first; i < last; i++)                                                                         \
            signals[i] = NAME##_at(rows, i);                                                                           \
    }                                                                                                                  \
    static void NAME##_init(void *state, const double *params, vel_ta_space_t *space)                                  \
    {                                                                                                                  \
        vel_ta_candles_init(state, &NAME##_pattern, params, space);                                                    \
    }                                                                                                                  \
    static int64_t NAME##_lookback(const double *params)                                                               \
    {                                                                                                                  \
        return vel_ta_candles_lookback(&NAME##_pattern, params);                                                       \
    }

/* All functions of a pattern. */
#define VEL_TA_PATTERN(NAME, ...)                                                                                      \
    VEL_TA_PATTERN_RULE(NAME, __VA_ARGS__)                                                                             \
    static void NAME##_step(void *state, const double *in, double *out)                                                \
    {                                                                                                                  \
        out[0] = vel_ta_candles_step(state, NAME##_rule, in);                                                          \
    }                                                                                                                  \
    static void NAME##_run(void *state, int64_t n, const double *const *in, int32_t *const *out)                       \
    {                                                                                                                  \
        vel_ta_candles_run(state, NAME##_rule, n, in, out[0]);                                                         \
    }

/* The members of a descriptor that all patterns share. */
#define VEL_TA_PATTERN_KIND(NAME, STATE)                                                                               \
    .group = "patterns", .inputs = {"open", "high", "low", "close"}, .outputs = {{"signal", VEL_TA_MARK}},             \
    .notes =                                                                                                           \
        "The signal is 0 where there is no pattern. Words such as long or near are candle settings (settings=), "      \
        "averages of earlier candles. A candle with close = open counts as white, one with a NaN as black; a NaN "     \
        "makes the averages NaN for ever, and no condition with one holds.",                                           \
    .is_integer = true, .is_pattern = true, .state_size = sizeof(STATE), .init = NAME##_init,                          \
    .lookback = NAME##_lookback, .step = NAME##_step, .run_integer = NAME##_run
#define VEL_TA_PENETRATION(INITIAL, TEXT) VEL_TA_FACTOR("penetration", INITIAL, 0.0, 3e37, TEXT)

/* Sources of many patterns. */
#define NISON "S. Nison, Japanese Candlestick Charting Techniques (1991)"
#define MORRIS "G. L. Morris, Candlestick Charting Explained (1995)"
#define CHESLER "D. L. Chesler, Trading False Moves with the Hikkake Pattern, Active Trader 5 (2004)"
#define BULKOWSKI "T. N. Bulkowski, Encyclopedia of Candlestick Charts (2008)"
#define AS_IN_TALIB "; the rule is TA-Lib's"

#endif
