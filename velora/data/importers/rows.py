"""Buffering of event table rows, appended one by one and written in blocks."""

from __future__ import annotations

import numpy as np

from velora.core.instrument import Instrument
from velora.data.catalog import PartWriter
from velora.data.schema import COLUMNS
from velora.data.table import EventTable

__all__ = ["RowWriter"]

_BLOCK = 1 << 16
_TYPES = dict(
    zip(COLUMNS, (np.int64, np.int64, np.uint8, np.uint8, np.uint8, np.int64, np.int64, np.int64), strict=True)
)


class RowWriter:
    """Buffers rows and writes them to a part of the catalog.

    Parameters
    ----------
    instrument : Instrument
    part : PartWriter
        An open part: its context manager has been entered.
    """

    def __init__(self, instrument: Instrument, part: PartWriter) -> None:
        self._instrument = instrument
        self._part = part
        self._rows: list[tuple[int, ...]] = []
        #: Rows written, without the buffered ones.
        self.count = 0

    def add(
        self, ts_event: int, ts_recv: int, kind: int, side: int, flags: int, price: int, qty: int, order_id: int
    ) -> None:
        """Append one row: times in ns, price in ticks, quantity in lots."""
        self._rows.append((ts_event, ts_recv, kind, side, flags, price, qty, order_id))
        if len(self._rows) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write the buffered rows."""
        if self._rows:
            columns = dict(zip(COLUMNS, zip(*self._rows, strict=True), strict=True))
            self.count += len(self._rows)
            self._rows.clear()
            arrays = {name: np.array(columns[name], _TYPES[name]) for name in COLUMNS}
            self._part.add(EventTable.from_numpy(self._instrument, check=False, **arrays))
