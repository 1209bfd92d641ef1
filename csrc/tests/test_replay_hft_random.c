#include "../fuzz/fuzz_replay_hft.c"
#include "random_inputs.h"

int main(void)
{
    return random_inputs(600, 256);
}
