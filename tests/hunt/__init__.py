"""Hostile calls of everything that is public, in processes of their own: see `python -m tests.hunt --help`."""
