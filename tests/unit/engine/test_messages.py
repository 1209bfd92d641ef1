"""The run's message bus: strategies that talk, what is published of the engine, and when all of it arrives."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument, NotFound, VeloraError
from velora.testkit import Flow

MS = 1_000_000
END = 100 * MS


class Plan(vl.Strategy):
    """Does what it is told: `begin` at its start, each (instant, action) later; keeps what it heard."""

    def __init__(self, begin=None, *steps):
        self.begin, self.steps, self.heard = begin, steps, []

    def on_start(self):
        self.symbol = self.instruments[0].symbol
        if self.begin is not None:
            self.begin(self)
        for ts, action in self.steps:
            self.at(ts * MS, lambda action=action: action(self))

    def hear(self, message):
        self.heard.append(message)


def market(trades=()):
    flow = Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)])
    for ts in trades:
        flow.trade(ts * MS, Side.BUY, 101, 1)
    return flow.delta(END, Side.BUY, 1, 1).table()


def play(strategies, trades=(), **options):
    return vl.Backtest(market(trades), strategies, **options).run()


def listens(pattern, **options):
    return lambda s: s.subscribe(pattern, s.hear, **options)


def publishes(*messages, topic="t"):
    def act(s):
        for message in messages:
            s.publish(topic, message)

    return act


# ---------------------------------------------------------------------- topics


def test_what_one_strategy_publishes_another_hears():
    hears = Plan(listens("skew.*"))
    play({"says": Plan(None, (5, publishes(0.3, topic="skew.TEST")), (6, publishes(1, topic="other"))), "hears": hears})
    assert hears.heard == [0.3]


def test_messages_arrive_after_the_hook_and_before_the_next_event():
    order = []

    class Says(vl.Strategy):
        def on_trade(self, trade):
            order.append("hook of the first")
            self.publish("t", "message")
            order.append("the hook goes on")

    class Hears(Plan):
        def on_trade(self, trade):
            order.append("hook of the second")

        def hear(self, message):
            order.append((message, self.now // MS))

    play([Says(), Hears(listens("t"))], trades=[3, 4])
    each = ["hook of the first", "the hook goes on", "hook of the second"]
    assert order == [*each, ("message", 3), *each, ("message", 4)]


def test_signals_and_messages_keep_the_order_in_which_they_were_published():
    class Hears(Plan):
        def on_signal(self, signal):
            self.heard.append(("hook", signal.value))

    def act(s):
        s.publish("t", "first")
        s.emit("alpha", "second")
        s.publish("t", "third")

    def begin(s):
        s.subscribe("t", s.hear)
        s.subscribe("signals.alpha", lambda signal: s.heard.append(("topic", signal.value, signal.strategy)))

    hears = Hears(begin)
    play({"says": Plan(None, (1, act)), "hears": hears})
    assert hears.heard == ["first", ("hook", "second"), ("topic", "second", "says"), "third"]


def test_a_higher_priority_is_served_first():
    order = []
    strategies = [
        Plan(lambda s: s.subscribe("t", lambda _: order.append("low"))),
        Plan(lambda s: s.subscribe("t", lambda _: order.append("high"), 5)),
        Plan(None, (1, publishes("x"))),
    ]
    play(strategies)
    assert order == ["high", "low"]


def test_a_cancelled_subscription_hears_no_more():
    hears = Plan(lambda s: setattr(s, "made", s.subscribe("t", s.hear)), (2, lambda s: s.made.cancel()))
    play([hears, Plan(None, (1, publishes(1)), (3, publishes(3)))])
    assert hears.heard == [1]


def test_what_is_published_at_the_end_is_heard_by_those_who_have_not_ended():
    class Says(vl.Strategy):
        def on_stop(self):
            self.publish("bye", "from the first")

    ended, hears = Plan(listens("bye")), Plan(listens("bye"))
    play([ended, Says(), hears])
    assert (ended.heard, hears.heard) == ([], ["from the first"])


def test_two_that_answer_each_other_for_ever_are_stopped():
    def echo(topic):
        return lambda s: s.subscribe(topic, lambda message: s.publish("pong" if topic == "ping" else "ping", message))

    with pytest.raises(VeloraError, match="do two answer each other"):
        play([Plan(echo("ping")), Plan(echo("pong")), Plan(None, (1, publishes(1, topic="ping")))], on_error="raise")


def test_a_handler_that_cannot_be_called_is_an_error():
    async def later(message): ...

    for handler in (None, later):
        with pytest.raises(InvalidArgument, match="handler"):
            play(Plan(lambda s, handler=handler: s.subscribe("t", handler)))


# ---------------------------------------------------------------------- failures and ends


def test_a_subscriber_that_fails_fails_its_strategy_alone():
    def fail(message):
        raise RuntimeError("cannot hear")

    first, last = Plan(listens("t")), Plan(listens("t"))
    bad = Plan(lambda s: (s.subscribe("t", fail, 1), s.subscribe("t", s.hear)))
    result = play({"first": first, "bad": bad, "last": last, "says": Plan(None, (1, publishes(1)), (2, publishes(2)))})
    assert [one["state"] for one in result.strategies] == ["STOPPED", "FAILED", "STOPPED", "STOPPED"]
    assert "cannot hear" in result.errors["bad"]
    assert (first.heard, bad.heard, last.heard) == ([1, 2], [], [1, 2])


def test_a_subscriber_that_fails_ends_a_run_that_does_not_isolate():
    def fail(message):
        raise RuntimeError("cannot hear")

    with pytest.raises(RuntimeError, match="cannot hear"):
        play(Plan(lambda s: s.subscribe("t", fail), (1, publishes(1))))


@pytest.mark.parametrize("how", ["stop", "fail"])
def test_an_ended_strategy_hears_nothing_and_its_endpoints_are_closed(how):
    def end(s):
        if how == "fail":
            raise RuntimeError
        s.stop()

    def begin(s):
        s.subscribe("t", s.hear)
        s.endpoint("place", s.hear)

    ends, tries = Plan(begin, (5, end)), []

    def send(s):
        try:
            s.send("place", "late")
        except NotFound as error:
            tries.append(str(error))

    run = vl.Backtest(market(), [ends, Plan(None, (1, publishes(1)), (6, publishes(6)), (7, send))]).start()
    run.advance_to_end()
    assert ends.heard == [1]
    assert len(tries) == 1
    assert [one.pattern for one in run.bus.subscriptions if one.pattern == "t"] == []
    with pytest.raises(VeloraError, match="trades no more"):
        ends.subscribe("t", ends.hear)


# ---------------------------------------------------------------------- endpoints and requests


def test_an_endpoint_is_a_call_of_the_other_strategy():
    placed = []

    def act(s):
        placed.append(s.send("desk", ("buy", 98)))

    def begin(s):
        s.endpoint("desk", lambda message: s.buy(s.symbol, price_ticks=message[1], qty_lots=1).id)

    result = play({"desk": Plan(begin), "asks": Plan(None, (1, act))})
    assert placed == [1]
    assert [one["orders"] for one in result.strategies] == [1, 0]


def test_what_an_endpoint_raises_is_the_senders():
    def begin(s):
        s.endpoint("desk", lambda _: 1 / 0)

    result = play({"desk": Plan(begin), "asks": Plan(None, (1, lambda s: s.send("desk", 1)))})
    assert [one["state"] for one in result.strategies] == ["STOPPED", "FAILED"]


def ask(timeout=None, endpoint="desk"):
    def act(s):
        heard = lambda answer: s.heard.append((s.now // MS, answer.status, answer.message))  # noqa: E731
        s.request(endpoint, "what", heard, timeout=timeout)

    return act


def test_a_request_is_answered_later_or_times_out_on_the_local_clock():
    waiting = []
    desk = Plan(lambda s: s.endpoint("desk", waiting.append), (10, lambda s: s.respond(waiting[0], "answer")))
    asks = Plan(None, (1, ask("20ms")), (2, ask("5ms")), (3, ask("30ms")), (4, ask()))
    run = vl.Backtest(market(), [desk, asks]).start()
    run.advance_to_end()
    assert asks.heard == [(7, "timed_out", None), (10, "answered", "answer"), (33, "timed_out", None)]
    assert [one.message for one in waiting] == ["what"] * 4
    assert run.bus.outstanding_requests == 1
    assert desk.respond(waiting[1].id, "late") is False


def test_requests_to_a_strategy_that_ends_fail():
    desk = Plan(lambda s: s.endpoint("desk", lambda request: None), (5, lambda s: s.stop()))
    asks = Plan(None, (1, ask("50ms")), (2, ask()))
    play([desk, asks])
    assert asks.heard == [(5, "failed", None)] * 2


def test_an_answer_to_a_strategy_that_has_ended_goes_nowhere():
    waiting = []
    desk = Plan(lambda s: s.endpoint("desk", waiting.append), (10, lambda s: s.respond(waiting[0], "answer")))
    asks = Plan(None, (1, ask("5ms")), (2, lambda s: s.stop()))
    result = play([desk, asks])
    assert asks.heard == []
    assert [one["state"] for one in result.strategies] == ["STOPPED", "STOPPED"]


# ---------------------------------------------------------------------- what the engine publishes


def test_market_data_is_on_topics_for_who_listens():
    hears = Plan(lambda s: s.subscribe("data.*", lambda event: s.heard.append((type(event).__name__, s.now // MS))))
    play(hears, trades=[3, 4])
    assert [one for one in hears.heard if one[0] == "Trade"] == [("Trade", 3), ("Trade", 4)]
    assert ("OrderBookL2", 100) in hears.heard
    assert ("Quote", 100) not in hears.heard, "the top did not change"


def test_trades_kept_from_a_topic_stay_what_they_were():
    hears = Plan(listens("data.trades.TEST"))
    play(hears, trades=[3, 4, 5])
    assert [trade.ts_recv // MS for trade in hears.heard] == [3, 4, 5]


def test_orders_fills_and_positions_are_on_topics_of_their_strategy():
    def buy(s):
        s.buy(s.symbol, qty_lots=2)

    def begin(s):
        s.subscribe("orders.trader", lambda order: s.heard.append(("order", order.state.name)))
        s.subscribe("fills.trader", lambda fill: s.heard.append(("fill", fill.qty_lots, fill.price_ticks)))
        s.subscribe("positions.*", lambda position: s.heard.append(("position", position.qty_lots)))

    hears = Plan(begin)
    play({"hears": hears, "trader": Plan(None, (1, buy)), "other": Plan(None, (2, buy))})
    assert [one for one in hears.heard if one[0] != "order"] == [("fill", 2, 101), ("position", 2), ("position", 2)]
    assert ("order", "FILLED") in hears.heard


def test_a_cause_is_published_before_what_a_hook_makes_of_it():
    class Reacts(vl.Strategy):
        def on_trade(self, trade):
            self.publish("reaction", "effect")
            self.buy(trade.instrument, qty_lots=1)

        def on_order(self, order):
            self.publish("reaction", "to order")

    hears = Plan(listens("*"))
    play({"reacts": Reacts(), "hears": hears}, trades=[3])
    names = [one if isinstance(one, str) else type(one).__name__ for one in hears.heard]
    names = [one for one in names if one not in ("OrderBookL2", "Quote")]
    assert names == ["Trade", "effect", "Order", "to order", "Order", "Fill", "Position", "to order"]


def test_orders_of_a_strategy_that_has_stopped_are_still_published():
    def begin(s):
        s.subscribe("orders.ends", lambda order: s.heard.append(order.state.name))

    ends = Plan(lambda s: s.buy(s.symbol, price_ticks=90, qty_lots=1), (5, lambda s: s.stop()))
    hears = Plan(begin)
    play({"ends": ends, "hears": hears}, latency="1ms")
    assert hears.heard == ["OPEN", "CANCELED"]


def test_whoever_drives_the_run_may_listen_and_publish_between_two_steps():
    hears, seen = Plan(listens("t")), []
    run = vl.Backtest(market([3, 30]), hears).start()
    run.advance_to(2 * MS)
    run.bus.subscribe("data.trades.TEST", lambda trade: seen.append(trade.ts_recv // MS))
    run.bus.publish("t", "from outside")
    run.advance_to(20 * MS)
    assert (hears.heard, seen) == (["from outside"], [3])


def test_two_instruments_of_one_symbol_are_told_apart_by_their_venue():
    tables = []
    for venue in ("one", "two"):
        instrument = vl.Instrument("A", tick_size=1, lot_size=1, quote="USD", venue=venue)
        flow = Flow(instrument).snapshot(0, bids=[(99, 50)], asks=[(101, 50)]).trade(MS, Side.BUY, 101, 1)
        tables.append(flow.delta(END, Side.BUY, 1, 1).table())
    hears = Plan(listens("data.trades.A@two"))
    vl.Backtest(tables, hears).run()
    assert [trade.instrument.venue for trade in hears.heard] == ["two"]


# ---------------------------------------------------------------------- candles


class OnCandles(Plan):
    """Subscribes to candles at an instant, and keeps what `on_candle` got."""

    def __init__(self, interval="10ms", at=0, *steps):
        self.got = []
        subscribe = lambda s: s.subscribe_candles(s.symbol, interval)  # noqa: E731
        super().__init__(None if at else subscribe, *([(at, subscribe)] if at else []), *steps)

    def on_candle(self, candle):
        self.got.append(candle)


def told(candles):
    return [(candle.ts_close // MS, candle.trades) for candle in candles]


@pytest.mark.parametrize("pattern", ["data.candles.TEST.10ms", "data.candles.*", "*.10ms", "data.candles.TEST.??ms"])
def test_a_candle_is_on_its_topic_for_who_listens(pattern):
    makes, hears = OnCandles(), Plan(listens(pattern))
    play([makes, hears], trades=[3, 4, 15])
    assert told(hears.heard)[:3] == [(10, 2), (20, 1), (30, 0)]
    assert told(hears.heard) == told(makes.got)
    assert all(type(one) is vl.Candle for one in hears.heard)


def test_each_interval_has_its_topic_by_its_name():
    hears = Plan(listens("data.candles.TEST.20ms"))
    play([OnCandles("0.02s"), OnCandles("10ms"), hears], trades=[3])
    assert [candle.interval_ns for candle in hears.heard] == [20 * MS] * 5


def test_a_candle_of_several_strategies_is_published_once():
    makers = [OnCandles(), OnCandles(), OnCandles("10ms", 15)]
    hears = Plan(listens("data.candles.*"))
    play([hears, *makers], trades=[3, 14, 16])
    assert told(hears.heard) == told(makers[0].got) == told(makers[1].got)
    assert told(makers[2].got)[0] == (20, 1), "it has seen half of its first interval"
    assert (20, 2) in told(hears.heard)


def test_what_is_published_is_the_candle_of_who_subscribed_first():
    class Late(OnCandles):
        def on_trade(self, trade):
            if self.now == 30 * MS:
                self.subscribe_candles(self.symbol, "10ms")

    # It subscribes within the first instant of an interval, misses one trade of it, and is called first from then on.
    late, first, hears = Late("1h"), OnCandles(), Plan(listens("data.candles.TEST.10ms"))
    play([late, first, hears], trades=[3, 30, 30, 35])
    assert told(late.got)[0] == (40, 2)
    assert told(hears.heard) == told(first.got)
    assert told(hears.heard)[2:4] == [(30, 0), (40, 3)]


def test_candles_are_published_as_long_as_any_of_their_strategies_goes_on():
    ends, goes_on = OnCandles("10ms", 0, (25, lambda s: s.stop())), OnCandles("10ms", 32, (65, lambda s: s.stop()))
    hears = Plan(listens("data.candles.*"))
    again = OnCandles("10ms", 82)
    play([ends, goes_on, again, hears], trades=[3, 33, 83])
    assert told(hears.heard) == [(10, 1), (20, 0), (40, 1), (50, 0), (60, 0), (90, 1), (100, 0)]


def test_a_candle_is_published_before_what_any_hook_makes_of_it():
    class Reacts(OnCandles):
        def on_candle(self, candle):
            self.publish("data.reaction", self.name)

    first, second = Reacts(), Reacts("10ms", 30)
    first.name, second.name = "first", "second"
    hears = Plan(listens("data.*n*"))
    # The second subscribes when an interval has ended and the first does not know yet, so that it is called before the
    # first one from then on.
    play([second, first, hears], trades=[3, 35])
    heard = [one if isinstance(one, str) else (one.ts_close // MS, one.trades) for one in hears.heard]
    assert heard[:6] == [(10, 1), "first", (20, 0), "first", (30, 0), "first"]
    assert heard[6:12] == [(40, 1), "second", "first", (50, 0), "second", "first"]


def test_a_candle_heard_from_its_hook_on_begins_with_the_next():
    class Listens(OnCandles):
        def on_candle(self, candle):
            if not self.got:
                self.subscribe("data.candles.*", self.hear)
            super().on_candle(candle)

    first, second = Listens(), OnCandles()
    play([first, second], trades=[3])
    assert told(second.got)[0] == (10, 1)
    assert told(first.heard) == told(second.got)[1:]


def test_candles_that_nobody_listens_to_have_no_topic():
    run = vl.Backtest(market([3]), [OnCandles(), Plan(listens("data.trades.*"))]).start()
    run.advance_to_end()
    assert [topic for topic in run.bus.topics if "candles" in topic.name] == []


# ---------------------------------------------------------------------- what it changes: nothing


class Trader(vl.Strategy):
    def __init__(self, says=False):
        self.says = says

    def on_trade(self, trade):
        if self.says:
            self.publish("nobody", trade)
            self.emit("nobody", 1)
        bid, ask = self.book(trade.instrument).best_bid_ticks, self.book(trade.instrument).best_ask_ticks
        if bid is not None and ask is not None:
            self.quote(trade.instrument, bid_ticks=bid - 1, ask_ticks=ask + 1, qty_lots=1)


def test_publishing_to_nobody_and_listening_change_no_hash():
    table = vl.SyntheticMarket(seed=3, duration="20s").table()

    def of(*strategies):
        return vl.Backtest(table, dict(zip("ab", strategies, strict=False)), latency="3ms").run().of("a")

    plain = of(Trader())
    assert plain.fills_raw.size
    assert of(Trader(says=True)).hash == plain.hash
    hears = Plan(listens("*"))
    assert of(Trader(), hears).hash == plain.hash
    assert {"Trade", "Order", "OrderBookL2"} <= {type(one).__name__ for one in hears.heard}


def test_measured_callbacks_name_handlers_of_messages():
    # The decision leg is longer than any callback, so that nothing is said of slow ones.
    latency = vl.Latency(decision="1h")
    result = play(Plan(listens("t"), (1, publishes(1))), measure_callbacks=True, latency=latency)
    assert result.callback_times.by_hook["message"].count == 1
