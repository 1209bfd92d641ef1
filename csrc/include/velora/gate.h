/* gate.h: the one door through which every command leaves the local side.
 *
 * The gate owns the outbox. vel_gate_send checks a command and either puts it there, for a link to take, or denies it:
 * a denied command is never sent, and its denial, with the limit, the value and the bound, goes to `denied`. Commands
 * that a report sets off (a deferred quote) pass the same way. Only gate.c pushes to the two rings; only a link pops
 * the outbox, and only a driver of the local side pops the denials, which it delivers as reports (vel_gate_report).
 *
 * Checks, in this order; cancels, cancel-alls and queries take on no risk and always pass:
 *
 *   KILLED     The gate is closed. It stays closed: vel_gate_kill has no inverse within a run.
 *   ORDER_QTY  The quantity of one order, in total, is above the instrument's limit. */
#ifndef VELORA_GATE_H
#define VELORA_GATE_H

#include "velora/message.h"
#include "velora/ring.h"

VEL_C_BEGIN

/* Why a command was denied. */
typedef struct vel_denial {
    vel_command_t command;
    int64_t value;  /* what the command would have come to */
    int64_t bound;  /* the limit that this is beyond; 0 of KILLED */
    uint8_t reason; /* VEL_REASON_KILLED, VEL_REASON_ORDER_QTY */
    uint8_t zero[7];
} vel_denial_t;

static_assert(sizeof(vel_denial_t) == 136, "denials are stored as they are");

VEL_RING(vel_command_ring, vel_command_t)
VEL_RING(vel_denial_ring, vel_denial_t)

typedef struct vel_gate {
    vel_command_ring_t outbox;
    vel_denial_ring_t denied;
    int64_t *order_qty_max; /* owned, by instrument: lots of one order; VEL_LOTS_MAX for no limit */
    int32_t instruments_count;
    uint8_t is_killed;
    int64_t sent_count;
    int64_t denied_count;
} vel_gate_t;

enum { VEL_GATE_SENT = 0, VEL_GATE_DENIED = 1 };

/* VEL_OK or VEL_ENOMEM; vel_gate_free is allowed in both cases. */
int vel_gate_init(vel_gate_t *gate, int32_t instruments);
void vel_gate_free(vel_gate_t *gate);

/* The largest quantity of one order of an instrument. VEL_OK, or VEL_EINVAL for an instrument or lots out of range. */
int vel_gate_limit_order_qty(vel_gate_t *gate, int32_t instrument, int64_t lots);

/* Close the gate: new orders and amends are denied from here on. */
void vel_gate_kill(vel_gate_t *gate);

/* Room for one more command and denial, so that vel_gate_send cannot fail. VEL_OK or VEL_ENOMEM. */
static inline int vel_gate_reserve(vel_gate_t *gate)
{
    int status = vel_command_ring_reserve(&gate->outbox);
    return status == VEL_OK ? vel_denial_ring_reserve(&gate->denied) : status;
}

/* Where the next command of the outbox will be, NULL without memory: a command that is made there is not copied. */
static inline vel_command_t *vel_gate_next(vel_gate_t *gate)
{
    return vel_command_ring_next(&gate->outbox);
}

/* VEL_GATE_SENT, VEL_GATE_DENIED, or VEL_ENOMEM (nothing has changed). */
int vel_gate_send(vel_gate_t *gate, const vel_command_t *command);

/* A denial as a report about its order. */
vel_report_t vel_gate_report(const vel_denial_t *denial);

VEL_C_END

#endif
