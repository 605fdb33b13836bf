/*
 * Copyright (C) ngx_agent authors
 *
 * Choices among equals, by chance, in turn and by what is best.
 */


#include "core/balance_test.h"


static size_t turn(equals_t *e, uint32_t set, uint64_t n);
static void turns(equals_t *e, uint32_t set, const char *expected);


static size_t
turn(equals_t *e, uint32_t set, uint64_t n)
{
    return ag_balance_choose(AG_BALANCE_ROUND_ROBIN, e->members, e->count,
                             set, n, number(e), number(e));
}


/* "expected" names the members A, B, C; it is one round. */
static void
turns(equals_t *e, uint32_t set, const char *expected)
{
    size_t    len;
    uint64_t  n;

    len = strlen(expected);

    for (n = 0; n < 3 * len; n++) {

        if (turn(e, set, n) != (size_t) (expected[n % len] - 'A')) {
            fail_msg("turn %u of %s is %c", (unsigned) n, expected,
                     (int) ('A' + turn(e, set, n)));
        }
    }
}


static void
a_set_of_one_is_that_one(void **state)
{
    unsigned  how, i, n;
    equals_t  e;

    (void) state;

    for (n = 1; n <= AG_BALANCE_MAX; n++) {
        e = equals(n, NULL);

        for (i = 0; i < n; i++) {
            e.members[i].weight = 1 + (uint32_t) (number(&e) % 100);
            e.members[i].busy = (uint32_t) (number(&e) % 100);
            e.members[i].latency_us = (uint32_t) (number(&e) % 100);

            for (how = 0; how < WAYS; how++) {
                assert_int_equal(choose(&e, how, UINT32_C(1) << i), i);
            }
        }
    }
}


static void
only_the_set_is_chosen_from(void **state)
{
    size_t    at;
    unsigned  how, i;
    uint32_t  set;
    equals_t  e;

    (void) state;

    for (i = 0; i < 20000; i++) {
        e = equals(1 + i % AG_BALANCE_MAX, NULL);
        e.seed = i;

        for (at = 0; at < e.count; at++) {
            e.members[at].weight = (uint32_t) number(&e)
                                   >> (number(&e) % 32);
            e.members[at].ramp = (uint32_t) (number(&e) % 120);
            e.members[at].busy = (number(&e) & 1)
                                 ? 0 : (uint32_t) number(&e)
                                       >> (number(&e) % 32);
            e.members[at].latency_us = (uint32_t) number(&e)
                                       >> (number(&e) % 32);
        }

        set = (uint32_t) number(&e);

        for (how = 0; how < WAYS; how++) {
            at = choose(&e, how, set);

            if (set << (AG_BALANCE_MAX - e.count)) {
                assert_true(at < e.count);
                assert_true(set >> at & 1);

            } else {
                assert_int_equal(at, 0);
            }
        }
    }
}


static void
an_empty_set_does_no_harm(void **state)
{
    unsigned  how;
    equals_t  e;

    (void) state;

    e = equals(3, NULL);

    for (how = 0; how < WAYS; how++) {
        assert_int_equal(choose(&e, how, 0), 0);
        assert_int_equal(choose(&e, how, UINT32_C(0xfffffff8)), 0);
        assert_int_equal(ag_balance_choose(how, NULL, 0, ALL, 1, 2, 3), 0);
    }
}


static void
more_than_a_set_can_name_are_not_looked_at(void **state)
{
    unsigned             how, i;
    ag_balance_member_t  members[AG_BALANCE_MAX];

    (void) state;

    memset(members, 0, sizeof(members));

    for (how = 0; how < WAYS; how++) {

        for (i = 0; i < 1000; i++) {
            assert_true(ag_balance_choose(how, members, 1000, ALL, i, i, i)
                        < AG_BALANCE_MAX);
        }
    }
}


static void
weighted_is_by_weight(void **state)
{
    unsigned               counts[AG_BALANCE_MAX];
    equals_t               e;
    static const uint32_t  weights[] = { 1, 2, 3, 4 };

    (void) state;

    e = equals(4, weights);

    draw(&e, AG_BALANCE_WEIGHTED, ALL, counts);
    about(counts[0], 0.1);
    about(counts[1], 0.2);
    about(counts[2], 0.3);
    about(counts[3], 0.4);

    e.members[0].ramp = 1000;           /* is 100 */
    draw(&e, AG_BALANCE_WEIGHTED, 0x5, counts);
    about(counts[0], 0.25);
    about(counts[2], 0.75);

    /* slow start */

    e.members[3].ramp = 10;
    draw(&e, AG_BALANCE_WEIGHTED, ALL, counts);
    about(counts[0], 1 / 6.4);
    about(counts[1], 2 / 6.4);
    about(counts[2], 3 / 6.4);
    about(counts[3], 0.4 / 6.4);

    /* a way that is not known */

    draw(&e, WAYS - 1, 0x3, counts);
    about(counts[0], 1 / 3.0);
    about(counts[1], 2 / 3.0);
}


static void
the_largest_weights_fit(void **state)
{
    unsigned  i, counts[AG_BALANCE_MAX];
    equals_t  e;

    (void) state;

    e = equals(AG_BALANCE_MAX, NULL);

    for (i = 0; i < AG_BALANCE_MAX; i++) {
        e.members[i].weight = (i % 2) ? UINT32_MAX : UINT32_MAX / 3;
        e.members[i].busy = UINT32_MAX;
        e.members[i].latency_us = UINT32_MAX;
    }

    draw(&e, AG_BALANCE_WEIGHTED, 0x3, counts);
    about(counts[0], 0.25);
    about(counts[1], 0.75);

    draw(&e, AG_BALANCE_ROUND_ROBIN, ALL, counts);
    about(counts[30], 1 / 64.0);
    about(counts[31], 3 / 64.0);

    draw(&e, AG_BALANCE_HASH, 0x3, counts);
    about(counts[0], 0.25);
    about(counts[1], 0.75);

    /* the heavier ones have fewer calls per weight */

    draw(&e, AG_BALANCE_LEAST_BUSY, ALL, counts);
    about(counts[0], 0);
    about(counts[31], 1 / 16.0);

    /* the smallest beside the largest is not lost */

    e.members[0].weight = 1;
    e.members[0].busy = 0;
    assert_int_equal(choose(&e, AG_BALANCE_LEAST_BUSY, ALL), 0);
}


static void
round_robin_is_in_turn(void **state)
{
    equals_t               e;
    static const uint32_t  five[] = { 5, 1, 1 };
    static const uint32_t  last[] = { 1, 1, 4 };
    static const uint32_t  four[] = { 4, 2, 1, 1 };

    (void) state;

    e = equals(1, NULL);
    turns(&e, ALL, "A");

    e = equals(5, NULL);
    turns(&e, ALL, "ABCDE");
    turns(&e, 0x1d, "ACDE");

    e = equals(3, five);
    turns(&e, ALL, "ABAACAA");
    turns(&e, 0x6, "BC");

    e = equals(3, last);
    turns(&e, ALL, "CACCBC");

    e = equals(4, four);
    turns(&e, ALL, "ABACABAD");

    /* slow start: half of its turns */

    e = equals(2, NULL);
    e.members[1].ramp = 50;
    turns(&e, ALL, "ABA");
}


/* Exactly its weight in a round, and never far from its part of the way. */
static void
round_robin_is_exact_and_spread(void **state)
{
    size_t    at, last;
    double    off;
    uint64_t  far;
    unsigned  i, n, sum, counts[AG_BALANCE_MAX], run;
    equals_t  e;

    (void) state;

    for (i = 0; i < 1000; i++) {
        e = equals(1 + i % AG_BALANCE_MAX, NULL);
        e.seed = i;
        sum = 0;

        for (at = 0; at < e.count; at++) {
            e.members[at].weight = 1 + (uint32_t) (number(&e)
                                                   % ((i % 3) ? 5 : 20));
            sum += e.members[at].weight;
        }

        memset(counts, 0, sizeof(counts));
        last = AG_BALANCE_MAX;
        run = 0;
        far = (UINT64_MAX / sum - 1) * sum;

        for (n = 0; n < sum; n++) {
            at = turn(&e, ALL, n);
            assert_int_equal(at, turn(&e, ALL, n + far));

            run = (at == last) ? run + 1 : 1;
            last = at;
            counts[at]++;

            /* who has no more than half is at most twice in a row */

            assert_true(run <= 2 || 2 * e.members[at].weight > sum);

            off = (double) (n + 1) * e.members[at].weight / sum - counts[at];
            assert_true(off < 2 && off > -2);
        }

        for (at = 0; at < e.count; at++) {
            assert_int_equal(counts[at], e.members[at].weight);
        }
    }
}


static void
least_busy_is_per_weight(void **state)
{
    unsigned               counts[AG_BALANCE_MAX];
    equals_t               e;
    static const uint32_t  weights[] = { 1, 2, 4 };

    (void) state;

    e = equals(3, weights);
    e.members[0].busy = 10;
    e.members[1].busy = 19;
    e.members[2].busy = 39;
    assert_int_equal(choose(&e, AG_BALANCE_LEAST_BUSY, ALL), 1);
    assert_int_equal(choose(&e, AG_BALANCE_LEAST_BUSY, 0x5), 2);

    e.members[2].busy = 37;
    assert_int_equal(choose(&e, AG_BALANCE_LEAST_BUSY, ALL), 2);

    e.members[0].busy = 9;
    assert_int_equal(choose(&e, AG_BALANCE_LEAST_BUSY, ALL), 0);

    /* one in slow start is full sooner */

    e.members[0].ramp = 50;
    assert_int_equal(choose(&e, AG_BALANCE_LEAST_BUSY, ALL), 2);

    /* who is not in the set is not the measure */

    e.members[0].busy = 0;
    assert_int_equal(choose(&e, AG_BALANCE_LEAST_BUSY, 0x6), 2);

    /* of alike ones, by weight */

    e.members[0].ramp = 100;
    e.members[0].busy = 3;
    e.members[1].busy = 7;
    e.members[2].busy = 12;
    draw(&e, AG_BALANCE_LEAST_BUSY, ALL, counts);
    about(counts[0], 0.2);
    about(counts[1], 0);
    about(counts[2], 0.8);

    e = equals(3, weights);
    draw(&e, AG_BALANCE_LEAST_BUSY, ALL, counts);
    about(counts[0], 1 / 7.0);
    about(counts[1], 2 / 7.0);
    about(counts[2], 4 / 7.0);
}


static void
least_latency_is_the_better_of_two(void **state)
{
    unsigned  counts[AG_BALANCE_MAX];
    equals_t  e;

    (void) state;

    e = equals(4, NULL);
    e.members[0].latency_us = 300;
    e.members[1].latency_us = 100;
    e.members[2].latency_us = 400;
    e.members[3].latency_us = 200;

    draw(&e, AG_BALANCE_LEAST_LATENCY, ALL, counts);
    about(counts[1], 3 / 6.0);
    about(counts[3], 2 / 6.0);
    about(counts[0], 1 / 6.0);
    assert_int_equal(counts[2], 0);

    /* calls in flight */

    e.members[1].busy = 4;
    draw(&e, AG_BALANCE_LEAST_LATENCY, ALL, counts);
    about(counts[3], 3 / 6.0);
    about(counts[0], 2 / 6.0);
    about(counts[2], 1 / 6.0);
    assert_int_equal(counts[1], 0);

    /* not known yet is the best, and of such the one with fewer calls */

    e.members[1].latency_us = 0;
    draw(&e, AG_BALANCE_LEAST_LATENCY, ALL, counts);
    about(counts[1], 3 / 6.0);

    e.members[2].latency_us = 0;
    draw(&e, AG_BALANCE_LEAST_LATENCY, 0x6, counts);
    assert_int_equal(counts[2], DRAWS);

    e.members[2].busy = 5;
    draw(&e, AG_BALANCE_LEAST_LATENCY, 0x6, counts);
    assert_int_equal(counts[1], DRAWS);

    e.members[1].latency_us = 100;
    e.members[2].latency_us = 100;
    e.members[2].busy = UINT32_MAX;
    draw(&e, AG_BALANCE_LEAST_LATENCY, 0x6, counts);
    assert_int_equal(counts[1], DRAWS);

    /* alike: both */

    e.members[2].busy = 4;
    draw(&e, AG_BALANCE_LEAST_LATENCY, 0x6, counts);
    about(counts[1], 0.5);
    about(counts[2], 0.5);
}


static void
least_latency_draws_by_weight(void **state)
{
    unsigned               counts[AG_BALANCE_MAX];
    equals_t               e;
    static const uint32_t  weights[] = { 2, 1, 1 };

    (void) state;

    e = equals(3, weights);
    e.members[0].latency_us = 2;
    e.members[1].latency_us = 1;
    e.members[2].latency_us = 3;

    /* pairs: 0 1 with 5/12, 0 2 with 5/12, 1 2 with 2/12 */

    draw(&e, AG_BALANCE_LEAST_LATENCY, ALL, counts);
    about(counts[0], 5 / 12.0);
    about(counts[1], 7 / 12.0);
    assert_int_equal(counts[2], 0);

    /* the best one in slow start is not overrun: drawn first or second */

    e.members[0].latency_us = 3;
    e.members[1].ramp = 10;
    draw(&e, AG_BALANCE_LEAST_LATENCY, ALL, counts);
    about(counts[1], 0.1 / 3.1 + 2 / 3.1 * 0.1 / 1.1 + 1 / 3.1 * 0.1 / 2.1);
}


static void
averages_move_by_an_eighth(void **state)
{
    unsigned  i;
    uint32_t  average;

    (void) state;

    assert_int_equal(ag_balance_latency(0, 800), 800);
    assert_int_equal(ag_balance_latency(800, 1600), 900);
    assert_int_equal(ag_balance_latency(800, 0), 700);
    assert_int_equal(ag_balance_latency(800, 800), 800);
    assert_int_equal(ag_balance_latency(1000, 1007), 1001);
    assert_int_equal(ag_balance_latency(1000, 1003), 1000);

    /* known, however fast */

    assert_int_equal(ag_balance_latency(0, 0), 1);
    assert_int_equal(ag_balance_latency(1, 0), 1);

    average = 1;

    for (i = 0; i < 1000; i++) {
        average = ag_balance_latency(average, UINT64_MAX);
    }

    assert_true(average >= UINT32_MAX - 4);
    assert_int_equal(ag_balance_latency(UINT32_MAX, UINT64_MAX), UINT32_MAX);
    assert_int_equal(ag_balance_latency(0, UINT64_MAX), UINT32_MAX);

    for (i = 0; i < 1000; i++) {
        average = ag_balance_latency(average, 50);
    }

    assert_in_range(average, 46, 54);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_set_of_one_is_that_one),
        cmocka_unit_test(only_the_set_is_chosen_from),
        cmocka_unit_test(an_empty_set_does_no_harm),
        cmocka_unit_test(more_than_a_set_can_name_are_not_looked_at),
        cmocka_unit_test(weighted_is_by_weight),
        cmocka_unit_test(the_largest_weights_fit),
        cmocka_unit_test(round_robin_is_in_turn),
        cmocka_unit_test(round_robin_is_exact_and_spread),
        cmocka_unit_test(least_busy_is_per_weight),
        cmocka_unit_test(least_latency_is_the_better_of_two),
        cmocka_unit_test(least_latency_draws_by_weight),
        cmocka_unit_test(averages_move_by_an_eighth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
