"""TWAP: a large buy order spread evenly over time, and the value of patience.

    python examples/04_twap.py                                           # the synthetic market
    python examples/04_twap.py --catalog catalog --symbol BTCUSDT --qty 5

Assumes that the price of the next minutes is as likely to rise as to fall: then the mean price of the period is a fair
benchmark. Each slice rests at the best bid for its patience and then crosses the spread. Resting saves the spread and
pays the maker's fee, but a resting order is filled when the price falls through it and must pay up when the price
rises. TWAP earns nothing by itself: after fees it costs 2 bps here if the slices may rest long, and 5 bps if they cross
at once; nearly all of it is fees.
"""

from __future__ import annotations

import argparse

import velora as vl

PATIENCE = (0.0, 0.3, 0.6, 0.9)


def main(catalog: str | None = None, symbol: str = "SYNUSDT", qty: float = 20.0) -> list[vl.ExecutionReport]:
    """Run the same order with each patience."""
    data: object = vl.SyntheticMarket(seed=7, duration="130s")
    if catalog is not None:
        data = vl.Catalog(catalog).source(symbol)
    print("patience   average price   cost against the mean price   fees          maker   orders")
    reports = []
    for patience in PATIENCE:
        twap = vl.Twap(symbol, "BUY", qty=qty, duration="2m", slices=40, patience=patience, seed=1)
        result = vl.Backtest(data, twap, latency="5ms", fees=("0.0002", "0.0005")).run()
        report = twap.execution.report()
        reports.append(report)
        print(
            f"{patience:8.0%} {report.avg_price or 0:15,.3f} {report.twap_bps or 0:+25.3f} bps "
            f"{report.fees_bps or 0:+8.3f} bps {report.maker_share or 0:9.1%} {report.orders:8}   Hash {result.hash}"
        )
    print()
    print(reports[-1])
    return reports


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", help="catalog to read from; the synthetic market by default")
    parser.add_argument("--symbol", default="SYNUSDT")
    parser.add_argument("--qty", type=float, default=20.0)
    arguments = parser.parse_args()
    main(arguments.catalog, arguments.symbol, arguments.qty)
