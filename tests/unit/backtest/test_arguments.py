"""Arguments of a backtest that are given wrongly: the message shows the right call."""

from __future__ import annotations

from datetime import timedelta

import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument, VeloraWarning
from velora.testkit import Flow, Script


def backtest(**options):
    return vl.Backtest(Flow().trade(0, Side.BUY, 100, 1).trade(9, Side.BUY, 100, 1).table(), Script(), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fees": 0.0002}, r"fees must be \(maker, taker\), such as \(0.0002, 0.0002\), .*was 0.0002"),
        ({"fees": "0.0002"}, r"fees must be \(maker, taker\)"),
        ({"fees": (0.0002,)}, r"fees must be \(maker, taker\)"),
        ({"fees": ("two", 0.0005)}, "the maker fee of the backtest must be a number"),
        ({"fees": {"taker": float("nan")}}, "the taker fee of the backtest must be finite"),
        ({"cash": "10k"}, "cash must be a number.*'10k'"),
        ({"cash": -5}, "cash must be at least 0, was -5"),
        ({"cash": {"USDT": "-0.1"}}, "cash in USDT must be at least 0"),
        ({"cash": float("nan")}, "cash must be finite"),
        ({"cash": True}, "cash must be a number, was True"),
        ({"latency": 5}, 'the entry latency must be .*was 5; did you mean "5ms"'),
        ({"latency": {"default": 5_000_000}}, 'the entry latency must be .*did you mean "5ms"'),
        ({"warmup": 1.5}, 'warmup must be .*did you mean "1.5s"'),
        ({"sample": 100}, 'sample must be .*did you mean "100ms"'),
    ],
)
def test_argument_of_a_wrong_kind_is_named_with_what_to_write(options, message):
    with pytest.raises(InvalidArgument, match=message):
        backtest(**options)


@pytest.mark.parametrize(
    ("fees", "message"),
    [
        (
            (0.0002, 0.2),
            "the taker fee of the backtest is 0.2, that is 20 % of the notional; if 0.2 % is meant, write 0.002",
        ),
        ({"maker": "-0.0501"}, "the maker fee of the backtest is -0.0501, that is -5.01 %"),
    ],
)
def test_fee_or_rebate_above_five_percent_is_questioned(fees, message):
    with pytest.warns(VeloraWarning, match=message):
        backtest(fees=fees)


def test_fees_up_to_five_percent_are_not_questioned():
    assert backtest(fees=(-0.05, 0.05)).fees == {"maker_fee": "-0.05", "taker_fee": "0.05"}


def test_instrument_with_positional_sizes_shows_the_right_call():
    with pytest.raises(InvalidArgument, match=r'write Instrument\("BTCUSDT", tick_size="0.1", lot_size="0.001"'):
        vl.Instrument("X", 0.1, 0.001)


@pytest.mark.parametrize("interval", ["1ns", "999ns", timedelta(0), 1])
def test_timer_that_would_never_let_the_run_end_is_refused_in_a_strategy(interval):
    class Mine(vl.Strategy):
        def on_start(self):
            self.every(interval, lambda: None)

    test = vl.Backtest(Flow().trade(0, Side.BUY, 100, 1).trade(9, Side.BUY, 100, 1).table(), Mine())
    with pytest.raises(InvalidArgument, match="interval must be"):
        test.run()


@pytest.mark.parametrize("ahead", [-5, 55.1, float("nan"), float("inf"), None, "5", True])
def test_queue_model_that_gives_more_or_less_than_there_is_ahead_is_named(ahead):
    class Mine(vl.QueueModel):
        def lots_ahead(self, ahead_before, before, after, traded):
            return ahead

    with pytest.raises(InvalidArgument, match="queue model Mine"):
        Mine().after(55, 100, 90)
