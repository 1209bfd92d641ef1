/* statistics.c: statistics of a window. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(statistics)[] = {
    NULL,
};
