"""Feeds by level derived from feeds by order, as a venue would send them."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport (
    VEL_EV_DELTA,
    VEL_EV_ORDER_ADD,
    VEL_EV_ORDER_CHANGE,
    VEL_EV_ORDER_EXECUTE,
    VEL_EV_SNAPSHOT_BEGIN,
    VEL_EV_SNAPSHOT_END,
    VEL_FLAG_LAST,
    VEL_ENOENT,
    VEL_OK,
    vel_book_l3_apply,
    vel_book_l3_free,
    vel_book_l3_init,
    vel_book_l3_order,
    vel_book_l3_t,
    vel_book_qty,
    VEL_PRIORITY_LOST_BY_MORE,
    vel_l3_order_t,
)
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status

import numpy as np

from velora.data.source import opening_of
from velora.data.table import EventTable

from velora.errors import InvalidArgument


cdef class LevelReader:
    """Converts chunks of a feed by order to chunks of a feed by level; maintains the book by order.

    Each row by order becomes the new total of its level, or two totals if an order changes its price; all other rows
    are unchanged. Rows about orders that are not in the book are left out and counted.

    Attributes
    ----------
    unknown : int
        Number of rows left out.
    """

    cdef vel_book_l3_t _book
    cdef readonly int64_t unknown

    def __cinit__(self):
        check_status(vel_book_l3_init(&self._book, VEL_PRIORITY_LOST_BY_MORE), "no memory for a book by order")

    def __dealloc__(self):
        vel_book_l3_free(&self._book)

    def convert(self, table):
        """Convert the next chunk.

        Parameters
        ----------
        table : EventTable

        Returns
        -------
        EventTable

        Raises
        ------
        InvalidArgument, CorruptData
            If a row contradicts the book: an order added twice, or reduced by more than its quantity.
        """
        cdef int64_t rows = len(table)
        cdef const uint8_t[::1] kind = np.ascontiguousarray(table.kind)
        cdef const uint8_t[::1] side = np.ascontiguousarray(table.side)
        cdef const uint8_t[::1] flags = np.ascontiguousarray(table.flags)
        cdef const int64_t[::1] price = np.ascontiguousarray(table.price)
        cdef const int64_t[::1] qty = np.ascontiguousarray(table.qty)
        cdef const int64_t[::1] ids = np.ascontiguousarray(table.order_id)
        source = np.empty(2 * rows, np.int64)
        columns = {
            "kind": np.empty(2 * rows, np.uint8),
            "side": np.empty(2 * rows, np.uint8),
            "flags": np.empty(2 * rows, np.uint8),
            "price": np.empty(2 * rows, np.int64),
            "qty": np.empty(2 * rows, np.int64),
            "order_id": np.empty(2 * rows, np.int64),
        }
        cdef int64_t[::1] of_row = source
        cdef uint8_t[::1] kinds = columns["kind"]
        cdef uint8_t[::1] sides = columns["side"]
        cdef uint8_t[::1] flags_out = columns["flags"]
        cdef int64_t[::1] prices = columns["price"]
        cdef int64_t[::1] totals = columns["qty"]
        cdef int64_t[::1] ids_out = columns["order_id"]
        cdef const vel_l3_order_t *order
        cdef int64_t row, before
        cdef int64_t count = 0
        cdef int64_t batch = 0  # first output row of the current batch
        cdef uint8_t at
        cdef int status
        for row in range(rows):
            if row % ROWS_BETWEEN_SIGNALS == 0:
                PyErr_CheckSignals()
            if kind[row] < VEL_EV_ORDER_ADD or kind[row] > VEL_EV_ORDER_EXECUTE:
                if kind[row] == VEL_EV_SNAPSHOT_BEGIN or kind[row] == VEL_EV_SNAPSHOT_END:
                    vel_book_l3_apply(&self._book, kind[row], side[row], 0, 0, 0)
                kinds[count] = kind[row]
                sides[count] = side[row]
                prices[count] = price[row]
                totals[count] = qty[row]
                ids_out[count] = ids[row]
                flags_out[count] = flags[row]
                of_row[count] = row
                count += 1
                if flags[row] & VEL_FLAG_LAST:
                    batch = count
                continue
            order = vel_book_l3_order(&self._book, ids[row])
            at = order.side if order != NULL else side[row]
            before = order.price if order != NULL else price[row]
            status = vel_book_l3_apply(&self._book, kind[row], side[row], price[row], qty[row], ids[row])
            if status == VEL_ENOENT:
                self.unknown += 1
            elif status != VEL_OK:
                check_status(status, f"row {row}: order {ids[row]} with {qty[row]} lots at {price[row]} ticks does not "
                                     "fit the book")
            else:
                if kind[row] == VEL_EV_ORDER_CHANGE and before != price[row]:
                    self._level(at, before, &kinds[count], &sides[count], &prices[count], &totals[count])
                    ids_out[count] = 0
                    flags_out[count] = flags[row] & <uint8_t>~VEL_FLAG_LAST
                    of_row[count] = row
                    count += 1
                    before = price[row]
                self._level(at, before, &kinds[count], &sides[count], &prices[count], &totals[count])
                ids_out[count] = 0
                flags_out[count] = flags[row]
                of_row[count] = row
                count += 1
            if flags[row] & VEL_FLAG_LAST:
                if count > batch:
                    flags_out[count - 1] |= VEL_FLAG_LAST
                batch = count
        chosen = source[:count]
        return EventTable.from_numpy(
            table.instrument,
            check=False,
            ts_event=np.ascontiguousarray(table.ts_event[chosen]),
            ts_recv=np.ascontiguousarray(table.ts_recv[chosen]),
            **{name: np.ascontiguousarray(values[:count]) for name, values in columns.items()},
        )

    cdef void _level(self, uint8_t side, int64_t price, uint8_t *kind, uint8_t *side_out, int64_t *price_out,
                     int64_t *total) noexcept:
        kind[0] = VEL_EV_DELTA
        side_out[0] = side
        price_out[0] = price
        total[0] = vel_book_qty(&self._book.levels, side, price)


class LevelsOfOrders:
    """The feed by level of a source by order, as an event source.

    Parameters
    ----------
    source : EventSource

    Attributes
    ----------
    instrument : Instrument
        Instrument of the source.
    has_orders, has_depth, is_of_orders : bool
        What the rows hold: no rows by order, rows by level, converted from rows by order.
    """

    has_orders = False
    has_depth = True
    is_of_orders = True

    def __init__(self, source):
        if isinstance(source, LevelsOfOrders):
            raise InvalidArgument("the source is a feed by level already")
        self._source = source
        self.instrument = source.instrument
        self.disorder_ns = source.disorder_ns

    def chunks(self, rows):
        """Tables of at most twice the requested number of rows."""
        return _converted(LevelReader(), self._source.chunks(rows))

    def opening(self, rows, slack_ns=0):
        """See `velora.data.source.opening_of`."""
        found = opening_of(self._source, rows, slack_ns)
        if found is None:
            return None
        reader = LevelReader()
        state = None if found.state is None else reader.convert(found.state)
        return found._replace(state=state, chunks=_converted(reader, found.chunks))


def _converted(reader, chunks):
    for chunk in chunks:
        yield reader.convert(chunk)
