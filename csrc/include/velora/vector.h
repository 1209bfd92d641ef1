/* vector.h: VEL_VECTOR(name, type) defines an array that grows by doubling.
 *
 *   int   name_push(name_t *vector, const type *item)   VEL_OK or VEL_ENOMEM (vector unchanged)
 *   int   name_room(name_t *vector)                     room for one more item, items[count++]; VEL_OK or VEL_ENOMEM
 *   int   name_reserve(name_t *vector, int64_t count)   room for so many items in all; VEL_OK or VEL_ENOMEM
 *   void  name_free(name_t *vector)                     accepts a zeroed vector */
#ifndef VELORA_VECTOR_H
#define VELORA_VECTOR_H

#include "velora/base.h"

#define VEL_VECTOR(name, type)                                                                                         \
    typedef struct name {                                                                                              \
        type *items;                                                                                                   \
        int64_t count;                                                                                                 \
        int64_t capacity;                                                                                              \
    } name##_t;                                                                                                        \
    static inline int name##_reserve(name##_t *vector, int64_t count)                                                  \
    {                                                                                                                  \
        if (count <= vector->capacity)                                                                                 \
            return VEL_OK;                                                                                             \
        type *items = (type *)realloc(vector->items, (size_t)count * sizeof *items);                                   \
        if (items == NULL)                                                                                             \
            return VEL_ENOMEM;                                                                                         \
        vector->items = items;                                                                                         \
        vector->capacity = count;                                                                                      \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline int name##_room(name##_t *vector)                                                                    \
    {                                                                                                                  \
        if (VEL_LIKELY(vector->count < vector->capacity))                                                              \
            return VEL_OK;                                                                                             \
        return name##_reserve(vector, vector->capacity == 0 ? 64 : vector->capacity * 2);                              \
    }                                                                                                                  \
    static inline int name##_push(name##_t *vector, const type *item)                                                  \
    {                                                                                                                  \
        if (VEL_UNLIKELY(name##_room(vector) != VEL_OK))                                                               \
            return VEL_ENOMEM;                                                                                         \
        vector->items[vector->count++] = *item;                                                                        \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline void name##_free(name##_t *vector)                                                                   \
    {                                                                                                                  \
        free(vector->items);                                                                                           \
        vector->items = NULL;                                                                                          \
        vector->count = vector->capacity = 0;                                                                          \
    }

#endif
