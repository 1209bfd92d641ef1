"""Fits of market impact models: from the market's own trades and book, or from own metaorders.

Every fit returns its parameters with standard errors and the number of samples, and raises if the data are
insufficient. Standard errors of regressions allow for heteroscedastic noise; those of curves over lags come from a
jackknife over tenths of the session. The assumptions of each method are documented under "Market impact".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.core.book import OrderBookL2
from velora.core.clock import DurationLike, duration_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.data.table import EventTable
from velora.errors import InvalidArgument
from velora.sim.impact import Impact

__all__ = ["Estimate", "ImpactFit", "Metaorders", "fit_impact", "market_scale"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAY_NS = 86_400_000_000_000
_BLOCKS = 10
_EMPTY = 1 << 62  # the touch of an empty side lies beyond this


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error.

    Attributes
    ----------
    value : float
        The estimate.
    error : float
        Its standard error, in the same unit.
    """

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.error:.2g}"


@dataclass(frozen=True)
class ImpactFit:
    """A fitted model.

    Attributes
    ----------
    impact : Impact
        The model, for `Backtest`.
    estimates : dict of Estimate
        By parameter name; also parameters that the model itself does not take.
    samples : int
        Number of metaorders, trades or intervals in the fit.
    """

    impact: Impact
    estimates: dict[str, Estimate]
    samples: int

    def __str__(self) -> str:
        lines = [f"{self.impact.model}, from {self.samples} samples"]
        width = max(map(len, self.estimates))
        return "\n".join(lines + [f"  {name:{width}}  {estimate}" for name, estimate in self.estimates.items()])


@dataclass(frozen=True, eq=False)
class Metaorders:
    """Own large orders, each executed as several child orders of one side.

    Parameters
    ----------
    qty : (n,) float64 array
        Total executed quantity, base units, above 0.
    cost : (n,) float64 array
        Mean cost of a unit relative to the mid at the metaorder's start, in price units; below 0 when the market moved
        in its favor.
    """

    qty: Floats
    cost: Floats

    def __init__(self, qty: ArrayLike, cost: ArrayLike) -> None:
        for name, values in (("qty", qty), ("cost", cost)):
            array = np.ascontiguousarray(values, np.float64)
            object.__setattr__(self, name, array)
            if array.ndim != 1 or len(array) != len(self.qty) or not np.isfinite(array).all():
                raise InvalidArgument(f"qty and cost must be finite, of equal length; {name} has shape {array.shape}")
        if (self.qty <= 0).any():
            row = int(np.argmax(self.qty <= 0))
            raise InvalidArgument(f"qty must be above 0, row {row} was {self.qty[row]}")

    def __len__(self) -> int:
        return len(self.qty)

    @classmethod
    def of_result(cls, result: Any, symbol: str | None = None, gap: DurationLike = "1m") -> Metaorders:
        """Metaorders from a result's fills: consecutive fills of one side within a gap form one metaorder.

        Parameters
        ----------
        result : Result
        symbol : str, optional
            The first instrument by default.
        gap : duration
            A longer pause between two fills starts a new metaorder, as does a change of side.
        """
        symbols = [instrument.symbol for instrument in result.instruments]
        if symbol is not None and symbol not in symbols:
            raise InvalidArgument(f"the result has no symbol {symbol!r}; known: {', '.join(symbols)}")
        index = 0 if symbol is None else symbols.index(symbol)
        fills = result.fills_raw[result.fills_raw["instrument"] == index]
        fills = fills[np.argsort(fills["ts_venue"], kind="stable")]
        if len(fills) == 0:
            raise InvalidArgument(f"the result has no fills of {symbols[index]}")
        if result.instruments[index].is_inverse:
            raise InvalidArgument(f"{symbols[index]} is inverse: costs per unit are not additive in price")
        begins = np.ones(len(fills), bool)
        begins[1:] = (np.diff(fills["ts_venue"]) > duration_ns(gap, "gap")) | (fills["side"][1:] != fills["side"][:-1])
        group = np.cumsum(begins) - 1
        tick, lot = float(result.instruments[index].tick_size), float(result.instruments[index].lot_size)
        sign = np.where(fills["side"] == Side.BUY, 1.0, -1.0)
        arrival = fills["mid_x2"][begins][group] / 2
        lots = np.bincount(group, fills["qty"])
        paid = np.bincount(group, sign * (fills["price"] - arrival) * fills["qty"])
        known = fills["mid_x2"][begins] != 0
        return cls((lots * lot)[known], (paid / lots * tick)[known])


# ---------------------------------------------------------------- market data of a table


class _Market:
    """Touch after each row, and trades with trades of one instant and side merged, in price units and base units."""

    def __init__(self, table: EventTable) -> None:
        tick, lot = float(table.instrument.tick_size), float(table.instrument.lot_size)
        touch = _touch(table)
        known = (np.abs(touch) < _EMPTY).all(axis=1)
        clock = np.maximum.accumulate(table.ts_event) if len(table) else table.ts_event
        self.rows_ts: Ints = clock[known]
        self.bid: Floats = touch[known, 0].astype(np.float64) * tick
        self.ask: Floats = touch[known, 1].astype(np.float64) * tick
        self.mid: Floats = (self.bid + self.ask) / 2
        rows = (table.kind == EventKind.TRADE) & ((table.flags & EventFlag.OFF_BOOK) == 0)
        self.volume = float(table.qty[rows].sum()) * lot
        self.volumes: Floats = table.qty[rows] * lot
        self.volumes_ts: Ints = clock[rows]
        rows &= table.side != Side.NONE
        ts, side = table.ts_event[rows], table.side[rows]
        order = np.lexsort((side, ts))
        ts, side = ts[order], side[order]
        qty, price = table.qty[rows][order] * lot, table.price[rows][order] * tick
        begins = np.ones(len(ts), bool)
        begins[1:] = (np.diff(ts) != 0) | (side[1:] != side[:-1])
        group = np.cumsum(begins) - 1
        self.ts: Ints = ts[begins]
        self.sign: Floats = np.where(side[begins] == Side.BUY, 1.0, -1.0)
        self.qty: Floats = np.bincount(group, qty).astype(np.float64)
        self.paid: Floats = np.bincount(group, qty * price).astype(np.float64)  # price times quantity
        if len(self.rows_ts):
            first = self.ts > self.rows_ts[0]
            self.ts, self.sign, self.qty, self.paid = (
                column[first] for column in (self.ts, self.sign, self.qty, self.paid)
            )

    def before(self, ts: Ints) -> NDArray[np.intp]:
        """Index of the touch just before an instant."""
        return np.maximum(np.searchsorted(self.rows_ts, ts, side="left") - 1, 0)

    def at(self, ts: Ints) -> NDArray[np.intp]:
        """Index of the touch after all events of an instant."""
        return np.maximum(np.searchsorted(self.rows_ts, ts, side="right") - 1, 0)


def _touch(table: EventTable) -> Ints:
    """(bid, ask) in ticks after each row, from the quotes if the table has any, because level feeds come in batches."""
    touch = np.empty((len(table), 2), np.int64)
    quotes = table.kind == EventKind.QUOTE
    if table.has_depth and not (quotes.any() and np.isin((Side.BUY, Side.SELL), table.side[quotes]).all()):
        OrderBookL2(table.instrument).apply(table.kind, table.side, table.price, table.qty, touch)
        return touch
    for at, (side, empty) in enumerate(((Side.BUY, -2 * _EMPTY), (Side.SELL, 2 * _EMPTY - 1))):
        rows = np.flatnonzero(quotes & (table.side == side))
        last = np.searchsorted(rows, np.arange(len(table)), side="right") - 1
        touch[:, at] = np.where(last >= 0, table.price[rows[np.maximum(last, 0)]] if len(rows) else 0, empty)
    return touch


def _need(count: int, wanted: int, what: str) -> None:
    if count < wanted:
        raise InvalidArgument(f"a fit needs at least {wanted} {what}, the data has {count}")


def _market(table: Any, model: str) -> _Market:
    if table is None:
        raise InvalidArgument(f"{model} is fitted from a table of market events: pass table=")
    market = _Market(EventTable.from_table(table))
    if len(market.rows_ts) == 0:
        raise InvalidArgument(f"{model} needs quotes or a two-sided book, the table has neither")
    return market


def market_scale(table: Any, interval: DurationLike = "1m") -> tuple[Estimate, Estimate]:
    """Daily volatility and volume of a session, in price units and base units.

    Parameters
    ----------
    table : EventTable or a value that converts to one
        With a book or quotes, and trades.
    interval : duration
        Interval of the squared returns, and of the volumes whose scatter gives the error.

    Returns
    -------
    sigma_d, volume_d : Estimate

    Notes
    -----
    The volatility is the root of the summed squared mid changes, scaled to a day; its error assumes independent normal
    returns.
    """
    return _scale(_market(table, "the scale of a market"), duration_ns(interval, "interval"))


def _scale(market: _Market, step: int) -> tuple[Estimate, Estimate]:
    grid = np.arange(market.rows_ts[0], market.rows_ts[-1] + 1, step)
    _need(len(grid) - 1, 20, f"intervals of {step / 1e9:g} s")
    moves = np.diff(market.mid[market.at(grid)])
    days = (grid[-1] - grid[0]) / _DAY_NS
    sigma = math.sqrt(float(moves @ moves) / days)
    volumes = np.histogram(market.volumes_ts, grid, weights=market.volumes)[0]
    total = float(volumes.sum())
    error = float(volumes.std(ddof=1)) * math.sqrt(len(volumes))
    return (
        Estimate(sigma, sigma / math.sqrt(2 * len(moves))),
        Estimate(float(total / days), float(error / days)),
    )


# ---------------------------------------------------------------- regression


def _least_squares(columns: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Coefficients and their heteroscedasticity-consistent covariance (HC1)."""
    inverse = np.linalg.pinv(columns.T @ columns)
    solution = inverse @ (columns.T @ values)
    return solution, _covariance(columns, values - columns @ solution)


def _covariance(jacobian: Floats, residuals: Floats) -> Floats:
    rows, count = jacobian.shape
    inverse = np.linalg.pinv(jacobian.T @ jacobian)
    scores = jacobian * residuals[:, None]
    return np.asarray(inverse @ (scores.T @ scores) @ inverse * rows / (rows - count))


def _minimum(function: Callable[[float], float], low: float, high: float) -> float:
    """Minimum of a function of one variable: a grid, then ternary search around its best point."""
    grid = np.linspace(low, high, 81)
    best = int(np.argmin([function(float(x)) for x in grid]))
    a, b = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    for _ in range(60):
        third = (b - a) / 3
        if function(a + third) < function(b - third):
            b -= third
        else:
            a += third
    return (a + b) / 2


def _jackknife(parts: list[Any], fit: Callable[[list[Any]], dict[str, float]]) -> dict[str, Estimate]:
    """Estimates from all parts, with errors from leaving out one at a time."""
    whole = fit(parts)
    without = [fit(parts[:at] + parts[at + 1 :]) for at in range(len(parts))]
    out = {}
    for name, value in whole.items():
        values = np.array([one[name] for one in without])
        spread = float(((values - values.mean()) ** 2).sum()) * (len(parts) - 1) / len(parts)
        out[name] = Estimate(value, math.sqrt(spread))
    return out


# ---------------------------------------------------------------- the models


def _fit_square_root(
    table: Any,
    metaorders: Metaorders | None,
    *,
    sigma_d: float | None = None,
    volume_d: float | None = None,
    half_spread: float | None = None,
    interval: DurationLike = "1m",
    memory: DurationLike = "1d",
) -> ImpactFit:
    """cost = half_spread + y * sigma_d / (1 + exponent) * (qty / volume_d) ** exponent, by least squares."""
    if metaorders is None:
        raise InvalidArgument("square_root is fitted from metaorders: pass metaorders=, see Metaorders.of_result")
    _need(len(metaorders), 30, "metaorders")
    if metaorders.qty.max() < 4 * metaorders.qty.min():
        raise InvalidArgument(
            f"an exponent needs metaorders of different size; the largest is "
            f"{metaorders.qty.max() / metaorders.qty.min():.3g} times the smallest, at least 4 is needed"
        )
    if sigma_d is None or volume_d is None:
        sigma, volume = _scale(
            _market(table, "square_root without sigma_d and volume_d"), duration_ns(interval, "interval")
        )
    sigma = sigma if sigma_d is None else Estimate(sigma_d, 0.0)
    volume = volume if volume_d is None else Estimate(volume_d, 0.0)
    if not sigma.value > 0 or not volume.value > 0:
        raise InvalidArgument(f"sigma_d and volume_d must be above 0, was {sigma.value:g} and {volume.value:g}")
    share = metaorders.qty / volume.value
    # Scaling the sizes to about 1 decorrelates slope and level.
    middle = math.exp(float(np.log(share).mean()))
    x, cost = share / middle, metaorders.cost
    ones = np.ones((len(x), 1 if half_spread is None else 0))
    cost = cost if half_spread is None else cost - half_spread

    def columns(exponent: float) -> Floats:
        return np.column_stack([x**exponent, ones])

    def squares(exponent: float) -> float:
        made = columns(exponent)
        residuals = cost - made @ (np.linalg.pinv(made) @ cost)
        return float(residuals @ residuals)

    exponent = _minimum(squares, 0.05, 1.0)
    made = columns(exponent)
    solution, _ = _least_squares(made, cost)
    level = float(solution[0])
    if level <= 0:
        raise InvalidArgument("larger metaorders did not cost more per unit: there is no impact to fit in these data")
    jacobian = np.column_stack([made, level * x**exponent * np.log(x)])
    covariance = _covariance(jacobian, cost - made @ solution)
    exponent_error = math.sqrt(covariance[-1, -1])
    y = level * (1 + exponent) / sigma.value * middle**-exponent
    # log y = log level + log(1 + exponent) - exponent * log(middle) - log sigma_d + exponent * log volume_d
    slope = np.zeros(len(covariance))
    slope[0], slope[-1] = 1 / level, 1 / (1 + exponent) - math.log(middle)
    variance = float(slope @ covariance @ slope)
    variance += (sigma.error / sigma.value) ** 2 + (exponent * volume.error / volume.value) ** 2
    estimates = {
        "y": Estimate(y, y * math.sqrt(variance)),
        "exponent": Estimate(exponent, exponent_error),
        "sigma_d": sigma,
        "volume_d": volume,
    }
    if half_spread is None:
        estimates["half_spread"] = Estimate(float(solution[1]), math.sqrt(covariance[1, 1]))
    model = Impact.square_root(sigma.value, volume.value, y, exponent, memory)
    return ImpactFit(model, estimates, len(metaorders))


def _fit_almgren_chriss(table: Any, *, interval: DurationLike = "1m") -> ImpactFit:
    """Mid changes over intervals against net volume, and the cost of the net side beyond the interval's first mid."""
    market, step = _market(table, "almgren_chriss"), duration_ns(interval, "interval")
    if step <= 0:
        raise InvalidArgument(f"interval must be above 0, was {interval!r}")
    first = -(-int(market.rows_ts[0]) // step) * step
    edges = np.arange(first, int(market.rows_ts[-1]) + 1, step)
    _need(max(len(edges) - 1, 0), 30, f"intervals of {step / 1e9:g} s")
    mids = market.mid[market.before(edges)]
    inside = (market.ts >= edges[0]) & (market.ts < edges[-1])
    ts, sign, qty, paid = (column[inside] for column in (market.ts, market.sign, market.qty, market.paid))
    place = (ts - edges[0]) // step
    count = len(edges) - 1
    net = np.bincount(place, sign * qty, count)
    traded = net != 0
    _need(int(traded.sum()), 30, f"intervals of {step / 1e9:g} s with more trades of one side than of the other")
    permanent, permanent_var = _least_squares(net.astype(np.float64)[:, None], np.diff(mids))
    ours = sign == np.sign(net[place])
    lots = np.bincount(place[ours], qty[ours], count)[traded]
    mean = np.bincount(place[ours], paid[ours], count)[traded] / lots
    beyond = np.sign(net[traded]) * (mean - mids[:-1][traded])
    size = np.abs(net[traded])
    seconds = step / 1e9
    solution, covariance = _least_squares(np.column_stack([np.ones(len(size)), size / seconds]), beyond)
    estimates = {
        "permanent": Estimate(float(permanent[0]), math.sqrt(permanent_var[0, 0])),
        "temporary": Estimate(float(solution[1]), math.sqrt(covariance[1, 1])),
        "half_spread": Estimate(float(solution[0]), math.sqrt(covariance[0, 0])),
    }
    # The recorded book already contains the spread: a taker in the venue pays it there.
    model = Impact.almgren_chriss(
        max(0.0, estimates["permanent"].value), max(0.0, estimates["temporary"].value), 0.0, interval
    )
    return ImpactFit(model, estimates, int(traded.sum()))


def _fit_obizhaeva_wang(table: Any, *, longest: DurationLike = "10m") -> ImpactFit:
    """Mid changes from trade to trade, explained by a permanent and an exponentially decaying part of all earlier
    trades.

    The mid's change from just before trade i to just before the next is p * v(i) + q * (x(i + 1) - x(i)), where v is
    signed volume and x the sum of earlier v, each times exp(-rate * age): linear in p and q for each rate.
    """
    market, reach = _market(table, "obizhaeva_wang"), duration_ns(longest, "longest")
    _need(len(market.ts) - 1, 200, "trades")
    v = market.sign * market.qty
    moves = np.diff(market.mid[market.before(market.ts)])
    gaps = np.diff(market.ts) / 1e9
    v = v[:-1]
    # Rates from a near-complete decay until the next trade to a decay by a factor e in the longest time.
    slow, fast = 1e9 / reach, 4 / max(float(np.median(gaps)), 1e-6)
    if not slow < fast:
        raise InvalidArgument(f"longest must be above a quarter of the usual time between trades, was {longest!r}")
    blocks = np.array_split(np.arange(len(v)), _BLOCKS)

    def products(rates: Floats) -> Floats:
        """(blocks, rates, 3, 3) sums of products of p's column, q's column and the moves."""
        left = np.exp(-np.outer(gaps, rates))
        x = np.zeros(len(rates))
        column = np.empty((len(v), len(rates)))
        for at in range(len(v)):
            after = (x + v[at]) * left[at]
            column[at] = after - x
            x = after
        out = np.empty((_BLOCKS, len(rates), 3, 3))
        for number, block in enumerate(blocks):
            q, fixed = column[block], np.column_stack([v[block], moves[block]])
            out[number, :, 1, 1] = (q * q).sum(axis=0)
            cross = q.T @ fixed
            out[number, :, 0, 1] = out[number, :, 1, 0] = cross[:, 0]
            out[number, :, 1, 2] = out[number, :, 2, 1] = cross[:, 1]
            out[number][:, [0, 0, 2, 2], [0, 2, 0, 2]] = (fixed.T @ fixed).ravel()
        return out

    def solve(one: Floats) -> tuple[float, float, float]:
        """(p, q, explained sum of squares) of one rate, both parts at least 0."""
        choices = []
        both = np.linalg.lstsq(one[:2, :2], one[:2, 2], rcond=None)[0]
        if (both >= 0).all():
            choices.append((float(both[0]), float(both[1]), float(both @ one[:2, 2])))
        for at in (0, 1):
            alone = max(0.0, float(one[at, 2] / one[at, at])) if one[at, at] > 0 else 0.0
            choices.append((alone * (at == 0), alone * (at == 1), alone * float(one[at, 2])))
        return max(choices, key=lambda choice: choice[2])

    coarse = np.geomspace(slow, fast, 60)
    explained = [solve(one)[2] for one in products(coarse).sum(axis=0)]
    best = int(np.argmax(explained))
    rates = np.geomspace(coarse[max(best - 6, 0)], coarse[min(best + 6, 59)], 241)

    def fit(chosen: list[Any]) -> dict[str, float]:
        solutions = [solve(one) for one in sum(chosen)]
        at = int(np.argmax([solution[2] for solution in solutions]))
        stays, returns, _ = solutions[at]
        at_once = stays + returns
        return {
            "depth": 1 / at_once if at_once > 0 else math.inf,
            "resilience": float(rates[at]),
            "permanent_share": stays / at_once if at_once > 0 else 1.0,
        }

    parts = list(products(rates))
    if math.isinf(fit(parts)["depth"]):
        raise InvalidArgument("the mid does not follow trades in these data: there is no impact to fit")
    # Improvement of the decaying part over a permanent one, in units of the noise. It has two parameters, one of them
    # searched for; by chance alone it would rarely reach 12.
    whole = sum(parts)
    gain = max(solve(one)[2] for one in whole) - whole[0, 0, 2] ** 2 / whole[0, 0, 0]
    noise = (whole[0, 2, 2] - max(solve(one)[2] for one in whole)) / (len(v) - 3)
    if gain < 12 * noise:
        raise InvalidArgument(
            "moves after trades do not revert beyond noise in these data: there is no resilience to fit; "
            "see almgren_chriss"
        )
    estimates = _jackknife(parts, fit)
    model = Impact.obizhaeva_wang(*(estimates[name].value for name in ("depth", "resilience", "permanent_share")))
    return ImpactFit(model, estimates, len(v))


def _fit_propagator(table: Any, *, exponent: float = 0.5, lags: int = 50, horizon: DurationLike = "1d") -> ImpactFit:
    """Kernel of trades from the response of returns to signed volume and the volume's autocorrelation.

    With u the signed volume ** exponent of a trade and r the mid's change from it to the next trade, r is the sum of
    K(n) * u(i - n). Then E[r(i + l) u(i)] = sum over n of K(n) E[u(i) u(i + l - n)], which is solved for K; its sums
    are the kernel, to which the power law is fitted with equal weight for each part of log(lag). Truncating the
    equations bends the kernel down before their last lag, so they extend five times as far as the fit.
    """
    market = _market(table, "propagator")
    if not 0 < exponent <= 1 or lags < 10:
        raise InvalidArgument(f"need 0 < exponent <= 1 and lags >= 10, was {exponent} and {lags}")
    _need(len(market.ts) - 1, 100 * lags, f"trades for {lags} lags")
    solved = 5 * lags
    u = market.sign * market.qty**exponent
    moves = np.diff(market.mid[market.before(market.ts)])
    u = u[:-1]
    gap = float(market.ts[-1] - market.ts[0]) / 1e9 / len(moves)

    def sums(block: NDArray[np.intp]) -> tuple[Floats, Floats, int]:
        a, b = u[block], moves[block]
        count = len(block) - solved
        respond = np.array([float(a[:count] @ b[lag : lag + count]) for lag in range(solved)])
        repeat = np.array([float(a[:count] @ a[lag : lag + count]) for lag in range(solved)])
        return respond, repeat, count

    parts = [sums(block) for block in np.array_split(np.arange(len(u)), _BLOCKS)]
    # The last move that includes a trade ends at the next trade, one gap later.
    ages = (np.arange(lags) + 1.0) * gap
    weight = 1 / (np.arange(lags) + 1.0)
    between = np.abs(np.arange(solved)[:, None] - np.arange(solved)[None, :])

    def shape(lag: float, decay: float) -> Floats:
        return np.asarray((1 + (ages / lag) ** 2) ** (-decay / 2))

    def fit(chosen: list[Any]) -> dict[str, float]:
        count = sum(part[2] for part in chosen)
        respond = sum(part[0] for part in chosen) / count
        repeat = sum(part[1] for part in chosen) / count
        kernel = np.cumsum(np.linalg.solve(repeat[between], respond))[:lags]

        def solve(log_lag: float, decay: float) -> tuple[float, float]:
            made = shape(math.exp(log_lag), decay)
            scale = float((weight * made) @ kernel / ((weight * made) @ made))
            residuals = kernel - scale * made
            return scale, float(weight @ (residuals * residuals))

        low, high = np.array([math.log(gap / 3), 0.01]), np.array([math.log(gap * lags / 4), 1.3])
        best = (math.inf, 0.0, 0.0)
        for _ in range(6):  # a grid, then finer ones around its best point
            for log_lag in np.linspace(low[0], high[0], 15):
                for decay in np.linspace(low[1], high[1], 15):
                    error = solve(float(log_lag), float(decay))[1]
                    best = min(best, (error, float(log_lag), float(decay)))
            width = (high - low) / 5
            low = np.maximum(np.array(best[1:]) - width, [math.log(gap / 3), 0.01])
            high = np.minimum(np.array(best[1:]) + width, [math.log(gap * lags / 4), 1.3])
        return {"scale": solve(best[1], best[2])[0], "decay": best[2], "lag": math.exp(best[1])}

    estimates = _jackknife(parts, fit)
    if not estimates["scale"].value > 0:
        raise InvalidArgument("the mid does not follow trades in these data: there is no impact to fit")
    if not 0.011 < estimates["decay"].value < 1.29:
        raise InvalidArgument(
            f"no power law fits the kernel of these data over {lags} trades: it "
            + ("does not fall" if estimates["decay"].value < 1 else "falls at once")
        )
    model = Impact.propagator(
        estimates["scale"].value, estimates["decay"].value, estimates["lag"].value, exponent, horizon
    )
    return ImpactFit(model, estimates, len(u))


def fit_impact(model: str, table: Any = None, metaorders: Metaorders | None = None, **options: Any) -> ImpactFit:
    """Fit a model of market impact.

    Parameters
    ----------
    model : str
        ``"square_root"`` from own metaorders, with volatility and volume from the table or as arguments;
        ``"almgren_chriss"``, ``"obizhaeva_wang"`` and ``"propagator"`` from the market's trades and book.
    table : EventTable or a value that converts to one, optional
        The market's events of one instrument: trades, and a book or quotes.
    metaorders : Metaorders, optional
    **options
        square_root: ``sigma_d``, ``volume_d`` (instead of a table), ``half_spread`` (fitted by default), ``interval``
        (of returns, ``"1m"``), ``memory`` (of the model, not fitted). almgren_chriss: ``interval``. obizhaeva_wang:
        ``longest`` (longest recovery time of the book, ``"10m"``). propagator: ``exponent`` (of volume, 0.5, not
        fitted), ``lags`` (trades after a trade, 50), ``horizon`` (of the model).

    Returns
    -------
    ImpactFit
        Pass its `impact` to `Backtest`.

    Raises
    ------
    InvalidArgument
        If the data are insufficient, or show no impact.

    Examples
    --------
    >>> fit = fit_impact("obizhaeva_wang", table)  # doctest: +SKIP
    >>> print(fit)  # doctest: +SKIP
    >>> Backtest(table, Quoter(), impact=fit.impact)  # doctest: +SKIP
    """
    try:
        if model == "square_root":
            return _fit_square_root(table, metaorders, **options)
        fits: dict[str, Callable[..., ImpactFit]] = {
            "almgren_chriss": _fit_almgren_chriss,
            "obizhaeva_wang": _fit_obizhaeva_wang,
            "propagator": _fit_propagator,
        }
        if model not in fits:
            raise InvalidArgument(f"unknown impact model {model!r}; known: square_root, {', '.join(fits)}")
        if metaorders is not None:
            raise InvalidArgument(f"{model} is fitted from a table of market events, not from metaorders")
        return fits[model](table, **options)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        raise InvalidArgument(f"{model}: {error}") from None
