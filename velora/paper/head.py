"""The head of a journal: a description of its kernel, and a kernel built from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from velora.core.instrument import Instrument
from velora.engine.candles import make_candles
from velora.engine.kernel import Kernel
from velora.engine.limits import order_limits
from velora.errors import CorruptData, InvalidArgument, VeloraError
from velora.strategy.history import History
from velora.strategy.strategy import Strategy

if TYPE_CHECKING:
    from velora.backtest.run import Backtest
    from velora.data import EventSource
    from velora.paper.clock import LocalClock
    from velora.strategy.base import StrategyBase

__all__ = ["check_head", "head_of", "instruments_of", "kernel_of"]


class _Head(msgspec.Struct):
    """Required fields of a head; further keys are allowed."""

    instruments: Annotated[list[dict[str, str | None]], msgspec.Meta(min_length=1)]
    quote_fed: list[bool]
    strategies: Annotated[dict[str, str], msgspec.Meta(min_length=1)]
    parameters: dict[str, dict[str, Any]]
    capital: dict[str, dict[str, str]]
    on_error: Literal["raise", "stop"]
    retention: Annotated[int, msgspec.Meta(ge=-1, le=(1 << 63) - 1)]
    fuse_quotes: bool
    warmup_ns: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
    speed: float | None = None
    #: Lots by instrument, null for no limit; null where there is none at all.
    order_qty_max: list[Annotated[int, msgspec.Meta(ge=1, le=(1 << 60) - 1)] | None] | None = None


def check_head(head: Mapping[str, Any], path: str) -> None:
    """Check that the head of a journal is valid.

    Raises
    ------
    CorruptData
        With the invalid field.
    """
    try:
        found = msgspec.convert(dict(head), _Head)
    except msgspec.MsgspecError as error:
        raise CorruptData(f"record 0: invalid head: {error}", file=path) from None
    if found.order_qty_max is not None and len(found.order_qty_max) != len(found.instruments):
        raise CorruptData("record 0: invalid head: order_qty_max needs one limit for each instrument", file=path)
    if len(found.quote_fed) != len(found.instruments):
        raise CorruptData(
            f"record 0: {len(found.instruments)} instruments, and quote_fed of {len(found.quote_fed)}", file=path
        )
    for name, part in found.capital.items():
        for currency, value in part.items():
            try:
                is_number = Decimal(value).is_finite()
            except ArithmeticError:
                is_number = False
            if not is_number:
                raise CorruptData(
                    f"record 0: the capital of {name} in {currency} is {value!r}, not a number", file=path
                )
    instruments_of(head, path)


def instruments_of(head: Mapping[str, Any], path: str) -> list[Instrument]:
    """The instruments of a journal.

    Raises
    ------
    CorruptData
        If one of them is invalid.
    """
    try:
        return [Instrument.from_dict(values) for values in head["instruments"]]
    except (VeloraError, KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise CorruptData(f"record 0: invalid instrument: {error}", file=path) from None


def head_of(
    test: Backtest,
    instruments: Sequence[Instrument],
    sources: Sequence[EventSource],
    capital: Mapping[str, Mapping[str, Decimal]],
    clock: LocalClock,
) -> dict[str, Any]:
    """JSON-ready description of the local side of a run, and for readers of its environment."""
    return {
        "instruments": [instrument.to_dict() for instrument in instruments],
        "quote_fed": [_is_quote_fed(source) for source in sources],
        "strategies": {name: _class_of(strategy) for name, strategy in test.strategies.items()},
        "parameters": {
            name: strategy._plain_parameters(strategy.parameter_values())
            for name, strategy in test.strategies.items()
            if isinstance(strategy, Strategy)
        },
        "capital": {name: {key: str(value) for key, value in part.items()} for name, part in capital.items()},
        "on_error": test.on_error,
        "retention": -1 if test.retention is None else test.retention,
        "fuse_quotes": test.fuse_quotes,
        "warmup_ns": test.warmup_ns,
        "order_qty_max": None if test.max_order_qty is None else order_limits(test.max_order_qty, instruments),
        "speed": getattr(clock, "speed", None),
        "assumptions": test.to_dict(),
    }


def kernel_of(head: Mapping[str, Any], strategies: dict[str, StrategyBase]) -> Kernel:
    """A kernel as described by the head of a journal, for fresh strategies of the same names and classes.

    Their parameters are set to the values at the start of the run.
    """
    given = {name: _class_of(strategy) for name, strategy in strategies.items()}
    # A single strategy needs no name, and its class may have been loaded from a file with another name.
    recorded = head["strategies"]
    if [_short(one) for one in given.values()] != [_short(one) for one in recorded.values()]:
        raise InvalidArgument(
            f"the journal is for {', '.join(recorded.values())}, was given {', '.join(given.values())}"
        )
    if len(recorded) > 1 and list(recorded) != list(given):
        raise InvalidArgument(f"the journal's strategies are named {', '.join(recorded)}, not {', '.join(given)}")
    for name, strategy in zip(recorded, strategies.values(), strict=True):
        if isinstance(strategy, Strategy):
            strategy.set_parameters(**head["parameters"].get(name, {}))
    instruments = [Instrument.from_dict(values) for values in head["instruments"]]
    kernel = Kernel(
        instruments,
        dict(zip(recorded, strategies.values(), strict=True)),
        list(head["quote_fed"]),
        capital={name: {key: Decimal(value) for key, value in part.items()} for name, part in head["capital"].items()},
        isolates=head["on_error"] == "stop",
        retention=head["retention"],
        fuse_quotes=head["fuse_quotes"],
        warns=False,
    )
    if head.get("order_qty_max") is not None:
        kernel.limit_order_qty(head["order_qty_max"])
    if head["warmup_ns"] > 0:
        kernel.warm_up(head["warmup_ns"], History(instruments, make_candles))
    return kernel


def _is_quote_fed(source: EventSource) -> bool:
    return not source.has_depth and not getattr(source, "has_orders", False)


def _class_of(strategy: StrategyBase) -> str:
    return f"{type(strategy).__module__}.{type(strategy).__qualname__}"


def _short(name: str) -> str:
    return name.rpartition(".")[2]
