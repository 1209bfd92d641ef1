"""What a strategy keeps between sessions.

The bytes are one msgpack map: ``format`` (1), ``strategy`` (module and qualified name), ``version`` (the class's
`state_version`), ``parameters`` (by name, as text, integer, float or bool), ``state`` (what `on_save` returned) and
``checksum`` (CRC-32 of the msgpack of the five before it).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, ClassVar

from velora.errors import CorruptData, InvalidArgument
from velora.strategy.parameters import Parameterised, _plain_json

__all__ = ["Stateful"]

_FORMAT = 1


class Stateful(Parameterised):
    """The part of `velora.Strategy` that is saved and restored."""

    #: Raise it when the meaning of what `on_save` returns changes: older states are then refused by name.
    state_version: ClassVar[int] = 1

    def on_save(self) -> Mapping[str, Any]:
        """What to keep besides the parameters: numbers, strings, bytes, lists and dicts of them."""
        return {}

    def on_restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `on_save` returned; the parameters are in place already."""

    def save_state(self) -> bytes:
        """Parameters and what `on_save` returns, as bytes for `restore_state`."""
        import msgspec

        kind = type(self)
        content = {
            "format": _FORMAT,
            "strategy": f"{kind.__module__}.{kind.__qualname__}",
            "version": kind.state_version,
            "parameters": {name: _plain_json(value) for name, value in self.parameter_values().items()},
            "state": dict(self.on_save()),
        }
        try:
            checksum = zlib.crc32(msgspec.msgpack.encode(content))
        except TypeError as error:
            raise InvalidArgument(f"{kind.__name__}.on_save returned what cannot be saved: {error}") from None
        return msgspec.msgpack.encode({**content, "checksum": checksum})

    def restore_state(self, data: bytes) -> None:
        """Take up a saved state: parameters, then `on_restore`.

        Raises
        ------
        CorruptData
            If the bytes are not a whole state.
        InvalidArgument
            If it is another class's or version's, or a parameter is unknown or out of bounds now.
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
        kind = type(self)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if content.get("format") != _FORMAT:
            raise InvalidArgument(f"the saved state has format {content.get('format')!r}, this reads {_FORMAT}")
        if content.get("strategy") != name:
            raise InvalidArgument(f"the saved state is of {content.get('strategy')}, this strategy is {name}")
        if content.get("version") != kind.state_version:
            raise InvalidArgument(
                f"the saved state of {name} has version {content.get('version')}, "
                f"the class has state_version {kind.state_version}"
            )
        self.set_parameters(**content["parameters"])
        self.on_restore(content["state"])
