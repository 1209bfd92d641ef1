"""Strategies: the base class and the checks made when one is defined."""

from velora.strategy.strategy import Strategy

__all__ = ["Strategy"]
