"""The link: one a venue; refusals, losses, load, speed bumps and overtaking."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

import velora as vl
from velora.core.events import Side
from velora.core.orders import OrderReason, OrderState
from velora.errors import CorruptData, InvalidArgument, MissingFile
from velora.sim.venue_latencies import VenueLatencies
from velora.testkit import Flow, Script

END = 1_000_000


def market(symbol="TEST", venue="one"):
    instrument = vl.Instrument(symbol, tick_size=1, lot_size=1, quote="USD", venue=venue, maker_fee=0, taker_fee=0)
    return Flow(instrument).snapshot(0, bids=[(100, 5)], asks=[(101, 50_000)])


def play(latency, *steps, flow=None):
    script = Script(*steps)
    result = vl.Backtest((flow or market()).delta(END, Side.BUY, 1, 1).table(), script, latency=latency).run()
    return result, script


def take(script):
    script.bid(101, 1)


def rest(script):
    script.bid(99, 5)


def cancel(script):
    script.cancel(script.placed[0])


def order(result, at=0):
    raw = result.orders_raw[at]
    return OrderState(raw["state"]), OrderReason(raw["reason"]), int(raw["ts_ack"]), int(raw["ts_done"])


def acts(result):
    """When each fill happened at the venue, by order."""
    return {int(fill["order_id"]): int(fill["ts_venue"]) for fill in result.fills_raw}


# ---------------------------------------------------------------------- venues


def two_venues(latency, *steps):
    tables = [market(name, venue).delta(END, Side.BUY, 1, 1).table() for name, venue in (("A", "one"), ("B", "two"))]
    script = Script(*steps)
    return vl.Backtest(tables, script, latency=latency).run()


def buy(name):
    return lambda script: script.buy(name, price_ticks=101, qty_lots=1)


def test_each_venue_has_its_latency_and_none_delays_the_other():
    result = two_venues({"one": "1us", "two": "10ns"}, (100, buy("A")), (101, buy("B")))
    assert acts(result) == {1: 1_100, 2: 111}
    assert [int(fill["ts_local"]) for fill in result.fills_raw] == [121, 2_100]


def test_venues_do_not_delay_one_another_under_one_latency_either():
    recording = vl.LatencyRecording(ts=[100, 110], entry=[500, 10], response=[1, 1])
    assert acts(two_venues(recording, (100, buy("A")), (110, buy("B")))) == {1: 600, 2: 120}
    assert acts(two_venues(recording, (100, buy("A")), (110, buy("A")))) == {1: 600, 2: 600}


def test_venues_with_one_seed_draw_different_numbers():
    latency = vl.Latency(entry="exponential(100us)", response=0)
    found = acts(two_venues(latency, (100, buy("A")), (100, buy("B"))))
    assert found[1] != found[2]


def test_closest_name_wins_and_a_symbol_has_a_link_of_its_own():
    names = {"default": "1ns", "one": "2ns", "A": "3ns", "A@two": "4ns"}
    tables = [market(name, venue).instrument for name, venue in (("A", "one"), ("C", "one"), ("A", "two"), ("D", "x"))]
    links, link_of = VenueLatencies(names).links(tables)
    assert [links[link].latency.entry for link in link_of] == [3, 2, 4, 1]
    assert len(links) == 4


def test_instruments_of_one_venue_share_a_link():
    tables = [market(name, venue).instrument for name, venue in (("A", "one"), ("C", "one"), ("A", "two"))]
    links, link_of = VenueLatencies("5ms").links(tables)
    assert (link_of, [link.venue for link in links]) == ([0, 0, 1], ["one", "two"])


def test_names_that_the_data_does_not_have_are_refused():
    with pytest.raises(InvalidArgument, match="latency names 'three', but the data has no such venue or symbol"):
        two_venues({"one": "1ns", "two": "1ns", "three": "1ns"})
    with pytest.raises(InvalidArgument, match="no latency for B@two; known: one"):
        two_venues({"one": "1ns"})


def test_record_of_several_latencies_is_by_name():
    result = two_venues({"one": "5ns", "default": "preset:ideal"})
    assert result.config["latency"]["one"]["entry_ns"] == 5
    assert result.config["latency"]["default"]["entry_ns"] == 0


# ---------------------------------------------------------------------- faults


def test_refused_order_is_known_after_a_round_trip_and_never_matched():
    faults = vl.LatencyFaults(refused=1)
    result, script = play(
        vl.Latency(entry=vl.ns(100), response=vl.ns(30), venue=vl.ns(1_000), faults=faults), (10, take)
    )
    assert order(result) == (OrderState.REJECTED, OrderReason.GATEWAY, 0, 140)
    assert len(result.fills_raw) == 0
    assert script.log == [(140, 1, "REJECTED")]


def test_refused_cancel_leaves_its_order():
    faults = vl.LatencyFaults(refused={"cancel": 1})
    result, script = play(vl.Latency(entry=vl.ns(100), response=vl.ns(30), faults=faults), (10, rest), (1_000, cancel))
    assert order(result)[0] is OrderState.OPEN
    assert script.placed[0].refusal is OrderReason.GATEWAY
    assert not script.placed[0].is_pending
    assert script.log[-1] == (1_130, 1, "OPEN")


def test_lost_order_is_unknown_at_the_time_out_and_rejected_when_the_venue_says_that_it_has_none():
    faults = vl.LatencyFaults(lost={"new": 1}, timeout=vl.ns(5_000))
    result, script = play(
        vl.Latency(entry=vl.ns(100), decision=vl.ns(7), response=vl.ns(30), faults=faults), (10, take)
    )
    assert script.log == [(5_017, 1, "UNKNOWN"), (5_017 + 7 + 100 + 30, 1, "REJECTED")]
    assert order(result) == (OrderState.REJECTED, OrderReason.TIMEOUT, 0, 5_154)
    assert len(result.fills_raw) == 0


def test_lost_cancel_leaves_its_order_to_fill_and_is_unknown_from_the_time_out_to_the_answer():
    faults = vl.LatencyFaults(lost={"cancel": 1}, timeout=vl.ns(5_000))
    flow = market().trade(4_000, Side.SELL, 98, 3)
    result, script = play(vl.Latency(entry=vl.ns(100), faults=faults), (10, rest), (1_000, cancel), flow=flow)
    assert [int(fill["qty"]) for fill in result.fills_raw] == [3]
    assert script.log == [(210, 1, "OPEN"), (4_100, 1, "OPEN"), (6_000, 1, "UNKNOWN"), (6_200, 1, "OPEN")]
    assert script.placed[0].refusal is OrderReason.TIMEOUT


def test_lost_amend_leaves_price_and_quantity():
    faults = vl.LatencyFaults(lost={"amend": 1}, timeout=vl.ns(5_000))

    def amend(script):
        script.amend(script.placed[0], qty_lots=9)

    result, script = play(vl.Latency(entry=vl.ns(100), faults=faults), (10, rest), (1_000, amend))
    assert (int(result.orders_raw[0]["qty"]), script.placed[0].is_pending) == (5, False)
    assert script.placed[0].refusal is OrderReason.TIMEOUT


def test_order_whose_answer_is_lost_is_live_and_silent_until_the_time_out():
    faults = vl.LatencyFaults(unanswered={"new": 1}, timeout=vl.ns(5_000))
    flow = market().trade(2_000, Side.SELL, 98, 3).trade(7_000, Side.SELL, 98, 2)
    result, script = play(vl.Latency(entry=vl.ns(100), response=vl.ns(30), faults=faults), (10, rest), flow=flow)
    # Acknowledged at 110 and filled at 2,000: both arrive at 5,010, in this order; later reports arrive as usual.
    assert script.log == [
        (5_010, 1, "UNKNOWN"),
        (5_010, 1, "OPEN"),
        (5_010, 1, "OPEN"),
        (5_140, 1, "OPEN"),  # the answer to the query
        (7_030, 1, "FILLED"),
    ]
    assert [(int(fill["ts_venue"]), int(fill["ts_local"])) for fill in result.fills_raw] == [
        (2_000, 5_010),
        (7_000, 7_030),
    ]
    assert order(result)[2] == 5_010


def test_silence_of_one_order_does_not_delay_another():
    faults = vl.LatencyFaults(unanswered={"cancel": 1}, timeout=vl.ns(5_000))
    result, _ = play(vl.Latency(entry=vl.ns(100), faults=faults), (10, rest), (1_000, cancel), (1_500, rest))
    assert order(result, 0)[3] == 6_000
    assert order(result, 1)[2] == 1_700


class Sender(vl.Strategy):
    def on_start(self):
        self.every(vl.ns(1_000), self.take)

    def take(self):
        self.buy(self.instruments[0], price_ticks=101, qty_lots=1, time_in_force="IOC")


def reasons(**faults):
    flow = market().delta(2_000_000, Side.BUY, 1, 1)
    latency = vl.Latency(entry=vl.ns(10), faults=vl.LatencyFaults(timeout=vl.ns(10), **faults), seed=5)
    return vl.Backtest(flow.table(), Sender(), latency=latency).run().orders_raw["reason"]


def test_faults_come_as_often_as_they_should():
    found = reasons(refused=0.3, lost=0.1)
    assert len(found) > 1_990
    assert np.mean(found == OrderReason.GATEWAY) == pytest.approx(0.3, abs=0.04)
    assert np.mean(found == OrderReason.TIMEOUT) == pytest.approx(0.1, abs=0.03)


def test_a_changed_probability_leaves_what_happens_to_the_others():
    gateway = reasons(refused=0.3) == OrderReason.GATEWAY
    assert np.array_equal(gateway, reasons(refused=0.3, lost=0.2) == OrderReason.GATEWAY)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"refused": 1.5}, "refused must be a number from 0 to 1"),
        ({"lost": {"news": 1}}, "keys of lost must be from new, amend, cancel, was 'news'"),
        ({"lost": 0.6, "refused": {"new": 0.5}}, "faults of a new add up to 1.1"),
        ({"timeout": "-1ns"}, "timeout must be at least 0"),
        ({"overload_from": 1}, "overload_from must be at least 0 and below 1"),
    ],
)
def test_faults_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        vl.LatencyFaults(**arguments)


def test_overload_needs_a_load():
    with pytest.raises(InvalidArgument, match="need a load"):
        vl.Latency(faults=vl.LatencyFaults(overloaded=1))


# ---------------------------------------------------------------------- load


def busy(times):
    flow = market()
    for ts in times:
        flow.delta(ts, Side.SELL, 200, ts % 7 + 1)
    return flow


def rows_in_window(times, now, load):
    """The slow twin of vel_load_count; 4 rows are the snapshot's at 0."""
    step = load.step_ns
    steps = [ts // step for ts in [0] * 4 + list(times) if ts <= now]
    return sum(now // step - 64 < one for one in steps)


@pytest.mark.parametrize("now", [1_000, 6_399, 6_400, 9_000, 20_000, 40_000])
def test_wait_is_that_of_a_queue_at_the_rate_of_the_window(now):
    load = vl.LatencyLoad(service=vl.ns(40), window=vl.ns(6_400), cv=2)
    times = list(range(500, 6_000, 97)) + list(range(18_000, 21_000, 55))
    result, _ = play(vl.Latency(entry=vl.ns(10), response=0, load=load), (now, take), flow=busy(times))
    rate = rows_in_window(times, now, load) / (load.step_ns * 64e-9)
    sent, done = now, acts(result)[1]
    assert done - sent - 10 == load.wait_ns(rate)
    rho = rate * 40e-9
    assert load.wait_ns(rate) == int(rate * 1e-9 * 5 * 40 * 40 / (2 * (1 - rho)))  # lam E[S^2] / 2 (1 - rho)
    # The way back waits too, at the rate of the venue's answer.
    back = rows_in_window(times, done, load) / (load.step_ns * 64e-9)
    assert int(result.fills_raw[0]["ts_local"]) - done == load.wait_ns(back)


class AtStart(vl.Strategy):
    def on_start(self):
        self.buy("TEST", price_ticks=101, qty_lots=1)
        self.at(3_000, lambda: self.buy("TEST", price_ticks=101, qty_lots=1))


def test_rows_from_before_the_first_command_count_too():
    load = vl.LatencyLoad(service=vl.ns(40), window=vl.ns(6_400))
    instrument = market().instrument
    flow = Flow(instrument, feed_latency=2_000).snapshot(0, bids=[(100, 5)], asks=[(101, 50_000)])
    times = list(range(100, 3_000, 70))
    for ts in times:
        flow.delta(ts, Side.SELL, 200, ts % 7 + 1)
    result = vl.Backtest(flow.table(), AtStart(), latency=vl.Latency(load=load)).run()
    rate = rows_in_window(times, 3_000, load) / (load.step_ns * 64e-9)
    assert acts(result) == {1: 2_000, 2: 3_000 + load.wait_ns(rate)}


def test_wait_beyond_capacity_is_the_longest():
    load = vl.LatencyLoad(service=vl.ns(1_000), window=vl.ns(6_400), most=vl.ns(777))
    result, _ = play(vl.Latency(load=load), (3_000, take), flow=busy(range(1_000, 3_000, 20)))
    assert acts(result) == {1: 3_777}


def test_load_is_of_the_venue_that_the_command_goes_to():
    load = vl.LatencyLoad(service=vl.ns(100), window=vl.ns(6_400))
    tables = [
        busy(range(1_000, 3_000, 40)).delta(END, Side.BUY, 1, 1).table(),
        market("B", "two").delta(END, Side.BUY, 1, 1).table(),
    ]
    result = vl.Backtest(tables, Script((3_000, buy("TEST")), (3_000, buy("B"))), latency=vl.Latency(load=load)).run()
    assert acts(result)[1] > 3_020
    assert acts(result)[2] < 3_010


def test_commands_are_refused_for_load_only_under_load():
    latency = vl.Latency(
        load=vl.LatencyLoad(service=vl.ns(50), window=vl.ns(6_400), most=vl.ns(10)),
        faults=vl.LatencyFaults(overloaded=1, overload_from=0.5),
    )
    result, _ = play(latency, (900, take), (4_000, take), (90_000, take), flow=busy(range(1_000, 4_000, 20)))
    assert [OrderReason(one) for one in result.orders_raw["reason"]] == [
        OrderReason.NONE,
        OrderReason.OVERLOADED,
        OrderReason.NONE,
    ]


def test_loads_that_make_no_sense_are_refused():
    for bad in ({"service": 0}, {"service": 1, "window": 63}, {"service": 1, "cv": -1}, {"service": 1, "most": -1}):
        with pytest.raises(InvalidArgument):
            vl.LatencyLoad(**bad)


# ---------------------------------------------------------------------- overtaking and speed bumps

FAST_AFTER_SLOW = vl.LatencyRecording(ts=[100, 110], entry=[500, 10], response=[1, 1])


def test_commands_may_overtake_where_that_is_asked_for():
    result, _ = play(vl.Latency(recording=FAST_AFTER_SLOW, overtakes=True), (100, take), (110, take))
    assert acts(result) == {1: 600, 2: 120}


def test_a_cancel_that_overtakes_its_order_is_refused_and_the_order_stays():
    result, script = play(vl.Latency(recording=FAST_AFTER_SLOW, overtakes=True), (100, rest), (110, cancel))
    assert script.log == [(121, 1, "PENDING"), (601, 1, "OPEN")]
    assert script.placed[0].refusal is OrderReason.UNKNOWN_ORDER
    assert order(result)[0] is OrderState.OPEN


def test_reports_about_one_order_never_overtake_each_other():
    recording = vl.LatencyRecording(ts=[110, 111], entry=[0, 0], response=[900, 1])
    flow = market().trade(200, Side.SELL, 98, 2).trade(300, Side.SELL, 98, 1)
    result, script = play(
        vl.Latency(recording=recording, overtakes=True), (110, rest), (120, lambda script: script.bid(97, 1)), flow=flow
    )
    # The acknowledgement takes 900 ns, the fills 1: they wait for it, the other order's answer does not.
    assert script.log == [(121, 2, "OPEN"), (1_010, 1, "OPEN"), (1_010, 1, "OPEN"), (1_010, 1, "OPEN")]
    assert [int(fill["qty"]) for fill in result.fills_raw] == [2, 1]


def test_speed_bump_holds_what_may_take_and_nothing_else():
    latency = vl.Latency(entry=vl.ns(10), response=0, speed_bump=vl.ns(1_000))
    result, _ = play(
        latency,
        (100, take),
        (200, lambda script: script.bid(99, 1, post_only=True)),
        (300, lambda script: script.cancel(script.placed[1])),
    )
    assert acts(result) == {1: 1_110}
    assert (int(result.orders_raw[1]["ts_ack"]), int(result.orders_raw[1]["ts_done"])) == (210, 310)


def test_held_commands_keep_their_order():
    latency = vl.Latency(entry=0, response=0, speed_bump="exponential(1us)", seed=3)
    result, _ = play(latency, *((100 + at, take) for at in range(50)))
    stamps = [acts(result)[number] for number in range(1, 51)]
    assert stamps == sorted(stamps)


# ---------------------------------------------------------------------- recordings


ROWS = np.array(
    [(100, 110, 115, 0), (200, 0, 260, 0), (300, 330, 340, 0), (400, 430, 440, 0)],
    dtype=[("req_ts", "i8"), ("exch_ts", "i8"), ("resp_ts", "i8"), ("_padding", "i8")],
)


@pytest.mark.parametrize("kind", ["array", "npz", "npy"])
def test_round_trips_of_hftbacktest_make_a_recording(kind, tmp_path):
    path = tmp_path / f"rows.{kind}"
    if kind == "npz":
        np.savez(path, data=ROWS)
    elif kind == "npy":
        np.save(path, ROWS)
    made = vl.LatencyRecording.of(ROWS if kind == "array" else path)
    assert made.ts.tolist() == [100, 200, 300, 400]
    assert (made.entry[[0, 2]].tolist(), made.response[[0, 2]].tolist()) == ([10, 30], [5, 10])
    assert (made.entry + made.response).tolist() == [15, 60, 40, 40]
    assert made.refused.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(("sent", "round_trip"), [(150, 37), (200, 60), (250, 50), (299, 41)])
def test_command_beside_a_refused_row_is_refused_after_the_interpolated_round_trip(sent, round_trip):
    result, _ = play(vl.LatencyRecording.of(ROWS), (sent, take))
    assert order(result) == (OrderState.REJECTED, OrderReason.GATEWAY, 0, sent + round_trip)


@pytest.mark.parametrize(("sent", "acts_at"), [(50, 60), (100, 110), (300, 330), (350, 380), (500, 530)])
def test_command_beside_no_refused_row_acts(sent, acts_at):
    result, _ = play(vl.LatencyRecording.of(ROWS), (sent, take))
    assert acts(result) == {1: acts_at}


def test_recordings_that_are_none_are_refused(tmp_path):
    with pytest.raises(MissingFile):
        vl.LatencyRecording.of(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no")
    with pytest.raises(CorruptData, match="not a NumPy file with a recording"):
        vl.LatencyRecording.of(tmp_path / "text.npz")
    with pytest.raises(CorruptData, match="exch_ts is missing"):
        vl.LatencyRecording.of(np.zeros(3, [("req_ts", "i8"), ("resp_ts", "i8")]))
    with pytest.raises(InvalidArgument, match="one entry per row"):
        vl.LatencyRecording([1, 2], [1, 1], [1, 1], [True])


# ---------------------------------------------------------------------- presets and text


def test_presets_are_found_by_name_and_by_text():
    assert vl.Latency.preset("ideal") == vl.Latency()
    assert vl.Latency.of("preset:adverse") == vl.Latency.of("adverse") == vl.Latency.preset("adverse")
    assert vl.Latency.preset("lighter_premium", seed=3, decision=0).to_dict()["decision_ns"] == 0
    with pytest.raises(InvalidArgument, match="unknown latency preset 'advers'; did you mean 'adverse'"):
        vl.Latency.preset("advers")


def test_each_preset_makes_a_latency_and_names_its_source():
    from velora.sim.latency_presets import PRESETS

    for name, preset in PRESETS.items():
        result, _ = play(name, (10, rest))
        assert result.config["latency"] == vl.Latency.preset(name).to_dict()
        assert preset.source
        assert preset.about


def test_record_has_what_was_assumed_of_the_link():
    latency = vl.Latency(
        "1ms",
        seed=4,
        load=vl.LatencyLoad("10us"),
        faults=vl.LatencyFaults(refused=0.1, lost={"cancel": 0.2}),
        speed_bump="3ms",
        overtakes=True,
        feed="2ms",
    )
    assert latency.to_dict() == {
        "decision_ns": 0,
        "venue_ns": 0,
        "entry_ns": 1_000_000,
        "response_ns": 1_000_000,
        "speed_bump_ns": 3_000_000,
        "feed": {"shift_ns": 2_000_000},
        "load": {"service_ns": 10_000, "window_ns": 100_000_000, "cv": 1.0, "most_ns": 10**9},
        "faults": {"refused": 0.1, "lost": {"new": 0.0, "amend": 0.0, "cancel": 0.2}, "timeout_ns": 10**10},
        "seed": 4,
        "overtakes": True,
    }


# ---------------------------------------------------------------------- batches

RANDOM = vl.Latency(
    decision="exponential(50ns)",
    entry="lognormal(100ns, 900ns)",
    amend="gamma(300ns, 0.5)",
    cancel="exponential(200ns)",
    venue="exponential(20ns)",
    response=0,
)


class Batches(vl.Strategy):
    """Sends two new orders, a cancel and an amend each 10 us, in one batch or one by one."""

    def __init__(self, batched):
        self.batched, self.live, self.sent, self.answers = batched, [], {}, {}

    def on_start(self):
        self.every(vl.ns(10_000), self.act)

    def act(self):
        if self.batched:
            with self.batch(), self.batch():  # one within another is part of it
                self.send_all()
        else:
            self.send_all()

    def send_all(self):
        one = self.instruments[0]
        if self.live:
            self.cancel(self.live[0])
            self.amend(self.live[1], price_ticks=105)
            self.sent[self.now] = [order.id for order in self.live]
        self.live = [self.buy(one, price_ticks=98, qty_lots=1), self.sell(one, price_ticks=104, qty_lots=1)]
        self.sent.setdefault(self.now, []).extend(order.id for order in self.live)

    def on_order(self, order):
        self.answers.setdefault(self.now // 10_000, []).append((self.now, order.id))


def batches(latency, batched):
    flow = market().delta(500_000, Side.BUY, 1, 1)
    strategy = Batches(batched)
    vl.Backtest(flow.table(), strategy, latency=latency).run()
    return [answers for _, answers in sorted(strategy.answers.items())]


@pytest.mark.parametrize("overtakes", [False, True])
def test_a_batch_arrives_together_and_acts_in_order(overtakes):
    latency = dataclasses.replace(RANDOM, overtakes=overtakes)
    rounds = batches(latency, batched=True)
    assert len(rounds) > 40
    assert all(len({ts for ts, _ in answers}) == 1 for answers in rounds)
    for before, answers in itertools.pairwise(rounds):
        old = [order for _, order in before][-2:]
        assert [order for _, order in answers] == [*old, old[1] + 1, old[1] + 2]
    assert len({answers[0][0] % 10_000 for answers in rounds}) > 30, "the latency is not random"


def test_commands_without_a_batch_do_not_arrive_together():
    rounds = batches(dataclasses.replace(RANDOM, overtakes=True), batched=False)
    assert sum(len({ts for ts, _ in answers}) > 1 for answers in rounds) > 40


@pytest.mark.parametrize("faults", [{"lost": 0.4}, {"refused": 0.4}, {"unanswered": 0.4}])
def test_a_batch_is_lost_or_refused_as_a_whole(faults):
    class Sends(vl.Strategy):
        def on_start(self):
            self.every(vl.ns(1_000), self.act)

        def act(self):
            with self.batch():
                for price in (97, 98, 99):
                    self.buy(self.instruments[0], price_ticks=price, qty_lots=1)

    flow = market().delta(400_000, Side.BUY, 1, 1)
    latency = vl.Latency(entry=vl.ns(10), faults=vl.LatencyFaults(timeout=vl.ns(300), **faults), seed=5)
    orders = vl.Backtest(flow.table(), Sends(), latency=latency).run().orders_raw
    whole = orders[: len(orders) // 3 * 3 - 3].reshape(-1, 3)
    for field in ("state", "reason", "ts_ack", "ts_done"):
        assert (whole[field] == whole[field][:, :1]).all()
    struck = (whole["reason"][:, 0] != 0) | (whole["ts_ack"][:, 0] - whole["ts_sent"][:, 0] > 100)
    assert 0.25 < struck.mean() < 0.55


def test_a_speed_bump_holds_those_of_a_batch_that_may_take():
    def act(script):
        with script.batch():
            script.bid(99, 1, post_only=True)
            script.bid(101, 1)
            script.bid(98, 1, post_only=True)
            script.bid(101, 1)

    result, _ = play(vl.Latency(entry=vl.ns(100), response=0, speed_bump="exponential(1us)"), (10, act))
    acks = [int(raw["ts_ack"]) for raw in result.orders_raw]
    assert acks[0] == acks[2] == 110
    assert acks[1] == acks[3] > 110


def test_an_order_that_another_strategy_sends_meanwhile_does_not_split_a_batch():
    class Desk(vl.Strategy):
        def on_start(self):
            self.endpoint("desk", lambda price: self.buy(self.instruments[0], price_ticks=price, qty_lots=1))

    class Asks(vl.Strategy):
        def on_start(self):
            self.after(vl.ns(100), self.act)

        def act(self):
            with self.batch():
                self.buy(self.instruments[0], price_ticks=97, qty_lots=1)
                self.send("desk", 98)
                self.buy(self.instruments[0], price_ticks=99, qty_lots=1)

    flow = market().delta(END, Side.BUY, 1, 1)
    latency = vl.Latency(entry="exponential(1us)", response=0, overtakes=True)
    acks = vl.Backtest(flow.table(), [Desk(), Asks()], latency=latency).run().orders_raw["ts_ack"].tolist()
    assert acks[0] == acks[2] != acks[1]


def test_a_batch_over_two_venues_is_one_message_to_each():
    latency = vl.Latency(entry="exponential(100us)", response=0)

    def act(script):
        with script.batch():
            for name in ("A", "B", "A", "B"):
                buy(name)(script)

    found = acts(two_venues(latency, (100, act)))
    assert found[1] == found[3] != found[2] == found[4]


def test_a_batch_left_open_is_another_message_at_another_instant():
    def leave_open(script):
        script.batch().__enter__()
        script.bid(98, 1)

    result, _ = play(vl.Latency(entry="exponential(1us)", response=0), (10, leave_open), (20_000, take))
    assert result.orders_raw["ts_ack"][1] > 20_000


def test_many_quotes_go_in_one_batch():
    class Quotes(vl.Strategy):
        def on_start(self):
            self.after(vl.ns(100), lambda: self.quote_many([("A", 99, 102, 2), ("B", 98, None, 3)]))

    tables = [market(name).delta(END, Side.BUY, 1, 1).table() for name in ("A", "B")]
    orders = vl.Backtest(tables, Quotes(), latency=vl.Latency(entry="exponential(1us)", response=0)).run().orders_raw
    assert list(zip(orders["instrument"], orders["side"], orders["price"], orders["qty"], strict=True)) == [
        (0, 0, 99, 2),
        (0, 1, 102, 2),
        (1, 0, 98, 3),
    ]
    assert len(set(orders["ts_ack"])) == 1


def test_a_batch_without_latency_changes_nothing():
    assert batches(0, batched=True) == batches(0, batched=False)
