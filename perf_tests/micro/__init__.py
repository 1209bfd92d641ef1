"""Benchmarks of single parts, against nobody."""
