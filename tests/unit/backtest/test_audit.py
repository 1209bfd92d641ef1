"""The audit grades what a run rests on, and says so in words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from _fake import BTC, COIN, ETH, empty_run, fake_run
from typer.testing import CliRunner

import velora as vl
from velora.backtest.audit import EVIDENCE, GRADES
from velora.backtest.bounds import queue_bounds
from velora.backtest.result import CAUSES, Result
from velora.cli.main import app
from velora.core.events import EventFlag, EventKind
from velora.errors import InvalidArgument
from velora.strategy.examples import MarketMaker

INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1", maker_fee="0.0001", taker_fee="0.0005")
TRADE, QUOTE, DELTA = EventKind.TRADE, EventKind.QUOTE, EventKind.DELTA
MS = 1_000_000


class Once(vl.Strategy):
    """Bids two lots at 100, once."""

    def on_start(self):
        self.is_sent = False
        self.every("1ms", self.send)

    def send(self):
        book = self.book("TEST")
        if not self.is_sent and book.best_bid is not None:
            self.is_sent = True
            self.buy("TEST", price=100, qty=2)


def table(rows, *, latency=0, instrument=INSTRUMENT, flags=None):
    """Rows of (ms, kind, side, price, qty)."""
    ts, kind, side, price, qty = (list(column) for column in zip(*rows, strict=True))
    event = np.array(ts) * MS
    return vl.EventTable.from_numpy(
        instrument, ts_event=event, ts_recv=event + latency, kind=kind, side=side, price=price, qty=qty,
        flags=[int(EventFlag.LAST)] * len(rows) if flags is None else flags,
    )  # fmt: skip


BOOK = [(0, DELTA, 0, 100, 10), (0, DELTA, 0, 99, 10), (0, DELTA, 1, 101, 10)]


def run(rows, *, latency="1ms", queue="risk_averse", **options):
    """A run of `Once` over rows."""
    return vl.Backtest(table(rows, **options), Once(), latency=latency, queue=queue, sample="1ms").run()


QUEUED = [*BOOK, (10, TRADE, 1, 100, 12), (10, DELTA, 0, 100, 1), (20, DELTA, 0, 99, 12)]


def test_fill_by_place_rests_on_the_model_and_one_beyond_the_price_on_a_trade():
    queued = run(QUEUED).audit()
    assert [(one.cause, one.datum, one.strength, one.fills) for one in queued.evidence] == [
        ("QUEUE", "a trade", "by the queue model", 1)
    ]
    assert queued.item("Strong evidence").grade == "poor"
    through = run([*BOOK, (10, TRADE, 1, 99, 5), (20, DELTA, 0, 98, 12)]).audit()
    assert [(one.cause, one.strength, one.share) for one in through.evidence] == [("THROUGH", "strong", 1.0)]
    assert through.item("Strong evidence").grade == "good"
    crossed = run([*BOOK, (10, DELTA, 0, 100, 0), (10, DELTA, 1, 100, 5), (20, DELTA, 0, 98, 12)]).audit()
    assert [(one.cause, one.datum, one.strength) for one in crossed.evidence] == [("CROSS", "a book change", "medium")]


def test_every_cause_has_its_evidence():
    assert set(EVIDENCE) == set(CAUSES)


def test_evidence_sums_to_the_run():
    result = Result(fake_run([BTC, ETH, COIN], seconds=200))
    evidence = result.audit().evidence
    assert sum(one.fills for one in evidence) == result.fills_raw.size
    for currency in result.currencies:
        own = [one for one in evidence if one.currency == currency]
        assert sum(one.share for one in own) == pytest.approx(1.0)
        assert sum(one.pnl for one in own) == pytest.approx(
            (result.pnl_units(currency) + result.funding_units(currency)) * float(result.money_unit(currency))
        )


def test_data_is_graded_by_what_it_tells():
    quotes = [(at, QUOTE, side, 100 + side, 5) for at in range(0, 50, 10) for side in (0, 1)]
    assert run(quotes).audit().item("Detail").value == "quotes only"
    assert run([(at, TRADE, 0, 100, 5) for at in range(5)]).audit().item("Detail").grade == "poor"
    assert run(BOOK).audit().item("Detail").grade == "good"


def test_clock_of_milliseconds_is_fair_and_an_estimated_one_poor():
    found = run(QUEUED).audit().item("Clocks")
    assert (found.value, found.grade) == ("1 ms at the venue, 1 ms at receipt", "fair")
    estimated = [int(EventFlag.LAST | EventFlag.CLOCK_ESTIMATED)] * len(QUEUED)
    assert run(QUEUED, flags=estimated).audit().item("Clocks").grade == "poor"


def test_rows_received_before_they_happened_are_found():
    assert run(QUEUED).audit().item("Received before it happened").grade == "good"
    early = table(QUEUED, latency=2 * MS)
    early.ts_event[-1] += 5 * MS
    result = vl.Backtest(early, Once(), latency="1ms").run()
    assert result.audit().item("Received before it happened").grade == "poor"


def test_stale_time_lowers_the_grade_of_gaps():
    rows = [*BOOK, (10, EventKind.GAP, 2, 0, 0), (60, EventKind.SNAPSHOT_BEGIN, 2, 0, 0)]
    rows += [
        (60, DELTA, 0, 100, 1),
        (60, DELTA, 1, 101, 1),
        (60, EventKind.SNAPSHOT_END, 2, 0, 0),
        (100, DELTA, 0, 99, 1),
    ]
    result = run(rows)
    assert result.data[0]["stale_ns"] == 50 * MS
    found = result.audit().item("Gaps")
    assert (found.grade, found.value) == ("poor", "1, stale for 50.000 % of the time")


def test_fills_beside_other_own_events_in_a_tick_of_the_clock_are_ambiguous():
    # The order reaches the venue at 2.5 ms: with a clock of 1 ms, a trade at 3 ms may have come before it.
    apart, together = 10, 3
    for at, grade in ((apart, "good"), (together, "poor")):
        rows = [*BOOK, (at, TRADE, 1, 99, 5), (at + 20, DELTA, 0, 98, 12)]
        result = vl.Backtest(table(rows), Once(), latency="1500us", sample="1ms").run()
        assert len(result.fills) == 1
        assert result.audit().item("Order among own events").grade == grade


def test_own_part_of_volume_and_of_the_print():
    result = run(QUEUED)
    found = result.audit(table(QUEUED))
    assert found.item("Own part of the volume traded").value == "16.67 %"
    assert found.item("Own part of the volume traded").grade == "poor"
    assert found.item("Own part of the prints").value.startswith("median 16.7 %")
    assert found.item("Own part of the level").value.startswith("median 20.0 %")
    no_trades = run([*BOOK, (10, DELTA, 0, 100, 0), (10, DELTA, 1, 100, 5), (20, DELTA, 0, 98, 12)])
    assert no_trades.audit().item("Own part of the volume traded").value == "no trades in the data"


def test_second_pass_measures_crossed_time():
    rows = [*BOOK, (10, DELTA, 1, 99, 1), (20, DELTA, 1, 99, 0), (110, DELTA, 0, 98, 12)]
    result = run(rows)
    assert result.audit().item("Crossed book").grade == "unknown"
    found = result.audit(table(rows)).item("Crossed book")
    assert (found.value, found.grade) == ("9.091 % of the time", "poor")


def test_second_pass_needs_the_data_of_the_run():
    other = vl.Instrument("OTHER", tick_size="1", lot_size="1")
    with pytest.raises(InvalidArgument, match="instruments TEST, the data has OTHER"):
        run(QUEUED).audit(table(QUEUED, instrument=other))


def test_latency_of_nothing_is_poor_and_faster_than_the_feed_fair():
    assert run(QUEUED, latency=0).audit().item("Legs at zero").grade == "poor"
    assert run(QUEUED, latency="1ms").audit().item("Legs at zero").value == "decision, venue"
    legs = vl.Latency(entry="1ms", response="1ms", venue="10us", decision="10us")
    assert run(QUEUED, latency=legs).audit().item("Legs at zero").grade == "good"
    late = vl.Backtest(table(QUEUED, latency=5 * MS), Once(), latency="1ms").run().audit()
    assert late.item("Round trip").grade == "fair"
    assert late.item("Latency and the data's clock").grade == "fair"


def test_queue_fills_that_stand_are_known_after_the_bounds_were_run():
    market = vl.SyntheticMarket(seed=3, events=150_000).table()
    bounds = queue_bounds(lambda queue: vl.Backtest(market, MarketMaker(), latency="5ms", queue=queue), "optimistic")
    name = "Fills by place that stand under the pessimistic bound"
    alone = vl.Backtest(market, MarketMaker(), latency="5ms", queue="optimistic").run()
    assert alone.audit().item(name).grade == "unknown"
    assert bounds.pessimistic.audit().item(name).value == "all"
    found = bounds.between.audit().item(name)
    wanted = bounds.between.fills_raw[bounds.between.fills_raw["cause"] == CAUSES.index("QUEUE")]
    there = {tuple(one) for one in bounds.pessimistic.fills_raw[["datum_row", "side", "price"]].tolist()}
    lots = sum(qty for *key, qty in wanted[["datum_row", "side", "price", "qty"]].tolist() if tuple(key) in there)
    assert float(found.value.partition(" %")[0]) <= 100 * lots / int(wanted["qty"].sum()) + 0.05
    assert found.value != "100.0 % of their quantity"


def test_assumptions_are_graded():
    found = run(QUEUED, queue="power3").audit()
    assert found.item("Queue model").grade == "fair"
    assert found.item("Fees").grade == "good"
    free = vl.Instrument("TEST", tick_size="1", lot_size="1", maker_fee="0", taker_fee="0")
    assert run(QUEUED, instrument=free).audit().item("Fees").grade == "poor"
    assert run(QUEUED, queue="optimistic").audit().item("Queue model").grade == "poor"


def test_run_without_fills_and_result_without_data_have_an_audit():
    empty = Result(empty_run()).audit()
    assert empty.evidence == []
    assert empty.item("Fills").grade == "unknown"
    assert empty.item("Data").value == "not known"
    assert run(BOOK).audit().item("Fills").value == "none"


def test_audit_is_text_and_json_and_its_counts_are_those_of_its_findings():
    found = run(QUEUED).audit(table(QUEUED))
    values = json.loads(json.dumps(found.to_dict()))
    grades = [item["grade"] for section in values["sections"] for item in section["items"]]
    assert values["counts"] == {grade: grades.count(grade) for grade in GRADES}
    assert set(grades) <= set(GRADES)
    text = str(found)
    for section in values["sections"]:
        assert section["title"] in text
        for item in section["items"]:
            assert item["value"] in text
            assert item["advice"] in text
            assert item["advice"].endswith(".")


def test_data_is_kept_with_the_result_and_hash_and_checksum_are_not_changed_by_it(tmp_path):
    result = run(QUEUED)
    loaded = Result.load(result.to_parquet(tmp_path / "run"))
    assert loaded.data == result.data != []
    assert loaded.audit().to_dict() == result.audit().to_dict()
    before = result._checksum()
    result.data = []
    assert result._checksum() == before


def test_data_is_counted_alike_whatever_the_chunks():
    market = vl.SyntheticMarket(seed=3, events=60_000).table()
    runs = [vl.Backtest(market, MarketMaker(), chunk_rows=rows).run() for rows in (60_000, 999)]
    assert runs[0].data == runs[1].data
    assert runs[0].data[0]["rows"] == len(market)


def test_command_prints_the_audit_of_a_saved_result(tmp_path):
    folder = str(run(QUEUED).to_parquet(tmp_path / "run"))
    shown = CliRunner().invoke(app, ["report", folder, "--audit"], env={"COLUMNS": "160"})
    assert shown.exit_code == 0, shown.output
    assert "Strong evidence" in shown.output
    as_json = CliRunner().invoke(app, ["report", folder, "--audit", "--json"])
    assert json.loads(as_json.stdout)["counts"]["poor"] >= 1
