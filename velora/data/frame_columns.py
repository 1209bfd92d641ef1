"""Columns of a table of any library, found under the names that vendors give them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.core.numbers import shown
from velora.errors import InvalidArgument

__all__ = ["Column", "Frame", "find_fields", "missing_field"]

#: Names of missing values that are equal to no other value, or that cannot be compared.
_MISSING_TYPES = ("NAType", "NaTType")


class Column(NamedTuple):
    """One column of a frame.

    Attributes
    ----------
    name : str
        Its name in the frame, for messages.
    values : (n,) array
        Where `missing` is set, the values have no meaning.
    missing : (n,) bool array
        Rows that are None, NaN, NaT, NA or masked.
    """

    name: str
    values: NDArray[Any]
    missing: NDArray[np.bool_]


class Frame:
    """A pandas or polars frame, a pyarrow table, a structured array or a mapping of arrays, read column by column.

    Parameters
    ----------
    data : object
        A frame without names for its columns, or of an unknown library, raises `InvalidArgument`.

    Attributes
    ----------
    names : list
        The columns' names; of a pandas frame with an index that is no plain range, the index comes last.
    """

    def __init__(self, data: Any) -> None:
        home = type(data).__module__.partition(".")[0]
        self._index: Any = None
        if home == "polars" and not hasattr(data, "to_arrow"):
            raise InvalidArgument("a lazy frame has no rows yet: pass frame.collect()")
        if home == "pandas" and not hasattr(data, "columns"):
            raise InvalidArgument(f"a {type(data).__name__} is one column: pass a frame")
        if isinstance(data, Mapping):
            self.names = list(data)
        elif isinstance(data, np.ndarray):
            if data.dtype.names is None:
                raise InvalidArgument(
                    "an array has no names of columns: pass a mapping of arrays, or a structured array"
                )
            self.names = list(data.dtype.names)
        elif home in ("pandas", "polars"):
            self.names = list(data.columns)
            if home == "pandas" and type(data.index).__name__ != "RangeIndex":
                self._index = data.index
                self.names.append("index" if data.index.name is None else data.index.name)
        elif home == "pyarrow" or hasattr(data, "__arrow_c_stream__"):
            if home != "pyarrow":
                import pyarrow as pa

                data = pa.table(data)
            self.names = list(data.schema.names)
        else:
            raise InvalidArgument(
                f"cannot read columns of a {type(data).__name__}: pass a pandas or polars frame, a pyarrow table or a "
                "mapping of arrays"
            )
        self._data = data
        self._home = "numpy" if isinstance(data, Mapping | np.ndarray) else home

    @property
    def has_times_in_index(self) -> bool:
        """Whether the index of a pandas frame holds times."""
        return self._index is not None and type(self._index).__name__ == "DatetimeIndex"

    def column(self, name: Hashable) -> Column:
        """One column by its name in the frame."""
        at = self.names.index(name)
        if self._home == "numpy":
            values = self._data[name]
        elif self._home == "pandas":
            values = self._index.to_series() if at == len(self._data.columns) else self._data.iloc[:, at]
        elif self._home == "polars":
            values = self._data[name]
        else:
            values = self._data.column(at)
        found, missing = _read(str(name), values)
        if found.ndim != 1:
            raise InvalidArgument(f"column {str(name)!r} must have one dimension, had {found.ndim}")
        return Column(str(name), found, missing)


def _read(name: str, values: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values of a column of any library, and which of them are missing."""
    home = type(values).__module__.partition(".")[0]
    if home == "polars":
        values, home = values.to_arrow(), "pyarrow"
    if home == "pandas":
        import pandas as pd

        is_text = isinstance(values.dtype, pd.StringDtype) and values.dtype.storage == "pyarrow"
        if isinstance(values.dtype, pd.ArrowDtype) or is_text:
            values, home = values.array.__arrow_array__(), "pyarrow"
        else:
            return _of_pandas(values)
    if home == "pyarrow":
        return _of_arrow(values)
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidArgument(f"column {name!r} cannot be converted to an array ({error})") from None
    missing = _missing(array)
    return array, missing if masked is None else missing | masked


def _of_pandas(column: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    import pandas as pd

    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(None)
    elif isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    missing = column.isna().to_numpy(dtype=bool)
    if getattr(column.dtype, "kind", "O") in "iufb" and missing.any() and column.dtype.kind != "f":
        return column.to_numpy(dtype=column.dtype.numpy_dtype, na_value=0), missing
    if pd.api.types.is_extension_array_dtype(column.dtype) and column.dtype.kind in "iufb":
        return column.to_numpy(dtype=column.dtype.numpy_dtype, **({"na_value": 0} if missing.any() else {})), missing
    return column.to_numpy(), missing


def _of_arrow(column: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    missing = column.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_timestamp(column.type):
        return column.view(pa.int64()).fill_null(0).to_numpy().view(f"datetime64[{column.type.unit}]"), missing
    if pa.types.is_null(column.type):
        return np.zeros(len(column)), missing
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return column.fill_null(False if pa.types.is_boolean(column.type) else 0).to_numpy(
            zero_copy_only=False
        ), missing
    if pa.types.is_floating(column.type):
        values = column.to_numpy(zero_copy_only=False)
        return values, missing | np.isnan(values)
    if pa.types.is_date(column.type):
        return column.to_numpy(zero_copy_only=False), missing
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        # Texts repeat: one Python object for each different text, not for each row.
        encoded = column.cast(pa.large_string()).dictionary_encode()
        texts = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
        return texts[encoded.indices.fill_null(len(texts) - 1).to_numpy()], missing
    return np.array([*column.to_pylist(), None], dtype=object)[:-1], missing


def _missing(array: NDArray[Any]) -> NDArray[np.bool_]:
    if array.dtype.kind == "f":
        return np.asarray(np.isnan(array))
    if array.dtype.kind == "M":
        return np.asarray(np.isnat(array))
    if array.dtype.kind == "O" and array.ndim == 1:
        lacks = (
            value is None or (isinstance(value, float) and value != value) or type(value).__name__ in _MISSING_TYPES
            for value in array.tolist()
        )
        return np.fromiter(lacks, np.bool_, len(array))
    return np.zeros(array.shape, np.bool_)


def find_fields(
    frame: Frame, synonyms: Mapping[str, tuple[str, ...]], columns: Mapping[str, Any] | None
) -> dict[str, Hashable]:
    """Which column of a frame holds each field.

    Parameters
    ----------
    frame : Frame
    synonyms : mapping of str to tuple of str
        For each field the names under which its column is found, in lower case and without punctuation.
    columns : mapping, optional
        Names given by the user, by field; None leaves a field out.

    Returns
    -------
    dict of str to the column's name; fields without a column are absent.

    Raises
    ------
    InvalidArgument
        If a given name or field does not exist, or if two columns could be the same field.
    """
    if columns is not None and not isinstance(columns, Mapping):
        raise InvalidArgument(f"columns must be a mapping such as {{'price': 'px'}}, was {shown(columns)}")
    given = dict(columns or {})
    for field, name in given.items():
        if field not in synonyms:
            turned = name if isinstance(name, str) and name in synonyms else "price" if "price" in synonyms else "bid"
            raise InvalidArgument(
                f"columns has no field {field!r}: its keys are {', '.join(synonyms)}, its values the frame's names, "
                f"such as {{{turned!r}: {field!r}}}"
            )
        if name is not None and name not in frame.names:
            raise InvalidArgument(
                f"the frame has no column {name!r} for {field!r}; {_listed(frame)}{_near(name, frame)}"
            )
    for name in frame.names:
        if frame.names.count(name) > 1:
            raise InvalidArgument(f"the column {name!r} occurs {frame.names.count(name)} times: leave all but one out")
    found = {field: name for field, name in given.items() if name is not None}
    taken = set(found.values())
    for field, known in synonyms.items():
        if field in given:
            continue
        fitting = [name for name in frame.names if name not in taken and _plain(name) in known]
        if len(fitting) > 1:
            raise InvalidArgument(
                f"{' and '.join(repr(name) for name in fitting)} could both be the {field!r}: choose one with "
                f"columns={{{field!r}: {fitting[0]!r}}}"
            )
        if fitting:
            found[field] = fitting[0]
    return found


def missing_field(frame: Frame, field: str, extra: str = "") -> InvalidArgument:
    """The error for a field that no column holds."""
    return InvalidArgument(
        f"no column is the {field!r}; {_listed(frame)}: give its name, columns={{{field!r}: ...}}{extra}"
    )


def _plain(name: Hashable) -> str:
    return "".join(letter for letter in str(name).lower() if letter.isalnum())


def _listed(frame: Frame) -> str:
    return f"the frame has {shown(', '.join(map(str, frame.names)) or 'no columns').strip(chr(39))}"


def _near(name: Hashable, frame: Frame) -> str:
    near = get_close_matches(str(name), [str(one) for one in frame.names], 1)
    return f"; did you mean {near[0]!r}?" if near else ""
