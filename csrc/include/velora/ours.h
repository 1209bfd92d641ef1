/* ours.h: our own resting quantity at each price of one instrument.
 *
 * A live feed includes our orders in its levels, a recorded one does not. `is_shown` says which; if it is set, the
 * functions below subtract our quantity, so that "the book without us" is the same in both cases. */
#ifndef VELORA_OURS_H
#define VELORA_OURS_H

#include "velora/book_l2.h"
#include "velora/map.h"

VEL_C_BEGIN

typedef struct vel_ours {
    vel_map_t side[2]; /* price in ticks -> lots, greater than 0 */
    uint8_t is_shown;  /* the feed's levels include our orders */
} vel_ours_t;

void vel_ours_free(vel_ours_t *ours); /* accepts a zeroed struct */

/* Add lots (negative: subtract) at a price; an entry at 0 or below is removed. VEL_OK or VEL_ENOMEM. */
int vel_ours_add(vel_ours_t *ours, uint8_t side, int64_t price_ticks, int64_t lots);

/* Our lots at a price. */
int64_t vel_ours_lots(const vel_ours_t *ours, uint8_t side, int64_t price_ticks);

/* Best key of a side with lots of others, VEL_NO_KEY when none; *lots is their quantity. `ours` may be NULL. */
int64_t vel_ours_others_best(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t *lots);

/* Best n levels of a side without our lots, best first. Returns the number written. `ours` may be NULL. */
int64_t vel_ours_others_depth(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t n,
                              int64_t *price_ticks, int64_t *qty_lots);

VEL_C_END

#endif
