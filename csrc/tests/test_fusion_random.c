#include "../fuzz/fuzz_fusion.c"
#include "random_inputs.h"

int main(void)
{
    return random_inputs(2000, 16);
}
