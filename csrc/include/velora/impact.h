/* impact.h: how own executions move the price of later own executions.
 *
 * Recorded rows cannot move. The move that own executions would have caused is kept beside them as one signed
 * displacement per instrument, in ticks: above 0 the market would stand higher than recorded, because of own buying. It
 * grows with own executed volume and decays with venue time. It only acts against us (see venue.h): it never improves a
 * price and never fills a resting order.
 *
 *   SQUARE_ROOT  scale * sign(Q) |Q|^exponent, Q the signed own volume, forgotten at `rate[0]`.
 *   TRANSIENT    permanent * (sum of v) + sum over terms of weight * sum of sign(v) |v|^exponent * exp(-rate * age).
 *                One term is the block book of Obizhaeva and Wang; more of them are a propagator's kernel.
 *   INTERVAL     Almgren and Chriss: within one interval of venue time a side's own volume n costs `temporary * n` a
 *                lot more, however it is split; at the interval's end the price moves by permanent * (bought - sold).
 *
 * An order pays for its own displacement too: the mean of the displacement over its volume. So splitting it at one
 * instant saves nothing if the exponent is 1 or the law takes the sum of volumes. Lots are doubles here, exact to
 * 2^53. */
#ifndef VELORA_IMPACT_H
#define VELORA_IMPACT_H

#include "velora/base.h"

VEL_C_BEGIN

#define VEL_IMPACT_TERMS_MAX 32

enum { VEL_IMPACT_SQUARE_ROOT = 1, VEL_IMPACT_TRANSIENT = 2, VEL_IMPACT_INTERVAL = 3 };

typedef struct vel_impact {
    int32_t kind;
    int32_t terms;                       /* SQUARE_ROOT 1, TRANSIENT 0 to VEL_IMPACT_TERMS_MAX */
    double scale;                        /* ticks at one lot, >= 0 */
    double exponent;                     /* of volume, in (0, 1] */
    double permanent;                    /* ticks a lot, >= 0 */
    double temporary;                    /* ticks a lot of the interval's volume, >= 0 */
    double half_spread;                  /* ticks that a taker pays in addition, >= 0 */
    double passive_share;                /* share of passive volume that moves the price, 0 to 1 */
    int64_t interval;                    /* ns, > 0 for INTERVAL */
    double rate[VEL_IMPACT_TERMS_MAX];   /* per ns, >= 0 */
    double weight[VEL_IMPACT_TERMS_MAX]; /* ticks a lot^exponent; single weights may be negative, not all of them */
    /* state, zero at first */
    int64_t ts; /* ns, time of the last update of `term` */
    double term[VEL_IMPACT_TERMS_MAX];
    double volume;    /* signed lots of the permanent part */
    double traded[2]; /* lots by side within the interval of ts, INTERVAL only */
    int64_t cost;     /* money units paid beyond recorded prices */
} vel_impact_t;

/* The part of a recorded level that a taker gets: `near` lots at `ticks` beyond its price, `far` lots one tick
 * farther. */
typedef struct vel_impact_share {
    int64_t ticks;
    int64_t near;
    int64_t far;
} vel_impact_share_t;

/* Check a model's parameters: VEL_OK or VEL_EINVAL. */
int vel_impact_check(const vel_impact_t *impact);

/* Signed displacement in ticks at `ts` (not before the last execution), left by earlier executions. */
double vel_impact_displacement(const vel_impact_t *impact, int64_t ts);

/* The displacement as an order on `side` meets it (above 0: worse), after `lots` of that order have executed. */
double vel_impact_edge(const vel_impact_t *impact, int64_t ts, uint8_t side, double lots);

/* The mean of vel_impact_edge over lots [from, to) of the order; from < to. */
double vel_impact_mean(const vel_impact_t *impact, int64_t ts, uint8_t side, double from, double to);

/* Number of lots out of `lots` that trade one tick farther than *ticks, so that all together trade `adverse` ticks
 * away, rounded up to one tick of one lot. adverse >= 0, lots > 0. */
int64_t vel_impact_split(double adverse, int64_t lots, int64_t *ticks);

/* The part of `wanted` lots that a taker gets at a level `beyond` ticks from the touch and `room` >= 0 ticks from
 * its limit, after `done` lots of its order. The level's distance and the order's own displacement measure the same
 * move, so the worse of them counts, not the sum. near + far < wanted: the limit is reached. */
void vel_impact_take(const vel_impact_t *impact, int64_t ts, uint8_t side, int64_t done, int64_t wanted, int64_t beyond,
                     int64_t room, vel_impact_share_t *share);

/* Record an own execution of one order; lots >= 0. */
void vel_impact_add(vel_impact_t *impact, int64_t ts, uint8_t side, double lots);

/* Least number of whole ticks by which the recorded market is farther away for a taker on `side`. */
int64_t vel_impact_shift(const vel_impact_t *impact, int64_t ts, uint8_t side);

VEL_C_END

#endif
