/*
 * Copyright (C) ngx_agent authors
 *
 * Every string of an object; numbers and shape stay.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_json.h"
#include "core/ag_sanitize.h"

#include "sanitize_harmless.h"
#include "sanitize_leaks.h"


#define COUNT(table)  (sizeof(table) / sizeof((table)[0]))


static ag_str_t str(const char *text);
static void expect(const char *json, const char *expected);
static void expect_without(const char *json, const char *const *secrets,
    size_t count, const char *expected);
static int result(ag_str_t json, size_t max);
static void member(ag_buf_t *b, ag_str_t text);
static unsigned holds(ag_str_t text, ag_str_t piece);


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static void
expect(const char *json, const char *expected)
{
    expect_without(json, NULL, 0, expected);
}


/* "expected" is NULL if there is nothing to take out. */
static void
expect_without(const char *json, const char *const *secrets, size_t count,
    const char *expected)
{
    size_t      i;
    unsigned    changed;
    ag_str_t    list[8];
    ag_buf_t    out;
    ag_char_t  *copy;

    for (i = 0; i < count; i++) {
        list[i] = str(secrets[i]);
    }

    copy = malloc(strlen(json));
    memcpy(copy, json, strlen(json));

    ag_buf_init(&out, SIZE_MAX);
    assert_int_equal(ag_buf_add_string(&out, "x"), AG_OK);

    assert_int_equal(ag_sanitize_json(&out, ag_str(copy, strlen(json)),
                                      count ? list : NULL, count, &changed),
                     AG_OK);

    if (expected == NULL) {
        assert_int_equal(changed, 0);
        assert_int_equal(out.len, 1);

    } else if (!changed || !ag_str_equal(ag_str(out.data + 1, out.len - 1),
                                         str(expected)))
    {
        fail_msg("%s became %.*s", json, (int) out.len, out.data);
    }

    ag_buf_free(&out);
    free(copy);
}


static int
result(ag_str_t json, size_t max)
{
    int       rc;
    unsigned  changed;
    ag_buf_t  out;

    ag_buf_init(&out, max);
    changed = 1;
    rc = ag_sanitize_json(&out, json, NULL, 0, &changed);

    if (rc != AG_OK) {
        assert_int_equal(changed, 0);
        assert_int_equal(out.len, 0);
    }

    ag_buf_free(&out);

    return rc;
}


static void
member(ag_buf_t *b, ag_str_t text)
{
    b->len = 0;
    assert_int_equal(ag_buf_add_string(b, "{\"a\":[{\"b\":\""), AG_OK);
    assert_int_equal(ag_buf_add_json(b, text), AG_OK);
    assert_int_equal(ag_buf_add_string(b, "\"}]}"), AG_OK);
}


static unsigned
holds(ag_str_t text, ag_str_t piece)
{
    size_t  i;

    for (i = 0; i + piece.len <= text.len; i++) {
        if (memcmp(text.data + i, piece.data, piece.len) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
sanitizes_every_string(void **state)
{
    (void) state;

    expect("{\"a\":\"see /etc/passwd\"}", "{\"a\":\"see [path]\"}");
    expect("{\"/etc/passwd\":1}", "{\"[path]\":1}");
    expect("{\"a\":[[\"10.0.0.1\",{\"b\":\"~/x\"}],\"c\"]}",
           "{\"a\":[[\"[host]\",{\"b\":\"[path]\"}],\"c\"]}");
    expect("{\"a\":\"x\\n    at f (x.js:1:2)\\ny\"}", "{\"a\":\"x\\ny\"}");
    expect("{\"a\":\"at f (x.js:1:2)\"}", "{\"a\":\"\"}");
    expect("{\"a\":\"{\\\"password\\\":\\\"x1\\\"}\"}",
           "{\"a\":\"{\\\"password\\\":\\\"[redacted]\\\"}\"}");
}


static void
keeps_all_else(void **state)
{
    (void) state;

    expect(" {\"a\" : 1e400, \"b\":-0.10,\"c\":123456789012345678901234567890,"
           "\"d\":[true,false,null,{},[]], \"e\":\"/etc/x\",\"a\":1E+2}",
           "{\"a\":1e400,\"b\":-0.10,\"c\":123456789012345678901234567890,"
           "\"d\":[true,false,null,{},[]],\"e\":\"[path]\",\"a\":1E+2}");
    expect("{\"a\":\"\\u00e9\\ud83d\\ude00\\u0000\\\\\\/\",\"b\":\"/etc/x\"}",
           "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\\u0000\\\\/\","
           "\"b\":\"[path]\"}");
    expect("{}", NULL);
    expect(" { \"a\" : 1.0 } ", NULL);
    expect("{\"error\":{\"message\":\"The model `x` does not exist\","
           "\"type\":\"invalid_request_error\",\"param\":null,"
           "\"code\":\"invalid_api_key\"}}", NULL);
    expect("{\"path\":\"[path]\"}", NULL);
    expect("{\"\":\"\"}", NULL);
}


static void
knows_the_names_of_fields(void **state)
{
    (void) state;

    expect("{\"api_key\":\"abc\"}", "{\"api_key\":\"[redacted]\"}");
    expect("{\"Authorization\":[\"Bearer abc\",\"x y\"]}",
           "{\"Authorization\":[\"[redacted]\",\"[redacted]\"]}");
    expect("{\"a\":{\"password\":\"correct horse\"}}",
           "{\"a\":{\"password\":\"[redacted]\"}}");
    expect("{\"token\":\"a1b2c3d4\"}", "{\"token\":\"[redacted]\"}");
    expect("{\"cookie\":\"a=b\"}", "{\"cookie\":\"[redacted]\"}");

    expect("{\"token\":\" Hello\"}", NULL);
    expect("{\"api_key\":\"Field required\"}", NULL);
    expect("{\"api_key\":\"\",\"password\":null,\"secret\":1}", NULL);
    expect("{\"password\":{\"a\":\"b\"}}", NULL);
    expect("{\"password\":\"[redacted]\"}", NULL);
    expect("{\"authorization\":\"Bearer [redacted]\"}", NULL);
    expect("{\"max_tokens\":\"a1b2c3d4\"}", NULL);
}


static void
takes_out_given_secrets(void **state)
{
    static const char *const  secrets[] = {
        "hunter2", "", "hunter22", "a\"b/c", "q", "[x]"
    };

    (void) state;

    expect_without("{\"a\":\"my hunter2.\",\"hunter2\":[\"xhunter2x\"]}",
                   secrets, 6,
                   "{\"a\":\"my [redacted].\","
                   "\"[redacted]\":[\"x[redacted]x\"]}");
    expect_without("{\"a\":\"hunter223\"}", secrets, 6,
                   "{\"a\":\"[redacted]3\"}");
    expect_without("{\"a\":\"a\\\"b\\/c\"}", secrets, 6,
                   "{\"a\":\"[redacted]\"}");
    expect_without("{\"a\":\"qq[x]\"}", secrets, 6,
                   "{\"a\":\"[redacted][redacted][redacted]\"}");
    expect_without("{\"a\":\"\\u0068unter2\"}", secrets, 6,
                   "{\"a\":\"[redacted]\"}");
    expect_without("{\"a\":\"hunter\",\"b\":[2]}", secrets, 6, NULL);
    expect_without("{\"a\":\"hunter2\"}", secrets + 1, 1, NULL);
    expect_without("{\"a\":\"password=hunter2345\"}", secrets, 1,
                   "{\"a\":\"password=[redacted]\"}");
}


static void
refuses_what_is_no_object(void **state)
{
    size_t    i;
    ag_buf_t  b;

    (void) state;

    assert_int_equal(result(str(""), SIZE_MAX), AG_INVALID);
    assert_int_equal(result(str("[]"), SIZE_MAX), AG_INVALID);
    assert_int_equal(result(str("\"/etc/x\""), SIZE_MAX), AG_INVALID);
    assert_int_equal(result(str("{\"a\":\"/etc/x\"} x"), SIZE_MAX),
                     AG_INVALID);
    assert_int_equal(result(str("{\"a\":\"\xff\"}"), SIZE_MAX), AG_INVALID);
    assert_int_equal(result(str("{\"a\":\"/etc/x\"}"), SIZE_MAX), AG_OK);

    ag_buf_init(&b, SIZE_MAX);

    for (i = 0; i < AG_JSON_DEPTH_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&b, "{\"a\":"), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&b, "\"/etc/x\""), AG_OK);

    for (i = 0; i < AG_JSON_DEPTH_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&b, "}"), AG_OK);
    }

    assert_int_equal(result(ag_buf_str(&b), SIZE_MAX), AG_OK);

    b.len -= AG_JSON_DEPTH_MAX;
    b.len -= strlen("\"/etc/x\"");
    assert_int_equal(ag_buf_add_string(&b, "[]"), AG_OK);

    for (i = 0; i < AG_JSON_DEPTH_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&b, "}"), AG_OK);
    }

    assert_int_equal(result(ag_buf_str(&b), SIZE_MAX), AG_LIMIT);

    b.len = 0;
    assert_int_equal(ag_buf_add_string(&b, "{\"a\":\"/etc/x\"}"), AG_OK);

    while (b.len < AG_ERROR_BODY_MAX) {
        assert_int_equal(ag_buf_add_string(&b, " "), AG_OK);
    }

    assert_int_equal(result(ag_buf_str(&b), SIZE_MAX), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, " "), AG_OK);
    assert_int_equal(result(ag_buf_str(&b), SIZE_MAX), AG_INVALID);

    ag_buf_free(&b);
}


static void
needs_room(void **state)
{
    (void) state;

    assert_int_equal(result(str("{\"a\":\"/etc/x\"}"), 14), AG_OK);
    assert_int_equal(result(str("{\"a\":\"/etc/x\"}"), 13), AG_LIMIT);
    assert_int_equal(result(str("{\"a\":\"/foo/x\"}"), 0), AG_OK);
}


static void
agrees_with_the_tables(void **state)
{
    size_t       i, j;
    unsigned     changed;
    ag_buf_t     json, out;
    ag_str_t     text;
    yyjson_doc  *doc;

    (void) state;

    ag_buf_init(&json, SIZE_MAX);
    ag_buf_init(&out, SIZE_MAX);

    for (i = 0; i < COUNT(sanitize_harmless); i++) {
        member(&json, str(sanitize_harmless[i]));
        assert_int_equal(ag_sanitize_json(&out, ag_buf_str(&json), NULL, 0,
                                          &changed), AG_OK);
        assert_int_equal(changed, 0);
    }

    for (i = 0; i < COUNT(sanitize_leaks); i++) {
        member(&json, str(sanitize_leaks[i].text));
        out.len = 0;
        assert_int_equal(ag_sanitize_json(&out, ag_buf_str(&json), NULL, 0,
                                          &changed), AG_OK);
        assert_int_equal(changed, 1);

        doc = ag_json_tree(ag_buf_str(&out), NULL, 0);
        assert_non_null(doc);

        text = ag_json_text(yyjson_obj_get(
                   yyjson_arr_get_first(
                       yyjson_obj_get(yyjson_doc_get_root(doc), "a")), "b"));

        for (j = 0; sanitize_leaks[i].gone[j] != NULL; j++) {
            assert_false(holds(text, str(sanitize_leaks[i].gone[j])));
        }

        yyjson_doc_free(doc);
    }

    ag_buf_free(&json);
    ag_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sanitizes_every_string),
        cmocka_unit_test(keeps_all_else),
        cmocka_unit_test(knows_the_names_of_fields),
        cmocka_unit_test(takes_out_given_secrets),
        cmocka_unit_test(refuses_what_is_no_object),
        cmocka_unit_test(needs_room),
        cmocka_unit_test(agrees_with_the_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
