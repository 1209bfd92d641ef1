"""The driver of a node: the backtest's kernel and venue, each at its own time.

The local side gets rows, reports and timers when its clock has come to them, so never before their time and as much
later as this machine needs. The venue goes by its own time: what a command finds there is the book of the instant at
which it arrives, whatever the local side was doing.
"""

from libc.stdint cimport INT64_MAX, int64_t

cimport cython

from velora.core._c cimport (
    VEL_OK,
    VEL_RUN_NEED_VENUE,
    VEL_RUN_REACHED,
    VEL_TIME_MAX,
    vel_add,
    vel_columns_t,
    vel_command_ring_front,
    vel_commands_coming_front,
    vel_cursor_t,
    vel_local_next_timer,
    vel_local_t,
    vel_replay_is_over,
    vel_replay_next_local,
    vel_replay_next_venue,
    vel_replay_run_venue,
    vel_replay_send,
    vel_replay_step_local,
    vel_report_t,
    vel_reports_coming_front,
    vel_reports_coming_pop,
)
from velora.backtest.replay cimport Replay, _fill_columns
from velora.engine.external_inputs cimport ExternalInputs
from velora.engine.intake cimport Intake
from velora.paper.clock cimport LocalClock

from typing import NamedTuple

import numpy as np

from velora.backtest.feed import Columns
from velora.data.state import FeedState
from velora.errors import DataError, InvalidArgument

#: Rows of one message at most; a longer one is given in pieces.
cdef int64_t _MESSAGE_ROWS_MAX = 4096

# Lateness is counted in buckets: below 16 ns exactly, then 16 for each doubling, so to 6 %.
cdef inline int _bucket(int64_t value) noexcept:
    cdef int shift = 0
    if value < 16:
        return <int>value if value > 0 else 0
    while value >= 32:
        value >>= 1
        shift += 1
    return 16 * shift + <int>value


cdef inline int64_t _bucket_end(int bucket) noexcept:
    """The largest value of a bucket."""
    cdef int shift
    if bucket < 32:
        return bucket
    shift = bucket // 16 - 1
    return ((<int64_t>(bucket - 16 * shift) + 1) << shift) - 1


class Lateness(NamedTuple):
    """How long after their due times the inputs were given to the kernel.

    Attributes
    ----------
    inputs : int
        Messages, reports, timers and samples.
    p50_ns, p99_ns, max_ns : int
        In local time; the quantiles are at most 6 % too large. Divided by the speed it is this machine's time.
    """

    inputs: int
    p50_ns: int
    p99_ns: int
    max_ns: int


def _when(piece):
    """The time and the instrument of rows; those of one instrument at one time stay in their order."""
    return piece[0], piece[1]


@cython.final
cdef class JournalledInputs(ExternalInputs):
    """Gives changes from outside of a run to its driver, which makes each an input of its own."""

    def __cinit__(self, PacedDriver driver not None):
        self.driver = driver

    cpdef object set_parameters(self, int index, dict values, object apply):
        return self.driver.set_parameters(index, values)


@cython.final
cdef class PacedDriver(Replay):
    """Gives a kernel its inputs as its clock comes to them.

    Parameters
    ----------
    kernel, venue, feeds, latency, link_of
        As of `velora.backtest.replay.Replay`. A feed's times of receipt are when its rows are due here. `connect` it
        before the start.
    """

    def connect(self, Intake intake not None, LocalClock clock not None):
        """Say by which way inputs reach the kernel, and by which clock.

        Parameters
        ----------
        intake : Intake
            Of the kernel.
        clock : LocalClock
        """
        if intake.kernel is not self.kernel:
            raise InvalidArgument("the intake is another kernel's")
        if self.is_started:
            raise InvalidArgument("the run has started: it keeps its intake and its clock")
        self.intake = intake
        self.intake.external_inputs = JournalledInputs.__new__(JournalledInputs, self)
        self.clock = clock
        self.next_due = INT64_MAX

    cdef object _next_chunk(self, int index, bint is_venue):
        chunk = Replay._next_chunk(self, index, is_venue)
        if is_venue or chunk is None:
            return chunk
        # The rows are given with the times at which they really were: those are written over the copy.
        return chunk._replace(ts_recv=chunk.ts_recv.copy())

    def start(self, int64_t sample_ns):
        """Read the first rows, start the clock at the start of the run and call `on_start`."""
        if self.intake is None:
            raise InvalidArgument("connect the driver to an intake and a clock before the start")
        self.begin_work_c()
        try:
            self._states = {}
            self.start_ts = self._read_first()
            self.is_started = True
            self.clock.start(self.start_ts)
            self._run_venue(self.start_ts)
            self._give_states()
            self.intake.start_c(self.start_ts, sample_ns)
            self._send()
        finally:
            self.end_work_c()

    def _open_local(self, int index, columns, bint is_state):
        """Rows from before the start: the local side gets what they have come to, few rows that a journal can hold."""
        if index not in self._states:
            self._states[index] = FeedState()
        self._states[index].add(columns)

    cdef int _give_states(self) except -1:
        """The states of all instruments as inputs, in the order in which their rows were received."""
        cdef vel_columns_t columns
        cdef int64_t begin, end
        cdef list pieces = []
        for index, state in self._states.items():
            if state.has_failed:
                raise DataError("a row before the start does not fit the book",
                                file=self.kernel.instruments[index].symbol, hint="Run `velora data inspect` on it")
            chunk = Columns.of(state.table(self.kernel.instruments[index]))
            # Rows of a state keep their order: each is given no sooner than the one before it.
            received = np.minimum(np.maximum.accumulate(chunk.ts_recv), self.start_ts)
            chunk = chunk._replace(ts_recv=received)
            cuts = np.flatnonzero(np.diff(received)) + 1
            for first, last in zip([0, *cuts.tolist()], [*cuts.tolist(), len(received)]):
                for begin in range(first, last, _MESSAGE_ROWS_MAX):
                    end = min(begin + _MESSAGE_ROWS_MAX, <int64_t>last)
                    pieces.append((int(received[begin]), index, chunk, begin, end))
        for ts, index, chunk, begin, end in sorted(pieces, key=_when):
            _fill_columns(&columns, chunk)
            self.intake.rows_c(ts, index, &columns, begin, end - begin)
        self._states = {}
        return 0

    cdef int _run_venue(self, int64_t until) except -1:
        """Up to a time, but not beyond the next local row: it may be the last, and later commands do not act."""
        cdef int code
        until = min(until, self._replay.local_cursors[vel_replay_next_local(&self._replay)].next_ts)
        while True:
            code = vel_replay_run_venue(&self._replay, until)
            self.venue.queue.check_c()
            if code == VEL_RUN_REACHED:
                return 0
            if code == VEL_RUN_NEED_VENUE:
                self._feed(self._replay.need, True)
            else:
                self._explain(code)

    cdef int64_t _now(self) except? -1:
        cdef int64_t now = self.clock.now_c()
        if not -VEL_TIME_MAX <= now <= VEL_TIME_MAX:
            raise InvalidArgument(f"the clock says {now} ns: times lie within 1823 and 2116")
        return now

    cdef int _send(self) except -1:
        """What the strategies have decided leaves now, which is later than the input that they decided upon."""
        cdef int status
        if vel_command_ring_front(&self.kernel._local.outbox) != NULL:
            status = vel_replay_send(&self._replay, self._now())
            if status != VEL_OK:
                self._explain(status)
        return 0

    cdef int _count_late(self, int64_t late) except -1:
        self._lateness[_bucket(late)] += 1
        if late > self._late_most:
            self._late_most = late
        return 0

    cdef int _give_message(self, int index, int64_t now) except -1:
        """The rows of an instrument that were received together are received together."""
        cdef vel_cursor_t *cursor = &self._replay.local_cursors[index]
        cdef int64_t *received = <int64_t *>cursor.columns.ts_recv
        cdef int64_t due = cursor.next_ts
        cdef int64_t row = cursor.row
        cdef int64_t count = 0
        # The cursor reads the time of a row only up to the one before it, so its own may be written over.
        while count < _MESSAGE_ROWS_MAX and not cursor.is_empty and cursor.next_ts == due:
            vel_replay_step_local(&self._replay, index)
            received[row + count] = now
            count += 1
        return self.intake.rows_c(now, index, &cursor.columns, row, count)

    def pump(self, int64_t budget=1024):
        """Do what is due.

        Parameters
        ----------
        budget : int
            Inputs to give at most.

        Returns
        -------
        bool
            Whether the run goes on: the data, or reports of the venue on their way. `next_due` is then when something
            is due again: now or before when the budget was used up.
        """
        if not self.is_started:
            raise InvalidArgument("start the run before it is pumped")
        self.begin_work_c()
        try:
            return self._pump(budget)
        finally:
            self.end_work_c()

    cdef bint _pump(self, int64_t budget) except -1:
        cdef vel_local_t *local = &self.kernel._local
        cdef vel_cursor_t *cursor
        cdef const vel_report_t *report
        cdef vel_report_t arrived
        cdef int64_t now, row_ts, report_ts, timer_ts, due
        cdef int index
        cdef bint is_over
        if self.kernel.bus._is_unsettled:  # somebody subscribed between two calls
            self.kernel.finish_event()
        while not self.has_ended:
            now = self._now()
            self._run_venue(now)
            index = vel_replay_next_local(&self._replay)
            cursor = &self._replay.local_cursors[index]
            if cursor.is_empty:
                self._feed(index, False)
                continue
            report = vel_reports_coming_front(&self._replay.reports)
            row_ts = cursor.next_ts
            report_ts = INT64_MAX if report == NULL else report.ts_arrival
            timer_ts = vel_local_next_timer(local)
            due = min(min(row_ts, report_ts), min(timer_ts, local.sample_next))
            is_over = vel_replay_is_over(&self._replay, due)
            if is_over:  # the venue's last reports are all there is
                due = report_ts
                if due == INT64_MAX:
                    self.has_ended = True
                    return False
            if due > now:
                # While orders are out the venue's own events may lead to reports; at the end they are all there is.
                if not is_over and (local.open_orders > 0 or row_ts == INT64_MAX
                                    or vel_commands_coming_front(&self._replay.commands) != NULL):
                    due = min(due, vel_replay_next_venue(&self._replay))
                self.next_due = due
                return True
            if budget <= 0:
                self.next_due = due
                return True
            budget -= 1
            self._count_late(vel_add(now, -due))
            if row_ts == due and not is_over:
                self._give_message(index, now)
            elif report_ts == due:
                arrived = report[0]
                vel_reports_coming_pop(&self._replay.reports)
                self.intake.report_c(now, &arrived)
            elif timer_ts == due:
                self.intake.timer_c(now)
            else:
                self.intake.sample_c(now)
            self._send()
        return False

    def set_parameters(self, int index, dict values not None):
        """Give parameters from outside to a running strategy, now. Its `set_parameters` comes here by itself.

        Parameters
        ----------
        index : int
            Of the strategy.
        values : dict
            By name.

        Returns
        -------
        dict of str to ParameterChange
        """
        cdef int64_t now
        if not self.is_started:
            raise InvalidArgument("start the run before its parameters are set from outside")
        if not 0 <= index < len(self.kernel.contexts):
            raise InvalidArgument(f"there is no strategy {index}: there are {len(self.kernel.contexts)}")
        self.begin_work_c()
        try:
            now = self._now()
            self._run_venue(now)
            try:
                return self.intake.parameters_c(now, index, values)
            finally:
                self._send()
        finally:
            self.end_work_c()
            if self.on_given is not None:
                self.on_given()

    def advance(self, int64_t until, progress=None):
        """Not here: time goes on by itself."""
        raise NotImplementedError("a node goes by its clock: use pump")

    def stop(self):
        """Call `on_stop`, take the last sample and close the journal."""
        if self.is_stopped or not self.is_started:
            return
        self.begin_work_c()
        self.is_stopped = True
        try:
            self.intake.stop_c(self._now())
            self._send()
        finally:
            self.end_work_c()
            self.intake.end_c()

    @property
    def lateness(self):
        """How late inputs were given so far: a `Lateness`."""
        cdef int64_t total = 0
        cdef int64_t seen = 0
        cdef int64_t p50 = -1
        cdef int64_t p99 = -1
        cdef int at
        for at in range(LATENESS_BUCKETS):
            total += self._lateness[at]
        for at in range(LATENESS_BUCKETS):
            seen += self._lateness[at]
            if p50 < 0 and 2 * seen >= total:
                p50 = _bucket_end(at)
            if p99 < 0 and 100 * seen >= 99 * total:
                p99 = _bucket_end(at)
        return Lateness(total, min(p50, self._late_most), min(p99, self._late_most), self._late_most)
