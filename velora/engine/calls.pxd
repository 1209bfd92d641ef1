from cpython.object cimport PyObject

from velora.strategy.base cimport StrategyBase

cdef extern from "Python.h":
    # Its new reference is taken as an object, so that an error is noticed and the result released.
    ctypedef object (*vectorcallfunc)(PyObject *function, PyObject **arguments, size_t count, PyObject *names)
    object PyObject_CallOneArg(PyObject *function, PyObject *argument)
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET

# A hook in the vtable of a strategy. It looks for an override in Python by itself unless `skips_dispatch`.
ctypedef object (*native_t)(StrategyBase strategy, object event, int skips_dispatch)

cdef enum:   # in the order of VELORA_HOOKS
    ON_TRADE, ON_QUOTE, ON_BOOK, ON_GAP, ON_FUNDING   # as the kinds of routes
    ON_CANDLE, ON_ORDER, ON_FILL, ON_POSITION, ON_TIMER, ON_SIGNAL
    HOOKS


# How one hook of one strategy is called; all zero when it is not overridden.
ctypedef struct hook_t:
    native_t native          # of a compiled class: a method in its vtable
    vectorcallfunc call      # of a Python function, called with `bound` first
    PyObject *function       # borrowed from the list that open_hooks returns, like the next two
    PyObject *bound
    PyObject *callable       # anything else that can be called


cdef list open_hooks(StrategyBase strategy, object stopwatch, hook_t *hooks)


cdef inline int call_hook_c(const hook_t *how, StrategyBase strategy, object event) except -1:
    cdef PyObject *arguments[3]
    if how.native != NULL:
        how.native(strategy, event, 0)
    elif how.call != NULL:
        arguments[0] = NULL
        arguments[1] = how.bound
        arguments[2] = <PyObject *>event
        how.call(how.function, &arguments[1], 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL)
    elif how.callable != NULL:
        PyObject_CallOneArg(how.callable, <PyObject *>event)
    return 0
