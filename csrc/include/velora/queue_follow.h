/* queue_follow.h: follow orders through a session by order, exactly and by queue models.
 *
 * The session shows each order's queue position. From it the feed by level is derived as a venue would send it: for
 * each event (the rows up to one flagged LAST, or to a new instant) first the prints, then the new totals. Every
 * followed order is tracked twice:
 *
 *   truth   Ahead are the lots that were at its price when it joined. They leave by cancels and executions, each known
 *           by its order.
 *   model   Ahead is an estimate. A print at the price by the other side reduces it; a print that exceeds it by a lot
 *           fills the order; the model splits all other reductions of the level (queue_model.h). The venue does the
 *           same.
 *
 * Real orders are recorded ones: they end with their own execution or cancel, and a model sees the level without
 * them. Virtual orders are of one lot, join at the back of a level and change no other order. A virtual order fills
 * when an order behind it is executed (QUEUE), at an execution or print beyond its price (THROUGH), and when the
 * other side comes to its price in a book that is not crossed (CROSS). It lives until the truth and all models have
 * filled it, or through the first event at or after its horizon. */
#ifndef VELORA_QUEUE_FOLLOW_H
#define VELORA_QUEUE_FOLLOW_H

#include "velora/book_l3.h"
#include "velora/event.h"
#include "velora/queue_model.h"
#include "velora/vector.h"

VEL_C_BEGIN

/* How the true life of a followed order ended. */
typedef enum vel_follow_end {
    VEL_FOLLOW_OPEN = 0,     /* the session ended first */
    VEL_FOLLOW_FILLED = 1,   /* a real order by its execution; a virtual one by the truth and by every model */
    VEL_FOLLOW_CANCELED = 2, /* a real order, canceled by its owner */
    VEL_FOLLOW_HORIZON = 3,
    VEL_FOLLOW_LOST = 4 /* the recording no longer covers its level */
} vel_follow_end_t;

/* Cause of the true fill; numbered as VEL_CAUSE_*. */
enum { VEL_FOLLOW_QUEUE = 0, VEL_FOLLOW_THROUGH = 1, VEL_FOLLOW_CROSS = 2 };

typedef struct vel_followed {
    int64_t id;          /* of a real order; of a virtual one its row in `placements` */
    int64_t price;       /* ticks */
    int64_t ts_start;    /* ns */
    int64_t ts_end;      /* ns, -1 while open */
    int64_t ts_fill;     /* ns of the first true fill, -1 if none */
    int64_t ahead_start; /* lots */
    int64_t ahead;       /* lots truly ahead now */
    int64_t places;      /* number of comparisons of model and truth */
    int64_t before;      /* lots of the level without the order at the models' last update */
    int64_t sequence;    /* orders with a smaller number are ahead */
    int64_t prints_from; /* prints of this event from before the order joined */
    int64_t level;       /* index in levels */
    int64_t at;          /* index in its level's list, -1 once the order has ended */
    uint8_t side;
    uint8_t is_real;
    uint8_t end;        /* vel_follow_end_t */
    uint8_t cause;      /* VEL_FOLLOW_* of the true fill */
    uint8_t is_anomaly; /* filled by an order behind it while orders were still ahead */
    uint8_t is_fresh;   /* a real order of this event: no comparison yet */
    uint8_t pad[2];
} vel_followed_t;

typedef struct vel_estimate {
    double ahead;    /* lots */
    double error;    /* sums over the comparisons: estimate less truth, */
    double absolute; /* its absolute value, */
    double share;    /* and that as a share of the level */
    int64_t ts_fill; /* ns, -1 if none */
} vel_estimate_t;

typedef struct vel_placement {
    int64_t ts;
    int64_t away; /* ticks behind the best price of its side */
    int64_t side;
} vel_placement_t;

typedef struct vel_mid {
    int64_t ts;
    int64_t mid_x2; /* best bid plus best ask, ticks */
} vel_mid_t;

typedef struct vel_print {
    int64_t price, qty;
    uint8_t aggressor;
} vel_print_t;

typedef struct vel_execution {
    int64_t price, sequence;
    uint8_t side;
    uint8_t is_late; /* an order that was ahead left in the same event without a fill */
} vel_execution_t;

VEL_VECTOR(vel_followed_list, vel_followed_t)
VEL_VECTOR(vel_estimates, vel_estimate_t)
VEL_VECTOR(vel_indices, int64_t)
VEL_VECTOR(vel_mids, vel_mid_t)
VEL_VECTOR(vel_prints, vel_print_t)
VEL_VECTOR(vel_executions, vel_execution_t)

typedef struct vel_follow_level {
    vel_indices_t members;
    int64_t price;
    uint8_t side;
    uint8_t is_touched; /* by the current event */
} vel_follow_level_t;

VEL_VECTOR(vel_follow_levels, vel_follow_level_t)

typedef struct vel_follow {
    const vel_queue_model_t *models;   /* borrowed */
    const vel_placement_t *placements; /* borrowed, in order of time */
    int64_t models_count, placements_count;
    int64_t every;      /* follow one of this many new orders, 0 none */
    int64_t horizon_ns; /* of virtual orders */
    uint8_t has_trades; /* prints are the TRADE rows; otherwise the executions, at their orders' prices */
    uint8_t crosses;    /* a virtual order fills when the other side comes to its price */

    vel_book_l3_t book;
    vel_map_t sequences; /* order id -> sequence */
    vel_map_t level_of;  /* price * 2 + side -> index in levels */
    vel_follow_levels_t levels;
    vel_followed_list_t orders;  /* all orders, in the order of joining */
    vel_estimates_t estimates;   /* models_count per order */
    vel_indices_t live[2];       /* orders still followed; [1] real ones */
    vel_indices_t touched;       /* levels */
    vel_prints_t prints;         /* of the current event */
    vel_executions_t executions; /* of the current event */
    vel_mids_t mids;             /* each change of the mid while the book has two sides and is not crossed */
    int64_t sequence, next_placement;
    int64_t executed, executed_first; /* executions, and those in events that filled all orders ahead of them */
    int64_t unknown;                  /* rows about orders that are not in the book */
} vel_follow_t;

/* Prepare a zeroed struct whose settings (the first block) are filled in. VEL_OK or VEL_ENOMEM. */
int vel_follow_init(vel_follow_t *follow);

/* Free what it owns; accepts a zeroed struct. */
void vel_follow_free(vel_follow_t *follow);

/* Apply rows [from, to) of a session. The columns hold the whole session, because the row after an event shows that
 * it has ended. VEL_OK, or the book's error with the row in *failed. */
int vel_follow_rows(vel_follow_t *follow, const vel_columns_t *columns, int64_t from, int64_t to, int64_t *failed);

VEL_C_END

#endif
