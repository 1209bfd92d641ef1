#include "velora/event.h"

int64_t vel_columns_bad_level(const vel_columns_t *columns)
{
    /* All rows at once, in loops that a compiler makes wide: only where a bit is set that no good row sets is each
     * looked at. */
    const int64_t *price = columns->price, *qty = columns->qty;
    const int64_t rows = columns->rows;
    const uint8_t *kind = columns->kind, *side = columns->side;
    uint64_t sizes = 0, prices = 0;
    uint8_t sides = 0;
    for (int64_t row = 0; row < rows; row++)
        sizes |= (uint64_t)qty[row];
    for (int64_t row = 0; row < rows; row++)
        prices |= ((uint64_t)price[row] + (VEL_TICKS_MAX - 1)) | ((uint64_t)(VEL_TICKS_MAX - 1) - (uint64_t)price[row]);
    for (int64_t row = 0; row < rows; row++)
        sides |= side[row] & (uint8_t)-(kind[row] == VEL_EV_DELTA);
    if (sizes <= (uint64_t)VEL_LOTS_MAX && prices <= 2 * (uint64_t)(VEL_TICKS_MAX - 1) && sides <= VEL_SELL)
        return -1;
    for (int64_t row = 0; row < rows; row++)
        if (kind[row] == VEL_EV_DELTA && !vel_is_level(columns, row))
            return row;
    return -1;
}
