#include "velora/ours.h"

void vel_ours_free(vel_ours_t *ours)
{
    vel_map_free(&ours->side[0]);
    vel_map_free(&ours->side[1]);
}

int vel_ours_add(vel_ours_t *ours, uint8_t side, int64_t price_ticks, int64_t lots)
{
    vel_map_t *levels = &ours->side[side];
    int64_t *found = vel_map_get(levels, price_ticks);
    if (found == NULL)
        return lots > 0 ? vel_map_add(levels, price_ticks, lots) : VEL_OK;
    *found += lots;
    if (*found <= 0)
        vel_map_remove(levels, price_ticks);
    return VEL_OK;
}

int64_t vel_ours_lots(const vel_ours_t *ours, uint8_t side, int64_t price_ticks)
{
    const int64_t *found = vel_map_get(&ours->side[side], price_ticks);
    return found == NULL ? 0 : *found;
}

/* Lots of others at a key. */
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
