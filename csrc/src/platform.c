/* timerfd.h and clockid_t are POSIX and Linux, not C11. */
#define _POSIX_C_SOURCE 200809L

#include "velora/platform.h"

#include <string.h>

#if defined(__linux__) && !defined(VEL_PORTABLE)
#define HAS_TIMER
#include <sys/timerfd.h>
#include <time.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(VEL_PORTABLE)
#define HAS_X86
#include <nmmintrin.h>
#endif

/* ---------------------------------------------------------------- processor */

#ifdef HAS_X86

int vel_platform_vector_level(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return 4;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("fma"))
        return 3;
    return 0;
}

bool vel_platform_has_crc32c(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
}

__attribute__((target("sse4.2"))) uint32_t vel_platform_crc32c(uint32_t state, const uint8_t *at, size_t size)
{
    uint64_t wide = state;
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    state = (uint32_t)wide;
    for (; size > 0; size--, at++)
        state = _mm_crc32_u8(state, *at);
    return state;
}

#else

int vel_platform_vector_level(void)
{
    return 0;
}

bool vel_platform_has_crc32c(void)
{
    return false;
}

uint32_t vel_platform_crc32c(uint32_t state, const uint8_t *at, size_t size)
{
    (void)at, (void)size;
    return state;
}

#endif

/* ---------------------------------------------------------------- timer */

#ifdef HAS_TIMER

int vel_platform_timer_open(void)
{
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

int vel_platform_timer_set(int file, int64_t ns)
{
    struct itimerspec when = {.it_value = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}};
    return timerfd_settime(file, 0, &when, NULL);
}

#else

int vel_platform_timer_open(void)
{
    return -1;
}

int vel_platform_timer_set(int file, int64_t ns)
{
    (void)file, (void)ns;
    return -1;
}

#endif
