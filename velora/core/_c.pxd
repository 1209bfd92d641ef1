# Declarations of csrc's headers, nothing else.
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "velora/base.h" nogil:
    enum:
        VEL_OK
        VEL_ENOMEM
        VEL_EINVAL
        VEL_EFULL
        VEL_ERANGE
        VEL_ENOENT
        VEL_ECORRUPT
    enum:
        VEL_BUY
        VEL_SELL
        VEL_NO_SIDE
    const int64_t VEL_NEVER
    # 128 bits in C; Cython only needs to know that it is an integer and never stores one itself.
    ctypedef long long vel_i128


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


cdef extern from "velora/book_l2.h" nogil:
    const int64_t VEL_NO_KEY
    const int64_t VEL_TICKS_MAX
    ctypedef struct vel_ladder_t:
        int64_t best_key
        int64_t levels
    ctypedef struct vel_book_t:
        vel_ladder_t side[2]
        int64_t ts_event
        int64_t update_id
        int64_t updates
        uint8_t is_stale
        uint8_t in_snapshot
    int vel_book_init(vel_book_t *book)
    void vel_book_free(vel_book_t *book)
    void vel_book_clear(vel_book_t *book)
    int vel_book_set(vel_book_t *book, uint8_t side, int64_t price_ticks, int64_t qty_lots)
    int vel_book_apply(vel_book_t *book, uint8_t kind, uint8_t side, int64_t price_ticks, int64_t qty_lots)
    int vel_book_apply_columns(vel_book_t *book, const vel_columns_t *columns, int64_t begin, int64_t end,
                               int64_t *failed)
    int64_t vel_book_depth(const vel_book_t *book, uint8_t side, int64_t n, int64_t *price_ticks, int64_t *qty_lots)
    uint64_t vel_book_state_hash(const vel_book_t *book)
    bint vel_book_has_side(const vel_book_t *book, uint8_t side)
    int64_t vel_book_best(const vel_book_t *book, uint8_t side)
    int64_t vel_book_best_qty(const vel_book_t *book, uint8_t side)
    int64_t vel_book_qty(const vel_book_t *book, uint8_t side, int64_t price_ticks)
    int64_t vel_book_mid2(const vel_book_t *book)
    bint vel_book_is_crossed(const vel_book_t *book)
    int64_t vel_ladder_next(const vel_ladder_t *ladder, int64_t key)
