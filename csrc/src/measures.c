#include "velora/measures.h"

#include <math.h>
#include <string.h>

int vel_measures(const vel_book_t *book, int64_t n, double decay, vel_measures_t *out)
{
    if (!vel_book_has_side(book, VEL_BUY) || !vel_book_has_side(book, VEL_SELL))
        return VEL_ENOENT;
    double bid = (double)vel_book_best(book, VEL_BUY), ask = (double)vel_book_best(book, VEL_SELL);
    double mid = 0.5 * (bid + ask), shrink = exp(-decay);
    double weighted[2] = {0, 0}, pressed[2] = {0, 0}, depth[2] = {0, 0}, top[2], slope[2];
    for (uint8_t side = 0; side < 2; side++) {
        const vel_ladder_t *ladder = &book->side[side];
        double weight = 1, rise = 0, run = 0;
        int64_t key = ladder->best_key;
        top[side] = (double)vel_ladder_qty(ladder, key);
        for (int64_t at = 0; at < n && key != VEL_NO_KEY; at++, key = vel_ladder_next(ladder, key)) {
            double qty = (double)vel_ladder_qty(ladder, key);
            double distance = fabs((double)vel_key_ticks(side, key) - mid);
            depth[side] += qty;
            weighted[side] += weight * qty;
            weight *= shrink;
            /* A crossed or locked book has levels at the mid itself: they count as half a tick away. */
            if (distance < 0.5)
                distance = 0.5;
            pressed[side] += qty / distance;
            rise += distance * depth[side];
            run += distance * distance;
        }
        slope[side] = run > 0 ? rise / run : 0;
    }
    out->mid = mid;
    out->spread = ask - bid;
    out->microprice = (bid * top[VEL_SELL] + ask * top[VEL_BUY]) / (top[VEL_BUY] + top[VEL_SELL]);
    out->imbalance = (top[VEL_BUY] - top[VEL_SELL]) / (top[VEL_BUY] + top[VEL_SELL]);
    double all = weighted[VEL_BUY] + weighted[VEL_SELL];
    out->depth_imbalance = all > 0 ? (weighted[VEL_BUY] - weighted[VEL_SELL]) / all : 0;
    all = pressed[VEL_BUY] + pressed[VEL_SELL];
    out->pressure = all > 0 ? (pressed[VEL_BUY] - pressed[VEL_SELL]) / all : 0;
    out->slope_bid = slope[VEL_BUY];
    out->slope_ask = slope[VEL_SELL];
    out->depth_bid = depth[VEL_BUY];
    out->depth_ask = depth[VEL_SELL];
    return VEL_OK;
}

bool vel_measures_are_known(const vel_book_t *book, int64_t n)
{
    return vel_book_is_known_for(book, VEL_BUY, n) && vel_book_is_known_for(book, VEL_SELL, n);
}

double vel_flow_update(vel_flow_t *flow, const vel_book_t *book)
{
    if (!vel_book_has_side(book, VEL_BUY) || !vel_book_has_side(book, VEL_SELL)) {
        flow->has_top = 0;
        return 0;
    }
    int64_t bid = vel_book_best(book, VEL_BUY), ask = vel_book_best(book, VEL_SELL);
    int64_t bid_qty = vel_book_best_qty(book, VEL_BUY), ask_qty = vel_book_best_qty(book, VEL_SELL);
    double change = 0;
    if (flow->has_top) {
        if (bid >= flow->price[VEL_BUY])
            change += (double)bid_qty;
        if (bid <= flow->price[VEL_BUY])
            change -= (double)flow->qty[VEL_BUY];
        if (ask <= flow->price[VEL_SELL])
            change -= (double)ask_qty;
        if (ask >= flow->price[VEL_SELL])
            change += (double)flow->qty[VEL_SELL];
    }
    flow->has_top = 1;
    flow->price[VEL_BUY] = bid;
    flow->price[VEL_SELL] = ask;
    flow->qty[VEL_BUY] = bid_qty;
    flow->qty[VEL_SELL] = ask_qty;
    return change;
}

int vel_measures_columns(vel_book_t *book, vel_flow_t *flow, const vel_columns_t *columns, int64_t *row, int64_t n,
                         double decay, int64_t lines, double *out, int64_t *rows_out, uint8_t *known_out,
                         int64_t *written)
{
    *written = 0;
    for (; *row < columns->rows && *written < lines; ++*row) {
        uint8_t kind = columns->kind[*row];
        int status = vel_book_apply(book, kind, columns->side[*row], columns->price[*row], columns->qty[*row]);
        if (status != VEL_OK)
            return status;
        if (!(columns->flags[*row] & VEL_FLAG_LAST) || (kind != VEL_EV_DELTA && kind != VEL_EV_SNAPSHOT_END))
            continue;
        vel_measures_t measures;
        double change = vel_flow_update(flow, book);
        if (vel_measures(book, n, decay, &measures) != VEL_OK)
            continue;
        double *line = out + *written * VEL_MEASURE_COLUMNS;
        memcpy(line, &measures, sizeof measures);
        line[VEL_MEASURES] = change;
        if (known_out != NULL)
            known_out[*written] = vel_measures_are_known(book, n);
        rows_out[(*written)++] = *row;
    }
    return VEL_OK;
}
