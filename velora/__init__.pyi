from velora import data as data
from velora import ta as ta
from velora.backtest.result import Result as Result
from velora.backtest.run import Backtest as Backtest
from velora.backtest.run import Run as Run
from velora.backtest.sweep import Sweep as Sweep
from velora.backtest.sweep import sweep as sweep
from velora.core.book import LevelState as LevelState
from velora.core.book import OrderBookL2 as OrderBookL2
from velora.core.book_l3 import OrderBookL3 as OrderBookL3
from velora.core.bus import MessageBus as MessageBus
from velora.core.bus import Topic as Topic
from velora.core.clock import ns as ns
from velora.core.events import EventFlag as EventFlag
from velora.core.events import EventKind as EventKind
from velora.core.events import Side as Side
from velora.core.instrument import Instrument as Instrument
from velora.core.life import StrategyState as StrategyState
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
from velora.core.orders import FillDoubt as FillDoubt
from velora.core.orders import MarkSource as MarkSource
from velora.core.orders import Order as Order
from velora.core.orders import OrderReason as OrderReason
from velora.core.orders import OrderState as OrderState
from velora.core.orders import OrderType as OrderType
from velora.core.orders import Position as Position
from velora.core.orders import QueuePosition as QueuePosition
from velora.core.orders import SelfTrade as SelfTrade
from velora.core.orders import TimeInForce as TimeInForce
from velora.core.orders import TriggerBy as TriggerBy
from velora.core.orders import TriggerKind as TriggerKind
from velora.core.portfolio import Portfolio as Portfolio
from velora.core.quote_book import QuoteBook as QuoteBook
from velora.data import Catalog as Catalog
from velora.data import EventTable as EventTable
from velora.data.synth import SyntheticMarket as SyntheticMarket
from velora.errors import VeloraError as VeloraError
from velora.errors import VeloraWarning as VeloraWarning
from velora.paper.replay import replay_journal as replay_journal
from velora.paper.run import PacedRun as PacedRun
from velora.paper.tables import journal_tables as journal_tables
from velora.sim.feed_latency import FeedLatency as FeedLatency
from velora.sim.hftbacktest import HftbacktestRules as HftbacktestRules
from velora.sim.impact import Impact as Impact
from velora.sim.latency import Latency as Latency
from velora.sim.latency import LatencyDistribution as LatencyDistribution
from velora.sim.latency import LatencyFaults as LatencyFaults
from velora.sim.latency import LatencyLoad as LatencyLoad
from velora.sim.latency import LatencyRecording as LatencyRecording
from velora.sim.matching import MatchingEngine as MatchingEngine
from velora.sim.queue_model import QueueModel as QueueModel
from velora.strategy.bracket import Bracket as Bracket
from velora.strategy.execution.algorithm import Algorithm as Algorithm
from velora.strategy.execution.curve import VolumeCurve as VolumeCurve
from velora.strategy.execution.iceberg import Iceberg as Iceberg
from velora.strategy.execution.pov import Pov as Pov
from velora.strategy.execution.progress import Execution as Execution
from velora.strategy.execution.progress import ExecutionReport as ExecutionReport
from velora.strategy.execution.schedule import Twap as Twap
from velora.strategy.execution.schedule import Vwap as Vwap
from velora.strategy.execution.sniper import Sniper as Sniper
from velora.strategy.history import History as History
from velora.strategy.parameters import Choice as Choice
from velora.strategy.parameters import Duration as Duration
from velora.strategy.parameters import Parameter as Parameter
from velora.strategy.parameters import ParameterChange as ParameterChange
from velora.strategy.signals import Condition as Condition
from velora.strategy.strategy import Strategy as Strategy
from velora.strategy.targets import Target as Target
from velora.ta import EMA as EMA
from velora.ta import SMA as SMA

__all__ = [
    "EMA",
    "SMA",
    "Algorithm",
    "Backtest",
    "BookMeasures",
    "Bracket",
    "Candle",
    "Catalog",
    "Choice",
    "Condition",
    "Duration",
    "EventFlag",
    "EventKind",
    "EventTable",
    "Execution",
    "ExecutionReport",
    "FeedLatency",
    "Fill",
    "FillCause",
    "FillDoubt",
    "Funding",
    "Gap",
    "HftbacktestRules",
    "History",
    "Iceberg",
    "Impact",
    "Instrument",
    "Latency",
    "LatencyDistribution",
    "LatencyFaults",
    "LatencyLoad",
    "LatencyRecording",
    "LevelState",
    "MarkSource",
    "MatchingEngine",
    "MessageBus",
    "Order",
    "OrderBookL2",
    "OrderBookL3",
    "OrderReason",
    "OrderState",
    "OrderType",
    "PacedRun",
    "Parameter",
    "ParameterChange",
    "Portfolio",
    "Position",
    "Pov",
    "QueueModel",
    "QueuePosition",
    "Quote",
    "QuoteBook",
    "Result",
    "Run",
    "SelfTrade",
    "Side",
    "Signal",
    "Sniper",
    "Strategy",
    "StrategyState",
    "Sweep",
    "SyntheticMarket",
    "Target",
    "TimeInForce",
    "Timer",
    "Topic",
    "Trade",
    "TriggerBy",
    "TriggerKind",
    "Twap",
    "VeloraError",
    "VeloraWarning",
    "VolumeCurve",
    "Vwap",
    "__version__",
    "data",
    "get_include",
    "journal_tables",
    "measure_table",
    "ns",
    "replay_journal",
    "sweep",
    "ta",
]

__version__: str

def get_include() -> str: ...
