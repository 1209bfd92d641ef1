"""Snapshots of a user's own indicators.

The bytes are a BLAKE2b digest of 16 bytes and then one msgpack array: a mark, the name of the kind, its parameters and
the content that the indicator gives. The values of the state are packed so that their types come back; a container is
an array of which the first element names the type.
"""

from __future__ import annotations

import copy
import hashlib
from collections import deque
from typing import Any

import msgspec
import numpy as np

from velora.errors import CorruptData, InvalidArgument

__all__ = ["decode_snapshot", "encode_snapshot", "pack", "unpack"]

_MARK = "velora custom indicator 1"
_DIGEST = 16
_CONTAINERS: dict[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def encode_snapshot(name: str, values: list[float], content: list[Any]) -> bytes:
    """The bytes of a snapshot; `content` holds what msgpack can."""
    body = msgspec.msgpack.encode([_MARK, name, values, content])
    return hashlib.blake2b(body, digest_size=_DIGEST).digest() + body


def decode_snapshot(snapshot: bytes, name: str, values: list[float], owner: str) -> list[Any]:
    """The content of a snapshot of this kind with these parameters.

    Raises
    ------
    CorruptData
        If it is another one, or damaged.
    """
    if not isinstance(snapshot, bytes):
        raise TypeError(f"a snapshot is bytes, was {type(snapshot).__name__}")
    body = snapshot[_DIGEST:]
    content: list[Any] | None = None
    if hashlib.blake2b(body, digest_size=_DIGEST).digest() == snapshot[:_DIGEST]:
        mark, of, given, content = msgspec.msgpack.decode(body)
        if (mark, of, given) != (_MARK, name, values):
            content = None
    if content is None:
        raise CorruptData(f"these {len(snapshot)} bytes are no snapshot of {owner}")
    return content


def pack(value: Any, place: str = "value") -> Any:
    """A value of a state as values of msgpack.

    Raises
    ------
    InvalidArgument
        If it has no such form; the message says where it is.
    """
    if value is None or isinstance(value, bool | float | str | bytes) or type(value) is int:
        return float(value) if isinstance(value, np.floating) else value
    if isinstance(value, np.generic):
        return ["scalar", value.dtype.str, value.tobytes()]
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcmM":
        return ["array", value.dtype.str, list(value.shape), value.tobytes()]
    if isinstance(value, deque):
        return ["deque", value.maxlen, [pack(one, f"{place}[{i}]") for i, one in enumerate(value)]]
    if isinstance(value, dict):
        pairs = [[pack(key, place), pack(one, f"{place}.{key}")] for key, one in value.items()]
        return ["dict", pairs]
    for tag, cls in _CONTAINERS.items():
        if isinstance(value, cls):
            items: list[Any] = list(value)  # type: ignore[call-overload]
            return [tag, [pack(one, f"{place}[{i}]") for i, one in enumerate(items)]]
    if hasattr(value, "snapshot") and hasattr(value, "restore"):
        return ["indicator", value.snapshot()]
    raise InvalidArgument(
        f"{place} is a {type(value).__name__}, which a snapshot cannot hold; override get_state and set_state"
    )


def unpack(value: Any, fresh: Any) -> Any:
    """The value that was packed; `fresh` is the one at the same place before the first row, for indicators inside."""
    if not isinstance(value, list):
        return value
    tag, *rest = value
    if tag == "scalar":
        return np.frombuffer(rest[1], np.dtype(rest[0]))[0]
    if tag == "array":
        return np.frombuffer(rest[2], np.dtype(rest[0])).reshape(rest[1]).copy()
    if tag == "indicator":
        if not hasattr(fresh, "restore"):
            raise CorruptData("a snapshot holds an indicator where setup makes none")
        made = copy.copy(fresh)
        made.restore(rest[0])
        return made
    if tag == "dict":
        old = fresh if isinstance(fresh, dict) else {}
        made = {}
        for key, one in rest[0]:
            known = unpack(key, None)
            made[known] = unpack(one, old.get(known))
        return made
    if tag == "deque":
        return deque(_items(rest[1], fresh), maxlen=rest[0])
    return _CONTAINERS[tag](_items(rest[0], fresh))


def _items(values: list[Any], fresh: Any) -> list[Any]:
    old = list(fresh) if isinstance(fresh, list | tuple | deque) and len(fresh) == len(values) else [None] * len(values)
    return [unpack(one, other) for one, other in zip(values, old, strict=True)]
