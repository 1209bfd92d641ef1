"""Two canvases with the same methods, for pictures without a browser: SVG as text, and PNG by Pillow.

Lengths are pixels of the picture, y grows downwards, a colour is ``#rrggbb``.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import BytesIO
from itertools import pairwise
from typing import Any, Protocol

from velora.errors import MissingDependency

__all__ = ["Canvas", "PngCanvas", "SvgCanvas"]

Point = tuple[float, float]
Span = tuple[str, str, bool]  # text, colour, bold

_FONTS = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


class Canvas(Protocol):
    """What a picture is drawn with."""

    def rect(self, x: float, y: float, width: float, height: float, color: str, opacity: float = 1.0) -> None:
        """A filled rectangle."""

    def line(self, points: Sequence[Point], color: str, width: float = 1.0, dash: float = 0.0) -> None:
        """A line through points; `dash` is the length of dashes, 0 for none."""

    def area(self, points: Sequence[Point], color: str, opacity: float = 1.0) -> None:
        """A filled polygon."""

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        """A filled circle."""

    def text(self, x: float, y: float, spans: Sequence[Span], size: float, anchor: str = "start") -> None:
        """Text whose middle is at y; `anchor` is start, middle or end."""


class SvgCanvas:
    """Draws into SVG text.

    Parameters
    ----------
    width, height : int
    background : str
    """

    def __init__(self, width: int, height: int, background: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="{_FONTS}">',
            f'<rect width="{width}" height="{height}" fill="{background}"/>',
        ]

    def rect(self, x: float, y: float, width: float, height: float, color: str, opacity: float = 1.0) -> None:
        self._parts.append(
            f'<path d="M{x:.5g} {y:.5g}h{width:.4g}v{height:.4g}h{-width:.4g}z" fill="{color}"{_alpha(opacity)}/>'
        )

    def line(self, points: Sequence[Point], color: str, width: float = 1.0, dash: float = 0.0) -> None:
        dashes = f' stroke-dasharray="{dash:g} {dash:g}"' if dash else ""
        joins = ' stroke-linejoin="round" stroke-linecap="round"' if len(points) > 2 else ""
        self._parts.append(
            f'<path d="{_path(points)}" fill="none" stroke="{color}" stroke-width="{width:g}"{dashes}{joins}/>'
        )

    def area(self, points: Sequence[Point], color: str, opacity: float = 1.0) -> None:
        self._parts.append(f'<path d="{_path(points)}z" fill="{color}"{_alpha(opacity)}/>')

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        self._parts.append(f'<circle cx="{x:.5g}" cy="{y:.5g}" r="{radius:g}" fill="{color}"/>')

    def text(self, x: float, y: float, spans: Sequence[Span], size: float, anchor: str = "start") -> None:
        parts = "".join(
            f'<tspan fill="{color}"{" font-weight=" + chr(34) + "600" + chr(34) if is_bold else ""}>'
            f"{escape(_visible(text))}</tspan>"
            for text, color, is_bold in spans
        )
        self._parts.append(
            f'<text x="{x:.5g}" y="{y + 0.35 * size:.5g}" font-size="{size:g}" text-anchor="{anchor}" '
            f'xml:space="preserve">{parts}</text>'
        )

    def finish(self) -> str:
        """The SVG text."""
        return "\n".join([*self._parts, "</svg>\n"])


class PngCanvas:
    """Draws by Pillow, in twice the final resolution; text is set after the picture has been scaled down.

    Parameters
    ----------
    width, height : int
        Size before `scale`.
    background : str
    scale : int
        Pixels of the file for one of the picture.
    """

    def __init__(self, width: int, height: int, background: str, scale: int = 2) -> None:
        try:
            from PIL import Image, ImageDraw
        except ImportError:
            raise MissingDependency(
                'a PNG of a chart needs Pillow; install it with: pip install "velora-hft[plot]"'
            ) from None
        self._size = (width * scale, height * scale)
        self._scale = scale
        self._fine = 2 * scale
        self._image = Image.new("RGB", (width * self._fine, height * self._fine), background)
        self._draw: Any = ImageDraw.Draw(self._image, "RGBA")
        self._texts: list[tuple[float, float, Sequence[Span], float, str]] = []

    def rect(self, x: float, y: float, width: float, height: float, color: str, opacity: float = 1.0) -> None:
        k = self._fine
        left, top = round(x * k), round(y * k)
        right, bottom = max(left + 1, round((x + width) * k)), max(top + 1, round((y + height) * k))
        self._draw.rectangle((left, top, right - 1, bottom - 1), fill=_rgba(color, opacity))

    def line(self, points: Sequence[Point], color: str, width: float = 1.0, dash: float = 0.0) -> None:
        k = self._fine
        thick = max(1, round(width * k))
        pieces = _dashes(points, dash) if dash else [points]
        for piece in pieces:
            if len(piece) == 2 and (piece[0][0] == piece[1][0] or piece[0][1] == piece[1][1]):
                (x0, y0), (x1, y1) = piece  # as a rectangle: Pillow's lines are not centred to the pixel
                half = width / 2
                upright = x0 == x1
                left, top = min(x0, x1) - half * upright, min(y0, y1) - half * (not upright)
                self.rect(left, top, abs(x1 - x0) + width * upright, abs(y1 - y0) + width * (not upright), color)
            else:
                self._draw.line([(x * k, y * k) for x, y in piece], fill=color, width=thick, joint="curve")

    def area(self, points: Sequence[Point], color: str, opacity: float = 1.0) -> None:
        k = self._fine
        self._draw.polygon([(x * k, y * k) for x, y in points], fill=_rgba(color, opacity))

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        k = self._fine
        box = ((x - radius) * k, (y - radius) * k, (x + radius) * k, (y + radius) * k)
        self._draw.ellipse(box, fill=color)

    def text(self, x: float, y: float, spans: Sequence[Span], size: float, anchor: str = "start") -> None:
        self._texts.append((x, y, spans, size, anchor))

    def finish(self) -> bytes:
        """The PNG file."""
        from PIL import Image, ImageDraw, ImageFont

        image = self._image.resize(self._size, Image.Resampling.BOX)
        draw = ImageDraw.Draw(image)
        for x, y, spans, size, anchor in self._texts:
            font: Any = ImageFont.load_default(size * self._scale)
            lengths = [font.getlength(_visible(text)) for text, _, _ in spans]
            at = x * self._scale - sum(lengths) * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
            for (text, color, is_bold), length in zip(spans, lengths, strict=True):
                place = (at, y * self._scale)
                weight = 0.5 if is_bold else 0.0  # Pillow's own font has no bold face
                draw.text(place, _visible(text), fill=color, font=font, anchor="lm", stroke_width=weight)
                at += length
        out = BytesIO()
        image.save(out, "PNG", optimize=True)
        return out.getvalue()


def _visible(text: str) -> str:
    """Text without what a picture or XML cannot hold."""
    return "".join(one if one.isprintable() else " " for one in text)


def _alpha(opacity: float) -> str:
    return "" if opacity == 1.0 else f' fill-opacity="{opacity:g}"'


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.5g} {y:.5g}" for x, y in points)


def _rgba(color: str, opacity: float) -> tuple[int, int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16), round(255 * opacity)


def _dashes(points: Sequence[Point], dash: float) -> list[list[Point]]:
    """The drawn parts of a dashed line."""
    found: list[list[Point]] = []
    piece: list[Point] = [points[0]]
    left, is_drawn = dash, True
    for (x0, y0), (x1, y1) in pairwise(points):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        done = 0.0
        while length - done > left:
            done += left
            cut = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length)
            if is_drawn:
                found.append([*piece, cut])
            piece, left, is_drawn = [cut], dash, not is_drawn
        left -= length - done
        piece.append((x1, y1))
    if is_drawn and len(piece) > 1:
        found.append(piece)
    return found
