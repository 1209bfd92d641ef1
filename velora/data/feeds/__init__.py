"""Feed discipline: what a stream of books must pass before anybody may believe it; the same for history and live.

Two steps, one after the other. `BookSync` looks at ids only: it joins snapshot and diffs by the venue's rule, drops
what is old or repeated, and says where something is missing. `BookGuard` looks at the book that results: its checksum,
its depth, and whether it is crossed.
"""

from velora.data.feeds.checksum import Checksum, kraken_checksum, okx_checksum
from velora.data.feeds.guard import BookGuard, Verdict
from velora.data.feeds.messages import BookDiff, FeedSnapshot, Missing
from velora.data.feeds.sequence import (
    BINANCE_FUTURES,
    BINANCE_SPOT,
    COUNTED,
    LINKED,
    TIMED,
    UNNUMBERED,
    SequenceRule,
)
from velora.data.feeds.sync import BookSync

__all__ = [
    "BINANCE_FUTURES",
    "BINANCE_SPOT",
    "COUNTED",
    "LINKED",
    "TIMED",
    "UNNUMBERED",
    "BookDiff",
    "BookGuard",
    "BookSync",
    "Checksum",
    "FeedSnapshot",
    "Missing",
    "SequenceRule",
    "Verdict",
    "kraken_checksum",
    "okx_checksum",
]
