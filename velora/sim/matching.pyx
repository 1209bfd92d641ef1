"""A matching engine with price-time priority: an exchange of one instrument with many participants.

The rules stand in ``csrc/include/velora/match.h``. It is the exchange by itself; `SimulatedVenue` is the venue over
recorded flow.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

from velora.core._c cimport (
    VEL_AMEND_IN_PLACE,
    VEL_AMEND_REINSERT,
    VEL_OK,
    VEL_TICKS_MAX,
    vel_amend_rule_t,
    vel_book_l3_orders_at,
    vel_match_apply,
    vel_contingency_command_t,
    vel_match_count,
    vel_match_advance,
    vel_match_end_of_day,
    vel_match_free,
    vel_match_init,
    vel_match_on_command,
    vel_match_order,
    vel_contingency_left,
    vel_contingency_order_t,
    vel_match_position,
    vel_match_queue,
    vel_match_report_t,
    vel_match_state_hash,
    vel_order_terms_t,
)
from velora.core.book cimport OrderBookL2
from velora.core.instrument cimport Instrument
from velora.core.named_calls cimport name_call
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status

import numpy as np

from velora.core.enums import NamedEnum
from velora.core.orders import OrderReason, OrderType, SelfTrade, TimeInForce, TriggerBy, TriggerKind
from velora.core.terminal import readable
from velora.errors import InvalidArgument, NotPicklable
from velora.sim.order_rules import order_rules


class MatchAction(NamedEnum):
    """What a command asks for.

    Attributes
    ----------
    NEW
        Enter an order.
    AMEND
        Change price or quantity of a live order.
    CANCEL
        End a live order.
    CANCEL_ALL
        End all live orders of an account.
    """

    NEW = 0
    AMEND = 1
    CANCEL = 2
    CANCEL_ALL = 3


class MatchReportKind(NamedEnum):
    """What a report tells.

    Attributes
    ----------
    ACK
        The order was accepted.
    FILL
        The order was executed, in part or whole.
    CANCELED
        The order ended on request.
    REJECTED
        The order was refused.
    EXPIRED
        The venue ended the order.
    AMENDED
        The order was amended.
    CANCEL_REJECTED
        The cancel was refused; the order is unchanged.
    AMEND_REJECTED
        The amend was refused; the order is unchanged unless `reason` says that it ended.
    FIRED
        The trigger of the order was reached: it acts from now on.
    RELEASED
        Lots of a child were released by a fill of its parent.
    """

    ACK = 0
    FILL = 1
    CANCELED = 2
    REJECTED = 3
    EXPIRED = 4
    AMENDED = 5
    CANCEL_REJECTED = 6
    AMEND_REJECTED = 7
    FIRED = 8
    RELEASED = 9


_AMENDS = {"in_place": VEL_AMEND_IN_PLACE, "reinsert": VEL_AMEND_REINSERT}

_POST_ONLY, _SLIDE, _REDUCE_ONLY, _WHEN_FILLED, _OCO_CANCELS, _OCO_REDUCES = 1, 2, 4, 8, 16, 32

_LONG = ("ts", "order_id", "price", "qty", "display", "trigger", "expiry", "oco_group", "parent", "activation")
_BYTES = ("side", "type", "tif", "trigger_kind", "trigger_by", "stp", "flags")

#: Columns of commands, as `MatchingEngine.apply` takes them: the C struct.
COMMAND = np.dtype(
    {
        "names": [*_LONG, *_BYTES, "owner", "strategy", "action"],
        "formats": ["i8"] * len(_LONG) + ["u1"] * len(_BYTES) + ["i4", "i4", "u1"],
        "offsets": [*range(0, 80, 8), *range(80, 87), 88, 92, 96],
        "itemsize": sizeof(vel_contingency_command_t),
    }
)

#: Columns of reports, as `MatchingEngine.apply` gives them back: the C struct.
REPORT = np.dtype(
    [
        ("ts", "i8"),
        ("order_id", "i8"),
        ("other_id", "i8"),
        ("trade", "i8"),
        ("price", "i8"),
        ("qty", "i8"),
        ("leaves", "i8"),
        ("owner", "i4"),
        ("kind", "u1"),
        ("side", "u1"),
        ("maker", "u1"),
        ("reason", "u1"),
    ]
)
assert REPORT.itemsize == sizeof(vel_match_report_t)


cdef int64_t _code(object kind, object value, str name) except -1:
    if isinstance(value, str):
        try:
            return int(kind[value.upper()])
        except KeyError:
            raise InvalidArgument(
                f"{name} must be one of {', '.join(one.name for one in kind)}, was {value!r}"
            ) from None
    return int(kind(value))


cdef int _set_trigger(
    vel_order_terms_t *terms, object stop_ticks, object touch_ticks, object trail_ticks, object trail_bps
) except -1:
    """The trigger of an order, from the arguments of `submit`: one of them at most is given."""
    given = [
        (kind, value)
        for kind, value in (
            (TriggerKind.STOP, stop_ticks), (TriggerKind.TOUCHED, touch_ticks),
            (TriggerKind.TRAIL_TICKS, trail_ticks), (TriggerKind.TRAIL_BPS, trail_bps),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise InvalidArgument("an order has one trigger: set one of stop_ticks, touch_ticks, trail_ticks and trail_bps")
    if given:
        terms.trigger_kind = <uint8_t>int(given[0][0])
        terms.trigger = given[0][1]
    return 0


class MatchReport:
    """One report of the engine.

    Attributes
    ----------
    kind : MatchReportKind
    reason : OrderReason
    order_id, other_id : int
        `other_id` is the other side of a fill.
    owner, side : int
    price_ticks, qty_lots : int
        Of the fill, or of the order.
    leaves_lots : int
        What is left of the order.
    trade : int
        Number of the trade, the same in both reports of a fill.
    is_maker : bool
    ts : int
        ns.
    """

    __slots__ = ("is_maker", "kind", "leaves_lots", "order_id", "other_id", "owner", "price_ticks", "qty_lots",
                 "reason", "side", "trade", "ts")

    def __init__(self, kind, reason, order_id, other_id, owner, side, price_ticks, qty_lots, leaves_lots, trade,
                 is_maker, ts):
        self.kind = MatchReportKind(kind)
        self.reason = OrderReason(reason)
        self.order_id = order_id
        self.other_id = other_id
        self.owner = owner
        self.side = side
        self.price_ticks = price_ticks
        self.qty_lots = qty_lots
        self.leaves_lots = leaves_lots
        self.trade = trade
        self.is_maker = is_maker
        self.ts = ts

    def __repr__(self):
        reason = f", {self.reason.name}" if self.reason else ""
        return (f"MatchReport({self.kind.name} {self.order_id}: {self.qty_lots} @ {self.price_ticks}, "
                f"{self.leaves_lots} left{reason})")


cdef class _Reports:
    """The memory of reports that an engine has made: arrays over it keep it, the engine takes other memory."""

    cdef vel_match_report_t *_items
    cdef int64_t _count

    def __dealloc__(self):
        free(self._items)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self._items, self._count * <int64_t>sizeof(vel_match_report_t), 0, flags)


cdef class MatchingEngine:
    """Matches orders of many participants.

    Parameters
    ----------
    instrument : Instrument
    amend : {"in_place", "reinsert"}
        What an amend asks for. ``"in_place"``, the default and FIX's meaning: its quantity is the new total, what has
        filled included; no more than before at the same price keeps the place in the queue. ``"reinsert"``: its
        quantity is what shall be open from now on, whatever has filled, and the order loses its place in every case, as
        if it had been cancelled and sent again under the same id.
    children : {"fills", "whole"}
        Whether children work in proportion to what has filled of their parent, or only when it has filled whole.
    oco : {"protect", "cancel"}
        Whether orders of an OCO group that protect a position lose what another fills in part, or end with it.

    Attributes
    ----------
    levels : OrderBookL2
        The displayed book, read in place.

    Notes
    -----
    Commands carry the time; it never goes back. `submit`, `amend`, `cancel` and `cancel_all` give back the reports that
    they led to as objects; `apply` takes and gives arrays and is made for flow.
    """

    def __cinit__(self, Instrument instrument not None, *, amend="in_place", children="fills", oco="protect"):
        cdef uint8_t rules = <uint8_t>order_rules(children, oco)
        if amend not in _AMENDS:
            raise InvalidArgument(f"amend must be one of {', '.join(_AMENDS)}, was {amend!r}")
        self.instrument = instrument
        self._engine = <vel_match_t *>calloc(1, sizeof(vel_match_t))
        if self._engine == NULL:
            raise MemoryError("matching engine")
        check_status(vel_match_init(self._engine, <vel_amend_rule_t><int>_AMENDS[amend]),
                     "no memory for a matching engine")
        self._engine.contingency.rules = rules
        self.levels = OrderBookL2.view(&self._engine.book.levels, NULL, instrument, self)

    def __dealloc__(self):
        if self._engine != NULL:
            vel_match_free(self._engine)
            free(self._engine)

    cdef list _take(self):
        cdef vel_match_report_t *one
        cdef int64_t at
        made = []
        for at in range(self._engine.reports.count):
            one = &self._engine.reports.items[at]
            made.append(MatchReport(one.kind, one.reason, one.order_id, one.other_id, one.owner, one.side, one.price,
                                    one.qty, one.leaves, one.trade, bool(one.maker), one.ts))
        self._engine.reports.count = 0
        return made

    cdef int _make_room(self, int64_t reports) except -1:
        """Memory for as many reports as a batch mostly makes; more grows in the course of it."""
        self._engine.reports.items = <vel_match_report_t *>malloc(<size_t>(reports + 8) * sizeof(vel_match_report_t))
        if self._engine.reports.items == NULL:
            raise MemoryError("reports of a matching engine")
        self._engine.reports.capacity = reports + 8
        return 0

    cdef object _take_array(self):
        """The reports so far, in the memory that they were written to."""
        cdef _Reports owner
        if self._engine.reports.count == 0:
            return np.empty(0, REPORT)
        owner = _Reports.__new__(_Reports)
        owner._items = self._engine.reports.items
        owner._count = self._engine.reports.count
        self._engine.reports.items = NULL
        self._engine.reports.count = self._engine.reports.capacity = 0
        return np.frombuffer(owner, REPORT)

    cdef list _run(self, vel_contingency_command_t *command):
        cdef int64_t now = self._engine.contingency.now
        if command.ts == 0 and now > 0:
            command.ts = now
        if command.ts < now:
            raise InvalidArgument(f"the clock goes back from {now} to {command.ts} ns")
        check_status(vel_match_on_command(self._engine, command), "the matching engine ran out of memory")
        return self._take()

    def submit(self, int64_t order_id, int side, int64_t qty_lots, price_ticks=None, *, int owner=0, type=None,
               time_in_force=TimeInForce.GTC, int64_t display_lots=0, stop_ticks=None, touch_ticks=None,
               trail_ticks=None, trail_bps=None, self_trade=SelfTrade.EXPIRE_TAKER, bint post_only=False,
               bint slide=False, bint reduce_only=False, int64_t expire=0, int64_t oco_group=0, int64_t parent=0,
               int64_t ts=0, int strategy=0, trigger_by=TriggerBy.LAST, int64_t activation_ticks=0,
               bint when_filled=False, on_oco=None):
        """A new order.

        Parameters
        ----------
        order_id : int
            Not 0, and not that of a live order.
        side : Side or int
        qty_lots : int
        price_ticks : int, optional
            Without it the order is a market order, unless `type` says otherwise.
        owner : int
            0 is nobody: no self-trade prevention, no position.
        type : OrderType or str, optional
        time_in_force : TimeInForce or str
        display_lots : int
            Shown of an iceberg; 0 shows all.
        stop_ticks, touch_ticks : int, optional
            Trigger of a stop, and of an if-touched order; a limit order with a price, else a market order.
        trail_ticks, trail_bps : int, optional
            Distance of a trailing stop, in ticks or basis points. An order has one trigger at most.
        self_trade : SelfTrade or str
        post_only, slide : bool
            Refused rather than taking; with `slide` one tick before the other side instead.
        reduce_only : bool
        expire : int
            ns, of GTD orders.
        oco_group : int
            Orders of one OCO group, of one owner and strategy, end one another.
        parent : int
            Goes to work in proportion to what has filled of this order.
        ts : int
            ns; the engine's clock when 0.
        strategy : int
            Of the owner's: positions, OCO groups and `cancel_all` are its own.
        trigger_by : TriggerBy or str
            Which price the trigger looks at; there is no mark here.
        activation_ticks : int
            Where a trailing order begins to follow; 0 at once.
        when_filled : bool
            A child waits until its parent has filled whole, or ends with a part filled.
        on_oco : {"reduce", "cancel"}, optional
            What a fill in part of another order of its OCO group does; see
            ``csrc/include/velora/contingency.h`` when not given.

        Returns
        -------
        list of MatchReport
        """
        cdef vel_contingency_command_t command
        memset(&command, 0, sizeof(command))
        command.ts = ts
        command.order_id = order_id
        command.terms.price = 0 if price_ticks is None else price_ticks
        command.terms.qty = qty_lots
        command.terms.display = display_lots
        _set_trigger(&command.terms, stop_ticks, touch_ticks, trail_ticks, trail_bps)
        command.terms.expiry = expire
        command.terms.oco_group = oco_group
        command.terms.parent = parent
        command.terms.activation = activation_ticks
        command.owner = owner
        command.strategy = strategy
        command.terms.trigger_by = <uint8_t>_code(TriggerBy, trigger_by, "trigger_by")
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (buy) or 1 (sell), was {side}")
        command.terms.side = <uint8_t>side
        if type is None:
            type = OrderType.MARKET if price_ticks is None else OrderType.LIMIT
        command.terms.type = <uint8_t>_code(OrderType, type, "type")
        command.terms.tif = <uint8_t>_code(TimeInForce, time_in_force, "time_in_force")
        command.terms.stp = <uint8_t>_code(SelfTrade, self_trade, "self_trade")
        if on_oco not in (None, "reduce", "cancel"):
            raise InvalidArgument(f"on_oco must be 'reduce' or 'cancel', was {on_oco!r}")
        command.terms.flags = <uint8_t>(_POST_ONLY * post_only + _SLIDE * slide + _REDUCE_ONLY * reduce_only
                                        + _WHEN_FILLED * when_filled + _OCO_CANCELS * (on_oco == "cancel")
                                        + _OCO_REDUCES * (on_oco == "reduce"))
        return self._run(&command)

    def amend(self, int64_t order_id, int64_t qty_lots, int64_t price_ticks, *, int64_t trigger=0, int owner=0,
              int64_t ts=0):
        """New price and quantity, by the engine's rule for amends.

        Parameters
        ----------
        order_id : int
        qty_lots : int
            In place: the new total; one that is not above what has filled ends the order. Reinserted: what shall be
            open.
        price_ticks : int
        trigger : int
            Another trigger for a stop or touched order that waits; 0 leaves it.
        owner : int
            As of the order.
        ts : int
            ns; the engine's clock when 0.

        Returns
        -------
        list of MatchReport
            AMENDED has the order's total in `qty_lots`, fills included, and what is open in `leaves_lots`; it comes
            before the fills of an amend that trades.
        """
        return self._simple(1, order_id, qty_lots, price_ticks, owner, ts, trigger)

    def cancel(self, int64_t order_id, *, int owner=0, int64_t ts=0):
        """Cancel one order."""
        return self._simple(2, order_id, 0, 0, owner, ts, 0)

    def cancel_all(self, int owner, *, int64_t ts=0, int strategy=0):
        """Cancel all orders of an owner's strategy, in the order of their acceptance."""
        return self._simple(3, 0, 0, 0, owner, ts, 0, strategy)

    cdef list _simple(self, uint8_t action, int64_t order_id, int64_t qty, int64_t price, int owner, int64_t ts,
                      int64_t trigger, int strategy=0):
        cdef vel_contingency_command_t command
        memset(&command, 0, sizeof(command))
        command.ts = ts
        command.order_id = order_id
        command.terms.price = price
        command.terms.qty = qty
        command.terms.trigger = trigger
        command.owner = owner
        command.strategy = strategy
        command.action = action
        return self._run(&command)

    def apply(self, commands):
        """Commands one after the other.

        Parameters
        ----------
        commands : (n,) array of COMMAND
            A mass quote is a run of new orders and amends; times do not go back.

        Returns
        -------
        (m,) array of REPORT
            All reports, in the order in which things happened.

        Raises
        ------
        InvalidArgument
            If a time goes back or an action is unknown; the commands before it have acted, and the message names it.
        """
        if not isinstance(commands, np.ndarray) or commands.dtype != COMMAND or commands.ndim != 1:
            raise InvalidArgument(f"commands must be an array of {__name__}.COMMAND in one dimension")
        cdef const uint8_t[::1] raw = np.require(commands, requirements=("C", "A")).view(np.uint8)
        cdef int64_t count = len(commands)
        cdef int64_t done = 0, part
        cdef int64_t failed = 0
        cdef int status = VEL_OK
        if self._engine.reports.items == NULL:
            self._make_room(count + count // 4)
        while done < count:
            part = min(count - done, ROWS_BETWEEN_SIGNALS)
            status = vel_match_apply(self._engine, <const vel_contingency_command_t *>&raw[0] + done, part, &failed)
            if status != VEL_OK:
                failed += done
                break
            done += part
            if done < count:
                PyErr_CheckSignals()  # the reports so far are in what the next call returns
        reports = self._take_array()
        if status != VEL_OK:
            check_status(status, f"command {failed}: its time goes back, or its action is unknown")
        return reports

    def advance(self, int64_t ts):
        """The clock goes on: GTD orders that are due end."""
        if ts < self._engine.contingency.now:
            raise InvalidArgument(f"the clock goes back from {self._engine.contingency.now} to {ts} ns")
        check_status(vel_match_advance(self._engine, ts), "the matching engine ran out of memory")
        return self._take()

    def end_of_day(self):
        """DAY orders end."""
        check_status(vel_match_end_of_day(self._engine), "the matching engine ran out of memory")
        return self._take()

    # ------------------------------------------------------------------ reading

    def __len__(self):
        return vel_match_count(self._engine)

    def __contains__(self, int64_t order_id):
        return vel_match_order(self._engine, order_id) != NULL

    def leaves(self, int64_t order_id):
        """Lots left of a live order, 0 when there is none."""
        cdef const vel_contingency_order_t *order = vel_match_order(self._engine, order_id)
        return 0 if order == NULL else vel_contingency_left(order)

    def queue(self, int side, int64_t price_ticks, n=None):
        """Orders at a price in their priority.

        Parameters
        ----------
        side : Side or int
        price_ticks : int
        n : int, optional
            So many at most; all without it.

        Returns
        -------
        (m,) int64 array, (m,) int64 array
            Order ids, and the lots left of each; those of an iceberg with its hidden part.
        """
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (buy) or 1 (sell), was {side}")
        if not -VEL_TICKS_MAX < price_ticks < VEL_TICKS_MAX:
            raise InvalidArgument(f"price must be below {VEL_TICKS_MAX} ticks in size, was {price_ticks}")
        cdef int64_t count = vel_book_l3_orders_at(&self._engine.book, <uint8_t>side, price_ticks)
        if n is not None:
            if n < 0:
                raise InvalidArgument(f"n must be at least 0, was {n}")
            count = min(count, <int64_t>n)
        ids, lots = np.empty(count, np.int64), np.empty(count, np.int64)
        cdef int64_t[::1] ids_view = ids
        cdef int64_t[::1] lots_view = lots
        if count > 0:
            vel_match_queue(self._engine, <uint8_t>side, price_ticks, count, &ids_view[0], &lots_view[0])
        return ids, lots

    def position(self, int owner):
        """Lots that an owner has bought less those sold."""
        return vel_match_position(self._engine, owner)

    @property
    def last_ticks(self):
        """Price of the last trade in ticks, None before the first."""
        return self._engine.contingency.last if self._engine.contingency.has_last else None

    @property
    def trades(self):
        """Trades so far."""
        return self._engine.trades

    def state_hash(self):
        """Hash of the book with its queues, the number of orders and trades, and the last price."""
        return vel_match_state_hash(self._engine)

    def __reduce__(self):
        raise NotPicklable("a MatchingEngine can be neither pickled nor copied: make a new one and give it the same "
                           "orders")

    def __repr__(self):
        return f"MatchingEngine({readable(self.instrument.symbol)}, {len(self)} orders, {self.trades} trades)"


name_call(MatchingEngine, 'MatchingEngine(instrument, *, amend="in_place", children="fills", oco="protect")')
