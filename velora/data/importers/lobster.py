"""LOBSTER: a message file and its order book file, as CSV files or in the ZIP as distributed.

Rules
-----
Orders. Type 1 becomes ORDER_ADD, 2 and 3 ORDER_CANCEL, 4 a TRADE and an ORDER_EXECUTE, 5 (hidden) a TRADE flagged
HIDDEN that reduces no order of the book, 6 (cross) a TRADE flagged OFF_BOOK, 7 (halt) a STATUS.

Window. The files list only events within the best n levels. Before the first message there is no book: the first row of
the order book file is the snapshot, with one order of an invented, negative id per level. A level that leaves the
window is removed from the book, because the files no longer report it. A level that enters the window gets the orders
it had if the file shows the same total, and one invented order otherwise. These rows carry the flag SNAPSHOT: they
restate the book without an event. Messages with unknown ids are applied to the invented order of their level; if
restored orders turn out to be wrong, the level becomes one invented order too.

Check. After every message the book is compared with its row of the order book file. Only a level that enters or leaves
at the last rank may differ; any other difference is a defect, and that side is then replaced from the file.

Days. Several days of a symbol are one part, in the order of time; each begins with its own snapshot.

Grid. Prices are stored exactly: a price between two ticks is an error that gives its row and the tick that fits every
price of the files. Only hidden fills (type 5, often half a tick off) are rounded to the nearest tick, and counted with
their original price.

Clock. Times are the venue's, in New York time; the files have no time of receipt.
"""

from __future__ import annotations

import io
import math
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from velora.core.book_l3 import OrderBookL3
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.importers.lines import check_files
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.rows import RowWriter
from velora.data.importers.together import stored_together
from velora.errors import CorruptData, DataError, InvalidArgument, MissingDependency

__all__ = ["import_lobster", "is_lobster"]

_NAME = re.compile(
    r"(?P<symbol>[^/\\]+)_(?P<day>\d{4}-\d\d-\d\d)_\d+_\d+_(?P<what>message|orderbook)_(?P<levels>\d+)\.csv$"
)
_PRICE_UNIT = 10_000  # prices are in 1e-4 of the currency
_NO_PRICE, _PRICE_DIGITS = 9_999_999_999, 10
_QTY_MAX = 10**12
_ID_MAX = 2**63 - 1
_LEVELS_MAX = 10_000
_DAY_SECONDS = 86_400
_LINE_MAX = 1 << 20
#: Types of messages whose price is on the grid, as text cells.
_WITH_TICK = [[kind] for kind in "12346"]
_LAST, _SNAPSHOT, _OFF_BOOK, _HIDDEN = (
    int(flag) for flag in (EventFlag.LAST, EventFlag.SNAPSHOT, EventFlag.OFF_BOOK, EventFlag.HIDDEN)
)
_TRADE, _STATUS = int(EventKind.TRADE), int(EventKind.STATUS)
_BEGIN, _END = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END)
_ADD, _CANCEL, _EXECUTE = int(EventKind.ORDER_ADD), int(EventKind.ORDER_CANCEL), int(EventKind.ORDER_EXECUTE)
_BUY, _SELL, _NONE = (int(side) for side in Side)

_Levels = list[tuple[int, int]]

#: Errors that reading a damaged ZIP may raise.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_lobster(path: Path) -> bool:
    """Whether a file is a LOBSTER file, by its name or the names in it."""
    return any(_NAME.search(name) for name in _names(path)[1])


def _names(path: Path) -> tuple[bool, list[str]]:
    """Whether a file is a ZIP, and the names in it, or its own name."""
    try:
        if not zipfile.is_zipfile(path):
            return False, [path.name]
        with zipfile.ZipFile(path) as archive:
            return True, archive.namelist()
    except _ZIP_ERRORS as error:
        raise CorruptData(f"the ZIP cannot be read ({error})", file=path, hint="Fetch the file again") from None


class _Session:
    """The two files of one symbol and day."""

    def __init__(self, symbol: str, day: str, levels: int) -> None:
        self.symbol, self.day, self.levels = symbol, day, levels
        self.opens: dict[str, tuple[Path, str]] = {}

    def path(self, what: str) -> Path:
        """The file with the messages or the order books: the ZIP or the CSV file."""
        return self.opens[what][0]

    def lines(self, what: str) -> Generator[tuple[int, str], None, None]:
        """Yield (1-based number, line) of the messages or the order books.

        Raises
        ------
        CorruptData
            If the file cannot be read further.
        """
        path, name = self.opens[what]
        number = 0
        with ExitStack() as stack:
            try:
                if name == "":
                    file = stack.enter_context(path.open(encoding="ascii"))
                else:
                    archive = stack.enter_context(zipfile.ZipFile(path))
                    method = archive.getinfo(name).compress_type
                    if method not in _METHODS:
                        raise NotImplementedError(f"its method of compression, {method}, is not deflate")
                    file = io.TextIOWrapper(stack.enter_context(archive.open(name)), "ascii")
                for number, line in enumerate(iter(lambda: file.readline(_LINE_MAX), ""), 1):
                    if len(line) == _LINE_MAX:
                        raise ValueError(f"a line of more than {_LINE_MAX:,} characters")
                    yield number, line
            except DataError:
                raise
            except _ZIP_ERRORS as error:
                raise CorruptData(
                    f"cannot be read after line {number} ({error})", file=path, hint="Fetch the file again"
                ) from None


def _sessions(files: Sequence[Path]) -> dict[str, list[_Session]]:
    """The days of each symbol, in order."""
    found: dict[tuple[str, str], _Session] = {}
    for path in files:
        is_zip, names = _names(path)
        for name in names:
            match = _NAME.search(name)
            if match is None:
                continue
            symbol, day, what, levels = match["symbol"], match["day"], match["what"], int(match["levels"])
            session = found.setdefault((symbol, day), _Session(symbol, day, levels))
            if session.levels != levels:
                raise InvalidArgument(
                    f"{symbol} of {day} has files with {session.levels} and with {levels} levels: import one of them"
                )
            if not 1 <= levels <= _LEVELS_MAX:
                raise CorruptData(f"{levels} levels; 1 to {_LEVELS_MAX:,} are supported", file=path)
            there = session.opens.get(what)
            if there is not None:
                where = f"{there[0]} and {path}" if there[0] != path else f"{path} twice"
                raise InvalidArgument(f"the {what} file of {symbol} of {day} is in {where}: import it once")
            session.opens[what] = (path, name if is_zip else "")
    for (symbol, day), session in found.items():
        for what in ("message", "orderbook"):
            if what not in session.opens:
                raise InvalidArgument(f"{symbol} of {day} has no {what} file: LOBSTER's files come in pairs")
    if not found:
        raise CorruptData(
            "not a LOBSTER file", file=files[0], hint="Name them SYMBOL_DAY_FROM_TO_message_N.csv and ..._orderbook_N"
        )
    days: dict[str, list[_Session]] = {}
    for symbol, day in sorted(found):
        days.setdefault(symbol, []).append(found[symbol, day])
    return days


def _midnight_ns(session: _Session) -> int:
    try:
        zone = ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError as error:
        raise MissingDependency(
            "LOBSTER's times are in New York time, which needs time zone data: pip install tzdata"
        ) from error
    try:
        midnight = datetime.fromisoformat(session.day).replace(tzinfo=zone)
    except ValueError:
        raise CorruptData(f"{session.day} is not a date", file=session.path("message"), hint="Rename it") from None
    if not 1970 < midnight.year < 2262:
        raise CorruptData(f"{session.day} does not fit 64 bits of ns", file=session.path("message"))
    return (midnight - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(microseconds=1) * 1_000


def _time_ns(text: str) -> int:
    seconds, _, fraction = text.partition(".")
    if not (seconds.isdigit() and (fraction.isdigit() or not fraction)) or int(seconds) >= _DAY_SECONDS:
        raise ValueError(f"{text[:40]!r} is not a time of day in seconds")
    return int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])


class _OffTick(Exception):
    """A price lies between two ticks."""

    def __init__(self, path: Path, row: int, price: int) -> None:
        self.path, self.row, self.price = path, row, price


def _finest_tick(sessions: Sequence[_Session], tick: int) -> int:
    """The largest step, of 1, 2 or 5 times a power of ten, that divides the tick and every visible price."""
    for session in sessions:
        for what in ("message", "orderbook"):
            for _, line in session.lines(what):
                cells = line.split(",")
                if what == "message":
                    chosen = cells[4:5] if cells[1:2] in _WITH_TICK else []
                else:
                    chosen = cells[::2]
                for cell in chosen:
                    digits = cell.strip()
                    if digits.isdigit() and len(digits) <= _PRICE_DIGITS and 0 < int(digits) < _NO_PRICE:
                        tick = math.gcd(tick, int(digits))
    return next(step for step in (100, 50, 20, 10, 5, 2, 1) if tick % step == 0)


class _Replay:
    """Converts messages to rows, and maintains the book that they make."""

    def __init__(
        self,
        instrument: Instrument,
        rows: RowWriter,
        levels: int,
        one: InstrumentSummary,
        defects: Defects,
        next_id: int,
    ) -> None:
        self._book = OrderBookL3(instrument)
        self._rows = rows
        self._levels = levels
        self._one = one
        self._defects = defects
        self._parked: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._invented: dict[tuple[int, int], int] = {}  # invented order of a level
        self.next_id = next_id  # of invented orders
        self._pending: list[tuple[int, int, int, int, int, int]] = []  # rows of the batch, without times

    # ------------------------------------------------------------- one step

    def begin(self, ts: int, expected: tuple[_Levels, _Levels]) -> None:
        """Write the book left by the first message, as a snapshot."""
        self._rows.add(ts, ts, _BEGIN, _NONE, _SNAPSHOT, 0, 0, 0)
        for side, levels in enumerate(expected):
            for price, qty in levels:
                self._adopt(side, price, qty)
        for kind, side, flags, price, qty, order_id in self._pending:
            self._rows.add(ts, ts, kind, side, flags, price, qty, order_id)
        self._pending.clear()
        self._rows.add(ts, ts, _END, _NONE, _SNAPSHOT | _LAST, 0, 0, 0)

    def trade(self, ts: int, side: int, flags: int, price: int, qty: int) -> None:
        """A print; `side` is the aggressor's."""
        self._rows.add(ts, ts, _TRADE, side, flags | _LAST, price, qty, 0)
        self._one.trades += 1
        self._one.off_book_trades += flags & _OFF_BOOK != 0

    def message(self, kind: int, order_id: int, side: int, price: int, qty: int) -> str:
        """Apply one change of the book; returns its fault, "" if there is none."""
        book = self._book
        if kind == 1:
            if order_id in book:
                return f"order {order_id} is in the book already"
            self._put(_ADD, side, 0, price, qty, order_id)
            return ""
        found = self._find(kind, order_id, side, price, qty)
        if not found:
            # The total of the level is right, but not the orders restored when it entered the window.
            if sum(self._book.queue(side, price)[1].tolist()) < qty:
                return f"{qty} shares of order {order_id} at {price} ticks, which has fewer"
            self._forget(side, price)
            found = self._invented[side, price]
        self._put(_EXECUTE if kind == 4 else _CANCEL, side, 0, price, qty, found)
        return ""

    def _find(self, kind: int, order_id: int, side: int, price: int, qty: int) -> int:
        """The order of a message, or the invented one of its level; 0 when neither fits."""
        for one in (order_id, self._invented.get((side, price), 0)):
            order = self._book.order(one) if one else None
            if order is not None and (order.side, order.price_ticks) == (side, price):
                is_whole = kind == 3 and one > 0
                if order.qty_lots == qty or (order.qty_lots > qty and not is_whole):
                    return one
        return 0

    def end(self, ts: int, expected: tuple[_Levels, _Levels], place: str) -> None:
        """Compare the book with the file's, then write the batch."""
        depth = self._book.levels.depth(self._levels + 1)
        is_equal = True
        for side, count, ticks, lots in (
            (_BUY, depth.bid_levels, depth.bid_ticks, depth.bid_lots),
            (_SELL, depth.ask_levels, depth.ask_ticks, depth.ask_lots),
        ):
            want = expected[side]
            have = list(zip(ticks[:count].tolist(), lots[:count].tolist(), strict=True))
            if have == want:
                continue
            if len(want) == self._levels and have[:-1] == want:
                self._park(side, have[-1][0])
            elif len(want) == len(have) + 1 and have == want[:-1]:
                self._enter(side, *want[-1])
            else:
                is_equal = False
                self._defects.add("book differs from the order book file", place, f"{have[:3]}... for {want[:3]}...")
                for price, _ in have:
                    self._park(side, price)
                self._parked = {key: orders for key, orders in self._parked.items() if key[0] != side}
                for price, qty in want:
                    self._adopt(side, price, qty)
        self._one.book_checked += 1
        self._one.book_equal += is_equal
        for at, (kind, side, flags, price, qty, order_id) in enumerate(self._pending):
            last = _LAST if at == len(self._pending) - 1 else 0
            self._rows.add(ts, ts, kind, side, flags | last, price, qty, order_id)
        self._pending.clear()

    # ------------------------------------------------------------- the book and its rows

    def _put(self, kind: int, side: int, flags: int, price: int, qty: int, order_id: int) -> None:
        if kind == _ADD:
            self._book.add(order_id, side, price, qty)
        elif kind == _EXECUTE:
            self._book.execute(order_id, qty)
        else:
            self._book.cancel(order_id, qty)
        self._pending.append((kind, side, flags, price, qty, order_id))

    def _park(self, side: int, price: int) -> None:
        ids, lots = self._book.queue(side, price)
        orders = self._parked[side, price] = list(zip(ids.tolist(), lots.tolist(), strict=True))
        for order_id, qty in orders:
            self._put(_CANCEL, side, _SNAPSHOT, price, qty, order_id)

    def _enter(self, side: int, price: int, qty: int) -> None:
        orders = self._parked.pop((side, price), [])
        if sum(lots for _, lots in orders) == qty and not any(order_id in self._book for order_id, _ in orders):
            for order_id, lots in orders:
                self._put(_ADD, side, _SNAPSHOT, price, lots, order_id)
        else:
            self._adopt(side, price, qty)

    def _forget(self, side: int, price: int) -> None:
        """From here on, only the total of the level is known."""
        ids, lots = self._book.queue(side, price)
        for order_id, qty in zip(ids.tolist(), lots.tolist(), strict=True):
            self._put(_CANCEL, side, _SNAPSHOT, price, qty, order_id)
        self._adopt(side, price, int(lots.sum()))

    def _adopt(self, side: int, price: int, qty: int) -> None:
        self._one.adopted += 1
        self._invented[side, price] = self.next_id
        self._put(_ADD, side, _SNAPSHOT, price, qty, self.next_id)
        self.next_id -= 1


def _book_rows(session: _Session, tick: int) -> Generator[tuple[_Levels, _Levels], None, None]:
    """(bids, asks) in ticks of each row of an order book file."""
    path, count = session.path("orderbook"), 4 * session.levels
    for number, line in session.lines("orderbook"):
        try:
            values = list(map(int, line.split(",")))
            if len(values) != count or "_" in line:
                raise ValueError(f"has {len(values)} values, not {count}")
            prices, lots = values[::2], values[1::2]
            if min(lots) < 0 or max(lots) > _QTY_MAX:
                raise ValueError(f"a quantity is not between 0 and {_QTY_MAX}")
            ticks = [price // tick for price in prices]
            # No remainder is negative, so their sum is 0 only if all are.
            is_whole = min(lots) > 0 and min(prices) > 0 and max(prices) < _NO_PRICE
            if not is_whole or sum(ticks) * tick != sum(prices):
                for at, (price, qty) in enumerate(zip(prices, lots, strict=True)):
                    if qty == 0 or abs(price) >= _NO_PRICE:
                        lots[at] = 0  # an empty level
                    elif price <= 0:
                        raise ValueError(f"a price of {price}")
                    elif price % tick:
                        raise _OffTick(path, number, price)
        except ValueError as error:
            raise CorruptData(str(error), file=path, row=number, hint="Fetch the file again") from None
        bids, asks = list(zip(ticks[1::2], lots[1::2], strict=True)), list(zip(ticks[::2], lots[::2], strict=True))
        if not is_whole:
            bids, asks = ([level for level in side if level[1]] for side in (bids, asks))
        yield bids, asks


class _Message(NamedTuple):
    """A line of a message file; `side` is that of the order in the book, the price is unscaled."""

    ts: int
    kind: int
    order_id: int
    qty: int
    price: int
    side: int


def _message(line: str, midnight: int) -> _Message:
    """Parse one line; raises ValueError or IndexError."""
    if "_" in line:
        raise ValueError(f"not a message: {line[:40]!r}")
    cells = line.split(",")
    kind, order_id, qty, price, direction = (int(cell) for cell in cells[1:6])
    if not 1 <= kind <= 7:
        raise ValueError(f"type {kind} is not 1 to 7")
    if kind != 7:
        if not 0 < qty <= _QTY_MAX:
            raise ValueError(f"{qty} shares are not between 1 and {_QTY_MAX}")
        if not 0 < price < _NO_PRICE:
            raise ValueError(f"a price of {price}")
        if kind <= 4 and not 0 < order_id <= _ID_MAX:
            raise ValueError(f"order id {order_id} is not between 1 and {_ID_MAX}")
        if kind != 6 and direction not in (1, -1):
            raise ValueError(f"direction {direction} is not 1 or -1")
    return _Message(midnight + _time_ns(cells[0]), kind, order_id, qty, price, _BUY if direction == 1 else _SELL)


def _read_day(
    session: _Session,
    instrument: Instrument,
    rows: RowWriter,
    tick: int,
    one: InstrumentSummary,
    defects: Defects,
    next_id: int,
    skip_bad_lines: bool,
) -> tuple[int, int]:
    """Write the rows of one day; returns the number of lines read, and the next id of an invented order."""
    replay = _Replay(instrument, rows, session.levels, one, defects, next_id)
    midnight = _midnight_ns(session)
    path = session.path("message")
    has_begun = False
    latest = number = 0
    with closing(session.lines("message")) as messages, closing(_book_rows(session, tick)) as books:
        for number, line in messages:
            place = f"{path.name}:{number}"
            expected = next(books, None)
            if expected is None:
                raise CorruptData("the order book file ends here", file=path, row=number, hint="Fetch the files again")
            try:
                found = _message(line, midnight)
                if found.ts < latest:
                    raise ValueError(f"time goes back by {latest - found.ts} ns")
            except (ValueError, IndexError) as error:
                if not skip_bad_lines:
                    raise CorruptData(
                        f"cannot be read: {error}", file=path, row=number, hint="Skip it with --skip-bad-lines"
                    ) from None
                defects.add("bad line", place, str(error))
                continue
            ts, kind, order_id, qty, price, side = found
            latest = ts
            one.messages[f"type {kind}"] = one.messages.get(f"type {kind}", 0) + 1
            if kind == 7:
                rows.add(ts, ts, _STATUS, _NONE, _LAST, 0, int(price == 1), 0)
                continue
            if price % tick:
                if kind != 5:
                    raise _OffTick(path, number, price)
                finer = Decimal(math.gcd(price, tick)) / _PRICE_UNIT
                detail = f"at {Decimal(price) / _PRICE_UNIT}; a tick of {finer} would fit it"
                defects.add("hidden fill between two ticks, rounded", place, detail)
            if kind >= 4:
                flags = {4: 0, 5: _HIDDEN, 6: _OFF_BOOK}[kind]
                replay.trade(ts, _NONE if kind == 6 else 1 - side, flags, round(price / tick), qty)
            if not has_begun:
                has_begun = True
                replay.begin(ts, expected)
                continue
            if kind <= 4:
                wrong = replay.message(kind, order_id, side, price // tick, qty)
                if wrong:
                    defects.add("message does not fit the book", place, wrong)
            replay.end(ts, expected, place)
        if number == 0:
            raise CorruptData("the message file is empty", file=path)
        if next(books, None) is not None:
            raise CorruptData(
                f"the message file ends at row {number}, the order book file is longer",
                file=path,
                row=number,
                hint="Fetch the files again",
            )
    return number, replay.next_id


def _import(
    sessions: Sequence[_Session],
    catalog: Catalog,
    tick_size: str,
    overwrite: bool,
    defects: Defects,
    skip_bad_lines: bool,
) -> tuple[InstrumentSummary, int]:
    """Import the days of one symbol; returns the number of lines read too."""
    symbol = sessions[0].symbol
    one = InstrumentSummary(symbol, book_oracle="order book file")
    instrument = Instrument(
        symbol,
        venue="nasdaq",
        kind="spot",
        base=symbol,
        quote="USD",
        tick_size=tick_size,
        lot_size="1",
        maker_fee="0",
        taker_fee="0",
    )
    tick = int(instrument.tick_size * _PRICE_UNIT)
    if tick < 1 or instrument.tick_size * _PRICE_UNIT != tick:
        raise InvalidArgument(f"tick_size must be a multiple of 0.0001, was {tick_size}")
    one.gaps = 0
    lines, next_id = 0, -1
    with catalog.writer(instrument, overwrite=overwrite) as part:
        # A missing row would show in the order book file.
        part.extra = {
            "files": [session.path("message").name for session in sessions],
            "looked_for": ["gaps", "hidden", "off_book"],
        }
        rows = RowWriter(instrument, part)
        try:
            for session in sessions:
                number, next_id = _read_day(session, instrument, rows, tick, one, defects, next_id, skip_bad_lines)
                lines += number
        except _OffTick as off:
            finer = Decimal(_finest_tick(sessions, tick)) / _PRICE_UNIT
            raise CorruptData(
                f"the price {Decimal(off.price) / _PRICE_UNIT} lies between two ticks of {instrument.tick_size}",
                file=off.path,
                row=off.row,
                field="price",
                hint=f"Import with --tick-size {finer:f}, which fits every price of {symbol}",
            ) from None
        rows.flush()
    one.written(instrument, part.stats)
    return one, lines


@stored_together
def import_lobster(
    paths: Sequence[str | Path],
    catalog: Catalog,
    *,
    tick_size: str | None = None,
    overwrite: bool = False,
    skip_bad_lines: bool = False,
    strict: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import LOBSTER sessions into a catalog.

    Parameters
    ----------
    paths : list of path
        ZIP files, or message and order book files; several days of a symbol become one part.
    catalog : Catalog
    tick_size : str, optional
        0.01 by default. A price between two ticks is an error, under `skip_bad_lines` too.
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
    for sessions in _sessions(files).values():
        one, lines = _import(sessions, catalog, tick_size or "0.01", overwrite, defects, skip_bad_lines)
        summary.instruments.append(one)
        summary.lines += lines
    if on_bytes is not None:
        on_bytes(sum(path.stat().st_size for path in files))
    return summary.finish(defects, began)
