/* microstructure.c: measures of trades, quotes and book events. A row is an event; `side` is 1 for a trade whose
 * aggressor bought, -1 for one that sold, 0 where the data does not say. Where a measure is not defined its value is
 * NaN, never 0. */
#include "inner.h"

#define PERIOD VEL_TA_PERIOD("period", 100, 1, "events of the window")

/* ---- order flow imbalance */

typedef struct ofi {
    double bid, ask, bid_qty, ask_qty;
    int64_t rows;
    vel_ta_sum_t sum;
} ofi_t;

static void ofi_init(void *state, const double *params, vel_ta_space_t *space)
{
    vel_ta_sum_init(&((ofi_t *)state)->sum, (int64_t)params[0], space);
}

static void ofi_step(void *state, const double *in, double *out)
{
    ofi_t *self = state;
    if (self->rows++ > 0) {
        double e = (in[0] >= self->bid ? in[2] : 0.0) - (in[0] <= self->bid ? self->bid_qty : 0.0) -
                   (in[1] <= self->ask ? in[3] : 0.0) + (in[1] >= self->ask ? self->ask_qty : 0.0);
        out[0] = vel_ta_sum_step(&self->sum, e);
    } else {
        out[0] = 0.0;
    }
    self->bid = in[0];
    self->ask = in[1];
    self->bid_qty = in[2];
    self->ask_qty = in[3];
}

VEL_TA_RUN(ofi, 4, 1)

static const vel_indicator_kind_t ofi = {
    .name = "ofi",
    .class_name = "OFI",
    .title = "Order flow imbalance",
    .group = "microstructure",
    .formula =
        "ofi_t = e_t + ... + e_(t-n+1), e = q_bid [P_bid >= P_bid'] - q_bid' [P_bid <= P_bid'] - q_ask [P_ask <= "
        "P_ask'] + q_ask' [P_ask >= P_ask'], ' being the event before",
    .source =
        "R. Cont, A. Kukanov, S. Stoikov, The price impact of order book events, Journal of Financial Econometrics "
        "12 (2014), equation 4",
    .notes = "In units of quantity. Positive: buyers added at the bid or took from the ask.",
    .inputs = {"bid", "ask", "bid_qty", "ask_qty"},
    .outputs = {{"ofi", VEL_TA_PANEL}},
    .params = {PERIOD},
    .state_size = sizeof(ofi_t),
    .init = ofi_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = ofi_step,
    .run = ofi_run,
};

/* ---- volume-synchronised probability of informed trading */

typedef struct vpin {
    double bucket;  /* its volume */
    double filled;  /* of the bucket under way */
    double balance; /* buys less sells of the bucket under way */
    int64_t buckets;
    vel_ta_sum_t imbalance;
    double value;
} vpin_t;

static void vpin_init(void *state, const double *params, vel_ta_space_t *space)
{
    vpin_t *self = state;
    self->bucket = params[1];
    self->value = (double)NAN;
    vel_ta_sum_init(&self->imbalance, (int64_t)params[0], space);
}

static void vpin_close(vpin_t *self, double imbalance)
{
    double n = (double)self->imbalance.n, sum = vel_ta_sum_step(&self->imbalance, imbalance);
    if (++self->buckets >= self->imbalance.n)
        self->value = sum / (n * self->bucket);
}

static void vpin_step(void *state, const double *in, double *out)
{
    vpin_t *self = state;
    double qty = in[0], side = in[1] > 0.0 ? 1.0 : in[1] < 0.0 ? -1.0 : 0.0;
    if (!(qty > 0.0) || qty > 1e300) {
        out[0] = qty == 0.0 ? self->value : (double)NAN;
        return;
    }
    double room = self->bucket - self->filled;
    if (qty >= room) {
        vpin_close(self, fabs(self->balance + side * room));
        qty -= room;
        self->filled = self->balance = 0.0;
        /* A trade that fills more buckets than the window holds fills the window with its own side. */
        double whole = floor(qty / self->bucket), most = (double)self->imbalance.n;
        qty -= whole * self->bucket;
        for (double i = 0.0; i < (whole < most ? whole : most); i += 1.0)
            vpin_close(self, fabs(side) * self->bucket);
        if (qty < 0.0)
            qty = 0.0;
    }
    self->filled += qty;
    self->balance += side * qty;
    out[0] = self->value;
}

VEL_TA_RUN(vpin, 2, 1)

static const vel_indicator_kind_t vpin = {
    .name = "vpin",
    .class_name = "VPIN",
    .title = "Volume-synchronised probability of informed trading",
    .group = "microstructure",
    .formula =
        "vpin = (|buys - sells| of the last n buckets of equal volume V) / (n V); a trade is split at the end of a "
        "bucket",
    .source =
        "D. Easley, M. Lopez de Prado, M. O'Hara, Flow toxicity and liquidity in a high-frequency world, Review of "
        "Financial Studies 25 (2012)",
    .notes = "Uses the aggressor's side of each trade instead of bulk classification. NaN until n buckets are full; it "
             "changes when a bucket fills. A row of quantity 0 changes nothing; a negative or endless one gives NaN.",
    .inputs = {"qty", "side"},
    .outputs = {{"vpin", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 50, 1, "buckets of the window"),
               VEL_TA_FACTOR("bucket", 1000.0, 1e-9, 1e15,
                             "volume of a bucket; a fiftieth of the daily volume is usual")},
    .is_anchored = true,
    .state_size = sizeof(vpin_t),
    .init = vpin_init,
    .lookback = vel_ta_no_lookback,
    .step = vpin_step,
    .run = vpin_run,
};

/* ---- Kyle's lambda: slope of price changes on signed volume */

typedef struct kyle {
    double n;
    double price;
    int64_t rows;
    vel_ta_sum_t x, y, xx, xy;
} kyle_t;

static void kyle_lambda_init(void *state, const double *params, vel_ta_space_t *space)
{
    kyle_t *self = state;
    int64_t n = (int64_t)params[0];
    self->n = params[0];
    vel_ta_sum_init(&self->x, n, space);
    vel_ta_sum_init(&self->y, n, space);
    vel_ta_sum_init(&self->xx, n, space);
    vel_ta_sum_init(&self->xy, n, space);
}

static void kyle_lambda_step(void *state, const double *in, double *out)
{
    kyle_t *self = state;
    out[0] = (double)NAN;
    if (self->rows++ > 0) {
        double flow = in[1] * in[2], change = in[0] - self->price;
        double x = vel_ta_sum_step(&self->x, flow), y = vel_ta_sum_step(&self->y, change),
               xx = vel_ta_sum_step(&self->xx, flow * flow), xy = vel_ta_sum_step(&self->xy, flow * change);
        double below = self->n * xx - x * x;
        /* Below the rounding error of its terms the flow did not vary. */
        if (below > 1e-12 * self->n * xx)
            out[0] = (self->n * xy - x * y) / below;
    }
    self->price = in[0];
}

VEL_TA_RUN(kyle_lambda, 3, 1)

static const vel_indicator_kind_t kyle_lambda = {
    .name = "kyle_lambda",
    .class_name = "KyleLambda",
    .title = "Kyle's lambda, the price impact of a unit of signed volume",
    .group = "microstructure",
    .formula =
        "lambda = slope of the least squares of dP = price_t - price_(t-1) on side_t qty_t over n changes, with an "
        "intercept",
    .source =
        "A. S. Kyle, Continuous auctions and insider trading, Econometrica 53 (1985); estimated as by J. Hasbrouck, "
        "Empirical Market Microstructure (2007), chapter 7",
    .notes = "NaN while the signed volume of the window does not vary.",
    .inputs = {"price", "qty", "side"},
    .outputs = {{"kyle_lambda", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 100, 2, "changes of the window")},
    .state_size = sizeof(kyle_t),
    .init = kyle_lambda_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = kyle_lambda_step,
    .run = kyle_lambda_run,
};

/* ---- Amihud's illiquidity */

typedef struct amihud {
    double n;
    double price;
    int64_t rows;
    vel_ta_sum_t sum, counted;
} amihud_t;

static void amihud_init(void *state, const double *params, vel_ta_space_t *space)
{
    amihud_t *self = state;
    self->n = params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
    vel_ta_sum_init(&self->counted, (int64_t)params[0], space);
}

static void amihud_step(void *state, const double *in, double *out)
{
    amihud_t *self = state;
    out[0] = (double)NAN;
    if (self->rows++ > 0) {
        double turnover = in[0] * in[1];
        bool is_traded = turnover != 0.0;
        double sum = vel_ta_sum_step(&self->sum, is_traded ? fabs(in[0] / self->price - 1.0) / turnover : 0.0),
               counted = vel_ta_sum_step(&self->counted, is_traded ? 1.0 : 0.0);
        if (counted > 0.0)
            out[0] = sum / counted;
    }
    self->price = in[0];
}

VEL_TA_RUN(amihud, 2, 1)

static const vel_indicator_kind_t amihud = {
    .name = "amihud",
    .class_name = "Amihud",
    .title = "Amihud's illiquidity",
    .group = "microstructure",
    .formula = "mean of |close_t / close_(t-1) - 1| / (close_t volume_t) over the rows of n changes that have volume",
    .source = "Y. Amihud, Illiquidity and stock returns, Journal of Financial Markets 5 (2002)",
    .notes = "Rows without volume are left out of the mean; NaN when all of the window are.",
    .inputs = {"close", "volume"},
    .outputs = {{"amihud", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 20, 1, "changes of the window")},
    .state_size = sizeof(amihud_t),
    .init = amihud_init,
    .lookback = vel_ta_lookback_of_changes,
    .step = amihud_step,
    .run = amihud_run,
};

/* ---- Roll's spread */

typedef struct roll {
    double n;
    double price, change;
    int64_t rows;
    vel_ta_sum_t x, y, xy;
} roll_t;

static void roll_init(void *state, const double *params, vel_ta_space_t *space)
{
    roll_t *self = state;
    int64_t n = (int64_t)params[0];
    self->n = params[0];
    vel_ta_sum_init(&self->x, n, space);
    vel_ta_sum_init(&self->y, n, space);
    vel_ta_sum_init(&self->xy, n, space);
}

static void roll_step(void *state, const double *in, double *out)
{
    roll_t *self = state;
    double change = in[0] - self->price;
    out[0] = (double)NAN;
    if (self->rows++ > 1) {
        double x = vel_ta_sum_step(&self->x, change), y = vel_ta_sum_step(&self->y, self->change),
               xy = vel_ta_sum_step(&self->xy, change * self->change);
        double covariance = (xy - x * y / self->n) / self->n;
        if (covariance <= 0.0)
            out[0] = 2.0 * sqrt(-covariance);
    }
    self->price = in[0];
    self->change = change;
}

VEL_TA_RUN(roll, 1, 1)

static int64_t roll_lookback(const double *params)
{
    return (int64_t)params[0] + 1;
}

static const vel_indicator_kind_t roll = {
    .name = "roll",
    .class_name = "Roll",
    .title = "Roll's effective spread",
    .group = "microstructure",
    .formula = "2 sqrt(-cov(dP_t, dP_(t-1))), the covariance over n pairs of successive price changes",
    .source = "R. Roll, A simple implicit measure of the effective bid-ask spread in an efficient market, Journal of "
              "Finance 39 (1984)",
    .notes = "NaN where the covariance is positive: the estimator is not defined there.",
    .inputs = {"price"},
    .outputs = {{"roll", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 100, 2, "pairs of changes of the window")},
    .state_size = sizeof(roll_t),
    .init = roll_init,
    .lookback = roll_lookback,
    .step = roll_step,
    .run = roll_run,
};

/* ---- effective spread */

/* Twice the distance of a trade from the mid, towards its aggressor; towards the trade where its side is not known. */
static double spread_of(double price, double mid, double side)
{
    double distance = 2.0 * (price - mid);
    return side > 0.0 ? distance : side < 0.0 ? -distance : fabs(distance);
}

typedef struct effective {
    double n;
    vel_ta_sum_t spread, relative;
} effective_t;

static void effective_spread_init(void *state, const double *params, vel_ta_space_t *space)
{
    effective_t *self = state;
    self->n = params[0];
    vel_ta_sum_init(&self->spread, (int64_t)params[0], space);
    vel_ta_sum_init(&self->relative, (int64_t)params[0], space);
}

static void effective_spread_step(void *state, const double *in, double *out)
{
    effective_t *self = state;
    double spread = spread_of(in[0], in[1], in[2]);
    out[0] = vel_ta_sum_step(&self->spread, spread) / self->n;
    out[1] = vel_ta_sum_step(&self->relative, spread / in[1]) / self->n;
}

VEL_TA_RUN(effective_spread, 3, 2)

static const vel_indicator_kind_t effective_spread = {
    .name = "effective_spread",
    .class_name = "EffectiveSpread",
    .title = "Effective spread of trades",
    .group = "microstructure",
    .formula =
        "mean over n trades of 2 side (price - mid), mid being the middle of the quote before the trade; relative: "
        "of 2 side (price - mid) / mid",
    .source =
        "J. Hasbrouck, Empirical Market Microstructure (2007), chapter 9; H. Bessembinder, H. Kaufman, Journal of "
        "Financial Economics 46 (1997)",
    .notes = "A trade whose side is 0 counts with its absolute distance.",
    .inputs = {"price", "mid", "side"},
    .outputs = {{"spread", VEL_TA_PANEL}, {"relative", VEL_TA_PANEL}},
    .params = {PERIOD},
    .state_size = sizeof(effective_t),
    .init = effective_spread_init,
    .lookback = vel_ta_lookback_of_window,
    .step = effective_spread_step,
    .run = effective_spread_run,
};

/* ---- realised spread */

typedef struct realised {
    double n;
    int64_t rows;
    int64_t horizon;
    vel_ta_window_t price, mid, side;
    vel_ta_sum_t realised, impact;
} realised_t;

static void realised_spread_init(void *state, const double *params, vel_ta_space_t *space)
{
    realised_t *self = state;
    self->n = params[0];
    self->horizon = (int64_t)params[1];
    vel_ta_window_init(&self->price, self->horizon, space);
    vel_ta_window_init(&self->mid, self->horizon, space);
    vel_ta_window_init(&self->side, self->horizon, space);
    vel_ta_sum_init(&self->realised, (int64_t)params[0], space);
    vel_ta_sum_init(&self->impact, (int64_t)params[0], space);
}

static void realised_spread_step(void *state, const double *in, double *out)
{
    realised_t *self = state;
    double price = vel_ta_window_push(&self->price, in[0]), mid = vel_ta_window_push(&self->mid, in[1]),
           side = vel_ta_window_push(&self->side, in[2]);
    out[0] = out[1] = (double)NAN;
    if (self->rows++ < self->horizon)
        return;
    double sign = side > 0.0 ? 1.0 : side < 0.0 ? -1.0 : price >= mid ? 1.0 : -1.0;
    out[0] = vel_ta_sum_step(&self->realised, 2.0 * sign * (price - in[1])) / self->n;
    out[1] = vel_ta_sum_step(&self->impact, 2.0 * sign * (in[1] - mid)) / self->n;
}

VEL_TA_RUN(realised_spread, 3, 2)

static int64_t realised_spread_lookback(const double *params)
{
    return (int64_t)params[0] + (int64_t)params[1] - 1;
}

static const vel_indicator_kind_t realised_spread = {
    .name = "realised_spread",
    .class_name = "RealisedSpread",
    .title = "Realised spread and price impact of trades",
    .group = "microstructure",
    .formula =
        "mean over n trades of 2 side_(t-h) (price_(t-h) - mid_t), h = horizon; impact: of 2 side_(t-h) (mid_t - "
        "mid_(t-h)). Their sum is the effective spread of the same trades",
    .source = "R. Huang, H. Stoll, Dealer versus auction markets, Journal of Financial Economics 41 (1996)",
    .notes =
        "Comes `horizon` events after the trades that it measures, so that it does not look ahead. A trade whose side "
        "is 0 is a buy at or above the mid.",
    .inputs = {"price", "mid", "side"},
    .outputs = {{"realised", VEL_TA_PANEL}, {"impact", VEL_TA_PANEL}},
    .params = {PERIOD, VEL_TA_PERIOD("horizon", 50, 1, "events after which the mid is taken")},
    .state_size = sizeof(realised_t),
    .init = realised_spread_init,
    .lookback = realised_spread_lookback,
    .step = realised_spread_step,
    .run = realised_spread_run,
};

/* ---- imbalance of trades */

typedef struct imbalance {
    vel_ta_sum_t balance, volume;
} imbalance_t;

static void trade_imbalance_init(void *state, const double *params, vel_ta_space_t *space)
{
    imbalance_t *self = state;
    vel_ta_sum_init(&self->balance, (int64_t)params[0], space);
    vel_ta_sum_init(&self->volume, (int64_t)params[0], space);
}

static void trade_imbalance_step(void *state, const double *in, double *out)
{
    imbalance_t *self = state;
    double side = in[1] > 0.0 ? 1.0 : in[1] < 0.0 ? -1.0 : 0.0;
    double balance = vel_ta_sum_step(&self->balance, side * in[0]), volume = vel_ta_sum_step(&self->volume, in[0]);
    out[0] = volume > 0.0 ? balance / volume : (double)NAN;
}

VEL_TA_RUN(trade_imbalance, 2, 1)

static const vel_indicator_kind_t trade_imbalance = {
    .name = "trade_imbalance",
    .class_name = "TradeImbalance",
    .title = "Trade-sign imbalance by volume",
    .group = "microstructure",
    .formula = "(buys - sells) / volume over n trades, by the aggressor's side",
    .source =
        "T. Chordia, R. Roll, A. Subrahmanyam, Order imbalance, liquidity, and market returns, Journal of Financial "
        "Economics 65 (2002)",
    .notes = "-1 to 1; NaN without volume. For the imbalance by number give a quantity of 1.",
    .inputs = {"qty", "side"},
    .outputs = {{"trade_imbalance", VEL_TA_PANEL}},
    .params = {PERIOD},
    .state_size = sizeof(imbalance_t),
    .init = trade_imbalance_init,
    .lookback = vel_ta_lookback_of_window,
    .step = trade_imbalance_step,
    .run = trade_imbalance_run,
};

/* ---- microprice */

static void microprice_init(void *state, const double *params, vel_ta_space_t *space)
{
    (void)state, (void)params, (void)space;
}

static void microprice_step(void *state, const double *in, double *out)
{
    (void)state;
    double total = in[2] + in[3];
    out[0] = total > 0.0 ? (in[0] * in[3] + in[1] * in[2]) / total : (double)NAN;
}

VEL_TA_RUN(microprice, 4, 1)

static const vel_indicator_kind_t microprice = {
    .name = "microprice",
    .class_name = "Microprice",
    .title = "Microprice: the mid weighted by the opposite quantities",
    .group = "microstructure",
    .formula = "(bid q_ask + ask q_bid) / (q_bid + q_ask)",
    .source =
        "J. Gatheral, R. Oomen, Zero-intelligence realized variance estimation, Finance and Stochastics 14 (2010); "
        "S. Stoikov, The micro-price, Quantitative Finance 18 (2018), for the adjusted form",
    .notes = "NaN when both quantities are 0.",
    .inputs = {"bid", "ask", "bid_qty", "ask_qty"},
    .outputs = {{"microprice", VEL_TA_OVERLAY}},
    .state_size = sizeof(double),
    .init = microprice_init,
    .lookback = vel_ta_no_lookback,
    .step = microprice_step,
    .run = microprice_run,
};

/* ---- book pressure */

typedef struct pressure {
    double n;
    vel_ta_sum_t sum;
} pressure_t;

static void book_pressure_init(void *state, const double *params, vel_ta_space_t *space)
{
    pressure_t *self = state;
    self->n = params[0];
    vel_ta_sum_init(&self->sum, (int64_t)params[0], space);
}

static void book_pressure_step(void *state, const double *in, double *out)
{
    pressure_t *self = state;
    double total = in[0] + in[1];
    out[0] = vel_ta_sum_step(&self->sum, total > 0.0 ? (in[0] - in[1]) / total : 0.0) / self->n;
}

VEL_TA_RUN(book_pressure, 2, 1)

static const vel_indicator_kind_t book_pressure = {
    .name = "book_pressure",
    .class_name = "BookPressure",
    .title = "Book pressure: imbalance of the best quantities",
    .group = "microstructure",
    .formula = "mean over n events of (q_bid - q_ask) / (q_bid + q_ask)",
    .source = "M. Gould, J. Bonart, Queue imbalance as a one-tick-ahead price predictor in a limit order book, Market "
              "Microstructure and Liquidity 2 (2016)",
    .notes = "-1 to 1; an event with an empty book counts as 0. Pressure over several levels: velora.BookMeasures.",
    .inputs = {"bid_qty", "ask_qty"},
    .outputs = {{"book_pressure", VEL_TA_PANEL}},
    .params = {VEL_TA_PERIOD("period", 1, 1, "events of the window")},
    .state_size = sizeof(pressure_t),
    .init = book_pressure_init,
    .lookback = vel_ta_lookback_of_window,
    .step = book_pressure_step,
    .run = book_pressure_run,
};

const vel_indicator_kind_t *const VEL_TA_LIST(microstructure)[] = {
    &ofi,        &vpin,          &kyle_lambda, &amihud, &roll, &effective_spread, &realised_spread, &trade_imbalance,
    &microprice, &book_pressure, NULL,
};
