"""Instruments, events, orders, books, clock and configuration: the base of all other packages."""
