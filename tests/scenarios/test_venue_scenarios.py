"""One file a rule of the venue over recorded flow: rows and commands, and after them the reports that they lead to.

The second line may choose the venue: ``venue by order``, ``venue queue optimistic``, ``venue min 2``, ``venue notional
200``, ``venue children whole``, ``venue oco cancel``, ``venue last_by_quotes``, ``venue quotes`` (quotes are all that
tells of the book), ``venue no_trades``, ``venue take_unknown``. A line may begin with ``at TS``; the clock stays there.
Rows: ``book QTY@PRICE ... | QTY@PRICE ...`` (a snapshot; by order, a name may go before: ``ID:QTY@PRICE``), ``depth
SIDE PRICE QTY [restated]``, ``quote BIDQTY@BID | ASKQTY@ASK``, ``trade AGGRESSOR PRICE QTY [hidden] [off_book]``
(``nobody`` for an unknown aggressor), ``gap``, ``halt``, ``resume``, ``mark PRICE``; by order ``add ID SIDE QTY @
PRICE``, ``change ID QTY @ PRICE``, ``take ID QTY``, ``execute ID QTY``, with ``restated`` at the end for an order that
leaves the view (``take``) or comes back (``add``). Commands are those of the matching engine's files. Lines with ``>``
are the reports, all of them, where a line has some: ``fill ID QTY @ PRICE CAUSE``, ``ack ID``, ``rejected ID REASON``
and so on, with ``at TS`` after it where the venue's time matters, or ``in_doubt_of_the_queue`` and such where the
doubts of a fill do; ``> nothing`` says that there is none. ``available SIDE PRICE LOTS`` and ``position LOTS`` are
checked.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from grammar import parse

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.sim.matching import MatchReportKind
from velora.sim.venue import SimulatedVenue
from velora.testkit import ReferenceVenue

FILES = sorted((Path(__file__).parent / "venue").glob("*.scn"))
SIDES = {"buy": 0, "sell": 1, "nobody": 2}
COMMANDS = ("new", "amend", "cancel", "cancel_all")


class Player:
    """The venue and its twin, side by side."""

    def __init__(self, options):
        by_order = "order" in options
        queue = options[options.index("queue") + 1] if "queue" in options else "risk_averse"
        least = options[options.index("min") + 1] if "min" in options else "1"
        worth = options[options.index("notional") + 1] if "notional" in options else None
        rules = {name: options[options.index(name) + 1] for name in ("children", "oco") if name in options}
        rules["last_by_quotes"] = "last_by_quotes" in options
        instrument = vl.Instrument(
            "TEST",
            tick_size="1",
            lot_size="1",
            quote="USD",
            maker_fee=0,
            taker_fee=0,
            min_qty=least,
            min_notional=worth,
        )
        quotes, has_trades, takes = "quotes" in options, "no_trades" not in options, "take_unknown" in options
        self.venue = SimulatedVenue(
            [instrument],
            [quotes],
            queue,
            by_order=[by_order],
            has_trades=[has_trades],
            take_unknown=takes,
            **rules,
        )
        self.twin = ReferenceVenue(
            queue,
            by_order=by_order,
            min_qty=int(least),
            min_notional=int(worth or 0),
            quote_fed=quotes,
            has_trades=has_trades,
            take_unknown=takes,
            **rules,
        )
        self.by_order = by_order
        self.now = 0
        self.next_id = 10_000

    def row(self, kind, side=2, price=0, qty=0, flags=0, order_id=0):
        wanted = self.twin.on_row(self.now, kind, side, price, qty, flags=flags, order_id=order_id)
        got = self.venue.on_row(0, kind, ts=self.now, side=side, price=price, qty=qty, flags=flags, order_id=order_id)
        return self._same(got, wanted)

    def _same(self, got, wanted):
        ours = [(r.kind, r.order_id, r.price_ticks, r.qty_lots, r.reason, r.cause, int(r.is_maker)) for r in got]
        doubts = [r.doubts for r in got if r.kind == 1]
        assert doubts == [fill.doubts for fill in self.twin.fills[len(self.twin.fills) - len(doubts) :]]
        assert ours == [
            (r.kind, r.order_id, r.price, r.qty, r.reason, r.other_id if r.kind == 1 else 0, r.maker) for r in wanted
        ]
        return got

    def snapshot(self, words):
        reports = self.row(EventKind.SNAPSHOT_BEGIN)
        side = 0
        for word in words:
            if word == "|":
                side = 1
                continue
            name, _, lots = word.rpartition(":")
            qty, price = lots.split("@")
            if self.by_order:
                self.next_id += 1
                order_id = 10_000_000 + int(name) if name else self.next_id
                reports += self.row(EventKind.ORDER_ADD, side, int(price), int(qty), 2, order_id)
            else:
                reports += self.row(EventKind.DELTA, side, int(price), int(qty), int(EventFlag.SNAPSHOT))
        return reports + self.row(EventKind.SNAPSHOT_END)

    def play(self, words):
        if words[0] == "at":
            self.now = int(words[1])
            words = words[2:]
        restated = int(EventFlag.SNAPSHOT) if words[-1] == "restated" else 0
        words = words[:-1] if restated else words
        verb, rest = words[0], words[1:]
        if verb in COMMANDS:
            c = parse(words, self.now)._replace(ts=self.now)
            wanted = self.twin.on_command(c)
            got = self.venue.on_command(
                0, c.action, c.order_id, ts=c.ts, side=c.side, price=c.price, qty=c.qty, type=c.type, tif=c.tif,
                trigger_kind=c.trigger_kind, trigger=c.trigger, display=c.display, self_trade=c.stp, flags=c.flags,
                expiry=c.expiry, oco_group=c.oco_group, parent=c.parent, activation=c.activation,
                trigger_by=c.trigger_by, strategy=c.strategy,
            )  # fmt: skip
            return self._same(got, wanted)
        if verb == "book":
            return self.snapshot(rest)
        if verb == "depth":
            return self.row(EventKind.DELTA, SIDES[rest[0]], int(rest[1]), int(rest[2]), int(EventFlag.LAST) | restated)
        if verb == "quote":
            reports = []
            for side, word in enumerate((rest[0], rest[2])):
                qty, price = word.split("@")
                reports += self.row(EventKind.QUOTE, side, int(price), int(qty), int(EventFlag.LAST) * side)
            return reports
        if verb == "trade":
            flags = sum(int(EventFlag[word.upper()]) for word in rest[3:])
            return self.row(EventKind.TRADE, SIDES[rest[0]], int(rest[1]), int(rest[2]), flags)
        if verb == "add":
            return self.row(
                EventKind.ORDER_ADD, SIDES[rest[1]], int(rest[4]), int(rest[2]), restated, 10_000_000 + int(rest[0])
            )
        if verb == "change":
            return self.row(EventKind.ORDER_CHANGE, 2, int(rest[3]), int(rest[1]), order_id=10_000_000 + int(rest[0]))
        if verb in ("take", "execute"):
            kind = EventKind.ORDER_CANCEL if verb == "take" else EventKind.ORDER_EXECUTE
            return self.row(kind, 2, 0, int(rest[1]), restated, 10_000_000 + int(rest[0]))
        if verb == "mark":
            return self.row(EventKind.MARK_PRICE, price=int(Decimal(rest[0]) * 100_000_000))
        if verb == "gap":
            return self.row(EventKind.GAP)
        if verb in ("halt", "resume"):
            return self.row(EventKind.STATUS, qty=int(verb == "resume"))
        if verb == "available":
            side, price, lots = SIDES[rest[0]], int(rest[1]), int(rest[2])
            assert self.venue.available(0, side, price) == self.twin.available(side, price) == lots
            return []
        if verb == "position":
            assert self.venue.account(0)["position"] == self.twin.position == int(rest[0])
            return []
        raise AssertionError(f"unknown line: {' '.join(words)}")


def told(reports, expected):
    """Reports as the lines of a scenario, with their times where those say some."""
    lines = []
    for at, one in enumerate(reports):
        kind, reason = MatchReportKind(one.kind).name.lower(), vl.OrderReason(one.reason)
        line = f"{kind} {one.order_id}"
        if kind == "fill":
            line += f" {one.qty_lots} @ {one.price_ticks} {vl.FillCause(one.cause).name.lower()}"
            if at < len(expected) and "in_doubt" in expected[at]:
                line += "".join(f" in_doubt_of_the_{doubt.name.lower()}" for doubt in vl.FillDoubt(one.doubts))
        elif kind in ("amended", "fired", "released"):
            line += f" {one.qty_lots} @ {one.price_ticks}"
        elif kind in ("canceled", "expired"):
            line += f" {one.qty_lots}"
        line += f" {reason.name.lower()}" if reason else ""
        is_timed = at < len(expected) and " at " in expected[at]
        lines.append(f"{line} at {one.ts}" if is_timed else line)
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule(path):
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    assert lines[0].startswith("# ")
    at = 1
    options = []
    if lines[1].startswith("venue"):
        options = lines[1].split()[1:]
        at = 2
    player = Player(options)
    checked = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        expected = []
        while at < len(lines) and lines[at].startswith(">"):
            expected.append(lines[at][1:].strip())
            at += 1
        reports = player.play(line.split())
        if line.split()[0] in ("available", "position") or expected:
            checked += 1
        if expected:
            expected = [one for one in expected if one != "nothing"]
            assert told(reports, expected) == expected, line
    assert checked > 0


def test_there_is_a_file_a_rule():
    assert len(FILES) >= 95
