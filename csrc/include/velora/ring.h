/* ring.h: VEL_RING(name, type) defines a first-in first-out queue that grows by doubling and then allocates no more.
 *
 *   int   name_push(name_t *ring, const type *item)   VEL_OK or VEL_ENOMEM (ring unchanged)
 *   type *name_front(name_t *ring)                    oldest item, or NULL
 *   void  name_pop(name_t *ring)                      drops the oldest; the ring must not be empty
 *   void  name_free(name_t *ring)                     accepts a zeroed ring
 *
 * VEL_RING_SORTED(name, type, field) adds to it
 *
 *   int   name_insert(name_t *ring, const type *item) like push, but before the items whose field is greater
 *
 * which costs one comparison where the item comes last, as it nearly always does. */
#ifndef VELORA_RING_H
#define VELORA_RING_H

#include "velora/base.h"

#define VEL_RING(name, type)                                                                                           \
    typedef struct name {                                                                                              \
        type *items;                                                                                                   \
        uint64_t head;                                                                                                 \
        uint64_t tail;                                                                                                 \
        uint64_t capacity; /* a power of two, or 0 */                                                                  \
    } name##_t;                                                                                                        \
    static inline type *name##_front(const name##_t *ring)                                                             \
    {                                                                                                                  \
        return ring->head == ring->tail ? NULL : &ring->items[ring->head & (ring->capacity - 1)];                      \
    }                                                                                                                  \
    static inline void name##_pop(name##_t *ring)                                                                      \
    {                                                                                                                  \
        VEL_DEBUG_ASSERT(ring->head != ring->tail);                                                                    \
        ring->head++;                                                                                                  \
    }                                                                                                                  \
    static inline int name##_push(name##_t *ring, const type *item)                                                    \
    {                                                                                                                  \
        if (VEL_UNLIKELY(ring->tail - ring->head == ring->capacity)) {                                                 \
            uint64_t capacity = ring->capacity == 0 ? 64 : ring->capacity * 2;                                         \
            type *items = (type *)malloc(capacity * sizeof *items);                                                    \
            if (items == NULL)                                                                                         \
                return VEL_ENOMEM;                                                                                     \
            for (uint64_t i = ring->head; i != ring->tail; i++)                                                        \
                items[i & (capacity - 1)] = ring->items[i & (ring->capacity - 1)];                                     \
            free(ring->items);                                                                                         \
            ring->items = items;                                                                                       \
            ring->capacity = capacity;                                                                                 \
        }                                                                                                              \
        ring->items[ring->tail & (ring->capacity - 1)] = *item;                                                        \
        ring->tail++;                                                                                                  \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline void name##_free(name##_t *ring)                                                                     \
    {                                                                                                                  \
        free(ring->items);                                                                                             \
        ring->items = NULL;                                                                                            \
        ring->capacity = 0;                                                                                            \
        ring->head = ring->tail = 0;                                                                                   \
    }

#define VEL_RING_SORTED(name, type, field)                                                                             \
    static inline int name##_insert(name##_t *ring, const type *item)                                                  \
    {                                                                                                                  \
        type moved = *item;                                                                                            \
        int status = name##_push(ring, &moved);                                                                        \
        if (VEL_UNLIKELY(status != VEL_OK))                                                                            \
            return status;                                                                                             \
        uint64_t mask = ring->capacity - 1, at = ring->tail - 1;                                                       \
        while (at != ring->head && VEL_UNLIKELY(ring->items[(at - 1) & mask].field > moved.field)) {                   \
            ring->items[at & mask] = ring->items[(at - 1) & mask];                                                     \
            ring->items[(at - 1) & mask] = moved;                                                                      \
            at--;                                                                                                      \
        }                                                                                                              \
        return VEL_OK;                                                                                                 \
    }

#endif
