/* The fuzz target of whole runs on a fixed series of random inputs, so that every build exercises it. */
#include <stdio.h>

#include "../fuzz/fuzz_replay.c"

int main(void)
{
    uint64_t state = 12345;
    uint8_t bytes[4096];
    for (int run = 0; run < 600; run++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (uint8_t)(state >> 56);
        }
        LLVMFuzzerTestOneInput(bytes, 256 + (size_t)(state >> 40) % (sizeof bytes - 256));
    }
    printf("600 random runs\n");
    return 0;
}
