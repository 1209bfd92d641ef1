/* history.h: the last n values side by side, for functions that look at each value of the window anew. */
#ifndef VELORA_TA_HISTORY_H
#define VELORA_TA_HISTORY_H

#include "inner.h"

/* A window that moves through a buffer of n - 1 + VEL_TA_CHUNK values, and back to its start when it meets the end. */
typedef struct vel_ta_history {
    int64_t n;
    int64_t end; /* values in the buffer; 0 stands for those before the first */
    int64_t far; /* bytes from here to the buffer */
} vel_ta_history_t;

static inline void vel_ta_history_init(vel_ta_history_t *self, int64_t n, vel_ta_space_t *space)
{
    self->n = n;
    self->end = n - 1;
    self->far = vel_ta_place(space, self, n - 1 + VEL_TA_CHUNK);
}

/* Adds m values, at most VEL_TA_CHUNK. The window of the i-th of them, the oldest value first, starts i values behind
 * the result, which is valid until the next call. */
static inline const double *vel_ta_history_add(vel_ta_history_t *self, int64_t m, const double *x)
{
    double *values = (double *)(void *)((char *)self + self->far);
    if (self->end + m > self->n - 1 + VEL_TA_CHUNK) {
        memmove(values, values + self->end - (self->n - 1), (size_t)(self->n - 1) * sizeof *values);
        self->end = self->n - 1;
    }
    memcpy(values + self->end, x, (size_t)m * sizeof *x);
    self->end += m;
    return values + self->end - m - (self->n - 1);
}

#endif
