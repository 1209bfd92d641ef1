/* true_range.h: the range of a row together with the gap from the close before it (J. W. Wilder, 1978). */
#ifndef VELORA_TA_TRUE_RANGE_H
#define VELORA_TA_TRUE_RANGE_H

#include "changes.h"

/* The largest of high - low and the distances of both from the close before. A NaN close before counts as no gap; a NaN
 * high or low gives NaN. */
static inline double vel_ta_true_range(double high, double low, double close_before)
{
    double range = high - low, above = fabs(close_before - high), below = fabs(close_before - low);
    range = above > range ? above : range;
    return below > range ? below : range;
}

/* `close` holds the close of the row before; `in` are columns of high, low and close. The range of the very first row,
 * which has no close before it, is of no use. */
static inline void vel_ta_true_range_run(vel_ta_previous_t *close, int64_t m, const double *const *in, double *out)
{
    const double *high = in[0], *low = in[1];
    double before[VEL_TA_CHUNK];
    vel_ta_previous_run(close, m, in[2], before);
    for (int64_t i = 0; i < m; i++)
        out[i] = vel_ta_true_range(high[i], low[i], before[i]);
}

#endif
