"""Where a market maker quotes: closed forms of the literature, as plain functions.

Prices and distances are in one unit of price, times in one unit of time, inventories in units of one trade. The arrival
of fills at distance d from the mid is a * exp(-k * d) per unit of time.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from velora.errors import InvalidArgument

__all__ = ["avellaneda_stoikov", "fit_arrivals", "glft", "glft_exact"]


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise InvalidArgument(f"{name} must be above 0, was {value!r}")


def fit_arrivals(
    reach: npt.ArrayLike, seconds: float, *, step: float = 0.0, first: float | None = None
) -> tuple[float, float]:
    """The `a` and `k` of arrivals at rate a * exp(-k * d), from how far prints reached.

    Parameters
    ----------
    reach : (n,) array
        The farthest print beyond the reference price of each interval and side. Those that did not reach `first`, or
        are 0, only count as time.
    seconds : float
        Time observed, both sides added, in the unit of time that `a` is to have.
    step : float
        Distance between the prices that a print can have, 0 for any: a print stands for all up to the next price.
    first : float, optional
        Distance of the nearest price to the reference; `step` when not given. It is half a step where the reference is
        a mid between two prices.

    Returns
    -------
    a, k : float
        Maximum likelihood: without a step k is 1 / mean(reach).

    Raises
    ------
    InvalidArgument
        If no print reached farther than `first`: then k has no bound.

    Examples
    --------
    >>> fit_arrivals([1.0, 2.0, 3.0, 0.0], seconds=2.0)
    (1.5, 0.5)
    """
    near = step if first is None else first
    if not (0 < seconds < math.inf and 0 <= step < math.inf and 0 <= near < math.inf):
        raise InvalidArgument(
            f"seconds must be above 0, step and first at least 0, were {seconds!r}, {step!r} and {first!r}"
        )
    beyond = np.asarray(reach, np.float64)
    beyond = beyond[(beyond > 0) & (beyond >= near)]
    excess = float(beyond.mean()) - near if len(beyond) else 0.0
    if excess <= 0:
        raise InvalidArgument(f"none of {len(beyond)} prints reached farther than {near:g}: k has no bound")
    # P(reach >= near + j * step) = exp(-k * j * step): what is beyond the nearest price is geometric.
    k = 1 / excess if step == 0 else math.log1p(step / excess) / step
    return len(beyond) / seconds * math.exp(k * near), k


def avellaneda_stoikov(
    mid: float, inventory: float, time_left: float, *, gamma: float, sigma: float, k: float
) -> tuple[float, float]:
    """Bid and ask of Avellaneda and Stoikov.

    The reservation price is mid - inventory * gamma * sigma**2 * time_left; the quotes stand around it with a spread of
    gamma * sigma**2 * time_left + (2 / gamma) * log(1 + gamma / k).

    Parameters
    ----------
    mid : float
    inventory : float
        Units held, below 0 when short.
    time_left : float
        To the end of the session, at least 0.
    gamma : float
        Risk aversion, per unit of money, above 0.
    sigma : float
        Volatility: price per square root of time.
    k : float
        Decay of the arrival of fills with distance, per unit of price, above 0.

    Returns
    -------
    bid, ask : float
        A quote may lie beyond the mid where the inventory is large.

    Notes
    -----
    Assumes a mid without drift, one unit a fill and no fees, and that the mid does not react to fills.

    References
    ----------
    Avellaneda and Stoikov (2008), Quantitative Finance 8(3), 217-224, equations 29 and 30.

    Examples
    --------
    >>> bid, ask = avellaneda_stoikov(100, 0, 1.0, gamma=0.1, sigma=2, k=1.5)
    >>> round(ask - bid, 3)
    1.691
    """
    risk = gamma * sigma * sigma * time_left
    reservation = mid - inventory * risk
    half = risk / 2 + math.log1p(gamma / k) / gamma
    return reservation - half, reservation + half


def glft(inventory: float, *, gamma: float, sigma: float, k: float, a: float) -> tuple[float, float]:
    """Distances of bid and ask from the mid by Gueant, Lehalle and Fernandez-Tapia, far from the session's end.

    Parameters
    ----------
    inventory : float
        Units held, below 0 when short.
    gamma, sigma, k : float
        As in `avellaneda_stoikov`.
    a : float
        Arrival of fills at the mid, per unit of time, above 0.

    Returns
    -------
    bid, ask : float
        Distances; a negative one lies beyond the mid.

    Notes
    -----
    An approximation for small inventories: `glft_exact` solves the same model without it.

    References
    ----------
    Gueant, Lehalle and Fernandez-Tapia (2013), Mathematics and Financial Economics 7(4), 477-507, section 4.

    Examples
    --------
    >>> bid, ask = glft(0, gamma=0.01, sigma=0.3, k=0.3, a=0.9)
    >>> bid == ask
    True
    """
    fixed = math.log1p(gamma / k) / gamma
    skew = math.sqrt(sigma * sigma * gamma / (2 * k * a) * (1 + gamma / k) ** (1 + k / gamma))
    return fixed + (2 * inventory + 1) / 2 * skew, fixed + (1 - 2 * inventory) / 2 * skew


def glft_exact(
    inventory_max: int, *, gamma: float, sigma: float, k: float, a: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same quotes without the approximation, for inventories from -inventory_max to inventory_max.

    The value of holding q comes from the eigenvector of the smallest eigenvalue of a tridiagonal matrix with
    k * gamma * sigma**2 / 2 * q**2 on its diagonal and -a * (1 + gamma / k) ** -(1 + k / gamma) beside it.

    Returns
    -------
    bid, ask : (2 * inventory_max + 1,) float64 arrays
        Distances from the mid; infinity where a fill would go beyond the bound.

    References
    ----------
    As in `glft`, section 3.
    """
    if inventory_max < 1:
        raise InvalidArgument(f"inventory_max must be at least 1, was {inventory_max}")
    _positive(gamma=gamma, sigma=sigma, k=k, a=a)
    held = np.arange(-inventory_max, inventory_max + 1)
    beside = np.full(len(held) - 1, -a * (1 + gamma / k) ** -(1 + k / gamma))
    matrix = np.diag(k * gamma * sigma * sigma / 2 * held**2.0) + np.diag(beside, 1) + np.diag(beside, -1)
    value = np.abs(np.linalg.eigh(matrix)[1][:, 0])
    fixed = math.log1p(gamma / k) / gamma
    with np.errstate(divide="ignore"):
        steps = np.log(value[:-1] / value[1:]) / k
    bid = np.concatenate([fixed + steps, [np.inf]])
    ask = np.concatenate([[np.inf], fixed - steps])
    return bid, ask
