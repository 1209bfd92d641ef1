/* volatility.c: true range and volatility. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(volatility)[] = {
    NULL,
};
