/*
 * Copyright (C) ngx_agent authors
 *
 * What the scanner takes for JSON.  Every text is judged by yyjson too, and
 * stands in memory of its exact size, so that a byte read too many is seen.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_json.h"


#define countof(array)  (sizeof(array) / sizeof((array)[0]))


static ag_str_t str(const char *text);
static void expect(ag_str_t text, int expected);
static void expect_all(const char **texts, size_t n, int expected);
static void expect_within(const char *format, const char *part,
    int expected);
static unsigned is_utf8(const ag_char_t *p, size_t n);


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static void
expect(ag_str_t text, int expected)
{
    int          rc;
    ag_char_t   *copy;
    ag_json_t    json;
    yyjson_doc  *doc;

    copy = malloc(text.len + (text.len == 0));
    memcpy(copy, text.data, text.len);

    rc = ag_json_scan(&json, ag_str(copy, text.len));
    doc = yyjson_read((const char *) copy, text.len,
                      YYJSON_READ_NUMBER_AS_RAW);

    if (rc != expected || (doc != NULL) != (expected == AG_OK)) {
        fail_msg("%d, %s, yyjson %s: %.*s", rc,
                 json.error ? json.error : "no error",
                 doc ? "reads it" : "refuses it", (int) text.len, text.data);
    }

    yyjson_doc_free(doc);
    free(copy);
}


static void
expect_all(const char **texts, size_t n, int expected)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        expect(str(texts[i]), expected);
    }
}


/* Puts "part" into the first two places of "format". */
static void
expect_within(const char *format, const char *part, int expected)
{
    char  text[200];

    (void) snprintf(text, sizeof(text), format, part, part);
    expect(str(text), expected);
}


static void
takes_json(void **state)
{
    static const char  *texts[] = {
        "{}", "[]", "\"\"", "0", "null", "[[]]", "[{}]", "{\"\":{}}",
        "[[],[[]],{},[{}]]", "{\"a\":[],\"b\":{\"c\":[{}]},\"d\":0}",
        "[1,\"2\",true,false,null,{\"a\":1},[3]]", "[\"\x7f\"]",
        "[\"/* no comment */\"]", "{\"a b\":\"c:d,e}f]\"}"
    };

    (void) state;

    expect_all(texts, countof(texts), AG_OK);
}


static void
refuses_what_is_almost_json(void **state)
{
    static const char  *texts[] = {
        "", " ", "[", "]", "{", "}", ",", ":", "[1", "[1,", "[,1]", "[1,]",
        "[1,,2]", "[,]", "[1 2]", "[1}", "{]", "[}", "[]]", "{}}", "[1:2]",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\",1}",
        "{\"a\"::1}", "{\"a\":1 \"b\":2}", "{\"a\":1,,\"b\":2}",
        "{\"a\":1]", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{[]:1}",
        "['a']", "[\"a]", "[a\"]", "[\"a\"\"b\"]", "\"a\" \"b\"", "1 2",
        "[] []", "{}{}", "{} #", "null,", "/**/1", "1//", "[1/* */]",
        "[(1)]", "<html></html>", "data: {}", "[undefined]", "\\", "[\\n]",
        "\"", "\"\\", "\"\\\"", "\"\\u", "`a`", "[1;2]", "{\"a\"=1}"
    };

    (void) state;

    expect_all(texts, countof(texts), AG_INVALID);
}


static void
refuses_a_text_cut_at_any_byte(void **state)
{
    size_t    n;
    ag_str_t  text;

    (void) state;

    text = str("{\"model\":\"gpt\",\"a\":[1,-2.5e-3,true,false,null,"
               "{\"b\":{}}],\"\\u00e9\\ud83d\\ude00\xc3\xa9\xf0\x9f\x98\x80"
               "\\n\":[[],[\"\"]], \"long plain text of a message\" : "
               "\"so that words are\" }");

    expect(text, AG_OK);

    for (n = 0; n < text.len; n++) {
        expect(ag_str(text.data, n), AG_INVALID);
    }
}


static void
takes_every_form_of_a_number(void **state)
{
    size_t              i;
    static const char  *numbers[] = {
        "0", "-0", "1", "-1", "10", "1234567890", "0.0", "-0.5", "1.25",
        "0e0", "0E0", "0e+0", "0e-0", "1e5", "1E05", "-1.5e-10", "1e400",
        "-1e400", "1e-400", "0.00000000000000000000000000000000000001",
        "18446744073709551616", "99999999999999999999999999999999999999999"
    };

    (void) state;

    for (i = 0; i < countof(numbers); i++) {
        expect(str(numbers[i]), AG_OK);
        expect_within(" %s\n", numbers[i], AG_OK);
        expect_within("[%s]", numbers[i], AG_OK);
        expect_within("{\"a\":%s,\"b\":[%s , 1]}", numbers[i], AG_OK);
    }
}


static void
refuses_every_other_form_of_a_number(void **state)
{
    size_t              i;
    static const char  *numbers[] = {
        "00", "01", "-01", "-", "+1", "--1", "-+1", "1.", "-1.", ".5", "-.5",
        "1.e5", "1e", "1e+", "1e-", "1E", "1e5.5", "1ee5", "1e++5", "1.2.3",
        "0x10", "0b1", "1_000", "1,5x", "1a", "1 0", "Infinity", "-Infinity",
        "NaN", "-NaN", "nan", "inf", "- 1", "1 .5", "\xef\xbc\x91", "1f",
        "0e", "0.", "-e5", "\xe2\x88\x92" "1"
    };

    (void) state;

    for (i = 0; i < countof(numbers); i++) {
        expect(str(numbers[i]), AG_INVALID);
        expect_within("[%s]", numbers[i], AG_INVALID);
        expect_within("{\"a\":%s}", numbers[i], AG_INVALID);
    }
}


static void
takes_three_words_in_lower_case(void **state)
{
    size_t              i;
    static const char  *right[] = { "true", "false", "null" };
    static const char  *wrong[] = {
        "t", "tru", "truE", "True", "TRUE", "truee", "true1", "tr ue",
        "f", "fals", "False", "falsey", "n", "nul", "nulll", "Null", "NULL",
        "none", "None", "yes", "truefalse", "true false", "nil"
    };

    (void) state;

    for (i = 0; i < countof(right); i++) {
        expect(str(right[i]), AG_OK);
        expect_within("[%s,%s]", right[i], AG_OK);
    }

    for (i = 0; i < countof(wrong); i++) {
        expect(str(wrong[i]), AG_INVALID);
        expect_within("[%s]", wrong[i], AG_INVALID);
    }
}


static void
takes_four_kinds_of_white_space_between_tokens(void **state)
{
    int                 c;
    char                space[2];
    size_t              i;
    static const char  *formats[] = {
        "%s1", "1%s", "[%s]", "[%s1]", "[1%s]", "[1%s,2]", "[1,%s2]",
        "{%s}", "{%s\"a\":1}", "{\"a\"%s:1}", "{\"a\":%s1}", "{\"a\":1%s}",
        "{\"a\":1%s,\"b\":2}", "{\"a\":1,%s\"b\":2}"
    };

    (void) state;

    space[1] = '\0';

    for (i = 0; i < countof(formats); i++) {
        expect_within(formats[i], "", AG_OK);
        expect_within(formats[i], " \t\r\n \n\n\t", AG_OK);
        expect_within(formats[i], "\xef\xbb\xbf", AG_INVALID);
        expect_within(formats[i], "\xc2\xa0", AG_INVALID);
        expect_within(formats[i], "\xe2\x80\xa8", AG_INVALID);

        for (c = 1; c <= ' '; c++) {
            space[0] = (char) c;
            expect_within(formats[i], space,
                          strchr(" \t\r\n", c) ? AG_OK : AG_INVALID);
        }
    }

    expect(ag_str("[\0]", 3), AG_INVALID);
    expect(ag_str("1\0", 2), AG_INVALID);
    expect(ag_str("\0", 1), AG_INVALID);
}


static void
takes_the_escapes_of_the_standard_and_no_other(void **state)
{
    int   c;
    char  text[] = "[\"a\\?b\"]";

    (void) state;

    for (c = 0; c < 256; c++) {
        text[4] = (char) c;
        expect(ag_str(text, sizeof(text) - 1),
               (c != 0 && strchr("\"\\/bfnrt", c)) ? AG_OK : AG_INVALID);
    }
}


static void
takes_four_hexadecimal_digits_of_either_case(void **state)
{
    int   c, at;
    char  text[] = "[\"\\u0000\"]";

    (void) state;

    for (at = 4; at < 8; at++) {
        for (c = 0; c < 256; c++) {
            text[at] = (char) c;
            expect(ag_str(text, sizeof(text) - 1),
                   (c != 0 && strchr("0123456789abcdefABCDEF", c))
                   ? AG_OK : AG_INVALID);
        }

        text[at] = '0';
    }

    expect(str("[\"\\u00e\"]"), AG_INVALID);
    expect(str("[\"\\u\"]"), AG_INVALID);
    expect(str("[\"\\U0041\"]"), AG_INVALID);
}


static void
takes_surrogates_only_in_pairs(void **state)
{
    unsigned  first, second;
    char      text[40];

    (void) state;

    for (first = 0xd700; first <= 0xe0ff; first += 0x40) {
        (void) snprintf(text, sizeof(text), "[\"\\u%04x\"]", first);
        expect(str(text), (first < 0xd800 || first > 0xdfff)
                          ? AG_OK : AG_INVALID);

        (void) snprintf(text, sizeof(text), "[\"\\u%04Xdc00\"]", first);
        expect(str(text), (first < 0xd800 || first > 0xdfff)
                          ? AG_OK : AG_INVALID);

        for (second = 0xd7ff; second <= 0xe0ff; second += 0x80) {
            (void) snprintf(text, sizeof(text), "[\"\\u%04X\\u%04x\"]",
                            first, second);
            expect(str(text),
                   (first >= 0xd800 && first < 0xdc00)
                   ? (second >= 0xdc00 && second < 0xe000) ? AG_OK
                                                           : AG_INVALID
                   : ((first < 0xd800 || first > 0xdfff)
                      && (second < 0xd800 || second > 0xdfff))
                     ? AG_OK : AG_INVALID);
        }
    }

    expect(str("[\"\\ud800\\n\"]"), AG_INVALID);
    expect(str("[\"\\ud800\\udc0\"]"), AG_INVALID);
    expect(str("[\"\\ud800\\ud800\\udc00\"]"), AG_INVALID);
    expect(str("[\"\\ud800 \\udc00\"]"), AG_INVALID);
}


static void
judges_every_byte_at_every_place_of_a_string(void **state)
{
    size_t  len, at;
    int     c;
    char    text[40];

    (void) state;

    for (len = 1; len <= 20; len++) {
        for (at = 1; at <= len; at++) {
            memset(text, 'x', sizeof(text));
            text[0] = '"';
            text[len + 1] = '"';

            for (c = 0; c < 256; c++) {
                text[at] = (char) c;
                expect(ag_str(text, len + 2),
                       (c < 0x20 || c == '"' || c == '\\' || c >= 0x80)
                       ? AG_INVALID : AG_OK);
            }
        }
    }
}


/* By the value and its shortest form, not by ranges of bytes. */
static unsigned
is_utf8(const ag_char_t *p, size_t n)
{
    size_t    i;
    uint32_t  code;

    code = p[0] & (0x7fu >> n);

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        code = code << 6 | (p[i] & 0x3f);
    }

    return code >= (n == 2 ? 0x80u : n == 3 ? 0x800u : 0x10000u)
           && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}


static void
takes_exactly_the_utf8_of_the_standard(void **state)
{
    size_t            i, n;
    unsigned          lead, second;
    ag_char_t         text[8];
    static const int  tails[] = { 0x22, 0x7f, 0x80, 0xbf, 0xc0 };

    (void) state;

    for (lead = 0x80; lead < 0x100; lead++) {
        n = (lead < 0xe0) ? 2 : (lead < 0xf0) ? 3 : 4;

        for (second = 0; second < 0x100 * 5; second++) {
            i = second / 0x100;
            text[0] = '"';
            text[1] = (ag_char_t) lead;
            text[2] = (ag_char_t) second;

            if (n > 2) {
                text[3] = (ag_char_t) tails[second % 5];
                text[n] = (ag_char_t) tails[i];
            }

            text[n + 1] = '"';

            expect(ag_str(text, n + 2), (lead >= 0xc0 && lead < 0xf8
                                         && is_utf8(text + 1, n))
                                        ? AG_OK : AG_INVALID);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_json),
        cmocka_unit_test(refuses_what_is_almost_json),
        cmocka_unit_test(refuses_a_text_cut_at_any_byte),
        cmocka_unit_test(takes_every_form_of_a_number),
        cmocka_unit_test(refuses_every_other_form_of_a_number),
        cmocka_unit_test(takes_three_words_in_lower_case),
        cmocka_unit_test(takes_four_kinds_of_white_space_between_tokens),
        cmocka_unit_test(takes_the_escapes_of_the_standard_and_no_other),
        cmocka_unit_test(takes_four_hexadecimal_digits_of_either_case),
        cmocka_unit_test(takes_surrogates_only_in_pairs),
        cmocka_unit_test(judges_every_byte_at_every_place_of_a_string),
        cmocka_unit_test(takes_exactly_the_utf8_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
