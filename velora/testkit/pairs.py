"""Two synthetic markets of which one follows the other, for studies whose result is known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from velora.core.clock import duration_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.core.numbers import seed_number
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.data import EventTable

__all__ = ["lagging_pair"]

_MS = 1_000_000


def lagging_pair(
    lag: str | timedelta = "40ms", *, duration: str | timedelta = "2m", seed: int = 12
) -> list[EventTable]:
    """Make a leading market, and one that repeats its quotes after a lag, with noise of its own.

    Parameters
    ----------
    lag : str or timedelta
        Least time until the follower repeats a quote; an exponential time with a mean of a quarter of it is added.
    duration : str or timedelta
        Length of the leader, in market time.
    seed : int

    Returns
    -------
    list of EventTable
        The leader, a whole synthetic market, and the follower, which has quotes only.

    Raises
    ------
    InvalidArgument
        If a duration is invalid, or the leader's price hardly moves in so short a time.
    """
    from velora.data.synth import SyntheticMarket
    from velora.data.table import EventTable

    lag_ns = duration_ns(lag)
    leader = SyntheticMarket(seed, duration=duration, instrument=_perpetual("LEADUSDT", "synthetic_a")).table()
    bids = np.flatnonzero((leader.kind == EventKind.QUOTE) & (leader.side == Side.BUY))
    doubled = leader.price[bids] + leader.price[bids + 1]  # a quote is two rows, bid and ask
    changed = np.flatnonzero(np.diff(doubled, prepend=0))
    received = leader.ts_recv[bids[changed] + 1]
    last = np.flatnonzero(np.diff(received, append=received[-1] + 1))  # of changes received at one instant the last
    received, mid = received[last], doubled[changed[last]] / 2
    if len(received) < 2:
        raise InvalidArgument(f"a pair needs two moves of the leader's price; {duration} has {len(received)}")
    rng = np.random.default_rng(seed_number(seed))
    ts = received[1:] + lag_ns + rng.exponential(lag_ns / 4, len(received) - 1).astype(np.int64)
    ts = np.maximum.accumulate(ts)
    noise = np.cumsum(rng.choice([-1, 0, 0, 0, 1], len(ts)))
    window = min(50, len(ts))
    noise -= np.round(np.convolve(noise, np.ones(window) / window, "same")).astype(np.int64)  # keep it stationary
    bid = np.floor(np.exp(np.log(2 * mid[1:])) / 2).astype(np.int64) + noise
    rows = np.repeat(np.arange(len(ts)), 2)
    follower = EventTable.from_numpy(
        _perpetual("LAGUSDT", "synthetic_b"),
        ts_event=ts[rows],
        ts_recv=ts[rows] + _MS,
        kind=np.full(len(rows), EventKind.QUOTE, np.uint8),
        side=np.tile(np.array([Side.BUY, Side.SELL], np.uint8), len(ts)),
        flags=np.tile(np.array([0, EventFlag.LAST], np.uint8), len(ts)),
        price=np.column_stack([bid, bid + 1]).ravel(),
        qty=np.full(len(rows), 2_000),
    )
    return [leader, follower]


def _perpetual(symbol: str, venue: str) -> Instrument:
    return Instrument(symbol, venue=venue, tick_size="0.1", lot_size="0.001", quote="USDT")
