/* panel.c: one indicator for many symbols. */
#include "velora/panel.h"

#include <string.h>

int vel_panel_init(vel_panel_t *self, const vel_indicator_kind_t *kind, const double *params, int64_t symbols)
{
    int bad;
    memset(self, 0, sizeof *self);
    if (symbols < 1)
        return VEL_EINVAL;
    int status = vel_indicator_init(&self->first, kind, params, &bad);
    if (status != VEL_OK)
        return status;
    self->symbols = symbols;
    self->stride = (self->first.state_bytes + 15) / 16 * 16;
    if ((size_t)symbols > SIZE_MAX / self->stride || (size_t)symbols > SIZE_MAX / sizeof *self->rows)
        status = VEL_ENOMEM;
    else {
        self->states = malloc((size_t)symbols * self->stride);
        self->rows = malloc((size_t)symbols * sizeof *self->rows);
        status = self->states == NULL || self->rows == NULL ? VEL_ENOMEM : VEL_OK;
    }
    if (status != VEL_OK) {
        vel_panel_free(self);
        return status;
    }
    vel_panel_reset(self);
    return VEL_OK;
}

void vel_panel_free(vel_panel_t *self)
{
    vel_indicator_free(&self->first);
    free(self->states);
    free(self->rows);
    memset(self, 0, sizeof *self);
}

void vel_panel_reset(vel_panel_t *self)
{
    for (int64_t s = 0; s < self->symbols; s++)
        memcpy(self->states + (size_t)s * self->stride, self->first.state, self->first.state_bytes);
    memset(self->rows, 0, (size_t)self->symbols * sizeof *self->rows);
}

void vel_panel_update(vel_panel_t *self, const double *const *in, double *out, int64_t width)
{
    const vel_indicator_kind_t *kind = self->first.kind;
    int inputs = self->first.inputs, outputs = self->first.outputs;
    for (int64_t s = 0; s < self->symbols; s++, out += width) {
        double row[VEL_TA_INPUTS_MAX], values[VEL_TA_OUTPUTS_MAX];
        bool is_whole = true;
        for (int k = 0; k < inputs; k++) {
            row[k] = in[k][s];
            is_whole = is_whole && row[k] == row[k];
        }
        if (!is_whole)
            continue;
        char *state = self->states + (size_t)s * self->stride;
        if (VEL_UNLIKELY(self->rows[s] == 0) && kind->begin != NULL)
            kind->begin(state, 0);
        kind->step(state, row, values);
        bool has_value = ++self->rows[s] > self->first.lookback;
        for (int k = 0; k < outputs; k++)
            out[k] = has_value ? values[k] : (double)NAN;
    }
}
