"""What holds for each indicator: both faces agree, a snapshot goes on, the stated warm-up and convergence are true."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from velora import ta
from velora.errors import CorruptData, InvalidArgument
from velora.ta.indicator import set_simd_level, simd_level
from velora.testkit.candles import SHAPES, random_candles

KINDS = [kind for kind in ta.kinds().values() if not kind.is_custom]
ROWS = 700
# Long enough for the slowest convergence that is tried.
LONG = 30_000


def every(kinds=KINDS):
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.name)


def inputs_of(kind, candles):
    """The inputs of a kind. Those that are no column of a candle are made from them."""
    rows = len(candles["close"])
    made = {
        "x": candles["close"],
        "periods": 2.0 + np.arange(rows) % 29,
        "price": candles["close"],
        "qty": candles["volume"],
        "side": np.where(np.sin(np.arange(rows) * 0.7) + np.sin(np.arange(rows) * 2.3) > 0, 1.0, -1.0),
        "bid": candles["close"] * 0.9999,
        "ask": candles["close"] * 1.0001,
        "bid_qty": candles["volume"],
        "ask_qty": np.roll(candles["volume"], 7),
        "mid": candles["close"],
        "ts": 1.6e18 + 6e10 * np.arange(rows),
        "reset": (np.arange(rows) % 97 == 0).astype(float),
    }
    return [candles[name] if name in candles else made[name] for name in kind.inputs]


def as_list(result):
    return list(result) if isinstance(result, tuple) else [result]


def function(kind):
    return getattr(ta, kind.name)


def streaming(kind, *given, **named):
    return getattr(ta, kind.class_name)(*given, **named)


def rows_of(indicator, columns):
    """Its outputs row by row, as the function over columns gives them."""
    empty = 0 if indicator.kind.is_integer else np.nan
    found = []
    for row in zip(*[column.tolist() for column in columns], strict=True):
        value = indicator.update(*row)
        values = as_list(value) if value is not None else [empty] * len(indicator.kind.outputs)
        found.append(values)
    dtype = np.int32 if indicator.kind.is_integer else np.float64
    return [np.array(column, dtype) for column in zip(*found, strict=True)]


def same(found, wanted):
    for name, one, other in zip("abcdefghijklmn", found, wanted, strict=False):
        np.testing.assert_array_equal(one, other, err_msg=f"output {name}")
    assert len(found) == len(wanted)


def variants(kind):
    """Parameters to try: the defaults, and each at a small and a large value that goes with the others."""
    tried = [{}]
    for param in kind.params:
        if param.choices:
            tried += [{param.name: choice} for choice in param.choices[:: max(1, len(param.choices) // 4)]]
        elif param.type == "int":
            tried += [
                {param.name: int(value)} for value in (param.low, param.low + 1, 50) if param.low <= value <= param.high
            ]
        else:
            tried += [
                {param.name: value} for value in (param.low, param.default / 2) if param.low <= value <= param.high
            ]
    allowed = []
    for chosen in tried:
        try:
            streaming(kind, **chosen)
        except InvalidArgument:
            continue
        allowed.append(chosen)
    return allowed


@every()
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_one_by_one_give_the_bits_of_columns(kind, shape):
    columns = inputs_of(kind, random_candles(ROWS, 3, shape))
    for chosen in variants(kind) if shape in ("walk", "ticks") else [{}]:
        same(rows_of(streaming(kind, **chosen), columns), as_list(function(kind)(*columns, **chosen)))


@every()
@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_short_columns_give_columns_of_the_same_length(kind, rows):
    columns = inputs_of(kind, random_candles(rows, 4))
    found = as_list(function(kind)(*columns))
    assert [len(one) for one in found] == [rows] * len(kind.outputs)
    if rows:
        same(rows_of(streaming(kind), columns), found)


@every()
def test_columns_in_pieces_and_single_rows_mixed_give_the_bits_of_one_run(kind):
    columns = inputs_of(kind, random_candles(ROWS, 5))
    wanted = as_list(function(kind)(*columns))
    indicator, found, at = streaming(kind), [[] for _ in wanted], 0
    for size in (1, 7, 0, 256, 3, 257, 100, ROWS):
        piece = [column[at : at + size] for column in columns]
        for out, part in zip(found, as_list(indicator.extend(*piece)), strict=True):
            out.append(part)
        at = min(at + size, ROWS)
    same([np.concatenate(parts) for parts in found], wanted)


@every()
def test_a_snapshot_goes_on_as_the_indicator_itself(kind):
    columns = inputs_of(kind, random_candles(ROWS, 6))
    for cut in (0, 1, 40, 333):
        indicator = streaming(kind)
        indicator.extend(*[column[:cut] for column in columns])
        other = streaming(kind)
        other.extend(*[column[::-1] for column in columns])
        other.restore(indicator.snapshot())
        third = pickle.loads(pickle.dumps(indicator))
        rest = [column[cut:] for column in columns]
        wanted = as_list(indicator.extend(*rest))
        same(as_list(other.extend(*rest)), wanted)
        same(rows_of(third, rest), wanted)
        assert other.value == indicator.value or np.isnan(np.array(other.value, float)).any()


@every()
def test_a_damaged_snapshot_is_refused_and_changes_nothing(kind):
    columns = inputs_of(kind, random_candles(60, 7))
    indicator = streaming(kind)
    indicator.extend(*columns)
    whole = indicator.snapshot()
    for damaged in (
        b"",
        whole[:-1],
        whole + b"\0",
        bytes([whole[0] ^ 1]) + whole[1:],
        whole[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:],
    ):
        with pytest.raises(CorruptData):
            indicator.restore(damaged)
    assert indicator.snapshot() == whole


@every()
def test_reset_is_a_fresh_start(kind):
    columns = inputs_of(kind, random_candles(ROWS, 8))
    indicator = streaming(kind)
    first = as_list(indicator.extend(*columns))
    indicator.reset()
    assert (indicator.count, indicator.value, indicator.is_ready) == (0, None, False)
    same(as_list(indicator.extend(*columns)), first)


@every()
def test_the_warm_up_is_as_long_as_stated(kind):
    columns = inputs_of(kind, random_candles(ROWS, 9))
    for chosen in variants(kind):
        indicator = streaming(kind, **chosen)
        if indicator.lookback >= ROWS:
            continue
        empty = 0
        for row in zip(*[column.tolist() for column in columns], strict=True):
            if indicator.update(*row) is not None:
                break
            empty += 1
        assert empty == indicator.lookback
        assert indicator.settles > indicator.lookback


@every([kind for kind in KINDS if not kind.is_anchored and not kind.is_integer])
def test_after_the_stated_rows_a_value_no_longer_depends_on_the_start(kind):
    columns = inputs_of(kind, random_candles(LONG, 10))
    settles = streaming(kind).settles
    assert settles < LONG - 1500, "state is_anchored, or a smaller bound"
    wanted = as_list(function(kind)(*columns))
    for start in (1, 13, 1000):
        found = as_list(function(kind)(*[column[start:] for column in columns]))
        for one, other in zip(found, wanted, strict=True):
            late, early = one[settles - 1 :], other[start + settles - 1 :]
            scale = np.nanmax(np.abs(early)) if np.isfinite(early).any() else 1.0
            np.testing.assert_allclose(late, early, rtol=1e-9, atol=1e-9 * scale)


@every()
def test_every_level_of_vector_instructions_gives_the_same_bits(kind):
    best = simd_level()
    for shape in ("walk", "ticks", "nan_inside"):
        columns = inputs_of(kind, random_candles(2_000, 11, shape))
        wanted = as_list(function(kind)(*columns))
        for level in [level for level in (0, 3) if level < best]:
            set_simd_level(level)
            try:
                same(as_list(function(kind)(*columns)), wanted)
            finally:
                set_simd_level(best)


@every()
def test_strides_float32_and_axes_give_the_values_of_plain_columns(kind):
    columns = inputs_of(kind, random_candles(ROWS, 12))
    wanted = as_list(function(kind)(*columns))
    strided = [np.repeat(column, 3)[::3] for column in columns]
    same(as_list(function(kind)(*strided)), wanted)
    backwards = [column[::-1].copy()[::-1] for column in columns]
    same(as_list(function(kind)(*backwards)), wanted)
    table = [np.stack([column, column[::-1]], axis=1) for column in columns]
    for one, other in zip(as_list(function(kind)(*table)), wanted, strict=True):
        assert one.shape == (ROWS, 2)
        np.testing.assert_array_equal(one[:, 0], other)
    across = [np.ascontiguousarray(column.T) for column in table]
    for one, other in zip(as_list(function(kind)(*across, axis=1)), wanted, strict=True):
        np.testing.assert_array_equal(one[0], other)
    narrow = [column.astype(np.float32) for column in columns]
    found, exact = as_list(function(kind)(*narrow)), as_list(function(kind)(*[one.astype(float) for one in narrow]))
    for one, other in zip(found, exact, strict=True):
        assert one.dtype == (np.int32 if kind.is_integer else np.float32)
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(one, other.astype(one.dtype))


@every([kind for kind in KINDS if len(kind.outputs) > 1])
def test_each_of_several_outputs_is_an_attribute_also_where_a_parameter_has_its_name(kind):
    indicator = streaming(kind)
    assert [getattr(indicator, output.name) for output in kind.outputs] == [None] * len(kind.outputs)
    indicator.extend(*inputs_of(kind, random_candles(ROWS, 13)))
    np.testing.assert_array_equal([getattr(indicator, output.name) for output in kind.outputs], indicator.value)
    assert indicator.parameters == {param.name: param.initial for param in kind.params}


@every()
def test_its_descriptor_says_everything(kind):
    assert all((kind.title, kind.group, kind.formula, kind.source, kind.inputs, kind.outputs))
    assert len({output.name for output in kind.outputs}) == len(kind.outputs)
    assert not {output.name for output in kind.outputs} & set(dir(ta.Indicator)) or len(kind.outputs) == 1
    assert not {param.name for param in kind.params} & set(dir(ta.Indicator))
    assert all(param.low <= param.default <= param.high and param.text for param in kind.params)
    assert kind.name == kind.name.lower()
    assert function(kind).kind == kind
    assert len({kind.name, kind.class_name}) == 2
