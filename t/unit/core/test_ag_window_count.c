/*
 * Copyright (C) ngx_agent authors
 *
 * Places that are held.
 */


#include "core/limit_test.h"


static void
as_many_as_there_are_places(void **state)
{
    limited_t     l;
    ag_claim_t    c[3];
    ag_verdict_t  verdict;

    (void) state;

    l = limited(AG_RESOURCE_CONCURRENCY, 2, 0);
    c[0] = claim(&l, 1);
    c[1] = claim(&l, 1);
    c[2] = claim(&l, 1);

    assert_int_equal(take(&c[0], 1, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(take(&c[1], 1, at(0)).result, AG_LIMIT_TAKEN);

    verdict = take(&c[2], 1, at(100 * MINUTE));
    assert_int_equal(verdict.result, AG_LIMIT_FULL);
    assert_int_equal(verdict.wait, 0);
    assert_int_equal(reset(&l, at(0)), 0);

    settle(&c[0], 1, at(0));
    assert_int_equal(used(&l, at(0)), 1);
    assert_int_equal(take(&c[2], 1, at(0)).result, AG_LIMIT_TAKEN);

    undo(&c[2], at(0));
    undo(&c[1], at(0));
    assert_int_equal(used(&l, at(0)), 0);

    limited_free(&l);
}


/* More are held than a limit allows that was lowered. */
static void
a_lower_limit_waits_until_they_are_few(void **state)
{
    unsigned    i;
    limited_t   l;
    ag_claim_t  c[5];

    (void) state;

    l = limited(AG_RESOURCE_CONCURRENCY, 5, 0);

    for (i = 0; i < 5; i++) {
        c[i] = claim(&l, 1);
        assert_int_equal(take(&c[i], 1, at(0)).result, AG_LIMIT_TAKEN);
    }

    resize(&l, 2);
    assert_int_equal(used(&l, at(0)), 5);

    for (i = 0; i < 4; i++) {
        c[i].window = l.window;
        c[i].max = 2;
        assert_int_equal(take(&c[i], 1, at(0)).result, AG_LIMIT_FULL);
        c[i].taken = 1;
        settle(&c[i], 0, at(0));
    }

    assert_int_equal(take(&c[0], 1, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(take(&c[1], 1, at(0)).result, AG_LIMIT_FULL);

    limited_free(&l);
}


static void
a_place_is_given_back_once(void **state)
{
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_CONCURRENCY, 2, 0);
    c = claim(&l, 1);
    assert_int_equal(take(&c, 1, at(0)).result, AG_LIMIT_TAKEN);
    settle(&c, 1, at(0));
    settle(&c, 1, at(0));
    assert_int_equal(used(&l, at(0)), 0);

    ag_window_mend(l.window);
    assert_int_equal(used(&l, at(0)), 0);

    limited_free(&l);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(as_many_as_there_are_places),
        cmocka_unit_test(a_lower_limit_waits_until_they_are_few),
        cmocka_unit_test(a_place_is_given_back_once)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
