"""Bitstamp's order feed as recorded in its early years: ``LOCAL_MS EVENT JSON`` a line, plain, gzip or bzip2.

Events: order_created, order_changed, order_deleted, trade, and order_book (the best 20 levels at intervals).

Rules
-----
Orders. created is ORDER_ADD. changed to a smaller amount is a fill, ORDER_EXECUTE of the difference; to a larger amount
or another price it is ORDER_CHANGE. deleted with an amount of 0 is a fill of the rest, otherwise ORDER_CANCEL.

Start. The recording has no snapshot. The first order_book is used as one: each listed level, less the known orders
there, becomes one order with an invented, negative id. Deletions of unknown ids reduce these orders.

Trades do not state the aggressor. If the trade was preceded by two fills of its amount, one a side, the aggressor is
the order with the later id; otherwise the side is NONE.

Check. Every later order_book is compared with the book. The venue's books lag its orders, so the comparison is not
exact; the summary states how many of the listed levels were equal.

Clock. The venue's times are in whole seconds, and refer to the order's creation: rows carry the time of receipt as both
times, and the flag CLOCK_ESTIMATED.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec

from velora.core.book_l3 import OrderBookL3
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.importers.grid import scaled, scaled_steps
from velora.data.importers.lines import check_files, read_lines
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.rows import RowWriter
from velora.data.importers.together import stored_together
from velora.errors import CorruptData, DataError, VeloraError

__all__ = ["import_bitstamp", "is_bitstamp_line"]

_LINE = re.compile(rb"\d{13} (order_created|order_changed|order_deleted|trade|order_book) \{")
_LAST, _SNAPSHOT, _ESTIMATED = (int(flag) for flag in (EventFlag.LAST, EventFlag.SNAPSHOT, EventFlag.CLOCK_ESTIMATED))
_TRADE = int(EventKind.TRADE)
_BEGIN, _END = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END)
_ADD, _CHANGE = int(EventKind.ORDER_ADD), int(EventKind.ORDER_CHANGE)
_CANCEL, _EXECUTE = int(EventKind.ORDER_CANCEL), int(EventKind.ORDER_EXECUTE)
_BUY, _SELL, _NONE = (int(side) for side in Side)

#: Prices and quantities are read in units of 1e-8.
_UNITS = 10**8

#: Number of books that may omit a level before it is removed.
_MISSES_MAX = 10

#: Number of fills before a trade that may belong to it.
_FILLS_KEPT = 32


#: Range of ids and units in a row; the venue's ids are above 0.
_Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
_STEPS_MAX = 2**60
_DIGITS_MAX = 10  # before the point

#: Maximum error of a double: in steps, and as a relative error.
_SLACK, _FLOAT_ERROR = Decimal("1e-6"), Decimal("1e-15")


class _Order(msgspec.Struct):
    id: _Id
    price: str
    amount: str
    order_type: int


class _Trade(msgspec.Struct):
    id: _Id
    price: Decimal
    amount: Decimal


class _Book(msgspec.Struct):
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]


def _is_number(value: Decimal) -> bool:
    """Whether the value is at least 0 and fits a row."""
    return value.is_finite() and value >= 0 and value.adjusted() < _DIGITS_MAX


def is_bitstamp_line(line: bytes) -> bool:
    """Whether a line has the format of such a recording."""
    return _LINE.match(line) is not None


class _Replay:
    def __init__(self, instrument: Instrument, rows: RowWriter, one: InstrumentSummary, defects: Defects) -> None:
        self._tick, self._lot = scaled_steps(instrument)
        self._book = OrderBookL3(instrument)
        self._rows = rows
        self._one = one
        self._defects = defects
        self._orders = msgspec.json.Decoder(_Order)
        self._trades = msgspec.json.Decoder(_Trade)
        self._books = msgspec.json.Decoder(_Book)
        self._invented: dict[tuple[int, int], int] = {}
        self._fills: deque[tuple[int, int, int]] = deque(maxlen=_FILLS_KEPT)  # lots, side, order id
        self._is_seeded = False
        self._misses: list[dict[int, int]] = [{}, {}]  # consecutive books without the level
        self._ts = 0

    def line(self, line: bytes, place: str) -> None:
        if not is_bitstamp_line(line):
            raise ValueError(f"not an event of the order feed: {line[:40]!r}")
        head, event, body = line.split(b" ", 2)
        ts = int(head) * 1_000_000
        if ts >= 2**63:
            raise ValueError(f"local time {int(head)} does not fit 64 bits of nanoseconds")
        if ts < self._ts:
            self._defects.add("local time goes back", place, f"by {self._ts - ts} ns; set to the time before")
        self._ts = max(ts, self._ts)
        name = event.decode()
        self._one.messages[name] = self._one.messages.get(name, 0) + 1
        if name == "trade":
            self._trade(self._trades.decode(body))
        elif name == "order_book":
            self._check(self._books.decode(body), place)
        else:
            order = self._orders.decode(body)
            if order.order_type not in (0, 1):
                raise ValueError(f"order_type must be 0 or 1, was {order.order_type}")
            price, qty = self._steps(order.price, order.amount)
            getattr(self, f"_{name}")(order.id, order.order_type, price, qty, place)

    def _steps(self, price: str, qty: str) -> tuple[int, int]:
        ticks, off = divmod(scaled(price), self._tick)
        lots, off_lot = divmod(scaled(qty), self._lot)
        if off or off_lot:
            raise ValueError(f"price {price} or amount {qty} is off the grid")
        if not (0 < ticks < _STEPS_MAX and 0 <= lots < _STEPS_MAX):
            raise ValueError(f"price {price} or amount {qty} is out of range")
        return ticks, lots

    def _nearest(self, price: Decimal, qty: Decimal) -> tuple[int, int]:
        """Ticks and lots of numbers that the venue has passed through floating point: 1.7885566900000001."""
        found = []
        for value, step in ((price, self._tick), (qty, self._lot)):
            if not _is_number(value):
                raise ValueError(f"price {price} or amount {qty} is out of range")
            steps = value * _UNITS / step
            nearest = round(steps)
            if abs(steps - nearest) > _SLACK + _FLOAT_ERROR * steps:
                raise ValueError(f"price {price} or amount {qty} is off the grid")
            found.append(nearest)
        return found[0], found[1]

    def _put(self, kind: int, side: int, price: int, qty: int, order_id: int, flags: int = _LAST) -> None:
        self._rows.add(self._ts, self._ts, kind, side, flags | _ESTIMATED, price, qty, order_id)

    def _order_created(self, order_id: int, side: int, price: int, qty: int, place: str) -> None:
        if order_id in self._book or qty == 0:
            self._defects.add("order created twice or without quantity", place, str(order_id))
            return
        self._book.add(order_id, side, price, qty)
        self._put(_ADD, side, price, qty, order_id)

    def _order_changed(self, order_id: int, side: int, price: int, qty: int, place: str) -> None:
        order = self._book.order(order_id)
        if order is None:
            self._defects.add("order unknown", place, f"{order_id} is changed")
        elif price == order.price_ticks and qty < order.qty_lots:
            self._execute(order_id, side, price, order.qty_lots - qty)
        elif (price, qty) != (order.price_ticks, order.qty_lots):
            self._book.change(order_id, price, qty)
            self._put(_CHANGE, side, price, qty, order_id)

    def _order_deleted(self, order_id: int, side: int, price: int, qty: int, place: str) -> None:
        order = self._book.order(order_id)
        if order is not None:
            if qty == 0:
                self._execute(order_id, side, order.price_ticks, order.qty_lots)
            else:
                self._book.cancel(order_id)
                self._put(_CANCEL, side, order.price_ticks, order.qty_lots, order_id)
            return
        invented = self._book.order(self._invented.get((side, price), 0))
        if invented is None or qty == 0 or invented.qty_lots < qty:
            self._defects.add("order unknown", place, f"{order_id} is deleted")
        else:
            self._book.cancel(invented.order_id, qty)
            self._put(_CANCEL, side, price, qty, invented.order_id)

    def _execute(self, order_id: int, side: int, price: int, qty: int) -> None:
        self._book.execute(order_id, qty)
        self._fills.append((qty, side, order_id))
        self._put(_EXECUTE, side, price, qty, order_id)

    def _trade(self, trade: _Trade) -> None:
        price, qty = self._nearest(trade.price, trade.amount)
        if price == 0 or qty == 0:
            raise ValueError(f"a trade of {trade.amount} at {trade.price}")
        newest: list[tuple[int, int] | None] = [None, None]
        for lots, side, order_id in self._fills:
            if lots == qty:
                newest[side] = (order_id, side)
        aggressor = _NONE
        bid, ask = newest
        if bid is not None and ask is not None:
            aggressor = max(bid, ask)[1]
            self._fills.remove((qty, _BUY, bid[0]))
            self._fills.remove((qty, _SELL, ask[0]))
        else:
            self._one.messages["trade without a side"] = self._one.messages.get("trade without a side", 0) + 1
        self._one.trades += 1
        self._put(_TRADE, aggressor, price, qty, trade.id)

    def _check(self, listed: _Book, place: str) -> None:
        sides = [[self._nearest(*level) for level in levels] for levels in (listed.bids, listed.asks)]
        if not self._is_seeded:
            self._is_seeded = True
            self._seed(sides)
            return
        for side, levels in enumerate(sides):
            for price, qty in levels:
                self._one.book_checked += 1
                self._one.book_equal += self._book.levels.qty_lots(side, price) == qty
            self._drop_left_behind(side, {price for price, _ in levels}, place)

    def _drop_left_behind(self, side: int, listed: set[int], place: str) -> None:
        """Remove levels that the venue's book repeatedly omits although they are within its range."""
        if not listed:
            return
        worst = min(listed) if side == _BUY else max(listed)
        misses: dict[int, int] = {}
        for price, _ in self._book.levels.iterate(side):
            if price == worst or (price < worst) == (side == _BUY):
                break
            if price not in listed:
                misses[price] = self._misses[side].get(price, 0) + 1
        for price in [price for price, count in misses.items() if count >= _MISSES_MAX]:
            del misses[price]
            ids, lots = self._book.queue(side, price)
            for order_id, qty in zip(ids.tolist(), lots.tolist(), strict=True):
                self._book.cancel(order_id)
                self._put(_CANCEL, side, price, qty, order_id, _SNAPSHOT | _LAST)
                if order_id > 0:
                    self._defects.add("order left behind, removed", place, f"{order_id}")
        self._misses[side] = misses

    def _seed(self, sides: list[list[tuple[int, int]]]) -> None:
        known = [(side, *row) for side in (_BUY, _SELL) for row in self._book.iterate(side)]
        have = [{price: self._book.levels.qty_lots(side, price) for price, _ in sides[side]} for side in (_BUY, _SELL)]
        self._book.clear()
        self._put(_BEGIN, _NONE, 0, 0, 0, _SNAPSHOT)
        number = -1
        for side, levels in enumerate(sides):
            for price, qty in levels:
                if qty > have[side][price]:
                    self._one.adopted += 1
                    self._invented[side, price] = number
                    self._book.add(number, side, price, qty - have[side][price])
                    self._put(_ADD, side, price, qty - have[side][price], number, _SNAPSHOT)
                    number -= 1
        for side, order_id, price, qty in known:
            self._book.add(order_id, side, price, qty)
            self._put(_ADD, side, price, qty, order_id, _SNAPSHOT)
        self._put(_END, _NONE, 0, 0, 0, _SNAPSHOT | _LAST)


@stored_together
def import_bitstamp(
    paths: Sequence[str | Path],
    catalog: Catalog,
    *,
    symbol: str | None = None,
    tick_size: str | None = None,
    lot_size: str | None = None,
    overwrite: bool = False,
    skip_bad_lines: bool = False,
    strict: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import a recording of Bitstamp's order feed into a catalog.

    Parameters
    ----------
    paths : list of path
        Files of one session, in the order of recording.
    catalog : Catalog
    symbol, tick_size, lot_size : str, optional
        BTCUSD, 0.01 and 0.00000001 by default: the lines do not contain them.
    overwrite, skip_bad_lines, strict, on_bytes
        As for `import_captures`.

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then unchanged.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    check_files(files)
    defects = Defects(strict=strict)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    name = symbol or "BTCUSD"
    instrument = Instrument(
        name,
        venue="bitstamp",
        kind="spot",
        base=name[:-3],
        quote=name[-3:],
        tick_size=tick_size or "0.01",
        lot_size=lot_size or "0.00000001",
        maker_fee="0.0025",
        taker_fee="0.0025",
    )
    one = InstrumentSummary(name, book_oracle="venue's own levels")
    with catalog.writer(instrument, overwrite=overwrite) as part:
        part.extra = {"files": [path.name for path in files]}
        rows = RowWriter(instrument, part)
        replay = _Replay(instrument, rows, one, defects)
        for path in files:
            broken = defects.broken_off(path.name)
            for number, line in read_lines(
                path, on_bytes=on_bytes, tolerate_truncation=skip_bad_lines, on_truncation=broken
            ):
                summary.lines += 1
                try:
                    replay.line(line, f"{path.name}:{number}")
                except (msgspec.MsgspecError, VeloraError, ValueError, ArithmeticError) as error:
                    if isinstance(error, DataError):
                        raise
                    if not skip_bad_lines:
                        raise CorruptData(
                            f"cannot be read: {error}",
                            file=path,
                            row=number,
                            hint="Correct the line, or skip such lines with --skip-bad-lines",
                        ) from None
                    defects.add("bad line", f"{path.name}:{number}", str(error))
        rows.flush()
    one.written(instrument, part.stats)
    summary.instruments.append(one)
    return summary.finish(defects, began)
