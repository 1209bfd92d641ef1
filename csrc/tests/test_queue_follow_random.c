#include "../fuzz/fuzz_queue_follow.c"
#include "random_inputs.h"

int main(void)
{
    return random_inputs(600, 16);
}
