/*
 * Copyright (C) ngx_agent authors
 *
 * A breaker with its settings and a clock, for its tests.
 */


#ifndef _BREAKER_TEST_H_INCLUDED_
#define _BREAKER_TEST_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_breaker.h"


#define OWNER  77


typedef struct {
    ag_breaker_t         breaker;
    ag_breaker_conf_t    conf;
    uint64_t             now;       /* ms */
    ag_breaker_change_t  change;    /* of the last ask */
} world_t;


static inline world_t
world(void)
{
    world_t  w;

    memset(&w, 0, sizeof(w));

    w.now = 1000000;
    w.conf.window_ms = 60000;
    w.conf.open_ms = 30000;
    w.conf.lease_ms = 100000;
    w.conf.failures = 5;
    w.conf.probes = 2;
    w.conf.successes = 3;

    return w;
}


static inline ag_breaker_ticket_t
admitted(world_t *w)
{
    ag_breaker_ticket_t  ticket;

    assert_int_equal(ag_breaker_ready(&w->breaker, &w->conf, w->now), 1);
    assert_int_equal(ag_breaker_ask(&w->breaker, &w->conf, w->now, OWNER, 0,
                                    &ticket, &w->change),
                     AG_OK);

    return ticket;
}


static inline ag_breaker_ticket_t
forced(world_t *w)
{
    ag_breaker_ticket_t  ticket;

    assert_int_equal(ag_breaker_ask(&w->breaker, &w->conf, w->now, OWNER, 1,
                                    &ticket, &w->change),
                     AG_OK);

    return ticket;
}


static inline void
refused(world_t *w, unsigned force)
{
    ag_breaker_ticket_t  ticket;

    if (!force) {
        assert_int_equal(ag_breaker_ready(&w->breaker, &w->conf, w->now), 0);
    }

    w->change = AG_BREAKER_OPENED;

    assert_int_equal(ag_breaker_ask(&w->breaker, &w->conf, w->now, OWNER,
                                    force, &ticket, &w->change),
                     AG_AGAIN);
    assert_int_equal(w->change, AG_BREAKER_STAYS);
}


static inline ag_breaker_change_t
report(world_t *w, ag_breaker_ticket_t ticket, ag_breaker_outcome_t outcome)
{
    return ag_breaker_report(&w->breaker, &w->conf, w->now, &ticket, outcome);
}


static inline ag_breaker_change_t
call(world_t *w, ag_breaker_outcome_t outcome)
{
    return report(w, admitted(w), outcome);
}


/* Calls that change nothing. */
static inline void
calls(world_t *w, unsigned n, ag_breaker_outcome_t outcome)
{
    while (n-- > 0) {
        assert_int_equal(call(w, outcome), AG_BREAKER_STAYS);
    }
}


static inline void
open_it(world_t *w)
{
    calls(w, w->conf.failures - 1, AG_BREAKER_FAILURE);
    assert_int_equal(call(w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
    assert_int_equal(w->breaker.state, AG_BREAKER_OPEN);
}


/* Half-open with no probe out. */
static inline void
half_open(world_t *w)
{
    open_it(w);
    w->now += w->conf.open_ms;
    assert_int_equal(call(w, AG_BREAKER_NEUTRAL), AG_BREAKER_STAYS);
    assert_int_equal(w->change, AG_BREAKER_PROBING);
    assert_int_equal(w->breaker.state, AG_BREAKER_HALF_OPEN);
}


#endif /* _BREAKER_TEST_H_INCLUDED_ */
