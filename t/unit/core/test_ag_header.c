/*
 * Copyright (C) ngx_agent authors
 *
 * Header lines that an operator may add.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_header.h"


static ag_str_t
text(const char *string)
{
    return ag_str(string, strlen(string));
}


static void
takes_tokens_as_names(void **state)
{
    int   c;
    char  name[2] = "ab";

    (void) state;

    assert_true(ag_header_is_name(text("x-foo")));
    assert_true(ag_header_is_name(text("X_1.!#$%&'*+^`|~")));
    assert_false(ag_header_is_name(text("")));

    for (c = 0; c < 256; c++) {
        name[1] = (char) c;

        assert_int_equal(ag_header_is_name(ag_str(name, 2)),
                         c != '\0'
                         && strchr("!#$%&'*+-.^_`|~0123456789"
                                   "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ", c) != NULL);
    }
}


static void
takes_values_that_stay_on_their_line(void **state)
{
    (void) state;

    assert_true(ag_header_is_value(text("")));
    assert_true(ag_header_is_value(text("a b\tc")));
    assert_true(ag_header_is_value(text("\xc3\xa9")));

    assert_false(ag_header_is_value(text("a\r\nb: c")));
    assert_false(ag_header_is_value(text("a\n")));
    assert_false(ag_header_is_value(ag_str("a\0b", 3)));
    assert_false(ag_header_is_value(text("a\x7f")));
    assert_false(ag_header_is_value(text(" a")));
    assert_false(ag_header_is_value(text("a\t")));
}


static void
keeps_the_headers_of_the_transfer(void **state)
{
    (void) state;

    assert_true(ag_header_is_ours(text("host")));
    assert_true(ag_header_is_ours(text("Content-Length")));
    assert_true(ag_header_is_ours(text("TRANSFER-ENCODING")));
    assert_true(ag_header_is_ours(text("expect")));
    assert_true(ag_header_is_ours(text("accept-encoding")));

    assert_false(ag_header_is_ours(text("x-host")));
    assert_false(ag_header_is_ours(text("hos")));
    assert_true(ag_header_is_ours(text("Authorization")));
    assert_true(ag_header_is_ours(text("x-api-key")));
    assert_false(ag_header_is_ours(text("authorizations")));
    assert_false(ag_header_is_ours(text("")));
}


static void
lists_them(void **state)
{
    (void) state;

    assert_non_null(strstr(ag_header_ours(), "host, transfer-encoding"));
    assert_int_equal(strncmp(ag_header_ours(), "connection, ", 12), 0);
}


static void
compares_in_any_case(void **state)
{
    (void) state;

    assert_true(ag_header_same(text("Authorization"), text("aUTHORIZATION")));
    assert_true(ag_header_same(text(""), text("")));
    assert_false(ag_header_same(text("a"), text("b")));
    assert_false(ag_header_same(text("a"), text("ab")));
    assert_false(ag_header_same(text("@"), text("`")));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_tokens_as_names),
        cmocka_unit_test(takes_values_that_stay_on_their_line),
        cmocka_unit_test(keeps_the_headers_of_the_transfer),
        cmocka_unit_test(lists_them),
        cmocka_unit_test(compares_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
