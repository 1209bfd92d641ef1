"""Every function that TA-Lib has, against TA-Lib.

A kind that names a function of TA-Lib has its inputs, parameters and outputs in TA-Lib's order. Floats agree within
1e-9 of the value, or of the size of the inputs where a value is a difference of large numbers; integers agree exactly.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import os

import numpy as np
import pytest

from velora import ta
from velora.errors import InvalidArgument
from velora.testkit.candles import SHAPES, random_candles

talib = pytest.importorskip("talib", reason="TA-Lib is not installed: pip install 'velora-hft[test]'")

KINDS = [kind for kind in ta.kinds().values() if kind.talib]
# Differences by design: (function of TA-Lib, shape of the candles, or "*"): the reason.
DIFFERENCES: dict[tuple[str, str], str] = {
    (
        "VWMA",
        "no_volume",
    ): "NaN where a window has no volume; TA-Lib divides a rounding error by 0",
    ("WMA", "nan_inside"): "a NaN stays for ever, as in SMA and EMA; TA-Lib's WMA forgets it after some periods",
    ("HMA", "nan_inside"): "as WMA",
    ("MA", "nan_inside"): "as WMA, with that type",
    ("DONCHIAN", "nan_inside"): "NaN while a NaN is in the window; TA-Lib passes over some of them",
    (
        "FRACTAL",
        "nan_inside",
    ): "no swing while a NaN is in the window; TA-Lib passes over a NaN that is not the oldest row",
    ("MIDPOINT", "nan_inside"): "as DONCHIAN",
    ("BBANDS", "nan_inside"): "NaN while a NaN is in the window, as STDDEV; TA-Lib's sums forget it later",
    ("MIDPRICE", "nan_inside"): "as DONCHIAN",
    # Noise of TA-Lib around 1e-14: the mean of n equal prices is not exactly their price.
    ("MACD", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("MACDFIX", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("TRIX", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("ERI", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first mean",
    ("AO", "constant"): "exactly 0 here, TA-Lib has the rounding error of its means",
    ("DPO", "constant"): "exactly 0 here, TA-Lib has the rounding error of its mean",
    # TA-Lib gives numbers although a NaN is in the recursion or in the window.
    ("RSI", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("CMO", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("CMOU", "nan_inside"): "NaN for ever here, TA-Lib takes the changes to and from a NaN as 0",
    ("TSI", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("SMI", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever, with a signal of NaN",
    ("ULTOSC", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("WILLR", "nan_inside"): "NaN while a NaN is in the window, TA-Lib keeps an extremum of before",
    ("MFI", "tiny"): "exactly 0 here where no price of the window has risen, TA-Lib has up to 1e-13",
    **dict.fromkeys(
        [(name, "nan_inside") for name in ("MAX", "MIN", "MINMAX", "MAXINDEX", "MININDEX", "MINMAXINDEX")],
        "NaN while a NaN is in the window; TA-Lib's rows depend on the period and on what was the extremum before",
    ),
    **dict.fromkeys(
        [(name, "nan_inside") for name in ("VAR", "STDDEV", "LINEARREG", "LINEARREG_SLOPE", "LINEARREG_INTERCEPT")],
        "NaN while a NaN is in the window; TA-Lib gives NaN up to the next row at which it starts its sums anew",
    ),
    **dict.fromkeys(
        [(name, "nan_inside") for name in ("LINEARREG_ANGLE", "TSF")],
        "NaN while a NaN is in the window; TA-Lib gives NaN up to the next row at which it starts its sums anew",
    ),
    **dict.fromkeys(
        [(name, "nan_inside") for name in ("CORREL", "BETA")],
        "NaN while a NaN is in the window; TA-Lib gives 0 for ever",
    ),
    **dict.fromkeys(
        [("LINEARREG_SLOPE", "constant"), ("LINEARREG_ANGLE", "constant"), ("AVGDEV", "constant")],
        "0 for equal values; TA-Lib gives rounding errors of 1e-15",
    ),
    ("CORREL", "fall"): "TA-Lib takes its sums around 0: 3e-9 off the exact value, 2e-11 here",
    ("PERCENTILE", "nan_inside"): "NaN while a NaN is in the window; TA-Lib sorts it among the numbers",
    ("HT_TRENDLINE", "nan_inside"): "NaN after a NaN, as the other HT functions; TA-Lib gives 0 for ever",
    **dict.fromkeys(
        [("CMF", "recorded"), ("RVOL", "recorded")],
        "0 or NaN where no row of the window has volume; TA-Lib divides the rounding error of one sum by that of another",
    ),
    ("VWMA", "recorded"): "as no_volume: one of the markets had hours without a trade",
    **dict.fromkeys(
        [("PLUS_DI", "nan_inside"), ("MINUS_DI", "nan_inside"), ("VORTEX", "nan_inside"), ("CMF", "nan_inside")],
        "a sum that has met a NaN is NaN for ever; TA-Lib reads it as a sum of 0 and gives 0",
    ),
    **dict.fromkeys(
        [("DX", "nan_inside"), ("ADX", "nan_inside"), ("ADXR", "nan_inside")],
        "a sum that has met a NaN is NaN for ever; TA-Lib repeats the last index",
    ),
    **dict.fromkeys(
        [("AROON", "nan_inside"), ("AROONOSC", "nan_inside")],
        "NaN while a NaN is in the window; TA-Lib passes over it or takes it as the extremum, by its place",
    ),
    ("RVI", "nan_inside"): "NaN from the NaN on; TA-Lib begins with it once it has smoothed the first deviation",
    ("VHF", "nan_inside"): "a NaN makes all later values NaN; TA-Lib gives 0 while it is in the window",
    # Noise of TA-Lib around 1e-14: the mean of n equal prices is not exactly their price.
    ("MACD", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("MACDFIX", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("TRIX", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("ERI", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first mean",
    ("AO", "constant"): "exactly 0 here, TA-Lib has the rounding error of its means",
    ("DPO", "constant"): "exactly 0 here, TA-Lib has the rounding error of its mean",
    ("APO", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("PPO", "constant"): "exactly 0 here, TA-Lib has the rounding error of its first means",
    ("MACDEXT", "constant"): "exactly 0 here, TA-Lib has the rounding error of its means",
    ("MACDEXT", "trend"): "the histogram of a line is 0: both have rounding errors alone, of 1e-16",
    ("MACDEXT", "fall"): "MAMA as the signal of a line that hardly bends makes rounding errors larger, to 3e-11",
    ("MACDEXT", "steps"): "MAMA as the signal of a long piece of 0 turns rounding errors into phases",
    ("FOSC", "constant"): "exactly 0 here, TA-Lib has rounding errors of 6e-14",
    ("FOSC", "fall"): "TA-Lib is off by 6e-11, by exact fractions; Velora by 7e-14",
    ("FOSC", "tiny"): "TA-Lib is off by 1e-11, by exact fractions; Velora by 6e-14",
    ("PPO", "tiny"): "rounding errors of 1e-14 percent where the averages cross; the limit is made for prices of 1e-8",
    ("STOCHRSI", "steps"): "without a change the index stays exactly here; TA-Lib's moves by rounding, and k with it",
    ("STOCHRSI", "tiny"): "rounding errors of 1e-13 where d is 0; the limit is made for prices of 1e-8",
    # TA-Lib gives numbers although a NaN is in the recursion or in the window.
    ("RSI", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("CMO", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("CMOU", "nan_inside"): "NaN for ever here, TA-Lib takes the changes to and from a NaN as 0",
    ("TSI", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("SMI", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever, with a signal of NaN",
    ("ULTOSC", "nan_inside"): "NaN for ever here, TA-Lib gives 0 for ever",
    ("WILLR", "nan_inside"): "NaN while a NaN is in the window, TA-Lib keeps an extremum of before",
    ("COPPOCK", "nan_inside"): "as WMA",
    ("FOSC", "nan_inside"): "as WMA",
    ("STOCHF", "nan_inside"): "NaN while a NaN is in the window, TA-Lib keeps an extremum of before",
    ("STOCH", "nan_inside"): "as STOCHF and WMA",
    ("KDJ", "nan_inside"): "as STOCHF and WMA",
    ("STOCHRSI", "nan_inside"): "NaN for ever here, TA-Lib takes the index as 0 for ever",
    ("MFI", "tiny"): "exactly 0 here where no price of the window has risen, TA-Lib has up to 1e-13",
    (
        "VWMA",
        "no_volume",
    ): "NaN where a window has no volume; TA-Lib divides a rounding error by 0",
    ("WMA", "nan_inside"): "a NaN stays for ever, as in SMA and EMA; TA-Lib's WMA forgets it after some periods",
    ("HMA", "nan_inside"): "as WMA",
    ("MA", "nan_inside"): "as WMA, with that type",
    ("DONCHIAN", "nan_inside"): "NaN while a NaN is in the window; TA-Lib passes over some of them",
    (
        "FRACTAL",
        "nan_inside",
    ): "no swing while a NaN is in the window; TA-Lib passes over a NaN that is not the oldest row",
    ("MIDPOINT", "nan_inside"): "as DONCHIAN",
    ("MIDPRICE", "nan_inside"): "as DONCHIAN",
}
#: Functions of a small difference of large inputs: they show the rounding errors of the inputs.
OF_DIFFERENCES = ("LINEARREG_ANGLE",)
# Functions of TA-Lib without a kind yet.
MISSING: set[str] = set()


def columns_of(kind, candles):
    """The inputs of a kind in its order."""
    rows = len(candles["close"])
    made = {"x": candles["close"], "periods": 2.0 + np.arange(rows) % 29}
    return [candles[name] if name in candles else made[name] for name in kind.inputs]


def parameters(kind, random):
    """Values for the parameters of a kind: the defaults, then random ones, small and large."""
    yield [param.default for param in kind.params]
    for round_ in range(6):
        values = []
        for param in kind.params:
            if param.type == "float":
                values.append(float(random.uniform(max(param.low, 0.0), min(param.high, 4 * max(param.default, 0.1)))))
            elif param.choices:
                values.append(float(random.integers(0, len(param.choices))) + param.low)
            else:
                values.append(
                    float(random.integers(param.low, min(param.high, (5, 12, 40, 90, 5, 60)[round_] + param.low) + 1))
                )
        yield values


def amplifies(kind, values):
    """Whether MAMA smooths another indicator: its factor follows a phase, so that the last bits of its input decide."""
    mama = [value == 7 for param, value in zip(kind.params, values, strict=True) if param.choices]
    return any(mama) and kind.talib not in ("MA", "MAVP")


def theirs(kind, columns, values):
    """TA-Lib's outputs; None where it refuses the parameters."""
    given = [value if param.type == "float" else int(value) for param, value in zip(kind.params, values, strict=True)]
    try:
        found = getattr(talib, kind.talib)(*columns, *given)
    except Exception as error:
        if "length" in str(error) or "NaN" in str(error):
            return [np.full(len(columns[0]), 0 if kind.is_integer else np.nan)] * len(kind.outputs)
        return None
    return list(found) if isinstance(found, tuple | list) else [found]


def compare(kind, found, wanted, columns, message):
    size = max((np.nanmax(np.abs(column), initial=0.0) for column in columns if np.isfinite(column).any()), default=0.0)
    for output, one, other in zip(kind.outputs, found, wanted, strict=True):
        if kind.is_integer:
            np.testing.assert_array_equal(one, other, err_msg=f"{message} {output.name}")
        else:
            if np.issubdtype(other.dtype, np.integer):  # TA-Lib has 0 where there is no value yet
                other = np.where(np.logical_and.accumulate(np.isnan(wanted[0])), np.nan, other)
            largest = np.max(np.abs(other[np.isfinite(other)]), initial=0.0)
            scale = largest if largest > 0.0 and kind.talib not in OF_DIFFERENCES else size
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11 * scale, err_msg=f"{message} {output.name}")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.talib)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_gives_the_numbers_of_talib(kind, shape):
    if reason := DIFFERENCES.get((kind.talib, shape)) or DIFFERENCES.get((kind.talib, "*")):
        pytest.skip(reason)
    random = np.random.default_rng(17)
    columns = columns_of(kind, random_candles(600, 21, shape))
    compared = 0
    for values in parameters(kind, random):
        wanted = theirs(kind, columns, values)
        if wanted is None:
            continue
        try:
            found = getattr(ta, kind.name)(*columns, *values)
        except InvalidArgument:
            continue
        compare(kind, list(found) if isinstance(found, tuple) else [found], wanted, columns, f"{shape} {values}")
        compared += 1
    assert compared > 0, "TA-Lib and Velora have no parameters in common"


RECORDED = (
    "BTC_USDT_1d",
    "BTC_USD_2h",
    "FILUSDT-1m-2023-08",
    "backtesting_py_BTCUSD",
    "backtesting_py_EURUSD",
    "backtesting_py_GOOG",
    "btc-perp-20211231-20220201_1m",
)
#: Rows of the long series; 10^7 takes some minutes and 2 GB.
LONG = int(os.environ.get("VELORA_TA_ROWS", "200000"))


@pytest.fixture(scope="module", params=RECORDED)
def recorded(request, shared_data):
    """Candles of a real market, at most 20,000; the second series is the volume."""
    with gzip.open(shared_data / "ohlcv" / f"{request.param}.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))[:20_000]
    names = {name.lower(): name for name in rows[0]}
    columns = {
        name: np.array([float(row[names[name]]) for row in rows]) for name in ("open", "high", "low", "close", "volume")
    }
    return columns | {"y": columns["volume"].copy()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.talib)
def test_on_recorded_candles_it_gives_the_numbers_of_talib(kind, recorded):
    if reason := DIFFERENCES.get((kind.talib, "recorded")) or DIFFERENCES.get((kind.talib, "*")):
        pytest.skip(reason)
    columns = columns_of(kind, recorded)
    for values in itertools.islice(parameters(kind, np.random.default_rng(5)), 3):
        wanted = theirs(kind, columns, values)
        if wanted is None or amplifies(kind, values):
            continue
        try:
            found = getattr(ta, kind.name)(*columns, *values)
        except InvalidArgument:
            continue
        compare(kind, list(found) if isinstance(found, tuple) else [found], wanted, columns, f"{values}")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.talib)
def test_on_a_long_series_it_gives_the_numbers_of_talib(kind):
    if reason := DIFFERENCES.get((kind.talib, "long")) or DIFFERENCES.get((kind.talib, "*")):
        pytest.skip(reason)
    columns = columns_of(kind, random_candles(LONG, 33))
    values = [param.default for param in kind.params]
    found = getattr(ta, kind.name)(*columns)
    wanted = theirs(kind, columns, values)
    compare(kind, list(found) if isinstance(found, tuple) else [found], wanted, columns, "long")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.talib)
@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_of_a_few_rows_it_gives_what_talib_gives(kind, rows):
    columns = columns_of(kind, random_candles(rows, 34))
    found = getattr(ta, kind.name)(*columns)
    wanted = theirs(kind, columns, [param.default for param in kind.params])
    assert wanted is not None
    compare(kind, list(found) if isinstance(found, tuple) else [found], wanted, columns, f"{rows} rows")


def test_every_function_of_talib_has_a_kind():
    assert set(talib.get_functions()) - {kind.talib for kind in KINDS} == MISSING
