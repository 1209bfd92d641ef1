#include "velora/crc32c.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>

static uint8_t has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2") != 0;
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t state, const uint8_t *at, size_t size)
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
static uint8_t has_instruction(void)
{
    return 0;
}

static uint32_t by_instruction(uint32_t state, const uint8_t *at, size_t size)
{
    (void)at, (void)size;
    return state;
}
#endif

void vel_crc32c_init(vel_crc32c_t *crc)
{
    crc->has_instruction = has_instruction();
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
        return ~by_instruction(state, at, size);
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
