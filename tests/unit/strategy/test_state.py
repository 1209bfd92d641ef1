"""State: what was saved comes back, into the same class and version only."""

from __future__ import annotations

import msgspec
import pytest

import velora as vl
from velora.errors import CorruptData, InvalidArgument


class Keeps(vl.Strategy):
    spread = vl.Parameter(2.0, low=0.5, high=20)
    interval = vl.Duration("100ms")

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.mean = None
        self.seen = []

    def on_save(self):
        return {"mean": self.mean, "seen": self.seen}

    def on_restore(self, state):
        assert self.spread == 3.0  # parameters first
        self.mean, self.seen = state["mean"], state["seen"]


class Other(Keeps):
    pass


def saved():
    strategy = Keeps(spread=3)
    strategy.mean, strategy.seen = 1.5, [1, "two", b"three", {"four": None}]
    return strategy.save_state()


def test_what_was_saved_comes_back():
    fresh = Keeps()
    fresh.restore_state(saved())
    assert (fresh.spread, fresh.mean, fresh.seen) == (3.0, 1.5, [1, "two", b"three", {"four": None}])
    assert fresh.save_state() == saved()


def test_another_class_is_refused_by_name():
    with pytest.raises(InvalidArgument, match=r"is of .*Keeps, this strategy is .*Other"):
        Other().restore_state(saved())


def test_another_version_is_refused_by_number(monkeypatch):
    data = saved()
    monkeypatch.setattr(Keeps, "state_version", 2)
    with pytest.raises(InvalidArgument, match="has version 1, the class has state_version 2"):
        Keeps().restore_state(data)


def test_a_parameter_out_of_its_bounds_now_is_refused_and_nothing_is_taken_up(monkeypatch):
    data = saved()
    monkeypatch.setattr(Keeps.spread, "high", 2.5)
    strategy = Keeps()
    with pytest.raises(InvalidArgument, match="spread must be in"):
        strategy.restore_state(data)
    assert (strategy.spread, strategy.mean) == (2.0, None)


def test_any_changed_byte_is_noticed():
    data = saved()
    for at in range(len(data)):
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises((CorruptData, InvalidArgument)):
            Keeps().restore_state(broken)
    for cut in range(len(data)):
        with pytest.raises(CorruptData):
            Keeps().restore_state(data[:cut])


def test_what_is_no_state_is_said_to_be_none():
    for data in (b"", b"hello", msgspec.msgpack.encode([1]), msgspec.msgpack.encode({"a": 1})):
        with pytest.raises(CorruptData, match="no saved state"):
            Keeps().restore_state(data)


def test_what_cannot_be_saved_is_refused():
    strategy = Keeps()
    strategy.mean = object()
    with pytest.raises(InvalidArgument, match="on_save returned what cannot be saved"):
        strategy.save_state()


def test_restoring_in_a_session_is_a_change_on_record():
    class Restores(Keeps):
        def on_start(self):
            self.at(self.now + 5, lambda: self.restore_state(self.data))

    strategy = Restores(spread=3)
    strategy.data = strategy.save_state()
    strategy.set_parameters(spread=4)
    vl.Backtest(vl.SyntheticMarket(duration="1s"), strategy).run()
    assert [change[1:] for change in strategy.parameter_changes] == [("spread", 4.0, 3.0)]
