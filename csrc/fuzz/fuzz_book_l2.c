/* The book by level against a shadow: a short array of levels, searched one by one.
 *
 * Each operation is three bytes: side and kind of step, distance, quantity. Steps range from one tick to many windows,
 * so pages are made and freed, the window moves both ways, and levels sit in the far table. After each operation the
 * best level, the number of levels and the touched level must agree; at the end every level, in order, of both sides.
 */
#include "velora/book_l2.h"

#define SHADOW_MAX 256

typedef struct shadow {
    int64_t price[SHADOW_MAX], qty[SHADOW_MAX];
    int64_t count;
} shadow_t;

static int64_t shadow_find(const shadow_t *shadow, int64_t price)
{
    for (int64_t i = 0; i < shadow->count; i++)
        if (shadow->price[i] == price)
            return i;
    return -1;
}

static int64_t shadow_best(const shadow_t *shadow, uint8_t side)
{
    int64_t best = shadow->price[0];
    for (int64_t i = 1; i < shadow->count; i++)
        if (side == VEL_BUY ? shadow->price[i] > best : shadow->price[i] < best)
            best = shadow->price[i];
    return best;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const int64_t steps[8] = {1, 7, 64, 65, 64 * 63, 64 * 4096, 64 * 4096 / 2 + 1, INT64_C(1) << 40};
    static shadow_t shadow[2];
    int64_t centre = 0;
    vel_book_t book;
    VEL_ASSERT(vel_book_init(&book) == VEL_OK);
    shadow[0].count = shadow[1].count = 0;
    for (size_t at = 0; at + 2 < size; at += 3) {
        uint8_t op = bytes[at], side = op & 1;
        int64_t distance = (int8_t)bytes[at + 1], qty = bytes[at + 2] % 4;
        shadow_t *mine = &shadow[side];
        if ((op & 0xf0) == 0xf0) {
            vel_book_clear(&book);
            shadow[0].count = shadow[1].count = 0;
            continue;
        }
        if ((op & 0xf0) == 0xe0)
            centre = centre / 2 + distance * steps[(op >> 1) & 7];
        int64_t price = centre + distance * steps[(op >> 1) & 7];
        if ((op & 0x30) == 0x30 && mine->count > 0) {
            price = shadow_best(mine, side); /* delete the best level */
            qty = 0;
        }
        int64_t found = shadow_find(mine, price);
        if (found < 0 && qty > 0 && mine->count == SHADOW_MAX)
            continue;
        VEL_ASSERT(vel_book_set(&book, side, price, qty) == VEL_OK);
        if (found >= 0 && qty > 0) {
            mine->qty[found] = qty;
        } else if (found >= 0) {
            mine->count--;
            mine->price[found] = mine->price[mine->count];
            mine->qty[found] = mine->qty[mine->count];
        } else if (qty > 0) {
            mine->price[mine->count] = price;
            mine->qty[mine->count++] = qty;
        }
        VEL_ASSERT(vel_book_qty(&book, side, price) == qty);
        VEL_ASSERT(book.side[side].levels == mine->count);
        VEL_ASSERT(vel_book_has_side(&book, side) == (mine->count > 0));
        if (mine->count > 0)
            VEL_ASSERT(vel_book_best(&book, side) == shadow_best(mine, side));
    }
    for (uint8_t side = 0; side < 2; side++) {
        int64_t ticks[SHADOW_MAX], lots[SHADOW_MAX];
        int64_t count = vel_book_depth(&book, side, SHADOW_MAX, ticks, lots);
        VEL_ASSERT(count == shadow[side].count);
        for (int64_t i = 0; i < count; i++) {
            int64_t found = shadow_find(&shadow[side], ticks[i]);
            VEL_ASSERT(found >= 0 && shadow[side].qty[found] == lots[i]);
            if (i > 0)
                VEL_ASSERT(side == VEL_BUY ? ticks[i] < ticks[i - 1] : ticks[i] > ticks[i - 1]);
        }
    }
    vel_book_free(&book);
    return 0;
}
