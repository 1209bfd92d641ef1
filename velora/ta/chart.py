"""Charts of candles with indicators: which panes there are and what each holds.

A chart is drawn by `velora.ta.chart_picture` (SVG, PNG) or `velora.ta.chart_html` (plotly); `velora.ta.plot` does all.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.errors import InvalidArgument
from velora.ta import registry
from velora.ta.kinds import IndicatorKind

__all__ = ["Chart", "Drawn", "Pane", "Series", "build_chart"]

Floats = NDArray[np.float64]

PRICES = ("open", "high", "low", "close")
#: Columns that hold the time of a row, the first that a frame has.
TIMES = ("ts_open", "ts", "open_time", "time", "timestamp", "datetime", "date", "ts_event", "ts_close")
#: Inputs for which a frame of candles has its close.
_AS_CLOSE = ("x", "price", "mid")
COLORS = ("#2f5fd0", "#e07b00", "#8a4fd3", "#0896ab", "#cf3f8a", "#5f8a1e", "#8a6239", "#5b6b8c")
#: Lines that traders draw across an oscillator.
LEVELS: dict[str, tuple[float, ...]] = {
    "adx": (25,),
    "aroon": (30, 70),
    "cci": (-100, 100),
    "cmo": (-50, 50),
    "mfi": (20, 80),
    "rsi": (30, 70),
    "stoch": (20, 80),
    "stochf": (20, 80),
    "stochrsi": (20, 80),
    "ultosc": (30, 70),
    "willr": (-80, -20),
}


@dataclass(slots=True)
class Series:
    """One output of an indicator."""

    name: str
    plot: str
    values: Floats
    color: str


@dataclass(slots=True)
class Drawn:
    """The outputs of one indicator that a pane holds."""

    label: str
    series: list[Series]


@dataclass(slots=True)
class Pane:
    """A pane below the candles, or the one of the candles itself."""

    drawn: list[Drawn] = field(default_factory=list)
    levels: tuple[float, ...] = ()


@dataclass(slots=True)
class Chart:
    """Candles and panes.

    Attributes
    ----------
    title : str
    prices : dict
        ``close``, and the other prices if the frame has them.
    volume : array or None
    times : (rows,) datetime64[ns] array, or None
        None numbers the rows.
    main : Pane
        Overlays, points and marks of the candles.
    panes : list of Pane
    """

    title: str
    prices: dict[str, Floats]
    volume: Floats | None
    times: NDArray[np.datetime64] | None
    main: Pane
    panes: list[Pane]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.prices["close"])

    @property
    def has_candles(self) -> bool:
        """Whether all four prices are there; else a line shows the close."""
        return len(self.prices) == len(PRICES)

    def last(self, rows: int) -> Chart:
        """The last rows alone."""
        first = max(0, self.rows - rows)

        def cut(series: Series) -> Series:
            return replace(series, values=series.values[first:])

        return replace(
            self._with(cut),
            prices={name: values[first:] for name, values in self.prices.items()},
            volume=None if self.volume is None else self.volume[first:],
            times=None if self.times is None else self.times[first:],
        )

    def painted(self, line: Callable[[str], str]) -> Chart:
        """The chart with the colours of a theme."""
        return self._with(lambda series: replace(series, color=line(series.color)))

    def _with(self, change: Callable[[Series], Series]) -> Chart:
        def pane(old: Pane) -> Pane:
            return Pane([Drawn(one.label, [change(series) for series in one.series]) for one in old.drawn], old.levels)

        return replace(self, main=pane(self.main), panes=[pane(one) for one in self.panes])


def build_chart(frame: Any, indicators: Any = (), *, title: str = "", volume: bool | None = None) -> Chart:
    """Compute indicators over a frame and sort their outputs into panes; see `velora.ta.plot`."""
    columns, times = _columns(frame)
    if "close" not in columns:
        raise InvalidArgument(f"the frame has no column 'close'; there are {', '.join(columns) or 'none'}")
    close = _numbers(columns["close"], "close")
    prices = {"close": close}
    if all(name in columns for name in PRICES):
        prices = {name: _numbers(columns[name], name) for name in PRICES}
    if volume and "volume" not in columns:
        raise InvalidArgument("the frame has no column 'volume'")
    shown = _numbers(columns["volume"], "volume") if "volume" in columns and volume is not False else None
    if len(close) == 0:
        raise InvalidArgument("the frame has no rows")
    main = Pane()
    panes: list[Pane] = []
    colors = _colors()
    for given in [indicators] if isinstance(indicators, str) or hasattr(indicators, "kind") else list(indicators):
        indicator = _indicator(given)
        over, below = _draw(indicator, columns, colors)
        if over.series:
            main.drawn.append(over)
        if below.series:
            panes.append(Pane([below], LEVELS.get(indicator.kind.name, ())))
    return Chart(title, prices, shown, times, main, panes)


def _draw(indicator: Any, columns: dict[str, Any], colors: Iterator[str]) -> tuple[Drawn, Drawn]:
    """The outputs of an indicator over the candles, and those below."""
    kind = indicator.kind
    result = indicator.extend(*[_input(columns, name, kind) for name in kind.inputs])
    arrays = result if isinstance(result, tuple) else (result,)
    label = _label(indicator)
    over, below = Drawn(label, []), Drawn(label, [])
    is_band = {"upper", "lower"} <= {output.name for output in kind.outputs}
    shared = next(colors) if is_band else ""
    own = iter(COLORS)  # a pane of its own starts with the first colour
    for output, array in zip(kind.outputs, arrays, strict=True):
        is_over = output.plot in ("overlay", "points", "mark")
        color = (shared or next(colors)) if is_over else next(own, COLORS[-1])
        values = np.asarray(array, np.float64)
        (over if is_over else below).series.append(Series(output.name, output.plot, values, color))
    return over, below


def _colors() -> Iterator[str]:
    while True:
        yield from COLORS


def _label(indicator: Any) -> str:
    kind = indicator.kind
    given = indicator.parameters
    shown = [given[param.name] for param in kind.params if len(given) <= 4 or given[param.name] != param.initial]
    texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in shown]
    return f"{kind.class_name}({', '.join(texts)})" if texts else kind.class_name


# ---- indicators as a user gives them


def _indicator(given: Any) -> Any:
    """A fresh indicator of what the user named."""
    if isinstance(given, str):
        return _parse(given)
    kind = given.__dict__.get("KIND") if isinstance(given, type) else getattr(given, "kind", None)
    if isinstance(given, type) and isinstance(kind, IndicatorKind):
        return given()
    if isinstance(kind, IndicatorKind) and hasattr(given, "extend"):
        made = copy.copy(given)
        made.reset()
        return made
    if isinstance(kind, IndicatorKind):
        return registry.find(kind.class_name)()
    raise InvalidArgument(f"an indicator is ta.EMA(20), ta.EMA, 'ema' or 'ema(20)', was {given!r}")


def _parse(text: str) -> Any:
    """An indicator of a text such as ``ema(20)``."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
        call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
        if not isinstance(call.func, ast.Name):
            raise ValueError
        name = call.func.id
        given = [ast.literal_eval(one) for one in call.args]
        named = {one.arg or "": ast.literal_eval(one.value) for one in call.keywords}
    except (SyntaxError, ValueError):
        raise InvalidArgument(f"an indicator is written as 'ema' or 'ema(20)', was {text!r}") from None
    found = registry.find(name) or registry.find(name.lower())
    kind = getattr(found, "KIND" if isinstance(found, type) else "kind", None)
    if not isinstance(kind, IndicatorKind):
        raise InvalidArgument(f"there is no indicator {name!r}; velora.ta.kinds() has all")
    return registry.find(kind.class_name)(*given, **named)


# ---- columns


def _input(columns: dict[str, Any], name: str, kind: IndicatorKind) -> Floats:
    found = columns.get(name, columns.get("close") if name in _AS_CLOSE else None)
    if found is None:
        raise InvalidArgument(f"{kind.name} needs a column {name!r}; the frame has {', '.join(columns)}")
    return _numbers(found, name)


def _numbers(values: Any, name: str) -> Floats:
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InvalidArgument(f"the column {name!r} must hold numbers") from None
    if found.ndim != 1:
        raise InvalidArgument(f"the column {name!r} must have one dimension, not {found.ndim}")
    return found


def _columns(frame: Any) -> tuple[dict[str, Any], NDArray[np.datetime64] | None]:
    """The columns of a frame by their names in lower case, and the times of its rows."""
    if isinstance(frame, Sequence) and not isinstance(frame, str) and frame and hasattr(frame[0], "close"):
        columns: dict[str, Any] = {
            name: [getattr(candle, name) for candle in frame]
            for name in (*PRICES, "volume", *TIMES)
            if hasattr(frame[0], name)
        }
    else:
        names = getattr(frame, "column_names", None)  # Arrow
        if names is None:
            names = frame.keys() if isinstance(frame, Mapping) else getattr(frame, "columns", None)
        if names is None:
            raise InvalidArgument(f"a frame is a data frame, a table or a dict of columns, was {type(frame).__name__}")
        columns = {str(name).lower(): frame[name] for name in names}
    time = next((columns[name] for name in TIMES if name in columns), None)
    if time is None and getattr(getattr(frame, "index", None), "dtype", np.dtype(int)).kind == "M":
        time = frame.index
    lengths = {name: len(values) for name, values in columns.items() if name in (*PRICES, "volume")}
    if len(set(lengths.values())) > 1:
        raise InvalidArgument(f"the columns differ in length: {lengths}")
    return columns, None if time is None else _times(time)


def _times(values: Any) -> NDArray[np.datetime64]:
    """Times as nanoseconds since 1970: of dates, texts, or numbers in s, ms, us or ns by their size."""
    found = np.asarray(values)
    if found.dtype.kind in "iuf":
        largest = float(np.nanmax(np.abs(found))) if found.size else 0.0
        unit = next((scale for limit, scale in ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3)) if largest < limit), 1)
        return (found.astype(np.int64) * unit).astype("datetime64[ns]")
    try:
        if found.dtype.kind == "O" and found.size and hasattr(found[0], "timestamp"):
            return np.array([round(one.timestamp() * 1e6) for one in found]).astype("datetime64[us]").astype("M8[ns]")
        return found.astype("datetime64[ns]")
    except (TypeError, ValueError):
        raise InvalidArgument(f"the times of the rows must be dates or numbers, were {found.dtype}") from None
