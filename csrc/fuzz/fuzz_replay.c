/* Random rows and random orders through a whole run: venue, local side and the loop that joins them.
 *
 * The bytes choose rows (deltas, trades, snapshots, quotes, gaps, halts, funding) and what the local side does at each
 * wake. Checked: no order fills beyond its quantity, the venue's account is the sum of its fills, one trade or one
 * shown level fills at most its quantity, the local position equals the venue's once every report has arrived, and
 * places in the queue stay within bounds. */
#include <string.h>

#include "velora/replay.h"

#define ROWS_MAX 512
#define ORDERS_MAX 128

typedef struct input {
    const uint8_t *bytes;
    size_t size;
    size_t at;
} input_t;

static uint8_t next_byte(input_t *in)
{
    return in->at < in->size ? in->bytes[in->at++] : 0;
}

typedef struct rows {
    int64_t ts_event[ROWS_MAX], ts_recv[ROWS_MAX], price[ROWS_MAX], qty[ROWS_MAX], order_id[ROWS_MAX];
    uint8_t kind[ROWS_MAX], side[ROWS_MAX], flags[ROWS_MAX];
    int64_t count;
} rows_t;

static void add_row(rows_t *rows, int64_t ts, uint8_t kind, uint8_t side, int64_t price, int64_t qty, uint8_t flags)
{
    int64_t at = rows->count;
    if (at == ROWS_MAX)
        return;
    rows->ts_event[at] = ts;
    rows->ts_recv[at] = ts + 5;
    rows->kind[at] = kind;
    rows->side[at] = side;
    rows->price[at] = price;
    rows->qty[at] = qty;
    rows->flags[at] = flags;
    rows->order_id[at] = at;
    rows->count++;
}

static void make_rows(input_t *in, rows_t *rows)
{
    int64_t ts = 1;
    int64_t wanted = 8 + next_byte(in);
    rows->count = 0;
    while (rows->count < wanted && rows->count < ROWS_MAX - 16) {
        uint8_t what = next_byte(in), side = next_byte(in) & 1;
        int64_t price = 20 + next_byte(in) % 16, qty = next_byte(in) % 8;
        ts += what >> 6;
        switch (what % 16) {
        case 0:
            add_row(rows, ts, VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0, 0);
            for (int64_t i = 0; i < 4; i++) {
                add_row(rows, ts, VEL_EV_DELTA, VEL_BUY, price - i, 1 + qty, VEL_FLAG_SNAPSHOT);
                add_row(rows, ts, VEL_EV_DELTA, VEL_SELL, price + 1 + i, 1 + qty, VEL_FLAG_SNAPSHOT);
            }
            add_row(rows, ts, VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST);
            break;
        case 1:
        case 2:
        case 3:
        case 4:
            add_row(rows, ts, VEL_EV_TRADE, side, price, qty + 1, VEL_FLAG_LAST);
            break;
        case 5:
            add_row(rows, ts, VEL_EV_GAP, VEL_NO_SIDE, 0, 0, VEL_FLAG_LAST);
            break;
        case 6:
            add_row(rows, ts, VEL_EV_STATUS, VEL_NO_SIDE, 0, qty > 1, VEL_FLAG_LAST);
            break;
        case 7:
            add_row(rows, ts, VEL_EV_FUNDING, VEL_NO_SIDE, 25 * VEL_RATE_SCALE, 1000, VEL_FLAG_LAST);
            break;
        case 8:
            add_row(rows, ts, VEL_EV_QUOTE, VEL_BUY, price, qty + 1, 0);
            add_row(rows, ts, VEL_EV_QUOTE, VEL_SELL, price + 1, qty + 1, VEL_FLAG_LAST);
            break;
        default:
            add_row(rows, ts, VEL_EV_DELTA, side, price, qty, what & 32 ? VEL_FLAG_LAST : 0);
            break;
        }
    }
}

static void act(vel_local_t *local, input_t *in)
{
    uint8_t what = next_byte(in), side = next_byte(in) & 1;
    int64_t price = 20 + next_byte(in) % 16, qty = 1 + next_byte(in) % 6;
    int64_t id = local->orders_count == 0 ? 0 : 1 + next_byte(in) % local->orders_count;
    int64_t made;
    if (local->orders_count >= ORDERS_MAX)
        return;
    switch (what % 8) {
    case 0:
    case 1:
        (void)vel_local_submit(local, what >> 7, 0, side, VEL_LIMIT, VEL_GTC, what & 16, price, qty, &made);
        break;
    case 2:
        (void)vel_local_submit(local, what >> 7, 0, side, VEL_LIMIT, what & 16 ? VEL_IOC : VEL_FOK, false, price, qty,
                               &made);
        break;
    case 3:
        (void)vel_local_submit(local, what >> 7, 0, side, VEL_MARKET, VEL_GTC, false, 0, qty, &made);
        break;
    case 4:
        (void)vel_local_cancel(local, id);
        break;
    case 5:
        (void)vel_local_amend(local, id, price, qty);
        break;
    case 6:
        (void)vel_local_quote(local, what >> 7, 0, side, what & 16, price, qty, what & 32);
        break;
    default:
        break;
    }
}

static void check_venue(const vel_venue_t *venue)
{
    const vel_venue_instrument_t *inst = &venue->instruments[0];
    uint64_t resting = 0;
    for (uint8_t side = 0; side < 2; side++) {
        int64_t last_key = INT64_MIN;
        for (uint32_t level = inst->own[side].best; level != VEL_NO_INDEX; level = venue->levels[level].worse) {
            double ahead = 0.0;
            VEL_ASSERT(venue->levels[level].key > last_key);
            last_key = venue->levels[level].key;
            VEL_ASSERT(venue->levels[level].head != VEL_NO_INDEX);
            for (uint32_t at = venue->levels[level].head; at != VEL_NO_INDEX; at = venue->resting[at].next) {
                const vel_resting_t *order = &venue->resting[at];
                VEL_ASSERT(order->leaves > 0 && order->leaves <= order->qty);
                VEL_ASSERT(order->place.ahead >= 0.0);
                VEL_ASSERT(order->place.ahead >= ahead || order->place.ahead < VEL_QUEUE_UNKNOWN);
                ahead = order->place.ahead;
                resting++;
            }
        }
        for (uint64_t at = 0; at < inst->own[side].taken.capacity; at++) {
            const vel_map_slot_t *slot = &inst->own[side].taken.slots[at];
            if (slot->value != VEL_MAP_EMPTY && !inst->book.in_snapshot)
                VEL_ASSERT(slot->value > 0 && slot->value <= vel_ladder_qty(&inst->book.side[side], slot->key));
        }
    }
    VEL_ASSERT(resting == venue->orders.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const vel_money_spec_t money = {10000, 1, 10, 200000, 500000, 0};
    input_t in = {bytes, size, 0};
    rows_t rows;
    vel_local_t local;
    vel_venue_t venue;
    vel_replay_t replay;
    vel_latency_t latency = {0};
    vel_queue_model_t queue = {vel_queue_risk_averse, NULL};

    make_rows(&in, &rows);
    static const int64_t quantiles[3] = {0, 4, 40};
    for (int action = 0; action < 3; action++)
        latency.entry[action].constant = next_byte(&in) % 16;
    latency.response.constant = next_byte(&in) % 16;
    if (next_byte(&in) & 1) {
        latency.entry[0].quantiles = quantiles;
        latency.entry[0].rows = 3;
        vel_rng_seed(&latency.entry[0].rng, 1);
    }
    VEL_ASSERT(vel_local_init(&local, 1, 2) == VEL_OK);
    VEL_ASSERT(vel_venue_init(&venue, 1, queue) == VEL_OK);
    VEL_ASSERT(vel_replay_init(&replay, &local, &venue, &latency) == VEL_OK);
    local.instruments[0].money = venue.instruments[0].money = money;
    vel_filter_t filter = {.every_n = 2};
    for (int kind = 0; kind < VEL_ROUTES; kind++)
        for (int32_t strategy = 0; strategy < 2; strategy++)
            VEL_ASSERT(vel_local_route_add(&local, 0, kind, strategy, strategy == 1 && kind < 3 ? &filter : NULL) ==
                       VEL_OK);
    local.strategies[0].wake_mask = local.strategies[1].wake_mask = VEL_WAKE_ORDER | VEL_WAKE_FILL;
    VEL_ASSERT(vel_local_timer_add(&local, 0, 3, 3, 1) == VEL_OK);

    bool fed[2] = {false, false};
    int code;
    while ((code = vel_replay_run(&replay, VEL_NEVER - 1, INT64_MAX)) != VEL_RUN_END) {
        vel_columns_t columns = {rows.ts_event, rows.ts_recv, rows.price, rows.qty, rows.order_id,
                                 rows.kind,     rows.side,    rows.flags, 0};
        switch (code) {
        case VEL_RUN_NEED_VENUE:
        case VEL_RUN_NEED_LOCAL:
            columns.rows = fed[code == VEL_RUN_NEED_LOCAL] ? 0 : rows.count;
            fed[code == VEL_RUN_NEED_LOCAL] = true;
            VEL_ASSERT(vel_replay_feed(&replay, 0, code == VEL_RUN_NEED_VENUE, &columns) == VEL_OK);
            break;
        case VEL_RUN_WAKE:
            check_venue(&venue);
            act(&local, &in);
            break;
        default:
            VEL_ASSERT(false);
        }
    }
    check_venue(&venue);

    /* What was filled, by the venue's account and by our records; some reports may still be on their way. */
    int64_t position = 0;
    for (int64_t i = 0; i < local.fills.count; i++) {
        const vel_fill_record_t *fill = &local.fills.items[i];
        VEL_ASSERT(fill->qty > 0);
        position += fill->side == VEL_BUY ? fill->qty : -fill->qty;
        if (fill->cause == VEL_CAUSE_QUEUE || fill->cause == VEL_CAUSE_THROUGH) {
            int64_t spent = 0;
            for (int64_t j = 0; j < local.fills.count; j++)
                if (local.fills.items[j].datum_row == fill->datum_row &&
                    local.fills.items[j].cause <= VEL_CAUSE_THROUGH)
                    spent += local.fills.items[j].qty;
            VEL_ASSERT(rows.kind[fill->datum_row] == VEL_EV_TRADE && spent <= rows.qty[fill->datum_row]);
        }
    }
    VEL_ASSERT(position ==
               vel_local_holding(&local, 0, 0)->position.lots + vel_local_holding(&local, 1, 0)->position.lots);
    VEL_ASSERT(local.fills_count == local.strategies[0].fills_count + local.strategies[1].fills_count);
    VEL_ASSERT(local.open_orders == local.strategies[0].open_orders + local.strategies[1].open_orders);
    for (vel_report_t *report; (report = vel_report_ring_front(&replay.reports)) != NULL;
         vel_report_ring_pop(&replay.reports))
        if (report->kind == VEL_REPORT_FILL)
            position += report->side == VEL_BUY ? report->qty : -report->qty;
    VEL_ASSERT(position == venue.instruments[0].position);
    for (int64_t id = 1; id <= local.orders_count; id++)
        VEL_ASSERT(vel_local_order(&local, id)->cum_qty <= vel_local_order(&local, id)->qty);

    vel_replay_free(&replay);
    vel_venue_free(&venue);
    vel_local_free(&local);
    return 0;
}
