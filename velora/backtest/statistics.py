"""Statistics of a run: pure functions over arrays.

Money comes in as integers (money units of an instrument, see `velora.core.instrument.Instrument`) where the
answer must be exact, and as float64 in settlement currency where it is a ratio or an estimate. Times are
int64 nanoseconds.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from velora.backtest.money import Exact, difference, joined, narrowed, running

__all__ = [
    "YEAR_NS",
    "Drawdown",
    "RoundTrips",
    "average_time_to_fill_ns",
    "decimate_extrema",
    "drawdown",
    "end_marks",
    "end_values",
    "fill_values",
    "increments_on_grid",
    "markout_mid2",
    "round_half_even",
    "round_trips",
    "sharpe_of_sums",
    "sharpe_ratio",
    "sortino_of_sums",
    "sortino_ratio",
    "time_weighted",
    "values_at_mid",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Crypto markets do not close: a year is 365 days of 24 hours.
YEAR_NS = 365 * 86_400 * 1_000_000_000

#: Below this a product of int64 arrays, judged in float64, surely fits.
_SAFE = 2.0**62


def round_half_even(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any] | int) -> npt.NDArray[Any]:
    """Divide integers, rounding half to even, exactly.

    Parameters
    ----------
    numerator : (n,) int64 array, or object array of Python ints
    denominator : int or (n,) array of the same kind, > 0

    Returns
    -------
    (n,) array of the numerator's kind

    Notes
    -----
    The same rule as ``vel_div_half_even`` in ``csrc/include/velora/money.h``.
    """
    quotient = numerator // denominator
    twice = (numerator - quotient * denominator) * 2
    up = (twice > denominator) | ((twice == denominator) & (quotient % 2 != 0))
    result: npt.NDArray[Any] = quotient + up.astype(bool)
    return result


def _product(factors: list[npt.NDArray[Any]], scale: int) -> npt.NDArray[Any]:
    """Product of integer arrays and a scale, in Python ints where 64 bits might not hold it."""
    bound = float(abs(scale))
    for factor in factors:
        if factor.size:
            bound *= max(float(np.abs(factor.astype(np.float64)).max()), 1.0)
    kind = np.int64 if bound < _SAFE else object
    result = np.full(factors[0].shape, scale, dtype=kind)
    for factor in factors:
        result = result * factor.astype(kind)
    return result


def fill_values(price_ticks: Ints, qty_lots: Ints, value_mult: int, is_inverse: bool) -> Exact:
    """Value of fills in money units.

    Parameters
    ----------
    price_ticks, qty_lots : (n,) int64 arrays; inverse: prices > 0
    value_mult : int
        ``Instrument.value_mult``.
    is_inverse : bool

    Returns
    -------
    (n,) int64 array, Python ints where 64 bits do not hold them; likewise below
        ``value_mult * ticks * lots``, exact; inverse ``value_mult * lots / ticks``, each rounded once, half
        to even.
    """
    if is_inverse:
        value = _product([qty_lots], value_mult)
        return narrowed(round_half_even(value, price_ticks.astype(value.dtype)))
    return narrowed(_product([price_ticks, qty_lots], value_mult))


def values_at_mid(mid2_ticks: Ints, qty_lots: Ints, value_mult: int, is_inverse: bool) -> Exact:
    """Value of quantities at a mid price, money units, rounded half to even.

    Parameters
    ----------
    mid2_ticks : (n,) int64 array
        Best bid plus best ask in ticks, so that the half tick of a mid stays an integer. 0 (no mid) gives 0.
    qty_lots : (n,) int64 array, signed
    value_mult : int
    is_inverse : bool

    Returns
    -------
    (n,) int64 array
    """
    if is_inverse:
        value = _product([qty_lots], 2 * value_mult)
        known = np.where(mid2_ticks > 0, mid2_ticks, 1).astype(value.dtype)
        return np.where(mid2_ticks > 0, narrowed(round_half_even(value, known)), 0)
    return narrowed(round_half_even(_product([mid2_ticks, qty_lots], value_mult), 2))


def end_marks(signed_lots: Ints, end_mid2: int, value_mult: int, is_inverse: bool) -> Exact:
    """Share of each fill in the value, at the end mid, of the position that the fills make.

    Parameters
    ----------
    signed_lots : (n,) int64 array
        Buys positive, in the order of the fills.
    end_mid2 : int
        Best bid plus best ask ticks at the end.
    value_mult : int
    is_inverse : bool

    Returns
    -------
    (n,) int64 array, money units

    Notes
    -----
    With ``P(i)`` the position after fill i and ``V`` the value at the end mid, rounded half to even, the
    share of fill i is ``V(P(i)) - V(P(i-1))``. Each share is within one money unit of its unrounded value,
    and the sum telescopes to ``V(P(n))``, the very number that the engine's unrealised PnL is made of:
    nothing is left over.
    """
    if is_inverse:
        return end_values(signed_lots, 2 * value_mult, end_mid2)
    return end_values(signed_lots, value_mult * end_mid2, 2)


def end_values(signed_lots: Ints, up: int, down: int) -> Exact:
    """Share of each fill in the value of the position that the fills make, as `end_marks`, at any mark.

    Parameters
    ----------
    signed_lots : (n,) int64 array
        Buys positive, in the order of the fills.
    up, down : int
        A lot is worth ``up / down`` money units; ``down > 0``.

    Returns
    -------
    (n,) int64 array, money units
    """
    position = np.concatenate([np.zeros(1, np.int64), np.cumsum(signed_lots, dtype=np.int64)])
    values = _product([position], up)
    if down >= _SAFE:
        values = values.astype(object)
    held = round_half_even(values, down)
    return difference(held[1:], held[:-1])


def markout_mid2(ts: Ints, horizon_ns: int, sample_ts: Ints, sample_mid2: Ints) -> Ints:
    """Mid (times two, ticks) a horizon after each instant; 0 where it is not known.

    Parameters
    ----------
    ts : (n,) int64 array, ns
    horizon_ns : int, > 0
    sample_ts : (m,) int64 array, ns, non-decreasing
    sample_mid2 : (m,) int64 array, 0 for none

    Returns
    -------
    (n,) int64 array

    Notes
    -----
    The first sample with a mid at or after ``ts + horizon_ns`` counts, so at least the horizon has passed;
    one that comes later than ``ts + 2 * horizon_ns`` is too far away to speak for it and the answer is 0.
    """
    known = sample_mid2 != 0
    at, mid_x2 = sample_ts[known], sample_mid2[known]
    result = np.zeros(ts.shape, np.int64)
    if at.size == 0:
        return result
    end_of_time = np.iinfo(np.int64).max
    index = np.searchsorted(at, np.minimum(ts, end_of_time - horizon_ns) + horizon_ns, side="left")
    found = index < at.size
    index = np.minimum(index, at.size - 1)
    near = found & (at[index] <= np.minimum(ts, end_of_time - 2 * horizon_ns) + 2 * horizon_ns)
    result[near] = mid_x2[index[near]]
    return result


class Drawdown(NamedTuple):
    """The deepest fall of a curve from an earlier high.

    Attributes
    ----------
    amount : float
        Money lost from the high, in the curve's unit, at least 0.
    fraction : float or None
        `amount` as a fraction of the high; None when the high is not positive.
    peak, trough : int
        Index of the high and of the low.
    """

    amount: float
    fraction: float | None
    peak: int
    trough: int


def drawdown(equity: Floats) -> Drawdown:
    """Find the largest fall of an equity curve from its running maximum.

    Parameters
    ----------
    equity : (n,) float64 array, settlement currency

    Returns
    -------
    Drawdown
        ``max over t of (max over s <= t of equity[s]) - equity[t]``; all zero for an empty or rising curve.
        The fraction is that of the deepest fall in money, not the deepest fraction.
    """
    if equity.size == 0:
        return Drawdown(0.0, None, 0, 0)
    high = np.maximum.accumulate(equity)
    fall = high - equity
    trough = int(np.argmax(fall))
    peak = int(np.argmax(equity[: trough + 1]))
    amount = float(fall[trough])
    top = float(equity[peak])
    return Drawdown(amount, amount / top if top > 0 else None, peak, trough)


def increments_on_grid(ts: Ints, values: Floats, interval_ns: int) -> Floats:
    """Increments of a step curve over equal intervals.

    Parameters
    ----------
    ts : (n,) int64 array, ns, non-decreasing
    values : (n,) float64 array
        ``values[i]`` holds from ``ts[i]`` on; at equal instants the last one counts.
    interval_ns : int, > 0

    Returns
    -------
    (k,) float64 array
        ``k = (ts[-1] - ts[0]) // interval_ns``; the incomplete interval at the end is left out.
    """
    if ts.size < 2:
        return np.empty(0)
    count = int(ts[-1] - ts[0]) // interval_ns
    grid = int(ts[0]) + interval_ns * np.arange(count + 1, dtype=np.int64)
    held = values[np.searchsorted(ts, grid, side="right") - 1]
    return np.diff(held)


def sharpe_ratio(increments: npt.NDArray[Any], interval_ns: int) -> float:
    """Annualised Sharpe ratio of PnL increments, riskless rate zero.

    Parameters
    ----------
    increments : (n,) float64 array, or integers in money units
        PnL of equal intervals. Money, not returns: the ratio does not depend on the capital, which a strategy
        on margin can choose freely.
    interval_ns : int

    Returns
    -------
    float
        ``mean / std(ddof=1) * sqrt(YEAR_NS / interval_ns)``; NaN with fewer than two increments or no
        variation. Integers are summed exactly; a spread of floats that their own rounding explains is none.

    Notes
    -----
    The square root holds for independent increments only. A mean-reverting PnL at one second makes the figure
    too small, a trending one too large (Lo 2002); hours of data say little about a year. Compare runs over
    the same data and interval with it, and nothing else.

    References
    ----------
    Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1), 49-58.
    Lo (2002), The Statistics of Sharpe Ratios, Financial Analysts Journal 58(4), 36-52.
    """
    if increments.dtype.kind != "f":
        values = [int(value) for value in increments.tolist()]
        return sharpe_of_sums(len(values), sum(values), sum(value * value for value in values), interval_ns)
    if not _varies(increments):
        return float("nan")
    spread = float(increments.std(ddof=1))
    return float(increments.mean()) / spread * float(np.sqrt(YEAR_NS / interval_ns))


def sortino_ratio(increments: npt.NDArray[Any], interval_ns: int) -> float:
    """Annualised Sortino ratio of PnL increments, target zero.

    Parameters
    ----------
    increments : (n,) float64 array, or integers in money units
    interval_ns : int

    Returns
    -------
    float
        ``mean / sqrt(mean(min(x, 0)**2)) * sqrt(YEAR_NS / interval_ns)``; NaN when nothing was lost, with fewer than
        two increments, or without variation. The caveats of `sharpe_ratio` hold.

    References
    ----------
    Sortino and Price (1994), Performance Measurement in a Downside Risk Framework, Journal of Investing 3(3),
    59-64.
    """
    if increments.dtype.kind != "f":
        values = [int(value) for value in increments.tolist()]
        squares = sum(value * value for value in values)
        losses = sum(value * value for value in values if value < 0)
        return sortino_of_sums(len(values), sum(values), squares, losses, interval_ns)
    if not _varies(increments):
        return float("nan")
    downside = float(np.sqrt(np.mean(np.minimum(increments, 0.0) ** 2)))
    if downside == 0.0:
        return float("nan")
    return float(increments.mean()) / downside * float(np.sqrt(YEAR_NS / interval_ns))


def _varies(increments: Floats) -> bool:
    """Whether floats differ by more than the rounding of their largest one."""
    if increments.size < 2:
        return False
    noise = 16.0 * np.finfo(np.float64).eps * float(np.abs(increments).max())
    return bool(float(increments.max() - increments.min()) > noise)


def sharpe_of_sums(count: int, total: int, squares: int, interval_ns: int) -> float:
    """`sharpe_ratio` of integer increments, from their number, their sum and the sum of their squares.

    Returns
    -------
    float
        NaN with fewer than two increments, or where they are all equal, which integers tell exactly.
    """
    spread = count * squares - total * total
    if count < 2 or spread == 0:
        return float("nan")
    deviation = math.sqrt(spread / (count * (count - 1)))
    return total / count / deviation * math.sqrt(YEAR_NS / interval_ns)


def sortino_of_sums(count: int, total: int, squares: int, loss_squares: int, interval_ns: int) -> float:
    """`sortino_ratio` of integer increments, from their number, their sum and the sums of the squares of all and of
    the losses.

    Returns
    -------
    float
        NaN with fewer than two increments, where they are all equal, or where none is a loss.
    """
    if count < 2 or loss_squares == 0 or count * squares == total * total:
        return float("nan")
    return total / count / math.sqrt(loss_squares / count) * math.sqrt(YEAR_NS / interval_ns)


class RoundTrips(NamedTuple):
    """Spells from flat to flat of one instrument.

    Attributes
    ----------
    pnl_units : (k,) array of int
        PnL after fees of each closed round trip, money units.
    duration_ns : (k,) int64 array
        Time from the first to the last fill of each, ns.
    """

    pnl_units: Exact
    duration_ns: Ints

    @property
    def win_rate(self) -> float:
        """Share of closed spells that made money; NaN when there is none."""
        return float(np.mean(self.pnl_units > 0)) if self.pnl_units.size else float("nan")


def round_trips(position_lots: Ints, realized_units: Exact, fee_units: Exact, ts: Ints) -> RoundTrips:
    """Cut one instrument's fills into round trips.

    Parameters
    ----------
    position_lots : (n,) int64 array
        Position after each fill, starting from flat.
    realized_units, fee_units : (n,) int64 arrays, money units, of each fill
    ts : (n,) int64 array, ns

    Returns
    -------
    RoundTrips

    Notes
    -----
    A spell closes at the fill that brings the position to zero or to the other side; that fill's realised PnL
    and fee belong to the spell it closes, and after a change of side it is the first instant of the next. An
    open spell at the end is not counted.
    """
    if position_lots.size == 0:
        return RoundTrips(np.empty(0, np.int64), np.empty(0, np.int64))
    sign = np.sign(position_lots)
    before = np.concatenate([np.zeros(1, sign.dtype), sign[:-1]])
    closes = np.flatnonzero((before != 0) & (sign != before))
    net = joined(np.zeros(1, np.int64), running(difference(realized_units, fee_units)))
    cut = net[np.concatenate([np.zeros(1, np.int64), closes + 1])]
    pnl = difference(cut[1:], cut[:-1])
    # A spell opens at the fill after a flat one, or at the very fill that changed the side.
    first = np.concatenate([np.zeros(1, np.int64), closes + (sign[closes] == 0)])[:-1]
    return RoundTrips(pnl, ts[closes] - ts[first] if closes.size else np.empty(0, np.int64))


def time_weighted(ts: Ints, values: Floats, end_ts: int) -> float:
    """Time-weighted mean of a step curve from its first instant to ``end_ts``.

    Parameters
    ----------
    ts : (n,) int64 array, ns, non-decreasing
    values : (n,) float64 array
        ``values[i]`` holds from ``ts[i]`` to ``ts[i+1]``, the last one to ``end_ts``.
    end_ts : int, ns, >= ts[-1]

    Returns
    -------
    float
        ``sum(values[i] * (ts[i+1] - ts[i])) / (end_ts - ts[0])``; 0.0 over no time.
    """
    if ts.size == 0 or end_ts <= int(ts[0]):
        return 0.0
    held = np.diff(np.append(ts, end_ts)).astype(np.float64)
    return float(np.dot(values, held) / held.sum())


def average_time_to_fill_ns(order_id: Ints, ts_sent: Ints, fill_order_id: Ints, fill_ts: Ints) -> float:
    """Mean time from sending an order to its first fill, over the orders that had one.

    Parameters
    ----------
    order_id, ts_sent : (n,) int64 arrays
        Orders, ids unique; ns on the local clock.
    fill_order_id, fill_ts : (m,) int64 arrays
        Fills in time order; ns when the fill was known locally. Fills of other orders are left out.

    Returns
    -------
    float
        Nanoseconds; NaN when nothing was filled. Orders never filled are not in the mean, so it flatters a
        strategy that cancels early.
    """
    known = np.isin(fill_order_id, order_id)
    fill_order_id, fill_ts = fill_order_id[known], fill_ts[known]
    if fill_order_id.size == 0:
        return float("nan")
    ids, first = np.unique(fill_order_id, return_index=True)
    by_id = np.argsort(order_id, kind="stable")
    sent = ts_sent[by_id[np.searchsorted(order_id[by_id], ids)]]
    return float(np.mean((fill_ts[first] - sent).astype(np.float64)))


def decimate_extrema(x: Ints, y: Floats, points_max: int) -> Ints:
    """Choose points of a long line so that every spike survives.

    Parameters
    ----------
    x : (n,) int64 array, non-decreasing
    y : (n,) float64 array; NaN where the line has a hole
    points_max : int, >= 4

    Returns
    -------
    (k,) int64 array
        Increasing indices, ``k <= points_max``; all of them when ``n <= points_max``.

    Notes
    -----
    The span of x is cut into equal slots; of each slot the lowest and the highest point stay. The global
    minimum and maximum, and the first and last point, always do.
    """
    count = x.size
    if count <= points_max:
        return np.arange(count, dtype=np.int64)
    slots = max((points_max - 2) // 2, 1)
    span = max(int(x[-1]) - int(x[0]), 1)
    slot = np.minimum(((x - x[0]).astype(np.float64) / span * slots).astype(np.int64), slots - 1)
    starts = np.flatnonzero(np.concatenate([[True], slot[1:] != slot[:-1]]))
    order_low = np.lexsort((np.where(np.isnan(y), np.inf, y), slot))
    order_high = np.lexsort((np.where(np.isnan(y), np.inf, -y), slot))
    chosen = np.concatenate([order_low[starts], order_high[starts], [0, count - 1]])
    return np.unique(chosen).astype(np.int64)
