from collections.abc import Callable
from typing import Any

from velora.strategy.parameters import ParameterChange

class ExternalInputs:
    def set_parameters(
        self, index: int, values: dict[str, Any], apply: Callable[[], dict[str, ParameterChange]]
    ) -> dict[str, ParameterChange]: ...
