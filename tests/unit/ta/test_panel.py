"""Many symbols at once."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta
from velora.errors import InvalidArgument


def test_a_panel_gives_the_values_of_each_symbol_alone():
    random = np.random.default_rng(2)
    rows = random.normal(100.0, 1.0, (60, 5))
    panel = ta.Panel([ta.EMA(4), ta.MAX(3)], ["a", "b", "c", "d", "e"])
    assert (panel.inputs, panel.symbols) == (("close", "x"), ("a", "b", "c", "d", "e"))
    for row in rows:
        found = panel.update(close=row, x=row)
    for s in range(5):
        assert found[s, 0] == ta.ema(rows[:, s].copy(), 4)[-1]
        assert found[s, 1] == ta.max(rows[:, s].copy(), 3)[-1]
    panel.reset()
    assert np.isnan(panel.values).all()


def test_a_symbol_without_a_price_keeps_its_value():
    panel = ta.Panel([ta.SMA(2)], 2)
    for close in ([1.0, 10.0], [3.0, np.nan], [5.0, 20.0], [np.nan, np.nan]):
        found = panel.update(close=close)
    assert found.tolist() == [[4.0], [15.0]]


def test_a_wrong_row_is_named():
    panel = ta.Panel([ta.SMA(2)], 2)
    with pytest.raises(InvalidArgument, match="columns close, was open"):
        panel.update(open=[1.0, 2.0])
    with pytest.raises(InvalidArgument, match="each of 2 symbols"):
        panel.update(close=[1.0, 2.0, 3.0])
    for indicators, symbols in (([], 2), ([ta.SMA(2)], 0), ([3], 2)):
        with pytest.raises(InvalidArgument):
            ta.Panel(indicators, symbols)
