/*
 * Copyright (C) ngx_agent authors
 *
 * A request's cache-control: what is said, and what was meant by what cannot
 * be understood.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_cache_rule.h"


#define MOST  (AG_CACHE_ANY - 1)


/* Reads from a piece of memory of exactly that size. */
static void
read_more(ag_cache_control_t *control, const void *text, size_t len)
{
    void  *copy;

    copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);

    ag_cache_control_read(control, ag_str(copy, len));

    free(copy);
}


static ag_cache_control_t
read_one(const char *text)
{
    ag_cache_control_t  control;

    memset(&control, 0xa5, sizeof(control));
    ag_cache_control_init(&control);
    read_more(&control, text, strlen(text));

    return control;
}


/* "flags" are c, s, o: no_cache, no_store, only_if_cached. */
static void
says(const char *text, const char *flags, uint64_t max_age)
{
    char                got[4];
    size_t              n;
    ag_cache_control_t  control;

    control = read_one(text);
    n = 0;

    if (control.no_cache) {
        got[n++] = 'c';
    }

    if (control.no_store) {
        got[n++] = 's';
    }

    if (control.only_if_cached) {
        got[n++] = 'o';
    }

    got[n] = '\0';

    if (strcmp(got, flags) != 0 || control.max_age != max_age) {
        fail_msg("<%s>: %s, %llu", text, got,
                 (unsigned long long) control.max_age);
    }
}


static void
directives_are_read(void **state)
{
    (void) state;

    says("", "", AG_CACHE_ANY);
    says("no-cache", "c", AG_CACHE_ANY);
    says("no-store", "s", AG_CACHE_ANY);
    says("only-if-cached", "o", AG_CACHE_ANY);
    says("max-age=60", "", 60);
    says("max-age=0", "", 0);
    says("No-Cache, NO-STORE,Max-Age=7", "cs", 7);
    says(",, \t no-cache\t ,\t,max-age=5 ,", "c", 5);
    says("max-age=007", "", 7);
}


static void
unknown_ones_are_passed_over(void **state)
{
    (void) state;

    says("max-stale=10, min-fresh=5, no-transform", "", AG_CACHE_ANY);
    says("s-maxage=10, max-agee=1, xmax-age=2", "", AG_CACHE_ANY);
    says("no-cach, no-cachee, no_cache, cache", "", AG_CACHE_ANY);
    says("foo=\"no-store, max-age=1\", max-age=9", "", 9);
    says("foo=\"a\\\", no-store\", no-cache", "c", AG_CACHE_ANY);
    says("foo no-store", "", AG_CACHE_ANY);
    says("\"no-store\"", "", AG_CACHE_ANY);
    says("=no-store", "", AG_CACHE_ANY);
    says("no-\xe3tore", "", AG_CACHE_ANY);
}


static void
arguments_may_be_quoted(void **state)
{
    (void) state;

    says("max-age=\"60\"", "", 60);
    says("max-age=\"60\" , no-cache", "c", 60);
    says("max-age = 60", "", 60);
    says("max-age\t=\t\"60\"\t", "", 60);
    says("no-cache=\"set-cookie, max-age=1\", no-store=x", "cs", AG_CACHE_ANY);
}


static void
a_bad_number_is_zero(void **state)
{
    size_t  i;

    static const char *const bad[] = {
        "max-age", "max-age=", "max-age= ", "max-age=\"\"", "max-age=-1",
        "max-age=+1", "max-age=1.5", "max-age=1s", "max-age=0x10",
        "max-age=1 2", "max-age=\"1", "max-age=1\"", "max-age=\"1\"2",
        "max-age=\"\\1\"", "max-age=\" 1\"", "max-age==1", "max-age;no-cache",
        "max-age=x, max-age=100", "max-age=\"", "max-age=\"1\\\"",
        "max-age 5", "max-age=99999999999999999999999x"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        says(bad[i], "", 0);
    }
}


static void
a_number_does_not_wrap(void **state)
{
    (void) state;

    says("max-age=18446744073709551613", "", MOST - 1);
    says("max-age=18446744073709551614", "", MOST);
    says("max-age=18446744073709551615", "", MOST);
    says("max-age=18446744073709551616", "", MOST);
    says("max-age=18446744073709551620", "", MOST);
    says("max-age=99999999999999999999999999999999", "", MOST);
    says("max-age=184467440737095516140", "", MOST);
}


static void
the_strictest_counts(void **state)
{
    ag_cache_control_t  control;

    (void) state;

    says("max-age=5, max-age=3, max-age=9", "", 3);

    control = read_one("max-age=5, no-cache");
    read_more(&control, "max-age=8", 9);
    assert_int_equal(control.max_age, 5);
    assert_true(control.no_cache);
    read_more(&control, "max-age=2,no-store", 18);
    assert_int_equal(control.max_age, 2);
    assert_true(control.no_cache && control.no_store);
    assert_false(control.only_if_cached);
}


static void
open_quotes_hide_nothing(void **state)
{
    (void) state;

    says("foo=\"bar, no-store", "s", AG_CACHE_ANY);
    says("foo=\"bar\\\", no-store, max-age=4", "s", 4);
    says("\", no-cache", "c", AG_CACHE_ANY);
    says("no-store;x", "s", AG_CACHE_ANY);
    says("no-store no-cache", "s", AG_CACHE_ANY);
    says("a=\"\\", "", AG_CACHE_ANY);
}


/* Each comma would otherwise look for the end of a quote again. */
static void
many_open_quotes_take_no_time(void **state)
{
    size_t               i;
    ag_char_t           *text;
    const size_t         len = 3 * 1024 * 1024;
    ag_cache_control_t   control;

    (void) state;

    text = malloc(len);
    assert_non_null(text);

    for (i = 0; i < len; i += 3) {
        memcpy(text + i, "\\\",", 3);
    }

    text[0] = 'x';
    memcpy(text + len - 9, ",no-store", 9);

    ag_cache_control_init(&control);
    ag_cache_control_read(&control, ag_str(text, len));
    assert_true(control.no_store);

    free(text);
}


/* Whatever comes is read within its bytes. */
static void
what_is_said_twice_is_said_once(void **state)
{
    size_t              i, n, len;
    uint64_t            seed;
    unsigned            a, b;
    char                text[64];
    ag_cache_control_t  one, two;

    static const char *const pieces[] = {
        "no-cache", "no-store", "max-age", "=", "\"", "\\", ",", " ", "1", "23",
        "x", ";", "only-if-cached", "\xff", "\t", "="
    };

    (void) state;

    seed = 1;

    for (n = 0; n < 20000; n++) {
        text[0] = '\0';

        for (i = 0; i < 4; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
            strcat(text, pieces[seed >> 60]);
        }

        len = strlen(text);
        one = read_one(text);
        two = one;
        read_more(&two, text, len);

        a = one.no_cache * 4u + one.no_store * 2u + one.only_if_cached;
        b = two.no_cache * 4u + two.no_store * 2u + two.only_if_cached;

        assert_int_equal(a, b);
        assert_int_equal(one.max_age, two.max_age);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(directives_are_read),
        cmocka_unit_test(unknown_ones_are_passed_over),
        cmocka_unit_test(arguments_may_be_quoted),
        cmocka_unit_test(a_bad_number_is_zero),
        cmocka_unit_test(a_number_does_not_wrap),
        cmocka_unit_test(the_strictest_counts),
        cmocka_unit_test(open_quotes_hide_nothing),
        cmocka_unit_test(many_open_quotes_take_no_time),
        cmocka_unit_test(what_is_said_twice_is_said_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
