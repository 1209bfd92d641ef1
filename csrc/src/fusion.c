#include "velora/fusion.h"

void vel_fusion_free(vel_fusion_t *fusion)
{
    vel_fused_levels_free(&fusion->side[0]);
    vel_fused_levels_free(&fusion->side[1]);
    fusion->is_active = 0;
}

int vel_fusion_lift(vel_fusion_t *fusion, vel_book_t *book)
{
    int status = VEL_OK;
    for (uint8_t side = 0; side < 2; side++) {
        vel_fused_levels_t *fused = &fusion->side[side];
        for (int64_t at = 0; at < fused->count; at++) {
            int set = vel_ladder_set(&book->side[side], fused->items[at].key, fused->items[at].base);
            status = set != VEL_OK ? set : status;
        }
        fused->count = 0;
    }
    fusion->is_active = 0;
    return status;
}

static vel_fused_level_t *find(const vel_fused_levels_t *fused, int64_t key)
{
    for (int64_t at = 0; at < fused->count; at++)
        if (fused->items[at].key == key)
            return &fused->items[at];
    return NULL;
}

int64_t vel_fusion_base(const vel_fusion_t *fusion, const vel_book_t *book, uint8_t side, int64_t key)
{
    const vel_fused_level_t *level = find(&fusion->side[side], key);
    return level != NULL ? level->base : vel_ladder_qty(&book->side[side], key);
}

/* Show `lots` at a key and remember `base` for it. */
static int lay(vel_fused_levels_t *fused, vel_ladder_t *ladder, int64_t key, int64_t base, int64_t lots)
{
    vel_fused_level_t level = {key, base};
    int status = vel_fused_levels_push(fused, &level);
    return status != VEL_OK ? status : vel_ladder_set(ladder, key, lots);
}

int vel_fusion_quote(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, const int64_t price_ticks[2],
                     const int64_t qty_lots[2])
{
    if (update_id <= book->update_id || (fusion->is_active && update_id <= fusion->update_id) || book->is_stale ||
        book->in_snapshot || !vel_book_has_side(book, VEL_BUY) || !vel_book_has_side(book, VEL_SELL))
        return VEL_OK;
    for (uint8_t side = 0; side < 2; side++)
        if (!vel_is_qty(qty_lots[side]) || !vel_is_price(price_ticks[side]))
            return VEL_EINVAL;
    int status = vel_fusion_lift(fusion, book);
    if (status != VEL_OK)
        return status;
    fusion->is_active = 1;
    fusion->update_id = update_id;
    for (uint8_t side = 0; side < 2; side++) {
        vel_ladder_t *ladder = &book->side[side];
        fusion->quote_key[side] = INT64_MIN;
        if (qty_lots[side] == 0)
            continue;
        int64_t key = vel_side_key(side, price_ticks[side]);
        fusion->quote_key[side] = key;
        while (ladder->best_key < key)
            if ((status = lay(&fusion->side[side], ladder, ladder->best_key, vel_ladder_qty(ladder, ladder->best_key),
                              0)) != VEL_OK)
                return status;
        if ((status = lay(&fusion->side[side], ladder, key, vel_ladder_qty(ladder, key), qty_lots[side])) != VEL_OK)
            return status;
    }
    return VEL_OK;
}

int vel_fusion_delta(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, uint8_t side, int64_t price_ticks,
                     int64_t qty_lots)
{
    if (fusion->is_active && side <= VEL_SELL && qty_lots >= 0) {
        int status;
        if (update_id >= fusion->update_id) {
            if ((status = vel_fusion_lift(fusion, book)) != VEL_OK)
                return status;
        } else {
            int64_t key = vel_side_key(side, price_ticks);
            if (key <= fusion->quote_key[side]) {
                vel_fused_level_t *level = find(&fusion->side[side], key);
                if (level != NULL) {
                    level->base = qty_lots;
                    return VEL_OK;
                }
                /* Better than the newer quote: hidden until the feed has caught up. */
                return lay(&fusion->side[side], &book->side[side], key, qty_lots, 0);
            }
        }
    }
    return vel_book_set(book, side, price_ticks, qty_lots);
}
