/* map.h: int64 keys to int64 values, open addressing with linear probing; deletion closes the gap, so lookups never
 * meet tombstones. Grows by doubling at half load. Never iterated for results: its order means nothing. */
#ifndef VELORA_MAP_H
#define VELORA_MAP_H

#include "velora/base.h"

VEL_C_BEGIN

/* The one value that cannot be stored: it marks an empty slot. */
#define VEL_MAP_EMPTY INT64_MIN

typedef struct vel_map_slot {
    int64_t key;
    int64_t value;
} vel_map_slot_t;

typedef struct vel_map {
    vel_map_slot_t *slots; /* owned */
    uint64_t capacity;     /* a power of two, or 0 */
    uint64_t count;
} vel_map_t;

void vel_map_free(vel_map_t *map); /* accepts a zeroed map */
void vel_map_clear(vel_map_t *map);

/* Insert or replace; value != VEL_MAP_EMPTY. VEL_OK or VEL_ENOMEM (map unchanged). */
int vel_map_put(vel_map_t *map, int64_t key, int64_t value);

/* Insert a new key. VEL_OK, VEL_EEXIST or VEL_ENOMEM (map unchanged). */
int vel_map_add(vel_map_t *map, int64_t key, int64_t value);

/* Make room for `count` keys, so that none of the calls above grows before. */
int vel_map_reserve(vel_map_t *map, uint64_t count);

/* Remove a key; absent keys are fine. */
void vel_map_remove(vel_map_t *map, int64_t key);

static inline uint64_t vel_map_home(const vel_map_t *map, int64_t key)
{
    return ((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (map->capacity - 1);
}

/* Value slot of a key, or NULL. Valid until the next change of the map. */
static inline int64_t *vel_map_get(const vel_map_t *map, int64_t key)
{
    if (map->count == 0)
        return NULL;
    for (uint64_t at = vel_map_home(map, key);; at = (at + 1) & (map->capacity - 1)) {
        if (map->slots[at].value == VEL_MAP_EMPTY)
            return NULL;
        if (map->slots[at].key == key)
            return &map->slots[at].value;
    }
}

VEL_C_END

#endif
