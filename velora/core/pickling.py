"""Which attributes of a user's object no pickle can hold, said with the attribute's name and the remedy."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType
from typing import Any

from velora.errors import NotPicklable

__all__ = ["check_attributes"]

_OPEN = {
    GeneratorType: "a generator",
    CoroutineType: "a coroutine",
    AsyncGeneratorType: "a generator",
    io.IOBase: "an open file",
}
#: Libraries that pickle functions by their code.
_FUNCTION_PICKLERS = ("cloudpickle", "dill")


def check_attributes(owner: str, attributes: Mapping[str, Any], *, functions: bool) -> None:
    """Refuse attributes that cannot be pickled or copied.

    Parameters
    ----------
    owner : str
        Class of the object, for the message.
    attributes : mapping
    functions : bool
        Whether lambdas and functions defined inside of another are refused; a copy can share them.

    Raises
    ------
    NotPicklable
    """
    functions = functions and not any(name in sys.modules for name in _FUNCTION_PICKLERS)
    for name, value in attributes.items():
        for kind, what in _OPEN.items():
            if isinstance(value, kind):
                raise NotPicklable(
                    f"{owner}.{name} is {what}, which can be neither pickled nor copied: make it in on_start instead"
                )
        if functions and isinstance(value, FunctionType) and "<" in value.__qualname__:
            raise NotPicklable(
                f"{owner}.{name} is {value.__qualname__}, a function that pickle cannot find by its name: define it "
                "with def at the top of a module, or make it in on_start"
            )
