/*
 * Copyright (C) ngx_agent authors
 *
 * Paths of fields, and what is said about them.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dialect/ag_neutral_parts.h"


static void
says_which_field_and_what_was_expected(void **state)
{
    ag_error_t    error;
    ag_arena_t    arena;
    ag_neutral_t  n;

    (void) state;

    ag_arena_init(&arena, 10000);
    memset(&n, 0, sizeof(n));
    n.arena = &arena;
    memset(&error, 0xff, sizeof(error));

    assert_int_equal(ag_neutral_invalid(&n, &error, "messages[%u].content",
                                        4294967295u, "a string"),
                     AG_INVALID);
    assert_int_equal(error.class, AG_E_INVALID_VALUE);
    assert_int_equal(error.status, 0);
    assert_null(error.reason);
    assert_true(ag_str_is(error.param, "messages[4294967295].content"));
    assert_true(ag_str_is(error.message, "Invalid value for "
                          "\"messages[4294967295].content\": expected a "
                          "string."));

    ag_neutral_invalid(&n, &error, "stop", 7, "a list");
    assert_true(ag_str_is(error.param, "stop"));
    assert_true(ag_str_is(error.message, "Invalid value for \"stop\": "
                          "expected a list."));

    ag_arena_free(&arena);
}


static void
keeps_its_class_without_memory(void **state)
{
    ag_error_t    error;
    ag_arena_t    arena;
    ag_neutral_t  n;

    (void) state;

    ag_arena_init(&arena, 0);
    memset(&n, 0, sizeof(n));
    n.arena = &arena;

    assert_int_equal(ag_neutral_invalid(&n, &error, "a[%u]", 1, "b"),
                     AG_INVALID);
    assert_int_equal(error.class, AG_E_INVALID_VALUE);
    assert_int_equal(error.param.len, 0);
    assert_int_equal(error.message.len, 0);
}


static void
begins_paths_with_the_list_of_the_client(void **state)
{
    size_t      i;
    ag_arena_t  arena;

    static const struct {
        const char  *list;
        const char  *format;
        const char  *path;
    } paths[] = {
        { NULL, "messages[%u]", "messages[5]" },
        { "messages", "messages[%u].a", "messages[5].a" },
        { "input", "messages[%u].a", "input[5].a" },
        { "input", "[%u].a", "input[5].a" },
        { "input", "tools", "tools" },
        { "input", "tools[%u]", "tools[5]" },
        { "input", "messages", "messages" },
        { NULL, "[%u]%u", "[5]%u" },
        { NULL, "", "" },
    };

    (void) state;

    ag_arena_init(&arena, 10000);

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_true(ag_str_is(ag_neutral_path(&arena, paths[i].list,
                                              paths[i].format, 5),
                              paths[i].path));
    }

    ag_arena_free(&arena);
}


static void
says_nothing_that_is_too_long(void **state)
{
    char        words[AG_NEUTRAL_SENTENCE_MAX + 1];
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, 10000);

    memset(words, 'a', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';

    assert_int_equal(ag_neutral_sentence(&arena, words, NULL).len,
                     AG_NEUTRAL_SENTENCE_MAX);
    assert_int_equal(ag_neutral_sentence(&arena, words, "", "b", NULL).len,
                     0);
    assert_int_equal(ag_neutral_path(&arena, NULL, words, 0).len, 0);

    /* a path ends with a zero that does not count */

    words[sizeof(words) - 2] = '\0';
    assert_int_equal(ag_neutral_path(&arena, NULL, words, 0).len,
                     AG_NEUTRAL_SENTENCE_MAX - 1);

    ag_arena_free(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(says_which_field_and_what_was_expected),
        cmocka_unit_test(keeps_its_class_without_memory),
        cmocka_unit_test(begins_paths_with_the_list_of_the_client),
        cmocka_unit_test(says_nothing_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
