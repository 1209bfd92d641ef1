/* patterns_many.c: candlestick patterns of four and five candles, and the hikkake. */
#include "patterns.h"

/* Whether a part of the body of candle a lies in the range of candle b. */
#define PARTLY_WITHIN(a, b) ((SMALLER(OPEN(a), CLOSE(a)) < HIGH(b)) & (LARGER(OPEN(a), CLOSE(a)) > LOW(b)))

/* ---- 3_black_crows */

static inline int32_t three_black_crows_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(3) & BLACK(2) & BLACK(1) & BLACK(0) & (OPEN(1) < OPEN(2)) & (OPEN(1) > CLOSE(2)) &
                      (OPEN(0) < OPEN(1)) & (OPEN(0) > CLOSE(1)) & (HIGH(3) > CLOSE(2)) & (CLOSE(2) > CLOSE(1)) &
                      (CLOSE(1) > CLOSE(0)) & NO_LOWER_SHADOW(2) & NO_LOWER_SHADOW(1) & NO_LOWER_SHADOW(0),
                  -100);
}

VEL_TA_PATTERN(three_black_crows, .candles = 3,
               .averages = {{SHADOW_VERY_SHORT, 2}, {SHADOW_VERY_SHORT, 1}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t three_black_crows = {
    .name = "cdl_3_black_crows",
    .class_name = "Cdl3BlackCrows",
    .title = "Three black crows",
    .formula = "-100 if after a white candle three black ones with very short lower shadows (shadow_very_short) have "
               "falling closes, the first closing below the white high, each other opening within the body before",
    .source = NISON AS_IN_TALIB,
    .talib = "CDL3BLACKCROWS",
    VEL_TA_PATTERN_KIND(three_black_crows, vel_ta_candles_t),
};

/* ---- 3_line_strike */

static inline int32_t three_line_strike_at(VEL_TA_ROW)
{
    int is_found = ALIKE(3, 2) & ALIKE(2, 1) & OPPOSITE(0, 1) &
                   (OPEN(2) >= SMALLER(OPEN(3), CLOSE(3)) - AVERAGE(NEAR, 3)) &
                   (OPEN(2) <= LARGER(OPEN(3), CLOSE(3)) + AVERAGE(NEAR, 3)) &
                   (OPEN(1) >= SMALLER(OPEN(2), CLOSE(2)) - AVERAGE(NEAR, 2)) &
                   (OPEN(1) <= LARGER(OPEN(2), CLOSE(2)) + AVERAGE(NEAR, 2));
    int is_up = WHITE(1) & (CLOSE(1) > CLOSE(2)) & (CLOSE(2) > CLOSE(3)) & (OPEN(0) > CLOSE(1)) & (CLOSE(0) < OPEN(3));
    int is_down =
        BLACK(1) & (CLOSE(1) < CLOSE(2)) & (CLOSE(2) < CLOSE(3)) & (OPEN(0) < CLOSE(1)) & (CLOSE(0) > OPEN(3));
    return SIGNAL(is_found & (is_up | is_down), SIGNED(WHITE(1)));
}

VEL_TA_PATTERN(three_line_strike, .candles = 3, .averages = {{NEAR, 3}, {NEAR, 2}})

static const vel_indicator_kind_t three_line_strike = {
    .name = "cdl_3_line_strike",
    .class_name = "Cdl3LineStrike",
    .title = "Three-line strike",
    .formula = "Three candles of one colour with closes moving in its direction, each opening within or near (near) "
               "the body before, and a fourth of the other colour that opens beyond the third close and closes beyond "
               "the first open: 100 if the three are white, -100 if black",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDL3LINESTRIKE",
    VEL_TA_PATTERN_KIND(three_line_strike, vel_ta_candles_t),
};

/* ---- conceal_baby_swallow */

static inline int32_t conceal_baby_swallow_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(3) & BLACK(2) & BLACK(1) & BLACK(0) & NO_LOWER_SHADOW(3) & NO_UPPER_SHADOW(3) &
                      NO_LOWER_SHADOW(2) & NO_UPPER_SHADOW(2) & BODY_GAPS_DOWN(1, 2) &
                      (UPPER_SHADOW(1) > AVERAGE(SHADOW_VERY_SHORT, 1)) & (HIGH(1) > CLOSE(2)) & (HIGH(0) > HIGH(1)) &
                      (LOW(0) < LOW(1)),
                  100);
}

VEL_TA_PATTERN(conceal_baby_swallow, .candles = 3,
               .averages = {{SHADOW_VERY_SHORT, 3}, {SHADOW_VERY_SHORT, 2}, {SHADOW_VERY_SHORT, 1}})

static const vel_indicator_kind_t conceal_baby_swallow = {
    .name = "cdl_conceal_baby_swallow",
    .class_name = "CdlConcealBabySwallow",
    .title = "Concealing baby swallow",
    .formula = "100 after four black candles: two without shadows (shadow_very_short), a third whose body gaps down "
               "and whose upper shadow reaches into the body before, a fourth whose range holds that of the third",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLCONCEALBABYSWALL",
    VEL_TA_PATTERN_KIND(conceal_baby_swallow, vel_ta_candles_t),
};

/* ---- breakaway */

static inline int32_t breakaway_at(VEL_TA_ROW)
{
    int is_found = ALIKE(4, 3) & ALIKE(3, 1) & OPPOSITE(1, 0) & LONG(4);
    int is_up = BLACK(4) & BODY_GAPS_DOWN(3, 4) & (HIGH(2) < HIGH(3)) & (LOW(2) < LOW(3)) & (HIGH(1) < HIGH(2)) &
                (LOW(1) < LOW(2)) & (CLOSE(0) > OPEN(3)) & (CLOSE(0) < CLOSE(4));
    int is_down = WHITE(4) & BODY_GAPS_UP(3, 4) & (HIGH(2) > HIGH(3)) & (LOW(2) > LOW(3)) & (HIGH(1) > HIGH(2)) &
                  (LOW(1) > LOW(2)) & (CLOSE(0) < OPEN(3)) & (CLOSE(0) > CLOSE(4));
    return SIGNAL(is_found & (is_up | is_down), SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(breakaway, .candles = 4, .averages = {{BODY_LONG, 4}})

static const vel_indicator_kind_t breakaway = {
    .name = "cdl_breakaway",
    .class_name = "CdlBreakaway",
    .title = "Breakaway",
    .formula = "A long candle (body_long), a second of its colour whose body gaps on in its direction, a third and a "
               "fourth that go on with highs and lows, the fourth of that colour too, and a fifth of the other colour "
               "that closes inside the gap: 100 if the fifth is white, -100 if black",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLBREAKAWAY",
    VEL_TA_PATTERN_KIND(breakaway, vel_ta_candles_t),
};

/* ---- ladder_bottom */

static inline int32_t ladder_bottom_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(4) & BLACK(3) & BLACK(2) & (OPEN(4) > OPEN(3)) & (OPEN(3) > OPEN(2)) & (CLOSE(4) > CLOSE(3)) &
                      (CLOSE(3) > CLOSE(2)) & BLACK(1) & (UPPER_SHADOW(1) > AVERAGE(SHADOW_VERY_SHORT, 1)) & WHITE(0) &
                      (OPEN(0) > OPEN(1)) & (CLOSE(0) > HIGH(1)),
                  100);
}

VEL_TA_PATTERN(ladder_bottom, .candles = 4, .averages = {{SHADOW_VERY_SHORT, 1}})

static const vel_indicator_kind_t ladder_bottom = {
    .name = "cdl_ladder_bottom",
    .class_name = "CdlLadderBottom",
    .title = "Ladder bottom",
    .formula = "100 after three black candles with falling opens and closes, a fourth black one with an upper shadow "
               "(shadow_very_short), and a white one that opens above its body and closes above its high",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLLADDERBOTTOM",
    VEL_TA_PATTERN_KIND(ladder_bottom, vel_ta_candles_t),
};

/* ---- mat_hold */

static inline int32_t mat_hold_at(VEL_TA_ROW)
{
    double least = CLOSE(4) - BODY(4) * rows->penetration;
    int is_white = WHITE(4) & BLACK(3) & WHITE(0) & BODY_GAPS_UP(3, 4);
    int is_held = (SMALLER(OPEN(2), CLOSE(2)) < CLOSE(4)) & (SMALLER(OPEN(1), CLOSE(1)) < CLOSE(4)) &
                  (SMALLER(OPEN(2), CLOSE(2)) > least) & (SMALLER(OPEN(1), CLOSE(1)) > least);
    int is_falling = (LARGER(CLOSE(2), OPEN(2)) < OPEN(3)) & (LARGER(CLOSE(1), OPEN(1)) < LARGER(CLOSE(2), OPEN(2)));
    int is_rising = (OPEN(0) > CLOSE(1)) & (CLOSE(0) > LARGER(LARGER(HIGH(3), HIGH(2)), HIGH(1)));
    int is_sized = LONG(4) & SHORT(3) & SHORT(2) & SHORT(1);
    return SIGNAL(is_white & is_held & is_falling & is_rising & is_sized, 100);
}

VEL_TA_PATTERN(mat_hold, .candles = 4, .has_penetration = true,
               .averages = {{BODY_LONG, 4}, {BODY_SHORT, 3}, {BODY_SHORT, 2}, {BODY_SHORT, 1}})

static const vel_indicator_kind_t mat_hold = {
    .name = "cdl_mat_hold",
    .class_name = "CdlMatHold",
    .title = "Mat hold",
    .formula = "100 after a long white candle (body_long), a short black one (body_short) whose body gaps up, two "
               "short ones that fall and reach into the first body by less than penetration x body, and a white one "
               "that opens above the close before and closes above the highs of the three",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLMATHOLD",
    .params = {VEL_TA_PENETRATION(0.5, "part of the first body that the reaction may penetrate")},
    VEL_TA_PATTERN_KIND(mat_hold, vel_ta_candles_t),
};

/* ---- rise_fall_3_methods */

static inline int32_t rise_fall_three_methods_at(VEL_TA_ROW)
{
    int is_found = OPPOSITE(4, 3) & ALIKE(3, 2) & ALIKE(2, 1) & OPPOSITE(1, 0) & PARTLY_WITHIN(3, 4) &
                   PARTLY_WITHIN(2, 4) & PARTLY_WITHIN(1, 4) & LONG(4) & SHORT(3) & SHORT(2) & SHORT(1) & LONG(0);
    int is_up = WHITE(4) & (CLOSE(2) < CLOSE(3)) & (CLOSE(1) < CLOSE(2)) & (OPEN(0) > CLOSE(1)) & (CLOSE(0) > CLOSE(4));
    int is_down =
        BLACK(4) & (CLOSE(2) > CLOSE(3)) & (CLOSE(1) > CLOSE(2)) & (OPEN(0) < CLOSE(1)) & (CLOSE(0) < CLOSE(4));
    return SIGNAL(is_found & (is_up | is_down), SIGNED(WHITE(4)));
}

VEL_TA_PATTERN(rise_fall_three_methods, .candles = 4,
               .averages = {{BODY_LONG, 4}, {BODY_SHORT, 3}, {BODY_SHORT, 2}, {BODY_SHORT, 1}, {BODY_LONG, 0}})

static const vel_indicator_kind_t rise_fall_three_methods = {
    .name = "cdl_rise_fall_3_methods",
    .class_name = "CdlRiseFall3Methods",
    .title = "Rising and falling three methods",
    .formula = "A long candle (body_long), three short ones (body_short) of the other colour that go against it with "
               "parts of their bodies within its range, and a long one of the first colour that opens beyond the "
               "close before and closes beyond the first close: 100 if the first is white, -100 if black",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLRISEFALL3METHODS",
    VEL_TA_PATTERN_KIND(rise_fall_three_methods, vel_ta_candles_t),
};

/* ---- hikkake: an inside candle, a false move out of it, and its confirmation by one of the next three candles */

#define HIKKAKE_CANDLES 3

typedef struct hikkake {
    vel_ta_candles_t candles; /* first, so that the init of a pattern takes this struct */
    double high;              /* of the inside candle of the last false move */
    double low;
    int64_t left; /* candles that may still confirm it */
    int64_t signal;
} hikkake_t;

/* The signal of a row from that of the rule; `high` and `low` are of the candle before. */
static int32_t hikkake_confirm(hikkake_t *self, int32_t signal, double high, double low, double close)
{
    if (signal != 0) {
        self->signal = signal;
        self->high = high;
        self->low = low;
        self->left = HIKKAKE_CANDLES;
        return signal;
    }
    if (self->left == 0)
        return 0;
    self->left--;
    if (!(self->signal > 0 ? close > self->high : close < self->low))
        return 0;
    self->left = 0;
    return (int32_t)(2 * self->signal);
}

static int32_t hikkake_step_of(hikkake_t *self, vel_ta_rule_t *rule, const double *in)
{
    double high = self->candles.high[VEL_TA_PAST], low = self->candles.low[VEL_TA_PAST];
    return hikkake_confirm(self, vel_ta_candles_step(&self->candles, rule, in), high, low, in[3]);
}

static void hikkake_run_of(hikkake_t *self, vel_ta_rule_t *rule, int64_t n, const double *const *in, int32_t *signals)
{
    double high = self->candles.high[VEL_TA_PAST], low = self->candles.low[VEL_TA_PAST];
    vel_ta_candles_run(&self->candles, rule, n, in, signals);
    for (int64_t i = 0; i < n; i++)
        signals[i] =
            hikkake_confirm(self, signals[i], i == 0 ? high : in[1][i - 1], i == 0 ? low : in[2][i - 1], in[3][i]);
}

#define HIKKAKE_FACES(NAME)                                                                                            \
    static void NAME##_step(void *state, const double *in, double *out)                                                \
    {                                                                                                                  \
        out[0] = hikkake_step_of(state, NAME##_rule, in);                                                              \
    }                                                                                                                  \
    static void NAME##_run(void *state, int64_t n, const double *const *in, int32_t *const *out)                       \
    {                                                                                                                  \
        hikkake_run_of(state, NAME##_rule, n, in, out[0]);                                                             \
    }

/* The range of candle a lies within that of the candle before. */
#define INSIDE(a) ((HIGH(a) < HIGH((a) + 1)) & (LOW(a) > LOW((a) + 1)))

static inline int32_t hikkake_at(VEL_TA_ROW)
{
    int is_up = INSIDE(1) & (HIGH(0) < HIGH(1)) & (LOW(0) < LOW(1));
    int is_down = INSIDE(1) & (HIGH(0) > HIGH(1)) & (LOW(0) > LOW(1));
    return SIGNAL(is_up | is_down, SIGNED(is_up));
}

VEL_TA_PATTERN_RULE(hikkake, .candles = 5, .early = HIKKAKE_CANDLES)
HIKKAKE_FACES(hikkake)

static const vel_indicator_kind_t hikkake = {
    .name = "cdl_hikkake",
    .class_name = "CdlHikkake",
    .title = "Hikkake",
    .formula =
        "Of three candles the second lies within the range of the first: 100 if the third has a lower high and a "
        "lower low than the second, -100 if it has both higher; 200 (-200) at the first of the next three "
        "candles that closes above the high (below the low) of the second, unless a new pattern comes first",
    .source = CHESLER AS_IN_TALIB,
    .talib = "CDLHIKKAKE",
    VEL_TA_PATTERN_KIND(hikkake, hikkake_t),
};

/* ---- hikkake_mod */

static inline int32_t hikkake_modified_at(VEL_TA_ROW)
{
    int is_up = (HIGH(0) < HIGH(1)) & (LOW(0) < LOW(1)) & (CLOSE(2) <= LOW(2) + AVERAGE(NEAR, 2));
    int is_down = (HIGH(0) > HIGH(1)) & (LOW(0) > LOW(1)) & (CLOSE(2) >= HIGH(2) - AVERAGE(NEAR, 2));
    return SIGNAL(INSIDE(2) & INSIDE(1) & (is_up | is_down), SIGNED(HIGH(0) < HIGH(1)));
}

VEL_TA_PATTERN_RULE(hikkake_modified, .candles = 5, .shortest = 1, .early = HIKKAKE_CANDLES, .averages = {{NEAR, 2}})
HIKKAKE_FACES(hikkake_modified)

static const vel_indicator_kind_t hikkake_modified = {
    .name = "cdl_hikkake_mod",
    .class_name = "CdlHikkakeMod",
    .title = "Modified hikkake",
    .formula = "Of four candles the second lies within the range of the first and the third within that of the second: "
               "100 if the fourth has a lower high and a lower low than the third and the second closes near its low "
               "(near), -100 if it has both higher and the second closes near its high; 200 (-200) at the first of "
               "the next three candles that closes above the high (below the low) of the third, unless a new pattern "
               "comes first",
    .source = CHESLER AS_IN_TALIB,
    .talib = "CDLHIKKAKEMOD",
    VEL_TA_PATTERN_KIND(hikkake_modified, hikkake_t),
};

const vel_indicator_kind_t *const VEL_TA_LIST(patterns_many)[] = {
    &three_black_crows,       &three_line_strike, &conceal_baby_swallow, &breakaway, &ladder_bottom, &mat_hold,
    &rise_fall_three_methods, &hikkake,           &hikkake_modified,     NULL,
};
