/* volume.c: price with volume. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(volume)[] = {
    NULL,
};
