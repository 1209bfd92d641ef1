"""The matching engine against reports that were published by others, through C and through Python.

The streams are `velora.testkit.order_streams`; the digests of their right reports, of their files and of the final
books, answers about the book on the way, and 34 small cases stand in ``tests/golden/matching_oracle.json``. By default
all five full streams go through C and one through Python, with everything small through both.
`VELORA_MATCHING_ORACLE=all` sends every stream through both, in batches of three sizes.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import velora as vl
from velora.sim.matching import MatchingEngine
from velora.testkit import order_streams
from velora.testkit.order_streams import MESSAGE, SCENARIOS, make_messages, to_bytes, to_commands, to_lines

ORACLE = json.loads((Path(__file__).parents[1] / "golden/matching_oracle.json").read_text())
CASES = {case["name"]: case for case in ORACLE["invariants"]}
DOES_ALL = os.environ.get("VELORA_MATCHING_ORACLE") == "all"
BATCHES = (1, 7, 4096)
COUNT, SEED = 1_000_000, 23


class Outcome(NamedTuple):
    text: bytes  # reports as lines
    probes: list  # (best bid, best ask, depth) after each index
    book: list  # (side, price, id, open lots), best first, each queue in its order


class Through:
    """The engine, driven one way or the other."""

    def __init__(self, way, driver, folder):
        self.way, self.driver, self.folder = way, driver, folder

    def __call__(self, messages, *, batch=4096, probes=()):
        return (self._c if self.way == "c" else self._python)(messages, batch, list(probes))

    def _c(self, messages, batch, indices):
        stream, probes, book = (self.folder / name for name in ("stream", "probes", "book"))
        stream.write_bytes(to_bytes(messages))
        command = [self.driver, stream, str(batch), probes, book, *map(str, indices)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        stream.unlink()
        assert done.returncode == 0, (done.returncode, done.stderr)
        answers = [line.split(",") for line in probes.read_text().splitlines()]
        return Outcome(
            done.stdout.removesuffix(b"\n"),
            [tuple(None if word == "-" else int(word) for word in words) for words in answers],
            [tuple(map(int, line.split(","))) for line in book.read_text().splitlines()],
        )

    def _python(self, messages, batch, indices):
        engine = MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"), amend="reinsert")
        commands, wanted, reports, answers = to_commands(messages), set(indices), [], []
        ends = sorted({*range(batch, len(messages), batch), *(index + 1 for index in indices), len(messages)})
        for start, end in zip([0, *ends], ends, strict=False):
            reports.append(engine.apply(commands[start:end]))
            if end - 1 in wanted:
                asked, levels = messages[end - 1], engine.levels
                depth = levels.qty_lots(int(asked["side"]), int(asked["price"]))
                assert depth == engine.queue(int(asked["side"]), int(asked["price"]))[1].sum()
                answers.append((levels.best_bid_ticks, levels.best_ask_ticks, depth))
        text = "\n".join(to_lines(np.concatenate(reports))).encode()
        return Outcome(text, answers, book_of(engine))


def book_of(engine):
    """Orders of an engine's book, read queue by queue."""
    made = []
    for side in (0, 1):
        for price in engine.levels.levels(side)[0].tolist():
            ids, lots = engine.queue(side, price)
            made += [(side, price, *order) for order in zip(ids.tolist(), lots.tolist(), strict=True)]
    return made


@pytest.fixture(scope="session")
def driver(repository, c_compiler, matching_library, tmp_path_factory):
    """The C program that puts a stream through the engine."""
    program = tmp_path_factory.mktemp("drive_matching") / "drive_matching"
    source = repository / "csrc/tests/drive_matching.c"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{repository / 'csrc/include'}"]
    subprocess.run([c_compiler, *flags, source, matching_library, "-o", program], check=True, timeout=300)
    return program


@pytest.fixture(params=["c", "python"])
def through(request, tmp_path):
    return Through(request.param, request.getfixturevalue("driver") if request.param == "c" else None, tmp_path)


def sha256(data):
    if not isinstance(data, bytes):
        data = "\n".join(",".join(map(str, row)) for row in data).encode()
    return hashlib.sha256(data).hexdigest()


def first_difference(text, digests):
    """Where wrong reports begin, by the digests of the first 1,000, 10,000 ... messages."""
    for count, digest in digests.items():
        heads = (b"\n%d,%d," % (code, int(count)) for code in range(6))
        end = min((at for at in map(text.find, heads) if at >= 0), default=len(text))
        if sha256(text[:end]) != digest:
            return f"the first difference is within the first {count} messages"
    return "the first difference is after all messages with a digest"


def probe_indices(messages):
    return [(2 * k + 1) * len(messages) // 128 for k in range(64)]


# ---------------------------------------------------------------- streams


def test_random_numbers_are_those_of_the_plain_initialisation():
    assert [number.hex() for number in order_streams.random_numbers(SEED).random_sample(3).tolist()] == [
        "0x1.08db44aad27cbp-1",
        "0x1.e4d8484bd6d9fp-1",
        "0x1.87ea577207097p-1",
    ]
    table = order_streams.depth_table()
    assert (table[0].hex(), table[799].hex()) == ("0x1.000000000011dp+0", "0x1.c02883b812d3bp+3")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_short_and_overlapping_streams_are_made_byte_by_byte(scenario):
    for key, wanted in ORACLE["short"][scenario].items():
        count, seed = map(int, key.split())
        assert sha256(to_bytes(make_messages(scenario, count, seed))) == wanted["stream"], key
    assert sha256(to_bytes(make_messages(scenario, 100_000, overlap=True))) == ORACLE["overlap"][scenario]["stream"]


def test_overlapping_streams_reach_the_middle_of_queues():
    """What the published streams never do: there each cancel and amend concerns the newest order of its price."""
    behind = {}
    for overlap in (False, True):
        messages = make_messages("static", 2_000, overlap=overlap)
        engine = MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"), amend="reinsert")
        behind[overlap] = 0
        for message, command in zip(messages, to_commands(messages).reshape(-1, 1), strict=True):
            if message["type"] and (place := where(engine, messages, int(message["order_id"]))) is not None:
                behind[overlap] += place
            engine.apply(command)
    assert behind[False] == 0
    assert behind[True] > 500


def where(engine, messages, order_id):
    """Whether others stand behind an order; None when it does not rest."""
    side = int(messages["side"][messages["order_id"] == order_id][0])
    for price in set(messages["price"][messages["order_id"] == order_id].tolist()):
        ids = engine.queue(side, price)[0]
        if order_id in ids:
            return ids[-1] != order_id
    return None


# ---------------------------------------------------------------- published


def check_published(through, scenario, batch):
    wanted = ORACLE["published"][scenario]
    messages = make_messages(scenario)
    assert sha256(to_bytes(messages)) == wanted["stream"]
    outcome = through(messages, batch=batch, probes=probe_indices(messages))
    assert sha256(outcome.text) == wanted["reports"], first_difference(outcome.text, wanted["reports_of_first"])
    assert [list(answer) for answer in outcome.probes] == wanted["probes"]
    assert sha256(outcome.book) == wanted["book"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_published_streams_give_the_published_reports(scenario, through):
    if through.way == "python" and scenario != "normal" and not DOES_ALL:
        pytest.skip("through Python all streams go by VELORA_MATCHING_ORACLE=all")
    check_published(through, scenario, 4096)


@pytest.mark.skipif(not DOES_ALL, reason="the long form goes by VELORA_MATCHING_ORACLE=all")
@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_published_streams_give_them_in_batches_of_any_size(scenario, batch, through):
    check_published(through, scenario, batch)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_short_streams_give_their_reports_in_batches_of_any_size(scenario, through):
    for key, wanted in ORACLE["short"][scenario].items():
        count, seed = map(int, key.split())
        for batch in BATCHES if count == 1_000 or DOES_ALL else BATCHES[1:]:
            messages = make_messages(scenario, count, seed)
            outcome = through(messages, batch=batch, probes=probe_indices(messages))
            assert sha256(outcome.text) == wanted["reports"], (key, batch)
            assert sha256(outcome.book) == wanted["book"], (key, batch)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_overlapping_streams_give_their_reports(scenario, through):
    wanted = ORACLE["overlap"][scenario]
    messages = make_messages(scenario, 100_000, overlap=True)
    for batch in BATCHES if DOES_ALL else (4096,):
        outcome = through(messages, batch=batch)
        assert sha256(outcome.text) == wanted["reports"], batch


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_c_and_python_answer_alike_anywhere_in_an_overlapping_stream(scenario, driver, tmp_path):
    messages = make_messages(scenario, 5_000, 11, overlap=True)
    rng = np.random.default_rng(11)
    indices = sorted(rng.choice(len(messages), 300, replace=False).tolist())
    ways = [Through(way, driver, tmp_path)(messages, batch=64, probes=indices) for way in ("c", "python")]
    assert ways[0] == ways[1]
    assert len(ways[0].probes) == 300


# ---------------------------------------------------------------- invariants


def parse(text):
    """Messages of a case: ``N4 S14@250 IOC``, ``M2 B6@301``, ``C2``; ``N1..N9 ...`` is nine of them."""
    rows = []
    for words in (one.split() for one in text.split("; ")):
        first, _, last = words[0].partition("..")
        for order_id in range(int(first[1:]), int((last or first)[1:]) + 1):
            side = qty = price = 0
            if len(words) > 1:
                side = "BS".index(words[1][0])
                qty, price = map(int, words[1][1:].split("@"))
            rows.append(("NCM".index(first[0]), side, words[-1] == "IOC", 0, qty, len(rows), order_id, price, 0))
    return np.array(rows, MESSAGE)


def drawn(book):
    """A book as the cases draw it: ``B PRICE:LOTS/ORDERS ... | S ...``."""
    sides = ["", ""]
    for side in (0, 1):
        levels = {}
        for _, price, _, lots in (order for order in book if order[0] == side):
            total, orders = levels.get(price, (0, 0))
            levels[price] = (total + lots, orders + 1)
        sides[side] = "".join(f" {price}:{total}/{orders}" for price, (total, orders) in levels.items())
    return f"B{sides[0]} | S{sides[1]}"


@pytest.mark.parametrize("name", CASES)
def test_invariant(name, through):
    case = CASES[name]
    messages = parse(case["messages"])
    is_long = "reports" not in case
    outcome = through(messages, batch=1, probes=[] if is_long else range(len(messages)))
    assert drawn(outcome.book) == case["books"][-1]
    if is_long:
        assert sha256(outcome.text) == case["reports_sha256"]
        return
    assert outcome.text.decode().split() == case["reports"].split()
    for count in range(1, len(messages) + 1):
        book = through(messages[:count]).book
        assert drawn(book) == case["books"][count - 1], count
        best = [[order[1] for order in book if order[0] == side][:1] for side in (0, 1)]
        at = messages[count - 1]
        depth = sum(order[3] for order in book if order[:2] == (at["side"], at["price"]))
        assert outcome.probes[count - 1] == (*(side[0] if side else None for side in best), depth)


@pytest.mark.parametrize("name", [name for name in CASES if "five thousand" not in name])
def test_invariant_holds_order_by_order(name):
    """The same through `submit`, `amend` and `cancel`."""
    case = CASES[name]
    messages = parse(case["messages"])
    engine = MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"), amend="reinsert")
    assert book_of(engine) == []
    assert engine.levels.best_bid_ticks is engine.levels.best_ask_ticks is None
    lines = []
    for at, message in enumerate(messages.tolist()):
        kind, side, is_ioc, _, qty, _, order_id, price, _ = message
        if kind == 0:
            reports = engine.submit(order_id, side, qty, price, time_in_force="ioc" if is_ioc else "gtc")
        elif kind == 1:
            reports = engine.cancel(order_id)
        else:
            reports = engine.amend(order_id, qty, price)
        lines += sorted(line for line in (line_of(report, at) for report in reports) if line)
        assert drawn(book_of(engine)) == case["books"][at]
    assert sorted(lines) == sorted(case["reports"].split())


def line_of(report, sequence):
    """A report of a call as its line, None for the maker's of a trade."""
    head = {
        "ACK": (0, report.side, report.order_id, report.price_ticks, report.qty_lots),
        "FILL": (1, report.price_ticks, report.qty_lots, report.other_id, report.order_id),
        "CANCELED": (2, report.side, report.order_id, report.price_ticks),
        "EXPIRED": (2, report.side, report.order_id, report.price_ticks),
        "AMENDED": (3, report.side, report.order_id, report.price_ticks, report.leaves_lots),
        "CANCEL_REJECTED": (4, report.order_id),
        "AMEND_REJECTED": (5, report.order_id),
    }[report.kind.name]
    return None if report.is_maker else ",".join(map(str, (head[0], sequence, *head[1:])))


def test_without_the_option_amends_are_in_place():
    """Of the cases one differs then: the amend of an order of which a part has filled gives the total."""
    differ = []
    for name, case in CASES.items():
        engine = MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"))
        lines = to_lines(engine.apply(to_commands(parse(case["messages"]))))
        if "reports" in case and lines != case["reports"].split():
            differ.append(name)
    assert differ == ["what is left of a maker can be amended"]
