"""The records of the local side as NumPy arrays: fills, samples and orders."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from velora.core._c cimport (
    VEL_EXEC_POST_ONLY,
    VEL_ORDERS_PER_BLOCK,
    vel_fill_record_t,
    vel_local_order,
    vel_local_t,
    vel_order_t,
    vel_sample_record_t,
)

import numpy as np

FILL_DTYPE = np.dtype([
    ("ts_venue", "i8"), ("ts_local", "i8"), ("order_id", "i8"), ("instrument", "i4"), ("side", "u1"),
    ("cause", "u1"), ("maker", "u1"), ("doubts", "u1"), ("price", "i8"), ("qty", "i8"), ("fee", "i8"),
    ("datum_ts", "i8"), ("datum_row", "i8"), ("position", "i8"), ("realized", "i8"), ("mid2", "i8"),
    ("strategy", "i4"), ("pad2", "i4"),
])

SAMPLE_DTYPE = np.dtype([
    ("ts", "i8"), ("instrument", "i4"), ("strategy", "i4"), ("position", "i8"), ("mid2", "i8"), ("cash", "i8"),
    ("fee", "i8"), ("realized", "i8"), ("unrealized", "i8"), ("mark", "i8"), ("mark_source", "u1"), ("pad", "V7"),
])

ORDER_DTYPE = np.dtype([
    ("order_id", "i8"), ("instrument", "i4"), ("strategy", "i4"), ("side", "u1"), ("type", "u1"), ("tif", "u1"),
    ("post_only", "u1"), ("state", "u1"), ("reason", "u1"), ("pad", "V2"), ("amends", "i4"), ("price", "i8"),
    ("qty", "i8"), ("cum_qty", "i8"), ("ts_sent", "i8"), ("ts_ack", "i8"), ("ts_done", "i8"),
])


cdef object fill_records(const vel_local_t *local, int64_t count):
    """The oldest `count` fills that are kept, in the order in which they were learnt of."""
    out = np.zeros(count, dtype=FILL_DTYPE)
    cdef uint8_t[::1] view
    if count > 0:
        if FILL_DTYPE.itemsize != sizeof(vel_fill_record_t):
            raise AssertionError("FILL_DTYPE differs from vel_fill_record_t")
        view = out.view(np.uint8)
        memcpy(&view[0], local.fills.items, count * sizeof(vel_fill_record_t))
    return out


cdef object sample_records(const vel_local_t *local, int64_t count):
    """The oldest `count` samples that are kept."""
    out = np.zeros(count, dtype=SAMPLE_DTYPE)
    cdef uint8_t[::1] view
    if count > 0:
        if SAMPLE_DTYPE.itemsize != sizeof(vel_sample_record_t):
            raise AssertionError("SAMPLE_DTYPE differs from vel_sample_record_t")
        view = out.view(np.uint8)
        memcpy(&view[0], local.samples.items, count * sizeof(vel_sample_record_t))
    return out


cdef object order_records(const vel_order_t **orders, int64_t count):
    cdef int64_t[:, ::1] wide = np.zeros((7, count), np.int64)
    cdef int64_t[:, ::1] narrow = np.zeros((9, count), np.int64)
    cdef const vel_order_t *order
    cdef int64_t at
    out = np.zeros(count, dtype=ORDER_DTYPE)
    for at in range(count):
        order = orders[at]
        wide[0, at] = order.id
        wide[1, at] = order.price
        wide[2, at] = order.qty
        wide[3, at] = order.cum_qty
        wide[4, at] = order.ts_sent
        wide[5, at] = order.ts_ack
        wide[6, at] = order.ts_done
        narrow[0, at] = order.instrument
        narrow[1, at] = order.side
        narrow[2, at] = order.type
        narrow[3, at] = order.tif
        narrow[4, at] = order.flags & VEL_EXEC_POST_ONLY
        narrow[5, at] = order.state
        narrow[6, at] = order.reason
        narrow[7, at] = order.amends
        narrow[8, at] = order.strategy
    for row, name in enumerate(("order_id", "price", "qty", "cum_qty", "ts_sent", "ts_ack", "ts_done")):
        out[name] = wide[row]
    for row, name in enumerate(("instrument", "side", "type", "tif", "post_only", "state", "reason", "amends",
                                "strategy")):
        out[name] = narrow[row]
    return out


cdef object all_orders(const vel_local_t *local):
    """Every order that is kept, by id."""
    cdef const vel_order_t *block[1024]
    cdef int64_t order_id = 1, count
    parts = []
    while order_id <= local.orders_count:
        count = 0
        while order_id <= local.orders_count and count < VEL_ORDERS_PER_BLOCK:
            block[count] = vel_local_order(local, order_id)
            order_id += 1
            if block[count] != NULL:
                count += 1
        if count > 0:
            parts.append(order_records(block, count))
    return np.concatenate(parts) if parts else np.zeros(0, ORDER_DTYPE)
