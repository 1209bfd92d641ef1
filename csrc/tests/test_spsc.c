#include "velora/spsc.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "check.h"

typedef struct {
    uint64_t sequence;
    uint64_t check; /* ~sequence: a record copied half would not agree with itself */
    uint64_t words[5];
} record_t;

static record_t record_of(uint64_t sequence)
{
    record_t record = {.sequence = sequence, .check = ~sequence};
    for (uint64_t i = 0; i < 5; i++)
        record.words[i] = sequence * 5 + i;
    return record;
}

static bool is_whole(const record_t *record, uint64_t sequence)
{
    record_t expected = record_of(sequence);
    return memcmp(record, &expected, sizeof expected) == 0;
}

static void bad_arguments_make_no_ring(void)
{
    vel_spsc_t *ring = (vel_spsc_t *)&ring;
    CHECK(vel_spsc_new(&ring, 0, 8) == VEL_EINVAL && ring == NULL);
    CHECK(vel_spsc_new(&ring, VEL_SPSC_CAPACITY_MAX + 1, 8) == VEL_EINVAL && ring == NULL);
    CHECK(vel_spsc_new(&ring, 8, 0) == VEL_EINVAL && ring == NULL);
    CHECK(vel_spsc_new(&ring, 8, VEL_SPSC_RECORD_MAX + 1) == VEL_EINVAL && ring == NULL);
    vel_spsc_free(NULL);
}

static void capacity_is_rounded_up_to_a_power_of_two(void)
{
    static const uint64_t asked[] = {1, 2, 3, 5, 64, 65}, given[] = {1, 2, 4, 8, 64, 128};
    for (int i = 0; i < 6; i++) {
        vel_spsc_t *ring;
        CHECK(vel_spsc_new(&ring, asked[i], 1) == VEL_OK);
        CHECK(vel_spsc_capacity(ring) == given[i]);
        vel_spsc_free(ring);
    }
}

static void a_full_ring_refuses_and_keeps_what_it_holds(void)
{
    vel_spsc_t *ring;
    record_t out;
    CHECK(vel_spsc_new(&ring, 4, sizeof out) == VEL_OK);
    CHECK(!vel_spsc_pop(ring, &out));
    for (uint64_t round = 0; round < 10; round++) { /* begins at every slot in turn */
        for (uint64_t i = 0; i < 4; i++) {
            record_t record = record_of(round * 10 + i);
            CHECK(vel_spsc_push(ring, &record) == VEL_OK);
        }
        record_t refused = record_of(999);
        CHECK(vel_spsc_push(ring, &refused) == VEL_EFULL && vel_spsc_count(ring) == 4);
        for (uint64_t i = 0; i < 4; i++)
            CHECK(vel_spsc_pop(ring, &out) && is_whole(&out, round * 10 + i));
        CHECK(!vel_spsc_pop(ring, &out) && vel_spsc_count(ring) == 0);
        record_t odd = record_of(7); /* so that the next round begins one slot on */
        CHECK(vel_spsc_push(ring, &odd) == VEL_OK && vel_spsc_pop(ring, &out) && is_whole(&out, 7));
    }
    vel_spsc_free(ring);
}

static void records_of_odd_sizes_come_out_as_they_went_in(void)
{
    for (size_t size = 1; size < 40; size += 3) {
        vel_spsc_t *ring;
        unsigned char in[40], out[40];
        CHECK(vel_spsc_new(&ring, 3, size) == VEL_OK);
        for (unsigned i = 0; i < 20; i++) {
            memset(in, (int)(i * 7 + size), sizeof in);
            memset(out, 0xee, sizeof out);
            CHECK(vel_spsc_push(ring, in) == VEL_OK && vel_spsc_pop(ring, out));
            CHECK(memcmp(in, out, size) == 0);
            for (size_t past = size; past < sizeof out; past++)
                CHECK(out[past] == 0xee);
        }
        vel_spsc_free(ring);
    }
}

typedef struct {
    vel_spsc_t *ring;
    uint64_t records;
    uint64_t refused;
} pushing_t;

static void *push_all(void *argument)
{
    pushing_t *pushing = argument;
    for (uint64_t i = 0; i < pushing->records; i++) {
        record_t record = record_of(i);
        while (vel_spsc_push(pushing->ring, &record) != VEL_OK) {
            pushing->refused++;
            sched_yield();
        }
    }
    return NULL;
}

/* Capacity 1 makes every push meet every pop, the large one lets each run ahead of the other. The counts are small
 * because a yield may cost a time slice where the threads share one processor. */
static void two_threads_see_every_record_whole_once_and_in_order(uint64_t capacity, uint64_t records)
{
    pushing_t pushing = {.records = records};
    pthread_t thread;
    record_t out;
    CHECK(vel_spsc_new(&pushing.ring, capacity, sizeof out) == VEL_OK);
    CHECK(pthread_create(&thread, NULL, push_all, &pushing) == 0);
    uint64_t wrong = 0, over = 0;
    for (uint64_t i = 0; i < records; i++) {
        while (!vel_spsc_pop(pushing.ring, &out))
            sched_yield();
        wrong += !is_whole(&out, i);
        over += vel_spsc_count(pushing.ring) > vel_spsc_capacity(pushing.ring);
    }
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(wrong == 0 && over == 0);
    CHECK(!vel_spsc_pop(pushing.ring, &out));
    vel_spsc_free(pushing.ring);
}

int main(void)
{
    bad_arguments_make_no_ring();
    capacity_is_rounded_up_to_a_power_of_two();
    a_full_ring_refuses_and_keeps_what_it_holds();
    records_of_odd_sizes_come_out_as_they_went_in();
    two_threads_see_every_record_whole_once_and_in_order(1, 500);
    two_threads_see_every_record_whole_once_and_in_order(8, 10000);
    two_threads_see_every_record_whole_once_and_in_order(4096, 200000);
    return check_failures != 0;
}
