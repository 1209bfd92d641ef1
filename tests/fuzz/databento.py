"""DBN files of the three schemas and versions, with rolls, snapshots and several files."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import import_all, pick
from velora.data.importers.dbn import MBO, MBP_1, TRADES

DAY = 86_400 * 10**9
BEGIN = 19_900 * DAY  # 2024-06-26
_TYPES = {160: MBO, 1: MBP_1, 0: TRADES}


def _file(rtype, rows, mappings, version=1, ts_out=False):
    width = 22 if version == 1 else 71

    def text(value):
        return str(value).encode().ljust(width, b"\0")

    meta = bytearray(100)
    if version > 1:
        struct.pack_into("<H", meta, 45, width)
    meta += struct.pack("<II", 0, 1) + text("ES.c.0") + struct.pack("<III", 0, 0, len(mappings))
    for symbol, parts in mappings:
        meta += text(symbol) + struct.pack("<I", len(parts))
        for first, end, number in parts:
            meta += struct.pack("<II", first, end) + text(number)
    dtype = _TYPES[rtype]
    records = np.zeros(len(rows), dtype)
    for at, row in enumerate(rows):
        for name, value in row.items():
            records[name][at] = value
    records["rtype"], records["publisher"] = rtype, 1
    records["length"] = (dtype.itemsize + 8 * ts_out) // 4
    body = b"".join(one.tobytes() + bytes(8 * ts_out) for one in records)
    return b"DBN" + bytes([version]) + struct.pack("<I", len(meta)) + bytes(meta) + body


def _mbo(number, ts, order_id, price, size, action, side, flags=128):
    return {
        "instrument": number, "ts_event": BEGIN + ts, "ts_recv": BEGIN + ts + 5, "order_id": order_id,
        "price": int(price * 10**9), "size": size, "action": ord(action), "side": ord(side), "flags": flags,
    }  # fmt: skip


def _mbp(number, ts, action, price, bid, ask, flags=128):
    return {
        "instrument": number, "ts_event": BEGIN + ts, "ts_recv": BEGIN + ts + 5, "price": int(price * 10**9), "size": 2,
        "action": ord(action), "side": ord("B"), "flags": flags, "bid_price": int(bid * 10**9), "bid_size": 5,
        "ask_price": int(ask * 10**9), "ask_size": 5,
    }  # fmt: skip


def seeds():
    rolled = [("ES.c.0", [(20240626, 20240627, 11), (20240627, 20240628, 22)])]
    orders = [
        _mbo(11, 1, 0, 0, 0, "R", "N", 40), _mbo(11, 1, 1, 50, 5, "A", "B", 40), _mbo(11, 1, 2, 51, 5, "A", "A", 168),
        _mbo(11, 3, 3, 50.25, 4, "A", "B"), _mbo(11, 4, 0, 50.25, 4, "T", "A", 0),
        _mbo(11, 4, 3, 50.25, 4, "F", "B", 0), _mbo(11, 4, 3, 50.25, 4, "C", "B"),
        _mbo(11, 5, 2, 51.5, 7, "M", "A"), _mbo(11, 6, 1, 50, 5, "C", "B", 132),
        _mbo(22, DAY, 0, 0, 0, "R", "N", 40), _mbo(22, DAY, 9, 60, 5, "A", "B", 168),
        _mbo(22, DAY + 4, 9, 60, 2, "C", "B"),
    ]  # fmt: skip
    tops = [_mbp(11, ts, "AT"[ts % 2], 50 + ts, 50 + ts, 51 + ts) for ts in range(6)]
    tops += [_mbp(22, DAY + ts, "A", 60, 60 + ts, 61 + ts) for ts in range(4)]
    trades = [{k: v for k, v in row.items() if k[:3] not in ("bid", "ask")} for row in tops]
    for row in trades:
        row["action"] = ord("T")
    two = {"a.dbn": _file(160, orders[:9], [("ESU4", [(20240626, 20240627, 11)])])}
    two["b.dbn"] = _file(160, orders[9:], [("ESU4", [(20240627, 20240628, 22)])])
    return [
        {"a.dbn": _file(160, orders, rolled)},
        {"a.dbn": _file(160, orders, rolled, 2)},
        {"a.dbn": _file(160, orders, rolled, 3, ts_out=True)},
        {"a.dbn": _file(1, tops, rolled)},
        {"a.dbn": _file(0, trades, [("A", [(0, 0, 11)]), ("B", [(0, 0, 22)])], 3)},
        {"a.dbn": _file(1, tops, [])},
        two,
        {"a.dbn": _file(160, orders, rolled), "b.dbn": _file(160, orders, rolled)},
        {"a.dbn.zst": pa.compress(_file(160, orders, rolled), "zstd", asbytes=True)},
    ]


def _record():
    return (
        bytes([14, 160, 1, 0])
        + struct.pack("<IQQqI", 11, BEGIN, 1, 50 * 10**9, 5)
        + b"\x80\0AB"
        + struct.pack("<QII", BEGIN, 0, 0)
    )


_FIELDS = {
    1: (0, 1, 2, 3, 4, 6, 8, 14, 16, 20, 22, 24, 200),
    2: (0, 1, 0xFFFF, 0x8000),
    4: (0, 1, 11, 22, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 20240626, 20240627, 99999999, 22, 71),
    8: (0, 1, 2**63 - 1, 2**63, 2**64 - 1, 2**62, BEGIN, BEGIN + DAY, 10**9, 1),
}


def _field(rng, data):
    """One field of the metadata or of a record set."""
    data = bytearray(data)
    if len(data) < 16:
        return mutate.octets(rng, data)
    begin = 8 + int.from_bytes(data[4:8], "little")
    if begin < len(data) and rng.random() < 0.7:
        step = max(data[begin] * 4, 16)
        at = begin + step * rng.randrange(max((len(data) - begin) // step, 1)) + rng.randrange(step)
        if rng.random() < 0.3:
            row = slice(at - at % step, at - at % step + step)
            data[at:at] = data[row] if rng.random() < 0.5 else bytes([4, rng.choice((21, 22, 23)), *bytes(14)])
            return bytes(data[: mutate.SIZE_MAX])
    else:
        at = rng.randrange(min(begin, len(data)))
    width = rng.choice((1, 2, 4, 8))
    data[at : at + width] = rng.choice(_FIELDS[width]).to_bytes(width, "little")
    return bytes(data[: mutate.SIZE_MAX])


#: Records that a few bytes of zstd grow to.
_BOMBS = [pa.compress(_record() * (size // 56), "zstd", asbytes=True) for size in (1 << 20, 1 << 26)]


def change(rng, files):
    what = rng.random()
    if what < 0.05:
        name = rng.choice(list(files))
        return {**files, name + ".zst": pa.compress(files[name], "zstd", asbytes=True)}
    if what < 0.06:
        name = rng.choice(list(files))
        return {name + ".zst": pa.compress(files[name], "zstd", asbytes=True) + rng.choice(_BOMBS)}
    return pick(rng, files, _field if what < 0.75 else mutate.octets)


def read(folder, rng):
    options = rng.choice(({}, {}, {}, {"tick_size": "0.25"}, {"strict": True}))
    return import_all(folder, rng, "databento", **options)


TARGET = Target("databento", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.databento")
