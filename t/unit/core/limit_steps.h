/*
 * Copyright (C) ngx_agent authors
 *
 * What happens in the world: calls take and settle, undo and die, limits
 * change.
 */


#ifndef _LIMIT_STEPS_H_INCLUDED_
#define _LIMIT_STEPS_H_INCLUDED_


#include "limit_guess.h"


/* What has left for everybody, also for those who are behind. */
static inline void
world_prune(world_t *w)
{
    unsigned  i;
    uint64_t  behind;

    behind = w->base / 10 + 2;

    for (i = 0; i < w->count; i++) {
        model_prune(&w->models[i],
                    w->clock.us > behind ? w->clock.us - behind : 0);
    }
}


/* Chooses who is asked; 0 if a model is full. */
static inline unsigned
world_choose(world_t *w, world_out_t *out)
{
    unsigned  i, k, from, mask;

    mask = 1 + (unsigned) w->chance(w, (UINT64_C(1) << w->count) - 1);
    from = (unsigned) w->chance(w, w->count);
    out->count = 0;

    for (i = 0; i < w->count; i++) {
        k = (from + i) % w->count;

        if (!(mask >> k & 1)) {
            continue;
        }

        if (model_is_full(&w->models[k])) {
            return 0;
        }

        out->models[out->count] = k;
        world_claim(w, &w->models[k], &out->claims[out->count]);
        out->count++;
    }

    return out->count;
}


/*
 * After a death.  The places that are held are counted anew, by those who
 * live.
 */
static inline void
world_mend(world_t *w, const world_out_t *out, const ag_now_t *now)
{
    unsigned      i;
    model_t      *m;
    model_sums_t  sums;

    w->deaths++;

    for (i = 0; i < out->count; i++) {
        m = &w->models[out->models[i]];
        m->sure = m->next;
        ag_window_mend(m->window);

        if (m->limit.kind == AG_WINDOW_COUNT) {
            sums = model_sums(m, now);
            m->window->sum = sums.low;
        }

        world_look(w, m, now);
    }
}


static inline void
world_full_again(world_t *w, const world_out_t *out, const ag_now_t *now,
    const ag_verdict_t *verdict)
{
    unsigned        i;
    ag_claim_t      claims[WORLD_WINDOWS];
    ag_verdict_t    again;

    memcpy(claims, out->claims, sizeof(claims));
    ag_limit_take(claims, out->count, now, &again);
    world_check(w, again.result == verdict->result);
    world_check(w, again.refused == verdict->refused);
    world_check(w, again.wait == verdict->wait);

    /* a place may be given back at any time, a share be the whole again:
     * nobody knows */

    for (i = 0; i < out->count; i++) {

        if (!claims[i].limit->dry_run && claims[i].least > claims[i].max) {
            return;
        }

        if (claims[i].limit->kind == AG_WINDOW_COUNT
            && !claims[i].limit->dry_run
            && claims[i].window->sum >= claims[i].max)
        {
            return;
        }
    }

    world_check(w, verdict->wait > 0);
    world_wait(w, claims, out->count, now, verdict->wait);
}


static inline void
world_take(world_t *w, world_op_t op)
{
    unsigned        i, died;
    model_t        *m;
    uint64_t        low;
    ag_now_t        now;
    world_out_t    *out;
    ag_verdict_t    verdict;
    world_guess_t   guesses[WORLD_WINDOWS];

    out = &w->outs[w->nouts];
    now = world_now(w);

    if (w->nouts == WORLD_OUTS || world_choose(w, out) == 0) {
        return;
    }

    for (i = 0; i < out->count; i++) {
        guesses[i] = world_guess(&w->models[out->models[i]],
                                 &out->claims[i], &now);
    }

    memset(&verdict, 0xff, sizeof(verdict));
    died = w->call(w, op, out->claims, out->count, &now, &verdict);

    if (!died && op == WORLD_TAKE) {
        world_check_verdict(w, out->claims, guesses, out->count, &verdict);
        w->verdicts[verdict.result]++;

        if (verdict.result != AG_LIMIT_TAKEN) {

            if (verdict.result == AG_LIMIT_FULL && w->chance(w, 8) == 0) {
                world_full_again(w, out, &now, &verdict);
            }

            return;
        }
    }

    for (i = 0; i < out->count; i++) {
        m = &w->models[out->models[i]];
        low = died ? 0 : guesses[i].amount;
        out->entries[i] = m->next;

        if (died && (m->limit.kind == AG_WINDOW_COUNT
                     || model_stayed(m, &now)))
        {
            continue;
        }

        (void) model_add(m, guesses[i].us, &now, low, guesses[i].amount);

        world_check(w, died || out->claims[i].taken == guesses[i].amount);
        world_check(w, died || m->window->last == guesses[i].us);
    }

    if (died) {
        world_mend(w, out, &now);
        return;
    }

    w->nouts++;
}


/* One entry after settling; a dead process may have changed it or not. */
static inline void
world_settled(world_t *w, world_out_t *out, unsigned i, unsigned died,
    uint64_t us, const ag_now_t *now)
{
    uint64_t        used, less;
    model_t        *m;
    ag_claim_t     *claim;
    model_entry_t  *entry;

    m = &w->models[out->models[i]];
    claim = &out->claims[i];
    used = claim->used;

    if (m->limit.kind == AG_WINDOW_LOG) {
        return;
    }

    if (m->limit.kind == AG_WINDOW_COUNT) {
        used = 0;
        died = 0;
    }

    if (used > claim->taken) {

        if (died && model_stayed(m, now)) {
            return;
        }

        used -= claim->taken;
        (void) model_add(m, us, now, died ? 0 : used, used);
        return;
    }

    if (!model_has(m, out->entries[i])) {
        return;
    }

    entry = model_entry(m, out->entries[i]);
    less = claim->taken - used;
    entry->low -= (less < entry->low) ? less : entry->low;
    entry->high -= died ? 0 : (less < entry->high) ? less : entry->high;
}


static inline void
world_undone(world_t *w, world_out_t *out, unsigned i, unsigned died,
    uint64_t head)
{
    model_t        *m;
    unsigned        went;
    model_entry_t  *entry;

    m = &w->models[out->models[i]];
    went = !died;

    if (m->limit.kind == AG_WINDOW_LOG && !died) {
        went = (m->window->head != head);
        world_check(w, went <= 1 && head - m->window->head == went);

        if (out->entries[i] >= m->sure) {
            world_check(w, went || !model_is_last(m, out->entries[i]));
            world_check(w, !went || !model_is_covered(m, out->entries[i]));
        }
    }

    if (!model_has(m, out->entries[i])) {
        return;
    }

    entry = model_entry(m, out->entries[i]);

    if (died || went) {
        entry->low = 0;
    }

    /* where a log had forgotten one that counted, this one stands for it */

    if (m->limit.kind == AG_WINDOW_COUNT
        || (went && (m->limit.kind != AG_WINDOW_LOG
                     || !(out->claims[i].mark & 1))))
    {
        entry->high = 0;
    }
}


static inline void
world_finish(world_t *w, world_op_t op)
{
    unsigned      i, k, died;
    uint64_t      us[WORLD_WINDOWS], heads[WORLD_WINDOWS];
    model_t      *m;
    ag_now_t      now;
    ag_claim_t   *claim;
    world_out_t   out;

    if (w->nouts == 0) {
        return;
    }

    /* mostly the newest: the others stay where they are */

    k = w->chance(w, 2) ? w->nouts - 1 : (unsigned) w->chance(w, w->nouts);
    out = w->outs[k];
    w->nouts--;
    memmove(&w->outs[k], &w->outs[k + 1],
            (w->nouts - k) * sizeof(world_out_t));
    now = world_now(w);

    for (i = 0; i < out.count; i++) {
        m = &w->models[out.models[i]];
        claim = &out.claims[i];
        claim->window = m->window;
        claim->used = w->chance(w, 4)
                      ? w->chance(w, claim->taken + 1)
                      : claim->taken + w->chance(w, claim->taken / 2 + 1);
        us[i] = model_us(m, &now);
        heads[i] = m->window->head;

        if (model_is_full(m)) {
            claim->used = 0;
        }
    }

    died = w->call(w, op, out.claims, out.count, &now, NULL);

    for (i = 0; i < out.count; i++) {

        if (op == WORLD_SETTLE) {
            world_settled(w, &out, i, died, us[i], &now);

        } else {
            world_undone(w, &out, i, died, heads[i]);
        }
    }

    if (died) {
        world_mend(w, &out, &now);
    }
}


/* A new configuration: the limit changes, and its window may move. */
static inline void
world_resize(world_t *w)
{
    uint64_t      known;
    model_t      *m;
    ag_limit_t    limit;
    ag_window_t  *window;

    m = &w->models[w->chance(w, w->count)];
    limit = m->limit;
    limit.max = 1 + w->chance(w, limit.max * 2);

    if (ag_window_suits(m->window, &limit) && w->chance(w, 2)) {
        m->limit = limit;
        return;
    }

    window = world_window(&limit);
    ag_window_copy(window, m->window);

    if (limit.kind == AG_WINDOW_LOG) {
        known = (m->window->head < m->window->capacity)
                ? m->window->head : m->window->capacity;

        if (known > window->capacity) {
            m->sure = m->next;

        } else {
            model_forget(m, known);
        }
    }

    free(m->window);
    m->window = window;
    m->limit = limit;
}


/* Who mends a sound window breaks nothing. */
static inline void
world_mend_sound(world_t *w)
{
    size_t        size;
    model_t      *m;
    ag_window_t  *copy;

    m = &w->models[w->chance(w, w->count)];
    size = sizeof(ag_window_t) + m->window->capacity * sizeof(uint64_t);
    copy = malloc(size);

    if (copy == NULL) {
        abort();
    }

    memcpy(copy, m->window, size);
    ag_window_mend(m->window);
    world_check(w, memcmp(copy, m->window, size) == 0);
    free(copy);
}


static inline void
world_step(world_t *w)
{
    ag_now_t  now;

    world_pass_time(w);
    world_prune(w);

    switch (w->chance(w, 32)) {

    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        world_finish(w, WORLD_SETTLE);
        break;

    case 6:
    case 7:
    case 8:
        world_finish(w, WORLD_UNDO);
        break;

    case 9:
        world_take(w, WORLD_RECORD);
        break;

    case 10:
        if (w->chance(w, 4) == 0) {
            world_resize(w);
        }
        break;

    case 11:
        if (w->chance(w, 4) == 0) {
            world_mend_sound(w);
        }
        break;

    case 12:
    case 13:
        now = world_now(w);
        world_look(w, &w->models[w->chance(w, w->count)], &now);
        break;

    default:
        world_take(w, WORLD_TAKE);
        break;
    }
}


#endif /* _LIMIT_STEPS_H_INCLUDED_ */
