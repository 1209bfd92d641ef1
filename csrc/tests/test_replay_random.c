#include "../fuzz/fuzz_replay.c"
#include "random_inputs.h"

int main(void)
{
    return random_inputs(600, 256);
}
