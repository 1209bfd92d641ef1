/* hilbert.h: the period of the dominant cycle by a Hilbert transform, which MAMA and the HT indicators share.
 *
 * J. F. Ehlers, "Rocket Science for Traders", Wiley 2001, chapters 6 and 7: the price is smoothed by a weighted mean of
 * four rows, a filter of seven taps (0.0962, 0, 0.5769, 0, -0.5769, 0, -0.0962) takes the trend out and gives the
 * quadrature, and the angle between the phasors of two rows is the part of a cycle that has passed. The order of
 * operations is TA-Lib's, as the values feed back. */
#ifndef VELORA_TA_HILBERT_H
#define VELORA_TA_HILBERT_H

#include "inner.h"

/* Rows before the first that is transformed: of MAMA, HT_DCPERIOD and HT_PHASOR, and of the other HT indicators. */
#define VEL_TA_HILBERT_SHORT 12
#define VEL_TA_HILBERT_LONG 37
/* The longest period of a cycle. */
#define VEL_TA_HILBERT_PERIOD_MAX 50

/* The last eight inputs of one filter, at their row modulo 8: nothing moves. */
typedef struct vel_ta_hilbert_filter {
    double past[8];
} vel_ta_hilbert_filter_t;

typedef struct vel_ta_hilbert {
    double price[4]; /* the last four, at their row modulo 4 */
    double sum;      /* of them */
    double weighted; /* the weighted sum, less `sum`: that of the next row without its price */
    vel_ta_hilbert_filter_t smooth_filter, detrender_filter, inphase_filter, quadrature_filter;
    double detrender[4]; /* of the last four rows, at their row modulo 4 */
    double i2, q2, re, im;
    double smoothed;      /* of this row */
    double inphase;       /* of this row: the detrender three rows ago */
    double quadrature;    /* of this row */
    double period;        /* of the cycle, in rows */
    double smooth_period; /* smoothed once more */
    int64_t rows;
    int64_t start; /* the first row that is transformed */
} vel_ta_hilbert_t;

static inline void vel_ta_hilbert_init(vel_ta_hilbert_t *self, int64_t start)
{
    *self = (vel_ta_hilbert_t){.start = start};
}

static inline double vel_ta_hilbert_filter(vel_ta_hilbert_filter_t *self, int64_t row, double x, double gain)
{
    double *past = self->past, second = past[(row - 2) & 7], fourth = past[(row - 4) & 7], sixth = past[(row - 6) & 7];
    past[row & 7] = x;
    return ((0.0 - 0.0962 * sixth + 0.0962 * x) - 0.5769 * fourth + 0.5769 * second) * gain;
}

/* Adds a price; returns whether the row was transformed. */
static inline bool vel_ta_hilbert_step(vel_ta_hilbert_t *self, double x)
{
    int64_t row = self->rows++;
    if (row < 3) {
        self->sum += x;
        self->weighted += x * (double)(row + 1);
    } else {
        self->sum = self->sum + x - self->price[row & 3];
        self->weighted += x * 4.0;
        self->smoothed = self->weighted * 0.1;
        self->weighted -= self->sum;
    }
    self->price[row & 3] = x;
    if (row < self->start)
        return false;
    double gain = 0.075 * self->period + 0.54, former = self->period, period = former;
    double detrender = vel_ta_hilbert_filter(&self->smooth_filter, row, self->smoothed, gain);
    double quadrature = vel_ta_hilbert_filter(&self->detrender_filter, row, detrender, gain);
    double inphase = self->detrender[(row - 3) & 3];
    double ji = vel_ta_hilbert_filter(&self->inphase_filter, row, inphase, gain);
    double jq = vel_ta_hilbert_filter(&self->quadrature_filter, row, quadrature, gain);
    self->detrender[row & 3] = detrender;
    double q2 = 0.2 * (quadrature + ji) + 0.8 * self->q2, i2 = 0.2 * (inphase - jq) + 0.8 * self->i2;
    self->re = 0.2 * (i2 * self->i2 + q2 * self->q2) + 0.8 * self->re;
    self->im = 0.2 * (i2 * self->q2 - q2 * self->i2) + 0.8 * self->im;
    self->q2 = q2;
    self->i2 = i2;
    self->inphase = inphase;
    self->quadrature = quadrature;
    if (self->im != 0.0 && self->re != 0.0)
        period = 360.0 / (atan(self->im / self->re) * (45.0 / 0.78539816339744830962));
    /* At most half as much longer, a third shorter than before, within 6 and 50; NaN stays. */
    period = period > 1.5 * former ? 1.5 * former : period;
    period = period < 0.67 * former ? 0.67 * former : period;
    period = period < 6.0 ? 6.0 : period > VEL_TA_HILBERT_PERIOD_MAX ? VEL_TA_HILBERT_PERIOD_MAX : period;
    self->period = 0.2 * period + 0.8 * former;
    self->smooth_period = 0.33 * self->period + 0.67 * self->smooth_period;
    return true;
}

/* After a row that was transformed: the angle of its phasor in degrees. */
static inline double vel_ta_hilbert_phase(const vel_ta_hilbert_t *self)
{
    return self->inphase != 0.0 ? atan(self->quadrature / self->inphase) * (45.0 / 0.78539816339744830962) : 0.0;
}

#endif
