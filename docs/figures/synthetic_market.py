"""Draw the figures of the synthetic market's page: python docs/figures/synthetic_market.py"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

import velora as vl
from velora.core.events import EventKind, Side

HERE = Path(__file__).parent
WIDTH, HEIGHT, PAD = 420, 240, 46


def panel(at: int, title: str, xs, ys, *, bars: bool, xlabel: str, reference=None) -> str:
    """One chart as SVG, the at-th of a grid two wide."""
    ox, oy = (at % 2) * WIDTH, (at // 2) * HEIGHT
    xs, ys = np.asarray(xs, float), np.asarray(ys, float)
    low = min(0.0, float(ys.min()))
    high = float(max(ys.max(), max(reference) if reference is not None else ys.max())) * 1.05 or 1.0
    span = float(xs.max() - xs.min()) or 1.0

    def px(x: float) -> float:
        return (
            ox + PAD + (x - float(xs.min()) + (0.5 if bars else 0)) / (span + (1 if bars else 0)) * (WIDTH - PAD - 14)
        )

    def py(y: float) -> float:
        return oy + HEIGHT - 34 - (y - low) / (high - low) * (HEIGHT - 70)

    out = [f'<text x="{ox + PAD}" y="{oy + 20}" class="title">{title}</text>']
    out.append(f'<text x="{ox + WIDTH / 2}" y="{oy + HEIGHT - 4}" class="label" text-anchor="middle">{xlabel}</text>')
    for y in np.linspace(low, high / 1.05, 4):
        out.append(f'<line x1="{ox + PAD}" x2="{ox + WIDTH - 14}" y1="{py(y):.1f}" y2="{py(y):.1f}" class="grid"/>')
        value = f"{y:,.0f}" if high > 100 else f"{y:.3g}"
        out.append(f'<text x="{ox + PAD - 6}" y="{py(y) + 4:.1f}" class="label" text-anchor="end">{value}</text>')
    step = max(1, len(xs) // 6)
    out.extend(
        f'<text x="{px(x):.1f}" y="{oy + HEIGHT - 19}" class="label" text-anchor="middle">{x:.4g}</text>'
        for x in xs[::step]
    )
    if bars:
        wide = (WIDTH - PAD - 14) / (span + 1) * 0.8
        for x, y in zip(xs, ys, strict=True):
            top, bottom = min(py(y), py(0)), max(py(y), py(0))
            left, height = px(x) - wide / 2, bottom - top
            bar = f'x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{height:.1f}"'
            out.append(f'<rect {bar} class="bar"/>')
    else:
        points = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in zip(xs, ys, strict=True))
        out.append(f'<polyline points="{points}" class="line"/>')
    if reference is not None:
        points = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in zip(xs, reference, strict=True))
        out.append(f'<polyline points="{points}" class="reference"/>')
    return "\n".join(out)


def depth_profile(table: vl.EventTable, levels: int = 30, samples: int = 400) -> np.ndarray:
    """Mean lots at each distance from the own best price, over evenly spaced moments."""
    book = vl.OrderBookL2(table.instrument)
    total = np.zeros(levels)
    cuts = np.linspace(0, len(table), samples + 1).astype(int)
    for a, b in pairwise(cuts):
        book.apply(table.kind[a:b], table.side[a:b], table.price[a:b], table.qty[a:b])
        for side, best, sign in ((0, book.best_bid_ticks, -1), (1, book.best_ask_ticks, 1)):
            total += [book.qty_lots(side, best + sign * i) for i in range(levels)]
    return total / (2 * samples)


def main() -> None:
    """Write the SVG and the table."""
    table = vl.SyntheticMarket(7).table()
    quote = table.kind == EventKind.QUOTE
    bid, ask = table.price[quote & (table.side == Side.BUY)], table.price[quote & (table.side == Side.SELL)]
    ts = table.ts_event[quote & (table.side == Side.BUY)]
    held, spread = np.diff(ts), (ask - bid)[:-1]
    shares = np.array([held[spread == s].sum() for s in range(1, 7)]) / held.sum()

    trade = table.kind == EventKind.TRADE
    moments, first = np.unique(table.ts_event[trade], return_index=True)
    signs = np.where(table.side[trade][first] == Side.BUY, 1.0, -1.0)
    lags = np.arange(1, 51)
    acf = [np.corrcoef(signs[:-lag], signs[lag:])[0, 1] for lag in lags]

    gaps = np.diff(moments) / 1e6
    edges = np.linspace(0, 300, 31)
    found = np.histogram(gaps, edges)[0] / len(gaps)
    poisson = np.diff(-np.exp(-edges / gaps.mean()))

    seconds = np.arange(ts[0], ts[-1], 10**9)
    mid = ((bid + ask) / 2)[np.searchsorted(ts, seconds, side="right") - 1] * float(table.instrument.tick_size)
    moves = np.diff(mid)
    counts = np.histogram(moments, seconds)[0]

    profile = depth_profile(table)
    charts = [
        panel(0, "share of time at each spread", np.arange(1, 7), shares, bars=True, xlabel="spread, ticks"),
        panel(
            1, "mean depth behind the best price", np.arange(len(profile)), profile, bars=True, xlabel="ticks behind"
        ),
        panel(2, "autocorrelation of market-order signs", lags, acf, bars=True, xlabel="lag, orders"),
        panel(
            3,
            "time between market orders (line: Poisson)",
            edges[:-1] / 10,
            found,
            bars=True,
            xlabel="10 ms",
            reference=poisson,
        ),
        panel(4, "mid price", (seconds - seconds[0]) / 1e9, mid - mid[0], bars=False, xlabel="seconds"),
        panel(5, "market orders in each second", np.arange(len(counts)), counts, bars=False, xlabel="seconds"),
    ]
    style = (
        "<style>text{font-family:system-ui,sans-serif;fill:#555}.title{font-size:13px;fill:#222}.label{font-size:10px}"
        ".grid{stroke:#ddd}.bar{fill:#4878a8}.line{fill:none;stroke:#4878a8;stroke-width:1.2}"
        ".reference{fill:none;stroke:#c44;stroke-width:1.4}</style>"
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {3 * HEIGHT}" width="{2 * WIDTH}">'
        f'{style}<rect width="100%" height="100%" fill="#fff"/>{"".join(charts)}</svg>\n'
    )
    (HERE / "synthetic_market.svg").write_text(svg)
    returns = moves / mid[:-1]
    kurtosis = float(((moves - moves.mean()) ** 4).mean() / moves.var() ** 2)
    rows = [
        ("time at a spread of one tick", f"{shares[0]:.1%}"),
        ("volatility of one-second returns, a year", f"{np.sqrt(returns.var() * 365 * 86400):.0%}"),
        ("kurtosis of one-second moves (normal: 3)", f"{kurtosis:.1f}"),
        ("market orders a second", f"{len(moments) / ((moments[-1] - moments[0]) / 1e9):.1f}"),
        ("their sign autocorrelation at lag 1, 10, 50", ", ".join(f"{acf[lag - 1]:.2f}" for lag in (1, 10, 50))),
        ("standard deviation over mean of the time between them (Poisson: 1)", f"{gaps.std() / gaps.mean():.2f}"),
        ("variance over mean of their count in a second (Poisson: 1)", f"{counts.var() / counts.mean():.1f}"),
    ]
    lines = ["| figure | value |", "|---|---|", *[f"| {name} | {value} |" for name, value in rows]]
    (HERE / "synthetic_market.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
