/* Many orders of one's own: their lists are those that a plain search would make. */
#include <string.h>

#include "velora/own_orders.h"
#include "velora/queue_tracker.h"
#include "velora/ring.h"

#include "check.h"

#define ORDERS 3000

static uint64_t state = 11;

static int64_t draw(int64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state >> 33) % (uint64_t)below);
}

static void levels_stand_in_order_however_many_there_are(void)
{
    static bool rests[ORDERS];
    static int64_t key_of[ORDERS];
    vel_own_orders_t own;
    vel_own_orders_init(&own);
    CHECK(vel_own_orders_reserve(&own, ORDERS) == VEL_OK);
    for (int64_t step = 0; step < 40000; step++) {
        int64_t at = draw(ORDERS);
        bool fills = step / 8000 % 2 == 0; /* the side becomes large and small again */
        if (rests[at] && (!fills || draw(4) == 0)) {
            vel_own_orders_leave(&own, (uint32_t)at);
            rests[at] = false;
        } else if (!rests[at] && (fills || draw(20) == 0)) {
            key_of[at] = draw(700) - 350;
            CHECK(vel_own_orders_join(&own, (uint32_t)at, VEL_SELL, key_of[at]) == VEL_OK);
            rests[at] = true;
        }
        if (step % 500 != 0)
            continue;
        int64_t last = INT64_MIN, met = 0, alive = 0;
        uint32_t before = VEL_NO_INDEX;
        for (uint32_t level = own.side[VEL_SELL].best; level != VEL_NO_INDEX; level = own.levels[level].worse) {
            CHECK(own.levels[level].key > last && own.levels[level].better == before);
            CHECK(vel_own_level_at(&own, VEL_SELL, own.levels[level].key) == level);
            last = own.levels[level].key;
            before = level;
            for (uint32_t one = own.levels[level].head; one != VEL_NO_INDEX; one = own.orders[one].next)
                met += rests[one] && key_of[one] == last;
        }
        for (int64_t one = 0; one < ORDERS; one++)
            alive += rests[one];
        CHECK(own.side[VEL_SELL].worst == before && met == alive);
    }
    vel_own_orders_free(&own);
}

/* A walk meets each order once, whoever leaves on the way, and those that join behind. */
static void a_walk_survives_what_happens_on_its_way(void)
{
    vel_own_orders_t own;
    vel_own_orders_init(&own);
    CHECK(vel_own_orders_reserve(&own, 64) == VEL_OK);
    for (uint32_t at = 0; at < 6; at++)
        CHECK(vel_own_orders_join(&own, at, VEL_BUY, 5) == VEL_OK);
    uint32_t level = vel_own_level_at(&own, VEL_BUY, 5);
    vel_own_walk(&own, level, 1);
    CHECK(vel_own_walk_next(&own) == 0);
    vel_own_orders_leave(&own, 0); /* the one at hand, the next, and one farther on */
    vel_own_orders_leave(&own, 1);
    vel_own_orders_leave(&own, 3);
    CHECK(vel_own_walk_next(&own) == 2 && vel_own_walk_next(&own) == 4 && vel_own_walk_next(&own) == 5);
    vel_own_orders_leave(&own, 5);
    CHECK(vel_own_orders_join(&own, 5, VEL_BUY, 5) == VEL_OK); /* an iceberg's next part */
    CHECK(vel_own_walk_next(&own) == 5 && vel_own_walk_next(&own) == VEL_NO_INDEX);
    CHECK(vel_own_orders_join(&own, 9, VEL_BUY, 5) == VEL_OK && vel_own_walk_next(&own) == 9);
    for (uint32_t at = 2; at < 10; at++)
        if (at == 2 || at == 4 || at == 5 || at == 9)
            vel_own_orders_leave(&own, at);
    CHECK(own.walk.level == VEL_NO_INDEX && vel_own_walk_next(&own) == VEL_NO_INDEX);
    vel_own_orders_free(&own);
}

/* What a trade may have given to own orders before one, added up the plain way. */
static void a_trade_meets_tracked_orders_in_the_order_of_their_joining(void)
{
    static int64_t joined[ORDERS], price[ORDERS], lots[ORDERS];
    static bool stands[ORDERS];
    vel_queue_tracker_t tracker;
    vel_queue_tracker_init(&tracker);
    for (int64_t id = 1; id < 400; id++) {
        price[id] = 100 + draw(3);
        lots[id] = 1 + draw(9);
        joined[id] = 1000 + draw(60); /* many in one instant, and reports overtake each other */
        stands[id] = draw(5) != 0;
        CHECK(vel_queue_tracker_sent(&tracker, id, VEL_BUY, price[id], lots[id], true, 1000000) == VEL_OK);
    }
    for (int64_t id = 1; id < 400; id++)
        if (stands[id])
            CHECK(vel_queue_tracker_joined(&tracker, id, price[id], joined[id]) == VEL_OK);
    for (int64_t id = 1; id < 400; id += 17) {
        vel_queue_tracker_ended(&tracker, id);
        price[id] = 0;
    }
    vel_track_change_t change = {.ts_event = 5000, .before = 1, .after = 1, .traded = 7, .kind = VEL_TRACK_TRADE};
    vel_queue_tracker_on_trade(&tracker, VEL_BUY, 101, &change);
    int64_t looked = 0;
    for (uint32_t at = tracker.first; at != VEL_NO_INDEX; at = vel_queue_tracker_at(&tracker, at)->next) {
        const vel_tracked_t *one = vel_queue_tracker_at(&tracker, at);
        int64_t id = one->order_id, ours = 0;
        if (price[id] < 101) {
            CHECK(one->changes_count == 0);
            continue;
        }
        const vel_track_change_t *seen = &one->changes[0];
        CHECK(one->changes_count == 1 && seen->kind == (price[id] > 101 ? VEL_TRACK_THROUGH : VEL_TRACK_TRADE));
        for (int64_t other = 1; other < 400 && price[id] == 101; other++) {
            bool is_earlier = !stands[id] || joined[other] < joined[id] || (joined[other] == joined[id] && other < id);
            if (other != id && stands[other] && (price[other] > 101 || (price[other] == 101 && is_earlier)))
                ours += lots[other];
        }
        CHECK(seen->ours == ours);
        looked++;
    }
    CHECK(looked > 200);
    for (int64_t id = 1; id < 400; id++)
        vel_queue_tracker_ended(&tracker, id);
    CHECK(tracker.count == 0 && tracker.first == VEL_NO_INDEX && tracker.fresh == VEL_NO_INDEX);
    CHECK(tracker.coming.side[VEL_BUY].best == VEL_NO_INDEX && tracker.standing.side[VEL_BUY].best == VEL_NO_INDEX);
    vel_queue_tracker_free(&tracker);
}

typedef struct parcel {
    int64_t ts;
    int64_t number;
} parcel_t;

VEL_RING(parcel_ring, parcel_t)
VEL_ARRIVALS(parcels, parcel_ring, parcel_t, ts)

/* What arrives comes by its time, of equal ones the first inserted first. */
static void what_overtakes_arrives_by_its_time(void)
{
    static parcel_t plain[ORDERS];
    parcels_t queue = {0};
    int64_t count = 0, number = 0, now = 0;
    for (int64_t step = 0; step < 30000; step++) {
        if (count < ORDERS && draw(step / 5000 % 2 == 0 ? 3 : 2) != 0) {
            parcel_t one = {now + draw(40), number++};
            int64_t at = count++;
            for (; at > 0 && plain[at - 1].ts > one.ts; at--)
                plain[at] = plain[at - 1];
            plain[at] = one;
            CHECK(parcels_insert(&queue, &one) == VEL_OK);
        } else if (count > 0) {
            const parcel_t *front = parcels_front(&queue);
            CHECK(front->ts == plain[0].ts && front->number == plain[0].number);
            now = front->ts;
            parcels_pop(&queue);
            memmove(plain, plain + 1, (size_t)--count * sizeof *plain);
        }
        CHECK(parcels_count(&queue) == (uint64_t)count && (parcels_front(&queue) == NULL) == (count == 0));
    }
    parcels_free(&queue);
}

int main(void)
{
    levels_stand_in_order_however_many_there_are();
    a_walk_survives_what_happens_on_its_way();
    a_trade_meets_tracked_orders_in_the_order_of_their_joining();
    what_overtakes_arrives_by_its_time();
    return check_failures != 0;
}
