#include "velora/sorted.h"

#include <string.h>

#define BLOCKS_INITIAL 16u

void vel_sorted_free(vel_sorted_t *set)
{
    vel_sorted_clear(set);
    while (set->spare != NULL) {
        vel_sorted_block_t *block = set->spare;
        set->spare = block->next_spare;
        free(block);
    }
    free(set->blocks);
    free(set->first);
    memset(set, 0, sizeof *set);
}

static void give_back(vel_sorted_t *set, vel_sorted_block_t *block)
{
    block->next_spare = set->spare;
    set->spare = block;
    set->spare_count++;
}

void vel_sorted_clear(vel_sorted_t *set)
{
    for (uint32_t at = 0; at < set->blocks_count; at++)
        give_back(set, set->blocks[at]);
    set->blocks_count = 0;
    set->count = 0;
}

/* A full block splits into two halves. Each existing block may split at the next insertion, a new one only after
 * insertions of half its size. */
static uint64_t breaks_of(const vel_sorted_t *set, uint64_t more)
{
    uint64_t most = set->blocks_count + more / (VEL_SORTED_MAX / 2) + 1;
    return more < most ? more : most;
}

int vel_sorted_reserve(vel_sorted_t *set, uint64_t more)
{
    uint64_t breaks = breaks_of(set, more);
    while (set->spare_count < breaks) {
        vel_sorted_block_t *block = malloc(sizeof *block);
        if (block == NULL)
            return VEL_ENOMEM;
        give_back(set, block);
    }
    if (set->blocks_count + breaks <= set->blocks_max)
        return VEL_OK;
    uint32_t grown = set->blocks_max == 0 ? BLOCKS_INITIAL : set->blocks_max;
    while (grown < set->blocks_count + breaks)
        grown *= 2;
    vel_sorted_block_t **blocks = realloc(set->blocks, grown * sizeof(*blocks));
    if (blocks == NULL)
        return VEL_ENOMEM;
    set->blocks = blocks;
    int64_t *first = realloc(set->first, grown * sizeof *first);
    if (first == NULL)
        return VEL_ENOMEM;
    set->first = first;
    set->blocks_max = grown;
    return VEL_OK;
}

/* Number of ascending numbers that are less than `number`. */
static uint32_t less_than(const int64_t *numbers, uint32_t count, int64_t number)
{
    uint32_t lo = 0, hi = count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (numbers[mid] < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The block in which a number is or belongs: the last block that begins at or before it, else the first. */
static uint32_t block_of(const vel_sorted_t *set, int64_t number)
{
    uint32_t at = less_than(set->first, set->blocks_count, number);
    if (at < set->blocks_count && set->first[at] == number)
        return at;
    return at == 0 ? 0 : at - 1;
}

static vel_sorted_block_t *block_add(vel_sorted_t *set, uint32_t at)
{
    vel_sorted_block_t *block = set->spare;
    VEL_ASSERT(block != NULL && set->blocks_count < set->blocks_max);
    set->spare = block->next_spare;
    set->spare_count--;
    memmove(&set->blocks[at + 1], &set->blocks[at], (set->blocks_count - at) * sizeof(*set->blocks));
    memmove(&set->first[at + 1], &set->first[at], (set->blocks_count - at) * sizeof *set->first);
    set->blocks[at] = block;
    set->blocks_count++;
    block->count = 0;
    return block;
}

void vel_sorted_insert(vel_sorted_t *set, int64_t number)
{
    if (set->blocks_count == 0)
        (void)block_add(set, 0);
    uint32_t at = block_of(set, number);
    vel_sorted_block_t *block = set->blocks[at];
    if (block->count == VEL_SORTED_MAX) {
        vel_sorted_block_t *behind = block_add(set, at + 1);
        behind->count = VEL_SORTED_MAX / 2;
        block->count -= behind->count;
        memcpy(behind->numbers, &block->numbers[block->count], (size_t)behind->count * sizeof *behind->numbers);
        set->first[at + 1] = behind->numbers[0];
        if (number > behind->numbers[0]) {
            block = behind;
            at++;
        }
    }
    uint32_t place = less_than(block->numbers, (uint32_t)block->count, number);
    VEL_DEBUG_ASSERT(place == block->count || block->numbers[place] != number);
    memmove(&block->numbers[place + 1], &block->numbers[place],
            (size_t)(block->count - place) * sizeof *block->numbers);
    block->numbers[place] = number;
    block->count++;
    set->first[at] = block->numbers[0];
    set->count++;
}

void vel_sorted_remove(vel_sorted_t *set, int64_t number)
{
    VEL_ASSERT(set->count > 0);
    uint32_t at = block_of(set, number);
    vel_sorted_block_t *block = set->blocks[at];
    uint32_t place = less_than(block->numbers, (uint32_t)block->count, number);
    VEL_ASSERT(place < block->count && block->numbers[place] == number);
    block->count--;
    set->count--;
    if (block->count > 0) {
        memmove(&block->numbers[place], &block->numbers[place + 1],
                (size_t)(block->count - place) * sizeof *block->numbers);
        set->first[at] = block->numbers[0];
        return;
    }
    set->blocks_count--;
    memmove(&set->blocks[at], &set->blocks[at + 1], (set->blocks_count - at) * sizeof(*set->blocks));
    memmove(&set->first[at], &set->first[at + 1], (set->blocks_count - at) * sizeof *set->first);
    give_back(set, block);
}

bool vel_sorted_after(const vel_sorted_t *set, int64_t number, int64_t *found)
{
    if (set->count == 0 || number == INT64_MAX)
        return false;
    uint32_t at = block_of(set, number + 1);
    const vel_sorted_block_t *block = set->blocks[at];
    uint32_t place = less_than(block->numbers, (uint32_t)block->count, number + 1);
    if (place < block->count) {
        *found = block->numbers[place];
        return true;
    }
    if (at + 1 == set->blocks_count)
        return false;
    *found = set->first[at + 1];
    return true;
}

bool vel_sorted_before(const vel_sorted_t *set, int64_t number, int64_t *found)
{
    if (set->count == 0 || set->first[0] >= number)
        return false;
    uint32_t at = less_than(set->first, set->blocks_count, number) - 1;
    const vel_sorted_block_t *block = set->blocks[at];
    *found = block->numbers[less_than(block->numbers, (uint32_t)block->count, number) - 1];
    return true;
}
