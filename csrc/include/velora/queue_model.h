/* queue_model.h: where an own order stands in the queue of its price level on an L2 feed.
 *
 * The feed tells a level's total, not who stands where. Trades at the level are certain: they take from the front, and
 * the venue accounts for them (venue.h). A queue model answers the open question: when the total shrinks without a
 * trade, how much of what left stood ahead of us. */
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

/* The level's total went from `before` to `after` lots. Must leave 0 <= ahead <= after. */
typedef void (*vel_queue_depth_fn)(vel_queue_position_t *position, double before, double after, const void *params);

typedef struct vel_queue_model {
    vel_queue_depth_fn on_depth;
    const void *params; /* borrowed */
    /* Whether to take what the data does not say for the best: an order at an unknown price stands in front of it, and
     * where the feed shows no trades, what leaves a level may have traded. */
    uint8_t is_optimistic;
} vel_queue_model_t;

/* "Nobody knows": ahead of an order that joined an unknown price. Only a print or a quote through the price fills it,
 * until the feed shows the level: all that it shows then is taken to stand ahead. */
#define VEL_QUEUE_UNKNOWN 1e18

/* Whether a place is unknown. Trades may have reduced it, so it need not be VEL_QUEUE_UNKNOWN itself. */
static inline bool vel_queue_is_unknown(double ahead)
{
    return ahead >= VEL_QUEUE_UNKNOWN / 2;
}

/* Parameters of the models that take them. */
typedef struct vel_queue_params {
    double exponent; /* n of f(x) = x^n; 0 means f(x) = ln(1 + x) */
} vel_queue_params_t;

/* Risk averse: every cancel stood behind us, so only the level's total bounds our place. The pessimistic bound. */
void vel_queue_risk_averse(vel_queue_position_t *position, double before, double after, const void *params);

/* Every cancel stood ahead of us, as far as there was anything. The optimistic bound. */
void vel_queue_optimistic(vel_queue_position_t *position, double before, double after, const void *params);

/* Cancels come from each lot of the level alike. */
void vel_queue_proportional(vel_queue_position_t *position, double before, double after, const void *params);

/* E. Rigtorp, "Estimating order queue position" (2013): a cancel is ahead with probability f(ahead) / (f(ahead) +
 * f(behind)), where behind is what the level holds after the trades since its last row, less what is ahead. */
void vel_queue_rigtorp(vel_queue_position_t *position, double before, double after, const void *params);

/* The probability models of hftbacktest 2.4, same arithmetic: behind = before - ahead, not reduced by what traded, and
 * p, the probability that a cancel is behind, is
 *   ratio     f(behind) / (f(behind) + f(ahead))      its PowerProbQueueModel and LogProbQueueModel
 *   of_sum    f(behind) / f(behind + ahead)           its PowerProbQueueModel2 and LogProbQueueModel2
 *   of_front  1 - f(ahead / (ahead + behind))         its PowerProbQueueModel3 */
void vel_queue_prob_ratio(vel_queue_position_t *position, double before, double after, const void *params);
void vel_queue_prob_of_sum(vel_queue_position_t *position, double before, double after, const void *params);
void vel_queue_prob_of_front(vel_queue_position_t *position, double before, double after, const void *params);

VEL_C_END

#endif
