/* The matching engine under any commands: the book is sound and never crossed, nothing is created or lost, and every
 * order of the book is a live order with as much left as it shows. A second engine takes some of the messages by their
 * fields, and reports the same. */
#include <string.h>

#include "velora/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(vel_match_t *engine)
{
    vel_book_l3_check(&engine->book);
    int64_t waiting[VEL_PRICES] = {0};
    for (int by = 0; by < VEL_PRICES; by++)
        if (engine->contingency.triggers[by] != NULL)
            vel_book_l3_check(engine->contingency.triggers[by]);
    VEL_ASSERT(!vel_book_is_crossed(&engine->book.levels));
    VEL_ASSERT(engine->contingency.due.count == 0 && engine->contingency.ending.count == 0);
    int64_t live = 0, resting = 0, timed = 0;
    for (uint32_t index = 0; index < engine->contingency.orders_used; index++) {
        const vel_contingency_order_t *order = &engine->contingency.orders[index];
        if (order->state == VEL_CONTINGENCY_FREE)
            continue;
        live++;
        timed += order->spec.terms.tif == VEL_GTD;
        VEL_ASSERT(order->state != VEL_CONTINGENCY_ACTIVE && order->coming == 0 && order->held >= 0);
        VEL_ASSERT(order->state == VEL_CONTINGENCY_HELD ? order->leaves == 0 && order->held > 0 : order->leaves > 0);
        VEL_ASSERT(order->held == 0 || (order->is_child && order->spec.terms.parent != 0));
        VEL_ASSERT(vel_contingency_left(order) <= order->spec.terms.qty);
        waiting[order->watches] += order->state == VEL_CONTINGENCY_WAITING;
        VEL_ASSERT(vel_match_order(engine, order->spec.order_id) == order);
        if (order->state != VEL_CONTINGENCY_RESTING)
            continue;
        resting++;
        const vel_l3_order_t *found = vel_book_l3_order(&engine->book, index);
        VEL_ASSERT(found != NULL && found->qty == order->shown && order->shown <= order->leaves);
        VEL_ASSERT(found->price == order->spec.terms.price && found->side == order->spec.terms.side);
    }
    VEL_ASSERT(live == vel_match_count(engine) && resting == engine->book.count);
    for (int by = 0; by < VEL_PRICES; by++)
        VEL_ASSERT(
            waiting[by] == engine->contingency.waiting[by] &&
            (engine->contingency.triggers[by] == NULL || engine->contingency.triggers[by]->count <= waiting[by]));
    VEL_ASSERT(engine->contingency.watched == waiting[VEL_BY_MARK] + waiting[VEL_BY_BID] + waiting[VEL_BY_ASK]);
    VEL_ASSERT(timed == engine->contingency.timed && timed <= engine->contingency.timers.count);
    /* Every trade is told twice, once a side, with the same numbers. */
    const vel_match_report_t *taker = NULL;
    for (int64_t at = 0; at < engine->reports.count; at++) {
        const vel_match_report_t *report = &engine->reports.items[at];
        if (report->kind != VEL_REPORT_FILL)
            continue;
        if (!report->maker) {
            VEL_ASSERT(taker == NULL);
            taker = report;
            continue;
        }
        VEL_ASSERT(taker != NULL && taker->trade == report->trade && taker->qty == report->qty);
        VEL_ASSERT(taker->price == report->price && taker->side != report->side);
        VEL_ASSERT(taker->other_id == report->order_id && report->other_id == taker->order_id);
        taker = NULL;
    }
    VEL_ASSERT(taker == NULL);
}

/* What an amend that was taken leaves of its order, which stands in the book with all that the command asked for unless
 * it traded. */
static void check_amend(const vel_match_t *engine, const vel_contingency_command_t *command, bool reinserts)
{
    const vel_match_report_t *first = engine->reports.items;
    if (command->action != VEL_ACTION_AMEND || engine->reports.count == 0 || first->kind != VEL_REPORT_AMENDED ||
        first->order_id != command->order_id)
        return; /* a GTD order may end before the command acts */
    VEL_ASSERT((reinserts ? first->leaves : first->qty) == command->terms.qty && first->leaves <= first->qty);
    const vel_contingency_order_t *order = vel_match_order(engine, command->order_id);
    if (engine->reports.count > 1 || order == NULL || order->state != VEL_CONTINGENCY_RESTING)
        return;
    VEL_ASSERT(order->leaves == first->leaves && order->spec.terms.price == command->terms.price);
    const vel_l3_order_t *entry = vel_book_l3_order(&engine->book, order - engine->contingency.orders);
    VEL_ASSERT(!reinserts || entry->behind == VEL_NO_ORDER);
    int64_t ids[64], leaves[64];
    int64_t count = vel_match_queue(engine, order->spec.terms.side, command->terms.price, 64, ids, leaves);
    VEL_ASSERT(count >= 1 &&
               (!reinserts || (ids[count - 1] == command->order_id && leaves[count - 1] == order->leaves)));
}

/* Leave of a command what the calls without commands take. */
static void simplify(vel_contingency_command_t *command)
{
    const vel_order_terms_t all = command->terms;
    command->terms = (vel_order_terms_t){0};
    command->strategy = 0;
    if (command->action == VEL_ACTION_CANCEL)
        return;
    command->terms.price = all.price;
    command->terms.qty = all.qty;
    if (command->action == VEL_ACTION_NEW) {
        command->terms.side = all.side;
        command->terms.tif = all.tif;
    }
}

static int send_fields(vel_match_t *engine, const vel_contingency_command_t *command)
{
    const vel_order_terms_t *terms = &command->terms;
    switch (command->action) {
    case VEL_ACTION_NEW:
        return vel_match_limit(engine, command->ts, command->order_id, command->owner, terms->side, terms->price,
                               terms->qty, terms->tif);
    case VEL_ACTION_CANCEL:
        return vel_match_cancel(engine, command->ts, command->order_id, command->owner);
    case VEL_ACTION_AMEND:
        return vel_match_amend(engine, command->ts, command->order_id, command->owner, terms->price, terms->qty);
    default:
        return vel_match_on_command(engine, command);
    }
}

static void check_twin(const vel_match_t *engine, const vel_match_t *twin)
{
    VEL_ASSERT(engine->reports.count == twin->reports.count);
    VEL_ASSERT(engine->reports.count == 0 || memcmp(engine->reports.items, twin->reports.items,
                                                    (size_t)twin->reports.count * sizeof *twin->reports.items) == 0);
    VEL_ASSERT(vel_match_state_hash(engine) == vel_match_state_hash(twin));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    vel_match_t engine, twin;
    bool reinserts = size > 0 && (bytes[0] >> 5 & 1);
    VEL_ASSERT(vel_match_init(&engine, reinserts ? VEL_AMEND_REINSERT : VEL_AMEND_IN_PLACE) == VEL_OK);
    VEL_ASSERT(vel_match_init(&twin, reinserts ? VEL_AMEND_REINSERT : VEL_AMEND_IN_PLACE) == VEL_OK);
    engine.contingency.rules = twin.contingency.rules = size > 0 ? bytes[size - 1] % 5 & 3 : 0;
    VEL_ASSERT(vel_match_reserve(&twin, size > 0 ? bytes[0] : 0, 0) == VEL_OK);
    int64_t ts = 0, positions[4] = {0, 0, 0, 0};
    for (size_t at = 0; at + 12 <= size; at += 12) {
        const uint8_t *b = &bytes[at];
        ts += b[0] & 3;
        vel_contingency_command_t command = {
            .ts = ts,
            .order_id = b[1] % 32,
            .terms.price = (int8_t)b[2] % 12,
            .terms.qty = b[3] % 9,
            .terms.display = b[4] % 3 == 0 ? b[4] % 9 : 0,
            .terms.trigger = b[5] & 1 ? (int8_t)b[6] % 12 : b[6] % 5,
            .terms.expiry = ts + b[7] % 16,
            .terms.oco_group = b[8] % 5 == 0 ? b[8] % 3 : 0,
            .terms.parent = b[9] % 7 == 0 ? b[9] % 32 : 0,
            .owner = b[0] >> 6,
            .action = b[10] % 16 < 9    ? VEL_ACTION_NEW
                      : b[10] % 16 < 12 ? VEL_ACTION_AMEND
                                        : b[10] % 16 - 12,
            .terms.side = b[11] & 1,
            .terms.type = b[11] >> 1 & 7 ? (b[11] >> 1 & 7) % 3 : 0,
            .terms.tif = b[4] >> 4 & 7 ? (b[4] >> 4) % 5 : 0,
            .terms.trigger_kind = b[5] % 3 == 0 ? b[5] % 5 : 0,
            .terms.stp = b[7] >> 4,
            .terms.flags = b[9] % 11 == 0  ? b[9] % 8
                           : b[8] % 7 == 0 ? b[8] >> 2
                                           : 0,
            .terms.trigger_by = b[6] >> 4 & 3,
            .strategy = b[3] >> 6,
            .terms.activation = b[5] % 3 == 0 && b[5] & 8 ? (int8_t)b[6] % 12 : 0,
        };
        bool by_fields = b[10] & 32;
        if (by_fields)
            simplify(&command);
        VEL_ASSERT(vel_match_on_command(&engine, &command) == VEL_OK);
        VEL_ASSERT((by_fields ? send_fields(&twin, &command) : vel_match_on_command(&twin, &command)) == VEL_OK);
        check(&engine);
        check(&twin);
        check_twin(&engine, &twin);
        check_amend(&engine, &command, reinserts);
        for (int64_t i = 0; i < engine.reports.count; i++) {
            const vel_match_report_t *report = &engine.reports.items[i];
            if (report->kind == VEL_REPORT_FILL && report->owner != 0)
                positions[report->owner] += report->side == VEL_BUY ? report->qty : -report->qty;
        }
        for (int32_t owner = 1; owner < 4; owner++)
            VEL_ASSERT(vel_match_position(&engine, owner) == positions[owner]);
        engine.reports.count = twin.reports.count = 0;
    }
    VEL_ASSERT(vel_match_end_of_day(&engine) == VEL_OK && vel_match_end_of_day(&twin) == VEL_OK);
    check(&engine);
    check_twin(&engine, &twin);
    vel_match_free(&engine);
    vel_match_free(&twin);
    return 0;
}
