#include "velora/sorted.h"

#include "check.h"

#define RANGE 4096

/* The same set as a plain array of flags. */
typedef struct plain {
    bool has[RANGE];
    int64_t count;
} plain_t;

static bool plain_after(const plain_t *plain, int64_t number, int64_t *found)
{
    for (int64_t at = number + 1 < 0 ? 0 : number + 1; at < RANGE; at++)
        if (plain->has[at]) {
            *found = at;
            return true;
        }
    return false;
}

static bool plain_before(const plain_t *plain, int64_t number, int64_t *found)
{
    for (int64_t at = number > RANGE ? RANGE - 1 : number - 1; at >= 0; at--)
        if (plain->has[at]) {
            *found = at;
            return true;
        }
    return false;
}

static void same_as_plain(const vel_sorted_t *set, const plain_t *plain, int64_t number)
{
    int64_t ours = 0, theirs = 0;
    CHECK(set->count == (uint64_t)plain->count);
    CHECK(vel_sorted_after(set, number, &ours) == plain_after(plain, number, &theirs) && ours == theirs);
    ours = theirs = 0;
    CHECK(vel_sorted_before(set, number, &ours) == plain_before(plain, number, &theirs) && ours == theirs);
    if (plain->count > 0)
        CHECK(plain_before(plain, RANGE, &theirs) && vel_sorted_last(set) == theirs);
}

static uint64_t state = 7;

static int64_t draw(int64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state >> 33) % (uint64_t)below);
}

static void any_changes_leave_the_set_that_a_plain_one_is(void)
{
    static plain_t plain;
    vel_sorted_t set = {0};
    for (int64_t step = 0; step < 60000; step++) {
        /* It fills up and runs empty in turn, at random, from below and from above. */
        bool fills = step / 10000 % 2 == 0;
        int64_t way = step / 20000, number = way == 0   ? draw(RANGE)
                                             : way == 1 ? step % RANGE
                                                        : RANGE - 1 - step % RANGE;
        if (fills && !plain.has[number]) {
            CHECK(vel_sorted_reserve(&set, 1) == VEL_OK);
            vel_sorted_insert(&set, number);
            plain.has[number] = true;
            plain.count++;
        } else if (!fills && plain.has[number]) {
            vel_sorted_remove(&set, number);
            plain.has[number] = false;
            plain.count--;
        }
        if (step % 7 == 0)
            same_as_plain(&set, &plain, draw(RANGE + 10) - 5);
    }
    vel_sorted_clear(&set);
    CHECK(set.count == 0 && !vel_sorted_after(&set, -1, &(int64_t){0}));
    vel_sorted_free(&set);
    vel_sorted_free(&set);
}

/* Insertions for which room was made take none: each of them may break a full block. */
static void room_that_was_made_is_enough(void)
{
    for (int64_t blocks = 0; blocks < 6; blocks++)
        for (int64_t more = 1; more < 2000; more += 97) {
            vel_sorted_t set = {0};
            int64_t have = blocks * VEL_SORTED_MAX;
            CHECK(vel_sorted_reserve(&set, (uint64_t)have) == VEL_OK);
            for (int64_t at = 0; at < have; at++)
                vel_sorted_insert(&set, at * 1000000);
            CHECK(vel_sorted_reserve(&set, (uint64_t)more) == VEL_OK);
            vel_sorted_block_t **held = set.blocks;
            for (int64_t at = 0; at < more; at++)
                vel_sorted_insert(&set, (at * 7919 % (have + 1)) * 1000000 + 1 + at);
            CHECK(set.blocks == held && set.count == (uint64_t)(have + more));
            vel_sorted_free(&set);
        }
}

static void the_ends_of_the_range_are_numbers_too(void)
{
    vel_sorted_t set = {0};
    int64_t found = 0;
    CHECK(vel_sorted_reserve(&set, 2) == VEL_OK);
    vel_sorted_insert(&set, INT64_MAX);
    vel_sorted_insert(&set, INT64_MIN);
    CHECK(vel_sorted_after(&set, INT64_MIN, &found) && found == INT64_MAX);
    CHECK(!vel_sorted_after(&set, INT64_MAX, &found) && !vel_sorted_before(&set, INT64_MIN, &found));
    CHECK(vel_sorted_before(&set, INT64_MAX, &found) && found == INT64_MIN);
    vel_sorted_free(&set);
}

int main(void)
{
    any_changes_leave_the_set_that_a_plain_one_is();
    room_that_was_made_is_enough();
    the_ends_of_the_range_are_numbers_too();
    return check_failures != 0;
}
