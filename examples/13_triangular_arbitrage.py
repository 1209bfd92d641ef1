"""Triangular arbitrage: three markets that must agree, and the cost of a missed leg.

    python examples/13_triangular_arbitrage.py

Idea: buying ETH with USDT, selling it for BTC, and selling the BTC for USDT must break even. When the three books
disagree by more than three taker fees, all three legs are sent at once, IOC at the current prices. Legs profit only
together: the position left by a missed leg is closed with a market order.

The markets are synthetic: BTC/USDT and ETH/USDT come from `SyntheticMarket`; ETH/BTC is quoted around their ratio, and
is occasionally wrong by some basis points for some tens of milliseconds. No recorded session has all three.

Assumes: dislocations last longer than the latency to the venue, and no competitor is faster. The trade depends on both,
and no recording shows either. Three legs pay three fees, so only the widest dislocations are worth a trade.

Loses when: the dislocation is over when the orders arrive: then some legs fill and others do not, and closing costs the
spread and a second fee. The loss grows with latency; at a low enough latency every leg fills.

Earned with rounds of 0.5 ETH in 2 minutes, in USDT, before and after fees:

    fee 10 bps, latency 1 ms    11 rounds whole,  2 with a leg missed    +80.00    +19.48
                10 ms            6                4                      +40.61     -6.46
                40 ms            1                8                       +5.06    -41.44
    fee 2 bps,  latency 1 ms    48 rounds whole, 12 with a leg missed   +189.41   +133.57
                10 ms           34                9                     +120.99    +80.92
                40 ms           10               23                      +33.93     +0.42
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

import velora as vl
from velora.testkit.study import options, write_html

NS = 1_000_000_000
MS = 1_000_000
FEES = (Decimal("0.001"), Decimal("0.0002"))


def spot(symbol: str, tick: str, lot: str) -> vl.Instrument:
    base, quote = symbol.split("/")
    return vl.Instrument(symbol, kind="spot", base=base, quote=quote, tick_size=tick, lot_size=lot, venue="synthetic")


def mid_at(table: vl.EventTable, ts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mid of the quotes at each time."""
    bids = np.flatnonzero((table.kind == vl.EventKind.QUOTE) & (table.side == vl.Side.BUY))
    mids = (table.price[bids] + table.price[bids + 1]) / 2 * float(table.instrument.tick_size)
    chosen: NDArray[np.float64] = mids[np.maximum(np.searchsorted(table.ts_event[bids], ts, side="right") - 1, 0)]
    return chosen


def markets(seconds: int = 120, seed: int = 13) -> list[vl.EventTable]:
    """Three books that agree to a tick, except for a dislocation of ETH/BTC about every two seconds."""
    eth, btc = (
        vl.SyntheticMarket(
            seed + at, instrument=one, price=price, duration=f"{seconds}s", order_lots=4_000.0, market_lots=11_000.0
        ).table()
        for at, (one, price) in enumerate(
            ((spot("ETH/USDT", "0.1", "0.0001"), 3_000.0), (spot("BTC/USDT", "1", "0.00001"), 60_000.0))
        )
    )
    rng = np.random.default_rng(seed)
    count = seconds // 2
    starts = np.sort(rng.integers(5 * NS, (seconds - 1) * NS, count)) + eth.ts_event[0]
    ends = starts + (rng.exponential(40.0, count) * MS).astype(np.int64)
    wrong = rng.choice([-1, 1], count) * rng.exponential(15.0, count) / 1e4
    grid = np.arange(eth.ts_event[0] + NS, eth.ts_event[0] + seconds * NS, 5 * MS)
    ts = np.unique(np.concatenate([grid, starts, ends]))
    off = sum(np.where((ts >= a) & (ts < b), size, 0.0) for a, b, size in zip(starts, ends, wrong, strict=True))
    cross = spot("ETH/BTC", "0.00001", "0.0001")
    bid = np.floor(mid_at(eth, ts) / mid_at(btc, ts) * (1 + off) / float(cross.tick_size) - 0.5).astype(np.int64)
    changed = np.flatnonzero(np.diff(bid, prepend=0))
    ts, bid = np.repeat(ts[changed], 2), bid[changed]
    quotes = vl.EventTable.from_numpy(
        cross,
        ts_event=ts,
        ts_recv=ts + MS,
        kind=np.full(len(ts), vl.EventKind.QUOTE, np.uint8),
        side=np.tile(np.array([vl.Side.BUY, vl.Side.SELL], np.uint8), len(bid)),
        flags=np.tile(np.array([0, vl.EventFlag.LAST], np.uint8), len(bid)),
        price=np.column_stack([bid, bid + 1]).ravel(),
        qty=np.full(len(ts), 50_000),
    )
    return [eth, btc, quotes]


class Triangle(vl.Strategy):
    """Sends three legs at once, waits for all, and closes the rest."""

    qty = vl.Parameter(0.5, low=0.001, unit="ETH")
    least_bps = vl.Parameter(1.0, low=0.0, unit="bps", doc="minimum profit after fees")

    def on_start(self) -> None:
        self.eth, self.btc, self.cross = (self.book(one) for one in self.instruments)
        self.fee = float(sum(one.taker_fee for one in self.instruments))
        self.legs: list[vl.Order] = []
        self.tried = self.whole = self.missed = 0
        self.is_closing = False
        self.subscribe_quotes(best_change=True)

    def on_quote(self, quote: vl.Quote) -> None:
        books = (self.eth, self.btc, self.cross)
        if self.legs or any(book.best_bid is None or book.best_ask is None for book in books):
            return
        eth, btc, cross = ((book.best_bid or 0.0, book.best_ask or 0.0) for book in books)
        # Buy ETH, sell it for BTC, sell the BTC; or the reverse.
        for gain, side in ((cross[0] * btc[0] / eth[1], 1), (eth[0] / (cross[1] * btc[1]), -1)):
            if gain - 1 - self.fee >= self.least_bps / 1e4:
                self.trade_round(side)
                return

    def trade_round(self, side: int) -> None:
        self.tried += 1
        price = (self.cross.best_bid if side > 0 else self.cross.best_ask) or 0.0
        coins = round(self.qty * price / float(self.btc.instrument.lot_size))
        eth_lots = self.eth.instrument.qty_to_lots(self.qty)
        self.legs = [
            self.take(self.eth, side, eth_lots),
            self.take(self.cross, -side, eth_lots),
            self.take(self.btc, -side, coins),
        ]

    def take(self, book: vl.OrderBookL2, side: int, lots: int, *, at_market: bool = False) -> vl.Order:
        send = self.buy if side > 0 else self.sell
        if at_market:
            return send(book.instrument, qty_lots=lots)
        ticks = book.best_ask_ticks if side > 0 else book.best_bid_ticks
        return send(book.instrument, qty_lots=lots, price_ticks=ticks, time_in_force="IOC")

    def on_order(self, order: vl.Order) -> None:
        if not self.legs or not all(leg.is_done for leg in self.legs):
            return
        if self.is_closing:
            self.legs, self.is_closing = [], False
            return
        eth, cross, coin = (leg.cum_qty_lots for leg in self.legs)
        side = 1 if self.legs[0].side is vl.Side.BUY else -1
        # The smallest of the three fills is a round; fills of the other legs beyond it are closed.
        share = min(leg.cum_qty_lots / leg.qty_lots for leg in self.legs)
        kept = [round(leg.qty_lots * share) for leg in self.legs]
        beyond = [
            (self.eth, -side, eth - kept[0]),
            (self.cross, side, cross - kept[1]),
            (self.btc, side, coin - kept[2]),
        ]
        self.whole += share == 1
        self.missed += share < 1
        self.legs = [self.take(book, way, lots, at_market=True) for book, way, lots in beyond if lots > 0]
        self.is_closing = bool(self.legs)


def in_usdt(result: vl.Result, btc: float) -> tuple[float, float]:
    """PnL after fees, and fees, with earnings and payments in BTC converted at its price."""
    worth = {"USDT": 1.0, "BTC": btc}
    money = result.statistics()["money"]
    pnl, fees = (sum(one[key] * worth[one["currency"]] for one in money) for key in ("pnl", "fees"))
    return pnl, fees


def main() -> dict[str, vl.Result]:
    """Run two fees, each at several latencies."""
    tables = markets()
    btc = float(mid_at(tables[1], tables[1].ts_event[-1:])[0])
    results = {}
    for fee in FEES:
        for latency in ("1ms", "10ms", "40ms"):
            name = f"fee {float(fee) * 1e4:.0f} bps, {latency}"
            strategy = Triangle()
            result = vl.Backtest(tables, strategy, latency=latency, fees=("0", str(fee)), sample="1s").run()
            pnl, fees = in_usdt(result, btc)
            print(
                f"{name:20} {strategy.tried:3} tried {strategy.whole:3} whole {strategy.missed:3} missed"
                f" {result.fills.num_rows:4} fills {pnl + fees:+9.3f} before fees {fees:8.3f} fees"
                f" {pnl:+9.3f} after fees, USDT   Hash {result.hash}"
            )
            results[name] = result
    return results


if __name__ == "__main__":
    given = options(__doc__, session=False)
    write_html(given, main())
