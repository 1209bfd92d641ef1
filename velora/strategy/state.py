"""The state that a strategy keeps between sessions, as bytes.

The bytes are one msgpack map: ``format`` (1), ``strategy`` (module and qualified name), ``version`` (the class's
`state_version`), ``parameters`` (by name, as text, integer, float or bool), ``state`` (what `on_save` returned) and
``checksum`` (CRC-32 of the msgpack of the five before it).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from velora.core.clock import ns
from velora.errors import CorruptData, InvalidArgument
from velora.strategy.parameters import plain_json

__all__ = ["decode_state", "encode_state"]

_FORMAT = 1


def encode_state(cls: type, version: int, parameters: Mapping[str, Any], state: Mapping[str, Any]) -> bytes:
    """Bytes of a strategy's state.

    Parameters
    ----------
    cls : type
        Class of the strategy.
    version : int
        Its `state_version`.
    parameters : mapping
        Values by name.
    state : mapping
        What its `on_save` returned.
    """
    import msgspec

    content = {
        "format": _FORMAT,
        "strategy": f"{cls.__module__}.{cls.__qualname__}",
        "version": version,
        "parameters": {name: plain_json(value) for name, value in parameters.items()},
        "state": dict(state),
    }
    try:
        checksum = zlib.crc32(msgspec.msgpack.encode(content, enc_hook=_plain_ns))
    except TypeError as error:
        raise InvalidArgument(f"{cls.__name__}.on_save returned what cannot be saved: {error}") from None
    return msgspec.msgpack.encode({**content, "checksum": checksum}, enc_hook=_plain_ns)


def _plain_ns(value: object) -> int:
    """A duration that `on_save` returned, as an int; `on_restore` receives that int."""
    if isinstance(value, ns):
        return int(value)
    raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")


def decode_state(cls: type, version: int, data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and state of a strategy from the bytes of `encode_state`.

    Raises
    ------
    CorruptData
        If the bytes are not a whole state.
    InvalidArgument
        If the state is of another class or version.
    """
    import msgspec

    try:
        content = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CorruptData(f"this is no saved state of a strategy: {error}") from None
    if not isinstance(content, dict) or "checksum" not in content:
        raise CorruptData("this is no saved state of a strategy: it has no checksum")
    checksum = content.pop("checksum")
    if zlib.crc32(msgspec.msgpack.encode(content)) != checksum:
        raise CorruptData("the saved state's checksum does not hold: the bytes were changed")
    name = f"{cls.__module__}.{cls.__qualname__}"
    if content.get("format") != _FORMAT:
        raise InvalidArgument(f"the saved state has format {content.get('format')!r}, this reads {_FORMAT}")
    if content.get("strategy") != name:
        raise InvalidArgument(f"the saved state is of {content.get('strategy')}, this strategy is {name}")
    if content.get("version") != version:
        raise InvalidArgument(
            f"the saved state of {name} has version {content.get('version')}, the class has state_version {version}"
        )
    return content["parameters"], content["state"]
