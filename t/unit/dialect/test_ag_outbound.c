/*
 * Copyright (C) ngx_agent authors
 *
 * What a provider cannot take.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "dialect/ag_translate.h"


static void make(ag_outbound_t *to, ag_arena_t *arena);
static ag_str_t str(const char *text);


static void
names_what_it_drops_once(void **state)
{
    ag_arena_t     arena;
    ag_outbound_t  to;

    (void) state;

    make(&to, &arena);

    ag_outbound_drop(&to, "seed");
    ag_outbound_drop_text(&to, str("x_y"));
    ag_outbound_drop(&to, "seed");
    ag_outbound_drop(&to, "tools[0].strict");

    assert_int_equal(to.drop_count, 3);
    assert_true(ag_str_is(to.drops[0], "seed"));
    assert_true(ag_str_is(to.drops[1], "x_y"));
    assert_true(ag_str_is(to.drops[2], "tools[0].strict"));
}


static void
names_no_more_than_fit(void **state)
{
    int            i;
    char           names[AG_DROPS_MAX + 5][16];
    ag_arena_t     arena;
    ag_outbound_t  to;

    (void) state;

    make(&to, &arena);

    for (i = 0; i < AG_DROPS_MAX + 5; i++) {
        snprintf(names[i], sizeof(names[i]), "n%d", i);
        ag_outbound_drop(&to, names[i]);
    }

    assert_int_equal(to.drop_count, AG_DROPS_MAX);
    assert_true(ag_str_is(to.drops[AG_DROPS_MAX - 1], names[31]));
}


/* The client chose it, and it goes into a header. */
static void
names_nothing_that_is_no_name(void **state)
{
    size_t         i;
    char           longest[66];
    ag_arena_t     arena;
    ag_outbound_t  to;

    static const char *const  names[] = {
        "", " ", "a b", "a\r\nx: y", "a,b", "a\"", "\xc3\xa9", "a\x7f", "a:",
        "a=", "a/", "a@", "a`", "a{"
    };

    (void) state;

    make(&to, &arena);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ag_outbound_drop_text(&to, str(names[i]));
        assert_int_equal(to.drop_count, 0);
    }

    ag_outbound_drop_text(&to, ag_str("a\0b", 3));
    ag_outbound_drop_text(&to, ag_str(NULL, 0));
    assert_int_equal(to.drop_count, 0);

    memset(longest, 'a', sizeof(longest) - 1);
    longest[65] = '\0';
    ag_outbound_drop(&to, longest);
    assert_int_equal(to.drop_count, 0);
    ag_outbound_drop(&to, longest + 1);
    assert_int_equal(to.drop_count, 1);
}


static void
refuses_or_drops_by_the_configuration(void **state)
{
    ag_error_t     error;
    ag_arena_t     arena;
    ag_outbound_t  to;

    (void) state;

    make(&to, &arena);
    memset(&error, 0xff, sizeof(error));

    assert_int_equal(ag_outbound_refuse(&to, &error, "logit_bias"),
                     AG_INVALID);
    assert_int_equal(error.class, AG_E_UNSUPPORTED_PARAMETER);
    assert_int_equal(error.status, 0);
    assert_null(error.reason);
    assert_true(ag_str_is(error.param, "logit_bias"));
    assert_true(ag_str_is(error.message, "\"logit_bias\" is not supported by "
                          "this model's provider (anthropic); with "
                          "drop_params the gateway leaves it out."));
    assert_int_equal(to.drop_count, 0);

    to.drop_params = 1;
    memset(&error, 0, sizeof(error));

    assert_int_equal(ag_outbound_refuse(&to, &error, "logit_bias"), AG_OK);
    assert_int_equal(error.class, AG_E_NONE);
    assert_int_equal(to.drop_count, 1);
    assert_true(ag_str_is(to.drops[0], "logit_bias"));

    ag_arena_free(&arena);
}


static void
refuses_content_in_any_case(void **state)
{
    ag_error_t     error;
    ag_arena_t     arena;
    ag_neutral_t   n;
    ag_outbound_t  to;

    (void) state;

    make(&to, &arena);
    to.drop_params = 1;
    memset(&n, 0, sizeof(n));
    n.list = "input";
    memset(&error, 0xff, sizeof(error));

    assert_int_equal(ag_outbound_unsupported(&n, &to, &error,
                                             "messages[%u].content", 3,
                                             "audio input"), AG_INVALID);
    assert_int_equal(error.class, AG_E_UNSUPPORTED_PARAMETER);
    assert_null(error.reason);
    assert_true(ag_str_is(error.param, "input[3].content"));
    assert_true(ag_str_is(error.message, "Audio input is not supported by "
                          "this model's provider (anthropic)."));

    n.list = NULL;
    ag_outbound_unsupported(&n, &to, &error, "[%u]", 4, "PDF");
    assert_true(ag_str_is(error.param, "messages[4]"));
    assert_memory_equal(error.message.data, "PDF is", 6);

    ag_outbound_unsupported(&n, &to, &error, "[%u]", 4, "");
    assert_memory_equal(error.message.data, " is not", 7);

    /* without memory the class is enough */

    ag_arena_free(&arena);
    ag_arena_init(&arena, 0);
    ag_outbound_unsupported(&n, &to, &error, "[%u]", 4, "PDF");
    assert_int_equal(error.class, AG_E_UNSUPPORTED_PARAMETER);
    assert_int_equal(error.message.len, 0);
}


static void
make(ag_outbound_t *to, ag_arena_t *arena)
{
    ag_arena_init(arena, 10000);
    memset(to, 0, sizeof(ag_outbound_t));

    to->arena = arena;
    to->provider = &ag_anthropic;
}


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(names_what_it_drops_once),
        cmocka_unit_test(names_no_more_than_fit),
        cmocka_unit_test(names_nothing_that_is_no_name),
        cmocka_unit_test(refuses_or_drops_by_the_configuration),
        cmocka_unit_test(refuses_content_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
