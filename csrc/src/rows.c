#include "velora/rows.h"

#define PRICE -(VEL_TICKS_MAX - 1), VEL_TICKS_MAX - 1
#define NUMBER -(VEL_NUMBER_MAX), VEL_NUMBER_MAX
#define KINDS (VEL_EV_GAP + 1)

/* Cancels, amends and executions of an order take their side from the order id. */
static const vel_row_bounds_t bounds[KINDS] = {
    [VEL_EV_TRADE] = {PRICE, 1, VEL_LOTS_MAX, VEL_NO_SIDE},
    [VEL_EV_QUOTE] = {PRICE, 0, VEL_LOTS_MAX, VEL_SELL},
    [VEL_EV_DELTA] = {PRICE, 0, VEL_LOTS_MAX, VEL_SELL},
    [VEL_EV_SNAPSHOT_BEGIN] = {NUMBER, NUMBER, VEL_NO_SIDE},
    [VEL_EV_SNAPSHOT_END] = {NUMBER, NUMBER, VEL_NO_SIDE},
    [VEL_EV_ORDER_ADD] = {PRICE, 1, VEL_LOTS_MAX, VEL_SELL},
    [VEL_EV_ORDER_CHANGE] = {PRICE, 0, VEL_LOTS_MAX, VEL_NO_SIDE},
    [VEL_EV_ORDER_CANCEL] = {NUMBER, 0, VEL_LOTS_MAX, VEL_NO_SIDE},
    [VEL_EV_ORDER_EXECUTE] = {NUMBER, 1, VEL_LOTS_MAX, VEL_NO_SIDE},
    [VEL_EV_MARK_PRICE] = {NUMBER, NUMBER, VEL_NO_SIDE},
    [VEL_EV_FUNDING] = {NUMBER, NUMBER, VEL_NO_SIDE},
    [VEL_EV_STATUS] = {NUMBER, 0, VEL_LOTS_MAX, VEL_NO_SIDE},
    [VEL_EV_GAP] = {NUMBER, NUMBER, VEL_NO_SIDE},
};

#define FLAGS (VEL_FLAG_LAST | VEL_FLAG_SNAPSHOT | VEL_FLAG_OFF_BOOK | VEL_FLAG_CLOCK_ESTIMATED | VEL_FLAG_HIDDEN)

/* True where value is not within [low, high]; low <= high. */
static inline bool is_out(int64_t value, int64_t low, int64_t high)
{
    return (uint64_t)value - (uint64_t)low > (uint64_t)high - (uint64_t)low;
}

const vel_row_bounds_t *vel_row_bounds(uint8_t kind)
{
    return vel_is_event(kind) ? &bounds[kind] : NULL;
}

int vel_row_check(uint8_t kind, uint8_t side, uint8_t flags, int64_t price, int64_t qty, int64_t ts_event,
                  bool needs_qty)
{
    if (!vel_is_event(kind))
        return VEL_ROW_BAD_KIND;
    const vel_row_bounds_t *of = &bounds[kind];
    if (side > of->side_max)
        return VEL_ROW_BAD_SIDE;
    if (flags & ~FLAGS)
        return VEL_ROW_BAD_FLAGS;
    if (is_out(price, of->price_min, of->price_max))
        return VEL_ROW_BAD_PRICE;
    if (is_out(qty, needs_qty || of->qty_min < 0 ? of->qty_min : 0, of->qty_max))
        return VEL_ROW_BAD_QTY;
    if (is_out(ts_event, -VEL_NUMBER_MAX, VEL_NUMBER_MAX))
        return VEL_ROW_BAD_TS_EVENT;
    return VEL_ROW_OK;
}

#define BLOCK 512

/* Whether all rows [begin, end) are valid by bounds slightly narrower than those of their kinds: sums of bits in
 * simple loops that compilers vectorize. This first pass settles most rows. */
static bool are_plain(const vel_columns_t *columns, int64_t begin, int64_t end, int64_t last, bool needs_qty)
{
    const uint64_t tick = (uint64_t)VEL_TICKS_MAX, number = (uint64_t)VEL_NUMBER_MAX;
    uint8_t wrong = 0;
    uint8_t needed[BLOCK]; /* minimum lots */
    uint64_t prices = 0, qtys = 0, times = 0, steps = 0;
    for (int64_t row = begin; row < end; row++) {
        uint8_t kind = columns->kind[row], side = columns->side[row];
        uint8_t is_of_book = (uint8_t)((kind == VEL_EV_QUOTE) | (kind == VEL_EV_DELTA) | (kind == VEL_EV_ORDER_ADD));
        wrong |= (uint8_t)((uint8_t)(kind - 1) >= KINDS - 1);
        wrong |= (uint8_t)((uint8_t)(side + is_of_book) > VEL_NO_SIDE) | (uint8_t)(side > VEL_NO_SIDE);
        wrong |= (uint8_t)(columns->flags[row] & ~FLAGS);
        needed[row - begin] = (uint8_t)(needs_qty & ((kind == VEL_EV_TRADE) | (kind == VEL_EV_ORDER_ADD) |
                                                     (kind == VEL_EV_ORDER_EXECUTE)));
    }
    for (int64_t row = begin; row < end; row++)
        prices |= ((uint64_t)columns->price[row] + tick) | ((uint64_t)columns->price[row] + tick - 1);
    for (int64_t row = begin; row < end; row++)
        qtys |= (uint64_t)columns->qty[row] | ((uint64_t)columns->qty[row] - needed[row - begin]);
    for (int64_t row = begin; row < end; row++)
        times |= ((uint64_t)columns->ts_event[row] + number) | ((uint64_t)columns->ts_recv[row] + number);
    /* Differences of times within the bound fit; the loop above finds all other times. */
    for (int64_t row = begin + 1; row < end; row++)
        steps |= (uint64_t)columns->ts_recv[row] - (uint64_t)columns->ts_recv[row - 1];
    return wrong == 0 && prices < 2 * tick && qtys < (uint64_t)VEL_LOTS_MAX && times < 2 * number &&
           steps <= INT64_MAX && columns->ts_recv[begin] >= last;
}

int64_t vel_rows_check(const vel_columns_t *columns, int64_t after, bool needs_qty, int *fault)
{
    int64_t last = after;
    *fault = VEL_ROW_OK;
    for (int64_t begin = 0; begin < columns->rows; begin += BLOCK) {
        int64_t end = columns->rows - begin < BLOCK ? columns->rows : begin + BLOCK;
        bool is_plain = are_plain(columns, begin, end, last, needs_qty);
        for (int64_t row = begin; !is_plain && row < end; row++) {
            int found = vel_row_check(columns->kind[row], columns->side[row], columns->flags[row], columns->price[row],
                                      columns->qty[row], columns->ts_event[row], needs_qty);
            if (found == VEL_ROW_OK && is_out(columns->ts_recv[row], -VEL_NUMBER_MAX, VEL_NUMBER_MAX))
                found = VEL_ROW_BAD_TS_RECV;
            if (found == VEL_ROW_OK && columns->ts_recv[row] < last)
                found = VEL_ROW_GOES_BACK;
            if (found != VEL_ROW_OK) {
                *fault = found;
                return row;
            }
            last = columns->ts_recv[row];
        }
        last = columns->ts_recv[end - 1];
    }
    return -1;
}
