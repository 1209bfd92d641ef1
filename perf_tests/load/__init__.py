"""How work grows with the number of orders, levels, timers, topics and so on; see README.md."""
