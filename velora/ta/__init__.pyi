# Made from the descriptors by `python -m velora.ta.stubs`; that is why it may have more than 900 lines.
# Arrays are float64, or int32 for indicators of integers; when all inputs are float32, the outputs are float32 too.
from collections.abc import Mapping
from typing import Any, Generic, Literal, NamedTuple, Protocol, Self, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.ta.custom import CustomIndicator as CustomIndicator
from velora.ta.indicator import ColumnFunction as ColumnFunction
from velora.ta.indicator import Indicator as Indicator
from velora.ta.indicator import Indicator1, Indicator2, Indicator3, Indicator4, Indicator5
from velora.ta.kinds import IndicatorKind as IndicatorKind
from velora.ta.kinds import Output as Output
from velora.ta.kinds import Param as Param
from velora.ta.panel import Panel as Panel
from velora.ta.plotting import plot as plot
from velora.ta.registry import kinds as kinds
from velora.ta.registry import register as register

__all__ = [
    "ColumnFunction",
    "CustomIndicator",
    "Indicator",
    "IndicatorKind",
    "Output",
    "Panel",
    "Param",
    "kinds",
    "plot",
    "register",
]

_T = TypeVar("_T")

_Floats: TypeAlias = NDArray[np.float64]
_Integers: TypeAlias = NDArray[np.int32]
_ReadyAt: TypeAlias = Literal["settled", "first"]

class _Table(Protocol):
    @property
    def columns(self) -> Any: ...
    def __getitem__(self, key: str, /) -> Any: ...

_Frame: TypeAlias = Mapping[str, Any] | _Table

class _Function(Protocol):
    @property
    def kind(self) -> IndicatorKind: ...

_MaType: TypeAlias = (
    Literal[
        "sma",
        "ema",
        "wma",
        "dema",
        "tema",
        "trima",
        "kama",
        "mama",
        "t3",
        "hma",
        "none",
        "default",
        "zlema",
        "rma",
    ]
    | int
)
_Width: TypeAlias = Literal["error", "deviation"] | int
_Method: TypeAlias = Literal["classic", "fibonacci", "camarilla", "woodie", "demark"] | int
_Direction: TypeAlias = Literal["auto", "up", "down"] | int

class _ACFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        fast: int = 5,
        slow: int = 34,
        signal: int = 5,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, fast: int = 5, slow: int = 34, signal: int = 5, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

ac: _ACFunction

class AC(Indicator2):
    def __new__(cls, fast: int = 5, slow: int = 34, signal: int = 5, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...
    @property
    def signal(self) -> int: ...

class ACCBANDSValue(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T

class _ACCBANDSFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 20, *, axis: int = 0, out: Any = None
    ) -> ACCBANDSValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 20, *, axis: int = 0, out: Any = None
    ) -> ACCBANDSValue[_Floats]: ...

accbands: _ACCBANDSFunction

class ACCBANDS(Indicator3):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> ACCBANDSValue[float] | None: ...
    def update_candle(self, candle: object) -> ACCBANDSValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> ACCBANDSValue[_Floats]: ...
    @property
    def value(self) -> ACCBANDSValue[float] | None: ...
    @property
    def upper(self) -> float | None: ...
    @property
    def middle(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ACOSFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

acos: _ACOSFunction

class ACOS(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _ADFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

ad: _ADFunction

class AD(Indicator4):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _ADDFunction(_Function, Protocol):
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

add: _ADDFunction

class ADD(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, y: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _ADOSCFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        volume: ArrayLike,
        fast: int = 3,
        slow: int = 10,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, fast: int = 3, slow: int = 10, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

adosc: _ADOSCFunction

class ADOSC(Indicator4):
    def __new__(cls, fast: int = 3, slow: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...

class _ADRFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

adr: _ADRFunction

class ADR(Indicator2):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ADXFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

adx: _ADXFunction

class ADX(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ADXRFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

adxr: _ADXRFunction

class ADXR(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _AmihudFunction(_Function, Protocol):
    @overload
    def __call__(
        self, close: ArrayLike, volume: ArrayLike, period: int = 20, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

amihud: _AmihudFunction

class Amihud(Indicator2):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _AnchoredVWAPFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        volume: ArrayLike,
        reset: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

anchored_vwap: _AnchoredVWAPFunction

class AnchoredVWAP(Indicator5):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, reset: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _AOFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, fast: int = 5, slow: int = 34, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, fast: int = 5, slow: int = 34, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

ao: _AOFunction

class AO(Indicator2):
    def __new__(cls, fast: int = 5, slow: int = 34, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...

class _APOFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        fast: int = 12,
        slow: int = 26,
        ma_type: _MaType = "ema",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...

apo: _APOFunction

class APO(Indicator1):
    def __new__(
        cls, fast: int = 12, slow: int = 26, ma_type: _MaType = "ema", *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...
    @property
    def ma_type(self) -> str: ...

class AROONValue(NamedTuple, Generic[_T]):
    down: _T
    up: _T

class _AROONFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> AROONValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> AROONValue[_Floats]: ...

aroon: _AROONFunction

class AROON(Indicator2):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> AROONValue[float] | None: ...
    def update_candle(self, candle: object) -> AROONValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> AROONValue[_Floats]: ...
    @property
    def value(self) -> AROONValue[float] | None: ...
    @property
    def down(self) -> float | None: ...
    @property
    def up(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _AROONOSCFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

aroonosc: _AROONOSCFunction

class AROONOSC(Indicator2):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ASINFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

asin: _ASINFunction

class ASIN(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _ATANFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

atan: _ATANFunction

class ATAN(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _ATRFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

atr: _ATRFunction

class ATR(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _AutocorrelationFunction(_Function, Protocol):
    def __call__(
        self, x: ArrayLike | _Frame, period: int = 50, lag: int = 1, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

autocorrelation: _AutocorrelationFunction

class Autocorrelation(Indicator1):
    def __new__(cls, period: int = 50, lag: int = 1, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def lag(self) -> int: ...

class _AVGDEVFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

avgdev: _AVGDEVFunction

class AVGDEV(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _AVGPRICEFunction(_Function, Protocol):
    @overload
    def __call__(
        self, open: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

avgprice: _AVGPRICEFunction

class AVGPRICE(Indicator4):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class BBANDSValue(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T

class _BBANDSFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        period: int = 20,
        up: float = 2.0,
        down: float = 2.0,
        ma_type: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> BBANDSValue[_Floats]: ...

bbands: _BBANDSFunction

class BBANDS(Indicator1):
    def __new__(
        cls,
        period: int = 20,
        up: float = 2.0,
        down: float = 2.0,
        ma_type: _MaType = "sma",
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, close: float, /) -> BBANDSValue[float] | None: ...
    def update_candle(self, candle: object) -> BBANDSValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> BBANDSValue[_Floats]: ...
    @property
    def value(self) -> BBANDSValue[float] | None: ...
    @property
    def upper(self) -> float | None: ...
    @property
    def middle(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def up(self) -> float: ...
    @property
    def down(self) -> float: ...
    @property
    def ma_type(self) -> str: ...

class _BETAFunction(_Function, Protocol):
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike, period: int = 5, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 5, *, axis: int = 0, out: Any = None) -> _Floats: ...

beta: _BETAFunction

class BETA(Indicator2):
    def __new__(cls, period: int = 5, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, y: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class BipowerVariationValue(NamedTuple, Generic[_T]):
    bipower: _T
    variance: _T
    jump: _T

class _BipowerVariationFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 20, per_year: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> BipowerVariationValue[_Floats]: ...

bipower_variation: _BipowerVariationFunction

class BipowerVariation(Indicator1):
    def __new__(cls, period: int = 20, per_year: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> BipowerVariationValue[float] | None: ...
    def update_candle(self, candle: object) -> BipowerVariationValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> BipowerVariationValue[_Floats]: ...
    @property
    def value(self) -> BipowerVariationValue[float] | None: ...
    @property
    def bipower(self) -> float | None: ...
    @property
    def variance(self) -> float | None: ...
    @property
    def jump(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def per_year(self) -> float: ...

class _BookPressureFunction(_Function, Protocol):
    @overload
    def __call__(
        self, bid_qty: ArrayLike, ask_qty: ArrayLike, period: int = 1, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 1, *, axis: int = 0, out: Any = None) -> _Floats: ...

book_pressure: _BookPressureFunction

class BookPressure(Indicator2):
    def __new__(cls, period: int = 1, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, bid_qty: float, ask_qty: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _BOPFunction(_Function, Protocol):
    @overload
    def __call__(
        self, open: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

bop: _BOPFunction

class BOP(Indicator4):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _CCIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

cci: _CCIFunction

class CCI(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _Cdl2CrowsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_2_crows: _Cdl2CrowsFunction

class Cdl2Crows(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _Cdl3BlackCrowsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_3_black_crows: _Cdl3BlackCrowsFunction

class Cdl3BlackCrows(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _Cdl3InsideFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_3_inside: _Cdl3InsideFunction

class Cdl3Inside(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _Cdl3LineStrikeFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_3_line_strike: _Cdl3LineStrikeFunction

class Cdl3LineStrike(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _Cdl3OutsideFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_3_outside: _Cdl3OutsideFunction

class Cdl3Outside(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _Cdl3StarsInSouthFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_3_stars_in_south: _Cdl3StarsInSouthFunction

class Cdl3StarsInSouth(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _Cdl3WhiteSoldiersFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_3_white_soldiers: _Cdl3WhiteSoldiersFunction

class Cdl3WhiteSoldiers(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlAbandonedBabyFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_abandoned_baby: _CdlAbandonedBabyFunction

class CdlAbandonedBaby(Indicator4):
    def __new__(
        cls,
        penetration: float = 0.3,
        *,
        ready_at: _ReadyAt = "settled",
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def penetration(self) -> float: ...

class _CdlAdvanceBlockFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_advance_block: _CdlAdvanceBlockFunction

class CdlAdvanceBlock(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlBeltHoldFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_belt_hold: _CdlBeltHoldFunction

class CdlBeltHold(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlBreakawayFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_breakaway: _CdlBreakawayFunction

class CdlBreakaway(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlClosingMarubozuFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_closing_marubozu: _CdlClosingMarubozuFunction

class CdlClosingMarubozu(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlConcealBabySwallowFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_conceal_baby_swallow: _CdlConcealBabySwallowFunction

class CdlConcealBabySwallow(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlCounterattackFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_counterattack: _CdlCounterattackFunction

class CdlCounterattack(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlDarkCloudCoverFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        penetration: float = 0.5,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        penetration: float = 0.5,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_dark_cloud_cover: _CdlDarkCloudCoverFunction

class CdlDarkCloudCover(Indicator4):
    def __new__(
        cls,
        penetration: float = 0.5,
        *,
        ready_at: _ReadyAt = "settled",
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def penetration(self) -> float: ...

class _CdlDojiFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_doji: _CdlDojiFunction

class CdlDoji(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlDojiStarFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_doji_star: _CdlDojiStarFunction

class CdlDojiStar(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlDragonflyDojiFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_dragonfly_doji: _CdlDragonflyDojiFunction

class CdlDragonflyDoji(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlEngulfingFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_engulfing: _CdlEngulfingFunction

class CdlEngulfing(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlEveningDojiStarFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_evening_doji_star: _CdlEveningDojiStarFunction

class CdlEveningDojiStar(Indicator4):
    def __new__(
        cls,
        penetration: float = 0.3,
        *,
        ready_at: _ReadyAt = "settled",
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def penetration(self) -> float: ...

class _CdlEveningStarFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_evening_star: _CdlEveningStarFunction

class CdlEveningStar(Indicator4):
    def __new__(
        cls,
        penetration: float = 0.3,
        *,
        ready_at: _ReadyAt = "settled",
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def penetration(self) -> float: ...

class _CdlGap3MethodsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_gap_3_methods: _CdlGap3MethodsFunction

class CdlGap3Methods(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlGapSideBySideWhiteFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_gap_side_by_side_white: _CdlGapSideBySideWhiteFunction

class CdlGapSideBySideWhite(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlGravestoneDojiFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_gravestone_doji: _CdlGravestoneDojiFunction

class CdlGravestoneDoji(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHammerFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_hammer: _CdlHammerFunction

class CdlHammer(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHangingManFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_hanging_man: _CdlHangingManFunction

class CdlHangingMan(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHaramiFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_harami: _CdlHaramiFunction

class CdlHarami(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHaramiCrossFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_harami_cross: _CdlHaramiCrossFunction

class CdlHaramiCross(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHighWaveFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_high_wave: _CdlHighWaveFunction

class CdlHighWave(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHikkakeFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_hikkake: _CdlHikkakeFunction

class CdlHikkake(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHikkakeModFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_hikkake_mod: _CdlHikkakeModFunction

class CdlHikkakeMod(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlHomingPigeonFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_homing_pigeon: _CdlHomingPigeonFunction

class CdlHomingPigeon(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlIdentical3CrowsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_identical_3_crows: _CdlIdentical3CrowsFunction

class CdlIdentical3Crows(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlInNeckFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_in_neck: _CdlInNeckFunction

class CdlInNeck(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlInvertedHammerFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_inverted_hammer: _CdlInvertedHammerFunction

class CdlInvertedHammer(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlKickingFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_kicking: _CdlKickingFunction

class CdlKicking(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlKickingByLengthFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_kicking_by_length: _CdlKickingByLengthFunction

class CdlKickingByLength(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlLadderBottomFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_ladder_bottom: _CdlLadderBottomFunction

class CdlLadderBottom(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlLongLeggedDojiFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_long_legged_doji: _CdlLongLeggedDojiFunction

class CdlLongLeggedDoji(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlLongLineFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_long_line: _CdlLongLineFunction

class CdlLongLine(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlMarubozuFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_marubozu: _CdlMarubozuFunction

class CdlMarubozu(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlMatHoldFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        penetration: float = 0.5,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        penetration: float = 0.5,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_mat_hold: _CdlMatHoldFunction

class CdlMatHold(Indicator4):
    def __new__(
        cls,
        penetration: float = 0.5,
        *,
        ready_at: _ReadyAt = "settled",
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def penetration(self) -> float: ...

class _CdlMatchingLowFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_matching_low: _CdlMatchingLowFunction

class CdlMatchingLow(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlMorningDojiStarFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_morning_doji_star: _CdlMorningDojiStarFunction

class CdlMorningDojiStar(Indicator4):
    def __new__(
        cls,
        penetration: float = 0.3,
        *,
        ready_at: _ReadyAt = "settled",
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def penetration(self) -> float: ...

class _CdlMorningStarFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        penetration: float = 0.3,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_morning_star: _CdlMorningStarFunction

class CdlMorningStar(Indicator4):
    def __new__(
        cls,
        penetration: float = 0.3,
        *,
        ready_at: _ReadyAt = "settled",
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def penetration(self) -> float: ...

class _CdlOnNeckFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_on_neck: _CdlOnNeckFunction

class CdlOnNeck(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlPiercingFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_piercing: _CdlPiercingFunction

class CdlPiercing(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlRickshawManFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_rickshaw_man: _CdlRickshawManFunction

class CdlRickshawMan(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlRiseFall3MethodsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_rise_fall_3_methods: _CdlRiseFall3MethodsFunction

class CdlRiseFall3Methods(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlSeparatingLinesFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_separating_lines: _CdlSeparatingLinesFunction

class CdlSeparatingLines(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlShootingStarFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_shooting_star: _CdlShootingStarFunction

class CdlShootingStar(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlShortLineFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_short_line: _CdlShortLineFunction

class CdlShortLine(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlSpinningTopFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_spinning_top: _CdlSpinningTopFunction

class CdlSpinningTop(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlStalledPatternFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_stalled_pattern: _CdlStalledPatternFunction

class CdlStalledPattern(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlStickSandwichFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_stick_sandwich: _CdlStickSandwichFunction

class CdlStickSandwich(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlTakuriFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_takuri: _CdlTakuriFunction

class CdlTakuri(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlTasukiGapFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_tasuki_gap: _CdlTasukiGapFunction

class CdlTasukiGap(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlThrustingFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_thrusting: _CdlThrustingFunction

class CdlThrusting(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlTristarFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_tristar: _CdlTristarFunction

class CdlTristar(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlUnique3RiverFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_unique_3_river: _CdlUnique3RiverFunction

class CdlUnique3River(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CdlUpsideGap2CrowsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        *,
        axis: int = 0,
        out: Any = None,
        settings: Mapping[str, tuple[str, int, float]] | None = None,
    ) -> _Integers: ...

cdl_upside_gap_2_crows: _CdlUpsideGap2CrowsFunction

class CdlUpsideGap2Crows(Indicator4):
    def __new__(
        cls, *, ready_at: _ReadyAt = "settled", settings: Mapping[str, tuple[str, int, float]] | None = None
    ) -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _CEILFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

ceil: _CEILFunction

class CEIL(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class ChandelierValue(NamedTuple, Generic[_T]):
    long_exit: _T
    short_exit: _T

class _ChandelierFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        period: int = 22,
        multiplier: float = 3.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> ChandelierValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 22, multiplier: float = 3.0, *, axis: int = 0, out: Any = None
    ) -> ChandelierValue[_Floats]: ...

chandelier: _ChandelierFunction

class Chandelier(Indicator3):
    def __new__(cls, period: int = 22, multiplier: float = 3.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> ChandelierValue[float] | None: ...
    def update_candle(self, candle: object) -> ChandelierValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> ChandelierValue[_Floats]: ...
    @property
    def value(self) -> ChandelierValue[float] | None: ...
    @property
    def long_exit(self) -> float | None: ...
    @property
    def short_exit(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def multiplier(self) -> float: ...

class _CMFFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        volume: ArrayLike,
        period: int = 20,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

cmf: _CMFFunction

class CMF(Indicator4):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _CMOFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

cmo: _CMOFunction

class CMO(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _CMOUFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

cmou: _CMOUFunction

class CMOU(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _COPPOCKFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        period: int = 10,
        first: int = 11,
        second: int = 14,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...

coppock: _COPPOCKFunction

class COPPOCK(Indicator1):
    def __new__(
        cls, period: int = 10, first: int = 11, second: int = 14, *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def second(self) -> int: ...

class _CORRELFunction(_Function, Protocol):
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

correl: _CORRELFunction

class CORREL(Indicator2):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, y: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _COSFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

cos: _COSFunction

class COS(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _COSHFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

cosh: _COSHFunction

class COSH(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _CUMSUMFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

cumsum: _CUMSUMFunction

class CUMSUM(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _CVIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 10, roc: int = 10, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 10, roc: int = 10, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

cvi: _CVIFunction

class CVI(Indicator2):
    def __new__(cls, period: int = 10, roc: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def roc(self) -> int: ...

class _DEMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

dema: _DEMAFunction

class DEMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _DIVFunction(_Function, Protocol):
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

div: _DIVFunction

class DIV(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, y: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class DONCHIANValue(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T

class _DONCHIANFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 20, *, axis: int = 0, out: Any = None
    ) -> DONCHIANValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 20, *, axis: int = 0, out: Any = None
    ) -> DONCHIANValue[_Floats]: ...

donchian: _DONCHIANFunction

class DONCHIAN(Indicator2):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> DONCHIANValue[float] | None: ...
    def update_candle(self, candle: object) -> DONCHIANValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> DONCHIANValue[_Floats]: ...
    @property
    def value(self) -> DONCHIANValue[float] | None: ...
    @property
    def upper(self) -> float | None: ...
    @property
    def middle(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _DPOFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

dpo: _DPOFunction

class DPO(Indicator1):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _DXFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

dx: _DXFunction

class DX(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class EffectiveSpreadValue(NamedTuple, Generic[_T]):
    spread: _T
    relative: _T

class _EffectiveSpreadFunction(_Function, Protocol):
    @overload
    def __call__(
        self, price: ArrayLike, mid: ArrayLike, side: ArrayLike, period: int = 100, *, axis: int = 0, out: Any = None
    ) -> EffectiveSpreadValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 100, *, axis: int = 0, out: Any = None
    ) -> EffectiveSpreadValue[_Floats]: ...

effective_spread: _EffectiveSpreadFunction

class EffectiveSpread(Indicator3):
    def __new__(cls, period: int = 100, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, price: float, mid: float, side: float, /) -> EffectiveSpreadValue[float] | None: ...
    def update_candle(self, candle: object) -> EffectiveSpreadValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> EffectiveSpreadValue[_Floats]: ...
    @property
    def value(self) -> EffectiveSpreadValue[float] | None: ...
    @property
    def spread(self) -> float | None: ...
    @property
    def relative(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _EFIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, close: ArrayLike, volume: ArrayLike, period: int = 13, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 13, *, axis: int = 0, out: Any = None) -> _Floats: ...

efi: _EFIFunction

class EFI(Indicator2):
    def __new__(cls, period: int = 13, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _EMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

ema: _EMAFunction

class EMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _EntropyFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 100, bins: int = 10, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

entropy: _EntropyFunction

class Entropy(Indicator1):
    def __new__(cls, period: int = 100, bins: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def bins(self) -> int: ...

class _ERFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 10, *, axis: int = 0, out: Any = None) -> _Floats: ...

er: _ERFunction

class ER(Indicator1):
    def __new__(cls, period: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class ERIValue(NamedTuple, Generic[_T]):
    bull: _T
    bear: _T

class _ERIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 13, *, axis: int = 0, out: Any = None
    ) -> ERIValue[_Floats]: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 13, *, axis: int = 0, out: Any = None) -> ERIValue[_Floats]: ...

eri: _ERIFunction

class ERI(Indicator3):
    def __new__(cls, period: int = 13, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> ERIValue[float] | None: ...
    def update_candle(self, candle: object) -> ERIValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> ERIValue[_Floats]: ...
    @property
    def value(self) -> ERIValue[float] | None: ...
    @property
    def bull(self) -> float | None: ...
    @property
    def bear(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _EWMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, alpha: float = 0.1, *, axis: int = 0, out: Any = None) -> _Floats: ...

ewma: _EWMAFunction

class EWMA(Indicator1):
    def __new__(cls, alpha: float = 0.1, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def alpha(self) -> float: ...

class _EXPFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

exp: _EXPFunction

class EXP(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _FLOORFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

floor: _FLOORFunction

class FLOOR(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _FOSCFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 5, *, axis: int = 0, out: Any = None) -> _Floats: ...

fosc: _FOSCFunction

class FOSC(Indicator1):
    def __new__(cls, period: int = 5, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class FRACTALValue(NamedTuple, Generic[_T]):
    swing_high: _T
    swing_low: _T

class _FRACTALFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, left: int = 2, right: int = 2, *, axis: int = 0, out: Any = None
    ) -> FRACTALValue[_Integers]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, left: int = 2, right: int = 2, *, axis: int = 0, out: Any = None
    ) -> FRACTALValue[_Integers]: ...

fractal: _FRACTALFunction

class FRACTAL(Indicator2):
    def __new__(cls, left: int = 2, right: int = 2, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> FRACTALValue[int] | None: ...
    def update_candle(self, candle: object) -> FRACTALValue[int] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> FRACTALValue[_Integers]: ...
    @property
    def value(self) -> FRACTALValue[int] | None: ...
    @property
    def swing_high(self) -> int | None: ...
    @property
    def swing_low(self) -> int | None: ...
    @property
    def left(self) -> int: ...
    @property
    def right(self) -> int: ...

class _FractalDimensionFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

fractal_dimension: _FractalDimensionFunction

class FractalDimension(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _GarmanKlassVolatilityFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        period: int = 20,
        per_year: float = 1.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 20, per_year: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

garman_klass_volatility: _GarmanKlassVolatilityFunction

class GarmanKlassVolatility(Indicator4):
    def __new__(cls, period: int = 20, per_year: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def per_year(self) -> float: ...

class HAValue(NamedTuple, Generic[_T]):
    ha_open: _T
    ha_high: _T
    ha_low: _T
    ha_close: _T

class _HAFunction(_Function, Protocol):
    @overload
    def __call__(
        self, open: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> HAValue[_Floats]: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> HAValue[_Floats]: ...

ha: _HAFunction

class HA(Indicator4):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> HAValue[float] | None: ...
    def update_candle(self, candle: object) -> HAValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> HAValue[_Floats]: ...
    @property
    def value(self) -> HAValue[float] | None: ...
    @property
    def ha_open(self) -> float | None: ...
    @property
    def ha_high(self) -> float | None: ...
    @property
    def ha_low(self) -> float | None: ...
    @property
    def ha_close(self) -> float | None: ...

class _HalfLifeFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 100, *, axis: int = 0, out: Any = None) -> _Floats: ...

half_life: _HalfLifeFunction

class HalfLife(Indicator1):
    def __new__(cls, period: int = 100, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _HMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

hma: _HMAFunction

class HMA(Indicator1):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _HT_DCPERIODFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

ht_dcperiod: _HT_DCPERIODFunction

class HT_DCPERIOD(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _HT_DCPHASEFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

ht_dcphase: _HT_DCPHASEFunction

class HT_DCPHASE(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class HT_PHASORValue(NamedTuple, Generic[_T]):
    in_phase: _T
    quadrature: _T

class _HT_PHASORFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> HT_PHASORValue[_Floats]: ...

ht_phasor: _HT_PHASORFunction

class HT_PHASOR(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> HT_PHASORValue[float] | None: ...
    def update_candle(self, candle: object) -> HT_PHASORValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> HT_PHASORValue[_Floats]: ...
    @property
    def value(self) -> HT_PHASORValue[float] | None: ...
    @property
    def in_phase(self) -> float | None: ...
    @property
    def quadrature(self) -> float | None: ...

class HT_SINEValue(NamedTuple, Generic[_T]):
    sine: _T
    lead_sine: _T

class _HT_SINEFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> HT_SINEValue[_Floats]: ...

ht_sine: _HT_SINEFunction

class HT_SINE(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> HT_SINEValue[float] | None: ...
    def update_candle(self, candle: object) -> HT_SINEValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> HT_SINEValue[_Floats]: ...
    @property
    def value(self) -> HT_SINEValue[float] | None: ...
    @property
    def sine(self) -> float | None: ...
    @property
    def lead_sine(self) -> float | None: ...

class _HT_TRENDLINEFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

ht_trendline: _HT_TRENDLINEFunction

class HT_TRENDLINE(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _HT_TRENDMODEFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Integers: ...

ht_trendmode: _HT_TRENDMODEFunction

class HT_TRENDMODE(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...

class _HurstFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 128, *, axis: int = 0, out: Any = None) -> _Floats: ...

hurst: _HurstFunction

class Hurst(Indicator1):
    def __new__(cls, period: int = 128, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class IchimokuValue(NamedTuple, Generic[_T]):
    conversion: _T
    base: _T
    span_a: _T
    span_b: _T
    lagging: _T

class _IchimokuFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        conversion_period: int = 9,
        base_period: int = 26,
        span_period: int = 52,
        displacement: int = 26,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> IchimokuValue[_Floats]: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        conversion_period: int = 9,
        base_period: int = 26,
        span_period: int = 52,
        displacement: int = 26,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> IchimokuValue[_Floats]: ...

ichimoku: _IchimokuFunction

class Ichimoku(Indicator3):
    def __new__(
        cls,
        conversion_period: int = 9,
        base_period: int = 26,
        span_period: int = 52,
        displacement: int = 26,
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> IchimokuValue[float] | None: ...
    def update_candle(self, candle: object) -> IchimokuValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> IchimokuValue[_Floats]: ...
    @property
    def value(self) -> IchimokuValue[float] | None: ...
    @property
    def conversion(self) -> float | None: ...
    @property
    def base(self) -> float | None: ...
    @property
    def span_a(self) -> float | None: ...
    @property
    def span_b(self) -> float | None: ...
    @property
    def lagging(self) -> float | None: ...
    @property
    def conversion_period(self) -> int: ...
    @property
    def base_period(self) -> int: ...
    @property
    def span_period(self) -> int: ...
    @property
    def displacement(self) -> int: ...

class _IMIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, open: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

imi: _IMIFunction

class IMI(Indicator2):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _KAMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

kama: _KAMAFunction

class KAMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class KCValue(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T

class _KCFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        period: int = 20,
        atr_period: int = 10,
        multiplier: float = 2.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> KCValue[_Floats]: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        period: int = 20,
        atr_period: int = 10,
        multiplier: float = 2.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> KCValue[_Floats]: ...

kc: _KCFunction

class KC(Indicator3):
    def __new__(
        cls, period: int = 20, atr_period: int = 10, multiplier: float = 2.0, *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> KCValue[float] | None: ...
    def update_candle(self, candle: object) -> KCValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> KCValue[_Floats]: ...
    @property
    def value(self) -> KCValue[float] | None: ...
    @property
    def upper(self) -> float | None: ...
    @property
    def middle(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def atr_period(self) -> int: ...
    @property
    def multiplier(self) -> float: ...

class KDJValue(NamedTuple, Generic[_T]):
    k: _T
    d: _T
    j: _T

class _KDJFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        fast_k: int = 9,
        slow_k: int = 3,
        slow_k_ma: _MaType = "rma",
        slow_d: int = 3,
        slow_d_ma: _MaType = "rma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> KDJValue[_Floats]: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        fast_k: int = 9,
        slow_k: int = 3,
        slow_k_ma: _MaType = "rma",
        slow_d: int = 3,
        slow_d_ma: _MaType = "rma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> KDJValue[_Floats]: ...

kdj: _KDJFunction

class KDJ(Indicator3):
    def __new__(
        cls,
        fast_k: int = 9,
        slow_k: int = 3,
        slow_k_ma: _MaType = "rma",
        slow_d: int = 3,
        slow_d_ma: _MaType = "rma",
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> KDJValue[float] | None: ...
    def update_candle(self, candle: object) -> KDJValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> KDJValue[_Floats]: ...
    @property
    def value(self) -> KDJValue[float] | None: ...
    @property
    def k(self) -> float | None: ...
    @property
    def d(self) -> float | None: ...
    @property
    def j(self) -> float | None: ...
    @property
    def fast_k(self) -> int: ...
    @property
    def slow_k(self) -> int: ...
    @property
    def slow_k_ma(self) -> str: ...
    @property
    def slow_d(self) -> int: ...
    @property
    def slow_d_ma(self) -> str: ...

class KSTValue(NamedTuple, Generic[_T]):
    kst: _T
    signal: _T

class _KSTFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        roc1: int = 10,
        roc2: int = 15,
        roc3: int = 20,
        roc4: int = 30,
        sma1: int = 10,
        sma2: int = 10,
        sma3: int = 10,
        sma4: int = 15,
        signal: int = 9,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> KSTValue[_Floats]: ...

kst: _KSTFunction

class KST(Indicator1):
    def __new__(
        cls,
        roc1: int = 10,
        roc2: int = 15,
        roc3: int = 20,
        roc4: int = 30,
        sma1: int = 10,
        sma2: int = 10,
        sma3: int = 10,
        sma4: int = 15,
        signal: int = 9,
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, close: float, /) -> KSTValue[float] | None: ...
    def update_candle(self, candle: object) -> KSTValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> KSTValue[_Floats]: ...
    @property
    def value(self) -> KSTValue[float] | None: ...
    @property
    def kst(self) -> float | None: ...
    @property
    def signal(self) -> float | None: ...
    @property
    def roc1(self) -> int: ...
    @property
    def roc2(self) -> int: ...
    @property
    def roc3(self) -> int: ...
    @property
    def roc4(self) -> int: ...
    @property
    def sma1(self) -> int: ...
    @property
    def sma2(self) -> int: ...
    @property
    def sma3(self) -> int: ...
    @property
    def sma4(self) -> int: ...

class _KurtosisFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 50, *, axis: int = 0, out: Any = None) -> _Floats: ...

kurtosis: _KurtosisFunction

class Kurtosis(Indicator1):
    def __new__(cls, period: int = 50, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _KyleLambdaFunction(_Function, Protocol):
    @overload
    def __call__(
        self, price: ArrayLike, qty: ArrayLike, side: ArrayLike, period: int = 100, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 100, *, axis: int = 0, out: Any = None) -> _Floats: ...

kyle_lambda: _KyleLambdaFunction

class KyleLambda(Indicator3):
    def __new__(cls, period: int = 100, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, price: float, qty: float, side: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class LinearRegressionChannelValue(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T

class _LinearRegressionChannelFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        period: int = 100,
        factor: float = 2.0,
        width: _Width = "error",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> LinearRegressionChannelValue[_Floats]: ...

linear_regression_channel: _LinearRegressionChannelFunction

class LinearRegressionChannel(Indicator1):
    def __new__(
        cls, period: int = 100, factor: float = 2.0, width: _Width = "error", *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, close: float, /) -> LinearRegressionChannelValue[float] | None: ...
    def update_candle(self, candle: object) -> LinearRegressionChannelValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> LinearRegressionChannelValue[_Floats]: ...
    @property
    def value(self) -> LinearRegressionChannelValue[float] | None: ...
    @property
    def upper(self) -> float | None: ...
    @property
    def middle(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def factor(self) -> float: ...
    @property
    def width(self) -> str: ...

class _LINEARREGFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

linearreg: _LINEARREGFunction

class LINEARREG(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _LINEARREG_ANGLEFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

linearreg_angle: _LINEARREG_ANGLEFunction

class LINEARREG_ANGLE(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _LINEARREG_INTERCEPTFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

linearreg_intercept: _LINEARREG_INTERCEPTFunction

class LINEARREG_INTERCEPT(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _LINEARREG_SLOPEFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

linearreg_slope: _LINEARREG_SLOPEFunction

class LINEARREG_SLOPE(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _LNFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

ln: _LNFunction

class LN(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _LOG10Function(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

log10: _LOG10Function

class LOG10(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _MAFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 30, ma_type: _MaType = "sma", *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

ma: _MAFunction

class MA(Indicator1):
    def __new__(cls, period: int = 30, ma_type: _MaType = "sma", *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def ma_type(self) -> str: ...

class MACDValue(NamedTuple, Generic[_T]):
    macd: _T
    signal: _T
    histogram: _T

class _MACDFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        fast: int = 12,
        slow: int = 26,
        signal: int = 9,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> MACDValue[_Floats]: ...

macd: _MACDFunction

class MACD(Indicator1):
    def __new__(cls, fast: int = 12, slow: int = 26, signal: int = 9, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> MACDValue[float] | None: ...
    def update_candle(self, candle: object) -> MACDValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> MACDValue[_Floats]: ...
    @property
    def value(self) -> MACDValue[float] | None: ...
    @property
    def macd(self) -> float | None: ...
    @property
    def signal(self) -> float | None: ...
    @property
    def histogram(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...

class MACDEXTValue(NamedTuple, Generic[_T]):
    macd: _T
    signal: _T
    histogram: _T

class _MACDEXTFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        fast: int = 12,
        fast_ma: _MaType = "sma",
        slow: int = 26,
        slow_ma: _MaType = "sma",
        signal: int = 9,
        signal_ma: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> MACDEXTValue[_Floats]: ...

macdext: _MACDEXTFunction

class MACDEXT(Indicator1):
    def __new__(
        cls,
        fast: int = 12,
        fast_ma: _MaType = "sma",
        slow: int = 26,
        slow_ma: _MaType = "sma",
        signal: int = 9,
        signal_ma: _MaType = "sma",
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, close: float, /) -> MACDEXTValue[float] | None: ...
    def update_candle(self, candle: object) -> MACDEXTValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> MACDEXTValue[_Floats]: ...
    @property
    def value(self) -> MACDEXTValue[float] | None: ...
    @property
    def macd(self) -> float | None: ...
    @property
    def signal(self) -> float | None: ...
    @property
    def histogram(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def fast_ma(self) -> str: ...
    @property
    def slow(self) -> int: ...
    @property
    def slow_ma(self) -> str: ...
    @property
    def signal_ma(self) -> str: ...

class MACDFIXValue(NamedTuple, Generic[_T]):
    macd: _T
    signal: _T
    histogram: _T

class _MACDFIXFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, signal: int = 9, *, axis: int = 0, out: Any = None
    ) -> MACDFIXValue[_Floats]: ...

macdfix: _MACDFIXFunction

class MACDFIX(Indicator1):
    def __new__(cls, signal: int = 9, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> MACDFIXValue[float] | None: ...
    def update_candle(self, candle: object) -> MACDFIXValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> MACDFIXValue[_Floats]: ...
    @property
    def value(self) -> MACDFIXValue[float] | None: ...
    @property
    def macd(self) -> float | None: ...
    @property
    def signal(self) -> float | None: ...
    @property
    def histogram(self) -> float | None: ...

class MAMAValue(NamedTuple, Generic[_T]):
    mama: _T
    fama: _T

class _MAMAFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        fast_limit: float = 0.5,
        slow_limit: float = 0.05,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> MAMAValue[_Floats]: ...

mama: _MAMAFunction

class MAMA(Indicator1):
    def __new__(cls, fast_limit: float = 0.5, slow_limit: float = 0.05, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> MAMAValue[float] | None: ...
    def update_candle(self, candle: object) -> MAMAValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> MAMAValue[_Floats]: ...
    @property
    def value(self) -> MAMAValue[float] | None: ...
    @property
    def mama(self) -> float | None: ...
    @property
    def fama(self) -> float | None: ...
    @property
    def fast_limit(self) -> float: ...
    @property
    def slow_limit(self) -> float: ...

class _MARKETFIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, volume: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

marketfi: _MARKETFIFunction

class MARKETFI(Indicator3):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _MASSIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, fast: int = 9, slow: int = 25, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, fast: int = 9, slow: int = 25, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

massi: _MASSIFunction

class MASSI(Indicator2):
    def __new__(cls, fast: int = 9, slow: int = 25, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...

class _MAVPFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        close: ArrayLike,
        periods: ArrayLike,
        min_period: int = 2,
        max_period: int = 30,
        ma_type: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        min_period: int = 2,
        max_period: int = 30,
        ma_type: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...

mavp: _MAVPFunction

class MAVP(Indicator2):
    def __new__(
        cls, min_period: int = 2, max_period: int = 30, ma_type: _MaType = "sma", *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, close: float, periods: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def min_period(self) -> int: ...
    @property
    def max_period(self) -> int: ...
    @property
    def ma_type(self) -> str: ...

class _MAXFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

max: _MAXFunction

class MAX(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MAXINDEXFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Integers: ...

maxindex: _MAXINDEXFunction

class MAXINDEX(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def period(self) -> int: ...

class _MEDPRICEFunction(_Function, Protocol):
    @overload
    def __call__(self, high: ArrayLike, low: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

medprice: _MEDPRICEFunction

class MEDPRICE(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _MFIFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        volume: ArrayLike,
        period: int = 14,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

mfi: _MFIFunction

class MFI(Indicator4):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MicropriceFunction(_Function, Protocol):
    @overload
    def __call__(
        self, bid: ArrayLike, ask: ArrayLike, bid_qty: ArrayLike, ask_qty: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

microprice: _MicropriceFunction

class Microprice(Indicator4):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, bid: float, ask: float, bid_qty: float, ask_qty: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _MIDPOINTFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

midpoint: _MIDPOINTFunction

class MIDPOINT(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MIDPRICEFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

midprice: _MIDPRICEFunction

class MIDPRICE(Indicator2):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MINFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

min: _MINFunction

class MIN(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MININDEXFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Integers: ...

minindex: _MININDEXFunction

class MININDEX(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> int | None: ...
    def update_candle(self, candle: object) -> int | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Integers: ...
    @property
    def value(self) -> int | None: ...
    @property
    def period(self) -> int: ...

class MINMAXValue(NamedTuple, Generic[_T]):
    min: _T
    max: _T

class _MINMAXFunction(_Function, Protocol):
    def __call__(
        self, x: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None
    ) -> MINMAXValue[_Floats]: ...

minmax: _MINMAXFunction

class MINMAX(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> MINMAXValue[float] | None: ...
    def update_candle(self, candle: object) -> MINMAXValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> MINMAXValue[_Floats]: ...
    @property
    def value(self) -> MINMAXValue[float] | None: ...
    @property
    def min(self) -> float | None: ...
    @property
    def max(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class MINMAXINDEXValue(NamedTuple, Generic[_T]):
    min_index: _T
    max_index: _T

class _MINMAXINDEXFunction(_Function, Protocol):
    def __call__(
        self, x: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None
    ) -> MINMAXINDEXValue[_Integers]: ...

minmaxindex: _MINMAXINDEXFunction

class MINMAXINDEX(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> MINMAXINDEXValue[int] | None: ...
    def update_candle(self, candle: object) -> MINMAXINDEXValue[int] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> MINMAXINDEXValue[_Integers]: ...
    @property
    def value(self) -> MINMAXINDEXValue[int] | None: ...
    @property
    def min_index(self) -> int | None: ...
    @property
    def max_index(self) -> int | None: ...
    @property
    def period(self) -> int: ...

class _MINUS_DIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

minus_di: _MINUS_DIFunction

class MINUS_DI(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MINUS_DMFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

minus_dm: _MINUS_DMFunction

class MINUS_DM(Indicator2):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MOMFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 10, *, axis: int = 0, out: Any = None) -> _Floats: ...

mom: _MOMFunction

class MOM(Indicator1):
    def __new__(cls, period: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _MULTFunction(_Function, Protocol):
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

mult: _MULTFunction

class MULT(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, y: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _NATRFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

natr: _NATRFunction

class NATR(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _NVIFunction(_Function, Protocol):
    @overload
    def __call__(self, close: ArrayLike, volume: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

nvi: _NVIFunction

class NVI(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _OBVFunction(_Function, Protocol):
    @overload
    def __call__(self, close: ArrayLike, volume: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

obv: _OBVFunction

class OBV(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _OFIFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        bid: ArrayLike,
        ask: ArrayLike,
        bid_qty: ArrayLike,
        ask_qty: ArrayLike,
        period: int = 100,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 100, *, axis: int = 0, out: Any = None) -> _Floats: ...

ofi: _OFIFunction

class OFI(Indicator4):
    def __new__(cls, period: int = 100, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, bid: float, ask: float, bid_qty: float, ask_qty: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ParkinsonVolatilityFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        period: int = 20,
        per_year: float = 1.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 20, per_year: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

parkinson_volatility: _ParkinsonVolatilityFunction

class ParkinsonVolatility(Indicator2):
    def __new__(cls, period: int = 20, per_year: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def per_year(self) -> float: ...

class _PERCENTILEFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 30, percentile: float = 50.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

percentile: _PERCENTILEFunction

class PERCENTILE(Indicator1):
    def __new__(cls, period: int = 30, percentile: float = 50.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def percentile(self) -> float: ...

class _PERCENTRANKFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 100, *, axis: int = 0, out: Any = None) -> _Floats: ...

percentrank: _PERCENTRANKFunction

class PERCENTRANK(Indicator1):
    def __new__(cls, period: int = 100, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _PermutationEntropyFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 100, order: int = 3, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

permutation_entropy: _PermutationEntropyFunction

class PermutationEntropy(Indicator1):
    def __new__(cls, period: int = 100, order: int = 3, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def order(self) -> int: ...

class PivotsValue(NamedTuple, Generic[_T]):
    pivot: _T
    r1: _T
    r2: _T
    r3: _T
    r4: _T
    s1: _T
    s2: _T
    s3: _T
    s4: _T

class _PivotsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        method: _Method = "classic",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> PivotsValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, method: _Method = "classic", *, axis: int = 0, out: Any = None
    ) -> PivotsValue[_Floats]: ...

pivots: _PivotsFunction

class Pivots(Indicator4):
    def __new__(cls, method: _Method = "classic", *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> PivotsValue[float] | None: ...
    def update_candle(self, candle: object) -> PivotsValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> PivotsValue[_Floats]: ...
    @property
    def value(self) -> PivotsValue[float] | None: ...
    @property
    def pivot(self) -> float | None: ...
    @property
    def r1(self) -> float | None: ...
    @property
    def r2(self) -> float | None: ...
    @property
    def r3(self) -> float | None: ...
    @property
    def r4(self) -> float | None: ...
    @property
    def s1(self) -> float | None: ...
    @property
    def s2(self) -> float | None: ...
    @property
    def s3(self) -> float | None: ...
    @property
    def s4(self) -> float | None: ...
    @property
    def method(self) -> str: ...

class _PLUS_DIFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

plus_di: _PLUS_DIFunction

class PLUS_DI(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _PLUS_DMFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

plus_dm: _PLUS_DMFunction

class PLUS_DM(Indicator2):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _PPOFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        fast: int = 12,
        slow: int = 26,
        ma_type: _MaType = "ema",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...

ppo: _PPOFunction

class PPO(Indicator1):
    def __new__(
        cls, fast: int = 12, slow: int = 26, ma_type: _MaType = "ema", *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...
    @property
    def ma_type(self) -> str: ...

class _PVIFunction(_Function, Protocol):
    @overload
    def __call__(self, close: ArrayLike, volume: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

pvi: _PVIFunction

class PVI(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _PVOFunction(_Function, Protocol):
    def __call__(
        self,
        volume: ArrayLike | _Frame,
        fast: int = 12,
        slow: int = 26,
        ma_type: _MaType = "ema",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...

pvo: _PVOFunction

class PVO(Indicator1):
    def __new__(
        cls, fast: int = 12, slow: int = 26, ma_type: _MaType = "ema", *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...
    @property
    def ma_type(self) -> str: ...

class _PVTFunction(_Function, Protocol):
    @overload
    def __call__(self, close: ArrayLike, volume: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

pvt: _PVTFunction

class PVT(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _QSTICKFunction(_Function, Protocol):
    @overload
    def __call__(
        self, open: ArrayLike, close: ArrayLike, period: int = 10, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 10, *, axis: int = 0, out: Any = None) -> _Floats: ...

qstick: _QSTICKFunction

class QSTICK(Indicator2):
    def __new__(cls, period: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class RealisedSpreadValue(NamedTuple, Generic[_T]):
    realised: _T
    impact: _T

class _RealisedSpreadFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        price: ArrayLike,
        mid: ArrayLike,
        side: ArrayLike,
        period: int = 100,
        horizon: int = 50,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> RealisedSpreadValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 100, horizon: int = 50, *, axis: int = 0, out: Any = None
    ) -> RealisedSpreadValue[_Floats]: ...

realised_spread: _RealisedSpreadFunction

class RealisedSpread(Indicator3):
    def __new__(cls, period: int = 100, horizon: int = 50, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, price: float, mid: float, side: float, /) -> RealisedSpreadValue[float] | None: ...
    def update_candle(self, candle: object) -> RealisedSpreadValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> RealisedSpreadValue[_Floats]: ...
    @property
    def value(self) -> RealisedSpreadValue[float] | None: ...
    @property
    def realised(self) -> float | None: ...
    @property
    def impact(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def horizon(self) -> int: ...

class _RealisedVolatilityFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 20, per_year: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

realised_volatility: _RealisedVolatilityFunction

class RealisedVolatility(Indicator1):
    def __new__(cls, period: int = 20, per_year: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def per_year(self) -> float: ...

class RetracementsValue(NamedTuple, Generic[_T]):
    level_0: _T
    level_236: _T
    level_382: _T
    level_500: _T
    level_618: _T
    level_786: _T
    level_1000: _T

class _RetracementsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        period: int = 100,
        direction: _Direction = "auto",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> RetracementsValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 100, direction: _Direction = "auto", *, axis: int = 0, out: Any = None
    ) -> RetracementsValue[_Floats]: ...

retracements: _RetracementsFunction

class Retracements(Indicator2):
    def __new__(cls, period: int = 100, direction: _Direction = "auto", *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> RetracementsValue[float] | None: ...
    def update_candle(self, candle: object) -> RetracementsValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> RetracementsValue[_Floats]: ...
    @property
    def value(self) -> RetracementsValue[float] | None: ...
    @property
    def level_0(self) -> float | None: ...
    @property
    def level_236(self) -> float | None: ...
    @property
    def level_382(self) -> float | None: ...
    @property
    def level_500(self) -> float | None: ...
    @property
    def level_618(self) -> float | None: ...
    @property
    def level_786(self) -> float | None: ...
    @property
    def level_1000(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def direction(self) -> str: ...

class _RMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

rma: _RMAFunction

class RMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ROCFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 10, *, axis: int = 0, out: Any = None) -> _Floats: ...

roc: _ROCFunction

class ROC(Indicator1):
    def __new__(cls, period: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ROCPFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 10, *, axis: int = 0, out: Any = None) -> _Floats: ...

rocp: _ROCPFunction

class ROCP(Indicator1):
    def __new__(cls, period: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ROCRFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 10, *, axis: int = 0, out: Any = None) -> _Floats: ...

rocr: _ROCRFunction

class ROCR(Indicator1):
    def __new__(cls, period: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ROCR100Function(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 10, *, axis: int = 0, out: Any = None) -> _Floats: ...

rocr100: _ROCR100Function

class ROCR100(Indicator1):
    def __new__(cls, period: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _RogersSatchellVolatilityFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        period: int = 20,
        per_year: float = 1.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 20, per_year: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

rogers_satchell_volatility: _RogersSatchellVolatilityFunction

class RogersSatchellVolatility(Indicator4):
    def __new__(cls, period: int = 20, per_year: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def per_year(self) -> float: ...

class _RollFunction(_Function, Protocol):
    def __call__(self, price: ArrayLike | _Frame, period: int = 100, *, axis: int = 0, out: Any = None) -> _Floats: ...

roll: _RollFunction

class Roll(Indicator1):
    def __new__(cls, period: int = 100, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, price: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _RollingVWAPFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        volume: ArrayLike,
        period: int = 20,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

rolling_vwap: _RollingVWAPFunction

class RollingVWAP(Indicator4):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _RSIFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

rsi: _RSIFunction

class RSI(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _RVIFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 14, deviation: int = 10, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

rvi: _RVIFunction

class RVI(Indicator1):
    def __new__(cls, period: int = 14, deviation: int = 10, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def deviation(self) -> int: ...

class _RVOLFunction(_Function, Protocol):
    def __call__(self, volume: ArrayLike | _Frame, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

rvol: _RVOLFunction

class RVOL(Indicator1):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _SARFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        acceleration: float = 0.02,
        maximum: float = 0.2,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, acceleration: float = 0.02, maximum: float = 0.2, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

sar: _SARFunction

class SAR(Indicator2):
    def __new__(cls, acceleration: float = 0.02, maximum: float = 0.2, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def acceleration(self) -> float: ...
    @property
    def maximum(self) -> float: ...

class _SAREXTFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        start: float = 0.0,
        offset: float = 0.0,
        initial_long: float = 0.02,
        acceleration_long: float = 0.02,
        maximum_long: float = 0.2,
        initial_short: float = 0.02,
        acceleration_short: float = 0.02,
        maximum_short: float = 0.2,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        start: float = 0.0,
        offset: float = 0.0,
        initial_long: float = 0.02,
        acceleration_long: float = 0.02,
        maximum_long: float = 0.2,
        initial_short: float = 0.02,
        acceleration_short: float = 0.02,
        maximum_short: float = 0.2,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...

sarext: _SAREXTFunction

class SAREXT(Indicator2):
    def __new__(
        cls,
        start: float = 0.0,
        offset: float = 0.0,
        initial_long: float = 0.02,
        acceleration_long: float = 0.02,
        maximum_long: float = 0.2,
        initial_short: float = 0.02,
        acceleration_short: float = 0.02,
        maximum_short: float = 0.2,
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, high: float, low: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def start(self) -> float: ...
    @property
    def offset(self) -> float: ...
    @property
    def initial_long(self) -> float: ...
    @property
    def acceleration_long(self) -> float: ...
    @property
    def maximum_long(self) -> float: ...
    @property
    def initial_short(self) -> float: ...
    @property
    def acceleration_short(self) -> float: ...
    @property
    def maximum_short(self) -> float: ...

class SessionPivotsValue(NamedTuple, Generic[_T]):
    pivot: _T
    r1: _T
    r2: _T
    r3: _T
    r4: _T
    s1: _T
    s2: _T
    s3: _T
    s4: _T

class _SessionPivotsFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        reset: ArrayLike,
        method: _Method = "classic",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> SessionPivotsValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, method: _Method = "classic", *, axis: int = 0, out: Any = None
    ) -> SessionPivotsValue[_Floats]: ...

session_pivots: _SessionPivotsFunction

class SessionPivots(Indicator5):
    def __new__(cls, method: _Method = "classic", *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(
        self,
        open: float,
        high: float,
        low: float,
        close: float,
        reset: float,
        /,
    ) -> SessionPivotsValue[float] | None: ...
    def update_candle(self, candle: object) -> SessionPivotsValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> SessionPivotsValue[_Floats]: ...
    @property
    def value(self) -> SessionPivotsValue[float] | None: ...
    @property
    def pivot(self) -> float | None: ...
    @property
    def r1(self) -> float | None: ...
    @property
    def r2(self) -> float | None: ...
    @property
    def r3(self) -> float | None: ...
    @property
    def r4(self) -> float | None: ...
    @property
    def s1(self) -> float | None: ...
    @property
    def s2(self) -> float | None: ...
    @property
    def s3(self) -> float | None: ...
    @property
    def s4(self) -> float | None: ...
    @property
    def method(self) -> str: ...

class _SessionVWAPFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        volume: ArrayLike,
        ts: ArrayLike,
        session: int = 86400,
        offset: int = 0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, session: int = 86400, offset: int = 0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

session_vwap: _SessionVWAPFunction

class SessionVWAP(Indicator5):
    def __new__(cls, session: int = 86400, offset: int = 0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, ts: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def session(self) -> int: ...
    @property
    def offset(self) -> int: ...

class _SINFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

sin: _SINFunction

class SIN(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _SINHFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

sinh: _SINHFunction

class SINH(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _SkewFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 50, *, axis: int = 0, out: Any = None) -> _Floats: ...

skew: _SkewFunction

class Skew(Indicator1):
    def __new__(cls, period: int = 50, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _SMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

sma: _SMAFunction

class SMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class SMIValue(NamedTuple, Generic[_T]):
    smi: _T
    signal: _T

class _SMIFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        period: int = 13,
        fast: int = 2,
        slow: int = 25,
        signal: int = 9,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> SMIValue[_Floats]: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        period: int = 13,
        fast: int = 2,
        slow: int = 25,
        signal: int = 9,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> SMIValue[_Floats]: ...

smi: _SMIFunction

class SMI(Indicator3):
    def __new__(
        cls, period: int = 13, fast: int = 2, slow: int = 25, signal: int = 9, *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> SMIValue[float] | None: ...
    def update_candle(self, candle: object) -> SMIValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> SMIValue[_Floats]: ...
    @property
    def value(self) -> SMIValue[float] | None: ...
    @property
    def smi(self) -> float | None: ...
    @property
    def signal(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def fast(self) -> int: ...
    @property
    def slow(self) -> int: ...

class _SQRTFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

sqrt: _SQRTFunction

class SQRT(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _STDDEVFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 5, factor: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

stddev: _STDDEVFunction

class STDDEV(Indicator1):
    def __new__(cls, period: int = 5, factor: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def factor(self) -> float: ...

class STOCHValue(NamedTuple, Generic[_T]):
    k: _T
    d: _T

class _STOCHFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        fast_k: int = 5,
        slow_k: int = 3,
        slow_k_ma: _MaType = "sma",
        slow_d: int = 3,
        slow_d_ma: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> STOCHValue[_Floats]: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        fast_k: int = 5,
        slow_k: int = 3,
        slow_k_ma: _MaType = "sma",
        slow_d: int = 3,
        slow_d_ma: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> STOCHValue[_Floats]: ...

stoch: _STOCHFunction

class STOCH(Indicator3):
    def __new__(
        cls,
        fast_k: int = 5,
        slow_k: int = 3,
        slow_k_ma: _MaType = "sma",
        slow_d: int = 3,
        slow_d_ma: _MaType = "sma",
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> STOCHValue[float] | None: ...
    def update_candle(self, candle: object) -> STOCHValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> STOCHValue[_Floats]: ...
    @property
    def value(self) -> STOCHValue[float] | None: ...
    @property
    def k(self) -> float | None: ...
    @property
    def d(self) -> float | None: ...
    @property
    def fast_k(self) -> int: ...
    @property
    def slow_k(self) -> int: ...
    @property
    def slow_k_ma(self) -> str: ...
    @property
    def slow_d(self) -> int: ...
    @property
    def slow_d_ma(self) -> str: ...

class STOCHFValue(NamedTuple, Generic[_T]):
    k: _T
    d: _T

class _STOCHFFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        fast_k: int = 5,
        fast_d: int = 3,
        fast_d_ma: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> STOCHFValue[_Floats]: ...
    @overload
    def __call__(
        self,
        frame: _Frame,
        /,
        fast_k: int = 5,
        fast_d: int = 3,
        fast_d_ma: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> STOCHFValue[_Floats]: ...

stochf: _STOCHFFunction

class STOCHF(Indicator3):
    def __new__(
        cls, fast_k: int = 5, fast_d: int = 3, fast_d_ma: _MaType = "sma", *, ready_at: _ReadyAt = "settled"
    ) -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> STOCHFValue[float] | None: ...
    def update_candle(self, candle: object) -> STOCHFValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> STOCHFValue[_Floats]: ...
    @property
    def value(self) -> STOCHFValue[float] | None: ...
    @property
    def k(self) -> float | None: ...
    @property
    def d(self) -> float | None: ...
    @property
    def fast_k(self) -> int: ...
    @property
    def fast_d(self) -> int: ...
    @property
    def fast_d_ma(self) -> str: ...

class STOCHRSIValue(NamedTuple, Generic[_T]):
    k: _T
    d: _T

class _STOCHRSIFunction(_Function, Protocol):
    def __call__(
        self,
        close: ArrayLike | _Frame,
        period: int = 14,
        fast_k: int = 5,
        fast_d: int = 3,
        fast_d_ma: _MaType = "sma",
        *,
        axis: int = 0,
        out: Any = None,
    ) -> STOCHRSIValue[_Floats]: ...

stochrsi: _STOCHRSIFunction

class STOCHRSI(Indicator1):
    def __new__(
        cls,
        period: int = 14,
        fast_k: int = 5,
        fast_d: int = 3,
        fast_d_ma: _MaType = "sma",
        *,
        ready_at: _ReadyAt = "settled",
    ) -> Self: ...
    def update(self, close: float, /) -> STOCHRSIValue[float] | None: ...
    def update_candle(self, candle: object) -> STOCHRSIValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> STOCHRSIValue[_Floats]: ...
    @property
    def value(self) -> STOCHRSIValue[float] | None: ...
    @property
    def k(self) -> float | None: ...
    @property
    def d(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def fast_k(self) -> int: ...
    @property
    def fast_d(self) -> int: ...
    @property
    def fast_d_ma(self) -> str: ...

class _SUBFunction(_Function, Protocol):
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike, *, axis: int = 0, out: Any = None) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

sub: _SUBFunction

class SUB(Indicator2):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, y: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _SUMFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

sum: _SUMFunction

class SUM(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class SUPERTRENDValue(NamedTuple, Generic[_T]):
    supertrend: _T
    trend: _T

class _SUPERTRENDFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        period: int = 10,
        multiplier: float = 3.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> SUPERTRENDValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 10, multiplier: float = 3.0, *, axis: int = 0, out: Any = None
    ) -> SUPERTRENDValue[_Floats]: ...

supertrend: _SUPERTRENDFunction

class SUPERTREND(Indicator3):
    def __new__(cls, period: int = 10, multiplier: float = 3.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> SUPERTRENDValue[float] | None: ...
    def update_candle(self, candle: object) -> SUPERTRENDValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> SUPERTRENDValue[_Floats]: ...
    @property
    def value(self) -> SUPERTRENDValue[float] | None: ...
    @property
    def supertrend(self) -> float | None: ...
    @property
    def trend(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def multiplier(self) -> float: ...

class _T3Function(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 5, factor: float = 0.7, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

t3: _T3Function

class T3(Indicator1):
    def __new__(cls, period: int = 5, factor: float = 0.7, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def factor(self) -> float: ...

class _TANFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

tan: _TANFunction

class TAN(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _TANHFunction(_Function, Protocol):
    def __call__(self, x: ArrayLike | _Frame, *, axis: int = 0, out: Any = None) -> _Floats: ...

tanh: _TANHFunction

class TANH(Indicator1):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, x: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _TEMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

tema: _TEMAFunction

class TEMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _TradeImbalanceFunction(_Function, Protocol):
    @overload
    def __call__(
        self, qty: ArrayLike, side: ArrayLike, period: int = 100, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 100, *, axis: int = 0, out: Any = None) -> _Floats: ...

trade_imbalance: _TradeImbalanceFunction

class TradeImbalance(Indicator2):
    def __new__(cls, period: int = 100, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, qty: float, side: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _TRANGEFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

trange: _TRANGEFunction

class TRANGE(Indicator3):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _TRIMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

trima: _TRIMAFunction

class TRIMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _TRIXFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

trix: _TRIXFunction

class TRIX(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _TSFFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

tsf: _TSFFunction

class TSF(Indicator1):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _TSIFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, first: int = 25, second: int = 13, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

tsi: _TSIFunction

class TSI(Indicator1):
    def __new__(cls, first: int = 25, second: int = 13, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def first(self) -> int: ...
    @property
    def second(self) -> int: ...

class _TYPPRICEFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

typprice: _TYPPRICEFunction

class TYPPRICE(Indicator3):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _ULTOSCFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        first: int = 7,
        second: int = 14,
        third: int = 28,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, first: int = 7, second: int = 14, third: int = 28, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

ultosc: _ULTOSCFunction

class ULTOSC(Indicator3):
    def __new__(cls, first: int = 7, second: int = 14, third: int = 28, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def first(self) -> int: ...
    @property
    def second(self) -> int: ...
    @property
    def third(self) -> int: ...

class _VARFunction(_Function, Protocol):
    def __call__(
        self, close: ArrayLike | _Frame, period: int = 5, factor: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

var: _VARFunction

class VAR(Indicator1):
    def __new__(cls, period: int = 5, factor: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def factor(self) -> float: ...

class _VHFFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 28, *, axis: int = 0, out: Any = None) -> _Floats: ...

vhf: _VHFFunction

class VHF(Indicator1):
    def __new__(cls, period: int = 28, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _VolumeSMAFunction(_Function, Protocol):
    def __call__(self, volume: ArrayLike | _Frame, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

volume_sma: _VolumeSMAFunction

class VolumeSMA(Indicator1):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class VORTEXValue(NamedTuple, Generic[_T]):
    plus: _T
    minus: _T

class _VORTEXFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> VORTEXValue[_Floats]: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> VORTEXValue[_Floats]: ...

vortex: _VORTEXFunction

class VORTEX(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> VORTEXValue[float] | None: ...
    def update_candle(self, candle: object) -> VORTEXValue[float] | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> VORTEXValue[_Floats]: ...
    @property
    def value(self) -> VORTEXValue[float] | None: ...
    @property
    def plus(self) -> float | None: ...
    @property
    def minus(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _VPINFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        qty: ArrayLike,
        side: ArrayLike,
        period: int = 50,
        bucket: float = 1000.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 50, bucket: float = 1000.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

vpin: _VPINFunction

class VPIN(Indicator2):
    def __new__(cls, period: int = 50, bucket: float = 1000.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, qty: float, side: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def bucket(self) -> float: ...

class _VWAPFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

vwap: _VWAPFunction

class VWAP(Indicator4):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _VWMAFunction(_Function, Protocol):
    @overload
    def __call__(
        self, close: ArrayLike, volume: ArrayLike, period: int = 30, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

vwma: _VWMAFunction

class VWMA(Indicator2):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, volume: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _WADFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

wad: _WADFunction

class WAD(Indicator3):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _WCLPRICEFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, *, axis: int = 0, out: Any = None) -> _Floats: ...

wclprice: _WCLPRICEFunction

class WCLPRICE(Indicator3):
    def __new__(cls, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...

class _WILLRFunction(_Function, Protocol):
    @overload
    def __call__(
        self, high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...
    @overload
    def __call__(self, frame: _Frame, /, period: int = 14, *, axis: int = 0, out: Any = None) -> _Floats: ...

willr: _WILLRFunction

class WILLR(Indicator3):
    def __new__(cls, period: int = 14, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _WMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

wma: _WMAFunction

class WMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _YangZhangVolatilityFunction(_Function, Protocol):
    @overload
    def __call__(
        self,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        period: int = 20,
        per_year: float = 1.0,
        *,
        axis: int = 0,
        out: Any = None,
    ) -> _Floats: ...
    @overload
    def __call__(
        self, frame: _Frame, /, period: int = 20, per_year: float = 1.0, *, axis: int = 0, out: Any = None
    ) -> _Floats: ...

yang_zhang_volatility: _YangZhangVolatilityFunction

class YangZhangVolatility(Indicator4):
    def __new__(cls, period: int = 20, per_year: float = 1.0, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
    @property
    def per_year(self) -> float: ...

class _ZLEMAFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 30, *, axis: int = 0, out: Any = None) -> _Floats: ...

zlema: _ZLEMAFunction

class ZLEMA(Indicator1):
    def __new__(cls, period: int = 30, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...

class _ZScoreFunction(_Function, Protocol):
    def __call__(self, close: ArrayLike | _Frame, period: int = 20, *, axis: int = 0, out: Any = None) -> _Floats: ...

zscore: _ZScoreFunction

class ZScore(Indicator1):
    def __new__(cls, period: int = 20, *, ready_at: _ReadyAt = "settled") -> Self: ...
    def update(self, close: float, /) -> float | None: ...
    def update_candle(self, candle: object) -> float | None: ...
    def extend(self, *columns: ArrayLike | _Frame) -> _Floats: ...
    @property
    def value(self) -> float | None: ...
    @property
    def period(self) -> int: ...
