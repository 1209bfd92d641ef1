"""What a feed is made of, counted while a backtest reads it.

Kinds and flags are counted on every row. What needs the clocks costs several times as much and is taken from all of the
first 16,384 rows and from one block of 4,096 rows in 64 after them, so that the count costs less than 1 ns a row.
"""

cimport cython
from libc.stdint cimport INT64_MIN, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset

from velora.core._c cimport (
    VEL_EV_DELTA,
    VEL_EV_GAP,
    VEL_EV_QUOTE,
    VEL_EV_SNAPSHOT_BEGIN,
    VEL_EV_SNAPSHOT_END,
    VEL_EV_TRADE,
    VEL_FLAG_CLOCK_ESTIMATED,
    VEL_FLAG_HIDDEN,
    VEL_FLAG_OFF_BOOK,
    VEL_FLAG_SNAPSHOT,
    vel_add,
    vel_highest_bit,
    vel_lowest_bit,
)

from velora.errors import InvalidArgument

#: Buckets of a histogram: 8 an octave, so that a quantile is right to one part in 8.
cdef enum:
    _BUCKETS = 512
    _KINDS = 16
    _WHOLE_ROWS = 16_384
    _BLOCK_BITS = 12
    _BLOCK_MASK = 63

# Quotes and depth rows have the kinds 2 and 3: eight of them at a time are known by all bits but the lowest of each.
cdef uint64_t _ALL_BUT_LOWEST = 0xFEFEFEFEFEFEFEFE
cdef uint64_t _EIGHT_OF_THE_BOOK = 0x0202020202020202
assert (VEL_EV_QUOTE, VEL_EV_DELTA) == (2, 3)


cdef inline int _bucket(int64_t value) noexcept nogil:
    cdef int high
    if value < 8:
        return <int>value if value > 0 else 0
    high = vel_highest_bit(<uint64_t>value)
    return ((high - 2) << 3) + <int>((value >> (high - 3)) & 7)


cdef inline int64_t _middle(int bucket) noexcept nogil:
    """The middle of a bucket's values."""
    cdef int high
    if bucket < 8:
        return bucket
    high = (bucket >> 3) + 2
    return ((<int64_t>(8 + (bucket & 7))) << (high - 3)) + ((<int64_t>1 << (high - 3)) >> 1)


cdef object _quantile(const int64_t *histogram, double share):
    """None of an empty histogram."""
    cdef int64_t total = 0
    cdef int64_t seen = 0
    cdef int bucket
    for bucket in range(_BUCKETS):
        total += histogram[bucket]
    if total == 0:
        return None
    for bucket in range(_BUCKETS):
        seen += histogram[bucket]
        if seen >= share * total:
            return _middle(bucket)
    return None


@cython.final
@cython.nonecheck(False)  # what runs without raising looks at nothing but the object itself
cdef class FeedStats:
    """Counts of one instrument's feed, in the order of receipt. The size of the chunks changes nothing.

    Parameters
    ----------
    warmup_ns : int
        Time from the first receipt on in which nothing is traded: the volume of it is not one to compare fills with.

    Notes
    -----
    A clock's resolution is the coarsest of 1 s, 1 ms, 1 us and 1 ns that all of its instants are multiples of. Gaps are
    between instants that differ; between book updates those of depth and quote rows. A feed is stale from a GAP to the
    end of the next snapshot, by `ts_event`; one that is stale when its run starts counts from the start on. Instants
    are looked at in blocks of rows, see the module.
    """

    cdef int64_t _kinds[_KINDS]
    cdef int64_t _book_gaps[_BUCKETS]
    cdef int64_t _tick_gaps[_BUCKETS]
    cdef int64_t _latencies[_BUCKETS]
    cdef int64_t _rows, _book_rows, _volume, _off_book, _hidden, _estimated, _recv_before_event, _stale_ns, _stale_from
    cdef int64_t _first_snapshot  # ns, -1 before there is one
    cdef int64_t _start, _start_stale_ns
    cdef bint _is_whole, _is_stale, _has_snapshot
    cdef int64_t _last_event, _last_recv, _last_book, _first, _last, _resolution_event, _resolution_recv, _sampled
    cdef int64_t _warmup, _since

    def __cinit__(self, int64_t warmup_ns=0):
        self._warmup = warmup_ns
        memset(&self._kinds[0], 0, sizeof(self._kinds))
        memset(&self._book_gaps[0], 0, sizeof(self._book_gaps))
        memset(&self._tick_gaps[0], 0, sizeof(self._tick_gaps))
        memset(&self._latencies[0], 0, sizeof(self._latencies))
        self._resolution_event = self._resolution_recv = 1_000_000_000
        self._last_event = self._last_recv = self._last_book = self._first = self._stale_from = self._start = -1
        self._first_snapshot = -1

    def begin(self, int64_t start, *, bint is_whole, bint is_stale):
        """The feed is that of a run which starts inside it.

        Parameters
        ----------
        start : int
            ns.
        is_whole : bool
            Whether the rows before it make a whole book.
        is_stale : bool
            Whether the book is stale then. It counts as stale from the start on.
        """
        self._start = start
        self._is_whole = is_whole
        self._is_stale = is_stale
        if is_stale:
            self._stale_from = start

    def add(self, columns):
        """Count the rows of one chunk.

        Parameters
        ----------
        columns : Columns
        """
        cdef const int64_t[::1] ts_event = columns.ts_event
        cdef const int64_t[::1] ts_recv = columns.ts_recv
        cdef const uint8_t[::1] kinds = columns.kind
        cdef const uint8_t[::1] flags = columns.flags
        cdef const int64_t[::1] qty = columns.qty
        cdef int64_t rows = ts_event.shape[0]
        cdef int64_t row = 0
        cdef int64_t number, stop
        if not rows == ts_recv.shape[0] == kinds.shape[0] == flags.shape[0] == qty.shape[0]:
            raise InvalidArgument("the columns of an event table differ in length")
        if rows == 0:
            return
        if self._first < 0:
            self._since = vel_add(ts_recv[0], self._warmup) if self._warmup > 0 else INT64_MIN
        while row < rows:
            number = self._rows + row
            stop = min(rows, row + ((number >> _BLOCK_BITS) + 1 << _BLOCK_BITS) - number)
            self._count(&kinds[0], &flags[0], &qty[0], &ts_event[0], row, stop)
            if number < _WHOLE_ROWS or (number >> _BLOCK_BITS) & _BLOCK_MASK == 0:
                self._look(&kinds[0], &ts_event[0], &ts_recv[0], row, stop)
            else:
                self._last_event = self._last_recv = self._last_book = -1
            row = stop
        if self._first < 0:
            self._first = ts_event[0]
        self._last = ts_event[rows - 1]
        self._rows += rows

    cdef void _count(self, const uint8_t *kinds, const uint8_t *flags, const int64_t *qty, const int64_t *ts_event,
                     int64_t row, int64_t stop) noexcept nogil:
        # Nearly all rows are of depth and quotes; they are what the rest leaves.
        cdef int64_t rest = 0
        cdef int64_t at
        cdef uint64_t eight
        cdef uint8_t kind
        cdef uint8_t seen = 0
        for at in range(row, stop):
            seen |= flags[at]
        at = row
        while at < stop:
            if at + 8 <= stop:
                memcpy(&eight, &kinds[at], 8)
                eight = (eight & _ALL_BUT_LOWEST) ^ _EIGHT_OF_THE_BOOK
                if eight == 0:
                    at += 8
                    continue
                at += vel_lowest_bit(eight) >> 3  # the first that differs; bytes are little-endian
            kind = kinds[at]
            if kind != VEL_EV_QUOTE and kind != VEL_EV_DELTA:
                rest += 1
                self._rare(kind, flags[at], qty[at], ts_event[at])
            at += 1
        self._book_rows += stop - row - rest
        if not seen & (VEL_FLAG_OFF_BOOK | VEL_FLAG_HIDDEN | VEL_FLAG_CLOCK_ESTIMATED):
            return
        for at in range(row, stop):
            self._off_book += (flags[at] & VEL_FLAG_OFF_BOOK) != 0
            self._hidden += (flags[at] & VEL_FLAG_HIDDEN) != 0
            # A snapshot's rows have no instant of their own at the venue.
            self._estimated += flags[at] & (VEL_FLAG_CLOCK_ESTIMATED | VEL_FLAG_SNAPSHOT) == VEL_FLAG_CLOCK_ESTIMATED

    cdef void _rare(self, uint8_t kind, uint8_t flags, int64_t qty, int64_t event) noexcept nogil:
        self._kinds[kind & (_KINDS - 1)] += 1
        if kind == VEL_EV_TRADE:
            if not flags & VEL_FLAG_OFF_BOOK and event >= self._since:
                self._volume = vel_add(self._volume, qty)
        elif kind == VEL_EV_GAP:
            if self._stale_from < 0:
                self._stale_from = event
        elif kind == VEL_EV_SNAPSHOT_END:
            if self._first_snapshot < 0:
                self._first_snapshot = event
            if self._stale_from >= 0 and event > self._stale_from:
                self._stale_ns += event - self._stale_from
            if not self._has_snapshot and self._is_stale:
                self._start_stale_ns = self._stale_ns
            self._stale_from = -1
        if kind == VEL_EV_SNAPSHOT_END:
            self._has_snapshot = True

    cdef void _look(self, const uint8_t *kinds, const int64_t *ts_event, const int64_t *ts_recv, int64_t row,
                    int64_t stop) noexcept nogil:
        cdef int64_t event, recv
        self._sampled += stop - row
        while row < stop:
            event = ts_event[row]
            recv = ts_recv[row]
            self._recv_before_event += recv < event
            if event != self._last_event or recv != self._last_recv:
                # Divisions cost more than all the rest: most clocks are known to be of 1 ns after their first instant.
                while self._resolution_event > 1 and event % self._resolution_event != 0:
                    self._resolution_event //= 1_000
                while self._resolution_recv > 1 and recv % self._resolution_recv != 0:
                    self._resolution_recv //= 1_000
                if recv >= event:
                    self._latencies[_bucket(recv - event)] += 1
                if self._last_event >= 0 and event > self._last_event:
                    self._tick_gaps[_bucket(event - self._last_event)] += 1
                self._last_event = event
                self._last_recv = recv
            if event != self._last_book and (kinds[row] == VEL_EV_DELTA or kinds[row] == VEL_EV_QUOTE):
                if self._last_book >= 0 and event > self._last_book:
                    self._book_gaps[_bucket(event - self._last_book)] += 1
                self._last_book = event
            row += 1

    def to_dict(self):
        """JSON-ready figures; instants and durations in ns, quantities in lots, None where there is nothing to tell."""
        stale = self._stale_ns
        if self._stale_from >= 0 and self._last > self._stale_from:
            stale += self._last - self._stale_from
        from_start = None
        if self._is_stale:
            from_start = self._start_stale_ns if self._has_snapshot else stale
        return {
            "rows": self._rows,
            "book_rows": self._book_rows,
            "trades": self._kinds[VEL_EV_TRADE],
            "sampled_rows": self._sampled,
            "span_ns": max(self._last - self._first, 0) if self._rows else 0,
            "snapshots": self._kinds[VEL_EV_SNAPSHOT_BEGIN],
            "snapshot_after_ns": None if self._first_snapshot < 0 else max(self._first_snapshot - self._first, 0),
            "gaps": self._kinds[VEL_EV_GAP],
            "stale_ns": stale,
            "start_ns": self._start if self._start >= 0 else None,
            "is_whole_at_start": self._is_whole if self._start >= 0 else None,
            "start_stale_ns": from_start,
            "volume_lots": self._volume,
            "off_book_trades": self._off_book,
            "hidden_trades": self._hidden,
            "estimated_rows": self._estimated,
            "recv_before_event_rows": self._recv_before_event,
            "resolution_event_ns": self._resolution_event if self._rows else None,
            "resolution_recv_ns": self._resolution_recv if self._rows else None,
            "book_gap_median_ns": _quantile(self._book_gaps, 0.5),
            "book_gap_p99_ns": _quantile(self._book_gaps, 0.99),
            "tick_gap_median_ns": _quantile(self._tick_gaps, 0.5),
            "tick_gap_p99_ns": _quantile(self._tick_gaps, 0.99),
            "feed_latency_median_ns": _quantile(self._latencies, 0.5),
            "feed_latency_p99_ns": _quantile(self._latencies, 0.99),
        }
