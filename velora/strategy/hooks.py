"""The hooks a strategy may define, and the checks made when its class is made.

A misspelt hook, and a method that another framework calls, would never be called, without any error; so both are
refused.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

from velora.errors import StrategyError

__all__ = ["HOOKS", "check_hooks", "refers_to"]

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

_EACH_EVENT = "on_trade, on_quote, on_book or on_candle"
_SUBCLASS_INIT = "on_start (or __init__)"

#: Names of methods that other frameworks call, in snake case, and the names to use here. Those of QuantConnect's LEAN
#: are in camel case there.
_OTHER_NAMES = {
    # several
    "on_tick": "on_trade or on_quote",
    "on_ticks": "on_trade or on_quote",
    "on_bar": "on_candle",
    "on_bars": "on_candle",
    "on_kline": "on_candle",
    "on_ohlcv": "on_candle",
    "on_depth": "on_book",
    "on_orderbook": "on_book",
    "on_data": _EACH_EVENT,
    "on_market_data": _EACH_EVENT,
    "on_init": "on_start",
    "on_open": "on_start",
    "on_close": "on_stop",
    "on_end": "on_stop",
    "on_exit": "on_stop",
    "on_finish": "on_stop",
    "on_shutdown": "on_stop",
    "on_execution": "on_fill",
    "on_clock": "on_timer",
    "on_error": "on_error= of Backtest",
    # NautilusTrader
    "on_trade_tick": "on_trade",
    "on_trade_ticks": "on_trade",
    "on_quote_tick": "on_quote",
    "on_quote_ticks": "on_quote",
    "on_order_book": "on_book",
    "on_order_book_delta": "on_book",
    "on_order_book_deltas": "on_book",
    "on_order_book_depth": "on_book",
    "on_event": "on_order, on_fill, on_trade, on_quote or on_book",
    "on_time_event": "on_timer",
    "on_historical_data": "on_warmup",
    "on_instrument": "on_start",
    "on_instrument_status": "on_gap",
    "on_load": "on_restore",
    "on_resume": "on_start",
    "on_reset": "on_start",
    "on_dispose": "on_stop",
    "on_degrade": "on_stale",
    "on_order_event": "on_order or on_fill",
    "on_order_filled": "on_fill",
    "on_order_partially_filled": "on_fill",
    **{
        f"on_order_{event}": "on_order"
        for event in (
            *("initialized", "submitted", "accepted", "rejected", "denied", "updated", "modified", "triggered"),
            *("canceled", "cancelled", "expired", "pending_update", "pending_cancel", "modify_rejected"),
            *("cancel_rejected", "emulated", "released", "status", "update"),
        )
    },
    **{f"on_position_{event}": "on_position" for event in ("event", "opened", "changed", "closed", "update")},
    # backtrader
    "next": _EACH_EVENT,
    "prenext": "on_warmup",
    "nextstart": "on_start",
    "next_open": "on_candle",
    "notify_order": "on_order",
    "notify_trade": "on_position",
    "notify_data": "on_stale or on_gap",
    "notify_timer": "on_timer",
    "notify_fund": "on_funding",
    "notify_cashvalue": "on_position",
    # freqtrade
    "populate_indicators": "self.indicator(...) in on_start",
    "populate_entry_trend": "on_candle",
    "populate_exit_trend": "on_candle",
    "populate_buy_trend": "on_candle",
    "populate_sell_trend": "on_candle",
    "custom_stoploss": "stop= of self.sell, or stop_loss= of self.buy",
    "custom_exit": "on_candle",
    "custom_entry_price": "price= of self.buy",
    "custom_exit_price": "price= of self.sell",
    "custom_stake_amount": "qty of self.buy",
    "confirm_trade_entry": "on_order",
    "confirm_trade_exit": "on_order",
    "adjust_trade_position": "self.target(...)",
    "bot_start": "on_start",
    "bot_loop_start": 'self.every("5s", ...)',
    # zipline
    "handle_data": _EACH_EVENT,
    "before_trading_start": "on_start",
    # LEAN
    "on_securities_changed": "on_start",
    "on_end_of_day": 'self.every("1d", ...)',
    "on_end_of_algorithm": "on_stop",
    "on_warmup_finished": "on_warmup",
    "on_margin_call": "on_position",
    "on_funding_rate": "on_funding",
    # backtesting.py, LEAN, zipline, backtrader
    "init": _SUBCLASS_INIT,
    "initialize": _SUBCLASS_INIT,
}
#: Of these, names that a strategy may well have for a method of its own: refused where no method of it calls them.
_PLAIN_WORDS = frozenset({"next", "next_open", "init", "initialize"})


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


def _refusal(name: str, function: Any, others: Iterable[Any]) -> str | None:
    """Why a method of a name is refused, None if it is the user's own."""
    snake = _snake(name)
    if snake in HOOKS:
        return f"did you mean {snake}?"
    if snake in _OTHER_NAMES:
        if snake in _PLAIN_WORDS and (_takes_arguments(function) or any(refers_to(one, name) for one in others)):
            return None
        return f"did you mean {_OTHER_NAMES[snake]}?"
    if not re.match(r"on_?[a-z]", snake):
        return None
    close = next((hook for hook in HOOKS if _is_one_slip(snake, hook)), None)
    if close is not None:
        return f"did you mean {close}?"
    if not snake.startswith("on_") or isinstance(function, type):
        return None
    return f"the hooks are {', '.join(HOOKS)}; begin the name of a method of your own with an underscore: _{name}"


def _takes_arguments(function: Callable[..., object]) -> bool:
    """Whether a method needs arguments besides self; other frameworks call theirs without."""
    try:
        inspect.signature(function).bind(None)
    except (TypeError, ValueError):
        return True
    return False


def refers_to(function: Any, name: str) -> bool:
    """Whether the code of a method refers to a name; compiled code does not show it."""
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    return callable(function) and (code is None or _refers(code, name))


def _refers(code: Any, name: str) -> bool:
    inner = (constant for constant in code.co_consts if inspect.iscode(constant))
    return name in code.co_names or any(_refers(one, name) for one in inner)


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


def check_hooks(cls: type, base: type) -> None:
    """Check the hooks of a strategy's class.

    Parameters
    ----------
    cls : type
    base : type
        Velora's own base of it; the classes below it are checked, mixins included.

    Raises
    ------
    StrategyError
        If a name nearly is a hook ("did you mean on_trade?"), starts with ``on_`` without being one, or is called by
        another framework and not here; or if a hook cannot be called with its argument.
    """
    owner = cls.__name__
    parts = list(reversed(cls.__mro__[: cls.__mro__.index(base)]))
    methods = [(name, value) for part in parts for name, value in vars(part).items() if callable(value)]
    for part in parts:
        for name, value in vars(part).items():
            if name in HOOKS:
                if not callable(value):
                    raise StrategyError(f"{owner}.{name} must be a method, was {value!r}")
                _check_signature(owner, name, value)
            elif callable(value) and not name.startswith("_"):
                others = (one for key, one in methods if key != name and not isinstance(one, type))
                refusal = _refusal(name, value, others)
                if refusal is not None:
                    raise StrategyError(f"{owner}.{name} is not a hook; {refusal}")
