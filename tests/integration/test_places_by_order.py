"""Exact places in the queue: the venue on feeds by order against a follower of virtual orders written apart from it."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag
from velora.data.importers import detect_format, import_files
from velora.sim.queue_follow import follow_orders
from velora.sim.venue import SimulatedVenue

HORIZON_NS = 20_000_000_000
NAMES = ("ts_event", "kind", "side", "price", "qty", "flags", "order_id")


def venue_fills(table, orders):
    """(instant, cause) of each virtual order's fill by the venue, one order at a time."""
    by_time = np.argsort(np.asarray(table.ts_event), kind="stable")
    columns = {name: np.asarray(getattr(table, name))[by_time].tolist() for name in NAMES}
    venue = SimulatedVenue([table.instrument], [False], by_order=[True])
    starts = iter([(int(one["ts_start"]), int(one["side"]), int(one["price"])) for one in orders])
    found, number, upcoming, now = {}, 0, next(starts, None), 0
    for ts, kind, side, price, qty, flags, order_id in zip(*columns.values(), strict=True):
        while upcoming is not None and upcoming[0] < ts:
            if number:
                venue.on_command(0, 2, number, ts=max(now, upcoming[0]))
            number += 1
            venue.on_command(0, 0, number, ts=upcoming[0], side=upcoming[1], price=upcoming[2], qty=1)
            upcoming = next(starts, None)
        now = ts
        if flags & EventFlag.HIDDEN:
            continue  # the follower does not look at them
        for report in venue.on_row(0, kind, ts=ts, side=side, price=price, qty=qty, flags=flags, order_id=order_id):
            if report.kind == 1:
                found[report.order_id - 1] = (report.ts, report.cause)
    return found


@pytest.mark.parametrize(
    ("file", "least"),
    [
        ("databento_cme/esh4-glbx-mdp3-20231225.mbo.dbn.zst", 30),
        ("lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip", 140),
    ],
    ids=["ES", "GOOG"],
)
def test_virtual_orders_fill_in_the_venue_when_the_follower_says(file, least, shared_data, tmp_path):
    path = shared_data / file
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    import_files([path], catalog, format=detect_format([path]))
    table = catalog.source(catalog.names()[0]).table()
    first, last = int(table.ts_event.min()), int(table.ts_event.max())
    instants = np.arange(first + 2 * HORIZON_NS, last - 2 * HORIZON_NS, 2 * HORIZON_NS)
    placements = np.array([(ts, 0, at % 2) for at, ts in enumerate(instants)], np.int64)
    followed = follow_orders(table, [], placements=placements, horizon_ns=HORIZON_NS - 1, every=0)
    orders = followed.orders[np.argsort(followed.orders["ts_start"], kind="stable")]
    mine = venue_fills(table, orders)
    same = filled = 0
    for at, one in enumerate(orders):
        until = int(one["ts_start"]) + HORIZON_NS - 2_000_000_000
        true = (int(one["ts_fill"]), int(one["cause"])) if 0 <= one["ts_fill"] < until else None
        ours = mine.get(at)
        same += true == (ours if ours is not None and ours[0] < until else None)
        filled += true is not None
    assert filled >= least
    # What differs are fills of one event that the two read in another order: 1 of 2,119 and 3 of 584 when made.
    assert len(orders) - same <= 0.006 * len(orders)
