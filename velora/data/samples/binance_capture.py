"""A raw capture of Binance's USD-M streams: ``LOCAL_NS JSON`` a line, gzip.

The lines are those of a recorder of the combined streams ``@depth@0ms``, ``@bookTicker`` and ``@trade``, with one REST
depth response. Every event of the market is one diff. As at the venue, the first diff contains the id of the response,
the `pu` of each diff is the `u` of the one before, and venue times are whole milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from velora.core.clock import format_ns
from velora.core.events import EventKind, Side
from velora.core.instrument import Instrument
from velora.data.samples.files import OnRows, write_gzip
from velora.data.samples.rows import Row, decimals_of, events_of, scaled_text
from velora.data.synth import SyntheticMarket
from velora.data.table import EventTable

__all__ = ["market", "write"]

#: Ids before the first of the market: the venue's have that many digits, and an id of 0 means none.
_FIRST_UPDATE, _FIRST_TRADE = 5_000_000_000_000, 5_000_000_000
_MS = 1_000_000


def market(seed: int, duration: Any) -> SyntheticMarket:
    """A linear perpetual, as far as its symbol, grid and venue go like BTCUSDT."""
    instrument = Instrument(
        "SYNUSDT", venue="binance_usdm", kind="linear", base="SYN", quote="USDT", tick_size="0.1", lot_size="0.001",
        maker_fee="0.0002", taker_fee="0.0005",
    )  # fmt: skip
    return SyntheticMarket(seed, duration=duration, instrument=instrument)


def write(table: EventTable, folder: Path, on_rows: OnRows | None) -> list[Path]:
    """Write the capture."""
    day = format_ns(int(table.ts_event[0]))[:10].replace("-", "")
    name = f"{table.instrument.symbol.lower()}_{day}.gz"
    return [write_gzip(folder / name, _lines(table, on_rows))]


class _Text:
    """Prices and quantities as the venue writes them."""

    def __init__(self, instrument: Instrument) -> None:
        self._tick, self._lot = instrument.tick_size, instrument.lot_size
        self._decimals = decimals_of(self._tick) + 1, decimals_of(self._lot)

    def price(self, ticks: int) -> str:
        return scaled_text(ticks, self._tick, self._decimals[0])

    def qty(self, lots: int) -> str:
        return scaled_text(lots, self._lot, self._decimals[1])

    def levels(self, side: int, rows: list[Row], *, best_first: bool) -> str:
        """A JSON array of one side; of several rows of a level the last is its state."""
        last = {row.price: row.qty for row in rows if row.kind == EventKind.DELTA and row.side == side}
        order = sorted(last, reverse=best_first and side == Side.BUY)
        return "[" + ",".join(f'["{self.price(ticks)}","{self.qty(last[ticks])}"]' for ticks in order) + "]"


def _lines(table: EventTable, on_rows: OnRows | None) -> Iterator[str]:
    symbol = table.instrument.symbol
    text = _Text(table.instrument)
    head = f'{{"stream":"{symbol.lower()}@'
    last_id = 0
    for event in events_of(table, on_rows):
        ts, recv = event[0].ts, event[0].recv
        ms = ts // _MS
        if event[0].kind == EventKind.SNAPSHOT_BEGIN:
            last_id = _FIRST_UPDATE + event[0].id
            bids, asks = (text.levels(side, event, best_first=True) for side in (Side.BUY, Side.SELL))
            yield f'{recv} {{"lastUpdateId":{last_id},"E":{ms},"T":{ms},"bids":{bids},"asks":{asks}}}\n'
            first_id = last_id  # the first diff contains the id of the response
            continue
        for row in event:
            if row.kind == EventKind.TRADE:
                is_buyer_maker = "true" if row.side == Side.SELL else "false"
                yield (
                    f'{recv} {head}trade","data":{{"e":"trade","E":{ms},"T":{ms},"s":"{symbol}",'
                    f'"t":{_FIRST_TRADE + row.id},"p":"{text.price(row.price)}","q":"{text.qty(row.qty)}",'
                    f'"X":"MARKET","m":{is_buyer_maker}}}}}\n'
                )
        change = next((row for row in event if row.kind == EventKind.DELTA), None)
        if change is not None:
            update_id = _FIRST_UPDATE + change.id
            bids, asks = (text.levels(side, event, best_first=False) for side in (Side.BUY, Side.SELL))
            yield (
                f'{recv} {head}depth@0ms","data":{{"e":"depthUpdate","E":{ms},"T":{ms},"s":"{symbol}",'
                f'"U":{first_id},"u":{update_id},"pu":{last_id},"b":{bids},"a":{asks}}}}}\n'
            )
            first_id, last_id = update_id + 1, update_id
        quotes = [row for row in event if row.kind == EventKind.QUOTE]
        for bid, ask in zip(quotes[::2], quotes[1::2], strict=True):
            yield (
                f'{recv} {head}bookTicker","data":{{"e":"bookTicker","u":{_FIRST_UPDATE + bid.id},"s":"{symbol}",'
                f'"b":"{text.price(bid.price)}","B":"{text.qty(bid.qty)}","a":"{text.price(ask.price)}",'
                f'"A":"{text.qty(ask.qty)}","T":{ms},"E":{ms}}}}}\n'
            )
