"""Synthetic markets: seeded queue-reactive order flow, as an event source."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memset

from velora.core.named_calls cimport name_call
from velora.core.status cimport check_status
from velora.data._synth cimport (
    VEL_SYNTH_LEVELS_MAX,
    vel_synth_config_t,
    vel_synth_free,
    vel_synth_init,
    vel_synth_next,
    vel_synth_t,
)

import math
from difflib import get_close_matches
from numbers import Real

import numpy as np

from velora.core.clock import duration_ns, timestamp_ns
from velora.core.instrument import Instrument
from velora.core.numbers import whole_number
from velora.core.terminal import readable
from velora.errors import CapacityError, InvalidArgument

#: Rows between two checks for a signal: some 20 ms of work.
cdef int64_t _ROWS_DEAF = 65_536

#: Maximum number of rows of a table, some 170 GB.
_TABLE_ROWS_MAX = 1 << 32

#: Defaults of the flow: a liquid perpetual. Rates are per second.
_DEFAULTS = {
    "limit": (70.0, 62.0, 54.0, 46.0, 40.0, 34.0, 29.0, 25.0, 21.0, 18.0),
    "cancel": (6.0, 4.0, 3.2, 2.8, 2.6, 2.4, 2.2, 2.0, 2.0, 2.0),
    "crowding": 0.04,
    "empty_boost": 2.0,
    "market": 2.0,
    "excite": 3.2,
    "decay": 9.0,
    "cross_excite": 0.1,
    "far_levels": 240,
    "far_rate": 60.0,
    "theta": 0.7,
    "theta_reinit": 0.15,
    "order_lots": 400.0,
    "market_lots": 1100.0,
}


cdef class _Stream:
    """One pass over a synthetic market."""

    cdef vel_synth_t _c            # owned by value
    cdef int64_t _until
    cdef int64_t _rows_left

    def __cinit__(self, dict config not None, int64_t until, int64_t rows):
        cdef vel_synth_config_t c
        memset(&self._c, 0, sizeof(self._c))
        memset(&c, 0, sizeof(c))
        c.seed = <uint64_t>config["seed"]
        c.start_ts = config["start_ts"]
        c.start_ticks = config["start_ticks"]
        limit, cancel = config["limit"], config["cancel"]
        if not 1 <= len(limit) == len(cancel) <= VEL_SYNTH_LEVELS_MAX:
            raise InvalidArgument(f"limit and cancel need one rate per level, 1 to {VEL_SYNTH_LEVELS_MAX} of both, "
                                  f"was {len(limit)} and {len(cancel)}")
        c.levels = <int32_t>len(limit)
        for level in range(c.levels):
            c.limit[<int>level] = limit[level]
            c.cancel[<int>level] = cancel[level]
        c.crowding = config["crowding"]
        c.empty_boost = config["empty_boost"]
        c.market = config["market"]
        c.excite = config["excite"]
        c.decay = config["decay"]
        c.cross_excite = config["cross_excite"]
        c.far_levels = config["far_levels"]
        c.far_rate = config["far_rate"]
        c.theta = config["theta"]
        c.theta_reinit = config["theta_reinit"]
        c.order_lots = config["order_lots"]
        c.market_lots = config["market_lots"]
        c.latency_floor = config["latency_floor"]
        c.latency_tail = config["latency_tail"]
        c.quotes = config["quotes"]
        c.orders = config["orders"]
        check_status(vel_synth_init(&self._c, &c),
                     "a parameter of the synthetic market is out of range: rates are positive, theta and theta_reinit "
                     "are in [0, 1], sizes are at least 1 lot, far_levels at most 600, latencies at most a day, "
                     "market * (excite + cross_excite) below decay")
        self._until = until
        self._rows_left = rows

    def __dealloc__(self):
        vel_synth_free(&self._c)

    def next(self, int64_t rows):
        """Columns of the next rows, at most `rows`; fewer only at the end."""
        if rows > self._rows_left:
            rows = self._rows_left
        ts_event = np.empty(rows, np.int64)
        ts_recv = np.empty(rows, np.int64)
        kind = np.empty(rows, np.uint8)
        side = np.empty(rows, np.uint8)
        flags = np.empty(rows, np.uint8)
        price = np.empty(rows, np.int64)
        qty = np.empty(rows, np.int64)
        order_id = np.empty(rows, np.int64)
        cdef int64_t[::1] a = ts_event, b = ts_recv, f = price, g = qty, h = order_id
        cdef uint8_t[::1] c = kind, d = side, e = flags
        cdef int64_t written = 0, asked, got
        while written < rows:
            asked = min(rows - written, _ROWS_DEAF)
            got = vel_synth_next(&self._c, self._until, asked, &a[written], &b[written], &c[written], &d[written],
                                 &e[written], &f[written], &g[written], &h[written])
            written += got
            self._rows_left -= got
            if got < asked:
                break
            PyErr_CheckSignals()
        columns = {"ts_event": ts_event, "ts_recv": ts_recv, "kind": kind, "side": side, "flags": flags,
                   "price": price, "qty": qty, "order_id": order_id}
        if written < rows:
            columns = {name: column[:written] for name, column in columns.items()}
        return columns


def _whole(name, value):
    """Validate a whole number, an int or a float such as 1e6."""
    if isinstance(value, Real) and math.isfinite(value) and int(value) == value:
        return int(value)
    raise InvalidArgument(f"{name} of a synthetic market must be a whole number, was {value!r}")


def _rate(name, value):
    """Validate a number of the flow."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise InvalidArgument(f"{name} of a synthetic market must be a finite number, was {value!r}")


def _flow(name, value):
    """Validate a parameter of the flow: a rate for each level, a number of levels, or a number."""
    if name == "far_levels":
        levels = _whole(name, value)
        if not -(2**31) <= levels < 2**31:
            raise InvalidArgument(f"far_levels of a synthetic market must be at most 600, was {levels}")
        return levels
    if name not in ("limit", "cancel"):
        return _rate(name, value)
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise InvalidArgument(f"{name} of a synthetic market must have a rate for each level, was {value!r}")
    return tuple(_rate(name, rate) for rate in value)


#: Parameters of a market besides those of its flow.
_NAMES = ("seed", "duration", "events", "instrument", "start", "price", "feed_latency", "latency_tail", "quotes")


class SyntheticMarket:
    """A seeded market with queue-reactive order flow, after Huang, Lehalle and Rosenbaum (2015).

    The same seed and parameters give the same bytes on every machine. It is an event source: pass it to `Backtest`, or
    call `table()`.

    Parameters
    ----------
    seed : int
    duration : str, timedelta or ns, optional
        Length in venue time, such as ``"10m"``.
    events : int, optional
        Number of rows instead; one million if neither is given.
    instrument : Instrument, optional
        By default a linear perpetual with tick 0.1 and lot 0.001.
    start : str, int or datetime
        Venue time of the opening snapshot.
    price : float
        Start price.
    feed_latency : str, timedelta or ns
        Minimum time between `ts_event` and `ts_recv`.
    latency_tail : str, timedelta or ns
        Mean of the exponential time added to it; rows do not overtake each other.
    quotes : bool
        Whether to write QUOTE rows when the top changes.
    orders : bool
        Whether the book comes order by order (ORDER_ADD, ORDER_CANCEL, ORDER_EXECUTE) instead of by level. Both are the
        same market: the same trades and the same levels at the same times.
    **flow
        Parameters of the order flow: `limit` and `cancel` (rates per level and second, the latter for each order),
        `crowding`, `empty_boost`, `market`, `excite`, `decay`, `cross_excite`, `far_levels`, `far_rate`, `theta`,
        `theta_reinit`, `order_lots`, `market_lots`; see the docs, "A synthetic market".

    References
    ----------
    Huang, Lehalle and Rosenbaum (2015), "Simulating and analyzing order book data: the queue-reactive model", Journal
    of the American Statistical Association 110(509), 107-122.
    """

    def __init__(self, seed=7, *, duration=None, events=None, instrument=None, start="2024-01-01", price=3000.0,
                 feed_latency="1ms", latency_tail="500us", quotes=True, orders=False,
                 **flow):
        unknown = sorted(set(flow) - set(_DEFAULTS))
        if unknown:
            known = [*_NAMES, *_DEFAULTS]
            close = get_close_matches(unknown[0], known, n=1)
            hint = f"did you mean {close[0]!r}? It has" if close else "it has"
            raise InvalidArgument(f"a synthetic market has no parameter {unknown[0]!r}; {hint} {', '.join(known)}")
        if duration is not None and events is not None:
            raise InvalidArgument("set duration or events, not both")
        if instrument is None:
            instrument = Instrument(
                "SYNUSDT", venue="synthetic", tick_size="0.1", lot_size="0.001", base="SYN", quote="USDT")
        if not isinstance(instrument, Instrument):
            raise InvalidArgument(f"instrument of a synthetic market must be an Instrument, was {instrument!r}")
        self.instrument = instrument
        seed = whole_number("seed", seed, 0, 2**64 - 1)
        self.seed = seed
        self.disorder_ns = 0
        self.has_orders = bool(orders)
        self.has_depth = True
        self.looked_for = frozenset({"gaps", "hidden", "off_book"})  # it has none of them
        self.has_trades = True
        start_ns = timestamp_ns(start)
        self._until = INT64_MAX - 1 if duration is None else start_ns + duration_ns(duration, "duration")
        self.end_ns = None if duration is None else self._until
        self._rows = INT64_MAX if duration is not None else (
            1_000_000 if events is None else whole_number("events", events, 1, INT64_MAX))
        if self._rows > INT64_MAX or self._until > INT64_MAX - 1:
            raise CapacityError("a synthetic market has fewer than 2**63 rows and ends before the year 2262")
        if self._rows < 1 or self._until < start_ns:
            raise InvalidArgument("a synthetic market needs at least one row and a duration of at least 0")
        self._config = {
            **_DEFAULTS, **{name: _flow(name, value) for name, value in flow.items()},
            "seed": seed, "start_ts": start_ns,
            "start_ticks": self.instrument.price_to_ticks(price),
            "latency_floor": duration_ns(feed_latency, "feed_latency"),
            "latency_tail": float(duration_ns(latency_tail, "latency_tail")),
            "quotes": bool(quotes),
            "orders": self.has_orders,
        }
        _Stream(self._config, 0, 0)  # raises at once for values out of range

    def chunks(self, rows):
        """Yield event tables of at most `rows` rows; each call makes a new pass over the same market."""
        from velora.data.table import EventTable

        stream = _Stream(self._config, self._until, self._rows)
        while True:
            columns = stream.next(rows)
            if len(columns["kind"]) == 0:
                return
            yield _trusted(EventTable.from_numpy(self.instrument, check=False, **columns))
            if len(columns["kind"]) < rows:
                return

    def table(self):
        """The whole market as one event table."""
        from velora.data.table import EventTable

        if self._until == INT64_MAX - 1 and self._rows > _TABLE_ROWS_MAX:
            raise CapacityError(f"a table of {self._rows:,} rows does not fit the memory: pass the market itself to "
                                "its reader, which reads it in chunks")
        if self._until == INT64_MAX - 1:
            return _trusted(EventTable.from_numpy(
                self.instrument, check=False, **_Stream(self._config, self._until, self._rows).next(self._rows)))
        parts = list(self.chunks(1 << 20))
        return _trusted(EventTable.from_numpy(self.instrument, check=False, **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")}))

    def __repr__(self):
        return f"SyntheticMarket({readable(self.instrument.symbol)}, seed={self.seed})"


cdef object _trusted(object table):
    """Mark a table as checked: rows made here are valid."""
    table._is_checked = True
    return table


name_call(
    SyntheticMarket,
    'SyntheticMarket(seed=7, *, duration=None, events=None, instrument=None, start="2024-01-01", '
    'price=3000.0, feed_latency="1ms", latency_tail="500us", quotes=True, orders=False, **flow)',
)
