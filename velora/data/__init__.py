"""Event tables, the catalog, importers and synthetic markets."""

from velora.data.catalog import Catalog
from velora.data.source import EventSource, resolve
from velora.data.table import EventTable

__all__ = ["Catalog", "EventSource", "EventTable", "resolve"]
