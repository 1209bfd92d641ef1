"""Whole flows, of Velora alone."""
