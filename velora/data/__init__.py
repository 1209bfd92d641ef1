"""Event tables, the catalog, importers and synthetic markets."""

from velora.data.catalog import Catalog
from velora.data.resolve import resolve
from velora.data.samples import sample
from velora.data.session import open_session, open_sessions
from velora.data.source import EventSource
from velora.data.table import EventTable

__all__ = ["Catalog", "EventSource", "EventTable", "open_session", "open_sessions", "resolve", "sample"]
