"""The result of a run: exact records, tables in human units, figures, and a folder to keep it in.

The folder of a saved result (format 3) holds five files::

    result.json        format, versions, instruments, strategies, configuration, counters, run hash, and the checksum
    fills.parquet      the records as the engine wrote them: integers, one column per field
    orders.parquet
    samples.parquet
    places.parquet     changes of places in queues; empty where the run did not trace them

The checksum is BLAKE2b-128 over the record arrays in their memory layout (padding zero) and the run's
identity (strategy, run hash, instruments); a reader recomputes it and refuses the folder when it differs.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest import statistics as st
from velora.backtest.callbacks import CallbackTimes
from velora.backtest.summary import Summary, finite_or_none
from velora.core.instrument import Instrument
from velora.errors import CapacityError, CorruptData, InvalidArgument, MissingFile

if TYPE_CHECKING:
    import pyarrow as pa

    from velora.backtest.audit import Audit
    from velora.backtest.explain import Explanation

__all__ = ["CAUSES", "FILLS_DTYPE", "ORDERS_DTYPE", "PLACES_DTYPE", "SAMPLES_DTYPE", "Result", "Summary"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Records = npt.NDArray[Any]

SIDES = ("BUY", "SELL", "NONE")
CAUSES = ("QUEUE", "THROUGH", "CROSS", "TAKER", "CANDLE")
LIQUIDITY = ("TAKER", "MAKER")
ORDER_TYPES = ("LIMIT", "MARKET")
TIMES_IN_FORCE = ("GTC", "IOC", "FOK")
ORDER_STATES = ("PENDING", "OPEN", "FILLED", "CANCELED", "REJECTED", "EXPIRED")
#: csrc/include/velora/order.h, VEL_REASON_*
REASONS = (
    "NONE",
    "POST_ONLY",
    "FOK",
    "IOC",
    "NO_LIQUIDITY",
    "SELF_TRADE",
    "HALTED",
    "FILTER",
    "UNKNOWN_ORDER",
    "AMEND",
    "GATEWAY",
    "OVERLOADED",
    "TIMEOUT",
    "UNKNOWN_BOOK",
)
#: Markouts are measured this long after a fill.
HORIZONS = (("markout_1s", 1_000_000_000), ("markout_10s", 10_000_000_000))

_FORMAT = 3
_SECOND_NS = 1_000_000_000

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
_RECORDS = {"fills": FILLS_DTYPE, "orders": ORDERS_DTYPE, "samples": SAMPLES_DTYPE, "places": PLACES_DTYPE}


def _records(raw: Mapping[str, Any], name: str) -> Records:
    """The record array in our own layout; the fields are matched by name, so padding may differ."""
    given = np.asarray(raw[name])
    dtype = _RECORDS[name]
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
        ``places``, ``data``, and ``strategies`` where there are several.

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
        for name in _RECORDS:
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

    def __repr__(self) -> str:
        symbols = ", ".join(instrument.symbol for instrument in self.instruments)
        return f"Result({self.strategy} on {symbols}: {self.fills_raw.size} fills, hash {self.hash})"

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
        return Result(
            {
                **raw,
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

    @property
    def is_complete(self) -> bool:
        """Whether all fills and orders of the run are here: a retention bound may have dropped the older ones."""
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
        return int((Decimal(str(cash)) / self.money_unit(currency)).to_integral_value())

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

    def _marks(self, index: int) -> Ints:
        """Mid (times two) that marks the position at each sample of an instrument: the last known one.

        Before the first known mid it is the price of the last fill; 0 where there is neither.
        """
        samples = self.samples_raw[self._of("samples", index)]
        mid2 = samples["mid2"]
        at = np.where(mid2 != 0, np.arange(mid2.size), -1)
        last = np.maximum.accumulate(at) if at.size else at
        marks = np.where(last >= 0, mid2[np.maximum(last, 0)], 0)
        unknown = np.flatnonzero(last < 0)
        fills = self.fills_raw[self._of("fills", index)]
        if unknown.size and fills.size:
            fill = np.searchsorted(fills["ts_local"], samples["ts"][unknown], side="right") - 1
            marks[unknown] = np.where(fill >= 0, fills["price"][np.maximum(fill, 0)] * 2, 0)
        return marks.astype(np.int64)

    def _end_mid2(self, index: int) -> int:
        marks = self._marks(index)
        if marks.size and marks[-1] != 0:
            return int(marks[-1])
        fills = self.fills_raw[self._of("fills", index)]
        return int(fills["price"][-1]) * 2 if fills.size else 0

    def _pnl_samples(self, index: int, strategy: int = 0) -> dict[str, Ints]:
        """Realised, unrealised and fee of a strategy's instrument at its samples, in currency units."""
        key = f"pnl_samples_{index}_{strategy}"
        if key in self._cache:
            cached: dict[str, Ints] = self._cache[key]
            return cached
        instrument = self.instruments[index]
        rows = self._of("samples", index, strategy)
        samples = self.samples_raw[rows]
        unrealized = samples["unrealized"].copy()
        # The engine cannot value a position while a side of the book is empty and says 0 there; a curve that
        # drops to zero and back for it would be an invention. cash + direction * cost = realised holds at
        # every instant, so the value at the last known mid follows from the cash alone.
        holes = np.flatnonzero((samples["mid2"] == 0) & (samples["position"] != 0))
        if holes.size:
            direction = -1 if instrument.is_inverse else 1
            marks = self._marks(index)[np.searchsorted(self._of("samples", index), rows[holes])]
            value = st.values_at_mid(
                marks,
                samples["position"][holes],
                instrument.value_mult,
                instrument.is_inverse,
            )
            unrealized[holes] = samples["cash"][holes] + direction * value - samples["realized"][holes]
        result = {
            "ts": samples["ts"].copy(),
            "realized": self._scaled(samples["realized"], index),
            "unrealized": self._scaled(unrealized, index),
            "fee": self._scaled(samples["fee"], index),
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
            marks = st.end_marks(sign * own["qty"], self._end_mid2(index), mult, inverse)
            pnl = direction * (marks - sign * value) - own["fee"]
            money["notional"][rows] = self._scaled(np.abs(value), index)
            money["fee"][rows] = self._scaled(own["fee"], index)
            money["realized"][rows] = self._scaled(own["realized"], index)
            money["pnl"][rows] = self._scaled(pnl, index)
            samples = self.samples_raw[self._of("samples", index)]
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
        """Funding paid (negative: received): what was paid in all, less the fees of the fills."""
        paid = 0
        for index, strategy in self._parts:
            if self.instruments[index].settle == currency:
                fee = self._pnl_samples(index, strategy)["fee"]
                paid += int(fee[-1]) if fee.size else 0
        return paid - int(self._fill_money()["fee"][self._in_currency("fills", currency)].sum())

    def impact_cost_units(self, currency: str) -> int:
        """What takers paid beyond recorded prices because own executions had moved them; it is in the fills' prices."""
        costs = self.counters.get("impact_cost_units") or [0] * len(self.instruments)
        return sum(
            int(cost) * self._scale(index)
            for index, cost in enumerate(costs)
            if self.instruments[index].settle == currency
        )

    def pnl_units(self, currency: str) -> int:
        """Total PnL after fees and funding at the end of the run, exact, in ``money_unit(currency)``."""
        total = 0
        for index, strategy in self._parts:
            if self.instruments[index].settle == currency:
                end = self._pnl_samples(index, strategy)
                if end["ts"].size:
                    total += int(end["realized"][-1]) + int(end["unrealized"][-1]) - int(end["fee"][-1])
        return total

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

        ``pnl`` is the fill's PnL to the end of the run (see `pnl_by_cause`); ``edge`` and the markouts are
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
                    "price": _nullable(self._gather("orders", "price", "price"), raw["type"] == 0),
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

    def _equity_of(self, currency: str) -> dict[str, Ints]:
        key = f"equity_{currency}"
        if key in self._cache:
            cached: dict[str, Ints] = self._cache[key]
            return cached
        parts = [self._pnl_samples(i, k) for i, k in self._parts if self.instruments[i].settle == currency]
        ts = np.unique(np.concatenate([part["ts"] for part in parts]))
        totals = {name: np.zeros(ts.size, np.int64) for name in ("realized", "unrealized", "fee")}
        for part in parts:
            if part["ts"].size == 0:
                continue
            at = np.searchsorted(part["ts"], ts, side="right") - 1
            for name, total in totals.items():
                total += np.where(at >= 0, part[name][np.maximum(at, 0)], 0)
        pnl = totals["realized"] + totals["unrealized"] - totals["fee"]
        result = {"ts": ts, **totals, "pnl": pnl, "equity": pnl + self.start_cash_units(currency)}
        self._cache[key] = result
        return result

    @property
    def equity(self) -> pa.Table:
        """The account over time, per settlement currency: one row per instant at which anything was sampled.

        ``equity = start cash + realized + unrealized - fee``, summed over the instruments that settle in the
        currency, each at its last sample. While a side of a book is empty the last known mid marks the
        position. ``fee`` is cumulative and holds funding. Several currencies follow one another, each in time
        order.
        """
        if "equity" not in self._tables:
            columns: dict[str, list[Any]] = {}
            for code, currency in enumerate(self.currencies):
                curve = self._equity_of(currency)
                columns.setdefault("ts", []).append(curve["ts"])
                columns.setdefault("code", []).append(np.full(curve["ts"].size, code, np.int32))
                for name in ("equity", "pnl", "realized", "unrealized", "fee"):
                    columns.setdefault(name, []).append(self._unit_floats(curve[name], currency))
                    columns.setdefault(f"{name}_units", []).append(curve[name])
            joined = {name: np.concatenate(parts) for name, parts in columns.items()}
            names = ("equity", "pnl", "realized", "unrealized", "fee")
            self._tables["equity"] = _table(
                {
                    "ts": _timestamps(joined["ts"]),
                    "currency": _dictionary(joined["code"], self.currencies),
                    **{name: joined[name] for name in names},
                    **{f"{name}_units": joined[f"{name}_units"] for name in names},
                }
            )
        return self._tables["equity"]

    @property
    def position(self) -> pa.Table:
        """The samples: position, mid and PnL per instrument, at each sample instant and after each fill."""
        if "position" not in self._tables:
            raw = self.samples_raw
            money = {name: np.zeros(raw.size, np.int64) for name in ("realized", "unrealized", "fee")}
            for index, strategy in self._parts:
                part = self._pnl_samples(index, strategy)
                for name, column in money.items():
                    column[self._of("samples", index, strategy)] = part[name]
            self._tables["position"] = _table(
                {
                    "ts": _timestamps(raw["ts"]),
                    "symbol": self._symbols("samples"),
                    "strategy": self._names("samples"),
                    "position": self._gather("samples", "position", "qty"),
                    "mid": _nullable(self._gather("samples", "mid2", "mid"), raw["mid2"] != 0),
                    "currency": self._currency_column("samples"),
                    **{name: self._money_columns(units, "samples") for name, units in money.items()},
                    "position_lots": raw["position"],
                    "mid2_ticks": raw["mid2"],
                    **{f"{name}_units": units for name, units in money.items()},
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
        ``pnl`` is what the fills of a cause were worth by the end of the run: ``signed qty * (end mid -
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
        fills, money, measured = self.fills_raw, self._fill_money(), self._measured()
        quantities = self._gather("fills", "qty", "qty")
        rows: dict[str, list[Any]] = {}

        def put(**values: Any) -> None:
            for name, value in values.items():
                rows.setdefault(name, []).append(value)

        for currency in self.currencies:
            unit = float(1 / self.money_unit(currency))
            ours = self._in_currency("fills", currency)
            bases = {(i.base, i.kind) for i in self.instruments if i.settle == currency}
            total = 0
            for code, cause in enumerate(CAUSES):
                chosen = ours & (fills["cause"] == code)
                exact = {name: int(money[name][chosen].sum()) for name in ("notional", "fee", "realized", "pnl")}
                total += exact["pnl"]
                estimates: dict[str, float] = {}
                for name in ("edge", *(name for name, _ in HORIZONS)):
                    known = chosen & measured[name]
                    base = float(money["notional"][known].sum())
                    gain = float(money[name][known].sum())
                    estimates[name] = gain / unit if known.any() else float("nan")
                    estimates[f"{name}_bps"] = gain / base * 1e4 if base > 0 else float("nan")
                put(
                    currency=currency,
                    cause=cause,
                    fills=int(chosen.sum()),
                    qty=float(quantities[chosen].sum()) if len(bases) == 1 else None,
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
                for name in ("edge", *(name for name, _ in HORIZONS)):
                    put(**{name: float("nan"), f"{name}_bps": float("nan")})
                put(notional_units=0, fee_units=funding, realized_units=0, pnl_units=-funding)
            earlier = self.pnl_units(currency) - total
            if earlier and not self.is_complete:
                # What the dropped fills were worth: only the sum is known.
                put(currency=currency, cause="DROPPED", fills=0, qty=None, notional=0.0, fee=0.0, realized_pnl=0.0)
                put(pnl=earlier / unit, notional_units=0, fee_units=0, realized_units=0, pnl_units=earlier)
                for name in ("edge", *(name for name, _ in HORIZONS)):
                    put(**{name: float("nan"), f"{name}_bps": float("nan")})
            elif earlier:
                raise CorruptData(
                    f"the fills in {currency} make a PnL of {total} units, the samples end at "
                    f"{self.pnl_units(currency)}",
                    mend="The records are incomplete: run the backtest again",
                )
        return rows

    # ------------------------------------------------------------------ figures

    def sample_interval_ns(self) -> int:
        """The interval of the regular samples, ns: ``config["sample_ns"]``.

        Where that is not set it is the most frequent distance of the samples that no fill made, or one second
        when there are too few to tell.
        """
        stated = self.config.get("sample_ns", 0)
        if isinstance(stated, int) and stated > 0:
            return stated
        ts = np.setdiff1d(self.samples_raw["ts"], self.fills_raw["ts_local"])
        if ts.size < 3:
            return _SECOND_NS
        distances, counts = np.unique(np.diff(ts), return_counts=True)
        return int(distances[np.argmax(counts)])

    @property
    def period(self) -> tuple[int, int]:
        """First and last sample instant, ns; (0, 0) without samples."""
        ts = self.samples_raw["ts"]
        return (int(ts.min()), int(ts.max())) if ts.size else (0, 0)

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
        orders, fills = self.orders_raw, self.fills_raw
        filled = int((orders["cum_qty"] > 0).sum())
        outcomes = {state: int((orders["state"] == code).sum()) for code, state in enumerate(ORDER_STATES)}
        interval = self.sample_interval_ns()
        wait = st.average_time_to_fill_ns(orders["order_id"], orders["ts_sent"], fills["order_id"], fills["ts_local"])
        messages = int(orders.size + orders["amends"].sum())
        money = [self._money_statistics(currency, interval) for currency in self.currencies]
        return {
            "orders": int(orders.size),
            "order_outcomes": outcomes,
            "amends": int(orders["amends"].sum()),
            "fills": int(fills.size),
            "fill_ratio": filled / orders.size if orders.size else None,
            "order_to_trade": messages / fills.size if fills.size else None,
            "average_time_to_fill_s": finite_or_none(wait / _SECOND_NS),
            "sample_interval_s": interval / _SECOND_NS,
            "money": money,
            "inventory": [self._inventory_statistics(index) for index in range(len(self.instruments))],
        }

    def _money_statistics(self, currency: str, interval: int) -> dict[str, Any]:
        money, ours = self._fill_money(), self._in_currency("fills", currency)
        unit = float(1 / self.money_unit(currency))
        curve = self._equity_of(currency)
        equity = self._unit_floats(curve["equity"], currency)
        increments = st.increments_on_grid(curve["ts"], self._unit_floats(curve["pnl"], currency), interval)
        cash = self.start_cash_units(currency)
        fall = st.drawdown(equity)
        pnl = self.pnl_units(currency)
        turnover = int(money["notional"][ours].sum())
        maker = int(money["notional"][ours & (self.fills_raw["maker"] != 0)].sum())
        funding = self.funding_units(currency)
        trips = []
        for index, strategy in self._parts:
            if self.instruments[index].settle == currency:
                rows = self._of("fills", index, strategy)
                own = self.fills_raw[rows]
                trips.append(
                    st.round_trips(own["position"], money["realized"][rows], money["fee"][rows], own["ts_local"])
                )
        gains = np.concatenate([trip.pnl_units for trip in trips])
        durations = np.concatenate([trip.duration_ns for trip in trips])
        return {
            "currency": currency,
            "start_cash": cash / unit,
            "end_equity": (cash + pnl) / unit,
            "pnl": pnl / unit,
            "pnl_units": pnl,
            "money_unit": str(self.money_unit(currency)),
            "realized_pnl": int(curve["realized"][-1]) / unit if curve["ts"].size else 0.0,
            "unrealized_pnl": int(curve["unrealized"][-1]) / unit if curve["ts"].size else 0.0,
            "fees": int(money["fee"][ours].sum()) / unit,
            "funding": funding / unit,
            "impact_cost": self.impact_cost_units(currency) / unit,
            "total_return": pnl / cash if cash > 0 else None,
            "turnover": turnover / unit,
            "return_on_turnover_bps": pnl / turnover * 1e4 if turnover else None,
            "maker_share": maker / turnover if turnover else None,
            "max_drawdown": fall.amount,
            "max_drawdown_fraction": fall.fraction if cash > 0 else None,
            "sharpe": finite_or_none(st.sharpe_ratio(increments, interval)),
            "sortino": finite_or_none(st.sortino_ratio(increments, interval)),
            "round_trips": int(gains.size),
            "win_rate": float(np.mean(gains > 0)) if gains.size else None,
            "average_round_trip_pnl": float(gains.mean()) / unit if gains.size else None,
            "average_round_trip_s": float(durations.mean()) / _SECOND_NS if durations.size else None,
        }

    def _inventory_statistics(self, index: int) -> dict[str, Any]:
        instrument = self.instruments[index]
        ts, lots = self._net_position(index)
        held = np.abs(lots).astype(np.float64)
        end = self.period[1]
        lot = instrument.lot_num / instrument.lot_den
        return {
            "symbol": instrument.symbol,
            "fills": int(self._of("fills", index).size),
            "end_position": instrument.lots_to_qty(int(lots[-1])) if lots.size else 0.0,
            "max_long": instrument.lots_to_qty(max(int(lots.max()), 0)) if lots.size else 0.0,
            "max_short": instrument.lots_to_qty(max(-int(lots.min()), 0)) if lots.size else 0.0,
            "average_inventory": st.time_weighted(ts, held, end) * lot,
            "time_in_market": st.time_weighted(ts, (held > 0).astype(np.float64), end),
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
            The data of the run, as `Backtest` took it. With it a second pass finds how large the fills were beside the
            prints and levels that made them, and how long the books were crossed.

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
        digest = hashlib.blake2b(digest_size=16)
        for name in _RECORDS:
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
        return digest.hexdigest()

    def to_parquet(self, folder: str | os.PathLike[str]) -> Path:
        """Save the result in a folder; `load` reads it back.

        Parameters
        ----------
        folder : path
            Made if absent (its parent must exist). A result that is already there is replaced; anything else
            is not.

        Raises
        ------
        MissingFile
            If the parent folder does not exist.
        InvalidArgument
            If the folder holds something that is not a result.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        target = Path(folder)
        parent = target.absolute().parent
        if not parent.is_dir():
            raise MissingFile(f"cannot save the result to {target}: the folder {parent} does not exist; make it first")
        if target.exists():
            if not target.is_dir():
                raise InvalidArgument(f"cannot save the result to {target}: it is a file; name a folder")
            if any(target.iterdir()) and not (target / "result.json").exists():
                raise InvalidArgument(f"cannot save the result to {target}: the folder holds other files")
        meta = {
            "format": _FORMAT,
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
            "checksum": self._checksum(),
        }
        if self.callback_times is not None:
            meta["callbacks"] = self.callback_times.to_dict()
            meta["callbacks_note"] = self.callback_note
        # Everything is written beside the target first, so a crash leaves the old result or none, never half
        # of one.
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=parent))
        try:
            for name, dtype in _RECORDS.items():
                records = getattr(self, f"{name}_raw")
                fields = [field for field in dtype.names or () if field != "pad"]
                table = pa.table({field: np.ascontiguousarray(records[field]) for field in fields})
                pq.write_table(table, work / f"{name}.parquet", compression="zstd")
            (work / "result.json").write_text(json.dumps(meta, indent=2, default=_plain) + "\n", encoding="utf-8")
            work.chmod(0o755)
            if target.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=parent))
                os.replace(target, old)
                os.replace(work, target)
                shutil.rmtree(old)
            else:
                os.replace(work, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return target

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Result:
        """Open a result that `to_parquet` saved.

        Raises
        ------
        MissingFile
            If the folder or one of its files does not exist.
        CorruptData
            If a file cannot be read, or the records do not have the checksum that was saved with them.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        source = Path(folder)
        for name in ("result.json", *(f"{name}.parquet" for name in _RECORDS)):
            if not (source / name).is_file():
                raise MissingFile(f"{source} holds no saved result: {name} is missing; save one with to_parquet()")
        raw: dict[str, Any] = {}
        try:
            meta = json.loads((source / "result.json").read_text(encoding="utf-8"))
        except ValueError as error:
            raise CorruptData(f"broken JSON: {error}", file=source / "result.json") from None
        if not isinstance(meta, dict) or meta.get("format") != _FORMAT:
            was = meta.get("format") if isinstance(meta, dict) else meta
            raise CorruptData(
                f"must be {_FORMAT}, was {was!r}",
                file=source / "result.json",
                field="format",
                mend="It was written by another version of Velora",
            )
        for name, dtype in _RECORDS.items():
            try:
                table = pq.read_table(source / f"{name}.parquet")
            except (pa.ArrowException, OSError) as error:
                raise CorruptData(f"not readable as Parquet: {error}", file=source / f"{name}.parquet") from None
            records = np.zeros(table.num_rows, dtype)
            for field in dtype.names or ():
                if field != "pad":
                    if field == "doubts" and field not in table.column_names:
                        continue
                    if field not in table.column_names:
                        raise CorruptData("the column is missing", file=source / f"{name}.parquet", field=field)
                    records[field] = table.column(field).to_numpy()
            raw[name] = records
        keys = ("strategy", "strategies", "hash", "rows", "elapsed_s", "counters", "config")
        for key in (*keys, "instruments", "checksum"):
            if key not in meta:
                raise CorruptData("the key is missing", file=source / "result.json", field=key)
        raw |= {key: meta[key] for key in keys}
        raw["data"] = meta.get("data", [])
        raw["instruments"] = [Instrument.from_dict(values) for values in meta["instruments"]]
        if "callbacks" in meta:
            raw |= {"callbacks": CallbackTimes.from_dict(meta["callbacks"]), "callbacks_note": meta["callbacks_note"]}
        result = cls(raw)
        if result._checksum() != meta["checksum"]:
            raise CorruptData(
                f"the records have the checksum {result._checksum()}, saved was {meta['checksum']}",
                file=source / "result.json",
                field="checksum",
                mend="The folder was changed or damaged after it was saved: run the backtest again",
            )
        return result


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


def _plain(value: Any) -> Any:
    """JSON form of what a configuration or counter may hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, tuple)):
        return list(value)
    return str(value)


def _timestamps(values: Ints) -> pa.Array[Any]:
    import pyarrow as pa

    kind = pa.timestamp("ns", tz="UTC")
    return pa.array(np.ascontiguousarray(values), mask=np.ascontiguousarray(values == 0)).cast(kind)


def _nullable(values: Floats, known: npt.NDArray[np.bool_]) -> pa.Array[Any]:
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
