/*
 * Copyright (C) ngx_agent authors
 *
 * What is common to windows: size, fitness for a limit, what is copied and
 * what is told.
 */


#include "core/limit_test.h"


static void
eight_bytes_for_a_request(void **state)
{
    ag_limit_t  limit;

    (void) state;

    memset(&limit, 0, sizeof(limit));
    limit.kind = AG_WINDOW_LOG;
    limit.max = 1000;
    assert_int_equal(ag_window_size(&limit), sizeof(ag_window_t) + 8000);

    limit.max = 0;                          /* not allowed, harmless */
    assert_int_equal(ag_window_size(&limit), sizeof(ag_window_t) + 8);

    limit.max = UINT64_MAX;
    assert_int_equal(ag_window_size(&limit),
                     sizeof(ag_window_t) + 8 * AG_LIMIT_LOG_MAX);

    limit.kind = AG_WINDOW_RING;
    assert_int_equal(ag_window_size(&limit),
                     sizeof(ag_window_t) + 8 * (AG_SUBWINDOWS + 1));

    limit.kind = AG_WINDOW_DAY;
    assert_int_equal(ag_window_size(&limit), sizeof(ag_window_t));
    limit.kind = AG_WINDOW_COUNT;
    assert_int_equal(ag_window_size(&limit), sizeof(ag_window_t));
}


static void
it_suits_the_same_kind_and_length(void **state)
{
    limited_t   l;
    ag_limit_t  other;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 10, MINUTE);
    other = l.limit;

    assert_true(ag_window_suits(l.window, &other));
    other.max = 9;
    assert_true(ag_window_suits(l.window, &other));
    other.max = 11;
    assert_false(ag_window_suits(l.window, &other));
    other.max = 10;
    other.window = MINUTE + 1;
    assert_false(ag_window_suits(l.window, &other));
    limited_free(&l);

    l = limited(AG_RESOURCE_TOKENS, 10, MINUTE);
    other = l.limit;
    other.max = 1000000;
    assert_true(ag_window_suits(l.window, &other));
    other.kind = AG_WINDOW_LOG;
    other.max = 10;
    assert_false(ag_window_suits(l.window, &other));
    limited_free(&l);

    l = limited_by(AG_WINDOW_DAY, 10);
    other = l.limit;
    assert_true(ag_window_suits(l.window, &other));
    other.kind = AG_WINDOW_MONTH;
    assert_false(ag_window_suits(l.window, &other));
    limited_free(&l);
}


/* The same kind and length: all goes over.  Else nothing does. */
static void
a_copy_means_the_same_or_nothing(void **state)
{
    static const struct {
        ag_resource_t     resource;
        ag_window_kind_t  kind;
        uint64_t          max;
        uint64_t          window;
    } rows[] = {
        { AG_RESOURCE_REQUESTS, 0, 10, MINUTE },
        { AG_RESOURCE_REQUESTS, 0, 10, MINUTE + 1 },
        { AG_RESOURCE_TOKENS, 0, 10, MINUTE },
        { AG_RESOURCE_TOKENS, 0, 10, MINUTE + 1 },
        { AG_RESOURCE_TOKENS, AG_WINDOW_DAY, 10, 0 },
        { AG_RESOURCE_TOKENS, AG_WINDOW_MONTH, 10, 0 },
        { AG_RESOURCE_CONCURRENCY, 0, 10, 0 }
    };

    size_t        i, j;
    ag_now_t      now;
    ag_limit_t    limits[2];
    ag_claim_t    c;
    ag_window_t  *windows[2];

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        for (j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
            memset(limits, 0, sizeof(limits));
            limits[0].resource = rows[i].resource;
            limits[0].kind = rows[i].kind;
            limits[0].max = rows[i].max;
            limits[0].window = rows[i].window;
            limits[1].resource = rows[j].resource;
            limits[1].kind = rows[j].kind;
            limits[1].max = rows[j].max;
            limits[1].window = rows[j].window;
            ag_limit_init(&limits[0]);
            ag_limit_init(&limits[1]);

            windows[0] = malloc(ag_window_size(&limits[0]));
            windows[1] = malloc(ag_window_size(&limits[1]));
            ag_window_init(windows[0], &limits[0]);
            ag_window_init(windows[1], &limits[1]);

            memset(&c, 0, sizeof(c));
            c.limit = &limits[0];
            c.window = windows[0];
            c.max = c.amount = c.least = 1;
            now = at(5 * MINUTE);
            assert_int_equal(take(&c, 1, now).result, AG_LIMIT_TAKEN);
            windows[0]->epoch = 77;
            windows[0]->behind = 99;

            ag_window_copy(windows[1], windows[0]);

            assert_int_equal(ag_window_used(windows[1], &now), i == j);
            assert_int_equal(windows[1]->epoch, (i == j) ? 77 : 0);
            assert_int_equal(windows[1]->behind, (i == j) ? 99 : 0);
            assert_int_equal(windows[1]->last, (i == j) ? now.us : 0);

            if (i == j) {
                assert_memory_equal(windows[0], windows[1],
                                    ag_window_size(&limits[0]));

                c.window = windows[1];
                undo(&c, now);
                assert_int_equal(ag_window_used(windows[1], &now), 0);
            }

            free(windows[0]);
            free(windows[1]);
        }
    }
}


static void
a_standing_says_what_is_left(void **state)
{
    ag_now_t       now;
    limited_t      l;
    ag_standing_t  standing;

    (void) state;

    l = limited(AG_RESOURCE_REQUESTS, 10, MINUTE);
    now = at(0);
    ag_window_standing(l.window, 10, &now, &standing);
    assert_int_equal(standing.limit, 10);
    assert_int_equal(standing.remaining, 10);
    assert_int_equal(standing.reset, 0);
    assert_true(ag_window_idle(l.window, &now));

    assert_int_equal(wait_for(&l, 1, at(0)), 0);
    assert_int_equal(wait_for(&l, 1, at(10)), 0);
    assert_int_equal(wait_for(&l, 1, at(10)), 0);

    now = at(20);
    ag_window_standing(l.window, 10, &now, &standing);
    assert_int_equal(standing.remaining, 7);
    assert_int_equal(standing.reset, MINUTE - 10);
    assert_false(ag_window_idle(l.window, &now));

    ag_window_standing(l.window, 2, &now, &standing);
    assert_int_equal(standing.limit, 2);
    assert_int_equal(standing.remaining, 0);

    now = at(MINUTE);
    ag_window_standing(l.window, 10, &now, &standing);
    assert_int_equal(standing.remaining, 8);
    assert_int_equal(standing.reset, 10);

    now = at(MINUTE + 10);
    ag_window_standing(l.window, 10, &now, &standing);
    assert_int_equal(standing.remaining, 10);
    assert_int_equal(standing.reset, 0);
    assert_true(ag_window_idle(l.window, &now));

    limited_free(&l);
}


/* Nobody wrote such a number; who finds one must not leave the table. */
static void
a_kind_that_is_none_is_harmless(void **state)
{
    ag_now_t   now;
    limited_t  l;

    (void) state;

    l = limited(AG_RESOURCE_CONCURRENCY, 10, 0);
    l.window->kind = 1000;
    now = at(0);

    ag_window_mend(l.window);
    assert_true(ag_window_idle(l.window, &now));
    assert_int_equal(wait_for(&l, 1, now), 0);
    assert_false(ag_window_suits(l.window, &l.limit));

    limited_free(&l);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(eight_bytes_for_a_request),
        cmocka_unit_test(it_suits_the_same_kind_and_length),
        cmocka_unit_test(a_copy_means_the_same_or_nothing),
        cmocka_unit_test(a_standing_says_what_is_left),
        cmocka_unit_test(a_kind_that_is_none_is_harmless)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
