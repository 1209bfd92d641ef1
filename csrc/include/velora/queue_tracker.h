/* queue_tracker.h: an order's queue position as a strategy can estimate it, from the feed by level and the venue's
 * reports.
 *
 * The tracker lives on the local side and works the same live and in a backtest: it processes rows at their receipt and
 * reports at their arrival, and has no access to the simulator's queue positions. For each tracked order it keeps three
 * estimates of the lots ahead: the lower bound (every cancel was ahead), the upper bound (no cancel was), and between
 * them a likely value (each lot is equally likely to be canceled). The distance between the bounds, as a share of the
 * lots ahead at joining, is the uncertainty.
 *
 * An order joins its queue at the venue's time of the acknowledgement, which the feed may have passed already or not
 * yet. So changes of its level since it was sent are kept until the report shows which of them came before it.
 *
 * The bounds are those of the venue (venue.h) up to the last row received; levels unknown to the book are included. At
 * an unknown price the lots ahead lie between zero and anything: the upper bound is VEL_QUEUE_UNKNOWN until the level
 * shows up, then the level's total. When a level leaves the view, or a gap arrives, the lower bound becomes zero and
 * the upper one stays. At a price known to be empty no lots are ahead. A partly filled order is first in its queue.
 *
 * An entry is one order at one price: an order that is amended to a new price has two entries until the venue confirms
 * its price. Entries are found by order and by price, so a row costs only the entries at its price, however many others
 * exist.
 */
#ifndef VELORA_QUEUE_TRACKER_H
#define VELORA_QUEUE_TRACKER_H

#include "velora/own_orders.h"
#include "velora/vector.h"

VEL_C_BEGIN

/* Number of changes kept per entry; later ones replace the oldest. */
#define VEL_TRACK_CHANGES_MAX 32

/* If the venue's clock was estimated, a depth row and a trade up to this far apart may report the same reduction;
 * same rule as at the venue. */
#define VEL_TRACK_ESTIMATED_NS INT64_C(1000000000)

/* Kinds of change of a level. */
enum {
    VEL_TRACK_LEVEL = 0,   /* a row reported its lots */
    VEL_TRACK_LOST = 1,    /* the level left the view, or a gap arrived */
    VEL_TRACK_SEEN = 2,    /* no row reported it, but the book's knowledge of the level has changed */
    VEL_TRACK_LOOK = 3,    /* the level is unchanged: its total may now resolve unknown positions */
    VEL_TRACK_TRADE = 4,   /* a trade at the level */
    VEL_TRACK_THROUGH = 5, /* a trade beyond the level */
    VEL_TRACK_MAYBE = 6    /* a trade at the level without a side: only the lower bound counts it */
};

typedef struct vel_track_change {
    int64_t ts_event; /* ns, venue clock */
    int64_t before;   /* lots of others at the level; equal for a trade */
    int64_t after;
    int64_t traded; /* lots of a trade */
    int64_t ours;   /* lots of the trade that earlier own orders may have got */
    uint8_t kind;
    uint8_t was_known; /* whether the book knew the level before and after it */
    uint8_t is_known;
} vel_track_change_t;

typedef struct vel_tracked {
    int64_t order_id;
    int64_t price;     /* ticks */
    int64_t lots;      /* leaves quantity */
    int64_t ts_joined; /* ns, venue clock; meaningful once joined */
    int64_t sent;      /* lots of others at its price when it was sent, -1 for unknown */
    int64_t shown;     /* likewise when it joined, or when the level was first known */
    int64_t seen;      /* until the entry is settled: lots of others at its price, -1 for unknown */
    int64_t before;    /* during a snapshot: lots of others before it, -1 for unknown */
    vel_queue_position_t low;
    vel_queue_position_t likely;
    vel_queue_position_t high;
    vel_track_change_t *changes; /* ring of VEL_TRACK_CHANGES_MAX, owned; NULL once no longer needed */
    int64_t changes_count;       /* total number, including replaced ones */
    int64_t number;              /* in the order of sending */
    uint32_t same;               /* the next entry of the order; also links the free entries */
    uint32_t next;               /* neighbors among all entries, by number */
    uint32_t prev;
    uint32_t fresh_next; /* neighbors among the entries that are not settled */
    uint32_t fresh_prev;
    uint8_t side;
    uint8_t is_joined;
    uint8_t is_settled; /* the feed has passed the time of joining */
    uint8_t is_first;   /* partly filled, so first in its queue */
    uint8_t is_unsure;  /* the lots ahead were unknown, or are no longer reported */
    uint8_t is_iceberg; /* it may join the back of the queue again */
} vel_tracked_t;

/* Bounds of the lots ahead; `high` is VEL_QUEUE_UNKNOWN or near it when the position is unknown. */
typedef struct vel_tracked_position {
    double low;
    double likely;
    double high;
    double confidence;
} vel_tracked_position_t;

VEL_VECTOR(vel_tracked_list, vel_tracked_t)

typedef struct vel_queue_tracker {
    vel_tracked_list_t entries; /* pool */
    vel_map_t first_of;         /* order id -> its first entry */
    vel_own_orders_t coming;    /* entries by price, those that have not joined */
    vel_own_orders_t standing;  /* entries by price, those that have joined, in no fixed order */
    int64_t count;
    int64_t numbers;
    uint32_t first;
    uint32_t last;
    uint32_t fresh; /* the last entry that is not settled */
    uint32_t free;
    uint8_t is_estimated; /* trade times are estimates: times within a second count as equal */
} vel_queue_tracker_t;

void vel_queue_tracker_init(vel_queue_tracker_t *tracker);
void vel_queue_tracker_free(vel_queue_tracker_t *tracker); /* accepts a zeroed struct */

/* An order of `lots` was sent for this price; `shown` is the lots of others visible there, -1 for unknown. Call
 * again for the new price of an order that is amended. VEL_OK or VEL_ENOMEM. */
int vel_queue_tracker_sent(vel_queue_tracker_t *tracker, int64_t order_id, uint8_t side, int64_t price, int64_t lots,
                           bool is_iceberg, int64_t shown);

/* The venue reports that the order rests at this price since ts_venue. Entries for its other prices are dropped;
 * without a new entry for this price it keeps its queue position. VEL_OK or VEL_ENOMEM. */
int vel_queue_tracker_joined(vel_queue_tracker_t *tracker, int64_t order_id, int64_t price, int64_t ts_venue);

/* An amend was rejected: drop the entries for prices at which the order does not rest. */
void vel_queue_tracker_stays(vel_queue_tracker_t *tracker, int64_t order_id);

/* Set the leaves quantity of the order. */
void vel_queue_tracker_left(vel_queue_tracker_t *tracker, int64_t order_id, int64_t lots);

/* The order was partly filled while resting. An iceberg may have moved to the back of its queue. */
void vel_queue_tracker_filled(vel_queue_tracker_t *tracker, int64_t order_id, int64_t ts_venue);

/* The order is over. */
void vel_queue_tracker_ended(vel_queue_tracker_t *tracker, int64_t order_id);

/* Whether orders are tracked at a price. */
bool vel_queue_tracker_is_at(const vel_queue_tracker_t *tracker, uint8_t side, int64_t price);

/* Process a change of the level of one order. */
void vel_queue_tracker_note(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change);

/* Process a change for all orders at a price. */
void vel_queue_tracker_on_level(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change);

/* A trade executed against this side; the change describes its price, with kind TRADE, LOOK (hidden volume, which
 * does not move the queue) or MAYBE. */
void vel_queue_tracker_on_trade(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change);

/* The best price of a side, a key, has become worse: orders at better prices are first in their queues. */
void vel_queue_tracker_on_worse(vel_queue_tracker_t *tracker, uint8_t side, int64_t best_key, int64_t ts_event);

/* The feed has passed the time at which an entry joined. */
void vel_queue_tracker_settle(vel_queue_tracker_t *tracker, vel_tracked_t *order);

/* An entry by its index. `first` and `next` iterate over all entries, `fresh` and `fresh_prev` over the unsettled
 * ones, up to VEL_NO_INDEX. */
static inline vel_tracked_t *vel_queue_tracker_at(const vel_queue_tracker_t *tracker, uint32_t entry)
{
    return &tracker->entries.items[entry];
}

/* The entry of an order at the price where it rests; NULL when it is not tracked or has not joined. */
const vel_tracked_t *vel_queue_tracker_find(const vel_queue_tracker_t *tracker, int64_t order_id);

/* Queue position of an entry; `shown` is the lots of others known to rest at its price now, -1 for unknown. */
vel_tracked_position_t vel_tracked_position(const vel_tracked_t *order, int64_t shown);

VEL_C_END

#endif
