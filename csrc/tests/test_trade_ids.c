/* The trade ids of recent fills: each is there once, by instrument, and the oldest go when there are too many. */
#include "velora/trade_ids.h"

#include "check.h"

static vel_trade_ids_t ids;

static void begin(int32_t instruments)
{
    vel_trade_ids_free(&ids);
    ids.instruments_count = instruments;
}

static void an_id_is_there_from_when_it_was_added_for_its_instrument_alone(void)
{
    begin(3);
    CHECK(!vel_trade_ids_has(&ids, 0, 7));
    CHECK(vel_trade_ids_add(&ids, 0, 7) == VEL_OK);
    CHECK(vel_trade_ids_has(&ids, 0, 7) && !vel_trade_ids_has(&ids, 1, 7) && !vel_trade_ids_has(&ids, 0, 8));
    CHECK(vel_trade_ids_add(&ids, 2, 7) == VEL_OK && vel_trade_ids_has(&ids, 2, 7) && !vel_trade_ids_has(&ids, 1, 7));
    CHECK(vel_trade_ids_add(&ids, 1, -7) == VEL_OK && vel_trade_ids_has(&ids, 1, -7));
    CHECK(vel_trade_ids_add(&ids, 1, INT64_MIN) == VEL_OK && vel_trade_ids_has(&ids, 1, INT64_MIN));
}

/* A venue that gives no ids repeats none that could be told from another. */
static void no_id_is_never_there(void)
{
    begin(1);
    CHECK(vel_trade_ids_add(&ids, 0, 0) == VEL_OK && vel_trade_ids_add(&ids, 0, 0) == VEL_OK);
    CHECK(!vel_trade_ids_has(&ids, 0, 0) && ids.keys.count == 0);
}

static void the_last_65536_are_kept(void)
{
    begin(2);
    const int64_t kept = VEL_TRADE_IDS_MAX, all = 3 * kept + 17;
    CHECK(kept == 65536);
    for (int64_t id = 1; id <= all; id++) {
        CHECK(vel_trade_ids_add(&ids, (int32_t)(id % 2), id) == VEL_OK);
        if (id == kept) /* all of them, still */
            CHECK(vel_trade_ids_has(&ids, 1, 1) && ids.keys.count == VEL_TRADE_IDS_MAX);
        if (id == kept + 1)
            CHECK(!vel_trade_ids_has(&ids, 1, 1) && vel_trade_ids_has(&ids, 0, 2));
    }
    CHECK(ids.keys.count == VEL_TRADE_IDS_MAX && ids.order.tail - ids.order.head == VEL_TRADE_IDS_MAX);
    for (int64_t id = 1; id <= all; id++)
        CHECK(vel_trade_ids_has(&ids, (int32_t)(id % 2), id) == (id > all - kept));
}

int main(void)
{
    an_id_is_there_from_when_it_was_added_for_its_instrument_alone();
    no_id_is_never_there();
    the_last_65536_are_kept();
    vel_trade_ids_free(&ids);
    vel_trade_ids_free(&ids);
    return check_failures != 0;
}
