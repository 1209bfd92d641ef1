"""The engine in real time: the backtest's kernel, given its inputs when they are due by the clock."""
