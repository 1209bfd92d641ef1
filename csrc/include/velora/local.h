/* local.h: the local side: the books as seen here, own orders, positions, timers and the records of a run.
 *
 * The same code in every mode. Feed rows and reports come in with their local time, commands leave through the outbox;
 * who delivers them, a link to a simulated venue or an adapter, is not known here.
 *
 * Several strategies share the books, the clock and the account at the venue. Each has its own orders, numbered from 1
 * beside the account's own numbers, its own holdings, and a hash of its own commands and reports that does not depend
 * on what the others do. The account is the sum of the holdings. */
#ifndef VELORA_LOCAL_H
#define VELORA_LOCAL_H

#include "velora/book_l2.h"
#include "velora/fusion.h"
#include "velora/mark.h"
#include "velora/money.h"
#include "velora/order.h"
#include "velora/ours.h"
#include "velora/queue_tracker.h"
#include "velora/ring.h"
#include "velora/route.h"
#include "velora/vector.h"

VEL_C_BEGIN

VEL_RING(vel_command_ring, vel_command_t)
VEL_ARRIVALS(vel_commands_coming, vel_command_ring, vel_command_t, ts_arrival)

/* What a row or report may call for; bits of a wake. */
enum {
    VEL_WAKE_TRADE = 1,
    VEL_WAKE_QUOTE = 2,
    VEL_WAKE_BOOK = 4,
    VEL_WAKE_GAP = 8,
    VEL_WAKE_FUNDING = 16,
    VEL_WAKE_ORDER = 32,
    VEL_WAKE_FILL = 64,
    VEL_WAKE_TIMER = 128
};

typedef struct vel_order {
    int64_t id; /* 1, 2, 3 ... in the order of submission */
    int32_t instrument;
    uint8_t side;
    uint8_t type;
    uint8_t tif;
    uint8_t flags; /* VEL_EXEC_ */
    uint8_t state; /* vel_order_state_t */
    uint8_t reason;
    uint8_t pending_cancels; /* requests sent and not yet answered */
    uint8_t pending_amends;
    uint8_t trigger_kind;
    uint8_t stp;
    uint8_t is_idle; /* waits at the venue for its trigger or its parent */
    uint8_t refusal; /* VEL_REASON_ of the last refused amend or cancel */
    uint8_t trigger_by;
    uint8_t trigger_sent; /* trigger_kind as it was sent: that goes to NONE when the trigger fires */
    int32_t amends;       /* accepted */
    int32_t strategy;
    int64_t sequence; /* 1, 2, 3 ... among the orders of its strategy */
    int64_t price;    /* ticks */
    int64_t qty;      /* lots, total */
    int64_t display;  /* this and the next five as in the order's spec */
    int64_t trigger;
    int64_t expiry;
    int64_t oco_group;
    int64_t parent;
    int64_t activation;
    int64_t held;          /* lots of a child that wait for its parent, as far as reports have told */
    int64_t trigger_asked; /* by an amend under way, 0 for none */
    int64_t cum_qty;
    int64_t ts_sent; /* ns, local clock; likewise the next two, 0 for never */
    int64_t ts_ack;
    int64_t ts_done;
    int64_t open_previous; /* ids of the strategy's neighbouring orders that may still fill, 0 for none */
    int64_t open_next;
    void *view;         /* of whoever shows the order, NULL: told before the record goes, not used here */
    double avg_ticks;   /* average price of its fills, inverse contracts alone */
    vel_i128 cum_ticks; /* sum of fill ticks * lots, for the average price of the others */
} vel_order_t;

typedef struct vel_position {
    int64_t lots;     /* signed */
    int64_t cost;     /* money units: signed value of the open lots at their entry */
    int64_t realized; /* money units, fees not in it */
    int64_t cash;     /* money units: what fills brought less what they cost */
    int64_t fees;     /* money units paid, funding included */
    int64_t funding;  /* money units paid of these */
    int64_t bought;   /* lots */
    int64_t sold;
    double avg_ticks; /* average entry price of what is held, inverse contracts alone: their cost is rounded */
} vel_position_t;

/* What quote() declared for one side. */
typedef struct vel_quote_slot {
    int64_t order_id; /* the order that stands for it, 0 when none */
    int64_t price;
    int64_t qty;
    uint8_t is_wanted;
    uint8_t is_deferred; /* declared while a request was under way: looked at again when the answer is here */
    uint8_t post_only;
} vel_quote_slot_t;

/* What one strategy has in one instrument. */
typedef struct vel_holding {
    vel_position_t position;
    vel_quote_slot_t quotes[2];
    int64_t sampled_ts;   /* ns, of its last sample */
    int64_t sampled_rows; /* rows of the instrument at that sample: its mark changes with a row only */
} vel_holding_t;

typedef struct vel_local_strategy {
    uint64_t hash;      /* of its commands and reports so far */
    uint32_t wake_mask; /* VEL_WAKE_ORDER and VEL_WAKE_FILL, when it wants them */
    int64_t orders_count;
    int64_t commands_sent;
    int64_t fills_count;
    int64_t open_first; /* oldest order that may still fill, 0 when none */
    int64_t open_last;
    int64_t open_orders;
    int64_t unprotected; /* children and reduce-only orders that were refused while it had a position */
    uint32_t batch;      /* number of the batch under way, 0 for none */
} vel_local_strategy_t;

/* Trades of one interval. */
typedef struct vel_candle_part {
    int64_t open, high, low, close; /* ticks; close holds over intervals */
    int64_t volume, buy_volume;     /* lots */
    int64_t trades;
    uint8_t has_close;
} vel_candle_part_t;

/* The interval under way, and the trades that came before its timer and belong to the next one. */
typedef struct vel_candle {
    vel_candle_part_t now, next;
    int64_t ts_next; /* ns of receipt: a trade of this instant or later belongs to the next interval */
} vel_candle_t;

typedef vel_candle_t *vel_candle_ref_t;

VEL_VECTOR(vel_candles, vel_candle_ref_t)

typedef struct vel_local_instrument {
    vel_book_t book;
    vel_fusion_t fusion;         /* used when is_fused */
    vel_ours_t ours;             /* our resting orders, as far as reports have told */
    vel_queue_tracker_t tracker; /* estimates of their places, when tracks_queue */
    vel_money_spec_t money;
    int64_t quote_price[2]; /* ticks, of the last quote */
    int64_t quote_qty[2];   /* lots */
    int64_t quote_ts_event; /* ns */
    int64_t quote_ts_recv;
    vel_known_t known;               /* what marks a position while the book shows less than both sides */
    int64_t marks[VEL_MARK_SOURCES]; /* samples of open positions by what marked them */
    int64_t mark_age_max;            /* ns, the largest of them */
    int64_t rows;
    vel_routes_t routes[VEL_ROUTES];
    vel_candles_t candles; /* borrowed: those under way */
    uint32_t wake_mask;    /* VEL_WAKE_ bits of the routes there are */
    uint32_t filter_mask;  /* those of them with a filter */
    uint8_t is_quote_fed;  /* no depth in the data: QUOTE rows make a one-level book */
    uint8_t is_fused;      /* QUOTE rows newer than the book move its top: see fusion.h */
    uint8_t tracks_queue;  /* our orders' places are estimated */
    uint8_t has_quotes;    /* QUOTE rows were seen; until then a change of the book's top is a quote */
    uint8_t is_halted;     /* the venue's last STATUS row said so */
} vel_local_instrument_t;

typedef struct vel_timer {
    int64_t ts; /* ns, local clock */
    int64_t sequence;
    int64_t id;       /* among those of its strategy */
    int64_t interval; /* ns, 0 for once */
    int32_t strategy;
} vel_timer_t;

typedef struct vel_fill_record {
    int64_t ts_venue;
    int64_t ts_local;
    int64_t order_id;
    int32_t instrument;
    uint8_t side;
    uint8_t cause;
    uint8_t maker;
    uint8_t doubts; /* VEL_DOUBT_ */
    int64_t price;
    int64_t qty;
    int64_t fee;
    int64_t datum_ts;
    int64_t datum_row;
    int64_t position; /* lots of the strategy after it */
    int64_t realized;
    int64_t mid_x2;
    int32_t strategy;
    int32_t pad2;
} vel_fill_record_t;

typedef struct vel_sample_record {
    int64_t ts;
    int32_t instrument;
    int32_t strategy;
    int64_t position;
    int64_t mid_x2;
    int64_t cash;
    int64_t fee;
    int64_t realized;
    int64_t unrealized; /* 0 where the mark is unknown */
    int64_t mark;       /* as of vel_mark_t */
    uint8_t mark_source;
    uint8_t pad[7];
} vel_sample_record_t;

VEL_VECTOR(vel_timers, vel_timer_t)
VEL_VECTOR(vel_fills, vel_fill_record_t)
VEL_VECTOR(vel_samples, vel_sample_record_t)
VEL_VECTOR(vel_instants, int64_t)

#define VEL_ORDERS_PER_BLOCK 1024

typedef struct vel_local {
    vel_local_instrument_t *instruments; /* owned, likewise the next two */
    vel_local_strategy_t *strategies;
    vel_holding_t *holdings; /* [strategy * instruments_count + instrument] */
    vel_sorted_t open;       /* indices of the holdings whose position is not 0 */
    vel_sorted_t held;       /* indices of the holdings that ever had a fill or funding: only they are sampled */
    int32_t instruments_count;
    int32_t strategies_count;
    int64_t now;                /* ns, local clock */
    vel_order_t **order_blocks; /* blocks never move, so pointers to orders hold until they are dropped */
    int64_t orders_count;
    int64_t blocks_max;
    int64_t blocks_dropped; /* those before this one are NULL */
    vel_command_ring_t outbox;
    vel_timers_t timers;     /* binary heap by (ts, sequence), cancelled ones included; the first is none of them */
    vel_map_t timer_numbers; /* strategy and id of a live timer -> its sequence */
    int64_t timer_sequence;
    vel_fills_t fills;
    vel_samples_t samples;
    vel_instants_t instants; /* ns, at which all that were ever held were sampled; also while there were none */
    int64_t sample_interval; /* ns, 0 for none but those after fills */
    int64_t sample_next;     /* ns, VEL_NEVER when none */
    int64_t samples_most;    /* records to hold at once */
    uint64_t hash;           /* of commands and reports so far */
    int64_t commands_sent;
    int64_t fills_count;
    int64_t open_orders;
    uint32_t batches;          /* so far */
    uint32_t wake_mask;        /* VEL_WAKE_ bits that some instrument's rows may wake for */
    int32_t failed_instrument; /* where a report or a sample failed */
} vel_local_t;

int vel_local_init(vel_local_t *local, int32_t instruments, int32_t strategies);
void vel_local_free(vel_local_t *local);

/* An instrument's data has quotes and no depth. Before its first row. */
void vel_local_quote_fed(vel_local_t *local, int32_t instrument);

/* Order by id, NULL when there is none or it was dropped. */
vel_order_t *vel_local_order(const vel_local_t *local, int64_t id);

static inline vel_holding_t *vel_local_holding(const vel_local_t *local, int32_t strategy, int32_t instrument)
{
    return &local->holdings[(int64_t)strategy * local->instruments_count + instrument];
}

/* Send a new order. VEL_OK, VEL_EINVAL (a field out of range) or VEL_ENOMEM; *id is the order's. Whether fields go
 * together is the venue's to say. */
int vel_local_submit_spec(vel_local_t *local, int32_t strategy, const vel_order_spec_t *spec, int64_t *id);

/* The same for a plain order. */
int vel_local_submit(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side, uint8_t type, uint8_t tif,
                     bool post_only, int64_t price_ticks, int64_t qty_lots, int64_t *id);

/* From here on what a strategy sends travels as one message to each venue, until the batch ends. */
void vel_local_batch_begin(vel_local_t *local, int32_t strategy);
void vel_local_batch_end(vel_local_t *local, int32_t strategy);

/* The place of an order in its queue as far as it is known here; whether it is tracked and has joined one. */
bool vel_local_queue_position(const vel_local_instrument_t *inst, int64_t id, vel_tracked_position_t *position);

/* Ask for a cancel or an amend. VEL_ENOENT when there is no such order, VEL_EINVAL when it has ended. */
int vel_local_cancel(vel_local_t *local, int64_t id);

/* Ask the venue in one message to cancel all orders of an instrument. Where several strategies share the account the
 * message would end the others' orders too: then it is one cancel for each order of this strategy. */
int vel_local_cancel_all(vel_local_t *local, int32_t strategy, int32_t instrument);
int vel_local_amend(vel_local_t *local, int64_t id, int64_t price_ticks, int64_t qty_lots);

/* Ask for another trigger of a stop or touched order that waits. Statuses as above. */
int vel_local_amend_trigger(vel_local_t *local, int64_t id, int64_t trigger_ticks);

/* Declare what should stand on one side: the difference to what stands goes out as new, amend or cancel. A quote that
 * was filled is done; it is not replaced before the next declaration. While a request is under way the declaration
 * waits for its answer, the latest one counting. */
int vel_local_quote(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side, bool is_wanted,
                    int64_t price_ticks, int64_t qty_lots, bool post_only);

/* A strategy ends: ask for the cancellation of its live orders, forget what it declared, drop its timers. */
int vel_local_stop(vel_local_t *local, int32_t strategy);

/* A level update of a book that is fused or tracked. VEL_OK or a negative status. */
int vel_local_set_level(vel_local_instrument_t *inst, const vel_columns_t *columns, int64_t row, int64_t now);

/* A trade, received at `ts` ns. At equal nanoseconds rows come before timers, so a trade at the very end of an interval
 * comes before the timer that closes it: `ts_next` keeps it apart. */
void vel_candle_add(vel_candle_t *candle, int64_t ts, int64_t price_ticks, int64_t qty_lots, uint8_t side);

/* The interval is over: the next one, which lasts until `ts_next`, begins with what was kept for it. */
void vel_candle_close(vel_candle_t *candle, int64_t ts_next);

/* Everything of a feed row but the plain level update. Returns wake bits, or a negative status. */
int vel_local_on_row_slow(vel_local_t *local, int32_t instrument, const vel_columns_t *columns, int64_t row);

/* Whether a report from outside fits what was sent: VEL_OK, VEL_ENOENT for an order that was not, VEL_EINVAL where a
 * field is out of range or another order's. One of the simulated venue always does. */
int vel_local_check_report(const vel_local_t *local, const vel_report_t *report);

/* A report reaches us at local->now. Returns the wake bits that the order's strategy wants, or a negative status. */
int vel_local_on_report(vel_local_t *local, const vel_report_t *report);

/* The routes of the woken kinds that a row passes: wake bits less those of kinds that none passes. */
int vel_local_filter(vel_local_t *local, int32_t instrument, uint32_t wakes, const vel_columns_t *columns, int64_t row);

/* A route of an instrument, after those of the same kind that are there; VEL_OK or VEL_ENOMEM. */
int vel_local_route_add(vel_local_t *local, int32_t instrument, int32_t kind, int32_t strategy, int32_t target,
                        vel_filter_t *filter);
void vel_local_routes_clear(vel_local_t *local);

/* Add a timer; its strategy has no other of this id. VEL_OK, VEL_EEXIST or VEL_ENOMEM. */
int vel_local_timer_add(vel_local_t *local, int32_t strategy, int64_t ts, int64_t interval, int64_t id);

/* Cancel a timer of a strategy; whether there was one. Constant time, amortised. */
bool vel_local_timer_remove(vel_local_t *local, int32_t strategy, int64_t id);

/* Take the earliest timer, re-arming a periodic one; the heap must not be empty. */
int vel_local_timer_pop(vel_local_t *local, vel_timer_t *timer);

/* Record a sample of one holding after a fill, and of every other that is open, each of them once an instant: their sum
 * is what all is worth now. Or record a sampling instant, and a sample of every holding that ever had a fill or
 * funding: any other one is worth nothing. */
int vel_local_sample(vel_local_t *local, int32_t strategy, int32_t instrument);
int vel_local_sample_all(vel_local_t *local);

/* From here on a holding is among those that vel_local_sample_all samples. VEL_OK or VEL_ENOMEM. */
int vel_local_sample_from_now(vel_local_t *local, int32_t strategy, int32_t instrument);

/* The same when `sample_next` has come, and set the next time. */
int vel_local_sample_next(vel_local_t *local);

/* Mark of a position, see mark.h. */
vel_mark_t vel_local_mark(const vel_local_instrument_t *inst, int64_t lots, int64_t now);

/* Unrealised PnL of a position at its mark, money units; VEL_OK or VEL_ERANGE. *mark says what it rests on: of an open
 * position whose mark is unknown the PnL is, too, and *unrealized 0. */
int vel_local_unrealized(const vel_local_instrument_t *inst, const vel_position_t *position, int64_t now,
                         vel_mark_t *mark, int64_t *unrealized);

/* The first order of the oldest block that may be dropped, NULL when none may: all of its orders have ended with no
 * request under way, and at least `keep` younger orders exist. Drop it with vel_local_drop_block. */
const vel_order_t *vel_local_droppable(const vel_local_t *local, int64_t keep);
void vel_local_drop_block(vel_local_t *local, const vel_order_t *first);

/* Forget the oldest records. */
void vel_local_drop_fills(vel_local_t *local, int64_t count);
void vel_local_drop_samples(vel_local_t *local, int64_t count);
void vel_local_drop_instants(vel_local_t *local, int64_t count);

static inline int64_t vel_local_next_timer(const vel_local_t *local)
{
    return local->timers.count == 0 ? VEL_NEVER : local->timers.items[0].ts;
}

/* One feed row at local time local->now. Returns wake bits (0: nobody to wake), or a negative status. */
static inline int vel_local_on_row(vel_local_t *local, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_local_instrument_t *inst = &local->instruments[instrument];
    if (VEL_LIKELY(columns->kind[row] == VEL_EV_DELTA)) {
        uint8_t side = columns->side[row];
        int status = VEL_LIKELY(!(inst->is_fused | inst->tracks_queue))
                         ? vel_book_set(&inst->book, side, columns->price[row], columns->qty[row])
                         : vel_local_set_level(inst, columns, row, local->now);
        if (VEL_UNLIKELY(status != VEL_OK))
            return status;
        if (VEL_UNLIKELY(inst->book.side[side].best_key == VEL_NO_KEY))
            vel_known_deleted(&inst->known, &inst->book, side, columns->price[row], local->now);
        inst->rows++;
        if (!(columns->flags[row] & VEL_FLAG_LAST))
            return 0;
        inst->book.ts_event = columns->ts_event[row];
        inst->book.update_id = columns->order_id[row];
        if (!(inst->wake_mask & VEL_WAKE_QUOTE) || inst->has_quotes) {
            uint32_t wakes = inst->wake_mask & VEL_WAKE_BOOK;
            return VEL_LIKELY(!(wakes & inst->filter_mask)) ? (int)wakes
                                                            : vel_local_filter(local, instrument, wakes, columns, row);
        }
    }
    int wakes = vel_local_on_row_slow(local, instrument, columns, row);
    if (VEL_LIKELY(wakes <= 0 || !((uint32_t)wakes & inst->filter_mask)))
        return wakes;
    return vel_local_filter(local, instrument, (uint32_t)wakes, columns, row);
}

VEL_C_END

#endif
