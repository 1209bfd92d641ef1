"""hftbacktest's side of `perf_tests.compare.fills`; runs in its own environment.

Reads sessions from an .npz, then for each case, one line of JSON on standard input, prints one line of JSON with the
fills. hftbacktest keeps no log of fills, so each response is looked at when it arrives: the run is driven from response
to response (and from feed to feed), and an order whose execution fields have changed has filled.
"""

import json
import sys
from pathlib import Path

import numpy as np
from hftbacktest import GTC, GTX, LIMIT, MARKET, BacktestAsset, HashMapMarketDepthBacktest
from hftbacktest.order import EXPIRED, FILLED, FOK, IOC, NEW, PARTIALLY_FILLED
from hftbacktest.order import NONE as NO_STATUS
from hftbacktest.types import (
    BUY_EVENT,
    DEPTH_CLEAR_EVENT,
    DEPTH_EVENT,
    DEPTH_SNAPSHOT_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import fill_strategies

TRADE, DELTA, SNAPSHOT_BEGIN = 1, 3, 4
SNAPSHOT = 2
TIME_IN_FORCE = {"GTC": GTC, "GTX": GTX, "IOC": IOC, "FOK": FOK, "MARKET": GTC}
END_OF_DATA = 1
LATENCY_DTYPE = np.dtype([("req_ts", "i8"), ("exch_ts", "i8"), ("resp_ts", "i8"), ("_padding", "i8")])


def events(session, name):
    """Rows in hftbacktest's form. Where the venue's order is not that of receipt each row is there twice, once in
    either order with its flag, as hftbacktest's correct_event_order would have it: its two cursors do not meet."""
    kind = session[f"{name}.kind"]
    rows = (kind == TRADE) | (kind == DELTA) | (kind == SNAPSHOT_BEGIN)
    kind, flags, side = kind[rows], session[f"{name}.flags"][rows], session[f"{name}.side"][rows]
    tick_num, tick_den, lot_num, lot_den = (int(value) for value in session[f"{name}.grid"])
    out = np.zeros(len(kind), event_dtype)
    what = np.select(
        [kind == TRADE, kind == SNAPSHOT_BEGIN, (flags & SNAPSHOT) != 0],
        [TRADE_EVENT, DEPTH_CLEAR_EVENT, DEPTH_SNAPSHOT_EVENT],
        DEPTH_EVENT,
    ).astype(np.uint64)
    sides = np.select([side == 0, side == 1], [BUY_EVENT, SELL_EVENT], 0).astype(np.uint64)
    out["ev"] = what | sides
    out["exch_ts"] = session[f"{name}.ts_event"][rows]
    out["local_ts"] = session[f"{name}.ts_recv"][rows]
    out["px"] = session[f"{name}.price"][rows] * tick_num / tick_den
    out["qty"] = session[f"{name}.qty"][rows] * lot_num / lot_den
    if (np.diff(out["exch_ts"]) >= 0).all():
        out["ev"] |= np.uint64(EXCH_EVENT | LOCAL_EVENT)
        return out
    venue = out[np.argsort(out["exch_ts"], kind="stable")]
    out["ev"] |= np.uint64(LOCAL_EVENT)
    venue["ev"] |= np.uint64(EXCH_EVENT)
    both = np.zeros(2 * len(out), event_dtype)
    both[: len(out)], both[len(out) :] = venue, out
    return both


def latency_rows(session, name):
    """Rows of round trips."""
    rows = np.zeros(len(session[f"{name}.latency_ts"]), LATENCY_DTYPE)
    rows["req_ts"] = session[f"{name}.latency_ts"]
    rows["exch_ts"] = rows["req_ts"] + session[f"{name}.latency_entry"]
    rows["resp_ts"] = rows["exch_ts"] + session[f"{name}.latency_response"]
    return rows


def build_asset(session, name, rows, latency, case):
    """The asset of a session under a case's models."""
    tick_num, tick_den, lot_num, lot_den = (int(value) for value in session[f"{name}.grid"])
    asset = (
        BacktestAsset()
        .data([rows])
        .linear_asset(1.0)
        .trading_value_fee_model(case["maker_fee"], case["taker_fee"])
        .tick_size(tick_num / tick_den)
        .lot_size(lot_num / lot_den)
        .last_trades_capacity(0)
    )
    if case["latency_ns"] is None:
        asset = asset.intp_order_latency(latency)
    else:
        asset = asset.constant_order_latency(*case["latency_ns"])
    model, _, exponent = case["queue"].partition("(")
    power = {
        "power1": "power_prob_queue_model",
        "power2": "power_prob_queue_model2",
        "power3": "power_prob_queue_model3",
    }
    if model in power:
        asset = getattr(asset, power[model])(float(exponent.rstrip(")")))
    else:
        names = {
            "risk_averse": "risk_adverse_queue_model",
            "log1": "log_prob_queue_model",
            "log2": "log_prob_queue_model2",
        }
        asset = getattr(asset, names[model])()
    return asset.partial_fill_exchange() if case["exchange"] == "partial_fill" else asset.no_partial_fill_exchange()


class Desk:
    """One asset; see `fill_strategies.Desk`. Numbers count over all desks of a run."""

    def __init__(self, hbt, asset, grid, run):
        self.hbt, self.asset, self.run = hbt, asset, run
        self.tick_num, self.tick_den, self.lot_num, self.lot_den = (int(value) for value in grid)
        self.lot = self.lot_num / self.lot_den
        self.depth = hbt.depth(asset)
        self.live = []
        self.seen = {}  # number -> [side, leaves in lots, filled in lots, state, (exch ts, leaves) of the last fill]

    def best(self):
        bid, ask = self.depth.best_bid_tick, self.depth.best_ask_tick
        return (int(bid), int(ask)) if -(2**60) < bid < ask < 2**60 else None

    def submit(self, side, price, qty, kind):
        self.run["orders"] += 1
        number = self.run["orders"]
        send = self.hbt.submit_buy_order if side == 0 else self.hbt.submit_sell_order
        value = price * self.tick_num / self.tick_den
        amount = qty * self.lot_num / self.lot_den
        order_type = MARKET if kind == "MARKET" else LIMIT
        self.check(send(self.asset, number, value, amount, TIME_IN_FORCE[kind], order_type, False))
        self.seen[number] = [side, qty, 0, fill_strategies.PENDING, None]
        self.live.append(number)
        return number

    def cancel(self, number):
        self.check(self.hbt.cancel(self.asset, number, False))

    def amend(self, number, price, qty):
        value, amount = price * self.tick_num / self.tick_den, qty * self.lot_num / self.lot_den
        self.check(self.hbt.modify(self.asset, number, value, amount, False))

    def check(self, code):
        if code != 0:
            raise SystemExit(f"hftbacktest refused a request with {code}")

    def state(self, number):
        return self.seen[number][3]

    def is_busy(self, number):
        return self.hbt.orders(self.asset).get(number).arr[0]["req"] != NO_STATUS

    def filled(self, number):
        return self.seen[number][2]

    def look(self):
        """Note what has changed since the last look."""
        orders = self.hbt.orders(self.asset)
        for number in self.live:
            one = self.seen[number]
            order = orders.get(number).arr[0]
            status = order["status"]
            leaves = round(float(order["leaves_qty"]) / self.lot)
            has_executed = status in (PARTIALLY_FILLED, FILLED) or (status == EXPIRED and order["exec_qty"] > 0)
            mark = (int(order["exch_timestamp"]), leaves)
            if has_executed and one[4] != mark:
                # An amend gives an order what had filled of it on its way back: then more can fill than was left.
                one[2] += max(one[1] - leaves, round(float(order["exec_qty"]) / self.lot))
                one[4] = mark
                self.run["fills"].append(
                    [
                        number,
                        self.asset,
                        one[0],
                        int(self.hbt.current_timestamp),
                        int(order["exch_timestamp"]),
                        int(order["exec_price_tick"]),
                        round(float(order["exec_qty"]) / self.lot),
                        one[2],
                        int(order["maker"]),
                    ]
                )
            one[1] = leaves
            if status in (NEW, PARTIALLY_FILLED):
                one[3] = fill_strategies.OPEN
            elif status != NO_STATUS:
                one[3] = fill_strategies.DONE
        self.live = [number for number in self.live if self.seen[number][3] != fill_strategies.DONE]


def run_case(session, rows, latency, case):
    """Fills of a case, and how the run ended."""
    names = case["sessions"]
    hbt = HashMapMarketDepthBacktest(
        [build_asset(session, name, rows[name], latency[names[0]], case) for name in names]
    )
    run = {"orders": 0, "fills": [], "stopped": None}
    desks = [Desk(hbt, asset, session[f"{name}.grid"], run) for asset, name in enumerate(names)]
    strategies = [fill_strategies.make(case["strategy"], case["options"]) for _ in names]
    wake = case["start"] + case["interval"]
    code = hbt.elapse(0)
    while code != END_OF_DATA:
        left = wake - hbt.current_timestamp
        if left == 0:
            for desk, strategy in zip(desks, strategies, strict=True):
                strategy.wake(desk, wake < case["stop"])
            wake += case["interval"]
            continue
        code = hbt.wait_next_feed(True, left)
        if code not in (0, END_OF_DATA, 2, 3):
            run["stopped"] = code
            break
        for desk in desks:
            desk.look()
    values = [hbt.state_values(asset) for asset in range(len(names))]
    run["position"] = [round(float(one.position) / desk.lot) for one, desk in zip(values, desks, strict=True)]
    run["balance"] = [float(one.balance) for one in values]
    run["fee"] = [float(one.fee) for one in values]
    hbt.close()
    return run


def main():
    session = dict(np.load(sys.argv[1]))
    names = sorted({key.split(".")[0] for key in session})
    rows = {name: events(session, name) for name in names}  # the core borrows both: they live as long as we do
    latency = {name: latency_rows(session, name) for name in names}
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run_case(session, rows, latency, json.loads(line))), flush=True)


main()
