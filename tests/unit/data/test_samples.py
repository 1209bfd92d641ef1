"""Samples: what an import of the files gives is the market they were made from."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import EventKind, Side
from velora.data import open_session, open_sessions, sample
from velora.data.importers import FORMATS, detect_format, import_files
from velora.data.samples import KINDS
from velora.errors import InvalidArgument, MissingFile, UnknownInstrument, VeloraError
from velora.strategy.examples import MarketMaker

MS = 1_000_000


def imported(made, folder):
    """The summary of an import of a sample, and the table in the catalog."""
    catalog = vl.Catalog(folder, create=True)
    summary = import_files(list(made.files), catalog, format=made.format, **made.import_options)
    return summary, catalog.source(made.symbol).table()


def trades(table):
    """Trades as (side, price, quantity): what a market order took from a price is one."""
    chosen = table.kind == EventKind.TRADE
    lot = table.instrument.lot_size
    columns = (table.ts_recv, table.side, table.price, table.qty)
    found: list[list] = []
    for recv, side, price, qty in zip(*(column[chosen].tolist() for column in columns), strict=True):
        if found and found[-1][:3] == [recv, side, price]:
            found[-1][3] += qty * lot
        else:
            found.append([recv, side, price, qty * lot])
    return found


def books(table, times, depth):
    """The best levels at each time of receipt, from rows by level or by order; quantities in units."""
    names = ["kind", "side", "price", "qty"] + ["order_id"] * table.has_orders
    book = (vl.OrderBookL3 if table.has_orders else vl.OrderBookL2)(table.instrument)
    view = book.levels if table.has_orders else book
    ends = np.searchsorted(table.ts_recv, times, side="right").tolist()
    lot = table.instrument.lot_size
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        book.apply(*(getattr(table, name)[begin:end] for name in names))
        levels = [view.levels(side, depth) for side in (Side.BUY, Side.SELL)]
        yield [[(price, qty * lot) for price, qty in zip(*map(list, map(np.ndarray.tolist, side)), strict=True)]
               for side in levels]  # fmt: skip


def with_recv(table, recv):
    """The same rows with other times of receipt."""
    columns = {name: getattr(table, name) for name in ("ts_event", "kind", "side", "flags", "price", "qty", "order_id")}
    return vl.EventTable.from_numpy(table.instrument, **columns, ts_recv=recv)


def truth(made):
    """The market by level, with its times of receipt in the file's resolution."""
    config = made.market._config
    table = made.market.table()
    if made.kind == "bitstamp":
        return with_recv(table, table.ts_recv // MS * MS)
    if made.kind == "binance-archive":
        return with_recv(table, table.ts_event // MS * MS)
    assert config["seed"] == made.market.seed
    return table


def compare(made, summary, table):
    """Compare an import with the market, trade by trade and book by book."""
    assert summary.defects == {}
    assert len(summary.instruments) == 1
    one = summary.instruments[0]
    assert not one.gaps
    assert not one.crossed
    assert one.clock_shift_ns == 0
    assert (one.top_equal, one.book_equal) == (one.top_checked, one.book_checked)
    market = truth(made)
    instrument = market.instrument
    assert table.instrument.symbol == instrument.symbol
    assert table.instrument.venue == instrument.venue
    assert table.instrument.kind == instrument.kind
    assert table.instrument.quote == (instrument.quote or table.instrument.quote)
    assert table.instrument.tick_size == instrument.tick_size
    if made.kind == "bitstamp":
        assert float(table.instrument.lot_size) == 1e-8
    else:
        assert table.instrument.lot_size == instrument.lot_size
    assert trades(table) == trades(market)
    if made.kind == "binance-archive":
        quotes = [
            [getattr(part, name)[part.kind == EventKind.QUOTE].tolist() for name in ("ts_recv", "side", "price", "qty")]
            for part in (table, market)
        ]
        assert quotes[0] == quotes[1]
        return
    times = np.unique(market.ts_recv)
    if made.kind == "lobster":  # its first message has the opening book, and only ten levels are listed
        times = times[times >= table.ts_recv[0]]
    depth = 10 if made.kind == "lobster" else 40
    for ts, have, want in zip(times.tolist(), books(table, times, depth), books(market, times, depth), strict=True):
        assert have == want, ts


@pytest.mark.parametrize("kind", KINDS)
def test_import_of_a_sample_is_the_market_it_was_made_from(kind, tmp_path):
    made = sample(kind, tmp_path, duration="10s")
    summary, table = imported(made, tmp_path / "catalog")
    compare(made, summary, table)
    assert len(trades(table)) > 50


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**64 - 1), ms=st.integers(1_000, 4_000), kind=st.sampled_from(KINDS))
def test_import_of_any_sample_is_its_market(seed, ms, kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    made = sample(kind, folder, seed=seed, duration=f"{ms}ms")
    if kind == "binance-archive":
        tick, lot = (str(step) for step in (made.market.instrument.tick_size, made.market.instrument.lot_size))
        catalog = vl.Catalog(folder / "catalog", create=True)
        # A second of trades and quotes does not show the grid.
        summary = import_files(
            list(made.files), catalog, format=made.format, **made.import_options, tick_size=tick, lot_size=lot
        )
        compare(made, summary, catalog.source(made.symbol).table())
    else:
        compare(made, *imported(made, folder / "catalog"))


def test_databento_sample_keeps_each_order(tmp_path):
    made = sample("databento", tmp_path, duration="5s")
    _, table = imported(made, tmp_path / "catalog")
    market = made.market.table()
    orders = [EventKind.ORDER_ADD, EventKind.ORDER_CANCEL, EventKind.ORDER_EXECUTE]
    for name in ("kind", "side", "price", "qty", "order_id", "ts_recv"):
        one, other = (getattr(part, name)[np.isin(part.kind, orders)].tolist() for part in (table, market))
        assert one == other, name


def test_capture_sample_keeps_ids_and_venue_times_of_trades(tmp_path):
    made = sample("binance-capture", tmp_path, duration="5s")
    _, table = imported(made, tmp_path / "catalog")
    market = made.market.table()
    one, other = (part.kind == EventKind.TRADE for part in (table, market))
    assert table.ts_event[one].tolist() == (market.ts_event[other] // MS * MS).tolist()
    assert np.diff(table.order_id[one]).tolist() == [1] * (int(one.sum()) - 1)


def test_archive_sample_has_the_candles_of_its_trades(tmp_path):
    made = sample("binance-archive", tmp_path, duration="150s")
    imported(made, tmp_path / "catalog")
    candles = vl.Catalog(tmp_path / "catalog").candles(made.symbol, "1m").to_pylist()
    market = made.market.table()
    rows = market.kind == EventKind.TRADE
    ms, price, qty = market.ts_event[rows] // MS, market.price[rows] / 10, market.qty[rows] / 1_000
    bought = market.side[rows] == Side.BUY
    assert len(candles) == 2
    for one in candles:
        within = (ms >= one["ts_open"] // MS) & (ms <= one["ts_close"] // MS)
        prices = price[within]
        found = [one[name] for name in ("open", "high", "low", "close")]
        assert found == [prices[0], prices.max(), prices.min(), prices[-1]]
        assert one["volume"] == pytest.approx(qty[within].sum())
        assert one["quote_volume"] == pytest.approx((price * qty)[within].sum())
        assert one["taker_buy_volume"] == pytest.approx(qty[within & bought].sum())
        assert one["taker_buy_quote_volume"] == pytest.approx((price * qty)[within & bought].sum())
        assert one["trades"] == int(within.sum())


def digests(made):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made.folder.iterdir() if path.is_file()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_same_arguments_give_the_same_bytes_and_another_seed_others(kind, tmp_path):
    one = digests(sample(kind, tmp_path / "one", duration="1s"))
    again = digests(sample(kind, tmp_path / "two", duration="1s"))
    other = digests(sample(kind, tmp_path / "three", duration="1s", seed=8))
    assert one == again
    assert one.keys() == other.keys()
    assert any(one[name] != other[name] for name in one if name not in ("README.txt", "backtest.toml"))
    assert digests(sample(kind, tmp_path / "three", duration="1s")) == one  # replaces the files of the other seed


@pytest.mark.parametrize("kind", KINDS)
def test_format_of_a_sample_is_detected_and_a_backtest_runs_on_it(kind, tmp_path):
    made = sample(kind, tmp_path, duration="8s")
    assert detect_format(list(made.files)) == made.format
    assert made.format in FORMATS
    options = {name: value for name, value in made.import_options.items() if name != "symbol"}
    table = open_session(made.files, made.symbol, **options)
    result = vl.Backtest(table, MarketMaker(qty_lots=10, cap_lots=100), latency="5ms").run()
    assert result.statistics()["orders"] > 0


def test_readme_says_that_the_data_is_synthetic_and_how_it_was_made(tmp_path):
    made = sample("lobster", tmp_path, seed=5, duration="1.5s")
    text = (made.folder / "README.txt").read_text()
    assert text.startswith("Synthetic market data made by Velora")
    assert "velora data sample lobster --seed 5 --duration 1500ms" in text
    for command in made.commands:
        assert command in text


def test_progress_ends_at_the_total(tmp_path):
    for kind in KINDS:
        steps = []
        sample(kind, tmp_path, duration="2s", on_rows=lambda done, total, steps=steps: steps.append((done, total)))
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "lobsters"}, "must be one of binance-capture"),
        ({"kind": 3}, "must be one of binance-capture"),
        ({"duration": "999ms"}, "must be 1s to 1h"),
        ({"duration": "61m"}, "must be 1s to 1h"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
    ],
)
def test_what_a_sample_may_not_be_is_refused(arguments, message, tmp_path):
    with pytest.raises(VeloraError, match=message):
        sample(**{"kind": "lobster", "folder": tmp_path, **arguments})
    assert list(tmp_path.iterdir()) == []


def test_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "lobster").mkdir()
    (tmp_path / "lobster" / "mine.csv").write_text("1")
    with pytest.raises(InvalidArgument, match="not of a sample"):
        sample("lobster", tmp_path, duration="1s")
    assert [path.name for path in (tmp_path / "lobster").iterdir()] == ["mine.csv"]


# ---------------------------------------------------------------- opening of sessions


def test_session_opens_from_files_and_from_a_catalog(tmp_path):
    made = sample("binance-capture", tmp_path, duration="2s")
    _, stored = imported(made, tmp_path / "catalog")
    for files in (made.files[0], str(made.files[0]), list(made.files), tmp_path / "catalog", [tmp_path / "catalog"]):
        table = open_session(files)
        for name in ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id"):
            assert getattr(table, name).tolist() == getattr(stored, name).tolist()


def test_session_of_several_instruments_needs_a_symbol(tmp_path):
    for name in ("AAA", "BBB"):
        one = vl.Instrument(name, venue="x", tick_size="0.1", lot_size="0.001")
        vl.Catalog(tmp_path, create=True).write(vl.SyntheticMarket(1, events=2_000, instrument=one))
    with pytest.raises(InvalidArgument, match="has AAA@x, BBB@x: choose one"):
        open_session(tmp_path)
    assert open_session(tmp_path, "BBB").instrument.symbol == "BBB"
    assert [one.instrument.symbol for one in open_sessions([tmp_path], ["AAA", "BBB"])] == ["AAA", "BBB"]
    with pytest.raises(UnknownInstrument, match="it holds AAA@x"):
        open_session(tmp_path, "CCC")
    with pytest.raises(InvalidArgument, match="one symbol for each session"):
        open_sessions([tmp_path, tmp_path], ["AAA"])
    with pytest.raises(MissingFile):
        open_session(tmp_path / "nothing.gz")


def test_sessions_of_one_recorder_are_on_one_clock(tmp_path):
    made = sample("binance-capture", tmp_path, duration="1s")
    import gzip

    lines = gzip.decompress(made.files[0].read_bytes()).decode().splitlines()

    def slow(name, behind):
        path = tmp_path / f"{name}.txt"
        text = []
        for line in lines:
            head, _, body = line.partition(" ")
            text.append(f"{int(head) - behind} {body}\n")
        path.write_text("".join(text))
        return path

    # Both recorders are read on the clock of the one that is further behind.
    first, second = open_sessions([slow("a", 0), slow("b", 500 * MS)])
    own = open_session(made.files)
    assert (second.ts_recv - first.ts_recv == -500 * MS).all()
    assert (second.ts_recv >= own.ts_event).all()
