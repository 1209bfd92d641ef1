"""Measured round trips."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.errors import CorruptData, InvalidArgument
from velora.sim.numpy_file import as_ns, load_array

__all__ = ["LatencyRecording"]


@dataclass(frozen=True)
class LatencyRecording:
    """Measured round trips, interpolated linearly by time of sending, clamped at both ends.

    Parameters
    ----------
    ts : (n,) int64 array
        Time of sending each request: ns, our clock; strictly ascending.
    entry : (n,) int64 array
        Time to the venue, ns.
    response : (n,) int64 array
        Time back, ns.
    refused : (n,) bool array, optional
        Requests that the venue's gateway refused. A command next to such a row is refused too: it never reaches the
        matching engine, and its refusal arrives after the interpolated round trip.
    """

    ts: NDArray[np.int64]
    entry: NDArray[np.int64]
    response: NDArray[np.int64]
    refused: NDArray[np.uint8] | None

    def __init__(self, ts: ArrayLike, entry: ArrayLike, response: ArrayLike, refused: ArrayLike | None = None) -> None:
        columns = {"ts": ts, "entry": entry, "response": response}
        for name, values in columns.items():
            array = np.ascontiguousarray(values, dtype=np.int64)
            object.__setattr__(self, name, array)
            if array.ndim != 1 or len(array) == 0 or len(array) != len(self.ts):
                raise InvalidArgument(
                    f"a latency recording needs three columns of one length, at least 1; {name} has shape {array.shape}"
                )
            if name != "ts" and (array < 0).any():
                row = int(np.argmax(array < 0))
                raise InvalidArgument(f"latencies must be at least 0; row {row} of {name} was {array[row]} ns")
        if (np.diff(self.ts) <= 0).any():
            row = int(np.argmax(np.diff(self.ts) <= 0)) + 1
            raise InvalidArgument(f"times of a latency recording must ascend; row {row} does not")
        marks = None
        if refused is not None:
            marks = np.ascontiguousarray(np.asarray(refused, dtype=bool).astype(np.uint8))
            if marks.shape != self.ts.shape:
                raise InvalidArgument(f"refused must have one entry per row, {len(self.ts)}; shape was {marks.shape}")
        object.__setattr__(self, "refused", marks if marks is not None and marks.any() else None)

    @staticmethod
    def of(rows: str | os.PathLike[str] | NDArray[Any]) -> LatencyRecording:
        """Recording from round trips in hftbacktest's format.

        Parameters
        ----------
        rows : path or (n,) structured array
            With the fields ``req_ts``, ``exch_ts`` and ``resp_ts``, ns: when the request left and its answer arrived by
            our clock, and when the venue processed it by its own. A path is to an ``.npz`` file that holds them as
            ``data``, or to an ``.npy`` file. ``exch_ts`` of 0 means that the venue refused the request.

        Raises
        ------
        MissingFile
            If the file does not exist.
        CorruptData
            If the file has another format.
        """
        where = "the rows"
        if isinstance(rows, (str, os.PathLike)):
            where = os.fspath(rows)
            rows = load_array(rows, "recording of round trips")
        missing = {"req_ts", "exch_ts", "resp_ts"} - set(rows.dtype.names or ())
        if missing:
            raise CorruptData(
                f"a recording of round trips needs req_ts, exch_ts and resp_ts; {sorted(missing)[0]} is missing",
                file=where,
            )
        names = ("req_ts", "exch_ts", "resp_ts")
        sent, acted, answered = (as_ns(rows[name], f"times of a recording ({name})") for name in names)
        refused = acted <= 0
        # Of a refused request only the round trip is known; its halves are used only as a sum, and for the latency of
        # reports between it and its neighbors.
        acted = np.where(refused, sent + (answered - sent) // 2, acted)
        return LatencyRecording(sent, acted - sent, answered - acted, refused)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LatencyRecording):
            return NotImplemented
        own, others = (np.zeros(len(one.ts), np.uint8) if one.refused is None else one.refused for one in (self, other))
        return (
            np.array_equal(self.ts, other.ts)
            and np.array_equal(self.entry, other.entry)
            and np.array_equal(self.response, other.response)
            and np.array_equal(own, others)
        )

    def __hash__(self) -> int:
        return hash((self.ts.tobytes(), self.entry.tobytes(), self.response.tobytes()))
