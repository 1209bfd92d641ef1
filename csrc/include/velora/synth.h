/* synth.h: a synthetic market with queue-reactive order flow (Huang, Lehalle and Rosenbaum 2015).
 *
 * Around a reference price, which lies between two ticks, each price level at distance i = 1 .. levels is a queue of
 * orders. Its limit, cancel and market intensities depend on its number of orders n:
 *
 *   limit   limit[i] * (n == 0 ? empty_boost : 1) / (1 + crowding * n)
 *   cancel  cancel[i] * n
 *   market  at the best queue: market * (1 + excitation of the side)
 *
 * When an event empties the queue next to the reference price, the price moves one tick that way with probability
 * theta; then with probability theta_reinit the queues are drawn anew. Beyond the paper: order sizes are drawn and not
 * unit, market orders excite more of their own side (an exponential Hawkes kernel: clustering and persistent signs),
 * and sparse slow levels follow behind the queues.
 *
 * Rows are as in event.h: first a snapshot, then for each event either a trade and the level's new total (one pair
 * for each level that a market order fills) or the new total alone, and a quote when the top changed. By order the same
 * events of the same market become rows of its orders: a trade and the executions of the level's orders, first in first
 * out, or the orders that were added and cancelled. */
#ifndef VELORA_SYNTH_H
#define VELORA_SYNTH_H

#include "velora/event.h"
#include "velora/rng.h"

VEL_C_BEGIN

#define VEL_SYNTH_LEVELS_MAX 32
#define VEL_SYNTH_ORDERS_MAX 48
#define VEL_SYNTH_TICKS 2048
/* Distance from the reference price at which the book ends. */
#define VEL_SYNTH_REACH 1000
#define VEL_SYNTH_LATENCY_MAX INT64_C(86400000000000) /* ns */
#define VEL_SYNTH_PENDING 16384                       /* rows of the largest event: a snapshot by order */

typedef struct vel_synth_config {
    uint64_t seed;
    int64_t start_ts;                    /* ns */
    int64_t start_ticks;                 /* the reference price lies just above this tick */
    int32_t levels;                      /* queues a side, 1 .. VEL_SYNTH_LEVELS_MAX */
    int32_t far_levels;                  /* slow levels a side behind them, 0 .. 600 */
    double limit[VEL_SYNTH_LEVELS_MAX];  /* per second */
    double cancel[VEL_SYNTH_LEVELS_MAX]; /* per second and order */
    double crowding;
    double empty_boost;
    double market;       /* per second and side */
    double excite;       /* added to a side's excitation by its market order */
    double decay;        /* per second, of the excitation */
    double cross_excite; /* added to the other side's excitation */
    double far_rate;     /* events a second on the slow levels */
    double theta;
    double theta_reinit;
    double order_lots;     /* mean size of a limit order; 1: every order is one lot */
    double market_lots;    /* mean size of a market order; 1: one lot */
    int64_t latency_floor; /* ns, of the feed, at most VEL_SYNTH_LATENCY_MAX; likewise latency_tail */
    double latency_tail;   /* ns, mean of an exponential tail */
    int32_t quotes;        /* whether QUOTE rows are made */
    int32_t orders;        /* whether the book's rows are by order, instead of by level */
} vel_synth_config_t;

typedef struct vel_synth_queue {
    int64_t lots;
    int32_t count;
    int32_t sizes[VEL_SYNTH_ORDERS_MAX];
} vel_synth_queue_t;

typedef struct vel_synth_row {
    int64_t ts_event, ts_recv, price, qty, order_id;
    uint8_t kind, side, flags;
} vel_synth_row_t;

typedef struct vel_synth {
    vel_synth_config_t config;
    vel_rng_t rng;
    double now;        /* seconds since start_ts */
    int64_t reference; /* bids at or below this tick, asks above */
    double excitation[2];
    vel_synth_queue_t *queues; /* [side][tick mod VEL_SYNTH_TICKS], owned */
    int64_t *ids;              /* [side][tick mod VEL_SYNTH_TICKS][order], owned; NULL unless by order */
    bool is_open;              /* the opening snapshot is made */
    bool has_changed;          /* the event changed a level */
    int64_t update_id;
    int64_t order_id;
    int64_t trade_id;
    int64_t last_recv;
    int64_t ts;
    int64_t quote[4];         /* bid price, bid lots, ask price, ask lots of the last quote */
    vel_synth_row_t *pending; /* owned */
    int32_t pending_head;
    int32_t pending_count;
} vel_synth_t;

/* VEL_OK, VEL_EINVAL (a number of the config out of range) or VEL_ENOMEM. */
int vel_synth_init(vel_synth_t *synth, const vel_synth_config_t *config);
void vel_synth_free(vel_synth_t *synth);

/* Write the next rows into the caller's columns: at most `rows`, none later than `until` (ns, venue time). Returns
 * the number of rows; 0 only when the time is reached. An event's rows may be split between two calls: rows that do
 * not fit are written by the next one. */
int64_t vel_synth_next(vel_synth_t *synth, int64_t until, int64_t rows, int64_t *ts_event, int64_t *ts_recv,
                       uint8_t *kind, uint8_t *side, uint8_t *flags, int64_t *price, int64_t *qty, int64_t *order_id);

VEL_C_END

#endif
