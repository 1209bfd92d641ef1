/* fusion.h: keeps a level book's top in step with a quote stream that is faster than the level feed.
 *
 * A quote with an update id above the book's is newer than the book, and states only the top. It is laid over the
 * book as an overlay: levels better than the quote are hidden, the quoted prices get the quoted quantities, and each
 * changed level keeps the quantity of the level feed as its base. A level row for an overlaid price changes the
 * base. The first row whose update id has reached the quote's removes the overlay: every base is restored, so a
 * price that only the quote showed never outlives the quote (no phantom level). An overlay is a few levels long. */
#ifndef VELORA_FUSION_H
#define VELORA_FUSION_H

#include "velora/book_l2.h"
#include "velora/vector.h"

VEL_C_BEGIN

typedef struct vel_fused_level {
    int64_t key;
    int64_t base; /* lots by the level feed, 0 for no level */
} vel_fused_level_t;

VEL_VECTOR(vel_fused_levels, vel_fused_level_t)

typedef struct vel_fusion {
    vel_fused_levels_t side[2];
    int64_t quote_key[2]; /* of the overlay */
    int64_t update_id;    /* of the quote in the overlay */
    uint8_t is_active;
} vel_fusion_t;

void vel_fusion_free(vel_fusion_t *fusion); /* accepts a zeroed struct */

/* Lay a quote over the book. The quote is ignored if it is not newer than the book and the overlay, or if the book
 * is empty, stale or in the middle of a snapshot. A side with qty 0 is left unchanged. VEL_OK, VEL_EINVAL,
 * VEL_ENOMEM. */
int vel_fusion_quote(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, const int64_t price_ticks[2],
                     const int64_t qty_lots[2]);

/* Apply one DELTA row of the level feed. VEL_OK, VEL_EINVAL, VEL_ENOMEM. */
int vel_fusion_delta(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, uint8_t side, int64_t price_ticks,
                     int64_t qty_lots);

/* Lots of a level by the level feed, without the overlay. */
int64_t vel_fusion_base(const vel_fusion_t *fusion, const vel_book_t *book, uint8_t side, int64_t key);

/* Remove the overlay: the book equals the level feed. For snapshots and gaps. VEL_OK or VEL_ENOMEM. */
int vel_fusion_lift(vel_fusion_t *fusion, vel_book_t *book);

VEL_C_END

#endif
