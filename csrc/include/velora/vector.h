/* vector.h: VEL_VECTOR(name, type) defines an array that grows by doubling.
 *
 *   int   name_push(name_t *vector, const type *item)   VEL_OK or VEL_ENOMEM (vector unchanged)
 *   type *name_slot(name_t *vector)                     one more item, to be filled in place; NULL: vector unchanged
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
    static inline type *name##_slot(name##_t *vector)                                                                  \
    {                                                                                                                  \
        if (VEL_UNLIKELY(vector->count == vector->capacity)) {                                                         \
            int64_t capacity = vector->capacity == 0 ? 64 : vector->capacity * 2;                                      \
            type *items = (type *)realloc(vector->items, (size_t)capacity * sizeof *items);                            \
            if (items == NULL)                                                                                         \
                return NULL;                                                                                           \
            vector->items = items;                                                                                     \
            vector->capacity = capacity;                                                                               \
        }                                                                                                              \
        return &vector->items[vector->count++];                                                                        \
    }                                                                                                                  \
    static inline int name##_push(name##_t *vector, const type *item)                                                  \
    {                                                                                                                  \
        type *slot = name##_slot(vector);                                                                              \
        if (VEL_UNLIKELY(slot == NULL))                                                                                \
            return VEL_ENOMEM;                                                                                         \
        *slot = *item;                                                                                                 \
        return VEL_OK;                                                                                                 \
    }                                                                                                                  \
    static inline void name##_free(name##_t *vector)                                                                   \
    {                                                                                                                  \
        free(vector->items);                                                                                           \
        vector->items = NULL;                                                                                          \
        vector->count = vector->capacity = 0;                                                                          \
    }

#endif
