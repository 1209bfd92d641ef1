#include "velora/candle.h"

#include <string.h>

void vel_candle_add(vel_candle_t *candle, int64_t ts, int64_t price, int64_t qty, uint8_t side)
{
    vel_candle_part_t *part = ts < candle->ts_next ? &candle->now : &candle->next;
    if (part->trades == 0)
        part->open = part->high = part->low = price;
    if (price > part->high)
        part->high = price;
    if (price < part->low)
        part->low = price;
    part->close = price;
    part->has_close = 1;
    part->volume += qty;
    if (side == VEL_BUY)
        part->buy_volume += qty;
    part->trades++;
}

void vel_candle_close(vel_candle_t *candle, int64_t ts_next)
{
    vel_candle_part_t last = candle->now;
    candle->now = candle->next;
    if (!candle->now.has_close) { /* an interval without trades carries the last close */
        candle->now.close = last.close;
        candle->now.has_close = last.has_close;
    }
    memset(&candle->next, 0, sizeof(candle->next));
    candle->ts_next = ts_next;
}
