/*
 * Copyright (C) ngx_agent authors
 *
 * Windows that have lived a while, for the tests of state files.
 */


#ifndef _STATE_FILE_TEST_H_INCLUDED_
#define _STATE_FILE_TEST_H_INCLUDED_


#include <stdlib.h>

#include "core/ag_state_file_parts.h"


#define SECOND  UINT64_C(1000000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)

#define UPTIME  (1000 * DAY)                /* us */
#define NOON    INT64_C(1795176000)         /* 2026-11-20T12:00:00Z */


static inline ag_now_t
at(uint64_t us, int64_t wall)
{
    ag_now_t  now;

    now.us = us;
    now.wall = wall;

    return now;
}


/* "later" us after UPTIME and NOON. */
static inline ag_now_t
after(uint64_t later)
{
    return at(UPTIME + later, NOON + (int64_t) (later / SECOND));
}


static inline ag_limit_t
limit_of(ag_window_kind_t kind, uint64_t max, uint64_t window)
{
    ag_limit_t  limit;

    memset(&limit, 0, sizeof(limit));
    limit.kind = kind;
    limit.max = max;
    limit.window = window;

    return limit;
}


/* To be freed. */
static inline ag_window_t *
window_of(const ag_limit_t *limit)
{
    ag_window_t  *window;

    window = malloc(ag_window_size(limit));
    ag_window_init(window, limit);

    return window;
}


static inline void
take(ag_window_t *window, const ag_limit_t *limit, uint64_t amount,
    ag_now_t now)
{
    ag_claim_t  claim;

    memset(&claim, 0, sizeof(claim));
    claim.limit = limit;
    claim.window = window;
    claim.max = UINT64_MAX;
    claim.amount = amount;

    ag_limit_record(&claim, 1, &now);
}


static inline uint64_t
used(const ag_window_t *window, ag_now_t now)
{
    return ag_window_used(window, &now);
}


#endif /* _STATE_FILE_TEST_H_INCLUDED_ */
