"""Paced replay: the backtest's kernel, receiving its inputs in real time."""
