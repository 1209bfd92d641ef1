/* Followed orders on any rows: the true lots ahead equal those counted in the queue, and every estimate is within
 * its level. */
#include "velora/queue_follow.h"

#include <string.h>

#define ROWS_MAX 512

static const uint8_t KINDS[] = {VEL_EV_ORDER_ADD,      VEL_EV_ORDER_ADD,    VEL_EV_ORDER_ADD,    VEL_EV_ORDER_CANCEL,
                                VEL_EV_ORDER_EXECUTE,  VEL_EV_ORDER_CHANGE, VEL_EV_TRADE,        VEL_EV_ORDER_EXECUTE,
                                VEL_EV_SNAPSHOT_BEGIN, VEL_EV_SNAPSHOT_END, VEL_EV_ORDER_CANCEL, VEL_EV_GAP};

static void check(const vel_follow_t *follow)
{
    vel_book_l3_check(&follow->book);
    VEL_ASSERT(follow->book.count == (int64_t)follow->sequences.count);
    for (int64_t at = 0; at < follow->orders.count; at++) {
        const vel_followed_t *order = &follow->orders.items[at];
        if (order->at < 0) {
            VEL_ASSERT(order->end != VEL_FOLLOW_OPEN && order->ts_end >= 0);
            continue;
        }
        VEL_ASSERT(order->end == VEL_FOLLOW_OPEN);
        VEL_ASSERT(follow->levels.items[order->level].members.items[order->at] == at);
        int64_t ids[ROWS_MAX], lots[ROWS_MAX], ahead = 0, total = 0;
        int64_t orders = vel_book_l3_queue(&follow->book, order->side, order->price, ROWS_MAX, ids, lots);
        for (int64_t one = 0; one < orders; one++) {
            bool is_own = order->is_real && ids[one] == order->id;
            total += is_own ? 0 : lots[one];
            if (!is_own && *vel_map_get(&follow->sequences, ids[one]) < order->sequence)
                ahead += lots[one];
        }
        VEL_ASSERT(order->ahead == ahead);
        if (follow->prints.count > 0 || follow->touched.count > 0)
            continue; /* within an event the models are not updated yet */
        for (int64_t model = 0; model < follow->models_count; model++) {
            const vel_estimate_t *estimate = &follow->estimates.items[at * follow->models_count + model];
            VEL_ASSERT(estimate->ahead >= 0.0 && estimate->ahead <= (double)total);
            VEL_ASSERT(estimate->absolute >= 0.0 && estimate->absolute >= estimate->error);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const vel_queue_params_t square = {2.0};
    const vel_queue_model_t models[] = {{vel_queue_risk_averse, &square},
                                        {vel_queue_optimistic, &square},
                                        {vel_queue_proportional, &square},
                                        {vel_queue_rigtorp, &square},
                                        {vel_queue_prob_of_front, &square}};
    int64_t ts[ROWS_MAX], price[ROWS_MAX], qty[ROWS_MAX], id[ROWS_MAX], now = 0;
    uint8_t kind[ROWS_MAX], side[ROWS_MAX], flags[ROWS_MAX];
    vel_placement_t placements[64];
    if (size < 8)
        return 0;
    int64_t rows = 0;
    for (size_t at = 4; at + 4 <= size && rows < ROWS_MAX; at += 4, rows++) {
        const uint8_t *b = bytes + at;
        now += b[0] >> 6;
        ts[rows] = now;
        kind[rows] = KINDS[b[0] % sizeof KINDS];
        bool is_rare =
            kind[rows] == VEL_EV_SNAPSHOT_BEGIN || kind[rows] == VEL_EV_SNAPSHOT_END || kind[rows] == VEL_EV_GAP;
        if (is_rare && b[1] > 24)
            kind[rows] = VEL_EV_ORDER_ADD; /* bias towards adds, so that most streams build a book */
        side[rows] = b[1] & 1;
        price[rows] = 100 + (b[1] >> 1) % 8;
        flags[rows] = (uint8_t)((b[1] & 16 ? VEL_FLAG_LAST : 0) | (b[1] % 61 == 0 ? VEL_FLAG_SNAPSHOT : 0));
        qty[rows] = b[2] % 6;
        id[rows] = b[3] % 48;
    }
    for (int64_t at = 0; at < 64; at++)
        placements[at] = (vel_placement_t){at * (now + 1) / 64, bytes[at % 4] >> (at % 5) & 3, at & 1};
    const vel_columns_t columns = {.ts_event = ts,
                                   .ts_recv = ts,
                                   .price = price,
                                   .qty = qty,
                                   .order_id = id,
                                   .kind = kind,
                                   .side = side,
                                   .flags = flags,
                                   .rows = rows};
    vel_follow_t follow = {.models = models,
                           .placements = placements,
                           .models_count = sizeof models / sizeof models[0],
                           .placements_count = 64,
                           .every = bytes[0] % 4,
                           .horizon_ns = 1 + bytes[1],
                           .has_trades = bytes[2] & 1,
                           .crosses = bytes[2] >> 1 & 1};
    VEL_ASSERT(vel_follow_init(&follow) == VEL_OK);
    for (int64_t row = 0; row < rows; row++) {
        int64_t failed = -1;
        int status = vel_follow_rows(&follow, &columns, row, row + 1, &failed);
        VEL_ASSERT(status == VEL_OK || (status != VEL_ENOMEM && failed == row));
        if (row % 16 == 0 || row + 1 == rows)
            check(&follow);
    }
    vel_follow_free(&follow);
    return 0;
}
