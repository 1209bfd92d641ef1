"""Tables of a result: who and what each row is of, in words."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import velora as vl
from velora.core import vocabulary
from velora.core.orders import FillDoubt, MarkSource, TriggerKind
from velora.errors import InvalidArgument

S = 10**9
HEADERS = Path(__file__).parents[3] / "csrc/include/velora"
K = vl.EventKind


def instrument(symbol: str, venue: str = "") -> vl.Instrument:
    return vl.Instrument(
        symbol, venue=venue, tick_size="1", lot_size="1", maker_fee="0", taker_fee="0", quote="USD"
    )  # fmt: skip


def quotes(one: vl.Instrument, price: int, seconds: int = 6) -> vl.EventTable:
    at = np.arange(2 * seconds)
    return vl.EventTable.from_numpy(
        one,
        ts_event=(1 + at // 2) * S,
        kind=np.full(at.size, int(K.QUOTE), np.uint8),
        side=(at % 2).astype(np.uint8),
        flags=(at % 2).astype(np.uint8),
        price=price + at % 2,
        qty=np.full(at.size, 5),
    )


@pytest.fixture(scope="module")
def two_venues() -> vl.Result:
    spot, perpetual = instrument("BTCUSDT", "spot"), instrument("BTCUSDT", "perpetual")

    class Spread(vl.Strategy):
        def on_start(self) -> None:
            self.at(2 * S + 1, lambda: (self.buy(spot, 1), self.sell(perpetual, 2)))

    data = [quotes(spot, 100), quotes(perpetual, 102), quotes(instrument("ETHUSDT", "spot"), 7)]
    return vl.Backtest(data, Spread()).run()


@pytest.mark.parametrize("name", ["fills", "orders", "position"])
def test_instruments_of_one_symbol_are_told_apart_by_venue_in_every_table(two_venues, name, tmp_path):
    saved = two_venues.to_parquet(tmp_path / "result")
    for result in (two_venues, vl.Result.load(saved)):
        table = getattr(result, name)
        frame = table.to_pandas()
        rows = set(zip(frame["symbol"], frame["venue"], strict=True))
        assert {("BTCUSDT", "spot"), ("BTCUSDT", "perpetual")} <= rows
        assert len(frame) == table.num_rows


def test_names_carry_the_venue_where_a_symbol_repeats_and_only_there(two_venues):
    assert two_venues.names == ["BTCUSDT@spot", "BTCUSDT@perpetual", "ETHUSDT"]
    inventory = two_venues.statistics()["inventory"]
    assert [one["name"] for one in inventory] == two_venues.names
    assert [(one["symbol"], one["venue"]) for one in inventory[:2]] == [("BTCUSDT", "spot"), ("BTCUSDT", "perpetual")]
    text = str(two_venues.summary()) + str(two_venues.audit()) + repr(two_venues)
    assert "Inventory (BTCUSDT@spot)" in text
    assert "Data: BTCUSDT@perpetual" in text
    assert "BTCUSDT@perpetual" in two_venues.explain(2).headline


def test_the_report_names_both_instruments_of_one_symbol(two_venues, tmp_path):
    pytest.importorskip("plotly")
    page = two_venues.to_html(tmp_path / "report.html").read_text("utf-8")
    assert ">BTCUSDT@spot</button>" in page
    assert ">BTCUSDT@perpetual</button>" in page


def test_orders_carry_their_terms_and_null_where_they_have_none():
    one = instrument("TEST")

    class Orders(vl.Strategy):
        def on_start(self) -> None:
            self.at(2 * S + 1, self.send)

        def send(self) -> None:
            parent = self.buy("TEST", 3, 90, expire=5 * S)
            self.sell("TEST", 5, 150, display=2, oco_group=7)
            self.sell("TEST", 3, stop=80, reduce_only=True, parent=parent)
            self.buy("TEST", 1, trail_ticks=4)
            self.buy("TEST", 1)

    rows = vl.Backtest(quotes(one, 100), Orders()).run().orders.to_pylist()
    terms = ("trigger_kind", "trigger", "display", "oco_group", "parent", "reduce_only")
    assert [tuple(row[name] for name in terms) for row in rows] == [
        (None, None, None, None, None, False),
        (None, None, 2.0, 7, None, False),
        ("STOP", 80.0, None, None, 1, True),
        ("TRAIL_TICKS", 4.0, None, None, None, False),
        (None, None, None, None, None, False),
    ]
    assert [row["expires_at"] is not None for row in rows] == [True, False, False, False, False]


def test_a_trigger_that_fired_stays_in_the_table():
    one = instrument("TEST")
    falling = quotes(one, 100)
    falling = vl.EventTable.from_numpy(
        one,
        **{name: getattr(falling, name) for name in ("ts_event", "kind", "side", "flags", "qty")},
        price=falling.price - np.arange(len(falling)) // 2,
    )

    class Touches(vl.Strategy):
        def on_start(self) -> None:
            self.at(2 * S + 1, lambda: self.buy("TEST", 1, touch=98))

    order = vl.Backtest(falling, Touches()).run().orders.to_pylist()[0]
    assert order["state"] == "FILLED"
    assert (order["trigger_kind"], order["trigger"]) == ("TOUCHED", 98.0)


def codes(header: str, prefix: str) -> dict[str, int]:
    found = re.findall(rf"\bVEL_{prefix}_([A-Z_]+) = (\d+)", (HEADERS / header).read_text("utf-8"))
    return {name: int(code) for name, code in found}


@pytest.mark.parametrize(
    ("header", "prefix", "names"),
    [("order.h", "TRIGGER", vocabulary.TRIGGERS), ("mark.h", "MARK", vocabulary.MARK_SOURCES)],
)
def test_every_code_of_the_core_has_its_word(header, prefix, names):
    assert {name: code for code, name in enumerate(names)} == codes(header, prefix)


def test_every_bit_of_the_doubts_has_its_word():
    bits = codes("evidence.h", "DOUBT")
    assert {one.name: int(one) for one in FillDoubt} == bits
    assert len(vocabulary.DOUBTS) == 2 * max(bits.values())
    assert vocabulary.DOUBTS[-1].split("|") == list(bits)


def test_every_member_of_an_enum_is_in_its_table_and_a_new_one_cannot_be_left_out():
    assert vocabulary.names_of(TriggerKind) == tuple(one.name for one in TriggerKind)
    assert [vocabulary.MARK_SOURCES.of(one) for one in MarkSource] == [one.name for one in MarkSource]
    for kind in (vl.OrderReason, vl.OrderState, vl.OrderType, vl.TimeInForce):
        names = vocabulary.names_of(kind)
        assert [names[one] for one in kind] == [one.name for one in kind]


def test_two_parts_of_one_instrument_are_refused_with_the_way_to_give_them():
    one = instrument("TEST")
    with pytest.raises(InvalidArgument, match="TEST is there twice, as source 1 and 2"):
        vl.Backtest([quotes(one, 100), quotes(one, 100)], vl.Strategy()).run()
    with pytest.raises(InvalidArgument, match="different venues"):
        vl.Backtest([quotes(one, 100), quotes(one.replace(tick_size="2"), 100)], vl.Strategy()).run()
