/* queue_tracker.h: what a strategy may know of its place in a queue, from the feed by level and the venue's answers.
 *
 * It lives on the local side and is the same live and in a backtest: it sees rows when they are received and reports
 * when they arrive, never the simulator's own places. For each tracked order it keeps three places: the lower bound
 * (every cancel stood ahead), the upper bound (none did), and between them an estimate (cancels come from each lot
 * alike). How far the bounds lie apart, as a share of what stood there when we joined, is what is not known.
 *
 * An order joins at the venue's time of its acknowledgement, which the feed may have reached already or not yet:
 * changes of its level since it was sent are remembered until the answer says which of them came before it. */
#ifndef VELORA_QUEUE_TRACKER_H
#define VELORA_QUEUE_TRACKER_H

#include "velora/queue_model.h"
#include "velora/vector.h"

VEL_C_BEGIN

/* Changes of a level remembered while an order is on its way; later ones take the place of the oldest. */
#define VEL_TRACK_CHANGES_MAX 32

typedef struct vel_track_change {
    int64_t ts_event; /* ns, venue clock */
    int64_t before;   /* lots of the level; equal for a trade */
    int64_t after;
    int64_t traded; /* lots of a trade, 0 for a depth row */
} vel_track_change_t;

typedef struct vel_tracked {
    int64_t order_id;
    int64_t price;     /* ticks */
    int64_t ts_joined; /* ns, venue clock; meaningful once joined */
    int64_t shown;     /* lots of others at its price when it was sent, then when it joined */
    vel_queue_place_t low;
    vel_queue_place_t likely;
    vel_queue_place_t high;
    vel_track_change_t changes[VEL_TRACK_CHANGES_MAX]; /* ring */
    int64_t changes_count;                             /* ever */
    uint8_t side;
    uint8_t is_joined;
} vel_tracked_t;

VEL_VECTOR(vel_tracked_list, vel_tracked_t)

typedef struct vel_queue_tracker {
    vel_tracked_list_t orders; /* few: searched from end to end */
} vel_queue_tracker_t;

void vel_queue_tracker_free(vel_queue_tracker_t *tracker); /* accepts a zeroed struct */

/* An order for this price was sent; `shown` lots of others stand there as far as we see. An order that moves is added
 * once more for its new price. VEL_OK or VEL_ENOMEM. */
int vel_queue_tracker_sent(vel_queue_tracker_t *tracker, int64_t order_id, uint8_t side, int64_t price, int64_t shown);

/* The venue says that it stands at this price since ts_venue. Its other prices are forgotten; without a new
 * entry for this one it keeps the place that it has. */
void vel_queue_tracker_joined(vel_queue_tracker_t *tracker, int64_t order_id, int64_t price, int64_t ts_venue);

/* A move was refused: the prices at which it does not stand are forgotten. */
void vel_queue_tracker_stays(vel_queue_tracker_t *tracker, int64_t order_id);

/* The order is over. */
void vel_queue_tracker_ended(vel_queue_tracker_t *tracker, int64_t order_id);

/* A level's lots of others went from `before` to `after`. */
void vel_queue_tracker_on_level(vel_queue_tracker_t *tracker, uint8_t side, int64_t price, int64_t before,
                                int64_t after, int64_t ts_event);

/* A trade took from this side; `shown` lots of others stand at its price as far as we see. */
void vel_queue_tracker_on_trade(vel_queue_tracker_t *tracker, uint8_t side, int64_t price, int64_t qty, int64_t shown,
                                int64_t ts_event);

/* The order where it stands, NULL when it is not tracked or has not joined. */
const vel_tracked_t *vel_queue_tracker_find(const vel_queue_tracker_t *tracker, int64_t order_id);

/* How much of its queue is known: 1 less the bounds' distance as a share of what stood there when it joined. */
double vel_tracked_confidence(const vel_tracked_t *order);

VEL_C_END

#endif
