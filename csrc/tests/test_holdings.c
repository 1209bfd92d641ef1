/* Holdings of strategies: rows only where something happened, and the sets of those that are open or have traded.
 * What fills do to a position is in test_local_account. */
#include "velora/holdings.h"

#include "check.h"

static vel_holdings_t holdings;
static const vel_money_spec_t money = {.value_mult = 10, .tick_num = 1, .tick_den = 1};

static void begin(int32_t instruments, int32_t strategies)
{
    vel_holdings_free(&holdings);
    CHECK(vel_holdings_init(&holdings, instruments, strategies) == VEL_OK);
}

static int fill(vel_holding_t *holding, uint8_t side, int64_t price, int64_t qty)
{
    int64_t realized;
    return vel_holdings_fill(&holdings, holding, &money, side, price, qty, 1, &realized);
}

/* The numbers of a set, in their order; how many. */
static int64_t numbers_of(const vel_sorted_t *set, int64_t *numbers)
{
    int64_t count = 0;
    for (int64_t number = INT64_MIN; vel_sorted_after(set, number, &number);)
        numbers[count++] = number;
    return count;
}

static void a_row_exists_from_when_it_is_made(void)
{
    begin(2000, 500);
    CHECK(vel_holdings_find(&holdings, 499, 1999) == NULL && holdings.count == 0);
    const vel_position_t *none = vel_holdings_position(&holdings, 499, 1999);
    CHECK(none->lots == 0 && none->cost == 0 && none->cash == 0);
    vel_holding_t *row = vel_holdings_make(&holdings, 499, 1999);
    CHECK(row != NULL && row->strategy == 499 && row->instrument == 1999 && holdings.count == 1);
    CHECK(vel_holdings_make(&holdings, 499, 1999) == row && holdings.count == 1);
    CHECK(vel_holdings_find(&holdings, 499, 1999) == row && vel_holdings_find(&holdings, 499, 1998) == NULL);
    CHECK(vel_holdings_position(&holdings, 499, 1999) == &row->position);
    CHECK(vel_holdings_position(&holdings, 0, 0) == none);
}

/* Rows do not move when more are made, over many blocks, and are numbered in the order of making. */
static void rows_stay_where_they_are(void)
{
    enum { ROWS = 5 * VEL_HOLDINGS_PER_BLOCK + 3 };
    static vel_holding_t *rows[ROWS];
    begin(40, 40);
    for (int at = 0; at < ROWS; at++) {
        int key = at * 7 % 1600;
        rows[at] = vel_holdings_make(&holdings, key / 40, key % 40);
        CHECK(rows[at] != NULL);
    }
    CHECK(holdings.count == ROWS);
    for (int at = 0; at < ROWS; at++) {
        int key = at * 7 % 1600;
        CHECK(vel_holdings_find(&holdings, key / 40, key % 40) == rows[at]);
        CHECK(vel_holdings_row(&holdings, at) == rows[at] && rows[at]->position.lots == 0);
        CHECK(vel_holdings_key(&holdings, rows[at]->strategy, rows[at]->instrument) == key);
    }
}

static void a_fill_opens_a_row_and_the_last_lot_closes_it(void)
{
    int64_t numbers[8];
    begin(3, 2);
    vel_holding_t *late = vel_holdings_make(&holdings, 1, 2), *early = vel_holdings_make(&holdings, 0, 1);
    (void)vel_holdings_make(&holdings, 1, 0); /* it quotes and never fills */
    CHECK(fill(late, VEL_BUY, 100, 4) == VEL_OK && fill(early, VEL_SELL, 100, 2) == VEL_OK);
    CHECK(numbers_of(&holdings.open, numbers) == 2 && numbers[0] == 1 && numbers[1] == 5);
    CHECK(fill(late, VEL_SELL, 101, 6) == VEL_OK); /* through zero: it stays open */
    CHECK(late->position.lots == -2 && numbers_of(&holdings.open, numbers) == 2);
    CHECK(fill(late, VEL_BUY, 101, 2) == VEL_OK && late->position.lots == 0);
    CHECK(numbers_of(&holdings.open, numbers) == 1 && numbers[0] == 1);
    CHECK(numbers_of(&holdings.traded, numbers) == 2 && numbers[0] == 1 && numbers[1] == 5);
    CHECK(late->position.fees == 3 && late->position.bought == 6 && late->position.sold == 6);
    CHECK(late->position.cash == late->position.realized);
}

static void a_charge_counts_as_traded_and_never_as_open(void)
{
    int64_t numbers[8];
    begin(3, 2);
    vel_holding_t *row = vel_holdings_make(&holdings, 1, 1);
    CHECK(vel_holdings_charge(&holdings, row, 7, true) == VEL_OK &&
          vel_holdings_charge(&holdings, row, -2, false) == VEL_OK);
    CHECK(row->position.fees == 5 && row->position.funding == 7 && row->has_traded);
    CHECK(numbers_of(&holdings.open, numbers) == 0);
    CHECK(numbers_of(&holdings.traded, numbers) == 1 && numbers[0] == 4);
}

static void a_sum_that_does_not_fit_changes_nothing(void)
{
    begin(1, 1);
    vel_holding_t *row = vel_holdings_make(&holdings, 0, 0);
    row->position.fees = INT64_MAX;
    CHECK(vel_holdings_charge(&holdings, row, 1, false) == VEL_ERANGE && !row->has_traded);
    row->position.fees = 0;
    row->position.funding = -INT64_MAX;
    CHECK(vel_holdings_charge(&holdings, row, -1, true) == VEL_ERANGE && row->position.fees == 0);
    row->position.funding = 0;
    row->position.cash = -INT64_MAX;
    CHECK(fill(row, VEL_BUY, 100, 1) == VEL_ERANGE && row->position.lots == 0);
    CHECK(holdings.open.count == 0 && holdings.traded.count == 0);
}

static void the_average_of_equal_inverse_contracts_is_the_harmonic_mean(void)
{
    CHECK(vel_average_of_inverse(0.0, 0, 150, 3) == 150.0);
    CHECK(vel_average_of_inverse(150.0, 2, 150, 3) == 150.0);
    double average = vel_average_of_inverse(100.0, 1, 200, 1);
    CHECK(average > 133.33 && average < 133.34);
}

int main(void)
{
    a_row_exists_from_when_it_is_made();
    rows_stay_where_they_are();
    a_fill_opens_a_row_and_the_last_lot_closes_it();
    a_charge_counts_as_traded_and_never_as_open();
    a_sum_that_does_not_fit_changes_nothing();
    the_average_of_equal_inverse_contracts_is_the_harmonic_mean();
    vel_holdings_free(&holdings);
    vel_holdings_free(&holdings);
    return check_failures != 0;
}
