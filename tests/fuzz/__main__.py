"""Run every fuzzer: python -m tests.fuzz [--inputs N] [--seed S] [--seconds T] [NAME ...]."""

from __future__ import annotations

import argparse
import importlib
import sys

from tests.fuzz.harness import run

NAMES = (
    "databento",
    "lobster",
    "bitstamp",
    "binance_archive",
    "binance_capture",
    "binance_json",
    "columns",
    "catalogs",
    "results",
    "journals",
    "config",
)


def main() -> None:
    """Run them one after the other; the exit status says whether one has found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all when not given")
    parser.add_argument("--inputs", type=int, default=10**9, help="of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30, help="for each")
    given = parser.parse_args()
    found = 0
    for name in given.names or NAMES:
        target = importlib.import_module(f"tests.fuzz.{name}").TARGET
        found += run(target, given.inputs, given.seed, given.seconds, f"tests.fuzz.{name}")
    sys.exit(min(found, 1))


if __name__ == "__main__":
    main()
