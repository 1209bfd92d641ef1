/* base.h: statuses, sides, integer types and assertions that every other header of csrc uses.
 *
 * Rules of the library: C11, no mutable globals (a static library is linked into each Python module, so a global
 * would exist once per module), no clock, no environment, no printing. Every function that can fail returns int:
 * VEL_OK or a negative status; results come back through out-parameters. */
#ifndef VELORA_BASE_H
#define VELORA_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Around the declarations of a header: C++ links what C compiled. */
#ifdef __cplusplus
#define VEL_C_BEGIN extern "C" {
#define VEL_C_END }
#else
#define VEL_C_BEGIN
#define VEL_C_END
#endif

#ifdef __GNUC__
#define VEL_LIKELY(x) __builtin_expect(!!(x), 1)
#define VEL_UNLIKELY(x) __builtin_expect(!!(x), 0)
/* For a path that would take the registers of the function around it, and for one that is to have its own copy. */
#define VEL_NOINLINE __attribute__((noinline))
#define VEL_INLINE inline __attribute__((always_inline))
#else
#define VEL_NOINLINE
#define VEL_INLINE inline
#define VEL_LIKELY(x) (x)
#define VEL_UNLIKELY(x) (x)
#endif

/* 128-bit intermediates of money. */
__extension__ typedef __int128 vel_i128;

enum {
    VEL_OK = 0,
    VEL_ENOMEM = -1,   /* an allocation failed */
    VEL_EINVAL = -2,   /* an argument is outside its stated range */
    VEL_EFULL = -3,    /* a stated bound is reached */
    VEL_ERANGE = -4,   /* a result does not fit its integer */
    VEL_ENOENT = -5,   /* no such order, instrument or level */
    VEL_ECORRUPT = -6, /* input that contradicts itself */
    VEL_EEXIST = -7,   /* there is such an order already */
    VEL_ESTATE = -8    /* the modelled venue would end the run here */
};

/* Side of an order, a level, or a trade's aggressor. */
enum { VEL_BUY = 0, VEL_SELL = 1, VEL_NO_SIDE = 2 };

/* No time: later than every event. */
#define VEL_NEVER INT64_MAX
/* Times of data and clocks lie within +-VEL_TIME_MAX, 146 years around 1970. The difference of two fits an int64. */
#define VEL_TIME_MAX (INT64_C(1) << 62)

/* Prices lie strictly between minus and plus VEL_TICKS_MAX, quantities between 0 and VEL_LOTS_MAX. */
#define VEL_TICKS_MAX (INT64_C(1) << 60)
#define VEL_LOTS_MAX ((INT64_C(1) << 60) - 1)

static inline bool vel_is_price(int64_t ticks)
{
    return ticks > -VEL_TICKS_MAX && ticks < VEL_TICKS_MAX;
}

static inline bool vel_is_qty(int64_t lots)
{
    return (uint64_t)lots <= (uint64_t)VEL_LOTS_MAX;
}

/* Whether a quantity is valid for an order or a trade. */
static inline bool vel_is_size(int64_t lots)
{
    return lots > 0 && vel_is_qty(lots);
}

static inline bool vel_is_time(int64_t ts)
{
    return ts >= -VEL_TIME_MAX && ts <= VEL_TIME_MAX;
}

static inline int64_t vel_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t vel_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* a + b of times, durations, ticks or lots, saturating at the largest and smallest value (VEL_NEVER for a time). */
static inline int64_t vel_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/* A broken invariant is a bug in Velora: abort, in release builds too. */
#define VEL_ASSERT(condition) ((condition) ? (void)0 : abort())

#ifdef NDEBUG
#define VEL_DEBUG_ASSERT(condition) ((void)0)
#else
#define VEL_DEBUG_ASSERT(condition) VEL_ASSERT(condition)
#endif

/* Position of the lowest and of the highest set bit; x != 0. */
static inline int vel_lowest_bit(uint64_t x)
{
    return __builtin_ctzll(x);
}

static inline int vel_highest_bit(uint64_t x)
{
    return 63 - __builtin_clzll(x);
}

#endif
