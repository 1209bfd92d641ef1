"""A session as nautilus_trader's data objects, 1.x and 2.x alike.

Its engine goes by one clock, `ts_init`, on both sides: that is given the times of receipt. The snapshot is one batch,
every other row one of its own, so that it calls back as often as Velora.
"""

import numpy as np

try:
    from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas, TradeTick
    from nautilus_trader.model.enums import AggressorSide, BookAction, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId, TradeId
    from nautilus_trader.model.objects import Price, Quantity

    AGGRESSORS = (AggressorSide.BUYER, AggressorSide.SELLER)
except ImportError:
    from nautilus_trader.model import (
        AggressorSide,
        BookAction,
        BookOrder,
        InstrumentId,
        OrderBookDelta,
        OrderBookDeltas,
        OrderSide,
        Price,
        Quantity,
        TradeId,
        TradeTick,
    )

    AGGRESSORS = (AggressorSide.BUY, AggressorSide.SELL)

__all__ = ["INSTRUMENT", "decimals", "read_session"]

INSTRUMENT = InstrumentId.from_str("SYN-PERP.SIM")
LAST = 128  # RecordFlag.F_LAST


def decimals(step):
    """Places after the point."""
    return len(f"{step:.10f}".rstrip("0").partition(".")[2])


def read_session(path):
    """The .npz, and its rows as objects in the order of receipt."""
    session = dict(np.load(path))
    tick, lot = float(session["tick"]), float(session["lot"])
    price_places, qty_places = decimals(tick), decimals(lot)
    prices, quantities, out, snapshot = {}, {}, [], []
    names = ("kind", "side", "flags", "price", "qty", "ts_event", "ts_recv")
    for row, (kind, side, flags, ticks, lots, ts_event, ts_recv) in enumerate(
        zip(*(session[name].tolist() for name in names), strict=True)
    ):
        if kind not in (1, 3):
            continue
        if ticks not in prices:
            prices[ticks] = Price(ticks * tick, price_places)
        if lots not in quantities:
            quantities[lots] = Quantity(lots * lot, qty_places)
        price, qty = prices[ticks], quantities[lots]
        if kind == 1:
            out.append(TradeTick(INSTRUMENT, price, qty, AGGRESSORS[side], TradeId(str(row)), ts_event, ts_recv))
            continue
        action = BookAction.UPDATE if lots else BookAction.DELETE
        order = BookOrder(OrderSide.SELL if side else OrderSide.BUY, price, qty, 0)
        if flags & 2:
            snapshot.append(OrderBookDelta(INSTRUMENT, action, order, 0, row, ts_event, ts_recv))
            continue
        if snapshot:
            last = snapshot[-1]
            snapshot[-1] = OrderBookDelta(
                INSTRUMENT, last.action, last.order, LAST, last.sequence, last.ts_event, last.ts_init
            )
            out.append(OrderBookDeltas(INSTRUMENT, snapshot))
            snapshot = []
        out.append(OrderBookDelta(INSTRUMENT, action, order, LAST, row, ts_event, ts_recv))
    return session, out
