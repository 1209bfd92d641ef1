"""What a catalog keeps on disk: one folder an instrument, checksums, and nothing lost or left behind unseen."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import velora as vl
from velora.cli.main import app
from velora.data.catalog import _folder
from velora.data.schema import COLUMNS, METADATA_STATS
from velora.errors import CorruptData, DataError, InvalidArgument, UnknownInstrument


def instrument(symbol="TEST", **changes):
    return vl.Instrument(symbol, **{"tick_size": "0.5", "lot_size": "0.1", "quote": "USD", **changes})


def table(spec, rows=50, qty=1):
    at = np.arange(rows)
    return vl.EventTable.from_numpy(
        spec, ts_event=at, kind=np.full(rows, 1, np.uint8), side=np.zeros(rows, np.uint8), price=at + 1,
        qty=np.full(rows, qty),
    )  # fmt: skip


def part_of(root):
    (path,) = Path(root).rglob("events-*.parquet")
    return path


# ---------------------------------------------------------------------- names


AWKWARD = ["BTC/USDT", "BTC:USDT", "BTC_USDT", "BTC USDT", "BTC%2FUSDT", "BTC@x", "../x", "a/../b", "*", "[a]", "é",
           "e\u0301", "日本", "\x00", "a\nb", ".hidden", "AAPL  250117C00150000"]  # fmt: skip


def test_each_symbol_has_its_own_data(tmp_path):
    root = tmp_path / "deep" / "catalog"
    catalog = vl.Catalog(root, create=True)
    for qty, symbol in enumerate(AWKWARD, 1):
        catalog.write(table(instrument(symbol), qty=qty))
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_dir() and root not in path.parents) == [
        "catalog",
        "deep",
    ]
    assert sorted(catalog.names()) == sorted(AWKWARD)
    assert sorted(one.symbol for one in catalog.instruments()) == sorted(AWKWARD)
    for qty, symbol in enumerate(AWKWARD, 1):
        for wanted in (symbol, instrument(symbol)):
            source = catalog.source(wanted)
            assert (source.instrument.symbol, int(source.table().qty[0])) == (symbol, qty)


def test_names_of_the_usual_form_are_their_folders():
    assert _folder(instrument("BTCUSDT", venue="binance")) == "BTCUSDT@binance"
    assert _folder(instrument("ES.c-0_1+2")) == "ES.c-0_1+2"


@given(st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=4)), min_size=2, max_size=20, unique=True))
def test_two_instruments_never_share_a_folder(names):
    folders = {}
    for symbol, venue in names:
        try:
            folder = _folder(instrument(symbol, venue=venue))
        except InvalidArgument:
            continue  # dots alone, or no Unicode text
        assert folder not in folders
        folders[folder] = (symbol, venue)
        assert "/" not in folder
        assert not folder.startswith(".")
        assert folder.isascii()


@pytest.mark.parametrize("symbol", [".", "..", "...", "x" * 300, "日" * 100, "\ud800"])
def test_a_name_that_no_folder_can_have_is_refused(tmp_path, symbol):
    with pytest.raises(InvalidArgument, match="catalog"):
        vl.Catalog(tmp_path / "c", create=True).write(table(instrument(symbol)))
    assert not (tmp_path / "c").exists()


def test_an_instrument_that_is_not_there_is_not_another_one(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table(instrument("BTC/USDT")))
    catalog.write_candles(instrument("BTC/USDT"), "1m", pa.table({"x": [1]}))
    for wanted in (
        "BTC:USDT",
        "BTC_USDT",
        "BTC%2FUSDT",
        "../BTC",
        instrument("BTC:USDT"),
        instrument("BTC/USDT", venue="x"),
    ):
        with pytest.raises(UnknownInstrument, match="BTC/USDT"):
            catalog.source(wanted)
        with pytest.raises(UnknownInstrument, match="BTC/USDT"):
            catalog.candles(wanted, "1m")
    with pytest.raises(InvalidArgument):
        catalog.source(5)


def test_a_folder_that_was_renamed_is_found_out(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table(instrument("ONE")))
    (tmp_path / "ONE").rename(tmp_path / "TWO")
    with pytest.raises(CorruptData, match="contains ONE"):
        catalog.source("TWO")


def test_candles_stay_within_the_catalog(tmp_path):
    outside = vl.Catalog(tmp_path / "x", create=True)
    outside.write_candles(instrument(), "1m", pa.table({"x": [1]}))
    catalog = vl.Catalog(tmp_path / "c", create=True)
    catalog.write_candles(instrument("A/B"), "1m", pa.table({"x": [2]}))
    assert catalog.candles("A/B", "1m").to_pydict() == {"x": [2]}
    for symbol in ("../x/TEST", "TEST"):
        with pytest.raises(UnknownInstrument):
            catalog.candles(symbol, "1m")
    for interval in ("../1m", "1m/../..", "", "*", "1m-00000", 5):
        with pytest.raises(InvalidArgument, match="interval"):
            catalog.write_candles(instrument(), interval, pa.table({"x": [1]}))
        with pytest.raises(InvalidArgument, match="interval"):
            catalog.candles("A/B", interval)


# ---------------------------------------------------------------------- whole files


def test_a_link_is_neither_followed_nor_replaced(tmp_path):
    catalog = vl.Catalog(tmp_path / "c", create=True)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "c" / "TEST"
    folder.mkdir(parents=True)
    for name in ("events-00000.parquet", "states-00000.parquet", "candles-1m-00000.parquet"):
        (folder / name).symlink_to(victim)
        write = catalog.write
        if name.startswith("candles"):
            write = functools.partial(catalog.write_candles, instrument(), "1m")
        given = pa.table({"x": [1]}) if name.startswith("candles") else table(instrument())
        with pytest.raises(InvalidArgument, match="link"):
            write(given, overwrite=True)
        (folder / name).unlink()
    for hidden in (".events.partial", ".states.partial", ".candles-1m.partial"):
        (folder / hidden).symlink_to(victim)
    catalog.write(table(instrument()))
    catalog.write_candles(instrument(), "1m", pa.table({"x": [1]}))
    assert victim.read_text() == "precious"
    (tmp_path / "c" / "LINK").symlink_to(tmp_path)
    with pytest.raises(InvalidArgument, match="link"):
        catalog.write(table(instrument("LINK")))


def test_a_pipe_in_a_catalog_is_not_waited_for(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table(instrument()))
    part = part_of(tmp_path)
    part.unlink()
    os.mkfifo(part)
    with pytest.raises(InvalidArgument, match="pipe"):
        catalog.source("TEST")


def test_another_write_removes_parts_that_it_does_not_replace_by_name(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table(instrument()))
    part = part_of(tmp_path)
    later = vl.Catalog(tmp_path / "later", create=True)
    at = np.arange(100, 150)
    later.write(vl.EventTable.from_numpy(instrument(), ts_event=at, kind=np.full(50, 1), price=at, qty=at))
    second = part.with_name("events-00001.parquet")
    part_of(tmp_path / "later").rename(second)
    assert len(catalog.source("TEST").table()) == 100
    kept = second.read_bytes()
    catalog.write(table(instrument(), rows=7), overwrite=True)
    assert len(catalog.source("TEST").table()) == 7
    # As a kill leaves it that comes before the old part is removed.
    second.write_bytes(kept)
    assert len(catalog.source("TEST").table()) == 7
    assert [one.path for one in catalog.leftovers()] == [str(second)]


def test_leftovers_are_listed_and_removed_on_the_command_line(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table(instrument()))
    hidden = part_of(tmp_path).with_name(".events-00000.parquet.0123456789abcdef.partial")
    hidden.write_bytes(b"half of a part")
    (tmp_path / "GONE").mkdir()
    (tmp_path / "GONE" / hidden.name).write_bytes(b"x")
    (tmp_path / "TEST" / "notes.txt").write_text("mine")
    shown = CliRunner().invoke(app, ["data", "list", "--catalog", str(tmp_path)])
    assert "2 leftovers of killed imports" in shown.output
    assert f"velora data clean --catalog {tmp_path}" in shown.output
    assert hidden.exists()
    tried = CliRunner().invoke(app, ["data", "clean", "--catalog", str(tmp_path), "--dry-run"])
    assert str(hidden) in tried.output
    assert hidden.exists()
    done = CliRunner().invoke(app, ["data", "clean", "--catalog", str(tmp_path)])
    assert done.exit_code == 0
    assert not hidden.exists()
    assert not (tmp_path / "GONE").exists()
    assert (tmp_path / "TEST" / "notes.txt").exists()
    assert catalog.leftovers() == []
    assert "all checksums correct" in CliRunner().invoke(app, ["data", "verify", "--catalog", str(tmp_path)]).output


def test_what_is_being_written_is_no_leftover(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    with catalog.writer(instrument()) as part:
        part.add(table(instrument()))
        assert catalog.remove_leftovers() == []
    assert catalog.names() == ["TEST"]


# ---------------------------------------------------------------------- checksums and rows


def rewritten(path, column, change):
    """A part with a column changed by another program."""
    found = pq.read_table(path)
    values = found.column(column).to_numpy().copy()
    change(values, found)
    at = found.schema.get_field_index(column)
    pq.write_table(found.set_column(at, found.schema.field(column), pa.array(values)), path)


def put(value, at=20):
    def change(values, _):
        values[at] = value

    return change


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("side", 3, "side must be 0 to 2 in a TRADE, was 3"),
        ("side", 255, "was 255"),
        ("kind", 0, "kind must be 1 to 13, was 0"),
        ("kind", 99, "was 99"),
        ("flags", 64, "was 64"),
        ("price", -(2**63), "must be a price in ticks"),
        ("price", 2**63 - 1, "must be a price in ticks"),
        ("qty", 0, "more than 0 lots"),
        ("qty", 2**63 - 1, "at most"),
        ("ts_event", 2**63 - 1, "within"),
        ("ts_recv", 0, "goes back"),
    ],
)
def test_rows_that_cannot_be_are_named_with_file_and_row(tmp_path, column, value, words):
    vl.Catalog(tmp_path, create=True).write(table(instrument()))
    part = part_of(tmp_path)
    rewritten(part, column, put(value))
    with pytest.raises(DataError, match=words) as caught:
        vl.Backtest(tmp_path, vl.Strategy()).run()
    assert (caught.value.file, caught.value.row, caught.value.field) == (str(part), 20, column)


def test_a_part_that_another_program_wrote_is_refused(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table(instrument()))
    rewritten(part_of(tmp_path), "price", put(7))
    with pytest.raises(CorruptData, match=r"no checksum.*--overwrite"):
        catalog.source("TEST")
    for harm in (b"", b"PAR1", b"PAR1" * 3, b"\0" * 64, b"PAR1" + b"\xff\xff\xff\xffPAR1"):
        part_of(tmp_path).write_bytes(harm)
        with pytest.raises(CorruptData, match=r"events-00000\.parquet"):
            catalog.source("TEST")


def test_a_part_is_plain_parquet(tmp_path):
    written = table(instrument(), rows=200_000)
    vl.Catalog(tmp_path, create=True).write(written)
    found = pq.read_table(part_of(tmp_path))
    for name in COLUMNS:
        assert (found[name].to_numpy() == getattr(written, name)).all()
    catalog = vl.Catalog(tmp_path)
    for rows in (1_000, 65_536, 70_001, 300_000):
        chunks = list(catalog.source("TEST", start=90_000, end=150_000).chunks(rows))
        assert np.concatenate([chunk.price for chunk in chunks]).tolist() == list(range(90_001, 150_001))


def test_only_what_is_read_is_verified(tmp_path):
    """A start inside a part does not read what lies before it."""
    vl.Catalog(tmp_path, create=True).write(table(instrument(), rows=200_000))
    part = part_of(tmp_path)
    data = bytearray(part.read_bytes())
    data[100] ^= 1
    part.write_bytes(data)
    catalog = vl.Catalog(tmp_path)
    assert len(catalog.source("TEST", start=70_000).table()) == 130_000
    with pytest.raises(CorruptData, match="row group 0 does not match its checksum"):
        catalog.source("TEST", start=60_000).table()
    with pytest.raises(CorruptData):
        catalog.verify()


@pytest.mark.parametrize(
    "text",
    [b"[]", b"{", b"5", b"null", b'"x"', b'{"rows": "many"}', b'{"counts": []}', b'{"counts": {"trade": "x"}}',
     b"[" * 5000, b'{"first_ts": 1.5}', b'{"disorder_ns": null}', b'{"rows": ' + b"9" * 5000 + b"}", b"\xff"],
)  # fmt: skip
def test_statistics_that_are_none_are_an_error_of_ours(text):
    from velora.data.schema import decode_stats

    with pytest.raises(CorruptData, match=r"some\.parquet.*velora\.stats"):
        decode_stats({METADATA_STATS: text}, file="some.parquet")


@pytest.mark.parametrize(
    "text", [b"[]", b"{", b"{}", b'{"symbol": 5}', b'{"symbol": "X", "tick_size": [], "lot_size": 1}']
)
def test_an_instrument_that_is_none_is_an_error_of_ours(text):
    from velora.data.schema import METADATA_INSTRUMENT, decode_instrument

    with pytest.raises(CorruptData, match=r"some\.parquet"):
        decode_instrument({METADATA_INSTRUMENT: text}, file="some.parquet")


def test_parts_of_two_grids_are_refused(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table(instrument()))
    other = vl.Catalog(tmp_path / "other", create=True)
    at = np.arange(100, 150)
    finer = instrument(tick_size="0.25")
    other.write(vl.EventTable.from_numpy(finer, ts_event=at, kind=np.full(50, 1), price=at, qty=at))
    part_of(tmp_path / "other").rename(tmp_path / "TEST" / "events-00001.parquet")
    with pytest.raises(CorruptData, match=r"events-00001.*0\.25"):
        catalog.source("TEST")
