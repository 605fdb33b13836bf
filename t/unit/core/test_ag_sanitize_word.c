/*
 * Copyright (C) ngx_agent authors
 *
 * The kinds of bytes, lists of words, and what looks like a name.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <ctype.h>

#include <cmocka.h>

#include "core/ag_sanitize_parts.h"


static ag_str_t str(const char *text);
static void expect_kind(unsigned kind, int (*is)(int c), const char *more,
    int other);
static size_t ends(const char *const *lists, const char *text);
static int is_nothing(int c);
static int is_small(int c);
static int is_last(int c);
static int is_trace(int c);
static int is_first(int c);
static int is_end(int c);


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


/*
 * A byte has the kind if is() says so or it is one of "more"; "other": those
 * that are not ASCII have it.
 */
static void
expect_kind(unsigned kind, int (*is)(int c), const char *more, int other)
{
    int  c, expected;

    for (c = 0; c < 256; c++) {
        expected = (c >= 0x80) ? other : is(c) || (c && strchr(more, c));

        if (other == 2 && c >= 0x80) {
            expected = strchr(more, c) != NULL;
        }

        if (!!ag_sanitize_is((ag_char_t) c, kind) != !!expected) {
            fail_msg("byte %d, kind %x", c, kind);
        }
    }
}


static size_t
ends(const char *const *lists, const char *text)
{
    char    mark;
    size_t  n;

    mark = '#';
    n = ag_sanitize_ends_listed(lists, str(text), &mark);

    assert_int_equal(mark, (n == 0) ? '#' : (n == 3) ? '?' : '!');
    assert_int_equal(ag_sanitize_ends_listed(lists, str(text), NULL), n);

    return n;
}


static int
is_nothing(int c)
{
    (void) c;

    return 0;
}


static int
is_small(int c)
{
    return c >= 'a' && c <= 'z';
}


static int
is_last(int c)
{
    return c && strchr("deghlnstyDEGHLNSTY", c) != NULL;
}


static int
is_trace(int c)
{
    return c && strchr("abfgstABFGST", c) != NULL;
}


static int
is_first(int c)
{
    return is_small(c) && c != 'i' && c != 'q';
}


static int
is_end(int c)
{
    return c <= ' ' || c == 0x7f;
}


static void
knows_the_kinds_of_bytes(void **state)
{
    (void) state;

    expect_kind(AG_SANITIZE_LOWER, is_small, "", 0);
    expect_kind(AG_SANITIZE_UPPER, isupper, "", 0);
    expect_kind(AG_SANITIZE_DIGIT, isdigit, "", 0);
    expect_kind(AG_SANITIZE_NAME, isalnum, "_.-", 0);
    expect_kind(AG_SANITIZE_RUN, isalnum, "_+", 0);
    expect_kind(AG_SANITIZE_START, isalnum, "_", 0);
    expect_kind(AG_SANITIZE_EVENT, is_nothing, "\n\\/~-#[:%", 1);
    expect_kind(AG_SANITIZE_ENDS, is_end, "\"'`<>|;,(){}[]?\\", 0);
    expect_kind(AG_SANITIZE_DOT, is_nothing, ".", 0);
    expect_kind(AG_SANITIZE_DASH, is_nothing, "-", 0);
    expect_kind(AG_SANITIZE_SCORE, is_nothing, "_", 0);
    expect_kind(AG_SANITIZE_FIRST, is_first, "ACEFGHNPS", 0);
    expect_kind(AG_SANITIZE_LAST, is_last, "", 0);
    expect_kind(AG_SANITIZE_TAIL, is_nothing, "*+=~\xe2", 2);
    expect_kind(AG_SANITIZE_AFTER, is_nothing, ":=\"'`\\]%\xef", 2);
    expect_kind(AG_SANITIZE_TRACE, is_trace, "", 0);
}


static void
finds_listed_words(void **state)
{
    static const char *const  lists[128] = {
        ['a'] = "a abc a-b", ['b'] = "b", ['_'] = "_x"
    };

    (void) state;

    assert_true(ag_sanitize_is_listed(lists, str("a")));
    assert_true(ag_sanitize_is_listed(lists, str("ABC")));
    assert_true(ag_sanitize_is_listed(lists, str("a-b")));
    assert_true(ag_sanitize_is_listed(lists, str("b")));
    assert_true(ag_sanitize_is_listed(lists, str("_x")));

    assert_false(ag_sanitize_is_listed(lists, str("")));
    assert_false(ag_sanitize_is_listed(lists, str("ab")));
    assert_false(ag_sanitize_is_listed(lists, str("abcd")));
    assert_false(ag_sanitize_is_listed(lists, str("a b")));
    assert_false(ag_sanitize_is_listed(lists, str("bb")));
    assert_false(ag_sanitize_is_listed(lists, str("c")));
    assert_false(ag_sanitize_is_listed(lists, str("-")));
    assert_false(ag_sanitize_is_listed(lists, str("\xc3\xa4")));
}


static void
finds_listed_ends(void **state)
{
    static const char *const  lists[128] = {
        ['y'] = "apikey! key?", ['d'] = "pwd?"
    };

    (void) state;

    assert_int_equal(ends(lists, "key"), 3);
    assert_int_equal(ends(lists, "my_key"), 3);
    assert_int_equal(ends(lists, "myAPI_KEY"), 7);
    assert_int_equal(ends(lists, "api key"), 7);
    assert_int_equal(ends(lists, "x-api--key"), 8);
    assert_int_equal(ends(lists, "pwd"), 3);

    assert_int_equal(ends(lists, ""), 0);
    assert_int_equal(ends(lists, "y"), 0);
    assert_int_equal(ends(lists, "ey"), 0);
    assert_int_equal(ends(lists, "key_"), 0);
    assert_int_equal(ends(lists, "keys"), 0);
    assert_int_equal(ends(lists, "api.key"), 3);
    assert_int_equal(ends(lists, "k.ey"), 0);
    assert_int_equal(ends(lists, "1"), 0);
}


static void
knows_names(void **state)
{
    size_t                    i;
    static const char *const  names[] = {
        "text_editor_20250124", "clear_tool_uses_20250919",
        "str_replace_based_edit_tool2", "ephemeral_5m_input_tokens",
        "claude_3_5_sonnet_20241022", "gpt_4_1_mini_2025_04_14",
        "deepseek_r1_distill_qwen_32b", "getWeatherForecastForCity2",
        "BetaToolComputerUse20241022Param", "DeepSeekR1DistillQwen32B",
        "GoogleCloudAiplatformV1beta1Part", "search_web_for_2024_elections",
        "LLAMA_3_1_70B_INSTRUCT", "input_audio_buffer_pcm16",
        "sha256_checksum_mismatch", "_private_name_of_2024",
        "text+image+audio+video24"
    };
    static const char *const  others[] = {
        "a1b2c3d4e5f6g7h8i9j0", "4f0d2c2b8a8f4a3cb0e5b5d7e1a9c3d2",
        "textEditor20250124123", "text_editor_202501241", "secret12345678",
        "text_editor_a1b2c3d4e5", "wJalrXUtnFEMIK7MDENGbPxRfiCY",
        "AbCdEfGhIjKlMnOpQrStUvWx1234", "a_b_c_d_e_f_1_2_3",
        "word_1_2_3_4_5_6_7", "JBSWY3DPEHPK3PXPJBSWY3DP", "",
        "text_a1b2_c3d4_e5f6_editor",
        "word_word_word_word_word_word_word_word_word_word_word_word_word_"
        "word_word_word_word_word_word_word_2"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!ag_sanitize_is_identifier(str(names[i]))) {
            fail_msg("%s is a name", names[i]);
        }
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (ag_sanitize_is_identifier(str(others[i]))) {
            fail_msg("%s is no name", others[i]);
        }
    }
}


/* Of 100,000 random keys of each kind hardly one may look like a name. */
static void
knows_random_text(void **state)
{
    size_t                    i, j, k, len, names, odd;
    uint64_t                  random;
    char                      key[64];
    static const char *const  alphabets[] = {
        "0123456789abcdef",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
    };

    (void) state;

    random = 1;

    for (i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++) {
        for (len = 20; len <= 40; len += 10) {
            names = 0;
            odd = 0;

            for (j = 0; j < 20000; j++) {
                for (k = 0; k < len; k++) {
                    random = random * UINT64_C(6364136223846793005)
                             + UINT64_C(1442695040888963407);
                    key[k] = alphabets[i][(random >> 33)
                                          % strlen(alphabets[i])];
                }

                names += (size_t) ag_sanitize_is_identifier(ag_str(key, len));
                odd += (size_t) ag_sanitize_is_random(ag_str(key, len), 8);
            }

            /* 1 in 2,000 of the shortest; of 40 none */

            assert_in_range(names, 0, (len == 20) ? 10 : (len == 30) ? 2 : 0);
            assert_in_range(odd, (i == 4) ? 19000 : 19900, 20000);
        }
    }
}


static void
knows_pieces_that_look_random(void **state)
{
    (void) state;

    assert_true(ag_sanitize_is_random(str("a1b2c3"), 6));
    assert_true(ag_sanitize_is_random(str("word-a1b2c3"), 6));
    assert_true(ag_sanitize_is_random(str("qwxzkjvbptgn"), 6));
    assert_true(ag_sanitize_is_random(str("qWxZkJvBpTgN"), 6));

    assert_false(ag_sanitize_is_random(str("a1b2c3"), 7));
    assert_false(ag_sanitize_is_random(str("123456789012"), 6));
    assert_false(ag_sanitize_is_random(str("qwxzkjvbptg"), 6));
    assert_false(ag_sanitize_is_random(str("verification"), 6));
    assert_false(ag_sanitize_is_random(str("Verification2"), 6));
    assert_false(ag_sanitize_is_random(str("a1-b2-c3"), 6));
    assert_false(ag_sanitize_is_random(str(""), 0));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_the_kinds_of_bytes),
        cmocka_unit_test(finds_listed_words),
        cmocka_unit_test(finds_listed_ends),
        cmocka_unit_test(knows_names),
        cmocka_unit_test(knows_random_text),
        cmocka_unit_test(knows_pieces_that_look_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
