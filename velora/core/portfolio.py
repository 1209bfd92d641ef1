"""Portfolio of a strategy: capital, positions, and their current value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from velora.core.money import amount_of, units_of
from velora.errors import InvalidArgument, NotPicklable

if TYPE_CHECKING:
    from velora.core.instrument import Instrument
    from velora.core.orders import Position

__all__ = ["Portfolio"]


class Portfolio:
    """The account of one strategy, always up to date.

    Money is kept in whole units of `unit` for each settlement currency (the ``*_units`` methods); the other methods
    return the same amounts as exact Decimals. Capital is not a limit: orders are sent regardless of it.

    Positions are valued at their marks (`Position.mark`), as in the samples and the result of a run. If the mark of an
    open position is unknown, values that depend on it are None.

    Parameters
    ----------
    instruments : list of Instrument
        Of the run, in order.
    positions : callable
        Returns the positions that the strategy has touched, in the order of the instruments.
    capital : mapping
        Start capital by settlement currency.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        positions: Callable[[], list[Position]],
        capital: Mapping[str, Decimal],
    ) -> None:
        self._positions = positions
        self._units: dict[str, Decimal] = {}
        for instrument in instruments:
            currency, unit = instrument.settle, instrument.money_unit
            self._units[currency] = min(unit, self._units.get(currency, unit))
        self._capital = {
            currency: units_of(capital.get(currency, Decimal(0)), unit) for currency, unit in self._units.items()
        }

    def __reduce__(self) -> tuple[Any, ...]:
        raise NotPicklable(
            "a Portfolio follows its run and can be neither pickled nor copied: keep the figures that you need, or "
            "take Result.statistics()"
        )

    @property
    def currencies(self) -> list[str]:
        """Settlement currencies, in the order of the instruments."""
        return list(self._units)

    @property
    def positions(self) -> list[Position]:
        """The positions that are not flat."""
        return [position for position in self._positions() if not position.is_flat]

    def unit(self, currency: str | None = None) -> Decimal:
        """The money unit of a currency: the finest unit of its instruments.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        return self._units[self._chosen(currency)]

    def capital_units(self, currency: str | None = None) -> int:
        """Start capital in money units.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        return self._capital[self._chosen(currency)]

    def pnl_units(self, currency: str | None = None) -> int | None:
        """Realized plus unrealized PnL less fees and funding, in money units.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        total = 0
        for one, scale in self._of(currency):
            unrealized = one.unrealized_units
            if unrealized is None:
                return None
            total += (one.realized_units + unrealized - one.fee_units) * scale
        return total

    def equity_units(self, currency: str | None = None) -> int | None:
        """Capital plus PnL, in money units.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        pnl = self.pnl_units(currency)
        return None if pnl is None else self.capital_units(currency) + pnl

    def exposure_units(self, currency: str | None = None) -> tuple[int, int] | None:
        """Net and gross value of the positions at their marks, in money units.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        values = []
        for one, scale in self._of(currency):
            value = one.value_units
            if value is None:
                return None
            values.append(value * scale)
        return sum(values), sum(abs(value) for value in values)

    def capital(self, currency: str | None = None) -> Decimal:
        """Start capital; the currency may be omitted if there is only one.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        return amount_of(self.capital_units(currency), self.unit(currency))

    def pnl(self, currency: str | None = None) -> Decimal | None:
        """Realized plus unrealized PnL less fees and funding.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        return self._amount(self.pnl_units(currency), currency)

    def equity(self, currency: str | None = None) -> Decimal | None:
        """Capital plus PnL.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        return self._amount(self.equity_units(currency), currency)

    def net_exposure(self, currency: str | None = None) -> Decimal | None:
        """Net value of the positions, shorts negative.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        units = self.exposure_units(currency)
        return None if units is None else self._amount(units[0], currency)

    def gross_exposure(self, currency: str | None = None) -> Decimal | None:
        """Gross value of the positions, the sum of longs and shorts.

        Parameters
        ----------
        currency : str, optional
            Settlement currency; may be left out where there is only one.

        Raises
        ------
        InvalidArgument
            If no instrument settles in the currency, or it is left out where there are several.
        """
        units = self.exposure_units(currency)
        return None if units is None else self._amount(units[1], currency)

    def _amount(self, units: int | None, currency: str | None) -> Decimal | None:
        return None if units is None else amount_of(units, self.unit(currency))

    def _chosen(self, currency: str | None) -> str:
        if currency is None and len(self._units) == 1:
            return next(iter(self._units))
        if currency not in self._units:
            raise InvalidArgument(f"currency must be one of {', '.join(self._units)}, was {currency!r}")
        return currency

    def _of(self, currency: str | None) -> list[tuple[Position, int]]:
        """Positions that settle in a currency, with the currency's units per unit of the instrument."""
        chosen = self._chosen(currency)
        unit = self._units[chosen]
        return [
            (one, int(one.instrument.money_unit / unit)) for one in self._positions() if one.instrument.settle == chosen
        ]

    def __repr__(self) -> str:
        equity = ", ".join(f"{self.equity(currency)} {currency}" for currency in self.currencies)
        return f"Portfolio({equity}; {len(self.positions)} positions)"
