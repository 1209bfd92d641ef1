"""The same indicators for many symbols, one row of each at a time."""

cimport cython
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from velora.core.status cimport check_status
from velora.ta._c cimport VEL_TA_INPUTS_MAX, vel_indicator_kind_t, vel_indicator_t
from velora.ta.indicator cimport Indicator

import numpy as np

from velora.core.numbers import whole_number
from velora.errors import CapacityError, InvalidArgument

_BYTES_MOST = 8_000_000_000

cdef extern from "velora/panel.h" nogil:
    ctypedef struct vel_panel_t:
        vel_indicator_t first
    int vel_panel_init(vel_panel_t *self, const vel_indicator_kind_t *kind, const double *params, int64_t symbols)
    void vel_panel_free(vel_panel_t *self)
    void vel_panel_reset(vel_panel_t *self)
    void vel_panel_update(vel_panel_t *self, const double **columns, double *out, int64_t width)


@cython.final
cdef class Panel:
    """Indicators for many symbols, all updated in one call.

    A symbol whose inputs hold a NaN gets no row and keeps its values.

    Parameters
    ----------
    indicators : sequence of Indicator
        Their kinds and parameters are used, not their states.
    symbols : int
        Number of symbols, or their names.

    Attributes
    ----------
    inputs : tuple of str
        Names of the columns that `update` takes.
    columns : tuple of str
        Names of the columns of `values`.
    symbols : tuple
        Names of the symbols, or their positions.

    Examples
    --------
    >>> panel = Panel([EMA(2), MAX(2)], symbols=3)
    >>> panel.update(close=[1.0, 2.0, 3.0], x=[1.0, 2.0, 3.0]).shape
    (3, 2)
    """

    cdef vel_panel_t *_panels
    cdef int _count
    cdef int64_t _symbols
    cdef object _values
    cdef readonly tuple inputs      # names of the columns that `update` takes
    cdef readonly tuple columns     # names of the columns of `values`
    cdef readonly tuple symbols     # names, or positions
    cdef list _at                   # for each indicator, where its inputs are in `inputs`

    def __cinit__(self, indicators, symbols):
        cdef Indicator one
        cdef int i
        chosen = list(indicators)
        if not chosen:
            raise InvalidArgument("a panel needs at least one indicator")
        for each in chosen:
            if not isinstance(each, Indicator):
                raise InvalidArgument(f"a panel takes compiled indicators such as velora.ta.EMA(20), was {each!r}")
        if isinstance(symbols, int):
            symbols = range(whole_number("symbols", symbols, 1, 1_000_000))
        self.symbols = tuple(symbols)
        self._symbols = len(self.symbols)
        if self._symbols < 1:
            raise InvalidArgument("a panel needs at least one symbol")
        total = sum([(<Indicator>each)._c.state_bytes + 64 for each in chosen]) * self._symbols
        if total > _BYTES_MOST:
            raise CapacityError(f"a panel of {self._symbols:,} symbols needs {total / 1e9:.1f} GB; at most "
                                f"{_BYTES_MOST / 1e9:.0f} GB: choose shorter periods or fewer symbols")
        self.inputs = tuple(dict.fromkeys([name for each in chosen for name in each.kind.inputs]))
        if len(self.inputs) > 64:
            raise CapacityError(f"a panel has at most 64 columns, was {len(self.inputs)}")
        self._at = [[self.inputs.index(name) for name in each.kind.inputs] for each in chosen]
        names = []
        for each in chosen:
            for output in each.kind.outputs:
                names.append(repr(each) if len(each.kind.outputs) == 1 else f"{each!r}.{output.name}")
        self.columns = tuple(names)
        self._values = np.full((self._symbols, len(names)), np.nan)
        self._panels = <vel_panel_t *>calloc(len(chosen), sizeof(vel_panel_t))
        if self._panels == NULL:
            raise MemoryError("no memory for a panel")
        self._count = len(chosen)
        for i in range(self._count):
            one = chosen[i]
            check_status(vel_panel_init(&self._panels[i], one._c.kind, one._c.params, self._symbols),
                         "no memory for a panel")

    def __dealloc__(self):
        cdef int i
        if self._panels != NULL:
            for i in range(self._count):
                vel_panel_free(&self._panels[i])
            free(self._panels)

    def update(self, **columns):
        """Add a row of each symbol; returns `values`.

        Parameters
        ----------
        **columns : (symbols,) arrays of float64
            One for each name of `inputs`.
        """
        cdef const double[::1] column
        cdef const double *pointers[64]
        cdef const double *chosen[VEL_TA_INPUTS_MAX]
        cdef double[:, ::1] values = self._values
        cdef int64_t width = values.shape[1], at = 0
        cdef int i, k
        if set(columns) != set(self.inputs):
            raise InvalidArgument(f"a row has the columns {', '.join(self.inputs)}, was {', '.join(columns) or 'none'}")
        kept = []
        for k, name in enumerate(self.inputs):
            array = np.ascontiguousarray(columns[name], np.float64)
            if array.shape != (self._symbols,):
                raise InvalidArgument(f"{name} must have one value for each of {self._symbols} symbols, was "
                                      f"{array.shape}")
            kept.append(array)
            column = array
            pointers[k] = &column[0]
        for i in range(self._count):
            for k, source in enumerate(self._at[i]):
                chosen[k] = pointers[<int>source]
            vel_panel_update(&self._panels[i], chosen, &values[0, at], width)
            at += self._panels[i].first.outputs
        return self._values

    @property
    def values(self):
        """The last values: (symbols, outputs) float64, NaN during the warm-up; the next update writes into it."""
        return self._values

    def reset(self):
        """Back to the state before the first row."""
        cdef int i
        for i in range(self._count):
            vel_panel_reset(&self._panels[i])
        self._values[:] = np.nan

    def __repr__(self):
        return f"Panel({self._count} indicators, {self._symbols} symbols)"
