/* measures.h: microstructure measures of a level book.
 *
 * Distances are in ticks and quantities in lots; a caller scales. With b_i, a_i the quantities of the i-th best bid and
 * ask (i from 0), B and A the best prices, and m the mid:
 *
 *   microprice       (B * a_0 + A * b_0) / (a_0 + b_0)
 *   imbalance        (b_0 - a_0) / (b_0 + a_0)
 *   depth imbalance  sum of w_i (b_i - a_i) / sum of w_i (b_i + a_i), w_i = exp(-decay * i), over the best n
 *   pressure         the same with w = 1 / distance of the level from the mid
 *   slope of a side  sum of d_i Q_i / sum of d_i^2: lots a tick by which the cumulative quantity Q_i grows with the
 *                    distance d_i from the mid (least squares through the mid), over the best n
 *   flow             order flow imbalance of the top: Cont, Kukanov, Stoikov (2014), "The price impact of order book
 *                    events", equation 4; the e_k of the change from one top to the next
 */
#ifndef VELORA_MEASURES_H
#define VELORA_MEASURES_H

#include "velora/book_l2.h"

VEL_C_BEGIN

typedef struct vel_measures {
    double mid;        /* ticks */
    double spread;     /* ticks */
    double microprice; /* ticks */
    double imbalance;
    double depth_imbalance;
    double pressure;
    double slope_bid; /* lots a tick */
    double slope_ask;
    double depth_bid; /* lots in the best n */
    double depth_ask;
} vel_measures_t;

#define VEL_MEASURES 10
/* Columns of vel_measures_columns: the measures above, then the flow. */
#define VEL_MEASURE_COLUMNS 11

typedef struct vel_flow {
    int64_t price[2]; /* ticks, of the last top */
    int64_t qty[2];
    uint8_t has_top;
} vel_flow_t;

/* Measures over the best n levels a side. VEL_OK, or VEL_ENOENT when a side is empty (*out untouched). */
int vel_measures(const vel_book_t *book, int64_t n, double decay, vel_measures_t *out);

/* Whether the measures above use known levels only: the best n of both sides (vel_book_is_known_for). */
bool vel_measures_are_known(const vel_book_t *book, int64_t n);

/* Flow between the last top and the current one, in lots; 0 for the first top and for a top after an empty side. */
double vel_flow_update(vel_flow_t *flow, const vel_book_t *book);

/* Apply rows [*row, columns->rows). After each batch that ends (flag LAST on a DELTA or SNAPSHOT_END row) with both
 * sides present, write one line of VEL_MEASURE_COLUMNS and its row number in rows_out; stop when `lines` are
 * written. known_out (NULL: none) gets whether the levels of each line are known. *row is where the next call
 * continues. VEL_OK, or the status of a bad row, which is at *row. */
int vel_measures_columns(vel_book_t *book, vel_flow_t *flow, const vel_columns_t *columns, int64_t *row, int64_t n,
                         double decay, int64_t lines, double *out, int64_t *rows_out, uint8_t *known_out,
                         int64_t *written);

VEL_C_END

#endif
