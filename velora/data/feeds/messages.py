"""Messages of one book's feed: a snapshot, a diff, and that something is missing between two of them."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["BookDiff", "FeedSnapshot", "Missing"]


class BookDiff(msgspec.Struct):
    """One message of level changes.

    Parameters
    ----------
    first_id, last_id : int
        First and last update id that the message covers.
    previous_id : int, optional
        Last id of the message before, where the venue says it.
    ts_event : int
        Venue time, ns.
    body : object
        The level changes, in whatever form the caller wants them back.
    checksum : int, optional
        Of the book after it.
    """

    first_id: int
    last_id: int
    previous_id: int | None = None
    ts_event: int = 0
    body: Any = None
    checksum: int | None = None


class FeedSnapshot(msgspec.Struct):
    """A whole book.

    Parameters
    ----------
    last_id : int
        The last update that it contains.
    ts_event : int
        Venue time, ns, 0 when the venue does not say.
    body : object
        The levels, in whatever form the caller wants them back.
    """

    last_id: int
    ts_event: int = 0
    body: Any = None


class Missing(msgspec.Struct):
    """Something of the feed is missing here: the book is stale from now on.

    Parameters
    ----------
    first_id : int
        First update id that is missing, 0 when unknown.
    reason : str
        For people.
    """

    first_id: int
    reason: str
