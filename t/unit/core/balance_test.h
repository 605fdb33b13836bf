/*
 * Copyright (C) ngx_agent authors
 *
 * Equals, and choices among them.  What is random is drawn from a fixed seed,
 * and compared with what is expected within six standard deviations or more.
 */


#ifndef _BALANCE_TEST_H_INCLUDED_
#define _BALANCE_TEST_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_balance.h"


#define DRAWS  100000
#define ALL    UINT32_MAX
#define WAYS   (AG_BALANCE_HASH + 2)    /* and one that is not known */


typedef struct {
    ag_balance_member_t  members[AG_BALANCE_MAX];
    size_t               count;
    uint64_t             seed;
} equals_t;


/* Members with these weights; without weights, of 1. */
static inline equals_t
equals(size_t count, const uint32_t *weights)
{
    size_t    i;
    equals_t  e;

    memset(&e, 0, sizeof(e));
    e.count = count;
    e.seed = 1;

    for (i = 0; i < count; i++) {
        e.members[i].weight = (weights != NULL) ? weights[i] : 1;
        e.members[i].ramp = 100;
        e.members[i].hash = ag_balance_hash(ag_str(&i, sizeof(i)));
    }

    return e;
}


static inline uint64_t
number(equals_t *e)
{
    uint64_t  x;

    e->seed += UINT64_C(0x9e3779b97f4a7c15);
    x = e->seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);

    return x ^ (x >> 31);
}


static inline size_t
choose(equals_t *e, ag_balance_t how, uint32_t set)
{
    uint64_t  n, key;

    n = number(e);
    key = number(e);

    return ag_balance_choose(how, e->members, e->count, set, n, key,
                             number(e));
}


static inline void
draw(equals_t *e, ag_balance_t how, uint32_t set, unsigned *counts)
{
    size_t    at;
    unsigned  i;

    memset(counts, 0, AG_BALANCE_MAX * sizeof(unsigned));

    for (i = 0; i < DRAWS; i++) {
        at = choose(e, how, set);
        assert_true(at < e->count);
        assert_true(set >> at & 1);
        counts[at]++;
    }
}


/* Within 1 % of the draws: six deviations of the widest. */
static inline void
about(unsigned count, double expected)
{
    double  off;

    off = (double) count / DRAWS - expected;

    if (off > 0.01 || off < -0.01) {
        fail_msg("%f is not %f", (double) count / DRAWS, expected);
    }
}


#endif /* _BALANCE_TEST_H_INCLUDED_ */
