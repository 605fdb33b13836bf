/*
 * Copyright (C) ngx_agent authors
 */


#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>
#include <yyjson.h>

#include "core/ag_caps.h"
#include "core/ag_json.h"
#include "core/ag_render.h"
#include "core/snapshot.h"


static yyjson_doc *
page(sample_t *s)
{
    ag_buf_t     out;
    yyjson_doc  *doc;

    ag_buf_init(&out, AG_STATUS_MAX);
    assert_int_equal(ag_render_json(&out, &s->snapshot), AG_OK);

    doc = yyjson_read((char *) out.data, out.len, 0);
    assert_non_null(doc);
    ag_buf_free(&out);

    return doc;
}


static void
is_number(yyjson_val *value, double expected)
{
    assert_true(yyjson_is_num(value));
    assert_true(yyjson_get_num(value) == expected);
}


static void
test_the_head_says_who_and_when(void **state)
{
    sample_t     s;
    ag_str_t     name = ag_string("x");
    yyjson_doc  *doc;
    yyjson_val  *root;

    (void) state;
    sample_init(&s, 1, name);
    sample_set(&s, AG_M_GENERATION, 0, 7);
    s.gauges[ag_metric_cell(AG_M_STREAMS)] = 5;

    doc = page(&s);
    root = yyjson_doc_get_root(doc);

    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "version")),
                        "1.2.3");
    is_number(ag_json_path(root, "generation", NULL), 7);
    is_number(ag_json_path(root, "time", NULL), 1800000000);
    is_number(ag_json_path(root, "workers", NULL), 2);
    is_number(ag_json_path(root, "gateway", "agent_streams_open", NULL), 5);
    is_number(ag_json_path(root, "gateway", "agent_calls_in_flight", NULL), 0);

    yyjson_doc_free(doc);
    sample_free(&s);
}


/* One row of the table, and the metric is on the page. */
static void
test_every_metric_is_under_its_scope(void **state)
{
    sample_t                s;
    ag_str_t                name = ag_string("x");
    yyjson_doc             *doc;
    yyjson_val             *at;
    ag_metric_id_t          id;
    const ag_metric_row_t  *row;

    (void) state;
    sample_init(&s, 1, name);
    doc = page(&s);

    for (id = 0; id < AG_M_MAX; id++) {
        row = ag_metric_row(id);
        at = yyjson_obj_get(yyjson_doc_get_root(doc),
                            ag_scope_plural(row->scope));

        if (row->scope != AG_SCOPE_GATEWAY) {
            at = yyjson_obj_get(at, "x");
        }

        at = yyjson_obj_get(at, row->name);

        if (ag_metric_bounds(row->nature) != NULL) {
            is_number(yyjson_obj_get(at, "count"), 0);

        } else {
            is_number(at, 0);
        }
    }

    yyjson_doc_free(doc);
    sample_free(&s);
}


static void
test_a_histogram_has_sums_quantiles_and_buckets(void **state)
{
    sample_t     s;
    ag_str_t     name = ag_string("gpt-5");
    yyjson_doc  *doc;
    yyjson_val  *h;

    (void) state;
    sample_init(&s, 1, name);
    sample_set(&s, AG_M_MODEL_DURATION, 2, 90);
    sample_set(&s, AG_M_MODEL_DURATION, 7, 9);
    sample_set(&s, AG_M_MODEL_DURATION, AG_BUCKETS_MAX, 1);
    sample_set(&s, AG_M_MODEL_DURATION, AG_BUCKETS_MAX + 1, 12345);

    doc = page(&s);
    h = ag_json_path(yyjson_doc_get_root(doc), "models", "gpt-5",
                     ag_metric_row(AG_M_MODEL_DURATION)->name, NULL);

    is_number(yyjson_obj_get(h, "count"), 100);
    is_number(yyjson_obj_get(h, "sum"), 12.345);
    is_number(yyjson_obj_get(h, "p50"), 0.031);
    is_number(yyjson_obj_get(h, "p90"), 0.04);
    is_number(yyjson_obj_get(h, "p99"), 1.28);

    h = yyjson_obj_get(h, "buckets");

    assert_int_equal(yyjson_obj_size(h), AG_BUCKETS_MAX + 1);
    is_number(yyjson_obj_get(h, "0.02"), 0);
    is_number(yyjson_obj_get(h, "0.04"), 90);
    is_number(yyjson_obj_get(h, "1.28"), 99);
    is_number(yyjson_obj_get(h, "327.68"), 99);
    is_number(yyjson_obj_get(h, "+Inf"), 100);

    yyjson_doc_free(doc);
    sample_free(&s);
}


static void
test_a_target_tells_its_last_error(void **state)
{
    sample_t     s;
    ag_str_t     name = ag_string("p/m");
    yyjson_doc  *doc;
    yyjson_val  *error;

    (void) state;
    sample_init(&s, 1, name);

    doc = page(&s);
    assert_true(yyjson_is_null(ag_json_path(yyjson_doc_get_root(doc),
                                            "targets", "p/m", "last_error",
                                            NULL)));
    yyjson_doc_free(doc);

    s.series[AG_SCOPE_TARGET][0].error = AG_E_RATE_LIMIT;
    s.series[AG_SCOPE_TARGET][0].error_status = 429;
    sample_set(&s, AG_M_TARGET_FAILED_AT, 0, 1799999999);

    doc = page(&s);
    error = ag_json_path(yyjson_doc_get_root(doc), "targets", "p/m",
                         "last_error", NULL);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(error, "class")),
                        "rate_limit");
    is_number(yyjson_obj_get(error, "status"), 429);
    is_number(yyjson_obj_get(error, "at"), 1799999999);
    yyjson_doc_free(doc);

    /* no answer, no status */

    s.series[AG_SCOPE_TARGET][0].error_status = 0;

    doc = page(&s);
    assert_true(yyjson_is_null(ag_json_path(yyjson_doc_get_root(doc),
                                            "targets", "p/m", "last_error",
                                            "status", NULL)));
    yyjson_doc_free(doc);
    sample_free(&s);
}


static void
test_a_provider_tells_whether_it_is_asked(void **state)
{
    sample_t     s;
    ag_str_t     name = ag_string("p");
    yyjson_doc  *doc;
    yyjson_val  *p;

    (void) state;
    sample_init(&s, 1, name);
    sample_set(&s, AG_M_PROVIDER_DISABLED, 0, 1);

    doc = page(&s);
    p = ag_json_path(yyjson_doc_get_root(doc), "providers", "p", NULL);

    assert_string_equal(yyjson_get_str(yyjson_obj_get(p, "dialect")),
                        "openai");
    assert_true(yyjson_is_true(yyjson_obj_get(p, "disabled")));

    yyjson_doc_free(doc);
    sample_free(&s);
}


static void
test_any_name_stays_json(void **state)
{
    sample_t     s;
    ag_str_t     name = ag_string("a\"\\\n\x01\xff\xc3\xa9");
    yyjson_doc  *doc;

    (void) state;
    sample_init(&s, 1, name);

    doc = page(&s);
    assert_non_null(ag_json_path(yyjson_doc_get_root(doc), "tenants",
                                 "a\"\\\n\x01\xef\xbf\xbd\xc3\xa9", NULL));

    yyjson_doc_free(doc);
    sample_free(&s);
}


static void
test_a_gateway_without_names_is_a_page_too(void **state)
{
    sample_t     s;
    ag_str_t     name = ag_null_string;
    yyjson_doc  *doc;

    (void) state;
    sample_init(&s, 0, name);

    doc = page(&s);
    assert_int_equal(yyjson_obj_size(ag_json_path(yyjson_doc_get_root(doc),
                                                  "models", NULL)), 0);

    yyjson_doc_free(doc);
    sample_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_head_says_who_and_when),
        cmocka_unit_test(test_every_metric_is_under_its_scope),
        cmocka_unit_test(test_a_histogram_has_sums_quantiles_and_buckets),
        cmocka_unit_test(test_a_target_tells_its_last_error),
        cmocka_unit_test(test_a_provider_tells_whether_it_is_asked),
        cmocka_unit_test(test_any_name_stays_json),
        cmocka_unit_test(test_a_gateway_without_names_is_a_page_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
