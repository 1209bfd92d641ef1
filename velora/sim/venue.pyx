"""The simulated venue over recorded flow."""

from libc.stdint cimport int64_t
from libc.string cimport memset

from velora.core._c cimport (
    vel_venue_free,
    vel_venue_init,
    vel_venue_instrument_t,
)
from velora.core.instrument cimport Instrument
from velora.core.status cimport check_status
from velora.sim.queue_model cimport QueueModel

from velora.errors import InvalidArgument


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
    """

    def __cinit__(self, list instruments not None, list quote_fed not None, queue="risk_averse"):
        cdef Instrument instrument
        cdef vel_venue_instrument_t *inst
        memset(&self._venue, 0, sizeof(self._venue))
        self.queue = QueueModel.of(queue)
        check_status(vel_venue_init(&self._venue, <int>len(instruments), self.queue._model),
                     "a venue needs an instrument")
        self.instruments = instruments
        for index, instrument in enumerate(instruments):
            inst = &self._venue.instruments[index]
            instrument.money_spec_c(&inst.money)
            inst.min_qty = instrument._min_qty_lots
            inst.min_notional = <int64_t>instrument._min_notional_units
            inst.is_quote_fed = bool(quote_fed[index])

    def __dealloc__(self):
        vel_venue_free(&self._venue)

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
