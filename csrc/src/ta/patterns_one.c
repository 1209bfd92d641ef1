/* patterns_one.c: candlestick patterns of one candle, alone or beside the one before. */
#include "patterns.h"

/* ---- doji */

static inline int32_t doji_at(VEL_TA_ROW)
{
    return SIGNAL(DOJI(0), 100);
}

VEL_TA_PATTERN(doji, .averages = {{BODY_DOJI, 0}})

static const vel_indicator_kind_t doji = {
    .name = "cdl_doji",
    .class_name = "CdlDoji",
    .title = "Doji",
    .formula = "100 if the body is at most the body_doji average: open and close are about equal",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLDOJI",
    VEL_TA_PATTERN_KIND(doji, vel_ta_candles_t),
};

/* ---- dragonfly_doji */

static inline int32_t dragonfly_doji_at(VEL_TA_ROW)
{
    return SIGNAL(DOJI(0) & NO_UPPER_SHADOW(0) & (LOWER_SHADOW(0) > AVERAGE(SHADOW_VERY_SHORT, 0)), 100);
}

VEL_TA_PATTERN(dragonfly_doji, .averages = {{BODY_DOJI, 0}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t dragonfly_doji = {
    .name = "cdl_dragonfly_doji",
    .class_name = "CdlDragonflyDoji",
    .title = "Dragonfly doji",
    .formula = "100 if the candle is a doji (body_doji) at its high: the upper shadow is very short "
               "(shadow_very_short), the lower one is not",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLDRAGONFLYDOJI",
    VEL_TA_PATTERN_KIND(dragonfly_doji, vel_ta_candles_t),
};

/* ---- gravestone_doji */

static inline int32_t gravestone_doji_at(VEL_TA_ROW)
{
    return SIGNAL(DOJI(0) & NO_LOWER_SHADOW(0) & (UPPER_SHADOW(0) > AVERAGE(SHADOW_VERY_SHORT, 0)), 100);
}

VEL_TA_PATTERN(gravestone_doji, .averages = {{BODY_DOJI, 0}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t gravestone_doji = {
    .name = "cdl_gravestone_doji",
    .class_name = "CdlGravestoneDoji",
    .title = "Gravestone doji",
    .formula = "100 if the candle is a doji (body_doji) at its low: the lower shadow is very short "
               "(shadow_very_short), the upper one is not",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLGRAVESTONEDOJI",
    VEL_TA_PATTERN_KIND(gravestone_doji, vel_ta_candles_t),
};

/* ---- long_legged_doji */

static inline int32_t long_legged_doji_at(VEL_TA_ROW)
{
    return SIGNAL(DOJI(0) & ((LOWER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0)) | (UPPER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0))),
                  100);
}

VEL_TA_PATTERN(long_legged_doji, .averages = {{BODY_DOJI, 0}, {SHADOW_LONG, 0}})

static const vel_indicator_kind_t long_legged_doji = {
    .name = "cdl_long_legged_doji",
    .class_name = "CdlLongLeggedDoji",
    .title = "Long-legged doji",
    .formula = "100 if the candle is a doji (body_doji) with at least one long shadow (shadow_long)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLLONGLEGGEDDOJI",
    VEL_TA_PATTERN_KIND(long_legged_doji, vel_ta_candles_t),
};

/* ---- rickshaw_man */

static inline int32_t rickshaw_man_at(VEL_TA_ROW)
{
    return SIGNAL(DOJI(0) & (LOWER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0)) & (UPPER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0)) &
                      (SMALLER(OPEN(0), CLOSE(0)) <= LOW(0) + (HIGH(0) - LOW(0)) / 2.0 + AVERAGE(NEAR, 0)) &
                      (LARGER(OPEN(0), CLOSE(0)) >= LOW(0) + (HIGH(0) - LOW(0)) / 2.0 - AVERAGE(NEAR, 0)),
                  100);
}

VEL_TA_PATTERN(rickshaw_man, .averages = {{BODY_DOJI, 0}, {SHADOW_LONG, 0}, {NEAR, 0}})

static const vel_indicator_kind_t rickshaw_man = {
    .name = "cdl_rickshaw_man",
    .class_name = "CdlRickshawMan",
    .title = "Rickshaw man",
    .formula = "100 if the candle is a doji (body_doji) with two long shadows (shadow_long) and a body near (near) "
               "the middle of its range",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLRICKSHAWMAN",
    VEL_TA_PATTERN_KIND(rickshaw_man, vel_ta_candles_t),
};

/* ---- takuri */

static inline int32_t takuri_at(VEL_TA_ROW)
{
    return SIGNAL(DOJI(0) & NO_UPPER_SHADOW(0) & (LOWER_SHADOW(0) > AVERAGE(SHADOW_VERY_LONG, 0)), 100);
}

VEL_TA_PATTERN(takuri, .averages = {{BODY_DOJI, 0}, {SHADOW_VERY_SHORT, 0}, {SHADOW_VERY_LONG, 0}})

static const vel_indicator_kind_t takuri = {
    .name = "cdl_takuri",
    .class_name = "CdlTakuri",
    .title = "Takuri line",
    .formula = "100 if the candle is a doji (body_doji) with a very short upper shadow (shadow_very_short) and a very "
               "long lower one (shadow_very_long)",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLTAKURI",
    VEL_TA_PATTERN_KIND(takuri, vel_ta_candles_t),
};

/* ---- high_wave */

static inline int32_t high_wave_at(VEL_TA_ROW)
{
    return SIGNAL(SHORT(0) & (UPPER_SHADOW(0) > AVERAGE(SHADOW_VERY_LONG, 0)) &
                      (LOWER_SHADOW(0) > AVERAGE(SHADOW_VERY_LONG, 0)),
                  SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(high_wave, .averages = {{BODY_SHORT, 0}, {SHADOW_VERY_LONG, 0}})

static const vel_indicator_kind_t high_wave = {
    .name = "cdl_high_wave",
    .class_name = "CdlHighWave",
    .title = "High wave",
    .formula = "100 (white) or -100 (black) if the body is short (body_short) and both shadows are very long "
               "(shadow_very_long)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLHIGHWAVE",
    VEL_TA_PATTERN_KIND(high_wave, vel_ta_candles_t),
};

/* ---- spinning_top */

static inline int32_t spinning_top_at(VEL_TA_ROW)
{
    return SIGNAL(SHORT(0) & (UPPER_SHADOW(0) > BODY(0)) & (LOWER_SHADOW(0) > BODY(0)), SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(spinning_top, .averages = {{BODY_SHORT, 0}})

static const vel_indicator_kind_t spinning_top = {
    .name = "cdl_spinning_top",
    .class_name = "CdlSpinningTop",
    .title = "Spinning top",
    .formula = "100 (white) or -100 (black) if the body is short (body_short) and shorter than each shadow",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLSPINNINGTOP",
    VEL_TA_PATTERN_KIND(spinning_top, vel_ta_candles_t),
};

/* ---- long_line */

static inline int32_t long_line_at(VEL_TA_ROW)
{
    return SIGNAL(LONG(0) & (UPPER_SHADOW(0) < AVERAGE(SHADOW_SHORT, 0)) & (LOWER_SHADOW(0) < AVERAGE(SHADOW_SHORT, 0)),
                  SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(long_line, .averages = {{BODY_LONG, 0}, {SHADOW_SHORT, 0}})

static const vel_indicator_kind_t long_line = {
    .name = "cdl_long_line",
    .class_name = "CdlLongLine",
    .title = "Long line",
    .formula = "100 (white) or -100 (black) if the body is long (body_long) and both shadows are short (shadow_short)",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLLONGLINE",
    VEL_TA_PATTERN_KIND(long_line, vel_ta_candles_t),
};

/* ---- short_line */

static inline int32_t short_line_at(VEL_TA_ROW)
{
    return SIGNAL(SHORT(0) & (UPPER_SHADOW(0) < AVERAGE(SHADOW_SHORT, 0)) &
                      (LOWER_SHADOW(0) < AVERAGE(SHADOW_SHORT, 0)),
                  SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(short_line, .averages = {{BODY_SHORT, 0}, {SHADOW_SHORT, 0}})

static const vel_indicator_kind_t short_line = {
    .name = "cdl_short_line",
    .class_name = "CdlShortLine",
    .title = "Short line",
    .formula = "100 (white) or -100 (black) if the body is short (body_short) and both shadows are short "
               "(shadow_short)",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLSHORTLINE",
    VEL_TA_PATTERN_KIND(short_line, vel_ta_candles_t),
};

/* ---- marubozu */

static inline int32_t marubozu_at(VEL_TA_ROW)
{
    return SIGNAL(LONG(0) & NO_UPPER_SHADOW(0) & NO_LOWER_SHADOW(0), SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(marubozu, .averages = {{BODY_LONG, 0}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t marubozu = {
    .name = "cdl_marubozu",
    .class_name = "CdlMarubozu",
    .title = "Marubozu",
    .formula = "100 (white) or -100 (black) if the body is long (body_long) and both shadows are very short "
               "(shadow_very_short)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLMARUBOZU",
    VEL_TA_PATTERN_KIND(marubozu, vel_ta_candles_t),
};

/* ---- closing_marubozu */

static inline int32_t closing_marubozu_at(VEL_TA_ROW)
{
    return SIGNAL(LONG(0) & ((WHITE(0) & NO_UPPER_SHADOW(0)) | (BLACK(0) & NO_LOWER_SHADOW(0))), SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(closing_marubozu, .averages = {{BODY_LONG, 0}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t closing_marubozu = {
    .name = "cdl_closing_marubozu",
    .class_name = "CdlClosingMarubozu",
    .title = "Closing marubozu",
    .formula = "100 (white) or -100 (black) if the body is long (body_long) and the shadow at the close is very short "
               "(shadow_very_short): the upper one of a white candle, the lower one of a black candle",
    .source = MORRIS AS_IN_TALIB,
    .talib = "CDLCLOSINGMARUBOZU",
    VEL_TA_PATTERN_KIND(closing_marubozu, vel_ta_candles_t),
};

/* ---- belt_hold */

static inline int32_t belt_hold_at(VEL_TA_ROW)
{
    return SIGNAL(LONG(0) & ((WHITE(0) & NO_LOWER_SHADOW(0)) | (BLACK(0) & NO_UPPER_SHADOW(0))), SIGNED(WHITE(0)));
}

VEL_TA_PATTERN(belt_hold, .averages = {{BODY_LONG, 0}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t belt_hold = {
    .name = "cdl_belt_hold",
    .class_name = "CdlBeltHold",
    .title = "Belt hold",
    .formula = "100 (white) or -100 (black) if the body is long (body_long) and the shadow at the open is very short "
               "(shadow_very_short): the lower one of a white candle, the upper one of a black candle",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLBELTHOLD",
    VEL_TA_PATTERN_KIND(belt_hold, vel_ta_candles_t),
};

/* ---- hammer */

static inline int32_t hammer_at(VEL_TA_ROW)
{
    return SIGNAL(SHORT(0) & (LOWER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0)) & NO_UPPER_SHADOW(0) &
                      (SMALLER(CLOSE(0), OPEN(0)) <= LOW(1) + AVERAGE(NEAR, 1)),
                  100);
}

VEL_TA_PATTERN(hammer, .candles = 1, .averages = {{BODY_SHORT, 0}, {SHADOW_LONG, 0}, {SHADOW_VERY_SHORT, 0}, {NEAR, 1}})

static const vel_indicator_kind_t hammer = {
    .name = "cdl_hammer",
    .class_name = "CdlHammer",
    .title = "Hammer",
    .formula = "100 if the body is short (body_short), the lower shadow long (shadow_long), the upper one very short "
               "(shadow_very_short), and the body lies below or near (near) the low of the candle before",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLHAMMER",
    VEL_TA_PATTERN_KIND(hammer, vel_ta_candles_t),
};

/* ---- hanging_man */

static inline int32_t hanging_man_at(VEL_TA_ROW)
{
    return SIGNAL(SHORT(0) & (LOWER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0)) & NO_UPPER_SHADOW(0) &
                      (SMALLER(CLOSE(0), OPEN(0)) >= HIGH(1) - AVERAGE(NEAR, 1)),
                  -100);
}

VEL_TA_PATTERN(hanging_man, .candles = 1,
               .averages = {{BODY_SHORT, 0}, {SHADOW_LONG, 0}, {SHADOW_VERY_SHORT, 0}, {NEAR, 1}})

static const vel_indicator_kind_t hanging_man = {
    .name = "cdl_hanging_man",
    .class_name = "CdlHangingMan",
    .title = "Hanging man",
    .formula = "-100 if the body is short (body_short), the lower shadow long (shadow_long), the upper one very short "
               "(shadow_very_short), and the body lies above or near (near) the high of the candle before",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLHANGINGMAN",
    VEL_TA_PATTERN_KIND(hanging_man, vel_ta_candles_t),
};

/* ---- inverted_hammer */

static inline int32_t inverted_hammer_at(VEL_TA_ROW)
{
    return SIGNAL(BODY_GAPS_DOWN(0, 1) & SHORT(0) & (UPPER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0)) & NO_LOWER_SHADOW(0),
                  100);
}

VEL_TA_PATTERN(inverted_hammer, .candles = 1, .averages = {{BODY_SHORT, 0}, {SHADOW_LONG, 0}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t inverted_hammer = {
    .name = "cdl_inverted_hammer",
    .class_name = "CdlInvertedHammer",
    .title = "Inverted hammer",
    .formula = "100 if the body is short (body_short) and below the body before, the upper shadow long (shadow_long), "
               "the lower one very short (shadow_very_short)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLINVERTEDHAMMER",
    VEL_TA_PATTERN_KIND(inverted_hammer, vel_ta_candles_t),
};

/* ---- shooting_star */

static inline int32_t shooting_star_at(VEL_TA_ROW)
{
    return SIGNAL(BODY_GAPS_UP(0, 1) & SHORT(0) & (UPPER_SHADOW(0) > AVERAGE(SHADOW_LONG, 0)) & NO_LOWER_SHADOW(0),
                  -100);
}

VEL_TA_PATTERN(shooting_star, .candles = 1, .averages = {{BODY_SHORT, 0}, {SHADOW_LONG, 0}, {SHADOW_VERY_SHORT, 0}})

static const vel_indicator_kind_t shooting_star = {
    .name = "cdl_shooting_star",
    .class_name = "CdlShootingStar",
    .title = "Shooting star",
    .formula = "-100 if the body is short (body_short) and above the body before, the upper shadow long "
               "(shadow_long), the lower one very short (shadow_very_short)",
    .source = NISON AS_IN_TALIB,
    .talib = "CDLSHOOTINGSTAR",
    VEL_TA_PATTERN_KIND(shooting_star, vel_ta_candles_t),
};

const vel_indicator_kind_t *const VEL_TA_LIST(patterns_one)[] = {
    &doji,      &dragonfly_doji, &gravestone_doji, &long_legged_doji, &rickshaw_man,  &takuri,
    &high_wave, &spinning_top,   &long_line,       &short_line,       &marubozu,      &closing_marubozu,
    &belt_hold, &hammer,         &hanging_man,     &inverted_hammer,  &shooting_star, NULL,
};
