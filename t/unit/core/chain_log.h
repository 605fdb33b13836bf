/*
 * Copyright (C) ngx_agent authors
 *
 * All that happened in a call of the chain, and every fact of it read anew
 * from there: slow, and word by word what ag_chain.h says.
 */


#ifndef _CHAIN_LOG_H_INCLUDED_
#define _CHAIN_LOG_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_chain.h"


#define LOG_MAX  2000


typedef enum {
    STARTED,
    FAILED,
    SKIPPED,
    LOST                        /* a repeat whose target was not ready */
} what_t;


typedef struct {
    what_t             what;
    uint32_t           target;
    uint64_t           at_ms;
    ag_error_class_t   class;
    uint64_t           asked;           /* + 1; 0: nothing */
    ag_chain_action_t  action;
    uint64_t           wait_ms;
} event_t;


typedef struct {
    ag_chain_target_t  targets[AG_CHAIN_TARGETS_MAX];
    ag_target_state_t  states[AG_CHAIN_TARGETS_MAX];
    ag_chain_conf_t    conf;
    ag_chain_t         chain;
    uint64_t           now;
    uint32_t           running;         /* bit set, two at most */
    event_t            log[LOG_MAX];
    unsigned           events;
    unsigned           chaos;           /* percent of states that change */
} call_t;


/* A class by the table of the design: what it allows, what it causes. */
typedef struct {
    ag_error_class_t  class;
    char              retry;    /* yes, no, once, after, key */
    char              next;     /* yes, no, if */
    uint32_t          cause;
} row_t;


static const row_t  rows[] = {
    { AG_E_NETWORK, 'y', 'y', AG_CAUSE_ERROR },
    { AG_E_TIMEOUT_CONNECT, 'y', 'y', AG_CAUSE_TIMEOUT },
    { AG_E_TIMEOUT_FIRST_TOKEN, 'n', 'y', AG_CAUSE_TIMEOUT },
    { AG_E_TIMEOUT_IDLE, 'n', 'y', AG_CAUSE_TIMEOUT },
    { AG_E_TIMEOUT_TOTAL, 'n', 'y', AG_CAUSE_TIMEOUT },
    { AG_E_RATE_LIMIT, 'a', 'y', AG_CAUSE_RATE_LIMIT },
    { AG_E_UNAVAILABLE, 'y', 'y', AG_CAUSE_ERROR },
    { AG_E_PROVIDER_ERROR, 'y', 'y', AG_CAUSE_ERROR },
    { AG_E_BAD_RESPONSE, 'n', 'y', AG_CAUSE_ERROR },
    { AG_E_INVALID_OUTPUT, 'o', 'y', AG_CAUSE_VALIDATION },
    { AG_E_CREDENTIALS, 'k', 'y', AG_CAUSE_ERROR },
    { AG_E_CONTEXT_LENGTH, 'n', 'y', AG_CAUSE_CONTEXT_LENGTH },
    { AG_E_CONTENT_POLICY, 'n', 'i', AG_CAUSE_CONTENT_POLICY },
    { AG_E_NOT_FOUND, 'n', 'y', AG_CAUSE_ERROR },
    { AG_E_CONFLICT, 'y', 'y', AG_CAUSE_ERROR },
    { AG_E_INVALID_REQUEST, 'n', 'n', 0 },
    { AG_E_CLIENT_GONE, 'n', 'n', 0 },
    { AG_E_INTERNAL, 'n', 'n', 0 },
};


static inline uint32_t
bit(uint32_t target)
{
    return (uint32_t) 1 << target;
}


static inline void
happened(call_t *c, what_t what, uint32_t target)
{
    event_t  *e;

    assert_true(c->events < LOG_MAX);

    e = &c->log[c->events++];

    memset(e, 0, sizeof(event_t));
    e->what = what;
    e->target = target;
    e->at_ms = c->now;
}


static inline const row_t *
row_of(ag_error_class_t class)
{
    size_t  i;

    for (i = 0; rows[i].class != class; i++) { /* void */ }

    return &rows[i];
}


static inline uint32_t
tier_of(const call_t *c, uint32_t target)
{
    return c->targets[target].tier;
}


static inline uint32_t
starts(const call_t *c, uint32_t target)
{
    unsigned  i, n;

    for (i = 0, n = 0; i < c->events; i++) {
        n += c->log[i].what == STARTED && c->log[i].target == target;
    }

    return n;
}


static inline uint32_t
present_tier(const call_t *c)
{
    uint32_t  tier;
    unsigned  i;

    for (i = 0, tier = 0; i < c->events; i++) {
        if (c->log[i].what == STARTED && tier_of(c, c->log[i].target) > tier) {
            tier = tier_of(c, c->log[i].target);
        }
    }

    return tier;
}


static inline uint32_t
failed_tier(const call_t *c)
{
    uint32_t  tier;
    unsigned  i;

    for (i = 0, tier = 0; i < c->events; i++) {
        if (c->log[i].what == FAILED && tier_of(c, c->log[i].target) > tier) {
            tier = tier_of(c, c->log[i].target);
        }
    }

    return tier;
}


static inline const event_t *
last_failure(const call_t *c)
{
    unsigned  i;

    for (i = c->events; i-- > 0; /* void */) {
        if (c->log[i].what == FAILED) {
            return &c->log[i];
        }
    }

    return NULL;
}


/* The target that is to be asked again, + 1; 0: none. */
static inline uint32_t
pending(const call_t *c)
{
    unsigned        i;
    const event_t  *failure;

    failure = last_failure(c);

    if (failure == NULL
        || failure->action == AG_CHAIN_NEXT
        || failure->action == AG_CHAIN_GIVE_UP)
    {
        return 0;
    }

    for (i = (unsigned) (failure - c->log) + 1; i < c->events; i++) {
        if (c->log[i].target == failure->target) {
            return 0;
        }
    }

    return failure->target + 1;
}


static inline unsigned
gone(const call_t *c, uint32_t target)
{
    unsigned        i, j;
    const event_t  *e;

    for (i = 0; i < c->events; i++) {
        e = &c->log[i];

        if (e->what == FAILED && e->action == AG_CHAIN_GIVE_UP) {
            return 1;
        }

        /* its tier is alike */

        if (e->what == FAILED && tier_of(c, e->target) == tier_of(c, target)
            && (e->class == AG_E_CONTEXT_LENGTH
                || e->class == AG_E_CONTENT_POLICY))
        {
            return 1;
        }

        if (e->target != target) {
            continue;
        }

        if (e->what == SKIPPED || e->what == LOST
            || (e->what == FAILED && e->action == AG_CHAIN_NEXT))
        {
            return 1;
        }

        /* it was to be asked again, but first another one failed */

        for (j = i + 1; e->what == FAILED && j < c->events
                        && c->log[j].target != target; j++)
        {
            if (c->log[j].what == FAILED) {
                return 1;
            }
        }
    }

    return 0;
}


static inline unsigned
may_ask(const call_t *c, uint32_t target)
{
    return !gone(c, target)
           && starts(c, target) < c->targets[target].attempts
           && tier_of(c, target) >= present_tier(c);
}


static inline unsigned
may_start(const call_t *c, uint64_t wait_ms)
{
    uint32_t  i, n;

    for (i = 0, n = 0; i < c->conf.count; i++) {
        n += starts(c, i);
    }

    return n < c->conf.attempts
           && (c->conf.within_ms == 0 || c->now + wait_ms <= c->conf.within_ms);
}


static inline ag_chain_route_t
expected_route(call_t *c)
{
    uint32_t          i, tier, cause, same, sets[AG_TARGET_OUT + 1];
    unsigned          pass;
    const event_t    *failure;
    ag_chain_route_t  r = { AG_ROUTE_NONE, 0 };

    if (!may_start(c, 0)) {
        return r;
    }

    same = pending(c);

    if (same != 0) {
        if (c->states[same - 1] == AG_TARGET_READY && may_ask(c, same - 1)) {
            r.verdict = AG_ROUTE_ASK;
            r.set = bit(same - 1);
            return r;
        }

        if (c->states[same - 1] == AG_TARGET_BUSY && may_ask(c, same - 1)) {
            r.verdict = AG_ROUTE_WAIT;
            r.set = bit(same - 1);
            return r;
        }

        happened(c, LOST, same - 1);
    }

    failure = last_failure(c);
    cause = failure ? row_of(failure->class)->cause : AG_CAUSE_ERROR;

    /* a place at any tier, then a forced probe at any tier */

    for (pass = 0; pass < 2; pass++) {
        for (tier = 0; tier < AG_CHAIN_TARGETS_MAX; tier++) {
            memset(sets, 0, sizeof(sets));

            for (i = 0; i < c->conf.count; i++) {
                if (tier_of(c, i) == tier && may_ask(c, i)
                    && (tier == failed_tier(c) || (c->targets[i].on & cause)))
                {
                    sets[c->states[i]] |= bit(i);
                }
            }

            if (pass == 0 && sets[AG_TARGET_READY]) {
                r.verdict = AG_ROUTE_ASK;
                r.set = sets[AG_TARGET_READY];
                return r;
            }

            if (pass == 0 && sets[AG_TARGET_BUSY]) {
                r.verdict = AG_ROUTE_WAIT;
                r.set = sets[AG_TARGET_BUSY];
                return r;
            }

            if (pass == 1 && sets[AG_TARGET_OPEN] && c->chain.last == 0) {
                r.verdict = AG_ROUTE_FORCE;
                r.set = sets[AG_TARGET_OPEN];
                return r;
            }
        }
    }

    return r;
}


static inline uint32_t
expected_hedge(const call_t *c, uint32_t running)
{
    uint32_t  i, tier, set;

    for (tier = present_tier(c); tier < AG_CHAIN_TARGETS_MAX; tier++) {
        set = 0;

        for (i = 0; i < c->conf.count && may_start(c, 0); i++) {
            if (tier_of(c, i) == tier && may_ask(c, i)
                && c->states[i] == AG_TARGET_READY
                && i != running && i + 1 != pending(c)
                && (tier == present_tier(c)
                    || (c->targets[i].on & AG_CAUSE_TIMEOUT)))
            {
                set |= bit(i);
            }
        }

        if (set) {
            return set;
        }
    }

    return 0;
}


/*
 * The first one that the client can mend, of the first tier or before any
 * other; else the last one that tells something; else the first.
 */
static inline const event_t *
expected_error(const call_t *c)
{
    unsigned        i, mendable;
    const event_t  *e, *first, *told;

    first = NULL;
    told = NULL;

    for (i = 0; i < c->events; i++) {
        e = &c->log[i];

        if (e->what != FAILED) {
            continue;
        }

        mendable = e->class == AG_E_INVALID_REQUEST
                   || e->class == AG_E_CONTEXT_LENGTH
                   || e->class == AG_E_CONTENT_POLICY;

        if (mendable && (first == NULL || tier_of(c, e->target) == 0)) {
            return e;
        }

        first = first ? first : e;

        if (!mendable && e->class != AG_E_CREDENTIALS
            && e->class != AG_E_NOT_FOUND)
        {
            told = e;
        }
    }

    return told ? told : first;
}


#endif /* _CHAIN_LOG_H_INCLUDED_ */
