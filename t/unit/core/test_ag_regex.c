/*
 * Copyright (C) ngx_agent authors
 *
 * Regular expressions: what matches, what is refused and why, and that no
 * pattern on no text takes longer than it may.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_buf.h"
#include "core/ag_caps.h"
#include "core/ag_regex_parts.h"


#define ANYWHERE  SIZE_MAX      /* where PCRE2 says, of any version */


static ag_str_t str(const char *text);
static ag_regex_t *compile(const char *pattern);
static void match(const char *pattern, ag_str_t text, int expected);
static int repeated(const char *pattern, const char *piece, size_t times,
    const char *end, uint64_t *steps);


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static ag_regex_t *
compile(const char *pattern)
{
    size_t       at;
    ag_regex_t  *regex;
    const char  *error;

    regex = ag_regex_compile(str(pattern), &error, &at);

    if (regex == NULL) {
        fail_msg("%s: %s at %zu", pattern, error, at);
    }

    assert_null(error);

    return regex;
}


static void
match(const char *pattern, ag_str_t text, int expected)
{
    int          rc;
    char        *copy;
    ag_regex_t  *regex;

    /* of the exact size, so that one byte too many is seen */

    copy = malloc(text.len);
    assert_true(copy != NULL || text.len == 0);

    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }

    regex = compile(pattern);
    rc = ag_regex_match(regex, ag_str(copy, text.len));
    assert_int_equal(ag_regex_match(regex, ag_str(copy, text.len)), rc);
    ag_regex_free(regex);
    free(copy);

    if (rc != expected) {
        fail_msg("%s of %.*s: %d", pattern, (int) text.len, text.data, rc);
    }
}


/* Matches "piece" so often and then "end"; *steps is what it took. */
static int
repeated(const char *pattern, const char *piece, size_t times,
    const char *end, uint64_t *steps)
{
    int          rc;
    size_t       i;
    uint64_t     left;
    ag_buf_t     text;
    ag_regex_t  *regex;

    ag_buf_init(&text, SIZE_MAX);

    for (i = 0; i < times; i++) {
        (void) ag_buf_add_string(&text, piece);
    }

    (void) ag_buf_add_string(&text, end);

    left = UINT64_MAX;
    regex = compile(pattern);
    rc = ag_regex_match_within(regex, ag_buf_str(&text), &left);
    *steps = UINT64_MAX - left;

    ag_regex_free(regex);
    ag_buf_free(&text);

    return rc;
}


static void
matches_anywhere(void **state)
{
    (void) state;

    match("b", str("abc"), AG_OK);
    match("^b", str("abc"), AG_NONE);
    match("c$", str("abc"), AG_OK);
    match("", str(""), AG_OK);
    match("", str("abc"), AG_OK);
    match("^$", ag_str(NULL, 0), AG_OK);
    match("x", str(""), AG_NONE);
    match("a.c", ag_str("a\0c", 3), AG_OK);
    match("^[^@]+@[a-z]+\\.[a-z]{2,}$", str("jo@example.org"), AG_OK);
    match("^[^@]+@[a-z]+\\.[a-z]{2,}$", str("jo@example"), AG_NONE);
}


static void
matches_as_ecma_262_does(void **state)
{
    (void) state;

    match("^abc$", str("abc\n"), AG_NONE);
    match("^\\d$", str("\xd9\xa1"), AG_NONE);
    match("^\\w$", str("\xc3\xa9"), AG_NONE);
    match("^\\p{L}$", str("\xc3\xa9"), AG_OK);
    match("^\\p{Lu}$", str("\xc3\xa9"), AG_NONE);
    match("^\\u00e9$", str("\xc3\xa9"), AG_OK);
    match("^\\u{1F4A9}$", str("\xf0\x9f\x92\xa9"), AG_OK);
    match("^\\x41\\/$", str("A/"), AG_OK);
    match("^.$", str("\xf0\x9f\x92\xa9"), AG_OK);
    match("^..$", str("\xf0\x9f\x92\xa9"), AG_NONE);
    match("^.$", str("\r"), AG_NONE);
    match("^[]$", str("]"), AG_NONE);
    match("^[^]$", str("\n"), AG_OK);
    match("^(?:a\\1|(b))*$", str("ab"), AG_OK);
    match("^(.)\\1$", str("aa"), AG_OK);
    match("^(.)\\1$", str("ab"), AG_NONE);
    match("^(?<x>.)\\k<x>$", str("aa"), AG_OK);
    match("(?<!a)b", str("ab"), AG_NONE);
    match("(?<=a)b", str("ab"), AG_OK);
    match("a(?=b)", str("ab"), AG_OK);
    match("^(?i)ABC$", str("abc"), AG_OK);
    match("^\\cC$", str("\x03"), AG_OK);
}


static void
matches_nothing_that_is_not_utf_8(void **state)
{
    (void) state;

    match(".*", str("a\xff"), AG_NONE);
    match("a", str("a\xed\xa0\x80"), AG_NONE);
    match("a", str("a\xc3"), AG_NONE);
}


static void
says_why_it_refuses(void **state)
{
    size_t        i, at;
    char          longest[AG_REGEX_MAX + 2];
    const char   *error;
    static const struct {
        const char  *pattern;
        const char  *word;
        size_t       at;
    } rows[] = {
        { "ab(", "group without its end", ANYWHERE },
        { "ab)", "end without its group", ANYWHERE },
        { "a[b", "class without its end", ANYWHERE },
        { "[b-a]", "wrong order", ANYWHERE },
        { "+a", "repeats nothing", ANYWHERE },
        { "a{3,2}", "more often than at most", ANYWHERE },
        { "a\\", "backslash", ANYWHERE },
        { "(?<=a+)b", "fixed length", ANYWHERE },
        { "(?<=a{1,2})b", "fixed length", ANYWHERE },
        { "\\p{Nothing}", "property", ANYWHERE },
        { "\\2(a)", "group that does not exist", ANYWHERE },
        { "((((a{1000}){1000}){1000}){1000})", "too large", ANYWHERE },
        { "a\xff", "UTF-8", 1 },
        { "\\A", "ECMA-262", 0 },
        { "(?P<a>b)", "ECMA-262", 0 },
        { "ab(*F)", "ECMA-262", 2 },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(ag_regex_compile(str(rows[i].pattern), &error, &at));
        assert_non_null(error);

        if (strstr(error, rows[i].word) == NULL
            || at > strlen(rows[i].pattern)
            || (at != rows[i].at && rows[i].at != ANYWHERE))
        {
            fail_msg("%s: %s at %zu", rows[i].pattern, error, at);
        }

        assert_null(ag_regex_compile(str(rows[i].pattern), NULL, NULL));
    }

    memset(longest, 'a', sizeof(longest));
    assert_null(ag_regex_compile(ag_str(longest, AG_REGEX_MAX + 1), &error,
                                 &at));
    assert_non_null(strstr(error, "longer"));
    assert_int_equal(at, AG_REGEX_MAX);

    longest[AG_REGEX_MAX] = '\0';
    ag_regex_free(compile(longest));
    ag_regex_free(NULL);
}


/* None may take more steps than it has, whatever hides the work. */
static void
ends_in_time(void **state)
{
    size_t     i;
    uint64_t   steps;
    static const struct {
        const char  *pattern;
        const char  *piece;
        size_t       times;
        const char  *end;
    } rows[] = {
        { "^(a+)+$", "a", 40, "b" },
        { "(a|a)*c?$", "a", 900, "b" },
        { "(a|aa)+$", "a", 60, "b" },

        /* each place of the text stays below PCRE2's own limit */

        { "(a+)+[bd]", "aaaaaaaaaaaac", 50000, "" },

        /* one item runs far */

        { "[a]*+[bd]", "a", 500000, "" },
        { "(?:a{30000}[bd]|[ce])", "a", 500000, "" },
        { "(?:a{60000}|[bd])", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 2000, "" },
        { "(a{1000})\\1[bd]", "a", 500000, "" },

        /* every try copies a large frame */

        { "((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))|\\1"
          "b)*c?$", "a", 500, "d" },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (repeated(rows[i].pattern, rows[i].piece, rows[i].times,
                     rows[i].end, &steps) != AG_LIMIT)
        {
            fail_msg("%s has its end", rows[i].pattern);
        }

        assert_true(steps <= (uint64_t) AG_REGEX_MATCH_MAX * 40);
    }
}


static void
has_time_for_long_texts(void **state)
{
    size_t     i;
    uint64_t   steps;
    static const struct {
        const char  *pattern;
        int          rc;
    } rows[] = {
        { "\\bfoo\\b", AG_NONE },
        { "lazy.*end", AG_OK },
        { "[A-Z]\\d+", AG_NONE },
        { "^[^<>]*$", AG_OK },
        { "^The", AG_OK },
        { "end$", AG_OK },
        { "(?:fox|hen) jumps", AG_OK },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (repeated(rows[i].pattern, "The quick brown fox jumps over the "
                     "lazy dog. ", 20000, "end", &steps) != rows[i].rc)
        {
            fail_msg("%s", rows[i].pattern);
        }
    }
}


static void
shares_one_budget(void **state)
{
    int          i;
    uint64_t     steps, last;
    ag_regex_t  *regex;

    (void) state;

    regex = compile("^(?:a|b)+$");
    steps = 1000;

    for (i = 0; i < 1000; i++) {
        last = steps;

        if (ag_regex_match_within(regex, str("abba"), &steps) != AG_OK) {
            break;
        }

        assert_true(steps < last);
    }

    /* the last one had too few, and has used them up */

    assert_true(i > 10 && i < 100);
    assert_int_equal(steps, 0);
    assert_int_equal(ag_regex_match_within(regex, str("abba"), &steps),
                     AG_LIMIT);

    /* what its own limit stops has used no more than that */

    ag_regex_free(regex);
    regex = compile("^(a+)+$");
    steps = UINT64_MAX;
    assert_int_equal(ag_regex_match_within(regex,
                                           str("aaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
                                           &steps), AG_LIMIT);
    assert_true(UINT64_MAX - steps <= AG_REGEX_MATCH_MAX);
    ag_regex_free(regex);
}


static void
knows_its_size(void **state)
{
    ag_regex_t  *small, *large;

    (void) state;

    small = compile("a");
    large = compile("(?:a{10}){500}");

    assert_true(ag_regex_size(small) > 0 && ag_regex_size(small) < 1024);
    assert_true(ag_regex_size(large) > 10000);

    ag_regex_free(small);
    ag_regex_free(large);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(matches_anywhere),
        cmocka_unit_test(matches_as_ecma_262_does),
        cmocka_unit_test(matches_nothing_that_is_not_utf_8),
        cmocka_unit_test(says_why_it_refuses),
        cmocka_unit_test(ends_in_time),
        cmocka_unit_test(has_time_for_long_texts),
        cmocka_unit_test(shares_one_budget),
        cmocka_unit_test(knows_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
