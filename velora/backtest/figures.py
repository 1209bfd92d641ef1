"""The figures of a result: its money by cause and by currency, its inventory. All are made of `Result.totals`."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from velora.backtest import statistics as st
from velora.backtest.formats import finite_or_none, format_span
from velora.backtest.money import per_unit
from velora.backtest.totals import ACCOUNT, ESTIMATES, BalanceSums, CauseSums, HoldingSums
from velora.core.money import amount_of
from velora.core.orders import FillCause, OrderState
from velora.errors import CorruptData

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["CurrencySums", "by_cause", "by_currency", "statistics"]

_SECOND_NS = 1_000_000_000
_ADDED = ("notional", "maker", "fee", "realized")


@dataclass
class CurrencySums:
    """Fills of one cause, or of all, in one settlement currency; money in the currency's units."""

    fills: int = 0
    qty: float = 0.0
    notional: int = 0
    maker: int = 0
    fee: int = 0
    realized: int = 0
    #: What they were worth by the end, after fees.
    pnl: int = 0
    #: By name of an estimate: fills it is known for, what they gained, and their notional.
    measured: dict[str, list[int]] = field(default_factory=lambda: {name: [0, 0, 0] for name, _ in ESTIMATES})

    def add(self, sums: CauseSums, scale: int, qty: float, pnl: int) -> None:
        """Fills of one strategy and instrument, with the currency's units in one of the instrument."""
        self.fills += sums.fills
        self.qty += qty
        self.pnl += pnl
        for name in _ADDED:
            setattr(self, name, getattr(self, name) + getattr(sums, name) * scale)
        for name, values in self.measured.items():
            one = getattr(sums, name)
            values[0] += one.fills
            values[1] += one.gain * scale
            values[2] += one.notional * scale


def by_currency(result: Result) -> dict[tuple[str, int], CurrencySums]:
    """Sums over the fills by settlement currency and cause.

    The value of what a strategy's fills make is shared over their causes as `velora.backtest.statistics.end_values`
    shares it over fills: nothing is left over.
    """
    totals, scales = result.totals, result._ledger.scales
    found: dict[tuple[str, int], CurrencySums] = {
        (currency, code): CurrencySums() for currency in result.currencies for code in FillCause
    }
    pair, lots = (-1, -1), 0
    mark: tuple[int, int] | None = None
    for (index, strategy, code), sums in sorted(totals.causes.items()):
        if pair != (index, strategy):
            pair, lots = (index, strategy), 0
            mark = result._ledger.end_mark(index, strategy)
        instrument = result.instruments[index]
        if mark is None:
            pnl = sums.realized - sums.fee
        else:
            share = _worth(lots + sums.lots, *mark) - _worth(lots, *mark)
            pnl = (sums.value - share if instrument.is_inverse else share - sums.value) - sums.fee
            lots += sums.lots
        one = found.setdefault((instrument.settle, code), CurrencySums())
        one.add(sums, scales[index], sums.qty * instrument.lot_num / instrument.lot_den, pnl * scales[index])
    return found


def _worth(lots: int, up: int, down: int) -> int:
    """What lots are worth at a mark, rounded half to even."""
    value, rest = divmod(lots * up, down)
    return value + (2 * rest > down or (2 * rest == down and value % 2 == 1))


def by_cause(result: Result) -> dict[str, list[Any]]:
    """Columns of `Result.pnl_by_cause`."""
    sums = result._by_currency()
    rows: dict[str, list[Any]] = {}

    def put(**values: Any) -> None:
        for name, value in values.items():
            rows.setdefault(name, []).append(value)

    for currency in result.currencies:
        per = per_unit(result.money_unit(currency))
        bases = {(one.base, one.kind) for one in result.instruments if one.settle == currency}
        total = 0
        for code in FillCause:
            own = sums[currency, code]
            total += own.pnl
            estimates: dict[str, float] = {}
            for name, (known, gain, notional) in own.measured.items():
                estimates[name] = gain / per if known else float("nan")
                estimates[f"{name}_bps"] = gain / notional * 1e4 if notional > 0 else float("nan")
            exact = {name: getattr(own, name) for name in ("notional", "fee", "realized", "pnl")}
            put(
                currency=currency,
                cause=code.name,
                fills=own.fills,
                qty=own.qty if len(bases) == 1 else None,
                notional=exact["notional"] / per,
                fee=exact["fee"] / per,
                realized_pnl=exact["realized"] / per,
                pnl=exact["pnl"] / per,
                **estimates,
                **{f"{name}_units": value for name, value in exact.items()},
            )
        funding = result.funding_units(currency)
        if funding:
            total -= funding
            put(currency=currency, cause="FUNDING", fills=0, qty=0.0, notional=0.0, fee=funding / per)
            put(realized_pnl=0.0, pnl=-funding / per)
            for name, _ in ESTIMATES:
                put(**{name: float("nan"), f"{name}_bps": float("nan")})
            put(notional_units=0, fee_units=funding, realized_units=0, pnl_units=-funding)
        if total != result.pnl_units(currency):
            raise CorruptData(
                f"the fills in {currency} make a PnL of {total} units, the samples end at {result.pnl_units(currency)}",
                hint="The records are incomplete: run the backtest again",
            )
    return rows


def statistics(result: Result) -> dict[str, Any]:
    """See `Result.statistics`."""
    totals = result.totals
    sums = totals.orders.values()
    count, amends, filled = (sum(getattr(one, name) for one in sums) for name in ("count", "amends", "filled"))
    waited = sum(one.waited for one in sums)
    return {
        "orders": count,
        "order_outcomes": {state.name: sum(one.states.get(state, 0) for one in sums) for state in OrderState},
        "amends": amends,
        "fills": totals.fills,
        "fill_ratio": filled / count if count else None,
        "order_to_trade": (count + amends) / totals.fills if totals.fills else None,
        "average_time_to_fill_s": sum(one.wait_ns for one in sums) / waited / _SECOND_NS if waited else None,
        "period_s": (result.period[1] - result.period[0]) / _SECOND_NS,
        "sample_interval_s": totals.interval_ns / _SECOND_NS,
        "money": [_money(result, currency) for currency in result.currencies],
        "inventory": _inventory(result),
        "balances": _balances(result),
    }


def _balances(result: Result) -> list[dict[str, Any]]:
    """The lowest balance of each asset of spot instruments; of settlement currencies where there was cash."""
    bases = {one.base or one.symbol for one in result.instruments if one.kind == "spot"}
    found = []
    for (scope, asset), sums in result.totals.balances.items():
        if scope != ACCOUNT:
            continue
        start = Decimal(0)
        if asset in result.currencies:
            start = amount_of(result.start_cash_units(asset), result.money_unit(asset))
        if asset in bases or start > 0:
            found.append({"asset": asset, "is_cash": asset in result.currencies, "lowest": _lowest(start, sums)})
    return found


def _lowest(start: Decimal, sums: BalanceSums) -> float:
    numerator, denominator = start.as_integer_ratio()
    return (numerator * sums.scale + sums.low * denominator) / (denominator * sums.scale)


def _money(result: Result, currency: str) -> dict[str, Any]:
    totals = result.totals
    curve, interval = totals.curves[ACCOUNT, currency], totals.interval_ns
    ends_marked = curve.is_marked
    per = per_unit(result.money_unit(currency))
    cash = result.start_cash_units(currency)
    pnl = result.pnl_units(currency)
    fills = [sums for (settle, _), sums in result._by_currency().items() if settle == currency]
    turnover, maker = sum(sums.notional for sums in fills), sum(sums.maker for sums in fills)
    trips = [
        (result._ledger.scales[index], sums)
        for (index, _), sums in totals.trips.items()
        if result.instruments[index].settle == currency
    ]
    closed = sum(sums.count for _, sums in trips)
    sharpe = st.sharpe_of_sums(curve.intervals, curve.gained, curve.squares, interval)
    sortino = st.sortino_of_sums(curve.intervals, curve.gained, curve.squares, curve.loss_squares, interval)
    top = cash + curve.peak if curve.fall else cash
    return {
        "currency": currency,
        "start_cash": cash / per,
        "end_equity": (cash + pnl) / per if ends_marked else None,
        "pnl": pnl / per,
        "pnl_units": pnl,
        "money_unit": str(result.money_unit(currency)),
        "realized_pnl": curve.realized / per,
        "unrealized_pnl": curve.unrealized / per if ends_marked else None,
        "fees": sum(sums.fee for sums in fills) / per,
        "funding": result.funding_units(currency) / per,
        "impact_cost": result.impact_cost_units(currency) / per,
        "total_return": pnl / cash if cash > 0 and ends_marked else None,
        "turnover": turnover / per,
        "return_on_turnover_bps": pnl / turnover * 1e4 if turnover else None,
        "maker_share": maker / turnover if turnover else None,
        "max_drawdown": curve.fall / per,
        "max_drawdown_fraction": (curve.fall / top if top > 0 else None) if cash > 0 else None,
        "drawdown_of": f"samples every {format_span(interval / _SECOND_NS)} and after each fill"
        if result.config.get("sample_ns", interval)
        else "samples after each fill",
        "lowest_equity": (cash + curve.low) / per if cash > 0 else None,
        "largest_leverage": curve.leverage if cash > 0 else None,
        "sharpe": finite_or_none(sharpe),
        "sortino": finite_or_none(sortino),
        "round_trips": closed,
        "win_rate": sum(sums.won for _, sums in trips) / closed if closed else None,
        "average_round_trip_pnl": sum(scale * sums.pnl for scale, sums in trips) / (closed * per) if closed else None,
        "average_round_trip_s": sum(sums.duration_ns for _, sums in trips) / closed / _SECOND_NS if closed else None,
    }


def _inventory(result: Result) -> list[dict[str, Any]]:
    totals, (start, end) = result.totals, result.period
    fills = [0] * len(result.instruments)
    for (index, _, _), one in totals.causes.items():
        fills[index] += one.fills
    found = []
    for index, (instrument, name) in enumerate(zip(result.instruments, result.names, strict=True)):
        sums = totals.holdings.get((ACCOUNT, index)) or HoldingSums()
        span = 0 if sums.first_ts is None else end - start
        rest = end - sums.ts if span else 0  # the last position stands until the end
        lot_ns, held_ns = sums.lot_ns + abs(sums.lots) * rest, sums.held_ns + (rest if sums.lots else 0)
        found.append(
            {
                "symbol": instrument.symbol,
                "venue": instrument.venue,
                "name": name,
                "fills": fills[index],
                "end_position": instrument.lots_to_qty(sums.lots),
                "max_long": instrument.lots_to_qty(sums.high),
                "max_short": instrument.lots_to_qty(-sums.low),
                "average_inventory": lot_ns / span * (instrument.lot_num / instrument.lot_den) if span else 0.0,
                "time_in_market": held_ns / span if span else 0.0,
            }
        )
    return found
