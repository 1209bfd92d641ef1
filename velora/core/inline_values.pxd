# CPython 3.11 and 3.12 keep the attributes of an instance in an array beside it, which their specialized instructions
# read directly. Only object.__new__ creates that array: an instance of a Python class with a compiled base gets a dict
# instead, and each `self.x` in it costs twice as much. So object.__new__ allocates the memory while the compiled base's
# constructor runs. CPython 3.13 has the array only if the base has no fields of its own; there, `__slots__` help.
cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030D0000
    static newfunc velora_compiled_new;
    static allocfunc velora_plain_alloc;

    static PyObject *velora_alloc(PyTypeObject *type, Py_ssize_t items)
    {
        (void)items;
        type->tp_alloc = velora_plain_alloc; /* which object.__new__ calls */
        PyObject *none = PyTuple_New(0);
        PyObject *made = none == NULL ? NULL : PyBaseObject_Type.tp_new(type, none, NULL);
        Py_XDECREF(none);
        return made;
    }

    static PyObject *velora_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
    {
        if (!(type->tp_flags & Py_TPFLAGS_MANAGED_DICT))
            return velora_compiled_new(type, args, kwargs);
        allocfunc plain = velora_plain_alloc = type->tp_alloc;
        type->tp_alloc = velora_alloc;
        PyObject *made = velora_compiled_new(type, args, kwargs);
        type->tp_alloc = plain;
        return made;
    }

    static void velora_give_inline_values(PyObject *cls)
    {
        PyTypeObject *type = (PyTypeObject *)cls;
        velora_compiled_new = type->tp_new;
        type->tp_new = velora_new;
    }
    #else
    static void velora_give_inline_values(PyObject *cls) { (void)cls; }
    #endif
    """
    # Call it once for a compiled class, before any class inherits from it.
    void give_inline_values "velora_give_inline_values" (object cls)
