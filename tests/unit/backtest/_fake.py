"""A made-up but consistent run: records as the engine writes them, from a seeded quoter on a random walk.

The bookkeeping here is a second, slow and obvious version of the engine's position rules, in Python integers.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from velora.core.instrument import Instrument
from velora.core.vocabulary import EVIDENCED_FILL_DTYPE, ORDER_DTYPE, SAMPLE_DTYPE

SECOND = 1_000_000_000
START = 1_723_075_200 * SECOND  # 2024-08-08

BTC = Instrument(
    "BTCUSDT", tick_size="0.1", lot_size="0.001", venue="binance_usdm", base="BTC", quote="USDT",
    maker_fee="0.00002", taker_fee="0.0005",
)  # fmt: skip
ETH = Instrument(
    "ETHUSDT", tick_size="0.01", lot_size="0.001", venue="binance_usdm", base="ETH", quote="USDT",
    maker_fee="0.00002",
)  # fmt: skip
COIN = Instrument(
    "BTCUSD_PERP", tick_size="0.1", lot_size="1", venue="binance_coinm", kind="inverse", base="BTC",
    quote="USD", contract_size="100", maker_fee="0.0001",
)  # fmt: skip


def divide_half_even(a: int, b: int) -> int:
    quotient, remainder = divmod(a, b)
    if 2 * remainder > b or (2 * remainder == b and quotient % 2):
        quotient += 1
    return quotient


class Account:
    """Position of one instrument in Python integers."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.lots = self.cost = self.realized = self.cash = self.fees = 0

    def value(self, price: int, lots: int) -> int:
        mult = self.instrument.value_mult
        return divide_half_even(mult * lots, price) if self.instrument.is_inverse else mult * price * lots

    def at_mid(self, mid_x2: int, lots: int) -> int:
        mult = self.instrument.value_mult
        if mid_x2 == 0:
            return 0
        if self.instrument.is_inverse:
            return divide_half_even(2 * mult * lots, mid_x2)
        return divide_half_even(mult * mid_x2 * lots, 2)

    def fill(self, side: int, price: int, qty: int, fee: int) -> int:
        value, sign = self.value(price, qty), 1 if side == 0 else -1
        direction = -1 if self.instrument.is_inverse else 1
        gained = 0
        if self.lots * sign >= 0:
            self.cost += sign * value
        else:
            held = abs(self.lots)
            closed = min(qty, held)
            closed_value = divide_half_even(value * closed, qty)
            closed_cost = divide_half_even(self.cost * closed, held)
            gained = direction * (-sign * closed_value - closed_cost)
            self.cost += sign * (value - closed_value) - closed_cost
        self.cash -= direction * sign * value
        self.realized += gained
        self.fees += fee
        self.lots += sign * qty
        return gained

    def unrealized(self, mid_x2: int) -> int:
        if self.lots == 0 or mid_x2 == 0:
            return 0
        result = self.at_mid(mid_x2, self.lots) - self.cost
        return -result if self.instrument.is_inverse else result


class Recorder:
    """Collects the records of a run, as the engine's local side does."""

    def __init__(self, instruments: list[Instrument]) -> None:
        self.instruments = instruments
        self.accounts = [Account(instrument) for instrument in instruments]
        self.mid_x2 = [0] * len(instruments)
        self.known = [0] * len(instruments)  # the last mid
        self.fills: list[tuple[Any, ...]] = []
        self.orders: list[tuple[Any, ...]] = []
        self.samples: list[tuple[Any, ...]] = []
        self.instants: list[int] = []

    def sample(self, ts: int, index: int) -> None:
        account, mid_x2 = self.accounts[index], self.mid_x2[index]
        self.known[index] = mark = mid_x2 or self.known[index]
        source = 1 if mid_x2 else 2 if mark else 0
        self.samples.append(
            (ts, index, 0, account.lots, mid_x2, account.cash, account.fees, account.realized,
             account.unrealized(mark), mark, source, b"")
        )  # fmt: skip

    def sample_all(self, ts: int) -> None:
        self.instants.append(ts)
        for index in range(len(self.instruments)):
            self.sample(ts, index)

    def order(self, index: int, side: int, price: int, qty: int, cum: int, state: int, **extra: int) -> int:
        number = len(self.orders) + 1
        sent = extra.get("sent", START)
        self.orders.append(
            (number, index, 0, side, extra.get("type", 0), extra.get("tif", 0), extra.get("post_only", 1), 0, 0, state,
             extra.get("reason", 0), extra.get("amends", 0), b"", price, qty, cum, sent,
             0 if state == 5 else sent + 5_000_000, extra.get("done", 0), 0, 0, 0, 0, 0)
        )  # fmt: skip
        return number

    def fill(self, ts: int, index: int, side: int, cause: int, price: int, qty: int, order_id: int = 1) -> None:
        instrument, account = self.instruments[index], self.accounts[index]
        maker = int(cause != 3)
        rate = instrument.maker_rate if maker else instrument.taker_rate
        fee = -((-account.value(price, qty) * rate) // 10**9)
        realized = account.fill(side, price, qty, fee)
        self.fills.append(
            (ts - 5_000_000, ts, order_id, len(self.fills) + 1, index, 0, price, qty, fee, account.lots, realized, 0, 0,
             side, maker, cause, 0, ts - 5_000_000, len(self.fills) * 7, self.mid_x2[index])
        )  # fmt: skip
        self.sample(ts, index)

    def raw(self, **extra: Any) -> dict[str, Any]:
        values: dict[str, Any] = {
            "instruments": self.instruments,
            "fills": np.array(self.fills, EVIDENCED_FILL_DTYPE),
            "orders": np.array(self.orders, ORDER_DTYPE),
            "samples": np.array(self.samples, SAMPLE_DTYPE),
            "instants": np.array(self.instants, np.int64),
            "counters": {"rows": 1_234_567},
            "hash": "5f1c9a3be07d42e8",
            "elapsed_s": 0.842,
            "rows": 1_234_567,
            "config": {
                "cash": 0,
                "latency": {"entry_ns": 5_000_000, "venue_ns": 0, "response_ns": 5_000_000},
                "queue": "risk_averse",
                "sample_ns": SECOND,
                "chunk_rows": 65536,
            },
            "strategy": "examples.market_maker.MarketMaker",
        }
        return values | extra


def fake_run(
    instruments: list[Instrument] | None = None, seconds: int = 3600, seed: int = 7, **extra: Any
) -> dict[str, Any]:
    """Records of a quoter that trades around random walks for `seconds`, sampled each second."""
    rng = random.Random(seed)
    instruments = instruments or [BTC]
    recorder = Recorder(instruments)
    mids = {"BTCUSDT": 570_000.0, "ETHUSDT": 245_000.0, "BTCUSD_PERP": 569_800.0}
    walk = [mids.get(instrument.symbol, 50_000.0) for instrument in instruments]
    pull = [0.0] * len(instruments)
    slot = SECOND // (2 * len(instruments))
    for second in range(seconds + 1):
        ts = START + second * SECOND
        for index, instrument in enumerate(instruments):
            pull[index] = 0.98 * pull[index] + rng.gauss(0, 1e-5)
            jump = rng.gauss(0, 1.5e-3) if rng.random() < 0.0015 else 0.0
            walk[index] *= 1 + pull[index] * 0.4 + rng.gauss(0, 3e-5) + jump
            bid = int(walk[index])
            recorder.mid_x2[index] = 2 * bid + 1
            qty = 20 if not instrument.is_inverse else 10
            account = recorder.accounts[index]
            for half in range(2):
                if second == seconds or rng.random() > 0.16:
                    continue
                lean = account.lots / (qty * 8)
                side = int(rng.random() < 0.5 + 0.45 * lean)
                cause = rng.choices([0, 1, 2, 3], [62, 20, 12, 6])[0]
                distance = {0: 15, 1: 34, 2: 24, 3: -9}[cause] + rng.randrange(4)
                price = bid - distance if side == 0 else bid + 1 + distance
                at = ts + (index * 2 + half) * slot + rng.randrange(1, slot)
                sent = at - int(rng.expovariate(1 / 2.5) * SECOND) - 12_000_000
                number = recorder.order(
                    index, side, price, qty, qty, 3, sent=sent, done=at, amends=rng.randrange(4),
                    tif=1 if cause == 3 else 0, post_only=int(cause != 3),
                )  # fmt: skip
                recorder.fill(at, index, side, cause, price, qty, number)
            for _ in range(rng.randrange(2)):
                state, reason = rng.choices([(4, 0), (5, 1), (6, 3)], [88, 10, 2])[0]
                recorder.order(
                    index, rng.randrange(2), bid, qty, 0, state, reason=reason, sent=ts, done=ts + SECOND,
                    amends=rng.randrange(6),
                )  # fmt: skip
        recorder.sample_all(ts + SECOND)
    return recorder.raw(**extra)


def empty_run(instruments: list[Instrument] | None = None) -> dict[str, Any]:
    """A run in which nothing traded."""
    recorder = Recorder(instruments or [BTC])
    recorder.mid_x2 = [1_140_001] * len(recorder.instruments)
    for second in range(60):
        recorder.sample_all(START + second * SECOND)
    return recorder.raw()
