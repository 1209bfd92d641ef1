"""Strategies: Velora against hftbacktest, nautilus_trader and fastmm, with the same arrays, in the same run.

Velora's strategies are Python in every row that does not say "compiled": those meet the peers' compiled ones. All of
its fidelity is on: the venue's book and the local one, the feed's latency from the rows' two clocks, one millisecond of
order latency each way, risk-averse queues.

``each``      calls a method that counts for each trade and each level update; the counts must be equal.
``timer``     wakes each 100 ms and does nothing.
``maker``     quotes both sides around the mid each 100 ms, up to an inventory cap. Once with `quote`, which amends what
              stands, and once cancelling and sending anew as the peers' strategies do, so that messages are comparable.
``commands``  each 10 ms cancels the order of the wake before and sends another, far from the touch; what the same run
              without orders takes is subtracted, the rest divided by the commands. The order's way to the venue, its
              place in the book there and the reports back are part of it.

The final touch and the number of wakes must be equal. The work is not: hftbacktest wakes once where rows share an
instant (a trade and its level), and its exchange does no partial fills; nautilus_trader keeps one clock for venue and
strategy, 1.x has no queue, and both do more bookkeeping an order (risk, cache, events, account); fastmm has one clock
for the rows too, and 256 levels a side; its hot hooks are compiled, see no trades, and declare quotes. Orders and
fills of each side are printed on standard error.

A slower figure here than in the last run on the same machine means that the loop, the call of a hook or the way of an
order has become slower.

    python -m perf_tests.compare.strategy [--json] [--workload each] [--events N] [--passes N]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import velora as vl
from perf_tests.compare.compiled import build
from perf_tests.compare.figures import Figure, show
from perf_tests.compare.peer import Peer
from perf_tests.compare.replay import (
    CAP_LOTS,
    OFFSET_TICKS,
    ORDER_LATENCY_NS,
    QTY_LOTS,
    Quoter,
    Timer,
    make_session,
    save_session,
)

#: The peers' scripts hold these two as well.
TURNOVER_WAKE = "10ms"
FAR_TICKS = 20

HFT, NAUTILUS1, NAUTILUS2, FASTMM, FASTMM_HOT = (
    "hftbacktest-2.4.4",
    "nautilus_trader-1.221.0",
    "nautilus_trader-2.0.0rc6",
    "fastmm-engine-0.9.0",
    "fastmm-engine-0.9.0-hot",
)
SCRIPTS = {
    HFT: "hftbacktest_replay.py",
    NAUTILUS1: "nautilus1_strategy.py",
    NAUTILUS2: "nautilus2_strategy.py",
    FASTMM: "fastmm_strategy.py",
    FASTMM_HOT: "fastmm_strategy.py",
}
#: Peers that are given the small session.
SLOW = (NAUTILUS1, NAUTILUS2)
NAMES = {
    "each": "call on each event",
    "timer": "call each 100 ms",
    "maker": "market maker, amends",
    "resend": "market maker, resends",
    "commands": "orders sent and cancelled",
}
NAMES |= {f"{name}-compiled": f"{text}, compiled" for name, text in NAMES.items() if name != "resend"}
#: How peers' strategies run that ours meet compiled too.
COMPILED = ("compiled", "hot hooks")


class Each(vl.Strategy):
    """Counts trades and book updates."""

    def on_start(self) -> None:
        self.trades = self.updates = 0

    @property
    def wakes(self) -> int:
        return self.trades + self.updates

    def on_trade(self, trade: vl.Trade) -> None:
        self.trades += 1

    def on_book(self, book: vl.OrderBookL2) -> None:
        self.updates += 1


class Resender(vl.Strategy):
    """The market maker of the peers: cancels and sends anew where `Quoter` amends."""

    def on_start(self) -> None:
        self.wakes = 0
        symbol = self.instruments[0]
        self.market = self.book(symbol)
        self.held = self.position(symbol)
        self.bid: vl.Order | None = None
        self.ask: vl.Order | None = None
        self.every("100ms", self.requote)

    def requote(self) -> None:
        self.wakes += 1
        market = self.market
        bid, ask = market.best_bid_ticks, market.best_ask_ticks
        if bid is None or ask is None:
            return
        mid_x2, half, lots = bid + ask, round(2 * OFFSET_TICKS), self.held.qty_lots
        want_bid = (mid_x2 - half) // 2 if lots + QTY_LOTS <= CAP_LOTS else None
        want_ask = -((-mid_x2 - half) // 2) if lots - QTY_LOTS >= -CAP_LOTS else None
        order = self.bid
        if order is None or order.is_done or order.price_ticks != want_bid:
            if order is not None:
                self.cancel(order)
            self.bid = None
            if want_bid is not None:
                self.bid = self.buy(market.instrument, price_ticks=want_bid, qty_lots=QTY_LOTS, post_only=True)
        order = self.ask
        if order is None or order.is_done or order.price_ticks != want_ask:
            if order is not None:
                self.cancel(order)
            self.ask = None
            if want_ask is not None:
                self.ask = self.sell(market.instrument, price_ticks=want_ask, qty_lots=QTY_LOTS, post_only=True)


class Watcher(vl.Strategy):
    """What `Turnover` does, without its orders."""

    def on_start(self) -> None:
        self.wakes = 0
        self.market = self.book(self.instruments[0])
        self.resting: vl.Order | None = None
        self.every(TURNOVER_WAKE, self.wake)

    def wake(self) -> None:
        self.wakes += 1
        _ = self.market.best_bid_ticks


class Turnover(Watcher):
    """Each wake cancels the order of the wake before and sends another, far from the touch."""

    def wake(self) -> None:
        self.wakes += 1
        bid = self.market.best_bid_ticks
        if bid is None:
            return
        if self.resting is not None:
            self.cancel(self.resting)
        self.resting = self.buy(self.market.instrument, price_ticks=bid - FAR_TICKS, qty_lots=QTY_LOTS, post_only=True)


STRATEGIES: dict[str, Callable[[], Any]] = {
    "each": Each,
    "timer": Timer,
    "maker": partial(Quoter, qty_lots=QTY_LOTS, cap_lots=CAP_LOTS, offset_ticks=OFFSET_TICKS),
    "resend": Resender,
    "watcher": Watcher,
    "turnover": Turnover,
}


def add_compiled(folder: Path) -> None:
    """Build the compiled twins and put them beside."""
    made = build("strategies", folder)
    half = round(2 * OFFSET_TICKS)
    STRATEGIES.update(
        {
            "each-compiled": made.Each,
            "timer-compiled": partial(made.Timed, "100ms"),
            "maker-compiled": partial(made.Maker, "100ms", half, QTY_LOTS, CAP_LOTS),
            "watcher-compiled": partial(made.Watcher, TURNOVER_WAKE),
            "turnover-compiled": partial(made.Turnover, TURNOVER_WAKE, FAR_TICKS, QTY_LOTS),
        }
    )


@dataclass(frozen=True)
class Bout:
    """One peer at one workload.

    Parameters
    ----------
    workload : str
        One of `NAMES`; "maker" stands for both market makers.
    environment : str
    asked : str
        The peer's name of the workload, ``{}`` standing for what `commands` puts there.
    label : str
        How the peer's strategy runs.
    """

    workload: str
    environment: str
    asked: str
    label: str

    @property
    def peer_name(self) -> str:
        name, _, version = self.environment.removesuffix("-hot").rpartition("-")
        return f"{name} {version} {self.label}".strip()


def bouts() -> list[Bout]:
    """All comparisons, those of one peer together."""
    found = []
    for workload in ("each", "timer", "maker", "commands"):
        asked = {"maker": "quoter", "commands": "{}"}.get(workload, workload)
        found += [
            Bout(workload, HFT, f"{asked} ROIVector", "compiled"),
            Bout(workload, HFT, f"{asked}-python ROIVector", "CPython"),
            Bout(workload, FASTMM, f"{asked} plain", "Python hooks"),
            Bout(workload, NAUTILUS1, asked, ""),
            Bout(workload, NAUTILUS2, asked, ""),
        ]
        if workload != "commands":
            found.append(Bout(workload, FASTMM_HOT, f"{asked} hot", "hot hooks"))
    return found


def make_rows(events: int, seed: int) -> vl.EventTable:
    """The session of `replay`, with every level update a batch of its own."""
    table = make_session(events, seed)
    columns = {
        name: getattr(table, name) for name in ("ts_event", "ts_recv", "kind", "side", "price", "qty", "order_id")
    }
    single = (table.kind == vl.EventKind.DELTA) & ((table.flags & vl.EventFlag.SNAPSHOT) == 0)
    flags = np.where(single, table.flags | np.uint8(vl.EventFlag.LAST), table.flags)
    return vl.EventTable.from_numpy(table.instrument, flags=flags, **columns)


def run_velora(table: vl.EventTable, workload: str) -> dict[str, Any]:
    """One pass of Velora; seconds and what it saw."""
    strategy = STRATEGIES[workload]()
    run = vl.Backtest(table, strategy, latency=vl.ns(ORDER_LATENCY_NS), sample=0).start()
    began = time.perf_counter()
    run.advance_to_end()
    seconds = time.perf_counter() - began
    book = run.book(table.instrument)
    bid, ask = book.best_bid_ticks, book.best_ask_ticks
    result = run.finish()
    return {
        "seconds": seconds,
        "wakes": strategy.wakes,
        "updates": getattr(strategy, "updates", 0),
        "commands": result.counters["commands"],
        "orders": result.counters["orders"],
        "fills": result.counters["fills"],
        "bid": bid,
        "ask": ask,
        "hash": result.hash,
    }


def events_of(table: vl.EventTable) -> int:
    """Trades and book updates; a snapshot is one."""
    return int(np.count_nonzero((table.kind == vl.EventKind.TRADE) | ((table.flags & vl.EventFlag.LAST) != 0)))


def check(bout: Bout, table: vl.EventTable, mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Raise when both did not see the same market as often."""
    touch = (theirs.get("bid", mine["bid"]), theirs.get("ask", mine["ask"]))  # hot hooks cannot tell theirs
    if (mine["bid"], mine["ask"]) != touch:
        raise SystemExit(f"the books differ at the end: {mine} against {theirs} of {bout.peer_name}")
    expected, slack = mine["wakes"], 1
    if bout.workload == "each":
        if mine["wakes"] != events_of(table):
            raise SystemExit(f"{events_of(table)} events, but {mine['wakes']} calls")
        if bout.environment == HFT:
            expected = len(np.unique(table.ts_recv))
        elif bout.environment == FASTMM_HOT:
            expected = mine["updates"]
    if abs(expected - theirs["wakes"]) > slack:
        raise SystemExit(f"{theirs['wakes']} wakes of {bout.peer_name}, expected {expected}: {theirs}")


def told(bout: Bout, figure: Figure, mine: dict[str, Any], theirs: dict[str, Any]) -> Figure:
    """The figure, once what both did is on standard error."""
    counts = [
        f"{mine[name]:,} and {theirs[name]:,} {name}"
        for name in ("wakes", "orders", "fills")
        if name in theirs and (mine[name] or theirs[name])
    ]
    if mine["commands"] and "orders" in theirs:
        counts.append(f"{mine['commands']:,} and {theirs['orders'] + theirs['cancels']:,} commands")
    rates = f"{figure.velora:,.0f} and {figure.peer:,.0f} {figure.unit}, ratio {figure.ratio:.2f}"
    print(f"{figure.figure}, Velora and {bout.peer_name}: {rates}; {', '.join(counts)}", file=sys.stderr, flush=True)
    return figure


def compare(bout: Bout, table: vl.EventTable, peer: Peer, passes: int) -> list[Figure]:
    """Passes of Velora and a peer in turn."""
    owns = [bout.workload]
    if bout.workload == "maker" and bout.environment != FASTMM_HOT:  # which declares its quotes, as `quote` does
        owns.append("resend")
    if bout.label in COMPILED:
        owns.append(f"{bout.workload}-compiled")
    seen: dict[str, list[dict[str, Any]]] = {own: [] for own in owns}
    theirs = []
    for _ in range(passes + 1):
        for own in owns:
            seen[own].append(run_velora(table, own))
        theirs.append(peer.run(bout.asked))
    figures = []
    for own in owns:
        mine = seen[own]
        check(bout, table, mine[-1], theirs[-1])
        figure = Figure(
            figure=NAMES[own],
            unit="events/s",
            items=events_of(table),
            velora_s=tuple(one["seconds"] for one in mine[1:]),  # the first warms up
            peer_s=tuple(one["seconds"] for one in theirs[1:]),
            peer_name=bout.peer_name,
            hash=mine[-1]["hash"],
        )
        figures.append(told(bout, figure, mine[-1], theirs[-1]))
    return figures


def compare_commands(bout: Bout, table: vl.EventTable, peer: Peer, passes: int) -> list[Figure]:
    """The cost of a command: runs with and without orders, of both, in turn."""
    kinds = ("", "-compiled") if bout.label in COMPILED else ("",)
    own_s: dict[str, list[float]] = {kind: [] for kind in kinds}
    peer_s = []
    for warm in range(passes + 1):
        without = {kind: run_velora(table, f"watcher{kind}") for kind in kinds}
        mine = {kind: run_velora(table, f"turnover{kind}") for kind in kinds}
        peer_without = peer.run(bout.asked.format("watcher"))
        theirs = peer.run(bout.asked.format("turnover"))
        if warm:
            for kind in kinds:
                seconds = mine[kind]["seconds"] - without[kind]["seconds"]
                own_s[kind].append(seconds / mine[kind]["commands"])
            peer_s.append((theirs["seconds"] - peer_without["seconds"]) / (theirs["orders"] + theirs["cancels"]))
    figures = []
    for kind in kinds:
        check(bout, table, without[kind], peer_without)
        check(bout, table, mine[kind], theirs)
        if min(statistics.median(own_s[kind]), statistics.median(peer_s)) <= 0:
            print(f"{bout.peer_name}: too few events to tell the commands from the noise", file=sys.stderr)
            continue
        figure = Figure(
            figure=NAMES[f"commands{kind}"],
            unit="commands/s",
            items=1,
            velora_s=tuple(own_s[kind]),
            peer_s=tuple(peer_s),
            peer_name=bout.peer_name,
            hash=mine[kind]["hash"],
        )
        figures.append(told(bout, figure, mine[kind], theirs))
    return figures


def main() -> None:
    """Measure and print."""
    workloads = list(dict.fromkeys(bout.workload for bout in bouts()))
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.strategy", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--workload", action="append", choices=workloads, help="all when not given; may be repeated")
    parser.add_argument("--peer", action="append", choices=list(SCRIPTS), help="all when not given; may be repeated")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--slow-events", type=int, default=100_000, help="for nautilus_trader")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    wanted = [
        bout
        for bout in bouts()
        if (not arguments.workload or bout.workload in arguments.workload)
        and (not arguments.peer or bout.environment in arguments.peer)
    ]
    found: dict[Bout, list[Figure]] = {}
    with tempfile.TemporaryDirectory() as folder:
        add_compiled(Path(folder))
        tables = {}
        for size, events in (("full", arguments.events), ("slow", arguments.slow_events)):
            tables[size] = make_rows(events, arguments.seed)
            save_session(tables[size], Path(folder) / f"{size}.npz")
        for environment, script in SCRIPTS.items():
            chosen = [bout for bout in wanted if bout.environment == environment]
            if not chosen:
                continue
            size = "slow" if environment in SLOW else "full"
            peer = Peer(environment, script, Path(folder) / f"{size}.npz")
            for bout in chosen:
                measure = compare_commands if bout.workload == "commands" else compare
                found[bout] = measure(bout, tables[size], peer, arguments.passes)
            peer.close()
    show([figure for bout in wanted for figure in found[bout]], as_json=arguments.json)


if __name__ == "__main__":
    main()
