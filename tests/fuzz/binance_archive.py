"""Binance's public archive: trades, aggTrades, bookTicker and klines, CSV and ZIP, with checksums."""

from __future__ import annotations

import hashlib

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import import_all, pick

_TRADES = b"""1,17.80,5.690,101.282,1735689600010,True,True
2,17.81,1.000,17.81,1735689600015,False,True
3,17.81,1.500,26.715,1735689600015,False,True
"""
_AGG = b"""agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker
7,100.1,0.5,1,2,1700000000000,true
8,100.2,0.5,3,3,1700000000001,false
"""
_TICKER = b"""update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time
1,100.1,2,100.2,3,1700000000000,1700000000002
2,100.1,2,100.3,3,1700000000010,1700000000012
"""
_KLINES = b"""1704070800000,1,2,0.5,1.5,10,1704070859999,15,3,4,6,0
1704070860000,1.5,2,1.5,1.75,10,1704070919999,15,3,4,6,0
"""


def seeds():
    return [
        {"ABCUSDT-trades-2025-01-01.csv": _TRADES},
        {
            "ABCUSDT-trades-2025-01-01.csv": _TRADES,
            "ABCUSDT-trades-2025-01-02.csv": _TRADES.replace(b"17356896", b"17357760"),
        },
        {"ABCUSDT-aggTrades-2023-05.csv": _AGG},
        {"ABCUSDT-bookTicker-2023-05.csv": _TICKER},
        {"ABCUSDT-1m-2024-01.csv": _KLINES},
        {"ABCUSDT-trades-2025-01-01.zip": _TRADES},
        {"ABCUSDT-1m-2024-01.zip": _KLINES},
        {"ABCUSDT-aggTrades-2023-05.zip": _AGG, "sum": b""},
    ]


def change(rng, files):
    if rng.random() < 0.02:
        name = rng.choice(list(files))
        new = name.replace(
            rng.choice(("ABC", "USDT", "2025", "-01", "trades", "1m")), rng.choice(("x", "", "9999", "-13", "1h"))
        )
        return {new if one == name else one: data for one, data in files.items()} if new and new not in files else files
    changes = (mutate.octets, mutate.number, mutate.number, mutate.lines, mutate.cells, mutate.cells)
    return pick(rng, files, rng.choice(changes))


def read(folder, rng):
    checksum = (folder / "sum").exists() and (folder / "sum").read_bytes()
    for path in list(folder.iterdir()):
        if path.name == "sum":
            path.unlink()
        elif path.suffix == ".zip":
            data = mutate.zipped(rng, [(path.with_suffix(".csv").name, path.read_bytes())])
            path.write_bytes(mutate.octets(rng, data) if rng.random() < 0.2 else data)
            if checksum is not False:
                found = hashlib.sha256(path.read_bytes()).hexdigest().encode()
                path.with_name(path.name + ".CHECKSUM").write_bytes(checksum or found + b"  " + path.name.encode())
    options = rng.choice(({}, {}, {}, {"market": "usdm"}, {"symbol": "XUSDT"}, {"tick_size": "0.01"}, {"strict": True}))
    skip = rng.random() < 0.6
    return import_all(folder, rng, "binance-archive", (".csv", ".zip"), skip_bad_lines=skip, **options)


TARGET = Target("binance_archive", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.binance_archive")
