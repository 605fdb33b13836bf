/*
 * Copyright (C) ngx_agent authors
 *
 * Rules that hold other schemas or patterns: what is refused, and that the
 * memory they take has its end.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_schema_parts.h"
#include "core/schema_check.h"


static ag_schema_t *
compile_many(const char *before, const char *piece, size_t times,
    const char *behind, ag_schema_error_t *error)
{
    size_t        i;
    ag_buf_t      text;
    ag_schema_t  *schema;

    ag_buf_init(&text, SIZE_MAX);
    (void) ag_buf_add_string(&text, before);

    for (i = 0; i < times; i++) {
        (void) ag_buf_add_string(&text, (i > 0) ? ",\"" : "\"");
        (void) ag_buf_add_number(&text, i);
        (void) ag_buf_add_string(&text, piece);
    }

    (void) ag_buf_add_string(&text, behind);

    schema = ag_schema_compile(ag_buf_str(&text), error);
    ag_buf_free(&text);

    return schema;
}


static void
refuses_patterns_that_are_none(void **state)
{
    (void) state;

    schema_refuse("{\"pattern\":5}", "pattern");
    schema_refuse("{\"pattern\":\"(\"}", "pattern");
    schema_refuse("{\"patternProperties\":{\"a\":{},\"[\":{}}}",
                  "patternProperties");
    schema_refuse("{\"properties\":{\"a\":{}},\"patternProperties\":"
                  "{\"*\":{}}}", "patternProperties");
}


static void
refuses_a_name_given_twice(void **state)
{
    (void) state;

    schema_refuse("{\"properties\":{\"a\":{},\"b\":{},\"a\":{}}}",
                  "properties");
    schema_refuse("{\"dependentSchemas\":{\"a\":{},\"a\":{}}}",
                  "dependentSchemas");
    assert_null(schema_refused("{\"properties\":{\"a\":{},\"A\":{},"
                               "\"aa\":{},\"\":{},\"a\\u0000\":{}}}"));
}


static void
refuses_patterns_that_are_too_large_together(void **state)
{
    size_t              i;
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    /* 45 bytes of text each, 27 KiB compiled */

    schema = compile_many("{\"$defs\":{", "\":{\"pattern\":\"((a{10}){20})"
                          "{60}\"}", 100, "}}", &error);
    assert_non_null(schema);

    for (i = 1; i < schema->link_count; i++) {
        assert_int_equal(ag_regex_size(schema->links[i].regex),
                         ag_regex_size(schema->links[0].regex));
    }

    assert_true(100 * ag_regex_size(schema->links[0].regex)
                < AG_SCHEMA_REGEXES);
    ag_schema_free(schema);

    schema = compile_many("{\"$defs\":{", "\":{\"pattern\":\"((a{10}){20})"
                          "{60}\"}", 1000, "}}", &error);
    assert_null(schema);
    assert_string_equal(error.keyword, "pattern");
}


static void
sorts_names_to_find_them(void **state)
{
    uint32_t                 i;
    ag_schema_t             *schema;
    ag_schema_error_t        error;
    const ag_schema_link_t  *link;

    (void) state;

    schema = compile_many("{\"patternProperties\":{\"x\":{}},\"properties\":"
                          "{", "\":{}", 1500, "}}", &error);
    assert_non_null(schema);
    assert_int_equal(schema->rule_count, 1);
    assert_int_equal(schema->rules[0].split, 1500);
    assert_int_equal(schema->rules[0].count, 1501);
    assert_non_null(schema->links[1500].regex);

    for (i = 0; i < 1500; i++) {
        link = ag_schema_apply_find(schema, &schema->rules[0],
                                    schema->links[i].name);
        assert_ptr_equal(link, &schema->links[i]);
    }

    assert_null(ag_schema_apply_find(schema, &schema->rules[0],
                                     schema_text("1500")));
    assert_null(ag_schema_apply_find(schema, &schema->rules[0],
                                     schema_text("x")));
    assert_null(ag_schema_apply_find(schema, &schema->rules[0],
                                     schema_text("")));
    ag_schema_free(schema);
}


static void
links_dynamic_references_to_all_anchors_of_their_name(void **state)
{
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    schema = ag_schema_compile(schema_text(
        "{\"$dynamicAnchor\":\"a\",\"$defs\":{\"x\":{\"$id\":\"x\","
        "\"$dynamicAnchor\":\"a\",\"$dynamicRef\":\"#a\"},\"y\":{\"$id\":"
        "\"y\",\"$anchor\":\"a\"},\"z\":{\"$id\":\"z\",\"$dynamicAnchor\":"
        "\"b\"}}}"), &error);

    assert_non_null(schema);
    assert_int_equal(schema->rule_count, 1);
    assert_int_equal(schema->rules[0].count, 2);
    assert_int_equal(schema->rules[0].node, 1);
    ag_schema_free(schema);

    /* one that is plain, or meant plainly, has none */

    schema = ag_schema_compile(schema_text(
        "{\"$dynamicAnchor\":\"a\",\"$anchor\":\"b\",\"anyOf\":[{\"$ref\":"
        "\"#a\"},{\"$dynamicRef\":\"#b\"},{\"$dynamicRef\":\"#\"}]}"),
        &error);

    assert_non_null(schema);
    assert_int_equal(schema->link_count, 3);
    ag_schema_free(schema);
}


static void
refuses_too_many_dynamic_references(void **state)
{
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    schema = compile_many("{\"$defs\":{", "\":{\"$id\":\"\",\"$dynamicAnchor"
                          "\":\"a\",\"$dynamicRef\":\"#a\"}", 3000, "}}",
                          &error);
    assert_null(schema);
    assert_string_equal(error.reason, "the schema takes too long to read");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refuses_patterns_that_are_none),
        cmocka_unit_test(refuses_a_name_given_twice),
        cmocka_unit_test(refuses_patterns_that_are_too_large_together),
        cmocka_unit_test(sorts_names_to_find_them),
        cmocka_unit_test(
            links_dynamic_references_to_all_anchors_of_their_name),
        cmocka_unit_test(refuses_too_many_dynamic_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
