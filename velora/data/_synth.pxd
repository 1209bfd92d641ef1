from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t


cdef extern from "velora/synth.h" nogil:
    enum:
        VEL_SYNTH_LEVELS_MAX
    ctypedef struct vel_synth_config_t:
        uint64_t seed
        int64_t start_ts
        int64_t start_ticks
        int32_t levels
        int32_t far_levels
        double limit[32]
        double cancel[32]
        double crowding
        double empty_boost
        double market
        double excite
        double decay
        double cross_excite
        double far_rate
        double theta
        double theta_reinit
        double order_lots
        double market_lots
        int64_t latency_floor
        double latency_tail
        int32_t quotes
        int32_t orders
    ctypedef struct vel_synth_t:
        pass
    int vel_synth_init(vel_synth_t *synth, const vel_synth_config_t *config)
    void vel_synth_free(vel_synth_t *synth)
    int64_t vel_synth_next(vel_synth_t *synth, int64_t until, int64_t rows, int64_t *ts_event, int64_t *ts_recv,
                           uint8_t *kind, uint8_t *side, uint8_t *flags, int64_t *price, int64_t *qty,
                           int64_t *order_id)
