"""Indicators of the C library behind two faces: objects that take one row at a time, functions over columns.

Both are made from the descriptors of the library (`velora.ta.kinds`), and give the same bits.
"""

cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.exc cimport PyErr_CheckSignals
from cpython.float cimport PyFloat_FromDouble
from cpython.object cimport PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_SET_ITEM
from libc.stdint cimport int64_t
from libc.string cimport memset

from velora.core._c cimport VEL_EINVAL, VEL_OK
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status
from velora.ta._c cimport (
    VEL_TA_INPUTS_MAX,
    VEL_TA_OUTPUTS_MAX,
    VEL_TA_VALUES_MAX,
    vel_indicator_defaults,
    vel_indicator_families,
    vel_indicator_family,
    vel_indicator_free,
    vel_indicator_has_value,
    vel_indicator_init,
    vel_indicator_inputs,
    vel_indicator_is_settled,
    vel_indicator_kind,
    vel_indicator_kind_t,
    vel_indicator_level_max,
    vel_indicator_outputs,
    vel_indicator_params,
    vel_indicator_reset,
    vel_indicator_restore,
    vel_indicator_run_columns,
    vel_indicator_snapshot,
    vel_indicator_snapshot_size,
    vel_indicator_t,
    vel_indicator_update,
    vel_ta_column_t,
)

cdef extern from "Python.h":
    object PyType_GenericAlloc(PyTypeObject *cls, Py_ssize_t items)

from collections import namedtuple

import numpy as np

from velora.errors import CorruptData, InvalidArgument
from velora.ta.kinds import PLOTS as _PLOTS, IndicatorKind, Output, Param, candle_settings, refuse_names, values_of

# The level of vector instructions in use; all give the same bits.
cdef int _level = vel_indicator_level_max()


def simd_level():
    """The level of vector instructions in use: 0, 3 (AVX2) or 4 (AVX-512)."""
    return _level


def set_simd_level(int level):
    """Use a lower level of vector instructions for the indicators made from now on; returns the former one.

    All levels give the same bits; tests compare them.

    Raises
    ------
    InvalidArgument
        If this processor or build does not have it.
    """
    global _level
    if level not in (0, 3, 4) or level > vel_indicator_level_max():
        raise InvalidArgument(f"level must be 0, 3 or 4 and at most {vel_indicator_level_max()}, was {level}")
    former, _level = _level, level
    return former


def identity(double x, /):
    """The number itself: a call of it is the floor that an update of an indicator is measured against."""
    return x


_TYPES = ("int", "float", "choice")


cdef str _text(const char *text):
    return "" if text == NULL else text.decode()


cdef object _describe(const vel_indicator_kind_t *kind):
    cdef int i
    params = [
        Param(
            name=_text(kind.params[i].name), type=_TYPES[kind.params[i].kind], default=kind.params[i].initial,
            low=kind.params[i].low, high=kind.params[i].high, text=_text(kind.params[i].text),
            choices=tuple(_text(kind.params[i].choices).split("|")) if kind.params[i].choices != NULL else (),
        )
        for i in range(vel_indicator_params(kind))
    ]
    return IndicatorKind(
        name=_text(kind.name), class_name=_text(kind.class_name), title=_text(kind.title), group=_text(kind.group),
        formula=_text(kind.formula), source=_text(kind.source), notes=_text(kind.notes), talib=_text(kind.talib),
        inputs=tuple([_text(kind.inputs[i]) for i in range(vel_indicator_inputs(kind))]),
        outputs=tuple([Output(_text(kind.outputs[i].name), _PLOTS[kind.outputs[i].plot])
                       for i in range(vel_indicator_outputs(kind))]),
        params=tuple(params), is_integer=kind.is_integer, is_pattern=kind.is_pattern, is_anchored=kind.is_anchored,
    )


def compiled_kinds():
    """Descriptors of all indicators of the C library, by name."""
    cdef int64_t family
    cdef const vel_indicator_kind_t **kind
    found = {}
    for family in range(vel_indicator_families()):
        kind = vel_indicator_family(family, 0)
        while kind[0] != NULL:
            described = _describe(kind[0])
            found[described.name] = described
            kind += 1
    return found


cdef const vel_indicator_kind_t *_kind_of(object kind) except NULL:
    # The descriptor in C, at the level of vector instructions in use.
    cdef const vel_indicator_kind_t *found = vel_indicator_kind(kind.name.encode(), _level)
    if found == NULL:
        raise InvalidArgument(f"{kind.name} is no indicator of the compiled library")
    return found


cdef int _init(vel_indicator_t *c, const vel_indicator_kind_t *c_kind, object kind, tuple given,
               dict named) except -1:
    # Makes an indicator of a kind from the arguments of a user, all of which must be used.
    cdef double params[VEL_TA_VALUES_MAX]
    cdef int bad = 0, i, status
    vel_indicator_defaults(c_kind, params)
    values = values_of(kind, given, named)
    cdef int count = len(values)
    if kind.is_pattern:
        settings = named.pop("settings", None)
        if settings is not None:
            values += candle_settings(settings, [params[count + i] for i in range(3 * 11)])
    if named:
        refuse_names(kind, named)
    for i in range(len(values)):
        params[i] = values[i]
    status = vel_indicator_init(c, c_kind, params, &bad)
    if status == VEL_EINVAL:
        if bad < count:
            raise InvalidArgument(f"{kind.name}: {kind.params[bad].name} does not go with the other parameters, "
                                  f"was {kind.params[bad].show(params[bad])}")
        raise InvalidArgument(f"{kind.name}: a candle setting is out of bounds: its period is a whole number of at "
                              "least 0, its factor finite")
    return check_status(status, kind.name)


cdef inline object _number(vel_indicator_t *c, int index):
    return <int64_t>c.out[index] if c.kind.is_integer else PyFloat_FromDouble(c.out[index])


cdef object _values(vel_indicator_t *c, object value_type):
    # A named tuple is a tuple without fields of its own, so it is filled in place.
    cdef int i
    cdef object values = PyType_GenericAlloc(<PyTypeObject *>value_type, c.outputs)
    for i in range(c.outputs):
        value = _number(c, i)
        Py_INCREF(value)
        PyTuple_SET_ITEM(values, i, value)
    return values


cdef inline object _value_of(Indicator indicator):
    # Not a method: classes of kinds derive from these, and a call through the table of methods costs 2 ns.
    if indicator._c.rows <= indicator._c.lookback:
        return None
    if indicator._value_type is None:
        return _number(&indicator._c, 0)
    return _values(&indicator._c, indicator._value_type)


cdef class Indicator:
    """An indicator that takes one row at a time; `velora.ta` has a class of each kind.

    Parameters
    ----------
    *parameters, **parameters
        Those of the kind; see its page.
    ready_at : {"settled", "first"}
        When `is_ready` becomes true: once the value no longer depends on where the series started, to 1e-9 of the range
        of the inputs, or with the first value, which is TA-Lib's convention.

    Attributes
    ----------
    kind : IndicatorKind
        Descriptor: inputs, outputs, parameters, formula, source.
    KIND : IndicatorKind
        The same on the class.
    VALUE : type or None
        Named tuple of the outputs, None for a single output.

    Notes
    -----
    Rows before the first one without a NaN are skipped. The state is bounded by the parameters.
    """

    def __cinit__(self, *given, **named):
        memset(&self._c, 0, sizeof(self._c))
        kind = getattr(type(self), "KIND", None)
        if kind is None:
            raise InvalidArgument("an Indicator is made from a class of its kind, such as velora.ta.EMA(20)")
        self.kind = kind
        self._value_type = type(self).VALUE
        ready_at = named.pop("ready_at", "settled")
        if ready_at not in ("settled", "first"):
            raise InvalidArgument(f"{kind.class_name}: ready_at must be 'settled' or 'first', was {ready_at!r}")
        self._is_first = ready_at == "first"
        _init(&self._c, _kind_of(kind), kind, given, named)

    def __dealloc__(self):
        vel_indicator_free(&self._c)

    @property
    def value(self):
        """The last value, or a named tuple of all outputs; None during the warm-up."""
        return _value_of(self)

    @property
    def has_value(self):
        """Whether the warm-up is over."""
        return vel_indicator_has_value(&self._c)

    @property
    def is_ready(self):
        """Whether there is a value that does not depend on where the series started (`ready_at`)."""
        return vel_indicator_has_value(&self._c) if self._is_first else vel_indicator_is_settled(&self._c)

    @property
    def count(self):
        """Number of rows added, without the skipped ones."""
        return self._c.rows

    @property
    def lookback(self):
        """Rows of the warm-up: the first value comes with row lookback + 1."""
        return self._c.lookback

    @property
    def settles(self):
        """Rows after which the value is within 1e-9 of that of an infinite history."""
        return self._c.settles

    @property
    def parameters(self):
        """The parameters by name."""
        return {param.name: param.show(self._c.params[i]) for i, param in enumerate(self.kind.params)}

    def output(self, int index):
        """The last value of one output by its position; None during the warm-up."""
        if not 0 <= index < self._c.outputs:
            raise InvalidArgument(f"{self.kind.name} has {self._c.outputs} outputs, was {index}")
        if not vel_indicator_has_value(&self._c):
            return None
        return <int64_t>self._c.out[index] if self._c.kind.is_integer else self._c.out[index]

    def update_candle(self, candle):
        """Add the row of a candle, or of any object that has the inputs as attributes."""
        cdef double row[VEL_TA_INPUTS_MAX]
        cdef int i = 0
        for name in self.kind.inputs:
            row[i] = getattr(candle, name)
            i += 1
        vel_indicator_update(&self._c, row)
        return _value_of(self)

    def extend(self, *columns):
        """Add the rows of columns; returns the outputs at each row, as the function over columns does."""
        cdef tuple inputs = _inputs(self.kind, columns)
        if np.ndim(inputs[0]) != 1:
            raise InvalidArgument(f"{self.kind.name}.extend takes columns of one dimension, not of "
                                  f"{np.ndim(inputs[0])}")
        outputs = _new_outputs(self.kind, inputs)
        _run(&self._c, inputs, outputs)
        return outputs[0] if self._value_type is None else tuple.__new__(self._value_type, outputs)

    def reset(self):
        """Back to the state before the first row."""
        vel_indicator_reset(&self._c)

    def snapshot(self):
        """The state as bytes, for `restore` of an indicator of the same kind and parameters."""
        cdef bytes data = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>vel_indicator_snapshot_size(&self._c))
        vel_indicator_snapshot(&self._c, PyBytes_AS_STRING(data))
        return data

    def restore(self, bytes snapshot not None):
        """Go on from a snapshot.

        Raises
        ------
        CorruptData
            If it is not a whole snapshot of this kind with these parameters; the indicator keeps its state.
        """
        if vel_indicator_restore(&self._c, PyBytes_AS_STRING(snapshot), <size_t>PyBytes_GET_SIZE(snapshot)) != VEL_OK:
            raise CorruptData(f"these {len(snapshot)} bytes are no snapshot of {self!r}")

    def __reduce__(self):
        return _rebuild, (type(self), [self._c.params[i] for i in range(VEL_TA_VALUES_MAX)], bool(self._is_first),
                          self.snapshot())

    def __copy__(self):
        return self.__reduce__()[0](*self.__reduce__()[1])

    def __deepcopy__(self, memo):
        return self.__copy__()

    def __repr__(self):
        shown = ", ".join([f"{name}={value!r}" for name, value in self.parameters.items()])
        return f"{self.kind.class_name}({shown})"


def _rebuild(cls, list params, bint is_first, bytes snapshot):
    # Of pickle, which finds the class by its name in velora.ta.
    cdef Indicator made = cls()
    cdef double values[VEL_TA_VALUES_MAX]
    cdef const vel_indicator_kind_t *kind = made._c.kind
    cdef int bad = 0, i
    for i in range(VEL_TA_VALUES_MAX):
        values[i] = params[i]
    vel_indicator_free(&made._c)
    check_status(vel_indicator_init(&made._c, kind, values, &bad), "a pickled indicator")
    made._is_first = is_first
    made.restore(snapshot)
    return made


cdef class Indicator1(Indicator):
    """An indicator of one input."""

    def update(self, double x, /):
        """Add a value; returns `value`."""
        vel_indicator_update(&self._c, &x)
        return _value_of(self)


cdef class Indicator2(Indicator):
    """An indicator of two inputs."""

    def update(self, double a, double b, /):
        """Add a row; returns `value`."""
        cdef double[2] row = [a, b]
        vel_indicator_update(&self._c, row)
        return _value_of(self)


cdef class Indicator3(Indicator):
    """An indicator of three inputs."""

    def update(self, double a, double b, double c, /):
        """Add a row; returns `value`."""
        cdef double[3] row = [a, b, c]
        vel_indicator_update(&self._c, row)
        return _value_of(self)


cdef class Indicator4(Indicator):
    """An indicator of four inputs."""

    def update(self, double a, double b, double c, double d, /):
        """Add a row; returns `value`."""
        cdef double[4] row = [a, b, c, d]
        vel_indicator_update(&self._c, row)
        return _value_of(self)


cdef class Indicator5(Indicator):
    """An indicator of five inputs."""

    def update(self, double a, double b, double c, double d, double e, /):
        """Add a row; returns `value`."""
        cdef double[5] row = [a, b, c, d, e]
        vel_indicator_update(&self._c, row)
        return _value_of(self)


cdef class Indicator6(Indicator):
    """An indicator of six inputs."""

    def update(self, double a, double b, double c, double d, double e, double f, /):
        """Add a row; returns `value`."""
        cdef double[6] row = [a, b, c, d, e, f]
        vel_indicator_update(&self._c, row)
        return _value_of(self)


_BASES = (Indicator1, Indicator2, Indicator3, Indicator4, Indicator5, Indicator6)


def value_type(kind):
    """The named tuple of the outputs of a kind, None when it has one."""
    if len(kind.outputs) == 1:
        return None
    return namedtuple(f"{kind.class_name}Value", [output.name for output in kind.outputs], module="velora.ta")


def indicator_class(kind, value):
    """The streaming class of a compiled kind; `value` is its `value_type`."""
    body = {"KIND": kind, "VALUE": value, "__slots__": (), "__doc__": kind.describe(), "__module__": "velora.ta"}
    body |= {param.name: property(_Parameter(i, param), doc=param.text) for i, param in enumerate(kind.params)}
    if value is not None:  # where an output and a parameter have one name, the attribute is the output
        body |= {one.name: property(_Output(i), doc="Its last value; None during the warm-up.")
                 for i, one in enumerate(kind.outputs)}
    return type(kind.class_name, (_BASES[len(kind.inputs) - 1],), body)


@cython.final
cdef class _Output:
    # Getter of an output.
    cdef int _index

    def __init__(self, int index):
        self._index = index

    def __call__(self, Indicator indicator not None):
        return indicator.output(self._index)


@cython.final
cdef class _Parameter:
    # Getter of a parameter.
    cdef int _index
    cdef object _param

    def __init__(self, int index, param):
        self._index, self._param = index, param

    def __call__(self, Indicator indicator not None):
        return self._param.show(indicator._c.params[self._index])


# ---- columns


cdef object _frame_column(object frame, str name, str owner):
    # A column of a mapping or a data frame, by its name in any case.
    names = getattr(frame, "column_names", None)  # Arrow
    if names is None:
        names = frame.keys() if hasattr(frame, "keys") else frame.columns
    for candidate in names:
        if str(candidate).lower() == name:
            return frame[candidate]
    raise InvalidArgument(f"{owner} needs a column {name!r}; there are {', '.join([str(one) for one in names])}")


cdef object _ndarray = np.ndarray
cdef object _float64 = np.dtype(np.float64)


cdef bint _is_frame(object value):
    return not isinstance(value, _ndarray) and (
        hasattr(value, "column_names") or isinstance(value, dict)
        or (hasattr(value, "columns") and hasattr(value, "__getitem__"))
    )


cdef object _column(object value, str name, str owner):
    # As an aligned array of float64 or float32; no copy when it is one already.
    array = value if type(value) is _ndarray else np.asarray(value)
    if array.dtype is _float64 and array.flags.aligned:
        return array
    kind = array.dtype.kind
    if kind == "f" and array.dtype.itemsize in (4, 8) and array.dtype.isnative and array.flags.aligned:
        return array
    if kind in "iuf":
        return np.array(array, np.float64)
    raise InvalidArgument(f"{owner}: {name} must hold numbers, was {array.dtype}; convert it with astype(float)")


cdef tuple _inputs(object kind, tuple given):
    # The inputs of a kind as arrays of one shape, from columns or from one frame.
    cdef str owner = kind.name
    names = kind.inputs
    if len(given) == 1 and _is_frame(given[0]):
        given = tuple([_frame_column(given[0], name, owner) for name in names])
    if len(given) != len(names):
        raise InvalidArgument(f"{owner} takes {len(names)} columns ({', '.join(names)}), {len(given)} were given")
    arrays = tuple([_column(value, name, owner) for value, name in zip(given, names)])
    shape = arrays[0].shape
    if len(shape) == 0:
        raise InvalidArgument(f"{owner}: {names[0]} must be an array, was one number; "
                              f"velora.ta.{kind.class_name} takes one at a time")
    for name, array in zip(names, arrays):
        if array.shape != shape:
            raise InvalidArgument(f"{owner}: {name} has the shape {array.shape}, {names[0]} {shape}")
    return arrays


cdef list _new_outputs(object kind, tuple inputs):
    cdef object dtype = np.float64
    if kind.is_integer:
        dtype = np.int32
    elif inputs[0].dtype.itemsize == 4 and all([array.dtype.itemsize == 4 for array in inputs]):
        dtype = np.float32
    return [np.empty(inputs[0].shape, dtype) for _ in kind.outputs]


cdef list _given_outputs(object kind, tuple inputs, object out):
    # The arrays that a caller gives for the outputs.
    arrays = list(out) if isinstance(out, (tuple, list)) else [out]
    if len(arrays) != len(kind.outputs):
        raise InvalidArgument(f"{kind.name}: out must be {len(kind.outputs)} arrays, was {len(arrays)}")
    wanted = ("int32",) if kind.is_integer else ("float64", "float32")
    for array in arrays:
        if not isinstance(array, np.ndarray) or array.dtype.name not in wanted or array.shape != inputs[0].shape:
            raise InvalidArgument(f"{kind.name}: out must be arrays of {' or '.join(wanted)} with the shape "
                                  f"{inputs[0].shape}, was {getattr(array, 'dtype', type(array).__name__)} "
                                  f"{getattr(array, 'shape', '')}")
        if not array.flags.writeable or not array.flags.aligned or not array.dtype.isnative:
            raise InvalidArgument(f"{kind.name}: out must be writeable, aligned and of the machine's byte order")
        if any([np.may_share_memory(array, one) for one in (*inputs, *[b for b in arrays if b is not array])]):
            raise InvalidArgument(f"{kind.name}: out must not overlap the inputs or another output")
    return arrays


cpdef tuple column_arguments(object kind, tuple given, dict named):
    """The arguments of a call over columns: inputs, outputs, and the positional ones behind the inputs.

    `named` loses ``out`` and the inputs that are given by name.
    """
    cdef object out = named.pop("out", None)
    cdef int count = 1 if len(given) > 0 and _is_frame(given[0]) else len(kind.inputs)
    cdef tuple columns = given[:count]
    if len(columns) < count and named:
        columns += tuple([named.pop(name) for name in kind.inputs[len(columns):] if name in named])
    inputs = _inputs(kind, columns)
    outputs = _new_outputs(kind, inputs) if out is None else _given_outputs(kind, inputs, out)
    return inputs, outputs, given[count:]


def lanes(kind, tuple inputs, list outputs, axis):
    """Each series of inputs and outputs of several dimensions along an axis."""
    dimensions = np.ndim(inputs[0])
    if not isinstance(axis, int) or not -dimensions <= axis < dimensions:
        raise InvalidArgument(f"{kind.name}: axis must lie between {-dimensions} and {dimensions - 1}, was {axis!r}")
    x = [np.moveaxis(array, axis, -1) for array in inputs]
    y = [np.moveaxis(array, axis, -1) for array in outputs]
    return [(tuple([array[index] for array in x]), [array[index] for array in y])
            for index in np.ndindex(x[0].shape[:-1])]


cdef int _view(object array, vel_ta_column_t *column) except -1:
    # Of one dimension.
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_STRIDES | PyBUF_FORMAT)
    column.data = view.buf
    column.stride = view.strides[0]
    column.is_float32 = view.format[0] == c"f"
    PyBuffer_Release(&view)  # the caller keeps the array
    return 0


cdef int _run(vel_indicator_t *c, tuple inputs, list outputs) except -1:
    # Rows of one dimension. The GIL is released for long columns; Ctrl-C works in between.
    cdef vel_ta_column_t[VEL_TA_INPUTS_MAX] x
    cdef vel_ta_column_t[VEL_TA_OUTPUTS_MAX] y
    cdef int i
    cdef int64_t rows = len(inputs[0]), at = 0, until
    for i in range(c.inputs):
        _view(inputs[i], &x[i])
    for i in range(c.outputs):
        _view(outputs[i], &y[i])
    if rows <= 2048:
        vel_indicator_run_columns(c, 0, rows, x, y)
        return 0
    while at < rows:
        until = min(rows, at + ROWS_BETWEEN_SIGNALS)
        with nogil:
            vel_indicator_run_columns(c, at, until, x, y)
        at = until
        PyErr_CheckSignals()
    return 0


@cython.final
cdef class ColumnFunction:
    """An indicator over whole columns; `velora.ta` has one of each kind.

    Called with the inputs of the kind, or a frame that has them as columns, then its parameters. Inputs are arrays of
    float64 or float32 of any stride, of one or more dimensions, Arrow or Polars columns, pandas series, or sequences of
    numbers. Returns an array of the same shape, or a named tuple of arrays; NaN (0 for integers) during the warm-up.
    The outputs are float32 when all inputs are.

    Parameters
    ----------
    axis : int
        The axis that runs in time, by default the first.
    out : array, or tuple of arrays, optional
        Where to write the outputs.
    settings : dict, optional
        Candle settings, of candlestick patterns only.

    Attributes
    ----------
    kind : IndicatorKind
        Descriptor: inputs, outputs, parameters, formula, source.
    """

    cdef readonly object kind
    cdef object _value_type
    cdef const vel_indicator_kind_t *_c_kind
    cdef int _level                  # of _c_kind
    cdef dict __dict__

    def __cinit__(self, kind, value):
        if not isinstance(kind, IndicatorKind):
            raise InvalidArgument(f"a function over columns is made of an IndicatorKind, was {kind!r}")
        self.kind, self._value_type, self._level = kind, value, -1
        self.__name__ = self.__qualname__ = kind.name
        self.__module__ = "velora.ta"
        self.__doc__ = kind.describe()

    def __call__(self, *given, **named):
        cdef vel_indicator_t c
        cdef object axis = named.pop("axis", 0)
        cdef tuple inputs
        cdef list outputs
        inputs, outputs, given = column_arguments(self.kind, given, named)
        memset(&c, 0, sizeof(c))
        try:
            if self._level != _level:
                self._c_kind, self._level = _kind_of(self.kind), _level
            _init(&c, self._c_kind, self.kind, given, named)
            if inputs[0].ndim == 1:
                _run(&c, inputs, outputs)
            else:
                self._run_lanes(&c, inputs, outputs, axis)
        finally:
            vel_indicator_free(&c)
        return outputs[0] if self._value_type is None else tuple.__new__(self._value_type, outputs)

    cdef int _run_lanes(self, vel_indicator_t *c, tuple inputs, list outputs, object axis) except -1:
        # Each series of arrays of several dimensions along an axis.
        for x, y in lanes(self.kind, inputs, outputs, axis):
            vel_indicator_reset(c)
            _run(c, x, y)
        return 0

    def __repr__(self):
        return f"<velora.ta.{self.kind.name}: {self.kind.title}>"

    def __reduce__(self):
        return self.kind.name  # a name of velora.ta
