"""Order streams with published correct reports, and the text format in which reports are compared.

The streams and the text are those of the matching-engine benchmark of Flash One Technologies (MIT licence,
github.com/flash1-dev/matching-engine-benchmark at 41656c8; arXiv 2606.01183), regenerated from its rules: a million
limit and IOC orders along a price path, each with an amend, a cancel, and a repeated cancel or a late amend by chance.
The order of the random draws is part of the rules: one more or one less changes every message after it.

`make_messages` returns a stream, `to_commands` the commands of `velora.MatchingEngine` for it, `to_lines` the text of
the engine's reports. Matching is by price and time; an amend is a cancel and a new order with the open quantity
(``amend="reinsert"``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.core.numbers import whole_number

__all__ = ["MESSAGE", "SCENARIOS", "make_messages", "random_numbers", "to_bytes", "to_commands", "to_lines"]

#: Volatility of the price path, and its range as a share of the price.
SCENARIOS = {
    "static": (0.0, 0.0),
    "normal": (0.15, 0.02),
    "swing-25": (0.5, 0.25),
    "swing-40": (0.5, 0.4),
    "flash-crash": (0.5, 0.6),
}

NEW, CANCEL, MODIFY = 0, 1, 2

#: Layout of a message in a stream's file, little-endian. A CANCEL has the quantity and the price of its NEW.
MESSAGE = np.dtype(
    [
        ("type", "u1"),
        ("side", "u1"),
        ("ioc", "u1"),
        ("zero", "u1"),
        ("qty", "<u4"),
        ("sequence", "<u8"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("zeros", "<i8"),
    ]
)

_MAGIC, _VERSION = 0x4D4542575F303031, 1
_START, _TICK = 167.52, 0.005
_LEVELS, _TAIL, _HUMP, _HUMP_AT = 800, 2.23, 5.0, 8
_QTY_MAX = 100
_IOC, _MODIFIED, _REPRICED, _CANCELLED, _AGAIN = 0.15, 0.2, 0.8, 0.95, 0.02


def random_numbers(seed: int) -> np.random.RandomState:
    """The generator of all draws: MT19937 with the plain initialization; a number takes 53 bits of two words."""
    return np.random.RandomState(whole_number("seed", seed, 0, 2**32 - 1))


def depth_table() -> NDArray[np.float64]:
    """Running sums of the weights of the distances from the mid: a power law with a hump."""
    total, sums = 0.0, []
    for level in range(_LEVELS):
        z = float(level - _HUMP_AT)
        total = total + (1.0 / math.pow(level + 1, _TAIL) + _HUMP * math.exp(-0.5 * z * z))
        sums.append(total)
    return np.array(sums)


def _each(function: Any, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a function of the C library to each value: NumPy's own differ between machines in the last bit."""
    return np.fromiter(map(function, values.tolist()), np.float64, len(values))


def _integers(draws: NDArray[np.float64], low: int, high: Any) -> NDArray[np.int64]:
    """Whole numbers from `low` to `high`, both included."""
    scaled: NDArray[np.float64] = draws * (high - low + 1)
    return low + scaled.astype(np.int64)


class _Orders(NamedTuple):
    """Data shared by the scenarios of one size and seed."""

    normals: NDArray[np.float64]  # of the price path, by creation
    levels: NDArray[np.int64]  # distance from the mid, by creation
    qty: NDArray[np.int64]  # by creation
    types: NDArray[np.uint8]  # by message, like the fields below
    orders: NDArray[np.int64]  # by creation
    is_ioc: NDArray[np.bool_]
    is_repriced: NDArray[np.bool_]


def _one_by_one(numbers: np.random.RandomState) -> Iterator[float]:
    """The next draws, generated on demand."""
    while True:
        yield from numbers.random_sample(4096).tolist()


def _live(
    draws: Iterator[float], arrival: list[int], overlap: bool
) -> tuple[bytearray, list[int], bytearray, list[int]]:
    """Messages of all orders: types, orders, marks (an IOC, or a MODIFY of another price) and times."""
    draw = draws.__next__
    types, orders, marks, times = bytearray(), [], bytearray(), []
    time = 0

    def send(kind: int, order: int, mark: bool = False) -> None:
        types.append(kind)
        orders.append(order)
        marks.append(mark)
        times.append(time)

    for place, order in enumerate(arrival):
        time = place
        is_ioc = draw() < _IOC
        send(NEW, order, is_ioc)
        if is_ioc:
            continue
        is_modified = draw() < _MODIFIED
        is_repriced = False
        if is_modified:
            time += 30 + int(draw() * 70)
            is_repriced = draw() < _REPRICED
            send(MODIFY, order, is_repriced)
        is_cancelled = draw() < _CANCELLED
        if is_cancelled:
            time += 1 + int(draw() * 2000)
            send(CANCEL, order)
            if draw() < _AGAIN:
                time += 1 + int(draw() * 20)
                send(CANCEL, order)
        if is_modified and is_cancelled and draw() < _AGAIN:
            time += 1 + int(draw() * 20)
            send(MODIFY, order, is_repriced)
    return types, orders, marks, times if overlap else []


#: The latest orders, cached: the scenarios of one size usually follow one another.
_KEPT: dict[tuple[int, int, bool], _Orders] = {}


def _orders_of(count: int, seed: int, overlap: bool) -> _Orders:
    key = (count, seed, overlap)
    if key not in _KEPT:
        made = _make_orders(*key)
        _KEPT.clear()
        _KEPT[key] = made
    return _KEPT[key]


def _make_orders(count: int, seed: int, overlap: bool) -> _Orders:
    numbers = random_numbers(seed)
    first, second, depth, lots = numbers.random_sample(4 * count).reshape(count, 4).T
    radius = np.sqrt(-2.0 * _each(math.log, np.maximum(first, 1e-300)))
    normals = radius * _each(math.cos, (2.0 * math.pi) * second)
    table = depth_table()
    levels = np.searchsorted(table, depth * table[-1], side="left")
    last = np.arange(count - 1, 0, -1)
    arrival = list(range(count))
    for at, other in zip(last.tolist(), _integers(numbers.random_sample(count - 1), 0, last).tolist(), strict=True):
        arrival[at], arrival[other] = arrival[other], arrival[at]
    types, orders, marks, times = _live(_one_by_one(numbers), arrival, overlap)
    messages = np.frombuffer(types, np.uint8), np.array(orders), np.frombuffer(marks, np.bool_)
    if overlap:
        order = np.argsort(np.array(times), kind="stable")
        messages = messages[0][order], messages[1][order], messages[2][order]
    kinds, who, marked = messages
    return _Orders(
        normals, levels, _integers(lots, 1, _QTY_MAX), kinds, who, marked & (kinds == NEW), marked & (kinds == MODIFY)
    )


def price_path(scenario: str, normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mid prices of a scenario, one per order."""
    volatility, swing = SCENARIOS[scenario]
    dt = 0.0 if volatility == 0 else math.pow(swing / volatility, 2) / len(normals)
    step = volatility * math.sqrt(dt)
    steps = _each(math.exp, ((-0.5 * step) * step) + (step * normals))
    return np.multiply.accumulate(np.concatenate([[_START], steps]))[1:]


def make_messages(scenario: str, count: int = 1_000_000, seed: int = 23, *, overlap: bool = False) -> NDArray[np.void]:
    """Make a stream.

    Parameters
    ----------
    scenario : str
        One of `SCENARIOS`.
    count : int
        Number of new orders.
    seed : int
        Below 2**32.
    overlap : bool
        Whether the lives of orders overlap, so that cancels and amends reach the middle of queues. As published
        (False), the messages of each order are consecutive.

    Returns
    -------
    (n,) array of MESSAGE
        About twice as many as orders. `order_id` counts creations from 1, `sequence` messages from 0.
    """
    common = _orders_of(count, seed, overlap)
    in_ticks = price_path(scenario, common.normals) / _TICK
    whole = np.floor(in_ticks)
    mids = (whole + (in_ticks - whole >= 0.5)).astype(np.int64)
    is_sell = np.arange(count) >= count // 2
    prices = np.maximum(np.where(is_sell, mids + common.levels + 1, mids - common.levels - 1), 1)
    who = common.orders
    out = np.zeros(len(who), MESSAGE)
    out["type"], out["ioc"], out["side"] = common.types, common.is_ioc, is_sell[who]
    out["qty"] = common.qty[who] + (common.types == MODIFY)
    out["sequence"], out["order_id"] = np.arange(len(who)), who + 1
    out["price"] = prices[who] + np.where(is_sell[who], -1, 1) * common.is_repriced
    return out


def to_bytes(messages: NDArray[np.void]) -> bytes:
    """A stream's file: a header of 16 bytes (u64 magic, u32 version, u32 messages) and 40 bytes per message."""
    header = b"".join(
        value.to_bytes(size, "little") for value, size in ((_MAGIC, 8), (_VERSION, 4), (len(messages), 4))
    )
    return header + messages.tobytes()


def to_commands(messages: NDArray[np.void]) -> NDArray[np.void]:
    """Commands of a stream for `velora.MatchingEngine.apply`; the time of each is its sequence."""
    from velora.core.orders import TimeInForce
    from velora.sim.matching import COMMAND, MatchAction

    out = np.zeros(len(messages), COMMAND)
    actions = np.array([MatchAction.NEW, MatchAction.CANCEL, MatchAction.AMEND], np.uint8)
    out["action"] = actions[messages["type"]]
    out["ts"], out["tif"] = messages["sequence"], np.where(messages["ioc"], int(TimeInForce.IOC), 0)
    for name in ("order_id", "side", "price", "qty"):
        out[name] = messages[name]
    return out


#: Fields of a line by its code, as columns of the engine's reports.
_LINES = (
    ("side", "order_id", "price", "qty"),  # new order acknowledged
    ("price", "qty", "other_id", "order_id"),  # trade: other_id is the maker's
    ("side", "order_id", "price"),  # cancelled, or an IOC's remainder dropped
    ("side", "order_id", "price", "leaves"),  # modified: the requested values, before its fills
    ("order_id",),  # cancel refused
    ("order_id",),  # modify refused
)


def to_lines(reports: NDArray[np.void]) -> list[str]:
    """Reports of a stream as lines: a code, the sequence of the message, and the fields of the code.

    Parameters
    ----------
    reports : (n,) array of velora.sim.matching.REPORT
        From an engine with ``amend="reinsert"`` after processing `to_commands`.

    Returns
    -------
    list of str
        Sorted by sequence and code; fills of one message in their order. Joined by line feeds they are the hashed text.
    """
    from velora.core.orders import OrderReason
    from velora.sim.matching import MatchReportKind as Kind

    codes = np.full(len(Kind), 9)
    by_code = (Kind.ACK, Kind.FILL, Kind.CANCELED, Kind.AMENDED, Kind.CANCEL_REJECTED, Kind.AMEND_REJECTED)
    codes[list(by_code)] = range(6)
    code = codes[reports["kind"]]
    code[(reports["kind"] == Kind.EXPIRED) & (reports["reason"] == OrderReason.IOC)] = 2
    kept = reports[reports["maker"] == 0]  # each trade has two reports
    code = code[reports["maker"] == 0]
    if (code == 9).any():
        raise ValueError(f"a report that no stream causes: {kept[code == 9][0]}")
    order = np.argsort(kept["ts"] * 8 + code, kind="stable")
    kept, code = kept[order], code[order]
    lines = np.empty(len(kept), object)
    for number, names in enumerate(_LINES):
        rows = kept[code == number]
        shape = ",".join([str(number), *["%d"] * (1 + len(names))])
        lines[code == number] = [
            shape % row for row in zip(*(rows[name].tolist() for name in ("ts", *names)), strict=True)
        ]
    return lines.tolist()
