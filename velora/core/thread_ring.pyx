"""A bounded ring of messages from one thread to another, over csrc's `spsc.h`."""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uint64_t

from velora.core._c cimport (
    VEL_OK,
    vel_spsc_capacity,
    vel_spsc_count,
    vel_spsc_free,
    vel_spsc_new,
    vel_spsc_pop,
    vel_spsc_push,
)
from velora.core.status cimport check_status


@cython.final
cdef class ThreadRing:
    """Messages from one thread to another: bounded, without a lock, never waiting.

    One thread posts, one takes. `MessageBus.post_from_thread` keeps a ring for each thread.

    Parameters
    ----------
    capacity : int
        Messages, rounded up to a power of two.

    Attributes
    ----------
    posted : int
        Messages posted so far.
    refused : int
        Posts refused because the ring was full.

    Notes
    -----
    Objects in the ring are referenced until they are taken or the ring is freed; the garbage collector does not see
    them.
    """

    def __cinit__(self, uint64_t capacity):
        check_status(vel_spsc_new(&self._ring, capacity, 2 * sizeof(PyObject *)),
                     f"a ring holds 1 to 2**30 messages, was {capacity}")

    def __dealloc__(self):
        cdef PyObject *pair[2]
        if self._ring == NULL:
            return
        while vel_spsc_pop(self._ring, pair):
            Py_DECREF(<object>pair[0])
            Py_DECREF(<object>pair[1])
        vel_spsc_free(self._ring)

    cdef bint post_c(self, object topic, object message) noexcept:
        cdef PyObject *pair[2]
        pair[0] = <PyObject *>topic
        pair[1] = <PyObject *>message
        # The ring's references come first: once the pair is in, the other thread may drop them.
        Py_INCREF(topic)
        Py_INCREF(message)
        if vel_spsc_push(self._ring, pair) != VEL_OK:
            Py_DECREF(topic)
            Py_DECREF(message)
            self.refused += 1
            return False
        self.posted += 1
        return True

    def post(self, topic, message):
        """Put a message into the ring; from one thread only.

        Returns
        -------
        bool
            False when the ring is full: the message is not added, and counted in `refused`.
        """
        return self.post_c(topic, message)

    def take(self):
        """Remove and return the oldest message as (topic, message), or None; from one thread only."""
        cdef PyObject *pair[2]
        if not vel_spsc_pop(self._ring, pair):
            return None
        taken = (<object>pair[0], <object>pair[1])
        Py_DECREF(<object>pair[0])
        Py_DECREF(<object>pair[1])
        return taken

    @property
    def capacity(self):
        """Number of messages that fit."""
        return vel_spsc_capacity(self._ring)

    def __len__(self):
        return <Py_ssize_t>vel_spsc_count(self._ring)
