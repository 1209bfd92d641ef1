"""Joins snapshots and diffs of one book by their ids."""

from __future__ import annotations

from collections import deque

from velora.data.feeds.messages import BookDiff, FeedSnapshot, Missing
from velora.data.feeds.sequence import SequenceRule
from velora.errors import InvalidArgument

__all__ = ["BookSync"]


#: Ids of diffs remembered, to tell one that comes again from one that was never here.
_SEEN_MAX = 1024


class BookSync:
    """Takes one book's messages as they come and gives back what to apply, in order.

    A book is stale until the first snapshot, and after anything was lost until the next one. Diffs that come while it
    is stale are given back all the same (a stale book may still be looked at) and are held besides: when the snapshot
    is here, those that it does not contain follow it.

    Parameters
    ----------
    rule : SequenceRule
        How the venue numbers.
    from_diffs : bool
        Whether diffs before any snapshot build a book by themselves, for recordings that have none. Otherwise they are
        only held.
    hold_max : int
        Diffs held at most, the oldest going first.
    confirm : bool
        Whether a diff that was held, and that says it goes on beyond the snapshot, waits for one that follows it
        before it is given back. Without that its last id is only its own word: were it wrong, the diff would put old
        levels over newer ones. The book then stands at the snapshot for one diff longer.

    Attributes
    ----------
    last_id : int or None
        Last update id given back.
    is_stale : bool
    has_snapshot : bool
        Whether a snapshot has come, ever.
    gaps, repeats, old : int
        Counted so far: places where something was missing, diffs that came again or too late, diffs that a snapshot
        contained.
    """

    def __init__(
        self, rule: SequenceRule, *, from_diffs: bool = False, hold_max: int = 100_000, confirm: bool = True
    ) -> None:
        if hold_max < 1:
            raise InvalidArgument(f"hold_max must be at least 1, was {hold_max}")
        self.rule = rule
        self.last_id: int | None = None
        self.is_stale = not from_diffs
        self.has_snapshot = False
        self.gaps = 0
        self.repeats = 0
        self.old = 0
        self._from_diffs = from_diffs
        self._confirm = confirm
        self._unconfirmed: BookDiff | None = None
        self._held: deque[BookDiff] = deque(maxlen=hold_max)
        self._snapshot_id: int | None = None  # until the first diff has joined it
        self._base_id: int | None = None  # everything up to it is in the last snapshot
        self._seen: deque[int] = deque(maxlen=_SEEN_MAX)
        self._seen_ids: set[int] = set()

    @property
    def needs_snapshot(self) -> bool:
        """Whether the book cannot become whole without another snapshot."""
        return self.is_stale

    @property
    def held(self) -> int:
        """Diffs that wait for a snapshot."""
        return len(self._held)

    def on_diff(self, diff: BookDiff) -> list[BookDiff | Missing]:
        """A diff has come."""
        if self.is_stale:
            self._held.append(diff)
            if not self.has_snapshot and not self._from_diffs:
                return []
        return self._next(diff)

    def on_snapshot(self, snapshot: FeedSnapshot) -> list[FeedSnapshot | BookDiff | Missing]:
        """A snapshot has come; one that is older than a whole book says nothing new and is dropped."""
        if not self.is_stale and self.last_id is not None and snapshot.last_id < self.last_id:
            self.old += 1
            return []
        held, self._held = self._held, deque(maxlen=self._held.maxlen)
        self.is_stale = False
        self.has_snapshot = True
        self.last_id = self._snapshot_id = self._base_id = snapshot.last_id
        self._seen.clear()
        self._seen_ids.clear()
        self._unconfirmed = None
        given: list[FeedSnapshot | BookDiff | Missing] = [snapshot]
        for diff in held:
            if self.is_stale:
                self._held.append(diff)
            elif self._confirm and self._unconfirmed is None and self._may_join(diff):
                self._unconfirmed = diff
                continue
            given.extend(self._next(diff))
        return given

    def on_lost(self, reason: str) -> list[Missing]:
        """The connection broke, or a message could not be read: what was in it nobody knows."""
        if not self.has_snapshot and not self._from_diffs:
            self._held.clear()  # what comes next may not go on from what is held
            return []
        return [self._missing(0 if self.last_id is None else self.last_id + 1, reason)]

    def _missing(self, first_id: int, reason: str) -> Missing:
        self.gaps += 1
        self.is_stale = True
        self._snapshot_id = None
        self._unconfirmed = None
        return Missing(first_id, reason)

    def _may_join(self, diff: BookDiff) -> bool:
        rule, snapshot_id = self.rule, self._snapshot_id
        return snapshot_id is not None and not rule.is_old(diff, snapshot_id) and rule.joins(diff, snapshot_id)

    def _after_unconfirmed(self, first: BookDiff, diff: BookDiff) -> list[BookDiff | Missing]:
        """A diff comes while the one that joins the snapshot waits for its follower."""
        assert self._snapshot_id is not None
        if self.rule.is_old(diff, self._snapshot_id) or diff.last_id == first.last_id:
            self.repeats += 1
            return []
        self._unconfirmed = None
        if self.rule.follows(diff, first.last_id):
            return self._next(first) + self._next(diff)
        missing = self._missing(self._snapshot_id + 1, f"diff {diff.first_id}..{diff.last_id} after {first.last_id}")
        return self._after_missing(missing, diff)

    def _next(self, diff: BookDiff) -> list[BookDiff | Missing]:
        rule = self.rule
        if self._unconfirmed is not None:
            return self._after_unconfirmed(self._unconfirmed, diff)
        if self._snapshot_id is not None:
            snapshot_id = self._snapshot_id
            if rule.is_old(diff, snapshot_id):
                self.old += 1
                return []
            self._snapshot_id = None
            if not rule.joins(diff, snapshot_id):
                missing = self._missing(
                    snapshot_id + 1,
                    f"the first diff {diff.first_id}..{diff.last_id} does not join the snapshot {snapshot_id}",
                )
                return self._after_missing(missing, diff)
        elif self.last_id is not None and not rule.follows(diff, self.last_id):
            if rule.is_repeat(diff, self.last_id) and self._came_before(diff):
                self.repeats += 1
                return []
            missing = self._missing(self.last_id + 1, f"diff {diff.first_id}..{diff.last_id} after {self.last_id}")
            return self._after_missing(missing, diff)
        self._remember(diff)
        return [diff]

    def _came_before(self, diff: BookDiff) -> bool:
        """Whether a diff with an id below the last is one that is known: else it is the last id that was wrong."""
        return diff.last_id in self._seen_ids or (self._base_id is not None and diff.last_id <= self._base_id)

    def _remember(self, diff: BookDiff) -> None:
        self.last_id = diff.last_id
        if self._base_id is None:
            self._base_id = diff.first_id - 1
        if len(self._seen) == _SEEN_MAX:
            self._seen_ids.discard(self._seen[0])
        self._seen.append(diff.last_id)
        self._seen_ids.add(diff.last_id)

    def _after_missing(self, missing: Missing, diff: BookDiff) -> list[BookDiff | Missing]:
        self._remember(diff)
        if not self._held or self._held[-1] is not diff:
            self._held.append(diff)
        return [missing, diff]
