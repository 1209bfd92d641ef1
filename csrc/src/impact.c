#include "velora/impact.h"

#include <math.h>

/* A result this close below a whole tick is rounded up to it: rounding errors of sums must not cost a tick. */
#define SLACK 1e-9
/* Cap of a displacement in ticks: larger values are not realistic, and capped ones fit the integers. */
#define TICKS_CAP 1e15

static bool is_at_least_0(double value)
{
    return value >= 0.0 && value < INFINITY;
}

int vel_impact_check(const vel_impact_t *impact)
{
    if (impact->kind < VEL_IMPACT_SQUARE_ROOT || impact->kind > VEL_IMPACT_INTERVAL || impact->terms < 0 ||
        impact->terms > VEL_IMPACT_TERMS_MAX)
        return VEL_EINVAL;
    if (impact->kind == VEL_IMPACT_SQUARE_ROOT && impact->terms != 1)
        return VEL_EINVAL;
    if (impact->kind == VEL_IMPACT_INTERVAL && impact->interval <= 0)
        return VEL_EINVAL;
    if (impact->kind != VEL_IMPACT_INTERVAL && !(impact->exponent > 0.0 && impact->exponent <= 1.0))
        return VEL_EINVAL;
    if (!is_at_least_0(impact->scale) || !is_at_least_0(impact->permanent) || !is_at_least_0(impact->temporary) ||
        !is_at_least_0(impact->half_spread) || !is_at_least_0(impact->passive_share) || impact->passive_share > 1.0)
        return VEL_EINVAL;
    for (int32_t i = 0; i < impact->terms; i++)
        if (!is_at_least_0(impact->rate[i]) || !isfinite(impact->weight[i]))
            return VEL_EINVAL;
    return VEL_OK;
}

static double sign_of(uint8_t side)
{
    return side == VEL_BUY ? 1.0 : -1.0;
}

/* |lots|^exponent with the sign of lots; 1 and 1/2 without pow, which is slower and not the same on every machine. */
static double power(double lots, double exponent)
{
    double size = fabs(lots);
    if (exponent == 1.0)
        return lots;
    return copysign(exponent == 0.5 ? sqrt(size) : pow(size, exponent), lots);
}

/* Integral of power() from 0. */
static double power_sum(double lots, double exponent)
{
    return fabs(power(lots, exponent) * lots) / (1.0 + exponent);
}

static double decay(const vel_impact_t *impact, int32_t term, int64_t ts)
{
    return ts == impact->ts ? 1.0 : exp(-impact->rate[term] * (double)(ts - impact->ts));
}

static int64_t interval_of(const vel_impact_t *impact, int64_t ts)
{
    return ts / impact->interval - (ts % impact->interval < 0);
}

/* Own lots on `side` within the interval that holds ts. */
static double traded(const vel_impact_t *impact, int64_t ts, uint8_t side)
{
    return interval_of(impact, ts) == interval_of(impact, impact->ts) ? impact->traded[side] : 0.0;
}

/* Weight of a lot^exponent at the instant of its execution. */
static double weight_at_once(const vel_impact_t *impact)
{
    double sum = 0.0;
    for (int32_t i = 0; i < impact->terms; i++)
        sum += impact->weight[i];
    return sum;
}

double vel_impact_displacement(const vel_impact_t *impact, int64_t ts)
{
    double sum = impact->permanent * impact->volume;
    switch (impact->kind) {
    case VEL_IMPACT_SQUARE_ROOT:
        return impact->scale * power(impact->term[0] * decay(impact, 0, ts), impact->exponent);
    case VEL_IMPACT_TRANSIENT:
        for (int32_t i = 0; i < impact->terms; i++)
            sum += impact->weight[i] * impact->term[i] * decay(impact, i, ts);
        return sum;
    default:
        if (interval_of(impact, ts) != interval_of(impact, impact->ts))
            sum += impact->permanent * (impact->traded[VEL_BUY] - impact->traded[VEL_SELL]);
        return sum;
    }
}

double vel_impact_edge(const vel_impact_t *impact, int64_t ts, uint8_t side, double lots)
{
    double sign = sign_of(side);
    if (impact->kind == VEL_IMPACT_SQUARE_ROOT)
        return impact->scale * power(sign * impact->term[0] * decay(impact, 0, ts) + lots, impact->exponent);
    double left = sign * vel_impact_displacement(impact, ts);
    if (impact->kind == VEL_IMPACT_TRANSIENT)
        return left + impact->permanent * lots + weight_at_once(impact) * power(lots, impact->exponent);
    return left + 2.0 * impact->temporary * (traded(impact, ts, side) + lots);
}

double vel_impact_mean(const vel_impact_t *impact, int64_t ts, uint8_t side, double from, double to)
{
    double sign = sign_of(side), exponent = impact->exponent;
    if (impact->kind == VEL_IMPACT_SQUARE_ROOT) {
        double before = sign * impact->term[0] * decay(impact, 0, ts);
        return impact->scale * (power_sum(before + to, exponent) - power_sum(before + from, exponent)) / (to - from);
    }
    double left = sign * vel_impact_displacement(impact, ts);
    if (impact->kind == VEL_IMPACT_TRANSIENT)
        return left + impact->permanent * (from + to) / 2.0 +
               weight_at_once(impact) * (power_sum(to, exponent) - power_sum(from, exponent)) / (to - from);
    return left + impact->temporary * (2.0 * traded(impact, ts, side) + from + to);
}

int64_t vel_impact_split(double adverse, int64_t lots, int64_t *ticks)
{
    if (!(adverse < TICKS_CAP)) /* true for the NaN of an overflow too */
        adverse = TICKS_CAP;
    double whole = floor(adverse + SLACK), part = adverse - whole;
    *ticks = (int64_t)whole;
    int64_t far = part > SLACK ? (int64_t)ceil((part - SLACK) * (double)lots) : 0;
    if (far >= lots) {
        *ticks += 1;
        far = 0;
    }
    return far;
}

static double worse(double a, double b)
{
    return a > b ? a : b;
}

void vel_impact_take(const vel_impact_t *impact, int64_t ts, uint8_t side, int64_t done, int64_t wanted, int64_t beyond,
                     int64_t room, vel_impact_share_t *share)
{
    double left = worse(0.0, sign_of(side) * vel_impact_displacement(impact, ts) + impact->half_spread);
    double offset = impact->half_spread - (double)beyond, first = (double)done, limit = (double)room + 1.0;
    int64_t lots = wanted;
    *share = (vel_impact_share_t){0, 0, 0};
    /* Lots less than a tick beyond the limit: on the tick grid some are within the limit. Farther: none is. */
    if (left >= limit)
        return;
    if (worse(left, vel_impact_edge(impact, ts, side, first + (double)lots) + offset) >= limit) {
        int64_t fits = 0;
        while (lots - fits > 1) {
            int64_t middle = fits + (lots - fits) / 2;
            if (vel_impact_edge(impact, ts, side, first + (double)middle) + offset < limit)
                fits = middle;
            else
                lots = middle;
        }
        lots = fits;
        if (lots == 0)
            return;
    }
    double mean = worse(left, vel_impact_mean(impact, ts, side, first, first + (double)lots) + offset);
    share->far = vel_impact_split(mean, lots, &share->ticks);
    share->near = lots - share->far;
    if (share->ticks > room)
        share->near = 0;
    if (share->ticks >= room)
        share->far = 0;
}

void vel_impact_add(vel_impact_t *impact, int64_t ts, uint8_t side, double lots)
{
    double sign = sign_of(side);
    if (impact->kind == VEL_IMPACT_INTERVAL) {
        if (interval_of(impact, ts) != interval_of(impact, impact->ts)) {
            impact->volume += impact->traded[VEL_BUY] - impact->traded[VEL_SELL];
            impact->traded[VEL_BUY] = impact->traded[VEL_SELL] = 0.0;
        }
        impact->traded[side] += lots;
    } else {
        double more = impact->kind == VEL_IMPACT_SQUARE_ROOT ? lots : power(lots, impact->exponent);
        for (int32_t i = 0; i < impact->terms; i++)
            impact->term[i] = impact->term[i] * decay(impact, i, ts) + sign * more;
        impact->volume += sign * lots;
    }
    impact->ts = ts;
}

int64_t vel_impact_shift(const vel_impact_t *impact, int64_t ts, uint8_t side)
{
    double adverse = sign_of(side) * vel_impact_displacement(impact, ts) + impact->half_spread;
    if (!(adverse < TICKS_CAP))
        adverse = TICKS_CAP;
    return adverse > 0.0 ? (int64_t)floor(adverse + SLACK) : 0;
}
