"""An alarm that wakes an asyncio loop in time.

The loops' own timers have a resolution of a millisecond; a feed replayed at a hundred times its speed passes a tenth of
a second in that time. On Linux this alarm is a kernel timer, accurate to some tens of microseconds; elsewhere it is the
loop's timer.
"""

import os

cdef extern from *:
    """
    #if defined(__linux__)
    #include <sys/timerfd.h>
    #include <time.h>
    static int velora_alarm_open(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }
    static int velora_alarm_set(int file, long long ns)
    {
        struct itimerspec when = {{0, 0}, {ns / 1000000000, ns % 1000000000}};
        return timerfd_settime(file, 0, &when, NULL);
    }
    #else
    static int velora_alarm_open(void) { return -1; }
    static int velora_alarm_set(int file, long long ns) { return (void)file, (void)ns, -1; }
    #endif
    """
    int velora_alarm_open()
    int velora_alarm_set(int file, long long ns)


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
        self._file = velora_alarm_open()
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
        elif velora_alarm_set(self._file, max(1, ns)) != 0:
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
                    velora_alarm_set(self._file, 0)  # cancel the timer, it has not expired

    def close(self):
        """Release the timer; may be called repeatedly."""
        if self._file >= 0:
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = -1
