"""Our fills under hftbacktest's rules, one by one, against a record of hftbacktest 2.4.4's own.

The record, tests/golden/hftbacktest_fills.csv, is made by ``python -m perf_tests.compare.fills --update``, which runs
both sides over many more cases; here the peer is not needed.
"""

from __future__ import annotations

import hashlib

import pytest

import velora as vl

fills = pytest.importorskip("perf_tests.compare.fills", reason="the comparisons with peers are not here")

CASES = {case.name: case for case in fills.cases() if case.is_golden}
DIGESTS, GOLDEN = fills.read_golden() if fills.GOLDEN.exists() else ({}, {})

pytestmark = pytest.mark.skipif(not GOLDEN, reason="tests/golden/hftbacktest_fills.csv is not here")


@pytest.fixture(scope="module")
def tables(shared_data, tmp_path_factory):
    """The sessions that the record was made from."""
    for name, session in fills.SESSIONS.items():
        path = shared_data / session
        if not path.exists():
            pytest.skip(f"{session} is not here")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        assert found == DIGESTS[name], f"{session} is not the file that the record was made from"
    return fills.load_tables(shared_data, tmp_path_factory.mktemp("sessions"))


def test_record_holds_every_case_and_each_has_fills():
    assert set(GOLDEN) == set(CASES)
    assert all(len(outcome.fills) > 100 for outcome in GOLDEN.values())


@pytest.mark.parametrize("name", CASES)
def test_fills_are_those_of_hftbacktest(tables, name):
    case, expected = CASES[name], GOLDEN[name]
    own = fills.run_velora(case, tables)
    begin = fills.start_ns([tables[session] for session in case.sessions])
    found = [row._replace(ts_local=row.ts_local - begin, ts_venue=row.ts_venue - begin) for row in own.fills]
    assert found == expected.fills
    assert own.is_stopped == expected.is_stopped


class Ladder(vl.Strategy):
    """Three orders a side, sent anew each 50 ms, and a market order now and then."""

    def on_start(self):
        self.turns = 0
        self.every("50ms", self.go)

    def go(self):
        one, self.turns = self.instruments[0], self.turns + 1
        book = self.book(one)
        if book.best_bid_ticks is None or book.best_ask_ticks is None:
            return
        self.cancel_all()
        for away in (0, 1, 3):
            self.buy(one, qty_lots=3 + away, price_ticks=book.best_bid_ticks - away, post_only=True)
            self.sell(one, qty_lots=3 + away, price_ticks=book.best_ask_ticks + away, post_only=True)
        if self.turns % 7 == 0:
            (self.buy if self.turns % 2 else self.sell)(one, qty_lots=9)


def test_with_all_corrections_the_run_is_the_native_one_where_the_data_leaves_nothing_unknown():
    results = [
        vl.Backtest(
            vl.SyntheticMarket(seed=5, events=100_000),
            Ladder(),
            latency="3ms",
            queue="power3(3)",
            rules=rules,
            sample=0,
        ).run()
        for rules in ("velora", *(vl.HftbacktestRules(exchange, "all") for exchange in fills.EXCHANGES))
    ]
    assert len({result.hash for result in results}) == 1
    assert results[0].counters["queue_joins_unknown"] == [0]
    assert len(results[0].fills_raw) > 200
