/* Journals: what is written is read back, and no changed byte goes unnoticed. */
#include "velora/journal.h"

#include <string.h>

#include "check.h"

static void checksum_is_the_published_one(void)
{
    vel_crc32c_t crc;
    uint8_t zeros[32] = {0}, ones[32];
    memset(ones, 255, sizeof ones);
    vel_crc32c_init(&crc);
    CHECK(vel_crc32c(&crc, 0, "123456789", 9) == UINT32_C(0xe3069283));
    CHECK(vel_crc32c(&crc, 0, zeros, 32) == UINT32_C(0x8a9136aa)); /* RFC 3720, B.4 */
    CHECK(vel_crc32c(&crc, 0, ones, 32) == UINT32_C(0x62a8ab43));
    CHECK(vel_crc32c(&crc, vel_crc32c(&crc, 0, "1234", 4), "56789", 5) == UINT32_C(0xe3069283));
    CHECK(vel_crc32c(&crc, 0, "", 0) == 0);
}

static void instruction_and_tables_agree(void)
{
    vel_crc32c_t crc, tables;
    uint8_t bytes[301];
    vel_crc32c_init(&crc);
    vel_crc32c_init(&tables);
    tables.has_instruction = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i + 3);
    for (size_t begin = 0; begin < 9; begin++)
        for (size_t size = 0; begin + size <= sizeof bytes; size++)
            CHECK(vel_crc32c(&crc, 7, bytes + begin, size) == vel_crc32c(&tables, 7, bytes + begin, size));
}

/* A journal of a few records of many sizes. */
static void fill(vel_journal_t *journal)
{
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
    CHECK(vel_journal_init(journal) == VEL_OK);
    for (size_t i = 0; i < 12; i++)
        CHECK(vel_journal_append(journal, 1 + (uint32_t)i % 9, 1000 + (int64_t)i, bytes, i * i, bytes, i % 3) ==
              VEL_OK);
}

/* Records read of a file, and how the reading ended. */
static int count_records(const uint8_t *data, size_t size, int *records)
{
    vel_crc32c_t crc;
    vel_record_t record;
    size_t at = VEL_JOURNAL_HEADER_BYTES;
    vel_crc32c_init(&crc);
    for (*records = 0;; ++*records) {
        int status = vel_journal_read(&crc, data, size, at, (uint32_t)*records, &record);
        if (status != VEL_OK)
            return status;
        at += sizeof record + record.length;
    }
}

static void records_are_read_back(void)
{
    vel_journal_t journal;
    int records;
    fill(&journal);
    CHECK(count_records(journal.data, journal.used, &records) == VEL_JOURNAL_END);
    CHECK(records == 12);
    vel_journal_free(&journal);
}

static void every_changed_byte_is_noticed(void)
{
    vel_journal_t journal;
    int records;
    fill(&journal);
    for (size_t at = VEL_JOURNAL_HEADER_BYTES; at < journal.used; at++)
        for (int bit = 0; bit < 8; bit++) {
            journal.data[at] ^= (uint8_t)(1 << bit);
            CHECK(count_records(journal.data, journal.used, &records) < 0);
            journal.data[at] ^= (uint8_t)(1 << bit);
        }
    vel_journal_free(&journal);
}

static void every_cut_leaves_whole_records_and_a_torn_tail(void)
{
    vel_journal_t journal;
    fill(&journal);
    int before = 0;
    for (size_t size = VEL_JOURNAL_HEADER_BYTES; size <= journal.used; size++) {
        int records, status = count_records(journal.data, size, &records);
        CHECK(status == VEL_JOURNAL_END || status == VEL_JOURNAL_TORN);
        CHECK(records == before || records == before + 1);
        CHECK((status == VEL_JOURNAL_END) == (records == before + 1 || size == VEL_JOURNAL_HEADER_BYTES));
        before = records;
    }
    CHECK(before == 12);
    vel_journal_free(&journal);
}

static void zeros_behind_the_records_are_a_torn_tail(void)
{
    vel_journal_t journal;
    int records;
    fill(&journal);
    size_t size = journal.used + 100;
    uint8_t *data = calloc(1, size);
    memcpy(data, journal.data, journal.used);
    CHECK(count_records(data, size, &records) == VEL_JOURNAL_TORN && records == 12);
    data[size - 1] = 1;
    CHECK(count_records(data, size, &records) == VEL_JOURNAL_BAD_HEADER && records == 12);
    free(data);
    vel_journal_free(&journal);
}

static void a_missing_record_is_noticed(void)
{
    vel_journal_t journal;
    vel_record_t second, third;
    vel_crc32c_t crc;
    int records;
    vel_crc32c_init(&crc);
    fill(&journal);
    size_t at = VEL_JOURNAL_HEADER_BYTES + sizeof(vel_record_t); /* the first has no payload */
    CHECK(vel_journal_read(&crc, journal.data, journal.used, at, 1, &second) == VEL_OK);
    size_t behind = at + sizeof second + second.length;
    CHECK(vel_journal_read(&crc, journal.data, journal.used, behind, 2, &third) == VEL_OK);
    memmove(journal.data + at, journal.data + behind, journal.used - behind);
    CHECK(count_records(journal.data, journal.used - (behind - at), &records) == VEL_JOURNAL_BAD_NUMBER);
    CHECK(records == 1);
    vel_journal_free(&journal);
}

static void a_payload_beyond_the_bound_is_refused(void)
{
    vel_journal_t journal;
    CHECK(vel_journal_init(&journal) == VEL_OK);
    size_t used = journal.used;
    uint8_t *bytes = calloc(1, VEL_JOURNAL_PAYLOAD_MAX + 1);
    CHECK(vel_journal_append(&journal, 1, 0, bytes, VEL_JOURNAL_PAYLOAD_MAX, bytes, 1) == VEL_EFULL);
    CHECK(journal.used == used && journal.number == 0);
    CHECK(vel_journal_append(&journal, 1, 0, bytes, VEL_JOURNAL_PAYLOAD_MAX, bytes, 0) == VEL_OK);
    free(bytes);
    vel_journal_free(&journal);
}

int main(void)
{
    checksum_is_the_published_one();
    instruction_and_tables_agree();
    records_are_read_back();
    every_changed_byte_is_noticed();
    every_cut_leaves_whole_records_and_a_torn_tail();
    zeros_behind_the_records_are_a_torn_tail();
    a_missing_record_is_noticed();
    a_payload_beyond_the_bound_is_refused();
    return check_failures != 0;
}
