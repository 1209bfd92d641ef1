/* heap.h: VEL_HEAP(name, type, before) defines a binary heap over an array of its caller: before(a, b) says whether an
 * item at a goes before one at b, and orders all of them.
 *
 *   void name_up(type *heap, int64_t at)                     item `at` may go before its parent
 *   void name_down(type *heap, int64_t count, int64_t at)    item `at` may go after its children
 *   void name_build(type *heap, int64_t count)               in any order before */
#ifndef VELORA_HEAP_H
#define VELORA_HEAP_H

#include "velora/base.h"

#define VEL_HEAP(name, type, before)                                                                                   \
    static inline void name##_up(type *heap, int64_t at)                                                               \
    {                                                                                                                  \
        type moved = heap[at];                                                                                         \
        for (; at > 0 && before(&moved, &heap[(at - 1) / 2]); at = (at - 1) / 2)                                       \
            heap[at] = heap[(at - 1) / 2];                                                                             \
        heap[at] = moved;                                                                                              \
    }                                                                                                                  \
    static inline void name##_down(type *heap, int64_t count, int64_t at)                                              \
    {                                                                                                                  \
        if (at >= count)                                                                                               \
            return;                                                                                                    \
        type moved = heap[at];                                                                                         \
        for (int64_t child = 2 * at + 1; child < count; child = 2 * at + 1) {                                          \
            if (child + 1 < count && before(&heap[child + 1], &heap[child]))                                           \
                child++;                                                                                               \
            if (!before(&heap[child], &moved))                                                                         \
                break;                                                                                                 \
            heap[at] = heap[child];                                                                                    \
            at = child;                                                                                                \
        }                                                                                                              \
        heap[at] = moved;                                                                                              \
    }                                                                                                                  \
    static inline void name##_build(type *heap, int64_t count)                                                         \
    {                                                                                                                  \
        for (int64_t at = count / 2; at-- > 0;)                                                                        \
            name##_down(heap, count, at);                                                                              \
    }

#endif
