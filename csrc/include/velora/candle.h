/* candle.h: the candle of one interval while it is being made. */
#ifndef VELORA_CANDLE_H
#define VELORA_CANDLE_H

#include "velora/base.h"
#include "velora/vector.h"

VEL_C_BEGIN

/* Trades of one interval. */
typedef struct vel_candle_part {
    int64_t open, high, low, close; /* ticks; close carries over intervals */
    int64_t volume, buy_volume;     /* lots */
    int64_t trades;
    uint8_t has_close;
} vel_candle_part_t;

/* The current interval, and the trades that came before its timer and belong to the next one. */
typedef struct vel_candle {
    vel_candle_part_t now, next;
    int64_t ts_next; /* ns of receipt: a trade of this instant or later belongs to the next interval */
} vel_candle_t;

typedef vel_candle_t *vel_candle_ref_t;

VEL_VECTOR(vel_candles, vel_candle_ref_t)

/* Add a trade that was received at `ts` ns. At equal nanoseconds rows come before timers, so a trade at the very end of
 * an interval comes before the timer that closes it: `ts_next` keeps it apart. */
void vel_candle_add(vel_candle_t *candle, int64_t ts, int64_t price_ticks, int64_t qty_lots, uint8_t side);

/* The interval is over: the next one lasts until `ts_next` and begins with the trades that were kept for it. */
void vel_candle_close(vel_candle_t *candle, int64_t ts_next);

VEL_C_END

#endif
