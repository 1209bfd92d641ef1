"""TWAP: a large buy order spread evenly over time, and the value of patience.

    python examples/04_twap.py                          # the synthetic market
    python examples/04_twap.py --session FILE --qty 5   # yours

Assumes that the price of the next minutes is as likely to rise as to fall: then the mean price of the period is a fair
benchmark. Each slice rests at the best bid for its patience and then crosses the spread. Resting saves the spread and
pays the maker's fee, but a resting order is filled when the price falls through it and must pay up when the price
rises. TWAP earns nothing by itself: after fees it costs 2 bps here if the slices may rest long, and 5 bps if they cross
at once; nearly all of it is fees.
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import parser, sessions, write_html

PATIENCE = (0.0, 0.3, 0.6, 0.9)


def main(data: vl.EventTable | vl.SyntheticMarket, qty: float = 20.0) -> dict[str, vl.Result]:
    """Run the same order with each patience."""
    symbol = data.instrument.symbol
    print("patience   average price   cost against the mean price   fees          maker   orders")
    results = {}
    for patience in PATIENCE:
        twap = vl.Twap(symbol, "BUY", qty=qty, duration="2m", slices=40, patience=patience, seed=1)
        result = vl.Backtest(data, twap, latency="5ms", fees=("0.0002", "0.0005")).run()
        report = twap.execution.report()
        results[f"patience {patience:.0%}"] = result
        print(
            f"{patience:8.0%} {report.avg_price or 0:15,.3f} {report.twap_bps or 0:+25.3f} bps "
            f"{report.fees_bps or 0:+8.3f} bps {report.maker_share or 0:9.1%} {report.orders:8}   Hash {result.hash}"
        )
    print()
    print(report)
    return results


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--qty", type=float, default=20.0)
    given = arguments.parse_args()
    market = sessions(given)[0] if given.session else vl.SyntheticMarket(seed=7, duration="130s")
    write_html(given, main(market, given.qty))
