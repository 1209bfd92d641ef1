"""Velora: a high-frequency trading framework for crypto markets.

The names here are loaded when first used, so that importing the package stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Backtest": "velora.backtest.run",
    "BookMeasures": "velora.core.measures",
    "Candle": "velora.core.market",
    "Catalog": "velora.data",
    "EventFlag": "velora.core.events",
    "EventKind": "velora.core.events",
    "EventTable": "velora.data",
    "Fill": "velora.core.orders",
    "FillCause": "velora.core.orders",
    "Funding": "velora.core.market",
    "Gap": "velora.core.market",
    "HftbacktestRules": "velora.sim.hftbacktest",
    "Instrument": "velora.core.instrument",
    "Latency": "velora.sim.latency",
    "LatencyDistribution": "velora.sim.latency",
    "LatencyRecording": "velora.sim.latency",
    "Order": "velora.core.orders",
    "MatchingEngine": "velora.sim.matching",
    "OrderBookL2": "velora.core.book",
    "OrderBookL3": "velora.core.book_l3",
    "OrderReason": "velora.core.orders",
    "OrderState": "velora.core.orders",
    "OrderType": "velora.core.orders",
    "Position": "velora.core.orders",
    "Quote": "velora.core.market",
    "QueueModel": "velora.sim.queue_model",
    "QuoteBook": "velora.core.quote_book",
    "Result": "velora.backtest.result",
    "Run": "velora.backtest.run",
    "Side": "velora.core.events",
    "Signal": "velora.core.market",
    "Strategy": "velora.strategy.strategy",
    "SyntheticMarket": "velora.data.synth",
    "TimeInForce": "velora.core.orders",
    "Timer": "velora.core.market",
    "Trade": "velora.core.market",
    "VeloraError": "velora.errors",
    "measure_table": "velora.core.measures",
}

__all__ = ["__version__", "get_include", *sorted(_HOMES)]


def get_include() -> str:
    """Folder of the C headers, for building modules that cimport velora."""
    from pathlib import Path

    here = Path(__file__).parent
    installed = here / "include"
    return str(installed if installed.is_dir() else here.parent / "csrc" / "include")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("velora")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'velora' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
