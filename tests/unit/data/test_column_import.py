"""Tables of files: rows and paths of what is wrong, units of times, quantities, currencies, damage."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import velora as vl
from velora.data.importers import detect_format, import_files
from velora.data.importers.columns import import_tables
from velora.errors import CorruptData, DataError, InvalidArgument, OffGrid, VeloraError

NS = 1_704_067_200_000_000_000
SPEC = {"symbol": "X", "tick_size": "0.1", "lot_size": "0.1"}
#: A block of a CSV has fewer rows.
FAR = 50_000


def write(folder, columns, suffix="csv", name="x"):
    path = folder / f"{name}.{suffix}"
    if suffix == "csv":
        rows = zip(*columns.values(), strict=True)
        path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    elif suffix == "parquet":
        pq.write_table(pa.table(columns), path)
    else:
        feather.write_feather(pa.table(columns), path, compression="uncompressed")
    return path


def columns(rows=4, **more):
    times = [NS + at for at in range(rows)]
    return {
        "ts_event": times,
        "kind": [1] * rows,
        "side": [0] * rows,
        "price": ["100.1"] * rows,
        "qty": ["0.5"] * rows,
    } | more


def load(folder, paths, **options):
    catalog = vl.Catalog(folder / "catalog", create=True)
    summary = import_tables(paths if isinstance(paths, list) else [paths], catalog, **{**SPEC, **options})
    return summary, catalog.source("X").table()


def with_one(values, row, value):
    return [value if at == row else one for at, one in enumerate(values)]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("price", "100.77", "not a multiple"),
        ("qty", "0.55", "not a multiple"),
        ("qty", "0", "more than 0"),
        ("qty", "-1", "more than 0"),
        ("kind", 99, "kind must be"),
        ("side", 9, "side must be"),
        ("ts_event", NS - 10**6, "goes back"),
        ("ts_event", 5, "1990 to 2100"),
    ],
)
def test_a_bad_row_is_named_as_in_its_file(tmp_path, suffix, name, value, words):
    bad = FAR - 7
    given = columns(FAR)
    given[name] = with_one(given[name], bad, value)
    path = write(tmp_path, given, suffix)
    with pytest.raises((DataError, OffGrid)) as caught:
        load(tmp_path, path)
    text = str(caught.value)
    assert text.startswith(f"{path}, row {bad}, field ")
    assert words in text
    assert vl.Catalog(tmp_path / "catalog", create=True).names() == []


def test_a_time_that_goes_back_between_two_blocks_is_named_as_in_its_file(tmp_path):
    given = columns(FAR)
    for at in range(FAR // 2, FAR):
        given["ts_event"][at] -= 10**6
    path = write(tmp_path, given, "parquet")
    with pytest.raises(DataError, match=rf"x.parquet, row {FAR // 2}, field 'ts_recv'"):
        load(tmp_path, path)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize(("unit", "factor"), [("s", 10**9), ("ms", 10**6), ("us", 10**3)])
def test_times_of_another_unit_are_refused_or_converted_when_it_is_said(tmp_path, suffix, unit, factor):
    times = [NS // factor + at for at in range(4)]
    right = [time * factor for time in times]
    with pytest.raises(DataError, match="not nanoseconds"):
        load(tmp_path, write(tmp_path, columns(ts_event=times), suffix))
    _, table = load(tmp_path, write(tmp_path, columns(ts_event=times), suffix), time_unit=unit, overwrite=True)
    assert table.ts_event.tolist() == right
    said = {f"ts_event_{unit}" if name == "ts_event" else name: one for name, one in columns(ts_event=times).items()}
    path = write(tmp_path, said, suffix)
    assert detect_format([path]) == "table"
    _, table = load(tmp_path, path, overwrite=True)
    assert table.ts_event.tolist() == right


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_arrow_say_their_unit(tmp_path, unit):
    times = pa.array([NS, NS + 10**9]).cast(pa.timestamp("ns")).cast(pa.timestamp(unit, "UTC"))
    _, table = load(tmp_path, write(tmp_path, columns(2, ts_event=times), "parquet"))
    assert table.ts_event.tolist() == [NS, NS + 10**9]


def test_times_of_text_are_read_from_csv(tmp_path):
    times = ["2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:01.500000000Z"]
    _, table = load(tmp_path, write(tmp_path, columns(2, ts_event=times)))
    assert table.ts_event.tolist() == [NS + 1, NS + 1_500_000_000]


@pytest.mark.parametrize("times", [[1, 2], [10**9, 2 * 10**9], [0, 34_200 * 10**9]])
def test_small_times_of_made_up_data_are_imported(tmp_path, times):
    _, table = load(tmp_path, write(tmp_path, columns(2, ts_event=times)))
    assert table.ts_event.tolist() == times


def test_a_given_unit_of_nanoseconds_is_believed(tmp_path):
    times = [1_704_067_200_123, 1_704_067_200_124]
    _, table = load(tmp_path, write(tmp_path, columns(2, ts_event=times)), time_unit="ns")
    assert table.ts_event.tolist() == times
    with pytest.raises(InvalidArgument, match="time_unit must be one of"):
        load(tmp_path, write(tmp_path, columns()), time_unit="minutes")


def test_a_currency_is_taken_from_the_option(tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    import_files([write(tmp_path, columns())], catalog, format="table", quote="JPY", **SPEC)
    assert catalog.instruments()[0].settle == "JPY"


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize(
    "text", [b"", b"\n", b"PAR1", b"\xff" * 500, b"ts_event,kind,price,qty\n1,2\n", b"a" * (3 << 20)]
)
def test_anything_else_ends_in_one_error(tmp_path, suffix, text):
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(text)
    with pytest.raises(VeloraError):
        load(tmp_path, path)


def test_two_columns_of_one_meaning_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("ts_event,ts_event_ms,kind,price,qty\n1,1,1,1,1\n")
    with pytest.raises(CorruptData, match="'ts_event' 2 times"):
        load(tmp_path, path)
