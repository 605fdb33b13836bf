/*
 * Copyright (C) ngx_agent authors
 *
 * What a breaker should do, slowly: the model keeps lists of all that has
 * happened and knows no buckets but their length.
 */


#ifndef _BREAKER_MODEL_H_INCLUDED_
#define _BREAKER_MODEL_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_breaker.h"


#define STEPS        300
#define TICKETS_MAX  64

#define check(w, what)                                                        \
    do {                                                                      \
        if (!(what)) {                                                        \
            fail_msg("sequence %u, step %u: %s", (w)->sequence, (w)->step,    \
                     #what);                                                  \
        }                                                                     \
    } while (0)


/* A call that was counted while closed. */
typedef struct {
    uint64_t  at_ms;            /* never goes back */
    unsigned  failed;
} event_t;


/* A call that was admitted and has not reported. */
typedef struct {
    ag_breaker_ticket_t  ticket;
    uint32_t             generation;    /* the model's */
    uint64_t             owner;
    uint64_t             until_ms;      /* of a probe */
    unsigned             lost;          /* nobody will report it */
} out_t;


typedef struct {
    unsigned             sequence, step;
    uint64_t             seed;

    ag_breaker_t         breaker;
    ag_breaker_conf_t    conf;
    uint64_t             clock;         /* the best one */
    uint64_t             now;           /* of the one that is read */
    unsigned             ill;           /* percent of calls that fail */

    ag_breaker_state_t   state;
    unsigned             scribbled;     /* the state's word is garbage */
    uint32_t             first;         /* the breaker's generation 0 */
    uint32_t             generation;
    uint32_t             row;           /* successful probes */
    unsigned             failing;
    uint64_t             since_ms;
    uint64_t             recovered_ms;  /* + 1; 0: not */

    event_t              events[STEPS + 1];
    size_t               nevents;
    out_t                outs[TICKETS_MAX];
    size_t               nouts;

    unsigned             changes[AG_BREAKER_RECOVERED + 1];
} world_t;


/* A probe of now, whether it is lost or not, until its lease ends. */
static inline unsigned
is_out(world_t *w, const out_t *out)
{
    return out->generation == w->generation && out->ticket.probe > 0
           && out->until_ms > w->now;
}


static inline size_t
probes_out(world_t *w)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < w->nouts; i++) {
        n += is_out(w, &w->outs[i]);
    }

    return n;
}


static inline uint32_t
probes_most(world_t *w)
{
    uint32_t  n;

    n = w->conf.probes;

    return (n == 0) ? 1 : (n > AG_BREAKER_PROBES_MAX) ? AG_BREAKER_PROBES_MAX
                                                      : n;
}


static inline void
enter(world_t *w, ag_breaker_state_t state)
{
    w->state = state;
    w->scribbled = 0;
    w->generation++;
    w->row = 0;
    w->failing = 0;
    w->since_ms = w->now;
    w->recovered_ms = 0;
    w->nevents = 0;
}


static inline int
model_ask(world_t *w, unsigned force, ag_breaker_change_t *change)
{
    *change = AG_BREAKER_STAYS;

    if (w->state == AG_BREAKER_CLOSED) {
        w->scribbled = 0;
        return AG_OK;
    }

    if (w->state == AG_BREAKER_OPEN) {

        if (!force && w->now < w->since_ms + w->conf.open_ms) {
            return AG_AGAIN;
        }

        enter(w, AG_BREAKER_HALF_OPEN);
        *change = AG_BREAKER_PROBING;

        return AG_OK;
    }

    return (probes_out(w) < (force ? 1 : probes_most(w))) ? AG_OK : AG_AGAIN;
}


static inline uint64_t
bucket_ms(world_t *w)
{
    return w->conf.window_ms / AG_BREAKER_BUCKETS;
}


static inline size_t
failures_since(world_t *w, uint64_t now, uint64_t age)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < w->nevents; i++) {
        n += (now - w->events[i].at_ms <= age && w->events[i].failed);
    }

    return n;
}


/* The same without buckets: a window is too short by one at most. */
static inline void
check_window(world_t *w, uint64_t now, unsigned opened)
{
    uint64_t  bucket;

    if (w->conf.ratio > 0) {
        return;
    }

    bucket = bucket_ms(w);

    if (opened) {
        check(w, failures_since(w, now, w->conf.window_ms - 1)
                 >= w->conf.failures);

    } else {
        check(w, failures_since(w, now, w->conf.window_ms - bucket)
                 < w->conf.failures);
    }
}


/* The rules as they are configured, over the list of all calls. */
static inline unsigned
model_trips(world_t *w, uint64_t now)
{
    size_t    i;
    uint64_t  failed, all;

    failed = 0;
    all = 0;

    for (i = 0; i < w->nevents; i++) {

        if (now / bucket_ms(w) - w->events[i].at_ms / bucket_ms(w)
            < AG_BREAKER_BUCKETS)
        {
            failed += w->events[i].failed;
            all++;
        }
    }

    w->failing = (failed > 0);

    if (w->conf.ratio == 0) {
        return failed >= w->conf.failures;
    }

    return all >= w->conf.volume
           && (double) failed / (double) all * 100.0 + 1e-9
              >= (double) w->conf.ratio;
}


static inline ag_breaker_change_t
model_count(world_t *w, ag_breaker_outcome_t outcome)
{
    uint64_t  now;
    unsigned  opens;
    event_t  *event;

    now = w->now;

    if (w->nevents > 0 && w->events[w->nevents - 1].at_ms > now) {
        now = w->events[w->nevents - 1].at_ms;
    }

    if (outcome == AG_BREAKER_FAILURE || w->conf.ratio > 0) {
        event = &w->events[w->nevents++];
        event->at_ms = now;
        event->failed = (outcome == AG_BREAKER_FAILURE);
    }

    opens = model_trips(w, now);
    check_window(w, now, opens);

    if (outcome == AG_BREAKER_SUCCESS || !opens) {
        return AG_BREAKER_STAYS;
    }

    enter(w, AG_BREAKER_OPEN);

    return AG_BREAKER_OPENED;
}


static inline ag_breaker_change_t
model_report(world_t *w, const out_t *out, ag_breaker_outcome_t outcome)
{
    if (out->generation != w->generation || outcome == AG_BREAKER_NEUTRAL
        || w->state == AG_BREAKER_OPEN)
    {
        return AG_BREAKER_STAYS;
    }

    if (w->state == AG_BREAKER_CLOSED) {
        return model_count(w, outcome);
    }

    if (out->ticket.probe == 0) {
        return AG_BREAKER_STAYS;
    }

    if (outcome == AG_BREAKER_FAILURE) {
        enter(w, AG_BREAKER_OPEN);
        return AG_BREAKER_REOPENED;
    }

    if (++w->row < w->conf.successes) {
        return AG_BREAKER_STAYS;
    }

    enter(w, AG_BREAKER_CLOSED);
    w->recovered_ms = w->now + 1;

    return AG_BREAKER_RECOVERED;
}


#endif /* _BREAKER_MODEL_H_INCLUDED_ */
