"""The exception hierarchy: every exception that Velora raises on purpose is a VeloraError.

Each class also inherits the matching builtin, so `except ValueError` keeps working. A message states the given value,
its place, and a remedy.
"""

from __future__ import annotations

from velora.core.terminal import readable

__all__ = [
    "CapacityError",
    "ConfigError",
    "CorruptData",
    "DataError",
    "InvalidArgument",
    "MissingDependency",
    "MissingFile",
    "NotFound",
    "NotPicklable",
    "OffGrid",
    "OutOfMemory",
    "SequenceGap",
    "StrategyError",
    "UnknownInstrument",
    "VeloraError",
    "VeloraWarning",
    "WriteError",
]


def _message(text: str) -> str:
    """A message for people: readable, with NumPy's numbers as Python writes its own.

    Messages show values with `repr`, and NumPy's is ``np.float64(1.5)``. All errors are shown here, those of compiled
    modules too.
    """
    if "np." in text:
        import re  # not loaded by the interpreter itself

        text = re.sub(r"\bnp\.(?:float|int|uint|longlong|ulonglong|longdouble)\d*\(([^()]*)\)", r"\1", text)
        text = re.sub(r"\bnp\.(True|False)_", r"\1", text)
        text = re.sub(r"\bnp\.(?:str_|bytes_|datetime64|timedelta64)\(('[^']*'(?:,'\w+')?)\)", r"\1", text)
    return readable(text, lines=True)


class VeloraError(Exception):
    """Base of every error that Velora raises on purpose.

    A message may quote the content of a file; as text it escapes control characters.
    """

    def __str__(self) -> str:
        return _message(super().__str__())


class VeloraWarning(UserWarning):
    """A result may be misleading: the message says why, and the remedy."""

    def __str__(self) -> str:
        return _message(super().__str__())


class InvalidArgument(VeloraError, ValueError):
    """An argument is outside its documented range."""


class OffGrid(InvalidArgument):
    """A price is not a multiple of the tick size, or a quantity not of the lot size."""


class ConfigError(VeloraError, ValueError):
    """A configuration file, environment variable or option is wrong; the message names the key."""


class DataError(VeloraError, ValueError):
    """Market data cannot be used as given.

    Parameters
    ----------
    message : str
        Description of the fault.
    file, row, field : optional
        Its place: the path, the 1-based line or row, and the column or JSON key.
    hint : str, optional
        A remedy for the user.
    """

    def __init__(
        self,
        message: str,
        *,
        file: object | None = None,
        row: int | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.file = None if file is None else str(file)
        self.row = row
        self.field = field
        self.hint = hint
        place = []
        if self.file is not None:
            place.append(self.file)
        if row is not None:
            place.append(f"row {row}")
        if field is not None:
            place.append(f"field {field!r}")
        text = f"{', '.join(place)}: {message}" if place else message
        super().__init__(f"{text}. {hint}" if hint else text)


class CorruptData(DataError):
    """The bytes contradict themselves: a truncated file, a failed checksum, broken JSON."""


class SequenceGap(DataError):
    """Update ids of a feed are not consecutive."""


class NotFound(VeloraError, LookupError):
    """A name was not found."""


class UnknownInstrument(NotFound):
    """The catalog or the run has no instrument of this name."""


class MissingFile(NotFound, FileNotFoundError):
    """A file or folder does not exist."""


class WriteError(VeloraError, OSError):
    """A file cannot be written: the disk is full, or permission is missing. An existing file is unchanged."""


class CapacityError(VeloraError, OverflowError):
    """A stated bound is reached, or a number does not fit its integer."""


class NotPicklable(VeloraError, TypeError):
    """An object cannot be pickled or copied: it belongs to a run, or holds what only this process has."""


class OutOfMemory(VeloraError, MemoryError):
    """An allocation in the C core failed."""


class StrategyError(VeloraError, TypeError):
    """A strategy class is wrong: an unknown hook, or a hook with a wrong signature."""


class MissingDependency(VeloraError, ImportError):
    """An optional package is needed; the message names the extra to install."""
