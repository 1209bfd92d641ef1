/* evidence.h: what a simulated venue knows about its fills and no real venue says: what caused each, which datum of the
 * recording it rests on, and what the data does not tell. It is the venue's own stream, joined to the fills of a result
 * by their trade ids; the local side never holds it. */
#ifndef VELORA_EVIDENCE_H
#define VELORA_EVIDENCE_H

#include <assert.h>

#include "velora/base.h"
#include "velora/vector.h"

VEL_C_BEGIN

/* What made a fill happen. */
enum {
    VEL_CAUSE_QUEUE = 0,   /* a trade at our price reached our place in the queue */
    VEL_CAUSE_THROUGH = 1, /* a trade printed beyond our price */
    VEL_CAUSE_CROSS = 2,   /* the other side of the book came to our price */
    VEL_CAUSE_TAKER = 3,   /* we took displayed liquidity */
    VEL_CAUSE_CANDLE = 4
};

/* What the data does not say and a fill rests on all the same; bits. */
enum {
    VEL_DOUBT_QUEUE = 1, /* what stood ahead: the level was out of view when the order joined it, or later */
    VEL_DOUBT_BOOK = 2,  /* what there was to take: the book was stale, or there was none */
    VEL_DOUBT_SIDE = 4,  /* who was aggressive in the trade */
    VEL_DOUBT_PRINT = 8  /* that there was a trade: it is inferred from a change of the book */
};

typedef struct vel_evidence {
    int64_t trade_id;
    int64_t datum_ts;  /* ns, ts_event of the feed row that caused the fill */
    int64_t datum_row; /* its number in venue order; -1 for a taker fill before any row */
    int64_t mid_x2;    /* best bid + best ask in ticks at the venue, 0 when a side is empty */
    int32_t instrument;
    uint8_t cause;  /* VEL_CAUSE_ */
    uint8_t doubts; /* VEL_DOUBT_ */
    uint8_t pad[2];
} vel_evidence_t;

static_assert(sizeof(vel_evidence_t) == 40, "records travel as arrays");

VEL_VECTOR(vel_evidences, vel_evidence_t)

VEL_C_END

#endif
