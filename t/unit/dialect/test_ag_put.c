/*
 * Copyright (C) ngx_agent authors
 *
 * The writer of JSON.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "dialect/ag_translate.h"


static ag_str_t str(const char *text);
static void expect(ag_buf_t *out, const ag_put_t *p, const char *json);
static void expect_text(ag_str_t text);


static void
puts_commas_where_they_belong(void **state)
{
    ag_buf_t  out;
    ag_put_t  p;

    (void) state;

    ag_buf_init(&out, 10000);
    ag_put_init(&p, &out);

    ag_put_open(&p, NULL, '{');
    ag_put_open(&p, "a", '[');
    ag_put_number(&p, NULL, 1);
    ag_put_open(&p, NULL, '[');
    ag_put_close(&p, ']');
    ag_put_open(&p, NULL, '{');
    ag_put_close(&p, '}');
    ag_put_text(&p, NULL, str("x"));
    ag_put_close(&p, ']');
    ag_put_bool(&p, "b", 1);
    ag_put_bool(&p, "c", 0);
    ag_put_null(&p, "d");
    ag_put_word(&p, "e", "word");
    ag_put_json(&p, "f", str("[1, 2]"));
    ag_put_json(&p, "g", ag_str(NULL, 0));
    ag_put_open(&p, "h", '{');
    ag_put_text(&p, "i", ag_str(NULL, 0));
    ag_put_close(&p, '}');
    ag_put_close(&p, '}');

    expect(&out, &p, "{\"a\":[1,[],{},\"x\"],\"b\":true,\"c\":false,"
           "\"d\":null,\"e\":\"word\",\"f\":[1, 2],\"g\":null,"
           "\"h\":{\"i\":\"\"}}");
}


static void
puts_numbers(void **state)
{
    ag_buf_t  out;
    ag_put_t  p;

    (void) state;

    ag_buf_init(&out, 10000);
    ag_put_init(&p, &out);

    ag_put_open(&p, NULL, '[');
    ag_put_number(&p, NULL, 0);
    ag_put_number(&p, NULL, 10);
    ag_put_number(&p, NULL, UINT64_MAX);
    ag_put_close(&p, ']');

    expect(&out, &p,
           "[0,10,18446744073709551615]");
}


static void
puts_values_of_trees(void **state)
{
    ag_buf_t     out;
    ag_put_t     p;
    yyjson_doc  *doc;
    yyjson_val  *root;

    (void) state;

    doc = ag_json_tree(str("[\"a\\u0001\\\"\",{\"b\":[1.5,{}]},1e999]"),
                       NULL, 0);
    root = yyjson_doc_get_root(doc);

    ag_buf_init(&out, 10000);
    ag_put_init(&p, &out);

    ag_put_open(&p, NULL, '{');
    ag_put_value(&p, "s", yyjson_arr_get(root, 0));
    ag_put_value(&p, "o", yyjson_arr_get(root, 1));
    ag_put_value(&p, "r", yyjson_arr_get(root, 2));
    ag_put_value(&p, "n", NULL);
    ag_put_close(&p, '}');

    expect(&out, &p, "{\"s\":\"a\\u0001\\\"\",\"o\":{\"b\":[1.5,{}]},"
           "\"r\":1e999,\"n\":null}");

    yyjson_doc_free(doc);
}


static void
puts_names_of_any_bytes(void **state)
{
    ag_buf_t  out;
    ag_put_t  p;

    (void) state;

    ag_buf_init(&out, 10000);
    ag_put_init(&p, &out);

    ag_put_open(&p, NULL, '{');
    ag_put_key(&p, str("a\"b\n"));
    ag_put_number(&p, NULL, 1);
    ag_put_key(&p, ag_str(NULL, 0));
    ag_put_open(&p, NULL, '[');
    ag_put_close(&p, ']');
    ag_put_key(&p, str("c"));
    ag_put_text_open(&p, NULL);
    ag_put_text_close(&p);
    ag_put_close(&p, '}');

    expect(&out, &p, "{\"a\\\"b\\n\":1,\"\":[],\"c\":\"\"}");
}


static void
puts_texts_of_pieces(void **state)
{
    ag_buf_t  out;
    ag_put_t  p;

    (void) state;

    ag_buf_init(&out, 10000);
    ag_put_init(&p, &out);

    ag_put_open(&p, NULL, '{');
    ag_put_text_open(&p, "a");
    ag_put_text_add(&p, str("one \""));
    ag_put_text_add(&p, ag_str(NULL, 0));
    ag_put_text_add(&p, str("two\n"));
    ag_put_text_close(&p);
    ag_put_text_open(&p, "b");
    ag_put_text_close(&p);
    ag_put_close(&p, '}');

    expect(&out, &p, "{\"a\":\"one \\\"two\\n\",\"b\":\"\"}");
}


static void
frames_events(void **state)
{
    int       i;
    ag_buf_t  out;
    ag_put_t  p;

    (void) state;

    ag_buf_init(&out, 10000);
    ag_put_init(&p, &out);

    for (i = 0; i < 2; i++) {
        ag_put_raw(&p, "data: ");
        ag_put_open(&p, NULL, '{');
        ag_put_number(&p, "a", 1);
        ag_put_close(&p, '}');
        ag_put_raw(&p, "\n\n");
    }

    expect(&out, &p, "data: {\"a\":1}\n\ndata: {\"a\":1}\n\n");
}


/*
 * Runs of eight bytes and escapes meet at every distance: the same as one
 * byte after the other.
 */
static void
escapes_every_text_as_the_buffer_does(void **state)
{
    size_t       i, n, at;
    ag_char_t    text[40];

    static const char *const  odd[] = {
        "\"", "\\", "\n", "\x01", "\x1f", "\x7f", "\xc3\xa9",
        "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80", "\xff", "\xe2\x82",
        "\xf0\x9f\x98", "\xc3", "\xed\xa0\x80", "\"\"", "\xff\"\xc3\xa9"
    };

    (void) state;

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        n = strlen(odd[i]);

        for (at = 0; at + n <= sizeof(text); at++) {
            memset(text, 'a' + (int) at % 26, sizeof(text));
            memcpy(text + at, odd[i], n);

            expect_text(ag_str(text, sizeof(text)));
            expect_text(ag_str(text, at + n));
            expect_text(ag_str(text + at, sizeof(text) - at));
            expect_text(ag_str(text + at, n));
        }
    }

    for (i = 0; i < 256; i++) {
        memset(text, (int) i, sizeof(text));
        expect_text(ag_str(text, sizeof(text)));
        expect_text(ag_str(text, 1));
    }
}


/* At every size: never a byte too much, and an error stays one. */
static void
keeps_its_first_error(void **state)
{
    int          rc;
    size_t       max;
    ag_buf_t     out;
    ag_put_t     p;
    yyjson_doc  *doc;

    static const char  json[] =
        "{\"a\":[1,\"x\\ny\"],\"b\":{\"c\":\"text\"},\"k\":0.5}";

    (void) state;

    doc = ag_json_tree(str("[1,\"x\\ny\"]"), NULL, 0);

    for (max = 0; max <= sizeof(json); max++) {
        ag_buf_init(&out, max);
        ag_put_init(&p, &out);

        ag_put_open(&p, NULL, '{');
        ag_put_value(&p, "a", yyjson_doc_get_root(doc));
        ag_put_open(&p, "b", '{');
        ag_put_text(&p, "c", str("text"));
        ag_put_close(&p, '}');
        ag_put_key(&p, str("k"));
        ag_put_json(&p, NULL, str("0.5"));
        ag_put_close(&p, '}');

        assert_true(out.len <= max);

        if (max < sizeof(json) - 1) {
            assert_int_equal(p.rc, AG_LIMIT);

            rc = p.rc;
            out.len = 0;
            ag_put_null(&p, NULL);
            ag_put_raw(&p, "x");
            ag_put_text_add(&p, str("\n"));
            ag_put_close(&p, ']');
            assert_int_equal(p.rc, rc);
            assert_int_equal(out.len, 0);

        } else {
            assert_int_equal(p.rc, AG_OK);
            assert_true(ag_str_is(ag_buf_str(&out), json));
        }

        ag_buf_free(&out);
    }

    yyjson_doc_free(doc);
}


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static void
expect(ag_buf_t *out, const ag_put_t *p, const char *json)
{
    assert_int_equal(p->rc, AG_OK);
    assert_int_equal(ag_buf_add(out, "", 1), AG_OK);
    assert_string_equal(out->data, json);

    ag_buf_free(out);
}


static void
expect_text(ag_str_t text)
{
    ag_buf_t    expected, out;
    ag_put_t    p;
    ag_char_t  *own;

    /* memory of its own: reading past its end is seen */

    own = malloc(text.len);
    memcpy(own, text.data, text.len);

    ag_buf_init(&expected, 1000);
    ag_buf_init(&out, 1000);

    ag_buf_add_string(&expected, "\"");
    ag_buf_add_json(&expected, text);
    ag_buf_add_string(&expected, "\"");

    ag_put_init(&p, &out);
    ag_put_text(&p, NULL, ag_str(own, text.len));

    assert_int_equal(p.rc, AG_OK);
    assert_true(ag_str_equal(ag_buf_str(&out), ag_buf_str(&expected)));

    ag_buf_free(&expected);
    ag_buf_free(&out);
    free(own);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(puts_commas_where_they_belong),
        cmocka_unit_test(puts_numbers),
        cmocka_unit_test(puts_values_of_trees),
        cmocka_unit_test(puts_names_of_any_bytes),
        cmocka_unit_test(puts_texts_of_pieces),
        cmocka_unit_test(frames_events),
        cmocka_unit_test(escapes_every_text_as_the_buffer_does),
        cmocka_unit_test(keeps_its_first_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
