"""Pictures of a chart, SVG or PNG, as a trader reads them: prices on the right, time below, last values in tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from velora.ta.canvas import Canvas, PngCanvas, Point, Span, SvgCanvas
from velora.ta.chart import COLORS, Chart, Drawn, Floats, Pane, Series

__all__ = ["DARK", "LIGHT", "Theme", "draw_png", "draw_svg"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a chart."""

    page: str
    grid: str
    edge: str
    ink: str
    muted: str
    up: str
    down: str
    lines: tuple[str, ...]

    def line(self, color: str) -> str:
        """The colour of the theme for one of `velora.ta.chart.COLORS`."""
        return self.lines[COLORS.index(color)]


LIGHT = Theme("#ffffff", "#eef1f5", "#cfd5de", "#1b2430", "#6b7686", "#0c8a5f", "#d0453a", COLORS)
DARK = Theme(
    "#0f141b",
    "#1c242f",
    "#354152",
    "#e6e9ef",
    "#8d97a8",
    "#2fae80",
    "#f0685a",
    ("#5b8cff", "#ff9f2e", "#b184f0", "#2cc0d6", "#f06db0", "#8fc44a", "#c39a6b", "#93a4c8"),
)

_MAIN = 400  # heights
_VOLUME = 76
_PANE = 118  # of three and more
_PANE_OF_FEW = 150
_GAP = 10
_TITLE = 34
_FOOT = 26
_LEFT = 12
_SIZE = 12.0  # of text
_SECOND = 10**9
_DAY = 86_400 * _SECOND
_STEPS = [n * _SECOND for n in (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200)] + [
    n * _DAY for n in (1, 2, 7, 14, 30, 91, 182, 365)
]


def draw_svg(chart: Chart, *, theme: str = "light", width: int = 1200, height: int | None = None) -> str:
    """The chart as the text of an SVG file."""
    look = DARK if theme == "dark" else LIGHT
    total = _height(chart) if height is None else height
    canvas = SvgCanvas(width, total, look.page)
    _Picture(chart, canvas, look, width, total).draw()
    return canvas.finish()


def draw_png(chart: Chart, *, theme: str = "light", width: int = 1200, height: int | None = None) -> bytes:
    """The chart as a PNG file, in twice the resolution; needs Pillow."""
    look = DARK if theme == "dark" else LIGHT
    total = _height(chart) if height is None else height
    canvas = PngCanvas(width, total, look.page)
    _Picture(chart, canvas, look, width, total).draw()
    return canvas.finish()


def _height(chart: Chart) -> int:
    volume = 0 if chart.volume is None else _VOLUME + _GAP
    return _TITLE + _MAIN + volume + len(chart.panes) * (_pane(chart) + _GAP) + _FOOT


def _pane(chart: Chart) -> int:
    return _PANE if len(chart.panes) > 2 else _PANE_OF_FEW


class _Picture:
    """One drawing of a chart."""

    def __init__(self, chart: Chart, canvas: Canvas, look: Theme, width: int, height: int) -> None:
        self.chart = chart = chart.painted(look.line)
        self.canvas = canvas
        self.look = look
        self.width = width
        heights = [_MAIN, *([] if chart.volume is None else [_VOLUME]), *[_pane(chart)] * len(chart.panes)]
        free = height - _TITLE - _FOOT - _GAP * (len(heights) - 1)
        self.heights = [free * one / sum(heights) for one in heights]
        self.bottom = height - _FOOT
        self.right = width - self._axis_width()
        self.slot = (self.right - _LEFT) / (chart.rows + 2)  # a little room behind the last row

    def x(self, row: int | np.integer[Any]) -> float:
        """Middle of a row."""
        return float(_LEFT + (row + 0.5) * self.slot)

    def draw(self) -> None:
        """Everything."""
        ticks = self._time_ticks()
        top = float(_TITLE)
        self._title()
        for index, height in enumerate(self.heights):
            scale = _Scale(top, top + height, *self._range(index))
            self._frame(scale, ticks)
            if index == 0:
                self._main(scale)
            elif index == 1 and self.chart.volume is not None:
                self._volume(scale)
            else:
                self._pane(scale, self.chart.panes[index - len(self.heights) + len(self.chart.panes)])
            top += height + _GAP
        for row, text, is_major in ticks:
            color = self.look.ink if is_major else self.look.muted
            self.canvas.text(self.x(row), self.bottom + 14, [(text, color, is_major)], 11.0, "middle")

    # ---- axes

    def _axis_width(self) -> float:
        texts = [_show(value, 0.01 * abs(value) or 1.0) for value in self._extent(self.chart.prices.values())]
        for pane in self.chart.panes:
            low, high = self._extent([one.values for drawn in pane.drawn for one in drawn.series])
            texts += [_show(low, (high - low) / 100 or 1.0), _show(high, (high - low) / 100 or 1.0)]
        return min(110.0, 20.0 + 7.0 * max(map(len, texts)))

    @staticmethod
    def _extent(columns: Any) -> tuple[float, float]:
        finite = [one[np.isfinite(one)] for one in columns]
        whole = np.concatenate([one for one in finite if one.size] or [np.zeros(1)])
        return float(whole.min()), float(whole.max())

    def _range(self, index: int) -> tuple[float, float]:
        """Lowest and highest value of a pane."""
        if index == 0:
            low, high = self._extent(self.chart.prices.values())
            room = (high - low) / 2
            over = [
                one.values
                for drawn in self.chart.main.drawn
                for one in drawn.series
                if one.plot in ("overlay", "points")
            ]
            if over:  # an overlay far away must not flatten the candles
                lowest, highest = self._extent(over)
                low, high = min(low, max(lowest, low - room)), max(high, min(highest, high + room))
            return _padded(low, high, 0.06)
        if index == 1 and self.chart.volume is not None:
            return 0.0, 1.15 * max(self._extent([self.chart.volume])[1], 1e-300)
        pane = self.chart.panes[index - len(self.heights) + len(self.chart.panes)]
        series = [one for drawn in pane.drawn for one in drawn.series]
        low, high = self._extent([one.values for one in series])
        if any(one.plot == "histogram" for one in series):
            low, high = min(low, 0.0), max(high, 0.0)
        if pane.levels:
            low, high = min(low, *pane.levels), max(high, *pane.levels)
        return _padded(low, high, 0.1)

    def _time_ticks(self) -> list[tuple[int, str, bool]]:
        """Rows that have a label, the label, and whether a longer period begins there."""
        rows, times = self.chart.rows, self.chart.times
        count = max(2, int((self.right - _LEFT) / 105))
        if times is None:
            step = max(1, int(_nice(rows / count)))
            return [(row, str(row), False) for row in range(0, rows, step) if 20 < self.x(row) < self.right - 10]
        ns = times.astype(np.int64)
        span = max(1, int(ns[-1] - ns[0]))
        step = next((one for one in _STEPS if span / one <= count), _STEPS[-1] * -(-span // (count * _STEPS[-1])))
        found: list[tuple[int, str, bool]] = []
        for row in np.flatnonzero(np.diff(ns // step)) + 1:
            here, before = times[row], times[row - 1]
            is_day = here.astype("M8[D]") != before.astype("M8[D]")
            is_year = here.astype("M8[Y]") != before.astype("M8[Y]")
            if found and self.x(row) - self.x(found[-1][0]) < 55:
                continue
            if not 24 < self.x(row) < self.right - 20:
                continue
            found.append((int(row), _show_time(here, step, is_day, is_year), is_day if step < _DAY else is_year))
        return found

    def _frame(self, scale: _Scale, ticks: list[tuple[int, str, bool]]) -> None:
        """Grid and price axis of a pane."""
        for row, _, _ in ticks:
            self.canvas.line([(self.x(row), scale.top), (self.x(row), scale.bottom)], self.look.grid)
        for value, _ in scale.ticks():
            y = scale.y(value)
            self.canvas.line([(_LEFT, y), (self.right, y)], self.look.grid)
        self.canvas.line([(_LEFT, scale.bottom), (self.right, scale.bottom)], self.look.edge)
        self.canvas.line([(self.right, scale.top), (self.right, scale.bottom)], self.look.edge)

    def _axis(self, scale: _Scale, ticks: list[tuple[float, float]], taken: list[float]) -> None:
        """Values on the price axis, but where a tag is; `ticks` holds values with the steps of their decimals."""
        for value, step in ticks:
            y = scale.y(value)
            if all(abs(y - other) > 14 for other in taken):
                self.canvas.text(self.right + 8, y, [(_show(value, step), self.look.muted, False)], 11.0)

    def _title(self) -> None:
        chart, look = self.chart, self.look
        spans: list[Span] = [(f"{chart.title}   ", look.ink, True)] if chart.title else []
        step = self._price_step()
        for name in ("open", "high", "low", "close"):
            if name in chart.prices:
                value = float(chart.prices[name][-1])
                spans += [(f"{name[0].upper()} ", look.muted, False), (f"{_show(value, step)}  ", look.ink, False)]
        closes = chart.prices["close"]
        if chart.rows > 1 and np.isfinite(closes[-2:]).all() and closes[-2]:
            change = float(closes[-1] / closes[-2] - 1)
            spans.append((f"{change:+.2%}", look.up if change >= 0 else look.down, False))
        self.canvas.text(_LEFT, _TITLE / 2, spans, 13.0)

    def _price_step(self) -> float:
        low, high = self._extent(self.chart.prices.values())
        return _nice((high - low) / 200 or abs(high) / 1e4 or 1.0)

    # ---- panes

    def _main(self, scale: _Scale) -> None:
        chart, look = self.chart, self.look
        bands = [drawn for drawn in chart.main.drawn if {"upper", "lower"} <= {one.name for one in drawn.series}]
        for drawn in bands:
            self._band(drawn, scale)
        if chart.has_candles:
            self._candles(scale)
        else:
            self._lines(chart.prices["close"], look.ink, scale, 1.6)
        marks = 0
        for drawn in chart.main.drawn:
            for one in drawn.series:
                if one.plot == "points":
                    self._points(one, scale)
                elif one.plot == "mark":
                    self._marks(one, scale, marks)
                    marks += 1
                else:
                    is_middle = drawn in bands and one.name not in ("upper", "lower")
                    self._lines(one.values, one.color, scale, 1.2 if drawn in bands else 1.6, 4.0 if is_middle else 0.0)
        self._legend(chart.main.drawn, scale)
        close = float(chart.prices["close"][-1])
        tags = [(close, look.up if self._is_up()[-1] else look.down)]
        tags += [
            (float(one.values[-1]), one.color)
            for drawn in chart.main.drawn
            for one in drawn.series
            if one.plot == "overlay"
        ]
        if np.isfinite(close):
            self.canvas.line([(_LEFT, scale.y(close)), (self.right, scale.y(close))], tags[0][1], 0.8, 2.0)
        self._axis(scale, scale.ticks(), self._tags(tags, scale, self._price_step()))

    def _is_up(self) -> Any:
        prices = self.chart.prices
        if "open" in prices:
            return prices["close"] >= prices["open"]
        return np.diff(prices["close"], prepend=prices["close"][0]) >= 0

    def _candles(self, scale: _Scale) -> None:
        prices, look = self.chart.prices, self.look
        body = max(1.0, min(14.0, 0.68 * self.slot))
        is_up = self._is_up()
        whole = np.isfinite(np.stack(list(prices.values()))).all(axis=0)
        for row in np.flatnonzero(whole):
            color = look.up if is_up[row] else look.down
            x = self.x(row)
            high, low = scale.y(prices["high"][row]), scale.y(prices["low"][row])
            opened, closed = scale.y(prices["open"][row]), scale.y(prices["close"][row])
            self.canvas.line([(x, high), (x, max(low, high + 0.5))], color, min(1.2, max(0.7, 0.25 * self.slot)))
            if self.slot >= 2.5:
                top = min(opened, closed)
                self.canvas.rect(x - body / 2, top, body, max(1.0, abs(opened - closed)), color)

    def _band(self, drawn: Drawn, scale: _Scale) -> None:
        by_name = {one.name: one for one in drawn.series}
        upper, lower = by_name["upper"].values, by_name["lower"].values
        for first, last in _runs(np.isfinite(upper) & np.isfinite(lower)):
            above = [(self.x(row), scale.inside(upper[row])) for row in range(first, last)]
            below = [(self.x(row), scale.inside(lower[row])) for row in range(last - 1, first - 1, -1)]
            if last - first > 1:
                self.canvas.area(above + below, by_name["upper"].color, 0.07)

    def _lines(self, values: Floats, color: str, scale: _Scale, width: float = 1.6, dash: float = 0.0) -> None:
        for first, last in _runs(np.isfinite(values)):
            points = [(self.x(row), scale.y(values[row])) for row in range(first, last)]
            if len(points) == 1:
                self.canvas.dot(*points[0], width, color)
            for piece in _clipped(points, scale.top, scale.bottom):
                self.canvas.line(piece, color, width, dash)

    def _points(self, series: Series, scale: _Scale) -> None:
        radius = max(1.2, min(2.4, 0.28 * self.slot))
        for row in np.flatnonzero(np.isfinite(series.values)):
            y = scale.y(series.values[row])
            if scale.top <= y <= scale.bottom:
                self.canvas.dot(self.x(row), y, radius, series.color)

    def _marks(self, series: Series, scale: _Scale, index: int) -> None:
        """Triangles: up below a row whose value is positive, down above a row whose value is negative."""
        prices = self.chart.prices
        lows, highs = prices.get("low", prices["close"]), prices.get("high", prices["close"])
        half = max(3.0, min(6.0, 0.45 * self.slot))
        away = 8.0 + index * (2 * half + 3)
        for row in np.flatnonzero(np.isfinite(series.values) & (series.values != 0)):
            x, is_up = self.x(row), series.values[row] > 0
            tip = scale.y(lows[row]) + away if is_up else scale.y(highs[row]) - away
            if np.isfinite(tip):
                tip = min(max(tip, scale.top + 2), scale.bottom - 2)
                base = tip + 1.7 * half if is_up else tip - 1.7 * half
                self.canvas.area([(x, tip), (x - half, base), (x + half, base)], series.color)

    def _volume(self, scale: _Scale) -> None:
        volume = self.chart.volume
        assert volume is not None
        is_up = self._is_up()
        body = max(0.6, min(14.0, 0.68 * self.slot))
        for row in np.flatnonzero(np.isfinite(volume) & (volume > 0)):
            y = scale.y(volume[row])
            color = self.look.up if is_up[row] else self.look.down
            self.canvas.rect(self.x(row) - body / 2, y, body, max(0.5, scale.bottom - y), color, 0.55)
        self._label([("Volume", self.look.muted, False)], scale)
        self._axis(scale, scale.ticks(), [])

    def _pane(self, scale: _Scale, pane: Pane) -> None:
        series = [one for drawn in pane.drawn for one in drawn.series]
        has_bars = any(one.plot == "histogram" for one in series)
        if has_bars or (scale.low < 0 < scale.high and not pane.levels):
            self.canvas.line([(_LEFT, scale.y(0)), (self.right, scale.y(0))], self.look.edge)
        if len(pane.levels) == 2:
            top, bottom = scale.y(pane.levels[1]), scale.y(pane.levels[0])
            self.canvas.rect(_LEFT, top, self.right - _LEFT, bottom - top, series[0].color, 0.05)
        for level in pane.levels:
            self.canvas.line([(_LEFT, scale.y(level)), (self.right, scale.y(level))], self.look.muted, 0.8, 4.0)
        for one in series:
            if one.plot == "histogram":
                self._bars(one, scale)
        for one in series:
            if one.plot != "histogram":
                self._lines(one.values, one.color, scale, 1.5)
        self._legend(pane.drawn, scale)
        step = _nice((scale.high - scale.low) / 200)
        tags = [(float(one.values[-1]), one.color) for one in series if one.plot != "histogram"]
        taken = self._tags(tags or [(float(one.values[-1]), one.color) for one in series], scale, step)
        self._axis(scale, [(level, 1.0) for level in pane.levels] or scale.ticks(), taken)

    def _bars(self, series: Series, scale: _Scale) -> None:
        """Bars from zero, strong while they move away from it and pale while they come back."""
        values = series.values
        body = max(0.6, min(14.0, 0.68 * self.slot))
        zero = scale.y(0)
        for row in np.flatnonzero(np.isfinite(values)):
            y = scale.y(values[row])
            color = self.look.up if values[row] >= 0 else self.look.down
            before = values[row - 1] if row and np.isfinite(values[row - 1]) else 0.0
            strength = 0.8 if abs(values[row]) >= abs(before) else 0.4
            self.canvas.rect(self.x(row) - body / 2, min(y, zero), body, max(0.5, abs(y - zero)), color, strength)

    # ---- text

    def _legend(self, drawn: Sequence[Drawn], scale: _Scale) -> None:
        """The names and last values of what a pane holds, each in its colour."""
        lines: list[list[Span]] = [[]]
        length = 0
        for one in drawn:
            spans: list[Span] = []
            names = {series.color for series in one.series}
            head = one.series[0].color if len(names) == 1 else self.look.ink
            spans.append((f"{one.label}  ", head, True))
            if len(names) > 1:
                spans += [(f"{series.name}  ", self._color_of(series), False) for series in one.series]
            spans.append(("  ", self.look.ink, False))
            added = sum(len(text) for text, _, _ in spans)
            if lines[-1] and (length + added) * 6.6 > self.right - _LEFT:
                lines.append([])
                length = 0
            lines[-1] += spans
            length += added
        for index, line in enumerate(lines):
            if line:
                self._label(line, scale, index)

    def _color_of(self, series: Series) -> str:
        return self.look.muted if series.plot == "histogram" else series.color

    def _label(self, spans: list[Span], scale: _Scale, index: int = 0) -> None:
        y = scale.top + 11 + 17 * index
        length = sum(len(text) for text, _, _ in spans)
        self.canvas.rect(_LEFT + 2, y - 8, min(6.4 * length, self.right - _LEFT - 4), 16, self.look.page, 0.72)
        self.canvas.text(_LEFT + 6, y, spans, _SIZE)

    def _tags(self, tags: list[tuple[float, str]], scale: _Scale, step: float) -> list[float]:
        """Last values in boxes on the axis, moved apart where they would overlap; returns their heights."""
        height = 17.0
        placed: list[float] = []
        for value, color in tags:
            if not np.isfinite(value) or not scale.low <= value <= scale.high:
                continue
            y = min(max(scale.y(value), scale.top + height / 2), scale.bottom - height / 2)
            free = [one for near in [y, *placed] for one in (near, near - height - 1, near + height + 1)]
            free = [
                one
                for one in free
                if all(abs(one - other) >= height for other in placed)
                and scale.top + height / 2 - 0.01 <= one <= scale.bottom - height / 2 + 0.01
            ]
            if not free:
                continue
            y = min(free, key=lambda one: abs(one - y))
            placed.append(y)
            self.canvas.rect(self.right, y - height / 2, self.width - self.right - 4, height, color)
            ink = "#ffffff" if self.look is LIGHT else self.look.page
            self.canvas.text(self.right + 8, y, [(_show(value, step), ink, False)], 11.0)
        return placed


class _Scale:
    """Values of a pane as heights."""

    __slots__ = ("bottom", "high", "low", "top")

    def __init__(self, top: float, bottom: float, low: float, high: float) -> None:
        self.top, self.bottom, self.low, self.high = top, bottom, low, high

    def y(self, value: float) -> float:
        return float(self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top))

    def ticks(self) -> list[tuple[float, float]]:
        """Round values, and the step between them."""
        step = _nice((self.high - self.low) / max(2.0, (self.bottom - self.top) / 46))
        found = [number * step for number in range(int(np.ceil(self.low / step)), int(self.high // step) + 1)]
        return [(value, step) for value in found if self.top + 5 < self.y(value) < self.bottom - 5]

    def inside(self, value: float) -> float:
        return min(max(self.y(value), self.top), self.bottom)


def _padded(low: float, high: float, part: float) -> tuple[float, float]:
    room = (high - low) * part or abs(high) * 0.01 or 1.0
    return low - room, high + room


def _nice(step: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(one for one in (1.0, 2.0, 2.5, 5.0, 10.0) if one * power >= step * (1 - 1e-9)) * power)


def _show(value: float, step: float) -> str:
    """A value with as many decimals as the step of its axis needs."""
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e4, "K")):
        if abs(value) >= limit and step >= limit / 1000:
            return f"{value / limit:.6g}{unit}"
    if abs(value) >= 1e12 or (value != 0 and abs(step) < 1e-8):
        return f"{value:.5g}"
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    if abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1  # 2.5
    return f"{value:,.{decimals}f}"


def _show_time(time: np.datetime64, step: int, is_day: bool, is_year: bool) -> str:
    date = time.astype("M8[D]").item()
    if step >= _DAY * 28:
        return str(date.year) if is_year else date.strftime("%b %Y")
    if is_year:
        return str(date.year)
    if is_day or step >= _DAY:
        return f"{date.day} {date:%b}"
    return str(time.astype("M8[s]"))[11:] if step < 60 * _SECOND else str(time.astype("M8[m]"))[11:]


def _runs(whole: Any) -> list[tuple[int, int]]:
    """Stretches of true values: first row and the row behind."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _clipped(points: list[Point], top: float, bottom: float) -> list[list[Point]]:
    """The parts of a line between two heights."""
    if all(top <= y <= bottom for _, y in points):
        return [points] if len(points) > 1 else []
    found: list[list[Point]] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        low, high = 0.0, 1.0
        if y0 == y1:
            if not top <= y0 <= bottom:
                continue
        else:
            cuts = sorted(((top - y0) / (y1 - y0), (bottom - y0) / (y1 - y0)))
            low, high = max(low, cuts[0]), min(high, cuts[1])
            if low >= high:
                continue
        start = (x0 + (x1 - x0) * low, y0 + (y1 - y0) * low)
        end = (x0 + (x1 - x0) * high, y0 + (y1 - y0) * high)
        if found and found[-1][-1] == start:
            found[-1].append(end)
        else:
            found.append([start, end])
    return found
