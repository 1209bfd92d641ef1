# Declarations of csrc's headers, nothing else. One file of more than 900 lines: it has a section for each
# header, so that every module cimports C names from one place.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "velora/base.h" nogil:
    enum:
        VEL_OK
        VEL_ENOMEM
        VEL_EINVAL
        VEL_EFULL
        VEL_ERANGE
        VEL_ENOENT
        VEL_ECORRUPT
        VEL_EEXIST
        VEL_ESTATE
    enum:
        VEL_BUY
        VEL_SELL
        VEL_NO_SIDE
    const int64_t VEL_NEVER
    const int64_t VEL_TIME_MAX
    const int64_t VEL_TICKS_MAX
    const int64_t VEL_LOTS_MAX
    int64_t vel_add(int64_t a, int64_t b)
    # 128 bits in C. Cython only needs an integer type here; it never stores one itself.
    ctypedef long long vel_i128
    int vel_highest_bit(uint64_t x)
    int vel_lowest_bit(uint64_t x)
    bint vel_is_price(int64_t ticks)


cdef extern from "velora/event.h" nogil:
    enum:
        VEL_EV_TRADE
        VEL_EV_QUOTE
        VEL_EV_DELTA
        VEL_EV_SNAPSHOT_BEGIN
        VEL_EV_SNAPSHOT_END
        VEL_EV_ORDER_ADD
        VEL_EV_ORDER_CHANGE
        VEL_EV_ORDER_CANCEL
        VEL_EV_ORDER_EXECUTE
        VEL_EV_MARK_PRICE
        VEL_EV_FUNDING
        VEL_EV_STATUS
        VEL_EV_GAP
    enum:
        VEL_FLAG_LAST
        VEL_FLAG_SNAPSHOT
        VEL_FLAG_OFF_BOOK
        VEL_FLAG_CLOCK_ESTIMATED
        VEL_FLAG_HIDDEN
    const int64_t VEL_RATE_SCALE
    ctypedef struct vel_columns_t:
        const int64_t *ts_event
        const int64_t *ts_recv
        const int64_t *price
        const int64_t *qty
        const int64_t *order_id
        const uint8_t *kind
        const uint8_t *side
        const uint8_t *flags
        int64_t rows


cdef extern from "velora/rows.h" nogil:
    enum:
        VEL_ROW_OK
        VEL_ROW_BAD_KIND
        VEL_ROW_BAD_SIDE
        VEL_ROW_BAD_FLAGS
        VEL_ROW_BAD_PRICE
        VEL_ROW_BAD_QTY
        VEL_ROW_BAD_TS_EVENT
        VEL_ROW_BAD_TS_RECV
        VEL_ROW_GOES_BACK
    ctypedef struct vel_row_bounds_t:
        int64_t price_min
        int64_t price_max
        int64_t qty_min
        int64_t qty_max
        uint8_t side_max
    const vel_row_bounds_t *vel_row_bounds(uint8_t kind)
    int64_t vel_rows_check(const vel_columns_t *columns, int64_t after, bint needs_qty, int *fault)


cdef extern from "velora/book_l2.h" nogil:
    const int64_t VEL_NO_KEY
    ctypedef struct vel_ladder_t:
        int64_t best_key
        int64_t levels
    ctypedef struct vel_book_t:
        vel_ladder_t side[2]
        int64_t ts_event
        int64_t update_id
        int64_t updates
        int64_t told_key[2]
        int64_t told_levels[2]
        uint8_t is_stale
        uint8_t in_snapshot
        uint8_t is_quotes
    enum:
        VEL_LEVEL_UNKNOWN
        VEL_LEVEL_EMPTY
        VEL_LEVEL_SHOWN
    int vel_book_level_state(const vel_book_t *book, uint8_t side, int64_t key)
    int64_t vel_book_known_key(const vel_book_t *book, uint8_t side)
    bint vel_book_is_known_to(const vel_book_t *book, uint8_t side, int64_t key)
    bint vel_book_is_known_for(const vel_book_t *book, uint8_t side, int64_t n)
    int64_t vel_book_sweep_key(const vel_book_t *book, uint8_t side, int64_t qty_lots, int64_t limit_ticks)
    int vel_book_init(vel_book_t *book)
    void vel_book_free(vel_book_t *book)
    void vel_book_clear(vel_book_t *book)
    int vel_book_set(vel_book_t *book, uint8_t side, int64_t price_ticks, int64_t qty_lots)
    int vel_book_apply_rows(vel_book_t *book, const uint8_t *kind, const uint8_t *side, const int64_t *price,
                            const int64_t *qty, int64_t rows, int64_t *touch, int64_t *failed) nogil
    int vel_book_apply_columns(vel_book_t *book, const vel_columns_t *columns, int64_t begin, int64_t end,
                               int64_t *failed)
    int64_t vel_book_depth(const vel_book_t *book, uint8_t side, int64_t n, int64_t *price_ticks, int64_t *qty_lots)
    uint64_t vel_book_state_hash(const vel_book_t *book)
    bint vel_book_has_side(const vel_book_t *book, uint8_t side)
    int64_t vel_book_best(const vel_book_t *book, uint8_t side)
    int64_t vel_book_best_qty(const vel_book_t *book, uint8_t side)
    int64_t vel_book_qty(const vel_book_t *book, uint8_t side, int64_t price_ticks)
    int64_t vel_book_mid_x2(const vel_book_t *book)
    bint vel_book_is_crossed(const vel_book_t *book)
    int vel_book_apply(vel_book_t *book, uint8_t kind, uint8_t side, int64_t price_ticks, int64_t qty_lots)
    int64_t vel_ladder_next(const vel_ladder_t *ladder, int64_t key)
    int64_t vel_ladder_qty(const vel_ladder_t *ladder, int64_t key)
    int64_t vel_side_key(uint8_t side, int64_t price_ticks)
    int64_t vel_key_ticks(uint8_t side, int64_t key)
    void vel_book_sweep(const vel_book_t *book, uint8_t side, int64_t qty_lots, int64_t limit_ticks, int64_t *filled,
                        vel_i128 *value)


cdef extern from "velora/book_l3.h" nogil:
    ctypedef enum vel_priority_rule_t:
        VEL_PRIORITY_LOST_BY_MORE
        VEL_PRIORITY_LOST_BY_ANY
        VEL_PRIORITY_KEPT
    ctypedef struct vel_l3_order_t:
        int64_t id
        int64_t price
        int64_t qty
        uint32_t stamp
        uint8_t side
    ctypedef struct vel_book_l3_t:
        vel_book_t levels
        vel_l3_order_t *orders
        uint32_t orders_used
        int64_t count
        uint32_t stamp
        uint8_t rule
    int vel_book_l3_init(vel_book_l3_t *book, vel_priority_rule_t rule)
    void vel_book_l3_free(vel_book_l3_t *book)
    void vel_book_l3_clear(vel_book_l3_t *book)
    const int64_t VEL_L3_RESERVE_MAX
    int vel_book_l3_reserve(vel_book_l3_t *book, int64_t orders)
    int vel_book_l3_add(vel_book_l3_t *book, int64_t id, uint8_t side, int64_t price_ticks, int64_t qty_lots)
    int vel_book_l3_change(vel_book_l3_t *book, int64_t id, int64_t price_ticks, int64_t qty_lots)
    int vel_book_l3_cancel(vel_book_l3_t *book, int64_t id, int64_t qty_lots)
    int vel_book_l3_execute(vel_book_l3_t *book, int64_t id, int64_t qty_lots)
    int vel_book_l3_replace(vel_book_l3_t *book, int64_t id, int64_t new_id, int64_t price_ticks, int64_t qty_lots)
    int vel_book_l3_apply(vel_book_l3_t *book, uint8_t kind, uint8_t side, int64_t price_ticks, int64_t qty_lots,
                          int64_t id)
    int vel_book_l3_ahead(const vel_book_l3_t *book, int64_t id, int64_t *lots, int64_t *orders)
    int64_t vel_book_l3_queue(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks, int64_t n, int64_t *ids,
                              int64_t *qty_lots)
    int64_t vel_book_l3_orders_at(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks)
    const vel_l3_order_t *vel_book_l3_first_at(const vel_book_l3_t *book, uint8_t side, int64_t price_ticks)
    uint64_t vel_book_l3_state_hash(const vel_book_l3_t *book)
    const vel_l3_order_t *vel_book_l3_order(const vel_book_l3_t *book, int64_t id)


cdef extern from "velora/quote_book.h" nogil:
    ctypedef struct vel_quote_book_t:
        int64_t price[2]
        int64_t qty[2]
        int64_t ts_event
        int64_t update_id
        int64_t updates
        uint8_t is_stale
    void vel_quote_book_clear(vel_quote_book_t *book)
    int vel_quote_book_level_state(const vel_quote_book_t *book, uint8_t side, int64_t key)
    int vel_quote_book_set(vel_quote_book_t *book, uint8_t side, int64_t price_ticks, int64_t qty_lots)
    int vel_quote_book_apply(vel_quote_book_t *book, uint8_t kind, uint8_t side, int64_t price_ticks,
                             int64_t qty_lots)


cdef extern from "velora/ours.h" nogil:
    ctypedef struct vel_ours_t:
        uint8_t is_shown
    void vel_ours_free(vel_ours_t *ours)
    int vel_ours_add(vel_ours_t *ours, uint8_t side, int64_t price_ticks, int64_t lots)
    int64_t vel_ours_lots(const vel_ours_t *ours, uint8_t side, int64_t price_ticks)
    int64_t vel_ours_others_best(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t *lots)
    int64_t vel_ours_others_depth(const vel_ours_t *ours, const vel_book_t *book, uint8_t side, int64_t n,
                                  int64_t *price_ticks, int64_t *qty_lots)


cdef extern from "velora/fusion.h" nogil:
    ctypedef struct vel_fusion_t:
        int64_t update_id
        uint8_t is_active
    void vel_fusion_free(vel_fusion_t *fusion)
    int vel_fusion_quote(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, const int64_t *price_ticks,
                         const int64_t *qty_lots)
    int vel_fusion_delta(vel_fusion_t *fusion, vel_book_t *book, int64_t update_id, uint8_t side,
                         int64_t price_ticks, int64_t qty_lots)
    int vel_fusion_lift(vel_fusion_t *fusion, vel_book_t *book)


cdef extern from "velora/measures.h" nogil:
    const int VEL_MEASURE_COLUMNS
    ctypedef struct vel_measures_t:
        double mid
        double spread
        double microprice
        double imbalance
        double depth_imbalance
        double pressure
        double slope_bid
        double slope_ask
        double depth_bid
        double depth_ask
    ctypedef struct vel_flow_t:
        uint8_t has_top
    int vel_measures(const vel_book_t *book, int64_t n, double decay, vel_measures_t *out)
    bint vel_measures_are_known(const vel_book_t *book, int64_t n)
    double vel_flow_update(vel_flow_t *flow, const vel_book_t *book)
    int vel_measures_columns(vel_book_t *book, vel_flow_t *flow, const vel_columns_t *columns, int64_t *row, int64_t n,
                             double decay, int64_t lines, double *out, int64_t *rows_out, uint8_t *known_out,
                             int64_t *written)


cdef extern from "velora/money.h" nogil:
    ctypedef struct vel_money_spec_t:
        int64_t value_mult
        int64_t tick_num
        int64_t tick_den
        int64_t maker_rate
        int64_t taker_rate
        int32_t is_inverse
        int32_t currency


cdef extern from "velora/order.h" nogil:
    enum:
        VEL_LIMIT
        VEL_MARKET
        VEL_MARKET_TO_LIMIT
    enum:
        VEL_GTC
        VEL_IOC
        VEL_FOK
        VEL_GTD
        VEL_DAY
    enum:
        VEL_TRIGGER_NONE
        VEL_TRIGGER_STOP
        VEL_TRIGGER_TOUCHED
        VEL_TRIGGER_TRAIL_TICKS
        VEL_TRIGGER_TRAIL_BPS
    enum:
        VEL_BY_LAST
        VEL_BY_MARK
        VEL_BY_BID
        VEL_BY_ASK
    enum:
        VEL_STP_NONE
        VEL_STP_TAKER
        VEL_STP_MAKER
        VEL_STP_BOTH
        VEL_STP_DECREMENT
    enum:
        VEL_EXEC_POST_ONLY
        VEL_EXEC_SLIDE
        VEL_EXEC_REDUCE_ONLY
        VEL_EXEC_WHEN_FILLED
        VEL_EXEC_OCO_CANCELS
        VEL_EXEC_OCO_REDUCES
    enum:
        VEL_ORDER_PENDING
        VEL_ORDER_OPEN
        VEL_ORDER_UNKNOWN
        VEL_ORDER_FILLED
        VEL_ORDER_CANCELED
        VEL_ORDER_REJECTED
        VEL_ORDER_EXPIRED
        VEL_ORDER_DENIED
        VEL_ORDER_STATES
    bint vel_order_may(uint8_t before, uint8_t after)
    ctypedef struct vel_order_terms_t:
        int64_t price
        int64_t qty
        int64_t display
        int64_t trigger
        int64_t expiry
        int64_t oco_group
        int64_t parent
        int64_t activation
        uint8_t side
        uint8_t type
        uint8_t tif
        uint8_t trigger_kind
        uint8_t trigger_by
        uint8_t stp
        uint8_t flags


cdef extern from "velora/message.h" nogil:
    enum:
        VEL_ACTION_NEW
        VEL_ACTION_AMEND
        VEL_ACTION_CANCEL
        VEL_ACTION_CANCEL_ALL
        VEL_ACTION_QUERY
    enum:
        VEL_REPORT_ACK
        VEL_REPORT_FILL
        VEL_REPORT_CANCELED
        VEL_REPORT_REJECTED
        VEL_REPORT_EXPIRED
        VEL_REPORT_AMENDED
        VEL_REPORT_CANCEL_REJECTED
        VEL_REPORT_AMEND_REJECTED
        VEL_REPORT_FIRED
        VEL_REPORT_RELEASED
        VEL_REPORT_UNKNOWN
        VEL_REPORT_STATUS
        VEL_REPORT_DENIED
        VEL_REPORT_KINDS
        VEL_ACCOUNT_FUNDING
        VEL_ACCOUNT_BALANCE
        VEL_ACCOUNT_POSITION
        VEL_ACCOUNT_TRANSFER
        VEL_ACCOUNT_LIQUIDATION
    ctypedef struct vel_command_t:
        int64_t ts_sent
        int64_t order_id
        vel_order_terms_t terms
        int32_t instrument
        int32_t account
        int32_t strategy
        uint32_t batch
        uint8_t action
    ctypedef struct vel_report_t:
        int64_t ts_venue
        int32_t instrument
        int32_t account
        uint8_t kind
        uint8_t side
        uint8_t maker
        uint8_t reason
        int32_t fee_currency
        int64_t order_id
        int64_t trade_id
        int64_t price
        int64_t qty
        int64_t fee
    ctypedef struct vel_account_event_t:
        int64_t ts_venue
        int32_t instrument
        int32_t account
        uint8_t kind
        int32_t currency
        int32_t strategy
        int64_t event_id
        int64_t amount
        int64_t qty
        int64_t price
    ctypedef union vel_message_t:
        vel_report_t report
        vel_account_event_t event
    bint vel_message_is_report(const vel_message_t *message)


cdef extern from "velora/evidence.h" nogil:
    ctypedef struct vel_evidence_t:
        int64_t trade_id
        int64_t datum_ts
        int64_t datum_row
        int64_t mid_x2
        int32_t instrument
        uint8_t cause
        uint8_t doubts
    ctypedef struct vel_evidences_t:
        vel_evidence_t *items
        int64_t count


cdef extern from "velora/queue_model.h" nogil:
    ctypedef struct vel_queue_position_t:
        double ahead
        double traded
        double cut
        int64_t cut_ts
    ctypedef void (*vel_queue_depth_fn)(vel_queue_position_t *position, double before, double after, const void *params)
    ctypedef struct vel_queue_model_t:
        vel_queue_depth_fn on_depth
        uint8_t is_optimistic
        const void *params
    bint vel_queue_is_unknown(double ahead)
    ctypedef struct vel_queue_params_t:
        double exponent
    void vel_queue_risk_averse(vel_queue_position_t *position, double before, double after, const void *params)
    void vel_queue_optimistic(vel_queue_position_t *position, double before, double after, const void *params)
    void vel_queue_proportional(vel_queue_position_t *position, double before, double after, const void *params)
    void vel_queue_rigtorp(vel_queue_position_t *position, double before, double after, const void *params)
    void vel_queue_prob_ratio(vel_queue_position_t *position, double before, double after, const void *params)
    void vel_queue_prob_of_sum(vel_queue_position_t *position, double before, double after, const void *params)
    void vel_queue_prob_of_front(vel_queue_position_t *position, double before, double after, const void *params)


cdef extern from "velora/queue_tracker.h" nogil:
    ctypedef struct vel_tracked_position_t:
        double low
        double likely
        double high
        double confidence
    ctypedef struct vel_queue_tracker_t:
        pass


cdef extern from "velora/route.h" nogil:
    enum:
        VEL_ROUTE_TRADE
        VEL_ROUTE_QUOTE
        VEL_ROUTE_BOOK
        VEL_ROUTE_GAP
        VEL_ROUTE_FUNDING
    ctypedef struct vel_filter_t:
        int64_t every_n
        int64_t volume
        int64_t interval
        int64_t move2
        uint8_t best_change
    ctypedef struct vel_route_t:
        int32_t strategy
        int32_t target
        uint8_t passed
        vel_filter_t *filter
    ctypedef struct vel_routes_t:
        vel_route_t *items
        int64_t count


cdef extern from "velora/mark.h" nogil:
    enum:
        VEL_MARK_UNKNOWN
        VEL_MARK_MARK_PRICE
        VEL_MARK_SOURCES
    ctypedef struct vel_mark_t:
        int64_t price
        int64_t ts
        uint8_t source


cdef extern from "velora/candle.h" nogil:
    ctypedef struct vel_candle_part_t:
        int64_t open
        int64_t high
        int64_t low
        int64_t close
        int64_t volume
        int64_t buy_volume
        int64_t trades
        uint8_t has_close
    ctypedef struct vel_candle_t:
        vel_candle_part_t now
        vel_candle_part_t next
        int64_t ts_next
    ctypedef struct vel_candles_t:
        vel_candle_t **items
        int64_t count
    int vel_candles_push(vel_candles_t *candles, vel_candle_t **item)
    void vel_candle_add(vel_candle_t *candle, int64_t ts, int64_t price, int64_t qty, uint8_t side)
    void vel_candle_close(vel_candle_t *candle, int64_t ts_next)


cdef extern from "velora/timers.h" nogil:
    enum:
        VEL_TIMER_KERNEL
    ctypedef struct vel_timer_t:
        int64_t ts
        int64_t sequence
        int64_t id
        int64_t interval
        int32_t strategy
    ctypedef struct vel_timers_t:
        pass
    int vel_timers_add(vel_timers_t *timers, int32_t strategy, int64_t ts, int64_t interval, int64_t id)
    bint vel_timers_remove(vel_timers_t *timers, int32_t strategy, int64_t id)
    void vel_timers_pop(vel_timers_t *timers, vel_timer_t *timer)
    const vel_timer_t *vel_timers_front(const vel_timers_t *timers)
    int64_t vel_timers_next(const vel_timers_t *timers)


cdef extern from "velora/order_store.h" nogil:
    const int64_t VEL_ORDERS_PER_BLOCK
    ctypedef struct vel_order_t:
        int64_t id
        int32_t instrument
        int32_t strategy
        vel_order_terms_t terms
        uint8_t state
        uint8_t reason
        uint8_t pending_cancels
        uint8_t pending_amends
        uint8_t is_contingent
        uint8_t refusal
        uint8_t trigger_sent
        uint8_t is_queried
        int32_t amends
        int32_t account
        int64_t sequence
        int64_t held
        int64_t cum_qty
        int64_t ts_sent
        int64_t ts_ack
        int64_t ts_done
        int64_t open_next
        void *view
        double avg_ticks
        vel_i128 cum_ticks
    ctypedef struct vel_orders_t:
        int64_t count
        int64_t blocks_dropped
        int64_t open_count
    ctypedef struct vel_open_orders_t:
        int64_t first
        int64_t count
    vel_order_t *vel_orders_get(const vel_orders_t *orders, int64_t id)
    const vel_order_t *vel_orders_droppable(const vel_orders_t *orders, int64_t keep)
    void vel_orders_drop(vel_orders_t *orders, const vel_order_t *first)


cdef extern from "velora/holdings.h" nogil:
    ctypedef struct vel_position_t:
        int64_t lots
        int64_t cost
        int64_t realized
        int64_t cash
        int64_t fees
        int64_t funding
        int64_t bought
        int64_t sold
        double avg_ticks
    ctypedef struct vel_holding_t:
        vel_position_t position
        int32_t strategy
        int32_t instrument
        uint8_t has_traded
    ctypedef struct vel_holdings_t:
        int64_t count
    vel_holding_t *vel_holdings_row(const vel_holdings_t *holdings, int64_t number)
    vel_holding_t *vel_holdings_find(const vel_holdings_t *holdings, int32_t strategy, int32_t instrument)
    vel_holding_t *vel_holdings_make(vel_holdings_t *holdings, int32_t strategy, int32_t instrument)
    const vel_position_t *vel_holdings_position(const vel_holdings_t *holdings, int32_t strategy, int32_t instrument)


cdef extern from "velora/gate.h" nogil:
    ctypedef struct vel_denial_t:
        vel_command_t command
        int64_t value
        int64_t bound
        uint8_t reason
    ctypedef struct vel_command_ring_t:
        vel_command_t *items
        uint64_t head
        uint64_t tail
        uint64_t capacity
    ctypedef struct vel_denial_ring_t:
        vel_denial_t *items
        uint64_t head
        uint64_t tail
        uint64_t capacity
    vel_command_t *vel_command_ring_front(const vel_command_ring_t *ring)
    void vel_command_ring_pop(vel_command_ring_t *ring)
    ctypedef struct vel_gate_t:
        vel_command_ring_t outbox
        vel_denial_ring_t denied
        uint8_t is_killed
        int64_t sent_count
        int64_t denied_count
    int vel_gate_limit_order_qty(vel_gate_t *gate, int32_t instrument, int64_t lots)
    void vel_gate_kill(vel_gate_t *gate)


cdef extern from "velora/market.h" nogil:
    enum:
        VEL_WAKE_TRADE
        VEL_WAKE_QUOTE
        VEL_WAKE_BOOK
        VEL_WAKE_GAP
        VEL_WAKE_FUNDING
        VEL_WAKE_ORDER
        VEL_WAKE_FILL
        VEL_WAKE_TIMER
    ctypedef struct vel_market_t:
        vel_book_t book
        vel_fusion_t fusion
        vel_ours_t ours
        vel_queue_tracker_t tracker
        vel_money_spec_t money
        vel_routes_t routes[5]
        vel_candles_t candles
        int64_t quote_price[2]
        int64_t quote_qty[2]
        int64_t quote_ts_event
        int64_t quote_ts_recv
        int64_t marks[7]
        int64_t mark_age_max
        int64_t rows
        uint32_t wake_mask
        uint8_t is_quote_fed
        uint8_t is_fused
        uint8_t tracks_queue
        uint8_t has_quotes
    void vel_market_quote_fed(vel_market_t *market)
    bint vel_market_queue_position(const vel_market_t *market, int64_t id, vel_tracked_position_t *position)
    vel_mark_t vel_market_mark(const vel_market_t *market, int64_t lots, int64_t now)


cdef extern from "velora/local.h" nogil:
    enum:
        VEL_DENIALS_AT_ONCE
    ctypedef struct vel_local_strategy_t:
        uint64_t hash
        uint32_t wake_mask
        int64_t orders_count
        int64_t commands_sent
        int64_t fills_count
        int64_t unprotected
        vel_open_orders_t open
    ctypedef struct vel_fill_record_t:
        int64_t trade_id
    ctypedef struct vel_sample_record_t:
        pass
    ctypedef struct vel_fills_t:
        vel_fill_record_t *items
        int64_t count
    ctypedef struct vel_samples_t:
        vel_sample_record_t *items
        int64_t count
    ctypedef struct vel_instants_t:
        int64_t *items
        int64_t count
    ctypedef struct vel_account_events_t:
        vel_account_event_t *items
        int64_t count
    ctypedef struct vel_local_t:
        vel_market_t *instruments
        vel_local_strategy_t *strategies
        int32_t instruments_count
        int32_t strategies_count
        int64_t now
        vel_orders_t orders
        vel_holdings_t holdings
        vel_gate_t gate
        vel_timers_t timers
        vel_fills_t fills
        vel_samples_t samples
        vel_account_events_t account_events
        vel_instants_t instants
        int64_t sample_interval
        int64_t sample_next
        int64_t samples_most
        uint64_t hash
        int64_t commands_sent
        int64_t fills_count
        int64_t repeated_fills
    int vel_local_init(vel_local_t *local, int32_t instruments, int32_t strategies)
    void vel_local_free(vel_local_t *local)
    int vel_local_submit(vel_local_t *local, int32_t strategy, int32_t instrument, const vel_order_terms_t *terms,
                         int64_t *id)
    void vel_local_batch_begin(vel_local_t *local, int32_t strategy)
    void vel_local_batch_end(vel_local_t *local, int32_t strategy)
    int vel_local_cancel(vel_local_t *local, int64_t id)
    int vel_local_query(vel_local_t *local, int64_t id)
    int vel_local_amend_trigger(vel_local_t *local, int64_t id, int64_t trigger_ticks)
    int vel_local_cancel_all(vel_local_t *local, int32_t strategy, int32_t instrument)
    int vel_local_amend(vel_local_t *local, int64_t id, int64_t price_ticks, int64_t qty_lots)
    int vel_local_quote(vel_local_t *local, int32_t strategy, int32_t instrument, uint8_t side, bint is_wanted,
                        int64_t price_ticks, int64_t qty_lots, bint post_only)
    int vel_local_stop(vel_local_t *local, int32_t strategy)
    const vel_denial_t *vel_local_next_denial(const vel_local_t *local)
    int vel_local_take_denial(vel_local_t *local, vel_report_t *report)
    int vel_local_check_message(const vel_local_t *local, const vel_message_t *message)
    int vel_local_on_message(vel_local_t *local, const vel_message_t *message)
    int vel_local_on_row(vel_local_t *local, int32_t instrument, const vel_columns_t *columns, int64_t row)
    int vel_local_route_add(vel_local_t *local, int32_t instrument, int32_t kind, int32_t strategy,
                            int32_t target, vel_filter_t *filter)
    void vel_local_routes_clear(vel_local_t *local, int32_t instrument)
    int vel_local_sample_all(vel_local_t *local)
    int vel_local_sample_next(vel_local_t *local)
    int vel_local_unrealized(const vel_market_t *market, const vel_position_t *position, int64_t now, vel_mark_t *mark,
                             int64_t *unrealized)
    void vel_local_drop_fills(vel_local_t *local, int64_t count)
    void vel_local_drop_samples(vel_local_t *local, int64_t count)
    void vel_local_drop_instants(vel_local_t *local, int64_t count)


cdef extern from "velora/hash.h" nogil:
    uint64_t vel_hash_i64(uint64_t state, int64_t value)


cdef extern from "velora/queue_follow.h" nogil:
    ctypedef struct vel_followed_t:
        pass
    ctypedef struct vel_estimate_t:
        pass
    ctypedef struct vel_mid_t:
        pass
    ctypedef struct vel_placement_t:
        int64_t ts
        int64_t away
        int64_t side
    ctypedef struct vel_followed_list_t:
        vel_followed_t *items
        int64_t count
    ctypedef struct vel_estimates_t:
        vel_estimate_t *items
        int64_t count
    ctypedef struct vel_mids_t:
        vel_mid_t *items
        int64_t count
    ctypedef struct vel_follow_t:
        const vel_queue_model_t *models
        const vel_placement_t *placements
        int64_t models_count
        int64_t placements_count
        int64_t every
        int64_t horizon_ns
        uint8_t has_trades
        uint8_t crosses
        vel_followed_list_t orders
        vel_estimates_t estimates
        vel_mids_t mids
        int64_t executed
        int64_t executed_first
        int64_t unknown
    int vel_follow_init(vel_follow_t *follow)
    void vel_follow_free(vel_follow_t *follow)
    int vel_follow_rows(vel_follow_t *follow, const vel_columns_t *columns, int64_t begin, int64_t end, int64_t *failed)


cdef extern from "velora/latency.h" nogil:
    ctypedef struct vel_latency_samples_t:
        const int64_t *ts
        const int64_t *entry
        const int64_t *response
        const uint8_t *refused
        int64_t rows
    ctypedef struct vel_rng_t:
        pass
    void vel_rng_seed(vel_rng_t *rng, uint64_t seed)
    ctypedef struct vel_latency_leg_t:
        int64_t constant
        const int64_t *quantiles
        int64_t rows
        vel_rng_t rng
    ctypedef struct vel_load_t:
        int64_t step
        double service
        double spread
        int64_t most
    ctypedef struct vel_faults_t:
        double refused[3]
        double overloaded[3]
        double lost[3]
        double unanswered[3]
        double overload_from
        int64_t timeout
        vel_rng_t rng
        uint8_t is_on
    ctypedef struct vel_latency_t:
        vel_latency_leg_t decision
        vel_latency_leg_t entry[3]
        vel_latency_leg_t venue
        vel_latency_leg_t speed_bump
        vel_latency_leg_t response
        vel_latency_samples_t samples
        vel_load_t load
        vel_faults_t faults
        uint8_t overtakes


cdef extern from "velora/impact.h" nogil:
    const int VEL_IMPACT_TERMS_MAX
    ctypedef struct vel_impact_t:
        int32_t kind
        int32_t terms
        double scale
        double exponent
        double permanent
        double temporary
        double half_spread
        double passive_share
        int64_t interval
        double *rate
        double *weight
        int64_t ts
        int64_t cost
    double vel_impact_displacement(const vel_impact_t *impact, int64_t ts)


cdef extern from "velora/venue_hft.h" nogil:
    enum:
        VEL_HFT_RISK_AVERSE
        VEL_HFT_RATIO
        VEL_HFT_OF_SUM
        VEL_HFT_OF_FRONT
    ctypedef struct vel_hft_instrument_t:
        int64_t lot_num
        int64_t lot_den
    ctypedef struct vel_venue_hft_t:
        vel_hft_instrument_t *instruments


cdef extern from "velora/own_orders.h" nogil:
    const uint32_t VEL_NO_INDEX
    ctypedef struct vel_own_order_t:
        vel_queue_position_t queue
        double owed
    ctypedef struct vel_own_orders_t:
        vel_own_order_t *orders


cdef extern from "velora/venue.h" nogil:
    ctypedef struct vel_venue_instrument_t:
        vel_own_orders_t own
        vel_book_t *book
        vel_impact_t *impact
        vel_money_spec_t money
        int64_t min_qty
        int64_t min_notional
        int64_t position
        int64_t cash
        int64_t fees
        int64_t rows
        int64_t joins
        int64_t joins_unknown
        int64_t unknown
        uint8_t is_quote_fed
        uint8_t has_no_prints
    ctypedef struct vel_message_ring_t:
        pass
    ctypedef struct vel_queue_record_t:
        pass
    ctypedef struct vel_queue_records_t:
        vel_queue_record_t *items
        int64_t count
    ctypedef struct vel_venue_t:
        vel_queue_records_t queue_positions
        uint8_t traces_queue
        uint8_t takes_unknown
        vel_venue_instrument_t *instruments
        int32_t instruments_count
        vel_message_ring_t messages
        vel_evidences_t evidence
        int64_t trades
        int64_t ts
        int64_t next_expiry
        vel_venue_hft_t *hft
    uint32_t vel_venue_resting(const vel_venue_instrument_t *inst, int64_t order_id)
    int vel_venue_init(vel_venue_t *venue, int32_t instruments, vel_queue_model_t queue)
    void vel_venue_free(vel_venue_t *venue)
    int vel_venue_by_order(vel_venue_t *venue, int32_t instrument)
    void vel_venue_quote_fed(vel_venue_t *venue, int32_t instrument)
    void vel_venue_set_order_rules(vel_venue_t *venue, int32_t instrument, uint8_t rules, bint lacks_prints)
    int vel_venue_set_impact(vel_venue_t *venue, int32_t instrument, const vel_impact_t *model)
    int vel_venue_on_row(vel_venue_t *venue, int32_t instrument, const vel_columns_t *columns, int64_t row)
    int vel_venue_on_command(vel_venue_t *venue, const vel_command_t *command)
    int64_t vel_venue_available(const vel_venue_instrument_t *inst, uint8_t side, int64_t key)
    int vel_venue_expire(vel_venue_t *venue)
    vel_message_t *vel_message_ring_front(const vel_message_ring_t *ring)
    void vel_message_ring_pop(vel_message_ring_t *ring)
    void vel_venue_drop_evidence(vel_venue_t *venue, int64_t trade_id)


cdef extern from "velora/venue_hft.h" nogil:
    int vel_venue_hft_init(vel_venue_t *venue, bint is_partial, uint32_t corrections, uint8_t model, double exponent)


cdef extern from "velora/replay.h" nogil:
    enum:
        VEL_RUN_WAKE
        VEL_RUN_NEED_VENUE
        VEL_RUN_NEED_LOCAL
        VEL_RUN_REACHED
        VEL_RUN_YIELD
        VEL_RUN_END
    ctypedef struct vel_wake_t:
        uint32_t bits
        int32_t instrument
        const vel_columns_t *columns
        int64_t row
        vel_report_t report
        vel_timer_t timer
    ctypedef struct vel_cursor_t:
        vel_columns_t columns
        const int64_t *ts
        int64_t row
        int64_t next_ts
        uint8_t is_empty
    ctypedef struct vel_delivery_t:
        vel_message_t message
        int64_t ts_arrival
    ctypedef struct vel_transit_t:
        vel_command_t command
    ctypedef struct vel_transits_t:
        pass
    vel_transit_t *vel_transits_front(const vel_transits_t *queue)
    ctypedef struct vel_deliveries_t:
        pass
    vel_delivery_t *vel_deliveries_front(const vel_deliveries_t *queue)
    void vel_deliveries_pop(vel_deliveries_t *queue)
    ctypedef struct vel_replay_t:
        vel_transits_t commands
        vel_deliveries_t deliveries
        vel_cursor_t *local_cursors
        int32_t need
        int64_t venue_rows
        int64_t local_rows
        int64_t end_ts
        int64_t failed_row
        int32_t failed_instrument
        vel_wake_t wake
    int vel_replay_init_links(vel_replay_t *replay, vel_local_t *local, vel_venue_t *venue,
                              const vel_latency_t *latencies, int32_t links, const int32_t *link_of)
    void vel_replay_free(vel_replay_t *replay)
    int vel_replay_feed(vel_replay_t *replay, int32_t instrument, bint is_venue, const vel_columns_t *columns)
    int vel_replay_open(vel_replay_t *replay, int32_t instrument, bint is_venue, bint is_state,
                        const vel_columns_t *columns) nogil
    void vel_replay_opened(vel_replay_t *replay)
    int vel_replay_run(vel_replay_t *replay, int64_t until, int64_t budget)
    int vel_replay_send(vel_replay_t *replay, int64_t now)
    int vel_replay_run_venue(vel_replay_t *replay, int64_t until)
    bint vel_replay_is_over(vel_replay_t *replay, int64_t due)
    int64_t vel_replay_commands_cut(const vel_replay_t *replay)
    int64_t vel_replay_reports_cut(const vel_replay_t *replay)
    int64_t vel_replay_next_venue_row(vel_replay_t *replay)
    int64_t vel_replay_next_venue(vel_replay_t *replay)
    int32_t vel_replay_next_local(vel_replay_t *replay)
    void vel_replay_step_local(vel_replay_t *replay, int32_t instrument)


cdef extern from "velora/replay_hft.h" nogil:
    int vel_replay_hft_init(vel_replay_t *replay)


cdef extern from "velora/contingency.h" nogil:
    enum:
        VEL_CONTINGENCY_CHILDREN_WHOLE
        VEL_CONTINGENCY_OCO_CANCEL
    ctypedef struct vel_contingency_command_t:
        int64_t ts
        int64_t order_id
        vel_order_terms_t terms
        int32_t owner
        int32_t strategy
        uint8_t action
    ctypedef struct vel_contingency_order_t:
        vel_contingency_command_t spec
        int64_t leaves
        int64_t shown
        uint8_t state
    int64_t vel_contingency_left(const vel_contingency_order_t *order)
    ctypedef enum vel_amend_rule_t:
        VEL_AMEND_IN_PLACE
        VEL_AMEND_REINSERT
    ctypedef struct vel_contingency_t:
        vel_contingency_order_t *orders
        int64_t now
        int64_t last
        uint8_t has_last
        uint8_t lacks_prints
        uint8_t rules


cdef extern from "velora/match.h" nogil:
    ctypedef struct vel_match_report_t:
        int64_t ts
        int64_t order_id
        int64_t other_id
        int64_t trade
        int64_t price
        int64_t qty
        int64_t leaves
        int32_t owner
        uint8_t kind
        uint8_t side
        uint8_t maker
        uint8_t reason
    ctypedef struct vel_match_reports_t:
        vel_match_report_t *items
        int64_t count
        int64_t capacity
    ctypedef struct vel_match_t:
        vel_contingency_t contingency
        vel_book_l3_t book
        vel_match_reports_t reports
        int64_t trades
    int vel_match_init(vel_match_t *engine, vel_amend_rule_t amend)
    int64_t vel_match_queue(const vel_match_t *engine, uint8_t side, int64_t price_ticks, int64_t n, int64_t *ids,
                            int64_t *leaves)
    void vel_match_free(vel_match_t *engine)
    int vel_match_on_command(vel_match_t *engine, const vel_contingency_command_t *command)
    int vel_match_apply(vel_match_t *engine, const vel_contingency_command_t *commands, int64_t count, int64_t *failed)
    int64_t vel_match_position(const vel_match_t *engine, int32_t owner)
    int64_t vel_match_count(const vel_match_t *engine)
    int vel_match_advance(vel_match_t *engine, int64_t ts)
    int vel_match_end_of_day(vel_match_t *engine)
    const vel_contingency_order_t *vel_match_order(const vel_match_t *engine, int64_t order_id)
    uint64_t vel_match_state_hash(const vel_match_t *engine)


cdef extern from "velora/spsc.h" nogil:
    ctypedef struct vel_spsc_t:
        pass
    int vel_spsc_new(vel_spsc_t **ring, uint64_t capacity, size_t record_size)
    void vel_spsc_free(vel_spsc_t *ring)
    int vel_spsc_push(vel_spsc_t *ring, const void *record)
    bint vel_spsc_pop(vel_spsc_t *ring, void *record)
    uint64_t vel_spsc_count(const vel_spsc_t *ring)
    uint64_t vel_spsc_capacity(const vel_spsc_t *ring)


cdef extern from "velora/journal.h" nogil:
    enum:
        VEL_JOURNAL_VERSION
        VEL_JOURNAL_HEADER_BYTES
        VEL_RECORD_BEGIN
        VEL_RECORD_START
        VEL_RECORD_ROWS
        VEL_RECORD_MESSAGE
        VEL_RECORD_TIMER
        VEL_RECORD_SAMPLE
        VEL_RECORD_STOP
        VEL_RECORD_COMMAND
        VEL_RECORD_END
        VEL_RECORD_PARAMETERS
        VEL_RECORD_DENIED
        VEL_JOURNAL_END
        VEL_JOURNAL_TORN
        VEL_JOURNAL_BAD_HEADER
        VEL_JOURNAL_BAD_NUMBER
        VEL_JOURNAL_BAD_PAYLOAD
    ctypedef struct vel_crc32c_t:
        pass
    void vel_crc32c_init(vel_crc32c_t *crc)
    uint32_t vel_crc32c(const vel_crc32c_t *crc, uint32_t before, const void *data, size_t size)
    ctypedef struct vel_record_t:
        uint32_t length
        uint32_t number
        int64_t ts
        uint32_t type
    ctypedef struct vel_journal_row_t:
        int64_t ts_event
        int64_t price
        int64_t qty
        int64_t order_id
        uint8_t kind
        uint8_t side
        uint8_t flags
    ctypedef struct vel_journal_timer_t:
        int64_t ts
        int64_t id
        int32_t strategy
    ctypedef struct vel_journal_t:
        uint8_t *data
        size_t used
        uint32_t number
    int vel_journal_init(vel_journal_t *journal)
    void vel_journal_free(vel_journal_t *journal)
    int vel_journal_append(vel_journal_t *journal, uint32_t type, int64_t ts, const void *first, size_t first_bytes,
                           const void *second, size_t second_bytes)
    int vel_journal_append_rows(vel_journal_t *journal, int64_t ts, int32_t instrument, const vel_columns_t *columns,
                                int64_t row, int64_t count)
    int vel_journal_read(const vel_crc32c_t *crc, const uint8_t *data, size_t size, size_t at, uint32_t number,
                         vel_record_t *record)
