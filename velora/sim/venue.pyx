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
    vel_evidence_t,
    vel_impact_displacement,
    vel_is_price,
    vel_impact_t,
    vel_message_is_report,
    vel_message_ring_front,
    vel_message_ring_pop,
    vel_message_t,
    vel_queue_record_t,
    vel_queue_is_unknown,
    vel_side_key,
    vel_venue_available,
    vel_venue_by_order,
    vel_venue_drop_evidence,
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

from velora.core.vocabulary import EVIDENCE_DTYPE as _EVIDENCE_DTYPE
from velora.core.vocabulary import QUEUE_POSITION_DTYPE as _QUEUE_POSITION_DTYPE
from velora.errors import InvalidArgument, VeloraError
from velora.sim.hftbacktest import HftbacktestRules
from velora.sim.order_rules import order_rules


class VenueReport(NamedTuple):
    """Report of a venue about an order; numbers of `velora.sim.matching.MatchReportKind`, `FillCause`, `OrderReason`.

    Attributes
    ----------
    kind, order_id, side : int
    price_ticks, qty_lots : int
        Price and quantity of a fill; otherwise the order's price, and its requested, remaining or new total quantity.
    cause, is_maker : int, bool
        For fills only.
    reason : int
        Reason of a rejection or of an order's end.
    fee_units : int
        Fee of a fill in money units; negative is a rebate.
    ts : int
        ns since 1970-01-01 UTC, the venue's clock.
    doubts : int
        Of a fill: assumptions that the data does not confirm, bits of `velora.core.orders.FillDoubt`.
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

    The rules are those of ``csrc/include/velora/venue.h``: own orders rest behind the displayed quantity and behind
    earlier own orders, each unit of a trade's volume fills at most once, a print through a price fills at most its
    volume, and quantity that own orders have taken is unavailable until the feed shows more.

    Parameters
    ----------
    instruments : list of Instrument
        Instruments with the venue's fees and filters.
    quote_fed : list of bool
        Whether an instrument's data has quotes but no depth.
    queue : str or QueueModel
        Model of the orders that are canceled when a level shrinks without a trade; see `QueueModel`.
    trace_queue : bool
        Whether to record each change of an own order's queue position, for explanations.
    by_order : list of bool, optional
        Whether an instrument's rows are by order: its queue positions are then exact, and `queue` is not used.
    impact : list of Impact or None, optional
        How own executions move each instrument's price; None for no impact.
    has_trades : list of bool, optional
        Whether an instrument's data has trades, True by default. Without trades the optimistic queue model treats
        quantity that leaves a level as traded.
    take_unknown : bool
        Whether a taker may fill against quantity that the data does not confirm: from a stale book, and at the last
        price if the data has only trades.
    children : {"fills", "whole"}
        Whether children work in proportion to their parent's filled quantity, or only after it has filled completely.
    oco : {"protect", "cancel"}
        Whether a partial fill reduces the other protective orders of an OCO group by its quantity, or cancels them.
    last_by_quotes : bool or list of bool
        For all or each of the instruments, whether triggers by the last trade use the other side of the book until the
        first trade.
    rules : HftbacktestRules or str, optional
        hftbacktest's rules instead: those of ``csrc/include/velora/venue_hft.h``. They support neither rows by order
        nor impact.

    Attributes
    ----------
    is_at_work : bool
        Whether a call of the venue is in progress; it then accepts no other.
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
                     "a venue needs at least one instrument")
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
                    f"hftbacktest's rules support no feeds by order, such as that of {symbol}: use rules='velora'"
                )
            if impact is not None and any(one is not None for one in impact):
                raise InvalidArgument("hftbacktest's rules do not support impact of own executions: use rules='velora'")
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
                "or enable the correction 'whole_lots'"
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
            raise VeloraError("the venue is busy: a callback during a row or a run cannot drive it")
        self.is_at_work = True
        return 0

    cdef list _take(self):
        """The messages that were made, as reports, each fill with its evidence."""
        cdef vel_message_t *front
        cdef const vel_evidence_t *why
        cdef int64_t trade
        made = []
        while True:
            front = vel_message_ring_front(&self._venue.messages)
            if front == NULL:
                return made
            if vel_message_is_report(front):
                trade = front.report.trade_id
                cause = doubts = 0
                if trade > 0:
                    why = &self._venue.evidence.items[trade - self._venue.evidence.items[0].trade_id]
                    cause, doubts = why.cause, why.doubts
                made.append(VenueReport(front.report.kind, front.report.order_id, front.report.side, front.report.price,
                                        front.report.qty, cause, front.report.maker != 0, front.report.reason,
                                        front.report.fee, front.report.ts_venue, doubts))
            else:  # funding: the amount is credited, a fee is paid
                made.append(VenueReport(front.event.kind, 0, 2, front.event.price, front.event.qty, 0, False, 0,
                                        -front.event.amount, front.event.ts_venue, 0))
            vel_message_ring_pop(&self._venue.messages)

    cdef int _go_to(self, int index, int64_t ts, bint is_command) except -1:
        """Process expiries due before an event of `ts`, and for a command also those of the same instant."""
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
        """Process one row of an event table by hand.

        Returns
        -------
        list of VenueReport
            All resulting reports, including those of orders due before the row.
        """
        cdef int64_t ts_event = ts, price_ticks = price, qty_lots = qty, id = order_id
        cdef uint8_t kind_code = <uint8_t>kind, side_code = <uint8_t>side, flag_bits = <uint8_t>flags
        cdef vel_columns_t columns
        if not (0 <= kind <= 255 and 0 <= side <= 255 and 0 <= flags <= 255):
            raise InvalidArgument(f"kind, side and flags must be from 0 to 255, was {kind}, {side} and {flags}")
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
                         f"the venue cannot process the row (kind {kind}, side {side}, {qty} lots at {price} ticks)")
            self.queue.check_c()
            return self._take()
        finally:
            self.is_at_work = False

    def on_command(self, int index, int action, int64_t order_id, *, int64_t ts, int side=0, int64_t price=0,
                   int64_t qty=0, int type=0, int tif=0, int trigger_kind=0, int64_t trigger=0, int64_t display=0,
                   int self_trade=1, int flags=0, int64_t expiry=0, int64_t oco_group=0, int64_t parent=0,
                   int64_t activation=0, int trigger_by=0, int strategy=0):
        """Process an order, amend, cancel or cancel-all by hand. Numbers as in `velora.sim.matching`.

        Returns
        -------
        list of VenueReport
        """
        cdef vel_command_t command
        for what, code in (("action", action), ("side", side), ("type", type), ("tif", tif), ("flags", flags),
                           ("trigger_kind", trigger_kind), ("trigger_by", trigger_by), ("self_trade", self_trade)):
            if not 0 <= <int>code <= 255:
                raise InvalidArgument(f"{what} must be from 0 to 255, was {code}")
        if strategy < 0:
            raise InvalidArgument(f"strategy must be at least 0, was {strategy}")
        memset(&command, 0, sizeof(command))
        command.ts_sent = ts
        command.order_id = order_id
        command.terms.price = price
        command.terms.qty = qty
        command.terms.display = display
        command.terms.trigger = trigger
        command.terms.expiry = expiry
        command.terms.oco_group = oco_group
        command.terms.parent = parent
        command.terms.activation = activation
        command.terms.trigger_by = <uint8_t>trigger_by
        command.strategy = strategy
        command.instrument = index
        command.action = <uint8_t>action
        command.terms.side = <uint8_t>side
        command.terms.type = <uint8_t>type
        command.terms.tif = <uint8_t>tif
        command.terms.trigger_kind = <uint8_t>trigger_kind
        command.terms.stp = <uint8_t>self_trade
        command.terms.flags = <uint8_t>flags
        self.begin_work_c()
        try:
            self._go_to(index, ts, True)
            check_status(vel_venue_on_command(&self._venue, &command), f"the venue cannot process order {order_id}")
            self.queue.check_c()
            return self._take()
        finally:
            self.is_at_work = False

    def available(self, int index, int side, int64_t price):
        """Lots of a recorded level that are still available to a taker."""
        if not 0 <= index < len(self.instruments) or not 0 <= side <= 1:
            raise InvalidArgument(f"no instrument {index} or no side {side}")
        if not vel_is_price(price):
            raise InvalidArgument(f"a price lies strictly within 2^60 ticks, was {price}")
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
            Index of the instrument.
        ts : int, optional
            ns, venue clock, not before the last event; the time of the last event by default.

        Returns
        -------
        float
            0 without an impact model.
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
        """Money units that takers paid beyond recorded prices because of impact, one int per instrument."""
        cdef int index
        return [
            0 if self._venue.instruments[index].impact == NULL else self._venue.instruments[index].impact.cost
            for index in range(self._venue.instruments_count)
        ]

    def queue_ahead(self, int index, int64_t order_id):
        """Recorded lots ahead of a resting own order, as the venue computes them.

        Parameters
        ----------
        index : int
            Index of the instrument.
        order_id : int

        Returns
        -------
        float or None
            Infinity when unknown; None if no such order rests.
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

    def evidence(self):
        """What each fill rests on, by trade id: a structured array of `EVIDENCE_DTYPE`."""
        cdef int64_t count = self._venue.evidence.count
        cdef uint8_t[::1] view
        out = np.zeros(count, dtype=_EVIDENCE_DTYPE)
        if count > 0:
            if _EVIDENCE_DTYPE.itemsize != sizeof(vel_evidence_t):
                raise AssertionError("EVIDENCE_DTYPE differs from vel_evidence_t")
            view = out.view(np.uint8)
            memcpy(&view[0], self._venue.evidence.items, count * sizeof(vel_evidence_t))
        return out

    def drop_evidence(self, int64_t trade_id):
        """Forget the evidence of fills before a trade id."""
        vel_venue_drop_evidence(&self._venue, trade_id)

    def queue_positions(self):
        """Each change of an own order's queue position, in time order, as a structured array."""
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
        """The venue's account of an instrument.

        Returns
        -------
        dict
            ``position`` in lots, ``cash`` and ``fees`` (with funding) in money units.
        """
        if not 0 <= index < len(self.instruments):
            raise InvalidArgument(f"index must be below {len(self.instruments)}, was {index}")
        cdef vel_venue_instrument_t *inst = &self._venue.instruments[index]
        return {"position": inst.position, "cash": inst.cash, "fees": inst.fees}
