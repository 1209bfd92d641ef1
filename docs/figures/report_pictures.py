"""The pictures of a report on the landing page, light and dark; needs Chromium and the extras report and plot.

python docs/figures/report_pictures.py [chromium]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

import velora as vl

STATIC = Path(__file__).parents[1] / "static"
SIZE = "1240,760"
SCHEMES = {"dark": 0, "light": 1}


class Quoter(vl.Strategy):
    """Quotes the best prices and stops adding at a position of 0.05."""

    def on_start(self) -> None:
        self.every("100ms", self.requote)

    def requote(self) -> None:
        book = self.book("SYNUSDT")
        held = self.position("SYNUSDT").qty
        bid, ask = book.best_bid if held < 0.05 else None, book.best_ask if held > -0.05 else None
        self.quote(book.instrument, bid=bid, ask=ask, qty=0.01)


def draw(browser: str) -> None:
    """Run, write the report, and take its picture in both schemes."""
    market = vl.SyntheticMarket(seed=7, duration="10m")
    result = vl.Backtest(market, Quoter(), latency="5ms", cash=10_000, fees=("-0.00005", "0.0004")).run()
    with tempfile.TemporaryDirectory() as folder:
        result.to_html(Path(folder, "report.html"))
        for scheme, number in SCHEMES.items():
            shot = Path(folder, f"{scheme}.png")
            subprocess.run(
                [
                    browser,
                    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=8000"),
                    f"--blink-settings=preferredColorScheme={number}",
                    f"--window-size={SIZE}",
                    f"--screenshot={shot}",
                    Path(folder, "report.html").as_uri(),
                ],
                check=True,
                capture_output=True,
            )
            picture = Image.open(shot).convert("RGB").quantize(128, dither=Image.Dither.NONE)
            picture.save(STATIC / f"report-{scheme}.png", optimize=True)


if __name__ == "__main__":
    draw(sys.argv[1] if len(sys.argv) > 1 else "chromium")
