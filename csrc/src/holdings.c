#include "velora/holdings.h"

#include <string.h>

int vel_holdings_init(vel_holdings_t *holdings, int32_t instruments, int32_t strategies)
{
    memset(holdings, 0, sizeof *holdings);
    holdings->instruments_count = instruments;
    holdings->strategies_count = strategies;
    holdings->numbers = calloc((size_t)strategies * (size_t)instruments, sizeof *holdings->numbers);
    return holdings->numbers == NULL ? VEL_ENOMEM : VEL_OK;
}

void vel_holdings_free(vel_holdings_t *holdings)
{
    for (int64_t block = 0; block < holdings->blocks_max; block++)
        free(holdings->blocks[block]);
    free(holdings->blocks);
    free(holdings->numbers);
    vel_sorted_free(&holdings->open);
    vel_sorted_free(&holdings->traded);
    memset(holdings, 0, sizeof *holdings);
}

static int reserve(vel_holdings_t *holdings)
{
    int64_t block = holdings->count / VEL_HOLDINGS_PER_BLOCK;
    if (block < holdings->blocks_max && holdings->blocks[block] != NULL)
        return VEL_OK;
    if (block == holdings->blocks_max) {
        int64_t grown = holdings->blocks_max == 0 ? 4 : holdings->blocks_max * 2;
        vel_holding_t **blocks = realloc(holdings->blocks, (size_t)grown * sizeof *blocks);
        if (blocks == NULL)
            return VEL_ENOMEM;
        memset(blocks + holdings->blocks_max, 0, (size_t)(grown - holdings->blocks_max) * sizeof *blocks);
        holdings->blocks = blocks;
        holdings->blocks_max = grown;
    }
    holdings->blocks[block] = calloc(VEL_HOLDINGS_PER_BLOCK, sizeof **holdings->blocks);
    return holdings->blocks[block] == NULL ? VEL_ENOMEM : VEL_OK;
}

vel_holding_t *vel_holdings_make(vel_holdings_t *holdings, int32_t strategy, int32_t instrument)
{
    vel_holding_t *row = vel_holdings_find(holdings, strategy, instrument);
    if (VEL_LIKELY(row != NULL))
        return row;
    if (reserve(holdings) != VEL_OK)
        return NULL;
    row = vel_holdings_row(holdings, holdings->count++);
    row->strategy = strategy;
    row->instrument = instrument;
    holdings->numbers[vel_holdings_key(holdings, strategy, instrument)] = (uint32_t)holdings->count;
    return row;
}

const vel_position_t *vel_holdings_position(const vel_holdings_t *holdings, int32_t strategy, int32_t instrument)
{
    static const vel_position_t empty = {0};
    const vel_holding_t *row = vel_holdings_find(holdings, strategy, instrument);
    return row == NULL ? &empty : &row->position;
}

/* ---------------------------------------------------------------- positions */

double vel_average_of_inverse(double average, int64_t lots, int64_t price, int64_t more)
{
    if (lots == 0 || average == (double)price)
        return (double)price;
    return (double)(lots + more) / ((double)lots / average + (double)more / (double)price);
}

static int position_fill(const vel_money_spec_t *money, vel_position_t *position, uint8_t side, int64_t price,
                         int64_t qty, int64_t fee, int64_t *realized)
{
    int64_t value;
    int status = vel_value(money, price, qty, &value);
    if (status != VEL_OK)
        return status;
    vel_i128 direction = money->is_inverse ? -1 : 1; /* an inverse long gains when its coin value falls */
    vel_i128 sign = side == VEL_BUY ? 1 : -1;
    int64_t held = position->lots < 0 ? -position->lots : position->lots;
    vel_i128 gained = 0, cost = position->cost;

    if (position->lots == 0 || (position->lots > 0) == (side == VEL_BUY)) {
        cost += sign * value;
    } else {
        int64_t closed = qty < held ? qty : held;
        vel_i128 closed_value = closed == qty ? value : vel_div_half_even((vel_i128)value * closed, qty);
        vel_i128 closed_cost = closed == held ? cost : vel_div_half_even(cost * closed, held);
        gained = direction * (-sign * closed_value - closed_cost);
        cost -= closed_cost;
        cost += sign * (value - closed_value); /* the rest of the fill opens the other way */
    }
    vel_i128 cash = (vel_i128)position->cash - direction * sign * value;
    vel_i128 traded = side == VEL_BUY ? position->bought : position->sold;
    if (!vel_fits_i64(cost) || !vel_fits_i64(cash) || !vel_fits_i64(position->realized + gained) ||
        !vel_fits_i64((vel_i128)position->fees + fee) || !vel_fits_i64(traded + qty) ||
        !vel_fits_i64(position->lots + sign * qty))
        return VEL_ERANGE;
    if (money->is_inverse) {
        bool opens = position->lots == 0 || (position->lots > 0) == (side == VEL_BUY);
        if (opens || qty > held) /* more of it, or the rest of the fill opens the other way */
            position->avg_ticks = vel_average_of_inverse(position->avg_ticks, opens ? held : 0, price, qty);
    }
    position->cost = (int64_t)cost;
    position->cash = (int64_t)cash;
    position->realized += (int64_t)gained;
    position->fees += fee;
    position->lots += side == VEL_BUY ? qty : -qty;
    if (side == VEL_BUY)
        position->bought += qty;
    else
        position->sold += qty;
    *realized = (int64_t)gained;
    return VEL_OK;
}

/* Room in both sets for one more row. */
static int reserve_sets(vel_holdings_t *holdings)
{
    int status = vel_sorted_reserve(&holdings->open, 1);
    return status == VEL_OK ? vel_sorted_reserve(&holdings->traded, 1) : status;
}

static void note_traded(vel_holdings_t *holdings, vel_holding_t *holding)
{
    holding->sampled_rows = -1; /* a sample of this instant is old */
    if (VEL_LIKELY(holding->has_traded))
        return;
    holding->has_traded = 1;
    vel_sorted_insert(&holdings->traded, vel_holdings_key(holdings, holding->strategy, holding->instrument));
}

int vel_holdings_fill(vel_holdings_t *holdings, vel_holding_t *holding, const vel_money_spec_t *money, uint8_t side,
                      int64_t price, int64_t qty, int64_t fee, int64_t *realized)
{
    vel_position_t *position = &holding->position;
    bool was_open = position->lots != 0;
    int status = reserve_sets(holdings);
    if (status != VEL_OK || (status = position_fill(money, position, side, price, qty, fee, realized)) != VEL_OK)
        return status;
    int64_t key = vel_holdings_key(holdings, holding->strategy, holding->instrument);
    if (was_open && position->lots == 0)
        vel_sorted_remove(&holdings->open, key);
    else if (!was_open && position->lots != 0)
        vel_sorted_insert(&holdings->open, key);
    note_traded(holdings, holding);
    return VEL_OK;
}

int vel_holdings_charge(vel_holdings_t *holdings, vel_holding_t *holding, int64_t amount, bool is_funding)
{
    vel_position_t *position = &holding->position;
    int64_t funding = is_funding ? amount : 0;
    int status = reserve_sets(holdings);
    if (status != VEL_OK)
        return status;
    if (!vel_fits_i64((vel_i128)position->fees + amount) || !vel_fits_i64((vel_i128)position->funding + funding))
        return VEL_ERANGE;
    position->fees += amount;
    position->funding += funding;
    note_traded(holdings, holding);
    return VEL_OK;
}
