"""`Backtest`: data, a strategy and the assumptions; `Run`: one of it, all at once or step by step."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from velora.backtest.callbacks import CallbackClock, CallbackTimes
from velora.backtest.evidence import EvidencedTotals
from velora.backtest.feed import Feed, FeedByOrder
from velora.backtest.progress import Progress, shown_progress
from velora.backtest.replay import Replay
from velora.backtest.sampling import joint_extent, sampling_interval
from velora.backtest.strategies import Amount, Strategies, capital_of_each, named_strategies
from velora.backtest.totals import ACCOUNT, Totals
from velora.core.clock import DurationLike, duration_ns, format_duration, format_ns, timestamp_ns
from velora.core.instrument import Instrument
from velora.core.money import check_amounts, check_fees, units_of
from velora.core.numbers import shown, whole_number
from velora.core.terminal import readable
from velora.engine.candles import make_candles
from velora.engine.kernel import Kernel
from velora.engine.limits import order_limits
from velora.errors import InvalidArgument, NotPicklable, VeloraWarning
from velora.sim.feed_latency import FeedShift
from velora.sim.hftbacktest import HftbacktestRules
from velora.sim.impact import Impact
from velora.sim.latency import Latency, LatencySpec
from velora.sim.order_rules import order_rules
from velora.sim.queue_model import QueueModel
from velora.sim.venue import SimulatedVenue
from velora.sim.venue_latencies import VenueLatencies
from velora.strategy.history import History

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    import pyarrow as pa
    from numpy.typing import NDArray

    from velora.backtest.result import Result
    from velora.core.book import OrderBookL2
    from velora.core.bus import MessageBus
    from velora.core.orders import Position
    from velora.data import EventSource
    from velora.strategy.base import StrategyBase

__all__ = ["Backtest", "Run"]

_Time = str | int | datetime
_Number = str | float | Decimal
#: Fills whose evidence is kept beyond those that retention keeps: their reports may still be on their way.
_EVIDENCE_KEPT = 65_536
_Sink = Callable[[str, "NDArray[np.void]"], object]

_NEVER = 2**63 - 1
#: Rows of a chunk, 6 GB of them.
_CHUNK_ROWS_MAX = 10**8
_SECOND_NS = 1_000_000_000


def _plain(value: Any) -> Any:
    """A mapping as a dict, for the record."""
    return dict(value) if isinstance(value, Mapping) else value


class Backtest:
    """A strategy, the data it runs on, and the assumptions about the venue and the way to it.

    Parameters
    ----------
    data : str, path, EventTable, pyarrow.Table, EventSource, or a list or dict of these
        A catalog's folder or URL, or tables; see `velora.data.resolve`.
    strategy : Strategy, or a list or dict of them
        Several run side by side: they share the books, the clock and one account at the venue, and each has its own
        capital, orders, positions and result (`Result.of`). Names are those of the dict, else of the classes.
    latency : str, timedelta, ns, LatencyDistribution, Latency, LatencyRecording, or mapping of these
        One duration such as ``"5ms"``, or a distribution, applies to each way between strategy and venue. `Latency`
        sets each leg. A name such as ``"adverse"`` selects a preset, see `Latency.preset`. A mapping sets latency by
        venue, symbol or ``SYMBOL@VENUE``, with ``"default"`` for the others. Feed latency is in the data.
    queue : str or QueueModel
        On feeds by level, which orders the simulation removes when a level shrinks without a trade. ``"risk_averse"``
        removes orders behind yours first, ``"optimistic"`` orders ahead of yours. Between these are
        ``"proportional"``, ``"rigtorp"``, ``"power1"`` to ``"power3"``, ``"log1"`` and ``"log2"``, with an exponent as
        in ``"power3(2)"``; or give your own model.
    rules : {"velora", "hftbacktest"} or HftbacktestRules
        Rules of the venue. Under hftbacktest's rules `queue` must be one of its models, see
        :doc:`/concepts/moving_from_hftbacktest`.
    children : {"fills", "whole"}
        ``"fills"``: an order with a parent works in proportion to the filled part of its parent. ``"whole"``: it works
        once the parent has filled completely, and ends if the parent ends before that, as on Binance.
    oco : {"protect", "cancel"}
        What a partial fill of an order in an OCO group does to the others that protect a position: they lose as many
        lots (``"protect"``), or they end (``"cancel"``, as on Binance).
    fuse_quotes : bool
        Whether a quote that is newer than the book, by its update id, replaces the book's best prices until the feed of
        levels has caught up. On Binance the bookTicker stream is ahead of the depth stream.
    take_unknown : bool
        Whether takers fill at prices that the data does not confirm: from a stale book, and at the last trade's price
        if the data has only trades. Such fills carry a doubt. If False, these orders end with the reason UNKNOWN_BOOK.
    impact : str, Impact, or mapping, optional
        How your executions move the price for your later executions: an `Impact`, its text such as
        ``"square_root(sigma_d=600, volume_d=20000)"``, or a mapping of these by symbol. No impact by default.
    trace_queue : bool
        Whether to record each change of your orders' queue positions, for `Result.explain`. A change takes 64 bytes.
    max_order_qty : float or mapping, optional
        Largest quantity of one order, for every instrument or by symbol. The gate denies an order or amend beyond it
        (`OrderState.DENIED`, reason ORDER_QTY) before it is sent. No limit by default.
    cash : int, float or mapping
        Start cash in the settlement currency, from which returns are computed. If the instruments settle in several
        currencies, a mapping such as ``{"USDT": 1000}``. It does not limit orders; the audit reports how far a run went
        beyond it.
    capital : mapping, optional
        Each strategy's part of the cash, by name; `cash` is then their sum. Equal parts by default.
    on_error : {"raise", "stop"}, optional
        ``"raise"``: an exception in a hook ends the run. ``"stop"``: it stops only its strategy, whose orders are
        cancelled, and the result keeps the error. By default "raise" for one strategy and "stop" for several.
    retention : int, optional
        Minimum number of the latest ended orders, fills and samples to keep. Older ones are dropped during the run, so
        its memory does not grow. By default all are kept.
    sink : callable, optional
        Called with "orders", "fills" or "samples" and the array of dropped records. Needs `retention`.
    fees : tuple or mapping, optional
        (maker, taker) or {"maker": ..., "taker": ...} as fractions of the notional, for every instrument. By default
        the fees of each instrument.
    warmup : str, timedelta or ns
        Time at the start of the data in which the strategy does not trade. Its trades go to `on_warmup` as history, and
        the strategy starts at its end.
    sample : str, timedelta or ns, optional
        Interval of the equity and position samples. Each fill adds a sample. A strategy's holding of an instrument has
        samples from its first fill on. By default the interval follows the data: one second if that gives at most
        100,000 instants (or one for each eight rows, if that is more) and at most 4 million samples, else the shortest
        longer one of a list of round intervals. 0 samples only after fills. An interval that would give one holding
        more than 33 million samples is refused.
    start, end : str, int or datetime, optional
        Local period [start, end) of the data, by times of receipt. A run that starts inside the data builds its state
        from the rows before the start: books, queues by order, last quote and trade, status and mark. If they do not
        give a complete book, the book is stale until the next snapshot, and `on_gap` is called at the start.
    chunk_rows : int
        Rows read at a time. Affects memory, not the result.
    measure_callbacks : bool
        Whether to time the strategy's callbacks, for `Result.callback_times`. The run itself does not change. At its
        end a `VeloraWarning` reports callbacks that took longer than the decision leg of the latency.

    Examples
    --------
    >>> result = Backtest(data="catalog/", strategy=Quoter(), latency="5ms").run()  # doctest: +SKIP
    >>> print(result.summary())  # doctest: +SKIP
    """

    def __init__(
        self,
        data: object,
        strategy: Strategies,
        *,
        latency: LatencySpec | Mapping[str, LatencySpec] = 0,
        queue: str | QueueModel = "risk_averse",
        impact: Impact | str | Mapping[str, Any] | None = None,
        rules: HftbacktestRules | str = "velora",
        children: str = "fills",
        oco: str = "protect",
        fuse_quotes: bool = False,
        take_unknown: bool = False,
        trace_queue: bool = False,
        max_order_qty: float | Mapping[str, float] | None = None,
        cash: Amount = 0,
        capital: Mapping[str, Amount] | None = None,
        on_error: str | None = None,
        retention: int | None = None,
        sink: _Sink | None = None,
        fees: Sequence[_Number] | Mapping[str, _Number] | None = None,
        warmup: DurationLike = 0,
        sample: DurationLike | None = None,
        start: _Time | None = None,
        end: _Time | None = None,
        chunk_rows: int = 65_536,
        measure_callbacks: bool = False,
    ) -> None:
        self.strategies = named_strategies(strategy)
        if on_error not in (None, "raise", "stop"):
            raise InvalidArgument(f'on_error must be "raise" or "stop", was {on_error!r}')
        if retention is not None:
            retention = whole_number("retention", retention, 0, _NEVER)
        if sink is not None and retention is None:
            raise InvalidArgument("a sink receives what retention drops: give retention too")
        chunk_rows = whole_number("chunk_rows", chunk_rows, 1, _CHUNK_ROWS_MAX)
        self.data = data
        self.strategy = next(iter(self.strategies.values()))
        self.latency = VenueLatencies(latency)
        self.queue = QueueModel.of(queue)
        self.impact = _impact(impact)
        self.rules = HftbacktestRules.of(rules)
        order_rules(children, oco)  # names that it does not know are refused here
        self.children = children
        self.oco = oco
        self.fuse_quotes = fuse_quotes
        self.take_unknown = take_unknown
        self.trace_queue = trace_queue
        self.on_error = on_error or ("raise" if len(self.strategies) == 1 else "stop")
        self.retention = retention
        self.sink = sink
        self.max_order_qty = max_order_qty
        check_amounts("cash", cash)
        for name, amount in (capital or {}).items() if isinstance(capital, Mapping) else ():
            check_amounts(f"capital of {name}", amount)
        if capital is not None and cash != 0:
            raise InvalidArgument("give cash or capital, not both: the cash is the sum of the strategies' capital")
        self.capital = capital
        self.cash = cash
        self.fees = _fees(fees)
        self.warmup_ns = duration_ns(warmup, "warmup")
        if self.warmup_ns < 0:
            raise InvalidArgument(f"warmup must be at least 0, was {warmup!r}")
        self.sample_ns = None if sample is None else duration_ns(sample, "sample")
        if self.sample_ns is not None and self.sample_ns < 0:
            raise InvalidArgument(f"sample must be at least 0, was {sample!r}")
        self.start_ns = None if start is None else timestamp_ns(start)
        self.end_ns = None if end is None else timestamp_ns(end)
        self.chunk_rows = chunk_rows
        self.measure_callbacks = measure_callbacks

    def run(self, progress: Progress = None) -> Result:
        """Run over all of the data.

        Parameters
        ----------
        progress : bool or callable, optional
            True draws a progress bar on a terminal or in a notebook, and nothing where the output is a file or a pipe.
            A callable is called from time to time with the number of rows done and the local time in ns. By default no
            progress is shown.
        """
        run = self.start()
        run.advance_to_end(progress)
        return run.finish()

    def start(self) -> Run:
        """Start a run to be driven step by step, from a notebook for instance; see `Run`."""
        return Run(self)

    def _sources(self) -> list[EventSource]:
        from velora.data import resolve

        sources = resolve(self.data, start=self.start_ns, end=self.end_ns)
        if not sources:
            raise InvalidArgument("the data holds no instrument")
        return sources

    def _instrument(self, instrument: Instrument) -> Instrument:
        # `replace` would question fees again.
        return instrument if self.fees is None else Instrument.from_dict({**instrument.to_dict(), **self.fees})

    def to_dict(self) -> dict[str, Any]:
        """The assumptions, for the result's record."""
        return {
            "cash": _plain(self.cash),
            "on_error": self.on_error,
            "retention": self.retention,
            "latency": self.latency.to_dict(),
            "queue": self.queue.name,
            "impact": _impact_dict(self.impact),
            "rules": "velora" if self.rules is None else self.rules.to_dict(),
            "children": self.children,
            "oco": self.oco,
            "fuse_quotes": self.fuse_quotes,
            "take_unknown": self.take_unknown,
            "trace_queue": self.trace_queue,
            "max_order_qty": _plain(self.max_order_qty),
            "fees": "of the instruments" if self.fees is None else dict(self.fees),
            "warmup_ns": self.warmup_ns,
            "sample_ns": self.sample_ns,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
        }


_Impact = Impact | dict[str, Impact] | None


def _impact(value: Impact | str | Mapping[str, Any] | None) -> _Impact:
    """One model for all instruments, models by symbol, or None."""
    if value is None or isinstance(value, Impact | str) or "model" in value:
        return None if value is None else Impact.of(value)
    return {symbol: Impact.of(model) for symbol, model in value.items()}


def _impact_dict(value: _Impact) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return {symbol: model.to_dict() for symbol, model in value.items()}
    return None if value is None else value.to_dict()


def _fees(fees: Sequence[_Number] | Mapping[str, _Number] | None) -> dict[str, str] | None:
    if fees is None:
        return None
    if isinstance(fees, Mapping):
        unknown = sorted(map(str, set(fees) - {"maker", "taker"}))
        if unknown:
            raise InvalidArgument(f"fees has the keys maker and taker, was {unknown[0]!r}")
        given = {f"{kind}_fee": value for kind, value in fees.items()}
    elif not isinstance(fees, Sequence) or isinstance(fees, str) or len(fees) != 2:
        one = fees if isinstance(fees, int | float | str | Decimal) else "0.0002"
        raise InvalidArgument(f"fees must be (maker, taker), such as ({one}, {one}), or a mapping, was {shown(fees)}")
    else:
        given = {"maker_fee": fees[0], "taker_fee": fees[1]}
    check_fees({name.replace("_", " "): value for name, value in given.items()}, "the backtest", stacklevel=3)
    return {name: str(value) for name, value in given.items()}


def _sum_of(capital: Mapping[str, Mapping[str, Decimal]]) -> dict[str, str]:
    """The exact sum of all strategies' capital, by currency."""
    currencies = dict.fromkeys(currency for parts in capital.values() for currency in parts)
    return {
        currency: str(sum(parts.get(currency, Decimal(0)) for parts in capital.values())) for currency in currencies
    }


def _parameters_of(strategies: Mapping[str, StrategyBase]) -> dict[str, Any]:
    """Parameters and their changes: of the only strategy, or of each by name."""
    records = {name: one._parameter_record() for name, one in strategies.items() if hasattr(one, "_parameter_record")}
    if len(strategies) == 1:
        return next(iter(records.values()), {})
    keys = dict.fromkeys(key for record in records.values() for key in record)
    return {key: {name: record[key] for name, record in records.items() if key in record} for key in keys}


def _is_by_order(source: EventSource) -> bool:
    return bool(getattr(source, "has_orders", False))


def _has_trades(source: EventSource) -> bool:
    """Whether a source declares that it has trades."""
    return bool(getattr(source, "has_trades", False))


def _feed_shift(latency: Latency, instrument: Instrument) -> FeedShift | None:
    """The change of an instrument's feed latency; each instrument draws from a separate random stream."""
    feed = latency.feed_latency
    return None if feed is None else FeedShift(feed, latency.seed, f"{instrument.symbol}@{instrument.venue}")


def _detail(source: EventSource, stats: dict[str, Any]) -> str:
    """Level of detail of a source's book."""
    if getattr(source, "has_orders", False):
        return "by order"
    if source.has_depth:
        return "by level"
    return "quotes only" if stats["book_rows"] else "trades only"


def _looked_for(source: EventSource) -> list[str]:
    """Defects that the data would show: ``gaps``, ``hidden`` and ``off_book`` trades."""
    return sorted(getattr(source, "looked_for", ()))


class Run:
    """One run of a backtest, driven step by step.

    Books and positions are live views. ``orders``, ``fills`` and ``equity`` are tables of everything so far, and
    `interim` is the result so far. Reading them does not affect the run.

    Examples
    --------
    >>> run = backtest.start()  # doctest: +SKIP
    >>> run.advance("10ms")  # doctest: +SKIP
    >>> run.book("BTCUSDT").best_bid  # doctest: +SKIP
    >>> run.fills.to_pandas()  # doctest: +SKIP
    >>> result = run.finish()  # doctest: +SKIP
    """

    def __init__(self, backtest: Backtest) -> None:
        self._backtest = backtest
        sources = self._given = self._sources()
        self.instruments = [backtest._instrument(source.instrument) for source in sources]
        by_order = [_is_by_order(source) for source in sources]
        quote_fed = [not source.has_depth and not _is_by_order(source) for source in sources]
        self._clock = CallbackClock() if backtest.measure_callbacks else None
        currencies = list(dict.fromkeys(instrument.settle for instrument in self.instruments))
        self._extent = joint_extent(sources)
        self._sample_ns = sampling_interval(
            backtest.sample_ns,
            None if backtest.sample_ns == 0 else self._extent,
            len(sources) * len(backtest.strategies),
            drops=backtest.retention is not None,
        )
        self._capital = capital_of_each(list(backtest.strategies), backtest.cash, backtest.capital, currencies)
        self._totals = None if backtest.retention is None else self._make_totals(currencies)
        kernel = Kernel(
            self.instruments,
            backtest.strategies,
            quote_fed,
            capital=self._capital,
            isolates=backtest.on_error == "stop",
            retention=-1 if backtest.retention is None else backtest.retention,
            sink=None if backtest.sink is None else self._drop,
            tally=None if self._totals is None else EvidencedTotals(self._totals, self._evidenced),
            fuse_quotes=backtest.fuse_quotes,
            stopwatch=self._clock,
        )
        if backtest.max_order_qty is not None:
            kernel.limit_order_qty(order_limits(backtest.max_order_qty, self.instruments))
        if backtest.warmup_ns > 0:
            kernel.warm_up(backtest.warmup_ns, History(self.instruments, make_candles))
        self.venue = SimulatedVenue(
            self.instruments,
            quote_fed,
            backtest.queue,
            trace_queue=backtest.trace_queue,
            by_order=by_order,
            impact=Impact.by_symbol(backtest.impact, self.instruments),
            rules=backtest.rules,
            has_trades=[bool(getattr(source, "has_trades", True)) for source in sources],
            take_unknown=backtest.take_unknown,
            children=backtest.children,
            oco=backtest.oco,
            last_by_quotes=[not _has_trades(source) for source in sources],
        )
        self._links, link_of = backtest.latency.links(self.instruments)
        self._feeds: list[Feed | FeedByOrder] = []
        for index, (source, link) in enumerate(zip(sources, link_of, strict=True)):
            latency = self._links[link].latency
            shift = _feed_shift(latency, self.instruments[index])
            window = None if backtest.rules else 0 if latency.load is None else latency.load.window_ns
            kind = FeedByOrder if by_order[index] else Feed
            self._feeds.append(kind(source, backtest.chunk_rows, shift, warmup_ns=backtest.warmup_ns, before_ns=window))
        self._replay = self._join(kernel, link_of)
        self._elapsed_s = 0.0
        self._result: Result | None = None
        began = time.perf_counter()
        self._replay.start(self._sample_ns)
        self._elapsed_s += time.perf_counter() - began

    def __reduce__(self) -> tuple[Any, ...]:
        raise NotPicklable(
            "a run can be neither pickled nor copied: start another from its Backtest, or finish it and keep the Result"
        )

    def _sources(self) -> list[EventSource]:
        return self._backtest._sources()

    def _join(self, kernel: Kernel, link_of: list[int]) -> Replay:
        """What drives the kernel and the venue over the feeds."""
        return Replay(kernel, self.venue, self._feeds, *self._ways(), link_of)

    def _ways(self) -> tuple[list[Latency], list[str]]:
        """Latency and name of each link."""
        return [link.latency for link in self._links], [link.name for link in self._links]

    @property
    def now(self) -> int:
        """Local time, ns."""
        return self._replay.now

    @property
    def has_ended(self) -> bool:
        """Whether the data is used up and every report of the venue is here."""
        return self._replay.has_ended

    @property
    def bus(self) -> MessageBus:
        """The run's message bus: subscribe before `advance`, from outside of any strategy."""
        return self._replay.kernel.bus

    def book(self, instrument: str | Instrument) -> OrderBookL2:
        """Book of an instrument as the strategy sees it: a live view."""
        return self._backtest.strategy.book(instrument)

    def position(self, instrument: str | Instrument, strategy: str | None = None) -> Position:
        """Position in an instrument, of the strategy of a name where there are several: a live view."""
        strategies = self._backtest.strategies
        if strategy is None and len(strategies) == 1:
            return self._backtest.strategy.position(instrument)
        if strategy not in strategies:
            raise InvalidArgument(f"strategy must be one of {', '.join(strategies)}, was {strategy!r}")
        return strategies[strategy].position(instrument)

    @property
    def orders(self) -> pa.Table:
        """The orders so far, one row each, with their present states; the columns are those of `Result.orders`."""
        return self.interim().orders

    @property
    def fills(self) -> pa.Table:
        """The fills so far, one row each, in the order in which they became known locally; the columns are those of
        `Result.fills`.

        A fill stays in its row until the end of the run. Its ``pnl`` is the one to the last sample, so it changes as
        the run goes on; a markout is null until a sample at or after its horizon is there.
        """
        return self.interim().fills

    @property
    def equity(self) -> pa.Table:
        """The account so far, per settlement currency, at the sampling instants and at those of fills; the columns are
        those of `Result.equity`.

        The first row is the start cash. The last one is the last sample, which may be a sampling interval old.
        """
        return self.interim().equity

    def interim(self) -> Result:
        """The result so far; the run goes on.

        Returns
        -------
        Result
            Of all that has happened up to `now`, with every table, figure, plot and audit of a result; its hash is the
            run's at this moment. It does not change as the run goes on. After `finish` it is the result itself.

        Notes
        -----
        `on_stop` is not called and no sample is taken, so that the rows here are the first rows of the final tables.
        Each call copies the records that are kept, about 100 bytes each; figures and tables are made when asked for.
        """
        return self._make_result(is_final=False) if self._result is None else self._result

    def plot(
        self,
        *,
        draw: str | Sequence[str] = ("equity", "price", "position"),
        instrument: str | Instrument | None = None,
    ) -> go.Figure:
        """Draw the run so far, see `Result.plot`; the parameters are the same."""
        return self.interim().plot(draw=draw, instrument=instrument)

    def __repr__(self) -> str:
        from velora.core.instrument_names import instrument_names

        names = ", ".join(type(one).__name__ for one in self._backtest.strategies.values())
        symbols = ", ".join(instrument_names(self.instruments))
        state = "finished" if self._result is not None else "ended" if self.has_ended else "going on"
        return readable(f"Run({names} on {symbols}: {state} at {format_ns(self.now)}, {self._replay.rows:,} rows)")

    def _repr_html_(self) -> str:
        from velora.backtest.listing import run_html

        return run_html(self) if self._result is None else self._result._repr_html_()

    def advance(self, duration: DurationLike, progress: Progress = None) -> bool:
        """Run on for a duration of local time; returns whether the run goes on.

        Parameters
        ----------
        duration : str, timedelta or ns
            Such as ``"10s"``.
        progress : callable or bool, optional
            As of `Backtest.run`.

        Raises
        ------
        InvalidArgument
            If the run is finished, or the time is not valid.
        """
        step = duration_ns(duration, "duration")
        if step < 0:
            raise InvalidArgument(f"duration must be at least 0, was {duration!r}")
        return self._advance(self._replay.now + step, progress)

    def advance_to(self, ts: _Time, progress: Progress = None) -> bool:
        """Run on up to and including a local time; returns whether the run goes on.

        Parameters
        ----------
        ts : int, str or datetime
            ns since 1970-01-01 UTC, the local clock, or ISO 8601.
        progress : callable or bool, optional
            As of `Backtest.run`.

        Raises
        ------
        InvalidArgument
            If the run is finished, or the time is not valid.
        """
        return self._advance(timestamp_ns(ts), progress)

    def advance_to_end(self, progress: Progress = None) -> None:
        """Run to the end of the data, and until the last report of the venue is here.

        Parameters
        ----------
        progress : callable or bool, optional
            As of `Backtest.run`.
        """
        self._advance(_NEVER, progress)

    def _advance(self, until: int, progress: Progress) -> bool:
        if self._result is not None:
            raise InvalidArgument("this run is finished; start another")
        extent = self._extent
        last = until if extent is None or not extent.is_whole else min(until, extent.last)
        with shown_progress(progress, self._replay.now, None if last == _NEVER else last) as callback:
            began = time.perf_counter()
            goes_on = self._replay.advance(until, callback)
            self._elapsed_s += time.perf_counter() - began
        return goes_on

    def finish(self) -> Result:
        """Call `on_stop` and return the result, at the end of the run or before."""
        if self._result is None:
            self._replay.stop()
            self._result = self._make_result(is_final=True)
            if self._result.callback_note is not None:
                warnings.warn(self._result.callback_note, VeloraWarning, stacklevel=2)
        return self._result

    def _make_result(self, *, is_final: bool) -> Result:
        """The result of what has happened until now; only the final one may change the totals of the run."""
        from velora.backtest.result import Result

        times = None if self._clock is None else self._clock.times()
        strategies = self._replay.kernel.strategies()
        config = {**self._backtest.to_dict(), **_parameters_of(self._backtest.strategies)}
        config["sample_ns"] = self._sample_ns
        if self._backtest.capital is not None:
            config["cash"] = _sum_of(self._capital)
        fills, orders, samples = self._replay.fills(), self._replay.orders(), self._replay.samples()
        instants = self._replay.instants()
        totals = self._totals
        if totals is not None:
            totals = totals if is_final else totals.copy()
            self._complete(totals, fills, orders, samples, int(instants[-1]) if instants.size else None)
        return Result(
            {
                "instruments": self.instruments,
                "fills": fills,
                "orders": orders,
                "samples": samples,
                "instants": instants,
                "totals": totals,
                "queue_positions": self.venue.queue_positions(),
                "counters": self._replay.counters(),
                "hash": self._replay.hash(),
                "elapsed_s": self._elapsed_s,
                "rows": self._replay.rows,
                "config": config,
                "data": [
                    {
                        "kind": _detail(source, stats),
                        "looked_for": _looked_for(source),
                        "clock_shift_ns": int(getattr(source, "clock_shift_ns", 0)),
                        **stats,
                    }
                    for source, stats in zip(self._given, (feed.stats.to_dict() for feed in self._feeds), strict=True)
                ],
                "strategy": ", ".join(one["class"] for one in strategies),
                "strategies": strategies,
                "callbacks": times,
                "callbacks_note": None if times is None else self._too_slow(times),
            }
        )

    def _evidenced(self, fills: NDArray[np.void]) -> NDArray[np.void]:
        """Fills with the venue's evidence, of which no more is kept than retention may ask for again."""
        retention = self._backtest.retention or 0
        joined = self._replay.with_evidence(fills)
        if fills.size:
            self.venue.drop_evidence(int(fills["trade_id"][-1]) - 4 * (retention + _EVIDENCE_KEPT))
        return joined

    def _drop(self, name: str, records: NDArray[np.void]) -> None:
        """Records that retention drops, for the sink."""
        assert self._backtest.sink is not None
        self._backtest.sink(name, self._replay.with_evidence(records) if name == "fills" else records)

    def _make_totals(self, currencies: list[str]) -> Totals:
        """What adds up the records that retention drops."""
        cash: dict[tuple[int, str], int] = {}
        for currency in currencies:
            unit = min(one.money_unit for one in self.instruments if one.settle == currency)
            each = [part.get(currency, Decimal(0)) for part in self._capital.values()]
            if len(each) > 1:
                cash |= {(index, currency): units_of(amount, unit) for index, amount in enumerate(each)}
            cash[ACCOUNT, currency] = units_of(sum(each, Decimal(0)), unit)
        return Totals(self.instruments, len(self._capital), self._sample_ns or _SECOND_NS, cash)

    def _complete(
        self,
        totals: Totals,
        fills: NDArray[np.void],
        orders: NDArray[np.void],
        samples: NDArray[np.void],
        last_ts: int | None,
    ) -> None:
        """Make the sums over the records that were dropped the sums over all: these are the ones kept."""
        kernel = self._replay.kernel
        totals.add_fills(fills[kernel.tallied_fills :])
        totals.add_samples(samples[kernel.tallied_samples :])
        totals.add_orders(orders)
        totals.finish(last_ts)

    def _too_slow(self, times: CallbackTimes) -> str | None:
        """What to say where callbacks took longer than the fastest decision leg has it."""
        measured = times.total
        for share, took in ((0.5, measured.p50_ns), (0.99, measured.p99_ns)):
            modelled = min(link.latency.decision_quantile(share) for link in self._links)
            if took > modelled:
                return (
                    f"callbacks took longer than the decision leg has it: p{share * 100:.0f} was "
                    f"{format_duration(took)}, modelled {format_duration(modelled)}. Give a later run "
                    "Latency(decision=result.callback_times.distribution())"
                )
        return None
