/*
 * Copyright (C) ngx_agent authors
 *
 * What the model expects of a window and of a call, and whether it came so:
 * verdicts, what a window tells, waits.
 */


#ifndef _LIMIT_GUESS_H_INCLUDED_
#define _LIMIT_GUESS_H_INCLUDED_


#include "limit_world.h"


/* What the model says of one claim. */
typedef struct {
    uint64_t      amount;
    unsigned      never;
    unsigned      sure;             /* it fits, whatever a death left */
    unsigned      perhaps;
    unsigned      strict;           /* it fits in exactly one window */
    uint64_t      us;
} world_guess_t;


static inline world_guess_t
world_guess(model_t *m, const ag_claim_t *claim, const ag_now_t *now)
{
    model_sums_t   sums;
    world_guess_t  guess;

    guess.us = model_us(m, now);
    sums = model_sums(m, now);

    guess.amount = claim->amount;
    guess.never = 0;

    if (claim->amount > claim->max) {
        guess.never = (claim->least > claim->limit->max);
        guess.amount = (claim->least > claim->max) ? claim->amount
                                                   : claim->max;
    }

    guess.sure = (sums.high + guess.amount <= claim->max);
    guess.perhaps = (sums.low + guess.amount <= claim->max);
    guess.strict = (m->limit.window == 0
                    || sums.strict + guess.amount <= claim->max);

    return guess;
}


/* What the window tells agrees with the model. */
static inline void
world_look(world_t *w, model_t *m, const ag_now_t *now)
{
    uint64_t       low, used;
    ag_now_t       then;
    model_sums_t   sums;
    ag_standing_t  standing;

    sums = model_sums(m, now);
    low = sums.low;

    if (m->limit.kind == AG_WINDOW_LOG && low > m->window->capacity) {
        low = m->window->capacity;
    }

    used = ag_window_used(m->window, now);
    world_check(w, used >= low && used <= sums.high);
    world_check(w, ag_window_idle(m->window, now) == (used == 0));

    ag_window_standing(m->window, m->limit.max, now, &standing);
    world_check(w, standing.limit == m->limit.max);
    world_check(w, standing.remaining == (used < m->limit.max
                                          ? m->limit.max - used : 0));

    if (m->limit.kind == AG_WINDOW_COUNT) {
        world_check(w, standing.reset == 0);
        return;
    }

    if (model_is_calendar(m)) {
        world_check(w, standing.reset > 0 && standing.reset % 1000000 == 0);

        then = *now;
        then.wall += (int64_t) (standing.reset / 1000000);
        world_check(w, ag_window_used(m->window, &then) == 0);

        then.wall--;
        world_check(w, ag_window_used(m->window, &then) == used);
        return;
    }

    then = *now;
    then.us += standing.reset;
    world_check(w, ag_window_used(m->window, &then) == 0);

    if (standing.reset > 0) {
        then.us--;
        world_check(w, ag_window_used(m->window, &then) > 0);
    }
}


/* A client that waits as long as it was told is admitted, and no sooner. */
static inline void
world_wait(world_t *w, const ag_claim_t *claims, unsigned count,
    const ag_now_t *now, uint64_t wait)
{
    unsigned      i;
    size_t        size;
    ag_now_t      then;
    ag_claim_t    copies[WORLD_WINDOWS];
    ag_verdict_t  verdict;

    w->waits++;

    for (i = 0; i < count; i++) {
        copies[i] = claims[i];
        size = sizeof(ag_window_t)
               + claims[i].window->capacity * sizeof(uint64_t);
        copies[i].window = malloc(size);

        if (copies[i].window == NULL) {
            abort();
        }

        memcpy(copies[i].window, claims[i].window, size);
    }

    then.us = now->us + wait - 1;
    then.wall = now->wall + (int64_t) ((wait - 1) / 1000000);
    ag_limit_take(copies, count, &then, &verdict);
    world_check(w, verdict.result == AG_LIMIT_FULL);

    then.us = now->us + wait;
    then.wall = now->wall + (int64_t) (wait / 1000000);
    ag_limit_take(copies, count, &then, &verdict);
    world_check(w, verdict.result == AG_LIMIT_TAKEN);

    for (i = 0; i < count; i++) {
        free(copies[i].window);
    }
}


static inline void
world_check_verdict(world_t *w, const ag_claim_t *claims,
    const world_guess_t *guesses, unsigned count,
    const ag_verdict_t *verdict)
{
    unsigned  i, never, sure, perhaps, fits;

    never = 0;
    sure = 1;
    perhaps = 1;

    for (i = 0; i < count; i++) {
        fits = !guesses[i].never;

        if (claims[i].limit->dry_run) {
            world_check(w, (verdict->dry >> i & 1)
                           || (fits && guesses[i].perhaps));
            world_check(w, !(verdict->dry >> i & 1)
                           || !(fits && guesses[i].sure));
            continue;
        }

        world_check(w, !(verdict->dry >> i & 1));

        if (!fits && !never) {
            never = 1;
            world_check(w, verdict->refused == i);
        }

        sure = sure && fits && guesses[i].sure;
        perhaps = perhaps && fits && guesses[i].perhaps && guesses[i].strict;
    }

    world_check(w, verdict->dry >> count == 0);
    world_check(w, (verdict->result == AG_LIMIT_NEVER) == never);
    world_check(w, verdict->result != AG_LIMIT_TAKEN || perhaps);
    world_check(w, verdict->result == AG_LIMIT_TAKEN || !sure);

    if (verdict->result != AG_LIMIT_FULL) {
        world_check(w, verdict->wait == 0);
        return;
    }

    world_check(w, verdict->refused < count);
    world_check(w, !claims[verdict->refused].limit->dry_run);
    world_check(w, !guesses[verdict->refused].sure);
}


#endif /* _LIMIT_GUESS_H_INCLUDED_ */
