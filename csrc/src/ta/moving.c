/* moving.c: a moving average by the number of its type. */
#include "moving.h"

void vel_ta_ma_init_t3(vel_ta_ma_t *self, int64_t period, double factor)
{
    /* T. Tillson's generalised DEMA, (1 + v) EMA - v EMA(EMA), three times, multiplied out. */
    double v = factor, square = v * v, cube = square * v;
    double c1 = -cube, c2 = 3.0 * (square - c1), c3 = -6.0 * square - 3.0 * (v - c1),
           c4 = 1.0 + 3.0 * v - c1 + 3.0 * square;
    self->type = period == 1 ? VEL_TA_MA_NONE : VEL_TA_MA_T3;
    vel_ta_cascade_init(&self->cascade, period, 6, (double[]){0.0, 0.0, c4, c3, c2, c1});
}

void vel_ta_ma_init(vel_ta_ma_t *self, int type, int64_t period, vel_ta_space_t *space)
{
    self->type = period == 1 ? VEL_TA_MA_NONE : type;
    switch (self->type) {
    case VEL_TA_MA_SMA:
        vel_ta_mean_init(&self->mean, period, space);
        break;
    case VEL_TA_MA_EMA:
        vel_ta_ema_init(&self->ema, period, vel_ta_ema_factor((double)period));
        break;
    case VEL_TA_MA_WMA:
        vel_ta_weighted_init(&self->weighted, period, space);
        break;
    case VEL_TA_MA_DEMA:
        vel_ta_cascade_init(&self->cascade, period, 2, (double[]){2.0, -1.0});
        break;
    case VEL_TA_MA_TEMA:
        vel_ta_cascade_init(&self->cascade, period, 3, (double[]){3.0, -3.0, 1.0});
        break;
    case VEL_TA_MA_TRIMA:
        vel_ta_triangle_init(&self->triangle, period, space);
        break;
    case VEL_TA_MA_KAMA:
        vel_ta_kaufman_init(&self->kaufman, period, space);
        break;
    case VEL_TA_MA_MAMA:
        vel_ta_mesa_init(&self->mesa, 0.5, 0.05);
        break;
    case VEL_TA_MA_T3:
        vel_ta_ma_init_t3(self, period, 0.7);
        break;
    case VEL_TA_MA_HMA:
        vel_ta_hull_init(&self->hull, period, space);
        break;
    case VEL_TA_MA_ZLEMA:
        vel_ta_ahead_init(&self->ahead, period, space);
        break;
    case VEL_TA_MA_RMA:
        vel_ta_ema_init(&self->ema, period, 1.0 / (double)period);
        break;
    default:
        self->type = VEL_TA_MA_NONE;
        break;
    }
}

double vel_ta_ma_step(vel_ta_ma_t *self, double x)
{
    switch (self->type) {
    case VEL_TA_MA_SMA:
        return vel_ta_mean_step(&self->mean, x);
    case VEL_TA_MA_EMA:
    case VEL_TA_MA_RMA:
        return vel_ta_ema_step(&self->ema, x);
    case VEL_TA_MA_WMA:
        return vel_ta_weighted_step(&self->weighted, x);
    case VEL_TA_MA_DEMA:
    case VEL_TA_MA_TEMA:
    case VEL_TA_MA_T3:
        return vel_ta_cascade_step(&self->cascade, x);
    case VEL_TA_MA_TRIMA:
        return vel_ta_triangle_step(&self->triangle, x);
    case VEL_TA_MA_KAMA:
        return vel_ta_kaufman_step(&self->kaufman, x);
    case VEL_TA_MA_MAMA:
        return vel_ta_mesa_step(&self->mesa, x);
    case VEL_TA_MA_HMA:
        return vel_ta_hull_step(&self->hull, x);
    case VEL_TA_MA_ZLEMA:
        return vel_ta_ahead_step(&self->ahead, x);
    default:
        return x;
    }
}

void vel_ta_ma_run(vel_ta_ma_t *self, int64_t m, const double *x, double *y)
{
    switch (self->type) {
    case VEL_TA_MA_SMA:
        vel_ta_mean_run(&self->mean, m, x, y);
        break;
    case VEL_TA_MA_EMA:
    case VEL_TA_MA_RMA:
        vel_ta_ema_run(&self->ema, m, x, y);
        break;
    case VEL_TA_MA_WMA:
        vel_ta_weighted_run(&self->weighted, m, x, y);
        break;
    case VEL_TA_MA_DEMA:
    case VEL_TA_MA_TEMA:
    case VEL_TA_MA_T3:
        vel_ta_cascade_run(&self->cascade, m, x, y);
        break;
    case VEL_TA_MA_TRIMA:
        vel_ta_triangle_run(&self->triangle, m, x, y);
        break;
    case VEL_TA_MA_KAMA:
        vel_ta_kaufman_run(&self->kaufman, m, x, y);
        break;
    case VEL_TA_MA_MAMA:
        for (int64_t i = 0; i < m; i++)
            y[i] = vel_ta_mesa_step(&self->mesa, x[i]);
        break;
    case VEL_TA_MA_HMA:
        vel_ta_hull_run(&self->hull, m, x, y);
        break;
    case VEL_TA_MA_ZLEMA:
        vel_ta_ahead_run(&self->ahead, m, x, y);
        break;
    default:
        memmove(y, x, (size_t)m * sizeof *x);
        break;
    }
}

int64_t vel_ta_ma_lookback(int type, int64_t period)
{
    if (period == 1)
        return 0;
    switch (type) {
    case VEL_TA_MA_DEMA:
        return 2 * (period - 1);
    case VEL_TA_MA_TEMA:
        return 3 * (period - 1);
    case VEL_TA_MA_KAMA:
        return period;
    case VEL_TA_MA_MAMA:
        return 32;
    case VEL_TA_MA_T3:
        return 6 * (period - 1);
    case VEL_TA_MA_HMA:
        return period - 1 + vel_ta_hull_root(period) - 1;
    case VEL_TA_MA_ZLEMA:
        return (period - 1) / 2 + period - 1;
    case VEL_TA_MA_NONE:
        return 0;
    default:
        return period - 1;
    }
}

int64_t vel_ta_ma_settles(int type, int64_t period)
{
    int64_t lookback = vel_ta_ma_lookback(type, period);
    if (period == 1)
        return 1;
    int64_t ema = vel_ta_settling(1.0 - vel_ta_ema_factor((double)period));
    switch (type) {
    case VEL_TA_MA_EMA:
    case VEL_TA_MA_ZLEMA:
        return lookback + ema;
    /* The error of the last of k means behind each other is keep^t times a polynomial of t of degree k - 1. */
    case VEL_TA_MA_DEMA:
        return lookback + ema * 3 / 2;
    case VEL_TA_MA_TEMA:
        return lookback + ema * 2;
    case VEL_TA_MA_T3:
        return lookback + ema * 3;
    case VEL_TA_MA_RMA:
        return lookback + vel_ta_settling(1.0 - 1.0 / (double)period);
    case VEL_TA_MA_KAMA:
        return lookback + vel_ta_settling(1.0 - 2.0 / 31.0 * (2.0 / 31.0));
    case VEL_TA_MA_MAMA:
        return lookback + vel_ta_settling(1.0 - 0.05);
    default:
        return lookback + 1;
    }
}
