"""An alarm that wakes an asyncio loop in time.

The loops' own timers have a resolution of a millisecond; a feed replayed at a hundred times its speed passes a tenth of
a second in that time. On Linux this alarm is a kernel timer, accurate to some tens of microseconds; elsewhere it is the
loop's timer.
"""

import os

from libc.stdint cimport int64_t

cdef extern from "velora/platform.h":
    int vel_platform_timer_open()
    int vel_platform_timer_set(int file, int64_t ns)


cdef class Alarm:
    """Waits for a time, or until `ring` is called.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
    """

    def __cinit__(self):
        self._file = -1

    def __init__(self, loop):
        self._loop = loop
        self._file = vel_platform_timer_open()
        if self._file >= 0:
            loop.add_reader(self._file, self.ring)

    def ring(self):
        """End the current wait."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self, ns):
        """Wait for a number of nanoseconds, or until `ring`."""
        self._waiter = self._loop.create_future()
        handle = None
        if self._file < 0:
            handle = self._loop.call_later(ns * 1e-9, self.ring)
        elif vel_platform_timer_set(self._file, max(1, ns)) != 0:
            raise OSError("the alarm cannot be set")
        try:
            await self._waiter
        finally:
            self._waiter = None
            if handle is not None:
                handle.cancel()
            elif self._file >= 0:
                try:
                    os.read(self._file, 8)
                except BlockingIOError:
                    vel_platform_timer_set(self._file, 0)  # cancel the timer, it has not expired

    def close(self):
        """Release the timer; may be called repeatedly."""
        if self._file >= 0:
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = -1
