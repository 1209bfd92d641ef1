from typing import final

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.core.market import Candle

@final
class CandleTopic: ...

@final
class CandleMaker: ...

def make_candles(
    instrument: Instrument,
    interval_ns: int,
    ts: NDArray[np.int64],
    price: NDArray[np.int64],
    qty: NDArray[np.int64],
    side: NDArray[np.int64],
    ts_begin: int,
    ts_end: int,
    closed: str = "left",
) -> list[Candle]: ...
