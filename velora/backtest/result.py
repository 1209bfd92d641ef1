"""The result of a run: exact records, tables in human units and figures.

A folder to keep it in is described in `velora.backtest.saved`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest import statistics as st
from velora.backtest.callbacks import CallbackTimes
from velora.backtest.summary import Summary, finite_or_none, format_span
from velora.backtest.totals import ACCOUNT, ESTIMATES, Totals, mark_fraction, units_of
from velora.core.events import Side
from velora.core.instrument import Instrument
from velora.core.orders import FillCause, FillDoubt, MarkSource, OrderReason, OrderState, OrderType, TimeInForce
from velora.core.terminal import readable
from velora.errors import CapacityError, CorruptData, InvalidArgument

if TYPE_CHECKING:
    import pyarrow as pa

    from velora.backtest.audit import Audit
    from velora.backtest.explain import Explanation

__all__ = ["CAUSES", "FILLS_DTYPE", "ORDERS_DTYPE", "PLACES_DTYPE", "SAMPLES_DTYPE", "Result", "Summary"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Records = npt.NDArray[Any]


def _names(kind: type[IntEnum]) -> tuple[str, ...]:
    """Names of codes, by code; ``CODE_n`` where the enum skips one."""
    names = [f"CODE_{code}" for code in range(max(kind) + 1)]
    for member in kind:
        names[member] = member.name
    return tuple(names)


def code_name(names: tuple[str, ...], code: int) -> str:
    """The name of a code; ``CODE_n`` of one that has none."""
    return names[code] if code < len(names) else f"CODE_{code}"


SIDES = _names(Side)
CAUSES = _names(FillCause)
LIQUIDITY = ("TAKER", "MAKER")
#: What a fill rests on that the data does not say, by the bits of `velora.core.orders.FillDoubt`.
DOUBTS = tuple("|".join(one.name or "" for one in FillDoubt if one & bits) for bits in range(16))
ORDER_TYPES = _names(OrderType)
TIMES_IN_FORCE = _names(TimeInForce)
ORDER_STATES = _names(OrderState)
REASONS = _names(OrderReason)
MARK_SOURCES = _names(MarkSource)
#: Markouts are measured this long after a fill.
HORIZONS = ESTIMATES[1:]

_SECOND_NS = 1_000_000_000
#: Mark prices are in 1e-8 quote currency.
_RATE_SCALE = 100_000_000

FILLS_DTYPE = np.dtype(
    [
        ("ts_venue", "<i8"),
        ("ts_local", "<i8"),
        ("order_id", "<i8"),
        ("instrument", "<i4"),
        ("side", "u1"),
        ("cause", "u1"),
        ("maker", "u1"),
        ("doubts", "u1"),
        ("price", "<i8"),
        ("qty", "<i8"),
        ("fee", "<i8"),
        ("datum_ts", "<i8"),
        ("datum_row", "<i8"),
        ("position", "<i8"),
        ("realized", "<i8"),
        ("mid2", "<i8"),
        ("strategy", "<i4"),
    ]
)
ORDERS_DTYPE = np.dtype(
    [
        ("order_id", "<i8"),
        ("instrument", "<i4"),
        ("side", "u1"),
        ("type", "u1"),
        ("tif", "u1"),
        ("post_only", "u1"),
        ("state", "u1"),
        ("reason", "u1"),
        ("amends", "<i4"),
        ("price", "<i8"),
        ("qty", "<i8"),
        ("cum_qty", "<i8"),
        ("ts_sent", "<i8"),
        ("ts_ack", "<i8"),
        ("ts_done", "<i8"),
        ("strategy", "<i4"),
    ]
)
SAMPLES_DTYPE = np.dtype(
    [
        ("ts", "<i8"),
        ("instrument", "<i4"),
        ("strategy", "<i4"),
        ("position", "<i8"),
        ("mid2", "<i8"),
        ("cash", "<i8"),
        ("fee", "<i8"),
        ("realized", "<i8"),
        ("unrealized", "<i8"),
        ("mark", "<i8"),
        ("mark_source", "u1"),
        ("pad", "V7"),
    ]
)
PLACES_DTYPE = np.dtype(
    [
        ("ts", "<i8"),
        ("order_id", "<i8"),
        ("datum_row", "<i8"),
        ("ahead", "<f8"),
        ("before", "<i8"),
        ("after", "<i8"),
        ("volume", "<i8"),
        ("instrument", "<i4"),
        ("kind", "u1"),
        ("pad", "V3"),
    ]
)
RECORDS = {"fills": FILLS_DTYPE, "orders": ORDERS_DTYPE, "samples": SAMPLES_DTYPE, "places": PLACES_DTYPE}


def _records(raw: Mapping[str, Any], name: str) -> Records:
    """The record array in our own layout; the fields are matched by name, so padding may differ."""
    given = np.asarray(raw[name])
    dtype = RECORDS[name]
    result = np.zeros(given.shape, dtype)
    if given.size == 0 and given.dtype.names is None:
        return result
    for field in dtype.names or ():
        if field == "pad":
            continue
        if field in ("strategy", "doubts") and field not in (given.dtype.names or ()):
            continue  # of the only one; none
        if given.dtype.names is None or field not in given.dtype.names:
            raise InvalidArgument(f"raw[{name!r}] has no field {field!r}, was {given.dtype}")
        result[field] = given[field]
    return result


class Result:
    """What a backtest left behind.

    Parameters
    ----------
    raw : mapping
        The engine's records: ``instruments``, ``fills``, ``orders``, ``samples`` (NumPy record arrays),
        ``counters``, ``hash``, ``elapsed_s``, ``rows``, ``config``, ``strategy``; and, where they were kept,
        ``places``, ``data``, and ``strategies`` where there are several. ``totals`` are the `Totals` of a run that
        dropped records.

    Attributes
    ----------
    instruments : list of Instrument
    fills_raw, orders_raw, samples_raw : record arrays
        Exact integers: ticks, lots, money units, nanoseconds.
    places_raw : record array
        Changes of own orders' places in their queues, where the run traced them.
    hash : str
        The run's hash; equal runs have equal hashes.
    counters, config : dict
    data : list of dict
        What the feed of each instrument was made of, see `velora.backtest.feed_stats.FeedStats`; empty in results of
        versions that did not count it.
    pessimistic : Result or None
        The same run under the pessimistic bound of the queue, once `velora.backtest.bounds.queue_bounds` has made it.
    strategy : str
        Class of the strategy, or of each, separated by commas.
    strategies : list of dict
        Of each strategy: ``name, class, state, error, capital, hash`` and counts; see `of`.
    elapsed_s : float
        Wall time of the run; `rows` are the feed rows replayed in it.
    callback_times : CallbackTimes or None
        How long the strategy's callbacks took, where the run measured it; no part of the hash.
    callback_note : str or None
        Set where they took longer than the decision leg has it.

    Notes
    -----
    Tables and figures are made when first asked for. Money is in settlement currency; the exact integers
    stand beside in ``*_units`` columns, whose unit is ``money_unit(currency)``.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.instruments: list[Instrument] = list(raw["instruments"])
        if not self.instruments:
            raise InvalidArgument("a result needs at least one instrument, was an empty list")
        self.fills_raw = _records(raw, "fills")
        self.orders_raw = _records(raw, "orders")
        self.samples_raw = _records(raw, "samples")
        self.places_raw = _records({"places": (), **raw}, "places")
        for name in RECORDS:
            index = getattr(self, f"{name}_raw")["instrument"]
            if index.size and not 0 <= int(index.min()) <= int(index.max()) < len(self.instruments):
                raise InvalidArgument(f"raw[{name!r}] names an instrument outside 0..{len(self.instruments) - 1}")
        self.strategies: list[dict[str, Any]] = [dict(one) for one in raw.get("strategies", ())] or [
            {"name": str(raw["strategy"]).rpartition(".")[2], "class": str(raw["strategy"]), "state": "STOPPED"}
        ]
        for name in ("fills", "orders", "samples"):
            strategy = getattr(self, f"{name}_raw")["strategy"]
            if strategy.size and not 0 <= int(strategy.min()) <= int(strategy.max()) < len(self.strategies):
                raise InvalidArgument(f"raw[{name!r}] names a strategy outside 0..{len(self.strategies) - 1}")
        #: What is added up: (instrument, strategy), by index; the sum over all is the account.
        self._parts = [(i, k) for i in range(len(self.instruments)) for k in range(len(self.strategies))]
        self.counters: dict[str, Any] = dict(raw.get("counters", {}))
        self.config: dict[str, Any] = dict(raw.get("config", {}))
        self.data: list[dict[str, Any]] = [dict(one) for one in raw.get("data", ())]
        self.pessimistic: Result | None = None
        self.hash = str(raw["hash"])
        self.strategy = str(raw["strategy"])
        self.elapsed_s = float(raw["elapsed_s"])
        self.rows = int(raw["rows"])
        self.callback_times: CallbackTimes | None = raw.get("callbacks")
        self.callback_note: str | None = raw.get("callbacks_note")
        self._cache: dict[str, Any] = {}
        self._tables: dict[str, pa.Table] = {}
        #: Sums over all records of the run, where some of them were dropped; see `totals`.
        self._totals: Totals | None = raw.get("totals")
        self._keeps_totals = self._totals is not None
        #: The result that this one is a part of: its samples hold mids that the part's own do not.
        self._whole: Result | None = None

    def __repr__(self) -> str:
        symbols = ", ".join(instrument.symbol for instrument in self.instruments)
        fills = self.counters.get("fills", self.fills_raw.size)
        return readable(f"Result({self.strategy} on {symbols}: {fills} fills, hash {self.hash})")

    @property
    def callback_ns(self) -> Ints:
        """Measured times of the callbacks, ns, for `LatencyDistribution.of_samples`.

        Raises
        ------
        InvalidArgument
            If the run did not measure them.
        """
        if self.callback_times is None:
            raise InvalidArgument("the run did not measure its callbacks; give Backtest(measure_callbacks=True)")
        return self.callback_times.samples_ns()

    # ------------------------------------------------------------------ strategies

    def of(self, strategy: str | int) -> Result:
        """The part of one strategy, as a result of its own.

        Its hash covers its own commands, reports and final positions alone; its cash is the strategy's capital.

        Parameters
        ----------
        strategy : str or int
            Name, or place in `strategies`.
        """
        names = [one["name"] for one in self.strategies]
        if strategy not in names and not (isinstance(strategy, int) and 0 <= strategy < len(names)):
            raise InvalidArgument(f"strategy must be one of {', '.join(names)}, was {strategy!r}")
        index = strategy if isinstance(strategy, int) else names.index(strategy)
        one = self.strategies[index]
        raw: dict[str, Any] = {}
        for name in ("fills", "orders", "samples"):
            records = getattr(self, f"{name}_raw")
            raw[name] = records[records["strategy"] == index]
            raw[name]["strategy"] = 0
        raw["places"] = self.places_raw[np.isin(self.places_raw["order_id"], raw["orders"]["order_id"])]
        counters = {
            key: one[key] for key in ("orders", "commands", "fills", "open_orders", "funding_units") if key in one
        }
        part = Result(
            {
                **raw,
                "totals": self.totals.of(index),
                "instruments": self.instruments,
                "counters": {**self.counters, **counters},
                "hash": one.get("hash", self.hash),
                "elapsed_s": self.elapsed_s,
                "rows": self.rows,
                "config": {**self.config, "cash": one.get("capital") or self.config.get("cash", 0)},
                "strategy": one["class"],
                "strategies": [one],
            }
        )
        part._whole = self
        return part

    @property
    def totals(self) -> Totals:
        """Sums over all records of the run, those that a retention bound dropped included: every figure is made of
        them."""
        if self._totals is None:
            found = Totals(self.instruments, len(self.strategies), self.sample_interval_ns(), self._start_cash())
            found.add_fills(self.fills_raw)
            found.add_samples(self.samples_raw)
            found.add_orders(self.orders_raw)
            self._totals = found.finish()
        return self._totals

    def _start_cash(self) -> dict[tuple[int, str], int]:
        """Cash at the start of the account and of each strategy, in units of the currency."""
        found = {(ACCOUNT, currency): self.start_cash_units(currency) for currency in self.currencies}
        if len(self.strategies) > 1:
            for index, one in enumerate(self.strategies):
                for currency, amount in (one.get("capital") or {}).items():
                    if currency in self.currencies:
                        found[index, currency] = units_of(amount, self.money_unit(currency))
        return found

    @property
    def dropped(self) -> dict[str, int]:
        """How many fills, orders and samples a retention bound dropped: the figures hold them, the tables do not."""
        totals = self.totals
        return {
            "fills": totals.fills - int(self.fills_raw.size),
            "orders": sum(sums.count for sums in totals.orders.values()) - int(self.orders_raw.size),
            "samples": sum(totals.samples_of.values()) - int(self.samples_raw.size),
        }

    @property
    def is_complete(self) -> bool:
        """Whether all records of the run are here: a retention bound may have dropped the older ones."""
        if self._keeps_totals and any(self.dropped.values()):
            return False
        counts = self.counters
        return all(
            counts.get(name, records.size) == records.size
            for name, records in (("fills", self.fills_raw), ("orders", self.orders_raw))
        )

    @property
    def title(self) -> str:
        """Names of the strategies: the class of the only one."""
        if len(self.strategies) == 1:
            return self.strategy.rpartition(".")[2]
        return ", ".join(one["name"] for one in self.strategies)

    @property
    def errors(self) -> dict[str, str]:
        """Tracebacks of the strategies that failed, by name."""
        return {one["name"]: one["error"] for one in self.strategies if one.get("error")}

    # ------------------------------------------------------------------ currencies and units

    @property
    def currencies(self) -> list[str]:
        """Settlement currencies, in the order of the instruments."""
        return list(dict.fromkeys(instrument.settle for instrument in self.instruments))

    def money_unit(self, currency: str) -> Decimal:
        """The finest money unit among the instruments that settle in this currency."""
        units = [i.money_unit for i in self.instruments if i.settle == currency]
        if not units:
            raise InvalidArgument(f"no instrument settles in {currency!r}; known: {', '.join(self.currencies)}")
        return min(units)

    def start_cash_units(self, currency: str) -> int:
        """Cash at the start, from ``config["cash"]``, rounded half to even to the money unit.

        A number is an amount of the first instrument's settlement currency; a mapping gives one per currency.
        """
        cash = self.config.get("cash", 0) or 0
        if isinstance(cash, Mapping):
            cash = cash.get(currency, 0)
        elif currency != self.currencies[0]:
            cash = 0
        return units_of(cash, self.money_unit(currency))

    def _scale(self, index: int) -> int:
        """Currency units per money unit of an instrument; a power of ten."""
        instrument = self.instruments[index]
        return int(instrument.money_unit / self.money_unit(instrument.settle))

    def _scaled(self, values: Ints, index: int) -> Ints:
        scale = self._scale(index)
        if scale != 1 and values.size and float(np.abs(values.astype(np.float64)).max()) * scale >= 2.0**62:
            raise CapacityError(
                f"money of {self.instruments[index].symbol} does not fit 64 bits in units of "
                f"{self.money_unit(self.instruments[index].settle)}"
            )
        return values * scale

    def _of(self, name: str, index: int, strategy: int | None = None) -> Ints:
        """Positions of an instrument's records, of one strategy or of all."""
        key = f"of_{name}_{index}_{strategy}"
        if key not in self._cache:
            raw = getattr(self, f"{name}_raw")
            chosen = raw["instrument"] == index
            if strategy is not None:
                chosen &= raw["strategy"] == strategy
            self._cache[key] = np.flatnonzero(chosen)
        found: Ints = self._cache[key]
        return found

    def _unit_floats(self, units: Ints, currency: str) -> Floats:
        # Division by an exactly representable power of ten rounds once.
        return units.astype(np.float64) / float(1 / self.money_unit(currency))

    def _gather(self, name: str, column: str, kind: str) -> Floats:
        """One raw column as floats, each row by its instrument's grid."""
        raw = getattr(self, f"{name}_raw")
        values = raw[column].astype(np.float64)
        result = np.zeros(values.shape)
        for index, instrument in enumerate(self.instruments):
            rows = self._of(name, index)
            if kind == "price":
                ratio = (instrument.tick_num, instrument.tick_den)
            elif kind == "qty":
                ratio = (instrument.lot_num, instrument.lot_den)
            elif kind == "mid":
                ratio = (instrument.tick_num, instrument.tick_den * 2)
            else:
                ratio = (1, int(1 / instrument.money_unit))
            result[rows] = values[rows] * float(ratio[0]) / float(ratio[1])
        return result

    # ------------------------------------------------------------------ exact money

    def _end_mark(self, index: int, strategy: int) -> tuple[int, int] | None:
        """What a lot of a strategy's instrument is worth at its last sample: money units as a fraction.

        None where nothing said so; see `velora.core.orders.Position.mark`.
        """
        found = self.totals.end_marks.get((index, strategy))
        return None if found is None else mark_fraction(self.instruments[index], *found)

    def _pnl_samples(self, index: int, strategy: int = 0) -> dict[str, Ints]:
        """Realised, unrealised and fee of a strategy's instrument at its samples, in currency units.

        ``known`` is 0 where a position was open and nothing said what it was worth; ``unrealized`` is 0 there.
        """
        key = f"pnl_samples_{index}_{strategy}"
        if key in self._cache:
            cached: dict[str, Ints] = self._cache[key]
            return cached
        samples = self.samples_raw[self._of("samples", index, strategy)]
        result = {
            "ts": samples["ts"].copy(),
            "realized": self._scaled(samples["realized"], index),
            "unrealized": self._scaled(samples["unrealized"], index),
            "fee": self._scaled(samples["fee"], index),
            "known": ((samples["position"] == 0) | (samples["mark_source"] != 0)).astype(np.int64),
        }
        self._cache[key] = result
        return result

    def _fill_money(self) -> dict[str, Ints]:
        """Value, fee, realised PnL and PnL to the end of every fill, in currency units."""
        if "fill_money" in self._cache:
            cached: dict[str, Ints] = self._cache["fill_money"]
            return cached
        fills = self.fills_raw
        money = {
            name: np.zeros(fills.size, np.int64)
            for name in ("notional", "fee", "realized", "pnl", "edge", *(name for name, _ in HORIZONS))
        }
        measured = {name: np.zeros(fills.size, np.bool_) for name in ("edge", *(name for name, _ in HORIZONS))}
        for index, strategy in self._parts:
            instrument = self.instruments[index]
            rows = self._of("fills", index, strategy)
            own = fills[rows]
            mult, inverse = instrument.value_mult, instrument.is_inverse
            direction = -1 if inverse else 1
            sign = np.where(own["side"] == 0, 1, -1).astype(np.int64)
            value = st.fill_values(own["price"], own["qty"], mult, inverse)
            mark = self._end_mark(index, strategy)
            pnl = own["realized"] - own["fee"]
            if mark is not None and own.size:
                lots = sign * own["qty"]
                before = own["position"][:1] - lots[:1]  # not flat where retention dropped earlier fills
                values = st.end_values(np.concatenate([before, lots]), *mark)[1:]
                pnl = direction * (values - sign * value) - own["fee"]
            money["notional"][rows] = self._scaled(np.abs(value), index)
            money["fee"][rows] = self._scaled(own["fee"], index)
            money["realized"][rows] = self._scaled(own["realized"], index)
            money["pnl"][rows] = self._scaled(pnl, index)
            whole = self._whole or self
            samples = whole.samples_raw[whole._of("samples", index)]
            mids = {"edge": own["mid2"]}
            for name, horizon in HORIZONS:
                mids[name] = st.markout_mid2(own["ts_local"], horizon, samples["ts"], samples["mid2"])
            for name, mid2 in mids.items():
                at_mid = st.values_at_mid(mid2, own["qty"], mult, inverse)
                measured[name][rows] = mid2 != 0
                money[name][rows] = self._scaled(np.where(mid2 != 0, direction * sign * (at_mid - value), 0), index)
        self._cache["measured"] = measured
        self._cache["fill_money"] = money
        return money

    def _measured(self) -> dict[str, npt.NDArray[np.bool_]]:
        self._fill_money()
        measured: dict[str, npt.NDArray[np.bool_]] = self._cache["measured"]
        return measured

    def _in_currency(self, name: str, currency: str) -> npt.NDArray[np.bool_]:
        wanted = np.array([instrument.settle == currency for instrument in self.instruments])
        result: npt.NDArray[np.bool_] = wanted[getattr(self, f"{name}_raw")["instrument"]]
        return result

    def funding_units(self, currency: str) -> int:
        """Funding paid (negative: received), exact, in ``money_unit(currency)``.

        It is what the run counted at each funding; of records without that count it is what was paid in all less the
        fees of the fills.
        """
        counted = self.counters.get("funding_units")
        if counted is not None:
            return sum(
                int(units) * self._scale(index)
                for index, units in enumerate(counted)
                if self.instruments[index].settle == currency
            )
        return self.totals.curves[ACCOUNT, currency].fee - self._sum_over_fills(currency, "fee")

    def _sum_over_fills(self, currency: str, name: str, cause: int | None = None) -> int:
        """A sum of the fills in a currency, of one cause or of all, in units of the currency."""
        return sum(
            getattr(sums, name) * self._scale(index)
            for (index, _, code), sums in self.totals.causes.items()
            if self.instruments[index].settle == currency and cause in (None, code)
        )

    def impact_cost_units(self, currency: str) -> int:
        """What takers paid beyond recorded prices because own executions had moved them; it is in the fills' prices."""
        costs = self.counters.get("impact_cost_units") or [0] * len(self.instruments)
        return sum(
            int(cost) * self._scale(index)
            for index, cost in enumerate(costs)
            if self.instruments[index].settle == currency
        )

    def pnl_units(self, currency: str) -> int:
        """Total PnL after fees and funding at the end of the run, exact, in ``money_unit(currency)``.

        An open position whose mark is unknown then is in it with nothing but its fees; ``end_equity`` and
        ``unrealized_pnl`` of the statistics are None in such a run.
        """
        self.money_unit(currency)
        return self.totals.curves[ACCOUNT, currency].pnl

    # ------------------------------------------------------------------ tables

    def _symbols(self, name: str) -> pa.Array[Any]:
        return _dictionary(getattr(self, f"{name}_raw")["instrument"], [i.symbol for i in self.instruments])

    def _names(self, name: str) -> pa.Array[Any]:
        return _dictionary(getattr(self, f"{name}_raw")["strategy"], [one["name"] for one in self.strategies])

    def _currency_column(self, name: str) -> pa.Array[Any]:
        currencies = self.currencies
        of = np.array([currencies.index(i.settle) for i in self.instruments], np.int32)
        return _dictionary(of[getattr(self, f"{name}_raw")["instrument"]], currencies)

    def _money_columns(self, units: Ints, name: str) -> Floats:
        raw = getattr(self, f"{name}_raw")
        result = np.zeros(units.shape)
        for index, instrument in enumerate(self.instruments):
            rows = np.flatnonzero(raw["instrument"] == index)
            result[rows] = self._unit_floats(units[rows], instrument.settle)
        return result

    @property
    def fills(self) -> pa.Table:
        """One row per fill, in the order in which they became known locally.

        ``doubts`` names what a fill rests on that the data does not say (`velora.FillDoubt`), joined by ``|``; empty
        for none. ``pnl`` is the fill's PnL to the end of the run (see `pnl_by_cause`); ``edge`` and the markouts are
        money, null where no mid was known. ``position`` is the instrument's position after the fill.
        """
        if "fills" not in self._tables:
            raw, money, measured = self.fills_raw, self._fill_money(), self._measured()
            columns: dict[str, Any] = {
                "ts_venue": _timestamps(raw["ts_venue"]),
                "ts_local": _timestamps(raw["ts_local"]),
                "symbol": self._symbols("fills"),
                "strategy": self._names("fills"),
                "side": _dictionary(raw["side"], SIDES),
                "cause": _dictionary(raw["cause"], CAUSES),
                "liquidity": _dictionary(raw["maker"] != 0, LIQUIDITY),
                "doubts": _dictionary(raw["doubts"] & 15, DOUBTS),
                "price": self._gather("fills", "price", "price"),
                "qty": self._gather("fills", "qty", "qty"),
                "notional": self._money_columns(money["notional"], "fills"),
                "fee": self._money_columns(money["fee"], "fills"),
                "currency": self._currency_column("fills"),
                "realized_pnl": self._money_columns(money["realized"], "fills"),
                "pnl": self._money_columns(money["pnl"], "fills"),
                "position": self._gather("fills", "position", "qty"),
                "mid": _nullable(self._gather("fills", "mid2", "mid"), raw["mid2"] != 0),
            }
            for name in ("edge", *(name for name, _ in HORIZONS)):
                columns[name] = _nullable(self._money_columns(money[name], "fills"), measured[name])
            columns |= {
                "order_id": raw["order_id"],
                "datum_ts": _timestamps(raw["datum_ts"]),
                "datum_row": raw["datum_row"],
                "price_ticks": raw["price"],
                "qty_lots": raw["qty"],
                "position_lots": raw["position"],
                "mid2_ticks": raw["mid2"],
                "notional_units": money["notional"],
                "fee_units": money["fee"],
                "realized_units": money["realized"],
                "pnl_units": money["pnl"],
            }
            self._tables["fills"] = _table(columns)
        return self._tables["fills"]

    @property
    def orders(self) -> pa.Table:
        """One row per order; instants that never came are null, and so is the price of a market order."""
        if "orders" not in self._tables:
            raw = self.orders_raw
            self._tables["orders"] = _table(
                {
                    "order_id": raw["order_id"],
                    "symbol": self._symbols("orders"),
                    "strategy": self._names("orders"),
                    "side": _dictionary(raw["side"], SIDES),
                    "type": _dictionary(raw["type"], ORDER_TYPES),
                    "time_in_force": _dictionary(raw["tif"], TIMES_IN_FORCE),
                    "post_only": raw["post_only"] != 0,
                    "state": _dictionary(raw["state"], ORDER_STATES),
                    "reason": _dictionary(raw["reason"], REASONS),
                    "amends": raw["amends"],
                    "price": _nullable(
                        self._gather("orders", "price", "price"),
                        (raw["type"] == 0) | ((raw["type"] == 2) & (raw["price"] != 0)),
                    ),
                    "qty": self._gather("orders", "qty", "qty"),
                    "cum_qty": self._gather("orders", "cum_qty", "qty"),
                    "ts_sent": _timestamps(raw["ts_sent"]),
                    "ts_ack": _timestamps(raw["ts_ack"]),
                    "ts_done": _timestamps(raw["ts_done"]),
                    "price_ticks": raw["price"],
                    "qty_lots": raw["qty"],
                    "cum_qty_lots": raw["cum_qty"],
                }
            )
        return self._tables["orders"]

    def _begins_flat(self, index: int, strategy: int) -> bool:
        """Whether the first sample of a strategy's instrument was taken before anything happened."""
        rows = self._of("samples", index, strategy)
        return rows.size == 0 or not any(self.samples_raw[name][rows[0]] for name in ("position", "cash", "fee"))

    def _equity_of(self, currency: str, *, with_unknown: bool = False) -> dict[str, Ints]:
        """The account at its sample instants, those left out at which an open position had no mark."""
        key = f"equity_{currency}_{with_unknown}"
        if key in self._cache:
            cached: dict[str, Ints] = self._cache[key]
            return cached
        pairs = [(i, k) for i, k in self._parts if self.instruments[i].settle == currency]
        parts = [self._pnl_samples(i, k) for i, k in pairs]
        ts = np.unique(np.concatenate([part["ts"] for part in parts]))
        if self.dropped["samples"]:  # what a part was before its first sample is not here
            ts = ts[ts >= max((int(part["ts"][0]) for part in parts if part["ts"].size), default=0)]
        totals = {name: np.zeros(ts.size, np.int64) for name in ("realized", "unrealized", "fee", "known")}
        for part in parts:
            if part["ts"].size == 0:
                totals["known"] += 1
                continue
            at = np.searchsorted(part["ts"], ts, side="right") - 1
            for name, total in totals.items():
                total += np.where(at >= 0, part[name][np.maximum(at, 0)], int(name == "known"))
        begins_flat = not self.dropped["samples"] and all(self._begins_flat(i, k) for i, k in pairs)
        if ts.size and begins_flat and any(totals[name][0] for name in ("realized", "unrealized", "fee")):
            # The fills of the first instant came after its first sample, at which nothing had happened.
            ts = np.concatenate([ts[:1], ts])
            first = {"known": len(parts)}
            totals = {
                name: np.concatenate([np.full(1, first.get(name, 0), np.int64), total])
                for name, total in totals.items()
            }
        pnl = totals["realized"] + totals["unrealized"] - totals["fee"]
        known = totals["known"] == len(parts)
        result = {"ts": ts, **totals, "pnl": pnl, "equity": pnl + self.start_cash_units(currency)}
        result["known"] = known.astype(np.int64)
        if not with_unknown and not known.all():
            result = {name: column[known] for name, column in result.items()}
        self._cache[key] = result
        return result

    @property
    def equity(self) -> pa.Table:
        """The account over time, per settlement currency: one row per instant at which anything was sampled. The first
        row is the start cash, before any fill; fills of that very instant make a second row of it.

        ``equity = start cash + realized + unrealized - fee``, summed over the instruments that settle in the
        currency, each at its last sample. Positions count at their marks (`Position.mark`), so that the row of an
        instant is what `Portfolio.equity` said then; ``equity``, ``pnl`` and ``unrealized`` are null where an open
        position had none. ``fee`` is cumulative and holds funding. Several currencies follow one another, each in
        time order.
        """
        if "equity" not in self._tables:
            columns: dict[str, list[Any]] = {}
            for code, currency in enumerate(self.currencies):
                curve = self._equity_of(currency, with_unknown=True)
                columns.setdefault("known", []).append(curve["known"] != 0)
                columns.setdefault("ts", []).append(curve["ts"])
                columns.setdefault("code", []).append(np.full(curve["ts"].size, code, np.int32))
                for name in ("equity", "pnl", "realized", "unrealized", "fee"):
                    columns.setdefault(name, []).append(self._unit_floats(curve[name], currency))
                    columns.setdefault(f"{name}_units", []).append(curve[name])
            joined = {name: np.concatenate(parts) for name, parts in columns.items()}
            amounts = ("equity", "pnl", "realized", "unrealized", "fee")
            names = (*amounts, *(f"{name}_units" for name in amounts))
            resting = ("equity", "pnl", "unrealized")  # on marks
            self._tables["equity"] = _table(
                {
                    "ts": _timestamps(joined["ts"]),
                    "currency": _dictionary(joined["code"], self.currencies),
                    **{
                        name: _nullable(joined[name], joined["known"])
                        if name.removesuffix("_units") in resting
                        else joined[name]
                        for name in names
                    },
                }
            )
        return self._tables["equity"]

    @property
    def position(self) -> pa.Table:
        """The samples: position, mid, mark and PnL per instrument, at each sample instant and after each fill.

        After a fill there is one of each other open position besides. ``mark`` and ``unrealized`` are null where
        nothing is known; ``mark_source`` is a name of `velora.MarkSource`.
        """
        if "position" not in self._tables:
            raw = self.samples_raw
            money = {name: np.zeros(raw.size, np.int64) for name in ("realized", "unrealized", "fee", "known")}
            for index, strategy in self._parts:
                part = self._pnl_samples(index, strategy)
                for name, column in money.items():
                    column[self._of("samples", index, strategy)] = part[name]
            known = money.pop("known") != 0
            units = {
                name: _nullable(column, known) if name == "unrealized" else column for name, column in money.items()
            }
            amounts = {name: self._money_columns(column, "samples") for name, column in money.items()}
            marks = np.where(
                raw["mark_source"] == MARK_SOURCES.index("MARK_PRICE"),
                raw["mark"] / _RATE_SCALE,
                self._gather("samples", "mark", "mid"),
            )
            self._tables["position"] = _table(
                {
                    "ts": _timestamps(raw["ts"]),
                    "symbol": self._symbols("samples"),
                    "strategy": self._names("samples"),
                    "position": self._gather("samples", "position", "qty"),
                    "mid": _nullable(self._gather("samples", "mid2", "mid"), raw["mid2"] != 0),
                    "mark": _nullable(marks, raw["mark_source"] != 0),
                    "mark_source": _dictionary(raw["mark_source"], MARK_SOURCES),
                    "currency": self._currency_column("samples"),
                    **{
                        name: _nullable(column, known) if name == "unrealized" else column
                        for name, column in amounts.items()
                    },
                    "position_lots": raw["position"],
                    "mid2_ticks": raw["mid2"],
                    **{f"{name}_units": column for name, column in units.items()},
                }
            )
        return self._tables["position"]

    def pnl_by_cause(self) -> pa.Table:
        """Split the run's PnL over what made its fills happen.

        Returns
        -------
        pyarrow.Table
            One row per settlement currency and cause (QUEUE, THROUGH, CROSS, TAKER, CANDLE), and a row
            FUNDING where any was paid or received: ``currency, cause, fills, qty, notional, fee,
            realized_pnl, pnl, edge, markout_1s, markout_10s``, the three last also in basis points of the
            notional that they were measured on (``*_bps``), and the exact ``notional_units, fee_units,
            realized_units, pnl_units``. ``qty`` is null when instruments with different quantities meet in
            one row.

        Notes
        -----
        ``pnl`` is what the fills of a cause were worth by the end of the run: ``signed qty * (end mark -
        price) - fee`` per fill, in integers (`velora.backtest.statistics.end_marks`). Over causes and funding
        it sums exactly to the run's PnL. It is not the realised PnL, which belongs to the fill that closes
        and not to the one that opened.

        ``edge`` is the same against the mid at the venue at the fill, before fees; a markout against the mid
        1 s or 10 s later (`velora.backtest.statistics.markout_mid2`). Both are sums over the fills for which
        the mid is known, NaN when it is known for none. A maker wants ``edge > 0`` that survives in the
        markouts; an edge that turns into a negative markout is adverse selection.

        Raises
        ------
        CorruptData
            If the fills and the samples contradict each other.
        """
        if "by_cause" not in self._tables:
            self._tables["by_cause"] = _table(self._by_cause())
        return self._tables["by_cause"]

    def _by_cause(self) -> dict[str, Any]:
        totals = self.totals
        rows: dict[str, list[Any]] = {}

        def put(**values: Any) -> None:
            for name, value in values.items():
                rows.setdefault(name, []).append(value)

        for currency in self.currencies:
            unit = float(1 / self.money_unit(currency))
            bases = {(i.base, i.kind) for i in self.instruments if i.settle == currency}
            total = 0
            for code, cause in enumerate(CAUSES):
                chosen = {
                    index: [sums for (i, _, c), sums in sorted(totals.causes.items()) if (i, c) == (index, code)]
                    for index, instrument in enumerate(self.instruments)
                    if instrument.settle == currency
                }
                exact = {name: self._sum_over_fills(currency, name, code) for name in ("notional", "fee", "realized")}
                exact["pnl"] = sum(self._pnl_to_end(index, code) for index in chosen)
                total += exact["pnl"]
                estimates: dict[str, float] = {}
                for name, _ in ESTIMATES:
                    known = [(self._scale(i), getattr(sums, name)) for i, part in chosen.items() for sums in part]
                    gain = sum(scale * measured.gain for scale, measured in known)
                    base = sum(scale * measured.notional for scale, measured in known)
                    is_known = any(measured.fills for _, measured in known)
                    estimates[name] = gain / unit if is_known else float("nan")
                    estimates[f"{name}_bps"] = gain / base * 1e4 if base > 0 else float("nan")
                qty = sum(
                    sums.qty * self.instruments[i].lot_num / self.instruments[i].lot_den
                    for i, part in chosen.items()
                    for sums in part
                )
                put(
                    currency=currency,
                    cause=cause,
                    fills=sum(sums.fills for part in chosen.values() for sums in part),
                    qty=float(qty) if len(bases) == 1 else None,
                    notional=exact["notional"] / unit,
                    fee=exact["fee"] / unit,
                    realized_pnl=exact["realized"] / unit,
                    pnl=exact["pnl"] / unit,
                    **estimates,
                    **{f"{name}_units": value for name, value in exact.items()},
                )
            funding = self.funding_units(currency)
            if funding:
                total -= funding
                put(currency=currency, cause="FUNDING", fills=0, qty=0.0, notional=0.0, fee=funding / unit)
                put(realized_pnl=0.0, pnl=-funding / unit)
                for name, _ in ESTIMATES:
                    put(**{name: float("nan"), f"{name}_bps": float("nan")})
                put(notional_units=0, fee_units=funding, realized_units=0, pnl_units=-funding)
            if total != self.pnl_units(currency):
                raise CorruptData(
                    f"the fills in {currency} make a PnL of {total} units, the samples end at "
                    f"{self.pnl_units(currency)}",
                    mend="The records are incomplete: run the backtest again",
                )
        return rows

    def _pnl_to_end(self, index: int, cause: int) -> int:
        """What an instrument's fills of a cause were worth at its end marks, after fees, in units of the currency.

        The value of what a strategy's fills make is shared over their causes as
        `velora.backtest.statistics.end_values` shares it over fills: nothing is left over.
        """
        direction = -1 if self.instruments[index].is_inverse else 1
        total = 0
        for strategy in range(len(self.strategies)):
            parts = [self.totals.causes.get((index, strategy, code)) for code in range(cause + 1)]
            sums = parts[-1]
            if sums is None:
                continue
            mark = self._end_mark(index, strategy)
            if mark is None:
                total += sums.realized - sums.fee
                continue
            lots = [sum(part.lots for part in parts[:-1] if part is not None), sums.lots]
            share = int(st.end_values(np.array(lots, np.int64), *mark)[1])
            total += direction * (share - sums.value) - sums.fee
        return total * self._scale(index)

    # ------------------------------------------------------------------ figures

    def sample_interval_ns(self) -> int:
        """The interval of the regular samples, ns: ``config["sample_ns"]``, one second where that is 0.

        Where it is not set it is the most frequent distance of the samples that no fill made, or one second
        when there are too few to tell.
        """
        stated = self.config.get("sample_ns")
        if isinstance(stated, int):
            return stated if stated > 0 else _SECOND_NS
        ts = np.setdiff1d(self.samples_raw["ts"], self.fills_raw["ts_local"])
        if ts.size < 3:
            return _SECOND_NS
        distances, counts = np.unique(np.diff(ts), return_counts=True)
        return int(distances[np.argmax(counts)])

    @property
    def period(self) -> tuple[int, int]:
        """First and last sample instant, ns; (0, 0) without samples. A warm-up is before it."""
        spans = [(sums.first_ts, sums.ts) for sums in self.totals.holdings.values() if sums.first_ts is not None]
        if not spans:
            return (0, 0)
        return min(first for first, _ in spans), max(last for _, last in spans)

    def statistics(self) -> dict[str, Any]:
        """All figures as a JSON-ready dict: counts of the run, then ``money`` per currency and ``inventory``
        per symbol.

        Values that do not exist (a ratio over nothing) are None. Formulas: `velora.backtest.statistics` and
        docs/concepts/results.md.
        """
        if "statistics" not in self._cache:
            self._cache["statistics"] = self._statistics()
        result: dict[str, Any] = self._cache["statistics"]
        return result

    def _statistics(self) -> dict[str, Any]:
        totals = self.totals
        sums = totals.orders.values()
        count, amends, filled = (sum(getattr(one, name) for one in sums) for name in ("count", "amends", "filled"))
        waited = sum(one.waited for one in sums)
        interval = totals.interval_ns
        return {
            "orders": count,
            "order_outcomes": {
                state: sum(one.states.get(code, 0) for one in sums) for code, state in enumerate(ORDER_STATES)
            },
            "amends": amends,
            "fills": totals.fills,
            "fill_ratio": filled / count if count else None,
            "order_to_trade": (count + amends) / totals.fills if totals.fills else None,
            "average_time_to_fill_s": sum(one.wait_ns for one in sums) / waited / _SECOND_NS if waited else None,
            "sample_interval_s": interval / _SECOND_NS,
            "money": [self._money_statistics(currency) for currency in self.currencies],
            "inventory": [self._inventory_statistics(index) for index in range(len(self.instruments))],
            "balances": self._balances(),
        }

    def _balances(self) -> list[dict[str, Any]]:
        """The lowest balance of each asset of spot instruments; of settlement currencies where there was cash."""
        found = []
        for (_, asset), sums in self.totals.balances.items():
            start = Decimal(0)
            if asset in self.currencies:
                start = self.start_cash_units(asset) * self.money_unit(asset)
            is_base = any((one.base or one.symbol) == asset for one in self.instruments if one.kind == "spot")
            if is_base or start > 0:
                lowest = float(start + Decimal(sums.low) / sums.scale)
                found.append({"asset": asset, "is_cash": asset in self.currencies, "lowest": lowest})
        return found

    def _money_statistics(self, currency: str) -> dict[str, Any]:
        totals = self.totals
        curve, interval = totals.curves[ACCOUNT, currency], totals.interval_ns
        ends_marked = curve.is_marked
        unit = float(1 / self.money_unit(currency))
        cash = self.start_cash_units(currency)
        pnl = self.pnl_units(currency)
        turnover = self._sum_over_fills(currency, "notional")
        of = [index for index, instrument in enumerate(self.instruments) if instrument.settle == currency]
        trips = [(self._scale(index), sums) for (index, _), sums in totals.trips.items() if index in of]
        closed = sum(sums.count for _, sums in trips)
        sharpe = st.sharpe_of_sums(curve.intervals, curve.gained, curve.squares, interval)
        sortino = st.sortino_of_sums(curve.intervals, curve.gained, curve.squares, curve.loss_squares, interval)
        top = cash + curve.peak if curve.fall else cash
        return {
            "currency": currency,
            "start_cash": cash / unit,
            "end_equity": (cash + pnl) / unit if ends_marked else None,
            "pnl": pnl / unit,
            "pnl_units": pnl,
            "money_unit": str(self.money_unit(currency)),
            "realized_pnl": curve.realized / unit,
            "unrealized_pnl": curve.unrealized / unit if ends_marked else None,
            "fees": self._sum_over_fills(currency, "fee") / unit,
            "funding": self.funding_units(currency) / unit,
            "impact_cost": self.impact_cost_units(currency) / unit,
            "total_return": pnl / cash if cash > 0 and ends_marked else None,
            "turnover": turnover / unit,
            "return_on_turnover_bps": pnl / turnover * 1e4 if turnover else None,
            "maker_share": self._sum_over_fills(currency, "maker") / turnover if turnover else None,
            "max_drawdown": curve.fall / unit,
            "max_drawdown_fraction": (curve.fall / top if top > 0 else None) if cash > 0 else None,
            "drawdown_of": f"samples every {format_span(interval / _SECOND_NS)} and after each fill"
            if self.config.get("sample_ns", interval)
            else "samples after each fill",
            "lowest_equity": (cash + curve.low) / unit if cash > 0 else None,
            "largest_leverage": curve.leverage if cash > 0 else None,
            "sharpe": finite_or_none(sharpe),
            "sortino": finite_or_none(sortino),
            "round_trips": closed,
            "win_rate": sum(sums.won for _, sums in trips) / closed if closed else None,
            "average_round_trip_pnl": sum(scale * sums.pnl for scale, sums in trips) / closed / unit
            if closed
            else None,
            "average_round_trip_s": sum(sums.duration_ns for _, sums in trips) / closed / _SECOND_NS
            if closed
            else None,
        }

    def _inventory_statistics(self, index: int) -> dict[str, Any]:
        instrument = self.instruments[index]
        sums = self.totals.holdings[ACCOUNT, index]
        span = 0 if sums.first_ts is None else self.period[1] - sums.first_ts
        rest = self.period[1] - sums.ts  # the last position stands until the end
        lot_ns, held_ns = sums.lot_ns + abs(sums.lots) * rest, sums.held_ns + (rest if sums.lots else 0)
        return {
            "symbol": instrument.symbol,
            "fills": sum(one.fills for (i, _, _), one in self.totals.causes.items() if i == index),
            "end_position": instrument.lots_to_qty(sums.lots),
            "max_long": instrument.lots_to_qty(sums.high),
            "max_short": instrument.lots_to_qty(-sums.low),
            "average_inventory": lot_ns / span * (instrument.lot_num / instrument.lot_den) if span else 0.0,
            "time_in_market": held_ns / span if span else 0.0,
        }

    def _net_position(self, index: int) -> tuple[Ints, Ints]:
        """Instants of an instrument's samples and the position, over all strategies, from each on."""
        rows = self._of("samples", index)
        ts, lots = self.samples_raw["ts"][rows], self.samples_raw["position"][rows]
        if len(self.strategies) > 1:
            # Each sample changes what its own strategy is known to hold.
            of = self.samples_raw["strategy"][rows]
            change = np.zeros(rows.size, np.int64)
            for strategy in range(len(self.strategies)):
                own = of == strategy
                change[own] = np.diff(lots[own], prepend=0)
            net = np.cumsum(change)
            last = np.append(ts[1:] != ts[:-1], True)  # between the samples of one instant nothing stands still
            ts, lots = ts[last], net[last]
        return ts, lots

    def summary(self) -> Summary:
        """The figures of the run, ready to print: in a terminal, a pipe or a notebook."""
        return Summary(self)

    def explain(self, order_id: int) -> Explanation:
        """Why an order did what it did: its life, its place in the queue, and for each fill its cause and the datum.

        Parameters
        ----------
        order_id : int

        Raises
        ------
        NotFound
            If the run had no such order.
        """
        from velora.backtest.explain import explain

        return explain(self, order_id)

    def audit(self, data: object = None) -> Audit:
        """How far to trust the run: what its fills rest on, what the data can resolve, and what was assumed.

        Parameters
        ----------
        data : optional
            The data of the run, as `Backtest` took it, or the catalog that held it. With it a second pass finds how
            large the fills were beside the prints and levels that made them, and how long the books were crossed. What
            it finds stays with the result: later audits, reports and saved results have it.

        Returns
        -------
        Audit
            Print it, or read `to_dict()`. After `velora.backtest.bounds.queue_bounds` it also says how many fills by
            place stand under the pessimistic bound.
        """
        from velora.backtest.audit import audit

        return audit(self, data)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write a self-contained HTML report; see `velora.backtest.report.write_html`."""
        from velora.backtest.report import write_html

        return write_html(self, path)

    # ------------------------------------------------------------------ keeping

    def _checksum(self) -> str:
        """BLAKE2b-128 of the records in their memory layout (padding zero) and the run's identity."""
        digest = hashlib.blake2b(digest_size=16)
        for name in RECORDS:
            records = getattr(self, f"{name}_raw")
            digest.update(f"{name} {records.size}\n".encode())
            digest.update(records.tobytes())
        identity = [
            self.strategy,
            [one["name"] for one in self.strategies],
            self.hash,
            self.rows,
            [i.to_dict() for i in self.instruments],
        ]
        digest.update(json.dumps(identity, sort_keys=True).encode())
        if self._keeps_totals:  # the figures are not made of the records that are here
            digest.update(json.dumps(self.totals.to_dict(), sort_keys=True).encode())
        return digest.hexdigest()

    def to_parquet(self, folder: str | os.PathLike[str]) -> Path:
        """Save the result in a folder; `load` reads it back.

        Parameters
        ----------
        folder : path
            Made if absent (its parent must exist). The files of a result that is already there are replaced, all or
            none of them; whatever else lies there is left alone.

        Raises
        ------
        MissingFile
            If the parent folder does not exist.
        InvalidArgument
            If the folder holds something that is not a result, or is a link.
        """
        from velora.backtest.saved import FORMAT, save_result

        meta = {
            "format": FORMAT,
            "versions": versions(),
            "strategy": self.strategy,
            "hash": self.hash,
            "rows": self.rows,
            "elapsed_s": self.elapsed_s,
            "instruments": [instrument.to_dict() for instrument in self.instruments],
            "strategies": self.strategies,
            "counters": self.counters,
            "config": self.config,
            "data": self.data,
            "totals": self.totals.to_dict() if self._keeps_totals else None,
            "records": self._checksum(),
        }
        if self.callback_times is not None:
            meta["callbacks"] = self.callback_times.to_dict()
            meta["callbacks_note"] = self.callback_note
        return save_result(meta, {name: getattr(self, f"{name}_raw") for name in RECORDS}, folder)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Result:
        """Open a result that `to_parquet` saved.

        Raises
        ------
        MissingFile
            If the folder or one of its files does not exist.
        CorruptData
            If a file cannot be read, or is not the one that was saved.
        """
        from velora.backtest.saved import load_result

        return load_result(folder)


def versions() -> dict[str, str]:
    """Versions that a result depends on."""
    import platform
    from importlib import metadata

    found = {"python": platform.python_version(), "numpy": np.__version__}
    for package in ("velora", "pyarrow"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def _timestamps(values: Ints) -> pa.Array[Any]:
    import pyarrow as pa

    kind = pa.timestamp("ns", tz="UTC")
    return pa.array(np.ascontiguousarray(values), mask=np.ascontiguousarray(values == 0)).cast(kind)


def _nullable(values: Floats | Ints, known: npt.NDArray[np.bool_]) -> pa.Array[Any]:
    import pyarrow as pa

    return pa.array(values, mask=~known)


def _dictionary(codes: npt.NDArray[Any], names: tuple[str, ...] | list[str]) -> pa.Array[Any]:
    import pyarrow as pa

    codes = codes.astype(np.int32)
    if codes.size and int(codes.max()) >= len(names):
        names = [*names, *(f"CODE_{code}" for code in range(len(names), int(codes.max()) + 1))]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names, pa.string()))


def _table(columns: Mapping[str, Any]) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            name: np.ascontiguousarray(column) if isinstance(column, np.ndarray) else column
            for name, column in columns.items()
        }
    )
