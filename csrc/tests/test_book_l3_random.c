#include "../fuzz/fuzz_book_l3.c"
#include "random_inputs.h"

int main(void)
{
    return random_inputs(600, 16);
}
