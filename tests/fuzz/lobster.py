"""LOBSTER's two files, as CSV and in a ZIP, of one and of two days."""

from __future__ import annotations

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import import_all, pick

_NAME = "XYZ_2012-06-{}_34200000_57600000_{}_2.csv"
_MESSAGES = b"""34200.5,1,7,5,990000,1
34201.000000001,1,8,3,990000,1
34202,2,8,1,990000,1
34203,4,7,5,990000,1
34204,5,0,9,995050,-1
34205,3,8,2,990000,1
34206,7,0,0,-1,-1
34207,6,-1,5,1000000,-1
"""
_BOOKS = b"""1010000,5,990000,5,1020000,5,980000,5
1010000,5,990000,8,1020000,5,980000,5
1010000,5,990000,7,1020000,5,980000,5
1010000,5,990000,2,1020000,5,980000,5
1010000,5,990000,2,1020000,5,980000,5
1010000,5,980000,5,1020000,5,970000,4
1010000,5,980000,5,1020000,5,970000,4
1010000,5,980000,5,9999999999,0,-9999999999,0
"""


def _day(day):
    return {_NAME.format(day, "message"): _MESSAGES, _NAME.format(day, "orderbook"): _BOOKS}


def seeds():
    return [_day(21), {**_day(21), **_day(22)}, {"zip": b"", **_day(21)}]


def change(rng, files):
    what = rng.random()
    if what < 0.02:
        name = rng.choice(list(files))
        new = name.replace(
            rng.choice(("2012", "06", "_2.", "XYZ", "21")), rng.choice(("9999", "13", "_0.", "_99999.", "x", ""))
        )
        return files if new in files else {new if one == name else one: data for one, data in files.items()}
    change = rng.choice((mutate.octets, mutate.number, mutate.number, mutate.lines, mutate.cells, mutate.cells))
    return pick(rng, files, change)


def read(folder, rng):
    if (folder / "zip").exists():
        marks = (folder / "zip").read_bytes()
        members = [(path.name, path.read_bytes()) for path in folder.iterdir() if path.name != "zip"]
        for path in folder.iterdir():
            path.unlink()
        data = mutate.zipped(rng, members)
        (folder / "XYZ.zip").write_bytes(mutate.octets(rng, data) if marks or rng.random() < 0.2 else data)
    options = rng.choice(({}, {}, {"tick_size": "0.0001"}, {"tick_size": "0.05"}, {"strict": True}))
    return import_all(folder, rng, "lobster", skip_bad_lines=rng.random() < 0.5, **options)


TARGET = Target("lobster", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.lobster")
