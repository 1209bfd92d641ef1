/* Every kind of indicator: single updates and runs over columns give the same bits, at each level of vector
 * instructions; a snapshot goes on; columns of any stride and type; parameters out of bounds; a panel. */
#include <stdio.h>
#include <string.h>

#include "velora/indicator.h"
#include "velora/panel.h"
#include "velora/rng.h"

#define ROWS 900

static double columns[VEL_TA_INPUTS_MAX][ROWS];

/* Candles for the first four inputs, positive numbers for the rest; `shape` 1 has a NaN at the head and one inside, 2
 * is constant, 3 lies on a coarse grid. */
static void fill(int shape)
{
    vel_rng_t rng;
    vel_rng_seed(&rng, 7 + (uint64_t)shape);
    double close = 100.0;
    for (int i = 0; i < ROWS; i++) {
        double open = close;
        close += 0.5 * (vel_rng_uniform(&rng) - 0.5);
        double high = (open > close ? open : close) + 0.2 * vel_rng_uniform(&rng),
               low = (open < close ? open : close) - 0.2 * vel_rng_uniform(&rng);
        double row[VEL_TA_INPUTS_MAX] = {open, high, low, close, 1.0 + floor(1000.0 * vel_rng_uniform(&rng)), 5.0};
        for (int k = 0; k < VEL_TA_INPUTS_MAX; k++) {
            columns[k][i] = shape == 2 ? 5.0 : shape == 3 ? floor(4.0 * row[k]) / 4.0 : row[k];
            if (shape == 1 && (i < 3 + k || i == 500))
                columns[k][i] = (double)NAN;
        }
    }
}

static bool same(double a, double b)
{
    return a == b || (a != a && b != b);
}

/* One kind, whole columns; outputs as doubles. */
static void run(vel_indicator_t *self, const double *const *in, int64_t first, int64_t last, double out[][ROWS])
{
    int32_t integers[VEL_TA_OUTPUTS_MAX][ROWS];
    vel_ta_column_t x[VEL_TA_INPUTS_MAX], y[VEL_TA_OUTPUTS_MAX];
    for (int k = 0; k < self->inputs; k++)
        x[k] = (vel_ta_column_t){.data = (void *)(uintptr_t)in[k], .stride = sizeof(double)};
    for (int k = 0; k < self->outputs; k++)
        y[k] = self->kind->is_integer ? (vel_ta_column_t){.data = integers[k], .stride = sizeof(int32_t)}
                                      : (vel_ta_column_t){.data = out[k], .stride = sizeof(double)};
    vel_indicator_run_columns(self, first, last, x, y);
    if (self->kind->is_integer)
        for (int k = 0; k < self->outputs; k++)
            for (int64_t i = first; i < last; i++)
                out[k][i] = integers[k][i];
}

/* One kind with parameters that go with each other. */
static void check_params(const vel_indicator_kind_t *kind, const double *params)
{
    static double whole[VEL_TA_OUTPUTS_MAX][ROWS], other[VEL_TA_OUTPUTS_MAX][ROWS];
    const double *in[VEL_TA_INPUTS_MAX];
    vel_indicator_t one, two;
    int bad;
    VEL_ASSERT(vel_indicator_init(&one, kind, params, &bad) == VEL_OK);
    VEL_ASSERT(vel_indicator_init(&two, kind, params, &bad) == VEL_OK);
    for (int k = 0; k < one.inputs; k++)
        in[k] = columns[k];
    run(&one, in, 0, ROWS, whole);
    for (int64_t i = 0; i < ROWS; i++) {
        double row[VEL_TA_INPUTS_MAX];
        for (int k = 0; k < two.inputs; k++)
            row[k] = columns[k][i];
        (void)vel_indicator_update(&two, row);
        for (int k = 0; k < two.outputs; k++)
            VEL_ASSERT(same(two.out[k], whole[k][i]));
    }
    VEL_ASSERT(one.rows == two.rows && one.skipped == two.skipped);
    /* In pieces, with a snapshot taken and restored between them. */
    vel_indicator_reset(&one);
    size_t size = vel_indicator_snapshot_size(&one);
    char *bytes = malloc(size);
    VEL_ASSERT(bytes != NULL);
    for (int64_t at = 0, piece = 1; at < ROWS; at += piece, piece = 3 * piece + 1) {
        int64_t end = at + piece < ROWS ? at + piece : ROWS;
        vel_indicator_snapshot(&one, bytes);
        VEL_ASSERT(vel_indicator_restore(&two, bytes, size) == VEL_OK);
        run(&two, in, at, end, other);
        run(&one, in, at, end, other);
        for (int k = 0; k < one.outputs; k++)
            VEL_ASSERT(same(one.out[k], two.out[k]));
    }
    for (int k = 0; k < one.outputs; k++)
        for (int64_t i = 0; i < ROWS; i++)
            VEL_ASSERT(same(other[k][i], whole[k][i]));
    bytes[size - 1] = (char)(bytes[size - 1] ^ 1);
    VEL_ASSERT(vel_indicator_restore(&two, bytes, size) == VEL_ECORRUPT);
    VEL_ASSERT(vel_indicator_restore(&two, bytes, size - 1) == VEL_ECORRUPT);
    free(bytes);
    /* Each level of vector instructions. */
    for (int level = VEL_TA_LEVEL_V3; level <= vel_indicator_level_max(); level++) {
        const vel_indicator_kind_t *wide = vel_indicator_kind(kind->name, level);
        vel_indicator_t three;
        VEL_ASSERT(wide != NULL && vel_indicator_init(&three, wide, params, &bad) == VEL_OK);
        run(&three, in, 0, ROWS, other);
        for (int k = 0; k < three.outputs; k++)
            for (int64_t i = 0; i < ROWS; i++)
                VEL_ASSERT(same(other[k][i], whole[k][i]));
        vel_indicator_free(&three);
    }
    vel_indicator_free(&one);
    vel_indicator_free(&two);
    vel_indicator_free(&two);
}

/* The defaults, each parameter at values small and large, each choice; and each parameter out of its bounds. */
static void check_kind(const vel_indicator_kind_t *kind)
{
    double params[VEL_TA_VALUES_MAX];
    int bad;
    vel_indicator_defaults(kind, params);
    check_params(kind, params);
    for (int i = 0; i < vel_indicator_params(kind); i++) {
        const vel_ta_param_t *param = &kind->params[i];
        double kept = params[i], small = param->low > 1.0 ? param->low : 1.0;
        double tried[20] = {param->low, param->low + 1.0, 7.0, 16.0, 33.0, 300.0};
        int count = 6;
        if (param->kind == VEL_TA_CHOICE)
            for (count = 0; count < 20 && param->low + count <= param->high; count++)
                tried[count] = param->low + count;
        else if (param->kind == VEL_TA_REAL)
            tried[1] = small;
        for (int t = 0; t < count; t++) {
            vel_indicator_t one;
            params[i] = tried[t];
            int status = vel_indicator_init(&one, kind, params, &bad);
            VEL_ASSERT(status == VEL_OK || status == VEL_EINVAL);
            vel_indicator_free(&one);
            if (status == VEL_OK)
                check_params(kind, params);
        }
        params[i] = kept;
    }
    /* Each parameter below, above and between its bounds. */
    for (int i = 0; i < vel_indicator_params(kind); i++) {
        double low = kind->params[i].low, high = kind->params[i].high;
        double wrong[] = {low - 1.0 - fabs(low), high + 1.0 + fabs(high), (double)NAN};
        for (int w = 0; w < 3; w++) {
            vel_indicator_t none;
            double kept = params[i];
            params[i] = wrong[w];
            VEL_ASSERT(vel_indicator_init(&none, kind, params, &bad) == VEL_EINVAL && bad == i);
            params[i] = kept;
        }
    }
}

/* Strides, backwards, floats. */
static void check_columns(void)
{
    const vel_indicator_kind_t *kind = vel_indicator_kind("ema", 0);
    static double wide[3 * ROWS], out[2 * ROWS], plain[ROWS];
    static float narrow[ROWS], narrow_out[ROWS];
    double params[VEL_TA_VALUES_MAX];
    vel_indicator_t self;
    int bad;
    fill(0);
    vel_indicator_defaults(kind, params);
    VEL_ASSERT(vel_indicator_init(&self, kind, params, &bad) == VEL_OK);
    for (int i = 0; i < ROWS; i++) {
        wide[3 * (ROWS - 1 - i)] = columns[0][i];
        narrow[i] = (float)columns[0][i];
    }
    vel_ta_column_t x = {.data = columns[0], .stride = sizeof(double)}, y = {.data = plain, .stride = sizeof(double)};
    vel_indicator_run_columns(&self, 0, ROWS, &x, &y);
    vel_indicator_reset(&self);
    x = (vel_ta_column_t){.data = &wide[3 * (ROWS - 1)], .stride = -3 * (int64_t)sizeof(double)};
    y = (vel_ta_column_t){.data = out, .stride = 2 * sizeof(double)};
    vel_indicator_run_columns(&self, 0, ROWS, &x, &y);
    for (int i = 0; i < ROWS; i++)
        VEL_ASSERT(same(out[2 * i], plain[i]));
    vel_indicator_reset(&self);
    x = (vel_ta_column_t){.data = narrow, .stride = sizeof(float), .is_float32 = true};
    y = (vel_ta_column_t){.data = narrow_out, .stride = sizeof(float), .is_float32 = true};
    vel_indicator_run_columns(&self, 0, ROWS, &x, &y);
    VEL_ASSERT(fabs((double)narrow_out[ROWS - 1] - plain[ROWS - 1]) < 1e-4);
    vel_indicator_free(&self);
    VEL_ASSERT(vel_indicator_kind("no such kind", 0) == NULL);
}

static void check_panel(void)
{
    const vel_indicator_kind_t *kind = vel_indicator_kind("ema", 0);
    double params[VEL_TA_VALUES_MAX], row[3], out[3] = {-1.0, -1.0, -1.0};
    const double *in[1] = {row};
    vel_panel_t panel;
    vel_indicator_t alone;
    int bad;
    vel_indicator_defaults(kind, params);
    params[0] = 5.0;
    VEL_ASSERT(vel_panel_init(&panel, kind, params, 0) == VEL_EINVAL);
    VEL_ASSERT(vel_panel_init(&panel, kind, params, INT64_MAX) == VEL_ENOMEM);
    VEL_ASSERT(vel_panel_init(&panel, kind, params, 3) == VEL_OK);
    VEL_ASSERT(vel_indicator_init(&alone, kind, params, &bad) == VEL_OK);
    for (int i = 0; i < ROWS; i++) {
        row[0] = row[1] = columns[0][i];
        row[2] = i % 2 == 0 ? (double)NAN : 3.0;
        vel_panel_update(&panel, in, out, 1);
        (void)vel_indicator_update(&alone, row);
        VEL_ASSERT(same(out[0], alone.out[0]) && same(out[1], alone.out[0]));
        VEL_ASSERT(i == 0 ? out[2] == -1.0 : i < 9 ? out[2] != out[2] : out[2] == 3.0);
    }
    vel_panel_reset(&panel);
    row[0] = 1.0;
    vel_panel_update(&panel, in, out, 1);
    VEL_ASSERT(out[0] != out[0]);
    vel_indicator_free(&alone);
    vel_panel_free(&panel);
    vel_panel_free(&panel);
}

int main(void)
{
    int64_t kinds = 0;
    for (int shape = 0; shape < 4; shape++) {
        fill(shape);
        for (int64_t i = 0; i < vel_indicator_families(); i++)
            for (const vel_indicator_kind_t *const *kind = vel_indicator_family(i, 0); *kind != NULL; kind++, kinds++)
                check_kind(*kind);
    }
    check_columns();
    check_panel();
    printf("%lld kinds\n", (long long)(kinds / 4));
    return 0;
}
