/*
 * Copyright (C) ngx_agent authors
 *
 * One call and its model, for the tests of the chain.  It starts with four
 * tries at every target, a backoff of 500 ms that doubles up to 10 s, ten
 * attempts in all, no bound of time, and all targets ready.
 */


#ifndef _CHAINED_H_INCLUDED_
#define _CHAINED_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_chain.h"


#define ASKED(ms)  ((uint64_t) (ms) + 1)


typedef struct {
    ag_chain_target_t   targets[AG_CHAIN_TARGETS_MAX];
    ag_target_state_t   states[AG_CHAIN_TARGETS_MAX];
    ag_chain_conf_t     conf;
    ag_chain_failure_t  failure;        /* what is not of the test at hand */
    ag_chain_t          chain;
    ag_chain_step_t     step;           /* of the last failure */
} chained_t;


/* "tiers" has a digit for every target: its tier. */
static inline void
setup(chained_t *m, const char *tiers)
{
    uint32_t  i;

    memset(m, 0, sizeof(chained_t));

    for (i = 0; tiers[i] != '\0'; i++) {
        m->targets[i].tier = (uint32_t) (tiers[i] - '0');
        m->targets[i].on = AG_CAUSES_DEFAULT;
        m->targets[i].attempts = 4;
        m->targets[i].base_ms = 500;
        m->targets[i].factor_percent = 200;
        m->targets[i].max_ms = 10000;
    }

    m->conf.targets = m->targets;
    m->conf.count = i;
    m->conf.attempts = 10;
    m->failure.may_retry = 1;
}


/* An attempt at the target starts and fails. */
static inline ag_chain_action_t
fails(chained_t *m, uint32_t target, ag_error_class_t class)
{
    m->failure.target = target;
    m->failure.class = class;

    ag_chain_start(&m->chain, target);
    m->step = ag_chain_fail(&m->chain, &m->conf, &m->failure);

    return m->step.action;
}


static inline void
routes(chained_t *m, ag_chain_verdict_t verdict, uint32_t set)
{
    ag_chain_route_t  route;

    route = ag_chain_route(&m->chain, &m->conf, m->states,
                           m->failure.elapsed_ms);

    assert_int_equal(route.verdict, verdict);
    assert_int_equal(route.set, set);
}


static inline uint32_t
hedges(chained_t *m, uint32_t running)
{
    return ag_chain_hedge(&m->chain, &m->conf, m->states, running,
                          m->failure.elapsed_ms);
}


#endif /* _CHAINED_H_INCLUDED_ */
