/* prices.c: prices of a candle. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(prices)[] = {
    NULL,
};
