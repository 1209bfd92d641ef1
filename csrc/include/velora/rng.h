/* rng.h: xoshiro256++ (Blackman and Vigna 2019), seeded by splitmix64, and draws from it.
 *
 * Only additions, multiplications, divisions and comparisons of doubles are used, all exactly rounded by IEEE 754, and
 * no function of the C library: with FMA contraction off the same seed gives the same bytes on every machine. */
#ifndef VELORA_RNG_H
#define VELORA_RNG_H

#include <string.h>

#include "velora/base.h"

VEL_C_BEGIN

typedef struct vel_rng {
    uint64_t s[4];
} vel_rng_t;

static inline void vel_rng_seed(vel_rng_t *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        rng->s[i] = z ^ (z >> 31);
    }
}

static inline uint64_t vel_rng_next(vel_rng_t *rng)
{
    uint64_t *s = rng->s;
    uint64_t sum = s[0] + s[3];
    uint64_t result = (sum << 23 | sum >> 41) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/* Uniform in [0, 1), 53 bits. */
static inline double vel_rng_uniform(vel_rng_t *rng)
{
    return (double)(vel_rng_next(rng) >> 11) * 0x1.0p-53;
}

/* Uniform integer in [0, n), n > 0; the bias is below n / 2^64. */
static inline uint64_t vel_rng_below(vel_rng_t *rng, uint64_t n)
{
    __extension__ unsigned __int128 wide = (unsigned __int128)vel_rng_next(rng) * n;
    return (uint64_t)(wide >> 64);
}

/* Natural logarithm of a normal x > 0, to about 1e-13: exponent by bits, mantissa by the atanh series. */
static inline double vel_ln(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent += 1;
    }
    double t = (m - 1.0) / (m + 1.0), t2 = t * t;
    double sum = 1.0 / 17.0;
    for (int k = 15; k >= 1; k -= 2)
        sum = sum * t2 + 1.0 / (double)k;
    return (double)exponent * 0.6931471805599453 + 2.0 * t * sum;
}

/* Exponential with mean 1. */
static inline double vel_rng_exponential(vel_rng_t *rng)
{
    return -vel_ln(1.0 - vel_rng_uniform(rng) * (1.0 - 0x1.0p-53));
}

VEL_C_END

#endif
