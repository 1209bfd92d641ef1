/* ring.h: VEL_RING(name, type) defines a first-in first-out queue that grows by doubling and then allocates no more.
 *
 *   int   name_reserve(name_t *ring)                  room for one more item: VEL_OK or VEL_ENOMEM (ring unchanged)
 *   int   name_push(name_t *ring, const type *item)   VEL_OK or VEL_ENOMEM (ring unchanged)
 *   type *name_next(name_t *ring)                     where the next item will be, to be filled in there; NULL: no
 * memory void  name_add(name_t *ring)                      adds the item that was filled in there type
 * *name_front(name_t *ring)                    oldest item, or NULL void  name_pop(name_t *ring) drops the oldest; the
 * ring must not be empty void  name_free(name_t *ring)                     accepts a zeroed ring
 *
 * An item that is made where it will be is not copied. A copy of a struct whose fields have just been written one by
 * one stalls the processor: a wide load cannot be served by narrow stores that are still in its store buffer.
 *
 * VEL_ARRIVALS(name, ring, type, field) defines a queue over such a ring that is ordered by a field; items of equal
 * fields keep the order of insertion. It has name_insert in place of name_push, name_add returns a status, and there is
 * name_count. Inserting the last item, the usual case, costs one comparison; items that overtake others are kept in a
 * heap beside the ring. */
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
    static inline int name##_reserve(name##_t *ring)                                                                   \
    {                                                                                                                  \
        if (VEL_LIKELY(ring->tail - ring->head != ring->capacity))                                                     \
            return VEL_OK;                                                                                             \
        uint64_t capacity = ring->capacity == 0 ? 64 : ring->capacity * 2;                                             \
        type *items = (type *)malloc(capacity * sizeof *items);                                                        \
        if (items == NULL)                                                                                             \
            return VEL_ENOMEM;                                                                                         \
        for (uint64_t i = ring->head; i != ring->tail; i++)                                                            \
            items[i & (capacity - 1)] = ring->items[i & (ring->capacity - 1)];                                         \
        free(ring->items);                                                                                             \
        ring->items = items;                                                                                           \
        ring->capacity = capacity;                                                                                     \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline int name##_push(name##_t *ring, const type *item)                                                    \
    {                                                                                                                  \
        int status = name##_reserve(ring);                                                                             \
        if (VEL_UNLIKELY(status != VEL_OK))                                                                            \
            return status;                                                                                             \
        ring->items[ring->tail & (ring->capacity - 1)] = *item;                                                        \
        ring->tail++;                                                                                                  \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline type *name##_next(name##_t *ring)                                                                    \
    {                                                                                                                  \
        if (VEL_UNLIKELY(name##_reserve(ring) != VEL_OK))                                                              \
            return NULL;                                                                                               \
        return &ring->items[ring->tail & (ring->capacity - 1)];                                                        \
    }                                                                                                                  \
    static inline void name##_add(name##_t *ring)                                                                      \
    {                                                                                                                  \
        VEL_DEBUG_ASSERT(ring->tail - ring->head < ring->capacity);                                                    \
        ring->tail++;                                                                                                  \
    }                                                                                                                  \
    static inline void name##_free(name##_t *ring)                                                                     \
    {                                                                                                                  \
        free(ring->items);                                                                                             \
        ring->items = NULL;                                                                                            \
        ring->capacity = 0;                                                                                            \
        ring->head = ring->tail = 0;                                                                                   \
    }

#define VEL_ARRIVALS(name, ring, type, field)                                                                          \
    typedef struct name##_early {                                                                                      \
        type item;                                                                                                     \
        uint64_t number; /* items of equal fields go in this order */                                                  \
    } name##_early_t;                                                                                                  \
    typedef struct name {                                                                                              \
        ring##_t in_order;                                                                                             \
        name##_early_t *early; /* a heap; each goes before the last one of in_order */                                 \
        uint64_t early_count;                                                                                          \
        uint64_t early_capacity;                                                                                       \
        uint64_t early_number;                                                                                         \
    } name##_t;                                                                                                        \
    static inline bool name##_is_before(const name##_early_t *a, const name##_early_t *b)                              \
    {                                                                                                                  \
        return a->item.field != b->item.field ? a->item.field < b->item.field : a->number < b->number;                 \
    }                                                                                                                  \
    static inline int name##_overtake(name##_t *queue, const type *item)                                               \
    {                                                                                                                  \
        if (queue->early_count == queue->early_capacity) {                                                             \
            uint64_t capacity = queue->early_capacity == 0 ? 64 : queue->early_capacity * 2;                           \
            name##_early_t *early = (name##_early_t *)realloc(queue->early, capacity * sizeof *early);                 \
            if (early == NULL)                                                                                         \
                return VEL_ENOMEM;                                                                                     \
            queue->early = early;                                                                                      \
            queue->early_capacity = capacity;                                                                          \
        }                                                                                                              \
        name##_early_t moved = {*item, queue->early_number++};                                                         \
        uint64_t at = queue->early_count++;                                                                            \
        for (; at > 0 && name##_is_before(&moved, &queue->early[(at - 1) / 2]); at = (at - 1) / 2)                     \
            queue->early[at] = queue->early[(at - 1) / 2];                                                             \
        queue->early[at] = moved;                                                                                      \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline type *name##_next(name##_t *queue)                                                                   \
    {                                                                                                                  \
        return ring##_next(&queue->in_order);                                                                          \
    }                                                                                                                  \
    static inline int name##_add(name##_t *queue)                                                                      \
    {                                                                                                                  \
        const ring##_t *in_order = &queue->in_order;                                                                   \
        const type *item = &in_order->items[in_order->tail & (in_order->capacity - 1)];                                \
        if (VEL_UNLIKELY(in_order->head != in_order->tail &&                                                           \
                         in_order->items[(in_order->tail - 1) & (in_order->capacity - 1)].field > item->field))        \
            return name##_overtake(queue, item);                                                                       \
        ring##_add(&queue->in_order);                                                                                  \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline int name##_insert(name##_t *queue, const type *item)                                                 \
    {                                                                                                                  \
        type *next = name##_next(queue);                                                                               \
        if (VEL_UNLIKELY(next == NULL))                                                                                \
            return VEL_ENOMEM;                                                                                         \
        *next = *item;                                                                                                 \
        return name##_add(queue);                                                                                      \
    }                                                                                                                  \
    /* Strictly less: an equal front of in_order was inserted before every early item. */                              \
    static inline bool name##_is_early(const name##_t *queue)                                                          \
    {                                                                                                                  \
        return VEL_UNLIKELY(queue->early_count > 0) &&                                                                 \
               queue->early[0].item.field < ring##_front(&queue->in_order)->field;                                     \
    }                                                                                                                  \
    static inline type *name##_front(const name##_t *queue)                                                            \
    {                                                                                                                  \
        return name##_is_early(queue) ? &queue->early[0].item : ring##_front(&queue->in_order);                        \
    }                                                                                                                  \
    static inline void name##_pop(name##_t *queue)                                                                     \
    {                                                                                                                  \
        if (VEL_LIKELY(!name##_is_early(queue))) {                                                                     \
            ring##_pop(&queue->in_order);                                                                              \
            return;                                                                                                    \
        }                                                                                                              \
        const name##_early_t *last = &queue->early[--queue->early_count];                                              \
        uint64_t at = 0;                                                                                               \
        for (uint64_t child = 1; child < queue->early_count; child = 2 * at + 1) {                                     \
            if (child + 1 < queue->early_count && name##_is_before(&queue->early[child + 1], &queue->early[child]))    \
                child++;                                                                                               \
            if (!name##_is_before(&queue->early[child], last))                                                         \
                break;                                                                                                 \
            queue->early[at] = queue->early[child];                                                                    \
            at = child;                                                                                                \
        }                                                                                                              \
        queue->early[at] = *last;                                                                                      \
    }                                                                                                                  \
    static inline uint64_t name##_count(const name##_t *queue)                                                         \
    {                                                                                                                  \
        return queue->in_order.tail - queue->in_order.head + queue->early_count;                                       \
    }                                                                                                                  \
    static inline void name##_free(name##_t *queue)                                                                    \
    {                                                                                                                  \
        ring##_free(&queue->in_order);                                                                                 \
        free(queue->early);                                                                                            \
        queue->early = NULL;                                                                                           \
        queue->early_count = queue->early_capacity = 0;                                                                \
    }

#endif
