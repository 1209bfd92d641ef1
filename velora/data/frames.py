"""Event tables from frames of trades or quotes, whatever their columns are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import duration_ns, format_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.core.numbers import shown
from velora.data.convert import SANE_SECONDS, steps, times
from velora.data.frame_columns import Column, Frame, find_fields, missing_field
from velora.errors import DataError, InvalidArgument, OffGrid

__all__ = ["quote_columns", "trade_columns"]

_TIME = ("time", "ts", "timestamp", "datetime", "date", "tsevent", "eventtime", "tradetime", "transacttime",
         "exchangetime", "exchangetimestamp", "tsexchange")  # fmt: skip
_RECEIVED = ("tsrecv", "recvtime", "receivetime", "received", "receivedat", "localtime", "localtimestamp", "tslocal",
             "localts", "receipttime", "receipttimestamp", "tsinit")  # fmt: skip

_TRADES = {
    "time": _TIME,
    "ts_recv": _RECEIVED,
    "price": ("price", "px", "tradeprice"),
    "qty": ("qty", "quantity", "size", "amount", "volume", "vol", "sz", "tradesize", "tradeqty", "baseqty"),
    "side": ("side", "aggressor", "aggressorside", "takerside", "tradeside", "direction"),
    "is_buyer_maker": ("isbuyermaker", "buyermaker", "buyerismaker"),
    "is_buy": ("isbuy", "isbuyertaker", "buyeristaker", "takerisbuyer", "isbuyeraggressor", "buyerinitiated"),
    "id": ("id", "tradeid", "aggtradeid", "tid"),
}


def _of_side(side: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the price and of the quantity of one side of a quote."""
    names = (side, "offer") if side == "ask" else (side,)
    prices = [f"{best}{name}{price}" for best in ("", "best") for name in names for price in ("", "price", "px")]
    amounts = ("qty", "size", "sz", "quantity", "amount", "volume", "vol")
    sizes = [f"{best}{name}{amount}" for best in ("", "best") for name in names for amount in amounts]
    return (*prices, f"{side}px00", f"{side}s0price"), (*sizes, f"{side}sz00", f"{side}s0amount")


_QUOTES = {
    "time": _TIME,
    "ts_recv": _RECEIVED,
    "bid": _of_side("bid")[0],
    "bid_qty": _of_side("bid")[1],
    "ask": _of_side("ask")[0],
    "ask_qty": _of_side("ask")[1],
    "id": ("id", "updateid"),
}

#: ns of each unit of time.
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
_EXACT_DOUBLE = 2**53
_INT64_MAX = 2**63 - 1

_WORDS = {
    **dict.fromkeys(("buy", "b", "bid", "bought", "buyer", "long", "takerbuy", "+1", "+"), Side.BUY),
    **dict.fromkeys(("sell", "s", "ask", "a", "sold", "seller", "short", "offer", "takersell", "-1"), Side.SELL),
    **dict.fromkeys(
        ("", "none", "unknown", "unk", "undefined", "na", "n/a", "nan", "null", "n", "u", "x", "-", "?"), Side.NONE
    ),
}  # fmt: skip
_TRUE, _FALSE = ("true", "t", "1", "yes"), ("false", "f", "0", "no")


def trade_columns(
    data: Any,
    instrument: Instrument,
    columns: Mapping[str, Any] | None,
    unit: str | None,
    latency: object,
    sort: bool,
) -> dict[str, NDArray[Any]]:
    """Columns of an event table of trades; see `EventTable.from_trades`."""
    frame = Frame(data)
    fields = find_fields(frame, _TRADES, columns)
    ts_event, ts_recv = _both_times(frame, fields, unit, latency, instrument)
    values = {}
    for name in ("price", "qty"):
        column = _whole(_needed(frame, fields, name), instrument)
        values[name] = _steps(instrument, name, column)
        _check_positive(values[name], column, "trade", instrument)
    rows = len(ts_event)
    made: dict[str, NDArray[Any]] = {
        "ts_event": ts_event,
        "ts_recv": ts_recv,
        "kind": np.full(rows, EventKind.TRADE, np.uint8),
        "side": _sides(frame, fields, rows, instrument),
        **values,
        "order_id": _ids(frame, fields, columns, rows, instrument),
    }
    _check_lengths(frame, fields, made)
    order = _order(ts_recv, frame, fields, sort, instrument)
    return made if order is None else {name: column[order] for name, column in made.items()}


def quote_columns(
    data: Any,
    instrument: Instrument,
    columns: Mapping[str, Any] | None,
    unit: str | None,
    latency: object,
    sort: bool,
) -> dict[str, NDArray[Any]]:
    """Columns of an event table of quotes, two rows each; see `EventTable.from_quotes`."""
    frame = Frame(data)
    fields = find_fields(frame, _QUOTES, columns)
    ts_event, ts_recv = _both_times(frame, fields, unit, latency, instrument)
    rows = len(ts_event)
    sides = [_side_of_quote(frame, fields, name, instrument) for name in ("bid", "ask")]
    ids = _ids(frame, fields, columns, rows, instrument)
    given = {"ts_event": ts_event, "bid": sides[0][0], "ask": sides[1][0], "ts_recv": ts_recv, "order_id": ids}
    _check_lengths(frame, fields, given)
    order = _order(ts_recv, frame, fields, sort, instrument)

    def twice(bid: NDArray[Any], ask: NDArray[Any]) -> NDArray[Any]:
        out = np.empty(2 * rows, bid.dtype)
        out[0::2] = bid if order is None else bid[order]
        out[1::2] = ask if order is None else ask[order]
        return out

    flags = np.zeros(2 * rows, np.uint8)
    flags[1::2] = EventFlag.LAST
    return {
        "ts_event": twice(ts_event, ts_event),
        "ts_recv": twice(ts_recv, ts_recv),
        "kind": np.full(2 * rows, EventKind.QUOTE, np.uint8),
        "side": np.tile(np.array([Side.BUY, Side.SELL], np.uint8), rows),
        "flags": flags,
        "price": twice(sides[0][0], sides[1][0]),
        "qty": twice(sides[0][1], sides[1][1]),
        "order_id": twice(ids, ids),
    }


# ---------------------------------------------------------------------- fields


def _needed(frame: Frame, fields: Mapping[str, Any], field: str) -> Column:
    if field not in fields:
        extra = ""
        if field in ("bid_qty", "ask_qty"):
            extra = ". Quotes need quantities, which decide what may be taken: add a constant if yours have none"
        raise missing_field(frame, field, extra)
    return frame.column(fields[field])


def _plain(value: Any) -> str:
    """A value for a message, without the name of its NumPy type."""
    return shown(value.item() if isinstance(value, np.generic) else value)


def _whole(column: Column, instrument: Instrument) -> Column:
    """The column, all of whose rows must have a value."""
    if column.missing.any():
        raise _fault("is empty (NaN, None or NA)", int(np.argmax(column.missing)), column, instrument,
                     "Leave such rows out, or fill them")  # fmt: skip
    return column


def _fault(message: str, row: int, column: Column, instrument: Instrument, hint: str | None) -> DataError:
    return DataError(message, file=instrument.symbol, row=row, field=column.name, hint=hint)


def _steps(instrument: Instrument, name: str, column: Column) -> NDArray[np.int64]:
    try:
        return steps(instrument, name, column.values, column.name, instrument.symbol)
    except OffGrid as error:
        size, step = (
            ("tick_size", instrument.tick_size) if name == "price" else ("lot_size", instrument.lot_size)
        )  # fmt: skip
        raise OffGrid(
            f"{error}. Give the instrument the {size} of this data (now {step}), or round the column before"
        ) from None


def _check_positive(values: NDArray[np.int64], column: Column, kind: str, instrument: Instrument) -> None:
    bad = values <= 0
    if bad.any():
        row = int(np.argmax(bad))
        raise _fault(f"must be above 0 in a {kind}, was {_plain(column.values[row])}", row, column, instrument,
                     "Leave such rows out, or correct them")  # fmt: skip


def _check_lengths(frame: Frame, fields: Mapping[str, Any], made: Mapping[str, NDArray[Any]]) -> None:
    rows = len(made["ts_event"])
    for name, column in made.items():
        if len(column) != rows:
            raise InvalidArgument(
                f"columns differ in length: {fields.get('time', 'index')} {rows}, {name} {len(column)}"
            )


def _side_of_quote(
    frame: Frame, fields: Mapping[str, Any], side: str, instrument: Instrument
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ticks and lots of one side; a side without a price and a quantity is empty: price and quantity 0."""
    price, qty = _needed(frame, fields, side), _needed(frame, fields, f"{side}_qty")
    if len(price.values) != len(qty.values):
        raise InvalidArgument(
            f"columns differ in length: {price.name} {len(price.values)}, {qty.name} {len(qty.values)}"
        )
    lots = _steps(instrument, "qty", _filled(qty, qty.missing))
    bad = lots < 0
    if bad.any():
        row = int(np.argmax(bad))
        raise _fault(f"must be at least 0 in a quote, was {_plain(qty.values[row])}", row, qty, instrument,
                     "Leave such rows out, or correct them")  # fmt: skip
    lone = price.missing & (lots > 0)
    if lone.any():
        raise _fault(f"is empty, while {qty.name!r} is not", int(np.argmax(lone)), price, instrument,
                     "Fill the price, or set the quantity to 0 for an empty side")  # fmt: skip
    ticks = _steps(instrument, "price", _filled(price, price.missing | (lots == 0)))
    lone = qty.missing & ~price.missing & (_is_positive(price) > 0)
    if lone.any():
        raise _fault(f"is empty, while {price.name!r} is not", int(np.argmax(lone)), qty, instrument,
                     "Fill the quantity, or empty the price too for an empty side")  # fmt: skip
    bad = (ticks <= 0) & (lots > 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise _fault(f"must be above 0 in a quote, was {_plain(price.values[row])}", row, price, instrument,
                     "Leave such rows out, or correct them")  # fmt: skip
    return ticks, lots


def _is_positive(column: Column) -> NDArray[np.bool_]:
    """Rows with a value other than 0: some vendors write 0 for no price."""
    if column.values.dtype.kind in "iuf":
        return np.asarray(column.values != 0)
    return np.array([str(value) not in ("", "0") for value in column.values.tolist()], np.bool_)


def _filled(column: Column, rows: NDArray[np.bool_]) -> Column:
    """The column with 0 in some rows."""
    if not rows.any():
        return column
    values = column.values.astype(object) if column.values.dtype.kind in "UT" else column.values.copy()
    values[rows] = "0" if values.dtype.kind == "O" else 0
    return column._replace(values=values)


def _ids(
    frame: Frame, fields: Mapping[str, Any], columns: Mapping[str, Any] | None, rows: int, instrument: Instrument
) -> NDArray[np.int64]:
    """Ids of trades or updates; 0 where the frame has none, or has texts that the user did not name as ids."""
    if "id" not in fields:
        return np.zeros(rows, np.int64)
    column = frame.column(fields["id"])
    if column.values.dtype.kind in "iu" and not column.missing.any() and (column.values <= _INT64_MAX).all():
        return column.values.astype(np.int64)
    if columns is not None and "id" in columns:
        _whole(column, instrument)
        raise InvalidArgument(f"column {column.name!r} must hold 64-bit integers to be ids, was {column.values.dtype}")
    return np.zeros(rows, np.int64)


# ---------------------------------------------------------------------- times


def _both_times(
    frame: Frame, fields: Mapping[str, Any], unit: str | None, latency: object, instrument: Instrument
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Time of each event at the venue and of its receipt, ns."""
    if unit is not None and unit not in _UNITS:
        raise InvalidArgument(f"unit must be one of {', '.join(_UNITS)}, was {shown(unit)}")
    if "time" in fields:
        time = frame.column(fields["time"])
    elif frame.has_times_in_index:
        time = frame.column(frame.names[-1])
    else:
        raise missing_field(frame, "time")
    given = [time]
    if "ts_recv" in fields:
        if latency is not None:
            raise InvalidArgument(
                f"give a latency or the times of receipt {fields['ts_recv']!r}, not both: leave the column out with "
                "columns={'ts_recv': None}"
            )
        given.append(frame.column(fields["ts_recv"]))
    if unit is not None and not any(column.values.dtype.kind in "iuf" for column in given):
        raise InvalidArgument(f"unit is for numbers, and {time.name!r} holds {_described(time)}: leave unit out")
    found = [_times(column, unit, instrument) for column in given]
    if len(found) == 2:
        return found[0], found[1]
    delay = 0 if latency is None else duration_ns(latency, "latency")
    if delay < 0:
        raise InvalidArgument(f"latency must be at least 0, was {shown(latency)}")
    return found[0], found[0] + delay if delay else found[0]


def _described(column: Column) -> str:
    kind = column.values.dtype.kind
    return "text" if kind in "OUT" else "times" if kind == "M" else str(column.values.dtype)


def _times(column: Column, unit: str | None, instrument: Instrument) -> NDArray[np.int64]:
    _whole(column, instrument)
    values = column.values
    if values.dtype.kind in "iu":
        return _of_integers(column, unit, instrument)
    if values.dtype.kind == "f":
        return _of_floats(column, unit, instrument)
    if values.dtype.kind in "OUT":
        texts = values.tolist()
        if any(isinstance(text, str) and text.strip().lstrip("-").replace(".", "", 1).isdigit() for text in texts[:1]):
            raise _fault(f"is the text {texts[0]!r}, which is no date", 0, column, instrument,
                         "Convert the column to integers, and give their unit, such as unit='ms'")  # fmt: skip
        parsed = _parsed(texts)
        if parsed is not None:
            return parsed
        if all(isinstance(value, int | np.integer) and not isinstance(value, bool) for value in texts):
            try:
                return _of_integers(column._replace(values=np.array(texts, np.int64)), unit, instrument)
            except OverflowError:
                raise InvalidArgument(f"column {column.name!r} holds integers beyond 64 bits") from None
    if values.dtype.kind not in "MOUT":
        raise InvalidArgument(f"column {column.name!r} must hold times, was {values.dtype}")
    return times(column.name, values, instrument.symbol, 0)


def _parsed(texts: list[Any]) -> NDArray[np.int64] | None:
    """ISO 8601 texts all at once; None where they need to be read, or refused, one by one."""
    import pyarrow as pa

    if not all(isinstance(text, str) for text in texts):
        return None
    array = pa.array(texts, pa.string())
    for kind in (pa.timestamp("ns"), pa.timestamp("ns", "UTC")):
        try:
            found: NDArray[np.int64] = array.cast(kind).view(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            continue
        return found
    return None


def _of_integers(column: Column, unit: str | None, instrument: Instrument) -> NDArray[np.int64]:
    values = column.values
    if len(values) == 0:
        return np.empty(0, np.int64)
    low, high = int(values.min()), int(values.max())
    unit = _checked_unit(column, unit, low, high)
    if max(-low, high) > _INT64_MAX // _UNITS[unit]:
        raise InvalidArgument(f"column {column.name!r} with unit={unit!r} does not fit 64 bits of nanoseconds")
    return values.astype(np.int64) * _UNITS[unit]


def _of_floats(column: Column, unit: str | None, instrument: Instrument) -> NDArray[np.int64]:
    """Nanoseconds of floats, rounded to the decimals that floats of their size hold: micros of today's seconds."""
    values = column.values.astype(np.float64)
    if len(values) == 0:
        return np.empty(0, np.int64)
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise _fault("is not a time", int(np.argmax(wrong)), column, instrument, "Leave such rows out")
    low, high = float(values.min()), float(values.max())
    unit = _checked_unit(column, unit, low, high)
    largest, scale = max(-low, high), _UNITS[unit]
    if largest * scale >= 2.0**63:
        raise InvalidArgument(f"column {column.name!r} with unit={unit!r} does not fit 64 bits of nanoseconds")
    if largest > _EXACT_DOUBLE or column.values.dtype.itemsize < 8:
        raise InvalidArgument(
            f"column {column.name!r} holds {column.values.dtype}, too coarse for its times: keep them as integers"
        )
    resolution = 2 * float(np.spacing(largest)) * scale
    step = 1
    while step < resolution:
        step *= 10
    whole = np.floor(values)
    parts = np.rint((values - whole) * (scale / step)).astype(np.int64) * step
    return whole.astype(np.int64) * scale + parts


def _plausible_unit(low: float, high: float) -> str | None:
    """The only unit in which the numbers are times of the years 1990 to 2100; None where none is."""
    for unit, ns in _UNITS.items():
        per_second = 10**9 // ns
        if SANE_SECONDS[0] * per_second <= low and high <= SANE_SECONDS[1] * per_second:
            return unit
    return None


def _checked_unit(column: Column, unit: str | None, low: float, high: float) -> str:
    """The unit of a column of numbers, which the user must give.

    A unit is refused if another one turns the same numbers into plausible dates and this one does not.
    """
    fits = _plausible_unit(low, high)
    first = "" if fits is None else format_ns(int(low) * _UNITS[fits])[:19]
    if unit is None:
        cure = f"unit={fits!r} makes them {first} and later" if fits else f"one of {', '.join(_UNITS)}"
        raise InvalidArgument(
            f"column {column.name!r} holds numbers, from {low} to {high}, and no unit says of what: give their unit "
            f"since 1970, {cure}"
        )
    if fits is not None and fits != unit:
        raise InvalidArgument(
            f"column {column.name!r} holds numbers from {low} to {high}, which unit={unit!r} puts outside of the years "
            f"1990 to 2100: unit={fits!r} makes them {first} and later"
        )
    return unit


def _order(
    ts_recv: NDArray[np.int64], frame: Frame, fields: Mapping[str, Any], sort: bool, instrument: Instrument
) -> NDArray[np.intp] | None:
    """The rows in the order of receipt; None where they are in order."""
    back = ts_recv[1:] < ts_recv[:-1]
    if not back.any():
        return None
    if sort:
        return np.argsort(ts_recv, kind="stable")
    row = int(np.argmax(back)) + 1
    name = fields.get("ts_recv", fields.get("time", frame.names[-1]))
    raise DataError(
        f"goes back by {int(ts_recv[row - 1] - ts_recv[row]):,} ns, and {int(back.sum()):,} rows do",
        file=instrument.symbol,
        row=row,
        field=str(name),
        hint="Pass sort=True to have the rows sorted by time of receipt",
    )


# ---------------------------------------------------------------------- sides


def _sides(frame: Frame, fields: Mapping[str, Any], rows: int, instrument: Instrument) -> NDArray[np.uint8]:
    """Side of each trade's aggressor; NONE where the frame does not state it."""
    stated = [field for field in ("side", "is_buyer_maker", "is_buy") if field in fields]
    if len(stated) > 1:
        one, other = stated[:2]
        raise InvalidArgument(
            f"{fields[one]!r} and {fields[other]!r} both state the aggressor: leave one out with "
            f"columns={{{other!r}: None}}"
        )
    if not stated:
        return np.full(rows, Side.NONE, np.uint8)
    column = frame.column(fields[stated[0]])
    if stated[0] == "side":
        sides = _of_words(column, instrument)
    else:
        on_true = Side.SELL if stated[0] == "is_buyer_maker" else Side.BUY
        sides = np.where(_booleans(column, instrument), on_true, 1 - on_true).astype(np.uint8)
    sides[column.missing] = Side.NONE
    return sides


def _of_words(column: Column, instrument: Instrument) -> NDArray[np.uint8]:
    values, present = column.values, ~column.missing
    listed = values.tolist() if values.dtype.kind in "OUT" else None
    if listed is not None:
        words = set(listed) if present.all() else set(values[present].tolist())
        if all(isinstance(word, str) for word in words):
            codes = {word: _WORDS.get(word.strip().lower().replace("_", "").replace(" ", "")) for word in words}
            wrong = [word for word, code in codes.items() if code is None]
            if wrong:
                row = int(np.argmax(present & np.isin(values.astype(object), wrong)))
                raise _fault(f"{_plain(values[row])} is no side", row, column, instrument,
                             "Write buy or sell, and leave it empty where the aggressor is unknown")  # fmt: skip
            codes |= dict.fromkeys(values[column.missing].tolist(), Side.NONE)
            return np.fromiter(map(codes.__getitem__, listed), np.uint8, len(listed))
        if all(isinstance(word, Side) for word in words):
            return np.array([value if isinstance(value, Side) else Side.NONE for value in listed], np.uint8)
    # With -1 among them, 1 buys, -1 sells and 0 is neither. 0 and 1 alone do not say which of them buys.
    signs = listed is None and values.dtype.kind in "if" and (values[present] == -1).any()
    if signs and np.isin(values[present], (-1, 0, 1)).all():
        return np.select([values == 1, values == -1], [np.uint8(Side.BUY), np.uint8(Side.SELL)], np.uint8(Side.NONE))
    if not present.any():
        return np.full(len(values), Side.NONE, np.uint8)
    seen = ", ".join(sorted({str(value) for value in values[present].tolist()})[:4])
    raise InvalidArgument(
        f"column {column.name!r} holds {seen}, which do not say who buys: map them to 'buy' and 'sell', or name a "
        "boolean column with columns={'is_buyer_maker': ...} or columns={'is_buy': ...}"
    )


def _booleans(column: Column, instrument: Instrument) -> NDArray[np.bool_]:
    values, present = column.values, ~column.missing
    if values.dtype.kind == "b":
        return values
    if values.dtype.kind in "iuf":
        wrong = present & (values != 0) & (values != 1)
        found = values == 1
    else:
        words = [str(value).strip().lower() for value in values.tolist()]
        found = np.array([word in _TRUE for word in words], np.bool_)
        wrong = present & ~found & np.array([word not in _FALSE for word in words], np.bool_)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _fault(f"{_plain(values[row])} is neither true nor false", row, column, instrument, "Write true or false")
    return np.asarray(found)
