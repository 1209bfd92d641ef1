"""Market impact in the simulated venue: one rule each, on small flows of ticks of 1 and lots of 1."""

from __future__ import annotations

import math

import numpy as np
import pytest

import velora as vl
from velora.core.events import Side
from velora.core.orders import FillCause
from velora.sim.impact import Impact, exponential_sum
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL
SECOND = 1_000_000_000
#: 100 lots a tick, nothing comes back.
BLOCK = Impact.obizhaeva_wang(depth=100, resilience=0)


def book(**options):
    """Flat and deep: 10,000 lots at 1000 bid and 1001 offered."""
    return Flow(**options).snapshot(0, bids=[(1000, 10_000)], asks=[(1001, 10_000)])


def play(flow, *steps, end=100 * SECOND, **options):
    """Run a script; checks that the venue's account is the sum of the fills as they were reported."""
    flow.delta(end, BUY, 1, 1)
    script = Script(*steps)
    run = vl.Backtest(flow.table(), script, **options).start()
    run.advance_to_end()
    result = run.finish()
    account = run.venue.account(0)
    mult = run.instruments[0].value_mult
    signed = [f.qty_lots if f.side is BUY else -f.qty_lots for f in script.fills]
    assert account["position"] == sum(signed)
    assert account["cash"] == -mult * sum(q * int(f["price"]) for q, f in zip(signed, result.fills_raw, strict=True))
    return script, result, run


def fills(result):
    """(order id, price, qty, cause) of each fill."""
    return [
        (int(f["order_id"]), int(f["price"]), int(f["qty"]), FillCause(int(f["cause"])).name) for f in result.fills_raw
    ]


def busy():
    """A flow in which makers and takers of both sides trade."""
    flow = book()
    for at in range(1, 40):
        flow.trade(at * SECOND, SELL if at % 3 else BUY, 997 if at % 3 else 1004, 40 + at)
        flow.delta(at * SECOND, BUY, 1000, 10_000 - 50 * at).delta(at * SECOND, SELL, 1002, at)
    return flow


def busy_steps():
    return [
        *((at * SECOND // 2, lambda s: s.bid(998, 30)) for at in range(3)),
        *((at * SECOND // 2 + 1, lambda s: s.ask(1003, 30)) for at in range(3)),
        *((at * SECOND + 7, lambda s: s.bid(1001, 25, time_in_force="IOC")) for at in range(2, 30, 3)),
        *((at * SECOND + 9, lambda s: s.ask(1000, 35, time_in_force="IOC")) for at in range(2, 30, 4)),
        (31 * SECOND, lambda s: s.bid(1002, 11_000, time_in_force="FOK")),
        (32 * SECOND, lambda s: s.bid(1002, 900, time_in_force="FOK")),
    ]


# ---------------------------------------------------------------- nothing moved, nothing changed


@pytest.mark.parametrize(
    "nothing",
    [
        Impact.square_root(sigma_d=0, volume_d=1),
        Impact.almgren_chriss(permanent=0, temporary=0),
        Impact.obizhaeva_wang(depth=1e15, resilience=1),
        Impact.propagator(scale=0, decay=0.5),
    ],
    ids=lambda impact: impact.model,
)
def test_no_displacement_leaves_the_run_hash_as_it_is(nothing):
    _, plain, _ = play(busy(), *busy_steps())
    _, same, _ = play(busy(), *busy_steps(), impact=nothing)
    assert same.hash == plain.hash
    assert len(plain.fills_raw) > 20
    assert same.counters["impact_cost_units"] == plain.counters["impact_cost_units"] == [0]


def test_chunks_change_nothing():
    hashes = {
        play(busy(), *busy_steps(), impact="square_root(sigma_d=5, volume_d=1000)", chunk_rows=rows)[1].hash
        for rows in (1, 7, 65_536)
    }
    assert len(hashes) == 1


# ---------------------------------------------------------------- takers


def test_taker_pays_the_mean_displacement_over_its_own_volume():
    # 250 lots move the price by 2.5 ticks and pay 1.25 of them: 187 lots 1 tick, 63 lots 2 ticks more.
    _, result, _ = play(book(), (10, lambda s: s.buy("TEST", qty_lots=250)), impact=BLOCK)
    assert fills(result) == [(1, 1002, 187, "TAKER"), (1, 1003, 63, "TAKER")]


def test_cost_is_what_was_paid_beyond_the_recorded_price():
    _, result, run = play(book(), (10, lambda s: s.buy("TEST", qty_lots=250)), impact=BLOCK)
    paid = sum((int(f["price"]) - 1001) * int(f["qty"]) for f in result.fills_raw)
    assert paid == math.ceil(250 * 1.25)
    assert result.counters["impact_cost_units"] == [paid * run.instruments[0].value_mult]
    assert result.impact_cost_units("USD") == paid * run.instruments[0].value_mult


def test_cutting_an_order_saves_nothing():
    costs = []
    for parts in (1, 2, 5, 50):
        steps = [(10, lambda s, parts=parts: [s.buy("TEST", qty_lots=500 // parts) for _ in range(parts)])]
        _, result, run = play(book(), *steps, impact=BLOCK)
        costs.append(result.counters["impact_cost_units"][0] / run.instruments[0].value_mult)
    assert costs[0] == 500 * 2.5
    assert all(0 <= cost - costs[0] < parts for cost, parts in zip(costs, (1, 2, 5, 50), strict=True))


def test_own_buying_makes_selling_no_better():
    steps = [(10, lambda s: s.buy("TEST", qty_lots=400)), (20, lambda s: s.sell("TEST", qty_lots=100))]
    _, result, run = play(book(), *steps, impact=BLOCK)
    assert fills(result)[-1] == (2, 1000, 100, "TAKER")
    assert run.venue.displacement(0) == pytest.approx(3.0)


def test_walking_the_book_and_own_displacement_are_not_added():
    # The book itself gets 3 ticks worse for lots 101 to 400, which is more than the block book's 1 to 4.
    flow = Flow().snapshot(0, bids=[(1000, 10)], asks=[(1001, 100), (1007, 10_000)])
    _, result, _ = play(flow, (10, lambda s: s.buy("TEST", qty_lots=400)), impact=BLOCK)
    assert [f[1:3] for f in fills(result)] == [(1001, 50), (1002, 50), (1007, 300)]


def test_taker_is_never_filled_beyond_its_limit():
    for limit, tif in ((1001, "IOC"), (1002, "IOC"), (1003, "GTC")):
        script, result, _ = play(book(), (10, lambda s, p=limit, t=tif: s.bid(p, 1000, time_in_force=t)), impact=BLOCK)
        got = sum(f[2] for f in fills(result))
        assert max(f[1] for f in fills(result)) == limit
        # Lots whose displaced price is within the limit, at least; some of the next tick's stand on this one.
        assert 100 * (limit - 1001) <= got < 100 * (limit - 1001 + 1)
        assert script.placed[0].state.name == ("OPEN" if tif == "GTC" else "EXPIRED")


def test_market_order_pays_without_bound_but_never_below_one_tick():
    flow = Flow().snapshot(0, bids=[(3, 10_000)], asks=[(4, 10_000)])
    script, result, _ = play(flow, (10, lambda s: s.placed.append(s.sell("TEST", qty_lots=5_000))), impact=BLOCK)
    assert min(f[1] for f in fills(result)) == 1
    assert sum(f[2] for f in fills(result)) < 5_000
    assert script.placed[0].state.name == "EXPIRED"


def test_fill_or_kill_counts_displaced_liquidity_only():
    script, result, _ = play(
        book(),
        (10, lambda s: s.bid(1003, 500, time_in_force="FOK")),
        (20, lambda s: s.bid(1003, 150, time_in_force="FOK")),
        impact=BLOCK,
    )
    assert [order.state.name for order in script.placed] == ["EXPIRED", "FILLED"]
    assert sum(f[2] for f in fills(result)) == 150


def test_half_spread_is_paid_by_takers_alone():
    steps = [(10, lambda s: s.buy("TEST", qty_lots=10)), (11, lambda s: s.bid(1000, 5))]
    flow = book().trade(SECOND, SELL, 999, 10)
    impact = Impact.almgren_chriss(permanent=0, temporary=0, half_spread=2)
    _, result, _ = play(flow, *steps, impact=impact)
    assert fills(result) == [(1, 1003, 10, "TAKER"), (2, 1000, 5, "THROUGH")]


# ---------------------------------------------------------------- resting orders


def test_prints_reach_a_bid_less_after_own_buying():
    # Own buying of 200 lots moved the market up by 2 ticks: a print at 998 stands at 1000, not through the bid there.
    bid_and_buy = [(10, lambda s: s.buy("TEST", qty_lots=200)), (20, lambda s: s.bid(1000, 5))]
    for price, got in ((999, 0), (998, 0), (997, 5)):
        flow = book().trade(SECOND, SELL, price, 50)
        _, result, _ = play(flow, *bid_and_buy, impact=BLOCK)
        assert sum(f[2] for f in fills(result) if f[0] == 2) == got, price


def test_part_of_a_print_reaches_a_bid_where_a_part_of_a_tick_was_moved():
    # A quarter tick: a quarter of the print's lots stand one tick farther.
    steps = [(10, lambda s: s.buy("TEST", qty_lots=25)), (20, lambda s: s.bid(1000, 500))]
    flow = book().trade(SECOND, SELL, 999, 100)
    _, result, _ = play(flow, *steps, impact=BLOCK)
    assert fills(result)[-1] == (2, 1000, 75, "THROUGH")


def test_levels_reach_a_bid_less_after_own_buying():
    steps = [(10, lambda s: s.buy("TEST", qty_lots=200)), (20, lambda s: s.bid(1000, 5))]
    for price, got in ((1000, 0), (999, 0), (998, 5)):
        flow = book().delta(SECOND, BUY, 1000, 0).delta(SECOND, SELL, price, 50)
        _, result, _ = play(flow, *steps, impact=BLOCK)
        assert sum(f[2] for f in fills(result) if f[0] == 2) == got, price


def test_own_buying_brings_own_asks_no_fill():
    flow = book().trade(SECOND, BUY, 1001, 50).trade(2 * SECOND, BUY, 1002, 50)
    rest = (5, lambda s: s.ask(1003, 5))
    _, plain, _ = play(flow, rest)
    _, moved, _ = play(flow, rest, (10, lambda s: s.buy("TEST", qty_lots=200)), impact=BLOCK)
    assert fills(plain) == []
    assert all(order == 2 for order, *_ in fills(moved))


def test_the_rest_of_a_limit_order_is_not_crossed_by_the_level_it_had_to_leave():
    flow = book().delta(SECOND, SELL, 1001, 9_000).delta(2 * SECOND, SELL, 1001, 9_500)
    script, result, _ = play(flow, (10, lambda s: s.bid(1002, 1_000)), impact=BLOCK)
    assert {f[3] for f in fills(result)} <= {"TAKER", "CROSS"}
    # The level goes on standing as far away as own buying has put it.
    assert sum(f[2] for f in fills(result)) <= 200
    assert script.placed[0].leaves_qty_lots >= 800


def test_post_only_order_that_the_displaced_market_would_not_meet_rests():
    steps = [(10, lambda s: s.buy("TEST", qty_lots=300)), (20, lambda s: s.bid(1002, 5, post_only=True))]
    script, _, _ = play(book(), *steps, impact=BLOCK)
    assert script.placed[0].state.name == "OPEN"


@pytest.mark.parametrize(("share", "moved"), [(1.0, 0.2), (0.5, 0.1), (0.0, 0.0)])
def test_passive_executions_count_by_their_share(share, moved):
    flow = book().trade(SECOND, SELL, 999, 50)
    impact = Impact.obizhaeva_wang(depth=100, resilience=0, passive_share=share)
    _, _, run = play(flow, (10, lambda s: s.bid(1000, 20)), impact=impact)
    assert run.venue.displacement(0) == pytest.approx(moved)


# ---------------------------------------------------------------- time


def test_block_book_displacement_decays_as_its_closed_form():
    impact = Impact.obizhaeva_wang(depth=100, resilience=0.5, permanent_share=0.25)
    _, _, run = play(book(), (10, lambda s: s.buy("TEST", qty_lots=1_000)), impact=impact)
    for seconds in (100, 101, 105, 120):
        wanted = 10 * (0.25 + 0.75 * math.exp(-0.5 * (seconds - 10e-9)))
        assert run.venue.displacement(0, seconds * SECOND) == pytest.approx(wanted, rel=1e-12)


def test_propagator_in_the_venue_is_the_sum_of_its_kernel():
    impact = Impact.propagator(scale=0.5, decay=0.4, lag=0.2, exponent=0.5, horizon="1h")
    at = [(1, 100), (3, 400), (4, -900), (9, 25)]
    steps = [
        (t * SECOND, lambda s, q=q: s.buy("TEST", qty_lots=q) if q > 0 else s.sell("TEST", qty_lots=-q)) for t, q in at
    ]
    _, _, run = play(book(), *steps, impact=impact)
    for now in (100, 1_000, 3_000):
        exact = sum(np.sign(q) * math.sqrt(abs(q)) * float(impact.kernel(now - t)) for t, q in at)
        size = sum(math.sqrt(abs(q)) * float(impact.kernel(now - t)) for t, q in at)
        assert run.venue.displacement(0, now * SECOND) == pytest.approx(exact, abs=0.01 * size)


@pytest.mark.parametrize("decay", [0.1, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("horizon", [100.0, 86_400.0, 1e7])
def test_sum_of_exponentials_is_the_kernel_within_one_percent(decay, horizon):
    rates, weights = exponential_sum(1.0, decay, horizon)
    ages = np.concatenate([[0.0], np.geomspace(1e-3, horizon, 3_000)])
    made = np.exp(-np.outer(ages, rates)) @ weights
    assert np.abs(made / (1 + ages**2) ** (-decay / 2) - 1).max() < 0.01
    assert made[0] == pytest.approx(1, abs=1e-12)


def test_kernel_that_exponentials_cannot_follow_is_refused():
    with pytest.raises(vl.VeloraError, match="is off by"):
        Impact.propagator(scale=1, decay=3)
    with pytest.raises(vl.VeloraError, match="raise the lag"):
        Impact.propagator(scale=1, decay=0.5, lag=1e-9, horizon="10d")


# ---------------------------------------------------------------- making one

MODELS = [
    Impact.square_root(sigma_d=600, volume_d=20_000, memory="2h"),
    Impact.almgren_chriss(permanent=1e-4, temporary=2e-3, half_spread=0.5, interval="10s"),
    Impact.obizhaeva_wang(depth=50, resilience=0.1, permanent_share=0.3),
    Impact.propagator(scale=0.1, decay=0.4, horizon="1h", passive_share=0.5),
]


@pytest.mark.parametrize("impact", MODELS, ids=lambda impact: impact.model)
def test_models_come_back_from_their_dict(impact):
    assert Impact.of(impact.to_dict()) == impact
    assert Impact.of(impact) is impact


def test_models_are_read_from_text():
    text = "square_root(sigma_d=600, volume_d=20000, memory=2h)"
    assert Impact.of(text) == MODELS[0]
    assert Impact.of("almgren_chriss(permanent=1e-4,temporary=2e-3,half_spread=0.5,interval=10s)") == MODELS[1]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("cube(x=1)", "unknown impact model 'cube'; known: almgren_chriss"),
        ("square_root(sigma=1)", "square_root has no parameter 'sigma'; known: sigma_d"),
        ("square_root(sigma_d=1)", "volume_d"),
        ("square_root(sigma_d)", "is not name=value"),
        ({"sigma_d": 1}, "unknown impact model"),
        ("square_root(sigma_d=-1, volume_d=1)", "sigma_d of square_root must be a number of at least 0"),
        ("square_root(sigma_d=1, volume_d=0)", "volume_d of square_root must be above 0"),
        ("square_root(sigma_d=1, volume_d=1, exponent=2)", "exponent of square_root"),
        ("square_root(sigma_d=1, volume_d=1, memory=0s)", "memory of square_root must be above 0"),
        ("obizhaeva_wang(depth=0, resilience=1)", "depth of obizhaeva_wang"),
        ("obizhaeva_wang(depth=1, resilience=1, permanent_share=2)", "permanent_share"),
        ("propagator(scale=1, decay=0.5, lag=0)", "lag and decay"),
        ("propagator(scale=1, decay=0.5, lag=100, horizon=10s)", "horizon must be above the lag"),
        ("propagator(scale=1, decay=0.5, passive_share=1.5)", "passive_share"),
    ],
)
def test_wrong_models_are_refused_with_what_is_allowed(wrong, says):
    with pytest.raises(vl.VeloraError) as caught:
        Impact.of(wrong)
    assert says in str(caught.value)


def test_impact_is_chosen_by_symbol():
    pay = [(10, lambda s: [s.buy(symbol, qty_lots=500) for symbol in s.instruments])]
    tables = []
    for symbol in ("AAA", "BBB"):
        instrument = vl.Instrument(symbol, tick_size=1, lot_size=1, quote="USD", maker_fee=0, taker_fee=0)
        tables.append(book(instrument=instrument).delta(SECOND, BUY, 1, 1).table())
    result = vl.Backtest(tables, Script(*pay), impact={"BBB": BLOCK}).run()
    costs = result.counters["impact_cost_units"]
    assert costs[0] == 0 < costs[1]
    assert result.config["impact"] == {"BBB": BLOCK.to_dict()}
    with pytest.raises(vl.VeloraError, match="names the symbol 'CCC'"):
        vl.Backtest(tables, Script(*pay), impact={"CCC": BLOCK}).run()
