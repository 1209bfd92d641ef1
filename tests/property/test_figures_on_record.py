"""Equity curves and figures that runs had when every holding was sampled at every instant, whether it had ever traded.

The record is tests/golden/figures.json: by run, a digest of the equity table and of the figures, of the account and of
each strategy. A change that is meant writes it anew:

    python tests/property/test_figures_on_record.py
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

import pytest
from test_retention_properties import INVERSE, LINEAR, ODD, SPOT, Noise, market

import velora as vl
from velora.backtest.result import Result

RECORD = Path(__file__).resolve().parents[1] / "golden" / "figures.json"
MIDS = {"LIN": 600_001, "ODD": 3_333, "INV": 120_001, "SPT": 250_000}


class Idle(vl.Strategy):
    """Never trades."""


class Late(Noise):
    """Trades one instrument, from the middle of the session to a while before its end."""

    def on_start(self) -> None:
        self.after("60s", super().on_start)
        self.after("120s", self.cancel_timer_of_all)

    def act(self) -> None:
        if not self.is_over and len(self.instruments) > 1 and self.rng.random() < 0.2:
            self.buy(self.instruments[1], qty_lots=1)

    is_over = False

    def cancel_timer_of_all(self) -> None:
        self.is_over = True


RUNS = {
    "one instrument": ((LINEAR,), ["noise"], {"sample": "100ms"}),
    "after fills alone": ((LINEAR, ODD), ["noise", "noise"], {"sample": 0}),
    "three currencies, with strategies that never or late trade": (
        (LINEAR, INVERSE, SPOT), ["idle", "noise", "late", "noise"], {"sample": "1s"}
    ),
    "fills at the instants of the samples": ((LINEAR, INVERSE), ["noise", "late"], {"sample": "50ms", "latency": 0}),
    "after a warm-up": ((LINEAR, SPOT), ["late", "noise"], {"sample": "250ms", "warmup": "30s"}),
    "nothing traded": ((LINEAR, SPOT), ["idle", "idle"], {"sample": "1s"}),
    "one that never traded": ((INVERSE,), ["idle"], {"sample": 0}),
}  # fmt: skip
MAKERS = {"noise": Noise, "late": Late, "idle": lambda _: Idle()}


@functools.cache
def run(name: str, retention: int | None = None) -> Result:
    instruments, kinds, options = RUNS[name]
    tables = [market(one, number, MIDS[one.symbol]) for number, one in enumerate(instruments)]
    cash = {one.settle: 5_000 for one in instruments}
    strategies = {f"{kind}{at}": MAKERS[kind](at) for at, kind in enumerate(kinds)}
    options = {"latency": "3ms", "cash": cash, "on_error": "raise", "retention": retention, **options}
    return vl.Backtest(tables, strategies, **options).run()


def curve(result: Result) -> str:
    """Digest of the equity table."""
    table = result.equity
    rows = json.dumps([[str(value) for value in table.column(name).to_pylist()] for name in sorted(table.column_names)])
    return hashlib.blake2b(rows.encode(), digest_size=8).hexdigest()


def figures(result: Result) -> dict[str, object]:
    """What a result says of the whole run."""
    statistics = dict(result.statistics())
    assert statistics.pop("period_s") == (result.period[1] - result.period[0]) / 1e9
    balances: dict[str, float] = {}
    for one in statistics.pop("balances"):
        balances.setdefault(one["asset"], one["lowest"])
    return {
        "hash": result.hash,
        "period": list(result.period),
        "pnl": [result.pnl_units(currency) for currency in result.currencies],
        "balances": balances,
        "statistics": hashlib.blake2b(repr(statistics).encode(), digest_size=8).hexdigest(),
        "causes": hashlib.blake2b(repr(result.pnl_by_cause().to_pylist()).encode(), digest_size=8).hexdigest(),
    }


def parts(result: Result) -> list[Result]:
    return [result, *(result.of(k) for k in range(len(result.strategies)))]


@pytest.mark.parametrize("name", list(RUNS))
def test_curves_and_figures_are_those_on_record(name):
    recorded = json.loads(RECORD.read_text())[name]
    found = [{**figures(part), "curve": curve(part)} for part in parts(run(name))]
    assert found == recorded


@pytest.mark.parametrize("name", [name for name, (_, _, options) in RUNS.items() if options["sample"] != 0])
def test_a_retention_bound_keeps_the_figures_on_record_and_the_end_of_the_curve(name):
    recorded = json.loads(RECORD.read_text())[name]
    result = run(name, 50)
    for part, whole, expected in zip(parts(result), parts(run(name)), recorded, strict=True):
        assert figures(part) == {key: value for key, value in expected.items() if key != "curve"}
        rows, all_rows = ([str(row) for row in one.equity.to_pylist()] for one in (part, whole))
        assert rows
        assert set(rows) <= set(all_rows)
        assert rows[-1] == all_rows[-1]


if __name__ == "__main__":
    values = {name: [{**figures(part), "curve": curve(part)} for part in parts(run(name))] for name in RUNS}
    RECORD.write_text(json.dumps(values, indent=1) + "\n")
