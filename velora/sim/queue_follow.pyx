"""Orders followed through a session by order, exactly and by queue models; queue_follow.h has the rules."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from velora.core._c cimport (
    vel_columns_t,
    vel_estimate_t,
    vel_follow_free,
    vel_follow_init,
    vel_follow_rows,
    vel_follow_t,
    vel_followed_t,
    vel_mid_t,
    vel_placement_t,
    vel_queue_model_t,
)
from velora.core.status cimport check_status
from velora.sim.queue_model cimport QueueModel

import numpy as np

from velora.errors import InvalidArgument

#: Reason why following an order ended, by the number in the column ``end``.
ENDS = ("OPEN", "FILLED", "CANCELED", "HORIZON", "LOST")
#: Cause of the true fill of a virtual order, by the number in the column ``cause``.
CAUSES = ("QUEUE", "THROUGH", "CROSS")

FOLLOWED_DTYPE = np.dtype([
    ("id", "i8"), ("price", "i8"), ("ts_start", "i8"), ("ts_end", "i8"), ("ts_fill", "i8"), ("ahead_start", "i8"),
    ("ahead", "i8"), ("places", "i8"), ("before", "i8"), ("sequence", "i8"), ("prints_from", "i8"), ("level", "i8"),
    ("at", "i8"), ("side", "u1"), ("is_real", "u1"), ("end", "u1"), ("cause", "u1"), ("is_anomaly", "u1"),
    ("is_fresh", "u1"), ("pad", "V2"),
])
ESTIMATE_DTYPE = np.dtype([
    ("ahead", "f8"), ("error", "f8"), ("absolute", "f8"), ("share", "f8"), ("ts_fill", "i8"),
])
MID_DTYPE = np.dtype([("ts", "i8"), ("mid_x2", "i8")])
assert FOLLOWED_DTYPE.itemsize == sizeof(vel_followed_t)
assert ESTIMATE_DTYPE.itemsize == sizeof(vel_estimate_t)
assert MID_DTYPE.itemsize == sizeof(vel_mid_t)

#: Rows between two checks of progress and signals.
cdef int64_t _STEP = 16_384


class Followed:
    """Outcome of the followed orders.

    Parameters
    ----------
    orders : (n,) record array
        `FOLLOWED_DTYPE`, in the order of joining; -1 for an instant that never came.
    estimates : (n, models) record array
        `ESTIMATE_DTYPE`; errors of the queue position, summed over ``orders["places"]`` comparisons.
    mids : record array
        ``ts`` and ``mid_x2`` (best bid plus best ask, ticks) of each change.
    executed, executed_first : int
        Number of executions, and of those in events that filled all orders ahead of them.
    unknown : int
        Number of rows about orders that are not in the book.
    """

    def __init__(self, orders, estimates, mids, executed, executed_first, unknown):
        self.orders = orders
        self.estimates = estimates
        self.mids = mids
        self.executed = executed
        self.executed_first = executed_first
        self.unknown = unknown


cdef object _records(const void *items, int64_t count, object dtype):
    made = np.empty(count, dtype)
    cdef uint8_t[::1] to
    if count > 0:
        to = made.view(np.uint8)
        memcpy(&to[0], items, <size_t>count * <size_t>dtype.itemsize)
    return made


def follow_orders(table, models, *, placements=None, int64_t horizon_ns=60_000_000_000, int64_t every=1,
                  bint has_trades=False, bint crosses=True, progress=None):
    """Follow orders through a session by order.

    Parameters
    ----------
    table : EventTable
        A table with rows by order.
    models : list of QueueModel
    placements : (n, 3) int64 array, optional
        Virtual orders: instant in ns, ticks behind the best price, side; sorted by time. Each joins after the first
        event at or after its instant, if its side has a level at or beyond its price.
    horizon_ns : int
        Lifetime of a virtual order.
    every : int
        Follow one of this many real orders, 0 none.
    has_trades : bool
        Whether the models use the TRADE rows; otherwise they use the executions, at the price of the executed order.
    crosses : bool
        Whether a virtual order fills when the other side comes to its price, for the truth and for the models.
    progress : callable, optional
        Called with the number of rows processed and the time in ns.

    Returns
    -------
    Followed

    Raises
    ------
    InvalidArgument, CorruptData
        If a row contradicts the book.
    """
    cdef const int64_t[::1] ts = np.ascontiguousarray(table.ts_event)
    cdef const int64_t[::1] recv = np.ascontiguousarray(table.ts_recv)
    cdef const int64_t[::1] price = np.ascontiguousarray(table.price)
    cdef const int64_t[::1] qty = np.ascontiguousarray(table.qty)
    cdef const int64_t[::1] ids = np.ascontiguousarray(table.order_id)
    cdef const uint8_t[::1] kind = np.ascontiguousarray(table.kind)
    cdef const uint8_t[::1] side = np.ascontiguousarray(table.side)
    cdef const uint8_t[::1] flags = np.ascontiguousarray(table.flags)
    given = np.zeros((0, 3), np.int64) if placements is None else np.ascontiguousarray(placements, np.int64)
    if given.ndim != 2 or given.shape[1] != 3:
        raise InvalidArgument(f"placements must have three columns, was of shape {given.shape}")
    if len(given) and (bool((np.diff(given[:, 0]) < 0).any()) or bool((given[:, 1] < 0).any())
                       or not bool(np.isin(given[:, 2], (0, 1)).all())):
        raise InvalidArgument("placements must be sorted by time, at or behind the best price, with sides 0 and 1")
    cdef const int64_t[:, ::1] places = given
    cdef vel_columns_t columns
    cdef vel_follow_t follow
    cdef vel_queue_model_t *own
    cdef int64_t rows = ts.shape[0]
    cdef int64_t row, stop
    cdef int64_t failed = -1
    cdef int status
    cdef list kept = list(models)
    if horizon_ns <= 0 or every < 0:
        raise InvalidArgument(f"horizon_ns must be above 0 and every at least 0, were {horizon_ns} and {every}")
    memset(&columns, 0, sizeof(columns))
    memset(&follow, 0, sizeof(follow))
    if rows > 0:
        columns.ts_event = &ts[0]
        columns.ts_recv = &recv[0]
        columns.price = &price[0]
        columns.qty = &qty[0]
        columns.order_id = &ids[0]
        columns.kind = &kind[0]
        columns.side = &side[0]
        columns.flags = &flags[0]
    columns.rows = rows
    own = <vel_queue_model_t *>calloc(max(len(kept), 1), sizeof(vel_queue_model_t))
    if own == NULL:
        raise MemoryError("no memory for the models")
    try:
        for at, model in enumerate(kept):
            own[<int64_t>at] = (<QueueModel?>model)._model
        follow.models = own
        follow.models_count = len(kept)
        follow.placements = <const vel_placement_t *>&places[0, 0] if len(given) else NULL
        follow.placements_count = len(given)
        follow.every = every
        follow.horizon_ns = horizon_ns
        follow.has_trades = has_trades
        follow.crosses = crosses
        check_status(vel_follow_init(&follow), "no memory for a book by order")
        row = 0
        while row < rows:
            stop = min(row + _STEP, rows)
            with nogil:
                status = vel_follow_rows(&follow, &columns, row, stop, &failed)
            for model in kept:
                (<QueueModel>model).check_c()
            check_status(status, f"row {failed}: order {ids[max(failed, 0)]} does not fit the book")
            row = stop
            PyErr_CheckSignals()
            if progress is not None:
                progress(row, ts[row - 1])
        orders = _records(follow.orders.items, follow.orders.count, FOLLOWED_DTYPE)
        estimates = _records(follow.estimates.items, follow.estimates.count, ESTIMATE_DTYPE)
        mids = _records(follow.mids.items, follow.mids.count, MID_DTYPE)
        return Followed(orders, estimates.reshape(len(orders), len(kept)), mids, follow.executed,
                        follow.executed_first, follow.unknown)
    finally:
        vel_follow_free(&follow)
        free(own)
