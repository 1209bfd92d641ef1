"""Bitstamp: numbers that no row can hold, and numbers off the grid."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventKind
from velora.data.importers.bitstamp import import_bitstamp
from velora.errors import CorruptData

T0 = 1_430_438_400_000


def event(ms, name, order_id, side, price, amount):
    body = f'{{"price": "{price}", "amount": "{amount}", "datetime": "1", "id": {order_id}, "order_type": {side}}}'
    return f"{T0 + ms} order_{name} {body}\n"


def load(tmp_path, lines, **options):
    path = tmp_path / "day.log"
    path.write_text("".join(lines))
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    return import_bitstamp([path], catalog, overwrite=True, **options), catalog


GOOD = event(1, "created", 10, 1, "101.00", "2.00000000")

BAD = {
    "an id of more than 64 bits": event(2, "created", 2**63, 0, "100.00", "1.0"),
    "an id of 40 digits": event(2, "created", "9" * 40, 0, "100.00", "1.0"),
    "an id of 5,000 digits": event(2, "created", "9" * 5000, 0, "100.00", "1.0"),
    "an id of 0": event(2, "created", 0, 0, "100.00", "1.0"),
    "an id below 0": event(2, "deleted", -1, 0, "100.00", "1.0"),
    "a price of 0": event(2, "created", 11, 0, "0.00", "1.0"),
    "a price below 0": event(2, "created", 11, 0, "-100.00", "1.0"),
    "an amount below 0": event(2, "created", 11, 0, "100.00", "-1.0"),
    "a price of 40 digits": event(2, "changed", 10, 1, "9" * 40, "1.0"),
    "an amount of 40 digits": event(2, "changed", 10, 1, "101.00", "9" * 40),
    "a price that is no number": event(2, "created", 11, 0, "nan", "1.0"),
    "a price with an exponent": event(2, "created", 11, 0, "1e5", "1.0"),
    "a price between two ticks": event(2, "created", 11, 0, "100.005", "1.0"),
    "a time of 10^22 ns": '9999999999999 trade {"price": 101.0, "amount": 0.5, "id": 77}\n',
    "a trade at nan": f'{T0 + 2} trade {{"price": "NaN", "amount": 0.5, "id": 77}}\n',
    "a trade at infinity": f'{T0 + 2} trade {{"price": "Infinity", "amount": 0.5, "id": 77}}\n',
    "a trade at 1e999999": f'{T0 + 2} trade {{"price": 1e999999, "amount": 0.5, "id": 77}}\n',
    "a trade of 1e999999": f'{T0 + 2} trade {{"price": 101.0, "amount": 1e999999, "id": 77}}\n',
    "a trade below 0": f'{T0 + 2} trade {{"price": -101.0, "amount": 0.5, "id": 77}}\n',
    "a trade of nothing": f'{T0 + 2} trade {{"price": 101.0, "amount": 0.0, "id": 77}}\n',
    "a trade between two ticks": f'{T0 + 2} trade {{"price": 101.005, "amount": 0.5, "id": 77}}\n',
    "a trade of an id beyond": f'{T0 + 2} trade {{"price": 101.0, "amount": 0.5, "id": {2**64}}}\n',
    "a book with nan": f'{T0 + 2} order_book {{"bids": [["nan", "1"]], "asks": []}}\n',
    "a book with a level of three": f'{T0 + 2} order_book {{"bids": [["1", "1", "1"]], "asks": []}}\n',
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD.keys())
def test_a_number_that_no_row_can_hold_is_refused_by_its_line_or_counted(tmp_path, line):
    lines = [GOOD, line, event(3, "created", 12, 0, "99.00", "1.00000000")]
    with pytest.raises(CorruptData, match=r"day\.log, row 2: cannot be read"):
        load(tmp_path, lines)
    assert vl.Catalog(tmp_path / "catalog", create=True).names() == []
    summary, catalog = load(tmp_path, lines, skip_bad_lines=True)
    assert summary.defects == {"bad line": 1}
    assert catalog.source("BTCUSD").table().order_id.tolist() == [10, 12]


def test_a_level_too_large_for_64_bits_is_refused_by_its_line(tmp_path):
    lines = [event(k, "created", k, 0, "100.00", "9999999999") for k in range(1, 20)]
    with pytest.raises(CorruptData, match=r"day\.log, row \d+: cannot be read"):
        load(tmp_path, lines)


def test_what_floating_point_did_to_a_trade_is_undone(tmp_path):
    price, amount = "1.7885566900000001", "0.10000000000000001"
    lines = [GOOD, f'{T0 + 2} trade {{"price": {price}, "amount": {amount}, "id": 77}}\n']
    _, catalog = load(tmp_path, lines, tick_size="0.00000001")
    table = catalog.source("BTCUSD").table()
    assert (table.kind[-1], table.price[-1], table.qty[-1]) == (EventKind.TRADE, 178855669, 10_000_000)
