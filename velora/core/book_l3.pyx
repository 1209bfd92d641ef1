"""The order book by order (L3)."""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport calloc, free

from velora.core._c cimport (
    VEL_L3_RESERVE_MAX,
    VEL_BUY,
    VEL_ENOENT,
    VEL_NO_KEY,
    VEL_PRIORITY_KEPT,
    VEL_PRIORITY_LOST_BY_ANY,
    VEL_PRIORITY_LOST_BY_MORE,
    VEL_SELL,
    VEL_TICKS_MAX,
    vel_book_l3_add,
    vel_book_l3_ahead,
    vel_book_l3_apply,
    vel_book_l3_cancel,
    vel_book_l3_change,
    vel_book_l3_clear,
    vel_book_l3_execute,
    vel_book_l3_free,
    vel_book_l3_init,
    vel_book_l3_order,
    vel_book_l3_orders_at,
    vel_book_l3_queue,
    vel_book_l3_replace,
    vel_book_l3_reserve,
    vel_book_l3_state_hash,
    vel_book_l3_t,
    vel_key_ticks,
    vel_l3_order_t,
    vel_ladder_next,
    vel_priority_rule_t,
    VEL_OK,
)
from velora.core.book cimport OrderBookL2
from velora.core.instrument cimport Instrument
from velora.core.named_calls cimport name_call
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status

from velora.core.terminal import readable
from velora.errors import InvalidArgument

_RULES = {
    "lost_by_more": VEL_PRIORITY_LOST_BY_MORE,
    "lost_by_any": VEL_PRIORITY_LOST_BY_ANY,
    "kept": VEL_PRIORITY_KEPT,
}


class BookOrder:
    """One order of a book at the time of reading.

    Attributes
    ----------
    order_id : int
    side : int
        0 bid, 1 ask.
    price_ticks, qty_lots : int
    """

    __slots__ = ("order_id", "price_ticks", "qty_lots", "side")

    def __init__(self, order_id, side, price_ticks, qty_lots):
        self.order_id = order_id
        self.side = side
        self.price_ticks = price_ticks
        self.qty_lots = qty_lots

    def __eq__(self, other):
        if not isinstance(other, BookOrder):
            return NotImplemented
        return ((self.order_id, self.side, self.price_ticks, self.qty_lots)
                == (other.order_id, other.side, other.price_ticks, other.qty_lots))

    __hash__ = None

    def __repr__(self):
        side = "ask" if self.side else "bid"
        return f"BookOrder({self.order_id}, {side}, {self.price_ticks} ticks, {self.qty_lots} lots)"


@cython.final
cdef class OrderBookL3:
    """Every order of one instrument, in queues by price and time.

    Adding, amending, canceling and executing an order take constant time for any number of orders. The totals by price
    form an `OrderBookL2`, the attribute `levels`, which works wherever a level book does.

    Parameters
    ----------
    instrument : Instrument
        Gives the grid of prices and quantities.
    priority : {"lost_by_more", "lost_by_any", "kept"}
        Whether a change of quantity at the same price keeps the order's queue position: it is lost by an increase (the
        rule of nearly every venue), by any change, or never. A new price always loses it, a fill never does.
    orders : int
        Number of open orders to allocate memory for, at most 2**24; the book grows as needed.

    Attributes
    ----------
    instrument : Instrument
        As given.
    levels : OrderBookL2
        The totals by price, a live view of this book.
    """

    def __cinit__(self, Instrument instrument not None, *, priority="lost_by_more", int64_t orders=0):
        if priority not in _RULES:
            raise InvalidArgument(f"priority must be one of {', '.join(_RULES)}, was {priority!r}")
        cdef int rule = _RULES[priority]
        self.instrument = instrument
        self._l3 = <vel_book_l3_t *>calloc(1, sizeof(vel_book_l3_t))
        if self._l3 == NULL:
            raise MemoryError("order book")
        check_status(vel_book_l3_init(self._l3, <vel_priority_rule_t>rule), "no memory for an order book")
        if orders:
            check_status(vel_book_l3_reserve(self._l3, orders),
                         f"orders must be from 0 to {VEL_L3_RESERVE_MAX:,}, the book grows beyond, was {orders:,}")
        self.levels = OrderBookL2.view(&self._l3.levels, NULL, instrument, self)

    def __dealloc__(self):
        if self._l3 != NULL:
            vel_book_l3_free(self._l3)
            free(self._l3)

    cdef int64_t lots_ahead_c(self, int64_t order_id) noexcept nogil:
        # -1 for an unknown order
        cdef int64_t lots = -1
        cdef int64_t orders = 0
        vel_book_l3_ahead(self._l3, order_id, &lots, &orders)
        return lots

    # ------------------------------------------------------------------ updates

    def add(self, int64_t order_id, int side, int64_t price_ticks, int64_t qty_lots):
        """Add an order, last in its queue.

        Raises
        ------
        InvalidArgument
            If the id is in the book, or side, price or quantity are out of range; the book is then unchanged.
        """
        cdef int status
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bid) or 1 (ask), was {side}")
        status = vel_book_l3_add(self._l3, order_id, <uint8_t>side, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot add order {order_id} of {qty_lots} lots at {price_ticks} ticks: it is in the "
                                 "book already, or its quantity is not above 0, or its price out of range")

    def change(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots):
        """Set price and total quantity of an open order, 0 removes it; see `priority` for its queue position.

        Parameters
        ----------
        order_id : int
            Id of an open order.
        price_ticks : int
            Price in ticks.
        qty_lots : int
            Quantity in lots.

        Raises
        ------
        NotFound, InvalidArgument
            If no such order is open, or a number is out of range; the book is then unchanged.
        """
        cdef int status = vel_book_l3_change(self._l3, order_id, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot change order {order_id} to {qty_lots} lots at {price_ticks} ticks")

    def cancel(self, int64_t order_id, int64_t qty_lots=0):
        """Remove lots from an open order, all of them by default; the rest keeps its queue position.

        Parameters
        ----------
        order_id : int
            Id of an open order.
        qty_lots : int
            Lots to remove, 0 for all.

        Raises
        ------
        NotFound, InvalidArgument
            If no such order is open, or a number is out of range; the book is then unchanged.
        """
        cdef int status = vel_book_l3_cancel(self._l3, order_id, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot cancel {qty_lots or 'all'} lots of order {order_id}")

    def execute(self, int64_t order_id, int64_t qty_lots):
        """Fill lots of an open order; the rest keeps its queue position.

        Parameters
        ----------
        order_id : int
            Id of an open order.
        qty_lots : int
            Quantity in lots.

        Raises
        ------
        NotFound, InvalidArgument
            If no such order is open, or a number is out of range; the book is then unchanged.
        """
        cdef int status = vel_book_l3_execute(self._l3, order_id, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot execute {qty_lots} lots of order {order_id}")

    def replace(self, int64_t order_id, int64_t new_id, int64_t price_ticks, int64_t qty_lots):
        """Replace an open order by one with a new id, price and quantity, last in its queue.

        Parameters
        ----------
        order_id : int
            Id of an open order.
        new_id : int
            Id of the new order.
        price_ticks : int
            Price in ticks.
        qty_lots : int
            Quantity in lots.

        Raises
        ------
        NotFound, InvalidArgument
            If no such order is open, or a number is out of range; the book is then unchanged.
        """
        cdef int status = vel_book_l3_replace(self._l3, order_id, new_id, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot replace order {order_id} by {new_id} with {qty_lots} lots at {price_ticks} "
                                 "ticks")

    def apply(self, const uint8_t[::1] kind, const uint8_t[::1] side, const int64_t[::1] price,
              const int64_t[::1] qty, const int64_t[::1] order_id, *, bint skip_unknown=False):
        """Apply rows of an event table in their order.

        Parameters
        ----------
        kind, side : (n,) uint8 arrays
        price, qty : (n,) int64 arrays
            Ticks and lots. The quantity of a cancel or an execution is the reduction (0 for a cancel: all lots), that
            of a change the new total.
        order_id : (n,) int64 array
        skip_unknown : bool
            Skip rows about orders that are not in the book instead of raising.

        Returns
        -------
        int
            Number of rows skipped.

        Raises
        ------
        NotFound, InvalidArgument, CorruptData
            For the first row that does not fit the book; the rows before it are applied, and the message gives the row.
        """
        cdef int64_t rows = kind.shape[0]
        cdef int64_t row = 0
        cdef int64_t skipped = 0
        cdef int status = VEL_OK
        if side.shape[0] != rows or price.shape[0] != rows or qty.shape[0] != rows or order_id.shape[0] != rows:
            raise InvalidArgument(f"columns differ in length: kind {rows}, side {side.shape[0]}, "
                                  f"price {price.shape[0]}, qty {qty.shape[0]}, order_id {order_id.shape[0]}")
        cdef int64_t stop = 0
        while row < rows and row == stop:
            if row:
                PyErr_CheckSignals()
            stop = min(rows, row + ROWS_BETWEEN_SIGNALS)
            while row < stop:
                status = vel_book_l3_apply(self._l3, kind[row], side[row], price[row], qty[row], order_id[row])
                if status != VEL_OK:
                    if status != VEL_ENOENT or not skip_unknown:
                        break
                    skipped += 1
                row += 1
        if row < rows:
            check_status(status, f"row {row}: order {order_id[row]}, side {side[row]}, price {price[row]} ticks, "
                                 f"qty {qty[row]} lots does not fit the book: "
                                 + ("no order has this id" if status == VEL_ENOENT else
                                    "the id is in use, the order has fewer lots, or a value is out of range"))
        return skipped

    def clear(self):
        """Remove every order."""
        vel_book_l3_clear(self._l3)

    # ------------------------------------------------------------------ orders

    def __len__(self):
        return self._l3.count

    def __contains__(self, int64_t order_id):
        return vel_book_l3_order(self._l3, order_id) != NULL

    def order(self, int64_t order_id):
        """An open order as a `BookOrder`, or None.

        Parameters
        ----------
        order_id : int
            Id of an open order.
        """
        cdef const vel_l3_order_t *order = vel_book_l3_order(self._l3, order_id)
        return None if order == NULL else BookOrder(order.id, order.side, order.price, order.qty)

    def queue_position(self, int64_t order_id):
        """Quantity and number of orders ahead of an order in its queue.

        Returns
        -------
        int, int
            Lots and orders ahead.

        Raises
        ------
        NotFound
            If no order has this id.
        """
        cdef int64_t lots = 0
        cdef int64_t orders = 0
        cdef int status = vel_book_l3_ahead(self._l3, order_id, &lots, &orders)
        if status != VEL_OK:
            check_status(status, f"there is no order {order_id} in the book")
        return lots, orders

    def orders_at(self, int side, int64_t price_ticks):
        """Number of orders at a price.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.
        price_ticks : int
            Price in ticks.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        """
        self._check_price(side, price_ticks)
        return vel_book_l3_orders_at(self._l3, <uint8_t>side, price_ticks)

    def queue(self, int side, int64_t price_ticks, n=None):
        """Orders at a price, in priority order.

        Returns
        -------
        (m,) int64 array, (m,) int64 array
            Order ids and their lots; m is at most n.
        """
        import numpy as np

        self._check_price(side, price_ticks)
        cdef int64_t count = vel_book_l3_orders_at(self._l3, <uint8_t>side, price_ticks)
        if n is not None:
            if n < 0:
                raise InvalidArgument(f"n must be at least 0, was {n}")
            count = min(count, <int64_t>n)
        ids, lots = np.empty(count, np.int64), np.empty(count, np.int64)
        cdef int64_t[::1] ids_view = ids
        cdef int64_t[::1] lots_view = lots
        if count > 0:
            vel_book_l3_queue(self._l3, <uint8_t>side, price_ticks, count, &ids_view[0], &lots_view[0])
        return ids, lots

    def _check_price(self, int side, int64_t price_ticks):
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bid) or 1 (ask), was {side}")
        if not -VEL_TICKS_MAX < price_ticks < VEL_TICKS_MAX:
            raise InvalidArgument(f"price must be within +-{VEL_TICKS_MAX} ticks, was {price_ticks}")

    def iterate(self, int side):
        """Yield (order_id, price_ticks, qty_lots) of a side in priority order, level by level."""
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bid) or 1 (ask), was {side}")
        cdef int64_t key = self._l3.levels.side[side].best_key
        cdef int64_t price
        while key != VEL_NO_KEY:
            price = vel_key_ticks(<uint8_t>side, key)
            ids, lots = self.queue(side, price)
            for order_id, qty in zip(ids.tolist(), lots.tolist()):
                yield order_id, price, qty
            key = vel_ladder_next(&self._l3.levels.side[side], key)

    # ------------------------------------------------------------------ levels

    @property
    def best_bid(self):
        """Best bid price, or None when there is no bid."""
        return self.levels.best_bid

    @property
    def best_ask(self):
        """Best ask price, or None when there is no ask."""
        return self.levels.best_ask

    @property
    def best_bid_ticks(self):
        """Best bid in ticks, or None."""
        return self.levels.best_bid_ticks

    @property
    def best_ask_ticks(self):
        """Best ask in ticks, or None."""
        return self.levels.best_ask_ticks

    @property
    def is_crossed(self):
        """Whether the best bid is at or above the best ask."""
        return self.levels.is_crossed

    @property
    def is_stale(self):
        """Whether the feed lost messages and no snapshot has come since."""
        return self.levels.is_stale

    # ------------------------------------------------------------------ state

    def state_hash(self):
        """64-bit hash of all queues, independent of the updates that led to them."""
        return vel_book_l3_state_hash(self._l3)

    def to_arrow(self):
        """All orders as a pyarrow Table, bids before asks, in priority order.

        Columns: `order_id` (int64), `side` (uint8), `price` and `qty` (float64), `price_ticks` and `qty_lots` (int64).
        """
        import numpy as np
        import pyarrow as pa

        rows = [(order_id, side, price, qty) for side in (VEL_BUY, VEL_SELL)
                for order_id, price, qty in self.iterate(side)]
        order_id, side, ticks, lots = np.array(rows, np.int64).reshape(-1, 4).T
        instrument = self.instrument
        return pa.table({
            "order_id": order_id,
            "side": side.astype(np.uint8),
            "price": ticks * float(instrument.tick_num) / instrument.tick_den,
            "qty": lots * float(instrument.lot_num) / instrument.lot_den,
            "price_ticks": ticks,
            "qty_lots": lots,
        })

    def snapshot(self):
        """All orders in priority order, as (n, 4) int64 rows of order id, side, price in ticks and quantity in lots."""
        import numpy as np

        rows = [(order_id, side, price, qty) for side in (VEL_BUY, VEL_SELL)
                for order_id, price, qty in self.iterate(side)]
        return np.array(rows, np.int64).reshape(-1, 4)

    def restore(self, snapshot):
        """Replace all orders with those of a `snapshot`; a price without an order becomes unknown."""
        vel_book_l3_clear(self._l3)
        self.levels._set_view(None)
        self._l3.levels.is_stale = 0
        for order_id, side, price, qty in snapshot.tolist():
            self.add(order_id, side, price, qty)

    def copy(self):
        """An independent book with the same orders in the same queue positions."""
        make, values = self.__reduce__()
        return make(*values)

    def __reduce__(self):
        names = {rule: name for name, rule in _RULES.items()}
        return _restored, (self.instrument, names[self._l3.rule], self.snapshot(), self.levels._view(),
                           bool(self._l3.levels.is_stale))

    def __eq__(self, other):
        if not isinstance(other, OrderBookL3):
            return NotImplemented
        if self.instrument != (<OrderBookL3>other).instrument:
            return False
        return all(list(self.iterate(side)) == list(other.iterate(side)) for side in (VEL_BUY, VEL_SELL))

    __hash__ = None

    def __repr__(self):
        return (f"OrderBookL3({readable(self.instrument.symbol)}, {self.best_bid} x {self.best_ask}, "
                f"{self._l3.count} orders, {self.levels.bid_levels} bid levels, {self.levels.ask_levels} ask levels)")

    def __rich__(self):
        return self.levels.__rich__()

    def _repr_html_(self):
        return self.levels._repr_html_()


def _restored(Instrument instrument not None, str priority not None, orders not None, view, bint is_stale):
    """A book out of a pickle."""
    cdef OrderBookL3 book = OrderBookL3(instrument, priority=priority, orders=len(orders))
    book.restore(orders)
    book.levels._set_view(view)
    book._l3.levels.is_stale = is_stale
    return book


name_call(OrderBookL3, 'OrderBookL3(instrument, *, priority="lost_by_more", orders=0)')
