from libc.stdint cimport int64_t

from velora.core._c cimport vel_local_t, vel_order_t

cdef object fill_records(const vel_local_t *local, int64_t count)
cdef object sample_records(const vel_local_t *local, int64_t count)
cdef object sampling_instants(const vel_local_t *local)
cdef object order_records(const vel_order_t **orders, int64_t count)
cdef object all_orders(const vel_local_t *local)
