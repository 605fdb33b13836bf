/*
 * Copyright (C) ngx_agent authors
 *
 * Several limits in one step: all or none, who is named, how much is taken.
 */


#include "core/limit_test.h"


static void
the_kind_follows_the_resource(void **state)
{
    static const struct {
        ag_limit_t        limit;
        ag_window_kind_t  kind;
    } rows[] = {
        { { AG_RESOURCE_REQUESTS, 0, 1, MINUTE, 0 }, AG_WINDOW_LOG },
        { { AG_RESOURCE_REQUESTS, 0, 16384, MINUTE, 0 }, AG_WINDOW_LOG },
        { { AG_RESOURCE_REQUESTS, 0, 16385, MINUTE, 0 }, AG_WINDOW_RING },
        { { AG_RESOURCE_REQUESTS, AG_WINDOW_DAY, 5, 0, 0 }, AG_WINDOW_DAY },
        { { AG_RESOURCE_TOKENS, 0, 5, MINUTE, 0 }, AG_WINDOW_RING },
        { { AG_RESOURCE_INPUT_TOKENS, 0, 5, MINUTE, 0 }, AG_WINDOW_RING },
        { { AG_RESOURCE_OUTPUT_TOKENS, AG_WINDOW_RING, 5, MINUTE, 0 },
          AG_WINDOW_RING },
        { { AG_RESOURCE_TOKENS, AG_WINDOW_COUNT, 5, MINUTE, 0 },
          AG_WINDOW_RING },
        { { AG_RESOURCE_MONEY, 0, 5, MINUTE, 0 }, AG_WINDOW_RING },
        { { AG_RESOURCE_MONEY, AG_WINDOW_MONTH, 5, 7, 0 }, AG_WINDOW_MONTH },
        { { AG_RESOURCE_CONCURRENCY, 0, 5, 7, 0 }, AG_WINDOW_COUNT },
        { { AG_RESOURCE_CONCURRENCY, AG_WINDOW_DAY, 5, 0, 0 },
          AG_WINDOW_COUNT }
    };

    size_t      i;
    ag_limit_t  limit;

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        limit = rows[i].limit;
        ag_limit_init(&limit);

        assert_int_equal(limit.kind, rows[i].kind);
        assert_int_equal(limit.max, rows[i].limit.max);
        assert_int_equal(limit.window, (limit.kind <= AG_WINDOW_RING)
                                       ? MINUTE : 0);
    }
}


static void
all_are_taken_or_none(void **state)
{
    limited_t     r, t, c;
    ag_claim_t    claims[3];
    ag_verdict_t  verdict;

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 2, MINUTE);
    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    c = limited(AG_RESOURCE_CONCURRENCY, 10, 0);

    claims[0] = claim(&r, 1);
    claims[1] = claim(&t, 700);
    claims[2] = claim(&c, 1);

    verdict = take(claims, 3, at(0));
    assert_int_equal(verdict.result, AG_LIMIT_TAKEN);
    assert_int_equal(verdict.wait, 0);
    assert_int_equal(verdict.refused, 0);
    assert_int_equal(claims[0].taken, 1);
    assert_int_equal(claims[1].taken, 700);
    assert_int_equal(claims[2].taken, 1);

    verdict = take(claims, 3, at(1000));
    assert_int_equal(verdict.result, AG_LIMIT_FULL);
    assert_int_equal(verdict.refused, 1);

    assert_int_equal(used(&r, at(1000)), 1);
    assert_int_equal(used(&t, at(1000)), 700);
    assert_int_equal(used(&c, at(1000)), 1);

    /* what fits alone still does */

    assert_int_equal(wait_for(&r, 1, at(1000)), 0);
    assert_int_equal(wait_for(&t, 300, at(1000)), 0);

    assert_int_equal(take(NULL, 0, at(1000)).result, AG_LIMIT_TAKEN);

    limited_free(&r);
    limited_free(&t);
    limited_free(&c);
}


static void
the_longest_wait_is_named(void **state)
{
    limited_t     r, t, c, other;
    ag_claim_t    claims[3];
    ag_verdict_t  verdict;

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 1, MINUTE);
    t = limited(AG_RESOURCE_REQUESTS, 1, 2 * MINUTE);
    c = limited(AG_RESOURCE_CONCURRENCY, 1, 0);

    claims[0] = claim(&c, 1);
    claims[1] = claim(&t, 1);
    claims[2] = claim(&r, 1);
    assert_int_equal(take(claims, 3, at(0)).result, AG_LIMIT_TAKEN);

    /* nobody knows of a place, but of the others it is known */

    verdict = take(claims, 3, at(5));
    assert_int_equal(verdict.result, AG_LIMIT_FULL);
    assert_int_equal(verdict.refused, 1);
    assert_int_equal(verdict.wait, 2 * MINUTE - 5);

    claims[1] = claim(&r, 1);
    claims[2] = claim(&t, 1);
    verdict = take(claims, 3, at(5));
    assert_int_equal(verdict.refused, 2);
    assert_int_equal(verdict.wait, 2 * MINUTE - 5);

    verdict = take(claims, 1, at(5));
    assert_int_equal(verdict.result, AG_LIMIT_FULL);
    assert_int_equal(verdict.refused, 0);
    assert_int_equal(verdict.wait, 0);

    /* of two equal ones the first */

    other = limited(AG_RESOURCE_REQUESTS, 1, 2 * MINUTE);
    assert_int_equal(wait_for(&other, 1, at(0)), 0);
    claims[1] = claim(&other, 1);
    verdict = take(claims, 3, at(5));
    assert_int_equal(verdict.refused, 1);
    assert_int_equal(verdict.wait, 2 * MINUTE - 5);
    limited_free(&other);

    limited_free(&r);
    limited_free(&t);
    limited_free(&c);
}


static void
never_comes_first(void **state)
{
    limited_t     r, t;
    ag_claim_t    claims[3];
    ag_verdict_t  verdict;

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 1, MINUTE);
    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);

    assert_int_equal(wait_for(&r, 1, at(0)), 0);

    claims[0] = claim(&r, 1);
    claims[1] = claim(&t, 1001);
    verdict = take(claims, 2, at(0));
    assert_int_equal(verdict.result, AG_LIMIT_NEVER);
    assert_int_equal(verdict.refused, 1);
    assert_int_equal(verdict.wait, 0);

    claims[0] = claim(&t, 1001);
    claims[1] = claim(&r, 1);
    claims[2] = claim(&t, 1002);
    verdict = take(claims, 3, at(0));
    assert_int_equal(verdict.result, AG_LIMIT_NEVER);
    assert_int_equal(verdict.refused, 0);
    assert_int_equal(verdict.wait, 0);

    limited_free(&r);
    limited_free(&t);
}


static void
a_share_that_is_too_small_is_not_for_ever(void **state)
{
    limited_t     r, t;
    ag_claim_t    claims[2];
    ag_verdict_t  verdict;

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 1, MINUTE);
    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);

    claims[0] = claim(&r, 1);
    claims[0].max = 0;
    claims[1] = claim(&t, 1000);
    claims[1].max = 500;
    verdict = take(claims, 2, at(0));
    assert_int_equal(verdict.result, AG_LIMIT_FULL);
    assert_int_equal(verdict.refused, 0);
    assert_int_equal(verdict.wait, 0);

    /* one that no share would help is named before it */

    claims[1] = claim(&t, 1001);
    claims[1].max = 500;
    verdict = take(claims, 2, at(0));
    assert_int_equal(verdict.result, AG_LIMIT_NEVER);
    assert_int_equal(verdict.refused, 1);

    /* the whole is there again */

    claims[0] = claim(&r, 1);
    claims[1] = claim(&t, 1000);
    assert_int_equal(take(claims, 2, at(0)).result, AG_LIMIT_TAKEN);

    limited_free(&r);
    limited_free(&t);
}


static void
an_estimate_is_cut_a_demand_is_not(void **state)
{
    limited_t   t;
    ag_claim_t  c;

    (void) state;

    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);

    c = claim(&t, 5000);
    c.least = 1001;
    assert_int_equal(take(&c, 1, at(0)).result, AG_LIMIT_NEVER);

    c.least = 1000;
    assert_int_equal(take(&c, 1, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(c.taken, 1000);
    assert_int_equal(used(&t, at(0)), 1000);
    undo(&c, at(0));

    /* it is cut to the limit, not to what is left of it */

    assert_int_equal(wait_for(&t, 1, at(0)), 0);
    assert_int_equal(take(&c, 1, at(0)).result, AG_LIMIT_FULL);

    limited_free(&t);
}


static void
a_dry_run_counts_and_refuses_nothing(void **state)
{
    limited_t     r, t;
    ag_claim_t    claims[2];
    ag_verdict_t  verdict;

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 2, MINUTE);
    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    t.limit.dry_run = 1;

    claims[0] = claim(&r, 1);
    claims[1] = claim(&t, 800);

    assert_int_equal(take(claims, 2, at(0)).dry, 0);

    verdict = take(claims, 2, at(0));
    assert_int_equal(verdict.result, AG_LIMIT_TAKEN);
    assert_int_equal(verdict.dry, 2);
    assert_int_equal(claims[1].taken, 800);
    assert_int_equal(used(&t, at(0)), 1600);

    /* who would have refused is told even if another one did */

    verdict = take(claims, 2, at(0));
    assert_int_equal(verdict.result, AG_LIMIT_FULL);
    assert_int_equal(verdict.refused, 0);
    assert_int_equal(verdict.dry, 2);
    assert_int_equal(used(&t, at(0)), 1600);

    claims[0] = claim(&t, 1001);
    verdict = take(claims, 1, at(2 * MINUTE));
    assert_int_equal(verdict.result, AG_LIMIT_TAKEN);
    assert_int_equal(verdict.dry, 1);
    assert_int_equal(claims[0].taken, 1001);

    limited_free(&r);
    limited_free(&t);
}


static void
what_others_decided_is_recorded(void **state)
{
    ag_now_t    now;
    limited_t   r, t;
    ag_claim_t  claims[2];

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 1, MINUTE);
    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);

    claims[0] = claim(&r, 1);
    claims[1] = claim(&t, 800);
    now = at(0);
    ag_limit_record(claims, 2, &now);
    ag_limit_record(claims, 2, &now);

    assert_int_equal(claims[0].taken, 1);
    assert_int_equal(claims[1].taken, 800);
    assert_int_equal(used(&t, now), 1600);
    assert_int_equal(wait_for(&r, 1, at(10)), MINUTE - 10);

    settle(&claims[1], 0, at(10));
    assert_int_equal(used(&t, at(10)), 800);

    limited_free(&r);
    limited_free(&t);
}


static void
settling_makes_it_what_was_used(void **state)
{
    ag_now_t    now;
    limited_t   r, t, c;
    ag_claim_t  claims[3];

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 5, MINUTE);
    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    c = limited(AG_RESOURCE_CONCURRENCY, 5, 0);

    claims[0] = claim(&r, 1);
    claims[1] = claim(&t, 500);
    claims[2] = claim(&c, 1);

    assert_int_equal(take(claims, 3, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(take(claims, 3, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(used(&c, at(0)), 2);

    claims[0].used = 0;
    claims[1].used = 30;
    claims[2].used = 1;
    now = at(100);
    ag_limit_settle(claims, 3, &now);

    assert_int_equal(used(&r, now), 2);
    assert_int_equal(used(&t, now), 530);
    assert_int_equal(used(&c, now), 1);

    /* more than was there: it is owed */

    claims[1].used = 5000;
    ag_limit_settle(claims, 3, &now);
    assert_int_equal(used(&t, now), 5030);
    assert_int_equal(used(&c, now), 0);

    ag_limit_settle(&claims[2], 1, &now);
    assert_int_equal(used(&c, now), 0);

    limited_free(&r);
    limited_free(&t);
    limited_free(&c);
}


static void
undone_is_as_if_it_had_never_been(void **state)
{
    ag_now_t    now;
    limited_t   r, t, c, d;
    ag_claim_t  claims[4];

    (void) state;

    r = limited(AG_RESOURCE_REQUESTS, 5, MINUTE);
    t = limited(AG_RESOURCE_TOKENS, 1000, MINUTE);
    c = limited(AG_RESOURCE_CONCURRENCY, 5, 0);
    d = limited_by(AG_WINDOW_DAY, 100);

    claims[0] = claim(&r, 1);
    claims[1] = claim(&t, 500);
    claims[2] = claim(&c, 1);
    claims[3] = claim(&d, 70);

    assert_int_equal(take(claims, 4, at(0)).result, AG_LIMIT_TAKEN);
    now = at(100);
    ag_limit_undo(claims, 4, &now);

    assert_int_equal(used(&r, now), 0);
    assert_int_equal(used(&t, now), 0);
    assert_int_equal(used(&c, now), 0);
    assert_int_equal(used(&d, now), 0);

    limited_free(&r);
    limited_free(&t);
    limited_free(&c);
    limited_free(&d);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_kind_follows_the_resource),
        cmocka_unit_test(all_are_taken_or_none),
        cmocka_unit_test(the_longest_wait_is_named),
        cmocka_unit_test(never_comes_first),
        cmocka_unit_test(a_share_that_is_too_small_is_not_for_ever),
        cmocka_unit_test(an_estimate_is_cut_a_demand_is_not),
        cmocka_unit_test(a_dry_run_counts_and_refuses_nothing),
        cmocka_unit_test(what_others_decided_is_recorded),
        cmocka_unit_test(settling_makes_it_what_was_used),
        cmocka_unit_test(undone_is_as_if_it_had_never_been)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
