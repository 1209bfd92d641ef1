"""Helpers of the numbered examples: the market they run on, and a line for each result."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

import velora as vl
from velora.data.importers.binance_capture import import_captures
from velora.data.schema import COLUMNS

SHARED = Path(os.environ.get("VELORA_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"

#: Captures of 2024-08-08, 23:54 to 24:00, recorded side by side by one recorder.
CAPTURES = {
    "BTCUSDT@binance_usdm": "binance_usdm/btcusdt_20240808.gz",
    "ETHUSDT@binance_usdm": "binance_usdm/ethusdt_20240808.gz",
    "BTCUSDT@binance_spot": "binance_spot/btcusdt_20240808.gz",
    "ETHUSDT@binance_spot": "binance_spot/ethusdt_20240808.gz",
}


def options(doc: str | None) -> argparse.Namespace:
    """The command line of an example."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--session", action="store_true", help=f"use the recorded session in {SHARED} ($VELORA_SHARED)")
    parser.add_argument("--catalog", help="use the recorded session in this catalog")
    parser.add_argument("--symbol", default="BTCUSDT@binance_usdm", help="instrument of the session")
    return parser.parse_args()


def recorded(*names: str, catalog: str | None = None) -> list[vl.EventTable]:
    """Sessions from a catalog, or from the shared captures; all on the clock of one recorder.

    Each import shifts its times of receipt so that its smallest latency is 1 ms. Several imports of one recorder are
    comparable only with a common shift: the largest of these shifts.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = vl.Catalog(catalog or folder, create=True)
        if catalog is None:
            for name in names:
                import_captures([SHARED / CAPTURES[name]], store)
        tables = [store.source(name).table() for name in names]
        shifts = [store.info(name)["parts"][0].get("clock_shift_ns", 0) for name in names]
    return [delayed(table, max(shifts) - shift) for table, shift in zip(tables, shifts, strict=True)]


def delayed(table: vl.EventTable, ns: int) -> vl.EventTable:
    """The same events, received later."""
    columns = {name: getattr(table, name) for name in COLUMNS}
    return vl.EventTable.from_numpy(table.instrument, **{**columns, "ts_recv": table.ts_recv + np.int64(ns)})


def market(args: argparse.Namespace, duration: str = "3m") -> vl.EventTable:
    """The market of an example with one instrument."""
    if args.session or args.catalog:
        return recorded(args.symbol, catalog=args.catalog)[0]
    return vl.SyntheticMarket(seed=7, duration=duration).table()


def clip(table: vl.EventTable, notional: float = 600.0) -> int:
    """Lots for about this amount of money at the first price, at least one."""
    one = table.instrument
    first = int(table.price[np.isin(table.kind, (vl.EventKind.TRADE, vl.EventKind.QUOTE))][0])
    return max(1, round(notional / (one.ticks_to_price(first) * one.lots_to_qty(1))))


def line(name: str, result: vl.Result) -> str:
    """One result as a line: its earnings before and after fees, and its hash."""
    figures = result.statistics()
    money = figures["money"][0]
    pnl, fees = money["pnl"], money["fees"]
    per_turnover = money["return_on_turnover_bps"]
    return (
        f"{name:24} {figures['orders']:6} orders {figures['fills']:5} fills {money['maker_share'] or 0:5.0%} maker"
        f"{pnl + fees:+10.3f} before fees {fees:8.3f} fees {pnl:+10.3f} after fees, {money['currency']}"
        f" ({per_turnover or 0:+.2f} bps of turnover)   Hash {result.hash}"
    )


def worth(result: vl.Result) -> str:
    """Mean value of the fills against the mid, in basis points of their notional, before fees.

    Fills of one burst are correlated, so the standard errors are those of sums over ten seconds each.
    """
    fills = result.fills
    notional, block = fills["notional"].to_numpy(), result.fills_raw["ts_local"] // 10_000_000_000
    parts = []
    for column, when in (("edge", "at the fill"), ("markout_1s", "1 s later"), ("markout_10s", "10 s later")):
        gain = fills[column].to_numpy() / notional * 1e4
        known = ~np.isnan(gain)
        count = max(int(known.sum()), 1)
        mean = gain[known].sum() / count
        sums = np.bincount(np.unique(block[known], return_inverse=True)[1], gain[known] - mean)
        parts.append(f"{mean:+.3f} ± {np.sqrt(np.sum(sums**2)) / count:.3f} bps {when}")
    return f"{'':24} a fill is worth " + ", ".join(parts)
