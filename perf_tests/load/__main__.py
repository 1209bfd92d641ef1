"""What grows with what: CPU time and memory of each shape at growing sizes.

A figure is the least of some passes, each in a process of its own. The exponent is that of the last doubling or
tenfold: 1 is linear, 2 the square. Sizes that would take longer than `--limit` by the growth seen so far are left out.

    python -m perf_tests.load [--json] [--quick] [--only TEXT] [--sizes N,N,N] [--passes N] [--limit SECONDS]
"""

from __future__ import annotations

import argparse
import json
import math
import sys

from perf_tests.load.measure import Figure, growth, measure
from perf_tests.load.shapes import SHAPES


def main() -> int:
    """Measure and print; the exit status, 1 when a shape grows with the square."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--quick", action="store_true", help="two small sizes")
    parser.add_argument("--only", action="append", default=[], help="shapes whose name holds this text")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one figure at most")
    options = parser.parse_args()
    sizes = [2_000, 8_000] if options.quick else [int(one) for one in options.sizes.split(",")]
    names = [name for name in SHAPES if not options.only or any(text in name for text in options.only)]
    if not options.json:
        print(f"{'shape':58}" + "".join(f"{f'{n:,}':>12}{'MB':>7}" for n in sizes) + f"{'exponent':>10}")
    worst = 0.0
    for name in names:
        figures: list[Figure] = []
        for n in sizes:
            power = max(growth(figures), 1.0) if len(figures) > 1 else 2.0
            if figures and figures[-1].seconds * (n / figures[-1].n) ** power > options.limit * 4:
                break
            figures.append(measure(name, n, options.passes if not figures or figures[-1].seconds < 1 else 1))
        power = growth(figures)
        worst = max(worst, power if not math.isnan(power) else 0.0)
        if options.json:
            shown = None if math.isnan(power) else round(power, 2)
            print(json.dumps({"shape": name, "exponent": shown, "figures": [one._asdict() for one in figures]}))
        else:
            cells = "".join(f"{one.seconds * 1e3:>10.1f}ms{one.mb:>7.0f}" for one in figures)
            print(f"{name:58}{cells}{'' if len(figures) == len(sizes) else '   (too long)'}{power:>10.2f}", flush=True)
    return 1 if worst > 1.7 else 0


if __name__ == "__main__":
    sys.exit(main())
