"""A user's own indicators: both faces, snapshots, and names."""

from __future__ import annotations

import copy
import math
import pickle
from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest

import velora as vl
from velora import ta
from velora.errors import CorruptData, InvalidArgument
from velora.ta import registry
from velora.testkit.candles import random_candles

CANDLES = random_candles(300, 5)
CLOSE = CANDLES["close"]


@ta.register
class OwnMean(ta.CustomIndicator):
    """Mean of a window."""

    inputs = ("close",)
    outputs = (ta.Output("own_mean", "overlay"),)
    params = (ta.Param(name="period", default=10, low=1, high=1000, text="rows of the window"),)

    @property
    def lookback(self):
        return self.period - 1

    def setup(self):
        self.window = deque(maxlen=self.period)

    def step(self, close):
        self.window.append(close)
        return math.fsum(self.window) / self.period


@ta.register
class OwnRange(ta.CustomIndicator):
    """Highest and lowest price since the start, and an average within."""

    inputs = ("high", "low")
    outputs = ("top", "bottom")
    params = (
        ta.Param(name="mode", type="choice", default=0, low=0, high=1, choices=("plain", "smooth")),
        ta.Param(name="factor", type="float", default=1.5, low=0, high=9),
    )
    lookback = 2
    is_anchored = True

    def setup(self):
        self.seen = np.array([-np.inf, np.inf])
        self.averages = [ta.EMA(3), ta.EMA(5)]
        self.counts = {"rows": 0, "pair": (1, 2), "set": {3}}

    def step(self, high, low):
        self.counts["rows"] += 1
        self.seen[0] = max(self.seen[0], high)
        self.seen[1] = min(self.seen[1], low)
        for average in self.averages:
            average.update(high - low)
        shift = (self.averages[1].value or 0.0) if self.mode == "smooth" else 0.0
        return self.seen[0] + self.factor * shift, self.seen[1]


@ta.register
class OwnSign(ta.CustomIndicator):
    inputs = ("x",)
    outputs = (ta.Output("own_sign", "mark"),)
    is_integer = True

    def step(self, x):
        return None if math.isnan(x) else int(np.sign(x))


def test_both_faces_agree_with_a_compiled_indicator():
    np.testing.assert_allclose(ta.own_mean(CLOSE, 7), ta.sma(CLOSE, 7), rtol=1e-13)
    indicator = ta.OwnMean(7)
    assert ta.OwnMean is OwnMean
    streamed = [indicator.update(x) for x in CLOSE.tolist()]
    assert streamed[:6] == [None] * 6
    np.testing.assert_array_equal(streamed[6:], ta.own_mean(CLOSE, period=7)[6:])
    assert (indicator.count, indicator.lookback, indicator.settles, indicator.period) == (300, 6, 7, 7)
    assert indicator.parameters == {"period": 7}
    assert repr(indicator) == "OwnMean(period=7)"
    assert indicator.kind is ta.kinds()["own_mean"]
    assert (indicator.kind.is_custom, indicator.kind.title, indicator.kind.group) == (
        True,
        "Mean of a window",
        "custom",
    )


def test_ready_is_the_first_value_or_the_stated_rows():
    class Slow(OwnMean):
        inputs, outputs, params = ("close",), ("slow",), OwnMean.params
        settles = 20

    late, early = Slow(5), Slow(5, ready_at="first")
    for row, x in enumerate(CLOSE[:30].tolist(), 1):
        late.update(x)
        early.update(x)
        assert (late.has_value, late.is_ready, early.is_ready) == (row >= 5, row >= 20, row >= 5)


def test_frames_names_strides_and_axes_are_taken_as_by_compiled_indicators():
    wanted = ta.own_range(CANDLES["high"], CANDLES["low"], "smooth")
    assert type(wanted).__name__ == "OwnRangeValue"
    for found in (
        ta.own_range(CANDLES, "smooth", 1.5),
        ta.own_range(high=CANDLES["high"], low=CANDLES["low"], mode="smooth"),
        ta.own_range(CANDLES["high"].tolist(), CANDLES["low"].tolist(), mode=1),
        ta.OwnRange("smooth").extend(CANDLES),
    ):
        np.testing.assert_array_equal(found, wanted)
    table = np.stack([CLOSE, CLOSE[::-1]])
    np.testing.assert_array_equal(ta.own_mean(table, 4, axis=1)[1], ta.own_mean(CLOSE[::-1], 4))
    assert ta.own_mean(CLOSE.astype(np.float32), 4).dtype == np.float32
    out = np.empty(300)
    assert ta.own_mean(CLOSE, 4, out=out) is out
    np.testing.assert_array_equal(out, ta.own_mean(CLOSE, 4))


def test_several_outputs_are_a_named_tuple_and_properties():
    indicator = ta.OwnRange()
    assert (indicator.top, indicator.value) == (None, None)
    for _ in range(3):
        indicator.update_candle(SimpleNamespace(high=3.0, low=1.0))
    assert (indicator.value.top, indicator.top, indicator.bottom, indicator.output(1)) == (3.0, 3.0, 1.0, 1.0)
    assert indicator.mode == "plain"


def test_integers_stay_integers():
    found = ta.own_sign([np.nan, -3.0, np.nan, 2.0])
    assert found.dtype == np.int32
    assert found.tolist() == [0, -1, 0, 1]
    assert ta.OwnSign().update(-0.5) == -1


def test_rows_before_the_first_whole_one_are_skipped():
    indicator = ta.OwnMean(2)
    assert [indicator.update(x) for x in (np.nan, np.nan, 1.0, 3.0)] == [None, None, None, 2.0]
    assert indicator.count == 2
    assert np.isnan(ta.own_mean([np.nan, 1.0, 3.0], 2)).tolist() == [True, True, False]


@pytest.mark.parametrize("cut", [0, 1, 3, 100])
def test_a_snapshot_goes_on_with_all_of_the_state(cut):
    indicator = ta.OwnRange("smooth")
    indicator.extend(CANDLES["high"][:cut], CANDLES["low"][:cut])
    other = ta.OwnRange("smooth")
    other.extend(CANDLES["low"], CANDLES["low"])
    other.restore(indicator.snapshot())
    copies = [other, pickle.loads(pickle.dumps(indicator)), copy.copy(indicator), copy.deepcopy(indicator)]
    wanted = indicator.extend(CANDLES["high"][cut:], CANDLES["low"][cut:])
    for one in copies:
        np.testing.assert_array_equal(one.extend(CANDLES["high"][cut:], CANDLES["low"][cut:]), wanted)
        assert one.value == indicator.value
        assert one.counts == {"rows": 300, "pair": (1, 2), "set": {3}}
        assert one.averages[0].value == indicator.averages[0].value


def test_a_damaged_or_foreign_snapshot_is_refused_and_changes_nothing():
    indicator = ta.OwnMean(5)
    indicator.extend(CLOSE)
    whole = indicator.snapshot()
    foreign = ta.OwnMean(6).snapshot()
    for damaged in (b"", whole[:-1], whole + b"\0", bytes([whole[0] ^ 1]) + whole[1:], foreign, ta.EMA(5).snapshot()):
        with pytest.raises(CorruptData, match=r"OwnMean\(period=5\)"):
            indicator.restore(damaged)
    assert indicator.snapshot() == whole


def test_state_that_a_snapshot_cannot_hold_is_named():
    class Odd(ta.CustomIndicator):
        inputs, outputs = ("x",), ("odd",)

        def setup(self):
            self.things = [object()]

        def step(self, x):
            return x

    with pytest.raises(InvalidArgument, match=r"Odd\.things\[0\] is a object"):
        Odd().snapshot()


def test_reset_is_a_fresh_start():
    indicator = ta.OwnMean(5)
    first = indicator.extend(CLOSE)
    indicator.reset()
    assert (indicator.count, indicator.value, len(indicator.window)) == (0, None, 0)
    np.testing.assert_array_equal(indicator.extend(CLOSE), first)


def test_a_compiled_core_brings_its_step_and_keeps_its_own_state():
    class Core:  # as a Cython class: no attributes of its own in the instance's dict
        def step(self, x):
            self.set_total(self.total() + x)
            return self.total()

    class OwnSum(Core, ta.CustomIndicator):
        inputs, outputs = ("x",), ("own_sum",)
        totals: dict[int, float] = {}  # noqa: RUF012

        def setup(self):
            self.set_total(0.0)

        def total(self):
            return self.totals[id(self)]

        def set_total(self, value):
            self.totals[id(self)] = value

        def get_state(self):
            return self.total()

        def set_state(self, state):
            self.set_total(state)

    indicator = OwnSum()
    indicator.extend([1.0, 2.0, 4.0])
    assert pickle.loads(pickle.dumps(indicator.snapshot())) == indicator.snapshot()
    other = OwnSum()
    other.restore(indicator.snapshot())
    assert other.update(1.0) == 8.0


def test_a_base_whose_methods_would_be_hidden_is_refused():
    class Steps:
        def setup(self):
            self.total = 0.0

        def step(self, close):
            self.total += close
            return self.total

    body = {"inputs": ("close",), "outputs": ("one",)}
    with pytest.raises(InvalidArgument, match=r"hides setup of Steps: write class OwnKind\(Steps, CustomIndicator\)"):
        type("OwnKind", (ta.CustomIndicator, Steps), body)
    assert type("OwnKind", (Steps, ta.CustomIndicator), body)().update(2.0) == 2.0


@pytest.mark.parametrize("period", [0, 1001, 2.5, "a", None])
def test_a_parameter_out_of_bounds_is_named(period):
    with pytest.raises(InvalidArgument, match="own_mean: period must"):
        ta.OwnMean(period)


def test_what_a_step_must_return_is_said():
    class Short(ta.CustomIndicator):
        inputs, outputs = ("x",), ("a", "b")

        def step(self, x):
            return x

    with pytest.raises(InvalidArgument, match=r"Short\.step must return 2 values \(a, b\)"):
        Short().update(1.0)
    with pytest.raises(TypeError, match=r"Short\.update takes 1 values \(x\), 2 were given"):
        Short().update(1.0, 2.0)


def declared(**body):
    body = {"inputs": ("close",), "outputs": ("one",), "step": lambda self, close: close} | body
    return type(body.pop("class_name", "OwnKind"), (ta.CustomIndicator,), body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"inputs": "close"}, "inputs must be a tuple"),
        ({"outputs": (3,)}, "outputs must hold names"),
        ({"outputs": (ta.Output("one", "sideways"),)}, "plot in overlay"),
        ({"outputs": ("one", "value")}, "value is an attribute"),
        ({"outputs": ("one", "one")}, "two of its outputs"),
        ({"params": (ta.Param(name="close", default=1, low=0, high=2),)}, "same name"),
        ({"params": (ta.Param(name="count", default=1, low=0, high=2),)}, "count is an attribute"),
        ({"params": (ta.Param(name="axis", default=1, low=0, high=2),)}, "axis is an argument"),
        ({"params": (ta.Param(name="period", default=3, low=0, high=2),)}, "default of period"),
        ({"params": (3,)}, "params must hold Param"),
        ({"inputs": ("class",)}, "'class' is no name"),
        ({"class_name": "kind"}, "need two names"),
        ({"lookback": -1}, "lookback must be a whole number"),
        ({"settles": 0}, "settles must be more than lookback"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_reason(body, message):
    with pytest.raises(InvalidArgument, match=message):
        declared(**body)()


@pytest.mark.parametrize(
    "names",
    [
        {"name": "ema"},
        {"class_name": "EMA", "name": "my_ema"},
        {"name": "plot"},
        {"class_name": "Panel", "name": "my_panel"},
        {"name": "own_mean"},
    ],
)
def test_names_that_are_taken_are_refused(names):
    before = ta.kinds()
    with pytest.raises(InvalidArgument, match="choose another"):
        ta.register(declared(**names))
    assert ta.kinds() == before


def test_only_whole_classes_are_registered():
    for wrong in (3, dict, ta.CustomIndicator, ta.EMA):
        with pytest.raises(InvalidArgument):
            ta.register(wrong)
    with pytest.raises(InvalidArgument, match="lacks inputs, outputs or a step"):
        ta.CustomIndicator()


def test_a_class_defined_anew_replaces_the_former_one():
    first = ta.register(declared(name="own_again"))
    assert ta.own_again([1.0, 2.0]).tolist() == [1.0, 2.0]
    second = ta.register(declared(name="own_again", step=lambda self, close: -close))
    try:
        assert ta.OwnKind is second is not first
        assert ta.own_again([1.0, 2.0]).tolist() == [-1.0, -2.0]
        assert "own_again" in dir(ta)
    finally:
        registry._forget("own_again")
    with pytest.raises(AttributeError):
        ta.own_again  # noqa: B018


def test_a_strategy_feeds_an_own_indicator_from_its_candles():
    class Watching(vl.Strategy):
        def on_start(self):
            self.own = self.indicator(ta.OwnMean(5), on="SYNUSDT", every="1s")
            self.compiled = self.indicator(ta.SMA(5), on="SYNUSDT", every="1s")

        def on_candle(self, candle):
            if self.compiled.value is not None:
                assert self.own.value == pytest.approx(self.compiled.value, rel=1e-12)

    strategy = Watching()
    vl.Backtest(vl.SyntheticMarket(seed=3, duration="20s"), strategy).run()
    assert strategy.own.count >= 10
    assert strategy.own.is_ready


def test_functions_and_objects_survive_pickle():
    assert pickle.loads(pickle.dumps(ta.own_mean)) is ta.own_mean
    value = ta.EMA(3)
    value.extend(CLOSE)
    assert pickle.loads(pickle.dumps(value)).value == value.value
    several = next(kind for kind in ta.kinds().values() if len(kind.outputs) > 1 and not kind.is_custom)
    named = getattr(ta, f"{several.class_name}Value")(*range(len(several.outputs)))
    assert pickle.loads(pickle.dumps(named)) == named
