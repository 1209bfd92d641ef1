"""TOML configuration of a run, and what the command line sets."""

from __future__ import annotations

from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import pick
from velora.core.config import load_config

_TOML = b"""[data]
path = "catalog"
symbols = ["BTCUSDT"]

[strategy]
class = "velora.strategy.examples:MarketMaker"
parameters = { interval = "1s" }

[latency]
entry = "1ms"
response = "lognormal(1ms, 2ms)"
seed = 5

[run]
start = "2024-08-08T00:00:00"
sample = "1s"
cash = 1000.5
"""
_SYNTHETIC = b"""[data]
synthetic = { events = 500, seed = 3 }

[[strategies]]
class = "velora.strategy.examples:MarketMaker"
name = "a"
capital = 1000

[[strategies]]
class = "velora.strategy.examples:MarketMaker"
name = "b"
capital = { USDT = "1" }

[venue]
queue = "risk_averse"
"""
_SETS = (
    "run.cash=1",
    "latency.entry=5ms",
    "data.path.x=1",
    "strategies.a.capital=5",
    "x=1",
    "run.start=[",
    "=",
    ".=",
    "a" * 3000,
)


def seeds():
    return [{"a.toml": _TOML}, {"a.toml": _SYNTHETIC}]


def _nested(rng, data):
    depth = rng.choice((10, 1000, 5000))
    where = data.find(b"= ", rng.randrange(len(data) + 1))
    deep = rng.choice((b"[" * depth, b"[" * depth + b"]" * depth, b"{a=" * depth, b"a." * depth + b"b = 1"))
    return data[: where + 2] + deep + data[where + 2 :]


def change(rng, files):
    return pick(rng, files, rng.choice((*mutate.TEXT, mutate.lines, _nested) if rng.random() < 0.2 else mutate.TEXT))


def read(folder, rng):
    overrides = [rng.choice(_SETS)] if rng.random() < 0.3 else []
    if overrides and rng.random() < 0.5:
        overrides = [mutate.octets(rng, overrides[0].encode()).decode("utf8", "replace")]
    return load_config(folder / "a.toml", overrides)


TARGET = Target("config", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.config")
