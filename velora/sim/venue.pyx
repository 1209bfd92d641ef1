"""The simulated venue over recorded flow."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy, memset

from velora.core._c cimport (
    VEL_HFT_OF_FRONT,
    VEL_HFT_OF_SUM,
    VEL_HFT_RATIO,
    VEL_HFT_RISK_AVERSE,
    vel_place_record_t,
    vel_venue_free,
    vel_venue_hft_init,
    vel_venue_init,
    vel_venue_instrument_t,
)
from velora.core.instrument cimport Instrument
from velora.core.status cimport check_status
from velora.sim.queue_model cimport QueueModel

import numpy as np

from velora.errors import InvalidArgument
from velora.sim.hftbacktest import HftbacktestRules

PLACE_DTYPE = np.dtype([
    ("ts", "i8"), ("order_id", "i8"), ("datum_row", "i8"), ("ahead", "f8"), ("before", "i8"), ("after", "i8"),
    ("volume", "i8"), ("instrument", "i4"), ("kind", "u1"), ("pad", "V3"),
])

#: hftbacktest's queue models by our names.
_HFT_MODELS = {
    "risk_averse": VEL_HFT_RISK_AVERSE, "power1": VEL_HFT_RATIO, "power2": VEL_HFT_OF_SUM, "power3": VEL_HFT_OF_FRONT,
    "log1": VEL_HFT_RATIO, "log2": VEL_HFT_OF_SUM,
}


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
    rules : HftbacktestRules or str, optional
        hftbacktest's rules instead: those of ``csrc/include/velora/venue_hft.h``.
    """

    def __cinit__(self, list instruments not None, list quote_fed not None, queue="risk_averse", *,
                  bint trace_queue=False, rules=None):
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
        self.rules = HftbacktestRules.of(rules)
        if self.rules is not None:
            self._follow_hftbacktest()

    cdef int _follow_hftbacktest(self) except -1:
        cdef Instrument instrument
        model = _HFT_MODELS.get(self.queue.name.partition("(")[0])
        if model is None and "whole_lots" not in self.rules.corrections:
            raise InvalidArgument(
                f"hftbacktest has no queue model like {self.queue.name!r}: choose one of {', '.join(_HFT_MODELS)}, "
                "or switch the correction 'whole_lots' on"
            )
        check_status(
            vel_venue_hft_init(&self._venue, self.rules.exchange == "partial_fill", self.rules.correction_bits,
                               model or 0, self.queue._params.exponent),
            "no memory for the venue",
        )
        for index, instrument in enumerate(self.instruments):
            self._venue.hft.instruments[<int>index].lot_num = instrument.lot_num
            self._venue.hft.instruments[<int>index].lot_den = instrument.lot_den
        return 0

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
