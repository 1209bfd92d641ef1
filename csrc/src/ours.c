#include "velora/ours.h"

#include <string.h>

void vel_ours_free(vel_ours_t *ours)
{
    vel_ours_levels_free(&ours->side[0]);
    vel_ours_levels_free(&ours->side[1]);
}

int vel_ours_add(vel_ours_t *ours, uint8_t side, int64_t price_ticks, int64_t lots)
{
    vel_ours_levels_t *levels = &ours->side[side];
    int64_t key = vel_side_key(side, price_ticks), at = 0;
    while (at < levels->count && levels->items[at].key < key)
        at++;
    size_t behind = (size_t)(levels->count - at);
    if (at < levels->count && levels->items[at].key == key) {
        levels->items[at].lots += lots;
        if (levels->items[at].lots <= 0) {
            memmove(&levels->items[at], &levels->items[at + 1], (behind - 1) * sizeof *levels->items);
            levels->count--;
        }
        return VEL_OK;
    }
    if (lots <= 0)
        return VEL_OK;
    vel_ours_level_t level = {key, lots};
    int status = vel_ours_levels_push(levels, &level);
    if (status != VEL_OK)
        return status;
    memmove(&levels->items[at + 1], &levels->items[at], behind * sizeof *levels->items);
    levels->items[at] = level;
    return VEL_OK;
}

int64_t vel_ours_lots(const vel_ours_t *ours, uint8_t side, int64_t price_ticks)
{
    const vel_ours_levels_t *levels = &ours->side[side];
    int64_t key = vel_side_key(side, price_ticks);
    for (int64_t at = 0; at < levels->count && levels->items[at].key <= key; at++)
        if (levels->items[at].key == key)
            return levels->items[at].lots;
    return 0;
}

/* Lots at a key that are not ours. */
static int64_t others(const vel_ours_t *ours, const vel_ladder_t *ladder, uint8_t side, int64_t key)
{
    int64_t lots = vel_ladder_qty(ladder, key);
    if (ours != NULL && ours->is_shown)
        lots -= vel_ours_lots(ours, side, vel_key_ticks(side, key));
    return lots;
}

int64_t vel_ours_others_best(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t *lots)
{
    const vel_ladder_t *ladder = &book->side[side];
    for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key))
        if ((*lots = others(ours, ladder, side, key)) > 0)
            return key;
    *lots = 0;
    return VEL_NO_KEY;
}

int64_t vel_ours_others_depth(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t n,
                              int64_t *price_ticks, int64_t *qty_lots)
{
    const vel_ladder_t *ladder = &book->side[side];
    int64_t count = 0;
    for (int64_t key = ladder->best_key; key != VEL_NO_KEY && count < n; key = vel_ladder_next(ladder, key)) {
        int64_t lots = others(ours, ladder, side, key);
        if (lots <= 0)
            continue;
        price_ticks[count] = vel_key_ticks(side, key);
        qty_lots[count] = lots;
        count++;
    }
    return count;
}
