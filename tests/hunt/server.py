"""Runs scripts in processes of their own, and says how each ended.

A server forks a child for each script. The child writes each statement to a file before it runs it, so that the file
says what a child that died was at. It has bounds on memory and on the time of one statement: a statement that takes too
long is interrupted as Ctrl-C would, one that is deaf to that is ended and is a hang.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import fcntl
import gc
import itertools
import os
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from . import prelude
from .script import Writer, holds
from .surface import Surface

#: CPU time of one statement before it is interrupted, s, and how much later at most it has to hear that.
PATIENCE_S = 1.0
DEAF_S = 1.0
#: Real time without progress before a child is ended, s.
HANG_S = 25.0
#: Memory of a child beyond the server's, bytes.
MEMORY = 3 << 30


@dataclass
class Fault:
    """What went wrong: the kind, what tells it from others, and the statements that led there."""

    kind: str
    detail: str
    seed: str
    statements: list[str]
    output: str = ""
    key: str = ""
    trace: str = ""


@dataclass
class Tally:
    """What many scripts came to."""

    calls: int = 0
    scripts: int = 0
    slow: int = 0
    raised: Counter[str] = field(default_factory=Counter)
    poor: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    went_well: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)


class TooLong(KeyboardInterrupt):
    """A statement took too long; what Ctrl-C would do."""


class _Watch:
    """Interrupts statements that take too long, and measures how late that was heard."""

    def __init__(self, scale: float) -> None:
        self.scale, self.due, self.late = scale, 0.0, 0.0
        signal.signal(signal.SIGPROF, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.due == 0.0:
            return
        self.late = max(self.late, time.process_time() - self.due)
        self.due = time.process_time() + 0.2
        raise TooLong("the statement took too long")

    def begin(self) -> None:
        """A statement begins."""
        self.late = 0.0
        self.due = time.process_time() + PATIENCE_S * self.scale
        signal.setitimer(signal.ITIMER_PROF, PATIENCE_S * self.scale, 0.2)

    def end(self) -> None:
        """It is over."""
        self.due = 0.0
        signal.setitimer(signal.ITIMER_PROF, 0)


def _text(error: BaseException) -> str:
    """What an exception says, in one line; one that cannot say it is not ours."""
    try:
        return str(error).replace("\n", " ")
    except Exception as second:
        return f"({type(second).__name__} in str)"


def _place(error: BaseException) -> str:
    """Where in Velora an exception was raised: file and line, "" where it was elsewhere."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    name = last.filename.replace("\\", "/")
    return f"{name[name.index('velora/') :]}:{last.lineno}" if "velora/" in name else ""


class _Child:
    """What a child does: writes or reads statements, runs them, and writes down what came of each."""

    def __init__(self, log: int, scale: float) -> None:
        self.log, self.watch = log, _Watch(scale)
        self.space = {name: getattr(prelude, name) for name in dir(prelude) if not name.startswith("__")}
        sys.unraisablehook = self._ignored

    def say(self, mark: str, text: str = "") -> None:
        """Write one line to the file."""
        os.write(self.log, f"{mark}{text}\n".encode("utf-8", "backslashreplace"))

    def _ignored(self, found: Any) -> None:
        error = found.exc_value
        if error is None or isinstance(error, (TooLong, prelude.Planted)):
            return
        text = f"{type(error).__name__} in {getattr(found.object, '__qualname__', type(found.object).__name__)}"
        self.say("I", text)
        if prelude.is_foul(error):
            prelude.FOUL.append(error)

    def run(self, statement: str) -> None:
        """One statement."""
        self.say("S", statement)
        mark, text = "K", ""
        try:
            try:
                self.watch.begin()
                exec(compile(statement, "<hunt>", "exec"), self.space)
            finally:
                self.watch.end()
        except TooLong:
            mark = "T"
        except SyntaxError as error:
            mark, text = "F", f"SyntaxError of the hunt {_text(error)}"
            if "<hunt>" not in str(error.filename):
                mark, text = "E", "SyntaxError"
        except BaseException as error:
            place = _place(error)
            mark, text = "E", f"{type(error).__name__} {place}"
            if isinstance(error, SystemExit) or prelude.is_foul(error):
                mark = "F"
                text += " " + _text(error)[:300]
                text += " <- " + " <- ".join(_chain(error))
            elif (
                place
                and type(error).__module__ == "builtins"
                and not isinstance(error, (TypeError, ValueError, MemoryError, OverflowError, OSError))
            ):
                self.say("P", f"{type(error).__name__} {place} {_text(error)[:60]!r}")
        for error in prelude.FOUL:
            self.say(
                "F", f"{type(error).__name__} {_place(error)} {_text(error)[:300]} <- " + " <- ".join(_chain(error))
            )
        prelude.FOUL.clear()
        match = re.match(r"V\[(\d+)\] = ", statement)
        if match is not None and not holds(prelude.V.get(int(match[1]))):
            prelude.V.pop(int(match[1]), None)
        if len(prelude.V) > 24:
            prelude.V.pop(min(prelude.V))
        # A signal may reach another thread than the one that waits, which then sleeps on: nothing of ours.
        if self.watch.late > DEAF_S * self.watch.scale and "threads(" not in statement:
            self.say("D", f"{self.watch.late:.1f}")
        self.say(mark, text)
        prelude._fuel[0] = 400


def _chain(error: BaseException) -> list[str]:
    found = []
    one = error.__cause__ or error.__context__
    while one is not None and len(found) < 4:
        found.append(f"{type(one).__name__} {_place(one)} {_text(one)[:100]!r}")
        one = one.__cause__ or one.__context__
    return found


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def is_sanitized() -> bool:
    """Whether this process runs under AddressSanitizer."""
    return "libasan" in os.environ.get("LD_PRELOAD", "")


def _warm_up() -> None:
    """Load what would else be loaded in each child: every way to begin once."""
    import asyncio
    import pickle

    import pandas
    import polars
    import pyarrow.parquet

    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for make in (prelude.table, prelude.by_order, prelude.book, prelude.book3, prelude.quotes, prelude.engine,
                         prelude.venue, prelude.bus, prelude.result, prelude.live, prelude.catalog, prelude.records,
                         prelude.replay, prelude.driver, prelude.intake):  # fmt: skip
                made = make()
            made = prelude.result()
            for shown in (made.summary, made.audit, lambda: made.fills().to_pandas(), lambda: made.to_html("x.html")):
                with contextlib.suppress(Exception):
                    str(shown())
            prelude.table(200, prelude.INS2)
            prelude.table(60)
        finally:
            os.chdir(before)
    prelude.V.clear()
    prelude.K.clear()
    del asyncio, pickle, pandas, polars, pyarrow


class Server:
    """Forks a child for each script."""

    def __init__(self, known: Surface) -> None:
        self.known = known
        self.scale = 4.0 if is_sanitized() else 1.0
        self.tally = Tally()
        _warm_up()
        gc.collect()
        gc.freeze()
        sys.setrecursionlimit(600)

    def write_and_run(self, seed: str, count: int) -> None:
        """A script of a seed."""

        def body(child: _Child) -> None:
            writer = Writer(self.known, seed)
            for _ in range(count):
                statement = writer.statement()
                child.say("N", writer.note)
                child.run(statement)

        self._judge(seed, *self._fork(body))

    def look_for_leaks(self, seed: str, count: int) -> None:
        """Run a script of a seed again and again: with everything gone afterwards, nothing may have grown."""

        def body(child: _Child) -> None:
            writer = Writer(self.known, seed)
            statements = []
            for _ in range(count):
                statements.append(writer.statement())
                child.run(statements[-1])
            _repeat(child, statements)

        self._judge(seed, *self._fork(body))

    def replay_for_leaks(self, statements: list[str]) -> Fault | None:
        """Run a script that is there again and again."""
        before = len(self.tally.faults)
        self._judge("", *self._fork(lambda child: _repeat(child, statements)))
        found = [one for one in self.tally.faults[before:] if one.kind == "leak"]
        del self.tally.faults[before:]
        return found[0] if found else None

    def replay(self, statements: list[str]) -> Fault | None:
        """A script that is there: what goes wrong with it, if anything does."""

        def body(child: _Child) -> None:
            for statement in statements:
                child.run(statement)

        before = len(self.tally.faults)
        self._judge("", *self._fork(body))
        found = self.tally.faults[before:]
        del self.tally.faults[before:]
        return found[0] if found else None

    def _fork(self, body: Callable[[_Child], None]) -> tuple[list[str], int, bool, str]:
        """Lines of the child's file, its wait status, whether it was ended, and what it printed."""
        folder = Path(tempfile.mkdtemp(prefix="velora-hunt-"))
        inner = folder / "a" / "b" / "c"
        inner.mkdir(parents=True)
        log_path, out_path = folder / "log", folder / "out"
        log = os.open(log_path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        pid = os.fork()
        if pid == 0:
            status = 9
            try:
                out = os.open(out_path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
                os.dup2(out, 1)
                os.dup2(out, 2)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.setsid()
                os.chdir(inner)
                os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                if not is_sanitized():
                    faulthandler.enable(all_threads=True)
                    bound = _address_space() + MEMORY
                    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
                # Out of reach of a call that takes a small number for an open file.
                child = _Child(fcntl.fcntl(log, fcntl.F_DUPFD, 700), self.scale)
                body(child)
                child.say("S", "# at the end: everything goes")
                child.watch.begin()
                prelude.V.clear()
                prelude.K.clear()
                gc.collect()
                child.watch.end()
                child.say("K")
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        try:
            state, is_ended = self._wait(pid, log)
            os.lseek(log, 0, os.SEEK_SET)
            lines = log_path.read_text(errors="replace").split("\n")
            output = out_path.read_text(errors="replace") if out_path.exists() else ""
        finally:
            os.close(log)
            shutil.rmtree(folder, ignore_errors=True)
        return lines, state, is_ended, output

    def _wait(self, pid: int, log: int) -> tuple[int, bool]:
        handle = os.pidfd_open(pid)
        size, since = 0, time.monotonic()
        try:
            while True:
                ready, _, _ = select.select([handle], [], [], 1.0)
                if ready:
                    return os.waitpid(pid, 0)[1], False
                now = os.fstat(log).st_size
                if now != size:
                    size, since = now, time.monotonic()
                is_large = is_sanitized() and _resident(pid) > MEMORY + (2 << 30)
                if is_large or time.monotonic() - since > HANG_S * self.scale:
                    os.kill(pid, signal.SIGABRT)
                    if not select.select([handle], [], [], 5.0)[0]:
                        os.kill(pid, signal.SIGKILL)
                    return os.waitpid(pid, 0)[1], True
        finally:
            os.close(handle)

    def _judge(self, seed: str, lines: list[str], state: int, is_ended: bool, output: str) -> None:
        tally = self.tally
        tally.scripts += 1
        statements: list[str] = []
        note = ""
        for line in lines:
            mark, text = line[:1], line[1:]
            if mark == "N":
                note = text
                tally.tried[note] += 1
            elif mark == "K":
                tally.went_well[note] += 1
            if mark == "S":
                statements.append(text)
                tally.calls += 1
            elif mark == "E":
                tally.raised[text.split(" ", 1)[0]] += 1
            elif mark == "T":
                tally.slow += 1
            elif mark == "P":
                tally.poor[text] += 1
            elif mark == "I":
                tally.ignored[text] += 1
            elif mark == "F":
                tally.faults.append(Fault("error", text, seed, list(statements), output[-2000:], _key_of_error(text)))
            elif mark == "M":
                tally.faults.append(Fault("leak", text, seed, list(statements), "", f"leak {text.split(' ', 1)[1]}"))
            elif mark == "D":
                tally.faults.append(Fault("deaf", f"{text} s after the interrupt: {statements[-1]}", seed,
                                          list(statements), "", "deaf"))  # fmt: skip
        if is_ended:
            trace = _key_of_output(output)
            text = f"no progress: {statements[-1:]}"
            tally.faults.append(Fault("hang", text, seed, statements, output[-6000:], f"hang {trace or note}", trace))
        elif os.WIFSIGNALED(state):
            name = signal.Signals(os.WTERMSIG(state)).name
            trace = _key_of_output(output)
            tally.faults.append(
                Fault("signal", name, seed, statements, output[-6000:], f"{name} {trace or note}", f"{name} {trace}")
            )
        elif os.WEXITSTATUS(state) != 0:
            tally.faults.append(Fault("exit", str(os.WEXITSTATUS(state)), seed, statements, output[-6000:], "exit"))


def _repeat(child: _Child, statements: list[str]) -> None:
    """Whether memory grows by as much in each of the last rounds: looked at twice, since caches fill too."""
    programs = [compile(one, "<hunt>", "exec") for one in statements]
    if _growth(child, programs, 8):
        child.say("S", "# again and again")
        for text in _growth(child, programs, 40):
            child.say("M", text)


def _growth(child: _Child, programs: list[CodeType], rounds: int) -> list[str]:
    seen: list[tuple[int, int]] = []
    for number in range(5 * rounds):
        for program in programs:
            child.watch.begin()
            with contextlib.suppress(Exception, TooLong):
                exec(program, child.space)
            child.watch.end()
        prelude.V.clear()
        prelude.K.clear()
        prelude.FOUL.clear()
        prelude._fuel[0] = 400
        if number % rounds == rounds - 1:
            gc.collect()
            gc.collect()
            seen.append((sys.getallocatedblocks(), _heap()))
            child.say("R")
    found = []
    for at, (name, least) in enumerate((("objects of Python", rounds), ("bytes of C", 48 * rounds))):
        grown = [later[at] - one[at] for one, later in itertools.pairwise(seen[1:])]
        if min(grown) >= least and max(grown) <= 2 * min(grown):
            found.append(f"{min(grown) / rounds:.1f} {name} a run")
    return found


class _Mallinfo(ctypes.Structure):
    # struct mallinfo2: field 4 is hblkhd, mapped, and 7 uordblks, in use.
    _fields_ = [(f"field{at}", ctypes.c_size_t) for at in range(10)]


def _heap() -> int:
    """Bytes that malloc has given out, 0 where the C library does not say."""
    try:
        ask = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):
        return 0
    ask.restype = _Mallinfo
    found = ask()
    return int(found.field7 + found.field4)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


def _key_of_error(text: str) -> str:
    return text.split(" <- ")[0][:160]


def _key_of_output(output: str) -> str:
    """What tells one crash from another: the first frames of Velora in what the sanitizer or Python printed."""
    frames = []
    summary = ""
    for line in output.split("\n"):
        if "SUMMARY:" in line or "runtime error:" in line:
            summary = summary or line.split("==")[-1].strip()[:140]
        text = line.strip()
        if text.startswith("#") and ("velora" in text or "csrc" in text) and len(frames) < 2:
            frames.append(text.split(" in ")[-1].split(" ")[0])
        elif text.startswith('File "') and len(frames) < 1 and "/velora/" in text:
            frames.append(text[text.rindex("/velora/") + 1 :].replace('"', ""))
    return f"{summary} {' '.join(frames)}".strip()
