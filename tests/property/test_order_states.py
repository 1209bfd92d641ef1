"""What must hold of orders whose requests or answers are lost: their states, and what algorithms do meanwhile."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import Side
from velora.core.orders import OrderReason, OrderState

#: The table of csrc/include/velora/order.h, written out once more.
MAY = {
    "PENDING": {"OPEN", "UNKNOWN", "FILLED", "CANCELED", "REJECTED", "EXPIRED", "DENIED"},
    "OPEN": {"UNKNOWN", "FILLED", "CANCELED", "EXPIRED"},
    "UNKNOWN": {"OPEN", "FILLED", "CANCELED", "REJECTED", "EXPIRED"},
}
DURATION_S = 12
TIMEOUT_NS = 300_000_000


def latency(seed, lost=0.0, unanswered=0.0, *, entry="2ms", overtakes=False, speed_bump=0):
    faults = vl.LatencyFaults(lost=lost, unanswered=unanswered, timeout=vl.ns(TIMEOUT_NS))
    return vl.Latency(entry=entry, faults=faults, seed=seed, overtakes=overtakes, speed_bump=speed_bump)


LATENCIES = st.builds(
    latency,
    seed=st.integers(0, 10_000),
    lost=st.sampled_from([0, 0.3, {"new": 0.5}, {"cancel": 0.5}, {"amend": 0.5, "new": 0.2}]),
    unanswered=st.sampled_from([0, 0.3, {"new": 0.5}, {"cancel": 0.5}, {"amend": 0.5, "cancel": 0.3}]),
    # Also round trips that are longer than the time-out.
    entry=st.sampled_from([0, "2ms", "exponential(60ms)", "400ms"]),
    overtakes=st.booleans(),
    speed_bump=st.sampled_from([0, "350ms"]),
)
ALGORITHMS = {
    "twap": lambda o: vl.Twap(duration="8s", slices=6, patience=0.5, **o),
    "vwap": lambda o: vl.Vwap(duration="8s", slices=5, patience=0.3, curve=[5, 1, 3], **o),
    "pov": lambda o: vl.Pov(rate=0.5, patience="300ms", **o),
    "iceberg": lambda o: vl.Iceberg(show_lots=3, post_only=False, limit=3010 if o["side"] == "BUY" else 2000, **o),
    "sniper": lambda o: vl.Sniper(min_lots=1, limit=3010 if o["side"] == "BUY" else 2000, **o),
}


class Watched(vl.Strategy):
    """Notes each state of each order, and calls `check` after everything that changes an order."""

    def __init__(self):
        self.sent = {}
        self.states = {}
        self.unknown_since = {}
        self.unknowns = []

    def on_start(self):
        self.one = self.instruments[0]
        self.act()
        self.every("20ms", self.check)

    def act(self):
        raise NotImplementedError

    def check(self):
        held, lots = self.position(self.one).qty_lots, {Side.BUY: 0, Side.SELL: 0}
        for order in self.orders():
            self.sent.setdefault(order.id, order)
            lots[order.side] += order.leaves_qty_lots
        self.check_lots(held, lots[Side.BUY], lots[Side.SELL])

    def check_lots(self, held, buys, sells):
        """`held` lots, signed, and what the open orders of each side may still fill."""

    def on_order(self, order):
        self.sent.setdefault(order.id, order)
        self.states.setdefault(order.id, ["PENDING"]).append(order.state.name)
        if order.is_unknown:
            assert order.is_pending
            assert not order.is_done
            self.unknown_since.setdefault(order.id, self.now)
        elif order.id in self.unknown_since:
            self.unknowns.append((self.unknown_since.pop(order.id), self.now, order))
        self.check()

    def on_fill(self, fill):
        self.check()


def play(strategy, latency, *, seed=1):
    result = vl.Backtest(vl.SyntheticMarket(seed=seed, duration=f"{DURATION_S}s"), strategy, latency=latency).run()
    for states in strategy.states.values():
        for before, after in pairwise(states):
            assert after == before or after in MAY.get(before, ()), states
    fills = result.fills_raw
    signs = 1 - 2 * fills["side"].astype("i8")
    assert int((signs * fills["qty"]).sum()) == strategy.position(strategy.one).qty_lots
    for order in strategy.sent.values():
        assert order.cum_qty_lots == int(fills["qty"][fills["order_id"] == order.id].sum()) <= order.qty_lots
    still = [(since, strategy.now + 1, strategy.sent[at]) for at, since in strategy.unknown_since.items()]
    strategy.unknowns += still
    return result


def assert_waited(strategy, *, per_side):
    """While an order of an algorithm was UNKNOWN it sent no other: of the same side, where each side is its own."""
    for since, until, unknown in strategy.unknowns:
        for order in strategy.sent.values():
            if order is not unknown and (order.side is unknown.side or not per_side):
                assert not since <= order.ts_sent < until, (unknown, order)


class Executing(Watched):
    def __init__(self, algorithm):
        super().__init__()
        self.algorithm = algorithm

    def act(self):
        self.execution = self.execute(self.algorithm)

    def check_lots(self, held, buys, sells):
        assert len(self.orders()) <= 1
        assert abs(held) + buys + sells <= self.execution.qty_lots


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(ALGORITHMS)),
    seed=st.integers(0, 1_000),
    side=st.sampled_from(["BUY", "SELL"]),
    lots=st.integers(1, 300),
    latency=LATENCIES,
)
def test_an_algorithm_waits_while_its_order_is_unknown_and_never_fills_too_much(kind, seed, side, lots, latency):
    watched = Executing(ALGORITHMS[kind]({"side": side, "qty_lots": lots}))
    play(watched, latency, seed=seed)
    assert_waited(watched, per_side=False)
    assert watched.execution.filled_lots == abs(watched.position(watched.one).qty_lots) <= lots
    orders = sorted(watched.sent.values(), key=lambda order: order.id)
    for before, after in pairwise(orders):  # the one before is proven dead
        assert before.is_done
        assert before.ts_done <= after.ts_sent


def test_a_sniper_whose_orders_are_all_lost_has_one_out_at_a_time():
    watched = Executing(ALGORITHMS["sniper"]({"side": "BUY", "qty_lots": 5}))
    result = play(watched, latency(3, lost={"new": 1}))
    orders = result.orders_raw
    assert 10 < len(orders) <= DURATION_S * 1_000_000_000 // TIMEOUT_NS + 1
    assert len(result.fills_raw) == 0
    # Each is given up for dead by the venue's answer alone, a round trip after the time-out.
    assert all(orders["ts_done"][:-1] == orders["ts_sent"][:-1] + TIMEOUT_NS + 4_000_000)
    assert all(orders["ts_sent"][1:] >= orders["ts_done"][:-1])
    assert set(orders["reason"][:-1]) == {OrderReason.TIMEOUT}


def test_a_sniper_whose_answers_are_all_lost_fills_once():
    watched = Executing(ALGORITHMS["sniper"]({"side": "BUY", "qty_lots": 5}))
    play(watched, latency(3, unanswered={"new": 1}, speed_bump="350ms"))
    assert watched.execution.filled_lots == 5 == watched.position(watched.one).qty_lots
    assert watched.unknowns


class Aiming(Watched):
    def __init__(self, lots, urgency):
        super().__init__()
        self.lots = lots
        self.urgency = urgency

    def act(self):
        self.aim = self.target(self.one, qty_lots=self.lots, urgency=self.urgency)

    def check_lots(self, held, buys, sells):
        assert len(self.orders()) <= 1
        assert 0 <= held * (1 if self.lots > 0 else -1) <= abs(self.lots)
        assert abs(held) + buys + sells <= abs(self.lots)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    lots=st.integers(1, 200),
    is_short=st.booleans(),
    urgency=st.sampled_from(["passive", "cross"]),
    latency=LATENCIES,
)
def test_a_target_is_never_passed(seed, lots, is_short, urgency, latency):
    watched = Aiming(-lots if is_short else lots, urgency)
    play(watched, latency, seed=seed)
    assert_waited(watched, per_side=False)


class Bracketing(Watched):
    """Enters at the market, one bracket after the other, with a profit or a loss near by."""

    def act(self):
        self.current = None
        self.every("500ms", self.enter)

    def enter(self):
        book = self.book(self.one)
        if book.best_bid_ticks is None or book.best_ask_ticks is None or (self.current and not self.current.is_done):
            return
        self.current = self.bracket(
            self.one,
            "BUY",
            qty_lots=20,
            price_ticks=book.best_ask_ticks,
            take_profit_ticks=book.best_ask_ticks + 2,
            stop_loss_ticks=book.best_bid_ticks - 2,
            time_in_force="IOC",
        )

    def check_lots(self, held, buys, sells):
        assert 0 <= held <= 20
        assert sells <= held


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000), latency=LATENCIES)
def test_a_bracket_exits_no_more_than_it_entered(seed, latency):
    watched = Bracketing()
    play(watched, latency, seed=seed)
    assert_waited(watched, per_side=True)


class Quoting(Watched):
    def act(self):
        self.every("100ms", self.requote)

    def requote(self):
        bid, ask = self.book(self.one).best_bid_ticks, self.book(self.one).best_ask_ticks
        if bid is not None and ask is not None:
            self.quote(self.one, bid_ticks=bid - self.now // 700_000_000 % 2, ask_ticks=ask, qty_lots=4)

    def check_lots(self, held, buys, sells):
        sides = [order.side for order in self.orders()]
        assert len(sides) == len(set(sides))  # one a side, dead ones aside


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000), latency=LATENCIES)
def test_a_quote_waits_while_its_order_is_unknown(seed, latency):
    watched = Quoting()
    play(watched, latency, seed=seed)
    assert_waited(watched, per_side=True)


# ---------------------------------------------------------------------- orders that our own gate denies


def denials(strategy):
    return [states for states in strategy.states.values() if "DENIED" in states]


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(sorted(ALGORITHMS)),
    seed=st.integers(0, 1_000),
    at=st.integers(0, DURATION_S * 900),
    latency=LATENCIES,
)
def test_an_algorithm_gives_up_when_the_gate_is_closed(kind, seed, at, latency):
    watched = Executing(ALGORITHMS[kind]({"side": "BUY", "qty_lots": 300}))
    watched.act = lambda: (Executing.act(watched), watched.at(at * 1_000_000, watched.kill))
    play(watched, latency, seed=seed)
    for states in denials(watched):
        assert states == ["PENDING", "DENIED"]
    assert len(denials(watched)) <= 1  # the gate stays closed, so the first one is enough
    if denials(watched):
        assert watched.execution.ending in ("given_up", "filled", "time")


@pytest.mark.parametrize("kind", sorted(ALGORITHMS))
def test_an_algorithm_whose_orders_are_too_large_gives_up(kind):
    watched = Executing(ALGORITHMS[kind]({"side": "BUY", "qty_lots": 900}))
    market = vl.SyntheticMarket(seed=4, duration=f"{DURATION_S}s")
    result = vl.Backtest(market, watched, latency=latency(4), max_order_qty=0.001).run()
    assert result.fills_raw["qty"].sum() == watched.execution.filled_lots
    assert all(order.qty_lots <= 1 for order in watched.sent.values() if order.state is not OrderState.DENIED)
    in_a_row = most = 0
    for order in sorted(watched.sent.values(), key=lambda order: order.id):
        in_a_row = in_a_row + 1 if order.reason is OrderReason.ORDER_QTY else 0
        most = max(most, in_a_row)
    assert most <= 10


class Shrinking(Aiming):
    """Aims lower once the gate is closed: what rests is too much, and may only be cancelled."""

    def act(self):
        super().act()
        self.at(2_000_000_000, self.shrink)

    def shrink(self):
        self.before = self.position(self.one).qty_lots
        self.kill()
        self.target(self.one, qty_lots=self.before + 1, urgency="passive")

    def check_lots(self, held, buys, sells):
        assert len(self.orders()) <= 1


def test_a_target_cancels_what_it_may_not_amend():
    watched = Shrinking(200, "passive")
    result = play(watched, latency(1, entry=0))
    assert not watched.orders()
    assert watched.aim.given_up or watched.aim.is_reached
    assert len(denials(watched)) <= 1
    assert len(result.orders_raw) < 100


class Killed(Bracketing):
    """Closes the gate as soon as a bracket has entered."""

    def enter(self):
        if self.current is None:
            super().enter()
            if self.current is not None:
                self.kill()


def test_a_bracket_whose_exits_are_denied_is_given_up():
    watched = Killed()
    play(watched, latency(1, entry=0))
    assert watched.current.given_up is not None
    assert "KILLED" in watched.current.given_up
    assert len(denials(watched)) == 1
