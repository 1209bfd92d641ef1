"""A reader that breaks one of the promises, by VELORA_FUZZ_BREAK: what the harness itself is tried on."""

from __future__ import annotations

import ctypes
import os

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import pick
from velora.errors import InvalidArgument

_HOW = os.environ.get("VELORA_FUZZ_BREAK", "")


def seeds():
    return [{"a": b"12345678"}, {"a": b"abcdefgh"}]


def change(rng, files):
    return pick(rng, files, mutate.octets)


def read(folder, rng):
    data = (folder / "a").read_bytes()
    if data.startswith(b"abcdefgh") or len(data) % 2:
        raise InvalidArgument("refused")
    if data == b"12345678":
        return  # as it should be
    if _HOW == "raise":
        raise ZeroDivisionError("by nothing")
    if _HOW == "hang":
        while True:
            pass
    if _HOW == "grow":
        bytearray(b"x") * (150 << 20)
    if _HOW == "crash":
        ctypes.string_at(1)


TARGET = Target("broken", seeds, change, read, seconds=0.3)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.broken")
