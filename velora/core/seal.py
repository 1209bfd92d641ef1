"""A seal: a checksum inside the bytes that it covers.

The bytes contain ``velora-blake2b:`` and 32 hexadecimal digits. The digits are the BLAKE2b-128 of all bytes with the
digits replaced by zeros. So a footer or a JSON document can be verified by itself, without a second file that could be
lost or left behind.
"""

from __future__ import annotations

import hashlib

__all__ = ["BLANK_SEAL", "is_sealed", "seal"]

_MARK = b"velora-blake2b:"
_DIGITS = 32
_ZEROS = b"0" * _DIGITS

#: The placeholder of the seal before the digest is computed.
BLANK_SEAL = (_MARK + _ZEROS).decode()


def _digest(before: bytes | memoryview, after: bytes | memoryview) -> bytes:
    digest = hashlib.blake2b(before, digest_size=_DIGITS // 2)
    digest.update(_ZEROS)
    digest.update(after)
    return digest.hexdigest().encode()


def seal(data: bytes) -> bytes:
    """The bytes with the last `BLANK_SEAL` replaced by the seal."""
    at = data.rindex(BLANK_SEAL.encode()) + len(_MARK)
    return b"".join([data[:at], _digest(data[:at], data[at + _DIGITS :]), data[at + _DIGITS :]])


def is_sealed(data: bytes) -> bool:
    """Whether the bytes hold a valid seal: False without a seal, or if a byte has changed."""
    at = data.rfind(_MARK)
    tries = 0
    while at >= 0 and tries < 8:  # user text may look like a seal
        digits = at + len(_MARK)
        if data[digits : digits + _DIGITS] == _digest(data[:digits], data[digits + _DIGITS :]):
            return True
        at = data.rfind(_MARK, 0, at)
        tries += 1
    return False
