/* What the local side holds: positions by fills and account events, samples, candles, routes. */
#include "velora/hash.h"

#include "drive_local.h"

/* ---------------------------------------------------------------- positions */

static vel_position_t *position_of_0(void)
{
    return &vel_holdings_make(&local.holdings, 0, 0)->position;
}

static void a_position_is_the_sum_of_its_fills(void)
{
    begin(1, 1);
    const vel_position_t *position = position_of_0();
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    fill(submit(0, VEL_BUY, 110, 4), 110, 4);
    CHECK(position->lots == 8 && position->cost == 8400 && position->cash == -8400 && position->realized == 0);
    fill(submit(0, VEL_SELL, 120, 2), 120, 2);
    CHECK(position->lots == 6 && position->cost == 6300 && position->realized == 2400 - 2100);
    fill(submit(0, VEL_SELL, 100, 9), 100, 9); /* through zero */
    CHECK(position->lots == -3 && position->cost == -3000 && position->realized == 300 - 300);
    CHECK(position->bought == 8 && position->sold == 11);
    fill(submit(0, VEL_BUY, 90, 3), 90, 3);
    CHECK(position->lots == 0 && position->cost == 0 && position->realized == 300);
    CHECK(position->cash == position->realized && local.holdings.open.count == 0);
}

static void an_inverse_position_gains_when_its_value_in_coins_falls(void)
{
    begin(1, 1);
    local.instruments[0].money =
        (vel_money_spec_t){.value_mult = 1000000, .tick_num = 1, .tick_den = 1, .is_inverse = 1};
    const vel_position_t *position = position_of_0();
    int64_t bought = submit(0, VEL_BUY, 200, 6);
    fill(bought, 100, 3);
    fill(bought, 200, 3);
    CHECK(position->cost == 45000 && position->cash == 45000);
    CHECK(position->avg_ticks > 133.3 && position->avg_ticks < 133.4); /* the harmonic mean */
    CHECK(order_of(bought)->avg_ticks == position->avg_ticks);
    fill(submit(0, VEL_SELL, 200, 6), 200, 6);
    CHECK(position->lots == 0 && position->realized == 15000 && position->cash == 15000);
    fill(submit(0, VEL_SELL, 100, 1), 100, 1);
    fill(submit(0, VEL_BUY, 50, 2), 50, 2); /* through zero: the rest opens at its own price */
    CHECK(position->lots == 1 && position->avg_ticks == 50.0);
    CHECK(try_fill(submit(0, VEL_BUY, 1, 2), 0, 2, 0) == VEL_EINVAL); /* no inverse price */
}

static void sums_that_do_not_fit_are_refused_and_the_position_stays(void)
{
    begin(1, 1);
    vel_position_t *position = position_of_0();
    int64_t id = submit(0, VEL_BUY, 100, 50);
    int64_t *const sums[5] = {&position->cash, &position->cost, &position->fees, &position->bought, &position->lots};
    for (int at = 0; at < 5; at++) {
        *position = (vel_position_t){.lots = 1};
        *sums[at] = at == 0 ? -INT64_MAX : INT64_MAX;
        vel_position_t before = *position;
        CHECK(try_fill(id, 100, 1, 1) == VEL_ERANGE);
        CHECK(position->lots == before.lots && position->cash == before.cash && position->fees == before.fees);
    }
    *position = (vel_position_t){0};
    vel_account_event_t funding = {.kind = VEL_ACCOUNT_FUNDING, .amount = -5, .qty = 1};
    CHECK(vel_local_on_account_event(&local, &funding) == VEL_OK && position->fees == 5 && position->funding == 5);
    CHECK(local.account_events.count == 0); /* it is in the position, so it is kept nowhere else */
    position->fees = INT64_MAX;
    CHECK(vel_local_on_account_event(&local, &funding) == VEL_ERANGE);
    position->fees = 0;
    position->funding = INT64_MAX;
    CHECK(vel_local_on_account_event(&local, &funding) == VEL_ERANGE);
}

static void a_refused_order_that_would_have_closed_a_position_is_counted(void)
{
    begin(1, 1);
    const vel_order_terms_t terms = {.price = 100, .qty = 1, .side = VEL_SELL, .flags = VEL_EXEC_REDUCE_ONLY};
    answer(submit_terms(&terms), VEL_REPORT_REJECTED);
    CHECK(local.strategies[0].unprotected == 0);
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    answer(submit_terms(&terms), VEL_REPORT_REJECTED);
    CHECK(local.strategies[0].unprotected == 1);
}

/* ---------------------------------------------------------------- account events */

static void a_liquidation_is_a_fill_of_no_order(void)
{
    begin(1, 2);
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    vel_account_event_t event = {.kind = VEL_ACCOUNT_LIQUIDATION,
                                 .strategy = 1,
                                 .account = 6,
                                 .currency = 2,
                                 .event_id = 9,
                                 .qty = -3,
                                 .price = 90,
                                 .amount = -12};
    CHECK(vel_local_on_account_event(&local, &event) >= 0);
    const vel_position_t *position = vel_holdings_position(&local.holdings, 1, 0);
    CHECK(position->lots == 1 && position->sold == 3 && position->fees == 12 && position->realized == -300);
    const vel_fill_record_t *record = &local.fills.items[1];
    CHECK(record->order_id == 0 && record->trade_id == 9 && record->side == VEL_SELL && record->qty == 3);
    CHECK(record->fee == 12 && record->account == 6 && record->fee_currency == 2 && record->position == 1);
    CHECK(local.account_events.count == 1 && local.fills_count == 2 && local.strategies[1].fills_count == 2);
    CHECK(vel_local_on_account_event(&local, &event) == 0); /* once more */
    CHECK(position->lots == 1 && local.repeated_fills == 1 && local.account_events.count == 1);
    event.event_id = 10;
    event.qty = 2; /* a short is bought back */
    CHECK(vel_local_on_account_event(&local, &event) >= 0 && position->lots == 3 && position->bought == 6);
}

static void an_event_of_the_account_is_kept_and_moves_no_position(void)
{
    begin(1, 1);
    static const uint8_t kinds[3] = {VEL_ACCOUNT_BALANCE, VEL_ACCOUNT_POSITION, VEL_ACCOUNT_TRANSFER};
    for (int at = 0; at < 3; at++) {
        vel_message_t message = {
            .event = {.kind = kinds[at], .instrument = -1, .strategy = -1, .amount = 100 + at, .event_id = 5}};
        uint64_t before = local.hash;
        CHECK(vel_local_on_message(&local, &message) == VEL_OK && local.account_events.count == at + 1);
        CHECK(local.account_events.items[at].amount == 100 + at && local.hash != before);
    }
    CHECK(local.holdings.count == 0 && local.strategies[0].hash == VEL_HASH_SEED);
}

/* ---------------------------------------------------------------- samples, candles, routes */

static void a_fill_samples_every_open_position(void)
{
    begin(1, 3);
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 1);
    local.now = 2;
    fill(submit(2, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 3 && local.samples.items[2].strategy == 0);
    CHECK(vel_local_sample_all(&local) == VEL_OK && local.samples.count == 5); /* strategy 1 has never traded */
    CHECK(local.instruments[0].marks[VEL_MARK_UNKNOWN] == 5);                  /* nothing says what they are worth */
    local.samples_most = 5;
    CHECK(vel_local_sample_all(&local) == VEL_EFULL);
    local.samples_most = 1;
    CHECK(local.instants.count == 2 && vel_local_sample_all(&local) == VEL_EFULL && local.instants.count == 2);
    vel_local_drop_instants(&local, 1);
    vel_local_drop_samples(&local, 3);
    vel_local_drop_fills(&local, 1);
    CHECK(local.samples.count == 2 && local.fills.count == 1 && local.fills.items[0].strategy == 2);
}

/* Another fill of the instant samples only its own holding, unless a row came: no other mark can have changed. */
static void the_open_positions_are_sampled_once_an_instant(void)
{
    begin(2, 2);
    local.now = 5;
    fill(submit(0, VEL_BUY, 100, 4), 100, 4);
    local.now = 6;
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 3);
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 4 && local.samples.items[3].strategy == 1 && local.samples.items[3].position == 8);
    local.instruments[0].rows++;
    fill(submit(1, VEL_BUY, 100, 4), 100, 4);
    CHECK(local.samples.count == 6 && local.samples.items[5].strategy == 0);
}

static void an_unrealized_result_that_does_not_fit_is_refused(void)
{
    begin(1, 1);
    vel_market_t *inst = &local.instruments[0];
    vel_position_t position = {.lots = 1 << 20};
    vel_mark_t mark;
    int64_t unrealized = -1;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_OK && unrealized == 0);
    CHECK(vel_book_set(&inst->book, VEL_BUY, 100, 1) == VEL_OK &&
          vel_book_set(&inst->book, VEL_SELL, 102, 1) == VEL_OK);
    position.cost = 7;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_OK);
    CHECK(mark.source == VEL_MARK_MID && unrealized == (INT64_C(1010) << 20) - 7);
    position.cost = -INT64_MAX;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_ERANGE);
    position.lots = INT64_C(1) << 59;
    CHECK(vel_local_unrealized(inst, &position, 5, &mark, &unrealized) == VEL_ERANGE);
}

static void a_candle_closes_with_the_trades_of_its_interval(void)
{
    vel_candle_t candle = {.ts_next = 100};
    vel_candle_add(&candle, 10, 50, 2, VEL_BUY);
    vel_candle_add(&candle, 20, 55, 1, VEL_SELL);
    vel_candle_add(&candle, 99, 45, 1, VEL_BUY);
    vel_candle_add(&candle, 100, 60, 7, VEL_BUY); /* before the timer, and of the next interval */
    CHECK(candle.now.open == 50 && candle.now.high == 55 && candle.now.low == 45 && candle.now.close == 45);
    CHECK(candle.now.volume == 4 && candle.now.buy_volume == 3 && candle.now.trades == 3);
    vel_candle_close(&candle, 200);
    CHECK(candle.now.open == 60 && candle.now.volume == 7 && candle.next.trades == 0);
    vel_candle_close(&candle, 300);
    CHECK(candle.now.trades == 0 && candle.now.has_close &&
          candle.now.close == 60); /* without trades: the last close */
}

static void routes_that_are_cleared_wake_nobody(void)
{
    begin(2, 2);
    for (int32_t target = 0; target < 2; target++)
        CHECK(vel_local_route_add(&local, 1, VEL_ROUTE_BOOK, 1, target, NULL) == VEL_OK);
    CHECK(vel_local_route_add(&local, 1, VEL_ROUTE_BOOK, 1, 0, NULL) == VEL_OK);
    const vel_routes_t *routes = &local.instruments[1].routes[VEL_ROUTE_BOOK];
    CHECK(routes->count == 3 && routes->items[1].first == 1 && routes->items[2].first == 0);
    CHECK(local.wake_mask != 0 && local.instruments[1].wake_mask != 0 && local.instruments[0].wake_mask == 0);
    vel_local_routes_clear(&local, 1);
    CHECK(routes->count == 0 && local.wake_mask == 0 && local.instruments[1].wake_mask == 0);
}

static void routes_of_other_instruments_stay(void)
{
    begin(2, 2);
    for (int32_t instrument = 0; instrument < 2; instrument++)
        CHECK(vel_local_route_add(&local, instrument, VEL_ROUTE_BOOK, 0, 0, NULL) == VEL_OK);
    CHECK(vel_local_route_add(&local, 1, VEL_ROUTE_TRADE, 0, 0, NULL) == VEL_OK);
    vel_local_routes_clear(&local, 1);
    CHECK(local.wake_mask == VEL_WAKE_BOOK && local.instruments[0].routes[VEL_ROUTE_BOOK].count == 1);
    vel_local_routes_clear(&local, 1); /* a second time changes nothing */
    CHECK(local.wake_mask == VEL_WAKE_BOOK);
    vel_local_routes_clear(&local, 0);
    CHECK(local.wake_mask == 0);
}

int main(void)
{
    a_liquidation_is_a_fill_of_no_order();
    an_event_of_the_account_is_kept_and_moves_no_position();
    a_position_is_the_sum_of_its_fills();
    an_inverse_position_gains_when_its_value_in_coins_falls();
    sums_that_do_not_fit_are_refused_and_the_position_stays();
    a_refused_order_that_would_have_closed_a_position_is_counted();
    a_fill_samples_every_open_position();
    the_open_positions_are_sampled_once_an_instant();
    an_unrealized_result_that_does_not_fit_is_refused();
    a_candle_closes_with_the_trades_of_its_interval();
    routes_that_are_cleared_wake_nobody();
    routes_of_other_instruments_stay();
    vel_local_free(&local);
    return check_failures != 0;
}
