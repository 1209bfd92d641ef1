"""nautilus_trader 2.x's side of `perf_tests.compare.strategy`: as `nautilus1_strategy`, by its new API.

Unlike 1.x its venue can keep the place of resting orders in their queue: that is on.
"""

import math
import sys
import time
from datetime import timedelta
from decimal import Decimal

from nautilus_rows import INSTRUMENT, decimals, read_session
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig
from nautilus_trader.execution import MakerTakerFeeModel, StaticLatencyModel
from nautilus_trader.model import (
    AccountType,
    BookType,
    CryptoPerpetual,
    Currency,
    Money,
    OmsType,
    OrderSide,
    Price,
    Quantity,
    Symbol,
    TimeInForce,
    TraderId,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig
from serve import serve

WAKE = timedelta(milliseconds=100)
TURNOVER_WAKE = timedelta(milliseconds=10)
FAR_TICKS = 20


def strategies(tick, lot, offset, qty, cap):
    places = decimals(tick)
    lots = Quantity(qty, decimals(lot))

    class Base(Strategy):
        def on_start(self):
            self.wakes = self.sent = self.cancels = self.fills = 0
            self.seen = (0, 0)
            self.subscribe_book_deltas(INSTRUMENT, BookType.L2_MBP, managed=True)

        def on_stop(self):
            self.seen = self.touch()

        def touch(self):
            """Best bid and ask in ticks, None while a side is empty."""
            top = self.cache.top_of_book(INSTRUMENT)
            return None if top is None else (top[0].as_double() / tick, top[2].as_double() / tick)

        def send(self, side, ticks):
            order = self.order_factory.limit(
                INSTRUMENT, side, lots, Price(ticks * tick, places), TimeInForce.GTC, post_only=True
            )
            self.sent += 1
            self.submit_order(order)
            return order.client_order_id

        def withdraw(self, order_id):
            if self.cache.is_order_closed(order_id) or self.cache.is_order_pending_cancel_local(order_id):
                return
            self.cancels += 1
            self.cancel_order(order_id)

    class Each(Base):
        def on_start(self):
            super().on_start()
            self.subscribe_trades(INSTRUMENT)

        def on_book_deltas(self, deltas):
            self.wakes += 1

        def on_trade(self, trade):
            self.wakes += 1

    class Timer(Base):
        interval = WAKE

        def on_start(self):
            super().on_start()
            self.clock.set_timer("wake", self.interval, callback=self.wake)

        def wake(self, event):
            self.wakes += 1

    class Watcher(Timer):
        interval = TURNOVER_WAKE

        def wake(self, event):
            self.wakes += 1
            self.touch()

    class Turnover(Watcher):
        def on_start(self):
            super().on_start()
            self.resting = None

        def wake(self, event):
            self.wakes += 1
            top = self.touch()
            if top is None:
                return
            if self.resting is not None:
                self.withdraw(self.resting)
            self.resting = self.send(OrderSide.BUY, round(top[0]) - FAR_TICKS)

    class Quoter(Timer):
        def on_start(self):
            super().on_start()
            self.held = 0.0
            self.resting = [None, None]
            self.at = [0, 0]

        def side(self, side, want):
            order_id = self.resting[side]
            if order_id is not None and self.cache.is_order_closed(order_id):
                order_id = self.resting[side] = None
            if want is not None and order_id is not None and self.at[side] == want:
                return
            if order_id is not None:
                self.withdraw(order_id)
                self.resting[side] = None
            if want is not None:
                self.at[side] = want
                self.resting[side] = self.send(OrderSide.SELL if side else OrderSide.BUY, want)

        def wake(self, event):
            self.wakes += 1
            top = self.touch()
            if top is None:
                return
            mid = (top[0] + top[1]) * 0.5
            self.side(0, math.floor(mid - offset + 1e-6) if self.held + qty <= cap + 1e-9 else None)
            self.side(1, math.ceil(mid + offset - 1e-6) if self.held - qty >= -cap - 1e-9 else None)

        def on_order_filled(self, event):
            self.fills += 1
            filled = event.last_qty.as_double()
            self.held += filled if event.order_side == OrderSide.BUY else -filled

    return {"each": Each, "timer": Timer, "watcher": Watcher, "turnover": Turnover, "quoter": Quoter}


def make_engine(tick, lot, latency_ns):
    usdt = Currency.from_str("USDT")
    instrument = CryptoPerpetual(
        INSTRUMENT,
        Symbol("SYN"),
        Currency.from_str("BTC"),
        usdt,
        usdt,
        False,
        decimals(tick),
        decimals(lot),
        Price(tick, decimals(tick)),
        Quantity(lot, decimals(lot)),
        0,
        0,
        margin_init=Decimal("0.01"),
        margin_maint=Decimal("0.005"),
    )
    engine = BacktestEngine(
        BacktestEngineConfig(
            trader_id=TraderId("PERF-001"),
            bypass_logging=True,
            run_analysis=False,
            logging=LoggerConfig(bypass_logging=True),
        )
    )
    engine.add_venue(
        Venue("SIM"),
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(1_000_000, usdt)],
        fee_model=MakerTakerFeeModel(Decimal("0.0002"), Decimal("0.0005")),
        latency_model=StaticLatencyModel(base_latency_nanos=latency_ns),
        book_type=BookType.L2_MBP,
        trade_execution=True,
        queue_position=True,
    )
    engine.add_instrument(instrument)
    return engine


def main():
    session, rows = read_session(sys.argv[1])
    tick, lot = float(session["tick"]), float(session["lot"])
    kinds = strategies(tick, lot, float(session["offset"]), float(session["quote_qty"]), float(session["cap"]))

    def run(workload):
        engine = make_engine(tick, lot, int(session["order_latency"]))
        engine.add_data(rows)
        strategy = kinds[workload](StrategyConfig(order_id_tag="1"))
        engine.add_strategy(strategy)
        began = time.perf_counter()
        engine.run()
        seconds = time.perf_counter() - began
        seen = {
            "seconds": seconds,
            "wakes": strategy.wakes,
            "orders": strategy.sent,
            "cancels": strategy.cancels,
            "fills": strategy.fills,
            "bid": round(strategy.seen[0]),
            "ask": round(strategy.seen[1]),
        }
        engine.dispose()
        return seen

    serve(run)


if __name__ == "__main__":
    main()
