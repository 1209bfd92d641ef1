"""The driver of a paced replay: the backtest's kernel and venue, each at its own time.

The local side receives rows, reports and timers when its clock has reached their times: never early, and as late as
this machine's processing makes them. The venue follows its own time: a command meets the book of the instant at which
it arrives, regardless of the local side's delay.
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
    vel_cursor_t,
    vel_deliveries_front,
    vel_deliveries_pop,
    vel_delivery_t,
    vel_local_t,
    vel_message_t,
    vel_replay_is_over,
    vel_replay_next_local,
    vel_replay_next_venue,
    vel_replay_run_venue,
    vel_replay_send,
    vel_replay_step_local,
    vel_timers_next,
    vel_transits_front,
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

#: Maximum number of rows per message; a longer one is split.
cdef int64_t _MESSAGE_ROWS_MAX = 4096

# Lateness is counted in buckets: exact below 16 ns, then 16 buckets per doubling, an error of at most 6 %.
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
    """Delay of the kernel's inputs after their due times.

    Attributes
    ----------
    inputs : int
        Number of messages, reports, timers and samples.
    p50_ns, p99_ns, max_ns : int
        In local time; the quantiles are at most 6 % too large. Divide by the speed to get this machine's time.
    """

    inputs: int
    p50_ns: int
    p99_ns: int
    max_ns: int


def _when(piece):
    """The time and the instrument of rows, as a sort key; equal keys keep their order."""
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
    """Delivers the inputs of a kernel when its clock reaches their times.

    Parameters
    ----------
    kernel, venue, feeds, latency, link_of
        As in `velora.backtest.replay.Replay`. Rows are due at the feed's times of receipt. Call `connect` before the
        start.

    Attributes
    ----------
    intake : Intake
        Through which inputs reach the kernel.
    clock : LocalClock
        The clock that paces the run.
    next_due : int
        When the next input is due: ns since 1970-01-01 UTC, the local clock.
    start_ts : int
        Start of the run, ns of the same clock.
    on_given : callable or None
        Called after inputs were delivered.
    is_started, has_ended, is_stopped, is_at_work : bool
        State of the run; `is_at_work` is true while it delivers an input.
    """

    def connect(self, Intake intake not None, LocalClock clock not None):
        """Set the intake through which inputs reach the kernel, and the clock.

        Parameters
        ----------
        intake : Intake
            Intake of the kernel.
        clock : LocalClock
        """
        if intake.kernel is not self.kernel:
            raise InvalidArgument("the intake belongs to another kernel")
        if self.is_started:
            raise InvalidArgument("the run has started: its intake and its clock cannot change")
        self.intake = intake
        self.intake.external_inputs = JournalledInputs.__new__(JournalledInputs, self)
        self.clock = clock
        self.next_due = INT64_MAX

    cdef object _next_chunk(self, int index, bint is_venue):
        chunk = Replay._next_chunk(self, index, is_venue)
        if is_venue or chunk is None:
            return chunk
        # Rows are delivered with their actual times of receipt, which overwrite those of the copy.
        return chunk._replace(ts_recv=chunk.ts_recv.copy())

    def start(self, int64_t sample_ns):
        """Read the first rows, start the clock at the start of the run, and call `on_start`."""
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
        """Replace rows from before the start by their resulting state, which is small enough for a journal."""
        if index not in self._states:
            self._states[index] = FeedState()
        self._states[index].add(columns)

    cdef int _give_states(self) except -1:
        """Deliver the states of all instruments as inputs, in the order in which their rows were received."""
        cdef vel_columns_t columns
        cdef int64_t begin, end
        cdef list pieces = []
        for index, state in self._states.items():
            if state.has_failed:
                raise DataError("a row before the start does not fit the book",
                                file=self.kernel.instruments[index].symbol, hint="Run `velora data inspect` on it")
            chunk = Columns.of(state.table(self.kernel.instruments[index]))
            # Rows of a state keep their order: each is delivered no earlier than the previous one.
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
        """Run the venue up to a time, but not beyond the next local row, which may be the end of the run."""
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
            raise InvalidArgument(f"the clock is at {now} ns: times must be within 1823 and 2116")
        return now

    cdef int _send(self) except -1:
        """Send the strategies' commands now, which is later than the input that caused them."""
        cdef int status
        if vel_command_ring_front(&self.kernel._local.gate.outbox) != NULL:
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
        """Deliver all rows of an instrument with the same receipt time as one message."""
        cdef vel_cursor_t *cursor = &self._replay.local_cursors[index]
        cdef int64_t *received = <int64_t *>cursor.columns.ts_recv
        cdef int64_t due = cursor.next_ts
        cdef int64_t row = cursor.row
        cdef int64_t count = 0
        # The cursor reads the time of a row only until the previous row, so the row's own time may be overwritten.
        while count < _MESSAGE_ROWS_MAX and not cursor.is_empty and cursor.next_ts == due:
            vel_replay_step_local(&self._replay, index)
            received[row + count] = now
            count += 1
        return self.intake.rows_c(now, index, &cursor.columns, row, count)

    def pump(self, int64_t budget=1024):
        """Process the due inputs.

        Parameters
        ----------
        budget : int
            Maximum number of inputs to deliver.

        Returns
        -------
        bool
            Whether the run continues: data is left, or reports of the venue are on their way. `next_due` is then the
            time of the next input, which is now or earlier if the budget was used up.
        """
        if not self.is_started:
            raise InvalidArgument("start the run before calling pump")
        self.begin_work_c()
        try:
            return self._pump(budget)
        finally:
            self.end_work_c()

    cdef bint _pump(self, int64_t budget) except -1:
        cdef vel_local_t *local = &self.kernel._local
        cdef vel_cursor_t *cursor
        cdef const vel_delivery_t *report
        cdef vel_message_t arrived
        cdef int64_t now, row_ts, report_ts, timer_ts, due
        cdef int index
        cdef bint is_over
        if self.kernel.bus._is_unsettled:  # a subscription changed between two calls
            self.kernel.finish_event()
        while not self.has_ended:
            now = self._now()
            self._run_venue(now)
            index = vel_replay_next_local(&self._replay)
            cursor = &self._replay.local_cursors[index]
            if cursor.is_empty:
                self._feed(index, False)
                continue
            report = vel_deliveries_front(&self._replay.deliveries)
            row_ts = cursor.next_ts
            report_ts = INT64_MAX if report == NULL else report.ts_arrival
            timer_ts = vel_timers_next(&local.timers)
            due = min(min(row_ts, report_ts), min(timer_ts, local.sample_next))
            is_over = vel_replay_is_over(&self._replay, due)
            if is_over:  # only the venue's last reports are left
                due = report_ts
                if due == INT64_MAX:
                    self.has_ended = True
                    return False
            if due > now:
                # While orders are open, the venue's own events may lead to reports; at the end only these are left.
                if not is_over and (local.orders.open_count > 0 or row_ts == INT64_MAX
                                    or vel_transits_front(&self._replay.commands) != NULL):
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
                arrived = report.message
                vel_deliveries_pop(&self._replay.deliveries)
                self.intake.message_c(now, &arrived)
            elif timer_ts == due:
                self.intake.timer_c(now)
            else:
                self.intake.sample_c(now)
            self._send()
        return False

    def set_parameters(self, int index, dict values not None):
        """Set parameters of a running strategy from outside, now. The strategy's own `set_parameters` also calls this.

        Parameters
        ----------
        index : int
            Index of the strategy.
        values : dict
            Values by name.

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
        """Not supported: a clock advances the time."""
        raise NotImplementedError("a paced replay follows its clock: use pump")

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
        """Delay of the inputs so far: a `Lateness`."""
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
