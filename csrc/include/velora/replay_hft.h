/* replay_hft.h: the replay in hftbacktest's order of work and with its latency rules.
 *
 * At equal nanoseconds the lower instrument goes first, and of one instrument: local feed, reports, venue feed, order
 * arrivals; timers and samples come last. Each instrument has a link of its own, on which no message overtakes another.
 * Recorded round trips are interpolated in floating point, entries by time of sending and responses by time at the
 * venue; a search never goes back. Load, faults, speed bumps, refusals and overtaking of a vel_latency_t count for
 * nothing here. */
#ifndef VELORA_REPLAY_HFT_H
#define VELORA_REPLAY_HFT_H

#include "velora/replay.h"

VEL_C_BEGIN

/* A command on its way, with the lots that its order had left as far as its sender knew. */
typedef struct vel_hft_sent {
    vel_transit_t transit;
    int64_t known_leaves;
} vel_hft_sent_t;

VEL_RING(vel_hft_sent_ring, vel_hft_sent_t)

typedef struct vel_hft_link {
    vel_hft_sent_ring_t commands;
    vel_delivery_ring_t deliveries;
    int64_t last_act;
    int64_t last_report;
    int64_t entry_row; /* of the recording, where the last search ended; likewise response_row */
    int64_t response_row;
} vel_hft_link_t;

typedef struct vel_replay_hft {
    vel_hft_link_t *links; /* owned, one an instrument */
} vel_replay_hft_t;

/* Put a replay into this order, before its first row. VEL_OK or VEL_ENOMEM. */
int vel_replay_hft_init(vel_replay_t *replay);
void vel_replay_hft_free(vel_replay_t *replay); /* called by vel_replay_free */

/* As vel_replay_run, which calls it. As hftbacktest's, a run ends with its last row, whatever is under way. */
int vel_replay_hft_run(vel_replay_t *replay, int64_t until, int64_t budget);

/* Commands and reports on their way. */
int64_t vel_replay_hft_commands(const vel_replay_t *replay);
int64_t vel_replay_hft_reports(const vel_replay_t *replay);
VEL_C_END

#endif
