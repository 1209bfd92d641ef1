"""The levels that an `OrderBookL2` owns or shows: its C record and its instrument, for the views that read them."""


cdef class LevelBook:
    """Base of `OrderBookL2`, below its views: it cannot be made by itself.

    Attributes
    ----------
    instrument : Instrument
    """

    def __cinit__(self, *_):
        if type(self) is LevelBook:
            raise TypeError("a LevelBook is the base of OrderBookL2 and holds no levels by itself: make an OrderBookL2")
