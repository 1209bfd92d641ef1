#include "velora/map.h"

#define CAPACITY_INITIAL 16u

void vel_map_free(vel_map_t *map)
{
    free(map->slots);
    map->slots = NULL;
    map->capacity = map->count = 0;
}

void vel_map_clear(vel_map_t *map)
{
    for (uint64_t at = 0; at < map->capacity; at++)
        map->slots[at].value = VEL_MAP_EMPTY;
    map->count = 0;
}

static int resize(vel_map_t *map, uint64_t capacity)
{
    vel_map_t bigger = {NULL, capacity, 0};
    bigger.slots = malloc(bigger.capacity * sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return VEL_ENOMEM;
    vel_map_clear(&bigger);
    for (uint64_t at = 0; at < map->capacity; at++)
        if (map->slots[at].value != VEL_MAP_EMPTY)
            (void)vel_map_put(&bigger, map->slots[at].key, map->slots[at].value); /* has room: cannot fail */
    free(map->slots);
    *map = bigger;
    return VEL_OK;
}

int vel_map_reserve(vel_map_t *map, uint64_t count)
{
    uint64_t capacity = map->capacity == 0 ? CAPACITY_INITIAL : map->capacity;
    if (count > SIZE_MAX / (4 * sizeof(vel_map_slot_t)))
        return VEL_ENOMEM; /* beyond it the size of the slots wraps */
    while (count * 2 > capacity)
        capacity *= 2;
    return capacity == map->capacity ? VEL_OK : resize(map, capacity);
}

int vel_map_add(vel_map_t *map, int64_t key, int64_t value)
{
    VEL_DEBUG_ASSERT(value != VEL_MAP_EMPTY);
    if (VEL_UNLIKELY((map->count + 1) * 2 > map->capacity)) {
        int status = vel_map_get(map, key) != NULL ? VEL_EEXIST : vel_map_reserve(map, map->count + 1);
        if (status != VEL_OK)
            return status;
    }
    uint64_t at = vel_map_home(map, key);
    for (; map->slots[at].value != VEL_MAP_EMPTY; at = (at + 1) & (map->capacity - 1))
        if (map->slots[at].key == key)
            return VEL_EEXIST;
    map->slots[at] = (vel_map_slot_t){key, value};
    map->count++;
    return VEL_OK;
}

int vel_map_put(vel_map_t *map, int64_t key, int64_t value)
{
    int64_t *found = vel_map_get(map, key);
    if (found == NULL)
        return vel_map_add(map, key, value);
    *found = value;
    return VEL_OK;
}

void vel_map_remove(vel_map_t *map, int64_t key)
{
    int64_t *found = vel_map_get(map, key);
    if (found == NULL)
        return;
    uint64_t mask = map->capacity - 1;
    uint64_t hole =
        (uint64_t)((vel_map_slot_t *)(void *)((char *)found - offsetof(vel_map_slot_t, value)) - map->slots);
    map->slots[hole].value = VEL_MAP_EMPTY;
    map->count--;
    for (uint64_t next = (hole + 1) & mask; map->slots[next].value != VEL_MAP_EMPTY; next = (next + 1) & mask) {
        uint64_t home = vel_map_home(map, map->slots[next].key);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            map->slots[hole] = map->slots[next];
            map->slots[next].value = VEL_MAP_EMPTY;
            hole = next;
        }
    }
}
