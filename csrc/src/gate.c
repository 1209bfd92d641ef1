#include "velora/gate.h"

#include <string.h>

int vel_gate_init(vel_gate_t *gate, int32_t instruments)
{
    memset(gate, 0, sizeof *gate);
    gate->order_qty_max = malloc((size_t)instruments * sizeof *gate->order_qty_max);
    if (gate->order_qty_max == NULL)
        return VEL_ENOMEM;
    gate->instruments_count = instruments;
    for (int32_t at = 0; at < instruments; at++)
        gate->order_qty_max[at] = VEL_LOTS_MAX;
    return VEL_OK;
}

void vel_gate_free(vel_gate_t *gate)
{
    vel_command_ring_free(&gate->outbox);
    vel_denial_ring_free(&gate->denied);
    free(gate->order_qty_max);
    gate->order_qty_max = NULL;
}

int vel_gate_limit_order_qty(vel_gate_t *gate, int32_t instrument, int64_t lots)
{
    if (instrument < 0 || instrument >= gate->instruments_count || !vel_is_size(lots))
        return VEL_EINVAL;
    gate->order_qty_max[instrument] = lots;
    return VEL_OK;
}

void vel_gate_kill(vel_gate_t *gate)
{
    gate->is_killed = 1;
}

static int deny(vel_gate_t *gate, const vel_command_t *command, uint8_t reason, int64_t value, int64_t bound)
{
    vel_denial_t denial = {.command = *command, .value = value, .bound = bound, .reason = reason};
    int status = vel_denial_ring_push(&gate->denied, &denial);
    if (status != VEL_OK)
        return status;
    gate->denied_count++;
    return VEL_GATE_DENIED;
}

int vel_gate_send(vel_gate_t *gate, const vel_command_t *command)
{
    if (VEL_LIKELY(command->action <= VEL_ACTION_AMEND)) {
        int64_t bound = gate->order_qty_max[command->instrument];
        if (VEL_UNLIKELY(gate->is_killed))
            return deny(gate, command, VEL_REASON_KILLED, command->terms.qty, 0);
        if (VEL_UNLIKELY(command->terms.qty > bound))
            return deny(gate, command, VEL_REASON_ORDER_QTY, command->terms.qty, bound);
    }
    vel_command_t *next = vel_command_ring_next(&gate->outbox);
    if (VEL_UNLIKELY(next == NULL))
        return VEL_ENOMEM;
    if (command != next)
        *next = *command;
    vel_command_ring_add(&gate->outbox);
    gate->sent_count++;
    return VEL_GATE_SENT;
}

vel_report_t vel_gate_report(const vel_denial_t *denial)
{
    const vel_command_t *command = &denial->command;
    return (vel_report_t){.ts_venue = command->ts_sent,
                          .instrument = command->instrument,
                          .account = command->account,
                          .kind = command->action == VEL_ACTION_NEW ? VEL_REPORT_DENIED : VEL_REPORT_AMEND_REJECTED,
                          .side = command->terms.side,
                          .reason = denial->reason,
                          .order_id = command->order_id,
                          .price = denial->value,
                          .qty = denial->bound};
}
