"""The journal: everything that the local side is given, and what it decides, in a file that only grows.

The format is specified in ``csrc/include/velora/journal.h``. A journal is private to its user (mode 0600), and a new
file always. Its records are handed to the system before an order leaves the node, so they survive whatever happens to
the process. They are synced to the disk when the journal begins and when it is closed: what survives a loss of power
between these is up to the file system. Syncing each record would cost a disk's latency before each order.
"""

from libc.errno cimport EINTR, errno
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memmove, memset

cimport cython

from velora.core._c cimport (
    VEL_JOURNAL_BAD_HEADER,
    VEL_JOURNAL_BAD_NUMBER,
    VEL_JOURNAL_END,
    VEL_JOURNAL_HEADER_BYTES,
    VEL_JOURNAL_TORN,
    VEL_JOURNAL_VERSION,
    VEL_OK,
    VEL_RECORD_BEGIN,
    VEL_RECORD_COMMAND,
    vel_columns_t,
    vel_command_t,
    vel_crc32c_init,
    vel_crc32c_t,
    vel_journal_append,
    vel_journal_append_rows,
    vel_journal_free,
    vel_journal_init,
    vel_journal_read,
    vel_record_t,
)
from velora.core.status cimport check_status

import json
import mmap
import os
from typing import NamedTuple

from velora.core.checksum import crc32c  # no-cython-lint: a part of this module's face
from velora.core.enums import NamedEnum
from velora.core.files import PRIVATE as _PRIVATE
from velora.core.files import open_regular, sync_folder
from velora.errors import CorruptData, InvalidArgument, MissingFile, WriteError

cdef extern from "unistd.h" nogil:
    Py_ssize_t c_write "write" (int file, const void *data, size_t size)

#: Bytes that wait at most before they are written; what leaves the node is written before it leaves.
cdef size_t _BUFFER = 1 << 16


class RecordType(NamedEnum):
    """What a record of a journal holds.

    Attributes
    ----------
    BEGIN
        What the run is made of, as JSON; the first record.
    START
        The run starts.
    ROWS
        Rows of a feed.
    MESSAGE
        Reports of a venue.
    TIMER
        A timer is due.
    SAMPLE
        The equity is sampled.
    STOP
        The run is stopped.
    COMMAND
        A command that was sent to a venue.
    END
        Hash of the decisions; the last record of a whole journal.
    PARAMETERS
        Parameters of a strategy were changed.
    DENIED
        A command that the gate denied.
    """

    BEGIN = 1
    START = 2
    ROWS = 3
    MESSAGE = 4
    TIMER = 5
    SAMPLE = 6
    STOP = 7
    COMMAND = 8
    END = 9
    PARAMETERS = 10
    DENIED = 11


class JournalRecord(NamedTuple):
    """One record of a journal.

    Attributes
    ----------
    number : int
        0, 1, 2 ...
    offset : int
        Its first byte in the file.
    type : RecordType
    ts : int
        Local time at which the input was given, ns.
    payload : bytes
        As ``csrc/include/velora/journal.h`` lays it out.
    """

    number: int
    offset: int
    type: RecordType
    ts: int
    payload: bytes


@cython.final
cdef class JournalWriter:
    """Appends records to a new file.

    What is appended is in memory until `flush`, or until it has grown; a node flushes before an order leaves it.

    Parameters
    ----------
    path : str or path
        Must not exist.
    head : dict
        JSON-ready: what the kernel is made of.

    Attributes
    ----------
    path : str
        As given.
    bytes_written : int
        Bytes written to the file so far.
    """

    def __cinit__(self, path, dict head not None):
        memset(&self._journal, 0, sizeof(self._journal))
        self._file = -1
        self._has_begun = True
        self.path = os.fspath(path)
        check_status(vel_journal_init(&self._journal), "no memory for a journal")
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, _PRIVATE)
        except FileExistsError:
            raise InvalidArgument(f"the journal {self.path} exists: a journal is never written over, give another "
                                  "name") from None
        except (FileNotFoundError, NotADirectoryError):
            raise MissingFile(f"the folder of the journal {self.path} does not exist") from None
        except OSError as error:
            raise WriteError(f"cannot write the journal {self.path}: {error.strerror}") from None
        try:
            text = json.dumps(head).encode()
            self.record(VEL_RECORD_BEGIN, 0, <const char *>text, len(text))
            self.flush_c()
            os.fsync(self._file)
            sync_folder(os.path.dirname(self.path))
        except BaseException:
            os.unlink(self.path)  # a journal without its head is none, and would stand in the way of the next try
            raise

    def __dealloc__(self):
        if self._has_begun and self._file >= 0:  # where the constructor was not reached, 0 is another's
            os.close(self._file)
        vel_journal_free(&self._journal)

    cdef int record(self, uint32_t type, int64_t ts, const void *payload, size_t size) except -1:
        check_status(vel_journal_append(&self._journal, type, ts, payload, size, NULL, 0), "no memory for a record")
        return self.flush_c() if self._journal.used > _BUFFER else 0

    cdef int rows(self, int64_t ts, int index, const vel_columns_t *columns, int64_t row, int64_t count) except -1:
        check_status(vel_journal_append_rows(&self._journal, ts, index, columns, row, count), "no memory for a record")
        return self.flush_c() if self._journal.used > _BUFFER else 0

    cdef int command(self, int64_t ts, const vel_command_t *command) except -1:
        return self.record(VEL_RECORD_COMMAND, ts, command, sizeof(command[0]))

    cdef int flush_c(self) except -1:
        cdef size_t done = 0
        cdef Py_ssize_t wrote
        if self._journal.used > 0 and self._file < 0:
            raise InvalidArgument(f"the journal {self.path} is closed")
        while done < self._journal.used:
            wrote = c_write(self._file, self._journal.data + done, self._journal.used - done)
            if wrote >= 0:
                done += <size_t>wrote
            elif errno != EINTR:
                error = errno
                # What is in the file stays there once, should there be another try.
                self._journal.used -= done
                memmove(self._journal.data, self._journal.data + done, self._journal.used)
                self.bytes_written += <int64_t>done
                failed = WriteError(f"cannot write the journal {self.path}: {os.strerror(error)}")
                failed.errno = error
                raise failed
        self.bytes_written += <int64_t>done
        self._journal.used = 0
        return 0

    def flush(self):
        """Write what waits to the file."""
        self.flush_c()

    def close(self):
        """Write what waits, have it reach the disk, and close the file; again is fine."""
        if self._file < 0:
            return
        self.flush_c()
        os.fsync(self._file)
        os.close(self._file)
        self._file = -1

    @property
    def records(self):
        """Records appended so far."""
        return self._journal.number


@cython.final
cdef class JournalReader:
    """Reads a journal record by record, checking each.

    A record that is not whole at the end of the file, as a crash leaves it, is left out: `torn_bytes` says how much,
    once the records have been read. Whatever else is wrong is an error that names the record.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    MissingFile, CorruptData
    InvalidArgument
        If the path is a pipe or a device.

    Attributes
    ----------
    path : str
        As given.
    head : dict
        Content of the first record: what the run is made of.
    torn_bytes : int
        Bytes at the end of the file that are no whole record.
    """

    cdef readonly str path
    cdef readonly int64_t torn_bytes
    cdef readonly dict head
    cdef object _data                # the mapped file
    cdef vel_crc32c_t _crc

    def __init__(self, path):
        self.path = os.fspath(path)
        vel_crc32c_init(&self._crc)
        try:
            with open_regular(self.path) as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except MissingFile:
            raise MissingFile(f"the journal {self.path} does not exist") from None
        except InvalidArgument:
            raise
        except ValueError:
            raise CorruptData("it is empty", file=self.path) from None
        if self._data[:8] != b"VELORAJ\n":
            raise CorruptData("this is no journal", file=self.path)
        version = int.from_bytes(self._data[8:12], "little")
        if len(self._data) < VEL_JOURNAL_HEADER_BYTES or self._data[12:16] != b"\x04\x03\x02\x01":
            raise CorruptData("its header is not whole", file=self.path)
        if version != VEL_JOURNAL_VERSION:
            raise CorruptData(f"it is of version {version}, this Velora reads {VEL_JOURNAL_VERSION}", file=self.path)
        first = next(iter(self), None)
        if first is None or first.type != VEL_RECORD_BEGIN:
            raise CorruptData("its first record, which says what the run is made of, is not there", file=self.path)
        try:
            head = json.loads(first.payload)
        except (ValueError, RecursionError) as error:
            what = f"record 0 at byte {first.offset}: its head is no JSON ({error})"
            raise CorruptData(what, file=self.path) from None
        if not isinstance(head, dict):
            raise CorruptData(f"record 0 at byte {first.offset}: its head must be a JSON object, was a "
                              f"{type(head).__name__}", file=self.path)
        self.head = head

    def __iter__(self):
        cdef size_t at = VEL_JOURNAL_HEADER_BYTES
        cdef const uint8_t[::1] view = self._data
        cdef const uint8_t *data = &view[0]
        cdef size_t size = view.shape[0]
        cdef uint32_t number = 0
        cdef int64_t last = 0
        cdef vel_record_t record
        cdef int status
        while True:
            # Who reads behind the end of a mapped file is killed.
            if self._data.size() < <int64_t>size:  # of the file, as it is now
                raise CorruptData(f"it became shorter while record {number} was about to be read", file=self.path)
            status = vel_journal_read(&self._crc, data, size, at, number, &record)
            if status == VEL_JOURNAL_END or status == VEL_JOURNAL_TORN:
                self.torn_bytes = <int64_t>(size - at)
                return
            if status != VEL_OK:
                self._fail(status, number, at)
            if record.type not in _TYPES or (record.ts < last):
                raise CorruptData(f"record {number} at byte {at}: its type or its time cannot be", file=self.path)
            last = record.ts
            begin = at + sizeof(vel_record_t)
            at = begin + record.length
            yield JournalRecord(number, begin - sizeof(vel_record_t), _TYPES[record.type], record.ts,
                                self._data[begin:at])
            number += 1

    def _fail(self, int status, number, at):
        if status == VEL_JOURNAL_BAD_HEADER:
            what = "the checksum of its header is wrong"
        elif status == VEL_JOURNAL_BAD_NUMBER:
            what = "another record is in its place: one is missing or there twice"
        else:
            what = "the checksum of its payload is wrong"
        raise CorruptData(f"record {number} at byte {at}: {what}", file=self.path,
                          hint="The records before it are whole; bytes were changed after they were written")


_TYPES = {int(one): one for one in RecordType}
