/*
 * Copyright (C) ngx_agent authors
 *
 * A log becomes sub-windows and the other way round.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_limit.h"


#define SECOND  UINT64_C(1000000)
#define START   (1000 * SECOND)


static ag_window_t *
window(ag_limit_t *limit, uint64_t max, uint64_t us)
{
    ag_window_t  *made;

    limit->resource = AG_RESOURCE_REQUESTS;
    limit->max = max;
    limit->window = us;
    limit->kind = AG_WINDOW_LOG;
    limit->dry_run = 0;
    ag_limit_init(limit);

    made = calloc(1, ag_window_size(limit));
    assert_non_null(made);
    ag_window_init(made, limit);

    return made;
}


static ag_now_t
at(uint64_t us)
{
    ag_now_t  now;

    now.us = us;
    now.wall = 0;

    return now;
}


static ag_limit_result_t
take(const ag_limit_t *limit, ag_window_t *from, uint64_t max, uint64_t us)
{
    ag_now_t      now;
    ag_claim_t    claim = { 0 };
    ag_verdict_t  verdict;

    now = at(us);
    claim.limit = limit;
    claim.window = from;
    claim.max = max;
    claim.amount = 1;
    claim.least = 1;

    ag_limit_take(&claim, 1, &now, &verdict);

    return verdict.result;
}


static void
a_log_goes_on_as_subwindows(void **state)
{
    ag_now_t      now;
    uint64_t      i;
    ag_limit_t    small, large;
    ag_window_t  *log, *ring;

    (void) state;

    log = window(&small, 10, 60 * SECOND);
    ring = window(&large, AG_LIMIT_LOG_MAX + 1, 60 * SECOND);
    assert_int_equal(log->kind, AG_WINDOW_LOG);
    assert_int_equal(ring->kind, AG_WINDOW_RING);

    for (i = 0; i < 7; i++) {
        assert_int_equal(take(&small, log, 10, START + i * SECOND),
                         AG_LIMIT_TAKEN);
    }

    ag_window_convert(ring, log);

    now = at(START + 7 * SECOND);
    assert_int_equal(ag_window_used(ring, &now), 7);
    assert_int_equal(take(&large, ring, 7, now.us), AG_LIMIT_FULL);

    now = at(START + 62 * SECOND);
    assert_in_range(ag_window_used(ring, &now), 4, 5);

    now = at(START + 67 * SECOND);
    assert_int_equal(ag_window_used(ring, &now), 0);

    free(log);
    free(ring);
}


static void
subwindows_go_on_as_a_log(void **state)
{
    ag_now_t      now;
    uint64_t      i;
    ag_limit_t    small, large;
    ag_window_t  *log, *ring;

    (void) state;

    log = window(&small, 5, 60 * SECOND);
    ring = window(&large, AG_LIMIT_LOG_MAX + 1, 60 * SECOND);

    for (i = 0; i < 8; i++) {
        assert_int_equal(take(&large, ring, large.max, START + i * SECOND),
                         AG_LIMIT_TAKEN);
    }

    ag_window_convert(log, ring);

    /* of the eight the last five are known: the first of them came in the
     * third second, and counts until its sub-window has left */

    now = at(START + 8 * SECOND);
    assert_int_equal(ag_window_used(log, &now), 5);
    assert_int_equal(take(&small, log, 5, START + 63 * SECOND - 1),
                     AG_LIMIT_FULL);
    assert_int_equal(take(&small, log, 5, START + 63 * SECOND + SECOND / 10),
                     AG_LIMIT_TAKEN);

    free(log);
    free(ring);
}


static void
windows_of_another_length_have_nothing_in_common(void **state)
{
    ag_now_t      now;
    ag_limit_t    small, large;
    ag_window_t  *log, *ring;

    (void) state;

    log = window(&small, 5, 60 * SECOND);
    ring = window(&large, AG_LIMIT_LOG_MAX + 1, 61 * SECOND);
    assert_int_equal(take(&small, log, 5, START), AG_LIMIT_TAKEN);

    ag_window_convert(ring, log);
    ag_window_convert(log, log);

    now = at(START);
    assert_int_equal(ag_window_used(ring, &now), 0);
    assert_int_equal(ag_window_used(log, &now), 1);

    free(log);
    free(ring);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_log_goes_on_as_subwindows),
        cmocka_unit_test(subwindows_go_on_as_a_log),
        cmocka_unit_test(windows_of_another_length_have_nothing_in_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
