"""Fill by fill: Velora under hftbacktest's rules against hftbacktest 2.4.4, on the same rows and latencies.

Recorded Binance USD-M sessions and a synthetic market; every queue model of hftbacktest, both of its exchange models,
recorded round trips that vary; a quoting strategy, and one that sends, cancels and amends orders of all kinds at
random. Of each fill the order, both times, price, quantity, what the order had filled by then and the maker flag must
be the same. Exits with 1 where they are not. Then where hftbacktest is in error, both sides shown, and what each
correction changes on the sessions.

    python -m perf_tests.compare.fills [--json] [--data FOLDER] [--only TEXT] [--update]

`--update` writes the peer's fills that the tests hold our rules against where the peer is not at hand.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import velora as vl
from perf_tests.compare import fill_strategies
from perf_tests.compare.peer import Peer
from velora.sim.hftbacktest import CORRECTIONS
from velora.testkit.flow import Flow

PEER = "hftbacktest-2.4.4"
GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "hftbacktest_fills.csv"
SESSIONS = {"btc": "binance_usdm/btcusdt_20240808.gz", "eth": "binance_usdm/ethusdt_20240808.gz"}
MODELS = (
    "risk_averse",
    *(f"power{kind}({exponent})" for kind in (1, 2, 3) for exponent in (1.5, 3)),
    "log1",
    "log2",
)
EXCHANGES = ("no_partial_fill", "partial_fill")
INTERVAL_NS = 100_000_000
SECOND_NS = 1_000_000_000
MAKER_FEE, TAKER_FEE = 0.0002, 0.0005


class FillRow(NamedTuple):
    """One fill as far as both sides can tell; fills of one order that arrive at one instant are one row."""

    order: int
    instrument: int
    side: int
    ts_local: int
    ts_venue: int  # of the last one
    price: int  # ticks, of the last one
    qty: int  # lots, of the last one
    filled: int  # lots of the order by then
    maker: int


@dataclass(frozen=True)
class Case:
    """One run of both sides."""

    sessions: tuple[str, ...]
    strategy: str
    options: dict[str, Any]
    queue: str
    exchange: str
    latency_ns: tuple[int, int] | None = None  # entry and response; None is the recording
    is_golden: bool = False

    @property
    def name(self) -> str:
        """What tables call it."""
        latency = "" if self.latency_ns is None else f" {self.latency_ns[0]}ns"
        kind = f"maker{self.options['qty']}" if self.options.get("amends") else f"{self.strategy}{self.options['qty']}"
        seed = f" seed {self.options['seed']}" if "seed" in self.options else ""
        return f"{'+'.join(self.sessions)} {kind} {self.exchange} {self.queue}{latency}{seed}"


@dataclass
class Outcome:
    """What a side made of a case."""

    fills: list[FillRow]
    orders: int
    is_stopped: bool
    pnl: float = 0.0
    position: int = 0  # lots, all instruments, as the side's own books have it
    extra: dict[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- sessions


def load_session(path: Path, folder: Path) -> vl.EventTable:
    """Trades and depth of a Binance capture, its whole length."""
    from velora.data.importers.binance_capture import import_captures

    catalog = vl.Catalog(folder, create=True)
    import_captures([path], catalog)
    (name,) = catalog.names()
    return catalog.source(name).table()


def make_latency(table: vl.EventTable, seed: int) -> vl.LatencyRecording:
    """Round trips that vary, one a second, with a slow one now and then."""
    random = np.random.default_rng(seed)
    ts = np.arange(int(table.ts_recv[0]) - 5 * SECOND_NS, int(table.ts_recv[-1]) + SECOND_NS, SECOND_NS)
    ts = ts + random.integers(0, SECOND_NS // 2, len(ts))
    slow = np.where(random.random(len(ts)) < 0.03, 8.0, 1.0)
    entry = (random.lognormal(16.0, 0.5, len(ts)) * slow).astype(np.int64)
    response = (random.lognormal(15.7, 0.5, len(ts)) * slow).astype(np.int64)
    return vl.LatencyRecording(ts, np.minimum(entry, 4 * SECOND_NS // 10), np.minimum(response, 4 * SECOND_NS // 10))


def save_sessions(tables: dict[str, vl.EventTable], path: Path) -> None:
    """Write the rows and round trips for the peer."""
    columns: dict[str, Any] = {}
    for seed, (name, table) in enumerate(tables.items()):
        for column in ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty"):
            columns[f"{name}.{column}"] = np.asarray(getattr(table, column))
        instrument, latency = table.instrument, make_latency(table, seed)
        tick, lot = instrument.tick_size.as_integer_ratio(), instrument.lot_size.as_integer_ratio()
        columns[f"{name}.grid"] = np.array([*tick, *lot], np.int64)
        columns[f"{name}.latency_ts"] = latency.ts
        columns[f"{name}.latency_entry"] = latency.entry
        columns[f"{name}.latency_response"] = latency.response
    np.savez(path, **columns)


# ---------------------------------------------------------------- our side


class _Desk:
    """One instrument of a Velora run; see `fill_strategies.Desk`."""

    def __init__(self, strategy: vl.Strategy, instrument: vl.Instrument, orders: dict[int, vl.Order]) -> None:
        self._strategy, self._instrument, self._orders = strategy, instrument, orders
        self._book = strategy.book(instrument)

    def best(self) -> tuple[int, int] | None:
        bid, ask = self._book.best_bid_ticks, self._book.best_ask_ticks
        return (bid, ask) if bid is not None and ask is not None and bid < ask else None

    def submit(self, side: int, price: int, qty: int, kind: str) -> int:
        send = self._strategy.buy if side == 0 else self._strategy.sell
        options: dict[str, Any] = {"price_ticks": price} if kind != "MARKET" else {}
        if kind == "GTX":
            options["post_only"] = True
        elif kind in ("IOC", "FOK"):
            options["time_in_force"] = kind
        order = send(self._instrument, qty_lots=qty, **options)
        self._orders[order.id] = order
        return order.id

    def cancel(self, number: int) -> None:
        self._strategy.cancel(self._orders[number])

    def amend(self, number: int, price: int, qty: int) -> None:
        self._strategy.amend(self._orders[number], price_ticks=price, qty_lots=qty)

    def state(self, number: int) -> int:
        order = self._orders[number]
        if order.is_done:
            return fill_strategies.DONE
        return fill_strategies.PENDING if order.state is vl.OrderState.PENDING else fill_strategies.OPEN

    def is_busy(self, number: int) -> bool:
        return self._orders[number].is_pending

    def filled(self, number: int) -> int:
        return self._orders[number].cum_qty_lots


class _Player(vl.Strategy):
    """Wakes the strategies of a case, one an instrument."""

    def __init__(self, case: Case, stop: int) -> None:
        self._case, self._stop = case, stop

    def on_start(self) -> None:
        orders: dict[int, vl.Order] = {}
        self._desks = [_Desk(self, instrument, orders) for instrument in self.instruments]
        self._strategies = [fill_strategies.make(self._case.strategy, self._case.options) for _ in self._desks]
        self.every(vl.ns(INTERVAL_NS), self._wake)

    def _wake(self) -> None:
        for desk, strategy in zip(self._desks, self._strategies, strict=True):
            strategy.wake(desk, self.now < self._stop)


def run_velora(case: Case, tables: dict[str, vl.EventTable], rules: vl.HftbacktestRules | str | None = None) -> Outcome:
    """Our side of a case, under hftbacktest's rules unless others are given."""
    used = [tables[name] for name in case.sessions]
    latency: Any = vl.Latency(entry=case.latency_ns[0], response=case.latency_ns[1]) if case.latency_ns else None
    run = vl.Backtest(
        used,
        _Player(case, stop_ns(used)),
        latency=latency or make_latency(used[0], list(tables).index(case.sessions[0])),
        queue=case.queue,
        rules=rules or vl.HftbacktestRules(case.exchange),
        fees=(MAKER_FEE, TAKER_FEE),
        sample=0,
    ).start()
    is_stopped = False
    try:
        run.advance_to_end()
    except vl.VeloraError as error:
        if "exact_fills" not in str(error):
            raise
        is_stopped = True
    result = run.finish()
    rows: list[FillRow] = []
    filled: dict[int, int] = {}
    for one in result.fills_raw:
        number = int(one["order_id"])
        filled[number] = filled.get(number, 0) + int(one["qty"])
        row = FillRow(
            number,
            int(one["instrument"]),
            int(one["side"]),
            int(one["ts_local"]),
            int(one["ts_venue"]),
            int(one["price"]),
            int(one["qty"]),
            filled[number],
            int(one["maker"]),
        )
        same = [
            at for at in range(len(rows) - 1, -1, -1) if rows[at].ts_local == row.ts_local and rows[at].order == number
        ]
        if same:
            rows[same[0]] = row
        else:
            rows.append(row)
    currency = used[0].instrument.settle
    pnl = result.pnl_units(currency) * float(result.money_unit(currency))
    position = sum(run.position(table.instrument).qty_lots for table in used)
    return Outcome(sorted(rows, key=_order), result.counters["orders"], is_stopped, pnl, position, {"result": result})


def _order(row: FillRow) -> tuple[int, int, int]:
    """hftbacktest fills the orders of one event in the order of hash seeds: that order says nothing."""
    return (row.ts_local, row.ts_venue, row.order)


def start_ns(tables: list[vl.EventTable]) -> int:
    """When the local side starts: the first receipt."""
    return min(int(table.ts_recv[0]) for table in tables)


def stop_ns(tables: list[vl.EventTable]) -> int:
    """From when no order is sent: both sides treat what comes after the last row differently."""
    return min(int(table.ts_recv[-1]) for table in tables) - 3 * SECOND_NS


# ---------------------------------------------------------------- the peer's side


def run_peer(peer: Peer, case: Case, tables: dict[str, vl.EventTable]) -> Outcome:
    """hftbacktest's side of a case."""
    used = [tables[name] for name in case.sessions]
    wanted = {
        "sessions": case.sessions,
        "strategy": case.strategy,
        "options": case.options,
        "queue": case.queue if "(" in case.queue or not case.queue.startswith("power") else f"{case.queue}(3)",
        "exchange": case.exchange,
        "latency_ns": case.latency_ns,
        "interval": INTERVAL_NS,
        "start": start_ns(used),
        "stop": stop_ns(used),
        "maker_fee": MAKER_FEE,
        "taker_fee": TAKER_FEE,
    }
    seen = peer.run(json.dumps(wanted))
    rows = sorted((FillRow(*row) for row in seen["fills"]), key=_order)
    pnl = 0.0
    for at, table in enumerate(used):
        mid = _last_mid(table)
        lot = float(table.instrument.lot_size)
        pnl += seen["balance"][at] + seen["position"][at] * lot * mid - seen["fee"][at]
    return Outcome(rows, seen["orders"], seen["stopped"] is not None, pnl, sum(seen["position"]), seen)


def _last_mid(table: vl.EventTable) -> float:
    book = vl.OrderBookL2(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty)
    return float(book.mid or 0.0)


# ---------------------------------------------------------------- cases


LADDERS: dict[tuple[str, str], dict[str, Any]] = {
    # Quantities of the partial exchange are odd and large: an order filled to exactly its size ends hftbacktest's run.
    ("btc", "no_partial_fill"): {"qty": 5, "cap": 1_000, "distances": [0, 0, 1, 5]},
    ("btc", "partial_fill"): {"qty": 7_013, "cap": 4_000_000, "distances": [0, 0, 1, 5]},
    ("eth", "no_partial_fill"): {"qty": 50, "cap": 10_000, "distances": [0, 0, 1, 3]},
    ("eth", "partial_fill"): {"qty": 49_999, "cap": 10_000_000, "distances": [0, 0, 1, 3]},
}
MARKET_MAKERS: dict[str, dict[str, Any]] = {
    "btc": {"qty": 200, "cap": 3_000, "distances": [0, 0, 1, 5], "amends": True, "flatten": 2_000},
    "eth": {"qty": 2_000, "cap": 30_000, "distances": [0, 0, 1, 3], "amends": True, "flatten": 20_000},
}


def cases() -> Iterator[Case]:
    """Every case."""
    for exchange in EXCHANGES:
        lots = {"no_partial_fill": 12, "partial_fill": 300}[exchange]
        for queue in MODELS:
            for session in SESSIONS:
                golden = queue == "risk_averse" or (queue == "power3(1.5)" and session == "btc")
                yield Case((session,), "ladder", LADDERS[session, exchange], queue, exchange, is_golden=golden)
                yield Case((session,), "dice", {"seed": 5, "qty": 40 * lots, "rest": 12}, queue, exchange)
            for seed in (11, 12):
                yield Case(("synthetic",), "dice", {"seed": seed, "qty": lots, "rest": 12}, queue, exchange)
    for exchange in EXCHANGES:
        yield Case(("btc", "eth"), "ladder", LADDERS["btc", exchange], "power2(3)", exchange)
        yield Case(("synthetic",), "dice", {"seed": 3, "qty": 9, "rest": 2}, "log2", exchange, (0, 0))
    for session in SESSIONS:
        for queue in ("risk_averse", "power3(3)", "log1"):
            maker = MARKET_MAKERS[session]
            yield Case((session,), "ladder", maker, queue, "no_partial_fill", is_golden=queue == "log1")
    # Small orders in the partial exchange: soon one fills to exactly its size, and both end there.
    yield Case(("btc",), "ladder", LADDERS["btc", "no_partial_fill"], "power3(3)", "partial_fill", is_golden=True)


def difference(own: Outcome, other: Outcome) -> str:
    """The first fill that differs, in words; empty when none does."""
    for at in range(max(len(own.fills), len(other.fills))):
        mine = own.fills[at] if at < len(own.fills) else None
        theirs = other.fills[at] if at < len(other.fills) else None
        if mine != theirs:
            return (
                f"fill {at} of {len(own.fills)} and {len(other.fills)}:\n  Velora      {mine}\n  hftbacktest {theirs}"
            )
    if own.is_stopped != other.is_stopped:
        return f"stopped: Velora {own.is_stopped}, hftbacktest {other.is_stopped}"
    return "" if own.orders == other.orders else f"{own.orders} and {other.orders} orders were sent"


# ---------------------------------------------------------------- where hftbacktest is in error


@dataclass(frozen=True)
class Defect:
    """A flow of a few rows that shows one."""

    rule: str
    rows: tuple[tuple[int, str, vl.Side, int, int], ...]  # tenths of a second, "trade" or "delta", side, price, qty
    steps: tuple[tuple[Any, ...], ...]
    exchange: str
    correction: str  # empty where no choice is left: our books are right either way

    def table(self) -> vl.EventTable:
        """Five lots at 100 bid and 101 offered, more behind, then the rows."""
        flow = Flow().snapshot(0, bids=[(100, 5), (99, 20)], asks=[(101, 5), (102, 20)])
        for tenths, kind, side, price, qty in self.rows:
            getattr(flow, kind)(tenths * SECOND_NS // 10, side, price, qty)
        return flow.delta(10 * SECOND_NS, vl.Side.BUY, 1, 1).table()

    def case(self, name: str) -> Case:
        """It as a case."""
        return Case((name,), "steps", {"steps": self.steps}, "risk_averse", self.exchange, (1_000_000, 1_000_000))


_BUY, _SELL = vl.Side.BUY, vl.Side.SELL
DEFECTS = {
    "exact size": Defect(
        "a partial fill of exactly the order's size leaves the order in the lists; the next trade there ends the run",
        ((3, "trade", _SELL, 100, 10), (5, "trade", _SELL, 100, 7)),
        ((1, "submit", 0, 100, 5, "GTC"),),
        "partial_fill",
        "exact_fills",
    ),
    "amended quantity": Defect(
        "an amend that queues anew keeps the old remaining quantity: 2 were asked for, 4 fill",
        ((7, "trade", _SELL, 98, 100),),
        ((1, "submit", 0, 100, 4, "GTC"), (3, "amend", 1, 99, 2)),
        "no_partial_fill",
        "amends",
    ),
    "partial fills not booked": Defect(
        "two of five lots fill and the rest is canceled: its position stays 0",
        ((3, "trade", _SELL, 100, 7),),
        ((1, "submit", 0, 100, 5, "GTC"), (6, "cancel", 1)),
        "partial_fill",
        "",
    ),
    "taker legs not booked": Defect(
        "a limit order takes 5, 20 and 15 lots: its position is the last leg's",
        (),
        ((1, "submit", 1, 99, 40, "GTC"),),
        "partial_fill",
        "",
    ),
}


def defect_lines(peer: Peer, tables: dict[str, vl.EventTable]) -> Iterator[dict[str, Any]]:
    """Each defect in hftbacktest, under its rules here, and corrected."""
    for name, defect in DEFECTS.items():
        case = defect.case(name)
        other, own = run_peer(peer, case, tables), run_velora(case, tables)
        names = [defect.correction] if defect.correction else []
        mended = run_velora(case, tables, vl.HftbacktestRules(defect.exchange, names))
        yield {
            "defect": name,
            "rule": defect.rule,
            "hftbacktest": _brief(other),
            "velora": _brief(own),
            "corrected": _brief(mended),
            "correction": defect.correction or "none needed",
            "same": not difference(own, other),
        }


def _brief(outcome: Outcome) -> dict[str, Any]:
    filled: dict[int, int] = {row.order: row.filled for row in outcome.fills}
    return {"filled": sum(filled.values()), "position": outcome.position, "stopped": outcome.is_stopped}


# ---------------------------------------------------------------- what each correction changes


def corrections_table(tables: dict[str, vl.EventTable], peer_side: dict[str, Outcome]) -> list[dict[str, Any]]:
    """Fills and PnL of the market maker with no correction, each alone, all so far, and under Velora's own rules."""
    lines = []
    for session in SESSIONS:
        case = correction_case(session)
        steps: list[tuple[str, vl.HftbacktestRules | str]] = [("none", vl.HftbacktestRules())]
        steps += [(f"only {name}", vl.HftbacktestRules(corrections=[name])) for name in CORRECTIONS]
        names = list(CORRECTIONS)
        steps += [(f"up to {name}", vl.HftbacktestRules(corrections=names[: at + 1])) for at, name in enumerate(names)]
        steps.append(("velora", "velora"))
        if session in peer_side:
            lines.append(_line(session, "hftbacktest", peer_side[session]))
        for label, rules in steps:
            lines.append(_line(session, label, run_velora(case, tables, rules)))
    return lines


def correction_case(session: str) -> Case:
    """The market maker whose fills and PnL the corrections are shown on."""
    return Case((session,), "ladder", MARKET_MAKERS[session], "power3(3)", "no_partial_fill")


def _line(session: str, label: str, outcome: Outcome) -> dict[str, Any]:
    if "result" in outcome.extra:
        raw = outcome.extra["result"].fills_raw
        fills, lots = len(raw), int(raw["qty"].sum())
    else:
        fills = len(outcome.fills)
        lots = sum(row.qty for row in outcome.fills)
    return {"session": session, "rules": label, "fills": fills, "lots": lots, "pnl": round(outcome.pnl, 4)}


# ---------------------------------------------------------------- golden record


def write_golden(path: Path, found: dict[str, Outcome], tables: dict[str, vl.EventTable], data: Path) -> None:
    """The peer's fills, and what they were made from. Times are ns after the first receipt of the case's session."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        file.write(f"# fills of {PEER}, made by python -m perf_tests.compare.fills --update\n")
        for name, session in SESSIONS.items():
            digest = hashlib.sha256((data / session).read_bytes()).hexdigest()
            file.write(f"# data {name} {session} sha256 {digest}\n")
        out = csv.writer(file, lineterminator="\n")
        out.writerow(FillRow._fields)
        for name, outcome in found.items():
            begin = start_ns([tables[name.split(" ")[0]]])
            file.write(f"# case {'stopped' if outcome.is_stopped else 'whole'} {name}\n")
            out.writerows(
                row._replace(ts_local=row.ts_local - begin, ts_venue=row.ts_venue - begin) for row in outcome.fills
            )


def read_golden(path: Path = GOLDEN) -> tuple[dict[str, str], dict[str, Outcome]]:
    """Digest of each session, and each case's outcome with its times as they are in the file."""
    digests: dict[str, str] = {}
    found: dict[str, Outcome] = {}
    outcome = Outcome([], 0, False)
    for line in path.read_text().splitlines():
        words = line.split(" ")
        if words[:2] == ["#", "data"]:
            digests[words[2]] = words[-1]
        elif words[:2] == ["#", "case"]:
            outcome = found[" ".join(words[3:])] = Outcome([], 0, words[2] == "stopped")
        elif line[0].isdigit():
            outcome.fills.append(FillRow(*(int(cell) for cell in line.split(","))))
    return digests, found


# ---------------------------------------------------------------- running


def load_tables(data: Path, folder: Path) -> dict[str, vl.EventTable]:
    """The sessions and the synthetic market, by name."""
    tables = {name: load_session(data / session, folder / name) for name, session in SESSIONS.items()}
    tables["synthetic"] = vl.SyntheticMarket(21, events=120_000, quotes=False).table()
    tables.update((name, defect.table()) for name, defect in DEFECTS.items())
    return tables


def main() -> int:
    """Compare, print, and say whether all is the same."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.fills", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--data", type=Path, default=default_data(), help="folder of the recorded sessions")
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--update", action="store_true", help=f"run what {GOLDEN.name} holds, and write it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = load_tables(arguments.data, folder)
        save_sessions(tables, folder / "sessions.npz")
        peer = Peer(PEER, "hftbacktest_fills.py", folder / "sessions.npz")
        failures, golden, shown = 0, {}, []
        for case in cases():
            if arguments.only not in case.name or (arguments.update and not case.is_golden):
                continue
            own, other = run_velora(case, tables), run_peer(peer, case, tables)
            differs = difference(own, other)
            failures += bool(differs)
            line = {
                "case": case.name,
                "orders": own.orders,
                "fills": len(own.fills),
                "peer_fills": len(other.fills),
                "position": own.position,
                "peer_position": other.position,
                "stopped": other.is_stopped,
                "same": not differs,
            }
            shown.append(line)
            print(json.dumps(line) if arguments.json else _words(line), flush=True)
            if differs:
                print(f"{case.name}: {differs}", file=sys.stderr)
            if case.is_golden:
                golden[case.name] = other
        if not arguments.only and not arguments.update:
            defects = list(defect_lines(peer, tables))
            failures += sum(not line["same"] for line in defects)
            peer_side = {session: run_peer(peer, correction_case(session), tables) for session in SESSIONS}
            for line in [*defects, *corrections_table(tables, peer_side)]:
                print(json.dumps(line) if arguments.json else _words(line), flush=True)
        peer.close()
        if arguments.update and not failures:
            write_golden(GOLDEN, golden, tables, arguments.data)
    if not arguments.json:
        print(f"{len(shown) - failures} of {len(shown)} cases are the same, {sum(s['fills'] for s in shown)} fills")
    return 1 if failures else 0


def default_data() -> Path:
    """Where the tests look for the recorded sessions."""
    root = Path(__file__).resolve().parents[2]
    return Path(os.environ.get("VELORA_SHARED", root.parent / "shared")) / "data"


def _words(line: dict[str, Any]) -> str:
    return "  ".join(f"{key} {value}" for key, value in line.items())


if __name__ == "__main__":
    sys.exit(main())
