/* local.h: the local side: what one process knows of its markets, orders and positions, and how it decides on commands.
 *
 *   rows ------> market.h     one instrument as seen here: book, quotes, marks, own lots, queue positions, routes
 *   reports ---> order_store.h, holdings.h, trade_ids.h     orders and their states; positions; fills applied once
 *   submit, cancel, amend, quote ---> gate.h                the one door: checks, outbox, denials
 *   timers.h, candle.h                                      what local time brings about
 *
 * local.h joins them. The same code runs in every mode: rows and reports come in with their local time, commands leave
 * through the gate's outbox; a link takes them from there to a simulated or a real venue.
 *
 * Several strategies share the books, the clock and an account at the venue. Each has its own orders, numbered from 1
 * beside the account's own numbers, its own holdings, and a hash of its own commands and reports that does not depend
 * on the others. The account is the sum of the holdings. */
#ifndef VELORA_LOCAL_H
#define VELORA_LOCAL_H

#include "velora/gate.h"
#include "velora/holdings.h"
#include "velora/market.h"
#include "velora/message.h"
#include "velora/order_store.h"
#include "velora/timers.h"
#include "velora/trade_ids.h"
#include "velora/vector.h"

VEL_C_BEGIN

typedef struct vel_local_strategy {
    uint64_t hash;      /* of its commands and reports so far */
    uint32_t wake_mask; /* VEL_WAKE_ORDER and VEL_WAKE_FILL, when it wants them */
    uint32_t batch;     /* number of the batch under way, 0 for none */
    int32_t account;
    int64_t orders_count;
    int64_t commands_sent;
    int64_t fills_count;
    int64_t unprotected; /* children and reduce-only orders that were refused while it had a position */
    vel_open_orders_t open;
} vel_local_strategy_t;

typedef struct vel_fill_record {
    int64_t ts_venue;
    int64_t ts_local;
    int64_t order_id; /* 0 of a liquidation */
    int64_t trade_id;
    int32_t instrument;
    int32_t strategy;
    int64_t price;
    int64_t qty;
    int64_t fee;
    int64_t position; /* lots of the strategy after it */
    int64_t realized;
    int32_t fee_currency;
    int32_t account;
    uint8_t side;
    uint8_t maker;
    uint8_t pad[6];
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

static_assert(sizeof(vel_fill_record_t) == 96 && sizeof(vel_sample_record_t) == 80, "records travel as arrays");

VEL_VECTOR(vel_fills, vel_fill_record_t)
VEL_VECTOR(vel_samples, vel_sample_record_t)
VEL_VECTOR(vel_instants, int64_t)
VEL_VECTOR(vel_account_events, vel_account_event_t)

typedef struct vel_local {
    vel_market_t *instruments; /* owned, likewise the next */
    vel_local_strategy_t *strategies;
    int32_t instruments_count;
    int32_t strategies_count;
    int64_t now; /* ns, local clock */
    vel_orders_t orders;
    vel_holdings_t holdings;
    vel_gate_t gate;
    vel_trade_ids_t trade_ids;
    vel_timers_t timers;
    vel_fills_t fills;
    vel_samples_t samples;
    vel_instants_t instants;             /* ns, at which all that ever traded was sampled; also while nothing had */
    vel_account_events_t account_events; /* all but funding */
    int64_t sample_interval;             /* ns, 0 for none but those after fills */
    int64_t sample_next;                 /* ns, VEL_NEVER when none */
    int64_t samples_most;                /* records to hold at once */
    uint64_t hash;                       /* of commands, denials and reports so far */
    int64_t commands_sent;
    int64_t fills_count;
    int64_t repeated_fills;     /* reports whose trade id was applied already */
    int64_t denials_ts;         /* ns: the instant of the last delivered denial */
    int32_t denials_count;      /* delivered at that instant */
    uint32_t batches;           /* so far */
    uint32_t wake_mask;         /* VEL_WAKE_ bits that some instrument's rows may wake for */
    int32_t routed[VEL_ROUTES]; /* instruments that have routes of a kind */
    int32_t failed_instrument;  /* where a report or a sample failed */
} vel_local_t;

int vel_local_init(vel_local_t *local, int32_t instruments, int32_t strategies);
void vel_local_free(vel_local_t *local);

/* ---------------------------------------------------------------- commands */

/* Send a new order. VEL_OK, VEL_EINVAL (a field out of range) or VEL_ENOMEM; *id is the order's. A denied order exists,
 * in state DENIED, and its denial waits in the gate. The venue checks whether the terms go together. */
int vel_local_submit(vel_local_t *local, int32_t strategy, int32_t instrument, const vel_order_terms_t *terms,
                     int64_t *id);

/* From here on the commands of a strategy travel as one message to each venue, until the batch ends. */
void vel_local_batch_begin(vel_local_t *local, int32_t strategy);
void vel_local_batch_end(vel_local_t *local, int32_t strategy);

/* Ask for a cancel or an amend. VEL_ENOENT when there is no such order, VEL_EINVAL when it has ended. */
int vel_local_cancel(vel_local_t *local, int64_t id);
int vel_local_amend(vel_local_t *local, int64_t id, int64_t price_ticks, int64_t qty_lots);

/* Ask for another trigger of a stop or touched order that waits. Statuses as above. */
int vel_local_amend_trigger(vel_local_t *local, int64_t id, int64_t trigger_ticks);

/* Ask the venue in one message to cancel all orders of an instrument. Where several strategies share the account the
 * message would end the others' orders too: then it is one cancel for each order of this strategy. */
int vel_local_cancel_all(vel_local_t *local, int32_t strategy, int32_t instrument);

/* Ask where an order stands. VEL_OK also where a query is under way; VEL_ENOENT, VEL_EINVAL when it has ended. */
int vel_local_query(vel_local_t *local, int64_t id);

/* Declare the quote of one side: the difference to the order that stands goes out as new, amend or cancel. A quote that
 * was filled is done; it is not replaced before the next declaration. While the order is PENDING or UNKNOWN, or a
 * request about it is under way, the declaration waits for its next report; the latest one counts. */
int vel_local_quote(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side, bool is_wanted,
                    int64_t price_ticks, int64_t qty_lots, bool post_only);

/* A strategy ends: ask for the cancellation of its open orders, forget its quotes, drop its timers. */
int vel_local_stop(vel_local_t *local, int32_t strategy);

/* The oldest denial that is due as a report, NULL when none is. Those made while denials of the same instant are being
 * delivered stay due; VEL_DENIALS_AT_ONCE of one instant are delivered, the rest when time has moved, so that a
 * strategy which answers each denial with the same order does not stop the clock. */
#define VEL_DENIALS_AT_ONCE 64
static inline const vel_denial_t *vel_local_next_denial(const vel_local_t *local)
{
    const vel_denial_t *denial = vel_denial_ring_front(&local->gate.denied);
    if (VEL_LIKELY(denial == NULL))
        return NULL;
    bool is_late = local->denials_ts == local->now && local->denials_count >= VEL_DENIALS_AT_ONCE;
    return is_late ? NULL : denial;
}

/* Take it: fills in the report about it. Returns the wake bits that its strategy wants. */
int vel_local_take_denial(vel_local_t *local, vel_report_t *report);

/* ---------------------------------------------------------------- reports */

/* Whether a message from outside fits what was sent: VEL_OK, VEL_ENOENT for an order that was not, VEL_EINVAL where a
 * field is out of range or another order's. One of the simulated venue always does. */
int vel_local_check_message(const vel_local_t *local, const vel_message_t *message);

/* A message of a venue or a link reaches us at local->now. Returns the wake bits that the order's strategy wants, or a
 * negative status. */
int vel_local_on_report(vel_local_t *local, const vel_report_t *report);
int vel_local_on_account_event(vel_local_t *local, const vel_account_event_t *event);

static inline int vel_local_on_message(vel_local_t *local, const vel_message_t *message)
{
    return vel_message_is_report(message) ? vel_local_on_report(local, &message->report)
                                          : vel_local_on_account_event(local, &message->event);
}

/* ---------------------------------------------------------------- rows */

/* A route of an instrument, after those of the same kind that are there; VEL_OK or VEL_ENOMEM. */
int vel_local_route_add(vel_local_t *local, int32_t instrument, int32_t kind, int32_t strategy, int32_t target,
                        vel_filter_t *filter);

/* No route of an instrument is left. */
void vel_local_routes_clear(vel_local_t *local, int32_t instrument);

/* One feed row at local time local->now. Returns wake bits (0: none), or a negative status. */
static inline int vel_local_on_row(vel_local_t *local, int32_t instrument, const vel_columns_t *columns, int64_t row)
{
    vel_market_t *inst = &local->instruments[instrument];
    if (VEL_LIKELY(columns->kind[row] == VEL_EV_DELTA)) {
        uint8_t side = columns->side[row];
        int status = VEL_LIKELY(!(inst->is_fused | inst->tracks_queue))
                         ? vel_book_set(&inst->book, side, columns->price[row], columns->qty[row])
                         : vel_market_set_level(inst, columns, row, local->now);
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
                                                            : vel_market_filter(inst, wakes, columns, row, local->now);
        }
    }
    int wakes = vel_market_on_row_slow(inst, columns, row, local->now);
    if (VEL_LIKELY(wakes <= 0 || !((uint32_t)wakes & inst->filter_mask)))
        return wakes;
    return vel_market_filter(inst, (uint32_t)wakes, columns, row, local->now);
}

/* ---------------------------------------------------------------- samples */

/* Record a sample of one holding after a fill, and once an instant of every other with a position: their sum is the
 * equity now. Or record a sampling instant, and a sample of every holding that has traded: any other is worth nothing.
 */
int vel_local_sample(vel_local_t *local, int32_t strategy, int32_t instrument);
int vel_local_sample_all(vel_local_t *local);

/* The same when `sample_next` has come, and set the next time. */
int vel_local_sample_next(vel_local_t *local);

/* Unrealised PnL of a position at its mark, money units; VEL_OK or VEL_ERANGE. *mark is the mark: of an open position
 * whose mark is unknown the PnL is, too, and *unrealized 0. */
int vel_local_unrealized(const vel_market_t *market, const vel_position_t *position, int64_t now, vel_mark_t *mark,
                         int64_t *unrealized);

/* Forget the oldest records. */
void vel_local_drop_fills(vel_local_t *local, int64_t count);
void vel_local_drop_samples(vel_local_t *local, int64_t count);
void vel_local_drop_instants(vel_local_t *local, int64_t count);

VEL_C_END

#endif
