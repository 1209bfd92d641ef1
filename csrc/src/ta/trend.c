/* trend.c: direction and strength of a trend. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(trend)[] = {
    NULL,
};
