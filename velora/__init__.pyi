from velora.backtest.result import Result as Result
from velora.backtest.run import Backtest as Backtest
from velora.backtest.run import Run as Run
from velora.core.book import OrderBookL2 as OrderBookL2
from velora.core.book_l3 import OrderBookL3 as OrderBookL3
from velora.core.events import EventFlag as EventFlag
from velora.core.events import EventKind as EventKind
from velora.core.events import Side as Side
from velora.core.instrument import Instrument as Instrument
from velora.core.market import Candle as Candle
from velora.core.market import Funding as Funding
from velora.core.market import Gap as Gap
from velora.core.market import Quote as Quote
from velora.core.market import Signal as Signal
from velora.core.market import Timer as Timer
from velora.core.market import Trade as Trade
from velora.core.measures import BookMeasures as BookMeasures
from velora.core.measures import measure_table as measure_table
from velora.core.orders import Fill as Fill
from velora.core.orders import FillCause as FillCause
from velora.core.orders import Order as Order
from velora.core.orders import OrderReason as OrderReason
from velora.core.orders import OrderState as OrderState
from velora.core.orders import OrderType as OrderType
from velora.core.orders import Position as Position
from velora.core.orders import TimeInForce as TimeInForce
from velora.core.quote_book import QuoteBook as QuoteBook
from velora.data import Catalog as Catalog
from velora.data import EventTable as EventTable
from velora.data.synth import SyntheticMarket as SyntheticMarket
from velora.errors import VeloraError as VeloraError
from velora.sim.hftbacktest import HftbacktestRules as HftbacktestRules
from velora.sim.latency import Latency as Latency
from velora.sim.latency import LatencyDistribution as LatencyDistribution
from velora.sim.latency import LatencyRecording as LatencyRecording
from velora.sim.matching import MatchingEngine as MatchingEngine
from velora.sim.queue_model import QueueModel as QueueModel
from velora.strategy.strategy import Strategy as Strategy

__all__ = [
    "Backtest",
    "BookMeasures",
    "Candle",
    "Catalog",
    "EventFlag",
    "EventKind",
    "EventTable",
    "Fill",
    "FillCause",
    "Funding",
    "Gap",
    "HftbacktestRules",
    "Instrument",
    "Latency",
    "LatencyDistribution",
    "LatencyRecording",
    "MatchingEngine",
    "Order",
    "OrderBookL2",
    "OrderBookL3",
    "OrderReason",
    "OrderState",
    "OrderType",
    "Position",
    "QueueModel",
    "Quote",
    "QuoteBook",
    "Result",
    "Run",
    "Side",
    "Signal",
    "Strategy",
    "SyntheticMarket",
    "TimeInForce",
    "Timer",
    "Trade",
    "VeloraError",
    "__version__",
    "get_include",
    "measure_table",
]

__version__: str

def get_include() -> str: ...
