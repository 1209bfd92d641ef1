/* drive_local.h: a local side driven by hand: requests, the commands that they send, and reports about orders. */
#ifndef VELORA_DRIVE_LOCAL_H
#define VELORA_DRIVE_LOCAL_H

#include "velora/local.h"

#include "check.h"

static vel_local_t local;

static inline void begin(int32_t instruments, int32_t strategies)
{
    vel_local_free(&local);
    CHECK(vel_local_init(&local, instruments, strategies) == VEL_OK);
    local.now = 1;
    for (int32_t at = 0; at < instruments; at++)
        local.instruments[at].money = (vel_money_spec_t){.value_mult = 10, .tick_num = 1, .tick_den = 1};
}

static inline int64_t submit_terms(const vel_order_terms_t *terms)
{
    int64_t id = 0;
    CHECK(vel_local_submit(&local, 0, 0, terms, &id) == VEL_OK);
    return id;
}

static inline int64_t submit(int32_t strategy, uint8_t side, int64_t price, int64_t qty)
{
    const vel_order_terms_t terms = {.price = price, .qty = qty, .side = side, .stp = VEL_STP_TAKER};
    int64_t id = 0;
    CHECK(vel_local_submit(&local, strategy, 0, &terms, &id) == VEL_OK);
    return id;
}

static inline vel_order_t *order_of(int64_t id)
{
    return vel_orders_get(&local.orders, id);
}

/* The next command of the outbox, which it leaves. */
static inline vel_command_t sent(void)
{
    const vel_command_t *front = vel_command_ring_front(&local.gate.outbox);
    CHECK(front != NULL);
    if (front == NULL)
        return (vel_command_t){0};
    vel_command_t command = *front;
    vel_command_ring_pop(&local.gate.outbox);
    return command;
}

static inline bool nothing_was_sent(void)
{
    return vel_command_ring_front(&local.gate.outbox) == NULL;
}

static inline vel_report_t about(int64_t id, uint8_t kind)
{
    const vel_order_terms_t *terms = &order_of(id)->terms;
    return (vel_report_t){.order_id = id, .kind = kind, .price = terms->price, .qty = terms->qty, .side = terms->side};
}

static inline void answer(int64_t id, uint8_t kind)
{
    vel_report_t report = about(id, kind);
    CHECK(vel_local_on_report(&local, &report) >= 0);
}

static inline int try_fill(int64_t id, int64_t price, int64_t qty, int64_t fee)
{
    vel_report_t report = about(id, VEL_REPORT_FILL);
    report.price = price;
    report.qty = qty;
    report.fee = fee;
    return vel_local_on_report(&local, &report);
}

static inline void fill(int64_t id, int64_t price, int64_t qty)
{
    CHECK(try_fill(id, price, qty, 0) >= 0);
}

static inline bool is_in_state(int64_t id, vel_order_state_t state)
{
    return order_of(id)->state == state;
}

/* No answer came in time to an action: the link's report, after which the venue must have been asked. */
static inline void time_out(int64_t id, uint8_t action)
{
    vel_report_t report = about(id, VEL_REPORT_UNKNOWN);
    report.price = action;
    report.reason = VEL_REASON_TIMEOUT;
    CHECK(vel_local_on_report(&local, &report) >= 0);
}

static inline bool a_query_was_sent(int64_t id)
{
    vel_command_t command = sent();
    return command.action == VEL_ACTION_QUERY && command.order_id == id && command.batch == 0 && nothing_was_sent();
}

/* The next denial, taken as a report; the bits that its strategy wants. */
static inline int take_denial(vel_report_t *report)
{
    CHECK(vel_local_next_denial(&local) != NULL);
    return vel_local_next_denial(&local) == NULL ? -1 : vel_local_take_denial(&local, report);
}

static inline void declare(bool is_wanted, int64_t price, int64_t qty)
{
    CHECK(vel_local_quote(&local, 0, 0, VEL_BUY, is_wanted, price, qty, true) == VEL_OK);
}

#endif
