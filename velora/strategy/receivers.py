"""The warning for a subscription whose events nothing receives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

from velora.errors import VeloraWarning
from velora.strategy.history import Histories
from velora.strategy.hooks import HOOKS, refers_to

__all__ = ["reads_candles", "receives_candles", "warn_unreceived"]

#: Method that subscribes to the events of each hook.
_SUBSCRIPTIONS = {
    "on_trade": "subscribe_trades",
    "on_quote": "subscribe_quotes",
    "on_book": "subscribe_book",
    "on_gap": "subscribe_gaps",
    "on_funding": "subscribe_funding",
    "on_candle": "subscribe_candles",
}
#: Modules of classes that no strategy has written.
_BASES = frozenset({"velora.strategy.strategy", "velora.strategy.base", "builtins"})


def receives_candles(callback: Callable[..., object]) -> bool:
    """Whether a callback of candles uses them; the store behind `Strategy.candles` only keeps them."""
    return not isinstance(getattr(callback, "__self__", None), Histories)


def reads_candles(cls: type) -> bool:
    """Whether a method of a strategy's class may call `Strategy.candles`; compiled code does not show it."""
    parts = (part for part in cls.__mro__ if part.__module__ not in _BASES)
    methods = (value for part in parts for value in vars(part).values() if not isinstance(value, type))
    return any(refers_to(method, "candles") for method in methods)


def warn_unreceived(cls: type, hooks: Iterable[str]) -> None:
    """Warn that a strategy subscribed to events and has no hook for them.

    Parameters
    ----------
    cls : type
        Class of the strategy.
    hooks : iterable of str
        Names of the hooks that it lacks.

    Warns
    -----
    VeloraWarning
        For each hook, with its signature and the subscription.
    """
    for hook in hooks:
        subscription = _SUBSCRIPTIONS[hook]
        others = ", read them with self.candles(...)" if hook == "on_candle" else ""
        text = (
            f"{cls.__name__} calls {subscription} in on_start, but it has no {hook} and nothing else receives these "
            f"events: define {hook}(self, {HOOKS[hook]}){others}, or leave out {subscription}"
        )
        warnings.warn(text, VeloraWarning, stacklevel=2)
