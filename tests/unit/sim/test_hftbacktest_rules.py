"""hftbacktest's rules and their corrections, one flow each: ticks of 1, lots of 1 unless said, no latency.

What is expected under no correction was seen in hftbacktest 2.4.4 itself, on the same flows.
"""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.core.orders import OrderReason, OrderState
from velora.sim.hftbacktest import CORRECTIONS
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL


def book(**options):
    """A book of five lots at 100 bid and 101 offered, with more behind."""
    return Flow(**options).snapshot(0, bids=[(100, 5), (99, 20)], asks=[(101, 5), (102, 20)])


def play(flow, *steps, exchange="no_partial_fill", corrections=(), end=1000, **options):
    """Run a script under hftbacktest's rules; a row far away keeps the clock going to `end`."""
    flow.delta(end, BUY, 1, 1)
    script = Script(*steps)
    rules = vl.HftbacktestRules(exchange, corrections)
    run = vl.Backtest(flow.table(), script, rules=rules, **options).start()
    run.advance_to_end()
    result = run.finish()
    assert run.venue.account(0)["position"] == sum(f.signed_qty for f in script.fills)
    return script, result


def fills(result):
    """(order id, price, qty, maker) of each fill."""
    return [(int(f["order_id"]), int(f["price"]), int(f["qty"]), bool(f["maker"])) for f in result.fills_raw]


def both(make, *steps, correction, **options):
    """Fills without and with a correction; `make` makes the flow."""
    return tuple(fills(play(make(), *steps, corrections=names, **options)[1]) for names in ((), (correction,)))


# ---------------------------------------------------------------- queue arithmetic


GOLDEN = {
    # Level of 100 with 60 ahead goes to 90: lots ahead then, without and with a trade of 5 before.
    "risk_averse": (60.0, 55.0),
    "power1": (52.285714, 51.769417),
    "power2": (50.64, 50.455625),
    "power3": (57.84, 54.168125),
    "log1": (54.746115, 52.437385),
    "log2": (58.046533, 54.147932),
}


@pytest.mark.parametrize("model", GOLDEN)
@pytest.mark.parametrize("traded", [0, 5])
def test_place_after_a_depth_change_is_the_published_one(model, traded):
    flow = Flow().snapshot(0, bids=[(100, 60)], asks=[(101, 5)]).delta(20, BUY, 100, 100)
    if traded:
        flow.trade(25, SELL, 100, traded)
    flow.delta(30, BUY, 100, 90)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)), queue=model, trace_queue=True)
    assert result.queue_positions_raw["ahead"][-1] == pytest.approx(GOLDEN[model][1 if traded else 0], abs=1e-6)


def test_logarithms_take_base_units_not_lots():
    def ahead(lot, scale):
        instrument = vl.Instrument("TEST", tick_size=1, lot_size=lot, quote="USD", maker_fee=0, taker_fee=0)
        flow = Flow(instrument).snapshot(0, bids=[(100, 60 * scale)], asks=[(101, 5)])
        flow.delta(20, BUY, 100, 100 * scale).delta(30, BUY, 100, 90 * scale)
        _, result = play(flow, (10, lambda s: s.bid(100, 2)), queue="log1", trace_queue=True)
        return result.queue_positions_raw["ahead"][-1] / scale

    assert ahead("0.001", 1000) == pytest.approx(ahead(1, 1), rel=1e-12)


def test_trade_of_just_the_queue_does_not_fill_and_one_lot_more_fills_all():
    flow = book().trade(20, SELL, 100, 5)
    assert fills(play(flow, (10, lambda s: s.bid(100, 3)))[1]) == []
    flow = book().trade(20, SELL, 100, 6)
    assert fills(play(flow, (10, lambda s: s.bid(100, 3)))[1]) == [(1, 100, 3, True)]


def test_partial_exchange_fills_what_is_beyond_the_queue():
    flow = book().trade(20, SELL, 100, 6)
    assert fills(play(flow, (10, lambda s: s.bid(100, 3)), exchange="partial_fill")[1]) == [(1, 100, 1, True)]


def test_half_a_free_lot_fills_as_one_unless_lots_are_whole():
    # Of 10 ahead in a level of 20, power1(1) leaves 9.5 when one lot goes: half a lot is free after a trade of 10.
    def make():
        flow = Flow().snapshot(0, bids=[(100, 10)], asks=[(101, 5)]).delta(20, BUY, 100, 20)
        return flow.delta(30, BUY, 100, 19).trade(40, SELL, 100, 10)

    hft, velora = both(make, (10, lambda s: s.bid(100, 2)), correction="whole_lots", queue="power1(1)")
    assert hft == [(1, 100, 2, True)]
    assert velora == []


def test_depth_before_its_trade_counts_twice_unless_netted():
    def make():
        return book().delta(20, BUY, 100, 2).trade(20, SELL, 100, 3)

    hft, velora = both(make, (10, lambda s: s.bid(100, 2)), correction="netting")
    assert hft == [(1, 100, 2, True)]
    assert velora == []


# ---------------------------------------------------------------- own orders at one price


def test_each_own_order_gets_the_whole_trade_unless_it_is_shared():
    def make():
        return book().delta(15, BUY, 100, 0).trade(20, SELL, 100, 1)

    place = [(10 + i, lambda s: s.bid(100, 1)) for i in range(3)]
    hft, velora = both(make, *place, correction="shared_volume")
    assert hft == [(1, 100, 1, True), (2, 100, 1, True), (3, 100, 1, True)]
    assert velora == [(1, 100, 1, True)]


def test_own_orders_ahead_do_not_count_unless_corrected():
    # Five lots ahead of both; a trade of 7 leaves 2 beyond them.
    def make():
        return book().trade(20, SELL, 100, 7)

    place = [(10 + i, lambda s: s.bid(100, 2)) for i in range(2)]
    hft, velora = both(make, *place, correction="own_queue", exchange="partial_fill")
    assert hft == [(1, 100, 2, True), (2, 100, 2, True)]
    assert velora == [(1, 100, 2, True)]


# ---------------------------------------------------------------- prints and quotes through a price


def test_print_through_a_price_fills_all_unless_bounded_by_its_volume():
    def make():
        return book().trade(20, SELL, 99, 1)

    hft, velora = both(make, (10, lambda s: s.bid(100, 40)), correction="through_volume")
    assert hft == [(1, 100, 40, True)]
    assert velora == [(1, 100, 1, True)]


def test_offer_reaching_a_price_fills_all_unless_bounded_by_what_it_shows():
    def make():
        return book().delta(20, SELL, 100, 3)

    hft, velora = both(make, (10, lambda s: s.bid(100, 40)), correction="cross_volume")
    assert hft == [(1, 100, 40, True)]
    assert velora == [(1, 100, 3, True)]


def test_crossed_level_is_passed_over_and_comes_back_unless_the_feed_book_holds():
    # A bid at 101 passes over the offer there. When that bid goes, hftbacktest's best offer stays 102.
    def make():
        return book().delta(20, BUY, 101, 4).delta(21, BUY, 101, 0)

    hft, velora = both(make, (30, lambda s: s.bid(101, 2, post_only=True)), correction="feed_book")
    assert hft == velora == []
    script, _ = play(make(), (30, lambda s: s.bid(101, 2, post_only=True)))
    assert script.placed[0].state is OrderState.OPEN
    script, _ = play(make(), (30, lambda s: s.bid(101, 2, post_only=True)), corrections=["feed_book"])
    assert script.placed[0].reason is OrderReason.POST_ONLY


# ---------------------------------------------------------------- takers


def test_taker_of_the_whole_exchange_gets_all_at_the_best_price_unless_bounded():
    hft, velora = both(book, (10, lambda s: s.bid(101, 40, time_in_force="IOC")), correction="taker_depth")
    assert hft == [(1, 101, 40, False)]
    assert velora == [(1, 101, 5, False)]


def test_taker_finds_the_same_liquidity_again_unless_it_is_gone():
    steps = [(10 + i, lambda s: s.bid(101, 5, time_in_force="IOC")) for i in range(2)]
    hft, velora = both(book, *steps, correction="taker_depth", exchange="partial_fill")
    assert hft == [(1, 101, 5, False), (2, 101, 5, False)]
    assert velora == [(1, 101, 5, False)]


@pytest.mark.parametrize(
    ("side", "limit", "expected"),
    [
        # Seen in hftbacktest: a buy's walk ends before its limit, a sell's at it; the rest fills at the limit.
        ("bid", 102, [(1, 101, 5, False), (1, 102, 35, False)]),
        ("ask", 99, [(1, 100, 5, False), (1, 99, 20, False), (1, 99, 15, False)]),
    ],
)
def test_taking_limit_order_of_the_partial_exchange_fills_its_rest_at_the_limit(side, limit, expected):
    _, result = play(book(), (10, lambda s: getattr(s, side)(limit, 40)), exchange="partial_fill")
    assert fills(result) == expected


def test_immediate_order_of_the_partial_exchange_ends_with_its_rest():
    script, result = play(book(), (10, lambda s: s.ask(99, 40, time_in_force="IOC")), exchange="partial_fill")
    assert fills(result) == [(1, 100, 5, False), (1, 99, 20, False)]
    assert script.placed[0].state is OrderState.EXPIRED


def test_fill_or_kill_of_the_partial_exchange_looks_at_the_depth():
    script, result = play(
        book(),
        (10, lambda s: s.ask(99, 26, time_in_force="FOK")),
        (20, lambda s: s.ask(99, 25, time_in_force="FOK")),
        exchange="partial_fill",
    )
    assert fills(result) == [(2, 100, 5, False), (2, 99, 20, False)]
    assert script.placed[0].reason is OrderReason.FOK


def test_immediate_orders_that_do_not_cross_end():
    script, result = play(
        book(), (10, lambda s: s.bid(100, 1, time_in_force="IOC")), (11, lambda s: s.bid(100, 1, time_in_force="FOK"))
    )
    assert fills(result) == []
    assert [order.state for order in script.placed] == [OrderState.EXPIRED] * 2


def test_post_only_order_that_would_take_ends():
    script, _ = play(book(), (10, lambda s: s.bid(101, 1, post_only=True)))
    assert script.placed[0].reason is OrderReason.POST_ONLY


def test_market_order_walks_a_hundred_ticks_and_a_sell_one_more():
    flow = Flow().snapshot(0, bids=[(500, 1), (400, 1), (399, 1)], asks=[(501, 1), (600, 1), (601, 1)])
    _, result = play(
        flow,
        (10, lambda s: s.buy(s.instruments[0], qty_lots=9)),
        (11, lambda s: s.sell(s.instruments[0], qty_lots=9)),
        exchange="partial_fill",
    )
    assert fills(result) == [(1, 501, 1, False), (1, 600, 1, False), (2, 500, 1, False), (2, 400, 1, False)]


def test_own_orders_meet_nobody_unless_the_venue_checks():
    steps = [(10, lambda s: s.ask(101, 3)), (11, lambda s: s.bid(101, 2))]
    script, result = play(book(), *steps)
    assert fills(result) == [(2, 101, 2, False)]
    script, result = play(book().delta(5, SELL, 101, 0), *steps, corrections=["venue_checks"])
    assert fills(result) == []
    assert script.placed[1].reason is OrderReason.SELF_TRADE


def test_trade_without_a_side_matches_nothing_unless_the_venue_checks():
    def make():
        return book().row(20, EventKind.TRADE, Side.NONE, 100, 6)

    hft, velora = both(make, (10, lambda s: s.bid(100, 1)), correction="venue_checks")
    assert hft == []
    assert velora == [(1, 100, 1, True)]


def test_taker_finds_what_printed_since_the_last_depth_row_unless_it_is_gone():
    # Four of the five offered lots print before the taker comes.
    def make():
        return book().trade(5, BUY, 101, 4)

    hft, velora = both(make, (10, lambda s: s.bid(101, 5, time_in_force="IOC")), correction="taker_depth")
    assert hft == [(1, 101, 5, False)]
    assert velora == [(1, 101, 1, False)]


def test_post_only_order_at_a_level_that_printed_whole_rests_only_if_corrected():
    def make():
        return book().trade(5, BUY, 101, 5)

    step = (10, lambda s: s.bid(101, 1, post_only=True))
    assert play(make(), step)[0].placed[0].reason is OrderReason.POST_ONLY
    assert play(make(), step, corrections=["taker_depth"])[0].placed[0].state is OrderState.OPEN


@pytest.mark.parametrize("kind", ["IOC", "FOK"])
def test_taker_gets_the_recorded_lots_before_an_own_order_and_then_stops(kind):
    # Five lots are offered before the own offer of two, three more after it.
    flow = book().delta(15, SELL, 101, 8)
    steps = (10, lambda s: s.ask(101, 2)), (20, lambda s: s.bid(101, 5, time_in_force=kind))
    _, result = play(flow, *steps, corrections=["taker_depth", "venue_checks"])
    assert fills(result) == [(2, 101, 5, False)]
    flow = book().delta(15, SELL, 101, 8)
    more = (20, lambda s: s.bid(101, 6, time_in_force=kind))
    script, result = play(flow, steps[0], more, corrections=["taker_depth", "venue_checks"])
    assert script.placed[1].reason is (OrderReason.FOK if kind == "FOK" else OrderReason.SELF_TRADE)
    assert [fill[2] for fill in fills(result)] == ([] if kind == "FOK" else [5])


def test_end_of_a_halt_fills_what_was_crossed_meanwhile_if_corrected():
    def make():
        flow = book().row(20, EventKind.STATUS, qty=0).delta(30, SELL, 100, 3)
        return flow.row(40, EventKind.STATUS, qty=1)

    _, result = play(make(), (10, lambda s: s.bid(100, 2)), corrections=["venue_checks"])
    assert [int(f["ts_venue"]) for f in result.fills_raw] == [40]
    _, result = play(make(), (10, lambda s: s.bid(100, 2)))
    assert [int(f["ts_venue"]) for f in result.fills_raw] == [30]


def test_hidden_trade_at_a_price_moves_the_queue_unless_corrected():
    def make():
        flow = book().row(20, EventKind.TRADE, side=SELL, price=100, qty=5, flags=EventFlag.HIDDEN)
        return flow.trade(30, SELL, 100, 1)

    hft, velora = both(make, (10, lambda s: s.bid(100, 1)), correction="venue_checks")
    assert hft == [(1, 100, 1, True)]
    assert velora == []


def test_trade_that_a_depth_row_told_already_does_not_count_as_traded_too():
    # The row of 20 tells the trade of its instant. Then four of eight leave: of them, not of one, power1(1) takes its
    # share from the two ahead.
    def make():
        flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 5)]).delta(15, BUY, 100, 11)
        return flow.delta(20, BUY, 100, 8).trade(20, SELL, 100, 3).delta(30, BUY, 100, 4)

    options = {"queue": "power1(1)", "trace_queue": True, "exchange": "partial_fill"}
    step = (10, lambda s: s.bid(100, 2))
    own = play(make(), step, corrections="all", **options)[1].queue_positions_raw["ahead"].tolist()
    native = vl.Backtest(make().delta(1000, BUY, 1, 1).table(), Script(step), queue="power1(1)", trace_queue=True).run()
    assert own == native.queue_positions_raw["ahead"].tolist()
    assert own != play(make(), step, corrections=["whole_lots"], **options)[1].queue_positions_raw["ahead"].tolist()


# ---------------------------------------------------------------- amends


def amend(price, qty):
    """Amend the first order."""
    return lambda s: s.amend(s.placed[0], price_ticks=price, qty_lots=qty)


@pytest.mark.parametrize(
    ("asked", "printed", "expected"),
    [
        ((99, 2), (98, 100), (99, 4)),  # moved: two were asked for, the four it had are filled
        ((100, 7), (100, 100), (100, 4)),  # more at the same price: back of the queue, with what it had
        ((100, 1), (100, 6), (100, 1)),  # less at the same price keeps the place
    ],
)
def test_amend_keeps_the_old_rest_where_it_queues_anew(asked, printed, expected):
    flow = book().trade(60, SELL, *printed)
    script, result = play(flow, (10, lambda s: s.bid(100, 4)), (21, amend(*asked)))
    assert fills(result) == [(1, *expected, True)]
    assert script.placed[0].state is OrderState.FILLED


def test_amend_corrected_sets_price_and_total():
    flow = book().trade(60, SELL, 98, 100)
    _, result = play(flow, (10, lambda s: s.bid(100, 4)), (21, amend(99, 2)), corrections=["amends"])
    assert fills(result) == [(1, 99, 2, True)]


def test_amend_that_crosses_a_fill_on_its_way_restores_what_its_sender_knew():
    # Two of five are filled at 2050, known at 3050; the amend sent at 2060 brings all five back: seven fill.
    flow = book().trade(2050, SELL, 100, 7).trade(5000, SELL, 98, 1)
    steps = (10, lambda s: s.bid(100, 5)), (2060, amend(99, 5))
    latency = vl.Latency(entry=vl.ns(10), response=vl.ns(1000))
    options = {"exchange": "partial_fill", "latency": latency, "end": 9000}
    assert fills(play(flow, *steps, **options)[1]) == [(1, 100, 2, True), (1, 99, 5, True)]
    flow = book().trade(2050, SELL, 100, 7).trade(5000, SELL, 98, 100)
    assert fills(play(flow, *steps, corrections=["amends"], **options)[1]) == [(1, 100, 2, True), (1, 99, 3, True)]


def test_post_only_amend_that_would_take_ends_the_order_unless_corrected():
    steps = (10, lambda s: s.bid(100, 2, post_only=True)), (21, amend(101, 2))
    assert play(book(), *steps)[0].placed[0].state is OrderState.EXPIRED
    assert play(book(), *steps, corrections=["amends"])[0].placed[0].state is OrderState.OPEN


# ---------------------------------------------------------------- the order filled to exactly its size


@pytest.mark.parametrize("touch", ["trade", "through", "cross"])
def test_order_filled_to_exactly_its_size_ends_the_run_when_touched(touch):
    def make():
        flow = book().trade(50, SELL, 100, 10)
        if touch == "trade":
            return flow.trade(60, SELL, 100, 7)
        return flow.trade(60, SELL, 99, 7) if touch == "through" else flow.delta(60, SELL, 99, 7)

    step = (10, lambda s: s.bid(100, 5))
    with pytest.raises(vl.VeloraError, match="exact_fills"):
        play(make(), step, exchange="partial_fill")
    _, result = play(make(), step, exchange="partial_fill", corrections=["exact_fills"])
    assert fills(result) == [(1, 100, 5, True)]


def test_order_filled_beyond_its_size_is_gone():
    flow = book().trade(50, SELL, 100, 11).trade(60, SELL, 100, 7)
    _, result = play(flow, (10, lambda s: s.bid(100, 5)), exchange="partial_fill")
    assert fills(result) == [(1, 100, 5, True)]


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(("corrections", "arrives"), [((), 30), (["order_of_work"], 100)])
def test_each_instrument_has_a_link_of_its_own_unless_corrected(corrections, arrives):
    # The first order takes 100 ns, the second, to another instrument and 20 ns later, takes 10.
    class Two(Script):
        def on_start(self):
            self.at(10, lambda: self.buy("A", price_ticks=101, qty_lots=1))
            self.at(30, lambda: self.buy("B", price_ticks=101, qty_lots=1))

    tables = []
    for symbol in "AB":
        instrument = vl.Instrument(symbol, tick_size=1, lot_size=1, quote="USD", maker_fee=0, taker_fee=0)
        tables.append(book(instrument=instrument).delta(1000, BUY, 1, 1).table())
    recording = vl.LatencyRecording(ts=[10, 30], entry=[90, 0], response=[5, 5])
    rules = vl.HftbacktestRules(corrections=corrections)
    result = vl.Backtest(tables, Two(), latency=recording, rules=rules).run()
    assert {int(f["order_id"]): int(f["ts_venue"]) for f in result.fills_raw} == {1: 100, 2: arrives}


@pytest.mark.parametrize(("corrections", "response"), [((), 150), (["order_of_work"], 300)])
def test_response_is_interpolated_by_time_at_the_venue_unless_corrected(corrections, response):
    # Round trips sent at 50 and 150 were at the venue at 150 and 250; an order is there at 175, a quarter between.
    recording = vl.LatencyRecording(ts=[50, 150], entry=[100, 100], response=[100, 300])
    script, _ = play(book(), (75, lambda s: s.bid(100, 1)), latency=recording, corrections=corrections, end=5000)
    assert script.log[0][:2] == (75 + 100 + response, 1)


# ---------------------------------------------------------------- the options


def test_rules_refuse_what_they_do_not_know():
    with pytest.raises(vl.VeloraError, match="exchange must be one of"):
        vl.HftbacktestRules("l3")
    with pytest.raises(vl.VeloraError, match="corrections must be"):
        vl.HftbacktestRules(corrections=["everything"])
    with pytest.raises(vl.VeloraError, match="rules must be"):
        vl.Backtest(book().table(), Script(), rules="lean")
    with pytest.raises(vl.VeloraError, match="no queue model like 'proportional'"):
        vl.Backtest(book().table(), Script(), rules="hftbacktest", queue="proportional").start()


def test_rules_refuse_orders_of_kinds_that_hftbacktest_has_not():
    steps = (
        (10, lambda s: s.bid(100, 2, display=1)),
        (11, lambda s: s.ask(102, 2, reduce_only=True)),
        (12, lambda s: s.bid(99, 1)),
    )
    script, _ = play(book(), *steps)
    assert [order.state for order in script.placed] == [OrderState.REJECTED, OrderState.REJECTED, OrderState.OPEN]


def test_cancel_all_ends_orders_in_the_order_of_their_acceptance():
    steps = (10, lambda s: s.bid(99, 1)), (11, lambda s: s.ask(102, 1)), (12, lambda s: s.bid(100, 1))
    script, _ = play(book(), *steps, (20, lambda s: s.cancel_all("TEST")))
    ended = [entry[1] for entry in script.log if entry[2] == "CANCELED"]
    assert ended == [1, 2, 3]


def test_rules_refuse_impact_and_links_that_hftbacktest_has_not():
    def start(**options):
        return vl.Backtest(book().table(), Script(), rules="hftbacktest", **options).start()

    with pytest.raises(vl.VeloraError, match="not support impact of own executions"):
        start(impact="square_root(sigma_d=600, volume_d=20000)")
    with pytest.raises(vl.VeloraError, match="links do not support load"):
        start(latency=vl.Latency(entry="1ms", load=vl.LatencyLoad(service="20us")))
    with pytest.raises(vl.VeloraError, match="links do not support overtakes"):
        start(latency=vl.Latency(entry="1ms", overtakes=True))
    rules = vl.HftbacktestRules(corrections=["order_of_work"])
    vl.Backtest(book().table(), Script(), rules=rules, latency=vl.Latency(entry="1ms", overtakes=True)).start()


def test_rules_refuse_rows_by_order():
    table = Flow().row(0, EventKind.ORDER_ADD, side=BUY, price=100, qty=5, order_id=1).table()
    with pytest.raises(vl.VeloraError, match="no feeds by order, such as that of TEST"):
        vl.Backtest(table, Script(), rules="hftbacktest").start()


def test_rules_are_in_the_record_of_a_result():
    _, result = play(book(), corrections="all")
    assert result.config["rules"] == {
        "of": "hftbacktest 2.4.4",
        "exchange": "no_partial_fill",
        "corrections": list(CORRECTIONS),
    }


def test_own_queue_shares_the_volume_too():
    assert vl.HftbacktestRules(corrections="own_queue").corrections == ("shared_volume", "own_queue")


def test_rules_can_be_given_as_text():
    of = vl.HftbacktestRules.of
    assert of("velora") is None
    assert of("hftbacktest") == vl.HftbacktestRules()
    assert of("hftbacktest(partial_fill)", ["netting"]) == vl.HftbacktestRules("partial_fill", ["netting"])
    with pytest.raises(vl.VeloraError, match="corrections apply to hftbacktest's rules"):
        of("velora", ["netting"])


def test_rules_can_be_given_in_a_file(tmp_path):
    from velora.cli.backtest import build_backtest
    from velora.core.config import load_config

    path = tmp_path / "run.toml"
    path.write_text(
        '[data.synthetic]\nseed = 1\nevents = 100\n[strategy]\nclass = "velora.strategy.examples:MarketMaker"\n'
        '[venue]\nrules = "hftbacktest(partial_fill)"\ncorrections = ["netting"]\n'
    )
    backtest = build_backtest(load_config(path, environment={}), tmp_path)
    assert backtest.rules == vl.HftbacktestRules("partial_fill", ["netting"])
