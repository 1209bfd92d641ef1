/* Quotes laid over a level book. For any quotes at any time: once the level feed has caught up, the book equals the
 * book of the level feed alone, and until then its top is the newest quote's. */
#include "velora/fusion.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    vel_book_t fused, plain;
    vel_fusion_t fusion = {0};
    VEL_ASSERT(vel_book_init(&fused) == VEL_OK && vel_book_init(&plain) == VEL_OK);
    for (int64_t level = 1; level <= 4; level++)
        for (uint8_t side = 0; side < 2; side++) {
            int64_t price = side == VEL_BUY ? -level : level;
            VEL_ASSERT(vel_book_set(&fused, side, price, 10) == VEL_OK);
            VEL_ASSERT(vel_book_set(&plain, side, price, 10) == VEL_OK);
        }
    fused.update_id = plain.update_id = 1;
    int64_t feed_id = 1, quote_id = 0, top[2] = {0, 0}, qty[2] = {0, 0};
    for (size_t at = 0; at + 3 < size; at += 4) {
        uint8_t op = bytes[at];
        if (op & 1) { /* a quote, newer than the feed by up to seven ids or older */
            int64_t id = feed_id + (op >> 1 & 15) - 8;
            int64_t price[2], lots[2] = {1 + bytes[at + 3] % 4, 1 + bytes[at + 3] / 4 % 4};
            price[VEL_BUY] = (int8_t)bytes[at + 1] % 16;
            price[VEL_SELL] = price[VEL_BUY] + 1 + bytes[at + 2] % 4;
            bool taken = id > fused.update_id && (!fusion.is_active || id > fusion.update_id) &&
                         vel_book_has_side(&fused, VEL_BUY) && vel_book_has_side(&fused, VEL_SELL);
            VEL_ASSERT(vel_fusion_quote(&fusion, &fused, id, price, lots) == VEL_OK);
            if (taken) {
                quote_id = id;
                for (int side = 0; side < 2; side++) {
                    top[side] = price[side];
                    qty[side] = lots[side];
                }
            }
        } else { /* a diff of one row, some ids on */
            uint8_t side = op >> 1 & 1;
            feed_id += 1 + (op >> 2 & 3);
            int64_t price = (int8_t)bytes[at + 1] % 16, lots = bytes[at + 2] % 4;
            VEL_ASSERT(vel_fusion_delta(&fusion, &fused, feed_id, side, price, lots) == VEL_OK);
            VEL_ASSERT(vel_book_set(&plain, side, price, lots) == VEL_OK);
            fused.update_id = plain.update_id = feed_id;
        }
        if (fusion.is_active) {
            VEL_ASSERT(fusion.update_id == quote_id && quote_id > feed_id);
            for (uint8_t side = 0; side < 2; side++) {
                VEL_ASSERT(vel_book_best(&fused, side) == top[side]);
                VEL_ASSERT(vel_book_best_qty(&fused, side) == qty[side]);
            }
        } else {
            VEL_ASSERT(vel_book_state_hash(&fused) == vel_book_state_hash(&plain));
        }
    }
    VEL_ASSERT(vel_fusion_lift(&fusion, &fused) == VEL_OK);
    VEL_ASSERT(vel_book_state_hash(&fused) == vel_book_state_hash(&plain));
    vel_fusion_free(&fusion);
    vel_book_free(&fused);
    vel_book_free(&plain);
    return 0;
}
