"""Messages of errors show numbers as Python writes them, whatever type they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import velora as vl
from velora.errors import DataError, InvalidArgument, VeloraError, VeloraWarning

SCALARS = [
    (np.float64(46821.75), "46821.75"),
    (np.float32(0.5), "0.5"),
    (np.int64(-7), "-7"),
    (np.uint8(7), "7"),
    (np.bool_(True), "True"),
    (np.str_("BTC"), "'BTC'"),
    (np.float64("nan"), "nan"),
]


@pytest.mark.parametrize(("value", "shown"), SCALARS)
@pytest.mark.parametrize("kind", [VeloraError, InvalidArgument, DataError, VeloraWarning])
def test_value_of_numpy_in_a_message_is_a_plain_number(kind: type[Exception], value: Any, shown: str) -> None:
    assert str(kind(f"price must be above 0, was {value!r} here")) == f"price must be above 0, was {shown} here"


def test_list_of_numpy_values_in_a_message_has_plain_numbers() -> None:
    values = [np.float64(1.5), np.int64(2)]
    assert str(InvalidArgument(f"was {values!r}")) == "was [1.5, 2]"


def test_errors_of_tables_and_instruments_show_no_numpy() -> None:
    instrument = vl.Instrument("X", tick_size="0.5", lot_size="1")
    for act in (
        lambda: instrument.price_to_ticks(np.float64(46821.75)),
        lambda: instrument.qty_to_lots(np.float64(0.25)),
        lambda: vl.Instrument("X", tick_size=np.float64(-1), lot_size="1"),
        lambda: vl.SyntheticMarket(7, events=np.float64(1.5)),
    ):
        with pytest.raises((VeloraError, TypeError)) as error:
            act()
        assert "np." not in str(error.value)
