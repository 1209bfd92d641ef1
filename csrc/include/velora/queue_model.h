/* queue_model.h: the queue position of an own order at its price level, estimated from an L2 feed.
 *
 * The feed reports a level's total, not the order of its queue. Trades at the level are certain: they fill the front
 * of the queue, and the venue accounts for them (venue.h). A queue model decides the open question: when the total
 * shrinks without a trade, how much of the canceled quantity was ahead of the own order. */
#ifndef VELORA_QUEUE_MODEL_H
#define VELORA_QUEUE_MODEL_H

#include "velora/base.h"

VEL_C_BEGIN

typedef struct vel_queue_position {
    double ahead;   /* lots of recorded orders ahead; a double so that models may hold fractions, exact to 2^53 */
    double traded;  /* lots traded at the price since its last depth row */
    double cut;     /* lots by which the depth row at cut_ts lowered `ahead`; a trade of the same instant explains it */
    int64_t cut_ts; /* ns */
} vel_queue_position_t;

/* The level's total changed from `before` to `after` lots. The model must leave 0 <= ahead <= after. */
typedef void (*vel_queue_depth_fn)(vel_queue_position_t *position, double before, double after, const void *params);

typedef struct vel_queue_model {
    vel_queue_depth_fn on_depth;
    const void *params; /* borrowed */
    /* Whether gaps in the data are resolved in our favor: an order at an unknown price is first in its queue, and if
     * the feed shows no trades, quantity that leaves a level may have traded. */
    uint8_t is_optimistic;
} vel_queue_model_t;

/* Lots ahead of an order that joined an unknown price. Until the feed shows the level, only a print or a quote
 * through the price fills the order; then the whole level is taken to be ahead of it. */
#define VEL_QUEUE_UNKNOWN 1e18

/* Whether the lots ahead are unknown. Trades may have reduced them, so they need not equal VEL_QUEUE_UNKNOWN. */
static inline bool vel_queue_is_unknown(double ahead)
{
    return ahead >= VEL_QUEUE_UNKNOWN / 2;
}

/* Parameters of the models that take them. */
typedef struct vel_queue_params {
    double exponent; /* n of f(x) = x^n; 0 means f(x) = ln(1 + x) */
} vel_queue_params_t;

/* Risk averse: every cancel was behind us, so only the level's total bounds the lots ahead. The pessimistic bound. */
void vel_queue_risk_averse(vel_queue_position_t *position, double before, double after, const void *params);

/* Every cancel was ahead of us, as long as lots are ahead. The optimistic bound. */
void vel_queue_optimistic(vel_queue_position_t *position, double before, double after, const void *params);

/* Each lot of the level is equally likely to be canceled. */
void vel_queue_proportional(vel_queue_position_t *position, double before, double after, const void *params);

/* E. Rigtorp, "Estimating order queue position" (2013): a cancel is ahead with probability f(ahead) / (f(ahead) +
 * f(behind)), where `behind` is the level's total after the trades since its last row, less the lots ahead. */
void vel_queue_rigtorp(vel_queue_position_t *position, double before, double after, const void *params);

/* The probability models of hftbacktest 2.4, same arithmetic: behind = before - ahead, not reduced by trades, and p,
 * the probability that a cancel is behind, is
 *   ratio     f(behind) / (f(behind) + f(ahead))      its PowerProbQueueModel and LogProbQueueModel
 *   of_sum    f(behind) / f(behind + ahead)           its PowerProbQueueModel2 and LogProbQueueModel2
 *   of_front  1 - f(ahead / (ahead + behind))         its PowerProbQueueModel3 */
void vel_queue_prob_ratio(vel_queue_position_t *position, double before, double after, const void *params);
void vel_queue_prob_of_sum(vel_queue_position_t *position, double before, double after, const void *params);
void vel_queue_prob_of_front(vel_queue_position_t *position, double before, double after, const void *params);

VEL_C_END

#endif
