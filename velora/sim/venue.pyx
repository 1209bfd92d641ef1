"""The simulated venue over recorded flow."""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy, memset

from velora.core._c cimport (
    VEL_EINVAL,
    VEL_HFT_OF_FRONT,
    VEL_HFT_OF_SUM,
    VEL_HFT_RATIO,
    VEL_HFT_RISK_AVERSE,
    VEL_IMPACT_TERMS_MAX,
    VEL_NO_INDEX,
    VEL_OK,
    vel_add,
    vel_columns_t,
    vel_command_t,
    vel_impact_displacement,
    vel_impact_t,
    vel_queue_record_t,
    vel_queue_is_unknown,
    vel_report_ring_front,
    vel_report_ring_pop,
    vel_report_t,
    vel_side_key,
    vel_venue_available,
    vel_venue_by_order,
    vel_venue_expire,
    vel_venue_free,
    vel_venue_hft_init,
    vel_venue_init,
    vel_venue_instrument_t,
    vel_venue_on_command,
    vel_venue_on_row,
    vel_venue_quote_fed,
    vel_venue_resting,
    vel_venue_set_impact,
    vel_venue_set_order_rules,
)
from velora.core.instrument cimport Instrument
from velora.core.status cimport check_status
from velora.sim.queue_model cimport QueueModel

from typing import NamedTuple

import numpy as np

from velora.core.vocabulary import QUEUE_POSITION_DTYPE as _QUEUE_POSITION_DTYPE
from velora.errors import InvalidArgument, VeloraError
from velora.sim.hftbacktest import HftbacktestRules
from velora.sim.order_rules import order_rules


class VenueReport(NamedTuple):
    """What a venue tells of an order: numbers of `velora.sim.matching.MatchReportKind`, `FillCause`, `OrderReason`.

    Attributes
    ----------
    kind, order_id, side : int
    price_ticks, qty_lots : int
        Of the fill; else the order's price, and what was asked for, is left, or is its new total.
    cause, is_maker : int, bool
        Of a fill.
    reason : int
        Why a request was refused or an order ended.
    fee_units : int
    ts : int
        ns, venue clock.
    doubts : int
        Of a fill: what it rests on that the data does not say, bits of `velora.core.orders.FillDoubt`.
    """

    kind: int
    order_id: int
    side: int
    price_ticks: int
    qty_lots: int
    cause: int
    is_maker: bool
    reason: int
    fee_units: int
    ts: int
    doubts: int


#: hftbacktest's queue models by our names.
_HFT_MODELS = {
    "risk_averse": VEL_HFT_RISK_AVERSE, "power1": VEL_HFT_RATIO, "power2": VEL_HFT_OF_SUM, "power3": VEL_HFT_OF_FRONT,
    "log1": VEL_HFT_RATIO, "log2": VEL_HFT_OF_SUM,
}


cdef class SimulatedVenue:
    """Recorded books at venue time with own orders in their queues.

    The rules are those of ``csrc/include/velora/venue.h``: own orders stand behind the displayed quantity and behind
    own orders before them, a trade's volume is spent once, a print through a price fills at most its volume, what is
    taken is gone until the feed shows more.

    Parameters
    ----------
    instruments : list of Instrument
        Their fees and filters are the venue's.
    quote_fed : list of bool
        Whether an instrument's data has quotes but no depth.
    queue : str or QueueModel
        Who is taken to have left when a level shrinks without a trade; see `QueueModel`.
    trace_queue : bool
        Whether to keep each change of an own order's place, for explanations.
    by_order : list of bool, optional
        Whether an instrument's rows are by order: places in its queues are then exact, whatever `queue` says.
    impact : list of Impact or None, optional
        How own executions move each instrument's price; None is not at all.
    has_trades : list of bool, optional
        Whether an instrument's data has trades. Where it has none the optimistic queue model takes what leaves a level
        for trades. All have when not given.
    take_unknown : bool
        Whether takers may take what the data does not vouch for: from a stale book, and at the last price where there
        are trades alone.
    children : {"fills", "whole"}
        Whether children work in proportion to what has filled of their parent, or only when it has filled whole.
    oco : {"protect", "cancel"}
        Whether orders of an OCO group that protect a position lose what another fills in part, or end with it.
    last_by_quotes : bool or list of bool
        For all or each of the instruments, whether triggers by the last trade look at the other side of the book as
        long as the rows have had no trade.
    rules : HftbacktestRules or str, optional
        hftbacktest's rules instead: those of ``csrc/include/velora/venue_hft.h``. They know neither rows by order nor
        impact.
    """

    def __cinit__(self, list instruments not None, list quote_fed not None, queue="risk_averse", *,
                  bint trace_queue=False, list by_order=None, list impact=None, rules=None, list has_trades=None,
                  bint take_unknown=False, children="fills", oco="protect", last_by_quotes=False):
        cdef Instrument instrument
        cdef vel_venue_instrument_t *inst
        memset(&self._venue, 0, sizeof(self._venue))
        cdef list looks_of = last_by_quotes if isinstance(last_by_quotes, list) else [last_by_quotes] * len(instruments)
        for what, given in (("quote_fed", quote_fed), ("by_order", by_order), ("impact", impact),
                            ("has_trades", has_trades), ("last_by_quotes", looks_of)):
            if given is not None and len(given) != len(instruments):
                raise InvalidArgument(f"{what} needs one entry an instrument: {len(instruments)}, was {len(given)}")
        for one in instruments:
            if not isinstance(one, Instrument):
                raise InvalidArgument(f"instruments must be Instrument, was {one!r}")
        self.queue = QueueModel.of(queue)
        check_status(vel_venue_init(&self._venue, <int>len(instruments), self.queue._model),
                     "a venue needs an instrument")
        self.instruments = instruments
        cdef uint8_t orders = <uint8_t>order_rules(children, oco)
        self._venue.traces_queue = trace_queue
        for index, instrument in enumerate(instruments):
            inst = &self._venue.instruments[index]
            instrument.money_spec_c(&inst.money)
            inst.min_qty = instrument._min_qty_lots
            inst.min_notional = <int64_t>instrument._min_notional_units
            inst.has_no_prints = has_trades is not None and not has_trades[index]
            vel_venue_set_order_rules(&self._venue, <int>index, orders, looks_of[index])
            if by_order is not None and by_order[index]:
                check_status(vel_venue_by_order(&self._venue, index), "no memory for a book by order")
            if impact is not None and impact[index] is not None:
                self._set_impact(<int>index, impact[index].core_parameters(instrument))
        self.rules = HftbacktestRules.of(rules)
        if self.rules is not None:
            if by_order is not None and any(by_order):
                symbol = instruments[by_order.index(True)].symbol
                raise InvalidArgument(
                    f"hftbacktest's rules are for feeds by level, the rows of {symbol} are by order: use rules='velora'"
                )
            if impact is not None and any(one is not None for one in impact):
                raise InvalidArgument("hftbacktest's rules know no impact of own executions: use rules='velora'")
            self._follow_hftbacktest()
        for index in range(len(instruments)):
            if quote_fed[index]:
                vel_venue_quote_fed(&self._venue, index)
        self._venue.takes_unknown = take_unknown

    cdef int _follow_hftbacktest(self) except -1:
        cdef Instrument instrument
        model = _HFT_MODELS.get(self.queue.name.partition("(")[0])
        if model is None and "whole_lots" not in self.rules.corrections:
            raise InvalidArgument(
                f"hftbacktest has no queue model like {self.queue.name!r}: choose one of {', '.join(_HFT_MODELS)}, "
                "or switch the correction 'whole_lots' on"
            )
        check_status(
            vel_venue_hft_init(&self._venue, self.rules.exchange == "partial_fill", self.rules.correction_bits,
                               model or 0, self.queue._params.exponent),
            "no memory for the venue",
        )
        for index, instrument in enumerate(self.instruments):
            self._venue.hft.instruments[<int>index].lot_num = instrument.lot_num
            self._venue.hft.instruments[<int>index].lot_den = instrument.lot_den
        return 0

    def __dealloc__(self):
        vel_venue_free(&self._venue)

    cdef int begin_work_c(self) except -1:
        if self.is_at_work:
            raise VeloraError("the venue is at work: a callback from within a row or a run cannot drive it")
        self.is_at_work = True
        return 0

    cdef list _take(self):
        cdef vel_report_t *front
        made = []
        while True:
            front = vel_report_ring_front(&self._venue.reports)
            if front == NULL:
                return made
            made.append(VenueReport(front.kind, front.order_id, front.side, front.price, front.qty, front.cause,
                                    front.maker != 0, front.reason, front.fee, front.ts_venue, front.doubts))
            vel_report_ring_pop(&self._venue.reports)

    cdef int _go_to(self, int index, int64_t ts, bint is_command) except -1:
        """What is due before an event of `ts`: expiries before it, and for a command those of its instant."""
        if not 0 <= index < len(self.instruments):
            raise InvalidArgument(f"index must be below {len(self.instruments)}, was {index}")
        if ts < self._venue.ts:
            raise InvalidArgument(f"the venue's clock goes back from {self._venue.ts} to {ts} ns")
        while self._venue.next_expiry < vel_add(ts, is_command):
            if self._venue.next_expiry > self._venue.ts:
                self._venue.ts = self._venue.next_expiry
            check_status(vel_venue_expire(&self._venue), "the venue ran out of memory")
        self._venue.ts = ts
        return 0

    def on_row(self, int index, int kind, *, int64_t ts, int side=2, int64_t price=0, int64_t qty=0, int flags=0,
               int64_t order_id=0):
        """Drive the venue by hand: one row of an event table.

        Returns
        -------
        list of VenueReport
            All that it led to, with orders whose time came before it.
        """
        cdef int64_t ts_event = ts, price_ticks = price, qty_lots = qty, id = order_id
        cdef uint8_t kind_code = <uint8_t>kind, side_code = <uint8_t>side, flag_bits = <uint8_t>flags
        cdef vel_columns_t columns
        if not (0 <= kind <= 255 and 0 <= side <= 255 and 0 <= flags <= 255):
            raise InvalidArgument(f"kind, side and flags must be within 0 and 255, was {kind}, {side} and {flags}")
        columns.ts_event = columns.ts_recv = &ts_event
        columns.price = &price_ticks
        columns.qty = &qty_lots
        columns.order_id = &id
        columns.kind = &kind_code
        columns.side = &side_code
        columns.flags = &flag_bits
        columns.rows = 1
        self.begin_work_c()
        try:
            self._go_to(index, ts, False)
            check_status(vel_venue_on_row(&self._venue, index, &columns, 0),
                         f"the venue cannot take the row (kind {kind}, side {side}, {qty} lots at {price} ticks)")
            self.queue.check_c()
            return self._take()
        finally:
            self.is_at_work = False

    def on_command(self, int index, int action, int64_t order_id, *, int64_t ts, int side=0, int64_t price=0,
                   int64_t qty=0, int type=0, int tif=0, int trigger_kind=0, int64_t trigger=0, int64_t display=0,
                   int self_trade=1, int flags=0, int64_t expiry=0, int64_t oco_group=0, int64_t parent=0,
                   int64_t activation=0, int trigger_by=0, int strategy=0):
        """Drive the venue by hand: an order, amend, cancel or cancel-all arrives. Numbers as in `velora.sim.matching`.

        Returns
        -------
        list of VenueReport
        """
        cdef vel_command_t command
        for what, code in (("action", action), ("side", side), ("type", type), ("tif", tif), ("flags", flags),
                           ("trigger_kind", trigger_kind), ("trigger_by", trigger_by), ("self_trade", self_trade)):
            if not 0 <= <int>code <= 255:
                raise InvalidArgument(f"{what} must be within 0 and 255, was {code}")
        if strategy < 0:
            raise InvalidArgument(f"strategy must be at least 0, was {strategy}")
        memset(&command, 0, sizeof(command))
        command.ts_arrival = command.ts_sent = ts
        command.order_id = order_id
        command.price = price
        command.qty = qty
        command.display = display
        command.trigger = trigger
        command.expiry = expiry
        command.oco_group = oco_group
        command.parent = parent
        command.activation = activation
        command.trigger_by = <uint8_t>trigger_by
        command.strategy = strategy
        command.instrument = index
        command.action = <uint8_t>action
        command.side = <uint8_t>side
        command.type = <uint8_t>type
        command.tif = <uint8_t>tif
        command.trigger_kind = <uint8_t>trigger_kind
        command.stp = <uint8_t>self_trade
        command.flags = <uint8_t>flags
        self.begin_work_c()
        try:
            self._go_to(index, ts, True)
            check_status(vel_venue_on_command(&self._venue, &command), f"the venue cannot take the command {order_id}")
            self.queue.check_c()
            return self._take()
        finally:
            self.is_at_work = False

    def available(self, int index, int side, int64_t price):
        """Lots of a recorded level that a taker may still get."""
        if not 0 <= index < len(self.instruments) or not 0 <= side <= 1:
            raise InvalidArgument(f"no instrument {index} or no side {side}")
        return vel_venue_available(&self._venue.instruments[index], <uint8_t>side, vel_side_key(<uint8_t>side, price))

    cdef int _set_impact(self, int index, dict parameters) except -1:
        cdef vel_impact_t model
        cdef int at
        memset(&model, 0, sizeof(model))
        terms = parameters["terms"]
        if len(terms) > VEL_IMPACT_TERMS_MAX:
            check_status(VEL_EINVAL, f"an impact model has at most {VEL_IMPACT_TERMS_MAX} terms, was {len(terms)}")
        model.kind = parameters["kind"]
        model.terms = <int>len(terms)
        model.scale = parameters.get("scale", 0.0)
        model.exponent = parameters.get("exponent", 1.0)
        model.permanent = parameters.get("permanent", 0.0)
        model.temporary = parameters.get("temporary", 0.0)
        model.half_spread = parameters.get("half_spread", 0.0)
        model.passive_share = parameters["passive_share"]
        model.interval = parameters.get("interval", 0)
        for at, (rate, weight) in enumerate(terms):
            model.rate[at] = rate
            model.weight[at] = weight
        cdef int status = vel_venue_set_impact(&self._venue, index, &model)
        return 0 if status == VEL_OK else check_status(status, f"impact parameters out of range: {parameters}")

    def displacement(self, int index, ts=None):
        """Ticks by which own executions have moved an instrument's price; above 0 is up.

        Parameters
        ----------
        index : int
            Of the instrument.
        ts : int, optional
            ns, venue clock, not before the last event; the last event's when not given.

        Returns
        -------
        float
            0 without a model of impact.
        """
        if not 0 <= index < len(self.instruments):
            raise InvalidArgument(f"index must be below {len(self.instruments)}, was {index}")
        cdef vel_impact_t *impact = self._venue.instruments[index].impact
        cdef int64_t at = self._venue.ts if ts is None else ts
        if impact == NULL:
            return 0.0
        if at < impact.ts:
            raise InvalidArgument(f"ts must be at or after the last own execution at {impact.ts}, was {at}")
        return vel_impact_displacement(impact, at)

    def impact_costs(self):
        """Money units that takers paid beyond recorded prices because of impact, an instrument each: list of int."""
        cdef int index
        return [
            0 if self._venue.instruments[index].impact == NULL else self._venue.instruments[index].impact.cost
            for index in range(self._venue.instruments_count)
        ]

    def queue_ahead(self, int index, int64_t order_id):
        """Lots of the recording that stand ahead of a resting own order, as the venue has it.

        Parameters
        ----------
        index : int
            Of the instrument.
        order_id : int

        Returns
        -------
        float or None
            Infinity when nobody knows; None when no such order rests.
        """
        if not 0 <= index < len(self.instruments):
            raise InvalidArgument(f"index must be below {len(self.instruments)}, was {index}")
        cdef const vel_venue_instrument_t *inst = &self._venue.instruments[index]
        cdef uint32_t at = VEL_NO_INDEX if self._venue.hft != NULL else vel_venue_resting(inst, order_id)
        if at == VEL_NO_INDEX:
            return None
        if vel_queue_is_unknown(inst.own.orders[at].queue.ahead):
            return float("inf")
        return inst.own.orders[at].queue.ahead + inst.own.orders[at].owed

    def queue_positions(self):
        """Each change of an own order's place in its queue, in the order of time: a structured array."""
        cdef int64_t count = self._venue.queue_positions.count
        cdef uint8_t[::1] view
        if _QUEUE_POSITION_DTYPE.itemsize != sizeof(vel_queue_record_t):
            raise AssertionError("QUEUE_POSITION_DTYPE differs from vel_queue_record_t")
        out = np.zeros(count, _QUEUE_POSITION_DTYPE)
        if count > 0:
            view = out.view(np.uint8)
            memcpy(&view[0], self._venue.queue_positions.items, count * sizeof(vel_queue_record_t))
        return out

    def account(self, int index):
        """The account as the venue keeps it.

        Returns
        -------
        dict
            ``position`` in lots, ``cash`` and ``fees`` (with funding) in money units.
        """
        if not 0 <= index < len(self.instruments):
            raise InvalidArgument(f"index must be below {len(self.instruments)}, was {index}")
        cdef vel_venue_instrument_t *inst = &self._venue.instruments[index]
        return {"position": inst.position, "cash": inst.cash, "fees": inst.fees}
