"""One file a rule: commands, and after them the reports that they lead to.

A command is ``new ID SIDE QTY [@ PRICE | market | mtl] [ioc|fok|day|gtd TS] [stop P|touched P|trail N|trail_bps N]
[by_bid|by_ask|by_mark] [from PRICE] [show N] [post|slide|reduce] [by OWNER] [of STRATEGY] [stp RULE] [oco N]
[oco_cancels|oco_reduces] [parent ID] [when_filled] [at TS]``, ``amend ID QTY @ PRICE [by OWNER]``, ``cancel ID [by
OWNER]``, ``cancel_all OWNER [of STRATEGY]``, ``clock TS`` or ``day_ends``. The second line may choose the exchange's
rules: ``exchange children whole``, ``exchange oco cancel``, ``exchange amend reinsert``. Lines with ``>`` are its
reports, all of them: ``trade TAKER MAKER QTY @ PRICE`` stands for both fills, ``book BIDS | ASKS`` for the displayed
levels after it, ``queue SIDE PRICE ID:LOTS ...`` for the orders at a price in their priority.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from grammar import parse

import velora as vl
from velora.sim.matching import MatchingEngine, MatchReportKind
from velora.testkit import ReferenceMatching

#: The argument of `submit` that sets a trigger, by its code.
TRIGGERS = {1: "stop_ticks", 2: "touch_ticks", 3: "trail_ticks", 4: "trail_bps"}

FILES = sorted((Path(__file__).parent / "match").glob("*.scn"))


def told(reports):
    """Reports as the lines of a scenario, a fill each."""
    lines = []
    for one in reports:
        kind, reason = MatchReportKind(one.kind).name.lower(), vl.OrderReason(one.reason)
        line = f"{kind} {one.order_id}"
        if kind == "fill":
            line += f" {one.qty} @ {one.price} left {one.leaves}"
        elif kind in ("amended", "fired", "released"):
            line += f" {one.qty} @ {one.price}"
        elif kind in ("canceled", "expired"):
            line += f" {one.qty}"
        lines.append(line + (f" {reason.name.lower()}" if reason else ""))
    return lines


def levels(engine):
    sides = [engine.levels.bids, engine.levels.asks]
    bids, asks = ([f"{lots:g}@{ticks:g}" for ticks, lots in side()] for side in sides)
    return " ".join(["book", *bids, "|", *asks])


def queue(engine, words):
    """The orders at a price as the line of a scenario that asks for them."""
    ids, lots = engine.queue({"buy": 0, "sell": 1}[words[1]], int(words[2]))
    return " ".join([*words[:3], *(f"{order_id}:{qty}" for order_id, qty in zip(ids, lots, strict=True))])


class Player:
    """The compiled engine and its twin, side by side."""

    def __init__(self, options):
        rules = dict(zip(options[::2], options[1::2], strict=True))
        self.engine = MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"), **rules)
        self.twin = ReferenceMatching(**rules)
        self.now = 0
        self.trades = {}

    def play(self, words):
        if words[0] == "clock":
            self.now = int(words[1])
            self.twin.reports = []
            self.twin.advance(self.now)
            return self._same(self.engine.advance(self.now), self.twin.reports)
        if words[0] == "day_ends":
            self.twin.reports = []
            self.twin.end_of_day()
            return self._same(self.engine.end_of_day(), self.twin.reports)
        command = parse(words, self.now)
        self.now = command.ts
        wanted = self.twin.on_command(command)
        if command.action == 1:
            got = self.engine.amend(command.order_id, command.qty, command.price, owner=command.owner, ts=command.ts)
        elif command.action == 2:
            got = self.engine.cancel(command.order_id, owner=command.owner, ts=command.ts)
        elif command.action == 3:
            got = self.engine.cancel_all(command.owner, ts=command.ts, strategy=command.strategy)
        else:
            got = self.engine.submit(
                command.order_id,
                command.side,
                command.qty,
                command.price,
                owner=command.owner,
                type=command.type,
                time_in_force=command.tif,
                display_lots=command.display,
                **({TRIGGERS[command.trigger_kind]: command.trigger} if command.trigger_kind else {}),
                self_trade=command.stp,
                post_only=command.flags & 1 != 0,
                slide=command.flags & 2 != 0,
                reduce_only=command.flags & 4 != 0,
                expire=command.expiry,
                oco_group=command.oco_group,
                parent=command.parent,
                ts=command.ts,
                strategy=command.strategy,
                trigger_by=command.trigger_by,
                activation_ticks=command.activation,
                when_filled=command.flags & 8 != 0,
                on_oco={0: None, 16: "cancel", 32: "reduce"}[command.flags & 48],
            )
        return self._same(got, wanted)

    def _same(self, got, wanted):
        ours = [(r.kind, r.order_id, r.qty_lots, r.price_ticks, r.leaves_lots, r.reason, r.other_id) for r in got]
        assert ours == [(r.kind, r.order_id, r.qty, r.price, r.leaves, r.reason, r.other_id) for r in wanted]
        return wanted


def spelled(expected, reports):
    """Expected lines with each trade as the two fills that it stands for."""
    fills = iter([one for one in reports if one.kind == MatchReportKind.FILL])
    lines = []
    for line in expected:
        words = line.split()
        if words[0] in ("book", "queue"):
            continue
        if words[0] != "trade":
            if words[0] == "fill":
                next(fills, None)
            lines.append(line)
            continue
        for order_id in words[1:3]:
            fill = next(fills, None)
            left = fill.leaves if fill is not None else "?"
            lines.append(f"fill {order_id} {words[3]} @ {words[5]} left {left}")
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule(path):
    lines = [line.strip() for line in path.read_text().splitlines()]
    assert lines[0].startswith("# ")
    checked = 0
    at = 1
    options = []
    if lines[1].startswith("exchange"):
        options = lines[1].split()[1:]
        at = 2
    player = Player(options)
    while at < len(lines):
        command = lines[at]
        at += 1
        expected = []
        while at < len(lines) and lines[at].startswith(">"):
            expected.append(lines[at][1:].strip())
            at += 1
        reports = player.play(command.split())
        if expected:
            checked += 1
            assert told(reports) == spelled(expected, reports), command
            for line in expected:
                if line.startswith("book"):
                    assert levels(player.engine) == line, command
                if line.startswith("queue"):
                    assert queue(player.engine, line.split()) == line, command
    assert checked > 0


def test_there_is_a_file_a_rule():
    assert len(FILES) >= 90
