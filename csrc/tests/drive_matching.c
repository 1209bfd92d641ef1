/* The matching engine over the file of an order stream (velora/testkit/order_streams.py has the format).
 *
 *   drive_matching STREAM BATCH PROBES BOOK [INDEX ...]
 *
 * Commands go to the engine BATCH at a time, and a batch ends early at each INDEX, which must go up. Output: the
 * reports as lines; in file PROBES after each INDEX a line of best bid, best ask and the lots at the side and price of
 * that message, "-" for no best; in file BOOK at the end a line of side, price, id and open lots an order, bids from
 * the highest, asks from the lowest, each queue in its order. Returns 1 when a call or a file fails, 2 on a report that
 * no stream leads to. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "velora/match.h"

#define MAGIC UINT64_C(0x4d4542575f303031)

enum { NEW = 0, CANCEL = 1, MODIFY = 2 };

typedef struct message {
    uint8_t type, side, ioc, zero;
    uint32_t qty;
    uint64_t sequence, order_id;
    int64_t price, zeros;
} message_t;

_Static_assert(sizeof(message_t) == 40, "as the file has it");

static message_t *read_stream(const char *path, uint32_t *count)
{
    struct {
        uint64_t magic;
        uint32_t version, count;
    } header;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(&header, sizeof header, 1, file) != 1 || header.magic != MAGIC || header.version != 1)
        return NULL;
    message_t *messages = malloc((header.count + (size_t)1) * sizeof *messages);
    if (messages == NULL || fread(messages, sizeof *messages, header.count, file) != header.count)
        return NULL;
    fclose(file);
    *count = header.count;
    return messages;
}

static vel_contingency_command_t command_of(const message_t *message)
{
    static const uint8_t ACTIONS[] = {VEL_ACTION_NEW, VEL_ACTION_CANCEL, VEL_ACTION_AMEND};
    return (vel_contingency_command_t){.ts = (int64_t)message->sequence,
                                       .order_id = (int64_t)message->order_id,
                                       .terms.price = message->price,
                                       .terms.qty = message->qty,
                                       .action = ACTIONS[message->type],
                                       .terms.side = message->side,
                                       .terms.tif = message->ioc ? VEL_IOC : VEL_GTC};
}

/* One report as its line. A trade has two reports: the maker's is left out. */
static int write_line(const vel_match_report_t *one)
{
    switch (one->kind) {
    case VEL_REPORT_ACK:
        printf("0,%" PRId64 ",%d,%" PRId64 ",%" PRId64 ",%" PRId64 "\n", one->ts, one->side, one->order_id, one->price,
               one->qty);
        return 0;
    case VEL_REPORT_FILL:
        if (!one->maker)
            printf("1,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", one->ts, one->price, one->qty,
                   one->other_id, one->order_id);
        return 0;
    case VEL_REPORT_EXPIRED:
        if (one->reason != VEL_REASON_IOC)
            return 2;
        /* fall through */
    case VEL_REPORT_CANCELED:
        printf("2,%" PRId64 ",%d,%" PRId64 ",%" PRId64 "\n", one->ts, one->side, one->order_id, one->price);
        return 0;
    case VEL_REPORT_AMENDED:
        printf("3,%" PRId64 ",%d,%" PRId64 ",%" PRId64 ",%" PRId64 "\n", one->ts, one->side, one->order_id, one->price,
               one->leaves);
        return 0;
    case VEL_REPORT_CANCEL_REJECTED:
    case VEL_REPORT_AMEND_REJECTED:
        printf("%d,%" PRId64 ",%" PRId64 "\n", one->kind == VEL_REPORT_CANCEL_REJECTED ? 4 : 5, one->ts, one->order_id);
        return 0;
    default:
        return 2;
    }
}

/* The reports of a batch. An amend's own report comes before its fills and is written behind them, as its code asks. */
static int write_lines(const vel_match_reports_t *reports)
{
    const vel_match_report_t *amended = NULL;
    int failed = 0;
    for (int64_t at = 0; !failed && at < reports->count; at++) {
        const vel_match_report_t *one = &reports->items[at];
        if (amended != NULL && amended->ts != one->ts) {
            failed = write_line(amended);
            amended = NULL;
        }
        if (one->kind == VEL_REPORT_AMENDED)
            amended = one;
        else if (!failed)
            failed = write_line(one);
    }
    return failed || amended == NULL ? failed : write_line(amended);
}

static void write_best(FILE *file, const vel_match_t *engine, uint8_t side)
{
    int64_t key = engine->book.levels.side[side].best_key;
    if (key == VEL_NO_KEY)
        fprintf(file, "-,");
    else
        fprintf(file, "%" PRId64 ",", vel_key_ticks(side, key));
}

static int write_book(const char *path, const vel_match_t *engine)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return 1;
    for (uint8_t side = VEL_BUY; side <= VEL_SELL; side++) {
        const vel_ladder_t *ladder = &engine->book.levels.side[side];
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
            int64_t price = vel_key_ticks(side, key), most = vel_book_l3_orders_at(&engine->book, side, price);
            int64_t *ids = malloc((size_t)most * sizeof *ids), *lots = malloc((size_t)most * sizeof *lots);
            if (ids == NULL || lots == NULL)
                return 1;
            int64_t count = vel_match_queue(engine, side, price, most, ids, lots);
            for (int64_t at = 0; at < count; at++)
                fprintf(file, "%d,%" PRId64 ",%" PRId64 ",%" PRId64 "\n", side, price, ids[at], lots[at]);
            free(ids);
            free(lots);
        }
    }
    return fclose(file) != 0;
}

int main(int argc, char **argv)
{
    uint32_t count = 0;
    message_t *messages = argc < 5 ? NULL : read_stream(argv[1], &count);
    int64_t batch = argc < 5 ? 0 : atoll(argv[2]);
    FILE *probes = argc < 5 ? NULL : fopen(argv[3], "w");
    vel_contingency_command_t *commands = batch < 1 ? NULL : malloc((size_t)batch * sizeof *commands);
    vel_match_t engine;
    if (messages == NULL || probes == NULL || commands == NULL || vel_match_init(&engine, VEL_AMEND_REINSERT) != VEL_OK)
        return 1;
    int failed = 0;
    int64_t error_at;
    for (int64_t at = 0, next = 5; !failed && at < count;) {
        int64_t probe = next < argc ? atoll(argv[next]) : INT64_MAX, used = 0;
        while (used < batch && at < count && at <= probe)
            commands[used++] = command_of(&messages[at++]);
        if (vel_match_apply(&engine, commands, used, &error_at) != VEL_OK)
            return 1;
        failed = write_lines(&engine.reports);
        engine.reports.count = 0;
        if (at != probe + 1)
            continue;
        const message_t *asked = &messages[probe];
        write_best(probes, &engine, VEL_BUY);
        write_best(probes, &engine, VEL_SELL);
        fprintf(probes, "%" PRId64 "\n", vel_book_qty(&engine.book.levels, asked->side, asked->price));
        next++;
    }
    vel_book_l3_check(&engine.book);
    if (!failed && (fclose(probes) != 0 || write_book(argv[4], &engine) != 0 || fflush(stdout) != 0))
        failed = 1;
    vel_match_free(&engine);
    free(commands);
    free(messages);
    return failed;
}
