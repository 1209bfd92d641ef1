"""Where a market maker quotes: closed forms of the literature, as plain functions.

Prices and distances are in one unit of price, times in one unit of time, inventories in units of one trade. The arrival
of fills at distance d from the mid is a * exp(-k * d) per unit of time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from velora.errors import InvalidArgument

__all__ = ["avellaneda_stoikov", "glft", "glft_exact"]


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise InvalidArgument(f"{name} must be above 0, was {value!r}")


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
