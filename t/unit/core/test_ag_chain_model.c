/*
 * Copyright (C) ngx_agent authors
 *
 * Random calls from their begin to their end: models, targets that come and
 * go, failures of all classes, waits of providers, hedges.  What the chain
 * does and remembers is what the reference reads from the call's log.
 */


#include "core/chain_log.h"


#define CALLS   100000
#define SPREAD  20            /* parts of the range of a backoff */

#define countof(array)  (sizeof(array) / sizeof((array)[0]))


static uint64_t any(uint64_t below);
static unsigned percent(unsigned n);
static uint64_t one_of(const uint64_t *values, size_t count);
static uint32_t member(uint32_t set);

static void begin(call_t *c);
static void change_states(call_t *c);
static unsigned run(call_t *c);
static unsigned route(call_t *c);
static void start(call_t *c, uint32_t target);
static void second(call_t *c);
static ag_chain_action_t attempt_fails(call_t *c, uint32_t target);
static void check_step(call_t *c, const ag_chain_failure_t *failure,
    ag_chain_step_t step);
static void backoff_of(const call_t *c, const ag_chain_failure_t *failure,
    uint64_t *least, uint64_t *most);
static void check_chain(const call_t *c);


static uint64_t  seed;
static unsigned  spread[SPREAD];
static unsigned  actions[AG_CHAIN_NEXT + 1];
static unsigned  verdicts[AG_ROUTE_FORCE + 1];
static unsigned  hedges[2];             /* in the tier, in a later one */
static unsigned  forced, superseded, repeated_output;


/* ---- chance: splitmix64 */

static uint64_t
any(uint64_t below)
{
    uint64_t  z;

    seed += UINT64_C(0x9e3779b97f4a7c15);
    z = seed;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;

    return below ? z % below : z;
}


static unsigned
percent(unsigned n)
{
    return any(100) < n;
}


static uint64_t
one_of(const uint64_t *values, size_t count)
{
    return values[any(count)];
}


/* Any target of a set that is not empty. */
static uint32_t
member(uint32_t set)
{
    uint32_t  i;

    do {
        i = (uint32_t) any(AG_CHAIN_TARGETS_MAX);
    } while (!(set & bit(i)));

    return i;
}


/* ---- a call */

static void
begin(call_t *c)
{
    uint32_t            i, tier;
    ag_chain_target_t  *t;

    static const uint64_t  bases[] = { 0, 1, 7, 100, 500, 500, 2000, 5000,
                                       UINT32_MAX };
    static const uint64_t  factors[] = { 0, 50, 100, 150, 200, 200, 1000,
                                         UINT32_MAX };
    static const uint64_t  tops[] = { 0, 50, 1000, 10000, 10000, UINT32_MAX };

    memset(c, 0, offsetof(call_t, log));
    c->events = 0;
    c->chaos = (unsigned) any(60);
    c->conf.targets = c->targets;
    c->conf.count = 1 + (uint32_t) any(percent(3) ? 32 : 7);
    c->conf.attempts = 1 + (uint32_t) any(12);
    c->conf.within_ms = percent(60) ? 0 : 1 + any(20000);
    c->conf.again = percent(50);
    c->now = percent(3) ? any(UINT64_MAX >> 2) : any(100);
    tier = 0;

    /* those past the count would be asked too, if anybody looked at them */

    for (i = 0; i < AG_CHAIN_TARGETS_MAX; i++) {
        t = &c->targets[i];
        tier += (i != 0 && percent(50)) ? (percent(90) ? 1 : 2) : 0;
        tier = (tier < AG_CHAIN_TARGETS_MAX) ? tier : AG_CHAIN_TARGETS_MAX - 1;

        t->tier = tier;
        t->on = percent(60) ? AG_CAUSES_DEFAULT
                            : (uint32_t) any(1u << AG_CAUSE_MAX);
        t->attempts = 1 + (uint32_t) any(4);
        t->base_ms = (uint32_t) one_of(bases, countof(bases));
        t->factor_percent = (uint32_t) one_of(factors, countof(factors));
        t->max_ms = (uint32_t) one_of(tops, countof(tops));

        c->states[i] = percent(c->chaos) ? (ag_target_state_t) any(5)
                                         : AG_TARGET_READY;
    }
}


static void
change_states(call_t *c)
{
    uint32_t  i;

    for (i = 0; i < c->conf.count; i++) {
        if (percent(c->chaos)) {
            c->states[i] = percent(40) ? AG_TARGET_READY
                                       : (ag_target_state_t) any(5);
        }
    }
}


/* To the end of the call; the number of steps that it took. */
static unsigned
run(call_t *c)
{
    unsigned  steps;

    for (steps = 0; steps < LOG_MAX; steps++) {
        change_states(c);
        check_chain(c);

        if (c->running == 0) {
            if (!route(c)) {
                return steps;
            }

            continue;
        }

        c->now += any(percent(50) ? 10 : 1000);

        if ((c->running & (c->running - 1)) == 0 && percent(30)) {
            second(c);
            continue;
        }

        if (percent(5)) {
            return steps;                       /* an answer */
        }

        if (attempt_fails(c, member(c->running)) == AG_CHAIN_GIVE_UP
            && percent(80))
        {
            return steps;
        }
    }

    return steps;
}


/* Asks whom to ask, after the wait of a retry, and obeys; 0: the end. */
static unsigned
route(call_t *c)
{
    uint32_t          i, target;
    ag_chain_route_t  got, want;

    if (pending(c)) {
        c->now += last_failure(c)->wait_ms + (percent(80) ? 0 : any(50));
    }

    want = expected_route(c);
    got = ag_chain_route(&c->chain, &c->conf, c->states, c->now);

    assert_int_equal(got.verdict, want.verdict);
    assert_int_equal(got.set, want.set);
    verdicts[got.verdict]++;

    if (got.verdict == AG_ROUTE_NONE) {
        return 0;
    }

    target = member(got.set);

    if (got.verdict == AG_ROUTE_WAIT) {
        c->now += any(1000);

        for (i = 0; i < c->conf.count && percent(50); i++) {
            if (got.set & bit(i)) {
                ag_chain_skip(&c->chain, i);
                happened(c, SKIPPED, i);
            }
        }

    } else if (percent(10)) {
        ag_chain_skip(&c->chain, target);
        happened(c, SKIPPED, target);

    } else {
        forced += (got.verdict == AG_ROUTE_FORCE);
        start(c, target);
    }

    return 1;
}


static void
start(call_t *c, uint32_t target)
{
    unsigned        i;
    const event_t  *e;

    assert_true(may_start(c, 0));
    assert_true(tier_of(c, target) >= present_tier(c));
    assert_false(gone(c, target));
    assert_true(c->states[target] != AG_TARGET_OUT);

    /* nobody comes back before the wait is over */

    for (i = 0; i < c->events; i++) {
        e = &c->log[i];

        if (e->what == FAILED && e->target == target) {
            assert_true(c->now >= e->at_ms + e->wait_ms);
        }
    }

    ag_chain_start(&c->chain, target);
    happened(c, STARTED, target);
    c->running |= bit(target);

    assert_true(starts(c, target) <= c->targets[target].attempts);
    assert_true(c->chain.attempts <= c->conf.attempts);
}


/* Beside the running attempt: what a failure of another led to, or a hedge. */
static void
second(call_t *c)
{
    uint32_t           set, running;
    ag_target_state_t  state;

    running = member(c->running);

    if (last_failure(c) && percent(30)) {
        state = c->states[running];
        c->states[running] = AG_TARGET_OUT;
        (void) route(c);
        c->states[running] = state;
        return;
    }

    set = ag_chain_hedge(&c->chain, &c->conf, c->states, running, c->now);

    assert_int_equal(set, expected_hedge(c, running));

    if (set != 0) {
        hedges[tier_of(c, member(set)) != present_tier(c)]++;
        start(c, member(set));
    }
}


static ag_chain_action_t
attempt_fails(call_t *c, uint32_t target)
{
    event_t            *e;
    ag_chain_step_t     step;
    ag_chain_failure_t  failure;

    static const uint64_t  waits[] = { 0, 1, 400, 900, 1999, 2000, 2001,
                                       60000, UINT64_MAX - 1 };

    memset(&failure, 0, sizeof(ag_chain_failure_t));
    failure.target = target;
    failure.class = rows[any(percent(95) ? countof(rows) - 3
                                         : countof(rows))].class;
    failure.wait_ms = percent(65) ? 0
                      : percent(50) ? 1 + one_of(waits, countof(waits))
                      : 1 + any(2500);
    failure.elapsed_ms = c->now;
    failure.random = any(0);
    failure.another_key = percent(40);
    failure.may_retry = percent(85);

    superseded += (pending(c) != 0);
    step = ag_chain_fail(&c->chain, &c->conf, &failure);
    check_step(c, &failure, step);
    actions[step.action]++;

    c->running &= ~bit(target);
    happened(c, FAILED, target);

    e = &c->log[c->events - 1];
    e->class = failure.class;
    e->asked = failure.wait_ms;
    e->action = step.action;
    e->wait_ms = step.wait_ms;

    check_chain(c);

    return step.action;
}


/* The log does not hold the failure yet. */
static void
check_step(call_t *c, const ag_chain_failure_t *failure, ag_chain_step_t step)
{
    char               retry;
    unsigned           i, again;
    uint64_t           least, most, limit, asked;
    const row_t       *row;
    ag_chain_action_t  otherwise;

    row = row_of(failure->class);
    otherwise = (row->next == 'n') ? AG_CHAIN_GIVE_UP : AG_CHAIN_NEXT;
    asked = failure->wait_ms ? failure->wait_ms - 1 : 0;
    retry = may_start(c, 0) && may_ask(c, failure->target) ? row->retry : 'n';

    for (i = 0, again = c->conf.again; i < c->events; i++) {
        if (c->log[i].class == AG_E_INVALID_OUTPUT
            && c->log[i].action == AG_CHAIN_RETRY)
        {
            again = 0;
        }
    }

    if (failure->another_key
        && (retry == 'k' || (retry == 'a' && failure->may_retry)))
    {
        assert_int_equal(step.action, AG_CHAIN_KEY);
        assert_int_equal(step.wait_ms, 0);
        return;
    }

    if (retry == 'n' || retry == 'k' || !failure->may_retry
        || (retry == 'o' && !again))
    {
        assert_int_equal(step.action, otherwise);
        assert_int_equal(step.wait_ms, 0);
        return;
    }

    backoff_of(c, failure, &least, &most);
    limit = failure->wait_ms ? AG_CHAIN_PATIENCE_MS : UINT64_MAX;

    if (c->conf.within_ms && c->conf.within_ms - c->now < limit) {
        limit = c->conf.within_ms - c->now;
    }

    if (step.action == AG_CHAIN_RETRY) {
        assert_true(step.wait_ms >= asked && step.wait_ms >= least);
        assert_true(step.wait_ms <= most || step.wait_ms == asked);
        assert_true(step.wait_ms <= limit);
        repeated_output += (retry == 'o');

        if (limit == UINT64_MAX && retry != 'a' && most >= 100) {
            spread[step.wait_ms * SPREAD / (most + 1)]++;
        }

        return;
    }

    /* it could have been drawn too long */

    assert_int_equal(step.action, otherwise);
    assert_int_equal(step.wait_ms, 0);
    assert_true(asked > limit || most > limit);
}


static void
backoff_of(const call_t *c, const ag_chain_failure_t *failure,
    uint64_t *least, uint64_t *most)
{
    uint32_t                  n;
    long double               top;
    const ag_chain_target_t  *t;

    t = &c->targets[failure->target];
    top = t->base_ms;

    for (n = starts(c, failure->target); n > 1; n--) {
        top = top * t->factor_percent / 100;
    }

    *most = (top < t->max_ms) ? (uint64_t) (top + 1e-6L) : t->max_ms;
    *least = 0;

    if (failure->class == AG_E_RATE_LIMIT && failure->wait_ms <= 1) {
        *least = (t->base_ms / 2 < *most) ? t->base_ms / 2 : *most;
    }
}


/* What the chain remembers is what the log says. */
static void
check_chain(const call_t *c)
{
    uint32_t        i, n;
    uint64_t        wait_ms;
    const event_t  *e;

    for (i = 0, n = 0; i < c->conf.count; i++) {
        assert_int_equal(c->chain.tries[i], starts(c, i));
        assert_int_equal((c->chain.spent & bit(i)) != 0, gone(c, i));
        n += starts(c, i);
    }

    assert_int_equal(c->chain.attempts, n);
    assert_int_equal(c->chain.same, pending(c));
    assert_int_equal(c->chain.tier, failed_tier(c));

    e = expected_error(c);

    if (e != NULL) {
        assert_int_equal(c->chain.error, e->class);
        assert_int_equal(c->chain.error_target, e->target);
        assert_int_equal(c->chain.failed_tier, tier_of(c, e->target) == 0);

    } else {
        assert_int_equal(c->chain.error, AG_E_NONE);
    }

    wait_ms = 0;

    for (i = 0; i < c->events; i++) {
        if (c->log[i].asked && (!wait_ms || c->log[i].asked < wait_ms)) {
            wait_ms = c->log[i].asked;
        }
    }

    assert_true(c->chain.wait_ms == wait_ms);
}


/* ---- tests */

static void
does_in_every_call_what_the_reference_says(void **state)
{
    unsigned       i;
    static call_t  c;

    (void) state;

    for (i = 0; i < CALLS; i++) {
        seed = i;
        begin(&c);
        assert_true(run(&c) < LOG_MAX);
    }

    for (i = 0; i < countof(actions); i++) {
        assert_true(actions[i] > CALLS / 100);
    }

    for (i = 0; i < countof(verdicts); i++) {
        assert_true(verdicts[i] > CALLS / 100);
    }

    assert_true(hedges[0] > CALLS / 100 && hedges[1] > CALLS / 100);
    assert_true(forced > CALLS / 100);
    assert_true(superseded > CALLS / 1000);
    assert_true(repeated_output > CALLS / 1000);
}


/* Of the waits that nothing bounded: no part of the range is rare. */
static void
spreads_the_backoff_over_its_range(void **state)
{
    unsigned  i, sum;

    (void) state;

    for (i = 0, sum = 0; i < SPREAD; i++) {
        sum += spread[i];
    }

    assert_true(sum > CALLS / 20);

    for (i = 0; i < SPREAD; i++) {
        assert_in_range(spread[i], sum / SPREAD * 7 / 10,
                        sum / SPREAD * 13 / 10);
    }
}


/* The worst case: everybody is always there, and everybody always fails. */
static void
ends_though_everybody_always_fails(void **state)
{
    unsigned       i;
    static call_t  c;

    (void) state;

    for (i = 0; i < CALLS / 10; i++) {
        seed = UINT64_MAX - i;
        begin(&c);
        c.chaos = 0;
        memset(c.states, 0, sizeof(c.states));

        while (route(&c)) {
            if (c.running) {
                (void) attempt_fails(&c, member(c.running));
            }
        }

        assert_true(c.chain.attempts <= c.conf.attempts);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(does_in_every_call_what_the_reference_says),
        cmocka_unit_test(spreads_the_backoff_over_its_range),
        cmocka_unit_test(ends_though_everybody_always_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
