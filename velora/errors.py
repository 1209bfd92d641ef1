"""The error tree: everything Velora raises on purpose is a VeloraError.

Each class also inherits the builtin that a user would catch, so `except ValueError` keeps working. A message says what
was given, where, and what to do about it.
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
    "OffGrid",
    "OutOfMemory",
    "SequenceGap",
    "StrategyError",
    "UnknownInstrument",
    "VeloraError",
    "VeloraWarning",
    "WriteError",
]


class VeloraError(Exception):
    """Base of every error that Velora raises on purpose.

    A message may quote what a file holds; as text it shows control characters instead of sending them to a terminal.
    """

    def __str__(self) -> str:
        return readable(super().__str__(), lines=True)


class VeloraWarning(UserWarning):
    """A result may not mean what it seems to: the message says why and what to do about it."""

    def __str__(self) -> str:
        return readable(super().__str__(), lines=True)


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
        What is wrong.
    file, row, field : optional
        Where: the path, the 1-based line or row, and the column or JSON key.
    hint : str, optional
        What the user can do about it.
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
    """Update ids of a feed do not follow one another."""


class NotFound(VeloraError, LookupError):
    """Something asked for by name does not exist."""


class UnknownInstrument(NotFound):
    """The catalog or the run holds no instrument of this name."""


class MissingFile(NotFound, FileNotFoundError):
    """A file or folder does not exist."""


class WriteError(VeloraError, OSError):
    """A file cannot be written: the disk is full, or there is no permission. What stood in its place is as it was."""


class CapacityError(VeloraError, OverflowError):
    """A stated bound is reached, or a number does not fit its integer."""


class OutOfMemory(VeloraError, MemoryError):
    """An allocation in the C core failed."""


class StrategyError(VeloraError, TypeError):
    """A strategy class is wrong: an unknown hook, or a hook with a wrong signature."""


class MissingDependency(VeloraError, ImportError):
    """An optional package is needed; the message names the extra to install."""
