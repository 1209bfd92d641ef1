/* order_stream.h: what the two programs of the comparison `oracle` share: the file of an order stream
 * (velora/testkit/order_streams.py has the format), the text in which reports are compared, and the loop that answers
 * requests. A program includes it and defines run_pass().
 *
 * Requests come on standard input, a line each, and each is answered with one line of JSON:
 *
 *   time        a pass; CPU seconds of the messages alone, without making the engine and freeing it
 *   text PATH   a pass that writes the reports to a file, in the canonical form that is hashed */
#ifndef ORDER_STREAM_H
#define ORDER_STREAM_H

#include <inttypes.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STREAM_MAGIC UINT64_C(0x4d4542575f303031)
#define STREAM_BATCH 4096 /* messages after which the reports so far are dropped, as a reader would have taken them */

enum { STREAM_NEW = 0, STREAM_CANCEL = 1, STREAM_MODIFY = 2 };

typedef struct stream_message {
    uint8_t type, side, ioc, zero;
    uint32_t qty;
    uint64_t sequence, order_id;
    int64_t price, zeros;
} stream_message_t;

/* Codes of the text. */
enum { LINE_ACK, LINE_TRADE, LINE_CANCELED, LINE_MODIFIED, LINE_CANCEL_REJECTED, LINE_MODIFY_REJECTED };

typedef struct stream_line {
    uint8_t code, side;
    uint32_t qty;
    uint64_t sequence, order_id, other_id; /* of a trade: the maker, the taker */
    int64_t price;
} stream_line_t;

/* Take all messages: those of each batch in one piece. With `text` hand all reports to text_add, in their order.
 * Returns the seconds that it took. */
static double run_pass(const stream_message_t *messages, uint32_t count, uint64_t id_max, FILE *text);

/* CPU time: on a shared machine a program waits for its turn. */
static inline double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline void text_write(FILE *text, const stream_line_t *line)
{
    fprintf(text, "%d,%" PRIu64, line->code, line->sequence);
    if (line->code == LINE_TRADE) {
        fprintf(text, ",%" PRId64 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64 "\n", line->price, line->qty, line->order_id,
                line->other_id);
        return;
    }
    if (line->code < LINE_CANCEL_REJECTED)
        fprintf(text, ",%d", line->side);
    fprintf(text, ",%" PRIu64, line->order_id);
    if (line->code < LINE_CANCEL_REJECTED)
        fprintf(text, ",%" PRId64, line->price);
    if (line->code == LINE_ACK || line->code == LINE_MODIFIED)
        fprintf(text, ",%" PRIu32, line->qty);
    fputc('\n', text);
}

/* Lines of one message go by their code, those of one code as they came. NULL ends the text. */
static inline void text_add(FILE *text, const stream_line_t *line)
{
    static stream_line_t *kept = NULL;
    static size_t count = 0, room = 0;
    if (count > 0 && (line == NULL || kept[0].sequence != line->sequence)) {
        for (int code = LINE_ACK; code <= LINE_MODIFY_REJECTED; code++)
            for (size_t at = 0; at < count; at++)
                if (kept[at].code == code)
                    text_write(text, &kept[at]);
        count = 0;
    }
    if (line == NULL)
        return;
    if (count == room) {
        room = room == 0 ? 64 : room * 2;
        kept = (stream_line_t *)realloc(kept, room * sizeof *kept);
        if (kept == NULL)
            abort();
    }
    kept[count++] = *line;
}

static inline stream_message_t *stream_read(const char *path, uint32_t *count)
{
    struct {
        uint64_t magic;
        uint32_t version, count;
    } header;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(&header, sizeof header, 1, file) != 1 || header.magic != STREAM_MAGIC)
        return NULL;
    stream_message_t *messages = (stream_message_t *)malloc((header.count + (size_t)1) * sizeof *messages);
    if (messages == NULL || fread(messages, sizeof *messages, header.count, file) != header.count)
        return NULL;
    fclose(file);
    *count = header.count;
    return messages;
}

int main(int words, char **word)
{
    uint32_t count = 0;
    char line[4096];
#ifdef __GLIBC__
    /* A pass uses the memory of the pass before: the system hands out no page in the clock. */
    if (getenv("READY") == NULL) { /* which is compared with Python, where that is not so */
        mallopt(M_MMAP_THRESHOLD, 1 << 30);
        mallopt(M_TRIM_THRESHOLD, 1 << 30);
    }
#endif
    stream_message_t *messages = words == 2 ? stream_read(word[1], &count) : NULL;
    if (messages == NULL)
        return 1;
    uint64_t id_max = 0;
    for (uint32_t at = 0; at < count; at++)
        id_max = messages[at].order_id > id_max ? messages[at].order_id : id_max;
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        FILE *text = strncmp(line, "text ", 5) == 0 ? fopen(line + 5, "w") : NULL;
        double seconds = run_pass(messages, count, id_max, text);
        if (text != NULL) {
            text_add(text, NULL);
            if (fclose(text) != 0)
                return 1;
        }
        printf("{\"seconds\": %.9f}\n", seconds);
        fflush(stdout);
    }
    free(messages);
    return 0;
}

#endif
