# Declarations of csrc/include/velora/indicator.h, nothing else.
from libc.stdint cimport int32_t, int64_t, uint8_t


cdef extern from "velora/indicator.h" nogil:
    enum:
        VEL_TA_INPUTS_MAX
        VEL_TA_OUTPUTS_MAX
        VEL_TA_PARAMS_MAX
        VEL_TA_CANDLE_SETTINGS
        VEL_TA_VALUES_MAX

    ctypedef struct vel_ta_param_t:
        const char *name
        double initial
        double low
        double high
        uint8_t kind
        const char *text
        const char *choices

    ctypedef struct vel_ta_output_t:
        const char *name
        uint8_t plot

    ctypedef struct vel_indicator_kind_t:
        const char *name
        const char *class_name
        const char *title
        const char *group
        const char *formula
        const char *source
        const char *notes
        const char *talib
        const char *inputs[6]
        vel_ta_output_t outputs[14]
        vel_ta_param_t params[12]
        bint is_integer
        bint is_pattern
        bint is_anchored
        void (*step)(void *state, const double *row, double *out) noexcept nogil

    ctypedef struct vel_indicator_t:
        const vel_indicator_kind_t *kind
        size_t state_bytes
        int64_t rows
        int64_t skipped
        int64_t lookback
        int64_t settles
        int inputs
        int outputs
        double out[14]
        double params[45]

    ctypedef struct vel_ta_column_t:
        void *data
        int64_t stride
        bint is_float32

    int vel_indicator_level_max()
    int64_t vel_indicator_families()
    const vel_indicator_kind_t **vel_indicator_family(int64_t index, int level)
    const vel_indicator_kind_t *vel_indicator_kind(const char *name, int level)
    int vel_indicator_inputs(const vel_indicator_kind_t *kind)
    int vel_indicator_outputs(const vel_indicator_kind_t *kind)
    int vel_indicator_params(const vel_indicator_kind_t *kind)
    void vel_indicator_defaults(const vel_indicator_kind_t *kind, double *params)
    int vel_indicator_init(vel_indicator_t *self, const vel_indicator_kind_t *kind, const double *params, int *bad)
    void vel_indicator_free(vel_indicator_t *self)
    void vel_indicator_reset(vel_indicator_t *self)
    void vel_indicator_run_columns(vel_indicator_t *self, int64_t first, int64_t last, const vel_ta_column_t *columns,
                                   const vel_ta_column_t *out)
    size_t vel_indicator_snapshot_size(const vel_indicator_t *self)
    void vel_indicator_snapshot(const vel_indicator_t *self, void *bytes)
    int vel_indicator_restore(vel_indicator_t *self, const void *bytes, size_t size)
    double vel_indicator_update(vel_indicator_t *self, const double *row)
    bint vel_indicator_has_value(const vel_indicator_t *self)
    bint vel_indicator_is_settled(const vel_indicator_t *self)
