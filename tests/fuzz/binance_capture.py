"""Raw Binance captures of spot and futures, plain, gzip and bzip2."""

from __future__ import annotations

import json

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import import_all, pick

_T0 = 1_700_000_000_000


def _line(ms, message):
    return f"{(_T0 + ms) * 1_000_000} {json.dumps(message)}\n"


def _stream(name, event, ms, **data):
    return {"stream": f"btcusdt@{name}", "data": {"e": event, "E": _T0 + ms, "s": "BTCUSDT", **data}}


def _diff(first, last, before, ms, bids, asks=()):
    more = {"T": _T0 + ms, "pu": before} if before is not None else {}
    return _stream("depth@100ms", "depthUpdate", ms, U=first, u=last, b=bids, a=list(asks), **more)


def _session(is_futures):
    def before(number):
        return number if is_futures else None

    more = {"T": _T0} if is_futures else {}
    ticker = {"u": 20, "s": "BTCUSDT", "b": "100.0", "B": "1", "a": "100.1", "A": "1", "T": _T0 + 5, "E": _T0 + 5}
    mark = {"p": "100.05", "i": "100.0", "P": "100.0", "r": "0.0001", "T": _T0 + 10**7}
    lines = [
        _line(1, _diff(1, 10, before(0), 0, [["99.0", "1.000"]])),
        _line(3, {"lastUpdateId": 8, "bids": [["100.0", "1.000"]], "asks": [["100.1", "1.000"]], **more}),
        _line(4, _diff(11, 20, before(10), 2, [["99.5", "1.000"]], [["100.2", "0.000"]])),
        _line(5, _stream("trade", "trade", 3, T=_T0 + 3, t=7, p="100.1", q="0.5", X="MARKET", m=True)),
        _line(6, _stream("aggTrade", "aggTrade", 3, T=_T0 + 3, a=70, p="100.1", q="0.5", f=7, l=7, m=True)),
        _line(7, {"stream": "btcusdt@bookTicker", "data": ticker}),
        _line(8, _diff(21, 30, before(20), 7, [["100.5", "1.000"]])),
        _line(9, _stream("markPrice", "markPriceUpdate", 8, **mark)),
        _line(10, _diff(41, 50, before(40), 9, [["100.5", "0.000"]])),
        _line(11, _stream("trade", "trade", 9, T=_T0 + 9, t=8, p="100.0", q="0.25", X="MARKET", m=False)),
    ]  # fmt: skip
    return "".join(lines).encode()


def seeds():
    spot, futures = _session(False), _session(True)
    rows = futures.split(b"\n")
    two = {"a.txt": b"\n".join(rows[:5]) + b"\n", "b.txt": b"\n".join(rows[5:])}
    other = futures.replace(b"BTCUSDT", b"ETHUSDT").replace(b"btcusdt", b"ethusdt")
    return [{"a.txt": spot}, {"a.txt": futures}, two, {"a.txt": futures, "b.txt": other}]


def change(rng, files):
    if rng.random() < 0.003:
        return pick(rng, files, mutate.bomb)
    return pick(rng, files, rng.choice((*mutate.TEXT, mutate.json_lines, mutate.json_lines, mutate.json_lines)))


def read(folder, rng):
    for path in folder.iterdir():
        path.write_bytes(mutate.compressed(rng, path.read_bytes()))
    options = rng.choice(
        (
            {}, {}, {}, {"market": "spot"}, {"market": "coinm"}, {"tick_size": "0.01", "lot_size": "0.001"},
            {"strict": True}, {"crossed": "stale"}, {"crossed": "keep"}, {"clock_shift": "1s"},
        )
    )  # fmt: skip
    return import_all(folder, rng, "binance-capture", skip_bad_lines=rng.random() < 0.7, **options)


TARGET = Target("binance_capture", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.binance_capture")
