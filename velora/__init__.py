"""Velora: a high-frequency trading framework for crypto markets.

The names here are loaded when first used, so that importing the package stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Algorithm": "velora.strategy.execution",
    "Backtest": "velora.backtest.run",
    "BookMeasures": "velora.core.measures",
    "Bracket": "velora.strategy.bracket",
    "Candle": "velora.core.market",
    "Catalog": "velora.data",
    "Choice": "velora.strategy.parameters",
    "Condition": "velora.strategy.signals",
    "Duration": "velora.strategy.parameters",
    "EMA": "velora.ta",
    "EventFlag": "velora.core.events",
    "EventKind": "velora.core.events",
    "EventTable": "velora.data",
    "Execution": "velora.strategy.execution",
    "ExecutionReport": "velora.strategy.execution",
    "FeedLatency": "velora.sim.feed_latency",
    "Fill": "velora.core.orders",
    "FillCause": "velora.core.orders",
    "FillDoubt": "velora.core.orders",
    "Funding": "velora.core.market",
    "Gap": "velora.core.market",
    "HftbacktestRules": "velora.sim.hftbacktest",
    "History": "velora.strategy.history",
    "Iceberg": "velora.strategy.execution",
    "Impact": "velora.sim.impact",
    "Instrument": "velora.core.instrument",
    "Latency": "velora.sim.latency",
    "LatencyDistribution": "velora.sim.latency",
    "LatencyFaults": "velora.sim.latency",
    "LatencyLoad": "velora.sim.latency",
    "LatencyRecording": "velora.sim.latency",
    "LevelState": "velora.core.book",
    "journal_tables": "velora.paper.tables",
    "PacedRun": "velora.paper.run",
    "MatchingEngine": "velora.sim.matching",
    "MarkSource": "velora.core.orders",
    "measure_table": "velora.core.measures",
    "MessageBus": "velora.core.bus",
    "Order": "velora.core.orders",
    "ns": "velora.core.clock",
    "OrderBookL2": "velora.core.book",
    "OrderBookL3": "velora.core.book_l3",
    "OrderReason": "velora.core.orders",
    "OrderState": "velora.core.orders",
    "OrderType": "velora.core.orders",
    "Parameter": "velora.strategy.parameters",
    "ParameterChange": "velora.strategy.parameters",
    "Portfolio": "velora.core.portfolio",
    "Position": "velora.core.orders",
    "Pov": "velora.strategy.execution",
    "QueueModel": "velora.sim.queue_model",
    "QueuePosition": "velora.core.orders",
    "Quote": "velora.core.market",
    "QuoteBook": "velora.core.quote_book",
    "replay_journal": "velora.paper.replay",
    "Result": "velora.backtest.result",
    "Run": "velora.backtest.run",
    "SelfTrade": "velora.core.orders",
    "Side": "velora.core.events",
    "Signal": "velora.core.market",
    "SMA": "velora.ta",
    "Sniper": "velora.strategy.execution",
    "Strategy": "velora.strategy.strategy",
    "StrategyState": "velora.core.life",
    "Sweep": "velora.backtest.sweep",
    "sweep": "velora.backtest.sweep",
    "SyntheticMarket": "velora.data.synth",
    "Target": "velora.strategy.targets",
    "TimeInForce": "velora.core.orders",
    "Timer": "velora.core.market",
    "Topic": "velora.core.bus",
    "Trade": "velora.core.market",
    "TriggerBy": "velora.core.orders",
    "TriggerKind": "velora.core.orders",
    "Twap": "velora.strategy.execution",
    "VeloraError": "velora.errors",
    "VeloraWarning": "velora.errors",
    "VolumeCurve": "velora.strategy.execution",
    "Vwap": "velora.strategy.execution",
}

__all__ = ["__version__", "data", "get_include", "ta", *sorted(_HOMES)]


def get_include() -> str:
    """Folder of the C headers, for building modules that cimport velora."""
    from pathlib import Path

    here = Path(__file__).parent
    installed = here / "include"
    return str(installed if installed.is_dir() else here.parent / "csrc" / "include")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("velora-hft")
    if name in ("data", "ta"):
        return import_module(f"velora.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'velora' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
