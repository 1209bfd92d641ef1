"""`replay_journal`: replay the recorded inputs of a run to the same strategy.

There is no clock, no venue and no link here: a fresh kernel receives each input at its recorded local time, and the
strategy's decisions are compared with the recorded ones, byte for byte.
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

#: Bytes of a journaled command.
_COMMAND_BYTES = 112


class JournalReplay(NamedTuple):
    """Outcome of the replay of a journal.

    Attributes
    ----------
    inputs : int
        Number of inputs replayed: all, or those up to the first difference.
    decisions : bytes
        Commands of the replay in order, 112 bytes each, in the layout of ``csrc/include/velora/message.h``.
    recorded : bytes
        Commands of the recorded run.
    hash, recorded_hash : str
        Hash of the local side at the end; the recorded one is None if the run did not end normally.
    torn_bytes : int
        Number of bytes at the end of the file that a crash has left and that are not a record.
    difference : str or None
        Position of the first differing decision.
    is_same : bool
        Whether the decisions, and the hash if recorded, are equal. If the journal ends within the decisions on its last
        input, only the recorded ones are compared.
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
        """Number of decisions of the replay."""
        return len(self.decisions) // _COMMAND_BYTES


def replay_journal(path: str | PathLike[str], strategy: Strategies) -> JournalReplay:
    """Replay the inputs of a journal to a fresh kernel and compare the decisions.

    Parameters
    ----------
    path : str or path
    strategy : Strategy, or a list or dict of them
        Fresh strategies of the same classes as in the run. Parameters are set to the values at its start.

    Raises
    ------
    MissingFile, CorruptData
        If the journal cannot be read; the error names the record. A record truncated by a crash is left out.
    InvalidArgument
        If the strategies differ from the journal's.
    """
    reader = JournalReader(path)
    check_head(reader.head, reader.path)
    intake = Intake(kernel_of(reader.head, named_strategies(strategy)))
    decided: list[bytes] = []
    recorded: list[bytes] = []
    recorded_hash = difference = None
    compared = 0  # number of decisions compared and equal
    is_whole = False  # whether all decisions on the last input are known
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
            continue  # from here on, the records answer other decisions
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
        difference = "the same decisions, but another state of the local side at the end"
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
    """Text of the first difference from decision `compared` on."""
    pairs = zip(decided[compared:], recorded[compared:], strict=False)
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), None)
    if same is None:
        if len(decided) == len(recorded):
            return None
        same = min(len(decided), len(recorded)) - compared
    where = "at the start" if after is None else f"on record {after.number}, at {format_ns(after.ts)}"
    return f"decision {compared + same + 1} differs, {where}: {len(decided)} decided, {len(recorded)} recorded so far"
