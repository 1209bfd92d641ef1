#include "velora/journal.h"

#include <string.h>

/* ---------------------------------------------------------------- writing */

int vel_journal_init(vel_journal_t *journal)
{
    static const uint32_t numbers[2] = {VEL_JOURNAL_VERSION, UINT32_C(0x01020304)};
    memset(journal, 0, sizeof *journal);
    vel_crc32c_init(&journal->crc);
    journal->capacity = 1 << 16;
    journal->data = malloc(journal->capacity);
    if (journal->data == NULL)
        return VEL_ENOMEM;
    memcpy(journal->data, "VELORAJ\n", 8);
    memcpy(journal->data + 8, numbers, 8);
    journal->used = VEL_JOURNAL_HEADER_BYTES;
    return VEL_OK;
}

void vel_journal_free(vel_journal_t *journal)
{
    free(journal->data);
    memset(journal, 0, sizeof *journal);
}

/* Room for a record of so many bytes of payload; *payload is where they go. */
static int reserve(vel_journal_t *journal, size_t bytes, uint8_t **payload)
{
    if (bytes > VEL_JOURNAL_PAYLOAD_MAX)
        return VEL_EFULL;
    size_t needed = journal->used + sizeof(vel_record_t) + bytes, capacity = journal->capacity;
    while (capacity < needed)
        capacity *= 2;
    if (capacity != journal->capacity) {
        uint8_t *data = realloc(journal->data, capacity);
        if (data == NULL)
            return VEL_ENOMEM;
        journal->data = data;
        journal->capacity = capacity;
    }
    *payload = journal->data + journal->used + sizeof(vel_record_t);
    return VEL_OK;
}

/* The payload is in its place: put the header before it. */
static void seal(vel_journal_t *journal, uint32_t type, int64_t ts, size_t bytes)
{
    uint8_t *at = journal->data + journal->used;
    vel_record_t record = {.length = (uint32_t)bytes, .number = journal->number++, .ts = ts, .type = type};
    record.payload_crc = vel_crc32c(&journal->crc, 0, at + sizeof record, bytes);
    record.header_crc = vel_crc32c(&journal->crc, 0, &record, offsetof(vel_record_t, header_crc));
    memcpy(at, &record, sizeof record);
    journal->used += sizeof record + bytes;
}

int vel_journal_append(vel_journal_t *journal, uint32_t type, int64_t ts, const void *first, size_t first_bytes,
                       const void *second, size_t second_bytes)
{
    uint8_t *payload;
    int status = reserve(journal, first_bytes + second_bytes, &payload);
    if (status != VEL_OK)
        return status;
    if (first_bytes > 0)
        memcpy(payload, first, first_bytes);
    if (second_bytes > 0)
        memcpy(payload + first_bytes, second, second_bytes);
    seal(journal, type, ts, first_bytes + second_bytes);
    return VEL_OK;
}

int vel_journal_append_rows(vel_journal_t *journal, int64_t ts, int32_t instrument, const vel_columns_t *columns,
                            int64_t row, int64_t count)
{
    uint8_t *payload;
    int32_t head[2] = {instrument, (int32_t)count};
    if (count < 0 || count > VEL_JOURNAL_PAYLOAD_MAX / (int64_t)sizeof(vel_journal_row_t))
        return VEL_EFULL;
    size_t bytes = sizeof head + (size_t)count * sizeof(vel_journal_row_t);
    int status = reserve(journal, bytes, &payload);
    if (status != VEL_OK)
        return status;
    memcpy(payload, head, sizeof head);
    payload += sizeof head;
    for (int64_t i = row; i < row + count; i++, payload += sizeof(vel_journal_row_t)) {
        vel_journal_row_t stored = {.ts_event = columns->ts_event[i],
                                    .price = columns->price[i],
                                    .qty = columns->qty[i],
                                    .order_id = columns->order_id[i],
                                    .kind = columns->kind[i],
                                    .side = columns->side[i],
                                    .flags = columns->flags[i]};
        memcpy(payload, &stored, sizeof stored);
    }
    seal(journal, VEL_RECORD_ROWS, ts, bytes);
    return VEL_OK;
}

/* ---------------------------------------------------------------- messages */

/* ---------------------------------------------------------------- reading */

static bool is_all_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0)
            return false;
    return true;
}

int vel_journal_read(const vel_crc32c_t *crc, const uint8_t *data, size_t size, size_t at, uint32_t number,
                     vel_record_t *record)
{
    if (at >= size)
        return VEL_JOURNAL_END;
    size_t left = size - at;
    if (left < sizeof *record)
        return VEL_JOURNAL_TORN;
    memcpy(record, data + at, sizeof *record);
    if (record->header_crc != vel_crc32c(crc, 0, record, offsetof(vel_record_t, header_crc)) || record->zero != 0 ||
        record->length > VEL_JOURNAL_PAYLOAD_MAX)
        return is_all_zero(data + at, left) ? VEL_JOURNAL_TORN : VEL_JOURNAL_BAD_HEADER;
    if (record->number != number)
        return VEL_JOURNAL_BAD_NUMBER;
    if (record->length > left - sizeof *record)
        return VEL_JOURNAL_TORN;
    if (record->payload_crc != vel_crc32c(crc, 0, data + at + sizeof *record, record->length))
        return VEL_JOURNAL_BAD_PAYLOAD;
    return VEL_OK;
}
