/* panel.h: one indicator for many symbols, a row of each at a time.
 *
 * The states of all symbols lie side by side, so that an update of thousands of them reads memory in order. A symbol
 * whose row holds a NaN gets no row: it keeps its value. Values are those of a vel_indicator_t of the symbol alone. */
#ifndef VELORA_PANEL_H
#define VELORA_PANEL_H

#include "velora/indicator.h"

VEL_C_BEGIN

typedef struct vel_panel {
    vel_indicator_t first; /* a fresh indicator: its state is the one that symbols start with */
    char *states;          /* `symbols` blocks of `stride` bytes */
    int64_t *rows;         /* rows of each symbol */
    size_t stride;
    int64_t symbols;
} vel_panel_t;

/* As vel_indicator_init; symbols >= 1. Free it with vel_panel_free, which takes a zeroed one too. */
int vel_panel_init(vel_panel_t *self, const vel_indicator_kind_t *kind, const double *params, int64_t symbols);
void vel_panel_free(vel_panel_t *self);
void vel_panel_reset(vel_panel_t *self);

/* A row of each symbol: in[k][s] is input k of symbol s; output k of symbol s goes to out[s * width + k], which stays
 * as it is for a symbol without a row, and is NaN during its warm-up. */
void vel_panel_update(vel_panel_t *self, const double *const *in, double *out, int64_t width);

VEL_C_END

#endif
