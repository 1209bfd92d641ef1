"""Running sums over a run's records: all that a result's figures are made of.

Records go in once, in time order and in pieces of any size; the sums do not depend on where they were cut. So a run may
drop its records (`Backtest(retention=...)`) and keep its figures: what is dropped is added up first. A run that keeps
them all is added up in one piece, by the same code.

Money is added in Python integers, or in 64 bits where a bound shows that the sum fits. Floats are read from these sums
at the end.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest import statistics as st
from velora.core.orders import MarkSource

if TYPE_CHECKING:
    from velora.core.instrument import Instrument

__all__ = [
    "ACCOUNT",
    "ESTIMATES",
    "BalanceSums",
    "CauseSums",
    "CurveSums",
    "HoldingSums",
    "OrderSums",
    "Totals",
    "TripSums",
    "mark_fraction",
    "units_of",
]

Ints = npt.NDArray[np.int64]
Exact = npt.NDArray[Any]
Records = npt.NDArray[Any]

#: Stands for all strategies together, where a number names one.
ACCOUNT = -1
_SAFE = 2.0**62
_RATE_SCALE = 100_000_000
#: What a fill is measured by: (name, how long after it in ns); 0 is the mid at the venue at the fill.
ESTIMATES = (("edge", 0), ("markout_1s", 1_000_000_000), ("markout_10s", 10_000_000_000))


def units_of(amount: Any, unit: Decimal) -> int:
    """An amount of money in units, rounded half to even."""
    return int((Decimal(str(amount)) / unit).to_integral_value())


def _fits(*columns: Exact, scale: int = 1) -> bool:
    """Whether any sum of these values times the scale surely fits 64 bits."""
    bound = sum(float(np.abs(column.astype(np.float64)).sum()) for column in columns)
    return bound * abs(scale) < _SAFE


def _exact(values: Ints, scale: int = 1) -> Exact:
    """Values times a scale, in Python ints where a running sum of them might not fit 64 bits."""
    return values * scale if _fits(values, scale=scale) else values.astype(object) * scale


def _sum(values: Exact) -> int:
    return int(values.sum()) if values.dtype == object or _fits(values) else sum(map(int, values.tolist()))


def _squares(values: Exact) -> int:
    largest = float(np.abs(values.astype(np.float64)).max()) if values.size else 0.0
    if values.dtype != object and largest**2 * values.size < _SAFE:
        return int(np.dot(values, values))
    return sum(int(value) ** 2 for value in values.tolist())


@dataclass
class Measured:
    """One estimate over the fills for which the mid is known."""

    fills: int = 0
    gain: int = 0
    notional: int = 0


@dataclass
class CauseSums:
    """Fills of one cause, instrument and strategy; money in the instrument's units."""

    fills: int = 0
    qty: int = 0
    notional: int = 0
    maker: int = 0
    fee: int = 0
    realized: int = 0
    #: Value of the buys less that of the sells, and their lots.
    value: int = 0
    lots: int = 0
    edge: Measured = field(default_factory=Measured)
    markout_1s: Measured = field(default_factory=Measured)
    markout_10s: Measured = field(default_factory=Measured)


@dataclass
class TripSums:
    """Spells from flat to flat of one instrument and strategy; see `velora.backtest.statistics.round_trips`."""

    count: int = 0
    won: int = 0
    pnl: int = 0
    duration_ns: int = 0
    #: Of the spell that is open: its side, what it has made so far and when it began.
    sign: int = 0
    net: int = 0
    began: int = 0

    def add(self, position: Ints, net: Exact, ts: Ints) -> None:
        """Fills in order: the position after each, and its realised PnL less its fee."""
        sign = np.sign(position)
        before = np.concatenate([[self.sign], sign[:-1]])
        closes = np.flatnonzero((before != 0) & (sign != before))
        total = np.cumsum(net)
        # A spell opens at the fill after a flat one, or at the very fill that changed the side.
        opens = closes + (sign[closes] == 0)
        first = self.began if self.sign else int(ts[0])
        if closes.size:
            at = [int(value) for value in total[closes]]
            pnl = [at[0] + self.net, *(b - a for a, b in itertools.pairwise(at))]
            begins = [first, *ts[opens[:-1]].tolist()]
            self.count += len(pnl)
            self.won += sum(one > 0 for one in pnl)
            self.pnl += sum(pnl)
            self.duration_ns += sum(end - begin for begin, end in zip(begins, ts[closes].tolist(), strict=True))
            self.net = int(total[-1]) - at[-1]
            first = int(ts[opens[-1]]) if opens[-1] < ts.size else 0
        else:
            self.net += int(total[-1])
        self.sign, self.began = int(sign[-1]), first


@dataclass
class HoldingSums:
    """The position in one instrument over time."""

    first_ts: int | None = None
    ts: int = 0
    lots: int = 0
    high: int = 0
    low: int = 0
    #: Absolute lots times ns, and the ns in which they were not zero, up to `ts`.
    lot_ns: int = 0
    held_ns: int = 0

    def add(self, ts: Ints, lots: Ints) -> None:
        """Instants in order and the position from each on."""
        start = int(ts[0]) if self.first_ts is None else self.ts
        self.first_ts = start if self.first_ts is None else self.first_ts
        spans = np.diff(ts, prepend=start)
        held = np.abs(np.concatenate([[self.lots], lots[:-1]]))
        largest = float(held.max())
        wide = largest * float(ts[-1] - start) >= _SAFE
        self.lot_ns += int(np.dot(held.astype(object), spans.astype(object)) if wide else np.dot(held, spans))
        self.held_ns += int(spans[held > 0].sum())
        self.ts, self.lots = int(ts[-1]), int(lots[-1])
        self.high, self.low = max(self.high, int(lots.max())), min(self.low, int(lots.min()))


@dataclass
class CurveSums:
    """The account's curve in one currency, in its units, at the instants of the samples."""

    first_ts: int | None = None
    realized: int = 0
    unrealized: int = 0
    fee: int = 0
    #: Whether every open position had a mark at the last sample, and the PnL when they last had.
    is_marked: bool = True
    marked: int = 0
    #: PnL: the highest and the lowest so far, the deepest fall from a high and that high.
    high: int = 0
    low: int = 0
    fall: int = 0
    peak: int = 0
    #: Largest value of positions as a multiple of the equity, while that was above zero; None without positions.
    leverage: float | None = None
    #: PnL of equal intervals: the next boundary, the PnL at the last one, and sums over the intervals.
    boundary: int = 0
    at_boundary: int = 0
    intervals: int = 0
    gained: int = 0
    squares: int = 0
    loss_squares: int = 0

    @property
    def pnl(self) -> int:
        """At the last sample."""
        return self.realized + self.unrealized - self.fee

    def add(
        self, ts: Ints, realized: Exact, unrealized: Exact, fee: Exact, exposure: Exact, known: npt.NDArray[np.bool_],
        start: int, interval_ns: int,
    ) -> None:  # fmt: skip
        """Instants in order, each once, and the sums that hold from each on; `start` is the cash at the start.

        Where `known` is False an open position has no mark: the instant is in no figure but the last one.
        """
        self.is_marked = bool(known[-1])
        self.realized, self.unrealized, self.fee = int(realized[-1]), int(unrealized[-1]), int(fee[-1])
        pnl = (realized + unrealized - fee)[known]
        ts, exposure = ts[known], exposure[known]
        if pnl.size == 0:
            return
        if self.first_ts is None:
            self.first_ts = self.boundary = int(ts[0])
            self.at_boundary = self.marked = int(pnl[0])
        high = np.maximum.accumulate(np.concatenate([np.array([self.high], pnl.dtype), pnl]))[1:]
        fall = high - pnl
        deepest = int(np.argmax(fall))
        if int(fall[deepest]) > self.fall:
            self.fall, self.peak = int(fall[deepest]), int(high[deepest])
        self.high, self.low = int(high[-1]), min(self.low, int(pnl.min()))
        equity = pnl.astype(np.float64) + float(start)
        held = (exposure > 0) & (equity > 0)
        if held.any():
            largest = float((exposure[held].astype(np.float64) / equity[held]).max())
            self.leverage = largest if self.leverage is None else max(self.leverage, largest)
        self._add_increments(ts, pnl, interval_ns)
        self.marked = int(pnl[-1])

    def _add_increments(self, ts: Ints, pnl: Exact, interval_ns: int) -> None:
        count = (int(ts[-1]) - self.boundary) // interval_ns + 1
        if count <= 0:
            return
        grid = self.boundary + interval_ns * np.arange(count, dtype=np.int64)
        at = np.searchsorted(ts, grid, side="right") - 1
        values = np.where(at >= 0, pnl[np.maximum(at, 0)], self.marked)
        if self.boundary == self.first_ts:
            steps = np.diff(values)
        else:
            steps = np.diff(np.concatenate([np.array([self.at_boundary], values.dtype), values]))
        self.intervals += steps.size
        self.gained += int(values[-1]) - self.at_boundary
        self.squares += _squares(steps)
        self.loss_squares += _squares(np.minimum(steps, 0))
        self.boundary += count * interval_ns
        self.at_boundary = int(values[-1])


@dataclass
class BalanceSums:
    """What is held of an asset that spot instruments trade, beside what there was at the start."""

    #: Units of `low` in one of the asset.
    scale: int = 1
    low: int = 0


@dataclass
class OrderSums:
    """Orders of one strategy."""

    count: int = 0
    amends: int = 0
    filled: int = 0
    states: dict[int, int] = field(default_factory=dict)
    #: Orders of which the first fill is known, and the ns from sending to it.
    waited: int = 0
    wait_ns: int = 0


@dataclass
class _Waiting:
    """Fills of an instrument whose markouts need samples that are yet to come, and the mids since."""

    fills: list[dict[str, Exact]] = field(default_factory=lambda: [{} for _ in ESTIMATES])
    ts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    mid2: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    latest: int = 0


class Totals:
    """Sums over the records of a run.

    Parameters
    ----------
    instruments : sequence of Instrument
    strategies : int
    interval_ns : int
        Of the PnL increments behind the ratios.
    cash : mapping
        Cash at the start by (strategy or `ACCOUNT`, currency), in the currency's units; 0 where it is not named.

    Attributes
    ----------
    causes : dict of (instrument, strategy, cause) to CauseSums
    trips : dict of (instrument, strategy) to TripSums
    holdings : dict of (strategy or ACCOUNT, instrument) to HoldingSums
    curves : dict of (strategy or ACCOUNT, currency) to CurveSums
    balances : dict of (strategy or ACCOUNT, asset) to BalanceSums
        Of what spot instruments are based on and settle in; empty without spot instruments.
    orders : dict of strategy to OrderSums
    end_marks : dict of (instrument, strategy) to (mark, source)
        Of the last sample of each, as `Result.samples_raw` holds them; without those whose mark is unknown.
    fills : int
        How many there were.
    samples_of : dict of strategy to int
        Likewise of the samples.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        strategies: int,
        interval_ns: int,
        cash: Mapping[tuple[int, str], int] | None = None,
    ) -> None:
        self.instruments = list(instruments)
        self.strategies = strategies
        self.interval_ns = interval_ns
        self.cash = dict(cash or {})
        currencies = list(dict.fromkeys(one.settle for one in self.instruments))
        units = {
            currency: min(one.money_unit for one in self.instruments if one.settle == currency)
            for currency in currencies
        }
        self._scales = [int(one.money_unit / units[one.settle]) for one in self.instruments]
        self._scopes = [ACCOUNT, *range(strategies)] if strategies > 1 else [ACCOUNT]
        pairs = [(index, strategy) for index in range(len(self.instruments)) for strategy in range(strategies)]
        self.causes: dict[tuple[int, int, int], CauseSums] = {}
        self.trips = {pair: TripSums() for pair in pairs}
        self.holdings = {(scope, index): HoldingSums() for scope in self._scopes for index in range(len(self._scales))}
        self.curves = {(scope, currency): CurveSums() for scope in self._scopes for currency in currencies}
        self._movers = _movers(self.instruments)
        self.balances = {
            (scope, asset): BalanceSums(scale) for scope in self._scopes for asset, (scale, _) in self._movers.items()
        }
        self.orders = {strategy: OrderSums() for strategy in range(strategies)}
        self.end_marks: dict[tuple[int, int], tuple[int, int]] = {}
        self.fills = 0
        self.samples_of = dict.fromkeys(range(strategies), 0)
        # What the next piece goes on from.
        self._last = {
            pair: {"lots": 0, "realized": 0, "unrealized": 0, "fee": 0, "value": 0, "cash": 0, "known": 1}
            for pair in pairs
        }
        self._instant: Records | None = None
        self._waiting = [_Waiting() for _ in self.instruments]
        self._first_ids, self._first_ts = np.zeros(0, np.int64), np.zeros(0, np.int64)

    # ------------------------------------------------------------------ fills

    def add_fills(self, fills: Records) -> None:
        """The next fills; those up to an instant come before the samples and ended orders of that instant."""
        if fills.size == 0:
            return
        self.fills += int(fills.size)
        self._note_first(fills["order_id"], fills["ts_local"])
        for index, strategy in self.trips:
            rows = np.flatnonzero((fills["instrument"] == index) & (fills["strategy"] == strategy))
            if rows.size:
                self._add_part(index, strategy, fills[rows])

    def _note_first(self, ids: Ints, ts: Ints) -> None:
        ids, ts = np.append(self._first_ids, ids), np.append(self._first_ts, ts)
        self._first_ids, first = np.unique(ids, return_index=True)
        self._first_ts = ts[first]

    def _add_part(self, index: int, strategy: int, fills: Records) -> None:
        instrument = self.instruments[index]
        mult, inverse = instrument.value_mult, instrument.is_inverse
        sign = np.where(fills["side"] == 0, 1, -1).astype(np.int64)
        value = st.fill_values(fills["price"], fills["qty"], mult, inverse)
        after = fills["position"]
        columns = {
            "qty": fills["qty"],
            "notional": np.abs(value),
            "fee": fills["fee"],
            "realized": fills["realized"],
            "value": sign * value,
            "lots": sign * fills["qty"],
        }
        for cause in np.unique(fills["cause"]).tolist():
            chosen = fills["cause"] == cause
            sums = self.causes.setdefault((index, strategy, cause), CauseSums())
            sums.fills += int(chosen.sum())
            for name, column in columns.items():
                setattr(sums, name, getattr(sums, name) + _sum(column[chosen]))
            sums.maker += _sum(np.abs(value)[chosen & (fills["maker"] != 0)])
        net = fills["realized"] - fills["fee"]
        self.trips[index, strategy].add(after, _exact(net), fills["ts_local"])
        one = {
            "ts": fills["ts_local"],
            "lots": fills["qty"],
            "value": value,
            "sign": sign,
            "cause": fills["cause"].astype(np.int64),
            "strategy": np.full(fills.size, strategy, np.int64),
        }
        self._measure(index, "edge", one, fills["mid2"])
        for waiting in self._waiting[index].fills[1:]:
            joined = {name: np.append(waiting.get(name, column[:0]), column) for name, column in one.items()}
            order = np.argsort(joined["ts"], kind="stable")
            waiting.update({name: column[order] for name, column in joined.items()})

    def _measure(self, index: int, name: str, fills: Mapping[str, Exact], mid2: Ints) -> None:
        """Add fills against mids (times two), 0 where one is not known."""
        known = np.flatnonzero(mid2 != 0)
        if known.size == 0:
            return
        instrument = self.instruments[index]
        mult, inverse = instrument.value_mult, instrument.is_inverse
        part = {key: column[known] for key, column in fills.items()}
        at_mid = st.values_at_mid(mid2[known], part["lots"], mult, inverse)
        gain = (-1 if inverse else 1) * part["sign"] * (at_mid - part["value"])
        keys = part["strategy"] * 256 + part["cause"]
        for key in np.unique(keys).tolist():
            chosen = keys == key
            sums = self.causes.setdefault((index, key // 256, key % 256), CauseSums())
            measured: Measured = getattr(sums, name)
            measured.fills += int(chosen.sum())
            measured.gain += _sum(gain[chosen])
            measured.notional += _sum(np.abs(part["value"][chosen]))

    def _settle_markouts(self, index: int, is_last: bool) -> None:
        waiting = self._waiting[index]
        for (name, horizon), fills in zip(ESTIMATES[1:], waiting.fills[1:], strict=True):
            if not fills or fills["ts"].size == 0:
                continue
            ts = fills["ts"]
            # A mid at or after the horizon decides, and so does it when none came in twice the horizon.
            ready = ts + 2 * horizon < waiting.latest
            if waiting.ts.size:
                ready |= ts + horizon <= waiting.ts[-1]
            count = ts.size if is_last else int(ready.sum())
            done = {key: column[:count] for key, column in fills.items()}
            self._measure(index, name, done, st.markout_mid2(done["ts"], horizon, waiting.ts, waiting.mid2))
            fills.update({key: column[count:] for key, column in fills.items()})
        # Only mids after the nearest horizon that is yet to come will be asked for.
        oldest = [
            int(fills["ts"][0]) + horizon
            for (_, horizon), fills in zip(ESTIMATES[1:], waiting.fills[1:], strict=True)
            if fills and fills["ts"].size
        ]
        since = min([*oldest, waiting.latest])
        keep = int(np.searchsorted(waiting.ts, since, side="left"))
        waiting.ts, waiting.mid2 = waiting.ts[keep:], waiting.mid2[keep:]

    # ------------------------------------------------------------------ samples

    def add_samples(self, samples: Records) -> None:
        """The next samples. Those of the latest instant wait until a later one shows that it is complete."""
        if samples.size == 0:
            return
        for strategy in self.samples_of:
            self.samples_of[strategy] += int((samples["strategy"] == strategy).sum())
        if self._instant is not None:
            samples = np.concatenate([self._instant, samples.astype(self._instant.dtype, copy=False)])
        complete = int(np.searchsorted(samples["ts"], samples["ts"][-1], side="left"))
        self._instant = samples[complete:].copy()
        if complete:
            self._add_complete(samples[:complete])

    def finish(self) -> Totals:
        """Nothing more comes: what waited for a later sample is settled."""
        if self._instant is not None:
            self._add_complete(self._instant)
            self._instant = None
        for index in range(len(self.instruments)):
            self._settle_markouts(index, True)
        return self

    def _add_complete(self, samples: Records) -> None:
        parts: dict[tuple[int, int], dict[str, Exact]] = {}
        for index, instrument in enumerate(self.instruments):
            own = samples[samples["instrument"] == index]
            waiting = self._waiting[index]
            waiting.latest = int(samples["ts"][-1])
            if own.size:
                known = own["mid2"] != 0
                waiting.ts = np.append(waiting.ts, own["ts"][known])
                waiting.mid2 = np.append(waiting.mid2, own["mid2"][known])
                for strategy in range(self.strategies):
                    rows = np.flatnonzero(own["strategy"] == strategy)
                    if rows.size:
                        parts[index, strategy] = _part(instrument, own[rows])
            self._settle_markouts(index, False)
        for scope in self._scopes:
            for index in range(len(self.instruments)):
                self._add_holding(scope, index, parts)
        for scope, currency in self.curves:
            self._add_curve(scope, currency, parts)
        for scope, asset in self.balances:
            self._add_balance(scope, asset, parts)
        for pair, part in parts.items():
            self._last[pair] = {name: int(part[name][-1]) for name in self._last[pair]}
            self.end_marks.pop(pair, None)
            if part["source"][-1]:
                self.end_marks[pair] = int(part["mark"][-1]), int(part["source"][-1])

    def _members(self, scope: int) -> range:
        return range(self.strategies) if scope == ACCOUNT else range(scope, scope + 1)

    def _add_holding(self, scope: int, index: int, parts: Mapping[tuple[int, int], Mapping[str, Exact]]) -> None:
        pairs = [(index, strategy) for strategy in self._members(scope)]
        there = [parts[pair] for pair in pairs if pair in parts]
        if not there:
            return
        if len(pairs) == 1:
            self.holdings[scope, index].add(there[0]["ts"], there[0]["lots"])
            return
        ts = np.unique(np.concatenate([part["ts"] for part in there]))
        net = np.zeros(ts.size, np.int64)
        for pair in pairs:
            net += _steps(parts.get(pair), "lots", ts, self._last[pair]["lots"])
        self.holdings[scope, index].add(ts, net)

    def _add_curve(self, scope: int, currency: str, parts: Mapping[tuple[int, int], Mapping[str, Exact]]) -> None:
        of = [index for index, instrument in enumerate(self.instruments) if instrument.settle == currency]
        pairs = [(index, strategy) for index in of for strategy in self._members(scope)]
        there = [parts[pair]["ts"] for pair in pairs if pair in parts]
        if not there:
            return
        ts = np.unique(np.concatenate(there))
        bound = 0.0
        for pair in pairs:
            largest = [float(abs(value)) for value in self._last[pair].values()]
            if pair in parts:
                largest += [float(np.abs(parts[pair][name].astype(np.float64)).max()) for name in self._last[pair]]
            bound += self._scales[pair[0]] * max(largest)
        kind: Any = np.int64 if bound < _SAFE / 8 else object
        sums = {name: np.zeros(ts.size, kind) for name in ("realized", "unrealized", "fee", "exposure")}
        known = np.ones(ts.size, np.bool_)
        for index in of:
            value = np.zeros(ts.size, kind)
            for strategy in self._members(scope):
                pair, scale = (index, strategy), self._scales[index]
                held = {
                    name: _steps(parts.get(pair), name, ts, last).astype(kind) * scale
                    for name, last in self._last[pair].items()
                    if name not in ("lots", "cash", "known")
                }
                known &= _steps(parts.get(pair), "known", ts, self._last[pair]["known"]) != 0
                for name in ("realized", "unrealized", "fee"):
                    sums[name] += held[name]
                value += held["value"]
            sums["exposure"] += np.abs(value)
        start = self.cash.get((scope, currency), 0)
        self.curves[scope, currency].add(ts, **sums, known=known, start=start, interval_ns=self.interval_ns)

    def _add_balance(self, scope: int, asset: str, parts: Mapping[tuple[int, int], Mapping[str, Exact]]) -> None:
        movers = self._movers[asset][1]
        pairs = [(index, strategy) for index in movers for strategy in self._members(scope)]
        there = [parts[pair]["ts"] for pair in pairs if pair in parts]
        if not there:
            return
        ts = np.unique(np.concatenate(there))
        balance = np.zeros(ts.size, np.int64)
        for pair in pairs:
            for name, scale in movers[pair[0]].items():
                held = _steps(parts.get(pair), name, ts, self._last[pair][name])
                balance = balance + _exact(held, scale) if _fits(balance) else balance.astype(object) + held * scale
        sums = self.balances[scope, asset]
        sums.low = min(sums.low, int(balance.min()))

    # ------------------------------------------------------------------ orders

    def add_orders(self, orders: Records) -> None:
        """Orders that will not change any more, after their fills."""
        if orders.size == 0:
            return
        for strategy, sums in self.orders.items():
            own = orders[orders["strategy"] == strategy]
            if own.size == 0:
                continue
            sums.count += int(own.size)
            sums.amends += _sum(own["amends"].astype(np.int64))
            sums.filled += int((own["cum_qty"] > 0).sum())
            for state, count in zip(*np.unique(own["state"], return_counts=True), strict=True):
                sums.states[int(state)] = sums.states.get(int(state), 0) + int(count)
            if self._first_ids.size:
                at = np.minimum(np.searchsorted(self._first_ids, own["order_id"]), self._first_ids.size - 1)
                found = self._first_ids[at] == own["order_id"]
                sums.waited += int(found.sum())
                sums.wait_ns += _sum(self._first_ts[at[found]] - own["ts_sent"][found])
        left = ~np.isin(self._first_ids, orders["order_id"])
        self._first_ids, self._first_ts = self._first_ids[left], self._first_ts[left]

    # ------------------------------------------------------------------ parts, keeping

    def of(self, strategy: int) -> Totals:
        """The sums of one strategy, as if it had run alone in the account."""
        if self.strategies == 1:
            return self
        cash = {(ACCOUNT, currency): units for (scope, currency), units in self.cash.items() if scope == strategy}
        found = Totals(self.instruments, 1, self.interval_ns, cash)
        found.causes = {(i, 0, cause): sums for (i, k, cause), sums in self.causes.items() if k == strategy}
        found.trips = {(i, 0): sums for (i, k), sums in self.trips.items() if k == strategy}
        found.holdings = {(ACCOUNT, i): sums for (scope, i), sums in self.holdings.items() if scope == strategy}
        found.curves = {(ACCOUNT, c): sums for (scope, c), sums in self.curves.items() if scope == strategy}
        found.balances = {(ACCOUNT, a): sums for (scope, a), sums in self.balances.items() if scope == strategy}
        found.orders = {0: self.orders[strategy]}
        found.end_marks = {(i, 0): mark for (i, k), mark in self.end_marks.items() if k == strategy}
        found.fills = sum(sums.fills for sums in found.causes.values())
        found.samples_of = {0: self.samples_of[strategy]}
        return found

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready sums of a finished run."""
        return {
            "interval_ns": self.interval_ns,
            "strategies": self.strategies,
            "cash": [[*key, value] for key, value in self.cash.items()],
            "end_marks": [[*pair, *self.end_marks[pair]] for pair in sorted(self.end_marks)],
            "fills": self.fills,
            "samples": list(self.samples_of.values()),
            **{
                name: [[*(key if isinstance(key, tuple) else (key,)), _plain(table[key])] for key in sorted(table)]
                for name, table in self._tables().items()
            },
        }

    def _tables(self) -> dict[str, dict[Any, Any]]:
        return {
            "causes": self.causes,
            "trips": self.trips,
            "holdings": self.holdings,
            "curves": self.curves,
            "balances": self.balances,
            "orders": self.orders,
        }

    @classmethod
    def from_dict(cls, instruments: Sequence[Instrument], values: Mapping[str, Any]) -> Totals:
        """Sums that `to_dict` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            If they are not such.
        """
        cash = {(int(scope), str(currency)): int(units) for scope, currency, units in values["cash"]}
        found = cls(instruments, int(values["strategies"]), int(values["interval_ns"]), cash)
        found.end_marks = {(int(i), int(k)): (int(mark), int(source)) for i, k, mark, source in values["end_marks"]}
        found.fills = int(values["fills"])
        found.samples_of = {strategy: int(count) for strategy, count in enumerate(values["samples"])}
        kinds: dict[str, Any] = {
            "causes": _cause_sums,
            "trips": lambda sums: TripSums(**sums),
            "holdings": lambda sums: HoldingSums(**sums),
            "curves": lambda sums: CurveSums(**sums),
            "balances": lambda sums: BalanceSums(**sums),
            "orders": lambda sums: OrderSums(**{**sums, "states": _by_number(sums["states"])}),
        }
        for name, table in found._tables().items():
            for *key, sums in values[name]:
                table[tuple(key) if len(key) > 1 else key[0]] = kinds[name](sums)
        return found


def _movers(instruments: Sequence[Instrument]) -> dict[str, tuple[int, dict[int, dict[str, int]]]]:
    """What changes the balance of each asset of spot instruments: units in one of it, and by instrument the columns
    with the units that one of each is worth."""
    sizes: dict[str, dict[int, dict[str, Fraction]]] = {}

    def put(asset: str, index: int, **columns: Fraction) -> None:
        own = sizes.setdefault(asset, {}).setdefault(index, {})
        for name, size in columns.items():
            own[name] = own.get(name, Fraction(0)) + size

    for index, one in enumerate(instruments):
        if one.kind == "spot":
            money = Fraction(one.money_unit)
            put(one.base or one.symbol, index, lots=Fraction(one.lot_num, one.lot_den) * Fraction(one.contract_size))
            put(one.settle, index, cash=money, fee=-money)
    for index, one in enumerate(instruments):
        if one.kind != "spot" and one.settle in sizes:
            put(one.settle, index, realized=Fraction(one.money_unit), fee=-Fraction(one.money_unit))
    found = {}
    for asset, by_index in sizes.items():
        scale = math.lcm(*(size.denominator for columns in by_index.values() for size in columns.values()))
        found[asset] = (
            scale,
            {index: {name: int(size * scale) for name, size in columns.items()} for index, columns in by_index.items()},
        )
    return found


def _by_number(pairs: Sequence[Sequence[int]]) -> dict[int, int]:
    return {int(key): int(value) for key, value in pairs}


def _plain(sums: Any) -> dict[str, Any]:
    values = asdict(sums)
    if "states" in values:  # JSON has no keys that are numbers
        values["states"] = [list(pair) for pair in sorted(values["states"].items())]
    return values


def _cause_sums(values: Mapping[str, Any]) -> CauseSums:
    return CauseSums(**{**values, **{name: Measured(**values[name]) for name, _ in ESTIMATES}})


def _part(instrument: Instrument, samples: Records) -> dict[str, Exact]:
    """Columns of one strategy's samples of an instrument."""
    direction = -1 if instrument.is_inverse else 1
    return {
        "ts": samples["ts"],
        "lots": samples["position"],
        "realized": samples["realized"],
        "unrealized": samples["unrealized"],
        "fee": samples["fee"],
        "cash": samples["cash"],
        # cash + direction * value = realised + unrealised holds at every instant
        "value": direction * (samples["realized"] + samples["unrealized"] - samples["cash"]),
        "known": ((samples["position"] == 0) | (samples["mark_source"] != 0)).astype(np.int64),
        "mark": samples["mark"],
        "source": samples["mark_source"],
    }


def mark_fraction(instrument: Instrument, mark: int, source: int) -> tuple[int, int]:
    """What a lot is worth at a mark that is known: money units as a fraction."""
    up, down = instrument.value_mult, 2  # the mark is in half ticks
    if source == MarkSource.MARK_PRICE:  # in 1e-8 quote currency
        up *= instrument.tick_den if not instrument.is_inverse else instrument.tick_num * _RATE_SCALE
        down = instrument.tick_num * _RATE_SCALE if not instrument.is_inverse else instrument.tick_den
        return (up, down * mark) if instrument.is_inverse else (up * mark, down)
    return (2 * up, mark) if instrument.is_inverse else (up * mark, down)


def _steps(part: Mapping[str, Exact] | None, name: str, ts: Ints, before: int) -> Exact:
    """A column that holds from each of its instants on, at other instants; `before` its first one."""
    if part is None:
        return np.full(ts.size, before, np.int64)
    at = np.searchsorted(part["ts"], ts, side="right") - 1
    held: Exact = np.where(at >= 0, part[name][np.maximum(at, 0)], before)
    return held
