#include "../fuzz/fuzz_book_l2.c"
#include "random_inputs.h"

int main(void)
{
    return random_inputs(2000, 64);
}
