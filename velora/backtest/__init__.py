"""Backtests: an engine joined to a simulated venue, and what comes out."""
