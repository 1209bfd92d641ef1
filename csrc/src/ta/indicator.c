/* indicator.c: what all kinds share: memory, warm-up, chunks of columns, snapshots. */
#include "velora/indicator.h"

#include "inner.h"
#include "velora/hash.h"

int vel_indicator_inputs(const vel_indicator_kind_t *kind)
{
    int count = 0;
    while (count < VEL_TA_INPUTS_MAX && kind->inputs[count] != NULL)
        count++;
    return count;
}

int vel_indicator_outputs(const vel_indicator_kind_t *kind)
{
    int count = 0;
    while (count < VEL_TA_OUTPUTS_MAX && kind->outputs[count].name != NULL)
        count++;
    return count;
}

int vel_indicator_params(const vel_indicator_kind_t *kind)
{
    int count = 0;
    while (count < VEL_TA_PARAMS_MAX && kind->params[count].name != NULL)
        count++;
    return count;
}

void vel_indicator_defaults(const vel_indicator_kind_t *kind, double *params)
{
    int count = vel_indicator_params(kind);
    memset(params, 0, VEL_TA_VALUES_MAX * sizeof *params);
    for (int i = 0; i < count; i++)
        params[i] = kind->params[i].initial;
    if (kind->is_pattern)
        memcpy(params + count, vel_ta_candle_defaults, sizeof vel_ta_candle_defaults);
}

/* Number of values that a kind reads of its parameters. */
static int values_of(const vel_indicator_kind_t *kind)
{
    return vel_indicator_params(kind) + (kind->is_pattern ? 3 * VEL_TA_CANDLE_SETTINGS : 0);
}

static int check(const vel_indicator_kind_t *kind, const double *params, int *bad)
{
    int count = vel_indicator_params(kind);
    for (*bad = 0; *bad < count; (*bad)++) {
        const vel_ta_param_t *param = &kind->params[*bad];
        double x = params[*bad];
        if (!(x >= param->low && x <= param->high) || (param->kind != VEL_TA_REAL && x != floor(x)))
            return VEL_EINVAL;
    }
    if (kind->is_pattern)
        for (; *bad < count + 3 * VEL_TA_CANDLE_SETTINGS; *bad += 3) {
            const double *setting = &params[*bad];
            if (!(setting[0] == 0.0 || setting[0] == 1.0 || setting[0] == 2.0) || setting[1] != floor(setting[1]) ||
                !(setting[1] >= 0.0 && setting[1] <= VEL_TA_PERIOD_MAX) || !isfinite(setting[2]))
                return VEL_EINVAL;
        }
    *bad = 0;
    return kind->check == NULL ? VEL_OK : kind->check(params, bad);
}

int vel_indicator_init(vel_indicator_t *self, const vel_indicator_kind_t *kind, const double *params, int *bad)
{
    memset(self, 0, sizeof *self);
    int status = check(kind, params, bad);
    if (status != VEL_OK)
        return status;
    size_t head = (kind->state_size + 15) / 16 * 16;
    char *state = calloc(1, head + 16);
    if (state == NULL)
        return VEL_ENOMEM;
    vel_ta_space_t space = {NULL, 0};
    kind->init(state, params, &space);
    free(state);
    self->state_bytes = head + space.used;
    if ((self->state = calloc(1, self->state_bytes + 16)) == NULL)
        return VEL_ENOMEM;
    self->kind = kind;
    memcpy(self->params, params, (size_t)values_of(kind) * sizeof *params);
    self->inputs = vel_indicator_inputs(kind);
    self->outputs = vel_indicator_outputs(kind);
    self->lookback = kind->lookback(self->params);
    self->settles = vel_max(kind->settles == NULL ? 0 : kind->settles(self->params), self->lookback + 1);
    vel_indicator_reset(self);
    return VEL_OK;
}

void vel_indicator_free(vel_indicator_t *self)
{
    free(self->state);
    memset(self, 0, sizeof *self);
}

static double nothing(const vel_indicator_t *self)
{
    return self->kind->is_integer ? 0.0 : (double)NAN;
}

void vel_indicator_reset(vel_indicator_t *self)
{
    size_t head = (self->kind->state_size + 15) / 16 * 16;
    vel_ta_space_t space = {.base = (char *)self->state + head, .used = 0};
    memset(self->state, 0, self->state_bytes);
    self->kind->init(self->state, self->params, &space);
    self->rows = self->skipped = 0;
    for (int i = 0; i < self->outputs; i++)
        self->out[i] = nothing(self);
}

bool vel_indicator_skip(vel_indicator_t *self, const double *in)
{
    for (int i = 0; i < self->inputs; i++)
        if (in[i] != in[i]) {
            self->skipped++;
            return true;
        }
    if (self->kind->begin != NULL)
        self->kind->begin(self->state, self->skipped);
    return false;
}

/* Rows of the columns that are skipped because the first row that counts has not come. */
static int64_t skip_rows(vel_indicator_t *self, int64_t n, const double *const *in)
{
    int64_t row = 0;
    for (bool is_skipped = self->rows == 0; row < n && is_skipped; row += is_skipped) {
        double x[VEL_TA_INPUTS_MAX];
        for (int i = 0; i < self->inputs; i++)
            x[i] = in[i][row];
        is_skipped = vel_indicator_skip(self, x);
    }
    return row;
}

/* Rows of a chunk that starts now for which there is no value yet. */
static int64_t warming(const vel_indicator_t *self, int64_t n)
{
    return vel_max(0, vel_min(self->lookback - self->rows, n));
}

void vel_indicator_run(vel_indicator_t *self, int64_t n, const double *const *in, double *const *out)
{
    const double *x[VEL_TA_INPUTS_MAX];
    double *y[VEL_TA_OUTPUTS_MAX];
    int64_t row = skip_rows(self, n, in), count;
    for (int i = 0; i < self->outputs; i++)
        for (int64_t k = 0; k < row; k++)
            out[i][k] = (double)NAN;
    for (; row < n; row += count) {
        count = vel_min(n - row, VEL_TA_CHUNK);
        for (int i = 0; i < self->inputs; i++)
            x[i] = in[i] + row;
        for (int i = 0; i < self->outputs; i++)
            y[i] = out[i] + row;
        self->kind->run(self->state, count, x, y);
        int64_t empty = warming(self, count);
        for (int i = 0; i < self->outputs; i++)
            for (int64_t k = 0; k < empty; k++)
                y[i][k] = (double)NAN;
        self->rows += count;
    }
    if (n > 0)
        for (int i = 0; i < self->outputs; i++)
            self->out[i] = out[i][n - 1];
}

void vel_indicator_run_integer(vel_indicator_t *self, int64_t n, const double *const *in, int32_t *const *out)
{
    const double *x[VEL_TA_INPUTS_MAX];
    int32_t *y[VEL_TA_OUTPUTS_MAX];
    int64_t row = skip_rows(self, n, in), count;
    for (int i = 0; i < self->outputs; i++)
        memset(out[i], 0, (size_t)row * sizeof **out);
    for (; row < n; row += count) {
        count = vel_min(n - row, VEL_TA_CHUNK);
        for (int i = 0; i < self->inputs; i++)
            x[i] = in[i] + row;
        for (int i = 0; i < self->outputs; i++)
            y[i] = out[i] + row;
        self->kind->run_integer(self->state, count, x, y);
        size_t empty = (size_t)warming(self, count);
        for (int i = 0; i < self->outputs; i++)
            memset(y[i], 0, empty * sizeof **y);
        self->rows += count;
    }
    if (n > 0)
        for (int i = 0; i < self->outputs; i++)
            self->out[i] = out[i][n - 1];
}

/* ---- columns with strides and of other types */

static void gather(const vel_ta_column_t *column, int64_t row, int64_t n, double *out)
{
    const char *at = (const char *)column->data + row * column->stride;
    if (column->is_float32)
        for (int64_t i = 0; i < n; i++, at += column->stride) {
            float x;
            memcpy(&x, at, sizeof x);
            out[i] = (double)x;
        }
    else
        for (int64_t i = 0; i < n; i++, at += column->stride)
            memcpy(&out[i], at, sizeof *out);
}

static void scatter(const double *values, int64_t n, const vel_ta_column_t *column, int64_t row)
{
    char *at = (char *)column->data + row * column->stride;
    if (column->is_float32)
        for (int64_t i = 0; i < n; i++, at += column->stride) {
            float x = (float)values[i];
            memcpy(at, &x, sizeof x);
        }
    else
        for (int64_t i = 0; i < n; i++, at += column->stride)
            memcpy(at, &values[i], sizeof *values);
}

static void scatter_integers(const int32_t *values, int64_t n, const vel_ta_column_t *column, int64_t row)
{
    char *at = (char *)column->data + row * column->stride;
    for (int64_t i = 0; i < n; i++, at += column->stride)
        memcpy(at, &values[i], sizeof *values);
}

void vel_indicator_run_columns(vel_indicator_t *self, int64_t first, int64_t last, const vel_ta_column_t *in,
                               const vel_ta_column_t *out)
{
    double x[VEL_TA_INPUTS_MAX][VEL_TA_CHUNK], y[VEL_TA_OUTPUTS_MAX][VEL_TA_CHUNK];
    int32_t z[VEL_TA_OUTPUTS_MAX][VEL_TA_CHUNK];
    const double *from[VEL_TA_INPUTS_MAX];
    double *to[VEL_TA_OUTPUTS_MAX];
    int32_t *to_integers[VEL_TA_OUTPUTS_MAX];
    bool is_plain = true;
    for (int i = 0; i < self->inputs; i++)
        is_plain = is_plain && !in[i].is_float32 && in[i].stride == (int64_t)sizeof(double);
    int64_t size = self->kind->is_integer ? (int64_t)sizeof(int32_t) : (int64_t)sizeof(double);
    for (int i = 0; i < self->outputs; i++)
        is_plain = is_plain && !out[i].is_float32 && out[i].stride == size;
    for (int64_t row = first, count; row < last; row += count) {
        count = is_plain ? last - first : vel_min(last - row, VEL_TA_CHUNK);
        for (int i = 0; i < self->inputs; i++) {
            from[i] = is_plain ? (const double *)in[i].data + row : x[i];
            if (!is_plain)
                gather(&in[i], row, count, x[i]);
        }
        for (int i = 0; i < self->outputs; i++) {
            to[i] = is_plain ? (double *)out[i].data + row : y[i];
            to_integers[i] = is_plain ? (int32_t *)out[i].data + row : z[i];
        }
        if (self->kind->is_integer)
            vel_indicator_run_integer(self, count, from, to_integers);
        else
            vel_indicator_run(self, count, from, to);
        for (int i = 0; i < self->outputs && !is_plain; i++)
            if (self->kind->is_integer)
                scatter_integers(z[i], count, &out[i], row);
            else
                scatter(y[i], count, &out[i], row);
    }
}

/* ---- snapshots: a head, the last outputs, the state */

typedef struct vel_ta_snapshot {
    char magic[8];
    char name[32];
    uint64_t state_bytes;
    uint64_t hash; /* of the head with 0 here and of the state */
    int64_t rows;
    int64_t skipped;
    double params[VEL_TA_VALUES_MAX];
    double out[VEL_TA_OUTPUTS_MAX];
} vel_ta_snapshot_t;

#define VEL_TA_MAGIC "VELTA01"

size_t vel_indicator_snapshot_size(const vel_indicator_t *self)
{
    return sizeof(vel_ta_snapshot_t) + self->state_bytes;
}

static uint64_t add_words(uint64_t hash, const void *words, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const char *)words + at, sizeof word);
        hash = vel_hash_word(hash, word);
    }
    return hash;
}

static uint64_t hash_of(vel_ta_snapshot_t head, const void *state)
{
    head.hash = 0;
    return add_words(add_words(VEL_HASH_SEED, &head, sizeof head), state, (size_t)head.state_bytes);
}

static void describe(const vel_indicator_t *self, vel_ta_snapshot_t *head)
{
    memset(head, 0, sizeof *head);
    memcpy(head->magic, VEL_TA_MAGIC, sizeof head->magic);
    size_t length = strlen(self->kind->name);
    memcpy(head->name, self->kind->name, length < sizeof head->name ? length : sizeof head->name - 1);
    head->state_bytes = self->state_bytes;
    memcpy(head->params, self->params, sizeof head->params);
}

void vel_indicator_snapshot(const vel_indicator_t *self, void *bytes)
{
    vel_ta_snapshot_t head;
    describe(self, &head);
    head.rows = self->rows;
    head.skipped = self->skipped;
    memcpy(head.out, self->out, sizeof head.out);
    head.hash = hash_of(head, self->state);
    memcpy(bytes, &head, sizeof head);
    memcpy((char *)bytes + sizeof head, self->state, self->state_bytes);
}

int vel_indicator_restore(vel_indicator_t *self, const void *bytes, size_t size)
{
    vel_ta_snapshot_t own, head;
    if (size != vel_indicator_snapshot_size(self))
        return VEL_ECORRUPT;
    describe(self, &own);
    memcpy(&head, bytes, sizeof head);
    if (memcmp(own.magic, head.magic, sizeof own.magic) != 0 || memcmp(own.name, head.name, sizeof own.name) != 0 ||
        own.state_bytes != head.state_bytes || memcmp(own.params, head.params, sizeof own.params) != 0 ||
        head.hash != hash_of(head, (const char *)bytes + sizeof head))
        return VEL_ECORRUPT;
    self->rows = head.rows;
    self->skipped = head.skipped;
    memcpy(self->out, head.out, sizeof head.out);
    memcpy(self->state, (const char *)bytes + sizeof head, self->state_bytes);
    return VEL_OK;
}
