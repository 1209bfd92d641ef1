# cython: language_level=3
"""The model of examples/03_queue_model.py, compiled: the venue calls it without a Python call."""

from velora.sim.queue_model cimport QueueModel


cdef class BackHeavy(QueueModel):
    """A lot ahead is half as likely to be canceled as its share of the level suggests."""

    cdef double lots_ahead_c(self, double ahead, double before, double after, double traded) except? -1:
        cdef double cancelled = max(before - after - traded, 0.0)
        cdef double level = max(before - traded, 1.0)
        return ahead - cancelled * 0.5 * ahead / level
