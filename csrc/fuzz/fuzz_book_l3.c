/* The book by order against a shadow: an array of orders in the order of their priority, searched one by one.
 *
 * Each operation is four bytes: what and on which side, which id, how far away, how much. Few ids and few prices, so
 * that orders meet in queues, ids come back, and operations hit orders that are not there. After each operation the
 * status, the touched level and the order's place must agree; every 16th and at the end, the whole book is checked and
 * every queue compared. */
#include "velora/book_l3.h"

#define SHADOW_MAX 256

typedef struct shadow {
    int64_t id, price, qty;
    uint8_t side;
} shadow_t;

static shadow_t shadow[SHADOW_MAX]; /* the earlier, the higher in its queue */
static int64_t shadow_count;

static int64_t find(int64_t id)
{
    for (int64_t i = 0; i < shadow_count; i++)
        if (shadow[i].id == id)
            return i;
    return -1;
}

static void drop(int64_t at)
{
    shadow_count--;
    for (int64_t i = at; i < shadow_count; i++)
        shadow[i] = shadow[i + 1];
}

static void to_back(int64_t at)
{
    shadow_t moved = shadow[at];
    drop(at);
    shadow[shadow_count++] = moved;
}

static int64_t total(uint8_t side, int64_t price, int64_t *orders)
{
    int64_t lots = 0;
    *orders = 0;
    for (int64_t i = 0; i < shadow_count; i++)
        if (shadow[i].side == side && shadow[i].price == price) {
            lots += shadow[i].qty;
            ++*orders;
        }
    return lots;
}

static int shadow_change(const vel_book_l3_t *book, int64_t id, int64_t price, int64_t qty)
{
    int64_t at = find(id);
    if (at < 0)
        return VEL_ENOENT;
    if (qty == 0) {
        drop(at);
        return VEL_OK;
    }
    int64_t old = shadow[at].qty;
    bool loses = price != shadow[at].price || (qty != old && (book->rule == VEL_PRIORITY_LOST_BY_ANY ||
                                                              (book->rule == VEL_PRIORITY_LOST_BY_MORE && qty > old)));
    shadow[at].price = price;
    shadow[at].qty = qty;
    if (loses)
        to_back(at);
    return VEL_OK;
}

static int shadow_cancel(int64_t id, int64_t qty)
{
    int64_t at = find(id);
    if (at < 0)
        return VEL_ENOENT;
    int64_t left = qty == 0 ? 0 : shadow[at].qty - qty;
    if (left < 0)
        return VEL_ECORRUPT;
    shadow[at].qty = left;
    if (left == 0)
        drop(at);
    return VEL_OK;
}

static void compare(const vel_book_l3_t *book)
{
    vel_book_l3_check(book);
    VEL_ASSERT(book->count == shadow_count);
    for (int64_t i = 0; i < shadow_count; i++) {
        const shadow_t *mine = &shadow[i];
        const vel_l3_order_t *order = vel_book_l3_order(book, mine->id);
        int64_t lots, orders, lots_before = 0, orders_before = 0;
        VEL_ASSERT(order != NULL && order->price == mine->price && order->qty == mine->qty &&
                   order->side == mine->side);
        for (int64_t k = 0; k < i; k++)
            if (shadow[k].side == mine->side && shadow[k].price == mine->price) {
                lots_before += shadow[k].qty;
                orders_before++;
            }
        VEL_ASSERT(vel_book_l3_ahead(book, mine->id, &lots, &orders) == VEL_OK);
        VEL_ASSERT(lots == lots_before && orders == orders_before);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const int64_t steps[4] = {1, 40, 64 * 4096, INT64_C(1) << 40};
    vel_book_l3_t book;
    if (size == 0)
        return 0;
    vel_priority_rule_t rule = (vel_priority_rule_t)(bytes[0] % 3);
    bool is_dense = bytes[0] & 0x40;
    VEL_ASSERT((is_dense ? vel_book_l3_init_dense(&book, rule) : vel_book_l3_init(&book, rule)) == VEL_OK);
    if (is_dense) { /* ids that an array cannot have */
        VEL_ASSERT(vel_book_l3_add(&book, -1, VEL_BUY, 1, 1) == VEL_EINVAL);
        VEL_ASSERT(vel_book_l3_add(&book, INT64_C(1) << 31, VEL_BUY, 1, 1) == VEL_EINVAL);
        VEL_ASSERT(vel_book_l3_order(&book, -1) == NULL && vel_book_l3_cancel(&book, INT64_MAX, 0) == VEL_ENOENT);
    }
    shadow_count = 0;
    int64_t operations = 0;
    for (size_t at = 1; at + 3 < size; at += 4) {
        uint8_t what = bytes[at] & 7, side = bytes[at] >> 3 & 1;
        int64_t id = bytes[at + 1] % 64;
        int64_t price = ((int64_t)(bytes[at + 2] % 16) - 8) * steps[bytes[at + 2] >> 4 & 3];
        int64_t qty = bytes[at + 3] % 8;
        int64_t known = find(id), orders;
        int got, wanted;
        switch (what) {
        case 0:
        case 1:
        case 2:
            got = vel_book_l3_apply(&book, VEL_EV_ORDER_ADD, side, price, qty, id);
            wanted = qty == 0 ? VEL_EINVAL : known >= 0 ? VEL_EEXIST : VEL_OK;
            if (wanted == VEL_OK)
                shadow[shadow_count++] = (shadow_t){id, price, qty, side};
            break;
        case 3:
            if (bytes[at] & 0x10 && known >= 0)
                price = shadow[known].price;
            got = vel_book_l3_apply(&book, VEL_EV_ORDER_CHANGE, side, price, qty, id);
            wanted = shadow_change(&book, id, price, qty);
            break;
        case 4:
        case 5:
            got =
                vel_book_l3_apply(&book, what == 4 ? VEL_EV_ORDER_CANCEL : VEL_EV_ORDER_EXECUTE, side, price, qty, id);
            wanted = what == 5 && qty == 0 ? VEL_EINVAL : shadow_cancel(id, qty);
            break;
        case 6: {
            int64_t new_id = bytes[at] >> 2;
            got = vel_book_l3_replace(&book, id, new_id, price, qty);
            wanted = known < 0                           ? VEL_ENOENT
                     : qty == 0                          ? VEL_EINVAL
                     : new_id != id && find(new_id) >= 0 ? VEL_EEXIST
                                                         : VEL_OK;
            if (wanted == VEL_OK) {
                shadow[known].id = id = new_id;
                shadow[known].price = price;
                shadow[known].qty = qty;
                to_back(known);
            }
            break;
        }
        default:
            if (bytes[at + 1] < 8) {
                (void)vel_book_l3_apply(&book, VEL_EV_SNAPSHOT_BEGIN, 0, 0, 0, 0);
                shadow_count = 0;
            }
            got = wanted = VEL_OK;
        }
        VEL_ASSERT(got == wanted);
        known = find(id);
        if (known >= 0) {
            side = shadow[known].side;
            price = shadow[known].price;
        }
        int64_t lots = total(side, price, &orders);
        VEL_ASSERT(vel_book_qty(&book.levels, side, price) == lots);
        VEL_ASSERT(vel_book_l3_orders_at(&book, side, price) == orders);
        if (++operations % 16 == 0)
            compare(&book);
    }
    compare(&book);
    vel_book_l3_free(&book);
    return 0;
}
