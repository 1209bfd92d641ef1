"""Moving averages.

- SMA, simple: the mean of the last n values.
- EMA, exponential: e_1 = x_1 and e_t = e_(t-1) + alpha (x_t - e_(t-1)), with alpha = 2 / (n + 1) for a period of n. It
  is pandas' ``ewm(span=n, adjust=False)``. J. S. Hunter, "The exponentially weighted moving average", Journal of
  Quality Technology 18 (1986).

`value` is None until `is_ready`: an average of fewer values than its period would be another average.
"""

cimport cython
from libc.math cimport NAN, fabs, isfinite
from libc.stdint cimport int64_t

import numpy as np

from velora.errors import InvalidArgument


cdef double _finite(double x) except? -1.0:
    if not isfinite(x):
        raise InvalidArgument(f"an average needs finite numbers, was {x}")
    return x


@cython.final
@cython.nonecheck(False)
cdef class SMA:
    """Simple moving average of the last `period` values.

    The running sum is compensated (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
    Summen", ZAMM 54 (1974)), so that rounding errors do not accumulate.

    Parameters
    ----------
    period : int

    Examples
    --------
    >>> sma = SMA(2)
    >>> [sma.update(x) for x in (1, 2, 4)]
    [None, 1.5, 3.0]
    """

    def __cinit__(self, int64_t period):
        if period < 1:
            raise InvalidArgument(f"period must be at least 1, was {period}")
        self.period = period
        self._window = np.zeros(period)

    cdef void _add(self, double x) noexcept nogil:
        cdef double total = self._sum + x
        if fabs(self._sum) >= fabs(x):
            self._lost += (self._sum - total) + x
        else:
            self._lost += (x - total) + self._sum
        self._sum = total

    cdef double update_c(self, double x) noexcept nogil:
        # Adds a finite value; returns the mean, NaN before `period` values.
        if self._count >= self.period:
            self._add(-self._window[self._at])
        self._add(x)
        self._window[self._at] = x
        self._at = self._at + 1 if self._at + 1 < self.period else 0
        self._count += 1
        return (self._sum + self._lost) / <double>self.period if self._count >= self.period else NAN

    def update(self, double x):
        """Add a value; returns `value`."""
        self.update_c(_finite(x))
        return self.value

    @property
    def value(self):
        """The mean, None before `period` values."""
        return (self._sum + self._lost) / <double>self.period if self._count >= self.period else None

    @property
    def is_ready(self):
        """Whether `period` values have been added."""
        return self._count >= self.period

    @property
    def count(self):
        """Number of values added."""
        return self._count

    def reset(self):
        """Remove all values."""
        self._at = self._count = 0
        self._sum = self._lost = 0.0

    def __repr__(self):
        return f"SMA({self.period}, value={self.value})"


@cython.final
@cython.nonecheck(False)
cdef class EMA:
    """Exponential moving average; it starts at the first value.

    Parameters
    ----------
    period : int, optional
        alpha = 2 / (period + 1); ready after `period` values.
    alpha : float, optional
        Weight of the newest value, in (0, 1], instead; ready with the first value.

    Examples
    --------
    >>> ema = EMA(3)
    >>> [ema.update(x) for x in (1, 2, 4)]
    [None, None, 2.75]
    """

    def __cinit__(self, period=None, *, alpha=None):
        if (period is None) == (alpha is None):
            raise InvalidArgument("set period or alpha")
        if period is not None:
            if period < 1:
                raise InvalidArgument(f"period must be at least 1, was {period}")
            self.period = period
            self.alpha = 2.0 / (<double>self.period + 1.0)
        else:
            if not 0.0 < alpha <= 1.0:
                raise InvalidArgument(f"alpha must lie in (0, 1], was {alpha}")
            self.alpha = alpha

    cdef double update_c(self, double x) noexcept nogil:
        # Adds a finite value; returns the average, NaN until it is ready.
        self._value = x if self._count == 0 else self._value + self.alpha * (x - self._value)
        self._count += 1
        return self._value if self._count >= self.period else NAN

    def update(self, double x):
        """Add a value; returns `value`."""
        self.update_c(_finite(x))
        return self.value

    @property
    def value(self):
        """The average, None before `period` values."""
        return self._value if self._count > 0 and self._count >= self.period else None

    @property
    def is_ready(self):
        """Whether there is a value."""
        return self._count > 0 and self._count >= self.period

    @property
    def count(self):
        """Number of values added."""
        return self._count

    def reset(self):
        """Remove all values."""
        self._count = 0
        self._value = 0.0

    def __repr__(self):
        how = f"{self.period}" if self.period > 0 else f"alpha={self.alpha}"
        return f"EMA({how}, value={self.value})"
