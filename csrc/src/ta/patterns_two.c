/* patterns_two.c: candlestick patterns of two candles. */
#include "patterns.h"

/* ---- engulfing */

static inline int32_t engulfing_at(VEL_TA_ROW)
{
    int is_white = WHITE(0) & BLACK(1) &
                   (((CLOSE(0) >= OPEN(1)) & (OPEN(0) < CLOSE(1))) | ((CLOSE(0) > OPEN(1)) & (OPEN(0) <= CLOSE(1))));
    int is_black = BLACK(0) & WHITE(1) &
                   (((OPEN(0) >= CLOSE(1)) & (CLOSE(0) < OPEN(1))) | ((OPEN(0) > CLOSE(1)) & (CLOSE(0) <= OPEN(1))));
    int is_strict = (OPEN(0) != CLOSE(1)) & (CLOSE(0) != OPEN(1));
    int32_t size = is_strict ? 100 : 80;
    return SIGNAL(is_white, size) - SIGNAL(is_black, size);
}

VEL_TA_PATTERN(engulfing, .candles = 2)

static const vel_indicator_kind_t engulfing = {
    .name = "cdl_engulfing",
    .class_name = "CdlEngulfing",
    .title = "Engulfing pattern",
    .formula = "100 if a white body holds the black body of the candle before (close >= its open, open <= its close, "
               "one of them strictly), -100 if a black body holds a white one; 80 and -80 where the bodies share one "
               "end",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLENGULFING",
    VEL_TA_PATTERN_KIND(engulfing, vel_ta_candles_t),
};

/* ---- harami */

static inline int32_t harami_at(VEL_TA_ROW)
{
    int is_found = LONG(1) & SHORT_OR_EQUAL(0);
    int is_strict = (LARGER(CLOSE(0), OPEN(0)) < LARGER(CLOSE(1), OPEN(1))) &
                    (SMALLER(CLOSE(0), OPEN(0)) > SMALLER(CLOSE(1), OPEN(1)));
    int is_inside = (LARGER(CLOSE(0), OPEN(0)) <= LARGER(CLOSE(1), OPEN(1))) &
                    (SMALLER(CLOSE(0), OPEN(0)) >= SMALLER(CLOSE(1), OPEN(1)));
    int32_t size = is_strict ? 100 : 80;
    return SIGNAL(is_found & is_inside, BLACK(1) ? size : -size);
}

VEL_TA_PATTERN(harami, .candles = 1, .averages = {{BODY_LONG, 1}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t harami = {
    .name = "cdl_harami",
    .class_name = "CdlHarami",
    .title = "Harami",
    .formula = "100 if a short body (body_short) lies within the long black body (body_long) of the candle before, "
               "-100 if that one is white; 80 and -80 where the bodies share one end",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLHARAMI",
    VEL_TA_PATTERN_KIND(harami, vel_ta_candles_t),
};

/* ---- harami_cross */

static inline int32_t harami_cross_at(VEL_TA_ROW)
{
    int is_found = LONG(1) & DOJI(0);
    int is_strict = (LARGER(CLOSE(0), OPEN(0)) < LARGER(CLOSE(1), OPEN(1))) &
                    (SMALLER(CLOSE(0), OPEN(0)) > SMALLER(CLOSE(1), OPEN(1)));
    int is_inside = (LARGER(CLOSE(0), OPEN(0)) <= LARGER(CLOSE(1), OPEN(1))) &
                    (SMALLER(CLOSE(0), OPEN(0)) >= SMALLER(CLOSE(1), OPEN(1)));
    int32_t size = is_strict ? 100 : 80;
    return SIGNAL(is_found & is_inside, BLACK(1) ? size : -size);
}

VEL_TA_PATTERN(harami_cross, .candles = 1, .averages = {{BODY_LONG, 1}, {BODY_DOJI, 0}})

static const vel_indicator_kind_t harami_cross = {
    .name = "cdl_harami_cross",
    .class_name = "CdlHaramiCross",
    .title = "Harami cross",
    .formula = "100 if a doji (body_doji) lies within the long black body (body_long) of the candle before, -100 if "
               "that one is white; 80 and -80 where the bodies share one end",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLHARAMICROSS",
    VEL_TA_PATTERN_KIND(harami_cross, vel_ta_candles_t),
};

/* ---- doji_star */

static inline int32_t doji_star_at(VEL_TA_ROW)
{
    return SIGNAL(LONG(1) & DOJI(0) & ((WHITE(1) & BODY_GAPS_UP(0, 1)) | (BLACK(1) & BODY_GAPS_DOWN(0, 1))),
                  SIGNED(BLACK(1)));
}

VEL_TA_PATTERN(doji_star, .candles = 1, .averages = {{BODY_LONG, 1}, {BODY_DOJI, 0}})

static const vel_indicator_kind_t doji_star = {
    .name = "cdl_doji_star",
    .class_name = "CdlDojiStar",
    .title = "Doji star",
    .formula = "-100 if a doji (body_doji) lies above the long white body (body_long) of the candle before, 100 if it "
               "lies below a long black one",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLDOJISTAR",
    VEL_TA_PATTERN_KIND(doji_star, vel_ta_candles_t),
};

/* ---- dark_cloud_cover */

static inline int32_t dark_cloud_cover_at(VEL_TA_ROW)
{
    return SIGNAL(WHITE(1) & LONG(1) & BLACK(0) & (OPEN(0) > HIGH(1)) & (CLOSE(0) > OPEN(1)) &
                      (CLOSE(0) < CLOSE(1) - BODY(1) * rows->penetration),
                  -100);
}

VEL_TA_PATTERN(dark_cloud_cover, .candles = 1, .has_penetration = true, .averages = {{BODY_LONG, 1}})

static const vel_indicator_kind_t dark_cloud_cover = {
    .name = "cdl_dark_cloud_cover",
    .class_name = "CdlDarkCloudCover",
    .title = "Dark cloud cover",
    .formula = "-100 if a black candle opens above the high of a long white candle (body_long) and closes within its "
               "body, more than penetration x body below its close",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLDARKCLOUDCOVER",
    .params = {VEL_TA_PENETRATION(0.5, "part of the first body that the second close must penetrate")},
    VEL_TA_PATTERN_KIND(dark_cloud_cover, vel_ta_candles_t),
};

/* ---- piercing */

static inline int32_t piercing_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(1) & LONG(1) & WHITE(0) & LONG(0) & (OPEN(0) < LOW(1)) & (CLOSE(0) < OPEN(1)) &
                      (CLOSE(0) > CLOSE(1) + BODY(1) * 0.5),
                  100);
}

VEL_TA_PATTERN(piercing, .candles = 1, .averages = {{BODY_LONG, 1}, {BODY_LONG, 0}})

static const vel_indicator_kind_t piercing = {
    .name = "cdl_piercing",
    .class_name = "CdlPiercing",
    .title = "Piercing line",
    .formula = "100 if a long white candle (body_long) opens below the low of a long black one and closes within its "
               "body, above the middle of it",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLPIERCING",
    VEL_TA_PATTERN_KIND(piercing, vel_ta_candles_t),
};

/* ---- counterattack */

static inline int32_t counterattack_at(VEL_TA_ROW)
{
    return SIGNAL(OPPOSITE(1, 0) & LONG(1) & LONG(0) & WITHIN(CLOSE(0), CLOSE(1), EQUAL, 1), SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(counterattack, .candles = 1, .averages = {{BODY_LONG, 1}, {BODY_LONG, 0}, {EQUAL, 1}})

static const vel_indicator_kind_t counterattack = {
    .name = "cdl_counterattack",
    .class_name = "CdlCounterattack",
    .title = "Counterattack lines",
    .formula = "100 (white) or -100 (black) if a long candle (body_long) follows a long one of the other colour and "
               "their closes are equal (equal)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLCOUNTERATTACK",
    VEL_TA_PATTERN_KIND(counterattack, vel_ta_candles_t),
};

/* ---- in_neck */

static inline int32_t in_neck_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(1) & LONG(1) & WHITE(0) & (OPEN(0) < LOW(1)) & (CLOSE(0) <= CLOSE(1) + AVERAGE(EQUAL, 1)) &
                      (CLOSE(0) >= CLOSE(1)),
                  -100);
}

VEL_TA_PATTERN(in_neck, .candles = 1, .averages = {{BODY_LONG, 1}, {EQUAL, 1}})

static const vel_indicator_kind_t in_neck = {
    .name = "cdl_in_neck",
    .class_name = "CdlInNeck",
    .title = "In-neck line",
    .formula = "-100 if a white candle opens below the low of a long black one (body_long) and closes at its close or "
               "little above (equal)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLINNECK",
    VEL_TA_PATTERN_KIND(in_neck, vel_ta_candles_t),
};

/* ---- on_neck */

static inline int32_t on_neck_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(1) & LONG(1) & WHITE(0) & (OPEN(0) < LOW(1)) & WITHIN(CLOSE(0), LOW(1), EQUAL, 1), -100);
}

VEL_TA_PATTERN(on_neck, .candles = 1, .averages = {{BODY_LONG, 1}, {EQUAL, 1}})

static const vel_indicator_kind_t on_neck = {
    .name = "cdl_on_neck",
    .class_name = "CdlOnNeck",
    .title = "On-neck line",
    .formula = "-100 if a white candle opens below the low of a long black one (body_long) and closes at that low "
               "(equal)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLONNECK",
    VEL_TA_PATTERN_KIND(on_neck, vel_ta_candles_t),
};

/* ---- thrusting */

static inline int32_t thrusting_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(1) & LONG(1) & WHITE(0) & (OPEN(0) < LOW(1)) & (CLOSE(0) > CLOSE(1) + AVERAGE(EQUAL, 1)) &
                      (CLOSE(0) <= CLOSE(1) + BODY(1) * 0.5),
                  -100);
}

VEL_TA_PATTERN(thrusting, .candles = 1, .averages = {{BODY_LONG, 1}, {EQUAL, 1}})

static const vel_indicator_kind_t thrusting = {
    .name = "cdl_thrusting",
    .class_name = "CdlThrusting",
    .title = "Thrusting line",
    .formula = "-100 if a white candle opens below the low of a long black one (body_long) and closes within its "
               "body, clearly above its close (equal) and not above the middle",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLTHRUSTING",
    VEL_TA_PATTERN_KIND(thrusting, vel_ta_candles_t),
};

/* ---- homing_pigeon */

static inline int32_t homing_pigeon_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(1) & BLACK(0) & LONG(1) & SHORT_OR_EQUAL(0) & (OPEN(0) < OPEN(1)) & (CLOSE(0) > CLOSE(1)), 100);
}

VEL_TA_PATTERN(homing_pigeon, .candles = 1, .averages = {{BODY_LONG, 1}, {BODY_SHORT, 0}})

static const vel_indicator_kind_t homing_pigeon = {
    .name = "cdl_homing_pigeon",
    .class_name = "CdlHomingPigeon",
    .title = "Homing pigeon",
    .formula = "100 if a short black body (body_short) lies within the long black body (body_long) of the candle "
               "before",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLHOMINGPIGEON",
    VEL_TA_PATTERN_KIND(homing_pigeon, vel_ta_candles_t),
};

/* ---- kicking */

static inline int32_t kicking_at(VEL_TA_ROW)
{
    return SIGNAL(OPPOSITE(1, 0) & LONG(1) & NO_UPPER_SHADOW(1) & NO_LOWER_SHADOW(1) & LONG(0) & NO_UPPER_SHADOW(0) &
                      NO_LOWER_SHADOW(0) & ((BLACK(1) & GAPS_UP(0, 1)) | (WHITE(1) & GAPS_DOWN(0, 1))),
                  SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(kicking, .candles = 1,
               .averages = {{SHADOW_VERY_SHORT, 1}, {SHADOW_VERY_SHORT, 0}, {BODY_LONG, 1}, {BODY_LONG, 0}})

static const vel_indicator_kind_t kicking = {
    .name = "cdl_kicking",
    .class_name = "CdlKicking",
    .title = "Kicking",
    .formula = "100 if a white marubozu lies wholly above a black one before, -100 if a black one lies wholly below a "
               "white one; a marubozu has a long body (body_long) and very short shadows (shadow_very_short)",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLKICKING",
    VEL_TA_PATTERN_KIND(kicking, vel_ta_candles_t),
};

/* ---- kicking_by_length */

static inline int32_t kicking_by_length_at(VEL_TA_ROW)
{
    return SIGNAL(OPPOSITE(1, 0) & LONG(1) & NO_UPPER_SHADOW(1) & NO_LOWER_SHADOW(1) & LONG(0) & NO_UPPER_SHADOW(0) &
                      NO_LOWER_SHADOW(0) & ((BLACK(1) & GAPS_UP(0, 1)) | (WHITE(1) & GAPS_DOWN(0, 1))),
                  SIGNED((WHITE(0) & (BODY(0) > BODY(1))) | (WHITE(1) & !(BODY(0) > BODY(1)))));
}

VEL_TA_PATTERN(kicking_by_length, .candles = 1,
               .averages = {{SHADOW_VERY_SHORT, 1}, {SHADOW_VERY_SHORT, 0}, {BODY_LONG, 1}, {BODY_LONG, 0}})

static const vel_indicator_kind_t kicking_by_length = {
    .name = "cdl_kicking_by_length",
    .class_name = "CdlKickingByLength",
    .title = "Kicking by length",
    .formula = "Two marubozu of different colours with a gap between them, as in kicking; 100 if the one with the "
               "longer body is white, -100 if it is black",
    .source = BULKOWSKI AS_IN_TALIB,
    .talib = "CDLKICKINGBYLENGTH",
    VEL_TA_PATTERN_KIND(kicking_by_length, vel_ta_candles_t),
};

/* ---- matching_low */

static inline int32_t matching_low_at(VEL_TA_ROW)
{
    return SIGNAL(BLACK(1) & BLACK(0) & WITHIN(CLOSE(0), CLOSE(1), EQUAL, 1), 100);
}

VEL_TA_PATTERN(matching_low, .candles = 1, .averages = {{EQUAL, 1}})

static const vel_indicator_kind_t matching_low = {
    .name = "cdl_matching_low",
    .class_name = "CdlMatchingLow",
    .title = "Matching low",
    .formula = "100 if two black candles have equal closes (equal)",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLMATCHINGLOW",
    VEL_TA_PATTERN_KIND(matching_low, vel_ta_candles_t),
};

/* ---- separating_lines */

static inline int32_t separating_lines_at(VEL_TA_ROW)
{
    return SIGNAL(OPPOSITE(1, 0) & WITHIN(OPEN(0), OPEN(1), EQUAL, 1) & LONG(0) &
                      ((WHITE(0) & NO_LOWER_SHADOW(0)) | (BLACK(0) & NO_UPPER_SHADOW(0))),
                  SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(separating_lines, .candles = 1, .averages = {{SHADOW_VERY_SHORT, 0}, {BODY_LONG, 0}, {EQUAL, 1}})

static const vel_indicator_kind_t separating_lines = {
    .name = "cdl_separating_lines",
    .class_name = "CdlSeparatingLines",
    .title = "Separating lines",
    .formula = "100 (white) or -100 (black) if a belt hold follows a candle of the other colour with an equal open "
               "(equal): its body is long (body_long), its shadow at the open very short (shadow_very_short)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLSEPARATINGLINES",
    VEL_TA_PATTERN_KIND(separating_lines, vel_ta_candles_t),
};

const vel_indicator_kind_t *const VEL_TA_LIST(patterns_two)[] = {
    &engulfing, &harami,    &harami_cross,  &doji_star, &dark_cloud_cover,  &piercing,     &counterattack,    &in_neck,
    &on_neck,   &thrusting, &homing_pigeon, &kicking,   &kicking_by_length, &matching_low, &separating_lines, NULL,
};
