/* indicator.h: technical indicators, one row at a time or over columns.
 *
 * A kind (vel_indicator_kind_t) is the descriptor of one indicator: names, bounds of its parameters, formula, source
 * and its functions. An indicator (vel_indicator_t) is one instance of a kind with its parameters and its state.
 *
 *   rows      Row t holds one value of each input. Rows before the first one in which no input is NaN are skipped, as
 *             TA-Lib does; their outputs are NaN (0 for integer outputs). All later rows count, NaN or not.
 *   warm-up   The first `lookback` rows have the output NaN (integers: 0). A recursive indicator still depends on where
 *             its series starts; after `settles` rows its value is within 1e-9 of the value of an infinite history,
 *             relative to the range of its inputs. `settles` is at least lookback + 1.
 *   run       A run over columns makes the same steps in the same order of floating-point operations as single updates,
 *             so that both give the same bits; a run may follow updates and the reverse.
 *   state     One block of memory without pointers: a snapshot is a copy of it. Windows lie in the block behind the
 *             struct of the kind, so memory is bounded by the parameters.
 *
 * A new indicator is a struct, an init, a step and a descriptor in a file of csrc/src/ta/, and a row in the list of
 * that file; csrc/src/ta/inner.h has the parts they are built from. */
#ifndef VELORA_INDICATOR_H
#define VELORA_INDICATOR_H

#include <math.h>

#include "velora/base.h"

VEL_C_BEGIN

#define VEL_TA_INPUTS_MAX 6
#define VEL_TA_OUTPUTS_MAX 14
#define VEL_TA_PARAMS_MAX 12
/* Candlestick patterns take settings behind their parameters: a range type, a period and a factor for each of these. */
#define VEL_TA_CANDLE_SETTINGS 11
#define VEL_TA_VALUES_MAX (VEL_TA_PARAMS_MAX + 3 * VEL_TA_CANDLE_SETTINGS)
/* Longest window, which bounds the memory of an indicator. */
#define VEL_TA_PERIOD_MAX 100000

/* Kinds of parameters. */
enum { VEL_TA_INTEGER = 0, VEL_TA_REAL = 1, VEL_TA_CHOICE = 2 };

/* How a plot shows an output. */
enum {
    VEL_TA_OVERLAY = 0,   /* a line over the candles */
    VEL_TA_PANEL = 1,     /* a line in a panel of its own */
    VEL_TA_HISTOGRAM = 2, /* bars in the panel */
    VEL_TA_MARK = 3,      /* marks at the candles where it is not 0 */
    VEL_TA_POINTS = 4     /* points over the candles */
};

typedef struct vel_ta_param {
    const char *name;
    double initial; /* its default */
    double low;     /* bounds, both included */
    double high;
    uint8_t kind;        /* VEL_TA_INTEGER ... */
    const char *text;    /* one line for the documentation */
    const char *choices; /* VEL_TA_CHOICE: names of the values from `low` on, separated by | */
} vel_ta_param_t;

typedef struct vel_ta_output {
    const char *name;
    uint8_t plot; /* VEL_TA_OVERLAY ... */
} vel_ta_output_t;

/* Where the windows of a state are placed; with base NULL they are only measured. */
typedef struct vel_ta_space {
    char *base;
    size_t used; /* bytes, a multiple of 8 */
} vel_ta_space_t;

typedef struct vel_indicator_kind {
    const char *name;                            /* of the function over columns: "ema" */
    const char *class_name;                      /* of the streaming class: "EMA" */
    const char *title;                           /* "Exponential moving average" */
    const char *group;                           /* "averages" */
    const char *formula;                         /* plain text; t is the current row */
    const char *source;                          /* who published it, and where */
    const char *notes;                           /* NaN, zero denominators, differences from TA-Lib; NULL: none */
    const char *talib;                           /* name of TA-Lib's function of the same meaning; NULL: it has none */
    const char *inputs[VEL_TA_INPUTS_MAX];       /* open high low close volume, or others; NULL ends the list */
    vel_ta_output_t outputs[VEL_TA_OUTPUTS_MAX]; /* a NULL name ends the list */
    vel_ta_param_t params[VEL_TA_PARAMS_MAX];    /* a NULL name ends the list */
    bool is_integer;                             /* all its outputs are integers */
    bool is_pattern;                             /* takes candle settings behind its parameters */
    bool is_anchored; /* its level depends on its first row for ever, or no bound of its convergence is known */
    size_t state_size;
    /* Sets up a zeroed state; places its windows in `space`. Called twice, first with space->base NULL. */
    void (*init)(void *state, const double *params, vel_ta_space_t *space);
    int64_t (*lookback)(const double *params);
    int64_t (*settles)(const double *params); /* NULL: lookback + 1 */
    /* VEL_OK, or VEL_EINVAL when parameters contradict each other (NULL: they cannot); *bad is the index of one. */
    int (*check)(const double *params, int *bad);
    void (*step)(void *state, const double *in, double *out);
    /* `n` steps; one of the two, by is_integer. Outputs during the warm-up may be anything. */
    void (*run)(void *state, int64_t n, const double *const *in, double *const *out);
    void (*run_integer)(void *state, int64_t n, const double *const *in, int32_t *const *out);
    /* Called before the first row that counts, with the number of rows skipped; NULL: it does not matter. */
    void (*begin)(void *state, int64_t skipped);
} vel_indicator_kind_t;

typedef struct vel_indicator {
    const vel_indicator_kind_t *kind; /* borrowed; NULL in a freed or zeroed one */
    void *state;
    size_t state_bytes;
    int64_t rows;    /* rows that count */
    int64_t skipped; /* rows before them */
    int64_t lookback;
    int64_t settles;
    int inputs;
    int outputs;
    double out[VEL_TA_OUTPUTS_MAX]; /* of the last row; NaN during the warm-up */
    double params[VEL_TA_VALUES_MAX];
} vel_indicator_t;

/* Levels of vector instructions: what any processor of the architecture has, x86-64-v3 (AVX2), x86-64-v4 (AVX-512). All
 * give the same bits. */
enum { VEL_TA_LEVEL_PLAIN = 0, VEL_TA_LEVEL_V3 = 3, VEL_TA_LEVEL_V4 = 4 };

/* The highest level of this processor and build. */
int vel_indicator_level_max(void);

/* All kinds: lists by family, each ended by NULL. `level` is at most vel_indicator_level_max(). */
int64_t vel_indicator_families(void);
const vel_indicator_kind_t *const *vel_indicator_family(int64_t index, int level);
/* The kind of a name, NULL when there is none. */
const vel_indicator_kind_t *vel_indicator_kind(const char *name, int level);

int vel_indicator_inputs(const vel_indicator_kind_t *kind);
int vel_indicator_outputs(const vel_indicator_kind_t *kind);
/* Number of parameters, without candle settings. */
int vel_indicator_params(const vel_indicator_kind_t *kind);
/* Writes the defaults, candle settings included; `params` has VEL_TA_VALUES_MAX values. */
void vel_indicator_defaults(const vel_indicator_kind_t *kind, double *params);

/* `params` has VEL_TA_VALUES_MAX values, of which a kind reads its own. VEL_OK, VEL_ENOMEM, or VEL_EINVAL with the
 * index of a parameter that is out of bounds, or contradicts another, in *bad. Free it with vel_indicator_free, which
 * takes a zeroed one too. */
int vel_indicator_init(vel_indicator_t *self, const vel_indicator_kind_t *kind, const double *params, int *bad);
void vel_indicator_free(vel_indicator_t *self);
/* Back to the state before the first row. */
void vel_indicator_reset(vel_indicator_t *self);

/* `n` rows of contiguous columns, `in` and `out` as many pointers as the kind has inputs and outputs. */
void vel_indicator_run(vel_indicator_t *self, int64_t n, const double *const *in, double *const *out);
void vel_indicator_run_integer(vel_indicator_t *self, int64_t n, const double *const *in, int32_t *const *out);

/* A column of doubles, floats or, as the output of an integer kind, int32. `stride` is in bytes and may be negative. */
typedef struct vel_ta_column {
    void *data; /* of row 0; inputs are not written */
    int64_t stride;
    bool is_float32;
} vel_ta_column_t;

/* The rows [first, last) of columns of any stride. */
void vel_indicator_run_columns(vel_indicator_t *self, int64_t first, int64_t last, const vel_ta_column_t *in,
                               const vel_ta_column_t *out);

/* Bytes of a snapshot; the snapshot is of this build of the library and machine. */
size_t vel_indicator_snapshot_size(const vel_indicator_t *self);
void vel_indicator_snapshot(const vel_indicator_t *self, void *bytes);
/* VEL_OK, or VEL_ECORRUPT, the indicator unchanged, when the bytes are no snapshot of this kind with these parameters.
 */
int vel_indicator_restore(vel_indicator_t *self, const void *bytes, size_t size);

/* Skips a row before the first one that counts; returns whether it was skipped. */
bool vel_indicator_skip(vel_indicator_t *self, const double *in);

/* One row; the outputs are in self->out. Returns the first. */
static inline double vel_indicator_update(vel_indicator_t *self, const double *in)
{
    if (VEL_UNLIKELY(self->rows == 0) && vel_indicator_skip(self, in))
        return self->out[0];
    self->kind->step(self->state, in, self->out);
    if (VEL_UNLIKELY(++self->rows <= self->lookback))
        for (int i = 0; i < self->outputs; i++)
            self->out[i] = self->kind->is_integer ? 0.0 : (double)NAN;
    return self->out[0];
}

static inline bool vel_indicator_has_value(const vel_indicator_t *self)
{
    return self->rows > self->lookback;
}

/* Whether its value no longer depends on where its series started (see the top). */
static inline bool vel_indicator_is_settled(const vel_indicator_t *self)
{
    return self->rows >= self->settles;
}

VEL_C_END

#endif
