"""Execution algorithms: strategies that work one large order, whole or as a part of another strategy."""

from velora.strategy.execution.algorithm import Algorithm
from velora.strategy.execution.curve import VolumeCurve
from velora.strategy.execution.iceberg import Iceberg
from velora.strategy.execution.pov import Pov
from velora.strategy.execution.progress import Execution, ExecutionReport
from velora.strategy.execution.schedule import Scheduled, Twap, Vwap
from velora.strategy.execution.sniper import Sniper

__all__ = [
    "Algorithm",
    "Execution",
    "ExecutionReport",
    "Iceberg",
    "Pov",
    "Scheduled",
    "Sniper",
    "Twap",
    "VolumeCurve",
    "Vwap",
]
