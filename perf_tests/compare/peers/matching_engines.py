"""The matching engines of the registry, for `perf_tests.compare.matching`; which one is the first workload word.

None of them amends: an amend is a cancel and a new order, as their users write it. An IOC is a market order.
"""

import sys
import time

import numpy as np
from serve import serve

NEW, AMEND, CANCEL = 0, 1, 2


def litebook(commands):
    import litebook as lb

    buy, sell = lb.OrderType.Buy, lb.OrderType.Sell
    book = lb.OrderBook(tick_size=1.0)
    make, add, cancel = book.create_order, book.add, book.cancel
    ids = {}
    began = time.perf_counter()
    for action, order, side, price, qty, ioc in commands:
        kind = sell if side else buy
        if action == NEW and ioc:
            add(make(kind, 1.0 if side else 2e6, float(qty)))
        elif action == CANCEL:
            cancel(ids[order])
        else:
            if action == AMEND:
                cancel(ids[order])
            made = make(kind, float(price), float(qty))
            ids[order] = made.id
            add(made)
    return time.perf_counter() - began


def cython_orderbook(commands):
    import cython_orderbook as co

    buy, sell = co.OrderSide.BID, co.OrderSide.ASK
    book = co.OrderBook()
    add, market, cancel, make = book.add_limit_order, book.add_market_order, book.cancel_order, co.Order
    ids = {}
    began = time.perf_counter()
    for action, order, side, price, qty, ioc in commands:
        kind = sell if side else buy
        if action == NEW and ioc:
            market(make(side=kind, original_quantity=qty))
            continue
        if action != NEW:
            try:  # noqa: SIM105 - a context manager would cost the peer time
                cancel(ids[order])
            except Exception:  # filled already
                pass
        if action != CANCEL:
            made = make(side=kind, price=price, original_quantity=qty)
            ids[order] = made.order_id
            add(made)
    return time.perf_counter() - began


def orderly_chaos(commands):
    import orderly_chaos as oc

    book = oc.LimitOrderBook()
    limit, market = (book.limit_buy, book.limit_sell), (book.market_buy, book.market_sell)
    cancel, error = book.cancel, oc.OrderBookError
    fresh = 1 << 40
    began = time.perf_counter()
    for action, order, side, price, qty, ioc in commands:
        try:
            if action == NEW and ioc:
                fresh += 1
                market[side](fresh, qty)
                continue
            if action != NEW:
                cancel(order)
        except error:
            pass
        if action != CANCEL:
            try:  # noqa: SIM105
                limit[side](order, qty, price)
            except error:
                pass
    return time.perf_counter() - began


def main():
    session = dict(np.load(sys.argv[1]))
    columns = [session[name].tolist() for name in ("action", "order_id", "side", "price", "qty", "ioc")]
    commands = list(zip(*columns, strict=True))
    engines = {"litebook": litebook, "cython-orderbook": cython_orderbook, "orderly-chaos": orderly_chaos}

    def run(engine):
        return {"seconds": engines[engine](commands)}

    serve(run)


if __name__ == "__main__":
    main()
