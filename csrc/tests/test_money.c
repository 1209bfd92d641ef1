/* Money of fills: exact or rounded as money.h says, and refused where it does not fit. */
#include "velora/money.h"

#include "check.h"

static const vel_money_spec_t linear = {.value_mult = 1000, .tick_num = 1, .tick_den = 10};
static const vel_money_spec_t inverse = {.value_mult = 1000, .tick_num = 1, .tick_den = 2, .is_inverse = 1};

static void halves_round_to_the_even_neighbour(void)
{
    CHECK(vel_div_half_even(5, 2) == 2 && vel_div_half_even(7, 2) == 4);
    CHECK(vel_div_half_even(-5, 2) == -2 && vel_div_half_even(-7, 2) == -4);
    CHECK(vel_div_half_even(7, 3) == 2 && vel_div_half_even(8, 3) == 3);
    CHECK(vel_div_half_even(-7, 3) == -2 && vel_div_half_even(-8, 3) == -3);
    CHECK(vel_div_half_even(6, 3) == 2 && vel_div_half_even(0, 3) == 0);
}

static void fees_round_up_towards_the_venue(void)
{
    CHECK(vel_div_up(7, 2) == 4 && vel_div_up(8, 2) == 4 && vel_div_up(-7, 2) == -3);
    CHECK(vel_fee(1, 1) == 1);                /* a billionth of a unit is charged as one */
    CHECK(vel_fee(1, -1) == 0);               /* and a rebate of it as none */
    CHECK(vel_fee(-2000, 500000000) == 1000); /* of the size of the value, whatever its sign */
    CHECK(vel_fee(2001, -500000000) == -1000);
    CHECK(vel_fee(INT64_MAX, VEL_FEE_SCALE) == INT64_MAX);
}

static void a_linear_value_is_the_exact_product(void)
{
    int64_t value = 0;
    CHECK(vel_value(&linear, 7, 3, &value) == VEL_OK && value == 21000);
    CHECK(vel_value(&linear, -7, 3, &value) == VEL_OK && value == -21000);
}

static void an_inverse_value_is_rounded_once(void)
{
    int64_t value = 0;
    CHECK(vel_value(&inverse, 16, 1, &value) == VEL_OK && value == 62); /* 62.5 */
    CHECK(vel_value(&inverse, 3, 1, &value) == VEL_OK && value == 333);
}

static void a_price_without_an_inverse_value_is_refused(void)
{
    int64_t value = 17;
    CHECK(vel_value(&inverse, 0, 1, &value) == VEL_EINVAL);
    CHECK(vel_value(&inverse, -1, 1, &value) == VEL_EINVAL && value == 17);
}

static void a_value_that_does_not_fit_is_refused_and_nothing_is_written(void)
{
    int64_t value = 17;
    CHECK(vel_value(&linear, VEL_TICKS_MAX - 1, VEL_LOTS_MAX, &value) == VEL_ERANGE); /* ticks * lots */
    CHECK(vel_value(&linear, 1 - VEL_TICKS_MAX, VEL_LOTS_MAX, &value) == VEL_ERANGE);
    CHECK(vel_value(&linear, INT64_MAX / 1000 + 1, 1, &value) == VEL_ERANGE); /* times the multiplier */
    CHECK(vel_value(&linear, -(INT64_MAX / 1000) - 1, 1, &value) == VEL_ERANGE);
    CHECK(vel_value(&inverse, 1, VEL_LOTS_MAX, &value) == VEL_ERANGE);
    CHECK(value == 17);
    CHECK(vel_value(&linear, INT64_MAX / 1000, 1, &value) == VEL_OK);
    CHECK(!vel_fits_i64((vel_i128)INT64_MIN) && vel_fits_i64(-(vel_i128)INT64_MAX));
}

static void a_mid_is_worth_half_its_two_prices(void)
{
    CHECK(vel_value_at_mid(&linear, 7, 3) == 10500 && vel_value_at_mid(&linear, 7, -3) == -10500);
    CHECK(vel_value_at_mid(&inverse, 16, 1) == 125 && vel_value_at_mid(&inverse, 16, -1) == -125);
    CHECK(vel_value_at_mid(&linear, 0, 3) == 0 && vel_value_at_mid(&inverse, 0, 3) == 0);
    CHECK(vel_value_at_mid(&inverse, -16, 3) == 0);
}

int main(void)
{
    halves_round_to_the_even_neighbour();
    fees_round_up_towards_the_venue();
    a_linear_value_is_the_exact_product();
    an_inverse_value_is_rounded_once();
    a_price_without_an_inverse_value_is_refused();
    a_value_that_does_not_fit_is_refused_and_nothing_is_written();
    a_mid_is_worth_half_its_two_prices();
    return check_failures != 0;
}
