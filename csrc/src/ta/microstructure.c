/* microstructure.c: trades, quotes and book events. */
#include "inner.h"

const vel_indicator_kind_t *const VEL_TA_LIST(microstructure)[] = {
    NULL,
};
