"""nautilus_trader's OrderBook, of 1.x and 2.x, for `perf_tests.compare.book`: prebuilt deltas."""

import sys
import time

import numpy as np
from serve import serve

try:
    from nautilus_trader.model.book import OrderBook
    from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas
    from nautilus_trader.model.enums import BookAction, BookType, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.model.objects import Price, Quantity
except ImportError:
    from nautilus_trader.model import (
        BookAction,
        BookOrder,
        BookType,
        InstrumentId,
        OrderBook,
        OrderBookDelta,
        OrderBookDeltas,
        OrderSide,
        Price,
        Quantity,
    )


def decimals(step):
    return len(f"{step:.10f}".rstrip("0").partition(".")[2])


def main():
    session = dict(np.load(sys.argv[1]))
    tick, lot = float(session["tick"]), float(session["lot"])
    price_places, qty_places = decimals(tick), decimals(lot)
    instrument = InstrumentId.from_str("SYN.VENUE")
    prices, quantities, deltas = {}, {}, []
    for side, ticks, lots in zip(
        session["side"].tolist(), session["price"].tolist(), session["qty"].tolist(), strict=True
    ):
        if ticks not in prices:
            prices[ticks] = Price(ticks * tick, price_places)
        if lots not in quantities:
            quantities[lots] = Quantity(lots * lot, qty_places)
        order = BookOrder(OrderSide.SELL if side else OrderSide.BUY, prices[ticks], quantities[lots], 0)
        action = BookAction.UPDATE if lots else BookAction.DELETE
        at = len(deltas)
        deltas.append(OrderBookDelta(instrument, action, order, 0, at, at, at))
    batches = [OrderBookDeltas(instrument, deltas[at : at + 100]) for at in range(0, len(deltas), 100)]

    def run(workload):
        book = OrderBook(instrument, BookType.L2_MBP)
        best_bid, best_ask = book.best_bid_price, book.best_ask_price
        began = time.perf_counter()
        if workload == "delta":
            apply = book.apply_delta
            for delta in deltas:
                apply(delta)
                best_bid()
                best_ask()
        else:
            apply = book.apply_deltas
            for batch in batches:
                apply(batch)
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "bid": round(float(str(best_bid())) / tick),
            "ask": round(float(str(best_ask())) / tick),
        }

    serve(run)


if __name__ == "__main__":
    main()
