"""Bitstamp's order feed, plain, gzip and bzip2."""

from __future__ import annotations

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import import_all, pick

_T0 = 1_430_438_400_000


def _event(ms, name, order_id, side, price, amount):
    body = f'{{"price": "{price}", "amount": "{amount}", "datetime": "1", "id": {order_id}, "order_type": {side}}}'
    return f"{_T0 + ms} order_{name} {body}\n"


def seeds():
    book = '{"bids": [["100.00", "3.0"], [99.5, 1.78855669]], "asks": [["101.00", "2.0"], ["102.0", "1"]]}'
    feed = [
        _event(1, "created", 10, 1, "101.00", "2.00000000"),
        _event(2, "created", 11, 0, "100.00", "0.50000000"),
        f"{_T0 + 3} order_book {book}\n",
        _event(4, "changed", 10, 1, "101.00", "1.50000000"),
        _event(5, "changed", 11, 0, "100.50", "0.50000000"),
        _event(6, "deleted", 11, 0, "100.50", "0.00000000"),
        f'{_T0 + 6} trade {{"price": 100.5, "amount": 0.5, "id": 77}}\n',
        _event(7, "deleted", 10, 1, "101.00", "1.50000000"),
        _event(8, "deleted", 9, 1, "99.5", "1.00000000"),
        f"{_T0 + 9} order_book {book}\n",
    ]
    whole = "".join(feed).encode()
    return [{"day.log": whole}, {"a.log": "".join(feed[:5]).encode(), "b.log": "".join(feed[5:]).encode()}]


def change(rng, files):
    if rng.random() < 0.003:
        return pick(rng, files, mutate.bomb)
    return pick(rng, files, rng.choice((*mutate.TEXT, mutate.json_lines, mutate.json_lines)))


def read(folder, rng):
    for path in folder.iterdir():
        path.write_bytes(mutate.compressed(rng, path.read_bytes()))
    options = rng.choice(({}, {}, {"lot_size": "0.5"}, {"strict": True}, {"symbol": "ETHUSD", "tick_size": "0.001"}))
    return import_all(folder, rng, "bitstamp", skip_bad_lines=rng.random() < 0.7, **options)


TARGET = Target("bitstamp", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.bitstamp")
