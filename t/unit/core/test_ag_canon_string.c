/*
 * Copyright (C) ngx_agent authors
 *
 * Strings of the canonical form: every way to write a character becomes one.
 */


#include "canonical.h"


#define LEN(array)  (sizeof(array) / sizeof(array[0]))


static size_t
utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        to[0] = (char) code;
        return 1;
    }

    if (code < 0x800) {
        to[0] = (char) (0xc0 | code >> 6);
        to[1] = (char) (0x80 | (code & 0x3f));
        return 2;
    }

    if (code < 0x10000) {
        to[0] = (char) (0xe0 | code >> 12);
        to[1] = (char) (0x80 | (code >> 6 & 0x3f));
        to[2] = (char) (0x80 | (code & 0x3f));
        return 3;
    }

    to[0] = (char) (0xf0 | code >> 18);
    to[1] = (char) (0x80 | (code >> 12 & 0x3f));
    to[2] = (char) (0x80 | (code >> 6 & 0x3f));
    to[3] = (char) (0x80 | (code & 0x3f));

    return 4;
}


static void
writes_each_character_in_one_way(void **state)
{
    static const canonical_t  cases[] = {
        { "\"\"", "\"\"" },
        { "\"\\u0041\\u0062\"", "\"Ab\"" },
        { "\"\\/ / \\u002f \\u002F\"", "\"/ / / /\"" },
        { "\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\"" },
        { "\"\\u0008\\u000c\\u000A\\u000D\\u0009\"",
          "\"\\b\\f\\n\\r\\t\"" },
        { "\"\\u0000\\u0001\\u001F\\u001f\\u000B\"",
          "\"\\u0000\\u0001\\u001f\\u001f\\u000b\"" },
        { "\"\\u0022\\u005c\\\"\\\\\"", "\"\\\"\\\\\\\"\\\\\"" },
        { "\"\\u007f\x7f\"", "\"\x7f\x7f\"" },
        { "\"\\u00e9\\u20AC\\uFFFF\"", "\"\xc3\xa9\xe2\x82\xac\xef\xbf\xbf\"" },
        { "\"\\uD83D\\uDE00\\udbff\\udfff\\ud800\\udc00\"",
          "\"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xf0\x90\x80\x80\"" },
        { "\"a longer text, \\\"quoted\\\", of many words\\n\"",
          "\"a longer text, \\\"quoted\\\", of many words\\n\"" }
    };

    (void) state;

    expect_forms(cases, LEN(cases));
}


/* At every offset within a word of eight bytes, near the end and far. */
static void
does_so_wherever_it_stands(void **state)
{
    char      text[128], form[128];
    size_t    before, after;

    (void) state;

    for (before = 0; before < 20; before++) {
        for (after = 0; after < 20; after++) {

            sprintf(text, "\"%.*s\\u00e9\\/\xe2\x82\xac\\n%.*s\"",
                    (int) before, "abcdefghijklmnopqrst",
                    (int) after, "abcdefghijklmnopqrst");
            sprintf(form, "\"%.*s\xc3\xa9/\xe2\x82\xac\\n%.*s\"",
                    (int) before, "abcdefghijklmnopqrst",
                    (int) after, "abcdefghijklmnopqrst");

            expect_form(text, form);
        }
    }
}


static void
does_so_with_every_character(void **state)
{
    char      escaped[32], raw[16];
    size_t    len;
    unsigned  code;
    ag_buf_t  of_escaped, of_raw;

    (void) state;

    ag_buf_init(&of_escaped, 1024);
    ag_buf_init(&of_raw, 1024);

    for (code = 0; code <= 0x10ffff; code++) {

        if (code >= 0xd800 && code <= 0xdfff) {
            continue;
        }

        if (code < 0x10000) {
            len = (size_t) sprintf(escaped, (code & 1) ? "\"\\u%04x\""
                                                       : "\"\\u%04X\"", code);

        } else {
            len = (size_t) sprintf(escaped, "\"\\u%04x\\u%04X\"",
                                   0xd800 + ((code - 0x10000) >> 10),
                                   0xdc00 + (code & 0x3ff));
        }

        of_escaped.len = 0;
        assert_int_equal(ag_canon(&of_escaped, ag_str(escaped, len), NULL, 0),
                         AG_OK);

        if (code < 0x20 || code == '"' || code == '\\') {

            /* it stands behind a backslash, and is its own form */

            assert_int_equal(of_escaped.data[1], '\\');
            len = of_escaped.len;
            memcpy(raw, of_escaped.data, len);

        } else {
            raw[0] = '"';
            len = 1 + utf8(raw + 1, code);
            raw[len++] = '"';
        }

        of_raw.len = 0;
        assert_int_equal(ag_canon(&of_raw, ag_str(raw, len), NULL, 0), AG_OK);
        assert_int_equal(of_raw.len, len);
        assert_memory_equal(of_raw.data, raw, len);
        assert_int_equal(of_escaped.len, len);
        assert_memory_equal(of_escaped.data, raw, len);
    }

    ag_buf_free(&of_escaped);
    ag_buf_free(&of_raw);
}


static void
refuses_half_a_pair_and_bytes_that_are_not_utf8(void **state)
{
    char      text[64];
    size_t    i, before;

    static const char *const  bad[] = {
        "\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\ud83d\\ud83d",
        "\\ude00\\ud83d", "\\ud83d\\n", "\\ud83d\\u00e9", "\\ud83d\\ue000",
        "\\u", "\\u0", "\\u00", "\\u004", "\\u004G", "\\u004g", "\\u00/1",
        "\\u00:1", "\\u00@1", "\\u00`1", "\\u-001", "\\a", "\\v", "\\'",
        "\\0", "\\ ", "\x1f", "\x80", "\xbf", "\xc1\xbf", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x82(",
        "\xf0\x9f\x98("
    };

    (void) state;

    for (i = 0; i < LEN(bad); i++) {
        for (before = 0; before < 10; before++) {
            sprintf(text, "\"%.*s%s\"", (int) before, "abcdefghij", bad[i]);
            expect_refused(text, AG_INVALID);

            sprintf(text, "\"%.*s%s and more\"", (int) before, "abcdefghij",
                    bad[i]);
            expect_refused(text, AG_INVALID);

            sprintf(text, "{\"%.*s%s\":1}", (int) before, "abcdefghij",
                    bad[i]);
            expect_refused(text, AG_INVALID);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(writes_each_character_in_one_way),
        cmocka_unit_test(does_so_wherever_it_stands),
        cmocka_unit_test(does_so_with_every_character),
        cmocka_unit_test(refuses_half_a_pair_and_bytes_that_are_not_utf8)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
