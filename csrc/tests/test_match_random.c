#include "../fuzz/fuzz_match.c"
#include "random_inputs.h"

int main(void)
{
    return random_inputs(300, 24);
}
