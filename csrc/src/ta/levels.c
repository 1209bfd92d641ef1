/* levels.c: pivot points and retracements. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(levels)[] = {
    NULL,
};
