/* crc32c.h: the Castagnoli checksum (iSCSI, RFC 3720 appendix B.4), eight bytes at a time.
 *
 * The caller owns the tables, because the library holds no mutable globals. If the processor has a CRC32C
 * instruction (SSE4.2), it is used instead: about eight times as fast. */
#ifndef VELORA_CRC32C_H
#define VELORA_CRC32C_H

#include "velora/base.h"

VEL_C_BEGIN

typedef struct vel_crc32c {
    uint32_t table[8][256]; /* [k][b]: checksum of byte b followed by k zero bytes */
    uint8_t has_instruction;
} vel_crc32c_t;

void vel_crc32c_init(vel_crc32c_t *crc);

/* Checksum of `size` bytes that follow bytes of checksum `before`; 0 to begin. */
uint32_t vel_crc32c(const vel_crc32c_t *crc, uint32_t before, const void *data, size_t size);

VEL_C_END

#endif
