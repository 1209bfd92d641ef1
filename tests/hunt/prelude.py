"""What the scripts of a hunt have at hand: objects in all states, callbacks that act, and values that lie.

A script is a list of statements that share `V`, the objects made so far, and `K`, what callbacks kept. Both answer None
for what is not there, so that a script stays one when statements are taken out of it.
"""

from __future__ import annotations

import array
import copy
import ctypes
import datetime
import decimal
import fractions
import gc
import importlib
import pickle
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import velora as vl
from velora.backtest.feed import Feed, FeedByOrder
from velora.engine.intake import Intake
from velora.engine.journal import JournalReader, JournalWriter
from velora.engine.kernel import Kernel
from velora.paper.clock import LocalClock, ManualClock
from velora.paper.run import PacedRun
from velora.sim.venue import SimulatedVenue

T = 1_704_067_200_000_000_000
D = decimal.Decimal


class _Store(dict):
    def __missing__(self, key: object) -> None:
        return None


V: dict[int, Any] = _Store()
K: list[Any] = []
#: Kinds of exception that callbacks swallowed and that nothing may raise: read by the hunter.
FOUL: list[BaseException] = []
_fuel = [400]


class Planted(Exception):
    """Raised by callbacks on purpose."""


def is_foul(error: BaseException) -> bool:
    """Whether an exception, or one that it came from, is of a kind that misuse may not end in."""
    seen = 0
    one: BaseException | None = error
    while one is not None and seen < 10:
        if isinstance(one, (SystemError, AssertionError, NameError)):
            # NumPy's and CPython's own, of a format that is no string and of a buffer that was given back.
            return not any(text in str(one) for text in ("Format specifier must be a string", "<class 'enumerate'>"))
        one = one.__cause__ or one.__context__
        seen += 1
    known = (vl.VeloraError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError, MemoryError, OSError,
             RuntimeError, BufferError, StopIteration, ImportError, EOFError, Planted, pickle.PickleError,
             KeyboardInterrupt, GeneratorExit, StopAsyncIteration, Warning)  # fmt: skip
    return not isinstance(error, known) and any(
        "velora/" in frame.filename and "/hunt/" not in frame.filename
        for frame in traceback.extract_tb(error.__traceback__)
    )


def act(action: Callable[[], object]) -> object:
    """Do one action within a callback; what it raises stays here."""
    if _fuel[0] <= 0:
        return None
    _fuel[0] -= 1
    try:
        return action()
    except Exception as error:
        if is_foul(error):
            FOUL.append(error)
        return None


def keep(value: Any) -> Any:
    """Hold something that a callback was given beyond it."""
    if len(K) < 40:
        K.append(value)
    return value


class Call:
    """A callback: its actions in turn, one a call, then an answer, or an exception."""

    def __init__(self, *actions: Callable[..., object], answer: Any = None, fail: BaseException | None = None) -> None:
        self.actions, self.answer, self.fail, self.count = actions, answer, fail, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.count += 1
        for one in args[:1]:
            keep(one)
        if self.actions:
            act(self.actions[self.count % len(self.actions)])
        if self.fail is not None and self.count % 3 == 1:
            raise self.fail
        return self.answer


class Actor(vl.Strategy):
    """A strategy whose hooks do as they are told, each action with the strategy and what the hook was given."""

    def __init__(self, *actions: Callable[[Any, Any], object], fail: BaseException | None = None) -> None:
        self.actions, self.fail, self.count = actions, fail, 0

    def _act(self, event: Any) -> None:
        self.count += 1
        if self.count > 60:
            return
        keep(event)
        if self.actions:
            action = self.actions[self.count % len(self.actions)]
            act(lambda: action(self, event))
        if self.fail is not None and self.count % 7 == 6:
            raise self.fail

    def on_start(self) -> None:
        self.every("40ms", lambda: self._act(None))
        symbol = self.instruments[0]
        for price in (29_000, 29_990):
            keep(self.buy(symbol, qty_lots=3, price_ticks=price))
        keep(self.sell(symbol, qty_lots=2, price_ticks=31_000))
        self._act(None)

    def on_stop(self) -> None:
        self._act(None)

    def on_trade(self, trade: Any) -> None:
        self._act(trade)

    def on_quote(self, quote: Any) -> None:
        self._act(quote)

    def on_book(self, book: Any) -> None:
        self._act(book)

    def on_order(self, order: Any) -> None:
        self._act(order)

    def on_fill(self, fill: Any) -> None:
        self._act(fill)

    def on_position(self, position: Any) -> None:
        self._act(position)

    def on_candle(self, candle: Any) -> None:
        self._act(candle)

    def on_timer(self, timer: Any) -> None:
        self._act(timer)

    def on_signal(self, signal: Any) -> None:
        self._act(signal)

    def on_gap(self, gap: Any) -> None:
        self._act(gap)


class Model(vl.QueueModel):
    """A queue model that acts, and answers what it likes."""

    def __init__(self, *actions: Callable[[], object], answer: Any = None, fail: BaseException | None = None) -> None:
        super().__init__()
        self.call = Call(*actions, answer=answer, fail=fail)

    def lots_ahead(self, ahead: float, before: float, after: float, traded: float) -> float:
        answer = self.call()
        return ahead if answer is None else answer


class Clock(LocalClock):
    """A clock that acts, and shows what it likes."""

    def __init__(self, *actions: Callable[[], object], answer: Any = None, fail: BaseException | None = None) -> None:
        self.call, self.ts = Call(*actions, answer=answer, fail=fail), 0

    def start(self, ts: int) -> None:
        self.ts = ts

    def now(self) -> int:
        answer = self.call()
        self.ts += 1_000_000
        return self.ts if answer is None else answer

    def real_ns(self, duration_ns: int) -> int:
        return 0


class Source:
    """A source of events that acts between its chunks, and ends in anything."""

    def __init__(self, *actions: Callable[[], object], rows: int = 300, last: Any = None) -> None:
        self.of, self.call, self.last = table(rows), Call(*actions), last
        self.instrument, self.disorder_ns, self.has_depth, self.has_trades = self.of.instrument, 10**7, True, True

    def chunks(self, rows: int) -> Any:
        for chunk in self.of.chunks(50):
            self.call()
            yield chunk
        if self.last is not None:
            yield self.last


class Int:
    """A number that acts when it is asked for its value."""

    def __init__(self, value: Any, action: Callable[[], object] | None = None) -> None:
        self.value, self.action = value, action

    def _get(self) -> Any:
        if self.action is not None:
            act(self.action)
        return self.value

    def __index__(self) -> int:
        return self._get()

    def __float__(self) -> float:
        return float(self._get())

    def __bool__(self) -> bool:
        return bool(self._get())

    def __len__(self) -> int:
        return self._get()

    def __hash__(self) -> int:
        return hash(self._get())

    def __eq__(self, other: object) -> bool:
        return self._get() == other

    def __lt__(self, other: Any) -> bool:
        return self._get() < other

    def __str__(self) -> str:
        return str(self._get())


class List(list):
    """A list that acts, and may be empty afterwards, when it is asked for its length or elements."""

    action: Callable[[], object] | None = None
    clears = False

    def _get(self) -> None:
        if self.action is not None:
            act(self.action)
        if self.clears:
            self.clear()

    def __len__(self) -> int:
        length = super().__len__()
        self._get()
        return length

    def __iter__(self) -> Any:
        self._get()
        return super().__iter__()

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self._get()
        return found


def lists(values: Any, action: Callable[[], object] | None = None, clears: bool = False) -> List:
    """A `List`."""
    made = List(values)
    made.action, made.clears = action, clears
    return made


class Str(str):
    """A string that is equal to everything and hashes as nothing else."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


class Last:
    """Acts when the collector takes it."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action, self.me = action, self

    def __del__(self) -> None:
        act(self.action)


def released() -> memoryview:
    """A buffer that was given back."""
    view = memoryview(bytearray(64))
    view.release()
    return view


def frozen(values: Any) -> Any:
    """An array that may not be written to."""
    values = np.array(values)
    values.flags.writeable = False
    return values


def loop() -> list[Any]:
    """A list that holds itself."""
    made: list[Any] = [1]
    made.append(made)
    return made


def m(name: str) -> Any:
    """A module."""
    return importlib.import_module(name)


def sub(kind: type) -> Any:
    """A class below another one, but of Cython's own, which are nobody's to crash."""
    if kind.__module__.startswith("_cython"):
        raise TypeError("a class of Cython")
    return type("Below", (kind,), {})


def threads(*actions: Callable[[], object], times: int = 30) -> None:
    """Each action in a thread of its own, at once, a few times."""
    started = threading.Barrier(len(actions))

    def work(action: Callable[[], object]) -> None:
        started.wait(5)
        for _ in range(times):
            try:
                action()
            except Exception as error:
                if is_foul(error):
                    FOUL.append(error)

    running = [threading.Thread(target=work, args=(one,), daemon=True) for one in actions]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for one in running:
            one.start()
        for one in running:
            one.join(20)
    finally:
        sys.setswitchinterval(before)
    if any(one.is_alive() for one in running):
        raise SystemError("threads wait for each other")


def round_trip(value: Any, protocol: int = 2) -> Any:
    """Through pickle and back."""
    return pickle.loads(pickle.dumps(value, protocol))


# ------------------------------------------------------------------ worlds

INS = vl.Instrument("X", tick_size="0.1", lot_size="0.001", quote="USDT", base="X", min_notional="5")
INS2 = vl.Instrument("Y", tick_size="0.1", lot_size="0.01", kind="inverse", base="Y", quote="USD", contract_size="100")
_tables: dict[tuple[int, str], Any] = {}


def table(rows: int = 400, instrument: Any = INS) -> Any:
    """Market data of some rows."""
    key = (rows, instrument.symbol)
    if key not in _tables:
        _tables[key] = vl.SyntheticMarket(events=rows, instrument=instrument).table()
    return _tables[key]


def columns(rows: int = 60) -> dict[str, Any]:
    """Columns of market data, a copy."""
    of = table(rows)
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    return {name: getattr(of, name).copy() for name in names}


def book() -> Any:
    """A book of ten levels."""
    made = vl.OrderBookL2(INS)
    for step in range(5):
        made.set(0, 29_990 - step, 5 + step)
        made.set(1, 30_010 + step, 5 + step)
    return made


def book3() -> Any:
    """A book by order, of twenty."""
    made = vl.OrderBookL3(INS)
    for number in range(1, 21):
        made.add(number, number % 2, 30_000 + (number if number % 2 else -number), number)
    return made


def quotes() -> Any:
    """A book of the best quote."""
    made = vl.QuoteBook(INS)
    made.set(0, 29_990, 4)
    made.set(1, 30_010, 4)
    return made


def by_order() -> Any:
    """Market data order by order."""
    rows = 40
    i = np.arange(rows)
    return vl.EventTable.from_numpy(
        INS, ts_event=T + i * 10**6, ts_recv=T + i * 10**6 + 1000, order_id=i + 1, side=i % 2, qty=i % 5 + 1,
        kind=np.full(rows, int(vl.EventKind.ORDER_ADD)), price=30_000 + np.where(i % 2 == 0, -i - 1, i + 1),
    )  # fmt: skip


def engine() -> Any:
    """A matching engine with orders in it."""
    made = vl.MatchingEngine(INS)
    for number in range(1, 9):
        made.submit(number, number % 2, 5, 30_000 + (number if number % 2 else -number), owner=number % 3)
    made.submit(9, 0, 3, 30_020, owner=1, stop_ticks=30_030)
    return made


def venue(model: Any = "risk_averse", instruments: Any = None, **more: Any) -> Any:
    """A simulated venue with a book and orders in it."""
    instruments = instruments or [INS, INS2]
    made = SimulatedVenue(instruments, [False] * len(instruments), model, **more)
    for step in range(5):
        for side, price in ((0, 29_990 - step), (1, 30_010 + step)):
            made.on_row(0, int(vl.EventKind.DELTA), ts=T, side=side, price=price, qty=50, flags=1)
    for number in range(1, 6):
        made.on_command(0, 0, number, ts=T, side=0, price=29_990 - number % 3, qty=5)
    made.on_row(0, int(vl.EventKind.DELTA), ts=T + 10, side=0, price=29_990, qty=20, flags=1)
    return made


def bus(**more: Any) -> Any:
    """A bus with topics, an endpoint and a table."""
    made = vl.MessageBus(**more)
    keep(made.subscribe("a.*", Call()))
    keep(made.topic("a.b"))
    keep(made.endpoint("e", Call()))
    return made


def backtest(*actions: Any, fail: Any = None, data: Any = None, **more: Any) -> Any:
    """A backtest of an actor."""
    return vl.Backtest(table() if data is None else data, Actor(*actions, fail=fail), **{"latency": "1ms", **more})


def run(*actions: Any, until: str | None = "200ms", **more: Any) -> Any:
    """A run of an actor, part of the way."""
    made = backtest(*actions, **more).start()
    if until is not None:
        made.advance(until)
    return made


def result(*actions: Any, **more: Any) -> Any:
    """The result of a run."""
    return backtest(*actions, **more).run()


def live(*actions: Any, clock: Any = None, journal: Any = None, pumps: int = 3, **more: Any) -> Any:
    """A live run by a clock of its own, part of the way."""
    made = PacedRun(
        backtest(*actions, **more), clock=ManualClock(1_000_000) if clock is None else clock, journal=journal
    )
    made.start()
    for _ in range(pumps):
        made.pump(64)
    return made


def kernel(*actions: Any, **more: Any) -> Any:
    """The local side alone."""
    return Kernel([INS, INS2], Actor(*actions), [False, False], **more)


_journals: list[bytes] = []


def journal(name: str = "made.journal") -> str:
    """A file with the journal of a run."""
    if not _journals:
        made = live(journal="first.journal", pumps=20)
        made.finish()
        _journals.append(Path("first.journal").read_bytes())
    Path(name).write_bytes(_journals[0])
    return name


def catalog(name: str = "catalog") -> Any:
    """A catalog with one instrument in it."""
    made = vl.Catalog(name, create=True)
    made.write(table(), overwrite=True)
    return made


def feed(by: bool = False) -> Any:
    """One pass over data."""
    return FeedByOrder(by_order(), 16) if by else Feed(table(), 64)


def replay(*actions: Any) -> Any:
    """A replay that has not started."""
    from velora.backtest.replay import Replay

    instruments = [INS]
    local = Kernel(instruments, Actor(*actions), [False])
    return Replay(local, SimulatedVenue(instruments, [False]), [feed()], vl.Latency())


def driver(*actions: Any) -> Any:
    """A driver that is not connected."""
    from velora.paper.driver import PacedDriver

    instruments = [INS]
    local = Kernel(instruments, Actor(*actions), [False])
    return PacedDriver(local, SimulatedVenue(instruments, [False]), [feed()], vl.Latency())


def intake(*actions: Any) -> Any:
    """An intake of its own."""
    return Intake(kernel(*actions))


def records(name: str = "made.journal") -> list[Any]:
    """Records of a journal."""
    return list(JournalReader(journal(name)))


def writer(name: str = "new.journal") -> Any:
    """A journal that is being written."""
    Path(name).unlink(missing_ok=True)
    return JournalWriter(name, {"a": 1})


__all__ = [name for name in dict(globals()) if not name.startswith("_") and name != "annotations"]
_ = (array, copy, ctypes, datetime, fractions, gc, pa, weakref)  # for the scripts
