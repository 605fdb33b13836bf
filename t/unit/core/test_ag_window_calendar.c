/*
 * Copyright (C) ngx_agent authors
 *
 * Budgets of a day and of a month, and clocks that are set.
 */


#include "core/limit_test.h"


#define DAY       INT64_C(86400)
#define MIDNIGHT  (DAY / 2)             /* from NOON on */
#define DECEMBER  (10 * DAY + MIDNIGHT)     /* from 20 November, noon */
#define SECOND    UINT64_C(1000000)     /* us */


static void
a_day_ends_at_midnight(void **state)
{
    limited_t  l;

    (void) state;

    l = limited_by(AG_WINDOW_DAY, 1000);

    assert_int_equal(wait_for(&l, 900, wall(0)), 0);
    assert_int_equal(wait_for(&l, 101, wall(0)),
                     (uint64_t) MIDNIGHT * SECOND);
    assert_int_equal(wait_for(&l, 100, wall(0)), 0);
    assert_int_equal(used(&l, wall(MIDNIGHT - 1)), 1000);
    assert_int_equal(wait_for(&l, 1, wall(MIDNIGHT - 1)), SECOND);

    assert_int_equal(used(&l, wall(MIDNIGHT)), 0);
    assert_int_equal(wait_for(&l, 1000, wall(MIDNIGHT)), 0);
    assert_int_equal(l.window->head, NOON + MIDNIGHT);
    assert_int_equal(wait_for(&l, 1, wall(MIDNIGHT)), (uint64_t) DAY * SECOND);

    limited_free(&l);
}


static void
a_month_ends_with_its_last_day(void **state)
{
    limited_t  l;

    (void) state;

    l = limited_by(AG_WINDOW_MONTH, 1000);

    assert_int_equal(wait_for(&l, 1000, wall(0)), 0);
    assert_int_equal(l.window->head, NOON - 19 * DAY - MIDNIGHT);
    assert_int_equal(wait_for(&l, 1, wall(DAY)),
                     (uint64_t) (DECEMBER - DAY) * SECOND);
    assert_int_equal(wait_for(&l, 1, wall(DECEMBER - 1)), SECOND);
    assert_int_equal(wait_for(&l, 1000, wall(DECEMBER)), 0);
    assert_int_equal(wait_for(&l, 1, wall(DECEMBER)),
                     (uint64_t) (31 * DAY) * SECOND);

    /* periods in which nobody called are none */

    assert_int_equal(wait_for(&l, 1000, wall(DECEMBER + 1000 * DAY)), 0);

    limited_free(&l);
}


static void
a_clock_that_goes_back_refills_nothing(void **state)
{
    limited_t  l;

    (void) state;

    l = limited_by(AG_WINDOW_DAY, 1000);

    assert_int_equal(wait_for(&l, 700, wall(0)), 0);
    assert_int_equal(used(&l, wall(-3 * DAY)), 700);
    assert_int_equal(wait_for(&l, 301, wall(-3 * DAY)),
                     (uint64_t) (3 * DAY + MIDNIGHT) * SECOND);
    assert_int_equal(wait_for(&l, 300, wall(-3 * DAY)), 0);
    assert_int_equal(used(&l, wall(0)), 1000);

    /* forth, and back again: what began is what counts */

    assert_int_equal(wait_for(&l, 600, wall(DAY)), 0);
    assert_int_equal(wait_for(&l, 401, wall(0)),
                     (uint64_t) (DAY + MIDNIGHT) * SECOND);
    assert_int_equal(used(&l, wall(0)), 600);
    assert_int_equal(used(&l, wall(MIDNIGHT + DAY)), 0);

    limited_free(&l);
}


static void
a_clock_may_show_anything(void **state)
{
    static const int64_t  clocks[] = {
        INT64_MIN, -1, 0, INT64_C(253402300799), INT64_MAX
    };

    size_t     i;
    ag_now_t   now;
    limited_t  l;

    (void) state;

    for (i = 0; i < sizeof(clocks) / sizeof(int64_t); i++) {
        l = limited_by((i % 2) ? AG_WINDOW_DAY : AG_WINDOW_MONTH, 10);
        now.us = 0;
        now.wall = clocks[i];

        assert_int_equal(wait_for(&l, 10, now), 0);
        assert_true(wait_for(&l, 1, now) > 0);
        assert_int_equal(used(&l, now), 10);
        l.window->head = UINT64_MAX;
        assert_int_equal(wait_for(&l, 10, now), 0);
        assert_int_equal(used(&l, now), 10);

        limited_free(&l);
    }
}


static void
what_is_settled_belongs_to_its_period(void **state)
{
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited_by(AG_WINDOW_DAY, 1000);
    c = claim(&l, 500);
    assert_int_equal(take(&c, 1, wall(0)).result, AG_LIMIT_TAKEN);

    settle(&c, 100, wall(60));
    assert_int_equal(used(&l, wall(60)), 100);

    /* after midnight: no refund of yesterday, but what was too little counts */

    c = claim(&l, 500);
    assert_int_equal(take(&c, 1, wall(60)).result, AG_LIMIT_TAKEN);
    assert_int_equal(wait_for(&l, 200, wall(MIDNIGHT)), 0);
    settle(&c, 100, wall(MIDNIGHT));
    assert_int_equal(used(&l, wall(MIDNIGHT)), 200);
    undo(&c, wall(MIDNIGHT));
    assert_int_equal(used(&l, wall(MIDNIGHT)), 200);
    settle(&c, 530, wall(MIDNIGHT));
    assert_int_equal(used(&l, wall(MIDNIGHT)), 230);

    /* it may also be what begins the day */

    settle(&c, 540, wall(MIDNIGHT + DAY));
    assert_int_equal(used(&l, wall(MIDNIGHT + DAY)), 40);

    /* no more back than there is */

    c = claim(&l, 10);
    assert_int_equal(take(&c, 1, wall(MIDNIGHT + DAY)).result,
                     AG_LIMIT_TAKEN);
    c.taken = 1000;
    settle(&c, 0, wall(MIDNIGHT + DAY));
    assert_int_equal(used(&l, wall(MIDNIGHT + DAY)), 0);

    limited_free(&l);
}


static void
a_sum_does_not_pass_64_bits(void **state)
{
    ag_now_t    now;
    limited_t   l;
    ag_claim_t  c;

    (void) state;

    l = limited_by(AG_WINDOW_MONTH, UINT64_MAX);
    now = wall(0);
    c = claim(&l, UINT64_MAX - 1);
    ag_limit_record(&c, 1, &now);
    ag_limit_record(&c, 1, &now);
    assert_int_equal(c.taken, 1);
    assert_int_equal(used(&l, now), UINT64_MAX);

    limited_free(&l);
}


static void
it_tells_when_the_period_ends(void **state)
{
    limited_t  l;

    (void) state;

    l = limited_by(AG_WINDOW_DAY, 1000);
    assert_int_equal(reset(&l, wall(0)), (uint64_t) MIDNIGHT * SECOND);

    assert_int_equal(wait_for(&l, 10, wall(0)), 0);
    assert_int_equal(reset(&l, wall(1)), (uint64_t) (MIDNIGHT - 1) * SECOND);
    assert_int_equal(reset(&l, wall(MIDNIGHT)), (uint64_t) DAY * SECOND);

    limited_free(&l);
}


/* Killed where a period begins, and then the clock is set back. */
static void
a_period_that_has_begun_is_finished(void **state)
{
    limited_t  l;

    (void) state;

    l = limited_by(AG_WINDOW_DAY, 1000);
    assert_int_equal(wait_for(&l, 700, wall(0)), 0);

    l.window->head = (uint64_t) (NOON + MIDNIGHT) | 1;
    ag_window_mend(l.window);
    assert_int_equal(l.window->head, NOON + MIDNIGHT);
    assert_int_equal(used(&l, wall(MIDNIGHT)), 0);
    assert_int_equal(wait_for(&l, 1000, wall(0)), 0);

    ag_window_mend(l.window);                   /* nothing to do */
    assert_int_equal(used(&l, wall(0)), 1000);
    assert_int_equal(wait_for(&l, 1, wall(MIDNIGHT)), (uint64_t) DAY * SECOND);

    limited_free(&l);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_day_ends_at_midnight),
        cmocka_unit_test(a_month_ends_with_its_last_day),
        cmocka_unit_test(a_clock_that_goes_back_refills_nothing),
        cmocka_unit_test(a_clock_may_show_anything),
        cmocka_unit_test(what_is_settled_belongs_to_its_period),
        cmocka_unit_test(a_sum_does_not_pass_64_bits),
        cmocka_unit_test(it_tells_when_the_period_ends),
        cmocka_unit_test(a_period_that_has_begun_is_finished)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
