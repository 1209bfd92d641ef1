"""A wrong call of a public class or function names it, and its argument or the right call."""

from __future__ import annotations

import enum
import re

import pytest

import velora as vl

NAMES = [
    name
    for name in vl.__all__
    if name not in {"__version__", "data", "ta"}
    and not (isinstance(getattr(vl, name), type) and issubclass(getattr(vl, name), enum.Enum | BaseException))
]
CALLS = {
    "without arguments": ((), {}),
    "an unknown keyword": ((), {"qwertz": 1}),
    "an unknown keyword after an argument": (("x",), {"qwertz": 1}),
    "far too many arguments": (tuple(range(40)), {}),
}
COMPILED = {
    "BookMeasures": "BookMeasures(book, *, levels=5, decay=0.0)",
    "Instrument": "Instrument(symbol, *, tick_size, lot_size, ",
    "MatchingEngine": "MatchingEngine(instrument, *, amend=",
    "MessageBus": 'MessageBus(*, policy="raise", ',
    "OrderBookL2": "OrderBookL2(instrument)",
    "OrderBookL3": "OrderBookL3(instrument, *, priority=",
    "QueueModel": 'QueueModel(name="", exponent=None)',
    "QuoteBook": "QuoteBook(instrument)",
    "SyntheticMarket": "SyntheticMarket(seed=7, *, duration=None, ",
}
BTC = vl.Instrument("BTCUSDT", tick_size="0.1", lot_size="0.001", quote="USDT")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", NAMES)
def test_wrong_call_never_shows_cythons_constructor(name, call):
    args, kwargs = CALLS[call]
    try:
        getattr(vl, name)(*args, **kwargs)
    except (TypeError, vl.VeloraError) as error:
        message = str(error)
    else:
        return
    assert "__cinit__" not in message
    assert not re.match(r"__\w+__\(\)", message), message
    assert message


@pytest.mark.parametrize("name", COMPILED)
def test_wrong_call_of_a_compiled_class_shows_the_right_one(name):
    cls = getattr(vl, name)
    args = ("BTCUSDT",) if name == "Instrument" else ()
    with pytest.raises((TypeError, vl.VeloraError), match=r"qwertz"):
        cls(*args, qwertz=1)
    if name in ("Instrument", "SyntheticMarket"):  # they take a keyword's name to be one of their own lists
        return
    with pytest.raises(TypeError, match=re.escape(f"write {COMPILED[name]}")):
        cls(*range(40))


def test_unknown_keyword_of_a_compiled_class_proposes_the_near_one():
    with pytest.raises(TypeError, match=r"Instrument has no argument 'tick_sizee'; did you mean 'tick_size'\?"):
        vl.Instrument("BTCUSDT", tick_sizee="0.1", lot_size="0.001")
    with pytest.raises(TypeError, match=r"BookMeasures has no argument 'level'; did you mean 'levels'\?"):
        vl.BookMeasures(vl.OrderBookL2(BTC), level=3)
    with pytest.raises(TypeError, match=r"QueueModel has no argument 'exponnent'; did you mean 'exponent'\?"):
        vl.QueueModel("power2", exponnent=3)


def test_instrument_without_a_symbol_shows_the_right_call():
    with pytest.raises(TypeError, match=re.escape(f"write {COMPILED['Instrument']}")):
        vl.Instrument()


def test_topic_says_where_topics_come_from():
    for args, kwargs in (((), {}), ((1, 2, 3), {}), ((), {"name": "a"})):
        with pytest.raises(TypeError, match=r"topics are made by MessageBus\.topic"):
            vl.Topic(*args, **kwargs)


def test_error_of_the_constructors_own_code_stays():
    with pytest.raises(TypeError, match="Argument 'instrument' has incorrect type"):
        vl.QuoteBook("BTCUSDT")

    class Model(vl.QueueModel):
        def __init__(self):
            len(1)

    with pytest.raises(TypeError, match=r"object of type 'int' has no len\(\)"):
        Model()


def test_right_calls_and_subclasses_go_through():
    class Engine(vl.QueueModel):
        def __init__(self, more):
            super().__init__()
            self.more = more

    assert Engine(3).more == 3
    assert vl.OrderBookL2(BTC).instrument is BTC
    assert vl.QueueModel("power2").name == "power2"
