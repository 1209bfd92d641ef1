"""The simulated venue over recorded flow."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy, memset

from velora.core._c cimport (
    vel_place_record_t,
    vel_venue_by_order,
    vel_venue_free,
    vel_venue_init,
    vel_venue_instrument_t,
)
from velora.core.instrument cimport Instrument
from velora.core.status cimport check_status
from velora.sim.queue_model cimport QueueModel

import numpy as np

from velora.errors import InvalidArgument

PLACE_DTYPE = np.dtype([
    ("ts", "i8"), ("order_id", "i8"), ("datum_row", "i8"), ("ahead", "f8"), ("before", "i8"), ("after", "i8"),
    ("volume", "i8"), ("instrument", "i4"), ("kind", "u1"), ("pad", "V3"),
])


cdef class SimulatedVenue:
    """Recorded books at venue time with own orders in their queues.

    The rules are those of ``csrc/include/velora/venue.h``: own orders stand behind the displayed quantity and behind
    own orders before them, a trade's volume is spent once, a print through a price fills at most its volume, what is
    taken is gone until the feed shows more.

    Parameters
    ----------
    instruments : list of Instrument
        Their fees and filters are the venue's.
    quote_fed : list of bool
        Whether an instrument's data has quotes but no depth.
    queue : str or QueueModel
        Who is taken to have left when a level shrinks without a trade; see `QueueModel`.
    trace_queue : bool
        Whether to keep each change of an own order's place, for explanations.
    by_order : list of bool, optional
        Whether an instrument's rows are by order: places in its queues are then exact, whatever `queue` says.
    """

    def __cinit__(self, list instruments not None, list quote_fed not None, queue="risk_averse", *,
                  bint trace_queue=False, list by_order=None):
        cdef Instrument instrument
        cdef vel_venue_instrument_t *inst
        memset(&self._venue, 0, sizeof(self._venue))
        self.queue = QueueModel.of(queue)
        check_status(vel_venue_init(&self._venue, <int>len(instruments), self.queue._model),
                     "a venue needs an instrument")
        self.instruments = instruments
        self._venue.traces_places = trace_queue
        for index, instrument in enumerate(instruments):
            inst = &self._venue.instruments[index]
            instrument.money_spec_c(&inst.money)
            inst.min_qty = instrument._min_qty_lots
            inst.min_notional = <int64_t>instrument._min_notional_units
            inst.is_quote_fed = bool(quote_fed[index])
            if by_order is not None and by_order[index]:
                check_status(vel_venue_by_order(&self._venue, index), "no memory for a book by order")

    def __dealloc__(self):
        vel_venue_free(&self._venue)

    def places(self):
        """Each change of an own order's place in its queue, in the order of time: a structured array."""
        cdef int64_t count = self._venue.places.count
        cdef uint8_t[::1] view
        if PLACE_DTYPE.itemsize != sizeof(vel_place_record_t):
            raise AssertionError("PLACE_DTYPE differs from vel_place_record_t")
        out = np.zeros(count, PLACE_DTYPE)
        if count > 0:
            view = out.view(np.uint8)
            memcpy(&view[0], self._venue.places.items, count * sizeof(vel_place_record_t))
        return out

    def account(self, int index):
        """The account as the venue keeps it.

        Returns
        -------
        dict
            ``position`` in lots, ``cash`` and ``fees`` (with funding) in money units.
        """
        if not 0 <= index < len(self.instruments):
            raise InvalidArgument(f"index must be below {len(self.instruments)}, was {index}")
        cdef vel_venue_instrument_t *inst = &self._venue.instruments[index]
        return {"position": inst.position, "cash": inst.cash, "fees": inst.fees}
