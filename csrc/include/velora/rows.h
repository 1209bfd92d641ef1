/* rows.h: whether rows of an event table can be what they say.
 *
 * Rows from a file or from somebody else's code are looked at once, before anything reads them: a kind that does not
 * exist, a side that indexes outside two books, a quantity or a price that no sum survives. What follows may then rely
 * on it. */
#ifndef VELORA_ROWS_H
#define VELORA_ROWS_H

#include "velora/event.h"

VEL_C_BEGIN

/* Numbers of rows whose price or quantity is none (marks, rates) have the bound of times, so that two can be added. */
#define VEL_NUMBER_MAX VEL_TIME_MAX

/* What is wrong with a row. */
enum {
    VEL_ROW_OK = 0,
    VEL_ROW_BAD_KIND = 1,
    VEL_ROW_BAD_SIDE = 2,
    VEL_ROW_BAD_FLAGS = 3,
    VEL_ROW_BAD_PRICE = 4,
    VEL_ROW_BAD_QTY = 5,
    VEL_ROW_BAD_TS_EVENT = 6,
    VEL_ROW_BAD_TS_RECV = 7,
    VEL_ROW_GOES_BACK = 8 /* received before the row ahead of it */
};

/* What one row may hold, by its kind; both ends are allowed. A least quantity of 1 holds for rows that are to be kept;
 * one of 0 in their place does nothing in a run. */
typedef struct vel_row_bounds {
    int64_t price_min, price_max;
    int64_t qty_min, qty_max;
    uint8_t side_max;
} vel_row_bounds_t;

/* Bounds of a kind, NULL for one that does not exist. */
const vel_row_bounds_t *vel_row_bounds(uint8_t kind);

/* VEL_ROW_OK, or the first thing that is wrong with a row, whenever it was received. */
int vel_row_check(uint8_t kind, uint8_t side, uint8_t flags, int64_t price, int64_t qty, int64_t ts_event,
                  bool needs_qty);

/* The first row that is wrong, -1 where all are right; *fault is what is wrong with it. Times of receipt must not go
 * back, and the first one must not lie before `after`. With needs_qty a trade, an order and an execution need a
 * quantity. */
int64_t vel_rows_check(const vel_columns_t *columns, int64_t after, bool needs_qty, int *fault);

VEL_C_END

#endif
