/*
 * Copyright (C) ngx_agent authors
 *
 * What the scanner remembers of a text, and its caps.  What it takes for JSON
 * is in test_ag_json_grammar.c.
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
static int scan(ag_json_t *json, ag_str_t text);
static void expect_error(const char *text, int rc, size_t at,
    const char *error);
static int scan_nested(const char *open, const char *inside,
    const char *close, size_t levels);
static int scan_keys(ag_json_t *json, size_t keys);
static int scan_key_of(size_t len);


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


/* Scans; what passes must be JSON for yyjson too. */
static int
scan(ag_json_t *json, ag_str_t text)
{
    int          rc;
    yyjson_doc  *doc;

    rc = ag_json_scan(json, text);
    doc = yyjson_read((const char *) text.data, text.len,
                      YYJSON_READ_NUMBER_AS_RAW);

    if (rc == AG_OK) {
        assert_non_null(doc);
        assert_null(json->error);

    } else {
        assert_non_null(json->error);
        assert_in_range(json->error_at, 0, text.len);
    }

    yyjson_doc_free(doc);

    return rc;
}


static void
remembers_where_the_members_of_a_request_stand(void **state)
{
    size_t                   i;
    ag_json_t                json;
    const ag_json_member_t  *member;
    static const struct {
        const char      *key;
        const char      *value;
        ag_json_type_t   type;
    } expected[] = {
        { "model", "\"gpt-5-mini\"", AG_JSON_STRING },
        { "messages", "[ {\"role\":\"user\",\"content\":\"]}\\\"\"} ]",
          AG_JSON_ARRAY },
        { "temperature", "-0.7e+1", AG_JSON_NUMBER },
        { "stream", "true", AG_JSON_TRUE },
        { "stop", "null", AG_JSON_NULL },
        { "store", "false", AG_JSON_FALSE },
        { "metadata", "{}", AG_JSON_OBJECT },
        { "e", "{\"model\": 1}", AG_JSON_OBJECT }
    };

    (void) state;

    assert_int_equal(scan(&json, str(" {\"model\": \"gpt-5-mini\" ,\n"
        "\"messages\":[ {\"role\":\"user\",\"content\":\"]}\\\"\"} ],"
        "\"temperature\":-0.7e+1,\"stream\" : true\t,\"stop\":null,\r"
        "\"store\":false,\"metadata\":{},\"e\":{\"model\": 1} } ")), AG_OK);

    assert_int_equal(json.type, AG_JSON_OBJECT);
    assert_int_equal(json.count, 8);

    for (i = 0; i < 8; i++) {
        member = &json.members[i];

        assert_true(ag_str_is(member->key, expected[i].key));
        assert_true(ag_str_is(member->value, expected[i].value));
        assert_int_equal(member->type, expected[i].type);
        assert_int_equal(member->hash, ag_json_hash(member->key));
        assert_false(member->escaped);
    }
}


static void
takes_any_value_and_remembers_no_member_of_it(void **state)
{
    size_t     i;
    ag_json_t  json;
    static const struct {
        const char      *text;
        ag_json_type_t   type;
    } values[] = {
        { "null", AG_JSON_NULL }, { "false", AG_JSON_FALSE },
        { "true", AG_JSON_TRUE }, { "-1", AG_JSON_NUMBER },
        { "0", AG_JSON_NUMBER }, { "\"\"", AG_JSON_STRING },
        { "[]", AG_JSON_ARRAY }, { "[{\"a\":1}]", AG_JSON_ARRAY },
        { "{}", AG_JSON_OBJECT }
    };

    (void) state;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_int_equal(scan(&json, str(values[i].text)), AG_OK);
        assert_int_equal(json.type, values[i].type);
        assert_int_equal(json.count, 0);
    }
}


static void
expect_error(const char *text, int rc, size_t at, const char *error)
{
    ag_json_t  json;

    assert_int_equal(scan(&json, str(text)), rc);
    assert_string_equal(json.error, error);
    assert_int_equal(json.error_at, at);
}


static void
says_where_and_why_it_refuses(void **state)
{
    (void) state;

    expect_error("", AG_INVALID, 0, "the text is empty");
    expect_error(" ", AG_INVALID, 1, "the text ends too early");
    expect_error("[1,", AG_INVALID, 3, "the text ends too early");
    expect_error("{\"a", AG_INVALID, 3, "the text ends too early");
    expect_error("[1,]", AG_INVALID, 3, "a value is missing");
    expect_error("<html>", AG_INVALID, 0, "a value is missing");
    expect_error("{1:2}", AG_INVALID, 1, "a key in quotes is missing");
    expect_error("{\"a\":1,}", AG_INVALID, 7, "a key in quotes is missing");
    expect_error("{\"a\" 1}", AG_INVALID, 5, "a colon is missing");
    expect_error("[1 2]", AG_INVALID, 3,
                 "a comma or a closing bracket is missing");
    expect_error("[1}", AG_INVALID, 2,
                 "a comma or a closing bracket is missing");
    expect_error("{} {}", AG_INVALID, 3, "something follows the value");
    expect_error("[\"a\nb\"]", AG_INVALID, 3,
                 "a control character is not escaped");
    expect_error("[\"\\x\"]", AG_INVALID, 3, "an escape is unknown");
    expect_error("[\"\\u12\"]", AG_INVALID, 3,
                 "an escape lacks hexadecimal digits");
    expect_error("[\"\\ud800\"]", AG_INVALID, 8, "a surrogate stands alone");
    expect_error("[\"a\xff\"]", AG_INVALID, 3, "a byte is not UTF-8");
    expect_error("[-]", AG_INVALID, 2, "a number lacks a digit");
    expect_error("[nul]", AG_INVALID, 4, "a word is not true, false or null");
    expect_error("{\"a\":1,\"a\":1}", AG_INVALID, 8, "a key is given twice");
}


static void
keeps_the_members_before_the_place_it_refuses(void **state)
{
    ag_json_t  json;

    (void) state;

    assert_int_equal(scan(&json, str("{\"model\":\"m\",\"n\":[1],\"x\":tru}")),
                     AG_INVALID);
    assert_int_equal(json.type, AG_JSON_OBJECT);
    assert_int_equal(json.count, 2);
    assert_true(ag_str_is(ag_json_find(&json, "model")->value, "\"m\""));
    assert_true(ag_str_is(ag_json_find(&json, "n")->value, "[1]"));
    assert_null(ag_json_find(&json, "x"));
}


static void
refuses_a_key_given_twice(void **state)
{
    ag_json_t  json;

    (void) state;

    assert_int_equal(scan(&json, str("{\"model\":\"a\",\"model\":\"b\"}")),
                     AG_INVALID);
    assert_string_equal(json.error, "a key is given twice");
    assert_int_equal(json.count, 1);

    assert_int_equal(scan(&json, str("{\"a\":1,\"b\":2,\"a\":1}")),
                     AG_INVALID);
    assert_int_equal(scan(&json, str("{\"\":1,\"\":2}")), AG_INVALID);
    assert_int_equal(scan(&json, str("{\"a\":1,\"A\":2,\"a \":3,\"\":4}")),
                     AG_OK);
}


static void
refuses_a_key_given_twice_with_an_escape(void **state)
{
    size_t              i;
    ag_json_t           json;
    static const char  *twins[] = {
        "{\"model\":1,\"\\u006dodel\":2}",
        "{\"\\u006dodel\":1,\"model\":2}",
        "{\"\\u006dodel\":1,\"\\u006Dodel\":2}",
        "{\"mode\\u006c\":1,\"\\u006dode\\u006C\":2}",
        "{\"a\\/b\":1,\"a/b\":2}",
        "{\"\\n\":1,\"\\u000a\":2}",
        "{\"\\u0000\":1,\"\\u0000\":2}",
        "{\"\xc3\xa9\":1,\"\\u00e9\":2}",
        "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"
    };

    (void) state;

    for (i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        assert_int_equal(scan(&json, str(twins[i])), AG_INVALID);
        assert_string_equal(json.error, "a key is given twice");
    }

    assert_int_equal(scan(&json, str("{\"model\":1,\"\\\\u006dodel\":2}")),
                     AG_OK);
    assert_int_equal(scan(&json, str("{\"\":1,\"\\u0000\":2}")), AG_OK);
}


static void
allows_a_key_twice_below_the_top(void **state)
{
    ag_json_t  json;

    (void) state;

    assert_int_equal(scan(&json, str("{\"a\":{\"b\":1,\"b\":2},\"b\":3}")),
                     AG_OK);
    assert_int_equal(scan(&json, str("[{\"b\":1,\"b\":2}]")), AG_OK);
}


static int
scan_keys(ag_json_t *json, size_t keys)
{
    int       rc;
    size_t    i;
    ag_buf_t  b;

    ag_buf_init(&b, 100000);
    assert_int_equal(ag_buf_add_string(&b, "{"), AG_OK);

    for (i = 0; i < keys; i++) {
        assert_int_equal(ag_buf_add_string(&b, i ? ",\"k" : "\"k"), AG_OK);
        assert_int_equal(ag_buf_add_number(&b, i), AG_OK);
        assert_int_equal(ag_buf_add_string(&b, "\":0"), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&b, "}"), AG_OK);
    rc = scan(json, ag_buf_str(&b));
    ag_buf_free(&b);

    return rc;
}


static void
takes_as_many_keys_as_its_cap(void **state)
{
    ag_json_t  json;

    (void) state;

    assert_int_equal(scan_keys(&json, AG_JSON_MEMBERS_MAX), AG_OK);
    assert_int_equal(json.count, AG_JSON_MEMBERS_MAX);

    assert_int_equal(scan_keys(&json, AG_JSON_MEMBERS_MAX + 1), AG_LIMIT);
    assert_int_equal(json.count, AG_JSON_MEMBERS_MAX);
    assert_string_equal(json.error, "too many top-level keys");
}


static int
scan_key_of(size_t len)
{
    int         rc;
    char       *text;
    ag_json_t   json;

    text = malloc(len + 10);
    memset(text, 'k', len + 10);
    memcpy(text, "{\"", 2);
    memcpy(text + 2 + len, "\":0}", 4);

    rc = scan(&json, ag_str(text, len + 6));
    free(text);

    return rc;
}


static void
takes_top_level_keys_as_long_as_their_cap(void **state)
{
    (void) state;

    assert_int_equal(scan_key_of(AG_JSON_KEY_MAX), AG_OK);
    assert_int_equal(scan_key_of(AG_JSON_KEY_MAX + 1), AG_LIMIT);
}


static int
scan_nested(const char *open, const char *inside, const char *close,
    size_t levels)
{
    int        rc;
    size_t     i;
    ag_buf_t   b;
    ag_json_t  json;

    ag_buf_init(&b, 10000000);

    for (i = 0; i < levels; i++) {
        assert_int_equal(ag_buf_add_string(&b, open), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&b, inside), AG_OK);

    for (i = 0; i < levels; i++) {
        assert_int_equal(ag_buf_add_string(&b, close), AG_OK);
    }

    rc = scan(&json, ag_buf_str(&b));
    ag_buf_free(&b);

    if (rc == AG_LIMIT) {
        assert_string_equal(json.error, "nested too deeply");
    }

    return rc;
}


static void
nests_as_deep_as_its_cap(void **state)
{
    (void) state;

    assert_int_equal(scan_nested("[", "", "]", 64), AG_OK);
    assert_int_equal(scan_nested("[", "0", "]", 64), AG_OK);
    assert_int_equal(scan_nested("[", "", "]", 65), AG_LIMIT);
    assert_int_equal(scan_nested("[", "[],{}", "]", 63), AG_OK);
    assert_int_equal(scan_nested("[", "[],{}", "]", 64), AG_LIMIT);
    assert_int_equal(scan_nested("[0,{},[", "1", "],[],0]", 32), AG_OK);
    assert_int_equal(scan_nested("[0,[", "1", "],0]", 33), AG_LIMIT);
    assert_int_equal(scan_nested("{\"a\":[", "1", "]}", 32), AG_OK);
    assert_int_equal(scan_nested("{\"a\":[", "1", "}]", 32), AG_INVALID);
    assert_int_equal(scan_nested("{\"a\":[", "1", "]}", 33), AG_LIMIT);
    assert_int_equal(scan_nested("[", "", "]", 100000), AG_LIMIT);
    assert_int_equal(scan_nested("[", "", "", 100000), AG_LIMIT);
    assert_int_equal(scan_nested("{\"\":", "1", "}", 100000), AG_LIMIT);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(remembers_where_the_members_of_a_request_stand),
        cmocka_unit_test(takes_any_value_and_remembers_no_member_of_it),
        cmocka_unit_test(says_where_and_why_it_refuses),
        cmocka_unit_test(keeps_the_members_before_the_place_it_refuses),
        cmocka_unit_test(refuses_a_key_given_twice),
        cmocka_unit_test(refuses_a_key_given_twice_with_an_escape),
        cmocka_unit_test(allows_a_key_twice_below_the_top),
        cmocka_unit_test(takes_as_many_keys_as_its_cap),
        cmocka_unit_test(takes_top_level_keys_as_long_as_their_cap),
        cmocka_unit_test(nests_as_deep_as_its_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
