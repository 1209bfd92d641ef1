/* ours.h: what we ourselves have resting at each price of one instrument.
 *
 * A live feed shows our orders in its levels, a recorded one of strangers does not. `is_shown` says which; the calls
 * below subtract or do not, so that "the book without us" is the same in both. */
#ifndef VELORA_OURS_H
#define VELORA_OURS_H

#include "velora/book_l2.h"
#include "velora/map.h"

VEL_C_BEGIN

typedef struct vel_ours {
    vel_map_t side[2]; /* price in ticks -> lots, greater than 0 */
    uint8_t is_shown;  /* the feed's levels include ours */
} vel_ours_t;

void vel_ours_free(vel_ours_t *ours); /* accepts a zeroed struct */

/* Add lots (negative: take away) at a price; what falls to 0 or below is forgotten. VEL_OK or VEL_ENOMEM. */
int vel_ours_add(vel_ours_t *ours, uint8_t side, int64_t price_ticks, int64_t lots);

/* Our lots at a price. */
int64_t vel_ours_lots(const vel_ours_t *ours, uint8_t side, int64_t price_ticks);

/* Best key of a side that has somebody else's lots, VEL_NO_KEY when none; *lots is theirs. `ours` may be NULL. */
int64_t vel_ours_others_best(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t *lots);

/* Best n levels of a side without us, best first. Returns how many were written. `ours` may be NULL. */
int64_t vel_ours_others_depth(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t n,
                              int64_t *price_ticks, int64_t *qty_lots);

VEL_C_END

#endif
