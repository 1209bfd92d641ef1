#include "velora/latency.h"

/* ---------------------------------------------------------------- recordings */

/* Row of the recording at or before a time within its range: at most the last but one, 0 if there is only one row. */
static int64_t row_at(vel_latency_t *latency, int64_t ts)
{
    const vel_latency_samples_t *samples = &latency->samples;
    int64_t last = samples->rows - 1;
    int64_t at = latency->hint < last ? latency->hint : last > 0 ? last - 1 : 0;
    /* Times of sending ascend, those of responses almost do: search from the last result. */
    while (at > 0 && samples->ts[at] > ts)
        at--;
    while (at + 1 < last && samples->ts[at + 1] <= ts)
        at++;
    latency->hint = at;
    return at;
}

/* Interpolate between a row and the next one. */
static int64_t between(const vel_latency_samples_t *samples, int64_t at, int64_t ts, int64_t low, int64_t high)
{
    vel_i128 span = samples->ts[at + 1] - samples->ts[at];
    return low + (int64_t)((vel_i128)(high - low) * (ts - samples->ts[at]) / span);
}

int64_t vel_latency_recorded(vel_latency_t *latency, const int64_t *values, int64_t ts)
{
    const vel_latency_samples_t *samples = &latency->samples;
    int64_t last = samples->rows - 1;
    if (ts <= samples->ts[0])
        return values[0];
    if (ts >= samples->ts[last])
        return values[last];
    int64_t at = row_at(latency, ts);
    return between(samples, at, ts, values[at], values[at + 1]);
}

bool vel_latency_refused(vel_latency_t *latency, int64_t ts, int64_t *round_trip)
{
    const vel_latency_samples_t *samples = &latency->samples;
    int64_t last = samples->rows - 1;
    if (ts <= samples->ts[0] || ts >= samples->ts[last]) {
        int64_t end = ts <= samples->ts[0] ? 0 : last;
        *round_trip = vel_add(samples->entry[end], samples->response[end]);
        return samples->refused[end] != 0;
    }
    int64_t at = row_at(latency, ts);
    *round_trip = between(samples, at, ts, vel_add(samples->entry[at], samples->response[at]),
                          vel_add(samples->entry[at + 1], samples->response[at + 1]));
    return samples->refused[at] != 0 || samples->refused[at + 1] != 0;
}

/* ---------------------------------------------------------------- legs */

int64_t vel_latency_draw_quantile(vel_latency_leg_t *leg)
{
    double place = vel_rng_uniform(&leg->rng) * (double)(leg->rows - 1);
    int64_t at = (int64_t)place;
    int64_t low = leg->quantiles[at], high = leg->quantiles[at + 1];
    return low + (int64_t)((place - (double)at) * (double)(high - low));
}

static int64_t leg_least(const vel_latency_leg_t *leg)
{
    return leg->quantiles == NULL ? leg->constant : leg->quantiles[0];
}

int64_t vel_latency_least(const vel_latency_t *latency)
{
    const vel_latency_samples_t *samples = &latency->samples;
    if (latency->load.step > 0 || latency->faults.is_on || samples->refused != NULL)
        return 0;
    int64_t entry = samples->rows > 0 ? samples->entry[0] : leg_least(&latency->entry[0]);
    for (int64_t row = 1; row < samples->rows; row++)
        entry = samples->entry[row] < entry ? samples->entry[row] : entry;
    for (int action = 1; samples->rows == 0 && action < 3; action++) {
        int64_t least = leg_least(&latency->entry[action]);
        entry = least < entry ? least : entry;
    }
    return vel_add(vel_add(leg_least(&latency->decision), entry), leg_least(&latency->venue));
}

int64_t vel_latency_least_response(const vel_latency_t *latency)
{
    const vel_latency_samples_t *samples = &latency->samples;
    if (latency->load.step > 0 || latency->faults.is_on || samples->refused != NULL)
        return 0;
    if (samples->rows == 0)
        return leg_least(&latency->response);
    int64_t response = samples->response[0];
    for (int64_t row = 1; row < samples->rows; row++)
        response = vel_min(response, samples->response[row]);
    return response;
}

/* ---------------------------------------------------------------- load */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Move the window so that its last step is that of ts. */
static void load_reach(vel_load_t *load, int64_t ts)
{
    int64_t step = floor_div(ts, load->step);
    if (step <= load->newest)
        return;
    if (load->total == 0) { /* at first, or after a pause: every count is 0 */
        load->newest = step;
        return;
    }
    int64_t gone = step - load->newest < VEL_LOAD_STEPS ? step - load->newest : VEL_LOAD_STEPS;
    for (int64_t i = 0; i < gone; i++) {
        int64_t *count = &load->counts[(uint64_t)(step - i) % VEL_LOAD_STEPS];
        load->total -= *count;
        *count = 0;
    }
    load->newest = step;
}

void vel_load_count(vel_load_t *load, int64_t ts)
{
    int64_t step = floor_div(ts, load->step);
    load_reach(load, ts);
    if (load->newest - step >= VEL_LOAD_STEPS)
        return;
    load->counts[(uint64_t)step % VEL_LOAD_STEPS]++;
    load->total++;
}

double vel_load_utilisation(vel_load_t *load, int64_t ts)
{
    load_reach(load, ts);
    return (double)load->total * load->service / ((double)load->step * VEL_LOAD_STEPS);
}

int64_t vel_load_wait(vel_load_t *load, int64_t ts)
{
    double rho = vel_load_utilisation(load, ts);
    if (rho >= 1.0)
        return load->most;
    double wait = rho * load->service * load->spread / (1.0 - rho);
    return wait < (double)load->most ? (int64_t)wait : load->most;
}
