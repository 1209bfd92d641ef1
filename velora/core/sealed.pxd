# Classes whose objects only the engine creates. An empty object would expose invalid memory, so Python code can neither
# call the class nor reach its constructor by `__new__`; compiled code creates objects as usual.
cdef extern from *:
    """
    static int velora_refuse_init(PyObject *self, PyObject *args, PyObject *kwargs)
    {
        (void)args;
        (void)kwargs;
        PyErr_Format(PyExc_TypeError, "%s objects are made by Velora and given to you: the class cannot be called",
                     Py_TYPE(self)->tp_name);
        return -1;
    }

    static int velora_seal(PyObject *cls)
    {
        static const char *const names[] = {"__new__", "__reduce_cython__", "__setstate_cython__"};
        PyTypeObject *type = (PyTypeObject *)cls;
        PyObject *dict = type->tp_dict;
        if (type->tp_init == NULL || type->tp_init == PyBaseObject_Type.tp_init) /* no __init__ of its own */
            type->tp_init = velora_refuse_init;
        type->tp_vectorcall = NULL; /* Cython's, which calls the constructor alone */
        for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
            PyObject *name = PyUnicode_FromString(names[at]);
            if (name == NULL || (PyDict_Contains(dict, name) > 0 && PyDict_DelItem(dict, name) < 0)) {
                Py_XDECREF(name);
                return -1;
            }
            Py_DECREF(name);
        }
        PyType_Modified(type);
        return 0;
    }
    """
    # Call it once for each such class, at the end of its module. The classes are final: no class inherits from them.
    int seal "velora_seal" (object cls) except -1
