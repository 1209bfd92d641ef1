"""Readers that turn other formats into event tables."""
