/* money.h: integer money of one instrument.
 *
 * A money unit is 1e-8 of the settlement currency or finer (velora.core.Instrument chooses it). Linear and spot values
 * are exact: value = value_mult * ticks * lots. Inverse values are value_mult * lots / ticks, rounded half to even once
 * per fill. Fees are rounded up, towards the venue: a fee is never understated and a rebate never overstated. Funding
 * and the cost of a partly closed position are rounded half to even. Intermediates are 128 bits. */
#ifndef VELORA_MONEY_H
#define VELORA_MONEY_H

#include "velora/base.h"

VEL_C_BEGIN

/* Fee rates are in units of 1e-9 of the value. */
#define VEL_FEE_SCALE INT64_C(1000000000)

typedef struct vel_money_spec {
    int64_t value_mult; /* > 0 */
    int64_t tick_num;   /* tick size in quote currency = tick_num / tick_den */
    int64_t tick_den;
    int64_t maker_rate; /* 1e-9 of the value */
    int64_t taker_rate;
    int32_t is_inverse;
    int32_t currency; /* number of the currency of fees and profits among those of the run */
} vel_money_spec_t;

static inline bool vel_fits_i64(vel_i128 value)
{
    return value >= -(vel_i128)INT64_MAX && value <= (vel_i128)INT64_MAX;
}

/* a / b rounded half to even; b > 0. */
static inline vel_i128 vel_div_half_even(vel_i128 a, vel_i128 b)
{
    vel_i128 quotient = a / b, remainder = a % b;
    if (remainder < 0) {
        remainder += b;
        quotient -= 1;
    }
    vel_i128 twice = remainder * 2;
    if (twice > b || (twice == b && (quotient & 1) != 0))
        quotient += 1;
    return quotient;
}

/* a / b rounded up; b > 0. */
static inline vel_i128 vel_div_up(vel_i128 a, vel_i128 b)
{
    vel_i128 quotient = a / b;
    return quotient + (a % b > 0);
}

/* Value of lots (>= 0) at a price in ticks: VEL_OK, VEL_EINVAL for an inverse price <= 0, VEL_ERANGE. */
static inline int vel_value(const vel_money_spec_t *spec, int64_t price_ticks, int64_t lots, int64_t *value)
{
    vel_i128 result;
    if (spec->is_inverse) {
        if (price_ticks <= 0)
            return VEL_EINVAL;
        result = vel_div_half_even((vel_i128)spec->value_mult * lots, price_ticks);
    } else {
        vel_i128 notional = (vel_i128)price_ticks * lots; /* below 2^123 */
        if (notional > INT64_MAX || notional < -INT64_MAX)
            return VEL_ERANGE;
        result = notional * spec->value_mult;
    }
    if (!vel_fits_i64(result))
        return VEL_ERANGE;
    *value = (int64_t)result;
    return VEL_OK;
}

/* Value of lots (any sign) at a mid given as best bid + best ask ticks; 0 when mid_x2 is 0. Rounded half to even. */
static inline vel_i128 vel_value_at_mid(const vel_money_spec_t *spec, int64_t mid_x2, int64_t lots)
{
    if (mid_x2 == 0)
        return 0;
    if (spec->is_inverse)
        return mid_x2 > 0 ? vel_div_half_even((vel_i128)spec->value_mult * 2 * lots, mid_x2) : 0;
    return vel_div_half_even((vel_i128)spec->value_mult * mid_x2 * lots, 2);
}

static inline int64_t vel_fee(int64_t value, int64_t rate)
{
    vel_i128 magnitude = value < 0 ? -(vel_i128)value : value;
    return (int64_t)vel_div_up(magnitude * rate, VEL_FEE_SCALE);
}

VEL_C_END

#endif
