/* cycles.c: the dominant cycle by Hilbert transform. */
#include "hilbert.h"

#define PERIOD_MAX VEL_TA_HILBERT_PERIOD_MAX
/* Sines and cosines of all periods: 1 + 2 + ... + 50 angles. */
#define ANGLES (PERIOD_MAX * (PERIOD_MAX + 1) / 2)
#define QUARTER_PI 0.78539816339744830962
#define DEGREES (45.0 / QUARTER_PI)
#define RADIANS (1.0 / DEGREES)

static int64_t short_lookback(const double *params)
{
    (void)params;
    return VEL_TA_HILBERT_SHORT + 20;
}

static int64_t long_lookback(const double *params)
{
    (void)params;
    return VEL_TA_HILBERT_LONG + 26;
}

#define EHLERS "J. F. Ehlers, Rocket Science for Traders, Wiley 2001, "
#define UNBOUNDED                                                                                                      \
    "The period feeds back into its own filters, so no bound of the convergence is known. After a NaN every value is " \
    "NaN."

/* ---- ht_dcperiod, ht_phasor */

static void short_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)params;
    (void)space;
    vel_ta_hilbert_init(state, VEL_TA_HILBERT_SHORT);
}

static void ht_dcperiod_step(void *state, const double *in, double *out)
{
    vel_ta_hilbert_t *self = state;
    vel_ta_hilbert_step(self, in[0]);
    out[0] = self->smooth_period;
}
VEL_TA_RUN(ht_dcperiod, 1, 1)

static const vel_indicator_kind_t ht_dcperiod = {
    .name = "ht_dcperiod",
    .class_name = "HT_DCPERIOD",
    .title = "Hilbert transform: period of the dominant cycle",
    .group = "cycles",
    .formula = "p_t = 2 pi / atan(im_t / re_t), bounded by 0.67 and 1.5 times the period before and by 6 and 50 rows; "
               "smoothed: q_t = 0.2 p_t + 0.8 q_(t-1), period_t = 0.33 q_t + 0.67 period_(t-1)",
    .source = EHLERS "chapter 7",
    .notes = UNBOUNDED,
    .talib = "HT_DCPERIOD",
    .inputs = {"close"},
    .outputs = {{"period", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(vel_ta_hilbert_t),
    .init = short_init,
    .lookback = short_lookback,
    .step = ht_dcperiod_step,
    .run = ht_dcperiod_run,
};

static void ht_phasor_step(void *state, const double *in, double *out)
{
    vel_ta_hilbert_t *self = state;
    vel_ta_hilbert_step(self, in[0]);
    out[0] = self->inphase;
    out[1] = self->quadrature;
}
VEL_TA_RUN(ht_phasor, 1, 2)

static const vel_indicator_kind_t ht_phasor = {
    .name = "ht_phasor",
    .class_name = "HT_PHASOR",
    .title = "Hilbert transform: phasor components",
    .group = "cycles",
    .formula = "detrender_t = (0.0962 s_t + 0.5769 s_(t-2) - 0.5769 s_(t-4) - 0.0962 s_(t-6)) (0.075 period + 0.54), "
               "s the smoothed price; in_phase_t = detrender_(t-3), quadrature_t = the same filter of the detrender",
    .source = EHLERS "chapter 6",
    .notes = UNBOUNDED,
    .talib = "HT_PHASOR",
    .inputs = {"close"},
    .outputs = {{"in_phase", VEL_TA_PANEL}, {"quadrature", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(vel_ta_hilbert_t),
    .init = short_init,
    .lookback = short_lookback,
    .step = ht_phasor_step,
    .run = ht_phasor_run,
};

/* ---- the phase: a Fourier sum over the smoothed prices of one cycle
 *
 * The last 50 values lie next to each other: each is kept twice, 50 places apart. */
typedef struct recent {
    double values[2 * PERIOD_MAX];
    int64_t at; /* the newest is at `at` + 50 and `at` */
} recent_t;

static inline void recent_add(recent_t *self, double x)
{
    self->at = self->at == 0 ? PERIOD_MAX - 1 : self->at - 1;
    self->values[self->at] = self->values[self->at + PERIOD_MAX] = x;
}

/* The newest first. */
static inline const double *recent_values(const recent_t *self)
{
    return self->values + self->at;
}

typedef struct phase {
    vel_ta_hilbert_t hilbert;
    recent_t smoothed;
    double degrees;
    int64_t far; /* bytes from here to the sine and cosine of each angle of each period, made when first needed */
} phase_t;

static void phase_start(phase_t *self, vel_ta_space_t *space)
{
    vel_ta_hilbert_init(&self->hilbert, VEL_TA_HILBERT_LONG);
    self->far = vel_ta_place(space, self, 2 * ANGLES);
}

/* Sines and cosines of 0, 1/n, 2/n ... of a circle, alternating. */
static const double *phase_angles(phase_t *self, int64_t n)
{
    double *table = (double *)(void *)((char *)self + self->far) + n * (n - 1);
    if (table[1] == 0.0)
        for (int64_t i = 0; i < n; i++) {
            double angle = (double)i * (QUARTER_PI * 8.0) / (double)n;
            table[2 * i] = sin(angle);
            table[2 * i + 1] = cos(angle);
        }
    return table;
}

/* The period as a number of rows, 0 for NaN. */
static inline int64_t whole_period(double period)
{
    return period == period ? (int64_t)(period + 0.5) : 0;
}

static bool phase_add(phase_t *self, double x)
{
    if (!vel_ta_hilbert_step(&self->hilbert, x))
        return false;
    recent_add(&self->smoothed, self->hilbert.smoothed);
    double period = self->hilbert.smooth_period, real = 0.0, imaginary = 0.0;
    int64_t n = whole_period(period);
    if (n > 0) {
        const double *angles = phase_angles(self, n), *price = recent_values(&self->smoothed);
        for (int64_t i = 0; i < n; i++) {
            real += angles[2 * i] * price[i];
            imaginary += angles[2 * i + 1] * price[i];
        }
    }
    if (imaginary != 0.0)
        self->degrees = atan(real / imaginary) * DEGREES;
    else if (real < 0.0)
        self->degrees -= 90.0;
    else if (real > 0.0)
        self->degrees += 90.0;
    self->degrees += 90.0;
    self->degrees += 360.0 / period; /* the smoothing lags by a row */
    if (imaginary < 0.0)
        self->degrees += 180.0;
    if (self->degrees > 315.0)
        self->degrees -= 360.0;
    return true;
}

static void ht_dcphase_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)params;
    phase_start(state, space);
}

static void ht_dcphase_step(void *state, const double *in, double *out)
{
    phase_t *self = state;
    phase_add(self, in[0]);
    out[0] = self->degrees;
}
VEL_TA_RUN(ht_dcphase, 1, 1)

static const vel_indicator_kind_t ht_dcphase = {
    .name = "ht_dcphase",
    .class_name = "HT_DCPHASE",
    .title = "Hilbert transform: phase of the dominant cycle",
    .group = "cycles",
    .formula =
        "phase_t = atan(sum s_(t-i) sin(2 pi i / n) / sum s_(t-i) cos(2 pi i / n)) + 90 + 360 / period, i = 0 ... "
        "n-1, in degrees; n is the period of the cycle, s the smoothed price; brought into -45 ... 315",
    .source = EHLERS "chapter 9",
    .notes = UNBOUNDED " A constant price has no cycle; its phase is that of rounding errors.",
    .talib = "HT_DCPHASE",
    .inputs = {"close"},
    .outputs = {{"phase", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(phase_t),
    .init = ht_dcphase_init,
    .lookback = long_lookback,
    .step = ht_dcphase_step,
    .run = ht_dcphase_run,
};

static void ht_sine_step(void *state, const double *in, double *out)
{
    phase_t *self = state;
    phase_add(self, in[0]);
    out[0] = sin(self->degrees * RADIANS);
    out[1] = sin((self->degrees + 45.0) * RADIANS);
}
VEL_TA_RUN(ht_sine, 1, 2)

static const vel_indicator_kind_t ht_sine = {
    .name = "ht_sine",
    .class_name = "HT_SINE",
    .title = "Hilbert transform: sine wave",
    .group = "cycles",
    .formula = "sine_t = sin(phase_t), lead_sine_t = sin(phase_t + 45 degrees), phase that of ht_dcphase",
    .source = EHLERS "chapter 9",
    .notes = UNBOUNDED " A constant price has no cycle; its phase is that of rounding errors.",
    .talib = "HT_SINE",
    .inputs = {"close"},
    .outputs = {{"sine", VEL_TA_PANEL}, {"lead_sine", VEL_TA_PANEL}},
    .is_anchored = true,
    .state_size = sizeof(phase_t),
    .init = ht_dcphase_init,
    .lookback = long_lookback,
    .step = ht_sine_step,
    .run = ht_sine_run,
};

/* ---- the trend line: the mean price of a cycle, smoothed over four rows */

typedef struct trendline {
    recent_t prices;
    double mean[3]; /* of the rows before, the newest first */
} trendline_t;

static double trendline_add(trendline_t *self, double period)
{
    int64_t n = whole_period(period);
    const double *price = recent_values(&self->prices);
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += price[i];
    double mean = n > 0 ? sum / (double)n : period == period ? 0.0 : (double)NAN;
    double line = (4.0 * mean + 3.0 * self->mean[0] + 2.0 * self->mean[1] + self->mean[2]) / 10.0;
    self->mean[2] = self->mean[1];
    self->mean[1] = self->mean[0];
    self->mean[0] = mean;
    return line;
}

typedef struct ht_trendline {
    vel_ta_hilbert_t hilbert;
    trendline_t trendline;
} ht_trendline_t;

static void ht_trendline_init(void *state, const double *params, vel_ta_space_t *space)
{
    ht_trendline_t *self = state;
    (void)params;
    (void)space;
    vel_ta_hilbert_init(&self->hilbert, VEL_TA_HILBERT_LONG);
}

static void ht_trendline_step(void *state, const double *in, double *out)
{
    ht_trendline_t *self = state;
    recent_add(&self->trendline.prices, in[0]);
    out[0] =
        vel_ta_hilbert_step(&self->hilbert, in[0]) ? trendline_add(&self->trendline, self->hilbert.smooth_period) : 0.0;
}
VEL_TA_RUN(ht_trendline, 1, 1)

static const vel_indicator_kind_t ht_trendline = {
    .name = "ht_trendline",
    .class_name = "HT_TRENDLINE",
    .title = "Hilbert transform: instantaneous trend line",
    .group = "cycles",
    .formula =
        "mean_t = mean price of the last n rows, n the period of the dominant cycle; trendline_t = (4 mean_t + 3 "
        "mean_(t-1) + 2 mean_(t-2) + mean_(t-3)) / 10",
    .source = EHLERS "chapter 10",
    .notes = UNBOUNDED " TA-Lib gives 0 after a NaN.",
    .talib = "HT_TRENDLINE",
    .inputs = {"close"},
    .outputs = {{"trendline", VEL_TA_OVERLAY}},
    .is_anchored = true,
    .state_size = sizeof(ht_trendline_t),
    .init = ht_trendline_init,
    .lookback = long_lookback,
    .step = ht_trendline_step,
    .run = ht_trendline_run,
};

/* ---- ht_trendmode */

typedef struct ht_trendmode {
    phase_t phase;
    trendline_t trendline;
    double sine, lead_sine; /* of the row before */
    int64_t days;           /* rows since the sines last crossed */
} ht_trendmode_t;

static void ht_trendmode_init(void *state, const double *params, vel_ta_space_t *space)
{
    ht_trendmode_t *self = state;
    (void)params;
    phase_start(&self->phase, space);
}

static void ht_trendmode_step(void *state, const double *in, double *out)
{
    ht_trendmode_t *self = state;
    double before = self->phase.degrees;
    recent_add(&self->trendline.prices, in[0]);
    out[0] = 0.0;
    if (!phase_add(&self->phase, in[0]))
        return;
    double period = self->phase.hilbert.smooth_period, smoothed = self->phase.hilbert.smoothed;
    double sine = sin(self->phase.degrees * RADIANS), lead_sine = sin((self->phase.degrees + 45.0) * RADIANS);
    double line = trendline_add(&self->trendline, period), turned = self->phase.degrees - before;
    bool is_trend = true;
    if ((sine > lead_sine && self->sine <= self->lead_sine) || (sine < lead_sine && self->sine >= self->lead_sine)) {
        self->days = 0;
        is_trend = false;
    }
    self->sine = sine;
    self->lead_sine = lead_sine;
    self->days++;
    if ((double)self->days < 0.5 * period)
        is_trend = false;
    if (turned > 0.67 * 360.0 / period && turned < 1.5 * 360.0 / period)
        is_trend = false;
    if (line != 0.0 && fabs((smoothed - line) / line) >= 0.015)
        is_trend = true;
    out[0] = (double)is_trend;
}
VEL_TA_RUN_INTEGER(ht_trendmode, 1, 1)

static const vel_indicator_kind_t ht_trendmode = {
    .name = "ht_trendmode",
    .class_name = "HT_TRENDMODE",
    .title = "Hilbert transform: trend or cycle",
    .group = "cycles",
    .formula = "1: trend, 0: cycle. Cycle when sine and lead sine crossed within half a period, or the phase turned by "
               "0.67 to 1.5 times 360 / period degrees; but a trend when the smoothed price is 1.5% off the trend line",
    .source = EHLERS "chapter 11",
    .notes = UNBOUNDED,
    .talib = "HT_TRENDMODE",
    .inputs = {"close"},
    .outputs = {{"trendmode", VEL_TA_PANEL}},
    .is_integer = true,
    .is_anchored = true,
    .state_size = sizeof(ht_trendmode_t),
    .init = ht_trendmode_init,
    .lookback = long_lookback,
    .step = ht_trendmode_step,
    .run_integer = ht_trendmode_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(cycles)[] = {
    &ht_dcperiod, &ht_dcphase, &ht_phasor, &ht_sine, &ht_trendline, &ht_trendmode, NULL,
};
