"""Draw the figure of the lead-lag example: python docs/figures/lead_lag.py BTC_SPOT BTC_PERP ETH_SPOT ETH_PERP

The arguments are captures of Binance spot and USD-M of one recorder.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np

from velora.data import open_sessions
from velora.testkit.pairs import lagging_pair

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "examples"))
lead_lag = importlib.import_module("12_lead_lag")

WIDTH, HEIGHT, PAD = 300, 230, 40
LOW, HIGH = -0.1, 0.4


def panel(at: int, title: str, whole, capped) -> str:
    """Correlation against lag with its standard errors; the capped one as a line."""
    ox = at * WIDTH
    lags = whole.lags_ms

    def px(lag: float) -> float:
        return ox + PAD + (lag - lags[0]) / (lags[-1] - lags[0]) * (WIDTH - PAD - 12)

    def py(value: float) -> float:
        return 30 + (HIGH - value) / (HIGH - LOW) * (HEIGHT - 70)

    out = [f'<text x="{ox + PAD}" y="18" class="title">{title}</text>']

    def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
        return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'

    for value in np.arange(LOW, HIGH + 0.01, 0.1):
        y = py(value)
        out.append(line(px(lags[0]), y, px(lags[-1]), y, "grid"))
        out.append(f'<text x="{ox + PAD - 5}" y="{y + 3:.1f}" class="label" text-anchor="end">{value:.1f}</text>')
    out.append(line(px(0), py(LOW), px(0), py(HIGH), "zero"))
    out.extend(
        f'<text x="{px(lag):.1f}" y="{HEIGHT - 26}" class="label" text-anchor="middle">{lag}</text>'
        for lag in range(-200, 201, 100)
    )
    label = "ms by which the first is earlier"
    out.append(f'<text x="{px(0):.1f}" y="{HEIGHT - 10}" class="label" text-anchor="middle">{label}</text>')
    for lag, value, error in zip(lags, whole.value, whole.error, strict=True):
        top, bottom = min(value + error, HIGH), max(value - error, LOW)
        out.append(line(px(lag), py(top), px(lag), py(bottom), "error"))
        out.append(f'<circle cx="{px(lag):.1f}" cy="{py(value):.1f}" r="2" class="dot"/>')
    points = " ".join(f"{px(lag):.1f},{py(value):.1f}" for lag, value in zip(capped.lags_ms, capped.value, strict=True))
    out.append(f'<polyline points="{points}" class="capped"/>')
    return "\n".join(out)


def main(btc_spot: str, btc_perpetual: str, eth_spot: str, eth_perpetual: str) -> None:
    """Write the SVG."""
    pairs = {
        "BTCUSDT, spot and perpetual": open_sessions([btc_spot, btc_perpetual]),
        "ETHUSDT, spot and perpetual": open_sessions([eth_spot, eth_perpetual]),
        "synthetic, 40 ms and more built in": lagging_pair(),
    }
    charts = []
    for at, (title, tables) in enumerate(pairs.items()):
        both = [lead_lag.mids(table) for table in tables]
        charts.append(panel(at, title, lead_lag.measure(*both), lead_lag.measure(*both, cap=99.0)))
    style = (
        "<style>text{font-family:system-ui,sans-serif;fill:#555}.title{font-size:13px;fill:#222}.label{font-size:10px}"
        ".grid{stroke:#ddd}.zero{stroke:#999;stroke-dasharray:3 3}.error{stroke:#4878a8;stroke-width:1}"
        ".dot{fill:#4878a8}.capped{fill:none;stroke:#c44;stroke-width:1.2}</style>"
    )
    wide = len(pairs) * WIDTH
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {HEIGHT}" width="{wide}">'
        f'{style}<rect width="100%" height="100%" fill="#fff"/>{"".join(charts)}</svg>\n'
    )
    (HERE / "lead_lag.svg").write_text(svg)


if __name__ == "__main__":
    main(*sys.argv[1:])
