"""The venue's evidence, joined to the fills that it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.core.vocabulary import EVIDENCED_FILL_DTYPE, fields_of

if TYPE_CHECKING:
    from velora.backtest.totals import Totals

__all__ = ["EvidencedTotals", "with_evidence"]

Records = npt.NDArray[Any]

#: Fields of the evidence that a fill takes over.
_FIELDS = ("cause", "doubts", "datum_ts", "datum_row", "mid_x2")


def with_evidence(fills: Records, evidence: Records) -> Records:
    """Records of fills with the venue's evidence for each.

    Parameters
    ----------
    fills : (n,) structured array
        With a field ``trade_id``.
    evidence : (m,) structured array
        By ascending trade id, as of `SimulatedVenue.evidence`; it holds each of the fills.

    Returns
    -------
    (n,) structured array
        Of `velora.core.vocabulary.EVIDENCED_FILL_DTYPE`.
    """
    out = np.zeros(fills.shape, EVIDENCED_FILL_DTYPE)
    for name in fields_of(fills.dtype):
        out[name] = fills[name]
    if fills.size:
        at = np.searchsorted(evidence["trade_id"], fills["trade_id"])
        for name in _FIELDS:
            out[name] = evidence[name][at]
    return out


class EvidencedTotals:
    """Totals of a run that drops records: each fill is added with its evidence.

    Parameters
    ----------
    totals : Totals
    join : callable
        Returns fills with the venue's evidence.
    """

    def __init__(self, totals: Totals, join: Callable[[Records], Records]) -> None:
        self._totals = totals
        self._join = join
        self.begin = totals.begin
        self.add_samples = totals.add_samples
        self.add_orders = totals.add_orders

    def add_fills(self, fills: Records) -> None:
        """The next fills."""
        self._totals.add_fills(self._join(fills))
