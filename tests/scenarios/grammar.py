"""Commands of a scenario file, as both of its players read them."""

from __future__ import annotations

from velora.testkit import ReferenceCommand

__all__ = ["parse"]

TYPES = {"market": 1, "mtl": 2}
TIFS = {"ioc": 1, "fok": 2, "day": 4}
TRIGGERS = {"stop": 1, "touched": 2, "trail": 3, "trail_bps": 4}
FLAGS = {"post": 1, "slide": 3, "reduce": 4, "when_filled": 8, "oco_cancels": 16, "oco_reduces": 32}
PRICES = {"by_mark": 1, "by_bid": 2, "by_ask": 3}
STP = {"none": 0, "taker": 1, "maker": 2, "both": 3, "decrement": 4}
NUMBERS = {
    "by": "owner",
    "show": "display",
    "oco": "oco_group",
    "parent": "parent",
    "at": "ts",
    "of": "strategy",
    "from": "activation",
}


def parse(words, now):
    """A command as the engine's keywords."""
    words = iter(words)
    verb = next(words)
    if verb == "cancel_all":
        made = ReferenceCommand(3, owner=int(next(words)), ts=now)
        return made._replace(strategy=int(next(words))) if next(words, None) == "of" else made
    made = ReferenceCommand({"new": 0, "amend": 1, "cancel": 2}[verb], int(next(words)), ts=now)
    if verb == "new":
        made = made._replace(side={"buy": 0, "sell": 1}[next(words)], qty=int(next(words)), stp=1)
    elif verb == "amend":
        made = made._replace(qty=int(next(words)))
    for word in words:
        if word == "trigger":
            made = made._replace(trigger=int(next(words)))
        elif word == "@":
            made = made._replace(price=int(next(words)))
        elif word in TYPES:
            made = made._replace(type=TYPES[word])
        elif word in TIFS:
            made = made._replace(tif=TIFS[word])
        elif word == "gtd":
            made = made._replace(tif=3, expiry=int(next(words)))
        elif word in TRIGGERS:
            made = made._replace(trigger_kind=TRIGGERS[word], trigger=int(next(words)))
        elif word in PRICES:
            made = made._replace(trigger_by=PRICES[word])
        elif word in FLAGS:
            made = made._replace(flags=made.flags | FLAGS[word])
        elif word == "stp":
            made = made._replace(stp=STP[next(words)])
        else:
            made = made._replace(**{NUMBERS[word]: int(next(words))})
    return made
