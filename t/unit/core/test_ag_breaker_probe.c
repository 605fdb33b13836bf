/*
 * Copyright (C) ngx_agent authors
 *
 * The breaker while it is open or half-open.
 */


#include "core/breaker_test.h"


static void
open_refuses_until_its_time(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  ticket;

    (void) state;

    w = world();
    open_it(&w);

    refused(&w, 0);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 30000);

    w.now += 29999;
    refused(&w, 0);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 1);

    w.now += 1;
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 0);
    ticket = admitted(&w);
    assert_int_equal(w.change, AG_BREAKER_PROBING);
    assert_true(ticket.probe >= 1);
    assert_int_equal(w.breaker.since_ms, w.now);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 0);

    admitted(&w);
    assert_int_equal(w.change, AG_BREAKER_STAYS);
    refused(&w, 0);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 0);
}


static void
successes_in_a_row_close_it(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    half_open(&w);

    calls(&w, 2, AG_BREAKER_SUCCESS);
    calls(&w, 10, AG_BREAKER_NEUTRAL);
    assert_int_equal(call(&w, AG_BREAKER_SUCCESS), AG_BREAKER_RECOVERED);
    assert_int_equal(w.breaker.state, AG_BREAKER_CLOSED);

    /* and what failed before is forgotten */

    calls(&w, 4, AG_BREAKER_FAILURE);
}


static void
a_failed_probe_opens_it_again(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  other;

    (void) state;

    w = world();
    half_open(&w);

    calls(&w, 2, AG_BREAKER_SUCCESS);
    other = admitted(&w);
    w.now += 5000;
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_REOPENED);
    assert_int_equal(w.breaker.since_ms, w.now);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 30000);
    refused(&w, 0);

    /* the row begins anew; the other probe's success is of the past */

    w.now += w.conf.open_ms;
    calls(&w, 1, AG_BREAKER_SUCCESS);
    assert_int_equal(w.change, AG_BREAKER_PROBING);
    assert_int_equal(report(&w, other, AG_BREAKER_SUCCESS),
                     AG_BREAKER_STAYS);
    calls(&w, 1, AG_BREAKER_SUCCESS);
    assert_int_equal(call(&w, AG_BREAKER_SUCCESS), AG_BREAKER_RECOVERED);
}


static void
every_report_frees_its_probe(void **state)
{
    world_t   w;
    unsigned  i;

    (void) state;

    w = world();
    half_open(&w);
    w.conf.successes = 1000;
    w.conf.probes = AG_BREAKER_PROBES_MAX;

    for (i = 0; i < 300; i++) {
        calls(&w, 1, (i % 3) ? AG_BREAKER_NEUTRAL : AG_BREAKER_SUCCESS);
    }

    for (i = 0; i < AG_BREAKER_PROBES_MAX; i++) {
        admitted(&w);
    }

    refused(&w, 0);
}


static void
reports_of_an_older_generation_do_not_count(void **state)
{
    world_t              w;
    unsigned             i;
    ag_breaker_ticket_t  closed[3], probe;

    (void) state;

    w = world();

    for (i = 0; i < 3; i++) {
        closed[i] = admitted(&w);
    }

    half_open(&w);
    w.conf.probes = 1;
    w.conf.successes = 1;
    probe = admitted(&w);

    for (i = 0; i < 3; i++) {
        assert_int_equal(report(&w, closed[i], AG_BREAKER_FAILURE - i),
                         AG_BREAKER_STAYS);
        refused(&w, 0);
    }

    /* of the very place, but older */

    closed[0].probe = probe.probe;
    assert_int_equal(report(&w, closed[0], AG_BREAKER_FAILURE),
                     AG_BREAKER_STAYS);
    refused(&w, 0);

    assert_int_equal(report(&w, probe, AG_BREAKER_SUCCESS),
                     AG_BREAKER_RECOVERED);

    w.conf.failures = 1;
    assert_int_equal(report(&w, closed[1], AG_BREAKER_FAILURE),
                     AG_BREAKER_STAYS);
    assert_int_equal(report(&w, probe, AG_BREAKER_FAILURE),
                     AG_BREAKER_STAYS);
}


static void
a_report_without_a_probe_counts_nothing(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  ticket;

    (void) state;

    w = world();
    half_open(&w);
    admitted(&w);
    ticket.generation = w.breaker.generation;

    for (ticket.probe = 0; ticket.probe < 40; ticket.probe++) {

        if (ticket.probe != 1) {
            assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                             AG_BREAKER_STAYS);
        }
    }

    ticket.probe = UINT32_MAX;
    assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                     AG_BREAKER_STAYS);
}


static void
force_admits_one_before_the_time(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  ticket;

    (void) state;

    w = world();
    open_it(&w);

    ticket = forced(&w);
    assert_int_equal(w.change, AG_BREAKER_PROBING);
    assert_true(ticket.probe >= 1);
    assert_int_equal(w.breaker.state, AG_BREAKER_HALF_OPEN);
    refused(&w, 1);

    /* neutral: the next may be forced; failure: the time starts anew */

    w.now += 10000;
    assert_int_equal(report(&w, ticket, AG_BREAKER_NEUTRAL),
                     AG_BREAKER_STAYS);
    ticket = forced(&w);
    assert_int_equal(w.change, AG_BREAKER_STAYS);
    assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                     AG_BREAKER_REOPENED);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 30000);
    refused(&w, 0);

    /* successes: recovered before the time */

    assert_int_equal(report(&w, forced(&w), AG_BREAKER_SUCCESS),
                     AG_BREAKER_STAYS);
    assert_int_equal(report(&w, forced(&w), AG_BREAKER_SUCCESS),
                     AG_BREAKER_STAYS);
    assert_int_equal(report(&w, forced(&w), AG_BREAKER_SUCCESS),
                     AG_BREAKER_RECOVERED);
}


static void
force_is_nothing_else_where_it_is_not_open(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  ticket;

    (void) state;

    w = world();
    ticket = forced(&w);
    assert_int_equal(ticket.probe, 0);
    assert_int_equal(w.change, AG_BREAKER_STAYS);

    half_open(&w);
    admitted(&w);
    refused(&w, 1);
    admitted(&w);
}


static void
a_lease_ends(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  slow;

    (void) state;

    w = world();
    half_open(&w);

    slow = admitted(&w);
    w.now += 1;
    admitted(&w);

    w.now += w.conf.lease_ms - 2;
    refused(&w, 0);
    refused(&w, 1);

    w.now += 1;
    admitted(&w);                       /* instead of the first */
    refused(&w, 0);
    w.now += 1;
    admitted(&w);
    refused(&w, 0);

    /* late, but it tells of the target; and takes nobody's place */

    assert_int_equal(report(&w, slow, AG_BREAKER_SUCCESS), AG_BREAKER_STAYS);
    assert_int_equal(w.breaker.succeeded, 1);
    refused(&w, 0);
}


static void
lost_probes_lock_nobody_out(void **state)
{
    world_t   w;
    unsigned  i, round;

    (void) state;

    w = world();
    half_open(&w);
    w.conf.probes = AG_BREAKER_PROBES_MAX;

    for (round = 0; round < 10; round++) {

        for (i = 0; i < AG_BREAKER_PROBES_MAX; i++) {
            admitted(&w);
        }

        refused(&w, 0);
        w.now += w.conf.lease_ms;
    }

    w.conf.successes = 1;
    assert_int_equal(call(&w, AG_BREAKER_SUCCESS), AG_BREAKER_RECOVERED);
}


/* Only a closed one follows: an open or probing one has its own reasons. */
static void
a_closed_breaker_follows_another_nodes(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  ticket;

    (void) state;

    w = world();
    ticket = admitted(&w);

    assert_int_equal(ag_breaker_follow(&w.breaker, w.now), AG_BREAKER_OPENED);
    refused(&w, 0);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now),
                     w.conf.open_ms);

    assert_int_equal(ag_breaker_follow(&w.breaker, w.now + 1),
                     AG_BREAKER_STAYS);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now),
                     w.conf.open_ms);

    assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                     AG_BREAKER_STAYS);

    w.now += w.conf.open_ms;
    admitted(&w);
    assert_int_equal(ag_breaker_follow(&w.breaker, w.now), AG_BREAKER_STAYS);
}


static void
a_dead_owner_gives_back(void **state)
{
    world_t              w;
    ag_breaker_change_t  change;
    ag_breaker_ticket_t  ours, other;

    (void) state;

    w = world();
    half_open(&w);

    ours = admitted(&w);
    assert_int_equal(ag_breaker_ask(&w.breaker, &w.conf, w.now, OWNER + 1, 0,
                                    &other, &change),
                     AG_OK);
    refused(&w, 0);

    ag_breaker_reclaim(&w.breaker, OWNER + 2);
    refused(&w, 0);

    ag_breaker_reclaim(&w.breaker, OWNER);
    assert_int_equal(report(&w, ours, AG_BREAKER_FAILURE), AG_BREAKER_STAYS);
    admitted(&w);
    refused(&w, 0);

    w.conf.successes = 1;
    assert_int_equal(report(&w, other, AG_BREAKER_SUCCESS),
                     AG_BREAKER_RECOVERED);
}


static void
the_number_of_probes_may_change(void **state)
{
    world_t              w;
    unsigned             i;
    ag_breaker_ticket_t  tickets[AG_BREAKER_PROBES_MAX];

    (void) state;

    w = world();
    half_open(&w);
    w.conf.successes = 1000;
    w.conf.probes = UINT32_MAX;

    for (i = 0; i < AG_BREAKER_PROBES_MAX; i++) {
        tickets[i] = admitted(&w);
    }

    refused(&w, 0);
    w.conf.probes = 0;                  /* is one */

    for (i = 0; i < AG_BREAKER_PROBES_MAX; i++) {
        refused(&w, 0);
        report(&w, tickets[i], AG_BREAKER_SUCCESS);
    }

    assert_int_equal(w.breaker.succeeded, AG_BREAKER_PROBES_MAX);
    admitted(&w);
    refused(&w, 0);

    w.conf.probes = 2;
    admitted(&w);
    refused(&w, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(open_refuses_until_its_time),
        cmocka_unit_test(successes_in_a_row_close_it),
        cmocka_unit_test(a_failed_probe_opens_it_again),
        cmocka_unit_test(every_report_frees_its_probe),
        cmocka_unit_test(reports_of_an_older_generation_do_not_count),
        cmocka_unit_test(a_report_without_a_probe_counts_nothing),
        cmocka_unit_test(force_admits_one_before_the_time),
        cmocka_unit_test(force_is_nothing_else_where_it_is_not_open),
        cmocka_unit_test(a_lease_ends),
        cmocka_unit_test(lost_probes_lock_nobody_out),
        cmocka_unit_test(a_closed_breaker_follows_another_nodes),
        cmocka_unit_test(a_dead_owner_gives_back),
        cmocka_unit_test(the_number_of_probes_may_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
