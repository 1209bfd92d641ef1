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
        map->slots[at].used = 0;
    map->count = 0;
}

static int grow(vel_map_t *map)
{
    vel_map_t bigger = {NULL, map->capacity == 0 ? CAPACITY_INITIAL : map->capacity * 2, 0};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return VEL_ENOMEM;
    for (uint64_t at = 0; at < map->capacity; at++)
        if (map->slots[at].used)
            (void)vel_map_put(&bigger, map->slots[at].key, map->slots[at].value); /* has room: cannot fail */
    free(map->slots);
    *map = bigger;
    return VEL_OK;
}

int vel_map_put(vel_map_t *map, int64_t key, int64_t value)
{
    int64_t *found = vel_map_get(map, key);
    if (found != NULL) {
        *found = value;
        return VEL_OK;
    }
    if ((map->count + 1) * 2 > map->capacity) {
        int status = grow(map);
        if (status != VEL_OK)
            return status;
    }
    uint64_t at = vel_map_home(map, key);
    while (map->slots[at].used)
        at = (at + 1) & (map->capacity - 1);
    map->slots[at] = (vel_map_slot_t){key, value, 1};
    map->count++;
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
    map->slots[hole].used = 0;
    map->count--;
    for (uint64_t next = (hole + 1) & mask; map->slots[next].used; next = (next + 1) & mask) {
        uint64_t home = vel_map_home(map, map->slots[next].key);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            map->slots[hole] = map->slots[next];
            map->slots[next].used = 0;
            hole = next;
        }
    }
}
