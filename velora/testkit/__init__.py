"""Helpers for tests, ours and yours: small flows, scripted strategies, slow references."""

from velora.testkit.flow import Flow, Script
from velora.testkit.reference_book import ReferenceBook

__all__ = ["Flow", "ReferenceBook", "Script"]
