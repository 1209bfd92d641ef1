/* fusion.h: keeps a level book's top in step with a quote stream that is faster than the level feed.
 *
 * A quote with an update id above the book's is news about the top and nothing else. It is laid over the book: better
 * levels than the quote are hidden, the quote's own get its quantity, and what the level feed says of each such level
 * is remembered as its base. A level row for an overlaid price changes the base. The first row whose update id has
 * reached the quote's takes the overlay off: every base returns, so a price that only the quote knew never outlives it
 * (no phantom level). An overlay is a few levels long. */
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
    int64_t update_id;    /* of the quote that lies over the book */
    uint8_t is_active;
} vel_fusion_t;

void vel_fusion_free(vel_fusion_t *fusion); /* accepts a zeroed struct */

/* Lay a quote over the book. A quote that is not newer than the book or the overlay, or comes while the book has no
 * levels, is in a snapshot or stale, changes nothing. A side with qty 0 is left alone. VEL_OK, VEL_EINVAL, VEL_ENOMEM.
 */
int vel_fusion_quote(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, const int64_t price_ticks[2],
                     const int64_t qty_lots[2]);

/* Apply one DELTA row of the level feed. VEL_OK, VEL_EINVAL, VEL_ENOMEM. */
int vel_fusion_delta(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, uint8_t side, int64_t price_ticks,
                     int64_t qty_lots);

/* Lots of a level by the level feed, whatever lies over it. */
int64_t vel_fusion_base(const vel_fusion_t *fusion, const vel_book_t *book, uint8_t side, int64_t key);

/* Take the overlay off: the book is what the level feed says. For snapshots and gaps. VEL_OK or VEL_ENOMEM. */
int vel_fusion_lift(vel_fusion_t *fusion, vel_book_t *book);

VEL_C_END

#endif
