from collections.abc import Iterator
from os import PathLike
from typing import Any, NamedTuple, final

from velora.core.checksum import crc32c as crc32c
from velora.core.enums import NamedEnum

class RecordType(NamedEnum):
    BEGIN = 1
    START = 2
    ROWS = 3
    MESSAGE = 4
    TIMER = 5
    SAMPLE = 6
    STOP = 7
    COMMAND = 8
    END = 9
    PARAMETERS = 10
    DENIED = 11

class JournalRecord(NamedTuple):
    number: int
    offset: int
    type: RecordType
    ts: int
    payload: bytes

@final
class JournalWriter:
    def __new__(cls, path: str | PathLike[str], head: dict[str, Any]) -> JournalWriter: ...
    @property
    def path(self) -> str: ...
    @property
    def bytes_written(self) -> int: ...
    @property
    def records(self) -> int: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...

@final
class JournalReader:
    def __init__(self, path: str | PathLike[str]) -> None: ...
    @property
    def path(self) -> str: ...
    @property
    def torn_bytes(self) -> int: ...
    @property
    def head(self) -> dict[str, Any]: ...
    def __iter__(self) -> Iterator[JournalRecord]: ...
