/* cycles.c: Hilbert transform and cycles. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(cycles)[] = {
    NULL,
};
