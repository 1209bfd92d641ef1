"""The result of a run: exact records, tables in human units and figures.

A folder to keep it in is described in `velora.backtest.saved`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest.callbacks import CallbackTimes
from velora.backtest.changes import pieces_of
from velora.backtest.figures import CurrencySums, by_cause, by_currency, statistics
from velora.backtest.ledger import Ledger
from velora.backtest.money import groups_of, numbers
from velora.backtest.saved import FORMAT, check_saved, load_result, save_result
from velora.backtest.summary import Summary
from velora.backtest.tables import (
    equity_table,
    fills_table,
    orders_table,
    position_table,
    table_of,
)
from velora.backtest.totals import ACCOUNT, Totals
from velora.backtest.versions import versions
from velora.core.instrument import Instrument
from velora.core.instrument_names import instrument_names
from velora.core.money import amount as checked_amount
from velora.core.money import units_of
from velora.core.terminal import readable
from velora.core.vocabulary import RECORDS, fields_of
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa

    from velora.backtest.audit import Audit
    from velora.backtest.explain import Explanation

__all__ = ["Result", "Summary"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Records = npt.NDArray[Any]


_SECOND_NS = 1_000_000_000

#: Fields that records may lack: of the only strategy; none.
_OPTIONAL = {
    "strategy",
    "doubts",
    "reduce_only",
    "trigger_kind",
    "trigger",
    "display",
    "oco_group",
    "parent",
    "expires_at",
}


def _records(raw: Mapping[str, Any], name: str) -> Records:
    """The record array in our own layout; the fields are matched by name, so padding may differ."""
    given = np.asarray(raw[name])
    dtype = RECORDS[name]
    if given.dtype == dtype:
        return given
    result = np.zeros(given.shape, dtype)
    if given.size == 0 and given.dtype.names is None:
        return result
    if given.dtype.names is None and len(dtype.names or ()) == 1:
        given = given.astype(np.int64).view(dtype)
    for field in fields_of(dtype):
        if field in _OPTIONAL and field not in (given.dtype.names or ()):
            continue
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
        ``instants``, ``queue_positions``, ``data``, and ``strategies`` where there are several. ``totals`` are the
        `Totals` of a run that dropped records.

    Attributes
    ----------
    instruments : list of Instrument
    fills_raw, orders_raw, samples_raw : record arrays
        Exact integers: ticks, lots, money units, nanoseconds. A strategy's holding of an instrument has samples from
        its first fill on: at each sampling instant and after each fill.
    instants_raw : record array
        ``ts`` of the sampling instants; before its first sample a holding is worth nothing at each of them.
    queue_positions_raw : record array
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
        self.queue_positions_raw = _records({"queue_positions": (), **raw}, "queue_positions")
        self.instants_raw = _records({"instants": (), **raw}, "instants")
        if (np.diff(self.instants_raw["ts"]) < 0).any():
            raise InvalidArgument("raw['instants'] must not decrease")
        for name in RECORDS:
            if name == "instants":
                continue
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
        self._ledger = Ledger(self)
        self._tables: dict[str, pa.Table] = {}
        #: Sums over all records of the run, where some of them were dropped; see `totals`.
        self._totals: Totals | None = raw.get("totals")
        self._keeps_totals = self._totals is not None
        #: The result that this one is a part of: its samples hold mids that the part's own do not.
        self._whole: Result | None = None

    def __repr__(self) -> str:
        symbols = ", ".join(self.names)
        fills = self.counters.get("fills", self.fills_raw.size)
        return readable(f"Result({self.strategy} on {symbols}: {fills} fills, hash {self.hash})")

    def _repr_html_(self) -> str:
        from velora.backtest.listing import result_html

        return result_html(self)

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
        raw["queue_positions"] = self.queue_positions_raw[
            np.isin(self.queue_positions_raw["order_id"], raw["orders"]["order_id"])
        ]
        raw["instants"] = self.instants_raw
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
            instants = self.instants_raw["ts"]
            if instants.size:
                found.begin(int(instants[0]))
            found.add_fills(self.fills_raw)
            for piece in pieces_of(self.samples_raw):
                found.add_samples(piece)
            found.add_orders(self.orders_raw)
            self._totals = found.finish(int(instants[-1]) if instants.size else None)
        return self._totals

    def _start_cash(self) -> dict[tuple[int, str], int]:
        """Cash at the start of the account and of each strategy, in units of the currency."""
        found = {(ACCOUNT, currency): self.start_cash_units(currency) for currency in self.currencies}
        if len(self.strategies) > 1:
            for index, one in enumerate(self.strategies):
                for currency, amount in (one.get("capital") or {}).items():
                    if currency in self.currencies:
                        found[index, currency] = units_of(checked_amount("capital", amount), self.money_unit(currency))
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
    def names(self) -> list[str]:
        """A name of each instrument: its symbol, with the venue, as SYMBOL@VENUE, where symbols repeat."""
        return instrument_names(self.instruments)

    @property
    def currencies(self) -> list[str]:
        """Settlement currencies, in the order of the instruments."""
        return list(self._money_units())

    def _money_units(self) -> dict[str, Decimal]:
        if "money_units" not in self._cache:
            units: dict[str, Decimal] = {}
            for one in self.instruments:
                units[one.settle] = min(one.money_unit, units.get(one.settle, one.money_unit))
            self._cache["money_units"] = units
        found: dict[str, Decimal] = self._cache["money_units"]
        return found

    def money_unit(self, currency: str) -> Decimal:
        """The finest money unit among the instruments that settle in this currency."""
        units = self._money_units()
        if currency not in units:
            raise InvalidArgument(f"no instrument settles in {currency!r}; known: {', '.join(units)}")
        return units[currency]

    def start_cash_units(self, currency: str) -> int:
        """Cash at the start, from ``config["cash"]``, rounded half to even to the money unit.

        A number is an amount of the first instrument's settlement currency; a mapping gives one per currency.
        """
        cash = self.config.get("cash", 0) or 0
        if isinstance(cash, Mapping):
            cash = cash.get(currency, 0)
        elif currency != self.currencies[0]:
            cash = 0
        return units_of(checked_amount("cash", cash), self.money_unit(currency))

    def _of(self, name: str, index: int, strategy: int | None = None) -> Ints:
        """Positions of an instrument's records, of one strategy or of all."""
        return self._ledger.rows(name, index, strategy)

    # ------------------------------------------------------------------ exact money

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
                int(units) * self._ledger.scales[index]
                for index, units in enumerate(counted)
                if self.instruments[index].settle == currency
            )
        fees = sum(sums.fee for (settle, _), sums in self._by_currency().items() if settle == currency)
        return self.totals.curves[ACCOUNT, currency].fee - fees

    def _by_currency(self) -> dict[tuple[str, int], CurrencySums]:
        """Sums over the fills by settlement currency and cause."""
        if "by_currency" not in self._cache:
            self._cache["by_currency"] = by_currency(self)
        found: dict[tuple[str, int], CurrencySums] = self._cache["by_currency"]
        return found

    def impact_cost_units(self, currency: str) -> int:
        """What takers paid beyond recorded prices because own executions had moved them; it is in the fills' prices."""
        costs = self.counters.get("impact_cost_units") or [0] * len(self.instruments)
        return sum(
            int(cost) * self._ledger.scales[index]
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

    @property
    def fills(self) -> pa.Table:
        """One row per fill, in the order in which they became known locally.

        ``doubts`` names what a fill rests on that the data does not say (`velora.FillDoubt`), joined by ``|``; empty
        for none. ``pnl`` is the fill's PnL to the end of the run (see `pnl_by_cause`); ``edge`` and the markouts are
        money, null where no mid was known. ``position`` is the instrument's position after the fill.
        """
        return self._table("fills", fills_table)

    def _table(self, name: str, make: Callable[[Result], pa.Table]) -> pa.Table:
        if name not in self._tables:
            self._tables[name] = make(self)
        return self._tables[name]

    @property
    def orders(self) -> pa.Table:
        """One row per order; instants that never came are null, and so is the price of a market order.

        ``trigger_kind``, ``trigger``, ``display``, ``oco_group``, ``parent`` and ``expires_at`` are null in orders
        without such. A ``trigger`` is a price, of trailing orders the distance: in currency, or in basis points for
        ``TRAIL_BPS``.
        """
        return self._table("orders", orders_table)

    @property
    def equity(self) -> pa.Table:
        """The account over time, per settlement currency: one row per sampling instant, and one per instant of a fill.
        The first row is the start cash, before any fill; fills of that very instant make a second row of it.

        ``equity = start cash + realized + unrealized - fee``, summed over the instruments that settle in the
        currency, each at its last sample. Positions count at their marks (`Position.mark`), so that the row of an
        instant is what `Portfolio.equity` said then; ``equity``, ``pnl`` and ``unrealized`` are null where an open
        position had none. ``fee`` is cumulative and holds funding. Several currencies follow one another, each in
        time order.
        """
        return self._table("equity", equity_table)

    @property
    def position(self) -> pa.Table:
        """The samples: position, mid, mark and PnL per strategy and instrument, from its first fill on: at each
        sampling instant and after each fill.

        At the instant of a fill there is one of each other open position besides. ``mark`` and ``unrealized`` are null
        where nothing is known; ``mark_source`` is a name of `velora.MarkSource`.
        """
        return self._table("position", position_table)

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
            columns = by_cause(self)
            exact = {name: numbers(values) for name, values in columns.items() if name.endswith("_units")}
            self._tables["by_cause"] = table_of({**columns, **exact})
        return self._tables["by_cause"]

    # ------------------------------------------------------------------ figures

    def sample_interval_ns(self) -> int:
        """The interval of the regular samples, ns: ``config["sample_ns"]``, one second where that is 0.

        Where it is not set it is the most frequent distance of the sampling instants, or one second when there are too
        few to tell.
        """
        stated = self.config.get("sample_ns")
        if isinstance(stated, int):
            return stated if stated > 0 else _SECOND_NS
        if self.instants_raw.size < 3:
            return _SECOND_NS
        distances, counts = np.unique(np.diff(self.instants_raw["ts"]), return_counts=True)
        return int(distances[np.argmax(counts)])

    @property
    def period(self) -> tuple[int, int]:
        """First and last sampling instant, ns; (0, 0) without any. A warm-up is before it."""
        totals = self.totals
        return (0, 0) if totals.first_ts is None or totals.last_ts is None else (totals.first_ts, totals.last_ts)

    def statistics(self) -> dict[str, Any]:
        """All figures as a JSON-ready dict: counts of the run, then ``money`` per currency and ``inventory``
        per symbol.

        Values that do not exist (a ratio over nothing) are None. Formulas: `velora.backtest.statistics` and
        docs/concepts/results.md.
        """
        if "statistics" not in self._cache:
            self._cache["statistics"] = statistics(self)
        result: dict[str, Any] = self._cache["statistics"]
        return result

    def _net_position(self, index: int) -> tuple[Ints, Ints]:
        """The start, the instants of an instrument's samples, and the position over all strategies from each on."""
        rows = self._of("samples", index)
        ts, lots = self.samples_raw["ts"][rows], self.samples_raw["position"][rows]
        if len(self.strategies) > 1 and ts.size:
            # Each sample changes what its own strategy is known to hold.
            by = groups_of(self.samples_raw["strategy"][rows].astype(np.int64))
            own = lots[by.order]
            steps = np.diff(own, prepend=0)
            steps[by.starts] = own[by.starts]
            change = np.zeros(rows.size, np.int64)
            change[by.order] = steps
            last = np.append(ts[1:] != ts[:-1], True)  # between the samples of one instant nothing stands still
            ts, lots = ts[last], np.cumsum(change)[last]
        start, end = self.period
        if ts.size == 0:
            return (np.array([start, end]), np.zeros(2, np.int64)) if end else (ts, lots)
        if ts[0] > start and not self.dropped["samples"]:
            ts, lots = np.append(start, ts), np.append(0, lots)
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

    def plot(
        self,
        *,
        draw: str | Sequence[str] = ("equity", "price", "position"),
        instrument: str | Instrument | None = None,
    ) -> go.Figure:
        """Draw the account, the price with the fills, and the position, above one another on one time axis.

        Parameters
        ----------
        draw : str or sequence of str
            What to draw, from top to bottom: ``"equity"`` (with and without fees), ``"drawdown"``, ``"price"`` (the mid
            with a mark for each fill, by cause and side) and ``"position"``.
        instrument : str or Instrument, optional
            Whose price and position, and in whose settlement currency the equity: a symbol, or SYMBOL@VENUE where
            symbols repeat. The one with the most fills when not given.

        Returns
        -------
        plotly.graph_objects.Figure
            A notebook shows it; ``write_html(path)`` saves it and ``show()`` opens it in a browser. It holds at most
            4,000 points of a line, with the extremes of every stretch, and 6,000 fills, evenly chosen.

        Raises
        ------
        MissingDependency
            If plotly is not installed; it comes with ``pip install "velora-hft[report]"``.
        InvalidArgument
            If `draw` or `instrument` names something else.

        Examples
        --------
        >>> result.plot(draw=["price", "position"], instrument="BTCUSDT").write_html("fills.html")  # doctest: +SKIP
        """
        from velora.backtest.report import plot

        return plot(self, draw=draw, instrument=instrument)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write a self-contained HTML report; see `velora.backtest.report.write_html`."""
        from velora.backtest.report import write_html

        return write_html(self, path)

    # ------------------------------------------------------------------ keeping

    def _checksum(self) -> str:
        """BLAKE2b-128 of the records, field by field, and the run's identity."""
        digest = hashlib.blake2b(digest_size=16)
        for name in RECORDS:
            records = getattr(self, f"{name}_raw")
            digest.update(f"{name} {records.size}\n".encode())
            for field in fields_of(records.dtype):
                digest.update(np.ascontiguousarray(records[field]).data)
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
        result, saved = load_result(folder, cls)
        check_saved(saved, result._checksum())
        return result
