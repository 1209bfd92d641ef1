"""The local clock of a node, as its driver reads it.

The kernel reads none: it is told the time with each input.
"""

from libc.stdint cimport int64_t
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

cimport cython

from velora.core._c cimport vel_add

from velora.errors import InvalidArgument


cdef int64_t _monotonic() noexcept:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <int64_t>now.tv_sec * 1_000_000_000 + now.tv_nsec


cdef class LocalClock:
    """Local time, ns; it never goes back."""

    cdef int64_t now_c(self) noexcept:
        return 0

    def now(self):
        """Local time, ns."""
        return self.now_c()

    def start(self, int64_t ts):
        """Say what time it is now."""
        raise NotImplementedError

    def real_ns(self, int64_t duration_ns):
        """How long this machine has to wait for a duration of local time, ns; 0 where the clock does not go by itself.
        """
        return 0


@cython.final
cdef class PacedClock(LocalClock):
    """Goes on from its start by the machine's monotonic clock, `speed` times as fast.

    Parameters
    ----------
    speed : float
        1 for real time.
    """

    def __init__(self, double speed=1.0):
        if not 0.001 <= speed <= 1e6:
            raise InvalidArgument(f"speed must be 0.001 to 1,000,000, was {speed!r}")
        self.speed = speed

    cdef int64_t now_c(self) noexcept:
        if self._started_at == 0:
            return self._start_ts
        return self._start_ts + <int64_t>(<double>(_monotonic() - self._started_at) * self.speed)

    def start(self, int64_t ts):
        """Say what time it is now; the clock goes on from there."""
        self._start_ts = ts
        self._started_at = _monotonic()

    def real_ns(self, int64_t duration_ns):
        """How long this machine has to wait for a duration of local time, ns."""
        return <int64_t>(<double>duration_ns / self.speed) + 1


@cython.final
cdef class ManualClock(LocalClock):
    """Goes on when it is told to, and by `step_ns` whenever it is read: as if all work took time. For tests.

    Parameters
    ----------
    step_ns : int
    """

    def __init__(self, int64_t step_ns=0):
        if step_ns < 0:
            raise InvalidArgument(f"step_ns must be at least 0, was {step_ns}")
        self.step_ns = step_ns

    cdef int64_t now_c(self) noexcept:
        self.ts = vel_add(self.ts, self.step_ns)
        return self.ts

    def start(self, int64_t ts):
        """Say what time it is now."""
        self.ts = ts
