"""Instruments, events, orders, books, clock and configuration: what every other layer stands on."""
