"""Arrays that a user measured and keeps in NumPy's files."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.errors import CorruptData, InvalidArgument, MissingFile

__all__ = ["as_ns", "load_array"]


def load_array(path: str | os.PathLike[str], what: str) -> NDArray[Any]:
    """The array of an ``.npy`` file, or the one called ``data`` of an ``.npz`` file.

    Parameters
    ----------
    path : path
    what : str
        What the file is, for messages, such as ``"recording of round trips"``.

    Raises
    ------
    MissingFile
        If it does not exist.
    CorruptData
        If it is no such file.
    """
    where = os.fspath(path)
    try:
        if not Path(where).exists():
            raise MissingFile(f"the {what} {where!r} does not exist")
        if not Path(where).is_file():
            raise CorruptData(f"a {what} is a file", file=where)
        loaded = np.load(where, allow_pickle=False)
        if isinstance(loaded, np.lib.npyio.NpzFile):
            with loaded:
                loaded = loaded["data"]
    except (CorruptData, MissingFile):
        raise
    except (
        *(OSError, ValueError, KeyError, EOFError, MemoryError, SyntaxError, RuntimeError, NotImplementedError),
        *(zipfile.BadZipFile, zlib.error),
    ) as error:
        # NumPy takes what it does not know for pickled objects, and says how to load them in spite of the danger.
        why = "it holds no array of numbers" if "pickle" in str(error) else error
        raise CorruptData(f"not a {what} in a file of NumPy: {why}", file=where) from None
    return np.asarray(loaded)


def as_ns(values: NDArray[Any], what: str) -> NDArray[np.int64]:
    """Numbers of nanoseconds as int64; raises `InvalidArgument` where they are none."""
    if values.dtype.kind not in "iuf":
        raise InvalidArgument(f"{what} are numbers of ns; their type was {values.dtype}")
    # The largest float below 2**63.
    if values.size and not (np.isfinite(values) & (np.abs(values.astype(np.float64)) < 2.0**63)).all():
        raise InvalidArgument(f"{what} are numbers of ns that fit 64 bits; one does not")
    return values.astype(np.int64)
