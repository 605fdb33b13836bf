/*
 * Copyright (C) ngx_agent authors
 *
 * The breaker while it is closed, and what it makes of clocks and memory
 * that are not as they should be.  test_ag_breaker_probe.c has the other
 * states, test_ag_breaker_model.c compares all of it with a model.
 */


#include "core/breaker_test.h"


static void
zeroed_is_closed(void **state)
{
    world_t              w;
    ag_breaker_ticket_t  ticket;

    (void) state;

    w = world();

    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 1);
    assert_int_equal(ag_breaker_ramp(&w.breaker, w.now), 100);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 0);

    ticket = admitted(&w);

    assert_int_equal(w.change, AG_BREAKER_STAYS);
    assert_int_equal(ticket.probe, 0);
    assert_int_equal(ticket.generation, w.breaker.generation);
}


static void
failures_in_the_window_open_it(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    calls(&w, 2, AG_BREAKER_FAILURE);
    calls(&w, 100, AG_BREAKER_SUCCESS);
    calls(&w, 100, AG_BREAKER_NEUTRAL);
    calls(&w, 100, (ag_breaker_outcome_t) 3);
    w.now += 53999;
    calls(&w, 2, AG_BREAKER_FAILURE);
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
    assert_int_equal(w.breaker.since_ms, w.now);
    refused(&w, 0);
}


static void
failures_older_than_the_window_do_not(void **state)
{
    world_t   w;
    unsigned  i;

    (void) state;

    w = world();
    calls(&w, 4, AG_BREAKER_FAILURE);
    w.now += 60000;
    calls(&w, 4, AG_BREAKER_FAILURE);

    /* four a minute for ever */

    w = world();

    for (i = 0; i < 1000; i++) {
        w.now += 15000;
        calls(&w, 1, AG_BREAKER_FAILURE);
    }
}


static void
one_failure_may_be_enough(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    w.conf.failures = 1;
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
}


static void
a_ratio_needs_its_volume(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    w.conf.ratio = 50;
    w.conf.volume = 20;

    calls(&w, 19, AG_BREAKER_FAILURE);
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);

    /* neutral calls are no calls */

    w = world();
    w.conf.ratio = 50;
    w.conf.volume = 20;

    calls(&w, 9, AG_BREAKER_SUCCESS);
    calls(&w, 50, AG_BREAKER_NEUTRAL);
    calls(&w, 50, (ag_breaker_outcome_t) 3);
    calls(&w, 10, AG_BREAKER_FAILURE);
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
}


static void
a_ratio_is_exact(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    w.conf.ratio = 33;
    w.conf.volume = 1;

    calls(&w, 67, AG_BREAKER_SUCCESS);
    calls(&w, 32, AG_BREAKER_FAILURE);
    calls(&w, 1, AG_BREAKER_SUCCESS);
    calls(&w, 1, AG_BREAKER_FAILURE);       /* 33 of 101 */
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);

    w = world();
    w.conf.ratio = 100;
    w.conf.volume = 10;

    calls(&w, 1, AG_BREAKER_SUCCESS);
    calls(&w, 1000, AG_BREAKER_FAILURE);

    /* the success leaves the window */

    w.now += 60000;
    calls(&w, 9, AG_BREAKER_FAILURE);
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
}


static void
a_success_never_opens_it(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    w.conf.ratio = 50;
    w.conf.volume = 20;

    calls(&w, 19, AG_BREAKER_FAILURE);
    calls(&w, 1, AG_BREAKER_SUCCESS);       /* 95 % of 20 */
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
}


static void
the_count_does_not_matter_to_a_ratio(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    w.conf.ratio = 50;
    w.conf.volume = 100;
    w.conf.failures = 1;

    calls(&w, 99, AG_BREAKER_FAILURE);
}


static void
quiet_is_when_nothing_counts(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    calls(&w, 1, AG_BREAKER_SUCCESS);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 1);

    calls(&w, 1, AG_BREAKER_FAILURE);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 0);

    w.now += 53999;
    calls(&w, 1, AG_BREAKER_SUCCESS);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 0);

    w.now += 6001;
    calls(&w, 1, AG_BREAKER_SUCCESS);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 1);

    w.conf.ratio = 50;
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 0);

    w.conf.ratio = 0;
    open_it(&w);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 0);

    w.now += w.conf.open_ms;
    report(&w, admitted(&w), AG_BREAKER_NEUTRAL);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 0);

    calls(&w, 2, AG_BREAKER_SUCCESS);
    assert_int_equal(call(&w, AG_BREAKER_SUCCESS), AG_BREAKER_RECOVERED);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 1);
}


/* A quiet breaker is not asked, and its successes are not reported. */
static void
a_ticket_may_be_made_while_quiet(void **state)
{
    world_t              w;
    unsigned             i;
    ag_breaker_ticket_t  ticket;

    (void) state;

    w = world();
    ticket.generation = w.breaker.generation;
    ticket.probe = 0;

    for (i = 0; i < 4; i++) {
        assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                         AG_BREAKER_STAYS);
    }

    assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                     AG_BREAKER_OPENED);

    /* made while it opened: the new generation, but no probe */

    ticket.generation = w.breaker.generation;
    assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                     AG_BREAKER_STAYS);

    w.now += w.conf.open_ms;
    admitted(&w);
    ticket.generation = w.breaker.generation;
    assert_int_equal(report(&w, ticket, AG_BREAKER_FAILURE),
                     AG_BREAKER_STAYS);
    assert_int_equal(w.breaker.state, AG_BREAKER_HALF_OPEN);
}


static void
it_comes_back_slowly(void **state)
{
    world_t   w;
    uint64_t  start;

    (void) state;

    w = world();
    half_open(&w);
    assert_int_equal(ag_breaker_ramp(&w.breaker, w.now), 100);

    w.conf.successes = 1;
    call(&w, AG_BREAKER_SUCCESS);
    start = w.now;

    assert_int_equal(ag_breaker_ramp(&w.breaker, start - 300), 10);
    assert_int_equal(ag_breaker_ramp(&w.breaker, start), 10);
    assert_int_equal(ag_breaker_ramp(&w.breaker, start + 1000), 55);
    assert_int_equal(ag_breaker_ramp(&w.breaker, start + 1999), 99);
    assert_int_equal(ag_breaker_ramp(&w.breaker, start + 2000), 100);
    assert_int_equal(ag_breaker_ramp(&w.breaker, start + 1000000), 100);

    /* and not when it opens meanwhile */

    open_it(&w);
    assert_int_equal(ag_breaker_ramp(&w.breaker, start), 100);
}


static void
a_clock_may_start_at_zero(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    w.now = 0;
    w.conf.successes = 1;
    open_it(&w);
    refused(&w, 0);
    assert_int_equal(report(&w, forced(&w), AG_BREAKER_SUCCESS),
                     AG_BREAKER_RECOVERED);
    assert_int_equal(ag_breaker_ramp(&w.breaker, 0), 10);
    assert_int_equal(ag_breaker_ramp(&w.breaker, 2001), 100);
}


static void
a_clock_may_be_behind(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    w.conf.window_ms = 1000;
    w.conf.open_ms = 1000;
    w.conf.lease_ms = 1000;

    /* its buckets are the newer ones, even if they are the same places */

    calls(&w, 2, AG_BREAKER_FAILURE);
    w.now -= 999;
    calls(&w, 2, AG_BREAKER_FAILURE);
    w.now += 999;
    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);

    w.now -= 300;
    refused(&w, 0);
    assert_true(ag_breaker_wait(&w.breaker, &w.conf, w.now) <= 1300);
    assert_true(ag_breaker_wait(&w.breaker, &w.conf, w.now) >= 1000);

    w.now += 1300;
    admitted(&w);
    admitted(&w);
    w.now -= 300;
    refused(&w, 0);
    w.now += 1299;
    refused(&w, 0);
    w.now += 1;
    admitted(&w);
}


static void
an_unknown_state_is_closed(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    half_open(&w);
    admitted(&w);
    admitted(&w);
    w.breaker.state = 3;

    assert_int_equal(ag_breaker_ready(&w.breaker, &w.conf, w.now), 1);
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 0);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 0);
    calls(&w, 1, AG_BREAKER_SUCCESS);
    assert_int_equal(w.breaker.state, AG_BREAKER_CLOSED);
    assert_int_equal(ag_breaker_quiet(&w.breaker, &w.conf), 1);

    w.breaker.state = UINT32_MAX;
    open_it(&w);
}


static void
times_that_cannot_be_lock_nobody_out(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    open_it(&w);
    w.breaker.since_ms = UINT64_MAX;
    assert_int_equal(ag_breaker_wait(&w.breaker, &w.conf, w.now), 0);
    admitted(&w);
    admitted(&w);
    refused(&w, 0);

    w.breaker.probes[0].until_ms = UINT64_MAX;
    admitted(&w);

    w = world();
    w.breaker.ramp_from_ms = UINT64_MAX;
    assert_int_equal(ag_breaker_ramp(&w.breaker, w.now), 100);

    w.breaker.buckets[3].period = UINT64_MAX;
    w.breaker.buckets[3].failed = UINT32_MAX;
    calls(&w, 4, AG_BREAKER_FAILURE);
    w.now += 60000;
    calls(&w, 4, AG_BREAKER_FAILURE);
}


static void
odd_settings_do_no_harm(void **state)
{
    world_t  w;

    (void) state;

    w = world();
    memset(&w.conf, 0, sizeof(w.conf));
    w.conf.open_ms = UINT64_MAX;
    w.conf.lease_ms = UINT64_MAX;

    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
    w.now += UINT32_MAX;
    refused(&w, 0);
    assert_int_equal(report(&w, forced(&w), AG_BREAKER_SUCCESS),
                     AG_BREAKER_RECOVERED);

    assert_int_equal(call(&w, AG_BREAKER_FAILURE), AG_BREAKER_OPENED);
    forced(&w);
    w.now += UINT32_MAX;
    refused(&w, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(zeroed_is_closed),
        cmocka_unit_test(failures_in_the_window_open_it),
        cmocka_unit_test(failures_older_than_the_window_do_not),
        cmocka_unit_test(one_failure_may_be_enough),
        cmocka_unit_test(a_ratio_needs_its_volume),
        cmocka_unit_test(a_ratio_is_exact),
        cmocka_unit_test(a_success_never_opens_it),
        cmocka_unit_test(the_count_does_not_matter_to_a_ratio),
        cmocka_unit_test(quiet_is_when_nothing_counts),
        cmocka_unit_test(a_ticket_may_be_made_while_quiet),
        cmocka_unit_test(it_comes_back_slowly),
        cmocka_unit_test(a_clock_may_start_at_zero),
        cmocka_unit_test(a_clock_may_be_behind),
        cmocka_unit_test(an_unknown_state_is_closed),
        cmocka_unit_test(times_that_cannot_be_lock_nobody_out),
        cmocka_unit_test(odd_settings_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
