"""How far an execution is, and what it cost beside what the market did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import fsum
from typing import TYPE_CHECKING, Any, Literal

from velora.core.events import Side
from velora.core.instrument import Instrument
from velora.core.market import Trade
from velora.core.orders import Fill
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.strategy.execution.algorithm import Algorithm

__all__ = ["Ending", "Execution", "ExecutionReport"]

Ending = Literal["", "filled", "time", "cancelled", "given_up"]


@dataclass(frozen=True)
class ExecutionReport:
    """What an execution did, beside the market of its period.

    Average prices of inverse contracts (``avg_price``, ``vwap``) are harmonic means: equal contracts are worth coins in
    proportion to one over the price.

    Costs are positive when they hurt: a buy above the benchmark, a sale below it. Basis points are of the benchmark,
    and of the notional for fees. None where there is nothing to compare with.

    Attributes
    ----------
    symbol, side : str
        Instrument and side of the order.
    qty, filled_qty : float
        Quantity asked for and filled, base currency or contracts.
    avg_price : float or None
        Average price of the fills, quote currency.
    ending : str
        How it ended: ``"filled"``, ``"time"``, ``"cancelled"`` or ``"given_up"``; empty while it runs.
    ts_begin, ts_end : int
        Begin and end: ns since 1970-01-01 UTC, the local clock; the end is 0 while it runs.
    arrival_mid : float or None
        Mid when it began, or the first mid seen after that.
    twap : float or None
        Mean of the mid over the period, sampled at the algorithm's checks.
    vwap : float or None
        Volume-weighted mean price of the trades in the period.
    shortfall_bps : float or None
        Implementation shortfall in basis points: average price against the arrival mid, without fees.
    twap_bps, vwap_bps : float or None
        Average price against `twap` and `vwap`, basis points.
    fees : float
        Fees in settlement currency; negative is a rebate.
    fees_bps : float or None
        Fees in basis points of the notional.
    participation : float or None
        Filled quantity as a fraction of the volume traded in the period.
    maker_share : float or None
        Fraction of the filled quantity that rested in the book.
    orders : int
        Orders that were sent.
    """

    symbol: str
    side: str
    qty: float
    filled_qty: float
    avg_price: float | None
    ending: str
    ts_begin: int
    ts_end: int
    arrival_mid: float | None
    twap: float | None
    vwap: float | None
    shortfall_bps: float | None
    twap_bps: float | None
    vwap_bps: float | None
    fees: float
    fees_bps: float | None
    participation: float | None
    maker_share: float | None
    orders: int

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def __str__(self) -> str:
        def shown(value: float | None, form: str) -> str:
            return "-" if value is None else format(value, form)

        price = ",.6g" if self.avg_price is None or self.avg_price < 1e4 else ",.2f"
        return "\n".join(
            (
                f"{self.side} {self.filled_qty:g} of {self.qty:g} {self.symbol} in "
                f"{(self.ts_end - self.ts_begin) / 1e9:g} s, {self.orders} orders: {self.ending or 'running'}",
                f"  average price {shown(self.avg_price, price)}   arrival mid {shown(self.arrival_mid, price)}   "
                f"TWAP {shown(self.twap, price)}   VWAP {shown(self.vwap, price)}",
                f"  cost against arrival {shown(self.shortfall_bps, '+.3f')} bps   "
                f"TWAP {shown(self.twap_bps, '+.3f')} bps   VWAP {shown(self.vwap_bps, '+.3f')} bps   "
                f"fees {shown(self.fees_bps, '+.3f')} bps",
                f"  participation {shown(self.participation, '.2%')}   maker share {shown(self.maker_share, '.1%')}",
            )
        )


class Execution:
    """The progress of one order that an algorithm works.

    Attributes
    ----------
    side : Side
    qty_lots : int
        Quantity to fill; set when the run begins.
    fills : list of Fill
    is_done : bool
    ending : str
        ``"filled"``, ``"time"`` (its time was over), ``"cancelled"``, or ``"given_up"`` (order after order ended in
        vain, see `velora.strategy.targets.Target`); empty while it runs.
    """

    def __init__(self, algorithm: Algorithm, side: Side) -> None:
        self.side = side
        self.qty_lots = 0
        self.fills: list[Fill] = []
        self.filled_lots = 0
        self.is_done = False
        self.ending: Ending = ""
        self.ts_begin = 0
        self.ts_end = 0
        self.instrument: Instrument | None = None
        self._algorithm = algorithm
        self._on_done: Callable[[Execution], object] | None = None
        self._arrival: float | None = None
        self._mid_sum = 0.0
        self._mid_samples = 0
        self._volume_lots = 0
        self._turnover: float = 0  # ticks times lots; of an inverse contract lots over ticks

    @property
    def remaining_lots(self) -> int:
        """Lots that are not filled."""
        return self.qty_lots - self.filled_lots

    @property
    def progress(self) -> float:
        """Filled part of the quantity, 0 to 1."""
        return self.filled_lots / self.qty_lots if self.qty_lots else 0.0

    @property
    def avg_price(self) -> float | None:
        """Average price of the fills, None before the first; of an inverse contract the harmonic mean."""
        one = self.instrument
        if not self.fills or one is None:
            return None
        if one.is_inverse:
            # Over the best price, so that fills at one price have exactly that average.
            best = min(fill.price_ticks for fill in self.fills)
            ticks = best * self.filled_lots / fsum(fill.qty_lots * (best / fill.price_ticks) for fill in self.fills)
        else:
            ticks = sum(fill.price_ticks * fill.qty_lots for fill in self.fills) / self.filled_lots
        return ticks * one.tick_num / one.tick_den

    def cancel(self) -> None:
        """Stop: the working order is cancelled; what it fills before that still counts."""
        self._algorithm._cancel()

    def _add(self, fill: Fill) -> None:
        self.fills.append(fill)
        self.filled_lots += fill.qty_lots

    def _sample_mid(self, mid: float | None) -> None:
        if mid is not None:
            if self._arrival is None:
                self._arrival = mid
            self._mid_sum += mid
            self._mid_samples += 1

    def _trade(self, trade: Trade) -> None:
        self._volume_lots += trade.qty_lots
        if trade.instrument.is_inverse:
            self._turnover += trade.qty_lots / trade.price_ticks
        else:
            self._turnover += trade.price_ticks * trade.qty_lots

    def report(self) -> ExecutionReport:
        """What was done so far, and what it cost."""
        one = self.instrument
        if one is None:
            raise InvalidArgument("there is nothing to report before the run")
        sign = 1 if self.side is Side.BUY else -1
        average = self.avg_price
        tick = one.tick_num / one.tick_den
        vwap = None
        if self._volume_lots:
            mean = self._turnover / self._volume_lots
            vwap = (1 / mean if one.is_inverse else mean) * tick
        twap = self._mid_sum / self._mid_samples if self._mid_samples else None

        def against(benchmark: float | None) -> float | None:
            return None if average is None or not benchmark else sign * (average - benchmark) / benchmark * 1e4

        filled = one.lots_to_qty(self.filled_lots)
        fees = float(sum(fill.fee_units for fill in self.fills) * one.money_unit)
        notional = 0.0
        if average is not None:
            size = float(one.contract_size) * filled
            notional = size / average if one.is_inverse else size * average
        return ExecutionReport(
            symbol=one.symbol,
            side=self.side.name,
            qty=one.lots_to_qty(self.qty_lots),
            filled_qty=filled,
            avg_price=average,
            ending=self.ending,
            ts_begin=self.ts_begin,
            ts_end=self.ts_end if self.is_done else self._algorithm.now,
            arrival_mid=self._arrival,
            twap=twap,
            vwap=vwap,
            shortfall_bps=against(self._arrival),
            twap_bps=against(twap),
            vwap_bps=against(vwap),
            fees=fees,
            fees_bps=fees / notional * 1e4 if notional else None,
            participation=self.filled_lots / self._volume_lots if self._volume_lots else None,
            maker_share=(
                sum(fill.qty_lots for fill in self.fills if fill.is_maker) / self.filled_lots if self.fills else None
            ),
            orders=self._algorithm.worker.sent,
        )

    def __repr__(self) -> str:
        state = self.ending or "running"
        return f"Execution({self.side.name} {self.filled_lots} of {self.qty_lots} lots, {state})"
