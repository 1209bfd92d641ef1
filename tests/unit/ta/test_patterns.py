"""Candlestick patterns: one worked example of each, their candle settings, and TA-Lib on ties, NaN and real candles."""

from __future__ import annotations

import gzip
import itertools

import numpy as np
import pytest

from velora import ta
from velora.errors import InvalidArgument
from velora.ta.indicator import set_simd_level, simd_level
from velora.ta.kinds import CANDLE_SETTINGS, RANGES
from velora.testkit.candles import random_candles

KINDS = [kind for kind in ta.kinds().values() if kind.is_pattern]
# Before each example: bodies of 1, ranges of 2, shadows of 0.5. A body is long above 1, short below 1, a doji up to
# 0.2; a shadow is very short below 0.2, short below 0.5; near is 0.4, far 1.2, equal 0.1.
BEFORE = [(100.0, 101.5, 99.5, 101.0), (101.0, 101.5, 99.5, 100.0)] * 6 + [(100.0, 101.5, 99.5, 101.0)]
LONG_WHITE = (100.0, 103.2, 99.8, 103.0)
LONG_BLACK = (103.0, 103.2, 99.8, 100.0)
# Candles (open, high, low, close) and the signal of the last one.
EXAMPLES = {
    "cdl_doji": ([(100, 101, 99, 100)], 100),
    "cdl_dragonfly_doji": ([(100, 100, 98.5, 100)], 100),
    "cdl_gravestone_doji": ([(100, 101.5, 100, 100)], 100),
    "cdl_long_legged_doji": ([(100, 101, 99, 100.1)], 100),
    "cdl_rickshaw_man": ([(100, 101, 99, 100)], 100),
    "cdl_takuri": ([(100, 100, 98, 100)], 100),
    "cdl_high_wave": ([(100.5, 102, 98.5, 100)], -100),
    "cdl_spinning_top": ([(100, 101.5, 98.9, 100.6)], 100),
    "cdl_long_line": ([LONG_WHITE], 100),
    "cdl_short_line": ([(100.5, 100.7, 99.8, 100)], -100),
    "cdl_marubozu": ([(103, 103.1, 99.9, 100)], -100),
    "cdl_closing_marubozu": ([(100, 103.1, 99, 103)], 100),
    "cdl_belt_hold": ([(100, 104, 99.9, 103)], 100),
    "cdl_hammer": ([(99.3, 99.85, 98, 99.8)], 100),
    "cdl_hanging_man": ([(101.5, 102.05, 100, 102)], -100),
    "cdl_inverted_hammer": ([(99.5, 101, 99.4, 99.8)], 100),
    "cdl_shooting_star": ([(101.5, 103, 101.4, 101.8)], -100),
    "cdl_engulfing": ([(101, 101.5, 99.5, 100), (100, 101.7, 99.5, 101.3)], 80),
    "cdl_harami": ([LONG_BLACK, (101, 101.6, 100.9, 101.5)], 100),
    "cdl_harami_cross": ([LONG_WHITE, (103, 103.2, 102.4, 103)], -80),
    "cdl_doji_star": ([LONG_BLACK, (99.5, 99.9, 99.1, 99.6)], 100),
    "cdl_dark_cloud_cover": ([LONG_WHITE, (103.5, 103.7, 101, 101.2)], -100),
    "cdl_piercing": ([LONG_BLACK, (99.5, 102.2, 99.3, 102)], 100),
    "cdl_counterattack": ([LONG_BLACK, (97, 100.2, 96.8, 100)], 100),
    "cdl_in_neck": ([LONG_BLACK, (99.5, 100.2, 99.3, 100.05)], -100),
    "cdl_on_neck": ([LONG_BLACK, (99.2, 99.9, 99, 99.8)], -100),
    "cdl_thrusting": ([LONG_BLACK, (99.5, 101.2, 99.3, 101)], -100),
    "cdl_homing_pigeon": ([LONG_BLACK, (101.5, 101.7, 100.8, 101)], 100),
    "cdl_kicking": ([(103, 103.1, 99.9, 100), (104, 107.1, 103.9, 107)], 100),
    "cdl_kicking_by_length": ([(103, 103.1, 98.9, 99), (104, 107.1, 103.9, 107)], -100),
    "cdl_matching_low": ([(102, 102.2, 99.8, 100), (101, 101.2, 99.9, 100.05)], 100),
    "cdl_separating_lines": ([(102, 102.2, 99.8, 100), (102, 105.2, 101.9, 105)], 100),
    "cdl_2_crows": ([LONG_WHITE, (104.5, 104.7, 103.8, 104), (104.2, 104.4, 101, 101.5)], -100),
    "cdl_3_inside": ([LONG_BLACK, (101, 101.6, 100.9, 101.5), (101.5, 104, 101.4, 103.5)], 100),
    "cdl_3_outside": ([(101, 101.5, 99.5, 100), (99.8, 101.7, 99.5, 101.3), (101.3, 102.5, 101, 102)], 100),
    "cdl_3_stars_in_south": ([(104, 104.1, 97, 101), (103, 103.1, 98, 101.5), (100.8, 100.9, 100.2, 100.3)], 100),
    "cdl_3_white_soldiers": ([(100, 102.1, 99.9, 102), (101, 103.6, 100.9, 103.5), (102.5, 105.1, 102.4, 105)], 100),
    "cdl_abandoned_baby": ([LONG_BLACK, (99, 99.3, 98.6, 99), (100, 102.2, 99.5, 102)], 100),
    "cdl_advance_block": ([LONG_WHITE, (102, 103.8, 101.9, 103.5), (103, 104.2, 102.9, 103.9)], -100),
    "cdl_evening_doji_star": ([LONG_WHITE, (104, 104.4, 103.6, 104.1), (103.5, 103.7, 100.5, 101)], -100),
    "cdl_evening_star": ([LONG_WHITE, (104, 104.7, 103.6, 104.5), (103.5, 103.7, 100.5, 101)], -100),
    "cdl_morning_doji_star": ([LONG_BLACK, (99, 99.4, 98.6, 99.1), (99.5, 102.2, 99.3, 102)], 100),
    "cdl_morning_star": ([LONG_BLACK, (98.5, 99.4, 98.3, 99), (99.5, 102.2, 99.3, 102)], 100),
    "cdl_gap_side_by_side_white": ([(102, 103.2, 101.8, 103), (102, 103.3, 101.8, 103.1)], 100),
    "cdl_identical_3_crows": ([(104, 104.5, 101.9, 102), (102, 102.2, 99.9, 100), (100, 100.2, 97.9, 98)], -100),
    "cdl_stalled_pattern": ([LONG_WHITE, (102, 104.6, 101.8, 104.5), (104.5, 105, 104.3, 104.9)], -100),
    "cdl_stick_sandwich": ([(102, 102.2, 99.8, 100), (101, 102.5, 100.5, 102), (102, 102.3, 99.8, 100.05)], 100),
    "cdl_tasuki_gap": ([(100, 101.5, 99.5, 101), (102, 104.2, 101.8, 104), (103, 103.2, 101.2, 101.3)], 100),
    "cdl_tristar": ([(100, 100.5, 99.5, 100), (101, 101.5, 100.5, 101), (100.5, 101, 100, 100.5)], -100),
    "cdl_unique_3_river": ([(104, 104.2, 100.8, 101), (103, 103.2, 99.5, 102), (100, 101, 99.8, 100.5)], 100),
    "cdl_upside_gap_2_crows": ([LONG_WHITE, (104.5, 104.7, 103.8, 104), (105, 105.2, 103.3, 103.5)], -100),
    "cdl_gap_3_methods": ([(100, 102.2, 99.8, 102), (103, 105.2, 102.8, 105), (104, 104.2, 100.8, 101)], 100),
    "cdl_3_black_crows": (
        [(100, 104.5, 99.8, 104), (103.8, 104, 101.9, 102), (103, 103.2, 100.4, 100.5), (101.5, 101.7, 98.9, 99)],
        -100,
    ),
    "cdl_3_line_strike": (
        [(100, 101.2, 99.8, 101), (100.5, 102.2, 100.3, 102), (101.5, 103.2, 101.3, 103), (103.5, 103.7, 99, 99.5)],
        100,
    ),
    "cdl_conceal_baby_swallow": (
        [(106, 106.1, 102.9, 103), (103, 103.1, 99.9, 100), (99.5, 100.5, 98.4, 98.5), (101, 101.2, 97.8, 98)],
        100,
    ),
    "cdl_breakaway": (
        [
            (106, 106.2, 102.8, 103),
            (102, 102.2, 101, 101.2),
            (101.5, 102, 100, 100.8),
            (100.8, 101.2, 99.2, 99.5),
            (99.5, 102.7, 99.4, 102.5),
        ],
        100,
    ),
    "cdl_ladder_bottom": (
        [
            (106, 106.2, 104.8, 105),
            (105.5, 105.7, 103.8, 104),
            (105, 105.2, 102.8, 103),
            (103, 104, 101.8, 102),
            (104, 106, 103.8, 105.5),
        ],
        100,
    ),
    "cdl_mat_hold": (
        [
            (100, 104.2, 99.8, 104),
            (105, 105.2, 104.3, 104.5),
            (104.3, 104.5, 103.6, 103.8),
            (104, 104.2, 103.3, 103.5),
            (103.8, 106, 103.6, 105.8),
        ],
        100,
    ),
    "cdl_rise_fall_3_methods": (
        [
            (100, 104.2, 99.8, 104),
            (103.5, 103.7, 102.8, 103),
            (103, 103.2, 102.3, 102.5),
            (102.5, 102.7, 101.8, 102),
            (102.5, 105.2, 102.3, 105),
        ],
        100,
    ),
    "cdl_hikkake": (
        [(100, 102, 98, 101), (100, 101.5, 98.5, 101), (100.5, 101, 98.2, 99), (99, 102, 98.9, 101.8)],
        200,
    ),
    "cdl_hikkake_mod": (
        [(100, 102, 98, 101), (100, 101.5, 98.5, 98.7), (99.5, 101, 99, 100), (99.8, 100.5, 98.6, 99)],
        100,
    ),
}


def every(kinds=KINDS):
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.name)


def columns_of(candles):
    return [np.array(column, float) for column in zip(*candles, strict=True)]


def prices(candles):
    return [candles[name] for name in ("open", "high", "low", "close")]


def ticks_around(name, random, rounds=300):
    """The example of a pattern many times, its prices moved by ticks: most conditions hold with equality somewhere."""
    candles, signal = EXAMPLES[name]
    one = np.array(BEFORE + candles)
    series = np.tile(one, (rounds, 1)).reshape(rounds, *one.shape)
    moved = random.integers(-2, 3, series.shape) * 0.05 * (random.random(series.shape) < 0.15)
    moved[0] = 0.0
    series = (series + moved).reshape(-1, 4)
    return [np.ascontiguousarray(column) for column in series.T], len(one) - 1, signal


def random_settings(random, longest=12):
    """Settings by name, all of them."""
    return {
        name: (
            RANGES[random.integers(0, 3)],
            int(random.integers(0, longest + 1)) if random.random() < 0.8 else 0,
            float(random.choice([0.05, 0.1, 0.25, 0.5, 1.0, 1.0, 2.0])),
        )
        for name in CANDLE_SETTINGS
    }


@every()
def test_a_worked_example_of_the_pattern(kind):
    candles, signal = EXAMPLES[kind.name]
    columns = columns_of(BEFORE + candles)
    assert getattr(ta, kind.name)(*columns)[-1] == signal
    indicator = getattr(ta, kind.class_name)()
    assert [indicator.update(*row) for row in BEFORE + candles][-1] == signal


def test_all_patterns_have_an_example():
    assert set(EXAMPLES) == {kind.name for kind in KINDS}
    assert len(KINDS) == 61


def test_a_mirrored_pattern_has_the_other_sign():
    for name in ("cdl_engulfing", "cdl_harami", "cdl_doji_star", "cdl_kicking", "cdl_3_inside", "cdl_breakaway"):
        candles, signal = EXAMPLES[name]
        mirrored = [(200 - o, 200 - low, 200 - high, 200 - c) for o, high, low, c in BEFORE + candles]
        assert getattr(ta, name)(*columns_of(mirrored))[-1] == -signal


def test_a_hikkake_is_confirmed_by_one_of_the_next_three_candles_only():
    candles = EXAMPLES["cdl_hikkake"][0][:3]
    calm, up = (99.0, 101.0, 98.2, 99.0), (99.0, 102.0, 98.2, 101.8)
    for waits, wanted in ((0, 200), (1, 200), (2, 200), (3, 0)):
        found = ta.cdl_hikkake(*columns_of(BEFORE + candles + [calm] * waits + [up, up]))
        assert found[-2:].tolist() == [wanted, 0]


def test_the_penetration_moves_the_bound_of_the_close():
    columns = columns_of(BEFORE + EXAMPLES["cdl_evening_star"][0])
    assert ta.cdl_evening_star(*columns, 0.66)[-1] == -100
    assert ta.cdl_evening_star(*columns, penetration=0.67)[-1] == 0


def test_settings_change_the_meaning_of_words():
    columns = columns_of([*BEFORE, (100, 101, 99, 100.25)])
    assert ta.cdl_doji(*columns)[-1] == 0
    assert ta.cdl_doji(*columns, settings={"body_doji": ("high_low", 10, 0.125)})[-1] == 100
    assert ta.cdl_doji(*columns, settings={"body_doji": ("body", 10, 0.25)})[-1] == 100
    assert ta.cdl_doji(*columns, settings={"body_doji": ("shadows", 10, 0.5)})[-1] == 100
    assert ta.cdl_doji(*columns, settings={"body_doji": ("shadows", 10, 0.49)})[-1] == 0
    assert ta.cdl_doji(*columns, settings={"body_doji": ("high_low", 0, 0.125)})[-1] == 100
    assert ta.CdlDoji(settings={"body_doji": ("high_low", 3, 0.1)}).lookback == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"body": ("body", 10, 1.0)}, "settings has no 'body'"),
        ({"near": ("width", 10, 1.0)}, "range in body, high_low, shadows"),
        ({"near": ("body", 10)}, "must be"),
        ({"near": ("body", -1, 1.0)}, "out of bounds"),
        ({"near": ("body", 1.5, 1.0)}, "out of bounds"),
        ({"near": ("body", 100_001, 1.0)}, "out of bounds"),
        ({"near": ("body", 10, float("inf"))}, "out of bounds"),
        ({"near": ("body", 10, float("nan"))}, "out of bounds"),
    ],
)
def test_a_wrong_setting_is_refused(settings, message):
    with pytest.raises(InvalidArgument, match=message):
        ta.CdlHammer(settings=settings)


@every()
def test_rows_one_by_one_give_the_columns_with_any_settings(kind):
    random = np.random.default_rng(5)
    for longest in (2, 12, 300):
        columns = prices(random_candles(900, int(random.integers(1000)), "ticks"))
        settings = random_settings(random, longest)
        wanted = getattr(ta, kind.name)(*columns, settings=settings)
        indicator = getattr(ta, kind.class_name)(settings=settings)
        rows = [indicator.update(*row) for row in zip(*[column.tolist() for column in columns], strict=True)]
        assert [0 if value is None else value for value in rows] == wanted.tolist()
        pieces = getattr(ta, kind.class_name)(settings=settings)
        cuts = np.r_[0, np.sort(random.integers(0, 900, 12)), 900]
        parts = [pieces.extend(*[column[a:b] for column in columns]) for a, b in itertools.pairwise(cuts)]
        np.testing.assert_array_equal(np.concatenate(parts), wanted)


@every()
def test_every_level_of_vector_instructions_gives_the_same_signals_at_ties(kind):
    columns, _, _ = ticks_around(kind.name, np.random.default_rng(11))
    wanted, best = getattr(ta, kind.name)(*columns), simd_level()
    for level in [level for level in (0, 3) if level < best]:
        set_simd_level(level)
        try:
            np.testing.assert_array_equal(getattr(ta, kind.name)(*columns), wanted)
        finally:
            set_simd_level(best)


# ---- against TA-Lib


@pytest.fixture(scope="module")
def talib():
    return pytest.importorskip("talib", reason="TA-Lib is not installed: pip install 'velora-hft[test]'")


@pytest.fixture
def set_settings(talib):
    """Sets TA-Lib's candle settings, which are global; they are restored after the test."""
    from talib import _ta_lib

    def set_all(settings):
        for index, (kind, period, factor) in enumerate(settings[name] for name in CANDLE_SETTINGS):
            _ta_lib._ta_set_candle_settings(index, RANGES.index(kind), period, factor)

    yield set_all
    for index in range(len(CANDLE_SETTINGS)):
        _ta_lib._ta_restore_candle_default_settings(index)


@every()
def test_prices_moved_by_ticks_around_the_example_give_the_signals_of_talib(kind, talib):
    columns, last, signal = ticks_around(kind.name, np.random.default_rng(2))
    wanted = getattr(talib, kind.talib)(*columns)
    assert wanted[last] == signal
    np.testing.assert_array_equal(getattr(ta, kind.name)(*columns), wanted)


@every()
def test_random_settings_give_the_signals_of_talib(kind, talib, set_settings):
    from talib.abstract import Function

    random, found_some = np.random.default_rng(3), False
    for round_ in range(12):
        settings = random_settings(random)
        set_settings(settings)
        for columns in (
            prices(random_candles(400, round_, ("ticks", "walk", "steps", "jumps", "constant")[round_ % 5])),
            ticks_around(kind.name, random, 40)[0],
        ):
            wanted = getattr(talib, kind.talib)(*columns)
            np.testing.assert_array_equal(getattr(ta, kind.name)(*columns, settings=settings), wanted, err_msg=settings)
            found_some = found_some or wanted.any()
        lookback = Function(kind.talib).lookback
        assert getattr(ta, kind.class_name)(settings=settings).lookback == lookback
    assert found_some, "no setting of these finds the pattern: try others"


@every()
def test_nan_and_infinities_in_any_price_give_the_signals_of_talib(kind, talib, set_settings):
    random = np.random.default_rng(4)
    # Without averages, which stay NaN after the first one.
    current = dict.fromkeys(CANDLE_SETTINGS, ("body", 0, 1.0))
    for settings in (None, current):
        if settings:
            set_settings(settings)
        columns, _, _ = ticks_around(kind.name, random, 60)
        for column in columns:
            spots = random.random(len(column)) < 0.01
            spots[:20] = False
            column[spots] = random.choice([np.nan, np.inf, -np.inf], int(spots.sum()))
        wanted = getattr(talib, kind.talib)(*columns)
        np.testing.assert_array_equal(getattr(ta, kind.name)(*columns, settings=settings), wanted)


FILES = (
    "BTC_USDT_1d",
    "BTC_USD_2h",
    "FILUSDT-1m-2023-08",
    "backtesting_py_EURUSD",
    "backtesting_py_GOOG",
    "btc-perp-20211231-20220201_1m",
)


@pytest.mark.parametrize("name", FILES)
def test_real_candles_give_the_signals_of_talib(name, talib, shared_data):
    with gzip.open(shared_data / "ohlcv" / f"{name}.csv.gz", "rt") as file:
        columns = np.loadtxt(file, delimiter=",", skiprows=1, usecols=(1, 2, 3, 4), unpack=True)
    columns = [np.ascontiguousarray(column) for column in columns]
    for kind in KINDS:
        wanted = getattr(talib, kind.talib)(*columns)
        np.testing.assert_array_equal(getattr(ta, kind.name)(*columns), wanted, err_msg=kind.name)
