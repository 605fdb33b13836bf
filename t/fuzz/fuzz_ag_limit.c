/*
 * Copyright (C) ngx_agent authors
 *
 * ag_limit against a list of all that was taken: never too much in a window,
 * nothing refused that fits, every wait true, whatever is asked, settled,
 * undone and resized, and whatever the clocks show.
 *
 * Every choice of the world in t/unit/core/limit_steps.h is as many bytes of
 * the input as it needs; the world ends where they do.
 */


#include <assert.h>

#define world_check(w, what)  assert(((void) (w), (what)))

#include "../unit/core/limit_steps.h"


#define FUZZ_MAX  8192      /* bytes */


/* What is left of the input. */
static const uint8_t  *fuzz_at;
static const uint8_t  *fuzz_end;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static uint64_t fuzz_chance(world_t *w, uint64_t n);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world_t  w;

    if (size > FUZZ_MAX) {
        return 0;
    }

    fuzz_at = data;
    fuzz_end = data + size;

    w.chance = fuzz_chance;
    w.call = world_call;

    world_begin(&w);

    for (w.step = 0; fuzz_at < fuzz_end; w.step++) {
        world_step(&w);
    }

    world_end(&w);

    return 0;
}


/* The lowest byte comes first; behind the end all are 0. */
static uint64_t
fuzz_chance(world_t *w, uint64_t n)
{
    unsigned  shift;
    uint64_t  x, most;

    (void) w;

    x = 0;
    shift = 0;

    for (most = n - 1; most > 0; most >>= 8) {

        if (fuzz_at < fuzz_end) {
            x |= (uint64_t) *fuzz_at++ << shift;
        }

        shift += 8;
    }

    return x % n;
}
