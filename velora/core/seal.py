"""A seal: a checksum inside the bytes that it covers.

``velora-blake2b:`` and 32 hexadecimal digits stand somewhere in the bytes. The digits are the BLAKE2b-128 of all bytes
with zeros in the place of the digits. So a footer or a JSON document says itself whether it is as it was written, with
no second file that could be lost or left behind.
"""

from __future__ import annotations

import hashlib

__all__ = ["BLANK_SEAL", "is_sealed", "seal"]

_MARK = b"velora-blake2b:"
_DIGITS = 32
_ZEROS = b"0" * _DIGITS

#: What stands in the place of the seal before it is made.
BLANK_SEAL = (_MARK + _ZEROS).decode()


def _digest(before: bytes | memoryview, after: bytes | memoryview) -> bytes:
    digest = hashlib.blake2b(before, digest_size=_DIGITS // 2)
    digest.update(_ZEROS)
    digest.update(after)
    return digest.hexdigest().encode()


def seal(data: bytes) -> bytes:
    """The bytes with their last `BLANK_SEAL` made the seal."""
    at = data.rindex(BLANK_SEAL.encode()) + len(_MARK)
    return b"".join([data[:at], _digest(data[:at], data[at + _DIGITS :]), data[at + _DIGITS :]])


def is_sealed(data: bytes) -> bool:
    """Whether the bytes hold a seal that is theirs: False where there is none, or where a byte has changed."""
    at = data.rfind(_MARK)
    tries = 0
    while at >= 0 and tries < 8:  # text of a user's may look like one
        digits = at + len(_MARK)
        if data[digits : digits + _DIGITS] == _digest(data[:digits], data[digits + _DIGITS :]):
            return True
        at = data.rfind(_MARK, 0, at)
        tries += 1
    return False
