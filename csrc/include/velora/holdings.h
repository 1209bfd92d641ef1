/* holdings.h: what strategies hold: a position and declared quotes for each strategy and instrument.
 *
 * Rows are sparse: a strategy that never filled or quoted in an instrument has none. They lie in blocks that never
 * move, and are found through a table of numbers, 4 bytes for each strategy and instrument. */
#ifndef VELORA_HOLDINGS_H
#define VELORA_HOLDINGS_H

#include "velora/base.h"
#include "velora/money.h"
#include "velora/sorted.h"

VEL_C_BEGIN

typedef struct vel_position {
    int64_t lots;     /* signed */
    int64_t cost;     /* money units: signed value of the open lots at their entry */
    int64_t realized; /* money units, fees not in it */
    int64_t cash;     /* money units: received for fills less paid for them */
    int64_t fees;     /* money units paid, funding included */
    int64_t funding;  /* money units paid of these */
    int64_t bought;   /* lots */
    int64_t sold;
    double avg_ticks; /* average entry price of the open lots, inverse contracts alone: their cost is rounded */
} vel_position_t;

/* The declaration of quote() for one side. */
typedef struct vel_quote_slot {
    int64_t order_id; /* the order that stands for it, 0 when none */
    int64_t price;
    int64_t qty;
    uint8_t is_wanted;
    uint8_t is_deferred; /* declared while the order could not be changed: looked at again upon its next report */
    uint8_t post_only;
} vel_quote_slot_t;

typedef struct vel_holding {
    vel_position_t position;
    vel_quote_slot_t quotes[2];
    int64_t sampled_ts;   /* ns, of its last sample */
    int64_t sampled_rows; /* rows of the instrument at that sample: its mark changes with a row only; -1: it changed */
    int32_t strategy;
    int32_t instrument;
    uint8_t has_traded; /* it has had a fill, funding or a liquidation: it is sampled */
} vel_holding_t;

#define VEL_HOLDINGS_PER_BLOCK 256

typedef struct vel_holdings {
    uint32_t *numbers;      /* owned: [strategy * instruments + instrument] -> 1 + number of its row, 0 for none */
    vel_holding_t **blocks; /* owned */
    int64_t count;
    int64_t blocks_max;
    int32_t instruments_count;
    int32_t strategies_count;
    vel_sorted_t open;   /* strategy * instruments + instrument of the rows with a position */
    vel_sorted_t traded; /* likewise of the rows that have traded */
} vel_holdings_t;

/* VEL_OK or VEL_ENOMEM; vel_holdings_free is allowed in both cases. */
int vel_holdings_init(vel_holdings_t *holdings, int32_t instruments, int32_t strategies);
void vel_holdings_free(vel_holdings_t *holdings);

static inline int64_t vel_holdings_key(const vel_holdings_t *holdings, int32_t strategy, int32_t instrument)
{
    return (int64_t)strategy * holdings->instruments_count + instrument;
}

static inline vel_holding_t *vel_holdings_row(const vel_holdings_t *holdings, int64_t number)
{
    return &holdings->blocks[(uint64_t)number / VEL_HOLDINGS_PER_BLOCK][(uint64_t)number % VEL_HOLDINGS_PER_BLOCK];
}

/* The row of a strategy and instrument, NULL when there is none yet. */
static inline vel_holding_t *vel_holdings_find(const vel_holdings_t *holdings, int32_t strategy, int32_t instrument)
{
    uint32_t number = holdings->numbers[vel_holdings_key(holdings, strategy, instrument)];
    return number == 0 ? NULL : vel_holdings_row(holdings, (int64_t)number - 1);
}

/* The same, made if there is none; NULL without memory. */
vel_holding_t *vel_holdings_make(vel_holdings_t *holdings, int32_t strategy, int32_t instrument);

/* A position; of a row that does not exist, an empty one. */
const vel_position_t *vel_holdings_position(const vel_holdings_t *holdings, int32_t strategy, int32_t instrument);

/* A fill of a holding: the position and the sets of open and traded rows. VEL_OK, VEL_ERANGE or VEL_ENOMEM (then
 * nothing has changed). *realized is what it realized, money units. */
int vel_holdings_fill(vel_holdings_t *holdings, vel_holding_t *holding, const vel_money_spec_t *money, uint8_t side,
                      int64_t price, int64_t qty, int64_t fee, int64_t *realized);

/* A holding pays, or is paid where the amount is negative: a fee that is not of a fill, `is_funding` for funding. */
int vel_holdings_charge(vel_holdings_t *holdings, vel_holding_t *holding, int64_t amount, bool is_funding);

/* Average price when `more` lots at a price join `lots` at an average. Equal contracts of an inverse instrument are
 * worth value / price each, so theirs is the harmonic mean. */
double vel_average_of_inverse(double average, int64_t lots, int64_t price, int64_t more);

VEL_C_END

#endif
