"""What strangers wrote is shown as text: no control character of theirs reaches a terminal."""

from __future__ import annotations

import io
import logging

import pytest

import velora as vl
from velora.core.terminal import cell, readable
from velora.errors import CorruptData, InvalidArgument, MissingFile, VeloraWarning

#: An escape code, a bell, a C1 code, a mark that turns the direction around, a line that forges one, rich's markup.
NASTY = "X\x1b[2J\x07\x9b31m\u202e[red]R[/red]\nFORGED\r"
HIDDEN = ("\x1b", "\x07", "\x9b", "\u202e", "\nFORGED", "\r")


def is_clean(text: str) -> bool:
    return not any(one in text for one in HIDDEN)


def drawn(renderable: object) -> str:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=400, force_terminal=False).print(renderable)
    return out.getvalue()


@pytest.fixture(scope="module")
def instrument():
    return vl.Instrument(NASTY, venue=NASTY, tick_size="0.1", lot_size="0.001", base=NASTY, quote=NASTY)


@pytest.fixture(scope="module")
def result(instrument):
    market = vl.SyntheticMarket(seed=3, events=3_000, instrument=instrument)

    class Buys(vl.Strategy):
        def on_start(self):
            self.buy(self.instruments[0], qty_lots=1)
            self.reprs = [repr(self.book(self.instruments[0])), repr(self.position(self.instruments[0]))]
            self.after("1ms", self.look)

        def look(self):
            book = self.book(self.instruments[0])
            self.reprs += [repr(book), repr(book.without_us), drawn(book)]

        def on_trade(self, trade):
            self.reprs.append(repr(trade))

        def on_order(self, order):
            self.reprs.append(repr(order))

        def on_fill(self, fill):
            self.reprs.append(repr(fill))

    strategy = Buys()
    result = vl.Backtest(market, {NASTY: strategy, "other": vl.Strategy()}).run()
    result.seen = strategy.reprs
    return result


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("BTCUSDT", "BTCUSDT"),
        ("币安人生USDT é", "币安人生USDT é"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\u202eabc\u2066", r"\u202eabc\u2066"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_does_not_print_is_shown_as_an_escape(text, shown):
    assert readable(text) == shown
    assert cell(text).plain == shown


def test_lines_of_a_message_stay_lines():
    assert readable("a\n\tb\r\x1b", lines=True) == "a\n\tb\\r\\x1b"


def test_messages_of_errors_show_what_a_file_holds():
    for error in (InvalidArgument(NASTY), MissingFile(NASTY), CorruptData(NASTY, file=NASTY), VeloraWarning(NASTY)):
        assert is_clean(str(error).replace("\nFORGED", ""))
        assert "\\x1b[2J" in str(error)


def test_summary_and_audit_show_names_as_text(result):
    for shown in (result.summary(), result.audit(), result.explain(1), result):
        assert is_clean(str(shown))
        assert is_clean(drawn(shown))
        assert "\\x1b[2J" in drawn(shown)


def test_markup_in_a_name_is_not_obeyed(result):
    for shown in (result.summary(), result.audit(), result.explain(1)):
        assert "[red]R[/red]" in drawn(shown)


def test_objects_of_a_run_show_names_as_text(result):
    assert len(result.seen) > 6
    assert all(map(is_clean, (text.rstrip("\n") for text in result.seen)))


def test_books_engines_and_tables_show_names_as_text(instrument):
    market = vl.SyntheticMarket(seed=3, events=300, instrument=instrument)
    table = market.table()
    shown = [market, table, vl.OrderBookL2(instrument), vl.OrderBookL3(instrument), vl.QuoteBook(instrument)]
    shown += [vl.MatchingEngine(instrument), instrument, vl.OrderBookL2(instrument).depth(3)]
    assert all(is_clean(repr(one)) for one in shown)
    assert is_clean(drawn(vl.OrderBookL2(instrument)).rstrip("\n"))


def test_a_failure_in_the_log_shows_the_name_as_text(instrument, caplog):
    class Fails(vl.Strategy):
        def on_start(self):
            raise InvalidArgument(NASTY)

    market = vl.SyntheticMarket(seed=3, events=300, instrument=instrument)
    with caplog.at_level(logging.WARNING):
        vl.Backtest(market, {NASTY: Fails(), "other": vl.Strategy()}).run()
    assert "failed and was stopped" in caplog.text
    assert not any(one in caplog.text for one in ("\x1b", "\x07", "\x9b", "\u202e"))


def test_the_bus_shows_topics_as_text():
    bus = vl.MessageBus()
    bus.subscribe("a\x1b[2J[red]", print, name=NASTY)
    shown = bus.stats()
    assert is_clean(str(shown))
    assert "[red]" in str(shown)
