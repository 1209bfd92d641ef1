"""The hooks a strategy may define, and the checks made when its class is made.

A misspelt hook would never be called, without any error; so a near miss is refused.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from velora.errors import StrategyError

__all__ = ["HOOKS", "check_hooks"]

#: Name of each hook and of its argument, None for those without one.
HOOKS: dict[str, str | None] = {
    "on_start": None,
    "on_stop": None,
    "on_trade": "trade",
    "on_quote": "quote",
    "on_book": "book",
    "on_candle": "candle",
    "on_order": "order",
    "on_fill": "fill",
    "on_position": "position",
    "on_funding": "funding",
    "on_gap": "gap",
    "on_timer": "timer",
    "on_signal": "signal",
    "on_parameters": "changed",
    "on_stale": "what",
    "on_fresh": "what",
    "on_warmup": "history",
    "on_save": None,
    "on_restore": "state",
}

#: Names of these hooks in other frameworks.
_OTHER_NAMES = {
    "on_tick": "on_trade or on_quote",
    "on_trade_tick": "on_trade",
    "on_quote_tick": "on_quote",
    "on_bar": "on_candle",
    "on_kline": "on_candle",
    "on_depth": "on_book",
    "on_order_book": "on_book",
    "on_orderbook": "on_book",
    "on_order_book_deltas": "on_book",
    "on_init": "on_start",
    "on_end": "on_stop",
    "on_exit": "on_stop",
    "on_order_filled": "on_fill",
    "on_execution": "on_fill",
    "on_event": "on_order, on_fill, on_trade, on_quote or on_book",
}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _is_one_slip(a: str, b: str) -> bool:
    """Whether one letter added, left out, changed or swapped with its neighbour turns `a` into `b`."""
    if abs(len(a) - len(b)) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[at:], b[at:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )


def _meant(name: str) -> str | None:
    snake = _snake(name)
    if not re.match(r"on_?[a-z]", snake):
        return None
    if snake in HOOKS:
        return snake
    if snake in _OTHER_NAMES:
        return _OTHER_NAMES[snake]
    return next((hook for hook in HOOKS if _is_one_slip(snake, hook)), None)


def _check_signature(owner: str, name: str, function: Callable[..., object]) -> None:
    argument = HOOKS[name]
    wanted = "self" if argument is None else f"self, {argument}"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    arguments: list[object] = [None] if argument is None else [None, None]
    try:
        signature.bind(*arguments)
    except TypeError:
        raise StrategyError(f"{owner}.{name} must be callable as {name}({wanted}), was {name}{signature}") from None
    if inspect.iscoroutinefunction(function):
        raise StrategyError(f"{owner}.{name} must be a plain function, was async: hooks run inside the engine's step")


def check_hooks(owner: str, namespace: Mapping[str, Any]) -> None:
    """Check the hooks in a class body.

    Parameters
    ----------
    owner : str
        Name of the class, for messages.
    namespace : mapping
        The class body.

    Raises
    ------
    StrategyError
        If a name nearly is a hook ("did you mean on_trade?"), or a hook cannot be called with its argument.
    """
    for name, value in namespace.items():
        if name in HOOKS:
            if not callable(value):
                raise StrategyError(f"{owner}.{name} must be a method, was {value!r}")
            _check_signature(owner, name, value)
        elif callable(value) and (meant := _meant(name)) is not None:
            raise StrategyError(f"{owner}.{name} is not a hook; did you mean {meant}?")
