/*
 * Copyright (C) ngx_agent authors
 *
 * The mender of one value.  Every text stands in memory of its exact size;
 * each one that is mended is also cut at every byte, and must never be taken
 * for whole then.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_extract_parts.h"


#define countof(array)  (sizeof(array) / sizeof((array)[0]))


typedef struct {
    const char  *text;
    const char  *json;
} row_t;


static int mend(const char *text, size_t len, ag_buf_t *out, size_t *used,
    size_t *depth);
static void expect(const char *text, const char *json);
static void expect_all(const row_t *rows, size_t n);
static void refuse(const char *text, int expected, size_t expected_used,
    size_t expected_depth);


static int
mend(const char *text, size_t len, ag_buf_t *out, size_t *used,
    size_t *depth)
{
    int    rc;
    char  *copy;

    copy = malloc(len);
    memcpy(copy, text, len);

    ag_buf_init(out, SIZE_MAX);
    rc = ag_extract_mend(ag_str(copy, len), out, used, depth);

    free(copy);

    return rc;
}


static void
expect(const char *text, const char *json)
{
    int        rc;
    size_t     n, used, ignored, depth;
    ag_buf_t   out;
    ag_json_t  scanned;

    rc = mend(text, strlen(text), &out, &used, &depth);

    if (rc != AG_OK || !ag_str_is(ag_buf_str(&out), json)) {
        fail_msg("%d, mended to \"%.*s\", not \"%s\"", rc, (int) out.len,
                 out.data, json);
    }

    assert_int_equal(ag_json_scan(&scanned, ag_buf_str(&out)), AG_OK);
    assert_int_equal(depth, 0);
    ag_buf_free(&out);

    for (n = 1; n < used; n++) {
        rc = mend(text, n, &out, &ignored, &depth);
        ag_buf_free(&out);

        if (rc == AG_OK) {
            fail_msg("taken for whole: %.*s", (int) n, text);
        }
    }
}


static void
expect_all(const row_t *rows, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        expect(rows[i].text, rows[i].json);
    }
}


static void
refuse(const char *text, int expected, size_t expected_used,
    size_t expected_depth)
{
    int       rc;
    size_t    used, depth;
    ag_buf_t  out;

    rc = mend(text, strlen(text), &out, &used, &depth);
    ag_buf_free(&out);

    if (rc != expected || used != expected_used || depth != expected_depth) {
        fail_msg("%d at %d, %d open: %s", rc, (int) used, (int) depth, text);
    }
}


static void
leaves_what_is_right(void **state)
{
    size_t              i;
    static const char  *texts[] = {
        "{}", "[]", "[ ]", "{\n}", "[[],{}]", "[1,2.5e-3,-0,9]",
        "{\"a\":{\"b\":[true,false,null]},\"c\":\"\"}",
        "{ \"a\" :\t1 ,\r\n\"b\" : [ 2 , 3 ] }",
        "[\"\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00e9\"]", "[\"\\\\\"]",
        "[\"it's\",\"\xe2\x80\x9c\xe2\x80\x9d\xe2\x80\x98\"]",
        "[\"// /* # ,] True None\",\"{[\"]", "[\"\x7f\xc3\xa9\"]"
    };

    (void) state;

    for (i = 0; i < countof(texts); i++) {
        expect(texts[i], texts[i]);
    }
}


static void
drops_commas_and_comments(void **state)
{
    static const row_t  rows[] = {
        { "[1,]", "[1]" },
        { "[1 , ]", "[1  ]" },
        { "{\"a\":1,}", "{\"a\":1}" },
        { "[[1,],{\"a\":[],},]", "[[1],{\"a\":[]}]" },
        { "[1,\n2,\n]", "[1,\n2\n]" },
        { "[1, // one\n2]", "[1, \n2]" },
        { "[1, // one\n]", "[1 \n]" },
        { "[// none\n]", "[\n]" },
        { "[1/**/,/**/2/**/]", "[1,2]" },
        { "{/*a*/\"b\"/*c*/:/*d*/1/*e*/,/*f*/}", "{\"b\":1}" },
        { "{\"a\":1, # one\n # two\n\"b\":2}", "{\"a\":1, \n \n\"b\":2}" },
        { "[1,/* a */ // b\n # c\n]", "[1 \n \n]" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
makes_quotes_straight(void **state)
{
    static const row_t  rows[] = {
        { "['a']", "[\"a\"]" },
        { "['']", "[\"\"]" },
        { "{'a':'b','c':\"d\"}", "{\"a\":\"b\",\"c\":\"d\"}" },
        { "['say \"hi\"']", "[\"say \\\"hi\\\"\"]" },
        { "['say \\\"hi\\\"']", "[\"say \\\"hi\\\"\"]" },
        { "['it\\'s']", "[\"it's\"]" },
        { "[\"it\\'s\"]", "[\"it's\"]" },
        { "['\\\\']", "[\"\\\\\"]" },
        { "['\\n\\u00e9']", "[\"\\n\\u00e9\"]" },
        { "[\xe2\x80\x9c" "a\xe2\x80\x9d]", "[\"a\"]" },
        { "[\xe2\x80\x9d" "a\xe2\x80\x9d]", "[\"a\"]" },
        { "[\xe2\x80\x98" "a\xe2\x80\x99]", "[\"a\"]" },
        { "[\xe2\x80\x99" "a\xe2\x80\x99]", "[\"a\"]" },
        { "[\xe2\x80\x9cit\xe2\x80\x99s \"a\"\xe2\x80\xa6\xe2\x80\x9d]",
          "[\"it\xe2\x80\x99s \\\"a\\\"\xe2\x80\xa6\"]" },
        { "{\xe2\x80\x9c" "a\xe2\x80\x9d:\xe2\x80\x9c\xe2\x80\x9d}",
          "{\"a\":\"\"}" },
        { "['\xc3\xa9', 'b',]", "[\"\xc3\xa9\", \"b\"]" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
puts_keys_in_quotes_and_words_in_json(void **state)
{
    static const row_t  rows[] = {
        { "{a:1}", "{\"a\":1}" },
        { "{a_b1: 1, $c :2, d-e:3}", "{\"a_b1\": 1, \"$c\" :2, \"d-e\":3}" },
        { "{1:'one'}", "{\"1\":\"one\"}" },
        { "{azAZ09:1}", "{\"azAZ09\":1}" },
        { "{true:1,null:2}", "{\"true\":1,\"null\":2}" },
        { "[True,False,None]", "[true,false,null]" },
        { "[true,false,null]", "[true,false,null]" },
        { "{'a':None,}", "{\"a\":null}" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
escapes_breaks_of_lines_inside_of_strings(void **state)
{
    static const row_t  rows[] = {
        { "[\"a\nb\"]", "[\"a\\nb\"]" },
        { "[\"a\r\nb\"]", "[\"a\\r\\nb\"]" },
        { "[\"\n\n\"]", "[\"\\n\\n\"]" },
        { "[\"a\tb\"]", "[\"a\\tb\"]" },
        { "['a\nb']", "[\"a\\nb\"]" },
        { "{\"a\nb\":\n\"c\n\"}", "{\"a\\nb\":\n\"c\\n\"}" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
reads_the_value_and_not_what_follows(void **state)
{
    size_t    used, depth;
    ag_buf_t  out;

    (void) state;

    assert_int_equal(mend("['a',] and [2]", 14, &out, &used, &depth), AG_OK);
    assert_int_equal(used, 6);
    assert_true(ag_str_is(ag_buf_str(&out), "[\"a\"]"));
    ag_buf_free(&out);

    assert_int_equal(mend("{}}", 3, &out, &used, &depth), AG_OK);
    assert_int_equal(used, 2);
    ag_buf_free(&out);
}


static void
says_where_it_is_not_json(void **state)
{
    (void) state;

    refuse("[x]", AG_INVALID, 1, 1);
    refuse("[ note: 1]", AG_INVALID, 2, 1);
    refuse("[,]", AG_INVALID, 1, 1);
    refuse("[1,,2]", AG_INVALID, 3, 1);
    refuse("[1,,]", AG_INVALID, 3, 1);
    refuse("[1 2]", AG_INVALID, 3, 1);
    refuse("[1}", AG_INVALID, 2, 1);
    refuse("[\"a\"b]", AG_INVALID, 4, 1);
    refuse("['it's']", AG_INVALID, 5, 1);
    refuse("[[[x]]]", AG_INVALID, 3, 3);
    refuse("[[],{a b}]", AG_INVALID, 7, 2);
    refuse("{,}", AG_INVALID, 1, 1);
    refuse("{\"a\"}", AG_INVALID, 4, 1);
    refuse("{\"a\":}", AG_INVALID, 5, 1);
    refuse("{\"a\",1}", AG_INVALID, 4, 1);
    refuse("{a b:1}", AG_INVALID, 3, 1);
    refuse("{\"a\":1;\"b\":2}", AG_INVALID, 6, 1);
    refuse("{\"a\":1 \"b\":2}", AG_INVALID, 7, 1);
    refuse("{\"a\":undefined}", AG_INVALID, 5, 1);
    refuse("[TRUE]", AG_INVALID, 1, 1);
    refuse("[Nonesuch]", AG_INVALID, 5, 1);
    refuse("[.5]", AG_INVALID, 1, 1);
    refuse("[+1]", AG_INVALID, 1, 1);
    refuse("[0x1f]", AG_INVALID, 2, 1);
    refuse("[NaN]", AG_INVALID, 1, 1);
    refuse("[1, ...]", AG_INVALID, 4, 1);
    refuse("[1, // ...\n]", AG_INVALID, 4, 1);
    refuse("{\\\"a\\\":1}", AG_INVALID, 1, 1);
    refuse("[\xe2\x80\x9c" "a\xe2\x80\x9d" "b\xe2\x80\x9d]", AG_INVALID, 8,
           1);
    refuse("[\xe2\x80\x9e" "a\xe2\x80\x9d]", AG_INVALID, 1, 1);
    refuse("[\xe2\x80\xa6", AG_INVALID, 1, 1);
    refuse("[\xe2\x84\x9c" "a\xe2\x80\x9d]", AG_INVALID, 1, 1);
    refuse("[\xe1\x80\x9c" "a\xe2\x80\x9d]", AG_INVALID, 1, 1);
    refuse("[\xc2\xab" "a\xc2\xbb]", AG_INVALID, 1, 1);
    refuse("[`a`]", AG_INVALID, 1, 1);
}


static void
says_that_the_end_is_missing(void **state)
{
    (void) state;

    refuse("[", AG_AGAIN, 1, 1);
    refuse("[[", AG_AGAIN, 2, 2);
    refuse("[1", AG_AGAIN, 2, 1);
    refuse("[1,", AG_AGAIN, 3, 1);
    refuse("[tru", AG_AGAIN, 1, 1);
    refuse("[N", AG_AGAIN, 1, 1);
    refuse("[\"a]", AG_AGAIN, 4, 1);
    refuse("[\"a\\\"]", AG_AGAIN, 6, 1);
    refuse("[\"a\\", AG_AGAIN, 4, 1);
    refuse("['a\"]", AG_AGAIN, 5, 1);
    refuse("[\xe2\x80\x9c" "a\"]", AG_AGAIN, 7, 1);
    refuse("[1 /* ]", AG_AGAIN, 3, 1);
    refuse("[1 // ]", AG_AGAIN, 3, 1);
    refuse("{\"a\"", AG_AGAIN, 4, 1);
    refuse("{\"a\":", AG_AGAIN, 5, 1);
    refuse("{\"a\":[{}", AG_AGAIN, 8, 2);
    refuse("{a", AG_AGAIN, 2, 1);
}


static void
stops_at_the_caps(void **state)
{
    char       text[2 * AG_JSON_DEPTH_MAX + 3];
    size_t     n, used, depth;
    ag_buf_t   out;

    (void) state;

    n = AG_JSON_DEPTH_MAX;
    memset(text, '[', n);
    memset(text + n, ']', n);
    text[2 * n] = '\0';
    expect(text, text);

    memset(text, '[', n + 1);
    text[n + 1] = '\0';
    refuse(text, AG_LIMIT, n, n);

    ag_buf_init(&out, 10);
    assert_int_equal(ag_extract_mend(ag_str("['12345678', 1]", 15), &out,
                                     &used, &depth), AG_LIMIT);
    ag_buf_free(&out);

    ag_buf_init(&out, 15);
    assert_int_equal(ag_extract_mend(ag_str("['12345678', 1]", 15), &out,
                                     &used, &depth), AG_OK);
    ag_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(leaves_what_is_right),
        cmocka_unit_test(drops_commas_and_comments),
        cmocka_unit_test(makes_quotes_straight),
        cmocka_unit_test(puts_keys_in_quotes_and_words_in_json),
        cmocka_unit_test(escapes_breaks_of_lines_inside_of_strings),
        cmocka_unit_test(reads_the_value_and_not_what_follows),
        cmocka_unit_test(says_where_it_is_not_json),
        cmocka_unit_test(says_that_the_end_is_missing),
        cmocka_unit_test(stops_at_the_caps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
