/* replay.h: one local side and one simulated venue joined by links, driven by recorded rows in time order.
 *
 * Order of work at equal nanoseconds: venue feed, order arrivals, local feed, reports, timers, samples; then instrument
 * index; then sequence. Each instrument has two cursors over the same rows: the venue's, in venue order at ts_event,
 * and the local one, in the order of receipt at ts_recv. The caller hands in rows chunk by chunk and is asked for more,
 * so the length of the history does not matter; chunk borders change nothing. The venue
 * may run ahead of this order as long as no observable result changes.
 *
 * The end. The data ends with its last row, on whichever clock that is later. Commands that are at the venue by then
 * act; later ones never do, as nothing says what they would find. What the venue has reported by then still arrives:
 * the local clock goes on from report to report until the last one is here. This tail has no rows, timers or interval
 * samples, and a command that is sent in it is cut. */
#ifndef VELORA_REPLAY_H
#define VELORA_REPLAY_H

#include "velora/link.h"
#include "velora/local.h"
#include "velora/venue.h"

VEL_C_BEGIN

/* What vel_replay_run returns (negative: a status). */
enum {
    VEL_RUN_WAKE = 1,       /* replay->wake says what for */
    VEL_RUN_NEED_VENUE = 2, /* rows for the venue cursor of replay->need */
    VEL_RUN_NEED_LOCAL = 3,
    VEL_RUN_REACHED = 4, /* everything up to and including `until` is done */
    VEL_RUN_YIELD = 5,   /* `budget` rows done: the caller may look around and call again */
    VEL_RUN_END = 6      /* the data has ended, all that was due by its last instant is done, every report is here */
};

typedef struct vel_cursor {
    vel_columns_t columns;
    const int64_t *ts; /* the column this cursor runs on */
    int64_t row;
    int64_t base;      /* rows of earlier chunks */
    int64_t next_ts;   /* ns, VEL_NEVER once ended */
    uint8_t is_empty;  /* its chunk is used up */
    uint8_t has_ended; /* there are no more chunks */
} vel_cursor_t;

typedef struct vel_wake {
    uint32_t bits; /* VEL_WAKE_ */
    int32_t instrument;
    const vel_columns_t *columns; /* of a market wake, with row */
    int64_t row;
    vel_report_t report; /* of ORDER and FILL wakes */
    vel_timer_t timer;   /* of a TIMER wake */
} vel_wake_t;

/* The first instants at which anything but rows is due. */
typedef struct vel_due {
    int64_t venue; /* ns: a command arrives, or an order ends by its time */
    int64_t local; /* ns: a message arrives, a timer or a sample is due */
} vel_due_t;

typedef struct vel_replay {
    vel_local_t *local; /* borrowed */
    vel_venue_t *venue; /* borrowed */
    vel_link_t *links;  /* owned, one a venue */
    int32_t *link_of;   /* owned, of each instrument */
    int32_t links_count;
    uint8_t counts_load; /* a link's latency depends on the rate of rows */
    uint8_t is_over;     /* the data has ended: reports are all that is left */
    int64_t lead;        /* ns, that every command takes at least */
    int64_t answer;      /* ns, that every message of the venue takes at least */
    vel_due_t due;       /* if due_until is `until` */
    int64_t due_until;
    vel_transits_t commands;     /* on their way to the venue, by arrival */
    vel_deliveries_t deliveries; /* on their way back, by arrival */
    vel_cursor_t *venue_cursors; /* owned, one an instrument; likewise local_cursors */
    vel_cursor_t *local_cursors;
    int32_t *venue_order; /* heaps of instruments by the next row's time, then index; owned */
    int32_t *local_order;
    int32_t instruments_count;
    int32_t need;
    int64_t venue_rows;
    int64_t local_rows;
    int64_t end_ts;       /* ns, of the last row */
    int64_t cut_commands; /* sent after the end of the data */
    int64_t failed_row;   /* of a failure between rows: the last row of the instrument before it */
    int32_t failed_instrument;
    vel_wake_t wake;
    struct vel_replay_hft *hft; /* owned; when set, the order of work and the links are those of replay_hft.h */
} vel_replay_t;

int vel_replay_init(vel_replay_t *replay, vel_local_t *local, vel_venue_t *venue, const vel_latency_t *latency);

/* The same with a link for each venue: latencies has `links` items, link_of[i] says which is instrument i's (NULL: the
 * first, of all). VEL_EINVAL where they do not fit. */
int vel_replay_init_links(vel_replay_t *replay, vel_local_t *local, vel_venue_t *venue, const vel_latency_t *latencies,
                          int32_t links, const int32_t *link_of);
void vel_replay_free(vel_replay_t *replay);

/* Hand rows to a cursor; columns are borrowed until it asks for more. rows == 0 ends it. Times must not go back, within
 * a chunk or across chunks: VEL_ECORRUPT, with failed_row; VEL_ERANGE for a time beyond VEL_TIME_MAX. */
int vel_replay_feed(vel_replay_t *replay, int32_t instrument, bool is_venue, const vel_columns_t *columns);

/* Rows from before the run, ahead of the first vel_replay_feed: what they come to is the state that the run begins
 * with. They wake no strategy. Those of a cursor come in its order. `is_state`: the rows sum up earlier ones, so they
 * are not counted as load. VEL_OK, or the status of the row that failed; then failed_row and failed_instrument are set.
 */
int vel_replay_open(vel_replay_t *replay, int32_t instrument, bool is_venue, bool is_state,
                    const vel_columns_t *columns);

/* All rows from before the run are given: the run's rows are numbered from here. */
void vel_replay_opened(vel_replay_t *replay);

/* Work on until something needs the caller; see VEL_RUN_. */
int vel_replay_run(vel_replay_t *replay, int64_t until, int64_t budget);

/* The pieces of it for a caller that gives the local side its inputs itself, at times of its own: the far side goes on
 * by the venue's time, whatever time the local side takes.
 *
 * vel_replay_send takes what waits in the outbox as sent at `now`, which is not before the time of the input that it
 * answers. vel_replay_run_venue does the rows, arrivals and expiries up to and including `until`; no command that is
 * sent later arrives before. Returns VEL_RUN_REACHED, VEL_RUN_NEED_VENUE or a negative status. */
int vel_replay_send(vel_replay_t *replay, int64_t now);
int vel_replay_run_venue(vel_replay_t *replay, int64_t until);

/* Whether every cursor has ended and nothing that is due by the last row's time is left but `due`, the earliest instant
 * that the caller knows of. Then the run is over: what is sent from now on is cut. */
bool vel_replay_is_over(vel_replay_t *replay, int64_t due);

/* Commands that were sent and have not reached the venue, those after the end of the data among them; and reports of
 * the venue that have not arrived here. */
int64_t vel_replay_commands_cut(const vel_replay_t *replay);
int64_t vel_replay_reports_cut(const vel_replay_t *replay);

/* Instant of the venue's next row, and of its next row, arrival or expiry; VEL_NEVER when there is none. */
int64_t vel_replay_next_venue_row(vel_replay_t *replay);
int64_t vel_replay_next_venue(vel_replay_t *replay);

/* Instrument whose local row is next; its cursor says when. vel_replay_step_local takes that row off. */
int32_t vel_replay_next_local(vel_replay_t *replay);
void vel_replay_step_local(vel_replay_t *replay, int32_t instrument);

/* The gate's denials that are due reach the strategies, up to one that wants to be woken: whether there is one. */
static inline bool vel_replay_give_denials(vel_replay_t *replay)
{
    uint32_t bits = 0;
    while (bits == 0 && vel_local_next_denial(replay->local) != NULL)
        bits = (uint32_t)vel_local_take_denial(replay->local, &replay->wake.report);
    replay->wake.instrument = replay->wake.report.instrument;
    replay->wake.bits = bits;
    return bits != 0;
}

/* Note where something failed between the rows of an instrument: at the last one before it. Returns the status. */
static inline int vel_replay_failed(vel_replay_t *replay, bool is_venue, int32_t instrument, int status)
{
    const vel_cursor_t *cursor = &(is_venue ? replay->venue_cursors : replay->local_cursors)[instrument];
    int64_t row = cursor->base + cursor->row - 1;
    replay->failed_instrument = instrument;
    replay->failed_row = row > 0 ? row : 0;
    return status;
}

VEL_C_END

#endif
