/* The random rows and orders of fuzz_replay.c under hftbacktest's rules.
 *
 * With every correction the run must be the native venue's, report by report and place by place, where the rows leave
 * nothing unknown: hftbacktest takes what a feed does not show for empty. With any set of corrections, either exchange
 * and either order of work: no crash, no order beyond its quantity, and the venue's account is the sum of its fills. */
#define LLVMFuzzerTestOneInput native_input
#include "fuzz_replay.c"
#undef LLVMFuzzerTestOneInput

#include "velora/hash.h"
#include "velora/replay_hft.h"
#include "velora/venue_hft.h"

typedef struct rules {
    uint32_t corrections;
    uint8_t is_native;
    uint8_t is_partial;
    uint8_t model; /* hftbacktest's; `queue` is the venue's, which holds with WHOLE_LOTS */
    uint8_t queue;
    uint8_t has_own_order;
    uint8_t is_known;  /* the rows leave nothing unknown */
    uint8_t knows_all; /* the orders that hftbacktest does not know come too, to be refused */
} rules_t;

static void check_orders(const vel_venue_t *venue)
{
    uint64_t resting = 0;
    for (int side = 0; side < 2; side++) {
        const vel_hft_side_t *own = &venue->hft->instruments[0].side[side];
        for (int64_t at = 0; at < own->count; at++) {
            VEL_ASSERT(at == 0 || own->orders[at - 1].key <= own->orders[at].key);
            VEL_ASSERT(own->orders[at].leaves >= 0 && own->orders[at].leaves <= own->orders[at].qty);
        }
        resting += (uint64_t)own->count;
    }
    VEL_ASSERT(resting == venue->hft->orders.count);
}

/* Some of the trades were against hidden volume, of some the aggressor is not told, some come in the instant of the
 * depth row that tells them. */
static void make_odd_trades(rows_t *rows)
{
    for (int64_t row = 0; row < rows->count; row++) {
        int64_t mix = rows->price[row] + 3 * rows->qty[row];
        if (rows->kind[row] != VEL_EV_TRADE)
            continue;
        if (row > 0 && rows->kind[row - 1] == VEL_EV_DELTA && mix % 3 == 0) {
            rows->ts_event[row] = rows->ts_event[row - 1];
            rows->ts_recv[row] = rows->ts_recv[row - 1];
            rows->price[row] = rows->price[row - 1];
            rows->side[row] = vel_opposite(rows->side[row - 1]);
            continue;
        }
        if (mix % 5 == 0)
            rows->flags[row] |= VEL_FLAG_HIDDEN;
        if (mix % 7 == 0)
            rows->side[row] = VEL_NO_SIDE;
    }
}

/* The same rows without what the two take for different things: a snapshot that reaches beyond all prices comes first,
 * the book never crosses, and there are neither gaps nor quotes nor other snapshots. */
static void make_known(rows_t *rows)
{
    static const struct {
        uint8_t kind, side, flags;
        int64_t price;
    } head[4] = {{VEL_EV_SNAPSHOT_BEGIN, VEL_NO_SIDE, 0, 0},
                 {VEL_EV_DELTA, VEL_BUY, VEL_FLAG_SNAPSHOT, 1},
                 {VEL_EV_DELTA, VEL_SELL, VEL_FLAG_SNAPSHOT, 100},
                 {VEL_EV_SNAPSHOT_END, VEL_NO_SIDE, VEL_FLAG_LAST, 0}};
    for (int64_t row = 0; row < rows->count; row++) {
        uint8_t kind = rows->kind[row];
        if (row < 4) {
            rows->kind[row] = head[row].kind;
            rows->side[row] = head[row].side;
            rows->flags[row] = head[row].flags;
            rows->price[row] = head[row].price;
            rows->qty[row] = head[row].price == 0 ? 0 : 1000;
            rows->ts_event[row] = rows->ts_recv[row] = 1; /* before the first order */
        } else if (kind == VEL_EV_GAP || kind == VEL_EV_QUOTE || kind == VEL_EV_SNAPSHOT_BEGIN ||
                   kind == VEL_EV_SNAPSHOT_END) {
            rows->kind[row] = VEL_EV_MARK_PRICE;
            rows->side[row] = VEL_NO_SIDE;
            rows->price[row] = 0;
        } else if (kind == VEL_EV_DELTA) {
            rows->price[row] = (rows->price[row] & 7) + (rows->side[row] == VEL_BUY ? 20 : 28);
            rows->flags[row] &= (uint8_t)~VEL_FLAG_SNAPSHOT;
        }
    }
}

/* As `act`, without the orders that hftbacktest does not know. */
static void act_as_known(vel_local_t *local, input_t *in)
{
    if (in->at < in->size && in->bytes[in->at] % 16 == 15) {
        in->at++;
        /* As one strategy alone sends it. */
        vel_command_t all = {.ts_sent = local->now, .action = VEL_ACTION_CANCEL_ALL, .terms = {.side = VEL_NO_SIDE}};
        VEL_ASSERT(vel_gate_send(&local->gate, &all) == VEL_GATE_SENT);
    } else if (in->at < in->size && in->bytes[in->at] % 8 != 0) {
        (void)act(local, in);
    } else {
        (void)next_byte(in);
    }
}

/* Hash of every command and report of a run, and of every change of a place. */
static uint64_t run(const uint8_t *bytes, size_t size, rules_t rules)
{
    static const vel_money_spec_t money = {10000, 1, 10, 200000, 500000, 0};
    static const vel_queue_params_t params = {0.0}; /* logarithms: they tell lots from base units */
    input_t in = {bytes, size, 0};
    rows_t rows;
    vel_local_t local;
    vel_venue_t venue;
    vel_replay_t replay;
    vel_latency_t latency = {0};
    static const vel_queue_depth_fn models[4] = {vel_queue_risk_averse, vel_queue_prob_ratio, vel_queue_rigtorp,
                                                 vel_queue_proportional};
    vel_queue_model_t queue = {models[rules.queue % 4], &params};

    make_rows(&in, &rows);
    make_odd_trades(&rows);
    if (rules.is_known)
        make_known(&rows);
    for (int action = 0; action < 3; action++)
        latency.entry[action].constant = next_byte(&in) % 16;
    latency.response.constant = next_byte(&in) % 16;
    VEL_ASSERT(vel_local_init(&local, 1, 2) == VEL_OK);
    VEL_ASSERT(vel_venue_init(&venue, 1, queue) == VEL_OK);
    if (!rules.is_native)
        VEL_ASSERT(vel_venue_hft_init(&venue, rules.is_partial, rules.corrections, rules.model, 0.0) == VEL_OK);
    if (!rules.is_native)
        venue.hft->instruments[0].lot_den = 1000;
    venue.traces_queue = 1;
    VEL_ASSERT(vel_replay_init(&replay, &local, &venue, &latency) == VEL_OK);
    if (rules.has_own_order)
        VEL_ASSERT(vel_replay_hft_init(&replay) == VEL_OK);
    local.instruments[0].money = venue.instruments[0].money = money;
    for (int kind = 0; kind < VEL_ROUTES; kind++)
        for (int32_t strategy = 0; strategy < 2; strategy++)
            VEL_ASSERT(vel_local_route_add(&local, 0, kind, strategy, 0, NULL) == VEL_OK);
    local.strategies[0].wake_mask = local.strategies[1].wake_mask = VEL_WAKE_ORDER | VEL_WAKE_FILL;
    VEL_ASSERT(vel_timers_add(&local.timers, 0, 3, 3, 1) == VEL_OK);

    bool fed[2] = {false, false};
    int code;
    while ((code = vel_replay_run(&replay, VEL_NEVER - 1, INT64_MAX)) != VEL_RUN_END && code != VEL_ESTATE) {
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
            if (!rules.is_native)
                check_orders(&venue);
            if (rules.knows_all)
                (void)act(&local, &in);
            else
                act_as_known(&local, &in);
            break;
        default:
            VEL_ASSERT(false);
        }
    }
    VEL_ASSERT(code == VEL_RUN_END || (rules.is_partial && !(rules.corrections & VEL_HFT_EXACT_FILLS)));

    int64_t position =
        vel_holdings_position(&local.holdings, 0, 0)->lots + vel_holdings_position(&local.holdings, 1, 0)->lots;
    vel_delivery_ring_t *rest = rules.has_own_order ? &replay.hft->links[0].deliveries : &replay.deliveries.in_order;
    VEL_ASSERT(replay.deliveries.early_count == 0);
    for (const vel_delivery_t *coming; (coming = vel_delivery_ring_front(rest)) != NULL; vel_delivery_ring_pop(rest)) {
        const vel_report_t *report = &coming->message.report;
        if (report->kind == VEL_REPORT_FILL)
            position += report->side == VEL_BUY ? report->qty : -report->qty;
    }
    for (const vel_message_t *made; (made = vel_message_ring_front(&venue.messages)) != NULL;
         vel_message_ring_pop(&venue.messages))
        if (made->report.kind == VEL_REPORT_FILL)
            position += made->report.side == VEL_BUY ? made->report.qty : -made->report.qty;
    VEL_ASSERT(position == venue.instruments[0].position);
    uint64_t hash = local.hash;
    for (int64_t at = 0; at < venue.queue_positions.count; at++) {
        const vel_queue_record_t *place = &venue.queue_positions.items[at];
        hash = vel_hash_i64(hash, place->order_id);
        hash = vel_hash_i64(hash, place->datum_row);
        hash = vel_hash_i64(hash, place->kind);
        double ahead = place->ahead * 1024.0;
        hash = vel_hash_i64(hash, ahead < 9e18 ? (int64_t)ahead : INT64_MAX);
    }
    vel_replay_free(&replay);
    vel_venue_free(&venue);
    vel_local_free(&local);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t first = size > 0 ? bytes[size - 1] : 0, second = size > 1 ? bytes[size - 2] : 0;
    rules_t native = {.is_native = 1, .queue = first, .is_known = 1};
    rules_t corrected = {.corrections = VEL_HFT_ALL, .is_partial = first >> 2 & 1, .queue = first, .is_known = 1};
    VEL_ASSERT(run(bytes, size, native) == run(bytes, size, corrected));
    rules_t some = {.corrections = (uint32_t)(first << 8 | second) & VEL_HFT_ALL,
                    .is_partial = first >> 3 & 1,
                    .model = (uint8_t)(first >> 4 & 3),
                    .queue = (uint8_t)(first >> 4 & 3),
                    .has_own_order = first >> 6 & 1,
                    .knows_all = first >> 7 & 1};
    (void)run(bytes, size, some);
    return 0;
}
