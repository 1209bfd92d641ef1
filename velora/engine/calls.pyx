"""How the hooks of a strategy are called: determined once, when its run starts.

A compiled override is called through its vtable, a Python method by vectorcall with the function and its self; a hook
that is not overridden is not called at all.
"""

from cpython.object cimport PyObject
from libc.string cimport memset

from velora.strategy.base cimport StrategyBase

from types import FunctionType, MethodType

cdef extern from "Python.h":
    vectorcallfunc PyVectorcall_Function(PyObject *function)

# Whether a compiled class overrides a hook shows in its vtable; Python cannot distinguish a `cpdef` from a `def` there.
cdef extern from *:
    """
    /* Every hook, by its number. */
    #define VELORA_HOOKS(DO, ...) \\
        DO(on_trade, __VA_ARGS__) DO(on_quote, __VA_ARGS__) DO(on_book, __VA_ARGS__) DO(on_gap, __VA_ARGS__) \\
        DO(on_funding, __VA_ARGS__) DO(on_candle, __VA_ARGS__) DO(on_order, __VA_ARGS__) DO(on_fill, __VA_ARGS__) \\
        DO(on_position, __VA_ARGS__) DO(on_timer, __VA_ARGS__) DO(on_signal, __VA_ARGS__)

    #define VELORA_NAME(hook, ...) #hook,
    static const char *const velora_hook_names[] = {VELORA_HOOKS(VELORA_NAME, )};

    /* The call is never made: it has the compiler check that each hook has the signature of `native_t`. */
    #define VELORA_OVERRIDE(hook, strategy, base) \\
        sizeof((strategy)->__pyx_vtab->hook((strategy), NULL, 0)) == sizeof(PyObject *) && \\
        (strategy)->__pyx_vtab->hook != (base)->__pyx_vtab->hook ? (void *)(strategy)->__pyx_vtab->hook : NULL,
    #define velora_override(strategy, base, number) \\
        (((void *const[]){VELORA_HOOKS(VELORA_OVERRIDE, strategy, base)})[number])
    """
    const char *velora_hook_names[HOOKS]
    void *velora_override(StrategyBase strategy, StrategyBase base, int number)   # NULL when it is not overridden

#: By the number of the hook.
HOOK_NAMES = tuple([velora_hook_names[number].decode() for number in range(HOOKS)])


cdef list open_hooks(StrategyBase strategy, object stopwatch, hook_t *hooks):
    """Fill in how each hook is called; returns the list that keeps the pointed-to objects alive. A stopwatch wraps the
    methods that it times."""
    cdef int hook
    cdef hook_t *found
    cdef StrategyBase base = StrategyBase()
    kept = []
    memset(hooks, 0, HOOKS * sizeof(hook_t))
    for hook in range(HOOKS):
        found = &hooks[hook]
        name = HOOK_NAMES[hook]
        owner = next(cls for cls in type(strategy).__mro__ if name in vars(cls))
        if owner is StrategyBase:
            continue
        if "__pyx_vtable__" in vars(owner) and stopwatch is None:
            found.native = <native_t>velora_override(strategy, base, hook)
            if found.native != NULL:
                continue
        method = getattr(strategy, name)
        if stopwatch is not None:
            method = stopwatch.wrap(name, method)
        kept.append(method)
        found.callable = <PyObject *>method
        if type(method) is MethodType and type(method.__func__) is FunctionType:
            kept += (method.__func__, method.__self__)
            found.function = <PyObject *>method.__func__
            found.bound = <PyObject *>method.__self__
            found.call = PyVectorcall_Function(found.function)
    return kept
