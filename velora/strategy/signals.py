"""Signals for entry and exit: conditions on the latest values, with limits on their age, and positions by them.

A condition is true, false, or unknown: it is unknown while a value was never emitted or is older than its limit.
Combinations treat unknown as in Kleene's logic: ``unknown & false`` is false, ``unknown | true`` is true,
anything else with an unknown is unknown. S. C. Kleene, "Introduction to Metamathematics" (1952), section 64.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from velora.core.clock import DurationLike, duration_ns, timer_interval_ns
from velora.core.context import Context
from velora.core.events import Side, order_side
from velora.core.instrument import Instrument
from velora.core.market import Signal
from velora.errors import InvalidArgument, NotPicklable
from velora.strategy.targets import Targets, Urgency

__all__ = ["Condition", "Follow", "Reading", "Signals"]

_Where = str | Instrument
_State = bool | None


class Condition:
    """Something that is true, false, or unknown (None) now.

    Parameters
    ----------
    check : callable
        Called without arguments; returns True, False, or None for unknown.

    Examples
    --------
    >>> tight = Condition(lambda: True)
    >>> unknown = Condition(lambda: None)
    >>> (tight & unknown).state, (tight | unknown).state, (~tight).state
    (None, True, False)
    """

    def __init__(self, check: Callable[[], _State]) -> None:
        self._state_of = check

    def __reduce__(self) -> tuple[Any, ...]:
        raise NotPicklable("a Condition reads its run and can be neither pickled nor copied: make it anew in on_start")

    @property
    def state(self) -> _State:
        """True, False, or None when it is unknown."""
        return self._state_of()

    def __bool__(self) -> bool:
        """Whether it is true; False while it is unknown."""
        return self._state_of() is True

    def __and__(self, other: Condition) -> Condition:
        def both() -> _State:
            a, b = self.state, other.state
            return False if a is False or b is False else None if a is None or b is None else True

        return Condition(both)

    def __or__(self, other: Condition) -> Condition:
        def either() -> _State:
            a, b = self.state, other.state
            return True if a is True or b is True else None if a is None or b is None else False

        return Condition(either)

    def __invert__(self) -> Condition:
        def other_way() -> _State:
            state = self.state
            return None if state is None else not state

        return Condition(other_way)


class Reading:
    """The latest value of a signal; made by `Strategy.latest`. Comparisons with a number are conditions."""

    def __init__(self, name: str, limit_ns: int | None, context: Context) -> None:
        self.name = name
        self._limit_ns = limit_ns
        self._context = context
        self._ts: int | None = None
        self._newest: Any = None
        self._before: Any = None

    def _note(self, signal: Signal) -> None:
        self._before = self._newest
        self._newest = signal.value
        self._ts = signal.ts

    @property
    def age_ns(self) -> int | None:
        """Time since the last emission in ns, None before the first."""
        return None if self._ts is None else self._context.now - self._ts

    @property
    def is_fresh(self) -> bool:
        """Whether there is a value within the age limit."""
        age = self.age_ns
        return age is not None and (self._limit_ns is None or age <= self._limit_ns)

    @property
    def value(self) -> Any:
        """The newest value, None when it is not fresh."""
        return self._newest if self.is_fresh else None

    def _known(self, holds: Callable[[Any], bool]) -> Condition:
        return Condition(lambda: None if self.value is None else bool(holds(self.value)))

    def __gt__(self, level: float) -> Condition:
        return self._known(lambda value: value > level)

    def __ge__(self, level: float) -> Condition:
        return self._known(lambda value: value >= level)

    def __lt__(self, level: float) -> Condition:
        return self._known(lambda value: value < level)

    def __le__(self, level: float) -> Condition:
        return self._known(lambda value: value <= level)

    def crosses_above(self, level: float) -> Condition:
        """The newest value is above a level and the one before was not."""
        return self._known(lambda value: self._before is not None and self._before <= level < value)

    def crosses_below(self, level: float) -> Condition:
        """The newest value is below a level and the one before was not."""
        return self._known(lambda value: self._before is not None and self._before >= level > value)

    def __repr__(self) -> str:
        return f"Reading({self.name} = {self.value!r})"


class Follow:
    """A position that follows an entry and an exit; made by `Strategy.follow`."""

    def __init__(
        self,
        signals: Signals,
        instrument: Instrument,
        qty_lots: int,
        entry: Condition,
        exit: Condition,
        urgency: Urgency,
        unknown: Literal["exit", "hold"],
    ) -> None:
        self.instrument = instrument
        #: Signed.
        self.qty_lots = qty_lots
        self.entry = entry
        self.exit = exit
        #: Whether the position is wanted now.
        self.is_in = False
        self._signals = signals
        self._urgency: Urgency = urgency
        self._unknown = unknown
        self._timer = 0

    def _check(self) -> None:
        leave = self.exit.state
        if self.is_in:
            if leave is True or (leave is None and self._unknown == "exit"):
                self.is_in = False
                self._signals._targets.set(self.instrument, qty_lots=0, urgency=self._urgency)
        elif leave is False and self.entry.state is True:
            self.is_in = True
            self._signals._targets.set(self.instrument, qty_lots=self.qty_lots, urgency=self._urgency)

    def stop(self) -> None:
        """Follow no more; the position and its target stay as they are."""
        self._signals._stop(self)


class Signals:
    """The component of a strategy that reads signals and holds positions by them.

    Parameters
    ----------
    context : Context
    targets : Targets
        Works towards the positions.
    """

    def __init__(self, context: Context, targets: Targets) -> None:
        self._context = context
        self._targets = targets
        self._readings: list[Reading] = []
        self._follows: list[Follow] = []
        self._is_subscribed = False

    def latest(self, name: str, max_age: DurationLike | None) -> Reading:
        """The latest value of a signal; see `Strategy.latest`."""
        limit_ns = None if max_age is None else duration_ns(max_age, "max_age")
        if limit_ns is not None and limit_ns <= 0:
            raise InvalidArgument(f"max_age must be positive, was {max_age!r}")
        self._subscribe()
        reading = Reading(name, limit_ns, self._context)
        self._readings.append(reading)
        return reading

    def held_for(self, condition: Condition, duration: DurationLike) -> Condition:
        """A condition that has been true for a duration; see `Strategy.held_for`."""
        wanted = duration_ns(duration, "duration")
        since: int | None = None

        def held() -> _State:
            nonlocal since
            state = condition.state
            if state is not True:
                since = None
                return state
            now = self._context.now
            if since is None:
                since = now
            return now - since >= wanted

        return Condition(held)

    def follow(
        self,
        instrument: _Where,
        qty: float | int | str | Decimal | None = None,
        *,
        entry: Condition,
        exit: Condition | None = None,
        side: Side | str | int = Side.BUY,
        qty_lots: int | None = None,
        urgency: Urgency = "passive",
        unknown: Literal["exit", "hold"] = "exit",
        check: DurationLike = "100ms",
    ) -> Follow:
        """Hold a position from when `entry` is true until `exit` is; see `Strategy.follow`."""
        context = self._context
        context.check_can_trade()
        one = context.instrument(instrument)
        if (qty is None) == (qty_lots is None):
            raise InvalidArgument("give qty or qty_lots, one of them")
        if qty_lots is None:
            assert qty is not None
            qty_lots = one.qty_to_lots(qty)
        if qty_lots < 1:
            raise InvalidArgument(f"qty must be positive, was {qty_lots} lots; side says which way")
        if unknown not in ("exit", "hold"):
            raise InvalidArgument(f'unknown must be "exit" or "hold", was {unknown!r}')
        check_ns = timer_interval_ns(check, "check")
        signed = qty_lots if order_side(side) is Side.BUY else -qty_lots
        follow = Follow(self, one, signed, entry, ~entry if exit is None else exit, urgency, unknown)
        self._subscribe()
        self._follows.append(follow)
        follow._timer = context.call_every(check_ns, follow._check, "follow")
        follow._check()
        return follow

    def _subscribe(self) -> None:
        if not self._is_subscribed:
            self._is_subscribed = True
            # The strategy's own on_signal sees the new values; positions follow them after it.
            self._context.subscribe_hook("on_signal", self._read, first=True)
            self._context.subscribe_hook("on_signal", self._check_follows)

    def _read(self, signal: Signal) -> None:
        for reading in self._readings:
            if reading.name == signal.name:
                reading._note(signal)

    def _check_follows(self, _: Signal) -> None:
        for follow in list(self._follows):
            follow._check()

    def _stop(self, follow: Follow) -> None:
        self._context.cancel_timer(follow._timer)
        if follow in self._follows:
            self._follows.remove(follow)
