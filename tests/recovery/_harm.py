"""What is harmed while it is written: five jobs, the state before them, and what may be found after them."""

from __future__ import annotations

import errno
import os
import random
import re
import resource
import signal
import sys
import time
from pathlib import Path

import velora as vl
from velora.core import files
from velora.data.importers import import_files
from velora.engine.journal import JournalReader, JournalWriter
from velora.errors import CorruptData, MissingFile
from velora.strategy.examples import MarketMaker

OLD, NEW = (vl.SyntheticMarket(seed=seed, events=events).table() for seed, events in ((1, 1_500), (2, 2_500)))


def _result(table):
    return vl.Backtest(table, MarketMaker(), latency="1ms").run()


RESULTS = {"old": _result(OLD), "new": _result(NEW)}


def read_tree(folder):
    """Of each file that nobody but its owner may touch: its bytes."""
    return {path.name: path.read_bytes() for path in Path(folder).rglob("*") if path.name.startswith("mine")}


class Overwrite:
    """A part of a catalog is replaced."""

    def before(self, folder):
        vl.Catalog(folder / "c", create=True).write(OLD)

    def work(self, folder):
        vl.Catalog(folder / "c").write(NEW, overwrite=True)

    def found(self, folder):
        catalog = vl.Catalog(folder / "c")
        catalog.verify()
        table = catalog.source("SYNUSDT").table()
        return {len(OLD): "old", len(NEW): "new"}[len(table)]

    def leftovers(self, folder):
        catalog = vl.Catalog(folder / "c")
        named = [one.path for one in catalog.remove_leftovers()]
        return named, [str(path) for path in (folder / "c").rglob(".*")]


class Import(Overwrite):
    """A file is imported into a catalog that holds something else."""

    def before(self, folder):
        import pyarrow.parquet as pq

        vl.Catalog(folder / "c", create=True).write(
            vl.SyntheticMarket(events=500, instrument=NEW.instrument.replace(symbol="OTHER"))
        )
        pq.write_table(NEW.to_arrow(), folder / "mine.parquet")

    def work(self, folder):
        import_files([folder / "mine.parquet"], vl.Catalog(folder / "c"), format="table")

    def found(self, folder):
        catalog = vl.Catalog(folder / "c")
        catalog.verify()
        assert len(catalog.source("OTHER").table()) == 500
        if len(catalog.names()) == 1:
            return "old"
        assert len(catalog.source("SYNUSDT").table()) == len(NEW)
        return "new"


class Save:
    """A result is saved over another one."""

    def before(self, folder):
        RESULTS["old"].to_parquet(folder / "r")
        (folder / "r" / "mine.md").write_text("a week of work")

    def work(self, folder):
        RESULTS["new"].to_parquet(folder / "r")

    def found(self, folder):
        found = vl.Result.load(folder / "r")
        return next(name for name, result in RESULTS.items() if result.hash == found.hash)

    def leftovers(self, folder):
        RESULTS["new"].to_parquet(folder / "r")
        return [], [path.name for path in (folder / "r").rglob(".*")]


class FirstSave(Save):
    """A result is saved in a new folder."""

    def before(self, folder):
        (folder / "mine.md").write_text("a week of work")

    def found(self, folder):
        try:
            return super().found(folder)
        except MissingFile:
            return "old"


class Report:
    """A report is written over another one."""

    def before(self, folder):
        RESULTS["old"].to_html(folder / "report.html")
        (folder / "mine.md").write_text("a week of work")

    def work(self, folder):
        RESULTS["new"].to_html(folder / "report.html")

    def found(self, folder):
        page = (folder / "report.html").read_text()
        assert page.rstrip().endswith("</html>")
        return next(name for name, result in RESULTS.items() if result.hash in page)

    def leftovers(self, folder):
        self.work(folder)
        return [], [path.name for path in folder.glob(".*")]


class Journal:
    """A journal is written: it is not replaced, it grows."""

    def before(self, folder):
        JournalWriter(folder / "old.journal", {}).close()
        (folder / "mine.md").write_text("a week of work")

    def work(self, folder):
        from velora.paper.clock import ManualClock
        from velora.paper.run import PacedRun

        test = vl.Backtest(NEW, MarketMaker(), latency="1ms")
        live = PacedRun(test, clock=ManualClock(1_000_000), journal=folder / "run.journal")
        live.start()
        while live.pump(50):
            pass
        live.finish()

    def found(self, folder):
        assert [record.number for record in JournalReader(folder / "old.journal")] == [0]
        path = folder / "run.journal"
        if not path.exists():
            return "old"
        why = _not_begun(path)
        if why is not None:  # killed before its first record was whole
            assert re.search("empty|header is not whole|first record|no journal", why)
            assert path.stat().st_size < 5_000
            return "old"
        numbers = [record.number for record in JournalReader(path)]
        assert numbers == list(range(len(numbers)))
        assert vl.replay_journal(path, MarketMaker()).is_same
        return "new"

    def leftovers(self, folder):
        return [], []


def _not_begun(path):
    try:
        JournalReader(path)
    except CorruptData as error:
        return str(error)
    return None


JOBS = {job.__name__.lower(): job for job in (Import, Overwrite, Save, FirstSave, Report, Journal)}


# ---------------------------------------------------------------------- harm


def steps_of(action, *, with_removals=True):
    """Call `action` before each step at which a file system changes, with the number of the step."""
    count = 0

    def step():
        nonlocal count
        count += 1
        action(count)

    def audit(event, arguments):
        wants = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_CREAT | os.O_WRONLY)
        if wants or event in ("os.rename", "os.mkdir") or (with_removals and event in ("os.remove", "os.rmdir")):
            step()

    sys.addaudithook(audit)
    sync, append = os.fsync, files.WholeFile._append

    def stepped_sync(handle):
        step()
        sync(handle)

    def stepped_append(self, data):
        step()
        append(self, data)
        self._out.flush()

    os.fsync, files.WholeFile._append = stepped_sync, stepped_append
    return lambda: count


def in_child(work):
    """Run in a process of its own; its wait status."""
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(60)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def count_steps(job, folder, *, with_removals):
    """Steps of a job that is left alone."""

    def work():
        count = steps_of(lambda _: None, with_removals=with_removals)
        job.work(folder)
        os._exit(min(count(), 255))

    return in_child(work) >> 8


def killed_at_step(job, folder, number):
    """Kill the job before its step of that number; whether it came so far."""

    def work():
        steps_of(lambda count: os.kill(os.getpid(), signal.SIGKILL) if count == number else None)
        job.work(folder)

    status = in_child(work)
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


def killed_after(job, folder, seconds):
    """Kill the job after a time."""
    child = os.fork()
    if child == 0:
        try:
            job.work(folder)
        except BaseException:
            os._exit(1)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def duration(job, folder):
    began = time.perf_counter()
    assert in_child(lambda: job.work(folder)) == 0
    return time.perf_counter() - began


def full_at_step(job, folder, number):
    """The disk is full at the step of that number; whether the job came so far."""

    def action(count):
        if count == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def work():
        steps_of(action, with_removals=False)  # to remove a file takes no room
        job.work(folder)

    status = in_child(work)
    assert status in (0, 1 << 8), status
    return status != 0


def full_beyond(job, folder, size):
    """No file grows beyond a size."""

    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        job.work(folder)

    status = in_child(work)
    assert status in (0, 1 << 8), status
    return status != 0


def flipped(data, rng=random):
    """The bytes with one bit changed."""
    changed = bytearray(data)
    at = rng.randrange(len(changed))
    changed[at] ^= 1 << rng.randrange(8)
    return bytes(changed), at
