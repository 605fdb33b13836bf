/*
 * Copyright (C) ngx_agent authors
 *
 * Calls of tools whose pieces are told apart in unusual ways, and too many of
 * them.
 */


#include "dialect/openai_provider_test.h"


static void
calls_of_two_choices_are_not_mixed(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
            "\"id\":\"a\",\"function\":{\"name\":\"f\"}}]}},"
        "{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,"
            "\"id\":\"a\",\"function\":{\"name\":\"g\"}}]}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
            "\"function\":{\"arguments\":\"x\"}}]}}]}",
        "{\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{"
            "\"function\":{\"arguments\":\"y\"}}]}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(tool,f) open1:0(tool,g)"
                       " add0:0(x) add1:0(y)"
                       " close0:0() finish0(tool_calls)"
                       " close1:0() finish1(tool_calls) end");
}


static void
arguments_wait_for_the_name(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\","
            "\"function\":{\"arguments\":\"1\"}}]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,"
            "\"function\":{\"arguments\":\"2\"}}]}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,"
            "\"function\":{\"name\":\"f\",\"arguments\":\"3\"}}]}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(tool,f) add0:0(12) add0:0(3)"
                       " close0:0() finish0(tool_calls) end");
}


static void
objects_in_pieces_do_not_overwrite_each_other(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"delta\":{\"tool_calls\":["
            "{\"index\":0,\"function\":{\"arguments\":{\"a\":1}}},"
            "{\"index\":1,\"function\":{\"name\":\"g\","
            "\"arguments\":{\"b\":[2]}}},"
            "{\"index\":0,\"function\":{\"name\":\"f\"}}]}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(tool,g) add0:0({\"b\":[2]})"
                       " open0:1(tool,f) add0:1({\"a\":1})"
                       " close0:0() close0:1() finish0(tool_calls) end");
}


static void
too_many_calls_are_a_limit(void **state)
{
    char      chunk[128];
    unsigned  i;
    heard_t  *h;

    (void) state;

    h = hear_start();

    for (i = 0; i < AG_OPEN_BLOCKS_MAX; i++) {
        snprintf(chunk, sizeof(chunk), "{\"choices\":[{\"delta\":"
                 "{\"tool_calls\":[{\"index\":%u,\"function\":"
                 "{\"name\":\"f\"}}]}}]}", i);
        hear(h, chunk);
        assert_int_equal(h->reader.rc, AG_OK);
    }

    hear(h, "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":300,"
            "\"function\":{\"name\":\"f\"}}]}}]}");
    assert_int_equal(h->reader.rc, AG_LIMIT);

    /* it stays so, and nothing more is said */

    i = (unsigned) h->events;
    hear(h, "{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}");
    hear(h, "[DONE]");
    assert_int_equal(h->reader.rc, AG_LIMIT);
    assert_int_equal(h->events, i);

    hear_end(h);
}


static void
nameless_calls_are_a_limit_too(void **state)
{
    char      chunk[128];
    unsigned  i;
    heard_t  *h;

    (void) state;

    h = hear_start();

    for (i = 0; i <= AG_OPEN_BLOCKS_MAX; i++) {
        snprintf(chunk, sizeof(chunk), "{\"choices\":[{\"delta\":"
                 "{\"tool_calls\":[{\"index\":%u,\"function\":{}}]}}]}", i);
        hear(h, chunk);
    }

    assert_int_equal(h->reader.rc, AG_LIMIT);
    hear_end(h);
}


static void
an_arena_that_is_full_is_no_memory(void **state)
{
    size_t    max;
    heard_t  *h;

    (void) state;

    for (max = 0; max < 1024; max += 8) {
        h = hear_start();
        ag_arena_free(&h->arena);
        ag_arena_init(&h->arena, max);

        hear(h, "{\"choices\":[{\"delta\":{\"content\":\"x\",\"tool_calls\":"
                "[{\"id\":\"a\",\"function\":{\"name\":\"f\"}},"
                "{\"function\":{\"name\":\"g\"}}]}}]}");
        hear(h, "[DONE]");

        if (h->reader.rc != AG_OK) {
            assert_int_equal(h->reader.rc, AG_NOMEM);
        }

        hear_end(h);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(calls_of_two_choices_are_not_mixed),
        cmocka_unit_test(arguments_wait_for_the_name),
        cmocka_unit_test(objects_in_pieces_do_not_overwrite_each_other),
        cmocka_unit_test(too_many_calls_are_a_limit),
        cmocka_unit_test(nameless_calls_are_a_limit_too),
        cmocka_unit_test(an_arena_that_is_full_is_no_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
