/*
 * Copyright (C) ngx_agent authors
 *
 * A schema's life: what is refused with which words, that a compiled schema
 * needs nothing of its text, and that no schema checks for ever.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_schema_parts.h"
#include "core/schema_check.h"


static ag_buf_t repeated(const char *before, const char *piece, size_t times,
    const char *behind);
static int verdict(ag_buf_t *schema, ag_buf_t *value,
    ag_schema_error_t *error);


/* "before", "piece" separated by commas, "behind". */
static ag_buf_t
repeated(const char *before, const char *piece, size_t times,
    const char *behind)
{
    size_t    i;
    ag_buf_t  text;

    ag_buf_init(&text, SIZE_MAX);
    (void) ag_buf_add_string(&text, before);

    for (i = 0; i < times; i++) {
        (void) ag_buf_add_string(&text, (i > 0) ? "," : "");
        (void) ag_buf_add_string(&text, piece);
    }

    (void) ag_buf_add_string(&text, behind);

    return text;
}


/* Frees both texts. */
static int
verdict(ag_buf_t *schema, ag_buf_t *value, ag_schema_error_t *error)
{
    int  rc;

    assert_int_equal(ag_buf_add(schema, "", 1), AG_OK);
    assert_int_equal(ag_buf_add(value, "", 1), AG_OK);

    rc = schema_verdict((char *) schema->data, (char *) value->data, error);

    ag_buf_free(schema);
    ag_buf_free(value);

    return rc;
}


static void
checks_an_answer(void **state)
{
    static const char  schema[] =
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
        "\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\","
        "\"minLength\":1},\"tags\":{\"type\":\"array\",\"items\":{\"enum\":"
        "[\"a\",\"b\"]}},\"child\":{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":"
        "\"null\"}]}},\"required\":[\"name\",\"tags\",\"child\"],"
        "\"additionalProperties\":false}";
    static const schema_row_t  rows[] = {
        { schema, "{\"name\":\"x\",\"tags\":[],\"child\":null}", NULL },
        { schema, "{\"name\":\"x\",\"tags\":[\"a\"],\"child\":{\"name\":"
          "\"y\",\"tags\":[\"b\"],\"child\":null}}", NULL },
        { schema, "{\"name\":\"x\",\"tags\":[],\"child\":{\"name\":\"y\","
          "\"tags\":[\"c\"],\"child\":null}}", "anyOf" },
        { schema, "{\"name\":\"\",\"tags\":[],\"child\":null}",
          "minLength" },
        { schema, "{\"name\":\"x\",\"tags\":[],\"child\":null,\"more\":1}",
          "additionalProperties" },
        { schema, "{\"name\":\"x\",\"tags\":[]}", "required" },
        { schema, "[]", "type" },
    };

    (void) state;

    schema_rows(rows);
}


static void
keeps_its_own_copy_of_a_text(void **state)
{
    char                text[] = "{\"properties\":{\"abc\":{\"pattern\":"
                                 "\"^x\",\"enum\":[\"xy\"]}}}";
    yyjson_doc         *doc;
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    schema = ag_schema_compile(schema_text(text), &error);
    assert_non_null(schema);
    assert_string_equal(error.keyword, "");
    memset(text, 'z', sizeof(text));

    doc = ag_json_tree(schema_text("{\"abc\":\"xy\"}"), NULL, 0);
    assert_int_equal(ag_schema_check(schema, yyjson_doc_get_root(doc),
                                     &error), AG_OK);
    assert_string_equal(error.keyword, "");
    assert_string_equal(error.reason, "");
    yyjson_doc_free(doc);

    doc = ag_json_tree(schema_text("{\"abc\":\"xz\"}"), NULL, 0);
    assert_int_equal(ag_schema_check(schema, yyjson_doc_get_root(doc),
                                     &error), AG_INVALID);
    assert_string_equal(error.keyword, "enum");
    yyjson_doc_free(doc);

    ag_schema_free(schema);
}


static void
takes_a_tree_as_well(void **state)
{
    yyjson_doc         *doc;
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    doc = ag_json_tree(schema_text("{\"a\":{\"const\":[1]},\"b\":[1]}"), NULL,
                       0);

    schema = ag_schema_compile_tree(ag_json_path(yyjson_doc_get_root(doc),
                                                 "a", NULL), &error);
    assert_non_null(schema);
    assert_int_equal(ag_schema_check(schema,
                                     ag_json_path(yyjson_doc_get_root(doc),
                                                  "b", NULL), &error),
                     AG_OK);
    assert_int_equal(ag_schema_check(schema, yyjson_doc_get_root(doc),
                                     &error), AG_INVALID);

    ag_schema_free(schema);

    assert_null(ag_schema_compile_tree(ag_json_path(yyjson_doc_get_root(doc),
                                                    "b", NULL), &error));
    assert_string_equal(error.reason, "is no schema");
    assert_null(ag_schema_compile_tree(NULL, &error));

    yyjson_doc_free(doc);
}


static void
lives_without_an_error(void **state)
{
    yyjson_doc   *doc;
    ag_schema_t  *schema;

    (void) state;

    assert_null(ag_schema_compile(schema_text("{"), NULL));
    assert_null(ag_schema_compile_tree(NULL, NULL));
    ag_schema_free(NULL);

    schema = ag_schema_compile(schema_text("{\"type\":\"null\"}"), NULL);
    doc = ag_json_tree(schema_text("1"), NULL, 0);
    assert_int_equal(ag_schema_check(schema, yyjson_doc_get_root(doc), NULL),
                     AG_INVALID);
    yyjson_doc_free(doc);
    ag_schema_free(schema);
}


static void
refuses_what_is_no_json(void **state)
{
    (void) state;

    schema_refuse("", "");
    schema_refuse("{", "");
    schema_refuse("{\"type\":\"null\"} x", "");
    schema_refuse("{\"a\":\"\xff\"}", "");
}


static void
refuses_a_schema_that_is_too_large(void **state)
{
    ag_buf_t            text;
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    text = repeated("{\"a\":[", "1", (AG_SCHEMA_MAX - 8) / 2, "]}");

    while (text.len < AG_SCHEMA_MAX) {
        (void) ag_buf_add_string(&text, " ");
    }

    schema = ag_schema_compile(ag_buf_str(&text), &error);
    assert_non_null(schema);
    ag_schema_free(schema);

    (void) ag_buf_add_string(&text, " ");
    assert_null(ag_schema_compile(ag_buf_str(&text), &error));
    assert_string_equal(error.reason, "the schema is too large");
    ag_buf_free(&text);
}


static void
refuses_too_many_subschemas(void **state)
{
    ag_buf_t            text;
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    text = repeated("{\"anyOf\":[", "{}", AG_SCHEMA_NODES_MAX - 1, "]}");
    schema = ag_schema_compile(ag_buf_str(&text), &error);
    assert_non_null(schema);
    assert_int_equal(schema->node_count, AG_SCHEMA_NODES_MAX);
    ag_schema_free(schema);
    ag_buf_free(&text);

    text = repeated("{\"anyOf\":[", "{}", AG_SCHEMA_NODES_MAX, "]}");
    assert_null(ag_schema_compile(ag_buf_str(&text), &error));
    assert_string_equal(error.reason, "the schema has too many subschemas");
    ag_buf_free(&text);
}


static void
refuses_a_schema_that_is_too_deep(void **state)
{
    int                 depth;
    size_t              i;
    ag_buf_t            text;
    yyjson_doc         *doc;
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    (void) state;

    for (depth = AG_JSON_DEPTH_MAX; depth <= AG_JSON_DEPTH_MAX + 2; depth++) {
        ag_buf_init(&text, SIZE_MAX);

        for (i = 1; i < (size_t) depth; i++) {
            (void) ag_buf_add_string(&text, "{\"not\":");
        }

        (void) ag_buf_add_string(&text, "{}");

        for (i = 1; i < (size_t) depth; i++) {
            (void) ag_buf_add_string(&text, "}");
        }

        schema = ag_schema_compile(ag_buf_str(&text), &error);
        assert_int_equal(schema != NULL, depth <= AG_JSON_DEPTH_MAX);
        ag_schema_free(schema);

        /* a tree that somebody else made may be deeper */

        doc = yyjson_read((char *) text.data, text.len, 0);
        schema = ag_schema_compile_tree(yyjson_doc_get_root(doc), &error);
        assert_int_equal(schema != NULL, depth <= AG_JSON_DEPTH_MAX + 1);
        ag_schema_free(schema);
        yyjson_doc_free(doc);
        ag_buf_free(&text);
    }
}


static void
checks_values_as_deep_as_they_come(void **state)
{
    ag_buf_t            value;
    char                text[2 * AG_JSON_DEPTH_MAX];
    static const char   tree[] = "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{"
                                 "\"items\":{\"$ref\":\"#/$defs/a\"}}}}";
    ag_buf_t            schema;
    ag_schema_error_t   error;

    (void) state;

    memset(text, '[', AG_JSON_DEPTH_MAX);
    memset(text + AG_JSON_DEPTH_MAX, ']', AG_JSON_DEPTH_MAX);

    ag_buf_init(&value, SIZE_MAX);
    ag_buf_init(&schema, SIZE_MAX);
    (void) ag_buf_add(&value, text, sizeof(text));
    (void) ag_buf_add_string(&schema, tree);

    assert_int_equal(verdict(&schema, &value, &error), AG_OK);
}


static void
gives_up_a_loop(void **state)
{
    ag_schema_error_t  error;

    (void) state;

    assert_int_equal(schema_verdict("{\"$ref\":\"#\"}", "1", &error),
                     AG_LIMIT);
    assert_string_equal(error.reason, "the schema takes too long to check");

    assert_int_equal(schema_verdict("{\"$ref\":\"#/$defs/a\",\"$defs\":{"
                                    "\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{"
                                    "\"$ref\":\"#/$defs/a\"}}}", "1",
                                    &error), AG_LIMIT);

    /* what could not be told is neither true nor false */

    assert_int_equal(schema_verdict("{\"not\":{\"$ref\":\"#\"}}", "1",
                                    &error), AG_LIMIT);
    assert_int_equal(schema_verdict("{\"if\":{\"$ref\":\"#\"},\"then\":true}",
                                    "1", &error), AG_LIMIT);
    assert_int_equal(schema_verdict("{\"anyOf\":[{\"$ref\":\"#\"},true]}",
                                    "1", &error), AG_LIMIT);
    assert_int_equal(schema_verdict("{\"contains\":{\"allOf\":[{\"$ref\":"
                                    "\"#/contains\"}]}}", "[1]", &error),
                     AG_LIMIT);
}


static void
reaches_its_depth_and_no_further(void **state)
{
    int                 depth;
    size_t              i;
    ag_buf_t            text, value;
    ag_schema_error_t   error;

    (void) state;

    /* the root, a chain of references, and its end */

    for (depth = AG_SCHEMA_DEPTH_MAX - 1; depth < AG_SCHEMA_DEPTH_MAX + 2;
         depth++)
    {
        ag_buf_init(&text, SIZE_MAX);
        ag_buf_init(&value, SIZE_MAX);
        (void) ag_buf_add_string(&text, "{\"$ref\":\"#/$defs/1\",\"$defs\":{");

        for (i = 1; i < (size_t) depth - 1; i++) {
            (void) ag_buf_add_string(&text, "\"");
            (void) ag_buf_add_number(&text, i);
            (void) ag_buf_add_string(&text, "\":{\"$ref\":\"#/$defs/");
            (void) ag_buf_add_number(&text, i + 1);
            (void) ag_buf_add_string(&text, "\"},");
        }

        (void) ag_buf_add_string(&text, "\"");
        (void) ag_buf_add_number(&text, i);
        (void) ag_buf_add_string(&text, "\":{}}}");
        (void) ag_buf_add_string(&value, "1");

        assert_int_equal(verdict(&text, &value, &error),
                         depth <= AG_SCHEMA_DEPTH_MAX ? AG_OK : AG_LIMIT);
    }
}


static void
gives_up_work_that_grows_without_end(void **state)
{
    size_t              i;
    ag_buf_t            text, value;
    ag_schema_error_t   error;

    (void) state;

    ag_buf_init(&text, SIZE_MAX);
    ag_buf_init(&value, SIZE_MAX);
    (void) ag_buf_add_string(&text, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");

    for (i = 0; i < 40; i++) {
        (void) ag_buf_add_string(&text, "\"");
        (void) ag_buf_add_number(&text, i);
        (void) ag_buf_add_string(&text, "\":{\"anyOf\":[{\"$ref\":\"#/$defs/");
        (void) ag_buf_add_number(&text, i + 1);
        (void) ag_buf_add_string(&text, "\"},{\"$ref\":\"#/$defs/");
        (void) ag_buf_add_number(&text, i + 1);
        (void) ag_buf_add_string(&text, "\"}]},");
    }

    (void) ag_buf_add_string(&text, "\"40\":false}}");
    (void) ag_buf_add_string(&value, "1");

    assert_int_equal(verdict(&text, &value, &error), AG_LIMIT);
}


/* Elements that cost more than they look: few are checked, many are not. */
static void
counts_what_a_value_costs(void **state)
{
    size_t             i;
    ag_buf_t           text, value;
    ag_schema_error_t  error;
    static const struct {
        const char  *schema;
        const char  *piece;
        size_t       few;
        size_t       many;
    } rows[] = {
        { "{\"items\":{\"pattern\":\"^(?:a|b)*c\"}}", "\"ababababac\"",
          1000, 80000 },
        { "{\"items\":{\"multipleOf\":0.1}}", "0.3", 10000, 100000 },
        { "{\"items\":{\"maximum\":1e400}}", "1e399", 1000, 100000 },
        { "{\"items\":{\"enum\":[[1,[0]],[1,[1]],[1,[2]],[1,[3]],[1,[4]],"
          "[1,[5]],[1,[6]],[1,[7]],[1,[8]],[1,[9]]]}}", "[1,[9]]", 10000,
          100000 },
        { "{\"items\":{\"allOf\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},"
          "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}}", "1", 10000,
          100000 },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text = repeated(rows[i].schema, "", 0, "");
        value = repeated("[", rows[i].piece, rows[i].few, "]");
        assert_int_equal(verdict(&text, &value, &error), AG_OK);

        text = repeated(rows[i].schema, "", 0, "");
        value = repeated("[", rows[i].piece, rows[i].many, "]");

        if (verdict(&text, &value, &error) != AG_LIMIT) {
            fail_msg("%s of many %s", rows[i].schema, rows[i].piece);
        }
    }
}


static void
has_time_for_long_strings(void **state)
{
    size_t              i;
    ag_buf_t            text, value;
    ag_schema_error_t   error;

    (void) state;

    ag_buf_init(&text, SIZE_MAX);
    ag_buf_init(&value, SIZE_MAX);
    (void) ag_buf_add_string(&text, "{\"allOf\":[{\"maxLength\":450000},"
                             "{\"minLength\":450000},{\"pattern\":"
                             "\"^[^a-z]*$\"},{\"maxLength\":449999}]}");
    (void) ag_buf_add_string(&value, "\"");

    for (i = 0; i < 450000; i++) {
        (void) ag_buf_add_string(&value, "\xc3\xa9");
    }

    (void) ag_buf_add_string(&value, "\"");

    assert_int_equal(verdict(&text, &value, &error), AG_INVALID);
    assert_string_equal(error.keyword, "maxLength");
}


static void
gives_up_on_unique_elements_that_are_many(void **state)
{
    size_t              i;
    ag_buf_t            text, value;
    ag_schema_error_t   error;

    (void) state;

    ag_buf_init(&text, SIZE_MAX);
    ag_buf_init(&value, SIZE_MAX);
    (void) ag_buf_add_string(&text, "{\"uniqueItems\":true}");

    for (i = 0; i < 20000; i++) {
        (void) ag_buf_add_string(&value, (i > 0) ? "," : "[");
        (void) ag_buf_add_number(&value, i);
    }

    (void) ag_buf_add_string(&value, "]");

    assert_int_equal(verdict(&text, &value, &error), AG_LIMIT);
}


static void
gives_up_a_pattern_that_takes_too_long(void **state)
{
    static const char   value[] = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"";
    ag_schema_error_t   error;

    (void) state;

    assert_int_equal(schema_verdict("{\"pattern\":\"^(a+)+$\"}", value,
                                    &error), AG_LIMIT);
    assert_int_equal(schema_verdict("{\"not\":{\"pattern\":\"^(a+)+$\"}}",
                                    value, &error), AG_LIMIT);
}


static void
gives_up_patterns_that_take_long_together(void **state)
{
    ag_buf_t            text, value;
    ag_schema_error_t   error;

    (void) state;

    /* each takes some ten thousands of steps, and stays below its own limit */

    text = repeated("{\"items\":{\"pattern\":\"^(a+)+[bc]?$\"}}", "", 0, "");
    value = repeated("[", "\"aaaaaaaaaaaaaaX\"", 1, "]");
    assert_int_equal(verdict(&text, &value, &error), AG_INVALID);

    text = repeated("{\"items\":{\"not\":{\"pattern\":\"^(a+)+[bc]?$\"}}}",
                    "", 0, "");
    value = repeated("[", "\"aaaaaaaaaaaaX\"", 3, "]");
    assert_int_equal(verdict(&text, &value, &error), AG_OK);

    text = repeated("{\"items\":{\"not\":{\"pattern\":\"^(a+)+[bc]?$\"}}}",
                    "", 0, "");
    value = repeated("[", "\"aaaaaaaaaaaaX\"", 3000, "]");
    assert_int_equal(verdict(&text, &value, &error), AG_LIMIT);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(checks_an_answer),
        cmocka_unit_test(keeps_its_own_copy_of_a_text),
        cmocka_unit_test(takes_a_tree_as_well),
        cmocka_unit_test(lives_without_an_error),
        cmocka_unit_test(refuses_what_is_no_json),
        cmocka_unit_test(refuses_a_schema_that_is_too_large),
        cmocka_unit_test(refuses_too_many_subschemas),
        cmocka_unit_test(refuses_a_schema_that_is_too_deep),
        cmocka_unit_test(checks_values_as_deep_as_they_come),
        cmocka_unit_test(gives_up_a_loop),
        cmocka_unit_test(reaches_its_depth_and_no_further),
        cmocka_unit_test(gives_up_work_that_grows_without_end),
        cmocka_unit_test(counts_what_a_value_costs),
        cmocka_unit_test(has_time_for_long_strings),
        cmocka_unit_test(gives_up_on_unique_elements_that_are_many),
        cmocka_unit_test(gives_up_a_pattern_that_takes_too_long),
        cmocka_unit_test(gives_up_patterns_that_take_long_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
