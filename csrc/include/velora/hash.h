/* hash.h: a streaming 64-bit hash of 64-bit words, for state hashes and run hashes.
 *
 * Not cryptographic. Each word is mixed through a 64 x 64 -> 128 bit multiplication whose halves are folded, keyed
 * by the running state, so equal words at different positions count differently. The result depends only on the
 * words and is the same on every machine. */
#ifndef VELORA_HASH_H
#define VELORA_HASH_H

#include "velora/base.h"

VEL_C_BEGIN

#define VEL_HASH_SEED UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t vel_hash_word(uint64_t state, uint64_t word)
{
    __extension__ unsigned __int128 product =
        (unsigned __int128)(state ^ word ^ UINT64_C(0xa0761d6478bd642f)) * (word ^ UINT64_C(0xe7037ed1a0b428db));
    uint64_t folded = (uint64_t)product ^ (uint64_t)(product >> 64);
    /* The rotation keeps the old state in the result even if a factor is zero. */
    return folded + (state << 23 | state >> 41);
}

static inline uint64_t vel_hash_i64(uint64_t state, int64_t value)
{
    return vel_hash_word(state, (uint64_t)value);
}

/* Two states that have nothing to do with each other, by value so that both stay in registers. */
typedef struct vel_hash_pair {
    uint64_t first;
    uint64_t second;
} vel_hash_pair_t;

/* A word into each of them: the processor works on both at once. */
static inline vel_hash_pair_t vel_hash_two(vel_hash_pair_t state, int64_t first, int64_t second)
{
    state.first = vel_hash_i64(state.first, first);
    state.second = vel_hash_i64(state.second, second);
    return state;
}

static inline vel_hash_pair_t vel_hash_both(vel_hash_pair_t state, int64_t value)
{
    return vel_hash_two(state, value, value);
}

VEL_C_END

#endif
