"""VWAP: a large sell order spread like the volume of the day before.

    python examples/05_vwap.py                          # synthetic days
    python examples/05_vwap.py --session FILE --qty 5   # yours

Assumes that the volume is distributed as on the day before: here "days" of three minutes whose volume is a smile, busy
at both ends, made of pieces of the synthetic market. The curve is estimated on one day and used on the next; TWAP
beside it shows the value of the curve. Over the days shown, VWAP misses the volume-weighted price by about half as much
as TWAP does, which instead is within a tick of the mean price. Neither earns anything: they pay fees of 2 to 3 bps, as
much as the tracking error. With a session, the curve is estimated on the first third of the session.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import velora as vl
from velora.testkit.study import parser, sessions, write_html

DAY_S = 180
#: Market orders per second and side without excitation, piece by piece.
SMILE = (2.4, 1.4, 0.6, 0.6, 1.4, 2.4)
COLUMNS = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
NS = 1_000_000_000


def day(number: int) -> vl.EventTable:
    """A session of `DAY_S` whose volume is a smile; each piece starts at the last price of the previous one."""
    piece_s, price = DAY_S // len(SMILE), 3000.0
    pieces: list[vl.EventTable] = []
    for at, rate in enumerate(SMILE):
        start = (number * DAY_S + at * piece_s) * NS
        market = vl.SyntheticMarket(
            seed=100 * number + at, start=start, duration=f"{piece_s}s", price=price, market=rate
        )
        table = market.table()
        last = table.price[table.kind == vl.EventKind.TRADE][-1]
        price = table.instrument.ticks_to_price(int(last))
        pieces.append(table)
    joined: dict[str, Any] = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in COLUMNS}
    joined["ts_recv"] = np.maximum.accumulate(joined["ts_recv"])  # keep the order of receipt where pieces join
    return vl.EventTable.from_numpy(pieces[0].instrument, **joined)


def parts(table: vl.EventTable) -> list[vl.EventTable]:
    """The first third of a session, whose curve is used on the rest."""
    first, last = int(table.ts_recv[0]), int(table.ts_recv[-1])
    cut = first + (last - first) // 3
    return [table.between(None, cut), table.between(cut, None)]


def main(days: list[vl.EventTable], qty: float = 60.0, period_s: int = DAY_S) -> dict[str, vl.Result]:
    """Run the same order by VWAP and by TWAP, day after day: the curve of each is used on the next."""
    symbol, results = days[0].instrument.symbol, {}
    misses: dict[str, list[float]] = {"VWAP": [], "TWAP": []}
    for past, today in itertools.pairwise(days):
        curve = vl.VolumeCurve.of_table(past, buckets=36, period=f"{period_s}s")
        duration = min(DAY_S * NS, int(today.ts_recv[-1] - today.ts_recv[0])) * 95 // 100
        algorithms: dict[str, vl.Algorithm] = {
            "VWAP": vl.Vwap(symbol, "SELL", qty=qty, duration=vl.ns(duration), slices=60, curve=curve, seed=1),
            "TWAP": vl.Twap(symbol, "SELL", qty=qty, duration=vl.ns(duration), slices=60, seed=1),
        }
        for name, algorithm in algorithms.items():
            result = vl.Backtest(today, algorithm, latency="5ms", fees=("0.0002", "0.0005")).run()
            results[f"{name} {len(misses[name]) + 1}"] = result
            report = algorithm.execution.report()
            misses[name].append(report.vwap_bps or 0.0)
            print(
                f"{name}   cost against the VWAP {report.vwap_bps or 0:+7.3f} bps, against the mean price "
                f"{report.twap_bps or 0:+7.3f} bps, fees {report.fees_bps or 0:+6.3f} bps   Hash {result.hash}"
            )
    for name, values in misses.items():
        rms = math.sqrt(sum(value * value for value in values) / len(values))
        print(f"{name} misses the volume-weighted price by {rms:.2f} bps (root mean square)")
    return results


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--qty", type=float, default=60.0)
    given = arguments.parse_args()
    if given.session:
        days = parts(sessions(given)[0])
        first_s = max(1, int(days[0].ts_recv[-1] - days[0].ts_recv[0]) // NS)
        # In a session shorter than the period, parts of the curve would have no volume.
        period_s = DAY_S if 3 * first_s >= DAY_S else first_s
    else:
        days, period_s = [day(number) for number in range(5)], DAY_S
    write_html(given, main(days, given.qty, period_s))
