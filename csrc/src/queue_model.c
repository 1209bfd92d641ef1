#include "velora/queue_model.h"

#include <math.h>

static double weight(const void *params, double lots)
{
    const vel_queue_params_t *own = params;
    return own->exponent == 0.0 ? log1p(lots) : pow(lots, own->exponent);
}

static void bound(vel_queue_place_t *place, double ahead, double after)
{
    if (!(ahead < after)) /* a NaN is "nobody knows": the total bounds it */
        ahead = after;
    place->ahead = ahead > 0.0 ? ahead : 0.0;
}

/* Lots that left the level without a trade; negative when it grew by more than what traded. */
static double canceled(const vel_queue_place_t *place, double before, double after)
{
    return before - after - place->traded;
}

void vel_queue_risk_averse(vel_queue_place_t *place, double before, double after, const void *params)
{
    (void)before;
    (void)params;
    if (place->ahead > after)
        place->ahead = after;
}

void vel_queue_optimistic(vel_queue_place_t *place, double before, double after, const void *params)
{
    (void)params;
    double gone = canceled(place, before, after);
    bound(place, gone > 0.0 ? place->ahead - gone : place->ahead, after);
}

/* Lots behind us that the trades since the last row cannot have taken. */
static double behind(const vel_queue_place_t *place, double before)
{
    double lots = before - place->traded - place->ahead;
    return lots > 0.0 ? lots : 0.0;
}

static void split(vel_queue_place_t *place, double before, double after, double weight_ahead, double weight_behind)
{
    double gone = canceled(place, before, after), back = behind(place, before);
    double ahead = place->ahead;
    if (gone > 0.0) {
        double sum = weight_ahead + weight_behind;
        double from_ahead = sum > 0.0 ? gone * (weight_ahead / sum) : 0.0;
        /* What one side does not have left came from the other. */
        double excess = gone - from_ahead - back;
        ahead -= from_ahead + (excess > 0.0 ? excess : 0.0);
    }
    bound(place, ahead, after);
}

void vel_queue_proportional(vel_queue_place_t *place, double before, double after, const void *params)
{
    (void)params;
    split(place, before, after, place->ahead, behind(place, before));
}

void vel_queue_rigtorp(vel_queue_place_t *place, double before, double after, const void *params)
{
    split(place, before, after, weight(params, place->ahead), weight(params, behind(place, before)));
}

static void prob(vel_queue_place_t *place, double before, double after, double back, double p)
{
    double gone = canceled(place, before, after);
    double front = place->ahead;
    if (gone < 0.0) {
        bound(place, front, after);
        return;
    }
    if (isinf(p))
        p = 1.0;
    double over = back - p * gone;
    bound(place, front - (1.0 - p) * gone + (over < 0.0 ? over : 0.0), after);
}

void vel_queue_prob_ratio(vel_queue_place_t *place, double before, double after, const void *params)
{
    double back = before - place->ahead;
    double of_back = weight(params, back);
    prob(place, before, after, back, of_back / (of_back + weight(params, place->ahead)));
}

void vel_queue_prob_of_sum(vel_queue_place_t *place, double before, double after, const void *params)
{
    double back = before - place->ahead;
    prob(place, before, after, back, weight(params, back) / weight(params, back + place->ahead));
}

void vel_queue_prob_of_front(vel_queue_place_t *place, double before, double after, const void *params)
{
    double back = before - place->ahead;
    prob(place, before, after, back, 1.0 - weight(params, place->ahead / (place->ahead + back)));
}
