/*
 * Copyright (C) ngx_agent authors
 *
 * The sanitizer against two tables: what must vanish, in any surroundings,
 * and what must come out byte for byte.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/ag_json.h"
#include "core/ag_sanitize.h"

#include "sanitize_clean.h"
#include "sanitize_harmless.h"
#include "sanitize_leaks.h"


static void is_gone(const sanitize_leak_t *leak, ag_str_t from, ag_str_t out,
    ag_str_t piece);
static void are_gone(const sanitize_leak_t *leak, ag_str_t text,
    ag_sanitize_mode_t mode);
static void mutate(const sanitize_leak_t *leak, ag_str_t text,
    const char *before, const char *after);
static void escape(ag_buf_t *b, ag_str_t text);


/* What may stand around a leak. */
static const struct {
    const char  *before;
    const char  *after;
} around[] = {
    { "Upstream said: ", " (end)" },
    { "\"", "\"" },
    { "'", "'" },
    { "`", "`" },
    { "(", ")" },
    { "[", "]" },
    { "{", "}" },
    { "<", ">" },
    { "first line\n", "\nlast line" },
    { "a\tb\r\n\t", "\r\n" },
    { "\\\"", "\\\"" },
    { "\\n", "\\n" },
    { "\\r\\n\\t", "\\t" },
    { "\\\\n", "\\\\n" },
    { "\\u0022", "\\u0022" },
    { "\\u003c", "\\u003e" },
    { "error=", ";" },
    { "error: ", ", code: 1" },
    { "\xe2\x80\x9c", "\xe2\x80\x9d" },
    { "\xe9\x94\x99\xe8\xaf\xaf\xef\xbc\x9a", "\xe3\x80\x82" },
    { "\xff", "\xff" },
    { "see https://example.com/a?b=c and ", " please" },
    { "500 ", "." }
};


/* Neither the piece nor what JSON makes of it may stand in "out". */
static void
is_gone(const sanitize_leak_t *leak, ag_str_t from, ag_str_t out,
    ag_str_t piece)
{
    ag_buf_t  escaped;

    ag_buf_init(&escaped, SIZE_MAX);
    escape(&escaped, piece);

    if (holds(out, piece) || holds(out, ag_buf_str(&escaped))) {
        fail_msg("\"%s\": \"%.*s\" of \"%.*s\" is in \"%.*s\"", leak->text,
                 (int) piece.len, piece.data, (int) from.len, from.data,
                 (int) out.len, out.data);
    }

    ag_buf_free(&escaped);
}


static void
are_gone(const sanitize_leak_t *leak, ag_str_t text, ag_sanitize_mode_t mode)
{
    size_t    i;
    ag_buf_t  out;

    clean(&out, text, mode);

    for (i = 0; leak->gone[i] != NULL; i++) {
        is_gone(leak, text, ag_buf_str(&out), str(leak->gone[i]));
    }

    ag_buf_free(&out);
}


static void
mutate(const sanitize_leak_t *leak, ag_str_t text, const char *before,
    const char *after)
{
    ag_buf_t  b;

    ag_buf_init(&b, SIZE_MAX);

    assert_int_equal(ag_buf_add_string(&b, before), AG_OK);
    assert_int_equal(ag_buf_add(&b, text.data, text.len), AG_OK);
    assert_int_equal(ag_buf_add_string(&b, after), AG_OK);

    are_gone(leak, ag_buf_str(&b), AG_SANITIZE_VALUE);
    are_gone(leak, ag_buf_str(&b), AG_SANITIZE_MESSAGE);

    ag_buf_free(&b);
}


static void
escape(ag_buf_t *b, ag_str_t text)
{
    assert_int_equal(ag_buf_add_json(b, text), AG_OK);
}


static void
leaves_harmless_texts(void **state)
{
    size_t  i;

    (void) state;

    assert_true(COUNT(sanitize_harmless) >= 220);

    for (i = 0; i < COUNT(sanitize_harmless); i++) {
        expect(sanitize_harmless[i], sanitize_harmless[i]);
        expect_as(AG_SANITIZE_SECRETS, sanitize_harmless[i],
                  sanitize_harmless[i]);
    }
}


static void
leaves_harmless_texts_in_any_surroundings(void **state)
{
    size_t      i, j;
    unsigned    changed;
    ag_buf_t    b, out;
    const char  *text;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);
    ag_buf_init(&out, SIZE_MAX);

    for (i = 0; i < COUNT(sanitize_harmless); i++) {
        text = sanitize_harmless[i];

        for (j = 0; j < 10; j++) {
            b.len = 0;
            assert_int_equal(ag_buf_add_string(&b, around[j].before), AG_OK);
            escape(&b, str(text));
            assert_int_equal(ag_buf_add_string(&b, around[j].after), AG_OK);

            out.len = 0;
            assert_int_equal(ag_sanitize(&out, ag_buf_str(&b),
                                         AG_SANITIZE_VALUE, &changed), AG_OK);

            if (changed) {
                fail_msg("\"%.*s\" became \"%.*s\"", (int) b.len, b.data,
                         (int) out.len, out.data);
            }
        }
    }

    ag_buf_free(&b);
    ag_buf_free(&out);
}


static void
takes_out_leaks(void **state)
{
    size_t                  i, j;
    ag_buf_t                out;
    const sanitize_leak_t  *leak;

    (void) state;

    assert_true(COUNT(sanitize_leaks) >= 220);

    for (i = 0; i < COUNT(sanitize_leaks); i++) {
        leak = &sanitize_leaks[i];

        are_gone(leak, str(leak->text), AG_SANITIZE_MESSAGE);
        are_gone(leak, str(leak->text), AG_SANITIZE_VALUE);

        clean(&out, str(leak->text), AG_SANITIZE_VALUE);

        for (j = 0; leak->stays[j] != NULL; j++) {
            if (!holds(ag_buf_str(&out), str(leak->stays[j]))) {
                fail_msg("\"%s\" is no more in \"%.*s\"", leak->stays[j],
                         (int) out.len, out.data);
            }
        }

        ag_buf_free(&out);
    }
}


static void
keeps_places_in_the_log(void **state)
{
    size_t                  i;
    ag_buf_t                out;
    const sanitize_leak_t  *leak;

    (void) state;

    for (i = 0; i < COUNT(sanitize_leaks); i++) {
        leak = &sanitize_leaks[i];

        if (leak->place) {
            expect_as(AG_SANITIZE_SECRETS, leak->text, leak->text);
            continue;
        }

        clean(&out, str(leak->text), AG_SANITIZE_SECRETS);
        is_gone(leak, str(leak->text), ag_buf_str(&out), str(leak->gone[0]));
        ag_buf_free(&out);
    }
}


static void
takes_out_leaks_in_any_surroundings(void **state)
{
    size_t                  i, j;
    const sanitize_leak_t  *leak;

    (void) state;

    for (i = 0; i < COUNT(sanitize_leaks); i++) {
        leak = &sanitize_leaks[i];

        for (j = 0; j < COUNT(around); j++) {
            mutate(leak, str(leak->text), around[j].before, around[j].after);

            if (leak->bare) {
                mutate(leak, str(leak->gone[0]), around[j].before,
                       around[j].after);
            }
        }

        mutate(leak, str(" "), leak->text, leak->text);
        mutate(leak, str(", "), leak->text, leak->text);
        mutate(leak, str("\n"), leak->text, leak->text);
    }
}


static void
takes_out_leaks_in_json(void **state)
{
    int                     level;
    size_t                  i;
    ag_buf_t                a, b;
    const sanitize_leak_t  *leak;

    (void) state;

    ag_buf_init(&a, SIZE_MAX);
    ag_buf_init(&b, SIZE_MAX);

    for (i = 0; i < COUNT(sanitize_leaks); i++) {
        leak = &sanitize_leaks[i];

        a.len = 0;
        assert_int_equal(ag_buf_add_string(&a, leak->text), AG_OK);

        for (level = 0; level < 3; level++) {
            b.len = 0;
            assert_int_equal(ag_buf_add_string(&b, "{\"message\":\""), AG_OK);
            escape(&b, ag_buf_str(&a));
            assert_int_equal(ag_buf_add_string(&b, "\"}"), AG_OK);

            are_gone(leak, ag_buf_str(&b), AG_SANITIZE_VALUE);

            a.len = 0;
            assert_int_equal(ag_buf_add(&a, b.data, b.len), AG_OK);
        }
    }

    ag_buf_free(&a);
    ag_buf_free(&b);
}


/* Everything before the leak in upper case: "PASSWORD=", "HTTP://" ... */
static void
takes_out_leaks_behind_upper_case(void **state)
{
    char                   *copy, *gone, *p;
    size_t                  i;
    const sanitize_leak_t  *leak;

    (void) state;

    for (i = 0; i < COUNT(sanitize_leaks); i++) {
        leak = &sanitize_leaks[i];

        copy = malloc(strlen(leak->text) + 1);
        strcpy(copy, leak->text);
        gone = strstr(copy, leak->gone[0]);

        for (p = copy; p < gone; p++) {
            if (*p >= 'a' && *p <= 'z' && (p == copy || p[-1] != '\\')) {
                *p = (char) (*p - 32);
            }
        }

        are_gone(leak, str(copy), AG_SANITIZE_VALUE);
        are_gone(leak, str(copy), AG_SANITIZE_MESSAGE);

        free(copy);
    }
}


static void
replaces_bytes_that_are_no_utf8(void **state)
{
    (void) state;

    expect("a\xff", "a\xef\xbf\xbd");
    expect("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
    expect("\xe4\xb8", "\xef\xbf\xbd\xef\xbf\xbd");
    expect("\xed\xa0\x80 x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd x");
    expect("\xe4\xb8\xad", "\xe4\xb8\xad");
}


static void
cuts_messages(void **state)
{
    size_t    i;
    ag_buf_t  b, out;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    for (i = 0; i < AG_SANITIZE_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&b, "\xe4\xb8\xad"), AG_OK);
    }

    clean(&out, ag_buf_str(&b), AG_SANITIZE_MESSAGE);
    assert_int_equal(out.len, b.len);
    ag_buf_free(&out);

    assert_int_equal(ag_buf_add_string(&b, "x"), AG_OK);
    clean(&out, ag_buf_str(&b), AG_SANITIZE_MESSAGE);
    assert_int_equal(out.len, b.len - 1);
    ag_buf_free(&out);

    clean(&out, ag_buf_str(&b), AG_SANITIZE_VALUE);
    assert_int_equal(out.len, b.len);
    ag_buf_free(&out);

    /* not within a word, unless it is a very long one */

    b.len = 0;

    for (i = 0; i < 100; i++) {
        assert_int_equal(ag_buf_add_string(&b, "abc defg "), AG_OK);
    }

    clean(&out, ag_buf_str(&b), AG_SANITIZE_MESSAGE);
    assert_int_equal(out.len, 498);
    assert_memory_equal(out.data + 490, "defg abc", 8);
    ag_buf_free(&out);

    b.len = 0;

    for (i = 0; i < 600; i++) {
        assert_int_equal(ag_buf_add_string(&b, "x"), AG_OK);
    }

    clean(&out, ag_buf_str(&b), AG_SANITIZE_MESSAGE);
    assert_int_equal(out.len, AG_SANITIZE_MAX);

    ag_buf_free(&out);
    ag_buf_free(&b);
}


/* What was cut off must not have been the reason to keep what is left. */
static void
judges_again_what_was_cut(void **state)
{
    size_t    i;
    ag_buf_t  b, out;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    for (i = 0; i < AG_SANITIZE_MAX - 10; i++) {
        assert_int_equal(ag_buf_add_string(&b, "!"), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&b, "redis:63790000"), AG_OK);

    for (i = 0; i < 2; i++) {
        clean(&out, ag_buf_str(&b), AG_SANITIZE_MESSAGE);
        assert_int_equal(holds(ag_buf_str(&out), str("redis:6379")), 0);
        assert_int_equal(holds(ag_buf_str(&out), str("[host]")), 1);
        ag_buf_free(&out);
        ag_buf_shift(&b, 1);
    }

    ag_buf_free(&b);
}


/* Half of "[redacted]" would be a word of its own. */
static void
cuts_no_marks(void **state)
{
    size_t    i, j;
    ag_buf_t  b, out;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    for (i = AG_SANITIZE_MAX - 30; i < AG_SANITIZE_MAX; i++) {
        b.len = 0;

        for (j = 0; j < i; j++) {
            assert_int_equal(ag_buf_add_string(&b, "!"), AG_OK);
        }

        assert_int_equal(ag_buf_add_string(&b, "pwd='abc',ip='10.0.0.1'"),
                         AG_OK);

        clean(&out, ag_buf_str(&b), AG_SANITIZE_MESSAGE);
        assert_int_equal(holds(ag_buf_str(&out), str("[red")),
                         holds(ag_buf_str(&out), str("[redacted]")));
        assert_int_equal(holds(ag_buf_str(&out), str("[h")),
                         holds(ag_buf_str(&out), str("[host]")));
        ag_buf_free(&out);
    }

    ag_buf_free(&b);
}


static void
leaves_the_buffer_when_there_is_no_room(void **state)
{
    unsigned  changed;
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, 20);
    assert_int_equal(ag_buf_add_string(&b, "abc"), AG_OK);

    changed = 1;
    assert_int_equal(ag_sanitize(&b, str("password=x and more"),
                                 AG_SANITIZE_VALUE, &changed), AG_LIMIT);
    assert_int_equal(b.len, 3);
    assert_int_equal(changed, 0);

    assert_int_equal(ag_sanitize(&b, str("\xff\xff\xff\xff\xff\xff"),
                                 AG_SANITIZE_MESSAGE, NULL), AG_LIMIT);
    assert_int_equal(b.len, 3);

    assert_int_equal(ag_sanitize(&b, str("12345678901234567"),
                                 AG_SANITIZE_MESSAGE, NULL), AG_OK);
    assert_int_equal(b.len, 20);

    ag_buf_free(&b);
}


static void
adds_to_what_is_there(void **state)
{
    unsigned  changed;
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    assert_int_equal(ag_buf_add_string(&b, "pwd="), AG_OK);
    assert_int_equal(ag_sanitize(&b, str("hunter\n    at f (x.js:1:2)"),
                                 AG_SANITIZE_MESSAGE, &changed), AG_OK);
    assert_int_equal(changed, 1);
    assert_true(ag_str_is(ag_buf_str(&b), "pwd=hunter"));

    assert_int_equal(ag_sanitize(&b, ag_str(NULL, 0), AG_SANITIZE_MESSAGE,
                                 &changed), AG_OK);
    assert_int_equal(changed, 0);
    assert_int_equal(b.len, 10);

    ag_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(leaves_harmless_texts),
        cmocka_unit_test(leaves_harmless_texts_in_any_surroundings),
        cmocka_unit_test(takes_out_leaks),
        cmocka_unit_test(keeps_places_in_the_log),
        cmocka_unit_test(takes_out_leaks_in_any_surroundings),
        cmocka_unit_test(takes_out_leaks_in_json),
        cmocka_unit_test(takes_out_leaks_behind_upper_case),
        cmocka_unit_test(replaces_bytes_that_are_no_utf8),
        cmocka_unit_test(cuts_messages),
        cmocka_unit_test(judges_again_what_was_cut),
        cmocka_unit_test(cuts_no_marks),
        cmocka_unit_test(leaves_the_buffer_when_there_is_no_room),
        cmocka_unit_test(adds_to_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
