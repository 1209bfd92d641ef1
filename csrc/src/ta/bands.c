/* bands.c: bands and channels. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(bands)[] = {
    NULL,
};
