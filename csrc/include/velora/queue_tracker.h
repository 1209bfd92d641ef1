/* queue_tracker.h: what a strategy may know of its place in a queue, from the feed by level and the venue's answers.
 *
 * It lives on the local side and is the same live and in a backtest: it sees rows when they are received and reports
 * when they arrive, never the simulator's own places. For each tracked order it keeps three places: the lower bound
 * (every cancel stood ahead), the upper bound (none did), and between them an estimate (cancels come from each lot
 * alike). How far the bounds lie apart, as a share of what stood there when we joined, is what is not known.
 *
 * An order joins at the venue's time of its acknowledgement, which the feed may have reached already or not yet:
 * changes of its level since it was sent are remembered until the answer says which of them came before it.
 *
 * The bounds are those of the venue (venue.h) as far as the feed has come, what the book does not know included. At an
 * unknown price nothing may stand ahead, or anything: the upper bound is VEL_QUEUE_UNKNOWN until the level shows up,
 * then all that shows. A level that leaves the view, and a gap, set the lower bound to zero and keep the upper one. A
 * price that is known to be empty has nothing ahead. An order that was filled in part is the first of its price.
 *
 * An entry is one order at one price: an order that moves has two until the venue says where it stands. Entries are
 * found by order and by price, so that a row costs no more than the entries that it is about, however many there are.
 */
#ifndef VELORA_QUEUE_TRACKER_H
#define VELORA_QUEUE_TRACKER_H

#include "velora/own_orders.h"
#include "velora/vector.h"

VEL_C_BEGIN

/* Changes of a level that are remembered; later ones take the place of the oldest. */
#define VEL_TRACK_CHANGES_MAX 32

/* Where the venue's clock was estimated, a depth row and a trade so far apart may tell the same reduction; as at the
 * venue. */
#define VEL_TRACK_ESTIMATED_NS INT64_C(1000000000)

/* What happened at a level. */
enum {
    VEL_TRACK_LEVEL = 0,   /* a row told its lots */
    VEL_TRACK_LOST = 1,    /* it left the view, or a gap came */
    VEL_TRACK_SEEN = 2,    /* no row told of it, but the book knows more of it, or less */
    VEL_TRACK_LOOK = 3,    /* it is as it was: what is unknown of places may be known by now */
    VEL_TRACK_TRADE = 4,   /* a trade took from it */
    VEL_TRACK_THROUGH = 5, /* a trade took from beyond it */
    VEL_TRACK_MAYBE = 6    /* at it, without a side: only the lower bound counts it */
};

typedef struct vel_track_change {
    int64_t ts_event; /* ns, venue clock */
    int64_t before;   /* lots of others at the level; equal for a trade */
    int64_t after;
    int64_t traded; /* lots of a trade */
    int64_t ours;   /* of these, lots that own orders before this one may have got */
    uint8_t kind;
    uint8_t was_known; /* whether the book knew the level before and after it */
    uint8_t is_known;
} vel_track_change_t;

typedef struct vel_tracked {
    int64_t order_id;
    int64_t price;     /* ticks */
    int64_t lots;      /* that it may still fill */
    int64_t ts_joined; /* ns, venue clock; meaningful once joined */
    int64_t sent;      /* lots of others at its price when it was sent, -1 for unknown */
    int64_t shown;     /* likewise when it joined, or when they were first known */
    int64_t seen;      /* while it is not settled: lots of others at its price, -1 for unknown */
    int64_t before;    /* while a snapshot is under way: lots of others before it, -1 for unknown */
    vel_queue_position_t low;
    vel_queue_position_t likely;
    vel_queue_position_t high;
    vel_track_change_t *changes; /* ring of VEL_TRACK_CHANGES_MAX, owned; NULL when it will not be asked for again */
    int64_t changes_count;       /* ever */
    int64_t number;              /* in the order of sending */
    uint32_t same;               /* the next entry of the order; links the free ones, too */
    uint32_t next;               /* neighbours among all entries, by number */
    uint32_t prev;
    uint32_t fresh_next; /* neighbours among those that are not settled */
    uint32_t fresh_prev;
    uint8_t side;
    uint8_t is_joined;
    uint8_t is_settled; /* the feed has passed the time at which it joined */
    uint8_t is_first;   /* it has filled in part, so it is first in its queue */
    uint8_t is_unsure;  /* what stands ahead was not known, or is not told any more */
    uint8_t is_iceberg; /* it may join again */
} vel_tracked_t;

/* Bounds of the lots ahead; high is VEL_QUEUE_UNKNOWN or near it when the place is unknown. */
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
    vel_own_orders_t standing;  /* and those that have, in no certain order */
    int64_t count;
    int64_t numbers;
    uint32_t first;
    uint32_t last;
    uint32_t fresh; /* the last of those that are not settled */
    uint32_t free;
    uint8_t is_estimated; /* the times of trades are estimates: within a second counts as of one instant */
} vel_queue_tracker_t;

void vel_queue_tracker_init(vel_queue_tracker_t *tracker);
void vel_queue_tracker_free(vel_queue_tracker_t *tracker); /* accepts a zeroed struct */

/* An order of so many lots for this price was sent; `shown` lots of others stand there as far as we see, -1 for
 * unknown. An order that moves is added once more for its new price. VEL_OK or VEL_ENOMEM. */
int vel_queue_tracker_sent(vel_queue_tracker_t *tracker, int64_t order_id, uint8_t side, int64_t price, int64_t lots,
                           bool is_iceberg, int64_t shown);

/* The venue says that it stands at this price since ts_venue. Its other prices are forgotten; without a new
 * entry for this one it keeps the place that it has. VEL_OK or VEL_ENOMEM. */
int vel_queue_tracker_joined(vel_queue_tracker_t *tracker, int64_t order_id, int64_t price, int64_t ts_venue);

/* A move was refused: the prices at which it does not stand are forgotten. */
void vel_queue_tracker_stays(vel_queue_tracker_t *tracker, int64_t order_id);

/* So many lots of it are left. */
void vel_queue_tracker_left(vel_queue_tracker_t *tracker, int64_t order_id, int64_t lots);

/* It was filled where it rests, in part. An iceberg may have gone to the back of its price with it. */
void vel_queue_tracker_filled(vel_queue_tracker_t *tracker, int64_t order_id, int64_t ts_venue);

/* The order is over. */
void vel_queue_tracker_ended(vel_queue_tracker_t *tracker, int64_t order_id);

/* Whether there are orders at a price. */
bool vel_queue_tracker_is_at(const vel_queue_tracker_t *tracker, uint8_t side, int64_t price);

/* Something happened at the level of an order. */
void vel_queue_tracker_note(const vel_queue_tracker_t *tracker, vel_tracked_t *order, const vel_track_change_t *change);

/* The same for all orders at a price. */
void vel_queue_tracker_on_level(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change);

/* A trade took from this side; the change is that of its price, of kind TRADE, LOOK (hidden volume, which moves no
 * queue) or MAYBE. */
void vel_queue_tracker_on_trade(vel_queue_tracker_t *tracker, uint8_t side, int64_t price,
                                const vel_track_change_t *change);

/* The best price of a side, a key, has become worse: orders at better prices are first in their queues. */
void vel_queue_tracker_on_worse(vel_queue_tracker_t *tracker, uint8_t side, int64_t best_key, int64_t ts_event);

/* The feed has passed the time at which an entry joined. */
void vel_queue_tracker_settle(vel_queue_tracker_t *tracker, vel_tracked_t *order);

/* An entry by its index: `first` and `next` lead through all of them, `fresh` and `fresh_prev` through those that are
 * not settled, up to VEL_NO_INDEX. */
static inline vel_tracked_t *vel_queue_tracker_at(const vel_queue_tracker_t *tracker, uint32_t entry)
{
    return &tracker->entries.items[entry];
}

/* The order where it stands, NULL when it is not tracked or has not joined. */
const vel_tracked_t *vel_queue_tracker_find(const vel_queue_tracker_t *tracker, int64_t order_id);

/* Its place, `shown` lots of others being known to stand at its price now; -1 for unknown. */
vel_tracked_position_t vel_tracked_position(const vel_tracked_t *order, int64_t shown);

VEL_C_END

#endif
