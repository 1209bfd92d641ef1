"""Velora: a high-frequency trading framework for crypto markets."""
