#include "velora/book_l2.h"

#include <string.h>

#include "book_l3_inner.h"
#include "velora/hash.h"

#define DIRECTORY_MASK (VEL_DIRECTORY_PAGES - 1)
#define PAGES_INITIAL 64u
#define FAR_SLOTS_INITIAL 64u

/* ---------------------------------------------------------------- page pool */

static int pool_take(vel_ladder_t *ladder, int64_t number, uint32_t *index)
{
    if (ladder->free_head != VEL_NO_PAGE) {
        *index = ladder->free_head;
        ladder->free_head = (uint32_t)ladder->pages[*index].number;
    } else {
        if (ladder->pages_count == ladder->pages_max) {
            uint32_t grown = ladder->pages_max * 2;
            vel_page_t *pages = realloc(ladder->pages, grown * sizeof *pages);
            if (pages == NULL)
                return VEL_ENOMEM;
            ladder->pages = pages;
            ladder->pages_max = grown;
        }
        *index = ladder->pages_count++;
    }
    ladder->pages[*index].used = 0;
    ladder->pages[*index].number = number;
    return VEL_OK;
}

static void pool_give(vel_ladder_t *ladder, uint32_t index)
{
    ladder->pages[index].used = 0;
    ladder->pages[index].number = ladder->free_head;
    ladder->free_head = index;
}

/* ---------------------------------------------------------------- pages outside the window */

static uint32_t far_home(const vel_ladder_t *ladder, int64_t number)
{
    return (uint32_t)(vel_hash_i64(VEL_HASH_SEED, number) >> 32) & (ladder->far_slots - 1);
}

/* Slot that holds `number`, or the empty slot where it belongs. */
static uint32_t far_slot(const vel_ladder_t *ladder, int64_t number)
{
    uint32_t slot = far_home(ladder, number);
    while (ladder->far_table[slot] != VEL_NO_PAGE && ladder->pages[ladder->far_table[slot]].number != number)
        slot = (slot + 1) & (ladder->far_slots - 1);
    return slot;
}

static int far_resize(vel_ladder_t *ladder, uint32_t slots)
{
    uint32_t *old = ladder->far_table;
    uint32_t old_slots = ladder->far_slots;
    uint32_t *table = malloc(slots * sizeof *table);
    if (table == NULL)
        return VEL_ENOMEM;
    for (uint32_t i = 0; i < slots; i++)
        table[i] = VEL_NO_PAGE;
    ladder->far_table = table;
    ladder->far_slots = slots;
    for (uint32_t i = 0; i < old_slots; i++)
        if (old[i] != VEL_NO_PAGE)
            table[far_slot(ladder, ladder->pages[old[i]].number)] = old[i];
    free(old);
    return VEL_OK;
}

/* Make room for `more` pages, so that the insertions that follow cannot fail. */
static int far_reserve(vel_ladder_t *ladder, uint32_t more)
{
    uint32_t slots = ladder->far_slots == 0 ? FAR_SLOTS_INITIAL : ladder->far_slots;
    while ((ladder->far.count + more) * 2 > slots)
        slots *= 2;
    int status = vel_sorted_reserve(&ladder->far, more);
    return status != VEL_OK || slots == ladder->far_slots ? status : far_resize(ladder, slots);
}

static void far_insert(vel_ladder_t *ladder, uint32_t index)
{
    int64_t number = ladder->pages[index].number;
    uint32_t slot = far_slot(ladder, number);
    VEL_ASSERT(ladder->far_table[slot] == VEL_NO_PAGE);
    ladder->far_table[slot] = index;
    vel_sorted_insert(&ladder->far, number);
}

static void far_remove(vel_ladder_t *ladder, uint32_t slot)
{
    uint32_t mask = ladder->far_slots - 1;
    uint32_t hole = slot;
    vel_sorted_remove(&ladder->far, ladder->pages[ladder->far_table[slot]].number);
    ladder->far_table[hole] = VEL_NO_PAGE;
    /* Close the gap: move back every following entry whose home slot does not lie between the hole and itself. */
    for (uint32_t next = (hole + 1) & mask; ladder->far_table[next] != VEL_NO_PAGE; next = (next + 1) & mask) {
        uint32_t home = far_home(ladder, ladder->pages[ladder->far_table[next]].number);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            ladder->far_table[hole] = ladder->far_table[next];
            ladder->far_table[next] = VEL_NO_PAGE;
            hole = next;
        }
    }
}

const vel_page_t *vel_ladder_far_page(const vel_ladder_t *ladder, int64_t number)
{
    if (ladder->far.count == 0)
        return NULL;
    uint32_t index = ladder->far_table[far_slot(ladder, number)];
    return index == VEL_NO_PAGE ? NULL : &ladder->pages[index];
}

/* ---------------------------------------------------------------- the window */

static bool in_window(const vel_ladder_t *ladder, int64_t number)
{
    return (uint64_t)(number - ladder->window_lo) < VEL_DIRECTORY_PAGES;
}

static void directory_mark(vel_ladder_t *ladder, uint32_t slot)
{
    ladder->occupied[slot / 64] |= UINT64_C(1) << (slot % 64);
    ladder->summary |= UINT64_C(1) << (slot / 64);
}

static void directory_unmark(vel_ladder_t *ladder, uint32_t slot)
{
    ladder->occupied[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
    if (ladder->occupied[slot / 64] == 0)
        ladder->summary &= ~(UINT64_C(1) << (slot / 64));
}

static void directory_put(vel_ladder_t *ladder, uint32_t index)
{
    uint32_t slot = (uint32_t)((uint64_t)ladder->pages[index].number & DIRECTORY_MASK);
    ladder->directory[slot] = index;
    directory_mark(ladder, slot);
}

static void directory_drop(vel_ladder_t *ladder, uint32_t slot)
{
    ladder->directory[slot] = VEL_NO_PAGE;
    directory_unmark(ladder, slot);
}

/* Give the empty pages of the directory back. A free page's number is a place in the pool, and the directory never
 * names a free page. */
static void directory_sweep(vel_ladder_t *ladder)
{
    for (uint32_t index = 0; ladder->kept > 0 && index < ladder->pages_count; index++) {
        const vel_page_t *page = &ladder->pages[index];
        uint32_t slot = (uint32_t)((uint64_t)page->number & DIRECTORY_MASK);
        if (page->used == 0 && ladder->directory[slot] == index) {
            ladder->directory[slot] = VEL_NO_PAGE;
            pool_give(ladder, index);
            ladder->kept--;
        }
    }
}

/* A page of the directory has become empty. */
static void directory_keep(vel_ladder_t *ladder, uint32_t slot)
{
    directory_unmark(ladder, slot);
    if (++ladder->kept > ladder->kept_max && ladder->kept > ladder->pages_count / 2)
        directory_sweep(ladder); /* which looks at two pages for each that it gives back */
}

/* First occupied slot at or after `slot`, without wrapping; -1 when none. */
static int directory_scan(const vel_ladder_t *ladder, uint32_t slot)
{
    if (slot >= VEL_DIRECTORY_PAGES)
        return -1;
    uint32_t word = slot / 64;
    uint64_t bits = ladder->occupied[word] >> (slot % 64);
    if (bits != 0)
        return (int)slot + vel_lowest_bit(bits);
    if (word == 63)
        return -1;
    uint64_t words = ladder->summary >> (word + 1) << (word + 1);
    if (words == 0)
        return -1;
    word = (uint32_t)vel_lowest_bit(words);
    return (int)(word * 64) + vel_lowest_bit(ladder->occupied[word]);
}

void vel_ladder_on_empty_page(vel_ladder_t *ladder, vel_page_t *page, int64_t key)
{
    uint32_t slot = (uint32_t)((uint64_t)page->number & DIRECTORY_MASK);
    directory_keep(ladder, slot);
    if (ladder->levels == 0) {
        ladder->emptied++;
        ladder->best_key = VEL_NO_KEY;
        return;
    }
    if (key != ladder->best_key)
        return;
    /* No page stood before the best one: the first one behind it, around the directory, is the next. */
    int found = directory_scan(ladder, slot);
    if (found < 0)
        found = directory_scan(ladder, 0);
    if (VEL_LIKELY(found >= 0)) {
        const vel_page_t *next = &ladder->pages[ladder->directory[found]];
        if (VEL_LIKELY((uint64_t)(next->number - ladder->window_lo) < VEL_DIRECTORY_PAGES / 2)) {
            ladder->best_key = next->number * VEL_PAGE_TICKS + vel_lowest_bit(next->used);
            return;
        }
    }
    vel_ladder_find_best(ladder); /* it is far, or the window has to follow */
}

/* Last occupied slot at or before `slot`, without wrapping; -1 when none. */
static int directory_scan_back(const vel_ladder_t *ladder, int slot)
{
    if (slot < 0)
        return -1;
    int word = slot / 64;
    uint64_t bits = ladder->occupied[word] << (63 - slot % 64);
    if (bits != 0)
        return slot - (63 - vel_highest_bit(bits));
    uint64_t words = word == 0 ? 0 : ladder->summary << (64 - word) >> (64 - word);
    if (words == 0)
        return -1;
    word = vel_highest_bit(words);
    return word * 64 + vel_highest_bit(ladder->occupied[word]);
}

/* Next occupied page of the window with a number greater than `number`; false when none. */
static bool window_next(const vel_ladder_t *ladder, int64_t number, int64_t *found)
{
    int64_t from = number < ladder->window_lo ? ladder->window_lo : number + 1;
    if (!in_window(ladder, from))
        return false;
    uint32_t start = (uint32_t)((uint64_t)from & DIRECTORY_MASK);
    uint32_t first = (uint32_t)((uint64_t)ladder->window_lo & DIRECTORY_MASK);
    int slot = directory_scan(ladder, start);
    if (start >= first) {
        /* The window runs start..4095, then 0..first-1. */
        if (slot < 0) {
            slot = directory_scan(ladder, 0);
            if (slot >= (int)first)
                slot = -1;
        }
    } else if (slot >= (int)first) {
        slot = -1;
    }
    if (slot < 0)
        return false;
    *found = ladder->pages[ladder->directory[slot]].number;
    return true;
}

/* Move the window so that `number` lies a quarter into it. */
static int window_move(vel_ladder_t *ladder, int64_t number)
{
    int64_t lo = number - VEL_DIRECTORY_PAGES / 4;
    uint32_t leaving = 0;
    directory_sweep(ladder);
    for (int slot = directory_scan(ladder, 0); slot >= 0; slot = directory_scan(ladder, (uint32_t)slot + 1)) {
        int64_t at = ladder->pages[ladder->directory[slot]].number;
        leaving += (uint64_t)(at - lo) >= VEL_DIRECTORY_PAGES;
    }
    if (leaving > 0) {
        int status = far_reserve(ladder, leaving);
        if (status != VEL_OK)
            return status;
        for (int slot = directory_scan(ladder, 0); slot >= 0; slot = directory_scan(ladder, (uint32_t)slot + 1)) {
            uint32_t index = ladder->directory[slot];
            if ((uint64_t)(ladder->pages[index].number - lo) >= VEL_DIRECTORY_PAGES) {
                directory_drop(ladder, (uint32_t)slot);
                far_insert(ladder, index);
            }
        }
    }
    ladder->window_lo = lo;
    int64_t entering = lo - 1;
    while (vel_sorted_after(&ladder->far, entering, &entering) && in_window(ladder, entering)) {
        uint32_t slot = far_slot(ladder, entering), index = ladder->far_table[slot];
        far_remove(ladder, slot);
        directory_put(ladder, index);
    }
    return VEL_OK;
}

/* Keep the best page inside the first half of the window, because all other levels lie behind it. */
static int window_follow(vel_ladder_t *ladder)
{
    if (ladder->best_key == VEL_NO_KEY)
        return VEL_OK;
    int64_t number = vel_page_number(ladder->best_key);
    if ((uint64_t)(number - ladder->window_lo) < VEL_DIRECTORY_PAGES / 2)
        return VEL_OK;
    return window_move(ladder, number);
}

/* ---------------------------------------------------------------- ladder */

static int64_t page_first_key(const vel_ladder_t *ladder, int64_t number)
{
    const vel_page_t *page = vel_ladder_page(ladder, number);
    VEL_ASSERT(page != NULL && page->used != 0);
    return number * VEL_PAGE_TICKS + vel_lowest_bit(page->used);
}

static bool next_page(const vel_ladder_t *ladder, int64_t number, int64_t *found)
{
    int64_t near = 0, far = 0;
    bool has_near = window_next(ladder, number, &near);
    /* A far page lies either before or behind the whole window. */
    if (has_near && number >= ladder->window_lo) {
        *found = near;
        return true;
    }
    bool has_far = vel_sorted_after(&ladder->far, number, &far);
    if (!has_near && !has_far)
        return false;
    *found = !has_far || (has_near && near < far) ? near : far;
    return true;
}

int64_t vel_ladder_next(const vel_ladder_t *ladder, int64_t key)
{
    int64_t number = vel_page_number(key);
    const vel_page_t *page = vel_ladder_page(ladder, number);
    unsigned at = (unsigned)((uint64_t)key % VEL_PAGE_TICKS);
    if (page != NULL && at < 63 && page->used >> (at + 1) != 0)
        return key + 1 + vel_lowest_bit(page->used >> (at + 1));
    int64_t found = 0;
    return next_page(ladder, number, &found) ? page_first_key(ladder, found) : VEL_NO_KEY;
}

int64_t vel_ladder_last(const vel_ladder_t *ladder)
{
    if (ladder->best_key == VEL_NO_KEY)
        return VEL_NO_KEY;
    /* The window runs first..4095, then 0..first-1. */
    int first = (int)((uint64_t)ladder->window_lo & DIRECTORY_MASK);
    int slot = directory_scan_back(ladder, first - 1);
    if (slot < 0)
        slot = directory_scan_back(ladder, VEL_DIRECTORY_PAGES - 1);
    int64_t number = slot < 0 ? INT64_MIN : ladder->pages[ladder->directory[slot]].number;
    if (ladder->far.count > 0) {
        int64_t far = vel_sorted_last(&ladder->far);
        number = far > number ? far : number;
    }
    return number * VEL_PAGE_TICKS + vel_highest_bit(vel_ladder_page(ladder, number)->used);
}

void vel_ladder_find_best(vel_ladder_t *ladder)
{
    ladder->best_key = vel_ladder_next(ladder, ladder->best_key);
    /* The window only affects speed here: if moving it fails for want of memory, reads still work. */
    (void)window_follow(ladder);
}

int vel_ladder_set_slow(vel_ladder_t *ladder, int64_t key, int64_t qty_lots)
{
    int64_t number = vel_page_number(key);
    vel_page_t *page = vel_ladder_page(ladder, number);
    unsigned at = (unsigned)((uint64_t)key % VEL_PAGE_TICKS);
    uint64_t bit = UINT64_C(1) << at;

    if (qty_lots > 0) {
        if (page == NULL) {
            uint32_t index;
            int status;
            if (ladder->levels == 0 && (uint64_t)(number - ladder->window_lo) >= VEL_DIRECTORY_PAGES / 2) {
                directory_sweep(ladder);
                ladder->window_lo = number - VEL_DIRECTORY_PAGES / 4;
            }
            bool near = in_window(ladder, number);
            if (!near && (status = far_reserve(ladder, 1)) != VEL_OK)
                return status;
            if ((status = pool_take(ladder, number, &index)) != VEL_OK)
                return status;
            if (near)
                directory_put(ladder, index);
            else
                far_insert(ladder, index);
            page = &ladder->pages[index];
        } else if (page->used == 0) {
            directory_mark(ladder, (uint32_t)((uint64_t)number & DIRECTORY_MASK));
            ladder->kept--;
        }
        if (!(page->used & bit)) {
            page->used |= bit;
            ladder->levels++;
        }
        page->qty[at] = qty_lots;
        if (key < ladder->best_key) {
            ladder->best_key = key;
            (void)window_follow(ladder); /* as in vel_ladder_find_best: the level stands, wherever the window is */
        }
        return VEL_OK;
    }

    if (page == NULL || !(page->used & bit))
        return VEL_OK;
    page->used &= ~bit;
    ladder->levels--;
    if (page->used == 0) {
        if (in_window(ladder, number)) {
            directory_keep(ladder, (uint32_t)((uint64_t)number & DIRECTORY_MASK));
        } else {
            far_remove(ladder, far_slot(ladder, number));
            pool_give(ladder, (uint32_t)(page - ladder->pages));
        }
    }
    if (key == ladder->best_key)
        vel_ladder_find_best(ladder);
    ladder->emptied += ladder->levels == 0;
    return VEL_OK;
}

static int ladder_init(vel_ladder_t *ladder)
{
    memset(ladder, 0, sizeof *ladder);
    ladder->best_key = VEL_NO_KEY;
    ladder->free_head = VEL_NO_PAGE;
    for (int i = 0; i < VEL_DIRECTORY_PAGES; i++)
        ladder->directory[i] = VEL_NO_PAGE;
    ladder->pages = malloc(PAGES_INITIAL * sizeof *ladder->pages);
    if (ladder->pages == NULL)
        return VEL_ENOMEM;
    ladder->pages_max = PAGES_INITIAL;
    ladder->kept_max = VEL_PAGES_KEPT_MAX;
    return VEL_OK;
}

void vel_ladder_clear(vel_ladder_t *ladder)
{
    for (int slot = directory_scan(ladder, 0); slot >= 0; slot = directory_scan(ladder, (uint32_t)slot + 1))
        directory_drop(ladder, (uint32_t)slot);
    directory_sweep(ladder);
    for (uint32_t i = 0; i < ladder->far_slots; i++)
        ladder->far_table[i] = VEL_NO_PAGE;
    vel_sorted_clear(&ladder->far);
    ladder->pages_count = 0;
    ladder->free_head = VEL_NO_PAGE;
    ladder->levels = 0;
    ladder->best_key = VEL_NO_KEY;
}

/* ---------------------------------------------------------------- book */

int vel_book_init(vel_book_t *book)
{
    memset(book, 0, sizeof *book);
    int bids = ladder_init(&book->side[VEL_BUY]);
    int asks = ladder_init(&book->side[VEL_SELL]);
    book->told_key[VEL_BUY] = book->told_key[VEL_SELL] = INT64_MIN;
    book->front_key[VEL_BUY] = book->front_key[VEL_SELL] = INT64_MIN;
    return bids != VEL_OK ? bids : asks;
}

void vel_book_free(vel_book_t *book)
{
    for (int side = 0; side < 2; side++) {
        free(book->side[side].pages);
        free(book->side[side].far_table);
        vel_sorted_free(&book->side[side].far);
        book->side[side].pages = NULL;
        book->side[side].far_table = NULL;
    }
}

void vel_book_clear(vel_book_t *book)
{
    vel_ladder_clear(&book->side[VEL_BUY]);
    vel_ladder_clear(&book->side[VEL_SELL]);
}

/* ---------------------------------------------------------------- known and unknown levels */

void vel_book_end_snapshot(vel_book_t *book)
{
    book->in_snapshot = 0;
    book->is_stale = 0;
    for (uint8_t side = 0; side < 2; side++) {
        book->told_key[side] = vel_ladder_last(&book->side[side]);
        book->told_levels[side] = book->side[side].levels;
    }
}

bool vel_book_is_in_view(const vel_book_t *book, uint8_t side, int64_t key)
{
    const vel_ladder_t *ladder = &book->side[side];
    if (ladder->best_key == VEL_NO_KEY) /* after deletions the feed may be about to show the next levels */
        return book->told_key[side] == VEL_NO_KEY && book->told_levels[side] == 0;
    if (book->told_key[side] == INT64_MIN)
        return (key < ladder->best_key && key < book->front_key[side]) || vel_ladder_qty(ladder, key) > 0;
    if (key <= ladder->best_key)
        return true;
    if (book->is_quotes || key > vel_ladder_last(ladder))
        return false;
    return key <= book->told_key[side] || ladder->levels == book->told_levels[side] || vel_ladder_qty(ladder, key) > 0;
}

int vel_book_level_state(const vel_book_t *book, uint8_t side, int64_t key)
{
    if (book->is_stale || book->in_snapshot)
        return VEL_LEVEL_UNKNOWN;
    if (vel_ladder_qty(&book->side[side], key) > 0)
        return VEL_LEVEL_SHOWN;
    return vel_book_is_in_view(book, side, key) ? VEL_LEVEL_EMPTY : VEL_LEVEL_UNKNOWN;
}

int64_t vel_book_known_key(const vel_book_t *book, uint8_t side)
{
    const vel_ladder_t *ladder = &book->side[side];
    if (book->is_stale || book->in_snapshot || ladder->best_key == VEL_NO_KEY)
        return VEL_NO_KEY;
    if (book->is_quotes)
        return ladder->best_key;
    int64_t last = vel_ladder_last(ladder), worst = book->told_key[side];
    if (last <= worst || ladder->levels == book->told_levels[side])
        return last;
    return worst > ladder->best_key ? worst : ladder->best_key;
}

bool vel_book_is_known_to(const vel_book_t *book, uint8_t side, int64_t key)
{
    if (book->is_stale || book->in_snapshot)
        return false;
    if (!vel_book_has_side(book, side))
        return vel_book_is_in_view(book, side, key);
    return key <= vel_book_known_key(book, side);
}

bool vel_book_is_known_for(const vel_book_t *book, uint8_t side, int64_t n)
{
    const vel_ladder_t *ladder = &book->side[side];
    int64_t key = ladder->best_key;
    if (key == VEL_NO_KEY)
        return vel_book_is_known_to(book, side, VEL_TICKS_MAX);
    for (int64_t at = 1; at < n && key != VEL_NO_KEY; at++)
        key = vel_ladder_next(ladder, key);
    return key != VEL_NO_KEY && vel_book_is_known_to(book, side, key);
}

int vel_book_apply(vel_book_t *book, uint8_t kind, uint8_t side, int64_t price_ticks, int64_t qty_lots)
{
    switch (kind) {
    case VEL_EV_DELTA: {
        int status = vel_book_set(book, side, price_ticks, qty_lots);
        book->updates += status == VEL_OK;
        return status;
    }
    case VEL_EV_SNAPSHOT_BEGIN:
        vel_book_clear(book);
        book->in_snapshot = 1;
        return VEL_OK;
    case VEL_EV_SNAPSHOT_END:
        vel_book_end_snapshot(book);
        return VEL_OK;
    case VEL_EV_GAP:
        book->is_stale = 1;
        return VEL_OK;
    default:
        return VEL_OK;
    }
}

int vel_book_apply_rows(vel_book_t *book, const uint8_t *kind, const uint8_t *side, const int64_t *price,
                        const int64_t *qty, int64_t rows, int64_t *touch, int64_t *failed)
{
    for (int64_t row = 0; row < rows; row++) {
        int status = VEL_LIKELY(kind[row] == VEL_EV_DELTA)
                         ? vel_book_set(book, side[row], price[row], qty[row])
                         : vel_book_apply(book, kind[row], side[row], price[row], qty[row]);
        if (VEL_UNLIKELY(status != VEL_OK)) {
            *failed = row;
            return status;
        }
        if (touch != NULL) {
            touch[2 * row] = -book->side[VEL_BUY].best_key;
            touch[2 * row + 1] = book->side[VEL_SELL].best_key;
        }
    }
    return VEL_OK;
}

int vel_book_apply_columns(vel_book_t *book, const vel_columns_t *columns, int64_t from, int64_t to, int64_t *failed)
{
    int status = vel_book_apply_rows(book, columns->kind + from, columns->side + from, columns->price + from,
                                     columns->qty + from, to - from, NULL, failed);
    if (status != VEL_OK) {
        *failed += from;
        return status;
    }
    if (to > from) {
        book->ts_event = columns->ts_event[to - 1];
        book->update_id = columns->order_id[to - 1];
    }
    return VEL_OK;
}

int64_t vel_book_depth(const vel_book_t *book, uint8_t side, int64_t n, int64_t *price_ticks, int64_t *qty_lots)
{
    const vel_ladder_t *ladder = &book->side[side];
    int64_t count = 0;
    for (int64_t key = ladder->best_key; key != VEL_NO_KEY && count < n; key = vel_ladder_next(ladder, key)) {
        price_ticks[count] = vel_key_ticks(side, key);
        qty_lots[count] = vel_ladder_qty(ladder, key);
        count++;
    }
    return count;
}

void vel_book_sweep(const vel_book_t *book, uint8_t side, int64_t qty_lots, int64_t limit_ticks, int64_t *filled,
                    vel_i128 *value)
{
    uint8_t other = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    const vel_ladder_t *ladder = &book->side[other];
    int64_t limit = vel_side_key(other, limit_ticks);
    *filled = 0;
    *value = 0;
    for (int64_t key = ladder->best_key; key <= limit && key != VEL_NO_KEY && *filled < qty_lots;
         key = vel_ladder_next(ladder, key)) {
        int64_t take = vel_ladder_qty(ladder, key);
        if (take > qty_lots - *filled)
            take = qty_lots - *filled;
        *filled += take;
        *value += (vel_i128)take * vel_key_ticks(other, key);
    }
}

int64_t vel_book_sweep_key(const vel_book_t *book, uint8_t side, int64_t qty_lots, int64_t limit_ticks)
{
    uint8_t other = side == VEL_BUY ? VEL_SELL : VEL_BUY;
    const vel_ladder_t *ladder = &book->side[other];
    int64_t limit = vel_side_key(other, limit_ticks), worst = INT64_MIN;
    for (int64_t key = ladder->best_key; qty_lots > 0; key = vel_ladder_next(ladder, key)) {
        if (key > limit)
            return limit;
        qty_lots -= vel_ladder_qty(ladder, key);
        worst = key;
    }
    return worst;
}

uint64_t vel_book_state_hash(const vel_book_t *book)
{
    uint64_t hash = VEL_HASH_SEED;
    for (uint8_t side = 0; side < 2; side++) {
        const vel_ladder_t *ladder = &book->side[side];
        hash = vel_hash_i64(hash, ladder->levels);
        for (int64_t key = ladder->best_key; key != VEL_NO_KEY; key = vel_ladder_next(ladder, key)) {
            hash = vel_hash_i64(hash, vel_key_ticks(side, key));
            hash = vel_hash_i64(hash, vel_ladder_qty(ladder, key));
        }
    }
    return hash;
}
