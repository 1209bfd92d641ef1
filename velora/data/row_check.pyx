"""Validation of rows from files and from user-defined sources.

The bounds are those of ``csrc/include/velora/rows.h``.
"""

from libc.stdint cimport INT64_MIN, int64_t

from velora.core._c cimport (
    VEL_ROW_BAD_FLAGS,
    VEL_ROW_BAD_KIND,
    VEL_ROW_BAD_PRICE,
    VEL_ROW_BAD_QTY,
    VEL_ROW_BAD_SIDE,
    VEL_ROW_BAD_TS_EVENT,
    VEL_ROW_BAD_TS_RECV,
    VEL_ROW_GOES_BACK,
    vel_columns_t,
    vel_row_bounds,
    vel_row_bounds_t,
    vel_rows_check,
)
from velora.core.columns cimport open_int64, open_uint8

from cpython.buffer cimport PyBuffer_Release

from velora.core.events import EventFlag, EventKind
from velora.errors import DataError, InvalidArgument

_FIELDS = {
    VEL_ROW_BAD_KIND: "kind",
    VEL_ROW_BAD_SIDE: "side",
    VEL_ROW_BAD_FLAGS: "flags",
    VEL_ROW_BAD_PRICE: "price",
    VEL_ROW_BAD_QTY: "qty",
    VEL_ROW_BAD_TS_EVENT: "ts_event",
    VEL_ROW_BAD_TS_RECV: "ts_recv",
    VEL_ROW_GOES_BACK: "ts_recv",
}
_LONGS = ("ts_event", "ts_recv", "price", "qty", "order_id")
_BYTES = ("kind", "side", "flags")


cdef int64_t _first_fault(object table, int64_t after, bint needs_qty, int *fault) except -2:
    cdef Py_buffer views[8]
    cdef const void *data[8]
    cdef vel_columns_t columns
    cdef int64_t rows = 0, found
    cdef int opened = 0
    try:
        for name in _LONGS:
            data[opened] = open_int64(getattr(table, name), name, &views[opened], &found)
            opened += 1
            if opened > 1 and found != rows:
                raise InvalidArgument(f"columns differ in length: ts_event {rows}, {name} {found}")
            rows = found
        for name in _BYTES:
            data[opened] = open_uint8(getattr(table, name), name, &views[opened], &found)
            opened += 1
            if found != rows:
                raise InvalidArgument(f"columns differ in length: ts_event {rows}, {name} {found}")
        columns.ts_event = <const int64_t *>data[0]
        columns.ts_recv = <const int64_t *>data[1]
        columns.price = <const int64_t *>data[2]
        columns.qty = <const int64_t *>data[3]
        columns.order_id = <const int64_t *>data[4]
        columns.kind = <const unsigned char *>data[5]
        columns.side = <const unsigned char *>data[6]
        columns.flags = <const unsigned char *>data[7]
        columns.rows = rows
        with nogil:
            found = vel_rows_check(&columns, after, needs_qty, fault)
        return found
    finally:
        while opened > 0:
            opened -= 1
            PyBuffer_Release(&views[opened])


def check_rows(table, *, file=None, first_row=0, after=None, needs_qty=False):
    """Check that rows are valid.

    Times of receipt do not decrease; kind, side and flags exist; no quantity is negative; prices, quantities and times
    are within the ranges of the engine's sums.

    Parameters
    ----------
    table : EventTable or Columns
        A value with the columns of an event table.
    file : str or path, optional
        For the message; the instrument's symbol by default.
    first_row : int
        Number of the first row, for the message.
    after : int, optional
        Time of receipt of the row before the first one, ns.
    needs_qty : bool
        Whether trades, orders and executions need a quantity above 0, as in a catalog.

    Raises
    ------
    DataError
        With the file, the row and the field.
    """
    cdef int fault = 0
    cdef int64_t earliest = INT64_MIN if after is None else after
    row = _first_fault(table, earliest, needs_qty, &fault)
    if row < 0:
        return
    if file is None:
        instrument = getattr(table, "instrument", None)
        file = None if instrument is None else instrument.symbol
    what, hint = _explained(table, row, fault, needs_qty)
    raise DataError(what, file=file, row=first_row + row, field=_FIELDS[fault], hint=hint)


def _explained(table, row, fault, needs_qty):
    if fault == VEL_ROW_GOES_BACK:
        if row > 0:
            back = int(table.ts_recv[row - 1]) - int(table.ts_recv[row])
            return f"time of receipt goes back by {back} ns", "Sort the rows by ts_recv"
        return ("time of receipt goes back between two chunks",
                "Pass the files in the order of recording")
    field = _FIELDS[fault]
    value = int(getattr(table, field)[row])
    if fault == VEL_ROW_BAD_KIND:
        return f"kind must be {int(min(EventKind))} to {int(max(EventKind))}, was {value}", None
    if fault == VEL_ROW_BAD_FLAGS:
        return f"flags must be a sum of {', '.join(str(int(one)) for one in EventFlag)}, was {value}", None
    kind = int(table.kind[row])
    name = EventKind(kind).name
    cdef const vel_row_bounds_t *bounds = vel_row_bounds(kind)
    if fault == VEL_ROW_BAD_SIDE:
        return f"side must be 0 to {bounds.side_max} in a {name}, was {value}", None
    hint = "Remove the row, or correct it"
    if fault == VEL_ROW_BAD_QTY and value < bounds.qty_min <= 1:
        least = "more than 0 lots" if bounds.qty_min == 1 and needs_qty else "at least 0 lots"
        return f"the qty of a {name} must be {least}, was {value}", hint
    if fault == VEL_ROW_BAD_QTY:
        return f"the qty of a {name} must be at most {bounds.qty_max}, was {value}", hint
    if fault == VEL_ROW_BAD_PRICE:
        return f"the price of a {name} must be a price in ticks, was {value}", hint
    return f"a time in ns must be within +-2**62, was {value}", "Remove the row, or set its time in nanoseconds"
