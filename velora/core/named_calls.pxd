# Messages of wrong calls of compiled classes. Cython names its own `__cinit__` in them and neither the class nor its
# arguments; here the constructor is wrapped, so that such a TypeError shows how the class is called.
cdef extern from *:
    """
    static struct {
        PyTypeObject *type;
        newfunc make;
        initproc init;
        const char *call;
    } velora_named[4];

    /* The entry of a class, or of the first of its bases that has one. */
    static int velora_named_at(PyTypeObject *type)
    {
        for (; type != NULL; type = type->tp_base)
            for (int at = 0; at < 4; at++)
                if (velora_named[at].type == type)
                    return at;
        PyErr_SetString(PyExc_SystemError, "a class with a named call has lost its entry");
        return -1;
    }

    /* Replace the message of a TypeError that parsing the arguments has raised. */
    static void velora_named_explain(int at)
    {
        PyObject *kind, *error, *trace, *module, *text = NULL;
        if (!PyErr_ExceptionMatches(PyExc_TypeError))
            return;
        PyErr_Fetch(&kind, &error, &trace);
        PyErr_NormalizeException(&kind, &error, &trace);
        module = PyImport_ImportModule("velora.core.wrong_calls");
        if (module != NULL)
            text = PyObject_CallMethod(module, "explained", "Os", error, velora_named[at].call);
        Py_XDECREF(module);
        if (text == NULL || text == Py_None) {
            PyErr_Clear();
            PyErr_Restore(kind, error, trace);
        } else {
            PyErr_SetObject(PyExc_TypeError, text);
            Py_DECREF(kind);
            Py_XDECREF(error);
            Py_XDECREF(trace);
        }
        Py_XDECREF(text);
    }

    static PyObject *velora_named_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
    {
        int at = velora_named_at(type);
        PyObject *made = at < 0 ? NULL : velora_named[at].make(type, args, kwargs);
        if (made == NULL && at >= 0)
            velora_named_explain(at);
        return made;
    }

    static int velora_named_init(PyObject *self, PyObject *args, PyObject *kwargs)
    {
        int at = velora_named_at(Py_TYPE(self));
        int result = at < 0 ? -1 : velora_named[at].init(self, args, kwargs);
        if (result < 0 && at >= 0)
            velora_named_explain(at);
        return result;
    }

    static int velora_name_call(PyObject *cls, const char *call)
    {
        PyTypeObject *type = (PyTypeObject *)cls;
        int at = 0;
        while (at < 4 && velora_named[at].type != NULL && velora_named[at].type != type)
            at++;
        if (at == 4) {
            PyErr_SetString(PyExc_SystemError, "a module has more named calls than their table holds");
            return -1;
        }
        if (velora_named[at].type == type)
            return 0;
        velora_named[at].type = type;
        velora_named[at].make = type->tp_new;
        velora_named[at].init = type->tp_init;
        velora_named[at].call = call;
        if (type->tp_new != PyBaseObject_Type.tp_new) /* object's looks at this slot to count its arguments */
            type->tp_new = velora_named_new;
        if (type->tp_init != NULL && type->tp_init != PyBaseObject_Type.tp_init)
            type->tp_init = velora_named_init;
        type->tp_vectorcall = NULL; /* Cython's, which calls the constructor alone */
        PyType_Modified(type);
        return 0;
    }
    """
    # Call it once for each such class, at the end of its module; `call` is a literal such as "QuoteBook(instrument)".
    int name_call "velora_name_call" (object cls, const char *call) except -1
