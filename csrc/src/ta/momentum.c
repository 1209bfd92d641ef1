/* momentum.c: rates of change and momentum. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(momentum)[] = {
    NULL,
};
