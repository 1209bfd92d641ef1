"""Conversion of C statuses to exceptions."""

from velora.core._c cimport VEL_ECORRUPT, VEL_EEXIST, VEL_EFULL, VEL_EINVAL, VEL_ENOENT, VEL_ENOMEM, VEL_ERANGE, VEL_OK

from velora.errors import CapacityError, CorruptData, InvalidArgument, NotFound, OutOfMemory, VeloraError

_CLASSES = {
    VEL_ENOMEM: OutOfMemory,
    VEL_EINVAL: InvalidArgument,
    VEL_EFULL: CapacityError,
    VEL_ERANGE: CapacityError,
    VEL_ENOENT: NotFound,
    VEL_ECORRUPT: CorruptData,
    VEL_EEXIST: InvalidArgument,
}


cdef int check_status(int status, str what) except -1:
    if status == VEL_OK:
        return 0
    raise _CLASSES.get(status, VeloraError)(what)
