/*
 * Copyright (C) ngx_agent authors
 *
 * The second pass over a schema: keywords whose value is not what the
 * standard says are refused, and the others make a rule.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_schema_parts.h"
#include "core/schema_check.h"


static void
rules(const char *text, size_t expected)
{
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    schema = ag_schema_compile(schema_text(text), &error);
    assert_non_null(schema);

    if (schema->rule_count != expected) {
        fail_msg("%s: %zu", text, schema->rule_count);
    }

    ag_schema_free(schema);
}


static void
makes_a_rule_of_what_tests_something(void **state)
{
    (void) state;

    rules("{}", 0);
    rules("false", 0);
    rules("{\"title\":\"a\",\"format\":\"uri\",\"$comment\":1}", 0);
    rules("{\"$defs\":{\"a\":{}},\"$id\":\"a\",\"$anchor\":\"b\"}", 0);
    rules("{\"contentSchema\":{},\"then\":{},\"else\":{}}", 0);
    rules("{\"minContains\":1,\"maxContains\":2}", 0);
    rules("{\"uniqueItems\":false}", 0);
    rules("{\"uniqueItems\":true,\"minItems\":1}", 2);
    rules("{\"contains\":{},\"minContains\":1,\"maxContains\":2}", 1);
    rules("{\"if\":{},\"then\":{},\"else\":{}}", 1);

    /* these are one rule together, whatever their order is */

    rules("{\"properties\":{},\"patternProperties\":{},"
          "\"additionalProperties\":{}}", 1);
    rules("{\"additionalProperties\":{},\"patternProperties\":{}}", 1);
    rules("{\"additionalProperties\":{}}", 1);
    rules("{\"items\":{},\"prefixItems\":[{}]}", 1);
    rules("{\"items\":{}}", 1);
}


static void
refuses_wrong_types(void **state)
{
    (void) state;

    schema_refuse("{\"type\":\"text\"}", "type");
    schema_refuse("{\"type\":\"String\"}", "type");
    schema_refuse("{\"type\":[]}", "type");
    schema_refuse("{\"type\":[\"null\",\"nil\"]}", "type");
    schema_refuse("{\"type\":[\"null\",1]}", "type");
    schema_refuse("{\"type\":null}", "type");
    schema_refuse("{\"type\":{}}", "type");
    schema_refuse("{\"enum\":{}}", "enum");
    schema_refuse("{\"uniqueItems\":1}", "uniqueItems");
    assert_null(schema_refused("{\"enum\":[]}"));
    assert_null(schema_refused("{\"const\":null}"));
}


static void
refuses_wrong_numbers(void **state)
{
    size_t             i;
    char               text[128];
    static const char  *counts[] = {
        "minLength", "maxLength", "minItems", "maxItems", "minProperties",
        "maxProperties",
    };
    static const char  *bounds[] = {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "multipleOf",
    };

    (void) state;

    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        snprintf(text, sizeof(text), "{\"%s\":-1}", counts[i]);
        schema_refuse(text, counts[i]);
        snprintf(text, sizeof(text), "{\"%s\":1.5}", counts[i]);
        schema_refuse(text, counts[i]);
        snprintf(text, sizeof(text), "{\"%s\":\"1\"}", counts[i]);
        schema_refuse(text, counts[i]);
        snprintf(text, sizeof(text), "{\"%s\":-1e400}", counts[i]);
        schema_refuse(text, counts[i]);

        snprintf(text, sizeof(text), "{\"%s\":2.0}", counts[i]);
        assert_null(schema_refused(text));
        snprintf(text, sizeof(text), "{\"%s\":1e400}", counts[i]);
        assert_null(schema_refused(text));
    }

    for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        snprintf(text, sizeof(text), "{\"%s\":true}", bounds[i]);
        schema_refuse(text, bounds[i]);
        snprintf(text, sizeof(text), "{\"%s\":\"1\"}", bounds[i]);
        schema_refuse(text, bounds[i]);
        snprintf(text, sizeof(text), "{\"%s\":0.5}", bounds[i]);
        assert_null(schema_refused(text));
    }

    schema_refuse("{\"multipleOf\":0}", "multipleOf");
    schema_refuse("{\"multipleOf\":-2}", "multipleOf");
    schema_refuse("{\"multipleOf\":1e400}", "multipleOf");
    schema_refuse("{\"contains\":{},\"minContains\":-1}", "minContains");
    schema_refuse("{\"contains\":{},\"maxContains\":0.5}", "maxContains");
}


static void
refuses_wrong_names(void **state)
{
    (void) state;

    schema_refuse("{\"required\":true}", "required");
    schema_refuse("{\"required\":\"a\"}", "required");
    schema_refuse("{\"required\":[\"a\",1]}", "required");
    schema_refuse("{\"dependentRequired\":[]}", "dependentRequired");
    schema_refuse("{\"dependentRequired\":{\"a\":\"b\"}}",
                  "dependentRequired");
    schema_refuse("{\"dependentRequired\":{\"a\":[null]}}",
                  "dependentRequired");
    assert_null(schema_refused("{\"required\":[]}"));
    assert_null(schema_refused("{\"dependentRequired\":{\"a\":[]}}"));
}


static void
refuses_what_older_drafts_promised(void **state)
{
    (void) state;

    schema_refuse("{\"dependencies\":{}}", "dependencies");
    schema_refuse("{\"additionalItems\":false}", "additionalItems");
    schema_refuse("{\"$recursiveRef\":\"#\"}", "$recursiveRef");
    schema_refuse("{\"not\":{\"additionalItems\":false}}",
                  "additionalItems");
}


static void
takes_counts_as_large_as_they_come(void **state)
{
    static const schema_row_t  rows[] = {
        { "{\"minLength\":1e400}", "\"a\"", "minLength" },
        { "{\"maxLength\":1e400}", "\"a\"", NULL },
        { "{\"minLength\":18446744073709551615}", "\"a\"", "minLength" },
        { "{\"minLength\":18446744073709551616}", "\"a\"", "minLength" },
        { "{\"maxLength\":18446744073709551616}", "\"a\"", NULL },
        { "{\"minItems\":1e19}", "[1]", "minItems" },
        { "{\"maxItems\":1e19}", "[1]", NULL },
        { "{\"minItems\":2.0}", "[1]", "minItems" },
        { "{\"minItems\":2.0}", "[1,2]", NULL },
    };

    (void) state;

    schema_rows(rows);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(makes_a_rule_of_what_tests_something),
        cmocka_unit_test(refuses_wrong_types),
        cmocka_unit_test(refuses_wrong_numbers),
        cmocka_unit_test(refuses_wrong_names),
        cmocka_unit_test(refuses_what_older_drafts_promised),
        cmocka_unit_test(takes_counts_as_large_as_they_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
