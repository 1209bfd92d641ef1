"""How venues number their book messages, and what follows from it.

============================ ============================== =============================== =====================
rule                         venues                         snapshot S, then                each next
============================ ============================== =============================== =====================
BINANCE_SPOT                 Binance spot                   drop u <= S; first              U = u before + 1
                                                            U <= S + 1 <= u
BINANCE_FUTURES              Binance USD-M, COIN-M          drop u < S; first U <= S <= u   pu = u before
LINKED                       OKX (prevSeqId), Deribit       drop u <= S; first pu = S       pu = u before
                             (prev_change_id)
COUNTED                      Coinbase, KuCoin,              as Binance spot                 U = u before + 1
                             Independent Reserve
TIMED                        Bitstamp (microtimestamp)      drop u <= S; any                u not before the last
UNNUMBERED                   Kraken, Bitfinex               any                             any: only a checksum
                                                                                            can tell
============================ ============================== =============================== =====================

U and u are the first and last id that a message covers, pu the last id of the message before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from velora.data.feeds.messages import BookDiff

__all__ = ["BINANCE_FUTURES", "BINANCE_SPOT", "COUNTED", "LINKED", "TIMED", "UNNUMBERED", "SequenceRule"]

_Test = Callable[["BookDiff", int], bool]


@dataclass(frozen=True)
class SequenceRule:
    """What one way of numbering says about a diff.

    Parameters
    ----------
    name : str
    is_old : callable
        Whether a diff is contained in the snapshot with this id.
    joins : callable
        Whether a diff may be the first one after that snapshot.
    follows : callable
        Whether a diff comes next after the one that ended with this id.
    is_repeat : callable
        Whether a diff that does not follow is one that came before.
    """

    name: str
    is_old: _Test
    joins: _Test
    follows: _Test
    is_repeat: _Test


def _behind(diff: BookDiff, last_id: int) -> bool:
    return diff.last_id <= last_id


BINANCE_SPOT = SequenceRule(
    "binance-spot",
    is_old=lambda diff, snapshot_id: diff.last_id <= snapshot_id,
    joins=lambda diff, snapshot_id: diff.first_id <= snapshot_id + 1 <= diff.last_id,
    follows=lambda diff, last_id: diff.first_id == last_id + 1 and diff.last_id >= diff.first_id,
    is_repeat=_behind,
)

BINANCE_FUTURES = SequenceRule(
    "binance-futures",
    is_old=lambda diff, snapshot_id: diff.last_id < snapshot_id,
    joins=lambda diff, snapshot_id: diff.first_id <= snapshot_id <= diff.last_id,
    follows=lambda diff, last_id: diff.previous_id == last_id and diff.last_id > last_id,
    is_repeat=_behind,
)

LINKED = SequenceRule(
    "linked",
    is_old=lambda diff, snapshot_id: diff.last_id <= snapshot_id and diff.previous_id != snapshot_id,
    joins=lambda diff, snapshot_id: diff.previous_id == snapshot_id,
    # OKX says "no change" with equal ids, and after a reset of its numbers goes on from a smaller one.
    follows=lambda diff, last_id: diff.previous_id == last_id,
    is_repeat=_behind,
)

COUNTED = replace(BINANCE_SPOT, name="counted")

TIMED = SequenceRule(
    "timed",
    is_old=lambda diff, snapshot_id: diff.last_id <= snapshot_id,
    joins=lambda _diff, _snapshot_id: True,
    follows=lambda diff, last_id: diff.last_id >= last_id,
    is_repeat=lambda diff, last_id: diff.last_id < last_id,
)

UNNUMBERED = SequenceRule(
    "unnumbered",
    is_old=lambda _diff, _snapshot_id: False,
    joins=lambda _diff, _snapshot_id: True,
    follows=lambda _diff, _last_id: True,
    is_repeat=lambda _diff, _last_id: False,
)
