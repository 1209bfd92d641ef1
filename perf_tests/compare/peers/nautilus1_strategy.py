"""nautilus_trader 1.x's side of `perf_tests.compare.strategy`: its BacktestEngine with a book by level.

Its venue keeps a book and the strategy's side another. Resting orders fill when a trade reaches their price
(`trade_execution`); it has no queue. Risk engine, execution engine, cache, portfolio and the events of each order's
life are on, as they are by default; logging and the analysis after the run are off. Building the engine and the data
objects is outside the clock.
"""

import math
import sys
import time
from datetime import timedelta
from decimal import Decimal

from nautilus_rows import INSTRUMENT, decimals, read_session
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import FillModel, LatencyModel
from nautilus_trader.config import BacktestEngineConfig, LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.enums import AccountType, BookType, OmsType, OrderSide, TimeInForce
from nautilus_trader.model.identifiers import Symbol, TraderId, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy
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
            self.touch = (0, 0)
            self.subscribe_order_book_deltas(INSTRUMENT, book_type=BookType.L2_MBP)

        def on_stop(self):
            book = self.cache.order_book(INSTRUMENT)
            self.touch = tuple(
                round(price.as_double() / tick) for price in (book.best_bid_price(), book.best_ask_price())
            )

        def send(self, side, ticks):
            order = self.order_factory.limit(
                INSTRUMENT, side, lots, Price(ticks * tick, places), time_in_force=TimeInForce.GTC, post_only=True
            )
            self.sent += 1
            self.submit_order(order)
            return order

        def withdraw(self, order):
            if not order.is_closed and not order.is_pending_cancel:
                self.cancels += 1
                self.cancel_order(order)

    class Each(Base):
        def on_start(self):
            super().on_start()
            self.subscribe_trade_ticks(INSTRUMENT)

        def on_order_book_deltas(self, deltas):
            self.wakes += 1

        def on_trade_tick(self, trade):
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
            self.cache.order_book(INSTRUMENT).best_bid_price()

    class Turnover(Watcher):
        def on_start(self):
            super().on_start()
            self.resting = None

        def wake(self, event):
            self.wakes += 1
            bid = self.cache.order_book(INSTRUMENT).best_bid_price()
            if bid is None:
                return
            if self.resting is not None:
                self.withdraw(self.resting)
            self.resting = self.send(OrderSide.BUY, round(bid.as_double() / tick) - FAR_TICKS)

    class Quoter(Timer):
        def on_start(self):
            super().on_start()
            self.held = 0.0
            self.resting = [None, None]
            self.at = [0, 0]

        def side(self, side, want):
            order = self.resting[side]
            if order is not None and order.is_closed:
                order = self.resting[side] = None
            if want is not None and order is not None and self.at[side] == want:
                return
            if order is not None:
                self.withdraw(order)
                self.resting[side] = None
            if want is not None:
                self.at[side] = want
                self.resting[side] = self.send(OrderSide.SELL if side else OrderSide.BUY, want)

        def wake(self, event):
            self.wakes += 1
            book = self.cache.order_book(INSTRUMENT)
            bid, ask = book.best_bid_price(), book.best_ask_price()
            if bid is None or ask is None:
                return
            mid = (bid.as_double() + ask.as_double()) * 0.5 / tick
            self.side(0, math.floor(mid - offset + 1e-6) if self.held + qty <= cap + 1e-9 else None)
            self.side(1, math.ceil(mid + offset - 1e-6) if self.held - qty >= -cap - 1e-9 else None)

        def on_order_filled(self, event):
            self.fills += 1
            filled = event.last_qty.as_double()
            self.held += filled if event.order_side == OrderSide.BUY else -filled

    return {"each": Each, "timer": Timer, "watcher": Watcher, "turnover": Turnover, "quoter": Quoter}


def make_engine(tick, lot, latency_ns):
    instrument = CryptoPerpetual(
        instrument_id=INSTRUMENT,
        raw_symbol=Symbol("SYN"),
        base_currency=BTC,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=decimals(tick),
        size_precision=decimals(lot),
        price_increment=Price(tick, decimals(tick)),
        size_increment=Quantity(lot, decimals(lot)),
        ts_event=0,
        ts_init=0,
        margin_init=Decimal("0.01"),
        margin_maint=Decimal("0.005"),
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.0005"),
    )
    engine = BacktestEngine(
        BacktestEngineConfig(
            trader_id=TraderId("PERF-001"), logging=LoggingConfig(bypass_logging=True), run_analysis=False
        )
    )
    engine.add_venue(
        venue=Venue("SIM"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=None,
        starting_balances=[Money(1_000_000, USDT)],
        book_type=BookType.L2_MBP,
        fill_model=FillModel(),
        latency_model=LatencyModel(base_latency_nanos=latency_ns),
        trade_execution=True,
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
            "bid": strategy.touch[0],
            "ask": strategy.touch[1],
        }
        engine.dispose()
        return seen

    serve(run)


if __name__ == "__main__":
    main()
