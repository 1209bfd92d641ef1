/* random_inputs.h: a fuzz target on a fixed series of random inputs, so that every build exercises it. Include the
 * target's source before. */
#ifndef VELORA_RANDOM_INPUTS_H
#define VELORA_RANDOM_INPUTS_H

#include <stdio.h>

static int random_inputs(int runs, size_t shortest)
{
    uint64_t state = 12345;
    uint8_t bytes[4096];
    for (int run = 0; run < runs; run++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (uint8_t)(state >> 56);
        }
        LLVMFuzzerTestOneInput(bytes, shortest + (size_t)(state >> 40) % (sizeof bytes - shortest));
    }
    printf("%d random runs\n", runs);
    return 0;
}

#endif
