/* Samples: what the holdings are worth at an instant. */
#include <string.h>

#include "velora/local.h"

int vel_local_unrealized(const vel_market_t *market, const vel_position_t *position, int64_t now, vel_mark_t *mark,
                         int64_t *unrealized)
{
    *mark = vel_market_mark(market, position->lots, now);
    *unrealized = 0;
    if (position->lots == 0 || mark->source == VEL_MARK_UNKNOWN)
        return VEL_OK;
    int64_t value;
    int status = vel_mark_value(mark, &market->money, position->lots, &value);
    if (status != VEL_OK)
        return status;
    vel_i128 result = (vel_i128)value - position->cost;
    if (market->money.is_inverse)
        result = -result;
    if (!vel_fits_i64(result))
        return VEL_ERANGE;
    *unrealized = (int64_t)result;
    return VEL_OK;
}

/* Record a sample of a holding that has traded. */
static int sample(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    if (local->samples.count >= local->samples_most)
        return VEL_EFULL;
    vel_market_t *market = &local->instruments[instrument];
    vel_holding_t *holding = vel_holdings_find(&local->holdings, strategy, instrument);
    const vel_position_t *position = &holding->position;
    vel_sample_record_t record = {.ts = local->now,
                                  .instrument = instrument,
                                  .strategy = strategy,
                                  .position = position->lots,
                                  .mid_x2 = vel_book_mid_x2(&market->book),
                                  .cash = position->cash,
                                  .fee = position->fees,
                                  .realized = position->realized};
    vel_mark_t mark;
    int status = vel_local_unrealized(market, position, local->now, &mark, &record.unrealized);
    if (status != VEL_OK) {
        local->failed_instrument = instrument;
        return status;
    }
    record.mark = mark.price;
    record.mark_source = mark.source;
    holding->sampled_ts = local->now;
    holding->sampled_rows = market->rows;
    if (position->lots != 0) {
        market->marks[mark.source]++;
        if (mark.source != VEL_MARK_UNKNOWN && local->now - mark.ts > market->mark_age_max)
            market->mark_age_max = local->now - mark.ts;
    }
    return vel_samples_push(&local->samples, &record);
}

static int sample_at(vel_local_t *local, int64_t key)
{
    return sample(local, (int32_t)(key / local->instruments_count), (int32_t)(key % local->instruments_count));
}

/* Sample every holding with a position that has no sample of this instant, or one from before a row of its instrument.
 */
static int sample_open(vel_local_t *local)
{
    int64_t at = -1;
    int status = VEL_OK;
    while (status == VEL_OK && vel_sorted_after(&local->holdings.open, at, &at)) {
        int32_t strategy = (int32_t)(at / local->instruments_count),
                instrument = (int32_t)(at % local->instruments_count);
        const vel_holding_t *holding = vel_holdings_find(&local->holdings, strategy, instrument);
        if (holding->sampled_ts != local->now || holding->sampled_rows != local->instruments[instrument].rows)
            status = sample(local, strategy, instrument);
    }
    return status;
}

int vel_local_sample(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    int status = sample(local, strategy, instrument);
    return status == VEL_OK ? sample_open(local) : status;
}

int vel_local_sample_all(vel_local_t *local)
{
    int64_t at = -1;
    if (local->instants.count >= local->samples_most)
        return VEL_EFULL;
    int status = vel_instants_push(&local->instants, &local->now);
    while (status == VEL_OK && vel_sorted_after(&local->holdings.traded, at, &at))
        status = sample_at(local, at);
    return status;
}

int vel_local_sample_next(vel_local_t *local)
{
    local->sample_next = vel_add(local->sample_next, local->sample_interval);
    return vel_local_sample_all(local);
}

void vel_local_drop_fills(vel_local_t *local, int64_t count)
{
    local->fills.count -= count;
    memmove(local->fills.items, local->fills.items + count, (size_t)local->fills.count * sizeof *local->fills.items);
}

void vel_local_drop_samples(vel_local_t *local, int64_t count)
{
    local->samples.count -= count;
    memmove(local->samples.items, local->samples.items + count,
            (size_t)local->samples.count * sizeof *local->samples.items);
}

void vel_local_drop_instants(vel_local_t *local, int64_t count)
{
    local->instants.count -= count;
    memmove(local->instants.items, local->instants.items + count,
            (size_t)local->instants.count * sizeof *local->instants.items);
}
