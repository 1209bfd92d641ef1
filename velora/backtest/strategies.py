"""The strategies of a run: their names and their shares of the cash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from velora.core.money import amount as checked_amount
from velora.core.numbers import shown
from velora.errors import InvalidArgument
from velora.strategy.base import StrategyBase
from velora.strategy.hooks import check_hooks
from velora.strategy.strategy import Strategy

__all__ = ["Amount", "Strategies", "capital_of_each", "named_strategies"]

Strategies = StrategyBase | Sequence[StrategyBase] | Mapping[str, StrategyBase]
#: Money in the only settlement currency, or by currency.
Amount = float | str | Decimal | Mapping[str, float | str | Decimal]

_CASH_STEP = Decimal("1e-8")


def named_strategies(given: Strategies) -> dict[str, StrategyBase]:
    """Strategies by name, in their order: the key of a mapping, else the class, numbered where it repeats.

    Raises
    ------
    InvalidArgument
        If something is not a strategy, is given twice, or there is none.
    """
    named: dict[str, Any]
    if isinstance(given, Mapping):
        named = dict(given)
    else:
        strategies: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
        counts = Counter(type(strategy).__name__ for strategy in strategies)
        numbers: Counter[str] = Counter()
        named = {}
        for strategy in strategies:
            name = type(strategy).__name__
            numbers[name] += 1
            named[name if counts[name] == 1 else f"{name}-{numbers[name]}"] = strategy
    if not named:
        raise InvalidArgument("strategy must be at least one Strategy, was none")
    for name, strategy in named.items():
        if not isinstance(strategy, StrategyBase):
            hint = "give an instance: add ()" if isinstance(strategy, type) else "extend velora.Strategy"
            raise InvalidArgument(f"strategy must be a Strategy, was {strategy!r}; {hint}")
        if not isinstance(name, str) or not name:
            raise InvalidArgument(f"a strategy's name must be a string, was {name!r}")
        _check_compiled(type(strategy))
    if len({id(strategy) for strategy in named.values()}) != len(named):
        raise InvalidArgument("the same strategy object is given twice: make one for each name")
    return named


def _check_compiled(cls: type) -> None:
    """The checks that Python classes get when they are made; compiled ones do not extend `velora.Strategy`."""
    if not issubclass(cls, Strategy):
        check_hooks(cls, StrategyBase)


def capital_of_each(
    names: Sequence[str], cash: Amount, capital: Mapping[str, Amount] | None, currencies: Sequence[str]
) -> dict[str, dict[str, Decimal]]:
    """Capital of each strategy by settlement currency.

    Parameters
    ----------
    names : sequence of str
    cash : number or mapping of currency to number
        Shared out equally, to eight decimals, the rest to the first, where `capital` is None.
    capital : mapping of name to such an amount
    currencies : sequence of str
        Settlement currencies of the run. Where there are several, an amount must say of which it is.

    Raises
    ------
    InvalidArgument
        If an amount does not say its currency though several settle, or names one in which nothing settles.
    """
    if capital is None:
        totals = _by_currency(cash, currencies, "cash={}")
        parts = {currency: (total / len(names)).quantize(_CASH_STEP, ROUND_DOWN) for currency, total in totals.items()}
        each = {name: dict(parts) for name in names}
        for currency, total in totals.items():
            each[names[0]][currency] = total - parts[currency] * (len(names) - 1)
        return each
    if not isinstance(capital, Mapping):
        raise InvalidArgument(f"capital must be a mapping of each strategy's name to its amount, was {shown(capital)}")
    wrong = sorted(map(str, set(capital) ^ set(names)))
    if wrong:
        raise InvalidArgument(f"capital must name each strategy ({', '.join(names)}) and no other, see {wrong[0]!r}")
    return {name: _by_currency(capital[name], currencies, f"capital={{{name!r}: {{}}}}") for name in names}


def _by_currency(amount: Amount, currencies: Sequence[str], written: str) -> dict[str, Decimal]:
    """An amount by currency; `written` shows in an error how to write it, with {} for the mapping."""
    name = written.partition("=")[0]
    if not isinstance(amount, Mapping):
        if len(currencies) > 1 and checked_amount(name, amount) != 0:
            examples = " or ".join(
                written.replace("{}", f"{{{currency!r}: {amount}}}") for currency in (currencies[0], currencies[-1])
            )
            raise InvalidArgument(
                f"the run settles in {', '.join(currencies)}, and an amount of {amount} does not say which of them "
                f"it is: write {examples}"
            )
        amount = {currencies[0]: amount}
    unknown = sorted(map(str, set(amount) - set(currencies)))
    if unknown:
        raise InvalidArgument(f"nothing settles in {unknown[0]!r}; the run settles in {', '.join(currencies)}")
    return {currency: checked_amount(f"{name} in {currency}".strip(), value) for currency, value in amount.items()}
