/*
 * Copyright (C) ngx_agent authors
 *
 * The calls of a chat, told again.
 */


#include "replay_chat_test.h"


#define CHAT  AG_ENDPOINT_CHAT

#define TOLD(delta)                                                           \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":17,"     \
    "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{" delta "},"        \
    "\"finish_reason\":null}]}\n"

#define CALL(members)  TOLD("\"tool_calls\":[{\"index\":" members "}]")

#define STOP                                                                  \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":17,"     \
    "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},"                 \
    "\"finish_reason\":\"stop\"}]}\n"


static void
a_call_is_named_then_told(void **state)
{
    (void) state;

    is_told(CHAT,
            MESSAGE("\"content\":null,\"tool_calls\":["
                    "{\"id\":\"a\",\"type\":\"function\",\"index\":7,"
                    "\"function\":{\"arguments\":\"{\\\"x\\\":"
                    "\\\"0123456789012345678901234567890123456789"
                    "01234567890123456789\\\"}\",\"name\":\"f\"}},"
                    "{\"id\":\"b\",\"type\":\"custom\",\"custom\":{"
                    "\"name\":\"g\",\"input\":\"in\"},\"extra\":{\"y\":1}}]"),
            0,
            TOLD("\"role\":\"assistant\",\"content\":null")
            CALL("0,\"id\":\"a\",\"type\":\"function\",\"function\":{"
                 "\"arguments\":\"\",\"name\":\"f\"}")
            CALL("0,\"function\":{\"arguments\":\"{\\\"x\\\":\\\""
                 "0123456789012345678901234567890123456789"
                 "012345678901234567\"}")
            CALL("0,\"function\":{\"arguments\":\"89\\\"}\"}")
            CALL("1,\"id\":\"b\",\"type\":\"custom\",\"custom\":{"
                 "\"name\":\"g\",\"input\":\"\"},\"extra\":{\"y\":1}")
            CALL("1,\"custom\":{\"input\":\"in\"}")
            STOP);
}


static void
a_call_without_arguments_is_named(void **state)
{
    (void) state;

    is_told(CHAT,
            MESSAGE("\"content\":null,\"tool_calls\":["
                    "{\"function\":{\"name\":\"f\",\"arguments\":\"\"}},"
                    "{\"function\":{\"name\":\"f\",\"arguments\":{}}},"
                    "{\"function\":\"f\"}]"), 0,
            TOLD("\"role\":\"assistant\",\"content\":null")
            CALL("0,\"function\":{\"name\":\"f\",\"arguments\":\"\"}")
            CALL("1,\"function\":{\"name\":\"f\",\"arguments\":{}}")
            CALL("2,\"function\":\"f\"")
            STOP);
}


static void
the_deprecated_call_too(void **state)
{
    (void) state;

    is_told(CHAT,
            MESSAGE("\"content\":null,\"function_call\":{\"name\":\"f\","
                    "\"arguments\":\"{}\"}"), 0,
            TOLD("\"role\":\"assistant\",\"content\":null")
            TOLD("\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}")
            TOLD("\"function_call\":{\"arguments\":\"{}\"}")
            STOP);
}


static void
a_list_of_no_calls_is_told_as_it_is(void **state)
{
    (void) state;

    is_told(CHAT, MESSAGE("\"tool_calls\":[],\"function_call\":\"f\""), 0,
            TOLD("\"role\":\"assistant\"")
            TOLD("\"tool_calls\":[]")
            TOLD("\"function_call\":\"f\"") STOP);
    is_not_told(CHAT, MESSAGE("\"tool_calls\":[1]"), AG_NONE);
    is_not_told(CHAT, MESSAGE("\"tool_calls\":[{\"a\":1,\"a\":1}]"), AG_NONE);
    is_not_told(CHAT, MESSAGE("\"tool_calls\":{\"a\":1,\"a\":1}"), AG_NONE);
}


static void
too_many_calls_are_a_limit(void **state)
{
    int       i;
    ag_buf_t  whole;

    (void) state;

    ag_buf_init(&whole, SIZE_MAX);
    assert_int_equal(ag_buf_add_string(&whole, "{\"choices\":[{\"message\":{"
                                       "\"tool_calls\":["), AG_OK);

    for (i = 0; i < AG_REPLAY_ENTRIES_MAX; i++) {
        assert_int_equal(ag_buf_add_string(&whole, "{},"), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&whole, "{}]},"
                                       "\"finish_reason\":\"stop\"}]}"),
                     AG_OK);
    assert_int_equal(ag_buf_add(&whole, "", 1), AG_OK);
    is_not_told(CHAT, (char *) whole.data, AG_LIMIT);
    ag_buf_free(&whole);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_call_is_named_then_told),
        cmocka_unit_test(a_call_without_arguments_is_named),
        cmocka_unit_test(the_deprecated_call_too),
        cmocka_unit_test(a_list_of_no_calls_is_told_as_it_is),
        cmocka_unit_test(too_many_calls_are_a_limit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
