/* prices.c: one price of a candle, and candles made from candles. */
#include "inner.h"

static void nothing_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)state;
    (void)params;
    (void)space;
}

/* ---- avgprice, medprice, typprice, wclprice: TA-Lib's order of additions */

static inline double average_price(double open, double high, double low, double close)
{
    return (high + low + close + open) / 4.0;
}

static void avgprice_step(void *state, const double *in, double *out)
{
    (void)state;
    out[0] = average_price(in[0], in[1], in[2], in[3]);
}

static void avgprice_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    const double *open = in[0], *high = in[1], *low = in[2], *close = in[3];
    double *y = out[0];
    (void)state;
    for (int64_t i = 0; i < n; i++)
        y[i] = average_price(open[i], high[i], low[i], close[i]);
}

static const vel_indicator_kind_t avgprice = {
    .name = "avgprice",
    .class_name = "AVGPRICE",
    .title = "Average price",
    .group = "prices",
    .formula = "avgprice_t = (open_t + high_t + low_t + close_t) / 4",
    .source = "TA-Lib, function AVGPRICE",
    .talib = "AVGPRICE",
    .inputs = {"open", "high", "low", "close"},
    .outputs = {{"avgprice", VEL_TA_OVERLAY}},
    .state_size = sizeof(double),
    .init = nothing_init,
    .lookback = vel_ta_no_lookback,
    .step = avgprice_step,
    .run = avgprice_run,
};

static void medprice_step(void *state, const double *in, double *out)
{
    (void)state;
    out[0] = (in[0] + in[1]) / 2.0;
}

static void medprice_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    const double *high = in[0], *low = in[1];
    double *y = out[0];
    (void)state;
    for (int64_t i = 0; i < n; i++)
        y[i] = (high[i] + low[i]) / 2.0;
}

static const vel_indicator_kind_t medprice = {
    .name = "medprice",
    .class_name = "MEDPRICE",
    .title = "Median price",
    .group = "prices",
    .formula = "medprice_t = (high_t + low_t) / 2",
    .source = "TA-Lib, function MEDPRICE",
    .talib = "MEDPRICE",
    .inputs = {"high", "low"},
    .outputs = {{"medprice", VEL_TA_OVERLAY}},
    .state_size = sizeof(double),
    .init = nothing_init,
    .lookback = vel_ta_no_lookback,
    .step = medprice_step,
    .run = medprice_run,
};

static void typprice_step(void *state, const double *in, double *out)
{
    (void)state;
    out[0] = (in[0] + in[1] + in[2]) / 3.0;
}

static void typprice_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    const double *high = in[0], *low = in[1], *close = in[2];
    double *y = out[0];
    (void)state;
    for (int64_t i = 0; i < n; i++)
        y[i] = (high[i] + low[i] + close[i]) / 3.0;
}

static const vel_indicator_kind_t typprice = {
    .name = "typprice",
    .class_name = "TYPPRICE",
    .title = "Typical price",
    .group = "prices",
    .formula = "typprice_t = (high_t + low_t + close_t) / 3",
    .source = "D. R. Lambert, Commodities Channel Index, Commodities, October 1980",
    .talib = "TYPPRICE",
    .inputs = {"high", "low", "close"},
    .outputs = {{"typprice", VEL_TA_OVERLAY}},
    .state_size = sizeof(double),
    .init = nothing_init,
    .lookback = vel_ta_no_lookback,
    .step = typprice_step,
    .run = typprice_run,
};

static void wclprice_step(void *state, const double *in, double *out)
{
    (void)state;
    out[0] = (in[0] + in[1] + in[2] * 2.0) / 4.0;
}

static void wclprice_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    const double *high = in[0], *low = in[1], *close = in[2];
    double *y = out[0];
    (void)state;
    for (int64_t i = 0; i < n; i++)
        y[i] = (high[i] + low[i] + close[i] * 2.0) / 4.0;
}

static const vel_indicator_kind_t wclprice = {
    .name = "wclprice",
    .class_name = "WCLPRICE",
    .title = "Weighted close price",
    .group = "prices",
    .formula = "wclprice_t = (high_t + low_t + 2 close_t) / 4",
    .source = "TA-Lib, function WCLPRICE",
    .talib = "WCLPRICE",
    .inputs = {"high", "low", "close"},
    .outputs = {{"wclprice", VEL_TA_OVERLAY}},
    .state_size = sizeof(double),
    .init = nothing_init,
    .lookback = vel_ta_no_lookback,
    .step = wclprice_step,
    .run = wclprice_run,
};

/* ---- ha: Heikin-Ashi candles */

typedef struct ha {
    double open, close; /* of the candle before */
    bool is_started;
} ha_t;

static inline double ha_close(double open, double high, double low, double close)
{
    return (open + high + low + close) / 4.0;
}

/* The open of the next candle. */
static inline double ha_open(ha_t *self, double open, double close)
{
    double next = ((self->is_started ? self->open : open) + (self->is_started ? self->close : close)) / 2.0;
    self->is_started = true;
    return next;
}

/* A NaN open or close does not change the extremes, as in TA-Lib. */
static inline double ha_high(double high, double open, double close)
{
    high = open > high ? open : high;
    return close > high ? close : high;
}

static inline double ha_low(double low, double open, double close)
{
    low = open < low ? open : low;
    return close < low ? close : low;
}

static void ha_step(void *state, const double *in, double *out)
{
    ha_t *self = state;
    double open = ha_open(self, in[0], in[3]), close = ha_close(in[0], in[1], in[2], in[3]);
    self->open = out[0] = open;
    self->close = out[3] = close;
    out[1] = ha_high(in[1], open, close);
    out[2] = ha_low(in[2], open, close);
}

static void ha_run(void *state, int64_t n, const double *const *in, double *const *out)
{
    ha_t *self = state;
    const double *open = in[0], *high = in[1], *low = in[2], *close = in[3];
    double opens[VEL_TA_CHUNK], closes[VEL_TA_CHUNK];
    if (n == 0)
        return;
    for (int64_t i = 0; i < n; i++)
        closes[i] = ha_close(open[i], high[i], low[i], close[i]);
    double last = opens[0] = ha_open(self, open[0], close[0]);
    for (int64_t i = 1; i < n; i++)
        opens[i] = last = (last + closes[i - 1]) / 2.0;
    for (int64_t i = 0; i < n; i++) {
        double top = ha_high(high[i], opens[i], closes[i]), bottom = ha_low(low[i], opens[i], closes[i]);
        out[1][i] = top;
        out[2][i] = bottom;
    }
    memcpy(out[0], opens, (size_t)n * sizeof *opens);
    memcpy(out[3], closes, (size_t)n * sizeof *closes);
    self->open = last;
    self->close = closes[n - 1];
}

static int64_t ha_settles(const double *params)
{
    (void)params;
    return 1 + vel_ta_settling(0.5);
}

static const vel_indicator_kind_t ha = {
    .name = "ha",
    .class_name = "HA",
    .title = "Heikin-Ashi candles",
    .group = "prices",
    .formula =
        "ha_close_t = (open_t + high_t + low_t + close_t) / 4; ha_open_t = (ha_open_(t-1) + ha_close_(t-1)) / 2, "
        "the first (open + close) / 2; ha_high_t = max(high_t, ha_open_t, ha_close_t); ha_low_t = min(low_t, "
        "ha_open_t, ha_close_t)",
    .source = "D. Valcu, Using the Heikin-Ashi technique, Technical Analysis of Stocks & Commodities 22 (2004)",
    .notes = "After a NaN the opens are NaN for ever and do not bound high and low any more, as in TA-Lib.",
    .talib = "HA",
    .inputs = {"open", "high", "low", "close"},
    .outputs = {{"ha_open", VEL_TA_OVERLAY},
                {"ha_high", VEL_TA_OVERLAY},
                {"ha_low", VEL_TA_OVERLAY},
                {"ha_close", VEL_TA_OVERLAY}},
    .state_size = sizeof(ha_t),
    .init = nothing_init,
    .lookback = vel_ta_no_lookback,
    .settles = ha_settles,
    .step = ha_step,
    .run = ha_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(prices)[] = {
    &avgprice, &medprice, &typprice, &wclprice, &ha, NULL,
};
