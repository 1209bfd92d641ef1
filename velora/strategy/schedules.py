"""How to cut a large order over time: optimal schedules of the literature, with their expected costs.

Prices are in one unit, times in one unit, quantities in base units: the paper's days and shares, or seconds and coins.
`velora.sim.impact` has the models of impact that these are optimal under.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.errors import InvalidArgument

__all__ = [
    "AlmgrenChrissSchedule",
    "almgren_chriss_cost",
    "almgren_chriss_schedule",
    "obizhaeva_wang_cost",
    "obizhaeva_wang_schedule",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AlmgrenChrissSchedule:
    """A schedule and what it is expected to cost.

    Attributes
    ----------
    trades : (n,) float64 array
        Quantity of each period.
    holdings : (n + 1,) float64 array
        What is left to trade before each period and at the end.
    cost : float
        Expected cost, in money.
    variance : float
        Of the cost.
    kappa : float
        Urgency, per unit of time: what is left falls by half in about log(2) / kappa. 0 is a constant rate.
    """

    trades: Floats
    holdings: Floats
    cost: float
    variance: float
    kappa: float


def almgren_chriss_cost(
    trades: ArrayLike,
    interval: float,
    *,
    sigma: float,
    permanent: float,
    temporary: float,
    half_spread: float = 0.0,
) -> tuple[float, float]:
    """Expected cost of a list of trades, one a period, and its variance.

    With x what is left and n what is traded: permanent * sum(n * x) + half_spread * sum(abs(n)) + temporary / interval
    * sum(n**2), and sigma**2 * interval * sum(x**2).

    Parameters
    ----------
    trades : (n,) array
        Quantity of each period, of one sign or of both.
    interval : float
        Length of a period.
    sigma : float
        Volatility: price per square root of time.
    permanent, temporary, half_spread : float
        gamma: price per unit; eta: price per unit and rate; epsilon: price.

    References
    ----------
    Almgren and Chriss (2000), Journal of Risk 3(2), 5-39, equations 4, 5 and 8.

    Examples
    --------
    >>> example = dict(sigma=0.95, permanent=2.5e-7, temporary=2.5e-6, half_spread=0.0625)
    >>> round(almgren_chriss_cost([200_000] * 5, 1.0, **example)[0])
    662500
    """
    n = np.asarray(trades, np.float64)
    left = n.sum() - np.cumsum(n)
    cost = permanent * float(n @ left) + half_spread * float(np.abs(n).sum()) + temporary / interval * float(n @ n)
    return cost, sigma * sigma * interval * float(left @ left)


def almgren_chriss_schedule(
    qty: float,
    periods: int,
    interval: float,
    *,
    sigma: float,
    permanent: float,
    temporary: float,
    half_spread: float = 0.0,
    risk_aversion: float = 0.0,
) -> AlmgrenChrissSchedule:
    """The schedule that minimises expected cost + risk_aversion * variance.

    Parameters
    ----------
    qty : float
        To trade in all, above 0.
    periods : int
        At least 1.
    interval : float
        Length of a period.
    sigma, permanent, temporary, half_spread : float
        As in `almgren_chriss_cost`.
    risk_aversion : float
        lambda, per unit of money, at least 0; 0 trades at a constant rate.

    Notes
    -----
    Needs temporary > permanent * interval / 2. What is left is qty * sinh(kappa * (T - t)) / sinh(kappa * T), with
    cosh(kappa * interval) = 1 + risk_aversion * sigma**2 * interval**2 / (2 * (temporary - permanent * interval / 2)).

    Examples
    --------
    >>> example = dict(sigma=0.95, permanent=2.5e-7, temporary=2.5e-6, half_spread=0.0625)
    >>> plan = almgren_chriss_schedule(1e6, 5, 1.0, risk_aversion=1e-6, **example)
    >>> plan.holdings.round().tolist()
    [1000000.0, 541956.0, 289854.0, 147897.0, 62142.0, 0.0]
    """
    if periods < 1 or not qty > 0 or not interval > 0:
        raise InvalidArgument(f"qty, periods and interval must be above 0, was {qty}, {periods} and {interval}")
    if risk_aversion < 0:
        raise InvalidArgument(f"risk_aversion must be at least 0, was {risk_aversion}")
    eta = temporary - permanent * interval / 2
    if not eta > 0:
        raise InvalidArgument(
            f"temporary must be above permanent * interval / 2 = {permanent * interval / 2:g}, was {temporary:g}"
        )
    kappa = math.acosh(1 + risk_aversion * sigma * sigma * interval * interval / (2 * eta)) / interval
    ahead = periods - np.arange(periods + 1, dtype=np.float64)
    if kappa * interval * periods < 1e-6:
        holdings = qty * ahead / periods
    else:
        # sinh of both, each times exp(-kappa * T), so that a long horizon does not overflow.
        x = kappa * interval
        holdings = qty * np.exp(-x * (periods - ahead)) * np.expm1(-2 * x * ahead) / math.expm1(-2 * x * periods)
    trades = -np.diff(holdings)
    cost, variance = almgren_chriss_cost(
        trades, interval, sigma=sigma, permanent=permanent, temporary=temporary, half_spread=half_spread
    )
    return AlmgrenChrissSchedule(trades, holdings, cost, variance, kappa)


def obizhaeva_wang_schedule(qty: float, periods: int, horizon: float, *, resilience: float) -> Floats:
    """Trades at times 0, horizon / periods, ... horizon that are cheapest in a block book that refills.

    Two equal blocks at the ends, and between them what has come back since the trade before. With many periods the
    blocks are qty / (resilience * horizon + 2) each and the rest is a constant rate.

    Parameters
    ----------
    qty : float
    periods : int
        At least 1.
    horizon : float
        Above 0.
    resilience : float
        rho, per unit of time, at least 0.

    Returns
    -------
    (periods + 1,) float64 array

    References
    ----------
    Obizhaeva and Wang (2013), Journal of Financial Markets 16(1), 1-32, propositions 1 and 3.
    """
    if periods < 1 or not horizon > 0 or resilience < 0:
        raise InvalidArgument(
            f"need periods >= 1, horizon > 0 and resilience >= 0, was {periods}, {horizon} and {resilience}"
        )
    back = -math.expm1(-resilience * horizon / periods)
    block = qty / ((periods - 1) * back + 2)
    trades = np.full(periods + 1, block * back)
    trades[0] = trades[-1] = block
    return trades


def obizhaeva_wang_cost(
    times: ArrayLike, trades: ArrayLike, *, depth: float, resilience: float, permanent_share: float = 0.0
) -> float:
    """Cost of trades at given times in a block book, half the spread apart.

    Parameters
    ----------
    times : (n,) array
        Ascending.
    trades : (n,) array
        Signed quantities.
    depth : float
        q: units per unit of price.
    resilience : float
        rho, per unit of time.
    permanent_share : float
        Share of a trade's move that stays.

    Notes
    -----
    Each trade x pays what trades before it have left, and half of what it moves itself: x / (2 * depth). The schedule
    that is optimal in continuous time costs (1 - permanent_share) * X**2 / (depth * (resilience * horizon + 2)) +
    permanent_share * X**2 / (2 * depth).
    """
    t, x = np.asarray(times, np.float64), np.asarray(trades, np.float64)
    total, transient, held, last = 0.0, 0.0, 0.0, t[0] if len(t) else 0.0
    for now, qty in zip(t.tolist(), x.tolist(), strict=True):
        transient *= math.exp(-resilience * (now - last))
        total += qty * (permanent_share * held + (1 - permanent_share) * transient + qty / 2)
        transient += qty
        held += qty
        last = now
    return total / depth
