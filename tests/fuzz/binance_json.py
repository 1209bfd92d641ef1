"""Arrays of Binance's JSON messages, and REST answers."""

from __future__ import annotations

import json

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import import_all, pick

_T0 = 1_604_221_200_000


def _diff(ms, first, last, bids=(), asks=()):
    return {"e": "depthUpdate", "E": _T0 + ms, "s": "ETHBTC", "U": first, "u": last, "b": list(bids), "a": list(asks)}


def _trade(ms, number, price):
    return {
        "e": "aggTrade",
        "E": _T0 + ms,
        "s": "ETHBTC",
        "a": number,
        "p": price,
        "q": "1.000",
        "T": _T0 + ms - 2,
        "m": False,
    }


def seeds():
    diffs = [
        _diff(1_000, 1, 10, [("0.0300", "1.000")]),
        _diff(2_000, 11, 20, [("0.0301", "2.000")], [("0.0303", "4.000")]),
        _diff(3_000, 21, 30, [("0.0301", "0.000")]),
    ]
    snapshot = {"lastUpdateId": 15, "bids": [["0.0300", "9.000"]], "asks": [["0.0302", "3.000"]]}
    trades = [_trade(1_500, 1, "0.0302"), _trade(2_500, 2, "0.0302")]
    files = {"d.json": diffs, "s.json": snapshot, "t.json": trades}
    whole = {name: json.dumps(value).encode() for name, value in files.items()}
    return [whole, {"t.json": whole["t.json"], "s.json": whole["s.json"]}, {"d.json": whole["d.json"]}]


def change(rng, files):
    if rng.random() < 0.003:
        return pick(rng, files, mutate.bomb)
    return pick(
        rng, files, rng.choice((mutate.octets, mutate.number, mutate.json_text, mutate.json_text, mutate.json_text))
    )


def read(folder, rng):
    for path in folder.iterdir():
        path.write_bytes(mutate.compressed(rng, path.read_bytes()))
    options = rng.choice(({}, {}, {"tick_size": "0.0001", "lot_size": "0.001"}, {"strict": True}, {"crossed": "keep"}))
    return import_all(folder, rng, "binance-json", **options)


TARGET = Target("binance_json", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.binance_json")
