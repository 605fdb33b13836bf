/*
 * Copyright (C) ngx_agent authors
 */


#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_metric.h"


static size_t
width(ag_nature_t nature)
{
    switch (nature) {

    case AG_NATURE_GAUGE:
        return 0;

    case AG_NATURE_SECONDS:
    case AG_NATURE_TOKENS:
        return AG_BUCKETS_MAX + 2;

    default:
        return 1;
    }
}


/* Every cell of a scope belongs to exactly one metric. */
static void
test_cells_are_packed_and_never_shared(void **state)
{
    size_t           i, next[AG_SCOPE_MAX], gauges;
    ag_scope_t       scope;
    ag_metric_id_t   id;
    ag_nature_t      nature;

    (void) state;
    memset(next, 0, sizeof(next));
    gauges = 0;

    for (id = 0; id < AG_M_MAX; id++) {
        scope = ag_metric_row(id)->scope;
        nature = ag_metric_row(id)->nature;

        if (nature == AG_NATURE_GAUGE) {
            assert_int_equal(ag_metric_cell(id), gauges++);
            assert_int_equal(scope, AG_SCOPE_GATEWAY);
            continue;
        }

        assert_int_equal(ag_metric_cell(id), next[scope]);
        next[scope] += width(nature);
    }

    for (i = 0; i < AG_SCOPE_MAX; i++) {
        assert_int_equal(ag_scope_cells((ag_scope_t) i), next[i]);
    }

    assert_int_equal(ag_gauges(), gauges);
}


static int
ends_with(const char *name, const char *end)
{
    size_t  n;

    n = strlen(name);

    return n > strlen(end) && strcmp(name + n - strlen(end), end) == 0;
}


/* The rules of prometheus.io, "Metric and label naming". */
static void
test_names_are_unique_and_say_their_unit(void **state)
{
    const char      *name;
    ag_nature_t      nature;
    ag_metric_id_t   id, other;

    (void) state;

    for (id = 0; id < AG_M_MAX; id++) {
        name = ag_metric_row(id)->name;
        nature = ag_metric_row(id)->nature;

        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"),
                         strlen(name));
        assert_true(strncmp(name, "agent_", 6) == 0
                    || strncmp(name, "gen_ai_", 7) == 0);
        assert_int_equal(ends_with(name, "_total"),
                         nature == AG_NATURE_COUNTER);
        assert_true(nature != AG_NATURE_SECONDS
                    || ends_with(name, "_seconds"));
        assert_null(strpbrk(ag_metric_row(id)->help, "\\\n\""));

        for (other = 0; other < id; other++) {
            assert_string_not_equal(ag_metric_row(other)->name, name);
        }
    }
}


static void
test_scopes_have_names(void **state)
{
    (void) state;

    assert_string_equal(ag_scope_plural(AG_SCOPE_TENANT), "tenants");
    assert_string_equal(ag_scope_label(AG_SCOPE_TENANT), "tenant");
    assert_string_equal(ag_scope_label(AG_SCOPE_GATEWAY), "");
    assert_string_equal(ag_scope_plural(AG_SCOPE_ERROR), "errors");
}


static void
test_bounds_rise(void **state)
{
    size_t           i;
    const uint64_t  *seconds, *tokens;

    (void) state;

    seconds = ag_metric_bounds(AG_NATURE_SECONDS);
    tokens = ag_metric_bounds(AG_NATURE_TOKENS);

    for (i = 1; i < AG_BUCKETS_MAX; i++) {
        assert_true(seconds[i] > seconds[i - 1]);
        assert_true(tokens[i] > tokens[i - 1]);
    }

    assert_null(ag_metric_bounds(AG_NATURE_COUNTER));
    assert_null(ag_metric_bounds(AG_NATURE_GAUGE));
    assert_null(ag_metric_bounds(AG_NATURE_VALUE));
}


static void
test_a_bound_belongs_to_its_bucket(void **state)
{
    size_t           i;
    const uint64_t  *bounds;

    (void) state;

    bounds = ag_metric_bounds(AG_NATURE_SECONDS);

    for (i = 0; i < AG_BUCKETS_MAX; i++) {
        assert_int_equal(ag_metric_bucket(AG_M_MODEL_DURATION, bounds[i]), i);
        assert_int_equal(ag_metric_bucket(AG_M_MODEL_DURATION, bounds[i] + 1),
                         i + 1);
    }

    assert_int_equal(ag_metric_bucket(AG_M_MODEL_DURATION, 0), 0);
    assert_int_equal(ag_metric_bucket(AG_M_MODEL_DURATION, UINT64_MAX),
                     AG_BUCKETS_MAX);
    assert_int_equal(ag_metric_bucket(AG_M_MODEL_INPUT_TOKENS, 1), 0);
    assert_int_equal(ag_metric_bucket(AG_M_MODEL_INPUT_TOKENS, 1000), 6);
    assert_int_equal(ag_metric_bucket(AG_M_TENANT_CALLS, 1000), 0);
}


static void
test_quantiles_lie_in_the_right_bucket(void **state)
{
    uint64_t  cells[AG_BUCKETS_MAX + 2];

    (void) state;
    memset(cells, 0, sizeof(cells));

    assert_int_equal(ag_metric_count(cells), 0);
    assert_int_equal(ag_metric_quantile(AG_NATURE_SECONDS, cells, 50), 0);

    /* 90 calls of 20 to 40 ms, 10 of 640 to 1280 ms */

    cells[2] = 90;
    cells[7] = 10;
    cells[AG_BUCKETS_MAX + 1] = 12345;

    assert_int_equal(ag_metric_count(cells), 100);
    assert_int_equal(ag_metric_quantile(AG_NATURE_SECONDS, cells, 45), 30);
    assert_int_equal(ag_metric_quantile(AG_NATURE_SECONDS, cells, 90), 40);
    assert_int_equal(ag_metric_quantile(AG_NATURE_SECONDS, cells, 95), 960);
    assert_int_equal(ag_metric_quantile(AG_NATURE_SECONDS, cells, 100), 1280);
}


/* Above the last bound nothing is known: the bound is the least it can be. */
static void
test_a_quantile_never_passes_the_last_bound(void **state)
{
    uint64_t  cells[AG_BUCKETS_MAX + 2];

    (void) state;
    memset(cells, 0, sizeof(cells));

    cells[AG_BUCKETS_MAX] = 3;

    assert_int_equal(ag_metric_quantile(AG_NATURE_SECONDS, cells, 50), 327680);
    assert_int_equal(ag_metric_quantile(AG_NATURE_TOKENS, cells, 99), 1048576);
    assert_int_equal(ag_metric_quantile(AG_NATURE_COUNTER, cells, 50), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cells_are_packed_and_never_shared),
        cmocka_unit_test(test_names_are_unique_and_say_their_unit),
        cmocka_unit_test(test_scopes_have_names),
        cmocka_unit_test(test_bounds_rise),
        cmocka_unit_test(test_a_bound_belongs_to_its_bucket),
        cmocka_unit_test(test_quantiles_lie_in_the_right_bucket),
        cmocka_unit_test(test_a_quantile_never_passes_the_last_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
