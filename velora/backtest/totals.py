"""Running sums over a run's records: all that a result's figures are made of.

Records go in once, in time order and in pieces of any size; the sums do not depend on where they were cut. So a run may
drop its records (`Backtest(retention=...)`) and keep its figures: what is dropped is added up first. A run that keeps
them all is added up in one piece, by the same code.

Money is added exactly, see `velora.backtest.money`. Floats are read from these sums at the end. The work grows with the
records and with the pairs of strategy and instrument that have any, not with the pairs that there could be: a pair has
samples from its first fill on, and before that it is worth nothing.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from velora.backtest import statistics as st
from velora.backtest.changes import Changed, Changes
from velora.backtest.money import (
    Exact,
    Groups,
    difference,
    exactly,
    groups_of,
    joined,
    narrowed,
    plus,
    running,
    running_in_groups,
    scaled,
    squares,
    sums_by_group,
    total,
)
from velora.core.orders import MarkSource
from velora.errors import InvalidArgument

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
]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Records = npt.NDArray[Any]

#: Stands for all strategies together, where a number names one.
ACCOUNT = -1
_SAFE = 2.0**62
#: More than any run has; the sums of each are made at once.
_STRATEGIES_MAX = 100_000
_RATE_SCALE = 100_000_000
#: What a fill is measured by: (name, how long after it in ns); 0 is the mid at the venue at the fill.
ESTIMATES = (("edge", 0), ("markout_1s", 1_000_000_000), ("markout_10s", 10_000_000_000))


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
        if position.size <= 8:  # arrays cost more than they save
            for after, made, at in zip(position.tolist(), net.tolist(), ts.tolist(), strict=True):
                self._add_one(after, made, at)
            return
        sign = np.sign(position)
        before = np.concatenate([[self.sign], sign[:-1]])
        closes = np.flatnonzero((before != 0) & (sign != before))
        made = running(net)
        # A spell opens at the fill after a flat one, or at the very fill that changed the side.
        opens = closes + (sign[closes] == 0)
        first = self.began if self.sign else int(ts[0])
        if closes.size:
            at = [int(value) for value in made[closes]]
            pnl = [at[0] + self.net, *(b - a for a, b in itertools.pairwise(at))]
            begins = [first, *ts[opens[:-1]].tolist()]
            self.count += len(pnl)
            self.won += sum(one > 0 for one in pnl)
            self.pnl += sum(pnl)
            self.duration_ns += sum(end - begin for begin, end in zip(begins, ts[closes].tolist(), strict=True))
            self.net = int(made[-1]) - at[-1]
            first = int(ts[opens[-1]]) if opens[-1] < ts.size else 0
        else:
            self.net += int(made[-1])
        self.sign, self.began = int(sign[-1]), first

    def _add_one(self, after: int, made: int, ts: int) -> None:
        sign = (after > 0) - (after < 0)
        self.net += made
        if self.sign and sign != self.sign:
            self.count += 1
            self.won += self.net > 0
            self.pnl += self.net
            self.duration_ns += ts - self.began
            self.net, self.began = 0, ts if sign else 0
        elif not self.sign:
            self.began = ts
        self.sign = sign


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
        pnl = difference(plus(realized, unrealized), fee)[known]
        ts, exposure = ts[known], exposure[known]
        if pnl.size == 0:
            return
        if self.first_ts is None:
            self.first_ts = self.boundary = int(ts[0])
            self.at_boundary = self.marked = int(pnl[0])
        high = np.maximum.accumulate(joined(exactly(self.high), pnl))[1:]
        fall = difference(high, pnl)
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
        """Steps of the curve between boundaries. Only those of intervals in which something was sampled are looked at:
        the others are 0, and there may be any number of them."""
        count = (int(ts[-1]) - self.boundary) // interval_ns + 1
        if count <= 0:
            return
        slots = -((self.boundary - ts) // interval_ns)  # the first boundary at or after each instant
        last = np.append(slots[1:] != slots[:-1], True) & (slots < count)
        values, first = pnl[last], slots[last][:1]
        if first.size == 0 or first[0] > 0:
            values = joined(exactly(self.marked), values)
        is_first = self.boundary == self.first_ts  # the first boundary begins the curve and ends no interval
        held = values if is_first else joined(exactly(self.at_boundary), values)
        steps = difference(held[1:], held[:-1])
        self.intervals += count - is_first
        self.gained += int(values[-1]) - self.at_boundary
        self.squares += squares(steps)
        self.loss_squares += squares(np.minimum(steps, 0))
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
    mid_x2: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def is_any(self) -> bool:
        """Whether a fill waits."""
        return any(fills and fills["ts"].size for fills in self.fills[1:])


class _Open:
    """What one scope's next piece of samples goes on from."""

    def __init__(self, currencies: int) -> None:
        #: By currency: pairs whose position has no mark, and the sum of the instruments' absolute values.
        self.unknown = [0] * currencies
        self.exposure = [0] * currencies
        #: Value of each instrument over the strategies, in units of its currency; balance of each asset.
        self.value: dict[int, int] = {}
        self.balance: dict[int, int] = {}


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
    first_ts, last_ts : int or None
        First and last instant of the curves, ns; None without any.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        strategies: int,
        interval_ns: int,
        cash: Mapping[tuple[int, str], int] | None = None,
    ) -> None:
        if not 1 <= strategies <= _STRATEGIES_MAX:
            raise InvalidArgument(f"strategies must be from 1 to {_STRATEGIES_MAX:,}, was {strategies}")
        self.instruments = list(instruments)
        self.strategies = strategies
        self.interval_ns = interval_ns
        self.cash = dict(cash or {})
        self.currencies = list(dict.fromkeys(one.settle for one in self.instruments))
        units = {
            currency: min(one.money_unit for one in self.instruments if one.settle == currency)
            for currency in self.currencies
        }
        #: Units of the currency in one of the instrument.
        self.scales = [int(one.money_unit / units[one.settle]) for one in self.instruments]
        self._scale_of = narrowed(np.array(self.scales, object))
        self._settles = np.array([self.currencies.index(one.settle) for one in self.instruments], np.int64)
        self._directions = np.array([-1 if one.is_inverse else 1 for one in self.instruments], np.int64)
        self._scopes = [ACCOUNT, *range(strategies)] if strategies > 1 else [ACCOUNT]
        self.causes: dict[tuple[int, int, int], CauseSums] = {}
        self.trips: dict[tuple[int, int], TripSums] = {}
        self.holdings: dict[tuple[int, int], HoldingSums] = {}
        self.curves = {(scope, currency): CurveSums() for scope in self._scopes for currency in self.currencies}
        self._movers = _movers(self.instruments)
        self._moved = _moved(self._movers, len(self.instruments))
        self.balances: dict[tuple[int, str], BalanceSums] = {}
        self.orders = {strategy: OrderSums() for strategy in range(strategies)}
        self.end_marks: dict[tuple[int, int], tuple[int, int]] = {}
        self.fills = 0
        self.samples_of = dict.fromkeys(range(strategies), 0)
        self.first_ts: int | None = None
        self.last_ts: int | None = None
        self._is_begun = False
        # What the next piece goes on from.
        self._changes = Changes(self._directions, strategies)
        self._open = {scope: _Open(len(self.currencies)) for scope in self._scopes}
        self._instant: Records | None = None
        self._waiting: dict[int, _Waiting] = {}
        self._latest = 0
        self._first_ids, self._first_ts = np.zeros(0, np.int64), np.zeros(0, np.int64)

    # ------------------------------------------------------------------ fills

    def add_fills(self, fills: Records) -> None:
        """The next fills; those up to an instant come before the samples and ended orders of that instant."""
        if fills.size == 0:
            return
        self.fills += int(fills.size)
        self._note_first(fills["order_id"], fills["ts_local"])
        by_instrument = groups_of(fills["instrument"].astype(np.int64))
        for index in by_instrument.keys.tolist():
            self._add_instrument(index, fills[by_instrument.rows(index)])

    def _note_first(self, ids: Ints, ts: Ints) -> None:
        ids, ts = np.append(self._first_ids, ids), np.append(self._first_ts, ts)
        self._first_ids, first = np.unique(ids, return_index=True)
        self._first_ts = ts[first]

    def _add_instrument(self, index: int, fills: Records) -> None:
        """The next fills of an instrument."""
        instrument = self.instruments[index]
        sign = np.where(fills["side"] == 0, 1, -1).astype(np.int64)
        value = st.fill_values(fills["price"], fills["qty"], instrument.value_mult, instrument.is_inverse)
        strategy = fills["strategy"].astype(np.int64)
        one = {
            "ts": fills["ts_local"],
            "lots": fills["qty"],
            "value": value,
            "sign": sign,
            "cause": strategy * 256 + fills["cause"],
        }
        notional = np.abs(value)
        columns = {
            "qty": fills["qty"],
            "notional": notional,
            "maker": np.where(fills["maker"] != 0, notional, 0),
            "fee": fills["fee"],
            "realized": fills["realized"],
            "value": sign * value,
            "lots": sign * fills["qty"],
        }
        causes = groups_of(one["cause"])
        sums = {name: sums_by_group(values[causes.order], causes.starts) for name, values in columns.items()}
        counts = np.diff(causes.ends, prepend=0).tolist()
        for at, (key, count) in enumerate(zip(causes.keys.tolist(), counts, strict=True)):
            own = self.causes.setdefault((index, *divmod(key, 256)), CauseSums())
            own.fills += count
            for name, values in sums.items():
                setattr(own, name, getattr(own, name) + values[at])
        net = difference(fills["realized"], fills["fee"])
        by_strategy = groups_of(strategy)
        for key in by_strategy.keys.tolist():
            rows = by_strategy.rows(key)
            trips = self.trips.setdefault((index, key), TripSums())
            trips.add(fills["position"][rows], net[rows], fills["ts_local"][rows])
        self._measure(index, "edge", one, fills["mid_x2"])
        for waiting in self._waiting.setdefault(index, _Waiting()).fills[1:]:
            both = {name: joined(waiting.get(name, values[:0]), values) for name, values in one.items()}
            order = np.argsort(both["ts"], kind="stable")
            waiting.update({name: values[order] for name, values in both.items()})

    def _measure(self, index: int, name: str, fills: Mapping[str, Exact], mid_x2: Ints) -> None:
        """Add fills against mids (times two), 0 where one is not known."""
        known = np.flatnonzero(mid_x2 != 0)
        if known.size == 0:
            return
        instrument = self.instruments[index]
        mult, inverse = instrument.value_mult, instrument.is_inverse
        part = {key: values[known] for key, values in fills.items()}
        at_mid = st.values_at_mid(mid_x2[known], part["lots"], mult, inverse)
        gain = (-1 if inverse else 1) * part["sign"] * difference(at_mid, part["value"])
        by = groups_of(part["cause"])
        gains = sums_by_group(gain[by.order], by.starts)
        notionals = sums_by_group(np.abs(part["value"])[by.order], by.starts)
        counts = np.diff(by.ends, prepend=0).tolist()
        for key, count, gained, notional in zip(by.keys.tolist(), counts, gains, notionals, strict=True):
            sums = self.causes.setdefault((index, *divmod(key, 256)), CauseSums())
            measured: Measured = getattr(sums, name)
            measured.fills += count
            measured.gain += gained
            measured.notional += notional

    def _settle_markouts(self, index: int, is_last: bool) -> None:
        waiting = self._waiting[index]
        for (name, horizon), fills in zip(ESTIMATES[1:], waiting.fills[1:], strict=True):
            if not fills or fills["ts"].size == 0:
                continue
            ts = fills["ts"]
            # A mid at or after the horizon decides, and so does it when none came in twice the horizon.
            ready = ts < self._latest - 2 * horizon
            if waiting.ts.size:
                ready |= ts <= int(waiting.ts[-1]) - horizon
            count = ts.size if is_last else int(ready.sum())
            done = {key: values[:count] for key, values in fills.items()}
            self._measure(index, name, done, st.markout_mid2(done["ts"], horizon, waiting.ts, waiting.mid_x2))
            fills.update({key: values[count:] for key, values in fills.items()})
        # Only mids after the nearest horizon that is yet to come will be asked for.
        oldest = [
            int(fills["ts"][0]) + horizon
            for (_, horizon), fills in zip(ESTIMATES[1:], waiting.fills[1:], strict=True)
            if fills and fills["ts"].size
        ]
        since = min([*oldest, self._latest])
        keep = int(np.searchsorted(waiting.ts, since, side="left"))
        waiting.ts, waiting.mid_x2 = waiting.ts[keep:], waiting.mid_x2[keep:]

    # ------------------------------------------------------------------ samples

    def begin(self, ts: int) -> None:
        """The first sampling instant, before any sample: every curve begins there with nothing held."""
        self.first_ts = self.last_ts = int(ts)
        self._is_begun = True

    def add_samples(self, samples: Records) -> None:
        """The next samples. Those of the latest instant wait until a later one shows that it is complete."""
        if samples.size == 0:
            return
        for strategy, count in enumerate(np.bincount(samples["strategy"], minlength=self.strategies).tolist()):
            self.samples_of[strategy] += count
        if self._instant is not None:
            samples = np.concatenate([self._instant, samples.astype(self._instant.dtype, copy=False)])
        complete = int(np.searchsorted(samples["ts"], samples["ts"][-1], side="left"))
        self._instant = samples[complete:].copy()
        if complete:
            self._add_complete(samples[:complete])

    def finish(self, last_ts: int | None = None) -> Totals:
        """Nothing more comes: what waited for a later sample is settled.

        Parameters
        ----------
        last_ts : int, optional
            The last sampling instant, to which the curves go on; needed where there was a first one.
        """
        if self._instant is not None:
            self._add_complete(self._instant)
            self._instant = None
        for index in self._waiting:
            self._settle_markouts(index, True)
        if self._is_begun:
            self.last_ts = max(self._latest, self.first_ts or 0, last_ts or 0)
            for scope in self._scopes:
                for code in range(len(self.currencies)):
                    self._end_curve(scope, code, self.last_ts)
            self._complete_balances()
        self._sort_balances()
        return self

    def _end_curve(self, scope: int, code: int, ts: int) -> None:
        """A curve as it stands goes on to an instant."""
        state, sums = self._open[scope], self.curves[scope, self.currencies[code]]
        self._extend(
            scope,
            code,
            np.array([ts]),
            realized=exactly(sums.realized),
            unrealized=exactly(sums.unrealized),
            fee=exactly(sums.fee),
            exposure=exactly(state.exposure[code]),
            known=np.array([state.unknown[code] == 0]),
        )

    def _complete_balances(self) -> None:
        """The account has a balance of each asset, also of those that nothing moved."""
        for asset, (scale, _) in self._movers.items():
            self.balances.setdefault((ACCOUNT, asset), BalanceSums(scale))

    def _sort_balances(self) -> None:
        """The account first, then the strategies; assets in the order of the instruments."""
        place = {asset: at for at, asset in enumerate(self._movers)}
        order = sorted(self.balances, key=lambda key: (key[0], place[key[1]]))
        self.balances = {key: self.balances[key] for key in order}

    def _add_complete(self, samples: Records) -> None:
        self._latest = self.last_ts = int(samples["ts"][-1])
        if self.first_ts is None:
            self.first_ts = int(samples["ts"][0])
        self._add_mids(samples)
        rows = self._changes.next(samples)
        self._add_holdings(rows)
        for scope, chosen in self._by_scope(rows):
            settles = self._settles[chosen.instrument]
            codes = np.unique(settles).tolist()
            for code in codes:
                own = chosen if len(codes) == 1 else chosen.take(np.flatnonzero(settles == code))
                self._add_curve(scope, code, own)
            if self._movers:
                self._add_balances(scope, chosen)
        last = rows.by_pair.order[rows.by_pair.ends - 1]
        marks, sources = samples["mark"][last].tolist(), samples["mark_source"][last].tolist()
        for key, mark, source in zip(rows.by_pair.keys.tolist(), marks, sources, strict=True):
            pair = divmod(key, self.strategies)
            self.end_marks.pop(pair, None)
            if source:
                self.end_marks[pair] = mark, source

    def _add_mids(self, samples: Records) -> None:
        """Mids that fills wait for. The latest mid before a fill is never asked for: only instruments that have some
        keep any."""
        if not self._waiting:
            return
        ts, mid_x2 = samples["ts"], samples["mid_x2"]
        by = groups_of(samples["instrument"].astype(np.int64))
        for index, waiting in self._waiting.items():
            if not waiting.is_any:
                continue
            rows = by.rows(index)
            rows = rows[mid_x2[rows] != 0]
            waiting.ts = np.append(waiting.ts, ts[rows])
            waiting.mid_x2 = np.append(waiting.mid_x2, mid_x2[rows])
            self._settle_markouts(index, False)

    def _by_scope(self, rows: Changed) -> Iterator[tuple[int, Changed]]:
        """The account, and each strategy that has any of the rows."""
        yield ACCOUNT, rows
        if self.strategies > 1:
            by = groups_of(rows.strategy)
            for strategy in by.keys.tolist():
                yield strategy, rows.take(by.rows(strategy))

    def _add_holdings(self, rows: Changed) -> None:
        if self.strategies > 1:
            by_pair = groups_of(rows.strategy * len(self.instruments) + rows.instrument)
            self._hold(by_pair, rows, is_net=False)
        self._hold(groups_of(rows.instrument), rows, is_net=self.strategies > 1)

    def _hold(self, by: Groups, rows: Changed, *, is_net: bool) -> None:
        """Positions over time, each group's of its own; between the samples of one instant a net one is none."""
        count = len(self.instruments)
        is_pair = self.strategies > 1 and not is_net
        keys = [divmod(key, count) if is_pair else (ACCOUNT, key) for key in by.keys.tolist()]
        held = [self.holdings.setdefault(key, HoldingSums()) for key in keys]
        lots = running_in_groups(rows.steps["lots"][by.order], by.starts, exactly(*(one.lots for one in held)))
        ts = rows.ts[by.order]
        starts = by.starts
        if is_net:
            last = np.ones(ts.size, np.bool_)
            last[:-1] = ts[1:] != ts[:-1]
            last[by.ends - 1] = True
            starts = np.append(0, np.cumsum(last)[by.ends - 1])[:-1]
            ts, lots = ts[last], lots[last]
        ends = np.append(starts[1:], ts.size) - 1
        for one, first in zip(held, ts[starts].tolist(), strict=True):
            if one.first_ts is None:
                one.first_ts = one.ts = first
        before = np.empty_like(ts)
        before[1:], before[starts] = ts[:-1], [one.ts for one in held]
        size: Exact = np.empty_like(lots)
        size[1:], size[starts] = lots[:-1], exactly(*(one.lots for one in held))
        size, spans = np.abs(size), ts - before
        lot_ns = sums_by_group(scaled(size, spans), starts)
        held_ns = sums_by_group(np.where(size > 0, spans, 0), starts)
        figures = (ts[ends], lots[ends], np.maximum.reduceat(lots, starts), np.minimum.reduceat(lots, starts))
        for one, own, in_market, (at, now, high, low) in zip(
            held, lot_ns, held_ns, zip(*(values.tolist() for values in figures), strict=True), strict=True
        ):
            one.ts, one.lots = at, now
            one.high, one.low = max(one.high, high), min(one.low, low)
            one.lot_ns += own
            one.held_ns += in_market

    def _add_curve(self, scope: int, code: int, rows: Changed) -> None:
        """Rows of one currency, in time order."""
        scale = self._scale_of[rows.instrument]
        state, sums = self._open[scope], self.curves[scope, self.currencies[code]]
        last = rows.last_of_instants()
        held = {
            name: running(scaled(rows.steps[name], scale), base)[last]
            for name, base in (("realized", sums.realized), ("unrealized", sums.unrealized), ("fee", sums.fee))
        }
        unknown = running(-rows.steps["known"], state.unknown[code])[last]
        exposure = running(self._exposed(state, rows, scale), state.exposure[code])[last]
        state.unknown[code], state.exposure[code] = int(unknown[-1]), int(exposure[-1])
        self._extend(scope, code, rows.ts[last], **held, exposure=exposure, known=unknown == 0)

    def _extend(self, scope: int, code: int, ts: Ints, *, known: Bools, **money: Exact) -> None:
        """Instants in order and what holds from each on; a curve begins at the first sampling instant, with nothing."""
        sums = self.curves[scope, self.currencies[code]]
        if self._is_begun and self.first_ts is not None and sums.first_ts is None and ts[0] > self.first_ts:
            ts, known = np.append(self.first_ts, ts), np.append(True, known)
            money = {name: joined(np.zeros(1, np.int64), column) for name, column in money.items()}
        start = self.cash.get((scope, self.currencies[code]), 0)
        sums.add(ts, **money, known=known, start=start, interval_ns=self.interval_ns)

    def _exposed(self, state: _Open, rows: Changed, scale: Exact) -> Exact:
        """By how much each row changes the sum of the instruments' absolute values."""
        by = groups_of(rows.instrument)
        bases = exactly(*(state.value.get(index, 0) for index in by.keys.tolist()))
        value = running_in_groups(scaled(rows.steps["value"], scale)[by.order], by.starts, bases)
        state.value.update(zip(by.keys.tolist(), [int(one) for one in value[by.ends - 1]], strict=True))
        before: Exact = np.empty_like(value)
        before[1:], before[by.starts] = value[:-1], bases
        change = difference(np.abs(value), np.abs(before))
        result: Exact = np.empty_like(change)
        result[by.order] = change
        return result

    def _add_balances(self, scope: int, rows: Changed) -> None:
        """Rows in time order move what instruments are based on and settle in."""
        assets = list(self._movers)
        parts = []
        for moved in self._moved:
            own = np.flatnonzero(moved.asset[rows.instrument] >= 0)
            chosen = rows.take(own)
            change = plus(
                *(scaled(chosen.steps[name], factor[chosen.instrument]) for name, factor in moved.factors.items())
            )
            parts.append((moved.asset[chosen.instrument], own, change))
        asset = np.concatenate([one[0] for one in parts])
        if asset.size == 0:
            return
        order = np.argsort(np.concatenate([one[1] for one in parts]), kind="stable")
        asset, change = asset[order], joined(*(one[2] for one in parts))[order]
        ts = rows.ts[np.concatenate([one[1] for one in parts])[order]]
        by = groups_of(asset)
        held = self._open[scope].balance
        bases = exactly(*(held.get(key, 0) for key in by.keys.tolist()))
        balance = running_in_groups(change[by.order], by.starts, bases)
        ts = ts[by.order]
        is_last = np.ones(ts.size, np.bool_)
        is_last[:-1] = ts[1:] != ts[:-1]
        is_last[by.ends - 1] = True
        held.update(zip(by.keys.tolist(), [int(one) for one in balance[by.ends - 1]], strict=True))
        lowest = np.minimum.reduceat(np.where(is_last, balance, balance.max()), by.starts)
        for key, low in zip(by.keys.tolist(), lowest.tolist(), strict=True):
            name = assets[key]
            sums = self.balances.setdefault((scope, name), BalanceSums(self._movers[name][0]))
            sums.low = min(sums.low, low)

    # ------------------------------------------------------------------ orders

    def add_orders(self, orders: Records) -> None:
        """Orders that will not change any more, after their fills."""
        if orders.size == 0:
            return
        by = groups_of(orders["strategy"].astype(np.int64))
        for strategy in by.keys.tolist():
            own, sums = orders[by.rows(strategy)], self.orders[strategy]
            sums.count += int(own.size)
            sums.amends += total(own["amends"].astype(np.int64))
            sums.filled += int((own["cum_qty"] > 0).sum())
            for state, count in zip(*np.unique(own["state"], return_counts=True), strict=True):
                sums.states[int(state)] = sums.states.get(int(state), 0) + int(count)
            if self._first_ids.size:
                at = np.minimum(np.searchsorted(self._first_ids, own["order_id"]), self._first_ids.size - 1)
                found = self._first_ids[at] == own["order_id"]
                sums.waited += int(found.sum())
                sums.wait_ns += total(self._first_ts[at[found]] - own["ts_sent"][found])
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
        found.first_ts, found.last_ts = self.first_ts, self.last_ts
        if self.first_ts is not None:
            found._complete_balances()
            found._sort_balances()
        return found

    def copy(self) -> Totals:
        """Independent sums, which may be finished while these go on; the instruments are shared."""
        return copy.deepcopy(self, {id(one): one for one in self.instruments})

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready sums of a finished run."""
        return {
            "interval_ns": self.interval_ns,
            "strategies": self.strategies,
            "cash": [[*key, value] for key, value in self.cash.items()],
            "end_marks": [[*pair, *self.end_marks[pair]] for pair in sorted(self.end_marks)],
            "fills": self.fills,
            "samples": list(self.samples_of.values()),
            "first_ts": self.first_ts,
            "last_ts": self.last_ts,
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
        for name in ("first_ts", "last_ts"):
            setattr(found, name, None if values[name] is None else int(values[name]))
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
        found._sort_balances()
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


class _Moved(NamedTuple):
    """One of the two assets that an instrument's samples may move."""

    #: Its place among all assets, -1 for none.
    asset: Ints
    #: By column of the samples: units of the asset in one of each.
    factors: dict[str, Exact]


def _moved(movers: Mapping[str, tuple[int, dict[int, dict[str, int]]]], instruments: int) -> list[_Moved]:
    """`_movers` by instrument."""
    places = [np.full(instruments, -1, np.int64) for _ in range(2)]
    factors = [{name: np.zeros(instruments, object) for name in ("lots", "cash", "fee", "realized")} for _ in range(2)]
    for code, (_, by_index) in enumerate(movers.values()):
        for index, columns in by_index.items():
            place = 0 if places[0][index] < 0 else 1
            places[place][index] = code
            for name, factor in columns.items():
                factors[place][name][index] = factor
    return [
        _Moved(asset, {name: narrowed(column) for name, column in own.items()})
        for asset, own in zip(places, factors, strict=True)
    ]


def _by_number(pairs: Sequence[Sequence[int]]) -> dict[int, int]:
    return {int(key): int(value) for key, value in pairs}


def _plain(sums: Any) -> dict[str, Any]:
    values = asdict(sums)
    if "states" in values:  # JSON has no keys that are numbers
        values["states"] = [list(pair) for pair in sorted(values["states"].items())]
    return values


def _cause_sums(values: Mapping[str, Any]) -> CauseSums:
    return CauseSums(**{**values, **{name: Measured(**values[name]) for name, _ in ESTIMATES}})


def mark_fraction(instrument: Instrument, mark: int, source: int) -> tuple[int, int]:
    """What a lot is worth at a mark that is known: money units as a fraction."""
    up, down = instrument.value_mult, 2  # the mark is in half ticks
    if source == MarkSource.MARK_PRICE:  # in 1e-8 quote currency
        up *= instrument.tick_den if not instrument.is_inverse else instrument.tick_num * _RATE_SCALE
        down = instrument.tick_num * _RATE_SCALE if not instrument.is_inverse else instrument.tick_den
        return (up, down * mark) if instrument.is_inverse else (up * mark, down)
    return (2 * up, mark) if instrument.is_inverse else (up * mark, down)
