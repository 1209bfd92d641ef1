"""The records of the local side as NumPy arrays: fills, samples and orders."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy

from velora.core._c cimport (
    VEL_EXEC_POST_ONLY,
    VEL_EXEC_REDUCE_ONLY,
    VEL_ORDERS_PER_BLOCK,
    vel_fill_record_t,
    vel_orders_get,
    vel_local_t,
    vel_order_t,
    vel_sample_record_t,
)

import numpy as np

from velora.core.vocabulary import FILL_DTYPE as _FILL_DTYPE
from velora.core.vocabulary import ORDER_DTYPE as _ORDER_DTYPE
from velora.core.vocabulary import SAMPLE_DTYPE as _SAMPLE_DTYPE

cdef struct _OrderRecord:
    int64_t order_id
    int32_t instrument
    int32_t strategy
    uint8_t side
    uint8_t type
    uint8_t tif
    uint8_t post_only
    uint8_t reduce_only
    uint8_t trigger_kind  # as it was sent
    uint8_t state
    uint8_t reason
    int32_t amends
    int32_t pad
    int64_t price
    int64_t qty
    int64_t cum_qty
    int64_t ts_sent
    int64_t ts_ack
    int64_t ts_done
    int64_t trigger
    int64_t display
    int64_t oco_group
    int64_t parent
    int64_t expires_at


cdef object fill_records(const vel_local_t *local, int64_t count):
    """The oldest `count` fills that are kept, in the order in which they were learnt of."""
    out = np.zeros(count, dtype=_FILL_DTYPE)
    cdef uint8_t[::1] view
    if count > 0:
        if _FILL_DTYPE.itemsize != sizeof(vel_fill_record_t):
            raise AssertionError("FILL_DTYPE differs from vel_fill_record_t")
        view = out.view(np.uint8)
        memcpy(&view[0], local.fills.items, count * sizeof(vel_fill_record_t))
    return out


cdef object sample_records(const vel_local_t *local, int64_t count):
    """The oldest `count` samples that are kept."""
    out = np.zeros(count, dtype=_SAMPLE_DTYPE)
    cdef uint8_t[::1] view
    if count > 0:
        if _SAMPLE_DTYPE.itemsize != sizeof(vel_sample_record_t):
            raise AssertionError("SAMPLE_DTYPE differs from vel_sample_record_t")
        view = out.view(np.uint8)
        memcpy(&view[0], local.samples.items, count * sizeof(vel_sample_record_t))
    return out


cdef object sampling_instants(const vel_local_t *local):
    """Instants that are kept at which all holdings were sampled, ns: int64."""
    out = np.zeros(local.instants.count, np.int64)
    cdef int64_t[::1] view
    if out.size > 0:
        view = out
        memcpy(&view[0], local.instants.items, out.nbytes)
    return out


cdef object order_records(const vel_order_t **orders, int64_t count):
    cdef const vel_order_t *order
    cdef _OrderRecord *record
    cdef uint8_t[::1] view
    cdef int64_t at
    out = np.zeros(count, dtype=_ORDER_DTYPE)
    if count == 0:
        return out
    if _ORDER_DTYPE.itemsize != sizeof(_OrderRecord):
        raise AssertionError("ORDER_DTYPE differs from its struct")
    view = out.view(np.uint8)
    record = <_OrderRecord *>&view[0]
    for at in range(count):
        order = orders[at]
        record[at] = _OrderRecord(
            order_id=order.id,
            instrument=order.instrument,
            strategy=order.strategy,
            side=order.terms.side,
            type=order.terms.type,
            tif=order.terms.tif,
            post_only=order.terms.flags & VEL_EXEC_POST_ONLY != 0,
            reduce_only=order.terms.flags & VEL_EXEC_REDUCE_ONLY != 0,
            trigger_kind=order.trigger_sent,
            state=order.state,
            reason=order.reason,
            amends=order.amends,
            pad=0,
            price=order.terms.price,
            qty=order.terms.qty,
            cum_qty=order.cum_qty,
            ts_sent=order.ts_sent,
            ts_ack=order.ts_ack,
            ts_done=order.ts_done,
            trigger=order.terms.trigger,
            display=order.terms.display,
            oco_group=order.terms.oco_group,
            parent=order.terms.parent,
            expires_at=order.terms.expiry,
        )
    return out


cdef object all_orders(const vel_local_t *local):
    """Every order that is kept, by id."""
    cdef const vel_order_t *block[1024]
    cdef int64_t order_id = 1, count
    parts = []
    while order_id <= local.orders.count:
        count = 0
        while order_id <= local.orders.count and count < VEL_ORDERS_PER_BLOCK:
            block[count] = vel_orders_get(&local.orders, order_id)
            order_id += 1
            if block[count] != NULL:
                count += 1
        if count > 0:
            parts.append(order_records(block, count))
    return np.concatenate(parts) if parts else np.zeros(0, _ORDER_DTYPE)
