"""The intake: the one way by which inputs reach a kernel that is not driven by a backtest.

Each input comes with the local time at which it is given. It is in the journal, where there is one, before the kernel
sees it; so is each command before it can leave. A node that receives inputs and a replay that reads them from a journal
use the same methods, so the kernel goes through the same steps in both.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

cimport cython

from velora.core._c cimport (
    VEL_BUY,
    VEL_ENOENT,
    VEL_RECORD_DENIED,
    VEL_RECORD_END,
    VEL_RECORD_MESSAGE,
    VEL_RECORD_PARAMETERS,
    VEL_RECORD_SAMPLE,
    VEL_RECORD_START,
    VEL_RECORD_STOP,
    VEL_RECORD_TIMER,
    VEL_OK,
    VEL_SELL,
    VEL_TIME_MAX,
    vel_book_best,
    vel_book_best_qty,
    vel_book_has_side,
    vel_book_state_hash,
    vel_columns_t,
    vel_command_ring_front,
    vel_command_ring_pop,
    vel_command_t,
    vel_denial_t,
    vel_hash_i64,
    vel_journal_row_t,
    vel_journal_timer_t,
    vel_local_check_message,
    vel_holdings_position,
    vel_market_t,
    vel_local_next_denial,
    vel_local_on_message,
    vel_local_on_row,
    vel_local_sample_all,
    vel_local_sample_next,
    vel_local_t,
    vel_local_take_denial,
    vel_message_is_report,
    vel_message_t,
    vel_report_t,
    vel_timer_t,
    vel_timers_front,
    vel_timers_pop,
)
from velora.core.status cimport check_status
from velora.engine.journal cimport JournalWriter
from velora.engine.context cimport StrategyContext
from velora.engine.kernel cimport Kernel

import json
import logging

from velora.engine.journal import RecordType
from velora.errors import CorruptData, DataError, InvalidArgument, VeloraError


class InputsDiffer(VeloraError):
    """A recorded input answers what this run has not done: its strategy decides otherwise than the recorded one."""


_LOG = logging.getLogger(__name__)

#: Inputs between two looks at what retention may drop: counted, so that it is the same in a replay.
cdef int64_t _RETIRE_EVERY = 4096


@cython.final
cdef class Intake:
    """Gives inputs to a kernel, and keeps the journal of them.

    Parameters
    ----------
    kernel : Kernel
    journal : JournalWriter, optional
    """

    def __cinit__(self, Kernel kernel not None, JournalWriter journal=None):
        self.kernel = kernel
        self.journal = journal
        self.external_inputs = self._direct = kernel.external_inputs

    cdef int _begin_input(self, int64_t ts) except -1:
        if not -VEL_TIME_MAX <= ts <= VEL_TIME_MAX:
            raise InvalidArgument(f"the local time {ts} ns lies outside of 1823 to 2116")
        if ts < self.kernel._local.now:
            raise InvalidArgument(f"the local time goes back from {self.kernel._local.now} to {ts} ns")
        self.kernel._local.now = ts
        self.kernel.external_inputs = self._direct  # during an input all changes are the strategies' own
        self.inputs += 1
        return 0

    cdef int _end_input(self) except -1:
        """The commands that the input has led to are in the journal, and in the file, before they go on."""
        self._deliver_denials()
        self.kernel.external_inputs = self.external_inputs
        if self.inputs % _RETIRE_EVERY == 0:
            self.kernel.retire()
        return self._keep_commands()

    cdef int _deliver_denials(self) except -1:
        """The gate's denials reach their strategies with the input that they belong to."""
        cdef vel_local_t *local = &self.kernel._local
        cdef const vel_denial_t *denial
        cdef vel_report_t report
        cdef int wakes
        while True:
            denial = vel_local_next_denial(local)
            if denial == NULL:
                return 0
            if self.journal is not None:
                self.journal.record(VEL_RECORD_DENIED, local.now, denial, sizeof(denial[0]))
            wakes = vel_local_take_denial(local, &report)
            if wakes > 0:
                self.kernel.on_report(<uint32_t>wakes, &report)

    cdef int _keep_commands(self) except -1:
        cdef vel_local_t *local = &self.kernel._local
        cdef uint64_t at
        if self.journal is None or local.gate.outbox.head == local.gate.outbox.tail:
            return 0
        for at in range(local.gate.outbox.head, local.gate.outbox.tail):
            self.journal.command(local.now, &local.gate.outbox.items[at & (local.gate.outbox.capacity - 1)])
        return self.journal.flush_c()

    # ------------------------------------------------------------------ inputs

    cdef int start_c(self, int64_t ts, int64_t sample_ns) except -1:
        cdef vel_local_t *local = &self.kernel._local
        cdef int index
        if self.is_started:
            raise InvalidArgument("the run has started already")
        if sample_ns < 0:
            raise InvalidArgument(f"the interval of samples must be at least 0, was {sample_ns} ns")
        self.is_started = True
        if self.journal is not None:
            self.journal.record(VEL_RECORD_START, ts, &sample_ns, sizeof(sample_ns))
        self._begin_input(ts)
        for index in range(local.instruments_count):
            self._begin_rows(&local.instruments[index])
        self.kernel.begin_samples(sample_ns)
        self.kernel.start(ts)
        return self._end_input()

    cdef void _begin_rows(self, vel_market_t *inst) noexcept:
        """What came before the start is no part of the run, and the top that it left is no new quote."""
        cdef uint8_t side
        inst.rows = 0
        if inst.has_quotes or not (vel_book_has_side(&inst.book, VEL_BUY) and vel_book_has_side(&inst.book, VEL_SELL)):
            return
        for side in range(2):
            inst.quote_price[side] = vel_book_best(&inst.book, side)
            inst.quote_qty[side] = vel_book_best_qty(&inst.book, side)

    cdef int rows_c(self, int64_t ts, int index, const vel_columns_t *columns, int64_t row, int64_t count) except -1:
        """Rows of one message of a feed; their column of receipt must say `ts`."""
        cdef int64_t at
        cdef int wakes
        if self.journal is not None:
            self.journal.rows(ts, index, columns, row, count)
        self._begin_input(ts)
        for at in range(row, row + count):
            wakes = vel_local_on_row(&self.kernel._local, index, columns, at)
            if wakes < 0:
                raise DataError("side, price or quantity of this event is out of range",
                                file=self.kernel.instruments[index].symbol,
                                row=self.kernel._local.instruments[index].rows)
            if wakes > 0:
                self.kernel.on_market(<uint32_t>wakes, index, columns, at)
        return self._end_input()

    cdef int message_c(self, int64_t ts, const vel_message_t *message) except -1:
        """A report about an order, or an event of an account."""
        cdef int wakes = vel_local_check_message(&self.kernel._local, message)
        if wakes == VEL_OK:
            if self.journal is not None:
                self.journal.record(VEL_RECORD_MESSAGE, ts, message, sizeof(message[0]))
            self._begin_input(ts)
            wakes = vel_local_on_message(&self.kernel._local, message)
        if wakes < 0:
            what = (f"a report about order {message.report.order_id}" if vel_message_is_report(message)
                    else "an event of the account")
            check_status(wakes, f"{what} does not fit what is known of it")
        if wakes > 0:
            self.kernel.on_report(<uint32_t>wakes, &message.report)
        return self._end_input()

    cdef int timer_c(self, int64_t ts) except -1:
        """The earliest timer, which must be due."""
        cdef vel_local_t *local = &self.kernel._local
        cdef vel_timer_t timer = vel_timers_front(&local.timers)[0]
        cdef vel_journal_timer_t stored
        if self.journal is not None:
            memset(&stored, 0, sizeof(stored))
            stored.ts = timer.ts
            stored.id = timer.id
            stored.strategy = timer.strategy
            self.journal.record(VEL_RECORD_TIMER, ts, &stored, sizeof(stored))
        self._begin_input(ts)
        vel_timers_pop(&local.timers, &timer)
        self.kernel.on_timer(&timer)
        return self._end_input()

    cdef int sample_c(self, int64_t ts) except -1:
        cdef vel_local_t *local = &self.kernel._local
        if self.journal is not None:
            self.journal.record(VEL_RECORD_SAMPLE, ts, NULL, 0)
        self._begin_input(ts)
        check_status(vel_local_sample_next(local), "more samples than fit: choose a longer `sample`, or a retention")
        return self._end_input()

    cdef object parameters_c(self, int64_t ts, int index, dict values):
        """Parameters given from outside; what changed. Names and values that cannot be are refused and no input."""
        cdef object strategy = (<StrategyContext>self.kernel.contexts[index]).strategy
        cdef int32_t head[2]
        cdef bytes payload
        if not self.is_started or self.is_stopped:
            raise InvalidArgument(f"the run has {'stopped' if self.is_started else 'not started'}: its parameters stay "
                                  "as they are")
        values = strategy._plain_parameters(values)
        if self.journal is not None:
            head[0] = index
            head[1] = 0
            payload = (<const char *>head)[:sizeof(head)] + json.dumps(values).encode()
            self.journal.record(VEL_RECORD_PARAMETERS, ts, <const char *>payload, len(payload))
        self._begin_input(ts)
        try:
            return strategy.set_parameters(**values)
        finally:  # a strategy may refuse, and have acted before
            self.kernel.finish_event()
            self._end_input()

    cdef int stop_c(self, int64_t ts) except -1:
        if self.journal is not None:
            self.journal.record(VEL_RECORD_STOP, ts, NULL, 0)
        self._begin_input(ts)
        self.is_stopped = True
        self.kernel.stop()
        check_status(vel_local_sample_all(&self.kernel._local), "no memory for samples")
        return self._end_input()

    cdef int end_c(self) except -1:
        """The last record, with the hash of what all this has come to."""
        cdef int64_t words[2]
        self.external_inputs = self.kernel.external_inputs = self._direct
        words[0] = <int64_t>self.hash_c()
        words[1] = self.inputs
        if self.journal is not None:
            self.journal.record(VEL_RECORD_END, self.kernel._local.now, words, sizeof(words))
            self.journal.close()
        return 0

    # ------------------------------------------------------------------ replay

    def give(self, record not None):
        """Give the input that a record of a journal holds.

        Parameters
        ----------
        record : JournalRecord
            START, ROWS, REPORT, TIMER, SAMPLE, PARAMETERS or STOP.

        Raises
        ------
        InputsDiffer
            If it answers what this run has not done.
        CorruptData
            If it is no input.
        """
        cdef bytes payload = record.payload
        cdef const char *data = payload
        cdef size_t size = len(payload)
        cdef int64_t ts = record.ts
        cdef int type = record.type
        cdef int64_t sample_ns
        cdef int32_t head[2]
        cdef vel_journal_timer_t timer
        cdef vel_message_t message
        cdef int status
        cdef str place = f"record {record.number} at byte {record.offset}"
        if self.is_started == (type == VEL_RECORD_START) or self.is_stopped:
            if type != RecordType.ROWS or self.is_stopped:  # rows from before the start make its state
                raise CorruptData(f"{place} does not come here: inputs lie between one START and one STOP")
        if not self.kernel._local.now <= ts <= VEL_TIME_MAX:
            raise CorruptData(f"{place}: its time {ts} ns lies before that of the record before it, or beyond 2116")
        if type == VEL_RECORD_START and size == sizeof(sample_ns):
            memcpy(&sample_ns, data, sizeof(sample_ns))
            self.start_c(ts, sample_ns)
        elif type == RecordType.ROWS and size >= sizeof(head):
            memcpy(head, data, sizeof(head))
            if (head[0] < 0 or head[0] >= self.kernel._local.instruments_count or head[1] < 0
                    or sizeof(head) + <size_t>head[1] * sizeof(vel_journal_row_t) != size):
                raise CorruptData(f"{place} holds no rows of an instrument")
            try:
                self._give_rows(ts, head[0], <const vel_journal_row_t *>(data + sizeof(head)), head[1])
            except DataError as error:
                raise CorruptData(f"{place}: {error.message}") from None
        elif type == RecordType.MESSAGE and size == sizeof(message):
            memcpy(&message, data, sizeof(message))
            status = vel_local_check_message(&self.kernel._local, &message)
            if status == VEL_ENOENT and message.report.order_id > 0:
                raise InputsDiffer(f"record {record.number} reports of order {message.report.order_id}, which was not "
                                   "sent")
            if status != VEL_OK:
                raise CorruptData(f"{place} is no message of this run: a field is out of range, or another order's")
            self.message_c(ts, &message)
        elif type == VEL_RECORD_TIMER and size == sizeof(timer):
            memcpy(&timer, data, sizeof(timer))
            if not self._is_next(&timer):
                raise InputsDiffer(f"record {record.number} fires a timer that is not the next one here")
            self.timer_c(ts)
        elif type == VEL_RECORD_SAMPLE and size == 0:
            self.sample_c(ts)
        elif type == VEL_RECORD_PARAMETERS and size > sizeof(head):
            memcpy(head, data, sizeof(head))
            self._give_parameters(record, head[0], payload[sizeof(head):])
        elif type == VEL_RECORD_STOP and size == 0:
            self.stop_c(ts)
        else:
            raise CorruptData(f"{place} is no input")

    def _give_parameters(self, record, int index, bytes text):
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, dict) or not 0 <= index < len(self.kernel.contexts):
            raise CorruptData(f"record {record.number} at byte {record.offset} holds no parameters of a strategy")
        strategy = (<StrategyContext>self.kernel.contexts[index]).strategy
        try:
            strategy._plain_parameters(values)
        except (AttributeError, InvalidArgument) as error:
            raise InputsDiffer(f"record {record.number} sets parameters that this strategy refuses: {error}") from None
        try:
            self.parameters_c(record.ts, index, values)
        except Exception:
            # The strategy refused when it was recorded, or decides otherwise, which shows.
            _LOG.debug("record %d: the strategy refused its parameters", record.number, exc_info=True)

    cdef bint _is_next(self, const vel_journal_timer_t *timer) noexcept:
        cdef vel_local_t *local = &self.kernel._local
        cdef const vel_timer_t *front = vel_timers_front(&local.timers)
        return front != NULL and front.ts == timer.ts and front.id == timer.id and front.strategy == timer.strategy

    cdef int _give_rows(self, int64_t ts, int index, const vel_journal_row_t *rows, int64_t count) except -1:
        cdef vel_columns_t columns
        cdef vel_journal_row_t row
        cdef int64_t at
        cdef int64_t *longs = <int64_t *>malloc(<size_t>(count + 1) * (5 * sizeof(int64_t) + 3))
        cdef uint8_t *bytes_ = <uint8_t *>(longs + 5 * count)
        if longs == NULL:
            raise MemoryError
        try:
            for at in range(count):
                memcpy(&row, &rows[at], sizeof(row))
                longs[at] = row.ts_event
                longs[count + at] = ts
                longs[2 * count + at] = row.price
                longs[3 * count + at] = row.qty
                longs[4 * count + at] = row.order_id
                bytes_[at] = row.kind
                bytes_[count + at] = row.side
                bytes_[2 * count + at] = row.flags
            columns.ts_event = longs
            columns.ts_recv = longs + count
            columns.price = longs + 2 * count
            columns.qty = longs + 3 * count
            columns.order_id = longs + 4 * count
            columns.kind = bytes_
            columns.side = bytes_ + count
            columns.flags = bytes_ + 2 * count
            columns.rows = count
            return self.rows_c(ts, index, &columns, 0, count)
        finally:
            free(longs)

    # ------------------------------------------------------------------ what came of it

    def take_commands(self):
        """Take the commands that wait to leave, each as a journal holds it."""
        cdef const vel_command_t *front
        taken = []
        while True:
            front = vel_command_ring_front(&self.kernel._local.gate.outbox)
            if front == NULL:
                return taken
            taken.append((<const char *>front)[:sizeof(front[0])])
            vel_command_ring_pop(&self.kernel._local.gate.outbox)

    cdef uint64_t hash_c(self) noexcept:
        cdef vel_local_t *local = &self.kernel._local
        cdef uint64_t state = vel_hash_i64(local.hash, local.now)
        cdef int index, strategy
        for index in range(local.instruments_count):
            state = vel_hash_i64(state, local.instruments[index].rows)
            state = vel_hash_i64(state, <int64_t>vel_book_state_hash(&local.instruments[index].book))
            for strategy in range(local.strategies_count):
                position = vel_holdings_position(&local.holdings, strategy, index)[0]
                state = vel_hash_i64(state, position.lots)
                state = vel_hash_i64(state, position.cash)
                state = vel_hash_i64(state, position.fees)
        return state

    def hash(self):
        """Hash of every command and report with its times, and of books and positions: 16 hex digits."""
        return f"{self.hash_c():016x}"
