/* rows.h: validity checks for rows of an event table.
 *
 * Rows from a file or from user code are checked once, before they are read: for a kind that does not exist, a side
 * that would index outside two books, a quantity or a price that overflows sums. Later code relies on these checks. */
#ifndef VELORA_ROWS_H
#define VELORA_ROWS_H

#include "velora/event.h"

VEL_C_BEGIN

/* If price or quantity of a kind is not ticks or lots (marks, rates), it has the bound of times, so that two can be
 * added. */
#define VEL_NUMBER_MAX VEL_TIME_MAX

/* Faults of a row. */
enum {
    VEL_ROW_OK = 0,
    VEL_ROW_BAD_KIND = 1,
    VEL_ROW_BAD_SIDE = 2,
    VEL_ROW_BAD_FLAGS = 3,
    VEL_ROW_BAD_PRICE = 4,
    VEL_ROW_BAD_QTY = 5,
    VEL_ROW_BAD_TS_EVENT = 6,
    VEL_ROW_BAD_TS_RECV = 7,
    VEL_ROW_GOES_BACK = 8 /* received before the previous row */
};

/* Ranges of a row's fields by its kind; both ends are allowed. A minimum quantity of 1 applies to rows that are
 * stored; in a run a quantity of 0 is allowed and has no effect. */
typedef struct vel_row_bounds {
    int64_t price_min, price_max;
    int64_t qty_min, qty_max;
    uint8_t side_max;
} vel_row_bounds_t;

/* Bounds of a kind, NULL for a kind that does not exist. */
const vel_row_bounds_t *vel_row_bounds(uint8_t kind);

/* VEL_ROW_OK or the first fault of a row; the order of receipt is not checked. */
int vel_row_check(uint8_t kind, uint8_t side, uint8_t flags, int64_t price, int64_t qty, int64_t ts_event,
                  bool needs_qty);

/* Index of the first faulty row, -1 if all are valid; *fault is its fault. Times of receipt must not decrease, and
 * the first must not lie before `after`. With needs_qty, trades, orders and executions need a quantity. */
int64_t vel_rows_check(const vel_columns_t *columns, int64_t after, bool needs_qty, int *fault);

VEL_C_END

#endif
