/* The short way of rows that do not concern own orders against its twin, the long way for every row: two venues that
 * see the same random rows and commands must report the same, and stand the same. */
#include <string.h>

#include "check.h"
#include "velora/rng.h"
#include "velora/venue.h"

#define ROWS 400
#define RUNS 500

/* `how`, bits: the optimistic bound, data without trades, takers of the unknown. */
static void prepare(vel_venue_t *venue, uint64_t how)
{
    vel_queue_model_t model = {.on_depth = how & 1 ? vel_queue_optimistic : vel_queue_proportional,
                               .is_optimistic = how & 1};
    CHECK(vel_venue_init(venue, 1, model) == VEL_OK);
    venue->instruments[0].has_no_prints = how >> 1 & 1;
    venue->takes_unknown = how >> 2 & 1;
    venue->instruments[0].money =
        (vel_money_spec_t){.value_mult = 1, .tick_num = 1, .tick_den = 1, .maker_rate = 2000000, .taker_rate = 5000000};
}

/* Takes the messages of both; returns how many were fills. */
static int64_t same_messages(vel_venue_t *quick, vel_venue_t *slow)
{
    int64_t fills = 0;
    for (;;) {
        vel_message_t *a = vel_message_ring_front(&quick->messages), *b = vel_message_ring_front(&slow->messages);
        CHECK((a == NULL) == (b == NULL));
        if (a == NULL || b == NULL)
            break;
        CHECK(memcmp(a, b, sizeof *a) == 0);
        fills += a->head.kind == VEL_REPORT_FILL;
        vel_message_ring_pop(&quick->messages);
        vel_message_ring_pop(&slow->messages);
    }
    CHECK(quick->evidence.count == slow->evidence.count);
    for (int64_t at = 0; at < quick->evidence.count; at++)
        CHECK(memcmp(&quick->evidence.items[at], &slow->evidence.items[at], sizeof(vel_evidence_t)) == 0);
    vel_venue_drop_evidence(quick, quick->trades + 1);
    vel_venue_drop_evidence(slow, slow->trades + 1);
    return fills;
}

int main(void)
{
    int64_t fills = 0, short_ways = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        vel_rng_t rng;
        vel_venue_t quick, slow;
        int64_t next_id = 1;
        vel_rng_seed(&rng, run);
        uint64_t how = vel_rng_below(&rng, 8);
        prepare(&quick, how);
        prepare(&slow, how);
        vel_venue_set_order_rules(&quick, 0, 0, run % 2 != 0);
        vel_venue_set_order_rules(&slow, 0, 0, run % 2 != 0);
        for (int64_t row = 0; row < ROWS; row++) {
            /* Levels on both sides around 100, crossed now and then, so that every rule has its turn. */
            uint64_t what = vel_rng_below(&rng, 44);
            uint8_t side = (uint8_t)vel_rng_below(&rng, 2), flags = VEL_FLAG_LAST;
            int64_t away = (int64_t)vel_rng_below(&rng, 12) - 1;
            int64_t price = side == VEL_BUY ? 100 - away : 101 + away;
            int64_t qty = (int64_t)vel_rng_below(&rng, 6), ts = row / 2, id = row;
            uint8_t kind = what < 5     ? VEL_EV_TRADE
                           : what == 5  ? VEL_EV_GAP
                           : what == 6  ? VEL_EV_STATUS
                           : what == 7  ? VEL_EV_SNAPSHOT_BEGIN
                           : what <= 10 ? VEL_EV_SNAPSHOT_END
                                        : VEL_EV_DELTA;
            if (what > 40)
                kind = VEL_EV_QUOTE;
            if (what == 40) /* a level that is restated */
                flags |= VEL_FLAG_SNAPSHOT;
            if (vel_rng_below(&rng, 3) == 0)
                flags &= (uint8_t)~VEL_FLAG_LAST;
            if (kind == VEL_EV_TRADE)
                qty++;
            if (kind == VEL_EV_TRADE && how == 5 && row > ROWS / 2)
                flags |= VEL_FLAG_CLOCK_ESTIMATED;
            vel_columns_t columns = {&ts, &ts, &price, &qty, &id, &kind, &side, &flags, 1};
            quick.ts = slow.ts = ts;
            short_ways += kind == VEL_EV_DELTA && quick.instruments[0].is_touched &&
                          !vel_venue_is_watched(&quick.instruments[0], side, price);
            CHECK(vel_venue_on_row(&quick, 0, &columns, 0) == VEL_OK);
            CHECK(vel_venue_on_row_slow(&slow, 0, &columns, 0) == VEL_OK);
            fills += same_messages(&quick, &slow);
            if (vel_rng_below(&rng, 3) != 0)
                continue;
            uint64_t act = vel_rng_below(&rng, 5);
            vel_command_t command = {.order_id =
                                         act < 3 ? next_id++ : 1 + (int64_t)vel_rng_below(&rng, (uint64_t)next_id),
                                     .action = act < 3    ? VEL_ACTION_NEW
                                               : act == 3 ? VEL_ACTION_AMEND
                                                          : VEL_ACTION_CANCEL,
                                     .terms = {.price = 96 + (int64_t)vel_rng_below(&rng, 10),
                                               .qty = 1 + (int64_t)vel_rng_below(&rng, 9),
                                               .side = (uint8_t)vel_rng_below(&rng, 2),
                                               .type = vel_rng_below(&rng, 8) == 0 ? VEL_MARKET : VEL_LIMIT,
                                               .tif = vel_rng_below(&rng, 6) == 0 ? VEL_IOC : VEL_GTC}};
            if (act < 3 && vel_rng_below(&rng, 4) == 0) { /* waits, by any of the prices */
                command.terms.trigger_kind = (uint8_t)(1 + vel_rng_below(&rng, 3));
                command.terms.trigger =
                    command.terms.trigger_kind == VEL_TRIGGER_TRAIL_TICKS ? 2 : 96 + (int64_t)vel_rng_below(&rng, 10);
                command.terms.trigger_by = (uint8_t)vel_rng_below(&rng, VEL_PRICES);
            }
            CHECK(vel_venue_on_command(&quick, &command) == VEL_OK);
            CHECK(vel_venue_on_command(&slow, &command) == VEL_OK);
            fills += same_messages(&quick, &slow);
        }
        CHECK(vel_book_state_hash(quick.instruments[0].book) == vel_book_state_hash(slow.instruments[0].book));
        CHECK(quick.instruments[0].position == slow.instruments[0].position);
        CHECK(quick.instruments[0].cash == slow.instruments[0].cash);
        vel_venue_free(&quick);
        vel_venue_free(&slow);
    }
    CHECK(fills > 1000);
    CHECK(short_ways > 1000);
    printf("%lld fills, %lld rows went the short way past own orders\n", (long long)fills, (long long)short_ways);
    return check_failures != 0;
}
