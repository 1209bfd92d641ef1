/* platform.h: all of the library that depends on the operating system or on the processor.
 *
 * src/platform.c uses Linux's timers and the instructions of x86-64. Beside each stands a portable path, which other
 * systems and processors use, and every system in a build with VEL_PORTABLE. Results are the same to the bit. */
#ifndef VELORA_PLATFORM_H
#define VELORA_PLATFORM_H

#include "velora/base.h"

VEL_C_BEGIN

/* The level of vector instructions of this processor, as in indicator.h: 0 (none beyond the architecture's), 3
 * (x86-64-v3) or 4 (x86-64-v4). */
int vel_platform_vector_level(void);

/* Whether vel_platform_crc32c works: it needs the CRC32C instruction of SSE4.2. */
bool vel_platform_has_crc32c(void);

/* The state of a CRC32C (without the final inversion) after `size` more bytes; without the instruction it returns
 * `state` as it is. */
uint32_t vel_platform_crc32c(uint32_t state, const uint8_t *at, size_t size);

/* A timer as a non-blocking file descriptor, which is readable once the timer has expired. The caller closes it. -1
 * where the system has none or is out of descriptors. */
int vel_platform_timer_open(void);

/* Let the timer expire in `ns` nanoseconds; 0 cancels it. 0, or -1 on failure. */
int vel_platform_timer_set(int file, int64_t ns);

VEL_C_END

#endif
