"""A result's records as Arrow tables in human units, beside their exact integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest import money
from velora.backtest.ledger import HORIZONS
from velora.backtest.money import Exact
from velora.core.orders import MarkSource, OrderType, TriggerKind
from velora.core.vocabulary import (
    CAUSES,
    DOUBTS,
    LIQUIDITY,
    MARK_SOURCES,
    ORDER_STATES,
    ORDER_TYPES,
    REASONS,
    SIDES,
    TIMES_IN_FORCE,
    TRIGGERS,
    name_of,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from velora.backtest.result import Result

__all__ = ["equity_table", "fills_table", "orders_table", "position_table", "table_of"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Mark prices are in 1e-8 quote currency.
_RATE_SCALE = 100_000_000
_ESTIMATES = ("edge", *(name for name, _ in HORIZONS))


# ---------------------------------------------------------------------- columns


def _timestamps(values: Ints) -> pa.Array[Any]:
    import pyarrow as pa

    kind = pa.timestamp("ns", tz="UTC")
    return pa.array(np.ascontiguousarray(values), mask=np.ascontiguousarray(values == 0)).cast(kind)


def _nullable(values: Floats | Ints, known: Bools) -> pa.Array[Any]:
    import pyarrow as pa

    return pa.array(np.ascontiguousarray(values), mask=np.ascontiguousarray(~known))


def _dictionary(codes: npt.NDArray[Any], names: Sequence[str], known: Bools | None = None) -> pa.Array[Any]:
    """Names by code; each is once in the dictionary, as pandas wants it. Null where not `known`."""
    import pyarrow as pa

    codes = codes.astype(np.int32)
    names = [*names, *(name_of(code) for code in range(len(names), int(codes.max(initial=-1)) + 1))]
    unique = list(dict.fromkeys(names))
    if len(unique) < len(names):
        place = {name: at for at, name in enumerate(unique)}
        codes = np.array([place[name] for name in names], np.int32)[codes]
    mask = None if known is None else np.ascontiguousarray(~known)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), pa.array(unique, pa.string()))


def table_of(columns: Mapping[str, Any]) -> pa.Table:
    """A table of arrays."""
    import pyarrow as pa

    return pa.table(
        {
            name: np.ascontiguousarray(values) if isinstance(values, np.ndarray) else values
            for name, values in columns.items()
        }
    )


class _Columns:
    """Columns of one kind of a result's records."""

    def __init__(self, result: Result, name: str) -> None:
        self._result = result
        self._raw = getattr(result, f"{name}_raw")
        self._instrument = self._raw["instrument"]
        self._rows = {
            index: rows
            for index in range(len(result.instruments))
            if (rows := result._ledger.rows(name, index)).size > 0
        }

    def whose(self) -> dict[str, Any]:
        """Symbol and venue of the instrument, and the strategy."""
        instruments = self._result.instruments
        return {
            "symbol": _dictionary(self._instrument, [one.symbol for one in instruments]),
            "venue": _dictionary(self._instrument, [one.venue for one in instruments]),
            "strategy": _dictionary(self._raw["strategy"], [one["name"] for one in self._result.strategies]),
        }

    def currency(self) -> pa.Array[Any]:
        return _dictionary(self._instrument, [one.settle for one in self._result.instruments])

    def grid(self, column: str, kind: str) -> Floats:
        """A raw column as floats by the instrument's grid: a ``price``, a ``mid`` in half ticks, or a ``qty``."""
        values = self._raw[column].astype(np.float64)
        result = np.zeros(values.shape)
        for index, rows in self._rows.items():
            one = self._result.instruments[index]
            up, down = {
                "price": (one.tick_num, one.tick_den),
                "mid": (one.tick_num, one.tick_den * 2),
                "qty": (one.lot_num, one.lot_den),
            }[kind]
            result[rows] = values[rows] * float(up) / float(down)
        return result

    def money(self, units: Exact) -> Floats:
        """Units of the currencies as amounts."""
        result = np.zeros(units.shape)
        for currency in self._result.currencies:
            unit = self._result.money_unit(currency)
            rows = [rows for index, rows in self._rows.items() if self._result.instruments[index].settle == currency]
            if rows:
                chosen = np.concatenate(rows)
                result[chosen] = money.amounts(units[chosen], unit)
        return result


# ---------------------------------------------------------------------- tables


def fills_table(result: Result) -> pa.Table:
    """See `Result.fills`."""
    raw, columns = result.fills_raw, _Columns(result, "fills")
    units, measured = result._ledger.fills()
    return table_of(
        {
            "ts_venue": _timestamps(raw["ts_venue"]),
            "ts_local": _timestamps(raw["ts_local"]),
            **columns.whose(),
            "side": _dictionary(raw["side"], SIDES),
            "cause": _dictionary(raw["cause"], CAUSES),
            "liquidity": _dictionary(raw["maker"] != 0, LIQUIDITY),
            "doubts": _dictionary(raw["doubts"] & (len(DOUBTS) - 1), DOUBTS),
            "price": columns.grid("price", "price"),
            "qty": columns.grid("qty", "qty"),
            "notional": columns.money(units["notional"]),
            "fee": columns.money(units["fee"]),
            "currency": columns.currency(),
            "realized_pnl": columns.money(units["realized"]),
            "pnl": columns.money(units["pnl"]),
            "position": columns.grid("position", "qty"),
            "mid": _nullable(columns.grid("mid_x2", "mid"), raw["mid_x2"] != 0),
            **{name: _nullable(columns.money(units[name]), measured[name]) for name in _ESTIMATES},
            "order_id": raw["order_id"],
            "datum_ts": _timestamps(raw["datum_ts"]),
            "datum_row": raw["datum_row"],
            "price_ticks": raw["price"],
            "qty_lots": raw["qty"],
            "position_lots": raw["position"],
            "mid2_ticks": raw["mid_x2"],
            **{f"{name}_units": money.column(units[name]) for name in ("notional", "fee", "realized", "pnl")},
        }
    )


def orders_table(result: Result) -> pa.Table:
    """See `Result.orders`."""
    raw, columns = result.orders_raw, _Columns(result, "orders")
    kind = raw["trigger_kind"]
    # Of trailing orders it is a distance: in ticks, or in basis points.
    trigger = np.where(
        kind == TriggerKind.TRAIL_BPS, raw["trigger"].astype(np.float64), columns.grid("trigger", "price")
    )
    return table_of(
        {
            "order_id": raw["order_id"],
            **columns.whose(),
            "side": _dictionary(raw["side"], SIDES),
            "type": _dictionary(raw["type"], ORDER_TYPES),
            "time_in_force": _dictionary(raw["tif"], TIMES_IN_FORCE),
            "post_only": raw["post_only"] != 0,
            "reduce_only": raw["reduce_only"] != 0,
            "state": _dictionary(raw["state"], ORDER_STATES),
            "reason": _dictionary(raw["reason"], REASONS),
            "amends": raw["amends"],
            "price": _nullable(
                columns.grid("price", "price"),
                (raw["type"] == OrderType.LIMIT) | ((raw["type"] == OrderType.MARKET_TO_LIMIT) & (raw["price"] != 0)),
            ),
            "qty": columns.grid("qty", "qty"),
            "cum_qty": columns.grid("cum_qty", "qty"),
            "trigger_kind": _dictionary(kind, TRIGGERS, kind != TriggerKind.NONE),
            "trigger": _nullable(trigger, kind != TriggerKind.NONE),
            "display": _nullable(columns.grid("display", "qty"), raw["display"] != 0),
            "oco_group": _nullable(raw["oco_group"], raw["oco_group"] != 0),
            "parent": _nullable(raw["parent"], raw["parent"] != 0),
            "expires_at": _timestamps(raw["expires_at"]),
            "ts_sent": _timestamps(raw["ts_sent"]),
            "ts_ack": _timestamps(raw["ts_ack"]),
            "ts_done": _timestamps(raw["ts_done"]),
            "price_ticks": raw["price"],
            "qty_lots": raw["qty"],
            "cum_qty_lots": raw["cum_qty"],
        }
    )


def equity_table(result: Result) -> pa.Table:
    """See `Result.equity`."""
    names = ("equity", "pnl", "realized", "unrealized", "fee")
    resting = ("equity", "pnl", "unrealized")  # on marks
    curves = [result._ledger.equity(currency, with_unknown=True) for currency in result.currencies]
    sizes = [curve["ts"].size for curve in curves]
    known = np.concatenate([curve["known"] for curve in curves])
    floats = {
        name: np.concatenate(
            [
                money.amounts(curve[name], result.money_unit(currency))
                for currency, curve in zip(result.currencies, curves, strict=True)
            ]
        )
        for name in names
    }
    units = {name: money.joined(*(curve[name] for curve in curves)) for name in names}
    return table_of(
        {
            "ts": _timestamps(np.concatenate([curve["ts"] for curve in curves])),
            "currency": _dictionary(np.repeat(np.arange(len(sizes)), sizes), result.currencies),
            **{name: _nullable(floats[name], known) if name in resting else floats[name] for name in names},
            **{f"{name}_units": money.column(units[name], known if name in resting else None) for name in names},
        }
    )


def position_table(result: Result) -> pa.Table:
    """See `Result.position`."""
    raw, columns, units = result.samples_raw, _Columns(result, "samples"), result._ledger.samples()
    known, names = units["known"], ("realized", "unrealized", "fee")
    amounts = {name: columns.money(units[name]) for name in names}
    marks = np.where(
        raw["mark_source"] == MarkSource.MARK_PRICE, raw["mark"] / _RATE_SCALE, columns.grid("mark", "mid")
    )
    return table_of(
        {
            "ts": _timestamps(raw["ts"]),
            **columns.whose(),
            "position": columns.grid("position", "qty"),
            "mid": _nullable(columns.grid("mid_x2", "mid"), raw["mid_x2"] != 0),
            "mark": _nullable(marks, raw["mark_source"] != 0),
            "mark_source": _dictionary(raw["mark_source"], MARK_SOURCES),
            "currency": columns.currency(),
            **{name: _nullable(amounts[name], known) if name == "unrealized" else amounts[name] for name in names},
            "position_lots": raw["position"],
            "mid2_ticks": raw["mid_x2"],
            **{f"{name}_units": money.column(units[name], known if name == "unrealized" else None) for name in names},
        }
    )
