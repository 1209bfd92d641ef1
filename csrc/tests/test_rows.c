/* Rows: what cannot be is found, at its row, and nothing else is. */
#include "velora/rows.h"

#include <string.h>

#include "check.h"
#include "velora/book_l2.h"

enum { ROWS = 9000 };

static int64_t ts_event[ROWS], ts_recv[ROWS], price[ROWS], qty[ROWS], order_id[ROWS];
static uint8_t kind[ROWS], side[ROWS], flags[ROWS];

static vel_columns_t columns_of(int64_t rows)
{
    return (vel_columns_t){.ts_event = ts_event,
                           .ts_recv = ts_recv,
                           .price = price,
                           .qty = qty,
                           .order_id = order_id,
                           .kind = kind,
                           .side = side,
                           .flags = flags,
                           .rows = rows};
}

static void fill(void)
{
    for (int i = 0; i < ROWS; i++) {
        ts_event[i] = i;
        ts_recv[i] = i / 3;
        kind[i] = (uint8_t)(1 + i % 13);
        side[i] = (uint8_t)(i % 2);
        flags[i] = (uint8_t)(i % 32);
        price[i] = i - 4000;
        qty[i] = 1 + i % 50;
    }
}

static void good_rows_pass(void)
{
    vel_columns_t columns = columns_of(ROWS), none = columns_of(0);
    int fault = -1;
    fill();
    CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == -1 && fault == VEL_ROW_OK);
    CHECK(vel_rows_check(&none, 5, true, &fault) == -1 && fault == VEL_ROW_OK);
}

static void each_fault_is_found_at_its_row(void)
{
    static const int64_t places[] = {0, 1, 4095, 4096, 4097, ROWS - 1};
    vel_columns_t columns = columns_of(ROWS);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int64_t row = places[i];
        int fault;
        fill(), kind[row] = 14;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_KIND);
        fill(), kind[row] = 0;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_KIND);
        fill(), kind[row] = VEL_EV_TRADE, side[row] = 3;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_SIDE);
        fill(), kind[row] = VEL_EV_DELTA, side[row] = 2;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_SIDE);
        fill(), flags[row] = 32;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_FLAGS);
        fill(), price[row] = INT64_MIN;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_PRICE);
        fill(), kind[row] = VEL_EV_TRADE, price[row] = VEL_TICKS_MAX;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_PRICE);
        fill(), qty[row] = INT64_MAX;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_QTY);
        fill(), kind[row] = VEL_EV_TRADE, qty[row] = 0;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_QTY);
        CHECK(vel_rows_check(&columns, INT64_MIN, false, &fault) == -1);
        fill(), kind[row] = VEL_EV_TRADE, qty[row] = -1;
        CHECK(vel_rows_check(&columns, INT64_MIN, false, &fault) == row && fault == VEL_ROW_BAD_QTY);
        fill(), ts_event[row] = INT64_MAX;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_TS_EVENT);
        fill(), ts_recv[row] = INT64_MAX;
        CHECK(vel_rows_check(&columns, INT64_MIN, true, &fault) == row && fault == VEL_ROW_BAD_TS_RECV);
        fill(), ts_recv[row] = -1;
        CHECK(vel_rows_check(&columns, 0, true, &fault) == row && fault == VEL_ROW_GOES_BACK);
    }
}

static void all_values_are_right_or_wrong_by_the_bounds(void)
{
    for (int k = 0; k < 256; k++) {
        const vel_row_bounds_t *of = vel_row_bounds((uint8_t)k);
        CHECK((of == NULL) == (k < 1 || k > 13));
        if (of == NULL)
            continue;
        for (int s = 0; s < 256; s++)
            CHECK((vel_row_check((uint8_t)k, (uint8_t)s, 0, 1, 1, 0, true) == VEL_ROW_OK) == (s <= of->side_max));
        CHECK(vel_row_check((uint8_t)k, 0, 0, of->price_min, of->qty_max, 0, true) == VEL_ROW_OK);
        CHECK(vel_row_check((uint8_t)k, 0, 0, of->price_max, of->qty_min, 0, true) == VEL_ROW_OK);
        CHECK(vel_row_check((uint8_t)k, 0, 0, of->price_min - 1, 1, 0, true) == VEL_ROW_BAD_PRICE);
        CHECK(vel_row_check((uint8_t)k, 0, 0, of->price_max + 1, 1, 0, true) == VEL_ROW_BAD_PRICE);
        CHECK(vel_row_check((uint8_t)k, 0, 0, 1, of->qty_min - 1, 0, true) == VEL_ROW_BAD_QTY);
        CHECK(vel_row_check((uint8_t)k, 0, 0, 1, of->qty_max + 1, 0, true) == VEL_ROW_BAD_QTY);
    }
}

int main(void)
{
    good_rows_pass();
    each_fault_is_found_at_its_row();
    all_values_are_right_or_wrong_by_the_bounds();
    return check_failures != 0;
}
