from collections.abc import Callable
from typing import Any, NamedTuple, final

from velora.backtest.feed import Feed, FeedByOrder
from velora.backtest.replay import Replay
from velora.engine.external_inputs import ExternalInputs
from velora.engine.intake import Intake
from velora.engine.kernel import Kernel
from velora.paper.clock import LocalClock
from velora.sim.latency import Latency
from velora.sim.venue import SimulatedVenue
from velora.strategy.parameters import ParameterChange

class Lateness(NamedTuple):
    inputs: int
    p50_ns: int
    p99_ns: int
    max_ns: int

@final
class PacedDriver(Replay):
    def __new__(
        cls,
        kernel: Kernel,
        venue: SimulatedVenue,
        feeds: list[Feed | FeedByOrder],
        latency: Latency | list[Latency],
        links: list[str] | None = None,
        link_of: list[int] | None = None,
    ) -> PacedDriver: ...
    def connect(self, intake: Intake, clock: LocalClock) -> None: ...
    @property
    def intake(self) -> Intake: ...
    @property
    def clock(self) -> LocalClock: ...
    @property
    def next_due(self) -> int: ...
    on_given: Callable[[], object] | None
    def set_parameters(self, index: int, values: dict[str, Any]) -> dict[str, ParameterChange]: ...
    @property
    def lateness(self) -> Lateness: ...
    def pump(self, budget: int = 1024) -> bool: ...

@final
class JournalledInputs(ExternalInputs):
    def __new__(cls, driver: PacedDriver) -> JournalledInputs: ...
