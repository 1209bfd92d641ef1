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
from velora.backtest.result import Result
from velora.cli.main import app
from velora.core.events import EventFlag, EventKind
from velora.core.vocabulary import CAUSES
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


def run(rows, *, latency="1ms", queue="risk_averse", data_latency=0, **options):
    """A run of `Once` over rows."""
    data = table(rows, latency=data_latency, **options)
    return vl.Backtest(data, Once(), latency=latency, queue=queue, sample="1ms").run()


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
    assert run(QUEUED, data_latency=1).audit().item("Received before it happened").grade == "good"
    assert run(QUEUED).audit().item("Received before it happened").grade == "unknown", "there is one clock alone"
    early = table(QUEUED, latency=vl.ns(2 * MS))
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
    late = vl.Backtest(table(QUEUED, latency=vl.ns(5 * MS)), Once(), latency="1ms").run().audit()
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


# ---------------------------------------------------------------------- what was not looked at

STATUS, GAP, BEGIN, END = EventKind.STATUS, EventKind.GAP, EventKind.SNAPSHOT_BEGIN, EventKind.SNAPSHOT_END
ADD, GONE = EventKind.ORDER_ADD, EventKind.ORDER_CANCEL
SNAPSHOT = [(0, BEGIN, 2, 0, 0), *BOOK, (0, END, 2, 0, 0)]


def by_order(rows):
    """A table of rows (ms, kind, side, price, qty, order id)."""
    plain = table([row[:5] for row in rows])
    plain.order_id[:] = [row[5] for row in rows]
    return plain


class Silent(vl.Strategy):
    """Does nothing."""


def passive(data):
    return vl.Backtest(data, Silent(), latency="1ms", sample="1ms").run()


ORDERS = [(0, ADD, 0, 100, 5, 1), (0, ADD, 1, 102, 5, 2), (30, TRADE, 1, 100, 1, 9), (40, ADD, 0, 99, 5, 3)]


@pytest.mark.parametrize("name", ["Crossed book", "Gaps", "Snapshots", "Trades off the displayed book"])
@pytest.mark.parametrize("rows", [QUEUED, [*BOOK, (5, TRADE, 0, 101, 1)]])
def test_what_nothing_looked_at_is_unknown(rows, name):
    found = run(rows).audit().item(name)
    assert found.grade == "unknown"
    assert "0.000" not in found.value


def test_a_market_that_states_its_gaps_and_marks_is_good_without_any():
    result = vl.Backtest(vl.SyntheticMarket(seed=2, events=3_000), MarketMaker(), latency="1ms").run()
    assert [result.audit().item(name).grade for name in ("Gaps", "Snapshots", "Trades off the displayed book")] == [
        "good"
    ] * 3
    assert result.data[0]["looked_for"] == ["gaps", "hidden", "off_book"]


def test_a_catalog_tells_what_its_importer_looked_for(tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write(vl.SyntheticMarket(seed=2, events=3_000))
    assert passive(catalog).audit().item("Gaps").grade == "good"
    catalog.write(vl.SyntheticMarket(seed=2, events=3_000).table(), overwrite=True)
    assert passive(catalog).audit().item("Gaps").grade == "unknown"


def test_a_session_by_order_without_a_snapshot_says_what_is_unknown():
    found = passive(by_order(ORDERS)).audit().item("Snapshots")
    assert (found.value, found.grade) == ("none", "unknown")
    assert "before the first row is unknown" in found.advice
    data = by_order([*ORDERS, (50, GONE, 0, 98, 5, 77), (60, GONE, 0, 97, 5, 78)])
    found = passive(data).audit(data).item("Snapshots")
    assert found.grade == "poor"
    assert found.advice.startswith("2 rows are about orders from before the first row")


def test_a_book_that_starts_late_from_its_snapshot_is_graded_by_how_late():
    late = [
        (0, DELTA, 0, 100, 10),
        *[(at, *row[1:]) for at, row in zip([40] * 5, SNAPSHOT, strict=True)],
        (100, DELTA, 0, 99, 1),
    ]
    found = run(late).audit().item("Snapshots")
    assert (found.value, found.grade) == ("1, the first after 40.0 ms", "poor")
    assert run([*SNAPSHOT, (100, DELTA, 0, 99, 1)]).audit().item("Snapshots").grade == "good"


def test_quotes_need_no_snapshot_and_trades_have_no_book():
    quotes = [(at, QUOTE, side, 100 + side, 5) for at in range(0, 50, 10) for side in (0, 1)]
    assert run(quotes).audit().item("Snapshots").grade == "good"
    trades = table([(at, TRADE, 0, 100, 5) for at in range(5)])
    found = passive(trades).audit(trades)
    assert [found.item(name).grade for name in ("Snapshots", "Crossed book")] == ["unknown", "unknown"]
    assert found.item("Crossed book").value == "no book"


def test_quotes_that_cross_are_seen_by_the_second_look():
    tops = [(0, 100, 101), (10, 103, 102), (40, 100, 101), (110, 100, 101)]
    rows = [(at, QUOTE, side, price, 5) for at, *prices in tops for side, price in enumerate(prices)]
    data = table(rows, flags=[0, 1] * len(tops))
    found = passive(data).audit(data).item("Crossed book")
    assert (found.value, found.grade) == ("27.273 % of the time", "poor")


def test_a_book_that_is_crossed_in_a_halt_is_not_held_against_the_run_and_said():
    rows = [(0, STATUS, 2, 0, 0, 0), (5, ADD, 0, 105, 5, 11), (5, ADD, 1, 103, 5, 12), (25, GONE, 0, 105, 5, 11)]
    rows += [(25, ADD, 0, 101, 5, 13), (30, STATUS, 2, 0, 1, 0), (130, TRADE, 0, 103, 1, 9)]
    data = by_order(rows)
    found = passive(data).audit(data).item("Crossed book")
    assert (found.value, found.grade) == ("0.000 % of the time, and 20.0 ms while trading was halted", "good")
    data = by_order([row for row in rows if row[1] != STATUS])
    found = passive(data).audit(data).item("Crossed book")
    assert found.grade == "poor"
    assert "these may be auctions" in found.advice


def test_what_the_second_look_finds_stays_with_the_result(tmp_path):
    rows = [*BOOK, (10, DELTA, 1, 99, 1), (20, DELTA, 1, 99, 0), (110, DELTA, 0, 98, 12)]
    result = run(rows)
    seen = result.audit(table(rows))
    assert result.audit().to_dict() == seen.to_dict()
    loaded = Result.load(result.to_parquet(tmp_path / "run"))
    assert loaded.audit().item("Crossed book").value == "9.091 % of the time"
    assert json.loads(json.dumps(loaded.data)) == result.data


def test_a_catalog_of_more_than_the_run_will_do(tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    other = vl.Instrument("ANOTHER", tick_size="1", lot_size="1")
    catalog.write(table(QUEUED))
    catalog.write(table(QUEUED, instrument=other))
    result = run(QUEUED)
    assert result.audit(str(tmp_path / "catalog")).item("Crossed book").grade == "good"
    with pytest.raises(InvalidArgument, match="does not say what its data was made of"):
        Result(empty_run()).audit(catalog)


def test_the_audit_in_one_sentence_names_the_worst():
    rows = [*BOOK, (10, DELTA, 1, 99, 1), (20, DELTA, 1, 99, 0), (110, DELTA, 0, 98, 12)]
    result = run(rows, latency=0)
    found = result.audit(table(rows))
    counts = found.counts
    assert found.worst.name == "Crossed book"
    assert found.sentence == (
        f"Of {sum(counts.values())} findings {counts['poor']} are poor and {counts['unknown']} are unknown; "
        "the worst: Crossed book, 9.091 % of the time."
    )
    assert found.sentence in str(found)
    assert found.to_dict()["sentence"] == found.sentence == result.summary().to_dict()["audit_sentence"]
    assert found.sentence.partition(";")[0] in str(result.summary()).replace("\n", " ")


def test_a_fill_by_place_on_quotes_alone_has_no_known_bound():
    rows = [(at, QUOTE, side, 100 + side, 5) for at in (0, 50) for side in (0, 1)]
    rows[2:2] = [(at, TRADE, 1, 100, 9) for at in (10, 20)]
    found = run(rows).audit()
    assert found.item("Fills by place that stand under the pessimistic bound").grade == "unknown"
    assert found.item("Queue model").grade == "fair"


def test_quotes_beside_a_book_that_are_not_fused_are_known_after_a_look():
    beside = [*SNAPSHOT, (5, QUOTE, 0, 100, 5), (5, QUOTE, 1, 101, 5), (9, TRADE, 0, 101, 1)]
    name = "Quotes over the book"
    assert run(beside).audit().item(name).grade == "unknown"
    assert run(beside).audit(table(beside)).item(name).grade == "fair"
    assert run(QUEUED).audit(table(QUEUED)).item(name).grade == "good"


def test_the_command_looks_at_the_data_and_a_saved_result_can_be_given_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [(0, ADD, 0, 100, 5, 1), (0, ADD, 1, 101, 5, 2), (20, ADD, 0, 103, 5, 3), (80, GONE, 0, 103, 5, 3)]
    vl.Catalog("catalog", create=True).write(by_order([*rows, (100, TRADE, 1, 100, 1, 9)]))
    (tmp_path / "run.toml").write_text(
        '[data]\npath = "catalog"\n[strategy]\nclass = "velora.strategy.examples:MarketMaker"\n'
    )
    shown = CliRunner().invoke(app, ["backtest", "run.toml", "--save", "looked"], env={"COLUMNS": "200"})
    assert "Crossed book, 60.000 % of the time" in shown.output, shown.output
    CliRunner().invoke(app, ["backtest", "run.toml", "--save", "unlooked", "--no-look"])

    def crossed(*words):
        found = CliRunner().invoke(app, ["report", *words, "--audit", "--json"])
        values = json.loads(found.stdout)
        return next(one for part in values["sections"] for one in part["items"] if one["name"] == "Crossed book")

    assert crossed("looked")["grade"] == "poor"
    assert crossed("unlooked")["grade"] == "unknown"
    assert crossed("unlooked", "--data", "catalog") == crossed("looked")


def test_the_report_begins_with_the_sentence_of_the_audit():
    from velora.backtest.report import render_html

    result = run(QUEUED)
    head = render_html(result).partition("</header>")[0]
    assert f"How far to trust it: {result.audit().sentence}" in head


# ---------------------------------------------------------------------- what was configured

OTHER = vl.Instrument("OTHER", venue="far", tick_size="1", lot_size="1", maker_fee="0.0001", taker_fee="0.0005")
NEAR = INSTRUMENT.replace(venue="near")


def of_two(**options):
    """A run of `Once` on an instrument of the venue near, beside one of the venue far."""
    data = [table(QUEUED, instrument=one) for one in (NEAR, OTHER)]
    return vl.Backtest(data, Once(), sample="1ms", **{"latency": "1ms"} | options).run()


def test_latency_by_venue_is_graded_by_link():
    legs = vl.Latency(entry="1ms", response="1ms", venue="10us", decision="10us")
    audit = of_two(latency={"near": legs, "far": 0}).audit()
    found = audit.item("Legs at zero")
    assert (found.value, found.grade) == ("near: none; far: decision, entry, venue, response", "poor")
    assert audit.item("Round trip (near)").value.startswith("median 2.0 ms")
    assert audit.item("Round trip (far)").value == "no order was answered"
    good = of_two(latency={"near": legs, "default": legs}).audit().item("Legs at zero")
    assert (good.value, good.grade) == ("near: none; default: none", "good")


@pytest.mark.parametrize("key", ["near", "TEST", "TEST@near", "default"])
def test_a_leg_at_zero_is_found_under_every_kind_of_key(key):
    audit = of_two(latency={"far": "1ms", key: 0}).audit()
    assert audit.item("Legs at zero").grade == "poor"
    assert f"{key}: decision, entry, venue, response" in audit.item("Legs at zero").value


def test_own_events_are_placed_by_the_response_of_their_own_venue():
    one = vl.Latency(entry="1ms", response="2ms")
    mapped = of_two(latency={"near": one, "far": "9ms"}).audit().item("Order among own events")
    assert mapped == of_two(latency=one).audit().item("Order among own events")


MODEL = vl.Impact.square_root(sigma_d=20.0, volume_d=1_000.0, memory="1h")


def test_market_impact_names_the_model_that_was_configured():
    none, one = of_two().audit().item("Market impact"), of_two(impact=MODEL).audit().item("Market impact")
    assert none.value == "none"
    assert none.grade == "poor"  # the fill was a sixth of what traded
    assert one.value.startswith("square root (sigma_d 20, volume_d 1000")
    assert one.grade == "fair"
    assert one.advice != none.advice


def test_market_impact_by_symbol_is_graded_by_the_instruments_without_a_model():
    other, own = (of_two(impact={symbol: MODEL}).audit().item("Market impact") for symbol in ("OTHER", "TEST"))
    assert other.value.startswith("TEST: none; OTHER: square root (")
    assert other.grade == "poor"
    assert own.value.startswith("TEST: square root (")
    assert own.value.endswith("OTHER: none")
    assert own.grade == "fair"


def test_a_session_by_order_is_said_to_be_read_by_order_at_the_venue_and_by_level_here():
    found = passive(by_order(ORDERS)).audit().item("Detail")
    assert (found.value, found.grade) == ("by order", "good")
    assert "The venue reads each order" in found.advice
    assert "the strategy sees the levels" in found.advice
    assert vl.Backtest(table(BOOK), Once()).run().audit().item("Detail").value == "by level"
