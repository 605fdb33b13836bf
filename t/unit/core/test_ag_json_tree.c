/*
 * Copyright (C) ngx_agent authors
 *
 * Trees of large texts, and JSON of trees.  What holds for every tree is in
 * test_ag_json.c.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "core/ag_json.h"


#define MAX  (48 * 1024 * 1024)


static ag_str_t str(const char *text);
static void repeat(ag_buf_t *b, const char *text, size_t count);
static void comes_back(const char *text, const char *expected);


static void
makes_a_large_tree_of_any_json(void **state)
{
    unsigned     limit;
    yyjson_doc  *doc;

    (void) state;

    limit = 7;
    doc = ag_json_tree_large(str(" {\"a\": [1, 2.5, 123456789012345678901]}"),
                             MAX, &limit);
    assert_non_null(doc);
    assert_int_equal(limit, 0);
    assert_true(yyjson_is_raw(yyjson_arr_get(
        ag_json_path(yyjson_doc_get_root(doc), "a", NULL), 2)));
    yyjson_doc_free(doc);

    doc = ag_json_tree_large(str("1"), 1, NULL);
    assert_non_null(doc);
    yyjson_doc_free(doc);
}


static void
makes_no_large_tree_of_what_is_not_json(void **state)
{
    size_t    i;
    unsigned  limit;

    static const char *const  texts[] = {
        "", "{", "{\"a\":1,}", "[1] x", "nul", "[\"\xff\"]", ",,,,", "\""
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        limit = 7;
        assert_null(ag_json_tree_large(str(texts[i]), MAX, &limit));
        assert_int_equal(limit, 0);
    }

    assert_null(ag_json_tree_large(ag_str(NULL, 0), MAX, NULL));
}


static void
says_that_a_cap_was_the_reason(void **state)
{
    unsigned  limit;
    ag_buf_t  b;

    (void) state;

    assert_null(ag_json_tree_large(str("[1]"), 2, &limit));
    assert_int_equal(limit, 1);
    assert_null(ag_json_tree_large(str("[1]"), 2, NULL));

    ag_buf_init(&b, MAX);
    repeat(&b, "[", AG_JSON_DEPTH_MAX + 1);
    assert_null(ag_json_tree_large(ag_buf_str(&b), MAX, &limit));
    assert_int_equal(limit, 1);
    ag_buf_free(&b);
}


/* Sixteen bytes a value: a byte of text and the spare hold so many. */
static void
counts_values_before_it_makes_them(void **state)
{
    size_t       count;
    unsigned     limit;
    ag_buf_t     b;
    yyjson_doc  *doc;

    (void) state;

    ag_buf_init(&b, MAX);

    /* "[", "0" and n times ",0": n + 2 values in 2n + 3 bytes */

    count = (AG_JSON_TREE_SPARE + 3) / sizeof(yyjson_val);
    count = (AG_JSON_TREE_SPARE + 2 * count) / sizeof(yyjson_val);
    count = (AG_JSON_TREE_SPARE + 2 * count) / sizeof(yyjson_val) - 8;

    repeat(&b, "[0", 1);
    repeat(&b, ",0", count);
    repeat(&b, "]", 1);

    doc = ag_json_tree_large(ag_buf_str(&b), MAX, &limit);
    assert_non_null(doc);
    assert_int_equal(yyjson_arr_size(yyjson_doc_get_root(doc)), count + 1);
    yyjson_doc_free(doc);

    b.len--;
    repeat(&b, ",0", count / 2);
    repeat(&b, "]", 1);

    assert_null(ag_json_tree_large(ag_buf_str(&b), MAX, &limit));
    assert_int_equal(limit, 1);
    b.len = 0;

    /* keys are values, and empty brackets are */

    repeat(&b, "{\"\":0", 1);
    repeat(&b, ",\"\":0", count / 2 + count / 4);
    repeat(&b, "}", 1);
    assert_null(ag_json_tree_large(ag_buf_str(&b), MAX, &limit));
    assert_int_equal(limit, 1);
    b.len = 0;

    repeat(&b, "[[]", 1);
    repeat(&b, ",[]", count / 2 + count / 4);
    repeat(&b, "]", 1);
    assert_null(ag_json_tree_large(ag_buf_str(&b), MAX, &limit));
    assert_int_equal(limit, 1);
    b.len = 0;

    /* what stands in a text is none */

    repeat(&b, "\"", 1);
    repeat(&b, ",", 2 * count);
    repeat(&b, "\"", 1);
    doc = ag_json_tree_large(ag_buf_str(&b), MAX, &limit);
    assert_non_null(doc);
    yyjson_doc_free(doc);

    ag_buf_free(&b);
}


static void
writes_every_kind_of_value_again(void **state)
{
    (void) state;

    comes_back("null", "null");
    comes_back("true", "true");
    comes_back("false", "false");
    comes_back("0", "0");
    comes_back("18446744073709551615", "18446744073709551615");
    comes_back("-9223372036854775808", "-9223372036854775808");
    comes_back("-1", "-1");
    comes_back("1.5", "1.5");
    comes_back("-0.25e1", "-2.5");
    comes_back("18446744073709551616", "18446744073709551616");
    comes_back("1e400", "1e400");
    comes_back("\"\"", "\"\"");
    comes_back("\"a\\u0000\\n\\\"\\u00e9\\/\"",
               "\"a\\u0000\\n\\\"\xc3\xa9/\"");
    comes_back("[]", "[]");
    comes_back(" { } ", "{}");
    comes_back("[ 1, [ { \"a\\n\" : null } ], \"\\u0007\" ]",
               "[1,[{\"a\\n\":null}],\"\\u0007\"]");
    comes_back("[123456789012345678901, 1e999]",
               "[123456789012345678901,1e999]");
}


static void
writes_null_for_nothing(void **state)
{
    ag_buf_t    b;
    yyjson_val  value;

    (void) state;

    ag_buf_init(&b, 100);
    assert_int_equal(ag_json_add(&b, NULL), AG_OK);
    assert_true(ag_str_is(ag_buf_str(&b), "null"));

    memset(&value, 0, sizeof(value));
    yyjson_set_real(&value, (double) NAN);
    b.len = 0;
    assert_int_equal(ag_json_add(&b, &value), AG_OK);
    assert_true(ag_str_is(ag_buf_str(&b), "null"));

    ag_buf_free(&b);
}


static void
writes_nothing_that_does_not_fit(void **state)
{
    size_t       i, max;
    ag_buf_t     b;
    yyjson_doc  *doc;

    static const char *const  texts[] = {
        "null", "false", "-12", "12", "1.5", "\"a\\nb\"", "[1,2]",
        "{\"a\":1}", "99999999999999999999"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        doc = ag_json_tree_large(str(texts[i]), MAX, NULL);

        for (max = 1; max <= strlen(texts[i]); max++) {
            ag_buf_init(&b, max);
            assert_int_equal(ag_buf_add(&b, "x", 1), AG_OK);
            assert_int_equal(ag_json_add(&b, yyjson_doc_get_root(doc)),
                             AG_LIMIT);
            assert_int_equal(b.len, 1);
            ag_buf_free(&b);
        }

        yyjson_doc_free(doc);
    }
}


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static void
repeat(ag_buf_t *b, const char *text, size_t count)
{
    while (count-- > 0) {
        assert_int_equal(ag_buf_add_string(b, text), AG_OK);
    }
}


static void
comes_back(const char *text, const char *expected)
{
    ag_buf_t     b;
    yyjson_doc  *doc;

    doc = ag_json_tree_large(str(text), MAX, NULL);
    assert_non_null(doc);

    ag_buf_init(&b, 1000);
    assert_int_equal(ag_buf_add(&b, "x", 1), AG_OK);
    assert_int_equal(ag_json_add(&b, yyjson_doc_get_root(doc)), AG_OK);
    assert_int_equal(ag_buf_add(&b, "", 1), AG_OK);
    assert_string_equal(b.data + 1, expected);

    ag_buf_free(&b);
    yyjson_doc_free(doc);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(makes_a_large_tree_of_any_json),
        cmocka_unit_test(makes_no_large_tree_of_what_is_not_json),
        cmocka_unit_test(says_that_a_cap_was_the_reason),
        cmocka_unit_test(counts_values_before_it_makes_them),
        cmocka_unit_test(writes_every_kind_of_value_again),
        cmocka_unit_test(writes_null_for_nothing),
        cmocka_unit_test(writes_nothing_that_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
