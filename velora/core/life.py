"""The states of a strategy in a run."""

from __future__ import annotations

from velora.core.enums import NamedEnum

__all__ = ["StrategyState"]


class StrategyState(NamedEnum):
    """State of a strategy in a run.

    NEW until its run starts, RUNNING from `on_start` on. `Strategy.stop` and the end of the run lead through STOPPING,
    in which `on_stop` is called, to STOPPED. An exception in a hook leads to FAILED. A state is never entered twice.

    Attributes
    ----------
    NEW
        The run has not started.
    RUNNING
        From `on_start` on: hooks are called, and orders are accepted.
    STOPPING
        `on_stop` is being called.
    STOPPED
        Stopped by `Strategy.stop` or by the end of the run. Final.
    FAILED
        A hook raised an exception. Final.
    """

    NEW = 0
    RUNNING = 1
    STOPPING = 2
    STOPPED = 3
    FAILED = 4
