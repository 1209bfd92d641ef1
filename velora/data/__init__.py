"""Event tables, the catalog, importers and synthetic markets."""

from velora.data.catalog import Catalog
from velora.data.resolve import resolve
from velora.data.source import EventSource
from velora.data.table import EventTable

__all__ = ["Catalog", "EventSource", "EventTable", "resolve"]
