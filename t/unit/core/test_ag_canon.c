/*
 * Copyright (C) ngx_agent authors
 *
 * The canonical form: what has the same, what has none, what is left out.
 */


#include "canonical.h"

#include "core/ag_json.h"


#define LEN(array)  (sizeof(array) / sizeof(array[0]))


static void
sorts_members_and_drops_white_space(void **state)
{
    static const canonical_t  cases[] = {
        { "{}", "{}" },
        { " { } ", "{}" },
        { "[ ]", "[]" },
        { "\r\n\t [ 1 , 2\n,\t3 ]\r", "[1,2,3]" },
        { "{\"a\":1}", "{\"a\":1}" },
        { "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}" },
        { "{ \"b\" : 1 , \"a\" : 2 }", "{\"a\":2,\"b\":1}" },
        { "{\"c\":3,\"a\":{\"y\":[],\"x\":{}},\"b\":[{\"q\":0,\"p\":1}]}",
          "{\"a\":{\"x\":{},\"y\":[]},\"b\":[{\"p\":1,\"q\":0}],\"c\":3}" },
        { "{\"role\":\"user\",\"content\":\"a long text\"}",
          "{\"content\":\"a long text\",\"role\":\"user\"}" },
        { "[2,1]", "[2,1]" },
        { "\"a b\"", "\"a b\"" },
        { " true ", "true" },
        { "false", "false" },
        { "null", "null" },
        { "{\"\":1,\"a\":null}", "{\"\":1,\"a\":null}" },
        { "{\"a\":null,\"\":1}", "{\"\":1,\"a\":null}" }
    };

    (void) state;

    expect_forms(cases, LEN(cases));
}


static void
leaves_numbers_as_written(void **state)
{
    size_t  i;

    static const char *const  numbers[] = {
        "0", "-0", "1", "1.0", "1e0", "1E0", "1e+0", "1e-0", "10", "-12.50",
        "0.1", "0e5", "123456789012345678901234567890",
        "0.30000000000000004", "1e400", "-1.5E-07"
    };

    (void) state;

    for (i = 0; i < LEN(numbers); i++) {
        expect_form(numbers[i], numbers[i]);
    }
}


static void
keeps_the_order_of_equal_names(void **state)
{
    static const canonical_t  cases[] = {
        { "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}" },
        { "{\"a\":2,\"a\":1}", "{\"a\":2,\"a\":1}" },
        { "{\"b\":0,\"a\":2,\"a\":1}", "{\"a\":2,\"a\":1,\"b\":0}" },
        { "{\"a\":2,\"\\u0061\":1}", "{\"a\":2,\"a\":1}" }
    };

    (void) state;

    expect_forms(cases, LEN(cases));
}


static void
refuses_what_is_not_json(void **state)
{
    size_t  i;

    static const char *const  texts[] = {
        "", " ", "{", "}", "[", "]", "{]", "[}", "[1", "[1,", "[1,]", "[,1]",
        "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{,}", "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}", "1 2",
        "{}{}", "{} x", "tru", "truE", "nul", "fals", "nulll", "-", "+1",
        "01", "-01", "1.", ".5", "1e", "1e+", "1.e1", "0x1", "NaN",
        "Infinity", "'a'", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"",
        "\"\\u12\"", "\"\\u123g\"", "\"\\ud800\"", "\"\\udc00\"",
        "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\ud800\\", "\"\\ud800\\u",
        "\"a\nb\"", "\"a\tb\"", "\"\x01\"", "\"\xff\"", "\"\xc3\"",
        "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
        "\"\xe2\x82\"", "\xef\xbb\xbf{}", "[1]]", "\v1", "/* */1", "{\"a\":",
        "{\"a\":[}", "{\"a\\\":1}", "[\"a\":1]", "{\"a\",1}", "\"\\U0041\""
    };

    (void) state;

    for (i = 0; i < LEN(texts); i++) {
        expect_refused(texts[i], AG_INVALID);
    }

    expect_refused("{\"stream\":tru}", AG_INVALID);
}


static void
refuses_every_cut_text(void **state)
{
    size_t    i;
    ag_buf_t  out;

    static const char  text[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"\\ud83d\\ude00 \xe2\x82\xac and \xf0\x9f\x98\x80 \\n long enough "
        "for words of eight\"}],\"n\":-1.25e+3,\"x\":[true,false,null]}";

    (void) state;

    ag_buf_init(&out, AG_REQUEST_MAX);

    for (i = 0; i < sizeof(text) - 1; i++) {
        assert_int_equal(canonical_bytes(&out, text, i), AG_INVALID);
        assert_int_equal(out.len, 0);
    }

    assert_int_equal(canonical_bytes(&out, text, i), AG_OK);

    ag_buf_free(&out);
}


/* Arrays and objects in turn, "depth" of them; the buffer is the test's. */
static const char *
nested(char *text, size_t depth)
{
    size_t  i;
    char   *p;

    p = text;

    for (i = 0; i < depth; i++) {
        p += sprintf(p, "%s", (i % 2) ? "{\"b\":0,\"a\":" : "[");
    }

    *p++ = '1';

    for (i = depth; i-- > 0; /* void */ ) {
        *p++ = (i % 2) ? '}' : ']';
    }

    *p = '\0';

    return text;
}


static void
is_as_deep_as_the_scanner(void **state)
{
    char       text[16 * AG_JSON_DEPTH_MAX], flat[AG_JSON_DEPTH_MAX + 2];
    ag_buf_t   out;
    ag_json_t  json;

    (void) state;

    ag_buf_init(&out, AG_REQUEST_MAX);
    nested(text, AG_JSON_DEPTH_MAX);

    assert_int_equal(ag_json_scan(&json, ag_str(text, strlen(text))), AG_OK);
    assert_int_equal(canonical_bytes(&out, text, strlen(text)), AG_OK);
    assert_int_equal(out.len, strlen(text));
    assert_memory_equal(out.data, "[{\"a\":[{\"a\":", 12);

    expect_refused(nested(text, AG_JSON_DEPTH_MAX + 1), AG_LIMIT);
    expect_refused(nested(text, AG_JSON_DEPTH_MAX + 2), AG_LIMIT);

    memset(flat, '[', sizeof(flat));
    flat[AG_JSON_DEPTH_MAX + 1] = '\0';
    expect_refused(flat, AG_LIMIT);
    flat[AG_JSON_DEPTH_MAX] = '\0';
    expect_refused(flat, AG_INVALID);

    ag_buf_free(&out);
}


static void
expect_without(const char *text, const char *form)
{
    ag_buf_t  out;

    static const char *const  without[] = { "\"q\"", "a", "user", "user2" };

    ag_buf_init(&out, AG_REQUEST_MAX);

    assert_int_equal(ag_canon(&out, ag_str(text, strlen(text)), without, 4),
                     AG_OK);
    assert_int_equal(ag_buf_add(&out, "", 1), AG_OK);
    assert_string_equal(out.data, form);

    ag_buf_free(&out);
}


static void
leaves_out_members_of_the_top(void **state)
{
    (void) state;

    expect_without("{\"a\":1}", "{}");
    expect_without("{\"a\":1,\"user\":{\"b\":[1]}}", "{}");
    expect_without("{\"a\":1,\"b\":2}", "{\"b\":2}");
    expect_without("{\"b\":2,\"a\":1}", "{\"b\":2}");
    expect_without("{\"c\":3,\"a\":1,\"b\":2}", "{\"b\":2,\"c\":3}");
    expect_without("{\"c\":3,\"user\":1,\"user2\":2,\"use\":4}",
                   "{\"c\":3,\"use\":4}");
    expect_without("{\"user1\":0,\"user22\":1,\"\":2,\"b\":3,\"zz\":4}",
                   "{\"\":2,\"b\":3,\"user1\":0,\"user22\":1,\"zz\":4}");

    /* whatever their names are written with */

    expect_without("{\"\\u0061\":1,\"\\u0075ser\":2,\"\\\"q\\u0022\":3}",
                   "{}");
    expect_without("{\"a\\u0000\":1,\"user\\n\":2}",
                   "{\"a\\u0000\":1,\"user\\n\":2}");

    /* twice, and not within others */

    expect_without("{\"a\":1,\"b\":{\"user\":1,\"a\":2},\"a\":3}",
                   "{\"b\":{\"a\":2,\"user\":1}}");
    expect_without("[{\"a\":1}]", "[{\"a\":1}]");
    expect_without("\"a\"", "\"a\"");

    /* and a null is not left out */

    expect_without("{\"b\":null}", "{\"b\":null}");
}


static void
adds_to_its_buffer_up_to_the_maximum(void **state)
{
    size_t      max;
    ag_buf_t    out;

    const ag_str_t  text = ag_string("  { \"b\" : 1 , \"a\" : \"\\u0041\" } ");
    const char      form[] = "{\"a\":\"A\",\"b\":1}";

    (void) state;

    for (max = 0; max < text.len + 8; max++) {
        ag_buf_init(&out, max + 1);
        assert_int_equal(ag_buf_add(&out, "x", 1), AG_OK);

        if (max < sizeof(form) - 1) {
            assert_int_equal(ag_canon(&out, text, NULL, 0), AG_LIMIT);
            assert_true(ag_str_is(ag_buf_str(&out), "x"));

        } else {
            assert_int_equal(ag_canon(&out, text, NULL, 0), AG_OK);
            assert_int_equal(out.len, sizeof(form));
            assert_memory_equal(out.data + 1, form, sizeof(form) - 1);
        }

        ag_buf_free(&out);
    }
}


static void
refuses_what_is_no_request(void **state)
{
    ag_buf_t  out;

    (void) state;

    ag_buf_init(&out, AG_REQUEST_MAX);

    assert_int_equal(ag_canon(&out, ag_str("1", AG_REQUEST_MAX + 1), NULL, 0),
                     AG_LIMIT);
    assert_int_equal(ag_canon(&out, ag_str(NULL, 0), NULL, 0), AG_INVALID);

    ag_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sorts_members_and_drops_white_space),
        cmocka_unit_test(leaves_numbers_as_written),
        cmocka_unit_test(keeps_the_order_of_equal_names),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(refuses_every_cut_text),
        cmocka_unit_test(is_as_deep_as_the_scanner),
        cmocka_unit_test(leaves_out_members_of_the_top),
        cmocka_unit_test(adds_to_its_buffer_up_to_the_maximum),
        cmocka_unit_test(refuses_what_is_no_request)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
