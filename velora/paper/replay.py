"""`replay_journal`: the recorded inputs of a live run, given once more to the same strategy.

There is no clock, no venue and no link here: a fresh kernel gets each input at the local time at which the live one got
it, and what the strategy decides is compared with what it decided then, byte for byte.
"""

from __future__ import annotations

from os import PathLike
from typing import NamedTuple

from velora.backtest.strategies import Strategies, named_strategies
from velora.core.clock import format_ns
from velora.engine.intake import InputsDiffer, Intake
from velora.engine.journal import JournalReader, JournalRecord, RecordType
from velora.paper.head import check_head, kernel_of

__all__ = ["JournalReplay", "replay_journal"]

#: Of a journaled command.
_COMMAND_BYTES = 112


class JournalReplay(NamedTuple):
    """What a replay of a journal came to.

    Attributes
    ----------
    inputs : int
        Given to the strategy: all there are, or those up to the first difference.
    decisions : bytes
        Of the replay: its commands in their order, 112 bytes each, as ``csrc/include/velora/message.h`` lays them out.
    recorded : bytes
        Of the live run.
    hash, recorded_hash : str
        Of the local side at the end; the recorded one is None where the live run did not end in order.
    torn_bytes : int
        At the end of the file, which a crash has left and which are no record.
    difference : str or None
        Where the replay first decided otherwise.
    is_same : bool
        Whether the decisions, and the hash where it is known, are the recorded ones. Where the journal ends within the
        decisions upon its last input, those that are there count.
    """

    inputs: int
    decisions: bytes
    recorded: bytes
    hash: str
    recorded_hash: str | None
    torn_bytes: int
    difference: str | None

    @property
    def is_same(self) -> bool:
        return self.difference is None

    @property
    def commands(self) -> int:
        """Decisions of the replay."""
        return len(self.decisions) // _COMMAND_BYTES


def replay_journal(path: str | PathLike[str], strategy: Strategies) -> JournalReplay:
    """Give the inputs of a journal to a fresh kernel and compare the decisions.

    Parameters
    ----------
    path : str or path
    strategy : Strategy, or a list or dict of them
        Fresh, of the same classes as the live run's. Parameters are set to what they were at its start.

    Raises
    ------
    MissingFile, CorruptData
        Where the journal cannot be read; the error names the record. A record that a crash cut short is left out.
    InvalidArgument
        If the strategies are others than the journal's.
    """
    reader = JournalReader(path)
    check_head(reader.head, reader.path)
    intake = Intake(kernel_of(reader.head, named_strategies(strategy)))
    decided: list[bytes] = []
    recorded: list[bytes] = []
    recorded_hash = difference = None
    compared = 0  # decisions that have been, and are the same
    is_whole = False  # whether the decisions upon the last input are all there
    last: JournalRecord | None = None
    for record in reader:
        if record.type in (RecordType.BEGIN, RecordType.DENIED):  # denials follow from the inputs, as the hash shows
            continue
        if record.type == RecordType.COMMAND:
            recorded.append(record.payload)
            continue
        if difference is None:
            difference = _difference(decided, recorded, compared, last)
            compared = len(recorded)
        is_whole = record.type == RecordType.END
        if is_whole:
            recorded_hash = f"{int.from_bytes(record.payload[:8], 'little'):016x}"
            continue
        if difference is not None:
            continue  # what was recorded from here on answers other decisions
        try:
            intake.give(record)
        except InputsDiffer as error:
            difference = str(error)
            continue
        decided += intake.take_commands()
        last = record
    if difference is None:
        whole = decided if is_whole else decided[: len(recorded)]
        difference = _difference(whole, recorded, compared, last)
    if difference is None and recorded_hash not in (None, intake.hash()):
        difference = "the same decisions, and another state of the local side at the end"
    return JournalReplay(
        intake.inputs,
        b"".join(decided),
        b"".join(recorded),
        intake.hash(),
        recorded_hash,
        reader.torn_bytes,
        difference,
    )


def _difference(decided: list[bytes], recorded: list[bytes], compared: int, after: JournalRecord | None) -> str | None:
    """Where decisions from number `compared` on differ, in words."""
    pairs = zip(decided[compared:], recorded[compared:], strict=False)
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), None)
    if same is None:
        if len(decided) == len(recorded):
            return None
        same = min(len(decided), len(recorded)) - compared
    where = "at the start" if after is None else f"upon record {after.number}, at {format_ns(after.ts)}"
    return f"decision {compared + same + 1} differs, {where}: {len(decided)} decided, {len(recorded)} recorded so far"
