/*
 * Copyright (C) ngx_agent authors
 *
 * Decides who is asked next, from the error table's columns and what the
 * call has used up so far.  A target that failed is either asked again
 * alone, or it is spent: so no way leads around its wait, and no loop is
 * without end.  Refuses to choose among equals (ag_balance.h) and to judge
 * whether a target is in order (ag_breaker.h): the caller tells and draws.
 */


#include "core/ag_chain.h"


#define ag_chain_bit(target)  (UINT32_C(1) << (target))

#define AG_CHAIN_CAUSES  ((1u << AG_CAUSE_MAX) - 1)

/* Kept beside the cause: the call's one repeat of invalid output is used. */
#define AG_CHAIN_AGAIN   (1u << AG_CAUSE_MAX)


static void ag_chain_note(ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_chain_failure_t *failure);
static unsigned ag_chain_useful(const ag_chain_t *chain, ag_error_class_t class,
    unsigned first_tier);
static unsigned ag_chain_mendable(ag_error_class_t class);
static ag_chain_step_t ag_chain_decide(const ag_chain_t *chain,
    const ag_chain_conf_t *conf, const ag_chain_failure_t *failure);
static unsigned ag_chain_elsewhere(const ag_chain_failure_t *failure);
static unsigned ag_chain_wait(const ag_chain_t *chain,
    const ag_chain_conf_t *conf, const ag_chain_failure_t *failure,
    uint64_t *wait_ms);
static uint64_t ag_chain_backoff_max(const ag_chain_target_t *target,
    uint32_t tries);
static uint32_t ag_chain_alike(const ag_chain_conf_t *conf,
    const ag_chain_failure_t *failure);
static uint32_t ag_chain_narrow(const ag_chain_conf_t *conf,
    uint32_t failed);
static unsigned ag_chain_in_budget(const ag_chain_t *chain,
    const ag_chain_conf_t *conf, uint64_t elapsed_ms, uint64_t wait_ms);
static uint32_t ag_chain_tier(const ag_chain_t *chain,
    const ag_chain_conf_t *conf);
static unsigned ag_chain_has_turn(const ag_chain_t *chain,
    const ag_chain_conf_t *conf, uint32_t target);
static uint32_t ag_chain_candidates(const ag_chain_t *chain,
    const ag_chain_conf_t *conf, uint32_t open_tier, uint32_t cause);
static uint32_t ag_chain_in_state(const ag_chain_conf_t *conf,
    const ag_target_state_t *states, uint32_t set, ag_target_state_t state);
static uint32_t ag_chain_first_tier(const ag_chain_conf_t *conf, uint32_t set);


uint32_t
ag_chain_cause(ag_error_class_t class)
{
    switch (class) {

    case AG_E_TIMEOUT_CONNECT:
    case AG_E_TIMEOUT_FIRST_TOKEN:
    case AG_E_TIMEOUT_IDLE:
    case AG_E_TIMEOUT_TOTAL:
        return AG_CAUSE_TIMEOUT;

    case AG_E_RATE_LIMIT:
        return AG_CAUSE_RATE_LIMIT;

    case AG_E_CONTEXT_LENGTH:
        return AG_CAUSE_CONTEXT_LENGTH;

    case AG_E_CONTENT_POLICY:
        return AG_CAUSE_CONTENT_POLICY;

    case AG_E_INVALID_OUTPUT:
        return AG_CAUSE_VALIDATION;

    default:
        return (ag_error_row(class)->next == AG_NEXT_no) ? 0 : AG_CAUSE_ERROR;
    }
}


ag_chain_route_t
ag_chain_route(ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_target_state_t *states, uint64_t elapsed_ms)
{
    uint32_t          same, cause, set, ready, busy;
    ag_chain_route_t  route;

    route.verdict = AG_ROUTE_NONE;
    route.set = 0;

    if (!ag_chain_in_budget(chain, conf, elapsed_ms, 0)) {
        return route;
    }

    if (chain->same != 0) {
        same = chain->same - 1;

        if (states[same] == AG_TARGET_READY
            && ag_chain_has_turn(chain, conf, same))
        {
            route.verdict = AG_ROUTE_ASK;
            route.set = ag_chain_bit(same);
            return route;
        }

        if (states[same] == AG_TARGET_BUSY
            && ag_chain_has_turn(chain, conf, same))
        {
            route.verdict = AG_ROUTE_WAIT;
            route.set = ag_chain_bit(same);
            return route;
        }

        ag_chain_skip(chain, same);
    }

    cause = chain->cause & AG_CHAIN_CAUSES;
    set = ag_chain_candidates(chain, conf, chain->tier,
                              cause ? cause : AG_CAUSE_ERROR);

    ready = ag_chain_in_state(conf, states, set, AG_TARGET_READY);
    busy = ag_chain_in_state(conf, states, set, AG_TARGET_BUSY);
    route.set = ag_chain_first_tier(conf, ready | busy);

    if (route.set & ready) {
        route.verdict = AG_ROUTE_ASK;
        route.set &= ready;

    } else if (route.set != 0) {
        route.verdict = AG_ROUTE_WAIT;

    } else if (chain->attempts == 0) {
        set = ag_chain_in_state(conf, states, set, AG_TARGET_OPEN);
        route.set = ag_chain_first_tier(conf, set);
        route.verdict = route.set ? AG_ROUTE_FORCE : AG_ROUTE_NONE;
    }

    return route;
}


void
ag_chain_start(ag_chain_t *chain, uint32_t target)
{
    chain->attempts++;
    chain->tries[target]++;
    chain->last = target + 1;

    if (chain->same == target + 1) {
        chain->same = 0;
    }
}


void
ag_chain_unstart(ag_chain_t *chain, uint32_t target)
{
    chain->attempts -= (chain->attempts > 0);
    chain->tries[target] -= (chain->tries[target] > 0);
}


void
ag_chain_skip(ag_chain_t *chain, uint32_t target)
{
    chain->spent |= ag_chain_bit(target);

    if (chain->same == target + 1) {
        chain->same = 0;
    }
}


ag_chain_step_t
ag_chain_fail(ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_chain_failure_t *failure)
{
    ag_chain_step_t  step;

    ag_chain_note(chain, conf, failure);

    /* Of two that ran at once only the later failure is asked again. */

    if (chain->same != 0) {
        ag_chain_skip(chain, chain->same - 1);
    }

    step = ag_chain_decide(chain, conf, failure);

    switch (step.action) {

    case AG_CHAIN_RETRY:
    case AG_CHAIN_KEY:
        chain->same = failure->target + 1;

        if (ag_error_row(failure->class)->retry == AG_RETRY_once) {
            chain->cause |= AG_CHAIN_AGAIN;
        }

        break;

    case AG_CHAIN_NEXT:
        chain->spent |= ag_chain_alike(conf, failure);
        break;

    default:
        chain->spent = UINT32_MAX;      /* for good, beside a hedge too */
    }

    return step;
}


uint32_t
ag_chain_hedge(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_target_state_t *states, uint32_t running, uint64_t elapsed_ms)
{
    uint32_t  set;

    if (!ag_chain_in_budget(chain, conf, elapsed_ms, 0)) {
        return 0;
    }

    set = ag_chain_candidates(chain, conf, ag_chain_tier(chain, conf),
                              AG_CAUSE_TIMEOUT);
    set &= ~ag_chain_bit(running);

    if (chain->same != 0) {
        set &= ~ag_chain_bit(chain->same - 1);      /* has to wait */
    }

    set = ag_chain_in_state(conf, states, set, AG_TARGET_READY);

    return ag_chain_first_tier(conf, set);
}


unsigned
ag_chain_hedge_replica(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    uint32_t running, uint64_t elapsed_ms)
{
    return ag_chain_in_budget(chain, conf, elapsed_ms, 0)
           && !(chain->spent & ag_chain_bit(running));
}


/* What a failure leaves behind, whatever is done about it. */
static void
ag_chain_note(ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_chain_failure_t *failure)
{
    uint32_t  tier;

    tier = conf->targets[failure->target].tier;

    if (ag_chain_useful(chain, failure->class, tier == 0)) {
        chain->error = failure->class;
        chain->error_target = failure->target;
        chain->failed_tier = (tier == 0);
    }

    if (failure->wait_ms != 0
        && (chain->wait_ms == 0 || failure->wait_ms < chain->wait_ms))
    {
        chain->wait_ms = failure->wait_ms;
    }

    chain->cause &= AG_CHAIN_AGAIN;
    chain->cause |= ag_chain_cause(failure->class);
    chain->tier = (chain->tier < tier) ? tier : chain->tier;
}


/* Does the client learn more from this failure than from those before? */
static unsigned
ag_chain_useful(const ag_chain_t *chain, ag_error_class_t class,
    unsigned first_tier)
{
    if (chain->error == AG_E_NONE) {
        return 1;
    }

    if (ag_chain_mendable(chain->error)) {
        return 0;
    }

    if (ag_chain_mendable(class)) {
        return first_tier;
    }

    return class != AG_E_CREDENTIALS && class != AG_E_NOT_FOUND
           && class != AG_E_UNSUPPORTED_PARAMETER;
}


static unsigned
ag_chain_mendable(ag_error_class_t class)
{
    return class == AG_E_INVALID_REQUEST
           || class == AG_E_CONTEXT_LENGTH
           || class == AG_E_CONTENT_POLICY;
}


static ag_chain_step_t
ag_chain_decide(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_chain_failure_t *failure)
{
    ag_chain_step_t        step;
    const ag_error_row_t  *row;

    row = ag_error_row(failure->class);

    step.action = (row->next == AG_NEXT_no) ? AG_CHAIN_GIVE_UP : AG_CHAIN_NEXT;
    step.wait_ms = 0;

    if (ag_chain_elsewhere(failure)
        && ag_chain_in_budget(chain, conf, failure->elapsed_ms, 0)
        && ag_chain_has_turn(chain, conf, failure->target))
    {
        step.action = AG_CHAIN_KEY;
        return step;
    }

    if (row->retry == AG_RETRY_no
        || !ag_chain_in_budget(chain, conf, failure->elapsed_ms, 0)
        || !ag_chain_has_turn(chain, conf, failure->target))
    {
        return step;
    }

    if (failure->another_key
        && (row->retry == AG_RETRY_key
            || (row->retry == AG_RETRY_after && failure->may_retry)))
    {
        step.action = AG_CHAIN_KEY;
        return step;
    }

    if (!failure->may_retry
        || row->retry == AG_RETRY_key
        || (row->retry == AG_RETRY_once
            && (!conf->again || (chain->cause & AG_CHAIN_AGAIN))))
    {
        return step;
    }

    if (ag_chain_wait(chain, conf, failure, &step.wait_ms)) {
        step.action = AG_CHAIN_RETRY;
    }

    return step;
}


/* Is it a failure of one replica, while another one is there? */
static unsigned
ag_chain_elsewhere(const ag_chain_failure_t *failure)
{
    const ag_error_row_t  *row;

    row = ag_error_row(failure->class);

    return failure->another_replica && row->next == AG_NEXT_yes
           && (row->breaker == AG_BREAKER_yes
               || failure->class == AG_E_RATE_LIMIT
               || failure->class == AG_E_CONFLICT);
}


/* The wait before the next try; 0: it is too long to be worth it. */
static unsigned
ag_chain_wait(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_chain_failure_t *failure, uint64_t *wait_ms)
{
    uint64_t                  asked, least, most, wait;
    const ag_chain_target_t  *target;

    target = &conf->targets[failure->target];
    asked = failure->wait_ms ? failure->wait_ms - 1 : 0;

    least = 0;
    most = ag_chain_backoff_max(target, chain->tries[failure->target]);

    /*
     * A full window is not empty the next moment.  Drawn from the upper part
     * and not raised to it: half of all calls would come back at once.
     */

    if (asked == 0 && ag_error_row(failure->class)->retry == AG_RETRY_after) {
        least = target->base_ms / 2;
        least = (least < most) ? least : most;
    }

    wait = least + failure->random % (most - least + 1);
    wait = (wait > asked) ? wait : asked;

    if ((failure->wait_ms != 0 && wait > AG_CHAIN_PATIENCE_MS)
        || !ag_chain_in_budget(chain, conf, failure->elapsed_ms, wait))
    {
        return 0;
    }

    *wait_ms = wait;

    return 1;
}


/*
 * The longest backoff after so many tries: min(max_ms, base_ms *
 * factor^(tries-1)).  A double cannot overflow here, and is exact to the
 * millisecond; the loop ends after some 2000 rounds at the worst, with a
 * factor of 99 or 101 percent.
 */
static uint64_t
ag_chain_backoff_max(const ag_chain_target_t *target, uint32_t tries)
{
    double  most;

    most = target->base_ms;

    while (tries > 1 && target->factor_percent != 100
           && most >= 1 && most <= UINT32_MAX)
    {
        most = most * target->factor_percent / 100;
        tries--;
    }

    return (most < target->max_ms) ? (uint64_t) most : target->max_ms;
}


/* Those that are presumed to fail as this one did: at least itself. */
static uint32_t
ag_chain_alike(const ag_chain_conf_t *conf, const ag_chain_failure_t *failure)
{
    uint32_t  i, set, tier;
    unsigned  alone;

    if (failure->class == AG_E_CONTEXT_LENGTH) {
        return ag_chain_narrow(conf, failure->target);
    }

    alone = (ag_error_row(failure->class)->next == AG_NEXT_yes);
    tier = conf->targets[failure->target].tier;
    set = ag_chain_bit(failure->target);

    for (i = 0; i < conf->count && !alone; i++) {
        if (conf->targets[i].tier == tier) {
            set |= ag_chain_bit(i);
        }
    }

    return set;
}


/* Those for whom the input is too long as well, as far as is known. */
static uint32_t
ag_chain_narrow(const ag_chain_conf_t *conf, uint32_t failed)
{
    uint32_t                  i, set;
    const ag_chain_target_t  *target, *other;

    set = ag_chain_bit(failed);
    target = &conf->targets[failed];

    for (i = 0; i < conf->count; i++) {
        other = &conf->targets[i];

        if (target->window == 0 || other->window == 0) {
            set |= (other->tier == target->tier) ? ag_chain_bit(i) : 0;

        } else if (other->window <= target->window) {
            set |= ag_chain_bit(i);
        }
    }

    return set;
}


/* May one more attempt start, so long from now? */
static unsigned
ag_chain_in_budget(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    uint64_t elapsed_ms, uint64_t wait_ms)
{
    return chain->attempts < conf->attempts
           && (conf->within_ms == 0
               || (elapsed_ms <= conf->within_ms
                   && wait_ms <= conf->within_ms - elapsed_ms));
}


/*
 * Of the last attempt: there is no way back from it.  It may be later than
 * chain->tier, whose failure says who may be asked now: after a hedge, or
 * where the tiers before are out of order.
 */
static uint32_t
ag_chain_tier(const ag_chain_t *chain, const ag_chain_conf_t *conf)
{
    return (chain->last != 0) ? conf->targets[chain->last - 1].tier : 0;
}


static unsigned
ag_chain_has_turn(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    uint32_t target)
{
    return !(chain->spent & ag_chain_bit(target))
           && chain->tries[target] < conf->targets[target].attempts
           && conf->targets[target].tier >= ag_chain_tier(chain, conf);
}


/*
 * Who may be asked whatever its state is: in the open tier anybody, behind
 * it where "on" holds the cause.
 */
static uint32_t
ag_chain_candidates(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    uint32_t open_tier, uint32_t cause)
{
    uint32_t  i, set;

    set = 0;

    for (i = 0; i < conf->count; i++) {
        if (ag_chain_has_turn(chain, conf, i)
            && (conf->targets[i].tier == open_tier
                || (conf->targets[i].on & cause)))
        {
            set |= ag_chain_bit(i);
        }
    }

    return set;
}


static uint32_t
ag_chain_in_state(const ag_chain_conf_t *conf,
    const ag_target_state_t *states, uint32_t set, ag_target_state_t state)
{
    uint32_t  i;

    for (i = 0; i < conf->count; i++) {
        if (states[i] != state) {
            set &= ~ag_chain_bit(i);
        }
    }

    return set;
}


/* Those of the set that are in the tier of its first one. */
static uint32_t
ag_chain_first_tier(const ag_chain_conf_t *conf, uint32_t set)
{
    uint32_t  i, tier, found;

    tier = 0;
    found = 0;

    for (i = 0; i < conf->count; i++) {
        if ((set & ag_chain_bit(i))
            && (found == 0 || conf->targets[i].tier == tier))
        {
            tier = conf->targets[i].tier;
            found |= ag_chain_bit(i);
        }
    }

    return found;
}
