"""Kills and full disks: what was there stays until what is new stands, whatever the moment.

`VELORA_KILLS` is the number of kills by time of each job; each step of a job at which the file system changes is tried
besides.
"""

from __future__ import annotations

import os
import random

import pytest
from _harm import JOBS, count_steps, duration, full_at_step, full_beyond, killed_after, killed_at_step, read_tree

KILLS = int(os.environ.get("VELORA_KILLS", "3"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a child process")


@pytest.fixture(params=list(JOBS))
def job(request):
    return JOBS[request.param]()


def prepared(job, folder):
    folder.mkdir()
    job.before(folder)
    return read_tree(folder)


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check(job, folder, mine, allowed=("old", "new")):
    assert job.found(folder) in allowed
    assert read_tree(folder) == mine
    named, left = job.leftovers(folder)
    assert left == []
    assert job.found(folder) in ("old", "new")
    return named


def steps(job, folder, *, with_removals=True):
    """Numbers of steps to harm: all of them where many kills are wanted, else the first, the last and some between."""
    folder.mkdir()
    job.before(folder)
    count = count_steps(job, folder, with_removals=with_removals)
    assert 2 < count < 255
    if count <= KILLS:
        return range(1, count + 1)
    return sorted({1, *range(max(count - 4, 1), count + 1), *range(1, count, max(count // KILLS, 1))})


def test_a_kill_before_any_step_leaves_the_old_or_the_new(job, tmp_path):
    found = set()
    for number in steps(job, tmp_path / "counted"):
        folder = tmp_path / str(number)
        mine = prepared(job, folder)
        assert killed_at_step(job, folder, number)
        found.add(job.found(folder))
        check(job, folder, mine)
    assert found == {"old", "new"}


def test_a_kill_at_any_time_leaves_the_old_or_the_new(job, tmp_path):
    (tmp_path / "timed").mkdir()
    job.before(tmp_path / "timed")
    longest = 1.2 * duration(job, tmp_path / "timed")
    rng = random.Random(5)
    for number in range(KILLS):
        folder = tmp_path / str(number)
        mine = prepared(job, folder)
        killed_after(job, folder, rng.uniform(0, longest))
        check(job, folder, mine)


def test_a_disk_that_is_full_at_any_step_leaves_the_old_or_the_new(job, tmp_path):
    for number in steps(job, tmp_path / "counted", with_removals=False):
        folder = tmp_path / str(number)
        mine = prepared(job, folder)
        before = names(folder)
        is_full = full_at_step(job, folder, number)
        if job.found(folder) == "old":
            assert is_full
            assert names(folder) <= before, number
        check(job, folder, mine)


def test_files_that_cannot_grow_leave_the_old_or_the_new(job, tmp_path):
    failed = 0
    for number, size in enumerate((0, 10, 500, 3_000, 9_000, 20_000, 60_000)):
        folder = tmp_path / str(number)
        mine = prepared(job, folder)
        is_full = full_beyond(job, folder, size)
        failed += is_full
        check(job, folder, mine)
    assert failed >= 2
