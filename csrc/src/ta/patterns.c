/* patterns.c: candlestick patterns. */
#include "inner.h"

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

const vel_indicator_kind_t *const VEL_TA_LIST(patterns)[] = {
    NULL,
};
