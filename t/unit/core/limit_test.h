/*
 * Copyright (C) ngx_agent authors
 *
 * Windows and claims of one line each, for the tests of limits.
 */


#ifndef _LIMIT_TEST_H_INCLUDED_
#define _LIMIT_TEST_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_limit.h"


#define MINUTE  UINT64_C(60000000)      /* us */
#define NOON    INT64_C(1795176000)     /* 2026-11-20T12:00:00Z */


/* A limit with its window. */
typedef struct {
    ag_limit_t    limit;
    ag_window_t  *window;
} limited_t;


static inline limited_t
limited(ag_resource_t resource, uint64_t max, uint64_t window)
{
    limited_t  l;

    memset(&l, 0, sizeof(l));
    l.limit.resource = resource;
    l.limit.max = max;
    l.limit.window = window;
    ag_limit_init(&l.limit);

    l.window = malloc(ag_window_size(&l.limit));
    assert_non_null(l.window);
    memset(l.window, 0xa5, ag_window_size(&l.limit));
    ag_window_init(l.window, &l.limit);

    return l;
}


static inline limited_t
limited_by(ag_window_kind_t kind, uint64_t max)
{
    limited_t  l;

    memset(&l, 0, sizeof(l));
    l.limit.resource = AG_RESOURCE_MONEY;
    l.limit.kind = kind;
    l.limit.max = max;
    ag_limit_init(&l.limit);

    l.window = malloc(ag_window_size(&l.limit));
    assert_non_null(l.window);
    ag_window_init(l.window, &l.limit);

    return l;
}


static inline void
limited_free(limited_t *l)
{
    free(l->window);
}


static inline ag_now_t
at(uint64_t us)
{
    ag_now_t  now;

    now.us = us;
    now.wall = NOON + (int64_t) (us / 1000000);

    return now;
}


/* Seconds of the wall clock from NOON on. */
static inline ag_now_t
wall(int64_t seconds)
{
    ag_now_t  now;

    now.us = 1000000;
    now.wall = NOON + seconds;

    return now;
}


static inline ag_claim_t
claim(const limited_t *l, uint64_t amount)
{
    ag_claim_t  c;

    memset(&c, 0, sizeof(c));
    c.limit = &l->limit;
    c.window = l->window;
    c.max = l->limit.max;
    c.amount = amount;
    c.least = amount;

    return c;
}


static inline ag_verdict_t
take(ag_claim_t *claims, unsigned count, ag_now_t now)
{
    ag_verdict_t  verdict;

    memset(&verdict, 0xff, sizeof(verdict));
    ag_limit_take(claims, count, &now, &verdict);

    return verdict;
}


/* Takes so much; 0 if it did, or how long to wait. */
static inline uint64_t
wait_for(const limited_t *l, uint64_t amount, ag_now_t now)
{
    ag_claim_t    c;
    ag_verdict_t  verdict;

    c = claim(l, amount);
    verdict = take(&c, 1, now);

    assert_int_equal(verdict.dry, 0);
    assert_int_equal(verdict.refused, 0);
    assert_int_equal(verdict.result,
                     verdict.wait ? AG_LIMIT_FULL : AG_LIMIT_TAKEN);

    return verdict.wait;
}


static inline void
settle(ag_claim_t *c, uint64_t used, ag_now_t now)
{
    c->used = used;
    ag_limit_settle(c, 1, &now);
}


static inline void
undo(ag_claim_t *c, ag_now_t now)
{
    ag_limit_undo(c, 1, &now);
}


static inline uint64_t
used(const limited_t *l, ag_now_t now)
{
    return ag_window_used(l->window, &now);
}


static inline uint64_t
reset(const limited_t *l, ag_now_t now)
{
    ag_standing_t  standing;

    ag_window_standing(l->window, l->limit.max, &now, &standing);

    return standing.reset;
}


/* The window moves to one for "max". */
static inline void
resize(limited_t *l, uint64_t max)
{
    ag_window_t  *window;

    l->limit.max = max;
    window = malloc(ag_window_size(&l->limit));
    assert_non_null(window);
    ag_window_init(window, &l->limit);
    ag_window_copy(window, l->window);

    free(l->window);
    l->window = window;
}


#endif /* _LIMIT_TEST_H_INCLUDED_ */
