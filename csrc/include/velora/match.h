/* match.h: a matching engine with price-time priority: one instrument of an exchange with many participants.
 *
 * Commands go in, reports come out, in the order in which things happen. Triggers, links, parents, self-trade
 * prevention, reduce-only and expiry are the contingency's (contingency.h); here is what meets what:
 *
 *   priority   Best price first, then time. A smaller quantity at the same price keeps the place; another price or more
 *              quantity goes to the back. An iceberg's next part goes to the back.
 *
 *   amends     By VEL_AMEND_REINSERT an amend takes the order out and brings it in again with the quantity that it asks
 *              for, whatever has filled: the order trades as a new one would and goes to the back. */
#ifndef VELORA_MATCH_H
#define VELORA_MATCH_H

#include "velora/contingency.h"

VEL_C_BEGIN

typedef struct vel_match_report {
    int64_t ts;
    int64_t order_id;
    int64_t other_id; /* of the other side of a fill */
    int64_t trade;    /* number of the trade, from 1 */
    int64_t price;
    int64_t qty;    /* lots: filled, or the order's total */
    int64_t leaves; /* lots left after this */
    int32_t owner;
    uint8_t kind; /* VEL_REPORT_; a FILL one a side: the taker's, then the maker's */
    uint8_t side;
    uint8_t maker;
    uint8_t reason;
} vel_match_report_t;

VEL_VECTOR(vel_match_reports, vel_match_report_t)

/* The contingency keeps its address: a struct in use does not move. */
typedef struct vel_match {
    vel_contingency_t contingency;
    vel_book_l3_t book;          /* resting orders, by their index at the contingency */
    vel_match_reports_t reports; /* the caller takes them and sets count to 0 */
    int64_t trades;
} vel_match_t;

/* Prepare a fresh struct. VEL_OK or VEL_ENOMEM (then vel_match_free is still allowed). */
int vel_match_init(vel_match_t *engine, vel_amend_rule_t amend);
void vel_match_free(vel_match_t *engine);

/* Make room for this many live orders, and for reports until the caller takes them, so that the memory need not grow
 * while commands come in. VEL_OK, VEL_EINVAL (less than 0), VEL_EFULL (orders above VEL_L3_RESERVE_MAX), VEL_ENOMEM. */
int vel_match_reserve(vel_match_t *engine, int64_t orders, int64_t reports);

/* One command. Refusals are reports; VEL_EINVAL when ts goes back or the action is unknown, VEL_ENOMEM. */
int vel_match_on_command(vel_match_t *engine, const vel_contingency_command_t *command);

/* The messages that most flows consist of, from their fields, without a command: a limit of strategy 0 by VEL_GTC or
 * VEL_IOC that has nothing else, a cancel, and an amend. As vel_match_on_command with such a command. */
int vel_match_limit(vel_match_t *engine, int64_t ts, int64_t order_id, int32_t owner, uint8_t side, int64_t price,
                    int64_t qty, uint8_t tif);
int vel_match_cancel(vel_match_t *engine, int64_t ts, int64_t order_id, int32_t owner);
int vel_match_amend(vel_match_t *engine, int64_t ts, int64_t order_id, int32_t owner, int64_t price, int64_t qty);

/* Commands one after the other. On an error *failed is the number of the command. */
int vel_match_apply(vel_match_t *engine, const vel_contingency_command_t *commands, int64_t count, int64_t *failed);

/* The clock goes on to ts: GTD orders that are due end. VEL_OK, VEL_EINVAL (back in time) or VEL_ENOMEM. */
int vel_match_advance(vel_match_t *engine, int64_t ts);

/* DAY orders end. */
int vel_match_end_of_day(vel_match_t *engine);

/* Lots that an owner has bought less those sold. */
int64_t vel_match_position(const vel_match_t *engine, int32_t owner);

/* Ids and open lots of the first n orders at a price, in priority; the lots of an iceberg with its hidden part. side is
 * VEL_BUY or VEL_SELL. Returns how many were written. */
int64_t vel_match_queue(const vel_match_t *engine, uint8_t side, int64_t price_ticks, int64_t n, int64_t *ids,
                        int64_t *leaves);

/* Live orders: resting, waiting and held. */
int64_t vel_match_count(const vel_match_t *engine);

/* Live order of an id, or NULL. */
const vel_contingency_order_t *vel_match_order(const vel_match_t *engine, int64_t order_id);

/* Hash of the book, waiting and held orders, positions and counters. */
uint64_t vel_match_state_hash(const vel_match_t *engine);

VEL_C_END

#endif
