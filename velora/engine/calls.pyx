"""How the hooks of a strategy are called: found out once, when its run starts.

A compiled override goes through the vtable, a Python method by vectorcall with the function and its self; what is not
overridden is not called at all.
"""

from cpython.object cimport PyObject
from libc.string cimport memset

from velora.core.book cimport OrderBookL2
from velora.core.market cimport Candle, Funding, Gap, Quote, Signal, Timer, Trade
from velora.core.orders cimport Fill, Order, Position
from velora.strategy.base cimport StrategyBase

from types import FunctionType, MethodType

cdef extern from "Python.h":
    vectorcallfunc PyVectorcall_Function(PyObject *function)

# Whether a compiled class overrides a hook shows in its vtable; nothing in Python tells a `cpdef` from a `def` there.
cdef extern from *:
    """
    #define VELORA_IS_NATIVE(strategy, base, hook) ((strategy)->__pyx_vtab->hook != (base)->__pyx_vtab->hook)
    #define velora_native_on_trade(s, b) VELORA_IS_NATIVE(s, b, on_trade)
    #define velora_native_on_quote(s, b) VELORA_IS_NATIVE(s, b, on_quote)
    #define velora_native_on_book(s, b) VELORA_IS_NATIVE(s, b, on_book)
    #define velora_native_on_gap(s, b) VELORA_IS_NATIVE(s, b, on_gap)
    #define velora_native_on_funding(s, b) VELORA_IS_NATIVE(s, b, on_funding)
    #define velora_native_on_candle(s, b) VELORA_IS_NATIVE(s, b, on_candle)
    #define velora_native_on_order(s, b) VELORA_IS_NATIVE(s, b, on_order)
    #define velora_native_on_fill(s, b) VELORA_IS_NATIVE(s, b, on_fill)
    #define velora_native_on_position(s, b) VELORA_IS_NATIVE(s, b, on_position)
    #define velora_native_on_timer(s, b) VELORA_IS_NATIVE(s, b, on_timer)
    #define velora_native_on_signal(s, b) VELORA_IS_NATIVE(s, b, on_signal)
    """
    bint velora_native_on_trade(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_quote(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_book(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_gap(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_funding(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_candle(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_order(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_fill(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_position(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_timer(StrategyBase strategy, StrategyBase base)
    bint velora_native_on_signal(StrategyBase strategy, StrategyBase base)

#: By the number of the hook.
HOOK_NAMES = ("on_trade", "on_quote", "on_book", "on_gap", "on_funding", "on_candle", "on_order", "on_fill",
              "on_position", "on_timer", "on_signal")


cdef bint _is_native(StrategyBase strategy, int hook):
    cdef StrategyBase base = StrategyBase()
    if hook == ON_TRADE:
        return velora_native_on_trade(strategy, base)
    if hook == ON_QUOTE:
        return velora_native_on_quote(strategy, base)
    if hook == ON_BOOK:
        return velora_native_on_book(strategy, base)
    if hook == ON_GAP:
        return velora_native_on_gap(strategy, base)
    if hook == ON_FUNDING:
        return velora_native_on_funding(strategy, base)
    if hook == ON_CANDLE:
        return velora_native_on_candle(strategy, base)
    if hook == ON_ORDER:
        return velora_native_on_order(strategy, base)
    if hook == ON_FILL:
        return velora_native_on_fill(strategy, base)
    if hook == ON_POSITION:
        return velora_native_on_position(strategy, base)
    if hook == ON_TIMER:
        return velora_native_on_timer(strategy, base)
    return velora_native_on_signal(strategy, base)


cdef int call_native(StrategyBase strategy, int hook, object event) except -1:
    if hook == ON_TRADE:
        strategy.on_trade(<Trade>event)
    elif hook == ON_QUOTE:
        strategy.on_quote(<Quote>event)
    elif hook == ON_BOOK:
        strategy.on_book(<OrderBookL2>event)
    elif hook == ON_ORDER:
        strategy.on_order(<Order>event)
    elif hook == ON_FILL:
        strategy.on_fill(<Fill>event)
    elif hook == ON_POSITION:
        strategy.on_position(<Position>event)
    elif hook == ON_TIMER:
        strategy.on_timer(<Timer>event)
    elif hook == ON_CANDLE:
        strategy.on_candle(<Candle>event)
    elif hook == ON_GAP:
        strategy.on_gap(<Gap>event)
    elif hook == ON_FUNDING:
        strategy.on_funding(<Funding>event)
    else:
        strategy.on_signal(<Signal>event)
    return 0


cdef list open_hooks(StrategyBase strategy, object stopwatch, hook_t *hooks):
    """Fill in how each hook is called; returns what keeps alive what they point to. A stopwatch wraps what it times."""
    cdef int hook
    cdef hook_t *found
    kept = []
    memset(hooks, 0, HOOKS * sizeof(hook_t))
    for hook in range(HOOKS):
        found = &hooks[hook]
        name = HOOK_NAMES[hook]
        owner = next(cls for cls in type(strategy).__mro__ if name in vars(cls))
        if owner is StrategyBase:
            continue
        if "__pyx_vtable__" in vars(owner) and stopwatch is None and _is_native(strategy, hook):
            found.is_native = True
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
