"""Microstructure measures of a level book: at each update of a live book, or over a whole event table.

With b_i and a_i the quantities of the i-th best bid and ask (i from 0), B and A the best prices and m the mid:

- microprice: (B a_0 + A b_0) / (a_0 + b_0);
- imbalance: (b_0 - a_0) / (b_0 + a_0);
- depth imbalance: sum of w_i (b_i - a_i) over sum of w_i (b_i + a_i), with w_i = exp(-decay * i), over the best levels;
- pressure: the same with w = 1 / distance of the level from the mid;
- slope of a side: sum of d_i Q_i over sum of d_i^2, the quantity per unit of price by which the cumulative depth Q_i
  grows with the distance d_i from the mid (least squares through the mid);
- flow: order flow imbalance of the top, e_n of R. Cont, A. Kukanov, S. Stoikov, "The price impact of order book
    events", Journal of Financial Econometrics 12 (2014): quantity added to the bid or removed from the ask, less the
    opposite.

A measure over several levels uses the levels that the book shows. `BookMeasures.is_known`, and the column `is_known` of
a table, say whether these are known to be the best ones: a feed of limited depth may leave out some levels, and no
level of a stale book is known.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

from velora.core._c cimport (
    VEL_MEASURE_COLUMNS,
    vel_book_free,
    vel_book_init,
    vel_book_t,
    vel_columns_t,
    vel_flow_t,
    vel_flow_update,
    vel_measures,
    vel_measures_are_known,
    vel_measures_columns,
    VEL_OK,
)
from velora.core.book cimport OrderBookL2
from velora.core.instrument cimport Instrument
from velora.core.named_calls cimport name_call
from velora.core.status cimport check_status

from velora.core.terminal import readable
from velora.errors import InvalidArgument, NotPicklable

_COLUMNS = ("mid", "spread", "microprice", "imbalance", "depth_imbalance", "pressure", "slope_bid", "slope_ask",
            "depth_bid", "depth_ask", "flow")


cdef int _check(int64_t levels, double decay) except -1:
    if levels < 1:
        raise InvalidArgument(f"levels must be at least 1, was {levels}")
    if not 0.0 <= decay < 1e6:
        raise InvalidArgument(f"decay must be at least 0, was {decay}")
    return 0


@cython.final
cdef class BookMeasures:
    """Measures of one level book, computed in C at each `update`.

    Parameters
    ----------
    book : OrderBookL2
        Your own book or one of an engine.
    levels : int
        Levels per side for the depth imbalance, the pressure, the slopes and the depths.
    decay : float
        Decay of the depth imbalance's weights: 0 weights all levels equally.

    Examples
    --------
    >>> measures = BookMeasures(self.book("BTCUSDT"), levels=10)  # in on_start  # doctest: +SKIP
    >>> measures.update()  # in on_book  # doctest: +SKIP
    >>> measures.microprice, measures.flow  # doctest: +SKIP
    """

    def __cinit__(self, OrderBookL2 book not None, *, int64_t levels=5, double decay=0.0):
        _check(levels, decay)
        self._book = book
        self.levels = levels
        self.decay = decay
        self._tick = <double>book.instrument.tick_num / <double>book.instrument.tick_den
        self._lot = <double>book.instrument.lot_num / <double>book.instrument.lot_den
        memset(&self._now, 0, sizeof(self._now))
        memset(&self._top, 0, sizeof(self._top))

    @cython.nonecheck(False)  # without the GIL no error can be raised, and _book is never None here
    cdef bint update_c(self) noexcept nogil:
        self._flow = vel_flow_update(&self._top, self._book._book)
        self._flow_sum += self._flow
        self._has_both = vel_measures(self._book._book, self.levels, self.decay, &self._now) == VEL_OK
        self._is_known = vel_measures_are_known(self._book._book, self.levels)
        return self._has_both

    def update(self):
        """Measure the book now. Returns whether both sides have levels."""
        return self.update_c()

    def reset_flow(self):
        """Restart the sum of the flow; returns the previous sum, in base currency."""
        total = self._flow_sum * self._lot
        self._flow_sum = 0.0
        return total

    @property
    def is_known(self):
        """Whether the best `levels` of both sides were all known at the last update: none of them is missing.

        Unknown levels count as zero in the depth imbalance, the pressure, the slopes and the depths. The other measures
        use the best prices only, which are known unless the book is stale.
        """
        return self._is_known

    @property
    def mid(self):
        """Mean of the best prices; None while a side is empty, like the properties below."""
        return self._now.mid * self._tick if self._has_both else None

    @property
    def spread(self):
        """Best ask minus best bid in quote currency."""
        return self._now.spread * self._tick if self._has_both else None

    @property
    def microprice(self):
        """Best prices weighted by the opposite quantities."""
        return self._now.microprice * self._tick if self._has_both else None

    @property
    def imbalance(self):
        """Imbalance of the best quantities, in [-1, 1]."""
        return self._now.imbalance if self._has_both else None

    @property
    def depth_imbalance(self):
        """Weighted imbalance of the best `levels`, in [-1, 1]."""
        return self._now.depth_imbalance if self._has_both else None

    @property
    def pressure(self):
        """Imbalance of the best `levels`, weighted by their nearness to the mid, in [-1, 1]."""
        return self._now.pressure if self._has_both else None

    @property
    def slope_bid(self):
        """Cumulative bid depth per unit of price, in base currency."""
        return self._now.slope_bid * self._lot / self._tick if self._has_both else None

    @property
    def slope_ask(self):
        """Cumulative ask depth per unit of price, in base currency."""
        return self._now.slope_ask * self._lot / self._tick if self._has_both else None

    @property
    def depth_bid(self):
        """Quantity of the best `levels` bids."""
        return self._now.depth_bid * self._lot if self._has_both else None

    @property
    def depth_ask(self):
        """Quantity of the best `levels` asks."""
        return self._now.depth_ask * self._lot if self._has_both else None

    @property
    def flow(self):
        """Order flow imbalance between the last two updates, in base currency."""
        return self._flow * self._lot

    @property
    def flow_sum(self):
        """Order flow imbalance since the first update or the last `reset_flow`, in base currency."""
        return self._flow_sum * self._lot

    def __reduce__(self):
        raise NotPicklable("BookMeasures follow a book and can be neither pickled nor copied: make new "
                           "ones over the other book")

    def __repr__(self):
        return f"BookMeasures({readable(self._book.instrument.symbol)}, levels={self.levels}, decay={self.decay:g})"


def measure_table(table, *, int64_t levels=5, double decay=0.0):
    """Compute measures after every batch of an event table that changes the book.

    Parameters
    ----------
    table : EventTable
    levels, decay
        As in `BookMeasures`.

    Returns
    -------
    pyarrow.Table
        One row for each batch (diff or snapshot) after which both sides have levels: `row` (int64, of its last row in
        the table), `ts_event` and `ts_recv` (int64, ns), then `mid`, `spread`, `microprice`, `imbalance`,
        `depth_imbalance`, `pressure`, `slope_bid`, `slope_ask`, `depth_bid`, `depth_ask` and `flow` (float64, in the
        units of `BookMeasures`), and `is_known` (bool, as `BookMeasures.is_known`).
    """
    import numpy as np
    import pyarrow as pa

    _check(levels, decay)
    cdef Instrument instrument = table.instrument
    cdef vel_book_t book
    cdef vel_flow_t flow
    cdef vel_columns_t columns
    cdef int64_t row = 0
    cdef int64_t written = 0
    cdef int64_t lines = 1 << 14
    cdef int status = VEL_OK
    cdef const int64_t[::1] ts_event, ts_recv, price, qty, order_id
    cdef const uint8_t[::1] kind, side, flags
    cdef double[:, ::1] out
    cdef int64_t[::1] rows_out
    cdef uint8_t[::1] known_out
    cdef double tick = <double>instrument.tick_num / <double>instrument.tick_den
    cdef double lot = <double>instrument.lot_num / <double>instrument.lot_den
    memset(&flow, 0, sizeof(flow))
    memset(&columns, 0, sizeof(columns))
    blocks, places, known = [np.empty((0, VEL_MEASURE_COLUMNS))], [np.empty(0, np.int64)], [np.empty(0, np.uint8)]
    if len(table):
        ts_event, ts_recv, price, qty = table.ts_event, table.ts_recv, table.price, table.qty
        order_id, kind, side, flags = table.order_id, table.kind, table.side, table.flags
        columns.ts_event, columns.ts_recv = &ts_event[0], &ts_recv[0]
        columns.price, columns.qty, columns.order_id = &price[0], &qty[0], &order_id[0]
        columns.kind, columns.side, columns.flags = &kind[0], &side[0], &flags[0]
        columns.rows = ts_event.shape[0]
    check_status(vel_book_init(&book), "no memory for an order book")
    try:
        while row < columns.rows:
            block, place = np.empty((lines, VEL_MEASURE_COLUMNS)), np.empty(lines, np.int64)
            is_known = np.empty(lines, np.uint8)
            out, rows_out, known_out = block, place, is_known
            with nogil:
                status = vel_measures_columns(&book, &flow, &columns, &row, levels, decay, lines, &out[0, 0],
                                              &rows_out[0], &known_out[0], &written)
            if status != VEL_OK:
                check_status(status, f"{instrument.symbol}, row {row}: not a book update")
            PyErr_CheckSignals()
            blocks.append(block[:written])
            places.append(place[:written])
            known.append(is_known[:written])
    finally:
        vel_book_free(&book)
    places = np.concatenate(places)
    scales = dict.fromkeys(_COLUMNS, 1.0)
    for name in ("mid", "spread", "microprice"):
        scales[name] = tick
    for name in ("slope_bid", "slope_ask"):
        scales[name] = lot / tick
    for name in ("depth_bid", "depth_ask", "flow"):
        scales[name] = lot
    result = {"row": places, "ts_event": table.ts_event[places], "ts_recv": table.ts_recv[places]}
    for at, name in enumerate(_COLUMNS):
        # Column by column: this halves the memory, and signals such as Ctrl-C are checked in between.
        result[name] = np.concatenate([block[:, at] for block in blocks]) * scales[name]
    result["is_known"] = np.concatenate(known).astype(np.bool_)
    return pa.table(result)


name_call(BookMeasures, "BookMeasures(book, *, levels=5, decay=0.0)")
