/*
 * Copyright (C) ngx_agent authors
 *
 * Guards of a session.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_session.h"


#define START   UINT64_C(5000000)
#define SECOND  UINT64_C(1000000)


static const ag_session_guard_t  none;
static const ag_session_call_t   plain;

static ag_session_t  session;


static int
setup(void **state)
{
    (void) state;
    memset(&session, 0, sizeof(session));

    return 0;
}


static ag_session_call_t
asks(uint64_t fingerprint)
{
    ag_session_call_t  call;

    memset(&call, 0, sizeof(call));
    call.fingerprint = fingerprint;

    return call;
}


static ag_session_call_t
costs(uint64_t cost)
{
    ag_session_call_t  call;

    memset(&call, 0, sizeof(call));
    call.cost = cost;

    return call;
}


/* Checks that asking changes nothing, too. */
static ag_session_verdict_t
check(const ag_session_guard_t *guard, ag_session_call_t call, uint64_t now)
{
    ag_session_t          before;
    ag_session_verdict_t  verdict;

    before = session;
    verdict = ag_session_check(&session, guard, &call, now);
    assert_memory_equal(&session, &before, sizeof(before));

    return verdict;
}


/* As the gateway does it. */
static ag_session_verdict_t
serve(const ag_session_guard_t *guard, ag_session_call_t call, uint64_t now)
{
    ag_session_verdict_t  verdict;

    verdict = check(guard, call, now);

    if (verdict == AG_SESSION_GOES_ON) {
        ag_session_take(&session, &call, now);

    } else {
        ag_session_refused(&session, &call, now);
    }

    return verdict;
}


static void
without_guards_everything_goes_on(void **state)
{
    unsigned           i;
    ag_session_call_t  call;

    (void) state;

    call.depth = AG_SESSION_DEPTH_MAX;
    call.fingerprint = 7;
    call.cost = UINT64_MAX;

    for (i = 0; i < 1000; i++) {
        assert_int_equal(serve(&none, call, START * i), AG_SESSION_GOES_ON);
    }

    assert_int_equal(session.calls, 1000);
    assert_int_equal(session.repeats, 1000);
    assert_true(session.spent == UINT64_MAX);
}


static void
an_operator_stops_it(void **state)
{
    (void) state;

    session.stopped = 1;
    assert_int_equal(serve(&none, plain, START), AG_SESSION_STOPPED);
    assert_int_equal(session.calls, 0);
}


static void
its_life_begins_with_its_first_call(void **state)
{
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.lifetime = 10 * SECOND;

    /* however late that is */

    assert_int_equal(serve(&guard, plain, 100 * SECOND), AG_SESSION_GOES_ON);
    assert_true(session.started == 100 * SECOND);
    assert_true(session.used == 100 * SECOND);

    assert_int_equal(serve(&guard, plain, 110 * SECOND - 1),
                     AG_SESSION_GOES_ON);
    assert_true(session.started == 100 * SECOND);
    assert_true(session.used == 110 * SECOND - 1);

    assert_int_equal(serve(&guard, plain, 110 * SECOND), AG_SESSION_EXPIRED);
    assert_int_equal(serve(&guard, plain, UINT64_MAX), AG_SESSION_EXPIRED);
    assert_int_equal(session.calls, 2);

    /* another worker's clock was read a bit before */

    assert_int_equal(check(&guard, plain, 99 * SECOND), AG_SESSION_GOES_ON);
}


static void
it_begins_at_time_zero_too(void **state)
{
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.lifetime = 10 * SECOND;

    assert_int_equal(serve(&guard, plain, 0), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, plain, 11 * SECOND), AG_SESSION_EXPIRED);
}


static void
a_refused_call_begins_nothing(void **state)
{
    ag_session_guard_t  guard;
    ag_session_call_t   deep;

    (void) state;

    guard = none;
    guard.depth = 2;
    guard.lifetime = 10 * SECOND;
    deep = plain;
    deep.depth = 3;

    assert_int_equal(serve(&guard, deep, START), AG_SESSION_DEPTH);
    assert_true(session.started == 0);
    assert_true(session.used == START);
    assert_int_equal(session.calls, 0);

    assert_int_equal(serve(&guard, plain, START + 60 * SECOND),
                     AG_SESSION_GOES_ON);
}


static void
the_last_call_never_goes_back(void **state)
{
    ag_session_call_t  call;

    (void) state;

    call = plain;
    ag_session_take(&session, &call, 9 * SECOND);
    ag_session_take(&session, &call, 8 * SECOND);
    assert_true(session.used == 9 * SECOND);

    ag_session_refused(&session, &call, 7 * SECOND);
    assert_true(session.used == 9 * SECOND);
}


static void
agents_nest_so_deep(void **state)
{
    ag_session_guard_t  guard;
    ag_session_call_t   call;

    (void) state;

    guard = none;
    guard.depth = 4;
    call = plain;

    call.depth = 4;
    assert_int_equal(serve(&guard, call, START), AG_SESSION_GOES_ON);

    call.depth = 5;
    assert_int_equal(serve(&guard, call, START), AG_SESSION_DEPTH);

    call.depth = 0;
    assert_int_equal(serve(&guard, call, START), AG_SESSION_GOES_ON);
}


static void
so_many_calls_are_admitted(void **state)
{
    unsigned            i;
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.calls = 3;

    for (i = 0; i < 3; i++) {
        assert_int_equal(serve(&guard, plain, START), AG_SESSION_GOES_ON);
    }

    assert_int_equal(serve(&guard, plain, START), AG_SESSION_CALLS);
    assert_int_equal(serve(&guard, plain, START), AG_SESSION_CALLS);
    assert_int_equal(session.calls, 3);

    guard.calls = 4;
    assert_int_equal(serve(&guard, plain, START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, plain, START), AG_SESSION_CALLS);
}


static void
the_same_request_comes_so_often_in_a_row(void **state)
{
    unsigned            i;
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.repeats = 3;

    for (i = 0; i < 3; i++) {
        assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_GOES_ON);
    }

    /* trying again does not help */

    for (i = 0; i < 10; i++) {
        assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_LOOP);
    }

    assert_int_equal(session.calls, 3);

    /* something else does */

    assert_int_equal(serve(&guard, asks(8), START), AG_SESSION_GOES_ON);

    for (i = 0; i < 3; i++) {
        assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_GOES_ON);
    }

    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_LOOP);
}


static void
refused_requests_count_in_a_row(void **state)
{
    ag_session_guard_t  guard;
    ag_session_call_t   call;

    (void) state;

    guard = none;
    guard.repeats = 2;
    guard.depth = 1;

    call = asks(7);
    call.depth = 2;
    assert_int_equal(serve(&guard, call, START), AG_SESSION_DEPTH);
    assert_int_equal(serve(&guard, call, START), AG_SESSION_DEPTH);

    call.depth = 1;
    assert_int_equal(serve(&guard, call, START), AG_SESSION_LOOP);

    /* and another one that is refused ends the row */

    call = asks(8);
    call.depth = 2;
    assert_int_equal(serve(&guard, call, START), AG_SESSION_DEPTH);
    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_GOES_ON);
}


static void
once_is_a_row(void **state)
{
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.repeats = 1;

    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_LOOP);
    assert_int_equal(serve(&guard, asks(8), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_GOES_ON);
}


static void
without_a_fingerprint_a_row_stays_as_it_is(void **state)
{
    unsigned            i;
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.repeats = 2;

    for (i = 0; i < 5; i++) {
        assert_int_equal(serve(&guard, asks(0), START), AG_SESSION_GOES_ON);
    }

    assert_int_equal(session.repeats, 0);

    session.repeats = 9;
    assert_int_equal(check(&guard, asks(0), START), AG_SESSION_GOES_ON);

    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, asks(0), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, asks(0), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, asks(7), START), AG_SESSION_LOOP);
}


static void
it_spends_so_much(void **state)
{
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.cost = 100;

    assert_int_equal(serve(&guard, costs(101), START), AG_SESSION_COST);
    assert_int_equal(serve(&guard, costs(60), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, costs(41), START), AG_SESSION_COST);
    assert_int_equal(serve(&guard, costs(UINT64_MAX), START),
                     AG_SESSION_COST);
    assert_int_equal(serve(&guard, costs(39), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, costs(0), START), AG_SESSION_GOES_ON);
    assert_int_equal(serve(&guard, costs(1), START), AG_SESSION_GOES_ON);

    /* all is spent: what is free is refused, too */

    assert_int_equal(serve(&guard, costs(0), START), AG_SESSION_COST);
    assert_true(session.spent == 100);

    session.spent = 101;
    assert_int_equal(serve(&guard, costs(0), START), AG_SESSION_COST);
}


static void
what_was_reserved_becomes_what_it_cost(void **state)
{
    (void) state;

    session.spent = 100;

    ag_session_settle(&session, 60, 20);
    assert_true(session.spent == 60);

    ag_session_settle(&session, 20, 70);
    assert_true(session.spent == 110);

    ag_session_settle(&session, 0, 0);
    assert_true(session.spent == 110);

    /* a session that began anew meanwhile never owes less than nothing */

    ag_session_settle(&session, 500, 5);
    assert_true(session.spent == 5);

    ag_session_settle(&session, 0, UINT64_MAX);
    assert_true(session.spent == UINT64_MAX);

    ag_session_settle(&session, 0, 1);
    assert_true(session.spent == UINT64_MAX);
}


static void
counters_do_not_wrap(void **state)
{
    ag_session_guard_t  guard;
    ag_session_call_t   call;

    (void) state;

    guard.calls = guard.depth = guard.lifetime = 0;
    guard.repeats = guard.cost = 9;

    memset(&session, 0xff, sizeof(session));
    session.stopped = 0;

    call = asks(UINT64_MAX);
    call.cost = UINT64_MAX;
    ag_session_take(&session, &call, START);

    assert_true(session.calls == UINT64_MAX);
    assert_true(session.repeats == UINT64_MAX);
    assert_true(session.spent == UINT64_MAX);
    assert_int_equal(check(&guard, call, START), AG_SESSION_LOOP);
}


/* Each verdict is that of the first guard that has something to say. */
static void
the_first_reason_is_told(void **state)
{
    ag_session_guard_t  guard;
    ag_session_call_t   call;

    (void) state;

    guard.calls = guard.depth = guard.repeats = 1;
    guard.lifetime = guard.cost = 1;

    session.started = session.used = START;
    session.calls = session.fingerprint = session.repeats = 1;
    session.spent = session.stopped = 1;

    call.depth = 2;
    call.fingerprint = 1;
    call.cost = 1;

    assert_int_equal(check(&guard, call, START + 1), AG_SESSION_STOPPED);
    session.stopped = 0;
    assert_int_equal(check(&guard, call, START + 1), AG_SESSION_EXPIRED);
    guard.lifetime = 2;
    assert_int_equal(check(&guard, call, START + 1), AG_SESSION_DEPTH);
    guard.depth = 2;
    assert_int_equal(check(&guard, call, START + 1), AG_SESSION_CALLS);
    guard.calls = 2;
    assert_int_equal(check(&guard, call, START + 1), AG_SESSION_LOOP);
    guard.repeats = 2;
    assert_int_equal(check(&guard, call, START + 1), AG_SESSION_COST);
    guard.cost = 2;
    assert_int_equal(check(&guard, call, START + 1), AG_SESSION_GOES_ON);
}


static int
valid(const char *text)
{
    return ag_session_id_valid(ag_str(text, strlen(text)));
}


static void
an_undone_call_was_not_made(void **state)
{
    ag_session_call_t   call;
    ag_session_guard_t  guard;

    (void) state;

    guard = none;
    guard.calls = 1;
    guard.cost = 100;
    call = costs(100);

    ag_session_take(&session, &call, START);
    assert_int_equal(ag_session_check(&session, &guard, &call, START),
                     AG_SESSION_CALLS);

    ag_session_undo(&session, &call);
    assert_int_equal(session.calls, 0);
    assert_int_equal(session.spent, 0);
    assert_int_equal(ag_session_check(&session, &guard, &call, START),
                     AG_SESSION_GOES_ON);

    ag_session_undo(&session, &call);
    assert_int_equal(session.calls, 0);
    assert_int_equal(session.spent, 0);
}


static void
ids_are_visible_ascii(void **state)
{
    int          c;
    char         text[AG_SESSION_ID_MAX + 1];
    static const char  refused[] = "/?#%\"'\\";

    (void) state;

    for (c = 0; c < 256; c++) {
        text[0] = 'a';
        text[1] = (char) c;
        text[2] = 'b';

        assert_int_equal(ag_session_id_valid(ag_str(text, 3)),
                         c > 0x20 && c < 0x7f
                         && memchr(refused, c, sizeof(refused) - 1) == NULL);
    }

    memset(text, 'x', sizeof(text));
    assert_false(ag_session_id_valid(ag_str(text, 0)));
    assert_false(ag_session_id_valid(ag_str(NULL, 0)));
    assert_true(ag_session_id_valid(ag_str(text, 1)));
    assert_true(ag_session_id_valid(ag_str(text, AG_SESSION_ID_MAX)));
    assert_false(ag_session_id_valid(ag_str(text, AG_SESSION_ID_MAX + 1)));

    assert_true(valid("run_01HF-7:user@host.example,2"));
}


static void
ids_are_not_lost_in_a_path(void **state)
{
    (void) state;

    assert_false(valid("."));
    assert_false(valid(".."));
    assert_true(valid("..."));
    assert_true(valid(".a"));
    assert_true(valid("a.."));
}


static int
depth_of(const char *text, uint64_t *depth)
{
    *depth = 42;

    return ag_session_depth_read(ag_str(text, strlen(text)), depth);
}


static void
depths_are_small_numbers(void **state)
{
    size_t              i;
    uint64_t            depth;
    static const char  *bad[] = {
        "", "-1", "+1", " 1", "1 ", "1.0", "1e2", "0x1", "a", "1001", "1k",
        "99999999999999999999999999", "18446744073709551617"
    };

    (void) state;

    assert_int_equal(depth_of("0", &depth), AG_OK);
    assert_int_equal(depth, 0);
    assert_int_equal(depth_of("7", &depth), AG_OK);
    assert_int_equal(depth, 7);
    assert_int_equal(depth_of("1000", &depth), AG_OK);
    assert_int_equal(depth, 1000);
    assert_int_equal(depth_of("0000000000000000000000012", &depth), AG_OK);
    assert_int_equal(depth, 12);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(depth_of(bad[i], &depth), AG_INVALID);
        assert_int_equal(depth, 42);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(without_guards_everything_goes_on, setup),
        cmocka_unit_test_setup(an_operator_stops_it, setup),
        cmocka_unit_test_setup(its_life_begins_with_its_first_call, setup),
        cmocka_unit_test_setup(it_begins_at_time_zero_too, setup),
        cmocka_unit_test_setup(a_refused_call_begins_nothing, setup),
        cmocka_unit_test_setup(the_last_call_never_goes_back, setup),
        cmocka_unit_test_setup(agents_nest_so_deep, setup),
        cmocka_unit_test_setup(so_many_calls_are_admitted, setup),
        cmocka_unit_test_setup(the_same_request_comes_so_often_in_a_row,
                               setup),
        cmocka_unit_test_setup(refused_requests_count_in_a_row, setup),
        cmocka_unit_test_setup(once_is_a_row, setup),
        cmocka_unit_test_setup(without_a_fingerprint_a_row_stays_as_it_is,
                               setup),
        cmocka_unit_test_setup(it_spends_so_much, setup),
        cmocka_unit_test_setup(what_was_reserved_becomes_what_it_cost, setup),
        cmocka_unit_test_setup(counters_do_not_wrap, setup),
        cmocka_unit_test_setup(the_first_reason_is_told, setup),
        cmocka_unit_test_setup(an_undone_call_was_not_made, setup),
        cmocka_unit_test(ids_are_visible_ascii),
        cmocka_unit_test(ids_are_not_lost_in_a_path),
        cmocka_unit_test(depths_are_small_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
