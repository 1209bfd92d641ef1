/* check.h: CHECK(condition) reports the place of a failed check and makes the test program fail. */
#ifndef VELORA_CHECK_H
#define VELORA_CHECK_H

#include <stdio.h>

static int check_failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("%s:%d: %s: failed: %s\n", __FILE__, __LINE__, __func__, #condition);                               \
            check_failures++;                                                                                          \
        }                                                                                                              \
    } while (0)

#endif
