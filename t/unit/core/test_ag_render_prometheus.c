/*
 * Copyright (C) ngx_agent authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_render.h"
#include "core/snapshot.h"


/* The page as a string; free it. */
static char *
page(sample_t *s)
{
    char      *text;
    ag_buf_t   out;

    ag_buf_init(&out, AG_STATUS_MAX);
    assert_int_equal(ag_render_prometheus(&out, &s->snapshot), AG_OK);

    text = calloc(1, out.len + 1);
    assert_non_null(text);
    memcpy(text, out.data, out.len);
    ag_buf_free(&out);

    return text;
}


/* Is it a whole line of the page, once? */
static void
has_line(const char *text, const char *line)
{
    size_t       n, found;
    const char  *p;

    n = strlen(line);
    found = 0;

    for (p = strstr(text, line); p != NULL; p = strstr(p + 1, line)) {
        if ((p == text || p[-1] == '\n') && p[n] == '\n') {
            found++;
        }
    }

    if (found != 1) {
        fail_msg("%zu lines are: %s", found, line);
    }
}


static void
test_every_metric_has_help_type_and_samples(void **state)
{
    char                   *text, line[1000];
    sample_t                s;
    ag_str_t                name = ag_string("x");
    const char             *type, *label;
    ag_metric_id_t          id;
    const ag_metric_row_t  *row;

    (void) state;
    sample_init(&s, 1, name);
    text = page(&s);

    for (id = 0; id < AG_M_MAX; id++) {
        row = ag_metric_row(id);
        label = ag_scope_label(row->scope);
        type = (ag_metric_bounds(row->nature) != NULL) ? "histogram"
               : (row->nature == AG_NATURE_COUNTER) ? "counter" : "gauge";

        snprintf(line, sizeof(line), "# HELP %s %s", row->name, row->help);
        has_line(text, line);
        snprintf(line, sizeof(line), "# TYPE %s %s", row->name, type);
        has_line(text, line);

        if (label[0] == '\0') {
            snprintf(line, sizeof(line), "%s 0", row->name);

        } else {
            snprintf(line, sizeof(line), "%s%s{%s=\"x\"} 0", row->name,
                     (type[0] == 'h') ? "_count" : "", label);
        }

        has_line(text, line);
    }

    free(text);
    sample_free(&s);
}


static void
test_buckets_are_cumulative(void **state)
{
    char      *text;
    sample_t   s;
    ag_str_t   name = ag_string("gpt-5");

    (void) state;
    sample_init(&s, 1, name);
    sample_set(&s, AG_M_TARGET_DURATION, 0, 1);
    sample_set(&s, AG_M_TARGET_DURATION, 2, 2);
    sample_set(&s, AG_M_TARGET_DURATION, AG_BUCKETS_MAX, 4);
    sample_set(&s, AG_M_TARGET_DURATION, AG_BUCKETS_MAX + 1, 1500);
    text = page(&s);

#define LINE(rest)  has_line(text, "agent_target_duration_seconds" rest)
    LINE("_bucket{target=\"gpt-5\",le=\"0.01\"} 1");
    LINE("_bucket{target=\"gpt-5\",le=\"0.02\"} 1");
    LINE("_bucket{target=\"gpt-5\",le=\"0.04\"} 3");
    LINE("_bucket{target=\"gpt-5\",le=\"327.68\"} 3");
    LINE("_bucket{target=\"gpt-5\",le=\"+Inf\"} 7");
    LINE("_sum{target=\"gpt-5\"} 1.5");
    LINE("_count{target=\"gpt-5\"} 7");

    free(text);
    sample_free(&s);
}


static void
test_numbers_of_all_natures(void **state)
{
    char      *text;
    sample_t   s;
    ag_str_t   name = ag_string("x");

    (void) state;
    sample_init(&s, 1, name);
    s.gauges[ag_metric_cell(AG_M_IN_FLIGHT)] = 3;
    sample_set(&s, AG_M_GENERATION, 0, 2);
    sample_set(&s, AG_M_TENANT_CALLS, 0, 4);
    sample_set(&s, AG_M_ERRORS, 0, 5);
    sample_set(&s, AG_M_MODEL_INPUT_TOKENS, AG_BUCKETS_MAX + 1, 1000);
    text = page(&s);

    has_line(text, "agent_calls_in_flight 3");
    has_line(text, "agent_configuration_generation 2");
    has_line(text, "agent_tenant_calls_total{tenant=\"x\"} 4");
    has_line(text, "agent_errors_total{class=\"x\"} 5");
    has_line(text, "gen_ai_client_token_usage_input_sum"
             "{gen_ai_request_model=\"x\"} 1000");

    free(text);
    sample_free(&s);
}


static void
test_any_name_stays_one_label(void **state)
{
    char      *text;
    sample_t   s;
    ag_str_t   name = ag_string("a\"\\\n\xff\xc3\xa9\x80");

    (void) state;
    sample_init(&s, 1, name);
    text = page(&s);

    has_line(text, "agent_tenant_calls_total"
             "{tenant=\"a\\\"\\\\\\n?\xc3\xa9?\"} 0");

    free(text);
    sample_free(&s);
}


/* Samples of a metric stand together, as the format demands. */
static void
test_a_metric_is_one_block(void **state)
{
    char      *text, *line, *rest, metric[200] = "", type[200];
    sample_t   s;
    ag_str_t   name = ag_string("x");

    (void) state;
    sample_init(&s, 3, name);
    text = page(&s);

    for (line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
    {
        if (sscanf(line, "# HELP %199s", metric) == 1) {
            continue;
        }

        if (sscanf(line, "# TYPE %199s", type) == 1) {
            assert_string_equal(type, metric);
            continue;
        }

        assert_int_equal(strncmp(line, metric, strlen(metric)), 0);
    }

    free(text);
    sample_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_metric_has_help_type_and_samples),
        cmocka_unit_test(test_buckets_are_cumulative),
        cmocka_unit_test(test_numbers_of_all_natures),
        cmocka_unit_test(test_any_name_stays_one_label),
        cmocka_unit_test(test_a_metric_is_one_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
