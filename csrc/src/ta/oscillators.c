/* oscillators.c: bounded oscillators. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(oscillators)[] = {
    NULL,
};
