"""The CRC32C checksum, used by journals and the parts of a catalog."""

from libc.stdint cimport uint8_t, uint32_t

from velora.core._c cimport vel_crc32c, vel_crc32c_init, vel_crc32c_t

cdef vel_crc32c_t _crc
vel_crc32c_init(&_crc)


def crc32c(const uint8_t[::1] data not None, uint32_t before=0):
    """The CRC32C checksum (Castagnoli) of bytes, continuing from the checksum of the bytes before them.

    Parameters
    ----------
    data : buffer of bytes
    before : int
        Checksum of the preceding bytes; 0 at the beginning.

    Returns
    -------
    int
    """
    cdef const uint8_t *bytes = &data[0] if data.shape[0] else NULL
    cdef Py_ssize_t size = data.shape[0]
    cdef uint32_t found
    with nogil:
        found = vel_crc32c(&_crc, before, bytes, size)
    return found
