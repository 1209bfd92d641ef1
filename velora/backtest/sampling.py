"""How often a run samples: the default interval, and what one that is given may cost."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from velora.core.clock import format_duration, interval_name
from velora.data.source import EventSource, Extent, extent_of
from velora.engine.kernel import SAMPLES_MAX
from velora.errors import CapacityError, VeloraWarning

__all__ = ["INSTANTS", "SAMPLES", "SAMPLES_MAX", "default_interval", "joint_extent", "sampling_interval"]

_SECOND_NS = 1_000_000_000
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400)

#: The default interval makes at most this many instants, or one for each eight rows of the data where that is more.
INSTANTS = 100_000
_ROWS_PER_INSTANT = 8
#: At each instant there is a sample of every strategy and instrument that ever traded: were that all of them, the
#: default would make at most this many.
SAMPLES = 4_000_000
#: A given interval may make as many as a run holds at once; and many more in a run that drops them.
_RETAINED_MAX = 2**33
_BYTES = 88
_WARNED_FROM = 2**23


def joint_extent(sources: Iterable[EventSource]) -> Extent | None:
    """From the first receipt of all sources to the last one, None without any row."""
    found = [extent for source in sources if (extent := extent_of(source)) is not None]
    if not found:
        return None
    return Extent(
        min(one.first for one in found),
        max(one.last for one in found),
        sum(one.rows for one in found),
        all(one.is_whole for one in found),
    )


def default_interval(extent: Extent | None, pairs: int) -> int:
    """The interval of a run that was not given one: ns, at least a second.

    Parameters
    ----------
    extent : Extent, optional
        Of the data, as far as the run goes.
    pairs : int
        Of instruments and strategies: samples at each instant once all of them have traded.
    """
    if extent is None:
        return _SECOND_NS
    # Where only the beginning was seen there may be any number of such stretches.
    instants = max(INSTANTS, extent.rows // _ROWS_PER_INSTANT) if extent.is_whole else extent.rows
    instants = max(min(instants, SAMPLES // pairs), 1)
    wanted = -(-max(extent.last - extent.first, 0) // instants)
    for step in _STEPS_S:
        if step * _SECOND_NS >= wanted:
            return step * _SECOND_NS
    day = _STEPS_S[-1] * _SECOND_NS
    return -(-wanted // day) * day


def sampling_interval(
    given_ns: int | None, extent: Extent | None, pairs: int, *, drops: bool = False, warns: bool = True
) -> int:
    """The interval of a run, ns; 0 for samples after fills alone.

    Parameters
    ----------
    given_ns : int, optional
        What was asked for; a default that follows the data when not given.
    extent, pairs
        As in `default_interval`.
    drops : bool
        Whether the run drops samples as it goes on, so that they do not fill the memory.

    Raises
    ------
    CapacityError
        If the interval that was asked for would make more than `SAMPLES_MAX` samples of a single pair. How many pairs
        will trade is not known before: a run in which they become too many ends with the same error.
    """
    if given_ns is None:
        return default_interval(extent, pairs)
    if given_ns == 0 or extent is None:
        return given_ns
    span = max(extent.last - extent.first, 0)
    count = span // given_ns
    most = _RETAINED_MAX if drops else SAMPLES_MAX
    if count > most:
        finest = -(-span // most)
        step = 10 ** max(len(str(finest)) - 2, 0)
        finest = -(-finest // step) * step  # two digits, and not too few
        hint = "" if drops else ", or a retention"
        raise CapacityError(
            f"sample={format_duration(given_ns)} would take about {float(count):.2g} samples of each strategy and "
            f"instrument that trades over the {format_duration(span)} of the data, more than {most:,}: "
            f"give at least sample={interval_name(finest)!r}{hint}, or leave sample out"
        )
    if warns and not drops and count > _WARNED_FROM:
        warnings.warn(
            f"sample={format_duration(given_ns)} will take about {count:,} samples ({count * _BYTES / 1e6:,.0f} MB) of "
            "each strategy and instrument that trades: give a longer interval, or leave sample out",
            VeloraWarning,
            stacklevel=4,
        )
    return given_ns
