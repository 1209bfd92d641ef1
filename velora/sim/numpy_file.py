"""Loading of measured arrays from NumPy files."""

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
    """The array of an ``.npy`` file, or the array ``data`` of an ``.npz`` file.

    Parameters
    ----------
    path : path
    what : str
        Description of the file for messages, such as ``"recording of round trips"``.

    Raises
    ------
    MissingFile
        If the file does not exist.
    CorruptData
        If the file has another format.
    """
    where = os.fspath(path)
    try:
        if not Path(where).exists():
            raise MissingFile(f"the {what} {where!r} does not exist")
        if not Path(where).is_file():
            raise CorruptData(f"the {what} must be a file", file=where)
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
        # NumPy reads unknown content as pickled objects, and its error explains how to load them, which is unsafe.
        why = "it holds no array of numbers" if "pickle" in str(error) else error
        raise CorruptData(f"not a NumPy file with a {what}: {why}", file=where) from None
    return np.asarray(loaded)


def as_ns(values: NDArray[Any], what: str) -> NDArray[np.int64]:
    """Numbers of nanoseconds as int64; raises `InvalidArgument` for other values."""
    if values.dtype.kind not in "iuf":
        raise InvalidArgument(f"{what} must be numbers of ns; their type was {values.dtype}")
    # The largest float below 2**63.
    if values.size and not (np.isfinite(values) & (np.abs(values.astype(np.float64)) < 2.0**63)).all():
        raise InvalidArgument(f"{what} must fit 64 bits of ns; one does not")
    return values.astype(np.int64)
