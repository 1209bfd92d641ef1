/* market_inner.h: between market.c and market_queue.c alone. */
#ifndef VELORA_MARKET_INNER_H
#define VELORA_MARKET_INNER_H

#include "velora/market.h"

/* Lots of others at a price by the level feed, as far as it shows any. */
int64_t vel_market_shown_at(const vel_market_t *market, uint8_t side, int64_t price);

/* Whether the book says how much there is at a price. */
bool vel_market_is_known(const vel_market_t *market, uint8_t side, int64_t price);

/* The next six bring the estimates of queue positions up to date with a row of ts_event. */

/* What the book shows at the prices of orders of a side that the feed has not caught up with; VEL_NO_SIDE for both. */
void vel_market_track_view(vel_market_t *market, uint8_t side, int64_t ts_event);

/* A level went from `before` lots of others to what the book shows now. A row that restates, outside of a snapshot, is
 * no news: the level leaves the view or comes back. */
void vel_market_track_level(vel_market_t *market, uint8_t side, int64_t price, int64_t before, bool was_known,
                            bool is_gone, bool is_restated, int64_t ts_event);

/* Before a snapshot: what is there at the prices of orders, as it stands. */
void vel_market_track_looks(vel_market_t *market, int64_t ts_event);

/* After a snapshot the totals bound the queue positions, and what left a level is a cancel. */
void vel_market_track_snapshot(vel_market_t *market, int64_t ts_event);

/* Rows are missing: no queue position is certain any more. */
void vel_market_track_gap(vel_market_t *market, int64_t ts_event);

void vel_market_track_trade(vel_market_t *market, const vel_columns_t *columns, int64_t row);

#endif
