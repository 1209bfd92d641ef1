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

static int sample(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    if (local->samples.count >= local->samples_most)
        return VEL_EFULL;
    vel_market_t *market = &local->instruments[instrument];
    const vel_position_t *position = vel_holdings_position(&local->holdings, strategy, instrument);
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
    if (position->lots != 0) {
        market->marks[mark.source]++;
        if (mark.source != VEL_MARK_UNKNOWN && local->now - mark.ts > market->mark_age_max)
            market->mark_age_max = local->now - mark.ts;
    }
    return vel_samples_push(&local->samples, &record);
}

int vel_local_sample(vel_local_t *local, int32_t strategy, int32_t instrument)
{
    int status = sample(local, strategy, instrument);
    int64_t own = (int64_t)strategy * local->instruments_count + instrument, at = -1;
    while (status == VEL_OK && vel_sorted_after(&local->holdings.open, at, &at))
        if (at != own)
            status = sample(local, (int32_t)(at / local->instruments_count), (int32_t)(at % local->instruments_count));
    return status;
}

int vel_local_sample_all(vel_local_t *local)
{
    for (int32_t instrument = 0; instrument < local->instruments_count; instrument++)
        for (int32_t strategy = 0; strategy < local->strategies_count; strategy++) {
            int status = sample(local, strategy, instrument);
            if (status != VEL_OK)
                return status;
        }
    return VEL_OK;
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
