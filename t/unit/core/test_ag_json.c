/*
 * Copyright (C) ngx_agent authors
 *
 * Reading of JSON that was checked, and trees.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_buf.h"
#include "core/ag_json.h"


static ag_str_t str(const char *text);
static void expect_decoded(const char *value, const char *expected,
    size_t len);
static void expect_integer(const char *value, int64_t min, int64_t max,
    int64_t expected);
static void refuse_integer(const char *value, int64_t min, int64_t max);
static ag_str_t nested(ag_buf_t *b, const char *open, const char *close,
    size_t levels);


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static void
finds_members_by_name(void **state)
{
    ag_json_t  json;

    (void) state;

    assert_int_equal(ag_json_scan(&json, str("{\"a\":1,\"model\":\"m\","
                                             "\"\":2,\"messages\":[]}")),
                     AG_OK);

    assert_ptr_equal(ag_json_find(&json, "a"), &json.members[0]);
    assert_ptr_equal(ag_json_find(&json, "model"), &json.members[1]);
    assert_ptr_equal(ag_json_find(&json, ""), &json.members[2]);
    assert_ptr_equal(ag_json_find(&json, "messages"), &json.members[3]);

    assert_null(ag_json_find(&json, "b"));
    assert_null(ag_json_find(&json, "mode"));
    assert_null(ag_json_find(&json, "models"));
    assert_null(ag_json_find(&json, "Model"));
    assert_null(ag_json_find(&json, "message"));
}


static void
finds_members_whose_key_was_sent_escaped(void **state)
{
    ag_str_t   name;
    ag_json_t  json;

    (void) state;

    assert_int_equal(ag_json_scan(&json, str("{\"\\u006dodel\":1,"
                                             "\"a\\/b\":2,\"\\ud83d\\ude00\":3,"
                                             "\"nul\\u0000\":4}")),
                     AG_OK);

    assert_true(json.members[0].escaped);
    assert_ptr_equal(ag_json_find(&json, "model"), &json.members[0]);
    assert_ptr_equal(ag_json_find(&json, "a/b"), &json.members[1]);
    assert_ptr_equal(ag_json_find(&json, "\xf0\x9f\x98\x80"),
                     &json.members[2]);
    assert_null(ag_json_find(&json, "\\u006dodel"));
    assert_null(ag_json_find(&json, "nul"));

    name = ag_str("nul\0", 4);
    assert_ptr_equal(ag_json_find_name(&json, name, ag_json_hash(name)),
                     &json.members[3]);
}


static void
finds_nothing_outside_objects(void **state)
{
    ag_json_t  json;

    (void) state;

    assert_int_equal(ag_json_scan(&json, str("[{\"a\":1}]")), AG_OK);
    assert_null(ag_json_find(&json, "a"));

    assert_int_equal(ag_json_scan(&json, str("")), AG_INVALID);
    assert_null(ag_json_find(&json, "a"));
}


static void
expect_decoded(const char *value, const char *expected, size_t len)
{
    size_t      size;
    ag_json_t   json;
    ag_char_t  *out;

    assert_int_equal(ag_json_scan(&json, str(value)), AG_OK);

    for (size = 0; size <= len; size++) {
        out = malloc(size + (size == 0));

        if (size < len) {
            assert_int_equal(ag_json_decode(str(value), out, size),
                             (size_t) -1);

        } else {
            assert_int_equal(ag_json_decode(str(value), out, size), len);
            assert_memory_equal(out, expected, len);
        }

        free(out);
    }
}


static void
decodes_strings_into_room_that_just_fits(void **state)
{
    (void) state;

    expect_decoded("\"\"", "", 0);
    expect_decoded("\"a\"", "a", 1);
    expect_decoded("\"plain text\"", "plain text", 10);
    expect_decoded("\"\xc3\xa9\xf0\x9f\x98\x80\"",
                   "\xc3\xa9\xf0\x9f\x98\x80", 6);
    expect_decoded("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
    expect_decoded("\"a\\nb\\\\nc\"", "a\nb\\nc", 6);
    expect_decoded("\"\\u0000\\u0041\\u007F\"", "\0A\x7f", 3);
    expect_decoded("\"\\u0080\\u07ff\"", "\xc2\x80\xdf\xbf", 4);
    expect_decoded("\"\\u0800\\uD7FF\\uE000\\uffff\"",
                   "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", 12);
    expect_decoded("\"\\uD800\\uDC00\\udbff\\udfff\"",
                   "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8);
    expect_decoded("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4);
    expect_decoded("\"\\uaBcD\"", "\xea\xaf\x8d", 3);

    assert_int_equal(ag_json_decode(str("\"\""), NULL, 0), 0);
}


static void
expect_integer(const char *value, int64_t min, int64_t max, int64_t expected)
{
    int64_t  number;

    number = 12345;

    assert_int_equal(ag_json_integer(str(value), min, max, &number), AG_OK);
    assert_true(number == expected);
}


static void
refuse_integer(const char *value, int64_t min, int64_t max)
{
    int64_t  number;

    number = 12345;

    assert_int_equal(ag_json_integer(str(value), min, max, &number),
                     AG_INVALID);
    assert_true(number == 12345);
}


static void
reads_integers_within_their_bounds(void **state)
{
    (void) state;

    expect_integer("0", 0, 0, 0);
    expect_integer("-0", 0, 0, 0);
    expect_integer("7", 7, 7, 7);
    expect_integer("-12", -12, 0, -12);
    expect_integer("2147483647", 1, AG_OUTPUT_TOKENS_MAX, 2147483647);
    expect_integer("9223372036854775807", 0, INT64_MAX, INT64_MAX);
    expect_integer("-9223372036854775808", INT64_MIN, 0, INT64_MIN);

    refuse_integer("7", 8, 9);
    refuse_integer("7", 5, 6);
    refuse_integer("0", 1, 128);
    refuse_integer("129", 1, 128);
    refuse_integer("-1", 0, INT64_MAX);
    refuse_integer("9223372036854775808", INT64_MIN, INT64_MAX);
    refuse_integer("-9223372036854775809", INT64_MIN, INT64_MAX);
    refuse_integer("10000000000000000000", INT64_MIN, INT64_MAX);
    refuse_integer("99999999999999999999999", INT64_MIN, INT64_MAX);
}


static void
refuses_numbers_that_are_not_written_as_integers(void **state)
{
    (void) state;

    refuse_integer("1.0", 0, 10);
    refuse_integer("1e2", 0, 1000);
    refuse_integer("1E+2", 0, 1000);
    refuse_integer("0.5", 0, 10);
    refuse_integer("", 0, 10);
    refuse_integer("-", -10, 10);
    refuse_integer("\"1\"", 0, 10);
    refuse_integer("true", 0, 10);
}


static ag_str_t
nested(ag_buf_t *b, const char *open, const char *close, size_t levels)
{
    size_t  i;

    ag_buf_init(b, 16 * 1024 * 1024);

    for (i = 0; i < levels; i++) {
        assert_int_equal(ag_buf_add_string(b, open), AG_OK);
    }

    for (i = 0; i < levels; i++) {
        assert_int_equal(ag_buf_add_string(b, close), AG_OK);
    }

    return ag_buf_str(b);
}


static void
measures_nesting_up_to_a_maximum(void **state)
{
    ag_buf_t  b;

    (void) state;

    assert_int_equal(ag_json_depth(ag_str(NULL, 0), 64), 0);
    assert_int_equal(ag_json_depth(str("1"), 64), 0);
    assert_int_equal(ag_json_depth(str("[]"), 64), 1);
    assert_int_equal(ag_json_depth(str("[{},[[]],{}]"), 64), 3);
    assert_int_equal(ag_json_depth(str("[[]],[[]]"), 64), 2);
    assert_int_equal(ag_json_depth(str("]]]][[[["), 64), 4);

    assert_int_equal(ag_json_depth(nested(&b, "[", "]", 100000), 64), 65);
    assert_int_equal(ag_json_depth(ag_buf_str(&b), 0), 1);
    assert_int_equal(ag_json_depth(ag_buf_str(&b), 100000), 100000);
    ag_buf_free(&b);
}


static void
measures_no_nesting_inside_strings(void **state)
{
    (void) state;

    assert_int_equal(ag_json_depth(str("[\"[[[[\"]"), 64), 1);
    assert_int_equal(ag_json_depth(str("[\"\\\"[[\"]"), 64), 1);
    assert_int_equal(ag_json_depth(str("[\"\\\\\",[[]]]"), 64), 3);
    assert_int_equal(ag_json_depth(str("[\"\\\\\\\"[[\",[]]"), 64), 2);
    assert_int_equal(ag_json_depth(str("[\"\",[\"]\",[]]]"), 64), 3);
    assert_int_equal(ag_json_depth(str("[\"[["), 64), 1);
    assert_int_equal(ag_json_depth(str("[\"[[\\"), 64), 1);
    assert_int_equal(ag_json_depth(str("[\"[[\\\""), 64), 1);
}


static void
makes_a_tree_with_malloc_and_in_scratch(void **state)
{
    char         scratch[2048];
    size_t       size;
    ag_str_t     text;
    yyjson_doc  *doc;

    (void) state;

    text = str("{\"error\":{\"message\":\"no\",\"code\":7}}");
    size = yyjson_read_max_memory_usage(text.len, 0);
    assert_true(size < sizeof(scratch));

    doc = ag_json_tree(text, NULL, 0);
    assert_non_null(doc);
    yyjson_doc_free(doc);

    doc = ag_json_tree(text, scratch, sizeof(scratch));
    assert_in_range((uintptr_t) doc, (uintptr_t) scratch,
                    (uintptr_t) (scratch + sizeof(scratch)));
    assert_true(ag_str_is(ag_json_text(ag_json_path(yyjson_doc_get_root(doc),
                                                    "error", "message",
                                                    NULL)), "no"));
    yyjson_doc_free(doc);

    /* too small by a byte: memory of its own */

    doc = ag_json_tree(text, scratch, size - 1);
    assert_non_null(doc);
    assert_not_in_range((uintptr_t) doc, (uintptr_t) scratch,
                        (uintptr_t) (scratch + sizeof(scratch)));
    yyjson_doc_free(doc);
}


static void
makes_every_tree_that_scratch_was_promised_to_hold(void **state)
{
    char               *scratch;
    size_t              i, n, size;
    ag_buf_t            b;
    yyjson_doc         *doc;
    static const char  *units[] = { "1,", "\"\",", "[],", "{},", "[[1]],",
                                    "{\"\":[]}," };

    (void) state;

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        ag_buf_init(&b, AG_JSON_TREE_MAX);
        assert_int_equal(ag_buf_add_string(&b, "["), AG_OK);

        for (n = 0; n < 10000; n++) {
            assert_int_equal(ag_buf_add_string(&b, units[i]), AG_OK);
        }

        assert_int_equal(ag_buf_add_string(&b, "1]"), AG_OK);

        size = yyjson_read_max_memory_usage(b.len, 0);
        scratch = malloc(size);
        doc = ag_json_tree(ag_buf_str(&b), scratch, size);

        assert_non_null(doc);
        assert_in_range((uintptr_t) doc, (uintptr_t) scratch,
                        (uintptr_t) (scratch + size));
        assert_int_equal(yyjson_arr_size(yyjson_doc_get_root(doc)), 10001);

        yyjson_doc_free(doc);
        free(scratch);
        ag_buf_free(&b);
    }
}


static void
makes_no_tree_of_what_is_not_json(void **state)
{
    char  scratch[2048];

    (void) state;

    assert_null(ag_json_tree(ag_str(NULL, 0), NULL, 0));
    assert_null(ag_json_tree(str(""), NULL, 0));
    assert_null(ag_json_tree(str("{\"a\":1,}"), NULL, 0));
    assert_null(ag_json_tree(str("{\"a\":1"), scratch, sizeof(scratch)));
    assert_null(ag_json_tree(str("<html>"), scratch, sizeof(scratch)));
    assert_null(ag_json_tree(str("[\"\xff\"]"), NULL, 0));
    assert_null(ag_json_tree(str("[1] x"), NULL, 0));
}


static void
makes_no_tree_deeper_than_its_cap(void **state)
{
    ag_buf_t     b;
    yyjson_doc  *doc;

    (void) state;

    doc = ag_json_tree(nested(&b, "[", "]", AG_JSON_DEPTH_MAX), NULL, 0);
    assert_non_null(doc);
    yyjson_doc_free(doc);
    ag_buf_free(&b);

    assert_null(ag_json_tree(nested(&b, "[", "]", AG_JSON_DEPTH_MAX + 1),
                             NULL, 0));
    ag_buf_free(&b);
}


static void
makes_no_tree_larger_than_its_cap(void **state)
{
    ag_buf_t     b;
    yyjson_doc  *doc;

    (void) state;

    ag_buf_init(&b, AG_JSON_TREE_MAX + 1);
    assert_int_equal(ag_buf_reserve(&b, AG_JSON_TREE_MAX + 1), AG_OK);
    memset(b.data, ' ', AG_JSON_TREE_MAX + 1);
    b.data[0] = '1';

    b.len = AG_JSON_TREE_MAX;
    doc = ag_json_tree(ag_buf_str(&b), NULL, 0);
    assert_non_null(doc);
    yyjson_doc_free(doc);

    b.len = AG_JSON_TREE_MAX + 1;
    assert_null(ag_json_tree(ag_buf_str(&b), NULL, 0));

    ag_buf_free(&b);
}


static void
walks_paths_to_what_is_there(void **state)
{
    yyjson_doc  *doc;
    yyjson_val  *root;

    (void) state;

    doc = ag_json_tree(str("{\"a\":{\"b\":{\"c\":1}},\"d\":[{\"e\":2}]}"),
                       NULL, 0);
    root = yyjson_doc_get_root(doc);

    assert_ptr_equal(ag_json_path(root, NULL), root);
    assert_int_equal(yyjson_get_int(ag_json_path(root, "a", "b", "c", NULL)),
                     1);
    assert_null(ag_json_path(root, "a", "x", "c", NULL));
    assert_null(ag_json_path(root, "a", "b", "c", "d", NULL));
    assert_null(ag_json_path(root, "d", "e", NULL));
    assert_null(ag_json_path(NULL, "a", NULL));

    yyjson_doc_free(doc);
}


static void
gives_texts_and_counts_of_their_type_only(void **state)
{
    ag_str_t     text;
    yyjson_doc  *doc;
    yyjson_val  *root;

    (void) state;

    doc = ag_json_tree(str("[\"t\\u0000\",\"\",7,-7,7.0,\"7\",true,"
                           "18446744073709551615,18446744073709551616,"
                           "-18446744073709551616,1e400]"), NULL, 0);
    assert_non_null(doc);
    root = yyjson_doc_get_root(doc);

    text = ag_json_text(yyjson_arr_get(root, 0));
    assert_true(ag_str_equal(text, ag_str("t\0", 2)));
    assert_int_equal(ag_json_text(yyjson_arr_get(root, 1)).len, 0);
    assert_int_equal(ag_json_text(yyjson_arr_get(root, 2)).len, 0);
    assert_int_equal(ag_json_text(yyjson_arr_get(root, 8)).len, 0);
    assert_int_equal(ag_json_text(root).len, 0);
    assert_int_equal(ag_json_text(NULL).len, 0);

    assert_int_equal(ag_json_count(yyjson_arr_get(root, 2), 10), 7);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 2), 7), 7);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 2), 6), 6);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 3), 10), 0);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 4), 10), 0);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 5), 10), 0);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 6), 10), 0);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 7), AG_TOKENS_MAX),
                     AG_TOKENS_MAX);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 8), AG_TOKENS_MAX),
                     AG_TOKENS_MAX);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 9), 10), 0);
    assert_int_equal(ag_json_count(yyjson_arr_get(root, 10), 10), 0);
    assert_int_equal(ag_json_count(NULL, 10), 0);

    yyjson_doc_free(doc);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_members_by_name),
        cmocka_unit_test(finds_members_whose_key_was_sent_escaped),
        cmocka_unit_test(finds_nothing_outside_objects),
        cmocka_unit_test(decodes_strings_into_room_that_just_fits),
        cmocka_unit_test(reads_integers_within_their_bounds),
        cmocka_unit_test(refuses_numbers_that_are_not_written_as_integers),
        cmocka_unit_test(measures_nesting_up_to_a_maximum),
        cmocka_unit_test(measures_no_nesting_inside_strings),
        cmocka_unit_test(makes_a_tree_with_malloc_and_in_scratch),
        cmocka_unit_test(makes_every_tree_that_scratch_was_promised_to_hold),
        cmocka_unit_test(makes_no_tree_of_what_is_not_json),
        cmocka_unit_test(makes_no_tree_deeper_than_its_cap),
        cmocka_unit_test(makes_no_tree_larger_than_its_cap),
        cmocka_unit_test(walks_paths_to_what_is_there),
        cmocka_unit_test(gives_texts_and_counts_of_their_type_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
