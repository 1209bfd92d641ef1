/* hilbert.h: J. F. Ehlers' measurement of the cycle of a price: in-phase and quadrature parts, and its period.
 *
 * The price is smoothed by a weighted mean of four rows, then a Hilbert transform of seven rows (coefficients 0.0962
 * and 0.5769) gives the detrended price, its quadrature Q1, and both advanced by 90 degrees; a homodyne discriminator
 * gives the period, which scales the transforms of the next row. Source: J. F. Ehlers, "Rocket Science for Traders"
 * (2001), chapters 6 and 7. The first eleven rows only fill the smoother, as in TA-Lib. */
#ifndef VELORA_TA_HILBERT_H
#define VELORA_TA_HILBERT_H

#include "inner.h"

/* Rows before the first one that is transformed. */
#define VEL_TA_HILBERT_ROWS 12
#define VEL_TA_DEGREES (180.0 / 3.14159265358979323846)

/* The last six values of a series; `at` of the transform that owns it is the oldest. */
typedef struct vel_ta_hilbert_line {
    double value[6];
} vel_ta_hilbert_line_t;

typedef struct vel_ta_hilbert {
    double price[3]; /* the last three */
    double weighted; /* the running sums of the smoother, as TA-Lib keeps them */
    double plain;
    double trailing;
    int64_t rows; /* up to VEL_TA_HILBERT_ROWS */
    int64_t at;   /* place of the oldest value in each line */
    vel_ta_hilbert_line_t smooth, detrended, in_phase, quadrature;
    double i1[3];  /* the last three detrended values, the oldest first: the oldest is the in-phase part */
    double i2, q2; /* of the last row */
    double re, im;
    double period;
    /* Of the last row. */
    double smoothed;
    double i1_now;
    double q1_now;
} vel_ta_hilbert_t;

/* The transform of a series whose next value is x, before it is stored. */
static inline double vel_ta_hilbert_line(vel_ta_hilbert_line_t *line, int64_t at, double x, double scale)
{
    double *value = line->value;
    int64_t two = at + 4 < 6 ? at + 4 : at - 2, four = at + 2 < 6 ? at + 2 : at - 4;
    double sum = -(0.0962 * value[at]) + 0.0962 * x - 0.5769 * value[four] + 0.5769 * value[two];
    value[at] = x;
    return sum * scale;
}

/* Adds a price; returns whether it was transformed. */
static inline bool vel_ta_hilbert_step(vel_ta_hilbert_t *self, double x)
{
    /* The running sums of TA-Lib, rounding errors included: where prices stand still, the phase is that of these
     * errors.
     */
    if (VEL_UNLIKELY(self->rows < 3)) {
        self->plain += x;
        self->weighted += x * (double)(self->rows + 1);
    } else {
        self->plain += x;
        self->plain -= self->trailing;
        self->weighted += x * 4.0;
        self->trailing = self->price[0];
        self->smoothed = self->weighted * 0.1;
        self->weighted -= self->plain;
    }
    self->price[0] = self->price[1];
    self->price[1] = self->price[2];
    self->price[2] = x;
    if (VEL_UNLIKELY(self->rows < VEL_TA_HILBERT_ROWS)) {
        self->rows++;
        return false;
    }
    int64_t at = self->at;
    self->at = at + 1 < 6 ? at + 1 : 0;
    double scale = 0.075 * self->period + 0.54, i1 = self->i1[0];
    double detrended = vel_ta_hilbert_line(&self->smooth, at, self->smoothed, scale);
    double q1 = vel_ta_hilbert_line(&self->detrended, at, detrended, scale);
    double ji = vel_ta_hilbert_line(&self->in_phase, at, i1, scale);
    double jq = vel_ta_hilbert_line(&self->quadrature, at, q1, scale);
    self->i1[0] = self->i1[1];
    self->i1[1] = self->i1[2];
    self->i1[2] = detrended;
    double q2 = 0.2 * (q1 + ji) + 0.8 * self->q2, i2 = 0.2 * (i1 - jq) + 0.8 * self->i2;
    self->re = 0.2 * (i2 * self->i2 + q2 * self->q2) + 0.8 * self->re;
    self->im = 0.2 * (i2 * self->q2 - q2 * self->i2) + 0.8 * self->im;
    self->i2 = i2;
    self->q2 = q2;
    double before = self->period, period = before;
    if (self->im != 0.0 && self->re != 0.0)
        period = 360.0 / (atan(self->im / self->re) * VEL_TA_DEGREES);
    if (period > 1.5 * before)
        period = 1.5 * before;
    if (period < 0.67 * before)
        period = 0.67 * before;
    period = period < 6.0 ? 6.0 : period > 50.0 ? 50.0 : period;
    self->period = 0.2 * period + 0.8 * before;
    self->i1_now = i1;
    self->q1_now = q1;
    return true;
}

/* After a transformed row: its phase in degrees. */
static inline double vel_ta_hilbert_phase(const vel_ta_hilbert_t *self)
{
    return self->i1_now != 0.0 ? atan(self->q1_now / self->i1_now) * VEL_TA_DEGREES : 0.0;
}

#endif
