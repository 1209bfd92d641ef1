/* patterns_three.c: candlestick patterns of three candles. */
#include "patterns.h"

/* ---- 2_crows */

static inline int32_t two_crows_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(2) & LONG(2) & BLACK(1) & BODY_GAPS_UP(1, 2) & BLACK(0) & (OPEN(0) < OPEN(1)) &
                      (OPEN(0) > CLOSE(1)) & (CLOSE(0) > OPEN(2)) & (CLOSE(0) < CLOSE(2)),
                  -100);
}

VEL_TA_PATTERN(two_crows, .candles = 2, .averages = {{BODY_LONG, 2}})

static const vel_indicator_kind_t two_crows = {
    .name = "cdl_2_crows",
    .class_name = "Cdl2Crows",
    .title = "Two crows",
    .formula = "-100 if after a long white candle (body_long) a black body gaps up and another black candle opens "
               "within it and closes within the white body",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDL2CROWS",
    VEL_TA_PATTERN_KIND(two_crows, vel_ta_candles_t),
};

/* ---- 3_inside */

static inline int32_t three_inside_at(VEL_TA_ROW)
{
    return SIGNAL((LARGER(CLOSE(1), OPEN(1)) < LARGER(CLOSE(2), OPEN(2))) &
                      (SMALLER(CLOSE(1), OPEN(1)) > SMALLER(CLOSE(2), OPEN(2))) &
                      ((WHITE(2) & BLACK(0) & (CLOSE(0) < OPEN(2))) | (BLACK(2) & WHITE(0) & (CLOSE(0) > OPEN(2)))) &
                      LONG(2) & SHORT_OR_EQUAL(1),
                  SIGNED(BLACK(2)));
}

VEL_TA_PATTERN(three_inside, .candles = 2, .averages = {{BODY_LONG, 2}, {BODY_SHORT, 1}})

static const vel_indicator_kind_t three_inside = {
    .name = "cdl_3_inside",
    .class_name = "Cdl3Inside",
    .title = "Three inside up and down",
    .formula = "A long body (body_long) holds the short body (body_short) of the next candle, and a third candle of "
               "the other colour closes beyond the open of the first: 100 above a black one, -100 below a white one",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDL3INSIDE",
    VEL_TA_PATTERN_KIND(three_inside, vel_ta_candles_t),
};

/* ---- 3_outside */

static inline int32_t three_outside_at(VEL_TA_ROW)
{
    return SIGNAL(((WHITE(1) & BLACK(2) & (CLOSE(1) > OPEN(2)) & (OPEN(1) < CLOSE(2)) & (CLOSE(0) > CLOSE(1))) |
                   (BLACK(1) & WHITE(2) & (OPEN(1) > CLOSE(2)) & (CLOSE(1) < OPEN(2)) & (CLOSE(0) < CLOSE(1)))),
                  SIGNED(WHITE(1)));
}

VEL_TA_PATTERN(three_outside, .candles = 3)

static const vel_indicator_kind_t three_outside = {
    .name = "cdl_3_outside",
    .class_name = "Cdl3Outside",
    .title = "Three outside up and down",
    .formula = "100 if a white body holds the black one before it and the third candle closes above it; -100 if a "
               "black body holds the white one before it and the third closes below it",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDL3OUTSIDE",
    VEL_TA_PATTERN_KIND(three_outside, vel_ta_candles_t),
};

/* ---- 3_stars_in_south */

static inline int32_t three_stars_in_south_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(2) & BLACK(1) & BLACK(0) & LONG(2) & (LOWER_SHADOW(2) > AVERAGE(SHADOW_LONG, 2)) &
                      (BODY(1) < BODY(2)) & (OPEN(1) > CLOSE(2)) & (OPEN(1) <= HIGH(2)) & (LOW(1) < CLOSE(2)) &
                      (LOW(1) >= LOW(2)) & (LOWER_SHADOW(1) > AVERAGE(SHADOW_VERY_SHORT, 1)) & SHORT(0) &
                      NO_LOWER_SHADOW(0) & NO_UPPER_SHADOW(0) & (LOW(0) > LOW(1)) & (HIGH(0) < HIGH(1)),
                  100);
}

VEL_TA_PATTERN(three_stars_in_south, .candles = 2,
               .averages = {
                   {BODY_LONG, 2}, {SHADOW_LONG, 2}, {SHADOW_VERY_SHORT, 1}, {SHADOW_VERY_SHORT, 0}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t three_stars_in_south = {
    .name = "cdl_3_stars_in_south",
    .class_name = "Cdl3StarsInSouth",
    .title = "Three stars in the south",
    .formula = "100 after three black candles: a long one (body_long) with a long lower shadow (shadow_long); a "
               "smaller one that opens in its range above its close, trades below that close but not below its low, "
               "and closes off its own low (shadow_very_short); a short one (body_short) without shadows within the "
               "range of the second",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDL3STARSINSOUTH",
    VEL_TA_PATTERN_KIND(three_stars_in_south, vel_ta_candles_t),
};

/* ---- 3_white_soldiers */

static inline int32_t three_white_soldiers_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(2) & NO_UPPER_SHADOW(2) & WHITE(1) & NO_UPPER_SHADOW(1) & WHITE(0) & NO_UPPER_SHADOW(0) &
                      (CLOSE(0) > CLOSE(1)) & (CLOSE(1) > CLOSE(2)) & (OPEN(1) > OPEN(2)) &
                      (OPEN(1) <= CLOSE(2) + AVERAGE(NEAR, 2)) & (OPEN(0) > OPEN(1)) &
                      (OPEN(0) <= CLOSE(1) + AVERAGE(NEAR, 1)) & (BODY(1) > BODY(2) - AVERAGE(FAR, 2)) &
                      (BODY(0) > BODY(1) - AVERAGE(FAR, 1)) & NOT_SHORT(0),
                  100);
}

VEL_TA_PATTERN(three_white_soldiers, .candles = 2,
               .averages = {{SHADOW_VERY_SHORT, 2},
                            {SHADOW_VERY_SHORT, 1},
                            {SHADOW_VERY_SHORT, 0},
                            {NEAR, 2},
                            {NEAR, 1},
                            {FAR, 2},
                            {FAR, 1},
                            {BODY_SHORT, 0}})

static const vel_indicator_kind_t three_white_soldiers = {
    .name = "cdl_3_white_soldiers",
    .class_name = "Cdl3WhiteSoldiers",
    .title = "Three white soldiers",
    .formula = "100 after three white candles with rising closes and very short upper shadows (shadow_very_short), "
               "each opening within or near (near) the body before and not far shorter (far) than it; the third is "
               "not short (body_short)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDL3WHITESOLDIERS",
    VEL_TA_PATTERN_KIND(three_white_soldiers, vel_ta_candles_t),
};

/* ---- abandoned_baby */

static inline int32_t abandoned_baby_at(VEL_TA_ROW)
{
    return SIGNAL(LONG(2) & DOJI(1) & NOT_SHORT(0) &
                      ((WHITE(2) & BLACK(0) & (CLOSE(0) < CLOSE(2) - BODY(2) * rows->penetration) & GAPS_UP(1, 2) &
                        GAPS_DOWN(0, 1)) |
                       (BLACK(2) & WHITE(0) & (CLOSE(0) > CLOSE(2) + BODY(2) * rows->penetration) & GAPS_DOWN(1, 2) &
                        GAPS_UP(0, 1))),
                  SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(abandoned_baby, .candles = 2, .has_penetration = true,
               .averages = {{BODY_LONG, 2}, {BODY_DOJI, 1}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t abandoned_baby = {
    .name = "cdl_abandoned_baby",
    .class_name = "CdlAbandonedBaby",
    .title = "Abandoned baby",
    .formula = "A long candle (body_long), a doji (body_doji) whose range lies beyond it, and a candle of the other "
               "colour, not short (body_short), whose range lies back from the doji and which closes more than "
               "penetration x body into the first: 100 if the third is white, -100 if black",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLABANDONEDBABY",
    .params = {VEL_TA_PENETRATION(0.3, "part of the first body that the third close must penetrate")},
    VEL_TA_PATTERN_KIND(abandoned_baby, vel_ta_candles_t),
};

/* ---- advance_block */

static inline int32_t advance_block_at(VEL_TA_ROW)
{
    int is_advance = WHITE(2) & WHITE(1) & WHITE(0) & (CLOSE(0) > CLOSE(1)) & (CLOSE(1) > CLOSE(2)) &
                     (OPEN(1) > OPEN(2)) & (OPEN(1) <= CLOSE(2) + AVERAGE(NEAR, 2)) & (OPEN(0) > OPEN(1)) &
                     (OPEN(0) <= CLOSE(1) + AVERAGE(NEAR, 1)) & LONG(2) & (UPPER_SHADOW(2) < AVERAGE(SHADOW_SHORT, 2));
    int is_second_far = (BODY(1) < BODY(2) - AVERAGE(FAR, 2)) & (BODY(0) < BODY(1) + AVERAGE(NEAR, 1));
    int is_third_far = BODY(0) < BODY(1) - AVERAGE(FAR, 1);
    int is_shrinking = (BODY(0) < BODY(1)) & (BODY(1) < BODY(2)) &
                       ((UPPER_SHADOW(0) > AVERAGE(SHADOW_SHORT, 0)) | (UPPER_SHADOW(1) > AVERAGE(SHADOW_SHORT, 1)));
    int is_shadowed = (BODY(0) < BODY(1)) & (UPPER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0));
    return SIGNAL(is_advance & (is_second_far | is_third_far | is_shrinking | is_shadowed), -100);
}

VEL_TA_PATTERN(advance_block, .candles = 2,
               .averages = {{SHADOW_SHORT, 2},
                            {SHADOW_SHORT, 1},
                            {SHADOW_SHORT, 0},
                            {SHADOW_LONG, 0},
                            {NEAR, 2},
                            {NEAR, 1},
                            {FAR, 2},
                            {FAR, 1},
                            {BODY_LONG, 2}})

static const vel_indicator_kind_t advance_block = {
    .name = "cdl_advance_block",
    .class_name = "CdlAdvanceBlock",
    .title = "Advance block",
    .formula = "-100 after three white candles with rising closes, each opening within or near (near) the body "
               "before, the first long (body_long) with a short upper shadow (shadow_short), that weaken: the second "
               "is far shorter (far) than the first and the third not longer than it (near); or the third is far "
               "shorter than the second; or bodies shrink and one of the last upper shadows is not short; or the "
               "third is shorter than the second with a long upper shadow (shadow_long)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLADVANCEBLOCK",
    VEL_TA_PATTERN_KIND(advance_block, vel_ta_candles_t),
};

/* ---- evening_doji_star */

static inline int32_t evening_doji_star_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(2) & BLACK(0) & BODY_GAPS_UP(1, 2) & (CLOSE(0) < CLOSE(2) - BODY(2) * rows->penetration) &
                      LONG(2) & DOJI(1) & NOT_SHORT(0),
                  -100);
}

VEL_TA_PATTERN(evening_doji_star, .candles = 2, .has_penetration = true,
               .averages = {{BODY_LONG, 2}, {BODY_DOJI, 1}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t evening_doji_star = {
    .name = "cdl_evening_doji_star",
    .class_name = "CdlEveningDojiStar",
    .title = "Evening doji star",
    .formula = "-100 if after a long white candle (body_long) a doji (body_doji) gaps up and a black candle, not "
               "short (body_short), closes more than penetration x body below the first close",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLEVENINGDOJISTAR",
    .params = {VEL_TA_PENETRATION(0.3, "part of the first body that the third close must penetrate")},
    VEL_TA_PATTERN_KIND(evening_doji_star, vel_ta_candles_t),
};

/* ---- evening_star */

static inline int32_t evening_star_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(2) & BLACK(0) & BODY_GAPS_UP(1, 2) & (CLOSE(0) < CLOSE(2) - BODY(2) * rows->penetration) &
                      LONG(2) & SHORT_OR_EQUAL(1) & NOT_SHORT(0),
                  -100);
}

VEL_TA_PATTERN(evening_star, .candles = 2, .has_penetration = true,
               .averages = {{BODY_LONG, 2}, {BODY_SHORT, 1}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t evening_star = {
    .name = "cdl_evening_star",
    .class_name = "CdlEveningStar",
    .title = "Evening star",
    .formula = "-100 if after a long white candle (body_long) a short body (body_short) gaps up and a black candle, "
               "not short (body_short), closes more than penetration x body below the first close",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLEVENINGSTAR",
    .params = {VEL_TA_PENETRATION(0.3, "part of the first body that the third close must penetrate")},
    VEL_TA_PATTERN_KIND(evening_star, vel_ta_candles_t),
};

/* ---- morning_doji_star */

static inline int32_t morning_doji_star_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(2) & WHITE(0) & BODY_GAPS_DOWN(1, 2) & (CLOSE(0) > CLOSE(2) + BODY(2) * rows->penetration) &
                      LONG(2) & DOJI(1) & NOT_SHORT(0),
                  100);
}

VEL_TA_PATTERN(morning_doji_star, .candles = 2, .has_penetration = true,
               .averages = {{BODY_LONG, 2}, {BODY_DOJI, 1}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t morning_doji_star = {
    .name = "cdl_morning_doji_star",
    .class_name = "CdlMorningDojiStar",
    .title = "Morning doji star",
    .formula = "100 if after a long black candle (body_long) a doji (body_doji) gaps down and a white candle, not "
               "short (body_short), closes more than penetration x body above the first close",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLMORNINGDOJISTAR",
    .params = {VEL_TA_PENETRATION(0.3, "part of the first body that the third close must penetrate")},
    VEL_TA_PATTERN_KIND(morning_doji_star, vel_ta_candles_t),
};

/* ---- morning_star */

static inline int32_t morning_star_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(2) & WHITE(0) & BODY_GAPS_DOWN(1, 2) & (CLOSE(0) > CLOSE(2) + BODY(2) * rows->penetration) &
                      LONG(2) & SHORT_OR_EQUAL(1) & NOT_SHORT(0),
                  100);
}

VEL_TA_PATTERN(morning_star, .candles = 2, .has_penetration = true,
               .averages = {{BODY_LONG, 2}, {BODY_SHORT, 1}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t morning_star = {
    .name = "cdl_morning_star",
    .class_name = "CdlMorningStar",
    .title = "Morning star",
    .formula = "100 if after a long black candle (body_long) a short body (body_short) gaps down and a white candle, "
               "not short (body_short), closes more than penetration x body above the first close",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLMORNINGSTAR",
    .params = {VEL_TA_PENETRATION(0.3, "part of the first body that the third close must penetrate")},
    VEL_TA_PATTERN_KIND(morning_star, vel_ta_candles_t),
};

/* ---- gap_side_by_side_white */

static inline int32_t gap_side_by_side_white_at(VEL_TA_ROW)
{
    return SIGNAL(((BODY_GAPS_UP(1, 2) & BODY_GAPS_UP(0, 2)) | (BODY_GAPS_DOWN(1, 2) & BODY_GAPS_DOWN(0, 2))) &
                      WHITE(1) & WHITE(0) & WITHIN(BODY(0), BODY(1), NEAR, 1) & WITHIN(OPEN(0), OPEN(1), EQUAL, 1),
                  SIGNED(BODY_GAPS_UP(1, 2)));
}

VEL_TA_PATTERN(gap_side_by_side_white, .candles = 2, .averages = {{NEAR, 1}, {EQUAL, 1}})

static const vel_indicator_kind_t gap_side_by_side_white = {
    .name = "cdl_gap_side_by_side_white",
    .class_name = "CdlGapSideBySideWhite",
    .title = "Side-by-side white lines after a gap",
    .formula = "Two white candles of near size (near) and equal opens (equal) whose bodies both lie beyond the body "
               "before: 100 above it, -100 below it",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLGAPSIDESIDEWHITE",
    VEL_TA_PATTERN_KIND(gap_side_by_side_white, vel_ta_candles_t),
};

/* ---- identical_3_crows */

static inline int32_t identical_three_crows_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(2) & NO_LOWER_SHADOW(2) & BLACK(1) & NO_LOWER_SHADOW(1) & BLACK(0) & NO_LOWER_SHADOW(0) &
                      (CLOSE(2) > CLOSE(1)) & (CLOSE(1) > CLOSE(0)) & WITHIN(OPEN(1), CLOSE(2), EQUAL, 2) &
                      WITHIN(OPEN(0), CLOSE(1), EQUAL, 1),
                  -100);
}

VEL_TA_PATTERN(identical_three_crows, .candles = 2,
               .averages = {
                   {SHADOW_VERY_SHORT, 2}, {SHADOW_VERY_SHORT, 1}, {SHADOW_VERY_SHORT, 0}, {EQUAL, 2}, {EQUAL, 1}})

static const vel_indicator_kind_t identical_three_crows = {
    .name = "cdl_identical_3_crows",
    .class_name = "CdlIdentical3Crows",
    .title = "Identical three crows",
    .formula = "-100 after three black candles with falling closes and very short lower shadows (shadow_very_short), "
               "each opening at the close before (equal)",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLIDENTICAL3CROWS",
    VEL_TA_PATTERN_KIND(identical_three_crows, vel_ta_candles_t),
};

/* ---- stalled_pattern */

static inline int32_t stalled_pattern_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(2) & WHITE(1) & WHITE(0) & (CLOSE(0) > CLOSE(1)) & (CLOSE(1) > CLOSE(2)) & LONG(2) & LONG(1) &
                      NO_UPPER_SHADOW(1) & (OPEN(1) > OPEN(2)) & (OPEN(1) <= CLOSE(2) + AVERAGE(NEAR, 2)) & SHORT(0) &
                      (OPEN(0) >= CLOSE(1) - BODY(0) - AVERAGE(NEAR, 1)),
                  -100);
}

VEL_TA_PATTERN(stalled_pattern, .candles = 2,
               .averages = {
                   {BODY_LONG, 2}, {BODY_LONG, 1}, {BODY_SHORT, 0}, {SHADOW_VERY_SHORT, 1}, {NEAR, 2}, {NEAR, 1}})

static const vel_indicator_kind_t stalled_pattern = {
    .name = "cdl_stalled_pattern",
    .class_name = "CdlStalledPattern",
    .title = "Stalled pattern",
    .formula = "-100 after three white candles with rising closes: two long ones (body_long), the second opening "
               "within or near (near) the first body and with a very short upper shadow (shadow_very_short); then a "
               "short one (body_short) at or above the upper end of the second body (near)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLSTALLEDPATTERN",
    VEL_TA_PATTERN_KIND(stalled_pattern, vel_ta_candles_t),
};

/* ---- stick_sandwich */

static inline int32_t stick_sandwich_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(2) & WHITE(1) & BLACK(0) & (LOW(1) > CLOSE(2)) & WITHIN(CLOSE(0), CLOSE(2), EQUAL, 2), 100);
}

VEL_TA_PATTERN(stick_sandwich, .candles = 2, .averages = {{EQUAL, 2}})

static const vel_indicator_kind_t stick_sandwich = {
    .name = "cdl_stick_sandwich",
    .class_name = "CdlStickSandwich",
    .title = "Stick sandwich",
    .formula = "100 if after a black candle a white one trades only above its close and a black one closes at that "
               "close (equal)",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLSTICKSANDWICH",
    VEL_TA_PATTERN_KIND(stick_sandwich, vel_ta_candles_t),
};

/* ---- tasuki_gap */

static inline int32_t tasuki_gap_at(VEL_TA_ROW)
{
    int is_near = fabs(BODY(1) - BODY(0)) < AVERAGE(NEAR, 1);
    int is_up = BODY_GAPS_UP(1, 2) & WHITE(1) & BLACK(0) & (OPEN(0) < CLOSE(1)) & (OPEN(0) > OPEN(1)) &
                (CLOSE(0) < OPEN(1)) & (CLOSE(0) > LARGER(CLOSE(2), OPEN(2)));
    int is_down = BODY_GAPS_DOWN(1, 2) & BLACK(1) & WHITE(0) & (OPEN(0) < OPEN(1)) & (OPEN(0) > CLOSE(1)) &
                  (CLOSE(0) > OPEN(1)) & (CLOSE(0) < SMALLER(CLOSE(2), OPEN(2)));
    return SIGNAL(is_near & (is_up | is_down), SIGNED(WHITE(1)));
}

VEL_TA_PATTERN(tasuki_gap, .candles = 2, .averages = {{NEAR, 1}})

static const vel_indicator_kind_t tasuki_gap = {
    .name = "cdl_tasuki_gap",
    .class_name = "CdlTasukiGap",
    .title = "Tasuki gap",
    .formula = "A body gaps away in its own direction, and a candle of the other colour opens within that body and "
               "closes beyond it inside the gap, with a body of near size (near): 100 if the gap is up, -100 if it is "
               "down",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLTASUKIGAP",
    VEL_TA_PATTERN_KIND(tasuki_gap, vel_ta_candles_t),
};

/* ---- tristar */

static inline int32_t tristar_at(VEL_TA_ROW)
{
    double most = AVERAGE(BODY_DOJI, 2);
    int is_found = (BODY(2) <= most) & (BODY(1) <= most) & (BODY(0) <= most);
    int is_up = BODY_GAPS_UP(1, 2) & (LARGER(OPEN(0), CLOSE(0)) < LARGER(OPEN(1), CLOSE(1)));
    int is_down = BODY_GAPS_DOWN(1, 2) & (SMALLER(OPEN(0), CLOSE(0)) > SMALLER(OPEN(1), CLOSE(1)));
    return SIGNAL(is_found & (is_up | is_down), SIGNED(is_down));
}

VEL_TA_PATTERN(tristar, .candles = 2, .averages = {{BODY_DOJI, 2}})

static const vel_indicator_kind_t tristar = {
    .name = "cdl_tristar",
    .class_name = "CdlTristar",
    .title = "Tri-star",
    .formula = "Three dojis, all by the body_doji average of the first: -100 if the second body lies above the first "
               "and the third does not reach as high, 100 if the second lies below the first and the third does not "
               "reach as low",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLTRISTAR",
    VEL_TA_PATTERN_KIND(tristar, vel_ta_candles_t),
};

/* ---- unique_3_river */

static inline int32_t unique_three_river_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(2) & BLACK(1) & WHITE(0) & (CLOSE(1) > CLOSE(2)) & (OPEN(1) <= OPEN(2)) & (LOW(1) < LOW(2)) &
                      (OPEN(0) > LOW(1)) & LONG(2) & SHORT(0),
                  100);
}

VEL_TA_PATTERN(unique_three_river, .candles = 2, .averages = {{BODY_LONG, 2}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t unique_three_river = {
    .name = "cdl_unique_3_river",
    .class_name = "CdlUnique3River",
    .title = "Unique three river bottom",
    .formula = "100 if after a long black candle (body_long) a black one with its body within the first makes a lower "
               "low and a short white one (body_short) opens above that low",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLUNIQUE3RIVER",
    VEL_TA_PATTERN_KIND(unique_three_river, vel_ta_candles_t),
};

/* ---- upside_gap_2_crows */

static inline int32_t upside_gap_two_crows_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(2) & LONG(2) & BLACK(1) & SHORT_OR_EQUAL(1) & BODY_GAPS_UP(1, 2) & BLACK(0) &
                      (OPEN(0) > OPEN(1)) & (CLOSE(0) < CLOSE(1)) & (CLOSE(0) > CLOSE(2)),
                  -100);
}

VEL_TA_PATTERN(upside_gap_two_crows, .candles = 2, .averages = {{BODY_LONG, 2}, {BODY_SHORT, 1}})

static const vel_indicator_kind_t upside_gap_two_crows = {
    .name = "cdl_upside_gap_2_crows",
    .class_name = "CdlUpsideGap2Crows",
    .title = "Upside gap two crows",
    .formula = "-100 if after a long white candle (body_long) a short black body (body_short) gaps up and a black "
               "body holds it, closing above the white close",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLUPSIDEGAP2CROWS",
    VEL_TA_PATTERN_KIND(upside_gap_two_crows, vel_ta_candles_t),
};

/* ---- gap_3_methods */

static inline int32_t gap_three_methods_at(VEL_TA_ROW)
{
    return SIGNAL(ALIKE(2, 1) & OPPOSITE(1, 0) & (OPEN(0) < LARGER(CLOSE(1), OPEN(1))) &
                      (OPEN(0) > SMALLER(CLOSE(1), OPEN(1))) & (CLOSE(0) < LARGER(CLOSE(2), OPEN(2))) &
                      (CLOSE(0) > SMALLER(CLOSE(2), OPEN(2))) &
                      ((WHITE(2) & BODY_GAPS_UP(1, 2)) | (BLACK(2) & BODY_GAPS_DOWN(1, 2))),
                  SIGNED(WHITE(2)));
}

VEL_TA_PATTERN(gap_three_methods, .candles = 2)

static const vel_indicator_kind_t gap_three_methods = {
    .name = "cdl_gap_3_methods",
    .class_name = "CdlGap3Methods",
    .title = "Upside and downside gap three methods",
    .formula = "Two candles of one colour with a gap between their bodies in its direction, and a third of the other "
               "colour that opens within the second body and closes within the first: 100 if the first is white, -100 "
               "if black",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLXSIDEGAP3METHODS",
    VEL_TA_PATTERN_KIND(gap_three_methods, vel_ta_candles_t),
};

const vel_indicator_kind_t *const VEL_TA_LIST(patterns_three)[] = {
    &two_crows,
    &three_inside,
    &three_outside,
    &three_stars_in_south,
    &three_white_soldiers,
    &abandoned_baby,
    &advance_block,
    &evening_doji_star,
    &evening_star,
    &morning_doji_star,
    &morning_star,
    &gap_side_by_side_white,
    &identical_three_crows,
    &stalled_pattern,
    &stick_sandwich,
    &tasuki_gap,
    &tristar,
    &unique_three_river,
    &upside_gap_two_crows,
    &gap_three_methods,
    NULL,
};
