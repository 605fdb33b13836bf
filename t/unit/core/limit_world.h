/*
 * Copyright (C) ngx_agent authors
 *
 * Some windows of all kinds, calls that claim them, and a model of each: what
 * happens is chosen by whoever includes this, one chance() after the other.
 * He says what a failed world_check() does, too, and makes the calls: one of
 * them may die on the way.
 */


#ifndef _LIMIT_WORLD_H_INCLUDED_
#define _LIMIT_WORLD_H_INCLUDED_


#include <stdlib.h>

#include "limit_model.h"


#define WORLD_WINDOWS  4
#define WORLD_OUTS     24
#define WORLD_DAY      86400


typedef enum {
    WORLD_TAKE = 0,
    WORLD_RECORD,
    WORLD_SETTLE,
    WORLD_UNDO
} world_op_t;


/* Calls that were admitted and have not ended. */
typedef struct {
    unsigned      count;
    unsigned      models[WORLD_WINDOWS];
    uint64_t      entries[WORLD_WINDOWS];
    ag_claim_t    claims[WORLD_WINDOWS];
} world_out_t;


typedef struct world_s  world_t;

struct world_s {
    uint64_t      seed;
    unsigned      sequence;
    unsigned      step;
    uint64_t    (*chance)(world_t *w, uint64_t n);

    /* returns 1 if it died */
    unsigned    (*call)(world_t *w, world_op_t op, ag_claim_t *claims,
                        unsigned count, const ag_now_t *now,
                        ag_verdict_t *verdict);

    uint64_t      base;             /* us; about the length of windows */
    ag_now_t      clock;            /* the best one */
    unsigned      count;
    model_t       models[WORLD_WINDOWS];
    unsigned      nouts;
    world_out_t   outs[WORLD_OUTS];

    uint64_t      verdicts[AG_LIMIT_NEVER + 1];
    uint64_t      waits;
    uint64_t      deaths;
};


/* A call that does not die. */
static inline unsigned
world_call(world_t *w, world_op_t op, ag_claim_t *claims, unsigned count,
    const ag_now_t *now, ag_verdict_t *verdict)
{
    (void) w;

    switch (op) {

    case WORLD_TAKE:
        ag_limit_take(claims, count, now, verdict);
        break;

    case WORLD_RECORD:
        ag_limit_record(claims, count, now);
        break;

    case WORLD_SETTLE:
        ag_limit_settle(claims, count, now);
        break;

    case WORLD_UNDO:
        ag_limit_undo(claims, count, now);
        break;
    }

    return 0;
}


static inline void
world_limit(world_t *w, ag_limit_t *limit)
{
    static const unsigned  lengths[] = { 1, 1, 2, 10 };

    memset(limit, 0, sizeof(*limit));
    limit->window = w->base * lengths[w->chance(w, 4)];
    limit->dry_run = (w->chance(w, 10) == 0);
    limit->max = 1 + w->chance(w, 12);

    switch (w->chance(w, 8)) {

    case 0:
        limit->resource = AG_RESOURCE_CONCURRENCY;
        break;

    case 1:
        limit->resource = AG_RESOURCE_MONEY;
        limit->max = 1 + w->chance(w, 100000);
        limit->kind = w->chance(w, 2) ? AG_WINDOW_DAY : AG_WINDOW_MONTH;
        break;

    case 2:
    case 3:
    case 4:
        limit->resource = AG_RESOURCE_TOKENS;
        limit->max = 1 + w->chance(w, 10000);
        break;

    default:
        limit->resource = AG_RESOURCE_REQUESTS;
        break;
    }

    ag_limit_init(limit);
}


static inline ag_window_t *
world_window(const ag_limit_t *limit)
{
    ag_window_t  *window;

    window = malloc(ag_window_size(limit));

    if (window == NULL) {
        abort();
    }

    ag_window_init(window, limit);

    return window;
}


static inline void
world_begin(world_t *w)
{
    static const uint64_t  bases[] = {
        1, 7, 599, 600, 601, 1000, 1000000, 60000000, 86400000000
    };

    unsigned  i;
    model_t  *m;

    w->base = bases[w->chance(w, 9)];
    w->clock.us = w->chance(w, 2) ? 0 : w->chance(w, UINT64_C(1) << 40);
    w->clock.wall = 86400 + (int64_t) w->chance(w, 4000000000);
    w->count = 1 + (unsigned) w->chance(w, WORLD_WINDOWS);
    w->nouts = 0;

    for (i = 0; i < w->count; i++) {
        m = &w->models[i];
        m->first = 0;
        m->next = 0;
        m->sure = 0;
        m->periods = 0;
        world_limit(w, &m->limit);
        m->window = world_window(&m->limit);
        model_begin_period(m, 0);
    }
}


static inline void
world_end(world_t *w)
{
    unsigned  i;

    for (i = 0; i < w->count; i++) {
        free(w->models[i].window);
    }
}


/* To where an amount leaves the window, or one step before or behind it. */
static inline void
world_to_edge(world_t *w)
{
    uint64_t        edge;
    model_t        *m;
    model_entry_t  *entry;

    m = &w->models[w->chance(w, w->count)];

    if (model_is_calendar(m)) {
        w->clock.wall = m->period_end - 2 + (int64_t) w->chance(w, 4);
        w->clock.wall = (w->clock.wall < 0) ? 0 : w->clock.wall;
        return;
    }

    if (m->limit.window == 0 || m->first == m->next) {
        return;
    }

    entry = model_entry(m, m->first + w->chance(w, m->next - m->first));
    edge = entry->at + m->limit.window;

    if (m->limit.kind == AG_WINDOW_RING && w->chance(w, 4) > 0) {
        edge = (entry->at / model_length(m) + AG_SUBWINDOWS + 1)
               * model_length(m);
    }

    edge += w->chance(w, 3) - 1;

    if (edge > w->clock.us) {
        w->clock.us = edge;
    }
}


static inline void
world_pass_time(world_t *w)
{
    switch (w->chance(w, 24)) {

    case 0:
    case 1:
    case 2:
        w->clock.us += w->chance(w, w->base / 5 + 2);
        break;

    case 3:
    case 4:
    case 5:
    case 6:
        w->clock.us += w->chance(w, w->base / 50 + 2);
        w->clock.wall += (int64_t) w->chance(w, 3600);
        break;

    case 7:
    case 8:
    case 9:
        world_to_edge(w);
        break;

    case 10:
        if (w->chance(w, 8) == 0) {
            w->clock.us += w->chance(w, w->base * 11 + 2);
        }
        break;

    case 11:
        if (w->chance(w, 8) == 0) {     /* somebody sets the wall clock */
            w->clock.wall += (int64_t) w->chance(w, 80 * WORLD_DAY)
                             - 40 * WORLD_DAY;
            w->clock.wall = (w->clock.wall < 0) ? 0 : w->clock.wall;
        }
        break;

    default:
        break;
    }
}


/* As a process has it that may have looked a while ago. */
static inline ag_now_t
world_now(world_t *w)
{
    uint64_t  behind;
    ag_now_t  now;

    now = w->clock;

    if (w->chance(w, 6) == 0) {
        behind = w->chance(w, w->base / 10 + 2);
        now.us -= (behind < now.us) ? behind : now.us;
    }

    return now;
}


static inline void
world_claim(world_t *w, model_t *m, ag_claim_t *claim)
{
    uint64_t  max, most;

    memset(claim, 0, sizeof(*claim));

    max = m->limit.max;

    if (w->chance(w, 8) == 0) {         /* the share of a node */
        max = w->chance(w, max + 1);
    }

    claim->limit = &m->limit;
    claim->window = m->window;
    claim->max = max;
    claim->amount = 1;
    claim->least = 1;
    claim->mark = UINT64_MAX;

    if (m->limit.kind != AG_WINDOW_LOG && m->limit.kind != AG_WINDOW_COUNT) {
        most = m->limit.max + m->limit.max / 4 + 1;
        claim->amount = w->chance(w, (w->chance(w, 4) == 0) ? most
                                                            : max / 6 + 2);
        claim->least = w->chance(w, 2) ? claim->amount
                                       : w->chance(w, claim->amount + 1);
    }
}


#endif /* _LIMIT_WORLD_H_INCLUDED_ */
