"""Candles for tests of indicators: random, trending, flat, with gaps, ticks, NaN and extreme sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from velora.core.numbers import seed_number
from velora.errors import InvalidArgument

__all__ = ["SHAPES", "random_candles"]

SHAPES = (
    "walk",
    "ticks",
    "trend",
    "fall",
    "constant",
    "steps",
    "jumps",
    "no_volume",
    "nan_head",
    "nan_inside",
    "huge",
    "tiny",
)


def random_candles(rows: int, seed: int = 1, shape: str = "walk") -> dict[str, NDArray[np.float64]]:
    """Columns of candles.

    Parameters
    ----------
    rows : int
    seed : int
    shape : str
        One of `SHAPES`, in their order:
        a random walk; one on a coarse grid of prices with many equal ones; a line up; a line down; one price; long flat
        pieces; a walk with jumps; a walk with half of the volumes 0; a walk whose first ten rows have a NaN; one with a
        NaN at a third; prices around 1e12; prices around 1e-8.

    Returns
    -------
    dict
        open, high, low, close, volume, and the second series y: (rows,) float64 arrays.

    Raises
    ------
    InvalidArgument
        If there is no such shape.
    """
    if shape not in SHAPES:
        raise InvalidArgument(f"shape must be one of {', '.join(SHAPES)}, was {shape!r}")
    random = np.random.default_rng(seed_number(seed))
    steps = random.normal(0.0, 1.0, rows)
    if shape == "jumps":
        steps += random.choice([0.0, 0.0, 0.0, 0.0, 25.0, -25.0], rows)
    close: NDArray[np.float64] = 200.0 * np.exp(0.005 * np.cumsum(steps) / max(1.0, rows / 1e5))
    if shape == "trend":
        close = 100.0 + 0.25 * np.arange(rows, dtype=np.float64)
    elif shape == "fall":
        close = 1000.0 / (1.0 + 0.01 * np.arange(rows, dtype=np.float64))
    elif shape == "steps":
        close = np.repeat(close[::40], 40)[:rows]
    spread: NDArray[np.float64] = np.asarray(0.002 * close, np.float64)
    if shape in ("trend", "fall", "steps"):
        spread = np.full(rows, 0.25)
    opened = np.r_[close[:1], close[:-1]] + (random.normal(0.0, 0.4, rows) * spread if shape != "steps" else 0.0)
    high = np.maximum(opened, close) + random.exponential(0.5, rows) * spread
    low = np.minimum(opened, close) - random.exponential(0.5, rows) * spread
    volume = np.round(random.exponential(1000.0, rows)) + 1.0
    other = 50.0 + 0.1 * close + np.cumsum(random.normal(0.0, 0.2, rows)) / max(1.0, rows / 1e4)
    columns = {"open": opened, "high": high, "low": low, "close": close, "volume": volume, "y": other}
    if shape == "constant":
        columns = {name: np.full(rows, 1000.0 if name == "volume" else 100.1) for name in columns}
    elif shape == "ticks":
        columns = {name: np.round(column * 2) / 2 for name, column in columns.items()}
    elif shape == "no_volume":
        columns["volume"][random.random(rows) < 0.5] = 0.0
        columns["volume"][rows // 3 : rows // 3 + 60] = 0.0
    elif shape == "huge":
        columns = {name: column * 1e10 for name, column in columns.items()}
    elif shape == "tiny":
        columns = {name: column * 1e-10 for name, column in columns.items()}
    elif shape == "nan_head":
        for name, column in columns.items():
            column[: random.integers(1, 10)] = np.nan
            columns[name] = column
    elif shape == "nan_inside":
        for column in columns.values():
            column[rows // 3 : rows // 3 + 1] = np.nan
    return columns
