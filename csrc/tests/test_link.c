/* The way between the local side and a venue: when each message arrives, and what becomes of it. */
#include "velora/link.h"

#include "check.h"

static const int64_t spread[2] = {0, 1000};

static vel_latency_t constants(void)
{
    return (vel_latency_t){.decision = {.constant = 1},
                           .entry = {{.constant = 10}, {.constant = 20}, {.constant = 30}},
                           .venue = {.constant = 100},
                           .speed_bump = {.constant = 1000},
                           .response = {.constant = 10000},
                           .faults = {.timeout = 500}};
}

static vel_latency_t random_legs(void)
{
    vel_latency_t latency = {.response = {.quantiles = spread, .rows = 2}};
    for (int action = 0; action < 3; action++) {
        latency.entry[action] = (vel_latency_leg_t){.quantiles = spread, .rows = 2};
        vel_rng_seed(&latency.entry[action].rng, (uint64_t)action);
    }
    vel_rng_seed(&latency.response.rng, 9);
    return latency;
}

static vel_transit_t command(int64_t ts, uint8_t action, uint8_t flags, uint32_t batch)
{
    return (vel_transit_t){.command = {.ts_sent = ts,
                                       .order_id = 7,
                                       .terms = {.price = 50, .qty = 3, .side = VEL_SELL, .flags = flags},
                                       .instrument = 2,
                                       .account = 4,
                                       .action = action,
                                       .batch = batch}};
}

static int64_t arrival(vel_link_t *link, int64_t ts, uint8_t action, uint8_t flags, uint32_t batch)
{
    vel_delivery_t direct;
    vel_transit_t sent = command(ts, action, flags, batch);
    CHECK(!vel_link_send(link, &sent, &direct));
    CHECK(sent.fate == VEL_FATE_NONE);
    return sent.ts_arrival;
}

static int64_t answer(vel_link_t *link, int64_t order_id, int64_t ts_venue)
{
    vel_delivery_t delivery = {.message.report = {.order_id = order_id, .ts_venue = ts_venue}};
    CHECK(vel_link_answer(link, &delivery) == VEL_OK);
    return delivery.ts_arrival;
}

/* ---------------------------------------------------------------- there */

static void a_command_takes_the_sum_of_its_legs(void)
{
    vel_latency_t latency = constants();
    vel_link_t link;
    vel_link_init(&link, &latency);
    CHECK(arrival(&link, 0, VEL_ACTION_NEW, VEL_EXEC_POST_ONLY, 0) == 111);
    CHECK(arrival(&link, 1000, VEL_ACTION_AMEND, VEL_EXEC_POST_ONLY, 0) == 1121);
    CHECK(arrival(&link, 2000, VEL_ACTION_CANCEL, 0, 0) == 2131);
    CHECK(arrival(&link, 3000, VEL_ACTION_CANCEL_ALL, 0, 0) == 3131); /* goes the way of a cancel */
    vel_link_free(&link);
}

static void only_commands_that_may_take_are_held_by_the_speed_bump(void)
{
    vel_latency_t latency = constants();
    vel_link_t link;
    vel_link_init(&link, &latency);
    CHECK(arrival(&link, 0, VEL_ACTION_NEW, 0, 0) == 1111);
    CHECK(arrival(&link, 1, VEL_ACTION_CANCEL, 0, 0) == 132); /* overtakes the held one */
    CHECK(arrival(&link, 2, VEL_ACTION_NEW, VEL_EXEC_POST_ONLY, 0) == 132);
    CHECK(arrival(&link, 3, VEL_ACTION_AMEND, 0, 0) == 1132);
    vel_link_free(&link);
}

static void commands_do_not_overtake_each_other(void)
{
    vel_latency_t latency = random_legs();
    vel_link_t link;
    vel_link_init(&link, &latency);
    int64_t last = INT64_MIN, ahead = 0;
    for (int64_t ts = 0; ts < 5000; ts += 10) {
        int64_t arrives = arrival(&link, ts, (uint8_t)(ts / 10 % 3), 0, 0);
        CHECK(arrives >= last && arrives >= ts);
        last = arrives;
    }
    latency.overtakes = 1;
    vel_link_init(&link, &latency);
    last = INT64_MIN;
    for (int64_t ts = 0; ts < 5000; ts += 10) {
        int64_t arrives = arrival(&link, ts, (uint8_t)(ts / 10 % 3), 0, 0);
        ahead += arrives < last;
        last = arrives;
    }
    CHECK(ahead > 100); /* unless the latency says so */
    vel_link_free(&link);
}

static void held_commands_keep_their_order_unless_messages_overtake(void)
{
    for (uint8_t overtakes = 0; overtakes < 2; overtakes++) {
        vel_latency_t latency = constants();
        latency.speed_bump = (vel_latency_leg_t){.quantiles = spread, .rows = 2};
        vel_rng_seed(&latency.speed_bump.rng, 3);
        latency.overtakes = overtakes;
        vel_link_t link;
        vel_link_init(&link, &latency);
        int64_t last = INT64_MIN, ahead = 0;
        for (int64_t ts = 0; ts < 2000; ts += 10) {
            int64_t arrives = arrival(&link, ts, VEL_ACTION_NEW, 0, 0);
            ahead += arrives < last;
            last = arrives;
        }
        CHECK(overtakes ? ahead > 20 : ahead == 0);
        vel_link_free(&link);
    }
}

static void commands_of_one_batch_are_one_message(void)
{
    vel_latency_t latency = random_legs();
    latency.overtakes = 1;
    vel_link_t link;
    vel_link_init(&link, &latency);
    int64_t first = arrival(&link, 0, VEL_ACTION_NEW, 0, 5);
    CHECK(arrival(&link, 0, VEL_ACTION_CANCEL, 0, 5) == first); /* though a cancel on its own would draw its own way */
    CHECK(arrival(&link, 0, VEL_ACTION_NEW, 0, 5) == first);
    CHECK(arrival(&link, 0, VEL_ACTION_NEW, 0, 6) != first);
    int64_t later = arrival(&link, 10, VEL_ACTION_NEW, 0, 6); /* the number alone does not make a batch */
    CHECK(later != arrival(&link, 20, VEL_ACTION_NEW, 0, 6));
    vel_link_free(&link);
}

static void the_speed_bump_holds_all_takers_of_a_batch_alike(void)
{
    vel_latency_t latency = constants();
    latency.speed_bump = (vel_latency_leg_t){.quantiles = spread, .rows = 2};
    vel_rng_seed(&latency.speed_bump.rng, 3);
    vel_link_t link;
    vel_link_init(&link, &latency);
    int64_t cancel = arrival(&link, 0, VEL_ACTION_CANCEL, 0, 1);
    int64_t taker = arrival(&link, 0, VEL_ACTION_NEW, 0, 1);
    CHECK(cancel == 131 && taker > cancel);
    CHECK(arrival(&link, 0, VEL_ACTION_NEW, 0, 1) == taker);
    CHECK(arrival(&link, 0, VEL_ACTION_NEW, VEL_EXEC_POST_ONLY, 1) == cancel);
    vel_link_free(&link);
}

static void a_busy_venue_adds_its_wait_both_ways(void)
{
    vel_latency_t latency = constants();
    latency.speed_bump.constant = 0;
    latency.load = (vel_load_t){.step = 10, .service = 10.0, .spread = 1.0, .most = 7000};
    vel_link_t link;
    vel_link_init(&link, &latency);
    for (int row = 0; row < 32; row++)
        vel_load_count(&link.latency.load, 0);
    CHECK(arrival(&link, 0, VEL_ACTION_NEW, 0, 0) == 111 + 10);
    CHECK(answer(&link, 1, 1) == 1 + 10000 + 10);
    vel_link_free(&link);
}

/* ---------------------------------------------------------------- fates */

/* A link on which each command of an action meets one fault for certain. */
static vel_link_t faulty(double *of_faults, vel_latency_t *latency)
{
    vel_link_t link;
    for (int action = 0; action < 3; action++)
        of_faults[action] = 1.0;
    vel_rng_seed(&latency->faults.rng, 4);
    latency->faults.is_on = 1;
    vel_link_init(&link, latency);
    return link;
}

static void a_refused_command_turns_round_at_the_gateway(void)
{
    static const uint8_t kinds[4] = {VEL_REPORT_REJECTED, VEL_REPORT_AMEND_REJECTED, VEL_REPORT_CANCEL_REJECTED,
                                     VEL_REPORT_CANCEL_REJECTED};
    vel_latency_t latency = constants();
    vel_link_t link = faulty(latency.faults.refused, &latency);
    for (uint8_t action = 0; action < 4; action++) {
        vel_delivery_t direct;
        vel_transit_t sent = command(1000 * action, action, 0, 0);
        CHECK(!vel_link_send(&link, &sent, &direct)); /* the gateway answers, as the venue does */
        CHECK(sent.fate == VEL_FATE_GATEWAY);
        /* Neither the venue's processing nor the speed bump is on its way. */
        CHECK(sent.ts_arrival == 1000 * action + 1 + 10 * (action < 3 ? action + 1 : 3));
        vel_report_t report = vel_link_refusal(&sent, sent.ts_arrival).report;
        CHECK(report.kind == kinds[action] && report.reason == VEL_REASON_GATEWAY);
        CHECK(report.ts_venue == sent.ts_arrival && report.order_id == 7 && report.price == 50 && report.qty == 3);
        CHECK(report.instrument == 2 && report.account == 4 && report.side == VEL_SELL);
    }
    vel_link_free(&link);
}

static void an_overloaded_venue_refuses_as_far_as_its_load_goes(void)
{
    vel_latency_t latency = constants();
    latency.load = (vel_load_t){.step = 10, .service = 10.0, .spread = 0.0, .most = 0};
    latency.faults.overload_from = 0.5;
    vel_link_t link = faulty(latency.faults.overloaded, &latency);
    vel_delivery_t direct;
    int64_t refused[4] = {0};
    for (int quarter = 0; quarter < 4; quarter++) { /* at 0, 0.5, 0.75 and 1.25 of what it can do */
        static const int rows[4] = {0, 32, 16, 32};
        for (int row = 0; row < rows[quarter]; row++)
            vel_load_count(&link.latency.load, 0);
        for (int i = 0; i < 1000; i++) {
            vel_transit_t sent = command(0, VEL_ACTION_NEW, 0, 0);
            CHECK(!vel_link_send(&link, &sent, &direct));
            CHECK(sent.fate == VEL_FATE_NONE || sent.fate == VEL_FATE_OVERLOADED);
            refused[quarter] += sent.fate == VEL_FATE_OVERLOADED;
            if (sent.fate == VEL_FATE_OVERLOADED)
                CHECK(vel_link_refusal(&sent, 0).report.reason == VEL_REASON_OVERLOADED);
        }
    }
    CHECK(refused[0] == 0 && refused[1] == 0 && refused[2] > 400 && refused[2] < 600 && refused[3] == 1000);
    vel_link_free(&link);
}

/* Nothing says whether a command that was not answered has arrived: the report is UNKNOWN, never a refusal. */
static void the_order_of_a_lost_command_is_unknown_at_the_time_out(void)
{
    for (uint8_t action = VEL_ACTION_NEW; action <= VEL_ACTION_CANCEL_ALL; action++) {
        vel_latency_t latency = constants();
        vel_link_t link = faulty(latency.faults.lost, &latency);
        vel_delivery_t direct = {0};
        vel_transit_t sent = command(1000, action, 0, 0);
        CHECK(vel_link_send(&link, &sent, &direct));
        CHECK(sent.fate == VEL_FATE_LOST && sent.ts_arrival == 0);
        const vel_report_t *report = &direct.message.report;
        CHECK(report->kind == VEL_REPORT_UNKNOWN && report->reason == VEL_REASON_TIMEOUT && report->order_id == 7);
        CHECK(report->price == action && report->instrument == 2 && report->account == 4);
        CHECK(direct.ts_arrival == 1501); /* from when it left */
        vel_link_free(&link);
    }
}

/* A query resolves what a fault has done. */
static void no_fault_befalls_a_query(void)
{
    vel_latency_t latency = constants();
    vel_link_t link = faulty(latency.faults.lost, &latency);
    CHECK(arrival(&link, 1000, VEL_ACTION_QUERY, 0, 0) == 1131); /* it goes the way of a cancel */
    vel_link_free(&link);
}

static void a_batch_has_one_fate(void)
{
    vel_latency_t latency = constants();
    vel_link_t link = faulty(latency.faults.lost, &latency);
    vel_delivery_t first = {0}, second = {0};
    vel_transit_t one = command(1000, VEL_ACTION_NEW, 0, 3), other = command(1000, VEL_ACTION_CANCEL, 0, 3);
    CHECK(vel_link_send(&link, &one, &first));
    link.latency.faults.lost[VEL_ACTION_CANCEL] = 0.0; /* of no account: the message is drawn already */
    CHECK(vel_link_send(&link, &other, &second));
    CHECK(one.fate == VEL_FATE_LOST && other.fate == VEL_FATE_LOST && first.ts_arrival == second.ts_arrival);
    CHECK(first.message.report.price == VEL_ACTION_NEW && second.message.report.price == VEL_ACTION_CANCEL);
    vel_link_free(&link);
}

static void a_command_whose_answer_is_lost_acts_and_its_order_is_unknown_at_the_time_out(void)
{
    vel_latency_t latency = constants();
    vel_link_t link = faulty(latency.faults.unanswered, &latency);
    vel_delivery_t direct = {0};
    vel_transit_t sent = command(0, VEL_ACTION_NEW, VEL_EXEC_POST_ONLY, 0);
    CHECK(vel_link_send(&link, &sent, &direct));
    CHECK(sent.fate == VEL_FATE_UNANSWERED && sent.ts_arrival == 111 && sent.ts_answer == 501);
    CHECK(direct.message.report.kind == VEL_REPORT_UNKNOWN && direct.ts_arrival == 501);
    vel_link_free(&link);
}

static void a_lost_message_delays_no_other(void)
{
    vel_latency_t latency = constants();
    vel_link_t link = faulty(latency.faults.lost, &latency);
    vel_delivery_t direct;
    vel_transit_t sent = command(1000, VEL_ACTION_NEW, 0, 0);
    CHECK(vel_link_send(&link, &sent, &direct));
    link.latency.faults.is_on = 0;
    CHECK(arrival(&link, 0, VEL_ACTION_CANCEL, 0, 0) == 131);
    vel_link_free(&link);
}

static void a_recorded_refusal_arrives_after_its_round_trip(void)
{
    static const int64_t ts[2] = {0, 1000}, entry[2] = {10, 10}, response[2] = {5, 5};
    static const uint8_t refused[2] = {0, 1};
    vel_latency_t latency = {.samples = {ts, entry, response, refused, 2}};
    vel_link_t link;
    vel_link_init(&link, &latency);
    vel_delivery_t direct = {0};
    vel_transit_t sent = command(500, VEL_ACTION_CANCEL, 0, 0);
    CHECK(vel_link_send(&link, &sent, &direct));
    CHECK(sent.fate == VEL_FATE_LOST && direct.ts_arrival == 515);
    CHECK(direct.message.report.kind == VEL_REPORT_CANCEL_REJECTED &&
          direct.message.report.reason == VEL_REASON_GATEWAY);
    CHECK(arrival(&link, 0, VEL_ACTION_CANCEL, 0, 0) == 10);
    vel_link_free(&link);
}

/* A query that was at the venue before the order that it asks about would be proof of a death that never was. */
static void a_query_overtakes_nothing(void)
{
    for (uint8_t overtakes = 0; overtakes < 2; overtakes++) {
        vel_latency_t latency = random_legs();
        latency.speed_bump.constant = 5000;
        latency.overtakes = overtakes;
        vel_link_t link;
        vel_link_init(&link, &latency);
        int64_t last = INT64_MIN;
        for (int64_t ts = 0; ts < 20000; ts += 10) {
            uint8_t action = (uint8_t)(ts / 10 % 3);
            last = vel_max(last, arrival(&link, ts, action, ts % 70 == 0 ? 0 : VEL_EXEC_POST_ONLY, 0));
            int64_t query = arrival(&link, ts + 1, VEL_ACTION_QUERY, 0, 0);
            CHECK(query >= last);
            last = overtakes ? last : query;
        }
        vel_link_free(&link);
    }
}

/* ---------------------------------------------------------------- back */

static void reports_of_one_instant_are_one_message(void)
{
    vel_latency_t latency = random_legs();
    latency.overtakes = 1;
    vel_link_t link;
    vel_link_init(&link, &latency);
    int64_t first = answer(&link, 1, 10);
    CHECK(answer(&link, 2, 10) == first && answer(&link, 3, 10) == first);
    CHECK(answer(&link, 4, 11) != first);
    vel_link_free(&link);
}

static void reports_do_not_overtake_each_other(void)
{
    vel_latency_t latency = random_legs();
    vel_link_t link;
    vel_link_init(&link, &latency);
    int64_t last = INT64_MIN;
    for (int64_t ts = 0; ts < 3000; ts += 10) {
        int64_t arrives = answer(&link, ts % 7, ts);
        CHECK(arrives >= last && arrives >= ts);
        last = arrives;
    }
    vel_link_free(&link);
}

static void where_messages_overtake_reports_about_one_order_still_do_not(void)
{
    vel_latency_t latency = random_legs();
    latency.overtakes = 1;
    vel_link_t link;
    vel_link_init(&link, &latency);
    int64_t last = INT64_MIN, last_of[7] = {0}, ahead = 0;
    for (int64_t ts = 0; ts < 3000; ts += 10) {
        int64_t arrives = answer(&link, ts % 7, ts);
        CHECK(arrives >= last_of[ts % 7]);
        ahead += arrives < last;
        last = last_of[ts % 7] = arrives;
    }
    CHECK(ahead > 50);
    vel_link_free(&link);
}

static void no_report_about_a_silenced_order_arrives_before_its_time(void)
{
    vel_latency_t latency = constants();
    vel_link_t link;
    vel_link_init(&link, &latency);
    CHECK(vel_link_silence(&link, 3, 50000) == VEL_OK && vel_link_silence(&link, 3, 40000) == VEL_OK);
    CHECK(answer(&link, 3, 1) == 50000); /* the longest silence counts */
    CHECK(answer(&link, 2, 1) == 10001); /* other orders are not concerned, those without a place among them */
    CHECK(answer(&link, 90, 1) == 10001);
    CHECK(answer(&link, 3, 45000) == 55000);
    vel_delivery_t funding = {.message.event = {.kind = VEL_ACCOUNT_FUNDING, .ts_venue = 45001, .event_id = 3}};
    CHECK(vel_link_silence(&link, 3, 90000) == VEL_OK && vel_link_answer(&link, &funding) == VEL_OK);
    CHECK(funding.ts_arrival == 55001); /* about no order */
    vel_link_free(&link);
    vel_link_free(&link);
}

int main(void)
{
    a_command_takes_the_sum_of_its_legs();
    only_commands_that_may_take_are_held_by_the_speed_bump();
    commands_do_not_overtake_each_other();
    held_commands_keep_their_order_unless_messages_overtake();
    commands_of_one_batch_are_one_message();
    the_speed_bump_holds_all_takers_of_a_batch_alike();
    a_busy_venue_adds_its_wait_both_ways();
    a_refused_command_turns_round_at_the_gateway();
    an_overloaded_venue_refuses_as_far_as_its_load_goes();
    the_order_of_a_lost_command_is_unknown_at_the_time_out();
    no_fault_befalls_a_query();
    a_query_overtakes_nothing();
    a_batch_has_one_fate();
    a_command_whose_answer_is_lost_acts_and_its_order_is_unknown_at_the_time_out();
    a_lost_message_delays_no_other();
    a_recorded_refusal_arrives_after_its_round_trip();
    reports_of_one_instant_are_one_message();
    reports_do_not_overtake_each_other();
    where_messages_overtake_reports_about_one_order_still_do_not();
    no_report_about_a_silenced_order_arrives_before_its_time();
    return check_failures != 0;
}
