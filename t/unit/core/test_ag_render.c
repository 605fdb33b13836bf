/*
 * Copyright (C) ngx_agent authors
 */


#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_render_parts.h"
#include "core/snapshot.h"


static void
is_shown(ag_nature_t nature, uint64_t value, const char *expected)
{
    ag_buf_t     out;
    ag_render_t  w;

    ag_buf_init(&out, 100);
    w.out = &out;
    w.rc = AG_OK;

    ag_render_value(&w, nature, value);

    assert_int_equal(w.rc, AG_OK);
    assert_true(ag_str_is(ag_buf_str(&out), expected));

    ag_buf_free(&out);
}


static void
test_numbers_are_as_short_as_they_can_be(void **state)
{
    (void) state;

    is_shown(AG_NATURE_COUNTER, 0, "0");
    is_shown(AG_NATURE_COUNTER, 1200, "1200");
    is_shown(AG_NATURE_TOKENS, UINT64_MAX, "18446744073709551615");
    is_shown(AG_NATURE_SECONDS, 0, "0");
    is_shown(AG_NATURE_SECONDS, 7, "0.007");
    is_shown(AG_NATURE_SECONDS, 10, "0.01");
    is_shown(AG_NATURE_SECONDS, 1005, "1.005");
    is_shown(AG_NATURE_SECONDS, 1500, "1.5");
    is_shown(AG_NATURE_SECONDS, 2000, "2");
    is_shown(AG_NATURE_SECONDS, 100000, "100");
    is_shown(AG_NATURE_SECONDS, UINT64_MAX, "18446744073709551.615");
}


static void
test_bounds_are_in_the_metrics_unit(void **state)
{
    char  out[AG_RENDER_NUMBER_MAX];

    (void) state;

    assert_string_equal(ag_render_bound(AG_NATURE_SECONDS, 0, out), "0.01");
    assert_string_equal(ag_render_bound(AG_NATURE_SECONDS, 7, out), "1.28");
    assert_string_equal(ag_render_bound(AG_NATURE_TOKENS, 0, out), "1");
    assert_string_equal(ag_render_bound(AG_NATURE_TOKENS, AG_BUCKETS_MAX,
                                        out),
                        "+Inf");
}


/* A page that does not fit is refused at every size, and nothing overruns. */
static void
test_a_page_never_passes_its_maximum(void **state)
{
    size_t    max, whole;
    ag_str_t  name = ag_string("a\"b\\c\n");
    ag_buf_t  out;
    sample_t  s;

    (void) state;
    sample_init(&s, 1, name);

    ag_buf_init(&out, AG_STATUS_MAX);
    assert_int_equal(ag_render_json(&out, &s.snapshot), AG_OK);
    whole = out.len;
    ag_buf_free(&out);

    for (max = 0; max <= whole; max += (whole - max < 50) ? 1 : 37) {
        ag_buf_init(&out, max);
        assert_int_equal(ag_render_json(&out, &s.snapshot),
                         (max < whole) ? AG_LIMIT : AG_OK);
        assert_true(out.len <= max);
        ag_buf_free(&out);

        ag_buf_init(&out, max);
        assert_int_equal(ag_render_prometheus(&out, &s.snapshot), AG_LIMIT);
        assert_true(out.len <= max);
        ag_buf_free(&out);
    }

    sample_free(&s);
}


/* AG_STATUS_MAX's own claim: all series, the longest names, large numbers. */
static void
test_the_largest_page_fits(void **state)
{
    size_t       i;
    ag_buf_t     out;
    sample_t     s;
    ag_scope_t   scope;
    ag_char_t    name[AG_SERIES_NAME_MAX];

    (void) state;

    /* in JSON "\1" takes six bytes; Prometheus doubles a backslash */

    memset(name, 1, sizeof(name));
    sample_init(&s, AG_SERIES_MAX + 1, ag_str(name, sizeof(name)));

    for (scope = 0; scope < AG_SCOPE_MAX; scope++) {
        for (i = 0; i < ag_scope_cells(scope); i++) {
            s.cells[scope][i] = UINT64_MAX / 32;
        }
    }

    ag_buf_init(&out, AG_STATUS_MAX);
    assert_int_equal(ag_render_json(&out, &s.snapshot), AG_OK);
    ag_buf_free(&out);

    memset(name, '\\', sizeof(name));

    assert_int_equal(ag_render_prometheus(&out, &s.snapshot), AG_OK);
    assert_in_range(out.len, AG_STATUS_MAX / 2, AG_STATUS_MAX * 9 / 10);
    ag_buf_free(&out);

    sample_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_numbers_are_as_short_as_they_can_be),
        cmocka_unit_test(test_bounds_are_in_the_metrics_unit),
        cmocka_unit_test(test_a_page_never_passes_its_maximum),
        cmocka_unit_test(test_the_largest_page_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
