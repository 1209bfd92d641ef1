#include "velora/queue_model.h"

void vel_queue_risk_averse(vel_queue_place_t *place, double before, double after, const void *params)
{
    (void)before;
    (void)params;
    if (place->ahead > after)
        place->ahead = after;
}
