#include "velora/queue_model.h"

#include <math.h>

static double weight(const void *params, double lots)
{
    const vel_queue_params_t *own = params;
    return own->exponent == 0.0 ? log1p(lots) : pow(lots, own->exponent);
}

static void bound(vel_queue_position_t *position, double ahead, double after)
{
    if (!(ahead < after)) /* a NaN is an unknown number of lots ahead: the total bounds it */
        ahead = after;
    position->ahead = ahead > 0.0 ? ahead : 0.0;
}

/* Lots that left the level without a trade; negative when it grew by more than the traded lots. */
static double canceled(const vel_queue_position_t *position, double before, double after)
{
    return before - after - position->traded;
}

void vel_queue_risk_averse(vel_queue_position_t *position, double before, double after, const void *params)
{
    (void)before;
    (void)params;
    if (position->ahead > after)
        position->ahead = after;
}

void vel_queue_optimistic(vel_queue_position_t *position, double before, double after, const void *params)
{
    (void)params;
    double gone = canceled(position, before, after);
    bound(position, gone > 0.0 ? position->ahead - gone : position->ahead, after);
}

/* Lots behind us that the trades since the last row cannot have filled. */
static double behind(const vel_queue_position_t *position, double before)
{
    double lots = before - position->traded - position->ahead;
    return lots > 0.0 ? lots : 0.0;
}

static void split(vel_queue_position_t *position, double before, double after, double weight_ahead,
                  double weight_behind)
{
    double gone = canceled(position, before, after), back = behind(position, before);
    double ahead = position->ahead;
    if (gone > 0.0) {
        double sum = weight_ahead + weight_behind;
        double from_ahead = sum > 0.0 ? gone * (weight_ahead / sum) : 0.0;
        /* The rest of one side's share comes from the other side. */
        double excess = gone - from_ahead - back;
        ahead -= from_ahead + (excess > 0.0 ? excess : 0.0);
    }
    bound(position, ahead, after);
}

void vel_queue_proportional(vel_queue_position_t *position, double before, double after, const void *params)
{
    (void)params;
    split(position, before, after, position->ahead, behind(position, before));
}

void vel_queue_rigtorp(vel_queue_position_t *position, double before, double after, const void *params)
{
    split(position, before, after, weight(params, position->ahead), weight(params, behind(position, before)));
}

static void prob(vel_queue_position_t *position, double before, double after, double back, double p)
{
    double gone = canceled(position, before, after);
    double front = position->ahead;
    if (gone < 0.0) {
        bound(position, front, after);
        return;
    }
    if (isinf(p))
        p = 1.0;
    double over = back - p * gone;
    bound(position, front - (1.0 - p) * gone + (over < 0.0 ? over : 0.0), after);
}

void vel_queue_prob_ratio(vel_queue_position_t *position, double before, double after, const void *params)
{
    double back = before - position->ahead;
    double of_back = weight(params, back);
    prob(position, before, after, back, of_back / (of_back + weight(params, position->ahead)));
}

void vel_queue_prob_of_sum(vel_queue_position_t *position, double before, double after, const void *params)
{
    double back = before - position->ahead;
    prob(position, before, after, back, weight(params, back) / weight(params, back + position->ahead));
}

void vel_queue_prob_of_front(vel_queue_position_t *position, double before, double after, const void *params)
{
    double back = before - position->ahead;
    prob(position, before, after, back, 1.0 - weight(params, position->ahead / (position->ahead + back)));
}
