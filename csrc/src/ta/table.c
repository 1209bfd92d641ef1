/* table.c: every kind of indicator, family by family, at each level of vector instructions. */
#include "velora/platform.h"

#include "inner.h"

#define COUNT(family) +1
enum { FAMILIES_COUNT = 0 VEL_TA_FAMILIES(COUNT) };

#define PLAIN(family) vel_ta_##family,
static const vel_indicator_kind_t *const *const plain[] = {VEL_TA_FAMILIES(PLAIN)};

#ifdef VEL_TA_HAS_LEVELS
#define DECLARE_V3(family) extern const vel_indicator_kind_t *const vel_ta_##family##_v3[];
#define DECLARE_V4(family) extern const vel_indicator_kind_t *const vel_ta_##family##_v4[];
VEL_TA_FAMILIES(DECLARE_V3)
VEL_TA_FAMILIES(DECLARE_V4)
#define V3(family) vel_ta_##family##_v3,
#define V4(family) vel_ta_##family##_v4,
static const vel_indicator_kind_t *const *const v3[] = {VEL_TA_FAMILIES(V3)};
static const vel_indicator_kind_t *const *const v4[] = {VEL_TA_FAMILIES(V4)};
#endif

int vel_indicator_level_max(void)
{
#ifdef VEL_TA_HAS_LEVELS
    int level = vel_platform_vector_level();
    return level >= 4 ? VEL_TA_LEVEL_V4 : level >= 3 ? VEL_TA_LEVEL_V3 : VEL_TA_LEVEL_PLAIN;
#else
    return VEL_TA_LEVEL_PLAIN;
#endif
}

int64_t vel_indicator_families(void)
{
    return FAMILIES_COUNT;
}

const vel_indicator_kind_t *const *vel_indicator_family(int64_t index, int level)
{
#ifdef VEL_TA_HAS_LEVELS
    if (level >= VEL_TA_LEVEL_V4)
        return v4[index];
    if (level >= VEL_TA_LEVEL_V3)
        return v3[index];
#endif
    (void)level;
    return plain[index];
}

const vel_indicator_kind_t *vel_indicator_kind(const char *name, int level)
{
    for (int64_t i = 0; i < FAMILIES_COUNT; i++)
        for (const vel_indicator_kind_t *const *kind = vel_indicator_family(i, level); *kind != NULL; kind++)
            if (strcmp((*kind)->name, name) == 0)
                return *kind;
    return NULL;
}
