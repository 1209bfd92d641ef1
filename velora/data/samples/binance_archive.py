"""Files of Binance's public USD-M archive: trades, aggTrades, bookTicker and candles of a minute, one ZIP each.

Each ZIP has one CSV with the archive's header, and a ``.CHECKSUM`` beside it. Times are whole milliseconds. A trade of
the synthetic market is what one market order took from one price, so every aggregated trade has one single trade.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from velora.core.clock import format_ns
from velora.core.events import EventKind, Side
from velora.core.instrument import Instrument
from velora.data.samples.files import OnRows, watched, write_bytes, write_zip
from velora.data.samples.rows import decimals_of, scaled_text
from velora.data.synth import SyntheticMarket
from velora.data.table import EventTable

__all__ = ["market", "write"]

_MS, _MINUTE = 1_000_000, 60_000
_FIRST_TRADE, _FIRST_AGGREGATE, _FIRST_UPDATE = 4_000_000_000, 2_000_000_000, 3_700_000_000_000
_HEADERS = {
    "trades": "id,price,qty,quote_qty,time,is_buyer_maker",
    "aggTrades": "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
    "bookTicker": (
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time"
    ),
    "1m": (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,"
        "ignore"
    ),
}  # fmt: skip


def market(seed: int, duration: Any) -> SyntheticMarket:
    """A linear perpetual in USDC."""
    instrument = Instrument(
        "SYNUSDC", venue="binance_usdm", kind="linear", base="SYN", quote="USDC", tick_size="0.1", lot_size="0.001",
        maker_fee="0.0002", taker_fee="0.0005",
    )  # fmt: skip
    return SyntheticMarket(seed, duration=duration, instrument=instrument)


def write(table: EventTable, folder: Path, on_rows: OnRows | None) -> list[Path]:
    """Write the archive's files and their checksums."""
    day = format_ns(int(table.ts_event[0]))[:10]
    trades = _Trades(table)
    rows = {
        "trades": watched(trades.singles(), None),
        "aggTrades": trades.aggregates(),
        "bookTicker": _quotes(table),
        "1m": trades.candles(),
    }
    written = []
    for at, (kind, lines) in enumerate(rows.items(), 1):
        name = f"{table.instrument.symbol}-{kind}-{day}"
        text = "".join(f"{line}\n" for line in (_HEADERS[kind], *lines))
        path = write_zip(folder / f"{name}.zip", {f"{name}.csv": text})
        written.append(path)
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        write_bytes(folder / f"{name}.zip.CHECKSUM", f"{checksum}  {name}.zip\n".encode())
        if on_rows is not None:
            on_rows(len(table) * at // len(rows) - len(table) * (at - 1) // len(rows))
    return written


class _Trades:
    """The trades of a market as lines of the archive."""

    def __init__(self, table: EventTable) -> None:
        chosen = table.kind == EventKind.TRADE
        columns = (table.order_id, table.price, table.qty, table.ts_event // _MS, table.side == Side.SELL)
        self._rows = list(zip(*(column[chosen].tolist() for column in columns), strict=True))
        self._tick, self._lot = table.instrument.tick_size, table.instrument.lot_size
        self._decimals = decimals_of(self._tick) + 1, decimals_of(self._lot)
        self._span = int(table.ts_event[0]) // _MS, int(table.ts_event[-1]) // _MS

    def _price(self, ticks: int) -> str:
        return scaled_text(ticks, self._tick, self._decimals[0])

    def _qty(self, lots: int) -> str:
        return scaled_text(lots, self._lot, self._decimals[1])

    def singles(self) -> Iterator[str]:
        for number, price, qty, ms, is_buyer_maker in self._rows:
            notional = price * qty * self._tick * self._lot
            yield (
                f"{_FIRST_TRADE + number},{self._price(price)},{self._qty(qty)},{notional:.5f},{ms},"
                f"{str(is_buyer_maker).lower()}"
            )

    def aggregates(self) -> Iterator[str]:
        for number, price, qty, ms, is_buyer_maker in self._rows:
            single = _FIRST_TRADE + number
            yield (
                f"{_FIRST_AGGREGATE + number},{self._price(price)},{self._qty(qty)},{single},{single},{ms},"
                f"{str(is_buyer_maker).lower()}"
            )

    def candles(self) -> Iterator[str]:
        """Candles of the minutes that ended; one without a trade repeats the close before it."""
        first, last = self._span
        price_before: int | None = None
        at = 0
        for begin in range(first, last - _MINUTE + 2, _MINUTE):
            within = []
            while at < len(self._rows) and self._rows[at][3] < begin + _MINUTE:
                within.append(self._rows[at])
                at += 1
            if within:
                prices = [row[1] for row in within]
                price_before = prices[-1]
            elif price_before is None:
                continue
            else:
                prices = [price_before]
            volume, bought = sum(row[2] for row in within), sum(row[2] for row in within if not row[4])
            notional, paid = (
                sum((row[1] * row[2] for row in within if not (buys and row[4])), 0) * self._tick * self._lot
                for buys in (False, True)
            )
            ohlc = ",".join(map(self._price, (prices[0], max(prices), min(prices), prices[-1])))
            yield (
                f"{begin},{ohlc},{self._qty(volume)},{begin + _MINUTE - 1},{Decimal(notional):.5f},{len(within)},"
                f"{self._qty(bought)},{Decimal(paid):.5f},0"
            )


def _quotes(table: EventTable) -> Iterator[str]:
    tick, lot = table.instrument.tick_size, table.instrument.lot_size
    decimals = decimals_of(tick) + 1, decimals_of(lot)
    chosen = table.kind == EventKind.QUOTE
    ids, prices, lots, times = (
        column[chosen].tolist() for column in (table.order_id, table.price, table.qty, table.ts_event // _MS)
    )
    for at in range(0, len(ids), 2):
        cells = [
            cell
            for side in (at, at + 1)
            for cell in (scaled_text(prices[side], tick, decimals[0]), scaled_text(lots[side], lot, decimals[1]))
        ]
        yield f"{_FIRST_UPDATE + ids[at]},{','.join(cells)},{times[at]},{times[at]}"
