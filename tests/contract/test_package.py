"""Promises of the package: light to import, enums as in C, modules that users can cimport."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

import velora
from velora.core.events import EventFlag, EventKind, Side
from velora.core.orders import (
    FillCause,
    FillDoubt,
    MarkSource,
    OrderReason,
    OrderState,
    OrderType,
    SelfTrade,
    TimeInForce,
    TriggerBy,
    TriggerKind,
)
from velora.core.vocabulary import (
    EVIDENCE_DTYPE,
    FILL_DTYPE,
    ORDER_DTYPE,
    QUEUE_POSITION_DTYPE,
    SAMPLE_DTYPE,
    QueueEvent,
    fields_of,
    names_of,
)
from velora.engine.journal import RecordType
from velora.sim.matching import COMMAND, REPORT


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


def headers() -> str:
    """All headers, without their comments."""
    texts = [path.read_text() for path in sorted((Path(velora.get_include()) / "velora").glob("*.h"))]
    return re.sub(r"/\*[\s\S]*?\*/", "", "\n".join(texts))


@pytest.mark.parametrize(
    ("enum", "prefix"),
    [
        (EventKind, "VEL_EV_"),
        (EventFlag, "VEL_FLAG_"),
        (OrderState, "VEL_ORDER_"),
        (OrderReason, "VEL_REASON_"),
        (TriggerKind, "VEL_TRIGGER_"),
        (TriggerBy, "VEL_BY_"),
        (FillCause, "VEL_CAUSE_"),
        (FillDoubt, "VEL_DOUBT_"),
        (MarkSource, "VEL_MARK_"),
        (QueueEvent, "VEL_QUEUE_"),
        (RecordType, "VEL_RECORD_"),
    ],
)
def test_enums_are_those_of_the_headers(enum, prefix):
    found = {name: int(value) for name, value in re.findall(rf"\b{prefix}(\w+) = (\d+)", headers())}
    assert found == {member.name: int(member) for member in enum}


@pytest.mark.parametrize(
    ("enum", "names"),
    [
        (Side, {"BUY": "BUY", "SELL": "SELL", "NO_SIDE": "NONE"}),
        (OrderType, {"LIMIT": "LIMIT", "MARKET": "MARKET", "MARKET_TO_LIMIT": "MARKET_TO_LIMIT"}),
        (TimeInForce, {one: one for one in ("GTC", "IOC", "FOK", "GTD", "DAY")}),
        (
            SelfTrade,
            {
                "STP_NONE": "NONE",
                "STP_TAKER": "EXPIRE_TAKER",
                "STP_MAKER": "EXPIRE_MAKER",
                "STP_BOTH": "EXPIRE_BOTH",
                "STP_DECREMENT": "DECREMENT",
            },
        ),
    ],
)
def test_enums_of_other_names_are_those_of_the_headers(enum, names):
    first = next(iter(names))
    (body,) = re.findall(rf"enum [^{{}}]*{{([^}}]*\bVEL_{first} = [^}}]*)}}", headers())
    found = {name: int(value) for name, value in re.findall(r"\bVEL_(\w+) = (\d+)", body)}
    assert {names[name]: value for name, value in found.items()} == {member.name: int(member) for member in enum}


def test_a_code_without_a_name_has_one_all_the_same():
    names = names_of(OrderReason)
    assert len(names) == max(OrderReason) + 1
    for code in range(256):
        known = code in list(OrderReason)
        assert names.of(code) == (OrderReason(code).name if known else f"CODE_{code}")


C_TYPES = {"int64_t": "i8", "int32_t": "i4", "uint8_t": "u1", "uint32_t": "u4", "double": "f8"}


def aligned(body: str) -> np.dtype:
    """The dtype of a struct by its declarations."""
    fields = []
    for kind, names in re.findall(r"\b(\w+) ([\w, \[\]]+?) *(?:;|\n)", body):
        for name in names.split(","):
            match = re.fullmatch(r"\s*(\w+)(?:\[(\d+)\])?", name)
            fields.append((match[1], C_TYPES[kind], *([int(match[2])] if match[2] else [])))
    return np.dtype([one for one in fields if not one[0].startswith(("pad", "reserved"))], align=True)


def check_record(dtype, struct):
    """The same fields at the same places, whatever the padding is called."""
    assert fields_of(dtype) == list(struct.names)
    for name in struct.names:
        assert dtype.fields[name][:2] == struct.fields[name][:2], name
    assert dtype.itemsize == struct.itemsize


@pytest.mark.parametrize(
    ("dtype", "struct"),
    [
        (FILL_DTYPE, "vel_fill_record"),
        (EVIDENCE_DTYPE, "vel_evidence"),
        (SAMPLE_DTYPE, "vel_sample_record"),
        (QUEUE_POSITION_DTYPE, "vel_queue_record"),
        (COMMAND, "vel_contingency_command"),
        (REPORT, "vel_match_report"),
    ],
)
def test_records_are_those_of_the_headers(dtype, struct):
    check_record(dtype, aligned(body_of(struct)))


def body_of(struct: str) -> str:
    """The declarations of a struct, with the terms of an order in their place."""
    (body,) = re.findall(rf"typedef struct {struct} {{([^}}]*)}} {struct}_t;", headers())
    return body.replace("vel_order_terms_t terms;", body_of("vel_order_terms")) if "vel_order_terms_t" in body else body


def test_order_records_are_those_that_the_engine_fills(repository):
    text = re.sub(r"#.*", "", (repository / "velora/engine/records.pyx").read_text())
    (body,) = re.findall(r"cdef struct _OrderRecord:\n((?:    .*\n)+)", text)
    check_record(ORDER_DTYPE, aligned(body))


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
