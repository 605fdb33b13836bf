/*
 * Copyright (C) ngx_agent authors
 *
 * The exact log: to the microsecond, and against a list of all admissions.
 */


#include "core/limit_test.h"


#define WINDOWS  10
#define STEPS    200000         /* of each */


static uint64_t
any(uint64_t *seed, uint64_t n)
{
    uint64_t  x;

    *seed += UINT64_C(0x9e3779b97f4a7c15);
    x = *seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (x ^ (x >> 31)) % n;
}


/* Takes one of at most "max"; 0, or how long to wait. */
static uint64_t
one_of(const limited_t *l, uint64_t max, ag_now_t now)
{
    ag_claim_t  c;

    c = claim(l, 1);
    c.max = max;

    return take(&c, 1, now).wait;
}


static void
one_more_fits_when_the_first_is_a_window_old(void **state)
{
    uint64_t   i;
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 3, MINUTE);

    for (i = 0; i < 3; i++) {
        assert_int_equal(wait_for(&l, 1, at(100 + i)), 0);
    }

    assert_int_equal(wait_for(&l, 1, at(103)), MINUTE - 3);
    assert_int_equal(wait_for(&l, 1, at(100 + MINUTE - 1)), 1);
    assert_int_equal(wait_for(&l, 1, at(100 + MINUTE)), 0);
    assert_int_equal(wait_for(&l, 1, at(100 + MINUTE)), 1);
    assert_int_equal(wait_for(&l, 1, at(101 + MINUTE)), 0);
    assert_int_equal(wait_for(&l, 1, at(101 + MINUTE)), 1);

    assert_int_equal(used(&l, at(101 + MINUTE)), 3);
    assert_int_equal(used(&l, at(102 + MINUTE)), 2);
    assert_int_equal(used(&l, at(100 + 2 * MINUTE)), 1);
    assert_int_equal(used(&l, at(101 + 2 * MINUTE)), 0);

    limited_free(&l);
}


/* The two-bucket counter's worst case: twice the limit around an edge. */
static void
bursts_at_an_edge_are_not_twice_the_limit(void **state)
{
    uint64_t   i, n;
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 1000, MINUTE);
    n = 0;

    for (i = 0; i < 1000; i++) {
        n += (wait_for(&l, 1, at(MINUTE - 1000 + i)) == 0);
    }

    for (i = 0; i < 2000; i++) {
        n += (wait_for(&l, 1, at(MINUTE + i * 1000)) == 0);
    }

    assert_int_equal(n, 1000);
    limited_free(&l);
}


static void
a_smaller_share_looks_less_far_back(void **state)
{
    uint64_t   i;
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 10, MINUTE);

    for (i = 0; i < 25; i++) {
        assert_int_equal(one_of(&l, 10, at(i * MINUTE / 10)), 0);
    }

    /* ten of them count now, a tenth of a minute apart */

    for (i = 1; i <= 10; i++) {
        assert_int_equal(one_of(&l, i, at(24 * MINUTE / 10)),
                         MINUTE - (i - 1) * MINUTE / 10);
    }

    /* a log that is smaller than a limit is a limit */

    assert_int_equal(one_of(&l, 1000, at(24 * MINUTE / 10)), MINUTE / 10);

    limited_free(&l);
}


static void
time_does_not_step_back(void **state)
{
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 2, MINUTE);

    assert_int_equal(wait_for(&l, 1, at(1000)), 0);
    assert_int_equal(wait_for(&l, 1, at(400)), 0);      /* is at 1000 */
    assert_int_equal(l.window->last, 1000);
    assert_int_equal(used(&l, at(400 + MINUTE)), 2);

    /* who is behind has to wait until the others' clock is there */

    assert_int_equal(wait_for(&l, 1, at(900)), MINUTE + 100);
    assert_int_equal(reset(&l, at(900)), MINUTE + 100);

    limited_free(&l);
}


static void
the_last_one_can_be_undone(void **state)
{
    uint64_t    i;
    limited_t   l;
    ag_claim_t  c[3];

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 3, MINUTE);

    /* of a log that is not full, of a full one, and of a worn one */

    for (i = 0; i < 9; i++) {
        c[0] = claim(&l, 1);
        assert_int_equal(take(c, 1, at(i * MINUTE / 3)).result,
                         AG_LIMIT_TAKEN);
        undo(c, at(i * MINUTE / 3));
        assert_int_equal(wait_for(&l, 1, at(i * MINUTE / 3)), 0);
    }

    /* three, the newest first, and again */

    for (i = 0; i < 3; i++) {
        c[i] = claim(&l, 1);
        assert_int_equal(take(&c[i], 1, at(9 * MINUTE)).result,
                         AG_LIMIT_TAKEN);
    }

    for (i = 3; i > 0; i--) {
        undo(&c[i - 1], at(9 * MINUTE));
        assert_int_equal(used(&l, at(9 * MINUTE)), i - 1);
    }

    for (i = 0; i < 3; i++) {
        assert_int_equal(wait_for(&l, 1, at(9 * MINUTE)), 0);
    }

    assert_int_equal(wait_for(&l, 1, at(9 * MINUTE)), MINUTE);

    limited_free(&l);
}


static void
another_one_stays(void **state)
{
    limited_t   l;
    ag_claim_t  c[2];

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 3, MINUTE);
    c[0] = claim(&l, 1);
    c[1] = claim(&l, 1);

    assert_int_equal(take(&c[0], 1, at(0)).result, AG_LIMIT_TAKEN);
    assert_int_equal(take(&c[1], 1, at(0)).result, AG_LIMIT_TAKEN);
    undo(&c[0], at(0));
    assert_int_equal(used(&l, at(0)), 2);
    undo(&c[1], at(0));
    assert_int_equal(used(&l, at(0)), 1);

    /* a claim that was never taken */

    c[0] = claim(&l, 1);
    c[0].mark = c[1].mark - 2;
    undo(&c[0], at(0));
    assert_int_equal(used(&l, at(0)), 1);

    limited_free(&l);
}


/* A log that is too full has forgotten who still counts. */
static void
undoing_makes_no_room_that_was_not_there(void **state)
{
    uint64_t    i;
    ag_now_t    now;
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 3, MINUTE);

    for (i = 0; i < 4; i++) {
        c = claim(&l, 1);
        now = at(i * 100);
        ag_limit_record(&c, 1, &now);
    }

    undo(&c, at(300));
    assert_int_equal(wait_for(&l, 1, at(300)), MINUTE - 200);
    assert_int_equal(used(&l, at(300)), 3);

    limited_free(&l);
}


static void
a_larger_log_knows_the_same(void **state)
{
    uint64_t    i;
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 4, MINUTE);

    for (i = 0; i < 6; i++) {
        c = claim(&l, 1);
        assert_int_equal(take(&c, 1, at(i * MINUTE / 4)).result,
                         AG_LIMIT_TAKEN);
    }

    resize(&l, 7);
    assert_int_equal(used(&l, at(5 * MINUTE / 4)), 4);

    c.window = l.window;
    undo(&c, at(5 * MINUTE / 4));
    assert_int_equal(used(&l, at(5 * MINUTE / 4)), 3);

    for (i = 0; i < 4; i++) {
        assert_int_equal(wait_for(&l, 1, at(5 * MINUTE / 4)), 0);
    }

    assert_int_equal(wait_for(&l, 1, at(5 * MINUTE / 4)), MINUTE / 4);

    limited_free(&l);
}


static void
a_smaller_log_knows_the_last(void **state)
{
    uint64_t    i;
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 5, MINUTE);

    for (i = 0; i < 7; i++) {
        c = claim(&l, 1);
        assert_int_equal(take(&c, 1, at(i * MINUTE / 5)).result,
                         AG_LIMIT_TAKEN);
    }

    resize(&l, 2);
    assert_int_equal(used(&l, at(6 * MINUTE / 5)), 2);
    assert_int_equal(wait_for(&l, 1, at(6 * MINUTE / 5)), MINUTE * 4 / 5);

    /* it does not know whom it would have to remember again */

    c.window = l.window;
    undo(&c, at(6 * MINUTE / 5));
    assert_int_equal(wait_for(&l, 1, at(6 * MINUTE / 5)), MINUTE * 4 / 5);

    limited_free(&l);
}


/* What was there before the machine's clock began to run. */
static void
times_may_lie_before_time_began(void **state)
{
    uint64_t    i;
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 3, MINUTE);

    for (i = 0; i < 3; i++) {
        l.window->slots[i] = 1000 - (3 - i) * 400;
    }

    l.window->head = 3;
    l.window->last = 1000;

    assert_int_equal(used(&l, at(1000)), 3);
    assert_int_equal(wait_for(&l, 1, at(1000)), MINUTE - 1200);
    assert_int_equal(reset(&l, at(1000)), MINUTE - 400);
    ag_window_mend(l.window);
    assert_int_equal(l.window->head, 3);

    /* who is forgotten was there before time began, too */

    l.window->slots[0] = 1000 - MINUTE;
    c = claim(&l, 1);
    assert_int_equal(take(&c, 1, at(1000)).result, AG_LIMIT_TAKEN);
    undo(&c, at(1000));
    assert_int_equal(used(&l, at(1000)), 2);
    assert_int_equal(wait_for(&l, 1, at(1000)), 0);
    ag_window_mend(l.window);
    assert_int_equal(l.window->head, 4);

    resize(&l, 9);
    assert_int_equal(used(&l, at(1000)), 3);
    ag_window_mend(l.window);
    assert_int_equal(l.window->head, 4);

    for (i = 3; i < 9; i++) {
        assert_int_equal(wait_for(&l, 1, at(1000)), 0);
    }

    assert_int_equal(wait_for(&l, 1, at(1000)), MINUTE - 800);
    assert_int_equal(reset(&l, at(1000 + MINUTE)), 0);

    l.window->slots[(l.window->head - 1) % 9] = 1000 - MINUTE;
    assert_int_equal(reset(&l, at(1000)), 0);

    limited_free(&l);
}


static void
half_an_admission_counts(void **state)
{
    uint64_t   i;
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 3, MINUTE);
    assert_int_equal(wait_for(&l, 1, at(100)), 0);

    l.window->last = 200;                   /* killed after the slot */
    l.window->slots[1] = 200;
    ag_window_mend(l.window);
    assert_int_equal(l.window->head, 2);
    assert_int_equal(used(&l, at(200)), 2);

    for (i = 1; i < 6; i++) {
        assert_int_equal(wait_for(&l, 1, at(i * MINUTE)), 0);
    }

    l.window->last = 6 * MINUTE;
    l.window->slots[7 % 3] = 6 * MINUTE;
    ag_window_mend(l.window);
    assert_int_equal(l.window->head, 8);

    ag_window_mend(l.window);               /* once is enough */
    assert_int_equal(l.window->head, 8);

    l.window->head--;                       /* killed while it was undone */
    ag_window_mend(l.window);
    assert_int_equal(l.window->head, 8);

    limited_free(&l);
}


/* The list of all admissions: the times of those in the window. */
static void
it_is_as_exact_as_a_list(void **state)
{
    static uint64_t  times[STEPS];

    size_t     first, next;
    unsigned   sequence;
    uint64_t   i, max, seed, us, window, wait;
    limited_t  l;

    (void) state;

    for (sequence = 1; sequence <= WINDOWS; sequence++) {
        seed = sequence;
        us = any(&seed, 1000000);
        max = 1 + any(&seed, 300);
        window = 1 + any(&seed, 1000000);
        l = limited(AG_RESOURCE_REQUESTS, max, window);
        first = 0;
        next = 0;

        for (i = 0; i < STEPS; i++) {
            us += any(&seed, 4) ? 0 : any(&seed, 2 * window / max + 2);

            if (first < next && any(&seed, 50) == 0) {
                us = times[first] + window - any(&seed, 2);
            }

            while (first < next && us - times[first] >= window) {
                first++;
            }

            wait = wait_for(&l, 1, at(us));

            if (next - first < max) {
                assert_int_equal(wait, 0);
                times[next++] = us;

            } else {
                assert_int_equal(wait, times[first] + window - us);
            }
        }

        assert_true(next > 1000);
        limited_free(&l);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(one_more_fits_when_the_first_is_a_window_old),
        cmocka_unit_test(bursts_at_an_edge_are_not_twice_the_limit),
        cmocka_unit_test(a_smaller_share_looks_less_far_back),
        cmocka_unit_test(time_does_not_step_back),
        cmocka_unit_test(the_last_one_can_be_undone),
        cmocka_unit_test(another_one_stays),
        cmocka_unit_test(undoing_makes_no_room_that_was_not_there),
        cmocka_unit_test(a_larger_log_knows_the_same),
        cmocka_unit_test(a_smaller_log_knows_the_last),
        cmocka_unit_test(times_may_lie_before_time_began),
        cmocka_unit_test(half_an_admission_counts),
        cmocka_unit_test(it_is_as_exact_as_a_list)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
