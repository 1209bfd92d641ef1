"""Promises of the package: light to import, enums as in C, modules that users can cimport."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import velora
from velora.core.events import EventFlag, EventKind, Side
from velora.core.orders import FillCause, MarkSource, OrderReason, OrderState, TriggerBy, TriggerKind


def test_importing_velora_loads_nothing_heavy():
    program = "import sys, velora, json; print(json.dumps([m for m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"numpy", "pyarrow", "pandas", "polars", "plotly", "fsspec", "typer", "rich", "msgspec"}


def test_every_public_name_can_be_had():
    for name in velora.__all__:
        assert getattr(velora, name) is not None
    assert set(velora.__all__) <= set(dir(velora))
    with pytest.raises(AttributeError):
        velora.nothing  # noqa: B018


def header(name: str) -> str:
    return (Path(velora.get_include()) / "velora" / name).read_text()


@pytest.mark.parametrize(
    ("enum", "file", "prefix"),
    [
        (EventKind, "event.h", "VEL_EV_"),
        (EventFlag, "event.h", "VEL_FLAG_"),
        (OrderState, "order.h", "VEL_ORDER_"),
        (OrderReason, "order.h", "VEL_REASON_"),
        (TriggerKind, "order.h", "VEL_TRIGGER_"),
        (TriggerBy, "order.h", "VEL_BY_"),
        (FillCause, "evidence.h", "VEL_CAUSE_"),
        (MarkSource, "mark.h", "VEL_MARK_"),
    ],
)
def test_enums_are_those_of_the_headers(enum, file, prefix):
    found = {name: int(value) for name, value in re.findall(rf"\b{prefix}(\w+) = (\d+)", header(file))}
    assert found == {member.name: int(member) for member in enum}


def test_sides_are_those_of_the_header():
    assert "VEL_BUY = 0, VEL_SELL = 1, VEL_NO_SIDE = 2" in header("base.h")
    assert (Side.BUY, Side.SELL, Side.NONE) == (0, 1, 2)


USER_MODULE = """
from libc.stdint cimport int64_t
from velora.core.book cimport OrderBookL2
from velora.core.instrument cimport Instrument


def spread(OrderBookL2 book not None):
    cdef int64_t bid = book.best_bid_ticks_c()
    cdef Instrument instrument = book.instrument
    return instrument.ticks_to_price_c(book.best_ask_ticks_c() - bid)
"""


def test_users_can_cimport_books_and_instruments(tmp_path):
    pytest.importorskip("Cython", reason="building a user's module needs Cython")
    import shutil

    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        compiler = "cc"
    if shutil.which(compiler) is None:
        pytest.skip("building a user's module needs a C compiler")
    (tmp_path / "mine.pyx").write_text(USER_MODULE)
    root = Path(velora.__file__).resolve().parents[1]
    subprocess.run(
        [sys.executable, "-m", "cython", "-3", "-I", str(root), "mine.pyx"], cwd=tmp_path, check=True, timeout=120
    )
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    includes = [f"-I{sysconfig.get_paths()['include']}", f"-I{velora.get_include()}"]
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", *includes, "mine.c", "-o", f"mine{suffix}"],
        cwd=tmp_path,
        check=True,
        timeout=120,
    )
    program = (
        "import velora as vl, mine; b = vl.OrderBookL2(vl.Instrument('T', tick_size='0.5', lot_size=1)); "
        "b.set(0, 10, 1); b.set(1, 13, 1); print(mine.spread(b))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1.5"
