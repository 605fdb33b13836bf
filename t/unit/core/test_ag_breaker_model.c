/*
 * Copyright (C) ngx_agent authors
 *
 * The breaker against a model of it: random events, the same in every run.
 */


#include "core/breaker_model.h"


#define SEQUENCES  10000
#define OWNERS     4
#define SKEW_MS    300          /* one of the clocks is behind by that */


static uint64_t chance(world_t *w, uint64_t n);
static void begin(world_t *w, unsigned sequence);
static void settings(world_t *w);
static void pass_time(world_t *w);
static void step(world_t *w);

static void ask(world_t *w, unsigned force);
static void hand_out(world_t *w, ag_breaker_ticket_t ticket, uint64_t owner,
    unsigned force);
static void report(world_t *w);
static void make_room(world_t *w);
static void forget(world_t *w, size_t i);
static void owner_dies(world_t *w);

static void look(world_t *w);
static void nobody_is_locked_out(world_t *w);
static void scribble(world_t *w);
static uint64_t any_time(world_t *w);


static uint64_t
chance(world_t *w, uint64_t n)
{
    uint64_t  x;

    w->seed += UINT64_C(0x9e3779b97f4a7c15);
    x = w->seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (x ^ (x >> 31)) % n;
}


static void
begin(world_t *w, unsigned sequence)
{
    static const uint64_t  windows[] = { 20, 1000, 10000, 60000 };
    static const uint64_t  opens[] = { 50, 1000, 30000 };
    static const uint64_t  leases[] = { 400, 5000, 100000 };

    memset(w, 0, sizeof(world_t));

    w->sequence = sequence;
    w->seed = sequence;
    w->clock = 1000 + chance(w, 1000000000);
    w->conf.window_ms = windows[chance(w, 4)];
    w->conf.open_ms = opens[chance(w, 3)];
    w->conf.lease_ms = leases[chance(w, 3)];

    /* generations may pass the end of their numbers */

    w->first = (sequence % 2) ? 0 : UINT32_MAX - (uint32_t) chance(w, 5);
    w->breaker.generation = w->first;

    settings(w);
}


static void
settings(world_t *w)
{
    w->conf.ratio = chance(w, 2) ? 0 : 1 + (uint32_t) chance(w, 100);
    w->conf.volume = 1 + (uint32_t) chance(w, 15);
    w->conf.failures = 1 + (uint32_t) chance(w, 6);
    w->conf.successes = 1 + (uint32_t) chance(w, 5);

    /* 0 and 17 and more are not allowed, but must do no harm */

    w->conf.probes = (uint32_t) chance(w, chance(w, 2) ? 4 : 20);
}


static void
pass_time(world_t *w)
{
    uint64_t  far;

    switch (chance(w, 20)) {

    case 0:
        far = w->conf.window_ms;
        break;

    case 1:
        far = w->conf.open_ms;
        break;

    case 2:
        far = w->conf.lease_ms;
        break;

    case 3:
    case 4:
    case 5:
    case 6:
        far = w->conf.window_ms / 5;
        break;

    case 7:
    case 8:
        far = 20;
        break;

    default:
        far = 0;        /* the clock stands still */
    }

    /* exactly at a bound as often as around it */

    w->clock += chance(w, 2) ? far : chance(w, far + 2);
    w->now = w->clock - (chance(w, 5) ? 0 : chance(w, SKEW_MS));

    if (chance(w, 40) == 0) {
        w->ill = chance(w, 2) ? 0 : (uint32_t) chance(w, 100);
    }
}


static void
step(world_t *w)
{
    uint64_t  n;

    pass_time(w);
    n = chance(w, 100);

    if (n < 40) {
        ask(w, 0);

    } else if (n < 48) {
        ask(w, 1);

    } else if (n < 92) {
        report(w);

    } else if (n < 95 && w->nouts > 0) {
        w->outs[chance(w, w->nouts)].lost = 1;

    } else if (n < 97) {
        owner_dies(w);

    } else if (n < 98) {
        settings(w);

    } else if (n < 99) {
        w->breaker.state = 3 + (uint32_t) chance(w, UINT32_MAX - 3);
        w->state = AG_BREAKER_CLOSED;
        w->scribbled = 1;
    }

    look(w);
}


static void
ask(world_t *w, unsigned force)
{
    int                  rc, expected;
    unsigned             ready;
    uint64_t             owner;
    ag_breaker_change_t  change, expected_change;
    ag_breaker_ticket_t  ticket;

    make_room(w);
    owner = 1 + chance(w, OWNERS);
    ready = ag_breaker_ready(&w->breaker, &w->conf, w->now);
    expected = model_ask(w, force, &expected_change);

    rc = ag_breaker_ask(&w->breaker, &w->conf, w->now, owner, force, &ticket,
                        &change);

    check(w, rc == expected);
    check(w, change == expected_change);
    check(w, force || ready == (rc == AG_OK));
    w->changes[change]++;

    if (rc == AG_OK) {
        hand_out(w, ticket, owner, force);
    }
}


/*
 * Takes in an admission.  Whoever had the place has lost it, and does not
 * report late: the breaker cannot tell such a report from the new one's.
 */
static void
hand_out(world_t *w, ag_breaker_ticket_t ticket, uint64_t owner,
    unsigned force)
{
    size_t  i;
    out_t  *out;

    check(w, ticket.generation == (uint32_t) (w->first + w->generation));
    check(w, (ticket.probe > 0) == (w->state == AG_BREAKER_HALF_OPEN));
    check(w, ticket.probe <= AG_BREAKER_PROBES_MAX);

    if (ticket.probe > 0) {

        for (i = w->nouts; i-- > 0; /* void */ ) {
            out = &w->outs[i];

            if (out->generation == w->generation
                && out->ticket.probe == ticket.probe)
            {
                check(w, out->until_ms <= w->now);
                forget(w, i);
            }
        }

        check(w, probes_out(w) < probes_most(w));
        check(w, !force || probes_out(w) == 0);
    }

    out = &w->outs[w->nouts++];
    out->ticket = ticket;
    out->generation = w->generation;
    out->owner = owner;
    out->until_ms = w->now + w->conf.lease_ms;
    out->lost = 0;
}


static void
report(world_t *w)
{
    size_t                i;
    out_t                 out;
    ag_breaker_change_t   change, expected;
    ag_breaker_outcome_t  outcome;

    if (w->nouts == 0) {
        return;
    }

    i = chance(w, 2) ? w->nouts - 1 : chance(w, w->nouts);
    out = w->outs[i];

    if (out.lost) {
        return;
    }

    outcome = (chance(w, 8) == 0) ? AG_BREAKER_NEUTRAL
              : (chance(w, 100) < w->ill) ? AG_BREAKER_FAILURE
                                          : AG_BREAKER_SUCCESS;

    forget(w, i);
    expected = model_report(w, &out, outcome);
    change = ag_breaker_report(&w->breaker, &w->conf, w->now, &out.ticket,
                               outcome);

    check(w, change == expected);
    w->changes[change]++;
}


static void
make_room(world_t *w)
{
    size_t  i;

    for (i = 0; w->nouts == TICKETS_MAX; i++) {

        if (!is_out(w, &w->outs[i])) {
            forget(w, i);
        }
    }
}


static void
forget(world_t *w, size_t i)
{
    w->outs[i] = w->outs[--w->nouts];
}


static void
owner_dies(world_t *w)
{
    size_t    i;
    uint64_t  owner;

    owner = 1 + chance(w, OWNERS);
    ag_breaker_reclaim(&w->breaker, owner);

    for (i = w->nouts; i-- > 0; /* void */ ) {

        if (w->outs[i].owner == owner) {
            forget(w, i);
        }
    }
}


/* What can be seen without the lock. */
static void
look(world_t *w)
{
    uint64_t  wait, passed;
    unsigned  ramp;

    if (!w->scribbled) {
        check(w, w->breaker.state == (uint32_t) w->state);
    }

    check(w, ag_breaker_quiet(&w->breaker, &w->conf)
             == (w->state == AG_BREAKER_CLOSED && !w->scribbled
                 && w->conf.ratio == 0 && !w->failing));

    wait = ag_breaker_wait(&w->breaker, &w->conf, w->now);

    if (w->state == AG_BREAKER_OPEN) {
        check(w, (wait == 0) == (w->now >= w->since_ms + w->conf.open_ms));
        check(w, wait <= w->conf.open_ms);
        check(w, w->now + wait + SKEW_MS >= w->since_ms + w->conf.open_ms);

    } else {
        check(w, wait == 0);
    }

    ramp = ag_breaker_ramp(&w->breaker, w->now);

    if (w->recovered_ms == 0) {
        check(w, ramp == 100);
        return;
    }

    passed = (w->now + 1 > w->recovered_ms) ? w->now + 1 - w->recovered_ms : 0;

    check(w, ramp == ((passed < AG_BREAKER_RAMP_MS)
                      ? 10 + 90 * passed / AG_BREAKER_RAMP_MS : 100));
}


/* Whoever is out is never heard of again. */
static void
nobody_is_locked_out(world_t *w)
{
    ag_breaker_change_t  change;
    ag_breaker_ticket_t  ticket;

    w->clock += (w->conf.open_ms > w->conf.lease_ms) ? w->conf.open_ms
                                                     : w->conf.lease_ms;

    check(w, ag_breaker_ready(&w->breaker, &w->conf, w->clock));
    check(w, ag_breaker_ask(&w->breaker, &w->conf, w->clock, 1, 0, &ticket,
                            &change)
             == AG_OK);
}


/* The memory after a crash that spared nothing. */
static void
scribble(world_t *w)
{
    size_t         i;
    ag_breaker_t  *b;

    b = &w->breaker;
    b->state = (uint32_t) chance(w, 4);
    b->generation = (uint32_t) chance(w, UINT32_MAX);
    b->succeeded = (uint32_t) chance(w, 8);
    b->failing = (uint32_t) chance(w, 2);
    b->since_ms = any_time(w);
    b->ramp_from_ms = any_time(w);

    for (i = 0; i < AG_BREAKER_BUCKETS; i++) {
        b->buckets[i].period = any_time(w) / (chance(w, 2) ? bucket_ms(w) : 1);
        b->buckets[i].failed = (uint32_t) chance(w, UINT32_MAX);
        b->buckets[i].succeeded = (uint32_t) chance(w, UINT32_MAX);
    }

    for (i = 0; i < AG_BREAKER_PROBES_MAX; i++) {
        b->probes[i].owner = chance(w, OWNERS);
        b->probes[i].until_ms = any_time(w);
    }
}


static uint64_t
any_time(world_t *w)
{
    switch (chance(w, 4)) {

    case 0:
        return 0;

    case 1:
        return chance(w, UINT64_MAX);

    case 2:
        return UINT64_MAX - chance(w, 20000);

    default:
        return w->clock + 200000 - chance(w, 400000);
    }
}


static void
behaves_like_the_model(void **state)
{
    unsigned        i, n, changes[AG_BREAKER_RECOVERED + 1] = { 0 };
    static world_t  w;

    (void) state;

    for (i = 0; i < SEQUENCES; i++) {
        begin(&w, i);

        for (w.step = 0; w.step < STEPS; w.step++) {
            step(&w);
        }

        nobody_is_locked_out(&w);

        for (n = 0; n <= AG_BREAKER_RECOVERED; n++) {
            changes[n] += w.changes[n];
        }
    }

    /* or the events would not be what they should try */

    for (n = 0; n <= AG_BREAKER_RECOVERED; n++) {
        assert_true(changes[n] > 5000);
    }
}


/* Whatever is stored, some ask within the longest time there is succeeds. */
static void
survives_any_memory(void **state)
{
    int                  rc;
    unsigned             i;
    uint64_t             end;
    static world_t       w;
    ag_breaker_change_t  change;
    ag_breaker_ticket_t  ticket;

    (void) state;

    for (i = 0; i < 20000; i++) {
        begin(&w, i);
        w.clock += 1000000;
        scribble(&w);

        ticket.generation = w.breaker.generation;
        ticket.probe = (uint32_t) chance(&w, 20);
        ag_breaker_report(&w.breaker, &w.conf, w.clock, &ticket,
                          (ag_breaker_outcome_t) chance(&w, 4));

        end = w.clock + w.conf.open_ms
              + AG_BREAKER_PROBES_MAX * (w.conf.lease_ms + 20000);

        do {
            check(&w, ag_breaker_ramp(&w.breaker, w.clock) >= 10);
            check(&w, ag_breaker_ramp(&w.breaker, w.clock) <= 100);
            check(&w, ag_breaker_wait(&w.breaker, &w.conf, w.clock)
                      <= w.conf.open_ms);

            rc = ag_breaker_ask(&w.breaker, &w.conf, w.clock, 1, 0, &ticket,
                                &change);
            w.clock += 1000;
        } while (rc != AG_OK && w.clock < end);

        check(&w, rc == AG_OK);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(behaves_like_the_model),
        cmocka_unit_test(survives_any_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
