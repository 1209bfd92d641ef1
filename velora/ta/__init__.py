"""Indicators, one value at a time."""

from velora.ta.averages import EMA, SMA

__all__ = ["EMA", "SMA"]
