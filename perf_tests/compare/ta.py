"""Indicators over columns: every function that TA-Lib has, beside the fastest of the libraries that have it.

Each pass calls one function six times in a row with its default parameters, output allocated by the call, as every
library does; Velora runs in a process of its own like the others. The libraries take turns, and the smallest time of a
library counts: the first calls after a pause pay for memory that the system has taken back meanwhile, and other work of
the machine only adds to the time. The test tests/differential/test_indicators_against_talib.py compares the outputs. A
slower figure than in the last run on the same machine means that a kernel of `csrc/src/ta` has become longer, or no
longer vectorises.

    python -m perf_tests.compare.ta [--json] [--rows N ...] [--only NAME ...] [--passes N] [--library NAME ...]
    python -m perf_tests.compare.ta --stream      one update from Python, and 20 indicators over 2,000 symbols
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perf_tests.compare.peer import Peer
from velora import ta
from velora.ta.indicator import identity
from velora.ta.kinds import IndicatorKind
from velora.testkit.candles import random_candles

#: All processes keep the memory that they free, so that page faults do not depend on the functions called before.
MEMORY = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "4294967296"}
#: Library and the environment that has it.
LIBRARIES = {
    "TA-Lib": ("indicators", "talib"),
    "ta-lib-takt": ("ta-lib-takt-0.8.2", "talib"),
    "tulipy": ("indicators", "tulipy"),
    "kand": ("indicators", "kand"),
    "vector-ta": ("indicators", "vector_ta"),
    "wickra": ("indicators", "wickra"),
    "bottleneck": ("indicators", "bottleneck"),
    "quantwave": ("indicators", "quantwave"),
}


def kinds_of_talib(only: list[str]) -> list[IndicatorKind]:
    """Kinds that stand for a function of TA-Lib."""
    found = [kind for kind in ta.kinds().values() if kind.talib]
    return [kind for kind in found if not only or kind.name in only or kind.talib in only]


def columns_for(rows: int) -> dict[str, NDArray[np.float64]]:
    """Candles, and the inputs that are none."""
    candles = random_candles(rows, 42)
    return candles | {"x": candles["close"], "periods": 2.0 + np.arange(rows) % 29}


def compare(rows: int, kinds: list[IndicatorKind], passes: int, libraries: list[str]) -> list[dict[str, Any]]:
    """ns a row of each function: ours and theirs."""
    columns = columns_for(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candles.npz"
        np.savez(path, **columns)
        chosen = {name: LIBRARIES[name] for name in libraries}
        environments = {"velora", *(environment for environment, _ in chosen.values())}
        peers = {name: Peer(name, "indicators.py", path, **MEMORY) for name in sorted(environments)}
        found = []
        for kind in kinds:
            params = [param.default if param.type == "float" else int(param.default) for param in kind.params]
            ask = {"name": kind.name, "function": kind.talib, "inputs": list(kind.inputs), "params": params}
            times: dict[str, list[float]] = {}
            for _ in range(passes):
                for name, (environment, library) in {"velora": ("velora", "velora.ta"), **chosen}.items():
                    if times.get(name) == []:
                        continue
                    request = json.dumps(ask | {"library": library}, separators=(",", ":"))
                    answer = peers[environment].run(request)
                    if "seconds" in answer:
                        times.setdefault(name, []).append(answer["seconds"])
                    else:
                        times[name] = []
            ns = {name: min(values) / rows * 1e9 for name, values in times.items() if values}
            others = {name: value for name, value in ns.items() if name != "velora"}
            fastest = min(others, key=others.__getitem__) if others else ""
            found.append(
                {"function": kind.talib, "rows": rows, "ns": ns, "fastest": fastest}
                | {"over_talib": ns["TA-Lib"] / ns["velora"] if "TA-Lib" in ns else None}
                | {"over_fastest": others[fastest] / ns["velora"] if fastest else None}
            )
            show_progress(kind.talib)
        for peer in peers.values():
            peer.close()
    return found


def show_progress(function: str) -> None:
    """The function that was measured, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{function:<22}", end="", file=sys.stderr, flush=True)


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The geometric mean over TA-Lib, and the share of functions that no library does faster."""
    over = [line["over_talib"] for line in found if line["over_talib"]]
    first = [line["over_fastest"] >= 1.0 for line in found if line["over_fastest"]]
    return {
        "rows": found[0]["rows"],
        "functions": len(found),
        "geometric_mean_over_talib": math.exp(statistics.fmean(map(math.log, over))) if over else None,
        "share_at_least_as_fast_as_the_fastest": statistics.fmean(first) if first else None,
    }


def bare_call() -> float:
    """ns of a call from Python into C with a float in and one out, the loop included: the floor of an update."""
    values, best = [float(i) for i in range(200_000)], math.inf
    call = identity
    for _ in range(7):
        began = time.perf_counter()
        for x in values:
            call(x)
        best = min(best, time.perf_counter() - began)
    return best / len(values) * 1e9


def stream(passes: int) -> list[dict[str, Any]]:
    """ns of one update from Python, and of all values of a panel."""
    values, found = [100.0 + math.sin(i) for i in range(200_000)], []
    floor = bare_call()
    found.append({"update": "bare call", "ns": floor, "over_bare_call": 1.0})
    for name in ("EMA", "SMA", "WMA", "RSI", "KAMA", "T3", "DEMA", "STDDEV", "MAX", "MACD", "BBANDS"):
        kind = next((kind for kind in ta.kinds().values() if kind.class_name == name), None)
        if kind is None:
            continue
        best = math.inf
        for _ in range(passes):
            update = getattr(ta, name)().update
            began = time.perf_counter()
            for x in values:
                update(x)
            best = min(best, time.perf_counter() - began)
        ns = best / len(values) * 1e9
        found.append({"update": name, "ns": ns, "over_bare_call": ns / floor})
    panel = ta.Panel([ta.EMA(n) for n in range(5, 15)] + [ta.SMA(n) for n in range(10, 20)], 2_000)
    row, best = np.random.default_rng(1).normal(100.0, 1.0, 2_000), math.inf
    for _ in range(50 * passes):
        began = time.perf_counter()
        panel.update(close=row)
        best = min(best, time.perf_counter() - began)
    found.append({"panel": "20 indicators, 2,000 symbols", "ms": best * 1e3})
    return found


def show(found: list[dict[str, Any]], total: dict[str, Any]) -> None:
    """A table, slowest against its fastest peer first."""
    print(f"{'function':<22}{'velora':>8}{'TA-Lib':>8}{'ratio':>7}  fastest")
    for line in sorted(found, key=lambda one: one["over_fastest"] or math.inf):
        ns = line["ns"]
        talib = f"{ns['TA-Lib']:8.2f}{line['over_talib']:7.2f}" if "TA-Lib" in ns else f"{'':15}"
        fastest = (
            f"  {line['fastest']} {ns[line['fastest']]:.2f} ({line['over_fastest']:.2f})" if line["fastest"] else ""
        )
        print(f"{line['function']:<22}{ns['velora']:8.2f}{talib}{fastest}")
    print(json.dumps(total))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.ta", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON a function and one for all")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--only", nargs="+", default=[], help="names of functions")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--library", nargs="+", default=list(LIBRARIES), choices=list(LIBRARIES))
    parser.add_argument("--stream", action="store_true", help="updates one at a time instead")
    given = parser.parse_args()
    if given.stream:
        for line in stream(given.passes):
            print(json.dumps(line) if given.json else "  ".join(f"{k}: {v}" for k, v in line.items()))
        return
    for rows in given.rows:
        found = compare(rows, kinds_of_talib(given.only), given.passes, given.library)
        total = summary(found)
        if given.json:
            for line in [*found, total]:
                print(json.dumps(line))
        else:
            show(found, total)


if __name__ == "__main__":
    main()
