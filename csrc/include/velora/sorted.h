/* sorted.h: a set of int64 numbers in order. Numbers are stored in blocks of at most VEL_SORTED_MAX, and blocks in a
 * list by their first number. An insertion or removal moves the numbers of one block and, when a block is added or
 * removed, the list of blocks. A million numbers need some ten thousand blocks, so a change costs well under a
 * microsecond at any position. Reads change no state. */
#ifndef VELORA_SORTED_H
#define VELORA_SORTED_H

#include "velora/base.h"

VEL_C_BEGIN

#define VEL_SORTED_MAX 254u /* with its two counts a block is 2 KiB */

typedef struct vel_sorted_block {
    struct vel_sorted_block *next_spare;
    int64_t count;
    int64_t numbers[VEL_SORTED_MAX]; /* ascending */
} vel_sorted_block_t;

typedef struct vel_sorted {
    vel_sorted_block_t **blocks; /* owned, by their numbers; no block is empty */
    int64_t *first;              /* owned: the first number of each block */
    vel_sorted_block_t *spare;   /* owned, a list of unused blocks */
    uint32_t blocks_count;
    uint32_t blocks_max;
    uint32_t spare_count;
    uint64_t count; /* number of numbers */
} vel_sorted_t;

void vel_sorted_free(vel_sorted_t *set);  /* accepts a zeroed set */
void vel_sorted_clear(vel_sorted_t *set); /* keeps the memory */

/* Make room for `more` numbers, so that inserting them cannot fail. VEL_OK or VEL_ENOMEM. */
int vel_sorted_reserve(vel_sorted_t *set, uint64_t more);

/* Insert a number that is not in the set, after making room for it; remove a number that is in the set. */
void vel_sorted_insert(vel_sorted_t *set, int64_t number);
void vel_sorted_remove(vel_sorted_t *set, int64_t number);

/* The smallest number greater than `number`, or the greatest number smaller than it; false when there is none. */
bool vel_sorted_after(const vel_sorted_t *set, int64_t number, int64_t *found);
bool vel_sorted_before(const vel_sorted_t *set, int64_t number, int64_t *found);

/* The greatest number; the set must not be empty. */
static inline int64_t vel_sorted_last(const vel_sorted_t *set)
{
    const vel_sorted_block_t *block = set->blocks[set->blocks_count - 1];
    return block->numbers[block->count - 1];
}

VEL_C_END

#endif
