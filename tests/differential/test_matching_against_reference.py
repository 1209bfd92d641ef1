"""Random commands through the compiled matching engine and its slow twin: the same reports, command by command.

`VELORA_MATCH_COMMANDS` sets how many in all; the default takes seconds, 10**7 the better part of an hour.
"""

from __future__ import annotations

import os
import random

import numpy as np
import pytest

import velora as vl
from velora.sim.matching import COMMAND, REPORT, MatchingEngine
from velora.testkit import ReferenceCommand, ReferenceMatching

COMMANDS = int(os.environ.get("VELORA_MATCH_COMMANDS", "30000"))
INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1")
FIELDS = ("kind", "order_id", "price", "qty", "leaves", "owner", "side", "reason", "maker", "other_id", "trade")


def array(commands):
    out = np.zeros(len(commands), COMMAND)
    for at, command in enumerate(commands):
        for name, value in command._asdict().items():
            out[at][name] = value
    return out


def draw(rng, step, *, plain):
    """One command; with `plain` only what every venue has."""
    ts = step // 3
    kind = rng.random()
    order_id, owner = rng.randrange(1, 40), rng.randrange(4)
    if kind < 0.12:
        return ReferenceCommand(2, order_id, owner=owner, ts=ts)
    if kind < 0.3:
        return ReferenceCommand(1, order_id, price=rng.randrange(90, 111), qty=rng.randrange(0, 12), owner=owner, ts=ts)
    if kind < 0.31:
        return ReferenceCommand(3, owner=owner, ts=ts, strategy=rng.randrange(2))
    qty = rng.randrange(1, 10)
    made = ReferenceCommand(
        0,
        order_id,
        side=rng.randrange(2),
        price=rng.randrange(92, 109),
        qty=qty,
        owner=owner,
        type=rng.choice((0, 0, 0, 0, 1, 2)),
        tif=rng.choice((0, 0, 0, 1, 2, 3, 4)),
        stp=rng.randrange(5),
        expiry=ts + rng.randrange(0, 30),
        ts=ts,
    )
    if plain:
        return made
    special = rng.random()
    if special < 0.25:
        kind = rng.randrange(1, 5)
        trigger = rng.randrange(92, 109) if kind < 3 else rng.choice((1, 2, 3, 100, 300))
        made = made._replace(trigger_kind=kind, trigger=trigger)
    elif special < 0.4:
        made = made._replace(display=rng.randrange(0, qty + 1))
    elif special < 0.5:
        made = made._replace(flags=rng.randrange(8))
    if rng.random() < 0.3:
        made = made._replace(trigger_by=rng.randrange(4), strategy=rng.randrange(3))
    if made.trigger_kind > 2 and rng.random() < 0.4:
        made = made._replace(activation=rng.randrange(94, 107))
    if rng.random() < 0.15:
        made = made._replace(oco_group=rng.randrange(1, 6), flags=made.flags | rng.choice((0, 0, 0, 16, 32, 48)))
    if rng.random() < 0.2:
        made = made._replace(parent=rng.randrange(1, 40), flags=made.flags | rng.choice((0, 0, 8)))
    if rng.random() < 0.01:
        made = made._replace(qty=rng.choice((0, -1, 1 << 61)))
    return made


def resting(reference):
    """Displayed (price, lots) of both sides."""
    sides = []
    for side in (0, 1):
        levels = {}
        for one in reference.queue(side):
            levels[one.price] = levels.get(one.price, 0) + one.shown
        sides.append(list(levels.items()))
    return sides


def queues(engine, side):
    """(id, open lots) of a side's orders in priority, read level by level."""
    made = []
    for price in engine.levels.levels(side)[0].tolist():
        ids, lots = engine.queue(side, price)
        made += zip(ids.tolist(), lots.tolist(), strict=True)
    return made


@pytest.mark.parametrize(
    ("plain", "rules"),
    [
        (True, {}),
        (False, {}),
        (False, {"children": "whole"}),
        (False, {"oco": "cancel"}),
        (True, {"amend": "reinsert"}),
        (False, {"amend": "reinsert"}),
    ],
    ids=["plain", "everything", "children_whole", "links_cancel", "plain_reinsert", "everything_reinsert"],
)
def test_reports_agree_command_by_command(plain, rules):
    rng = random.Random(f"{plain} {rules}")
    block = 500
    total = filled = 0
    while total < COMMANDS // 4:
        engine, reference = MatchingEngine(INSTRUMENT, **rules), ReferenceMatching(**rules)
        for start in range(0, 10_000, block):
            commands = [draw(rng, start + at, plain=plain) for at in range(block)]
            want = [reference.on_command(command) for command in commands]
            rows = array(commands)
            got = [engine.apply(rows[at : at + 1]) for at in range(block)]
            for command, ours, theirs in zip(commands, got, want, strict=True):
                assert [tuple(int(one[name]) for name in FIELDS) for one in ours] == [
                    tuple(getattr(one, name) for name in FIELDS) for one in theirs
                ], command
            levels = [list(zip(*(c.tolist() for c in engine.levels.levels(s)), strict=True)) for s in (0, 1)]
            assert levels == resting(reference)
            for side in (0, 1):
                assert queues(engine, side) == [(one.id, one.leaves) for one in reference.queue(side)]
            assert len(engine) == len(reference.live)
            assert engine.trades == reference.trades
            for owner in range(4):
                assert engine.position(owner) == reference.positions.get(owner, 0)
        # Money and lots are conserved: what owners bought, others (and nobody) sold.
        filled += reference.trades
        assert not engine.levels.is_crossed
        reference.reports = []
        reference.end_of_day()
        ended = engine.end_of_day()
        assert [(one.order_id, one.reason) for one in ended] == [(r.order_id, r.reason) for r in reference.reports]
        total += 10_000
    assert filled > total // 20


def test_a_batch_gives_the_reports_of_its_commands():
    rng = random.Random(5)
    commands = array([draw(rng, at, plain=False) for at in range(3_000)])
    one, many = MatchingEngine(INSTRUMENT), MatchingEngine(INSTRUMENT)
    single = np.concatenate([one.apply(commands[at : at + 1]) for at in range(len(commands))])
    batch = many.apply(commands)
    assert batch.dtype == REPORT
    assert (batch == single).all()
    assert one.state_hash() == many.state_hash()


def test_a_reinserted_amend_is_a_cancel_and_a_new_order_of_that_quantity():
    rng = random.Random(9)
    amending = MatchingEngine(INSTRUMENT, amend="reinsert")
    resending = MatchingEngine(INSTRUMENT)
    fields = ["order_id", "other_id", "price", "qty", "leaves", "maker"]
    amended = 0
    for at in range(10_000):
        command = draw(rng, at, plain=True)._replace(ts=at, tif=0, type=0, stp=0)
        if command.action == 3:
            continue  # it goes by acceptance, which an amend leaves as it was
        got = amending.apply(array([command]))
        if command.action != 1 or not (got["kind"] == 5).any():
            assert (resending.apply(array([command])) == got).all()
            continue
        amended += 1
        side = int(got["side"][0])
        resending.cancel(command.order_id, owner=command.owner, ts=at)
        again = resending.apply(array([command._replace(action=0, side=side)]))
        assert (again[1:][fields] == got[1:][fields]).all()
    assert amended > 200
    assert [queues(amending, side) for side in (0, 1)] == [queues(resending, side) for side in (0, 1)]
