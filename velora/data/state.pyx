"""State of a feed after some rows, as rows of its own.

A run that starts inside a session needs the state made by the rows before its start: the book by level or by order, the
last quote and trades, the trading status, the mark price, and whether the feed is in a gap. `FeedState` reads the rows
in the order of receipt and returns the state as a short event table, whose rows make the same state again.

The catalog stores such tables beside a part, so that a run need not read the part from its beginning. They also serve
the venue's side of a run, which processes rows in the order of `ts_event`: `FeedState` checks whether both orders make
the same state, see `is_settled` and `latest`.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t, uint32_t

from velora.core._c cimport (
    VEL_BUY,
    VEL_EV_DELTA,
    VEL_EV_FUNDING,
    VEL_EV_GAP,
    VEL_EV_MARK_PRICE,
    VEL_EV_ORDER_ADD,
    VEL_EV_ORDER_EXECUTE,
    VEL_EV_QUOTE,
    VEL_EV_SNAPSHOT_BEGIN,
    VEL_EV_SNAPSHOT_END,
    VEL_EV_STATUS,
    VEL_EV_TRADE,
    VEL_FLAG_LAST,
    VEL_FLAG_OFF_BOOK,
    VEL_FLAG_SNAPSHOT,
    VEL_NO_KEY,
    VEL_SELL,
    VEL_ENOENT,
    VEL_OK,
    VEL_PRIORITY_LOST_BY_MORE,
    vel_book_clear,
    vel_book_free,
    vel_book_init,
    vel_book_l3_apply,
    vel_book_l3_clear,
    vel_book_l3_free,
    vel_book_l3_init,
    vel_book_l3_order,
    vel_book_l3_t,
    vel_book_set,
    vel_book_t,
    vel_columns_t,
    vel_key_ticks,
    vel_l3_order_t,
    vel_ladder_next,
    vel_ladder_qty,
    vel_side_key,
)
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status

import numpy as np

from velora.core.events import EventFlag, EventKind, Side
from velora.data import schema
from velora.data.table import EventTable
from velora.errors import InvalidArgument

#: Groups of kinds whose rows do not affect each other's state: the book, quotes, trades and status, marks.
cdef enum:
    _BOOK = 0
    _QUOTE = 1
    _TRADE = 2
    _MARK = 3
    _GROUPS = 4

cdef int64_t _NEVER = -0x7FFFFFFFFFFFFFFF - 1

#: Group of each kind.
GROUP_OF_KIND = {
    EventKind.TRADE: _TRADE,
    EventKind.QUOTE: _QUOTE,
    EventKind.STATUS: _TRADE,  # a halted venue ignores trades
    EventKind.MARK_PRICE: _MARK,
    EventKind.FUNDING: _MARK,
    **{
        kind: _BOOK
        for kind in (
            EventKind.DELTA,
            EventKind.SNAPSHOT_BEGIN,
            EventKind.SNAPSHOT_END,
            EventKind.ORDER_ADD,
            EventKind.ORDER_CHANGE,
            EventKind.ORDER_CANCEL,
            EventKind.ORDER_EXECUTE,
            EventKind.GAP,
        )
    },
}


cdef struct _Row:
    int64_t ts_event
    int64_t ts_recv
    int64_t price
    int64_t qty
    int64_t order_id
    uint8_t kind
    uint8_t side
    uint8_t flags
    bint is_set


@cython.final
@cython.nonecheck(False)  # code that runs without raising uses only the object itself
cdef class FeedState:
    """The state of one feed after its rows so far, in the order of receipt.

    Attributes
    ----------
    has_failed : bool
        Whether a row did not fit the book: from there on there is no state.
    has_snapshot : bool
        Whether a snapshot has ended.
    is_stale : bool
        Whether the feed is in a gap: from a GAP row to the end of the next snapshot.
    in_snapshot : bool
        Whether a snapshot has begun and not ended.
    has_levels, has_orders : bool
        Whether there were rows by level, and by order.
    """

    cdef vel_book_t _levels
    cdef vel_book_l3_t _orders
    cdef _Row _quote[2]
    cdef _Row _newest[2]      # the quote with the highest update id that the book could use, since its last snapshot
    cdef _Row _trade          # the last book trade while trading
    cdef _Row _halted_trade   # the last trade since trading halted
    cdef _Row _status, _mark, _gap, _depth
    cdef int64_t _latest[_GROUPS]
    cdef int64_t _latest_status
    cdef int64_t _worst[2]    # key of the worst level of the last complete snapshot, per side
    cdef int64_t _worst_now[2]
    cdef int64_t _update_id
    # Rows were out of order in venue time, and no later row has made their order irrelevant.
    cdef bint _book_is_mixed, _trade_is_mixed, _status_is_mixed, _mark_is_mixed
    cdef bint _quote_is_mixed[2]
    cdef bint _quote_is_older  # than the last snapshot or gap
    cdef readonly bint has_failed, has_snapshot, is_stale, in_snapshot, has_levels, has_orders

    def __cinit__(self):
        cdef int group
        check_status(vel_book_init(&self._levels), "no memory for a book")
        check_status(vel_book_l3_init(&self._orders, VEL_PRIORITY_LOST_BY_MORE), "no memory for a book by order")
        for group in range(_GROUPS):
            self._latest[group] = _NEVER
        self._latest_status = _NEVER
        self._worst[0] = self._worst[1] = self._worst_now[0] = self._worst_now[1] = VEL_NO_KEY

    def __dealloc__(self):
        vel_book_free(&self._levels)
        vel_book_l3_free(&self._orders)

    # ------------------------------------------------------------------ rows

    def add(self, table, int64_t start=0, stop=None):
        """Process rows [start, stop) of the next chunk; `table` has the columns of an event table."""
        cdef const int64_t[::1] ts_event = np.ascontiguousarray(table.ts_event)
        cdef const int64_t[::1] ts_recv = np.ascontiguousarray(table.ts_recv)
        cdef const int64_t[::1] price = np.ascontiguousarray(table.price)
        cdef const int64_t[::1] qty = np.ascontiguousarray(table.qty)
        cdef const int64_t[::1] ids = np.ascontiguousarray(table.order_id)
        cdef const uint8_t[::1] kind = np.ascontiguousarray(table.kind)
        cdef const uint8_t[::1] side = np.ascontiguousarray(table.side)
        cdef const uint8_t[::1] flags = np.ascontiguousarray(table.flags)
        cdef int64_t rows = ts_event.shape[0]
        cdef int64_t end = rows if stop is None else stop
        cdef int64_t part
        cdef vel_columns_t columns
        if not (rows == ts_recv.shape[0] == price.shape[0] == qty.shape[0] == ids.shape[0] == kind.shape[0]
                == side.shape[0] == flags.shape[0]):
            raise InvalidArgument("the columns of an event table differ in length")
        if start < 0 or end > rows:
            raise InvalidArgument(f"rows {start} to {end} lie outside of the {rows} there are")
        if start >= end or self.has_failed:
            return
        columns.ts_event = &ts_event[0]
        columns.ts_recv = &ts_recv[0]
        columns.price = &price[0]
        columns.qty = &qty[0]
        columns.order_id = &ids[0]
        columns.kind = &kind[0]
        columns.side = &side[0]
        columns.flags = &flags[0]
        columns.rows = rows
        while start < end and not self.has_failed:
            part = min(end, start + ROWS_BETWEEN_SIGNALS)
            self._add(&columns, start, part)
            start = part
            PyErr_CheckSignals()

    cdef void _add(self, const vel_columns_t *columns, int64_t start, int64_t end) noexcept nogil:
        cdef int64_t row
        cdef uint8_t kind
        for row in range(start, end):
            kind = columns.kind[row]
            if kind == VEL_EV_DELTA:
                self._book_row(columns, row)
                self.has_levels = True
                if vel_book_set(&self._levels, columns.side[row], columns.price[row], columns.qty[row]) != VEL_OK:
                    self.has_failed = True
                    return
                if self.in_snapshot and columns.qty[row] > 0:
                    self._note_worst(columns.side[row], columns.price[row])
                if columns.flags[row] & VEL_FLAG_LAST:
                    self._update_id = columns.order_id[row]
            elif not self._add_other(columns, row, kind):
                self.has_failed = True
                return

    cdef bint _add_other(self, const vel_columns_t *columns, int64_t row, uint8_t kind) noexcept nogil:
        """Whether the row fits the state."""
        cdef uint8_t side = columns.side[row]
        cdef int status
        if kind == VEL_EV_QUOTE:
            if side > VEL_SELL:
                return False
            self._quote_is_mixed[side] = not self._in_order(_QUOTE, columns.ts_event[row])
            self._keep(&self._quote[side], columns, row)
            self._quote_is_older = False
            if columns.flags[row] & VEL_FLAG_LAST:
                self._note_newest(columns.order_id[row])
        elif kind == VEL_EV_TRADE:
            if not columns.flags[row] & VEL_FLAG_OFF_BOOK:
                self._trade_row(columns, row)
        elif VEL_EV_ORDER_ADD <= kind <= VEL_EV_ORDER_EXECUTE:
            self._book_row(columns, row)
            self.has_orders = True
            status = vel_book_l3_apply(&self._orders, kind, side, columns.price[row], columns.qty[row],
                                       columns.order_id[row])
            return status == VEL_OK or status == VEL_ENOENT
        elif kind == VEL_EV_SNAPSHOT_BEGIN:
            self._book_row(columns, row)
            # Earlier rows by receipt were earlier at the venue too, or are dropped here and not there.
            self._book_is_mixed = columns.ts_event[row] < self._latest[_BOOK]
            vel_book_clear(&self._levels)
            vel_book_l3_clear(&self._orders)
            self.in_snapshot = True
            self._quote_is_older = True
            self._newest[0].is_set = self._newest[1].is_set = False
            self._worst_now[0] = self._worst_now[1] = VEL_NO_KEY
        elif kind == VEL_EV_SNAPSHOT_END:
            self._book_row(columns, row)
            self.in_snapshot = False
            self.is_stale = False
            self.has_snapshot = True
            self._worst[0] = self._worst_now[0]
            self._worst[1] = self._worst_now[1]
            self._update_id = columns.order_id[row]
        elif kind == VEL_EV_GAP:
            if not self._in_order(_BOOK, columns.ts_event[row]):
                self._book_is_mixed = True
            self._keep(&self._gap, columns, row)
            self.is_stale = True
            self._quote_is_older = True
            self._newest[0].is_set = self._newest[1].is_set = False
        elif kind == VEL_EV_STATUS:
            self._trade_is_mixed |= not self._in_order(_TRADE, columns.ts_event[row])
            self._status_is_mixed = columns.ts_event[row] < self._latest_status
            if not self._status_is_mixed:
                self._latest_status = columns.ts_event[row]
            self._keep(&self._status, columns, row)
        elif kind == VEL_EV_MARK_PRICE or kind == VEL_EV_FUNDING:
            self._mark_is_mixed = not self._in_order(_MARK, columns.ts_event[row])
            self._keep(&self._mark, columns, row)
            if kind == VEL_EV_FUNDING:  # the mark is kept; the payment is history
                self._mark.kind = VEL_EV_MARK_PRICE
        return True

    cdef void _note_newest(self, int64_t update_id) noexcept nogil:
        cdef bint has_book = self._levels.side[0].levels > 0 and self._levels.side[1].levels > 0
        cdef int side
        if not has_book or self.is_stale or self.in_snapshot or update_id <= self._update_id:
            return
        if self._newest[1].is_set and update_id <= self._newest[1].order_id:
            return
        for side in range(2):
            self._newest[side] = self._quote[side]

    cdef void _book_row(self, const vel_columns_t *columns, int64_t row) noexcept nogil:
        if not self._in_order(_BOOK, columns.ts_event[row]):
            self._book_is_mixed = True
        self._depth.ts_event = columns.ts_event[row]
        self._depth.ts_recv = columns.ts_recv[row]

    cdef void _trade_row(self, const vel_columns_t *columns, int64_t row) noexcept nogil:
        """Process a book trade. While not halted, the venue's last trade is the last one received."""
        cdef bint is_halted = self._status.is_set and self._status.qty == 0
        if not self._in_order(_TRADE, columns.ts_event[row]):
            self._trade_is_mixed = True
        elif not is_halted and not self._status_is_mixed:
            self._trade_is_mixed = False
        if is_halted:
            self._keep(&self._halted_trade, columns, row)
        else:
            self._keep(&self._trade, columns, row)
            self._halted_trade.is_set = False

    cdef void _keep(self, _Row *out, const vel_columns_t *columns, int64_t row) noexcept nogil:
        out.ts_event = columns.ts_event[row]
        out.ts_recv = columns.ts_recv[row]
        out.price = columns.price[row]
        out.qty = columns.qty[row]
        out.order_id = columns.order_id[row]
        out.kind = columns.kind[row]
        out.side = columns.side[row]
        out.flags = columns.flags[row]
        out.is_set = True

    cdef bint _in_order(self, int group, int64_t ts) noexcept nogil:
        """Whether no row of the group is later than this one in venue time."""
        if ts < self._latest[group]:
            return False
        self._latest[group] = ts
        return True

    cdef void _note_worst(self, uint8_t side, int64_t price) noexcept nogil:
        cdef int64_t key = vel_side_key(side, price)
        if self._worst_now[side] == VEL_NO_KEY or key > self._worst_now[side]:
            self._worst_now[side] = key

    # ------------------------------------------------------------------ state

    @property
    def is_settled(self):
        """Whether the rows so far make the same state in the order of `ts_event`."""
        return not (
            self._book_is_mixed
            or self._trade_is_mixed
            or self._status_is_mixed
            or self._mark_is_mixed
            or self._quote_is_mixed[0]
            or self._quote_is_mixed[1]
            or self.in_snapshot
            or self.has_failed
        )

    @property
    def latest(self):
        """Latest `ts_event` of each group of kinds, ns: (4,) int64 array.

        A state stays valid for the venue's order as long as no later row of a group precedes it.
        """
        return np.array([self._latest[group] for group in range(_GROUPS)], np.int64)

    @property
    def last_gap_ts(self):
        """`ts_event` of the last GAP row, None if there was none."""
        return self._gap.ts_event if self._gap.is_set else None

    @property
    def size(self):
        """Approximate number of book rows in the result of `table`."""
        return self._levels.side[0].levels + self._levels.side[1].levels + self._orders.count

    def table(self, instrument):
        """The state as an event table. Its times are those of the original rows, so they may decrease.

        A book that has had a complete snapshot is returned as a snapshot. A snapshot confirms the range of its levels:
        if the worst recorded level was deleted, a level of quantity 0 marks it, and levels beyond it follow after the
        snapshot.

        Parameters
        ----------
        instrument : Instrument

        Returns
        -------
        EventTable
        """
        rows = []
        self._put(rows, &self._trade)
        self._put(rows, &self._status)
        self._put(rows, &self._halted_trade)
        self._put(rows, &self._mark)
        if self._quote_is_older:
            self._put_quotes(rows, self._quote)
        parts = [_columns(rows)]
        parts.append(self._book())
        rows = []
        if self.is_stale:
            self._put(rows, &self._gap)
        if not self._quote_is_older:
            if self._newest[1].is_set and self._newest[1].order_id > max(self._update_id, self._quote[1].order_id):
                self._put_quotes(rows, self._newest)
            self._put_quotes(rows, self._quote)
        parts.append(_columns(rows))
        joined = {name: np.concatenate([part[name] for part in parts]) for name in schema.COLUMNS}
        return EventTable.from_numpy(instrument, check=False, **joined)

    cdef object _put(self, list rows, const _Row *row):
        if row.is_set:
            rows.append((row.ts_event, row.ts_recv, row.kind, row.side, row.flags, row.price, row.qty, row.order_id))

    cdef object _put_quotes(self, list rows, const _Row *quote):
        """Append a quote of each side; the second of two ends the pair."""
        cdef _Row row
        cdef int side
        for side in range(2):
            row = quote[side]
            if side == 1 or not quote[1].is_set:
                row.flags |= VEL_FLAG_LAST
            else:
                row.flags &= ~VEL_FLAG_LAST
            self._put(rows, &row)

    cdef object _book(self):
        """Columns of the book's rows."""
        by_order = self.has_orders and not self.has_levels
        inside, beyond = self._order_rows() if by_order else self._level_rows()
        parts = [inside, beyond]
        if self.has_snapshot or self.in_snapshot:
            parts.insert(0, _filled(1, VEL_EV_SNAPSHOT_BEGIN, EventFlag.SNAPSHOT))
            if not self.in_snapshot:
                parts.insert(2, _filled(1, VEL_EV_SNAPSHOT_END, EventFlag.SNAPSHOT | EventFlag.LAST))
        columns = {name: np.concatenate([part[name] for part in parts]) for name in schema.COLUMNS}
        columns["ts_event"][:] = self._depth.ts_event
        columns["ts_recv"][:] = self._depth.ts_recv
        if not by_order:
            columns["order_id"][:] = self._update_id
        count = len(columns["flags"])
        if count and not self.in_snapshot:
            columns["flags"][count - 1] |= VEL_FLAG_LAST  # not [-1]: in place, Cython counts it twice on Python 3.12
        return columns

    cdef object _level_rows(self):
        """The levels confirmed by the last snapshot, and the levels beyond."""
        cdef int64_t count = self._levels.side[0].levels + self._levels.side[1].levels
        cdef int64_t at = 0
        cdef int64_t key
        cdef int side
        columns = _filled(count, VEL_EV_DELTA, 0)
        cdef int64_t[::1] price = columns["price"]
        cdef int64_t[::1] qty = columns["qty"]
        cdef uint8_t[::1] sides = columns["side"]
        for side in range(2):
            key = self._levels.side[side].best_key
            while key != VEL_NO_KEY:
                price[at] = vel_key_ticks(side, key)
                qty[at] = vel_ladder_qty(&self._levels.side[side], key)
                sides[at] = side
                at += 1
                key = vel_ladder_next(&self._levels.side[side], key)
        if not self.has_snapshot or self.in_snapshot:
            if self.in_snapshot:
                columns["flags"][:] = VEL_FLAG_SNAPSHOT
            return columns, _filled(0, VEL_EV_DELTA, 0)
        is_inside = np.zeros(count, bool)
        bounds = []
        for side in range(2):
            if self._worst[side] == VEL_NO_KEY:
                continue
            worst = vel_key_ticks(side, self._worst[side])
            of_side = columns["side"] == side
            within = columns["price"] >= worst if side == VEL_BUY else columns["price"] <= worst
            is_inside |= of_side & within
            if not (of_side & (columns["price"] == worst)).any():
                bounds.append((side, worst))
        inside = {name: values[is_inside] for name, values in columns.items()}
        extra = _filled(len(bounds), VEL_EV_DELTA, 0)
        for at, (side, worst) in enumerate(bounds):
            extra["side"][at] = side
            extra["price"][at] = worst
        inside = {name: np.concatenate([inside[name], extra[name]]) for name in schema.COLUMNS}
        inside["flags"][:] = VEL_FLAG_SNAPSHOT
        return inside, {name: values[~is_inside] for name, values in columns.items()}

    cdef object _order_rows(self):
        """The orders, oldest first, so that each queue is in order."""
        cdef int64_t count = self._orders.count
        cdef int64_t at = 0
        cdef uint32_t index
        cdef const vel_l3_order_t *order
        columns = _filled(count, VEL_EV_ORDER_ADD, EventFlag.SNAPSHOT if self.has_snapshot or self.in_snapshot else 0)
        age = np.empty(count, np.uint32)
        cdef uint32_t[::1] ages = age
        cdef int64_t[::1] price = columns["price"]
        cdef int64_t[::1] qty = columns["qty"]
        cdef int64_t[::1] ids = columns["order_id"]
        cdef uint8_t[::1] side = columns["side"]
        for index in range(self._orders.orders_used):
            order = &self._orders.orders[index]
            if vel_book_l3_order(&self._orders, order.id) != order:
                continue  # a free slot of the pool
            price[at] = order.price
            qty[at] = order.qty
            ids[at] = order.id
            side[at] = order.side
            ages[at] = self._orders.stamp - order.stamp  # wraps as the stamps do
            at += 1
        oldest_first = np.argsort(age, kind="stable")[::-1]
        return {name: values[oldest_first] for name, values in columns.items()}, _filled(0, VEL_EV_DELTA, 0)


cdef object _filled(int64_t rows, int kind, int flags):
    """Columns of rows of one kind without a side, all other values zero."""
    columns = {name: np.zeros(rows, np.int64) for name in ("ts_event", "ts_recv", "price", "qty", "order_id")}
    columns["kind"] = np.full(rows, kind, np.uint8)
    columns["side"] = np.full(rows, int(Side.NONE), np.uint8)
    columns["flags"] = np.full(rows, int(flags), np.uint8)
    return columns


cdef object _columns(list rows):
    columns = _filled(len(rows), VEL_EV_TRADE, 0)
    for at, row in enumerate(rows):
        for name, value in zip(schema.COLUMNS, row):
            columns[name][at] = value
    return columns
