"""The local clock of a run, read by its driver.

The kernel reads no clock: each input carries the time.
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
        """Set the current time."""
        raise NotImplementedError

    def real_ns(self, int64_t duration_ns):
        """Time in ns that this machine has to wait for a duration of local time; 0 for a clock that does not advance by
        itself.
        """
        return 0


@cython.final
cdef class PacedClock(LocalClock):
    """Advances with the machine's monotonic clock, at `speed` times its rate.

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
        """Set the current time and start the clock from there."""
        self._start_ts = ts
        self._started_at = _monotonic()

    def real_ns(self, int64_t duration_ns):
        """Time in ns that this machine has to wait for a duration of local time."""
        return <int64_t>(<double>duration_ns / self.speed) + 1


@cython.final
cdef class ManualClock(LocalClock):
    """Advances when set, and by `step_ns` at each reading, as if all work took time. For tests.

    Parameters
    ----------
    step_ns : int

    Attributes
    ----------
    ts : int
        Its time: ns since 1970-01-01 UTC.
    """

    def __init__(self, int64_t step_ns=0):
        if step_ns < 0:
            raise InvalidArgument(f"step_ns must be at least 0, was {step_ns}")
        self.step_ns = step_ns

    cdef int64_t now_c(self) noexcept:
        self.ts = vel_add(self.ts, self.step_ns)
        return self.ts

    def start(self, int64_t ts):
        """Set the current time."""
        self.ts = ts
