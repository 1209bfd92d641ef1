#include "velora/crc32c.h"

#include "velora/platform.h"

void vel_crc32c_init(vel_crc32c_t *crc)
{
    crc->has_instruction = vel_platform_has_crc32c();
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? UINT32_C(0x82f63b78) : 0);
        crc->table[0][byte] = value;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t shorter = crc->table[k - 1][byte];
            crc->table[k][byte] = shorter >> 8 ^ crc->table[0][shorter & 255];
        }
}

uint32_t vel_crc32c(const vel_crc32c_t *crc, uint32_t before, const void *data, size_t size)
{
    const uint8_t *at = data;
    uint32_t state = ~before;
    if (crc->has_instruction)
        return ~vel_platform_crc32c(state, at, size);
    for (; size >= 8; size -= 8, at += 8) {
        uint32_t low = state ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
        state = crc->table[7][low & 255] ^ crc->table[6][low >> 8 & 255] ^ crc->table[5][low >> 16 & 255] ^
                crc->table[4][low >> 24] ^ crc->table[3][at[4]] ^ crc->table[2][at[5]] ^ crc->table[1][at[6]] ^
                crc->table[0][at[7]];
    }
    for (; size > 0; size--, at++)
        state = state >> 8 ^ crc->table[0][(state ^ *at) & 255];
    return ~state;
}
