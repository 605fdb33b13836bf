/*
 * Copyright (C) ngx_agent authors
 *
 * All limits of a call in one step: first every window is asked, then every
 * window is changed, or none is.  Here is what a claim may get and who is
 * named when it does not; how windows remember is theirs.
 */


#include "core/ag_window_parts.h"


static void ag_limit_ask(const ag_claim_t *claim, unsigned number,
    const ag_now_t *now, ag_verdict_t *verdict);
static void ag_limit_refuse(unsigned number, uint64_t wait,
    ag_verdict_t *verdict);
static unsigned ag_limit_amount(const ag_claim_t *claim, uint64_t *amount);


void
ag_limit_init(ag_limit_t *limit)
{
    if (limit->resource == AG_RESOURCE_CONCURRENCY) {
        limit->kind = AG_WINDOW_COUNT;
        limit->window = 0;

    } else if (limit->kind == AG_WINDOW_DAY
               || limit->kind == AG_WINDOW_MONTH)
    {
        limit->window = 0;

    } else if (limit->resource == AG_RESOURCE_REQUESTS
               && limit->max <= AG_LIMIT_LOG_MAX)
    {
        limit->kind = AG_WINDOW_LOG;

    } else {
        limit->kind = AG_WINDOW_RING;
    }
}


void
ag_limit_take(ag_claim_t *claims, unsigned count, const ag_now_t *now,
    ag_verdict_t *verdict)
{
    unsigned  i;

    verdict->result = AG_LIMIT_TAKEN;
    verdict->refused = 0;
    verdict->wait = 0;
    verdict->dry = 0;

    for (i = 0; i < count; i++) {
        ag_limit_ask(&claims[i], i, now, verdict);
    }

    if (verdict->result == AG_LIMIT_TAKEN) {
        ag_limit_record(claims, count, now);
    }
}


void
ag_limit_record(ag_claim_t *claims, unsigned count, const ag_now_t *now)
{
    unsigned     i;
    uint64_t     amount;
    ag_claim_t  *claim;

    for (i = 0; i < count; i++) {
        claim = &claims[i];

        (void) ag_limit_amount(claim, &amount);

        claim->taken = ag_window_way(claim->window)->take(claim->window,
                                                          amount, now,
                                                          &claim->mark);
    }
}


void
ag_limit_settle(ag_claim_t *claims, unsigned count, const ag_now_t *now)
{
    unsigned                i;
    uint64_t                used, mark;
    ag_claim_t             *claim;
    const ag_window_way_t  *way;

    for (i = 0; i < count; i++) {
        claim = &claims[i];
        way = ag_window_way(claim->window);

        if (claim->window->kind == AG_WINDOW_LOG) {
            continue;
        }

        used = (claim->window->kind == AG_WINDOW_COUNT) ? 0 : claim->used;

        if (used < claim->taken) {
            way->give(claim->window, claim->taken - used, claim->mark);

        } else if (used > claim->taken) {
            (void) way->take(claim->window, used - claim->taken, now, &mark);
        }
    }
}


void
ag_limit_undo(ag_claim_t *claims, unsigned count, const ag_now_t *now)
{
    unsigned     i;
    ag_claim_t  *claim;

    (void) now;

    for (i = 0; i < count; i++) {
        claim = &claims[i];
        ag_window_way(claim->window)->give(claim->window, claim->taken,
                                           claim->mark);
    }
}


static void
ag_limit_ask(const ag_claim_t *claim, unsigned number, const ag_now_t *now,
    ag_verdict_t *verdict)
{
    unsigned                enough;
    uint64_t                amount;
    const ag_window_way_t  *way;

    way = ag_window_way(claim->window);
    enough = ag_limit_amount(claim, &amount);

    if (enough && way->fits(claim->window, claim->max, amount, now)) {
        return;
    }

    if (claim->limit->dry_run) {
        verdict->dry |= UINT32_C(1) << number;

    } else if (enough) {
        ag_limit_refuse(number, way->wait(claim->window, claim->max, amount,
                                          now),
                        verdict);

    } else if (claim->least <= claim->limit->max) {

        /* a node's share is too small, until it is the whole again */

        ag_limit_refuse(number, 0, verdict);

    } else if (verdict->result != AG_LIMIT_NEVER) {
        verdict->result = AG_LIMIT_NEVER;
        verdict->refused = number;
        verdict->wait = 0;
    }
}


/* Time makes room and takes none away: after the longest wait all fit. */
static void
ag_limit_refuse(unsigned number, uint64_t wait, ag_verdict_t *verdict)
{
    if (verdict->result == AG_LIMIT_NEVER) {
        return;
    }

    if (verdict->result == AG_LIMIT_TAKEN || wait > verdict->wait) {
        verdict->result = AG_LIMIT_FULL;
        verdict->refused = number;
        verdict->wait = wait;
    }
}


/*
 * What the claim would get of an empty window: what it wants, or all that
 * there is if that will do.  Returns 0, with what it wants, if it will not.
 */
static unsigned
ag_limit_amount(const ag_claim_t *claim, uint64_t *amount)
{
    if (claim->window->kind == AG_WINDOW_LOG
        || claim->window->kind == AG_WINDOW_COUNT)
    {
        *amount = 1;
        return claim->max > 0;
    }

    *amount = claim->amount;

    if (*amount <= claim->max) {
        return 1;
    }

    if (claim->least > claim->max) {
        return 0;
    }

    *amount = claim->max;

    return 1;
}
