/*
 * Copyright (C) ngx_agent authors
 *
 * Calls and their results.
 */


#include "dialect/openai_ask_test.h"


#define CALL(id, arguments)                                                   \
    "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"" id "\",\"type\":"    \
    "\"function\",\"function\":{\"name\":\"f\"," arguments "}}]}"


static void
keeps_arguments_as_they_are(void **state)
{
    (void) state;

    expect_turns(CALL("c", "\"arguments\":\"{\\\"b\\\": 1,\\\"a\\\":2}\""),
                 "assistant: call(f#c {\"b\": 1,\"a\":2})");
    expect_turns(CALL("c", "\"arguments\":\"{\\\"a\\\":1,\\\"a\\\":2}\""),
                 "assistant: call(f#c {\"a\":1,\"a\":2})");
    expect_turns(CALL("c", "\"arguments\":{\"a\":1}"),
                 "assistant: call(f#c input:{\"a\":1})");
}


static void
knows_no_arguments(void **state)
{
    (void) state;

    expect_turns(CALL("c", "\"arguments\":\"\""), "assistant: call(f#c {})");
    expect_turns(CALL("c", "\"arguments\":\" \\n\""),
                 "assistant: call(f#c {})");
    expect_turns(CALL("c", "\"arguments\":null"), "assistant: call(f#c {})");
    expect_turns(CALL("c", "\"a\":1"), "assistant: call(f#c {})");
}


static void
refuses_arguments(void **state)
{
    size_t  i;

    static const char  *bad[] = {
        CALL("c", "\"arguments\":\"{\""), CALL("c", "\"arguments\":\"[]\""),
        CALL("c", "\"arguments\":\"null\""),
        CALL("c", "\"arguments\":\"{}{}\""), CALL("c", "\"arguments\":7"),
        CALL("c", "\"arguments\":\"\\u0000{}\""),
        CALL("", "\"arguments\":\"{}\""),
        "{\"role\":\"assistant\",\"tool_calls\":{}}",
        "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":"
        "\"custom\",\"custom\":{\"name\":\"g\"}}]}"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(char *); i++) {
        expect_bad_turns(bad[i], "messages[0].tool_calls");
    }

    expect_bad_turns("{\"role\":\"assistant\",\"content\":\"A\"},"
                     "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":"
                     "\"c\",\"function\":{}}]}", "messages[1].tool_calls");
}


static void
limits_the_depth_of_arguments(void **state)
{
    int      i, depth;
    char     message[1024];
    asked_t  a;

    (void) state;

    for (depth = AG_JSON_DEPTH_MAX; depth <= AG_JSON_DEPTH_MAX + 1; depth++) {
        strcpy(message, "{\"messages\":[{\"role\":\"assistant\","
                        "\"tool_calls\":[{\"id\":\"c\",\"function\":"
                        "{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":");

        for (i = 1; i < depth; i++) {
            strcat(message, "[");
        }

        for (i = 1; i < depth; i++) {
            strcat(message, "]");
        }

        strcat(message, "}\"}}]}]}");
        ask_of(&a, message, AG_ENDPOINT_CHAT);
        assert_int_equal(a.rc, (depth > AG_JSON_DEPTH_MAX) ? AG_INVALID
                                                           : AG_OK);
        asked_free(&a);
    }
}


/* Past what ag_json_tree() takes, and what a written file may well be. */
static void
takes_arguments_of_megabytes(void **state)
{
    char     *json;
    size_t    len;
    asked_t   a;

    static const char  head[] =
        "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":"
        "\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"";

    (void) state;

    len = 2 * AG_JSON_TREE_MAX;
    json = malloc(len + sizeof(head) + 16);
    assert_non_null(json);
    strcpy(json, head);
    memset(json + sizeof(head) - 1, 'A', len);
    strcpy(json + sizeof(head) - 1 + len, "\\\"}\"}}]}]}");

    ask_of(&a, json, AG_ENDPOINT_CHAT);
    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.turns->parts->text.len, len + 8);
    asked_free(&a);
    free(json);
}


static void
reads_custom_calls(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\","
                 "\"type\":\"custom\",\"custom\":{\"name\":\"g\",\"input\":"
                 "\"not json\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\","
                 "\"content\":\"R\"}",
                 "assistant: call(custom g#c not json) / "
                 "user: result(custom g#c \"R\")");
    expect_turns("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\","
                 "\"type\":\"custom\",\"custom\":{\"name\":\"g\",\"input\":"
                 "\"\"}}]}",
                 "assistant: call(custom g#c)");
}


static void
finds_the_names_of_results(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"assistant\",\"tool_calls\":["
                 "{\"id\":\"a\",\"function\":{\"name\":\"f\"}},"
                 "{\"id\":\"b\",\"function\":{\"name\":\"g\"}}]},"
                 "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":"
                 "\"B\"},{\"role\":\"tool\",\"tool_call_id\":\"a\","
                 "\"content\":[{\"type\":\"text\",\"text\":\"A\"}]},"
                 "{\"role\":\"tool\",\"tool_call_id\":\"x\",\"name\":\"own\","
                 "\"content\":null}",
                 "assistant: call(f#a {}) call(g#b {}) / "
                 "user: result(g#b \"B\") / user: result(f#a \"A\") / "
                 "user: result(own#x)");
}


/* The same id in every round, as some clients count: the last call's. */
static void
finds_the_latest_call(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"0\","
                 "\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\","
                 "\"tool_call_id\":\"0\",\"content\":\"A\"},"
                 "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"0\","
                 "\"function\":{\"name\":\"g\"}}]},{\"role\":\"tool\","
                 "\"tool_call_id\":\"0\",\"content\":\"B\"}",
                 "assistant: call(f#0 {}) / user: result(f#0 \"A\") / "
                 "assistant: call(g#0 {}) / user: result(g#0 \"B\")");
}


static void
reads_parts_of_results(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":["
                 "{\"type\":\"text\",\"text\":\"A\",\"cache_control\":"
                 "{\"a\":1}},{\"type\":\"image_url\",\"image_url\":{\"url\":"
                 "\"https://h/\"}}]}",
                 "user: result(#c \"A\" image(@https://h/))!{\"a\":1}");
    expect_bad_turns("{\"role\":\"tool\",\"content\":\"R\"}",
                     "messages[0].tool_call_id");
    expect_bad_turns("{\"role\":\"tool\",\"tool_call_id\":\"c\","
                     "\"content\":7}", "messages[0].content");
    expect_bad_turns("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":"
                     "[{\"type\":\"input_audio\",\"input_audio\":{\"data\":"
                     "\"AAAA\",\"format\":\"wav\"}}]}",
                     "messages[0].content");
}


static void
makes_ids_for_functions_of_old(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"assistant\",\"content\":null,"
                 "\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                 "{\"role\":\"function\",\"name\":\"f\",\"content\":\"A\"},"
                 "{\"role\":\"assistant\",\"content\":null,"
                 "\"function_call\":{\"name\":\"g\",\"arguments\":\"\"}},"
                 "{\"role\":\"function\",\"name\":\"g\",\"content\":\"B\"}",
                 "assistant: call(f#call_function_0 {}) / "
                 "user: result(f#call_function_0 \"A\") / "
                 "assistant: call(g#call_function_2 {}) / "
                 "user: result(g#call_function_2 \"B\")");
    expect_bad_turns("{\"role\":\"function\",\"name\":\"f\",\"content\":"
                     "\"A\"}", "messages[0].role");
    expect_bad_turns("{\"role\":\"assistant\",\"function_call\":{}}",
                     "messages[0].function_call");
    expect_bad_turns("{\"role\":\"assistant\",\"function_call\":{\"name\":"
                     "\"f\",\"arguments\":\"x\"}}",
                     "messages[0].function_call");
}


static void
keeps_googles_signatures(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\","
                 "\"function\":{\"name\":\"f\"},\"extra_content\":{\"google\":"
                 "{\"thought_signature\":\"S\"}}},{\"id\":\"b\",\"function\":"
                 "{\"name\":\"f\",\"thought_signature\":\"T\"}},{\"id\":\"c\","
                 "\"function\":{\"name\":\"f\"},\"extra_content\":"
                 "{\"google\":{\"thought_signature\":\"\"}}}]}",
                 "assistant: call(f#a {})~S~gemini call(f#b {})~T~gemini "
                 "call(f#c {})");
}


/* Many calls, each asked for: what is looked at does not grow with them. */
static void
finds_among_many(void **state)
{
    char        name[16];
    size_t      i, count;
    asked_t     a;
    ag_buf_t    json;
    ag_turn_t  *turn;

    (void) state;

    count = 10000;
    ag_buf_init(&json, SIZE_MAX);
    ag_buf_add_string(&json, "{\"messages\":[{\"role\":\"assistant\","
                             "\"tool_calls\":[");

    for (i = 0; i < count; i++) {
        ag_buf_add_string(&json, (i > 0) ? ",{\"id\":\"c" : "{\"id\":\"c");
        ag_buf_add_number(&json, i);
        ag_buf_add_string(&json, "\",\"function\":{\"name\":\"f");
        ag_buf_add_number(&json, i);
        ag_buf_add_string(&json, "\"}}");
    }

    ag_buf_add_string(&json, "]}");

    for (i = 0; i < count; i++) {
        ag_buf_add_string(&json, ",{\"role\":\"tool\",\"content\":\"\","
                                 "\"tool_call_id\":\"c");
        ag_buf_add_number(&json, i);
        ag_buf_add_string(&json, "\"}");
    }

    ag_buf_add(&json, "]}", 3);
    ask_of(&a, (const char *) json.data, AG_ENDPOINT_CHAT);
    assert_int_equal(a.rc, AG_OK);

    for (turn = a.n.turns->next; turn != NULL; turn = turn->next) {
        sprintf(name, "f%u", turn->index - 1);
        assert_true(ag_str_is(turn->parts->name, name));
    }

    asked_free(&a);
    ag_buf_free(&json);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(keeps_arguments_as_they_are),
        cmocka_unit_test(knows_no_arguments),
        cmocka_unit_test(refuses_arguments),
        cmocka_unit_test(limits_the_depth_of_arguments),
        cmocka_unit_test(takes_arguments_of_megabytes),
        cmocka_unit_test(reads_custom_calls),
        cmocka_unit_test(finds_the_names_of_results),
        cmocka_unit_test(finds_the_latest_call),
        cmocka_unit_test(reads_parts_of_results),
        cmocka_unit_test(makes_ids_for_functions_of_old),
        cmocka_unit_test(keeps_googles_signatures),
        cmocka_unit_test(finds_among_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
