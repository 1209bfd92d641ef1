"""The base class of strategies written in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from velora.core.clock import DurationLike
from velora.core.context import Context
from velora.core.events import Side
from velora.core.instrument import Instrument
from velora.core.life import StrategyState
from velora.core.market import Candle
from velora.core.orders import Order
from velora.core.pickling import check_attributes
from velora.errors import NotPicklable
from velora.strategy.base import StrategyBase
from velora.strategy.bracket import Bracket, Brackets
from velora.strategy.executions import Executions
from velora.strategy.freshness import Freshness
from velora.strategy.history import Histories, History
from velora.strategy.hooks import check_hooks
from velora.strategy.indicators import Feedable, Indicators
from velora.strategy.parameter_docs import DeclaredSignature, document_parameters
from velora.strategy.parameters import Parameter, ParameterChange, Parameters, declared_parameters
from velora.strategy.signals import Condition, Follow, Reading, Signals
from velora.strategy.state import decode_state, encode_state
from velora.strategy.targets import Target, Targets, Urgency

if TYPE_CHECKING:
    from velora.strategy.execution.algorithm import Algorithm
    from velora.strategy.execution.progress import Execution

__all__ = ["Strategy"]

_Where = str | Instrument
_Number = float | int | str | Decimal
_I = TypeVar("_I", bound=Feedable)
_COMPONENTS = frozenset(
    ("_parameters", "_histories", "_indicators", "_freshness", "_targets", "_signals", "_brackets", "_executions")
)


def _without_components(state: Any) -> Any:
    """The attributes of a strategy that are its own."""
    if not isinstance(state, Mapping):
        return state
    return {name: value for name, value in state.items() if name not in _COMPONENTS}


class Strategy(StrategyBase):
    """Base of strategies: override the hooks you want, and trade through the methods.

    Only hooks that a strategy defines cost anything. One that defines `on_trade`, `on_quote`, `on_book`, `on_funding`
    or `on_gap` gets those events of every instrument, unless it subscribed to that kind itself in `on_start`.

    A hook with a near-miss name or a wrong signature raises `StrategyError` when the class is made.

    Prices and quantities are floats, strings or Decimals on the instrument's grid, or exact integers through the
    `*_ticks` and `*_lots` arguments; anything off the grid raises `OffGrid`.

    Attributes
    ----------
    state_version : int
        Version of what `on_save` returns. Raise it when the meaning of the state changes: `restore_state` then
        refuses older states.

    Examples
    --------
    >>> class Quoter(Strategy):
    ...     def on_start(self):
    ...         self.every("100ms", self.requote)
    ...
    ...     def requote(self):
    ...         book = self.book("BTCUSDT")
    ...         self.quote(book.instrument, bid=book.best_bid, ask=book.best_ask, qty=0.01)
    """

    state_version: ClassVar[int] = 1
    __signature__ = DeclaredSignature()

    # Each component works through the context that it is given, and the public methods below call them.
    _parameters: Parameters
    _histories: Histories
    _indicators: Indicators
    _freshness: Freshness
    _targets: Targets
    _signals: Signals
    _brackets: Brackets
    _executions: Executions

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Hooks may come from mixins, which are not checked when they are made.
        check_hooks(cls, Strategy)
        document_parameters(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Not in __init__, which a subclass may leave out.
        strategy = super().__new__(cls, *args, **kwargs)
        strategy._parameters = Parameters(cls, strategy._context)
        strategy._attach(strategy._context)
        return strategy

    def __init__(self, **parameters: Any) -> None:
        self._parameters.start_with(parameters)

    def __reduce__(self) -> tuple[Any, ...]:
        state = self._own_state()
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, Mapping):
                check_attributes(type(self).__name__, part, functions=True)
        return _remade, (type(self), dict(self._parameters.values)), state

    def __copy__(self) -> Self:
        return self._copied(lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._copied(lambda value: deepcopy(value, memo), memo)

    def _copied(self, copied: Callable[[Any], Any], memo: dict[int, Any] | None = None) -> Self:
        state = self._own_state()
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, Mapping) and memo is not None:
                check_attributes(type(self).__name__, part, functions=False)
        made: Self = _remade(type(self), dict(self._parameters.values))
        if memo is not None:
            memo[id(self)] = made
        state = copied(state)
        restore = getattr(made, "__setstate__", None)
        if restore is not None and state is not None:
            restore(state)
            return made
        for part in state if isinstance(state, tuple) else (state,):
            for name, value in (part or {}).items():
                object.__setattr__(made, name, value)
        return made

    def _own_state(self) -> Any:
        """What `__getstate__` gives, without the components, which a copy has of its own."""
        name = type(self).__name__
        if self.life is not StrategyState.NEW:
            raise NotPicklable(
                f"{name} has been part of a run ({self.life.name}), to which its books and orders belong, and can be "
                f"neither pickled nor copied: make a new {name}, or carry its state over by save_state and "
                "restore_state"
            )
        state = self.__getstate__()
        if isinstance(state, tuple) and len(state) == 2:
            return tuple(_without_components(part) for part in state)
        return _without_components(state)

    def _attach(self, context: Context) -> None:
        """Act through a context from now on: all components but the parameters begin anew."""
        super()._attach(context)
        self._parameters.context = context
        self._histories = Histories(context)
        self._indicators = Indicators(context, self._histories)
        self._freshness = Freshness(context)
        self._targets = Targets(context)
        self._signals = Signals(context, self._targets)
        self._brackets = Brackets(context)
        self._executions = Executions(context)

    def _warm_up(self, history: History) -> None:
        self._histories.history = history
        self.on_warmup(history)

    # ------------------------------------------------------------------ hooks of the components

    def on_parameters(self, changed: Mapping[str, ParameterChange]) -> None:
        """Parameters were changed in the running session; raising refuses the change, and the old values stay."""

    def on_save(self) -> Mapping[str, Any]:
        """Return the state to save besides the parameters: numbers, strings, bytes, lists and dicts of them."""
        return {}

    def on_restore(self, state: Mapping[str, Any]) -> None:
        """Restore what `on_save` returned; the parameters are restored before."""

    def on_warmup(self, history: History) -> None:
        """The warm-up is over and trading begins with `on_start`; orders are refused here."""

    def on_stale(self, what: str) -> None:
        """An instrument's data or a signal has become older than its `max_age`; quotes that depend on it are pulled."""

    def on_fresh(self, what: str) -> None:
        """Data or a signal that was stale is fresh again; quotes are accepted from now on."""

    # ------------------------------------------------------------------ parameters and state

    @classmethod
    def parameters(cls) -> dict[str, Parameter[Any]]:
        """The declared parameters by name, in the order of declaration, a base class's first."""
        return declared_parameters(cls)

    def parameter_values(self) -> dict[str, Any]:
        """The present values by name."""
        return dict(self._parameters.values)

    @property
    def parameter_changes(self) -> tuple[ParameterChange, ...]:
        """Changes in running sessions, oldest first."""
        return self._parameters.changes

    def set_parameters(self, **values: Any) -> dict[str, ParameterChange]:
        """Change parameters, all of them or none.

        In a running session `on_parameters` is called with what changed, each change is added to `parameter_changes`,
        and the signal ``"parameters"`` is emitted with it. Assigning to a parameter does the same for one. A run that
        keeps a journal makes a change from outside of the strategies, from an operator or a task beside the run, an
        input of its own: it has its time, and is in the journal before it has any effect.

        Returns
        -------
        dict of str to ParameterChange
            What changed; a value equal to the old one is no change.

        Raises
        ------
        InvalidArgument
            If a name is unknown, or a value of another type or out of bounds.
        """
        return self._parameters.change(values, self.on_parameters)

    def _plain_parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return self._parameters.plain(values)

    def _parameter_record(self) -> dict[str, Any]:
        return self._parameters.record()

    def save_state(self) -> bytes:
        """Parameters and what `on_save` returns, as bytes for `restore_state`."""
        return encode_state(type(self), self.state_version, self._parameters.values, self.on_save())

    def restore_state(self, data: bytes) -> None:
        """Restore a saved state: parameters, then `on_restore`.

        Raises
        ------
        CorruptData
            If the bytes are not a whole state.
        InvalidArgument
            If it is another class's or version's, or a parameter is unknown or out of bounds now.
        """
        parameters, state = decode_state(type(self), self.state_version, data)
        self.set_parameters(**parameters)
        self.on_restore(state)

    # ------------------------------------------------------------------ candles and the age of data

    def subscribe_candles(
        self,
        instrument: _Where,
        interval: DurationLike,
        *more: DurationLike,
        keep: int = 1_000,
        closed: str = "left",
    ) -> None:
        """Receive `on_candle` at the end of each interval, such as ``"1m"``; intervals start at its multiples.

        Parameters
        ----------
        instrument : str or Instrument
        interval, *more : str, timedelta or ns
            Of several that end together the longest is received first: when the candle of a minute comes, that of the
            hour which ended with it is there.
        keep : int
            How many of the last candles `candles` can give; those of a warm-up are among them when this is called in
            `on_start`, and the candle in progress goes on from it.
        closed : {"left", "right"}
            An interval is [start, end), as venues' klines have it: a trade at the boundary belongs to the candle that
            opens there. With "right" it is (start, end].
        """
        self._histories.subscribe(instrument, (interval, *more), keep, closed)

    def candles(self, instrument: _Where, interval: DurationLike, n: int | None = None) -> list[Candle]:
        """The last `n` candles of an interval that was subscribed to, oldest first; all that are kept without `n`."""
        return self._histories.candles(instrument, interval, n)

    def indicator(
        self,
        indicator: _I,
        on: _Where | Feedable | Sequence[_Where],
        every: DurationLike | None = None,
        *,
        output: str | None = None,
        value: Callable[[Any], Any] | None = None,
        closed: str = "left",
    ) -> _I:
        """Feed an indicator of `velora.ta` from now on; returns it.

        It is updated before the strategy's own hook of the same event is called, and starts with the candles or trades
        of a warm-up when this is called in `on_start`.

        Parameters
        ----------
        indicator : Indicator
        on : str, Instrument, Indicator, or sequence of str or Instrument
            An instrument; an indicator that is attached already, whose values it takes; or as many instruments as it
            has inputs, whose closes it takes when their candles end together.
        every : str, timedelta or ns, optional
            Interval of candles such as ``"1m"``, which `on_candle` gets too; ``"trade"`` (the default), ``"quote"`` or
            ``"book"`` for each of these events. An indicator of candles takes the price of a trade, or the mid, for
            each of open, high, low and close, and the quantity for the volume.
        output : str, optional
            Which of several values of the other indicator.
        value : callable, optional
            Makes the row out of the candle or event: a number, a tuple of as many as the indicator has inputs, or None
            to leave the event out. Trades of a warm-up are not used then.
        closed : {"left", "right"}
            Of candles, as of `subscribe_candles`.

        Examples
        --------
        >>> class Calm(Strategy):
        ...     def on_start(self):
        ...         self.rsi = self.indicator(ta.RSI(14), on="BTCUSDT", every="1m")
        ...         self.smooth = self.indicator(ta.EMA(9), on=self.rsi)
        """
        return self._indicators.attach(indicator, on, every, output, value, closed)

    def max_age(self, what: _Where, limit: DurationLike, *, pulls: Sequence[_Where] | None = None) -> None:
        """Set how old the data of an instrument, or a signal, may be before quotes are pulled.

        Parameters
        ----------
        what : str or Instrument
            An instrument of the run, else the name of a signal.
        limit : str, timedelta or ns
            The age of an instrument is the local time less `ts_event` of the last update of its book, so the way here
            counts; a book that is stale because its feed lost something is too old at once. The age of a signal is the
            time since it was last emitted, or since this call.
        pulls : sequence of str or Instrument, optional
            Instruments whose quotes are pulled; the instrument itself, or for a signal all, when not given.

        Notes
        -----
        The limit holds to the nanosecond: a timer is due when the newest datum reaches it. It is checked again before
        each `quote`, which pulls the quotes instead while it is passed; orders sent by `buy` and `sell` stay.
        """
        self._freshness.set_limit(what, limit, pulls, self.on_stale, self.on_fresh)

    def age_ns(self, what: _Where) -> int:
        """Age of an instrument's data or a signal that has a `max_age`, ns."""
        return self._freshness.age_ns(what)

    @property
    def stale(self) -> list[str]:
        """Instruments and signals that are older than their limits now, in the order of `max_age`."""
        return self._freshness.stale

    # ------------------------------------------------------------------ positions

    def target(
        self,
        instrument: _Where,
        qty: _Number | None = None,
        *,
        qty_lots: int | None = None,
        urgency: Urgency = "passive",
        limit: _Number | None = None,
        limit_ticks: int | None = None,
        retry: DurationLike = "100ms",
        on_reached: Callable[[], object] | None = None,
        on_given_up: Callable[[], object] | None = None,
    ) -> Target:
        """Work towards a net position; a later call for the instrument replaces the aim.

        Parameters
        ----------
        instrument : str or Instrument
        qty : float, str or Decimal
            Net position wanted, negative for a short (or `qty_lots`).
        urgency : {"passive", "cross"}
            ``"passive"`` rests post-only at the best price of its own side and follows it; ``"cross"`` takes the
            quantity at the best price of the other side, again and again.
        limit : float, str or Decimal, optional
            Price beyond which nothing is bought or sold (or `limit_ticks`).
        retry : str, timedelta or ns
            Time to the next check where no event brings one: a resting order follows the best price this often.
        on_reached : callable, optional
            Called without arguments, once the position is there and no order is left.
        on_given_up : callable, optional
            Called without arguments, once order after order has ended unfilled; see `Target`.

        Returns
        -------
        Target
            The same for every call with the instrument.
        """
        return self._targets.set(
            instrument,
            qty,
            qty_lots=qty_lots,
            urgency=urgency,
            limit=limit,
            limit_ticks=limit_ticks,
            retry=retry,
            on_reached=on_reached,
            on_given_up=on_given_up,
        )

    def close(
        self,
        instrument: _Where,
        *,
        urgency: Urgency = "cross",
        on_reached: Callable[[], object] | None = None,
        on_given_up: Callable[[], object] | None = None,
    ) -> Target:
        """Leave an instrument: pull its quotes, cancel its orders, and work towards holding nothing.

        A rest that cannot be closed, such as less than the venue's minimum, is given up after a while; see `Target`.
        """
        return self._targets.close(instrument, urgency=urgency, on_reached=on_reached, on_given_up=on_given_up)

    # ------------------------------------------------------------------ signals

    def latest(self, name: str, max_age: DurationLike | None = None) -> Reading:
        """The latest value of a signal from now on, unknown once it is older than `max_age`."""
        return self._signals.latest(name, max_age)

    def held_for(self, condition: Condition, duration: DurationLike) -> Condition:
        """True once a condition has been true at every check for a duration."""
        return self._signals.held_for(condition, duration)

    def follow(
        self,
        instrument: _Where,
        qty: _Number | None = None,
        *,
        entry: Condition,
        exit: Condition | None = None,
        side: Side | str | int = Side.BUY,
        qty_lots: int | None = None,
        urgency: Urgency = "passive",
        unknown: Literal["exit", "hold"] = "exit",
        check: DurationLike = "100ms",
    ) -> Follow:
        """Hold a position from when `entry` is true until `exit` is; checked after each signal and each `check`.

        Parameters
        ----------
        instrument : str or Instrument
        qty : float, str or Decimal
            Of the position (or `qty_lots`).
        entry, exit : Condition
            Where both are true nothing is entered. Without an exit it is left when `entry` is no longer true.
        side : Side
            SELL for a short.
        urgency : {"passive", "cross"}
            As in `target`, which does the work.
        unknown : {"exit", "hold"}
            What happens to a position while its exit is unknown, because its signals are too old.
        check : str, timedelta or ns
            Time between two checks where no signal brings one.
        """
        return self._signals.follow(
            instrument,
            qty,
            entry=entry,
            exit=exit,
            side=side,
            qty_lots=qty_lots,
            urgency=urgency,
            unknown=unknown,
            check=check,
        )

    # ------------------------------------------------------------------ several orders for one purpose

    def bracket(
        self,
        instrument: _Where,
        side: Side | str | int,
        qty: _Number | None = None,
        price: _Number | None = None,
        *,
        take_profit: _Number | None = None,
        stop_loss: _Number | None = None,
        qty_lots: int | None = None,
        price_ticks: int | None = None,
        take_profit_ticks: int | None = None,
        stop_loss_ticks: int | None = None,
        on_done: Callable[[Bracket], object] | None = None,
        **options: Any,
    ) -> Bracket:
        """Enter, and protect each fill by an order that takes the profit and a stop that ends the loss.

        Parameters
        ----------
        instrument : str or Instrument
        side : Side
            Of the entry.
        qty, price : float, str or Decimal
            Of the entry; at the market without a price. Or `qty_lots`, `price_ticks`.
        take_profit, stop_loss : float, str or Decimal
            At least one (or in ticks). The profit is taken by a limit order; the stop is reached when a trade prints
            there or the best price to exit at is there, and exits at the market.
        on_done : callable, optional
            Called with the bracket when it is over.
        **options
            Of the entry, as in `buy`.

        Notes
        -----
        The strategy watches the stop: it acts one feed latency later than a stop order at the venue would, and not at
        all while the strategy is disconnected.
        """
        one = self.instrument(instrument)
        levels = self._brackets.levels(
            one,
            side,
            price=price,
            take_profit=take_profit,
            stop_loss=stop_loss,
            price_ticks=price_ticks,
            take_profit_ticks=take_profit_ticks,
            stop_loss_ticks=stop_loss_ticks,
        )
        send = self.buy if levels.side is Side.BUY else self.sell
        entry = send(one, qty, qty_lots=qty_lots, price_ticks=levels.entry_ticks, **options)
        return self._brackets.protect(entry, levels, on_done)

    def scale(
        self,
        instrument: _Where,
        side: Side | str | int,
        qty: _Number | None = None,
        *,
        levels: int = 5,
        step_ticks: int = 1,
        weights: Sequence[float] | None = None,
        price: _Number | None = None,
        price_ticks: int | None = None,
        qty_lots: int | None = None,
        post_only: bool = False,
    ) -> list[Order]:
        """Send a ladder of limit orders, each a step further from the market.

        Parameters
        ----------
        instrument : str or Instrument
        side : Side
        qty : float, str or Decimal
            Quantity of all of them together (or `qty_lots`), split to the lot; a level that gets none is left out.
        levels : int
        step_ticks : int
            Between two levels.
        weights : sequence of float, optional
            Share of each level, nearest first; equal when not given.
        price : float, str or Decimal, optional
            Of the nearest (or `price_ticks`); the best price of this side when not given.

        Returns
        -------
        list of Order
            Nearest first.
        """
        return self._brackets.scale(
            instrument,
            side,
            qty,
            levels=levels,
            step_ticks=step_ticks,
            weights=weights,
            price=price,
            price_ticks=price_ticks,
            qty_lots=qty_lots,
            post_only=post_only,
        )

    def execute(self, algorithm: Algorithm, on_done: Callable[[Execution], object] | None = None) -> Execution:
        """Have an algorithm work its order from now on, as a part of this strategy.

        Parameters
        ----------
        algorithm : Algorithm
            Such as ``Twap("BTCUSDT", "BUY", qty=10, duration="10m")``.
        on_done : callable, optional
            Called with the `Execution` when it is over.

        Returns
        -------
        Execution
            Its progress.

        Notes
        -----
        Its orders are orders of this strategy: `on_order` and `on_fill` are called with them, `cancel_all` cancels
        them (and the algorithm sends others), and what they fill is in `position`.
        """
        return self._executions.execute(algorithm, on_done)


def _remade(cls: type[Any], values: dict[str, Any]) -> Any:
    """A strategy out of a pickle, before its attributes are set; `__init__` is not called."""
    made = Strategy.__new__(cls)
    known = made._parameters.values
    known.update({name: value for name, value in values.items() if name in known})
    return made
