"""Readers of the recorded sessions, made for tests: short, slow, and independent of the importers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from decimal import Decimal
from typing import NamedTuple

_NO_PRICE = 9_999_999_999


def lobster_books(path, levels):
    """(bids, asks) in ticks of a cent of every row of the order book file in a LOBSTER zip."""
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if "orderbook" in name]
        for cells in csv.reader(io.TextIOWrapper(archive.open(name), "ascii")):
            row = [int(cell) for cell in cells]
            sides = []
            for first in (2, 0):
                pairs = [(row[at] // 100, row[at + 1]) for at in range(first, 4 * levels, 4)]
                sides.append([pair for pair in pairs if abs(pair[0]) < _NO_PRICE // 100])
            yield tuple(sides)


class KrakenBook(NamedTuple):
    """One book message: levels as (side, price, qty) text."""

    pair: str
    is_snapshot: bool
    levels: list[tuple[int, str, str]]
    checksum: int | None


def kraken_books(path):
    """Book messages of a recorded Kraken connection."""
    with gzip.open(path, "rt") as lines:
        for line in lines:
            head, _, body = line.partition(": ")
            if not head.replace(".", "").isdigit() or not body.startswith("["):
                continue
            message = json.loads(body)
            levels, checksum, is_snapshot = [], None, False
            for part in message[1:-2]:
                for key, rows in part.items():
                    if key == "c":
                        checksum = int(rows)
                        continue
                    is_snapshot |= key in ("as", "bs")
                    levels += [(0 if key[0] == "b" else 1, row[0], row[1]) for row in rows]
            yield KrakenBook(message[-1], is_snapshot, levels, checksum)


class Depth(NamedTuple):
    """One depth message of a Binance futures capture; a snapshot has no first id."""

    first_id: int | None
    last_id: int
    previous_id: int | None
    levels: list[tuple[int, str, str]]
    raw: bytes


def binance_depth(path):
    """Depth messages and REST answers of a Binance capture."""
    with gzip.open(path, "rb") as lines:
        for line in lines:
            raw = line.split(b" ", 1)[1]
            if not (raw.startswith(b'{"lastUpdateId"') or b"depthUpdate" in raw[:120]):
                continue
            yield parse_depth(raw)


def parse_depth(raw):
    """A depth message or REST answer; raises where it is none."""
    message = json.loads(raw)
    if "lastUpdateId" in message:
        sides = (message["bids"], message["asks"])
        ids = (None, message["lastUpdateId"], None)
    else:
        message = message["data"]
        sides = (message["b"], message["a"])
        ids = (int(message["U"]), int(message["u"]), int(message["pu"]))
    levels = [(side, price, qty) for side, rows in enumerate(sides) for price, qty in rows]
    for _, price, qty in levels:
        Decimal(price), Decimal(qty)
    return Depth(*ids, levels, raw)
