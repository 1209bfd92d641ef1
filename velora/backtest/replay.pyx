"""The loop of a backtest: a kernel and a simulated venue over the same rows."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from velora.core._c cimport (
    VEL_EFULL,
    VEL_EINVAL,
    VEL_ERANGE,
    VEL_ESTATE,
    VEL_MARK_SOURCES,
    VEL_RUN_END,
    VEL_RUN_NEED_LOCAL,
    VEL_RUN_NEED_VENUE,
    VEL_RUN_REACHED,
    VEL_RUN_WAKE,
    VEL_RUN_YIELD,
    VEL_WAKE_FILL,
    VEL_WAKE_ORDER,
    VEL_WAKE_TIMER,
    vel_book_state_hash,
    vel_columns_t,
    vel_hash_i64,
    vel_latency_leg_t,
    vel_latency_t,
    vel_holdings_position,
    vel_local_sample_all,
    vel_local_t,
    vel_replay_commands_cut,
    vel_replay_feed,
    vel_replay_free,
    vel_replay_hft_init,
    vel_replay_init_links,
    vel_replay_open,
    vel_replay_opened,
    vel_replay_reports_cut,
    vel_replay_run,
    vel_rng_seed,
    vel_venue_t,
    VEL_OK,
)
from velora.core.book cimport OrderBookL2
from velora.core.status cimport check_status
from velora.engine.kernel cimport Kernel
from velora.engine.records cimport all_orders, fill_records, sample_records, sampling_instants
from velora.sim.venue cimport SimulatedVenue

from functools import partial

import numpy as np

from velora.backtest.evidence import with_evidence
from velora.core.clock import format_ns
from velora.core.orders import MarkSource
from velora.errors import DataError, InvalidArgument, VeloraError
from velora.sim.distribution import stream_of

#: Rows between two looks at signals and progress.
cdef int64_t _BUDGET = 2_000_000

# Streams of random numbers: the first six legs of a seed lie side by side, later ones are moved far away from them by
# an odd constant, and each link is somewhere else by the hash of its name.
cdef uint64_t _STREAM = 0x9FB21C651E98DF25


cdef uint64_t _stream(object latency, uint64_t number, uint64_t link) except? 0:
    cdef uint64_t seed = latency.seed
    return seed * 6 + (number if number < 6 else number * _STREAM) + link


cdef int _set_leg(vel_latency_leg_t *leg, object value, uint64_t stream) except -1:
    """A constant in ns, or the quantiles of a `LatencyDistribution`, with a stream of random numbers of its own."""
    cdef const int64_t[::1] quantiles
    if isinstance(value, int):
        leg.constant = value
        return 0
    quantiles = value.quantiles
    leg.quantiles = &quantiles[0]
    leg.rows = quantiles.shape[0]
    vel_rng_seed(&leg.rng, stream)
    return 0


cdef int _set_latency(vel_latency_t *out, object latency, uint64_t link) except -1:
    """What a `Latency` says, for the core; it borrows the arrays. `link` is `stream_of` the link's name."""
    cdef const int64_t[::1] ts, entry, response
    cdef const uint8_t[::1] refused
    cdef int action
    memset(out, 0, sizeof(vel_latency_t))
    _set_leg(&out.decision, latency.decision, _stream(latency, 0, link))
    for action, leg in enumerate((latency.entry, latency.amend, latency.cancel)):
        _set_leg(&out.entry[action], leg, _stream(latency, 1 + action, link))
    _set_leg(&out.venue, latency.venue, _stream(latency, 4, link))
    _set_leg(&out.response, latency.response, _stream(latency, 5, link))
    _set_leg(&out.speed_bump, latency.speed_bump, _stream(latency, 6, link))
    if latency.recording is not None:
        ts = latency.recording.ts
        entry = latency.recording.entry
        response = latency.recording.response
        out.samples.ts = &ts[0]
        out.samples.entry = &entry[0]
        out.samples.response = &response[0]
        out.samples.rows = ts.shape[0]
        if latency.recording.refused is not None:
            refused = latency.recording.refused
            out.samples.refused = &refused[0]
    if latency.load is not None:
        out.load.step = latency.load.step_ns
        out.load.service = latency.load.service_ns
        out.load.spread = latency.load.spread
        out.load.most = latency.load.most_ns
    if latency.faults is not None:
        for action in range(3):
            out.faults.refused[action] = latency.faults.by_action("refused")[action]
            out.faults.overloaded[action] = latency.faults.by_action("overloaded")[action]
            out.faults.lost[action] = latency.faults.by_action("lost")[action]
            out.faults.unanswered[action] = latency.faults.by_action("unanswered")[action]
        out.faults.overload_from = latency.faults.overload_from
        out.faults.timeout = latency.faults.timeout_ns
        out.faults.is_on = True
        vel_rng_seed(&out.faults.rng, _stream(latency, 7, link))
    out.overtakes = latency.overtakes
    return 0


cdef int _fill_columns(vel_columns_t *out, object chunk) except -1:
    """Point `out` at the arrays of a `Columns`; None is no rows."""
    cdef const int64_t[::1] ts_event, ts_recv, price, qty, order_id
    cdef const uint8_t[::1] kind, side, flags
    memset(out, 0, sizeof(vel_columns_t))
    if chunk is None:
        return 0
    ts_event = chunk.ts_event
    ts_recv = chunk.ts_recv
    price = chunk.price
    qty = chunk.qty
    order_id = chunk.order_id
    kind = chunk.kind
    side = chunk.side
    flags = chunk.flags
    cdef int64_t rows = ts_event.shape[0]
    if not (rows == ts_recv.shape[0] == price.shape[0] == qty.shape[0] == order_id.shape[0] == kind.shape[0]
            == side.shape[0] == flags.shape[0]):
        raise InvalidArgument("the columns of an event table differ in length")
    if rows == 0:
        return 0
    out.ts_event = &ts_event[0]
    out.ts_recv = &ts_recv[0]
    out.price = &price[0]
    out.qty = &qty[0]
    out.order_id = &order_id[0]
    out.kind = &kind[0]
    out.side = &side[0]
    out.flags = &flags[0]
    out.rows = rows
    return 0


cdef class Replay:
    """Runs a kernel and a venue over feeds, in time order.

    Parameters
    ----------
    kernel : Kernel
    venue : SimulatedVenue
    feeds : list of Feed
        One an instrument, in the order of the kernel's.
    latency : Latency or list of Latency
        One a link.
    links : list of str, optional
        Name of each link, which with the seed decides its random numbers.
    link_of : list of int, optional
        The link of each instrument; the first of all when not given.
    """

    def __cinit__(self, Kernel kernel not None, SimulatedVenue venue not None, list feeds not None,
                  latency, list links=None, list link_of=None):
        cdef list latencies = list(latency) if isinstance(latency, list) else [latency]
        cdef list names = [""] * len(latencies) if links is None else links
        cdef int index, count = <int>len(latencies)
        cdef vel_latency_t *legs
        cdef const int32_t[::1] places
        memset(&self._replay, 0, sizeof(self._replay))
        places = np.ascontiguousarray([0] * len(kernel.instruments) if link_of is None else link_of, dtype=np.int32)
        if count == 0 or len(names) != count or places.shape[0] != len(kernel.instruments):
            raise InvalidArgument("a run needs a link for each instrument")
        self.kernel = kernel
        self.venue = venue
        self._latencies = latencies
        self._feeds = feeds
        self._venue_chunks = [None] * len(feeds)
        self._local_chunks = [None] * len(feeds)
        legs = <vel_latency_t *>calloc(count, sizeof(vel_latency_t))
        if legs == NULL:
            raise MemoryError
        try:
            for index in range(count):
                _set_latency(&legs[index], latencies[index], stream_of(names[index]))
            check_status(vel_replay_init_links(&self._replay, &kernel._local, &venue._venue, legs, count, &places[0]),
                         "kernel and venue need the same instruments")
        finally:
            free(legs)
        if venue.rules is not None and venue.rules.has_own_order_of_work:
            for latency in latencies:
                venue.rules.check_latency(latency)
            check_status(vel_replay_hft_init(&self._replay), "no memory for the links")

    def __dealloc__(self):
        vel_replay_free(&self._replay)

    # ------------------------------------------------------------------ one caller at a time

    cdef int begin_work_c(self) except -1:
        """One call at a time drives a run: neither its own callbacks nor another thread act in between."""
        if self.is_at_work:
            raise VeloraError("the run is at work: it cannot be driven from within its callbacks, nor by two threads")
        self.venue.begin_work_c()
        self.is_at_work = True
        return 0

    cdef void end_work_c(self) noexcept:
        self.is_at_work = False
        self.venue.is_at_work = False

    # ------------------------------------------------------------------ rows

    cdef object _next_chunk(self, int index, bint is_venue):
        feed = self._feeds[index]
        return feed.next_venue() if is_venue else feed.next_local()

    cdef int _feed(self, int index, bint is_venue) except -1:
        cdef vel_columns_t columns
        chunk = self._next_chunk(index, is_venue)
        _fill_columns(&columns, chunk)
        cdef int status = vel_replay_feed(&self._replay, index, is_venue, &columns)
        if is_venue:
            self._venue_chunks[index] = chunk
        else:
            self._local_chunks[index] = chunk
        if status != VEL_OK:
            clock = "ts_event" if is_venue else "ts_recv"
            if status == VEL_ERANGE:
                raise DataError(
                    f"{clock} lies outside of 1823 to 2116", file=self.kernel.instruments[index].symbol,
                    row=self._replay.failed_row, field=clock, hint="Times are nanoseconds since 1970: import it again",
                )
            raise DataError(
                f"{clock} goes back", file=self.kernel.instruments[index].symbol, row=self._replay.failed_row,
                field=clock, hint="Import the data again, or sort it by ts_recv",
            )
        return 0

    cdef int _explain(self, int status) except -1:
        """Raise for a status of the core, with the row's place."""
        symbol = self.kernel.instruments[self._replay.failed_instrument].symbol
        row = self._replay.failed_row
        if status == VEL_EINVAL:
            raise DataError("side, price or quantity of this event is out of range", file=symbol, row=row,
                            hint="Run `velora data inspect` on it")
        if status == VEL_ERANGE:
            one = self.kernel.instruments[self._replay.failed_instrument]
            most = float(INT64_MAX * one.money_unit)
            check_status(status, f"{symbol}, near row {row}: an amount of money does not fit 64 bits in units of "
                                 f"{one.money_unit}; the money of one position lies below {most:.2g} "
                                 f"{one.settle}".rstrip() + ". Trade less of it, or give the instrument coarser steps")
        if status == VEL_EFULL:
            kept = max(self.kernel._local.samples.count, self.kernel._local.instants.count)
            check_status(status, f"{kept:,} samples at {format_ns(self.kernel._local.now)}: "
                                 "choose a longer `sample`, or a retention. One row far ahead in time makes as many, "
                                 "see `velora data inspect`")
        if status == VEL_ESTATE:
            raise VeloraError(
                f"{symbol}: hftbacktest would end its run here, {self._replay.venue_rows} venue rows in: an order that "
                "was filled to exactly its size was touched again. The correction 'exact_fills' mends it"
            )
        check_status(status, f"{symbol}, near row {row}: the engine stopped")
        return 0

    # ------------------------------------------------------------------ before the start

    def _give_before(self, int index, bint is_venue, columns, bint is_state):
        """Rows from before the start, to one side."""
        cdef vel_columns_t c_columns
        cdef int status
        clock = "ts_event" if is_venue else "ts_recv"
        goes_back = np.diff(getattr(columns, clock)) < 0
        if not is_state and goes_back.any():
            raise DataError(
                f"{clock} goes back before the start", file=self.kernel.instruments[index].symbol,
                row=int(np.argmax(goes_back)) + 1, field=clock, hint="Import the data again, or sort it by ts_recv",
            )
        _fill_columns(&c_columns, columns)
        status = vel_replay_open(&self._replay, index, is_venue, is_state, &c_columns)
        PyErr_CheckSignals()
        if status != VEL_OK:
            self._explain(status)

    def _open_local(self, int index, columns, bint is_state):
        self._give_before(index, False, columns, is_state)

    def _open_venue(self, int index, columns, bint is_state):
        self._give_before(index, True, columns, is_state)

    cdef int _open(self, int index) except -1:
        """Bring both sides of an instrument to the start of the chosen period."""
        start = self._feeds[index].open(partial(self._open_local, index), partial(self._open_venue, index))
        if start is not None:
            self._begin = min(self._begin, <int64_t>start)
        return 0

    # ------------------------------------------------------------------ running

    cdef int64_t _read_first(self) except? -1:
        """Read the first rows; returns the first receipt, or the period's start where there were rows before it."""
        cdef int index
        cdef int64_t first = INT64_MAX
        if self.is_started:
            raise InvalidArgument("this run has started already")
        self._begin = INT64_MAX
        for index in range(len(self._feeds)):
            self._open(index)
        vel_replay_opened(&self._replay)
        for index in range(len(self._feeds)):
            self._feed(index, True)
            self._feed(index, False)
            if self._local_chunks[index] is not None:
                first = min(first, <int64_t>self._local_chunks[index].ts_recv[0])
        if first == INT64_MAX:
            raise InvalidArgument("the data holds no rows in the chosen period")
        return min(first, self._begin)

    def start(self, int64_t sample_ns):
        """Read the first rows, set the clock to the start of the run and call `on_start`."""
        cdef int64_t first
        self.begin_work_c()
        try:
            first = self._read_first()
            self.start_ts = first
            self.is_started = True
            self.kernel._local.now = first
            self.kernel.begin_samples(sample_ns)
            self.kernel.start(first)
        finally:
            self.end_work_c()

    def advance(self, int64_t until, progress=None):
        """Run until a local time is reached, or the data has ended and the venue's last report is here.

        Parameters
        ----------
        until : int
            ns; everything at that instant is done too.
        progress : callable, optional
            Called now and then with the rows done and the local time.

        Returns
        -------
        bool
            Whether the run goes on.
        """
        self.begin_work_c()
        try:
            return self._advance(until, progress)
        finally:
            self.end_work_c()

    cdef bint _advance(self, int64_t until, object progress) except -1:
        cdef int code
        cdef int64_t wakes = 0
        cdef vel_replay_t *replay = &self._replay
        if not self.is_started:
            raise InvalidArgument("start the run before it is advanced")
        if self.kernel.bus._is_unsettled:  # somebody subscribed or published between two calls
            self.kernel.finish_event()
        while not self.has_ended:
            code = vel_replay_run(replay, until, _BUDGET)
            self.venue.queue.check_c()
            if code == VEL_RUN_WAKE:
                wakes += 1
                if wakes & 0xFFF == 0:  # compiled callbacks look at no signals
                    PyErr_CheckSignals()
                if replay.wake.bits & VEL_WAKE_TIMER:
                    self.kernel.on_timer(&replay.wake.timer)
                elif replay.wake.bits & (VEL_WAKE_ORDER | VEL_WAKE_FILL):
                    self.kernel.on_report(replay.wake.bits, &replay.wake.report)
                else:
                    self.kernel.on_market(replay.wake.bits, replay.wake.instrument, replay.wake.columns,
                                          replay.wake.row)
            elif code == VEL_RUN_NEED_VENUE:
                self._feed(replay.need, True)
            elif code == VEL_RUN_NEED_LOCAL:
                self._feed(replay.need, False)
                self.kernel.retire()
                PyErr_CheckSignals()
                if progress is not None:
                    progress(replay.local_rows, self.kernel._local.now)
            elif code == VEL_RUN_YIELD:
                self.kernel.retire()
                PyErr_CheckSignals()
                if progress is not None:
                    progress(replay.local_rows, self.kernel._local.now)
            elif code == VEL_RUN_REACHED:
                if self.kernel._local.now < until:
                    self.kernel._local.now = until
                return True
            elif code == VEL_RUN_END:
                self.has_ended = True
            else:
                self._explain(code)
        if progress is not None:
            progress(replay.local_rows, self.kernel._local.now)
        return False

    def stop(self):
        """Call `on_stop` and take the last sample."""
        if self.is_stopped:
            return
        self.begin_work_c()
        self.is_stopped = True
        try:
            self.kernel.stop()
        finally:
            self.end_work_c()
            check_status(vel_local_sample_all(&self.kernel._local), "no room for the last samples")

    # ------------------------------------------------------------------ results

    @property
    def now(self):
        """Local time, ns."""
        return self.kernel._local.now

    def venue_book(self, int index):
        """Recorded book of an instrument as the venue has it: a live view."""
        if not 0 <= index < self.venue._venue.instruments_count:
            raise InvalidArgument(f"there is no instrument {index}")
        return OrderBookL2.view(self.venue._venue.instruments[index].book, NULL, self.kernel.instruments[index],
                                self.venue)

    @property
    def rows(self):
        """Rows that reached the local side."""
        return self._replay.local_rows

    def hash(self):
        """Hash of every command and report with its times, and of the final books and positions: 16 hex digits."""
        cdef vel_local_t *local = &self.kernel._local
        cdef vel_venue_t *venue = &self.venue._venue
        cdef uint64_t state = local.hash
        cdef int64_t lots, cash, fees
        cdef int index, strategy
        state = vel_hash_i64(state, local.now)
        for index in range(local.instruments_count):
            state = vel_hash_i64(state, local.instruments[index].rows)
            state = vel_hash_i64(state, venue.instruments[index].rows)
            state = vel_hash_i64(state, <int64_t>vel_book_state_hash(&local.instruments[index].book))
            state = vel_hash_i64(state, <int64_t>vel_book_state_hash(venue.instruments[index].book))
            lots = cash = fees = 0
            for strategy in range(local.strategies_count):
                position = vel_holdings_position(&local.holdings, strategy, index)[0]
                lots += position.lots
                cash += position.cash
                fees += position.fees
            state = vel_hash_i64(state, lots)
            state = vel_hash_i64(state, cash)
            state = vel_hash_i64(state, fees)
        return f"{state:016x}"

    def fills(self):
        """Structured array of fills, in the order of their reports, with the venue's evidence."""
        return self.with_evidence(fill_records(&self.kernel._local, self.kernel._local.fills.count))

    def with_evidence(self, fills):
        """Records of fills with the venue's evidence for each."""
        return with_evidence(fills, self.venue.evidence())

    def samples(self):
        """Structured array of samples."""
        return sample_records(&self.kernel._local, self.kernel._local.samples.count)

    def instants(self):
        """When all holdings were sampled: int64 array, ns."""
        return sampling_instants(&self.kernel._local)

    def orders(self):
        """Structured array of all orders, by id."""
        return all_orders(&self.kernel._local)

    def counters(self):
        """Counts of the run."""
        cdef vel_local_t *local = &self.kernel._local
        cdef int index, source, strategy
        return {
            "rows": self._replay.local_rows,
            "venue_rows": self._replay.venue_rows,
            "commands": local.commands_sent,
            "orders": local.orders.count,
            "open_orders": local.orders.open_count,
            "fills": local.fills_count,
            "commands_cut": vel_replay_commands_cut(&self._replay),
            "reports_cut": vel_replay_reports_cut(&self._replay),
            "queue_joins": [self.venue._venue.instruments[i].joins for i in range(local.instruments_count)],
            "queue_joins_unknown": [
                self.venue._venue.instruments[i].joins_unknown for i in range(local.instruments_count)
            ],
            "unknown_orders": [self.venue._venue.instruments[i].unknown for i in range(local.instruments_count)],
            "impact_cost_units": self.venue.impact_costs(),
            "marks": [
                {MarkSource(source).name: local.instruments[index].marks[source]
                 for source in range(VEL_MARK_SOURCES) if local.instruments[index].marks[source] > 0}
                for index in range(local.instruments_count)
            ],
            "mark_age_max_ns": [local.instruments[i].mark_age_max for i in range(local.instruments_count)],
            "funding_units": [
                sum(vel_holdings_position(&local.holdings, strategy, index).funding
                    for strategy in range(local.strategies_count))
                for index in range(local.instruments_count)
            ],
        }
