#include "velora/latency.h"

static int64_t interpolate(vel_latency_t *latency, const int64_t *values, int64_t ts)
{
    const vel_latency_samples_t *samples = &latency->samples;
    int64_t last = samples->rows - 1;
    if (ts <= samples->ts[0])
        return values[0];
    if (ts >= samples->ts[last])
        return values[last];
    int64_t at = latency->hint < last ? latency->hint : last - 1;
    /* Times of sending ascend, those of responses nearly: walk from where the last lookup ended. */
    while (samples->ts[at] > ts)
        at--;
    while (samples->ts[at + 1] <= ts)
        at++;
    latency->hint = at;
    vel_i128 span = samples->ts[at + 1] - samples->ts[at];
    vel_i128 rise = (vel_i128)(values[at + 1] - values[at]) * (ts - samples->ts[at]);
    return values[at] + (int64_t)(rise / span);
}

int64_t vel_latency_draw(vel_latency_leg_t *leg)
{
    if (leg->quantiles == NULL)
        return leg->constant;
    double place = vel_rng_uniform(&leg->rng) * (double)(leg->rows - 1);
    int64_t at = (int64_t)place;
    int64_t low = leg->quantiles[at], high = leg->quantiles[at + 1];
    return low + (int64_t)((place - (double)at) * (double)(high - low));
}

int64_t vel_latency_entry(vel_latency_t *latency, uint8_t action, int64_t ts)
{
    if (latency->samples.rows > 0)
        return interpolate(latency, latency->samples.entry, ts);
    return vel_latency_draw(&latency->entry[action]);
}

int64_t vel_latency_response(vel_latency_t *latency, int64_t ts)
{
    if (latency->samples.rows > 0)
        return interpolate(latency, latency->samples.response, ts);
    return vel_latency_draw(&latency->response);
}
