/* failing_memory.h: sessions whose n-th allocation fails, for each n.
 *
 * The linker sends malloc, calloc, realloc, aligned_alloc and free of the test program and of the library through the
 * functions here (CMakeLists.txt links a test with --wrap if its name ends in _memory). Whatever allocation fails, a
 * session must return VEL_ENOMEM and free all that it took. Both are checked without a sanitizer; under one, a use of
 * freed memory shows too. */
#ifndef VELORA_FAILING_MEMORY_H
#define VELORA_FAILING_MEMORY_H

#include "velora/base.h"

#include "check.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *block);

static int64_t memory_requests; /* of the session */
static int64_t memory_fails_at; /* the request that fails, 0 for none */
static int64_t memory_blocks;   /* taken and not freed */
static int64_t memory_failures; /* that were tried, of all sessions */
static bool memory_is_optional; /* a session may do without: some of its allocations only make things faster */

static bool memory_fails(void)
{
    return ++memory_requests == memory_fails_at;
}

static void *memory_count(void *block)
{
    memory_blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return memory_fails() ? NULL : memory_count(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_fails() ? NULL : memory_count(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (memory_fails())
        return NULL;
    return block == NULL ? memory_count(__real_realloc(block, size)) : __real_realloc(block, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return memory_fails() ? NULL : memory_count(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *block)
{
    memory_blocks -= block != NULL;
    __real_free(block);
}

/* Take the spare room of a vector, or of a ring that is empty, so that the next item needs an allocation: then the
 * growth of an array can fail at any step of a session and not only where it doubles. */
#define TIGHTEN_VECTOR(vector)                                                                                         \
    do {                                                                                                               \
        if ((vector)->count == 0)                                                                                      \
            free((vector)->items);                                                                                     \
        (vector)->items = (vector)->count == 0                                                                         \
                              ? NULL                                                                                   \
                              : __real_realloc((vector)->items, (size_t)(vector)->count * sizeof *(vector)->items);    \
        (vector)->capacity = (vector)->count;                                                                          \
    } while (0)

#define TIGHTEN_RING(ring)                                                                                             \
    do {                                                                                                               \
        if ((ring)->head != (ring)->tail)                                                                              \
            break;                                                                                                     \
        free((ring)->items);                                                                                           \
        (ring)->items = NULL;                                                                                          \
        (ring)->head = (ring)->tail = (ring)->capacity = 0;                                                            \
    } while (0)

/* Allocations that a session may ask for: each costs a session of its own. */
#define MEMORY_REQUESTS_MAX 4000

/* Run a session without a failure, then once for each of its allocations with that one failing. A session begins with
 * nothing allocated, ends at the first status that is not VEL_OK, frees everything and returns that status. */
static void check_each_failure(const char *name, int (*session)(void))
{
    int64_t blocks = memory_blocks, requests;
    int failures = check_failures;
    memory_requests = memory_fails_at = 0;
    int status = session();
    requests = memory_requests;
    memory_failures += requests;
    CHECK(status == VEL_OK);
    CHECK(memory_blocks == blocks);
    CHECK(requests > 0 && requests <= MEMORY_REQUESTS_MAX);
    for (int64_t at = 1; at <= requests && at <= MEMORY_REQUESTS_MAX; at++) {
        memory_requests = 0;
        memory_fails_at = at;
        status = session();
        memory_fails_at = 0;
        CHECK(status == VEL_ENOMEM || (memory_is_optional && status == VEL_OK));
        CHECK(memory_blocks == blocks);
        if (check_failures > failures) {
            printf("%s: allocation %lld failed: status %d, %lld blocks are left\n", name, (long long)at, status,
                   (long long)(memory_blocks - blocks));
            return;
        }
    }
}

#endif
