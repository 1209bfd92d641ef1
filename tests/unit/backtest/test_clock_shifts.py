"""The audit compares the clock shifts that imports gave to the instruments of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import velora as vl


class Idle(vl.Strategy):
    pass


class Shifted:
    """A source whose times of receipt an import has shifted."""

    def __init__(self, venue: str, shift_ns: int | None) -> None:
        table = vl.SyntheticMarket(7, events=2_000).table()
        names = ("kind", "side", "price", "qty", "ts_event", "ts_recv", "flags")
        columns = {name: getattr(table, name) for name in names}
        self.table = vl.EventTable.from_numpy(table.instrument.replace(venue=venue), **columns)
        self.instrument, self.disorder_ns = self.table.instrument, self.table.disorder_ns
        self.has_depth = True
        if shift_ns is not None:
            self.clock_shift_ns = shift_ns

    def chunks(self, rows: int) -> Iterator[vl.EventTable]:
        return self.table.chunks(rows)


def audit(*shifts: int | None) -> vl.Result:
    venues = ("spot", "perpetual", "third")
    data = [Shifted(venue, shift) for venue, shift in zip(venues, shifts, strict=False)]
    return vl.Backtest(data, Idle(), latency="1ms").run()


NAME = "Clock shifts between instruments"


def test_shifts_that_differ_are_a_lead_that_the_audit_names_in_ms() -> None:
    item = audit(1_277_000_000, 1_273_000_000).audit().item(NAME)
    assert item.grade == "poor"
    assert "a lead of 4 ms of SYNUSDT@perpetual over SYNUSDT@spot" in item.advice
    assert "--clock-shift 1277000000ns" in item.advice


def test_source_without_a_shift_beside_a_shifted_one_is_a_lead_too() -> None:
    item = audit(500_000_000, None).audit().item(NAME)
    assert (item.grade, "500 ms of SYNUSDT@perpetual" in item.advice) == ("poor", True)


@pytest.mark.parametrize("shift", [0, 1_277_000_000])
def test_equal_shifts_are_good(shift: int) -> None:
    assert audit(shift, shift, shift).audit().item(NAME).grade == "good"


def test_one_instrument_has_no_such_finding() -> None:
    titles = [section.title for section in audit(5).audit().sections]
    assert "Data of several instruments" not in titles


def test_shift_of_a_catalog_reaches_the_audit_and_a_saved_result(tmp_path, monkeypatch) -> None:
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    for venue in ("spot", "perpetual"):
        catalog.write(Shifted(venue, None).table)
    sources = [catalog.source(name) for name in catalog.names()]
    for source, shift in zip(sources, (3_000_000, 1_000_000), strict=True):
        source._stats = [{**stats, "clock_shift_ns": shift} for stats in source._stats]
    result = vl.Backtest(sources, Idle(), latency="1ms").run()
    assert "a lead of 2 ms" in result.audit().item(NAME).advice
    result.to_parquet(tmp_path / "saved")
    assert vl.Result.load(tmp_path / "saved").audit().to_dict() == result.audit().to_dict()
