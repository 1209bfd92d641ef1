"""Conversion of external data to columns of event tables: times, integers, prices and quantities, exact or an error."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import timestamp_ns
from velora.core.events import EventKind
from velora.core.instrument import Instrument
from velora.data.schema import COLUMNS
from velora.errors import CapacityError, DataError, InvalidArgument, OffGrid

__all__ = [
    "SANE_SECONDS",
    "arrow_column",
    "check_nanoseconds",
    "grid",
    "integers",
    "known_columns",
    "one_dimension",
    "optional",
    "pandas_column",
    "rate_rows",
    "steps",
    "times",
]

#: Share of a step by which a float below that many steps may be off the grid; see `Instrument.price_to_ticks`.
_SLACK, _SLACK_STEPS = 1e-6, 2.0**34
_EXACT_DOUBLE = 2.0**53
_INT64_LIMIT = 2**63

#: Grid of marks and rates, whose rows do not use the instrument's.
_RATE_STEP = Instrument("rates", tick_size="0.00000001", lot_size="0.00000001")

#: Number of converted texts and decimals to cache.
_KNOWN_MAX = 1 << 16

#: Bounds of plausible times: 1990 and 2100, s.
SANE_SECONDS = (631_152_000, 4_102_444_800)
_UNITS = (("seconds", 1), ("milliseconds", 10**3), ("microseconds", 10**6))


def check_nanoseconds(name: str, values: NDArray[np.int64], place: str, first_row: int) -> None:
    """Refuse times in another unit, and single times far outside the range of the others.

    Times near 0 of synthetic data pass: no unit makes them plausible dates. So do whole milliseconds between 0.6 and
    4.1 seconds, which in seconds would be dates.

    Parameters
    ----------
    name : str
        The column.
    values : (n,) int64 array
    place : str
        File or symbol.
    first_row : int
        Number of the first row.

    Raises
    ------
    DataError
        For the first such row.
    """
    if len(values) == 0:
        return
    low, high = int(values.min()), int(values.max())
    first, last = (bound * 10**9 for bound in SANE_SECONDS)
    if first <= low and high <= last:
        return
    if high > last or (high >= first and low < first) or low < 0:
        bad = (values > last) | (values < (first if high >= first else 0))
        row = int(np.argmax(bad))
        raise DataError(
            f"the time {int(values[row])} lies outside of the years 1990 to 2100 as nanoseconds",
            file=place,
            row=first_row + row,
            field=name,
            hint="Pass all times as nanoseconds since 1970",
        )
    for unit, per_second in _UNITS:
        if SANE_SECONDS[0] * per_second <= low and high <= SANE_SECONDS[1] * per_second:
            if per_second == 1 and not (values % 10**6).any():
                return
            raise DataError(
                f"the times, from {low} to {high}, are {unit}, not nanoseconds",
                file=place,
                row=first_row,
                field=name,
                hint=f"Multiply them by {10**9 // per_second:,}",
            )


def known_columns(names: Any) -> list[tuple[int, str]]:
    """Indexes and names of the columns that belong to an event table."""
    found = [(at, name) for at, name in enumerate(list(names)) if name in COLUMNS]
    known = [name for _, name in found]
    for name in ("ts_event", "kind", "price", "qty"):
        if name not in known:
            raise InvalidArgument(f"an event table needs the column {name!r}")
    for name in known:
        if known.count(name) > 1:
            raise InvalidArgument(f"the column {name!r} occurs {known.count(name)} times")
    return found


def pandas_column(name: str, column: Any, place: str) -> Any:
    import pandas as pd

    if isinstance(column.dtype, pd.ArrowDtype):
        import pyarrow as pa

        return arrow_column(name, pa.chunked_array(column.array.__arrow_array__()), place, 0)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(None)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    missing = column.isna().to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise DataError(
            "is empty (NaN, NaT or NA)", file=place, row=row, field=name, hint="Fill it or leave the row out"
        )
    return column.to_numpy()


def one_dimension(name: str, values: Any, place: str, first_row: int) -> Any:
    """A column as a one-dimensional array."""
    if np.ma.is_masked(values):
        row = first_row + int(np.argmax(np.ma.getmaskarray(values)))
        raise DataError("is masked", file=place, row=row, field=name, hint="Fill it or leave the row out")
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidArgument(f"column {name!r} cannot be converted to an array ({error})") from None
    if array.ndim != 1:
        raise InvalidArgument(f"column {name!r} must have one dimension, had {array.ndim}")
    return array


def times(name: str, values: Any, place: str, first_row: int) -> NDArray[np.int64]:
    """Nanoseconds of a column of times, as int64.

    Integers are nanoseconds; datetime64 of any unit and objects (datetime, pandas.Timestamp with or without a zone, ISO
    8601 text) are converted.

    Raises
    ------
    DataError
        For the first row whose time is missing (NaT) or does not fit.
    InvalidArgument
        If the values are not times.
    """
    array = one_dimension(name, values, place, first_row)
    if array.dtype.kind == "M":
        missing = np.isnat(array)
        if missing.any():
            row = first_row + int(np.argmax(missing))
            raise DataError("is not a time (NaT)", file=place, row=row, field=name, hint="Fill it or leave the row out")
        unit = np.datetime_data(array.dtype)[0]
        if unit not in ("ns", "us", "ms", "s", "m", "h", "D"):
            raise InvalidArgument(f"column {name!r} must have a unit from nanoseconds to days, was {array.dtype}")
        made = array.astype("datetime64[ns]", copy=False)
        wrong = made.astype(array.dtype) != array
        if wrong.any():
            row = first_row + int(np.argmax(wrong))
            raise DataError("does not fit 64 bits of nanoseconds", file=place, row=row, field=name)
        return np.ascontiguousarray(made).view(np.int64)
    if array.dtype.kind in "OUT" and not _all_integers(array):
        out = np.empty(len(array), np.int64)
        for row, value in enumerate(array.tolist()):
            try:
                if isinstance(value, float) or value is None:
                    raise InvalidArgument(f"was {value!r}, which is not a time")
                out[row] = timestamp_ns(value)
            except (InvalidArgument, CapacityError) as error:
                raise DataError(str(error), file=place, row=first_row + row, field=name) from None
        return out
    made_of: NDArray[np.int64] = integers(name, array, np.int64, place, first_row)
    return made_of


def _all_integers(array: Any) -> bool:
    """Whether a column of objects contains only integers."""
    if array.dtype.kind != "O":
        return False
    return all(isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in array.tolist())


def integers(name: str, values: Any, dtype: Any, place: str, first_row: int) -> Any:
    array = one_dimension(name, values, place, first_row)
    if array.dtype != dtype:
        if array.size == 0:
            return np.empty(0, dtype)
        if array.dtype.kind not in "iu" and not _all_integers(array):
            raise InvalidArgument(f"column {name!r} must hold integers, was {array.dtype}")
        info = np.iinfo(dtype)
        bad = (array < info.min) | (array > info.max)
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"must be {info.min} to {info.max}, was {array[row]}", file=place, row=first_row + row, field=name
            )
        array = array.astype(dtype)
    return np.ascontiguousarray(array)


def optional(name: str, values: Any, dtype: Any, rows: int, default: int, place: str, first_row: int) -> Any:
    return np.full(rows, default, dtype) if values is None else integers(name, values, dtype, place, first_row)


def rate_rows(kind: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Rows whose price and qty are not on the grid: marks, rates, and rows without a price."""
    on_grid = np.isin(
        kind,
        (
            EventKind.TRADE,
            EventKind.QUOTE,
            EventKind.DELTA,
            EventKind.ORDER_ADD,
            EventKind.ORDER_CHANGE,
            EventKind.ORDER_CANCEL,
            EventKind.ORDER_EXECUTE,
        ),
    )
    return None if on_grid.all() else ~on_grid


def grid(
    instrument: Instrument,
    name: str,
    array: Any,
    scaled: NDArray[np.bool_] | None,
    place: str,
    first_row: int,
) -> NDArray[np.int64]:
    """A column of prices or quantities in ticks or lots; the rows of `scaled` in units of 1e-8."""
    if array.size == 0 or array.dtype.kind in "iu" or _all_integers(array):
        result: NDArray[np.int64] = integers(name, array, np.int64, place, first_row)
        return result
    if array.dtype.kind not in "fOUT":
        raise InvalidArgument(f"column {name!r} must hold numbers or text, was {array.dtype}")
    out = np.empty(len(array), np.int64)
    if scaled is None:
        parts = [(instrument, np.arange(len(array)))]
    else:
        parts = [(instrument, np.flatnonzero(~scaled)), (_RATE_STEP, np.flatnonzero(scaled))]
    where = _Where(instrument.symbol, place, first_row, name)
    for spec, rows in parts:
        if array.dtype.kind == "f":
            _of_floats(spec, name, array, rows, out, where)
        else:
            _one_by_one(spec, name, array, rows, out, where)
    return out


def steps(instrument: Instrument, name: str, array: Any, field: str, place: str) -> NDArray[np.int64]:
    """A column of prices in ticks, or of quantities in lots; unlike in `grid`, integers are prices and quantities too.

    Parameters
    ----------
    instrument : Instrument
    name : {"price", "qty"}
    array : (n,) array of integers, floats, decimals or text, none of them missing
    field : str
        The column's name, for the message.
    place : str
        File or symbol.

    Raises
    ------
    OffGrid
        For the first row that is off the grid.
    InvalidArgument
        If the values are neither numbers nor text.
    """
    out = np.empty(len(array), np.int64)
    every, where = np.arange(len(array)), _Where(instrument.symbol, place, 0, field)
    if array.dtype.kind == "f":
        _of_floats(instrument, name, array, every, out, where)
        return out
    if array.dtype.kind not in "iuOUT":
        raise InvalidArgument(f"column {field!r} must hold numbers or text, was {array.dtype}")
    num, den = _steps_of(instrument, name)
    slow = every
    if array.dtype.kind in "iu" and len(array) and max(-int(array.min()), int(array.max())) < _INT64_LIMIT // den:
        scaled = array.astype(np.int64) * den
        out[:] = scaled // num
        slow = np.flatnonzero(out * num != scaled)
    _one_by_one(instrument, name, array, slow, out, where)
    return out


class _Where(NamedTuple):
    """The place of a column, for messages: file or symbol, number of its first row, and the field."""

    symbol: str
    place: str
    first_row: int
    field: str


def _steps_of(spec: Instrument, name: str) -> tuple[int, int]:
    return (spec.tick_num, spec.tick_den) if name == "price" else (spec.lot_num, spec.lot_den)


def _of_floats(
    spec: Instrument, name: str, array: Any, rows: NDArray[np.intp], out: NDArray[np.int64], where: _Where
) -> None:
    """Steps of floats: each float stands for the multiple of the step that it is nearest to."""
    num, den = _steps_of(spec, name)
    given = array[rows]
    values = given.astype(np.float64)
    with np.errstate(all="ignore"):
        steps = values * den / num
        nearest = np.rint(steps)
        good = (np.abs(nearest) < _SLACK_STEPS) & (np.abs(steps - nearest) <= _SLACK)
        if array.dtype.itemsize <= 8 and not good.all() and den < _EXACT_DOUBLE:
            # For a product and a denominator below 2**53, one division gives the nearest float.
            close = np.flatnonzero(~good & ((np.abs(nearest) + 3) * num < _EXACT_DOUBLE))
            matches = np.zeros(len(close), np.int64)
            found = np.zeros(len(close))
            for away in (-2, -1, 0, 1, 2):
                steps_of = nearest[close] + away
                equal = (steps_of * num / den).astype(array.dtype) == given[close]
                found[equal] = steps_of[equal]
                matches += equal
            nearest[close] = found
            good[close] = matches == 1
    out[rows[good]] = nearest[good].astype(np.int64)
    _one_by_one(spec, name, values, np.flatnonzero(~good), out, where, rows)


def _one_by_one(
    spec: Instrument,
    name: str,
    array: Any,
    chosen: NDArray[np.intp],
    out: NDArray[np.int64],
    where: _Where,
    rows: NDArray[np.intp] | None = None,
) -> None:
    """Steps of some rows, converted one at a time; `rows` are their row numbers if `array` is part of a table."""
    convert = spec.price_to_ticks if name == "price" else spec.qty_to_lots
    known: dict[Any, int] = {}
    symbol, place, first_row, field = where
    for at in chosen.tolist():
        value = array[at]
        value = value.item() if isinstance(value, np.generic) else value
        row = at if rows is None else int(rows[at])
        try:
            steps = known.get(value)
            if steps is None:
                steps = known[value] = convert(value)
                if len(known) > _KNOWN_MAX:
                    known.clear()
        except (InvalidArgument, CapacityError, TypeError) as error:
            text = str(error).replace(f" of {spec.symbol}", f" of {symbol}")
            raise OffGrid(f"{place}, row {first_row + row}, field {field!r}: {text}") from None
        out[row] = steps


def arrow_column(name: str, column: Any, place: str, first_row: int) -> Any:
    """Convert a pyarrow column to a value that `of_columns` accepts."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count:
        row = first_row + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise DataError(
            f"is empty, as {column.null_count} values are",
            file=place,
            row=row,
            field=name,
            hint="Fill them or leave their rows out",
        )
    if pa.types.is_timestamp(column.type):
        return column.view(pa.int64()).to_numpy().view(f"datetime64[{column.type.unit}]")
    if (
        pa.types.is_decimal(column.type)
        or pa.types.is_string(column.type)
        or pa.types.is_large_string(column.type)
        or pa.types.is_string_view(column.type)
    ):
        return np.array(column.to_pylist(), dtype=object)
    return column.to_numpy(zero_copy_only=False)
